//! Where did each second of downtime come from, and why did the rest not count?
//!
//! [`AvailabilityOptions::explain`] cuts the union of all outages into segments, each with its
//! reason and the outage it belongs to; the segments that count add up to the downtime, and the
//! accounts of the outages to their lengths. O(n log n + segments).

use serde::{Deserialize, Serialize};

use super::outage::{Downtime, OutageRecord};
use super::period::{Availability, AvailabilityOptions, duration};
use crate::sla::Fraction;
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

/// More segments than this are refused: ask about a shorter period.
const MOST_SEGMENTS: usize = 4_000_000;

/// Why a stretch of an outage counted or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum OutageReason {
    /// It is downtime.
    Counted,
    /// It lies in agreed maintenance.
    Excluded,
    /// It lies outside the service hours.
    OutsideHours,
    /// It lies outside the period, or after the instant of asking.
    OutsidePeriod,
    /// The joined outage is shorter than what counts.
    TooShort,
}

/// A stretch of the union of all outages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutageSegment {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// The number of the outage it belongs to: of several at once the heaviest, of equals the
    /// first; a joined gap belongs to the outage before it.
    pub outage: u64,
    /// What each of its seconds weighs.
    pub weight: Fraction,
    /// Whether it counted, or why not.
    pub reason: OutageReason,
}

/// What became of one outage. The five parts and `overlapped` add up to its length; a gap that was
/// joined to it comes on top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutageAccount {
    /// From its begin to its end or the instant of asking.
    pub length: Duration,
    /// How long it counted, before weighing.
    pub counted: Duration,
    /// How long it lay in agreed maintenance.
    pub excluded: Duration,
    /// How long it lay outside the service hours.
    pub outside_hours: Duration,
    /// How long it lay outside the period.
    pub outside_period: Duration,
    /// How long it was part of something too short.
    pub too_short: Duration,
    /// How long another outage counted in its stead.
    pub overlapped: Duration,
    /// Gaps to later outages that were joined and are in the parts above.
    pub joined: Duration,
}

/// An availability with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AvailabilityExplanation {
    /// The result.
    pub availability: Availability,
    /// All outages cut into segments, in order of time, none overlapping.
    pub segments: Vec<OutageSegment>,
    /// One for each outage, in the order given.
    pub outages: Vec<OutageAccount>,
}

