//! Exact ratios: shares of requests, budgets and burn rates without binary rounding.
//!
//! `99.9` percent has no exact float; a threshold of `14.4 * (1 - 0.999)` computed in floats fires
//! where it should not. A [`Fraction`] is a reduced ratio of integers; operations that would leave
//! 128 bits say so.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// A reduced ratio of two integers. As text and JSON `717/718`, or `12` when whole.
///
/// ```
/// use itom_core::sla::Fraction;
///
/// let share: Fraction = "99.9".parse()?;
/// assert_eq!(share.to_string(), "999/10");
/// assert_eq!(Fraction::new(10, 720)?.to_string(), "1/72");
/// assert!(Fraction::new(1, 0).is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    /// Zero.
    pub const ZERO: Fraction = Fraction { numerator: 0, denominator: 1 };
    /// One.
    pub const ONE: Fraction = Fraction { numerator: 1, denominator: 1 };

    /// The ratio of two integers, reduced.
    ///
    /// # Errors
    /// For a denominator that is not positive.
    pub fn new(numerator: i128, denominator: i128) -> Result<Fraction> {
        if denominator <= 0 {
            return Err(Error::invalid("denominator", denominator, "positive"));
        }
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        // At most the denominator, which fits.
        let divisor = divisor as i128;
        Ok(Fraction { numerator: numerator / divisor, denominator: denominator / divisor })
    }

    /// What is above the line.
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// What is below the line, positive.
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// The nearest float, for people; verdicts compare fractions.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    pub(in crate::sla) fn times(self, other: Fraction) -> Result<Fraction> {
        let first = Fraction::new(self.numerator, other.denominator)?;
        let second = Fraction::new(other.numerator, self.denominator)?;
        let numerator = first.numerator.checked_mul(second.numerator);
        let denominator = first.denominator.checked_mul(second.denominator);
        match (numerator, denominator) {
            (Some(numerator), Some(denominator)) => Fraction::new(numerator, denominator),
            _ => Err(too_precise(self)),
        }
    }

    /// None when divided by zero.
    pub(in crate::sla) fn over(self, other: Fraction) -> Result<Option<Fraction>> {
        if other.numerator == 0 {
            return Ok(None);
        }
        let sign = other.numerator.signum();
        let inverse = Fraction {
            numerator: sign * other.denominator,
            denominator: other.numerator.checked_abs().ok_or_else(|| too_precise(other))?,
        };
        self.times(inverse).map(Some)
    }

    pub(in crate::sla) fn minus(self, other: Fraction) -> Result<Fraction> {
        let left = self.numerator.checked_mul(other.denominator);
        let right = other.numerator.checked_mul(self.denominator);
        let difference = left.zip(right).and_then(|(left, right)| left.checked_sub(right));
        match (difference, self.denominator.checked_mul(other.denominator)) {
            (Some(numerator), Some(denominator)) => Fraction::new(numerator, denominator),
            _ => Err(too_precise(self)),
        }
    }
}

fn too_precise(fraction: Fraction) -> Error {
    Error::invalid("fraction", fraction, "a ratio that 128-bit arithmetic can compare exactly")
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Compares without rounding, by continued fractions, so that nothing can overflow.
impl Ord for Fraction {
    fn cmp(&self, other: &Fraction) -> Ordering {
        let (mut a, mut b) = (*self, *other);
        let mut flipped = false;
        loop {
            let whole_a = a.numerator.div_euclid(a.denominator);
            let whole_b = b.numerator.div_euclid(b.denominator);
            let rest_a = a.numerator.rem_euclid(a.denominator);
            let rest_b = b.numerator.rem_euclid(b.denominator);
            let order = match whole_a.cmp(&whole_b) {
                Ordering::Equal => match (rest_a, rest_b) {
                    (0, 0) => Ordering::Equal,
                    (0, _) => Ordering::Less,
                    (_, 0) => Ordering::Greater,
                    _ => {
                        a = Fraction { numerator: a.denominator, denominator: rest_a };
                        b = Fraction { numerator: b.denominator, denominator: rest_b };
                        flipped = !flipped;
                        continue;
                    }
                },
                order => order,
            };
            return if flipped { order.reverse() } else { order };
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Fraction) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

/// `717/718`, `14.4`, `-3`: within 128 bits, at most 18 digits after the point.
impl FromStr for Fraction {
    type Err = Error;
    fn from_str(text: &str) -> Result<Fraction> {
        let expected = "a decimal such as 99.95 or a ratio such as 717/718";
        let malformed = || Error::invalid("fraction", format!("{text:?}"), expected);
        let digits = |part: &str| {
            let fits = !part.is_empty() && part.len() <= 39;
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            if fits && digits {
                part.parse::<i128>().map_err(|_| malformed())
            } else {
                Err(malformed())
            }
        };
        let (sign, body) = text.strip_prefix('-').map_or((1, text), |body| (-1, body));
        if let Some((above, below)) = body.split_once('/') {
            return Fraction::new(sign * digits(above)?, digits(below)?).map_err(|_| malformed());
        }
        let (whole, decimals) = body.split_once('.').unwrap_or((body, ""));
        if decimals.len() > 18 || body.ends_with('.') {
            return Err(malformed());
        }
        let scale = 10i128.pow(decimals.len() as u32);
        let decimals = if decimals.is_empty() { 0 } else { digits(decimals)? };
        let scaled = digits(whole)?.checked_mul(scale).and_then(|sum| sum.checked_add(decimals));
        Fraction::new(sign * scaled.ok_or_else(malformed)?, scale)
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_newtype_struct("Fraction", &self.to_string())
        }
    }
}

/// Text, or a number: a float is taken as the shortest decimal that names it, so 99.9 is 999/10.
impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Fraction;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal such as 99.95 or a ratio such as \"717/718\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Fraction, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Fraction, E> {
                Ok(Fraction { numerator: i128::from(number), denominator: 1 })
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Fraction, E> {
                Ok(Fraction { numerator: i128::from(number), denominator: 1 })
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Fraction, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Fraction {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fraction".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "number"], "examples": ["717/718", "99.95", 14.4],
            "description": "An exact ratio; a number is taken as the decimal that is written."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(text: &str) -> Fraction {
        text.parse().unwrap()
    }

    #[test]
    fn decimals_and_ratios_are_exact() {
        assert_eq!(fraction("99.90"), fraction("999/10"));
        assert_eq!(fraction("-0.5").to_string(), "-1/2");
        assert_eq!(serde_json::from_str::<Fraction>("99.9").unwrap(), fraction("99.9"));
        let whole = Fraction::new(i128::MAX, 1).unwrap();
        assert_eq!(fraction(&whole.to_string()), whole);
        for text in ["", ".", "1.", ".5", "1e3", "1/0", "--1", "1/-2", "NaN", "1 "] {
            assert!(text.parse::<Fraction>().is_err(), "{text}");
        }
    }

    #[test]
    fn order_is_exact_at_the_ends_of_the_range() {
        let most = Fraction::new(i128::MAX, i128::MAX - 1).unwrap();
        let less = Fraction::new(i128::MAX - 1, i128::MAX - 2).unwrap();
        assert!(
            most < less
                && fraction("-1/2") < fraction("-1/3")
                && fraction("2/4") == fraction("0.5")
        );
        assert!(most.times(most).is_err());
        assert_eq!(fraction("1/2").over(fraction("-1/4")).unwrap(), Some(fraction("-2")));
    }
}
