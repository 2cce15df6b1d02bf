//! A query as text, in one way: what is printed reads back as the same query.

use std::fmt;

use super::super::{Direction, Value};
use super::lexer::is_word;
use super::parse::{MOST_STEPS, OPERATORS};
use super::{Query, QueryColumn, QueryComparison, QueryCondition, QueryStep};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, pattern) in self.patterns.iter().enumerate() {
            if let Some(step) = number.checked_sub(1).and_then(|before| self.steps.get(before)) {
                write!(f, " {step} ")?;
            }
            match &pattern.class {
                Some(class) => f.write_str(&name(class))?,
                None => f.write_str("*")?,
            }
            pattern.alias.iter().try_for_each(|alias| write!(f, " {}", name(alias)))?;
            let condition = pattern.condition.iter();
            condition.clone().try_for_each(|condition| write!(f, " where {condition}"))?;
        }
        for (number, column) in self.select.iter().enumerate() {
            write!(f, "{} {column}", if number == 0 { " select" } else { "," })?;
        }
        for (number, order) in self.order.iter().enumerate() {
            write!(f, "{} {}", if number == 0 { " order by" } else { "," }, order.column)?;
            f.write_str(if order.descending { " desc" } else { "" })?;
        }
        self.limit.iter().try_for_each(|limit| write!(f, " limit {limit}"))?;
        self.as_of.iter().try_for_each(|time| write!(f, " as of {time}"))?;
        self.known_at.iter().try_for_each(|time| write!(f, " known at {time}"))
    }
}

impl fmt::Display for QueryStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.direction == Direction::Consumers { "<-" } else { "-" })?;
        for (number, kind) in self.kinds.iter().enumerate() {
            write!(f, "{}{}", if number == 0 { "" } else { "|" }, name(kind))?;
        }
        match (self.least, self.most) {
            (1, 1) => {}
            (1, MOST_STEPS) => f.write_str("*")?,
            (least, most) if least == most => write!(f, "*{least}")?,
            (least, most) => write!(f, "*{least}..{most}")?,
        }
        f.write_str(if self.direction == Direction::Providers { "->" } else { "-" })
    }
}

impl fmt::Display for QueryColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of.iter().try_for_each(|of| write!(f, "{}/", name(of)))?;
        f.write_str(&name(&self.attribute))
    }
}

impl fmt::Display for QueryCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryCondition::All(several) => joined(f, several, " and "),
            QueryCondition::Any(several) => joined(f, several, " or "),
            QueryCondition::Not(inner) => {
                f.write_str("not ")?;
                within(f, inner)
            }
            QueryCondition::Exists(attribute) => write!(f, "{} exists", name(attribute)),
            QueryCondition::In { attribute, values } => {
                write!(f, "{} in (", name(attribute))?;
                for (number, value) in values.iter().enumerate() {
                    write!(f, "{}{}", if number == 0 { "" } else { ", " }, literal(value))?;
                }
                f.write_str(")")
            }
            QueryCondition::Compare { attribute, comparison, value } => {
                let mark = OPERATORS.iter().find(|(_, own)| own == comparison);
                let mark = match comparison {
                    QueryComparison::Matches => "matches",
                    QueryComparison::NotMatches => "not matches",
                    _ => mark.map_or("=", |(mark, _)| mark),
                };
                write!(f, "{} {mark} {}", name(attribute), literal(value))
            }
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, several: &[QueryCondition], between: &str) -> fmt::Result {
    for (number, one) in several.iter().enumerate() {
        f.write_str(if number == 0 { "" } else { between })?;
        within(f, one)?;
    }
    Ok(())
}

/// A condition within another: in brackets where it has several parts.
fn within(f: &mut fmt::Formatter<'_>, condition: &QueryCondition) -> fmt::Result {
    match condition {
        QueryCondition::All(_) | QueryCondition::Any(_) => write!(f, "({condition})"),
        plain => write!(f, "{plain}"),
    }
}

fn name(text: &str) -> String {
    let first = |c: char| c.is_alphabetic() || c == '_';
    let more = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let is_bare = text.starts_with(first) && text.chars().all(more) && !text.contains("..");
    if is_bare && !is_word(text) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n").replace('\t', "\\t"))
}

fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        other => other.to_string(),
    }
}
