//! A definition made ready to run: fields as slots, literals as numbers, conditions as code.
//!
//! Evaluating a condition on a record is then comparing integers; tests that must look at a value
//! (less, prefix …) are looked up in a table by the value's number once they were made.

use std::sync::Arc;

use super::condition::{Condition, FieldTest};
use super::definition::{AgreementsDefinition, CancelRule, MetricDefinition, ReopenRule};
use super::log::RecordLog;
use super::value::{ABSENT, FieldValue, NULL, Values};
use crate::sla::{AtEquality, Calendar};
use crate::{Error, Result};

/// The whole of a target in millionths: its breach.
pub(super) const WHOLE: u64 = 1_000_000;

/// A condition over slots.
#[derive(Clone, Debug)]
pub(super) enum Code {
    Constant(bool),
    All(Box<[Code]>),
    Any(Box<[Code]>),
    Not(Box<Code>),
    Is {
        slot: usize,
        id: u32,
    },
    OneOf {
        slot: usize,
        ids: Box<[u32]>,
    },
    Exists {
        slot: usize,
    },
    Changed {
        slot: usize,
    },
    ChangedTo {
        slot: usize,
        id: u32,
    },
    /// A test that looks at the value: index into [`Program::tests`].
    Test {
        slot: usize,
        test: usize,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) when: Code,
    /// Nanoseconds.
    pub(super) target: i64,
    /// Index into [`Program::calendars`].
    pub(super) calendar: usize,
    /// Shares in millionths with the time they stand for, ascending; the whole is among them.
    pub(super) thresholds: Vec<(u64, i64)>,
}

/// A metric of an agreement.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    /// Indexes into the definition.
    pub(super) agreement: usize,
    pub(super) metric: usize,
    pub(super) start: Code,
    pub(super) pause: Vec<Code>,
    pub(super) resume: Code,
    pub(super) stop: Code,
    pub(super) cancel: Code,
    pub(super) reset: Code,
    pub(super) cancels: CancelRule,
    pub(super) reopen: ReopenRule,
    pub(super) at_equality: AtEquality,
    pub(super) retroactive_start: Option<usize>,
    pub(super) targets: Vec<Target>,
    /// Evaluated at every update, because a condition looks at the update itself.
    pub(super) restless: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Priority {
    pub(super) impact: usize,
    pub(super) urgency: usize,
    pub(super) field: usize,
    /// Of the matrix: impact, urgency as text, and the number of the priority.
    cells: Vec<(String, String, u32)>,
}

/// A definition ready to run on a log's values.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) definition: Arc<AgreementsDefinition>,
    /// The first is open always.
    pub(super) calendars: Vec<Calendar>,
    calendar_names: Vec<Option<String>>,
    pub(super) metrics: Vec<Metric>,
    /// The field of each slot.
    pub(super) fields: Vec<String>,
    /// The metrics that look at each slot.
    pub(super) watchers: Vec<Vec<usize>>,
    pub(super) priority: Option<Priority>,
    tests: Vec<FieldTest>,
}

/// Verdicts of the tests that look at values: 0 unknown, 1 no, 2 yes.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo(Vec<Vec<u8>>);

/// A record's fields at an update.
pub(super) struct View<'a> {
    pub(super) slots: &'a [u32],
    pub(super) changed: &'a [bool],
    pub(super) values: &'a Values,
}

/// Gives a literal its number.
pub(super) type Numbering<'a> = dyn FnMut(&FieldValue) -> Result<u32> + 'a;