impl AvailabilityOptions {
    /// The availability in a period, with what counted and what did not, and why. Outages without
    /// an end are shown up to the end of the period, or of the last outage that has one.
    ///
    /// # Errors
    /// As [`AvailabilityOptions::measure`], and for more than four million segments.
    ///
    /// ```
    /// use itom_core::sla::{AvailabilityOptions, OutageReason, OutageRecord};
    ///
    /// let day = ("2026-06-10T00:00:00Z".parse()?, "2026-06-11T00:00:00Z".parse()?);
    /// let maintenance = ("2026-06-10T03:00:00Z".parse()?, "2026-06-10T05:00:00Z".parse()?);
    /// let outage =
    ///     OutageRecord::new("2026-06-10T02:00:00Z".parse()?, "2026-06-10T04:00:00Z".parse()?);
    /// let options = AvailabilityOptions { excluded: vec![maintenance], ..Default::default() };
    /// let explained = options.explain(day, &[outage])?;
    /// assert_eq!(explained.segments[1].reason, OutageReason::Excluded);
    /// assert_eq!(explained.outages[0].counted, "1h".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn explain(
        &self,
        period: (Timestamp, Timestamp),
        outages: &[OutageRecord],
    ) -> Result<AvailabilityExplanation> {
        let (from, until) = self.looked_at(period)?;
        let mut downtime = Downtime::of(self, outages, true)?;
        let availability = self.account(&downtime, period)?;
        // What has no end is cut after all that has one.
        let ends = outages.iter().map(|outage| outage.until.or(self.at).unwrap_or(outage.from));
        let last = ends.map(Timestamp::as_nanos).fold(period.1.as_nanos(), i64::max);
        downtime.pieces.iter_mut().for_each(|piece| piece.until = piece.until.min(last));
        let mut segments = Vec::new();
        self.cut(&downtime, (from, until), &mut segments)?;
        let scale = i128::from(downtime.scale);
        let mut accounts: Vec<[i128; 7]> = vec![[0; 7]; outages.len()];
        let mut explained = Vec::with_capacity(segments.len());
        for (from, until, weight, outage, reason) in segments {
            let account = &mut accounts[outage as usize];
            let length = i128::from(until) - i128::from(from);
            account[reason as usize] += length;
            let own = outages[outage as usize].until.or(self.at);
            let end = own.map_or(last, Timestamp::as_nanos);
            account[5] += (i128::from(until) - i128::from(end.max(from))).max(0);
            let weight = Fraction::new(i128::from(weight), scale)?;
            let (start, end) = (Timestamp::from_nanos(from), Timestamp::from_nanos(until));
            let outage = u64::from(outage);
            explained.push(OutageSegment { start, end, outage, weight, reason });
        }
        let accounts = accounts.into_iter().zip(outages).map(|(mut account, outage)| {
            let end = outage.until.or(self.at).map_or(last, Timestamp::as_nanos);
            let length = i128::from(end) - i128::from(outage.from.as_nanos());
            account[6] = length.max(0);
            read_account(account)
        });
        Ok(AvailabilityExplanation {
            availability,
            segments: explained,
            outages: accounts.collect(),
        })
    }

    /// Cuts every piece at the period, the exclusions and the service hours.
    #[allow(clippy::type_complexity)]
    fn cut(
        &self,
        downtime: &Downtime,
        (from, until): (i64, i64),
        out: &mut Vec<(i64, i64, u64, u32, OutageReason)>,
    ) -> Result<()> {
        let mut windows = Vec::new();
        for piece in &downtime.pieces {
            let mut push = |begin: i64, end: i64, reason: OutageReason| {
                if begin < end {
                    out.push((begin, end, piece.weight, piece.outage, reason));
                }
            };
            if downtime.short[piece.block as usize] {
                push(piece.from, piece.until, OutageReason::TooShort);
                continue;
            }
            push(piece.from, piece.until.min(from), OutageReason::OutsidePeriod);
            let (begin, end) = (piece.from.max(from), piece.until.min(until));
            let mut at = begin.min(end);
            let open = |windows: &mut Vec<_>, begin: i64, end: i64| -> Result<()> {
                windows.clear();
                match &self.service_hours {
                    None => windows.push((begin, end)),
                    Some(hours) => windows.extend(
                        hours
                            .windows(Timestamp::from_nanos(begin), Timestamp::from_nanos(end))?
                            .iter()
                            .map(|window| (window.opens.as_nanos(), window.closes.as_nanos())),
                    ),
                }
                Ok(())
            };
            let mut within_hours = |push: &mut dyn FnMut(i64, i64, OutageReason), begin, end| {
                if begin < end {
                    open(&mut windows, begin, end)?;
                    let mut at = begin;
                    for &(opens, closes) in &windows {
                        push(at, opens, OutageReason::OutsideHours);
                        push(opens, closes, OutageReason::Counted);
                        at = closes;
                    }
                    push(at, end, OutageReason::OutsideHours);
                }
                Ok::<(), Error>(())
            };
            if begin < end {
                for (cut, resume) in downtime.excluded_in(begin, end) {
                    within_hours(&mut push, at, cut)?;
                    push(cut, resume, OutageReason::Excluded);
                    at = resume;
                }
                within_hours(&mut push, at, end)?;
            }
            push(piece.from.max(until), piece.until, OutageReason::OutsidePeriod);
            if out.len() > MOST_SEGMENTS {
                let message = format!("period has more than {MOST_SEGMENTS} segments of outages");
                return Err(Error::new(ErrorKind::LimitExceeded, message).about("period"));
            }
        }
        Ok(())
    }
}

fn read_account(account: [i128; 7]) -> OutageAccount {
    let [counted, excluded, outside_hours, outside_period, too_short, joined, length] = account;
    let parts = counted + excluded + outside_hours + outside_period + too_short;
    OutageAccount {
        length: duration(length),
        counted: duration(counted),
        excluded: duration(excluded),
        outside_hours: duration(outside_hours),
        outside_period: duration(outside_period),
        too_short: duration(too_short),
        overlapped: duration(length + joined - parts),
        joined: duration(joined),
    }
}
