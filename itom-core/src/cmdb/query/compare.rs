//! Whether a value fits: comparison within a type, and patterns for text.

use std::cmp::Ordering;

use super::super::pattern::Patterns;
use super::super::{Item, Value};
use super::{QueryComparison, QueryCondition};

/// What conditions are asked of.
pub(in crate::cmdb) trait Described {
    fn id(&self) -> &str;
    fn class(&self) -> &str;
    /// The value of an attribute, if it has one.
    fn value(&self, attribute: &str) -> Option<&Value>;
}

impl Described for Item {
    fn id(&self) -> &str {
        &self.id
    }

    fn class(&self) -> &str {
        &self.class
    }

    fn value(&self, attribute: &str) -> Option<&Value> {
        self.attributes.get(attribute)
    }
}

/// Whether a condition holds of an item.
pub(in crate::cmdb) fn holds(
    condition: &QueryCondition,
    item: &impl Described,
    patterns: &Patterns,
) -> bool {
    match condition {
        QueryCondition::All(several) => several.iter().all(|one| holds(one, item, patterns)),
        QueryCondition::Any(several) => several.iter().any(|one| holds(one, item, patterns)),
        QueryCondition::Not(inner) => !holds(inner, item, patterns),
        QueryCondition::Exists(attribute) => {
            matches!(attribute.as_str(), "id" | "class") || item.value(attribute).is_some()
        }
        QueryCondition::In { attribute, values } => values
            .iter()
            .any(|value| fits(item, attribute, |own| order(own, value) == Some(Ordering::Equal))),
        QueryCondition::Compare { attribute, comparison, value } => {
            compares(item, attribute, (*comparison, value), patterns)
        }
    }
}

fn compares(
    item: &impl Described,
    attribute: &str,
    (comparison, value): (QueryComparison, &Value),
    patterns: &Patterns,
) -> bool {
    use QueryComparison as C;
    let is = |test: fn(Ordering) -> bool| {
        fits(item, attribute, |own| order(own, value).is_some_and(test))
    };
    match comparison {
        C::Equal => is(Ordering::is_eq),
        C::Below => is(Ordering::is_lt),
        C::AtMost => is(Ordering::is_le),
        C::Above => is(Ordering::is_gt),
        C::AtLeast => is(Ordering::is_ge),
        C::Like => fits(item, attribute, |own| like(own, value) == Some(true)),
        // A list has several values: none of them may be equal, and one has to be comparable.
        C::NotEqual => is(|_| true) && !is(Ordering::is_eq),
        C::NotLike => none(item, attribute, |own| like(own, value)),
        C::Matches => fits(item, attribute, |own| patterns.matches(own, value) == Some(true)),
        C::NotMatches => none(item, attribute, |own| patterns.matches(own, value)),
    }
}

/// Whether some value is one that can be tested, and none passes.
fn none(item: &impl Described, attribute: &str, test: impl Fn(&Value) -> Option<bool>) -> bool {
    fits(item, attribute, |own| test(own).is_some())
        && !fits(item, attribute, |own| test(own) == Some(true))
}

/// Whether the value of an attribute, or a part of a list, passes.
fn fits(item: &impl Described, attribute: &str, mut test: impl FnMut(&Value) -> bool) -> bool {
    match (attribute, item.value(attribute)) {
        ("id", _) => test(&Value::from(item.id())),
        ("class", _) => test(&Value::from(item.class())),
        (_, None) => false,
        (_, Some(Value::List(parts))) => parts.iter().any(test),
        (_, Some(value)) => test(value),
    }
}

/// How two values of comparable types stand to each other.
pub(super) fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Float(one), Value::Float(other)) => one.partial_cmp(other),
        (Value::Int(one), Value::Float(other)) => whole_and_float(*one, *other),
        (Value::Float(one), Value::Int(other)) => {
            whole_and_float(*other, *one).map(Ordering::reverse)
        }
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        (Value::Time(one), Value::Time(other)) => Some(one.cmp(other)),
        // Types that a query has no literal for are compared with the text of one.
        (own, Value::Text(text)) => like_type(own, text).map(|other| own.compare(&other)),
        (Value::Text(text), own) => like_type(own, text).map(|one| one.compare(own)),
        (one, other) => (one.type_name() == other.type_name()).then(|| one.compare(other)),
    }
}

