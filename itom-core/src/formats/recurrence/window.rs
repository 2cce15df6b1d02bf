//! Windows that recur: maintenance from two to six on the first Sunday of the month.

use serde::{Deserialize, Serialize};

use super::expand::{Budget, Series};
use super::rule::{RecurrenceRule, Until};
use crate::sla::Window;
use crate::sla::civil::{DAY, read_date};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

/// A window that recurs by a rule of RFC 5545 in a time zone: planned maintenance, a freeze.
///
/// The first begins at `dtstart` local time and all last `duration`, exactly. A local time that
/// the zone skips is read with the offset before the gap, one that comes twice is its first
/// (RFC 5545 §3.3.5). Like the rule of a file, this one must give `dtstart` itself.
///
/// ```
/// use itom_core::formats::RecurringWindow;
///
/// let maintenance: RecurringWindow = serde_json::from_str(
///     r#"{"rrule": "FREQ=MONTHLY;BYDAY=1SU", "dtstart": "2026-01-04T02:00:00",
///         "tz": "Europe/Berlin", "duration": "4h", "except": ["2026-03-01T02:00:00"]}"#,
/// )?;
/// let windows = maintenance.between("2026-01-01T00:00:00Z".parse()?, "2026-04-30T00:00:00Z".parse()?)?;
/// let begins: Vec<String> = windows.iter().map(|window| window.opens.to_string()).collect();
/// assert_eq!(begins, ["2026-01-04T01:00:00Z", "2026-02-01T01:00:00Z", "2026-04-05T00:00:00Z"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecurringWindow {
    /// The rule, without `RRULE:` before it; none for a window that comes once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rrule: Option<String>,
    /// Local time at which the first window begins, `YYYY-MM-DDTHH:MM:SS`.
    pub dtstart: String,
    /// IANA name of the time zone.
    pub tz: String,
    /// How long each lasts.
    pub duration: Duration,
    /// Local times at which none begins, though the rule says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// [`RecurringWindow::between`] returns this many at most.
const MOST: usize = 1_000_000;

