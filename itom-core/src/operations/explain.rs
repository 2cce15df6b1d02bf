//! What an incident means: its symptom, its causes, the services it hits, the clocks that run.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::definition::{Agreement, Worse};
use super::engine::Operations;
use crate::event::{
    Alert, Cause, CauseAlert, CauseChange, CauseQuery, Incident, IncidentState, Series, Symptom,
    rank_causes,
};
use crate::sla::{Clock, ClockAction, ClockEvent, ClockOptions, ClockStatus, ObjectiveStatus};
use crate::{Error, Result, Timestamp};

/// An incident with what it means, as of an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExplainedIncident {
    /// The incident's id.
    pub id: String,
    /// Whether it is open or resolved.
    pub state: IncidentState,
    /// The highest severity of its alerts.
    pub severity: u8,
    /// When its first alert fired.
    pub started_at: Timestamp,
    /// When something of it happened last.
    pub updated_at: Timestamp,
    /// When it was over, if it is.
    pub resolved_at: Option<Timestamp>,
    /// The items with an alert, sorted.
    pub affected: Vec<String>,
    /// The fingerprints of its alerts, in the order in which they joined.
    pub alerts: Vec<String>,
    /// Where the harm shows to whoever uses the services.
    pub symptom: Option<IncidentSymptom>,
    /// The likely causes, best first; empty if there is none.
    pub causes: Vec<Cause>,
    /// What the topology says of the cause's failure, or of the alerting items' if no cause is
    /// known.
    pub impact: IncidentImpact,
    /// The services that are hit.
    pub services: Vec<ServiceHit>,
    /// The objectives of items that are hit, each with the name it has in the definition.
    pub objectives: Vec<IncidentObjective>,
    /// The clocks of the agreements that apply.
    pub clocks: Vec<IncidentClock>,
}

/// Where the harm shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncidentSymptom {
    /// The item.
    pub item: String,
    /// Its metric, if the alert came from one.
    pub metric: Option<String>,
    /// The condition, such as `latency high`.
    pub condition: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was over, if it is.
    pub until: Option<Timestamp>,
}

/// Who suffers if the causes fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncidentImpact {
    /// The items taken as failed.
    pub failed: Vec<String>,
    /// Items that cannot work without them.
    pub down: Vec<String>,
    /// Items that lost redundancy.
    pub degraded: Vec<String>,
    /// Degraded items that one more loss takes down.
    pub at_risk: Vec<String>,
}

/// A service that is hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServiceHit {
    /// The item.
    pub item: String,
    /// Its class.
    pub class: String,
    /// `down`, `degraded`, or empty for one that alerts though the topology does not say why.
    pub impact: String,
    /// Whether an alert of the incident or the symptom itself shows it.
    pub observed: bool,
}

/// An objective as of the explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncidentObjective {
    /// Its name.
    pub name: String,
    /// The item it is about.
    pub item: String,
    /// Error budget and burn rates; none as of an instant whose counts are forgotten.
    pub status: Option<ObjectiveStatus>,
}

/// The clock of an agreement as of the explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncidentClock {
    /// The agreement.
    pub agreement: String,
    /// What it shows.
    pub status: ClockStatus,
}

impl Operations {
    /// Explains one incident as of `at`.
    ///
    /// # Errors
    /// There is no incident of that id, or `at` is before its start.
    pub fn explain_incident(&self, id: &str, at: Timestamp) -> Result<ExplainedIncident> {
        self.explain(self.incident(id)?, at)
    }

    pub(super) fn incident(&self, id: &str) -> Result<&Incident> {
        self.correlator.incident(id).ok_or_else(|| Error::not_found("incident", "incident", id))
    }

    /// The alerts of an incident, in the order in which they joined.
    pub(super) fn alerts_of(&self, incident: &Incident) -> Vec<&Alert> {
        let mut seen = BTreeSet::new();
        let joined = incident.steps.iter().map(|step| step.alert.as_str());
        joined
            .filter(|alert| seen.insert(*alert))
            .filter_map(|alert| self.correlator.alert(alert))
            .collect()
    }

    /// What an item depends on directly; nothing for one the CMDB does not know.
    pub(super) fn providers(&self, item: &str) -> Vec<&str> {
        self.view.providers(item).unwrap_or_default()
    }

    pub(super) fn explain(&self, incident: &Incident, at: Timestamp) -> Result<ExplainedIncident> {
        if at < incident.started_at {
            let expected = format!("not before the incident's start, {}", incident.started_at);
            return Err(Error::invalid("at", at, expected));
        }
        let alerts = self.alerts_of(incident);
        let symptom = self.harm(incident, &alerts, at).or_else(|| self.most_affected(&alerts));
        let causes = match &symptom {
            Some(symptom) => self.causes(symptom, &alerts)?,
            None => Vec::new(),
        };
        let items: Vec<String> = incident.affected.iter().cloned().collect();
        let impact = self.impact(causes.first(), &items)?;
        let services = self.services(&impact, &items, symptom.as_ref());
        let objectives = self.hit_objectives(&impact, &items, at);
        let clocks = self.clocks(incident, at)?;
        Ok(ExplainedIncident {
            id: incident.id.clone(),
            state: incident.state,
            severity: incident.severity,
            started_at: incident.started_at,
            updated_at: incident.updated_at,
            resolved_at: incident.resolved_at,
            alerts: alerts.iter().map(|alert| alert.fingerprint.clone()).collect(),
            affected: items,
            symptom,
            causes,
            impact,
            services,
            objectives,
            clocks,
        })
    }

