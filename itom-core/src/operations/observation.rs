//! What goes in: metric samples, events and changes of the topology, in any mix.

use serde::{Deserialize, Serialize};

use crate::cmdb;
use crate::event::Event;
use crate::table::Table;
use crate::{Error, Result, Timestamp};

/// One thing that was observed. As JSON: `{"metric": {…}}`, `{"event": {…}}` or
/// `{"topology": {…}}`.
///
/// ```
/// use itom_core::operations::Observation;
///
/// let observation: Observation = serde_json::from_str(
///     r#"{"metric": {"time": "2026-06-15T10:00:00Z", "item": "web", "metric": "latency", "value": 0.2}}"#,
/// )?;
/// assert!(matches!(observation, Observation::Metric(sample) if sample.value == Some(0.2)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// A sample of a metric.
    Metric(MetricSample),
    /// An event of any kind: an alert of another monitor, a log line, a deployment …
    Event(Event),
    /// One transaction on the CMDB.
    Topology(TopologyChange),
}

/// A sample of a metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MetricSample {
    /// When it was taken.
    pub time: Timestamp,
    /// The item it was taken of.
    pub item: String,
    /// The metric's name.
    pub metric: String,
    /// The value; null (or NaN in columns) says that it is missing.
    pub value: Option<f64>,
}

/// Changes of the CMDB that belong together, from the instant on at which they hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TopologyChange {
    /// From when on they hold. Taken also as the instant at which they became known, or what was
    /// known last if that is later: order of arrival does not matter.
    pub at: Timestamp,
    /// The changes: all are applied or none.
    pub changes: Vec<cmdb::Change>,
}

impl Observation {
    /// Refuses what no state could accept.
    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Observation::Metric(sample) => {
                named("item", &sample.item)?;
                named("metric", &sample.metric)
            }
            Observation::Event(event) => event.validate(),
            Observation::Topology(_) => Ok(()),
        }
    }
}

/// Metric samples from a table with the columns `time`, `item`, `metric` and `value`.
///
/// # Errors
/// A column that is missing or of another type, a missing cell other than in `value`.
pub fn samples_from_table(table: &Table) -> Result<Vec<Observation>> {
    let times = table.time("time")?;
    let (items, metrics) = (table.text("item")?, table.text("metric")?);
    let values = table.float("value")?;
    let cell = |row: usize, name: &str| {
        Error::invalid(&format!("column {name}"), format!("nothing in row {row}"), "complete")
    };
    (0..table.rows())
        .map(|row| {
            Ok(Observation::Metric(MetricSample {
                time: times[row].ok_or_else(|| cell(row, "time"))?,
                item: items.get(row).ok_or_else(|| cell(row, "item"))?.to_owned(),
                metric: metrics.get(row).ok_or_else(|| cell(row, "metric"))?.to_owned(),
                value: values[row].filter(|value| !value.is_nan()),
            }))
        })
        .collect()
}

fn named(argument: &str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid(argument, "an empty text", "a name"));
    }
    Ok(())
}
