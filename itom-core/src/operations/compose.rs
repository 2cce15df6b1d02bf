//! Fills a [`Report`] from the engines.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::ObjectiveRule;
use super::engine::Operations;
use super::explain::ExplainedIncident;
use super::monitor::Monitor;
use super::report::{
    BudgetPoint, BurnRate, ClockSegment, MapEdge, MapNode, Panel, Report, ReportAlert, ReportCause,
    ReportClock, ReportObjective, ReportService, Role, ServiceMap, numbers,
};
use super::summary;
use crate::event::{Alert, Incident, Step};
use crate::sla::{ClockState, Objective, Segment};
use crate::{Duration, Result, Timestamp};

/// Samples shown before the incident's start; the whole incident is always shown.
const SAMPLES_BEFORE: usize = 96;
/// Neighbours of the items that are hit are drawn as long as the map stays this small.
const MAP_NODES: usize = 60;
/// How far back the picture of an error budget goes, and its number of points.
const DAY: Duration = Duration::from_secs(86_400);
const BUDGET_POINTS: i64 = 288;
/// Candidate causes in a report.
const CAUSES: usize = 5;

impl Operations {
    /// The report of one incident as of `at`.
    ///
    /// # Errors
    /// There is no incident of that id, or `at` is before its start.
    pub fn report(&self, incident: &str, at: Timestamp) -> Result<Report> {
        let incident = self.incident(incident)?;
        let explained = self.explain(incident, at)?;
        let alerts = self.alerts_of(incident);
        let symptom = explained.symptom.as_ref();
        let mut report = Report {
            name: self.definition.name.clone(),
            incident: incident.id.clone(),
            condition: symptom.map_or_else(String::new, |symptom| symptom.condition.clone()),
            symptom_since: symptom.map(|symptom| symptom.since),
            symptom_until: symptom.and_then(|symptom| symptom.until),
            at,
            state: if incident.resolved_at.is_some() { "resolved" } else { "open" }.to_owned(),
            severity: incident.severity,
            started_at: incident.started_at,
            resolved_at: incident.resolved_at,
            summary: Vec::new(),
            funnel: self.funnel.clone(),
            causes: self.report_causes(&explained),
            services: report_services(&explained),
            map: self.service_map(&explained),
            panels: self.panels(&explained, &alerts),
            alerts: report_alerts(incident, &alerts),
            objectives: self.report_objectives(&explained),
            clocks: self.report_clocks(incident, &explained, at)?,
        };
        report.summary = summary::sentences(&report, &explained);
        Ok(report)
    }

    fn report_causes(&self, explained: &ExplainedIncident) -> Vec<ReportCause> {
        let causes = explained.causes.iter().take(CAUSES);
        causes
            .map(|cause| ReportCause {
                item: cause.ci.clone(),
                class: self.class_of(&cause.ci),
                score: cause.score,
                evidence: cause
                    .evidence
                    .iter()
                    .map(|evidence| summary::evidence(evidence, &self.definition))
                    .collect(),
                path: cause.path.clone(),
            })
            .collect()
    }

    /// The cause, the symptom, what alerts and what is hit, and their neighbours while there is room.
    fn service_map(&self, explained: &ExplainedIncident) -> ServiceMap {
        let roles = roles(explained);
        let mut shown: BTreeSet<&str> = roles.keys().copied().collect();
        let neighbours: BTreeSet<&str> = shown
            .iter()
            .flat_map(|item| {
                let consumers = self.view.consumers(item).unwrap_or_default();
                self.providers(item).into_iter().chain(consumers)
            })
            .collect();
        if shown.len() + neighbours.len() <= MAP_NODES {
            shown.extend(neighbours);
        }
        let nodes = shown
            .iter()
            .map(|&id| MapNode {
                id: id.to_owned(),
                class: self.class_of(id),
                role: roles.get(id).copied().unwrap_or(Role::Healthy),
                impact: impact_of(explained, id).to_owned(),
            })
            .collect();
        let on_path = path_edges(explained);
        let mut edges: Vec<MapEdge> = Vec::new();
        for &consumer in &shown {
            for provider in self.providers(consumer) {
                if shown.contains(provider) {
                    edges.push(MapEdge {
                        consumer: consumer.to_owned(),
                        provider: provider.to_owned(),
                        on_path: on_path.contains(&(consumer, provider)),
                    });
                }
            }
        }
        edges.sort();
        let known = shown.iter().filter(|item| self.view.contains(item)).count();
        let left_out = (self.view.len() - known) as u64;
        ServiceMap { nodes, edges, left_out }
    }

