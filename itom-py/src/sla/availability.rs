//! `itom.sla.availability`: conversion only.

use itom_core::sla::{Availability, Outage, availability as core_availability};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::values::{AnyPair, pairs, spans};
use crate::convert;
use crate::enter::enter;

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
pub fn availability<'py>(
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
    convert::to_python(py, &report)
}
