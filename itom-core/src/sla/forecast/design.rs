//! The history as rows to learn from: each case at each landmark it reached open, values as codes.
//!
//! This is landmarking (van Houwelingen 2007): a case that is open after 0, 5, 10 … % of its target
//! gives a row for each, with the values that held then, and never what became known later.
//!
//! A value's effect is its log-odds of breach beyond the base rate, mixed with `prior` cases at the
//! base rate (empirical Bayes, Robbins 1956; for categories of many values Micci-Barreca 2001), and
//! its effect at one landmark is mixed with its effect at all of them. The effect that a row is
//! given for fitting comes from the other folds' cases: its own outcome is not in it. Cost: one
//! counting sort of each field, then a pass a round.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::definition::{BreachForecastDefinition, IDLE};
use super::history::{Case, FOLDS, groups, numbers};
use super::logistic::{log_odds, sigmoid};
use crate::table::Table;
use crate::{Error, Result};

/// Code of a missing cell.
const MISSING: u32 = 0;
/// Values of a field that are told apart: the most frequent ones.
const MOST_VALUES: usize = 1 << 16;

/// How cells become codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Reader {
    /// Known values, by code.
    Group(BTreeMap<String, u32>),
    /// Ascending edges; a number's code is one more than the edges at or below it.
    Number(Vec<f64>),
}

impl Reader {
    pub(super) fn values(&self) -> usize {
        match self {
            Reader::Group(codes) => codes.len() + 1,
            Reader::Number(edges) => edges.len() + 2,
        }
    }

    /// The code of a group; `None` for one that the history does not know.
    pub(super) fn group(&self, cell: Option<&str>) -> Option<u32> {
        match (self, cell) {
            (Reader::Group(codes), Some(cell)) => codes.get(cell).copied(),
            _ => Some(MISSING),
        }
    }

    pub(super) fn number(&self, value: f64) -> u32 {
        match self {
            Reader::Number(edges) if !value.is_nan() => {
                1 + edges.partition_point(|&edge| edge <= value) as u32
            }
            _ => MISSING,
        }
    }
}

/// One field of the rows.
pub(super) struct Field {
    pub name: String,
    pub reader: Reader,
    /// Rows in the order of their codes, and where each code ends.
    order: Vec<u32>,
    ends: Vec<u32>,
    /// In how many cases each value was seen.
    pub cases: Vec<u64>,
}

/// The rows, landmark by landmark.
pub(super) struct Design {
    /// Where each landmark ends.
    pub ends: Vec<usize>,
    pub landmark: Vec<u8>,
    pub case: Vec<u32>,
    pub fold: Vec<u8>,
    pub fields: Vec<Field>,
}

impl Design {
    pub(super) fn build(
        table: &Table,
        cases: &[Case],
        definition: &BreachForecastDefinition,
    ) -> Result<Design> {
        let most = cases.len().saturating_mul(definition.landmarks.len());
        if most > (u32::MAX / 2) as usize {
            return Err(Error::invalid("table", cases.len(), "fewer cases"));
        }
        let mut design = Design {
            ends: Vec::new(),
            landmark: Vec::new(),
            case: Vec::new(),
            fold: Vec::new(),
            fields: Vec::new(),
        };
        let (mut source, mut idle) = (Vec::new(), Vec::new());
        for (landmark, &share) in definition.landmarks.iter().enumerate() {
            for (at, case) in cases.iter().enumerate() {
                if landmark > 0 && case.used <= share {
                    continue;
                }
                // What is known of a clock when it starts is its first row, also where others
                // came before business time began to count.
                let known = match landmark {
                    0 => 1,
                    _ => case.rows.partition_point(|&(_, since)| since <= share).max(1),
                };
                let (row, since) = case.rows[known - 1];
                source.push(row);
                idle.push((share - since).max(0.0));
                design.landmark.push(landmark as u8);
                design.case.push(at as u32);
                design.fold.push(case.fold);
            }
            design.ends.push(source.len());
        }
        for name in &definition.groups {
            let cells = groups(table, name, "history")?;
            let reader = known_groups(source.iter().filter_map(|&row| cells[row].as_deref()));
            let code = |&row: &usize| reader.group(cells[row].as_deref()).unwrap_or(u32::MAX);
            let codes = source.iter().map(code).collect();
            design.push_field(name, reader, codes);
        }
        for name in &definition.numbers {
            let cells = numbers(table, name, "history")?;
            let values: Vec<f64> = source.iter().map(|&row| cells[row]).collect();
            design.push_number(name, &values, definition.bins);
        }
        design.push_number(IDLE, &idle, definition.bins);
        Ok(design)
    }

