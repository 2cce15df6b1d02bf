//! Another calendar in the place of one: for all clocks and the whole of their history.
//!
//! Two calendars that say the same from the first clock's beginning up to some instant count alike
//! until then, but for a constant. So a clock whose last event is no later keeps its sums, and what
//! it subtracts from open time moves by that constant, as does its place in the queues; only its
//! breach has to be found anew. That is most often all: a holiday is announced before it comes.
//! Clocks with events since the two differ are made anew from their history, and what had been
//! announced otherwise is corrected by the next [`Ledger::advance`].

use super::ledger::{Ledger, NONE, UNKNOWN};
use super::marks::Scratch;
use super::meters::{PAUSED, RUNNING, flag};
use crate::sla::zone::Recompiler;
use crate::sla::{Calendar, ZoneDatabase};
use crate::{Error, ErrorKind, Result};

/// What comes in the place of a calendar, and how far both agree.
struct Replacement {
    number: u32,
    becomes: Calendar,
    /// Up to this instant both count alike.
    until: i64,
    /// How much more open time it has said by then.
    more: i64,
}

impl Ledger {
    /// Puts another calendar in the place of the one of a number, for all clocks and the whole of
    /// their history.
    ///
    /// # Errors
    /// For a number that no calendar has.
    ///
    /// ```
    /// use itom_core::sla::{Calendar, ClockOptions, Ledger};
    ///
    /// let open = |hours| {
    ///     let monday = format!(r#"{{"tz": "UTC", "weekly": {{"mon": [["09:00", "{hours}"]]}}}}"#);
    ///     Calendar::from_json(&monday)
    /// };
    /// let options = ClockOptions::new("8h".parse()?, open("17:00")?, "2026-06-15T12:00:00Z".parse()?);
    /// let mut ledger = Ledger::new();
    /// ledger.open("INC1", &options)?;
    /// assert_eq!(ledger.next_breaches(1)[0].at, "2026-06-22T12:00:00Z".parse()?);
    /// ledger.replace_calendar(0, &open("21:00")?)?;
    /// assert_eq!(ledger.next_breaches(1)[0].at, "2026-06-15T20:00:00Z".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn replace_calendar(&mut self, number: u32, becomes: &Calendar) -> Result<()> {
        self.replace_calendars(&[(number, becomes.clone())])
    }

    /// [`Ledger::replace_calendar`] of several calendars at once, which looks at each clock once.
    /// Of several for one number the last counts.
    ///
    /// # Errors
    /// For a number that no calendar has; nothing has changed then.
    ///
    /// ```
    /// use itom_core::sla::{Calendar, ClockOptions, Ledger};
    ///
    /// let calendar = |tz: &str, opens: &str| {
    ///     Calendar::from_json(&format!(
    ///         r#"{{"tz": "{tz}", "weekly": {{"mon": [["{opens}", "17:00"]]}}}}"#
    ///     ))
    /// };
    /// let mut ledger = Ledger::new();
    /// for tz in ["Europe/Paris", "Asia/Tokyo"] {
    ///     let start = "2026-06-14T00:00:00Z".parse()?;
    ///     ledger.open(tz, &ClockOptions::new("4h".parse()?, calendar(tz, "09:00")?, start))?;
    /// }
    /// let earlier = [(0, calendar("Europe/Paris", "08:00")?), (1, calendar("Asia/Tokyo", "07:00")?)];
    /// ledger.replace_calendars(&earlier)?;
    /// let next = ledger.next_breaches(2);
    /// assert_eq!((next[0].clock, next[0].at), (1, "2026-06-15T02:00:00Z".parse()?));
    /// assert_eq!((next[1].clock, next[1].at), (0, "2026-06-15T10:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn replace_calendars(&mut self, changes: &[(u32, Calendar)]) -> Result<()> {
        self.changed_calendars(changes)?;
        self.replace(changes);
        Ok(())
    }

    /// Goes over to other zone rules; returns how many calendars say something else under them.
    ///
    /// # Errors
    /// When the zone of a calendar is not among them; the ledger is then as it was.
    ///
    /// ```
    /// # use itom_core::sla::{Ledger, ZoneDatabase};
    /// assert_eq!(Ledger::new().recompile(&ZoneDatabase::bundled())?, 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn recompile(&mut self, zones: &ZoneDatabase) -> Result<usize> {
        let moved = self.moved_calendars(zones)?;
        self.replace(&moved);
        Ok(moved.len())
    }

    /// All calendars, with others in the places of some.
    pub(super) fn changed_calendars(&self, changes: &[(u32, Calendar)]) -> Result<Vec<Calendar>> {
        let mut calendars = self.calendars().to_vec();
        for (number, calendar) in changes {
            let place = calendars.get_mut(*number as usize).ok_or_else(|| {
                let message = format!("calendar {number} is not in the ledger");
                Error::new(ErrorKind::NotFound, message).about("calendar")
            })?;
            *place = calendar.clone();
        }
        Ok(calendars)
    }

    /// The calendars that say something else under other zone rules.
    pub(super) fn moved_calendars(&self, zones: &ZoneDatabase) -> Result<Vec<(u32, Calendar)>> {
        let mut recompiler = Recompiler::new(zones);
        let mut moved = Vec::new();
        for (calendar, number) in self.calendars().iter().zip(0..) {
            moved.extend(recompiler.calendar(calendar)?.map(|calendar| (number, calendar)));
        }
        Ok(moved)
    }

    fn replace(&mut self, changes: &[(u32, Calendar)]) {
        let mut replacements: Vec<Option<Replacement>> = Vec::new();
        replacements.resize_with(self.calendars().len(), || None);
        for (number, becomes) in changes {
            replacements[*number as usize] = Some(self.replacement(*number, becomes));
        }
        let mut scratch = Scratch::new();
        let anew = self.to_make_anew(&replacements);
        for &clock in &anew {
            let tag = &self.meters.tags[clock as usize];
            let told = tag.step > 0 || tag.has(flag::TOUCHED | flag::CYCLED);
            if told || self.trails[clock as usize].last > 0 {
                self.remember(clock, &mut scratch);
            }
        }
        for Replacement { number, becomes, .. } in replacements.iter().flatten() {
            self.tables.replace_calendar(*number, becomes);
        }
        self.move_on(&replacements, &anew);
        for clock in anew {
            let index = clock as usize;
            let tag = self.meters.tags[index];
            let told = tag.step > 0 || tag.has(flag::TOUCHED);
            if told || self.trails[index].last > 0 || self.early.contains_key(&clock) {
                self.rebuild_with(clock, &mut scratch);
                continue;
            }
            let calendar = &self.tables.calendars()[usize::from(tag.calendar)];
            self.meters.business[index] =
                calendar.open_until(self.trails[index].since).wrapping_neg();
            self.mark_stale(clock);
        }
    }

    fn replacement(&self, number: u32, becomes: &Calendar) -> Replacement {
        let calendar = &self.calendars()[number as usize];
        let (from, latest) = (self.earliest, self.latest.max(self.watermark.unwrap_or(i64::MIN)));
        Replacement {
            number,
            becomes: becomes.clone(),
            until: calendar.agrees_until(becomes, from, latest),
            more: becomes.open_until(from).wrapping_sub(calendar.open_until(from)),
        }
    }

    /// The clocks to which something has happened since the calendars differ, by number.
    fn to_make_anew(&self, replacements: &[Option<Replacement>]) -> Vec<u32> {
        // Events may have led anywhere.
        if self.history.wanders() {
            return (0..self.len() as u32).collect();
        }
        // Without such events a clock is on the calendar it was opened on.
        let until: Vec<i64> = replacements
            .iter()
            .map(|replacement| replacement.as_ref().map_or(i64::MAX, |r| r.until))
            .collect();
        let rests = |index: usize| {
            let (tag, trail) = (&self.meters.tags[index], &self.trails[index]);
            let until = until[usize::from(tag.calendar)];
            let given_out = self.watermark.is_some_and(|watermark| watermark > until);
            trail.since <= until && (!given_out || self.is_fresh(index))
        };
        (0..self.len()).filter(|&index| !rests(index)).map(|index| index as u32).collect()
    }

    /// Whether nothing has happened to a clock, and nothing been said of it.
    fn is_fresh(&self, index: usize) -> bool {
        let tag = &self.meters.tags[index];
        let told = tag.step > 0 || tag.has(flag::TOUCHED | flag::CYCLED);
        !told && self.trails[index].last == 0 && !self.early.contains_key(&(index as u32))
    }

    /// Moves the clocks of replaced calendars, but for those that are to be made anew, and what
    /// waits in the queues. The tables hold the new calendars.
    fn move_on(&mut self, replacements: &[Option<Replacement>], anew: &[u32]) {
        if self.history.wanders() {
            return;
        }
        self.move_queues(replacements, anew);
        let (mut anew, mut unreachable) = (anew.iter().peekable(), Vec::new());
        for index in 0..self.len() {
            if anew.next_if(|&&clock| clock as usize == index).is_some() {
                continue;
            }
            let tag = self.meters.tags[index];
            let Some(replacement) = &replacements[usize::from(tag.calendar)] else { continue };
            let sum = match tag.state() {
                RUNNING => &mut self.meters.business[index],
                PAUSED => &mut self.meters.paused[index],
                _ => continue,
            };
            *sum = sum.wrapping_sub(replacement.more);
            let since = self.trails[index].since;
            let ahead = tag.state() == RUNNING && !tag.has(flag::STALE);
            if !ahead || self.breaches[index] <= since && self.breaches[index] != NONE {
                continue;
            }
            if tag.has(flag::JUDGED) {
                unreachable.push(index as u32);
                continue;
            }
            let target = self.promises.get(tag.promise).target;
            let due = target.checked_sub(self.meters.business[index]);
            let due = due.and_then(|due| replacement.becomes.open_reached(due));
            // What was never reached is in no queue.
            if self.breaches[index] == NONE || due.is_none() {
                unreachable.push(index as u32);
            }
            self.breaches[index] = due.unwrap_or(UNKNOWN);
        }
        unreachable.into_iter().for_each(|clock| self.mark_stale(clock));
    }

    /// Moves what waits in the queues of replaced calendars, but for the clocks that are to be made
    /// anew: they come in anew.
    fn move_queues(&mut self, replacements: &[Option<Replacement>], anew: &[u32]) {
        let mut leaves = vec![false; self.len()];
        anew.iter().for_each(|&clock| leaves[clock as usize] = true);
        for replacement in replacements.iter().flatten() {
            let number = replacement.number as usize;
            for queue in [&mut self.next_marks[number], &mut self.next_breaches[number]] {
                queue.move_by(replacement.more);
                if !anew.is_empty() {
                    queue.retain(|entry| !leaves[entry.1 as usize]);
                }
            }
        }
    }
}
