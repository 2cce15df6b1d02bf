//! What happened to a clock, in the order in which it holds, and which of it counts.
//!
//! Events are ordered by the instant from which they hold, then by when they became known, then as
//! they arrived. Of the versions of an event, which share an `id`, the one recorded last counts; a
//! version that retracts leaves none.

use std::collections::BTreeMap;

use super::book::Tables;
use super::event::{ClockAction, ClockEvent, MOST_EVENTS};
use super::fold::{Act, Step};
use crate::{Error, ErrorKind, Result, Timestamp};

#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    events: Vec<ClockEvent>,
    /// What each event does.
    acts: Vec<Option<Act>>,
    /// Whether any event has an id.
    versions: bool,
}

impl Log {
    pub(super) fn events(&self) -> &[ClockEvent] {
        &self.events
    }

    /// Adds events, all or none of them, in their places.
    pub(super) fn add(&mut self, events: Vec<ClockEvent>, tables: &mut Tables) -> Result<()> {
        events.iter().try_for_each(ClockEvent::check)?;
        if events.len() > MOST_EVENTS - self.events.len() {
            let message = format!("a clock remembers at most {MOST_EVENTS} events");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("event"));
        }
        let acts = events.iter().map(|event| event.act(tables)).collect::<Result<Vec<_>>>()?;
        for (event, act) in events.into_iter().zip(acts) {
            self.insert(event, act, tables);
        }
        Ok(())
    }

    fn insert(&mut self, mut event: ClockEvent, act: Option<Act>, tables: &Tables) {
        if let (ClockAction::SetCalendar { calendar }, Some(Act::Calendar(number, _))) =
            (&mut event.action, act)
        {
            // Equal calendars share one compiled table.
            *calendar = tables.calendars()[number as usize].clone();
        }
        if event.id.is_some() {
            self.versions = true;
            let same =
                |other: &ClockEvent| other.id == event.id && other.recorded_at == event.recorded_at;
            if let Some(place) = self.events.iter().position(same) {
                self.events.remove(place);
                self.acts.remove(place);
            }
        }
        let order = |event: &ClockEvent| (event.at, event.known_at());
        let place = self.events.partition_point(|other| order(other) <= order(&event));
        self.events.insert(place, event);
        self.acts.insert(place, act);
    }

    /// What counts up to `at`, as far as it was known at `known`.
    pub(super) fn steps(&self, at: Timestamp, known: Option<Timestamp>) -> Vec<Step> {
        let is_known = |event: &ClockEvent| known.is_none_or(|known| event.known_at() <= known);
        let mut last: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
        if self.versions {
            for event in self.events.iter().filter(|event| is_known(event)) {
                if let Some(id) = event.id.as_deref() {
                    let recorded = last.entry(id).or_default();
                    *recorded = (*recorded).max(event.recorded_at);
                }
            }
        }
        let counts = |event: &ClockEvent| {
            is_known(event) && event.id.as_deref().is_none_or(|id| last[id] == event.recorded_at)
        };
        let pairs = self.events.iter().zip(&self.acts);
        pairs
            .take_while(|(event, _)| event.at <= at)
            .filter(|(event, _)| counts(event))
            .filter_map(|(event, act)| Some(Step { at: event.at.as_nanos(), act: (*act)? }))
            .collect()
    }
}
