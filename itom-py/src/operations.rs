//! `itom.Operations` and `itom.Report`: conversion only.

use itom_core::operations::{
    Observation, Operations as Core, OperationsDefinition, Report as CoreReport, samples_from_table,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::cmdb::Cmdb;
use crate::convert;
use crate::enter::{Handle, enter};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Operations>()?;
    module.add_class::<Report>()
}

/// The join of the four domains: observations in, a few explained incidents out.
///
/// `definition` is one document (a dict or JSON text; see `itom.schema("operations_definition")`):
/// which metric means what, which objectives and agreements hold. `cmdb` is the topology; the
/// engine takes a copy. Time is what the observations say and what `advance` is told.
///
/// >>> import datetime as dt
/// >>> at = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> operations = itom.Operations({"name": "shop"})
/// >>> event = {"id": "e1", "time": at, "item": "db-1", "name": "disk full", "severity": 17}
/// >>> updates = operations.ingest([{"event": event}])
/// >>> updates = operations.advance(at + dt.timedelta(minutes=10))
/// >>> [incident.affected for incident in operations.incidents()]
/// [['db-1']]
#[pyclass(frozen, module = "itom")]
pub struct Operations(Handle<Core>);

#[pymethods]
impl Operations {
    #[new]
    #[pyo3(signature = (definition, cmdb=None))]
    fn new(definition: &Bound<'_, PyAny>, cmdb: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let py = definition.py();
        let document = convert::definition::<OperationsDefinition>(definition, "definition")?;
        let cmdb = match cmdb {
            None => itom_core::cmdb::Cmdb::default(),
            Some(cmdb) => {
                let cmdb = cmdb.cast::<Cmdb>().map_err(|_| {
                    crate::errors::wrong_type("cmdb", cmdb, "an itom.cmdb.Cmdb or None")
                })?;
                cmdb.get().copy(py)?
            }
        };
        enter(py, || Core::new(document, cmdb)).map(|core| Operations(Handle::new(core)))
    }

    /// Takes observations in, in their order, and returns what they led to, as a list of updates.
    ///
    /// `observations` is a list of `{"metric": {"time", "item", "metric", "value"}}`,
    /// `{"event": {...}}` and `{"topology": {"at", "changes"}}`, or a table of metric samples with the
    /// columns time, item, metric and value (anything that speaks Arrow, or a dict of columns; NaN and
    /// null are missing values). A sample that is not later than the latest of its series comes back
    /// as an update `late_sample`, what the present state cannot take as `rejected`. An observation
    /// that no state could take raises InvalidArgument, and nothing of the call is applied.
    fn ingest<'py>(&self, observations: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = observations.py();
        let listed =
            observations.is_instance_of::<PyList>() || observations.is_instance_of::<PyTuple>();
        let observations: Vec<Observation> = if listed {
            convert::definition(observations, "observations")?
        } else {
            let table = convert::table(observations, "observations")?;
            enter(py, || samples_from_table(&table))?
        };
        let updates = self.0.with(py, |core| core.ingest(&observations))?;
        convert::to_python(py, &updates)
    }

    /// Says what time it is and returns the updates: what has been quiet for long enough ends.
    fn advance<'py>(&self, now: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = now.py();
        let now = convert::instant(now, "now")?;
        let updates = self.0.with(py, |core| core.advance(now))?;
        convert::to_python(py, &updates)
    }

    /// The incidents with their explanation, oldest first.
    fn incidents<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let incidents = self.0.with(py, |core| core.incidents())?;
        convert::to_python(py, &incidents)
    }

    /// The alerts, firing and recent, sorted by fingerprint.
    fn alerts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let alerts =
            self.0.with(py, |core| Ok(core.alerts().into_iter().cloned().collect::<Vec<_>>()))?;
        convert::to_python(py, &alerts)
    }

    /// The id of the incident with the most alerts among those active at `since` or later.
    fn worst_incident(&self, since: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        let instant = convert::instant(since, "since")?;
        self.0.with(since.py(), |core| Ok(core.worst_incident(instant)))
    }

    /// One incident with its explanation as of `at`.
    fn explain_incident<'py>(
        &self,
        incident: &Bound<'py, PyAny>,
        at: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = incident.py();
        let (incident, at) = (convert::text(incident, "incident")?, convert::instant(at, "at")?);
        let explained = self.0.with(py, |core| core.explain_incident(&incident, at))?;
        convert::to_python(py, &explained)
    }

    /// The report of one incident as of `at`.
    fn report(&self, incident: &Bound<'_, PyAny>, at: &Bound<'_, PyAny>) -> PyResult<Report> {
        let py = incident.py();
        let (incident, at) = (convert::text(incident, "incident")?, convert::instant(at, "at")?);
        self.0.with(py, |core| core.report(&incident, at)).map(Report)
    }

    /// From observations to incidents, in numbers.
    fn funnel<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let funnel = self.0.with(py, |core| Ok(core.funnel().clone()))?;
        convert::to_python(py, &funnel)
    }

    /// Samples that came too late to be judged.
    #[getter]
    fn late_samples(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |core| Ok(core.late_samples()))
    }

    /// Observations set aside with a reason.
    #[getter]
    fn rejected(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |core| Ok(core.rejected()))
    }

    /// The whole state as versioned, checksummed bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |core| Ok(core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Reads a state back; it continues bit for bit.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || Core::from_bytes(&bytes)).map(|core| Operations(Handle::new(core)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}

/// One incident as a person reads it; made by `Operations.report`.
///
/// In a notebook it shows its page with pictures.
#[pyclass(frozen, module = "itom")]
pub struct Report(CoreReport);

#[pymethods]
impl Report {
    /// For a terminal, at most 100 columns wide; with ANSI colours if `colour`.
    #[pyo3(signature = (*, colour=false))]
    fn to_text(&self, py: Python<'_>, colour: bool) -> PyResult<String> {
        enter(py, || Ok(self.0.to_text(colour)))
    }

    /// One self-contained HTML page: no network, no script.
    fn to_html(&self, py: Python<'_>) -> PyResult<String> {
        enter(py, || Ok(self.0.to_html()))
    }

    /// The record as JSON text.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        enter(py, || Ok(self.0.to_json()))
    }

    /// The record as nested dicts with real datetimes and timedeltas.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("<itom.Report of incident {} of {}>", self.0.incident, self.0.name)
    }

    #[pyo3(signature = (include=None, exclude=None))]
    fn _repr_mimebundle_<'py>(
        &self,
        py: Python<'py>,
        include: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let _ = (include, exclude);
        let bundle = PyDict::new(py);
        bundle.set_item("text/plain", self.to_text(py, false)?)?;
        // A page has its own styles: a frame keeps them from the notebook's.
        let page = self.to_html(py)?.replace('&', "&amp;").replace('"', "&quot;");
        let frame = format!(
            "<iframe srcdoc=\"{page}\" sandbox style=\"width:100%;height:900px;border:0\"></iframe>"
        );
        bundle.set_item("text/html", frame)?;
        Ok(bundle)
    }
}
