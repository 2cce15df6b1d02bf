//! Where clocks stand: all of them as columns, one of them in full.

use serde::{Deserialize, Serialize};

use super::columns::{PAUSED, RUNNING, state_of};
use super::ledger::Ledger;
use super::marks::Scratch;
use crate::sla::clock::answer;
use crate::sla::{ClockState, ClockStatus, Segment};
use crate::{Error, Result, Timestamp};

/// Room for the fields of all clocks, of which each may be left out.
///
/// ```
/// use itom_core::sla::{Calendar, ClockOptions, Ledger, StatusColumns};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
/// let mut ledger = Ledger::new();
/// ledger.open("INC1", &options)?;
/// let mut business = [0];
/// let columns = StatusColumns { business: Some(&mut business), ..StatusColumns::default() };
/// ledger.status_all("2026-06-15T12:00:00Z".parse()?, columns)?;
/// assert_eq!(business, [2 * 3_600_000_000_000]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct StatusColumns<'a> {
    /// Calendar time while running, in nanoseconds, as all lengths here.
    pub business: Option<&'a mut [i64]>,
    /// Wall time while running.
    pub actual: Option<&'a mut [i64]>,
    /// Calendar time while paused.
    pub paused: Option<&'a mut [i64]>,
    /// Target less business time.
    pub remaining: Option<&'a mut [i64]>,
    /// Business time over target.
    pub ratio: Option<&'a mut [f64]>,
    /// When the target was or will be used up; the least i64 where that is not known.
    pub breach_at: Option<&'a mut [i64]>,
    /// 0 pending, 1 running, 2 paused, 3 stopped, 4 cancelled.
    pub state: Option<&'a mut [u8]>,
}

/// The numbers of one clock.
///
/// ```
/// # use itom_core::sla::{Calendar, ClockOptions, Ledger};
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
/// let mut ledger = Ledger::new();
/// let clock = ledger.open("INC1", &options)?;
/// let reading = ledger.reading(clock, "2026-06-15T12:00:00Z".parse()?)?;
/// assert_eq!(reading.remaining, 2 * 3_600_000_000_000);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Calendar time while running, in nanoseconds, as all lengths here.
    pub business: i64,
    /// Wall time while running.
    pub actual: i64,
    /// Calendar time while paused.
    pub paused: i64,
    /// Target less business time.
    pub remaining: i64,
    /// Business time over target.
    pub ratio: f64,
    /// When the target was or will be used up, in nanoseconds; the least i64 where that is not
    /// known.
    pub breach_at: i64,
    /// What the clock is doing.
    pub state: ClockState,
}

/// Clocks read in one go: their meters and results fit the first cache.
const BLOCK: usize = 256;

impl Ledger {
    /// Where a clock stands, as [`Clock::status`](crate::sla::Clock::status) says it. The
    /// thresholds are in ascending order.
    ///
    /// # Errors
    /// For a clock that is not there.
    pub fn status(&self, clock: u32, at: Timestamp) -> Result<ClockStatus> {
        self.check_clock(clock)?;
        let mut scratch = Scratch::new();
        self.read_steps(clock, None, &mut scratch);
        Ok(self.fold_status(clock, at.as_nanos(), &mut scratch))
    }

    /// Where a clock stands by what was known at an instant, as
    /// [`Clock::status_known`](crate::sla::Clock::status_known).
    ///
    /// # Errors
    /// For a clock that is not there.
    pub fn status_known(&self, clock: u32, at: Timestamp, known: Timestamp) -> Result<ClockStatus> {
        self.check_clock(clock)?;
        let mut scratch = Scratch::new();
        self.read_steps(clock, Some(known.as_nanos()), &mut scratch);
        Ok(self.fold_status(clock, at.as_nanos(), &mut scratch))
    }

    /// Why each second of a clock counted or not, as [`Clock::explain`](crate::sla::Clock::explain).
    ///
    /// # Errors
    /// For a clock that is not there, and beyond a million segments.
    pub fn explain(&self, clock: u32, at: Timestamp) -> Result<Vec<Segment>> {
        self.check_clock(clock)?;
        let mut scratch = Scratch::new();
        self.read_steps(clock, None, &mut scratch);
        let Scratch { steps, fold, .. } = &mut scratch;
        let mut book = self.tables.book();
        fold.run(self.beginning(clock), steps, &mut book, at.as_nanos());
        answer::explain(fold, &book, self.tables.reasons())
    }

    /// The numbers of a clock.
    ///
    /// # Errors
    /// For a clock that is not there.
    pub fn reading(&mut self, clock: u32, at: Timestamp) -> Result<ClockReading> {
        self.check_clock(clock)?;
        self.refresh();
        let mut reading = None;
        self.read(clock as usize..clock as usize + 1, at.as_nanos(), |_, one| reading = Some(one));
        reading.ok_or_else(|| Error::invalid("clock", clock, "in the ledger"))
    }

