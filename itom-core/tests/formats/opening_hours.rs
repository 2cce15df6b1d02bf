//! OpenStreetMap expressions: what they mean, against the crate `opening-hours`, and what is
//! refused.

use std::sync::Arc;

use itom_core::formats::{OpeningHoursOptions, definition_from_opening_hours};
use itom_core::sla::{Calendar, CalendarDefinition};
use itom_core::{ErrorKind, Timestamp};
use opening_hours::{ContextHolidays, OpeningHours};
use proptest::prelude::*;

const HOLIDAYS: [&str; 6] =
    ["2024-01-01", "2024-05-01", "2024-12-25", "2025-01-01", "2025-04-18", "2025-12-25"];
const SCHOOL: [&str; 4] = ["2024-07-15", "2024-07-16", "2025-07-14", "2025-07-15"];

fn options() -> OpeningHoursOptions {
    OpeningHoursOptions {
        tz: "UTC".to_owned(),
        holidays: Some(HOLIDAYS.map(str::to_owned).to_vec()),
        school_holidays: Some(SCHOOL.map(str::to_owned).to_vec()),
    }
}

fn read(text: &str) -> itom_core::Result<CalendarDefinition> {
    definition_from_opening_hours(text, &options())
}

fn minute(day: &str) -> i64 {
    let date: jiff::civil::Date = day.parse().unwrap();
    jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap().as_second() / 60
}

/// The open intervals of a span of days in minutes since 1970, by the crate.
fn theirs(text: &str, from: &str, until: &str) -> Vec<(i64, i64)> {
    let public = HOLIDAYS.iter().map(|text| text.parse().unwrap()).collect();
    let school = SCHOOL.iter().map(|text| text.parse().unwrap()).collect();
    let holidays = ContextHolidays::new(Arc::new(public), Arc::new(school));
    let context = opening_hours::Context::default().with_holidays(holidays);
    let hours = text.parse::<OpeningHours>().unwrap().with_context(context);
    let mut open: Vec<(i64, i64)> = Vec::new();
    let mut day: jiff::civil::Date = from.parse().unwrap();
    let until: jiff::civil::Date = until.parse().unwrap();
    while day < until {
        let midnight = minute(&day.to_string());
        for range in hours.schedule_at(day.to_string().parse().unwrap()) {
            if range.kind.as_str() != "open" {
                continue;
            }
            let at = |time: opening_hours_syntax::ExtendedTime| {
                midnight + i64::from(time.mins_from_midnight())
            };
            let (from, to) = (at(range.range.start), at(range.range.end));
            match open.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => open.push((from, to)),
            }
        }
        day = day.tomorrow().unwrap();
    }
    open
}

fn ours(definition: CalendarDefinition, from: &str, until: &str) -> Vec<(i64, i64)> {
    let calendar = Calendar::new(definition).unwrap();
    let at = |day: &str| Timestamp::from_secs(minute(day) * 60);
    let windows = calendar.windows(at(from), at(until)).unwrap();
    let minutes = |instant: Timestamp| instant.as_nanos() / 60_000_000_000;
    windows.iter().map(|window| (minutes(window.opens), minutes(window.closes))).collect()
}

#[test]
fn plain_expressions_are_a_week_for_ever() {
    for (text, weekly) in [
        (
            "24/7",
            r#"{"mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]], "wed": [["00:00", "24:00"]],
            "thu": [["00:00", "24:00"]], "fri": [["00:00", "24:00"]], "sat": [["00:00", "24:00"]], "sun": [["00:00", "24:00"]]}"#,
        ),
        (
            "Mo,We 08:00-12:00,13:00-17:30; We off",
            r#"{"mon": [["08:00", "12:00"], ["13:00", "17:30"]]}"#,
        ),
        ("Fr-Sa 18:00-02:00", r#"{"fri": [["18:00", "26:00"]], "sat": [["18:00", "26:00"]]}"#),
        (
            "Sa-Mo 10:00-11:00 open \"ring the bell\"",
            r#"{"mon": [["10:00", "11:00"]], "sat": [["10:00", "11:00"]], "sun": [["10:00", "11:00"]]}"#,
        ),
    ] {
        let definition = read(text).unwrap();
        let weekly: std::collections::BTreeMap<String, Vec<[String; 2]>> =
            serde_json::from_str(weekly).unwrap();
        assert_eq!(definition.weekly, weekly, "{text}");
        assert!(definition.versions.is_empty() && definition.overrides.is_empty());
    }
}

