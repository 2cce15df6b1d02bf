//! How odd a metric is around an instant, against its own history.
//!
//! The main type is [`Profile`]. Points before the window are the history: their median and median
//! absolute deviation (scaled to the standard deviation of a normal, Hampel 1974) turn values into
//! robust z. What z means differs from metric to metric, so it is calibrated on the history itself:
//! a z inside what the history has shown gets its rank as tail probability; beyond, an exponential
//! tail fitted to the highest tenth continues it (peaks over threshold: Pickands 1975, with shape
//! 0). The *surprise* is −log10 of that probability.
//!
//! Values that are not finite are missing. A history under eight points says nothing. A constant
//! history has the floor of a thousandth of its value as scale, or, where it is constantly zero,
//! calls any other value as odd as can be said. Costs a sort of the history.

use super::cause::Series;
use crate::{Duration, Timestamp};

const FEWEST: usize = 8;
const TO_SIGMA: f64 = 1.4826;
const RELATIVE_FLOOR: f64 = 1e-3;
const LARGEST_Z: f64 = 1e6;
const MOST_SURPRISE: f64 = 300.0;

/// A metric inside the window.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// The points of the window as robust z, in order of time.
    pub(super) points: Vec<(Timestamp, f64)>,
    /// The history's median.
    pub(super) expected: f64,
    /// The point that is the farthest out: time, value, z.
    pub(super) worst: (Timestamp, f64, f64),
    /// −log10 of the probability of a z that large.
    pub(super) surprise: f64,
    /// The first point of the window that the history would show once in a hundred points.
    pub(super) onset: Option<Timestamp>,
}

impl Profile {
    /// `None` where there is too little history or no point in the window.
    pub(super) fn new(series: &Series, from: Timestamp, to: Timestamp) -> Option<Profile> {
        let points = || {
            let pairs = series.timestamps.iter().copied().zip(series.values.iter().copied());
            pairs.filter(|(_, value)| value.is_finite())
        };
        let history: Vec<f64> =
            points().filter(|(time, _)| *time < from).map(|(_, value)| value).collect();
        if history.len() < FEWEST {
            return None;
        }
        let expected = median(history.clone());
        let mad = median(history.iter().map(|value| (value - expected).abs()).collect());
        let scale = (TO_SIGMA * mad).max(RELATIVE_FLOOR * expected.abs());
        let z = |value: f64| match value - expected {
            0.0 => 0.0,
            // Differences near the ends of f64 may overflow.
            difference if (difference / scale).is_nan() => LARGEST_Z.copysign(difference),
            difference => (difference / scale).clamp(-LARGEST_Z, LARGEST_Z),
        };
        let mut window: Vec<(Timestamp, f64)> =
            points().filter(|(time, _)| *time >= from && *time <= to).collect();
        window.sort_by_key(|(time, _)| *time);
        let mut calm: Vec<f64> = history.iter().map(|value| z(*value).abs()).collect();
        calm.sort_by(f64::total_cmp);
        let (mut worst, mut onset) = (None, None);
        for (time, value) in &window {
            let odd = z(*value);
            if worst.is_none_or(|(_, _, most): (Timestamp, f64, f64)| odd.abs() > most.abs()) {
                worst = Some((*time, *value, odd));
            }
            if onset.is_none() && surprise(odd.abs(), &calm) >= 2.0 {
                onset = Some(*time);
            }
        }
        let worst = worst?;
        let surprise = surprise(worst.2.abs(), &calm);
        let points = window.into_iter().map(|(time, value)| (time, z(value))).collect();
        Some(Profile { points, expected, worst, surprise, onset })
    }

