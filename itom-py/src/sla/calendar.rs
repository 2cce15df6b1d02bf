//! `itom.sla.Calendar`: conversion only.

use itom_core::sla::{Calendar as CoreCalendar, CalendarDefinition};
use itom_core::{Duration, Timestamp};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::relative;
use super::zones::ZoneDatabase;
use crate::convert::{self, OneOrMany, Pair};
use crate::enter::enter;

/// When work is done: weekly windows in a time zone, holidays, overrides, breaks, versions.
///
/// `definition` is a dict or a JSON text. Wherever an instant or a duration is taken, an array is
/// taken too, and an array comes back.
///
/// >>> import datetime as dt
/// >>> week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
/// >>> calendar = itom.sla.Calendar({"tz": "Europe/Berlin", "weekly": week})
/// >>> friday = dt.datetime(2026, 6, 19, 14, tzinfo=dt.timezone.utc)
/// >>> due = calendar.deadline(friday, dt.timedelta(hours=4))
/// >>> due.isoformat()
/// '2026-06-22T10:00:00+00:00'
/// >>> calendar.elapsed(friday, due)
/// datetime.timedelta(seconds=14400)
#[pyclass(frozen, eq, module = "itom.sla")]
#[derive(PartialEq)]
pub struct Calendar(pub(super) CoreCalendar);

#[pymethods]
impl Calendar {
    #[new]
    fn new(definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = definition.py();
        let document: CalendarDefinition = convert::definition(definition, "definition")?;
        enter(py, || CoreCalendar::new(document)).map(Calendar)
    }

    /// A calendar compiled with zone rules of your own.
    ///
    /// >>> zones = itom.sla.ZoneDatabase.bundled()
    /// >>> itom.sla.Calendar.with_zones({"tz": "UTC"}, zones).tz_version == zones.version
    /// True
    #[staticmethod]
    fn with_zones(
        definition: &Bound<'_, PyAny>,
        zones: &Bound<'_, ZoneDatabase>,
    ) -> PyResult<Self> {
        let py = definition.py();
        let document: CalendarDefinition = convert::definition(definition, "definition")?;
        let database = &zones.get().0;
        enter(py, || CoreCalendar::with_zones(document, database)).map(Calendar)
    }

