//! `itom.event`: conversion only.

mod dependency;
mod template;

use std::collections::BTreeSet;

use itom_core::event::{
    CauseAlert, CauseChange, CauseQuery, Correlator as Core, CorrelatorDefinition, EdgeTopology,
    Event, Series, Symptom, Topology, Update,
};
use itom_core::{Result, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::convert;
use crate::enter::{Handle, enter};
use crate::errors::{refused, wrong_type};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Correlator>()?;
    dependency::register(module)?;
    template::register(module)?;
    module.add_function(wrap_pyfunction!(rank_causes, module)?)
}

/// Turns events into alerts and alerts into incidents, by time and topology.
///
/// `definition` is a dict or JSON text (see `itom.schema("correlator_definition")`), `topology` an
/// `itom.cmdb.View`, a list of (consumer, provider) pairs, or None. Events wait until their time is
/// closed: by an event that is younger by more than the `lateness`, or by `advance`. The result is
/// the same for any order of arrival within the lateness and for any cutting into batches.
///
/// >>> import datetime as dt
/// >>> at = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> correlator = itom.event.Correlator(topology=[("shop", "db")])
/// >>> updates = correlator.push([
/// ...     {"id": "1", "time": at, "item": "db", "name": "disk full", "severity": 17},
/// ...     {"id": "2", "time": at + dt.timedelta(seconds=30), "item": "shop", "name": "errors"},
/// ... ])
/// >>> [update.kind for update in correlator.advance(at + dt.timedelta(minutes=1))]
/// ['alert_fired', 'incident_opened', 'alert_fired', 'alert_joined']
/// >>> incident, = correlator.incidents()
/// >>> incident.affected, incident.steps[1].because.distance
/// (['db', 'shop'], 1)
#[pyclass(frozen, module = "itom.event")]
pub struct Correlator(Handle<Engine>);

/// A correlator and what it asks for dependencies.
struct Engine {
    core: Core,
    topology: Known,
}

impl Engine {
    fn push(&mut self, events: &[Event]) -> Result<Vec<Update>> {
        self.core.push(events, &self.topology)
    }

    fn advance(&mut self, now: Timestamp) -> Result<Vec<Update>> {
        self.core.advance(now, &self.topology)
    }
}

/// The topologies that Python can hand over.
enum Known {
    Edges(EdgeTopology),
    #[cfg(feature = "cmdb")]
    View(itom_core::cmdb::View),
}

impl Topology for Known {
    fn providers(&self, item: &str) -> Vec<String> {
        match self {
            Known::Edges(edges) => edges.providers(item),
            #[cfg(feature = "cmdb")]
            Known::View(view) => owned(view.providers(item)),
        }
    }

    fn consumers(&self, item: &str) -> Vec<String> {
        match self {
            Known::Edges(edges) => edges.consumers(item),
            #[cfg(feature = "cmdb")]
            Known::View(view) => owned(view.consumers(item)),
        }
    }
}

