//! `itom.sla.BreachForecast` and the scores of probabilities: conversion only.

use itom_core::Error;
use itom_core::sla::{
    BreachForecast as Core, BreachForecastDefinition, auc as core_auc, brier as core_brier,
    reliability_curve as core_reliability_curve,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::sync::Arc;

use crate::convert;
use crate::enter::enter;
use crate::errors;

/// Probabilities of breach for running clocks, learnt from the history of such clocks.
///
/// `history` is a table (dict of columns, Arrow, itom.Table) with a row for each time that a piece
/// of work changed: `case` (text), `opened` (instant), `target_s`, `used_s` (business seconds used
/// until it ended, or so far), `ended` (bool), and if known `since_s` (business seconds used when
/// the row's values began to hold) and `breached` (the verdict, where it is not used_s > target_s);
/// beside them the columns that the definition names as `groups` and `numbers`. `at` is the instant
/// at which the history was known. Fit again to learn more. `Replay.history` makes such a table from a
/// log of record updates, and `Replay.running` that of the clocks to ask about.
///
/// The keys of a definition, all of which may be left out: `groups` and `numbers` (names of columns),
/// `landmarks` (shares of the target at which the history is looked at), `half_life` and
/// `base_half_life` (how fast old cases fade), `prior_cases`, `bins`.
///
/// >>> import datetime as dt
/// >>> n = 400
/// >>> start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
/// >>> history = {
/// ...     "case": [str(i) for i in range(n)],
/// ...     "opened": [start + dt.timedelta(hours=i) for i in range(n)],
/// ...     "target_s": [7200.0] * n,
/// ...     "used_s": [9000.0 if (i // 2 % 4 == 0) == (i % 2 == 0) else 3000.0 for i in range(n)],
/// ...     "ended": [True] * n,
/// ...     "team": ["ab"[i % 2] for i in range(n)],
/// ... }
/// >>> at = start + dt.timedelta(hours=n)
/// >>> forecast = itom.sla.BreachForecast({"groups": ["team"]}, history, at)
/// >>> clocks = {"target_s": [7200.0, 7200.0], "used_s": [0.0, 0.0], "team": ["a", "b"]}
/// >>> forecast.probabilities(clocks).round(1).tolist()
/// [0.3, 0.7]
/// >>> forecast
/// <itom.sla.BreachForecast of 400 cases known at 2026-01-17T16:00:00Z, by team>
/// >>> first = forecast.forecast(clocks)[0]
/// >>> [(c.field, c.value, c.log_odds < 0) for c in first.contributions][0]
/// ('team', 'a', True)
#[pyclass(frozen, module = "itom.sla")]
pub struct BreachForecast(Arc<Core>);

#[pymethods]
impl BreachForecast {
    #[new]
    fn new(
        definition: &Bound<'_, PyAny>,
        history: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let document = convert::definition::<BreachForecastDefinition>(definition, "definition")?;
        let table = convert::table(history, "history")?;
        let at = convert::instant(at, "at")?;
        enter(definition.py(), || Core::fit(document, &table, at))
            .map(|core| BreachForecast(Arc::new(core)))
    }

    fn __repr__(&self) -> String {
        let (definition, cases) = (self.0.definition(), self.0.cases());
        let fields: Vec<&str> =
            definition.groups.iter().chain(&definition.numbers).map(String::as_str).collect();
        let by = if fields.is_empty() { "idle time".to_owned() } else { fields.join(", ") };
        format!(
            "<itom.sla.BreachForecast of {cases} cases known at {}, by {by}>",
            self.0.fitted_at()
        )
    }

    /// The probability of breach of each clock: a numpy array. `clocks` is a table with `target_s`
    /// and `used_s`, if known `since_s`, and the fields as of now; a clock that ended (`ended`) or
    /// is past its target is 0 or 1. A field of the definition without a column is an error; one that
    /// is not known is a column of None.
    fn probabilities<'py>(&self, clocks: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let table = convert::table(clocks, "clocks")?;
        let found = enter(clocks.py(), || self.0.probabilities(&table))?;
        convert::floats_to_numpy(clocks.py(), &found)
    }

    /// The forecast of each clock with what each field contributes and the business time that
    /// remains: a list of `Forecast`.
    fn forecast<'py>(&self, clocks: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let table = convert::table(clocks, "clocks")?;
        let found = enter(clocks.py(), || self.0.forecast(&table))?;
        convert::to_python(clocks.py(), &found)
    }

    /// The attainment to expect of the clocks of a table once all have ended, with an interval.
    #[pyo3(signature = (clocks, *, confidence=None))]
    fn expected_attainment<'py>(
        &self,
        clocks: &Bound<'py, PyAny>,
        confidence: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let table = convert::table(clocks, "clocks")?;
        let confidence = match confidence {
            Some(given) if !given.is_none() => convert::number(given, "confidence")?,
            _ => 0.9,
        };
        let found = enter(clocks.py(), || self.0.expected_attainment(&table, confidence))?;
        convert::to_python(clocks.py(), &found)
    }

    /// What it was fitted with: the definition, with every default filled in.
    #[getter]
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, self.0.definition())
    }

    /// Until when the history was known.
    #[getter]
    fn fitted_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::instant_to_python(py, self.0.fitted_at())
    }

    /// How many cases it was fitted on.
    #[getter]
    fn cases(&self) -> u64 {
        self.0.cases()
    }

    /// The number of cases after the fading of old ones.
    #[getter]
    fn effective_cases(&self) -> f64 {
        self.0.effective_cases()
    }

    /// The model as versioned, checksummed bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = enter(py, || Ok(self.0.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A model from its bytes; it forecasts the same, bit for bit.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || Core::from_bytes(&bytes)).map(|core| BreachForecast(Arc::new(core)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}

