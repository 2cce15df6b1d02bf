//! Dates, times, durations and offsets as iCalendar writes them (RFC 5545 §3.3).

use super::lines::Line;
use crate::Result;
use crate::formats::recurrence::{read_basic_date, read_basic_time};
use crate::sla::civil::{DAY, digits};

/// What a local time is local to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clock {
    /// A date without a time.
    Date,
    /// A time in whatever zone the reader is.
    Floating,
    Utc,
    /// The zone of this index among the file's TZIDs.
    Zone(usize),
}

/// A local time in seconds since 1970, or the midnight that begins a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) local: i64,
    pub(super) clock: Clock,
}

/// How long an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Until then.
    End(Moment),
    /// Nominal days, then exact seconds.
    Duration(i64, i64),
    /// Not said: a date is a day long, a time is no time at all.
    None,
}

/// A list of moments separated by commas, all of the line's TZID.
pub(super) fn moments(line: &Line<'_>, zones: &mut Vec<String>) -> Result<Vec<Moment>> {
    line.value.split(',').map(|text| moment(line, text, zones)).collect()
}

/// One moment of a line.
pub(super) fn moment(line: &Line<'_>, text: &str, zones: &mut Vec<String>) -> Result<Moment> {
    let text = text.trim();
    let expected = "a date or a time such as 20260105 or 20260105T090000Z";
    if text.len() == 8 {
        let day = read_basic_date(text.as_bytes()).ok_or_else(|| line.wrong(expected))?;
        return Ok(Moment { local: day * DAY, clock: Clock::Date });
    }
    let (bare, clock) = match (text.strip_suffix(['Z', 'z']), line.parameter("TZID")) {
        (Some(bare), _) => (bare, Clock::Utc),
        (None, None) => (text, Clock::Floating),
        (None, Some(tzid)) => {
            let known = zones.iter().position(|zone| zone == tzid);
            let index = known.unwrap_or_else(|| {
                zones.push(tzid.to_owned());
                zones.len() - 1
            });
            (text, Clock::Zone(index))
        }
    };
    let local = read_basic_time(bare.as_bytes()).ok_or_else(|| line.wrong(expected))?;
    Ok(Moment { local, clock })
}

/// Moments of an RDATE, each with a length of its own where it is a period.
pub(super) fn periods(
    line: &Line<'_>,
    zones: &mut Vec<String>,
) -> Result<Vec<(Moment, Option<Length>)>> {
    let mut found = Vec::new();
    for text in line.value.split(',') {
        let Some((start, end)) = text.split_once('/') else {
            found.push((moment(line, text, zones)?, None));
            continue;
        };
        let length = match end.starts_with(['P', 'p', '+', '-']) {
            true => duration(line, end)?,
            false => Length::End(moment(line, end, zones)?),
        };
        found.push((moment(line, start, zones)?, Some(length)));
    }
    Ok(found)
}

/// `P1W`, `P1DT12H`, `PT8H30M`: not negative.
pub(super) fn duration(line: &Line<'_>, text: &str) -> Result<Length> {
    let wrong = || line.wrong("a positive duration such as PT8H or P1D");
    let text = text.trim().to_ascii_uppercase();
    let rest = text.strip_prefix('+').unwrap_or(&text).strip_prefix('P').ok_or_else(wrong)?;
    let (dates, times) = match rest.split_once('T') {
        Some((dates, times)) if !times.is_empty() => (dates, times),
        None if !rest.is_empty() => (rest, ""),
        _ => return Err(wrong()),
    };
    let days = units(dates, &[('W', 7), ('D', 1)]).ok_or_else(wrong)?;
    let seconds = units(times, &[('H', 3600), ('M', 60), ('S', 1)]).ok_or_else(wrong)?;
    // Longer than all of time is as good as wrong.
    if days > 250_000 || seconds > 250_000 * DAY {
        return Err(wrong());
    }
    Ok(Length::Duration(days, seconds))
}

/// The sum of numbers with units, in the order of the units, each at most once.
fn units(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0;
    for &(unit, factor) in units {
        if let Some((number, rest)) = text.split_once(unit) {
            sum += digits(number.as_bytes())? * factor;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

/// `+0100` or `-033000` in seconds east of UTC.
pub(super) fn offset(line: &Line<'_>) -> Result<i64> {
    let wrong = || line.wrong("an offset such as +0100");
    let bytes = line.value.trim().as_bytes();
    let sign = match bytes.first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Err(wrong()),
    };
    if bytes.len() != 5 && bytes.len() != 7 {
        return Err(wrong());
    }
    let part = |from: usize| bytes.get(from..from + 2).map_or(Some(0), digits);
    let parts = (|| Some((part(1)?, part(3)?, part(5)?)))();
    let (hours, minutes, seconds) = parts.ok_or_else(wrong)?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return Err(wrong());
    }
    Ok(sign * (hours * 3600 + minutes * 60 + seconds))
}
