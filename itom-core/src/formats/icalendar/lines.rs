//! The content lines of an iCalendar stream: unfolded, split into name, parameters and value.
//!
//! RFC 5545 §3.1: a line that begins with a space or a tab continues the one before it; both
//! CRLF and LF end a line. Every line keeps the number it begins on for messages. The text is read
//! once, a line at a time; nothing is built up but the line itself.

use crate::{Error, ErrorKind, Result};

/// A property: `DTSTART;TZID=Europe/Berlin:20260105T090000`.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) name: &'a str,
    parameters: &'a str,
    pub(super) value: &'a str,
}

/// An error in a line of the file.
pub(super) fn error_at(number: usize, message: impl std::fmt::Display) -> Error {
    let message = format!("line {number}: {message}");
    Error::new(ErrorKind::InvalidArgument, message).about("ics")
}

/// Shows a value from the file without letting it fill the message.
pub(super) fn show(value: &str) -> String {
    let cut = value.char_indices().nth(60).map_or(value.len(), |(at, _)| at);
    format!("{:?}{}", &value[..cut], if cut < value.len() { "…" } else { "" })
}

/// Calls `visit` with each content line.
pub(super) fn each_line(text: &str, visit: &mut dyn FnMut(&Line<'_>) -> Result<()>) -> Result<()> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut unfolded, mut begun) = (String::new(), 0);
    for (index, physical) in text.split('\n').enumerate() {
        let physical = physical.strip_suffix('\r').unwrap_or(physical);
        if let Some(control) = physical.chars().find(|c| c.is_control() && *c != '\t') {
            return Err(error_at(index + 1, format!("the control character {control:?}")));
        }
        match physical.strip_prefix([' ', '\t']) {
            Some(rest) if begun > 0 => unfolded.push_str(rest),
            _ => {
                visit_one(&unfolded, begun, visit)?;
                unfolded.clear();
                unfolded.push_str(physical);
                begun = index + 1;
            }
        }
    }
    visit_one(&unfolded, begun, visit)
}

fn visit_one(
    text: &str,
    number: usize,
    visit: &mut dyn FnMut(&Line<'_>) -> Result<()>,
) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let malformed = || error_at(number, format!("{} is no NAME:VALUE", show(text)));
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_' && c != '.')
        .filter(|&end| end > 0)
        .ok_or_else(malformed)?;
    // Parameters may hold colons between quotes.
    let mut quoted = false;
    let colon = text[end..].find(|c: char| {
        quoted ^= c == '"';
        c == ':' && !quoted
    });
    let colon = end + colon.ok_or_else(malformed)?;
    let parameters = match &text[end..colon] {
        "" => "",
        list => list.strip_prefix(';').ok_or_else(malformed)?,
    };
    visit(&Line { number, name: &text[..end], parameters, value: &text[colon + 1..] })
}

impl<'a> Line<'a> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of a parameter, without its quotes.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.parameters;
        while !rest.is_empty() {
            let mut quoted = false;
            let end = rest.find(|c: char| {
                quoted ^= c == '"';
                c == ';' && !quoted
            });
            let (one, more) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
            let own = one.split_once('=').filter(|(key, _)| key.eq_ignore_ascii_case(name));
            if let Some((_, value)) = own {
                return Some(value.trim_matches('"'));
            }
            rest = more;
        }
        None
    }

    /// An error about the line's value.
    pub(super) fn wrong(&self, expected: &str) -> Error {
        error_at(self.number, format!("{} must be {expected}, got {}", self.name, show(self.value)))
    }

    /// The value as text: `\n`, `\,`, `\;` and `\\` undone.
    pub(super) fn unescaped(&self) -> String {
        let (mut text, mut escaped) = (String::with_capacity(self.value.len()), false);
        for c in self.value.chars() {
            match (escaped, c) {
                (false, '\\') => escaped = true,
                (true, 'n' | 'N') => {
                    text.push('\n');
                    escaped = false;
                }
                (_, c) => {
                    text.push(c);
                    escaped = false;
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        each_line(text, &mut |line| {
            let tzid = line.parameter("tzid").unwrap_or("-");
            found.push(format!("{} {} {tzid} {}", line.number, line.name, line.unescaped()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn folds_quotes_and_escapes() {
        let text = "\u{feff}SUMMARY:a\\, b\\n\r\n c\r\n\r\nDTSTART;X=\"a;b:c\";TZID=\"Eur\r\n ope/Berlin\":1\nX-é";
        assert!(lines(text).unwrap_err().to_string().starts_with("line 6: "));
        let text = text.trim_end_matches("X-é");
        assert_eq!(lines(text).unwrap(), ["1 SUMMARY - a, b\nc", "4 DTSTART Europe/Berlin 1"]);
    }

    #[test]
    fn what_is_no_line_is_told_with_its_number() {
        for (text, number) in [
            ("A:1\nhello", 2),
            (" A:1\nB", 1),
            ("A:1\n\n:2", 3),
            ("A:1\nB\u{0}:2", 2),
            ("A;X=\"1:2", 1),
            ("A?:2", 1),
        ] {
            let error = lines(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {number}: ")), "{text:?}: {error}");
        }
        let long = format!("A:1\n{}", "é".repeat(100_000));
        assert!(lines(&long).unwrap_err().to_string().len() < 300);
    }
}
