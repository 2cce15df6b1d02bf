//! `itom.anomaly`: conversion only.

mod changepoint;
mod decompose;
mod evaluate;
mod forecast;

use itom_core::anomaly::{Detector as Core, NabProfile, NabSeries, Verdicts};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::convert;
use crate::enter::{Handle, enter};
use crate::errors::wrong_type;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Detector>()?;
    module.add_function(wrap_pyfunction!(nab_score, module)?)?;
    decompose::register(module)?;
    changepoint::register(module)?;
    forecast::register(module)?;
    evaluate::register(module)
}

/// A streaming anomaly detector for one series. It needs no argument: no scale, period or training.
///
/// NaN (or None) is a missing value. A point older than the one before it is counted, not judged.
/// Infinite values are taken as very large ones. Times of day are UTC.
///
/// With `alarms_per_week` it raises about so many alarms on a series where nothing happens, and
/// hardly more on a troubled one; without, the fence is fixed: about one false alarm in two
/// thousand points.
///
/// >>> import numpy as np
/// >>> times = np.datetime64("2026-06-15T00:00", "ns") + np.arange(500) * np.timedelta64(60, "s")
/// >>> values = 40.0 + np.arange(500) * 37 % 11
/// >>> values[400] = 95.0
/// >>> detector = itom.anomaly.Detector()
/// >>> [int(i) for i in np.flatnonzero(detector.alerts(times, values) >= 0.5)]
/// [400]
#[pyclass(frozen, module = "itom.anomaly")]
pub struct Detector(Handle<Core>);

#[pymethods]
impl Detector {
    #[new]
    #[pyo3(signature = (*, alarms_per_week=None))]
    fn new(alarms_per_week: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(budget) = alarms_per_week else {
            return Ok(Detector(Handle::new(Core::new())));
        };
        let alarms = convert::number(budget, "alarms_per_week")?;
        let core = enter(budget.py(), || Core::with_budget(alarms))?;
        Ok(Detector(Handle::new(core)))
    }

    /// The budget it was made with, if any.
    ///
    /// >>> itom.anomaly.Detector(alarms_per_week=1.0).alarms_per_week
    /// 1.0
    #[getter]
    fn alarms_per_week(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.0.with(py, |core| Ok(core.alarms_per_week()))
    }

