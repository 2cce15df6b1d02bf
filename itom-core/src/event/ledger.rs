//! The alerts and incidents of a correlator, brought forward one event and one timer at a time.
//!
//! The main type is [`Ledger`]. It is handed events in their order and does the three steps that
//! [`correlator`](super::correlator) describes. Its index of *recent* activity has for every item
//! the latest sign of every open incident there, so a search looks at as many entries as there are
//! items around the alert. Timers are lazy: one per alert and purpose, checked and moved on when it
//! falls due, not at every event.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::topology::nearest;
use super::{
    Alert, AlertState, CorrelatorDefinition, Event, EventKind, Incident, IncidentState, Link,
    ResolveReason, Statistics, Topology, Update,
};
use crate::Timestamp;

/// What may fall due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Timer {
    /// The alert has not been heard of for long.
    Expire(String),
    /// The alert has not changed for long.
    Calm(String),
    /// The incident has been settled for long.
    Settle(String),
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ledger {
    alerts: BTreeMap<String, Alert>,
    incidents: BTreeMap<String, Incident>,
    /// Item → open incident → time and fingerprint of its latest activity there.
    recent: BTreeMap<String, BTreeMap<String, (Timestamp, String)>>,
    due: BTreeSet<(Timestamp, Timer)>,
    armed: BTreeMap<Timer, Timestamp>,
    pub(super) statistics: Statistics,
}

impl Ledger {
    pub(super) fn alerts(&self) -> &BTreeMap<String, Alert> {
        &self.alerts
    }

    pub(super) fn incidents(&self) -> &BTreeMap<String, Incident> {
        &self.incidents
    }

    /// Whether keys and values say the same, alerts are as events make them, and counters have
    /// room to count on: what a restored state is asked.
    pub(super) fn is_sound(&self) -> bool {
        const MOST: u64 = 1 << 62;
        let is_severity = |severity: u8| (1..=24).contains(&severity);
        let statistics = &self.statistics;
        let counters = [
            statistics.received,
            statistics.processed,
            statistics.late,
            statistics.duplicates,
            statistics.unrelated,
            statistics.idle_recoveries,
            statistics.hurried,
            statistics.searches_cut,
            statistics.alerts_forgotten,
            statistics.incidents_forgotten,
        ];
        counters.iter().all(|counter| *counter < MOST)
            && self.alerts.iter().all(|(key, alert)| {
                *key == alert.fingerprint
                    && ![&alert.fingerprint, &alert.item, &alert.name].iter().any(|t| t.is_empty())
                    && is_severity(alert.severity)
                    && is_severity(alert.severity_max)
                    && alert.count.max(alert.episodes) < MOST
            })
            && self
                .incidents
                .iter()
                .all(|(key, incident)| *key == incident.id && incident.unsettled < MOST)
            && self.due.len() == self.armed.len()
            && self.due.iter().all(|(time, timer)| self.armed.get(timer) == Some(time))
    }