/// Of an item that the CMDB does not know, no dependency is known.
#[cfg(feature = "cmdb")]
fn owned(names: Result<Vec<&str>>) -> Vec<String> {
    names.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

#[pymethods]
impl Correlator {
    #[new]
    #[pyo3(signature = (definition=None, topology=None))]
    fn new(
        py: Python<'_>,
        definition: Option<&Bound<'_, PyAny>>,
        topology: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let definition = match definition {
            Some(value) => convert::definition::<CorrelatorDefinition>(value, "definition")?,
            None => CorrelatorDefinition::default(),
        };
        let topology = known(topology)?;
        let core = enter(py, || Core::new(definition))?;
        Ok(Correlator(Handle::new(Engine { core, topology })))
    }

    /// Takes events in, in any order, and returns the updates of what they close.
    ///
    /// `events` is a list of dicts with the required fields id, time, item and name and the optional
    /// source, kind, severity, labels, text, value and fingerprint; or a table with a row per event,
    /// where a column `label.x` holds label x. If one event is not valid, none is taken.
    fn push<'py>(&self, events: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = events.py();
        let listed = events.is_instance_of::<PyList>() || events.is_instance_of::<PyTuple>();
        let events: Vec<Event> = if listed {
            convert::definition(events, "events")?
        } else {
            let table = convert::table(events, "events")?;
            enter(py, || Event::from_table(&table))?
        };
        let updates = self.0.with(py, |engine| engine.push(&events))?;
        convert::to_python(py, &updates)
    }

    /// Closes everything up to and including `now` and returns the updates.
    fn advance<'py>(&self, now: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = now.py();
        let now = convert::instant(now, "now")?;
        let updates = self.0.with(py, |engine| engine.advance(now))?;
        convert::to_python(py, &updates)
    }

    /// Replaces the topology; alerts that are correlated already stay as they are.
    #[pyo3(signature = (topology))]
    fn set_topology(&self, py: Python<'_>, topology: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let topology = known(topology)?;
        self.0.with(py, |engine| {
            engine.topology = topology;
            Ok(())
        })
    }

    /// The alerts, in the order in which they were first seen.
    fn alerts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let alerts = self
            .0
            .with(py, |engine| Ok(engine.core.alerts().into_iter().cloned().collect::<Vec<_>>()))?;
        convert::to_python(py, &alerts)
    }

    /// The incidents, in the order in which they started, resolved and merged ones too.
    fn incidents<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let incidents = self.0.with(py, |engine| {
            Ok(engine.core.incidents().into_iter().cloned().collect::<Vec<_>>())
        })?;
        convert::to_python(py, &incidents)
    }

    /// The alert of that fingerprint, or None.
    fn alert<'py>(&self, fingerprint: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = fingerprint.py();
        let fingerprint = convert::text(fingerprint, "fingerprint")?;
        let alert = self.0.with(py, |engine| Ok(engine.core.alert(&fingerprint).cloned()))?;
        convert::to_python(py, &alert)
    }

    /// The incident of that id, or None.
    fn incident<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = id.py();
        let id = convert::text(id, "id")?;
        let incident = self.0.with(py, |engine| Ok(engine.core.incident(&id).cloned()))?;
        convert::to_python(py, &incident)
    }

    /// Counts of everything that came in and of what became of it.
    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let statistics = self.0.with(py, |engine| Ok(engine.core.statistics()))?;
        convert::to_python(py, &statistics)
    }

    /// Everything before this instant is closed; None before the first event.
    #[getter]
    fn watermark<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let watermark = self.0.with(py, |engine| Ok(engine.core.watermark()))?;
        watermark.map(|instant| convert::instant_to_python(py, instant)).transpose()
    }

    /// Number of events that wait for their time to be closed.
    #[getter]
    fn waiting(&self, py: Python<'_>) -> PyResult<usize> {
        self.0.with(py, |engine| Ok(engine.core.waiting()))
    }

    /// The whole state, without the topology; equal states give equal bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |engine| Ok(engine.core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Goes on where `to_bytes` stopped; the topology is the host's and given again.
    #[staticmethod]
    #[pyo3(signature = (data, topology=None))]
    fn from_bytes(data: &Bound<'_, PyAny>, topology: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        let topology = known(topology)?;
        let core = enter(data.py(), || Core::from_bytes(&bytes))?;
        Ok(Correlator(Handle::new(Engine { core, topology })))
    }
}

/// Ranks what may have caused a symptom, best first; empty if nothing is out of the ordinary.
///
/// `edges` says who depends on whom, as (consumer, provider) pairs; `series` maps (ci, metric) to
/// (timestamps, values) with their history, NaN or None where a value is missing; `symptom` is
/// (ci, metric), or a ci alone; `at` is when the symptom was seen. `alerts` is a list of dicts with
/// ci, time and severity, `changes` one with ci and time. Values within `window` before and after
/// `at` are judged against those before it; by default that is four sampling steps.
///
/// >>> import numpy as np
/// >>> times = np.datetime64("2026-06-15T00:00", "ns") + np.arange(60) * np.timedelta64(1, "m")
/// >>> calm = 10 + np.arange(60) % 7 / 7
/// >>> slow = calm + 20 * (np.arange(60) >= 57)
/// >>> causes = itom.event.rank_causes(
/// ...     [("shop", "cart"), ("cart", "db"), ("shop", "search")],
/// ...     {("shop", "latency"): (times, slow), ("db", "latency"): (times, slow),
/// ...      ("search", "latency"): (times, calm)},
/// ...     ("shop", "latency"), times[57])
/// >>> causes[0].ci, causes[0].path
/// ('db', ['db', 'cart', 'shop'])
#[pyfunction]
#[pyo3(signature = (edges, series, symptom, at, *, alerts=None, changes=None, window=None))]
#[allow(clippy::too_many_arguments)]
fn rank_causes<'py>(
    py: Python<'py>,
    edges: &Bound<'py, PyAny>,
    series: &Bound<'py, PyAny>,
    symptom: &Bound<'py, PyAny>,
    at: &Bound<'py, PyAny>,
    alerts: Option<&Bound<'py, PyAny>>,
    changes: Option<&Bound<'py, PyAny>>,
    window: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let query = CauseQuery {
        edges: pairs(edges, "edges")?,
        series: series_of(series)?,
        symptom: symptom_of(symptom)?,
        at: convert::instant(at, "at")?,
        alerts: match alerts {
            Some(alerts) => convert::definition::<Vec<CauseAlert>>(alerts, "alerts")?,
            None => Vec::new(),
        },
        changes: match changes {
            Some(changes) => convert::definition::<Vec<CauseChange>>(changes, "changes")?,
            None => Vec::new(),
        },
        window: window.map(|window| convert::duration(window, "window")).transpose()?,
    };
    let causes = enter(py, || itom_core::event::rank_causes(&query))?;
    convert::to_python(py, &causes)
}

