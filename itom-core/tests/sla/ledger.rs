//! A ledger says of each clock what `Clock` says, and of all of them what was crossed and when.

use crate::common::golden;
use itom_core::sla::{
    AtEquality, BreachRule, Calendar, Clock, ClockAction, ClockEvent, ClockOptions, ClockState,
    Crossing, CrossingKind, EventAction, EventColumns, Ledger, Openings, ReopenMode, Scope,
    StatusColumns,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;

/// 2026-06-15T09:00:00Z, a Monday.
const MONDAY: i64 = 1_781_514_000;
const HOUR: i64 = 3600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(MONDAY + second)
}

fn calendars() -> &'static [Calendar] {
    static CALENDARS: std::sync::OnceLock<Vec<Calendar>> = std::sync::OnceLock::new();
    CALENDARS.get_or_init(|| {
        let documents = [
            r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]],
                "wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
            r#"{"tz": "UTC", "weekly": {"mon": [["00:00", "168:00"]]}}"#,
            r#"{"tz": "America/New_York", "weekly": {"mon": [["22:00", "30:00"]], "tue": [["08:00",
                "12:00"], ["13:00", "17:30"]], "fri": [["09:00", "17:00"]]}, "holidays": ["2026-06-16"]}"#,
            r#"{"tz": "UTC"}"#,
        ];
        documents.iter().map(|document| Calendar::from_json(document).unwrap()).collect()
    })
}

fn action() -> impl Strategy<Value = ClockAction> {
    let reason = prop::option::of(prop::sample::select(vec!["user", "freeze"]));
    let reason = reason.prop_map(|reason| reason.map(str::to_owned));
    let far = (0..40u32).prop_map(|n| Some(format!("reason {n}")));
    let calendar = prop::sample::select(calendars());
    prop_oneof![
        6 => reason.clone().prop_map(|reason| ClockAction::Pause { reason }),
        1 => far.clone().prop_map(|reason| ClockAction::Pause { reason }),
        1 => far.prop_map(|reason| ClockAction::Resume { reason }),
        6 => reason.prop_map(|reason| ClockAction::Resume { reason }),
        4 => Just(ClockAction::Stop),
        2 => Just(ClockAction::Reopen { mode: ReopenMode::Resume }),
        2 => Just(ClockAction::Reopen { mode: ReopenMode::NewCycle }),
        1 => Just(ClockAction::Reopen { mode: ReopenMode::VoidStop }),
        1 => Just(ClockAction::Cancel),
        2 => (1i64..60).prop_map(|h| ClockAction::SetTarget { target: Duration::from_secs(h * HOUR) }),
        1 => calendar.prop_map(|calendar| ClockAction::SetCalendar { calendar }),
        1 => prop::sample::select(vec!["Asia/Tokyo", "UTC", "Europe/Berlin"])
            .prop_map(|tz| ClockAction::SetZone { tz: tz.to_owned() }),
    ]
}

prop_compose! {
    /// Mostly without a name, sometimes a correction, sometimes a retraction.
    fn event()(
        action in action(),
        second in 0i64..400_000,
        scope in prop::option::of(prop::sample::select(vec![Scope::Whole, Scope::FromNow])),
        id in prop::option::weighted(0.2, prop::sample::select(vec!["a", "b"])),
        recorded in prop::option::weighted(0.3, 0i64..500_000),
        retract in prop::bool::weighted(0.2),
    ) -> ClockEvent {
        use ClockAction::{Retract, SetCalendar, SetTarget, SetZone};
        // Whole minutes, so that some fall together.
        let mut event = ClockEvent::new(at(second / 60 * 60), action);
        if matches!(event.action, SetTarget { .. } | SetCalendar { .. } | SetZone { .. }) {
            event.scope = scope;
        }
        event.recorded_at = recorded.map(at);
        event.id = id.map(str::to_owned);
        if event.id.is_some() && retract {
            (event.action, event.scope) = (Retract, None);
        }
        event
    }
}

prop_compose! {
    fn options()(
        calendar in prop::sample::select(calendars()),
        target in 1i64..40,
        start in -50_000i64..200_000,
        retroactive in prop::option::weighted(0.2, -100_000i64..250_000),
        pause in prop::option::weighted(0.2, (-50_000i64..250_000, 0i64..50_000)),
        by_date in prop::bool::weighted(0.2),
        or_equal in prop::bool::weighted(0.2),
        thresholds in prop::sample::select(vec![vec![], vec![0.5, 0.75, 0.9, 1.0], vec![0.1, 2.0]]),
    ) -> ClockOptions {
        let mut options =
            ClockOptions::new(Duration::from_secs(target * HOUR), calendar, at(start));
        options.retroactive_start = retroactive.map(at);
        options.retroactive_pauses =
            pause.into_iter().map(|(from, length)| (at(from), at(from + length))).collect();
        options.breach = if by_date { BreachRule::DueDate } else { BreachRule::Elapsed };
        options.at_equality = if or_equal { AtEquality::Breached } else { AtEquality::Met };
        options.thresholds = thresholds;
        options
    }
}

