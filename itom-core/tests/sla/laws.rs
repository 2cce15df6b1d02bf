//! Laws of calendars and clocks, for any calendar and any instants.

use itom_core::sla::{
    Calendar, CalendarDefinition, Clock, ClockAction, ClockEvent, ClockOptions, ReopenMode,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;

use crate::common::golden;

const ZONES: [&str; 10] = [
    "UTC",
    "America/New_York",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Havana",
    "Asia/Kolkata",
    "Pacific/Kwajalein",
    "America/Sao_Paulo",
];

fn windows() -> impl Strategy<Value = Vec<[String; 2]>> {
    let text = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    // Sorted cuts make windows that cannot overlap; the last may run past midnight.
    prop::collection::btree_set(0i64..1440, 0..5).prop_flat_map(move |cuts| {
        let cuts: Vec<i64> = cuts.into_iter().collect();
        (Just(cuts), 0i64..3000).prop_map(move |(cuts, tail)| {
            let mut windows: Vec<[String; 2]> =
                cuts.chunks_exact(2).map(|pair| [text(pair[0]), text(pair[1])]).collect();
            if let (1, Some(last)) = (cuts.len() % 2, cuts.last()) {
                windows.push([text(*last), text(last + 1 + tail)]);
            }
            windows
        })
    })
}

fn date() -> impl Strategy<Value = String> {
    (1990i64..2060, 1i64..13, 1i64..29).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

prop_compose! {
    fn calendar()(
        tz in prop::sample::select(&ZONES[..]),
        week in prop::collection::vec(windows(), 7),
        holidays in prop::collection::vec(date(), 0..8),
        overrides in prop::collection::btree_map(date(), windows(), 0..5),
        breaks in prop::collection::btree_map(date(), windows(), 0..5),
    ) -> Calendar {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        Calendar::new(CalendarDefinition {
            tz: tz.to_owned(),
            weekly: names.iter().map(|name| name.to_string()).zip(week).collect(),
            holidays,
            overrides,
            breaks,
            ..CalendarDefinition::default()
        }).unwrap()
    }
}

/// Mostly between 1990 and 2060, sometimes anywhere.
fn instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => (631_152_000i64..2_840_140_800, 0i64..1_000_000_000)
            .prop_map(|(second, nano)| Timestamp::from_nanos(second * 1_000_000_000 + nano)),
        1 => any::<i64>().prop_map(Timestamp::from_nanos),
        1 => prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX, Timestamp::from_secs(0)]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Elapsed time adds up, is antisymmetric, and never exceeds the wall's.
    #[test]
    fn elapsed_is_additive(calendar in calendar(), a in instant(), b in instant(), c in instant()) {
        let nanos = |from, to| i128::from(calendar.elapsed(from, to).as_nanos());
        let saturated = |value: i128| value.abs() >= i128::from(i64::MAX);
        if ![nanos(a, b), nanos(b, c), nanos(a, c)].into_iter().any(saturated) {
            prop_assert_eq!(nanos(a, b) + nanos(b, c), nanos(a, c));
            prop_assert_eq!(nanos(a, b), -nanos(b, a));
        }
        let wall = i128::from(b.as_nanos()) - i128::from(a.as_nanos());
        prop_assert!(nanos(a, b).abs() <= wall.abs());
        prop_assert!(nanos(a, b) == 0 || (nanos(a, b) > 0) == (wall > 0));
    }

    /// A deadline is the earliest instant by which the time has passed; backwards the latest.
    #[test]
    fn deadline_inverts_elapsed(
        calendar in calendar(),
        start in instant(),
        duration in prop_oneof![0i64..10_000_000_000_000_000, any::<i64>().prop_map(|n| n & i64::MAX)],
    ) {
        let duration = Duration::from_nanos(duration);
        let one = Duration::from_nanos(1);
        match calendar.deadline(start, duration).unwrap() {
            Some(due) => {
                prop_assert!(due >= start);
                prop_assert_eq!(calendar.elapsed(start, due), duration);
                if due > start {
                    prop_assert!(calendar.elapsed(start, due - one) < duration);
                }
            }
            None => prop_assert!(calendar.elapsed(start, Timestamp::MAX) < duration),
        }
        match calendar.deadline_back(start, duration).unwrap() {
            Some(begin) => {
                prop_assert!(begin <= start);
                prop_assert_eq!(calendar.elapsed(begin, start), duration);
                if begin < start {
                    prop_assert!(calendar.elapsed(begin + one, start) < duration);
                }
            }
            None => prop_assert!(calendar.elapsed(Timestamp::MIN, start) <= duration),
        }
    }

    /// Windows are apart, add up to the elapsed time, and are where the calendar is open.
    #[test]
    fn windows_add_up(calendar in calendar(), start in instant(), days in 0i64..800) {
        let end = start + Duration::from_secs(days * 86_400);
        let windows = calendar.windows(start, end).unwrap();
        let one = Duration::from_nanos(1);
        let mut sum = Duration::ZERO;
        for window in &windows {
            prop_assert!(window.opens < window.closes);
            prop_assert!(calendar.is_open(window.opens) && calendar.is_open(window.closes - one));
            prop_assert!(window.closes == end || !calendar.is_open(window.closes));
            sum = sum + (window.closes - window.opens);
        }
        prop_assert!(windows.windows(2).all(|pair| pair[0].closes < pair[1].opens));
        prop_assert_eq!(sum, calendar.elapsed(start, end));
    }
}

