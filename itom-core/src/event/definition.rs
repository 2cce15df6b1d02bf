//! How a correlator is to behave: every number with its default and its reason.

use serde::{Deserialize, Serialize};

use crate::{Duration, Error, Result};

/// The settings of a [`Correlator`](super::Correlator); a missing field has its default.
///
/// ```
/// use itom_core::{Duration, event::CorrelatorDefinition};
///
/// let definition: CorrelatorDefinition = serde_json::from_str(r#"{"time_window": "30m"}"#)?;
/// assert_eq!(definition.time_window, Duration::from_secs(1800));
/// assert_eq!(definition.max_distance, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CorrelatorDefinition {
    /// How much later than a younger event an event may arrive; 60 s by default.
    pub lateness: Duration,
    /// How close in time two alerts must be to be one incident; 15 min by default.
    pub time_window: Duration,
    /// How many hops apart over the topology two alerts' items may be; 2 by default, so that two
    /// consumers of one provider are close though the provider itself says nothing.
    pub max_distance: u32,
    /// How long all alerts of an incident must have been resolved before it is; 5 min by default.
    pub resolve_after: Duration,
    /// How long after its last event an alert is taken to be resolved; 24 h by default, never if
    /// null.
    pub expire_after: Option<Duration>,
    /// The weighted share of state changes at which an alert starts to flap; 0.30 by default.
    pub flapping_start: f64,
    /// The weighted share of state changes below which it stops; 0.20 by default.
    pub flapping_stop: f64,
    /// How long after its last event an alert stops flapping; 30 min by default.
    pub flapping_quiet: Duration,
    /// How many events may wait for their time to be closed; 1,000,000 by default. At the bound the
    /// oldest is processed early, and counted.
    pub max_buffered: u64,
    /// How many alerts are kept; 100,000 by default. At the bound resolved ones are forgotten, then
    /// those heard of the longest ago, an eighth at a time, and counted.
    pub max_alerts: u64,
    /// How many incidents are kept; 10,000 by default. At the bound those that are over are
    /// forgotten, then those updated the longest ago, an eighth at a time, and counted.
    pub max_incidents: u64,
    /// How many alerts an incident may have; 10,000 by default. A full one takes no more, and does
    /// not merge.
    pub max_incident_alerts: u64,
    /// How many items around an alert are searched for others; 1,000 by default. A search that is
    /// cut short is counted.
    pub max_searched_items: u64,
}

impl Default for CorrelatorDefinition {
    fn default() -> Self {
        CorrelatorDefinition {
            lateness: Duration::from_secs(60),
            time_window: Duration::from_secs(15 * 60),
            max_distance: 2,
            resolve_after: Duration::from_secs(5 * 60),
            expire_after: Some(Duration::from_secs(24 * 3600)),
            flapping_start: 0.30,
            flapping_stop: 0.20,
            flapping_quiet: Duration::from_secs(30 * 60),
            max_buffered: 1_000_000,
            max_alerts: 100_000,
            max_incidents: 10_000,
            max_incident_alerts: 10_000,
            max_searched_items: 1_000,
        }
    }
}

impl CorrelatorDefinition {
    /// Checks what the types don't.
    ///
    /// # Errors
    /// A negative duration, a bound of zero, thresholds of flapping outside (0, 1] or crossed.
    ///
    /// ```
    /// use itom_core::event::CorrelatorDefinition;
    ///
    /// let crossed = CorrelatorDefinition { flapping_stop: 0.9, ..Default::default() };
    /// assert!(crossed.validate().unwrap_err().to_string().contains("flapping_stop"));
    /// ```
    pub fn validate(&self) -> Result<()> {
        let durations = [
            ("lateness", self.lateness),
            ("time_window", self.time_window),
            ("resolve_after", self.resolve_after),
            ("expire_after", self.expire_after.unwrap_or(Duration::ZERO)),
            ("flapping_quiet", self.flapping_quiet),
        ];
        for (name, duration) in durations {
            if duration.is_negative() {
                return Err(Error::invalid(name, duration, "a duration of zero or more"));
            }
        }
        if !(self.flapping_start > 0.0 && self.flapping_start <= 1.0) {
            return Err(Error::invalid("flapping_start", self.flapping_start, "in (0, 1]"));
        }
        if !(self.flapping_stop >= 0.0 && self.flapping_stop <= self.flapping_start) {
            let expected = format!("in [0, flapping_start = {}]", self.flapping_start);
            return Err(Error::invalid("flapping_stop", self.flapping_stop, expected));
        }
        let bounds = [
            ("max_buffered", self.max_buffered),
            ("max_alerts", self.max_alerts),
            ("max_incidents", self.max_incidents),
            ("max_incident_alerts", self.max_incident_alerts),
            ("max_searched_items", self.max_searched_items),
        ];
        for (name, bound) in bounds {
            if bound == 0 {
                return Err(Error::invalid(name, bound, "1 or more"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_named() {
        let read = |text| serde_json::from_str::<CorrelatorDefinition>(text);
        assert!(read("{}").unwrap().validate().is_ok());
        assert!(read(r#"{"expire_after": null}"#).unwrap().validate().is_ok());
        assert!(read(r#"{"window": 3}"#).unwrap_err().to_string().contains("window"));
        for (text, argument) in [
            (r#"{"lateness": -1}"#, "lateness"),
            (r#"{"flapping_start": 0}"#, "flapping_start"),
            (r#"{"max_alerts": 0}"#, "max_alerts"),
        ] {
            let error = read(text).unwrap().validate().unwrap_err();
            assert_eq!(error.argument(), Some(argument));
        }
    }
}