    /// Open time from `start` to `end`: physical time inside open windows, negative backwards.
    fn elapsed<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let ends = convert::instants(end, "end")?;
        match convert::instants(start, "start")?.with(ends, "end")? {
            Pair::One(start, end) => {
                let (start, end) = (Timestamp::from_nanos(start), Timestamp::from_nanos(end));
                convert::duration_to_python(py, self.0.elapsed(start, end))
            }
            Pair::Many(starts, ends) => {
                let elapsed = enter(py, || self.0.elapsed_all(&starts, &ends))?;
                convert::durations_to_numpy(py, &elapsed)
            }
        }
    }

    /// The earliest instant at or after `start` by which `duration` has elapsed; None (NaT in an
    /// array) if the calendar never opens that long.
    fn deadline<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        duration: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = start.py();
        let durations = convert::durations(duration, "duration")?;
        match convert::instants(start, "start")?.with(durations, "duration")? {
            Pair::One(start, duration) => {
                let (start, duration) =
                    (Timestamp::from_nanos(start), Duration::from_nanos(duration));
                let due = enter(py, || self.0.deadline(start, duration))?;
                due.map(|due| convert::instant_to_python(py, due)).transpose()
            }
            Pair::Many(starts, durations) => {
                let due = enter(py, || self.0.deadline_all(&starts, &durations))?;
                convert::times_to_numpy(py, &due).map(Some)
            }
        }
    }

    /// The latest instant at or before `end` from which `duration` elapses until `end`; None (NaT
    /// in an array) if the calendar was never open that long.
    fn deadline_back<'py>(
        &self,
        end: &Bound<'py, PyAny>,
        duration: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = end.py();
        let durations = convert::durations(duration, "duration")?;
        match convert::instants(end, "end")?.with(durations, "duration")? {
            Pair::One(end, duration) => {
                let (end, duration) = (Timestamp::from_nanos(end), Duration::from_nanos(duration));
                let begin = enter(py, || self.0.deadline_back(end, duration))?;
                begin.map(|begin| convert::instant_to_python(py, begin)).transpose()
            }
            Pair::Many(ends, durations) => {
                let begins = enter(py, || self.0.deadline_back_all(&ends, &durations))?;
                convert::times_to_numpy(py, &begins).map(Some)
            }
        }
    }

    /// Whether the calendar is open at `at`; at closing time it is not.
    fn is_open<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        match convert::instants(at, "at")? {
            OneOrMany::One(at) => {
                let open = self.0.is_open(Timestamp::from_nanos(at));
                convert::to_python(py, &open)
            }
            OneOrMany::Many(instants) => {
                let open = enter(py, || Ok(self.0.is_open_all(&instants)))?;
                convert::bools_to_numpy(py, &open)
            }
        }
    }

    /// The open intervals between `start` and `end`, cut to that span, as (opens, closes).
    ///
    /// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
    /// >>> import datetime as dt
    /// >>> start = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc)
    /// >>> [(opens.hour, closes.hour) for opens, closes in
    /// ...  calendar.windows(start, start + dt.timedelta(days=7))]
    /// [(9, 17)]
    fn windows<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
        let windows = enter(py, || self.0.windows(start, end))?;
        let pairs: Vec<_> = windows.iter().map(|window| (window.opens, window.closes)).collect();
        convert::to_python(py, &pairs)
    }

    /// The definition it was made of.
    #[getter]
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (definition_text(&self.0)?,))
    }

    /// The release of the IANA time zone database it was compiled with.
    #[getter]
    fn tz_version(&self) -> &str {
        self.0.tz_version()
    }

    /// The zone rules it was compiled with.
    #[getter]
    fn zones(&self) -> ZoneDatabase {
        ZoneDatabase(self.0.zones().clone())
    }

    /// The same calendar under other zone rules.
    fn recompiled(&self, zones: &Bound<'_, ZoneDatabase>) -> PyResult<Calendar> {
        let database = &zones.get().0;
        enter(zones.py(), || self.0.recompiled(database)).map(Calendar)
    }

    /// The time between `start` and `end` that is open under one of two calendars only.
    fn differences<'py>(
        &self,
        other: &Bound<'py, Calendar>,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
        let other = &other.get().0;
        let differences = enter(py, || self.0.differences(other, start, end))?;
        convert::to_python(py, &differences)
    }

    /// The n-th business day after the date of an instant, before it for a negative `n`, the date
    /// itself for 0: a record of date, opens and closes, or None.
    ///
    /// >>> import datetime as dt
    /// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
    /// >>> tuesday = dt.datetime(2026, 6, 16, tzinfo=dt.timezone.utc)
    /// >>> calendar.business_day(tuesday, 2).date
    /// datetime.date(2026, 6, 29)
    fn business_day<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        relative::business_day(&self.0, at, n)
    }

    /// How many business days there are from the date of `start` to before the date of `end`, as
    /// numpy's busday_count; of arrays an array.
    fn business_day_count<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        relative::business_day_count(&self.0, start, end)
    }

    fn __repr__(&self) -> String {
        format!("<itom.sla.Calendar in {}>", self.0.definition().tz)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, class) = (slf.py(), slf.get_type());
        let text = definition_text(&slf.get().0)?;
        let zones = slf.get().zones();
        if zones == ZoneDatabase::bundled() {
            return Ok((class.into_any(), PyTuple::new(py, [text])?));
        }
        Ok((class.getattr("with_zones")?, (text, zones).into_pyobject(py)?))
    }
}

fn definition_text(calendar: &CoreCalendar) -> PyResult<String> {
    serde_json::to_string(calendar.definition())
        .map_err(|error| crate::errors::internal(&error.to_string()))
}

/// A `Calendar`, or the definition of one.
pub(super) fn calendar(value: &Bound<'_, PyAny>) -> PyResult<CoreCalendar> {
    match value.cast::<Calendar>() {
        Ok(calendar) => Ok(calendar.get().0.clone()),
        Err(_) => {
            let document: CalendarDefinition = convert::definition(value, "calendar")?;
            enter(value.py(), || CoreCalendar::new(document))
        }
    }
}
