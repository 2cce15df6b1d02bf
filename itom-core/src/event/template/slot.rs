//! One variable place of a template, and what is known of its values.

use serde::{Deserialize, Serialize};

use super::class::{DIGIT, HEX, LETTER, SLASH, SPACE, class};
use super::shape;
use crate::snapshot::Blob;

/// Bytes of a value that are remembered.
const LONGEST: usize = 256;
/// So many values are all looked at closely, then one of so many.
const CLOSELY: u64 = 64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Slot {
    /// The first value, as long as all are the same.
    constant: Option<Blob>,
    /// What all values have in common.
    shape: String,
}

impl Slot {
    pub(super) fn new(value: &[u8]) -> Slot {
        let constant = (value.len() <= LONGEST).then(|| Blob(value.to_vec()));
        Slot { constant, shape: shape::of(value) }
    }

    /// Takes in the value of the line of that number.
    #[inline]
    pub(super) fn learn(&mut self, value: &[u8], number: u64) {
        if self.constant.as_ref().is_some_and(|constant| constant.0 == value) {
            return;
        }
        if self.constant.is_some() || number < CLOSELY || number.is_multiple_of(CLOSELY) {
            self.vary(value);
        }
    }

    #[cold]
    fn vary(&mut self, value: &[u8]) {
        self.constant = None;
        if self.shape != shape::PLACEHOLDER {
            self.unite(&shape::of(value));
        }
    }

    fn unite(&mut self, shape: &str) {
        if self.shape != shape {
            self.shape = shape::common(&self.shape, shape);
        }
    }

    /// Takes in what another miner knows of the same slot.
    pub(super) fn merge(&mut self, other: &Slot) {
        if self.constant != other.constant {
            self.constant = None;
        }
        self.unite(&other.shape);
    }

    /// As the text of the template shows it.
    pub(super) fn text(&self) -> String {
        match &self.constant {
            Some(constant) if reads_as_word(&constant.0) => {
                String::from_utf8_lossy(&constant.0).into_owned()
            }
            _ => self.shape.clone(),
        }
    }
}

/// Whether a value that never varied is more likely a word of the message, as `tty2` or
/// `log4_init`, than an identifier, as `job_2207`, the name of a host or a list.
fn reads_as_word(value: &[u8]) -> bool {
    let Some(&first) = value.first() else { return true };
    let digits = value.split(|&byte| class(byte) & DIGIT == 0).map(<[u8]>::len).max();
    class(first) & (LETTER | HEX) != 0
        && digits.is_none_or(|longest| longest < 3)
        && !value
            .iter()
            .any(|&byte| class(byte) & (SPACE | SLASH) != 0 || matches!(byte, b'@' | b'#'))
        && shape::whole_end(value, 0).is_none()
}
