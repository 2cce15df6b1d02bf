//! A ledger says of each clock what `Clock` says, and of all of them what was crossed and when.
#![cfg(feature = "sla")]

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
            for (clock, number) in clocks.iter().zip(0..) {
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
