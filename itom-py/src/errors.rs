//! The core's errors as the exceptions of `itom._errors`.
//!
//! Every exception that a call of the library raises is an `itom.ItomError`; what Python itself
//! raises while a value is looked at (an overflow, a failing `__float__`) becomes one too.

use itom_core::{Error, ErrorKind};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The exception for an error of the core.
pub fn raise(error: Error) -> PyErr {
    let class = match error.kind() {
        ErrorKind::InvalidArgument => "InvalidArgument",
        ErrorKind::NotFound => "NotFound",
        ErrorKind::Conflict => "Conflict",
        ErrorKind::LimitExceeded => "LimitExceeded",
        ErrorKind::Corrupt => "Corrupt",
        ErrorKind::Unsupported => "Unsupported",
        ErrorKind::Io => "Io",
        _ => "ItomError",
    };
    exception(class, &error.to_string(), error.argument())
}

/// `{argument} must be {expected}, got {value}`: the value is of the right type, but wrong.
pub fn invalid(argument: &str, value: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    raise(Error::invalid(argument, describe(value), expected))
}

/// `{argument} must be {expected}, got {value}`: the value is of a wrong type.
pub fn wrong_type(argument: &str, value: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let type_name = value.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let shown = format!("{} ({type_name})", describe(value));
    let error = Error::invalid(argument, shown, expected);
    exception("WrongType", &error.to_string(), Some(argument))
}

/// What Python raised while it looked at a value: `cause` becomes the `__cause__` of an error that
/// names the argument. Interrupts and errors of the library pass as they are.
pub fn refused(cause: PyErr, argument: &str, value: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let py = value.py();
    let is_ours = class(py, "ItomError").is_ok_and(|own| cause.is_instance(py, own.as_any()));
    if is_ours || !cause.is_instance_of::<PyException>(py) {
        return cause;
    }
    let error = wrong_type(argument, value, expected);
    error.set_cause(py, Some(cause));
    error
}

/// A broken invariant inside the library: a bug, never the fault of input.
pub fn internal(message: &str) -> PyErr {
    exception("Internal", message, None)
}

/// How an error shows a value: its `repr`.
pub fn describe(value: &Bound<'_, PyAny>) -> String {
    value.repr().map_or_else(|_| "something without a repr".to_owned(), |text| text.to_string())
}

fn exception(name: &str, message: &str, argument: Option<&str>) -> PyErr {
    Python::attach(|py| match class(py, name).and_then(|class| class.call1((message, argument))) {
        Ok(value) => PyErr::from_value(value),
        Err(error) => error,
    })
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("itom._errors").map(Bound::unbind))?;
    Ok(module.bind(py).getattr(name)?.cast_into()?)
}
