//! Where to cut a series, if every cut costs something? PELT.
//!
//! [`segment`] finds the cuts with the least sum of costs plus `penalty` for each (Killick, Fearnhead
//! and Eckley, "Optimal detection of changepoints with a linear computational cost", 2012). Places
//! that can no longer be the last cut are forgotten, so that the time is about linear where cuts
//! keep coming. A place is kept as long as a stretch of the least size could still end behind it,
//! without which pruning would not be exact.
//!
//! A long series is cut on a grid of places first, and each cut is then moved to the best place
//! around: the optimum on the grid, and a local one between.
//!
//! Cost: at most `O(g²)` for `g` places of the grid, plus `O(n)`.

use super::cost::{Fit, Sums};

/// What to cut by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) fit: Fit,
    pub(super) penalty: f64,
    /// Points between cuts at least.
    pub(super) least: usize,
    /// Points between the places of the grid.
    pub(super) step: usize,
}

/// The cuts, sorted: each the first point of a new stretch.
pub(super) fn segment(sums: &Sums, n: usize, plan: Plan) -> Vec<usize> {
    let places: Vec<usize> = (0..n).step_by(plan.step.max(1)).chain([n]).collect();
    let mut best = vec![f64::INFINITY; places.len()];
    let mut last = vec![0_usize; places.len()];
    best[0] = -plan.penalty;
    // Candidates for the last cut, and from which point on they are out.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut next = 0;
    for end in 1..places.len() {
        let to = places[end];
        while next < end && places[next].saturating_add(plan.least) <= to {
            open.push((next, usize::MAX));
            next += 1;
        }
        let mut costs = Vec::with_capacity(open.len());
        for &(start, _) in &open {
            let cost = best[start] + sums.cost(plan.fit, places[start], to);
            if cost + plan.penalty < best[end] {
                best[end] = cost + plan.penalty;
                last[end] = start;
            }
            costs.push(cost);
        }
        for ((_, out), cost) in open.iter_mut().zip(costs) {
            if cost > best[end] && *out == usize::MAX {
                *out = to.saturating_add(plan.least);
            }
        }
        open.retain(|&(_, out)| out > to);
    }
    let mut cuts = Vec::new();
    let mut end = places.len() - 1;
    while last[end] != 0 {
        end = last[end];
        cuts.push(places[end]);
    }
    cuts.reverse();
    if plan.step > 1 {
        settle(sums, n, plan, &mut cuts);
    }
    cuts
}

/// Moves each cut to the best place within a step of the grid, twice round.
pub(super) fn settle(sums: &Sums, n: usize, plan: Plan, cuts: &mut [usize]) {
    for _ in 0..2 {
        for i in 0..cuts.len() {
            let before = if i == 0 { 0 } else { cuts[i - 1] };
            let after = cuts.get(i + 1).copied().unwrap_or(n);
            let low = cuts[i].saturating_sub(plan.step).max(before.saturating_add(plan.least));
            let high = (cuts[i] + plan.step).min(after.saturating_sub(plan.least));
            let cost = |at: usize| sums.cost(plan.fit, before, at) + sums.cost(plan.fit, at, after);
            let best = (low..=high).min_by(|&a, &b| cost(a).total_cmp(&cost(b)));
            cuts[i] = best.unwrap_or(cuts[i]);
        }
    }
}

/// The sum of the costs of the stretches between the cuts.
pub(super) fn total(sums: &Sums, n: usize, fit: Fit, cuts: &[usize]) -> f64 {
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([n]);
    starts.zip(ends).map(|(from, to)| sums.cost(fit, from, to)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least cost over all ways to cut, by trying every last cut without forgetting any.
    fn by_hand(sums: &Sums, n: usize, plan: Plan) -> f64 {
        let mut best = vec![f64::INFINITY; n + 1];
        best[0] = -plan.penalty;
        for to in plan.least..=n {
            for from in 0..=to - plan.least {
                let cost = best[from] + sums.cost(plan.fit, from, to) + plan.penalty;
                best[to] = best[to].min(cost);
            }
        }
        best[n]
    }

    #[test]
    fn nothing_better_is_forgotten() {
        let mut x = 7_u64;
        for round in 0..60 {
            let n = 20 + round;
            let values: Vec<f64> = (0..n)
                .map(|i| {
                    x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    (x >> 40) as f64 / 16_777_216.0 + if i / 13 % 2 == 0 { 0.0 } else { 0.8 }
                })
                .collect();
            let sums = Sums::new(&values, 1e-4);
            for fit in [Fit::Level, Fit::Line, Fit::Spread] {
                for (least, penalty) in [(1, 0.3), (2, 1.0), (5, 0.2), (7, 3.0)] {
                    if fit == Fit::Spread && least < 2 {
                        continue;
                    }
                    let plan = Plan { fit, penalty, least, step: 1 };
                    let cuts = segment(&sums, n, plan);
                    let cost = total(&sums, n, fit, &cuts) + penalty * cuts.len() as f64;
                    let best = by_hand(&sums, n, plan);
                    assert!((cost - best).abs() < 1e-9, "{n} {plan:?}: {cost} {best}");
                    let ends: Vec<usize> = [0].into_iter().chain(cuts).chain([n]).collect();
                    assert!(ends.windows(2).all(|pair| pair[1] - pair[0] >= least));
                }
            }
        }
    }

    #[test]
    fn a_grid_finds_the_very_place() {
        let values: Vec<f64> =
            (0..1000).map(|i| f64::from(i >= 333) - f64::from(i >= 678)).collect();
        let sums = Sums::new(&values, 1e-4);
        let plan = Plan { fit: Fit::Level, penalty: 10.0, least: 10, step: 25 };
        assert_eq!(segment(&sums, 1000, plan), [333, 678]);
    }
}