fn action() -> impl Strategy<Value = ClockAction> {
    let reason = prop::option::of(prop::sample::select(vec!["user", "freeze"]));
    let reason = reason.prop_map(|reason| reason.map(str::to_owned));
    prop_oneof![
        3 => reason.clone().prop_map(|reason| ClockAction::Pause { reason }),
        3 => reason.prop_map(|reason| ClockAction::Resume { reason }),
        2 => Just(ClockAction::Stop),
        1 => Just(ClockAction::Reopen { mode: ReopenMode::Resume }),
        1 => Just(ClockAction::Reopen { mode: ReopenMode::NewCycle }),
        1 => Just(ClockAction::Reopen { mode: ReopenMode::VoidStop }),
        1 => (1i64..100_000).prop_map(|s| ClockAction::SetTarget { target: Duration::from_secs(s) }),
    ]
}

proptest! {
    /// Whatever the order of arrival, through snapshots or not, and it explains itself.
    #[test]
    fn arrival_order_does_not_matter(
        calendar in calendar(),
        events in prop::collection::btree_map(0i64..1_000_000, action(), 0..12)
            .prop_flat_map(|events| Just(events.into_iter().collect::<Vec<_>>()).prop_shuffle()),
        asked in 0i64..1_200_000,
    ) {
        let start = Timestamp::from_secs(1_781_500_000);
        let options = ClockOptions::new(Duration::from_secs(14_400), calendar, start);
        let event = |(second, action): &(i64, ClockAction)| {
            ClockEvent::new(start + Duration::from_secs(*second), action.clone())
        };
        let mut shuffled = Clock::new(options.clone()).unwrap();
        for pair in &events {
            shuffled.apply(event(pair)).unwrap();
            shuffled = Clock::from_bytes(&shuffled.to_bytes()).unwrap();
        }
        let mut sorted = events.clone();
        sorted.sort_by_key(|pair| pair.0);
        let mut ordered = Clock::new(options).unwrap();
        for pair in &sorted {
            ordered.apply(event(pair)).unwrap();
        }
        let at = start + Duration::from_secs(asked);
        let status = ordered.status(at);
        prop_assert_eq!(&shuffled.status(at), &status);
        prop_assert_eq!(shuffled.to_bytes(), ordered.to_bytes());
        let segments = ordered.explain(at).unwrap();
        let current = segments.iter().filter(|s| s.cycle == status.cycles.len() as u64);
        let counted = current.filter(|s| s.counted).map(|s| (s.end - s.start).as_nanos());
        prop_assert_eq!(counted.sum::<i64>(), status.business.as_nanos());
        let whole: i64 = segments.iter().map(|s| (s.end - s.start).as_nanos()).sum();
        prop_assert_eq!(whole, (at - start).as_nanos());
        if let (true, Some(breach)) = (status.breached, status.breach_at) {
            prop_assert!(breach < at);
        }
    }
}

