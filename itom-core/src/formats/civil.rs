//! Dates as numbers: days since 1970-01-01 in the proleptic Gregorian calendar.
//!
//! Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013); the date of Easter
//! is the algorithm of Meeus, Jones and Butcher (J. Meeus, Astronomical Algorithms, 1991, ch. 8).
//! All are a few integer divisions.

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// Days since 1970-01-01 of a date; the month from 1 to 12.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted - era * 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The last day of a month.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + days_in_year(year) - 365,
        _ => 31,
    }
}

pub(crate) fn days_in_year(year: i64) -> i64 {
    365 + i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
}

/// 0 for Monday.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The week of a year that a day lies in, with the number of weeks of the year it counts to; weeks
/// begin on `first` (0 for Monday), the first has at least four days in its year (ISO 8601).
pub(crate) fn week_of_year(day: i64, first: i64) -> (i64, i64) {
    let begin = day - (weekday(day) - first).rem_euclid(7);
    let (year, _, _) = civil_from_days(begin + 3);
    let first_week = |year: i64| {
        let fourth = days_from_civil(year, 1, 4);
        fourth - (weekday(fourth) - first).rem_euclid(7)
    };
    let (this, next) = (first_week(year), first_week(year + 1));
    ((begin - this) / 7 + 1, (next - this) / 7)
}

/// Easter Sunday of the western churches.
#[cfg(feature = "opening_hours")]
pub(crate) fn easter(year: i64) -> i64 {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - correction + 15) % 30;
    let sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * sunday) / 451;
    let sum = moon + sunday - 7 * late + 114;
    days_from_civil(year, sum / 31, sum % 31 + 1)
}

/// `YYYY-MM-DD`.
#[cfg(any(feature = "ical", feature = "opening_hours"))]
pub(crate) fn show_date(day: i64) -> String {
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970 of `YYYY-MM-DD`.
pub(crate) fn read_date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let part = |from: usize, to: usize| digits(&bytes[from..to]);
    valid_date(part(0, 4)?, part(5, 7)?, part(8, 10)?)
}

/// A date that exists, as days since 1970.
pub(crate) fn valid_date(year: i64, month: i64, day: i64) -> Option<i64> {
    let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    exists.then(|| days_from_civil(year, month, day))
}

/// A number of nothing but digits, at most nine.
pub(crate) fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_jiff_on_every_date_of_eight_centuries() {
        let mut date = jiff::civil::date(1600, 1, 1);
        let mut days = days_from_civil(1600, 1, 1);
        while date.year() < 2400 {
            let found = civil_from_days(days);
            assert_eq!(
                found,
                (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()))
            );
            assert_eq!(days_from_civil(found.0, found.1, found.2), days);
            assert_eq!(weekday(days), i64::from(date.weekday().to_monday_zero_offset()));
            assert_eq!(week_of_year(days, 0).0, i64::from(date.iso_week_date().week()));
            assert_eq!(days_in_month(found.0, found.1), i64::from(date.days_in_month()));
            date = date.tomorrow().unwrap();
            days += 1;
        }
    }

    #[cfg(feature = "opening_hours")]
    #[test]
    fn easter_of_known_years() {
        for date in ["1961-04-02", "2000-04-23", "2008-03-23", "2024-03-31", "2038-04-25"] {
            let year = digits(&date.as_bytes()[..4]).unwrap();
            assert_eq!(show_date(easter(year)), date);
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_none() {
        for text in ["2026-02-29", "2026-13-01", "2026-1-01", "2026-00-10", "", "20260101"] {
            assert_eq!(read_date(text), None, "{text}");
        }
        assert_eq!(read_date("1970-01-01"), Some(0));
    }
}
