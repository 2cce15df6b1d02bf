//! A folded clock in words and durations: its status, its completed cycles, its explanation.

use super::book::Book;
use super::fold::{Fold, Piece, RETROACTIVE};
use super::reckon::{Convention, Sums, elapsed, share_of};
use super::status::{ClockState, ClockStatus, Cycle, PausedBy, Segment, Threshold};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

const MOST_SEGMENTS: usize = 1_000_000;

/// Where a clock stands at the end of its fold.
pub(in crate::sla) fn status(
    fold: &Fold,
    book: &Book<'_>,
    reasons: &[String],
    convention: Convention,
    shares: &[f64],
) -> ClockStatus {
    let cycle = fold.cycle;
    let target = fold.target_of(cycle);
    let Sums { business, actual, paused } = fold.sums(cycle, book);
    let goes_on = matches!(fold.state, ClockState::Running | ClockState::Pending);
    let ahead = |amount: i64| ahead(fold, book, amount);
    let (breach_at, breached) = breach_at(fold, book, convention);
    let if_resumed = match fold.state {
        ClockState::Paused if !breached => ahead(target),
        _ => breach_at,
    };
    let threshold = |&share: &f64| {
        let wanted = |target| share_of(target, millionths(share));
        let at = fold.reached(cycle, wanted, book);
        let at = at.or_else(|| ahead(wanted(target)).filter(|_| goes_on));
        Threshold { share, at: at.map(Timestamp::from_nanos) }
    };
    ClockStatus {
        at: Timestamp::from_nanos(fold.now),
        state: fold.state,
        target: Duration::from_nanos(target),
        business: Duration::from_nanos(business),
        actual: Duration::from_nanos(actual),
        paused: Duration::from_nanos(paused),
        remaining: Duration::from_nanos(target.saturating_sub(business)),
        breach_at: breach_at.map(Timestamp::from_nanos),
        breached,
        ratio: business as f64 / target as f64,
        thresholds: shares.iter().map(threshold).collect(),
        effective_until: breach_at.map(|at| effective_until(fold, book, at)),
        breach_if_resumed: if_resumed.map(Timestamp::from_nanos),
        paused_by: paused_by(fold, book, reasons),
        cycles: (0..cycle).map(|cycle| completed(fold, book, cycle, convention)).collect(),
        ignored: fold.ignored,
        tz_version: book.calendar(fold.calendar).tz_version().to_owned(),
    }
}

/// When the target of the current cycle was or will be used up, and whether the promise is broken.
pub(in crate::sla) fn breach_at(
    fold: &Fold,
    book: &Book<'_>,
    convention: Convention,
) -> (Option<i64>, bool) {
    match fold.breach(fold.cycle, convention, book) {
        Some(breach) => (Some(breach.at), true),
        None if matches!(fold.state, ClockState::Running | ClockState::Pending) => {
            let at = ahead(fold, book, fold.target_of(fold.cycle));
            // What was used up before its target was set is used up from then on.
            (at.map(|at| at.max(fold.target_since(fold.cycle))), false)
        }
        None => (None, false),
    }
}

/// When an amount was used up in the current cycle, or will be if the clock runs on.
fn ahead(fold: &Fold, book: &Book<'_>, amount: i64) -> Option<i64> {
    match fold.used_up(fold.cycle, amount, book) {
        Ok(at) => Some(at),
        Err(left) => fold.ahead(left, book),
    }
}

/// A share in millionths.
pub(in crate::sla) fn millionths(share: f64) -> u32 {
    (share * 1e6).round() as u32
}

/// The last instant by which no more than at `at` is used up.
fn effective_until(fold: &Fold, book: &Book<'_>, at: i64) -> Timestamp {
    let calendar = fold.pieces_of(fold.cycle).find(|piece| piece.from <= at && at < piece.until);
    let calendar = book.calendar(calendar.map_or(fold.calendar, |piece| piece.calendar));
    let next = calendar.open_until(at).checked_add(1).and_then(|open| calendar.open_reached(open));
    Timestamp::from_nanos(next.map_or(i64::MAX, |next| next - 1).max(at))
}

