//! Health of a view, and health kept up to date.

use std::sync::{Mutex, PoisonError};

use itom_core::Result;
use itom_core::cmdb::{Cmdb as CoreCmdb, HealthDefinition, HealthMonitor as Core};
use pyo3::prelude::*;

use super::{Cmdb, CoreView};
use crate::convert;
use crate::enter::enter;
use crate::errors::wrong_type;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<HealthMonitor>()
}

fn definition(value: Option<&Bound<'_, PyAny>>) -> PyResult<HealthDefinition> {
    let read = |value| convert::definition::<HealthDefinition>(value, "definition");
    value.map_or_else(|| Ok(HealthDefinition::default()), read)
}

/// The health of a view by a definition, or by the default one.
pub(super) fn health<'py>(
    py: Python<'py>,
    view: &CoreView,
    given: Option<&Bound<'py, PyAny>>,
    now: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = definition(given)?;
    let now = convert::optional_instant(now, "now")?;
    let report = enter(py, || view.health(&given, now))?;
    convert::to_python(py, &report)
}

/// The health of a database as it is now, kept up to date: after each transaction only what it
/// touched is looked at again. A report is what `db.at().health(definition, now=now)` gives.
///
/// >>> import itom, datetime as dt
/// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
/// >>> db = itom.cmdb.Cmdb()
/// >>> monitor = itom.cmdb.HealthMonitor(db)
/// >>> db.apply([{"put_item": {"id": "web-1", "class": "host"}}], at=at)
/// >>> report = monitor.report()
/// >>> [(failure.metric, failure.reason) for failure in report.worst[0].failures]
/// [('correctness.orphan', 'no relation to another item')]
/// >>> report == db.at().health()
/// True
#[pyclass(frozen, module = "itom.cmdb")]
pub struct HealthMonitor {
    /// Locked after the database, never before it.
    monitor: Mutex<Core>,
    db: Py<Cmdb>,
}

impl HealthMonitor {
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Core, &CoreCmdb) -> Result<R> + Send,
    ) -> PyResult<R> {
        self.db.get().0.with(py, |engine| {
            // A panic in here leaves the database's lock broken too, which refuses every later call.
            let mut monitor = self.monitor.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut monitor, engine.core()?)
        })
    }
}

#[pymethods]
impl HealthMonitor {
    /// Of a database, which notes what transactions touch from now on.
    #[new]
    #[pyo3(signature = (db, definition=None))]
    fn new(db: &Bound<'_, PyAny>, definition: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let given = self::definition(definition)?;
        let db = db.cast::<Cmdb>().map_err(|_| wrong_type("db", db, "an itom.cmdb.Cmdb"))?;
        let monitor = db.get().0.with(db.py(), |engine| Core::new(given, engine.core()?))?;
        Ok(HealthMonitor { monitor: Mutex::new(monitor), db: db.clone().unbind() })
    }

    /// Looks at what was touched since the last time. A report does that by itself; done after each
    /// transaction the work is spread evenly.
    fn update(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |monitor, db| monitor.update(db))
    }

    /// The report of the latest view as of `now`, as `View.health` gives it.
    #[pyo3(signature = (*, now=None))]
    fn report<'py>(
        &self,
        py: Python<'py>,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let now = convert::optional_instant(now, "now")?;
        let report = self.with(py, |monitor, db| monitor.report(db, now))?;
        convert::to_python(py, &report)
    }

    /// What it goes by.
    #[getter]
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let given = self.with(py, |monitor, _| Ok(monitor.definition().clone()))?;
        convert::to_python(py, &given)
    }
}
