//! `itom.sla.RelativeTarget`, and the business days of a calendar: conversion only.

use itom_core::Timestamp;
use itom_core::sla::{Calendar as CoreCalendar, RelativeTarget as CoreTarget};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::calendar::calendar;
use crate::convert::{self, Likeness, OneOrMany, Pair};
use crate::enter::enter;

/// A due date said relative to when work arrives: {"rule": "business_day_at", "days": 2, "time":
/// "16:00"}. Rules are end_of_business_day, business_day_at (both with a `cutoff`),
/// end_of_business_week, end_of_business_month, business_day_of_month, calendar_days, nominal,
/// exact and business.
///
/// The keys beside `rule`: `days` (end_of_business_day, business_day_at, calendar_days), `weeks`,
/// `months`, `nth` (business_day_of_month: 1 is the first, -1 the last), `time` ("16:00"), `cutoff` (what
/// arrives later counts as of the next business day), `duration` (nominal "P1M", exact and business
/// "4h"), `tz` (calendar_days, nominal). On a calendar that never opens the answer is None.
///
/// >>> import datetime as dt
/// >>> week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
/// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": week})
/// >>> target = itom.sla.RelativeTarget({"rule": "end_of_business_day", "days": 1})
/// >>> friday = dt.datetime(2026, 6, 19, 10, tzinfo=dt.timezone.utc)
/// >>> target.resolve(calendar, friday).isoformat()
/// '2026-06-22T17:00:00+00:00'
/// >>> target.business_target(calendar, friday)
/// datetime.timedelta(seconds=54000)
#[pyclass(frozen, eq, module = "itom.sla")]
#[derive(PartialEq)]
pub struct RelativeTarget(CoreTarget);

#[pymethods]
impl RelativeTarget {
    #[new]
    fn new(definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        convert::definition(definition, "definition").map(RelativeTarget)
    }

    /// When work that arrives at an instant, or at each of an array, is due; None (NaT) if that is
    /// never or the instant is missing. Columns as in `Calendar.deadline`: in the zone they have, and
    /// UTC without.
    fn resolve<'py>(
        &self,
        calendar: &Bound<'py, PyAny>,
        at: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = at.py();
        let calendar = self::calendar(calendar)?;
        match convert::instants_or_missing(at, "at")? {
            OneOrMany::One(at) => {
                let at = Timestamp::from_nanos(at);
                let due = enter(py, || self.0.resolve(&calendar, at))?;
                due.map(|due| convert::instant_to_python(py, due)).transpose()
            }
            OneOrMany::Many(instants) => {
                let due = enter(py, || self.0.resolve_all(&calendar, &instants))?;
                Likeness::of(at)?.instants(convert::times_to_numpy(py, &due)?).map(Some)
            }
        }
    }

    /// The target as business time from `start`: what a `Clock` takes, to be paused like any other.
    fn business_target<'py>(
        &self,
        calendar: &Bound<'py, PyAny>,
        start: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (calendar, start) = (self::calendar(calendar)?, convert::instant(start, "start")?);
        let target = enter(py, || self.0.business_target(&calendar, start))?;
        convert::duration_to_python(py, target)
    }

    /// The definition it was made of.
    #[getter]
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.text()?,))
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("<itom.sla.RelativeTarget {}>", self.text()?))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let text = slf.get().text()?;
        Ok((slf.get_type().into_any(), PyTuple::new(slf.py(), [text])?))
    }
}

impl RelativeTarget {
    fn text(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| crate::errors::internal(&error.to_string()))
    }
}

/// `Calendar.business_day`.
pub(super) fn business_day<'py>(
    calendar: &CoreCalendar,
    at: &Bound<'py, PyAny>,
    n: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = at.py();
    let (at, n) = (convert::instant(at, "at")?, convert::whole(n, "n")?);
    let Some(day) = enter(py, || calendar.business_day(at, n))? else {
        return Ok(None);
    };
    let record = convert::to_python(py, &day)?;
    let date = py.import("datetime")?.getattr("date")?;
    record.set_item("date", date.call_method1("fromisoformat", (day.date.to_string(),))?)?;
    Ok(Some(record))
}

/// `Calendar.business_day_count`.
pub(super) fn business_day_count<'py>(
    calendar: &CoreCalendar,
    start: &Bound<'py, PyAny>,
    end: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = start.py();
    let ends = convert::instants(end, "end")?;
    match convert::instants(start, "start")?.with(ends, "end")? {
        Pair::One(start, end) => {
            let (start, end) = (Timestamp::from_nanos(start), Timestamp::from_nanos(end));
            let count = enter(py, || calendar.business_day_count(start, end))?;
            convert::to_python(py, &count)
        }
        Pair::Many(starts, ends) => {
            let counts = enter(py, || calendar.business_day_count_all(&starts, &ends))?;
            convert::ints_to_numpy(py, &counts)
        }
    }
}
