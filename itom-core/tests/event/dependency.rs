//! Learned dependencies: laws against a naive oracle, planted causes, real topology, bad days.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use itom_core::event::{
    DependencyDefinition, DependencyLearner, DependencyQuery, LearnedDependency, learn_dependencies,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;

use crate::common::golden;

/// xorshift64*: every run plants the same causes.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
}

fn add(query: &mut DependencyQuery, kind: &str, item: &str, seconds: f64) {
    query.types.push(kind.into());
    query.items.push(item.into());
    query.times.push(Timestamp::from_nanos((seconds * 1e9) as i64));
}

fn ring_of(items: usize) -> Vec<(String, String)> {
    (0..items).map(|n| (format!("item-{n}"), format!("item-{}", (n + 1) % items))).collect()
}

/// `count` alarms of each type at random, none of which causes another.
fn noise(kinds: &[&str], items: usize, count: usize, days: f64, seed: u64) -> DependencyQuery {
    let mut random = Random(seed);
    let mut query = DependencyQuery { links: ring_of(items), ..Default::default() };
    for kind in kinds {
        for _ in 0..count {
            let item = format!("item-{}", random.below(items));
            add(&mut query, kind, &item, random.unit() * days * 86400.0);
        }
    }
    query
}

/// Follows a share of the alarms of one type by one of another, `hops` further on the ring.
fn plant(query: &mut DependencyQuery, cause: &str, effect: &str, share: f64, hops: usize) {
    let mut random = Random(91 + hops as u64);
    for n in 0..query.types.len() {
        if query.types[n] == cause && random.unit() < share {
            let item: usize = query.items[n]["item-".len()..].parse().unwrap();
            let item = format!("item-{}", (item + hops) % query.links.len());
            let lag = 1.0 + 120.0 * random.unit();
            add(query, effect, &item, query.times[n].as_nanos() as f64 / 1e9 + lag);
        }
    }
}

fn pairs(found: &[LearnedDependency]) -> BTreeSet<(&str, &str)> {
    found.iter().map(|pair| (pair.cause.as_str(), pair.effect.as_str())).collect()
}

#[test]
fn what_was_planted_is_found_with_direction_lag_and_distance() {
    let mut query = noise(&["a", "b", "c", "d"], 50, 150, 60.0, 3);
    plant(&mut query, "a", "b", 0.8, 0);
    plant(&mut query, "c", "d", 0.8, 1);
    let found = learn_dependencies(&query).unwrap();
    assert_eq!(pairs(&found), [("a", "b"), ("c", "d")].into());
    let far = found.iter().find(|pair| pair.cause == "c").unwrap();
    assert!(far.share > 0.3 && far.by_distance[1] > 0.95 * far.share, "{far:?}");
    assert!((far.by_distance.iter().sum::<f64>() - far.share).abs() < 1e-12);
    assert!((100..150).contains(&far.support), "{far:?}");
    assert!(far.lag > Duration::from_secs(30) && far.lag < Duration::from_secs(90), "{far:?}");
    assert!(far.p_value < 1e-9 && far.strength > 0.25 && far.strength < 1.0);
}

#[test]
fn what_has_nothing_to_do_with_one_another_is_not_paired() {
    for seed in 1..6 {
        let query = noise(&["a", "b", "c", "d", "e", "f"], 30, 400, 30.0, seed);
        assert_eq!(learn_dependencies(&query).unwrap(), [], "seed {seed}");
    }
}

#[test]
fn an_indirect_pair_is_weaker_than_its_parts() {
    let mut query = noise(&["a", "x", "y"], 50, 200, 90.0, 5);
    plant(&mut query, "a", "b", 0.9, 0);
    plant(&mut query, "b", "c", 0.9, 0);
    query.definition.min_strength = 0.0;
    let found = learn_dependencies(&query).unwrap();
    let share = |cause: &str, effect: &str| {
        let pair = found.iter().find(|pair| pair.cause == cause && pair.effect == effect);
        pair.map_or(0.0, |pair| pair.share)
    };
    assert!(share("a", "b") > 0.7 && share("b", "c") > 0.5, "{found:#?}");
    assert!(share("a", "c") < 0.3 * share("b", "c"), "{found:#?}");
}

