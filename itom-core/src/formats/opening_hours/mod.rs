//! Calendars from OpenStreetMap's `opening_hours`.
//!
//! The crate `opening-hours-syntax` reads the text; what each rule means on each date is worked
//! out here ([`dates`], [`schedule`]), from 1900, the first year the language knows, to 2262, the
//! last that instants reach, and laid out as weeks, versions and overrides. An expression of
//! nothing but weekdays becomes one week for ever.
//!
//! What has no exact meaning in a calendar is refused with its place: sunrise and its like, an
//! open end (`18:00+`), points in time (`/01:30`), the state *unknown* — also that of a rule with
//! a comment and no state, as the specification has it — and holidays nobody gave.

mod dates;
mod schedule;

use std::collections::BTreeSet;

use opening_hours_syntax::rules::day::{HolidayKind, WeekDayRange};
use opening_hours_syntax::rules::{OpeningHoursExpression, RuleKind, RuleSequence};
use serde::{Deserialize, Serialize};

use super::pattern::{LAST_DAY, Pattern};
use crate::sla::civil::{days_from_civil, read_date};
use crate::sla::{Calendar, CalendarDefinition};
use crate::{Error, ErrorKind, Result};

/// The longest expression that is read; the longest in OpenStreetMap has 255 characters.
const LONGEST: usize = 16_384;
/// Holidays, at most.
const MOST_HOLIDAYS: usize = 1_000_000;

/// What an expression leaves to the place: its time zone and its holidays.
///
/// ```
/// use itom_core::formats::{OpeningHoursOptions, definition_from_opening_hours};
///
/// let options = OpeningHoursOptions {
///     tz: "Europe/Berlin".to_owned(),
///     holidays: Some(vec!["2026-12-25".to_owned()]),
///     ..OpeningHoursOptions::default()
/// };
/// let definition = definition_from_opening_hours("Mo-Fr 09:00-17:00; PH off", &options)?;
/// assert_eq!(definition.weekly["mon"], [["09:00", "17:00"]]);
/// assert!(definition.overrides["2026-12-25"].is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct OpeningHoursOptions {
    /// IANA name of the time zone.
    pub tz: String,
    /// The dates (`YYYY-MM-DD`, a name may follow) that `PH` means. An expression with `PH` needs
    /// them; they may be empty.
    pub holidays: Option<Vec<String>>,
    /// The dates that `SH` means.
    pub school_holidays: Option<Vec<String>>,
}

/// The dates of `PH` and `SH`.
#[derive(Debug, Default)]
struct Holidays {
    public: Option<BTreeSet<i64>>,
    school: Option<BTreeSet<i64>>,
}

/// Reads an `opening_hours` expression as a calendar definition.
///
/// # Errors
/// Names the place in the text of what is malformed or has no exact meaning here.
///
/// ```
/// use itom_core::formats::{OpeningHoursOptions, definition_from_opening_hours};
///
/// let berlin = OpeningHoursOptions { tz: "Europe/Berlin".to_owned(), ..Default::default() };
/// let bar = definition_from_opening_hours("Fr,Sa 18:00-02:00", &berlin)?;
/// assert_eq!(bar.weekly["fri"], [["18:00", "26:00"]]);
/// let error = definition_from_opening_hours("Mo-Fr sunrise-17:00", &berlin).unwrap_err();
/// assert!(error.to_string().contains("character 7"));
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn definition_from_opening_hours(
    text: &str,
    options: &OpeningHoursOptions,
) -> Result<CalendarDefinition> {
    let expression = read(text)?;
    let holidays = Holidays {
        public: dates_of("holidays", &options.holidays)?,
        school: dates_of("school_holidays", &options.school_holidays)?,
    };
    for rule in &expression.rules {
        check(rule, text, &holidays)?;
    }
    // A zone that does not exist is told before the dates are gone through.
    crate::sla::ZoneDatabase::bundled().zone(&options.tz)?;
    let dated = expression.rules.iter().any(is_dated);
    let first = if dated { days_from_civil(1900, 1, 1) } else { LAST_DAY - 28 };
    let days = schedule::days(&expression, &holidays, first, LAST_DAY);
    let pattern = Pattern::of_days(first, !dated, &days);
    Ok(pattern.definition(&options.tz))
}

impl Calendar {
    /// Reads an `opening_hours` expression and compiles it: [`definition_from_opening_hours`].
    ///
    /// # Errors
    /// As [`definition_from_opening_hours`].
    ///
    /// ```
    /// use itom_core::formats::OpeningHoursOptions;
    /// use itom_core::sla::Calendar;
    ///
    /// let paris = OpeningHoursOptions { tz: "Europe/Paris".to_owned(), ..Default::default() };
    /// let calendar = Calendar::from_opening_hours("Mo-Sa 08:00-20:00; Jul-Aug off", &paris)?;
    /// assert!(calendar.is_open("2026-06-15T08:00:00Z".parse()?));
    /// assert!(!calendar.is_open("2026-07-15T08:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn from_opening_hours(text: &str, options: &OpeningHoursOptions) -> Result<Calendar> {
        Calendar::new(definition_from_opening_hours(text, options)?)
    }
}

