//! What looks wrong, what changed and what comes next, for any metric, and how to measure it.
//!
//! A [`Detector`] takes one series — irregular, with holes, constant, seasonal or not — and gives
//! a [`Verdict`] for every point: a calibrated score, the band it was expected in, the reason, and
//! a debounced alert. [`nab_score`] judges a detector by the rules of the Numenta Anomaly
//! Benchmark, [`vus_pr`], [`delay_f1`] and their like by those of others.
//!
//! Looking back on a whole series, [`changepoints`] tells when it changed for good and [`decompose`]
//! what repeats in it; [`forecast`] says what comes next, and [`time_to_threshold`] when a limit is
//! reached.
//!
//! ```
//! use itom_core::Timestamp;
//! use itom_core::anomaly::Detector;
//!
//! let mut detector = Detector::new();
//! for minute in 0..600 {
//!     let load = 40.0 + f64::from(minute * 37 % 11);
//!     detector.update(Timestamp::from_secs(60 * i64::from(minute)), load)?;
//! }
//! let verdict = detector.update(Timestamp::from_secs(60 * 600), 95.0)?;
//! assert!(verdict.alert >= 0.5);
//! println!("{}: {}", verdict.time, verdict.reason);
//! # Ok::<(), itom_core::Error>(())
//! ```

mod alarm;
mod arithmetic;
mod changepoint;
mod channel;
mod decompose;
mod detector;
mod evaluate;
mod forecast;
mod nab;
mod old;
mod season;
mod seasons;
mod seen;
mod shape;
mod state;
mod tail;
mod tell;
mod tuning;
mod verdict;

pub use changepoint::{ChangeKind, ChangepointOptions, changepoints};
pub use decompose::{DecomposeOptions, Decomposition, Season, decompose, seasonal_periods};
pub use detector::Detector;
pub use evaluate::{
    Cardinality, ChangepointScore, DelayScore, ForecastCase, ForecastScore, IntervalScore,
    LabelledScores, PositionalBias, RangeOptions, RangeScore, VusOptions, changepoint_score,
    delay_f1, dominant_period, forecast_score, interval_score, range_precision_recall, vus_pr,
    vus_roc,
};
pub use forecast::{
    ForecastInterval, SeriesForecast, ThresholdForecast, forecast, time_to_threshold,
};
pub use nab::{NabProfile, NabScore, NabSeries, nab_score};
pub use verdict::{Direction, Evidence, Reason, Verdict, Verdicts};