/// Three clocks and what happens to them, in the order of arrival.
fn log() -> impl Strategy<Value = (Vec<ClockOptions>, Vec<(u32, ClockEvent)>)> {
    let events = prop::collection::vec((0u32..3, event()), 0..16);
    (prop::collection::vec(options(), 3), events)
}

fn opened(options: &[ClockOptions]) -> Ledger {
    let mut ledger = Ledger::new();
    for (index, options) in options.iter().enumerate() {
        ledger.open(&format!("INC{index}"), options).unwrap();
    }
    ledger
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// One by one, at once, or as columns read back: a ledger knows what the clocks know.
    #[test]
    fn a_ledger_is_many_clocks(
        (options, events) in log(),
        asked in prop::collection::vec(-150_000i64..600_000, 1..4),
        known in 0i64..500_000,
        at_once in any::<bool>(),
    ) {
        let mut ledger = opened(&options);
        let mut clocks: Vec<Clock> =
            options.iter().map(|options| Clock::new(options.clone()).unwrap()).collect();
        if at_once {
            ledger.apply_all(&events).unwrap();
        }
        for (clock, event) in &events {
            if !at_once {
                ledger.apply(*clock, event.clone()).unwrap();
            }
            clocks[*clock as usize].apply(event.clone()).unwrap();
        }
        for asked in asked.into_iter().map(at) {
            let (mut target, mut breached) = (vec![0; clocks.len()], vec![false; clocks.len()]);
            let columns = StatusColumns {
                target: Some(&mut target),
                breached: Some(&mut breached),
                ..StatusColumns::default()
            };
            ledger.status_all(asked, columns).unwrap();
            for (clock, number) in clocks.iter().zip(0..) {
                let alone = clock.status(asked);
                let index = number as usize;
                prop_assert_eq!((target[index], breached[index]),
                                (alone.target.as_nanos(), alone.breached));
                let (expected, status) = (clock.status(asked), ledger.status(number, asked).unwrap());
                prop_assert_eq!(&status, &expected);
                let reading = ledger.reading(number, asked).unwrap();
                prop_assert_eq!(reading.business, expected.business.as_nanos());
                prop_assert_eq!(reading.actual, expected.actual.as_nanos());
                prop_assert_eq!(reading.paused, expected.paused.as_nanos());
                prop_assert_eq!(reading.remaining, expected.remaining.as_nanos());
                prop_assert_eq!(reading.ratio, expected.ratio);
                prop_assert_eq!(reading.state, expected.state);
                let breach = expected.breach_at.map_or(i64::MIN, Timestamp::as_nanos);
                prop_assert_eq!(reading.breach_at, breach);
                let known = at(known);
                prop_assert_eq!(ledger.status_known(number, asked, known).unwrap(),
                                clock.status_known(asked, known));
                prop_assert_eq!(ledger.explain(number, asked).unwrap(), clock.explain(asked).unwrap());
            }
        }
    }

    /// However the way to an instant is cut, the same is announced on it.
    #[test]
    fn advancing_in_portions_gives_the_same_list(
        (options, events) in log(),
        mut cuts in prop::collection::vec(-100_000i64..700_000, 0..6),
    ) {
        cuts.sort_unstable();
        let mut whole = opened(&options);
        whole.apply_all(&events).unwrap();
        let mut cut = whole.clone();
        let expected = whole.advance(at(700_000)).unwrap();
        let mut got = Vec::new();
        for second in cuts.into_iter().chain([700_000]) {
            got.extend(cut.advance(at(second)).unwrap());
        }
        prop_assert_eq!(got, expected);
    }

    /// Events in the order in which they hold, each before the ledger gets there: nothing is late,
    /// and the list is the one of a ledger that knew all events from the beginning.
    #[test]
    fn events_as_they_come_give_the_same_list((options, events) in log()) {
        let mut events: Vec<(u32, ClockEvent)> =
            events.into_iter().filter(|(_, event)| event.id.is_none()).collect();
        events.iter_mut().for_each(|(_, event)| event.recorded_at = None);
        events.sort_by_key(|(_, event)| event.at);
        let mut whole = opened(&options);
        whole.apply_all(&events).unwrap();
        let mut live = opened(&options);
        let mut got = Vec::new();
        for (clock, event) in events {
            let before = event.at - Duration::from_nanos(1);
            if live.watermark().is_none_or(|watermark| before > watermark) {
                got.extend(live.advance(before).unwrap());
            }
            live.apply(clock, event).unwrap();
        }
        got.extend(live.advance(at(700_000)).unwrap());
        prop_assert!(got.iter().all(|crossing| !crossing.late));
        prop_assert_eq!(got, whole.advance(at(700_000)).unwrap());
    }

    /// Whatever comes late: what was announced and not withdrawn is what is true in the end.
    #[test]
    fn announcements_and_withdrawals_come_to_the_truth(
        (options, events) in log(),
        steps in prop::collection::vec(0i64..100_000, 16),
    ) {
        let mut live = opened(&options);
        let mut standing: Vec<Crossing> = Vec::new();
        let mut hear = |crossings: Vec<Crossing>| {
            for crossing in crossings {
                let same = |other: &Crossing| {
                    (other.clock, other.kind, other.cycle, other.at, other.share)
                        == (crossing.clock, crossing.kind, crossing.cycle, crossing.at, crossing.share)
                };
                match crossing.withdrawn {
                    true => {
                        let place = standing.iter().position(same).expect("it was announced");
                        standing.remove(place);
                    }
                    false => standing.push(crossing),
                }
            }
        };
        let mut now = 0;
        for ((clock, event), step) in events.iter().zip(steps) {
            now += step;
            hear(live.advance(at(now)).unwrap());
            live.apply(*clock, event.clone()).unwrap();
        }
        let end = at(now + 400_000);
        hear(live.advance(end).unwrap());
        for (clock, options) in options.iter().enumerate() {
            let status = live.status(clock as u32, end).unwrap();
            let heard = |cycle: usize| {
                let of = |c: &&Crossing| c.clock as usize == clock && c.cycle as usize == cycle;
                standing.iter().filter(of).filter(|c| c.kind == CrossingKind::Breach).count()
            };
            let folds = options.start.max(options.retroactive_start.unwrap_or(options.start));
            if folds > options.start || options.retroactive_start.is_none() {
                prop_assert_eq!(heard(status.cycles.len()), usize::from(status.breached));
                for (index, cycle) in status.cycles.iter().enumerate() {
                    prop_assert_eq!(heard(index), usize::from(cycle.breached));
                }
                let reached = status.thresholds.iter()
                    .filter(|threshold| threshold.at.is_some_and(|at| at <= end)).count();
                let warned = standing.iter().filter(|c| c.clock as usize == clock
                    && c.cycle as usize == status.cycles.len() && c.kind == CrossingKind::Warning);
                prop_assert_eq!(warned.count(), reached);
            }
        }
    }

    /// What breaks next is what each clock says of itself, in order.
    #[test]
    fn what_breaks_next_is_what_the_clocks_say((options, events) in log(), now in 0i64..500_000) {
        let mut ledger = opened(&options);
        ledger.apply_all(&events).unwrap();
        ledger.advance(at(now)).unwrap();
        let mut expected = Vec::new();
        for clock in 0..3u32 {
            let status = ledger.status(clock, Timestamp::MAX).unwrap();
            let reading = ledger.reading(clock, at(900_000)).unwrap();
            let events = events.iter().filter(|(of, _)| *of == clock).map(|(_, event)| event.at);
            let last = events.max().unwrap_or(at(-200_000)).max(at(now));
            let breach = status.breach_at.filter(|&breach| breach > last);
            if let (ClockState::Running, Some(breach)) = (reading.state, breach) {
                expected.push((breach, clock));
            }
        }
        expected.sort_unstable();
        let next: Vec<_> = ledger.next_breaches(10).iter().map(|next| (next.at, next.clock)).collect();
        let later = |pairs: &[(Timestamp, u32)]| -> Vec<(Timestamp, u32)> {
            pairs.iter().copied().filter(|pair| pair.0 > at(500_000)).collect()
        };
        prop_assert_eq!(later(&next), later(&expected));
        prop_assert!(next.is_sorted());
        let until = at(600_000);
        let before: Vec<_> =
            ledger.breaches_before(until).iter().map(|next| (next.at, next.clock)).collect();
        prop_assert_eq!(before, next.iter().copied().filter(|next| next.0 < until).collect::<Vec<_>>());
    }
}

