//! Breach forecasts: fitting on 25,000 cases, asking about 10,000 running clocks, explaining one.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::sla::{BreachForecast, BreachForecastDefinition};
use itom_core::table::{Column, Table};

const FIELDS: usize = 12;

/// A table of `cases`, half of which were updated, with fields of 5 to 5,000 values.
fn table(cases: u64, ended: bool) -> Table {
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let rows: Vec<(u64, u64)> =
        (0..cases).flat_map(|case| (0..=case % 2).map(move |row| (case, row))).collect();
    let used: Vec<f64> = (0..cases).map(|_| next(200_000) as f64 + 2_000.0).collect();
    let names: Vec<String> = rows.iter().map(|(case, _)| format!("case-{case}")).collect();
    let number = |cell: &dyn Fn(u64, u64) -> f64| {
        Column::Float(rows.iter().map(|&(case, row)| Some(cell(case, row))).collect())
    };
    let mut columns = vec![
        ("case".to_owned(), Column::Text(names.iter().map(|name| &**name).collect())),
        (
            "opened".to_owned(),
            Column::Time(
                rows.iter()
                    .map(|&(case, _)| Some(Timestamp::from_secs(case as i64 * 300)))
                    .collect(),
            ),
        ),
        ("target_s".to_owned(), number(&|_, _| 100_000.0)),
        (
            "used_s".to_owned(),
            number(&|case, _| used[case as usize] * if ended { 1.0 } else { 0.4 }),
        ),
        ("since_s".to_owned(), number(&|_, row| row as f64 * 500.0)),
        ("ended".to_owned(), Column::Bool(vec![Some(ended); rows.len()])),
    ];
    for field in 0..FIELDS {
        let values = [5, 20, 80, 250, 500, 5_000][field % 6];
        let cells: Vec<String> = rows.iter().map(|_| next(values).to_string()).collect();
        let cells = cells.iter().map(|cell| &**cell).collect();
        columns.push((format!("field_{field}"), Column::Text(cells)));
    }
    Table::new(columns).unwrap()
}

fn forecasts(c: &mut Criterion) {
    let definition = BreachForecastDefinition {
        groups: (0..FIELDS).map(|field| format!("field_{field}")).collect(),
        ..Default::default()
    };
    let at = Timestamp::from_secs(25_000 * 300);
    let history = table(25_000, true);
    let fitted = BreachForecast::fit(definition.clone(), &history, at).unwrap();
    let mut group = c.benchmark_group("sla_forecast");
    group.sample_size(10);
    group.bench_function("fit_25k_cases", |b| {
        b.iter(|| BreachForecast::fit(definition.clone(), black_box(&history), at).unwrap());
    });
    let clocks = table(10_000, false);
    group.throughput(Throughput::Elements(clocks.rows() as u64));
    group.bench_function("probabilities", |b| {
        b.iter(|| fitted.probabilities(black_box(&clocks)).unwrap());
    });
    group.bench_function("explained", |b| {
        b.iter(|| fitted.forecast(black_box(&clocks)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, forecasts);
criterion_main!(benches);
