//! Files of the CMDB: opening, looking after, saving.

use std::path::PathBuf;

use itom_core::cmdb::{Cmdb as Core, ModelDefinition};
use itom_core::{Error, Result};
use pyo3::prelude::*;

use crate::convert;
use crate::enter::enter;
use crate::errors::{invalid, wrong_type};

fn path_of(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<PathBuf> {
    value.extract().map_err(|_| wrong_type(argument, value, "a path, as text or Path"))
}

pub fn open(
    path: &Bound<'_, PyAny>,
    model: Option<ModelDefinition>,
    read_only: Option<&Bound<'_, PyAny>>,
    commit_every: Option<&Bound<'_, PyAny>>,
) -> PyResult<Core> {
    let file = path_of(path, "path")?;
    let read_only = read_only.map_or(Ok(false), |value| {
        value.extract::<bool>().map_err(|_| wrong_type("read_only", value, "a bool"))
    })?;
    let every = commit_every.map_or(Ok(1), |value| {
        u32::try_from(convert::count(value, "commit_every")?)
            .map_err(|_| invalid("commit_every", value, "a number of transactions below 2**32"))
    })?;
    enter(path.py(), move || -> Result<Core> {
        if read_only && model.is_some() {
            let expected = "left out where read_only is true: it is in the file";
            return Err(Error::invalid("model", "one", expected));
        }
        let mut core =
            if read_only { Core::open_read_only(&file)? } else { Core::open(&file, model)? };
        core.commit_every(every);
        Ok(core)
    })
}

pub fn verify<'py>(path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let file = path_of(path, "path")?;
    let found = enter(path.py(), || Core::verify(&file))?;
    convert::to_python(path.py(), &found)
}

pub fn salvage<'py>(
    path: &Bound<'py, PyAny>,
    to: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (file, new) = (path_of(path, "path")?, path_of(to, "to")?);
    let saved = enter(path.py(), || Core::salvage(&file, &new))?;
    convert::to_python(path.py(), &saved)
}
