//! What is read of one item: its class, who speaks of it, when it was seen, the values asked for.
//!
//! When an item was last seen: of all that still stands of it, the latest of what was said, by hand
//! or by a source, in valid time, and of when one of those sources saw it again, changed or not. An
//! item whose source says that it is absent, as a sweep does that marks, is stale however lately that
//! was said.

use super::super::Value;
use super::super::history::{History, Key, Moment, NONE, Said};
use super::super::model::ClassModel;
use super::super::query::Described;
use super::super::reconcile::claims::{self, Chooser, Standing};
use super::plan::Plan;
use crate::Timestamp;

/// Where is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) history: &'a History,
    pub(super) model: &'a ClassModel,
    pub(super) moment: Moment,
}

/// An item as it is read.
pub(super) struct Reading {
    /// [`NONE`] where it is not there.
    pub(super) class: u32,
    /// When it was last removed by hand.
    pub(super) removed: Option<Key>,
    /// The words of those who speak of it, [`NONE`] for what was said by hand, sorted.
    pub(super) sources: Vec<u32>,
    pub(super) seen: Timestamp,
    /// Values by word, sorted: those that the plan wants.
    values: Vec<(u32, Value)>,
    pub(super) standing: Option<Standing>,
}

impl Reading {
    pub(super) fn new(at: At<'_>, plan: &Plan, row: u32) -> Self {
        let mut reading = Reading {
            class: NONE,
            removed: None,
            sources: Vec::new(),
            seen: Timestamp::MIN,
            values: Vec::new(),
            standing: None,
        };
        if at.history.control.merged_into(row, at.moment).is_some() {
            return reading;
        }
        let standing = Standing::limited(at.history, row, at.moment, |word| plan.wants(word));
        (reading.class, reading.removed) = (standing.class(), standing.removed);
        if reading.class == NONE {
            return reading;
        }
        reading.sources.extend(standing.puts.iter().map(|put| put.source));
        reading.sources.sort_unstable();
        reading.sources.dedup();
        let seen = reading
            .sources
            .iter()
            .filter_map(|&source| claims::last_seen(at.history, row, &standing, source, at.moment));
        reading.seen = seen.max().unwrap_or(Timestamp::MIN);
        reading.values = values(at, row, &standing);
        reading.standing = Some(standing);
        reading
    }

    /// The value of an attribute by its word.
    pub(super) fn value(&self, word: u32) -> Option<&Value> {
        let place = self.values.binary_search_by_key(&word, |(own, _)| *own).ok()?;
        Some(&self.values[place].1)
    }
}

fn values(at: At<'_>, row: u32, standing: &Standing) -> Vec<(u32, Value)> {
    if let [put] = standing.puts.as_slice()
        && let Said::Item { attributes, .. } = &put.said
    {
        let given = attributes.iter().filter(|(_, code)| *code != 0);
        let value = |&(word, code): &(u32, u32)| (word, at.history.value(word, code));
        let mut values: Vec<(u32, Value)> = given.map(value).collect();
        values.sort_by_key(|(word, _)| *word);
        return values;
    }
    let chooser = Chooser::new(at.history, at.model, row, standing, at.moment);
    let claims = standing.claims().into_iter();
    claims.map(|(word, claims)| (word, chooser.value(word, &claims))).collect()
}

/// An item as conditions ask for it.
pub(super) struct Subject<'a> {
    pub(super) at: At<'a>,
    pub(super) plan: &'a Plan,
    pub(super) row: u32,
    pub(super) reading: &'a Reading,
}

impl Described for Subject<'_> {
    fn id(&self) -> &str {
        self.at.history.ids.text(self.row)
    }

    fn class(&self) -> &str {
        self.at.history.words.text(self.reading.class)
    }

    fn value(&self, attribute: &str) -> Option<&Value> {
        self.reading.value(self.plan.find(attribute)?)
    }
}
