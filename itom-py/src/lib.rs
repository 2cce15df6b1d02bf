//! The Python package `itom`: conversion only, the core does the work.
//!
//! One file a domain beside the shared pieces: [`convert`] turns Python's values into the core's
//! and back, [`errors`] turns the core's errors into exceptions, [`enter`] is the one door through
//! which a call leaves the interpreter lock and enters the core.
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]
#![allow(clippy::undocumented_unsafe_blocks)]

#[cfg(feature = "anomaly")]
mod anomaly;
#[cfg(feature = "cmdb")]
mod cmdb;
// Each domain uses its part of the conversions; a build of one domain leaves some unused.
#[allow(dead_code, unused_imports)]
mod convert;
#[cfg(feature = "event")]
#[allow(dead_code)]
mod enter;
#[allow(dead_code)]
mod errors;
#[cfg(feature = "event")]
mod event;
#[cfg(feature = "operations")]
mod operations;
mod schema;
#[cfg(feature = "sla")]
mod sla;
mod table;

/// The compiled half of `itom`; import from `itom` instead.
#[pyo3::pymodule]
mod _itom {
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add_class::<crate::table::Table>()?;
        module.add_function(wrap_pyfunction!(crate::convert::to_json, module)?)?;
        module.add_function(wrap_pyfunction!(crate::schema::schema, module)?)?;
        module.add_function(wrap_pyfunction!(crate::schema::schema_names, module)?)?;
        #[cfg(feature = "sla")]
        crate::sla::register(module)?;
        #[cfg(feature = "event")]
        crate::event::register(module)?;
        #[cfg(feature = "cmdb")]
        crate::cmdb::register(module)?;
        #[cfg(feature = "anomaly")]
        crate::anomaly::register(module)?;
        #[cfg(feature = "operations")]
        crate::operations::register(module)?;
        Ok(())
    }
}
