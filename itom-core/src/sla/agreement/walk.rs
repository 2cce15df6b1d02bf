//! From the updates of a record to the clocks of its agreements: the state machine.
//!
//! A [`Walk`] takes a record's updates in the order in which they hold and evaluates, at each, the
//! metrics that look at a field that changed. What it keeps is small (the value of each field, the
//! clock of each metric), so that an update in order costs one step; a late one means walking the
//! record anew, which gives what order would have given.

use super::definition::{CancelRule, ReopenRule, TargetChange};
use super::log::{RecordLog, Row};
use super::program::{Memo, Metric, Program, View};
use super::trace::{Doing, Ended, Trace};
use super::value::{FieldValue, NULL};

/// Where the walk over a record stands.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// The value of each of the program's fields.
    slots: Vec<u32>,
    changed: Vec<bool>,
    clocks: Vec<MetricClock>,
    pub(super) traces: Vec<Trace>,
    /// Updates walked.
    pub(super) walked: usize,
}

/// The clock of a metric: indexes into the traces.
#[derive(Clone, Copy, Debug, Default)]
struct MetricClock {
    active: Option<u32>,
    /// The one that was stopped last and not followed by another.
    stopped: Option<u32>,
    cycles: u32,
    /// The first update at which a clock would have been attached but for its stop condition.
    kept_away: Option<i64>,
}

/// What a walk looks at.
pub(super) struct Ground<'a> {
    pub(super) program: &'a Program,
    pub(super) log: &'a RecordLog,
    /// The slot of each field of the log, if the program knows it.
    slots: Vec<Option<usize>>,
    memo: Memo,
    /// Metrics to evaluate at the update at hand.
    dirty: Vec<bool>,
    /// The record that is walked.
    record: u32,
}

impl<'a> Ground<'a> {
    pub(super) fn new(program: &'a Program, log: &'a RecordLog, memo: Memo) -> Ground<'a> {
        let slot = |field: &String| program.fields.iter().position(|own| own == field);
        let slots = log.fields().all().iter().map(slot).collect();
        Ground { program, log, slots, memo, dirty: vec![false; program.metrics.len()], record: 0 }
    }

    /// Gives back what was learnt about values.
    pub(super) fn into_memo(self) -> Memo {
        self.memo
    }

    /// Walks a record through its updates up to and including `until`.
    pub(super) fn walk(&mut self, record: u32, until: i64) -> Walk {
        let mut walk = Walk::new(self.program);
        self.go_on(&mut walk, record, until);
        walk
    }

    /// Walks on through the updates that were not walked yet.
    pub(super) fn go_on(&mut self, walk: &mut Walk, record: u32, until: i64) {
        let log = self.log;
        self.record = record;
        for &row in &log.rows_of(record)[walk.walked..] {
            let row = log.row(row);
            if row.at > until {
                break;
            }
            walk.step(self, row);
        }
    }
}

impl Walk {
    fn new(program: &Program) -> Walk {
        Walk {
            slots: vec![NULL; program.fields.len()],
            changed: vec![false; program.fields.len()],
            clocks: vec![MetricClock::default(); program.metrics.len()],
            traces: Vec::with_capacity(program.metrics.len()),
            walked: 0,
        }
    }

    /// The metrics that never had a clock because the record was stopped already, each with the
    /// instant at which one would have been attached.
    pub(super) fn already_stopped(&self) -> impl Iterator<Item = (u32, i64)> {
        let away = |(metric, clock): (u32, &MetricClock)| match clock.cycles {
            0 => clock.kept_away.map(|at| (metric, at)),
            _ => None,
        };
        (0..).zip(&self.clocks).filter_map(away)
    }

    fn step(&mut self, ground: &mut Ground<'_>, row: &Row) {
        let program = ground.program;
        let first = self.walked == 0;
        self.walked += 1;
        self.changed.fill(false);
        for (dirty, metric) in ground.dirty.iter_mut().zip(&program.metrics) {
            *dirty = first || metric.restless;
        }
        self.set_fields(ground, row);
        if let Some(rule) = &program.priority
            && (self.changed[rule.impact] || self.changed[rule.urgency])
        {
            let priority = program.priority_of(rule, &self.slots, ground.log.values());
            self.set(ground, rule.field, priority);
        }
        for metric in 0..program.metrics.len() {
            if ground.dirty[metric] {
                Step { walk: self, ground, metric, at: row.at }.run();
            }
        }
    }

