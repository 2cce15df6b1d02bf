//! A checked calendar definition: numbers in place of text, and the windows of any local date.
//!
//! Days are counted from 1970-01-01, times of day in seconds from local midnight. Reading costs
//! the size of the definition.

use std::collections::BTreeMap;

use super::definition::{CalendarDefinition, CalendarVersion, WindowText};
use crate::{Error, Result};

pub(super) const DAY: i64 = 86_400;
/// A window may reach a week beyond the midnight it starts after.
const LATEST_CLOSE: i64 = 7 * DAY;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `[open, close)` in seconds from the midnight that begins its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) open: i64,
    pub(super) close: i64,
}

/// Windows by weekday, Monday first.
pub(super) type Week = [Vec<Span>; 7];

/// What one date has in place of its weekday's windows, and when it is closed all the same.
#[derive(Debug, Default)]
pub(super) struct Exception {
    pub(super) windows: Option<Vec<Span>>,
    pub(super) breaks: Vec<Span>,
}

/// A checked definition.
#[derive(Debug)]
pub(super) struct Rules {
    /// The calendar's own week first, then those of its versions.
    pub(super) weeks: Vec<Week>,
    /// First date, first date after, index into `weeks`; sorted, without overlap.
    pub(super) versions: Vec<(i64, i64, usize)>,
    pub(super) exceptions: BTreeMap<i64, Exception>,
    /// How far beyond the end of its date the longest window or break reaches, in seconds.
    pub(super) spill: i64,
}

impl Rules {
    pub(super) fn read(definition: &CalendarDefinition) -> Result<Rules> {
        let mut weeks = vec![read_week("weekly", &definition.weekly)?];
        let versions = read_versions(&definition.versions, &mut weeks)?;
        let mut exceptions = BTreeMap::<i64, Exception>::new();
        for text in &definition.holidays {
            exceptions.entry(read_date("holidays", text)?).or_default().windows = Some(Vec::new());
        }
        for (text, windows) in &definition.overrides {
            let day = read_date("overrides", text)?;
            let windows = read_windows(&format!("overrides.{text}"), windows)?;
            exceptions.entry(day).or_default().windows = Some(windows);
        }
        for (text, breaks) in &definition.breaks {
            let day = read_date("breaks", text)?;
            let breaks = read_windows(&format!("breaks.{text}"), breaks)?;
            exceptions.entry(day).or_default().breaks = breaks;
        }
        let special = exceptions
            .values()
            .flat_map(|exception| exception.windows.iter().flatten().chain(&exception.breaks));
        let closes = weeks.iter().flatten().flatten().chain(special).map(|span| span.close);
        let spill = closes.map(|close| close - DAY).max().unwrap_or(0).max(0);
        Ok(Rules { weeks, versions, exceptions, spill })
    }

    /// The index of the week that holds on a date.
    pub(super) fn week_on(&self, day: i64) -> usize {
        let begun = self.versions.partition_point(|&(from, _, _)| from <= day);
        match begun.checked_sub(1).map(|last| self.versions[last]) {
            Some((_, until, week)) if day < until => week,
            _ => 0,
        }
    }

    /// The first date after `day` on which another week holds or may hold.
    pub(super) fn next_version(&self, day: i64) -> i64 {
        let begun = self.versions.partition_point(|&(from, _, _)| from <= day);
        let current = begun.checked_sub(1).map(|last| self.versions[last].1);
        let next = self.versions.get(begun).map(|version| version.0);
        let bounds = [current.filter(|&until| until > day), next];
        bounds.into_iter().flatten().min().unwrap_or(i64::MAX)
    }

    /// The windows that start on a date, sorted.
    pub(super) fn windows_on(&self, day: i64) -> &[Span] {
        match self.exceptions.get(&day) {
            Some(Exception { windows: Some(windows), .. }) => windows,
            _ => &self.weeks[self.week_on(day)][weekday(day)],
        }
    }

    /// The breaks of a date, sorted.
    pub(super) fn breaks_on(&self, day: i64) -> &[Span] {
        self.exceptions.get(&day).map_or(&[], |exception| &exception.breaks)
    }

    /// How many dates back a window that reaches into a date can have started.
    pub(super) fn spill_days(&self) -> i64 {
        (self.spill + DAY - 1) / DAY
    }
}

/// 0 for Monday.
pub(super) fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize
}

fn read_week(place: &str, weekly: &BTreeMap<String, Vec<WindowText>>) -> Result<Week> {
    let mut week = Week::default();
    for (name, windows) in weekly {
        let Some(index) = WEEKDAYS.iter().position(|weekday| weekday == name) else {
            let expected = "one of mon, tue, wed, thu, fri, sat, sun";
            let argument = format!("a weekday of {place}");
            return Err(Error::invalid(&argument, format!("{name:?}"), expected).about(place));
        };
        week[index] = read_windows(&format!("{place}.{name}"), windows)?;
    }
    Ok(week)
}

fn read_versions(
    versions: &[CalendarVersion],
    weeks: &mut Vec<Week>,
) -> Result<Vec<(i64, i64, usize)>> {
    let mut read = Vec::with_capacity(versions.len());
    for version in versions {
        let bound = |text: &Option<String>, unbounded: i64| match text {
            Some(text) => read_date("versions", text),
            None => Ok(unbounded),
        };
        let (from, until) = (bound(&version.from, i64::MIN)?, bound(&version.until, i64::MAX)?);
        if from >= until {
            let value = format!("{:?} to {:?}", version.from, version.until);
            return Err(Error::invalid("versions", value, "from before until"));
        }
        read.push((from, until, weeks.len()));
        weeks.push(read_week("versions.weekly", &version.weekly)?);
    }
    read.sort_unstable();
    if let Some(pair) = read.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        let version = &versions[pair[1].2 - 1];
        let value = format!("{:?} to {:?}", version.from, version.until);
        return Err(Error::invalid("versions", value, "without overlap with each other"));
    }
    Ok(read)
}

