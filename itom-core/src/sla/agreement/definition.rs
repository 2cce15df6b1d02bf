//! Agreements as they are written: who promised whom what, when it counts, and how long it may take.
//!
//! An [`AgreementsDefinition`] holds calendars by name and agreements; an agreement holds metrics
//! (response, resolution, update …); a metric holds the six conditions of ServiceNow's SLA engine
//! and its targets. They are evaluated on every update of a record:
//!
//! - no clock runs: one is attached if `applies` and `start` hold, neither `stop` nor `cancel`
//!   does, and a target fits. A clock that was stopped before is reopened as `reopen` says.
//! - a clock runs, and the first of these that holds happens: `cancel` cancels it; `stop` completes
//!   it; `start` (or `applies`) no longer holding cancels it ([`CancelRule`]); `reset` completes it
//!   and attaches the next from zero. Else it is paused for each reason in `pause` that holds,
//!   unless `resume` does.
//!
//! An update cadence ("an update every four hours") is a metric with a `reset`:
//! `"reset": "comments changed"` completes a cycle at each comment and begins the next.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::condition::{Condition, check_name};
use super::priority::PriorityRule;
use crate::sla::{AtEquality, Calendar};
use crate::{Duration, Error, Result};

const MOST_AGREEMENTS: usize = 10_000;
const MOST_METRICS: usize = 100;
const MOST_TARGETS: usize = 1_000;
pub(super) const MOST_REASONS: usize = 64;
const MOST_THRESHOLDS: usize = 100;

/// Calendars and the agreements that use them.
///
/// ```
/// use itom_core::sla::AgreementsDefinition;
///
/// let definition: AgreementsDefinition = serde_json::from_str(
///     r#"{"calendars": {"office": {"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]]}}},
///         "agreements": [{
///             "name": "Gold", "kind": "sla", "applies": "customer = \"ACME\"",
///             "metrics": [{
///                 "name": "resolution", "stop": "state = \"Closed\"",
///                 "pause": [{"reason": "awaiting user", "when": "state = \"Awaiting\""}],
///                 "targets": [{"when": "priority = 1", "target": "4h"},
///                             {"target": "16h", "calendar": "office"}]}]}]}"#,
/// )?;
/// assert_eq!(definition.agreements[0].metrics[0].targets.len(), 2);
/// definition.check().unwrap();
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgreementsDefinition {
    /// The calendars that targets name.
    #[serde(default)]
    pub calendars: BTreeMap<String, Calendar>,
    /// How a record's priority follows from its impact and urgency; none if records carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<PriorityRule>,
    /// The agreements.
    pub agreements: Vec<AgreementDefinition>,
}

/// An agreement: with a customer, inside the house, or with a supplier.
///
/// ```
/// use itom_core::sla::{AgreementDefinition, AgreementKind};
///
/// let network: AgreementDefinition = serde_json::from_str(
///     r#"{"name": "Network team", "kind": "ola", "supports": "Gold", "applies": "team = \"net\"",
///         "metrics": [{"name": "resolution", "stop": "state = \"Closed\"",
///                      "targets": [{"target": "2h"}]}]}"#,
/// )?;
/// assert_eq!(network.kind, AgreementKind::Ola);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgreementDefinition {
    /// Its name, unique.
    pub name: String,
    /// With whom it is.
    #[serde(default)]
    pub kind: AgreementKind,
    /// Which records it is about: customer, service, class.
    #[serde(default)]
    pub applies: Condition,
    /// The agreement it backs: an OLA or contract within an SLA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supports: Option<String>,
    /// What is measured.
    pub metrics: Vec<MetricDefinition>,
    /// Whatever a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// With whom an agreement is, in ITIL's words.
///
/// ```
/// # use itom_core::sla::AgreementKind;
/// let json = serde_json::to_string(&AgreementKind::UnderpinningContract)?;
/// assert_eq!(json, r#""underpinning_contract""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgreementKind {
    /// Service level agreement, with a customer.
    #[default]
    Sla,
    /// Operational level agreement, inside the organization.
    Ola,
    /// With a supplier.
    UnderpinningContract,
}

