//! What relations say of impact — which way, in groups of what need — against the definitions taken
//! literally; now, as of a past time and on a branch.

use std::collections::{BTreeMap, BTreeSet};

use itom_core::cmdb::{
    Change, Cmdb, CutSetQuery, FailureCauseQuery, GraphFilter, ImpactRules, MinUpType,
    ModelDefinition, PutItem, PutRelation, RemoveRelation, Transaction, View,
};
use itom_core::{ErrorKind, Timestamp};

use crate::impact::Random;

const ITEMS: usize = 8;

fn model() -> ModelDefinition {
    serde_json::from_str(
        r#"{"classes": {"x": {}, "service": {}}, "relations": {
            "uses": {"inverse": "used_by"},
            "powers": {"inverse": "powered_by", "impact": "source_to_target"},
            "paired_with": {"impact": "both", "weight": 250},
            "mirrors": {"symmetric": true, "impact": "both"},
            "owned_by": {"impact": "none"}}}"#,
    )
    .unwrap()
}

/// Source, kind, target, group.
type Name = (usize, &'static str, usize, Option<String>);

/// The relations that are there, by name, each with what it says.
#[derive(Clone, Default)]
struct Estate(BTreeMap<Name, PutRelation>);

/// A group as the definition has it: who depends, how much has to be up, and of whom how much.
struct Pool {
    consumer: usize,
    need: u64,
    members: BTreeMap<usize, u64>,
}

impl Pool {
    fn up(&self, down: &BTreeSet<usize>) -> u64 {
        self.members.iter().filter(|(n, _)| !down.contains(n)).map(|(_, units)| units).sum()
    }
}

fn number(id: &str) -> usize {
    id.parse().unwrap()
}

fn numbers<'a>(ids: impl IntoIterator<Item = &'a str>) -> BTreeSet<usize> {
    ids.into_iter().map(number).collect()
}

impl Estate {
    fn put(&mut self, put: PutRelation) {
        let kind = ["uses", "powers", "paired_with", "mirrors", "owned_by"]
            .into_iter()
            .find(|kind| *kind == put.kind)
            .unwrap();
        let (mut source, mut target) = (number(&put.source), number(&put.target));
        if kind == "mirrors" && target < source {
            (source, target) = (target, source);
        }
        self.0.insert((source, kind, target, put.group.clone()), put);
    }

    fn pools(&self) -> Vec<Pool> {
        let mut pools: Vec<Pool> = Vec::new();
        let mut named: BTreeMap<(usize, &str), Vec<(usize, &PutRelation)>> = BTreeMap::new();
        for ((source, kind, target, group), put) in &self.0 {
            let (forth, back) = match *kind {
                "uses" => (true, false),
                "powers" => (false, true),
                "owned_by" => (false, false),
                _ => (true, true),
            };
            let owner = if *kind == "powers" { target } else { source };
            for (consumer, provider, bears) in [(source, target, forth), (target, source, back)] {
                match group {
                    _ if !bears => {}
                    Some(group) if consumer == owner => {
                        named.entry((*consumer, group)).or_default().push((*provider, put));
                    }
                    _ => pools.push(Pool {
                        consumer: *consumer,
                        need: 1,
                        members: [(*provider, 1)].into(),
                    }),
                }
            }
        }
        for ((consumer, _), said) in named {
            let (min_up, by) = (said[0].1.min_up.unwrap() as u64, said[0].1.min_up_type);
            let mut members: BTreeMap<usize, u64> = BTreeMap::new();
            for (member, put) in said {
                let usual = if put.kind == "paired_with" { 250 } else { 100 };
                let units = match by {
                    MinUpType::Count | MinUpType::Percent => 1,
                    _ => u64::from(put.weight.unwrap_or(usual)),
                };
                let known = members.entry(member).or_insert(units);
                *known = units.max(*known);
            }
            let share = |all: u64| (all * min_up).div_ceil(100);
            let need = match by {
                MinUpType::Count | MinUpType::Weight => min_up,
                MinUpType::Percent => share(members.len() as u64),
                MinUpType::WeightPercent => share(members.values().sum()),
            };
            pools.push(Pool { consumer, need, members });
        }
        pools
    }

    fn down(&self, failed: &BTreeSet<usize>) -> BTreeSet<usize> {
        let (pools, mut down) = (self.pools(), failed.clone());
        loop {
            let before = down.len();
            for pool in &pools {
                if pool.up(&down) < pool.need {
                    down.insert(pool.consumer);
                }
            }
            if down.len() == before {
                return down;
            }
        }
    }

