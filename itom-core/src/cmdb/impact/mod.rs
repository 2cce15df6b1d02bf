//! What fails when something does.
//!
//! An item is *down* if it failed itself, or if of any group of it less than `min_up` is up — so many
//! members, a share of them, or so much of their weight; a plain dependency is a group of one that
//! needs one. Of the sets that satisfy this the least is
//! meant, so a circle of items that lean on each other stays up until something outside takes it
//! down. An item is *degraded* if it is not down and a group of it has lost a member, and *at risk*
//! if one more loss in such a group takes it down.
//!
//! [`View::impact`] finds what is down in time proportional to its relations; the rest of the
//! answer — what is degraded, the slack of groups, why — is made when it is asked for.

mod answer;
mod causes;
mod cut_sets;
mod fall;
mod maintenance;
mod pool;
mod problem;
mod rules;
mod slack;
mod status;
mod why;

pub use answer::{Impact, ImpactSets};
pub use causes::{Dependency, FailureCause, FailureCauseQuery, FailureCauses};
pub use cut_sets::{CutSetQuery, CutSets};
pub use maintenance::Maintenance;
pub use rules::{EdgeRule, ImpactRule, ImpactRules, MapFunction, MinUp, Reduce, ReduceGroup};
pub use slack::GroupSlack;
pub use status::ItemStatus;
pub use why::{Affected, LostGroup, Why};

pub(super) use fall::Scratch;
pub(super) use pool::{Member, members};

use super::View;
use super::graph::Bearing;
use super::history::NONE;
use crate::Result;

impl View {
    /// What is down, degraded and at risk if these items fail.
    ///
    /// Items whose groups need more members than they have are down without any failure, and are
    /// in every answer. An item may be named twice.
    ///
    /// # Complexity
    /// Time proportional to the relations of what goes down; the first call on a view renumbers its
    /// items for it, in time proportional to all relations.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let member = |host| Change::PutRelation(PutRelation::new("shop", "runs_on", host).in_group("hosts", 2));
    /// let mut changes = vec![Change::PutItem(PutItem::new("shop", "service"))];
    /// changes.extend(["h1", "h2", "h3"].map(|host| Change::PutItem(PutItem::new(host, "host"))));
    /// changes.extend(["h1", "h2", "h3"].map(member));
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    ///
    /// let view = db.at(None, None);
    /// assert_eq!(view.impact(&["h1"])?.at_risk(), ["shop"]);
    /// assert_eq!(view.impact(&["h1", "h3"])?.down(), ["h1", "h3", "shop"]);
    /// assert!(view.impact(&["h4"]).unwrap_err().to_string().contains("\"h4\""));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn impact<Id: AsRef<str>>(&self, failed: &[Id]) -> Result<Impact> {
        let failed = self.numbered("failed", failed)?;
        let down = self.fall_unsorted(&failed);
        Ok(Impact::new(self.clone(), failed, down))
    }

    /// The number of an item, the opposite of [`id_of`](View::id_of); `None` if it is not there.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Cmdb::default().at(None, None).row_of("web-1"), None);
    /// ```
    pub fn row_of(&self, id: &str) -> Option<u32> {
        self.row("id", id).ok()
    }

    /// The rows that are down if these fail, in no order.
    fn fall_unsorted(&self, failed: &[u32]) -> Vec<u32> {
        let bearing = self.bearing();
        let mut scratch = self.take_scratch();
        let nodes = failed.iter().map(|&row| bearing.node_of[row as usize]);
        let fallen = scratch.fall(bearing, nodes);
        let down = scratch.nodes(fallen, |node| bearing.row_of[node as usize]);
        scratch.clear(bearing, fallen);
        self.keep_scratch(scratch);
        down
    }

    /// The rows that are down if these fail, sorted.
    fn fall(&self, failed: &[u32]) -> Vec<u32> {
        let mut down = self.fall_unsorted(failed);
        down.sort_unstable();
        down
    }

    /// The class of an item that is there.
    pub(super) fn class_of(&self, row: u32) -> &str {
        let class = self.class_word(row);
        if class == NONE { "" } else { self.history().words.text(class) }
    }

    pub(super) fn bearing(&self) -> &Bearing {
        self.graph().bearing(self.history(), self.moment())
    }
}
