//! Which instant does a wall-clock time mean, and near which changes of offset is that a question?

use super::conventions::LocalTimeRule;
use crate::sla::zone::{FIRST_SECOND, Transition, Zone};

/// Where the IANA database says that daylight saving time is behind standard time: in these zones,
/// from the first to the last of these instants. Releases are published with and without (their
/// "rearguard" form flags the other half of the year), and the answer must not hang on which.
const NEGATIVE_SAVING: [(&str, i64, i64); 7] = [
    ("Africa/Casablanca", 1_540_692_000, i64::MAX),
    ("Africa/El_Aaiun", 1_540_692_000, i64::MAX),
    ("Africa/Windhoek", 764_200_800, 1_508_796_000),
    ("Eire", -37_238_400, i64::MAX),
    ("Europe/Bratislava", -728_517_600, -721_260_000),
    ("Europe/Dublin", -37_238_400, i64::MAX),
    ("Europe/Prague", -728_517_600, -721_260_000),
];

/// Whether after a change it is daylight saving time, and before it was not.
fn is_saving(zone: &Zone, change: &Transition) -> bool {
    let negative = NEGATIVE_SAVING.iter().any(|&(name, from, until)| {
        name.eq_ignore_ascii_case(zone.name()) && (from..=until).contains(&change.at)
    });
    if negative { change.after < change.before } else { change.dst_after && !change.dst_before }
}

/// The instants that wall-clock times mean, under a rule.
pub(super) struct Resolver<'a> {
    zone: &'a Zone,
    rule: LocalTimeRule,
    /// The local time from which the offset after the transition of the same index is used, where
    /// that is not RFC 5545's.
    switches: Vec<i64>,
}

impl Resolver<'_> {
    pub(super) fn new(zone: &Zone, rule: LocalTimeRule) -> Resolver<'_> {
        let mut latest = i64::MIN;
        let switch = |change: &Transition| {
            let last = match rule {
                LocalTimeRule::Isdst => is_saving(zone, change),
                _ => true,
            };
            // Of a time that does not exist the offset before the gap holds in any case.
            let from = if last { change.after } else { change.before.max(change.after) };
            latest = latest.max(change.at + from);
            latest
        };
        let switches = match rule {
            LocalTimeRule::Rfc5545 | LocalTimeRule::Membership => Vec::new(),
            LocalTimeRule::LastOccurrence | LocalTimeRule::Isdst => {
                zone.transitions().iter().map(switch).collect()
            }
        };
        Resolver { zone, rule, switches }
    }

    /// The instant of a local time, both in seconds since 1970.
    pub(super) fn resolve(&self, local: i64) -> i64 {
        if self.switches.is_empty() {
            return self.zone.resolve(local);
        }
        let passed = self.switches.partition_point(|&switch| switch <= local);
        match passed.checked_sub(1) {
            Some(last) => local - self.zone.transitions()[last].after,
            None => local - self.zone.first_offset(),
        }
    }

    /// The instants around the first of some changes on which local time is not just shifted.
    pub(super) fn change_around(&self, transitions: &[Transition]) -> Change {
        let first = transitions[0];
        let reach = |transition: &Transition| match self.rule {
            LocalTimeRule::Rfc5545 => (transition.at, transition.at + transition.jump()),
            LocalTimeRule::Membership => (transition.at, transition.at),
            LocalTimeRule::LastOccurrence | LocalTimeRule::Isdst => {
                (transition.at - transition.jump(), transition.at + transition.jump())
            }
        };
        let (from, until) = reach(&first);
        let mut change = Change {
            from: from.max(FIRST_SECOND),
            until,
            count: 0,
            least_offset: first.before,
            most_offset: first.before,
        };
        for transition in transitions {
            let (from, until) = reach(transition);
            if change.count > 0 && from >= change.until {
                break;
            }
            change.until = change.until.max(until);
            change.count += 1;
            change.least_offset = change.least_offset.min(transition.after);
            change.most_offset = change.most_offset.max(transition.after);
        }
        change
    }
}

/// A change of offset, or several that follow so close that they are one.
pub(super) struct Change {
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) count: usize,
    pub(super) least_offset: i64,
    pub(super) most_offset: i64,
}