    /// Pearson's correlation with another profile, each of its points paired with the latest of
    /// ours that is at most `step` older; with the number of pairs. `None` under three pairs or
    /// where one side is constant.
    pub(super) fn correlation(&self, other: &Profile, step: Duration) -> Option<(f64, u32)> {
        let mut pairs = Vec::with_capacity(other.points.len());
        for (time, theirs) in &other.points {
            let place = self.points.partition_point(|(own, _)| own <= time);
            let Some((own, ours)) = place.checked_sub(1).map(|place| self.points[place]) else {
                continue;
            };
            if own == *time || *time - own < step {
                pairs.push((ours, *theirs));
            }
        }
        if pairs.len() < 3 {
            return None;
        }
        let count = pairs.len() as f64;
        let mean_a = pairs.iter().map(|(a, _)| a).sum::<f64>() / count;
        let mean_b = pairs.iter().map(|(_, b)| b).sum::<f64>() / count;
        let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
        for (a, b) in &pairs {
            ab += (a - mean_a) * (b - mean_b);
            aa += (a - mean_a) * (a - mean_a);
            bb += (b - mean_b) * (b - mean_b);
        }
        let spread = aa.sqrt() * bb.sqrt();
        (spread > 1e-12).then(|| ((ab / spread).clamp(-1.0, 1.0), pairs.len() as u32))
    }
}

/// The middle value, or the mean of the two middle ones; the list is not empty.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        values[middle - 1] / 2.0 + values[middle] / 2.0
    }
}

/// −log10 of the probability of `z` or more, given the sorted calm ones.
fn surprise(z: f64, calm: &[f64]) -> f64 {
    let count = calm.len() as f64;
    let beyond = (calm.len() - calm.partition_point(|own| *own < z)) as f64;
    let rank = -libm::log10((beyond + 1.0) / (count + 1.0));
    if beyond > 0.0 {
        return rank;
    }
    let top = (calm.len() / 10).max(1);
    let tail = &calm[calm.len() - top..];
    let fence = tail[0];
    // A tail thinner than a normal's is not believed: one unit of z is the least.
    let excess = (tail.iter().map(|own| own - fence).sum::<f64>() / top as f64).max(1.0);
    let fitted =
        (libm::log((count + 1.0) / top as f64) + (z - fence) / excess) / std::f64::consts::LN_10;
    fitted.clamp(rank, MOST_SURPRISE)
}

/// The median time between neighbouring points; `None` for fewer than two.
pub(super) fn sampling_step(series: &Series) -> Option<Duration> {
    let mut times = series.timestamps.clone();
    times.sort();
    let mut steps: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort();
    steps.get(steps.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Series {
        let timestamps = (0..values.len()).map(|n| Timestamp::from_secs(n as i64)).collect();
        Series { ci: "a".into(), metric: "m".into(), timestamps, values: values.to_vec() }
    }

    fn profile(values: &[f64]) -> Option<Profile> {
        let from = Timestamp::from_secs(values.len() as i64 - 2);
        Profile::new(&series(values), from, Timestamp::MAX)
    }

    #[test]
    fn odd_values_surprise_and_usual_ones_do_not() {
        let mut values: Vec<f64> = (0..100).map(|n| f64::from(n % 7)).collect();
        values.extend([3.0, 100.0]);
        let odd = profile(&values).unwrap();
        assert!(odd.surprise > 3.0);
        assert_eq!((odd.worst.1, odd.onset), (100.0, Some(Timestamp::from_secs(101))));
        values[101] = 4.0;
        let usual = profile(&values).unwrap();
        assert!(usual.surprise < 1.0, "{usual:?}");
    }

    #[test]
    fn empty_constant_and_missing_values_are_defined() {
        assert!(profile(&[1.0; 9]).is_none(), "seven points of history");
        assert!(profile(&[f64::NAN; 50]).is_none());
        assert_eq!(profile(&[0.0; 50]).unwrap().surprise, 0.0);
        let mut values = vec![0.0; 50];
        values[49] = 1e-300;
        assert_eq!(profile(&values).unwrap().worst.2, LARGEST_Z);
        values[49] = f64::INFINITY;
        assert_eq!(profile(&values).unwrap().worst.2, 0.0, "not finite is missing");
        let huge: Vec<f64> = (0..50).map(|n| if n % 2 == 0 { 1e308 } else { -1e308 }).collect();
        assert!(profile(&huge).unwrap().surprise.is_finite());
    }
}
