//! Which periods does a series have, if any?
//!
//! [`seasonal_periods`] proposes and tests, strongest first, until nothing is left that passes:
//!
//! * Proposed are the highest local maxima of the autocorrelation of what is left. It is worked out
//!   directly for short lags; for long ones the series is averaged by fours, again and again, and the
//!   maximum found there is refined on the full series: all lags up to a third of the series for about
//!   a thousand multiplications a point, without a Fourier transform.
//! * Tested is whether one cycle foretells another: the share of variance that the mean of all *other*
//!   cycles explains at each phase, after a moving mean over one period was taken out. Chance gives
//!   less than nought, so a period cannot be found in noise by looking long enough, and a wandering
//!   level does not pass for a season. The shortest of nearly equal periods is the period; the others
//!   are multiples of it.
//!
//! Cost: about 1 µs a point. Missing values are filled in with lines; outliers are cut off. It finds at
//! most three periods between 2 points and a third of the series. It does not know the clock: half-hourly
//! values have the periods 48 and 336, not a day and a week.

use super::fill::{filled, size};
use crate::anomaly::arithmetic::{dot, line};

/// Periods found at most.
const PERIODS_MAX: usize = 3;
/// The share of variance a period has to explain out of sample.
const EXPLAINED_MIN: f64 = 0.15;
/// Among periods that explain nearly as much the shortest is taken.
const NEARLY: f64 = 0.92;
/// A fifth of the best period or less that explains this much of what it does is a period of its own:
/// the day in a week. Halves and thirds are its overtones.
const PART: f64 = 0.3;
const PARTS_MIN: usize = 5;
/// Lags worked out at each resolution.
const LAGS: usize = 512;
/// By how much the resolution falls.
const COARSER: usize = 4;
/// Local maxima tested in each round.
const PROPOSED_MAX: usize = 10;
const HEIGHT_MIN: f64 = 0.1;
/// An hour, a day and a week of values a second, ten seconds, a minute, 5, 10, 15, 30 and 60 minutes apart.
const CLOCK: [usize; 9] = [288, 336, 360, 672, 1008, 1440, 2016, 3600, 10_080];
/// How much of a series is looked at: the end of it.
const POINTS_MAX: usize = 1 << 17;

/// The periods of a series in points, shortest first; none for a series without.
///
/// ```
/// use itom_core::anomaly::seasonal_periods;
///
/// let hourly: Vec<f64> = (0..1000_i32)
///     .map(|hour| f64::from((hour % 24 - 12).abs()) + if hour % 168 < 48 { 9.0 } else { 0.0 })
///     .collect();
/// assert_eq!(seasonal_periods(&hourly), [24, 168]);
/// assert!(seasonal_periods(&[1.0, 2.0, 3.0]).is_empty());
/// ```
pub fn seasonal_periods(values: &[f64]) -> Vec<usize> {
    tested(values, &[])
}

/// As [`seasonal_periods`]; the periods of `hints` are tested, too, and preferred if nearly as good.
pub(in crate::anomaly) fn tested(values: &[f64], hints: &[usize]) -> Vec<usize> {
    let values = &values[values.len().saturating_sub(POINTS_MAX)..];
    let Some(mut rest) = filled(values) else { return Vec::new() };
    tame(&mut rest);
    let mut found: Vec<usize> = Vec::new();
    while found.len() < PERIODS_MAX {
        let mut candidates = proposed(&rest);
        candidates.extend(hints);
        // The day in a week may not stand out by itself.
        let sevenths = candidates.iter().filter(|&lag| lag % 7 == 0).map(|lag| lag / 7);
        candidates.extend(sevenths.collect::<Vec<_>>());
        candidates.retain(|&period| period >= 2 && 3 * period <= rest.len());
        candidates.retain(|period| !found.contains(period));
        candidates.sort_unstable();
        candidates.dedup();
        let judged: Vec<(usize, f64)> =
            candidates.iter().map(|&period| (period, explained(&rest, period))).collect();
        let best = judged.iter().map(|&(_, share)| share).fold(0.0, f64::max);
        if best < EXPLAINED_MIN {
            break;
        }
        let whole =
            judged.iter().find(|&&(_, share)| share >= NEARLY * best).map_or(0, |one| one.0);
        let good = |&&(period, share): &&(usize, f64)| {
            let part = whole % period == 0 && whole >= PARTS_MIN * period;
            share >= NEARLY * best || (part && share >= PART * best)
        };
        let hinted = judged.iter().filter(good).find(|(period, _)| hints.contains(period));
        let Some(&(period, _)) = hinted.or_else(|| judged.iter().find(good)) else { break };
        let period = summit(&rest, period);
        if found.contains(&period) {
            break;
        }
        found.push(period);
        remove(&mut rest, period);
    }
    found.sort_unstable();
    found
}

