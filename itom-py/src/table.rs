//! `itom.Table`: columns that come out of the library, or go in where there is no Arrow library.

use std::sync::Arc;

use itom_core::table::{Column, Table as CoreTable};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::convert;
use crate::errors::raise;

/// Named columns of equal length, which any Arrow library reads without knowing itom.
///
/// Made of anything with the Arrow PyCapsule interface (pyarrow, polars, pandas, DuckDB) or of a
/// dict of lists or numpy arrays. `None` is a missing cell.
///
/// >>> import itom
/// >>> items = itom.Table({"id": ["web-1", "db-1"], "cores": [4, None]})
/// >>> len(items), items.columns
/// (2, ['id', 'cores'])
/// >>> items["cores"]
/// [4, None]
#[pyclass(frozen, module = "itom", name = "Table")]
pub struct Table(Arc<CoreTable>);

impl Table {
    /// Wraps a table of the core.
    pub fn wrap(table: CoreTable) -> Self {
        Table(Arc::new(table))
    }

    pub fn table(&self) -> &CoreTable {
        &self.0
    }
}

#[pymethods]
impl Table {
    #[new]
    fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        convert::table(data, "data").map(Table::wrap)
    }

    /// The names of the columns, in order.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.columns().map(|(name, _)| name.to_owned()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.rows()
    }

    fn __repr__(&self) -> String {
        format!("<itom.Table of {} rows: {}>", self.0.rows(), self.columns().join(", "))
    }

    /// One column: a numpy array of floats (missing is NaN) or instants (missing is NaT), or a list
    /// of texts, whole numbers or truth values (missing is None).
    fn __getitem__<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = name.py();
        let name = convert::text(name, "name")?;
        let column = self.0.column(&name);
        let column = column.ok_or_else(|| {
            raise(itom_core::Error::not_found("name", "column", format!("{name:?}")))
        })?;
        column_to_python(py, column)
    }

    /// All columns by name, as `table[name]` gives them.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for (name, column) in self.0.columns() {
            columns.set_item(name, column_to_python(py, column)?)?;
        }
        Ok(columns)
    }

    /// The Arrow PyCapsule interface: a stream of one record batch.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A wish for other types is best effort in the interface; the reader casts.
        drop(requested_schema);
        convert::capsule_of(py, self.0.clone())
    }
}

fn column_to_python<'py>(py: Python<'py>, column: &Column) -> PyResult<Bound<'py, PyAny>> {
    match column {
        Column::Float(cells) => {
            let values: Vec<f64> = cells.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect();
            convert::floats_to_numpy(py, &values)
        }
        Column::Time(cells) => {
            let nanos =
                |cell: &Option<itom_core::Timestamp>| cell.map_or(i64::MIN, |t| t.as_nanos());
            convert::times_to_numpy(py, &cells.iter().map(nanos).collect::<Vec<_>>())
        }
        Column::Int(cells) => Ok(PyList::new(py, cells)?.into_any()),
        Column::Bool(cells) => Ok(PyList::new(py, cells)?.into_any()),
        Column::Text(cells) => Ok(PyList::new(py, cells.iter().collect::<Vec<_>>())?.into_any()),
        other => unreachable!("a column of {} has a Python form", other.type_name()),
    }
}