impl Program {
    /// Checks and compiles a definition; `number` gives literals their numbers.
    pub(super) fn compile(
        definition: Arc<AgreementsDefinition>,
        number: &mut Numbering<'_>,
    ) -> Result<Program> {
        definition.check()?;
        let always = Calendar::from_json(
            r#"{"tz": "UTC", "weekly": {"mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]],
                "wed": [["00:00", "24:00"]], "thu": [["00:00", "24:00"]], "fri": [["00:00", "24:00"]],
                "sat": [["00:00", "24:00"]], "sun": [["00:00", "24:00"]]}}"#,
        )?;
        let mut program = Program {
            calendars: vec![always],
            calendar_names: vec![None],
            metrics: Vec::new(),
            fields: Vec::new(),
            watchers: Vec::new(),
            priority: None,
            tests: Vec::new(),
            definition: definition.clone(),
        };
        for (name, calendar) in &definition.calendars {
            program.calendars.push(calendar.clone());
            program.calendar_names.push(Some(name.clone()));
        }
        for (agreement, terms) in definition.agreements.iter().enumerate() {
            for (metric, own) in terms.metrics.iter().enumerate() {
                let compiled = program.metric((agreement, metric), &terms.applies, own, number)?;
                program.metrics.push(compiled);
            }
        }
        if let Some(rule) = &definition.priority {
            let cells = rule.matrix.cells().map(|(impact, urgency, cell)| {
                Ok((impact.to_owned(), urgency.to_owned(), number(cell)?))
            });
            let cells = cells.collect::<Result<Vec<_>>>()?;
            let [impact, urgency, field] =
                [&rule.impact, &rule.urgency, &rule.field].map(|field| program.slot(field));
            program.priority = Some(Priority { impact, urgency, field, cells });
        }
        program.watch();
        Ok(program)
    }

    /// The name of a calendar; none for the one that is open always.
    pub(super) fn calendar_name(&self, calendar: usize) -> Option<&str> {
        self.calendar_names[calendar].as_deref()
    }

    fn metric(
        &mut self,
        (agreement, metric): (usize, usize),
        applies: &Condition,
        own: &MetricDefinition,
        number: &mut Numbering<'_>,
    ) -> Result<Metric> {
        let start = match applies {
            Condition::Constant(true) => own.start.clone(),
            applies => applies.clone().and(own.start.clone()),
        };
        let mut targets = Vec::with_capacity(own.targets.len());
        for target in &own.targets {
            let name = target.calendar.as_ref();
            let calendar = name
                .and_then(|name| {
                    self.calendar_names.iter().position(|own| own.as_ref() == Some(name))
                })
                .unwrap_or(0);
            let nanos = target.target.as_nanos();
            targets.push(Target {
                when: self.code(&target.when, number)?,
                target: nanos,
                calendar,
                thresholds: thresholds(&target.thresholds, nanos),
            });
        }
        let mut pause = Vec::with_capacity(own.pause.len());
        for reason in &own.pause {
            pause.push(self.code(&reason.when, number)?);
        }
        let mut compiled = Metric {
            agreement,
            metric,
            start: self.code(&start, number)?,
            pause,
            resume: self.code(&own.resume, number)?,
            stop: self.code(&own.stop, number)?,
            cancel: self.code(&own.cancel, number)?,
            reset: self.code(&own.reset, number)?,
            cancels: own.cancels,
            reopen: own.reopen,
            at_equality: own.at_equality,
            retroactive_start: own.retroactive_start.as_ref().map(|field| self.slot(field)),
            targets,
            restless: false,
        };
        let resets = !matches!(compiled.reset, Code::Constant(false));
        compiled.restless = resets || compiled.codes().any(Code::looks_at_update);
        Ok(compiled)
    }

    fn slot(&mut self, field: &str) -> usize {
        self.fields.iter().position(|own| own == field).unwrap_or_else(|| {
            self.fields.push(field.to_owned());
            self.fields.len() - 1
        })
    }

    fn code(&mut self, condition: &Condition, number: &mut Numbering<'_>) -> Result<Code> {
        let mut all = |parts: &[Condition]| -> Result<Box<[Code]>> {
            parts.iter().map(|part| self.code(part, number)).collect()
        };
        Ok(match condition {
            Condition::Constant(value) => Code::Constant(*value),
            Condition::All(parts) => Code::All(all(parts)?),
            Condition::Any(parts) => Code::Any(all(parts)?),
            Condition::Not(part) => Code::Not(Box::new(self.code(part, number)?)),
            Condition::Field { field, test } => {
                let slot = self.slot(field);
                match test {
                    FieldTest::Equals(value) => Code::Is { slot, id: number(value)? },
                    FieldTest::In(values) => {
                        let mut ids: Vec<u32> =
                            values.iter().map(&mut *number).collect::<Result<_>>()?;
                        ids.retain(|&id| id != ABSENT);
                        ids.sort_unstable();
                        Code::OneOf { slot, ids: ids.into() }
                    }
                    FieldTest::Exists(true) => Code::Exists { slot },
                    FieldTest::Exists(false) => Code::Is { slot, id: NULL },
                    FieldTest::Changed => Code::Changed { slot },
                    FieldTest::ChangedTo(value) => Code::ChangedTo { slot, id: number(value)? },
                    other => {
                        self.tests.push(canonical(other)?);
                        Code::Test { slot, test: self.tests.len() - 1 }
                    }
                }
            }
        })
    }

    /// The fields that are read and that no update of a log ever set; none in a log without fields.
    pub(super) fn fields_unknown_to(&self, log: &RecordLog) -> impl Iterator<Item = &str> {
        let made = self.priority.as_ref().map(|rule| rule.field);
        let known = log.fields();
        let unknown = move |(slot, field): &(usize, &String)| {
            known.len() > 0 && Some(*slot) != made && known.find(field).is_none()
        };
        self.fields.iter().enumerate().filter(unknown).map(|(_, field)| field.as_str())
    }

    fn watch(&mut self) {
        let mut watchers = vec![Vec::new(); self.fields.len()];
        for (index, metric) in self.metrics.iter().enumerate() {
            let mut slots = Vec::new();
            metric.codes().for_each(|code| code.slots(&mut slots));
            slots.sort_unstable();
            slots.dedup();
            slots.into_iter().for_each(|slot| watchers[slot].push(index));
        }
        self.watchers = watchers;
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, code: &Code, view: &View<'_>, memo: &mut Memo) -> bool {
        match code {
            Code::Constant(value) => *value,
            Code::All(parts) => parts.iter().all(|part| self.holds(part, view, memo)),
            Code::Any(parts) => parts.iter().any(|part| self.holds(part, view, memo)),
            Code::Not(part) => !self.holds(part, view, memo),
            Code::Is { slot, id } => view.slots[*slot] == *id,
            Code::OneOf { slot, ids } if ids.len() <= 8 => ids.contains(&view.slots[*slot]),
            Code::OneOf { slot, ids } => ids.binary_search(&view.slots[*slot]).is_ok(),
            Code::Exists { slot } => view.slots[*slot] != NULL,
            Code::Changed { slot } => view.changed[*slot],
            Code::ChangedTo { slot, id } => view.changed[*slot] && view.slots[*slot] == *id,
            Code::Test { slot, test } => self.tested(*test, view.slots[*slot], view.values, memo),
        }
    }

    fn tested(&self, test: usize, id: u32, values: &Values, memo: &mut Memo) -> bool {
        if memo.0.len() <= test {
            memo.0.resize(self.tests.len(), Vec::new());
        }
        let known = &mut memo.0[test];
        if known.len() <= id as usize {
            known.resize(values.len().max(id as usize + 1), 0);
        }
        let cell = &mut known[id as usize];
        if *cell == 0 {
            *cell = 1 + u8::from(passes(&self.tests[test], values.value(id)));
        }
        *cell == 2
    }

    /// The priority that follows from a record's impact and urgency.
    pub(super) fn priority_of(&self, rule: &Priority, slots: &[u32], values: &Values) -> u32 {
        let key = |slot: usize| match values.value(slots[slot]) {
            FieldValue::Text(text) => text.clone(),
            other => other.to_string(),
        };
        let (impact, urgency) = (key(rule.impact), key(rule.urgency));
        let cell = rule.cells.iter().find(|cell| cell.0 == impact && cell.1 == urgency);
        cell.map_or(NULL, |cell| cell.2)
    }
}

