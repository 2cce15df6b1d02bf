//! What was crossed up to an instant, and what will be next.
//!
//! Clocks about which nothing changed wait in one queue for each calendar, ordered by the open
//! time at which their next mark is passed: `advance` compares the first with the open time of
//! now, one look-up a calendar, and takes out what is due. Clocks with events since then, or with a
//! changed past, are looked at one by one through their history.

use std::collections::BTreeMap;

use super::crossing::{Crossing, NextBreach};
use super::ledger::{Ledger, NONE, UNKNOWN};
use super::marks::{Mark, Scratch};
use super::meters::{RUNNING, flag};
use super::promise::MarkKind;
use super::queue::{self, Entry};
use crate::{Error, ErrorKind, Result, Timestamp};

impl Ledger {
    /// What was crossed after the last call and up to `now`, in the order in which it could be
    /// said, by clock where at once. Late and corrected events come first, with what they add and
    /// what they withdraw. `advance(a)` and then `advance(b)` give together what `advance(b)` would
    /// have given.
    ///
    /// # Errors
    /// When `now` is before the last call's.
    pub fn advance(&mut self, now: Timestamp) -> Result<Vec<Crossing>> {
        let until = now.as_nanos();
        if let Some(watermark) = self.watermark.filter(|&watermark| until < watermark) {
            let message =
                format!("now must not be before {}, got {now}", Timestamp::from_nanos(watermark));
            return Err(Error::new(ErrorKind::Conflict, message).about("now"));
        }
        let mut crossings = Vec::new();
        let mut scratch = Scratch::new();
        self.correct(&mut crossings, &mut scratch);
        self.look_closely(until, &mut crossings, &mut scratch);
        self.refresh();
        self.take_due(until, &mut crossings, &mut scratch);
        self.watermark = Some(until);
        crossings.sort_by(Crossing::order);
        Ok(crossings)
    }

    /// The next `most` clocks that will break after the last call of [`Ledger::advance`], as things
    /// stand, the first first.
    pub fn next_breaches(&mut self, most: usize) -> Vec<NextBreach> {
        let mut found = Vec::new();
        self.look_ahead(|next| {
            if found.len() < most {
                found.push(next);
            }
            found.len() < most
        });
        found
    }

    /// All clocks that will break after the last call of [`Ledger::advance`] and before `until`, as
    /// things stand, the first first.
    pub fn breaches_before(&mut self, until: Timestamp) -> Vec<NextBreach> {
        let mut found = Vec::new();
        self.look_ahead(|next| {
            let before = next.at < until;
            if before {
                found.push(next);
            }
            before
        });
        found
    }

    fn look_ahead(&mut self, mut visit: impl FnMut(NextBreach) -> bool) {
        self.refresh();
        self.drop_broken();
        let calendars = self.tables.calendars();
        let mut last = None;
        queue::walk(
            &self.next_breaches,
            |calendar, (open, _)| calendars[calendar].open_reached(open),
            |at, calendar, entry| {
                let clock = entry.1;
                let after = self.watermark.is_none_or(|watermark| at > watermark);
                // An entry may be there twice, and beside one of a former calendar.
                let holds = after && self.will_break(calendar, entry);
                let new = holds && last.replace((at, clock)) != Some((at, clock));
                let next = NextBreach { clock, at: Timestamp::from_nanos(at) };
                !new || visit(next)
            },
        );
    }

    /// Throws out of the queues of breaches what lies behind the watermark.
    fn drop_broken(&mut self) {
        let Some(watermark) = self.watermark else { return };
        for (calendar, queue) in self.tables.calendars().iter().zip(&mut self.next_breaches) {
            let open = calendar.open_until(watermark);
            while queue.first().is_some_and(|entry| entry.0 < open) {
                queue.pop();
            }
        }
    }

    /// Whether an entry of the queue of breaches holds.
    fn will_break(&self, calendar: usize, (open, clock): Entry) -> bool {
        let meter = self.meters.get(clock as usize);
        let target = self.promises.get(meter.tag.promise).target;
        meter.tag.state() == RUNNING
            && usize::from(meter.tag.calendar) == calendar
            && meter.due(target) == open
            && self.breaches[clock as usize] > self.trails[clock as usize].since
    }

