//! The measures against the programs that define them, on labels and scores anyone can make again.
//!
//! The scores are `((7919 i + 31 i^2 + a) mod 401) / 401`, so no file is needed. Golden numbers are
//! those of `vus` 0.0.6 (VUS) and `prts` 1.0.0.3 (range-based precision and recall).

use itom_core::anomaly::{
    Cardinality, PositionalBias, RangeOptions, VusOptions, range_precision_recall, vus_pr, vus_roc,
};

fn labels(n: usize, runs: &[(usize, usize)]) -> Vec<bool> {
    (0..n).map(|i| runs.iter().any(|&(first, last)| (first..=last).contains(&i))).collect()
}

fn noise(i: usize, a: usize) -> f64 {
    ((i * 7919 + i * i * 31 + a) % 401) as f64 / 401.0
}

const THREE: &[(usize, usize)] = &[(50, 60), (65, 66), (300, 340)];

/// Points, runs of anomalies, a seed, a window, and the two volumes.
type Case = (usize, &'static [(usize, usize)], usize, usize, f64, f64);

#[test]
fn volumes_are_those_of_the_reference() {
    let cases: [Case; 3] = [
        (400, THREE, 0, 20, 0.43957690306764113, 0.7311046709328008),
        (1000, &[(0, 9), (500, 500), (980, 999)], 7, 101, 0.3553449451354462, 0.8809371810527039),
        (300, &[(100, 149)], 3, 0, 0.46921206241847097, 0.7155199999999997),
    ];
    for (n, runs, a, window, pr, roc) in cases {
        let labels = labels(n, runs);
        let lift = |i: usize| if labels[i] && !i.is_multiple_of(3) { 0.25 } else { 0.0 };
        let scores: Vec<f64> = (0..n).map(|i| noise(i, a) + lift(i)).collect();
        let options = VusOptions { window, ..VusOptions::default() };
        assert!((vus_pr(&labels, &scores, options).unwrap() - pr).abs() < 1e-12);
        assert!((vus_roc(&labels, &scores, options).unwrap() - roc).abs() < 1e-12);
    }
}

#[test]
fn range_scores_are_those_of_the_reference() {
    let labels = labels(400, THREE);
    let flagged: Vec<bool> =
        (0..400).map(|i| noise(i, 0) + if labels[i] { 0.45 } else { 0.0 } > 0.9).collect();
    let cases = [
        (0.0, Cardinality::One, PositionalBias::Flat, 0.40946045824094607),
        (0.3, Cardinality::Reciprocal, PositionalBias::Front, 0.2665681202266568),
        (0.5, Cardinality::One, PositionalBias::Middle, 0.5487528344671202),
        (1.0, Cardinality::Reciprocal, PositionalBias::Back, 0.6666666666666666),
        (0.25, Cardinality::Reciprocal, PositionalBias::Flat, 0.23109140182310914),
    ];
    for (existence_weight, cardinality, bias, recall) in cases {
        let options = RangeOptions { existence_weight, cardinality, bias };
        let score = range_precision_recall(&labels, &flagged, options).unwrap();
        assert!((score.recall - recall).abs() < 1e-12, "{options:?}: {score:?}");
        assert!((score.precision - 0.21818181818181817).abs() < 1e-12, "{score:?}");
    }
}