#[test]
fn with_a_half_life_old_history_fades() {
    let mut query = noise(&["old", "new", "x", "y"], 40, 10, 80.0, 8);
    for n in 0..80 {
        let old = f64::from(n) * 86400.0;
        let (cause, effect) = if n < 40 { ("old", "x") } else { ("new", "y") };
        add(&mut query, cause, &format!("item-{}", n % 40), old);
        add(&mut query, effect, &format!("item-{}", n % 40), old + 45.0);
    }
    let all = learn_dependencies(&query).unwrap();
    assert!(pairs(&all).contains(&("old", "x")) && pairs(&all).contains(&("new", "y")));
    query.definition.half_life = Some(Duration::from_secs(5 * 86400));
    query.definition.min_support = 3.0;
    let recent = learn_dependencies(&query).unwrap();
    let support = |found: &[LearnedDependency]| {
        found.iter().map(|pair| (pair.cause.clone(), pair.support)).collect::<BTreeMap<_, _>>()
    };
    assert!(!pairs(&recent).contains(&("old", "x")), "{recent:#?}");
    assert!(pairs(&recent).contains(&("new", "y")), "{recent:#?}");
    assert_eq!(support(&recent)["new"], support(&all)["new"], "support is not weighted");
}

#[test]
fn what_does_not_fit_together_is_named() {
    let refused = |change: fn(&mut DependencyQuery)| {
        let mut query = noise(&["a"], 3, 3, 1.0, 1);
        change(&mut query);
        learn_dependencies(&query).unwrap_err()
    };
    let error = refused(|query| query.items.truncate(1));
    assert_eq!((error.argument(), error.kind()), (Some("items"), ErrorKind::InvalidArgument));
    assert_eq!(refused(|query| query.times.clear()).argument(), Some("times"));
    let error = refused(|query| query.definition.quiet = Duration::from_secs(1));
    assert!(error.to_string().starts_with("quiet must be at least the lag"), "{error}");
}

#[test]
fn nothing_one_type_loops_and_the_ends_of_time_are_fine() {
    assert_eq!(learn_dependencies(&DependencyQuery::default()).unwrap(), []);
    assert_eq!(learn_dependencies(&noise(&["a"], 3, 90, 9.0, 1)).unwrap(), []);
    let mut query = noise(&["a", "b"], 3, 50, 9.0, 1);
    query.links.extend([("item-0".into(), "item-0".into()), ("never".into(), "seen".into())]);
    query.times[0] = Timestamp::MIN;
    query.times[1] = Timestamp::MAX;
    for lag in [Duration::from_nanos(1), Duration::MAX] {
        query.definition = DependencyDefinition { lag, quiet: Duration::MAX, ..Default::default() };
        query.definition.half_life = Some(Duration::from_nanos(1));
        let found = learn_dependencies(&query).unwrap();
        assert!(found.iter().all(|pair| pair.strength.is_finite() && pair.share.is_finite()));
    }
}

/// Twenty thousand names and a hub that neighbours everything do not make it slow or large.
#[test]
fn a_flood_of_names_and_a_hub_are_bounded() {
    let mut query = DependencyQuery::default();
    for n in 0..20_000 {
        add(&mut query, &format!("type-{n}"), &format!("item-{}", n % 7), f64::from(n) / 1e3);
        query.links.push(("hub".into(), format!("item-{n}")));
    }
    assert_eq!(learn_dependencies(&query).unwrap(), []);
}

/// How many onsets of each type followed which other, and by how much, counted one by one.
fn counted(query: &DependencyQuery) -> BTreeMap<(String, String), Vec<i64>> {
    let definition = &query.definition;
    let mut alarms: Vec<(&str, &str, i64)> = (0..query.types.len())
        .map(|n| (&*query.types[n], &*query.items[n], query.times[n].as_nanos()))
        .collect();
    alarms.sort_unstable();
    let onsets: Vec<_> = (0..alarms.len())
        .filter(|&n| {
            let (kind, item, time) = alarms[n];
            n == 0 || {
                let before = alarms[n - 1];
                (before.0, before.1) != (kind, item)
                    || time - before.2 > definition.quiet.as_nanos()
            }
        })
        .map(|n| alarms[n])
        .collect();
    let mut counted: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for effect in &onsets {
        let near = within(query, effect.1);
        let mut nearest: BTreeMap<&str, i64> = BTreeMap::new();
        for cause in &onsets {
            let lag = effect.2 - cause.2;
            if near.contains(cause.1) && lag > 0 && lag <= 5 * definition.lag.as_nanos() {
                let least = nearest.entry(cause.0).or_insert(lag);
                *least = lag.min(*least);
            }
        }
        for (cause, lag) in nearest {
            if cause != effect.0 {
                counted.entry((cause.into(), effect.0.into())).or_default().push(lag);
            }
        }
    }
    counted
}

