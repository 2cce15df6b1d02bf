//! An iCalendar stream as events and time zones, before anything is made of them.
//!
//! Components are followed with a stack of bounded depth; what is not asked for (tasks, alarms,
//! free/busy, unknown components and properties) is passed over. A property of an event that
//! would change its meaning and is not understood is an error with its line.

use std::collections::BTreeMap;

use super::lines::{Line, each_line, error_at, show};
use super::values::{self, Length, Moment};
use crate::formats::recurrence::RecurrenceRule;
use crate::{Error, ErrorKind, Result};

/// Components may be this deep in each other.
const DEEPEST: usize = 16;
/// The longest stream that is read.
const LONGEST: usize = 64 << 20;

/// What a stream says.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) events: Vec<Event>,
    /// The TZIDs that moments point to.
    pub(super) zones: Vec<String>,
    pub(super) timezones: BTreeMap<String, Timezone>,
    /// `X-WR-TIMEZONE`: the zone that floating times are meant in.
    pub(super) default_zone: Option<String>,
}

/// A VEVENT.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) number: usize,
    pub(super) uid: String,
    pub(super) summary: String,
    pub(super) start: Moment,
    pub(super) length: Length,
    pub(super) rules: Vec<RecurrenceRule>,
    pub(super) dates: Vec<(Moment, Option<Length>)>,
    pub(super) except: Vec<Moment>,
    /// RECURRENCE-ID: it stands in place of this occurrence of the event with the same UID.
    pub(super) replaces: Option<Moment>,
    pub(super) sequence: i64,
    pub(super) cancelled: bool,
    pub(super) transparent: bool,
}

/// A VTIMEZONE.
#[derive(Debug, Default)]
pub(super) struct Timezone {
    pub(super) number: usize,
    pub(super) location: Option<String>,
    pub(super) observances: Vec<Observance>,
}

/// STANDARD or DAYLIGHT of a VTIMEZONE.
#[derive(Debug, Default)]
pub(super) struct Observance {
    pub(super) start: Option<i64>,
    pub(super) before: Option<i64>,
    pub(super) after: Option<i64>,
    pub(super) rule: Option<RecurrenceRule>,
    pub(super) has_dates: bool,
}

#[derive(Default)]
struct Draft {
    number: usize,
    start: Option<Moment>,
    length: Option<Length>,
    uid: String,
    summary: String,
    rules: Vec<RecurrenceRule>,
    dates: Vec<(Moment, Option<Length>)>,
    except: Vec<Moment>,
    replaces: Option<Moment>,
    sequence: i64,
    cancelled: bool,
    transparent: bool,
}

#[derive(Default)]
struct Reader {
    file: File,
    stack: Vec<(String, usize)>,
    calendars: usize,
    event: Option<Draft>,
    timezone: Option<(String, Timezone)>,
}

/// Reads a stream of one or more calendars.
pub(super) fn parse(text: &str) -> Result<File> {
    if text.len() > LONGEST {
        let message = format!("ics must be at most {LONGEST} bytes, got {}", text.len());
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("ics"));
    }
    let mut reader = Reader::default();
    each_line(text, &mut |line| reader.line(line))?;
    if let Some((name, number)) = reader.stack.last() {
        return Err(error_at(*number, format!("BEGIN:{} has no END", show(name))));
    }
    if reader.calendars == 0 {
        return Err(Error::invalid("ics", "none", "a text with BEGIN:VCALENDAR"));
    }
    Ok(reader.file)
}

