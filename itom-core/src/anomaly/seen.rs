//! How far is a value from every value seen before?
//!
//! A [`Seen`] is a bitmap over the range of a series: one bit a cell, set once a value fell into
//! it, and never cleared. The range starts narrow and doubles when a value lies outside, two cells
//! becoming one, so that 1024 bits hold a series of any scale and length. The distance to the
//! nearest set cell is then the novelty of a value: beyond the extremes as in a record, and in a
//! hole between two ways of running as well — which records, means and variances do not see. What
//! was odd once is known from then on, so that an oddity that comes back is less odd.
//!
//! Cost: a few shifts a question, 160 bytes. Cells are a power of two wide and lie relative to the
//! first value: neither unit nor origin matters. It knows neither times nor how often.

use serde::{Deserialize, Serialize};

const WORDS: usize = 16;
const CELLS: i64 = 64 * WORDS as i64;
/// The first width is this part of the first difference, which may be an outlier.
const FIRST_CELLS: f64 = 512.0;
/// A width below which arithmetic on cells would lose its meaning.
const LEAST_WIDTH: f64 = 1e-290;

/// The values seen, as cells of a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    bits: [u64; WORDS],
    /// The first value: the lower edge of cell 0.
    anchor: f64,
    /// Width of a cell; 0 until two values differ.
    width: f64,
    /// The cell of the first bit.
    low: i64,
    values: u64,
}

impl Seen {
    pub(super) fn new() -> Self {
        Seen { bits: [0; WORDS], anchor: 0.0, width: 0.0, low: 0, values: 0 }
    }

    /// Whether it can be a memory: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        self.anchor.is_finite()
            && (self.width == 0.0 || self.width.is_finite() && self.width >= LEAST_WIDTH / 2.0)
            && (-2 * CELLS..=0).contains(&self.low)
            && (self.width == 0.0 || (self.low > -CELLS && self.holds(0)))
            && self.values < 1 << 62
    }

    /// Values seen.
    pub(super) fn values(&self) -> u64 {
        self.values
    }

    /// From the value to the nearest one seen; 0 where that is in the same cell.
    pub(super) fn distance(&self, x: f64) -> f64 {
        if self.values == 0 {
            return 0.0;
        }
        if self.width == 0.0 {
            return (x - self.anchor).abs();
        }
        let beyond = self.beyond(x);
        if beyond != 0.0 {
            return beyond.abs();
        }
        let place = self.cell(x) as i64 - self.low;
        match self.up(place).min(self.down(place)) {
            0 => 0.0,
            cells => (cells as f64 - 0.5) * self.width,
        }
    }

    /// How far the value lies above the largest seen, or, negative, below the smallest.
    pub(super) fn beyond(&self, x: f64) -> f64 {
        let (first, last) = self.span();
        let bottom = self.anchor + first as f64 * self.width;
        let top = self.anchor + (last + 1) as f64 * self.width;
        match self.cell(x) {
            c if c > last as f64 => (x - top).max(0.0),
            c if c < first as f64 => (x - bottom).min(0.0),
            _ => 0.0,
        }
    }

    /// From the smallest to the largest value seen, to the cell.
    pub(super) fn range(&self) -> f64 {
        if self.width == 0.0 {
            return 0.0;
        }
        let (first, last) = self.span();
        (last - first) as f64 * self.width
    }

    /// Remembers a value.
    pub(super) fn add(&mut self, x: f64) {
        self.values += 1;
        if self.values == 1 {
            self.anchor = x;
            return;
        }
        if self.width == 0.0 {
            let difference = (x - self.anchor).abs();
            if difference == 0.0 {
                return;
            }
            self.width = power_of_two((difference / FIRST_CELLS).max(LEAST_WIDTH));
            self.low = -CELLS / 2;
            self.set(0);
        }
        let (mut first, mut last) = self.span();
        while self.cell(x) < (last - CELLS + 1) as f64 || self.cell(x) > (first + CELLS - 1) as f64
        {
            self.widen();
            (first, last) = self.span();
        }
        let cell = self.cell(x) as i64;
        if !(self.low..self.low + CELLS).contains(&cell) {
            self.move_to(middle(first.min(cell), last.max(cell)));
        }
        self.set(cell);
    }

    fn cell(&self, x: f64) -> f64 {
        ((x - self.anchor) / self.width).floor()
    }

    /// The lowest and the highest cell that are set.
    fn span(&self) -> (i64, i64) {
        (self.low + self.up(0), self.low + CELLS - 1 - self.down(CELLS - 1))
    }

    /// Cells from a place up to the nearest set one.
    fn up(&self, place: i64) -> i64 {
        let (word, bit) = ((place / 64) as usize, place % 64);
        let here = self.bits[word] >> bit;
        if here != 0 {
            return i64::from(here.trailing_zeros());
        }
        let next = (word + 1..WORDS).find(|&next| self.bits[next] != 0);
        next.map_or(2 * CELLS, |next| {
            64 * next as i64 + i64::from(self.bits[next].trailing_zeros()) - place
        })
    }

    /// Cells from a place down to the nearest set one.
    fn down(&self, place: i64) -> i64 {
        let (word, bit) = ((place / 64) as usize, place % 64);
        let here = self.bits[word] << (63 - bit);
        if here != 0 {
            return i64::from(here.leading_zeros());
        }
        let next = (0..word).rev().find(|&next| self.bits[next] != 0);
        next.map_or(2 * CELLS, |next| {
            place - (64 * next as i64 + 63 - i64::from(self.bits[next].leading_zeros()))
        })
    }

    fn holds(&self, cell: i64) -> bool {
        let place = cell - self.low;
        (0..CELLS).contains(&place) && self.bits[(place / 64) as usize] >> (place % 64) & 1 == 1
    }

    fn set(&mut self, cell: i64) {
        let place = cell - self.low;
        self.bits[(place / 64) as usize] |= 1 << (place % 64);
    }

    fn cells(&self) -> Vec<i64> {
        (self.low..self.low + CELLS).filter(|&cell| self.holds(cell)).collect()
    }

    /// The same cells in a window that begins elsewhere.
    fn move_to(&mut self, low: i64) {
        let cells = self.cells();
        (self.bits, self.low) = ([0; WORDS], low);
        cells.into_iter().for_each(|cell| self.set(cell));
    }

    /// Cells twice as wide.
    fn widen(&mut self) {
        let cells = self.cells();
        let (first, last) = self.span();
        self.width *= 2.0;
        self.low = middle(first.div_euclid(2), last.div_euclid(2));
        self.bits = [0; WORDS];
        cells.into_iter().for_each(|cell| self.set(cell.div_euclid(2)));
    }
}

