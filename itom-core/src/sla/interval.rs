//! Sets of half-open intervals `[from, until)` over i64: union, intersection, difference, clipping.
//!
//! A *set* here is a slice that is sorted, without empty, overlapping or touching intervals; every
//! function returns one. Cost O(n log n) for [`union`], O(n + m) for the others.

/// `[from, until)`.
pub(in crate::sla) type Interval = (i64, i64);

/// Makes a set of any intervals; empty and reversed ones vanish.
pub(in crate::sla) fn union(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.retain(|&(from, until)| from < until);
    intervals.sort_unstable();
    let mut set: Vec<Interval> = Vec::with_capacity(intervals.len());
    for (from, until) in intervals {
        match set.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => set.push((from, until)),
        }
    }
    set
}

/// What is in `set` and not in `other`.
pub(in crate::sla) fn difference(set: &[Interval], other: &[Interval]) -> Vec<Interval> {
    let mut rest = Vec::with_capacity(set.len());
    let mut first = 0;
    for &(mut from, until) in set {
        while first < other.len() && other[first].1 <= from {
            first += 1;
        }
        for &(cut_from, cut_until) in other[first..].iter().take_while(|cut| cut.0 < until) {
            if from < cut_from {
                rest.push((from, cut_from));
            }
            from = from.max(cut_until);
        }
        if from < until {
            rest.push((from, until));
        }
    }
    rest
}

/// What is in both sets.
pub(in crate::sla) fn intersection(set: &[Interval], other: &[Interval]) -> Vec<Interval> {
    let mut both = Vec::new();
    let (mut first, mut second) = (0, 0);
    while let (Some(a), Some(b)) = (set.get(first), other.get(second)) {
        let (from, until) = (a.0.max(b.0), a.1.min(b.1));
        if from < until {
            both.push((from, until));
        }
        if a.1 <= b.1 {
            first += 1;
        } else {
            second += 1;
        }
    }
    both
}

/// What of `set` lies in `[from, until)`.
pub(in crate::sla) fn clip(set: &[Interval], from: i64, until: i64) -> Vec<Interval> {
    let inside = set.iter().map(|interval| (interval.0.max(from), interval.1.min(until)));
    inside.filter(|interval| interval.0 < interval.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_what_they_should_be() {
        let set = union(vec![(5, 7), (1, 3), (3, 4), (6, 9), (8, 8), (12, 11)]);
        assert_eq!(set, [(1, 4), (5, 9)]);
        assert_eq!(difference(&set, &[(2, 3), (4, 6), (8, 20)]), [(1, 2), (3, 4), (6, 8)]);
        assert_eq!(difference(&set, &[(0, 100)]), []);
        assert_eq!(
            intersection(&set, &[(0, 2), (3, 6), (8, 20)]),
            [(1, 2), (3, 4), (5, 6), (8, 9)]
        );
        assert_eq!(intersection(&set, &[]), []);
        assert_eq!(clip(&set, 3, 6), [(3, 4), (5, 6)]);
    }
}
