//! A miner as bytes and back.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::miner::reader;
use super::siblings::{Sibling, Siblings};
use super::table::Table;
use super::{TemplateMiner, TemplateMinerDefinition, TemplateStatistics, TemplateUpdate};
use crate::snapshot::{self, Header, stable_hash};
use crate::{Error, ErrorKind, Result, Timestamp};

const ENGINE: &str = "event.template_miner";
const VERSION: u16 = 1;

#[derive(Serialize, Deserialize)]
struct State {
    definition: TemplateMinerDefinition,
    /// In the order of their birth.
    entries: Vec<Entry>,
    siblings: Vec<(u64, Sibling)>,
    statistics: TemplateStatistics,
    pending: VecDeque<TemplateUpdate>,
    advanced_to: Option<Timestamp>,
}

impl TemplateMiner {
    /// The whole state as bytes; equal states give equal bytes.
    ///
    /// ```
    /// use itom_core::event::TemplateMiner;
    ///
    /// let mut miner = TemplateMiner::default();
    /// let id = miner.add(b"job 1 done").id();
    /// let mut restored = TemplateMiner::from_bytes(&miner.to_bytes())?;
    /// assert_eq!(restored.add(b"job 2 done").id(), id);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let state = State {
            definition: self.definition.clone(),
            entries: self.table.to_list(),
            siblings: self.siblings.to_list(),
            statistics: self.statistics,
            pending: self.pending.clone(),
            advanced_to: self.advanced_to,
        };
        let definition = serde_json::to_vec(&self.definition).unwrap_or_default();
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: stable_hash(&definition),
            watermark: self.advanced_to,
        };
        snapshot::seal(&header, &state)
    }

    /// Goes on where [`to_bytes`](TemplateMiner::to_bytes) stopped.
    ///
    /// # Errors
    /// Bytes that are damaged, of another engine or of a newer version.
    ///
    /// ```
    /// assert!(itom_core::event::TemplateMiner::from_bytes(b"ITOM").is_err());
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
        state.restore().ok_or_else(|| {
            let message = format!("snapshot of {ENGINE} contradicts itself");
            Error::new(ErrorKind::Corrupt, message).about("bytes")
        })
    }
}

impl State {
    fn restore(self) -> Option<TemplateMiner> {
        let masks = self.definition.compile().ok()?;
        let mut reader = reader(&self.definition, masks);
        let bound = self.definition.max_line_bytes as usize;
        let sound = self.entries.len() as u64 <= self.definition.max_templates
            && self.entries.is_sorted_by_key(|entry| (entry.first, entry.id))
            && self
                .entries
                .iter()
                .all(|entry| entry.birth.0.len() <= bound && entry.is_sound(&mut reader));
        if !sound {
            return None;
        }
        let number = self.entries.len();
        let table = Table::new(self.entries, &mut reader);
        let distinct =
            table.places().iter().all(|&place| table.by_id(table.entry(place).id) == Some(place));
        (distinct && table.len() == number).then_some(TemplateMiner {
            definition: self.definition,
            table,
            siblings: Siblings::from_list(self.siblings),
            statistics: self.statistics,
            pending: self.pending,
            advanced_to: self.advanced_to,
            reader,
        })
    }
}
