//! Text into a query: recursive descent, bounded in depth.

use super::super::{Direction, Value};
use super::lexer::Lexer;
use super::{
    Query, QueryColumn, QueryComparison, QueryCondition, QueryOrder, QueryPattern, QueryStep,
};
use crate::{Error, ErrorKind, Result};

/// How many patterns a query may have.
pub(super) const MOST_PATTERNS: usize = 16;
/// How many relations in a row a step may go.
pub(super) const MOST_STEPS: u32 = 100;
/// How deep conditions may stand within conditions.
pub(super) const MOST_DEPTH: usize = 64;

pub(super) fn query(text: &str) -> Result<Query> {
    let mut lexer = Lexer::new(text)?;
    let mut query = Query { patterns: vec![pattern(&mut lexer)?], ..Query::default() };
    while lexer.sees("-") || lexer.sees("<-") {
        query.steps.push(step(&mut lexer)?);
        query.patterns.push(pattern(&mut lexer)?);
        if query.patterns.len() > MOST_PATTERNS {
            return Err(lexer.expected(&format!("at most {MOST_PATTERNS} patterns")));
        }
    }
    if lexer.word("select") {
        query.select = list(&mut lexer, column)?;
    }
    if lexer.word("order") {
        lexer.need_word("by")?;
        query.order = list(&mut lexer, order)?;
    }
    if lexer.word("limit") {
        let limit = lexer.number()?;
        query.limit = Some(limit.ok_or_else(|| lexer.expected("a number of rows"))?);
    }
    if lexer.word("as") {
        lexer.need_word("of")?;
        query.as_of = Some(lexer.time()?);
    }
    if lexer.word("known") {
        lexer.need_word("at")?;
        query.known_at = Some(lexer.time()?);
    }
    if !lexer.is_at_end() {
        return Err(lexer.expected(what_may_follow(&query)));
    }
    Ok(query)
}

/// A condition on its own, as it stands behind `where`.
pub(super) fn condition(text: &str) -> Result<QueryCondition> {
    let mut lexer = Lexer::new(text)?;
    let condition = any(&mut lexer, 0)?;
    if !lexer.is_at_end() {
        return Err(lexer.expected("and, or or the end"));
    }
    Ok(condition)
}

fn what_may_follow(query: &Query) -> &'static str {
    let last = query.patterns.last();
    if query.known_at.is_some() {
        "the end"
    } else if query.as_of.is_some() {
        "known at or the end"
    } else if query.limit.is_some() {
        "as of, known at or the end"
    } else if !query.order.is_empty() {
        "limit, as of, known at or the end"
    } else if !query.select.is_empty() {
        "order by, limit, as of, known at or the end"
    } else if last.is_some_and(|pattern| pattern.condition.is_some()) {
        "and, or, a step, select, order by, limit, as of, known at or the end"
    } else {
        "where, a step, select, order by, limit, as of, known at or the end"
    }
}

fn list<T>(lexer: &mut Lexer<'_>, one: fn(&mut Lexer<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut all = vec![one(lexer)?];
    while lexer.mark(",") {
        all.push(one(lexer)?);
    }
    Ok(all)
}

fn pattern(lexer: &mut Lexer<'_>) -> Result<QueryPattern> {
    let class = if lexer.mark("*") { None } else { Some(lexer.need_name("a class or *")?) };
    let alias = lexer.name()?;
    let condition = lexer.word("where").then(|| any(lexer, 0)).transpose()?;
    Ok(QueryPattern { class, alias, condition })
}

fn step(lexer: &mut Lexer<'_>) -> Result<QueryStep> {
    let is_back = lexer.mark("<-");
    if !is_back {
        lexer.need_mark("-")?;
    }
    let mut kinds = Vec::new();
    if let Some(kind) = lexer.name()? {
        kinds.push(kind);
        while lexer.mark("|") {
            kinds.push(lexer.need_name("a kind of relation")?);
        }
    }
    let (least, most) = if lexer.mark("*") { range(lexer)? } else { (1, 1) };
    let direction = if is_back {
        lexer.need_mark("-")?;
        Direction::Consumers
    } else if lexer.mark("->") {
        Direction::Providers
    } else if lexer.mark("-") {
        Direction::Both
    } else {
        return Err(lexer.expected("*, |, -> or -"));
    };
    Ok(QueryStep { direction, kinds, least, most })
}

fn range(lexer: &mut Lexer<'_>) -> Result<(u32, u32)> {
    let least = bound(lexer)?;
    if !lexer.mark("..") {
        return Ok(least.map_or((1, MOST_STEPS), |exactly| (exactly, exactly)));
    }
    let least = least.unwrap_or(1);
    let most = bound(lexer)?.unwrap_or(MOST_STEPS);
    if most < least {
        return Err(lexer.expected("a range that does not end before it begins"));
    }
    Ok((least, most))
}

