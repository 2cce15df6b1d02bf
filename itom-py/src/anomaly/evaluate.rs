//! Measures of scores, alarms, changepoints, forecasts and intervals: conversion only.

use itom_core::Error;
use itom_core::anomaly::{
    self as core, ForecastCase, LabelledScores, PositionalBias, RangeOptions, VusOptions,
};
use pyo3::prelude::*;

use crate::convert;
use crate::enter::enter;
use crate::errors::{raise, wrong_type};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(vus_pr, module)?)?;
    module.add_function(wrap_pyfunction!(vus_roc, module)?)?;
    module.add_function(wrap_pyfunction!(dominant_period, module)?)?;
    module.add_function(wrap_pyfunction!(range_precision_recall, module)?)?;
    module.add_function(wrap_pyfunction!(delay_f1, module)?)?;
    module.add_function(wrap_pyfunction!(changepoint_score, module)?)?;
    module.add_function(wrap_pyfunction!(forecast_score, module)?)?;
    module.add_function(wrap_pyfunction!(interval_score, module)?)
}

type Any<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// The volume under the precision-recall surface, as the TSB-AD leaderboard defines it.
///
/// `labels` is nonzero where a point is anomalous. For every buffer length up to `window` (125
/// unless told; `dominant_period` of the values is TSB-AD's choice) near misses count in part.
/// NaN scores rank last.
///
/// >>> import numpy as np
/// >>> labels = np.zeros(500)
/// >>> labels[200:220] = 1
/// >>> round(itom.anomaly.vus_pr(labels, labels, window=0), 12)
/// 1.0
#[pyfunction]
#[pyo3(signature = (labels, scores, *, window=None, thresholds=None))]
fn vus_pr(
    labels: &Bound<'_, PyAny>,
    scores: &Bound<'_, PyAny>,
    window: Any<'_, '_>,
    thresholds: Any<'_, '_>,
) -> PyResult<f64> {
    volume(labels, scores, window, thresholds, core::vus_pr)
}

/// The volume under the ROC surface: as `vus_pr`, 0.5 for chance.
///
/// >>> import numpy as np
/// >>> labels = np.arange(500) < 20
/// >>> round(itom.anomaly.vus_roc(labels, labels, window=0), 12)
/// 1.0
#[pyfunction]
#[pyo3(signature = (labels, scores, *, window=None, thresholds=None))]
fn vus_roc(
    labels: &Bound<'_, PyAny>,
    scores: &Bound<'_, PyAny>,
    window: Any<'_, '_>,
    thresholds: Any<'_, '_>,
) -> PyResult<f64> {
    volume(labels, scores, window, thresholds, core::vus_roc)
}

fn volume(
    labels: &Bound<'_, PyAny>,
    scores: &Bound<'_, PyAny>,
    window: Any<'_, '_>,
    thresholds: Any<'_, '_>,
    measure: fn(&[bool], &[f64], VusOptions) -> itom_core::Result<f64>,
) -> PyResult<f64> {
    let py = labels.py();
    let (labels, scores) = (flags(labels, "labels")?, convert::floats(scores, "scores")?);
    let mut options = VusOptions::default();
    if let Some(window) = size(window, "window")? {
        options.window = window;
    }
    if let Some(thresholds) = size(thresholds, "thresholds")? {
        options.thresholds = thresholds;
    }
    enter(py, || measure(&labels, &scores, options))
}

/// The lag of the highest local maximum of the autocorrelation, by TSB-AD's rule; None if none.
///
/// >>> import numpy as np
/// >>> itom.anomaly.dominant_period(np.sin(np.arange(500) / 24 * 2 * np.pi))
/// 24
#[pyfunction]
fn dominant_period(values: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    let py = values.py();
    let values = convert::floats(values, "values")?;
    enter(py, || Ok(core::dominant_period(&values)))
}

