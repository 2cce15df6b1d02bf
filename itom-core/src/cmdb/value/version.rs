//! Versions in the order in which they came out, as far as their text tells.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A version, kept as it was written and compared part by part: `1.9` is before `1.10`, `2.0-rc1`
/// before `2.0` and that before `2.0.1` and `2.0a`.
///
/// Parts are runs of digits, compared as numbers of any size, and runs of letters, compared
/// without case; what stands between them only parts them, and a `v` in front means nothing. The
/// order is total, and two versions are equal only where their text is.
///
/// ```
/// use itom_core::cmdb::Version;
///
/// let version = |text: &str| text.parse::<Version>();
/// assert!(version("1.9")? < version("1.10")?);
/// assert!(version("2.0-rc1")? < version("2.0")?);
/// assert!(version("v2.0")? < version("2.0.1")?);
/// assert!(version("15.2(4)M3")? < version("15.2(4)M10")?);
/// assert!(version(" ").is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(Box<str>);

/// A part of a version; the order of the variants is the order of versions that are equal before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A word that says that it is not out yet.
    Before(&'a str),
    /// Nothing more.
    End,
    Word(&'a str),
    /// Number of digits without leading zeros, and these.
    Number(usize, &'a str),
}

const NOT_YET: [&str; 10] =
    ["alpha", "beta", "canary", "dev", "milestone", "nightly", "pre", "preview", "rc", "snapshot"];

impl Version {
    /// As it was written.
    ///
    /// ```
    /// # use itom_core::cmdb::Version;
    /// assert_eq!(" v1.2 ".parse::<Version>()?.as_str(), "v1.2");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The parts of a version in lower case.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let versioned = text.strip_prefix('v');
    let mut rest =
        versioned.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text);
    let mut ended = false;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let Some(first) = rest.chars().next() else {
            return (!std::mem::replace(&mut ended, true)).then_some(Part::End);
        };
        let is_number = first.is_ascii_digit();
        let goes_on = |c: char| c.is_alphanumeric() && c.is_ascii_digit() == is_number;
        let end = rest.find(|c: char| !goes_on(c)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        rest = behind;
        let digits = part.trim_start_matches('0');
        Some(match part {
            _ if is_number => Part::Number(digits.len(), digits),
            word if NOT_YET.binary_search(&word).is_ok() => Part::Before(word),
            word => Part::Word(word),
        })
    })
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 == other.0 {
            return Ordering::Equal;
        }
        let (a, b) = (self.0.to_lowercase(), other.0.to_lowercase());
        parts(&a).cmp(parts(&b)).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const LONGEST: usize = 256;
        let trimmed = text.trim();
        let has_part = trimmed.chars().any(char::is_alphanumeric);
        if !has_part || trimmed.len() > LONGEST || trimmed.chars().any(char::is_control) {
            let expected = format!("a version of at most {LONGEST} bytes, such as 1.10.2");
            return Err(Error::invalid("version", format!("{text:?}"), expected));
        }
        Ok(Version(trimmed.into()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_order_is_in_order() {
        let sorted = [
            "1.0-alpha",
            "1.0-beta.2",
            "1.0-beta.11",
            "1.0-rc1",
            "1.0",
            "1.0a",
            "1.0.0",
            "1.0.1",
            "1.2",
            "1.9",
            "v1.10",
            "1.10.1",
            "1.0010.2",
            "2024a",
            "2024b",
            "99999999999999999999999",
            "100000000000000000000000",
        ];
        for pair in sorted.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|text| text.parse::<Version>().unwrap());
            assert!(a < b, "{a} < {b}");
        }
        assert!(NOT_YET.is_sorted());
    }
}
