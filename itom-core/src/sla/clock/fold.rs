//! From a clock's events to pieces of time in each of which nothing changes.
//!
//! The fold walks the events in the order in which they hold (arrival order breaks ties), up to
//! the instant of asking. A stop that a later `void_stop` takes back is left out beforehand. Cost
//! O(n) in the number of events.

use std::collections::BTreeSet;

use super::clock::{ClockOptions, ClockState};
use super::event::{ClockAction, ClockEvent, ReopenMode};
use crate::sla::Calendar;
use crate::{Duration, Timestamp};

/// A stretch of time in one state, on one calendar, of one cycle.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) state: ClockState,
    pub(super) reasons: Vec<String>,
    pub(super) cycle: usize,
    /// Index into [`Fold::calendars`].
    pub(super) calendar: usize,
}

/// What the events come to.
#[derive(Debug)]
pub(super) struct Fold<'a> {
    pub(super) pieces: Vec<Piece>,
    pub(super) calendars: Vec<&'a Calendar>,
    /// The target of each cycle when it ended, and the current one last.
    pub(super) targets: Vec<Duration>,
    pub(super) state: ClockState,
    /// Events up to now that changed nothing.
    pub(super) ignored: u64,
}

/// The name a pause has that was given before the clock began.
const RETROACTIVE: &str = "retroactive pause";

enum Item<'a> {
    Event(&'a ClockEvent),
    RetroactiveBegin,
    RetroactiveEnd,
}

struct Walk<'a> {
    fold: Fold<'a>,
    origin: Timestamp,
    at: Timestamp,
    reasons: BTreeSet<&'a str>,
    retroactive: usize,
    target: Duration,
    cycle: usize,
    stopped: bool,
    cancelled: bool,
}

/// Folds the events, which are in order, up to and including `now`.
pub(super) fn fold<'a>(
    options: &'a ClockOptions,
    events: &'a [ClockEvent],
    now: Timestamp,
) -> Fold<'a> {
    let origin = options.retroactive_start.unwrap_or(options.start);
    let events = &events[..events.partition_point(|event| event.at <= now)];
    let mut walk = Walk {
        fold: Fold {
            pieces: Vec::new(),
            calendars: vec![&options.calendar],
            targets: Vec::new(),
            state: ClockState::Pending,
            ignored: 0,
        },
        origin,
        at: origin,
        reasons: BTreeSet::new(),
        retroactive: 0,
        target: options.target,
        cycle: 0,
        stopped: false,
        cancelled: false,
    };
    for (at, item) in items(options, events, now) {
        walk.pass(at);
        if !walk.apply(at, item) {
            walk.fold.ignored += 1;
        }
    }
    walk.pass(now);
    walk.fold.state = if now < origin { ClockState::Pending } else { walk.state() };
    walk.fold.targets.push(walk.target);
    walk.fold
}

/// Events and retroactive pauses in one order, without the stops that were taken back.
fn items<'a>(
    options: &ClockOptions,
    events: &'a [ClockEvent],
    now: Timestamp,
) -> Vec<(Timestamp, Item<'a>)> {
    let mut items = Vec::with_capacity(events.len() + 2 * options.retroactive_pauses.len());
    for &(from, until) in &options.retroactive_pauses {
        items.push((from, Item::RetroactiveBegin));
        items.push((until, Item::RetroactiveEnd));
    }
    items.retain(|&(at, _)| at <= now);
    let mut void = vec![false; events.len()];
    let mut last_stop = None;
    for (index, event) in events.iter().enumerate() {
        match event.action {
            ClockAction::Stop => last_stop = last_stop.or(Some(index)),
            ClockAction::Reopen { mode } => {
                if let (Some(stop), ReopenMode::VoidStop) = (last_stop, mode) {
                    void[stop..index].iter_mut().zip(&events[stop..index]).for_each(
                        |(void, event)| *void |= matches!(event.action, ClockAction::Stop),
                    );
                    void[index] = true;
                }
                last_stop = None;
            }
            _ => {}
        }
    }
    let kept = events.iter().zip(void).filter(|(_, void)| !void);
    items.extend(kept.map(|(event, _)| (event.at, Item::Event(event))));
    // Stable: what holds from one instant stays in the order it came in.
    items.sort_by_key(|&(at, _)| at);
    items
}

impl<'a> Walk<'a> {
    fn state(&self) -> ClockState {
        if self.cancelled {
            ClockState::Cancelled
        } else if self.stopped {
            ClockState::Stopped
        } else if self.reasons.is_empty() && self.retroactive == 0 {
            ClockState::Running
        } else {
            ClockState::Paused
        }
    }

    /// Nothing changes until `until`.
    fn pass(&mut self, until: Timestamp) {
        if until <= self.at {
            return;
        }
        let state = self.state();
        let mut reasons = Vec::new();
        if state == ClockState::Paused {
            reasons.extend(self.reasons.iter().map(|&reason| reason.to_owned()));
            if self.retroactive > 0 {
                reasons.push(RETROACTIVE.to_owned());
            }
        }
        let calendar = self.fold.calendars.len() - 1;
        let (from, cycle) = (self.at, self.cycle);
        self.fold.pieces.push(Piece { from, until, state, reasons, cycle, calendar });
        self.at = until;
    }

    /// Applies what holds from now on; false if it changes nothing.
    fn apply(&mut self, at: Timestamp, item: Item<'a>) -> bool {
        let event = match item {
            Item::Event(event) => event,
            Item::RetroactiveBegin => {
                self.retroactive += 1;
                return true;
            }
            Item::RetroactiveEnd => {
                self.retroactive -= 1;
                return true;
            }
        };
        if self.cancelled {
            return false;
        }
        let begun = at >= self.origin;
        match &event.action {
            ClockAction::Pause { reason } => self.reasons.insert(reason.as_deref().unwrap_or("")),
            ClockAction::Resume { reason: Some(reason) } => self.reasons.remove(reason.as_str()),
            ClockAction::Resume { reason: None } => !std::mem::take(&mut self.reasons).is_empty(),
            ClockAction::Stop => begun && !std::mem::replace(&mut self.stopped, begun),
            ClockAction::Cancel => std::mem::replace(&mut self.cancelled, begun) != begun,
            ClockAction::Reopen { mode } => self.reopen(*mode),
            ClockAction::SetTarget { target } => {
                std::mem::replace(&mut self.target, *target) != *target
            }
            ClockAction::SetCalendar { calendar } => {
                let changes = self.fold.calendars.last() != Some(&calendar);
                if changes {
                    self.fold.calendars.push(calendar);
                }
                changes
            }
        }
    }

    /// A stopped clock goes on; a `void_stop` that comes here has no stop to take back.
    fn reopen(&mut self, mode: ReopenMode) -> bool {
        if !self.stopped || mode == ReopenMode::VoidStop {
            return false;
        }
        self.stopped = false;
        if mode == ReopenMode::NewCycle {
            self.fold.targets.push(self.target);
            self.reasons.clear();
            self.cycle += 1;
        }
        true
    }
}