fn simple(target_hours: i64) -> ClockOptions {
    ClockOptions::new(Duration::from_secs(target_hours * HOUR), calendars()[0].clone(), at(0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Saved and read back in the middle of it, a ledger goes on as if nothing had been.
    #[test]
    fn a_restored_ledger_goes_on((options, events) in log(), half in 0usize..16, now in 0i64..500_000) {
        let half = half.min(events.len());
        let mut ledger = opened(&options);
        ledger.apply_all(&events[..half]).unwrap();
        ledger.advance(at(now)).unwrap();
        let mut restored = Ledger::from_bytes(&ledger.to_bytes()).unwrap();
        prop_assert_eq!(restored.to_bytes(), ledger.to_bytes());
        for ledger in [&mut ledger, &mut restored] {
            ledger.apply_all(&events[half..]).unwrap();
        }
        prop_assert_eq!(restored.clock("INC2"), Some(2));
        prop_assert_eq!(restored.next_breaches(9), ledger.next_breaches(9));
        prop_assert_eq!(restored.advance(at(700_000)).unwrap(), ledger.advance(at(700_000)).unwrap());
        prop_assert_eq!(restored.to_bytes(), ledger.to_bytes());
    }

    /// Another calendar for all: as if the clocks had had it from the beginning; and what if says
    /// so beforehand.
    #[test]
    fn a_replaced_calendar_is_one_that_was_always_there(
        (options, events) in log(),
        (from, to) in (0usize..3, 0usize..3),
        asked in 0i64..600_000,
    ) {
        use itom_core::sla::LedgerChange;
        // A stands for what was, B for what is put in its place: nothing else is either.
        let (a, b) = (&calendars()[from], Calendar::new(itom_core::sla::CalendarDefinition {
            note: "the other".to_owned(),
            ..calendars()[to].definition().clone()
        }).unwrap());
        let with = |calendar: &Calendar| {
            let mut ledger = Ledger::new();
            for (index, options) in options.iter().enumerate() {
                let mut options = options.clone();
                options.calendar = if index < 2 { calendar.clone() } else { calendars()[3].clone() };
                ledger.open(&index.to_string(), &options).unwrap();
            }
            let events: Vec<(u32, ClockEvent)> = events.iter().filter(|(_, event)| {
                !matches!(event.action, ClockAction::SetCalendar { .. })
            }).cloned().collect();
            ledger.apply_all(&events).unwrap();
            ledger
        };
        let (mut was, is) = (with(a), with(&b));
        was.advance(at(asked / 2)).unwrap();
        let differences = was.what_if(&LedgerChange::default().calendar(0, &b), at(asked)).unwrap();
        let before: Vec<_> = (0..3).map(|clock| was.status(clock, at(asked)).unwrap()).collect();
        was.replace_calendar(0, &b).unwrap();
        for clock in 0..3 {
            let (status, expected) =
                (was.status(clock, at(asked)).unwrap(), is.status(clock, at(asked)).unwrap());
            prop_assert_eq!(&status, &expected);
            let reading = was.reading(clock, at(asked)).unwrap();
            prop_assert_eq!(reading.business, expected.business.as_nanos());
            let breach = expected.breach_at.map_or(i64::MIN, Timestamp::as_nanos);
            prop_assert_eq!(reading.breach_at, breach);
            let differs = differences.rows.iter().find(|row| row.clock == clock);
            let verdict = |s: &itom_core::sla::ClockStatus| (s.business, s.remaining, s.breached, s.breach_at);
            let said = differs.map(|row| (row.after.business, row.after.remaining, row.after.breached, row.after.breach_at));
            prop_assert_eq!(said.unwrap_or(verdict(&before[clock as usize])), verdict(&expected));
        }
        let breached = (0..3).filter(|&clock| is.status(clock, at(asked)).unwrap().breached).count();
        prop_assert_eq!(differences.breached_after as usize, breached);
    }
}

#[test]
fn columns_are_checked_before_anything_changes() {
    let mut ledger = Ledger::new();
    ledger.open_all(&["a", "b"], &simple(4), Openings { starts: &[0, 0], targets: None }).unwrap();
    let before = ledger.to_bytes();
    let columns = |clocks, instants, actions, arguments| EventColumns {
        clocks,
        instants,
        actions,
        arguments,
    };
    const PAUSE: u8 = EventAction::Pause as u8;
    const PAUSES: [u8; 2] = [PAUSE; 2];
    for bad in [
        columns(&[0, 2], &[1, 1], &[4, 4], None),
        columns(&[0, 1], &[1], &[4, 4], None),
        columns(&[0, 1], &[1, 1], &[4, 0], None),
        columns(&[0, 1], &[1, 1], &[4, 15], None),
        columns(&[0, 1], &[1, 1], &PAUSES, Some(&[0, 1])),
        columns(&[0, 1], &[1, 1], &PAUSES, Some(&[0])),
        columns(&[0], &[1], &[EventAction::SetTarget as u8], None),
        columns(&[0], &[1], &[EventAction::SetZone as u8], None),
    ] {
        assert!(ledger.apply_columns(bad).is_err());
        assert_eq!(ledger.to_bytes(), before);
    }
    let late = ClockEvent::new(at(0), ClockAction::SetTarget { target: Duration::ZERO });
    let stop = ClockEvent::new(at(0), ClockAction::Stop);
    assert!(ledger.apply_all(&[(0, stop.clone()), (1, late)]).is_err());
    assert_eq!(ledger.apply(7, stop.clone()).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ledger.open("a", &simple(4)).unwrap_err().kind(), ErrorKind::Conflict);
    let openings = Openings { starts: &[0, 0], targets: None };
    assert!(ledger.open_all(&["c", "a"], &simple(4), openings).is_err());
    assert!(ledger.open_all(&["c"], &simple(4), openings).is_err());
    let targets = Some(&[0][..]);
    assert!(ledger.open_all(&["c"], &simple(4), Openings { starts: &[0], targets }).is_err());
    assert_eq!((ledger.to_bytes(), ledger.clock("c")), (before, None));
    ledger.apply_columns(columns(&[0], &[i64::MIN], &[4], None)).unwrap();
    ledger.apply_columns(columns(&[1], &[i64::MAX], &[PAUSE], None)).unwrap();
    for asked in [Timestamp::MIN, at(0), Timestamp::MAX] {
        let mut business = [0; 2];
        let columns = StatusColumns { business: Some(&mut business), ..StatusColumns::default() };
        ledger.status_all(asked, columns).unwrap();
        assert_eq!(business[0], ledger.status(0, asked).unwrap().business.as_nanos());
    }
    let mut short = [0; 1];
    let columns = StatusColumns { paused: Some(&mut short), ..StatusColumns::default() };
    assert!(ledger.status_all(at(0), columns).is_err());
    ledger.advance(Timestamp::MAX).unwrap();
    assert_eq!(ledger.advance(at(0)).unwrap_err().kind(), ErrorKind::Conflict);
}

proptest! {
    /// Whatever is refused of a batch: the rest is taken as if it had come alone, and what is
    /// refused is what the strict call refuses.
    #[test]
    fn refused_events_leave_the_others(
        events in prop::collection::vec((0u32..5, 0i64..5_000, 0u8..17, 0u32..4), 0..30),
    ) {
        let opened = || {
            let mut ledger = opened(&[simple(4), simple(8), simple(2)]);
            for reason in ["user", "freeze"] { ledger.reason_number(reason); }
            ledger.target_number(Duration::from_secs(HOUR)).unwrap();
            ledger
        };
        let apply = |ledger: &mut Ledger, events: &[(u32, i64, u8, u32)], lenient: bool| {
            let clocks: Vec<u32> = events.iter().map(|event| event.0).collect();
            let instants: Vec<i64> = events.iter().map(|e| at(e.1 * 60).as_nanos()).collect();
            let actions: Vec<u8> = events.iter().map(|event| event.2).collect();
            let arguments: Vec<u32> = events.iter().map(|event| event.3).collect();
            let (clocks, instants, actions) = (&clocks[..], &instants[..], &actions[..]);
            let columns = EventColumns { clocks, instants, actions, arguments: Some(&arguments) };
            match lenient {
                true => ledger.apply_columns_lenient(columns),
                false => ledger.apply_columns(columns).map(|()| Vec::new()),
            }
        };
        let (mut lenient, mut strict) = (opened(), opened());
        let refused = apply(&mut lenient, &events, true).unwrap();
        let bad = |row: usize| refused.iter().find(|refused| refused.row == row as u64);
        for (row, event) in events.iter().enumerate() {
            let alone = apply(&mut opened(), std::slice::from_ref(event), false);
            let said = alone.err().map(|error| error.to_string());
            prop_assert_eq!(bad(row).map(|refused| refused.reason.clone()), said);
        }
        let mut rows = 0..;
        let good: Vec<_> = events.iter().copied()
            .filter(|_| bad(rows.next().unwrap()).is_none()).collect();
        apply(&mut strict, &good, false).unwrap();
        prop_assert_eq!(lenient.events(), good.len());
        prop_assert_eq!(lenient.to_bytes(), strict.to_bytes());
    }
}

#[test]
fn refused_events_with_names_leave_the_others() {
    let mut ledger = opened(&[simple(4), simple(8)]);
    let event = |action| ClockEvent::new(at(HOUR), action);
    let nowhere = ClockAction::SetZone { tz: "Mars/Olympus_Mons".to_owned() };
    let refused = ledger.apply_all_lenient(&[
        (0, event(ClockAction::Stop).with_id("s")),
        (1, event(nowhere)),
        (1, event(ClockAction::SetTarget { target: Duration::ZERO })),
        (7, event(ClockAction::Stop)),
        (1, event(ClockAction::Cancel)),
    ]);
    let refused = refused.unwrap();
    let said: Vec<_> = refused.iter().map(|event| (event.row, &*event.argument)).collect();
    assert_eq!(said, [(1, "tz"), (2, "target"), (3, "clock")]);
    assert_eq!(ledger.status(0, at(2 * HOUR)).unwrap().state, ClockState::Stopped);
    assert_eq!(ledger.status(1, at(2 * HOUR)).unwrap().state, ClockState::Cancelled);
}

#[test]
fn a_clock_attached_when_broken_says_so_once() {
    let mut options = simple(2);
    options.start = at(4 * HOUR);
    options.retroactive_start = Some(at(0));
    let mut ledger = Ledger::new();
    ledger.open("INC", &options).unwrap();
    assert_eq!(ledger.advance(at(3 * HOUR)).unwrap(), []);
    let crossings = ledger.advance(at(5 * HOUR)).unwrap();
    assert_eq!(crossings.len(), 1);
    assert_eq!((crossings[0].kind, crossings[0].at), (CrossingKind::Breach, at(2 * HOUR)));
    assert_eq!(crossings[0].announced_at, at(4 * HOUR));
}

#[test]
fn a_late_pause_withdraws_what_was_announced() {
    let mut ledger = Ledger::new();
    let clock = ledger.open("INC", &simple(4)).unwrap();
    let crossed = ledger.advance(at(6 * HOUR)).unwrap();
    assert_eq!(crossed.len(), 5);
    let pause = ClockEvent::new(at(HOUR), ClockAction::Pause { reason: None });
    ledger.apply(clock, pause).unwrap();
    let corrections = ledger.advance(at(6 * HOUR)).unwrap();
    assert_eq!(corrections.len(), 5);
    assert!(corrections.iter().all(|crossing| crossing.withdrawn && crossing.late));
    let resume = ClockEvent::new(at(2 * HOUR), ClockAction::Resume { reason: None });
    ledger.apply(clock, resume).unwrap();
    let again = ledger.advance(at(6 * HOUR)).unwrap();
    assert_eq!(again.len(), 5);
    assert!(again.iter().all(|crossing| !crossing.withdrawn && crossing.late));
    assert_eq!(again[4].at, at(5 * HOUR));
}

/// More than a few blocks, the last of them not full, before, amid and after what happens.
#[test]
fn blocks_say_what_columns_and_clocks_say() {
    let options: Vec<ClockOptions> = (0..150)
        .map(|clock| ClockOptions {
            start: at(clock * 600),
            calendar: calendars()[clock as usize % 4].clone(),
            ..simple(1 + clock % 7)
        })
        .collect();
    let mut ledger = opened(&options);
    for clock in 0..150 {
        let second = 90_000 + i64::from(clock) * 60;
        let actions = [ClockAction::Pause { reason: None }, ClockAction::Stop, ClockAction::Cancel];
        for (action, later) in actions.into_iter().take(clock as usize % 4).zip(0..) {
            ledger.apply(clock, ClockEvent::new(at(second + later * HOUR), action)).unwrap();
        }
    }
    for asked in [Timestamp::MIN, at(-HOUR), at(50_000), at(95_000), at(900_000), Timestamp::MAX] {
        let mut next = 0;
        let alone: Vec<_> = (0..150).map(|clock| ledger.status(clock, asked).unwrap()).collect();
        ledger.status_blocks(asked, |block| {
            assert_eq!(block.first, next);
            for index in 0..block.state.len() {
                let status = &alone[next as usize];
                let lengths = [block.business[index], block.actual[index], block.paused[index]];
                let expected = [status.business, status.actual, status.paused];
                assert_eq!(lengths, expected.map(Duration::as_nanos), "{next} at {asked}");
                assert_eq!(block.remaining[index], status.remaining.as_nanos());
                assert_eq!(block.ratio[index], status.ratio);
                assert_eq!(block.state[index], status.state as u8);
                let breach = status.breach_at.map_or(i64::MIN, Timestamp::as_nanos);
                assert_eq!(block.breach_at[index], breach);
                next += 1;
            }
        });
        assert_eq!(next, 150);
    }
}

#[test]
fn equal_calendars_are_kept_once() {
    let mut ledger = Ledger::new();
    for number in 0..300 {
        // Compiled anew each time: equal by what they say.
        let calendar = Calendar::new(calendars()[0].definition().clone()).unwrap();
        let mut options = simple(4);
        options.calendar = calendar.clone();
        let clock = ledger.open(&number.to_string(), &options).unwrap();
        ledger.apply(clock, ClockEvent::new(at(1), ClockAction::SetCalendar { calendar })).unwrap();
    }
    assert_eq!(ledger.calendars().len(), 1);
    // Columns grow by doubling, and lie a little apart.
    assert!((300 * 48..2 * 512 * 48).contains(&ledger.memory().hot), "{}", ledger.memory().hot);
}

#[test]
fn damaged_and_hostile_bytes_are_refused_or_harmless() {
    let mut ledger = opened(&[simple(4), simple(8)]);
    ledger
        .apply(0, ClockEvent::new(at(60), ClockAction::Pause { reason: Some("x".into()) }))
        .unwrap();
    ledger.advance(at(HOUR)).unwrap();
    let whole = ledger.to_bytes();
    for byte in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[byte] ^= 0x55;
        assert!(Ledger::from_bytes(&bytes).is_err());
        // As a forger would: with the right checksum.
        let body = bytes.len() - 8;
        let checksum = itom_core::snapshot::stable_hash(&bytes[..body]).to_le_bytes();
        bytes[body..].copy_from_slice(&checksum);
        if let Ok(mut forged) = Ledger::from_bytes(&bytes) {
            let _ = forged.advance(Timestamp::MAX);
            for clock in 0..forged.len() as u32 {
                let _ = (forged.status(clock, at(HOUR)), forged.reading(clock, at(HOUR)));
            }
            let _ =
                (forged.next_breaches(5), forged.key(0).map(str::to_owned), forged.clock("INC1"));
        }
    }
}

/// The golden ledgers, of all versions of the format; `ITOM_BLESS=1` writes one that is missing.
#[test]
fn the_golden_ledgers_go_on() {
    let mut ledger = opened(&[simple(4), simple(8)]);
    let pause = ClockAction::Pause { reason: Some("user".to_owned()) };
    ledger.apply(0, ClockEvent::new(at(HOUR), pause).with_id("p")).unwrap();
    assert_eq!(ledger.advance(at(5 * HOUR)).unwrap().len(), 1);
    for version in [1, 2, 3] {
        let bytes = golden(&format!("sla.ledger.v{version}.itom"), || ledger.to_bytes());
        assert_eq!(itom_core::snapshot::header(&bytes).unwrap().version, version);
        let mut read = Ledger::from_bytes(&bytes).unwrap();
        // What is read from the old format is written in the new one, and is the same ledger.
        assert_eq!(Ledger::from_bytes(&read.to_bytes()).unwrap().to_bytes(), read.to_bytes());
        assert_eq!((read.clock("INC1"), read.events()), (Some(1), 1));
        read.apply(0, ClockEvent::retract("p", at(5 * HOUR))).unwrap();
        let crossed = read.advance(at(6 * HOUR)).unwrap();
        let breach = crossed.iter().find(|crossing| crossing.kind == CrossingKind::Breach).unwrap();
        assert_eq!((breach.clock, breach.at, breach.late), (0, at(4 * HOUR), true));
        assert_eq!(read.next_breaches(3)[0].at, at(8 * HOUR));
    }
}

/// Actions that a meter takes as they are, and one that it does not, with reasons.
fn plain_action() -> impl Strategy<Value = (u8, u32)> {
    prop_oneof![
        6 => (1u8..=2, 0u32..34),
        6 => (1u8..=3, Just(0u32)),
        4 => Just((4, 0)),
        3 => (5u8..=6, Just(0u32)),
        1 => (7u8..=8, Just(0u32)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Columns in any order, cut anywhere, saved and read between: what the clocks say. Histories
    /// without corrections go by the straight walk where they are late, and those of clocks by the
    /// fold.
    #[test]
    fn columns_in_any_order_are_clocks(
        options in prop::collection::vec(options(), 3),
        events in prop::collection::vec((0u32..3, 0i64..6_000, plain_action()), 0..40),
        cut in 0usize..40,
        (sorted, by_clock, saved) in any::<(bool, bool, bool)>(),
        // Whole seconds or not, within days or years.
        (nanos, apart) in (prop::sample::select(vec![0i64, 1, 1_000_000]), prop::sample::select(vec![1i64, 100])),
        asked in prop::collection::vec(-150_000i64..600_000, 1..4),
    ) {
        let when = |minute: i64| at(minute * 60 * apart) + Duration::from_nanos(minute * nanos);
        let mut events = events;
        if sorted { events.sort_by_key(|event| event.1); }
        if by_clock { events.sort_by_key(|event| event.0); }
        let mut ledger = opened(&options);
        let reasons: Vec<String> = (0..34).map(|n| format!("reason {n}")).collect();
        let numbers: Vec<u32> = reasons.iter().map(|reason| ledger.reason_number(reason)).collect();
        let argument = |&(_, _, (action, reason)): &(u32, i64, (u8, u32))| {
            if action <= 2 { numbers[reason as usize] } else { 0 }
        };
        let cut = cut.min(events.len());
        for part in [&events[..cut], &events[cut..]] {
            let clocks: Vec<u32> = part.iter().map(|event| event.0).collect();
            let instants: Vec<i64> = part.iter().map(|event| when(event.1).as_nanos()).collect();
            let actions: Vec<u8> = part.iter().map(|event| event.2.0).collect();
            let arguments: Vec<u32> = part.iter().map(argument).collect();
            ledger.apply_columns(EventColumns {
                clocks: &clocks, instants: &instants, actions: &actions, arguments: Some(&arguments),
            }).unwrap();
            if saved { ledger = Ledger::from_bytes(&ledger.to_bytes()).unwrap(); }
        }
        prop_assert_eq!(ledger.events(), events.len());
        let mut clocks: Vec<Clock> =
            options.iter().map(|options| Clock::new(options.clone()).unwrap()).collect();
        for &(clock, minute, (action, reason)) in &events {
            let reason = Some(reasons[reason as usize].clone());
            let action = match action {
                1 => ClockAction::Pause { reason },
                2 => ClockAction::Resume { reason },
                3 => ClockAction::Resume { reason: None },
                4 => ClockAction::Stop,
                5 => ClockAction::Reopen { mode: ReopenMode::Resume },
                6 => ClockAction::Reopen { mode: ReopenMode::NewCycle },
                7 => ClockAction::Reopen { mode: ReopenMode::VoidStop },
                _ => ClockAction::Cancel,
            };
            clocks[clock as usize].apply(ClockEvent::new(when(minute), action)).unwrap();
        }
        for asked in asked.into_iter().map(|second| at(second * apart)) {
            for (clock, number) in clocks.iter().zip(0..) {
                let expected = clock.status(asked);
                prop_assert_eq!(&ledger.status(number, asked).unwrap(), &expected);
                let reading = ledger.reading(number, asked).unwrap();
                let got = (reading.business, reading.actual, reading.paused, reading.state);
                let sums = (expected.business, expected.actual, expected.paused);
                let sums = (sums.0.as_nanos(), sums.1.as_nanos(), sums.2.as_nanos());
                prop_assert_eq!(got, (sums.0, sums.1, sums.2, expected.state));
                let breach = expected.breach_at.map_or(i64::MIN, Timestamp::as_nanos);
                prop_assert_eq!(reading.breach_at, breach);
            }
        }
    }

    /// A holiday more or less, before, among and after the events: as if it had always been so,
    /// whichever clocks keep their sums and whichever are made anew, and what is announced in all
    /// is what is true.
    #[test]
    fn a_calendar_that_differs_from_some_day_on_was_always_so(
        (options, events) in log(),
        which in 0usize..3,
        days in prop::collection::vec(10u32..24, 2),
        now in prop::option::of(-100_000i64..600_000),
        asked in 0i64..700_000,
        plain in any::<bool>(),
    ) {
        let with_days_off = |days: &[u32]| {
            let mut definition = calendars()[which].definition().clone();
            definition.note = format!("{days:?}");
            definition.holidays = days.iter().map(|day| format!("2026-06-{day}")).collect();
            Calendar::new(definition).unwrap()
        };
        let (a, b) = (with_days_off(&days[..1]), with_days_off(&days));
        let with = |calendar: &Calendar| {
            let mut ledger = Ledger::new();
            for (index, options) in options.iter().enumerate() {
                let mut options = options.clone();
                if plain { (options.retroactive_start, options.retroactive_pauses) = (None, vec![]); }
                options.calendar = if index < 2 { calendar.clone() } else { calendars()[3].clone() };
                ledger.open(&index.to_string(), &options).unwrap();
            }
            let changes = |action: &ClockAction| {
                matches!(action, ClockAction::SetCalendar { .. } | ClockAction::SetZone { .. })
            };
            let events: Vec<(u32, ClockEvent)> = events.iter()
                .filter(|(_, event)| !changes(&event.action))
                .filter(|(_, event)| !plain || event.id.is_none() && event.recorded_at.is_none())
                .cloned().collect();
            ledger.apply_all(&events).unwrap();
            ledger
        };
        let (mut was, mut is) = (with(&a), with(&b));
        let mut standing: Vec<Crossing> = Vec::new();
        let mut hear = |crossings: Vec<Crossing>| {
            for crossing in crossings {
                let what = |c: &Crossing| (c.clock, c.kind, c.cycle, c.at, c.share.to_bits());
                match crossing.withdrawn {
                    true => {
                        let place = standing.iter().position(|c| what(c) == what(&crossing));
                        standing.remove(place.expect("it was announced"));
                    }
                    false => standing.push(crossing),
                }
            }
        };
        match now {
            Some(now) => hear(was.advance(at(now)).unwrap()),
            None => { was.next_breaches(1); }
        }
        was.replace_calendars(&[(0, a.clone()), (0, b.clone())]).unwrap();
        for clock in 0..3 {
            let expected = is.status(clock, at(asked)).unwrap();
            prop_assert_eq!(&was.status(clock, at(asked)).unwrap(), &expected);
            let (reading, same) =
                (was.reading(clock, at(asked)).unwrap(), is.reading(clock, at(asked)).unwrap());
            prop_assert_eq!(reading, same);
            let breach = expected.breach_at.map_or(i64::MIN, Timestamp::as_nanos);
            prop_assert_eq!(reading.breach_at, breach);
        }
        let after = |next: Vec<itom_core::sla::NextBreach>| -> Vec<_> {
            next.into_iter().filter(|next| now.is_none_or(|now| next.at > at(now))).collect()
        };
        prop_assert_eq!(after(was.next_breaches(10)), after(is.next_breaches(10)));
        if plain {
            hear(was.advance(at(800_000)).unwrap());
            let mut truth: Vec<Crossing> = Vec::new();
            for crossing in is.advance(at(800_000)).unwrap() {
                let what = |c: &Crossing| (c.clock, c.kind, c.cycle, c.at, c.share.to_bits());
                match crossing.withdrawn {
                    true => truth.retain(|c| what(c) != what(&crossing)),
                    false => truth.push(crossing),
                }
            }
            let mut all = [standing, truth].map(|list| -> Vec<_> {
                list.iter().map(|c| (c.clock, c.cycle, c.at, c.kind, c.share.to_bits())).collect()
            });
            all.iter_mut().for_each(|list| list.sort_unstable());
            prop_assert_eq!(&all[0], &all[1]);
        }
    }
}

/// A big log by time is taken neighbourhood by neighbourhood: the clocks do not notice.
#[test]
fn a_log_by_time_gives_what_a_log_by_clock_gives() {
    let count = 20_000u32;
    let keys: Vec<String> = (0..count).map(|clock| clock.to_string()).collect();
    let starts = vec![at(0).as_nanos(); keys.len()];
    let opened = || {
        let mut ledger = Ledger::new();
        let openings = Openings { starts: &starts, targets: None };
        ledger.open_all(&keys, &simple(8), openings).unwrap();
        ledger
    };
    let (mut by_clock, mut by_time) = (opened(), opened());
    let mut events: Vec<(i64, u32, u8)> = (0..count)
        .flat_map(|clock| {
            let first = i64::from(clock * 7919 % 997) * 60;
            [(first, clock, 1u8), (first + 1800, clock, 3), (first + 9000, clock, 4)]
        })
        .collect();
    let apply = |ledger: &mut Ledger, events: &[(i64, u32, u8)]| {
        let clocks: Vec<u32> = events.iter().map(|event| event.1).collect();
        let instants: Vec<i64> = events.iter().map(|event| at(event.0).as_nanos()).collect();
        let actions: Vec<u8> = events.iter().map(|event| event.2).collect();
        let (clocks, instants) = (&clocks, &instants);
        ledger
            .apply_columns(EventColumns { clocks, instants, actions: &actions, arguments: None })
            .unwrap();
    };
    apply(&mut by_clock, &events);
    events.sort_unstable();
    apply(&mut by_time, &events);
    for clock in (0..count).step_by(37) {
        for hour in [1, 9, 100] {
            let asked = at(hour * HOUR);
            let reading = by_time.reading(clock, asked).unwrap();
            assert_eq!(reading, by_clock.reading(clock, asked).unwrap());
            assert_eq!(reading.business, by_time.status(clock, asked).unwrap().business.as_nanos());
        }
    }
    let end = at(200 * HOUR);
    assert_eq!(by_time.advance(end).unwrap(), by_clock.advance(end).unwrap());
}
