//! The one error type of the library.
//!
//! An [`Error`] says three things: what *kind* of failure it is (to branch on), which *argument* it
//! is about, and a message that names the argument, the value and what was expected — in the form
//! `target must be a positive duration, got -5s`. Python and C carry the same three.

use std::fmt::Display;

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is. New kinds may be added; numbers never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is outside what the function accepts.
    InvalidArgument = 1,
    /// Something that was named does not exist.
    NotFound = 2,
    /// The request contradicts what is already there (a second item with one id, time running
    /// backwards where it must not).
    Conflict = 3,
    /// A stated bound was reached; nothing was forgotten silently.
    LimitExceeded = 4,
    /// Bytes that should be a snapshot or a database are not, or are damaged.
    Corrupt = 5,
    /// Well-formed, but of a version or with a feature this build does not know.
    Unsupported = 6,
    /// The operating system refused: disk full, no permission.
    Io = 7,
}

impl ErrorKind {
    /// The kind's name, the same in every language: `"invalid_argument"`, `"not_found"` …
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::InvalidArgument => "invalid_argument",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::LimitExceeded => "limit_exceeded",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Io => "io",
        }
    }
}

/// An error: its [`kind`](Error::kind), the [`argument`](Error::argument) it is about, a message.
///
/// ```
/// use itom_core::{Error, ErrorKind};
///
/// let error = Error::invalid("target", "-5s", "a positive duration");
/// assert_eq!(error.kind(), ErrorKind::InvalidArgument);
/// assert_eq!(error.argument(), Some("target"));
/// assert_eq!(error.to_string(), "target must be a positive duration, got -5s");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    argument: Option<String>,
    message: String,
}

impl Error {
    /// An error of any kind, with a whole message and no argument.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, argument: None, message: message.into() }
    }

    /// `{argument} must be {expected}, got {value}`.
    pub fn invalid(argument: &str, value: impl Display, expected: impl Display) -> Self {
        let value = shorten(value.to_string());
        Error::new(
            ErrorKind::InvalidArgument,
            format!("{argument} must be {expected}, got {value}"),
        )
        .about(argument)
    }

    /// Refuses columns of different length: `{argument} must be as many as the {others}, ...`.
    #[cfg(any(feature = "sla", feature = "event"))]
    pub(crate) fn check_length(
        argument: &str,
        length: usize,
        others: &str,
        expected: usize,
    ) -> Result<()> {
        if length == expected {
            return Ok(());
        }
        Err(Error::invalid(argument, length, format!("as many as the {others}, {expected}")))
    }

    /// `{argument}: {what} {value} does not exist`.
    pub fn not_found(argument: &str, what: &str, value: impl Display) -> Self {
        let value = shorten(value.to_string());
        Error::new(ErrorKind::NotFound, format!("{argument}: {what} {value} does not exist"))
            .about(argument)
    }

    /// Bytes that are not what they should be; `what` says what they should have been.
    pub fn corrupt(what: &str, why: impl Display) -> Self {
        Error::new(ErrorKind::Corrupt, format!("{what} is damaged or no {what}: {why}"))
            .about("bytes")
    }

    /// Names the argument the error is about.
    #[must_use]
    pub fn about(mut self, argument: &str) -> Self {
        self.argument = Some(argument.to_owned());
        self
    }

    /// Puts `place: ` before the message, for an error found inside a larger document.
    #[must_use]
    pub fn within(mut self, place: impl Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The argument it is about, where there is one.
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }
}

/// A document that does not have the shape of its schema; serde's message names the field.
impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::new(ErrorKind::InvalidArgument, format!("definition is not valid: {error}"))
            .about("definition")
    }
}

/// A message stays readable however long the offending value is.
fn shorten(mut value: String) -> String {
    const LONGEST: usize = 200;
    if value.len() > LONGEST {
        let cut = (0..=LONGEST).rfind(|&at| value.is_char_boundary(at)).unwrap_or(0);
        value.truncate(cut);
        value.push('…');
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_on_a_character() {
        let error = Error::invalid("text", "é".repeat(1000), "short");
        assert!(error.to_string().len() < 300);
        assert!(error.to_string().ends_with('…'));
    }
}
