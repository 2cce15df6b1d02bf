//! The whole history under another agreement: [`Ledger::what_if`] folds every clock twice, as it is
//! and as it would be, and changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use super::marks::Scratch;
use crate::sla::clock::answer;
use crate::sla::clock::book::Book;
use crate::sla::clock::fold::{Act, Beginning};
use crate::sla::{Calendar, MovedBreach, ZoneDatabase};
use crate::{Duration, Result, Timestamp};

/// What might have been agreed instead.
///
/// ```
/// use itom_core::sla::{Calendar, ClockOptions, Ledger, LedgerChange};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
/// let mut ledger = Ledger::new();
/// ledger.open("INC1", &options)?;
/// let change = LedgerChange::default().target("4h".parse()?, "2h".parse()?);
/// let differences = ledger.what_if(&change, "2026-06-15T13:00:00Z".parse()?)?;
/// assert_eq!((differences.breached_before, differences.breached_after), (0, 1));
/// assert_eq!(differences.rows[0].after.breach_at, Some("2026-06-15T12:00:00Z".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LedgerChange {
    calendars: Vec<(u32, Calendar)>,
    targets: BTreeMap<i64, i64>,
    clocks: BTreeMap<u32, i64>,
}

/// What differs between what is and what would be.
///
/// ```
/// # use itom_core::sla::LedgerDifferences;
/// let json = r#"{"clocks": 2, "breached_before": 1, "breached_after": 0, "rows": []}"#;
/// assert_eq!(serde_json::from_str::<LedgerDifferences>(json)?.clocks, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerDifferences {
    /// How many clocks were looked at.
    pub clocks: u64,
    /// How many of them are breached as it is.
    pub breached_before: u64,
    /// How many of them would be.
    pub breached_after: u64,
    /// The clocks for which anything differs.
    pub rows: Vec<LedgerDifference>,
}

/// A clock for which something differs.
///
/// ```
/// # use itom_core::sla::LedgerDifference;
/// let json = r#"{"clock": 7, "key": "INC7",
///     "before": {"business": "PT5H", "remaining": "-PT1H", "breached": true, "breach_at": null},
///     "after": {"business": "PT5H", "remaining": "PT3H", "breached": false, "breach_at": null}}"#;
/// assert!(!serde_json::from_str::<LedgerDifference>(json)?.after.breached);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerDifference {
    /// Its number.
    pub clock: u32,
    /// Its key.
    pub key: String,
    /// As it is.
    pub before: ClockVerdict,
    /// As it would be.
    pub after: ClockVerdict,
}

/// What a clock comes to, in its current cycle.
///
/// ```
/// # use itom_core::sla::ClockVerdict;
/// let json = r#"{"business": "PT5H", "remaining": "-PT1H", "breached": true, "breach_at": null}"#;
/// assert!(serde_json::from_str::<ClockVerdict>(json)?.breached);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClockVerdict {
    /// Calendar time while running.
    pub business: Duration,
    /// Target less that.
    pub remaining: Duration,
    /// Whether the promise is broken.
    pub breached: bool,
    /// When the target was or will be used up.
    pub breach_at: Option<Timestamp>,
}

impl LedgerChange {
    /// Another calendar in the place of the ledger's calendar of that number.
    #[must_use]
    pub fn calendar(mut self, number: u32, becomes: &Calendar) -> LedgerChange {
        self.calendars.push((number, becomes.clone()));
        self
    }

    /// Another target wherever one was agreed, from the start or by an event.
    #[must_use]
    pub fn target(mut self, from: Duration, becomes: Duration) -> LedgerChange {
        self.targets.insert(from.as_nanos(), becomes.as_nanos());
        self
    }

    /// Another target for one clock, from its start.
    #[must_use]
    pub fn clock_target(mut self, clock: u32, becomes: Duration) -> LedgerChange {
        self.clocks.insert(clock, becomes.as_nanos());
        self
    }
}

impl Ledger {
    /// The whole history under another agreement, as of an instant: which clocks would stand
    /// otherwise. Nothing changes in the ledger.
    ///
    /// # Errors
    /// For a calendar or clock that is not there, and a target that is not positive.
    pub fn what_if(&self, change: &LedgerChange, at: Timestamp) -> Result<LedgerDifferences> {
        let calendars = self.changed_calendars(&change.calendars)?;
        for &target in change.targets.values().chain(change.clocks.values()) {
            crate::sla::clock::check_target(Duration::from_nanos(target))?;
        }
        change.clocks.keys().try_for_each(|&clock| self.check_clock(clock))?;
        let mut scratch = Scratch::new();
        let (mut book, mut other) = (self.tables.book(), self.tables.book_with(&calendars));
        let becomes = |target: i64| change.targets.get(&target).copied().unwrap_or(target);
        let mut differences = LedgerDifferences {
            clocks: self.len() as u64,
            breached_before: 0,
            breached_after: 0,
            rows: Vec::new(),
        };
        for clock in 0..self.len() as u32 {
            self.read_steps(clock, None, &mut scratch);
            let mut beginning = self.beginning(clock);
            let before = self.verdict(clock, beginning, at, &mut book, &mut scratch);
            for step in &mut scratch.steps {
                if let Act::Target(target, _) = &mut step.act {
                    *target = becomes(*target);
                }
            }
            beginning.target = becomes(beginning.target);
            beginning.target = change.clocks.get(&clock).copied().unwrap_or(beginning.target);
            let after = self.verdict(clock, beginning, at, &mut other, &mut scratch);
            differences.breached_before += u64::from(before.breached);
            differences.breached_after += u64::from(after.breached);
            if before != after {
                let key = self.key(clock).unwrap_or_default().to_owned();
                differences.rows.push(LedgerDifference { clock, key, before, after });
            }
        }
        Ok(differences)
    }

    /// The clocks whose breach, as of an instant, falls on another one under other zone rules.
    /// Nothing changes in the ledger.
    ///
    /// # Errors
    /// When the zone of a calendar is not among them.
    ///
    /// ```
    /// # use itom_core::sla::{Ledger, ZoneDatabase};
    /// let ledger = Ledger::new();
    /// let moved = ledger.moved_breaches(&ZoneDatabase::bundled(), "2026-06-15T10:00:00Z".parse()?)?;
    /// assert_eq!(moved, []);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn moved_breaches(&self, zones: &ZoneDatabase, at: Timestamp) -> Result<Vec<MovedBreach>> {
        let change = LedgerChange { calendars: self.moved_calendars(zones)?, ..Default::default() };
        let rows = self.what_if(&change, at)?.rows.into_iter();
        let moved = rows.filter(|row| row.before.breach_at != row.after.breach_at);
        Ok(moved
            .map(|row| MovedBreach {
                clock: u64::from(row.clock),
                before: row.before.breach_at,
                after: row.after.breach_at,
            })
            .collect())
    }

    fn verdict(
        &self,
        clock: u32,
        beginning: Beginning,
        at: Timestamp,
        book: &mut Book<'_>,
        scratch: &mut Scratch,
    ) -> ClockVerdict {
        let Scratch { steps, fold, .. } = scratch;
        fold.run(beginning, steps, book, at.as_nanos());
        let shape = self.promises.shape_of(self.openings[clock as usize].promise);
        let (breach_at, breached) = answer::breach_at(fold, book, shape.convention);
        let business = fold.sums(fold.cycle, book).business;
        ClockVerdict {
            business: Duration::from_nanos(business),
            remaining: Duration::from_nanos(fold.target_of(fold.cycle).saturating_sub(business)),
            breached,
            breach_at: breach_at.map(Timestamp::from_nanos),
        }
    }
}
