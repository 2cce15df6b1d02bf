//! What a clock is started with: target, calendar, start, and the conventions.

use serde::{Deserialize, Serialize};

use super::event::{MOST_EVENTS, check_target};
use super::reckon::Convention;
use crate::sla::Calendar;
use crate::{Duration, Error, Result, Timestamp};

const MOST_THRESHOLDS: usize = 100;

/// What a clock is started with.
///
/// ```
/// use itom_core::sla::ClockOptions;
///
/// let options: ClockOptions = serde_json::from_str(
///     r#"{"target": "4h", "calendar": {"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}},
///         "start": "2026-06-15T13:00:00Z", "retroactive_start": "2026-06-15T10:00:00Z"}"#,
/// )?;
/// assert_eq!(options.thresholds, [0.5, 0.75, 0.9, 1.0]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClockOptions {
    /// The business time that may be used, positive.
    pub target: Duration,
    /// When business time passes.
    pub calendar: Calendar,
    /// When the clock was attached; it counts from here unless it starts retroactively.
    pub start: Timestamp,
    /// The earlier (or later) instant from which it counts in truth.
    #[serde(default)]
    pub retroactive_start: Option<Timestamp>,
    /// Spans that were paused before the clock was attached.
    #[serde(default)]
    pub retroactive_pauses: Vec<(Timestamp, Timestamp)>,
    /// Shares of the target whose instants are wanted, to a millionth.
    #[serde(default = "default_thresholds")]
    pub thresholds: Vec<f64>,
    /// What is compared with what to say that the promise is broken.
    #[serde(default, skip_serializing_if = "is_default")]
    pub breach: BreachRule,
    /// Whether exactly on the target is still in time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_equality: AtEquality,
}

/// What is compared with what to say that a promise is broken.
///
/// They differ for work that stops after hours on the day on which its target was used up at
/// closing time: by business time it used no more than it had, by the due date it came late.
///
/// ```
/// use itom_core::sla::{BreachRule, Calendar, Clock, ClockAction, ClockEvent, ClockOptions};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let mut options = ClockOptions::new("8h".parse()?, calendar, "2026-06-15T09:00:00Z".parse()?);
/// let stop = ClockEvent::new("2026-06-15T23:30:00Z".parse()?, ClockAction::Stop);
/// for (rule, breached) in [(BreachRule::Elapsed, false), (BreachRule::DueDate, true)] {
///     options.breach = rule;
///     let mut clock = Clock::new(options.clone())?;
///     clock.apply(stop.clone())?;
///     assert_eq!(clock.status("2026-06-16T00:00:00Z".parse()?).breached, breached);
/// }
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BreachRule {
    /// Business time used, with the target.
    #[default]
    Elapsed,
    /// The wall clock, with the instant at which the target was used up: a clock that still ran
    /// then, in hours or not, is late.
    DueDate,
}

/// Whether a promise that was kept exactly, not a nanosecond too early, was kept.
///
/// ```
/// # use itom_core::sla::AtEquality;
/// assert_eq!(serde_json::to_string(&AtEquality::Breached)?, r#""breached""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AtEquality {
    /// It was: breached is what used more.
    #[default]
    Met,
    /// It was not: breached is what used as much.
    Breached,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn default_thresholds() -> Vec<f64> {
    vec![0.5, 0.75, 0.9, 1.0]
}

impl ClockOptions {
    /// A clock from `start`, nothing retroactive, with the usual thresholds.
    ///
    /// ```
    /// # use itom_core::sla::{Calendar, ClockOptions};
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC"}"#)?;
    /// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
    /// assert_eq!(options.retroactive_start, None);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn new(target: Duration, calendar: Calendar, start: Timestamp) -> ClockOptions {
        ClockOptions {
            target,
            calendar,
            start,
            retroactive_start: None,
            retroactive_pauses: Vec::new(),
            thresholds: default_thresholds(),
            breach: BreachRule::default(),
            at_equality: AtEquality::default(),
        }
    }

    /// From when it counts.
    pub(in crate::sla) fn origin(&self) -> Timestamp {
        self.retroactive_start.unwrap_or(self.start)
    }

    pub(in crate::sla) fn convention(&self) -> Convention {
        Convention { rule: self.breach, at_equality: self.at_equality }
    }

    pub(in crate::sla) fn check(&self) -> Result<()> {
        check_target(self.target)?;
        if let Some((from, until)) = self.retroactive_pauses.iter().find(|pause| pause.0 > pause.1)
        {
            let value = format!("{from} to {until}");
            return Err(Error::invalid(
                "retroactive_pauses",
                value,
                "spans that end after they begin",
            ));
        }
        for (argument, length, most) in [
            ("retroactive_pauses", self.retroactive_pauses.len(), MOST_EVENTS),
            ("thresholds", self.thresholds.len(), MOST_THRESHOLDS),
        ] {
            if length > most {
                return Err(Error::invalid(argument, length, format!("at most {most} long")));
            }
        }
        let share = |share: &&f64| !(**share >= 1e-6 && **share <= 1000.0);
        if let Some(share) = self.thresholds.iter().find(share) {
            return Err(Error::invalid("thresholds", share, "shares from 0.000001 to 1000"));
        }
        Ok(())
    }
}
