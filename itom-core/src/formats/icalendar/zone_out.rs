//! A time zone as a VTIMEZONE.
//!
//! The changes of offset in the years written stand one by one as RDATEs, grouped by the two
//! offsets; where a zone's last years follow one rule ("the last Sunday of March at two"), the
//! rule stands in their place and holds for ever.

use std::collections::BTreeMap;

use super::write::{basic, push_line};
use crate::sla::civil::{DAY, civil_from_days, days_in_month, weekday};
use crate::sla::{OffsetChange, Zone};

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
/// A rule is believed when the last changes, this many, follow it.
const ENOUGH: usize = 20;

/// Changes from one offset to another: local times by the clock before the change.
type Group = ((i64, i64), Vec<i64>);

/// Writes the zone's changes, which are in order and end with the last that matters.
pub(super) fn write(text: &mut String, tz: &str, changes: &[OffsetChange], zone: &Zone) {
    push_line(text, "BEGIN:VTIMEZONE");
    push_line(text, &format!("TZID:{tz}"));
    let seconds = |duration: crate::Duration| duration.as_nanos() / 1_000_000_000;
    let mut groups: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    for change in changes {
        let (before, after) = (seconds(change.before), seconds(change.after));
        let local = change.at.as_nanos() / 1_000_000_000 + before;
        groups.entry((before, after)).or_default().push(local);
    }
    let first = changes.first().map_or_else(|| zone.offset_at(0), |change| seconds(change.before));
    observance(text, "STANDARD", (first, first), &[basic(-369 * 365 * DAY)], None);
    for group in groups {
        write_group(text, &group);
    }
    push_line(text, "END:VTIMEZONE");
}

fn write_group(text: &mut String, ((before, after), times): &Group) {
    let kind = if after > before { "DAYLIGHT" } else { "STANDARD" };
    let rule = rule_of(times);
    let begun = match &rule {
        Some((_, begun)) => *begun,
        None => times.len(),
    };
    if begun > 0 {
        let dates: Vec<String> = times[..begun].iter().map(|&time| basic(time)).collect();
        observance(text, kind, (*before, *after), &dates, None);
    }
    if let Some((rule, begun)) = rule {
        observance(text, kind, (*before, *after), &[basic(times[begun])], Some(&rule));
    }
}

fn observance(
    text: &mut String,
    kind: &str,
    (before, after): (i64, i64),
    times: &[String],
    rule: Option<&str>,
) {
    push_line(text, &format!("BEGIN:{kind}"));
    push_line(text, &format!("DTSTART:{}", times[0]));
    push_line(text, &format!("TZOFFSETFROM:{}", offset(before)));
    push_line(text, &format!("TZOFFSETTO:{}", offset(after)));
    if let Some(rule) = rule {
        push_line(text, &format!("RRULE:{rule}"));
    }
    times[1..].iter().for_each(|time| push_line(text, &format!("RDATE:{time}")));
    push_line(text, &format!("END:{kind}"));
}

/// The rule that the last of the times follow, and the index of the first that does.
fn rule_of(times: &[i64]) -> Option<(String, usize)> {
    if times.len() < ENOUGH {
        return None;
    }
    let forms = |time: i64| {
        let (_, month, day) = civil_from_days(time.div_euclid(DAY));
        let (year, _, _) = civil_from_days(time.div_euclid(DAY));
        let weekday = weekday(time.div_euclid(DAY));
        let last = day + 7 > days_in_month(year, month);
        (month, weekday, (day - 1) / 7 + 1, last, time.rem_euclid(DAY))
    };
    let tail = &times[times.len() - ENOUGH..];
    let (month, weekday, week, _, clock) = forms(*tail.last()?);
    let same = |&time: &i64| {
        let (a, b, _, _, c) = forms(time);
        (a, b, c) == (month, weekday, clock)
    };
    let is_last = tail.iter().all(|&time| forms(time).3);
    let fits =
        |time: &i64| same(time) && if is_last { forms(*time).3 } else { forms(*time).2 == week };
    if !tail.iter().all(fits) {
        return None;
    }
    let yearly = |pair: &[i64]| {
        civil_from_days(pair[0].div_euclid(DAY)).0 + 1 == civil_from_days(pair[1].div_euclid(DAY)).0
    };
    let mut begun = times.len() - ENOUGH;
    while begun > 0 && fits(&times[begun - 1]) && yearly(&times[begun - 1..=begun]) {
        begun -= 1;
    }
    if !tail.windows(2).all(yearly) {
        return None;
    }
    let ordinal = if is_last { -1 } else { week };
    let day = WEEKDAYS[weekday as usize];
    Some((format!("FREQ=YEARLY;BYMONTH={month};BYDAY={ordinal}{day}"), begun))
}

fn offset(seconds: i64) -> String {
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let rest = match seconds % 60 {
        0 => String::new(),
        rest => format!("{rest:02}"),
    };
    format!("{sign}{:02}{:02}{rest}", seconds / 3600, seconds / 60 % 60)
}
