//! Where clocks stand: all of them as columns, one of them in full.

use serde::{Deserialize, Serialize};

use super::fill::{BLOCK, Block};
use super::ledger::Ledger;
use super::marks::Scratch;
use super::meters::state_of;
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
    /// The target that counts.
    pub target: Option<&'a mut [i64]>,
    /// Whether it is breached: used up, and more where exactly the target is kept.
    pub breached: Option<&'a mut [bool]>,
}

/// The fields of some hundred clocks whose numbers follow each other: see
/// [`Ledger::status_blocks`], and [`StatusColumns`] for what each is.
#[derive(Clone, Copy, Debug)]
pub struct StatusBlock<'a> {
    /// The number of the first clock.
    pub first: u32,
    /// Calendar time while running.
    pub business: &'a [i64],
    /// Wall time while running.
    pub actual: &'a [i64],
    /// Calendar time while paused.
    pub paused: &'a [i64],
    /// Target less business time.
    pub remaining: &'a [i64],
    /// Business time over target.
    pub ratio: &'a [f64],
    /// When the target was or will be used up.
    pub breach_at: &'a [i64],
    /// What each clock is doing.
    pub state: &'a [u8],
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
        let mut block = Block::new();
        self.fill_block(clock as usize, 1, &self.now(at), &mut block);
        let state = match block.state[0] {
            0 => ClockState::Pending,
            code => state_of(code - 1),
        };
        Ok(ClockReading {
            business: block.business[0],
            actual: block.actual[0],
            paused: block.paused[0],
            remaining: block.remaining[0],
            ratio: block.ratio[0],
            breach_at: block.breach_at[0],
            state,
        })
    }

    /// Where all clocks stand, in the order of their numbers, into memory of the caller's. Clocks
    /// with events after `at` are folded from their history, all others cost a few nanoseconds.
    ///
    /// # Errors
    /// For a column that is not as long as the ledger.
    pub fn status_all(&mut self, at: Timestamp, mut columns: StatusColumns<'_>) -> Result<()> {
        columns.check(self.len())?;
        if columns.breach_at.is_some() {
            self.refresh();
        }
        let (now, mut others) = (self.now(at), Block::new());
        for first in (0..self.len()).step_by(BLOCK) {
            let count = BLOCK.min(self.len() - first);
            self.fill(first, count, &now, &mut others, &mut columns.part(first, count));
        }
        Ok(())
    }

    /// Where all clocks stand, a block of them at a time, in numbers that never leave the cache:
    /// for sums, counts and filters over all, which do not need columns of their own.
    ///
    /// ```
    /// use itom_core::sla::{Calendar, ClockOptions, Ledger};
    ///
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
    /// let mut ledger = Ledger::new();
    /// ledger.open("INC1", &options)?;
    /// let mut over_half = 0;
    /// ledger.status_blocks("2026-06-15T12:30:00Z".parse()?, |block| {
    ///     over_half += block.ratio.iter().filter(|ratio| **ratio > 0.5).count();
    /// });
    /// assert_eq!(over_half, 1);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn status_blocks(&mut self, at: Timestamp, mut visit: impl FnMut(StatusBlock<'_>)) {
        self.refresh();
        let (now, mut block) = (self.now(at), Block::new());
        for first in (0..self.len()).step_by(BLOCK) {
            let count = BLOCK.min(self.len() - first);
            self.fill_block(first, count, &now, &mut block);
            visit(StatusBlock {
                first: first as u32,
                business: &block.business[..count],
                actual: &block.actual[..count],
                paused: &block.paused[..count],
                remaining: &block.remaining[..count],
                ratio: &block.ratio[..count],
                breach_at: &block.breach_at[..count],
                state: &block.state[..count],
            });
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
            ("target", self.target.as_ref().map(|column| column.len())),
            ("breached", self.breached.as_ref().map(|column| column.len())),
        ];
        for (argument, length) in lengths {
            if let Some(length) = length.filter(|&length| length != clocks) {
                let expected = format!("as long as the ledger, {clocks}");
                return Err(Error::invalid(argument, length, expected));
            }
        }
        Ok(())
    }

    /// The cells of `count` clocks from `first` on.
    fn part(&mut self, first: usize, count: usize) -> StatusColumns<'_> {
        fn cut<'a, T>(
            column: &'a mut Option<&mut [T]>,
            first: usize,
            count: usize,
        ) -> Option<&'a mut [T]> {
            column.as_mut().map(|column| &mut column[first..first + count])
        }
        StatusColumns {
            business: cut(&mut self.business, first, count),
            actual: cut(&mut self.actual, first, count),
            paused: cut(&mut self.paused, first, count),
            remaining: cut(&mut self.remaining, first, count),
            ratio: cut(&mut self.ratio, first, count),
            breach_at: cut(&mut self.breach_at, first, count),
            state: cut(&mut self.state, first, count),
            target: cut(&mut self.target, first, count),
            breached: cut(&mut self.breached, first, count),
        }
    }

    /// Writes the status of one clock.
    pub(super) fn set(&mut self, index: usize, status: &ClockStatus) {
        let numbers = [
            (&mut self.business, status.business.as_nanos()),
            (&mut self.actual, status.actual.as_nanos()),
            (&mut self.paused, status.paused.as_nanos()),
            (&mut self.remaining, status.remaining.as_nanos()),
            (&mut self.target, status.target.as_nanos()),
            (&mut self.breach_at, status.breach_at.map_or(i64::MIN, Timestamp::as_nanos)),
        ];
        for (column, value) in numbers {
            if let Some(column) = column {
                column[index] = value;
            }
        }
        if let Some(ratio) = &mut self.ratio {
            ratio[index] = status.ratio;
        }
        if let Some(state) = &mut self.state {
            state[index] = status.state as u8;
        }
        if let Some(breached) = &mut self.breached {
            breached[index] = status.breached;
        }
    }
}
