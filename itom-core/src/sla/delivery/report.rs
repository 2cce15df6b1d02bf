//! Delivery by period and group, from deployments and incidents.
//!
//! [`delivery`] sorts events into calendar periods and groups and gives of each the
//! [DORA keys](super::dora) and three distributions, named by what they end with: time to
//! *acknowledge*, to *resolve* and to *recover*, each from when an incident was opened; their means
//! are the MTTA and the MTTRs that are often confused. A deployment belongs to the period in which
//! it was made, an incident to that in which it was opened. What has not happened yet is left out of
//! the distribution it would end.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::dora::{Dora, DoraCounts, dora};
use crate::sla::{CalendarWindow, CalendarWindowDefinition};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

const MOST_ROWS: usize = 1_000_000;

/// What happened.
///
/// ```
/// use itom_core::sla::DeliveryEvents;
///
/// let events: DeliveryEvents = serde_json::from_str(
///     r#"{"deployments": [{"at": "2026-06-15T10:00:00Z", "changes": ["2026-06-14T10:00:00Z"]}],
///         "incidents": [{"opened_at": "2026-06-15T10:05:00Z",
///                        "acknowledged_at": "2026-06-15T10:07:00Z"}]}"#,
/// )?;
/// assert!(!events.deployments[0].failed);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DeliveryEvents {
    /// Deployments to production.
    pub deployments: Vec<Deployment>,
    /// Incidents.
    pub incidents: Vec<DeliveryIncident>,
}

/// A deployment to production.
///
/// ```
/// # use itom_core::sla::Deployment;
/// let json = r#"{"at": "2026-06-15T10:00:00Z", "failed": true, "recovered_at": "2026-06-15T10:30:00Z"}"#;
/// assert!(serde_json::from_str::<Deployment>(json)?.failed);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// When it was running.
    pub at: Timestamp,
    /// When the changes in it were committed.
    #[serde(default)]
    pub changes: Vec<Timestamp>,
    /// Whether it led to a failure which needed intervention.
    #[serde(default)]
    pub failed: bool,
    /// When that was recovered from.
    #[serde(default)]
    pub recovered_at: Option<Timestamp>,
    /// Whether it was unplanned, made to repair what users saw; none if that is not known.
    #[serde(default)]
    pub rework: Option<bool>,
    /// Its service, team or the like.
    #[serde(default)]
    pub group: Option<String>,
}

/// An incident, as far as delivery is concerned.
///
/// ```
/// # use itom_core::sla::DeliveryIncident;
/// let json = r#"{"opened_at": "2026-06-15T10:05:00Z", "resolved_at": "2026-06-15T11:05:00Z"}"#;
/// assert_eq!(serde_json::from_str::<DeliveryIncident>(json)?.recovered_at, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeliveryIncident {
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When somebody took it.
    #[serde(default)]
    pub acknowledged_at: Option<Timestamp>,
    /// When the work was done.
    #[serde(default)]
    pub resolved_at: Option<Timestamp>,
    /// When the service was back.
    #[serde(default)]
    pub recovered_at: Option<Timestamp>,
    /// Its service, team or the like.
    #[serde(default)]
    pub group: Option<String>,
}

/// What is reported.
///
/// ```
/// use itom_core::sla::DeliveryOptions;
///
/// let options: DeliveryOptions = serde_json::from_str(
///     r#"{"start": "2026-01-01T00:00:00Z", "end": "2026-04-01T00:00:00Z",
///         "period": {"duration": "1M", "tz": "UTC"}, "by_group": true}"#,
/// )?;
/// assert!(options.by_group);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeliveryOptions {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
    /// Calendar-aligned periods in a zone, cut to `start` and `end`; none for one period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<CalendarWindowDefinition>,
    /// Whether each group gets its own rows.
    #[serde(default)]
    pub by_group: bool,
}

/// Delivery in a period, of a group.
///
/// ```
/// use itom_core::sla::{DeliveryEvents, DeliveryOptions, delivery};
///
/// let events: DeliveryEvents = serde_json::from_str(
///     r#"{"deployments": [{"at": "2026-06-15T10:00:00Z", "changes": ["2026-06-14T10:00:00Z"]}],
///         "incidents": [{"opened_at": "2026-06-15T10:05:00Z",
///                        "acknowledged_at": "2026-06-15T10:07:00Z"}]}"#,
/// )?;
/// let options: DeliveryOptions = serde_json::from_str(
///     r#"{"start": "2026-06-15T00:00:00Z", "end": "2026-06-16T00:00:00Z"}"#,
/// )?;
/// let report = &delivery(&events, &options).unwrap()[0];
/// assert_eq!(report.dora.lead_time.median, "24h".parse().ok());
/// assert_eq!(report.acknowledge.mean, "2m".parse().ok());
/// assert_eq!(report.recover.mean, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeliveryReport {
    /// The group; none where events name none or groups are not asked for.
    pub group: Option<String>,
    /// The period's first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
    /// The DORA keys.
    pub dora: Dora,
    /// Incidents that were opened.
    pub incidents: u64,
    /// From opened to acknowledged (MTTA is its mean).
    pub acknowledge: Distribution,
    /// From opened to resolved (MTTR is its mean).
    pub resolve: Distribution,
    /// From opened to recovered (also called MTTR, or MTRS, is its mean).
    pub recover: Distribution,
}

