//! `itom_detector_*`, `itom_verdict_*` and `itom_nab_score`: conversion only.

mod changepoint;
mod decompose;
mod evaluate;
mod forecast;

use itom_core::anomaly::{
    Detector, Direction, Evidence, NabProfile, NabSeries, Reason, Verdict, nab_score,
};
use itom_core::{Error, Timestamp};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{exclusive, fill, instant, room, shared, slice};
use crate::output::{self, Out, itom_bytes};

pub struct itom_detector(Handle<Detector>);

/// A verdict as C sees it. Frozen: it never changes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct itom_verdict {
    time: i64,
    value: f64,
    score: f64,
    alert: f64,
    p_value: f64,
    expected: f64,
    lower: f64,
    upper: f64,
    times_usual: f64,
    anomalous: i32,
    direction: i32,
    evidence: i32,
    reserved: i32,
}

/// A NAB score as C sees it. Frozen.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct itom_nab_result {
    score: f64,
    threshold: f64,
    windows: u64,
    windows_hit: u64,
    false_positive_points: u64,
}

impl From<&Verdict> for itom_verdict {
    fn from(verdict: &Verdict) -> Self {
        itom_verdict {
            time: verdict.time.as_nanos(),
            value: verdict.value.unwrap_or(f64::NAN),
            score: verdict.score,
            alert: verdict.alert,
            p_value: verdict.p_value,
            expected: verdict.expected.unwrap_or(f64::NAN),
            lower: verdict.lower.unwrap_or(f64::NAN),
            upper: verdict.upper.unwrap_or(f64::NAN),
            times_usual: verdict.reason.times_usual,
            anomalous: i32::from(verdict.anomalous),
            direction: verdict.direction as i32,
            evidence: verdict.reason.evidence as i32,
            reserved: 0,
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_new(
    out: *mut *mut itom_detector,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            Out::new(out, "out")?.give(itom_detector(Handle::new(Detector::new())));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_with_budget(
    alarms_per_week: f64,
    out: *mut *mut itom_detector,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(itom_detector(Handle::new(Detector::with_budget(alarms_per_week)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_update(
    detector: *mut itom_detector,
    time: i64,
    value: f64,
    out: *mut itom_verdict,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let time = instant(time, "time")?;
            let detector = exclusive(detector, "detector")?;
            let verdict = detector.0.write(|core| Ok(core.update(time, value)?))?;
            out.set(itom_verdict::from(&verdict));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_score(
    detector: *mut itom_detector,
    times: *const i64,
    values: *const f64,
    len: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { judge(detector, times, values, len, out, error, Detector::score) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_alerts(
    detector: *mut itom_detector,
    times: *const i64,
    values: *const f64,
    len: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { judge(detector, times, values, len, out, error, Detector::alerts) }
}

/// One number a point, into the caller's memory.
///
/// # Safety
/// As of the exported functions.
unsafe fn judge(
    detector: *mut itom_detector,
    times: *const i64,
    values: *const f64,
    len: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
    step: impl FnOnce(&mut Detector, &[i64], &[f64]) -> itom_core::Result<Vec<f64>>,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (times, values) = (slice(times, len, "times")?, slice(values, len, "values")?);
            let room = room(out, len, "out")?;
            let detector = exclusive(detector, "detector")?;
            fill(room, &detector.0.write(|core| Ok(step(core, times, values)?))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_verdicts(
    detector: *mut itom_detector,
    times: *const i64,
    values: *const f64,
    len: usize,
    out: *mut itom_verdict,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (times, values) = (slice(times, len, "times")?, slice(values, len, "values")?);
            let room = room(out, len, "out")?;
            if let Some(&never) = times.iter().find(|&&nanos| nanos == i64::MIN) {
                instant(never, "times")?;
            }
            let detector = exclusive(detector, "detector")?;
            let verdicts: Vec<itom_verdict> = detector.0.write(|core| {
                let points = times.iter().zip(values);
                let judge = |(&time, &value): (&i64, &f64)| {
                    let verdict = core.update(Timestamp::from_nanos(time), value)?;
                    Ok::<_, Failure>(itom_verdict::from(&verdict))
                };
                points.map(judge).collect()
            })?;
            fill(room, &verdicts);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_to_bytes(
    detector: *const itom_detector,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(detector, "detector")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_detector,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let bytes = slice(bytes, bytes_len, "bytes")?;
            let out = Out::new(out, "out")?;
            out.give(itom_detector(Handle::new(Detector::from_bytes(bytes)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_detector_free(detector: *mut itom_detector) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(detector) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_verdict_reason(
    verdict: *const itom_verdict,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let reason = reason(shared(verdict, "verdict")?)?;
            out.give(itom_bytes::new(reason.to_string().into_bytes()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_nab_score(
    scores: *const f64,
    rows: *const usize,
    series: usize,
    window_firsts: *const usize,
    window_lasts: *const usize,
    windows: *const usize,
    profile: i32,
    threshold: f64,
    out: *mut itom_nab_result,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; the lengths are sums of what it says they are.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (rows, windows) =
                (slice(rows, series, "rows")?, slice(windows, series, "windows")?);
            let scores = slice(scores, total(rows, "rows")?, "scores")?;
            let count = total(windows, "windows")?;
            let firsts = slice(window_firsts, count, "window_firsts")?;
            let lasts = slice(window_lasts, count, "window_lasts")?;
            let pairs: Vec<_> = firsts.iter().copied().zip(lasts.iter().copied()).collect();
            let (mut scores, mut pairs) = (scores, pairs.as_slice());
            let mut corpus = Vec::with_capacity(series);
            for (&rows, &windows) in rows.iter().zip(windows) {
                let (own_scores, other_scores) = scores.split_at(rows);
                let (own_pairs, other_pairs) = pairs.split_at(windows);
                corpus.push(NabSeries { scores: own_scores, windows: own_pairs });
                (scores, pairs) = (other_scores, other_pairs);
            }
            let threshold = (!threshold.is_nan()).then_some(threshold);
            let result = nab_score(&corpus, profile_of(profile)?, threshold)?;
            out.set(itom_nab_result {
                score: result.score,
                threshold: result.threshold,
                windows: result.windows,
                windows_hit: result.windows_hit,
                false_positive_points: result.false_positive_points,
            });
            Ok(())
        })
    }
}

fn total(lengths: &[usize], argument: &'static str) -> Result<usize, Failure> {
    lengths
        .iter()
        .try_fold(0_usize, |sum, &length| sum.checked_add(length))
        .ok_or_else(|| Error::invalid(argument, "too many", "a sum that fits memory").into())
}

fn profile_of(number: i32) -> Result<NabProfile, Failure> {
    match number {
        0 => Ok(NabProfile::Standard),
        1 => Ok(NabProfile::RewardLowFpRate),
        2 => Ok(NabProfile::RewardLowFnRate),
        _ => Err(Error::invalid("profile", number, "an ITOM_NAB_ number").into()),
    }
}

fn reason(verdict: &itom_verdict) -> Result<Reason, Failure> {
    let direction = [Direction::None, Direction::Above, Direction::Below]
        .into_iter()
        .find(|&direction| direction as i32 == verdict.direction)
        .ok_or_else(|| Error::invalid("direction", verdict.direction, "0, 1 or 2"))?;
    let evidence = Evidence::ALL
        .into_iter()
        .find(|&evidence| evidence as i32 == verdict.evidence)
        .ok_or_else(|| Error::invalid("evidence", verdict.evidence, "an ITOM_EVIDENCE_ number"))?;
    Ok(Reason { evidence, direction, times_usual: verdict.times_usual })
}