    /// Degraded, and of those at risk.
    fn wounded(&self, down: &BTreeSet<usize>) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let (mut degraded, mut at_risk) = (BTreeSet::new(), BTreeSet::new());
        for pool in self.pools() {
            let is_hit = pool.members.keys().any(|member| down.contains(member));
            if down.contains(&pool.consumer) || !is_hit {
                continue;
            }
            degraded.insert(pool.consumer);
            let up = pool.up(down);
            let mut left = pool.members.iter().filter(|(member, _)| !down.contains(member));
            if left.any(|(_, units)| up - units < pool.need) {
                at_risk.insert(pool.consumer);
            }
        }
        (degraded, at_risk)
    }

    /// The minimal sets of at most `most` items that take all of `tops` down.
    fn minimal(
        &self,
        tops: &[usize],
        most: usize,
        may: impl Fn(usize) -> bool,
    ) -> BTreeSet<BTreeSet<usize>> {
        let mut sets: Vec<BTreeSet<usize>> = (0..1usize << ITEMS)
            .map(|bits| (0..ITEMS).filter(|n| bits >> n & 1 == 1).collect())
            .filter(|set: &BTreeSet<usize>| set.len() <= most && set.iter().all(|n| may(*n)))
            .collect();
        sets.sort_by_key(BTreeSet::len);
        let mut found: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
        for set in sets {
            let down = self.down(&set);
            let is_new = !found.iter().any(|smaller| smaller.is_subset(&set));
            if is_new && tops.iter().all(|top| down.contains(top)) {
                found.insert(set);
            }
        }
        found
    }

    fn check(&self, view: &View, random: &mut Random) {
        for _ in 0..4 {
            let failed: BTreeSet<usize> =
                (0..random.below(3)).map(|_| random.below(ITEMS)).collect();
            self.check_impact(view, &failed);
        }
        let top = random.below(ITEMS);
        let query = CutSetQuery { max_size: 2, ..CutSetQuery::default() };
        let cuts = view.cut_sets(&top.to_string(), &query).unwrap();
        let found: BTreeSet<BTreeSet<usize>> =
            cuts.sets.iter().map(|set| numbers(set.iter().map(String::as_str))).collect();
        assert_eq!(found, self.minimal(&[top], 2, |n| n != top), "cut sets of {top}");
        let tops = [top, random.below(ITEMS)];
        let query =
            FailureCauseQuery { max_size: 2, limit: usize::MAX, ..FailureCauseQuery::default() };
        let causes = view.causes(&tops.map(|n| n.to_string()), &query).unwrap().causes;
        let found: BTreeSet<BTreeSet<usize>> =
            causes.iter().map(|cause| numbers(cause.failed.iter().map(String::as_str))).collect();
        assert_eq!(found, self.minimal(&tops, 2, |_| true), "causes of {tops:?}");
        self.check_ways(view, top);
    }

    fn check_impact(&self, view: &View, failed: &BTreeSet<usize>) {
        let ids: Vec<String> = failed.iter().map(usize::to_string).collect();
        let impact = view.impact(&ids).unwrap();
        let down = self.down(failed);
        assert_eq!(numbers(impact.down()), down, "{failed:?} down");
        let (degraded, at_risk) = self.wounded(&down);
        assert_eq!(numbers(impact.degraded()), degraded, "{failed:?} degraded");
        assert_eq!(numbers(impact.at_risk()), at_risk, "{failed:?} at risk");
        let told = impact.groups();
        let hit = told.iter().filter(|group| !down.contains(&number(&group.id)));
        assert_eq!(numbers(hit.map(|group| group.id.as_str())), degraded);
        assert!(told.iter().all(|group| group.slack >= 0 || down.contains(&number(&group.id))));
        for item in 0..ITEMS {
            let why = impact.why(&item.to_string()).unwrap();
            let path: Vec<usize> = why.path.iter().map(|id| number(id)).collect();
            assert_eq!(path.is_empty(), !down.contains(&item) && !degraded.contains(&item));
            assert!(path.last().is_none_or(|last| *last == item));
            // Each was brought down by one that some pool of it counts on.
            for pair in path.windows(2) {
                let counts =
                    |pool: &Pool| pool.consumer == pair[1] && pool.members.contains_key(&pair[0]);
                assert!(self.pools().iter().any(counts), "{path:?}");
            }
        }
        // Rules of up and down say the same.
        let observed = ids.iter().map(|id| (id.clone(), "down".to_owned())).collect();
        let statuses = view.statuses(&observed, &ImpactRules::up_or_down()).unwrap();
        assert_eq!(numbers(statuses.iter().map(|status| status.id.as_str())), down);
    }

    /// Everything that goes from item to item, from one.
    fn check_ways(&self, view: &View, top: usize) {
        let mut next: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for pool in self.pools() {
            next.entry(pool.consumer).or_default().extend(pool.members.keys());
        }
        let mut levels = BTreeMap::from([(top, 0)]);
        let mut ring = vec![top];
        for level in 1.. {
            let all: BTreeSet<usize> =
                ring.iter().flat_map(|n| next.get(n).into_iter().flatten()).copied().collect();
            ring = all.into_iter().filter(|n| !levels.contains_key(n)).collect();
            levels.extend(ring.iter().map(|n| (*n, level)));
            if ring.is_empty() {
                break;
            }
        }
        let id = top.to_string();
        let below = view.dependencies(&id).unwrap();
        let found: BTreeMap<usize, u32> =
            below.iter().map(|one| (number(&one.id), one.level)).chain([(top, 0)]).collect();
        assert_eq!(found, levels);
        let direct = view.providers(&id).unwrap();
        assert_eq!(numbers(direct), next.get(&top).cloned().unwrap_or_default());
        let consumers = (0..ITEMS).filter(|n| next.get(n).is_some_and(|all| all.contains(&top)));
        assert_eq!(numbers(view.consumers(&id).unwrap()), consumers.collect());
        let kinds = ["uses", "powers", "paired_with", "mirrors"].map(str::to_owned).into();
        let filter = GraphFilter { kinds, ..GraphFilter::default() };
        let map = view.service_map(&id, &filter).unwrap();
        let drawn = numbers(map.nodes.iter().map(|node| node.id.as_str()));
        assert_eq!(drawn, levels.keys().copied().collect());
        for target in 0..ITEMS {
            let target_id = target.to_string();
            let found = view.shortest_paths(&id, &target_id, &filter).unwrap().paths;
            assert_eq!(found.is_empty(), !levels.contains_key(&target));
            for path in found {
                assert_eq!(path.len(), levels[&target] as usize + 1);
                let steps = path.windows(2);
                assert!(steps.into_iter().all(|s| next[&number(&s[0])].contains(&number(&s[1]))));
            }
        }
    }
}

