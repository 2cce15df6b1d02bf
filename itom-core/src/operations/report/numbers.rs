//! Numbers as a person reads them: durations, shares, quantities, instants.
//!
//! Everything here is fixed formatting: the same number gives the same text on every machine.
//! What is not a number (NaN, infinity) is written as a dash, never hidden.

use crate::{Duration, Timestamp};

/// What stands where there is no number.
pub(in crate::operations) const NOTHING: &str = "–";

const SECOND: u64 = 1_000_000_000;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `3 h 12 min`: the two largest units, cut (not rounded), with a minus sign below zero.
pub(in crate::operations) fn duration(duration: Duration) -> String {
    let sign = if duration.is_negative() { "−" } else { "" };
    let nanos = duration.as_nanos().unsigned_abs();
    let seconds = nanos / SECOND;
    let two = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{sign}{big} {big_unit}"),
        _ => format!("{sign}{big} {big_unit} {small} {small_unit}"),
    };
    match seconds {
        0 if nanos == 0 => "0 s".to_owned(),
        0 if nanos < 1_000_000 => format!("{sign}{} µs", nanos.div_ceil(1000)),
        0 => format!("{sign}{} ms", nanos / 1_000_000),
        1..60 => format!("{sign}{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..172_800 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// `99.72 %`. A share short of one never reads as 100 %: it gets more decimals, then is cut.
pub(in crate::operations) fn share(share: f64) -> String {
    if !share.is_finite() {
        return NOTHING.to_owned();
    }
    let percent = share * 100.0;
    for decimals in 2..=5 {
        let text = format!("{percent:.decimals$}");
        if !(share < 1.0 && text.starts_with("100.")) {
            return format!("{} %", trimmed(&text).replace('-', "−"));
        }
    }
    "99.999 %".to_owned()
}

/// `0.998`: a score of at most 1; one short of 1 never reads as 1.
pub(in crate::operations) fn score(score: f64) -> String {
    match score {
        score if !score.is_finite() => NOTHING.to_owned(),
        score if score < 1.0 => format!("{:.3}", score.min(0.999)),
        score => format!("{score:.3}"),
    }
}

/// `116 412`, digits in groups of three with no-break spaces between them.
pub(in crate::operations) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// `1 alert`, `9 alerts`.
pub(in crate::operations) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", count(number), if number == 1 { one } else { many })
}

/// A factor and the unit that goes with it, fit for numbers up to `largest` in size.
pub(in crate::operations) struct Scale {
    /// What a number is divided by.
    pub(in crate::operations) divisor: f64,
    /// The unit with its prefix, may be empty.
    pub(in crate::operations) unit: String,
}

/// The SI prefix that suits `largest`: seconds go down to nanoseconds, counts and bytes up to tera.
/// Units that carry a prefix already (`ms`, `%`) are left alone.
pub(in crate::operations) fn scale(largest: f64, unit: &str) -> Scale {
    let size = largest.abs() * 1.0005;
    let plain = Scale { divisor: 1.0, unit: unit.to_owned() };
    if !size.is_finite() || size == 0.0 {
        return plain;
    }
    let small = [(1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")];
    let large = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    let fitting = match unit {
        "s" => small.iter().find(|(factor, _)| size >= *factor).or(small.last()),
        "ms" | "us" | "µs" | "ns" | "min" | "h" | "d" | "%" => None,
        _ => large.iter().find(|(factor, _)| size >= *factor),
    };
    match fitting {
        Some((divisor, prefix)) => Scale { divisor: *divisor, unit: format!("{prefix}{unit}") },
        None => plain,
    }
}

/// `1.23 s`, `48 ms`, `12.5 k`: three significant digits and an SI prefix.
pub(in crate::operations) fn quantity(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    let scale = scale(value, unit);
    let number = significant(value / scale.divisor);
    if scale.unit.is_empty() { number } else { format!("{number} {}", scale.unit) }
}

/// A burn rate: `14.4×`.
pub(in crate::operations) fn rate(rate: f64) -> String {
    if rate.is_finite() { format!("{}×", significant(rate)) } else { NOTHING.to_owned() }
}

/// Three significant digits, in powers of ten where plain digits would be many.
fn significant(value: f64) -> String {
    let text = match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-4..1e7).contains(&size) => format!("{value:.2e}"),
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => trimmed(&format!("{value:.1}")).to_owned(),
        size if size >= 0.0995 => trimmed(&format!("{value:.2}")).to_owned(),
        _ => trimmed(&format!("{value:.5}")).to_owned(),
    };
    text.replace('-', "−")
}

/// Without the zeros at the end of its decimals.
pub(in crate::operations) fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// `2023-04-13 01:49 UTC`, cut to the minute.
pub(in crate::operations) fn instant(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {} UTC", part(&text, 0, 10), part(&text, 11, 16))
}

/// `01:49`.
pub(in crate::operations) fn minute(at: Timestamp) -> String {
    part(&at.to_string(), 11, 16).to_owned()
}

/// `01:49:08`.
pub(in crate::operations) fn second(at: Timestamp) -> String {
    part(&at.to_string(), 11, 19).to_owned()
}

/// `13 Apr`.
pub(in crate::operations) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    let month = part(&text, 5, 7).parse::<usize>().unwrap_or(1);
    let name = MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or(NOTHING);
    format!("{} {name}", part(&text, 8, 10).trim_start_matches('0'))
}

