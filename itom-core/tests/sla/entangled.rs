//! Graphs in which everything shares everything: what is promised of bounds, family by family.

use std::collections::BTreeMap;

use itom_core::sla::{
    CompositeMethod, DependencyExpression, DependencyGate, DependencyGraph,
    DependencyGraphDefinition, Precision,
};

use super::estate::{Estate, estate};
use super::families::{Asked, Drawn, Family, draw};

const FAMILIES: [Family; 9] = [
    Family::Layers(4),
    Family::Window(5),
    Family::SmallWorld,
    Family::Hubs,
    Family::Chains,
    Family::Tree,
    Family::Quorums,
    Family::Deep,
    Family::DeepPairs,
];
const ASKED: [Asked; 3] = [Asked::One, Asked::Tenth, Asked::Ends];

/// A gate over nodes by number.
type Gate = (u64, Vec<usize>);

/// What a node needs, or the service; all the families write one gate over gates over nodes.
fn gates(expression: &DependencyExpression, place: &BTreeMap<&str, usize>) -> Vec<Gate> {
    let number = |part: &DependencyExpression| match part {
        DependencyExpression::Node(name) => place[name.as_str()],
        DependencyExpression::Gate(_) => panic!("a gate in a gate"),
    };
    match expression {
        DependencyExpression::Gate(DependencyGate::AllOf(of)) => {
            of.iter().flat_map(|part| gates(part, place)).collect()
        }
        DependencyExpression::Gate(DependencyGate::KOfN(gate)) => {
            vec![(gate.k, gate.of.iter().map(number).collect())]
        }
        other => panic!("{other:?}"),
    }
}

/// The chance of being down over all states.
fn enumerate(definition: &DependencyGraphDefinition) -> f64 {
    let place: BTreeMap<&str, usize> =
        definition.nodes.keys().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let needs: Vec<Vec<Gate>> = definition
        .nodes
        .values()
        .map(|node| node.requires.as_ref().map_or(Vec::new(), |needs| gates(needs, &place)))
        .collect();
    let service = gates(&definition.service, &place);
    let own: Vec<f64> =
        definition.nodes.values().map(|node| node.availability.unwrap().to_f64()).collect();
    let holds = |gates: &[Gate], up: u32| {
        gates
            .iter()
            .all(|(k, of)| of.iter().filter(|&&node| up >> node & 1 == 1).count() as u64 >= *k)
    };
    let mut down = 0.0;
    for state in 0..1u32 << own.len() {
        // Nodes need only what comes after them.
        let up = (0..own.len()).rev().fold(0u32, |up, node| {
            let is_up = state >> node & 1 == 1 && holds(&needs[node], up);
            up | u32::from(is_up) << node
        });
        if !holds(&service, up) {
            let chance =
                |node: usize| if state >> node & 1 == 1 { own[node] } else { 1.0 - own[node] };
            down += (0..own.len()).map(chance).product::<f64>();
        }
    }
    down
}

#[test]
fn small_graphs_of_every_family_are_exact_and_rough_bounds_hold() {
    let mut graphs = 0;
    for seed in 0..30u64 {
        for family in FAMILIES {
            for asked in ASKED {
                let nodes = 4 + (seed as usize * 5 + graphs) % 8;
                let nines = if seed % 2 == 0 { (0.1, 2.0) } else { (1.0, 5.0) };
                let definition = draw(Drawn { family, asked, nodes, nines, seed });
                let down = enumerate(&definition);
                let graph = DependencyGraph::new(definition).unwrap();
                let exact = graph.availability().unwrap();
                assert_eq!(exact.method, CompositeMethod::Exact);
                assert!((exact.unavailability - down).abs() < 1e-12, "{family:?} {asked:?} {seed}");
                assert_eq!(exact.width, 0.0);
                for work in [8, 40, 200, 1000] {
                    let rough =
                        graph.availability_within(Precision { tolerance: 0.0, work }).unwrap();
                    let name =
                        format!("{family:?} {asked:?} of {nodes}, {seed}, {work}: {rough:?}");
                    assert!(rough.lower <= 1.0 - down + 1e-12, "{name} for {down}");
                    assert!(rough.upper >= 1.0 - down - 1e-12, "{name} for {down}");
                    assert!((rough.width - (rough.upper - rough.lower)).abs() < 1e-12, "{name}");
                }
                graphs += 1;
            }
        }
    }
    assert_eq!(graphs, 810);
}

