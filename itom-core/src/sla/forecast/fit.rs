//! From a history to a model: rounds of effects, regression and calibration.
//!
//! What is not decided yet is not left out — those that are decided early are the quick ones — but
//! counts as what is expected of it. In the first round that is the product-limit estimate: of the
//! work that was open as long, the share that breached; it is what makes Kaplan and Meier's curve
//! agree with itself (Efron 1967). In each later round it is the model's own forecast for it as it
//! stands, in which it has no part. Three rounds are enough.
//!
//! Weights of the fields are fitted over all landmarks first, then at each landmark with a ridge
//! towards those: what tells at the opening is not what tells later. `calibration` corrects the sum.

use super::base::Base;
use super::calibration::{Map, Outcome, level};
use super::definition::BreachForecastDefinition;
use super::design::{Design, Evidence};
use super::history::Case;
use super::logistic::{Ridge, Rows, fit, fit_from, predict, sigmoid};
use super::model::{BANDS, FittedField, Model, band};
use super::survival::{Curve, Spell};
use crate::table::Table;
use crate::{Error, Result, Timestamp};

const ROUNDS: usize = 3;
/// Ridge on the weights of the fields, in rows; on their levels.
const RIDGE: f64 = 20.0;
const RIDGE_LEVEL: f64 = 20.0;
/// A band of probability has its own curve from so many rows.
const FEWEST_IN_BAND: usize = 20;
/// Shares of the target that a weight's change along it is measured from.
const CENTRE: f64 = 0.3;
/// How many half-lives before the end of what is decided the earlier moments lie.
const MOMENTS: [(i64, i64); 2] = [(1, 2), (1, 1)];
/// Cases before and after an earlier moment for which a look back is worth it.
const FEWEST_BEFORE: usize = 500;
const FEWEST_AFTER: usize = 200;
/// By how much in log-odds the level may have moved since an earlier moment for it to tell: after an
/// upheaval of the desk its errors are not the ones to come.
const CALM: f64 = 1.0;
/// Of so many cases one may still run for their time to count as decided.
const MOST_RUNNING: usize = 20;

/// Rows of the design with what is said about them.
struct Fit<'a> {
    cases: &'a [Case],
    definition: &'a BreachForecastDefinition,
    at: Timestamp,
    design: Design,
    weight: Vec<f64>,
    /// Effects given to the rows, a row after another.
    given: Vec<f64>,
    /// Log-odds of the rows.
    eta: Vec<f64>,
    /// Coefficients of the latest regression over all landmarks, to start the next one from.
    pooled: Vec<f64>,
}

/// What a round found: the log-odds at each landmark, and of each field by value and landmark.
struct Round {
    base: Vec<f64>,
    effects: Vec<Vec<f64>>,
}

/// Whether the fields' weights only move straight along the target or each landmark has its own.
#[derive(Clone, Copy, PartialEq)]
enum Weights {
    Pooled,
    OfLandmark,
}

pub(super) fn model(
    table: &Table,
    cases: &[Case],
    definition: &BreachForecastDefinition,
    at: Timestamp,
) -> Result<Model> {
    let decided = cases.iter().filter(|case| case.breached.is_some()).count();
    if decided == 0 {
        let expected = "a history with at least one case that ended or passed its target";
        return Err(Error::invalid(
            "table",
            format!("{} cases, none decided", cases.len()),
            expected,
        ));
    }
    let design = Design::build(table, cases, definition)?;
    let half_life = definition.half_life.as_nanos() as f64;
    let fades: Vec<f64> = cases
        .iter()
        .map(|case| libm::exp2(-(at.as_nanos().saturating_sub(case.opened) as f64) / half_life))
        .map(|fade| fade.max(1e-12))
        .collect();
    let weight = design.case.iter().map(|&case| fades[case as usize]).collect();
    let rows = design.case.len();
    let given = vec![0.0; rows * design.fields.len()];
    let eta = vec![0.0; rows];
    let pooled = vec![0.0; 2 * design.fields.len() + definition.landmarks.len()];
    let mut fit = Fit { cases, definition, at, design, weight, given, eta, pooled };
    let mut labels = first_labels(cases, &fades);
    for _ in 1..ROUNDS {
        fit.round(&labels, None, Weights::Pooled);
        fit.relabel(&mut labels);
    }
    let maps = fit.maps(&labels);
    let Round { base, effects } = fit.round(&labels, None, Weights::OfLandmark);
    let curves = fit.curves(&maps);
    let fields = fit.design.fields.into_iter().zip(effects);
    Ok(Model {
        definition: definition.clone(),
        at,
        base,
        fields: fields
            .map(|(field, effects)| FittedField {
                name: field.name,
                reader: field.reader,
                effects,
                cases: field.cases,
            })
            .collect(),
        curves,
        maps,
        cases: cases.len() as u64,
        running: cases.iter().filter(|case| !case.ended).count() as u64,
        weight: fades.iter().sum(),
    })
}

