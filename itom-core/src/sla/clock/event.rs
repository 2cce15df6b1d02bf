//! What can happen to an SLA clock, as data.

use serde::{Deserialize, Serialize};

use super::book::Tables;
use super::fold::Act;
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
    /// A name by which it can be corrected: of the events with one name only the one recorded
    /// last counts, in whatever order they arrive (one without `recorded_at` counts as recorded
    /// before all others, and replaces another without).
    pub id: Option<String>,
    /// For changes of target, calendar and zone: the whole cycle, or from `at` on. Without it the
    /// target counts for the whole, calendar and zone from now on.
    pub scope: Option<Scope>,
}

/// How far a change of target, calendar or zone reaches.
///
/// ```
/// use itom_core::sla::{Calendar, Clock, ClockAction, ClockEvent, ClockOptions, Scope};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T09:00:00Z".parse()?);
/// let at = "2026-06-15T14:00:00Z".parse()?;
/// let longer = ClockEvent::new(at, ClockAction::SetTarget { target: "8h".parse()? });
/// // The clock broke at 13:00. A longer target takes the breach back, unless it holds from now on.
/// for (scope, breached) in [(Scope::Whole, false), (Scope::FromNow, true)] {
///     let mut clock = Clock::new(options.clone())?;
///     clock.apply(longer.clone().with_scope(scope))?;
///     assert_eq!(clock.status(at).breached, breached);
/// }
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole of the current cycle, as if it had never been otherwise.
    Whole,
    /// From the event on; every instant is judged by what was in force then.
    FromNow,
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
    /// Another target.
    SetTarget {
        /// The new target.
        target: Duration,
    },
    /// Another calendar.
    SetCalendar {
        /// The new calendar.
        calendar: Calendar,
    },
    /// The same calendar in another time zone.
    SetZone {
        /// IANA name of the zone.
        tz: String,
    },
    /// What was known under the event's `id` did not happen.
    Retract,
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

/// A clock remembers this many events at most.
pub(in crate::sla) const MOST_EVENTS: usize = 1_000_000;
/// The longest reason or name, in bytes.
const LONGEST_TEXT: usize = 4096;

impl ClockEvent {
    /// An event without a record of when it became known.
    pub fn new(at: Timestamp, action: ClockAction) -> ClockEvent {
        ClockEvent { at, recorded_at: None, action, id: None, scope: None }
    }

    /// Withdraws the event that is known as `id`.
    ///
    /// ```
    /// use itom_core::sla::{Calendar, Clock, ClockAction, ClockEvent, ClockOptions};
    ///
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// let start = "2026-06-15T10:00:00Z".parse()?;
    /// let mut clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, start))?;
    /// let noon = "2026-06-15T12:00:00Z".parse()?;
    /// clock.apply(ClockEvent::new(noon, ClockAction::Stop).with_id("solved"))?;
    /// clock.apply(ClockEvent::retract("solved", "2026-06-15T13:00:00Z".parse()?))?;
    /// let at = "2026-06-15T13:30:00Z".parse()?;
    /// assert_eq!(clock.status(at).business, "3h30m".parse()?);
    /// // As it was known at half past twelve:
    /// let known = clock.status_known(at, "2026-06-15T12:30:00Z".parse()?);
    /// assert_eq!(known.business, "2h".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn retract(id: impl Into<String>, recorded_at: Timestamp) -> ClockEvent {
        ClockEvent::new(recorded_at, ClockAction::Retract).with_id(id).with_recorded_at(recorded_at)
    }

    /// The same event under a name by which it can be corrected.
    #[must_use]
    pub fn with_id(self, id: impl Into<String>) -> ClockEvent {
        ClockEvent { id: Some(id.into()), ..self }
    }

    /// The same event with the instant at which it became known.
    #[must_use]
    pub fn with_recorded_at(self, recorded_at: Timestamp) -> ClockEvent {
        ClockEvent { recorded_at: Some(recorded_at), ..self }
    }

    /// The same event with another reach.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> ClockEvent {
        ClockEvent { scope: Some(scope), ..self }
    }

    /// Refuses what no clock could apply.
    pub(in crate::sla) fn check(&self) -> Result<()> {
        use ClockAction::{Pause, Resume, Retract, SetCalendar, SetTarget, SetZone};
        let scoped = matches!(self.action, SetTarget { .. } | SetCalendar { .. } | SetZone { .. });
        if self.scope.is_some() && !scoped {
            let expected = "left out but for changes of target, calendar and zone";
            return Err(Error::invalid("scope", "one", expected));
        }
        if self.id.is_none() && self.action == Retract {
            return Err(Error::invalid("id", "none", "given with do retract"));
        }
        check_text("id", self.id.as_deref())?;
        match &self.action {
            SetTarget { target } => check_target(*target),
            Pause { reason } | Resume { reason } => check_text("reason", reason.as_deref()),
            SetZone { tz } => check_text("tz", Some(tz)),
            _ => Ok(()),
        }
    }

    pub(in crate::sla) fn is_set_target(&self) -> bool {
        matches!(self.action, ClockAction::SetTarget { .. })
    }

    pub(in crate::sla) fn is_set_zone(&self) -> bool {
        matches!(self.action, ClockAction::SetZone { .. })
    }

    /// When it became known: when it came to hold, if nobody says otherwise.
    pub(in crate::sla) fn known_at(&self) -> Timestamp {
        self.recorded_at.unwrap_or(self.at)
    }

    /// What it does, in numbers of `tables`; a retraction does nothing.
    pub(in crate::sla) fn act(&self, tables: &mut Tables) -> Result<Option<Act>> {
        let scope = |default| self.scope.unwrap_or(default);
        Ok(Some(match &self.action {
            ClockAction::Pause { reason } => {
                Act::Pause(tables.reason(reason.as_deref().unwrap_or("")))
            }
            ClockAction::Resume { reason: Some(reason) } => Act::Resume(tables.reason(reason)),
            ClockAction::Resume { reason: None } => Act::ResumeAll,
            ClockAction::Stop => Act::Stop,
            ClockAction::Reopen { mode } => Act::Reopen(*mode),
            ClockAction::Cancel => Act::Cancel,
            ClockAction::SetTarget { target } => {
                Act::Target(target.as_nanos(), scope(Scope::Whole))
            }
            ClockAction::SetCalendar { calendar } => {
                Act::Calendar(tables.calendar(calendar)?, scope(Scope::FromNow))
            }
            ClockAction::SetZone { tz } => Act::Zone(tables.zone(tz)?, scope(Scope::FromNow)),
            ClockAction::Retract => return Ok(None),
        }))
    }
}

