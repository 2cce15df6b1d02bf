//! Patterns of the user's: bounded in size, matched in linear time.

use regex::bytes::{Regex, RegexBuilder};

use super::TemplateMask;
use crate::{Error, Result};

/// Masks of one definition.
const MOST: usize = 100;
/// Bytes of a pattern.
const LONGEST: usize = 1000;
/// Bytes of what is made of it.
const LARGEST: usize = 1 << 18;

/// A stretch of a line that a mask makes a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Masked {
    pub start: usize,
    pub end: usize,
    /// The place of the mask in the definition.
    pub mask: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Masks(Vec<Regex>);

impl Masks {
    pub(super) fn compile(masks: &[TemplateMask]) -> Result<Masks> {
        if masks.len() > MOST {
            return Err(Error::invalid("masks", masks.len(), format!("at most {MOST}")));
        }
        let compiled = masks.iter().enumerate().map(|(place, mask)| {
            compile(mask).map_err(|error| error.within(format_args!("masks[{place}]")))
        });
        compiled.collect::<Result<_>>().map(Masks)
    }

    /// The stretches of a line, from left to right and apart from each other: of two that overlap
    /// that of the earlier mask.
    pub(super) fn find(&self, line: &[u8], found: &mut Vec<Masked>) {
        found.clear();
        for (mask, pattern) in self.0.iter().enumerate() {
            for hit in pattern.find_iter(line).filter(|hit| !hit.is_empty()) {
                let place = found.partition_point(|other| other.end <= hit.start());
                if found.get(place).is_none_or(|other| other.start >= hit.end()) {
                    found.insert(place, Masked { start: hit.start(), end: hit.end(), mask });
                }
            }
        }
    }
}

fn compile(mask: &TemplateMask) -> Result<Regex> {
    if mask.name.is_empty() || mask.name.len() > 100 {
        return Err(Error::invalid("name", &mask.name, "1 to 100 bytes"));
    }
    if mask.pattern.len() > LONGEST {
        let expected = format!("a regular expression of at most {LONGEST} bytes");
        return Err(Error::invalid("pattern", mask.pattern.len(), expected));
    }
    RegexBuilder::new(&mask.pattern).size_limit(LARGEST).build().map_err(|error| {
        let text = error.to_string();
        let why = text.lines().next_back().unwrap_or_default().trim_start_matches("error: ");
        Error::invalid("pattern", &mask.pattern, format!("a regular expression ({why})"))
    })
}
