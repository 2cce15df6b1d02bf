//! Calendars from what other tools write, holidays from Python objects, rules of recurrence.

#[cfg(feature = "opening_hours")]
use itom_core::formats::OpeningHoursOptions;
use itom_core::formats::RecurringWindow;
#[cfg(feature = "ical")]
use itom_core::formats::{IcsOptions, IcsWriteOptions};
#[cfg(any(feature = "ical", feature = "opening_hours"))]
use itom_core::sla::Calendar as CoreCalendar;
use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateTime, PyDict, PyString, PyTuple};

use crate::convert;
use crate::enter::enter;
use crate::errors::{invalid, refused, wrong_type};

/// The most dates that one object of holidays may hold.
const MOST_HOLIDAYS: usize = 1_000_000;

/// Windows that recur by a rule of RFC 5545, such as maintenance on the first Sunday of the month:
/// those that have a part between `start` and `end`, cut to that span, as (opens, closes).
///
/// `dtstart` is the local time at which the first begins, a naive datetime or ISO text; `except_`
/// are local times at which none begins though the rule says so. The first time must be an
/// occurrence of its own rule.
///
/// >>> import datetime as dt
/// >>> utc = dt.timezone.utc
/// >>> windows = itom.sla.occurrences(
/// ...     "FREQ=MONTHLY;BYDAY=1SU", dtstart=dt.datetime(2026, 1, 4, 2), tz="Europe/Berlin",
/// ...     duration=dt.timedelta(hours=4), start=dt.datetime(2026, 1, 1, tzinfo=utc),
/// ...     end=dt.datetime(2026, 5, 1, tzinfo=utc))
/// >>> [opens.isoformat() for opens, _ in windows][-1]
/// '2026-04-05T00:00:00+00:00'
#[pyfunction]
#[pyo3(signature = (rrule, *, dtstart, tz, duration, start, end, except_=None))]
pub fn occurrences<'py>(
    rrule: Option<&Bound<'py, PyAny>>,
    dtstart: &Bound<'py, PyAny>,
    tz: &Bound<'py, PyAny>,
    duration: &Bound<'py, PyAny>,
    start: &Bound<'py, PyAny>,
    end: &Bound<'py, PyAny>,
    except_: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = dtstart.py();
    let except = match except_ {
        Some(list) => {
            let failed = |cause| refused(cause, "except_", list, "a list of local times");
            let each = list.try_iter().map_err(failed)?;
            each.map(|one| local_time(&one?, "except_")).collect::<PyResult<Vec<_>>>()?
        }
        None => Vec::new(),
    };
    let window = RecurringWindow {
        rrule: rrule.map(|rule| convert::text(rule, "rrule")).transpose()?,
        dtstart: local_time(dtstart, "dtstart")?,
        tz: convert::text(tz, "tz")?,
        duration: convert::duration(duration, "duration")?,
        except,
    };
    let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
    let windows = enter(py, || window.between(start, end))?;
    let pairs: Vec<_> = windows.iter().map(|window| (window.opens, window.closes)).collect();
    convert::to_python(py, &pairs)
}

/// A naive datetime, a date or ISO text.
fn local_time(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_string());
    }
    let expected = "a local time: a naive datetime or text such as 2026-01-04T02:00:00";
    if let Ok(time) = value.cast::<PyDateTime>() {
        if !time.getattr("tzinfo")?.is_none() {
            return Err(invalid(argument, value, expected));
        }
        return time.call_method1("isoformat", ("T", "auto"))?.extract();
    }
    match value.cast::<PyDate>() {
        Ok(date) => date.call_method0("isoformat")?.extract(),
        Err(_) => Err(wrong_type(argument, value, expected)),
    }
}

/// Dates with names from a `holidays` object, a mapping from date to name, a list of dates or of
/// (date, name), or a workalendar calendar; sorted, as a definition writes them.
pub(super) fn holidays(
    value: &Bound<'_, PyAny>,
    years: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<String>> {
    let expected = "a mapping from dates to names, or a list of dates or of (date, name)";
    let failed = |cause| refused(cause, "holidays", value, expected);
    let mut found = Vec::new();
    if value.is_instance_of::<PyString>() {
        return Err(wrong_type("holidays", value, expected));
    }
    let yearly = value.getattr_opt("holidays")?.filter(|method| method.is_callable());
    match (years, yearly) {
        (Some(years), Some(method)) => {
            for year in whole_years(years)? {
                let list = method.call1((year,)).map_err(failed)?;
                take_dates(&list, &mut found).map_err(failed)?;
            }
        }
        (None, Some(_)) => {
            return Err(invalid(
                "years",
                &value.py().None().into_bound(value.py()),
                "given (such as range(2024, 2031)) for a calendar that works out its holidays by year",
            ));
        }
        (Some(years), None) => {
            // A lazy object fills in a year when it is asked for one of its dates.
            for year in whole_years(years)? {
                let date = PyDate::new(value.py(), year, 1, 1).map_err(failed)?;
                value.contains(date).map_err(failed)?;
            }
            take_dates(value, &mut found).map_err(failed)?;
        }
        (None, None) => take_dates(value, &mut found).map_err(failed)?,
    }
    let is_lazy = value.hasattr("years")? || years.is_some();
    if found.is_empty() && is_lazy {
        let expected = "filled: it has no dates yet; make it with years=, such as \
                        holidays.Germany(years=range(2024, 2031)), or give years=";
        return Err(invalid("holidays", value, expected));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn whole_years(years: &Bound<'_, PyAny>) -> PyResult<Vec<i32>> {
    let expected = "a year or several, such as range(2024, 2031)";
    let failed = |cause| refused(cause, "years", years, expected);
    if let Ok(year) = years.extract::<i32>() {
        return Ok(vec![year]);
    }
    let mut found = Vec::new();
    for year in years.try_iter().map_err(failed)? {
        let year: i32 = year.and_then(|year| year.extract()).map_err(failed)?;
        if found.len() == 10_000 || !(1..=9999).contains(&year) {
            return Err(invalid("years", years, expected));
        }
        found.push(year);
    }
    Ok(found)
}

/// Appends `YYYY-MM-DD name` for each date of a mapping or a list.
fn take_dates(value: &Bound<'_, PyAny>, found: &mut Vec<String>) -> PyResult<()> {
    let each = match value.hasattr("items")? {
        true => value.call_method0("items")?.try_iter()?,
        false => value.try_iter()?,
    };
    for one in each {
        let one = one?;
        if found.len() == MOST_HOLIDAYS {
            return Err(invalid("holidays", value, "a million dates at most"));
        }
        let (date, name) = match one.cast::<PyTuple>() {
            Ok(pair) if pair.len() == 2 => (pair.get_item(0)?, Some(pair.get_item(1)?)),
            _ => (one, None),
        };
        let date = date_text(&date)?;
        let name = match name.filter(|name| !name.is_none()) {
            Some(name) => name.str()?.to_string(),
            None => String::new(),
        };
        let words: Vec<&str> = name.split_whitespace().collect();
        found.push(format!("{date} {}", words.join(" ")).trim_end().to_owned());
    }
    Ok(())
}

fn date_text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_string());
    }
    let date = match value.is_instance_of::<PyDateTime>() {
        true => value.call_method0("date")?,
        false => value.clone(),
    };
    match date.cast::<PyDate>() {
        Ok(date) => date.call_method0("isoformat")?.extract(),
        // numpy's datetime64[D] prints as a date.
        Err(_) => Ok(value.str()?.to_string()),
    }
}

