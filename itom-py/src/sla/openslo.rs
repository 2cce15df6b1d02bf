//! `itom.sla.read_openslo`: conversion only.

#[cfg(feature = "openslo")]
use itom_core::formats::OpenSlo;
#[cfg(not(feature = "openslo"))]
use itom_core::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::convert;
use crate::enter::enter;

/// Reads OpenSLO v1: one or more YAML documents, or JSON. Each objective of each SLO has its
/// `definition`, for `itom.sla.Objective`, and the queries behind it. What is wrong is said with
/// line and column.
///
/// >>> document = itom.sla.read_openslo('''
/// ... apiVersion: openslo/v1
/// ... kind: SLO
/// ... metadata: {name: checkout}
/// ... spec:
/// ...   service: shop
/// ...   indicator:
/// ...     metadata: {name: success}
/// ...     spec:
/// ...       ratioMetric:
/// ...         good: {metricSource: {spec: {query: good_total}}}
/// ...         total: {metricSource: {spec: {query: all_total}}}
/// ...   timeWindow: [{duration: 28d, isRolling: true}]
/// ...   budgetingMethod: Occurrences
/// ...   objectives: [{target: 0.999}]
/// ... ''')
/// >>> document.objectives[0].indicator.good.spec
/// {'query': 'good_total'}
/// >>> itom.sla.Objective(document.objectives[0].definition).budget().seconds
/// Fraction(12096, 5)
#[pyfunction]
pub fn read_openslo<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = text.py();
    let text = convert::text(text, "text")?;
    let document = enter(py, || read(&text))?;
    convert::to_python(py, &document)
}

#[cfg(feature = "openslo")]
fn read(text: &str) -> itom_core::Result<OpenSlo> {
    OpenSlo::read(text)
}

#[cfg(not(feature = "openslo"))]
fn read(_: &str) -> itom_core::Result<()> {
    let message = "this build of itom reads no OpenSLO: it was made without the feature openslo";
    Err(Error::new(ErrorKind::Unsupported, message))
}
