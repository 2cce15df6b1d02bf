//! Burn-rate alerts: which share of the budget, in which time, is worth waking someone for?

use serde::{Deserialize, Serialize};

use crate::sla::Fraction;
use crate::{Duration, Result};

/// An alert over two windows: it fires while the budget burns fast enough, over the long window
/// and still over the short one, to spend `budget` percent of it within the long window.
///
/// ```
/// use itom_core::{Duration, sla::BurnAlert};
///
/// let alert: BurnAlert =
///     serde_json::from_str(r#"{"name": "page", "budget": 2, "long": "1h", "short": "5m"}"#)?;
/// let (month, week) = (Duration::from_secs(30 * 86_400), Duration::from_secs(7 * 86_400));
/// assert_eq!(alert.factor(month)?.to_f64(), 14.4);
/// assert_eq!(alert.factor(week)?.to_f64(), 3.36);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BurnAlert {
    /// What it is called, such as `page` or `ticket`.
    pub name: String,
    /// The share of the whole budget, in percent, that is spent in the long window.
    pub budget: Fraction,
    /// The window that makes it significant.
    pub long: Duration,
    /// The window that ends it soon after the burning has ended.
    pub short: Duration,
}

impl BurnAlert {
    /// The burn rate that it fires above, for an objective's window: share x window / long.
    ///
    /// # Errors
    /// When the numbers are too fine for exact arithmetic.
    pub fn factor(&self, window: Duration) -> Result<Fraction> {
        let share = self.budget.times(Fraction::new(1, 100)?)?;
        let windows =
            Fraction::new(i128::from(window.as_nanos()), i128::from(self.long.as_nanos()))?;
        share.times(windows)
    }
}

/// The rules of the Site Reliability Workbook, chapter 5, table 5-8, with its low-severity pair.
pub(super) fn default_alerts() -> Vec<BurnAlert> {
    let alert = |name: &str, percent: i64, long: i64, short: i64| BurnAlert {
        name: name.to_owned(),
        budget: Fraction::new(i128::from(percent), 1).unwrap_or(Fraction::ONE),
        long: Duration::from_secs(long * 60),
        short: Duration::from_secs(short * 60),
    };
    vec![
        alert("page", 2, 60, 5),
        alert("page", 5, 360, 30),
        alert("ticket", 10, 1440, 120),
        alert("ticket", 10, 4320, 360),
    ]
}

/// One alert at an instant.
///
/// ```
/// # use itom_core::sla::BurnStatus;
/// let json = r#"{"name": "page", "long": "PT1H", "short": "PT5M", "factor": "72/5",
///                "long_rate": 20.0, "short_rate": null, "firing": false}"#;
/// assert!(!serde_json::from_str::<BurnStatus>(json)?.firing);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BurnStatus {
    /// The alert's name.
    pub name: String,
    /// Its long window.
    pub long: Duration,
    /// Its short window.
    pub short: Duration,
    /// The burn rate it fires above.
    pub factor: Fraction,
    /// The burn rate over the long window; none without data or budget.
    pub long_rate: Option<f64>,
    /// The burn rate over the short window; none without data or budget.
    pub short_rate: Option<f64>,
    /// Whether both exceed the factor.
    pub firing: bool,
}
