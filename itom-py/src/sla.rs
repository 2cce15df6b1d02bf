//! `itom.sla`: conversion only.

use itom_core::sla::{
    Availability, Calendar as CoreCalendar, CalendarDefinition, Clock as CoreClock, ClockAction,
    ClockEvent, ClockOptions, ClockStatus, Fraction, Objective as CoreObjective,
    ObjectiveDefinition, ObjectiveStatus, Outage, availability as core_availability,
};
use itom_core::{Duration, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::convert::{self, OneOrMany, Pair};
use crate::enter::{Handle, enter};
use crate::errors::{invalid, refused, wrong_type};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Calendar>()?;
    module.add_class::<Clock>()?;
    module.add_class::<Objective>()?;
    module.add_function(wrap_pyfunction!(availability, module)?)
}

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
pub struct Calendar(CoreCalendar);

#[pymethods]
impl Calendar {
    #[new]
    fn new(definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = definition.py();
        let document: CalendarDefinition = convert::definition(definition, "definition")?;
        enter(py, || CoreCalendar::new(document)).map(Calendar)
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

    fn __repr__(&self) -> String {
        format!("<itom.sla.Calendar in {}>", self.0.definition().tz)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let text = definition_text(&slf.get().0)?;
        Ok((slf.get_type().into_any(), PyTuple::new(slf.py(), [text])?))
    }
}

fn definition_text(calendar: &CoreCalendar) -> PyResult<String> {
    serde_json::to_string(calendar.definition())
        .map_err(|error| crate::errors::internal(&error.to_string()))
}

/// A `Calendar`, or the definition of one.
fn calendar(value: &Bound<'_, PyAny>) -> PyResult<CoreCalendar> {
    match value.cast::<Calendar>() {
        Ok(calendar) => Ok(calendar.get().0.clone()),
        Err(_) => {
            let document: CalendarDefinition = convert::definition(value, "calendar")?;
            enter(value.py(), || CoreCalendar::new(document))
        }
    }
}

/// An SLA clock: what happened to one promise, and where it stands at any instant.
///
/// Events count by the instant from which they hold, whenever they become known.
///
/// >>> import datetime as dt
/// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
/// >>> start = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> clock = itom.sla.Clock(target=dt.timedelta(hours=4), calendar=calendar, start=start)
/// >>> clock.apply({"at": start + dt.timedelta(hours=1), "do": "pause", "reason": "user"})
/// >>> status = clock.status(start + dt.timedelta(hours=3))
/// >>> status.state, status.business, status.paused
/// ('paused', datetime.timedelta(seconds=3600), datetime.timedelta(seconds=7200))
#[pyclass(frozen, module = "itom.sla")]
pub struct Clock(Handle<CoreClock>);

#[pymethods]
impl Clock {
    #[new]
    #[pyo3(signature = (*, target, calendar, start, retroactive_start=None,
                        retroactive_pauses=None, thresholds=None))]
    fn new(
        target: &Bound<'_, PyAny>,
        calendar: &Bound<'_, PyAny>,
        start: &Bound<'_, PyAny>,
        retroactive_start: Option<&Bound<'_, PyAny>>,
        retroactive_pauses: Option<&Bound<'_, PyAny>>,
        thresholds: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = target.py();
        let target = convert::duration(target, "target")?;
        let mut options =
            ClockOptions::new(target, self::calendar(calendar)?, convert::instant(start, "start")?);
        options.retroactive_start =
            convert::optional_instant(retroactive_start, "retroactive_start")?;
        if let Some(pauses) = retroactive_pauses.filter(|pauses| !pauses.is_none()) {
            options.retroactive_pauses = spans(pauses, "retroactive_pauses")?;
        }
        if let Some(thresholds) = thresholds.filter(|thresholds| !thresholds.is_none()) {
            options.thresholds = convert::floats(thresholds, "thresholds")?;
        }
        enter(py, || CoreClock::new(options)).map(|clock| Clock(Handle::new(clock)))
    }

    /// Takes an event: {"at": instant, "do": "pause" | "resume" | "stop" | "reopen" | "cancel" |
    /// "set_target" | "set_calendar", ...} with `reason`, `mode`, `target` or `target_s`,
    /// `calendar` beside it; or a list of events, all or none of them.
    fn apply(&self, event: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = event.py();
        let events = match event.cast::<PyList>() {
            Ok(events) => {
                events.iter().map(|event| clock_event(&event)).collect::<PyResult<_>>()?
            }
            Err(_) => vec![clock_event(event)?],
        };
        self.0.with(py, |clock| clock.apply_all(events))
    }

    /// Where the clock stands at an instant.
    fn status<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let status = self.0.with(py, |clock| Ok(clock.status(at)))?;
        status_to_python(py, &status)
    }

    /// Every second from the start to `at`, in segments that say why they counted or not and add
    /// up to the status.
    fn explain<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let segments = self.0.with(py, |clock| clock.explain(at))?;
        convert::to_python(py, &segments)
    }

    /// The clock as versioned, checksummed bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |clock| Ok(clock.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A clock from its bytes.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || CoreClock::from_bytes(&bytes)).map(|clock| Clock(Handle::new(clock)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}

