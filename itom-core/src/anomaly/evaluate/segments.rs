//! Runs of labelled points, which several measures count instead of points.

use crate::{Error, Result};

/// The runs of `true` as rows, first and last inclusive. Time and memory `O(n)`.
pub(super) fn segments(labels: &[bool]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (row, _) in labels.iter().enumerate().filter(|&(_, &label)| label) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == row => *last = row,
            _ => runs.push((row, row)),
        }
    }
    runs
}

/// Refuses columns that do not belong to the same points.
pub(super) fn same_length(argument: &str, length: usize, of: &str, expected: usize) -> Result<()> {
    if length == expected {
        return Ok(());
    }
    Err(Error::invalid(argument, length, format!("as many as the {of}, {expected}")))
}

/// Refuses the first value that is no finite number.
pub(super) fn finite(argument: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => {
            let value = format!("{} at index {row}", values[row]);
            Err(Error::invalid(argument, value, "finite numbers"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn runs_at_both_ends_and_none() {
        assert_eq!(segments(&[]), []);
        assert_eq!(segments(&[false; 3]), []);
        assert_eq!(segments(&[true, true, false, true]), [(0, 1), (3, 3)]);
    }
}
