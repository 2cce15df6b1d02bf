//! Calendars: the cost of one answer, that it does not grow with the span, and what compiling and
//! putting together cost; beside the crate opening-hours, which walks the days. Peers in Python are
//! compared in the script beside this crate.

use std::hint::black_box;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use itom_benches::office;
use itom_core::sla::Calendar;
use opening_hours::{Context, ContextHolidays, OpeningHours};

const DAY: i64 = 86_400;

/// The lengths of the spans whose open time is asked for.
const SPANS: [(&str, i64); 3] = [("3_days", 3), ("1_year", 365), ("10_years", 3650)];

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
    let calendar = Calendar::new(office(40)).unwrap();
    let starts = instants(1024);
    let mut group = c.benchmark_group("sla/elapsed");
    for (name, days) in SPANS {
        let ends: Vec<i64> =
            starts.iter().map(|start| start + days * DAY * 1_000_000_000).collect();
        group.throughput(Throughput::Elements(1024));
        group.bench_function(BenchmarkId::new("span", name), |b| {
            b.iter(|| calendar.elapsed_all(black_box(&starts), black_box(&ends)).unwrap());
        });
    }
    group.finish();
    let mut group = c.benchmark_group("sla/deadline");
    for (name, hours) in [("4_hours", 4), ("400_hours", 400), ("4000_hours", 4000)] {
        let durations = vec![hours * 3_600_000_000_000; starts.len()];
        group.throughput(Throughput::Elements(1024));
        group.bench_function(BenchmarkId::new("ahead", name), |b| {
            b.iter(|| calendar.deadline_all(black_box(&starts), black_box(&durations)).unwrap());
        });
    }
    group.finish();
    let mut group = c.benchmark_group("sla/around");
    group.throughput(Throughput::Elements(1024));
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
    c.bench_function("sla/compile/50_years", |b| {
        let definition = || office(50);
        b.iter_batched(definition, |office| Calendar::new(office).unwrap(), BatchSize::SmallInput);
    });
}

/// The same hours and holidays by opening-hours, in local time: it is spared the zone.
fn opening_hours(c: &mut Criterion) {
    let holidays = office(40).holidays;
    let public = holidays.iter().map(|date| date.parse::<NaiveDate>().unwrap()).collect();
    let holidays = ContextHolidays::new(Arc::new(public), Arc::default());
    let hours = "Mo-Fr 09:00-17:00; PH off".parse::<OpeningHours>().unwrap();
    let hours = hours.with_context(Context::default().with_holidays(holidays));
    let seconds = |from: NaiveDateTime, until: NaiveDateTime| -> i64 {
        let ranges = hours.iter_range(from, until).filter(|range| range.kind.as_str() == "open");
        ranges.map(|range| (range.range.end - range.range.start).num_seconds()).sum()
    };
    let starts: Vec<NaiveDateTime> = instants(1024)
        .iter()
        .map(|nanos| DateTime::from_timestamp(nanos / 1_000_000_000, 0).unwrap().naive_utc())
        .collect();
    let mut group = c.benchmark_group("sla/peer_opening_hours");
    for (name, days) in SPANS {
        let mut next = 0;
        group.bench_function(BenchmarkId::new("span", name), |b| {
            b.iter(|| {
                next = (next + 1) % starts.len();
                let start = black_box(starts[next]);
                seconds(start, start + chrono::Duration::days(days))
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = itom_benches::criterion();
    targets = calendar, opening_hours
}
criterion_main!(benches);