    fn push_number(&mut self, name: &str, values: &[f64], bins: u32) {
        let reader = Reader::Number(edges(values, bins as usize));
        let codes = values.iter().map(|&value| reader.number(value)).collect();
        self.push_field(name, reader, codes);
    }

    fn push_field(&mut self, name: &str, reader: Reader, codes: Vec<u32>) {
        let values = reader.values();
        let mut ends = vec![0_u32; values];
        for &code in &codes {
            if let Some(count) = ends.get_mut(code as usize) {
                *count += 1;
            }
        }
        let mut next = 0;
        for end in &mut ends {
            next += std::mem::replace(end, next);
        }
        let mut order = vec![0_u32; next as usize];
        for (row, &code) in codes.iter().enumerate() {
            if let Some(at) = ends.get_mut(code as usize) {
                order[*at as usize] = row as u32;
                *at += 1;
            }
        }
        let mut cases = Vec::with_capacity(values);
        let mut start = 0;
        for &end in &ends {
            let own = order[start..end as usize].iter().map(|&row| self.case[row as usize]);
            cases.push(own.collect::<BTreeSet<_>>().len() as u64);
            start = end as usize;
        }
        self.fields.push(Field { name: name.to_owned(), reader, order, ends, cases });
    }

    /// The effects of a field: by value and landmark from all cases, and for every row, into
    /// `given` at `stride`, from the other folds.
    pub(super) fn effects(
        &self,
        field: usize,
        evidence: &Evidence<'_>,
        given: &mut [f64],
        stride: usize,
    ) -> Vec<f64> {
        let (own, landmarks) = (&self.fields[field], self.ends.len());
        let mut effects = vec![0.0; own.reader.values() * landmarks];
        let mut sums = vec![Sum::default(); landmarks * (FOLDS + 1)];
        let mut left_out = vec![0.0; landmarks * FOLDS];
        let mut start = 0;
        for (value, &end) in own.ends.iter().enumerate() {
            let rows = &own.order[start..end as usize];
            start = end as usize;
            if rows.is_empty() {
                continue;
            }
            sums.fill(Sum::default());
            for &row in rows {
                let row = row as usize;
                let at = usize::from(self.landmark[row]) * (FOLDS + 1);
                let weight = evidence.weight[row];
                let one = Sum {
                    breached: weight * evidence.label[row],
                    expected: weight * evidence.expected[row],
                    weight,
                };
                sums[at + usize::from(self.fold[row])].add(&one);
                sums[at + FOLDS].add(&one);
            }
            let whole = |landmark: usize| sums[landmark * (FOLDS + 1) + FOLDS];
            let out = &mut effects[value * landmarks..(value + 1) * landmarks];
            shrunk(landmarks, evidence, whole, out);
            for fold in 0..FOLDS {
                let others = |landmark: usize| {
                    let at = landmark * (FOLDS + 1);
                    sums[at + FOLDS].without(&sums[at + fold])
                };
                let out = &mut left_out[fold * landmarks..(fold + 1) * landmarks];
                shrunk(landmarks, evidence, others, out);
            }
            for &row in rows {
                let row = row as usize;
                let at = usize::from(self.fold[row]) * landmarks + usize::from(self.landmark[row]);
                given[row * stride + field] = left_out[at];
            }
        }
        effects
    }
}

