//! From pieces of time to sums, instants and verdicts: what the pieces of a [`Fold`] amount to.
//!
//! All sums are integers of nanoseconds, held to the range of a duration. Costs O(p) for p pieces
//! times the cost of a calendar's look-up.

use super::book::Book;
use super::fold::{Fold, Piece, TargetSpan};
use super::options::{AtEquality, BreachRule};
use super::status::ClockState;

/// How breach is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sla) struct Convention {
    pub(in crate::sla) rule: BreachRule,
    pub(in crate::sla) at_equality: AtEquality,
}

impl Convention {
    /// How much more than the target has to be used up for a breach, by business time.
    pub(in crate::sla) fn excess(self) -> i64 {
        match (self.rule, self.at_equality) {
            (BreachRule::Elapsed, AtEquality::Met) => 1,
            _ => 0,
        }
    }

    fn by_wall(self) -> bool {
        (self.rule, self.at_equality) == (BreachRule::DueDate, AtEquality::Met)
    }
}

/// Sums over the pieces of one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sla) struct Sums {
    pub(in crate::sla) business: i64,
    pub(in crate::sla) actual: i64,
    pub(in crate::sla) paused: i64,
}

/// A breach that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sla) struct Breach {
    /// When the target was used up.
    pub(in crate::sla) at: i64,
    /// The first instant at which the promise was broken.
    pub(in crate::sla) broken: i64,
}

/// Open time of a calendar between two instants.
pub(in crate::sla) fn elapsed(book: &Book<'_>, calendar: u32, from: i64, until: i64) -> i64 {
    let calendar = book.calendar(calendar);
    calendar.open_until(until).saturating_sub(calendar.open_until(from))
}

/// The earliest instant at or after `from` by which `amount` has elapsed.
pub(in crate::sla) fn deadline(
    book: &Book<'_>,
    calendar: u32,
    from: i64,
    amount: i64,
) -> Option<i64> {
    if amount <= 0 {
        return Some(from);
    }
    let calendar = book.calendar(calendar);
    calendar.open_reached(calendar.open_until(from).checked_add(amount)?)
}

impl Fold {
    pub(in crate::sla) fn pieces_of(&self, cycle: u32) -> impl DoubleEndedIterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| piece.cycle == cycle)
    }

    fn running(&self, cycle: u32) -> impl DoubleEndedIterator<Item = &Piece> {
        self.pieces_of(cycle).filter(|piece| piece.state == ClockState::Running)
    }

    pub(in crate::sla) fn sums(&self, cycle: u32, book: &Book<'_>) -> Sums {
        let mut sums = Sums::default();
        for piece in self.pieces_of(cycle) {
            let open = || elapsed(book, piece.calendar, piece.from, piece.until);
            match piece.state {
                ClockState::Running => {
                    sums.business = sums.business.saturating_add(open());
                    let wall = piece.until.saturating_sub(piece.from);
                    sums.actual = sums.actual.saturating_add(wall);
                }
                ClockState::Paused => sums.paused = sums.paused.saturating_add(open()),
                _ => {}
            }
        }
        sums
    }

    /// The earliest instant up to now at which `amount` of business time was used in a cycle; or
    /// how much is left of it.
    pub(in crate::sla) fn used_up(
        &self,
        cycle: u32,
        amount: i64,
        book: &Book<'_>,
    ) -> Result<i64, i64> {
        let mut left = amount;
        for piece in self.running(cycle) {
            let business = elapsed(book, piece.calendar, piece.from, piece.until);
            if business >= left {
                return deadline(book, piece.calendar, piece.from, left).ok_or(left);
            }
            left -= business;
        }
        Err(left)
    }

    /// When `left` will have been used if the current cycle runs on from now.
    pub(in crate::sla) fn ahead(&self, left: i64, book: &Book<'_>) -> Option<i64> {
        deadline(book, self.calendar, self.now.max(self.origin), left)
    }

    /// The spans in which one target of a cycle was in force, with their ends.
    fn target_spans(&self, cycle: u32) -> impl Iterator<Item = (TargetSpan, i64)> {
        let spans = || self.targets.iter().filter(move |span| span.cycle == cycle);
        let ends = spans().skip(1).map(|next| next.from).chain([i64::MAX]);
        spans().copied().zip(ends)
    }

    /// From when on the target of a cycle is in force.
    pub(in crate::sla) fn target_since(&self, cycle: u32) -> i64 {
        self.target_spans(cycle).last().map_or(i64::MIN, |(span, _)| span.from)
    }

    /// The earliest instant up to now at which the amount that `wanted` makes of the target then
    /// in force was used.
    pub(in crate::sla) fn reached(
        &self,
        cycle: u32,
        wanted: impl Fn(i64) -> i64,
        book: &Book<'_>,
    ) -> Option<i64> {
        self.target_spans(cycle).find_map(|(span, end)| {
            let at = self.used_up(cycle, wanted(span.target), book).ok()?;
            (at <= end).then(|| at.max(span.from))
        })
    }

    /// The breach of a cycle, if there was one by now.
    pub(in crate::sla) fn breach(
        &self,
        cycle: u32,
        convention: Convention,
        book: &Book<'_>,
    ) -> Option<Breach> {
        self.target_spans(cycle).find_map(|(span, end)| {
            let amount = span.target.saturating_add(convention.excess());
            let mut broken = self.used_up(cycle, amount, book).ok()?;
            if broken > end {
                return None;
            }
            if convention.by_wall() {
                let due = broken;
                let ran_on =
                    self.running(cycle).find(|piece| piece.until > due && piece.from < end)?;
                broken = due.max(ran_on.from).saturating_add(1);
            }
            let at = self.used_up(cycle, span.target, book).ok()?;
            Some(Breach { at: at.max(span.from), broken: broken.max(span.from) })
        })
    }
}

/// The share of a target in millionths, rounded up to the nanosecond.
pub(in crate::sla) fn share_of(target: i64, millionths: u32) -> i64 {
    let nanos = (i128::from(target) * i128::from(millionths) + 999_999) / 1_000_000;
    i64::try_from(nanos).unwrap_or(i64::MAX)
}
