//! May these go down at once?

use serde::{Deserialize, Serialize};

use super::super::View;
use super::GroupSlack;
use crate::Result;

/// What taking items down on purpose would do.
///
/// ```
/// use itom_core::cmdb::Maintenance;
/// assert!(!Maintenance::default().safe);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Maintenance {
    /// Whether nothing else goes down.
    pub safe: bool,
    /// What else goes down, sorted.
    pub lost: Vec<String>,
    /// What stays up, but loses a member of a group, sorted.
    pub degraded: Vec<String>,
    /// Of these, what has no member left to spare: the next failure takes it down.
    pub without_spare: Vec<String>,
    /// The groups that lose a member, those with the least left first.
    pub groups: Vec<GroupSlack>,
}

impl View {
    /// May these items go down at once? What would be lost, degraded and left without spare, of the
    /// classes named or of any.
    ///
    /// What is down already, because a group of it is short of members, is not counted as lost.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes = vec![Change::PutItem(PutItem::new("shop", "service"))];
    /// for host in ["h1", "h2", "h3"] {
    ///     changes.push(Change::PutItem(PutItem::new(host, "host")));
    ///     changes.push(Change::PutRelation(PutRelation::new("shop", "runs_on", host).in_group("hosts", 1)));
    /// }
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let view = db.at(None, None);
    /// let two = view.maintenance(&["h1", "h2"], &["service"])?;
    /// assert!(two.safe);
    /// assert_eq!(two.without_spare, ["shop"]);
    /// assert_eq!(view.maintenance(&["h1", "h2", "h3"], &["service"])?.lost, ["shop"]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn maintenance<Id: AsRef<str>, Class: AsRef<str>>(
        &self,
        ids: &[Id],
        classes: &[Class],
    ) -> Result<Maintenance> {
        let impact = self.impact(ids)?;
        let before = self.fall(&[]);
        let classes: Vec<String> = classes.iter().map(|class| class.as_ref().to_owned()).collect();
        let told = |rows: &mut dyn Iterator<Item = u32>| -> Vec<String> {
            let rows = rows.filter(|&row| self.is_of(row, &classes));
            self.names(rows).into_iter().map(str::to_owned).collect()
        };
        let lost = told(&mut impact.down_rows().iter().copied().filter(|row| {
            before.binary_search(row).is_err() && impact.failed_rows().binary_search(row).is_err()
        }));
        Ok(Maintenance {
            safe: lost.is_empty(),
            lost,
            degraded: told(&mut impact.degraded_rows().iter().copied()),
            without_spare: told(&mut impact.at_risk_rows().iter().copied()),
            groups: impact.groups(),
        })
    }
}
