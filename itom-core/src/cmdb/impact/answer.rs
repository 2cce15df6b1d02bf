//! The answer to [`View::impact`]: sets of items, made as they are asked for.

use std::sync::OnceLock;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::super::View;

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
    pub(super) view: View,
    pub(super) failed: Vec<u32>,
    pub(super) down: Vec<u32>,
    // Made when they are first asked for:
    /// One bit per row: whether it is down.
    is_down: OnceLock<Vec<u64>>,
    /// Items that are up with a group that lost members, and whether it has none left to lose.
    wounded: OnceLock<Vec<(u32, bool)>>,
    degraded: OnceLock<Vec<u32>>,
    at_risk: OnceLock<Vec<u32>>,
    /// Per row its place in an order in which they went down.
    pub(super) places: OnceLock<HashMap<u32, u32>>,
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

impl Impact {
    pub(super) fn new(view: View, failed: Vec<u32>, down: Vec<u32>) -> Self {
        Impact {
            view,
            failed,
            down,
            is_down: OnceLock::new(),
            wounded: OnceLock::new(),
            degraded: OnceLock::new(),
            at_risk: OnceLock::new(),
            places: OnceLock::new(),
        }
    }

    /// Whether the item of that number is down.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(!view.impact::<&str>(&[])?.is_down_row(0));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn is_down_row(&self, row: u32) -> bool {
        row < self.view.rows() && self.is_down(row)
    }

    pub(super) fn is_down(&self, row: u32) -> bool {
        let bits = self.is_down.get_or_init(|| {
            let mut bits = vec![0; (self.view.rows() as usize).div_ceil(64)];
            for row in &self.down {
                bits[*row as usize / 64] |= 1 << (row % 64);
            }
            bits
        });
        bits[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// Of the groups with something to spare.
    fn wounded(&self) -> &[(u32, bool)] {
        self.wounded.get_or_init(|| {
            let bearing = self.view.bearing();
            if !bearing.units.is_empty() {
                return self.wounded_by_weight();
            }
            let nodes = self.down.iter().map(|&row| bearing.node_of[row as usize]);
            let row_of =
                |group: u32| bearing.row_of[bearing.groups[group as usize].source as usize];
            let mut losses: Vec<u32> = nodes
                .flat_map(|node| bearing.memberships.of(node))
                .copied()
                .filter(|&group| !self.is_down(row_of(group)))
                .collect();
            losses.sort_unstable();
            let groups = losses.chunk_by(|a, b| a == b);
            let is_last =
                |group: &[u32]| bearing.groups[group[0] as usize].spare == group.len() as u32;
            groups.map(|group| (row_of(group[0]), is_last(group))).collect()
        })
    }

    /// The same where groups may be weighed, so that it matters which members are left.
    fn wounded_by_weight(&self) -> Vec<(u32, bool)> {
        let (view, history) = (&self.view, self.view.history());
        let hit = self.down.iter().flat_map(|&row| view.graph().consumers(history, row));
        let sources = sorted(hit.map(|(_, source)| source).filter(|&row| !self.is_down(row)));
        let mut wounded = Vec::new();
        for source in sources {
            for pool in view.pools_of(source) {
                if pool.members.iter().any(|(member, _)| self.is_down(*member)) {
                    wounded.push((source, pool.is_last(|row| self.is_down(row))));
                }
            }
        }
        wounded
    }

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

    /// The numbers of the items that are down, each once; see [`View::id_of`]. The order is the
    /// same every time and says nothing.
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
        self.degraded.get_or_init(|| sorted(self.wounded().iter().map(|&(row, _)| row)))
    }

    /// The numbers of the items at risk.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.impact::<&str>(&[])?.at_risk_rows().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn at_risk_rows(&self) -> &[u32] {
        let last = self.wounded().iter().filter(|(_, is_last)| *is_last);
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
}

/// The rows in order, each once.
fn sorted(rows: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut rows: Vec<u32> = rows.collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
