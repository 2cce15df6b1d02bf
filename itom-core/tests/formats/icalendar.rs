//! iCalendar in and out: real files' styles, the laws, another implementation, hostile input.

use itom_core::formats::{
    IcsEvents, IcsOptions, IcsWriteOptions, RecurringWindow, Transparent, Unsynchronized,
    definition_from_ics,
};
use itom_core::sla::{Calendar, CalendarDefinition, ZoneDatabase};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn file(events: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n".to_owned();
    for event in events {
        text += &format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", event.replace('\n', "\r\n"));
    }
    text + "END:VCALENDAR\r\n"
}

fn open(events: &[&str]) -> itom_core::Result<Calendar> {
    Calendar::from_ics(&file(events), &IcsOptions::default())
}

/// The windows of a span as text, `2026-06-15T09:00/17:00` in UTC.
fn windows(calendar: &Calendar, from: &str, until: &str) -> Vec<String> {
    let windows = calendar.windows(instant(from), instant(until)).unwrap();
    windows.iter().map(|window| format!("{}/{}", window.opens, window.closes)).collect()
}

fn office() -> CalendarDefinition {
    serde_json::from_str(
        r#"{"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]],
            "wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
    )
    .unwrap()
}

fn closed() -> IcsOptions {
    IcsOptions { events: IcsEvents::Closed, base: Some(office()), ..IcsOptions::default() }
}

#[test]
fn a_weekly_rule_is_a_week_for_ever() {
    let event = "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T170000\n\
                 RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\nEXDATE;TZID=Europe/Berlin:20260501T090000,20261225T090000";
    let definition = definition_from_ics(&file(&[event]), &IcsOptions::default()).unwrap();
    assert_eq!(definition.weekly, office().weekly);
    assert_eq!(definition.versions.len(), 1);
    assert_eq!(definition.versions[0].until.as_deref(), Some("2026-01-05"));
    assert_eq!(definition.overrides.len(), 2);
    let calendar = Calendar::new(definition).unwrap();
    assert_eq!(
        windows(&calendar, "2026-04-30T00:00:00Z", "2026-05-04T12:00:00Z"),
        ["2026-04-30T07:00:00Z/2026-04-30T15:00:00Z", "2026-05-04T07:00:00Z/2026-05-04T12:00:00Z",]
    );
    assert!(calendar.is_open(instant("2262-04-10T08:00:00Z")));
    assert!(!calendar.is_open(instant("2025-12-29T10:00:00Z")));
}

