//! Loading, opening a view, impact: on the layered graph of 10,000 and of 100,000 items.
//!
//! Business service → application service → application → instance → machine → host → network and
//! storage; shared by a skewed law, with redundancy groups and a few circles. Seeded, so every run
//! measures the same graph.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
use itom_core::table::{Column, Table, TextColumn};

const LAYERS: [(&str, usize); 7] = [
    ("business_service", 35),
    ("application_service", 70),
    ("application", 140),
    ("instance", 360),
    ("vm", 330),
    ("host", 60),
    ("infrastructure", 5),
];

/// xorshift64*: enough to spread edges.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % n
    }

    /// Near `centre` of `size` mostly, otherwise anywhere, rather at the front.
    fn pick(&mut self, size: usize, centre: usize) -> usize {
        if self.below(10) < 9 {
            return (centre + size + self.below(5) - 2) % size;
        }
        let share = self.below(1000) as f64 / 1000.0;
        (size as f64 * share.powi(3)) as usize
    }
}

fn tables(items: usize) -> (Table, Table, Vec<String>) {
    let mut random = Random(42);
    let layers: Vec<Vec<String>> = LAYERS
        .iter()
        .map(|(name, share)| (0..items * share / 1000).map(|n| format!("{name}-{n}")).collect())
        .collect();
    let mut ids = TextColumn::default();
    let mut classes = TextColumn::default();
    for (layer, (name, _)) in layers.iter().zip(LAYERS) {
        for id in layer {
            ids.push(Some(id));
            classes.push(Some(name));
        }
    }
    let [mut sources, mut kinds, mut targets, mut groups] = [(); 4].map(|()| TextColumn::default());
    let mut min_up = Vec::new();
    for pair in layers.windows(2) {
        for (n, source) in pair[0].iter().enumerate() {
            let centre = n * pair[1].len() / pair[0].len();
            let mut members: Vec<usize> =
                (0..1 + random.below(5)).map(|_| random.pick(pair[1].len(), centre)).collect();
            members.sort_unstable();
            members.dedup();
            let pooled = members.len() > 1 && random.below(2) == 0;
            let needed = 1 + random.below(members.len()) as i64;
            for target in members {
                sources.push(Some(source));
                kinds.push(Some("depends_on"));
                targets.push(Some(&pair[1][target]));
                groups.push(pooled.then_some("pool"));
                min_up.push(pooled.then_some(needed));
            }
        }
    }
    let items = [("id", Column::Text(ids)), ("class", Column::Text(classes))];
    let relations = [
        ("source", Column::Text(sources)),
        ("kind", Column::Text(kinds)),
        ("target", Column::Text(targets)),
        ("group", Column::Text(groups)),
        ("min_up", Column::Int(min_up)),
    ];
    let all = layers.into_iter().flatten().collect();
    (Table::new(items).unwrap(), Table::new(relations).unwrap(), all)
}

fn loaded(items: &Table, relations: &Table) -> Cmdb {
    let mut db = Cmdb::default();
    let at = Timestamp::from_secs(0);
    db.load(items, Some(relations), at, at).unwrap();
    db
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("cmdb/load");
    for size in [10_000, 100_000] {
        let (items, relations, _) = tables(size);
        group.throughput(Throughput::Elements((items.rows() + relations.rows()) as u64));
        group.sample_size(10).bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| loaded(black_box(&items), black_box(&relations)));
        });
    }
    group.finish();
}

/// A view of the past is made anew each time; the latest is kept.
fn view(c: &mut Criterion) {
    let mut group = c.benchmark_group("cmdb/view");
    for size in [10_000, 100_000] {
        let (items, relations, _) = tables(size);
        let db = loaded(&items, &relations);
        let past = Some(Timestamp::from_secs(1));
        group.sample_size(20).bench_function(BenchmarkId::new("past", size), |b| {
            b.iter(|| black_box(db.at(past, None)));
        });
    }
    group.finish();
}

fn impact(c: &mut Criterion) {
    for size in [10_000, 100_000] {
        // A throughput would stay set for what a group measures next, so each size has its own.
        let mut group = c.benchmark_group("cmdb/impact");
        let (items, relations, ids) = tables(size);
        let view = loaded(&items, &relations).at(None, None);
        let mut random = Random(7);
        let spread: Vec<&String> = (0..200).map(|_| &ids[random.below(ids.len())]).collect();
        let mut next = 0;
        group.bench_function(BenchmarkId::new("any item", size), |b| {
            b.iter(|| {
                next = (next + 1) % spread.len();
                view.impact(&[spread[next]]).unwrap().down_rows().len()
            });
        });
        let lowest = ids.last().unwrap();
        group.throughput(Throughput::Elements(
            view.impact(&[lowest]).unwrap().down_rows().len() as u64
        ));
        group.bench_function(BenchmarkId::new("infrastructure", size), |b| {
            b.iter(|| view.impact(&[lowest]).unwrap().down_rows().len());
        });
        group.finish();
    }
}

/// One transaction, and the view after it.
fn change(c: &mut Criterion) {
    let mut group = c.benchmark_group("cmdb/change");
    let (items, relations, _) = tables(100_000);
    let put = [Change::PutItem(PutItem::new("vm-7", "vm").with("zone", "eu-1"))];
    let transaction = Transaction::at(Timestamp::from_secs(1));
    group.sample_size(20);
    let mut db = loaded(&items, &relations);
    group.bench_function("apply", |b| b.iter(|| db.apply(&put, transaction.clone()).unwrap()));
    // The history has grown by every transaction above.
    let mut db = loaded(&items, &relations);
    group.bench_function("apply and view", |b| {
        b.iter(|| {
            db.apply(&put, transaction.clone()).unwrap();
            db.at(None, None)
        });
    });
    group.finish();
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = load, view, impact, change);
criterion_main!(benches);
