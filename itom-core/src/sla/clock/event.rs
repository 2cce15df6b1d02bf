//! What can happen to an SLA clock, as data.

use serde::{Deserialize, Serialize};

use crate::sla::Calendar;
use crate::{Duration, Error, Result, Timestamp};

/// One thing that happened to a clock, at the instant from which it holds.
///
/// As JSON the action is the tag `do`, with its parameters beside it:
/// `{"at": "2026-06-15T10:00:00Z", "do": "pause", "reason": "awaiting user"}`.
///
/// ```
/// use itom_core::sla::{ClockAction, ClockEvent};
///
/// let event: ClockEvent = serde_json::from_str(
///     r#"{"at": "2026-06-15T14:00:00Z", "do": "set_target", "target_s": 28800}"#,
/// )?;
/// assert_eq!(event.action, ClockAction::SetTarget { target: "8h".parse()? });
/// let error = serde_json::from_str::<ClockEvent>(r#"{"at": "2026-06-15T14:00:00Z", "do": "explode"}"#);
/// assert!(error.unwrap_err().to_string().contains("explode"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EventDocument", into = "EventDocument")]
pub struct ClockEvent {
    /// From when on it holds. Events count in this order, whenever they become known.
    pub at: Timestamp,
    /// When it became known, for the record.
    pub recorded_at: Option<Timestamp>,
    /// What happened.
    pub action: ClockAction,
}

/// What happened to a clock.
///
/// ```
/// use itom_core::sla::{ClockAction, ClockEvent};
///
/// let pause = ClockAction::Pause { reason: Some("change freeze".to_owned()) };
/// let event = ClockEvent::new("2026-06-15T10:00:00Z".parse()?, pause);
/// assert!(serde_json::to_string(&event).unwrap().contains(r#""do":"pause""#));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockAction {
    /// The clock no longer counts, for a reason. It counts again when no reason is left.
    Pause {
        /// The reason; without one it is the nameless reason.
        reason: Option<String>,
    },
    /// A reason ends.
    Resume {
        /// The reason; without one every reason ends.
        reason: Option<String>,
    },
    /// The work is done: the clock stops.
    Stop,
    /// It was not: a stopped clock goes on.
    Reopen {
        /// How.
        mode: ReopenMode,
    },
    /// The promise no longer applies; nothing happens after it.
    Cancel,
    /// Another target, for the whole of the clock's history.
    SetTarget {
        /// The new target.
        target: Duration,
    },
    /// Another calendar, from now on.
    SetCalendar {
        /// The new calendar.
        calendar: Calendar,
    },
}

/// How a stopped clock goes on.
///
/// ```
/// # use itom_core::sla::ReopenMode;
/// assert_eq!(serde_json::to_string(&ReopenMode::VoidStop)?, r#""void_stop""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReopenMode {
    /// From where it stopped; the time between does not count.
    #[default]
    Resume,
    /// From zero, with all reasons to pause gone; the cycle before is kept as completed.
    NewCycle,
    /// As if it had never stopped: the time between counts.
    VoidStop,
}

/// The longest reason, in bytes.
const LONGEST_REASON: usize = 4096;

impl ClockEvent {
    /// An event without a record of when it became known.
    pub fn new(at: Timestamp, action: ClockAction) -> ClockEvent {
        ClockEvent { at, recorded_at: None, action }
    }

    /// Refuses what no clock could apply.
    pub(super) fn check(&self) -> Result<()> {
        match &self.action {
            ClockAction::SetTarget { target } => check_target(*target),
            ClockAction::Pause { reason: Some(reason) }
            | ClockAction::Resume { reason: Some(reason) }
                if reason.len() > LONGEST_REASON =>
            {
                let expected = format!("at most {LONGEST_REASON} bytes long");
                Err(Error::invalid("reason", format!("{reason:?}"), expected))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn check_target(target: Duration) -> Result<()> {
    if target.as_nanos() <= 0 {
        return Err(Error::invalid("target", target, "positive"));
    }
    Ok(())
}

/// The shape of an event in a document.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct EventDocument {
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded_at: Option<Timestamp>,
    /// pause, resume, stop, reopen, cancel, set_target or set_calendar.
    r#do: String,
    /// Of pause and resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Of reopen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ReopenMode>,
    /// Of set_target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<Duration>,
    /// Of set_target: the target as a number of seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target_s: Option<f64>,
    /// Of set_calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calendar: Option<Calendar>,
}

impl TryFrom<EventDocument> for ClockEvent {
    type Error = Error;
    fn try_from(mut document: EventDocument) -> Result<ClockEvent> {
        let action = match document.r#do.as_str() {
            "pause" => ClockAction::Pause { reason: document.reason.take() },
            "resume" => ClockAction::Resume { reason: document.reason.take() },
            "stop" => ClockAction::Stop,
            "reopen" => ClockAction::Reopen { mode: document.mode.take().unwrap_or_default() },
            "cancel" => ClockAction::Cancel,
            "set_target" => ClockAction::SetTarget { target: take_target(&mut document)? },
            "set_calendar" => {
                let missing = || Error::invalid("calendar", "none", "given with do set_calendar");
                ClockAction::SetCalendar { calendar: document.calendar.take().ok_or_else(missing)? }
            }
            unknown => {
                let expected =
                    "one of pause, resume, stop, reopen, cancel, set_target, set_calendar";
                return Err(Error::invalid("do", format!("{unknown:?}"), expected));
            }
        };
        let superfluous = [
            ("reason", document.reason.is_some()),
            ("mode", document.mode.is_some()),
            ("target", document.target.is_some()),
            ("target_s", document.target_s.is_some()),
            ("calendar", document.calendar.is_some()),
        ];
        if let Some((name, _)) = superfluous.iter().find(|(_, given)| *given) {
            let value = format!("it with {}", document.r#do);
            return Err(Error::invalid(name, value, "left out where it has no meaning"));
        }
        let event = ClockEvent { at: document.at, recorded_at: document.recorded_at, action };
        event.check()?;
        Ok(event)
    }
}

fn take_target(document: &mut EventDocument) -> Result<Duration> {
    match (document.target.take(), document.target_s.take()) {
        (Some(target), None) => Ok(target),
        (None, Some(seconds)) => {
            Duration::try_from_secs_f64(seconds).map_err(|error| error.about("target_s"))
        }
        (None, None) => Err(Error::invalid("target", "none", "given with do set_target")),
        (Some(_), Some(_)) => Err(Error::invalid("target", "both", "one of target and target_s")),
    }
}

impl From<ClockEvent> for EventDocument {
    fn from(event: ClockEvent) -> EventDocument {
        let mut document = EventDocument {
            at: event.at,
            recorded_at: event.recorded_at,
            r#do: String::new(),
            reason: None,
            mode: None,
            target: None,
            target_s: None,
            calendar: None,
        };
        let name = match event.action {
            ClockAction::Pause { reason } => {
                document.reason = reason;
                "pause"
            }
            ClockAction::Resume { reason } => {
                document.reason = reason;
                "resume"
            }
            ClockAction::Stop => "stop",
            ClockAction::Reopen { mode } => {
                document.mode = Some(mode);
                "reopen"
            }
            ClockAction::Cancel => "cancel",
            ClockAction::SetTarget { target } => {
                document.target = Some(target);
                "set_target"
            }
            ClockAction::SetCalendar { calendar } => {
                document.calendar = Some(calendar);
                "set_calendar"
            }
        };
        document.r#do = name.to_owned();
        document
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ClockEvent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ClockEvent".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        EventDocument::json_schema(generator)
    }
}
