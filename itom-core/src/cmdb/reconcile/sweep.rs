//! Sweeps: what becomes of items that a source no longer sees.
//!
//! A sweep takes back what *one* source said of items it has not seen since an instant, within a
//! scope; items that others claim stay. It looks at every item once, and refuses to go through with
//! more than a share of the scope: more often the source has failed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::fields::Fields;
use super::super::history::{Entry, History, Moment, NONE};
use super::super::lifecycle::LifecycleDefinition;
use super::super::model::ClassModel;
use super::super::{Cmdb, Transaction, Value};
use super::claims::Standing;
use super::rules::ReconciliationRules;
use crate::{Error, ErrorKind, Result, Timestamp};

/// What to do with items that a source no longer sees.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::SweepDefinition;
///
/// let sweep: SweepDefinition = serde_json::from_str(
///     r#"{"source": "scan", "class": "host", "attributes": {"zone": "eu"},
///         "seen_before": "2026-01-01T00:00:00Z", "guard": 0.1}"#,
/// )?;
/// assert_eq!(sweep.guard, 0.1);
/// assert_eq!(SweepDefinition::new("scan", Timestamp::from_secs(0)).guard, 0.05);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweepDefinition {
    /// The source; only what it claims is touched.
    pub source: String,
    /// Items that it last saw before this instant are stale.
    pub seen_before: Timestamp,
    /// Of the scope: this class and those below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Of the scope: items with these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// Of the scope: these items alone, if any is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// What becomes of stale items that no one else claims.
    #[serde(default)]
    pub action: SweepAction,
    /// The greatest share of the scope that may be stale, from 0 to 1: more is refused, as it is
    /// more likely that the source failed than that so much is gone.
    #[serde(default = "guard")]
    pub guard: f64,
}

fn guard() -> f64 {
    0.05
}

impl SweepDefinition {
    /// A sweep of all that a source claims.
    ///
    /// ```
    /// use itom_core::{Timestamp, cmdb::{SweepAction, SweepDefinition}};
    /// let sweep = SweepDefinition::new("scan", Timestamp::from_secs(0));
    /// assert_eq!(sweep.action, SweepAction::Remove);
    /// ```
    pub fn new(source: &str, seen_before: Timestamp) -> Self {
        SweepDefinition {
            source: source.to_owned(),
            seen_before,
            class: None,
            attributes: BTreeMap::new(),
            ids: Vec::new(),
            action: SweepAction::Remove,
            guard: guard(),
        }
    }
}

/// What a sweep does with stale items that no one else claims.
///
/// ```
/// assert_eq!(serde_json::to_string(&itom_core::cmdb::SweepAction::Mark)?, "\"mark\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SweepAction {
    /// The source withdraws all it said: the item is gone.
    #[default]
    Remove,
    /// The item comes into the state `absent` of its lifecycle, until the source sees it again.
    Mark,
}

/// What a sweep found and did.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Cmdb, ItemRecord, SweepDefinition, Transaction};
///
/// let mut db = Cmdb::default();
/// let at = |second| Transaction::at(Timestamp::from_secs(second));
/// let host = |id: &str| ItemRecord::new("host").of_id(id);
/// db.reconcile(&[host("a"), host("b")], &[], at(0).source("scan"))?;
/// db.reconcile(&[host("a")], &[], at(60).source("scan"))?;
///
/// let mut sweep = SweepDefinition::new("scan", Timestamp::from_secs(30));
/// let refused = db.sweep(&sweep, at(90)).unwrap_err();
/// assert!(refused.to_string().contains("1 of 2"));
/// sweep.guard = 0.5;
/// assert_eq!(db.sweep(&sweep, at(90))?.removed, ["b"]);
/// assert_eq!(db.at(None, None).len(), 1);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweepReport {
    /// How many items of the scope the source claims.
    pub in_scope: u64,
    /// How many of them it has not seen.
    pub stale: u64,
    /// Their share.
    pub share: f64,
    /// Whether the guard lets the sweep through.
    pub allowed: bool,
    /// Items that are gone.
    pub removed: Vec<String>,
    /// Items that came into the state absent.
    pub marked: Vec<String>,
    /// Items that stay because others claim them; what the source said of them is withdrawn.
    pub withdrawn: Vec<String>,
}

