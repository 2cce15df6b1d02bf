//! Lines in, templates out: the streaming miner.
//!
//! The main type is [`TemplateMiner`]. A line is cut into words, marks and values (`token.rs`), then
//! into constants and slots (`element.rs`), and the hash of their sequence is looked up: one pass
//! over the bytes and one look-up for a line of a known kind, no memory taken. A line of an unknown
//! kind is compared word by word with the few of its outline (`chunk.rs`); a place where too many
//! words were seen is opened (`siblings.rs`); else it is a new template.
//!
//! # Source
//! The idea of a fixed set of typed masks before anything is learned is that of Drain (He, Zhu,
//! Zheng, Lyu, 2017) and its followers; the search of a similar template is replaced by keys that
//! do not depend on the length of a line. What belongs to one value is decided by its looks and its
//! neighbours, so that the first line of a template has its final id.
//!
//! # What it does not do
//! Templates are never joined after their birth and ids never change. Words are constants until
//! `max_words` of them were seen in their place.

use std::collections::VecDeque;

use super::chunk::{self, Opening};
use super::element::Element;
use super::entry::{Entry, identity};
use super::mask::Masks;
use super::reader::Reader;
use super::siblings::Siblings;
use super::table::Table;
use super::{
    RateDirection, Template, TemplateHit, TemplateMinerDefinition, TemplateStatistics,
    TemplateUpdate,
};
use crate::{Duration, Error, Result, Timestamp};

/// Updates that wait to be fetched.
const MOST_UPDATES: usize = 10_000;

/// Finds the templates of log lines as they come.
///
/// ```
/// use itom_core::event::TemplateMiner;
///
/// let mut miner = TemplateMiner::default();
/// let first = miner.add(b"Accepted password for ada from 10.0.0.7 port 4022").id();
/// let second = miner.add(b"Accepted password for bob from 10.0.0.9 port 4107").id();
/// assert_eq!(first, second);
/// let text = "Accepted password for <*> from <*> port <*>";
/// assert_eq!(miner.templates()[0].text, text);
/// ```
#[derive(Clone, Debug)]
pub struct TemplateMiner {
    pub(super) definition: TemplateMinerDefinition,
    pub(super) table: Table,
    pub(super) siblings: Siblings,
    pub(super) statistics: TemplateStatistics,
    pub(super) pending: VecDeque<TemplateUpdate>,
    pub(super) advanced_to: Option<Timestamp>,
    pub(super) reader: Reader,
}

impl Default for TemplateMiner {
    fn default() -> Self {
        let definition = TemplateMinerDefinition::default();
        let reader = reader(&definition, Masks::default());
        TemplateMiner::of(definition, reader)
    }
}

impl PartialEq for TemplateMiner {
    fn eq(&self, other: &Self) -> bool {
        self.to_bytes() == other.to_bytes()
    }
}

impl TemplateMiner {
    /// A miner that has seen nothing.
    ///
    /// # Errors
    /// What [`TemplateMinerDefinition::validate`] refuses.
    ///
    /// ```
    /// use itom_core::event::{TemplateMiner, TemplateMinerDefinition};
    ///
    /// let definition = TemplateMinerDefinition { max_templates: 0, ..Default::default() };
    /// assert!(TemplateMiner::new(definition).is_err());
    /// ```
    pub fn new(definition: TemplateMinerDefinition) -> Result<Self> {
        let masks = definition.compile()?;
        let reader = reader(&definition, masks);
        Ok(TemplateMiner::of(definition, reader))
    }

    fn of(definition: TemplateMinerDefinition, reader: Reader) -> Self {
        TemplateMiner {
            definition,
            table: Table::default(),
            siblings: Siblings::default(),
            statistics: TemplateStatistics::default(),
            pending: VecDeque::new(),
            advanced_to: None,
            reader,
        }
    }

