//! `itom.sla.availability` and what else is measured of outages: conversion only.

use std::collections::BTreeMap;

use itom_core::sla::{
    AvailabilityOptions, Outage, OutageRecord, Overlap, Sided, attribution as core_attribution,
    clopper_pearson as core_clopper_pearson, reliability as core_reliability,
    wilson as core_wilson,
};
use itom_core::{Duration, Result, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyTuple};

use super::calendar::calendar;
use super::values::{AnyPair, counts, pairs, spans};
use crate::convert;
use crate::enter::enter;
use crate::errors::{invalid, wrong_type};

const OUTAGES: &str = "(from, until) pairs, dicts with from, until and weight, or an array of two \
                       columns of datetime64";

/// The availability of a service in a period: outages united, `excluded` spans (agreed
/// maintenance) left out of both sides, looked at `at` (the period's end if None).
///
/// `outages` are (from, until) pairs, `until` being None for one that still goes on; or dicts with
/// `from`, `until`, `weight` (the part of the service that was lost, in (0, 1]) and
/// `acknowledged`; or an array of shape (n, 2) of datetime64.
///
/// Further keywords, the same for `availability_series`, `availability_explained` and
/// `reliability`: `excluded_is_agreed=True` leaves excluded time in the agreed time;
/// `service_hours` is a calendar outside of which nothing counts; outages not further apart than
/// `merge_gap` are one, the gap included, and those then shorter than `minimum` do not count;
/// `overlap` says what partial outages at once weigh, "worst" or "sum".
///
/// >>> import datetime as dt
/// >>> june, july = (dt.datetime(2026, month, 1, tzinfo=dt.timezone.utc) for month in (6, 7))
/// >>> outage = (june + dt.timedelta(days=9), june + dt.timedelta(days=9, hours=1))
/// >>> report = itom.sla.availability((june, july), [outage])
/// >>> report.availability, report.downtime
/// (Fraction(719, 720), datetime.timedelta(seconds=3600))
/// >>> slow = {"from": outage[0], "until": outage[1], "weight": "0.25"}
/// >>> itom.sla.availability((june, july), [slow]).downtime
/// datetime.timedelta(seconds=900)
#[pyfunction]
#[pyo3(signature = (period, outages, *, excluded=None, at=None, **options))]
pub fn availability<'py>(
    period: &Bound<'py, PyAny>,
    outages: &Bound<'py, PyAny>,
    excluded: Option<&Bound<'py, PyAny>>,
    at: Option<&Bound<'py, PyAny>>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = period.py();
    let (period, options) = (span(period)?, read_options(excluded, at, options)?);
    let report = match read_outages(outages)? {
        Outages::Plain(outages) => enter(py, || options.measure_plain(period, &outages)),
        Outages::Records(records) => enter(py, || options.measure(period, &records)),
    }?;
    convert::to_python(py, &report)
}

/// The availability in each of many (from, until) periods, the outages being joined once.
///
/// >>> import datetime as dt
/// >>> days = [dt.datetime(2026, 6, day, tzinfo=dt.timezone.utc) for day in (1, 2, 3)]
/// >>> outage = (days[0] + dt.timedelta(hours=18), days[1] + dt.timedelta(hours=6))
/// >>> series = itom.sla.availability_series(zip(days, days[1:]), [outage])
/// >>> [str(point.availability.availability) for point in series]
/// ['3/4', '3/4']
#[pyfunction]
#[pyo3(signature = (periods, outages, *, excluded=None, at=None, **options))]
pub fn availability_series<'py>(
    periods: &Bound<'py, PyAny>,
    outages: &Bound<'py, PyAny>,
    excluded: Option<&Bound<'py, PyAny>>,
    at: Option<&Bound<'py, PyAny>>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = periods.py();
    let (periods, options) = (spans(periods, "periods")?, read_options(excluded, at, options)?);
    let records = read_outages(outages)?.records();
    convert::to_python(py, &enter(py, || options.series(&periods, &records))?)
}