    /// Whether an entry of the queue of marks holds.
    fn will_pass(&self, calendar: usize, (open, clock): Entry) -> bool {
        let meter = self.meters.get(clock as usize);
        meter.tag.state() == RUNNING
            && !meter.tag.has(flag::TOUCHED)
            && usize::from(meter.tag.calendar) == calendar
            && meter.due(self.promises.amount(meter.tag.promise, meter.tag.step)) == open
    }

    /// What late and corrected events changed about what had been given out.
    fn correct(&mut self, crossings: &mut Vec<Crossing>, scratch: &mut Scratch) {
        let Some(watermark) = self.watermark else { return };
        let announced: BTreeMap<u32, Vec<Mark>> = std::mem::take(&mut self.announced);
        let mut book = self.tables.book();
        for (clock, before) in announced {
            self.read_steps(clock, None, scratch);
            let events = scratch.steps.partition_point(|step| step.at <= watermark);
            let after = self.marks(clock, watermark, events, scratch, &mut book);
            self.differences(clock, &before, &after, None, crossings);
        }
        crossings.iter_mut().for_each(|crossing| crossing.late = true);
    }

    /// Reads out the touched clocks.
    fn look_closely(&mut self, until: i64, crossings: &mut Vec<Crossing>, scratch: &mut Scratch) {
        let touched = std::mem::take(&mut self.touched);
        let mut steps = Vec::with_capacity(touched.len());
        let mut book = self.tables.book();
        for &clock in &touched {
            self.read_steps(clock, None, scratch);
            self.announcements(clock, self.watermark, until, scratch, &mut book, crossings);
            // The fold stands at `until`.
            let cycle = scratch.fold.cycle;
            let events = scratch.steps.partition_point(|step| step.at <= until);
            let marks = self.marks(clock, until, events, scratch, &mut book);
            let passed = marks.iter().filter(|mark| mark.cycle == cycle).map(|mark| mark.step + 1);
            steps.push(passed.max().unwrap_or(0));
        }
        for (clock, step) in touched.into_iter().zip(steps) {
            let index = clock as usize;
            let tag = &mut self.meters.tags[index];
            let ahead = self.trails[index].since > until || self.openings[index].start > until;
            if ahead || tag.has(flag::JUDGED) {
                self.touched.push(clock);
                continue;
            }
            tag.step = step;
            tag.set(flag::TOUCHED, false);
            self.mark_stale(clock);
        }
    }

    /// Takes what is due out of the queues.
    fn take_due(&mut self, until: i64, crossings: &mut Vec<Crossing>, scratch: &mut Scratch) {
        for calendar in 0..self.next_marks.len() {
            let open = self.tables.calendars()[calendar].open_until(until);
            while let Some(entry) = self.next_marks[calendar].first().filter(|e| e.0 <= open) {
                self.next_marks[calendar].pop();
                if !self.will_pass(calendar, entry) {
                    continue;
                }
                let crossing = self.pass(calendar, entry, scratch);
                crossings.push(crossing);
                let meter = self.meters.get(entry.1 as usize);
                let amount = self.promises.amount(meter.tag.promise, meter.tag.step);
                if amount < i64::MAX {
                    let next = (meter.due(amount), entry.1);
                    self.next_marks[calendar].push(next);
                }
            }
        }
    }

    /// Passes the next mark of a clock.
    fn pass(&mut self, calendar: usize, (open, clock): Entry, scratch: &mut Scratch) -> Crossing {
        let meter = self.meters.get(clock as usize);
        let shape = self.promises.shape_of(meter.tag.promise);
        let table = &self.tables.calendars()[calendar];
        let announced = table.open_reached(open).unwrap_or(i64::MAX);
        let at = match shape.marks().nth(usize::from(meter.tag.step)) {
            Some(MarkKind::Breach) => {
                let target = self.promises.get(meter.tag.promise).target;
                table.open_reached(meter.due(target)).unwrap_or(announced)
            }
            _ => announced,
        };
        self.meters.tags[clock as usize].step += 1;
        let mut mark = Mark { cycle: 0, step: meter.tag.step, at, announced };
        if meter.tag.has(flag::CYCLED) || at <= self.trails[clock as usize].since {
            mark = self.pass_by_fold(clock, mark, scratch);
        }
        let late = self.watermark.is_some_and(|watermark| announced <= watermark);
        Crossing { late, ..self.crossing(clock, mark, false) }
    }