/// What becomes of a row.
enum Fate {
    Removed,
    Withdrawn,
    Marked {
        class: String,
        /// The attribute of the state, and its value.
        attribute: String,
        state: String,
    },
}

impl Cmdb {
    /// Withdraws what a source said of items that it has not seen since an instant, as one
    /// transaction: items that no one else claims are removed or marked absent. See
    /// [`SweepReport`] for an example.
    ///
    /// # Errors
    /// More than the guard's share of the scope is stale ([`ErrorKind::LimitExceeded`]): nothing is
    /// done, the message says how many. The scope names a class or an item that is not there, or
    /// items are to be marked of which the rules know no state `absent`.
    pub fn sweep(
        &mut self,
        definition: &SweepDefinition,
        transaction: Transaction,
    ) -> Result<SweepReport> {
        let (report, fates) = self.plan(definition, &transaction)?;
        if !report.allowed {
            let message = format!(
                "a sweep of {} of {} items of {:?} ({:.1} %) is more than the guard of {:.1} % lets through",
                report.stale,
                report.in_scope,
                definition.source,
                100.0 * report.share,
                100.0 * definition.guard
            );
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("guard"));
        }
        let transaction = transaction.source(&definition.source);
        self.transact(transaction, |stage| {
            for (row, fate) in fates {
                match fate {
                    Fate::Marked { class, attribute, state } => {
                        let cell = stage.interned(&attribute, &Value::Text(state))?;
                        let id = stage.history.ids.text(row).to_owned();
                        let fields = Fields::new(stage.model, &class)?;
                        stage.put(&id, &fields, vec![cell])?;
                    }
                    _ => stage.history.push(Entry::RemoveItem { item: row })?,
                }
            }
            Ok(())
        })?;
        Ok(report)
    }

    /// What [`sweep`](Cmdb::sweep) would do, without doing it; a guard that would refuse is in the
    /// report.
    ///
    /// ```
    /// use itom_core::{Timestamp, cmdb::{Cmdb, SweepDefinition, Transaction}};
    /// let sweep = SweepDefinition::new("scan", Timestamp::from_secs(0));
    /// let report = Cmdb::default().plan_sweep(&sweep, Transaction::at(Timestamp::from_secs(0)))?;
    /// assert_eq!(report.in_scope, 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`sweep`](Cmdb::sweep), but for the guard.
    pub fn plan_sweep(
        &self,
        definition: &SweepDefinition,
        transaction: Transaction,
    ) -> Result<SweepReport> {
        self.plan(definition, &transaction).map(|(report, _)| report)
    }

    fn plan(
        &self,
        definition: &SweepDefinition,
        transaction: &Transaction,
    ) -> Result<(SweepReport, Vec<(u32, Fate)>)> {
        let (history, model) = (&*self.history, &*self.model);
        let scope = Scope::new(history, model, definition, history.now(transaction.at))?;
        let mut report = SweepReport::default();
        let mut fates = Vec::new();
        let Some(source) = history.words.find(&definition.source) else {
            report.allowed = true;
            return Ok((report, fates));
        };
        for row in 0..history.items() {
            let standing = Standing::of(history, &[row], scope.now);
            if standing.last_said(source).is_none() || !scope.holds(row) {
                continue;
            }
            let class = scope.class_of(row);
            let marked = scope.marked(&standing, source, class);
            if marked.is_some() && definition.action == SweepAction::Mark {
                continue;
            }
            report.in_scope += 1;
            let seen = last_seen_of_row(history, row, &standing, source, scope.now);
            if seen.is_none_or(|seen| seen >= definition.seen_before) {
                continue;
            }
            report.stale += 1;
            let item = history.control.representative(row, scope.now);
            let all = Standing::new(history, item, scope.now);
            let alone = all.puts.iter().all(|put| put.source == source);
            let id = history.ids.text(row).to_owned();
            let fate = match (alone, definition.action) {
                (false, _) => {
                    report.withdrawn.push(id);
                    Fate::Withdrawn
                }
                (true, SweepAction::Remove) => {
                    report.removed.push(id);
                    Fate::Removed
                }
                (true, SweepAction::Mark) => {
                    let (attribute, state) = scope.absent(class, &id)?;
                    report.marked.push(id);
                    Fate::Marked { class: class.to_owned(), attribute, state }
                }
            };
            fates.push((row, fate));
        }
        report.removed.sort_unstable();
        report.marked.sort_unstable();
        report.withdrawn.sort_unstable();
        let share = report.stale as f64 / report.in_scope.max(1) as f64;
        report.share = share;
        report.allowed = share <= definition.guard;
        Ok((report, fates))
    }
}

