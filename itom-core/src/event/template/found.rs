//! What a line was found to be.

use serde::{Deserialize, Serialize};

use super::chunk;
use super::definition::TemplateMask;
use super::entry::slots;
use super::parameter::{ParameterKind, TemplateParameter, kind_of};
use super::reader::Reader;
use super::table::Table;

/// A template: lines that differ only in their parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Template {
    /// The same on every machine and after every restart; below 2^53.
    pub id: u64,
    /// The lines' text with `<*>` for what varies.
    pub text: String,
    /// How many lines it has.
    pub count: u64,
    /// The number of its first line, from 1.
    pub first_line: u64,
    /// The number of its last line.
    pub last_line: u64,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateMatch {
    /// The template's id.
    pub id: u64,
    /// The template's text, as far as it is known now.
    pub text: String,
    /// The line's values.
    pub parameters: Vec<TemplateParameter>,
    /// Whether it is the first line of its template.
    pub new: bool,
    /// How many lines the template has with this one.
    pub count: u64,
}

/// What a line is, before any text is made: id and count cost nothing, the rest when it is asked
/// for.
///
/// ```
/// let mut miner = itom_core::event::TemplateMiner::default();
/// let line = b"connect 10.0.0.1 took 12 ms";
/// let mut found = miner.add(line);
/// assert!(found.is_new());
/// assert_eq!(found.text(), "connect <*> took <*> ms");
/// assert_eq!(found.parameters()[1].value, "12 ms");
/// ```
#[derive(Debug)]
pub struct TemplateHit<'a> {
    pub(super) line: &'a [u8],
    pub(super) place: usize,
    pub(super) new: bool,
    pub(super) table: &'a Table,
    pub(super) reader: &'a mut Reader,
    pub(super) masks: &'a [TemplateMask],
}

impl TemplateHit<'_> {
    /// The template's id.
    ///
    /// ```
    /// let mut miner = itom_core::event::TemplateMiner::default();
    /// assert_eq!(miner.add(b"job 7 done").id(), miner.add(b"job 8 done").id());
    /// ```
    pub fn id(&self) -> u64 {
        self.table.entry(self.place).id
    }

    /// Whether it is the first line of its template.
    ///
    /// ```
    /// assert!(itom_core::event::TemplateMiner::default().add(b"ready").is_new());
    /// ```
    pub fn is_new(&self) -> bool {
        self.new
    }

    /// How many lines the template has with this one.
    ///
    /// ```
    /// assert_eq!(itom_core::event::TemplateMiner::default().add(b"ready").count(), 1);
    /// ```
    pub fn count(&self) -> u64 {
        self.table.entry(self.place).count
    }

    /// The template's text, as far as it is known now.
    ///
    /// ```
    /// let mut miner = itom_core::event::TemplateMiner::default();
    /// assert_eq!(miner.add(b"job 7 done").text(), "job <*> done");
    /// ```
    pub fn text(&mut self) -> String {
        self.table.entry(self.place).text(self.reader)
    }

    /// The line's values, from left to right.
    ///
    /// ```
    /// use itom_core::event::{ParameterKind, TemplateMiner};
    ///
    /// let mut miner = TemplateMiner::default();
    /// let parameters = miner.add(b"GET /a/b from 10.0.0.1:80").parameters();
    /// let kinds: Vec<_> = parameters.iter().map(|parameter| parameter.kind).collect();
    /// assert_eq!(kinds, [ParameterKind::Path, ParameterKind::Ip]);
    /// ```
    pub fn parameters(&mut self) -> Vec<TemplateParameter> {
        let line = self.line;
        let seen = self.reader.read(line).len();
        let mut elements = std::mem::take(&mut self.reader.elements);
        chunk::open(&mut elements, &self.table.entry(self.place).openings);
        let mut parameters: Vec<TemplateParameter> = slots(&elements)
            .map(|slot| self.parameter(slot.start as usize, slot.end as usize, None))
            .collect();
        self.reader.elements = elements;
        if seen < line.len() {
            parameters.push(self.parameter(seen, line.len(), Some(ParameterKind::Rest)));
        }
        parameters
    }

    /// Everything at once.
    ///
    /// ```
    /// let found = itom_core::event::TemplateMiner::default().add(b"job 7 done").to_match();
    /// assert_eq!((found.text.as_str(), found.count), ("job <*> done", 1));
    /// ```
    pub fn to_match(mut self) -> TemplateMatch {
        let text = self.text();
        let parameters = self.parameters();
        TemplateMatch { id: self.id(), text, parameters, new: self.new, count: self.count() }
    }

    fn parameter(
        &self,
        start: usize,
        end: usize,
        kind: Option<ParameterKind>,
    ) -> TemplateParameter {
        let value = &self.line[start..end];
        let masked = self.reader.masked.iter().find(|hit| hit.start == start && hit.end == end);
        let mask = masked.filter(|_| kind.is_none()).map(|hit| self.masks[hit.mask].name.clone());
        let kind = kind.or(mask.is_some().then_some(ParameterKind::Mask));
        TemplateParameter {
            kind: kind.unwrap_or_else(|| kind_of(value)),
            value: String::from_utf8_lossy(value).into_owned(),
            start: start as u64,
            end: end as u64,
            mask,
        }
    }
}
