//! [`BreachForecast`]: fit, forecast, explain, save.

use serde::{Deserialize, Serialize};

use super::attainment::{ExpectedAttainment, attainment};
use super::definition::{BreachForecastDefinition, IDLE};
use super::fit;
use super::history::{Reading, cases, groups, numbers, readings};
use super::logistic::log_odds;
use super::model::{Model, Place};
use crate::snapshot::{self, Header};
use crate::table::Table;
use crate::{Duration, Error, Result, Timestamp};

const ENGINE: &str = "sla.forecast";
const VERSION: u16 = 2;

/// Probabilities of breach for running clocks, learnt from the history of such clocks.
///
/// # The history
/// A table with a row for each time that the values of a piece of work changed, and these columns:
///
/// | column | cells | |
/// |---|---|---|
/// | `case` | text | which piece of work |
/// | `opened` | instant, or RFC 3339 text | when its clock started |
/// | `target_s` | seconds | the business time it was promised in |
/// | `used_s` | seconds | the business time it used until it ended, or has used so far |
/// | `ended` | bool | whether it ended; if not it is running still (censored) |
/// | `since_s` | seconds | business time used when the row's values began to hold; 0 if absent |
/// | `breached` | bool | the verdict if another than `used_s` > `target_s`; read where it ended |
///
/// and the columns that the definition names. Cells of these may be missing, which is a value like
/// others. The first row of a case is taken as what was known at its opening. A clock to forecast
/// is a row of the same form: `used_s`, `target_s`, `since_s` and the fields, as of now; `case` and
/// `opened` are not read, a field without a column is an error (give one without cells where it is
/// not known), and a group that the history does not know contributes nothing.
/// [`Replay::history`](crate::sla::Replay::history) and [`Replay::running`](crate::sla::Replay::running)
/// lay out both tables from a log of record updates. `idle`, the business time since `since_s`, is a field that is always there.
///
/// # The method
/// Landmarking: each case gives a row at each landmark share of its target that it reached open,
/// with the values that held then. The log-odds of breach are a base rate, which drifts, plus one
/// term a field: its empirical-Bayes effect, by value and landmark, with a weight by ridge logistic
/// regression; then corrected by how the same regression, run as of earlier moments, did on the
/// work opened after them. Effects that a row is given are always other cases'. Between
/// landmarks log-odds are interpolated; past the last the probability rises to 1 at the target.
/// Running work of the history counts by what is expected of it, and older cases fade.
///
/// # Cost and limits
/// Fitting is linear in cases × landmarks × fields² and deterministic: no seed, and the order of
/// the rows does not matter. At most 64 fields, 32 landmarks and 65,536 values a group. A forecast is a
/// look-up and a sum a field. There is no learning from single new cases: fit again, say daily.
///
/// Terms add up, so a risk that only two fields together make is found only if they are one column.
/// Probabilities of running clocks are held within 1e-6 of 0 and 1.
///
/// ```
/// use itom_core::sla::{BreachForecast, BreachForecastDefinition};
/// use itom_core::table::{Column, Table};
/// use itom_core::Timestamp;
///
/// // Team b breaches in three of four cases, team a in one of four.
/// let n = 400_i64;
/// let names: Vec<String> = (0..n).map(|i| i.to_string()).collect();
/// let opened = |i: i64| Some(Timestamp::from_secs(i * 3_600));
/// let team = |i: i64| if i % 2 == 0 { "a" } else { "b" };
/// let used = |i: i64| Some(if (i / 2 % 4 == 0) == (i % 2 == 0) { 9_000.0 } else { 3_000.0 });
/// let history = Table::new([
///     ("case", Column::Text(names.iter().map(|name| &**name).collect())),
///     ("opened", Column::Time((0..n).map(opened).collect())),
///     ("target_s", Column::Float(vec![Some(7_200.0); 400])),
///     ("used_s", Column::Float((0..n).map(used).collect())),
///     ("ended", Column::Bool(vec![Some(true); 400])),
///     ("team", Column::Text((0..n).map(team).collect())),
/// ])?;
/// let definition = BreachForecastDefinition { groups: vec!["team".into()], ..Default::default() };
/// let forecast = BreachForecast::fit(definition, &history, Timestamp::from_secs(1_440_000))?;
///
/// let clocks = Table::new([
///     ("target_s", Column::Float(vec![Some(7_200.0); 2])),
///     ("used_s", Column::Float(vec![Some(0.0); 2])),
///     ("team", Column::Text(["a", "b"].into_iter().collect())),
/// ])?;
/// let p = forecast.probabilities(&clocks)?;
/// assert!((p[0] - 0.25).abs() < 0.05 && (p[1] - 0.75).abs() < 0.05, "{p:?}");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BreachForecast {
    model: Model,
}

