//! The texts of a definition as numbers: times of day, dates, dates of every year, windows.
//!
//! Days are counted from 1970-01-01, times of day in seconds from local midnight. A date of every
//! year is counted in a leap year, from 0 for 1 January to 365.

use std::collections::BTreeMap;

use super::definition::WindowText;
use super::rules::{Span, Week};
use crate::sla::civil::{self, DAY, days_from_civil, days_in_year, digits, valid_date};
use crate::{Error, Result};

/// A window may reach a week beyond the midnight it starts after.
const LATEST_CLOSE: i64 = 7 * DAY;
pub(super) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// 29 February, counted from 1 January.
const LEAP_DAY: i64 = 59;

/// A date, or one of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Date {
    Once(i64),
    Yearly(i64),
}

pub(super) fn read_week(place: &str, weekly: &BTreeMap<String, Vec<WindowText>>) -> Result<Week> {
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

pub(super) fn read_windows(place: &str, windows: &[WindowText]) -> Result<Vec<Span>> {
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
pub(super) fn read_date(place: &str, text: &str) -> Result<i64> {
    match date_of(text) {
        Some(Date::Once(day)) => Ok(day),
        _ => Err(Error::invalid(place, format!("{text:?}"), "a date such as 2026-12-25")),
    }
}

/// A date or `--MM-DD`.
pub(super) fn read_any_date(place: &str, text: &str) -> Result<Date> {
    let expected = "a date such as 2026-12-25, or --12-25 of every year";
    date_of(text).ok_or_else(|| Error::invalid(place, format!("{text:?}"), expected))
}

fn date_of(text: &str) -> Option<Date> {
    let Some(rest) = text.strip_prefix("--") else {
        return civil::read_date(text).map(Date::Once);
    };
    let (month, day) =
        rest.split_once('-').filter(|parts| parts.0.len() == 2 && parts.1.len() == 2)?;
    // A leap year has every date.
    let in_2000 = valid_date(2000, digits(month.as_bytes())?, digits(day.as_bytes())?)?;
    Some(Date::Yearly(in_2000 - days_from_civil(2000, 1, 1)))
}

/// A yearly date in a year, as days since 1970; 29 February is 1 March where there is none.
pub(super) fn in_year(year: i64, date: i64) -> i64 {
    let missing = date > LEAP_DAY && days_in_year(year) == 365;
    days_from_civil(year, 1, 1) + date - i64::from(missing)
}

/// Whether a year has a yearly date.
pub(super) fn has(year: i64, date: i64) -> bool {
    date != LEAP_DAY || days_in_year(year) == 366
}

/// Spans in order. Those that overlap stay apart: their ends may part where the clocks change.
pub(super) fn sorted(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort_unstable_by_key(|span| (span.open, span.close));
    spans
}

/// A window cut at each midnight: how many days on, and the piece.
pub(super) fn pieces(span: Span) -> impl Iterator<Item = (i64, Span)> {
    (0..=(span.close - 1) / DAY).map(move |day| {
        let at = day * DAY;
        let (open, close) = ((span.open - at).max(0), (span.close - at).min(DAY));
        (day, Span { open, close })
    })
}

/// A week whose windows are cut at midnight, each piece on the weekday it lies on.
pub(super) fn cut_at_midnight(week: &Week) -> Week {
    let mut cut = Week::default();
    for (weekday, spans) in week.iter().enumerate() {
        for (days, piece) in spans.iter().flat_map(|&span| pieces(span)) {
            cut[(weekday + days as usize) % 7].push(piece);
        }
    }
    cut.map(sorted)
}

fn show_span(span: Span) -> String {
    let show = |time: i64| format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
    format!("{}-{}", show(span.open), show(span.close))
}
