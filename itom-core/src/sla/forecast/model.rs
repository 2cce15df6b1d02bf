//! What is kept of the history: a table of log-odds by field, value and landmark, and curves.
//!
//! A forecast is a sum of one number a field: the weights of the regression and the calibration are
//! already in them, so that what a field contributes is read off, not estimated after the fact.

use serde::{Deserialize, Serialize};

use super::calibration::Map;
use super::definition::BreachForecastDefinition;
use super::design::Reader;
use super::logistic::{log_odds, sigmoid};
use super::survival::Curve;
use crate::Timestamp;

/// Upper ends of the bands of probability that curves are kept for; one more curve holds all.
pub(super) const BANDS: [f64; 5] = [0.05, 0.2, 0.5, 0.8, 1.0];

/// The fitted state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Model {
    pub definition: BreachForecastDefinition,
    pub at: Timestamp,
    /// Log-odds at each landmark where every field is at its average.
    pub base: Vec<f64>,
    pub fields: Vec<FittedField>,
    /// A curve for each landmark and band of [`BANDS`], the last for all; shares of the target.
    pub curves: Vec<Vec<Curve>>,
    /// How log-odds are corrected at each landmark; none in a snapshot of version 1.
    #[serde(default)]
    pub maps: Vec<Map>,
    pub cases: u64,
    pub running: u64,
    /// Cases after the fading of old ones.
    pub weight: f64,
}

/// The groups or the numbers of the definition, in its order, then the time since the last update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FittedField {
    pub name: String,
    pub reader: Reader,
    /// Log-odds by value and landmark.
    pub effects: Vec<f64>,
    /// Cases of the history by value.
    pub cases: Vec<u64>,
}

/// Where on the target a clock stands: between which landmarks, and how far past the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub landmark: usize,
    /// Weight of the next landmark.
    pub next: f64,
    /// How far from the last landmark to the target.
    pub tail: f64,
}

impl Model {
    pub(super) fn place(&self, share: f64) -> Place {
        let landmarks = &self.definition.landmarks;
        let landmark = landmarks.partition_point(|&at| at <= share).max(1) - 1;
        let from = landmarks[landmark];
        let way = |to: f64| ((share - from) / (to - from)).clamp(0.0, 1.0);
        match landmarks.get(landmark + 1) {
            Some(&to) => Place { landmark, next: way(to), tail: 0.0 },
            None => Place { landmark, next: 0.0, tail: way(1.0) },
        }
    }

    /// The log-odds that a field of that code contributes; none for a value that is not known.
    pub(super) fn contribution(&self, field: usize, code: Option<u32>, place: Place) -> f64 {
        let Some(code) = code else { return 0.0 };
        let landmarks = self.base.len();
        let own = code as usize * landmarks;
        self.between(&self.fields[field].effects[own..own + landmarks], place)
    }

    pub(super) fn base(&self, place: Place) -> f64 {
        self.between(&self.base, place)
    }

    fn between(&self, values: &[f64], place: Place) -> f64 {
        let own = values[place.landmark];
        match values.get(place.landmark + 1) {
            Some(next) if place.next > 0.0 => own + place.next * (next - own),
            _ => own,
        }
    }

    /// Log-odds after the correction.
    pub(super) fn corrected(&self, eta: f64, place: Place) -> f64 {
        let Some(map) = self.maps.get(place.landmark) else { return eta };
        let own = map.at(eta);
        match self.maps.get(place.landmark + 1) {
            Some(next) if place.next > 0.0 => own + place.next * (next.at(eta) - own),
            _ => own,
        }
    }

    /// The probability for corrected log-odds; past the last landmark it rises to 1 at the target.
    pub(super) fn probability(&self, eta: f64, place: Place) -> f64 {
        let p = sigmoid(eta);
        sigmoid(log_odds(p + (1.0 - p) * place.tail))
    }

    /// How much of its target a clock forecast at `probability` has used when a share `ended` of
    /// such clocks has ended.
    pub(super) fn quantile(
        &self,
        probability: f64,
        place: Place,
        used: f64,
        ended: f64,
    ) -> Option<f64> {
        let curves = &self.curves[place.landmark];
        let curve = &curves[band(probability)];
        let curve = if *curve == Curve::default() { &curves[BANDS.len()] } else { curve };
        curve.quantile(used, ended)
    }

    /// Whether a restored state fits together, so that reading it cannot panic.
    pub(super) fn is_sound(&self) -> bool {
        let landmarks = self.definition.landmarks.len();
        let names = self.definition.groups.len() + self.definition.numbers.len() + 1;
        let field_is_sound = |field: &FittedField| {
            let values = field.reader.values();
            let codes_fit = match &field.reader {
                Reader::Group(codes) => codes.values().all(|&code| (code as usize) < values),
                Reader::Number(_) => true,
            };
            codes_fit
                && field.cases.len() == values
                && field.effects.len() == values * landmarks
                && field.effects.iter().all(|effect| effect.is_finite())
        };
        self.definition.check().is_ok()
            && self.base.len() == landmarks
            && self.base.iter().all(|base| base.is_finite())
            && self.fields.len() == names
            && self.fields.iter().all(field_is_sound)
            && self.curves.len() == landmarks
            && (self.maps.is_empty() || self.maps.len() == landmarks)
            && self.maps.iter().all(Map::is_sound)
            && self
                .curves
                .iter()
                .all(|bands| bands.len() == BANDS.len() + 1 && bands.iter().all(Curve::is_sound))
    }
}

/// The band of a probability.
pub(super) fn band(probability: f64) -> usize {
    BANDS.iter().position(|&end| probability < end).unwrap_or(BANDS.len() - 1)
}
