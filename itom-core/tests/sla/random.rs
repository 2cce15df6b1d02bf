//! Numbers that look random, for graphs that are drawn: SplitMix64 (Steele, Lea, Flood 2014).

pub(super) struct Random(pub(super) u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number less than `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.word() % end as u64) as usize
    }

    /// A number from zero to less than one.
    pub(super) fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// So many different numbers of a range.
    pub(super) fn some(&mut self, count: usize, from: usize, until: usize) -> Vec<usize> {
        let mut chosen = Vec::new();
        let count = count.min(until.saturating_sub(from));
        while chosen.len() < count {
            let next = from + self.below(until - from);
            if !chosen.contains(&next) {
                chosen.push(next);
            }
        }
        chosen
    }
}
