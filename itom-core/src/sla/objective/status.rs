//! What an objective answers: its [status](ObjectiveStatus), that of a [window](WindowStatus), and
//! the small [evaluation](Evaluation) that is asked for often.

use serde::{Deserialize, Serialize};

use super::burn::BurnStatus;
use super::policy::BudgetPolicy;
use crate::sla::Fraction;
use crate::{Duration, Timestamp};

/// Where an objective stands.
///
/// ```
/// # use itom_core::sla::ObjectiveState;
/// assert_eq!(serde_json::to_string(&ObjectiveState::NoData)?, r#""no_data""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveState {
    /// Nothing was counted in the window: neither kept nor broken.
    NoData,
    /// Kept, and no alert fires.
    Ok,
    /// Kept so far, but an alert fires.
    Burning,
    /// More than the budget is spent.
    Exhausted,
}

/// An objective at an instant. Fractions are exact; the floats beside them are for people.
///
/// ```
/// # use itom_core::sla::{Fraction, Objective, ObjectiveDefinition};
/// let mut objective = Objective::new(ObjectiveDefinition::new("99".parse()?, "1h".parse()?))?;
/// objective.record("2026-06-15T10:00:00Z".parse()?, 999, 1000)?;
/// let status = objective.status("2026-06-15T10:00:30Z".parse()?)?;
/// assert_eq!((status.budget, status.consumed), (Fraction::new(10, 1)?, Fraction::ONE));
/// assert_eq!(status.remaining_ratio, Some(0.9));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ObjectiveStatus {
    /// The instant of asking.
    pub at: Timestamp,
    /// Where the window begins: of one with a calendar the beginning of the period.
    pub window_start: Timestamp,
    /// Where the window ends: with the bucket of the instant, or with the period.
    pub window_end: Timestamp,
    /// Whether counting began when the window did, or before.
    pub covers_window: bool,
    /// The verdict.
    pub state: ObjectiveState,
    /// Good events, or slices, in the window; of slices that count by their ratio the whole part
    /// of the sum.
    pub good: u64,
    /// All events, or slices with events, in the window.
    pub total: u64,
    /// Good over total; none without data.
    pub sli: Option<Fraction>,
    /// The same as a float.
    pub sli_ratio: Option<f64>,
    /// How many may be bad.
    pub budget: Fraction,
    /// How many are bad.
    pub consumed: Fraction,
    /// Budget less consumed; negative when exhausted.
    pub remaining: Fraction,
    /// Remaining over budget; none when the budget is zero.
    pub remaining_ratio: Option<f64>,
    /// Bad share over the error budget, across the window: 1 spends the budget exactly.
    pub burn_rate: Option<f64>,
    /// How long the budget lasts at the burn rate of the first alert's long window, as in
    /// [`Objective::time_to_exhaustion`]; none when it lasts for good, or to the end of the period.
    ///
    /// [`Objective::time_to_exhaustion`]: super::Objective::time_to_exhaustion
    pub time_to_exhaustion: Option<Duration>,
    /// With a calendar: the share of the budget that is left at the end of the period if that burn
    /// rate goes on with events as frequent as in the period so far.
    pub forecast_ratio: Option<f64>,
    /// Each alert.
    pub alerts: Vec<BurnStatus>,
    /// What was agreed for as much budget as is left.
    pub policy: Option<BudgetPolicy>,
    /// Records refused because they were older than what is kept.
    pub late: u64,
}

/// What the budget of one window came to.
///
/// ```
/// # use itom_core::sla::{Objective, ObjectiveDefinition};
/// let definition: ObjectiveDefinition = serde_json::from_str(
///     r#"{"target": "99", "window": "1d", "calendar": {"tz": "Asia/Tokyo"}}"#).unwrap();
/// let mut objective = Objective::new(definition)?;
/// objective.record("2026-06-15T14:59:00Z".parse()?, 100, 100)?;
/// objective.record("2026-06-15T15:00:00Z".parse()?, 0, 1)?;
/// let days = objective.windows("2026-06-15T00:00:00Z".parse()?, "2026-06-16T00:00:00Z".parse()?)?;
/// let met: Vec<Option<bool>> = days.iter().map(|day| day.met).collect();
/// assert_eq!(met, [Some(true), Some(false)]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowStatus {
    /// Where the window begins.
    pub start: Timestamp,
    /// Where it ends.
    pub end: Timestamp,
    /// Good events, or slices.
    pub good: u64,
    /// All events, or slices with events.
    pub total: u64,
    /// Good over total; none without data.
    pub sli: Option<Fraction>,
    /// How many may be bad.
    pub budget: Fraction,
    /// How many are bad.
    pub consumed: Fraction,
    /// Budget less consumed.
    pub remaining: Fraction,
    /// Whether no more than the budget is spent; none without data.
    pub met: Option<bool>,
}

/// The verdict and the alerts that fire, as bits: all that is asked for every few seconds.
///
/// ```
/// # use itom_core::sla::{Objective, ObjectiveDefinition, ObjectiveState};
/// let mut objective = Objective::new(ObjectiveDefinition::new("99.9".parse()?, "720h".parse()?))?;
/// let at = "2026-06-15T10:00:00Z".parse()?;
/// objective.record(at, 8, 10)?;
/// let evaluation = objective.evaluate(at)?;
/// assert_eq!((evaluation.state, evaluation.firing), (ObjectiveState::Exhausted, 0b1111));
/// assert!(evaluation.fires(0));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evaluation {
    /// The verdict.
    pub state: ObjectiveState,
    /// The alerts that fire: bit n is the n-th of [`ObjectiveStatus::alerts`].
    pub firing: u64,
    /// The alerts that exceed their factor, but not for long enough yet.
    pub pending: u64,
}

impl Evaluation {
    /// Whether the n-th alert fires.
    pub fn fires(&self, alert: usize) -> bool {
        alert < 64 && self.firing >> alert & 1 == 1
    }
}