/// Google's export: X-WR-TIMEZONE, VTIMEZONE, an occurrence moved and one cancelled.
#[test]
fn google_style() {
    let text = "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\n\
        CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:Support\r\nX-WR-TIMEZONE:America/New_York\r\n\
        BEGIN:VTIMEZONE\r\nTZID:America/New_York\r\nX-LIC-LOCATION:America/New_York\r\n\
        BEGIN:DAYLIGHT\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nTZNAME:EDT\r\nDTSTART:19700308T020000\r\n\
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nTZOFFSETFROM:-0400\r\n\
        TZOFFSETTO:-0500\r\nTZNAME:EST\r\nDTSTART:19701101T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n\
        END:STANDARD\r\nEND:VTIMEZONE\r\n\
        BEGIN:VEVENT\r\nDTSTART;TZID=America/New_York:20260302T080000\r\nDTEND;TZID=America/New_York:20260302T18\r\n 0000\r\n\
        RRULE:FREQ=WEEKLY;UNTIL=20260401T035959Z;BYDAY=MO,WE\r\nUID:a1@google.com\r\nSEQUENCE:2\r\nSTATUS:CONFIRMED\r\n\
        SUMMARY:Support\\, first line\r\nTRANSP:OPAQUE\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P0DT0H10M0S\r\n\
        END:VALARM\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTART;TZID=America/New_York:20260310T100000\r\nDTEND;TZID=America/New_York:20260310T120000\r\n\
        UID:a1@google.com\r\nRECURRENCE-ID;TZID=America/New_York:20260309T080000\r\nSEQUENCE:3\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTART;TZID=America/New_York:20260304T080000\r\nDTEND;TZID=America/New_York:20260304T180000\r\n\
        UID:a1@google.com\r\nRECURRENCE-ID:20260304T130000Z\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTART:20260314T150000Z\r\nDTEND:20260314T160000Z\r\nUID:b2@google.com\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    let calendar = Calendar::from_ics(text, &IcsOptions::default()).unwrap();
    assert_eq!(calendar.definition().tz, "America/New_York");
    assert_eq!(
        windows(&calendar, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        [
            "2026-03-02T13:00:00Z/2026-03-02T23:00:00Z",
            "2026-03-10T14:00:00Z/2026-03-10T16:00:00Z",
            "2026-03-11T12:00:00Z/2026-03-11T22:00:00Z",
            "2026-03-14T15:00:00Z/2026-03-14T16:00:00Z",
            "2026-03-16T12:00:00Z/2026-03-16T22:00:00Z",
            "2026-03-18T12:00:00Z/2026-03-18T22:00:00Z",
            "2026-03-23T12:00:00Z/2026-03-23T22:00:00Z",
            "2026-03-25T12:00:00Z/2026-03-25T22:00:00Z",
            "2026-03-30T12:00:00Z/2026-03-30T22:00:00Z",
        ]
    );
}

const OUTLOOK_ZONE: &str = "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\n\
    DTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
    DTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";

/// Outlook's export: its own names of zones, whose rules count.
#[test]
fn outlook_style() {
    let text = format!(
        "BEGIN:VCALENDAR\nMETHOD:PUBLISH\nPRODID:Microsoft Exchange Server 2010\nVERSION:2.0\n{OUTLOOK_ZONE}\
         BEGIN:VEVENT\nRRULE:FREQ=DAILY;UNTIL=20261231T070000Z;INTERVAL=1\n\
         UID:040000008200E00074C5B7101A82E008\nSUMMARY;LANGUAGE=de-DE:Dienst\n\
         DTSTART;TZID=W. Europe Standard Time:20260301T080000\n\
         DTEND;TZID=\"W. Europe Standard Time\":20260301T120000\nCLASS:PUBLIC\nTRANSP:OPAQUE\n\
         X-MICROSOFT-CDO-BUSYSTATUS:BUSY\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    let calendar = Calendar::from_ics(&text, &IcsOptions::default()).unwrap();
    let berlin = Calendar::from_ics(
        &text.replace("W. Europe Standard Time", "Europe/Berlin"),
        &IcsOptions::default(),
    )
    .unwrap();
    let span = (instant("1970-01-01T00:00:00Z"), instant("2262-01-01T00:00:00Z"));
    let found = calendar.windows(span.0, span.1).unwrap();
    assert_eq!(found.len(), 306);
    assert_eq!(found, berlin.windows(span.0, span.1).unwrap());
}

#[test]
fn zones_nobody_knows_are_refused_with_their_line() {
    let event = "DTSTART;TZID=Customized Time Zone:20260301T080000\nDURATION:PT1H";
    let error = open(&[event]).unwrap_err();
    assert!(
        error.to_string().contains("line 3") && error.to_string().contains("Customized"),
        "{error}"
    );
    let history = "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0100\n\
        TZOFFSETTO:+0200\nRDATE:20210101T000000\nEND:STANDARD\nEND:VTIMEZONE\n";
    let text = format!(
        "BEGIN:VCALENDAR\n{history}BEGIN:VEVENT\nDTSTART;TZID=X:20260301T080000\nDURATION:PT1H\n\
        END:VEVENT\nEND:VCALENDAR\n"
    );
    let error = Calendar::from_ics(&text, &IcsOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("line 2"), "{error}");
    let fixed = text.replace("RDATE:20210101T000000\n", "");
    let calendar = Calendar::from_ics(&fixed, &IcsOptions::default()).unwrap();
    assert!(calendar.is_open(instant("2026-03-01T06:30:00Z")));
    let prefixed =
        "DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20260301T080000\nDURATION:PT1H";
    assert_eq!(open(&[prefixed]).unwrap().definition().tz, "Europe/Berlin");
}

/// Holiday files of Thunderbird, Google and Apple: whole days, transparent, some every year.
#[test]
fn holiday_files_close_a_calendar_and_keep_their_names() {
    let text = file(&[
        "UID:1\nSUMMARY:Neujahr\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260102\nTRANSP:TRANSPARENT\nCATEGORIES:Holidays",
        "UID:2\nSUMMARY:Betriebsferien\\, alle\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20270101",
        "UID:3\nSUMMARY:Tag der Arbeit\nDTSTART;VALUE=DATE:20240501\nRRULE:FREQ=YEARLY;COUNT=5",
        "UID:4\nSUMMARY:Umzug\nDTSTART;TZID=Europe/Berlin:20260615T120000\nDURATION:PT2H",
        "UID:5\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20260616",
    ]);
    let definition = definition_from_ics(&text, &closed()).unwrap();
    assert_eq!(
        definition.holidays[..2],
        ["2026-01-01 Neujahr", "2026-12-24/2026-12-31 Betriebsferien, alle"]
    );
    assert_eq!(definition.holidays.len(), 7);
    assert_eq!(definition.holidays[6], "2028-05-01 Tag der Arbeit");
    assert_eq!(definition.breaks["2026-06-15"], [["12:00", "14:00"]]);
    let calendar = Calendar::new(definition).unwrap();
    assert_eq!(
        windows(&calendar, "2025-12-31T00:00:00Z", "2026-01-03T00:00:00Z"),
        ["2025-12-31T08:00:00Z/2025-12-31T16:00:00Z", "2026-01-02T08:00:00Z/2026-01-02T16:00:00Z",]
    );
    assert_eq!(windows(&calendar, "2026-06-15T00:00:00Z", "2026-06-16T00:00:00Z").len(), 2);
    assert!(calendar.is_open(instant("2026-06-16T10:00:00Z")));
    let opaque = IcsOptions { transparent: Transparent::Skip, ..closed() };
    assert_eq!(definition_from_ics(&text, &opaque).unwrap().holidays.len(), 6);
    let error = definition_from_ics(&text, &IcsOptions { base: None, ..closed() }).unwrap_err();
    assert_eq!(error.argument(), Some("base"));
}

#[test]
fn endless_closures_are_taken_out_for_ever() {
    let text = file(&[
        "DTSTART;TZID=Europe/London:20260107T120000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=WE",
        "DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY\nSUMMARY:Christmas",
    ]);
    let calendar = Calendar::from_ics(&text, &closed()).unwrap();
    let elapsed = |from: &str, until: &str| calendar.elapsed(instant(from), instant(until));
    let hours = |hours: i64| Duration::from_secs(hours * 3600);
    assert_eq!(elapsed("2200-01-06T00:00:00Z", "2200-01-13T00:00:00Z"), hours(39));
    assert_eq!(elapsed("2026-01-01T00:00:00Z", "2026-01-07T12:00:00Z"), hours(8 * 4 + 4));
    assert!(!calendar.is_open(instant("2203-12-25T10:00:00Z")));
}

#[test]
fn single_events_last_exactly_and_recurring_ones_end_by_the_clock() {
    // In the night to 29 March 2026 the clocks go from 02:00 to 03:00.
    let night =
        "DTSTART;TZID=Europe/Berlin:20260328T220000\nDTEND;TZID=Europe/Berlin:20260329T060000";
    let exact = "DTSTART;TZID=Europe/Berlin:20260328T220000\nDURATION:PT8H";
    let every = &format!("{night}\nRRULE:FREQ=DAILY;COUNT=1");
    let closes = |event: &str| {
        let found =
            windows(&open(&[event]).unwrap(), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
        found[0].split('/').nth(1).unwrap().to_owned()
    };
    assert_eq!(closes(night), "2026-03-29T04:00:00Z");
    assert_eq!(closes(every), "2026-03-29T04:00:00Z");
    assert_eq!(closes(exact), "2026-03-29T05:00:00Z");
}

#[test]
fn rdate_periods_and_dates_of_several_zones() {
    let event = "DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\n\
        RDATE;VALUE=PERIOD:20260106T080000Z/20260106T100000Z,20260107T080000Z/PT30M\n\
        RDATE;TZID=Europe/London:20260108T090000";
    assert_eq!(
        windows(&open(&[event]).unwrap(), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        [
            "2026-01-05T08:00:00Z/2026-01-05T09:00:00Z",
            "2026-01-06T08:00:00Z/2026-01-06T10:00:00Z",
            "2026-01-07T08:00:00Z/2026-01-07T08:30:00Z",
            "2026-01-08T09:00:00Z/2026-01-08T10:00:00Z",
        ]
    );
    let two = open(&[
        "DTSTART;TZID=Asia/Tokyo:20260105T090000\nDURATION:PT9H\nRRULE:FREQ=WEEKLY",
        "DTSTART;TZID=America/New_York:20260105T090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY",
    ])
    .unwrap();
    assert_eq!(two.definition().union.len(), 2);
    assert_eq!(
        windows(&two, "2026-06-15T00:00:00Z", "2026-06-16T00:00:00Z"),
        ["2026-06-15T00:00:00Z/2026-06-15T09:00:00Z", "2026-06-15T13:00:00Z/2026-06-15T21:00:00Z",]
    );
}

#[test]
fn what_is_undefined_has_a_name() {
    let event =
        "DTSTART;TZID=UTC:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=2";
    let error = open(&[event]).unwrap_err();
    assert!(
        error.to_string().contains("line 3") && error.to_string().contains("unsynchronized"),
        "{error}"
    );
    let begins = |unsynchronized| {
        let options = IcsOptions { unsynchronized, ..IcsOptions::default() };
        let calendar = Calendar::from_ics(&file(&[event]), &options).unwrap();
        let found = windows(&calendar, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
        found.iter().map(|window| window[8..10].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(begins(Unsynchronized::First), ["05", "06"]);
    assert_eq!(begins(Unsynchronized::Skip), ["06", "13"]);
}

#[test]
fn floating_times_need_a_zone() {
    let event = "DTSTART:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY";
    assert_eq!(open(&[event]).unwrap_err().argument(), Some("tz"));
    let options = IcsOptions { tz: Some("Asia/Kolkata".into()), ..IcsOptions::default() };
    let calendar = Calendar::from_ics(&file(&[event]), &options).unwrap();
    assert!(calendar.is_open(instant("2026-01-05T03:30:00Z")));
    let unknown = IcsOptions { tz: Some("Mars/Phobos".into()), ..IcsOptions::default() };
    assert!(
        Calendar::from_ics(&file(&[event]), &unknown).unwrap_err().to_string().contains("Mars")
    );
}

#[test]
fn a_horizon_that_was_asked_for_is_on_record() {
    let text = file(&["DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=1MO"]);
    let until = IcsOptions { until: Some("2027-12-31".into()), ..IcsOptions::default() };
    let definition = definition_from_ics(&text, &until).unwrap();
    assert_eq!(definition.overrides.len(), 24);
    assert!(definition.note.contains("2027-12-31"));
    let whole = definition_from_ics(&text, &IcsOptions::default()).unwrap();
    assert!(whole.note.is_empty());
    assert_eq!(whole.overrides.keys().next_back().map(String::as_str), Some("2262-04-07"));
}

#[test]
fn hostile_files_end_with_a_line_or_a_limit() {
    for (event, what) in [
        ("DTSTART:2026", "line 4"),
        ("DTSTART:20260230T000000Z", "line 4"),
        ("DTSTART:20260105T090000Z\nDTEND:20260105T080000Z", "line 3"),
        ("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260105", "line 3"),
        ("DTSTART:20260105T090000Z\nDURATION:-PT1H", "line 5"),
        ("DTSTART:20260105T090000Z\nDURATION:P99999999999D", "line 5"),
        ("DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nDURATION:PT1H", "line 6"),
        ("DTSTART:20260105T090000Z\nDTSTART:20260105T100000Z", "line 5"),
        ("DTSTART:20260105T090000Z\nEXRULE:FREQ=DAILY", "line 5"),
        ("DTSTART:20260105T090000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260105T090000Z", "line 5"),
        ("DTSTART:20260105T090000Z\nRRULE:FREQ=NEVER", "line 5"),
        ("DTSTART:20260105T090000Z\nRDATE:x", "line 5"),
        ("DTSTART:20260105T090000Z\nSUMMARY:a\u{0}b", "line 5"),
        ("DTSTART:20260105T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY", "limit"),
        ("DTSTART:20260105T090000Z\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;INTERVAL=2", "windows"),
        (
            "DTSTART:00010101T000000Z\nDURATION:PT1M\nRRULE:FREQ=SECONDLY;COUNT=999999999999",
            "steps",
        ),
        ("SUMMARY:x", "line 3"),
        ("BEGIN:VEVENT\nEND:VEVENT", "line 4"),
        ("DTSTART:20260105T090000Z", "lasts"),
    ] {
        let error = open(&[event]).unwrap_err();
        let told = error.to_string().contains(what) || error.kind() == ErrorKind::LimitExceeded;
        assert!(told, "{event:?}: {error}");
    }
    for text in [
        "",
        "\u{feff}",
        "hello",
        "BEGIN:VEVENT\nEND:VEVENT",
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT",
        "BEGIN:VCALENDAR\nEND:VCALENDAR",
        &"BEGIN:A\n".repeat(100_000),
        &format!("BEGIN:VCALENDAR\n{}", "BEGIN:A\n".repeat(100_000)),
        &"BEGIN:VCALENDAR\n ".repeat(100_000),
        &"\n".repeat(1_000_000),
    ] {
        assert!(Calendar::from_ics(text, &IcsOptions::default()).is_err());
    }
}

#[test]
fn large_files_are_read_and_larger_ones_refused() {
    let mut text = "BEGIN:VCALENDAR\n".to_owned();
    for index in 0..100_000 {
        let (day, minute) = (index / 1440, index % 1440);
        let date = jiff::civil::date(2026, 1, 1).saturating_add(jiff::Span::new().days(day));
        text += &format!(
            "BEGIN:VEVENT\nUID:{index}\nDTSTART:{}T{:02}{:02}00Z\nDURATION:PT30S\nEND:VEVENT\n",
            date.strftime("%Y%m%d"),
            minute / 60,
            minute % 60
        );
    }
    text += "END:VCALENDAR\n";
    let calendar = Calendar::from_ics(&text, &IcsOptions::default()).unwrap();
    let elapsed = calendar.elapsed(Timestamp::MIN, Timestamp::MAX);
    assert_eq!(elapsed, Duration::from_secs(100_000 * 30));
    let huge = format!("BEGIN:VCALENDAR\n{}", "X:1\n".repeat(17 << 20));
    let error = Calendar::from_ics(&huge, &IcsOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

/// Rules that both this library and the crate `rrule` (a port of dateutil) know alike: not
/// BYWEEKNO without BYDAY, which that crate reads as every day of the week, and not BYSETPOS of a
/// weekly rule, whose first week it begins at the first time.
fn rule() -> impl Strategy<Value = String> {
    let some = |list: &'static [&'static str]| prop::sample::select(list);
    let optional = |list: &'static [&'static str]| prop::option::of(prop::sample::select(list));
    let yearly = (
        optional(&["BYMONTH=1,6", "BYMONTH=2"]),
        optional(&["BYDAY=MO", "BYDAY=1SU,-1FR", "BYDAY=TU,TH"]),
        optional(&[
            "BYMONTHDAY=1,15",
            "BYMONTHDAY=-1,31",
            "BYYEARDAY=1,100,-1",
            "BYWEEKNO=1,20,53;BYDAY=WE",
        ]),
    )
        .prop_map(|(a, b, c)| {
            ("YEARLY", [a, b.filter(|_| c.is_none_or(|c| !c.contains("WEEKNO"))), c])
        });
    let monthly = (
        optional(&["BYMONTH=1,6", "BYMONTH=2,11"]),
        optional(&["BYDAY=MO", "BYDAY=1SU,-1FR", "BYDAY=5MO"]),
        optional(&["BYMONTHDAY=1,15", "BYMONTHDAY=-1,31"]),
    )
        .prop_map(|(a, b, c)| ("MONTHLY", [a, b, c]));
    let weekly =
        (optional(&["BYMONTH=1,6"]), optional(&["BYDAY=MO,WE,SU"]), optional(&["WKST=SU"]))
            .prop_map(|(a, b, c)| ("WEEKLY", [a, b, c]));
    let daily =
        (optional(&["BYMONTH=1,6"]), optional(&["BYDAY=MO,WE"]), optional(&["BYMONTHDAY=1,31"]))
            .prop_map(|(a, b, c)| ("DAILY", [a, b, c]));
    let hourly = (optional(&["BYMONTH=3"]), optional(&["BYDAY=MO,WE"]), optional(&["BYHOUR=2,22"]))
        .prop_map(|(a, b, c)| ("HOURLY", [a, b, c]));
    let times = optional(&["BYHOUR=3,21", "BYMINUTE=0,30", "BYHOUR=9;BYMINUTE=15;BYSECOND=5,55"]);
    let end = some(&["COUNT=1", "COUNT=7", "COUNT=40", "UNTIL=20271231T120000Z"]);
    (
        prop_oneof![yearly, monthly, weekly, daily, hourly],
        1..5,
        times,
        end,
        prop::option::of(-2..3i32),
    )
        .prop_map(|((frequency, parts), interval, times, end, position)| {
            let mut rule = format!("FREQ={frequency};INTERVAL={interval};{end}");
            let times =
                times.filter(|times| frequency != "HOURLY" || times.starts_with("BYMINUTE"));
            for part in parts.into_iter().flatten().chain(times) {
                rule += &format!(";{part}");
            }
            if let Some(position) = position
                .filter(|&position| position != 0 && rule.contains("BY") && frequency != "WEEKLY")
            {
                rule += &format!(";BYSETPOS={position}");
            }
            rule
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_give_what_the_crate_rrule_gives(
        rule in rule(), days in 0..1000i64, minute in prop::sample::select(vec![0i64, 150, 540, 1439]),
    ) {
        let start = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0)
            + jiff::Span::new().days(days).minutes(minute);
        let basic = start.strftime("%Y%m%dT%H%M%S");
        let set: rrule::RRuleSet = format!("DTSTART:{basic}Z\nRRULE:{rule}").parse().unwrap();
        let answer = set.all(2000);
        prop_assume!(!answer.limited);
        let theirs: Vec<i64> = answer.dates.iter().map(|date| date.timestamp()).collect();
        let ours = RecurringWindow {
            rrule: Some(rule.clone()),
            dtstart: start.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            tz: "UTC".into(),
            duration: Duration::from_secs(60),
            except: Vec::new(),
        };
        match ours.between(Timestamp::MIN, Timestamp::MAX) {
            Ok(windows) => {
                let ours: Vec<i64> = windows.iter().map(|w| w.opens.as_nanos() / 1_000_000_000).collect();
                prop_assert_eq!(ours, theirs, "{} {}", basic, rule);
            }
            // Its first time is no occurrence: theirs says so too.
            Err(error) => {
                prop_assert_eq!(error.argument(), Some("dtstart"), "{}", error);
                let first = jiff::tz::TimeZone::UTC.to_timestamp(start).unwrap().as_second();
                prop_assert_ne!(theirs.first().copied(), Some(first));
            }
        }
    }

    #[test]
    fn a_file_is_open_when_its_rule_says(
        rule in rule(), days in 0..800i64, hours in 1..30i64,
        tz in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    ) {
        let start = jiff::civil::date(2024, 1, 1).at(9, 0, 0, 0) + jiff::Span::new().days(days);
        let text = file(&[&format!("DTSTART;TZID={tz}:{}\nDURATION:PT{hours}H\nRRULE:{rule}",
            start.strftime("%Y%m%dT%H%M%S"))]);
        let options = IcsOptions { unsynchronized: Unsynchronized::Skip, ..IcsOptions::default() };
        let Ok(calendar) = Calendar::from_ics(&text, &options) else { return Ok(()) };
        // The oracle: occurrences on the wall clock from the other crate, each with its ends
        // resolved on its own.
        let floating = format!("DTSTART:{}Z\nRRULE:{}", start.strftime("%Y%m%dT%H%M%S"), rule.replace("UNTIL=20271231T120000Z", "UNTIL=20271231T235959Z"));
        let set: rrule::RRuleSet = floating.parse().unwrap();
        let zone = ZoneDatabase::bundled().zone(tz).unwrap();
        let until = instant("2027-12-30T00:00:00Z");
        let mut open: Vec<(i64, i64)> = Vec::new();
        let answer = set.all(4000);
        prop_assume!(!answer.limited);
        // What comes after the last instant is no concern of a calendar.
        for date in answer.dates.iter().filter(|date| date.timestamp() < 9_000_000_000) {
            let local = |hours: i64| {
                let at = jiff::Timestamp::from_second(date.timestamp() + hours * 3600).unwrap();
                at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
            };
            let at = |hours| zone.instant(local(hours).parse().unwrap()).unwrap().as_nanos();
            open.push((at(0), at(hours)));
        }
        open.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for (from, to) in open.into_iter().filter(|one| one.0 < one.1) {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        let clip = |(from, to): (i64, i64)| (from, to.min(until.as_nanos()));
        let expected: Vec<(i64, i64)> = merged.into_iter().map(clip).filter(|one| one.0 < one.1).collect();
        let found: Vec<(i64, i64)> = calendar.windows(Timestamp::MIN, until).unwrap().iter()
            .map(|window| (window.opens.as_nanos(), window.closes.as_nanos())).collect();
        prop_assert_eq!(found, expected, "{}", text);
    }

    #[test]
    fn any_text_is_an_answer(text in "(BEGIN:|END:|VCALENDAR|VEVENT|VTIMEZONE|DTSTART|RRULE|EXDATE|;TZID=|:|;|=|,|\n|\r\n |2026|0101|T|Z|P|FREQ=|DAILY|[ -~]|é){0,60}") {
        let _ = definition_from_ics(&text, &IcsOptions::default());
    }

    #[test]
    fn any_event_is_an_answer(
        start in "(;TZID=[a-zA-Z/]{0,8}|;VALUE=DATE)?:[0-9TZ]{6,16}", rule in "[A-Z0-9;=,+-]{0,40}",
        date in "[0-9TZ/P,H]{0,34}",
    ) {
        let _ = open(&[&format!("DTSTART{start}\nDURATION:PT1H\nRRULE:FREQ={rule}\nRDATE:{date}\nEXDATE:{date}")]);
    }
}

/// Definitions of every kind a calendar can be written in.
fn definition() -> impl Strategy<Value = CalendarDefinition> {
    let weekday = prop::sample::select(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let window = (0..24i64, 1..30i64, prop::sample::select(vec![0i64, 15, 30])).prop_map(
        |(open, length, minute)| {
            [format!("{open:02}:{minute:02}"), format!("{:02}:{minute:02}", open + length)]
        },
    );
    let weekly = prop::collection::btree_map(
        weekday.prop_map(str::to_owned),
        window.clone().prop_map(|window| vec![window]),
        0..7,
    );
    let date = (0..2000i64)
        .prop_map(|day| (jiff::civil::date(2024, 1, 1) + jiff::Span::new().days(day)).to_string());
    let tz = prop::sample::select(vec![
        "Europe/Berlin",
        "America/New_York",
        "UTC",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
    ]);
    (
        tz,
        weekly,
        prop::collection::vec(date.clone(), 0..6),
        prop::collection::btree_map(date.clone(), window.clone().prop_map(|w| vec![w]), 0..4),
        prop::collection::btree_map(date, window.prop_map(|w| vec![w]), 0..4),
    )
        .prop_map(|(tz, weekly, holidays, overrides, breaks)| CalendarDefinition {
            tz: tz.to_owned(),
            weekly,
            holidays,
            overrides,
            breaks,
            ..CalendarDefinition::default()
        })
}

fn assert_round_trip(definition: CalendarDefinition) -> Result<(), TestCaseError> {
    let calendar = Calendar::new(definition).unwrap();
    // Dates of every year are written to a last one, all else goes on for ever.
    let is_yearly = serde_json::to_string(calendar.definition()).unwrap().contains("\"--");
    let until = is_yearly.then(|| "2040-12-31".to_owned());
    let options =
        IcsWriteOptions { from: "2023-01-01".into(), until, ..IcsWriteOptions::default() };
    let text = calendar.to_ics(&options).unwrap();
    prop_assert!(text.lines().all(|line| line.len() <= 75));
    // No window that opened before the first date written reaches so far.
    let span = (instant("2023-01-09T00:00:00Z"), instant("2040-01-01T00:00:00Z"));
    let windows = calendar.windows(span.0, span.1).unwrap();
    match Calendar::from_ics(&text, &IcsOptions::default()) {
        Ok(back) => {
            let found = back.windows(span.0, span.1).unwrap();
            let first = found.iter().zip(&windows).find(|(a, b)| a != b);
            prop_assert!(found == windows, "{first:?} in {:?}\n{text}", calendar.definition());
        }
        // A calendar that never opens has no events.
        Err(error) => prop_assert!(windows.is_empty(), "{error}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_answers_like_the_calendar(definition in definition()) {
        assert_round_trip(definition)?;
    }
}

#[test]
fn special_calendars_go_out_and_come_back() {
    for json in [
        r#"{"tz": "Europe/Berlin", "always": true}"#,
        r#"{"tz": "America/New_York", "weekly": {"sun": [["17:00", "24:00"]], "mon": [["00:00", "24:00"]], "fri": [["00:00", "17:00"]]}}"#,
        r#"{"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]]}, "holidays": ["--12-24/--01-02 Winter"],
            "periods": [{"from": "--06-01", "until": "--09-01", "weekly": {"mon": [["08:00", "14:00"]]}}]}"#,
        r#"{"union": [{"tz": "Asia/Tokyo", "weekly": {"mon": [["09:00", "17:00"]]}},
            {"tz": "America/New_York", "weekly": {"mon": [["09:00", "17:00"]]}}]}"#,
        r#"{"tz": "Pacific/Apia", "weekly": {"fri": [["20:00", "30:00"]]}}"#,
    ] {
        assert_round_trip(serde_json::from_str(json).unwrap()).unwrap();
    }
}

#[test]
fn dates_of_every_year_are_written_to_a_last_date() {
    let definition = |json: &str| serde_json::from_str::<CalendarDefinition>(json).unwrap();
    let yearly =
        r#"{"tz": "UTC", "weekly": {"fri": [["09:00", "17:00"]]}, "holidays": ["--12-25"]}"#;
    let whole = format!(r#"{{"union": [{{"tz": "UTC"}}, {yearly}]}}"#);
    for json in [yearly, &whole] {
        let calendar = Calendar::new(definition(json)).unwrap();
        let error = calendar.to_ics(&IcsWriteOptions::default()).unwrap_err();
        assert_eq!(error.argument(), Some("until"));
        assert!(error.to_string().contains("--12-25"), "{error}");
        let options =
            IcsWriteOptions { until: Some("2030-12-31".into()), ..IcsWriteOptions::default() };
        assert!(calendar.to_ics(&options).unwrap().len() < 4_000);
    }
}
