//! Union, intersection and difference of [`Timeline`]s, each in a zone of its own.
//!
//! Between two changes of any operand each is closed, open or a week that repeats in UTC; what they
//! make together is one of the three again. Each distinct set of weeks is put together once, so
//! the cost is that of the operands' segments, and the result is exact at every instant, as the
//! operands are.

use std::collections::BTreeMap;

use super::local::Stretch;
use super::timeline::Timeline;
use super::week::{WEEK, WeekTable};
use crate::sla::civil::DAY;
use crate::sla::interval::{self, Interval};
use crate::{Error, ErrorKind, Result};

/// Looks at an operand between two changes, in all.
const MOST_LOOKS: usize = 50_000_000;
/// Windows of distinct weeks, in all.
const MOST_WINDOWS: usize = 4_000_000;

/// How calendars are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Union,
    Intersection,
    /// The first without the others.
    Difference,
}

impl Operation {
    /// As a definition says it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Union => "union",
            Operation::Intersection => "intersection",
            Operation::Difference => "difference",
        }
    }
}

/// What an operand is between two changes. Of a week: the operand, its table, and how far it is
/// turned against the week of UTC, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Closed,
    Open,
    Weekly(u32, u32, i64),
}

/// Puts timelines together.
pub(super) fn combine(operation: Operation, operands: &[&Timeline]) -> Result<Timeline> {
    let mut bounds: Vec<i64> = operands
        .iter()
        .flat_map(|operand| operand.segments())
        .map(|segment| segment.from)
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    if bounds.len().saturating_mul(operands.len()) > MOST_LOOKS {
        return Err(too_many("changes"));
    }
    let mut rest: Vec<_> = operands.iter().map(|operand| operand.segments().peekable()).collect();
    let mut parts = vec![Part::Closed; operands.len()];
    let mut weeks =
        Weeks { operation, operands, tables: Vec::new(), made: BTreeMap::new(), windows: 0 };
    let mut pieces: Vec<(i64, Stretch, i64)> = Vec::new();
    for &at in &bounds {
        for (index, segments) in rest.iter_mut().enumerate() {
            while let Some(segment) = segments.next_if(|segment| segment.from <= at) {
                parts[index] = match segment.stretch {
                    Stretch::Closed => Part::Closed,
                    Stretch::Open => Part::Open,
                    // The week of UTC begins on a Monday, and 1970 began on a Thursday.
                    Stretch::Weekly(table) => Part::Weekly(
                        index as u32,
                        table,
                        (3 * DAY - segment.position_at_0).rem_euclid(WEEK),
                    ),
                };
            }
        }
        let stretch = weeks.put_together(&parts)?;
        if pieces.last().is_none_or(|last| last.1 != stretch) {
            pieces.push((at, stretch, 0));
        }
    }
    Ok(Timeline::new(weeks.tables, &pieces))
}

/// The weeks made so far, by what they were made of.
struct Weeks<'a> {
    operation: Operation,
    operands: &'a [&'a Timeline],
    tables: Vec<WeekTable>,
    made: BTreeMap<Vec<Part>, Stretch>,
    windows: usize,
}

impl Weeks<'_> {
    fn put_together(&mut self, parts: &[Part]) -> Result<Stretch> {
        // What decides alone, and what says nothing.
        let (others, decides, idle) = match self.operation {
            Operation::Union => (parts, Part::Open, Part::Closed),
            Operation::Intersection => (parts, Part::Closed, Part::Open),
            Operation::Difference if parts[0] == Part::Closed => return Ok(Stretch::Closed),
            Operation::Difference => (&parts[1..], Part::Open, Part::Closed),
        };
        if others.contains(&decides) {
            let open = self.operation == Operation::Union;
            return Ok(if open { Stretch::Open } else { Stretch::Closed });
        }
        let mut key: Vec<Part> = others.iter().copied().filter(|&part| part != idle).collect();
        if self.operation == Operation::Difference {
            key.insert(0, parts[0]);
        }
        if let Some(&made) = self.made.get(&key) {
            return Ok(made);
        }
        let week = self.week(&key);
        self.windows += week.len();
        if self.windows > MOST_WINDOWS {
            return Err(too_many("windows"));
        }
        let stretch = match week[..] {
            [] => Stretch::Closed,
            [(0, WEEK)] => Stretch::Open,
            _ => {
                self.tables.push(WeekTable::of(week));
                Stretch::Weekly(self.tables.len() as u32 - 1)
            }
        };
        self.made.insert(key, stretch);
        Ok(stretch)
    }

    /// The open part of the week of UTC.
    fn week(&self, parts: &[Part]) -> Vec<Interval> {
        let turned = |&part: &Part| match part {
            Part::Closed => Vec::new(),
            Part::Open => vec![(0, WEEK)],
            Part::Weekly(operand, table, turn) => {
                let week = self.operands[operand as usize].week(table).iter();
                let turned = week.flat_map(|&(from, until)| {
                    let (from, until) = (from + turn, until + turn);
                    [(from, until), (from - WEEK, until - WEEK)]
                });
                interval::clip(&interval::union(turned.collect()), 0, WEEK)
            }
        };
        match self.operation {
            Operation::Union => interval::union(parts.iter().flat_map(turned).collect()),
            Operation::Intersection => parts
                .iter()
                .fold(vec![(0, WEEK)], |week, part| interval::intersection(&week, &turned(part))),
            Operation::Difference => {
                let others = interval::union(parts[1..].iter().flat_map(turned).collect());
                interval::difference(&turned(&parts[0]), &others)
            }
        }
    }
}

fn too_many(what: &str) -> Error {
    let message = format!("the calendars have too many {what} to be put together");
    Error::new(ErrorKind::LimitExceeded, message).about("definition")
}
