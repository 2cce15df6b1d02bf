//! Why an item is affected, as a proof.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::super::history::NONE;
use super::Impact;
use super::slack::in_32_bits;
use crate::Result;

/// How an item is affected.
///
/// ```
/// use itom_core::cmdb::Affected;
/// assert_eq!(serde_json::to_string(&Affected::AtRisk)?, "\"at_risk\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Affected {
    /// It failed itself.
    Failed,
    /// It is down because a group of it is.
    Down,
    /// A group of it lost a member, and the next loss takes it down.
    AtRisk,
    /// A group of it lost a member.
    Degraded,
    /// Nothing it depends on directly is down.
    Up,
}

/// Why an item is affected: what its groups lost, and a chain from a failure to it.
///
/// ```
/// use itom_core::cmdb::Why;
/// let text = r#"{"id":"a","state":"failed","lost":[],"path":["a"]}"#;
/// assert_eq!(serde_json::from_str::<Why>(text)?.path, ["a"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Why {
    /// The item.
    pub id: String,
    /// How it is affected.
    pub state: Affected,
    /// Its groups that lost members, those that are down first.
    pub lost: Vec<LostGroup>,
    /// From an item that failed (or whose group is short of members) to this one, each bringing
    /// the next down — or, at the end, degrading it. Empty if the item is up.
    pub path: Vec<String>,
}

/// A group that lost members, or never had enough.
///
/// ```
/// use itom_core::cmdb::LostGroup;
/// let text = r#"{"group":"web","min_up":1,"members":2,"lost":["web-1"],"down":false}"#;
/// assert!(!serde_json::from_str::<LostGroup>(text)?.down);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LostGroup {
    /// The group's name; `None` for a plain dependency.
    pub group: Option<String>,
    /// How many members, or how much weight, has to be up.
    pub min_up: u32,
    /// How many members it has.
    pub members: u32,
    /// The weight of all members; `None` where they are counted.
    #[serde(default)]
    pub weight: Option<u64>,
    /// The members that are down, sorted.
    pub lost: Vec<String>,
    /// Whether it is this group that takes the item down.
    pub down: bool,
}

impl Impact {
    /// Why an item is affected, as a proof: its groups and what they lost, and a chain of items
    /// from a failure to it in which each went down before the next. Where items depend on each
    /// other in a circle the chain does not go round in it.
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
    /// let why = db.at(None, None).impact(&["host"])?.why("shop")?;
    /// assert_eq!(why.state, Affected::Down);
    /// assert_eq!(why.path, ["host", "web", "shop"]);
    /// assert_eq!(why.lost[0].lost, ["web"]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn why(&self, id: &str) -> Result<Why> {
        let row = self.view.row("id", id)?;
        let lost = self.lost_groups(row);
        let state = if self.failed.binary_search(&row).is_ok() {
            Affected::Failed
        } else if self.is_down(row) {
            Affected::Down
        } else if self.at_risk_rows().binary_search(&row).is_ok() {
            Affected::AtRisk
        } else if self.degraded_rows().binary_search(&row).is_ok() {
            Affected::Degraded
        } else {
            Affected::Up
        };
        let path = match state {
            Affected::Failed | Affected::Down => self.chain(row),
            Affected::Degraded | Affected::AtRisk => {
                let member = lost.first().and_then(|group| group.lost.first());
                let mut path = member.map_or(Ok(Vec::new()), |member| {
                    self.view.row("id", member).map(|member| self.chain(member))
                })?;
                path.push(row);
                path
            }
            Affected::Up => Vec::new(),
        };
        let path = path.into_iter().map(|row| self.view.id_of(row).to_owned()).collect();
        Ok(Why { id: id.to_owned(), state, lost, path })
    }

    /// From what was down to begin with to `row`, which is down.
    fn chain(&self, row: u32) -> Vec<u32> {
        let before = |row: &u32| self.cause(*row);
        let mut chain: Vec<u32> = std::iter::successors(Some(row), before).collect();
        chain.reverse();
        chain
    }

    /// The member whose loss took an item down: the first that its group could not spare.
    fn cause(&self, row: u32) -> Option<u32> {
        let bearing = self.view.bearing();
        let is_first = |row| {
            self.failed.binary_search(&row).is_ok()
                || bearing.short.binary_search(&bearing.node_of[row as usize]).is_ok()
        };
        if is_first(row) {
            return None;
        }
        let pools = self.view.pools_of(row);
        let place = |(member, units): &(u32, u64)| {
            self.places().get(member).map(|place| (*place, *member, *units))
        };
        let causes = pools.iter().filter_map(|pool| {
            let mut lost: Vec<(u32, u32, u64)> = pool.members.iter().filter_map(place).collect();
            lost.sort_unstable();
            let mut up = pool.all();
            let last = lost.into_iter().find(|(_, _, units)| {
                up -= units;
                up < pool.need
            });
            last.map(|(place, member, _)| (place, member))
        });
        causes.min().map(|(_, member)| member)
    }

    /// The groups of an item that lost members or are short of them, those that are down first.
    fn lost_groups(&self, row: u32) -> Vec<LostGroup> {
        let history = self.view.history();
        let pools = self.view.pools_of(row);
        let mut groups: Vec<LostGroup> = pools
            .into_iter()
            .filter_map(|pool| {
                let members = pool.members.iter().map(|(member, _)| *member);
                let lost = members.filter(|&member| self.is_down(member));
                let lost: Vec<String> =
                    self.view.names(lost).into_iter().map(str::to_owned).collect();
                let down = pool.up(|row| self.is_down(row)) < pool.need;
                let name = || history.group_name(pool.group).to_owned();
                (!lost.is_empty() || down).then(|| LostGroup {
                    group: (pool.group != NONE).then(name),
                    min_up: in_32_bits(pool.need),
                    members: pool.members.len() as u32,
                    weight: pool.weight(),
                    down,
                    lost,
                })
            })
            .collect();
        groups.sort_by_key(|group| !group.down);
        groups
    }

    /// Places in an order in which the items went down.
    fn places(&self) -> &HashMap<u32, u32> {
        self.places.get_or_init(|| {
            let bearing = self.view.bearing();
            let mut scratch = self.view.take_scratch();
            let nodes = self.failed.iter().map(|&row| bearing.node_of[row as usize]);
            let fallen = scratch.fall_in_order(bearing, nodes);
            let order = scratch.nodes(fallen, |node| bearing.row_of[node as usize]);
            scratch.clear(bearing, fallen);
            self.view.keep_scratch(scratch);
            order.into_iter().zip(0..).collect()
        })
    }
}
