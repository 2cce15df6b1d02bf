//! From what several sources claim to one value, and why each of the others lost.
//!
//! Pure functions over a handful of claims: sort them best first by the rule, take the first. Ties
//! go by the rule's list of sources, then to who spoke last; no two claims are equal in both, so
//! the choice never depends on the order they come in. Equal values have equal codes; the values
//! themselves are looked at only by rules that compare or join them.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use super::super::history::Key;
use super::super::{Value, reconcile::rules};
use rules::{Choose, ReconciliationRule};

/// What a source says of an attribute: its newest value.
#[derive(Clone, Copy, Debug)]
pub(in crate::cmdb) struct Claim {
    /// Its name's word, `NONE` for by hand.
    pub(in crate::cmdb) source: u32,
    pub(in crate::cmdb) key: Key,
    /// The code of the value.
    pub(in crate::cmdb) code: u32,
}

/// Why a value is not the item's, or that it is.
///
/// ```
/// use itom_core::cmdb::Verdict;
/// assert_eq!(serde_json::to_string(&Verdict::LowerPrecedence)?, "\"lower_precedence\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// It is the item's value.
    Wins,
    /// Another claim won, of the same value.
    Agrees,
    /// The attribute is locked, and this was not said by hand.
    Locked,
    /// The rule lists another source before this one.
    LowerPrecedence,
    /// The source comes first in the rule, but has not seen the item for too long.
    Stale,
    /// Said before the value that won.
    Older,
    /// Said after the value that won.
    Newer,
    /// Fewer sources say so.
    FewerSources,
    /// Smaller than the value that won.
    Smaller,
    /// Larger than the value that won.
    Larger,
    /// Its elements are part of the value.
    Joined,
}

/// The claim that won, and what became of each.
#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Choice {
    /// The number of the claim that won; of those joined the first.
    pub(in crate::cmdb) winner: usize,
    /// The value where it is none of the claims'.
    pub(in crate::cmdb) joined: Option<Value>,
    pub(in crate::cmdb) verdicts: Vec<Verdict>,
}

/// What the choice depends on beside the claims.
pub(in crate::cmdb) struct Circumstances<'a> {
    pub(in crate::cmdb) rule: &'a ReconciliationRule,
    /// The claim that was made by hand, where the attribute is locked.
    pub(in crate::cmdb) locked: Option<usize>,
    /// The place of a claim's source in the rule's list.
    pub(in crate::cmdb) ranks: Vec<usize>,
    /// Whether a claim's source has not seen the item for too long.
    pub(in crate::cmdb) stale: Vec<bool>,
    /// The values of the claims, where the rule [looks at them](Choose::looks_at_values).
    pub(in crate::cmdb) values: Vec<Value>,
}

/// Chooses among claims, of which there is at least one.
pub(in crate::cmdb) fn choose(claims: &[Claim], given: &Circumstances<'_>) -> Choice {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    if let Some(locked) = given.locked {
        return judge(claims, locked, |_| Verdict::Locked);
    }
    let values = &given.values;
    let how = match given.rule.choose {
        Choose::Union if !values.iter().all(|value| matches!(value, Value::List(_))) => {
            Choose::Last
        }
        how => how,
    };
    let votes = |n: usize| claims.iter().filter(|other| other.code == claims[n].code).count();
    let rank = |n: usize| given.ranks[n];
    let tie =
        |a: usize, b: usize| rank(a).cmp(&rank(b)).then_with(|| claims[b].key.cmp(&claims[a].key));
    order.sort_by(|&a, &b| match how {
        Choose::Precedence => given.stale[a].cmp(&given.stale[b]).then_with(|| tie(a, b)),
        Choose::First => claims[a].key.cmp(&claims[b].key),
        Choose::Last => claims[b].key.cmp(&claims[a].key),
        Choose::Most => Reverse(votes(a)).cmp(&Reverse(votes(b))).then_with(|| tie(a, b)),
        Choose::Largest => compare(&values[b], &values[a]).then_with(|| tie(a, b)),
        Choose::Smallest => compare(&values[a], &values[b]).then_with(|| tie(a, b)),
        Choose::Union => tie(a, b),
    });
    let winner = order[0];
    let by_tie = |n: usize| match rank(n).cmp(&rank(winner)) {
        Ordering::Greater => Verdict::LowerPrecedence,
        _ => Verdict::Older,
    };
    let mut choice = judge(claims, winner, |n| match how {
        Choose::Precedence if given.stale[n] && !given.stale[winner] => Verdict::Stale,
        Choose::Precedence => by_tie(n),
        Choose::First => Verdict::Newer,
        Choose::Last => Verdict::Older,
        Choose::Most if votes(n) == votes(winner) => by_tie(n),
        Choose::Most => Verdict::FewerSources,
        Choose::Largest => Verdict::Smaller,
        Choose::Smallest => Verdict::Larger,
        Choose::Union => Verdict::Joined,
    });
    if how == Choose::Union && claims.len() > 1 {
        let lists = order.iter().filter_map(|&n| match &values[n] {
            Value::List(values) => Some(values),
            _ => None,
        });
        let mut joined: Vec<Value> = Vec::new();
        for value in lists.flatten() {
            if !joined.contains(value) {
                joined.push(value.clone());
            }
        }
        choice.joined = Some(Value::List(joined));
    }
    choice
}

