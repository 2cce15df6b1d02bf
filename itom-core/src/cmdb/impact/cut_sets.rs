//! What takes a service down: single points of failure and minimal cut sets.

use serde::{Deserialize, Serialize};

use super::super::View;
use super::problem::{Bounds, Problem};
use crate::{Error, Result};

/// How to look for cut sets.
///
/// ```
/// use itom_core::cmdb::CutSetQuery;
/// let query: CutSetQuery = serde_json::from_str(r#"{"max_size": 2, "classes": ["host"]}"#)?;
/// assert_eq!((query.max_size, query.max_trials), (2, 1_000_000));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CutSetQuery {
    /// The most failures in a set: 1 asks for single points of failure, 3 is the most.
    pub max_size: usize,
    /// Only items of these classes, or of those below them, fail; empty: any.
    pub classes: Vec<String>,
    /// The most sets to try.
    pub max_trials: u64,
    /// The most sets to answer with.
    pub max_sets: usize,
}

impl Default for CutSetQuery {
    fn default() -> Self {
        CutSetQuery { max_size: 3, classes: Vec::new(), max_trials: 1_000_000, max_sets: 10_000 }
    }
}

/// The minimal sets of failures that take a service down.
///
/// ```
/// use itom_core::cmdb::CutSets;
/// let text = r#"{"id":"shop","sets":[["db"],["web-1","web-2"]],"complete":true}"#;
/// assert_eq!(serde_json::from_str::<CutSets>(text)?.single_points(), ["db"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CutSets {
    /// The service.
    pub id: String,
    /// The sets, the smallest first, then by their ids; the service itself is in none. One empty
    /// set: the service is down without any failure.
    pub sets: Vec<Vec<String>>,
    /// Whether these are all up to the size asked for; if not, a bound of the query was reached.
    pub complete: bool,
}

impl CutSets {
    /// The items whose failure alone takes the service down.
    ///
    /// ```
    /// assert!(itom_core::cmdb::CutSets::default().single_points().is_empty());
    /// ```
    pub fn single_points(&self) -> Vec<&str> {
        let single = |set: &Vec<String>| (set.len() == 1).then_some(());
        self.sets.iter().filter_map(|set| single(set).map(|()| set[0].as_str())).collect()
    }
}

impl View {
    /// The minimal sets of items whose joint failure takes a service down: exact for groups of any
    /// need and for circles.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes: Vec<Change> =
    ///     ["shop", "web-1", "web-2", "db"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    /// for web in ["web-1", "web-2"] {
    ///     changes.push(Change::PutRelation(PutRelation::new("shop", "uses", web).in_group("web", 1)));
    ///     changes.push(Change::PutRelation(PutRelation::new(web, "uses", "db")));
    /// }
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let cuts = db.at(None, None).cut_sets("shop", &CutSetQuery::default())?;
    /// assert_eq!(cuts.sets, [vec!["db"], vec!["web-1", "web-2"]]);
    /// assert!(cuts.complete);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Complexity
    /// At most (items that keep the service up)^`max_size` trials, each proportional to what the
    /// service depends on. `max_trials` bounds it; [`CutSets::complete`] says if it did.
    ///
    /// # Errors
    /// There is no such item, or `max_size` is not 1, 2 or 3.
    pub fn cut_sets(&self, service: &str, query: &CutSetQuery) -> Result<CutSets> {
        let row = self.row("service", service)?;
        check_size(query.max_size)?;
        let may_fail = |other: u32| other != row && self.is_of(other, &query.classes);
        let found = Problem::new(self, &[row]).minimal_sets(&Bounds {
            max_size: query.max_size,
            max_trials: query.max_trials,
            max_sets: query.max_sets,
            may_fail: &may_fail,
        });
        let name = |set: &Vec<u32>| -> Vec<String> {
            self.names(set.iter().copied()).into_iter().map(str::to_owned).collect()
        };
        let mut sets: Vec<Vec<String>> = found.sets.iter().map(name).collect();
        sets.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        Ok(CutSets { id: service.to_owned(), sets, complete: found.complete })
    }

    /// Whether a row's class is one of these or below one; none means any.
    pub(in super::super) fn is_of(&self, row: u32, classes: &[String]) -> bool {
        let own = self.class_of(row);
        classes.is_empty() || classes.iter().any(|class| self.class_model().is_a(own, class))
    }
}

pub(super) fn check_size(max_size: usize) -> Result<()> {
    if (1..=3).contains(&max_size) {
        return Ok(());
    }
    Err(Error::invalid("max_size", max_size, "1, 2 or 3"))
}