/// What is measured, and when it counts.
///
/// ```
/// use itom_core::sla::{CancelRule, MetricDefinition, ReopenRule};
///
/// let response: MetricDefinition = serde_json::from_str(
///     r#"{"name": "response", "stop": "assigned_to exists", "reopen": "never",
///         "targets": [{"target": "30m"}]}"#,
/// )?;
/// assert_eq!((response.reopen, response.cancels), (ReopenRule::Never, CancelRule::StartUnmet));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MetricDefinition {
    /// Its name, unique in its agreement: response, resolution, update …
    pub name: String,
    /// When a clock is attached, and what must go on holding while it runs. A record that is stopped
    /// already in its first update gets no clock.
    #[serde(default)]
    pub start: Condition,
    /// Reasons not to count.
    #[serde(default)]
    pub pause: Vec<PauseDefinition>,
    /// Counts all the same.
    #[serde(default = "never")]
    pub resume: Condition,
    /// The work is done.
    #[serde(default = "never")]
    pub stop: Condition,
    /// The promise no longer applies.
    #[serde(default = "never")]
    pub cancel: Condition,
    /// The work is done and begins anew.
    #[serde(default = "never")]
    pub reset: Condition,
    /// What cancels a clock.
    #[serde(default)]
    pub cancels: CancelRule,
    /// What happens when work that was done no longer is.
    #[serde(default)]
    pub reopen: ReopenRule,
    /// The field with the instant from which the first cycle counts, such as `opened_at`; without
    /// one, or when it is no instant, a clock counts from the update that attached it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive_start: Option<String>,
    /// Whether pauses count too that the record had between its retroactive start and the update
    /// that attached the clock.
    #[serde(default)]
    pub retroactive_pause: bool,
    /// What a change of target does to a running clock.
    #[serde(default)]
    pub on_target_change: TargetChange,
    /// What is said when exactly the target was used.
    #[serde(default)]
    pub at_equality: AtEquality,
    /// How long it may take: the first whose condition holds. None holds: no promise.
    pub targets: Vec<TargetDefinition>,
}

fn never() -> Condition {
    Condition::Constant(false)
}

/// A reason not to count.
///
/// ```
/// # use itom_core::sla::PauseDefinition;
/// let json = r#"{"reason": "vendor", "when": "state = \"Awaiting Vendor\""}"#;
/// assert_eq!(serde_json::from_str::<PauseDefinition>(json)?.reason, "vendor");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PauseDefinition {
    /// Its name, for explanations.
    pub reason: String,
    /// When it holds.
    pub when: Condition,
}

/// How long something may take, for some records.
///
/// ```
/// # use itom_core::sla::TargetDefinition;
/// let json = r#"{"when": "priority = 1", "target": "4h", "thresholds": [0.8]}"#;
/// assert_eq!(serde_json::from_str::<TargetDefinition>(json)?.target, "4h".parse().unwrap());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TargetDefinition {
    /// Which records it is for.
    #[serde(default)]
    pub when: Condition,
    /// The time that may be used, positive.
    pub target: Duration,
    /// The calendar whose open time counts; without one all time does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// Shares of the target to be warned at, to a millionth.
    #[serde(default = "default_thresholds")]
    pub thresholds: Vec<f64>,
}

fn default_thresholds() -> Vec<f64> {
    vec![0.5, 0.75, 0.9]
}

/// What cancels a clock.
///
/// ```
/// # use itom_core::sla::CancelRule;
/// assert_eq!(serde_json::to_string(&CancelRule::OnCondition)?, r#""on_condition""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CancelRule {
    /// The cancel condition, and a start condition that no longer holds (ServiceNow's default).
    #[default]
    StartUnmet,
    /// The cancel condition only: start is an event (Jira).
    OnCondition,
    /// Nothing.
    Never,
}

/// What happens when the stop condition of a stopped clock no longer holds.
///
/// ```
/// # use itom_core::sla::ReopenRule;
/// assert_eq!(serde_json::from_str::<ReopenRule>(r#""void_stop""#)?, ReopenRule::VoidStop);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReopenRule {
    /// The next cycle begins at zero; the one before keeps its verdict (ServiceNow, Jira).
    #[default]
    NewCycle,
    /// It goes on from where it stopped; the time between does not count.
    Resume,
    /// As if it had never stopped: the time between counts.
    VoidStop,
    /// Nothing: what was done once is done.
    Never,
}

/// What happens to a running clock when another target fits.
///
/// ```
/// # use itom_core::sla::TargetChange;
/// assert_eq!(serde_json::to_string(&TargetChange::NewClock)?, r#""new_clock""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TargetChange {
    /// The clock goes on under the new target: what was used stays used. Its calendar, if another,
    /// counts from then on.
    #[default]
    Retarget,
    /// The clock is cancelled and another attached, from the retroactive start if there is one
    /// (ServiceNow, where each priority has a definition of its own).
    NewClock,
    /// The target that fitted when the clock was attached stays.
    Keep,
}

impl AgreementsDefinition {
    /// Refuses what could not be followed.
    ///
    /// # Errors
    /// Names the agreement, the metric and the value: an unnamed or doubly named part, an unknown
    /// calendar or supported agreement, a circle of support, a target that is not positive, a
    /// condition too deep or too large.
    pub fn check(&self) -> Result<()> {
        bounded("agreements", self.agreements.len(), MOST_AGREEMENTS)?;
        let mut names = BTreeSet::new();
        for agreement in &self.agreements {
            check_name(&agreement.name, "name")?;
            if !names.insert(&agreement.name) {
                let value = format!("a second {:?}", agreement.name);
                return Err(Error::invalid("agreements", value, "named once"));
            }
        }
        for agreement in &self.agreements {
            let place = |error: Error| error.within(format!("agreement {:?}", agreement.name));
            self.check_agreement(agreement).map_err(place)?;
        }
        self.check_support()?;
        self.priority.as_ref().map_or(Ok(()), PriorityRule::check)
    }

