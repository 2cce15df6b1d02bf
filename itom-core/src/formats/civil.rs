//! What foreign calendars count in: weeks of a year, Easter.
//!
//! The date of Easter is the algorithm of Meeus, Jones and Butcher (J. Meeus, Astronomical
//! Algorithms, 1991, ch. 8).

use crate::sla::civil::{civil_from_days, days_from_civil, weekday};

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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "opening_hours")]
    use crate::sla::civil::digits;

    #[test]
    fn weeks_agree_with_jiff_on_every_date_of_eight_centuries() {
        let mut date = jiff::civil::date(1600, 1, 1);
        let mut days = days_from_civil(1600, 1, 1);
        while date.year() < 2400 {
            assert_eq!(week_of_year(days, 0).0, i64::from(date.iso_week_date().week()));
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
}