fn bound(lexer: &mut Lexer<'_>) -> Result<Option<u32>> {
    let number = lexer.number()?;
    if number.is_some_and(|number| number > u64::from(MOST_STEPS)) {
        return Err(lexer.expected(&format!("a number of steps up to {MOST_STEPS}")));
    }
    Ok(number.map(|number| number as u32))
}

fn any(lexer: &mut Lexer<'_>, depth: usize) -> Result<QueryCondition> {
    let first = all(lexer, depth)?;
    let mut several = vec![first];
    while lexer.word("or") {
        several.push(all(lexer, depth)?);
    }
    Ok(one_or(several, QueryCondition::Any))
}

fn all(lexer: &mut Lexer<'_>, depth: usize) -> Result<QueryCondition> {
    let mut several = vec![test(lexer, depth)?];
    while lexer.word("and") {
        several.push(test(lexer, depth)?);
    }
    Ok(one_or(several, QueryCondition::All))
}

fn one_or(
    mut several: Vec<QueryCondition>,
    make: fn(Vec<QueryCondition>) -> QueryCondition,
) -> QueryCondition {
    match several.pop() {
        Some(only) if several.is_empty() => only,
        last => {
            several.extend(last);
            make(several)
        }
    }
}

fn test(lexer: &mut Lexer<'_>, depth: usize) -> Result<QueryCondition> {
    if depth >= MOST_DEPTH {
        let message = format!("query: conditions must stand at most {MOST_DEPTH} deep");
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("query"));
    }
    if lexer.word("not") {
        return Ok(QueryCondition::Not(Box::new(test(lexer, depth + 1)?)));
    }
    if lexer.mark("(") {
        let inner = any(lexer, depth + 1)?;
        lexer.need_mark(")")?;
        return Ok(inner);
    }
    let attribute = lexer.need_name("an attribute, not or (")?;
    if lexer.word("exists") {
        return Ok(QueryCondition::Exists(attribute));
    }
    if lexer.word("in") {
        lexer.need_mark("(")?;
        let values = list(lexer, |lexer| lexer.value())?;
        lexer.need_mark(")")?;
        return Ok(QueryCondition::In { attribute, values });
    }
    if lexer.word("not") {
        lexer.need_word("matches")?;
        return expression(lexer, attribute, QueryComparison::NotMatches);
    }
    if lexer.word("matches") {
        return expression(lexer, attribute, QueryComparison::Matches);
    }
    let comparison = OPERATORS.iter().find(|(mark, _)| lexer.mark(mark));
    let Some((_, comparison)) = comparison else {
        let what = "=, !=, <, <=, >, >=, ~, !~, =~, matches, not matches, in or exists";
        return Err(lexer.expected(what));
    };
    if *comparison == QueryComparison::Matches {
        return expression(lexer, attribute, QueryComparison::Matches);
    }
    let value = lexer.value()?;
    if matches!(comparison, QueryComparison::Like | QueryComparison::NotLike)
        && !matches!(value, Value::Text(_))
    {
        let message = format!("query: a pattern must be text in quotes, got {value}");
        return Err(Error::new(ErrorKind::InvalidArgument, message).about("query"));
    }
    Ok(QueryCondition::Compare { attribute, comparison: *comparison, value })
}

/// What stands behind `matches`: a regular expression in quotes or between slashes.
fn expression(
    lexer: &mut Lexer<'_>,
    attribute: String,
    comparison: QueryComparison,
) -> Result<QueryCondition> {
    let value = Value::Text(lexer.expression()?);
    Ok(QueryCondition::Compare { attribute, comparison, value })
}

/// Longer marks before those they begin with.
pub(super) const OPERATORS: [(&str, QueryComparison); 9] = [
    ("=~", QueryComparison::Matches),
    ("!=", QueryComparison::NotEqual),
    ("!~", QueryComparison::NotLike),
    ("<=", QueryComparison::AtMost),
    (">=", QueryComparison::AtLeast),
    ("=", QueryComparison::Equal),
    ("~", QueryComparison::Like),
    ("<", QueryComparison::Below),
    (">", QueryComparison::Above),
];

fn column(lexer: &mut Lexer<'_>) -> Result<QueryColumn> {
    let first = lexer.need_name("a column")?;
    if !lexer.mark("/") {
        return Ok(QueryColumn { of: None, attribute: first });
    }
    Ok(QueryColumn { of: Some(first), attribute: lexer.need_name("an attribute")? })
}

fn order(lexer: &mut Lexer<'_>) -> Result<QueryOrder> {
    let column = column(lexer)?;
    let descending = lexer.word("desc");
    if !descending {
        lexer.word("asc");
    }
    Ok(QueryOrder { column, descending })
}
