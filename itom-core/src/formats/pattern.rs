//! Windows by local date as stretches of repeating weeks, and the dates that differ.
//!
//! [`Pattern::of_days`] finds the weeks in a run of dates: it takes the week that most of the next
//! three weeks show, follows it, sets dates aside that differ while the week comes back within a
//! fortnight, and begins another week where it does not. Whatever it chooses, every date has
//! exactly its own windows; choosing well makes the definition short. Cost: the number of dates.

use std::collections::BTreeMap;

use crate::formats::civil::show_date;
use crate::sla::civil::weekday;
use crate::sla::{CalendarDefinition, CalendarVersion, WindowText};

/// Windows of one date, in seconds from its midnight.
pub(super) type Windows = Vec<(i64, i64)>;
pub(super) type Week = [Windows; 7];

/// The dates that instants reach: 1677-09-20 and 2262-04-13.
#[cfg(feature = "ical")]
pub(super) const FIRST_DAY: i64 = -106_753;
pub(super) const LAST_DAY: i64 = 106_753;

/// Weeks that repeat over stretches of dates, and single dates.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// First date, first date after, week; without gap, from `i64::MIN` to `i64::MAX`.
    pub(super) stretches: Vec<(i64, i64, Week)>,
    pub(super) special: BTreeMap<i64, Windows>,
}

impl Pattern {
    /// From the windows of consecutive dates, the first of them `first`. After the last date the
    /// last week goes on; before the first the first week does if `since_ever`, else nothing.
    pub(super) fn of_days(first: i64, since_ever: bool, days: &[Windows]) -> Pattern {
        let mut pattern = Pattern::default();
        if !since_ever {
            pattern.stretches.push((i64::MIN, first, Week::default()));
        }
        let mut at = 0;
        while at < days.len() {
            let week = likely_week(first, days, at);
            let begin = at;
            while at < days.len() {
                let usual = &week[weekday(first + at as i64) as usize];
                if days[at] != *usual {
                    let returns = |later: usize| days.get(later).is_none_or(|day| day == usual);
                    if at > begin && !returns(at + 7) && !returns(at + 14) {
                        break;
                    }
                    pattern.special.insert(first + at as i64, days[at].clone());
                }
                at += 1;
            }
            let from = if since_ever && begin == 0 { i64::MIN } else { first + begin as i64 };
            let until = first + at as i64;
            match pattern.stretches.last_mut() {
                Some(last) if last.2 == week => last.1 = until,
                _ => pattern.stretches.push((from, until, week)),
            }
        }
        match pattern.stretches.last_mut() {
            Some(last) => last.1 = i64::MAX,
            None => pattern.stretches.push((i64::MIN, i64::MAX, Week::default())),
        }
        pattern
    }

    /// A calendar with these windows: the last week is its own, those before are versions.
    pub(super) fn definition(&self, tz: &str) -> CalendarDefinition {
        let mut definition =
            CalendarDefinition { tz: tz.to_owned(), ..CalendarDefinition::default() };
        for (index, (from, until, week)) in self.stretches.iter().enumerate() {
            let weekly = week_texts(week);
            if index + 1 == self.stretches.len() {
                definition.weekly = weekly;
            } else {
                let from = (*from > i64::MIN).then(|| show_date(*from));
                let until = Some(show_date(*until));
                definition.versions.push(CalendarVersion { from, until, weekly });
            }
        }
        let special = self.special.iter();
        definition.overrides = special.map(|(day, open)| (show_date(*day), texts(open))).collect();
        definition
    }
}

/// What each weekday mostly is in the three weeks from `at` on.
fn likely_week(first: i64, days: &[Windows], at: usize) -> Week {
    let mut week = Week::default();
    for ahead in 0..7 {
        let sample = |weeks: usize| days.get(at + ahead + 7 * weeks);
        let usual = match (sample(0), sample(1), sample(2)) {
            (_, Some(second), Some(third)) if second == third => Some(second),
            (first, _, _) => first,
        };
        week[weekday(first + (at + ahead) as i64) as usize] = usual.cloned().unwrap_or_default();
    }
    week
}

/// Sorted, those that meet made one.
#[cfg(feature = "ical")]
pub(super) fn union(mut windows: Windows) -> Windows {
    windows.sort_unstable();
    let mut merged = Windows::with_capacity(windows.len());
    for (opens, closes) in windows {
        match merged.last_mut() {
            Some(last) if opens <= last.1 => last.1 = last.1.max(closes),
            _ => merged.push((opens, closes)),
        }
    }
    merged
}

/// Windows as a definition writes them.
pub(super) fn texts(windows: &[(i64, i64)]) -> Vec<WindowText> {
    windows.iter().map(|&(opens, closes)| [show_time(opens), show_time(closes)]).collect()
}

fn week_texts(week: &Week) -> BTreeMap<String, Vec<WindowText>> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let open = NAMES.iter().zip(week).filter(|(_, windows)| !windows.is_empty());
    open.map(|(name, windows)| ((*name).to_owned(), texts(windows))).collect()
}

fn show_time(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match rest {
        0 => format!("{hours:02}:{minutes:02}"),
        _ => format!("{hours:02}:{minutes:02}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the pattern says of a date.
    fn windows_on(pattern: &Pattern, day: i64) -> &Windows {
        let stretch = pattern.stretches.iter().find(|one| (one.0..one.1).contains(&day)).unwrap();
        pattern.special.get(&day).unwrap_or(&stretch.2[weekday(day) as usize])
    }

    #[test]
    fn every_date_keeps_its_windows_and_seasons_are_stretches() {
        let season = |day: i64| match day.rem_euclid(365) {
            100..200 => vec![(8, 20)],
            11 | 47 | 355..=362 => vec![],
            _ if weekday(day) > 4 => vec![],
            _ => vec![(9, 17)],
        };
        let days: Vec<Windows> = (0..3650).map(season).collect();
        let pattern = Pattern::of_days(0, false, &days);
        for (day, windows) in days.iter().enumerate() {
            assert_eq!(windows_on(&pattern, day as i64), windows, "{day}");
        }
        assert_eq!(pattern.stretches.len(), 1 + 21);
        assert!(pattern.special.len() < 130, "{}", pattern.special.len());
    }

    #[test]
    fn every_date_keeps_its_windows_whatever_they_are() {
        let days: Vec<Windows> = (0..500).map(|day| vec![(day * day % 7, 9 + day % 3)]).collect();
        let pattern = Pattern::of_days(-17, false, &days);
        for (index, windows) in days.iter().enumerate() {
            assert_eq!(windows_on(&pattern, index as i64 - 17), windows);
        }
    }
}
