//! Regular expressions from documents and queries: bounded in size, matched in linear time.
//!
//! The engine (`regex`) has no backtracking, so a hostile pattern costs at most its compiled size
//! times the length of the text; both are bounded here.

use hashbrown::HashMap;
use regex::{Regex, RegexBuilder};

use super::{QueryComparison, QueryCondition, Value};
use crate::{Error, ErrorKind, Result};

/// Bytes of a pattern.
const LONGEST: usize = 1000;
/// Bytes of what is made of it.
const LARGEST: usize = 1 << 18;

/// Why a text is no regular expression.
#[derive(Debug)]
pub(super) struct Fault {
    why: String,
    /// The number of the character where it stops being one, from 1, as far as that is known.
    at: Option<usize>,
}

impl Fault {
    /// In words, for "expected ...".
    pub(super) fn expected(&self) -> String {
        match self.at {
            Some(at) => format!("a regular expression ({} at its character {at})", self.why),
            None => format!("a regular expression ({})", self.why),
        }
    }
}

/// Compiles a pattern that is found anywhere in a text.
pub(super) fn compile(pattern: &str) -> std::result::Result<Regex, Fault> {
    if pattern.len() > LONGEST {
        let why = format!("of at most {LONGEST} bytes, and not {}", pattern.len());
        return Err(Fault { why, at: None });
    }
    RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| {
        let text = error.to_string();
        let mut lines = text.lines();
        let why = lines.next_back().unwrap_or_default().trim_start_matches("error: ").to_owned();
        // The engine shows the pattern, indented by four, and a mark below the place.
        let mark = lines.next_back().filter(|line| line.trim_start().starts_with('^'));
        let at = mark.and_then(|line| line.find('^')?.checked_sub(3));
        Fault { why, at: at.filter(|_| !pattern.contains('\n')) }
    })
}

/// The patterns of conditions, compiled once.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns(HashMap<String, Regex>);

impl Patterns {
    /// So that a document cannot take memory without end.
    const MOST: usize = 100;

    /// Takes in those of a condition.
    pub(super) fn add(&mut self, condition: &QueryCondition) -> Result<()> {
        match condition {
            QueryCondition::All(several) | QueryCondition::Any(several) => {
                several.iter().try_for_each(|one| self.add(one))
            }
            QueryCondition::Not(inner) => self.add(inner),
            QueryCondition::Compare {
                comparison: QueryComparison::Matches | QueryComparison::NotMatches,
                value,
                ..
            } => self.add_pattern(value),
            _ => Ok(()),
        }
    }

    fn add_pattern(&mut self, value: &Value) -> Result<()> {
        let Value::Text(pattern) = value else {
            return Err(Error::invalid("query", value, "a regular expression in text"));
        };
        if self.0.contains_key(pattern) {
            return Ok(());
        }
        if self.0.len() == Self::MOST {
            let most = Self::MOST;
            let message = format!("query: there may be at most {most} different expressions");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("query"));
        }
        let compiled = compile(pattern);
        let compiled = compiled
            .map_err(|fault| Error::invalid("query", format!("{pattern:?}"), fault.expected()))?;
        self.0.insert(pattern.clone(), compiled);
        Ok(())
    }

    /// Whether a text matches a pattern that was taken in; `None` where either is no text.
    pub(super) fn matches(&self, value: &Value, pattern: &Value) -> Option<bool> {
        match (value, pattern) {
            (Value::Text(text), Value::Text(pattern)) => Some(self.0.get(pattern)?.is_match(text)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_where_it_is() {
        let told = |pattern: &str| compile(pattern).unwrap_err().expected();
        assert_eq!(told("ab(c"), "a regular expression (unclosed group at its character 3)");
        assert!(told("ä[z-a]").contains("at its character 3"), "{}", told("ä[z-a]"));
        assert!(told(r"(a)\1").contains("backreferences are not supported"));
        assert!(told(&"a".repeat(1001)).contains("of at most 1000 bytes, and not 1001"));
        assert!(told("(a{1000}){1000}").contains("size limit"), "{}", told("(a{1000}){1000}"));
    }

    #[test]
    fn awkward_patterns_take_linear_time() {
        let slow_elsewhere = compile("^(a+)+$").unwrap();
        assert!(!slow_elsewhere.is_match(&("a".repeat(100_000) + "b")));
    }
}