fn within<'a>(query: &'a DependencyQuery, item: &'a str) -> BTreeSet<&'a str> {
    let mut distance: BTreeMap<&str, u32> = [(item, 0)].into();
    let mut waiting: VecDeque<&str> = [item].into();
    while let Some(near) = waiting.pop_front() {
        let next = distance[near] + 1;
        for (a, b) in &query.links {
            for (from, to) in [(a, b), (b, a)] {
                if from == near && next <= query.definition.hops && !distance.contains_key(&**to) {
                    distance.insert(to, next);
                    waiting.push_back(to);
                }
            }
        }
    }
    distance.into_keys().collect()
}

fn history() -> impl Strategy<Value = DependencyQuery> {
    let storm = (0..30i64, 0..60i64).prop_map(|(storm, second)| storm * 1000 + second);
    let alarms = prop::collection::vec((0..5u8, 0..6u8, storm), 0..150);
    let links = prop::collection::vec((0..6u8, 0..6u8), 0..9);
    (alarms, links, 0..4u32, 1..20i64, 0..60i64).prop_map(|(alarms, links, hops, lag, more)| {
        DependencyQuery {
            types: alarms.iter().map(|(kind, _, _)| format!("type-{kind}")).collect(),
            items: alarms.iter().map(|(_, item, _)| format!("item-{item}")).collect(),
            times: alarms.iter().map(|(_, _, time)| Timestamp::from_secs(*time)).collect(),
            links: links.iter().map(|(a, b)| (format!("item-{a}"), format!("item-{b}"))).collect(),
            definition: DependencyDefinition {
                lag: Duration::from_secs(lag),
                quiet: Duration::from_secs(lag + more),
                hops,
                min_support: 1.0,
                min_strength: 0.0,
                ..Default::default()
            },
        }
    })
}

proptest! {
    #[test]
    fn support_and_lag_are_what_counting_gives(query in history()) {
        let found = learn_dependencies(&query).unwrap();
        let mut expected = counted(&query);
        prop_assert!(found.len() <= expected.len());
        for pair in found {
            let lags = expected.get_mut(&(pair.cause, pair.effect)).unwrap();
            lags.sort_unstable();
            prop_assert_eq!(pair.support, lags.len() as u64);
            prop_assert_eq!(pair.lag.as_nanos(), lags[(lags.len() - 1) / 2]);
            prop_assert!((0.0..=1.0).contains(&pair.strength));
            prop_assert!((0.0..=1.0).contains(&pair.share));
            prop_assert!((0.0..=1.0).contains(&pair.p_value));
            prop_assert_eq!(pair.by_distance.len() as u32, query.definition.hops + 1);
        }
    }

    #[test]
    fn any_order_of_alarms_and_links_gives_the_same(
        query in history(),
        seed in any::<u64>(),
    ) {
        let mut random = Random(seed | 1);
        let mut shuffled = query.clone();
        for n in (1..shuffled.types.len()).rev() {
            let other = random.below(n + 1);
            shuffled.types.swap(n, other);
            shuffled.items.swap(n, other);
            shuffled.times.swap(n, other);
        }
        shuffled.links.reverse();
        for (a, b) in &mut shuffled.links {
            std::mem::swap(a, b);
        }
        prop_assert_eq!(learn_dependencies(&query).unwrap(), learn_dependencies(&shuffled).unwrap());
    }

    #[test]
    fn other_names_and_another_epoch_change_nothing_else(query in history()) {
        let types = ["zeta", "alpha", "mid", "beta", "yew"];
        let rename = |name: &str, to: fn(usize) -> String| to(name[5..].parse().unwrap());
        let mut renamed = query.clone();
        for kind in &mut renamed.types {
            *kind = types[kind[5..].parse::<usize>().unwrap()].into();
        }
        let other = |n: usize| format!("{:x}", (n * 7919 + 13) % 101);
        renamed.items.iter_mut().for_each(|item| *item = rename(item, other));
        for (a, b) in &mut renamed.links {
            (*a, *b) = (rename(a, other), rename(b, other));
        }
        for time in &mut renamed.times {
            *time = Timestamp::from_nanos(time.as_nanos() + 1_750_000_000_000_000_000);
        }
        let before: BTreeMap<_, _> = learn_dependencies(&query).unwrap().into_iter().map(|pair| {
            let name = |name: &str| types[name[5..].parse::<usize>().unwrap()].to_owned();
            ((name(&pair.cause), name(&pair.effect)), pair)
        }).collect();
        let after = learn_dependencies(&renamed).unwrap();
        prop_assert_eq!(before.len(), after.len());
        for pair in after {
            let old = &before[&(pair.cause, pair.effect)];
            prop_assert_eq!((pair.support, pair.lag), (old.support, old.lag));
            prop_assert!((pair.strength - old.strength).abs() < 1e-2);
            prop_assert!((pair.share - old.share).abs() < 1e-2);
        }
    }
}