impl Reader {
    fn line(&mut self, line: &Line<'_>) -> Result<()> {
        if line.is("BEGIN") {
            return self.begin(line);
        }
        if line.is("END") {
            return self.end(line);
        }
        let Some((component, _)) = self.stack.last() else {
            return Err(error_at(line.number, format!("{} outside BEGIN:VCALENDAR", line.name)));
        };
        match component.as_str() {
            "VCALENDAR" if line.is("X-WR-TIMEZONE") => {
                self.file.default_zone = Some(line.value.trim().to_owned());
            }
            "VEVENT" => {
                if let Some(draft) = &mut self.event {
                    draft.take(line, &mut self.file.zones)?;
                }
            }
            "VTIMEZONE" => {
                if let Some((tzid, timezone)) = &mut self.timezone {
                    if line.is("TZID") {
                        *tzid = line.value.trim().to_owned();
                    } else if line.is("X-LIC-LOCATION") {
                        timezone.location = Some(line.value.trim().to_owned());
                    }
                }
            }
            "STANDARD" | "DAYLIGHT" => {
                let timezone = self.timezone.as_mut().map(|(_, timezone)| timezone);
                if let Some(last) = timezone.and_then(|timezone| timezone.observances.last_mut()) {
                    last.take(line)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, line: &Line<'_>) -> Result<()> {
        let name = line.value.trim().to_ascii_uppercase();
        let outer = self.stack.last().map(|(outer, _)| outer.as_str());
        if self.stack.len() == DEEPEST {
            let message = format!("components more than {DEEPEST} deep");
            return Err(error_at(line.number, message));
        }
        let expected = match (name.as_str(), outer) {
            ("VCALENDAR", None) | (_, Some(_)) => None,
            (_, None) => Some("BEGIN:VCALENDAR"),
        };
        if let Some(expected) = expected {
            return Err(error_at(
                line.number,
                format!("BEGIN:{} where {expected} belongs", show(&name)),
            ));
        }
        match (name.as_str(), outer) {
            ("VCALENDAR", None) => self.calendars += 1,
            ("VEVENT", Some("VCALENDAR")) => {
                self.event = Some(Draft { number: line.number, ..Draft::default() });
            }
            ("VTIMEZONE", Some("VCALENDAR")) => {
                let timezone = Timezone { number: line.number, ..Timezone::default() };
                self.timezone = Some((String::new(), timezone));
            }
            ("STANDARD" | "DAYLIGHT", Some("VTIMEZONE")) => {
                if let Some((_, timezone)) = &mut self.timezone {
                    timezone.observances.push(Observance::default());
                }
            }
            ("VCALENDAR" | "VEVENT" | "VTIMEZONE" | "STANDARD" | "DAYLIGHT", Some(outer)) => {
                let message = format!("BEGIN:{name} inside {}", show(outer));
                return Err(error_at(line.number, message));
            }
            _ => {}
        }
        self.stack.push((name, line.number));
        Ok(())
    }

    fn end(&mut self, line: &Line<'_>) -> Result<()> {
        let name = line.value.trim().to_ascii_uppercase();
        match self.stack.pop() {
            Some((open, _)) if open == name => {}
            Some((open, at)) => {
                let message =
                    format!("END:{} closes BEGIN:{} of line {at}", show(&name), show(&open));
                return Err(error_at(line.number, message));
            }
            None => {
                return Err(error_at(line.number, format!("END:{} without BEGIN", show(&name))));
            }
        }
        match name.as_str() {
            "VEVENT" => {
                if let Some(draft) = self.event.take() {
                    self.file.events.push(draft.finish()?);
                }
            }
            "VTIMEZONE" => {
                if let Some((tzid, timezone)) = self.timezone.take() {
                    self.file.timezones.insert(tzid, timezone);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Draft {
    fn take(&mut self, line: &Line<'_>, zones: &mut Vec<String>) -> Result<()> {
        let once = |taken: bool| match taken {
            true => Err(error_at(line.number, format!("a second {} in one event", line.name))),
            false => Ok(()),
        };
        match line.name.to_ascii_uppercase().as_str() {
            "DTSTART" => {
                once(self.start.is_some())?;
                self.start = Some(values::moment(line, line.value, zones)?);
            }
            "DTEND" => {
                once(self.length.is_some())?;
                self.length = Some(Length::End(values::moment(line, line.value, zones)?));
            }
            "DURATION" => {
                once(self.length.is_some())?;
                self.length = Some(values::duration(line, line.value)?);
            }
            "RRULE" => {
                let rule: Result<RecurrenceRule> = line.value.trim().parse();
                self.rules.push(rule.map_err(|error| error_at(line.number, error))?);
            }
            "EXRULE" => return Err(line.wrong("left out: RFC 5545 has no EXRULE")),
            "RDATE" => self.dates.extend(values::periods(line, zones)?),
            "EXDATE" => self.except.extend(values::moments(line, zones)?),
            "RECURRENCE-ID" => {
                if line.parameter("RANGE").is_some() {
                    return Err(line.wrong("for one occurrence, without RANGE"));
                }
                self.replaces = Some(values::moment(line, line.value, zones)?);
            }
            "UID" => line.value.trim().clone_into(&mut self.uid),
            "SUMMARY" => self.summary = line.unescaped(),
            "SEQUENCE" => self.sequence = line.value.trim().parse().unwrap_or(0),
            "STATUS" => self.cancelled = line.value.trim().eq_ignore_ascii_case("CANCELLED"),
            "TRANSP" => self.transparent = line.value.trim().eq_ignore_ascii_case("TRANSPARENT"),
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Event> {
        let missing = || error_at(self.number, "a VEVENT without DTSTART");
        Ok(Event {
            start: self.start.ok_or_else(missing)?,
            number: self.number,
            uid: self.uid,
            summary: self.summary,
            length: self.length.unwrap_or(Length::None),
            rules: self.rules,
            dates: self.dates,
            except: self.except,
            replaces: self.replaces,
            sequence: self.sequence,
            cancelled: self.cancelled,
            transparent: self.transparent,
        })
    }
}

impl Observance {
    fn take(&mut self, line: &Line<'_>) -> Result<()> {
        match line.name.to_ascii_uppercase().as_str() {
            "DTSTART" => {
                let start = values::moment(line, line.value, &mut Vec::new())?;
                self.start = Some(start.local);
            }
            "TZOFFSETFROM" => self.before = Some(values::offset(line)?),
            "TZOFFSETTO" => self.after = Some(values::offset(line)?),
            "RRULE" => {
                let rule: Result<RecurrenceRule> = line.value.trim().parse();
                self.rule = Some(rule.map_err(|error| error_at(line.number, error))?);
            }
            "RDATE" => self.has_dates = true,
            _ => {}
        }
        Ok(())
    }
}