/// A change that is accepted: a group whole, a relation of its own, or one removed.
fn step(random: &mut Random, estate: &mut Estate) -> Vec<Change> {
    let kind = ["uses", "uses", "powers", "powers", "paired_with", "mirrors", "owned_by"];
    let kind = kind[random.below(7)];
    let put = |source: usize, target: usize| {
        PutRelation::new(&source.to_string(), kind, &target.to_string())
    };
    let one = random.below(ITEMS);
    match random.below(4) {
        0 if !estate.0.is_empty() => {
            let name = estate.0.keys().nth(random.below(estate.0.len())).cloned().unwrap();
            estate.0.remove(&name);
            let (source, kind, target, group) = name;
            vec![Change::RemoveRelation(RemoveRelation {
                source: source.to_string(),
                kind: kind.to_owned(),
                target: target.to_string(),
                group,
            })]
        }
        1 => {
            let put = put(one, random.below(ITEMS));
            estate.put(put.clone());
            vec![Change::PutRelation(put)]
        }
        _ if kind == "mirrors" => Vec::new(),
        _ => {
            let name = format!("g{}", random.below(2));
            let owner = |row: &Name| if row.1 == "powers" { row.2 } else { row.0 };
            let of_group = |row: &&Name| row.3.as_ref() == Some(&name) && owner(row) == one;
            let mut changes = Vec::new();
            // What was in the group before goes first.
            let old: Vec<Name> = estate.0.keys().filter(of_group).cloned().collect();
            for name in old {
                estate.0.remove(&name);
                let (source, kind, target, group) = name;
                changes.push(Change::RemoveRelation(RemoveRelation {
                    source: source.to_string(),
                    kind: kind.to_owned(),
                    target: target.to_string(),
                    group,
                }));
            }
            let members: BTreeSet<usize> =
                (0..1 + random.below(4)).map(|_| random.below(ITEMS)).collect();
            let by =
                [MinUpType::Count, MinUpType::Percent, MinUpType::Weight, MinUpType::WeightPercent]
                    [random.below(4)];
            let need = match by {
                MinUpType::Count => 1 + random.below(members.len()),
                MinUpType::Weight => 1 + random.below(members.len() * 40),
                _ => 1 + random.below(100),
            };
            for member in members {
                // A member may be one twice over, by relations of two kinds.
                let kinds: &[&str] = match kind {
                    "powers" => &["powers"],
                    _ => {
                        [&["uses"][..], &["paired_with"], &["paired_with", "uses"]][random.below(3)]
                    }
                };
                for kind in kinds {
                    let (source, target) =
                        if *kind == "powers" { (member, one) } else { (one, member) };
                    let mut put = PutRelation::new(&source.to_string(), kind, &target.to_string())
                        .in_group(&name, need as u32)
                        .by(by);
                    if random.below(3) > 0 {
                        put = put.weighing(40 + random.below(300) as u32);
                    }
                    estate.put(put.clone());
                    changes.push(Change::PutRelation(put));
                }
            }
            changes
        }
    }
}