/// An event; a calendar in it may be an object.
fn clock_event(event: &Bound<'_, PyAny>) -> PyResult<ClockEvent> {
    let given = event.cast::<PyDict>().ok().and_then(|event| event.get_item("calendar").ok()?);
    let Some(Ok(calendar)) = given.as_ref().map(|given| given.cast::<Calendar>()) else {
        return convert::definition(event, "event");
    };
    let py = event.py();
    let document = event.cast::<PyDict>()?.copy()?;
    let loads = py.import("json")?.getattr("loads")?;
    // A calendar that costs nothing stands in for the one that is compiled already.
    document.set_item("calendar", loads.call1((r#"{"tz": "UTC"}"#,))?)?;
    let mut event: ClockEvent = convert::definition(document.as_any(), "event")?;
    if let ClockAction::SetCalendar { calendar: stand_in } = &mut event.action {
        *stand_in = calendar.get().0.clone();
    }
    Ok(event)
}

fn status_to_python<'py>(py: Python<'py>, status: &ClockStatus) -> PyResult<Bound<'py, PyAny>> {
    let record = convert::to_python(py, status)?;
    let thresholds = PyDict::new(py);
    for threshold in &status.thresholds {
        let at = threshold.at.map(|at| convert::instant_to_python(py, at)).transpose()?;
        thresholds.set_item(threshold.share, at)?;
    }
    record.set_item("thresholds", thresholds)?;
    Ok(record)
}

/// A list of pairs of instants.
fn spans(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<(Timestamp, Timestamp)>> {
    let pairs = pairs(value, argument)?;
    let pair = |(from, until): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        Ok((convert::instant(&from, argument)?, convert::instant(&until, argument)?))
    };
    pairs.into_iter().map(pair).collect()
}

type AnyPair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

fn pairs<'py>(value: &Bound<'py, PyAny>, argument: &str) -> PyResult<Vec<AnyPair<'py>>> {
    let expected = "a list of (from, until) pairs of instants";
    let failed = |cause| refused(cause, argument, value, expected);
    let mut pairs = Vec::new();
    for pair in value.try_iter().map_err(failed)? {
        let pair = pair.map_err(failed)?;
        let cells: Vec<_> =
            pair.try_iter().map_err(failed)?.collect::<PyResult<_>>().map_err(failed)?;
        let [from, until] = cells.try_into().map_err(|_| invalid(argument, &pair, expected))?;
        pairs.push((from, until));
    }
    Ok(pairs)
}

/// A service level objective: a share of good events or time slices over a rolling window.
///
/// `definition` is a dict or JSON text; or its fields are given by name: `target` in percent
/// ("99.9"), `window`, `budgeting` ("occurrences" or "timeslices"), `resolution`, `slice_target`,
/// `alerts`. Sums and verdicts are exact.
///
/// >>> import datetime as dt
/// >>> objective = itom.sla.Objective(target="99.9", window=dt.timedelta(days=30))
/// >>> at = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> objective.record(at, good=9995, total=10000)
/// >>> status = objective.status(at)
/// >>> status.budget, status.consumed, status.remaining, status.state
/// (Fraction(10, 1), 5, Fraction(5, 1), 'ok')
#[pyclass(frozen, module = "itom.sla")]
pub struct Objective(Handle<CoreObjective>);

#[pymethods]
impl Objective {
    #[new]
    #[pyo3(signature = (definition=None, /, **fields))]
    fn new(
        py: Python<'_>,
        definition: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let document: ObjectiveDefinition = match (definition, fields) {
            (Some(definition), None) => convert::definition(definition, "definition")?,
            (None, Some(fields)) => convert::definition(fields.as_any(), "definition")?,
            (None, None) => convert::definition(PyDict::new(py).as_any(), "definition")?,
            (Some(definition), Some(_)) => {
                let expected = "a definition or fields by name, not both";
                return Err(wrong_type("definition", definition, expected));
            }
        };
        enter(py, || CoreObjective::new(document)).map(|core| Objective(Handle::new(core)))
    }

