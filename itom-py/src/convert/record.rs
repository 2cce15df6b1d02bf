//! Results as Python objects: a serde serializer whose output is Python's own.
//!
//! The shape is that of the JSON form, with richer leaves: an instant is an aware `datetime` in
//! UTC, a duration a `timedelta`, a tuple a `tuple`. A struct is an instance of the class of that
//! name in `itom.types`, or else an `itom.Record`, with a field for each of its fields.

use std::fmt;

use itom_core::{Duration, Timestamp};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use serde::ser::{self, Serialize};

use super::time::{duration_to_python, instant_to_python};
use crate::errors::internal;

/// A result of the core as a Python object.
pub fn to_python<'py, T: Serialize + ?Sized>(
    py: Python<'py>,
    result: &T,
) -> PyResult<Bound<'py, PyAny>> {
    result.serialize(ToPython { py }).map_err(|failure| failure.0)
}

#[derive(Clone, Copy)]
struct ToPython<'py> {
    py: Python<'py>,
}

#[derive(Debug)]
struct Failure(PyErr);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Failure(internal(&message.to_string()))
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Failure(error)
    }
}

type Object<'py> = Bound<'py, PyAny>;

/// An empty instance of the class of that name in `itom.types`, or of `Record`.
fn record<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
    static TYPES: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let types = TYPES.get_or_try_init(py, || py.import("itom.types").map(Bound::unbind))?.bind(py);
    let class = match types.getattr_opt(name)? {
        Some(class) => class,
        None => types.getattr("Record")?,
    };
    Ok(class.call0()?.cast_into::<PyDict>()?)
}

/// `{variant: value}`, as JSON has it.
fn tagged<'py>(py: Python<'py>, variant: &str, value: Object<'py>) -> Result<Object<'py>, Failure> {
    let object = record(py, "Record")?;
    object.set_item(variant, value)?;
    Ok(object.into_any())
}

macro_rules! primitives {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Object<'py>, Failure> {
            let object = value.into_pyobject(self.py).map_err(PyErr::from)?;
            Ok(object.to_owned().into_any())
        })*
    };
}

impl<'py> ser::Serializer for ToPython<'py> {
    type Ok = Object<'py>;
    type Error = Failure;
    type SerializeSeq = Sequence<'py>;
    type SerializeTuple = Sequence<'py>;
    type SerializeTupleStruct = Sequence<'py>;
    type SerializeTupleVariant = Sequence<'py>;
    type SerializeMap = Fields<'py>;
    type SerializeStruct = Fields<'py>;
    type SerializeStructVariant = Fields<'py>;

    primitives! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str,
    }

    fn is_human_readable(&self) -> bool {
        // Instants and durations announce themselves by name then, instead of as text.
        false
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Object<'py>, Failure> {
        Ok(PyBytes::new(self.py, value).into_any())
    }

    fn serialize_none(self) -> Result<Object<'py>, Failure> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Object<'py>, Failure> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Object<'py>, Failure> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Object<'py>, Failure> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Object<'py>, Failure> {
        Ok(PyString::intern(self.py, variant).into_any())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Object<'py>, Failure> {
        let inner = value.serialize(self)?;
        match name {
            "Timestamp" => Ok(instant_to_python(self.py, Timestamp::from_nanos(inner.extract()?))?),
            "Duration" => Ok(duration_to_python(self.py, Duration::from_nanos(inner.extract()?))?),
            "Fraction" => Ok(self.py.import("fractions")?.getattr("Fraction")?.call1((inner,))?),
            _ => Ok(inner),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Object<'py>, Failure> {
        tagged(self.py, variant, value.serialize(self)?)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Sequence<'py>, Failure> {
        Ok(Sequence { to: self, items: Vec::with_capacity(length.unwrap_or(0)), variant: None })
    }

    fn serialize_tuple(self, length: usize) -> Result<Sequence<'py>, Failure> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<Sequence<'py>, Failure> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Sequence<'py>, Failure> {
        Ok(Sequence { variant: Some(variant), ..self.serialize_seq(Some(length))? })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Fields<'py>, Failure> {
        // A struct with flattened fields comes as a map of unknown length.
        let object = match length {
            Some(_) => PyDict::new(self.py),
            None => record(self.py, "Record")?,
        };
        Ok(Fields { to: self, object, key: None, variant: None })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'py>, Failure> {
        Ok(Fields { to: self, object: record(self.py, name)?, key: None, variant: None })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'py>, Failure> {
        let object = record(self.py, "Record")?;
        Ok(Fields { to: self, object, key: None, variant: Some(variant) })
    }
}

/// A list or a tuple in the making.
struct Sequence<'py> {
    to: ToPython<'py>,
    items: Vec<Object<'py>>,
    variant: Option<&'static str>,
}

impl<'py> Sequence<'py> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.items.push(value.serialize(self.to)?);
        Ok(())
    }

    fn tuple(self) -> Result<Object<'py>, Failure> {
        Ok(PyTuple::new(self.to.py, self.items)?.into_any())
    }
}

impl<'py> ser::SerializeSeq for Sequence<'py> {
    type Ok = Object<'py>;
    type Error = Failure;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.push(value)
    }
    fn end(self) -> Result<Object<'py>, Failure> {
        Ok(PyList::new(self.to.py, self.items)?.into_any())
    }
}

impl<'py> ser::SerializeTuple for Sequence<'py> {
    type Ok = Object<'py>;
    type Error = Failure;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.push(value)
    }
    fn end(self) -> Result<Object<'py>, Failure> {
        self.tuple()
    }
}

impl<'py> ser::SerializeTupleStruct for Sequence<'py> {
    type Ok = Object<'py>;
    type Error = Failure;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.push(value)
    }
    fn end(self) -> Result<Object<'py>, Failure> {
        self.tuple()
    }
}

impl<'py> ser::SerializeTupleVariant for Sequence<'py> {
    type Ok = Object<'py>;
    type Error = Failure;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.push(value)
    }
    fn end(self) -> Result<Object<'py>, Failure> {
        let (py, variant) = (self.to.py, self.variant.unwrap_or_default());
        let items = self.tuple()?;
        tagged(py, variant, items)
    }
}

/// A dict or a record in the making.
struct Fields<'py> {
    to: ToPython<'py>,
    object: Bound<'py, PyDict>,
    key: Option<Object<'py>>,
    variant: Option<&'static str>,
}

impl Fields<'_> {
    fn put<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Failure> {
        let value = value.serialize(self.to)?;
        Ok(self.object.set_item(PyString::intern(self.to.py, key), value)?)
    }
}

impl<'py> ser::SerializeMap for Fields<'py> {
    type Ok = Object<'py>;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.key = Some(key.serialize(self.to)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let key =
            self.key.take().ok_or_else(|| PyRuntimeError::new_err("a value without a key"))?;
        Ok(self.object.set_item(key, value.serialize(self.to)?)?)
    }

    fn end(self) -> Result<Object<'py>, Failure> {
        Ok(self.object.into_any())
    }
}

impl<'py> ser::SerializeStruct for Fields<'py> {
    type Ok = Object<'py>;
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.put(key, value)
    }

    fn end(self) -> Result<Object<'py>, Failure> {
        Ok(self.object.into_any())
    }
}

impl<'py> ser::SerializeStructVariant for Fields<'py> {
    type Ok = Object<'py>;
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.put(key, value)
    }

    fn end(self) -> Result<Object<'py>, Failure> {
        tagged(self.to.py, self.variant.unwrap_or_default(), self.object.into_any())
    }
}