/// What a sweep looks at.
struct Scope<'a> {
    history: &'a History,
    model: &'a ClassModel,
    definition: &'a SweepDefinition,
    now: Moment,
    items: Vec<u32>,
    rules: Option<&'a ReconciliationRules>,
}

impl<'a> Scope<'a> {
    fn new(
        history: &'a History,
        model: &'a ClassModel,
        definition: &'a SweepDefinition,
        now: Moment,
    ) -> Result<Self> {
        if definition.source.is_empty() {
            return Err(Error::invalid("source", "\"\"", "a name"));
        }
        if !(0.0..=1.0).contains(&definition.guard) {
            return Err(Error::invalid("guard", definition.guard, "from 0 to 1"));
        }
        if let Some(class) = &definition.class
            && !model.has_class(class)
        {
            return Err(Error::not_found("class", "class", format!("{class:?}")));
        }
        let mut items = Vec::new();
        for id in &definition.ids {
            let row = history.ids.find(id);
            let row = row.ok_or_else(|| Error::not_found("ids", "item", format!("{id:?}")))?;
            items.push(history.control.representative(row, now));
        }
        items.sort_unstable();
        let rules = history.control.rules(now).map(|rules| &**rules);
        Ok(Scope { history, model, definition, now, items, rules })
    }

    fn class_of(&self, row: u32) -> &'a str {
        let item = self.history.control.representative(row, self.now);
        match self.history.item_state(item, self.now).class {
            NONE => "",
            class => self.history.words.text(class),
        }
    }

    fn holds(&self, row: u32) -> bool {
        let item = self.history.control.representative(row, self.now);
        let named = self.items.is_empty() || self.items.binary_search(&item).is_ok();
        let class = self.definition.class.as_deref();
        if !named || class.is_some_and(|class| !self.model.is_a(self.class_of(row), class)) {
            return false;
        }
        if self.definition.attributes.is_empty() {
            return true;
        }
        let values = self.history.attributes(self.model, item, self.now);
        self.definition.attributes.iter().all(|(name, wanted)| {
            let word = self.history.words.find(name);
            word.and_then(|word| values.get(&word)).is_some_and(|value| value == wanted)
        })
    }

    fn lifecycle(&self, class: &str) -> Option<&'a LifecycleDefinition> {
        self.rules.and_then(|rules| rules.lifecycle(self.model, class))
    }

    /// Whether the source said that the item is absent.
    fn marked(&self, standing: &Standing, source: u32, class: &str) -> Option<()> {
        let lifecycle = self.lifecycle(class)?;
        let absent = lifecycle.absent.as_deref()?;
        let word = self.history.words.find(&lifecycle.attribute)?;
        let claims = standing.claims_of(word);
        let own = claims.iter().find(|claim| claim.source == source)?;
        (self.history.value(word, own.code) == Value::from(absent)).then_some(())
    }

    /// The attribute and the value to mark an item with.
    fn absent(&self, class: &str, id: &str) -> Result<(String, String)> {
        let lifecycle = self.lifecycle(class);
        let absent = lifecycle.and_then(|l| Some((l.attribute.clone(), l.absent.clone()?)));
        absent.ok_or_else(|| {
            let value = format!("mark, and class {class:?} of item {id:?} has no state absent");
            Error::invalid("action", value, "a lifecycle in the rules that has one, or remove")
        })
    }
}

/// When a source last saw a row, whatever is merged into it.
fn last_seen_of_row(
    history: &History,
    row: u32,
    standing: &Standing,
    source: u32,
    now: Moment,
) -> Option<Timestamp> {
    let said = standing.last_said(source)?;
    let seen = history.control.seen(row, source, now);
    Some(seen.map_or(said, |seen| seen.max(said)))
}
