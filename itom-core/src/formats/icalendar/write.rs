//! A calendar as iCalendar text.
//!
//! The open time of every local date is asked of the compiled calendar, whatever it is made of
//! (periods, breaks, unions over zones), and laid out again as weeks that repeat
//! ([`Pattern`]): each window of a week becomes one VEVENT with an RRULE, ended by UNTIL where
//! another week follows; a date that differs is an EXDATE and single events. A stretch of local
//! time that a zone has twice is written in UTC where its second pass is meant.

use std::fmt::Write;

use super::options::IcsWriteOptions;
use crate::formats::pattern::{LAST_DAY, Pattern, Week, Windows};
use crate::formats::recurrence::read_basic_time;
use crate::sla::civil::{DAY, civil_from_days, read_date, weekday};
use crate::sla::{Calendar, CalendarDefinition, OffsetChange, Zone};
use crate::{Error, Result, Timestamp};

const NANOS: i64 = 1_000_000_000;
const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// Writes a calendar.
pub(super) fn to_ics(calendar: &Calendar, options: &IcsWriteOptions) -> Result<String> {
    let malformed = |argument: &str, text: &str| {
        Error::invalid(argument, format!("{text:?}"), "a date such as 1970-01-01")
    };
    let first = read_date(&options.from).ok_or_else(|| malformed("from", &options.from))?;
    let last = match &options.until {
        Some(text) => read_date(text).ok_or_else(|| malformed("until", text))?,
        None => match calendar.definition().yearly_date() {
            Some(date) => {
                let expected = format!(
                    "a last date such as 2035-12-31, since the calendar has dates of every year \
                     ({date}) and the text lists each of them"
                );
                return Err(Error::invalid("until", "none", expected));
            }
            None => LAST_DAY,
        },
    };
    let earliest = first.max(-106_751);
    let last = last.min(LAST_DAY - 3);
    if earliest > last {
        let until = options.until.as_deref().unwrap_or("none");
        return Err(Error::invalid("until", until, format!("from {} on", options.from)));
    }
    let stamp = options.stamp.strip_suffix('Z').map(str::as_bytes).and_then(read_basic_time);
    if stamp.is_none() {
        let expected = "a time in UTC such as 20260105T090000Z";
        return Err(Error::invalid("stamp", format!("{:?}", options.stamp), expected));
    }
    let tz = zone_name(calendar.definition());
    let zone = calendar.zones().zone(tz)?;
    let (days, instants) = days(calendar, &zone, earliest, last)?;
    let pattern = Pattern::of_days(earliest, false, &days);
    let end = options.until.is_some().then_some(last);
    let mut writer = Writer { text: String::new(), tz, zone: &zone, options, events: 0, end };
    writer.line("BEGIN:VCALENDAR");
    writer.line("VERSION:2.0");
    writer.line("PRODID:-//itom//sla calendar//EN");
    if !writer.is_utc() {
        writer.line(&format!("X-WR-TIMEZONE:{tz}"));
        super::zone_out::write(&mut writer.text, tz, &changes(&zone, earliest, last), &zone);
    }
    for (from, until, week) in &pattern.stretches {
        writer.stretch((*from).max(earliest), *until, week, &pattern);
    }
    writer.singles(&pattern);
    for (opens, closes) in instants {
        writer.event(
            &format!("DTSTART:{}Z", basic(opens)),
            &format!("DTEND:{}Z", basic(closes)),
            &[],
        );
    }
    writer.line("END:VCALENDAR");
    Ok(writer.text)
}

/// The zone to write in: the calendar's, or that of its first part.
fn zone_name(definition: &CalendarDefinition) -> &str {
    let parts = [&definition.union, &definition.intersection, &definition.difference];
    match parts.into_iter().flatten().next() {
        Some(part) if definition.tz.is_empty() => zone_name(part),
        _ => &definition.tz,
    }
}

fn changes(zone: &Zone, first: i64, last: i64) -> Vec<OffsetChange> {
    let at = |day: i64| Timestamp::from_secs(day * DAY);
    zone.changes(at(first - 2), at(last + 2))
}

type Instants = Vec<(i64, i64)>;

/// The windows of each local date, and those that have no unambiguous local times.
fn days(
    calendar: &Calendar,
    zone: &Zone,
    first: i64,
    last: i64,
) -> Result<(Vec<Windows>, Instants)> {
    let mut days = vec![Windows::new(); (last - first + 1) as usize];
    let mut instants = Instants::new();
    let mut open: Instants = Vec::new();
    // In pieces: the list of windows that one call gives is bounded.
    let mut day = first - 1;
    while day <= last {
        let next = (day + 366).min(last + 2);
        let at = |day: i64| Timestamp::from_secs(day * DAY);
        for window in calendar.windows(at(day), at(next))? {
            let (opens, closes) = (window.opens.as_nanos(), window.closes.as_nanos());
            match open.last_mut() {
                Some(last) if last.1 == opens => last.1 = closes,
                _ => open.push((opens, closes)),
            }
        }
        day = next;
    }
    for (opens, closes) in open {
        // Definitions are in whole seconds, and so are the changes of a zone.
        let (opens, closes) = (opens.div_euclid(NANOS), closes.div_euclid(NANOS));
        let from = opens + zone.offset_at(opens);
        let until = closes + zone.offset_at(closes - 1);
        if zone.resolve(from) != opens || zone.resolve(until) != closes {
            instants.push((opens, closes));
            continue;
        }
        spread(from, until, first, &mut days);
    }
    Ok((days, instants))
}

