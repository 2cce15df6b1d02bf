//! Alarms a second through `learn_dependencies` and into a `DependencyLearner`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::event::{
    DependencyDefinition, DependencyLearner, DependencyQuery, learn_dependencies,
};

const ITEMS: u64 = 500;
const KINDS: u64 = 25;

/// xorshift64*: every run measures the same history.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

/// Cascades down a tree of items: half of all alarms are followed by one of the next type, on the
/// same item or a child of it. Each repeats twice.
fn history(alarms: u64) -> DependencyQuery {
    let mut random = Random(17);
    let mut query = DependencyQuery::default();
    for item in 1..ITEMS {
        query.links.push((format!("item-{item}"), format!("item-{}", (item - 1) / 3)));
    }
    let (mut kind, mut item, mut second) = (0, 0, 0);
    for n in 0..alarms / 3 {
        if n % 2 == 0 {
            (kind, item, second) =
                (random.below(KINDS), random.below(ITEMS), random.below(30 * 86_400));
        } else {
            kind = (kind + 1) % KINDS;
            item = (item * (1 + 2 * random.below(2)) + random.below(2)) % ITEMS;
            second += 1 + random.below(200);
        }
        for repeat in 0..3 {
            query.types.push(format!("type-{kind}"));
            query.items.push(format!("item-{item}"));
            query.times.push(Timestamp::from_secs((second + repeat * 30) as i64));
        }
    }
    query
}

fn dependencies(c: &mut Criterion) {
    let mut group = c.benchmark_group("event/dependency");
    group.sample_size(10);
    for (name, alarms) in [("60k alarms", 60_000), ("1M alarms", 1_000_000)] {
        let query = history(alarms);
        group.throughput(Throughput::Elements(query.types.len() as u64));
        group.bench_function(format!("learn/{name}"), |b| {
            b.iter(|| learn_dependencies(black_box(&query)).unwrap());
        });
    }
    let query = history(60_000);
    group.throughput(Throughput::Elements(query.types.len() as u64));
    group.bench_function("add/60k alarms", |b| {
        b.iter(|| {
            let mut learner = DependencyLearner::new(DependencyDefinition::default()).unwrap();
            learner.add(&query.types, &query.items, &query.times).unwrap();
            learner.runs()
        });
    });
    group.finish();
}

criterion_group!(benches, dependencies);
criterion_main!(benches);
