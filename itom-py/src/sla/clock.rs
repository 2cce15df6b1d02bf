//! `itom.sla.Clock`: conversion only.

use itom_core::sla::{Clock as CoreClock, ClockAction, ClockEvent, ClockOptions, ClockStatus};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::calendar::{Calendar, calendar};
use super::values::spans;
use crate::convert;
use crate::enter::{Handle, enter};
use crate::errors::invalid;

/// An SLA clock: what happened to one promise, and where it stands at any instant.
///
/// Events count by the instant from which they hold, whenever they become known. All time is that
/// of `calendar` (a `Calendar` or a definition), and `target` the time that may be used of it. Options
/// by name: `retroactive_start` (count from there), `retroactive_pauses` (a list of (from, until)
/// before the start), `thresholds` (shares to be told of, by default 0.5 and 0.75), `breach`
/// ("elapsed": more time used than the target; "due_date": stopped after the due date), `at_equality`
/// ("met" or "breached": what exactly the target is). What happens is told by `apply`.
///
/// On a calendar that never opens the clock never runs out: `breach_at` is None.
///
/// >>> import datetime as dt
/// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
/// >>> start = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> clock = itom.sla.Clock(target=dt.timedelta(hours=4), calendar=calendar, start=start)
/// >>> clock.apply({"at": start + dt.timedelta(hours=1), "do": "pause", "reason": "user"})
/// >>> status = clock.status(start + dt.timedelta(hours=3))
/// >>> status.state, status.business, status.paused
/// ('paused', datetime.timedelta(seconds=3600), datetime.timedelta(seconds=7200))
/// >>> clock
/// <itom.sla.Clock of 4h from 2026-06-15T10:00:00Z, 1 events>
#[pyclass(frozen, module = "itom.sla")]
pub struct Clock(pub(super) Handle<CoreClock>);

#[pymethods]
impl Clock {
    #[new]
    #[pyo3(signature = (*, target, calendar, start, **options))]
    fn new(
        target: &Bound<'_, PyAny>,
        calendar: &Bound<'_, PyAny>,
        start: &Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let py = target.py();
        let target = convert::duration(target, "target")?;
        let begun =
            ClockOptions::new(target, self::calendar(calendar)?, convert::instant(start, "start")?);
        let options = read_options(begun, options)?;
        enter(py, || CoreClock::new(options)).map(|clock| Clock(Handle::new(clock)))
    }

    /// Takes an event: {"at": instant, "do": "pause" | "resume" | "stop" | "reopen" | "cancel" |
    /// "set_target" | "set_calendar" | "set_zone" | "retract", ...} with `reason`, `mode`, `target`
    /// or `target_s`, `calendar`, `tz`, `scope` ("whole" or "from_now") beside it; or a list of
    /// events, all or none of them.
    ///
    /// Of the events with one `id` the one with the latest `recorded_at` counts, so that sending it
    /// again corrects it and {"do": "retract", "id": ..., "recorded_at": ...} withdraws it.
    fn apply(&self, event: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = event.py();
        let events = match event.cast::<PyList>() {
            Ok(events) => {
                let each = |(index, event): (usize, Bound<'_, PyAny>)| {
                    clock_event(&event, &format!("event[{index}]"))
                };
                events.iter().enumerate().map(each).collect::<PyResult<_>>()?
            }
            Err(_) => vec![clock_event(event, "event")?],
        };
        self.0.with(py, |clock| clock.apply_all(events))
    }

