//! Missing values filled in, so that methods that need a value everywhere have one.

/// The values with NaN and infinities replaced by the line between their neighbours in the series,
/// at the ends by the nearest; `None` if there is no finite value at all.
pub(in crate::anomaly) fn filled(values: &[f64]) -> Option<Vec<f64>> {
    let mut out = values.to_vec();
    let first = values.iter().position(|value| value.is_finite())?;
    out[..first].fill(values[first]);
    let mut last = first;
    for i in first + 1..values.len() {
        if !values[i].is_finite() {
            continue;
        }
        let (from, to) = (values[last], values[i]);
        let gap = (i - last) as f64;
        for (k, slot) in out[last + 1..i].iter_mut().enumerate() {
            // Weighed, so that the difference of the largest numbers does not overflow.
            let share = (k + 1) as f64 / gap;
            *slot = from * (1.0 - share) + to * share;
        }
        last = i;
    }
    out[last + 1..].fill(values[last]);
    Some(out)
}

/// The largest distance from nought, or 1 where all are nought: to scale by.
pub(in crate::anomaly) fn size(values: &[f64]) -> f64 {
    let size = values.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    // A subnormal number is no divisor.
    if size >= f64::MIN_POSITIVE { size } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_become_lines_and_ends_stay_level() {
        let n = f64::NAN;
        assert_eq!(filled(&[n, 1.0, n, 3.0, f64::INFINITY]), Some(vec![1.0, 1.0, 2.0, 3.0, 3.0]));
        assert_eq!(filled(&[n]), None);
        assert_eq!(filled(&[]), None);
    }
}
