//! The join as a state machine: observations in, updates out, incidents on demand.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::definition::OperationsDefinition;
use super::explain::ExplainedIncident;
use super::monitor::{Monitor, MonitorState};
use super::observation::{MetricSample, Observation, TopologyChange};
use super::report::Funnel;
use super::topology::ViewTopology;
use crate::cmdb::{self, Cmdb, View};
use crate::event::{self, Correlator, Event, EventKind};
use crate::sla::{Calendar, Objective};
use crate::snapshot::{self, Blob, Header};
use crate::{Error, Result, Timestamp};

const ENGINE: &str = "operations";
const STATE_VERSION: u16 = 1;
/// Changes (deployments and the like) remembered as possible causes.
const CHANGES_KEPT: usize = 10_000;

/// Observations in, a few explained incidents out.
///
/// A sans-I/O state machine: time is what the observations say and what [`advance`](Self::advance)
/// is told. The same sequence of observations gives the same incidents however it is cut into
/// calls, and a snapshot taken anywhere goes on bit for bit.
///
/// ```
/// use itom_core::cmdb::{Cmdb, ModelDefinition};
/// use itom_core::event::Event;
/// use itom_core::operations::{Observation, Operations, OperationsDefinition};
///
/// let mut operations = Operations::new(OperationsDefinition::new("shop"), Cmdb::new(ModelDefinition::default())?)?;
/// let time = "2026-06-15T10:00:00Z".parse()?;
/// operations.ingest(&[Observation::Event(Event::new("e1", time, "db-1", "disk full"))])?;
/// operations.advance("2026-06-15T10:10:00Z".parse()?)?;
/// assert_eq!(operations.incidents()?[0].affected, ["db-1"]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Operations {
    pub(super) definition: OperationsDefinition,
    pub(super) cmdb: Cmdb,
    pub(super) view: View,
    pub(super) calendars: BTreeMap<String, Calendar>,
    /// By item, then by metric.
    pub(super) monitors: BTreeMap<String, BTreeMap<String, Monitor>>,
    pub(super) objectives: Vec<Objective>,
    pub(super) correlator: Correlator,
    pub(super) changes: VecDeque<(Timestamp, String)>,
    pub(super) funnel: Funnel,
    series: u32,
    late_samples: u64,
    rejected: u64,
    /// The latest time that was seen or told.
    now: Option<Timestamp>,
    /// What the correlator was told of the time.
    told: Option<Timestamp>,
}

/// What taking in an observation led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OperationsUpdate {
    /// What the correlator says of alerts and incidents.
    Correlation(event::Update),
    /// A sample not later than the latest of its series: it was not judged.
    LateSample(MetricSample),
    /// Something well-formed that the present state cannot take, and why.
    Rejected(Rejection),
}

/// An observation that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rejection {
    /// The observation.
    pub observation: Observation,
    /// Why it could not be taken.
    pub reason: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    definition: String,
    cmdb: Blob,
    monitors: BTreeMap<String, BTreeMap<String, MonitorState>>,
    objectives: Vec<Blob>,
    correlator: Blob,
    changes: VecDeque<(Timestamp, String)>,
    funnel: Funnel,
    late_samples: u64,
    rejected: u64,
    now: Option<Timestamp>,
    told: Option<Timestamp>,
}

impl Operations {
    /// An engine after that definition over that CMDB.
    ///
    /// # Errors
    /// A definition that does not [`validate`](OperationsDefinition::validate).
    pub fn new(definition: OperationsDefinition, cmdb: Cmdb) -> Result<Self> {
        definition.validate()?;
        let calendars = definition
            .calendars
            .iter()
            .map(|(name, calendar)| Ok((name.clone(), Calendar::new(calendar.clone())?)))
            .collect::<Result<_>>()?;
        let objectives = definition
            .objectives
            .iter()
            .map(|rule| Objective::new(rule.objective.clone()))
            .collect::<Result<_>>()?;
        Ok(Operations {
            correlator: Correlator::new(definition.correlator.clone())?,
            view: cmdb.at(None, None),
            cmdb,
            calendars,
            monitors: BTreeMap::new(),
            objectives,
            changes: VecDeque::new(),
            funnel: Funnel::default(),
            series: 0,
            late_samples: 0,
            rejected: 0,
            now: None,
            told: None,
            definition,
        })
    }

