//! Clocks and objectives: the cost of one answer. Peers are compared in the Python script beside
//! this crate.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use itom_core::sla::{
    Calendar, CalendarDefinition, Clock, ClockAction, ClockEvent, ClockOptions, Objective,
    ObjectiveDefinition,
};
use itom_core::{Duration, Timestamp};

const DAY: i64 = 86_400;
/// 2026-06-15T10:00:00Z.
const START: i64 = 1_781_517_600;

/// Nine to five in New York, with eleven holidays a year for thirty years.
fn office() -> CalendarDefinition {
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let window = ["09:00".to_owned(), "17:00".to_owned()];
    let holidays =
        (2010..2040).flat_map(|year| (1..12).map(move |month| format!("{year}-{month:02}-15")));
    CalendarDefinition {
        tz: "America/New_York".to_owned(),
        weekly: days.iter().map(|day| (day.to_string(), vec![window.clone()])).collect(),
        holidays: holidays.collect(),
        ..CalendarDefinition::default()
    }
}

fn clock(c: &mut Criterion) {
    let calendar = Calendar::new(office()).unwrap();
    let start = Timestamp::from_secs(START);
    let target = Duration::from_secs(40 * 3600);
    let mut clock = Clock::new(ClockOptions::new(target, calendar, start)).unwrap();
    for hour in 0..20 {
        let at = start + Duration::from_secs(hour * 3600);
        let action = match hour % 2 {
            0 => ClockAction::Pause { reason: None },
            _ => ClockAction::Resume { reason: None },
        };
        clock.apply(ClockEvent::new(at, action)).unwrap();
    }
    let at = start + Duration::from_secs(5 * DAY);
    c.bench_function("sla/clock_status/20_events", |b| b.iter(|| clock.status(black_box(at))));
}

fn objective(c: &mut Criterion) {
    let definition =
        ObjectiveDefinition::new("99.9".parse().unwrap(), Duration::from_secs(30 * DAY));
    let mut objective = Objective::new(definition).unwrap();
    let start = Timestamp::from_secs(START);
    for minute in 0..30 * 1440 {
        objective.record(start + Duration::from_secs(60 * minute), 999, 1000).unwrap();
    }
    let at = start + Duration::from_secs(30 * DAY - 60);
    c.bench_function("sla/objective_status/30_days_of_minutes", |b| {
        b.iter(|| objective.status(black_box(at)).unwrap());
    });
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = clock, objective);
criterion_main!(benches);
