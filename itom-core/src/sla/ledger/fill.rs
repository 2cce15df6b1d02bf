//! The numbers of all clocks as of an instant, a block of them at a time.

use std::ops::Range;

use super::ledger::Ledger;
use super::marks::Scratch;
use super::meters::{PAUSED, RUNNING, Tag, flag};
use super::status::StatusColumns;
use crate::Timestamp;

/// Clocks read in one go. The columns that a caller gives may lie alike in their pages, so that a
/// cache finds room for eight of their lines at one place: longer blocks push each other out of it.
pub(super) const BLOCK: usize = 64;

/// Differences of instants less than this from 1970 do not overflow.
const FAR: i64 = 1 << 62;

/// An instant, and what it means to all clocks.
pub(super) struct Now {
    at: i64,
    /// What to add to the sums of a clock, by its calendar and its state.
    terms: Vec<Term>,
    /// No sum overflows.
    near: bool,
}

impl Now {
    #[inline]
    fn term(&self, tag: &Tag) -> &Term {
        &self.terms[usize::from(tag.calendar) * 4 + usize::from(tag.state())]
    }
}

/// What to add to the sums of a clock: nothing to those that rest.
#[derive(Clone, Copy, Default)]
struct Term {
    business: i64,
    actual: i64,
    paused: i64,
}

impl Term {
    /// For the states in the order of their numbers.
    fn by_state(open: i64, at: i64) -> [Term; 4] {
        let mut terms = [Term::default(); 4];
        terms[usize::from(RUNNING)] = Term { business: open, actual: at, paused: 0 };
        terms[usize::from(PAUSED)] = Term { business: 0, actual: 0, paused: open };
        terms
    }
}

/// The numbers of a block, in one piece.
pub(super) struct Block {
    pub(super) business: [i64; BLOCK],
    pub(super) actual: [i64; BLOCK],
    pub(super) paused: [i64; BLOCK],
    pub(super) remaining: [i64; BLOCK],
    pub(super) ratio: [f64; BLOCK],
    pub(super) breach_at: [i64; BLOCK],
    pub(super) state: [u8; BLOCK],
}

impl Block {
    pub(super) fn new() -> Block {
        let lengths = [0; BLOCK];
        Block {
            business: lengths,
            actual: lengths,
            paused: lengths,
            remaining: lengths,
            ratio: [0.0; BLOCK],
            breach_at: lengths,
            state: [0; BLOCK],
        }
    }
}

/// The numbers of a block that come out of one look at its clocks.
struct Cells<'a> {
    business: &'a mut [i64],
    actual: &'a mut [i64],
    paused: &'a mut [i64],
    remaining: &'a mut [i64],
    ratio: &'a mut [f64],
    state: &'a mut [u8],
}

impl Ledger {
    /// What all clocks have in common at an instant.
    pub(super) fn now(&self, at: Timestamp) -> Now {
        let at = at.as_nanos();
        let near = |instant: i64| (-FAR..FAR).contains(&instant);
        let calendars = self.tables.calendars().iter();
        let terms = calendars.flat_map(|calendar| Term::by_state(calendar.open_until(at), at));
        Now {
            at,
            terms: terms.collect(),
            near: near(at) && near(self.earliest) && near(self.latest),
        }
    }

    /// Fills a block with `count` clocks from `first` on. Never part of its caller, whose other values
    /// would take the registers that its loops need.
    #[inline(never)]
    pub(super) fn fill_block(&self, first: usize, count: usize, now: &Now, block: &mut Block) {
        if !now.near || self.latest > now.at {
            let mut others = Block::new();
            let mut columns = StatusColumns {
                business: Some(&mut block.business[..count]),
                actual: Some(&mut block.actual[..count]),
                paused: Some(&mut block.paused[..count]),
                remaining: Some(&mut block.remaining[..count]),
                ratio: Some(&mut block.ratio[..count]),
                breach_at: Some(&mut block.breach_at[..count]),
                state: Some(&mut block.state[..count]),
                ..StatusColumns::default()
            };
            return self.fill(first, count, now, &mut others, &mut columns);
        }
        let clocks = first..first + count;
        let mut cells = Cells {
            business: &mut block.business[..count],
            actual: &mut block.actual[..count],
            paused: &mut block.paused[..count],
            remaining: &mut block.remaining[..count],
            ratio: &mut block.ratio[..count],
            state: &mut block.state[..count],
        };
        self.read(clocks.clone(), now, &mut cells, i64::wrapping_add, i64::wrapping_sub);
        block.breach_at[..count].copy_from_slice(&self.breaches[clocks]);
    }