    /// The first objective with a bad sample since the incident began, of an item that alerts or
    /// depends on one that does: an objective says what harm is.
    fn harm(
        &self,
        incident: &Incident,
        alerts: &[&Alert],
        at: Timestamp,
    ) -> Option<IncidentSymptom> {
        self.definition.objectives.iter().find_map(|rule| {
            let providers = self.providers_of(&rule.item);
            let is_near =
                |alert: &&Alert| alert.item == rule.item || providers.contains(&alert.item);
            if !alerts.iter().any(is_near) {
                return None;
            }
            let monitor = self.monitors.get(&rule.item)?.get(&rule.metric)?;
            let during = |time: Timestamp| (incident.started_at..=at).contains(&time);
            let samples = monitor.history().filter(|judged| during(judged.time));
            let known = samples.filter_map(|judged| Some((judged.time, judged.value?)));
            let bad: Vec<(Timestamp, bool)> =
                known.map(|(time, value)| (time, !rule.is_good(value))).collect();
            let first = bad.iter().position(|(_, is_bad)| *is_bad)?;
            let last = bad.iter().rposition(|(_, is_bad)| *is_bad)?;
            Some(IncidentSymptom {
                item: rule.item.clone(),
                metric: Some(rule.metric.clone()),
                condition: format!("{} outside its objective", rule.metric),
                since: bad[first].0,
                until: bad.get(last + 1).map(|(time, _)| *time),
            })
        })
    }

    /// Where no objective says what harm is, the alert closest to whoever uses the services: on a
    /// service rather than on something else, on the item that depends on the most other alerting
    /// items, the more severe, the earlier.
    fn most_affected(&self, alerts: &[&Alert]) -> Option<IncidentSymptom> {
        let alerting: BTreeSet<&str> = alerts.iter().map(|alert| alert.item.as_str()).collect();
        let rank = |alert: &Alert| {
            let providers = self.providers_of(&alert.item);
            let alerting_below = alerting.iter().filter(|&&item| providers.contains(item)).count();
            (
                !self.is_service(&alert.item),
                std::cmp::Reverse(alerting_below),
                std::cmp::Reverse(alert.severity_max),
                alert.first_seen,
                alert.fingerprint.clone(),
            )
        };
        let alert = alerts.iter().min_by_key(|alert| rank(alert))?;
        Some(IncidentSymptom {
            item: alert.item.clone(),
            metric: alert.labels.get("metric").cloned(),
            condition: alert.name.clone(),
            since: alert.fired_at,
            until: alert.resolved_at,
        })
    }

    /// Everything that `item` depends on, however far.
    fn providers_of(&self, item: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![item.to_owned()];
        while let Some(item) = open.pop() {
            for provider in self.providers(&item) {
                if reached.insert(provider.to_owned()) {
                    open.push(provider.to_owned());
                }
            }
        }
        reached
    }

    fn is_service(&self, item: &str) -> bool {
        let classes = &self.definition.service_classes;
        classes.iter().any(|class| self.view.is_a(item, class))
    }

    /// Ranks what the symptom depends on, by the metrics that can be worse and the alerts.
    fn causes(&self, symptom: &IncidentSymptom, alerts: &[&Alert]) -> Result<Vec<Cause>> {
        let mut items = self.providers_of(&symptom.item);
        items.insert(symptom.item.clone());
        let edges: Vec<(String, String)> = items
            .iter()
            .flat_map(|item| {
                let providers = self.providers(item).into_iter();
                providers.map(move |provider| (item.clone(), provider.to_owned()))
            })
            .collect();
        // The symptom may show later than the last alert: then there is no harm before it.
        let last_alert = alerts.iter().map(|alert| alert.last_seen).max();
        let at = last_alert.map_or(symptom.since, |last| last.max(symptom.since));
        let alerts = alerts.iter().map(|alert| CauseAlert {
            ci: alert.item.clone(),
            time: alert.fired_at,
            severity: alert.severity_max,
        });
        let changes = self.changes.iter().filter(|(_, item)| items.contains(item));
        rank_causes(&CauseQuery {
            edges,
            series: self.series(&items, symptom.metric.as_deref(), at),
            alerts: alerts.collect(),
            changes: changes.map(|(at, ci)| CauseChange { ci: ci.clone(), time: *at }).collect(),
            symptom: Symptom { ci: symptom.item.clone(), metric: symptom.metric.clone() },
            at,
            window: None,
        })
    }

