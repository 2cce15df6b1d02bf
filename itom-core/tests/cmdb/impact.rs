//! Impact on graphs large enough to be swept, and on circles laid to be awkward.

use std::collections::{BTreeMap, BTreeSet};

use itom_core::Timestamp;
use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, RemoveRelation, Transaction, View};

/// Of each item its groups: how many are needed, of whom.
pub(crate) type Groups = Vec<Vec<(u32, Vec<usize>)>>;

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % n
    }
}

pub(crate) fn changes(groups: &Groups) -> Vec<Change> {
    let put = |n: usize| Change::PutItem(PutItem::new(&n.to_string(), "x"));
    let mut changes: Vec<Change> = (0..groups.len()).map(put).collect();
    for (source, groups) in groups.iter().enumerate() {
        for (n, (min_up, members)) in groups.iter().enumerate() {
            for member in members {
                let plain =
                    PutRelation::new(&source.to_string(), "depends_on", &member.to_string());
                changes.push(Change::PutRelation(if members.len() == 1 {
                    plain
                } else {
                    plain.in_group(&format!("g{n}"), *min_up)
                }));
            }
        }
    }
    changes
}

pub(crate) fn view(groups: &Groups) -> View {
    let mut db = Cmdb::default();
    db.apply(&changes(groups), Transaction::at(Timestamp::from_secs(0))).unwrap();
    db.at(None, None)
}

/// The least set that is down, by counting from the definition.
pub(crate) fn oracle(groups: &Groups, failed: &[usize]) -> BTreeSet<usize> {
    let mut member_of: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    let mut spare: Vec<Vec<i64>> = Vec::new();
    for (source, groups) in groups.iter().enumerate() {
        spare.push(groups.iter().map(|(need, all)| all.len() as i64 - i64::from(*need)).collect());
        for (n, (_, members)) in groups.iter().enumerate() {
            for member in members {
                member_of.entry(*member).or_default().push((source, n));
            }
        }
    }
    let mut down: BTreeSet<usize> = failed.iter().copied().collect();
    let mut todo = failed.to_vec();
    todo.sort_unstable();
    todo.dedup();
    while let Some(item) = todo.pop() {
        for &(source, n) in member_of.get(&item).into_iter().flatten() {
            spare[source][n] -= 1;
            if spare[source][n] < 0 && down.insert(source) {
                todo.push(source);
            }
        }
    }
    down
}

fn random_graph(random: &mut Random, items: usize, back: usize) -> Groups {
    (0..items)
        .map(|source| {
            (0..random.below(3))
                .map(|_| {
                    let members: BTreeSet<usize> = (0..1 + random.below(4))
                        .map(|_| match random.below(back) {
                            0 => random.below(items),
                            _ => source.saturating_sub(1 + random.below(1 + source / 2)),
                        })
                        .collect();
                    (1 + random.below(members.len()) as u32, members.into_iter().collect())
                })
                .collect()
        })
        .collect()
}

fn check(groups: &Groups, view: &View, failed: &[usize]) -> usize {
    let ids: Vec<String> = failed.iter().map(usize::to_string).collect();
    let impact = view.impact(&ids).unwrap();
    let number = |id: &str| id.parse::<usize>().unwrap();
    let down: BTreeSet<usize> = impact.down().into_iter().map(number).collect();
    assert_eq!(down, oracle(groups, failed), "{failed:?}");
    assert_eq!(impact.down_rows().len(), down.len(), "each once");
    // The slack of groups says the same as the sets.
    let up = |id: &str| !down.contains(&number(id));
    let slack = impact.groups();
    let degraded: BTreeSet<&str> =
        slack.iter().map(|group| group.id.as_str()).filter(|id| up(id)).collect();
    assert_eq!(degraded.into_iter().collect::<Vec<_>>(), impact.degraded());
    let last = slack.iter().filter(|group| group.slack == 0 && up(&group.id));
    let at_risk: BTreeSet<&str> = last.map(|group| group.id.as_str()).collect();
    assert_eq!(at_risk.into_iter().collect::<Vec<_>>(), impact.at_risk());
    assert!(slack.iter().all(|group| group.slack >= 0 || !up(&group.id)));
    down.len()
}

#[test]
fn large_impacts_are_the_least_fixpoint_too() {
    let mut random = Random(7);
    let mut largest = 0;
    for back in [4, 40, usize::MAX] {
        let groups = random_graph(&mut random, 4000, back);
        let view = view(&groups);
        for n in 0..40 {
            let failed: Vec<usize> = (0..1 + n % 7 * 9)
                .map(|_| random.below(if n % 2 == 0 { 30 } else { 4000 }))
                .collect();
            largest = largest.max(check(&groups, &view, &failed));
        }
    }
    assert!(largest > 800, "{largest} down: no impact was large");
}

#[test]
fn a_circle_that_jumps_to_and_fro_ends() {
    // Each item needs one far away, back and forth, so that no order of memory suits.
    let items = 20_000;
    let place = |n: usize| if n.is_multiple_of(2) { n / 2 } else { items - 1 - n / 2 };
    let mut groups: Groups = vec![Vec::new(); items];
    for n in 0..items {
        groups[place((n + 1) % items)].push((1, vec![place(n)]));
    }
    // And many that go down at once, so that it is swept.
    for group in &mut groups[100..2000] {
        group.push((1, vec![0]));
    }
    let view = view(&groups);
    assert_eq!(check(&groups, &view, &[0]), items);
    assert_eq!(check(&groups, &view, &[]), 0);
    let why = view.impact(&["0"]).unwrap().why("10000").unwrap();
    let distinct: BTreeSet<&String> = why.path.iter().collect();
    assert_eq!(distinct.len(), why.path.len());
}

#[test]
fn every_moment_has_its_own_impact() {
    let mut random = Random(11);
    let groups = random_graph(&mut random, 1500, 20);
    let mut db = Cmdb::default();
    db.apply(&changes(&groups), Transaction::at(Timestamp::from_secs(10))).unwrap();
    // Later every plain dependency of the first thousand is removed.
    let mut later = groups.clone();
    let mut removed = Vec::new();
    for (source, groups) in later.iter_mut().enumerate().take(1000) {
        groups.retain(|(_, members)| {
            let [target] = members[..] else { return true };
            let change = RemoveRelation {
                source: source.to_string(),
                kind: "depends_on".to_owned(),
                target: target.to_string(),
                group: None,
            };
            let change = Change::RemoveRelation(change);
            // The same dependency may have been said twice.
            if !removed.contains(&change) {
                removed.push(change);
            }
            false
        });
    }
    db.apply(&removed, Transaction::at(Timestamp::from_secs(20))).unwrap();
    let view = |valid| db.at(Some(Timestamp::from_secs(valid)), None);
    let known = db.at(None, Some(Timestamp::from_secs(10)));
    for item in (0..1500).step_by(50) {
        check(&groups, &view(15), &[item]);
        check(&later, &view(20), &[item]);
        check(&groups, &known, &[item]);
    }
    assert!(view(5).impact(&["0"]).is_err());
}
