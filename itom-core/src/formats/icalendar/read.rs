//! From the events of a file to a [`CalendarDefinition`].
//!
//! Each event is laid out on the wall clock of its own zone; the zones that occur become one
//! definition each, joined by a union. A rule that is the same every week becomes a weekly series
//! without being written out; any other is followed to the year 2262, the end of what an instant
//! can be, or to `until`. So nothing is silently closed beyond a horizon.
//!
//! A recurring event keeps its wall-clock end: opened at 22:00 and closed at 06:00, it closes at
//! 06:00 also in the night in which the clocks change. A single event lasts exactly as long as it
//! says.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::error_at;
use super::options::{IcsEvents, IcsOptions, Transparent, Unsynchronized};
use super::parse::{Event, File, parse};
use super::timezone::zone_name;
use super::values::{Clock, Length, Moment};
use super::week::{Plan, Weekly};
use crate::formats::civil::show_date;
use crate::formats::pattern::{FIRST_DAY, LAST_DAY};
use crate::formats::recurrence::{Budget, RecurrenceRule, Series, Until};
use crate::sla::civil::{DAY, read_date};
use crate::sla::{CalendarDefinition, Zone, ZoneDatabase};
use crate::{Error, Result};

/// Reads an iCalendar text as a calendar definition.
///
/// Open events: the calendar is open during each. Closed events: `base` is closed during each;
/// events of whole days become `holidays` with their names, a window that begins on the day before
/// and runs into it stays.
///
/// Read are VEVENT with DTSTART, DTEND, DURATION, RRULE, RDATE, EXDATE, RECURRENCE-ID,
/// STATUS:CANCELLED, TRANSP, and VTIMEZONE; everything else is passed over. What an event says in
/// a way this library cannot keep exactly (EXRULE, RANGE=THISANDFUTURE, RSCALE, a time zone nobody
/// defines) is an error with its line.
///
/// # Errors
/// Names the line. Texts over 64 MiB, more than a million windows that are no weekly pattern, and
/// rules that take longer than about a second to follow are
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded).
///
/// ```
/// use itom_core::formats::{IcsOptions, definition_from_ics};
///
/// let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n\
///            DTSTART;TZID=Europe/Berlin:20260105T090000\r\nDTEND;TZID=Europe/Berlin:20260105T170000\r\n\
///            RRULE:FREQ=WEEKLY;BYDAY=MO,FR\r\nEXDATE;TZID=Europe/Berlin:20260109T090000\r\n\
///            END:VEVENT\r\nEND:VCALENDAR\r\n";
/// let definition = definition_from_ics(ics, &IcsOptions::default())?;
/// assert_eq!(definition.tz, "Europe/Berlin");
/// assert_eq!(definition.weekly["fri"], [["09:00", "17:00"]]);
/// assert!(definition.overrides["2026-01-09"].is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn definition_from_ics(text: &str, options: &IcsOptions) -> Result<CalendarDefinition> {
    let file = parse(text)?;
    let mut reader = Reader::new(&file, options)?;
    reader.read()?;
    reader.definition()
}

/// Which occurrences of a series do not take place.
#[derive(Default)]
struct Except {
    times: BTreeSet<i64>,
    days: BTreeSet<i64>,
}

impl Except {
    fn has(&self, local: i64) -> bool {
        self.times.contains(&local) || self.days.contains(&local.div_euclid(DAY))
    }
}

struct Reader<'a> {
    file: &'a File,
    options: &'a IcsOptions,
    zones: ZoneDatabase,
    /// The zone of dates and floating times, where it is known.
    home: Option<String>,
    /// Of the file's TZIDs.
    names: Vec<Option<String>>,
    loaded: BTreeMap<String, Zone>,
    /// The last date to which rules are followed.
    last_day: i64,
    plans: BTreeMap<String, Plan>,
    /// Closed whole days: first, last, name.
    holidays: Vec<(i64, i64, String)>,
    budget: Budget,
    cut: bool,
}