    /// How it behaves.
    ///
    /// ```
    /// let miner = itom_core::event::TemplateMiner::default();
    /// assert_eq!(miner.definition().max_templates, 10_000);
    /// ```
    pub fn definition(&self) -> &TemplateMinerDefinition {
        &self.definition
    }

    /// Finds the template of a line, or makes one.
    ///
    /// The line is any bytes, without its line break: what is not UTF-8 counts as letters, control
    /// characters as spaces. An empty line is a template without text. Of a line longer than
    /// `max_line_bytes` the rest is one parameter.
    ///
    /// # Complexity
    /// One pass over the bytes and one look-up for a line of a known kind; no memory is taken.
    ///
    /// ```
    /// let mut miner = itom_core::event::TemplateMiner::default();
    /// assert_eq!(miner.add(b"took 12 ms").id(), miner.add(b"took 7 s").id());
    /// ```
    pub fn add<'a>(&'a mut self, line: &'a [u8]) -> TemplateHit<'a> {
        let (place, new) = self.take(line);
        TemplateHit {
            line,
            place,
            new,
            table: &self.table,
            reader: &mut self.reader,
            masks: &self.definition.masks,
        }
    }

    /// The ids of many lines, in their order: what [`add`](TemplateMiner::add) gives one by one.
    ///
    /// ```
    /// let mut miner = itom_core::event::TemplateMiner::default();
    /// let ids = miner.add_many([&b"job 1 done"[..], b"ready", b"job 2 done"]);
    /// assert_eq!(ids[0], ids[2]);
    /// ```
    pub fn add_many<'a>(&mut self, lines: impl IntoIterator<Item = &'a [u8]>) -> Vec<u64> {
        let ids = lines.into_iter().map(|line| {
            let (place, _) = self.take(line);
            self.table.entry(place).id
        });
        ids.collect()
    }

    /// Ends an interval at `now` and hands over what changed: new and evicted templates since the
    /// last call, and templates whose count in the interval is not what the intervals before let
    /// expect. The lines added since the last call are those of the interval. A `now` that is not
    /// after the last one ends none.
    ///
    /// # Errors
    /// None today; the signature leaves room.
    ///
    /// ```
    /// use itom_core::{Timestamp, event::{TemplateMiner, TemplateUpdate}};
    ///
    /// let mut miner = TemplateMiner::default();
    /// for minute in 0..5 {
    ///     let lines = if minute < 4 { 10 } else { 1000 };
    ///     for line in 0..lines {
    ///         miner.add(format!("request {line}").as_bytes());
    ///     }
    ///     let updates = miner.advance(Timestamp::from_secs(60 * minute))?;
    ///     let changed = updates.iter().any(|u| matches!(u, TemplateUpdate::RateChanged { .. }));
    ///     assert_eq!(changed, minute == 4);
    /// }
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn advance(&mut self, now: Timestamp) -> Result<Vec<TemplateUpdate>> {
        let before = self.advanced_to;
        if before.is_none_or(|before| before < now) {
            self.advanced_to = Some(now);
            self.end_interval(before.map(|before| now - before));
        }
        Ok(self.pending.drain(..).collect())
    }

    /// The templates, in the order of their birth.
    ///
    /// ```
    /// assert!(itom_core::event::TemplateMiner::default().templates().is_empty());
    /// ```
    pub fn templates(&self) -> Vec<Template> {
        let mut reader = self.reader.clone();
        let places = self.table.places().into_iter();
        places.map(|place| template(self.table.entry(place), &mut reader)).collect()
    }

    /// The template of that id.
    ///
    /// ```
    /// let mut miner = itom_core::event::TemplateMiner::default();
    /// let id = miner.add(b"ready").id();
    /// assert_eq!(miner.template(id).map(|template| template.text), Some("ready".to_owned()));
    /// ```
    pub fn template(&self, id: u64) -> Option<Template> {
        let place = self.table.by_id(id)?;
        Some(template(self.table.entry(place), &mut self.reader.clone()))
    }

    /// Counts of everything that came in and of what became of it.
    ///
    /// ```
    /// assert_eq!(itom_core::event::TemplateMiner::default().statistics().lines, 0);
    /// ```
    pub fn statistics(&self) -> TemplateStatistics {
        TemplateStatistics { templates: self.table.len() as u64, ..self.statistics }
    }

    /// Takes in what another miner has learned, as one that read other lines of the same stream:
    /// templates of the same id become one, counts and rates are added up. Line numbers stay those
    /// of each miner; where one kind of line is of two templates, this miner's answer stays.
    ///
    /// # Errors
    /// A miner of another definition.
    ///
    /// ```
    /// let mut miner = itom_core::event::TemplateMiner::default();
    /// let mut other = miner.clone();
    /// miner.add(b"job 1 done");
    /// other.add(b"job 2 done");
    /// miner.merge(&other)?;
    /// assert_eq!(miner.templates()[0].count, 2);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn merge(&mut self, other: &TemplateMiner) -> Result<()> {
        if self.definition != other.definition {
            return Err(Error::invalid("other", "a miner of another definition", "the same one"));
        }
        for theirs in other.table.to_list() {
            match self.table.by_id(theirs.id) {
                Some(place) => self.merge_entry(place, &theirs),
                None => {
                    self.table.push(theirs, &mut self.reader);
                }
            }
        }
        self.table = Table::new(self.table.to_list(), &mut self.reader);
        self.siblings.merge(&other.siblings);
        self.siblings.bound(self.most_templates());
        self.statistics.add(&other.statistics);
        self.advanced_to = self.advanced_to.max(other.advanced_to);
        other.pending.iter().for_each(|update| self.tell(update.clone()));
        while self.table.len() > self.most_templates() {
            self.evict();
        }
        Ok(())
    }

    /// The place of a line's template, and whether it is new.
    #[inline]
    fn take(&mut self, line: &[u8]) -> (usize, bool) {
        let statistics = &mut self.statistics;
        statistics.lines += 1;
        statistics.bytes += line.len() as u64;
        let seen = self.reader.read(line);
        statistics.lines_cut += u64::from(self.reader.cut);
        let known = self.table.by_key(self.reader.key);
        let (place, new) = match known {
            Some(place) => (place, false),
            None => self.place(seen),
        };
        let entry = self.table.entry_mut(place);
        if !entry.openings.is_empty() && known.is_some() {
            chunk::open(&mut self.reader.elements, &entry.openings);
        }
        entry.learn(seen, &self.reader.elements, self.statistics.lines);
        if new {
            self.tell_new(place);
        }
        (place, new)
    }

    /// Finds a place for a line of an unknown kind, and leaves its elements opened.
    #[cold]
    fn place(&mut self, line: &[u8]) -> (usize, bool) {
        if let Some(place) = self.alike() {
            self.table.add_alias(place, self.reader.key);
            return (place, false);
        }
        let words = self.definition.max_words;
        let open = self.siblings.meet(&self.reader.elements, words);
        self.siblings.bound(self.most_templates());
        let openings: Vec<Opening> =
            open.map(|place| chunk::opening_at(&self.reader.elements, place)).into_iter().collect();
        let closed = self.reader.elements.clone();
        chunk::open(&mut self.reader.elements, &openings);
        let id = identity(line, &self.reader.elements, self.reader.cut);
        if let Some(place) = self.table.by_id(id) {
            self.table.add_alias(place, self.reader.key);
            self.open(place, &openings, closed);
            return (place, false);
        }
        let entry = Entry::new(line, &self.reader, openings, self.statistics.lines);
        if self.table.len() >= self.most_templates() {
            self.evict();
        }
        self.statistics.templates_new += 1;
        let elements = self.reader.elements.clone();
        let place = self.table.push(entry, &mut self.reader);
        self.reader.elements = elements;
        (place, true)
    }

    /// A template that differs from the line only in values; it is opened for it.
    fn alike(&mut self) -> Option<usize> {
        let key = self.reader.key;
        let line = self.reader.elements.clone();
        let outline = chunk::outline(&line).filter(|_| self.definition.built_in_masks);
        let found = outline.and_then(|outline| {
            self.table.by_outline(outline).into_iter().find_map(|place| {
                let template = self.table.entry(place).elements(&mut self.reader);
                Some((place, chunk::differences(&template, &line)?))
            })
        });
        self.reader.key = key;
        match found {
            Some((place, openings)) => {
                self.open(place, &openings, line);
                Some(place)
            }
            None => {
                self.reader.elements = line;
                None
            }
        }
    }

    /// Opens a template further, and the elements of the line that needs it.
    fn open(&mut self, place: usize, openings: &[Opening], line: Vec<Element>) {
        let key = self.reader.key;
        let entry = self.table.entry_mut(place);
        if openings.iter().any(|opening| !entry.openings.contains(opening)) {
            entry.open(openings, &mut self.reader);
        }
        self.reader.elements = line;
        self.reader.key = key;
        chunk::open(&mut self.reader.elements, &entry.openings);
    }

    fn most_templates(&self) -> usize {
        usize::try_from(self.definition.max_templates).unwrap_or(usize::MAX)
    }

    /// Makes room; what was read of the line that needs it stays.
    fn evict(&mut self) {
        let mut reader = self.reader.clone();
        for entry in self.table.evict(&mut reader) {
            self.statistics.templates_evicted += 1;
            self.statistics.lines_evicted += entry.count;
            let text = entry.text(&mut reader);
            self.tell(TemplateUpdate::TemplateEvicted {
                template: entry.id,
                text,
                count: entry.count,
            });
        }
    }

    fn tell_new(&mut self, place: usize) {
        let entry = self.table.entry(place);
        let (template, line) = (entry.id, entry.first);
        let text = entry.text(&mut self.reader);
        self.tell(TemplateUpdate::TemplateNew { template, text, line });
    }

    fn tell(&mut self, update: TemplateUpdate) {
        if self.pending.len() >= MOST_UPDATES {
            self.pending.pop_front();
            self.statistics.updates_dropped += 1;
        }
        self.pending.push_back(update);
    }

    fn end_interval(&mut self, length: Option<Duration>) {
        let seconds = length.map(|length| length.as_nanos() as f64 / 1e9);
        for place in self.table.places() {
            let entry = self.table.entry_mut(place);
            let Some(seconds) = seconds else {
                entry.rate.since = 0;
                continue;
            };
            let Some(change) = entry.rate.end(seconds, self.definition.rate_sigma) else {
                continue;
            };
            let template = entry.id;
            let up = change.after > change.before;
            let text = self.table.entry(place).text(&mut self.reader);
            self.tell(TemplateUpdate::RateChanged {
                template,
                text,
                direction: if up { RateDirection::Up } else { RateDirection::Down },
                before: change.before,
                after: change.after,
                score: change.score,
            });
        }
    }

    fn merge_entry(&mut self, place: usize, theirs: &Entry) {
        self.table.entry_mut(place).merge(theirs, &mut self.reader);
        for key in std::iter::once(theirs.key).chain(theirs.aliases.iter().copied()) {
            self.table.add_alias(place, key);
        }
    }
}

/// What reads lines as a definition says.
pub(super) fn reader(definition: &TemplateMinerDefinition, masks: Masks) -> Reader {
    let most = usize::try_from(definition.max_line_bytes).unwrap_or(usize::MAX);
    Reader::new(masks, !definition.masks.is_empty(), definition.built_in_masks, most)
}

fn template(entry: &Entry, reader: &mut Reader) -> Template {
    Template {
        id: entry.id,
        text: entry.text(reader),
        count: entry.count,
        first_line: entry.first,
        last_line: entry.last,
    }
}
