//! What a definition promises before anything is counted: [the budget](ErrorBudget), and [how soon
//! an alert tells](AlertTimes).

use serde::{Deserialize, Serialize};

use super::burn::BurnAlert;
use super::definition::ObjectiveDefinition;
use crate::Result;
use crate::sla::Fraction;

/// The error budget of an objective, exactly.
///
/// ```
/// # use itom_core::sla::{Fraction, ObjectiveDefinition};
/// let definition = ObjectiveDefinition::new("99.9".parse()?, "720h".parse()?);
/// let budget = definition.budget(10_000)?;
/// assert_eq!(budget.seconds, Fraction::new(2592, 1)?);
/// assert_eq!(budget.events, Fraction::new(10, 1)?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorBudget {
    /// The share that may be bad.
    pub share: Fraction,
    /// How much time of a whole window may be bad, in seconds.
    pub seconds: Fraction,
    /// How many buckets, or slices, of a whole window may be bad.
    pub slices: Fraction,
    /// How many of the events that were asked about may be bad.
    pub events: Fraction,
}

/// How soon an alert tells of an outage, and of its end.
///
/// ```
/// # use itom_core::sla::{BurnAlert, Fraction, ObjectiveDefinition};
/// let definition = ObjectiveDefinition::new("99.9".parse()?, "720h".parse()?);
/// let page = BurnAlert::at_budget("page", "2".parse()?, "1h".parse()?, "5m".parse()?);
/// let times = definition.alert_times(&page, Fraction::ONE)?;
/// assert_eq!(times.factor.to_string(), "72/5");
/// assert_eq!(times.detection_seconds, Some("51.84".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertTimes {
    /// The burn rate it fires above.
    pub factor: Fraction,
    /// From the beginning of the outage, in seconds; none when it never fires.
    pub detection_seconds: Option<Fraction>,
    /// From the end of the outage, in seconds; none when it never fires.
    pub reset_seconds: Option<Fraction>,
}

impl ObjectiveDefinition {
    /// The budget of a whole window, and of so many events. A month counts 30 days here, a year 365;
    /// what a certain month had is told by [`Objective::windows`](super::Objective::windows).
    ///
    /// # Errors
    /// As [`ObjectiveDefinition::error_budget`] and [`ObjectiveDefinition::allowed_slices`].
    pub fn budget(&self, events: u64) -> Result<ErrorBudget> {
        Ok(ErrorBudget {
            share: self.error_budget()?,
            seconds: self.budget_seconds()?,
            slices: self.allowed_slices()?,
            events: self.allowed(events)?,
        })
    }

    /// How soon an alert of this objective tells of an outage with a ratio of errors.
    ///
    /// # Errors
    /// As [`BurnAlert::detection_seconds`].
    pub fn alert_times(&self, alert: &BurnAlert, error_ratio: Fraction) -> Result<AlertTimes> {
        let (budget, window) = (self.error_budget()?, self.window_length());
        Ok(AlertTimes {
            factor: alert.factor(window)?,
            detection_seconds: alert.detection_seconds(error_ratio, budget, window)?,
            reset_seconds: alert.reset_seconds(error_ratio, budget, window)?,
        })
    }
}