    /// When the next timer falls due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(time, _)| *time)
    }

    /// Handles the first timer.
    pub(super) fn fall_due(&mut self, definition: &CorrelatorDefinition, out: &mut Vec<Update>) {
        let Some((now, timer)) = self.due.pop_first() else { return };
        self.armed.remove(&timer);
        match &timer {
            Timer::Expire(alert) => self.expire(now, alert, definition, out),
            Timer::Calm(alert) => self.calm(now, alert, definition, out),
            Timer::Settle(incident) => self.conclude(now, incident, definition, out),
        }
    }

    /// Handles all timers that fall due before `time`.
    pub(super) fn fall_due_before(
        &mut self,
        time: Timestamp,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        while self.next_due().is_some_and(|due| due < time) {
            self.fall_due(definition, out);
        }
    }

    /// Takes the next event in order.
    pub(super) fn process(
        &mut self,
        event: &Event,
        definition: &CorrelatorDefinition,
        topology: &dyn Topology,
        out: &mut Vec<Update>,
    ) {
        self.statistics.processed += 1;
        match event.kind {
            EventKind::Alert | EventKind::Security => self.fire(event, definition, topology, out),
            EventKind::Recovery => self.recover(event, definition, out),
            EventKind::Metric | EventKind::Log | EventKind::Change | EventKind::Heartbeat => {
                self.statistics.unrelated += 1;
            }
        }
    }

    fn fire(
        &mut self,
        event: &Event,
        definition: &CorrelatorDefinition,
        topology: &dyn Topology,
        out: &mut Vec<Update>,
    ) {
        let fingerprint = event.fingerprint();
        if !self.alerts.contains_key(&fingerprint)
            && self.alerts.len() as u64 >= definition.max_alerts
        {
            self.forget_alerts(event.time, definition, out);
        }
        let alert = self
            .alerts
            .entry(fingerprint.clone())
            .or_insert_with(|| Alert::first(event, &fingerprint));
        let (reopened, before) = (alert.episodes > 0, alert.unsettled());
        let began = alert.fire(event);
        let (time, severity) = (event.time, event.severity);
        let name = fingerprint.clone();
        out.push(if began {
            Update::AlertFired {
                time,
                alert: name,
                item: alert.item.clone(),
                name: alert.name.clone(),
                severity,
                reopened,
                flapping: alert.flapping,
            }
        } else {
            Update::AlertRepeated { time, alert: name, count: alert.count, severity }
        });
        if let Some(quiet) = definition.expire_after {
            self.arm(Timer::Expire(fingerprint.clone()), time + quiet);
        }
        self.flap(time, &fingerprint, began, definition, out);
        // Nothing above removes the alert; a copy keeps the borrows below apart.
        let Some(alert) = self.alerts.get(&fingerprint).cloned() else { return };
        let home = self.home(&alert);
        if let Some(incident) = home.as_ref().and_then(|id| self.incidents.get_mut(id)) {
            incident.touch(&alert);
            if !before {
                incident.unsettle();
            }
        }
        let home = if began || home.is_none() {
            Some(self.correlate(&alert, home, definition, topology, out))
        } else {
            home
        };
        if let Some(home) = home {
            self.note_activity(&alert, &home);
        }
    }

    fn recover(&mut self, event: &Event, definition: &CorrelatorDefinition, out: &mut Vec<Update>) {
        let fingerprint = event.fingerprint();
        let Some(alert) = self.alerts.get_mut(&fingerprint) else {
            self.statistics.idle_recoveries += 1;
            return;
        };
        let before = alert.unsettled();
        alert.last_seen = event.time;
        alert.remember(false);
        let changed = alert.resolve(event.time);
        if changed {
            out.push(Update::AlertResolved {
                time: event.time,
                alert: fingerprint.clone(),
                reason: ResolveReason::Recovered,
                flapping: alert.flapping,
            });
        } else {
            self.statistics.idle_recoveries += 1;
        }
        self.flap(event.time, &fingerprint, changed, definition, out);
        let Some(alert) = self.alerts.get(&fingerprint).cloned() else { return };
        if let Some(home) = self.home(&alert) {
            if let Some(incident) = self.incidents.get_mut(&home) {
                incident.updated_at = incident.updated_at.max(event.time);
                if !before && alert.unsettled() {
                    incident.unsettle();
                }
            }
            self.note_activity(&alert, &home);
            if before && !alert.unsettled() {
                self.settle(event.time, &home, definition);
            }
        }
    }

    /// Starts or ends flapping by the two thresholds; only a change of state starts it.
    fn flap(
        &mut self,
        time: Timestamp,
        fingerprint: &str,
        changed: bool,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        let Some(alert) = self.alerts.get_mut(fingerprint) else { return };
        let (ratio, name) = (alert.change_ratio, fingerprint.to_owned());
        if changed && !alert.flapping && ratio >= definition.flapping_start {
            alert.flapping = true;
            out.push(Update::FlappingStarted { time, alert: name.clone(), change_ratio: ratio });
            self.arm(Timer::Calm(name), time + definition.flapping_quiet);
        } else if alert.flapping && ratio < definition.flapping_stop {
            alert.flapping = false;
            out.push(Update::FlappingStopped { time, alert: name, change_ratio: ratio });
        }
    }

    /// The open incident of the alert.
    fn home(&self, alert: &Alert) -> Option<String> {
        let id = alert.incident.as_ref()?;
        let open = self.incidents.get(id)?.state == IncidentState::Open;
        open.then(|| id.clone())
    }

    /// Finds the incident of an alert that began to fire, and connects those it is close to.
    fn correlate(
        &mut self,
        alert: &Alert,
        home: Option<String>,
        definition: &CorrelatorDefinition,
        topology: &dyn Topology,
        out: &mut Vec<Update>,
    ) -> String {
        let mut close = self.close_incidents(alert, definition, topology);
        if let Some(home) = &home {
            close.remove(home);
        } else {
            close.retain(|id, _| self.has_room(id, 1, definition));
        }
        let mut by_age: Vec<(Timestamp, String)> = close
            .keys()
            .chain(&home)
            .filter_map(|id| Some((self.incidents.get(id)?.started_at, id.clone())))
            .collect();
        by_age.sort();
        let mut by_age = by_age.into_iter().map(|(_, id)| id);
        let Some(oldest) = by_age.next() else { return self.open(alert, definition, out) };
        if home.is_none() {
            let because = close.get(&oldest).cloned();
            self.join(alert, &oldest, because, out);
        }
        for younger in by_age {
            // The link is to the younger; where that is the alert's own, to the older.
            let Some(because) = close.get(&younger).or_else(|| close.get(&oldest)) else {
                continue;
            };
            let because = because.clone();
            self.merge(alert, &oldest, &younger, because, definition, out);
        }
        // The alert's own incident may have been merged, or found no room in the older one.
        let now = self.alerts.get(&alert.fingerprint).and_then(|alert| self.home(alert));
        now.or(home).unwrap_or(oldest)
    }

    /// The open incidents with an alert close to this one, each with the closest.
    fn close_incidents(
        &mut self,
        alert: &Alert,
        definition: &CorrelatorDefinition,
        topology: &dyn Topology,
    ) -> BTreeMap<String, Link> {
        let mut close: BTreeMap<String, Link> = BTreeMap::new();
        if self.recent.is_empty() {
            return close;
        }
        let most = usize::try_from(definition.max_searched_items).unwrap_or(usize::MAX);
        let around = nearest(topology, &alert.item, definition.max_distance, most);
        self.statistics.searches_cut += u64::from(around.cut);
        for (item, distance) in around.items {
            let Some(here) = self.recent.get_mut(&item) else { continue };
            // Time only goes forward: what is out of the window stays out, until it is heard of
            // again and noted anew.
            here.retain(|_, (seen, _)| alert.last_seen - *seen <= definition.time_window);
            for (incident, (seen, other)) in here.iter() {
                let gap = alert.last_seen - *seen;
                let link = Link { alert: other.clone(), item: item.clone(), distance, gap };
                match close.get_mut(incident) {
                    Some(best) if *best <= link => {}
                    Some(best) => *best = link,
                    None => {
                        close.insert(incident.clone(), link);
                    }
                }
            }
            if here.is_empty() {
                self.recent.remove(&item);
            }
        }
        close
    }

    fn has_room(&self, incident: &str, more: usize, definition: &CorrelatorDefinition) -> bool {
        let size = self.incidents.get(incident).map_or(0, |incident| incident.alerts.len());
        (size + more) as u64 <= definition.max_incident_alerts
    }

    fn open(
        &mut self,
        alert: &Alert,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) -> String {
        if self.incidents.len() as u64 >= definition.max_incidents {
            self.forget_incidents(alert.last_seen, out);
        }
        let mut attempt = 0;
        let mut id = Incident::id_for(alert, attempt);
        while self.incidents.contains_key(&id) {
            attempt += 1;
            id = Incident::id_for(alert, attempt);
        }
        let mut incident = Incident::open(id.clone(), alert);
        incident.join(alert, None);
        self.incidents.insert(id.clone(), incident);
        self.set_home(&alert.fingerprint, &id);
        out.push(Update::IncidentOpened {
            time: alert.last_seen,
            incident: id.clone(),
            alert: alert.fingerprint.clone(),
        });
        id
    }

    fn join(&mut self, alert: &Alert, id: &str, because: Option<Link>, out: &mut Vec<Update>) {
        let Some(incident) = self.incidents.get_mut(id) else { return };
        incident.join(alert, because.clone());
        self.set_home(&alert.fingerprint, id);
        let Some(because) = because else { return };
        out.push(Update::AlertJoined {
            time: alert.last_seen,
            incident: id.to_owned(),
            alert: alert.fingerprint.clone(),
            because,
        });
    }

    fn merge(
        &mut self,
        alert: &Alert,
        older: &str,
        younger: &str,
        because: Link,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        let more = self.incidents.get(younger).map_or(0, |incident| incident.alerts.len());
        if !self.has_room(older, more, definition) {
            return;
        }
        let Some(mut gone) = self.incidents.remove(younger) else { return };
        for member in &gone.alerts {
            self.set_home(member, older);
        }
        for item in &gone.affected {
            let Some(here) = self.recent.get_mut(item) else { continue };
            let Some(last) = here.remove(younger) else { continue };
            let kept = here.entry(older.to_owned()).or_insert_with(|| last.clone());
            if *kept < last {
                *kept = last;
            }
        }
        if let Some(incident) = self.incidents.get_mut(older) {
            incident.absorb(&mut gone, alert, because.clone());
        }
        self.incidents.insert(younger.to_owned(), gone);
        out.push(Update::IncidentsMerged {
            time: alert.last_seen,
            incident: older.to_owned(),
            merged: younger.to_owned(),
            alert: alert.fingerprint.clone(),
            because,
        });
    }

    fn set_home(&mut self, fingerprint: &str, id: &str) {
        if let Some(alert) = self.alerts.get_mut(fingerprint) {
            alert.incident = Some(id.to_owned());
        }
    }

    fn note_activity(&mut self, alert: &Alert, incident: &str) {
        let activity = (alert.last_seen, alert.fingerprint.clone());
        if let Some(last) = self.recent.get_mut(&alert.item).and_then(|here| here.get_mut(incident))
        {
            *last = activity;
            return;
        }
        let here = self.recent.entry(alert.item.clone()).or_default();
        here.insert(incident.to_owned(), activity);
    }

    /// An alert of the incident neither fires nor flaps any more.
    fn settle(&mut self, time: Timestamp, id: &str, definition: &CorrelatorDefinition) {
        let Some(incident) = self.incidents.get_mut(id) else { return };
        if incident.settle(time) {
            self.arm(Timer::Settle(id.to_owned()), time + definition.resolve_after);
        }
    }

    fn expire(
        &mut self,
        now: Timestamp,
        fingerprint: &str,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        let Some(quiet) = definition.expire_after else { return };
        let Some(alert) = self.alerts.get_mut(fingerprint) else { return };
        if alert.state == AlertState::Resolved {
            return;
        }
        let due = alert.last_seen + quiet;
        if due > now {
            self.arm(Timer::Expire(fingerprint.to_owned()), due);
            return;
        }
        self.resolve(now, fingerprint, ResolveReason::Expired, definition, out);
    }

    /// Resolves an alert of which no event says so.
    fn resolve(
        &mut self,
        now: Timestamp,
        fingerprint: &str,
        reason: ResolveReason,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        let Some(alert) = self.alerts.get_mut(fingerprint) else { return };
        let before = alert.unsettled();
        if reason == ResolveReason::Forgotten {
            alert.flapping = false;
        }
        let flapping = alert.flapping;
        if alert.resolve(now) {
            alert.remember(false);
            let alert = fingerprint.to_owned();
            out.push(Update::AlertResolved { time: now, alert, reason, flapping });
        }
        let settled = before && !alert.unsettled();
        let alert = alert.clone();
        if let Some(home) = self.home(&alert).filter(|_| settled) {
            self.settle(now, &home, definition);
        }
    }

    /// Ends the flapping of an alert that has been silent.
    fn calm(
        &mut self,
        now: Timestamp,
        fingerprint: &str,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        let Some(alert) = self.alerts.get_mut(fingerprint) else { return };
        if !alert.flapping {
            return;
        }
        let due = alert.last_seen + definition.flapping_quiet;
        if due > now {
            self.arm(Timer::Calm(fingerprint.to_owned()), due);
            return;
        }
        let before = alert.unsettled();
        alert.flapping = false;
        // What it has been all the while counts as its history: no change.
        alert.history = if alert.state == AlertState::Firing { u32::MAX } else { 0 };
        alert.remember(alert.state == AlertState::Firing);
        let (settled, alert) = (before && !alert.unsettled(), alert.clone());
        out.push(Update::FlappingStopped {
            time: now,
            alert: fingerprint.to_owned(),
            change_ratio: alert.change_ratio,
        });
        if let Some(home) = self.home(&alert).filter(|_| settled) {
            self.settle(now, &home, definition);
        }
    }

    /// Resolves an incident that has been settled long enough.
    fn conclude(
        &mut self,
        now: Timestamp,
        id: &str,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        let Some(incident) = self.incidents.get_mut(id) else { return };
        let Some(resolved_at) = incident.settled_at else { return };
        if incident.state != IncidentState::Open {
            return;
        }
        let due = resolved_at + definition.resolve_after;
        if due > now {
            self.arm(Timer::Settle(id.to_owned()), due);
            return;
        }
        incident.state = IncidentState::Resolved;
        incident.resolved_at = Some(resolved_at);
        let incident = id.to_owned();
        out.push(Update::IncidentResolved { time: now, incident, resolved_at });
        self.unlist(id);
    }

    /// Takes an incident out of the index of recent activity.
    fn unlist(&mut self, id: &str) {
        let Some(incident) = self.incidents.get(id) else { return };
        for item in &incident.affected {
            let Some(here) = self.recent.get_mut(item) else { continue };
            here.remove(id);
            if here.is_empty() {
                self.recent.remove(item);
            }
        }
    }

    /// Drops an eighth of the alerts: resolved ones first, then those heard of the longest ago.
    fn forget_alerts(
        &mut self,
        now: Timestamp,
        definition: &CorrelatorDefinition,
        out: &mut Vec<Update>,
    ) {
        let mut order: Vec<(bool, Timestamp, String)> = self
            .alerts
            .values()
            .map(|alert| (alert.unsettled(), alert.last_seen, alert.fingerprint.clone()))
            .collect();
        order.sort();
        order.truncate((order.len() / 8).max(1));
        for (_, _, alert) in order {
            self.resolve(now, &alert, ResolveReason::Forgotten, definition, out);
            self.alerts.remove(&alert);
            self.disarm(Timer::Expire(alert.clone()));
            self.disarm(Timer::Calm(alert.clone()));
            self.statistics.alerts_forgotten += 1;
            out.push(Update::AlertForgotten { time: now, alert });
        }
    }

    /// Drops an eighth of the incidents: those that are over first, then those updated the longest
    /// ago.
    fn forget_incidents(&mut self, now: Timestamp, out: &mut Vec<Update>) {
        let mut order: Vec<(bool, Timestamp, String)> = self
            .incidents
            .values()
            .map(|one| (one.state == IncidentState::Open, one.updated_at, one.id.clone()))
            .collect();
        order.sort();
        order.truncate((order.len() / 8).max(1));
        for (_, _, incident) in order {
            self.unlist(&incident);
            self.incidents.remove(&incident);
            self.disarm(Timer::Settle(incident.clone()));
            self.statistics.incidents_forgotten += 1;
            out.push(Update::IncidentForgotten { time: now, incident });
        }
    }

    /// Sets a timer, unless it is set: it moves itself on when it falls due.
    fn arm(&mut self, timer: Timer, due: Timestamp) {
        if !self.armed.contains_key(&timer) {
            self.armed.insert(timer.clone(), due);
            self.due.insert((due, timer));
        }
    }

    fn disarm(&mut self, timer: Timer) {
        if let Some(due) = self.armed.remove(&timer) {
            self.due.remove(&(due, timer));
        }
    }
}