/// What a text says as a value of the type of another.
fn like_type(value: &Value, text: &str) -> Option<Value> {
    match value {
        Value::Duration(_) => text.parse().ok().map(Value::Duration),
        Value::Ip(_) => text.parse().ok().map(Value::Ip),
        Value::Cidr(_) => text.parse().ok().map(Value::Cidr),
        Value::Mac(_) => text.parse().ok().map(Value::Mac),
        Value::Version(_) => text.parse().ok().map(Value::Version),
        _ => None,
    }
}

/// Exact, also where a float has no digit for the last one of the whole number.
fn whole_and_float(whole: i64, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    let below = float.floor();
    Some(whole.cmp(&(below as i64)).then(if float > below {
        Ordering::Less
    } else {
        Ordering::Equal
    }))
}

fn like(value: &Value, pattern: &Value) -> Option<bool> {
    match (value, pattern) {
        (Value::Text(text), Value::Text(pattern)) => Some(glob(pattern, text)),
        _ => None,
    }
}

/// Whether a text fits a pattern as a whole. Goes back only to the last `*`, so time is at most the
/// product of the lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(_) if one(&pattern[p..], text[t]).is_some() => {
                p += one(&pattern[p..], text[t]).unwrap_or(1);
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|character| *character == '*')
}

/// If the first thing of a pattern fits a character: how long that thing is.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', rest @ ..] => {
            let end = rest.iter().skip(1).position(|c| *c == ']').map(|end| end + 1);
            // Without an end it is a bracket and no set.
            let Some(end) = end else { return (character == '[').then_some(1) };
            let (is_negated, set) = match &rest[..end] {
                ['!', set @ ..] => (true, set),
                set => (false, set),
            };
            let mut at = 0;
            let mut is_in = false;
            while at < set.len() {
                if let [low, '-', high, ..] = set[at..] {
                    is_in |= (low..=high).contains(&character);
                    at += 3;
                } else {
                    is_in |= set[at] == character;
                    at += 1;
                }
            }
            (is_in != is_negated).then_some(end + 2)
        }
        [own, ..] => (*own == character).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, fits) in [
            ("Debian*", "Debian 12", true),
            ("Debian*", "a Debian", false),
            ("*", "", true),
            ("a*b*c", "aXbXbXc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("web-[0-9]", "web-7", true),
            ("web-[!0-9]", "web-7", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("ä*", "äöü", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
        let (many, long) = ("a*".repeat(50) + "b", "a".repeat(2000));
        assert!(!glob(&many, &long));
    }

    #[test]
    fn a_text_is_read_as_what_it_is_compared_with() {
        let version = Value::Version("1.10".parse().unwrap());
        assert_eq!(order(&version, &Value::from("1.9")), Some(Ordering::Greater));
        let address = Value::Ip("10.0.0.1".parse().unwrap());
        assert_eq!(order(&address, &Value::from("10.0.0.1")), Some(Ordering::Equal));
        assert_eq!(order(&address, &Value::from("ten")), None);
    }

    #[test]
    fn whole_numbers_and_floats_compare_exactly() {
        let big = i64::MAX;
        assert_eq!(whole_and_float(big, big as f64), Some(Ordering::Less));
        assert_eq!(whole_and_float(2, 2.5), Some(Ordering::Less));
        assert_eq!(whole_and_float(-2, -2.5), Some(Ordering::Greater));
        assert_eq!(whole_and_float(i64::MIN, i64::MIN as f64), Some(Ordering::Equal));
        assert_eq!(whole_and_float(0, f64::NEG_INFINITY), Some(Ordering::Greater));
    }
}