/// Range-based precision and recall (Tatbul et al. 2018) of the points that were flagged.
///
/// `bias` is "flat", "front", "middle" or "back", `cardinality` "one" or "reciprocal".
///
/// >>> score = itom.anomaly.range_precision_recall([0, 1, 1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0, 1, 0])
/// >>> score.precision, score.recall, score.false_alarms
/// (0.5, 0.5, 1)
#[pyfunction]
#[pyo3(signature = (labels, flagged, *, existence_weight=None, bias=None, cardinality=None))]
fn range_precision_recall<'py>(
    labels: &Bound<'py, PyAny>,
    flagged: &Bound<'py, PyAny>,
    existence_weight: Any<'_, 'py>,
    bias: Any<'_, 'py>,
    cardinality: Any<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = labels.py();
    let (labels, flagged) = (flags(labels, "labels")?, flags(flagged, "flagged")?);
    let mut options = RangeOptions::default();
    if let Some(weight) = given(existence_weight) {
        options.existence_weight = convert::number(weight, "existence_weight")?;
    }
    if let Some(bias) = given(bias) {
        let name = convert::text(bias, "bias")?;
        options.bias = enter(py, || name.parse::<PositionalBias>())?;
    }
    if let Some(cardinality) = given(cardinality) {
        let name = convert::text(cardinality, "cardinality")?;
        options.cardinality = enter(py, || name.parse())?;
    }
    let score = enter(py, || core::range_precision_recall(&labels, &flagged, options))?;
    convert::to_python(py, &score)
}

/// F1 by the rule of the AIOps challenge: an alarm counts only near a segment's start.
///
/// `series` is a list of pairs (labels, scores); an anomalous segment is found if one of its first
/// `delay + 1` points reaches the threshold. Without a `threshold` the best one is searched in
/// hindsight.
///
/// >>> late = ([0, 1, 1, 1, 1], [0.0, 0.0, 0.0, 0.0, 1.0])
/// >>> itom.anomaly.delay_f1([late], delay=3).recall
/// 1.0
/// >>> itom.anomaly.delay_f1([late], delay=2, threshold=0.5).recall
/// 0.0
#[pyfunction]
#[pyo3(signature = (series, *, delay=None, threshold=None))]
fn delay_f1<'py>(
    series: &Bound<'py, PyAny>,
    delay: Any<'_, 'py>,
    threshold: Any<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = series.py();
    let delay = size(delay, "delay")?.unwrap_or(7);
    let threshold = given(threshold).map(|one| convert::number(one, "threshold")).transpose()?;
    let mut columns = Vec::new();
    for [labels, scores] in rows::<2>(series, "series", "a list of pairs (labels, scores)")? {
        columns.push((flags(&labels, "labels")?, convert::floats(&scores, "scores")?));
    }
    let score = enter(py, || {
        let series: Vec<_> =
            columns.iter().map(|(labels, scores)| LabelledScores { labels, scores }).collect();
        core::delay_f1(&series, delay, threshold)
    })?;
    convert::to_python(py, &score)
}

/// F1 with a margin and covering of predicted changepoints (van den Burg and Williams 2020).
///
/// `annotations` has the indices that each annotator marked, one list each; `length` is the number
/// of points of the series.
///
/// >>> score = itom.anomaly.changepoint_score([[48], []], [50], 100)
/// >>> score.f1, round(score.covering, 4)
/// (1.0, 0.7304)
#[pyfunction]
#[pyo3(signature = (annotations, predicted, length, *, margin=None))]
fn changepoint_score<'py>(
    annotations: &Bound<'py, PyAny>,
    predicted: &Bound<'py, PyAny>,
    length: &Bound<'py, PyAny>,
    margin: Any<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = annotations.py();
    let expected = "a list of lists of indices, one for each annotator";
    let mut marked = Vec::new();
    for one in
        annotations.try_iter().map_err(|_| wrong_type("annotations", annotations, expected))?
    {
        marked.push(indices(&one?, "annotations", expected)?);
    }
    let predicted = indices(predicted, "predicted", "a list of indices")?;
    let length = size(Some(length), "length")?.unwrap_or(0);
    let margin = size(margin, "margin")?.unwrap_or(5);
    let score = enter(py, || {
        let marked: Vec<&[usize]> = marked.iter().map(Vec::as_slice).collect();
        core::changepoint_score(&marked, &predicted, length, margin)
    })?;
    convert::to_python(py, &score)
}

