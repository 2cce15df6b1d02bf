//! What makes an event good?
//!
//! An [`Indicator`] of the kind `ratio` is counted by whoever records: good of all, or bad of all.
//! One of the kind `threshold` takes measured values and compares each with a bound.

use serde::{Deserialize, Serialize};

/// What is recorded: counts, or values that are compared with a bound.
///
/// ```
/// use itom_core::sla::{Indicator, ThresholdOperator};
///
/// let fast: Indicator = serde_json::from_str(r#"{"threshold": {"op": "lte", "value": 0.3}}"#)?;
/// assert_eq!(fast, Indicator::Threshold { op: ThresholdOperator::Lte, value: 0.3 });
/// assert_eq!(serde_json::to_string(&Indicator::Ratio)?, r#""ratio""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Indicator {
    /// Counts of good, or bad, and all events.
    #[default]
    Ratio,
    /// Values, each an event: good when it compares so with the bound.
    Threshold {
        /// How a good value compares with the bound.
        op: ThresholdOperator,
        /// The bound.
        value: f64,
    },
}

/// How a good value compares with the bound; the names are OpenSLO's.
///
/// ```
/// # use itom_core::sla::ThresholdOperator;
/// assert!(ThresholdOperator::Lte.holds(0.3, 0.3) && !ThresholdOperator::Lt.holds(0.3, 0.3));
/// assert!(!ThresholdOperator::Gte.holds(f64::NAN, 0.3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ThresholdOperator {
    /// Below.
    Lt,
    /// At most.
    Lte,
    /// Above.
    Gt,
    /// At least.
    Gte,
}

impl ThresholdOperator {
    /// Whether a value compares so with a bound; nothing does with NaN.
    #[inline]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            ThresholdOperator::Lt => value < bound,
            ThresholdOperator::Lte => value <= bound,
            ThresholdOperator::Gt => value > bound,
            ThresholdOperator::Gte => value >= bound,
        }
    }
}
