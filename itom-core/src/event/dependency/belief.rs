//! From what is explained to what is believed.
//!
//! Onsets that follow one another are many, and most follow for a reason that neither has: the
//! likelihood of one pair alone ranks experts' pairs badly. Types have *roles*, though: what causes
//! one thing mostly causes others, what is caused by one mostly is by others, and what is explained
//! more than it explains is an effect. So the strength of a pair pools three things:
//!
//! - its own share of the effect's onsets;
//! - what the cause explains of other types, and what other types explain of the effect;
//! - by how much the cause leads all others, and the effect trails them.
//!
//! They are weighed by a logistic function. Its four numbers were fitted to two networks of real
//! alarms with causes named by experts; fitted on either alone they hardly differ.

/// A pair and the onsets of the effect that the cause explains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) cause: u32,
    pub(super) effect: u32,
    pub(super) explained: f64,
    /// Of the effect's onsets, 0 to 1.
    pub(super) share: f64,
}

const NOTHING_KNOWN: f64 = -2.6;
const OWN_SHARE: f64 = 4.0;
const OTHER_SHARES: f64 = 7.0;
const LEAD: f64 = 1.0;

/// What each type is in all its pairs.
#[derive(Clone, Copy, Debug, Default)]
struct Role {
    causes: f64,
    caused: f64,
    lead: f64,
}

/// The roles of the types.
#[derive(Debug)]
pub(super) struct Belief {
    roles: Vec<Role>,
}

impl Belief {
    /// From all pairs of `kinds` types of which one explains something of the other.
    pub(super) fn new(kinds: usize, shares: &[Share]) -> Self {
        let mut roles = vec![Role::default(); kinds];
        for pair in shares {
            let (own, lead) = (pair.share.sqrt(), libm::log1p(pair.explained));
            let cause = &mut roles[pair.cause as usize];
            cause.causes += own;
            cause.lead += lead;
            let effect = &mut roles[pair.effect as usize];
            effect.caused += own;
            effect.lead -= lead;
        }
        Belief { roles }
    }

    /// How strongly a pair is believed in, 0 to 1; `back` is what the effect explains of the cause.
    pub(super) fn strength(&self, pair: Share, back: f64) -> f64 {
        let others = (self.roles.len().max(3) - 2) as f64;
        let (cause, effect) = (self.roles[pair.cause as usize], self.roles[pair.effect as usize]);
        let own = pair.share.sqrt();
        let shares = (cause.causes - own).max(0.0) + (effect.caused - own).max(0.0);
        let both = libm::log1p(pair.explained) - libm::log1p(back);
        let lead = cause.lead - effect.lead - 2.0 * both;
        let evidence =
            NOTHING_KNOWN + OWN_SHARE * own + OTHER_SHARES * shares / others + LEAD * lead / others;
        1.0 / (1.0 + libm::exp(-evidence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(cause: u32, effect: u32, explained: f64) -> Share {
        Share { cause, effect, explained, share: explained / 100.0 }
    }

    #[test]
    fn a_pair_alone_is_believed_for_its_own_share() {
        let strength = |explained| {
            let pair = share(0, 1, explained);
            Belief::new(2, &[pair]).strength(pair, 0.0)
        };
        assert!(strength(0.0) < 0.1 && strength(10.0) < 0.25);
        assert!(strength(30.0) > 0.25 && strength(90.0) > 0.7);
    }

    #[test]
    fn a_type_that_causes_much_is_believed_to_cause_more() {
        let mut pairs = vec![share(0, 1, 20.0), share(4, 5, 20.0)];
        let alone = Belief::new(6, &pairs);
        pairs.extend([share(0, 2, 20.0), share(0, 3, 20.0)]);
        let hub = Belief::new(6, &pairs);
        assert_eq!(alone.strength(pairs[0], 0.0), alone.strength(pairs[1], 0.0));
        assert!(hub.strength(pairs[0], 0.0) > hub.strength(pairs[1], 0.0));
        let (out, back) = (share(0, 5, 0.0), share(5, 0, 0.0));
        assert!(hub.strength(out, 0.0) > hub.strength(back, 0.0));
    }
}