fn calendar_of(json: &str) -> Calendar {
    Calendar::from_json(json).unwrap()
}

#[test]
fn a_thousand_windows_a_day_and_a_hundred_thousand_holidays_are_fine() {
    let day: Vec<[String; 2]> = (0..1000)
        .map(|m| {
            [format!("{:02}:{:02}", m / 60, m % 60), format!("{:02}:{:02}:30", m / 60, m % 60)]
        })
        .collect();
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let dense = CalendarDefinition {
        tz: "Europe/Berlin".to_owned(),
        weekly: names.iter().map(|name| (name.to_string(), day.clone())).collect(),
        ..CalendarDefinition::default()
    };
    let dense = Calendar::new(dense).unwrap();
    let start = "2026-06-15T00:00:00+02:00".parse().unwrap();
    let week = start + Duration::from_secs(7 * 86_400);
    assert_eq!(dense.elapsed(start, week), Duration::from_secs(7 * 30_000));
    assert!(dense.size() < 8_000_000, "{} bytes", dense.size());
    let error = dense.windows(Timestamp::MIN, Timestamp::MAX).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);

    let closed = (0..100_000i64).map(|index| {
        let at = Timestamp::from_secs((index * 2 - 100_000) * 86_400);
        at.to_string()[..10].to_owned()
    });
    let holidays = CalendarDefinition {
        tz: "UTC".to_owned(),
        weekly: names
            .iter()
            .map(|n| (n.to_string(), vec![["00:00".into(), "24:00".into()]]))
            .collect(),
        holidays: closed.collect(),
        ..CalendarDefinition::default()
    };
    let calendar = Calendar::new(holidays).unwrap();
    let span = (Timestamp::from_secs(0), Timestamp::from_secs(100 * 86_400));
    assert_eq!(calendar.elapsed(span.0, span.1), Duration::from_secs(50 * 86_400));
}

#[test]
fn the_ends_of_the_range_hold() {
    let always = calendar_of(r#"{"tz":"UTC","weekly":{"mon":[["00:00","168:00"]]}}"#);
    assert_eq!(always.elapsed(Timestamp::MIN, Timestamp::MAX), Duration::MAX);
    assert_eq!(always.deadline(Timestamp::MAX, Duration::from_nanos(1)).unwrap(), None);
    assert_eq!(always.deadline_back(Timestamp::MIN, Duration::from_nanos(1)).unwrap(), None);
    assert_eq!(always.windows(Timestamp::MIN, Timestamp::MAX).unwrap().len(), 1);
    let never = calendar_of(r#"{"tz":"America/New_York"}"#);
    assert_eq!(never.deadline(Timestamp::from_secs(0), Duration::from_nanos(1)).unwrap(), None);
    assert_eq!(never.deadline_back(Timestamp::MAX, Duration::from_nanos(1)).unwrap(), None);
    assert_eq!(never.windows(Timestamp::MIN, Timestamp::MAX).unwrap(), []);
    assert!(never.deadline(Timestamp::MIN, Duration::from_nanos(-1)).is_err());
    for at in [Timestamp::MIN, Timestamp::MAX] {
        let mut clock = Clock::new(ClockOptions::new(Duration::MAX, always.clone(), at)).unwrap();
        clock.apply(ClockEvent::new(at, ClockAction::Pause { reason: None })).unwrap();
        for asked in [Timestamp::MIN, Timestamp::MAX] {
            let _ = (clock.status(asked), clock.explain(asked).unwrap());
        }
    }
}

#[test]
fn far_dates_and_many_versions_are_read() {
    let calendar = calendar_of(
        r#"{"tz":"UTC","weekly":{"mon":[["09:00","17:00"]]},"holidays":["0001-01-01","9999-12-31"],
            "versions":[{"from":"0001-01-01","until":"1600-01-01","weekly":{}},
                        {"from":"2026-06-15","until":"2026-06-16","weekly":{"mon":[["22:00","30:00"]]}},
                        {"from":"5000-01-01","weekly":{}}]}"#,
    );
    let (from, to) =
        ("2026-06-15T00:00:00Z".parse().unwrap(), "2026-06-17T00:00:00Z".parse().unwrap());
    let windows = calendar.windows(from, to).unwrap();
    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0].closes, "2026-06-16T06:00:00Z".parse().unwrap());
}

