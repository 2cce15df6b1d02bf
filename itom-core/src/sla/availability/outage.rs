//! Outages made into pieces: sorted, apart from each other, each with what it weighs and whose it
//! is.
//!
//! Whole outages only need sorting; partial ones are swept with the set of those going on, so that
//! each instant counts with the heaviest (or the capped sum). O(n log n).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::period::{AvailabilityOptions, Outage};
use crate::sla::Fraction;
use crate::sla::interval::{self, Interval};
use crate::{Error, Result, Timestamp};

/// The common denominator of all weights is at most this.
const MOST_SCALE: i128 = 1_000_000_000_000;

/// One outage, whole or partial.
///
/// ```
/// use itom_core::sla::OutageRecord;
///
/// let text = r#"{"from": "2026-06-10T10:00:00Z", "until": null, "weight": "1/4"}"#;
/// let record: OutageRecord = serde_json::from_str(text)?;
/// assert_eq!(record.weight, "0.25".parse().unwrap());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutageRecord {
    /// When it began.
    pub from: Timestamp,
    /// When service was restored; none while it still goes on.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Which part of the service was lost, in (0, 1].
    #[serde(default = "whole")]
    pub weight: Fraction,
    /// When somebody took it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Timestamp>,
}

fn whole() -> Fraction {
    Fraction::ONE
}

impl OutageRecord {
    /// A whole outage that is over.
    pub fn new(from: Timestamp, until: Timestamp) -> OutageRecord {
        OutageRecord { from, until: Some(until), weight: Fraction::ONE, acknowledged: None }
    }
}

/// What several partial outages at once weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Overlap {
    /// As much as the heaviest of them.
    #[default]
    Worst,
    /// As much as all together, 1 at most.
    Sum,
}

/// A stretch of downtime with one weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) from: i64,
    pub(super) until: i64,
    /// Over the common denominator.
    pub(super) weight: u64,
    /// The joined outage it is part of.
    pub(super) block: u32,
    /// The outage that makes it count: the heaviest, of equals the first in time.
    pub(super) outage: u32,
}

#[derive(Debug)]
pub(super) struct Downtime {
    pub(super) pieces: Vec<Piece>,
    /// Of each block whether it is too short to count.
    pub(super) short: Vec<bool>,
    pub(super) excluded: Vec<Interval>,
    pub(super) scale: u64,
}

impl Downtime {
    /// `whose` asks for the outage of each piece where there are no weights, too.
    pub(super) fn of(
        options: &AvailabilityOptions,
        records: &[OutageRecord],
        whose: bool,
    ) -> Result<Downtime> {
        let plain = |record: &OutageRecord| record.weight == Fraction::ONE;
        if !whose && records.iter().all(plain) {
            let outages: Vec<Outage> =
                records.iter().map(|record| (record.from, record.until)).collect();
            return Downtime::of_plain(options, &outages);
        }
        check_order("outages", records.iter().map(|record| (record.from, record.until)))?;
        let scale = common_denominator(records)?;
        let spans = records.iter().zip(0u32..).map(|(record, index)| {
            let end = end(options, record.until);
            let weight = record.weight.numerator() * (scale / record.weight.denominator());
            (record.from.as_nanos(), end, weight as u64, index)
        });
        let mut spans: Vec<_> = spans.filter(|span| span.0 < span.1).collect();
        spans.sort_unstable();
        let pieces = sweep(&spans, options.overlap, scale as u64);
        Downtime::joined(options, pieces, scale as u64)
    }

    pub(super) fn of_plain(options: &AvailabilityOptions, outages: &[Outage]) -> Result<Downtime> {
        check_order("outages", outages.iter().copied())?;
        let spans = outages.iter().map(|&(from, until)| (from.as_nanos(), end(options, until)));
        let set = interval::union(spans.collect());
        let piece = |(from, until)| Piece { from, until, weight: 1, block: 0, outage: 0 };
        Downtime::joined(options, set.into_iter().map(piece).collect(), 1)
    }

    /// Joins pieces over gaps, fills the gaps, and finds the blocks that are too short.
    fn joined(options: &AvailabilityOptions, pieces: Vec<Piece>, scale: u64) -> Result<Downtime> {
        let (gap, minimum) = (options.merge_gap.as_nanos(), options.minimum.as_nanos());
        for (argument, value) in [("merge_gap", options.merge_gap), ("minimum", options.minimum)] {
            if value.is_negative() {
                return Err(Error::invalid(argument, value, "a duration that is not negative"));
            }
        }
        check_order("excluded", options.excluded.iter().map(|span| (span.0, Some(span.1))))?;
        let spans = options.excluded.iter().map(|span| (span.0.as_nanos(), span.1.as_nanos()));
        let excluded = interval::union(spans.collect());
        let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
        let (mut blocks, mut begin) = (Vec::new(), 0);
        for mut piece in pieces {
            match joined.last().copied() {
                Some(last) if piece.from.saturating_sub(last.until) <= gap => {
                    if last.until < piece.from {
                        let weight = last.weight.min(piece.weight);
                        joined.push(Piece { from: last.until, until: piece.from, weight, ..last });
                    }
                }
                Some(last) => {
                    blocks.push(last.until.saturating_sub(begin) < minimum);
                    begin = piece.from;
                }
                None => begin = piece.from,
            }
            piece.block = blocks.len() as u32;
            joined.push(piece);
        }
        blocks.extend(joined.last().map(|last| last.until.saturating_sub(begin) < minimum));
        Ok(Downtime { pieces: joined, short: blocks, excluded, scale })
    }

