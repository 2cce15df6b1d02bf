//! What a point costs a detector, one by one and in a batch, and what a snapshot costs.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::anomaly::Detector;
use std::hint::black_box;

/// Twenty days of five-minute values: a daily wave, noise, and a spike now and then.
fn series() -> (Vec<i64>, Vec<f64>) {
    let mut x = 88_172_645_463_325_252_u64;
    let values = (0..5760_u32).map(|i| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        let noise = (x >> 11) as f64 / (1_u64 << 53) as f64;
        let wave = f64::from(i % 288).min(f64::from(288 - i % 288));
        wave + 10.0 * noise + if x.is_multiple_of(997) { 400.0 } else { 0.0 }
    });
    let values = values.collect();
    ((0..5760).map(|i| i * 300_000_000_000).collect(), values)
}

fn detector(c: &mut Criterion) {
    let (times, values) = series();
    let mut settled = Detector::new();
    settled.score(&times, &values).unwrap();

    let mut group = c.benchmark_group("detector");
    group.throughput(Throughput::Elements(values.len() as u64));
    group.bench_function("score", |b| {
        b.iter_batched(Detector::new, |mut d| d.score(&times, &values), BatchSize::LargeInput);
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("update", |b| {
        let (mut detector, mut i) = (settled.clone(), 0_usize);
        b.iter(|| {
            let row = i % values.len();
            let time = Timestamp::from_nanos((5760 + i as i64) * 300_000_000_000);
            i += 1;
            detector.update(time, black_box(values[row]))
        });
    });
    group.bench_function("to_bytes", |b| b.iter(|| black_box(&settled).to_bytes()));
    let bytes = settled.to_bytes();
    group.bench_function("from_bytes", |b| b.iter(|| Detector::from_bytes(black_box(&bytes))));
    group.finish();
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = detector);
criterion_main!(benches);