#[test]
fn twenty_nodes_of_every_family_against_a_million_states() {
    for (seed, family) in (0..).zip(FAMILIES) {
        let drawn = Drawn { family, asked: Asked::Ends, nodes: 18, nines: (0.5, 3.0), seed };
        let largest = if family == Family::DeepPairs { 20 } else { 18 };
        let definition = draw(Drawn { nodes: largest, ..drawn });
        let down = enumerate(&definition);
        let result = DependencyGraph::new(definition).unwrap().availability().unwrap();
        assert_eq!(result.method, CompositeMethod::Exact, "{family:?}");
        assert!((result.unavailability - down).abs() < 1e-12, "{family:?}: {result:?}, {down}");
    }
}

/// Graphs that are exact with the usual work, asked with less.
#[test]
fn bounds_contain_what_the_diagram_finds() {
    let (mut compared, mut from_cuts) = (0, 0);
    for seed in 0..4 {
        for family in FAMILIES {
            for asked in ASKED {
                let drawn = Drawn { family, asked, nodes: 40, nines: (1.0, 4.0), seed };
                let graph = DependencyGraph::new(draw(drawn)).unwrap();
                let exact = graph.availability().unwrap();
                if exact.method != CompositeMethod::Exact {
                    continue;
                }
                compared += 1;
                for work in [100, 500, 2_000, 8_000] {
                    let rough =
                        graph.availability_within(Precision { tolerance: 0.0, work }).unwrap();
                    assert!(rough.lower <= exact.ratio + 1e-12, "{drawn:?} {rough:?} {exact:?}");
                    assert!(rough.upper >= exact.ratio - 1e-12, "{drawn:?} {rough:?} {exact:?}");
                    from_cuts += u64::from(rough.cut_sets > 0);
                }
            }
        }
    }
    assert!(compared > 60, "{compared} closed");
    assert!(from_cuts > 5, "{from_cuts} bounds from cut sets");
}

/// Ten thousand nodes that are narrow are exact; with less work they are bounded by cut sets.
#[test]
fn what_is_long_and_narrow_is_exact_and_within_bounds() {
    let mut from_cuts = 0;
    for (family, nines) in [(Family::Window(10), (4.0, 4.0)), (Family::Window(6), (3.0, 5.0))] {
        let drawn = Drawn { family, asked: Asked::One, nodes: 10_000, nines, seed: 1 };
        let graph = DependencyGraph::new(draw(drawn)).unwrap();
        let exact = graph.availability().unwrap();
        assert_eq!((exact.method, exact.width), (CompositeMethod::Exact, 0.0), "{drawn:?}");
        for work in [50_000, 100_000, 200_000, 400_000] {
            let rough = graph.availability_within(Precision { tolerance: 1e-9, work }).unwrap();
            assert!(
                rough.lower <= exact.ratio && exact.ratio <= rough.upper,
                "{rough:?} {exact:?}"
            );
            from_cuts += u64::from(rough.cut_sets > 0);
        }
    }
    assert!(from_cuts > 0, "bounds from cut sets");
}

#[test]
fn ten_thousand_entangled_nodes_are_bounded_within_a_millionth() {
    let scattered = estate(Estate { scattered: true, ..Estate::large(1) });
    let mut graphs = vec![("estate".to_owned(), scattered)];
    for (family, asked, nines) in [
        (Family::Layers(10), Asked::Ends, (3.0, 3.0)),
        (Family::Layers(100), Asked::One, (3.0, 3.0)),
        (Family::Layers(1000), Asked::Ends, (2.0, 5.0)),
        (Family::Window(100), Asked::Ends, (3.0, 5.0)),
        (Family::Window(10_000), Asked::One, (2.0, 2.0)),
        (Family::SmallWorld, Asked::Ends, (3.0, 3.0)),
        (Family::Hubs, Asked::Tenth, (2.0, 5.0)),
        (Family::Chains, Asked::One, (2.0, 5.0)),
        (Family::Tree, Asked::One, (4.0, 4.0)),
        (Family::Quorums, Asked::Ends, (2.0, 5.0)),
        (Family::Deep, Asked::Ends, (4.0, 4.0)),
        (Family::DeepPairs, Asked::One, (3.0, 5.0)),
    ] {
        let drawn = Drawn { family, asked, nodes: 10_000, nines, seed: 1 };
        graphs.push((format!("{drawn:?}"), draw(drawn)));
    }
    for (name, definition) in graphs {
        let graph = DependencyGraph::new(definition).unwrap();
        let result = graph.availability().unwrap();
        assert!(result.width < 1e-6 && result.upper - result.lower < 1e-6, "{name}: {result:?}");
        assert!(result.lower <= result.ratio && result.ratio <= result.upper, "{name}");
        assert!(result.unavailability > 0.0 && result.unavailability < 1.0, "{name}");
    }
}