    pub(super) fn excluded_in(&self, from: i64, until: i64) -> impl Iterator<Item = Interval> + '_ {
        let first = self.excluded.partition_point(|span| span.1 <= from);
        let inside = self.excluded[first..].iter().take_while(move |span| span.0 < until);
        inside.map(move |span| (span.0.max(from), span.1.min(until)))
    }

    /// What counts of the pieces between two instants: not too short, not excluded.
    pub(super) fn counting_in(&self, from: i64, until: i64) -> impl Iterator<Item = Piece> + '_ {
        let mut next = self.pieces.partition_point(|piece| piece.until <= from);
        let mut cut = self.excluded.partition_point(|span| span.1 <= from);
        let mut at = from;
        std::iter::from_fn(move || {
            loop {
                let piece = self.pieces.get(next).filter(|piece| piece.from < until)?;
                at = at.max(piece.from);
                let end = piece.until.min(until);
                if at >= end || self.short[piece.block as usize] {
                    next += 1;
                    continue;
                }
                while self.excluded.get(cut).is_some_and(|span| span.1 <= at) {
                    cut += 1;
                }
                let span = self.excluded.get(cut).copied().unwrap_or((i64::MAX, i64::MAX));
                if span.0 <= at {
                    at = span.1;
                    continue;
                }
                let counted = Piece { from: at, until: end.min(span.0), ..*piece };
                at = counted.until;
                return Some(counted);
            }
        })
    }
}

/// The end of an outage; one that still goes on lasts until the instant of asking, which without
/// one is the end of whatever period is asked about.
fn end(options: &AvailabilityOptions, until: Option<Timestamp>) -> i64 {
    until.or(options.at).map_or(i64::MAX, Timestamp::as_nanos)
}

fn common_denominator(records: &[OutageRecord]) -> Result<i128> {
    let mut scale = 1i128;
    for record in records {
        let weight = record.weight;
        if weight <= Fraction::ZERO || weight > Fraction::ONE {
            return Err(Error::invalid("weight", weight, "in (0, 1]"));
        }
        // scale · denominator / gcd, by way of the reduced fraction scale / denominator.
        let reduced = Fraction::new(scale, weight.denominator())?;
        scale = scale.saturating_mul(reduced.denominator());
        if scale > MOST_SCALE {
            let expected = format!("weights with a common denominator of at most {MOST_SCALE}");
            return Err(Error::invalid("weight", weight, expected));
        }
    }
    Ok(scale)
}

/// Spans `(from, until, weight, index)` in order, cut wherever the weight or its owner changes.
fn sweep(spans: &[(i64, i64, u64, u32)], overlap: Overlap, scale: u64) -> Vec<Piece> {
    let mut ends: Vec<(i64, u32)> =
        spans.iter().zip(0u32..).map(|(span, at)| (span.1, at)).collect();
    ends.sort_unstable();
    let (mut starts, mut ends) = (spans.iter().zip(0u32..).peekable(), ends.into_iter().peekable());
    let mut going_on: BTreeSet<(std::cmp::Reverse<u64>, u32)> = BTreeSet::new();
    let (mut total, mut at, mut pieces) = (0u128, i64::MIN, Vec::<Piece>::new());
    while let Some(end) = ends.peek().map(|end| end.0) {
        let next = starts.peek().map_or(end, |start| start.0.0.min(end));
        if let Some(&(std::cmp::Reverse(heaviest), owner)) = going_on.first()
            && at < next
        {
            let weight = match overlap {
                Overlap::Worst => heaviest,
                Overlap::Sum => total.min(u128::from(scale)) as u64,
            };
            let outage = spans[owner as usize].3;
            match pieces.last_mut() {
                Some(last) if (last.until, last.weight, last.outage) == (at, weight, outage) => {
                    last.until = next;
                }
                _ => pieces.push(Piece { from: at, until: next, weight, block: 0, outage }),
            }
        }
        at = next;
        while let Some((span, index)) = starts.next_if(|start| start.0.0 <= at) {
            going_on.insert((std::cmp::Reverse(span.2), index));
            total += u128::from(span.2);
        }
        while let Some((_, index)) = ends.next_if(|end| end.0 <= at) {
            let weight = spans[index as usize].2;
            going_on.remove(&(std::cmp::Reverse(weight), index));
            total -= u128::from(weight);
        }
    }
    pieces
}

/// Refuses a span that ends before it begins.
fn check_order(argument: &str, spans: impl Iterator<Item = Outage>) -> Result<()> {
    for (index, (from, until)) in spans.enumerate() {
        if let Some(until) = until.filter(|&until| until < from) {
            let value = format!("{from} to {until}");
            let expected = "a span that does not end before it begins";
            return Err(Error::invalid(&format!("{argument}[{index}]"), value, expected));
        }
    }
    Ok(())
}
