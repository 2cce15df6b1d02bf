//! Results in the likeness of what was asked with: a column of pandas, polars or pyarrow comes back
//! as such a column, with the time zone it had; anything else as an array of numpy, in UTC.
//!
//! A column without a zone holds instants in UTC, and so does the one that comes back. A Series of
//! pandas keeps its index and name, one of polars its name. Results are matched by position.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};

/// What a column is, and the zone that instants get.
pub struct Likeness<'py> {
    kind: Kind<'py>,
    zone: Option<Bound<'py, PyAny>>,
}

enum Kind<'py> {
    Numpy,
    Pandas(Bound<'py, PyAny>),
    PandasIndex(Bound<'py, PyAny>),
    Polars(Bound<'py, PyAny>),
    Arrow,
    ArrowChunks,
}

impl<'py> Likeness<'py> {
    /// Of an argument that holds one instant or many.
    pub fn of(value: &Bound<'py, PyAny>) -> PyResult<Likeness<'py>> {
        let kind = Kind::of(value)?;
        let zone = kind.zone(value)?;
        Ok(Likeness { kind, zone })
    }

    /// Of the first of two arguments that is a column; instants get the zone of the first.
    pub fn of_pair(
        first: &Bound<'py, PyAny>,
        second: &Bound<'py, PyAny>,
    ) -> PyResult<Likeness<'py>> {
        let mut likeness = Likeness::of(first)?;
        if matches!(likeness.kind, Kind::Numpy) {
            likeness.kind = Kind::of(second)?;
            if first.is_instance_of::<PyDateTime>() {
                let utc = intern!(first.py(), "UTC");
                likeness.zone = Some(utc.clone().into_any());
            }
        }
        Ok(likeness)
    }

    /// Instants, as `datetime64[ns]` in UTC.
    pub fn instants(&self, array: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = array.py();
        let Some(zone) = &self.zone else { return self.values(array) };
        match &self.kind {
            Kind::Numpy => Ok(array),
            Kind::Pandas(like) => {
                let local = in_zone_of_pandas(&array, zone)?;
                self.series(like, &local)
            }
            Kind::PandasIndex(like) => {
                let local = in_zone_of_pandas(&array, zone)?;
                local.call_method1(intern!(py, "rename"), (like.getattr(intern!(py, "name"))?,))
            }
            Kind::Polars(_) => {
                let utc = self.values(array)?.getattr(intern!(py, "dt"))?;
                let utc = utc.call_method1(intern!(py, "replace_time_zone"), ("UTC",))?;
                let utc = utc.getattr(intern!(py, "dt"))?;
                utc.call_method1(intern!(py, "convert_time_zone"), (zone,))
            }
            Kind::Arrow | Kind::ArrowChunks => {
                let arrow = py.import(intern!(py, "pyarrow"))?;
                let class = arrow.call_method1(intern!(py, "timestamp"), ("ns", zone))?;
                self.arrow(&array, Some(&class))
            }
        }
    }

    /// What has no zone: durations, truth values.
    pub fn values(&self, array: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = array.py();
        match &self.kind {
            Kind::Numpy => Ok(array),
            Kind::Pandas(like) => self.series(like, &array),
            Kind::PandasIndex(like) => {
                let name = PyDict::new(py);
                name.set_item("name", like.getattr(intern!(py, "name"))?)?;
                py.import(intern!(py, "pandas"))?.call_method("Index", (array,), Some(&name))
            }
            Kind::Polars(like) => {
                let name = like.getattr(intern!(py, "name"))?;
                py.import(intern!(py, "polars"))?.call_method1("Series", (name, array))
            }
            Kind::Arrow | Kind::ArrowChunks => self.arrow(&array, None),
        }
    }

    fn series(
        &self,
        like: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = like.py();
        let options = PyDict::new(py);
        options.set_item("index", like.getattr(intern!(py, "index"))?)?;
        options.set_item("name", like.getattr(intern!(py, "name"))?)?;
        py.import(intern!(py, "pandas"))?.call_method("Series", (values,), Some(&options))
    }

    fn arrow(
        &self,
        array: &Bound<'py, PyAny>,
        class: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = array.py();
        let arrow = py.import(intern!(py, "pyarrow"))?;
        let one = arrow.call_method1(intern!(py, "array"), (array, class))?;
        match self.kind {
            Kind::ArrowChunks => arrow.call_method1(intern!(py, "chunked_array"), ([one],)),
            _ => Ok(one),
        }
    }
}

impl<'py> Kind<'py> {
    fn of(value: &Bound<'py, PyAny>) -> PyResult<Kind<'py>> {
        let is = |module: &str, class: &str| is_instance(value, module, class);
        if is("pandas", "Series")? {
            Ok(Kind::Pandas(value.clone()))
        } else if is("pandas", "Index")? {
            Ok(Kind::PandasIndex(value.clone()))
        } else if is("polars", "Series")? {
            Ok(Kind::Polars(value.clone()))
        } else if is("pyarrow", "ChunkedArray")? {
            Ok(Kind::ArrowChunks)
        } else if is("pyarrow", "Array")? {
            Ok(Kind::Arrow)
        } else {
            Ok(Kind::Numpy)
        }
    }

    fn zone(&self, value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = value.py();
        let zone = match self {
            Kind::Numpy => None,
            Kind::Pandas(series) => {
                let kind = series.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "kind"))?;
                match kind.extract::<String>()?.as_str() {
                    "M" => series.getattr(intern!(py, "dt"))?.getattr_opt(intern!(py, "tz"))?,
                    // Objects are aware datetimes, of as many zones as they like.
                    "O" => Some(intern!(py, "UTC").clone().into_any()),
                    _ => None,
                }
            }
            Kind::PandasIndex(index) => index.getattr_opt(intern!(py, "tz"))?,
            Kind::Polars(series) => {
                series.getattr(intern!(py, "dtype"))?.getattr_opt(intern!(py, "time_zone"))?
            }
            Kind::Arrow | Kind::ArrowChunks => {
                value.getattr(intern!(py, "type"))?.getattr_opt(intern!(py, "tz"))?
            }
        };
        Ok(zone.filter(|zone| !zone.is_none()))
    }
}

fn in_zone_of_pandas<'py>(
    array: &Bound<'py, PyAny>,
    zone: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let index = py.import(intern!(py, "pandas"))?.call_method1("DatetimeIndex", (array,))?;
    let utc = index.call_method1(intern!(py, "tz_localize"), ("UTC",))?;
    utc.call_method1(intern!(py, "tz_convert"), (zone,))
}

/// Whether a value is of a class of a module, which was imported if it is.
fn is_instance(value: &Bound<'_, PyAny>, module: &str, class: &str) -> PyResult<bool> {
    let modules = value.py().import(intern!(value.py(), "sys"))?.getattr("modules")?;
    match modules.cast::<PyDict>()?.get_item(module)? {
        Some(module) => value.is_instance(&module.getattr(class)?),
        None => Ok(false),
    }
}