/// Gives a window to its date; one longer than a day is cut at midnights.
fn spread(from: i64, until: i64, first: i64, days: &mut [Windows]) {
    let mut at = from;
    while at < until {
        let midnight = at.div_euclid(DAY) * DAY;
        let whole = until - at <= DAY && (until <= midnight + DAY || at > midnight);
        let end = if whole { until } else { (midnight + DAY).min(until) };
        let index = usize::try_from(midnight / DAY - first).ok();
        if let Some(day) = index.and_then(|index| days.get_mut(index)) {
            day.push((at - midnight, end - midnight));
        }
        at = end;
    }
}

struct Writer<'a> {
    text: String,
    tz: &'a str,
    zone: &'a Zone,
    options: &'a IcsWriteOptions,
    events: usize,
    /// The last date, where the events end by request.
    end: Option<i64>,
}

impl Writer<'_> {
    fn is_utc(&self) -> bool {
        matches!(self.tz, "UTC" | "Etc/UTC" | "Z")
    }

    fn line(&mut self, line: &str) {
        push_line(&mut self.text, line);
    }

    /// `DTSTART;TZID=Europe/Berlin:20260105T090000`.
    fn at(&self, name: &str, local: i64) -> String {
        match self.is_utc() {
            true => format!("{name}:{}Z", basic(local)),
            false => format!("{name};TZID={}:{}", self.parameter(), basic(local)),
        }
    }

    /// The TZID as a parameter: quoted where it has to be.
    fn parameter(&self) -> String {
        match self.tz.contains([',', ';', ':']) {
            true => format!("\"{}\"", self.tz),
            false => self.tz.to_owned(),
        }
    }

    fn stretch(&mut self, from: i64, until: i64, week: &Week, pattern: &Pattern) {
        let mut windows: Windows = week.iter().flatten().copied().collect();
        windows.sort_unstable();
        windows.dedup();
        let until = match self.end {
            Some(last) => until.min(last + 1),
            None => until,
        };
        for window in windows {
            let on = |day: i64| week[weekday(day) as usize].contains(&window);
            let Some(first) = (from..until.min(from + 7)).find(|&day| on(day)) else { continue };
            let names: Vec<&str> = (0..7)
                .filter(|&day| week[day].contains(&window))
                .map(|day| WEEKDAYS[day])
                .collect();
            let mut rule = format!("RRULE:FREQ=WEEKLY;BYDAY={}", names.join(","));
            if until < i64::MAX {
                let last =
                    ((until - 7).max(first)..until).rev().find(|&day| on(day)).unwrap_or(first);
                let last = self.zone.resolve(last * DAY + window.0);
                let _ = write!(rule, ";UNTIL={}Z", basic(last));
            }
            let special = pattern.special.range(from..until);
            let lost = special.filter(|(day, open)| on(**day) && !open.contains(&window));
            let lost: Vec<i64> = lost.map(|(day, _)| day * DAY + window.0).collect();
            let mut more = vec![rule];
            more.extend(lost.iter().map(|&local| self.at("EXDATE", local)));
            let start = self.at("DTSTART", first * DAY + window.0);
            let end = self.at("DTEND", first * DAY + window.1);
            self.event(&start, &end, &more);
        }
    }

    fn singles(&mut self, pattern: &Pattern) {
        let mut at = 0;
        for (day, windows) in &pattern.special {
            while pattern.stretches[at].1 <= *day {
                at += 1;
            }
            let usual = &pattern.stretches[at].2[weekday(*day) as usize];
            for window in windows.iter().filter(|window| !usual.contains(window)) {
                let start = self.at("DTSTART", day * DAY + window.0);
                let end = self.at("DTEND", day * DAY + window.1);
                self.event(&start, &end, &[]);
            }
        }
    }

    fn event(&mut self, start: &str, end: &str, more: &[String]) {
        self.events += 1;
        self.line("BEGIN:VEVENT");
        self.line(&format!("UID:{}@itom", self.events));
        self.line(&format!("DTSTAMP:{}", self.options.stamp));
        self.line(start);
        self.line(end);
        more.iter().for_each(|line| self.line(line));
        self.line(&format!("SUMMARY:{}", escaped(&self.options.summary)));
        self.line("END:VEVENT");
    }
}

/// Appends a content line, folded after 75 bytes (RFC 5545 §3.1).
pub(super) fn push_line(text: &mut String, line: &str) {
    let (mut rest, mut room) = (line, 75);
    while rest.len() > room {
        let cut = (0..=room).rfind(|&at| rest.is_char_boundary(at)).unwrap_or(rest.len());
        text.push_str(&rest[..cut]);
        text.push_str("\r\n ");
        (rest, room) = (&rest[cut..], 74);
    }
    text.push_str(rest);
    text.push_str("\r\n");
}

/// `YYYYMMDDTHHMMSS`.
pub(super) fn basic(seconds: i64) -> String {
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY));
    let time = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}")
}

fn escaped(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control() || *c == '\n');
    kept.fold(String::new(), |mut out, c| {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' | ';' | ',' => out.extend(['\\', c]),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_on_characters() {
        let mut text = String::new();
        push_line(&mut text, &format!("SUMMARY:{}", "é".repeat(100)));
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert_eq!(text.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", "é".repeat(100)));
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a,b;c\\d\ne\r"), "a\\,b\\;c\\\\d\\ne");
    }
}