/// Scales to at most 1 and cuts off outliers: beyond three interquartile ranges from the median of
/// the changes' sum they would drown everything else.
fn tame(values: &mut [f64]) {
    let scale = size(values);
    values.iter_mut().for_each(|value| *value /= scale);
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| sorted[(sorted.len() - 1) * share / 100];
    // Wide enough for every shape of season; a series that is mostly constant is left as it is.
    let spread = at(98) - at(2);
    if spread > 0.0 {
        let (low, high) = (at(2) - spread, at(98) + spread);
        values.iter_mut().for_each(|value| *value = value.clamp(low, high));
    }
}

/// The lags of the highest local maxima of the autocorrelation.
fn proposed(values: &[f64]) -> Vec<usize> {
    let n = values.len();
    let mut coarse = values.to_vec();
    let (mut factor, mut from) = (1, 2);
    let mut tops: Vec<(f64, usize)> = Vec::new();
    let mut lowest = f64::INFINITY;
    while 3 * from * factor <= n && coarse.len() >= 6 {
        let centred = without_trend(&coarse);
        let to = LAGS.min(coarse.len() / 3 + 1);
        let Some(curve) = correlation(&centred, from - 1, to + 1) else { break };
        for i in 1..curve.len().saturating_sub(1) {
            lowest = lowest.min(curve[i - 1]);
            // A maximum stands above what came before it; the ripple on a slow fall does not.
            let stands = curve[i] > HEIGHT_MIN && curve[i] > lowest + HEIGHT_MIN;
            if stands && curve[i] >= curve[i - 1] && curve[i] > curve[i + 1] {
                tops.push((curve[i], (from - 1 + i) * factor));
            }
        }
        coarse = averaged(&coarse, COARSER);
        factor *= COARSER;
        from = LAGS / COARSER;
    }
    tops.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    // The shortest peaks are tried as well: the period itself may be a little lower than a multiple.
    let mut lags: Vec<usize> = tops.iter().take(PROPOSED_MAX).map(|&(_, lag)| lag).collect();
    let mut short: Vec<usize> = tops.iter().take(40).map(|&(_, lag)| lag).collect();
    short.sort_unstable();
    lags.extend(short.iter().take(4));
    lags.iter().map(|&lag| refined(values, lag)).collect()
}

/// A lag found at a lower resolution on the full series: the best within its rounding.
fn refined(values: &[f64], lag: usize) -> usize {
    let mut width = 1;
    while lag >= LAGS * width {
        width *= COARSER;
    }
    if width == 1 {
        return lag;
    }
    let centred = without_trend(values);
    let (from, to) = (lag - width, (lag + width).min(values.len() / 3));
    let Some(curve) = correlation(&centred, from, to + 1) else { return lag };
    let best = (0..curve.len()).max_by(|&a, &b| curve[a].total_cmp(&curve[b]).then(b.cmp(&a)));
    best.map_or(lag, |best| from + best)
}

/// Autocorrelation at the lags `from..to`; none of a constant series.
fn correlation(centred: &[f64], from: usize, to: usize) -> Option<Vec<f64>> {
    let n = centred.len();
    let power = dot(centred, centred) / n as f64;
    if power <= 1e-20 {
        return None;
    }
    let to = to.min(n);
    let at = |lag: usize| dot(&centred[lag..], &centred[..n - lag]) / (n - lag) as f64 / power;
    Some((from..to).map(at).collect())
}

/// The values less a line through them.
fn without_trend(values: &[f64]) -> Vec<f64> {
    let (mean, slope) = line(values);
    let middle = (values.len() as f64 - 1.0) / 2.0;
    values.iter().enumerate().map(|(i, v)| v - mean - slope * (i as f64 - middle)).collect()
}

fn averaged(values: &[f64], by: usize) -> Vec<f64> {
    values.chunks_exact(by).map(|chunk| chunk.iter().sum::<f64>() / by as f64).collect()
}

/// The share of variance around the moving mean that the other cycles explain at each phase.
fn explained(values: &[f64], period: usize) -> f64 {
    let rest = around_mean(values, period);
    let (sums, counts) = phases(&rest, period);
    let (mut error, mut power) = (0.0, 0.0);
    for (i, &value) in rest.iter().enumerate() {
        let (sum, count) = (sums[i % period], counts[i % period]);
        let others = (sum - value) / (count - 1.0);
        error += (value - others) * (value - others);
        power += value * value;
    }
    if power > 1e-20 * rest.len() as f64 { 1.0 - error / power } else { 0.0 }
}

