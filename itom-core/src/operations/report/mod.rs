//! One incident as a person reads it: a [`Report`], drawn as text or as one HTML file.
//!
//! A report is plain data, flat and complete: everything a picture needs is in it, nothing has to
//! be asked of the engines again. [`Operations::report`](super::Operations::report) fills it,
//! [`Report::to_text`] draws it for a terminal, [`Report::to_html`] as one self-contained page with
//! inline pictures (no script, no network), and as JSON it is the record of the incident. The three
//! languages get the same bytes.

mod agreement;
mod atlas;
mod funnel;
mod html;
mod label;
mod map;
pub(super) mod numbers;
mod objective;
mod panel;
mod picture;
mod text;
mod timeline;

use serde::{Deserialize, Serialize};

use crate::{Duration, Timestamp};

/// Everything there is to say about one incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The definition's name, such as `PetShop`.
    pub name: String,
    /// The incident's id.
    pub incident: String,
    /// What the symptom shows, such as `latency high`; empty if there is no symptom.
    pub condition: String,
    /// Since when the symptom shows.
    pub symptom_since: Option<Timestamp>,
    /// When the symptom was over, if it is.
    pub symptom_until: Option<Timestamp>,
    /// The instant as of which everything is said.
    pub at: Timestamp,
    /// `open` or `resolved`.
    pub state: String,
    /// The highest severity of its alerts, OpenTelemetry severity number (1 to 24).
    pub severity: u8,
    /// When its first alert fired.
    pub started_at: Timestamp,
    /// When it was over, if it is.
    pub resolved_at: Option<Timestamp>,
    /// The case in plain sentences, the most important first.
    pub summary: Vec<String>,
    /// From observations to this incident.
    pub funnel: Funnel,
    /// The likely causes, best first.
    pub causes: Vec<ReportCause>,
    /// The services that are hit, the observed before the expected.
    pub services: Vec<ReportService>,
    /// The part of the topology that matters here.
    pub map: ServiceMap,
    /// Metrics with their expected band, the cause's and the symptom's first.
    pub panels: Vec<Panel>,
    /// The alerts in the order in which they joined.
    pub alerts: Vec<ReportAlert>,
    /// Service level objectives of the services that are hit.
    pub objectives: Vec<ReportObjective>,
    /// Clocks of the agreements that apply.
    pub clocks: Vec<ReportClock>,
}

impl Report {
    /// The record as JSON: one line, of the schema `report`.
    ///
    /// ```
    /// use itom_core::operations::Report;
    ///
    /// let report = Report { name: "shop".to_owned(), ..Report::default() };
    /// assert_eq!(serde_json::from_str::<Report>(&report.to_json())?, report);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report is plain data with text keys")
    }
}

/// How many observations became how few incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Funnel {
    /// Metric samples, events and changes taken in.
    pub observations: u64,
    /// Samples a detector called anomalous.
    pub anomalies: u64,
    /// Events given to the correlator.
    pub events: u64,
    /// Distinct alerts.
    pub alerts: u64,
    /// Incidents opened, those merged into another left out.
    pub incidents: u64,
}

/// A candidate cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportCause {
    /// The item.
    pub item: String,
    /// Its class.
    pub class: String,
    /// How well it explains the symptom, in (0, 1].
    pub score: f64,
    /// Why, in plain sentences.
    pub evidence: Vec<String>,
    /// The items from the cause to the symptom.
    pub path: Vec<String>,
}

/// A service that is hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportService {
    /// The item.
    pub item: String,
    /// Its class.
    pub class: String,
    /// `down`, `degraded` or `at_risk`, as the topology says of a failed cause.
    pub impact: String,
    /// Whether an alert of the incident shows it, or only the topology says so.
    pub observed: bool,
}

/// The items around an incident and what depends on what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServiceMap {
    /// The items, sorted by id.
    pub nodes: Vec<MapNode>,
    /// The dependencies, sorted.
    pub edges: Vec<MapEdge>,
    /// Items of the topology left out of the map.
    pub left_out: u64,
}

