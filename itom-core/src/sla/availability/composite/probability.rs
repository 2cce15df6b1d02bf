//! A probability with its complement, so that neither loses digits near one.
//!
//! Every operation below only multiplies and adds what is not negative: the chance of being down
//! keeps its relative accuracy at 1e-15 as it does at 0.1.

/// The chances of being up and of being down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Probability {
    pub(super) up: f64,
    pub(super) down: f64,
}

impl Probability {
    pub(super) const UP: Probability = Probability { up: 1.0, down: 0.0 };
    pub(super) const DOWN: Probability = Probability { up: 0.0, down: 1.0 };

    pub(super) fn from_down(down: f64) -> Probability {
        Probability { up: 1.0 - down, down }
    }

    /// Both of two independent events.
    pub(super) fn and(self, other: Probability) -> Probability {
        Probability { up: self.up * other.up, down: self.down + self.up * other.down }
    }

    /// One of two independent events.
    pub(super) fn or(self, other: Probability) -> Probability {
        Probability { up: self.up + self.down * other.up, down: self.down * other.down }
    }

    /// `high` if this happens, else `low`.
    pub(super) fn choose(self, high: Probability, low: Probability) -> Probability {
        Probability {
            up: self.up * high.up + self.down * low.up,
            down: self.up * high.down + self.down * low.down,
        }
    }

    pub(super) fn lesser(self, other: Probability) -> Probability {
        if other.down > self.down { other } else { self }
    }

    pub(super) fn greater(self, other: Probability) -> Probability {
        if other.down < self.down { other } else { self }
    }
}

/// The chance that independent members weigh `need` together: the distribution of the weight up
/// to `need`, member by member. O(members · need).
pub(super) fn threshold(
    need: u32,
    members: impl Iterator<Item = (Probability, u32)> + Clone,
) -> Probability {
    if need == 1 {
        return members.fold(Probability::DOWN, |sum, member| sum.or(member.0));
    }
    if members.clone().all(|member| member.1 == 1) && members.clone().count() == need as usize {
        return members.fold(Probability::UP, |product, member| product.and(member.0));
    }
    let need = need as usize;
    let mut weight = vec![0.0; need];
    weight[0] = 1.0;
    let mut up = 0.0;
    for (member, heavy) in members {
        let heavy = heavy as usize;
        for below in (0..need).rev() {
            let reached = weight[below] * member.up;
            weight[below] *= member.down;
            match weight.get_mut(below + heavy) {
                Some(cell) => *cell += reached,
                None => up += reached,
            }
        }
    }
    Probability { up, down: weight.iter().sum() }
}

/// Of each of independent members the chance that the others leave it to it whether `need` is
/// reached. O(members · need).
pub(super) fn pivotal(need: u32, members: &[(Probability, u32)]) -> Vec<f64> {
    let need = need as usize;
    let step = |weight: &[f64], (member, heavy): (Probability, u32)| -> Vec<f64> {
        let mut next: Vec<f64> = weight.iter().map(|chance| chance * member.down).collect();
        for below in 0..need.saturating_sub(heavy as usize) {
            next[below + heavy as usize] += weight[below] * member.up;
        }
        next
    };
    let mut none = vec![0.0; need];
    none[0] = 1.0;
    // Of the members from one on: the chance that they weigh at most so much.
    let mut after = vec![none.clone()];
    for &member in members.iter().rev() {
        let last = after.last().map_or(&[][..], Vec::as_slice);
        after.push(step(last, member));
    }
    for weights in &mut after {
        let mut sum = 0.0;
        weights.iter_mut().for_each(|chance| {
            sum += *chance;
            *chance = sum;
        });
    }
    let mut before = none;
    let mut of = Vec::with_capacity(members.len());
    for (index, &member) in members.iter().enumerate() {
        let rest = &after[members.len() - 1 - index];
        let heavy = member.1 as usize;
        let chance = before.iter().enumerate().map(|(weight, chance)| {
            let most = rest[need - 1 - weight];
            let less = (need - 1 - weight).checked_sub(heavy).map_or(0.0, |low| rest[low]);
            chance * (most - less)
        });
        of.push(chance.sum());
        before = step(&before, member);
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_chances_keep_their_digits() {
        let tiny = Probability::from_down(1e-12);
        let both = tiny.or(tiny);
        assert!((both.down / 1e-24 - 1.0).abs() < 1e-14);
        let all = (0..1000).fold(Probability::UP, |all, _| all.and(both));
        assert!((all.down / 1e-21 - 1.0).abs() < 1e-12);
        let half = Probability::from_down(0.5);
        assert_eq!(threshold(3, [(half, 2), (half, 1), (half, 1)].into_iter()).up, 0.375);
    }
}