/// What the crate does not get right, by the calendar on the wall.
#[test]
fn a_year_before_months_counts_to_the_end_of_the_last() {
    let definition = read("2025 Jan-Mar 10:00-12:00").unwrap();
    let open = ours(definition, "2024-01-01", "2027-01-01");
    assert_eq!(open.len(), 90);
    assert_eq!(open[89].0, minute("2025-03-31") + 600);
}

#[test]
fn expressions_mean_what_the_crate_says() {
    for text in [
        "Mo-Fr 09:00-17:00; PH off",
        "Mo-Fr 09:00-17:00; SH 10:00-12:00; PH off",
        "Mo-Su 18:00-26:00; Tu off",
        "Th 18:00-26:00; Fr 09:00-17:00",
        "Th 18:00-26:00, Fr 09:00-17:00",
        "Mo-Fr 08:00-12:00, We 14:00-18:00",
        "Mo-Fr 08:00-12:00 || Sa 10:00-12:00",
        "Apr-Oct Mo-Fr 08:00-20:00; Nov-Mar Mo-Fr 10:00-16:00",
        "Nov-Feb 10:00-12:00",
        "Dec 24-Jan 02 off; Mo-Su 09:00-10:00; Dec 24-Jan 02 off",
        "easter -2 days-easter +1 day off; Mo-Fr 09:00-12:00; easter -2 days off",
        "easter +39 days 10:00-12:00",
        "week 01-53/2 Mo 10:00-12:00",
        "week 10-20 Fr 10:00-12:00",
        "Mo[1] 10:00-12:00; Fr[-1] 13:00-14:00; We[2,4] 09:00-10:00",
        "Su[-1] -2 days 10:00-12:00",
        "2024-2026/2 Mo 10:00-12:00",
        "2025 May 01-2025 May 10 10:00-12:00",
        "Jan 31-Feb 29 10:00-12:00",
        "Feb 29 10:00-12:00",
        "Oct Su[-1]-Mar Su[-1] 10:00-12:00",
        "PH 10:00-12:00",
        "PH -1 day 10:00-12:00",
        "Mo-Fr 22:00-06:00; PH off",
        "Sa 20:00-48:00",
        "Mo-Th 18:00-02:00; Fr,Sa 18:00-04:00",
        "08:00-18:00; Sa,Su 10:00-16:00; Jan 01 off",
        "Mo[1] -1 day 22:00-30:15; Sa,Su 18:00-02:00 closed \"moved\"; Sa,Su 18:00-02:00",
    ] {
        let (from, until) = ("2023-12-01", "2027-02-01");
        let found = ours(read(text).unwrap(), from, until);
        assert_eq!(found, theirs(text, from, until), "{text}");
    }
}

