//! Identification and reconciliation of hosts of 14 attributes, two of which identify: items that
//! are new, seen again unchanged, and claimed by a second source that differs in one of five.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::cmdb::{Cmdb, ModelDefinition, ReconciliationRules, Transaction};
use itom_core::table::{Column, Table, TextColumn};

const HOSTS: usize = 50_000;

const TEXTS: [(&str, usize); 9] = [
    ("domain", 20),
    ("os", 12),
    ("os_version", 60),
    ("vendor", 8),
    ("model", 90),
    ("site", 40),
    ("rack", 900),
    ("owner", 300),
    ("environment", 4),
];

fn model() -> ModelDefinition {
    let mut attributes = String::new();
    for name in ["serial", "name", "address"].into_iter().chain(TEXTS.map(|(name, _)| name)) {
        attributes.push_str(&format!("\"{name}\": {{\"type\": \"string\"}}, "));
    }
    let json = format!(
        r#"{{"classes": {{"host": {{"attributes": {{{attributes}
            "cores": {{"type": "int"}}, "memory": {{"type": "int"}}}},
            "identification": [{{"attributes": ["serial"]}}, {{"attributes": ["name", "domain"]}}]}}}}}}"#
    );
    serde_json::from_str(&json).expect("a model")
}

/// The hosts as a source sees them; every fifth owner is another for `other`.
fn hosts(other: bool) -> Table {
    let text = |cell: &dyn Fn(usize) -> String| {
        let mut column = TextColumn::default();
        (0..HOSTS).for_each(|n| column.push(Some(&cell(n))));
        Column::Text(column)
    };
    let mut columns = vec![
        ("serial", text(&|n| format!("SN{:08X}", n * 2_654_435_761 % 4_294_967_296))),
        ("name", text(&|n| format!("host-{n}"))),
        ("address", text(&|n| format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255))),
        ("cores", Column::Int((0..HOSTS).map(|n| Some(1 << (n % 7))).collect())),
        ("memory", Column::Int((0..HOSTS).map(|n| Some(4 << (n % 9))).collect())),
    ];
    for (name, different) in TEXTS {
        let moved = |n: usize| usize::from(other && name == "owner" && n.is_multiple_of(5));
        columns.push((name, text(&|n| format!("{name}-{}", (n + moved(n)) % different))));
    }
    Table::new(columns).expect("columns of one length")
}

fn says(db: &mut Cmdb, source: &str, second: i64, table: &Table) -> u64 {
    let about = Transaction::at(Timestamp::from_secs(second)).source(source);
    let done = db.reconcile_table(Some("host"), table, about).expect("it is accepted");
    done.counts().inserted + done.counts().updated
}

fn empty() -> Cmdb {
    let mut db = Cmdb::new(model()).expect("a model");
    let rules = r#"{"rules": [{"sources": ["import", "scan"]}]}"#;
    let rules: ReconciliationRules = serde_json::from_str(rules).expect("rules");
    db.set_rules(rules, Transaction::at(Timestamp::from_secs(0))).expect("they hold");
    db
}

fn filled(table: &Table) -> Cmdb {
    let mut db = empty();
    says(&mut db, "scan", 1, table);
    db
}

fn reconcile(c: &mut Criterion) {
    let (scan, import) = (hosts(false), hosts(true));
    let mut group = c.benchmark_group("cmdb_reconcile");
    group.throughput(Throughput::Elements(HOSTS as u64)).sample_size(10);
    group.bench_function("new", |b| {
        let run = |mut db: Cmdb| black_box((says(&mut db, "scan", 1, &scan), db));
        b.iter_batched(empty, run, BatchSize::PerIteration);
    });
    let mut db = filled(&scan);
    let mut second = 1;
    group.bench_function("unchanged", |b| {
        b.iter(|| {
            second += 1;
            black_box(says(&mut db, "scan", second, &scan))
        });
    });
    group.bench_function("second_source", |b| {
        let run = |mut db: Cmdb| black_box((says(&mut db, "import", 2, &import), db));
        b.iter_batched(|| filled(&scan), run, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, reconcile);
criterion_main!(benches);