/// Reports delivery by period, then by group; a group that has events has a row in each period.
///
/// # Errors
/// For a span that is not positive, an unknown zone, more than a million rows, an event that ends
/// before it begins: the message names it.
pub fn delivery(events: &DeliveryEvents, options: &DeliveryOptions) -> Result<Vec<DeliveryReport>> {
    check(events)?;
    let periods = periods(options)?;
    let groups: BTreeSet<Option<&str>> = if options.by_group {
        let deployments = events.deployments.iter().map(|own| own.group.as_deref());
        deployments.chain(events.incidents.iter().map(|own| own.group.as_deref())).collect()
    } else {
        BTreeSet::from([None])
    };
    if periods.len().saturating_mul(groups.len()) > MOST_ROWS {
        let message = format!("a report has at most {MOST_ROWS} rows");
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("period"));
    }
    let mut rows: BTreeMap<(usize, Option<&str>), Row> = BTreeMap::new();
    for period in 0..periods.len() {
        rows.extend(groups.iter().map(|&group| ((period, group), Row::default())));
    }
    let place = |at: Timestamp| {
        let index = periods.partition_point(|period| period.1 <= at);
        periods.get(index).filter(|period| period.0 <= at).map(|_| index)
    };
    for deployment in &events.deployments {
        let group = deployment.group.as_deref().filter(|_| options.by_group);
        let row = place(deployment.at).and_then(|period| rows.get_mut(&(period, group)));
        if let Some(row) = row {
            row.deployed(deployment);
        }
    }
    for incident in &events.incidents {
        let group = incident.group.as_deref().filter(|_| options.by_group);
        let row = place(incident.opened_at).and_then(|period| rows.get_mut(&(period, group)));
        if let Some(row) = row {
            row.opened(incident);
        }
    }
    rows.into_iter().map(|((period, group), row)| row.report(periods[period], group)).collect()
}

fn check(events: &DeliveryEvents) -> Result<()> {
    let ordered = |argument: String, from: Timestamp, until: Option<Timestamp>| match until {
        Some(until) if until < from => {
            Err(Error::invalid(&argument, until, format!("not before {from}")))
        }
        _ => Ok(()),
    };
    for (index, own) in events.deployments.iter().enumerate() {
        let place = |field: &str| format!("deployments[{index}].{field}");
        ordered(place("recovered_at"), own.at, own.recovered_at)?;
        own.changes
            .iter()
            .try_for_each(|&change| ordered(place("changes"), change, Some(own.at)))?;
    }
    for (index, own) in events.incidents.iter().enumerate() {
        for (field, until) in [
            ("acknowledged_at", own.acknowledged_at),
            ("resolved_at", own.resolved_at),
            ("recovered_at", own.recovered_at),
        ] {
            ordered(format!("incidents[{index}].{field}"), own.opened_at, until)?;
        }
    }
    Ok(())
}

fn periods(options: &DeliveryOptions) -> Result<Vec<(Timestamp, Timestamp)>> {
    let (start, end) = (options.start, options.end);
    if start >= end {
        return Err(Error::invalid("end", end, format!("after the start, {start}")));
    }
    let Some(period) = &options.period else { return Ok(vec![(start, end)]) };
    let periods = CalendarWindow::new(period.clone())?.between(start, end)?;
    let cut = periods.iter().map(|period| (period.start.max(start), period.end.min(end)));
    Ok(cut.filter(|period| period.0 < period.1).collect())
}

/// The events of a period and group.
#[derive(Default)]
struct Row {
    counts: DoraCounts,
    incidents: u64,
    acknowledge: Vec<Duration>,
    resolve: Vec<Duration>,
    recover: Vec<Duration>,
}

impl Row {
    fn deployed(&mut self, own: &Deployment) {
        let counts = &mut self.counts;
        counts.deployments += 1;
        counts.failed_deployments += u64::from(own.failed);
        if let Some(rework) = own.rework {
            *counts.rework_deployments.get_or_insert(0) += u64::from(rework);
        }
        counts.lead_times.extend(own.changes.iter().map(|&change| own.at - change));
        if own.failed {
            counts.recovery_times.extend(own.recovered_at.map(|at| at - own.at));
        }
    }

    fn opened(&mut self, own: &DeliveryIncident) {
        self.incidents += 1;
        let length = |until: Option<Timestamp>| until.map(|until| until - own.opened_at);
        self.acknowledge.extend(length(own.acknowledged_at));
        self.resolve.extend(length(own.resolved_at));
        self.recover.extend(length(own.recovered_at));
    }

    fn report(
        mut self,
        (start, end): (Timestamp, Timestamp),
        group: Option<&str>,
    ) -> Result<DeliveryReport> {
        self.counts.window = end - start;
        Ok(DeliveryReport {
            group: group.map(str::to_owned),
            start,
            end,
            dora: dora(&self.counts)?,
            incidents: self.incidents,
            acknowledge: Distribution::of(&self.acknowledge),
            resolve: Distribution::of(&self.resolve),
            recover: Distribution::of(&self.recover),
        })
    }
}
