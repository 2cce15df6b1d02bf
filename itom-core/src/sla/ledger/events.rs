//! Events as columns: what they are, and the order in which a big batch is taken.

use std::ops::Range;

use super::what::What;

/// What an event does, as a column of bytes says it.
///
/// ```
/// use itom_core::sla::EventAction;
///
/// assert_eq!(EventAction::from_code(4), Some(EventAction::Stop));
/// assert_eq!(EventAction::Stop as u8, 4);
/// assert_eq!(EventAction::from_code(0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventAction {
    /// The argument is the number of a reason, 0 for none.
    Pause = 1,
    /// One reason ends; the argument is its number.
    Resume = 2,
    /// Every reason ends.
    ResumeAll = 3,
    /// The work is done.
    Stop = 4,
    /// A stopped clock goes on.
    Reopen = 5,
    /// A stopped clock begins anew.
    ReopenNewCycle = 6,
    /// A stopped clock goes on as if it had not stopped.
    ReopenVoidStop = 7,
    /// The promise no longer applies.
    Cancel = 8,
    /// Another target, for the whole cycle; the argument is its number.
    SetTarget = 9,
    /// Another target from now on.
    SetTargetFromNow = 10,
    /// Another calendar from now on; the argument is its number.
    SetCalendar = 11,
    /// Another calendar for the whole cycle.
    SetCalendarWhole = 12,
    /// Another zone from now on; the argument is its number.
    SetZone = 13,
    /// Another zone for the whole cycle.
    SetZoneWhole = 14,
}

impl EventAction {
    /// The action of a code.
    pub fn from_code(code: u8) -> Option<EventAction> {
        use EventAction::*;
        let all = [
            Pause,
            Resume,
            ResumeAll,
            Stop,
            Reopen,
            ReopenNewCycle,
            ReopenVoidStop,
            Cancel,
            SetTarget,
            SetTargetFromNow,
            SetCalendar,
            SetCalendarWhole,
            SetZone,
            SetZoneWhole,
        ];
        all.get(usize::from(code).checked_sub(1)?).copied()
    }
}

/// Events as columns of equal length.
///
/// ```
/// use itom_core::sla::{Calendar, ClockOptions, EventAction, EventColumns, Ledger};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let start = "2026-06-15T10:00:00Z".parse()?;
/// let mut ledger = Ledger::new();
/// let clock = ledger.open("INC1", &ClockOptions::new("4h".parse()?, calendar, start))?;
/// let hour = 3_600_000_000_000;
/// ledger.apply_columns(EventColumns {
///     clocks: &[clock, clock],
///     instants: &[start.as_nanos() + hour, start.as_nanos() + 3 * hour],
///     actions: &[EventAction::Pause as u8, EventAction::ResumeAll as u8],
///     arguments: None,
/// })?;
/// assert_eq!(ledger.status(clock, "2026-06-15T14:00:00Z".parse()?)?.business, "2h".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EventColumns<'a> {
    /// The clock of each event.
    pub clocks: &'a [u32],
    /// From when on each holds, in nanoseconds.
    pub instants: &'a [i64],
    /// What each does: codes of [`EventAction`].
    pub actions: &'a [u8],
    /// The number of the reason, target, calendar or zone of each; none: 0 for all.
    pub arguments: Option<&'a [u32]>,
}

/// Clocks whose columns fit the second cache together.
pub(super) const NEIGHBOURS: usize = 4096;
/// Events that are put in order of their clocks at a time: 64 MB.
pub(super) const PORTION: usize = 1 << 22;

/// An event in numbers.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) at: i64,
    pub(super) clock: u32,
    pub(super) what: What,
}

/// Room to put one portion of events after the other in order.
#[derive(Default)]
pub(super) struct Portion {
    /// By neighbourhood, and those of one of them by clock.
    rows: Vec<Row>,
    near: Vec<Row>,
    /// Where the next row of each goes.
    next: Vec<u32>,
}