/// The availability in a period with its reasons: segments of the outages that say what counted
/// and what did not, and an account of each outage; both add up.
///
/// >>> import datetime as dt
/// >>> at = lambda hour: dt.datetime(2026, 6, 10, hour, tzinfo=dt.timezone.utc)
/// >>> explained = itom.sla.availability_explained(
/// ...     (at(0), at(23)), [(at(2), at(4))], excluded=[(at(3), at(5))])
/// >>> [(segment.start, segment.reason) for segment in explained.segments][1]
/// (datetime.datetime(2026, 6, 10, 3, 0, tzinfo=datetime.timezone.utc), 'excluded')
#[pyfunction]
#[pyo3(signature = (period, outages, *, excluded=None, at=None, **options))]
pub fn availability_explained<'py>(
    period: &Bound<'py, PyAny>,
    outages: &Bound<'py, PyAny>,
    excluded: Option<&Bound<'py, PyAny>>,
    at: Option<&Bound<'py, PyAny>>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = period.py();
    let (period, options) = (span(period)?, read_options(excluded, at, options)?);
    let records = read_outages(outages)?.records();
    convert::to_python(py, &enter(py, || options.explain(period, &records))?)
}

/// Failure measures: MTBF, MTRS, MTBSI, MTTA as ITIL defines them, None without failures, and
/// confidence bounds instead.
///
/// `period` is a (from, until) pair and `outages` as for `availability`; or `period` is a length
/// and `outages` the lengths of outages apart from each other.
///
/// >>> import datetime as dt
/// >>> hours = lambda count: dt.timedelta(hours=count)
/// >>> june = itom.sla.reliability(hours(720), [hours(1), hours(2), hours(3)])
/// >>> june.mtbf == hours(238), june.mtrs == hours(2), june.availability
/// (True, True, Fraction(119, 120))
/// >>> quiet = itom.sla.reliability(hours(720), [])
/// >>> quiet.mtbf, quiet.mtbf_lower > hours(240)
/// (None, True)
#[pyfunction]
#[pyo3(signature = (period, outages, *, confidence=0.95, excluded=None, at=None, **options))]
pub fn reliability<'py>(
    period: &Bound<'py, PyAny>,
    outages: &Bound<'py, PyAny>,
    confidence: f64,
    excluded: Option<&Bound<'py, PyAny>>,
    at: Option<&Bound<'py, PyAny>>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = period.py();
    if period.is_instance_of::<PyTuple>() || period.is_instance_of::<PyList>() {
        let (period, options) = (span(period)?, read_options(excluded, at, options)?);
        let records = read_outages(outages)?.records();
        let result = enter(py, || options.reliability(period, &records, confidence))?;
        return convert::to_python(py, &result);
    }
    if excluded.is_some() || at.is_some() || options.is_some() {
        let expected = "a pair of instants, where options are given";
        return Err(wrong_type("period", period, expected));
    }
    let period = convert::duration(period, "period")?;
    let lengths: Vec<i64> = match convert::durations(outages, "outages")? {
        convert::OneOrMany::One(one) => vec![one],
        convert::OneOrMany::Many(many) => many,
    };
    let lengths: Vec<Duration> = lengths.into_iter().map(Duration::from_nanos).collect();
    convert::to_python(py, &enter(py, || core_reliability(period, &lengths, confidence))?)
}

/// The downtime of several causes shared out: what each alone caused, by first cause, and by equal
/// split (the Shapley value). Every policy adds up to the union.
///
/// `causes` maps names to lists of (from, until) pairs; with a period they are cut to it.
///
/// >>> import datetime as dt
/// >>> at = lambda hour, minute: dt.datetime(2026, 6, 10, hour, minute, tzinfo=dt.timezone.utc)
/// >>> shares = itom.sla.attribution({
/// ...     "db": [(at(10, 0), at(10, 30))], "net": [(at(10, 20), at(11, 0))]})
/// >>> [(share.cause, share.equal_split.seconds // 60) for share in shares.causes]
/// [('db', 25), ('net', 35)]
#[pyfunction]
#[pyo3(signature = (causes, *, period=None))]
pub fn attribution<'py>(
    causes: &Bound<'py, PyAny>,
    period: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = causes.py();
    let expected = "a dict of names and lists of (from, until) pairs";
    let rows = causes.cast::<PyMapping>().map_err(|_| wrong_type("causes", causes, expected))?;
    let mut read: BTreeMap<String, Vec<Outage>> = BTreeMap::new();
    for row in rows.items()?.iter() {
        let (name, outages) = row.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?;
        let outages = pairs(&outages, "causes")?.into_iter().map(|pair| outage(pair, "causes"));
        read.insert(convert::text(&name, "causes")?, outages.collect::<PyResult<_>>()?);
    }
    let period = period.filter(|period| !period.is_none()).map(span).transpose()?;
    convert::to_python(py, &enter(py, || core_attribution(&read, period))?)
}