/// sMAPE, MASE and OWA of forecasts beside naive2, as in the M4 competition.
///
/// `cases` is a list of triples (history, actual, forecast); `season` is the period in points that
/// errors are scaled by, 1 for none.
///
/// >>> case = ([10.0, 11.0] * 25, [12.0], [11.0])
/// >>> itom.anomaly.forecast_score([case], season=1).owa
/// 1.0
#[pyfunction]
#[pyo3(signature = (cases, *, season))]
fn forecast_score<'py>(
    cases: &Bound<'py, PyAny>,
    season: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = cases.py();
    let season = size(Some(season), "season")?.unwrap_or(1);
    let mut columns = Vec::new();
    let expected = "a list of triples (history, actual, forecast)";
    for [history, actual, forecast] in rows::<3>(cases, "cases", expected)? {
        columns.push((
            convert::floats(&history, "history")?,
            convert::floats(&actual, "actual")?,
            convert::floats(&forecast, "forecast")?,
        ));
    }
    let score = enter(py, || {
        let cases: Vec<_> = columns
            .iter()
            .map(|(history, actual, forecast)| ForecastCase { history, actual, forecast })
            .collect();
        core::forecast_score(&cases, season)
    })?;
    convert::to_python(py, &score)
}

/// How often intervals held, how wide they were, and Winkler's score of both.
///
/// >>> score = itom.anomaly.interval_score([1.0, 5.0], [0.0, 0.0], [4.0, 4.0], 0.8)
/// >>> score.coverage, score.width
/// (0.5, 4.0)
#[pyfunction]
fn interval_score<'py>(
    actual: &Bound<'py, PyAny>,
    lower: &Bound<'py, PyAny>,
    upper: &Bound<'py, PyAny>,
    level: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = actual.py();
    let actual = convert::floats(actual, "actual")?;
    let (lower, upper) = (convert::floats(lower, "lower")?, convert::floats(upper, "upper")?);
    let level = convert::number(level, "level")?;
    let score = enter(py, || core::interval_score(&actual, &lower, &upper, level))?;
    convert::to_python(py, &score)
}

/// The argument, unless it is left out or None.
pub(super) fn given<'a, 'py>(argument: Any<'a, 'py>) -> Any<'a, 'py> {
    argument.filter(|argument| !argument.is_none())
}

/// A number of points.
pub(super) fn size(argument: Any<'_, '_>, name: &str) -> PyResult<Option<usize>> {
    given(argument).map(|value| Ok(convert::count(value, name)? as usize)).transpose()
}

/// Which points are set: nonzero numbers. NaN says nothing and is refused.
fn flags(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<bool>> {
    let numbers = convert::floats(value, argument)?;
    if let Some(index) = numbers.iter().position(|number| number.is_nan()) {
        let nan = format!("NaN at index {index}");
        return Err(raise(Error::invalid(argument, nan, "zero or nonzero")));
    }
    Ok(numbers.iter().map(|&number| number != 0.0).collect())
}

pub(super) fn indices(
    value: &Bound<'_, PyAny>,
    argument: &str,
    expected: &str,
) -> PyResult<Vec<usize>> {
    let refused = || wrong_type(argument, value, expected);
    let cells = value.try_iter().map_err(|_| refused())?;
    cells.map(|cell| Ok(convert::count(&cell?, argument)? as usize)).collect()
}

/// The rows of a list of tuples of `N`.
fn rows<'py, const N: usize>(
    value: &Bound<'py, PyAny>,
    argument: &str,
    expected: &str,
) -> PyResult<Vec<[Bound<'py, PyAny>; N]>> {
    let refused = |value: &Bound<'py, PyAny>| wrong_type(argument, value, expected);
    let mut rows = Vec::new();
    for row in value.try_iter().map_err(|_| refused(value))? {
        let row = row?;
        let cells = row.try_iter().and_then(|cells| cells.collect::<PyResult<Vec<_>>>());
        rows.push(cells.unwrap_or_default().try_into().map_err(|_| refused(&row))?);
    }
    Ok(rows)
}