    /// Takes observations in, in the order given, and says what they led to.
    ///
    /// Each series has its own order of time: a sample that is not later than the latest of its
    /// series comes back as [`OperationsUpdate::LateSample`]. Events may be late by the correlator's
    /// `lateness`. What the present state cannot take (a series beyond `max_series`, a transaction
    /// the CMDB refuses) comes back as [`OperationsUpdate::Rejected`].
    ///
    /// # Errors
    /// An observation that no state could take (an empty name, a severity out of range): then
    /// nothing of the call is applied.
    pub fn ingest(&mut self, observations: &[Observation]) -> Result<Vec<OperationsUpdate>> {
        for (index, observation) in observations.iter().enumerate() {
            observation.validate().map_err(|e| e.within(format!("observations[{index}]")))?;
        }
        let mut updates = Vec::new();
        for observation in observations {
            self.take(observation, &mut updates)?;
        }
        Ok(updates)
    }

    /// Says what time it is: alerts and incidents that have been quiet for long enough end.
    ///
    /// A `now` before an earlier one changes nothing.
    ///
    /// # Errors
    /// None that input can cause; the correlator's own call can fail.
    pub fn advance(&mut self, now: Timestamp) -> Result<Vec<OperationsUpdate>> {
        let updates = self.correlator.advance(now, &ViewTopology(&self.view))?;
        self.told = self.told.max(Some(now));
        self.now = self.now.max(Some(now));
        Ok(self.counted(updates).collect())
    }

    /// The incidents with their explanation, oldest first.
    ///
    /// # Errors
    /// None that input can cause; the explanation asks engines that can fail.
    pub fn incidents(&self) -> Result<Vec<ExplainedIncident>> {
        let at = self.now.unwrap_or_default();
        self.correlator.incidents().into_iter().map(|incident| self.explain(incident, at)).collect()
    }

    /// The alerts, open and recent, sorted by fingerprint.
    pub fn alerts(&self) -> Vec<&event::Alert> {
        self.correlator.alerts()
    }

    /// The id of the incident with the most alerts among those that were active at `since` or
    /// later; of equals the oldest.
    pub fn worst_incident(&self, since: Timestamp) -> Option<String> {
        let incidents = self.correlator.incidents();
        let active = incidents
            .iter()
            .filter(|incident| incident.merged_into.is_none() && incident.updated_at >= since);
        let worst = active.min_by_key(|incident| {
            (std::cmp::Reverse(incident.alerts.len()), incident.started_at, incident.id.clone())
        });
        worst.map(|incident| incident.id.clone())
    }

    /// The definition.
    pub fn definition(&self) -> &OperationsDefinition {
        &self.definition
    }

    /// The CMDB with what topology observations changed.
    pub fn cmdb(&self) -> &Cmdb {
        &self.cmdb
    }

    /// From observations to incidents, in numbers.
    pub fn funnel(&self) -> &Funnel {
        &self.funnel
    }

    /// Samples that came too late to be judged.
    pub fn late_samples(&self) -> u64 {
        self.late_samples
    }