/// `Apr 2023`.
pub(in crate::operations) fn month(at: Timestamp) -> String {
    let day = day(at);
    format!("{} {}", day.rsplit(' ').next().unwrap_or(""), part(&at.to_string(), 0, 4))
}

fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or(NOTHING)
}

/// The name of an OpenTelemetry severity number.
pub(in crate::operations) fn severity(number: u8) -> &'static str {
    match number {
        0 => "unspecified",
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "information",
        13..=16 => "warning",
        17..=20 => "error",
        _ => "fatal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        let text = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(text(0), "0 s");
        assert_eq!(text(59), "59 s");
        assert_eq!(text(725), "12 min 5 s");
        assert_eq!(text(11_520), "3 h 12 min");
        assert_eq!(text(86_400), "24 h");
        assert_eq!(text(183_600), "2 d 3 h");
        assert_eq!(text(-7200), "−2 h");
        assert_eq!(duration(Duration::from_nanos(1)), "1 µs");
        assert_eq!(duration(Duration::from_nanos(i64::MIN)), "−106751 d 23 h");
    }

    #[test]
    fn a_share_short_of_one_never_reads_as_all() {
        assert_eq!(share(0.9972), "99.72 %");
        assert_eq!(share(1.0), "100 %");
        assert_eq!(share(0.99996), "99.996 %");
        assert_eq!(share(0.999_999_999), "99.999 %");
        assert_eq!(share(-0.125), "−12.5 %");
        assert_eq!(share(f64::NAN), NOTHING);
    }

    #[test]
    fn quantities_get_the_prefix_that_suits_their_unit() {
        assert_eq!(quantity(0.0123, "s"), "12.3 ms");
        assert_eq!(quantity(1234.0, "s"), "1234 s");
        assert_eq!(quantity(12_500.0, ""), "12.5 k");
        assert_eq!(quantity(999_999.0, "B"), "1 MB");
        assert_eq!(quantity(87.5, "%"), "87.5 %");
        assert_eq!(quantity(-0.5, ""), "−0.5");
        assert_eq!(quantity(f64::MAX, ""), "1.80e308");
        assert_eq!(quantity(f64::NEG_INFINITY, "s"), NOTHING);
    }

    #[test]
    fn instants_and_counts() {
        let at: Timestamp = "2023-04-03T01:49:08.5Z".parse().unwrap();
        assert_eq!(instant(at), "2023-04-03 01:49 UTC");
        assert_eq!((day(at), month(at)), ("3 Apr".into(), "Apr 2023".into()));
        assert_eq!(second(at), "01:49:08");
        assert_eq!(count(116_412).replace('\u{a0}', " "), "116 412");
        assert_eq!(count(7), "7");
    }
}