    /// The recent history of these items up to `at`: of each the symptom's metric, or, of one that
    /// has none, every metric that can be worse. (On the PetShop data the same metric names the
    /// cause first in 13 of 16 issues, all metrics together in 10.)
    fn series(
        &self,
        items: &BTreeSet<String>,
        symptom: Option<&str>,
        at: Timestamp,
    ) -> Vec<Series> {
        let mut series = Vec::new();
        for (item, by_metric) in self.monitors.iter().filter(|(item, _)| items.contains(*item)) {
            let same = symptom.filter(|metric| by_metric.contains_key(*metric));
            for (metric, monitor) in by_metric {
                let can_be_worse = self.definition.metric_rule(metric).worse != Worse::Neither;
                if !same.map_or(can_be_worse, |same| same == metric) {
                    continue;
                }
                let kept = || monitor.history().take_while(|judged| judged.time <= at);
                if kept().next().is_none() {
                    continue;
                }
                series.push(Series {
                    ci: item.clone(),
                    metric: metric.clone(),
                    timestamps: kept().map(|judged| judged.time).collect(),
                    values: kept().map(|judged| judged.value.unwrap_or(f64::NAN)).collect(),
                });
            }
        }
        series
    }

    /// What the topology says: of the best cause if there is one, else of the alerting items.
    fn impact(&self, cause: Option<&Cause>, items: &[String]) -> Result<IncidentImpact> {
        let failed: Vec<&str> = match cause {
            Some(cause) => vec![cause.ci.as_str()],
            None => items.iter().map(String::as_str).collect(),
        };
        let known: Vec<&str> = failed.into_iter().filter(|item| self.view.contains(item)).collect();
        let impact = self.view.impact(&known)?;
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
        Ok(IncidentImpact {
            failed: owned(known),
            down: owned(impact.down()),
            degraded: owned(impact.degraded()),
            at_risk: owned(impact.at_risk()),
        })
    }

    fn services(
        &self,
        impact: &IncidentImpact,
        items: &[String],
        symptom: Option<&IncidentSymptom>,
    ) -> Vec<ServiceHit> {
        let shows = |item: &str| {
            items.iter().any(|alerting| alerting == item) || symptom.is_some_and(|s| s.item == item)
        };
        let mut hits: BTreeMap<&str, &str> = BTreeMap::new();
        hits.extend(items.iter().map(|item| (item.as_str(), "")));
        hits.extend(impact.degraded.iter().map(|item| (item.as_str(), "degraded")));
        hits.extend(impact.down.iter().map(|item| (item.as_str(), "down")));
        let mut services: Vec<ServiceHit> = hits
            .into_iter()
            .filter(|(item, _)| self.is_service(item))
            .map(|(item, impact)| ServiceHit {
                item: item.to_owned(),
                class: self.class_of(item),
                impact: impact.to_owned(),
                observed: shows(item),
            })
            .collect();
        services.sort_by_key(|hit| (!hit.observed, hit.item.clone()));
        services
    }

    pub(super) fn class_of(&self, item: &str) -> String {
        self.view.item(item).map(|item| item.class.clone()).unwrap_or_default()
    }

    fn hit_objectives(
        &self,
        impact: &IncidentImpact,
        items: &[String],
        at: Timestamp,
    ) -> Vec<IncidentObjective> {
        let hit = |item: &String| {
            items.contains(item) || impact.down.contains(item) || impact.degraded.contains(item)
        };
        let rules = self.definition.objectives.iter().zip(&self.objectives);
        let hit = rules.filter(|(rule, _)| hit(&rule.item));
        hit.map(|(rule, objective)| IncidentObjective {
            name: rule.name.clone(),
            item: rule.item.clone(),
            status: objective.status(at).ok(),
        })
        .collect()
    }

    fn clocks(&self, incident: &Incident, at: Timestamp) -> Result<Vec<IncidentClock>> {
        self.agreements_of(incident)
            .map(|agreement| {
                Ok(IncidentClock {
                    agreement: agreement.name.clone(),
                    status: self.clock(agreement, incident)?.status(at),
                })
            })
            .collect()
    }

    pub(super) fn agreements_of(&self, incident: &Incident) -> impl Iterator<Item = &Agreement> {
        let severity = incident.severity;
        self.definition.agreements.iter().filter(move |a| severity >= a.severity_at_least)
    }

    /// The clock of an agreement: from the first alert to the end of the incident.
    pub(super) fn clock(&self, agreement: &Agreement, incident: &Incident) -> Result<Clock> {
        let calendar = self.calendars.get(&agreement.calendar).cloned();
        let calendar = calendar
            .ok_or_else(|| Error::not_found("calendar", "calendar", &agreement.calendar))?;
        let options = ClockOptions::new(agreement.target, calendar, incident.started_at);
        let mut clock = Clock::new(options)?;
        if let Some(at) = incident.resolved_at {
            clock.apply(ClockEvent::new(at, ClockAction::Stop))?;
        }
        Ok(clock)
    }
}