impl Metric {
    /// Whether exactly the target used is too much.
    pub(super) fn fails_at_equality(&self) -> bool {
        self.at_equality == AtEquality::Breached
    }

    fn codes(&self) -> impl Iterator<Item = &Code> {
        let own = [&self.start, &self.resume, &self.stop, &self.cancel, &self.reset];
        own.into_iter().chain(&self.pause).chain(self.targets.iter().map(|target| &target.when))
    }
}

impl Code {
    fn parts(&self) -> &[Code] {
        match self {
            Code::All(parts) | Code::Any(parts) => parts,
            Code::Not(part) => std::slice::from_ref(part),
            _ => &[],
        }
    }

    fn looks_at_update(&self) -> bool {
        matches!(self, Code::Changed { .. } | Code::ChangedTo { .. })
            || self.parts().iter().any(Code::looks_at_update)
    }

    fn slots(&self, slots: &mut Vec<usize>) {
        match self {
            Code::Is { slot, .. }
            | Code::OneOf { slot, .. }
            | Code::Exists { slot }
            | Code::Changed { slot }
            | Code::ChangedTo { slot, .. }
            | Code::Test { slot, .. } => slots.push(*slot),
            _ => self.parts().iter().for_each(|part| part.slots(slots)),
        }
    }
}

