//! Health of 100,000 hosts on which applications of 500 services run: a full report, and what a
//! monitor does for one change.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::cmdb::{
    Change, Cmdb, HealthDefinition, HealthMonitor, ModelDefinition, PutItem, PutRelation,
    Transaction,
};

const HOSTS: usize = 50_000;
const SERVICES: usize = 500;

fn model() -> ModelDefinition {
    let json = r#"{
        "classes": {
            "thing": {"abstract": true, "attributes": {
                "owner": {"type": "string", "recommended": true}, "site": {"type": "string"}}},
            "service": {"extends": "thing"},
            "application": {"extends": "thing"},
            "host": {"extends": "thing", "attributes": {
                "serial": {"type": "string", "required": true}, "os": {"type": "string"},
                "cores": {"type": "int"}}, "identification": [{"attributes": ["serial"]}]}
        },
        "relations": {"depends_on": {}, "runs_on": {"targets_per_source": {"min": 1}, "ends": [{"source": "application"}]}}
    }"#;
    serde_json::from_str(json).expect("a model")
}

fn definition() -> HealthDefinition {
    let json = r#"{"classes": {"host": {"recommended": ["os"]}},
        "rules": [{"name": "supported", "class": "host", "condition": "os ~ \"Debian*\" and cores >= 2"}]}"#;
    serde_json::from_str(json).expect("a definition")
}

fn host(n: usize, os: &str) -> Change {
    let host = PutItem::new(&format!("host-{n}"), "host");
    let host = host.with("serial", format!("SN{n:08}").as_str()).with("os", os);
    let host =
        host.with("cores", (n % 64) as i64).with("site", format!("site-{}", n % 40).as_str());
    Change::PutItem(host.with("owner", format!("team-{}", n % 300).as_str()))
}

fn estate() -> Cmdb {
    let mut changes = Vec::new();
    for n in 0..SERVICES {
        changes.push(Change::PutItem(PutItem::new(&format!("service-{n}"), "service")));
    }
    for n in 0..HOSTS {
        let (application, name) = (format!("app-{n}"), format!("host-{n}"));
        changes.push(host(n, if n % 10 == 0 { "SunOS" } else { "Debian 12" }));
        changes.push(Change::PutItem(PutItem::new(&application, "application")));
        let service = format!("service-{}", n % SERVICES);
        changes.push(Change::PutRelation(PutRelation::new(&service, "depends_on", &application)));
        changes.push(Change::PutRelation(PutRelation::new(&application, "runs_on", &name)));
    }
    let mut db = Cmdb::new(model()).expect("the model is well formed");
    db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).expect("changes that fit");
    db
}

fn full(c: &mut Criterion) {
    let (db, definition) = (estate(), definition());
    let view = db.at(None, None);
    let mut group = c.benchmark_group("cmdb_health/full");
    group.sample_size(10).throughput(Throughput::Elements(view.len() as u64));
    group.bench_function("100k", |b| {
        b.iter(|| black_box(view.health(&definition, None)).expect("a report"));
    });
    group.finish();
}

fn monitor(c: &mut Criterion) {
    const BATCH: usize = 10_000;
    let mut db = estate();
    let mut monitor = HealthMonitor::new(definition(), &mut db).expect("a monitor");
    monitor.report(&db, None).expect("a report");
    let mut second = 1;
    let mut change = |db: &mut Cmdb, count: usize| {
        let changes: Vec<Change> =
            (0..count).map(|n| host((n * 7 + second as usize) % HOSTS, "Debian 13")).collect();
        db.apply(&changes, Transaction::at(Timestamp::from_secs(second))).expect("hosts");
        second += 1;
    };
    let mut group = c.benchmark_group("cmdb_health/monitor");
    group.sample_size(10).throughput(Throughput::Elements(BATCH as u64));
    // The database is in two closures of which but one runs at a time.
    let db = std::cell::RefCell::new(db);
    group.bench_function("update", |b| {
        b.iter_batched(
            || change(&mut db.borrow_mut(), BATCH),
            |()| monitor.update(&db.borrow()).expect("the same database"),
            BatchSize::PerIteration,
        );
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("report", |b| {
        b.iter(|| black_box(monitor.report(&db.borrow(), None)).expect("a report"));
    });
    group.finish();
}

criterion_group!(benches, full, monitor);
criterion_main!(benches);