/// A view of the CMDB, (consumer, provider) pairs, or nothing.
fn known(topology: Option<&Bound<'_, PyAny>>) -> PyResult<Known> {
    let Some(topology) = topology else { return Ok(Known::Edges(EdgeTopology::default())) };
    #[cfg(feature = "cmdb")]
    if let Ok(view) = topology.cast::<crate::cmdb::View>() {
        return Ok(Known::View(view.get().core().clone()));
    }
    pairs(topology, "topology").map(|edges| Known::Edges(EdgeTopology::new(edges)))
}

/// (consumer, provider) pairs.
fn pairs(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<(String, String)>> {
    pairs_of(value, argument, "a list of (consumer, provider) pairs")
}

/// Pairs of texts, each once, in their order.
pub(crate) fn pairs_of(
    value: &Bound<'_, PyAny>,
    argument: &str,
    expected: &str,
) -> PyResult<Vec<(String, String)>> {
    if value.is_instance_of::<PyString>() {
        return Err(wrong_type(argument, value, expected));
    }
    let edges = value.try_iter().map_err(|cause| refused(cause, argument, value, expected))?;
    let mut seen = BTreeSet::new();
    for edge in edges {
        let edge = edge.map_err(|cause| refused(cause, argument, value, expected))?;
        seen.insert(pair(&edge, argument, expected)?);
    }
    Ok(seen.into_iter().collect())
}

fn pair(value: &Bound<'_, PyAny>, argument: &str, expected: &str) -> PyResult<(String, String)> {
    let (first, second) = two(value, argument, expected)?;
    Ok((convert::text(&first, argument)?, convert::text(&second, argument)?))
}

/// A tuple or list of two.
fn two<'py>(
    value: &Bound<'py, PyAny>,
    argument: &str,
    expected: &str,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let sequence = value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>();
    if !sequence || value.len()? != 2 {
        return Err(wrong_type(argument, value, expected));
    }
    Ok((value.get_item(0)?, value.get_item(1)?))
}

fn series_of(value: &Bound<'_, PyAny>) -> PyResult<Vec<Series>> {
    let expected = "a dict of (ci, metric) to (timestamps, values)";
    let Ok(dict) = value.cast::<PyDict>() else {
        return Err(wrong_type("series", value, expected));
    };
    let mut all = Vec::with_capacity(dict.len());
    for (key, columns) in dict.iter() {
        let (ci, metric) = pair(&key, "series", expected)?;
        let place = format!("series ({ci:?}, {metric:?})");
        let (timestamps, values) = two(&columns, &place, "a pair (timestamps, values)")?;
        let timestamps = convert::instants_array(&timestamps, &place)?;
        let timestamps = timestamps.into_iter().map(Timestamp::from_nanos).collect();
        let values = convert::floats(&values, &place)?;
        all.push(Series { ci, metric, timestamps, values });
    }
    Ok(all)
}

fn symptom_of(value: &Bound<'_, PyAny>) -> PyResult<Symptom> {
    if value.is_instance_of::<PyString>() {
        return Ok(Symptom { ci: convert::text(value, "symptom")?, metric: None });
    }
    let (ci, metric) = two(value, "symptom", "a ci, or a pair (ci, metric)")?;
    let metric = if metric.is_none() { None } else { Some(convert::text(&metric, "symptom")?) };
    Ok(Symptom { ci: convert::text(&ci, "symptom")?, metric })
}