    /// The metrics with an alert, the symptom's and the cause's first.
    fn panels<'a>(&self, explained: &'a ExplainedIncident, alerts: &[&'a Alert]) -> Vec<Panel> {
        let mut series: Vec<(&str, &str)> = Vec::new();
        let symptom = explained.symptom.as_ref();
        if let Some((symptom, metric)) = symptom.and_then(|s| Some((s, s.metric.as_deref()?))) {
            series.push((&symptom.item, metric));
            series.extend(explained.causes.first().map(|cause| (cause.ci.as_str(), metric)));
        }
        let series_of =
            |alert: &&'a Alert| Some((alert.item.as_str(), alert.labels.get("metric")?.as_str()));
        series.extend(alerts.iter().filter_map(series_of));
        let mut seen = BTreeSet::new();
        series.retain(|&key| seen.insert(key));
        let panel = |(item, metric): (&str, &str)| {
            let monitor = self.monitors.get(item)?.get(metric)?;
            Some(self.panel(item, metric, monitor, explained.started_at))
        };
        series.into_iter().filter_map(panel).collect()
    }

    fn panel(&self, item: &str, metric: &str, monitor: &Monitor, start: Timestamp) -> Panel {
        let rule = self.definition.metric_rule(metric);
        let before = monitor.history().filter(|judged| judged.time < start).count();
        let shown = || monitor.history().skip(before.saturating_sub(SAMPLES_BEFORE));
        Panel {
            item: item.to_owned(),
            metric: metric.to_owned(),
            unit: rule.unit.clone(),
            timestamps: shown().map(|judged| judged.time).collect(),
            values: shown().map(|judged| judged.value.filter(|v| v.is_finite())).collect(),
            lower: shown().map(|judged| judged.lower.filter(|v| v.is_finite())).collect(),
            upper: shown().map(|judged| judged.upper.filter(|v| v.is_finite())).collect(),
            anomalous: shown().map(|judged| judged.anomalous).collect(),
            reason: monitor.reason_since(start),
        }
    }

    fn report_objectives(&self, explained: &ExplainedIncident) -> Vec<ReportObjective> {
        let rules = self.definition.objectives.iter().zip(&self.objectives);
        let hit = |rule: &ObjectiveRule| explained.objectives.iter().find(|o| o.name == rule.name);
        rules
            .filter_map(|(rule, objective)| {
                let status = hit(rule)?.status.as_ref()?;
                let burn_rates = status.alerts.iter().map(|alert| BurnRate {
                    over: alert.long,
                    rate: alert.long_rate,
                    threshold: alert.factor.to_f64(),
                });
                Some(ReportObjective {
                    name: rule.name.clone(),
                    item: rule.item.clone(),
                    target: format!("{} %", rule.objective.target),
                    window: rule.objective.window_length(),
                    attained: status.sli_ratio,
                    budget_left: status.remaining_ratio,
                    burn_rates: burn_rates.collect(),
                    exhausted_at: status
                        .time_to_exhaustion
                        .filter(|_| objective.covers_window(status.at))
                        .map(|time| status.at + time),
                    history: budget_history(objective, status.at),
                })
            })
            .collect()
    }

    fn report_clocks(
        &self,
        incident: &Incident,
        explained: &ExplainedIncident,
        at: Timestamp,
    ) -> Result<Vec<ReportClock>> {
        let agreements = self.agreements_of(incident).zip(&explained.clocks);
        agreements
            .map(|(agreement, shown)| {
                let clock = self.clock(agreement, incident)?;
                let status = &shown.status;
                let breach = status.breach_at.filter(|_| !status.breached);
                let segments = clock.explain(breach.map_or(at, |breach| breach.max(at)))?;
                Ok(ReportClock {
                    agreement: agreement.name.clone(),
                    state: state_name(status.state).to_owned(),
                    target: agreement.target,
                    elapsed: status.business,
                    remaining: status.remaining,
                    breach_at: status.breach_at,
                    breached: status.breached,
                    segments: segments.iter().flat_map(|segment| cut(segment, at)).collect(),
                })
            })
            .collect()
    }
}

