//! How good are scores, alarms, changepoints and forecasts, by the measures the field reports?
//!
//! | question | function | source |
//! |---|---|---|
//! | scores of points, whole curve | [`vus_pr`], [`vus_roc`] | Paparrizos et al., VLDB 2022 |
//! | alarms as ranges | [`range_precision_recall`] | Tatbul et al., NeurIPS 2018 |
//! | alarms that must come in time | [`delay_f1`] | the AIOps 2018 challenge |
//! | changepoints, several annotators | [`changepoint_score`] | van den Burg and Williams, 2020 |
//! | point forecasts | [`forecast_score`] | Makridakis et al., the M4 competition, 2020 |
//! | intervals | [`interval_score`] | Winkler 1972; Gneiting and Raftery 2007 |
//!
//! None of them reads files or knows a corpus; each says in its own documentation what it does
//! with values that are no number. No single one tells the whole: a blind alarm now and then does
//! well on some, so show two and the counts beside them.

mod accuracy;
mod changes;
mod delay;
mod interval;
mod naive;
mod period;
mod range;
mod segments;
mod vus;

pub use accuracy::{ForecastCase, ForecastScore, forecast_score};
pub use changes::{ChangepointScore, changepoint_score};
pub use delay::{DelayScore, LabelledScores, delay_f1};
pub use interval::{IntervalScore, interval_score};
pub use period::dominant_period;
pub use range::{Cardinality, PositionalBias, RangeOptions, RangeScore, range_precision_recall};
pub use vus::{VusOptions, vus_pr, vus_roc};
