//! `itom.sla`: conversion only, one file for each part of the core's `sla`.

use pyo3::prelude::*;

mod agreement;
mod availability;
mod calendar;
mod clock;
mod composite;
mod delivery;
mod forecast;
mod formats;
mod ledger;
mod objective;
mod openslo;
mod period;
mod relative;
mod values;
mod zones;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    delivery::register(module)?;
    agreement::register(module)?;
    module.add_function(wrap_pyfunction!(formats::occurrences, module)?)?;
    module.add_class::<calendar::Calendar>()?;
    module.add_class::<zones::ZoneDatabase>()?;
    module.add_class::<zones::Zone>()?;
    module.add_class::<period::NominalDuration>()?;
    module.add_class::<period::CalendarWindow>()?;
    module.add_class::<relative::RelativeTarget>()?;
    module.add_function(wrap_pyfunction!(zones::moved_breaches, module)?)?;
    module.add_class::<clock::Clock>()?;
    module.add_class::<ledger::Ledger>()?;
    module.add_class::<forecast::BreachForecast>()?;
    module.add_function(wrap_pyfunction!(forecast::auc, module)?)?;
    module.add_function(wrap_pyfunction!(forecast::brier, module)?)?;
    module.add_function(wrap_pyfunction!(forecast::reliability_curve, module)?)?;
    module.add_class::<objective::Objective>()?;
    module.add_function(wrap_pyfunction!(objective::burn_alerts, module)?)?;
    module.add_function(wrap_pyfunction!(openslo::read_openslo, module)?)?;
    module.add_class::<composite::DependencyGraph>()?;
    module.add_function(wrap_pyfunction!(composite::rbd, module)?)?;
    module.add_function(wrap_pyfunction!(composite::two_terminal, module)?)?;
    module.add_function(wrap_pyfunction!(availability::attribution, module)?)?;
    module.add_function(wrap_pyfunction!(availability::availability_explained, module)?)?;
    module.add_function(wrap_pyfunction!(availability::availability_series, module)?)?;
    module.add_function(wrap_pyfunction!(availability::clopper_pearson, module)?)?;
    module.add_function(wrap_pyfunction!(availability::reliability, module)?)?;
    module.add_function(wrap_pyfunction!(availability::wilson, module)?)?;
    module.add_function(wrap_pyfunction!(availability::availability, module)?)
}