/// Where the window begins that has these cells in its middle.
fn middle(first: i64, last: i64) -> i64 {
    first - (CELLS - 1 - (last - first)) / 2
}

/// The largest power of two that is not above a positive normal number.
fn power_of_two(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (0x7FF << 52))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(values: impl IntoIterator<Item = f64>) -> Seen {
        let mut seen = Seen::new();
        values.into_iter().for_each(|x| seen.add(x));
        seen
    }

    #[test]
    fn a_hole_is_new_and_a_value_that_came_back_is_not() {
        let seen = fed((0..200).map(|i| f64::from(i % 20) + if i % 2 == 0 { 0.0 } else { 100.0 }));
        assert!((seen.distance(60.0) - 41.0).abs() < 1.0, "{}", seen.distance(60.0));
        assert_eq!(seen.distance(118.0 + 1.0), 0.0);
        assert!((seen.beyond(219.0) - 100.0).abs() < 1.0);
        assert!((seen.beyond(-10.0) + 10.0).abs() < 1.0);
        assert!((seen.range() - 119.0).abs() < 1.0);
    }

    #[test]
    fn it_holds_any_range_and_never_forgets() {
        for step in [1e-300, 1e-9, 1.0, 1e290] {
            let seen = fed((0..5000).map(|i| 3.0 * step + f64::from(i * 37 % 1009) * step));
            assert!(seen.is_sound());
            for i in 0..1009 {
                let far = seen.distance(3.0 * step + f64::from(i) * step);
                assert!(far <= 2.0 * step.max(1e-290), "{step} {i} {far}");
            }
        }
        let seen = fed([0.0, 1e-300, -1e300, 1e300, 5.0]);
        assert!(seen.is_sound() && seen.distance(1e300) == 0.0);
    }

    #[test]
    fn neither_unit_nor_origin_matters() {
        let value = |i: u32| f64::from(i * 7919 % 613);
        let plain = fed((0..300).map(value));
        let moved = fed((0..300).map(|i| (value(i) + 4096.0) * 32.0));
        for i in 300..900 {
            let (a, b) = (plain.distance(value(i)), moved.distance((value(i) + 4096.0) * 32.0));
            assert_eq!(32.0 * a, b);
        }
    }

    #[test]
    fn nothing_is_far_from_nothing() {
        assert_eq!(Seen::new().distance(5.0), 0.0);
        assert_eq!(fed([2.0; 9]).distance(5.0), 3.0);
        assert_eq!(fed([2.0; 9]).range(), 0.0);
    }
}
