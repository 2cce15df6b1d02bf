//! What fails when something does.
//!
//! An item is *down* if it failed itself, or if any group of it has fewer than `min_up` members up;
//! a plain dependency is a group of one that needs one. Of the sets that satisfy this the least is
//! meant, so a circle of items that lean on each other stays up until something outside takes it
//! down. An item is *degraded* if it is not down and a group of it has lost a member, and *at risk*
//! if one more loss in such a group takes it down.
//!
//! The least set is found by work list: every item that goes down is taken up once, and reports to
//! each group it is a member of, which goes down with its source when it has lost more than it can
//! spare (the counters of Dowling and Gallier, "Linear-time algorithms for testing the
//! satisfiability of propositional Horn formulae", 1984: the rules are Horn clauses). Time is
//! proportional to the relations of what goes down, not to the size of the database.

use std::sync::OnceLock;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::View;
use super::graph::{Graph, Group};
use super::history::NONE;
use crate::Result;

/// Working memory of one computation, kept between computations and left as it was found: what a
/// computation marks it unmarks again, so the cost does not depend on the size of the database.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// One bit per item: whether it is down. Small enough to stay in the nearest cache.
    down: Vec<u64>,
    /// Per group how many more members it can lose.
    groups: Vec<Group>,
    /// The items that are down, in the order in which they went down, with a place to spare.
    order: Vec<u32>,
    /// Per place in `order` the item that brought it down.
    causes: Vec<u32>,
    /// The groups that lost a member, once per member.
    losses: Vec<u32>,
}

impl Scratch {
    pub(super) fn new(graph: &Graph) -> Self {
        let items = graph.classes.len();
        Scratch {
            down: vec![0; items.div_ceil(64)],
            groups: graph.groups.clone(),
            order: vec![0; items + 1],
            causes: vec![0; items + 1],
            losses: vec![0; graph.membership_count + 1],
        }
    }

    /// Takes back the marks of a computation.
    fn clear(&mut self, count: usize, losses: usize) {
        for &item in &self.order[..count] {
            self.down[item as usize / 64] = 0;
        }
        for &group in &self.losses[..losses] {
            let spare = &mut self.groups[group as usize].spare;
            *spare = spare.wrapping_add(1);
        }
    }
}

/// Marks an item as down if it `falls`; whether it was not down before.
fn mark(down: &mut [u64], item: u32, falls: bool) -> usize {
    let word = &mut down[item as usize / 64];
    let bit = u64::from(falls) << (item % 64);
    let is_new = bit & !*word != 0;
    *word |= bit;
    usize::from(is_new)
}

/// Takes the failed items to the least fixpoint; returns how many items are down and how many
/// members were lost, which `order`, `causes` and `losses` then hold.
///
/// Whether an item goes down is as good as random to a processor that predicts branches, so there
/// is none: each candidate is written behind the last one down, and counts if it is new.
fn fall(graph: &Graph, scratch: &mut Scratch, failed: &[u32]) -> (usize, usize) {
    let Scratch { down, groups, order, causes, losses } = scratch;
    let (mut count, mut lost, mut next) = (0, 0, 0);
    for &item in failed.iter().chain(&graph.short) {
        (order[count], causes[count]) = (item, NONE);
        count += mark(down, item, true);
    }
    while next < count {
        let item = order[next];
        next += 1;
        for &source in graph.dependants(item) {
            (order[count], causes[count]) = (source, item);
            count += mark(down, source, true);
        }
        for &number in graph.memberships(item) {
            losses[lost] = number;
            lost += 1;
            let group = &mut groups[number as usize];
            let falls = group.spare == 0;
            // Below zero it goes round, and its source is down already.
            group.spare = group.spare.wrapping_sub(1);
            (order[count], causes[count]) = (group.source, item);
            count += mark(down, group.source, falls);
        }
    }
    (count, lost)
}

impl View {
    /// What is down, degraded and at risk if these items fail.
    ///
    /// Items whose groups need more members than they have are down without any failure, and are
    /// in every answer. An item may be named twice.
    ///
    /// # Complexity
    /// Time proportional to the relations of what goes down; the first call on a view makes a
    /// counter per group and a mark per item.
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
        let rows = failed.iter().map(|id| self.row("failed", id.as_ref()));
        let mut failed = rows.collect::<Result<Vec<u32>>>()?;
        failed.sort_unstable();
        failed.dedup();
        let graph = self.graph();
        let mut scratch = self.take_scratch();
        let (count, lost) = fall(graph, &mut scratch, &failed);
        let wounded = scratch.losses[..lost].iter().filter_map(|&number| {
            let Group { source, spare } = scratch.groups[number as usize];
            let is_up = scratch.down[source as usize / 64] >> (source % 64) & 1 == 0;
            is_up.then_some((source, spare == 0))
        });
        let impact = Impact {
            view: self.clone(),
            failed,
            wounded: wounded.collect(),
            down: scratch.order[..count].to_vec(),
            causes: scratch.causes[..count].to_vec(),
            degraded: OnceLock::new(),
            at_risk: OnceLock::new(),
            places: OnceLock::new(),
        };
        scratch.clear(count, lost);
        self.keep_scratch(scratch);
        Ok(impact)
    }
}

