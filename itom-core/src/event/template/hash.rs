//! The hash of words: the same on every machine, and one or two multiplications for most words.
//!
//! Folded multiplication, as in wyhash (Wang Yi, 2019). It finds accidents, not forgers: who
//! constructs two words of the same hash gets two messages counted as one.

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const SEED: u64 = 0x2d35_8dcc_aa6c_78a5;

/// What stands for any value.
pub(super) const ANY: u64 = 0x5851_f42d_4c95_7f2d;
/// What stands for the end of a line that is not looked at.
pub(super) const REST: u64 = 0x9fb2_1c65_1e98_df25;
/// What stands for a word that is left out.
pub(super) const GAP: u64 = 0x1405_7b7e_f767_814f;

#[inline]
fn mix(bits: u64) -> u64 {
    let product = u128::from(bits) * u128::from(MULTIPLIER);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Of a word.
#[inline]
pub(super) fn of(word: &[u8]) -> u64 {
    let seed = SEED ^ word.len() as u64;
    if let Some(last) = word.last_chunk::<8>() {
        let (eights, _) = word.as_chunks::<8>();
        let hash = eights.iter().fold(seed, |hash, eight| mix(hash ^ u64::from_le_bytes(*eight)));
        return mix(hash ^ u64::from_le_bytes(*last));
    }
    mix(seed ^ short(word))
}

/// All bytes of a word of less than eight, some of them twice.
#[inline]
fn short(word: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    }
    let (Some(&first), Some(&last)) = (word.first(), word.last()) else { return 0 };
    let middle = word[word.len() / 2];
    u64::from(first) << 16 | u64::from(middle) << 8 | u64::from(last)
}

/// Of a sequence, one by one.
#[inline]
pub(super) fn join(sequence: u64, next: u64) -> u64 {
    mix(sequence.rotate_left(23) ^ next)
}

/// Of a whole sequence.
pub(super) fn sequence(hashes: impl IntoIterator<Item = u64>) -> u64 {
    hashes.into_iter().fold(0, join)
}
