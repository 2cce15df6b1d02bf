//! Availability, measured and modelled: the shared cases, and the laws against brute force.
#![cfg(feature = "sla")]

mod estate;

use std::collections::BTreeMap;
use std::path::PathBuf;

use estate::{Estate, estate};
use itom_core::sla::{
    AvailabilityOptions, CompositeAvailability, CompositeMethod, DependencyExpression,
    DependencyGraph, DependencyGraphDefinition, Fraction, NetworkDefinition, Outage, OutageReason,
    OutageRecord, Overlap, Precision, Sided, SimulationOptions, attribution, clopper_pearson, rbd,
    reliability, two_terminal, wilson,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn cases() -> Vec<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/sla/sla_cases.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn instant(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn span(value: &Value) -> (Timestamp, Timestamp) {
    (instant(&value[0]), instant(&value[1]))
}

fn outages(value: &Value) -> Vec<Outage> {
    let outage = |pair: &Value| (instant(&pair[0]), pair[1].as_str().map(|_| instant(&pair[1])));
    value.as_array().into_iter().flatten().map(outage).collect()
}

fn seconds(duration: Duration) -> Value {
    assert_eq!(duration.as_nanos() % 1_000_000_000, 0);
    json!(duration.as_nanos() / 1_000_000_000)
}

fn text(fraction: Option<Fraction>) -> Value {
    fraction.map_or(Value::Null, |fraction| json!(fraction.to_string()))
}

/// The answer of one case in the form of its `expected`; the flag asks for an alternative.
fn answer(op: &str, input: &Value, alternative: Option<&str>) -> Value {
    let duration = |value: &Value| Duration::from_secs(value.as_i64().unwrap());
    let confidence = || input["confidence"].as_str().unwrap().parse::<f64>().unwrap();
    match op {
        "availability" => {
            let options = AvailabilityOptions {
                excluded: input["excluded"].as_array().into_iter().flatten().map(span).collect(),
                excluded_is_agreed: alternative == Some("denominator kept at 720 h"),
                at: input["eval_at"].as_str().map(|_| instant(&input["eval_at"])),
                ..AvailabilityOptions::default()
            };
            let report =
                options.measure_plain(span(&input["period"]), &outages(&input["outages"])).unwrap();
            json!({"downtime_s": seconds(report.downtime), "availability": text(report.availability)})
        }
        "mtbf" => {
            let lengths: Vec<_> =
                input["outages_s"].as_array().unwrap().iter().map(duration).collect();
            let result = reliability(duration(&input["period_s"]), &lengths, 0.95).unwrap();
            let optional = |value: Option<Duration>| value.map_or(Value::Null, seconds);
            json!({"mtrs_s": optional(result.mtrs), "mtbf_s": optional(result.mtbf),
                "mtbsi_s": optional(result.mtbsi), "availability": text(result.availability)})
        }
        "rbd" => {
            let block: DependencyExpression = serde_json::from_value(input.clone()).unwrap();
            json!({"availability": text(rbd(&block).unwrap().availability)})
        }
        "dependency_graph" => {
            let graph = DependencyGraph::from_json(&input.to_string()).unwrap();
            json!({"availability": text(graph.availability().unwrap().availability)})
        }
        "two_terminal" => {
            let network: NetworkDefinition = serde_json::from_value(
                json!({"source": "s", "target": "t", "edges": input["edges"]}),
            )
            .unwrap();
            json!({"availability": text(two_terminal(&network).unwrap().availability)})
        }
        "wilson" | "clopper_pearson" => {
            let sided = match input["sided"].as_str() {
                Some("lower") => Sided::Lower,
                Some("upper") => Sided::Upper,
                _ => Sided::Two,
            };
            let interval = if op == "wilson" { wilson } else { clopper_pearson };
            let (good, total) = (input["good"].as_u64().unwrap(), input["total"].as_u64().unwrap());
            let interval = interval(good, total, confidence(), sided).unwrap();
            json!({"lower": interval.lower, "upper": interval.upper})
        }
        "attribution" => {
            let causes: BTreeMap<String, Vec<Outage>> = input["causes"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, spans)| (name.clone(), outages(spans)))
                .collect();
            let period = input.get("period").map(span);
            let shares = attribution(&causes, period).unwrap();
            let by = |part: &dyn Fn(&itom_core::sla::CauseShare) -> Duration| -> Value {
                shares.causes.iter().map(|c| (c.cause.clone(), seconds(part(c)))).collect()
            };
            json!({"total_s": seconds(shares.total), "shared_s": seconds(shares.shared),
                "exclusive": by(&|c| c.exclusive), "first_cause": by(&|c| c.first_cause),
                "equal_split": by(&|c| c.equal_split)})
        }
        _ => panic!("{op} is not of this part"),
    }
}

/// Equal, or for decimals equal as ratios, or for floats within the digits that are published.
fn agrees(got: &Value, expected: &Value) -> bool {
    match (got, expected) {
        (Value::String(got), Value::String(expected)) => {
            got.parse::<Fraction>().unwrap() == expected.parse::<Fraction>().unwrap()
        }
        (Value::Number(got), Value::Number(expected)) => {
            (got.as_f64().unwrap() - expected.as_f64().unwrap()).abs() < 1e-8
        }
        _ => got == expected,
    }
}

#[test]
fn every_case_holds() {
    const OPS: [&str; 8] = [
        "availability",
        "mtbf",
        "rbd",
        "dependency_graph",
        "two_terminal",
        "wilson",
        "clopper_pearson",
        "attribution",
    ];
    let (mut run, mut failed) = (0, Vec::new());
    for case in cases() {
        let op = case["op"].as_str().unwrap();
        if !OPS.contains(&op) {
            continue;
        }
        run += 1;
        let got = answer(op, &case["input"], None);
        for (key, expected) in case["expected"].as_object().unwrap() {
            if !agrees(&got[key], expected) {
                failed.push(format!("{} {key}: {expected}, got {}", case["id"], got[key]));
            }
        }
    }
    assert_eq!((run, failed), (15, vec![]));
}

#[test]
fn every_alternative_holds() {
    let mut run = 0;
    for case in cases() {
        let Some(alternatives) = case["alternatives"].as_object() else { continue };
        for (name, expected) in alternatives {
            let got = match (case["op"].as_str().unwrap(), name.as_str()) {
                ("availability", name) => {
                    answer("availability", &case["input"], Some(name))["availability"].clone()
                }
                // The wrong answer is had by drawing what is shared twice: two databases.
                ("dependency_graph", "naive independent branches") => {
                    let mut input = case["input"].clone();
                    input["nodes"]["db-again"] = input["nodes"]["db"].clone();
                    input["service"]["any_of"][1]["all_of"][1] = json!("db-again");
                    answer("dependency_graph", &input, None)["availability"].clone()
                }
                _ => continue,
            };
            run += 1;
            assert!(agrees(&got, expected), "{}: {expected}, got {got}", case["id"]);
        }
    }
    assert_eq!(run, 2);
}

/// Whether an element of a definition is up in a state, from "all up" downwards.
fn brute_up(definition: &DependencyGraphDefinition, names: &[String], state: u32) -> bool {
    let failed: Vec<bool> = (0..names.len()).map(|index| state >> index & 1 == 0).collect();
    let mut up: BTreeMap<&str, bool> = names.iter().map(|name| (name.as_str(), true)).collect();
    for _ in 0..=names.len() {
        for (index, name) in names.iter().enumerate() {
            let required = definition.nodes[name].requires.as_ref();
            let holds = required.is_none_or(|required| holds(required, &up));
            let groups = definition.groups.iter().filter(|group| group.source == *name);
            let grouped = groups
                .map(|group| {
                    group.members.iter().filter(|name| up[name.as_str()]).count() as u64
                        >= group.min_up
                })
                .all(|holds| holds);
            up.insert(name, !failed[index] && holds && grouped);
        }
    }
    holds(&definition.service, &up)
}

fn holds(expression: &DependencyExpression, up: &BTreeMap<&str, bool>) -> bool {
    use itom_core::sla::DependencyGate::{AllOf, AnyOf, KOfN};
    match expression {
        DependencyExpression::Node(name) => up[name.as_str()],
        DependencyExpression::Gate(AllOf(of)) => of.iter().all(|part| holds(part, up)),
        DependencyExpression::Gate(AnyOf(of)) => of.iter().any(|part| holds(part, up)),
        DependencyExpression::Gate(KOfN(gate)) => {
            let weight = |index| gate.weights.as_ref().map_or(1, |weights| weights[index]);
            let of = gate.of.iter().enumerate().filter(|(_, part)| holds(part, up));
            of.map(|(index, _)| weight(index)).sum::<u64>() >= gate.k
        }
    }
}

/// The chance of being down, and Birnbaum's importances, over all states.
fn enumerate(definition: &DependencyGraphDefinition) -> (f64, Vec<f64>) {
    let names: Vec<String> = definition.nodes.keys().cloned().collect();
    let own: Vec<f64> =
        names.iter().map(|name| definition.nodes[name].availability.unwrap().to_f64()).collect();
    let (mut down, mut birnbaum) = (0.0, vec![0.0; names.len()]);
    for state in 0..1u32 << names.len() {
        let is_up = brute_up(definition, &names, state);
        let chance = |without: usize| -> f64 {
            let factor = |index: usize| match state >> index & 1 {
                _ if index == without => 1.0,
                1 => own[index],
                _ => 1.0 - own[index],
            };
            (0..names.len()).map(factor).product()
        };
        if !is_up {
            down += chance(usize::MAX);
        } else {
            for (index, sum) in birnbaum.iter_mut().enumerate() {
                *sum += if state >> index & 1 == 1 { chance(index) } else { -chance(index) };
            }
        }
    }
    (down, birnbaum)
}

fn expression(nodes: usize) -> impl Strategy<Value = Value> {
    let leaf = (0..nodes).prop_map(|node| json!(format!("n{node:02}")));
    leaf.prop_recursive(3, 16, 4, |inner| {
        let parts = || prop::collection::vec((inner.clone(), 1u64..4), 1..5);
        prop_oneof![
            parts()
                .prop_map(|of| json!({"all_of": of.into_iter().map(|p| p.0).collect::<Vec<_>>()})),
            parts()
                .prop_map(|of| json!({"any_of": of.into_iter().map(|p| p.0).collect::<Vec<_>>()})),
            (parts(), 0u64..100, any::<bool>()).prop_map(|(of, k, weighted)| {
                let weights: Vec<u64> = of.iter().map(|p| if weighted { p.1 } else { 1 }).collect();
                let k = 1 + k % weights.iter().sum::<u64>();
                let of: Vec<Value> = of.into_iter().map(|p| p.0).collect();
                json!({"k_of_n": {"k": k, "of": of, "weights": weights}})
            }),
        ]
    })
}

/// A graph of up to `most` nodes, circles included.
fn graph(most: usize) -> impl Strategy<Value = DependencyGraphDefinition> {
    (2..=most).prop_flat_map(|count| {
        let node = (1u32..1000, prop::option::weighted(0.6, expression(count)));
        let group = (0..count, prop::collection::vec(0..count, 1..4), 0u64..100);
        let nodes = prop::collection::vec(node, count);
        (nodes, prop::collection::vec(group, 0..count), expression(count)).prop_map(
            |(nodes, groups, service)| {
                let name = |index: usize| format!("n{index:02}");
                let nodes: serde_json::Map<String, Value> = nodes
                    .into_iter()
                    .enumerate()
                    .map(|(index, (permille, requires))| {
                        let availability = format!("{permille}/1000");
                        let mut node = json!({"availability": availability});
                        if let Some(requires) = requires {
                            node["requires"] = requires;
                        }
                        (name(index), node)
                    })
                    .collect();
                let groups: Vec<Value> = groups
                    .into_iter()
                    .map(|(source, members, need)| {
                        let need = 1 + need % members.len() as u64;
                        let members: Vec<_> = members.into_iter().map(name).collect();
                        json!({"source": name(source), "min_up": need, "members": members})
                    })
                    .collect();
                serde_json::from_value(
                    json!({"nodes": nodes, "groups": groups, "service": service}),
                )
                .unwrap()
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn small_graphs_are_exact(definition in graph(9)) {
        let (down, birnbaum) = enumerate(&definition);
        let graph = DependencyGraph::new(definition.clone()).unwrap();
        let result = graph.availability().unwrap();
        prop_assert_eq!(result.method, CompositeMethod::Exact);
        prop_assert!((result.unavailability - down).abs() < 1e-12, "{} for {down}", result.unavailability);
        prop_assert!((result.ratio - (1.0 - down)).abs() < 1e-12);
        if let Some(exact) = result.availability {
            prop_assert!((exact.to_f64() - result.ratio).abs() < 1e-14);
        }
        let importance = graph.importance(Precision::default()).unwrap();
        for (name, expected) in definition.nodes.keys().zip(birnbaum) {
            let got = importance.iter().find(|one| one.name == *name).map_or(0.0, |one| one.birnbaum);
            prop_assert!((got - expected).abs() < 1e-12, "{name}: {got} for {expected}");
        }
    }

    /// However little work is allowed, the truth lies between the bounds.
    #[test]
    fn bounds_hold_at_any_effort(definition in graph(12), work in 1u64..400) {
        let graph = DependencyGraph::new(definition).unwrap();
        let truth = graph.availability().unwrap().ratio;
        let rough = graph.availability_within(Precision { tolerance: 0.0, work }).unwrap();
        prop_assert!(rough.lower <= truth + 1e-12 && truth <= rough.upper + 1e-12,
            "{} <= {truth} <= {}", rough.lower, rough.upper);
    }

    #[test]
    fn simulations_cover_the_truth(definition in graph(10), seed in any::<u64>()) {
        let graph = DependencyGraph::new(definition).unwrap();
        let truth = graph.availability().unwrap().ratio;
        let options = SimulationOptions { samples: 2000, seed, confidence: 0.999_999 };
        let result = graph.simulate(options).unwrap();
        prop_assert!(result.lower - 1e-12 <= truth && truth <= result.upper + 1e-12, "{truth}: {result:?}");
        prop_assert_eq!(&graph.simulate(options).unwrap(), &result);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn larger_graphs_are_exact(definition in graph(13)) {
        let (down, _) = enumerate(&definition);
        let result = DependencyGraph::new(definition).unwrap().availability().unwrap();
        prop_assert_eq!(result.method, CompositeMethod::Exact);
        prop_assert!((result.unavailability - down).abs() < 1e-12);
    }
}

/// A fixed graph of twenty nodes, each needing two of its three neighbours on a ring.
#[test]
fn twenty_nodes_against_a_million_states() {
    let nodes: BTreeMap<String, Value> = (0..20)
        .map(|index| {
            let availability = format!("{}/1000", 900 + index * 4);
            (format!("n{index:02}"), json!({"availability": availability}))
        })
        .collect();
    let triples: Vec<Value> = (0..20)
        .map(|index| {
            let of: Vec<_> =
                (0..3).map(|step| format!("n{:02}", (index + 3 * step) % 20)).collect();
            json!({"k_of_n": {"k": 2, "of": of}})
        })
        .collect();
    let definition: DependencyGraphDefinition =
        serde_json::from_value(json!({"nodes": nodes, "service": {"all_of": triples}})).unwrap();
    let own: Vec<f64> = (0..20).map(|index| f64::from(900 + index * 4) / 1000.0).collect();
    let mut down = 0.0;
    for state in 0..1u32 << 20 {
        let bit = |index: usize| state >> (index % 20) & 1;
        let up = (0..20).all(|index| bit(index) + bit(index + 3) + bit(index + 6) >= 2);
        if !up {
            let factor = |index| if bit(index) == 1 { own[index] } else { 1.0 - own[index] };
            down += (0..20).map(factor).product::<f64>();
        }
    }
    let result = DependencyGraph::new(definition).unwrap().availability().unwrap();
    assert_eq!(result.method, CompositeMethod::Exact);
    assert!((result.unavailability - down).abs() < 1e-12);
}
