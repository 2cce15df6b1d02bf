//! Business days, relative targets, nominal durations and calendar windows: the shared cases, and
//! laws over random calendars.

use std::collections::BTreeMap;

use itom_core::sla::{
    Calendar, CalendarDefinition, CalendarUnit, CalendarWindow, Clock, NominalDuration,
    RelativeTarget, ZoneDatabase,
};
use itom_core::{Duration, Timestamp};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::case_file::{case_file, cases};

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|why| panic!("{why}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A case's input as the document of a target: `seconds` is the case file's word for a duration.
fn target(input: &Value) -> RelativeTarget {
    let mut document: Map<String, Value> = input.as_object().unwrap().clone();
    document.remove("from");
    if let Some(seconds) = document.remove("seconds") {
        document.insert("duration".to_owned(), json!(format!("PT{seconds}S")));
    }
    serde_json::from_value(Value::Object(document)).unwrap_or_else(|why| panic!("{input}: {why}"))
}

#[test]
fn every_relative_case_holds() {
    let calendars: BTreeMap<String, CalendarDefinition> =
        serde_json::from_value(case_file()["calendars"].clone()).unwrap();
    let cases = cases("relative");
    assert!(cases.len() >= 4);
    for case in cases {
        let calendar = Calendar::new(calendars[text(&case["calendar"])].clone()).unwrap();
        let target = target(&case["input"]);
        let from = instant(text(&case["input"]["from"]));
        let due = target.resolve(&calendar, from).unwrap();
        assert_eq!(due, case["expected"]["at"].as_str().map(instant), "{}", case["id"]);
        let many = target.resolve_all(&calendar, &[from.as_nanos(); 3]).unwrap();
        assert_eq!(many, [due.map_or(i64::MIN, Timestamp::as_nanos); 3], "{}", case["id"]);
    }
}

#[test]
fn every_duration_case_holds() {
    let cases = cases("parse_duration");
    assert!(cases.len() >= 5);
    for case in cases {
        let read = text(&case["input"]["text"]).parse::<NominalDuration>();
        let kind = text(&case["expected"]["kind"]);
        let exact = read.as_ref().ok().and_then(NominalDuration::as_exact);
        let seconds = exact.map(|exact| exact.as_nanos() / 1_000_000_000);
        assert_eq!(seconds, case["expected"]["exact_seconds"].as_i64(), "{}", case["id"]);
        let is = match &read {
            Err(_) => "reject",
            Ok(duration) if duration.as_exact().is_some() => "exact",
            Ok(_) => "nominal",
        };
        assert!(kind.starts_with(is), "{}: {kind}, not {is}", case["id"]);
        if let (Ok(read), "nominal") = (&read, is) {
            let words: Vec<&str> = kind.split_whitespace().collect();
            let amount = |unit: &str| -> u32 {
                let place = words.iter().position(|word| word.trim_end_matches('s') == unit);
                place.map_or(0, |place| words[place - 1].parse().unwrap())
            };
            let got = (read.months(), read.days(), read.exact());
            let months = 12 * amount("year") + amount("month");
            let hours = Duration::from_secs(3600 * i64::from(amount("h")));
            assert_eq!(got, (months, amount("day") + 7 * amount("week"), hours), "{}", case["id"]);
        }
    }
}

#[test]
fn every_calendar_window_case_holds() {
    let cases = cases("calendar_window");
    assert!(cases.len() >= 4);
    for case in cases {
        let zone = ZoneDatabase::bundled().zone(text(&case["input"]["tz"])).unwrap();
        let months = CalendarWindow::aligned(CalendarUnit::Month.into(), &zone).unwrap();
        let middle = format!("{}-15T12:00:00Z", text(&case["input"]["month"]));
        let month = months.containing(instant(&middle)).unwrap();
        let seconds = case["expected"]["seconds"].as_i64().unwrap();
        assert_eq!(month.length(), Duration::from_secs(seconds), "{}", case["id"]);
    }
}

#[test]
fn every_anchored_window_case_holds() {
    let cases = cases("anchored_windows");
    assert!(!cases.is_empty());
    for case in cases {
        let input = &case["input"];
        let zone = ZoneDatabase::bundled().zone(text(&input["tz"])).unwrap();
        let (duration, start) = (text(&input["duration"]), text(&input["start"]));
        let windows =
            CalendarWindow::anchored(duration.parse().unwrap(), start.parse().unwrap(), &zone)
                .unwrap();
        let count = input["n"].as_i64().unwrap();
        let starts: Vec<Value> = (0..count).map(|n| json!(windows.nth(n).unwrap().start)).collect();
        assert_eq!(Value::Array(starts), case["expected"]["starts"], "{}", case["id"]);
    }
}

/// Monday to Friday nine to five, and a night shift on Friday from ten to six.
fn office(tz: &str) -> Calendar {
    let week: Vec<String> = ["mon", "tue", "wed", "thu"]
        .iter()
        .map(|day| format!(r#""{day}": [["09:00", "17:00"]]"#))
        .collect();
    let fri = r#""fri": [["09:00", "17:00"], ["22:00", "30:00"]]"#;
    let json = format!(
        r#"{{"tz": "{tz}", "weekly": {{{}, {fri}}}, "holidays": ["2026-12-25"],
            "overrides": {{"2026-12-24": [["09:00", "12:00"]]}},
            "breaks": {{"2026-12-31": [["08:00", "18:00"]]}}}}"#,
        week.join(", ")
    );
    Calendar::from_json(&json).unwrap()
}

fn due(calendar: &Calendar, target: Value, from: &str) -> Option<Timestamp> {
    let target: RelativeTarget =
        serde_json::from_value(target.clone()).unwrap_or_else(|why| panic!("{target}: {why}"));
    let document = serde_json::to_value(&target).unwrap();
    assert_eq!(serde_json::from_value::<RelativeTarget>(document).unwrap(), target);
    target.resolve(calendar, instant(from)).unwrap()
}

#[test]
fn each_rule_means_what_it_says() {
    let utc = office("UTC");
    let end = |days: u32| json!({"rule": "end_of_business_day", "days": days});
    let four = |days: u32| json!({"rule": "business_day_at", "days": days, "time": "16:00"});
    let cutoff =
        |days: u32| json!({"rule": "end_of_business_day", "days": days, "cutoff": "10:00"});
    let first = |nth: i32, months: u32| json!({"rule": "business_day_of_month", "nth": nth, "months": months, "time": "12:00"});
    for (target, from, expected) in [
        // The day of arrival, and the next that is not over.
        (end(0), "2026-06-18T10:00:00Z", "2026-06-18T17:00:00Z"),
        (end(0), "2026-06-18T17:00:00Z", "2026-06-18T17:00:00Z"),
        (end(0), "2026-06-18T17:00:01Z", "2026-06-20T06:00:00Z"),
        (four(0), "2026-06-18T16:30:00Z", "2026-06-19T16:00:00Z"),
        // A shift past midnight belongs to the day it began on.
        (end(0), "2026-06-20T02:00:00Z", "2026-06-20T06:00:00Z"),
        (end(1), "2026-06-20T02:00:00Z", "2026-06-22T17:00:00Z"),
        (end(1), "2026-06-20T12:00:00Z", "2026-06-22T17:00:00Z"),
        (four(2), "2026-06-18T12:00:00Z", "2026-06-22T16:00:00Z"),
        // Holidays, half days and days that are one long break.
        (end(1), "2026-12-23T12:00:00Z", "2026-12-24T12:00:00Z"),
        (end(2), "2026-12-23T12:00:00Z", "2026-12-28T17:00:00Z"),
        (end(4), "2026-12-24T11:00:00Z", "2027-01-02T06:00:00Z"),
        // The cutoff itself is in time, a second later is not; weekends count as the next business day.
        (cutoff(1), "2026-06-16T10:00:00Z", "2026-06-17T17:00:00Z"),
        (cutoff(1), "2026-06-16T10:00:01Z", "2026-06-18T17:00:00Z"),
        (cutoff(0), "2026-06-16T11:00:00Z", "2026-06-17T17:00:00Z"),
        (cutoff(1), "2026-06-19T11:00:00Z", "2026-06-23T17:00:00Z"),
        (cutoff(1), "2026-06-21T09:00:00Z", "2026-06-23T17:00:00Z"),
        (cutoff(1), "2026-06-21T11:00:00Z", "2026-06-23T17:00:00Z"),
        (cutoff(0), "2026-06-21T11:00:00Z", "2026-06-22T17:00:00Z"),
        // Weeks and months.
        (json!({"rule": "end_of_business_week"}), "2026-06-16T10:00:00Z", "2026-06-20T06:00:00Z"),
        (json!({"rule": "end_of_business_week"}), "2026-06-21T10:00:00Z", "2026-06-27T06:00:00Z"),
        (
            json!({"rule": "end_of_business_week", "weeks": 1}),
            "2026-06-21T10:00:00Z",
            "2026-06-27T06:00:00Z",
        ),
        (json!({"rule": "end_of_business_month"}), "2026-05-16T10:00:00Z", "2026-05-30T06:00:00Z"),
        (json!({"rule": "end_of_business_month"}), "2026-05-30T10:00:00Z", "2026-06-30T17:00:00Z"),
        (first(1, 1), "2026-06-16T10:00:00Z", "2026-07-01T12:00:00Z"),
        (first(3, 0), "2026-06-16T10:00:00Z", "2026-07-03T12:00:00Z"),
        (first(-1, 0), "2026-06-16T10:00:00Z", "2026-06-30T12:00:00Z"),
        (first(23, 0), "2026-06-16T10:00:00Z", "2026-07-31T12:00:00Z"),
        (
            json!({"rule": "business_day_of_month", "nth": -2}),
            "2026-06-16T10:00:00Z",
            "2026-06-29T17:00:00Z",
        ),
        // Time.
        (
            json!({"rule": "exact", "duration": "36h"}),
            "2026-06-16T10:00:00Z",
            "2026-06-17T22:00:00Z",
        ),
        (
            json!({"rule": "business", "duration": "8h"}),
            "2026-06-16T16:00:00Z",
            "2026-06-17T16:00:00Z",
        ),
        (
            json!({"rule": "nominal", "duration": "P1M"}),
            "2026-01-31T10:00:00Z",
            "2026-02-28T10:00:00Z",
        ),
        (
            json!({"rule": "nominal", "duration": "P1DT2H", "tz": "Europe/Berlin"}),
            "2026-03-28T12:00:00Z",
            "2026-03-29T13:00:00Z",
        ),
    ] {
        assert_eq!(due(&utc, target.clone(), from), Some(instant(expected)), "{target} {from}");
    }
}

#[test]
fn local_dates_are_those_of_the_calendars_zone() {
    let tokyo = office("Asia/Tokyo");
    let end = json!({"rule": "end_of_business_day", "days": 1});
    // Already Tuesday in Tokyo.
    assert_eq!(
        due(&tokyo, end, "2026-06-15T16:00:00Z"),
        Some(instant("2026-06-17T17:00:00+09:00"))
    );
    // 02:30 does not exist on 8 March 2026 in New York: it is read as half past three.
    let daily = Calendar::from_json(
        r#"{"tz": "America/New_York", "weekly": {"sun": [["01:00", "24:00"]]}}"#,
    )
    .unwrap();
    let at = json!({"rule": "business_day_at", "days": 1, "time": "02:30"});
    assert_eq!(due(&daily, at, "2026-03-07T12:00:00Z"), Some(instant("2026-03-08T03:30:00-04:00")));
    // Samoa had no 30 December 2011, a Friday.
    let apia =
        Calendar::from_json(r#"{"tz": "Pacific/Apia", "weekly": {"fri": [["09:00", "17:00"]]}}"#)
            .unwrap();
    let next = apia.business_day(instant("2011-12-28T00:00:00Z"), 1).unwrap().unwrap();
    assert_eq!(next.date.to_string(), "2012-01-06");
}

#[test]
fn what_never_opens_is_never_due() {
    let never = Calendar::from_json(r#"{"tz": "UTC"}"#).unwrap();
    let from = "2026-06-15T16:00:00Z";
    for rule in [
        json!({"rule": "end_of_business_day"}),
        json!({"rule": "business_day_at", "days": 4_000_000_000u32, "time": "16:00"}),
        json!({"rule": "end_of_business_week", "weeks": 4_000_000_000u32}),
        json!({"rule": "end_of_business_month", "months": 4_000_000_000u32}),
        json!({"rule": "business_day_of_month", "nth": 31}),
        json!({"rule": "business", "duration": "1s"}),
    ] {
        for calendar in [&never, &office("UTC")] {
            let huge = rule.to_string().contains("4000000000") || rule["nth"] == 31;
            if calendar == &never || huge {
                assert_eq!(due(calendar, rule.clone(), from), None, "{rule}");
            }
        }
        let target: RelativeTarget = serde_json::from_value(rule).unwrap();
        assert!(target.business_target(&never, instant(from)).is_err());
    }
    assert_eq!(never.business_day(instant(from), 0).unwrap(), None);
    assert_eq!(never.business_day(instant(from), i64::MAX).unwrap(), None);
    assert_eq!(never.business_day(instant(from), i64::MIN).unwrap(), None);
    for extreme in [Timestamp::MIN, Timestamp::MAX] {
        let office = office("America/New_York");
        for target in [
            RelativeTarget::EndOfBusinessDay { days: 1, cutoff: None },
            RelativeTarget::EndOfBusinessWeek { weeks: 0 },
            RelativeTarget::EndOfBusinessMonth { months: 0 },
            RelativeTarget::CalendarDays { days: 1, tz: None },
            RelativeTarget::Exact { duration: Duration::MAX },
        ] {
            let due = target.resolve(&office, extreme).unwrap();
            assert!(due.is_none_or(|due| due >= extreme), "{target:?} {extreme}");
        }
    }
}

#[test]
fn each_mistake_is_named() {
    for (json, named) in [
        (r#"{"rule": "someday"}"#, "someday"),
        (r#"{"rule": "business_day_at", "days": 1}"#, "time"),
        (r#"{"rule": "business_day_at", "days": 1, "time": "25:00"}"#, "25:00"),
        (r#"{"rule": "business_day_at", "days": -1, "time": "16:00"}"#, "-1"),
        (r#"{"rule": "end_of_business_day", "days": 1, "time": "16:00"}"#, "time"),
        (r#"{"rule": "exact", "duration": "P1D"}"#, "P1D"),
        (r#"{"rule": "business_day_of_month", "nth": 0}"#, "nth"),
        (r#"{"rule": "business_day_of_month", "nth": -2147483648}"#, "nth"),
        (r#"{"rule": "calendar_days"}"#, "days"),
        (r#"{"rule": "end_of_business_day", "speed": 1}"#, "speed"),
        (r#"{}"#, "rule"),
    ] {
        let error = serde_json::from_str::<RelativeTarget>(json).unwrap_err();
        assert!(error.to_string().contains(named), "{json}: {error}");
    }
    let target = RelativeTarget::CalendarDays { days: 1, tz: Some("Mars/Base".to_owned()) };
    let error = target.resolve(&office("UTC"), Timestamp::default()).unwrap_err();
    assert!(error.to_string().contains("Mars/Base"), "{error}");
    let target = RelativeTarget::Exact { duration: Duration::from_secs(-1) };
    assert!(target.resolve(&office("UTC"), Timestamp::default()).is_err());
    // Due on Saturday evening after the night shift: no business time passes until then.
    let target = RelativeTarget::Exact { duration: Duration::from_secs(3600) };
    let error = target.business_target(&office("UTC"), instant("2026-06-20T12:00:00Z"));
    assert!(error.unwrap_err().to_string().contains("closed"));
}

#[test]
fn a_clock_with_a_relative_target_is_paused_like_any_other() {
    let calendar = office("UTC");
    let target: RelativeTarget =
        serde_json::from_str(r#"{"rule": "business_day_at", "days": 1, "time": "16:00"}"#).unwrap();
    let start = instant("2026-06-16T12:00:00Z");
    let mut clock = Clock::new(target.clock_options(&calendar, start).unwrap()).unwrap();
    assert_eq!(clock.status(start).breach_at, Some(instant("2026-06-17T16:00:00Z")));
    for (at, what) in [("2026-06-16T13:00:00Z", "pause"), ("2026-06-16T14:30:00Z", "resume")] {
        let event = json!({"at": at, "do": what});
        clock.apply(serde_json::from_value(event).unwrap()).unwrap();
    }
    let status = clock.status(instant("2026-06-16T15:00:00Z"));
    // One and a half hours later: an hour to closing, and half of one on the next morning.
    assert_eq!(status.breach_at, Some(instant("2026-06-18T09:30:00Z")));
}

#[test]
fn windows_follow_each_other_without_a_gap_over_the_whole_range() {
    let start = instant("2024-01-01T00:00:00Z");
    for name in ["Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"] {
        let zone = ZoneDatabase::bundled().zone(name).unwrap();
        for duration in ["1d", "1w", "1M", "1Q", "1Y", "P1M3DT5H", "PT36H", "P2W"] {
            for anchor in [None, Some("2026-01-31T02:30:00")] {
                let duration: NominalDuration = duration.parse().unwrap();
                let windows = match anchor {
                    None => CalendarWindow::aligned(duration, &zone),
                    Some(anchor) => {
                        CalendarWindow::anchored(duration, anchor.parse().unwrap(), &zone)
                    }
                }
                .unwrap();
                let end = start + Duration::from_secs(3 * 366 * 86_400);
                let periods = windows.between(start, end).unwrap();
                assert!(periods[0].contains(start));
                assert!(periods.windows(2).all(|pair| pair[0].end == pair[1].start));
                assert!(periods.last().unwrap().end >= end);
                for year in (1680..=2260).step_by(10) {
                    let at = instant(&format!("{year}-07-31T11:59:59.999999999Z"));
                    let period = windows.containing(at).unwrap();
                    assert!(period.contains(at), "{name} {duration} {at} {period:?}");
                    let index = windows.index(at).unwrap();
                    assert_eq!(windows.nth(index), Some(period));
                    assert_eq!(windows.nth(index + 1).unwrap().start, period.end);
                }
            }
        }
    }
    let apia = ZoneDatabase::bundled().zone("Pacific/Apia").unwrap();
    let days = CalendarWindow::aligned("1d".parse().unwrap(), &apia).unwrap();
    let listed = days
        .between(instant("2011-12-29T12:00:00-10:00"), instant("2011-12-31T12:00:00+14:00"))
        .unwrap();
    assert_eq!(listed.len(), 2, "the 30th was skipped");
}

#[test]
fn windows_have_ends() {
    let utc = ZoneDatabase::bundled().zone("UTC").unwrap();
    assert!(CalendarWindow::aligned(NominalDuration::default(), &utc).is_err());
    let seconds = CalendarWindow::aligned("1s".parse().unwrap(), &utc).unwrap();
    let (start, end) = (instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z"));
    assert!(seconds.between(start, end).unwrap_err().to_string().contains("1000000"));
    assert_eq!(seconds.between(end, start).unwrap(), []);
    let years = CalendarWindow::aligned("1Y".parse().unwrap(), &utc).unwrap();
    assert!(years.between(Timestamp::MIN, end).is_err());
    assert_eq!(years.containing(Timestamp::MIN), None);
    assert_eq!(years.containing(Timestamp::MAX), None);
    assert_eq!((years.nth(i64::MAX), years.nth(i64::MIN)), (None, None));
    assert_eq!((seconds.nth(i64::MAX), seconds.nth(i64::MIN)), (None, None));
    let far = CalendarWindow::anchored(
        "600Y".parse().unwrap(),
        "9999-12-31T23:59:59".parse().unwrap(),
        &utc,
    );
    assert_eq!(far.unwrap().containing(start), None);
}

/// A day-by-day count, as numpy's `busday_count` does it.
fn count_by_hand(calendar: &Calendar, from: i64, until: i64) -> i64 {
    const DAY: i64 = 86_400_000_000_000;
    let open = |day: &i64| {
        let (start, end) =
            (Timestamp::from_nanos(day * DAY), Timestamp::from_nanos((day + 1) * DAY));
        // In UTC, with windows inside the day.
        !calendar.windows(start, end).unwrap().is_empty()
    };
    (from..until).filter(open).count() as i64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn business_days_are_counted_and_found_as_by_hand(
        week in 1u8..128, holidays in prop::collection::btree_set(20_000i64..20_200, 0..30),
        from in 20_000i64..20_200, length in 0i64..60, n in 1i64..40,
    ) {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let weekly: Map<String, Value> = (0..7)
            .filter(|day| week >> day & 1 == 1)
            .map(|day| (names[day].to_owned(), json!([["08:00", "12:00"], ["13:00", "18:00"]])))
            .collect();
        let date = |day: i64| Timestamp::from_secs(day * 86_400).to_string()[..10].to_owned();
        let holidays: Vec<String> = holidays.into_iter().map(date).collect();
        let document = json!({"tz": "UTC", "weekly": weekly, "holidays": holidays});
        let calendar = Calendar::from_json(&document.to_string()).unwrap();
        let noon = |day: i64| Timestamp::from_secs(day * 86_400 + 43_200);
        let count = calendar.business_day_count(noon(from), noon(from + length)).unwrap();
        prop_assert_eq!(count, count_by_hand(&calendar, from, from + length));
        let back = calendar.business_day_count(noon(from + length), noon(from)).unwrap();
        prop_assert_eq!(back, -count);
        let day = calendar.business_day(noon(from), n).unwrap().unwrap();
        let found = day.date.days();
        prop_assert_eq!(count_by_hand(&calendar, from + 1, found + 1), n);
        prop_assert_eq!(day.opens, Timestamp::from_secs(found * 86_400 + 8 * 3600));
        prop_assert_eq!(day.closes, Timestamp::from_secs(found * 86_400 + 18 * 3600));
        let before = calendar.business_day(noon(from), -n).unwrap().unwrap().date.days();
        prop_assert_eq!(count_by_hand(&calendar, before, from), n);
    }

    #[test]
    fn a_target_is_never_due_before_arrival_and_later_arrivals_not_before_earlier(
        days in 0u32..10, hour in 0i64..23, minute in 0i64..60, zone in 0usize..4,
        week in 1_760_000_000i64..1_800_000_000,
        arrivals in prop::collection::vec(0i64..10 * 86_400, 2..40),
    ) {
        let zones = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"];
        let calendar = office(zones[zone]);
        let time = format!("{hour:02}:{minute:02}").parse().unwrap();
        // Close together, so that both sides of every cutoff and weekend are met.
        let mut arrivals: Vec<i64> = arrivals.into_iter().map(|second| week + second).collect();
        arrivals.sort_unstable();
        for target in [
            RelativeTarget::EndOfBusinessDay { days, cutoff: None },
            RelativeTarget::EndOfBusinessDay { days, cutoff: Some(time) },
            RelativeTarget::BusinessDayAt { days, time, cutoff: None },
            RelativeTarget::EndOfBusinessWeek { weeks: days },
            RelativeTarget::EndOfBusinessMonth { months: days },
            RelativeTarget::BusinessDayOfMonth { nth: 1 + days as i32, months: 0, time: None },
            RelativeTarget::CalendarDays { days, tz: None },
        ] {
            let mut latest = Timestamp::MIN;
            for &arrival in &arrivals {
                let arrival = Timestamp::from_secs(arrival);
                let due = target.resolve(&calendar, arrival).unwrap().unwrap();
                prop_assert!(arrival <= due && latest <= due, "{:?} {}", target, arrival);
                latest = due;
            }
        }
    }

    #[test]
    fn no_text_is_too_strange_to_be_read_or_refused(text in ".{0,40}", iso in "[PT0-9YMWDHS.,]{0,12}") {
        for text in [text, iso] {
            if let Ok(read) = text.parse::<NominalDuration>() {
                prop_assert_eq!(read.to_string().parse::<NominalDuration>().unwrap(), read);
            }
        }
    }
}
