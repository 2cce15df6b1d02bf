//! What looks wrong: streaming anomaly detection for any metric, and how to measure it.
//!
//! A [`Detector`] takes one series — irregular, with holes, constant, seasonal or not — and gives
//! a [`Verdict`] for every point: a calibrated score, the band it was expected in, the reason, and
//! a debounced alert. [`nab_score`] judges a detector by the rules of the Numenta Anomaly
//! Benchmark.
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
mod channel;
mod detector;
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

pub use detector::Detector;
pub use nab::{NabProfile, NabScore, NabSeries, nab_score};
pub use verdict::{Direction, Evidence, Reason, Verdict, Verdicts};
