//! The definition document: which metric means what, which objectives and agreements hold.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::CorrelatorDefinition;
use crate::sla::{Calendar, CalendarDefinition, Objective, ObjectiveDefinition};
use crate::{Duration, Error, Result, read_json};

/// How an [`Operations`](super::Operations) joins the four domains. Every field but `name` has a
/// default, so `{"name": "shop"}` is a whole definition.
///
/// ```
/// use itom_core::operations::OperationsDefinition;
///
/// let definition = OperationsDefinition::from_json(r#"{
///     "name": "shop",
///     "metrics": [{"metric": "latency", "unit": "s", "worse": "higher"}],
///     "calendars": {"always": {"tz": "Etc/UTC", "weekly": {"mon": [["00:00", "24:00"]]}}},
///     "agreements": [{"name": "restore in 4 h", "calendar": "always", "target": "4h"}]
/// }"#)?;
/// assert_eq!(definition.agreements[0].target, itom_core::Duration::from_secs(14_400));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperationsDefinition {
    /// What the whole is called in reports.
    pub name: String,
    /// What is known of metrics; one that is not listed may be anomalous in both directions.
    #[serde(default)]
    pub metrics: Vec<MetricRule>,
    /// How events become alerts and alerts incidents.
    #[serde(default)]
    pub correlator: CorrelatorDefinition,
    /// Business calendars by name, for the agreements.
    #[serde(default)]
    pub calendars: BTreeMap<String, CalendarDefinition>,
    /// Service level objectives fed by metrics.
    #[serde(default)]
    pub objectives: Vec<ObjectiveRule>,
    /// Agreements whose clocks run while an incident is open.
    #[serde(default)]
    pub agreements: Vec<Agreement>,
    /// The classes (and what inherits from them) that count as services in "which services are
    /// hit".
    #[serde(default = "default_service_classes")]
    pub service_classes: Vec<String>,
    /// Samples kept per series, for causes and pictures: 16 to 100,000.
    #[serde(default = "default_history")]
    pub history: u32,
    /// Series watched at most; a sample of one more is an error.
    #[serde(default = "default_max_series")]
    pub max_series: u32,
    /// A metric's alert is over after so many samples in a row back in the band that was expected
    /// as it began …
    #[serde(default = "default_recovery_samples")]
    pub recovery_samples: u32,
    /// … or after so many in a row that the detector takes for normal: they are the new normal.
    #[serde(default = "default_new_normal_samples")]
    pub new_normal_samples: u32,
}

/// What is known of a metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MetricRule {
    /// Its name, such as `latency`.
    pub metric: String,
    /// Its unit after UCUM, such as `s` or `%`.
    #[serde(default)]
    pub unit: String,
    /// Which direction is worse; anomalies in the other direction raise no event.
    #[serde(default)]
    pub worse: Worse,
    /// Severity of its events, OpenTelemetry severity number.
    #[serde(default = "default_severity")]
    pub severity: u8,
}

/// Which direction of a metric is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Worse {
    /// High values, as of latency.
    Higher,
    /// Low values, as of availability.
    Lower,
    /// Either.
    #[default]
    Both,
    /// None: the metric is context, it never raises an event.
    Neither,
}

/// An objective and the metric that feeds it: each sample is one slice of time, good or bad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ObjectiveRule {
    /// Its name.
    pub name: String,
    /// The item.
    pub item: String,
    /// Its metric.
    pub metric: String,
    /// A sample is good when it is at most this …
    #[serde(default)]
    pub at_most: Option<f64>,
    /// … and at least this.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// The objective itself.
    pub objective: ObjectiveDefinition,
}

/// An agreement: how fast an incident has to be over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Its name.
    pub name: String,
    /// The calendar its clock counts by, a key of `calendars`.
    pub calendar: String,
    /// The time agreed.
    pub target: Duration,
    /// Only incidents of at least this severity.
    #[serde(default)]
    pub severity_at_least: u8,
}

fn default_service_classes() -> Vec<String> {
    vec!["service".to_owned()]
}

fn default_history() -> u32 {
    1024
}

fn default_max_series() -> u32 {
    100_000
}

fn default_recovery_samples() -> u32 {
    2
}

/// A day of samples every five minutes.
fn default_new_normal_samples() -> u32 {
    288
}

/// ERROR in OpenTelemetry's scale.
fn default_severity() -> u8 {
    17
}

impl Default for MetricRule {
    fn default() -> Self {
        MetricRule {
            metric: String::new(),
            unit: String::new(),
            worse: Worse::default(),
            severity: default_severity(),
        }
    }
}

impl OperationsDefinition {
    /// A definition of that name with every default.
    pub fn new(name: impl Into<String>) -> Self {
        OperationsDefinition {
            name: name.into(),
            metrics: Vec::new(),
            correlator: CorrelatorDefinition::default(),
            calendars: BTreeMap::new(),
            objectives: Vec::new(),
            agreements: Vec::new(),
            service_classes: default_service_classes(),
            history: default_history(),
            max_series: default_max_series(),
            recovery_samples: default_recovery_samples(),
            new_normal_samples: default_new_normal_samples(),
        }
    }

