//! `itom.sla.Objective`: conversion only.

use itom_core::Timestamp;
use itom_core::sla::{
    BurnAlert, Evaluation, Fraction, Objective as CoreObjective, ObjectiveDefinition,
    ObjectiveState, burn_alerts as core_burn_alerts,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::values::counts;
use crate::convert::{self, OneOrMany};
use crate::enter::{Handle, enter};
use crate::errors::{raise, wrong_type};

/// A service level objective: a share of good events or time slices over a window that rolls or
/// follows a calendar.
///
/// `definition` is a dict or JSON text; or its fields are given by name: `target` in percent
/// ("99.9"), `window` (a timedelta, "30d", with a calendar "1M"), `calendar` ({"tz": ..., "start":
/// ...}), `history` (how many windows before stay answerable), `indicator` ({"threshold": {"op":
/// "lte", "value": 0.3}}), `budgeting` ("occurrences", "timeslices", "ratio_timeslices"),
/// `resolution`, `slice_target`, `no_data` ("ignore", "good", "bad"), `min_events`, `alerts` (a list
/// of {"name", "budget" or "factor", "long", "short", "pending", "inclusive"}, or the name
/// "sre_workbook" or "sloth"; for other presets see `burn_alerts`), `policies` ([{"name", "above",
/// "up_to", "action"}]). `itom.schema("objective_definition")` has them in full. Sums and verdicts are
/// exact.
///
/// >>> import datetime as dt
/// >>> objective = itom.sla.Objective(target="99.9", window=dt.timedelta(days=30))
/// >>> at = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> objective.record(at, good=9995, total=10000)
/// >>> status = objective.status(at)
/// >>> status.budget, status.consumed, status.remaining, status.state
/// (Fraction(10, 1), Fraction(5, 1), Fraction(5, 1), 'ok')
/// >>> objective
/// <itom.sla.Objective of 999/10 % over PT720H, 4 alerts>
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

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |core| {
            let ObjectiveDefinition { target, window, alerts, .. } = core.definition();
            let alerts = alerts.len();
            Ok(format!("<itom.sla.Objective of {target} % over {window}, {alerts} alerts>"))
        })
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

    /// Counts `bad` of `total` events at an instant, or arrays of them, all or none.
    fn record_bad(
        &self,
        at: &Bound<'_, PyAny>,
        bad: &Bound<'_, PyAny>,
        total: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = at.py();
        match convert::instants(at, "at")? {
            OneOrMany::One(at) => {
                let (bad, total) = (convert::count(bad, "bad")?, convert::count(total, "total")?);
                self.0.with(py, |core| core.record_bad(Timestamp::from_nanos(at), bad, total))
            }
            OneOrMany::Many(instants) => {
                let (bad, total) = (counts(bad, "bad")?, counts(total, "total")?);
                self.0.with(py, |core| core.record_bad_all(&instants, &bad, &total))
            }
        }
    }

    /// Counts measured values as good or bad events, as the threshold of the indicator says; NaN
    /// counts as nothing. One instant and value, or arrays of them.
    ///
    /// >>> import datetime as dt
    /// >>> fast = {"threshold": {"op": "lte", "value": 0.3}}
    /// >>> objective = itom.sla.Objective(target="99", window="30d", indicator=fast)
    /// >>> at = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
    /// >>> objective.record_values([at, at, at], [0.1, 0.3, 0.4])
    /// >>> objective.status(at).good
    /// 2
    fn record_values(&self, at: &Bound<'_, PyAny>, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = at.py();
        match convert::instants(at, "at")? {
            OneOrMany::One(at) => {
                let value = convert::number(values, "values")?;
                self.0.with(py, |core| core.record_value(Timestamp::from_nanos(at), value))
            }
            OneOrMany::Many(instants) => {
                let values = convert::floats(values, "values")?;
                self.0.with(py, |core| core.record_values(&instants, &values))
            }
        }
    }

    /// Corrects what was counted in the bucket of an instant: adds to its good and all events, or
    /// with negative numbers takes from them.
    fn adjust(
        &self,
        at: &Bound<'_, PyAny>,
        good: &Bound<'_, PyAny>,
        total: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let (good, total) = (convert::whole(good, "good")?, convert::whole(total, "total")?);
        self.0.with(py, |core| core.adjust(at, good, total))
    }

    /// Leaves a span of time out of numerator and denominator, whenever it was counted or will be:
    /// maintenance. Every bucket that it touches is left out whole.
    fn exclude(&self, start: &Bound<'_, PyAny>, until: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = start.py();
        let (from, until) = (convert::instant(start, "start")?, convert::instant(until, "until")?);
        self.0.with(py, |core| core.exclude(from, until))
    }

    /// Takes a span of time back in that was excluded, with what it counted.
    fn include(&self, start: &Bound<'_, PyAny>, until: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = start.py();
        let (from, until) = (convert::instant(start, "start")?, convert::instant(until, "until")?);
        self.0.with(py, |core| core.include(from, until))
    }

    /// The spans that are excluded, as (start, until).
    fn exclusions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let spans = self.0.with(py, |core| Ok(core.exclusions()))?;
        convert::to_python(py, &spans)
    }

    /// The verdict and the alerts that fire, as bits: bit n is the n-th of `status(at).alerts`. Of
    /// an array of instants a pair of arrays: states (0 no data, 1 ok, 2 burning, 3 exhausted) and
    /// alerts that fire.
    ///
    /// >>> import datetime as dt
    /// >>> objective = itom.sla.Objective(target="99.9", window="30d")
    /// >>> at = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
    /// >>> objective.record(at, good=8, total=10)
    /// >>> objective.evaluate(at).state, bin(objective.evaluate(at).firing)
    /// ('exhausted', '0b1111')
    fn evaluate<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        match convert::instants(at, "at")? {
            OneOrMany::One(at) => {
                let at = Timestamp::from_nanos(at);
                let evaluation = self.0.with(py, |core| core.evaluate(at))?;
                convert::to_python(py, &evaluation)
            }
            OneOrMany::Many(instants) => {
                let all = self.0.with(py, |core| core.evaluate_all(&instants))?;
                let states: Vec<i64> = all.iter().map(state).collect();
                let firing: Vec<i64> = all.iter().map(|one| one.firing.cast_signed()).collect();
                let arrays = [
                    convert::ints_to_numpy(py, &states)?.into_any(),
                    convert::ints_to_numpy(py, &firing)?.into_any(),
                ];
                Ok(PyTuple::new(py, arrays)?.into_any())
            }
        }
    }

    /// What the budgets of the windows came to that share an instant with the time from `start` to
    /// `end`: of a calendar its periods, of a rolling window those that follow each other.
    fn windows<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
        let windows = self.0.with(py, |core| core.windows(start, end))?;
        convert::to_python(py, &windows)
    }

    /// The definition, as a dict.
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let definition = self.0.with(py, |core| Ok(core.definition().clone()))?;
        convert::to_python(py, &definition)
    }

    /// The error budget of a whole window, and of so many events, exactly. A month counts 30 days
    /// here; what a certain month had is told by `windows`.
    ///
    /// >>> itom.sla.Objective(target="99.9", window="30d").budget(10000).seconds
    /// Fraction(2592, 1)
    #[pyo3(signature = (events=None))]
    fn budget<'py>(
        &self,
        py: Python<'py>,
        events: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let events = events.map_or(Ok(0), |events| convert::count(events, "events"))?;
        let budget = self.0.with(py, |core| core.definition().budget(events))?;
        convert::to_python(py, &budget)
    }

    /// How soon an alert tells of an outage with a ratio of errors, and of its end, exactly.
    ///
    /// >>> objective = itom.sla.Objective(target="99.9", window="30d")
    /// >>> page = {"name": "page", "factor": "14.4", "long": "1h", "short": "5m"}
    /// >>> float(objective.alert_times(page, 1).detection_seconds)
    /// 51.84
    fn alert_times<'py>(
        &self,
        alert: &Bound<'py, PyAny>,
        error_ratio: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = alert.py();
        let alert: BurnAlert = convert::definition(alert, "alert")?;
        let ratio = fraction(error_ratio, "error_ratio")?;
        let times = self.0.with(py, |core| core.definition().alert_times(&alert, ratio))?;
        convert::to_python(py, &times)
    }

    /// How long a whole budget lasts at a burn rate, exactly, in seconds; None when nothing burns.
    fn exhaustion_seconds<'py>(
        &self,
        burn_rate: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = burn_rate.py();
        let rate = fraction(burn_rate, "burn_rate")?;
        let seconds = self.0.with(py, |core| core.definition().exhaustion_seconds(rate))?;
        seconds.map(|seconds| convert::to_python(py, &seconds)).transpose()
    }

    /// How many slices of a whole window an outage may last, when a slice of it has one ratio of
    /// errors and every other slice another, and each counts as its own ratio.
    fn outage_slices<'py>(
        &self,
        outage: &Bound<'py, PyAny>,
        usual: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = outage.py();
        let (outage, usual) = (fraction(outage, "outage")?, fraction(usual, "usual")?);
        let slices = self.0.with(py, |core| core.definition().outage_slices(outage, usual))?;
        slices.map(|slices| convert::to_python(py, &slices)).transpose()
    }

    /// Whether counting began when the window at an instant did, or before.
    fn covers_window(&self, at: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        self.0.with(py, |core| Ok(core.covers_window(at)))
    }

    /// Where it stands: budget, what is left of it, burn rates, alerts.
    fn status<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let status = self.0.with(py, |core| core.status(at))?;
        convert::to_python(py, &status)
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
        rate.map(|rate| convert::to_python(py, &rate)).transpose()
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

