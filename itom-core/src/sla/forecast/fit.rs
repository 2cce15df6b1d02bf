//! From a history to a model: rounds of effects, regression and calibration.
//!
//! What is not decided yet is not left out — those that are decided early are the quick ones — but
//! counts as what is expected of it. In the first round that is the product-limit estimate: of the
//! work that was open as long, the share that breached; it is what makes Kaplan and Meier's curve
//! agree with itself (Efron 1967). In each later round it is the model's own forecast for it as it
//! stands, in which it has no part. Three rounds are enough.
//!
//! Calibration (Platt 1999): the log-odds, from the effects of the other folds, are fitted once
//! more with one slope that may change along the target and a level at each landmark.

use super::base::Base;
use super::definition::BreachForecastDefinition;
use super::design::{Design, Evidence};
use super::history::Case;
use super::logistic::{Ridge, Rows, fit, predict, sigmoid};
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

/// Rows of the design with what is said about them.
struct Fit<'a> {
    cases: &'a [Case],
    definition: &'a BreachForecastDefinition,
    at: Timestamp,
    design: Design,
    weight: Vec<f64>,
    /// Effects given to the rows, a row after another.
    given: Vec<f64>,
    /// Log-odds of the rows after calibration.
    eta: Vec<f64>,
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
    let mut fit = Fit { cases, definition, at, design, weight, given, eta: vec![0.0; rows] };
    let mut labels = first_labels(cases, &fades);
    for _ in 1..ROUNDS {
        fit.round(&labels);
        fit.relabel(&mut labels);
    }
    let (base, effects) = fit.round(&labels);
    let curves = fit.curves();
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

impl Fit<'_> {
    /// One round; returns the calibrated base by landmark and the effects of each field.
    fn round(&mut self, labels: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let landmarks = self.definition.landmarks.len();
        let fields = self.design.fields.len();
        let label: Vec<f64> = self.design.case.iter().map(|&case| labels[case as usize]).collect();
        let (opened, landmark) = (
            |row: usize| self.cases[self.design.case[row] as usize].opened,
            |row: usize| usize::from(self.design.landmark[row]),
        );
        let rows = 0..label.len();
        let base = Base::estimate(
            landmarks,
            self.definition.base_half_life.as_nanos(),
            self.at.as_nanos(),
            rows.clone().map(|row| (opened(row), landmark(row), label[row])),
        );
        let offset: Vec<f64> =
            rows.clone().map(|row| base.around(opened(row), landmark(row))).collect();
        let expected: Vec<f64> = offset.iter().map(|&eta| sigmoid(eta)).collect();
        let rows_a_case = label.len() as f64 / self.cases.len() as f64;
        let evidence = Evidence {
            label: &label,
            weight: &self.weight,
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
            weight: &self.weight,
        };
        let start = vec![0.0; 2 * fields + landmarks];
        let ridge = Ridge { weights: RIDGE, levels: RIDGE_LEVEL, towards: &start };
        let found = fit(&rows, &ridge);
        let mut eta = vec![0.0; label.len()];
        predict(&rows, &found, &mut eta);
        let (slope, level) = self.calibrate(&eta, &label, &shift);
        let mut calibrated = Vec::with_capacity(landmarks);
        for at in 0..landmarks {
            let uncalibrated = base.now(at) + found[2 * fields + at];
            calibrated.push(level[at] + slope[at] * uncalibrated);
        }
        for (field, effects) in effects.iter_mut().enumerate() {
            for (cell, effect) in effects.iter_mut().enumerate() {
                let at = cell % landmarks;
                *effect *= slope[at] * (found[field] + shift[at] * found[fields + field]);
            }
        }
        for (row, eta) in eta.iter().enumerate() {
            let at = usize::from(self.design.landmark[row]);
            self.eta[row] = level[at] + slope[at] * eta;
        }
        (calibrated, effects)
    }

    /// Slope and level of the calibration at each landmark.
    fn calibrate(&self, eta: &[f64], label: &[f64], shift: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let rows = Rows {
            fields: 1,
            x: eta,
            ends: &self.design.ends,
            shift,
            offset: &vec![0.0; eta.len()],
            label,
            weight: &self.weight,
        };
        let mut identity = vec![0.0; 2 + shift.len()];
        identity[0] = 1.0;
        let ridge = Ridge { weights: RIDGE, levels: RIDGE_LEVEL, towards: &identity };
        let found = fit(&rows, &ridge);
        // Never upside down: more risk before calibration is not less after it.
        let slope = shift.iter().map(|shift| (found[0] + shift * found[1]).max(0.05)).collect();
        (slope, found[2..].to_vec())
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
    fn curves(&self) -> Vec<Vec<Curve>> {
        let mut start = 0;
        let mut curves = Vec::with_capacity(self.design.ends.len());
        for &end in &self.design.ends {
            let mut bands = vec![Vec::new(); BANDS.len() + 1];
            for row in start..end {
                let case = &self.cases[self.design.case[row] as usize];
                let spell = Spell { share: case.used, ended: case.ended, weight: self.weight[row] };
                bands[band(sigmoid(self.eta[row]))].push(spell);
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
