//! The values of one attribute: a dictionary, and per item the code of its value.

use super::cell;
use super::numbers::Numbers;
use super::symbols::Symbols;
use crate::Result;
use crate::cmdb::Value;

/// Code 0 is no value; code n is symbol n - 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) values: Symbols<Vec<u8>>,
    pub(super) codes: Numbers,
}

impl Column {
    /// The code of a value by its [bytes](cell), given to it if it is new.
    pub(super) fn intern(&mut self, bytes: &[u8]) -> Result<u32> {
        Ok(self.values.intern(bytes)? + 1)
    }

    /// The bytes of the value of a code, none for 0.
    pub(super) fn bytes(&self, code: u32) -> &[u8] {
        code.checked_sub(1).map_or(&[], |symbol| self.values.text(symbol))
    }

    /// The code of a value, if some item ever had it.
    pub(super) fn find(&self, value: &Value) -> Option<u32> {
        let mut bytes = Vec::new();
        cell::write(value, &mut bytes);
        Some(self.values.find(&bytes)? + 1)
    }

    /// The value of a code.
    pub(super) fn value(&self, code: u32) -> Value {
        cell::read(self.bytes(code))
    }
}
