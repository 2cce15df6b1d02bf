//! What a clock answers: where it stands, its completed cycles, and why each second counted.

use serde::{Deserialize, Serialize};

use crate::{Duration, Timestamp};

/// What a clock is doing.
///
/// ```
/// # use itom_core::sla::ClockState;
/// assert_eq!(serde_json::to_string(&ClockState::Paused)?, r#""paused""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Its start is still ahead.
    Pending,
    /// It counts while its calendar is open.
    Running,
    /// It does not count, for at least one reason.
    Paused,
    /// The work is done.
    Stopped,
    /// The promise no longer applies.
    Cancelled,
}

/// The instant at which a share of the target is used up.
///
/// ```
/// # use itom_core::sla::{Calendar, Clock, ClockOptions};
/// # let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["00:00", "168:00"]]}}"#)?;
/// # let start = "2026-06-15T10:00:00Z".parse()?;
/// let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, start))?;
/// let half = clock.status(start).thresholds[0];
/// assert_eq!((half.share, half.at), (0.5, Some("2026-06-15T12:00:00Z".parse()?)));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Threshold {
    /// Of the target.
    pub share: f64,
    /// When it is or will be used up; none if that is not known.
    pub at: Option<Timestamp>,
}

/// A cycle that was completed: a stop, after which the clock was opened anew from zero.
///
/// ```
/// # use itom_core::sla::Cycle;
/// let json = r#"{"start": "2026-06-15T09:00:00Z", "end": "2026-06-17T10:00:00Z", "target": "PT8H",
///     "business": "PT3H", "actual": "PT3H", "paused": "PT0S", "breached": false, "breach_at": null}"#;
/// assert!(!serde_json::from_str::<Cycle>(json)?.breached);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cycle {
    /// When it began.
    pub start: Timestamp,
    /// When the next began.
    pub end: Timestamp,
    /// Its target at its end.
    pub target: Duration,
    /// Business time it used.
    pub business: Duration,
    /// Wall time it used.
    pub actual: Duration,
    /// Business time it was paused.
    pub paused: Duration,
    /// Whether it used more than its target.
    pub breached: bool,
    /// When it had used its target up, if it was breached.
    pub breach_at: Option<Timestamp>,
}

/// Where a clock stands at an instant.
///
/// ```
/// # use itom_core::sla::{Calendar, Clock, ClockOptions};
/// # let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// # let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?))?;
/// let status = clock.status("2026-06-15T12:00:00Z".parse()?);
/// assert_eq!(serde_json::to_value(&status).unwrap()["remaining"], "PT2H");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClockStatus {
    /// The instant of asking. Events that hold from later on are not looked at.
    pub at: Timestamp,
    /// What the clock is doing.
    pub state: ClockState,
    /// The target that now counts.
    pub target: Duration,
    /// Calendar time while running, in the current cycle.
    pub business: Duration,
    /// Wall time while running, in the current cycle.
    pub actual: Duration,
    /// Calendar time while paused, in the current cycle.
    pub paused: Duration,
    /// Target less business time; negative after the breach.
    pub remaining: Duration,
    /// When the target was or, as things stand, will be used up.
    pub breach_at: Option<Timestamp>,
    /// Whether the promise is broken.
    pub breached: bool,
    /// Business time over target.
    pub ratio: f64,
    /// When each share of the target was or will be used up.
    pub thresholds: Vec<Threshold>,
    /// The last instant at which the work can still stop in time: the breach, or the next opening
    /// where the target is used up at closing time. None where `breach_at` is none.
    pub effective_until: Option<Timestamp>,
    /// For a paused clock: when its target would be used up if it went on now. Otherwise as
    /// `breach_at`.
    pub breach_if_resumed: Option<Timestamp>,
    /// Calendar time paused by each reason, in the current cycle. Reasons overlap: their sum is
    /// no less than `paused`.
    pub paused_by: Vec<PausedBy>,
    /// Completed cycles, oldest first.
    pub cycles: Vec<Cycle>,
    /// Events that changed nothing, such as a resume without a pause.
    pub ignored: u64,
    /// The release of the time zone database that its calendar was compiled with.
    pub tz_version: String,
}

/// How long one reason paused a clock.
///
/// ```
/// # use itom_core::sla::PausedBy;
/// let json = r#"{"reason": "awaiting user", "paused": "PT2H"}"#;
/// assert_eq!(serde_json::from_str::<PausedBy>(json)?.paused, "2h".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PausedBy {
    /// The reason; empty for a pause without one.
    pub reason: String,
    /// Calendar time.
    pub paused: Duration,
}

/// A stretch of a clock's life in which every second has the same reason to count or not.
///
/// ```
/// # use itom_core::sla::{Calendar, Clock, ClockOptions};
/// # let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// # let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, "2026-06-15T16:00:00Z".parse()?))?;
/// let segments = clock.explain("2026-06-15T18:00:00Z".parse()?)?;
/// assert_eq!(segments[0].reason, "counted");
/// assert_eq!(segments[1].reason, "calendar closed");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Segment {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
    /// What the clock was doing.
    pub state: ClockState,
    /// Whether the calendar was open.
    pub open: bool,
    /// Whether it is business time: running and open.
    pub counted: bool,
    /// Why it counted or not, for people.
    pub reason: String,
    /// Which cycle it belongs to, from 0.
    pub cycle: u64,
}
