//! Lists of numbers by row, in two vectors.

#[derive(Clone, Debug)]
pub(in super::super) struct Lists {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Lists { starts: vec![0], values: Vec::new() }
    }
}

impl Lists {
    /// From (row, value), given twice: once to count, once to fill. The values of a row keep their
    /// order.
    pub(in super::super) fn new<I>(rows: usize, pairs: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = (u32, u32)>,
    {
        let mut starts = vec![0; rows + 1];
        for (row, _) in pairs() {
            starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut values = vec![0; starts[rows] as usize];
        for (row, value) in pairs() {
            let place = &mut next[row as usize];
            values[*place as usize] = value;
            *place += 1;
        }
        Lists { starts, values }
    }

    /// The rows one after the other.
    pub(in super::super) fn push_row(&mut self, values: impl Iterator<Item = u32>) {
        self.values.extend(values);
        self.starts.push(self.values.len() as u32);
    }

    pub(in super::super) fn with_capacity(rows: usize, values: usize) -> Self {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Lists { starts, values: Vec::with_capacity(values) }
    }

    pub(in super::super) fn of(&self, row: u32) -> &[u32] {
        self.range(row, row + 1)
    }

    /// The values of the rows from `first` to before `end`.
    #[inline]
    pub(in super::super) fn range(&self, first: u32, end: u32) -> &[u32] {
        &self.values[self.starts[first as usize] as usize..self.starts[end as usize] as usize]
    }

    /// Where those values lie among all.
    #[inline]
    pub(in super::super) fn span(&self, first: u32, end: u32) -> std::ops::Range<usize> {
        self.starts[first as usize] as usize..self.starts[end as usize] as usize
    }

    /// How many values there are.
    pub(in super::super) fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_order_and_leave_rows_empty() {
        let lists = Lists::new(3, || [(2, 7), (0, 1), (2, 5)].into_iter());
        assert_eq!([lists.of(0), lists.of(1), lists.of(2)], [&[1][..], &[], &[7, 5]]);
        assert_eq!(lists.range(0, 3), [1, 7, 5]);
        assert_eq!((lists.len(), Lists::default().len()), (3, 0));
    }
}
