//! How much redundancy is left: the slack of every group that a failure reached.

use serde::{Deserialize, Serialize};

use super::super::history::NONE;
use super::Impact;

/// A redundancy group that lost a member, and what it can still lose.
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
    /// How many members have to be up.
    pub min_up: u32,
    /// How many members it has.
    pub members: u32,
    /// How many of them are up.
    pub up: u32,
    /// How many more it can lose: 0 is at risk, below 0 is down.
    pub slack: i64,
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
            for group in view.groups_of(source) {
                let lost = group.members.iter().filter(|&&member| self.is_down(member)).count();
                if group.group == NONE || lost == 0 {
                    continue;
                }
                let up = (group.members.len() - lost) as u32;
                groups.push(GroupSlack {
                    id: view.id_of(source).to_owned(),
                    group: history.group_name(group.group).to_owned(),
                    min_up: group.min_up,
                    members: group.members.len() as u32,
                    up,
                    slack: i64::from(up) - i64::from(group.min_up),
                });
            }
        }
        groups.sort_by(|a, b| (a.slack, &a.id, &a.group).cmp(&(b.slack, &b.id, &b.group)));
        groups
    }
}