fn paused_by(fold: &Fold, book: &Book<'_>, reasons: &[String]) -> Vec<PausedBy> {
    let mut all: Vec<PausedBy> = Vec::new();
    for piece in fold.pieces_of(fold.cycle) {
        let open = elapsed(book, piece.calendar, piece.from, piece.until);
        for reason in fold.reasons_of(piece) {
            let (reason, open) = (name(*reason, reasons), Duration::from_nanos(open));
            match all.iter_mut().find(|other| other.reason == reason) {
                Some(other) => other.paused = other.paused + open,
                None => all.push(PausedBy { reason: reason.to_owned(), paused: open }),
            }
        }
    }
    all.sort_by(|a, b| a.reason.cmp(&b.reason));
    all
}

fn completed(fold: &Fold, book: &Book<'_>, cycle: u32, convention: Convention) -> Cycle {
    let Sums { business, actual, paused } = fold.sums(cycle, book);
    let breach = fold.breach(cycle, convention, book);
    let mut pieces = fold.pieces_of(cycle);
    let first = pieces.next();
    let last = pieces.next_back().or(first);
    Cycle {
        start: Timestamp::from_nanos(first.map_or(fold.now, |piece| piece.from)),
        end: Timestamp::from_nanos(last.map_or(fold.now, |piece| piece.until)),
        target: Duration::from_nanos(fold.target_of(cycle)),
        business: Duration::from_nanos(business),
        actual: Duration::from_nanos(actual),
        paused: Duration::from_nanos(paused),
        breached: breach.is_some(),
        breach_at: breach.map(|breach| Timestamp::from_nanos(breach.at)),
    }
}

/// Every second of the fold, in stretches that say why they counted or not.
pub(in crate::sla) fn explain(
    fold: &Fold,
    book: &Book<'_>,
    reasons: &[String],
) -> Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for piece in &fold.pieces {
        let mut from = Timestamp::from_nanos(piece.from);
        let until = Timestamp::from_nanos(piece.until);
        let why = why_paused(fold, piece, reasons);
        let mut push = |from: Timestamp, end: Timestamp, open: bool| {
            if from < end {
                segments.push(segment(piece, &why, from, end, open));
            }
        };
        for window in book.calendar(piece.calendar).windows(from, until)? {
            push(from, window.opens, false);
            push(window.opens, window.closes, true);
            from = window.closes;
        }
        push(from, until, false);
        if segments.len() > MOST_SEGMENTS {
            let message = format!("an explanation has at most {MOST_SEGMENTS} segments");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("at"));
        }
    }
    Ok(segments)
}

fn segment(piece: &Piece, why: &str, start: Timestamp, end: Timestamp, open: bool) -> Segment {
    let state = piece.state;
    let reason = match state {
        ClockState::Running if open => "counted",
        ClockState::Running => "calendar closed",
        ClockState::Paused => why,
        ClockState::Stopped => "stopped",
        ClockState::Cancelled => "cancelled",
        ClockState::Pending => "not yet started",
    };
    let counted = open && state == ClockState::Running;
    let (reason, cycle) = (reason.to_owned(), u64::from(piece.cycle));
    Segment { start, end, state, open, counted, reason, cycle }
}

fn why_paused(fold: &Fold, piece: &Piece, reasons: &[String]) -> String {
    let names = fold.reasons_of(piece).iter().map(|&reason| name(reason, reasons));
    let mut names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    match names.is_empty() {
        true => "paused".to_owned(),
        false => format!("paused: {}", names.join(", ")),
    }
}

fn name(reason: u32, reasons: &[String]) -> &str {
    match reason {
        RETROACTIVE => "retroactive pause",
        _ => reasons.get(reason as usize).map_or("", String::as_str),
    }
}