    /// Judges one point, then learns it.
    ///
    /// >>> import datetime as dt
    /// >>> start = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc)
    /// >>> detector = itom.anomaly.Detector()
    /// >>> for minute in range(300):
    /// ...     verdict = detector.update(start + dt.timedelta(minutes=minute), 20.0)
    /// >>> verdict.anomalous, verdict.expected
    /// (False, 20.0)
    /// >>> verdict = detector.update(start + dt.timedelta(minutes=300), 35.0)
    /// >>> verdict.anomalous, verdict.direction
    /// (True, 'above')
    /// >>> print(verdict.reason)
    /// 281 times the usual distance above the long-term level
    fn update<'py>(
        &self,
        time: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = time.py();
        let time = convert::instant(time, "time")?;
        let value = if value.is_none() { f64::NAN } else { convert::number(value, "value")? };
        let verdict = self.0.with(py, |core| core.update(time, value))?;
        convert::to_python(py, &verdict)
    }

    /// The scores of many points, as float64 array: bit for bit those of as many updates.
    ///
    /// The state advances as by those updates. If the arrays are refused, it is as it was.
    ///
    /// >>> import numpy as np
    /// >>> times = np.array(["2026-06-15T10:00", "2026-06-15T10:05"], "datetime64[ns]")
    /// >>> itom.anomaly.Detector().score(times, [1.0, None])
    /// array([0., 0.])
    fn score<'py>(
        &self,
        timestamps: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = timestamps.py();
        let (times, values) = columns(timestamps, values)?;
        let scores = self.0.with(py, |core| core.score(&times, &values))?;
        convert::floats_to_numpy(py, &scores)
    }

    /// The alerts of many points: 0 but where an alarm starts or escalates, else its strength.
    ///
    /// 0.5 is the fence at which to wake someone; weaker alarms are given too.
    ///
    /// >>> import numpy as np
    /// >>> times = np.datetime64("2026-06-15", "ns") + np.arange(300) * np.timedelta64(60, "s")
    /// >>> values = np.where(np.arange(300) < 250, 20.0, 35.0)
    /// >>> [int(i) for i in np.flatnonzero(itom.anomaly.Detector().alerts(times, values) >= 0.5)]
    /// [250]
    fn alerts<'py>(
        &self,
        timestamps: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = timestamps.py();
        let (times, values) = columns(timestamps, values)?;
        let alerts = self.0.with(py, |core| core.alerts(&times, &values))?;
        convert::floats_to_numpy(py, &alerts)
    }

    /// The whole verdicts of many points as columns: for plots and tables.
    ///
    /// >>> import numpy as np
    /// >>> times = np.datetime64("2026-06-15", "ns") + np.arange(3) * np.timedelta64(60, "s")
    /// >>> verdicts = itom.anomaly.Detector().verdicts(times, [1.0, 1.0, 1.0])
    /// >>> verdicts.expected
    /// array([nan,  1.,  1.])
    fn verdicts<'py>(
        &self,
        timestamps: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = timestamps.py();
        let (times, values) = columns(timestamps, values)?;
        let verdicts = self.0.with(py, |core| core.verdicts(&times, &values))?;
        columns_to_python(py, &times, &values, &verdicts)
    }

    /// Points judged so far: neither missing nor late.
    #[getter]
    fn points(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |core| Ok(core.points()))
    }

    /// Points without a value so far.
    #[getter]
    fn missing(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |core| Ok(core.missing()))
    }

    /// Points that were older than the one before them, and were not judged.
    #[getter]
    fn late(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |core| Ok(core.late()))
    }

    /// The whole state; equal states give equal bytes.
    ///
    /// >>> detector = itom.anomaly.Detector()
    /// >>> itom.anomaly.Detector.from_bytes(detector.to_bytes()).points
    /// 0
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |core| Ok(core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A detector from `to_bytes`, to go on bit for bit.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || Core::from_bytes(&bytes)).map(|core| Detector(Handle::new(core)))
    }

    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let from_bytes = py.get_type::<Self>().getattr("from_bytes")?;
        Ok((from_bytes, (self.to_bytes(py)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (points, clock) = self.0.with(py, |core| Ok((core.points(), core.clock())))?;
        let clock = clock.map_or(String::new(), |clock| format!(" up to {clock}"));
        Ok(format!("<itom.anomaly.Detector: {points} points{clock}>"))
    }
}

/// The NAB score of a detector on a corpus, by the rules of the Numenta Anomaly Benchmark v1.1.
///
/// `series` is a list of pairs: the score of every row, and the labelled windows as pairs of rows,
/// first and last inclusive. `profile` is "standard", "reward_low_FP_rate" or "reward_low_FN_rate".
/// Without a `threshold` the best one is searched in hindsight, as the benchmark does.
///
/// >>> scores = [0.0] * 100
/// >>> scores[60] = 0.9
/// >>> result = itom.anomaly.nab_score([(scores, [(60, 69)])])
/// >>> result.score, result.windows_hit, result.false_positive_points
/// (100.0, 1, 0)
#[pyfunction]
#[pyo3(signature = (series, *, profile=None, threshold=None))]
fn nab_score<'py>(
    series: &Bound<'py, PyAny>,
    profile: Option<&Bound<'py, PyAny>>,
    threshold: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = series.py();
    let profile = match profile.filter(|profile| !profile.is_none()) {
        None => NabProfile::default(),
        Some(profile) => {
            let name = convert::text(profile, "profile")?;
            enter(py, || name.parse::<NabProfile>())?
        }
    };
    let threshold = threshold
        .filter(|threshold| !threshold.is_none())
        .map(|threshold| convert::number(threshold, "threshold"))
        .transpose()?;
    let expected = "a list of pairs (scores, windows)";
    let refused = |value: &Bound<'py, PyAny>| wrong_type("series", value, expected);
    let mut corpus = Vec::new();
    for pair in series.try_iter().map_err(|_| refused(series))? {
        let pair = pair?;
        let both = pair.try_iter().and_then(|cells| cells.collect::<PyResult<Vec<_>>>());
        let Ok([scores, windows]) = <[Bound<'_, PyAny>; 2]>::try_from(both.unwrap_or_default())
        else {
            return Err(refused(&pair));
        };
        corpus.push((convert::floats(&scores, "scores")?, window_rows(&windows)?));
    }
    let result = enter(py, || {
        let series: Vec<_> =
            corpus.iter().map(|(scores, windows)| NabSeries { scores, windows }).collect();
        itom_core::anomaly::nab_score(&series, profile, threshold)
    })?;
    convert::to_python(py, &result)
}

fn window_rows(windows: &Bound<'_, PyAny>) -> PyResult<Vec<(usize, usize)>> {
    let refused = |value: &Bound<'_, PyAny>| {
        wrong_type("windows", value, "a list of pairs of rows (first, last)")
    };
    let mut rows = Vec::new();
    for window in windows.try_iter().map_err(|_| refused(windows))? {
        let window = window?;
        rows.push(window.extract::<(usize, usize)>().map_err(|_| refused(&window))?);
    }
    Ok(rows)
}

fn columns(
    timestamps: &Bound<'_, PyAny>,
    values: &Bound<'_, PyAny>,
) -> PyResult<(Vec<i64>, Vec<f64>)> {
    let times = convert::instants_array(timestamps, "timestamps")?;
    Ok((times, convert::floats(values, "values")?))
}

/// `itom.types.Verdicts` with a numpy array for each column; reasons as sentences.
fn columns_to_python<'py>(
    py: Python<'py>,
    times: &[i64],
    values: &[f64],
    verdicts: &Verdicts,
) -> PyResult<Bound<'py, PyAny>> {
    let columns = PyDict::new(py);
    columns.set_item("time", convert::times_to_numpy(py, times)?)?;
    for (name, column) in [
        ("value", values),
        ("score", &verdicts.score),
        ("alert", &verdicts.alert),
        ("p_value", &verdicts.p_value),
        ("expected", &verdicts.expected),
        ("lower", &verdicts.lower),
        ("upper", &verdicts.upper),
    ] {
        columns.set_item(name, convert::floats_to_numpy(py, column)?)?;
    }
    columns.set_item("anomalous", convert::bools_to_numpy(py, &verdicts.anomalous)?)?;
    let reasons: Vec<String> = verdicts.reason.iter().map(ToString::to_string).collect();
    columns.set_item("reason", reasons)?;
    py.import("itom.types")?.getattr("Verdicts")?.call(PyTuple::empty(py), Some(&columns))
}