/// What is expected of one clock, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Forecast {
    /// The probability that it breaches; 0 or 1 where the verdict has fallen.
    pub probability: f64,
    /// Whether the verdict has fallen: it ended or is past its target.
    pub decided: bool,
    /// The share of its target that it has used.
    pub used_share: f64,
    /// Log-odds of `probability`, held within those of 1e-6: `base` plus all contributions.
    pub log_odds: f64,
    /// The log-odds at this share of the target where every field is at its average.
    pub base: f64,
    /// What each field adds, in the order of the definition, `idle` last; none where decided.
    pub contributions: Vec<Contribution>,
    /// Business time until half of the work like it has ended; none where the history does not
    /// tell.
    pub remaining_p50: Option<Duration>,
    /// Business time until a tenth of the work like it has ended.
    pub remaining_p10: Option<Duration>,
    /// Business time until nine tenths of the work like it has ended.
    pub remaining_p90: Option<Duration>,
    /// The fewest cases of the history behind any of its fields' values: 0 where one is unknown.
    pub cases: u64,
}

/// What one field adds to a forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contribution {
    /// The field.
    pub field: String,
    /// Its value, as text; of `idle` a share of the target; none where missing.
    pub value: Option<String>,
    /// Added log-odds of breach: above 0 a risk.
    pub log_odds: f64,
    /// Cases of the history with this value, or with a number in the same bin.
    pub cases: u64,
}

/// A clock to forecast: where it stands and the codes of its fields.
struct Asked<'m> {
    reading: Reading,
    place: Place,
    model: &'m Model,
}

impl BreachForecast {
    /// Fits on a history as it was known at `at`.
    ///
    /// # Errors
    /// A definition or a table that is not as described, a case opened after `at` or whose rows
    /// contradict each other, or a history in which nothing is decided yet.
    pub fn fit(
        definition: BreachForecastDefinition,
        history: &Table,
        at: Timestamp,
    ) -> Result<BreachForecast> {
        definition.check()?;
        let cases = cases(history, at)?;
        Ok(BreachForecast { model: fit::model(history, &cases, &definition, at)? })
    }

    /// The probability of breach of each clock of a table.
    ///
    /// # Errors
    /// `used_s`, `target_s` or a field of the definition is absent, or a cell is not what its column
    /// holds.
    pub fn probabilities(&self, clocks: &Table) -> Result<Vec<f64>> {
        let mut found = Vec::with_capacity(clocks.rows());
        let readings = readings(clocks)?;
        let codes = self.codes(clocks, &readings)?;
        let fields = self.model.fields.len();
        for (row, reading) in readings.into_iter().enumerate() {
            let own = &codes[row * fields..(row + 1) * fields];
            found.push(self.asked(reading).probability(own));
        }
        Ok(found)
    }

    /// The forecast of each clock of a table, with its reasons.
    ///
    /// # Errors
    /// As [`BreachForecast::probabilities`].
    pub fn forecast(&self, clocks: &Table) -> Result<Vec<Forecast>> {
        let readings = readings(clocks)?;
        let codes = self.codes(clocks, &readings)?;
        let values = self.values(clocks, &readings)?;
        let fields = self.model.fields.len();
        let rows = readings.into_iter().enumerate();
        Ok(rows
            .map(|(row, reading)| {
                let own = &codes[row * fields..(row + 1) * fields];
                self.asked(reading).forecast(own, |field| values[field][row].clone())
            })
            .collect())
    }

    /// The attainment to expect of the clocks of a table once all have ended, with an interval that
    /// holds it with probability `confidence`. Finished clocks count as they ended.
    ///
    /// # Errors
    /// As [`BreachForecast::probabilities`], no clocks, or a confidence outside (0, 1).
    pub fn expected_attainment(
        &self,
        clocks: &Table,
        confidence: f64,
    ) -> Result<ExpectedAttainment> {
        let probabilities = self.probabilities(clocks)?;
        let decided = readings(clocks)?.iter().map(|reading| reading.breached.is_some()).collect();
        attainment(&probabilities, decided, confidence)
    }

    /// What it was fitted with.
    pub fn definition(&self) -> &BreachForecastDefinition {
        &self.model.definition
    }

    /// Until when the history was known.
    pub fn fitted_at(&self) -> Timestamp {
        self.model.at
    }

    /// How many cases it was fitted on.
    pub fn cases(&self) -> u64 {
        self.model.cases
    }

    /// The number of cases after the fading of old ones: how much recent history stands behind the
    /// forecasts.
    pub fn effective_cases(&self) -> f64 {
        self.model.weight
    }