fn check_text(argument: &str, text: Option<&str>) -> Result<()> {
    match text.filter(|text| text.len() > LONGEST_TEXT) {
        Some(text) => {
            let expected = format!("at most {LONGEST_TEXT} bytes long");
            Err(Error::invalid(argument, format!("{text:?}"), expected))
        }
        None => Ok(()),
    }
}

pub(in crate::sla) fn check_target(target: Duration) -> Result<()> {
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
    /// May be left out of a retraction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded_at: Option<Timestamp>,
    /// pause, resume, stop, reopen, cancel, set_target, set_calendar, set_zone or retract.
    r#do: String,
    /// A name by which the event can be corrected or retracted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Of set_target, set_calendar and set_zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
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
    /// Of set_zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tz: Option<String>,
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
            "set_zone" => {
                let missing = || Error::invalid("tz", "none", "given with do set_zone");
                ClockAction::SetZone { tz: document.tz.take().ok_or_else(missing)? }
            }
            "retract" => ClockAction::Retract,
            unknown => {
                let expected = "one of pause, resume, stop, reopen, cancel, set_target, \
                                set_calendar, set_zone, retract";
                return Err(Error::invalid("do", format!("{unknown:?}"), expected));
            }
        };
        let superfluous = [
            ("reason", document.reason.is_some()),
            ("mode", document.mode.is_some()),
            ("target", document.target.is_some()),
            ("target_s", document.target_s.is_some()),
            ("calendar", document.calendar.is_some()),
            ("tz", document.tz.is_some()),
        ];
        if let Some((name, _)) = superfluous.iter().find(|(_, given)| *given) {
            let value = format!("it with {}", document.r#do);
            return Err(Error::invalid(name, value, "left out where it has no meaning"));
        }
        let retracted = document.recorded_at.filter(|_| action == ClockAction::Retract);
        let missing = || Error::invalid("at", "none", "given");
        let at = document.at.or(retracted).ok_or_else(missing)?;
        let EventDocument { recorded_at, id, scope, .. } = document;
        let event = ClockEvent { at, recorded_at, action, id, scope };
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
            at: Some(event.at),
            recorded_at: event.recorded_at,
            r#do: String::new(),
            id: event.id,
            scope: event.scope,
            reason: None,
            mode: None,
            target: None,
            target_s: None,
            calendar: None,
            tz: None,
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
            ClockAction::SetZone { tz } => {
                document.tz = Some(tz);
                "set_zone"
            }
            ClockAction::Retract => "retract",
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
