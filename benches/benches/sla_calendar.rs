//! Calendars: the cost of one answer, that it does not grow with the span, and what compiling and
//! putting together cost. Peers are compared in the Python script beside this crate.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use itom_core::sla::{Calendar, CalendarDefinition};

const DAY: i64 = 86_400;

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

/// Instants all over 2010 to 2040, the same at every run.
fn instants(count: usize) -> Vec<i64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        1_262_304_000_000_000_000 + (state % 946_000_000_000_000_000) as i64
    };
    (0..count).map(|_| next()).collect()
}

fn calendar(c: &mut Criterion) {
    let calendar = Calendar::new(office()).unwrap();
    let starts = instants(1024);
    let mut group = c.benchmark_group("sla/elapsed");
    for (name, days) in [("3_days", 3), ("1_year", 365), ("10_years", 3650)] {
        let ends: Vec<i64> =
            starts.iter().map(|start| start + days * DAY * 1_000_000_000).collect();
        group.throughput(criterion::Throughput::Elements(1024));
        group.bench_function(BenchmarkId::new("span", name), |b| {
            b.iter(|| calendar.elapsed_all(black_box(&starts), black_box(&ends)).unwrap());
        });
    }
    group.finish();
    let mut group = c.benchmark_group("sla/deadline");
    for (name, hours) in [("4_hours", 4), ("400_hours", 400), ("4000_hours", 4000)] {
        let durations = vec![hours * 3_600_000_000_000; starts.len()];
        group.throughput(criterion::Throughput::Elements(1024));
        group.bench_function(BenchmarkId::new("ahead", name), |b| {
            b.iter(|| calendar.deadline_all(black_box(&starts), black_box(&durations)).unwrap());
        });
    }
    group.finish();
    let mut group = c.benchmark_group("sla/around");
    group.throughput(criterion::Throughput::Elements(1024));
    group.bench_function("is_open", |b| b.iter(|| calendar.is_open_all(black_box(&starts))));
    group.bench_function("next_opening", |b| {
        b.iter(|| calendar.next_opening_all(black_box(&starts)));
    });
    group.bench_function("previous_closing", |b| {
        b.iter(|| calendar.previous_closing_all(black_box(&starts)));
    });
    group.finish();
    let abroad = ["Europe/Berlin", "Asia/Tokyo"].map(|tz| calendar.in_zone(tz).unwrap());
    let operands = [calendar.clone(), abroad[0].clone(), abroad[1].clone()];
    c.bench_function("sla/union/3_zones", |b| {
        b.iter(|| Calendar::union(black_box(&operands)).unwrap());
    });
    c.bench_function("sla/compile", |b| {
        b.iter_batched(office, |office| Calendar::new(office).unwrap(), BatchSize::SmallInput);
    });
}

criterion_group! {
    name = benches;
    config = itom_benches::criterion();
    targets = calendar
}
criterion_main!(benches);