/// A test whose literals are in the form in which values are kept.
fn canonical(test: &FieldTest) -> Result<FieldTest> {
    let own = |value: &FieldValue| value.clone().canonical();
    Ok(match test {
        FieldTest::Less(value) => FieldTest::Less(own(value)?),
        FieldTest::LessOrEqual(value) => FieldTest::LessOrEqual(own(value)?),
        FieldTest::Greater(value) => FieldTest::Greater(own(value)?),
        FieldTest::GreaterOrEqual(value) => FieldTest::GreaterOrEqual(own(value)?),
        other => other.clone(),
    })
}

fn passes(test: &FieldTest, value: &FieldValue) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let ordered = |literal: &FieldValue| value.compare(literal);
    match test {
        FieldTest::Less(literal) => ordered(literal) == Some(Less),
        FieldTest::LessOrEqual(literal) => matches!(ordered(literal), Some(Less | Equal)),
        FieldTest::Greater(literal) => ordered(literal) == Some(Greater),
        FieldTest::GreaterOrEqual(literal) => matches!(ordered(literal), Some(Greater | Equal)),
        FieldTest::Prefix(text) => {
            matches!(value, FieldValue::Text(own) if own.starts_with(text.as_str()))
        }
        FieldTest::Contains(text) => match value {
            FieldValue::Text(own) => own.contains(text.as_str()),
            FieldValue::List(values) => values.contains(&FieldValue::from(text.as_str())),
            _ => false,
        },
        _ => false,
    }
}

/// Shares of a target as millionths and time, the whole among them, in order.
fn thresholds(shares: &[f64], target: i64) -> Vec<(u64, i64)> {
    let mut millionths: Vec<u64> =
        shares.iter().map(|share| (share * 1e6).round() as u64).collect();
    millionths.push(WHOLE);
    millionths.sort_unstable();
    millionths.dedup();
    let time = |share: u64| {
        let nanos = (i128::from(target) * i128::from(share) + 999_999) / 1_000_000;
        i64::try_from(nanos).unwrap_or(i64::MAX)
    };
    millionths.into_iter().map(|share| (share, time(share))).collect()
}

/// Numbers literals by what a log has; what it has not is never equal to anything.
pub(super) fn known(values: &Values) -> impl FnMut(&FieldValue) -> Result<u32> + '_ {
    |value| Ok(values.find(&value.clone().canonical()?))
}

/// Numbers literals, adding those that are new.
pub(super) fn added(values: &mut Values) -> impl FnMut(&FieldValue) -> Result<u32> + '_ {
    |value| values.intern(value.clone())
}

/// An error about a metric that does not exist.
pub(super) fn no_metric(name: &str) -> Error {
    Error::not_found("metric", "metric", format!("{name:?}"))
}
