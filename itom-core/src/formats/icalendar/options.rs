//! What a reader of iCalendar has to decide, and what is taken where nothing is said.

use serde::{Deserialize, Serialize};

use crate::sla::CalendarDefinition;

/// How [`definition_from_ics`](super::definition_from_ics) reads a file.
///
/// ```
/// use itom_core::formats::{IcsEvents, IcsOptions, definition_from_ics};
/// use itom_core::sla::CalendarDefinition;
///
/// // Holidays come as closed days of a calendar that has its hours already.
/// let office: CalendarDefinition =
///     serde_json::from_str(r#"{"tz": "Europe/Berlin", "weekly": {"fri": [["09:00", "17:00"]]}}"#)?;
/// let options =
///     IcsOptions { events: IcsEvents::Closed, base: Some(office), ..IcsOptions::default() };
/// let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas\n\
///            END:VEVENT\nEND:VCALENDAR\n";
/// let definition = definition_from_ics(ics, &options)?;
/// assert_eq!(definition.holidays, ["2026-12-25 Christmas"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct IcsOptions {
    /// Whether the events are the hours of service or the times without it.
    pub events: IcsEvents,
    /// The calendar that closed events are taken out of.
    pub base: Option<CalendarDefinition>,
    /// IANA name of the zone of dates and of times without a zone. Where it is not given: that of
    /// `base`, then the file's `X-WR-TIMEZONE`, then the zone of the file's other times.
    pub tz: Option<String>,
    /// The last date (`YYYY-MM-DD`) to which rules are followed. Where it is not given they are
    /// followed as far as instants reach, the year 2262, which is for ever; the definition's note
    /// tells a date that was given.
    pub until: Option<String>,
    /// What an event does that is marked as taking no time (`TRANSP:TRANSPARENT`).
    pub transparent: Transparent,
    /// What a DTSTART does that its own rule does not give.
    pub unsynchronized: Unsynchronized,
}

/// What the events of a file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IcsEvents {
    /// Hours of service: the calendar is open during events.
    #[default]
    Open,
    /// Holidays, freezes, maintenance: the base calendar is closed during events.
    Closed,
}

/// What events marked transparent do. Holiday files of Google, Apple and Thunderbird mark every
/// holiday so, therefore they count unless asked not to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Transparent {
    /// They count like others.
    #[default]
    Count,
    /// They are passed over.
    Skip,
}

/// What becomes of a DTSTART that its own RRULE does not give, which RFC 5545 §3.8.5.3 leaves
/// undefined and programs treat differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unsynchronized {
    /// An error that names the line.
    #[default]
    Refuse,
    /// It is the first occurrence, and COUNT counts it (libical, ical.js).
    First,
    /// Only the rule counts (dateutil, Outlook).
    Skip,
}

/// How [`Calendar::to_ics`](crate::sla::Calendar::to_ics) writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct IcsWriteOptions {
    /// The date from which events are written: a rule needs a first day, hours of service have
    /// none.
    pub from: String,
    /// The last date of which events are written; none for rules that go on for ever. It has to be
    /// given where the calendar has dates of every year (`--12-25`), since the text lists those one
    /// by one.
    pub until: Option<String>,
    /// What the events are called.
    pub summary: String,
    /// The text after `DTSTAMP:`, in UTC. The library asks for no time: give one where readers
    /// look at it.
    pub stamp: String,
}

impl Default for IcsWriteOptions {
    fn default() -> IcsWriteOptions {
        IcsWriteOptions {
            from: "1970-01-01".to_owned(),
            until: None,
            summary: "open".to_owned(),
            stamp: "19700101T000000Z".to_owned(),
        }
    }
}
