//! What an OpenSLO text says, in the words of this library.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sla::{BurnAlert, Fraction, Objective, ObjectiveDefinition};
use crate::{Error, ErrorKind, Result};

/// The objects of an OpenSLO text, references followed.
///
/// ```
/// use itom_core::formats::OpenSlo;
///
/// let text = "
/// apiVersion: openslo/v1
/// kind: SLO
/// metadata: {name: checkout}
/// spec:
///   service: shop
///   indicator:
///     metadata: {name: success}
///     spec:
///       ratioMetric:
///         counter: true
///         good: {metricSource: {type: Prometheus, spec: {query: good_total}}}
///         total: {metricSource: {type: Prometheus, spec: {query: all_total}}}
///   timeWindow: [{duration: 28d, isRolling: true}]
///   budgetingMethod: Occurrences
///   objectives: [{target: 0.999}]
/// ";
/// let document = OpenSlo::read(text)?;
/// let objective = &document.objectives[0];
/// assert_eq!(objective.definition.target.to_string(), "999/10");
/// assert_eq!(objective.indicator.good.as_ref().unwrap().spec["query"], "good_total");
/// let wrong = text.replace("0.999", "99.9");
/// let error = OpenSlo::read(&wrong).unwrap_err();
/// assert!(error.to_string().starts_with("line 16, column 25: target must be"), "{error}");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenSlo {
    /// The services.
    pub services: Vec<OpenSloObject>,
    /// The data sources: the type is in the spec, for whoever connects.
    pub data_sources: Vec<OpenSloObject>,
    /// Where alerts go.
    pub notification_targets: Vec<OpenSloObject>,
    /// One of each objective of each SLO, in the order of the text.
    pub objectives: Vec<OpenSloObjective>,
    /// What was read and has no effect, with its place.
    pub notes: Vec<String>,
}

/// An object that is kept as it is.
///
/// ```
/// # use itom_core::formats::OpenSlo;
/// let text = "{apiVersion: openslo/v1, kind: Service, metadata: {name: shop}, spec: {}}";
/// assert_eq!(OpenSlo::read(text)?.services[0].name, "shop");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenSloObject {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// Its labels, each with one value or more.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// What it says.
    pub spec: serde_json::Value,
}

/// One objective of an SLO: a definition, and where its counts come from.
///
/// ```
/// # use itom_core::formats::OpenSlo;
/// assert!(OpenSlo::read("")?.objectives.is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenSloObjective {
    /// The name of the SLO.
    pub slo: String,
    /// Its name for people.
    pub slo_display_name: String,
    /// Which of the SLO's objectives it is, from 0.
    pub number: u32,
    /// The objective's own name for people.
    pub display_name: String,
    /// What the SLO is about.
    pub description: String,
    /// The service.
    pub service: String,
    /// The labels of the SLO, each with one value or more.
    pub labels: BTreeMap<String, Vec<String>>,
    /// The annotations of the SLO.
    pub annotations: BTreeMap<String, String>,
    /// Where its counts or values come from.
    pub indicator: OpenSloIndicator,
    /// The objective.
    pub definition: ObjectiveDefinition,
    /// Its weight in a composite SLO.
    pub weight: Option<Fraction>,
    /// The policies behind the alerts of the definition, one each, in their order.
    pub alert_policies: Vec<OpenSloAlertPolicy>,
}

/// Where counts or values come from: queries, which the host runs.
///
/// ```
/// # use itom_core::formats::OpenSloIndicator;
/// let json = r#"{"name": "", "counter": false, "raw_type": null, "good": null, "bad": null,
///                "total": null, "raw": null, "threshold": null}"#;
/// assert!(serde_json::from_str::<OpenSloIndicator>(json)?.good.is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenSloIndicator {
    /// The name of the SLI.
    pub name: String,
    /// Whether the counts only ever grow, so that their increase is what is recorded.
    pub counter: bool,
    /// Good events: for `Objective::record`.
    pub good: Option<OpenSloMetric>,
    /// Bad events: for `Objective::record_bad`.
    pub bad: Option<OpenSloMetric>,
    /// All events.
    pub total: Option<OpenSloMetric>,
    /// A ratio that is computed already ...
    pub raw: Option<OpenSloMetric>,
    /// ... of `success` or of `failure`.
    pub raw_type: Option<String>,
    /// Values to compare with the bound: for `Objective::record_value`.
    pub threshold: Option<OpenSloMetric>,
}

/// A query, as it is written.
///
/// ```
/// # use itom_core::formats::OpenSloMetric;
/// let json = r#"{"source": "prometheus", "kind": null, "spec": {"query": "up"}}"#;
/// assert_eq!(serde_json::from_str::<OpenSloMetric>(json)?.spec["query"], "up");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenSloMetric {
    /// The data source it is asked of: `metricSourceRef`.
    pub source: Option<String>,
    /// What kind of source that is: `type`.
    pub kind: Option<String>,
    /// What is asked.
    pub spec: serde_json::Value,
}

/// An alert policy with its one condition.
///
/// ```
/// # use itom_core::formats::OpenSloAlertPolicy;
/// let json = r#"{"name": "p", "condition": "c", "severity": "page", "when_breaching": true,
///     "when_resolved": false, "when_no_data": false, "targets": ["on-call"],
///     "alert": {"name": "c", "factor": 2, "long": "1h", "short": "1h", "pending": "5m"}}"#;
/// assert_eq!(serde_json::from_str::<OpenSloAlertPolicy>(json)?.severity, "page");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenSloAlertPolicy {
    /// The name of the policy.
    pub name: String,
    /// The name of its condition.
    pub condition: String,
    /// How bad it is.
    pub severity: String,
    /// Whether someone is told when the condition holds.
    pub when_breaching: bool,
    /// Whether someone is told when it no longer does.
    pub when_resolved: bool,
    /// Whether someone is told when there is no data.
    pub when_no_data: bool,
    /// The names of who is told.
    pub targets: Vec<String>,
    /// The condition: its look-back is both the long and the short window.
    pub alert: BurnAlert,
}

impl OpenSlo {
    /// The objectives, each ready to count.
    ///
    /// # Errors
    /// There is none for what [`OpenSlo::read`] made.
    pub fn build(&self) -> Result<Vec<Objective>> {
        let definitions = self.objectives.iter().map(|objective| objective.definition.clone());
        definitions.map(Objective::new).collect()
    }
}

impl Objective {
    /// The objective of an OpenSLO v1 text that has exactly one.
    ///
    /// ```
    /// use itom_core::sla::Objective;
    ///
    /// let error = Objective::from_openslo("").unwrap_err();
    /// assert_eq!(error.to_string(), "text must be one SLO with one objective, got 0 objectives");
    /// ```
    ///
    /// # Errors
    /// As [`OpenSlo::read`], and for any other number of them.
    pub fn from_openslo(text: &str) -> Result<Objective> {
        let document = OpenSlo::read(text)?;
        let [objective] = document.objectives.as_slice() else {
            let count = format!("{} objectives", document.objectives.len());
            return Err(Error::invalid("text", count, "one SLO with one objective"));
        };
        Objective::new(objective.definition.clone())
    }
}

/// Of another version of OpenSLO, or a kind that is none of it.
pub(super) fn unsupported(message: String) -> Error {
    Error::new(ErrorKind::Unsupported, message).about("text")
}