    /// Counts `good` of `total` events at an instant, or arrays of them, all or none.
    fn record(
        &self,
        at: &Bound<'_, PyAny>,
        good: &Bound<'_, PyAny>,
        total: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = at.py();
        match convert::instants(at, "at")? {
            OneOrMany::One(at) => {
                let (good, total) =
                    (convert::count(good, "good")?, convert::count(total, "total")?);
                self.0.with(py, |core| core.record(Timestamp::from_nanos(at), good, total))
            }
            OneOrMany::Many(instants) => {
                let (good, total) = (counts(good, "good")?, counts(total, "total")?);
                self.0.with(py, |core| core.record_all(&instants, &good, &total))
            }
        }
    }

    /// Where it stands: budget, what is left of it, burn rates, alerts.
    fn status<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let status = self.0.with(py, |core| core.status(at))?;
        objective_to_python(py, &status)
    }

    /// How many times faster than allowed the budget burned over the `window` before `at`; None
    /// without data.
    fn burn_rate<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        window: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = at.py();
        let (at, window) = (convert::instant(at, "at")?, convert::duration(window, "window")?);
        let rate = self.0.with(py, |core| core.burn_rate(at, window))?;
        rate.map(|rate| fraction(py, rate)).transpose()
    }

    /// How long what is left of the budget lasts at the burn rate over the `window` before `at`.
    fn time_to_exhaustion<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        window: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = at.py();
        let (at, window) = (convert::instant(at, "at")?, convert::duration(window, "window")?);
        let left = self.0.with(py, |core| core.time_to_exhaustion(at, window))?;
        left.map(|left| convert::duration_to_python(py, left)).transpose()
    }

    /// The objective as versioned, checksummed bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |core| Ok(core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// An objective from its bytes.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || CoreObjective::from_bytes(&bytes))
            .map(|core| Objective(Handle::new(core)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}

fn counts(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<u64>> {
    let failed = |cause| refused(cause, argument, value, "an array of counts");
    let cells = value.try_iter().map_err(failed)?;
    cells.map(|cell| convert::count(&cell.map_err(failed)?, argument)).collect()
}

/// A `fractions.Fraction`.
fn fraction(py: Python<'_>, fraction: Fraction) -> PyResult<Bound<'_, PyAny>> {
    let (numerator, denominator) = (fraction.numerator(), fraction.denominator());
    // Text, since 128-bit integers are not in the stable ABI.
    let text = format!("{numerator}/{denominator}");
    py.import("fractions")?.getattr("Fraction")?.call1((text,))
}

fn objective_to_python<'py>(
    py: Python<'py>,
    status: &ObjectiveStatus,
) -> PyResult<Bound<'py, PyAny>> {
    let record = convert::to_python(py, status)?;
    record.set_item("budget", fraction(py, status.budget)?)?;
    record.set_item("remaining", fraction(py, status.remaining)?)?;
    record.set_item("sli", status.sli.map(|sli| fraction(py, sli)).transpose()?)?;
    for (alert, own) in status.alerts.iter().zip(record.get_item("alerts")?.try_iter()?) {
        own?.set_item("factor", fraction(py, alert.factor)?)?;
    }
    Ok(record)
}

/// The availability of a service in a period: outages united, `excluded` spans (agreed
/// maintenance) left out of both sides, looked at `at` (the period's end if None).
///
/// `outages` are (from, until) pairs; `until` is None for one that still goes on.
///
/// >>> import datetime as dt
/// >>> june, july = (dt.datetime(2026, month, 1, tzinfo=dt.timezone.utc) for month in (6, 7))
/// >>> outage = (june + dt.timedelta(days=9), june + dt.timedelta(days=9, hours=1))
/// >>> report = itom.sla.availability((june, july), [outage])
/// >>> report.availability, report.downtime
/// (Fraction(719, 720), datetime.timedelta(seconds=3600))
#[pyfunction]
#[pyo3(signature = (period, outages, *, excluded=None, at=None))]
fn availability<'py>(
    period: &Bound<'py, PyAny>,
    outages: &Bound<'py, PyAny>,
    excluded: Option<&Bound<'py, PyAny>>,
    at: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = period.py();
    let whole = spans(PyList::new(py, [period])?.as_any(), "period")?;
    let outage = |(from, until): AnyPair<'py>| -> PyResult<Outage> {
        let until = convert::optional_instant(Some(&until), "outages")?;
        Ok((convert::instant(&from, "outages")?, until))
    };
    let outages: Vec<Outage> =
        pairs(outages, "outages")?.into_iter().map(outage).collect::<PyResult<_>>()?;
    let excluded = excluded.filter(|excluded| !excluded.is_none());
    let excluded = excluded.map_or(Ok(Vec::new()), |excluded| spans(excluded, "excluded"))?;
    let at = convert::optional_instant(at, "at")?;
    let report: Availability = enter(py, || core_availability(whole[0], &outages, &excluded, at))?;
    let record = convert::to_python(py, &report)?;
    let exact = report.availability.map(|share| fraction(py, share)).transpose()?;
    record.set_item("availability", exact)?;
    Ok(record)
}
