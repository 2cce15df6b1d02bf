//! From rules and a zone to a [`Timeline`] of instants.
//!
//! Between two changes of offset local time is instants shifted by a constant, so the local
//! stretches carry over as they are. Around a change, from the instant `T` on and as long as the
//! clock jumped, each window's ends are resolved one by one; before and after that, shifting
//! gives the same answer: a window with both ends on one side of the change is shifted as a
//! whole, and one that straddles it is open up to `T` and from `T` + jump on anyway. Where a time
//! that happens twice means its last occurrence, the jump before `T` is spelt out too.

use super::conventions::SkippedDateRule;
use super::local::{self, Stretch};
use super::resolve::{Change, Resolver};
use super::rules::{Exception, Rules, Span};
use super::timeline::Timeline;
use super::week::WeekTable;
use crate::Result;
use crate::sla::civil::DAY;
use crate::sla::interval::{self, Interval};
use crate::sla::zone::{FIRST_SECOND, LAST_SECOND, Zone};

/// Compiles a calendar's rules in a zone.
pub(super) fn compile(mut rules: Rules, zone: &Zone) -> Result<Timeline> {
    if rules.conventions.skipped_date == SkippedDateRule::NoWindows {
        for day in zone.skipped_dates() {
            let skipped = Exception { windows: Some(Vec::new()), breaks: Vec::new() };
            rules.exceptions.insert(day, skipped);
        }
    }
    let table = |week| WeekTable::new(week, &rules.weekly_breaks);
    let tables: Vec<WeekTable> = rules.weeks.iter().map(table).collect();
    let local = local::stretches(&rules, &tables)?;
    let resolver = Resolver::new(zone, rules.conventions.local_time);
    let mut pieces = Vec::new();
    let (mut from, mut offset) = (FIRST_SECOND, zone.first_offset());
    let mut rest = zone.transitions();
    while !rest.is_empty() {
        let change = resolver.change_around(rest);
        shift(&local, from, change.from, offset, &mut pieces);
        if change.from < change.until {
            let open = open_around(&rules, &resolver, &change);
            let mut spelt = Vec::new();
            local::push_open(&mut spelt, change.from, &open);
            pieces.extend(spelt.into_iter().map(|(at, stretch)| (at, stretch, 0)));
        }
        from = change.until;
        offset = rest[change.count - 1].after;
        rest = &rest[change.count..];
    }
    shift(&local, from, LAST_SECOND, offset, &mut pieces);
    Ok(Timeline::new(tables, &pieces))
}

/// The local stretches that fall on the instants from `from` to `until`, with their offset.
fn shift(
    local: &[(i64, Stretch)],
    from: i64,
    until: i64,
    offset: i64,
    pieces: &mut Vec<(i64, Stretch, i64)>,
) {
    if from >= until {
        return;
    }
    let begun = local.partition_point(|stretch| stretch.0 <= from + offset);
    for &(at, stretch) in &local[begun.saturating_sub(1)..] {
        if at >= until + offset {
            break;
        }
        pieces.push(((at - offset).max(from), stretch, offset));
    }
}

/// The open instants inside a change of offset: every window near it, its ends resolved.
fn open_around(rules: &Rules, resolver: &Resolver<'_>, change: &Change) -> Vec<Interval> {
    let (from, until) = (change.from + change.least_offset, change.until + change.most_offset);
    let (mut windows, mut breaks) = (Vec::new(), Vec::new());
    for day in from.div_euclid(DAY) - rules.spill_days()..=until.div_euclid(DAY) {
        let midnight = day * DAY;
        let resolve = |time: i64| resolver.resolve(midnight + time);
        let near = |spans: &[Span], found: &mut Vec<Interval>| {
            let near = spans
                .iter()
                .filter(|span| from < midnight + span.close && midnight + span.open < until);
            found.extend(near.map(|span| (resolve(span.open), resolve(span.close))));
        };
        near(rules.windows_on(day), &mut windows);
        near(rules.breaks_on(day), &mut breaks);
    }
    let open = interval::difference(&interval::union(windows), &interval::union(breaks));
    interval::clip(&open, change.from, change.until)
}
