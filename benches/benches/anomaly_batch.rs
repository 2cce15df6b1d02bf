//! What looking back on a whole series costs: changepoints, decomposition, forecasts, measures.
//!
//! The series is as long as NAB's taxi series, half-hourly with a day and a week in it; `ITOM_DATA` is not
//! needed.

use criterion::{Criterion, criterion_group, criterion_main};
use itom_core::anomaly::{
    ChangeKind, ChangepointOptions, DecomposeOptions, VusOptions, changepoints, decompose,
    forecast, seasonal_periods, time_to_threshold, vus_pr,
};
use std::hint::black_box;

const HALF_HOUR: i64 = 1_800_000_000_000;

fn series(n: u32) -> (Vec<i64>, Vec<f64>) {
    let mut x = 88_172_645_463_325_252_u64;
    let mut noise = move || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 11) as f64 / (1_u64 << 53) as f64
    };
    let value = |i: u32, noise: f64| {
        let day = f64::from((i % 48).min(48 - i % 48));
        let weekend = if i / 48 % 7 >= 5 { 0.6 } else { 1.0 };
        weekend * day + 4.0 * noise + if i > n / 2 { 3.0 } else { 0.0 }
    };
    let values = (0..n).map(|i| value(i, noise())).collect();
    ((0..i64::from(n)).map(|i| i * HALF_HOUR).collect(), values)
}

fn changes(c: &mut Criterion) {
    let (_, values) = series(10_320);
    let mut group = c.benchmark_group("changepoints");
    let none = ChangepointOptions { periods: Some(Vec::new()), ..Default::default() };
    let mean = ChangepointOptions { kind: Some(ChangeKind::Mean), ..none.clone() };
    let penalty = Some(3.0 * (values.len() as f64).ln());
    for (name, options) in [
        ("default", ChangepointOptions::default()),
        ("without_seasons", none),
        ("mean", mean.clone()),
        ("mean_at_a_price", ChangepointOptions { penalty, ..mean }),
    ] {
        group.bench_function(name, |b| b.iter(|| changepoints(black_box(&values), &options)));
    }
    group.finish();
}

fn parts(c: &mut Criterion) {
    let (_, values) = series(10_320);
    let mut group = c.benchmark_group("decompose");
    for (name, robust) in [("mstl_48_336", false), ("mstl_48_336_robust", true)] {
        let options = DecomposeOptions { periods: Some(vec![48, 336]), robust };
        group.bench_function(name, |b| b.iter(|| decompose(black_box(&values), options.clone())));
    }
    group.bench_function("seasonal_periods", |b| b.iter(|| seasonal_periods(black_box(&values))));
    group.finish();
}

fn ahead(c: &mut Criterion) {
    let (times, values) = series(960);
    let mut group = c.benchmark_group("forecast");
    group.bench_function("960_points_48_ahead", |b| {
        b.iter(|| forecast(&times, black_box(&values), 48, &[0.8, 0.95]));
    });
    group.bench_function("time_to_threshold", |b| {
        b.iter(|| time_to_threshold(&times, black_box(&values), 90.0));
    });
    group.finish();
}

fn measures(c: &mut Criterion) {
    let (_, scores) = series(10_320);
    let labels: Vec<bool> = (0..scores.len()).map(|i| i % 2000 < 60).collect();
    c.bench_function("vus_pr", |b| {
        b.iter(|| vus_pr(&labels, black_box(&scores), VusOptions::default()));
    });
}

criterion_group!(
    name = benches;
    config = itom_benches::criterion();
    targets = changes, parts, ahead, measures
);
criterion_main!(benches);
