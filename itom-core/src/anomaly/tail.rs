//! How rare is a deviation of this size, judged by the deviations seen so far?
//!
//! A [`Tail`] counts sizes in bins a quarter of an octave wide, so that it needs no idea of the
//! scale and costs 48 numbers. Up to the largest size seen it answers with the rank, as conformal
//! prediction does (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005):
//! of `n` sizes `a` were as large, so the chance is about `(a + 1) / (n + 1)`. Beyond, where there
//! is nothing to count, the tail is continued as a power law whose exponent is Hill's estimate
//! (1975) from the largest sizes, drawn towards a heavy tail while those are few. Evidence beyond
//! what `n` sizes can support counts less and less: a handful of points proves little.
//!
//! Counts fade by half when they reach a bound, so old extremes are forgotten in the end. They are
//! kept in eighths: the last extreme fades in three steps, not in one.
//! Cost: about 15 additions a question, 112 bytes. It does not know signs, times or what the sizes
//! are of; a NaN size must not reach it.

use serde::{Deserialize, Serialize};

use super::tuning::TUNING;

/// Bins; the first also holds everything smaller, the last everything larger.
pub(super) const BINS: usize = 48;
/// Bins of a block, whose sum is kept too.
const BLOCK: usize = 8;
const BLOCKS: usize = BINS / BLOCK;
/// Exponent and two bits of mantissa of 2^-2, the lower edge of the first bin.
const LOWEST: i64 = (1023 - 2) * 4;
/// Where the largest size is taken to lie before enough were counted: at the usual size.
const FIRST_RECORD: usize = 8;
/// ln 2 / 4: the width of a bin.
const BIN_WIDTH: f64 = std::f64::consts::LN_2 / 4.0;
/// What one size counts.
const ONE: u16 = 8;

/// Counts of sizes, in bins that grow by powers of two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tail {
    counts: [[u16; BLOCK]; BLOCKS],
    blocks: [u16; BLOCKS],
    all: u16,
}

/// How rare a size is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Odds {
    /// One in so many, by its rank: its evidence is the logarithm.
    Rank(f64),
    /// The evidence beyond the ranks.
    Beyond(f64),
}

impl Tail {
    pub(super) fn new() -> Self {
        Tail { counts: [[0; BLOCK]; BLOCKS], blocks: [0; BLOCKS], all: 0 }
    }

    /// Whether the counts can be those of a tail: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        let sum = |counts: &[u16]| counts.iter().map(|&count| u32::from(count)).sum::<u32>();
        let blocks = self.counts.iter().zip(&self.blocks);
        sum(&self.blocks) == u32::from(self.all)
            && blocks.into_iter().all(|(counts, &block)| sum(counts) == u32::from(block))
    }

    /// Counts a size.
    pub(super) fn add(&mut self, size: f64) {
        let k = bin(size).0;
        self.counts[k / BLOCK][k % BLOCK] += ONE;
        self.blocks[k / BLOCK] += ONE;
        self.all += ONE;
    }

    /// Halves all counts.
    pub(super) fn fade(&mut self) {
        for (counts, block) in self.counts.iter_mut().zip(&mut self.blocks) {
            counts.iter_mut().for_each(|count| *count /= 2);
            *block = counts.iter().sum();
        }
        self.all = self.blocks.iter().sum();
    }

    /// Sizes counted, faded.
    pub(super) fn total(&self) -> f64 {
        sizes(u32::from(self.all))
    }

    /// The size that `rank` of the counted ones exceed; 0 where fewer were counted.
    pub(super) fn exceeded_by(&self, rank: f64) -> f64 {
        let mut above = 0.0;
        for block in (0..BLOCKS).rev() {
            let whole = sizes(u32::from(self.blocks[block]));
            if above + whole < rank {
                above += whole;
                continue;
            }
            for j in (0..BLOCK).rev() {
                let count = sizes(u32::from(self.counts[block][j]));
                if above + count >= rank {
                    let k = BLOCK * block + j;
                    return edge(k) + (edge(k + 1) - edge(k)) * (1.0 - (rank - above) / count);
                }
                above += count;
            }
        }
        0.0
    }

    /// Minus the logarithm of the chance of a size at least as large, of `total` sizes in all
    /// (those of the other sign too).
    pub(super) fn evidence(&self, size: f64, total: f64) -> f64 {
        match self.odds(size, total) {
            Odds::Rank(ratio) => libm::log(ratio),
            Odds::Beyond(evidence) => evidence,
        }
    }

    /// The same, where the logarithm is left to the caller, who has more to multiply.
    pub(super) fn odds(&self, size: f64, total: f64) -> Odds {
        let above = self.above(size);
        let rank = Odds::Rank((total + 1.0) / (above + 1.0));
        if above >= TUNING.record_rank {
            return rank;
        }
        let seen = self.exceeded_by(TUNING.record_rank);
        let record = if seen > 0.0 { seen } else { edge(FIRST_RECORD) };
        if size <= record {
            return rank;
        }
        let evidence =
            libm::log((total + 2.0) / 2.0) + self.exponent(total) * libm::log(size / record);
        // What so few points can support; what goes beyond counts, but less and less.
        let supported = TUNING.evidence_cap * libm::log(total + 1.0);
        Odds::Beyond(if evidence <= supported {
            evidence
        } else {
            supported * (1.0 + TUNING.evidence_beyond * libm::log(evidence / supported))
        })
    }

    /// Sizes counted that are larger; those of the same bin in proportion.
    fn above(&self, size: f64) -> f64 {
        let (own, fraction) = bin(size);
        let (block, j) = (own / BLOCK, own % BLOCK);
        let blocks: u32 = self.blocks[block + 1..].iter().map(|&count| u32::from(count)).sum();
        let bins: u32 = self.counts[block][j + 1..].iter().map(|&count| u32::from(count)).sum();
        sizes(blocks + bins) + sizes(u32::from(self.counts[block][j])) * (1.0 - fraction)
    }

    /// Hill's estimate of the power with which the tail falls, from the largest sizes.
    fn exponent(&self, total: f64) -> f64 {
        let wanted = (total * TUNING.hill_share).max(TUNING.hill_points_min);
        let (mut points, mut places, mut lowest) = (0.0, 0.0, 0);
        for (k, &count) in self.counts.as_flattened().iter().enumerate().rev() {
            let count = sizes(u32::from(count));
            points += count;
            places += count * (k as f64 + 0.5);
            lowest = k;
            if points >= wanted {
                break;
            }
        }
        let log_excess = (places - points * lowest as f64) * BIN_WIDTH;
        let prior = TUNING.hill_prior_points;
        let mean = (log_excess + prior / TUNING.hill_prior) / (points + prior);
        (1.0 / mean).clamp(TUNING.exponent_min, TUNING.exponent_max)
    }
}

