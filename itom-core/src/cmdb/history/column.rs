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
    /// The attempt in which its number of values was noted last.
    pub(super) marked: u32,
}

impl Column {
    /// The code of a value, given to it if it is new; `scratch` is working memory.
    pub(super) fn intern(&mut self, value: &Value, scratch: &mut Vec<u8>) -> Result<u32> {
        scratch.clear();
        cell::write(value, scratch);
        Ok(self.values.intern(scratch)? + 1)
    }

    /// The code of a value, if some item ever had it.
    pub(super) fn find(&self, value: &Value) -> Option<u32> {
        let mut bytes = Vec::new();
        cell::write(value, &mut bytes);
        Some(self.values.find(&bytes)? + 1)
    }

    /// The value of a code.
    pub(super) fn value(&self, code: u32) -> Value {
        code.checked_sub(1).map_or(Value::Null, |symbol| cell::read(self.values.text(symbol)))
    }
}
