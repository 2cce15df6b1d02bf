//! Which items fit: sets of items from one end of the chain to the other and back, then rows.

use hashbrown::HashMap;

use super::super::pattern::Patterns;
use super::super::{Direction, Value, View};
use super::compare::holds;
use super::parse::{MOST_DEPTH, MOST_PATTERNS, MOST_STEPS};
use super::{Query, QueryComparison, QueryCondition, QueryPattern, QueryStep, seam, table};
use crate::table::Table;
use crate::{Error, ErrorKind, Result};

/// How many relations a query may go along.
const MOST_WORK: u64 = 200_000_000;
/// How many rows an answer may have.
const MOST_ROWS: usize = 2_000_000;

pub(super) fn answer(view: &View, query: &Query) -> Result<Table> {
    check(view, query)?;
    let used = table::Used::of(query)?;
    let mut patterns = Patterns::default();
    let conditions = query.patterns.iter().filter_map(|pattern| pattern.condition.as_ref());
    conditions.into_iter().try_for_each(|condition| patterns.add(condition))?;
    let matches = vec![HashMap::new(); query.patterns.len()];
    let mut run = Run { view, work: 0, matches, query, patterns };
    let sets = run.prune()?;
    let rows = run.rows(&sets, &used.patterns)?;
    table::make(view, query, &used, rows)
}

fn check(view: &View, query: &Query) -> Result<()> {
    let length = query.patterns.len();
    if length == 0 || length > MOST_PATTERNS {
        let expected = format!("from 1 to {MOST_PATTERNS}");
        return Err(Error::invalid("query.patterns", length, expected));
    }
    if query.steps.len() + 1 != length {
        let expected = format!("one less than patterns, {}", length - 1);
        return Err(Error::invalid("query.steps", query.steps.len(), expected));
    }
    let model = view.model();
    for pattern in &query.patterns {
        if let Some(class) = &pattern.class
            && !model.classes.is_empty()
            && !model.classes.contains_key(class)
        {
            return Err(Error::not_found("query", "class", format!("{class:?}")));
        }
        pattern.condition.as_ref().map_or(Ok(()), |condition| check_depth(condition, 0))?;
    }
    for step in &query.steps {
        if step.least > step.most || step.most > MOST_STEPS {
            let range = format!("{}..{}", step.least, step.most);
            let expected = format!("a range within 0..{MOST_STEPS}");
            return Err(Error::invalid("query.steps", range, expected));
        }
        let unknown = step
            .kinds
            .iter()
            .find(|kind| !model.relations.is_empty() && !model.relations.contains_key(*kind));
        if let Some(kind) = unknown {
            return Err(Error::not_found("query", "kind of relation", format!("{kind:?}")));
        }
    }
    Ok(())
}

/// Refuses a condition that cannot be asked, and takes in its regular expressions.
pub(in crate::cmdb) fn check_condition(
    condition: &QueryCondition,
    patterns: &mut Patterns,
) -> Result<()> {
    check_depth(condition, 0)?;
    patterns.add(condition)
}

