//! Conditions as people write them: `priority in (1, 2) and state = "Awaiting"`.
//!
//! ```text
//! or     = and { "or" and }
//! and    = unary { "and" unary }
//! unary  = "not" unary | "(" or ")" | "true" | "false" | field test
//! test   = ("=" | "!=" | "<" | "<=" | ">" | ">=") value
//!        | ["not"] "in" "(" [ value { "," value } ] ")"
//!        | "exists" | "missing" | "changed" [ "to" value ]
//!        | "contains" text | "starts" "with" text
//! field  = letter or "_" { letter, digit, "_", ".", "-" } | "`" any "`"
//! value  = number | text | "true" | "false" | "null" | "[" [ value { "," value } ] "]"
//! ```
//!
//! Text stands in double or single quotes, with JSON's escapes (`\"`, `\n`, `\u00e9`). A recursive
//! descent, at most 32 deep; an error names the position.

use std::str::FromStr;

use super::condition::{Condition, FieldTest};
use super::value::{FieldRef, FieldValue};
use crate::{Error, Result};

/// The longest text form, in bytes.
const LONGEST: usize = 65_536;
const DEEPEST: usize = 32;

const WORDS: [&str; 13] = [
    "and", "or", "not", "in", "true", "false", "null", "exists", "missing", "changed", "contains",
    "starts", "to",
];

/// Reads the text form.
///
/// ```
/// use itom_core::sla::Condition;
///
/// let condition: Condition = "not (priority > 2 or state changed to 'Closed')".parse()?;
/// assert_eq!(condition.to_string(), "not (priority > 2 or state changed to \"Closed\")");
/// let error = "priority in 3".parse::<Condition>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "condition must be \"(\" at character 12, got \"3\" in \"priority in 3\""
/// );
/// # Ok::<(), itom_core::Error>(())
/// ```
impl FromStr for Condition {
    type Err = Error;
    fn from_str(text: &str) -> Result<Condition> {
        if text.len() > LONGEST {
            let expected = format!("at most {LONGEST} bytes long");
            return Err(Error::invalid("condition", format!("{} bytes", text.len()), expected));
        }
        let mut parser = Parser { text, at: 0, depth: 0 };
        let condition = parser.or()?;
        parser.space();
        if parser.at < text.len() {
            return Err(parser.expected("the end, \"and\" or \"or\""));
        }
        condition.check("condition")?;
        Ok(condition)
    }
}