fn read_windows(place: &str, windows: &[WindowText]) -> Result<Vec<Span>> {
    let mut spans = Vec::with_capacity(windows.len());
    for [opens, closes] in windows {
        let span = Span { open: read_time(place, opens)?, close: read_time(place, closes)? };
        let expected = if span.open >= span.close {
            "a window that opens before it closes (past midnight is written above 24:00)"
        } else if span.open >= DAY {
            "a window that opens before 24:00 (it belongs to the date on which it opens)"
        } else {
            spans.push(span);
            continue;
        };
        return Err(Error::invalid(place, format!("{opens}-{closes}"), expected));
    }
    spans.sort_unstable_by_key(|span| (span.open, span.close));
    if let Some(pair) = spans.windows(2).find(|pair| pair[0].close > pair[1].open) {
        let value = format!("{} beside {}", show_span(pair[0]), show_span(pair[1]));
        return Err(Error::invalid(place, value, "windows that do not overlap"));
    }
    Ok(spans)
}

/// `HH:MM` or `HH:MM:SS`, up to 168:00.
fn read_time(place: &str, text: &str) -> Result<i64> {
    let malformed = || {
        let expected = "times of day such as 09:00, 17:30:15 or 30:00 for 6 in the next morning";
        Error::invalid(place, format!("{text:?}"), expected)
    };
    let number = |part: &str, longest: usize, limit: i64| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        if part.is_empty() || part.len() > longest || !digits {
            return Err(malformed());
        }
        let value = part.parse::<i64>().map_err(|_| malformed())?;
        if value <= limit { Ok(value) } else { Err(malformed()) }
    };
    let mut parts = text.split(':');
    let (Some(hours), Some(minutes)) = (parts.next(), parts.next()) else {
        return Err(malformed());
    };
    let (seconds, end) = (parts.next().unwrap_or("00"), parts.next());
    if minutes.len() != 2 || seconds.len() != 2 || end.is_some() {
        return Err(malformed());
    }
    let time =
        number(hours, 3, 168)? * 3600 + number(minutes, 2, 59)? * 60 + number(seconds, 2, 59)?;
    if time > LATEST_CLOSE { Err(malformed()) } else { Ok(time) }
}

/// `YYYY-MM-DD` as days since 1970.
fn read_date(place: &str, text: &str) -> Result<i64> {
    let impossible = || Error::invalid(place, format!("{text:?}"), "a date such as 2026-12-25");
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return Err(impossible());
    }
    let date: jiff::civil::Date = text.parse().map_err(|_| impossible())?;
    Ok(date.duration_since(jiff::civil::Date::constant(1970, 1, 1)).as_secs() / DAY)
}

fn show_span(span: Span) -> String {
    let show = |time: i64| format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
    format!("{}-{}", show(span.open), show(span.close))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Rules> {
        Rules::read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn each_mistake_is_named() {
        for (json, value) in [
            (r#"{"tz":"UTC","weekly":{"funday":[]}}"#, "funday"),
            (r#"{"tz":"UTC","weekly":{"mon":[["17:00","09:00"]]}}"#, "17:00-09:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:00","09:00"]]}}"#, "09:00-09:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["9 o'clock","17:00"]]}}"#, "9 o'clock"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:60","17:00"]]}}"#, "09:60"),
            (r#"{"tz":"UTC","weekly":{"mon":[["-1:00","17:00"]]}}"#, "-1:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:00","168:01"]]}}"#, "168:01"),
            (r#"{"tz":"UTC","weekly":{"mon":[["25:00","26:00"]]}}"#, "25:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:00","12:00"],["11:59","13:00"]]}}"#, "11:59"),
            (r#"{"tz":"UTC","holidays":["2026-02-30"]}"#, "2026-02-30"),
            (r#"{"tz":"UTC","holidays":["20260228"]}"#, "20260228"),
            (r#"{"tz":"UTC","overrides":{"someday":[]}}"#, "someday"),
            (r#"{"tz":"UTC","breaks":{"2026-06-15":[["1","2"]]}}"#, "1"),
            (
                r#"{"tz":"UTC","versions":[{"from":"2026-01-01","until":"2025-01-01","weekly":{}}]}"#,
                "2025-01-01",
            ),
            (
                r#"{"tz":"UTC","versions":[{"until":"2025-01-01","weekly":{}},{"from":"2024-12-31","weekly":{}}]}"#,
                "2024-12-31",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.to_string().contains(value), "{json}: {error}");
        }
    }

    #[test]
    fn windows_are_sorted_and_an_override_wins_over_a_holiday() {
        let rules = read(
            r#"{"tz":"UTC","weekly":{"thu":[["13:00","17:00"],["9:00","12:00"]]},
                "holidays":["1970-01-08"],"overrides":{"1970-01-08":[["10:00","11:00"]]}}"#,
        )
        .unwrap();
        assert_eq!(rules.windows_on(0)[0], Span { open: 9 * 3600, close: 12 * 3600 });
        assert_eq!(rules.windows_on(7), [Span { open: 10 * 3600, close: 11 * 3600 }]);
        assert!(rules.windows_on(1).is_empty());
    }
}
