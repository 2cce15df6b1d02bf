//! Instants, durations and fractions as text: refused, or written and read back the same.
#![no_main]

use itom_core::sla::Fraction;
use itom_core::{Duration, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(instant) = text.parse::<Timestamp>() {
        assert_eq!(instant.to_string().parse::<Timestamp>().expect("our own text"), instant);
    }
    if let Ok(duration) = text.parse::<Duration>() {
        assert_eq!(duration.to_string().parse::<Duration>().expect("our own text"), duration);
    }
    if let Ok(fraction) = text.parse::<Fraction>() {
        assert_eq!(fraction.to_string().parse::<Fraction>().expect("our own text"), fraction);
    }
});
