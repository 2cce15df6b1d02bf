//! Health kept up to date: after each transaction only what it touched is looked at again.

use std::sync::Arc;

use super::super::Cmdb;
use super::super::history::Moment;
use super::super::reconcile::standing_row;
use super::reading::At;
use super::report::HealthReport;
use super::state::State;
use super::watch::{Place, Touch};
use super::{HealthDefinition, now_of};
use crate::{Error, ErrorKind, Result, Timestamp};

/// The health of a database as it is now, kept up to date.
///
/// [`update`](Self::update) looks again at what was touched since the last time: the items that were
/// put, removed, confirmed or merged, their relations and, where it matters, those next to them. Only
/// a change of model or rules, or more than a million changes since the last time, make it look at
/// everything. A report is that of [`View::health`](super::super::View::health) for the latest view.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::*;
///
/// let at = |second| Transaction::at(Timestamp::from_secs(second));
/// let mut db = Cmdb::default();
/// let mut monitor = HealthMonitor::new(HealthDefinition::default(), &mut db)?;
/// db.apply(&[Change::PutItem(PutItem::new("web-1", "host"))], at(0))?;
/// assert_eq!(monitor.report(&db, None)?.failing, 1); // an orphan
///
/// db.apply(
///     &[
///         Change::PutItem(PutItem::new("shop", "service")),
///         Change::PutRelation(PutRelation::new("shop", "runs_on", "web-1")),
///     ],
///     at(1),
/// )?;
/// let report = monitor.report(&db, None)?;
/// assert_eq!(report.failing, 0);
/// assert_eq!(report, db.at(None, None).health(&HealthDefinition::default(), None)?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Debug)]
pub struct HealthMonitor {
    definition: Arc<HealthDefinition>,
    state: State,
    place: Place,
    /// The valid time that rules take for now, as of the last update.
    latest: Timestamp,
}

impl HealthMonitor {
    /// A monitor of a database, which notes what transactions touch from now on.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, HealthDefinition, HealthMonitor};
    /// let mut db = Cmdb::default();
    /// let limit = HealthDefinition { owner: String::new(), ..HealthDefinition::default() };
    /// assert!(HealthMonitor::new(limit, &mut db).is_err());
    /// ```
    ///
    /// # Errors
    /// As [`View::health`](super::super::View::health).
    pub fn new(definition: HealthDefinition, db: &mut Cmdb) -> Result<Self> {
        let definition = Arc::new(definition);
        let latest = db.history().now_of(latest_of(db).moment);
        let state = State::new(&definition, latest_of(db), latest)?;
        let place = db.watch.end();
        Ok(HealthMonitor { definition, state, place, latest })
    }

    /// What it goes by.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, HealthDefinition, HealthMonitor};
    /// let monitor = HealthMonitor::new(HealthDefinition::default(), &mut Cmdb::default())?;
    /// assert_eq!(monitor.definition().owner, "owner");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn definition(&self) -> &HealthDefinition {
        &self.definition
    }

    /// Looks at what was touched since the last time. A report does that by itself; done after each
    /// transaction the work is spread evenly.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, HealthDefinition, HealthMonitor};
    /// let mut db = Cmdb::default();
    /// let mut monitor = HealthMonitor::new(HealthDefinition::default(), &mut db)?;
    /// monitor.update(&db)?;
    /// assert!(monitor.update(&Cmdb::default()).is_err());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The database is another one; or the definition does not fit a model that was set since.
    pub fn update(&mut self, db: &Cmdb) -> Result<()> {
        if !db.watch.is_of(&self.place) {
            let message = "db must be the database that the monitor was made for";
            return Err(Error::new(ErrorKind::Conflict, message).about("db"));
        }
        let at = latest_of(db);
        let (touched, place) = db.watch.since(&self.place);
        let latest = at.history.now_of(at.moment);
        let Some(touched) = touched else {
            self.state = State::new(&self.definition, at, self.state.now)?;
            (self.place, self.latest) = (place, latest);
            return Ok(());
        };
        let mut rows = Vec::new();
        let mut relations = Vec::new();
        for touch in touched {
            self.touch(at, touch, &mut rows, &mut relations);
        }
        if latest != self.latest && prefers_fresh(at) {
            // What one source says may count for more now that another was not heard for long.
            rows.extend(self.state.of_several());
        }
        rows.sort_unstable();
        rows.dedup();
        self.state.settle(at, rows, relations);
        (self.place, self.latest) = (place, latest);
        Ok(())
    }

    fn touch(&self, at: At<'_>, touch: Touch, rows: &mut Vec<u32>, relations: &mut Vec<u32>) {
        let known = |row: u32| row < at.history.items();
        let mut with_item = |row: u32| {
            rows.push(row);
            rows.push(at.history.control.representative(row, at.moment));
        };
        match touch {
            Touch::Item(row) if known(row) => with_item(row),
            Touch::Removed(row) => {
                with_item(row);
                let one = at.history.control.representative(row, at.moment);
                relations.extend(self.state.ends.of(row).chain(self.state.ends.of(one)));
            }
            Touch::Joined(row) if known(row) => {
                for row in at.history.control.ever_joined(row) {
                    rows.push(row);
                    relations.extend(self.state.ends.of(row));
                }
            }
            Touch::Relation(relation) => {
                relations.push(relation);
                relations.extend(standing_row(at.history, relation, at.moment));
            }
            Touch::Item(_) | Touch::Joined(_) => {}
        }
    }

    /// The report of the latest view as of `now`; see [`View::health`](super::super::View::health).
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let put = Change::PutItem(PutItem::new("web-1", "host"));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// let mut monitor = HealthMonitor::new(HealthDefinition::default(), &mut db)?;
    /// let stale = |report: HealthReport| report.all.metrics[&HealthMetric::Stale].failed;
    /// assert_eq!(stale(monitor.report(&db, Some(Timestamp::from_secs(60 * 86_400)))?), 0);
    /// assert_eq!(stale(monitor.report(&db, Some(Timestamp::from_secs(61 * 86_400)))?), 1);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn report(&mut self, db: &Cmdb, now: Option<Timestamp>) -> Result<HealthReport> {
        self.update(db)?;
        let at = latest_of(db);
        Ok(self.state.report(at, now_of(at, now)))
    }
}

/// The latest of all there is.
fn latest_of(db: &Cmdb) -> At<'_> {
    let history = db.history();
    let moment = Moment { valid: Timestamp::MAX, transactions: history.transactions() };
    At { history, model: &db.model, moment }
}

/// Whether some rule prefers sources that were heard lately.
fn prefers_fresh(at: At<'_>) -> bool {
    let rules = at.history.control.rules(at.moment);
    rules.is_some_and(|rules| rules.rules.iter().any(|rule| rule.refresh_after.is_some()))
}