/// Whether a field's name needs no back quotes.
pub(super) fn is_plain(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins && name.chars().all(is_name) && !WORDS.contains(&name)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// An error at the next token.
    fn expected(&mut self, what: &str) -> Error {
        self.space();
        let found: String = self.rest().chars().take(20).collect();
        let character = self.text[..self.at].chars().count();
        let found = if found.is_empty() { "the end".to_owned() } else { format!("{found:?}") };
        let whole: String = self.text.chars().take(100).collect();
        let what = format!("{what} at character {character}");
        Error::invalid("condition", format!("{found} in {whole:?}"), what)
    }

    /// Takes a mark such as `(` if it comes next.
    fn mark(&mut self, mark: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    /// Takes a whole word if it comes next.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let rest = self.rest();
        let found = rest.starts_with(word) && !rest[word.len()..].starts_with(is_name);
        if found {
            self.at += word.len();
        }
        found
    }

    fn require(&mut self, mark: &str) -> Result<()> {
        if self.mark(mark) { Ok(()) } else { Err(self.expected(&format!("{mark:?}"))) }
    }

    fn or(&mut self) -> Result<Condition> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected(&format!("at most {DEEPEST} levels deep")));
        }
        let mut parts = vec![self.and()?];
        while self.word("or") {
            parts.push(self.and()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Condition::Any(parts) })
    }

    fn and(&mut self) -> Result<Condition> {
        let mut parts = vec![self.unary()?];
        while self.word("and") {
            parts.push(self.unary()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Condition::All(parts) })
    }

    fn unary(&mut self) -> Result<Condition> {
        let mut negations = 0;
        while self.word("not") {
            negations += 1;
            if negations > DEEPEST {
                return Err(self.expected(&format!("at most {DEEPEST} levels deep")));
            }
        }
        let mut condition = if self.mark("(") {
            let inner = self.or()?;
            self.require(")")?;
            inner
        } else if self.word("true") {
            Condition::Constant(true)
        } else if self.word("false") {
            Condition::Constant(false)
        } else {
            self.test()?
        };
        for _ in 0..negations {
            condition = Condition::Not(Box::new(condition));
        }
        Ok(condition)
    }

    fn test(&mut self) -> Result<Condition> {
        let field = self.field()?;
        let not = |condition| Condition::Not(Box::new(condition));
        let of = |test| Condition::Field { field: field.clone(), test };
        if self.mark("!=") {
            return Ok(not(of(FieldTest::Equals(self.value(true)?))));
        }
        if self.word("not") {
            return if self.word("in") {
                Ok(not(of(FieldTest::In(self.values("(", ")")?))))
            } else {
                Err(self.expected("\"in\""))
            };
        }
        type Compared = fn(FieldValue) -> FieldTest;
        let compared: [(&str, Compared); 5] = [
            ("<=", FieldTest::LessOrEqual),
            (">=", FieldTest::GreaterOrEqual),
            ("<", FieldTest::Less),
            (">", FieldTest::Greater),
            ("=", FieldTest::Equals),
        ];
        for (mark, test) in compared {
            if self.mark(mark) {
                return Ok(of(test(self.value(true)?)));
            }
        }
        let test = if self.word("in") {
            FieldTest::In(self.values("(", ")")?)
        } else if self.word("exists") {
            FieldTest::Exists(true)
        } else if self.word("missing") {
            FieldTest::Exists(false)
        } else if self.word("contains") {
            FieldTest::Contains(self.quoted()?)
        } else if self.word("starts") {
            if !self.word("with") {
                return Err(self.expected("\"with\""));
            }
            FieldTest::Prefix(self.quoted()?)
        } else if self.word("changed") {
            if self.word("to") {
                FieldTest::ChangedTo(self.value(true)?)
            } else {
                FieldTest::Changed
            }
        } else {
            return Err(self.expected(
                "one of =, !=, <, <=, >, >=, in, not in, exists, missing, changed, contains, \
                 starts with",
            ));
        };
        Ok(of(test))
    }

    fn field(&mut self) -> Result<String> {
        if self.mark("`") {
            let Some(end) = self.rest().find('`') else {
                return Err(self.expected("a closing \"`\""));
            };
            let name = self.rest()[..end].to_owned();
            self.at += end + 1;
            return Ok(name);
        }
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        if !is_plain(&rest[..end]) {
            return Err(self.expected("the name of a field"));
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    fn values(&mut self, opens: &str, closes: &str) -> Result<Vec<FieldValue>> {
        self.require(opens)?;
        let mut values = Vec::new();
        if self.mark(closes) {
            return Ok(values);
        }
        loop {
            values.push(self.value(opens == "(")?);
            if self.mark(closes) {
                return Ok(values);
            }
            self.require(",")?;
        }
    }

    fn value(&mut self, lists: bool) -> Result<FieldValue> {
        for (word, value) in [
            ("true", FieldValue::Boolean(true)),
            ("false", FieldValue::Boolean(false)),
            ("null", FieldValue::Null),
        ] {
            if self.word(word) {
                return Ok(value);
            }
        }
        let rest = self.rest();
        if rest.starts_with(['"', '\'']) {
            return Ok(FieldRef::Text(&self.quoted()?).into());
        }
        if lists && rest.starts_with('[') {
            return FieldValue::List(self.values("[", "]")?).canonical();
        }
        let digits = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let end = rest.find(|c: char| !digits(c)).unwrap_or(rest.len());
        let Ok(value) = serde_json::from_str::<FieldValue>(&rest[..end]) else {
            return Err(self.expected("a number, a text in quotes, true, false or null"));
        };
        self.at += end;
        Ok(value)
    }

    fn quoted(&mut self) -> Result<String> {
        self.space();
        let Some(quote @ ('"' | '\'')) = self.rest().chars().next() else {
            return Err(self.expected("a text in quotes"));
        };
        let (start, mut text) = (self.at, String::new());
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((index, character)) = characters.next() {
            match character {
                '\\' => {
                    let (_, escaped) = characters.next().unwrap_or((0, '\0'));
                    match escape(escaped, || characters.next().map(|(_, c)| c)) {
                        Some(character) => text.push(character),
                        None => {
                            self.at = start + index;
                            return Err(self.expected("one of \\\" \\' \\\\ \\n \\r \\t \\u{…}"));
                        }
                    }
                }
                end if end == quote => {
                    self.at = start + index + 1;
                    return Ok(text);
                }
                other => text.push(other),
            }
        }
        Err(self.expected("a text with a closing quote"))
    }
}

/// What stands after a backslash: JSON's escapes, `\'` and Rust's `\u{e9}`.
fn escape(character: char, mut next: impl FnMut() -> Option<char>) -> Option<char> {
    Some(match character {
        '"' | '\'' | '\\' | '/' => character,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'u' => {
            let mut code = 0u32;
            let first = next()?;
            if first == '{' {
                for _ in 0..7 {
                    match next()? {
                        '}' => break,
                        digit => code = code * 16 + digit.to_digit(16)?,
                    }
                }
            } else {
                code = first.to_digit(16)?;
                for _ in 0..3 {
                    code = code * 16 + next()?.to_digit(16)?;
                }
            }
            char::from_u32(code)?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Condition {
        text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn and_binds_closer_than_or() {
        let (a, b, c) = (Condition::equals("a", 1), Condition::equals("b", 2), read("c exists"));
        assert_eq!(
            read("a=1 or b = 2 and c exists"),
            Condition::Any(vec![a.clone(), Condition::All(vec![b.clone(), c.clone()])])
        );
        assert_eq!(
            read("(a=1 or b=2) and not c exists"),
            Condition::All(vec![Condition::Any(vec![a, b]), Condition::Not(Box::new(c))])
        );
        assert_eq!(read("order = 1"), Condition::equals("order", 1));
        assert_eq!(read("`and` exists").to_string(), "`and` exists");
    }

    #[test]
    fn errors_name_the_position() {
        for (text, position) in [
            ("", "character 0"),
            ("a", "character 1"),
            ("a = ", "character 4"),
            ("a = 'x", "closing quote"),
            ("a = 1 b", "character 6"),
            ("(a = 1", "\")\" at character 6"),
            ("a in (1,", "character 8"),
            ("a in (1 2)", "character 8"),
            ("and = 1", "the name of a field at character 0"),
            ("a = \"\\q\"", "character 5"),
            ("a not 1", "\"in\""),
            ("é = [[1]]", "a number"),
        ] {
            let error = text.parse::<Condition>().unwrap_err().to_string();
            assert!(error.contains(position), "{text}: {error}");
        }
        assert!("(".repeat(100_000).parse::<Condition>().is_err());
        assert!(("(".repeat(40) + "a = 1" + &")".repeat(40)).parse::<Condition>().is_err());
        assert!("not ".repeat(10_000).parse::<Condition>().is_err());
    }

    #[test]
    fn literals_are_values() {
        assert_eq!(read("a = -2.5e1"), Condition::equals("a", -25));
        assert_eq!(read(r#"a = "é\"\u00e9\u{e9}\n""#), Condition::equals("a", "é\"éé\n"));
        assert_eq!(
            read("a > '2026-06-15T12:00:00+02:00'").to_string(),
            "a > \"2026-06-15T10:00:00Z\""
        );
        assert_eq!(read("a = [1, 'x']").to_string(), "a = [1, \"x\"]");
        assert_eq!(read("a not in ()").to_string(), "not a in ()");
    }
}
