//! Events a second through the correlator with a topology, and root causes a second.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::event::{
    CauseQuery, Correlator, EdgeTopology, Event, EventKind, Series, Symptom, rank_causes,
};

const ITEMS: u64 = 1_000;
const EVENTS: u64 = 20_000;

/// xorshift64*: every run measures the same stream.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

fn item(n: u64) -> String {
    format!("item-{n:04}")
}

/// Every item depends on one to three items with a smaller number.
fn edges() -> Vec<(String, String)> {
    let mut random = Random(7);
    let mut edges = Vec::new();
    for n in 1..ITEMS {
        for _ in 0..=random.below(3) {
            edges.push((item(n), item(random.below(n))));
        }
    }
    edges
}

/// Alerts, repeats and recoveries, one every two seconds or so, up to 30 s out of order.
fn stream() -> Vec<Event> {
    let mut random = Random(11);
    let conditions = ["latency high", "errors", "disk full", "down"];
    let mut events: Vec<(u64, Event)> = (0..EVENTS)
        .map(|n| {
            let time = n * 2 + random.below(2);
            let name = conditions[random.below(4) as usize];
            let at = Timestamp::from_secs(time as i64);
            let mut event = Event::new(&format!("e{n}"), at, &item(random.below(ITEMS)), name);
            event.kind = if random.below(3) == 0 { EventKind::Recovery } else { EventKind::Alert };
            (time + random.below(30), event)
        })
        .collect();
    events.sort_by_key(|(arrival, _)| *arrival);
    events.into_iter().map(|(_, event)| event).collect()
}

fn correlator(c: &mut Criterion) {
    let (topology, events) = (EdgeTopology::new(edges()), stream());
    let mut group = c.benchmark_group("correlator");
    group.sample_size(20);
    group.throughput(Throughput::Elements(EVENTS));
    group.bench_function("push", |b| {
        b.iter_batched(
            Correlator::default,
            |mut correlator| {
                let updates = correlator.push(&events, &topology).unwrap();
                (correlator, updates)
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("push_without_topology", |b| {
        b.iter_batched(
            Correlator::default,
            |mut correlator| {
                let updates = correlator.push(&events, &()).unwrap();
                (correlator, updates)
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
    let mut full = Correlator::default();
    full.push(&events, &topology).unwrap();
    let mut group = c.benchmark_group("correlator");
    group.bench_function("to_bytes", |b| b.iter(|| black_box(&full).to_bytes()));
    group.finish();
}

/// Forty items with two days of five-minute values each; one path goes wrong at the end.
fn causes(c: &mut Criterion) {
    let mut random = Random(3);
    let timestamps: Vec<Timestamp> = (0..600).map(|n| Timestamp::from_secs(n * 300)).collect();
    let series = (0..40).map(|n| {
        let wrong = n % 10 == 9;
        let values = (0..600)
            .map(|t| 10.0 + random.below(100) as f64 / 100.0 + f64::from(wrong && t > 595) * 9.0)
            .collect();
        Series { ci: item(n), metric: "latency".into(), timestamps: timestamps.clone(), values }
    });
    let query = CauseQuery {
        series: series.collect(),
        edges: (0..39).flat_map(|n| [(item(n + 1), item(n)), (item(n + 1), item(n / 2))]).collect(),
        symptom: Symptom { ci: item(39), metric: Some("latency".into()) },
        at: Timestamp::from_secs(597 * 300),
        ..Default::default()
    };
    c.bench_function("rank_causes/40_items_600_points", |b| {
        b.iter(|| rank_causes(black_box(&query)).unwrap())
    });
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = correlator, causes);
criterion_main!(benches);