/// What the rows say in a round of fitting.
pub(super) struct Evidence<'a> {
    pub label: &'a [f64],
    pub weight: &'a [f64],
    /// The base rate of each row.
    pub expected: &'a [f64],
    /// Rows at the base rate that a value is mixed with over all landmarks, and at one landmark.
    pub prior: f64,
    pub prior_at_landmark: f64,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    breached: f64,
    expected: f64,
    weight: f64,
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        self.breached += other.breached;
        self.expected += other.expected;
        self.weight += other.weight;
    }

    fn without(&self, other: &Sum) -> Sum {
        Sum {
            breached: (self.breached - other.breached).max(0.0),
            expected: (self.expected - other.expected).max(0.0),
            weight: (self.weight - other.weight).max(0.0),
        }
    }

    /// Log-odds beyond `expected` after mixing with `prior` rows at `towards` beyond it.
    fn beyond(&self, prior: f64, towards: f64) -> f64 {
        if self.weight <= 1e-9 {
            return towards;
        }
        let base = log_odds(self.expected / self.weight);
        let drawn = sigmoid(base + towards);
        log_odds((self.breached + prior * drawn) / (self.weight + prior)) - base
    }
}

fn shrunk(landmarks: usize, evidence: &Evidence<'_>, sum: impl Fn(usize) -> Sum, out: &mut [f64]) {
    let mut all = Sum::default();
    (0..landmarks).for_each(|landmark| all.add(&sum(landmark)));
    let overall = all.beyond(evidence.prior, 0.0);
    for (landmark, effect) in out.iter_mut().enumerate() {
        *effect = sum(landmark).beyond(evidence.prior_at_landmark, overall);
    }
}

/// The most frequent values, numbered in the order of their names.
fn known_groups<'a>(cells: impl Iterator<Item = &'a str>) -> Reader {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    cells.for_each(|cell| *counts.entry(cell).or_default() += 1);
    let mut kept: Vec<(&str, u64)> = counts.into_iter().collect();
    if kept.len() > MOST_VALUES {
        kept.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        kept.truncate(MOST_VALUES);
        kept.sort_unstable();
    }
    Reader::Group(kept.into_iter().zip(1..).map(|((name, _), code)| (name.into(), code)).collect())
}

/// Distinct quantiles of the numbers that are not NaN.
fn edges(values: &[f64], bins: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return Vec::new() };
    let mut edges: Vec<f64> = (1..bins).map(|bin| sorted[last * bin / bins]).collect();
    edges.dedup();
    // An edge at the least number would leave an empty bin below it.
    edges.retain(|&edge| edge > sorted[0]);
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_at_quantiles_and_missing_is_a_value() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let reader = Reader::Number(edges(&values, 4));
        assert_eq!(reader, Reader::Number(vec![24.0, 49.0, 74.0]));
        assert_eq!(reader.number(f64::NAN), MISSING);
        assert_eq!(reader.number(f64::NEG_INFINITY), 1);
        assert_eq!((reader.number(24.0), reader.number(1e300)), (2, 4));
        assert_eq!(edges(&[7.0; 50], 4), Vec::<f64>::new());
        assert_eq!(edges(&[f64::NAN], 4), Vec::<f64>::new());
    }

    #[test]
    fn few_cases_are_drawn_to_the_base_rate() {
        let few = Sum { breached: 2.0, expected: 1.0, weight: 2.0 };
        let many = Sum { breached: 200.0, expected: 100.0, weight: 200.0 };
        assert!(few.beyond(3.0, 0.0) > 0.0);
        assert!(many.beyond(3.0, 0.0) > 2.0 * few.beyond(3.0, 0.0));
        assert_eq!(Sum::default().beyond(3.0, 0.7), 0.7);
        let even = Sum { breached: 100.0, expected: 100.0, weight: 200.0 };
        assert!(even.beyond(3.0, 0.0).abs() < 1e-12);
    }
}