impl<'a> Reader<'a> {
    fn new(file: &'a File, options: &'a IcsOptions) -> Result<Reader<'a>> {
        let last_day = match &options.until {
            Some(text) => read_date(text).ok_or_else(|| {
                Error::invalid("until", format!("{text:?}"), "a date such as 2030-12-31")
            })?,
            None => LAST_DAY,
        };
        if options.events == IcsEvents::Closed && options.base.is_none() {
            return Err(Error::invalid("base", "none", "the calendar that closed events close"));
        }
        let mut reader = Reader {
            file,
            options,
            zones: ZoneDatabase::bundled(),
            home: None,
            names: vec![None; file.zones.len()],
            loaded: BTreeMap::new(),
            last_day: last_day.min(LAST_DAY),
            plans: BTreeMap::new(),
            holidays: Vec::new(),
            budget: Budget::new(),
            cut: false,
        };
        reader.find_zones()?;
        Ok(reader)
    }

    fn find_zones(&mut self) -> Result<()> {
        let mut used: BTreeMap<usize, (i64, usize)> = BTreeMap::new();
        for event in &self.file.events {
            let end = match event.length {
                Length::End(end) => Some(end),
                _ => None,
            };
            let dates = event.dates.iter().map(|(moment, _)| *moment);
            let moments = [event.start].into_iter().chain(end).chain(dates);
            for moment in moments.chain(event.except.iter().copied()).chain(event.replaces) {
                if let Clock::Zone(index) = moment.clock {
                    let known = used.entry(index).or_insert((moment.local, event.number));
                    known.0 = known.0.min(moment.local);
                }
            }
        }
        for (index, (first, number)) in used {
            let tzid = &self.file.zones[index];
            let defined = self.file.timezones.get(tzid);
            let name = zone_name(tzid, defined, first, &self.zones, number)?;
            self.names[index] = Some(name);
        }
        let base = self.options.base.as_ref().map(|base| &base.tz).filter(|tz| !tz.is_empty());
        let file = self.file.default_zone.as_ref().filter(|name| self.zones.contains(name));
        let first = self.names.iter().flatten().next();
        let home = self.options.tz.as_ref().or(base).or(file).or(first);
        self.home = home.cloned();
        if let Some(home) = self.home.clone() {
            self.zone(&home)?;
        }
        Ok(())
    }

    fn zone(&mut self, name: &str) -> Result<Zone> {
        if let Some(zone) = self.loaded.get(name) {
            return Ok(zone.clone());
        }
        let zone = self.zones.zone(name)?;
        self.loaded.insert(name.to_owned(), zone.clone());
        Ok(zone)
    }

    /// The name of the zone that a moment of an event is in.
    fn zone_of(&self, clock: Clock, number: usize) -> Result<String> {
        match clock {
            Clock::Utc => Ok("UTC".to_owned()),
            Clock::Zone(index) => Ok(self.names[index].clone().unwrap_or_default()),
            Clock::Date | Clock::Floating => self.home.clone().ok_or_else(|| {
                let expected = "given, for dates and times without a zone";
                let place = format!("none, and line {number} has such");
                Error::invalid("tz", place, expected)
            }),
        }
    }

    fn instant(&mut self, moment: Moment, number: usize) -> Result<i64> {
        let name = self.zone_of(moment.clock, number)?;
        Ok(self.zone(&name)?.resolve(moment.local))
    }

    /// A moment on the wall clock of `zone`.
    fn local(&mut self, moment: Moment, name: &str, number: usize) -> Result<i64> {
        let own = self.zone_of(moment.clock, number)?;
        if own == name || matches!(moment.clock, Clock::Date) {
            return Ok(moment.local);
        }
        let instant = self.instant(moment, number)?;
        Ok(instant + self.zone(name)?.offset_at(instant))
    }

    fn read(&mut self) -> Result<()> {
        let file = self.file;
        let mut replaced: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
        for event in file.events.iter().filter(|event| event.replaces.is_some()) {
            replaced.entry(&event.uid).or_default().push(event);
        }
        let cancelled: BTreeSet<&str> = file
            .events
            .iter()
            .filter(|event| event.cancelled && event.replaces.is_none() && !event.uid.is_empty())
            .map(|event| event.uid.as_str())
            .collect();
        for event in &file.events {
            let skipped = self.options.transparent == Transparent::Skip && event.transparent;
            if event.cancelled || skipped || cancelled.contains(event.uid.as_str()) {
                continue;
            }
            let replacing = replaced.get(event.uid.as_str()).map_or(&[][..], Vec::as_slice);
            if let Some(this) = event.replaces {
                // Of several versions of one occurrence the highest SEQUENCE counts, then the last.
                let newer = |other: &&&Event| {
                    other.replaces == Some(this)
                        && (other.sequence, other.number) > (event.sequence, event.number)
                };
                self.budget.spend(replacing.len())?;
                if replacing.iter().any(|other| newer(&other)) {
                    continue;
                }
                self.event(event, &[])?;
            } else {
                self.event(event, replacing)?;
            }
        }
        Ok(())
    }

    fn event(&mut self, event: &Event, replacing: &[&Event]) -> Result<()> {
        let zone_name = self.zone_of(event.start.clock, event.number)?;
        let zone = self.zone(&zone_name)?;
        let nominal = self.nominal_length(event, event.start, event.length, &zone_name)?;
        let except = self.exceptions(event, replacing, &zone_name)?;
        let start = event.start.local;
        for rule in &event.rules {
            self.series(event, rule, nominal, &except, (&zone_name, &zone))?;
        }
        if event.rules.is_empty() && !except.has(start) {
            let end = self.exact_end(event, event.start, event.length, &zone_name)?;
            self.single(event, start, end, &zone_name)?;
        }
        for (moment, length) in &event.dates {
            let at = self.local(*moment, &zone_name, event.number)?;
            if except.has(at) {
                continue;
            }
            let end = match length {
                Some(length) => self.exact_end(event, *moment, *length, &zone_name)?,
                None => at + nominal,
            };
            self.single(event, at, end, &zone_name)?;
        }
        Ok(())
    }

    fn exceptions(&mut self, event: &Event, replacing: &[&Event], zone: &str) -> Result<Except> {
        let mut except = Except::default();
        let replaced = replacing.iter().filter_map(|other| other.replaces);
        for moment in event.except.iter().copied().chain(replaced) {
            if moment.clock == Clock::Date {
                except.days.insert(moment.local.div_euclid(DAY));
            } else {
                except.times.insert(self.local(moment, zone, event.number)?);
            }
        }
        Ok(except)
    }

    /// The length on the wall clock.
    fn nominal_length(
        &mut self,
        event: &Event,
        start: Moment,
        length: Length,
        zone: &str,
    ) -> Result<i64> {
        let nominal = match length {
            Length::None if start.clock == Clock::Date => DAY,
            Length::None => 0,
            Length::Duration(days, seconds) => days * DAY + seconds,
            Length::End(end) => self.local(end, zone, event.number)? - start.local,
        };
        if nominal < 0 || (nominal == 0 && start.clock == Clock::Date) {
            return Err(error_at(event.number, "an event that ends before it begins"));
        }
        Ok(nominal)
    }

    /// The end of one occurrence on the wall clock: days are nominal, seconds exact.
    fn exact_end(
        &mut self,
        event: &Event,
        start: Moment,
        length: Length,
        zone_name: &str,
    ) -> Result<i64> {
        let at = self.local(start, zone_name, event.number)?;
        if let Length::Duration(days, seconds) = length {
            let zone = self.zone(zone_name)?;
            let instant = zone.resolve(at + days * DAY) + seconds;
            return Ok(instant + zone.offset_at(instant));
        }
        let nominal =
            self.nominal_length(event, Moment { local: at, ..start }, length, zone_name)?;
        Ok(at + nominal)
    }

    /// A window that comes once. One in UTC goes to the home zone where that can say it.
    fn single(&mut self, event: &Event, start: i64, end: i64, zone: &str) -> Result<()> {
        if start.div_euclid(DAY) > LAST_DAY || end.div_euclid(DAY) < FIRST_DAY {
            return Ok(());
        }
        if event.start.clock == Clock::Date && self.options.events == IcsEvents::Closed {
            let days =
                (start.div_euclid(DAY).max(FIRST_DAY), (end - 1).div_euclid(DAY).min(LAST_DAY));
            self.holidays.push((days.0, days.1, event.summary.clone()));
            return Ok(());
        }
        let (mut window, mut name) = ((start, end), zone.to_owned());
        if let (Clock::Utc, Some(home)) = (event.start.clock, self.home.clone()) {
            let zone = self.zone(&home)?;
            let local = [start, end].map(|at| at + zone.offset_at(at));
            if local.map(|at| zone.resolve(at)) == [start, end] {
                (window, name) = ((local[0], local[1]), home);
            }
        }
        self.plans.entry(name).or_default().add(window.0, window.1)
    }

    /// The occurrences of one rule.
    fn series(
        &mut self,
        event: &Event,
        rule: &RecurrenceRule,
        length: i64,
        except: &Except,
        (name, zone): (&str, &Zone),
    ) -> Result<()> {
        let in_line = |error: Error| error.within(format!("line {}", event.number));
        let start = event.start.local;
        let mut series = Series::new(rule, start);
        if !series.is_synchronized(&mut self.budget).map_err(in_line)? {
            match self.options.unsynchronized {
                Unsynchronized::Refuse => {
                    let message = format!(
                        "DTSTART is no occurrence of its own {rule}, which RFC 5545 leaves \
                         undefined: say what it means with unsynchronized"
                    );
                    return Err(error_at(event.number, message));
                }
                Unsynchronized::First => {
                    if !except.has(start) {
                        self.single(event, start, start + length, name)?;
                    }
                    series = series.with_count(rule.count.map(|count| count - 1));
                }
                Unsynchronized::Skip => {}
            }
        }
        if length == 0 {
            return Ok(());
        }
        let is_past = |local: i64| match rule.until {
            Some(Until::Date(day)) => local.div_euclid(DAY) > day,
            Some(Until::Local(last)) => local > last,
            Some(Until::Utc(last)) => zone.resolve(local) > last,
            None => false,
        };
        self.cut |= self.options.until.is_some() && rule.until.is_none() && rule.count.is_none();
        let closes_days =
            event.start.clock == Clock::Date && self.options.events == IcsEvents::Closed;
        let weekly = series.weekly().filter(|(_, times)| {
            !closes_days && times.iter().all(|time| Plan::fits_week(time + length))
        });
        if let Some((weekdays, times)) = weekly {
            let last = self.last_occurrence(&series, rule, &is_past).map_err(in_line)?;
            let plan = self.plans.entry(name.to_owned()).or_default();
            for &time in times {
                let first = (start - time + DAY - 1).div_euclid(DAY);
                let last = match last {
                    Some(last) => (last - time).div_euclid(DAY).min(self.last_day),
                    None if self.options.until.is_some() => self.last_day,
                    None => i64::MAX,
                };
                let dates = except.days.iter().copied();
                let times = except.times.iter().filter(|at| at.rem_euclid(DAY) == time);
                let except: Vec<i64> = dates.chain(times.map(|at| at.div_euclid(DAY))).collect();
                for &weekday in weekdays.iter().filter(|_| first <= last) {
                    let closes = time + length;
                    let one = Weekly { weekday, opens: time, closes, first, last };
                    plan.repeat(one, except.iter().copied());
                }
            }
            return Ok(());
        }
        let mut found = Vec::new();
        let span = (FIRST_DAY * DAY - length, (self.last_day + 1) * DAY);
        let visit = &mut |local| {
            found.push(local);
            Ok(())
        };
        series.each(span, &is_past, &mut self.budget, visit).map_err(in_line)?;
        for local in found.into_iter().filter(|&local| !except.has(local)) {
            self.single_of_series(event, local, length, name)?;
        }
        Ok(())
    }

    /// One occurrence of a series: it stays in the zone of its series.
    fn single_of_series(&mut self, event: &Event, at: i64, length: i64, zone: &str) -> Result<()> {
        if event.start.clock == Clock::Date && self.options.events == IcsEvents::Closed {
            return self.single(event, at, at + length, zone);
        }
        self.plans.entry(zone.to_owned()).or_default().add(at, at + length)
    }

    /// The local time of the last occurrence of a weekly series; none if it has no end.
    fn last_occurrence(
        &mut self,
        series: &Series<'_>,
        rule: &RecurrenceRule,
        is_past: &dyn Fn(i64) -> bool,
    ) -> Result<Option<i64>> {
        let until = match rule.until {
            // A day more than any offset can move it.
            Some(Until::Date(day)) => Some(day * DAY),
            Some(Until::Local(last) | Until::Utc(last)) => Some(last),
            None => None,
        };
        if until.is_none() && rule.count.is_none() {
            return Ok(None);
        }
        let from = until.map_or(i64::MIN / 4, |until| until - 9 * DAY);
        let mut last = i64::MIN / 4;
        series.each((from, LAST_DAY * DAY), is_past, &mut self.budget, &mut |local| {
            last = local;
            Ok(())
        })?;
        Ok(Some(last))
    }

    fn definition(mut self) -> Result<CalendarDefinition> {
        let plans = std::mem::take(&mut self.plans);
        let mut definition = match self.options.events {
            IcsEvents::Open => self.opened(&plans)?,
            IcsEvents::Closed => self.closed(&plans)?,
        };
        if let (true, Some(until)) = (self.cut, &self.options.until) {
            let space = if definition.note.is_empty() { "" } else { " " };
            definition.note += &format!("{space}Recurrence rules followed until {until}.");
        }
        Ok(definition)
    }

    fn opened(&mut self, plans: &BTreeMap<String, Plan>) -> Result<CalendarDefinition> {
        let mut definitions = Vec::new();
        for (name, plan) in plans.iter().filter(|(_, plan)| !plan.is_empty()) {
            definitions.push(plan.definition(name, &mut self.budget)?);
        }
        match definitions.len() {
            0 => Err(Error::invalid("ics", "none", "a text with an event that lasts some time")),
            1 => Ok(definitions.remove(0)),
            _ => Ok(CalendarDefinition { union: definitions, ..CalendarDefinition::default() }),
        }
    }

    fn closed(&mut self, plans: &BTreeMap<String, Plan>) -> Result<CalendarDefinition> {
        let mut base = self.options.base.clone().unwrap_or_default();
        let mut closures = Vec::new();
        let is_set =
            !base.union.is_empty() || !base.intersection.is_empty() || !base.difference.is_empty();
        let home = self.home.clone().unwrap_or_default();
        if is_set || base.tz != home {
            let mut whole_days = Plan::default();
            for &(first, last, _) in &self.holidays {
                whole_days.add(first * DAY, (last + 1) * DAY)?;
            }
            if !whole_days.is_empty() {
                closures.push(whole_days.definition(&home, &mut self.budget)?);
            }
        } else {
            for (first, last, name) in &self.holidays {
                base.holidays.push(holiday(*first, *last, name));
            }
        }
        for (name, plan) in plans.iter().filter(|(_, plan)| !plan.is_empty()) {
            let breaks = plan.by_date();
            let free = |date: &String| !base.breaks.contains_key(date);
            if *name == base.tz && plan.is_finite() && breaks.keys().all(free) {
                base.breaks.extend(breaks);
            } else {
                closures.push(plan.definition(name, &mut self.budget)?);
            }
        }
        if closures.is_empty() {
            return Ok(base);
        }
        let difference = [base].into_iter().chain(closures).collect();
        Ok(CalendarDefinition { difference, ..CalendarDefinition::default() })
    }
}

/// A holiday as a definition writes it: a date or a range of dates, and a name.
fn holiday(first: i64, last: i64, name: &str) -> String {
    let (first, last) = (show_date(first), show_date(last));
    let dates = if first == last { first } else { format!("{first}/{last}") };
    let words: Vec<&str> = name.split_whitespace().collect();
    match words.is_empty() {
        true => dates,
        false => format!("{dates} {}", words.join(" ")),
    }
}