/// A number, exactly: an int, a Fraction, a Decimal, text; a float is the decimal that it shows.
fn fraction(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Fraction> {
    let text = value.str()?.to_string();
    text.parse::<Fraction>().map_err(|error| raise(error.about(argument).within(argument)))
}

fn state(evaluation: &Evaluation) -> i64 {
    match evaluation.state {
        ObjectiveState::NoData => 0,
        ObjectiveState::Ok => 1,
        ObjectiveState::Burning => 2,
        ObjectiveState::Exhausted => 3,
    }
}

/// The burn-rate alerts of a preset, for an objective's window: "sre_workbook", "sloth" (and its
/// periods "sloth_30d", "sloth_28d"), "pyrra".
///
/// >>> import datetime as dt
/// >>> [alert.long for alert in itom.sla.burn_alerts("pyrra", dt.timedelta(days=14))][:2]
/// [datetime.timedelta(seconds=1800), datetime.timedelta(seconds=10800)]
/// >>> page = itom.sla.burn_alerts("sloth", dt.timedelta(days=30))[0]
/// >>> page.budget, page.factor, page.pending
/// (Fraction(2, 1), None, datetime.timedelta(0))
#[pyfunction]
pub fn burn_alerts<'py>(
    preset: &Bound<'py, PyAny>,
    window: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = preset.py();
    let (preset, window) = (convert::text(preset, "preset")?, convert::duration(window, "window")?);
    let alerts = enter(py, || core_burn_alerts(&preset, window))?;
    let records = convert::to_python(py, &alerts)?;
    // A definition leaves out what is as usual; a record has all its fields.
    let usual = PyDict::new(py);
    usual.set_item("budget", py.None())?;
    usual.set_item("factor", py.None())?;
    usual.set_item("pending", convert::duration_to_python(py, itom_core::Duration::ZERO)?)?;
    usual.set_item("inclusive", false)?;
    for record in records.try_iter()? {
        let record = record?;
        for (name, value) in usual.iter() {
            record.call_method1("setdefault", (name, value))?;
        }
    }
    Ok(records)
}