/// The Clopper-Pearson interval for `good` of `total` trials; `sided` is "two", "lower" or
/// "upper". Arrays give a pair of arrays.
///
/// >>> round(itom.sla.clopper_pearson(1000, 1000, sided="lower").lower, 8)
/// 0.99700875
/// >>> lower, upper = itom.sla.clopper_pearson([9990, 10], [10_000, 10])
/// >>> lower.round(6)
/// array([0.998162, 0.691503])
#[pyfunction]
#[pyo3(signature = (good, total, *, confidence=0.95, sided="two"))]
pub fn clopper_pearson<'py>(
    good: &Bound<'py, PyAny>,
    total: &Bound<'py, PyAny>,
    confidence: f64,
    sided: &str,
) -> PyResult<Bound<'py, PyAny>> {
    interval(good, total, confidence, sided, core_clopper_pearson)
}

/// Wilson's interval for `good` of `total` trials; arguments as for `clopper_pearson`.
///
/// >>> round(itom.sla.wilson(9990, 10_000).lower, 9)
/// 0.998160056
#[pyfunction]
#[pyo3(signature = (good, total, *, confidence=0.95, sided="two"))]
pub fn wilson<'py>(
    good: &Bound<'py, PyAny>,
    total: &Bound<'py, PyAny>,
    confidence: f64,
    sided: &str,
) -> PyResult<Bound<'py, PyAny>> {
    interval(good, total, confidence, sided, core_wilson)
}

type Interval = fn(u64, u64, f64, Sided) -> Result<itom_core::sla::ConfidenceInterval>;

fn interval<'py>(
    good: &Bound<'py, PyAny>,
    total: &Bound<'py, PyAny>,
    confidence: f64,
    sided: &str,
    interval: Interval,
) -> PyResult<Bound<'py, PyAny>> {
    let py = good.py();
    let sided = match sided {
        "two" => Sided::Two,
        "lower" => Sided::Lower,
        "upper" => Sided::Upper,
        other => {
            let other = pyo3::types::PyString::new(py, other);
            return Err(invalid("sided", other.as_any(), "\"two\", \"lower\" or \"upper\""));
        }
    };
    let is_array = |value: &Bound<'py, PyAny>| value.hasattr("__len__");
    if !is_array(good)? && !is_array(total)? {
        let (good, total) = (convert::count(good, "good")?, convert::count(total, "total")?);
        let result = enter(py, || interval(good, total, confidence, sided))?;
        return convert::to_python(py, &result);
    }
    let many = |value: &Bound<'py, PyAny>, argument: &str| {
        if is_array(value)? {
            counts(value, argument)
        } else {
            Ok(vec![convert::count(value, argument)?])
        }
    };
    let (mut good, mut total) = (many(good, "good")?, many(total, "total")?);
    let len = good.len().max(total.len());
    if good.len() == 1 {
        good = vec![good[0]; len];
    }
    if total.len() == 1 {
        total = vec![total[0]; len];
    }
    if good.len() != total.len() {
        let expected = format!("{} values long like good", good.len());
        let error = itom_core::Error::invalid("total", total.len(), expected);
        return Err(crate::errors::raise(error));
    }
    let both: Vec<_> = enter(py, || {
        good.iter().zip(&total).map(|(&g, &t)| interval(g, t, confidence, sided)).collect()
    })?;
    let lower: Vec<f64> = both.iter().map(|one| one.lower).collect();
    let upper: Vec<f64> = both.iter().map(|one| one.upper).collect();
    let pair = (convert::floats_to_numpy(py, &lower)?, convert::floats_to_numpy(py, &upper)?);
    Ok(pair.into_pyobject(py)?.into_any())
}

enum Outages {
    Plain(Vec<Outage>),
    Records(Vec<OutageRecord>),
}

