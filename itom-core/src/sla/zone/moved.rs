//! Which clocks break at another instant under a new release of the time zone database?
//!
//! Every calendar is compiled once under the new release however many clocks share it, and not at
//! all if its zone has the same offsets in both. Cost: two evaluations for each clock whose
//! calendars are touched.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::ZoneDatabase;
use crate::sla::{Calendar, Clock, ClockAction, ClockEvent};
use crate::{Result, Timestamp};

/// A clock whose breach another release of the time zone database moves.
///
/// ```
/// # use itom_core::sla::MovedBreach;
/// let json = r#"{"clock": 7, "before": "2026-11-02T17:00:00Z", "after": "2026-11-02T16:00:00Z"}"#;
/// assert_eq!(serde_json::from_str::<MovedBreach>(json)?.clock, 7);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MovedBreach {
    /// Which clock, counted from 0.
    pub clock: u64,
    /// When it breaks under the zone rules it was made with.
    pub before: Option<Timestamp>,
    /// When it breaks under the others.
    pub after: Option<Timestamp>,
}

/// The clocks, looked at `at`, whose breach falls on another instant under other zone rules.
///
/// # Errors
/// When a calendar's zone is not among the new ones.
///
/// ```
/// use itom_core::sla::{Calendar, Clock, ClockOptions, ZoneDatabase, moved_breaches};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let start = "2026-06-15T10:00:00Z".parse()?;
/// let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, start))?;
/// assert_eq!(moved_breaches([&clock], &ZoneDatabase::bundled(), start)?, []);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn moved_breaches<'a>(
    clocks: impl IntoIterator<Item = &'a Clock>,
    zones: &ZoneDatabase,
    at: Timestamp,
) -> Result<Vec<MovedBreach>> {
    let mut recompiler = Recompiler::new(zones);
    let mut moved = Vec::new();
    for (index, clock) in clocks.into_iter().enumerate() {
        let Some(other) = recompiler.clock(clock)? else { continue };
        let (before, after) = (clock.status(at).breach_at, other.status(at).breach_at);
        if before != after {
            moved.push(MovedBreach { clock: index as u64, before, after });
        }
    }
    Ok(moved)
}

impl Clock {
    /// The same clock with its calendars compiled under other zone rules.
    ///
    /// # Errors
    /// When the zone of one is not among them.
    ///
    /// ```
    /// # use itom_core::sla::{Calendar, Clock, ClockOptions, ZoneDatabase};
    /// # let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// # let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?))?;
    /// assert_eq!(clock.recompiled(&ZoneDatabase::bundled())?, clock);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn recompiled(&self, zones: &ZoneDatabase) -> Result<Clock> {
        let mut recompiler = Recompiler { all: true, ..Recompiler::new(zones) };
        Ok(recompiler.clock(self)?.unwrap_or_else(|| self.clone()))
    }
}

/// Compiles calendars under other zone rules, each once.
pub(in crate::sla) struct Recompiler<'a> {
    zones: &'a ZoneDatabase,
    /// Whether a calendar is compiled though the new rules say the same.
    all: bool,
    /// By definition; none where the new rules say the same.
    done: HashMap<String, Option<Calendar>>,
    /// The calendar before this one: clocks that share one tend to follow each other.
    latest: Option<(Calendar, Option<Calendar>)>,
}

impl<'a> Recompiler<'a> {
    pub(in crate::sla) fn new(zones: &'a ZoneDatabase) -> Recompiler<'a> {
        Recompiler { zones, all: false, done: HashMap::new(), latest: None }
    }

    /// A calendar under the new rules; none where they say the same as the old.
    pub(in crate::sla) fn calendar(&mut self, calendar: &Calendar) -> Result<Option<Calendar>> {
        if let Some((_, new)) = self.latest.as_ref().filter(|latest| latest.0 == *calendar) {
            return Ok(new.clone());
        }
        let definition = serde_json::to_string(calendar.definition())?;
        let key = format!("{} {} {definition}", self.all, calendar.tz_version());
        let new = match self.done.get(&key) {
            Some(new) => new.clone(),
            None => {
                let new = self.compile(calendar)?;
                self.done.insert(key, new.clone());
                new
            }
        };
        self.latest = Some((calendar.clone(), new.clone()));
        Ok(new)
    }

    fn compile(&self, calendar: &Calendar) -> Result<Option<Calendar>> {
        let tz = &calendar.definition().tz;
        // A calendar put together from others has several zones.
        let same = !self.all && !tz.is_empty() && {
            let (old, new) = (calendar.zones().zone(tz)?, self.zones.zone(tz)?);
            old.same_offsets(&new)
        };
        if same { Ok(None) } else { calendar.recompiled(self.zones).map(Some) }
    }

    /// A clock under the new rules; none where they change none of its calendars.
    pub(in crate::sla) fn clock(&mut self, clock: &Clock) -> Result<Option<Clock>> {
        // A zone that an event moves a clock to takes its rules from the clock's calendar.
        let zoned = |event: &ClockEvent| matches!(event.action, ClockAction::SetZone { .. });
        if clock.events().iter().any(zoned) && !self.all {
            return Recompiler { all: true, ..Recompiler::new(self.zones) }.clock(clock);
        }
        let mut options = clock.options().clone();
        let mut events = clock.events().to_vec();
        let mut touched = false;
        let in_events = events.iter_mut().filter_map(|event| match &mut event.action {
            ClockAction::SetCalendar { calendar } => Some(calendar),
            _ => None,
        });
        for calendar in std::iter::once(&mut options.calendar).chain(in_events) {
            if let Some(new) = self.calendar(calendar)? {
                *calendar = new;
                touched = true;
            }
        }
        if !touched {
            return Ok(None);
        }
        let mut other = Clock::new(options)?;
        other.apply_all(events)?;
        Ok(Some(other))
    }
}