/// Counts as sizes.
fn sizes(counts: u32) -> f64 {
    f64::from(counts) / f64::from(ONE)
}

/// The bin of a size and the share of the bin below it. Exponent and leading mantissa bits *are*
/// the logarithm to a quarter of an octave: no function is called.
fn bin(size: f64) -> (usize, f64) {
    const FRACTION_BITS: u32 = 50;
    let bits = size.to_bits();
    let place = (bits >> FRACTION_BITS) as i64 - LOWEST;
    if place < 0 {
        (0, 0.0)
    } else if place >= BINS as i64 {
        (BINS - 1, 1.0)
    } else {
        let fraction = bits & ((1 << FRACTION_BITS) - 1);
        (place as usize, fraction as f64 / (1_u64 << FRACTION_BITS) as f64)
    }
}

/// The lower edge of a bin.
fn edge(k: usize) -> f64 {
    f64::from_bits(((k as i64 + LOWEST) as u64) << 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniform(n: usize) -> Tail {
        let mut tail = Tail::new();
        (0..n).for_each(|i| tail.add(4.0 * (i as f64 + 0.5) / n as f64));
        tail
    }

    #[test]
    fn edges_hold_their_sizes() {
        for size in [0.26, 0.5, 1.0, 1.2, 3.9, 4.0, 1000.0] {
            let (k, fraction) = bin(size);
            assert!(edge(k) <= size && size < edge(k + 1));
            assert!((edge(k) + fraction * (edge(k + 1) - edge(k)) - size).abs() < 1e-12);
        }
        assert_eq!((bin(0.0), bin(1e300)), ((0, 0.0), (BINS - 1, 1.0)));
    }

    #[test]
    fn evidence_is_the_rank_inside_and_grows_beyond() {
        let tail = uniform(1000);
        let p = |size| libm::exp(-tail.evidence(size, 1000.0));
        assert!((p(2.0) - 0.5).abs() < 0.01, "{}", p(2.0));
        assert!((p(3.6) - 0.1).abs() < 0.01, "{}", p(3.6));
        let beyond = [4.0, 5.0, 10.0, 100.0].map(|size| tail.evidence(size, 1000.0));
        assert!(beyond.is_sorted() && beyond[3] > beyond[0] + 1.0, "{beyond:?}");
    }

    #[test]
    fn few_points_prove_little() {
        let [few, many] = [3, 1000].map(|n| uniform(n).evidence(50.0, n as f64));
        assert!(few < 5.0 && many > 2.0 * few, "{few} {many}");
    }

    #[test]
    fn quantiles_come_back() {
        let tail = uniform(1000);
        assert!((tail.exceeded_by(100.0) - 3.6).abs() < 0.05);
        assert_eq!(Tail::new().exceeded_by(1.0), 0.0);
    }
}
