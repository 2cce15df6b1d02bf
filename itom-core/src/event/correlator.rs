//! Many events in, few incidents out: deduplication and correlation by time and topology.
//!
//! The main type is [`Correlator`]. Events wait until their time is closed, then are processed in
//! the order of (time, id, source), each in three steps: it fires, repeats or resolves its
//! [`Alert`]; an alert that begins to fire looks for other alerts within `time_window` and
//! `max_distance` hops, in either direction; it joins their open [`Incident`], connects several, or
//! opens one. Only the alert's neighbours are looked at, never all alerts: the cost of an event does
//! not grow with the number of incidents.
//!
//! # When is a time closed?
//! An event at time t closes everything before t − `lateness`; [`advance`](Correlator::advance)
//! closes everything up to and including `now`. What comes later than that changes nothing and is
//! handed back as [`Update::Late`]. So the result is the same for any order of arrival within the
//! lateness, and for any cutting into batches; event time alone decides, and history replays to
//! the same incidents.
//!
//! # What it does not do
//! Rules, silences, learned dependencies, splitting of incidents. Which alert is the cause is the
//! question of [`rank_causes`](super::rank_causes).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use super::{Alert, CorrelatorDefinition, Event, Incident, Statistics, Topology, Update};
use crate::snapshot::{self, Header, stable_hash};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

const ENGINE: &str = "event.correlator";
const VERSION: u16 = 1;

/// Turns events into alerts and alerts into incidents.
///
/// ```
/// use itom_core::event::{Correlator, CorrelatorDefinition, EdgeTopology, Event};
/// use itom_core::Timestamp;
///
/// let topology = EdgeTopology::new([("shop", "cart"), ("cart", "db")]);
/// let mut correlator = Correlator::new(CorrelatorDefinition::default())?;
/// let at = Timestamp::from_secs;
/// correlator.push(&[
///     Event::new("1", at(0), "db", "disk full"),
///     Event::new("2", at(30), "cart", "errors"),
///     Event::new("3", at(45), "shop", "latency high"),
///     Event::new("4", at(50), "printer", "no paper"),
/// ], &topology)?;
/// correlator.advance(at(60), &topology)?;
/// let sizes: Vec<_> = correlator.incidents().iter().map(|i| i.alerts.len()).collect();
/// assert_eq!(sizes, [3, 1]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Correlator {
    state: State,
}

/// Events in the order in which they are processed.
type Buffer = BTreeMap<(Timestamp, String, String), Event>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    definition: CorrelatorDefinition,
    /// Everything before this instant has been processed.
    closed_before: Option<Timestamp>,
    buffer: Buffer,
    ledger: Ledger,
}

impl Default for Correlator {
    fn default() -> Self {
        let definition = CorrelatorDefinition::default();
        let (buffer, ledger) = (Buffer::new(), Ledger::default());
        Correlator { state: State { definition, closed_before: None, buffer, ledger } }
    }
}

impl Correlator {
    /// A correlator that has seen nothing.
    ///
    /// # Errors
    /// What [`CorrelatorDefinition::validate`] refuses.
    ///
    /// ```
    /// use itom_core::event::{Correlator, CorrelatorDefinition};
    ///
    /// assert!(Correlator::new(CorrelatorDefinition { max_alerts: 0, ..Default::default() }).is_err());
    /// ```
    pub fn new(definition: CorrelatorDefinition) -> Result<Self> {
        definition.validate()?;
        let mut correlator = Correlator::default();
        correlator.state.definition = definition;
        Ok(correlator)
    }

    /// How it behaves.
    ///
    /// ```
    /// assert_eq!(itom_core::event::Correlator::default().definition().max_distance, 2);
    /// ```
    pub fn definition(&self) -> &CorrelatorDefinition {
        &self.state.definition
    }

