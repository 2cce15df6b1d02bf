//! The incident room on the bundled issue: from its samples to one explained report, step by step.
//!
//! Reading the files is not measured. The reader is the example's own, so that what is timed here
//! is what a person sees there.

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::operations::{Observation, Operations, OperationsDefinition};

#[path = "../../examples/rust/petshop.rs"]
mod petshop;

use petshop::PetShop;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/petshop");

fn read() -> (PetShop, OperationsDefinition) {
    let definition = std::fs::read_to_string(Path::new(DATA).join("definition.json"))
        .expect("the bundled definition can be read");
    let petshop = PetShop::read(Path::new(DATA), "high_traffic", "train", "0")
        .expect("the bundled issue can be read");
    (petshop, OperationsDefinition::from_json(&definition).unwrap())
}

fn fed(mut operations: Operations, rows: &[Vec<Observation>], petshop: &PetShop) -> Operations {
    for row in rows {
        operations.ingest(row).unwrap();
    }
    operations.advance(petshop.end).unwrap();
    operations
}

fn incident_room(c: &mut Criterion) {
    let (petshop, definition) = read();
    let rows: Vec<Vec<Observation>> = petshop.rows().collect();
    let samples: usize = rows.iter().map(Vec::len).sum();
    let empty = || Operations::new(definition.clone(), petshop.cmdb().unwrap()).unwrap();
    let full = fed(empty(), &rows, &petshop);
    let incident = full.worst_incident(petshop.issue_start).expect("the issue has an incident");

    let mut group = c.benchmark_group("operations/ingest");
    group.sample_size(10).throughput(Throughput::Elements(samples as u64));
    group.bench_function(BenchmarkId::new("samples", samples), |b| {
        let feed = |operations| fed(operations, &rows, &petshop);
        b.iter_batched(empty, feed, BatchSize::PerIteration);
    });
    group.finish();

    let mut group = c.benchmark_group("operations");
    group.bench_function("explain all incidents", |b| {
        b.iter(|| black_box(&full).incidents().unwrap());
    });
    group.bench_function("report", |b| {
        b.iter(|| full.report(black_box(&incident), petshop.end).unwrap());
    });
    let report = full.report(&incident, petshop.end).unwrap();
    group.bench_function("report as text", |b| b.iter(|| black_box(&report).to_text(false)));
    group.bench_function("report as HTML", |b| b.iter(|| black_box(&report).to_html()));
    let bytes = full.to_bytes();
    group.bench_function("to_bytes", |b| b.iter(|| black_box(&full).to_bytes()));
    group.bench_function("from_bytes", |b| {
        b.iter(|| Operations::from_bytes(black_box(&bytes)).unwrap());
    });
    group.finish();
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = incident_room);
criterion_main!(benches);
