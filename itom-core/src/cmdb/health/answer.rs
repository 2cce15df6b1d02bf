//! From the state to a report.

use super::super::history::NONE;
use super::reading::At;
use super::report::{HealthGroup, HealthItem, HealthReport, HealthScores};
use super::state::{By, State};
use super::tally::Tally;
use crate::Timestamp;

impl State {
    /// The report as of an instant.
    pub(super) fn report(&mut self, at: At<'_>, now: Timestamp) -> HealthReport {
        self.set_now(at, now);
        self.walk_services(at);
        let mut failing: Vec<(f64, u32)> = Vec::new();
        for (row, own) in (0..).zip(&self.rows) {
            if own.counts && own.share.fails_any() {
                let mut tally = Tally::default();
                tally.add(&own.share, 1);
                // What weighs nothing comes behind all that does.
                failing.push((tally.scores(&self.plan.weights).score.unwrap_or(2.0), row));
            }
        }
        let limit = self.plan.definition.limit as usize;
        let id = |row: u32| at.history.ids.text(row);
        let order =
            |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then_with(|| id(a.1).cmp(id(b.1)));
        let count = failing.len();
        if limit < count && limit > 0 {
            failing.select_nth_unstable_by(limit - 1, order);
        }
        failing.truncate(limit);
        failing.sort_unstable_by(order);
        let worst = failing.into_iter().map(|(score, row)| HealthItem {
            id: id(row).to_owned(),
            class: at.history.words.text(self.rows[row as usize].class).to_owned(),
            score: (score <= 1.0).then_some(score),
            failures: self.reasons(at, row),
        });
        let worst = worst.collect();
        let word = |word: u32| (word != NONE).then(|| at.history.words.text(word).to_owned());
        HealthReport {
            now,
            all: self.scores(By::All, 0),
            classes: self.groups(By::Class, word),
            services: self.groups(By::Service, |row| Some(id(row).to_owned())),
            owners: self.groups(By::Owner, |number| self.owners.of(number).clone()),
            sources: self.groups(By::Source, word),
            failing: count as u64,
            worst,
        }
    }

    fn scores(&self, by: By, number: u32) -> HealthScores {
        let sum = self.sums.get(&(by, number));
        sum.map(|sum| sum.scores(&self.plan.weights)).unwrap_or_default()
    }

    /// The groups there are, by name.
    fn groups(&self, by: By, name: impl Fn(u32) -> Option<String>) -> Vec<HealthGroup> {
        let of = self.sums.iter().filter(|((own, _), sum)| *own == by && sum.items > 0);
        let mut groups: Vec<HealthGroup> = of
            .map(|((_, number), sum)| HealthGroup {
                name: name(*number),
                scores: sum.scores(&self.plan.weights),
            })
            .collect();
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        groups
    }
}