    /// Takes events in, in any order, and processes what they close.
    ///
    /// The updates of `push(a)` and then `push(b)` are those of `push` of both together. The
    /// topology is asked about the items of alerts that begin to fire; it may change between calls.
    /// A far future time closes everything before it, so check the clocks of your sources.
    ///
    /// # Errors
    /// An event that is not valid, named by its place; then none of the events is taken.
    ///
    /// ```
    /// use itom_core::{Timestamp, event::{Correlator, Event, Update}};
    ///
    /// let mut correlator = Correlator::default();
    /// let at = Timestamp::from_secs;
    /// let first = correlator.push(&[Event::new("1", at(0), "db", "slow")], &())?;
    /// assert!(first.is_empty()); // its lateness is not over
    /// let then = correlator.push(&[Event::new("2", at(600), "db", "slow")], &())?;
    /// assert!(matches!(then[0], Update::AlertFired { .. }));
    /// let late = correlator.push(&[Event::new("0", at(-9), "db", "slow")], &())?;
    /// assert!(matches!(late[0], Update::Late { .. }));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn push(&mut self, events: &[Event], topology: &dyn Topology) -> Result<Vec<Update>> {
        for (place, event) in events.iter().enumerate() {
            event.validate().map_err(|error| error.within(format_args!("event {place}")))?;
        }
        let mut updates = Vec::new();
        for event in events {
            self.take(event, &mut updates);
            self.drain(topology, &mut updates);
        }
        Ok(updates)
    }

    /// Closes everything up to and including `now`: no event that old is still to come.
    ///
    /// A host with stragglers passes the present less what it tolerates. A `now` before what is
    /// closed already changes nothing.
    ///
    /// # Errors
    /// None today; the signature leaves room.
    ///
    /// ```
    /// use itom_core::{Timestamp, event::{Correlator, Event}};
    ///
    /// let mut correlator = Correlator::default();
    /// correlator.push(&[Event::new("1", Timestamp::from_secs(0), "db", "slow")], &())?;
    /// assert_eq!(correlator.advance(Timestamp::from_secs(0), &())?.len(), 2);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn advance(&mut self, now: Timestamp, topology: &dyn Topology) -> Result<Vec<Update>> {
        self.close_before(now + Duration::from_nanos(1));
        let mut updates = Vec::new();
        self.drain(topology, &mut updates);
        Ok(updates)
    }

    /// The alerts, in the order in which they were first seen.
    ///
    /// ```
    /// assert!(itom_core::event::Correlator::default().alerts().is_empty());
    /// ```
    pub fn alerts(&self) -> Vec<&Alert> {
        let mut alerts: Vec<&Alert> = self.state.ledger.alerts().values().collect();
        alerts.sort_by(|a, b| (a.first_seen, &a.fingerprint).cmp(&(b.first_seen, &b.fingerprint)));
        alerts
    }

    /// The alert of that fingerprint.
    ///
    /// ```
    /// assert!(itom_core::event::Correlator::default().alert("0123456789abcdef").is_none());
    /// ```
    pub fn alert(&self, fingerprint: &str) -> Option<&Alert> {
        self.state.ledger.alerts().get(fingerprint)
    }

    /// The incidents, in the order in which they started; also those resolved and merged that are
    /// not forgotten.
    ///
    /// ```
    /// assert!(itom_core::event::Correlator::default().incidents().is_empty());
    /// ```
    pub fn incidents(&self) -> Vec<&Incident> {
        let mut incidents: Vec<&Incident> = self.state.ledger.incidents().values().collect();
        incidents.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
        incidents
    }

    /// The incident of that id.
    ///
    /// ```
    /// assert!(itom_core::event::Correlator::default().incident("0123456789abcdef").is_none());
    /// ```
    pub fn incident(&self, id: &str) -> Option<&Incident> {
        self.state.ledger.incidents().get(id)
    }

    /// Counts of everything that came in and of what became of it.
    ///
    /// ```
    /// assert_eq!(itom_core::event::Correlator::default().statistics().late, 0);
    /// ```
    pub fn statistics(&self) -> Statistics {
        self.state.ledger.statistics
    }

    /// Everything before this instant is closed; `None` before the first event.
    ///
    /// ```
    /// use itom_core::{Timestamp, event::Correlator};
    ///
    /// let mut correlator = Correlator::default();
    /// correlator.advance(Timestamp::from_nanos(6), &())?;
    /// assert_eq!(correlator.watermark(), Some(Timestamp::from_nanos(7)));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn watermark(&self) -> Option<Timestamp> {
        self.state.closed_before
    }

    /// Number of events that wait for their time to be closed.
    ///
    /// ```
    /// assert_eq!(itom_core::event::Correlator::default().waiting(), 0);
    /// ```
    pub fn waiting(&self) -> usize {
        self.state.buffer.len()
    }

    /// The whole state as bytes; equal states give equal bytes.
    ///
    /// ```
    /// use itom_core::event::Correlator;
    ///
    /// let correlator = Correlator::default();
    /// assert_eq!(Correlator::from_bytes(&correlator.to_bytes())?, correlator);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let definition = serde_json::to_vec(&self.state.definition).unwrap_or_default();
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: stable_hash(&definition),
            watermark: self.state.closed_before,
        };
        snapshot::seal(&header, &self.state)
    }

    /// Goes on where [`to_bytes`](Correlator::to_bytes) stopped.
    ///
    /// # Errors
    /// Bytes that are damaged, of another engine or of a newer version.
    ///
    /// ```
    /// assert!(itom_core::event::Correlator::from_bytes(b"ITOM").is_err());
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
        let sound = state.definition.validate().is_ok()
            && state.ledger.is_sound()
            && state.buffer.iter().all(|((time, id, source), event)| {
                (*time, id, source) == (event.time, &event.id, &event.source)
                    && event.validate().is_ok()
            });
        if !sound {
            let what = format!("snapshot of {ENGINE}");
            return Err(
                Error::new(ErrorKind::Corrupt, format!("{what} contradicts itself")).about("bytes")
            );
        }
        Ok(Correlator { state })
    }

    /// Puts one event into the buffer, unless its time is closed or it is there already.
    fn take(&mut self, event: &Event, updates: &mut Vec<Update>) {
        let State { definition, closed_before, buffer, ledger } = &mut self.state;
        let statistics = &mut ledger.statistics;
        statistics.received += 1;
        if let Some(watermark) = closed_before.filter(|watermark| event.time < *watermark) {
            statistics.late += 1;
            updates.push(Update::Late { event: event.clone(), watermark });
            return;
        }
        match buffer.entry((event.time, event.id.clone(), event.source.clone())) {
            Entry::Occupied(entry) => {
                statistics.duplicates += 1;
                let (time, id, source) = entry.key().clone();
                updates.push(Update::Duplicate { time, source, id });
            }
            Entry::Vacant(entry) => {
                entry.insert(event.clone());
            }
        }
        let closed = event.time - definition.lateness;
        self.close_before(closed);
    }

    fn close_before(&mut self, time: Timestamp) {
        let closed = &mut self.state.closed_before;
        *closed = Some(closed.map_or(time, |before| before.max(time)));
    }

    /// Processes what is closed: events and what falls due, in the order of time; an event before
    /// what falls due in the same instant.
    fn drain(&mut self, topology: &dyn Topology, updates: &mut Vec<Update>) {
        loop {
            let State { definition, closed_before, buffer, ledger } = &mut self.state;
            let Some(closed) = *closed_before else { return };
            let due = ledger.next_due().filter(|due| *due < closed);
            let full = buffer.len() as u64 > definition.max_buffered;
            let event = buffer.first_entry().filter(|first| full || first.key().0 < closed);
            match (event, due) {
                (Some(first), due) if due.is_none_or(|due| first.key().0 <= due) => {
                    let event = first.remove();
                    if event.time >= closed {
                        ledger.statistics.hurried += 1;
                        *closed_before = Some(event.time);
                        ledger.fall_due_before(event.time, definition, updates);
                    }
                    ledger.process(&event, definition, topology, updates);
                }
                (_, Some(_)) => ledger.fall_due(definition, updates),
                (_, None) => return,
            }
        }
    }
}