/// The period next to this one that explains most: maxima of the autocorrelation may be a point off.
fn summit(values: &[f64], mut period: usize) -> usize {
    let mut best = explained(values, period);
    for _ in 0..8 {
        let near = [period - 1, period + 1].map(|lag| {
            let allowed = lag >= 2 && 3 * lag <= values.len();
            (if allowed { explained(values, lag) } else { f64::NEG_INFINITY }, lag)
        });
        let higher = if near[1].0 > near[0].0 { near[1] } else { near[0] };
        if higher.0 <= best {
            break;
        }
        (best, period) = higher;
    }
    // A day or a week at a usual step, if it is about that and about as good.
    let usual = CLOCK.iter().filter(|&&lag| lag.abs_diff(period) * 300 <= period);
    usual.copied().find(|&lag| explained(values, lag) >= 0.97 * best).unwrap_or(period)
}

/// The values less their mean over one period around, with which the ends have to do, too.
fn around_mean(values: &[f64], period: usize) -> Vec<f64> {
    let n = values.len();
    let half = period / 2;
    let mut sums = Vec::with_capacity(n + 1);
    sums.push(0.0);
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    let mean_at = |i: usize| {
        let left = i.saturating_sub(half).min(n - period);
        let inner = sums[left + period] - sums[left];
        // An even period has its middle between two points: half of one more.
        match period.is_multiple_of(2) && left + period < n && left + half == i {
            true => (inner + (values[left + period] - values[left]) / 2.0) / period as f64,
            false => inner / period as f64,
        }
    };
    (0..n).map(|i| values[i] - mean_at(i)).collect()
}

fn phases(values: &[f64], period: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut sums, mut counts) = (vec![0.0; period], vec![0.0; period]);
    for chunk in values.chunks(period) {
        for (phase, value) in chunk.iter().enumerate() {
            sums[phase] += value;
            counts[phase] += 1.0;
        }
    }
    (sums, counts)
}

/// Takes the mean of each phase out.
fn remove(values: &mut [f64], period: usize) {
    let (sums, counts) = phases(&around_mean(values, period), period);
    for (i, value) in values.iter_mut().enumerate() {
        *value -= sums[i % period] / counts[i % period];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise in [-1, 1) without a generator's state: the fraction of a product with a hash.
    fn noise(i: u64) -> f64 {
        let x = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((x ^ (x >> 32)) as u32) as f64 / f64::from(u32::MAX) * 2.0 - 1.0
    }

    #[test]
    fn noise_walks_trends_and_constants_have_none() {
        for n in [0, 1, 5, 30, 200, 3000] {
            let white: Vec<f64> = (0..n).map(noise).collect();
            let walk: Vec<f64> = white
                .iter()
                .scan(0.0, |sum, x| {
                    *sum += x;
                    Some(*sum)
                })
                .collect();
            let line: Vec<f64> = (0..n).map(|i| i as f64).collect();
            for values in [white, walk, line, vec![3.0; n as usize], vec![f64::NAN; n as usize]] {
                assert!(
                    seasonal_periods(&values).is_empty(),
                    "{n}: {:?}",
                    seasonal_periods(&values)
                );
            }
        }
    }

    #[test]
    fn seasons_are_found_under_noise_trend_steps_and_outliers() {
        for period in [4_u64, 7, 12, 24, 48, 97, 288, 1440] {
            let n = period * 9;
            let wave = |i: u64| (i % period) as f64 / period as f64 * std::f64::consts::TAU;
            let values: Vec<f64> = (0..n)
                .map(|i| wave(i).sin() + 0.7 * (3.0 * wave(i)).cos() + 0.6 * noise(i))
                .enumerate()
                .map(|(i, v)| {
                    v + 3.0 * i as f64 / n as f64 + if i as u64 > n / 2 { 2.0 } else { 0.0 }
                })
                .enumerate()
                .map(|(i, v)| if i as u64 == n / 3 { 500.0 } else { v })
                .collect();
            let found = seasonal_periods(&values);
            assert_eq!(found, [period as usize], "{period}");
        }
    }

    #[test]
    fn day_and_week_at_any_step() {
        for day in [24_u64, 48, 144] {
            let values: Vec<f64> = (0..day * 7 * 6)
                .map(|i| {
                    let weekend = if i / day % 7 >= 5 { 0.4 } else { 1.0 };
                    let hour = (i % day) as f64 / day as f64 * std::f64::consts::TAU;
                    weekend * (2.0 - hour.cos()) + 0.2 * noise(i)
                })
                .collect();
            assert_eq!(seasonal_periods(&values), [day as usize, 7 * day as usize], "{day}");
        }
    }
}