/// What is down, degraded and at risk when items fail; made by [`View::impact`].
///
/// ```
/// let view = itom_core::cmdb::Cmdb::default().at(None, None);
/// let nothing: [&str; 0] = [];
/// assert!(view.impact(&nothing)?.down().is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Impact {
    view: View,
    failed: Vec<u32>,
    /// In the order in which they went down.
    down: Vec<u32>,
    /// Per item down the one before it in `down` that brought it down.
    causes: Vec<u32>,
    /// Items that are up with a group that lost members, and whether it has none left to lose.
    wounded: Vec<(u32, bool)>,
    // Made when they are first asked for:
    degraded: OnceLock<Vec<u32>>,
    at_risk: OnceLock<Vec<u32>>,
    /// Place in `down` by row.
    places: OnceLock<HashMap<u32, u32>>,
}

/// The sets of an [`Impact`] as plain data, sorted.
///
/// ```
/// let view = itom_core::cmdb::Cmdb::default().at(None, None);
/// let sets = view.impact::<&str>(&[])?.sets();
/// assert_eq!(serde_json::to_string(&sets).unwrap(), r#"{"failed":[],"down":[],"degraded":[],"at_risk":[]}"#);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImpactSets {
    /// Failed themselves.
    pub failed: Vec<String>,
    /// Down; the failed ones belong to it.
    pub down: Vec<String>,
    /// Not down, but a group lost a member.
    pub degraded: Vec<String>,
    /// Degraded, and one more loss in such a group takes it down.
    pub at_risk: Vec<String>,
}

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
    /// How many members have to be up.
    pub min_up: u32,
    /// How many members it has.
    pub members: u32,
    /// The members that are down, sorted.
    pub lost: Vec<String>,
    /// Whether it is this group that takes the item down.
    pub down: bool,
}

impl Impact {
    /// The items that failed themselves, sorted.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.failed().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn failed(&self) -> Vec<&str> {
        self.view.names(self.failed.iter().copied())
    }

    /// The items that are down, sorted; the failed ones belong to them.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.down().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn down(&self) -> Vec<&str> {
        self.view.names(self.down.iter().copied())
    }

    /// The items that are not down, but a group of theirs lost a member, sorted.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.degraded().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn degraded(&self) -> Vec<&str> {
        self.view.names(self.degraded_rows().iter().copied())
    }

    /// The degraded items that one more loss in a group which already lost takes down, sorted.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.at_risk().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn at_risk(&self) -> Vec<&str> {
        self.view.names(self.at_risk_rows().iter().copied())
    }

    /// The numbers of the items that are down, in the order in which they went down; see
    /// [`View::id_of`].
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.down_rows().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn down_rows(&self) -> &[u32] {
        &self.down
    }

    /// The numbers of the items that failed themselves.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.failed_rows().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn failed_rows(&self) -> &[u32] {
        &self.failed
    }

    /// The numbers of the degraded items.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.degraded_rows().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn degraded_rows(&self) -> &[u32] {
        self.degraded.get_or_init(|| sorted(self.wounded.iter().map(|&(row, _)| row)))
    }

    /// The numbers of the items at risk.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.at_risk_rows().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn at_risk_rows(&self) -> &[u32] {
        let last = self.wounded.iter().filter(|(_, is_last)| *is_last);
        self.at_risk.get_or_init(|| sorted(last.map(|&(row, _)| row)))
    }

    /// The four sets as plain data.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert_eq!(view.impact::<&str>(&[])?.sets(), Default::default());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn sets(&self) -> ImpactSets {
        let own = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        ImpactSets {
            failed: own(self.failed()),
            down: own(self.down()),
            degraded: own(self.degraded()),
            at_risk: own(self.at_risk()),
        }
    }

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
        } else if self.places().contains_key(&row) {
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
        let before = |row: &u32| {
            let place = *self.places().get(row)?;
            Some(self.causes[place as usize]).filter(|cause| *cause != NONE)
        };
        let mut chain: Vec<u32> = std::iter::successors(Some(row), before).collect();
        chain.reverse();
        chain
    }

    /// The groups of an item that lost members or are short of them, those that are down first.
    fn lost_groups(&self, row: u32) -> Vec<LostGroup> {
        let (history, moment) = (self.view.history(), self.view.moment());
        let outgoing = self.view.graph().outgoing.of(row);
        let mut members: Vec<(u32, u32, u32)> = self
            .view
            .with_impact(outgoing)
            .filter_map(|relation| {
                let row = self.view.relation_row(relation);
                let (min_up, _) = history.relation_state(relation, moment)?;
                Some((row.group, row.target, min_up))
            })
            .collect();
        members.sort_unstable();
        members.dedup_by_key(|&mut (group, target, _)| (group, target));
        // Without a group every member stands for itself.
        let together = |a: &(u32, u32, u32), b: &(u32, u32, u32)| a.0 == b.0 && a.0 != NONE;
        let mut groups: Vec<LostGroup> = members
            .chunk_by(together)
            .filter_map(|members| {
                let (group, _, min_up) = members[0];
                let is_down = |row: &u32| self.places().contains_key(row);
                let lost = members.iter().map(|&(_, target, _)| target).filter(is_down);
                let lost: Vec<String> =
                    self.view.names(lost).into_iter().map(str::to_owned).collect();
                let min_up = if group == NONE { 1 } else { min_up };
                let up = (members.len() - lost.len()) as u32;
                (!lost.is_empty() || up < min_up).then(|| LostGroup {
                    group: (group != NONE).then(|| history.group_name(group).to_owned()),
                    min_up,
                    members: members.len() as u32,
                    down: up < min_up,
                    lost,
                })
            })
            .collect();
        groups.sort_by_key(|group| !group.down);
        groups
    }

    fn places(&self) -> &HashMap<u32, u32> {
        self.places.get_or_init(|| self.down.iter().copied().zip(0..).collect())
    }
}

/// The rows in order, each once.
fn sorted(rows: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut rows: Vec<u32> = rows.collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
