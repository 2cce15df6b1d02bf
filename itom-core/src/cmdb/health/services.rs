//! What each service stands on.
//!
//! A service's members are found by a walk along the relations that carry impact, from what depends
//! to what it depends on. A relation that comes or goes marks the services that its source is part
//! of; they are walked again when a report is asked for.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::links::LIVE;
use super::reading::At;
use super::state::{By, State};
use super::tally::Tally;

#[derive(Debug, Default)]
pub(super) struct Services {
    /// Those there are, by item.
    all: BTreeSet<u32>,
    /// Those to be walked again.
    marked: BTreeSet<u32>,
    members: HashMap<u32, Vec<u32>>,
    /// By item the services that it is a member of.
    of: HashMap<u32, Vec<u32>>,
}

impl Services {
    /// Whether an item is a service from now on.
    pub(super) fn set(&mut self, item: u32, is_service: bool) {
        let changed = match is_service {
            true => self.all.insert(item),
            false => self.all.remove(&item),
        };
        if changed {
            self.marked.insert(item);
        }
    }

    /// A relation that carries impact came to an item or went from it.
    pub(super) fn moved(&mut self, source: u32) {
        if self.all.contains(&source) {
            self.marked.insert(source);
        }
        if let Some(services) = self.of.get(&source) {
            self.marked.extend(services);
        }
    }

    pub(super) fn of(&self, item: u32) -> &[u32] {
        self.of.get(&item).map_or(&[], Vec::as_slice)
    }

    fn forget(&mut self, service: u32) {
        for member in self.members.remove(&service).unwrap_or_default() {
            if let Some(services) = self.of.get_mut(&member) {
                services.retain(|other| *other != service);
                if services.is_empty() {
                    self.of.remove(&member);
                }
            }
        }
    }
}

impl State {
    /// Walks the services again that are marked, and adds up what they stand on.
    pub(super) fn walk_services(&mut self, at: At<'_>) {
        let marked = std::mem::take(&mut self.services.marked);
        let mut met: Vec<u32> = vec![0; if marked.is_empty() { 0 } else { self.rows.len() }];
        for (round, service) in (1..).zip(marked) {
            self.services.forget(service);
            self.sums.remove(&(By::Service, service));
            if !self.services.all.contains(&service) {
                continue;
            }
            let mut members = vec![service];
            met[service as usize] = round;
            let mut tally = Tally::default();
            let mut next = 0;
            while let Some(&member) = members.get(next) {
                next += 1;
                self.services.of.entry(member).or_default().push(service);
                let own = &self.rows[member as usize];
                if own.counts {
                    tally.add(&own.share, 1);
                }
                for relation in self.ends.of(member) {
                    let row = &at.history.relations[relation as usize];
                    if self.relations[relation as usize] & LIVE == 0 {
                        continue;
                    }
                    let impact = at.model.impact(at.history.words.text(row.kind));
                    let forth = (row.source, row.target, impact.bears_on_source());
                    let back = (row.target, row.source, impact.bears_on_target());
                    for (consumer, provider, bears) in [forth, back] {
                        if bears && consumer == member && met[provider as usize] != round {
                            met[provider as usize] = round;
                            members.push(provider);
                        }
                    }
                }
            }
            self.services.members.insert(service, members);
            self.sums.insert((By::Service, service), tally);
        }
    }
}