fn read(text: &str) -> Result<OpeningHoursExpression> {
    if text.len() > LONGEST {
        let message = format!("text must be at most {LONGEST} bytes, got {}", text.len());
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("text"));
    }
    opening_hours_syntax::parse(text).map_err(|error| match error {
        opening_hours_syntax::Error::Syntax(error) => {
            // The parser's error type is not exported; its place prints as `Pos(12)`.
            let place = format!("{:?}", error.location);
            let digits = place.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty());
            let at = digits.and_then(|digits| digits.parse().ok()).unwrap_or(0);
            refused(text, at, "is no opening_hours expression from here on")
        }
        other => {
            let message = format!("text {text:?} cannot be read: {other}");
            Error::new(ErrorKind::InvalidArgument, message).about("text")
        }
    })
}

/// An error that names a place in the expression, given in bytes.
fn refused(text: &str, at: usize, why: &str) -> Error {
    let before = text.get(..at).map_or(0, |before| before.chars().count());
    let rest: String = text.chars().skip(before).take(30).collect();
    let message = format!("text {why}: character {}, {rest:?}", before + 1);
    Error::new(ErrorKind::InvalidArgument, message).about("text")
}

/// Refuses a rule that means nothing exact.
fn check(rule: &RuleSequence, text: &str, holidays: &Holidays) -> Result<()> {
    let bare = without_comments(text);
    let place = |words: &[&str]| {
        let lower = bare.to_ascii_lowercase();
        words.iter().filter_map(|word| lower.find(word)).min().unwrap_or(0)
    };
    if rule.kind == RuleKind::Unknown {
        let why = "has the state unknown, which a calendar has not";
        return Err(refused(text, place(&["unknown"]), why));
    }
    for span in &rule.time_selector.spans {
        let times = [&span.range.start, &span.range.end];
        if times.iter().any(|time| time.as_time_event().is_some()) {
            let why = "depends on the sun, which a calendar does not";
            return Err(refused(text, place(&["dawn", "sunrise", "sunset", "dusk"]), why));
        }
        if span.open_end {
            let mut at = bare.match_indices('+').map(|(at, _)| at);
            let is_time = |at: &usize| {
                bare[..*at].trim_end().rsplit(':').next().is_some_and(|last| last.len() == 2)
                    && bare[..*at].contains(':')
            };
            let at = at.find(is_time).unwrap_or(0);
            return Err(refused(text, at, "has an open end, which a calendar has not"));
        }
        if span.repeats.is_some() {
            let why = "has points in time, which are no windows";
            return Err(refused(text, place(&["/"]), why));
        }
    }
    for range in &rule.day_selector.weekday {
        let WeekDayRange::Holiday { kind, .. } = range else { continue };
        let (known, word, argument) = match kind {
            HolidayKind::Public => (&holidays.public, "PH", "holidays"),
            HolidayKind::School => (&holidays.school, "SH", "school_holidays"),
        };
        if known.is_none() {
            let at = bare.find(word).unwrap_or(0) + 1;
            let value = format!("none, and character {at} of the text asks for {word}");
            return Err(Error::invalid(argument, value, "given as a list of dates"));
        }
    }
    check_comments(text)
}

/// The text with its comments blanked out, at the same places.
fn without_comments(text: &str) -> String {
    let mut inside = false;
    let blank = |c: char| {
        inside ^= c == '"';
        if inside || c == '"' { " ".repeat(c.len_utf8()) } else { c.to_string() }
    };
    text.chars().map(blank).collect()
}

/// A comment without a state means "unknown" (specification, "comment"), unless it only names a
/// rule (`"kitchen": Mo-Fr …`).
fn check_comments(text: &str) -> Result<()> {
    let mut parts = text.split('"');
    let mut at = 0;
    while let (Some(before), Some(comment)) = (parts.next(), parts.next()) {
        let quote = at + before.len();
        at = quote + comment.len() + 2;
        let before = before.trim_end().to_ascii_lowercase();
        let has_state = ["open", "closed", "off"].iter().any(|state| before.ends_with(state));
        if !has_state && !text[at..].starts_with(':') {
            let why = "has a comment without open or off, which means unknown";
            return Err(refused(text, quote, why));
        }
    }
    Ok(())
}

/// Whether more than the weekday decides.
fn is_dated(rule: &RuleSequence) -> bool {
    let selector = &rule.day_selector;
    let plain = |range: &WeekDayRange| {
        matches!(range, WeekDayRange::Fixed { offset: 0, nth_from_start, nth_from_end, .. }
            if nth_from_start.iter().chain(nth_from_end).all(|&each| each))
    };
    !(selector.year.is_empty()
        && selector.monthday.is_empty()
        && selector.week.is_empty()
        && selector.weekday.iter().all(plain))
}

fn dates_of(argument: &str, dates: &Option<Vec<String>>) -> Result<Option<BTreeSet<i64>>> {
    let Some(dates) = dates else { return Ok(None) };
    if dates.len() > MOST_HOLIDAYS {
        let message = format!("{argument} must be at most {MOST_HOLIDAYS}, got {}", dates.len());
        return Err(Error::new(ErrorKind::LimitExceeded, message).about(argument));
    }
    let date = |text: &String| {
        let (date, _) = text.split_once(' ').unwrap_or((text, ""));
        let expected = "dates such as 2026-12-25";
        read_date(date).ok_or_else(|| Error::invalid(argument, format!("{text:?}"), expected))
    };
    dates.iter().map(date).collect::<Result<_>>().map(Some)
}