impl Portion {
    /// Events of a range neighbourhood by neighbourhood and clock by clock, each clock's in the
    /// order they had: a log by time would otherwise fetch every clock from memory anew for each of
    /// its events. In two steps, so that what is written to at a time fits the second cache.
    pub(super) fn by_clock(
        &mut self,
        events: &EventColumns<'_>,
        range: Range<usize>,
        clocks: usize,
        mut visit: impl FnMut(&[Row]),
    ) {
        let Portion { rows, near, next } = self;
        let counted = events.clocks[range.clone()].iter().map(|&clock| clock as usize / NEIGHBOURS);
        begins(counted, clocks / NEIGHBOURS + 1, next);
        itom_pages::reserve(rows, range.len().saturating_sub(rows.len()));
        rows.resize(range.len(), BLANK);
        put(events.rows(range), rows, next, |clock| clock as usize / NEIGHBOURS);
        for rows in rows.chunk_by(|one, next| one.place() == next.place()) {
            begins(rows.iter().map(|row| row.clock as usize % NEIGHBOURS), NEIGHBOURS, next);
            near.resize(rows.len(), BLANK);
            put(rows.iter().copied(), near, next, |clock| clock as usize % NEIGHBOURS);
            visit(near);
        }
    }
}

/// Clocks that are compared at a time.
const SURVEYED: usize = 4096;

/// What the clocks of events are like.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) most: u32,
    changes: usize,
}

const BLANK: Row = Row { at: 0, clock: 0, what: What::known(1, 0) };

impl Row {
    /// Its neighbourhood.
    fn place(&self) -> usize {
        self.clock as usize / NEIGHBOURS
    }
}

/// Where rows of each of `most` places begin when they are put in order.
fn begins(places: impl Iterator<Item = usize>, most: usize, begins: &mut Vec<u32>) {
    begins.clear();
    begins.resize(most + 1, 0);
    places.for_each(|place| begins[place + 1] += 1);
    for index in 1..begins.len() {
        begins[index] += begins[index - 1];
    }
}

/// Puts rows in order.
fn put(
    rows: impl Iterator<Item = Row>,
    cells: &mut [Row],
    next: &mut [u32],
    place: impl Fn(u32) -> usize,
) {
    for row in rows {
        let next = &mut next[place(row.clock)];
        cells[*next as usize] = row;
        *next += 1;
    }
}

impl EventColumns<'_> {
    /// Events of a range, which have been checked.
    #[inline]
    pub(super) fn rows(&self, range: Range<usize>) -> impl Iterator<Item = Row> {
        let arguments = self.arguments.map(|arguments| &arguments[range.clone()]);
        let clocks = self.clocks[range.clone()].iter().enumerate();
        clocks.zip(self.plain(range)).map(move |((index, &clock), (at, what))| {
            let argument = arguments.map_or(0, |arguments| arguments[index]);
            Row { at, clock, what: what.with(argument) }
        })
    }

    /// When and what, without arguments.
    #[inline]
    pub(super) fn plain(
        &self,
        range: Range<usize>,
    ) -> impl ExactSizeIterator<Item = (i64, What)> + Clone {
        let instants = self.instants[range.clone()].iter();
        let events = instants.zip(&self.actions[range]);
        events.map(|(&at, &action)| (at.max(i64::MIN + 1), What::known(action, 0)))
    }

    /// The greatest clock, and how often one follows another, in one look at them.
    pub(super) fn survey(&self) -> Survey {
        let Some((&first, rest)) = self.clocks.split_first() else { return Survey::default() };
        let (mut most, mut changes) = (first, 0);
        for (before, after) in self.clocks.chunks(SURVEYED).zip(rest.chunks(SURVEYED)) {
            let mut here = 0u32;
            for (one, next) in before.iter().zip(after) {
                most = most.max(*next);
                here += u32::from(one != next);
            }
            changes += here as usize;
        }
        Survey { most, changes }
    }

    /// Whether mostly several events of a clock follow each other, or clocks come in order.
    pub(super) fn are_grouped(&self, survey: &Survey) -> bool {
        survey.changes * 2 < self.clocks.len() || self.clocks.is_sorted()
    }

    /// The codes of actions that occur, as bits; all from 31 on as one. If all of them are common
    /// ones, these.
    pub(super) fn actions_present(&self) -> u32 {
        const COMMON: u32 = 0b1_1111_1110;
        let common =
            self.actions.iter().fold(true, |common, action| common & (1..=8).contains(action));
        if common {
            return COMMON;
        }
        self.actions.iter().fold(0, |present, &action| present | 1 << action.min(31))
    }
}
