//! `itom.sla.NominalDuration` and `CalendarWindow`: conversion only.

use itom_core::sla::{
    CalendarWindow as CoreWindow, NominalDuration as CoreDuration, ZoneDatabase as CoreDatabase,
};
use itom_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::zones::{Zone, ZoneDatabase, local_time};
use crate::convert;
use crate::enter::enter;
use crate::errors::raise;

/// Months and days, which are nominal, and an exact time after them (RFC 5545, ISO 8601).
///
/// >>> day = itom.sla.NominalDuration("P1D")
/// >>> day.months, day.days, day.exact, day.as_exact
/// (0, 1, datetime.timedelta(0), None)
/// >>> import datetime as dt
/// >>> zone = itom.sla.ZoneDatabase.bundled().zone("America/New_York")
/// >>> before = dt.datetime(2026, 3, 7, 14, tzinfo=dt.timezone.utc)
/// >>> day.after(before, zone) - before
/// datetime.timedelta(seconds=82800)
#[pyclass(frozen, eq, hash, module = "itom.sla")]
#[derive(PartialEq, Eq, Hash)]
pub struct NominalDuration(CoreDuration);

#[pymethods]
impl NominalDuration {
    #[new]
    fn new(text: &Bound<'_, PyAny>) -> PyResult<Self> {
        convert::text(text, "text")?.parse().map(NominalDuration).map_err(raise)
    }

    #[getter]
    fn months(&self) -> u32 {
        self.0.months()
    }

    #[getter]
    fn days(&self) -> u32 {
        self.0.days()
    }

    /// What passes after months and days were added.
    #[getter]
    fn exact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::duration_to_python(py, self.0.exact())
    }

    /// The whole as a timedelta, if it has no months and days.
    #[getter]
    fn as_exact<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.as_exact().map(|exact| convert::duration_to_python(py, exact)).transpose()
    }

    /// The instant this long after another on a zone's wall clock; None beyond the range.
    fn after<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        zone: &Bound<'py, Zone>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let after = self.0.after(convert::instant(at, "at")?, &zone.get().0);
        after.map(|after| convert::instant_to_python(at.py(), after)).transpose()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("itom.sla.NominalDuration('{}')", self.0)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let text = slf.get().0.to_string();
        Ok((slf.get_type().into_any(), PyTuple::new(slf.py(), [text])?))
    }
}

/// Periods that follow each other on a zone's wall clock: aligned with the calendar, or counted
/// from `start`. The n-th starts n durations after the start: months begun on a 31st clamp.
///
/// >>> months = itom.sla.CalendarWindow("1M", "America/New_York")
/// >>> import datetime as dt
/// >>> march = months.containing(dt.datetime(2026, 3, 15, tzinfo=dt.timezone.utc))
/// >>> march.end - march.start
/// datetime.timedelta(days=30, seconds=82800)
#[pyclass(frozen, module = "itom.sla")]
pub struct CalendarWindow(CoreWindow);

#[pymethods]
impl CalendarWindow {
    #[new]
    #[pyo3(signature = (duration, tz, *, start=None, zones=None))]
    fn new(
        duration: &Bound<'_, PyAny>,
        tz: &Bound<'_, PyAny>,
        start: Option<&Bound<'_, PyAny>>,
        zones: Option<&Bound<'_, ZoneDatabase>>,
    ) -> PyResult<Self> {
        let py = duration.py();
        let length: CoreDuration = match duration.cast::<NominalDuration>() {
            Ok(duration) => duration.get().0,
            Err(_) => convert::text(duration, "duration")?.parse().map_err(raise)?,
        };
        let tz = convert::text(tz, "tz")?;
        let start = start.filter(|start| !start.is_none());
        let start = start.map(|start| local_time(start, "start")).transpose()?;
        let zones = zones.map_or_else(CoreDatabase::bundled, |zones| zones.get().0.clone());
        let make = || -> Result<CoreWindow, Error> {
            let zone = zones.zone(&tz)?;
            match start {
                Some(start) => CoreWindow::anchored(length, start, &zone),
                None => CoreWindow::aligned(length, &zone),
            }
        };
        enter(py, make).map(CalendarWindow)
    }

    /// The period that an instant lies in; None at the ends of the range of instants.
    fn containing<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let period = enter(py, || Ok(self.0.containing(at)))?;
        convert::to_python(py, &period)
    }

    /// Which period an instant lies in, counted from the start.
    fn index<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Option<i64>> {
        let at_nanos = convert::instant(at, "at")?;
        enter(at.py(), || Ok(self.0.index(at_nanos)))
    }

    /// The n-th period, 0 for the one at the start; None outside the range of instants.
    fn nth<'py>(&self, n: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = n.py();
        let n = convert::whole(n, "n")?;
        let period = enter(py, || Ok(self.0.nth(n)))?;
        convert::to_python(py, &period)
    }

    /// The periods that share an instant with the time from `start` to `end`, whole, in order.
    fn between<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
        let periods = enter(py, || self.0.between(start, end))?;
        convert::to_python(py, &periods)
    }

    fn __repr__(&self) -> String {
        format!("<itom.sla.CalendarWindow {} {}>", self.0.duration(), self.0.zone().name())
    }
}