    /// Reads a definition and checks it.
    ///
    /// # Errors
    /// JSON that is not of this shape, and whatever [`validate`](Self::validate) finds.
    pub fn from_json(json: &str) -> Result<Self> {
        let definition: OperationsDefinition = read_json(json, "definition")?;
        definition.validate()?;
        Ok(definition)
    }

    /// Checks what the shape alone cannot say: ranges, names that must exist, names given twice.
    ///
    /// # Errors
    /// The first fault, named by its place in the document.
    pub fn validate(&self) -> Result<()> {
        within("history", self.history, 16, 100_000)?;
        within("max_series", self.max_series, 1, 10_000_000)?;
        within("recovery_samples", self.recovery_samples, 1, 1000)?;
        within("new_normal_samples", self.new_normal_samples, 1, 1_000_000)?;
        let mut metrics = BTreeSet::new();
        for rule in &self.metrics {
            severity_in_range(rule.severity)
                .map_err(|e| e.within(format!("metrics {:?}", rule.metric)))?;
            unique(&mut metrics, "metrics", &rule.metric)?;
        }
        for (name, calendar) in &self.calendars {
            Calendar::new(calendar.clone()).map_err(|e| e.within(format!("calendars {name:?}")))?;
        }
        let mut objectives = BTreeSet::new();
        for rule in &self.objectives {
            rule.validate()?;
            unique(&mut objectives, "objectives", &rule.name)?;
        }
        let mut agreements = BTreeSet::new();
        for agreement in &self.agreements {
            agreement.validate(&self.calendars)?;
            unique(&mut agreements, "agreements", &agreement.name)?;
        }
        Ok(())
    }

    /// The rule of a metric, or the one for metrics that are not listed.
    pub(super) fn metric_rule(&self, metric: &str) -> Cow<'_, MetricRule> {
        match self.metrics.iter().find(|rule| rule.metric == metric) {
            Some(listed) => Cow::Borrowed(listed),
            None => Cow::Owned(MetricRule { metric: metric.to_owned(), ..Default::default() }),
        }
    }
}

impl ObjectiveRule {
    fn validate(&self) -> Result<()> {
        let place = format!("objectives {:?}", self.name);
        Objective::new(self.objective.clone()).map_err(|e| e.within(&place))?;
        let bounds = [self.at_most, self.at_least];
        if bounds.iter().all(Option::is_none) {
            let expected = "given, at_least or both";
            return Err(Error::invalid("at_most", "neither", expected).within(place));
        }
        match bounds.iter().flatten().find(|bound| !bound.is_finite()) {
            Some(bound) => {
                Err(Error::invalid("at_most or at_least", bound, "finite").within(place))
            }
            None => Ok(()),
        }
    }

    /// Whether a sample is good.
    pub(super) fn is_good(&self, value: f64) -> bool {
        self.at_most.is_none_or(|most| value <= most)
            && self.at_least.is_none_or(|least| value >= least)
    }
}

impl Agreement {
    fn validate(&self, calendars: &BTreeMap<String, CalendarDefinition>) -> Result<()> {
        let place = format!("agreements {:?}", self.name);
        if self.target <= Duration::ZERO {
            let error = Error::invalid("target", self.target, "a positive duration");
            return Err(error.within(place));
        }
        if !calendars.contains_key(&self.calendar) {
            return Err(Error::not_found("calendar", "calendar", &self.calendar).within(place));
        }
        Ok(())
    }
}

fn within(argument: &str, value: u32, least: u32, most: u32) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::invalid(argument, value, format!("between {least} and {most}")))
}

fn severity_in_range(severity: u8) -> Result<()> {
    within("severity", u32::from(severity), 1, 24)
}

fn unique<'a>(seen: &mut BTreeSet<&'a str>, list: &str, name: &'a str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid(list, "an empty name", "named"));
    }
    if seen.insert(name) {
        return Ok(());
    }
    Err(Error::invalid(list, format!("a second {name:?}"), "named once each"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> String {
        OperationsDefinition::from_json(json).unwrap_err().to_string()
    }

    #[test]
    fn a_name_alone_is_a_definition() {
        let definition = OperationsDefinition::from_json(r#"{"name": "shop"}"#).unwrap();
        assert_eq!(definition, OperationsDefinition::new("shop"));
    }

    #[test]
    fn faults_are_named_with_their_place() {
        assert!(fault(r#"{"name": "x", "history": 3}"#).contains("history must be between 16"));
        assert!(fault(r#"{"name": "x", "metrcs": []}"#).contains("metrcs"));
        let twice = r#"{"name": "x", "metrics": [{"metric": "a"}, {"metric": "a"}]}"#;
        assert!(fault(twice).contains("\"a\""));
        let lost =
            r#"{"name": "x", "agreements": [{"name": "g", "calendar": "c", "target": "4h"}]}"#;
        assert!(fault(lost).contains("agreements \"g\": calendar: calendar c does not exist"));
    }
}
