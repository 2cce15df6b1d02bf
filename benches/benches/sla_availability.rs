//! Availability: a union of a million outages, and ten thousand nodes that share what they need.

#[path = "../../itom-core/tests/sla/estate.rs"]
mod estate;
#[allow(dead_code)]
#[path = "../../itom-core/tests/sla/families.rs"]
mod families;
#[path = "../../itom-core/tests/sla/random.rs"]
mod random;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use estate::{Estate, estate};
use families::{Asked, Drawn, Family, draw};
use itom_core::Timestamp;
use itom_core::sla::{
    AvailabilityOptions, DependencyGraph, Outage, Sided, SimulationOptions, clopper_pearson,
};

const SECOND: i64 = 1_000_000_000;

/// A million outages of up to an hour in ten years, in no order.
fn outages() -> Vec<Outage> {
    let mut state = 1u64;
    let mut next = |end: i64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % end
    };
    (0..1_000_000)
        .map(|_| {
            let from = next(315_360_000) * SECOND;
            let until = from + next(3600) * SECOND;
            (Timestamp::from_nanos(from), Some(Timestamp::from_nanos(until)))
        })
        .collect()
}

fn measured(c: &mut Criterion) {
    let mut group = c.benchmark_group("availability");
    let outages = outages();
    let period = (Timestamp::from_secs(0), Timestamp::from_secs(315_360_000));
    group.throughput(Throughput::Elements(outages.len() as u64));
    group.bench_function("union_1m_outages", |b| {
        let options = AvailabilityOptions::default();
        b.iter(|| options.measure_plain(period, black_box(&outages)).unwrap());
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("clopper_pearson_of_10^12", |b| {
        let good = 999_999_990_000;
        b.iter(|| clopper_pearson(black_box(good), 1_000_000_000_000, 0.95, Sided::Two).unwrap());
    });
    group.finish();
}

fn modelled(c: &mut Criterion) {
    let mut group = c.benchmark_group("dependency_graph");
    group.sample_size(10);
    let definition = estate(Estate::large(1));
    group.bench_function("10k_nodes_bounds", |b| {
        b.iter(|| {
            let graph = DependencyGraph::new(black_box(definition.clone())).unwrap();
            let result = graph.availability().unwrap();
            assert!(result.upper - result.lower < 1e-6);
            result
        });
    });
    let graph = DependencyGraph::new(definition).unwrap();
    group.bench_function("10k_nodes_100k_samples", |b| {
        b.iter(|| graph.simulate(black_box(SimulationOptions::default())).unwrap());
    });
    group.finish();
}

/// Ten thousand nodes that share what they need in ways that no tree has.
fn entangled(c: &mut Criterion) {
    let mut group = c.benchmark_group("dependency_graph_10k");
    group.sample_size(10);
    let scattered = estate(Estate { scattered: true, ..Estate::large(1) });
    let mut graphs = vec![("estate_scattered".to_owned(), scattered)];
    for (name, family, asked, nines) in [
        ("layers_of_100", Family::Layers(100), Asked::Ends, (3.0, 5.0)),
        ("any_earlier_node", Family::Window(10_000), Asked::Ends, (3.0, 5.0)),
        ("small_world", Family::SmallWorld, Asked::Ends, (3.0, 5.0)),
        ("hubs", Family::Hubs, Asked::Ends, (3.0, 5.0)),
        ("chains", Family::Chains, Asked::Ends, (3.0, 5.0)),
        ("tree", Family::Tree, Asked::One, (3.0, 5.0)),
        ("quorums", Family::Quorums, Asked::Ends, (3.0, 5.0)),
        ("two_of_three_earlier", Family::Deep, Asked::Ends, (3.0, 5.0)),
        ("narrow", Family::Window(10), Asked::One, (2.0, 5.0)),
    ] {
        let drawn = Drawn { family, asked, nodes: 10_000, nines, seed: 1 };
        graphs.push((name.to_owned(), draw(drawn)));
    }
    for (name, definition) in graphs {
        group.bench_function(name, |b| {
            b.iter(|| {
                let graph = DependencyGraph::new(black_box(definition.clone())).unwrap();
                let result = graph.availability().unwrap();
                assert!(result.width < 1e-6);
                result
            });
        });
    }
    group.finish();
}

criterion_group!(benches, measured, modelled, entangled);
criterion_main!(benches);