    /// Observations set aside with a reason.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    fn take(
        &mut self,
        observation: &Observation,
        updates: &mut Vec<OperationsUpdate>,
    ) -> Result<()> {
        self.funnel.observations += 1;
        match observation {
            Observation::Metric(sample) => self.take_sample(sample, updates),
            Observation::Event(event) => self.take_event(event, updates),
            Observation::Topology(change) => {
                self.take_topology(change, updates);
                Ok(())
            }
        }
    }

    fn take_sample(
        &mut self,
        sample: &MetricSample,
        updates: &mut Vec<OperationsUpdate>,
    ) -> Result<()> {
        let Some(monitor) = monitor(&mut self.monitors, &mut self.series, &self.definition, sample)
        else {
            let reason = format!("max_series of {} is reached", self.definition.max_series);
            self.reject(Observation::Metric(sample.clone()), reason, updates);
            return Ok(());
        };
        if monitor.latest().is_some_and(|latest| sample.time <= latest) {
            self.late_samples += 1;
            updates.push(OperationsUpdate::LateSample(sample.clone()));
            return Ok(());
        }
        let rule = self.definition.metric_rule(&sample.metric);
        let outcome = monitor.observe(sample, &rule, &self.definition)?;
        self.record_objectives(sample)?;
        self.funnel.anomalies += u64::from(outcome.anomalous);
        match outcome.event {
            Some(event) => self.correlate(&event, updates)?,
            None => self.follow_time(sample.time, updates)?,
        }
        Ok(())
    }

    /// Every sample of an objective's metric is one slice of time, good or bad.
    fn record_objectives(&mut self, sample: &MetricSample) -> Result<()> {
        let Some(value) = sample.value else { return Ok(()) };
        for (rule, objective) in self.definition.objectives.iter().zip(&mut self.objectives) {
            if rule.item == sample.item && rule.metric == sample.metric {
                objective.record(sample.time, u64::from(rule.is_good(value)), 1)?;
            }
        }
        Ok(())
    }

    fn take_event(&mut self, event: &Event, updates: &mut Vec<OperationsUpdate>) -> Result<()> {
        if event.kind == EventKind::Change {
            if self.changes.len() == CHANGES_KEPT {
                self.changes.pop_front();
            }
            self.changes.push_back((event.time, event.item.clone()));
        }
        self.correlate(event, updates)
    }

    fn take_topology(&mut self, change: &TopologyChange, updates: &mut Vec<OperationsUpdate>) {
        let latest = self.cmdb.transactions().next_back().map(|transaction| transaction.known);
        let known = latest.map_or(change.at, |latest| latest.max(change.at));
        let transaction = cmdb::Transaction::at(change.at).known(known);
        match self.cmdb.apply(&change.changes, transaction) {
            Ok(()) => self.view = self.cmdb.at(None, None),
            Err(error) => {
                let observation = Observation::Topology(change.clone());
                self.reject(observation, error.to_string(), updates);
            }
        }
    }

    fn correlate(&mut self, event: &Event, updates: &mut Vec<OperationsUpdate>) -> Result<()> {
        self.funnel.events += 1;
        let topology = ViewTopology(&self.view);
        let correlated = self.correlator.push(std::slice::from_ref(event), &topology)?;
        updates.extend(self.counted(correlated));
        self.follow_time(event.time, updates)
    }

    /// A later observation moves the correlator's time on, less the lateness it grants.
    fn follow_time(&mut self, time: Timestamp, updates: &mut Vec<OperationsUpdate>) -> Result<()> {
        if self.now.is_some_and(|now| time <= now) {
            return Ok(());
        }
        self.now = Some(time);
        let settled = time - self.definition.correlator.lateness;
        if self.told.is_some_and(|told| settled <= told) {
            return Ok(());
        }
        self.told = Some(settled);
        let correlated = self.correlator.advance(settled, &ViewTopology(&self.view))?;
        updates.extend(self.counted(correlated));
        Ok(())
    }

    /// Counts alerts and incidents as the correlator reports them.
    fn counted(&mut self, updates: Vec<event::Update>) -> impl Iterator<Item = OperationsUpdate> {
        for update in &updates {
            match update {
                event::Update::AlertFired { .. } => self.funnel.alerts += 1,
                event::Update::IncidentOpened { .. } => self.funnel.incidents += 1,
                event::Update::IncidentsMerged { .. } => self.funnel.incidents -= 1,
                _ => {}
            }
        }
        updates.into_iter().map(OperationsUpdate::Correlation)
    }

    fn reject(
        &mut self,
        observation: Observation,
        reason: String,
        updates: &mut Vec<OperationsUpdate>,
    ) {
        self.rejected += 1;
        updates.push(OperationsUpdate::Rejected(Rejection { observation, reason }));
    }

    /// The whole state as versioned bytes; see [`snapshot`](crate::snapshot).
    pub fn to_bytes(&self) -> Vec<u8> {
        let definition = serde_json::to_string(&self.definition).unwrap_or_default();
        let header = Header {
            engine: ENGINE.to_owned(),
            version: STATE_VERSION,
            configuration: snapshot::stable_hash(definition.as_bytes()),
            watermark: self.now,
        };
        let by_metric = |monitors: &BTreeMap<String, Monitor>| {
            monitors.iter().map(|(metric, monitor)| (metric.clone(), monitor.to_state())).collect()
        };
        let state = State {
            definition,
            cmdb: Blob(self.cmdb.to_bytes()),
            monitors: self.monitors.iter().map(|(i, m)| (i.clone(), by_metric(m))).collect(),
            objectives: self
                .objectives
                .iter()
                .map(|objective| Blob(objective.to_bytes()))
                .collect(),
            correlator: Blob(self.correlator.to_bytes()),
            changes: self.changes.clone(),
            funnel: self.funnel.clone(),
            late_samples: self.late_samples,
            rejected: self.rejected,
            now: self.now,
            told: self.told,
        };
        snapshot::seal(&header, &state)
    }

    /// Reads a state back.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) for bytes that are no snapshot of an `Operations` or are
    /// damaged, [`Unsupported`](crate::ErrorKind::Unsupported) for a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, state): (Header, State) = snapshot::open(bytes, ENGINE, STATE_VERSION)?;
        let corrupt = |why: &str| Error::corrupt("snapshot of operations", why);
        let definition = OperationsDefinition::from_json(&state.definition)
            .map_err(|error| corrupt(&error.to_string()))?;
        let mut operations = Operations::new(definition, Cmdb::from_bytes(&state.cmdb.0)?)?;
        if state.objectives.len() != operations.objectives.len() {
            return Err(corrupt("its objectives are not those of its definition"));
        }
        let objectives = state.objectives.iter().map(|bytes| Objective::from_bytes(&bytes.0));
        operations.objectives = objectives.collect::<Result<_>>()?;
        operations.correlator = Correlator::from_bytes(&state.correlator.0)?;
        for (item, by_metric) in state.monitors {
            for (metric, monitor) in by_metric {
                let monitor = Monitor::from_state(monitor, operations.definition.history)?;
                operations.monitors.entry(item.clone()).or_default().insert(metric, monitor);
                operations.series += 1;
            }
        }
        if operations.series > operations.definition.max_series {
            return Err(corrupt("it has more series than its definition allows"));
        }
        operations.changes = state.changes;
        operations.funnel = state.funnel;
        operations.late_samples = state.late_samples;
        operations.rejected = state.rejected;
        operations.now = state.now;
        operations.told = state.told;
        Ok(operations)
    }

    /// The time that was seen or told last.
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }
}

/// The monitor of a sample's series, made where there is none yet; `None` when there are too many.
fn monitor<'a>(
    monitors: &'a mut BTreeMap<String, BTreeMap<String, Monitor>>,
    series: &mut u32,
    definition: &OperationsDefinition,
    sample: &MetricSample,
) -> Option<&'a mut Monitor> {
    let of_item = monitors.get(&sample.item);
    if !of_item.is_some_and(|by_metric| by_metric.contains_key(&sample.metric)) {
        if *series == definition.max_series {
            return None;
        }
        *series += 1;
        let by_metric = monitors.entry(sample.item.clone()).or_default();
        by_metric.insert(sample.metric.clone(), Monitor::new(definition.history));
    }
    monitors.get_mut(&sample.item)?.get_mut(&sample.metric)
}