    /// Where the clock stands at an instant; with `known`, by what was known then: events that were
    /// recorded later, and corrections among them, are not looked at.
    #[pyo3(signature = (at, known=None))]
    fn status<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        known: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let known = convert::optional_instant(known, "known")?;
        let status = self.0.with(py, |clock| {
            Ok(known.map_or_else(|| clock.status(at), |known| clock.status_known(at, known)))
        })?;
        status_to_python(py, &status)
    }

    /// Every second from the start to `at`, in segments that say why they counted or not and add
    /// up to the status.
    #[pyo3(signature = (at, known=None))]
    fn explain<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        known: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let known = convert::optional_instant(known, "known")?;
        let segments = self.0.with(py, |clock| match known {
            Some(known) => clock.explain_known(at, known),
            None => clock.explain(at),
        })?;
        convert::to_python(py, &segments)
    }

    /// The same clock with its calendars compiled under other zone rules.
    fn recompiled(&self, zones: &Bound<'_, super::zones::ZoneDatabase>) -> PyResult<Self> {
        let database = &zones.get().0;
        let clock = self.0.with(zones.py(), |clock| clock.recompiled(database))?;
        Ok(Clock(Handle::new(clock)))
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

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |clock| {
            let ClockOptions { target, start, .. } = clock.options();
            let events = clock.events().len();
            Ok(format!("<itom.sla.Clock of {} from {start}, {events} events>", short(*target)))
        })
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}

/// A duration as `4h30m`.
fn short(duration: itom_core::Duration) -> String {
    duration.to_string().trim_start_matches("PT").to_lowercase()
}

/// The options that both a clock and a ledger take by keyword, over those that begin with.
pub(super) fn read_options(
    mut options: ClockOptions,
    given: Option<&Bound<'_, PyDict>>,
) -> PyResult<ClockOptions> {
    for (name, value) in given.into_iter().flatten() {
        let name = convert::text(&name, "keyword")?;
        if value.is_none() {
            continue;
        }
        match name.as_str() {
            "retroactive_start" => {
                options.retroactive_start = Some(convert::instant(&value, "retroactive_start")?);
            }
            "retroactive_pauses" => {
                options.retroactive_pauses = spans(&value, "retroactive_pauses")?;
            }
            "thresholds" => options.thresholds = convert::floats(&value, "thresholds")?,
            "breach" => {
                options.breach = convert::definition(&value_as_json(&value, "breach")?, "breach")?
            }
            "at_equality" => {
                options.at_equality =
                    convert::definition(&value_as_json(&value, "at_equality")?, "at_equality")?;
            }
            _ => {
                let expected = "one of retroactive_start, retroactive_pauses, thresholds, breach, \
                                at_equality";
                let name = PyString::new(value.py(), &name);
                return Err(invalid("keyword", name.as_any(), expected));
            }
        }
    }
    Ok(options)
}

/// A word as the JSON text of it.
fn value_as_json<'py>(value: &Bound<'py, PyAny>, argument: &str) -> PyResult<Bound<'py, PyAny>> {
    let word = convert::text(value, argument)?;
    Ok(PyString::new(value.py(), &format!("{word:?}")).into_any())
}

/// An event; a calendar in it may be an object.
pub(super) fn clock_event(event: &Bound<'_, PyAny>, argument: &str) -> PyResult<ClockEvent> {
    let given = event.cast::<PyDict>().ok().and_then(|event| event.get_item("calendar").ok()?);
    let Some(Ok(calendar)) = given.as_ref().map(|given| given.cast::<Calendar>()) else {
        return convert::definition(event, argument);
    };
    let py = event.py();
    let document = event.cast::<PyDict>()?.copy()?;
    let loads = py.import("json")?.getattr("loads")?;
    // A calendar that costs nothing stands in for the one that is compiled already.
    document.set_item("calendar", loads.call1((r#"{"tz": "UTC"}"#,))?)?;
    let mut event: ClockEvent = convert::definition(document.as_any(), argument)?;
    if let ClockAction::SetCalendar { calendar: stand_in } = &mut event.action {
        *stand_in = calendar.get().0.clone();
    }
    Ok(event)
}

pub(super) fn status_to_python<'py>(
    py: Python<'py>,
    status: &ClockStatus,
) -> PyResult<Bound<'py, PyAny>> {
    let record = convert::to_python(py, status)?;
    let thresholds = PyDict::new(py);
    for threshold in &status.thresholds {
        let at = threshold.at.map(|at| convert::instant_to_python(py, at)).transpose()?;
        thresholds.set_item(threshold.share, at)?;
    }
    record.set_item("thresholds", thresholds)?;
    Ok(record)
}