impl RecurringWindow {
    /// The windows that have a part between `from` and `until`, cut to that span, in order of
    /// their beginnings. None when `until` is not after `from`.
    ///
    /// # Errors
    /// Names what is malformed: the rule, the zone, a local time, a duration that is not positive.
    /// More than a million windows, or a rule that takes very long to follow, is
    /// [`ErrorKind::LimitExceeded`].
    pub fn between(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Window>> {
        let start = local_time(&self.dtstart, "dtstart")?;
        let except = self.except.iter().map(|text| local_time(text, "except"));
        let except: std::collections::BTreeSet<i64> = except.collect::<Result<_>>()?;
        let length = self.duration.as_nanos();
        if length <= 0 {
            return Err(Error::invalid("duration", self.duration, "positive"));
        }
        let zone = crate::sla::ZoneDatabase::bundled().zone(&self.tz)?;
        let rule = match &self.rrule {
            Some(text) => text.parse::<RecurrenceRule>()?,
            None => "FREQ=DAILY;COUNT=1".parse()?,
        };
        let series = Series::new(&rule, start);
        let mut budget = Budget::new();
        if !series.is_synchronized(&mut budget)? {
            let expected = format!("an occurrence of its rule {rule}");
            return Err(Error::invalid("dtstart", &self.dtstart, expected));
        }
        let is_past = |local: i64| match rule.until {
            Some(Until::Date(day)) => local.div_euclid(DAY) > day,
            Some(Until::Local(last)) => local > last,
            Some(Until::Utc(last)) => zone.resolve(local) > last,
            None => false,
        };
        // Offsets are less than a day; a day more on each side loses nothing.
        let seconds = |nanos: i64| nanos.div_euclid(1_000_000_000);
        let span = (
            seconds(from.as_nanos().saturating_sub(length)) - DAY,
            seconds(until.as_nanos()) + DAY,
        );
        let mut windows = Vec::new();
        series.each(span, &is_past, &mut budget, &mut |local| {
            let Some(opens) = zone.resolve(local).checked_mul(1_000_000_000) else {
                return Ok(());
            };
            let closes = opens.saturating_add(length).min(until.as_nanos());
            let opens = opens.max(from.as_nanos());
            if opens < closes && !except.contains(&local) {
                if windows.len() == MOST {
                    let message = format!("more than {MOST} windows between {from} and {until}");
                    return Err(Error::new(ErrorKind::LimitExceeded, message).about("until"));
                }
                let closes = Timestamp::from_nanos(closes);
                windows.push(Window { opens: Timestamp::from_nanos(opens), closes });
            }
            Ok(())
        })?;
        windows.sort_by_key(|window| (window.opens, window.closes));
        Ok(windows)
    }
}

/// Local seconds since 1970 of `YYYY-MM-DDTHH:MM:SS`, or the date alone for midnight.
fn local_time(text: &str, argument: &str) -> Result<i64> {
    let malformed = || {
        Error::invalid(argument, format!("{text:?}"), "a local time such as 2026-01-04T02:00:00")
    };
    let date = text.get(..10).and_then(read_date).ok_or_else(malformed)?;
    if text.len() == 10 {
        return Ok(date * DAY);
    }
    let clock = text[10..].strip_prefix(['T', ' ']).ok_or_else(malformed)?;
    let time: jiff::civil::Time = clock.parse().map_err(|_| malformed())?;
    if clock.len() != 8 || time.subsec_nanosecond() != 0 {
        return Err(malformed());
    }
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60;
    Ok(date * DAY + seconds + i64::from(time.second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(rrule: &str, dtstart: &str, tz: &str, duration: &str) -> RecurringWindow {
        RecurringWindow {
            rrule: Some(rrule.to_owned()),
            dtstart: dtstart.to_owned(),
            tz: tz.to_owned(),
            duration: duration.parse().unwrap(),
            except: Vec::new(),
        }
    }

    #[test]
    fn ends_of_time_and_bombs_end() {
        let forever = window("FREQ=SECONDLY", "2026-01-01T00:00:00", "UTC", "1s");
        let error = forever.between(Timestamp::MIN, Timestamp::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let yearly = window("FREQ=YEARLY", "1601-01-01T00:00:00", "Europe/Berlin", "24h");
        let windows = yearly.between(Timestamp::MIN, Timestamp::MAX).unwrap();
        assert_eq!(windows.len(), 2262 - 1677);
        assert!(yearly.between(Timestamp::MAX, Timestamp::MIN).unwrap().is_empty());
        let long = window("FREQ=YEARLY", "2026-01-01T00:00:00", "UTC", "2000000h");
        assert!(!long.between(Timestamp::MIN, Timestamp::MAX).unwrap().is_empty());
    }

    #[test]
    fn until_in_utc_is_an_instant() {
        let daily = window(
            "FREQ=DAILY;UNTIL=20260330T070000Z",
            "2026-03-28T09:00:00",
            "Europe/Berlin",
            "1h",
        );
        let windows = daily.between(Timestamp::MIN, Timestamp::MAX).unwrap();
        let begins: Vec<String> = windows.iter().map(|window| window.opens.to_string()).collect();
        assert_eq!(
            begins,
            ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"]
        );
    }

    #[test]
    fn mistakes_are_named() {
        let good = window("FREQ=DAILY", "2026-01-01T00:00:00", "UTC", "1h");
        let between = |window: &RecurringWindow| {
            window.between(Timestamp::MIN, Timestamp::MAX).unwrap_err().to_string()
        };
        assert!(between(&RecurringWindow { tz: "Mars".into(), ..good.clone() }).contains("Mars"));
        for dtstart in ["2026-01-01T25:00:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00", "é"] {
            let message = between(&RecurringWindow { dtstart: dtstart.into(), ..good.clone() });
            assert!(message.contains(dtstart), "{message}");
        }
        let tuesday =
            RecurringWindow { rrule: Some("FREQ=WEEKLY;BYDAY=TU".into()), ..good.clone() };
        assert!(between(&tuesday).contains("dtstart"));
        let zero = RecurringWindow { duration: Duration::ZERO, ..good };
        assert!(between(&zero).contains("duration"));
    }
}