    /// A mark that is just passed, with the cycle and the instant that the history says.
    fn pass_by_fold(&self, clock: u32, mark: Mark, scratch: &mut Scratch) -> Mark {
        self.read_steps(clock, None, scratch);
        let events = scratch.steps.len();
        let book = &mut self.tables.book();
        let marks = self.marks(clock, mark.announced, events, scratch, book);
        let same = |other: &&Mark| other.step == mark.step;
        marks.iter().rfind(same).map_or(mark, |found| Mark { announced: mark.announced, ..*found })
    }

    pub(super) fn make_queues(&mut self) {
        let calendars = self.tables.calendars().len();
        self.next_marks.resize_with(calendars, Default::default);
        self.next_breaches.resize_with(calendars, Default::default);
    }

    /// Brings breach instants and queues up to date.
    pub(super) fn refresh(&mut self) {
        let stale = match std::mem::take(&mut self.all_stale) {
            true => (0..self.len() as u32).collect(),
            false => std::mem::take(&mut self.stale),
        };
        if stale.is_empty() {
            return;
        }
        self.stale.clear();
        self.breaches.resize(self.len(), UNKNOWN);
        let mut scratch = Scratch::new();
        for clock in stale {
            self.meters.tags[clock as usize].set(flag::STALE, false);
            let breach = self.breach_instant(clock, &mut scratch);
            self.breaches[clock as usize] = breach;
            let meter = self.meters.get(clock as usize);
            if meter.tag.state() != RUNNING {
                continue;
            }
            let calendar = usize::from(meter.tag.calendar);
            let amount = self.promises.amount(meter.tag.promise, meter.tag.step);
            if !meter.tag.has(flag::TOUCHED) && amount < i64::MAX {
                self.next_marks[calendar].add((meter.due(amount), clock));
            }
            if breach > self.trails[clock as usize].since && breach != UNKNOWN {
                let target = self.promises.get(meter.tag.promise).target;
                self.next_breaches[calendar].add((meter.due(target), clock));
            }
        }
        self.tidy_queues();
    }

    /// Settles the queues, and throws out what no longer holds when that is more than the half.
    fn tidy_queues(&mut self) {
        let mut marks = std::mem::take(&mut self.next_marks);
        let mut breaches = std::mem::take(&mut self.next_breaches);
        let crowded = |queues: &[super::queue::Queue], clocks: usize| {
            queues.iter().map(super::queue::Queue::len).sum::<usize>() > 2 * clocks + 1024
        };
        let (many_marks, many_breaches) =
            (crowded(&marks, self.len()), crowded(&breaches, self.len()));
        for (calendar, queue) in marks.iter_mut().enumerate() {
            if many_marks {
                queue.retain(|&entry| self.will_pass(calendar, entry));
            }
            queue.settle();
        }
        for (calendar, queue) in breaches.iter_mut().enumerate() {
            if many_breaches {
                queue.retain(|&entry| self.will_break(calendar, entry));
            }
            queue.settle();
        }
        (self.next_marks, self.next_breaches) = (marks, breaches);
    }

    /// When a clock breaks or broke.
    pub(super) fn breach_instant(&self, clock: u32, scratch: &mut Scratch) -> i64 {
        let meter = self.meters.get(clock as usize);
        let target = self.promises.get(meter.tag.promise).target;
        let simple = !meter.tag.has(flag::JUDGED);
        if meter.tag.state() == RUNNING && simple {
            let calendar = &self.tables.calendars()[usize::from(meter.tag.calendar)];
            let due = target.checked_sub(meter.business).and_then(|o| calendar.open_reached(o));
            match due {
                Some(due) if due > self.trails[clock as usize].since => return due,
                _ => {}
            }
        } else if simple && meter.business < target {
            return NONE;
        }
        if let Some(breach) = self.breach_by_walk(clock, scratch).filter(|_| simple) {
            return breach;
        }
        self.read_steps(clock, None, scratch);
        let now = self.trails[clock as usize].since;
        let status = self.fold_status(clock, now, scratch);
        status.breach_at.map_or(NONE, Timestamp::as_nanos)
    }
}