    /// Takes over what an update sets.
    fn set_fields(&mut self, ground: &mut Ground<'_>, row: &Row) {
        let log = ground.log;
        for &(field, value) in log.changes(row) {
            if let Some(slot) = ground.slots[field as usize] {
                self.set(ground, slot, value);
            }
        }
    }

    fn set(&mut self, ground: &mut Ground<'_>, slot: usize, value: u32) {
        if self.slots[slot] != value {
            self.slots[slot] = value;
            self.changed[slot] = true;
            for &metric in &ground.program.watchers[slot] {
                ground.dirty[metric] = true;
            }
        }
    }
}

/// One metric at one update.
struct Step<'s, 'a> {
    walk: &'s mut Walk,
    ground: &'s mut Ground<'a>,
    metric: usize,
    at: i64,
}

impl<'a> Step<'_, 'a> {
    fn run(&mut self) {
        let metric = self.metric();
        match self.walk.clocks[self.metric].active {
            Some(trace) => self.run_active(metric, trace as usize),
            None => self.run_idle(metric),
        }
    }

    fn metric(&self) -> &'a Metric {
        &self.ground.program.metrics[self.metric]
    }

    fn holds(&mut self, code: &super::program::Code) -> bool {
        let view = View {
            slots: &self.walk.slots,
            changed: &self.walk.changed,
            values: self.ground.log.values(),
        };
        self.ground.program.holds(code, &view, &mut self.ground.memo)
    }

    fn run_active(&mut self, metric: &'a Metric, trace: usize) {
        let cancels = metric.cancels != CancelRule::Never && self.holds(&metric.cancel);
        if cancels {
            self.end(trace, Ended::Cancelled);
        } else if self.holds(&metric.stop) {
            self.end(trace, Ended::Stopped);
            if metric.reopen == ReopenRule::VoidStop {
                self.pause_or_run(metric, trace, self.at);
            }
        } else if metric.cancels == CancelRule::StartUnmet && !self.holds(&metric.start) {
            self.end(trace, Ended::Cancelled);
        } else if self.holds(&metric.reset) && self.holds(&metric.start) {
            self.end(trace, Ended::Stopped);
            self.walk.clocks[self.metric].stopped = None;
            self.attach(metric, false);
        } else {
            self.fit(metric, trace);
        }
    }

    fn run_idle(&mut self, metric: &'a Metric) {
        let cancelled = metric.cancels != CancelRule::Never && self.holds(&metric.cancel);
        let stopped = self.walk.clocks[self.metric].stopped;
        let starts = !cancelled && self.holds(&metric.start);
        let attaches = starts && !self.holds(&metric.stop);
        let clock = self.walk.clocks[self.metric];
        if starts && !attaches && clock.cycles == 0 && clock.kept_away.is_none() {
            self.walk.clocks[self.metric].kept_away = self.target(metric).map(|_| self.at);
        }
        match (stopped, metric.reopen) {
            (Some(trace), ReopenRule::VoidStop) if !attaches => {
                // What would have counted, should the stop turn out never to have been.
                self.pause_or_run(metric, trace as usize, self.at);
            }
            _ if !attaches => {}
            (Some(_), ReopenRule::Never) => {}
            (Some(trace), ReopenRule::Resume) => {
                let trace = trace as usize;
                let own = &mut self.walk.traces[trace];
                if let (Some((stop, _)), Some(last)) = (own.end, own.pieces.last().copied()) {
                    own.push(stop, Doing::Stopped, usize::from(last.calendar));
                }
                self.reopen(metric, trace);
            }
            (Some(trace), ReopenRule::VoidStop) => self.reopen(metric, trace as usize),
            (stopped, _) => self.attach(metric, stopped.is_none()),
        }
    }

    /// A stopped clock goes on.
    fn reopen(&mut self, metric: &'a Metric, trace: usize) {
        let at = self.at;
        let clock = &mut self.walk.clocks[self.metric];
        clock.active = clock.stopped.take();
        let own = &mut self.walk.traces[trace];
        own.end = None;
        own.reopened.push(at);
        self.fit(metric, trace);
    }

    fn end(&mut self, trace: usize, ended: Ended) {
        self.walk.traces[trace].end = Some((self.at, ended));
        let clock = &mut self.walk.clocks[self.metric];
        clock.active = None;
        clock.stopped = (ended == Ended::Stopped).then_some(trace as u32);
    }

    /// The first target that fits.
    fn target(&mut self, metric: &'a Metric) -> Option<usize> {
        metric.targets.iter().position(|target| self.holds(&target.when))
    }

    /// Attaches a clock, if a target fits.
    fn attach(&mut self, metric: &'a Metric, retroactively: bool) {
        let Some(target) = self.target(metric) else { return };
        let mut origin = self.at;
        if let Some(slot) = metric.retroactive_start.filter(|_| retroactively) {
            let value = self.ground.log.values().value(self.walk.slots[slot]);
            if let FieldValue::Instant(at) = value {
                origin = at.as_nanos();
            }
        }
        let clock = &mut self.walk.clocks[self.metric];
        let mut trace = Trace::new(self.metric, clock.cycles, self.at, origin);
        clock.cycles += 1;
        clock.stopped = None;
        clock.active = Some(self.walk.traces.len() as u32);
        trace.targets.push((self.at, target as u16));
        trace.push(origin, Doing::Running, metric.targets[target].calendar);
        self.walk.traces.push(trace);
        let index = self.walk.traces.len() - 1;
        let definition = &self.ground.program.definition;
        let own = &definition.agreements[metric.agreement].metrics[metric.metric];
        if own.retroactive_pause && origin < self.at {
            self.pauses_before(metric, index);
        }
        self.pause_or_run(metric, index, self.at);
    }

    /// The pauses a record had before its clock was attached.
    fn pauses_before(&mut self, metric: &'a Metric, trace: usize) {
        let (log, program) = (self.ground.log, self.ground.program);
        let mut slots = vec![NULL; self.walk.slots.len()];
        let mut changed = vec![false; slots.len()];
        let rows = &log.rows_of(self.ground.record)[..self.walk.walked];
        for row in rows.iter().map(|&row| log.row(row)) {
            changed.fill(false);
            for &(field, value) in log.changes(row) {
                if let Some(slot) = self.ground.slots[field as usize] {
                    changed[slot] = slots[slot] != value;
                    slots[slot] = value;
                }
            }
            let view = View { slots: &slots, changed: &changed, values: log.values() };
            let memo = &mut self.ground.memo;
            let doing = match pauses(program, metric, &view, memo) {
                0 => Doing::Running,
                reasons => Doing::Paused(reasons),
            };
            let own = &mut self.walk.traces[trace];
            let calendar = metric.targets[own.target()].calendar;
            own.push(row.at, doing, calendar);
        }
    }

    /// Chooses the target anew and pauses or runs on.
    fn fit(&mut self, metric: &'a Metric, trace: usize) {
        let definition = &self.ground.program.definition;
        let change =
            definition.agreements[metric.agreement].metrics[metric.metric].on_target_change;
        let now = self.walk.traces[trace].target();
        if change != TargetChange::Keep {
            match self.target(metric) {
                Some(target) if target == now => {}
                Some(target) if change == TargetChange::Retarget => {
                    self.walk.traces[trace].targets.push((self.at, target as u16));
                }
                Some(_) => {
                    self.end(trace, Ended::Cancelled);
                    return self.attach(metric, true);
                }
                None if metric.cancels == CancelRule::StartUnmet => {
                    return self.end(trace, Ended::Cancelled);
                }
                None => {}
            }
        }
        self.pause_or_run(metric, trace, self.at);
    }

    fn pause_or_run(&mut self, metric: &'a Metric, trace: usize, at: i64) {
        let view = View {
            slots: &self.walk.slots,
            changed: &self.walk.changed,
            values: self.ground.log.values(),
        };
        let doing = match pauses(self.ground.program, metric, &view, &mut self.ground.memo) {
            0 => Doing::Running,
            reasons => Doing::Paused(reasons),
        };
        let own = &mut self.walk.traces[trace];
        let calendar = metric.targets[own.target()].calendar;
        own.push(at, doing, calendar);
    }
}

/// The reasons to pause that hold, as bits.
fn pauses(program: &Program, metric: &Metric, view: &View<'_>, memo: &mut Memo) -> u64 {
    let mut reasons = 0;
    for (bit, pause) in metric.pause.iter().enumerate() {
        reasons |= u64::from(program.holds(pause, view, memo)) << bit;
    }
    if reasons != 0 && program.holds(&metric.resume, view, memo) {
        return 0;
    }
    reasons
}