/// An item on the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MapNode {
    /// The item.
    pub id: String,
    /// Its class.
    pub class: String,
    /// What it is in this incident.
    pub role: Role,
    /// Its impact: `down`, `degraded`, `at_risk`, or empty.
    pub impact: String,
}

/// What an item is in an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The likely cause.
    Cause,
    /// Where the harm shows first to a customer.
    Symptom,
    /// An alert of the incident is on it.
    Alerting,
    /// On the path or within the impact, without an alert of its own.
    Impacted,
    /// A neighbour that is fine.
    Healthy,
}

/// A dependency on the map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MapEdge {
    /// The item that depends.
    pub consumer: String,
    /// The item it depends on.
    pub provider: String,
    /// Whether it is part of the path from the cause to the symptom.
    pub on_path: bool,
}

/// A metric with its expected band. The five columns are equally long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Panel {
    /// The item.
    pub item: String,
    /// The metric.
    pub metric: String,
    /// Its unit, may be empty.
    pub unit: String,
    /// When.
    pub timestamps: Vec<Timestamp>,
    /// The values; missing ones are null.
    pub values: Vec<Option<f64>>,
    /// The lower end of the band that was expected before each value was seen.
    pub lower: Vec<Option<f64>>,
    /// The upper end.
    pub upper: Vec<Option<f64>>,
    /// Which values were called anomalous.
    pub anomalous: Vec<bool>,
    /// What the detector said of the strongest anomaly of the incident, if there is one.
    pub reason: Option<String>,
}

/// An alert of the incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportAlert {
    /// The item it is on.
    pub item: String,
    /// The condition, such as `latency high`.
    pub name: String,
    /// OpenTelemetry severity number.
    pub severity: u8,
    /// When it began to fire.
    pub first_seen: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
    /// When it was over, if it is.
    pub resolved_at: Option<Timestamp>,
    /// How many events it stands for.
    pub count: u64,
    /// Why it belongs to the incident.
    pub because: String,
}

/// A service level objective as of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportObjective {
    /// Its name.
    pub name: String,
    /// The item it is about.
    pub item: String,
    /// The target as written, such as `99.5%`.
    pub target: String,
    /// The window.
    pub window: Duration,
    /// The share that was good, if anything was counted.
    pub attained: Option<f64>,
    /// The share of the error budget that is left; below zero when it is overspent.
    pub budget_left: Option<f64>,
    /// Burn rates: 1 spends the budget exactly within the window.
    pub burn_rates: Vec<BurnRate>,
    /// When the budget is gone at the first of these rates; none if never, or while the counts do
    /// not yet reach over the window.
    pub exhausted_at: Option<Timestamp>,
    /// Share of the budget left over time, for the picture.
    pub history: Vec<BudgetPoint>,
}

/// How fast the error budget is being spent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BurnRate {
    /// Over which time.
    pub over: Duration,
    /// The rate, if anything was counted.
    pub rate: Option<f64>,
    /// The rate above which someone is alerted.
    pub threshold: f64,
}

/// The error budget at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BudgetPoint {
    /// When.
    pub at: Timestamp,
    /// The share that is left.
    pub left: f64,
}

/// The clock of an agreement as of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportClock {
    /// The agreement.
    pub agreement: String,
    /// `running`, `paused`, `stopped` …
    pub state: String,
    /// What was agreed.
    pub target: Duration,
    /// The time counted.
    pub elapsed: Duration,
    /// The time left; negative after the breach.
    pub remaining: Duration,
    /// When it is (or was) breached, if it goes on like this.
    pub breach_at: Option<Timestamp>,
    /// Whether it is breached.
    pub breached: bool,
    /// What each stretch of time was counted as, from the start to the report or the breach.
    pub segments: Vec<ClockSegment>,
}

/// A stretch of a clock's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClockSegment {
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
    /// `counted`, `closed`, `paused`, `ahead` (counted if nothing changes) …
    pub kind: String,
}
