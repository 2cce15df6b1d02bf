//! One objective: the alerts of four pairs of windows, a record, the whole status; what it costs
//! where data is sparse, where slices are counted, and where a calendar decides.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use itom_core::sla::{Budgeting, Objective, ObjectiveCalendar, ObjectiveDefinition};
use itom_core::{Duration, Timestamp};

/// 2026-06-15T10:00:00Z.
const START: i64 = 1_781_517_600;
const MINUTES: i64 = 30 * 1440;

fn filled(change: impl Fn(&mut ObjectiveDefinition), every: i64) -> Objective {
    let month = Duration::from_secs(60 * MINUTES);
    let mut definition = ObjectiveDefinition::new("99.9".parse().unwrap(), month);
    change(&mut definition);
    let mut objective = Objective::new(definition).unwrap();
    for minute in (0..MINUTES).step_by(every as usize) {
        let good = 1000 - u64::from(minute % 1000 == 0);
        objective.record(Timestamp::from_secs(START + 60 * minute), good, 1000).unwrap();
    }
    objective
}

fn evaluate(c: &mut Criterion) {
    let at = Timestamp::from_secs(START + 60 * (MINUTES - 1));
    let plain = |_: &mut ObjectiveDefinition| {};
    let slices = |definition: &mut ObjectiveDefinition| {
        definition.budgeting = Budgeting::Timeslices;
        definition.slice_target = Some("99".parse().unwrap());
    };
    let ratios = |definition: &mut ObjectiveDefinition| {
        definition.budgeting = Budgeting::RatioTimeslices;
    };
    let monthly = |definition: &mut ObjectiveDefinition| {
        definition.window = "P1M".parse().unwrap();
        let tz = "Europe/Berlin".to_owned();
        definition.calendar = Some(ObjectiveCalendar { tz, start: None });
    };
    // Half of the last three days is bad: all four pairs fire, so every window is looked at.
    let mut firing = filled(plain, 1);
    for minute in MINUTES - 3 * 1440..MINUTES {
        firing.record(Timestamp::from_secs(START + 60 * minute), 0, 1000).unwrap();
    }
    let objectives = [
        ("4_window_pairs", filled(plain, 1)),
        ("4_window_pairs_firing", firing),
        ("4_window_pairs_sparse", filled(plain, 60)),
        ("timeslices", filled(slices, 1)),
        ("ratio_timeslices", filled(ratios, 1)),
        ("calendar_month", filled(monthly, 1)),
    ];
    for (name, objective) in &objectives {
        c.bench_function(&format!("sla_objective/evaluate/{name}"), |b| {
            b.iter(|| objective.evaluate(black_box(at)).unwrap());
        });
    }
    let objective = filled(plain, 1);
    c.bench_function("sla_objective/status/30_days_of_minutes", |b| {
        b.iter(|| objective.status(black_box(at)).unwrap());
    });
}

fn record(c: &mut Criterion) {
    let mut objective = filled(|_| {}, 1);
    let mut minute = MINUTES;
    c.bench_function("sla_objective/record/in_order", |b| {
        b.iter(|| {
            minute += 1;
            objective.record(Timestamp::from_secs(START + 60 * minute), 999, 1000).unwrap();
        });
    });
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = evaluate, record);
criterion_main!(benches);