    /// Fills columns for `count` clocks from `first` on, at most [`BLOCK`].
    pub(super) fn fill(
        &self,
        first: usize,
        count: usize,
        now: &Now,
        others: &mut Block,
        columns: &mut StatusColumns<'_>,
    ) {
        let clocks = first..first + count;
        let mut cells = Cells {
            business: asked(&mut columns.business, &mut others.business[..count]),
            actual: asked(&mut columns.actual, &mut others.actual[..count]),
            paused: asked(&mut columns.paused, &mut others.paused[..count]),
            remaining: asked(&mut columns.remaining, &mut others.remaining[..count]),
            ratio: asked(&mut columns.ratio, &mut others.ratio[..count]),
            state: asked(&mut columns.state, &mut others.state[..count]),
        };
        match now.near {
            true => {
                self.read(clocks.clone(), now, &mut cells, i64::wrapping_add, i64::wrapping_sub);
            }
            false => self.read_far(clocks.clone(), now, &mut cells),
        }
        if let Some(column) = &mut columns.breach_at {
            column.copy_from_slice(&self.breaches[clocks.clone()]);
        }
        if let Some(column) = &mut columns.target {
            for (cell, tag) in column.iter_mut().zip(&self.meters.tags[clocks]) {
                *cell = self.promises.get(tag.promise).target;
            }
        }
        if let Some(column) = &mut columns.breached {
            self.judge(first, now.at, cells.business, column);
        }
        if self.latest > now.at {
            self.fill_by_fold(first, count, now.at, columns);
        }
    }

    /// Reads the numbers of some clocks: without a branch on the state of each, which would be a
    /// guess. The division takes long, but nothing waits for it. Where the cells lie in one piece
    /// their places need one register: hence in line.
    #[inline(always)]
    fn read(
        &self,
        clocks: Range<usize>,
        now: &Now,
        cells: &mut Cells<'_>,
        add: impl Fn(i64, i64) -> i64,
        less: impl Fn(i64, i64) -> i64,
    ) {
        let targets = self.promises.targets();
        let kept = self.meters.tags[clocks.clone()].iter();
        let kept = kept.zip(&self.meters.business[clocks.clone()]);
        let kept = kept.zip(&self.meters.actual[clocks.clone()]).zip(&self.meters.paused[clocks]);
        let into = cells.business.iter_mut().zip(&mut *cells.actual).zip(&mut *cells.paused);
        let into = into.zip(&mut *cells.remaining).zip(&mut *cells.ratio).zip(&mut *cells.state);
        for (kept, into) in kept.zip(into) {
            let (((tag, kept_business), kept_actual), kept_paused) = kept;
            let (((((business, actual), paused), remaining), ratio), state) = into;
            let term = now.term(tag);
            let (target, as_float) = targets[tag.promise as usize];
            *business = add(*kept_business, term.business);
            *actual = add(*kept_actual, term.actual);
            *paused = add(*kept_paused, term.paused);
            *remaining = less(target, *business);
            *ratio = *business as f64 / as_float;
            *state = tag.state() + 1;
        }
    }

    /// The same for clocks that may be at the other end of the range.
    #[cold]
    fn read_far(&self, clocks: Range<usize>, now: &Now, cells: &mut Cells<'_>) {
        self.read(clocks, now, cells, i64::saturating_add, i64::saturating_sub);
    }

    /// Whether clocks from `first` on are breached, by their business time where that tells.
    fn judge(&self, first: usize, at: i64, business: &[i64], breached: &mut [bool]) {
        let mut scratch = Scratch::new();
        for (index, (cell, business)) in breached.iter_mut().zip(business).enumerate() {
            let tag = &self.meters.tags[first + index];
            *cell = match tag.has(flag::JUDGED) {
                true => {
                    let clock = (first + index) as u32;
                    self.read_steps(clock, None, &mut scratch);
                    self.fold_status(clock, at, &mut scratch).breached
                }
                false => *business >= self.promises.enough(tag.promise),
            };
        }
    }

    /// Fills in anew what belongs to clocks with events after `at`.
    fn fill_by_fold(&self, first: usize, count: usize, at: i64, columns: &mut StatusColumns<'_>) {
        let mut scratch = Scratch::new();
        for index in (0..count).filter(|index| self.trails[first + index].since > at) {
            let clock = (first + index) as u32;
            self.read_steps(clock, None, &mut scratch);
            columns.set(index, &self.fold_status(clock, at, &mut scratch));
        }
    }
}

/// The cells of a column that is asked for, or others in their place.
fn asked<'a, T>(column: &'a mut Option<&mut [T]>, others: &'a mut [T]) -> &'a mut [T] {
    match column {
        Some(column) => column,
        None => others,
    }
}