    /// The model as versioned, checksummed bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let definition = serde_json::to_vec(&self.model.definition);
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: snapshot::stable_hash(&definition.unwrap_or_default()),
            watermark: Some(self.model.at),
        };
        snapshot::seal(&header, &self.model)
    }

    /// A model from its bytes; it forecasts the same, bit for bit.
    ///
    /// # Errors
    /// Bytes that are cut, damaged, of another engine or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<BreachForecast> {
        let (_, model): (_, Model) = snapshot::open(bytes, ENGINE, VERSION)?;
        if !model.is_sound() {
            return Err(Error::corrupt("snapshot of sla.forecast", "its parts do not fit"));
        }
        Ok(BreachForecast { model })
    }

    fn asked(&self, reading: Reading) -> Asked<'_> {
        Asked { reading, place: self.model.place(reading.used), model: &self.model }
    }

    /// The codes of all fields, a row after another.
    fn codes(&self, clocks: &Table, readings: &[Reading]) -> Result<Vec<Option<u32>>> {
        let (fields, definition) = (&self.model.fields, &self.model.definition);
        let mut codes = vec![None; readings.len() * fields.len()];
        for (at, field) in fields.iter().enumerate() {
            let out = codes.iter_mut().skip(at).step_by(fields.len());
            if at < definition.groups.len() {
                let cells = groups(clocks, &field.name, "clocks")?;
                let found = cells.iter().map(|cell| field.reader.group(cell.as_deref()));
                out.zip(found).for_each(|(out, code)| *out = code);
            } else if field.name == IDLE {
                let found = readings.iter().map(|r| field.reader.number(r.used - r.since));
                out.zip(found).for_each(|(out, code)| *out = Some(code));
            } else {
                let cells = numbers(clocks, &field.name, "clocks")?;
                let found = cells.iter().map(|&value| field.reader.number(value));
                out.zip(found).for_each(|(out, code)| *out = Some(code));
            }
        }
        Ok(codes)
    }

    /// The values of all fields as text, for explanations.
    fn values(&self, clocks: &Table, readings: &[Reading]) -> Result<Vec<Vec<Option<String>>>> {
        let number = |value: f64| (!value.is_nan()).then(|| value.to_string());
        let values = self.model.fields.iter().enumerate().map(|(at, field)| {
            if at < self.model.definition.groups.len() {
                let cells = groups(clocks, &field.name, "clocks")?;
                return Ok(cells.into_iter().map(|cell| cell.map(|c| c.into_owned())).collect());
            }
            if field.name == IDLE {
                return Ok(readings.iter().map(|r| number(r.used - r.since)).collect());
            }
            Ok(numbers(clocks, &field.name, "clocks")?.into_iter().map(number).collect())
        });
        values.collect()
    }
}

impl Asked<'_> {
    fn probability(&self, codes: &[Option<u32>]) -> f64 {
        match self.reading.breached {
            Some(breached) => f64::from(u8::from(breached)),
            None => {
                let eta = self.model.corrected(self.log_odds(codes), self.place);
                self.model.probability(eta, self.place)
            }
        }
    }

    /// Before the correction.
    fn log_odds(&self, codes: &[Option<u32>]) -> f64 {
        let terms = codes.iter().enumerate();
        let sum: f64 =
            terms.map(|(field, &code)| self.model.contribution(field, code, self.place)).sum();
        self.model.base(self.place) + sum
    }

    /// By how much the correction stretches what all fields contribute together.
    fn stretch(&self, codes: &[Option<u32>]) -> f64 {
        let (base, all) = (self.model.base(self.place), self.log_odds(codes));
        let corrected = |eta| self.model.corrected(eta, self.place);
        if (all - base).abs() < 1e-9 {
            1.0
        } else {
            (corrected(all) - corrected(base)) / (all - base)
        }
    }

    fn forecast(&self, codes: &[Option<u32>], value: impl Fn(usize) -> Option<String>) -> Forecast {
        let probability = self.probability(codes);
        let decided = self.reading.breached.is_some();
        let mut contributions = Vec::new();
        if !decided {
            let stretch = self.stretch(codes);
            for (field, &code) in codes.iter().enumerate() {
                let known = &self.model.fields[field];
                contributions.push(Contribution {
                    field: known.name.clone(),
                    value: value(field),
                    log_odds: stretch * self.model.contribution(field, code, self.place),
                    cases: code.map_or(0, |code| known.cases[code as usize]),
                });
            }
        }
        let log_odds = log_odds(probability);
        let added: f64 = contributions.iter().map(|term| term.log_odds).sum();
        Forecast {
            probability,
            decided,
            used_share: self.reading.used,
            log_odds,
            base: log_odds - added,
            cases: contributions.iter().map(|term| term.cases).min().unwrap_or(0),
            contributions,
            remaining_p10: self.remaining(probability, 0.1),
            remaining_p50: self.remaining(probability, 0.5),
            remaining_p90: self.remaining(probability, 0.9),
        }
    }

    /// Zero for what ended.
    fn remaining(&self, probability: f64, ended: f64) -> Option<Duration> {
        if self.reading.ended {
            return Some(Duration::ZERO);
        }
        let used = self.reading.used;
        let share = self.model.quantile(probability, self.place, used, ended)?;
        Duration::try_from_secs_f64((share - used).max(0.0) * self.reading.target_s).ok()
    }
}
