//! What a miner says when something changes, and what it has counted.

use serde::{Deserialize, Serialize};

/// Which way a rate changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RateDirection {
    /// More lines than before.
    Up,
    /// Fewer, or none.
    Down,
}

/// One change of a miner's templates.
///
/// ```
/// use itom_core::{Timestamp, event::{TemplateMiner, TemplateUpdate}};
///
/// let mut miner = TemplateMiner::default();
/// miner.add(b"disk 7 is full");
/// let updates = miner.advance(Timestamp::from_secs(60))?;
/// assert!(matches!(&updates[0], TemplateUpdate::TemplateNew { text, .. } if text == "disk <*> is full"));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TemplateUpdate {
    /// A line belongs to no template that is known.
    TemplateNew {
        /// The template's id.
        template: u64,
        /// Its text then.
        text: String,
        /// The number of the line, from 1.
        line: u64,
    },
    /// The bound on templates was reached and this one was seen the longest ago.
    TemplateEvicted {
        /// The template's id; it will have the same if it comes back.
        template: u64,
        /// Its text.
        text: String,
        /// How many lines it had.
        count: u64,
    },
    /// The count of an interval is not what the intervals before let expect.
    RateChanged {
        /// The template's id.
        template: u64,
        /// Its text.
        text: String,
        /// Which way.
        direction: RateDirection,
        /// Lines a second before.
        before: f64,
        /// Lines a second in this interval.
        after: f64,
        /// How far away, in standard deviations.
        score: f64,
    },
}

/// Counts of everything that came in and of what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateStatistics {
    /// Lines that were added.
    pub lines: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Lines of which only the first bytes were looked at.
    pub lines_cut: u64,
    /// Templates that are known.
    pub templates: u64,
    /// Templates that were new, those that had been evicted included.
    pub templates_new: u64,
    /// Templates evicted at the bound.
    pub templates_evicted: u64,
    /// Lines that belonged to them.
    pub lines_evicted: u64,
    /// Updates that were dropped because nobody fetched them.
    pub updates_dropped: u64,
}

impl TemplateStatistics {
    /// Takes in the counts of another miner; how many templates are known is asked of the table.
    pub(super) fn add(&mut self, other: &TemplateStatistics) {
        self.lines = self.lines.saturating_add(other.lines);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.lines_cut = self.lines_cut.saturating_add(other.lines_cut);
        self.templates_new = self.templates_new.saturating_add(other.templates_new);
        self.templates_evicted = self.templates_evicted.saturating_add(other.templates_evicted);
        self.lines_evicted = self.lines_evicted.saturating_add(other.lines_evicted);
        self.updates_dropped = self.updates_dropped.saturating_add(other.updates_dropped);
    }
}
