//! Will this clock breach? Forecasts for running clocks, learnt from the history of such clocks.
//!
//! [`BreachForecast`] is fitted on finished and still running work and answers for a clock that has
//! used a share of its target: the probability of breach, why (the log-odds that each field
//! contributes), the business time it may still take, and the attainment to expect of many clocks.
//! [`brier`], [`auc`] and [`reliability_curve`] say how good probabilities were,
//! once outcomes are known.

mod attainment;
mod base;
mod calibration;
mod definition;
mod design;
mod engine;
mod fit;
mod history;
mod logistic;
mod model;
mod score;
mod survival;

pub use attainment::ExpectedAttainment;
pub use definition::BreachForecastDefinition;
pub use engine::{BreachForecast, Contribution, Forecast};
pub use score::{ReliabilityBin, ReliabilityCurve, auc, brier, reliability_curve};