fn learner(query: &DependencyQuery) -> DependencyLearner {
    let mut learner = DependencyLearner::new(query.definition.clone()).unwrap();
    learner.add(&query.types, &query.items, &query.times).unwrap();
    learner
}

proptest! {
    #[test]
    fn a_learner_says_what_one_call_says(query in history(), seed in any::<u64>(), cut in 0..150usize) {
        let mut random = Random(seed | 1);
        let mut order: Vec<usize> = (0..query.types.len()).collect();
        for n in (1..order.len()).rev() {
            order.swap(n, random.below(n + 1));
        }
        let mut learner = DependencyLearner::new(query.definition.clone()).unwrap();
        let (before, after) = order.split_at(cut.min(order.len()));
        for batch in [before, after] {
            let types: Vec<String> = batch.iter().map(|&n| query.types[n].clone()).collect();
            let items: Vec<String> = batch.iter().map(|&n| query.items[n].clone()).collect();
            let times: Vec<Timestamp> = batch.iter().map(|&n| query.times[n]).collect();
            learner.add(&types, &items, &times).unwrap();
            learner = DependencyLearner::from_bytes(&learner.to_bytes()).unwrap();
        }
        prop_assert_eq!(&learner, &self::learner(&query));
        let once = learn_dependencies(&query).unwrap();
        prop_assert_eq!(learner.learned(&query.links).unwrap(), once);
    }

    #[test]
    fn a_full_learner_forgets_what_ended_the_longest_ago(query in history(), bound in 1..30u64) {
        let mut query = query;
        let all = learner(&query);
        query.definition.max_runs = bound;
        let bounded = learner(&query);
        prop_assert!(bounded.runs() <= bound);
        if bounded.forgotten() == 0 {
            prop_assert_eq!(bounded.runs(), all.runs());
        } else {
            prop_assert!(bounded.runs() + bounded.forgotten() >= all.runs());
        }
    }
}

#[test]
fn every_damage_of_a_snapshot_is_noticed() {
    let bytes = learner(&noise(&["a", "b"], 3, 6, 9.0, 1)).to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(DependencyLearner::from_bytes(&damaged).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(DependencyLearner::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn the_golden_snapshot_goes_on() {
    let query = || {
        let mut query = noise(&["a", "c"], 9, 30, 20.0, 4);
        plant(&mut query, "a", "b", 0.9, 0);
        query
    };
    let bytes = golden("event.dependency_learner.v1.itom", || learner(&query()).to_bytes());
    let known = DependencyLearner::from_bytes(&bytes).unwrap();
    let found = known.learned(&query().links).unwrap();
    assert_eq!(pairs(&found), [("a", "b")].into());
    assert_eq!(known, learner(&query()));
}

/// Labelled cascades over the topology and the causal graph of a real network.
#[test]
fn cascades_over_a_real_topology_show_their_causes() {
    let Some(data) = std::env::var_os("ITOM_DATA") else {
        println!("skipped: set ITOM_DATA to the folder that holds telecom_alarms");
        return;
    };
    let folder = std::path::Path::new(&data).join("telecom_alarms");
    let rows = |name: &str| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
    };
    let pair = |row: &Vec<String>| (row[0].clone(), row[1].clone());
    let links: Vec<_> = rows("24V_439N_Microwave/links.csv").iter().map(pair).collect();
    let truth: BTreeSet<_> = rows("24V_439N_Microwave/causes.csv").iter().map(pair).collect();
    for (name, least) in [("slow", 0.6), ("busy", 0.6), ("storm", 0.5)] {
        let mut query = DependencyQuery { links: links.clone(), ..Default::default() };
        for row in rows(&format!("cascades/lab_{name}.csv")) {
            add(&mut query, &row[0], &row[1], row[2].parse().unwrap());
        }
        let found = learn_dependencies(&query).unwrap();
        let hits =
            found.iter().filter(|pair| truth.contains(&(pair.cause.clone(), pair.effect.clone())));
        let f1 = 2.0 * hits.count() as f64 / (found.len() + truth.len()) as f64;
        assert!(f1 >= least, "{name}: F1 {f1}");
    }
}
