//! A ledger of a million clocks: replay of a log, every field as of now, another calendar for all,
//! a snapshot opened; and what one clock costs beside it.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::sla::{
    Calendar, CalendarDefinition, Clock, ClockAction, ClockEvent, ClockOptions, EventAction,
    EventColumns, Ledger, Openings, StatusColumns,
};
use itom_core::{Duration, Timestamp};

const CLOCKS: usize = 1_000_000;
const HOUR: i64 = 3_600_000_000_000;
/// Logs and tickets tell time in whole seconds.
const SECOND: i64 = 1_000_000_000;
/// 2026-06-15T10:00:00Z.
const START: i64 = 1_781_517_600_000_000_000;
const ZONES: [&str; 16] = [
    "America/New_York",
    "Europe/Berlin",
    "Asia/Tokyo",
    "UTC",
    "Europe/London",
    "America/Chicago",
    "Asia/Kolkata",
    "Australia/Sydney",
    "America/Los_Angeles",
    "Europe/Paris",
    "Asia/Singapore",
    "America/Denver",
    "Europe/Madrid",
    "Europe/Rome",
    "Asia/Dubai",
    "America/Sao_Paulo",
];

/// Nine to five with eleven holidays a year, and one more day off.
fn office(tz: &str, more: Option<&str>) -> Calendar {
    let window = ["09:00".to_owned(), "17:00".to_owned()];
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let holidays =
        (2010..2040).flat_map(|year| (1..12).map(move |month| format!("{year}-{month:02}-15")));
    Calendar::new(CalendarDefinition {
        tz: tz.to_owned(),
        weekly: days.iter().map(|day| (day.to_string(), vec![window.clone()])).collect(),
        holidays: holidays.chain(more.map(str::to_owned)).collect(),
        ..CalendarDefinition::default()
    })
    .unwrap()
}

/// Numbers that look random, the same at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as i64
    }
}

/// A million clocks on sixteen calendars, begun over twenty days.
fn opened(random: &mut Random) -> Ledger {
    let mut ledger = Ledger::new();
    for (group, tz) in ZONES.iter().enumerate() {
        let count = CLOCKS / ZONES.len();
        let keys: Vec<String> =
            (0..count).map(|index| format!("INC{:07}", group * count + index)).collect();
        let start = |_| START - random.below(480 * HOUR) / SECOND * SECOND;
        let starts: Vec<i64> = (0..count).map(start).collect();
        let targets: Vec<i64> =
            (0..count).map(|_| [4, 8, 40, 80][random.below(4) as usize] * HOUR).collect();
        let options = options(office(tz, None), START);
        let openings = Openings { starts: &starts, targets: Some(&targets) };
        ledger.open_all(&keys, &options, openings).unwrap();
    }
    ledger
}

fn options(calendar: Calendar, start: i64) -> ClockOptions {
    ClockOptions::new(Duration::from_secs(14_400), calendar, Timestamp::from_nanos(start))
}

/// Six events a clock: three pauses and three resumes.
struct Log {
    clocks: Vec<u32>,
    instants: Vec<i64>,
    actions: Vec<u8>,
}

impl Log {
    /// In units of so many nanoseconds.
    fn new(random: &mut Random, by_time: bool, unit: i64) -> Log {
        let mut events = Vec::with_capacity(6 * CLOCKS);
        for clock in 0..CLOCKS as u32 {
            let mut at = START;
            for event in 0..6 {
                at += random.below(20 * HOUR) / unit * unit;
                let action = [EventAction::Pause, EventAction::ResumeAll][event % 2];
                events.push((at, clock, action as u8));
            }
        }
        if by_time {
            events.sort_unstable();
        }
        Log {
            clocks: events.iter().map(|event| event.1).collect(),
            instants: events.iter().map(|event| event.0).collect(),
            actions: events.iter().map(|event| event.2).collect(),
        }
    }

    fn columns(&self) -> EventColumns<'_> {
        let Log { clocks, instants, actions } = self;
        EventColumns { clocks, instants, actions, arguments: None }
    }
}

