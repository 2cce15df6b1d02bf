//! From matching rules to the windows of a date.
//!
//! What a date is depends only on which rules hold on it and on the day before (a span may run
//! past midnight), so each such combination is worked out once. The rules are applied in order, as
//! the specification says: a normal rule replaces what was said for the date, an additional rule
//! and any *off* is laid over it, a fallback counts where nothing else does. So in
//! `Th 18:00-26:00; Fr 09:00-17:00` Friday's rule takes away the end of Thursday's span, and after
//! a comma it would not.

use std::collections::BTreeMap;

use opening_hours_syntax::rules::time::{Time, TimeSpan};
use opening_hours_syntax::rules::{OpeningHoursExpression, RuleKind, RuleOperator, RuleSequence};

use super::{Holidays, dates};
use crate::formats::pattern::Windows;

/// Minutes of a day.
const DAY: usize = 1440;

/// What a minute is; `Spill` is open since the day before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unsaid,
    Closed,
    /// Closed with a comment: it counts as something that was said.
    Noted,
    Open,
    Spill,
}

type Minutes = Vec<State>;

/// The windows of the dates from `first` to `last`, in seconds; one that runs past midnight
/// belongs to the date on which it opens.
pub(super) fn days(
    expression: &OpeningHoursExpression,
    holidays: &Holidays,
    first: i64,
    last: i64,
) -> Vec<Windows> {
    let rules = &expression.rules;
    let on = |day: i64| -> Vec<bool> {
        rules.iter().map(|rule| dates::holds(&rule.day_selector, day, holidays)).collect()
    };
    let mut known: BTreeMap<(Vec<bool>, Vec<bool>), Vec<Run>> = BTreeMap::new();
    let mut days: Vec<Windows> = Vec::with_capacity((last - first + 2) as usize);
    // Whether the last window of the day before began on it.
    let mut before = on(first - 2);
    let mut extends = false;
    for day in first - 1..=last {
        let today = on(day);
        let key = (today.clone(), before);
        let runs =
            known.entry(key).or_insert_with_key(|(today, before)| evaluate(rules, today, before));
        let mut windows = Windows::new();
        for run in runs.iter() {
            let (opens, closes) = (run.opens * 60, run.closes * 60);
            let yesterday = days.last_mut().and_then(|day| day.last_mut());
            match yesterday {
                Some(window)
                    if run.spill && extends && opens == 0 && window.1 == DAY as i64 * 60 =>
                {
                    window.1 += closes;
                }
                _ => windows.push((opens, closes)),
            }
        }
        extends = runs.last().is_some_and(|run| !run.spill);
        days.push(windows);
        before = today;
    }
    days.remove(0);
    days
}

/// A stretch of open minutes.
struct Run {
    opens: i64,
    closes: i64,
    spill: bool,
}

/// The open stretches of a date, given the rules that hold on it and on the day before.
fn evaluate(rules: &[RuleSequence], today: &[bool], before: &[bool]) -> Vec<Run> {
    let (mut matched, mut said): (bool, Option<Minutes>) = (false, None);
    for (index, rule) in rules.iter().enumerate() {
        let own = minutes_of(rule, today[index], before[index]);
        let is_closed = |minutes: &Minutes| {
            minutes.iter().all(|state| matches!(state, State::Unsaid | State::Closed))
        };
        let lays_over = rule.operator == RuleOperator::Additional
            || (rule.operator == RuleOperator::Normal && rule.kind == RuleKind::Closed);
        if lays_over {
            said = match (said, own) {
                (Some(said), Some(own)) => Some(overlay(said, &own)),
                (said, own) => said.or(own),
            };
            matched |= today[index];
        } else if rule.operator == RuleOperator::Normal {
            said = match today[index] {
                true => own,
                false => said.filter(|said| !is_closed(said)).or(own),
            };
            matched |= today[index];
        } else if !matched || said.as_ref().is_none_or(is_closed) {
            (matched, said) = (today[index], own);
        }
    }
    runs(&said.unwrap_or_default())
}

/// What one rule says of a date; none where it does not hold, nor did the day before.
fn minutes_of(rule: &RuleSequence, today: bool, before: bool) -> Option<Minutes> {
    if !today && !before {
        return None;
    }
    let (own, spill) = match (rule.kind, rule.comment.is_empty()) {
        (RuleKind::Open, _) => (State::Open, State::Spill),
        (_, true) => (State::Closed, State::Closed),
        (_, false) => (State::Noted, State::Noted),
    };
    let mut minutes = vec![State::Unsaid; DAY];
    for (opens, closes) in rule.time_selector.spans.iter().map(minutes_of_span) {
        if today {
            minutes[opens..closes.min(DAY)].fill(own);
        }
    }
    for (_, closes) in rule.time_selector.spans.iter().map(minutes_of_span) {
        if before && closes > DAY {
            minutes[..closes - DAY].fill(spill);
        }
    }
    Some(minutes)
}

/// Both ends in minutes of the first day; one that does not end after it begins ends a day later.
fn minutes_of_span(span: &TimeSpan) -> (usize, usize) {
    let minutes = |time: &Time| match time {
        Time::Fixed(time) => usize::from(time.mins_from_midnight()),
        // Refused before.
        Time::Variable(_) => 0,
    };
    let (opens, closes) = (minutes(&span.range.start), minutes(&span.range.end));
    (opens, if opens < closes { closes } else { closes + DAY })
}

fn overlay(mut below: Minutes, above: &Minutes) -> Minutes {
    for (state, &over) in below.iter_mut().zip(above) {
        if over != State::Unsaid {
            *state = over;
        }
    }
    below
}

fn runs(minutes: &Minutes) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (minute, state) in minutes.iter().enumerate() {
        let spill = *state == State::Spill;
        if !spill && *state != State::Open {
            continue;
        }
        let (opens, closes) = (minute as i64, minute as i64 + 1);
        match runs.last_mut() {
            Some(last) if last.closes == opens && last.spill == spill => last.closes = closes,
            _ => runs.push(Run { opens, closes, spill }),
        }
    }
    runs
}
