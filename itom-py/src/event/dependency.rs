//! `itom.event.learn_dependencies` and `DependencyLearner`: conversion only.

use itom_core::Timestamp;
use itom_core::event::{DependencyDefinition, DependencyLearner as Core, DependencyQuery};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::convert;
use crate::enter::{Handle, enter};
use crate::event::pairs_of;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<DependencyLearner>()?;
    module.add_function(wrap_pyfunction!(learn_dependencies, module)?)
}

/// Learns which types of alarms cause which others, the strongest first.
///
/// Alarm n is of type `types[n]`, on item `items[n]`, and began at `times[n]`; any order will do.
/// `links` are pairs of items between which an influence may run, either way. `definition` is a dict
/// or JSON text (see `itom.schema("dependency_definition")`): how long a cause takes, how far it
/// reaches, how fast old history fades, and how strong a pair must be to be answered. Each answer
/// has cause, effect, strength (the estimated probability that an expert would name the pair),
/// support (how often seen) beside what chance gives (expected), the median lag, the share of the
/// effect that it explains, by distance, and a p-value.
///
/// Raises `ItomValueError` where the columns are not equally long, a time is missing or naive, or a
/// setting makes no sense.
///
/// >>> import numpy as np
/// >>> at = np.datetime64("2026-06-15T10:00", "ns") + np.arange(30) * np.timedelta64(7, "h")
/// >>> found = itom.event.learn_dependencies(
/// ...     ["power"] * 30 + ["unreachable"] * 30, ["router"] * 30 + ["host"] * 30,
/// ...     np.concatenate([at, at + np.timedelta64(70, "s")]), [("host", "router")])
/// >>> [(pair.cause, pair.effect, pair.support) for pair in found]
/// [('power', 'unreachable', 30)]
/// >>> found[0].lag
/// datetime.timedelta(seconds=70)
#[pyfunction]
#[pyo3(signature = (types, items, times, links=None, *, definition=None))]
fn learn_dependencies<'py>(
    py: Python<'py>,
    types: &Bound<'py, PyAny>,
    items: &Bound<'py, PyAny>,
    times: &Bound<'py, PyAny>,
    links: Option<&Bound<'py, PyAny>>,
    definition: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (types, items, times) = columns(types, items, times)?;
    let query = DependencyQuery {
        types,
        items,
        times,
        links: links_of(links)?,
        definition: definition_of(definition)?,
    };
    let found = enter(py, || itom_core::event::learn_dependencies(&query))?;
    convert::to_python(py, &found)
}

/// Learns which types of alarms cause which others while they come in.
///
/// `definition` is as for `learn_dependencies`, whose answer `learned` gives for all alarms so far,
/// whatever their order and batches. It keeps where runs of equal alarms began and ended, at most
/// `max_runs` of them.
///
/// >>> import datetime as dt
/// >>> learner = itom.event.DependencyLearner()
/// >>> for n in range(20):
/// ...     at = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc) + n * dt.timedelta(hours=9)
/// ...     learner.add(["power", "unreachable"], ["router", "host"],
/// ...                 [at, at + dt.timedelta(minutes=1)])
/// >>> [(pair.cause, pair.effect) for pair in learner.learned([("host", "router")])]
/// [('power', 'unreachable')]
#[pyclass(frozen, module = "itom.event")]
pub struct DependencyLearner(Handle<Core>);

#[pymethods]
impl DependencyLearner {
    #[new]
    #[pyo3(signature = (definition=None))]
    fn new(py: Python<'_>, definition: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let definition = definition_of(definition)?;
        Ok(DependencyLearner(Handle::new(enter(py, || Core::new(definition))?)))
    }

    /// Takes alarms in: alarm n is of type n, on item n, at time n. All are taken, or none.
    fn add(
        &self,
        py: Python<'_>,
        types: &Bound<'_, PyAny>,
        items: &Bound<'_, PyAny>,
        times: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (types, items, times) = columns(types, items, times)?;
        self.0.with(py, |core| core.add(&types, &items, &times))
    }

    /// What the alarms so far say, over pairs of items between which an influence may run.
    #[pyo3(signature = (links=None))]
    fn learned<'py>(
        &self,
        py: Python<'py>,
        links: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let links = links_of(links)?;
        let found = self.0.with(py, |core| core.learned(&links))?;
        convert::to_python(py, &found)
    }

    /// Forgets runs of alarms that ended before an instant; says how many.
    fn forget(&self, py: Python<'_>, before: &Bound<'_, PyAny>) -> PyResult<u64> {
        let before = convert::instant(before, "before")?;
        self.0.with(py, |core| Ok(core.forget(before)))
    }

    /// How many runs of equal alarms are kept.
    #[getter]
    fn runs(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |core| Ok(core.runs()))
    }

    /// How many runs were forgotten.
    #[getter]
    fn forgotten(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |core| Ok(core.forgotten()))
    }

    /// Everything, to go on bit for bit elsewhere.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |core| Ok(core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Goes on where `to_bytes` stopped.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        Ok(DependencyLearner(Handle::new(enter(data.py(), || Core::from_bytes(&bytes))?)))
    }
}

type Columns = (Vec<String>, Vec<String>, Vec<Timestamp>);

fn columns(
    types: &Bound<'_, PyAny>,
    items: &Bound<'_, PyAny>,
    times: &Bound<'_, PyAny>,
) -> PyResult<Columns> {
    let times = convert::instants_array(times, "times")?;
    Ok((
        convert::texts(types, "types")?,
        convert::texts(items, "items")?,
        times.into_iter().map(Timestamp::from_nanos).collect(),
    ))
}

fn links_of(links: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<(String, String)>> {
    links.map_or(Ok(Vec::new()), |links| pairs_of(links, "links", "a list of pairs of items"))
}

fn definition_of(definition: Option<&Bound<'_, PyAny>>) -> PyResult<DependencyDefinition> {
    match definition {
        Some(definition) => convert::definition(definition, "definition"),
        None => Ok(DependencyDefinition::default()),
    }
}
