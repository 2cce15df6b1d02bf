//! Upwards: what an item depends on, and which failures explain what is seen to be down.

use serde::{Deserialize, Serialize};

use super::super::View;
use super::cut_sets::check_size;
use super::problem::{Bounds, Problem};
use crate::{Error, Result};

/// An item that another depends on, and how far away it is.
///
/// ```
/// use itom_core::cmdb::Dependency;
/// let text = r#"{"id":"host-1","class":"host","level":2}"#;
/// assert_eq!(serde_json::from_str::<Dependency>(text)?.level, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dependency {
    /// The item.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Number of relations on the shortest way to it: 1 is direct.
    pub level: u32,
}

/// How to look for causes.
///
/// ```
/// let query: itom_core::cmdb::FailureCauseQuery = serde_json::from_str("{}")?;
/// assert_eq!((query.max_size, query.limit), (1, 20));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailureCauseQuery {
    /// The most failures at one time: 1 asks for a single cause, 3 is the most.
    pub max_size: usize,
    /// Only items of these classes, or of those below them, are suspected; empty: any.
    pub classes: Vec<String>,
    /// The most sets to try.
    pub max_trials: u64,
    /// The most causes to answer with, the likeliest first.
    pub limit: usize,
}

impl Default for FailureCauseQuery {
    fn default() -> Self {
        FailureCauseQuery { max_size: 1, classes: Vec::new(), max_trials: 1_000_000, limit: 20 }
    }
}

/// Failures that explain what is seen.
///
/// ```
/// use itom_core::cmdb::FailureCause;
/// let text = r#"{"failed":["db"],"down":3,"unseen":1}"#;
/// assert_eq!(serde_json::from_str::<FailureCause>(text)?.failed, ["db"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailureCause {
    /// The items that would have failed; without any of them it would not be explained.
    pub failed: Vec<String>,
    /// How many items would be down by it.
    pub down: u64,
    /// How many of those are neither seen to be down nor among the failed: the fewer, the likelier.
    pub unseen: u64,
}

/// The causes that were found.
///
/// ```
/// assert!(itom_core::cmdb::FailureCauses::default().causes.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailureCauses {
    /// The fewest failures first, of these the ones that would take down least that is not seen.
    pub causes: Vec<FailureCause>,
    /// Whether everything was tried and is told; if not, a bound of the query was reached.
    pub complete: bool,
}

impl View {
    /// Everything an item depends on, by relations that carry impact: nearest first, then by id.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes: Vec<Change> =
    ///     ["shop", "web", "host"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    /// changes.push(Change::PutRelation(PutRelation::new("shop", "uses", "web")));
    /// changes.push(Change::PutRelation(PutRelation::new("web", "runs_on", "host")));
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let below = db.at(None, None).dependencies("shop")?;
    /// assert_eq!((below[1].id.as_str(), below[1].level), ("host", 2));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn dependencies(&self, id: &str) -> Result<Vec<Dependency>> {
        let row = self.row("id", id)?;
        let below = self.upstream(row).into_iter().skip(1);
        let mut below: Vec<Dependency> = below
            .map(|(row, level)| Dependency {
                id: self.id_of(row).to_owned(),
                class: self.class_of(row).to_owned(),
                level,
            })
            .collect();
        below.sort_unstable_by(|a, b| (a.level, &a.id).cmp(&(b.level, &b.id)));
        Ok(below)
    }

    /// Which failures explain that all of these items are down: every minimal set of at most
    /// `max_size` items, ranked by what else it would have taken down that is not seen.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes: Vec<Change> =
    ///     ["shop", "mail", "wiki", "db", "net"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    /// for (source, target) in [("shop", "db"), ("mail", "db"), ("wiki", "net"), ("db", "net")] {
    ///     changes.push(Change::PutRelation(PutRelation::new(source, "uses", target)));
    /// }
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let causes = db.at(None, None).causes(&["shop", "mail"], &FailureCauseQuery::default())?.causes;
    /// // The database explains it; the network would, but the wiki is not down.
    /// assert_eq!((&causes[0].failed[..], causes[0].unseen), (&["db".to_owned()][..], 0));
    /// assert_eq!((&causes[1].failed[..], causes[1].unseen), (&["net".to_owned()][..], 2));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item, none is named, or `max_size` is not 1, 2 or 3.
    pub fn causes<Id: AsRef<str>>(
        &self,
        down: &[Id],
        query: &FailureCauseQuery,
    ) -> Result<FailureCauses> {
        let seen = self.numbered("down", down)?;
        if seen.is_empty() {
            return Err(Error::invalid("down", "no item", "one item or more"));
        }
        check_size(query.max_size)?;
        let may_fail = |row: u32| self.is_of(row, &query.classes);
        let found = Problem::new(self, &seen).minimal_sets(&Bounds {
            max_size: query.max_size,
            max_trials: query.max_trials,
            max_sets: usize::MAX,
            may_fail: &may_fail,
        });
        let before = self.fall(&[]);
        let is_new = |row: &u32| before.binary_search(row).is_err();
        let mut causes: Vec<FailureCause> = found
            .sets
            .iter()
            .map(|failed| {
                let down = self.fall(failed);
                let known = |row: &u32| seen.binary_search(row).is_ok() || failed.contains(row);
                let unseen = down.iter().filter(|row| is_new(row) && !known(row)).count();
                let names = self.names(failed.iter().copied());
                FailureCause {
                    failed: names.into_iter().map(str::to_owned).collect(),
                    down: down.len() as u64,
                    unseen: unseen as u64,
                }
            })
            .collect();
        let rank = |cause: &FailureCause| (cause.failed.len(), cause.unseen, cause.failed.clone());
        causes.sort_by_cached_key(rank);
        let complete = found.complete && causes.len() <= query.limit;
        causes.truncate(query.limit);
        Ok(FailureCauses { causes, complete })
    }

    /// The rows of these items, sorted, each once.
    pub(super) fn numbered<Id: AsRef<str>>(&self, argument: &str, ids: &[Id]) -> Result<Vec<u32>> {
        let rows = ids.iter().map(|id| self.row(argument, id.as_ref()));
        let mut rows = rows.collect::<Result<Vec<u32>>>()?;
        rows.sort_unstable();
        rows.dedup();
        Ok(rows)
    }
}
