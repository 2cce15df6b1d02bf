//! Sets of items, kept as runs of numbers: what a source sees again is most often all there is.

use serde::{Deserialize, Serialize};

/// Numbers in runs (first, one behind the last), apart and in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cmdb) struct RowSet {
    runs: Vec<(u32, u32)>,
}

impl RowSet {
    pub(in crate::cmdb) fn new(mut rows: Vec<u32>) -> Self {
        rows.sort_unstable();
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for row in rows {
            match runs.last_mut() {
                Some((_, end)) if row < *end => {}
                Some((_, end)) if row == *end => *end += 1,
                _ => runs.push((row, row + 1)),
            }
        }
        RowSet { runs }
    }

    pub(in crate::cmdb) fn contains(&self, row: u32) -> bool {
        let behind = self.runs.partition_point(|(start, _)| *start <= row);
        behind > 0 && row < self.runs[behind - 1].1
    }

    /// Whether the runs are apart, in order, and of rows below a bound: those of a file may be any.
    pub(in crate::cmdb) fn is_within(&self, rows: u32) -> bool {
        let ends = self.runs.iter().map(|(_, end)| *end);
        let starts = self.runs.iter().skip(1).map(|(start, _)| *start);
        self.runs.iter().all(|&(start, end)| start < end && end <= rows)
            && ends.zip(starts).all(|(end, next)| end < next)
    }

    pub(in crate::cmdb) fn iter(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().flat_map(|&(start, end)| start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_what_was_put_in() {
        let set = RowSet::new(vec![7, 3, 4, 3, 9, 5]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 4, 5, 7, 9]);
        assert_eq!(set.runs, [(3, 6), (7, 8), (9, 10)]);
        assert!((0..12).all(|row| set.contains(row) == [3, 4, 5, 7, 9].contains(&row)));
        assert!(!RowSet::default().contains(0));
    }
}
