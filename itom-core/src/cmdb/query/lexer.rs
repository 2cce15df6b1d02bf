//! Characters into names, values and marks, with the column each begins at.

use super::super::{Value, pattern};
use crate::{Error, ErrorKind, Result, Timestamp};

/// The longest query that is read.
const MOST_BYTES: usize = 1 << 16;

/// Words of the language: as names they stand in quotes.
pub(super) const WORDS: [&str; 18] = [
    "and", "as", "asc", "at", "by", "desc", "exists", "false", "in", "known", "limit", "not", "of",
    "or", "order", "select", "true", "where",
];

/// Where in a text the reader stands.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self> {
        if text.len() > MOST_BYTES {
            let message =
                format!("query must be at most {MOST_BYTES} bytes long, got {}", text.len());
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("query"));
        }
        Ok(Lexer { text, at: 0 })
    }

    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.rest().is_empty()
    }

    /// An error at the place where the next thing stands.
    pub(super) fn expected(&mut self, what: &str) -> Error {
        let rest = self.rest();
        let column = self.text[..self.at].chars().count() + 1;
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let end = match rest.chars().next() {
            None => 0,
            Some(first) if word(first) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            Some(other) => other.len_utf8(),
        };
        let found: String = rest[..end].chars().take(40).collect();
        let found = if found.is_empty() { "the end".to_owned() } else { found };
        let message = format!("query, column {column}: expected {what}, found {found}");
        Error::new(ErrorKind::InvalidArgument, message).about("query")
    }

    /// Takes a mark if it comes next.
    pub(super) fn mark(&mut self, mark: &str) -> bool {
        let is_next = self.rest().starts_with(mark);
        if is_next {
            self.at += mark.len();
        }
        is_next
    }

    pub(super) fn need_mark(&mut self, mark: &str) -> Result<()> {
        if self.mark(mark) { Ok(()) } else { Err(self.expected(mark)) }
    }

    /// Whether a mark comes next, without taking it.
    pub(super) fn sees(&mut self, mark: &str) -> bool {
        self.rest().starts_with(mark)
    }

    fn bare(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let first = |c: char| c.is_alphabetic() || c == '_';
        if !rest.starts_with(first) {
            return None;
        }
        let more = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        // `a..b` is no name: two points are a range.
        let end = rest.find(|c| !more(c)).unwrap_or(rest.len());
        let end = rest[..end].find("..").unwrap_or(end);
        Some(&rest[..end])
    }

    /// Takes a word of the language if it comes next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let is_next = self.bare().is_some_and(|bare| bare.eq_ignore_ascii_case(word));
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    pub(super) fn need_word(&mut self, word: &str) -> Result<()> {
        if self.word(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    /// A name, bare or in quotes, if one comes next.
    pub(super) fn name(&mut self) -> Result<Option<String>> {
        if self.sees("\"") {
            return self.quoted().map(Some);
        }
        let bare = self.bare().filter(|bare| !is_word(bare));
        self.at += bare.map_or(0, str::len);
        Ok(bare.map(str::to_owned))
    }

    pub(super) fn need_name(&mut self, what: &str) -> Result<String> {
        self.name()?.ok_or_else(|| self.expected(what))
    }

    fn quoted(&mut self) -> Result<String> {
        self.need_mark("\"")?;
        let mut text = String::new();
        let mut characters = self.text[self.at..].char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, other @ ('"' | '\\'))) => text.push(other),
                    _ => {
                        self.at += at;
                        return Err(self.expected("one of \\\" \\\\ \\n \\t"));
                    }
                },
                other => text.push(other),
            }
        }
        self.at = self.text.len();
        Err(self.expected("a quote to end the text"))
    }

    /// A regular expression: in quotes, or as it is between slashes, where `\\/` is a slash.
    pub(super) fn expression(&mut self) -> Result<String> {
        const WHAT: &str = "a regular expression: in quotes, or between slashes";
        self.rest();
        let start = self.at;
        let text = match (self.sees("\""), self.mark("/")) {
            (true, _) => self.quoted()?,
            (_, true) => self.between_slashes()?,
            _ => return Err(self.expected(WHAT)),
        };
        if let Err(fault) = pattern::compile(&text) {
            let end = std::mem::replace(&mut self.at, start);
            let column = self.text[..start].chars().count() + 1;
            let found: String = self.text[start..end].chars().take(40).collect();
            let what = fault.expected();
            let message = format!("query, column {column}: expected {what}, found {found}");
            return Err(Error::new(ErrorKind::InvalidArgument, message).about("query"));
        }
        Ok(text)
    }

    fn between_slashes(&mut self) -> Result<String> {
        let mut text = String::new();
        let mut characters = self.text[self.at..].char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '/' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' if characters.peek().is_some_and(|(_, next)| *next == '/') => {
                    characters.next();
                    text.push('/');
                }
                // An escaped backslash does not escape what follows.
                '\\' => {
                    text.push(character);
                    text.extend(characters.next().map(|(_, next)| next));
                }
                other => text.push(other),
            }
        }
        self.at = self.text.len();
        Err(self.expected("a slash to end the regular expression"))
    }

    /// A whole number from 0, if one comes next.
    pub(super) fn number(&mut self) -> Result<Option<u64>> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if end == 0 {
            return Ok(None);
        }
        let number = rest[..end].parse();
        let number = number.map_err(|_| self.expected("a number of at most 64 bits"))?;
        self.at += end;
        Ok(Some(number))
    }

    /// A date or an instant.
    pub(super) fn time(&mut self) -> Result<Timestamp> {
        let what = "a date such as 2026-06-01 or an instant such as 2026-06-01T10:00:00Z";
        let rest = self.rest();
        let more = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '+' | 'T' | 'Z');
        let end = rest.find(|c| !more(c)).unwrap_or(rest.len());
        let (date, text) = (&rest[..end.min(10)], &rest[..end]);
        // What follows a date without a time may be a step.
        let (parsed, length) = if text[date.len()..].starts_with('T') {
            (text.parse::<Timestamp>(), end)
        } else {
            (format!("{date}T00:00:00Z").parse(), date.len())
        };
        let instant = parsed.map_err(|_| self.expected(what))?;
        self.at += length;
        Ok(instant)
    }

    /// A value to compare with.
    pub(super) fn value(&mut self) -> Result<Value> {
        const WHAT: &str = "a value: a number, text in quotes, true, false or a date";
        if self.sees("\"") {
            return self.quoted().map(Value::Text);
        }
        for (word, truth) in [("true", true), ("false", false)] {
            if self.word(word) {
                return Ok(Value::Bool(truth));
            }
        }
        let rest = self.rest();
        if looks_like_a_date(rest) {
            return self.time().map(Value::Time);
        }
        let length = number_length(rest);
        let (number, is_whole) = (&rest[..length], !rest[..length].contains(['.', 'e', 'E']));
        let value = if is_whole {
            number.parse().ok().map(Value::Int)
        } else {
            number.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
        };
        let value = value.ok_or_else(|| self.expected(WHAT))?;
        self.at += length;
        Ok(value)
    }
}

pub(super) fn is_word(text: &str) -> bool {
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

fn looks_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// How long the number is that begins here: sign, digits, a fraction, an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.starts_with('-'));
    at += digits(at);
    if bytes.get(at) == Some(&b'.') && digits(at + 1) > 0 {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = if at + 1 + sign <= bytes.len() { digits(at + 1 + sign) } else { 0 };
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at
}