/// The keyword arguments that were given, as options of the core.
#[cfg(any(feature = "ical", feature = "opening_hours"))]
fn options<T: serde::de::DeserializeOwned>(
    py: Python<'_>,
    given: &[(&str, Option<&Bound<'_, PyAny>>)],
) -> PyResult<T> {
    let fields = PyDict::new(py);
    for (name, value) in given {
        if let Some(value) = value {
            fields.set_item(name, value)?;
        }
    }
    convert::definition(fields.as_any(), "options")
}

/// A date as text.
#[cfg(feature = "ical")]
fn optional_date(value: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<Option<String>> {
    let Some(value) = value else { return Ok(None) };
    match value.is_instance_of::<PyString>() || value.is_instance_of::<PyDate>() {
        true => date_text(value).map(Some),
        false => Err(wrong_type(argument, value, "a date or text such as 2030-12-31")),
    }
}

/// What `Calendar.from_ics` takes beside the text.
#[cfg(feature = "ical")]
pub(super) struct IcsArguments<'a, 'py> {
    pub(super) events: Option<&'a Bound<'py, PyAny>>,
    pub(super) base: Option<&'a Bound<'py, PyAny>>,
    pub(super) tz: Option<&'a Bound<'py, PyAny>>,
    pub(super) until: Option<&'a Bound<'py, PyAny>>,
    pub(super) transparent: Option<&'a Bound<'py, PyAny>>,
    pub(super) unsynchronized: Option<&'a Bound<'py, PyAny>>,
}

#[cfg(feature = "ical")]
pub(super) fn from_ics(
    text: &Bound<'_, PyAny>,
    arguments: &IcsArguments<'_, '_>,
) -> PyResult<CoreCalendar> {
    let py = text.py();
    let mut options: IcsOptions = options(
        py,
        &[
            ("events", arguments.events),
            ("tz", arguments.tz),
            ("transparent", arguments.transparent),
            ("unsynchronized", arguments.unsynchronized),
        ],
    )?;
    options.until = optional_date(arguments.until, "until")?;
    if let Some(base) = arguments.base {
        options.base = Some(super::calendar::calendar(base)?.definition().clone());
    }
    let text = match text.is_instance_of::<PyString>() {
        true => convert::text(text, "ics")?,
        false => String::from_utf8(convert::bytes(text, "ics")?)
            .map_err(|_| invalid("ics", text, "text, or bytes of UTF-8"))?,
    };
    enter(py, || CoreCalendar::from_ics(&text, &options))
}

#[cfg(feature = "ical")]
pub(super) fn to_ics(
    calendar: &CoreCalendar,
    py: Python<'_>,
    from: Option<&Bound<'_, PyAny>>,
    until: Option<&Bound<'_, PyAny>>,
    summary: Option<&Bound<'_, PyAny>>,
    stamp: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let mut options: IcsWriteOptions = options(py, &[("summary", summary), ("stamp", stamp)])?;
    if let Some(from) = optional_date(from, "from_")? {
        options.from = from;
    }
    options.until = optional_date(until, "until")?;
    enter(py, || calendar.to_ics(&options))
}

#[cfg(feature = "opening_hours")]
pub(super) fn from_opening_hours(
    text: &Bound<'_, PyAny>,
    tz: &Bound<'_, PyAny>,
    public: Option<&Bound<'_, PyAny>>,
    school: Option<&Bound<'_, PyAny>>,
    years: Option<&Bound<'_, PyAny>>,
) -> PyResult<CoreCalendar> {
    let options = OpeningHoursOptions {
        tz: convert::text(tz, "tz")?,
        holidays: public.map(|dates| holidays(dates, years)).transpose()?,
        school_holidays: school.map(|dates| holidays(dates, years)).transpose()?,
    };
    let text = convert::text(text, "text")?;
    enter(tz.py(), || CoreCalendar::from_opening_hours(&text, &options))
}
