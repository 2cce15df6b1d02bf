//! Why an item fails what it fails, in words.

use super::super::Direction;
use super::super::query::holds;
use super::links::{self, DOUBLE, LIVE, STALE, TARGETLESS};
use super::plan::{ClassPlan, Minimum, Related};
use super::reading::{At, Reading, Subject};
use super::report::HealthFailure;
use super::state::{State, is_absent, is_missing};
use super::{HealthMetric as Metric, HealthRule};

/// So many reasons are told of one metric, and how many more there are.
const MOST: usize = 10;

impl State {
    /// The failures of an item, in the order of the metrics.
    pub(super) fn reasons(&mut self, at: At<'_>, row: u32) -> Vec<HealthFailure> {
        let Some(plan) = self.rows[row as usize].plan.clone() else { return Vec::new() };
        let reading = Reading::new(at, &self.plan, row);
        let mut failures = Vec::new();
        for metric in Metric::ALL {
            if !self.rows[row as usize].share.fails(metric) {
                continue;
            }
            let mut reasons = match metric {
                Metric::Required => self.missing(&reading, &plan.required, "required"),
                Metric::Recommended => self.missing(&reading, &plan.recommended, "recommended"),
                Metric::Orphan => self.unrelated(at, row, &plan),
                Metric::Stale => vec![self.stale(&plan, &reading)],
                Metric::Duplicate => self.duplicates(at, row, &plan, &reading),
                Metric::Compliance => self.broken(at, row, &plan, &reading),
                Metric::RelationMinimum => self.too_few(at, row, &plan),
                relation => self.relations(at, row, relation),
            };
            let more = reasons.len().saturating_sub(MOST);
            reasons.truncate(MOST);
            if more > 0 {
                reasons.push(format!("and {more} more"));
            }
            failures.extend(reasons.into_iter().map(|reason| HealthFailure { metric, reason }));
        }
        failures
    }

    fn missing(&self, reading: &Reading, names: &[usize], what: &str) -> Vec<String> {
        let missing = names.iter().filter(|name| is_missing(&self.plan, reading, **name));
        missing.map(|name| format!("{} is {what} and missing", self.plan.name(*name))).collect()
    }

    fn unrelated(&mut self, at: At<'_>, row: u32, plan: &ClassPlan) -> Vec<String> {
        let mut reasons = Vec::new();
        for related in &plan.related {
            if !self.has(at, row, related) {
                reasons.push(self.unmet(related));
            }
        }
        reasons
    }

    fn unmet(&self, related: &Related) -> String {
        let kinds: Vec<&str> = related.kinds.iter().map(|kind| self.plan.name(*kind)).collect();
        let kinds = kinds.join(" or ");
        let space = if kinds.is_empty() { "" } else { " " };
        let way = match related.direction {
            Direction::Providers => "to",
            Direction::Consumers => "from",
            Direction::Both if kinds.is_empty() => "to",
            Direction::Both => "to or from",
        };
        match related.class {
            Some(class) => {
                let class = self.plan.target(class);
                format!("no {kinds}{space}relation {way} an item of class {class}")
            }
            None => format!("no {kinds}{space}relation {way} another item"),
        }
    }

    fn stale(&self, plan: &ClassPlan, reading: &Reading) -> String {
        if is_absent(&self.plan, plan, reading) {
            return "its source says that it is absent".to_owned();
        }
        let after = crate::Duration::from_nanos(plan.stale_after);
        format!("last seen {}, more than {after} before {}", reading.seen, self.now)
    }

    fn duplicates(&self, at: At<'_>, row: u32, plan: &ClassPlan, reading: &Reading) -> Vec<String> {
        /// So many others are named.
        const NAMED: usize = 5;
        let Some(standing) = &reading.standing else { return Vec::new() };
        let identities = plan.identities.of(at.history, standing, |kind| self.hosts(at, row, kind));
        let mut reasons = Vec::new();
        for identity in identities {
            let by: Vec<String> =
                identity.by.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let label = plan.identities.label(identity.entry);
            let others = self.who_shares(plan, &identity.key, identity.entry, row);
            if others.is_empty() {
                continue;
            }
            let mut ids: Vec<&str> =
                others.iter().map(|other| at.history.ids.text(*other)).collect();
            ids.sort_unstable();
            let more = match ids.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            ids.truncate(NAMED);
            let by = by.join(", ");
            reasons.push(format!("the same as {}{more} by {label}: {by}", ids.join(", ")));
        }
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }

    fn broken(&self, at: At<'_>, row: u32, plan: &ClassPlan, reading: &Reading) -> Vec<String> {
        let subject = Subject { at, plan: &self.plan, row, reading };
        let rules = plan.rules.iter().map(|n| &self.plan.definition.rules[*n]);
        let is_broken = |rule: &&HealthRule| {
            rule.when.as_ref().is_none_or(|when| holds(when, &subject, &self.plan.patterns))
                && !holds(&rule.condition, &subject, &self.plan.patterns)
        };
        let broken = rules.filter(is_broken);
        broken.map(|rule| format!("not {}: {}", rule.name, rule.condition)).collect()
    }

    fn too_few(&self, at: At<'_>, row: u32, plan: &ClassPlan) -> Vec<String> {
        let short = plan.minimums.iter().filter(|minimum| !self.is_enough(at, row, minimum));
        let tell = |minimum: &Minimum| {
            let others = match minimum.direction {
                Direction::Providers => "targets",
                Direction::Consumers => "sources",
                Direction::Both => "others",
            };
            let (kind, least) = (self.plan.name(minimum.kind), minimum.least);
            format!(
                "{} {others} by {kind}, at least {least} expected",
                self.count(at, row, minimum)
            )
        };
        short.map(tell).collect()
    }

    /// The relations that count for an item and fail.
    fn relations(&self, at: At<'_>, row: u32, metric: Metric) -> Vec<String> {
        let wanted = match metric {
            Metric::RelationDuplicate => DOUBLE,
            Metric::RelationStale => STALE,
            _ => !(LIVE | DOUBLE | STALE),
        };
        let mut reasons = Vec::new();
        for relation in self.ends.of(row) {
            let flags = self.relations[relation as usize];
            let ends = &at.history.relations[relation as usize];
            if flags & wanted == 0 || links::owner(flags, ends) != Some(row) {
                continue;
            }
            let name = at.history.describe(relation, 0);
            let group = name.group.map_or(String::new(), |group| format!(" in group {group}"));
            let (source, kind, target) = (name.source, name.kind, name.target);
            let told = format!("{source} {kind} {target}{group}");
            reasons.push(match metric {
                Metric::RelationDuplicate => format!("{told} doubles another relation"),
                Metric::RelationStale => {
                    let stale = [ends.source, ends.target];
                    let stale = stale.iter().filter(|end| self.rows[**end as usize].stale);
                    let mut stale: Vec<&str> = stale.map(|end| at.history.ids.text(*end)).collect();
                    stale.dedup();
                    format!("{told}: {} is stale", stale.join(" and "))
                }
                _ => {
                    let gone = if flags & TARGETLESS != 0 { target } else { source };
                    format!("{told}: {gone} is not there")
                }
            });
        }
        reasons.sort_unstable();
        reasons
    }
}
