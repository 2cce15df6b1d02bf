//! `itom.sla.Objective`: conversion only.

use itom_core::Timestamp;
use itom_core::sla::{Objective as CoreObjective, ObjectiveDefinition};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::values::counts;
use crate::convert::{self, OneOrMany};
use crate::enter::{Handle, enter};
use crate::errors::wrong_type;

/// A service level objective: a share of good events or time slices over a rolling window.
///
/// `definition` is a dict or JSON text; or its fields are given by name: `target` in percent
/// ("99.9"), `window`, `budgeting` ("occurrences" or "timeslices"), `resolution`, `slice_target`,
/// `alerts`. Sums and verdicts are exact.
///
/// >>> import datetime as dt
/// >>> objective = itom.sla.Objective(target="99.9", window=dt.timedelta(days=30))
/// >>> at = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> objective.record(at, good=9995, total=10000)
/// >>> status = objective.status(at)
/// >>> status.budget, status.consumed, status.remaining, status.state
/// (Fraction(10, 1), 5, Fraction(5, 1), 'ok')
#[pyclass(frozen, module = "itom.sla")]
pub struct Objective(Handle<CoreObjective>);

#[pymethods]
impl Objective {
    #[new]
    #[pyo3(signature = (definition=None, /, **fields))]
    fn new(
        py: Python<'_>,
        definition: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let document: ObjectiveDefinition = match (definition, fields) {
            (Some(definition), None) => convert::definition(definition, "definition")?,
            (None, Some(fields)) => convert::definition(fields.as_any(), "definition")?,
            (None, None) => convert::definition(PyDict::new(py).as_any(), "definition")?,
            (Some(definition), Some(_)) => {
                let expected = "a definition or fields by name, not both";
                return Err(wrong_type("definition", definition, expected));
            }
        };
        enter(py, || CoreObjective::new(document)).map(|core| Objective(Handle::new(core)))
    }

    /// Counts `good` of `total` events at an instant, or arrays of them, all or none.
    fn record(
        &self,
        at: &Bound<'_, PyAny>,
        good: &Bound<'_, PyAny>,
        total: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = at.py();
        match convert::instants(at, "at")? {
            OneOrMany::One(at) => {
                let (good, total) =
                    (convert::count(good, "good")?, convert::count(total, "total")?);
                self.0.with(py, |core| core.record(Timestamp::from_nanos(at), good, total))
            }
            OneOrMany::Many(instants) => {
                let (good, total) = (counts(good, "good")?, counts(total, "total")?);
                self.0.with(py, |core| core.record_all(&instants, &good, &total))
            }
        }
    }

    /// Where it stands: budget, what is left of it, burn rates, alerts.
    fn status<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let status = self.0.with(py, |core| core.status(at))?;
        convert::to_python(py, &status)
    }

    /// How many times faster than allowed the budget burned over the `window` before `at`; None
    /// without data.
    fn burn_rate<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        window: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = at.py();
        let (at, window) = (convert::instant(at, "at")?, convert::duration(window, "window")?);
        let rate = self.0.with(py, |core| core.burn_rate(at, window))?;
        rate.map(|rate| convert::to_python(py, &rate)).transpose()
    }

    /// How long what is left of the budget lasts at the burn rate over the `window` before `at`.
    fn time_to_exhaustion<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        window: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = at.py();
        let (at, window) = (convert::instant(at, "at")?, convert::duration(window, "window")?);
        let left = self.0.with(py, |core| core.time_to_exhaustion(at, window))?;
        left.map(|left| convert::duration_to_python(py, left)).transpose()
    }

    /// The objective as versioned, checksummed bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |core| Ok(core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// An objective from its bytes.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || CoreObjective::from_bytes(&bytes))
            .map(|core| Objective(Handle::new(core)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}
