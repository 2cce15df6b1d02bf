//! Which working hours, which zone, which target? What the desk promised is not in its log, only
//! whether each promise was kept; here every agreement of a family is tried and the one that says
//! best what the log says is taken.

use itom_core::sla::{Calendar, CalendarDefinition, WindowText};
use itom_core::{Duration, Result};

use super::history::Incident;

/// Hours at which a day may open on the printed clock, and how many it may be open.
pub(super) const OPENINGS: std::ops::Range<i64> = 0..24;
pub(super) const LENGTHS: std::ops::RangeInclusive<i64> = 6..=13;
/// Weekday patterns: a name and the days.
const WEEKS: [(&str, &[&str]); 4] = [
    ("Mon-Fri", &["mon", "tue", "wed", "thu", "fri"]),
    ("Mon-Sat", &["mon", "tue", "wed", "thu", "fri", "sat"]),
    ("Sun-Thu", &["sun", "mon", "tue", "wed", "thu"]),
    ("every day", &["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
];
/// A zone for each rule of daylight saving that offices on these hours may keep.
const RULES: [&str; 7] = [
    "America/Chicago",
    "America/Sao_Paulo",
    "America/Santiago",
    "Europe/Berlin",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Australia/Sydney",
];

/// A promise and how many verdicts it explains.
#[derive(Clone, Debug)]
pub(super) struct Promise {
    pub(super) week: &'static str,
    /// When a day opens on the printed clock, and for how many hours.
    pub(super) opens: i64,
    pub(super) hours: i64,
    pub(super) target: Duration,
    pub(super) right: usize,
}

/// What the search found.
pub(super) struct Search {
    pub(super) best: Promise,
    /// The best share of right verdicts from Monday to Friday, by hours a day and opening hour.
    pub(super) shares: Vec<Vec<f64>>,
    /// The best for each other week.
    pub(super) weeks: Vec<Promise>,
    /// Right verdicts when the clock follows another zone's daylight saving: zone, verdicts.
    pub(super) zones: Vec<(&'static str, usize)>,
    pub(super) tried: usize,
}

/// A calendar with the same window on some weekdays.
fn weekdays(tz: &str, days: &[&str], opens: i64, hours: i64) -> CalendarDefinition {
    let window: WindowText = [format!("{opens:02}:00"), format!("{:02}:00", opens + hours)];
    CalendarDefinition {
        tz: tz.to_owned(),
        weekly: days.iter().map(|day| ((*day).to_owned(), vec![window.clone()])).collect(),
        ..CalendarDefinition::default()
    }
}

/// The calendar of a promise whose day begins at 08:00: its zone is as far behind the printed
/// clock as that takes.
pub(super) fn office(promise: &Promise) -> CalendarDefinition {
    let behind = (promise.opens - 8).rem_euclid(24);
    // In the names of these zones the sign is turned round: Etc/GMT+6 is six hours behind.
    let zone =
        if behind <= 12 { format!("Etc/GMT+{behind}") } else { format!("Etc/GMT-{}", 24 - behind) };
    let days = WEEKS.iter().find(|week| week.0 == promise.week).map_or(WEEKS[0].1, |week| week.1);
    weekdays(&zone, days, 8, promise.hours)
}

/// Tries every promise on these incidents.
pub(super) fn search(incidents: &[&Incident]) -> Result<Search> {
    let mut tried = 0;
    let mut best_of =
        |days: &'static [&'static str], week: &'static str| -> Result<Vec<Vec<Promise>>> {
            LENGTHS
                .map(|hours| {
                    OPENINGS
                        .map(|opens| {
                            let calendar = Calendar::new(weekdays("UTC", days, opens, hours))?;
                            let (target, right) = threshold(&calendar, incidents, Duration::ZERO)?;
                            tried += 1;
                            Ok(Promise { week, opens, hours, target, right })
                        })
                        .collect()
                })
                .collect()
        };
    let mut weeks = Vec::new();
    let mut shares = Vec::new();
    for (week, days) in WEEKS {
        let grid = best_of(days, week)?;
        if weeks.is_empty() {
            let share = |promise: &Promise| promise.right as f64 / incidents.len() as f64;
            shares = grid.iter().map(|row| row.iter().map(share).collect()).collect();
        }
        let all = grid.into_iter().flatten();
        // Among equals the first: the shortest day, the earliest opening.
        weeks.extend(all.reduce(|best, next| if next.right > best.right { next } else { best }));
    }
    let best = weeks.iter().fold(weeks[0].clone(), |best, week| {
        if week.right > best.right { week.clone() } else { best }
    });
    let zones = zones(&best, incidents)?;
    Ok(Search { best, shares, weeks, zones, tried })
}

/// How the best hours do when the desk's wall clock keeps another zone's daylight saving: the
/// printed clock is moved by as many whole hours as fits best.
fn zones(best: &Promise, incidents: &[&Incident]) -> Result<Vec<(&'static str, usize)>> {
    let days = WEEKS.iter().find(|week| week.0 == best.week).map_or(WEEKS[0].1, |week| week.1);
    let mut found = Vec::new();
    for zone in RULES {
        let calendar = Calendar::new(weekdays(zone, days, 8, best.hours))?;
        let mut most = 0;
        for behind in -12..=12 {
            let (_, right) = threshold(&calendar, incidents, Duration::from_secs(behind * 3600))?;
            most = most.max(right);
        }
        found.push((zone, most));
    }
    found.sort_by_key(|found| std::cmp::Reverse(found.1));
    Ok(found)
}

/// The target that says best which of the incidents were in time, on a calendar, and how many
/// verdicts it gets right; the printed clock is `ahead` of the calendar's UTC. Zero when calling
/// all of them breached says as much.
pub(super) fn threshold(
    calendar: &Calendar,
    incidents: &[&Incident],
    ahead: Duration,
) -> Result<(Duration, usize)> {
    let moved = |at: itom_core::Timestamp| (at - ahead).as_nanos();
    let opened: Vec<i64> = incidents.iter().map(|incident| moved(incident.opened)).collect();
    let closed: Vec<i64> = incidents.iter().map(|incident| moved(incident.closed)).collect();
    let business = calendar.elapsed_all(&opened, &closed)?;
    let mut verdicts: Vec<(i64, bool)> =
        business.into_iter().zip(incidents.iter().map(|incident| incident.made)).collect();
    verdicts.sort_unstable();
    // With a target below all of them only the broken ones are right.
    let mut right = verdicts.iter().filter(|verdict| !verdict.1).count();
    let mut best = (0, right);
    for (index, &(business, made)) in verdicts.iter().enumerate() {
        right = if made { right + 1 } else { right - 1 };
        let last = verdicts.get(index + 1).is_none_or(|next| next.0 > business);
        if last && right > best.1 {
            best = (business, right);
        }
    }
    Ok((Duration::from_nanos(best.0), best.1))
}