    fn check_agreement(&self, agreement: &AgreementDefinition) -> Result<()> {
        agreement.applies.check("applies")?;
        bounded("metrics", agreement.metrics.len(), MOST_METRICS)?;
        let mut names = BTreeSet::new();
        for metric in &agreement.metrics {
            check_name(&metric.name, "name")?;
            if !names.insert(&metric.name) {
                let value = format!("a second {:?}", metric.name);
                return Err(Error::invalid("metrics", value, "named once"));
            }
            let place = |error: Error| error.within(format!("metric {:?}", metric.name));
            self.check_metric(metric).map_err(place)?;
        }
        Ok(())
    }

    fn check_metric(&self, metric: &MetricDefinition) -> Result<()> {
        let conditions = [
            ("start", &metric.start),
            ("resume", &metric.resume),
            ("stop", &metric.stop),
            ("cancel", &metric.cancel),
            ("reset", &metric.reset),
        ];
        conditions.iter().try_for_each(|(argument, condition)| condition.check(argument))?;
        bounded("pause", metric.pause.len(), MOST_REASONS)?;
        let mut reasons = BTreeSet::new();
        for pause in &metric.pause {
            check_name(&pause.reason, "reason")?;
            pause.when.check("when")?;
            if !reasons.insert(&pause.reason) {
                let value = format!("a second {:?}", pause.reason);
                return Err(Error::invalid("pause", value, "reasons that are named once"));
            }
        }
        if let Some(field) = &metric.retroactive_start {
            check_name(field, "retroactive_start")?;
        }
        if metric.targets.is_empty() {
            return Err(Error::invalid("targets", "none", "at least one"));
        }
        bounded("targets", metric.targets.len(), MOST_TARGETS)?;
        metric.targets.iter().try_for_each(|target| self.check_target(target))
    }

    fn check_target(&self, target: &TargetDefinition) -> Result<()> {
        target.when.check("when")?;
        if target.target.as_nanos() <= 0 {
            return Err(Error::invalid("target", target.target, "positive"));
        }
        if let Some(name) = &target.calendar
            && !self.calendars.contains_key(name)
        {
            return Err(Error::not_found("calendar", "calendar", format!("{name:?}")));
        }
        bounded("thresholds", target.thresholds.len(), MOST_THRESHOLDS)?;
        let share = |share: &&f64| !(**share >= 1e-6 && **share <= 1000.0);
        match target.thresholds.iter().find(share) {
            Some(share) => Err(Error::invalid("thresholds", share, "shares from 0.000001 to 1000")),
            None => Ok(()),
        }
    }

    /// Every supported agreement exists and none supports itself, directly or through others.
    fn check_support(&self) -> Result<()> {
        let by_name: BTreeMap<&str, &AgreementDefinition> =
            self.agreements.iter().map(|own| (own.name.as_str(), own)).collect();
        for agreement in &self.agreements {
            let mut at = agreement;
            for _ in 0..=self.agreements.len() {
                let Some(next) = &at.supports else { break };
                at = by_name.get(next.as_str()).ok_or_else(|| {
                    Error::not_found("supports", "agreement", format!("{next:?}"))
                })?;
                if at.name == agreement.name {
                    let value = format!("a circle through {:?}", at.name);
                    return Err(Error::invalid("supports", value, "without circles"));
                }
            }
        }
        Ok(())
    }
}

fn bounded(argument: &str, length: usize, most: usize) -> Result<()> {
    if length > most {
        return Err(Error::invalid(argument, length, format!("at most {most} long")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(agreements: &str) -> String {
        let json = format!(r#"{{"agreements": {agreements}}}"#);
        let definition: AgreementsDefinition = serde_json::from_str(&json).unwrap();
        definition.check().unwrap_err().to_string()
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let metric = |inside: &str| {
            error(&format!(r#"[{{"name": "a", "metrics": [{{"name": "m", {inside}}}]}}]"#))
        };
        let missing = metric(r#""targets": [{"target": "1h", "calendar": "x"}]"#);
        assert_eq!(
            missing,
            "agreement \"a\": metric \"m\": calendar: calendar \"x\" does not exist"
        );
        assert!(metric(r#""targets": []"#).contains("targets must be at least one"));
        assert!(metric(r#""targets": [{"target": "0s"}]"#).contains("target must be positive"));
        assert!(
            metric(r#""targets": [{"target": "1h", "thresholds": [-1]}]"#).contains("thresholds")
        );
        let twice = r#"[{"name": "a", "metrics": []}, {"name": "a", "metrics": []}]"#;
        assert!(error(twice).contains("named once"));
        let circle = r#"[{"name": "a", "supports": "b", "metrics": []},
                         {"name": "b", "supports": "a", "metrics": []}]"#;
        assert!(error(circle).contains("without circles"));
        let nobody = r#"[{"name": "a", "supports": "b", "metrics": []}]"#;
        assert!(error(nobody).contains("does not exist"));
    }
}
