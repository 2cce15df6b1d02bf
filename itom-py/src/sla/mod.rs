//! `itom.sla`: conversion only, one file for each part of the core's `sla`.

use pyo3::prelude::*;

mod availability;
mod calendar;
mod clock;
mod objective;
mod period;
mod relative;
mod values;
mod zones;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<calendar::Calendar>()?;
    module.add_class::<zones::ZoneDatabase>()?;
    module.add_class::<zones::Zone>()?;
    module.add_class::<period::NominalDuration>()?;
    module.add_class::<period::CalendarWindow>()?;
    module.add_class::<relative::RelativeTarget>()?;
    module.add_function(wrap_pyfunction!(zones::moved_breaches, module)?)?;
    module.add_class::<clock::Clock>()?;
    module.add_class::<objective::Objective>()?;
    module.add_function(wrap_pyfunction!(availability::availability, module)?)
}