fn replay(c: &mut Criterion) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let ledger = opened(&mut random);
    let mut group = c.benchmark_group("sla/ledger_replay");
    group.throughput(Throughput::Elements(6 * CLOCKS as u64)).sample_size(10);
    for (name, by_time, unit) in [
        ("by_clock", false, SECOND),
        ("by_time", true, SECOND),
        ("by_clock_in_nanoseconds", false, 1),
    ] {
        let log = Log::new(&mut random, by_time, unit);
        group.bench_function(name, |b| {
            let apply = |mut ledger: Ledger| {
                ledger.apply_columns(log.columns()).unwrap();
                ledger
            };
            b.iter_batched(|| ledger.clone(), apply, BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn running(c: &mut Criterion) {
    let ledger = opened(&mut Random(0x9e37_79b9_7f4a_7c15));
    million(c, "sla/ledger_million", ledger, Timestamp::from_nanos(START));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut ledger = opened(&mut random);
    ledger.apply_columns(Log::new(&mut random, false, SECOND).columns()).unwrap();
    let after = Timestamp::from_nanos(START + 200 * HOUR);
    million(c, "sla/ledger_million_with_six_events_each", ledger, after);
}

/// What is asked of a million clocks at once: every field as of now, all breach instants with the
/// first of them under sixteen other calendars, the ledger read from its bytes.
fn million(c: &mut Criterion, name: &str, mut ledger: Ledger, at: Timestamp) {
    let mut lengths = [0; 5].map(|zero: i64| vec![zero; CLOCKS]);
    let (mut ratio, mut state) = (vec![0.0; CLOCKS], vec![0; CLOCKS]);
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(CLOCKS as u64)).sample_size(10);
    group.bench_function("all_fields_now_as_columns", |b| {
        b.iter(|| {
            let [business, actual, paused, remaining, breach_at] = &mut lengths;
            let columns = StatusColumns {
                business: Some(business),
                actual: Some(actual),
                paused: Some(paused),
                remaining: Some(remaining),
                ratio: Some(&mut ratio),
                breach_at: Some(breach_at),
                state: Some(&mut state),
                ..StatusColumns::default()
            };
            ledger.status_all(black_box(at), columns).unwrap();
        });
    });
    group.bench_function("two_fields_now_as_columns", |b| {
        b.iter(|| {
            let [business, ..] = &mut lengths;
            let (business, ratio) = (Some(&mut business[..]), Some(&mut ratio[..]));
            let columns = StatusColumns { business, ratio, ..StatusColumns::default() };
            ledger.status_all(black_box(at), columns).unwrap();
        });
    });
    group.bench_function("all_fields_now_in_blocks", |b| {
        b.iter(|| {
            let mut late = 0;
            ledger.status_blocks(black_box(at), |block| {
                late += block.remaining.iter().filter(|remaining| **remaining < 0).count();
            });
            late
        });
    });
    // A holiday that is still to come, and one that has been.
    for (name, day) in [
        ("breach_times_after_a_calendar_change", "2026-08-03"),
        ("breach_times_after_a_change_of_the_past", "2026-06-10"),
    ] {
        let others = ZONES.iter().map(|tz| office(tz, Some(day)));
        let others: Vec<(u32, Calendar)> = (0..).zip(others).collect();
        group.bench_function(name, |b| {
            let change = |mut ledger: Ledger| {
                ledger.replace_calendars(&others).unwrap();
                let first = ledger.next_breaches(1);
                let breach_at = Some(&mut lengths[4][..]);
                let columns = StatusColumns { breach_at, ..StatusColumns::default() };
                ledger.status_all(at, columns).unwrap();
                (ledger, first)
            };
            b.iter_batched(|| ledger.clone(), change, BatchSize::PerIteration);
        });
    }
    let bytes = ledger.to_bytes();
    group.bench_function("open_snapshot", |b| {
        // What it costs to throw the ledger away again is not counted.
        b.iter_batched(|| (), |()| Ledger::from_bytes(&bytes).unwrap(), BatchSize::PerIteration);
    });
    group.finish();
}

fn one(c: &mut Criterion) {
    let mut clock = Clock::new(options(office("Europe/Berlin", None), START)).unwrap();
    for event in 0..6 {
        let action = match event % 2 {
            0 => ClockAction::Pause { reason: None },
            _ => ClockAction::Resume { reason: None },
        };
        let at = Timestamp::from_nanos(START + (event + 1) * 10 * HOUR);
        clock.apply(ClockEvent::new(at, action)).unwrap();
    }
    let at = Timestamp::from_nanos(START + 1000 * HOUR);
    c.bench_function("sla/ledger_beside_one_clock", |b| b.iter(|| clock.status(black_box(at))));
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = replay, running, one);
criterion_main!(benches);
