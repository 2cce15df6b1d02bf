//! Dates as numbers: days since 1970-01-01 in the proleptic Gregorian calendar.
//!
//! Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013). All are a few integer
//! divisions.

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

/// The date `months` later; a day of the month that is not there becomes the last that is.
pub(crate) fn add_months(days: i64, months: i64) -> i64 {
    let (year, month, day) = civil_from_days(days);
    let month = year * 12 + month - 1 + months;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    days_from_civil(year, month, day.min(days_in_month(year, month)))
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
    fn dates_agree_with_jiff_over_the_whole_range() {
        let (first, last) = (days_from_civil(1, 1, 1), days_from_civil(9999, 12, 31));
        let epoch = jiff::civil::Date::constant(1970, 1, 1);
        for day in (first..=last).step_by(13).chain([last]) {
            let (year, month, date) = civil_from_days(day);
            let truth = jiff::civil::Date::new(year as i16, month as i8, date as i8).unwrap();
            assert_eq!(truth.duration_since(epoch).as_secs() / DAY, day);
            assert_eq!(days_from_civil(year, month, date), day);
            assert_eq!(weekday(day), i64::from(truth.weekday().to_monday_zero_offset()));
            assert_eq!(days_in_month(year, month), i64::from(truth.days_in_month()));
            assert_eq!(days_in_year(year), i64::from(truth.days_in_year()));
        }
    }

    #[test]
    fn months_clamp_to_their_last_day() {
        let date = |text: &str| read_date(text).unwrap();
        assert_eq!(add_months(date("2026-01-31"), 1), date("2026-02-28"));
        assert_eq!(add_months(date("2027-12-31"), 2), date("2028-02-29"));
        assert_eq!(add_months(date("2026-03-31"), -13), date("2025-02-28"));
    }

    #[test]
    fn dates_that_do_not_exist_are_none() {
        for text in ["2026-02-29", "2026-13-01", "2026-1-01", "2026-00-10", "", "20260101"] {
            assert_eq!(read_date(text), None, "{text}");
        }
        assert_eq!(read_date("1970-01-01"), Some(0));
    }
}
