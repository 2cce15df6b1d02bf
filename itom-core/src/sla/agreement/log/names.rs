//! The names of records and fields as small integers.

use hashbrown::HashTable;

use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

/// Names, numbered from 0.
#[derive(Clone, Debug, Default)]
pub(in crate::sla::agreement) struct Names {
    names: Vec<String>,
    table: HashTable<u32>,
}

impl Names {
    pub(in crate::sla::agreement) fn len(&self) -> usize {
        self.names.len()
    }

    pub(in crate::sla::agreement) fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }

    pub(in crate::sla::agreement) fn all(&self) -> &[String] {
        &self.names
    }

    pub(in crate::sla::agreement) fn find(&self, name: &str) -> Option<u32> {
        let same = |&number: &u32| self.names[number as usize] == name;
        self.table.find(stable_hash(name.as_bytes()), same).copied()
    }

    pub(super) fn intern(&mut self, name: &str) -> Result<u32> {
        if let Some(number) = self.find(name) {
            return Ok(number);
        }
        let number = u32::try_from(self.names.len()).map_err(|_| {
            let message = "a log knows fewer than 2^32 names of a kind";
            Error::new(ErrorKind::LimitExceeded, message).about("updates")
        })?;
        self.names.push(name.to_owned());
        let hash = |&number: &u32| stable_hash(self.names[number as usize].as_bytes());
        self.table.insert_unique(stable_hash(name.as_bytes()), number, hash);
        Ok(number)
    }
}