impl Outages {
    fn records(self) -> Vec<OutageRecord> {
        match self {
            Outages::Records(records) => records,
            Outages::Plain(outages) => {
                let record = |(from, until): Outage| {
                    let open = OutageRecord::new(from, from);
                    OutageRecord { until, ..open }
                };
                outages.into_iter().map(record).collect()
            }
        }
    }
}

fn read_outages(value: &Bound<'_, PyAny>) -> PyResult<Outages> {
    let dimensions = value.getattr("ndim").and_then(|count| count.extract::<usize>());
    if matches!(dimensions, Ok(2)) {
        let columns: usize = value.getattr("shape")?.get_item(1)?.extract()?;
        if columns != 2 {
            return Err(wrong_type("outages", value, OUTAGES));
        }
        let flat = value
            .call_method1("reshape", (-1,))
            .map_err(|_| wrong_type("outages", value, OUTAGES))?;
        let flat = convert::instants_array(&flat, "outages")?;
        let pair =
            |pair: &[i64]| (Timestamp::from_nanos(pair[0]), Some(Timestamp::from_nanos(pair[1])));
        return Ok(Outages::Plain(flat.chunks_exact(2).map(pair).collect()));
    }
    if value.is_instance_of::<PyDict>() {
        return Err(wrong_type("outages", value, OUTAGES));
    }
    let cells: Vec<Bound<'_, PyAny>> = value
        .try_iter()
        .map_err(|_| wrong_type("outages", value, OUTAGES))?
        .collect::<PyResult<_>>()?;
    if !cells.iter().any(|cell| cell.is_instance_of::<PyDict>()) {
        let cells = PyList::new(value.py(), cells)?;
        let outages = pairs(cells.as_any(), "outages")?.into_iter().enumerate();
        let outages = outages.map(|(index, pair)| outage(pair, &format!("outages[{index}]")));
        return Ok(Outages::Plain(outages.collect::<PyResult<_>>()?));
    }
    let record = |(index, cell): (usize, Bound<'_, PyAny>)| -> PyResult<OutageRecord> {
        let place = format!("outages[{index}]");
        if cell.is_instance_of::<PyDict>() {
            return convert::definition(&cell, &place);
        }
        let list = PyList::new(cell.py(), [&cell])?;
        let pair = pairs(list.as_any(), &place)?.remove(0);
        let (from, until) = outage(pair, &place)?;
        Ok(OutageRecord { until, ..OutageRecord::new(from, from) })
    };
    Ok(Outages::Records(cells.into_iter().enumerate().map(record).collect::<PyResult<_>>()?))
}

fn outage((from, until): AnyPair<'_>, argument: &str) -> PyResult<Outage> {
    let until = convert::optional_instant(Some(&until), argument)?;
    Ok((convert::instant(&from, argument)?, until))
}

fn span(period: &Bound<'_, PyAny>) -> PyResult<(Timestamp, Timestamp)> {
    let (from, until) = pairs(PyList::new(period.py(), [period])?.as_any(), "period")?.remove(0);
    Ok((convert::instant(&from, "period")?, convert::instant(&until, "period")?))
}

/// The keywords that several functions share.
fn read_options(
    excluded: Option<&Bound<'_, PyAny>>,
    at: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<AvailabilityOptions> {
    let mut read = AvailabilityOptions {
        at: convert::optional_instant(at, "at")?,
        ..AvailabilityOptions::default()
    };
    if let Some(excluded) = excluded.filter(|excluded| !excluded.is_none()) {
        read.excluded = spans(excluded, "excluded")?;
    }
    for (name, value) in options.into_iter().flatten() {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        match name.as_str() {
            "excluded_is_agreed" => read.excluded_is_agreed = value.is_truthy()?,
            "service_hours" => read.service_hours = Some(calendar(&value)?),
            "minimum" => read.minimum = convert::duration(&value, "minimum")?,
            "merge_gap" => read.merge_gap = convert::duration(&value, "merge_gap")?,
            "overlap" => {
                read.overlap = match convert::text(&value, "overlap")?.as_str() {
                    "worst" => Overlap::Worst,
                    "sum" => Overlap::Sum,
                    _ => return Err(invalid("overlap", &value, "\"worst\" or \"sum\"")),
                }
            }
            other => {
                let message = format!("got an unexpected keyword argument '{other}'");
                return Err(pyo3::exceptions::PyTypeError::new_err(message));
            }
        }
    }
    Ok(read)
}
