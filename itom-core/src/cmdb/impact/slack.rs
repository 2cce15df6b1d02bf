//! How much redundancy is left: the slack of every group that a failure reached.

use serde::{Deserialize, Serialize};

use super::super::history::NONE;
use super::Impact;

/// A redundancy group that lost a member, and what it can still lose: in members, or in weight where
/// they are weighed.
///
/// ```
/// use itom_core::cmdb::GroupSlack;
/// let text = r#"{"id":"shop","group":"web","min_up":1,"members":3,"up":2,"slack":1}"#;
/// assert_eq!(serde_json::from_str::<GroupSlack>(text)?.slack, 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupSlack {
    /// Whose group it is.
    pub id: String,
    /// The group's name.
    pub group: String,
    /// How many members, or how much weight, has to be up.
    pub min_up: u32,
    /// How many members it has.
    pub members: u32,
    /// How many of them, or how much of their weight, is up.
    pub up: u32,
    /// How much more it can lose: below 0 it is down, and at risk if a member that is up is more.
    pub slack: i64,
    /// The weight of all members; `None` where they are counted.
    #[serde(default)]
    pub weight: Option<u64>,
}

impl Impact {
    /// Every redundancy group that lost a member, the least slack first, then by item and group.
    /// Plain dependencies are not listed: of those there is nothing to spare.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let member = |host| Change::PutRelation(PutRelation::new("shop", "runs_on", host).in_group("hosts", 1));
    /// let mut changes = vec![Change::PutItem(PutItem::new("shop", "service"))];
    /// changes.extend(["h1", "h2", "h3"].map(|host| Change::PutItem(PutItem::new(host, "host"))));
    /// changes.extend(["h1", "h2", "h3"].map(member));
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let groups = db.at(None, None).impact(&["h2"])?.groups();
    /// assert_eq!((groups[0].id.as_str(), groups[0].up, groups[0].slack), ("shop", 2, 1));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn groups(&self) -> Vec<GroupSlack> {
        let (view, history) = (&self.view, self.view.history());
        let carried = self.down.iter().flat_map(|&row| view.graph().consumers(history, row));
        let grouped =
            carried.filter(|&(relation, source)| history.group_for(relation, source) != NONE);
        let mut sources: Vec<u32> = grouped.map(|(_, source)| source).collect();
        sources.sort_unstable();
        sources.dedup();
        let mut groups = Vec::new();
        for source in sources {
            for pool in view.pools_of(source) {
                let is_hit = pool.members.iter().any(|(member, _)| self.is_down(*member));
                if pool.group == NONE || !is_hit {
                    continue;
                }
                let up = pool.up(|row| self.is_down(row));
                groups.push(GroupSlack {
                    id: view.id_of(source).to_owned(),
                    group: history.group_name(pool.group).to_owned(),
                    min_up: in_32_bits(pool.need),
                    members: pool.members.len() as u32,
                    up: in_32_bits(up),
                    slack: up as i64 - pool.need as i64,
                    weight: pool.weight(),
                });
            }
        }
        groups.sort_by(|a, b| (a.slack, &a.id, &a.group).cmp(&(b.slack, &b.id, &b.group)));
        groups
    }
}

/// Sums of units fit, but for what thousands of the heaviest weigh.
pub(super) fn in_32_bits(units: u64) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}