#[test]
fn what_is_not_exact_is_refused_with_its_place() {
    for (text, place) in [
        ("Mo-Fr sunrise-17:00", "character 7"),
        ("Mo-Fr 08:00-17:00; Sa (sunset-01:00)-22:00", "character 24"),
        ("Mo 08:00-10:00; Tu 18:00+", "character 25"),
        ("Mo 08:00-10:00 unknown", "character 16"),
        ("Mo 08:00-10:00 \"by appointment\"", "character 16"),
        ("Mo 10:00-16:00/01:30", "character 15"),
        ("Mo-Fr 08:00-17:00; Foo", "character"),
        ("", "character 1"),
        ("Mo 25:00-26:00", "character"),
        ("Mo-Fr 08:00\u{0}", "character"),
        ("é", "character 1"),
        ("2026-2024 10:00-12:00", "2026"),
        ("Mo 10:00-49:00", "character"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.to_string().contains(place), "{text:?}: {error}");
        assert_eq!(error.argument(), Some("text"));
    }
    let bare = OpeningHoursOptions { tz: "UTC".into(), ..Default::default() };
    let error = definition_from_opening_hours("Mo-Fr 08:00-17:00; PH off", &bare).unwrap_err();
    assert_eq!(error.argument(), Some("holidays"));
    assert!(error.to_string().contains("character 20"), "{error}");
    let error = definition_from_opening_hours("SH off", &bare).unwrap_err();
    assert_eq!(error.argument(), Some("school_holidays"));
    let mars = OpeningHoursOptions { tz: "Mars/Phobos".into(), ..Default::default() };
    assert_eq!(definition_from_opening_hours("24/7", &mars).unwrap_err().argument(), Some("tz"));
    let wrong = OpeningHoursOptions { holidays: Some(vec!["2026-02-30".into()]), ..bare };
    assert!(
        definition_from_opening_hours("24/7", &wrong)
            .unwrap_err()
            .to_string()
            .contains("2026-02-30")
    );
    let long = "Mo 10:00-11:00; ".repeat(2000);
    assert_eq!(read(&long).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

/// Expressions put together from the parts of the language that both evaluate.
fn expression() -> impl Strategy<Value = String> {
    let select = |list: &'static [&'static str]| prop::sample::select(list);
    let dates = select(&[
        "",
        "",
        "",
        "Apr-Oct ",
        "Nov-Feb ",
        "Dec 20-Jan 10 ",
        "week 02-50/3 ",
        "2025 ",
        "2024-2030/2 ",
        "Jun 15 ",
        "easter -1 day-easter +7 days ",
        "May Mo[-1] ",
        "2025 Mar 10-2025 Apr 05 ",
        "Feb 29-Mar 10 ",
    ]);
    let days = select(&[
        "",
        "Mo ",
        "Mo-Fr ",
        "Sa,Su ",
        "Fr-Mo ",
        "We[1] ",
        "Su[-1] ",
        "PH ",
        "SH ",
        "Tu[2-3] ",
        "Mo[1] -1 day ",
    ]);
    let times = select(&[
        "09:00-17:00",
        "08:00-12:00,13:00-18:00",
        "18:00-02:00",
        "00:00-24:00",
        "22:00-30:15",
        "20:00-48:00",
        "10:00-10:00",
    ]);
    let state = select(&["", "", "", " off", " open", " closed \"moved\""]);
    let rule = (dates, days, times, state).prop_map(|(dates, days, times, state)| {
        let bare = state.contains("off") && !(dates.is_empty() && days.is_empty());
        if bare {
            format!("{dates}{days}").trim().to_owned() + state
        } else {
            format!("{dates}{days}{times}{state}")
        }
    });
    let separator = select(&["; ", "; ", ", ", " || "]);
    (rule.clone(), prop::collection::vec((separator, rule), 0..4)).prop_map(|(first, rest)| {
        rest.into_iter().fold(first, |text, (separator, rule)| text + separator + &rule)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_expressions_mean_what_the_crate_says(text in expression()) {
        prop_assume!(text.parse::<OpeningHours>().is_ok());
        let (from, until) = ("2023-12-01", "2026-12-01");
        let definition = read(&text).unwrap();
        prop_assert_eq!(ours(definition, from, until), theirs(&text, from, until), "{}", text);
    }

    #[test]
    fn any_text_is_an_answer(text in "(Mo|Su|-|,|; |PH|SH|off|week|easter|Jan|[0-9]{1,4}|:|/|\\+|\\[|\\]|\"| |sunset|é|open){0,24}") {
        let _ = read(&text);
    }
}