/// A stretch of a clock's time, cut where the report stands: what is after it is ahead.
fn cut(segment: &Segment, at: Timestamp) -> impl Iterator<Item = ClockSegment> {
    let kind = |ahead: bool| match segment.state {
        ClockState::Paused => "paused",
        _ if !segment.open => "closed",
        ClockState::Running if ahead => "ahead",
        _ if segment.counted => "counted",
        _ => "stopped",
    };
    let piece = |from: Timestamp, to: Timestamp, ahead| {
        (from < to).then(|| ClockSegment { from, to, kind: kind(ahead).to_owned() })
    };
    let before = piece(segment.start, segment.end.min(at), false);
    before.into_iter().chain(piece(segment.start.max(at), segment.end, true))
}

fn state_name(state: ClockState) -> &'static str {
    match state {
        ClockState::Pending => "pending",
        ClockState::Running => "running",
        ClockState::Paused => "paused",
        ClockState::Stopped => "stopped",
        ClockState::Cancelled => "cancelled",
    }
}

/// The share of the budget that was left over the last day.
fn budget_history(objective: &Objective, at: Timestamp) -> Vec<BudgetPoint> {
    let step = Duration::from_nanos(DAY.as_nanos() / BUDGET_POINTS);
    let instants =
        (0..=BUDGET_POINTS).map(|n| at - DAY + Duration::from_nanos(step.as_nanos() * n));
    instants
        .filter_map(|at| {
            Some(BudgetPoint { at, left: objective.status(at).ok()?.remaining_ratio? })
        })
        .collect()
}

/// What each item that matters is, the stronger role winning.
fn roles(explained: &ExplainedIncident) -> BTreeMap<&str, Role> {
    let mut roles = BTreeMap::new();
    let impact = &explained.impact;
    let impacted = impact.down.iter().chain(&impact.degraded);
    let path = explained.causes.first().map_or(&[][..], |cause| &cause.path);
    roles.extend(impacted.chain(path).map(|item| (item.as_str(), Role::Impacted)));
    roles.extend(explained.affected.iter().map(|item| (item.as_str(), Role::Alerting)));
    roles.extend(explained.symptom.iter().map(|s| (s.item.as_str(), Role::Symptom)));
    roles.extend(explained.causes.first().map(|cause| (cause.ci.as_str(), Role::Cause)));
    roles
}

fn impact_of<'a>(explained: &ExplainedIncident, item: &str) -> &'a str {
    let impact = &explained.impact;
    let has = |list: &[String]| list.iter().any(|other| other == item);
    if has(&impact.down) {
        "down"
    } else if has(&impact.at_risk) {
        "at_risk"
    } else if has(&impact.degraded) {
        "degraded"
    } else {
        ""
    }
}

/// The (consumer, provider) pairs along the path from the best cause to the symptom.
fn path_edges(explained: &ExplainedIncident) -> BTreeSet<(&str, &str)> {
    let path = explained.causes.first().map_or(&[][..], |cause| &cause.path);
    path.windows(2).map(|pair| (pair[1].as_str(), pair[0].as_str())).collect()
}

fn report_services(explained: &ExplainedIncident) -> Vec<ReportService> {
    let services = explained.services.iter().map(|hit| ReportService {
        item: hit.item.clone(),
        class: hit.class.clone(),
        impact: hit.impact.clone(),
        observed: hit.observed,
    });
    services.collect()
}

fn report_alerts(incident: &Incident, alerts: &[&Alert]) -> Vec<ReportAlert> {
    let because: BTreeMap<&str, String> = incident
        .steps
        .iter()
        .enumerate()
        .rev()
        .map(|(index, step)| (step.alert.as_str(), why(step, index == 0)))
        .collect();
    let alerts = alerts.iter().map(|alert| ReportAlert {
        item: alert.item.clone(),
        name: alert.name.clone(),
        severity: alert.severity_max,
        first_seen: alert.fired_at,
        last_seen: alert.last_seen,
        resolved_at: alert.resolved_at,
        count: alert.count,
        because: because.get(alert.fingerprint.as_str()).cloned().unwrap_or_default(),
    });
    alerts.collect()
}

/// Why an alert joined.
fn why(step: &Step, is_first: bool) -> String {
    let Some(link) = &step.because else {
        let own = "it opened an incident of its own, which turned out to be this one";
        return if is_first { "it opened the incident" } else { own }.to_owned();
    };
    let gap = numbers::duration(link.gap);
    match link.distance {
        0 => format!("same item, {gap} after another alert"),
        1 => format!("1 hop from {}, {gap} after its alert", link.item),
        hops => format!("{hops} hops from {}, {gap} after its alert", link.item),
    }
}