/// 1 and 0 for what is decided; else what was open at its target, of all that was open as long.
fn first_labels(cases: &[Case], fades: &[f64]) -> Vec<f64> {
    let spells = cases.iter().zip(fades).map(|(case, &weight)| Spell {
        share: case.used,
        ended: case.ended,
        weight,
    });
    let curve = Curve::estimate(spells.collect());
    let label = |case: &Case| match case.breached {
        Some(breached) => f64::from(u8::from(breached)),
        None => {
            let open = curve.open_after(case.used);
            if open > 0.0 { (curve.open_after(1.0) / open).min(1.0) } else { 1.0 }
        }
    };
    cases.iter().map(label).collect()
}

/// Until when what was opened is decided: the latest moment such that of the cases opened in the
/// half half-life before it no more than one in twenty still runs within its target.
fn decided_until(cases: &[Case], at: Timestamp, half_life_ns: i64) -> i64 {
    let mut opened: Vec<(i64, bool)> =
        cases.iter().map(|case| (case.opened, case.breached.is_none())).collect();
    opened.sort_unstable();
    let running = opened.iter().filter(|case| case.1).count();
    if running == 0 {
        return at.as_nanos();
    }
    let (mut first, mut running, mut found) = (0, 0, i64::MIN);
    for (seen, &(moment, runs)) in opened.iter().enumerate() {
        running += usize::from(runs);
        while opened[first].0 < moment.saturating_sub(half_life_ns / 2) {
            running -= usize::from(opened[first].1);
            first += 1;
        }
        if running * MOST_RUNNING <= seen + 1 - first {
            found = moment;
        }
    }
    found
}

/// The weights of the fields and the level at each landmark; predicts the rows on the way.
fn by_landmark(
    rows: &Rows<'_>,
    pooled: &[f64],
    weights: Weights,
    eta: &mut [f64],
) -> Vec<Vec<f64>> {
    let fields = rows.fields;
    let (mut start, mut found) = (0, Vec::with_capacity(rows.ends.len()));
    for (at, (&end, shift)) in rows.ends.iter().zip(rows.shift).enumerate() {
        let mut towards: Vec<f64> =
            (0..fields).map(|field| pooled[field] + shift * pooled[fields + field]).collect();
        towards.resize(2 * fields, 0.0);
        towards.push(pooled[2 * fields + at]);
        let own = Rows {
            fields,
            x: &rows.x[start * fields..end * fields],
            ends: &[end - start],
            shift: &[0.0],
            offset: &rows.offset[start..end],
            label: &rows.label[start..end],
            weight: &rows.weight[start..end],
        };
        let ridge = Ridge { weights: RIDGE, levels: RIDGE_LEVEL, towards: &towards };
        let mut coefficients = match weights {
            Weights::Pooled => towards,
            Weights::OfLandmark => fit(&own, &ridge),
        };
        predict(&own, &coefficients, &mut eta[start..end]);
        coefficients.drain(fields..2 * fields);
        found.push(coefficients);
        start = end;
    }
    found
}

/// Slope and level at each landmark that undo what the ridges took too much; applied to `eta`.
fn unshrunk(rows: &Rows<'_>, eta: &mut [f64]) -> (Vec<f64>, Vec<f64>) {
    let own = Rows { fields: 1, x: eta, offset: &vec![0.0; eta.len()], ..*rows };
    let mut identity = vec![0.0; 2 + rows.shift.len()];
    identity[0] = 1.0;
    let ridge = Ridge { weights: RIDGE, levels: RIDGE_LEVEL, towards: &identity };
    let found = fit(&own, &ridge);
    // Never upside down: more risk before is not less after.
    let slope: Vec<f64> =
        rows.shift.iter().map(|shift| (found[0] + shift * found[1]).max(0.05)).collect();
    let mut start = 0;
    for (at, &end) in rows.ends.iter().enumerate() {
        eta[start..end].iter_mut().for_each(|eta| *eta = found[2 + at] + slope[at] * *eta);
        start = end;
    }
    (slope, found[2..].to_vec())
}

