//! A zone of this database where chrono asks for one.
//!
//! [`ChronoZone`] is a [`chrono::TimeZone`] with the offsets of a [`Zone`]: of the release that the
//! calendars count by, not of the table that was compiled into chrono-tz. [`ZoneDatabase::zone_of`]
//! finds the zone that a [`chrono_tz::Tz`] names.

use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};

use super::{Zone, ZoneDatabase};
use crate::sla::civil::DAY;
use crate::{Error, Result};

/// A time zone for `chrono::DateTime`, made by [`Zone::to_chrono`]. Cloning is cheap.
///
/// ```
/// use chrono::{DateTime, TimeZone, Utc};
/// use itom_core::Timestamp;
/// use itom_core::sla::ZoneDatabase;
///
/// let zone = ZoneDatabase::bundled().zone_of(chrono_tz::Europe::Berlin)?.to_chrono()?;
/// let breach: Timestamp = "2026-06-15T14:00:00Z".parse()?;
/// let local = DateTime::<Utc>::from(breach).with_timezone(&zone);
/// assert_eq!(local.to_string(), "2026-06-15 16:00:00 +02:00");
/// // 02:30 did not exist on 29 March 2026.
/// assert!(zone.with_ymd_and_hms(2026, 3, 29, 2, 30, 0).single().is_none());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChronoZone(Zone);

/// The offset of a [`ChronoZone`] at an instant. Shown as `+02:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChronoOffset {
    zone: ChronoZone,
    fixed: FixedOffset,
}

impl Zone {
    /// The zone as chrono takes it.
    ///
    /// # Errors
    /// For a zone that is ever a day or more from UTC: chrono has no such offset. No zone of the
    /// IANA database is.
    pub fn to_chrono(&self) -> Result<ChronoZone> {
        let changes = self.transitions().iter().map(|change| change.after);
        match changes.chain([self.first_offset()]).find(|offset| offset.abs() >= DAY) {
            None => Ok(ChronoZone(self.clone())),
            Some(offset) => {
                Err(Error::invalid("zone", offset, "offsets of less than 86400 s from UTC"))
            }
        }
    }
}

impl ZoneDatabase {
    /// The zone of this database that a zone of chrono-tz names.
    ///
    /// # Errors
    /// As [`ZoneDatabase::zone`]: for a zone that this database does not have.
    pub fn zone_of(&self, zone: chrono_tz::Tz) -> Result<Zone> {
        self.zone(zone.name())
    }
}

impl ChronoZone {
    /// The zone that it is.
    pub fn zone(&self) -> &Zone {
        &self.0
    }

    fn with_offset(&self, seconds: i64) -> ChronoOffset {
        let fixed = i32::try_from(seconds).ok().and_then(FixedOffset::east_opt);
        ChronoOffset {
            zone: self.clone(),
            fixed: fixed.expect("to_chrono has seen that no offset is a day"),
        }
    }
}

impl Offset for ChronoOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl std::fmt::Display for ChronoOffset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.fixed.fmt(f)
    }
}

impl TimeZone for ChronoZone {
    type Offset = ChronoOffset;

    fn from_offset(offset: &ChronoOffset) -> ChronoZone {
        offset.zone.clone()
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ChronoOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ChronoOffset> {
        let local = local.and_utc().timestamp();
        // Every offset of the days around that leads to this wall-clock time.
        let changes = self.0.transitions();
        let from = changes.partition_point(|change| change.at < local - 2 * DAY);
        let near = changes[from..].iter().take_while(|change| change.at < local + 2 * DAY);
        let before = self.0.offset_at(local - 2 * DAY - 1);
        let mut offsets: Vec<i64> = near.map(|change| change.after).chain([before]).collect();
        offsets.retain(|&offset| self.0.offset_at(local - offset) == offset);
        // The larger the offset, the earlier the instant.
        match (offsets.iter().max(), offsets.iter().min()) {
            (Some(&one), Some(&other)) if one == other => {
                MappedLocalTime::Single(self.with_offset(one))
            }
            (Some(&earliest), Some(&latest)) => {
                MappedLocalTime::Ambiguous(self.with_offset(earliest), self.with_offset(latest))
            }
            _ => MappedLocalTime::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ChronoOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ChronoOffset {
        self.with_offset(self.0.offset_at(utc.and_utc().timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zones whose rules have not changed since the release that chrono-tz was made from.
    const UNCHANGED: [&str; 6] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "UTC",
    ];

    #[test]
    fn local_times_are_as_chrono_tz_has_them_where_its_table_is_still_right() {
        for name in UNCHANGED {
            let theirs: chrono_tz::Tz = name.parse().unwrap();
            let ours = ZoneDatabase::bundled().zone_of(theirs).unwrap().to_chrono().unwrap();
            let changes = ours.zone().transitions().iter();
            let changes = changes.filter(|change| (0..4_000_000_000).contains(&change.at));
            let near = changes.flat_map(|change| {
                [change.before, change.after]
                    .into_iter()
                    .flat_map(|offset| (-4..=4).map(move |half| offset + half * 1800))
                    .map(|away| change.at + away)
                    .collect::<Vec<_>>()
            });
            for second in near.chain((0..4_000_000_000).step_by(9_000_001)) {
                let wall = chrono::DateTime::from_timestamp(second, 0).unwrap().naive_utc();
                let expected = theirs.from_local_datetime(&wall).map(|at| at.timestamp());
                let got = ours.from_local_datetime(&wall).map(|at| at.timestamp());
                assert_eq!(got, expected, "{name} {wall}");
                let utc = wall.and_utc();
                let (ours, theirs) = (utc.with_timezone(&ours), utc.with_timezone(&theirs));
                assert_eq!(ours.naive_local(), theirs.naive_local(), "{name} {utc}");
            }
        }
    }

    #[test]
    fn every_zone_of_the_database_is_one_of_chrono() {
        let zones = ZoneDatabase::bundled();
        for name in zones.names() {
            zones.zone(name).unwrap().to_chrono().unwrap();
        }
    }
}
