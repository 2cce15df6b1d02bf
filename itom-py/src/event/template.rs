//! `itom.event.TemplateMiner`: conversion only.

use itom_core::event::{TemplateMiner as Core, TemplateMinerDefinition};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::convert;
use crate::enter::{Handle, enter};
use crate::errors::{refused, wrong_type};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TemplateMiner>()
}

/// Finds the templates of log lines as they come: lines that differ only in values have one.
///
/// `definition` is a dict or JSON text (see `itom.schema("template_miner_definition")`). What is
/// variable is told by its looks and its neighbours (numbers with their units, addresses, paths,
/// dates, hosts, names of users), by `masks` of yours, and by the number of words seen in one
/// place. An id is a hash of the template: the same on every machine and after every restart.
/// Memory is bounded by `max_templates`.
///
/// >>> miner = itom.event.TemplateMiner()
/// >>> match = miner.add("connect 10.0.0.7:4022 took 12 ms")
/// >>> match.text, match.new
/// ('connect <*>:<*> took <*> ms', True)
/// >>> [(parameter.kind, parameter.value) for parameter in match.parameters]
/// [('ip', '10.0.0.7:4022'), ('quantity', '12 ms')]
/// >>> miner.add("connect 10.0.0.9:4107 took 3 s").id == match.id
/// True
/// >>> [(template.text, template.count) for template in miner.templates()]
/// [('connect <*>:<*> took <*> <*>', 2)]
#[pyclass(frozen, module = "itom.event")]
pub struct TemplateMiner(Handle<Core>);

#[pymethods]
impl TemplateMiner {
    #[new]
    #[pyo3(signature = (definition=None))]
    fn new(py: Python<'_>, definition: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let definition = match definition {
            Some(value) => convert::definition::<TemplateMinerDefinition>(value, "definition")?,
            None => TemplateMinerDefinition::default(),
        };
        Ok(TemplateMiner(Handle::new(enter(py, || Core::new(definition))?)))
    }

    /// Finds the template of a line, or makes one.
    ///
    /// `line` is `str`, or `bytes` of any encoding, without its line break. The result has the
    /// template's id and text, whether it is new, its count with this line, and the line's
    /// parameters with their kind, value, and start and end in bytes of UTF-8. Of a line longer
    /// than `max_line_bytes` the rest is one parameter.
    fn add<'py>(&self, line: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = line.py();
        let mut lines = Lines::default();
        lines.push(line, "line")?;
        let found = self.0.with(py, |core| Ok(core.add(&lines.bytes).to_match()))?;
        convert::to_python(py, &found)
    }

    /// The ids of many lines, `int64[n]`: what `add` gives one by one, much faster.
    ///
    /// `lines` is a list of `str` or `bytes`, or a column of text (Arrow, pandas, polars, numpy); a
    /// missing one is an empty line.
    fn add_many<'py>(&self, lines: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = lines.py();
        let lines = Lines::of(lines)?;
        let ids = self.0.with(py, |core| Ok(core.add_many(lines.iter())))?;
        // Ids are below 2^53.
        let ids: Vec<i64> = ids.into_iter().map(u64::cast_signed).collect();
        convert::ints_to_numpy(py, &ids)
    }

    /// Ends an interval at `now` and returns what changed: new and evicted templates since the last
    /// call, and templates whose count in the interval is not what the intervals before let expect.
    fn advance<'py>(&self, now: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = now.py();
        let now = convert::instant(now, "now")?;
        let updates = self.0.with(py, |core| core.advance(now))?;
        convert::to_python(py, &updates)
    }

    /// The templates, in the order of their birth.
    fn templates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let templates = self.0.with(py, |core| Ok(core.templates()))?;
        convert::to_python(py, &templates)
    }

    /// The template of that id, or None.
    fn template<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = id.py();
        let id = convert::whole(id, "id")?;
        let template =
            self.0.with(py, |core| Ok(u64::try_from(id).ok().and_then(|id| core.template(id))))?;
        convert::to_python(py, &template)
    }

    /// Takes in what another miner of the same definition has learned from other lines of the same
    /// stream: templates of the same id become one, counts and rates are added up.
    fn merge(&self, py: Python<'_>, other: &TemplateMiner) -> PyResult<()> {
        // Copied first: two miners that take each other in at once must not wait for each other.
        let other = other.0.with(py, |core| Ok(core.clone()))?;
        self.0.with(py, |core| core.merge(&other))
    }

    /// Counts of everything that came in and of what became of it.
    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let statistics = self.0.with(py, |core| Ok(core.statistics()))?;
        convert::to_python(py, &statistics)
    }

    /// The whole state; equal states give equal bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |core| Ok(core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Goes on where `to_bytes` stopped.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        let core = enter(data.py(), || Core::from_bytes(&bytes))?;
        Ok(TemplateMiner(Handle::new(core)))
    }
}

/// Lines one behind the other, so that they can be read without the interpreter.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Lines {
    fn of(value: &Bound<'_, PyAny>) -> PyResult<Lines> {
        let mut lines = Lines::default();
        if let Ok(list) = value.cast::<PyList>() {
            list.iter().try_for_each(|line| lines.push(&line, "lines"))?;
            return Ok(lines);
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            tuple.iter().try_for_each(|line| lines.push(&line, "lines"))?;
            return Ok(lines);
        }
        let column = convert::text_column(value, "lines")?;
        column.iter().for_each(|line| lines.put(line.unwrap_or_default().as_bytes()));
        Ok(lines)
    }

    fn push(&mut self, line: &Bound<'_, PyAny>, argument: &str) -> PyResult<()> {
        if let Ok(text) = line.cast::<PyString>() {
            let text = text.to_str().map_err(|cause| {
                refused(cause, argument, line, "text without lone surrogates, or bytes")
            })?;
            self.put(text.as_bytes());
        } else if let Ok(bytes) = line.cast::<PyBytes>() {
            self.put(bytes.as_bytes());
        } else {
            return Err(wrong_type(argument, line, "text or bytes"));
        }
        Ok(())
    }

    fn put(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }
}