impl Fit<'_> {
    /// One round on what was opened before `until`; the log-odds of all rows are left in `eta`.
    fn round(&mut self, labels: &[f64], until: Option<i64>, weights: Weights) -> Round {
        let landmarks = self.definition.landmarks.len();
        let fields = self.design.fields.len();
        let weight = self.weights(until);
        let label: Vec<f64> = self.design.case.iter().map(|&case| labels[case as usize]).collect();
        let (opened, landmark) = (
            |row: usize| self.cases[self.design.case[row] as usize].opened,
            |row: usize| usize::from(self.design.landmark[row]),
        );
        let rows = 0..label.len();
        let base = Base::estimate(
            landmarks,
            self.definition.base_half_life.as_nanos(),
            until.unwrap_or(self.at.as_nanos()),
            rows.clone()
                .filter(|&row| weight[row] > 0.0)
                .map(|row| (opened(row), landmark(row), label[row])),
        );
        let offset: Vec<f64> =
            rows.clone().map(|row| base.around(opened(row), landmark(row))).collect();
        let expected: Vec<f64> = offset.iter().map(|&eta| sigmoid(eta)).collect();
        let rows_a_case = label.len() as f64 / self.cases.len() as f64;
        let evidence = Evidence {
            label: &label,
            weight: &weight,
            expected: &expected,
            prior: self.definition.prior_cases * rows_a_case,
            prior_at_landmark: self.definition.prior_cases,
        };
        let mut effects: Vec<Vec<f64>> = (0..fields)
            .map(|field| self.design.effects(field, &evidence, &mut self.given, fields))
            .collect();
        let shift: Vec<f64> = self.definition.landmarks.iter().map(|at| at - CENTRE).collect();
        let rows = Rows {
            fields,
            x: &self.given,
            ends: &self.design.ends,
            shift: &shift,
            offset: &offset,
            label: &label,
            weight: &weight,
        };
        let zero = vec![0.0; 2 * fields + landmarks];
        let ridge = Ridge { weights: RIDGE, levels: RIDGE_LEVEL, towards: &zero };
        self.pooled = fit_from(&rows, &ridge, &self.pooled);
        let own = by_landmark(&rows, &self.pooled, weights, &mut self.eta);
        let (slope, level) = unshrunk(&rows, &mut self.eta);
        for (field, effects) in effects.iter_mut().enumerate() {
            for (cell, effect) in effects.iter_mut().enumerate() {
                let at = cell % landmarks;
                *effect *= slope[at] * own[at][field];
            }
        }
        let start = |at: usize| level[at] + slope[at] * (base.now(at) + own[at][fields]);
        Round { base: (0..landmarks).map(start).collect(), effects }
    }

    /// The weights of the rows, at an earlier moment none for what was opened from it on.
    fn weights(&self, until: Option<i64>) -> Vec<f64> {
        let Some(until) = until else { return self.weight.clone() };
        let ago = self.at.as_nanos().saturating_sub(until) as f64;
        let fresher = libm::exp2(ago / self.definition.half_life.as_nanos() as f64);
        let own = self.design.case.iter().zip(&self.weight);
        own.map(|(&case, weight)| match self.cases[case as usize].opened < until {
            true => (weight * fresher).min(1.0),
            false => 0.0,
        })
        .collect()
    }

    /// The map of log-odds at each landmark: the regression as of earlier moments, held against
    /// what was opened after them and is decided.
    fn maps(&mut self, labels: &[f64]) -> Vec<Map> {
        let decided = decided_until(self.cases, self.at, self.definition.half_life.as_nanos());
        let mut found: Vec<Vec<Outcome>> = vec![Vec::new(); self.definition.landmarks.len()];
        for (part, parts) in MOMENTS {
            let back = self.definition.half_life.as_nanos() / parts * part;
            let moment = decided.saturating_sub(back);
            let opened = |case: u32| self.cases[case as usize].opened;
            let after = |case: u32| (moment..decided).contains(&opened(case));
            let ahead = self.cases.iter().filter(|case| case.opened < moment).count();
            let held = self.cases.iter().filter(|c| (moment..decided).contains(&c.opened)).count();
            if ahead < FEWEST_BEFORE || held < FEWEST_AFTER {
                continue;
            }
            self.round(labels, Some(moment), Weights::OfLandmark);
            let mut start = 0;
            for (found, &end) in found.iter_mut().zip(&self.design.ends) {
                let rows = (start..end).filter(|&row| after(self.design.case[row]));
                let mut own: Vec<Outcome> = rows
                    .map(|row| Outcome {
                        log_odds: self.eta[row],
                        label: labels[self.design.case[row] as usize],
                    })
                    .collect();
                let shift = level(&mut own);
                if shift.abs() <= CALM {
                    found.extend(own);
                }
                start = end;
            }
        }
        found.iter().map(|outcomes| Map::learn(outcomes)).collect()
    }

    /// What is not decided takes the forecast of its latest row.
    fn relabel(&self, labels: &mut [f64]) {
        for (row, &case) in self.design.case.iter().enumerate() {
            // Rows go up by landmark, so the latest comes last.
            if self.cases[case as usize].breached.is_none() {
                labels[case as usize] = sigmoid(self.eta[row]);
            }
        }
    }

    /// By landmark and band of forecast: how long such work stayed open.
    fn curves(&self, maps: &[Map]) -> Vec<Vec<Curve>> {
        let mut start = 0;
        let mut curves = Vec::with_capacity(self.design.ends.len());
        for (&end, map) in self.design.ends.iter().zip(maps) {
            let mut bands = vec![Vec::new(); BANDS.len() + 1];
            for row in start..end {
                let case = &self.cases[self.design.case[row] as usize];
                let spell = Spell { share: case.used, ended: case.ended, weight: self.weight[row] };
                bands[band(sigmoid(map.at(self.eta[row])))].push(spell);
                bands[BANDS.len()].push(spell);
            }
            for spells in &mut bands[..BANDS.len()] {
                if spells.len() < FEWEST_IN_BAND {
                    spells.clear();
                }
            }
            curves.push(bands.into_iter().map(Curve::estimate).collect());
            start = end;
        }
        curves
    }
}
