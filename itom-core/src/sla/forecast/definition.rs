//! What a forecast is made from: the fields it may use and how fast old history fades.

use serde::{Deserialize, Serialize};

use crate::{Duration, Error, Result};

/// The name of the number that a forecast makes itself: business time since the latest update.
pub(super) const IDLE: &str = "idle";

const MOST_FIELDS: usize = 64;
const MOST_LANDMARKS: usize = 32;
const MOST_BINS: usize = 64;

/// Which columns of the history a forecast uses, and how.
///
/// ```
/// use itom_core::sla::BreachForecastDefinition;
///
/// let definition: BreachForecastDefinition = serde_json::from_str(
///     r#"{"groups": ["priority", "assignment_group"], "numbers": ["reassignments"]}"#,
/// ).unwrap();
/// assert_eq!(definition.half_life, "336h".parse()?);
/// assert_eq!(definition.landmarks[0], 0.0);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BreachForecastDefinition {
    /// Columns whose cells name a group: priority, team, caller, state, weekday of opening. Any
    /// number of different cells; few-cased ones are drawn towards the average.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Columns of numbers: reassignments so far, open work of the team. Cut into `bins` at their
    /// quantiles, so any monotone scale does.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// Shares of the target at which the history is looked at, from 0, ascending, below 1.
    #[serde(default = "landmarks")]
    pub landmarks: Vec<f64>,
    /// After how long a case of the history counts half; 14 days unless said.
    #[serde(default = "half_life")]
    pub half_life: Duration,
    /// After how long a case counts half for the overall rate of breach, which moves faster than
    /// the differences between groups; 4 days unless said.
    #[serde(default = "base_half_life")]
    pub base_half_life: Duration,
    /// How many cases at the average a group is mixed with; 3 unless said.
    #[serde(default = "prior_cases")]
    pub prior_cases: f64,
    /// Into how many bins a number is cut at most; 12 unless said.
    #[serde(default = "bins")]
    pub bins: u32,
}

fn landmarks() -> Vec<f64> {
    vec![0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
}

fn half_life() -> Duration {
    Duration::from_secs(14 * 86_400)
}

fn base_half_life() -> Duration {
    Duration::from_secs(4 * 86_400)
}

fn prior_cases() -> f64 {
    3.0
}

fn bins() -> u32 {
    12
}

impl Default for BreachForecastDefinition {
    fn default() -> Self {
        BreachForecastDefinition {
            groups: Vec::new(),
            numbers: Vec::new(),
            landmarks: landmarks(),
            half_life: half_life(),
            base_half_life: base_half_life(),
            prior_cases: prior_cases(),
            bins: bins(),
        }
    }
}

impl BreachForecastDefinition {
    /// Refuses what cannot be fitted.
    pub(super) fn check(&self) -> Result<()> {
        let mut names: Vec<&str> = self.groups.iter().chain(&self.numbers).map(|n| &**n).collect();
        if names.len() > MOST_FIELDS {
            let expected = format!("at most {MOST_FIELDS} groups and numbers");
            return Err(Error::invalid("definition", names.len(), expected));
        }
        names.push(IDLE);
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let expected = format!("groups and numbers named once, none of them {IDLE:?}");
            return Err(Error::invalid("definition", format!("{:?}", pair[0]), expected));
        }
        let ascend = self.landmarks.windows(2).all(|pair| pair[0] < pair[1]);
        let within = self.landmarks.iter().all(|share| (0.0..1.0).contains(share));
        let few = (1..=MOST_LANDMARKS).contains(&self.landmarks.len());
        if !ascend || !within || !few || self.landmarks[0] != 0.0 {
            let expected =
                format!("1 to {MOST_LANDMARKS} ascending shares, the first 0, all below 1");
            return Err(Error::invalid("landmarks", format!("{:?}", self.landmarks), expected));
        }
        let lives = [("half_life", self.half_life), ("base_half_life", self.base_half_life)];
        for (name, life) in lives {
            if life <= Duration::ZERO {
                return Err(Error::invalid(name, life, "longer than zero"));
            }
        }
        if !(self.prior_cases > 0.0 && self.prior_cases <= 1e6) {
            return Err(Error::invalid("prior_cases", self.prior_cases, "in (0, 1000000]"));
        }
        if !(2..=MOST_BINS as u32).contains(&self.bins) {
            return Err(Error::invalid("bins", self.bins, format!("in [2, {MOST_BINS}]")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        let definition: BreachForecastDefinition = serde_json::from_str(json).unwrap();
        definition.check().unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_by_name() {
        assert!(refused(r#"{"groups": ["a"], "numbers": ["a"]}"#).contains("\"a\""));
        assert!(refused(r#"{"numbers": ["idle"]}"#).contains("idle"));
        for landmarks in ["[]", "[0.1]", "[0, 0]", "[0, 1]", "[0, 0.5, 0.4]"] {
            let json = format!(r#"{{"landmarks": {landmarks}}}"#);
            assert!(refused(&json).contains("landmarks"), "{json}");
        }
        assert!(refused(r#"{"half_life": "0s"}"#).contains("half_life"));
        assert!(refused(r#"{"base_half_life": "0s"}"#).contains("base_half_life"));
        assert!(refused(r#"{"prior_cases": 0}"#).contains("prior_cases"));
        assert!(refused(r#"{"bins": 1}"#).contains("bins"));
        assert!(BreachForecastDefinition::default().check().is_ok());
        assert!(serde_json::from_str::<BreachForecastDefinition>(r#"{"group": []}"#).is_err());
    }
}