fn judge(claims: &[Claim], winner: usize, why: impl Fn(usize) -> Verdict) -> Choice {
    let verdict = |n: usize| match () {
        () if n == winner => Verdict::Wins,
        () if claims[n].code == claims[winner].code => Verdict::Agrees,
        () => why(n),
    };
    Choice { winner, joined: None, verdicts: (0..claims.len()).map(verdict).collect() }
}

/// An order of all values: numbers by size, instants by time, text by its characters, lists by
/// their length; values of different types by type.
pub(in crate::cmdb) fn compare(a: &Value, b: &Value) -> Ordering {
    fn kind(value: &Value) -> u8 {
        match value {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Int(_) | Value::Float(_) => 2,
            Value::Time(_) => 3,
            Value::Text(_) => 4,
            Value::List(_) => 5,
            #[allow(unreachable_patterns)]
            _ => 6,
        }
    }
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Int(a), Value::Float(b)) => (*a as f64).total_cmp(b),
        (Value::Float(a), Value::Int(b)) => a.total_cmp(&(*b as f64)),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::List(a), Value::List(b)) => a.len().cmp(&b.len()).then_with(|| {
            let parts = a.iter().zip(b).map(|(a, b)| compare(a, b));
            parts.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        }),
        _ => kind(a).cmp(&kind(b)).then_with(|| a.to_string().cmp(&b.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    /// What is chosen among (source, second, value), and the verdicts.
    fn chosen(rule: &str, stale: &[usize], claims: &[(u32, i64, Value)]) -> (Value, Vec<Verdict>) {
        let rule: ReconciliationRule = serde_json::from_str(rule).unwrap();
        let name = |source: u32| ["a", "b", "c"][source as usize];
        let made: Vec<Claim> = claims
            .iter()
            .map(|(source, second, value)| {
                let key = (Timestamp::from_secs(*second), *source, 0);
                let same = claims.iter().position(|(_, _, other)| other == value);
                Claim { source: *source, key, code: 1 + same.unwrap() as u32 }
            })
            .collect();
        let values = claims.iter().map(|(_, _, value)| value.clone()).collect();
        let ranks = made.iter().map(|claim| rule.rank(Some(name(claim.source)))).collect();
        let stale = (0..claims.len()).map(|n| stale.contains(&n)).collect();
        let given = Circumstances { rule: &rule, locked: None, ranks, stale, values };
        let choice = choose(&made, &given);
        let value = choice.joined.unwrap_or_else(|| claims[choice.winner].2.clone());
        (value, choice.verdicts)
    }

    #[test]
    fn each_rule_chooses_and_says_why() {
        use Verdict::*;
        let claims = [(0, 3, Value::Int(5)), (1, 1, Value::Int(9)), (2, 2, Value::Int(5))];
        let of = |rule: &str| chosen(rule, &[], &claims);
        assert_eq!(of("{}"), (Value::Int(5), vec![Wins, Older, Agrees]));
        let listed = of(r#"{"sources": ["b"]}"#);
        assert_eq!(listed, (Value::Int(9), vec![LowerPrecedence, Wins, LowerPrecedence]));
        assert_eq!(of(r#"{"choose": "first"}"#), (Value::Int(9), vec![Newer, Wins, Newer]));
        assert_eq!(of(r#"{"choose": "last"}"#), (Value::Int(5), vec![Wins, Older, Agrees]));
        assert_eq!(of(r#"{"choose": "most"}"#), (Value::Int(5), vec![Wins, FewerSources, Agrees]));
        assert_eq!(of(r#"{"choose": "largest"}"#), (Value::Int(9), vec![Smaller, Wins, Smaller]));
        assert_eq!(of(r#"{"choose": "smallest"}"#), (Value::Int(5), vec![Wins, Larger, Agrees]));
        let stale = chosen(r#"{"sources": ["b", "c"]}"#, &[1], &claims);
        assert_eq!(stale, (Value::Int(5), vec![Agrees, Stale, Wins]));
        let all_stale = chosen(r#"{"sources": ["b", "c"]}"#, &[0, 1, 2], &claims);
        assert_eq!(all_stale.0, Value::Int(9));
    }

    #[test]
    fn union_joins_lists_and_only_lists() {
        let list = |parts: &[i64]| Value::List(parts.iter().map(|n| Value::Int(*n)).collect());
        let rule = r#"{"choose": "union", "sources": ["b", "a"]}"#;
        let (value, verdicts) =
            chosen(rule, &[], &[(0, 1, list(&[1, 2])), (1, 2, list(&[2, 3, 3]))]);
        assert_eq!(value, list(&[2, 3, 1]));
        assert_eq!(verdicts, [Verdict::Joined, Verdict::Wins]);
        let mixed = chosen(rule, &[], &[(0, 1, list(&[1])), (1, 2, Value::Int(4))]);
        assert_eq!(mixed.0, Value::Int(4));
    }
}