    /// Where all clocks stand, in the order of their numbers, into memory of the caller's. Clocks
    /// with events after `at` are folded from their history, all others cost a few nanoseconds.
    ///
    /// # Errors
    /// For a column that is not as long as the ledger.
    pub fn status_all(&mut self, at: Timestamp, mut columns: StatusColumns<'_>) -> Result<()> {
        columns.check(self.len())?;
        self.refresh();
        for first in (0..self.len()).step_by(BLOCK) {
            let block = first..self.len().min(first + BLOCK);
            self.read(block, at.as_nanos(), |clock, one| columns.set(clock, &one));
        }
        Ok(())
    }

    /// Gives the numbers of a range of clocks to `take`; nothing may be stale.
    fn read(&self, clocks: std::ops::Range<usize>, at: i64, mut take: impl FnMut(usize, ClockReading)) {
        let open: Vec<i64> =
            self.tables.calendars().iter().map(|calendar| calendar.open_until(at)).collect();
        let mut scratch = None;
        for clock in clocks {
            if self.latest > at && self.trails[clock].since > at {
                let scratch = scratch.get_or_insert_with(Scratch::new);
                self.read_steps(clock as u32, None, scratch);
                take(clock, self.read_by_fold(clock as u32, at, scratch));
                continue;
            }
            let meter = &self.meters[clock];
            let (mut business, mut actual, mut paused) =
                (meter.business, meter.actual, meter.paused);
            let open = open[usize::from(meter.calendar)];
            match meter.state() {
                RUNNING => {
                    business = open.saturating_sub(business);
                    actual = at.saturating_sub(actual);
                }
                PAUSED => paused = open.saturating_sub(paused),
                _ => {}
            }
            let target = self.promises.get(meter.promise).target;
            take(
                clock,
                ClockReading {
                    business,
                    actual,
                    paused,
                    remaining: target.saturating_sub(business),
                    ratio: business as f64 / target as f64,
                    breach_at: self.breaches[clock],
                    state: state_of(meter.flags),
                },
            );
        }
    }

    fn read_by_fold(&self, clock: u32, at: i64, scratch: &mut Scratch) -> ClockReading {
        let status = self.fold_status(clock, at, scratch);
        ClockReading {
            business: status.business.as_nanos(),
            actual: status.actual.as_nanos(),
            paused: status.paused.as_nanos(),
            remaining: status.remaining.as_nanos(),
            ratio: status.ratio,
            breach_at: status.breach_at.map_or(i64::MIN, Timestamp::as_nanos),
            state: status.state,
        }
    }

    /// The status of the clock whose steps are in `scratch`.
    pub(super) fn fold_status(&self, clock: u32, at: i64, scratch: &mut Scratch) -> ClockStatus {
        let Scratch { steps, fold, .. } = scratch;
        let mut book = self.tables.book();
        fold.run(self.beginning(clock), steps, &mut book, at);
        let shape = self.promises.shape_of(self.openings[clock as usize].promise);
        let shares: Vec<f64> = shape.shares.iter().map(|&share| f64::from(share) / 1e6).collect();
        answer::status(fold, &book, self.tables.reasons(), shape.convention, &shares)
    }
}

impl StatusColumns<'_> {
    fn check(&self, clocks: usize) -> Result<()> {
        let lengths = [
            ("business", self.business.as_ref().map(|column| column.len())),
            ("actual", self.actual.as_ref().map(|column| column.len())),
            ("paused", self.paused.as_ref().map(|column| column.len())),
            ("remaining", self.remaining.as_ref().map(|column| column.len())),
            ("ratio", self.ratio.as_ref().map(|column| column.len())),
            ("breach_at", self.breach_at.as_ref().map(|column| column.len())),
            ("state", self.state.as_ref().map(|column| column.len())),
        ];
        for (argument, length) in lengths {
            if let Some(length) = length.filter(|&length| length != clocks) {
                let expected = format!("as long as the ledger, {clocks}");
                return Err(Error::invalid(argument, length, expected));
            }
        }
        Ok(())
    }

    fn set(&mut self, clock: usize, reading: &ClockReading) {
        let numbers = [
            (&mut self.business, reading.business),
            (&mut self.actual, reading.actual),
            (&mut self.paused, reading.paused),
            (&mut self.remaining, reading.remaining),
            (&mut self.breach_at, reading.breach_at),
        ];
        for (column, value) in numbers {
            if let Some(column) = column {
                column[clock] = value;
            }
        }
        if let Some(ratio) = &mut self.ratio {
            ratio[clock] = reading.ratio;
        }
        if let Some(state) = &mut self.state {
            state[clock] = reading.state as u8;
        }
    }
}
