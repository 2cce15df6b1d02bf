//! Points in time as an even series: what step, and which periods does the clock suggest?
//!
//! The step is the median distance of neighbours. Every point falls into the nearest place; of several
//! in one place the mean counts, and a place without is missing.
//!
//! Cost: `O(n log n)`. A gap is not longer than the rest of the series allows: places are at most ten for
//! each point, else the step is not what most distances are and the series is taken as it comes.

use super::super::decompose::filled;
use crate::{Error, Result, Timestamp};

const HOUR: i64 = 3_600_000_000_000;

/// An even series.
pub(super) struct Grid {
    /// The values, missing ones filled in.
    pub(super) values: Vec<f64>,
    /// When the last place is.
    pub(super) last: i64,
    /// Nanoseconds between places.
    pub(super) step: i64,
    /// Periods the clock suggests, in places.
    pub(super) hints: Vec<usize>,
}

impl Grid {
    /// From points in any order; values that are not finite are missing.
    pub(super) fn new(timestamps: &[i64], values: &[f64]) -> Result<Grid> {
        if timestamps.len() != values.len() {
            let expected = format!("as many as the timestamps, {}", timestamps.len());
            return Err(Error::invalid("values", values.len(), expected));
        }
        let mut points: Vec<(i64, f64)> = timestamps
            .iter()
            .map(|&nanos| Timestamp::from_nanos(nanos).as_nanos())
            .zip(values.iter().copied())
            .filter(|point| point.1.is_finite())
            .collect();
        if points.is_empty() {
            return Err(Error::invalid("values", "none", "one finite value or more"));
        }
        points.sort_by_key(|point| point.0);
        let (first, last) = (points[0].0, points[points.len() - 1].0);
        let step = step(&points);
        // Timestamps may span more than an i64 holds.
        let place = |nanos: i64| {
            ((i128::from(nanos) - i128::from(first) + i128::from(step / 2)) / i128::from(step))
                as usize
        };
        let places = place(last) + 1;
        if places > 10 * points.len() + 10 {
            let values = points.iter().map(|point| point.1).collect();
            return Ok(Grid { values, last, step, hints: Vec::new() });
        }
        let mut slots = vec![(0.0, 0.0); places];
        for (nanos, value) in points {
            let slot: &mut (f64, f64) = &mut slots[place(nanos)];
            slot.1 += 1.0;
            // A running mean does not overflow.
            slot.0 += value / slot.1 - slot.0 / slot.1;
        }
        let values: Vec<f64> =
            slots.iter().map(|&(mean, count)| if count > 0.0 { mean } else { f64::NAN }).collect();
        let values = filled(&values).unwrap_or_default();
        Ok(Grid { values, last, step, hints: hints(step) })
    }

    /// When the place `ahead` steps behind the last is, at most the last instant there is.
    pub(super) fn time(&self, ahead: usize) -> Timestamp {
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        Timestamp::from_nanos(self.last.saturating_add(self.step.saturating_mul(ahead)))
    }
}

/// The median distance of neighbours that are not at one instant; a second where there is none.
fn step(points: &[(i64, f64)]) -> i64 {
    let mut distances: Vec<i64> = points
        .windows(2)
        .map(|pair| pair[1].0.saturating_sub(pair[0].0))
        .filter(|&distance| distance > 0)
        .collect();
    if distances.is_empty() {
        return 1_000_000_000;
    }
    let middle = distances.len() / 2;
    *distances.select_nth_unstable(middle).1
}

/// An hour, a day and a week in places, where they are whole numbers of them.
fn hints(step: i64) -> Vec<usize> {
    [HOUR, 24 * HOUR, 168 * HOUR]
        .into_iter()
        .filter(|period| period % step == 0)
        .map(|period| (period / step) as usize)
        .filter(|&period| (2..=1 << 20).contains(&period))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_doubles_and_disorder_are_put_right() {
        let minute = 60_000_000_000;
        let times: Vec<i64> = [0, 1, 2, 5, 4, 4].iter().map(|i| i * minute).collect();
        let grid = Grid::new(&times, &[1.0, 2.0, f64::NAN, 6.0, 4.0, 5.0]).unwrap();
        assert_eq!(grid.values, [1.0, 2.0, 2.0 + 2.5 / 3.0, 2.0 + 5.0 / 3.0, 4.5, 6.0]);
        assert_eq!((grid.step, grid.last), (minute, 5 * minute));
        assert_eq!(grid.hints, [60, 1440, 10_080]);
        assert_eq!(grid.time(2).as_nanos(), 7 * minute);
    }

    #[test]
    fn absurd_times_take_no_memory() {
        let grid = Grid::new(&[i64::MIN, 0, 1, i64::MAX], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!(grid.values.len() <= 50, "{}", grid.values.len());
        assert_eq!(grid.time(usize::MAX).as_nanos(), i64::MAX);
        let one = Grid::new(&[5, 5], &[1e308, 1e308]).unwrap();
        assert_eq!(one.values, [1e308]);
        assert!(Grid::new(&[], &[]).is_err());
        assert!(Grid::new(&[1], &[]).is_err());
    }
}
