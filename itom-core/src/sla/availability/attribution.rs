//! Whose downtime was it? Outages of several causes at once, shared out four ways.
//!
//! Every policy adds up to the union to the nanosecond. *Exclusive* time has one cause, the rest
//! is *shared*. By *first cause* an instant belongs to the cause that has been down longest, of
//! equals the first by name. By *equal split* it is shared evenly among those that are down, which
//! is also the Shapley value of the game "downtime of a set of causes": each instant is a game of
//! its own in which all who are down are alike. Nanoseconds that do not divide go to the largest
//! remainders. O(n log n + n · causes down at once).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::period::{Outage, duration};
use crate::sla::interval;
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

/// More causes than this are refused.
const MOST_CAUSES: usize = 10_000;

/// What is laid to one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CauseShare {
    /// Its name.
    pub cause: String,
    /// How long it was down at all.
    pub downtime: Duration,
    /// How long it alone was down.
    pub exclusive: Duration,
    /// How long it was the one that had been down longest.
    pub first_cause: Duration,
    /// Its even share of all instants at which it was down: its Shapley value.
    pub equal_split: Duration,
}

/// The downtime of several causes together, shared out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attribution {
    /// How long at least one cause was down.
    pub total: Duration,
    /// How long more than one was.
    pub shared: Duration,
    /// One for each cause, in order of name.
    pub causes: Vec<CauseShare>,
}

/// Shares the downtime in a period among its causes; without a period, all of it. An outage
/// without an end lasts until the end of the period.
///
/// # Errors
/// For more than ten thousand causes, a reversed period, and an outage without an end where there
/// is no period to end it.
///
/// ```
/// use std::collections::BTreeMap;
/// use itom_core::sla::attribution;
///
/// let causes = BTreeMap::from([
///     ("db".to_owned(), vec![("2026-06-10T10:00:00Z".parse()?, Some("2026-06-10T10:30:00Z".parse()?))]),
///     ("net".to_owned(), vec![("2026-06-10T10:20:00Z".parse()?, Some("2026-06-10T11:00:00Z".parse()?))]),
/// ]);
/// let shares = attribution(&causes, None)?;
/// assert_eq!(shares.total, "1h".parse()?);
/// assert_eq!(shares.causes[0].equal_split, "25m".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn attribution(
    causes: &BTreeMap<String, Vec<Outage>>,
    period: Option<(Timestamp, Timestamp)>,
) -> Result<Attribution> {
    if causes.len() > MOST_CAUSES {
        let message = format!("causes are {}, more than {MOST_CAUSES}", causes.len());
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("causes"));
    }
    if let Some((from, until)) = period.filter(|period| period.0 > period.1) {
        let value = format!("{from} to {until}");
        return Err(Error::invalid("period", value, "its begin before its end"));
    }
    let mut events: Vec<(i64, bool, u32, i64)> = Vec::new();
    for (index, (name, outages)) in causes.iter().enumerate() {
        let mut spans = Vec::with_capacity(outages.len());
        for &(from, until) in outages {
            let Some(until) = until.or(period.map(|period| period.1)) else {
                let expected = "a period to end outages that still go on";
                return Err(Error::invalid("period", "none", expected).within(name));
            };
            spans.push((from.as_nanos(), until.as_nanos()));
        }
        let mut set = interval::union(spans);
        if let Some((from, until)) = period {
            set = interval::clip(&set, from.as_nanos(), until.as_nanos());
        }
        for (from, until) in set {
            events.push((from, true, index as u32, from));
            events.push((until, false, index as u32, from));
        }
    }
    events.sort_unstable();
    Ok(Shares::of(causes.len(), &events).read(causes))
}

/// What has been counted of each cause.
struct Shares {
    total: i128,
    shared: i128,
    exclusive: Vec<i128>,
    first: Vec<i128>,
    /// By how many were down together.
    together: Vec<BTreeMap<usize, i128>>,
}

impl Shares {
    /// Sweeps over events `(at, begins, cause, begin)` in order.
    fn of(count: usize, events: &[(i64, bool, u32, i64)]) -> Shares {
        let mut shares = Shares {
            total: 0,
            shared: 0,
            exclusive: vec![0; count],
            first: vec![0; count],
            together: vec![BTreeMap::new(); count],
        };
        let mut down: BTreeSet<(i64, u32)> = BTreeSet::new();
        let mut at = 0;
        for &(now, begins, cause, begin) in events {
            if let Some(&(_, first)) = down.first()
                && at < now
            {
                let length = i128::from(now) - i128::from(at);
                shares.total += length;
                shares.first[first as usize] += length;
                match down.len() {
                    1 => shares.exclusive[first as usize] += length,
                    _ => shares.shared += length,
                }
                for &(_, cause) in &down {
                    *shares.together[cause as usize].entry(down.len()).or_default() += length;
                }
            }
            at = now;
            if begins {
                down.insert((begin, cause));
            } else {
                down.remove(&(begin, cause));
            }
        }
        shares
    }

    fn read(self, causes: &BTreeMap<String, Vec<Outage>>) -> Attribution {
        let split = self.split();
        let shares = causes.keys().enumerate().map(|(index, cause)| CauseShare {
            cause: cause.clone(),
            downtime: duration(self.together[index].values().sum()),
            exclusive: duration(self.exclusive[index]),
            first_cause: duration(self.first[index]),
            equal_split: duration(split[index]),
        });
        Attribution {
            total: duration(self.total),
            shared: duration(self.shared),
            causes: shares.collect(),
        }
    }

    /// Divides the time of each number of causes by that number; what is left over of the whole is
    /// a whole number again and goes to the largest remainders.
    fn split(&self) -> Vec<i128> {
        let mut split = vec![0; self.together.len()];
        let counts: BTreeSet<usize> =
            self.together.iter().flat_map(|together| together.keys().copied()).collect();
        for count in counts {
            let divisor = count as i128;
            let mut remainders = Vec::new();
            for (cause, together) in self.together.iter().enumerate() {
                if let Some(&length) = together.get(&count) {
                    split[cause] += length / divisor;
                    remainders.push((std::cmp::Reverse(length % divisor), cause));
                }
            }
            let left: i128 =
                remainders.iter().map(|remainder| remainder.0.0).sum::<i128>() / divisor;
            remainders.sort_unstable();
            for &(_, cause) in remainders.iter().take(left as usize) {
                split[cause] += 1;
            }
        }
        split
    }
}
