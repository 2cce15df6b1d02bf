//! Calendars: every case of the case file under every convention it names, and laws against an
//! oracle that knows nothing but what the wall clock shows at an instant.

use std::collections::BTreeMap;

use itom_core::sla::{
    Calendar, CalendarDefinition, DeadlineRule, HolidayRule, LocalTimeRule, RelativeTarget,
    SkippedDateRule, YearlyRangeRule, ZoneDatabase,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use serde_json::Value;

use crate::case_file::case_file;

fn calendar_of(json: &str) -> Calendar {
    Calendar::from_json(json).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

// ---- the case file

/// What a definition becomes under an alternative of the case file, by the name it has there.
fn under(name: &str, mut definition: CalendarDefinition) -> CalendarDefinition {
    let conventions = &mut definition.conventions;
    if name.starts_with("membership") {
        conventions.local_time = LocalTimeRule::Membership;
    } else if name.starts_with("isdst") {
        conventions.local_time = LocalTimeRule::Isdst;
    } else if name.starts_with("last occurrence") {
        conventions.local_time = LocalTimeRule::LastOccurrence;
    } else if name.starts_with("naive RFC 5545 endpoint mapping") {
        conventions.skipped_date = SkippedDateRule::EndpointMapping;
    } else if name.starts_with("clip at midnight") {
        conventions.holidays = HolidayRule::ClipAtMidnight;
    } else if name.starts_with("next-open") || name.starts_with("next open") {
        conventions.deadline = DeadlineRule::NextOpening;
    } else if name.starts_with("GLPI perpetual holiday") {
        // GLPI has the closed days as one range of every year, which the note says.
        assert!(definition.note.starts_with("closed 24 Dec to 2 Jan every year"));
        conventions.yearly_range = YearlyRangeRule::TextCompare;
        definition.holidays = vec!["--12-24/--01-02".to_owned()];
    } else {
        panic!("no option is known for {name:?}");
    }
    definition
}

/// What a calendar answers to a case of the three operations.
fn answer(calendar: &Calendar, op: &str, input: &Value) -> Value {
    let instant = |key: &str| at(input[key].as_str().unwrap());
    let seconds = |key: &str| Duration::from_secs(input[key].as_i64().unwrap());
    let shown = |instant: Option<Timestamp>| serde_json::to_value(instant).unwrap();
    match op {
        "elapsed" => {
            Value::from(calendar.elapsed(instant("from"), instant("to")).as_nanos() / 1_000_000_000)
        }
        "deadline" => shown(calendar.deadline(instant("from"), seconds("add_seconds")).unwrap()),
        "deadline_back" => {
            shown(calendar.deadline_back(instant("from"), seconds("subtract_seconds")).unwrap())
        }
        other => panic!("no calendar operation: {other}"),
    }
}

#[test]
fn every_case_and_every_alternative_holds() {
    let file = case_file();
    let (mut cases, mut alternatives, mut failed) = (0, 0, Vec::new());
    for case in file["cases"].as_array().unwrap() {
        let op = case["op"].as_str().unwrap();
        if !["elapsed", "deadline", "deadline_back"].contains(&op) {
            continue;
        }
        let name = case["calendar"].as_str().unwrap();
        let definition: CalendarDefinition =
            serde_json::from_value(file["calendars"][name].clone()).unwrap();
        let key = if op == "elapsed" { "business_seconds" } else { "at" };
        let mut check = |which: &str, definition: CalendarDefinition, expected: &Value| {
            let got = answer(&Calendar::new(definition).unwrap(), op, &case["input"]);
            if got != *expected {
                failed.push(format!("{} {which}: expected {expected}, got {got}", case["id"]));
            }
        };
        check("by default", definition.clone(), &case["expected"][key]);
        cases += 1;
        for (which, expected) in case["alternatives"].as_object().into_iter().flatten() {
            check(which, under(which, definition.clone()), expected);
            alternatives += 1;
        }
    }
    assert!(cases >= 61 && alternatives >= 12, "{cases} cases, {alternatives} alternatives");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

// ---- what may be written, and what not

fn hours(calendar: &Calendar, date: &str) -> i64 {
    let start = at(&format!("{date}T00:00:00Z"));
    calendar.elapsed(start, start + Duration::from_secs(86_400)).as_nanos() / 3_600_000_000_000
}

#[test]
fn overrides_win_over_holidays_and_those_over_periods_and_those_over_versions() {
    let calendar = calendar_of(
        r#"{"tz": "UTC", "weekly": {"wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]]},
            "versions": [{"from": "2027-01-01", "weekly": {"wed": [["09:00", "10:00"]]}}],
            "periods": [{"name": "summer", "from": "--06-15", "until": "--09-01",
                         "weekly": {"wed": [["09:00", "12:00"]]}},
                        {"name": "freeze", "from": "2026-07-06", "until": "2026-07-20"},
                        {"name": "winter", "from": "--12-28", "until": "--01-08",
                         "weekly": {"wed": [["10:00", "12:00"]]}}],
            "holidays": ["--06-17/--06-18 midsummer", "2026-07-22"],
            "overrides": {"2026-06-18": [["09:00", "13:00"]], "2026-07-08": [["09:00", "14:00"]]},
            "breaks": {"wed": [["09:00", "09:30"]], "2026-06-24": [["09:30", "11:00"]],
                       "2026-07-08": [["13:00", "14:00"]]}}"#,
    );
    for (date, expected) in [
        ("2026-06-10", 7),
        ("2026-06-17", 0),
        ("2026-06-18", 4),
        ("2026-06-24", 1),
        ("2026-07-01", 2),
        ("2026-07-08", 4),
        ("2026-07-15", 0),
        ("2026-07-22", 0),
        ("2026-12-30", 2),
        ("2027-01-06", 2),
        ("2027-01-13", 0),
        ("2031-12-31", 2),
    ] {
        assert_eq!(hours(&calendar, date), expected, "{date}");
    }
}

#[test]
fn the_twenty_ninth_of_february_is_a_holiday_where_there_is_one() {
    let calendar = calendar_of(
        r#"{"tz": "UTC", "always": true, "holidays": ["--02-29"],
            "periods": [{"from": "--02-29", "until": "--03-02"}]}"#,
    );
    assert_eq!((hours(&calendar, "2028-02-29"), hours(&calendar, "2028-03-01")), (0, 0));
    assert_eq!((hours(&calendar, "2027-02-28"), hours(&calendar, "2027-03-01")), (24, 0));
    assert_eq!((hours(&calendar, "2028-03-02"), hours(&calendar, "1900-03-02")), (24, 24));
}

#[test]
fn each_mistake_is_named() {
    for (json, text) in [
        ("{}", "tz must be"),
        (r#"{"tz":"UTC","always":true,"weekly":{"mon":[]}}"#, "open always"),
        (r#"{"tz":"UTC","holidays":["2026-12-31/2026-12-24"]}"#, "2026-12-31/2026-12-24"),
        (r#"{"tz":"UTC","holidays":["2026-12-31/2027-02-29"]}"#, "2027-02-29"),
        (r#"{"tz":"UTC","holidays":["--12-24/2027-01-01"]}"#, "two full dates"),
        (r#"{"tz":"UTC","holidays":["--13-01"]}"#, "--13-01"),
        (r#"{"tz":"UTC","holidays":["--1-1"]}"#, "--1-1"),
        (r#"{"tz":"UTC","holidays":["a day"]}"#, "\"a\""),
        (r#"{"tz":"UTC","overrides":{"--12-24":[]}}"#, "--12-24"),
        (r#"{"tz":"UTC","periods":[{"from":"2026-02-01","until":"2026-02-01"}]}"#, "from before"),
        (r#"{"tz":"UTC","periods":[{"from":"--02-01","until":"--02-01"}]}"#, "another date"),
        (r#"{"tz":"UTC","periods":[{"from":"--02-01","until":"2027-02-01"}]}"#, "two full dates"),
        (
            r#"{"tz":"UTC","periods":[{"from":"2026-01-01","until":"2026-02-01"},
                {"from":"2026-01-31","until":"2026-03-01"}]}"#,
            "2026-01-31 to 2026-03-01",
        ),
        (
            r#"{"tz":"UTC","periods":[{"from":"--12-01","until":"--02-01"},
                {"from":"--01-31","until":"--03-01"}]}"#,
            "--01-31 to --03-01",
        ),
        (r#"{"tz":"UTC","periods":[{"from":"2026-01-01"}]}"#, "until"),
        (r#"{"tz":"UTC","breaks":{"Mon":[]}}"#, "Mon"),
        (r#"{"tz":"UTC","conventions":{"local_time":"mine"}}"#, "mine"),
        (r#"{"tz":"UTC","conventions":{"localtime":"isdst"}}"#, "localtime"),
        (r#"{"tz":"UTC","union":[{"tz":"UTC"}]}"#, "a union of calendars and nothing else"),
        (r#"{"union":[{"tz":"UTC"}],"difference":[{"tz":"UTC"}]}"#, "nothing else"),
        (r#"{"intersection":[{"tz":"Mars/Base"}]}"#, "Mars/Base"),
    ] {
        let error = Calendar::from_json(json).unwrap_err();
        assert!(error.to_string().contains(text), "{json}: {error}");
    }
}

#[test]
fn what_is_too_much_is_refused_and_what_is_much_is_not() {
    let mut nested = CalendarDefinition { tz: "UTC".to_owned(), ..CalendarDefinition::default() };
    for _ in 0..40 {
        nested = CalendarDefinition::union_of(vec![nested]);
    }
    assert_eq!(Calendar::new(nested).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let one = CalendarDefinition { tz: "UTC".to_owned(), ..CalendarDefinition::default() };
    let many = CalendarDefinition::union_of(vec![one; 1001]);
    assert_eq!(Calendar::new(many).unwrap_err().kind(), ErrorKind::LimitExceeded);

    // A million holidays, most of them many times: the dates that instants have count once.
    let date = |index: i64| Timestamp::from_secs((index % 200_000 - 100_000) * 86_400);
    let holidays = (0..1_000_000).map(|index| date(index).to_string()[..10].to_owned());
    let closed = CalendarDefinition {
        tz: "UTC".to_owned(),
        always: true,
        holidays: holidays.collect(),
        ..CalendarDefinition::default()
    };
    let closed = Calendar::new(closed).unwrap();
    assert_eq!(hours(&closed, "2026-06-15"), 0);
    let opens = date(199_999) + Duration::from_secs(86_400);
    assert_eq!(closed.next_opening(at("2026-06-15T00:00:00Z")), Some(opens));
    let all = CalendarDefinition {
        tz: "UTC".to_owned(),
        always: true,
        holidays: vec!["0001-01-01/9999-12-31".to_owned(); 1000],
        ..CalendarDefinition::default()
    };
    let never = Calendar::new(all).unwrap();
    assert_eq!(never.deadline(at("2026-06-15T00:00:00Z"), Duration::from_nanos(1)).unwrap(), None);
    assert_eq!(never.next_opening(Timestamp::MIN), None);
    assert_eq!(never.previous_closing(Timestamp::MAX), None);
}

#[test]
fn fifty_years_compile_small_and_the_ends_of_the_range_hold() {
    let week: BTreeMap<String, Vec<[String; 2]>> = ["mon", "tue", "wed", "thu", "fri"]
        .map(|day| (day.to_owned(), vec![["09:00".to_owned(), "17:00".to_owned()]]))
        .into();
    let holidays =
        (2000..2050).flat_map(|year| (1..12).map(move |month| format!("{year}-{month:02}-15")));
    let office = Calendar::new(CalendarDefinition {
        tz: "America/New_York".to_owned(),
        weekly: week,
        holidays: holidays.collect(),
        ..CalendarDefinition::default()
    })
    .unwrap();
    assert!(office.size() <= 500 << 10, "{} bytes", office.size());
    let always = calendar_of(r#"{"tz": "UTC", "always": true}"#);
    for calendar in [&office, &always, &Calendar::union(&[office.clone(), always.clone()]).unwrap()]
    {
        for at in [Timestamp::MIN, Timestamp::MAX, Timestamp::from_secs(0)] {
            let _ = (calendar.next_opening(at), calendar.next_closing(at), calendar.window_at(at));
            assert!(calendar.previous_opening(at).is_none_or(|opening| opening <= at));
            assert!(calendar.previous_closing(at).is_none_or(|closing| closing <= at));
        }
    }
    assert_eq!(always.window_at(Timestamp::from_secs(0)).unwrap().opens, Timestamp::MIN);
    assert_eq!(always.next_closing(Timestamp::from_secs(0)), None);
    let nothing = Calendar::difference(&[office.clone(), always]).unwrap();
    assert_eq!(nothing.elapsed(Timestamp::MIN, Timestamp::MAX), Duration::ZERO);
    assert_eq!(Calendar::union(&[]).unwrap_err().argument(), Some("calendars"));
    assert_eq!(
        Calendar::union(std::slice::from_ref(&office))
            .unwrap()
            .elapsed(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")),
        office.elapsed(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
    );
}

/// numpy's "not a time" stands for what is missing: the answer to it is missing too.
#[test]
fn a_missing_instant_or_duration_has_a_missing_answer() {
    let calendar =
        Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#).unwrap();
    let monday: Timestamp = "2026-06-15T10:00:00Z".parse().unwrap();
    let (at, hour, nat) = (monday.as_nanos(), 3_600_000_000_000, i64::MIN);
    assert_eq!(
        calendar.elapsed_all(&[at, nat, at], &[at + hour, at, nat]),
        Ok(vec![hour, nat, nat])
    );
    let due = calendar.deadline_all(&[at, nat, at, nat], &[hour, hour, nat, nat]);
    assert_eq!(due, Ok(vec![at + hour, nat, nat, nat]));
    let begin = calendar.deadline_back_all(&[at, nat, at], &[hour, hour, nat]);
    assert_eq!(begin, Ok(vec![at - hour, nat, nat]));
    assert!(calendar.deadline_all(&[nat], &[-1]).is_err());
    let asked = [nat, at];
    for found in [
        calendar.next_opening_all(&asked),
        calendar.next_closing_all(&asked),
        calendar.previous_opening_all(&asked),
        calendar.previous_closing_all(&asked),
    ] {
        assert!(found[0] == nat && found[1] != nat, "{found:?}");
    }
    let zone = ZoneDatabase::bundled().zone("Asia/Tokyo").unwrap();
    assert_eq!(zone.offset_all(&[nat, at]), [nat, 9 * hour]);
    let target = RelativeTarget::Exact { duration: Duration::from_nanos(hour) };
    assert_eq!(target.resolve_all(&calendar, &[nat, at]), Ok(vec![nat, at + hour]));
}