/// What was built, and not parsed, may be as deep as it likes.
fn check_depth(condition: &QueryCondition, depth: usize) -> Result<()> {
    if depth > MOST_DEPTH {
        let message = format!("query: conditions must stand at most {MOST_DEPTH} deep");
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("query"));
    }
    match condition {
        QueryCondition::All(several) | QueryCondition::Any(several) => {
            several.iter().try_for_each(|one| check_depth(one, depth + 1))
        }
        QueryCondition::Not(inner) => check_depth(inner, depth + 1),
        QueryCondition::Compare { comparison, value, .. } => match (comparison, value) {
            (QueryComparison::Like | QueryComparison::NotLike, Value::Text(_)) => Ok(()),
            (QueryComparison::Like | QueryComparison::NotLike, other) => {
                Err(Error::invalid("query", other, "a pattern in text"))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

struct Run<'a> {
    view: &'a View,
    query: &'a Query,
    work: u64,
    /// The regular expressions of conditions.
    patterns: Patterns,
    /// Per pattern: whether an item fits it, asked once.
    matches: Vec<HashMap<u32, bool>>,
}

/// Items in ascending order of their numbers.
type Rows = Vec<u32>;

impl Run<'_> {
    fn spend(&mut self, work: usize) -> Result<()> {
        self.work += work as u64;
        if self.work <= MOST_WORK {
            return Ok(());
        }
        let message = format!("query: it must go along at most {MOST_WORK} relations; narrow it");
        Err(Error::new(ErrorKind::LimitExceeded, message).about("query"))
    }

    fn fits(&mut self, place: usize, row: u32) -> bool {
        if let Some(&known) = self.matches[place].get(&row) {
            return known;
        }
        let fits = self.is_of(&self.query.patterns[place], row);
        self.matches[place].insert(row, fits);
        fits
    }

    fn is_of(&self, pattern: &QueryPattern, row: u32) -> bool {
        let is_there = seam::class(self.view, row).is_some();
        let id = self.view.id_of(row);
        let is_of_class = |class: &String| self.view.is_a(id, class);
        if !is_there || !pattern.class.as_ref().is_none_or(is_of_class) {
            return false;
        }
        let Some(condition) = &pattern.condition else { return true };
        let patterns = &self.patterns;
        seam::item(self.view, row).is_some_and(|item| holds(condition, &item, patterns))
    }

    /// All items that fit a pattern.
    fn all(&mut self, place: usize) -> Result<Rows> {
        let pattern = &self.query.patterns[place];
        if let Some(ids) = pattern.condition.as_ref().and_then(ids) {
            let mut rows: Rows = ids.iter().filter_map(|id| seam::find(self.view, id)).collect();
            rows.sort_unstable();
            rows.dedup();
            rows.retain(|&row| self.fits(place, row));
            return Ok(rows);
        }
        self.spend(self.view.rows() as usize)?;
        let mut by_class: HashMap<u32, bool> = HashMap::new();
        let mut rows = Vec::new();
        for row in 0..self.view.rows() {
            let Some(class) = seam::class(self.view, row) else { continue };
            let is_of_class = *by_class.entry(class).or_insert_with(|| {
                let wanted = pattern.class.as_ref();
                wanted.is_none_or(|class| self.view.is_a(self.view.id_of(row), class))
            });
            let patterns = &self.patterns;
            let holds = |condition| {
                seam::item(self.view, row).is_some_and(|item| holds(condition, &item, patterns))
            };
            if is_of_class && pattern.condition.as_ref().is_none_or(holds) {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// For each place the items that stand there on some whole chain.
    fn prune(&mut self) -> Result<Vec<Rows>> {
        let last = self.query.patterns.len() - 1;
        let mut sets = vec![Vec::new(); last + 1];
        sets[0] = self.all(0)?;
        if last == 0 {
            return Ok(sets);
        }
        sets[last] = self.all(last)?;
        if sets[last].len() < sets[0].len() {
            for place in (0..last).rev() {
                let reached = self.step(&sets[place + 1].clone(), place, true)?;
                sets[place] = self.kept(place, reached);
            }
        }
        let ends = std::mem::take(&mut sets[last]);
        for place in 1..=last {
            let reached = self.step(&sets[place - 1].clone(), place - 1, false)?;
            sets[place] = self.kept(place, reached);
        }
        sets[last].retain(|row| ends.binary_search(row).is_ok());
        for place in (0..last).rev() {
            let back = self.step(&sets[place + 1].clone(), place, true)?;
            sets[place].retain(|row| back.binary_search(row).is_ok());
        }
        Ok(sets)
    }

    fn kept(&mut self, place: usize, mut rows: Rows) -> Rows {
        rows.retain(|&row| self.fits(place, row));
        rows
    }

    /// Where one gets from these items by a step, or from where to them.
    fn step(&mut self, from: &[u32], step: usize, is_back: bool) -> Result<Rows> {
        let step = &self.query.steps[step];
        let direction = match (step.direction, is_back) {
            (Direction::Providers, true) => Direction::Consumers,
            (Direction::Consumers, true) => Direction::Providers,
            (same, _) => same,
        };
        if step.least <= 1 {
            return self.within(from, step, direction);
        }
        let mut level: Rows = from.to_vec();
        let mut reached = Vec::new();
        for length in 1..=step.most {
            level = self.next(&level, step, direction)?;
            if length >= step.least {
                self.spend(level.len())?;
                reached.extend_from_slice(&level);
            }
            if level.is_empty() {
                break;
            }
        }
        reached.sort_unstable();
        reached.dedup();
        Ok(reached)
    }

    /// All that is at most `most` relations away: breadth first, each item once.
    fn within(&mut self, from: &[u32], step: &QueryStep, direction: Direction) -> Result<Rows> {
        let mut seen: hashbrown::HashSet<u32> = hashbrown::HashSet::new();
        let mut reached: Rows = Vec::new();
        if step.least == 0 {
            seen.extend(from);
            reached.extend_from_slice(from);
        }
        let mut level = from.to_vec();
        for _ in 0..step.most {
            level = self.next(&level, step, direction)?;
            level.retain(|row| seen.insert(*row));
            if level.is_empty() {
                break;
            }
            reached.extend_from_slice(&level);
        }
        reached.sort_unstable();
        Ok(reached)
    }

    /// The items one relation away, in order.
    fn next(&mut self, from: &[u32], step: &QueryStep, direction: Direction) -> Result<Rows> {
        let mut next = Vec::new();
        for &row in from {
            let mut looked = 1;
            seam::relations(self.view, row, direction, |kind, other| {
                looked += 1;
                if step.kinds.is_empty() || step.kinds.iter().any(|own| own == kind) {
                    next.push(other);
                }
            });
            self.spend(looked)?;
        }
        next.sort_unstable();
        next.dedup();
        Ok(next)
    }

    /// The combinations of items at the places that are asked for, each once.
    fn rows(&mut self, sets: &[Rows], places: &[usize]) -> Result<Vec<Rows>> {
        let first = places[0];
        let mut rows: Vec<Rows> = sets[first].iter().map(|&row| vec![row]).collect();
        for pair in places.windows(2) {
            let mut longer = Vec::new();
            let mut known: HashMap<u32, Rows> = HashMap::new();
            for row in rows {
                let from = *row.last().unwrap_or(&0);
                if !known.contains_key(&from) {
                    let reached = self.ends_of(from, (pair[0], pair[1]), sets)?;
                    known.insert(from, reached);
                }
                for &to in &known[&from] {
                    if longer.len() >= MOST_ROWS {
                        let message =
                            format!("query: the answer must have at most {MOST_ROWS} rows");
                        return Err(Error::new(ErrorKind::LimitExceeded, message).about("query"));
                    }
                    longer.push(row.iter().copied().chain([to]).collect());
                }
            }
            rows = longer;
        }
        Ok(rows)
    }

    /// The items at one place that a chain from an item at an earlier place leads to.
    fn ends_of(&mut self, from: u32, (one, other): (usize, usize), sets: &[Rows]) -> Result<Rows> {
        let mut level = vec![from];
        for place in one..other {
            level = self.step(&level, place, false)?;
            level.retain(|row| sets[place + 1].binary_search(row).is_ok());
        }
        Ok(level)
    }
}

/// The ids that a condition leaves, where it names any: all other items are out.
fn ids(condition: &QueryCondition) -> Option<Vec<&str>> {
    let text = |value: &'_ Value| matches!(value, Value::Text(_));
    match condition {
        QueryCondition::Compare { attribute, comparison: QueryComparison::Equal, value } => {
            (attribute == "id" && text(value)).then(|| texts(std::slice::from_ref(value)))
        }
        QueryCondition::In { attribute, values } if attribute == "id" => Some(texts(values)),
        QueryCondition::All(several) => several.iter().find_map(ids),
        _ => None,
    }
}

fn texts(values: &[Value]) -> Vec<&str> {
    let texts = values.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}