/// The mean squared difference between probabilities and outcomes.
///
/// >>> itom.sla.brier([1.0, 0.5], [True, False])
/// 0.125
#[pyfunction]
pub fn brier(probabilities: &Bound<'_, PyAny>, outcomes: &Bound<'_, PyAny>) -> PyResult<f64> {
    let (p, hits) = scored(probabilities, outcomes)?;
    enter(probabilities.py(), || core_brier(&p, &hits))
}

/// The chance that a case with the outcome was given more than one without it, ties counting half;
/// None where all outcomes are the same.
///
/// >>> itom.sla.auc([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
/// 0.875
#[pyfunction]
pub fn auc(probabilities: &Bound<'_, PyAny>, outcomes: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    let (p, hits) = scored(probabilities, outcomes)?;
    enter(probabilities.py(), || core_auc(&p, &hits))
}

/// How forecasts compare with what happened, in bins of equal width: a `ReliabilityCurve`.
///
/// >>> curve = itom.sla.reliability_curve([0.1, 0.3, 0.9], [False, True, True], bins=2)
/// >>> curve.bins[0].cases, curve.bins[0].observed
/// (2, 0.5)
#[pyfunction]
#[pyo3(signature = (probabilities, outcomes, *, bins=None))]
pub fn reliability_curve<'py>(
    probabilities: &Bound<'py, PyAny>,
    outcomes: &Bound<'py, PyAny>,
    bins: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (p, hits) = scored(probabilities, outcomes)?;
    let bins = match bins {
        Some(given) if !given.is_none() => convert::count(given, "bins")?,
        _ => 10,
    };
    let bins = usize::try_from(bins).unwrap_or(usize::MAX);
    let curve = enter(probabilities.py(), || core_reliability_curve(&p, &hits, bins))?;
    convert::to_python(probabilities.py(), &curve)
}

/// Probabilities, and outcomes as true and false (or 1 and 0).
fn scored(
    probabilities: &Bound<'_, PyAny>,
    outcomes: &Bound<'_, PyAny>,
) -> PyResult<(Vec<f64>, Vec<bool>)> {
    let p = convert::floats(probabilities, "probabilities")?;
    // A list of truth values; arrays and lists of 1 and 0 are numbers.
    if let Ok(hits) = outcomes.extract::<Vec<bool>>() {
        return Ok((p, hits));
    }
    let mut hits = Vec::new();
    for outcome in convert::floats(outcomes, "outcomes")? {
        if outcome != 0.0 && outcome != 1.0 {
            return Err(errors::raise(Error::invalid("outcomes", outcome, "true or false")));
        }
        hits.push(outcome == 1.0);
    }
    Ok((p, hits))
}