#[test]
fn a_refused_event_changes_nothing() {
    let calendar = calendar_of(r#"{"tz":"UTC","weekly":{"mon":[["09:00","17:00"]]}}"#);
    let start = "2026-06-15T10:00:00Z".parse().unwrap();
    let options = ClockOptions::new(Duration::from_secs(3600), calendar, start);
    let mut clock = Clock::new(options.clone()).unwrap();
    let before = clock.to_bytes();
    let target = ClockAction::SetTarget { target: Duration::ZERO };
    assert!(clock.apply(ClockEvent::new(start, target)).is_err());
    assert_eq!(clock.to_bytes(), before);
    for bad in [
        ClockOptions { target: Duration::from_secs(-1), ..options.clone() },
        ClockOptions { thresholds: vec![f64::NAN], ..options.clone() },
        ClockOptions { thresholds: vec![0.0], ..options.clone() },
        ClockOptions { retroactive_pauses: vec![(start, Timestamp::MIN)], ..options.clone() },
    ] {
        assert!(Clock::new(bad).is_err());
    }
    for json in [
        r#"{"do":"pause"}"#,
        r#"{"at":"2026-06-15T10:00:00Z"}"#,
        r#"{"at":"2026-06-15T10:00:00Z","do":"stop","mode":"resume"}"#,
        r#"{"at":"2026-06-15T10:00:00Z","do":"set_target"}"#,
        r#"{"at":"2026-06-15T10:00:00Z","do":"set_target","target_s":-1}"#,
        r#"{"at":"2026-06-15T10:00:00Z","do":"set_target","target_s":1e300}"#,
        r#"{"at":"2026-06-15T10:00:00Z","do":"set_calendar"}"#,
        r#"{"at":"2026-06-15T10:00:00Z","do":"reopen","mode":"maybe"}"#,
        r#"{"at":"2026-06-15T10:00:00","do":"stop"}"#,
    ] {
        assert!(serde_json::from_str::<ClockEvent>(json).is_err(), "{json}");
    }
}

#[test]
fn golden_snapshots_go_on() {
    let calendar = calendar_of(
        r#"{"tz":"Europe/Berlin","weekly":{"mon":[["09:00","17:00"]]},"holidays":["2026-06-22"]}"#,
    );
    let start = "2026-06-15T10:00:00+02:00".parse().unwrap();
    let mut clock =
        Clock::new(ClockOptions::new(Duration::from_secs(14_400), calendar, start)).unwrap();
    let event = |json: &str| serde_json::from_str::<ClockEvent>(json).unwrap();
    clock
        .apply(event(r#"{"at":"2026-06-15T11:00:00+02:00","do":"pause","reason":"user"}"#))
        .unwrap();
    let mut read = Clock::from_bytes(&golden("sla.clock.v1.itom", || clock.to_bytes())).unwrap();
    read.apply(event(r#"{"at":"2026-06-15T15:00:00+02:00","do":"resume","reason":"user"}"#))
        .unwrap();
    let status = read.status("2026-06-15T16:00:00+02:00".parse().unwrap());
    assert_eq!(status.business, Duration::from_secs(7200));
    assert_eq!(status.breach_at, Some("2026-06-29T10:00:00+02:00".parse().unwrap()));

    use itom_core::sla::{Objective, ObjectiveDefinition};
    let definition: ObjectiveDefinition =
        serde_json::from_str(r#"{"target":"99.9","window":"24h"}"#).unwrap();
    let mut objective = Objective::new(definition).unwrap();
    objective.record(start, 990, 1000).unwrap();
    let mut read =
        Objective::from_bytes(&golden("sla.objective.v1.itom", || objective.to_bytes())).unwrap();
    read.record(start + Duration::from_secs(60), 1000, 1000).unwrap();
    let status = read.status(start + Duration::from_secs(60)).unwrap();
    assert_eq!((status.consumed.to_string().as_str(), status.total), ("10", 2000));
    assert_eq!(status.budget.to_string(), "2");
}
