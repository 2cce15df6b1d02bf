//! How dependencies are to be learned: every number with its default and its reason.

use serde::{Deserialize, Serialize};

use crate::{Duration, Error, Result};

/// The farthest an influence is looked for, in hops.
const MOST_HOPS: u32 = 3;
/// As many as one call takes alarms.
const MOST_RUNS: u64 = super::MOST as u64;

/// The settings of [`learn_dependencies`](super::learn_dependencies); a missing field has its
/// default.
///
/// ```
/// use itom_core::{Duration, event::DependencyDefinition};
///
/// let definition: DependencyDefinition = serde_json::from_str(r#"{"half_life": "720h"}"#)?;
/// assert_eq!(definition.half_life, Some(Duration::from_secs(720 * 3600)));
/// assert_eq!(definition.hops, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DependencyDefinition {
    /// The mean time from a cause to its effect; 5 min by default. Five times that is looked back.
    pub lag: Duration,
    /// How long a type must have been silent on an item for its next alarm to be a new onset; 1 h
    /// by default, at least the lag. What flaps or repeats inside says nothing new.
    pub quiet: Duration,
    /// How many links apart a cause and its effect may be, 0 to 3; 2 by default.
    pub hops: u32,
    /// How old an onset is when it counts half; null, the default, means that age does not matter.
    pub half_life: Option<Duration>,
    /// How many onsets of the effect, each counted by its age, must follow one of the cause for
    /// the pair to be answered; 2 by default: once is no habit.
    pub min_support: f64,
    /// The strength from which on a pair is answered, 0 to 1; 0.25 by default. The answer with the
    /// best expected F1 is cut at half of that F1, which is about 0.5 on real alarms; ask for more
    /// where a wrong pair costs more than a missed one.
    pub min_strength: f64,
    /// How many runs of equal alarms a learner keeps; 1,000,000 by default. At the bound those that
    /// ended the longest ago are forgotten, an eighth at a time, and counted.
    pub max_runs: u64,
}

impl Default for DependencyDefinition {
    fn default() -> Self {
        DependencyDefinition {
            lag: Duration::from_secs(5 * 60),
            quiet: Duration::from_secs(3600),
            hops: 2,
            half_life: None,
            min_support: 2.0,
            min_strength: 0.25,
            max_runs: 1_000_000,
        }
    }
}

impl DependencyDefinition {
    /// Checks what the types don't.
    ///
    /// # Errors
    /// A lag or half-life that is not positive, a quiet time under the lag, more than 3 hops, a
    /// support that is not finite and positive, a strength outside [0, 1], no runs or more than 100
    /// million.
    ///
    /// ```
    /// use itom_core::event::DependencyDefinition;
    ///
    /// let far = DependencyDefinition { hops: 9, ..Default::default() };
    /// assert!(far.validate().unwrap_err().to_string().contains("hops"));
    /// ```
    pub fn validate(&self) -> Result<()> {
        for (name, duration) in [("lag", Some(self.lag)), ("half_life", self.half_life)] {
            if duration.is_some_and(|duration| duration <= Duration::ZERO) {
                let value = duration.unwrap_or(Duration::ZERO);
                return Err(Error::invalid(name, value, "a positive duration"));
            }
        }
        if self.quiet < self.lag {
            let expected = format!("at least the lag, {}", self.lag);
            return Err(Error::invalid("quiet", self.quiet, expected));
        }
        if self.hops > MOST_HOPS {
            return Err(Error::invalid("hops", self.hops, format!("0 to {MOST_HOPS}")));
        }
        if !(self.min_support > 0.0 && self.min_support.is_finite()) {
            return Err(Error::invalid("min_support", self.min_support, "finite and above 0"));
        }
        if !(0.0..=1.0).contains(&self.min_strength) {
            return Err(Error::invalid("min_strength", self.min_strength, "in [0, 1]"));
        }
        if !(1..=MOST_RUNS).contains(&self.max_runs) {
            return Err(Error::invalid("max_runs", self.max_runs, format!("1 to {MOST_RUNS}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_named() {
        let read = |text| serde_json::from_str::<DependencyDefinition>(text);
        assert!(read("{}").unwrap().validate().is_ok());
        assert!(read(r#"{"window": 3}"#).unwrap_err().to_string().contains("window"));
        for (text, argument) in [
            (r#"{"lag": 0}"#, "lag"),
            (r#"{"quiet": "1m"}"#, "quiet"),
            (r#"{"hops": 4}"#, "hops"),
            (r#"{"half_life": -1}"#, "half_life"),
            (r#"{"min_support": 0}"#, "min_support"),
            (r#"{"min_strength": 1.5}"#, "min_strength"),
            (r#"{"max_runs": 0}"#, "max_runs"),
        ] {
            let error = read(text).unwrap().validate().unwrap_err();
            assert_eq!(error.argument(), Some(argument));
        }
    }
}