fn at(seconds: i64) -> Transaction {
    Transaction::at(Timestamp::from_secs(seconds))
}

fn estate(random: &mut Random) -> (Cmdb, Vec<Estate>) {
    let mut db = Cmdb::new(model()).unwrap();
    let class = |n: usize| if n < 2 { "service" } else { "x" };
    let put = |n: usize| Change::PutItem(PutItem::new(&n.to_string(), class(n)));
    db.apply(&(0..ITEMS).map(put).collect::<Vec<_>>(), at(0)).unwrap();
    let mut states = vec![Estate::default()];
    for second in 1..14 {
        let mut next = states.last().unwrap().clone();
        let changes = step(random, &mut next);
        if !changes.is_empty() {
            db.apply(&changes, at(second)).unwrap();
        }
        states.push(next);
    }
    (db, states)
}

#[test]
fn impact_goes_the_way_that_kinds_say_at_any_time_and_on_branches() {
    let mut random = Random(11);
    for _ in 0..60 {
        let (db, states) = estate(&mut random);
        let last = states.last().unwrap();
        last.check(&db.at(None, None), &mut random);
        let past = random.below(states.len());
        let moment = Some(Timestamp::from_secs(past as i64));
        states[past].check(&db.at(moment, None), &mut random);
        states[past].check(&db.at(None, moment), &mut random);
        let (mut branch, mut changed) = (db.branch(), last.clone());
        for second in 20..25 {
            let changes = step(&mut random, &mut changed);
            if !changes.is_empty() {
                branch.apply(&changes, at(second)).unwrap();
            }
        }
        changed.check(&branch.at(None, None), &mut random);
        states[past].check(&branch.at(moment, None), &mut random);
        last.check(&db.at(None, None), &mut random);
        let restored = Cmdb::from_bytes(&branch.to_bytes()).unwrap();
        changed.check(&restored.at(None, None), &mut random);
    }
}

#[test]
fn feeds_of_one_machine_are_a_group_of_it_though_they_are_written_from_their_side() {
    let mut db = Cmdb::new(model()).unwrap();
    let mut changes: Vec<Change> =
        ["1", "2", "10", "11"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    for host in ["10", "11"] {
        for feed in ["1", "2"] {
            let need = if host == "10" { 1 } else { 2 };
            let powers = PutRelation::new(feed, "powers", host).in_group("feeds", need);
            changes.push(Change::PutRelation(powers));
        }
    }
    db.apply(&changes, at(0)).unwrap();
    let impact = db.at(None, None).impact(&["1"]).unwrap();
    assert_eq!(impact.down(), ["1", "11"]);
    assert_eq!(impact.at_risk(), ["10"]);
    let view = db.at(None, None);
    let next = view.neighbours("10", itom_core::cmdb::Direction::Providers, None).unwrap();
    assert_eq!((next[0].id.as_str(), next[0].name.as_str()), ("1", "powered_by"));
    // One member more than there is, and a kind that turns round under a group, are refused.
    let more = PutRelation::new("1", "powers", "2").in_group("feeds", 2);
    let error = db.apply(&[Change::PutRelation(more)], at(1)).unwrap_err();
    assert!(error.to_string().contains("group \"feeds\" of \"2\""), "{error}");
    let mut turned = model();
    turned.relations.get_mut("powers").unwrap().impact =
        itom_core::cmdb::ImpactDirection::TargetToSource;
    let error = db.set_model(turned, at(2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("group \"feeds\" of \"10\" has it as a member"), "{error}");
    // Removing names the relation as it was put.
    let text = r#"{"source": "2", "kind": "powers", "target": "10", "group": "feeds"}"#;
    let gone = Change::RemoveRelation(serde_json::from_str(text).unwrap());
    db.apply(&[gone], at(3)).unwrap();
    assert_eq!(db.at(None, None).impact(&["1"]).unwrap().down(), ["1", "10", "11"]);
}
