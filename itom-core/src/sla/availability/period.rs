//! Which share of a period was a service up? Outages united, maintenance left out.
//!
//! Availability is (agreed time - downtime) / agreed time, as ITIL defines it: time that is
//! excluded (agreed maintenance) leaves both the downtime and the agreed time; overlapping outages
//! count once; an outage without an end lasts until the instant of asking. Exact. O(n log n).

use serde::{Deserialize, Serialize};

use crate::sla::Fraction;
use crate::sla::interval;
use crate::{Duration, Error, Result, Timestamp};

/// `[from, until)`; no end means "still going on".
pub type Outage = (Timestamp, Option<Timestamp>);

/// How available a service was.
///
/// ```
/// # use itom_core::sla::availability;
/// let june = ("2026-06-01T00:00:00Z".parse()?, "2026-07-01T00:00:00Z".parse()?);
/// let report = availability(june, &[], &[], None)?;
/// assert_eq!(report.failures, 0);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Availability {
    /// The period less what was excluded and what is still ahead.
    pub agreed: Duration,
    /// How long the service was down in it.
    pub downtime: Duration,
    /// Agreed time less downtime, over agreed time; none when no time was agreed.
    pub availability: Option<Fraction>,
    /// The same as a float.
    pub ratio: Option<f64>,
    /// Outages after uniting those that overlap or touch.
    pub failures: u64,
}

/// The availability in a period `[from, until)`, looked at `at` (its end if none is given): what
/// is later is unknown, not up. Reversed and empty outages count as nothing.
///
/// # Errors
/// For a period that ends before it begins.
///
/// ```
/// use itom_core::sla::availability;
///
/// let june = ("2026-06-01T00:00:00Z".parse()?, "2026-07-01T00:00:00Z".parse()?);
/// let outages = [
///     ("2026-06-10T10:00:00Z".parse()?, Some("2026-06-10T10:30:00Z".parse()?)),
///     ("2026-06-10T10:20:00Z".parse()?, Some("2026-06-10T11:00:00Z".parse()?)),
/// ];
/// let report = availability(june, &outages, &[], None)?;
/// assert_eq!(report.downtime, "1h".parse()?);
/// assert_eq!(report.availability.unwrap().to_string(), "719/720");
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn availability(
    period: (Timestamp, Timestamp),
    outages: &[Outage],
    excluded: &[(Timestamp, Timestamp)],
    at: Option<Timestamp>,
) -> Result<Availability> {
    let (from, end) = period;
    if from > end {
        return Err(Error::invalid(
            "period",
            format!("{from} to {end}"),
            "its begin before its end",
        ));
    }
    let until = at.map_or(end, |at| at.min(end)).as_nanos();
    let from = from.as_nanos();
    let excluded = excluded.iter().map(|span| (span.0.as_nanos(), span.1.as_nanos()));
    let excluded = interval::union(excluded.collect());
    let outages = outages
        .iter()
        .map(|outage| (outage.0.as_nanos(), outage.1.map_or(until, |end| end.as_nanos())));
    let down = interval::clip(&interval::union(outages.collect()), from, until);
    let down = interval::difference(&down, &excluded);
    let agreed = interval::difference(&interval::union(vec![(from, until)]), &excluded);
    let length = |set: &[(i64, i64)]| -> i128 {
        set.iter().map(|span| i128::from(span.1) - i128::from(span.0)).sum()
    };
    let (agreed, downtime) = (length(&agreed), length(&down));
    let availability = match agreed {
        0 => None,
        agreed => Some(Fraction::new(agreed - downtime, agreed)?),
    };
    let duration = |nanos: i128| Duration::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX));
    Ok(Availability {
        agreed: duration(agreed),
        downtime: duration(downtime),
        availability,
        ratio: availability.map(Fraction::to_f64),
        failures: down.len() as u64,
    })
}
