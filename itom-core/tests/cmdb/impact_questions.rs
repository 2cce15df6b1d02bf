//! Causes, cut sets, maintenance, maps and statuses, against definitions taken literally.

use std::collections::{BTreeMap, BTreeSet};

use itom_core::cmdb::{
    Change, Cmdb, CutSetQuery, Direction, EdgeRule, FailureCauseQuery, GraphFilter, ImpactRule,
    ImpactRules, MapFunction, MinUp, PutItem, PutRelation, Reduce, ReduceGroup, RemoveItem,
    Transaction, View,
};
use itom_core::{ErrorKind, Timestamp};

use crate::impact::{Groups, Random, oracle, view};

/// Small graphs with circles and groups.
fn graph(random: &mut Random, items: usize) -> Groups {
    (0..items)
        .map(|_| {
            (0..random.below(3))
                .map(|_| {
                    let members: BTreeSet<usize> =
                        (0..1 + random.below(4)).map(|_| random.below(items)).collect();
                    (1 + random.below(members.len()) as u32, members.into_iter().collect())
                })
                .collect()
        })
        .collect()
}

/// All subsets of at most so many, the small ones first.
fn subsets(items: usize, most: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = (0..1usize << items)
        .map(|bits| (0..items).filter(|n| bits >> n & 1 == 1).collect())
        .filter(|set: &Vec<usize>| set.len() <= most)
        .collect();
    all.sort_by_key(Vec::len);
    all
}

/// The minimal of these sets that take all of `tops` down.
fn minimal(groups: &Groups, tops: &[usize], sets: &[Vec<usize>]) -> BTreeSet<BTreeSet<String>> {
    let mut found: Vec<&Vec<usize>> = Vec::new();
    for set in sets {
        let part = |smaller: &&Vec<usize>| smaller.iter().all(|n| set.contains(n));
        let down = oracle(groups, set);
        if tops.iter().all(|top| down.contains(top)) && !found.iter().any(part) {
            found.push(set);
        }
    }
    found.into_iter().map(|set| set.iter().map(usize::to_string).collect()).collect()
}

#[test]
fn cut_sets_are_all_the_minimal_ones() {
    let mut random = Random(3);
    let mut most = 0;
    for _ in 0..150 {
        let groups = graph(&mut random, 8);
        let view = view(&groups);
        for top in 0..2 {
            let allowed = subsets(8, 3).into_iter().filter(|set| !set.contains(&top));
            let want = minimal(&groups, &[top], &allowed.collect::<Vec<_>>());
            let cuts = view.cut_sets(&top.to_string(), &CutSetQuery::default()).unwrap();
            assert!(cuts.complete);
            let got: BTreeSet<BTreeSet<String>> =
                cuts.sets.iter().map(|set| set.iter().cloned().collect()).collect();
            assert_eq!(got.len(), cuts.sets.len(), "each once");
            assert_eq!(got, want, "{groups:?}");
            let singles = cuts.single_points().len();
            assert_eq!(singles, want.iter().filter(|set| set.len() == 1).count());
            most = most.max(want.len());
        }
    }
    assert!(most >= 5, "at most {most} sets: too easy");
}

#[test]
fn causes_are_all_the_minimal_ones_and_ranked() {
    let mut random = Random(5);
    for _ in 0..150 {
        let groups = graph(&mut random, 7);
        let view = view(&groups);
        let seen = [0, 1 + random.below(6)];
        let ids = seen.map(|n| n.to_string());
        let query = FailureCauseQuery { max_size: 2, limit: 1000, ..FailureCauseQuery::default() };
        let causes = view.causes(&ids, &query).unwrap();
        let want = minimal(&groups, &seen, &subsets(7, 2));
        let got: BTreeSet<BTreeSet<String>> =
            causes.causes.iter().map(|cause| cause.failed.iter().cloned().collect()).collect();
        assert_eq!(got, want, "{groups:?}");
        for cause in &causes.causes {
            let failed: Vec<usize> = cause.failed.iter().map(|id| id.parse().unwrap()).collect();
            let down = oracle(&groups, &failed);
            assert_eq!(cause.down, down.len() as u64);
            let unseen = down.iter().filter(|n| !seen.contains(n) && !failed.contains(n)).count();
            assert_eq!(cause.unseen, unseen as u64);
        }
        let rank = |n: usize| (causes.causes[n].failed.len(), causes.causes[n].unseen);
        assert!((1..causes.causes.len()).all(|n| rank(n - 1) <= rank(n)));
    }
}

#[test]
fn bounds_are_said() {
    let items = 60;
    let mut groups: Groups = vec![Vec::new(); items];
    for pool in 0..12 {
        groups[0].push((1, (1 + pool * 4..5 + pool * 4).collect()));
    }
    let view = view(&groups);
    let query = CutSetQuery { max_trials: 50, ..CutSetQuery::default() };
    assert!(!view.cut_sets("0", &query).unwrap().complete);
    assert!(view.cut_sets("0", &CutSetQuery { max_size: 2, ..query }).unwrap().sets.is_empty());
    for max_size in [0, 4] {
        let query = CutSetQuery { max_size, ..CutSetQuery::default() };
        let error = view.cut_sets("0", &query).unwrap_err();
        assert!(error.to_string().contains("max_size"), "{error}");
    }
    assert_eq!(
        view.cut_sets("nobody", &CutSetQuery::default()).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert!(view.causes::<&str>(&[], &FailureCauseQuery::default()).is_err());
    let classes = CutSetQuery { classes: vec!["other".to_owned()], ..CutSetQuery::default() };
    assert!(view.cut_sets("0", &classes).unwrap().sets.is_empty());
}

/// shop needs 2 of 3 webs and the database; webs run on hosts; two webs share one.
fn shop() -> Cmdb {
    let mut changes: Vec<Change> = Vec::new();
    for (id, class) in [
        ("shop", "service"),
        ("web-1", "app"),
        ("web-2", "app"),
        ("web-3", "app"),
        ("db", "database"),
        ("host-1", "host"),
        ("host-2", "host"),
    ] {
        changes.push(Change::PutItem(PutItem::new(id, class).with("weight", 1)));
    }
    for web in ["web-1", "web-2", "web-3"] {
        let relation = PutRelation::new("shop", "uses", web).in_group("web", 1);
        changes.push(Change::PutRelation(relation));
    }
    for (source, kind, target) in [
        ("shop", "stores_in", "db"),
        ("web-1", "runs_on", "host-1"),
        ("web-2", "runs_on", "host-1"),
        ("web-3", "runs_on", "host-2"),
        ("db", "runs_on", "host-2"),
    ] {
        changes.push(Change::PutRelation(PutRelation::new(source, kind, target)));
    }
    let mut db = Cmdb::default();
    db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).unwrap();
    db
}

#[test]
fn maintenance_says_what_is_lost_and_what_has_nothing_left() {
    let mut db = shop();
    let view = db.at(None, None);
    let plan = view.maintenance(&["host-1"], &["service"]).unwrap();
    assert!(plan.safe && plan.lost.is_empty());
    assert_eq!(
        (plan.degraded, plan.without_spare),
        (vec!["shop".to_owned()], vec!["shop".to_owned()])
    );
    assert_eq!((plan.groups[0].up, plan.groups[0].slack), (1, 0));
    let plan = view.maintenance::<&str, &str>(&["host-2"], &[]).unwrap();
    assert_eq!(plan.lost, ["db", "shop", "web-3"]);
    // Before there was a database on it the host could go.
    let later = Transaction::at(Timestamp::from_secs(100));
    db.apply(&[Change::RemoveItem(RemoveItem { id: "db".to_owned() })], later).unwrap();
    assert!(db.at(None, None).maintenance(&["host-2"], &["service"]).unwrap().safe);
    let then = db.at(Some(Timestamp::from_secs(50)), None);
    assert!(!then.maintenance(&["host-2"], &["service"]).unwrap().safe);
    assert_eq!(
        then.cut_sets("shop", &CutSetQuery::default()).unwrap().single_points(),
        ["db", "host-2"]
    );
    let singles = db.at(None, None).cut_sets("shop", &CutSetQuery::default()).unwrap();
    assert!(singles.single_points().is_empty());
}

#[test]
fn maps_paths_and_circles() {
    let mut db = shop();
    let view = db.at(None, None);
    let map = view.service_map("shop", &GraphFilter::default()).unwrap();
    let layer = |id: &str| map.nodes.iter().find(|node| node.id == id).unwrap().layer;
    assert_eq!((layer("shop"), layer("db"), layer("host-2"), map.nodes.len()), (0, 1, 2, 7));
    assert_eq!(map.relations, view.relations(None).unwrap());
    let near =
        GraphFilter { depth: Some(1), kinds: vec!["runs_on".to_owned()], ..GraphFilter::default() };
    let found = view.neighbourhood("host-1", Direction::Consumers, &near).unwrap();
    let ids: Vec<&str> = found.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["host-1", "web-1", "web-2"]);
    let cut = GraphFilter { limit: 2, ..near };
    assert!(view.neighbourhood("host-1", Direction::Consumers, &cut).unwrap().truncated);
    let paths = view.shortest_paths("shop", "host-1", &GraphFilter::default()).unwrap();
    assert_eq!(paths.paths, [["shop", "web-1", "host-1"], ["shop", "web-2", "host-1"]]);
    let databases = GraphFilter { classes: vec!["database".to_owned()], ..GraphFilter::default() };
    assert!(view.shortest_paths("shop", "host-1", &databases).unwrap().paths.is_empty());
    assert_eq!(view.shortest_paths("shop", "host-2", &databases).unwrap().paths.len(), 1);
    assert_eq!(view.shortest_paths("shop", "shop", &databases).unwrap().paths, [["shop"]]);
    assert!(view.cycles().is_empty());
    let below = view.dependencies("shop").unwrap();
    assert_eq!(below.iter().map(|item| item.level).collect::<Vec<_>>(), [1, 1, 1, 1, 2, 2]);
    let back = Change::PutRelation(PutRelation::new("host-2", "managed_by", "web-3"));
    db.apply(&[back], Transaction::at(Timestamp::from_secs(9))).unwrap();
    let view = db.at(None, None);
    assert_eq!(view.cycles(), [["host-2", "web-3"]]);
    let map = view.service_map("shop", &GraphFilter::default()).unwrap();
    let layer = |id: &str| map.nodes.iter().find(|node| node.id == id).unwrap().layer;
    assert_eq!((layer("web-3"), layer("host-2")), (2, 2), "below the database that stands on them");
    assert!(db.at(Some(Timestamp::from_secs(8)), None).cycles().is_empty());
}

fn status(view: &View, observed: &[(&str, &str)], rules: &ImpactRules, id: &str) -> String {
    let observed: BTreeMap<String, String> =
        observed.iter().map(|(id, status)| (id.to_string(), status.to_string())).collect();
    let all = view.statuses(&observed, rules).unwrap();
    all.into_iter().find(|item| item.id == id).map_or(rules.scale[0].clone(), |item| item.status)
}

#[test]
fn up_or_down_is_impact() {
    let mut random = Random(9);
    for _ in 0..200 {
        let groups = graph(&mut random, 9);
        let view = view(&groups);
        let failed = [random.below(9).to_string(), random.below(9).to_string()];
        let observed = failed.iter().map(|id| (id.clone(), "down".to_owned())).collect();
        let all = view.statuses(&observed, &ImpactRules::up_or_down()).unwrap();
        let down: BTreeSet<&str> = all.iter().map(|item| item.id.as_str()).collect();
        let impact = view.impact(&failed).unwrap();
        assert_eq!(down.into_iter().collect::<Vec<_>>(), impact.down());
        for item in &all {
            assert_eq!(item.path.last(), Some(&item.id));
            assert!(failed.contains(&item.path[0]), "{:?}", item.path);
        }
    }
}

#[test]
fn the_functions_of_opennms_and_bmc() {
    let view = shop().at(None, None);
    let with = |reduce: Reduce| {
        let mut rules = ImpactRules::opennms();
        let uses = ReduceGroup { kind: Some("uses".to_owned()), target_class: None, reduce };
        rules
            .by_id
            .insert("shop".to_owned(), ImpactRule { groups: vec![uses], ..ImpactRule::default() });
        rules
    };
    let of = |reduce: Reduce, seen: &[(&str, &str)]| status(&view, seen, &with(reduce), "shop");
    let one = [("web-1", "minor")];
    let two = [("web-1", "minor"), ("web-2", "critical")];
    assert_eq!(of(Reduce::HighestSeverity, &two), "critical");
    assert_eq!(of(Reduce::Threshold(0.6), &two), "minor");
    assert_eq!(of(Reduce::Threshold(0.6), &one), "normal");
    assert_eq!(of(Reduce::HighestSeverityAbove("minor".to_owned()), &one), "normal");
    assert_eq!(of(Reduce::HighestSeverityAbove("minor".to_owned()), &two), "critical");
    // Base 2: two warnings make a minor, three do not make a major, four would.
    let warnings = ["web-1", "web-2", "web-3"].map(|id| (id, "warning"));
    assert_eq!(of(Reduce::ExponentialPropagation(2.0), &warnings[..1]), "warning");
    assert_eq!(of(Reduce::ExponentialPropagation(2.0), &warnings[..2]), "minor");
    assert_eq!(of(Reduce::ExponentialPropagation(2.0), &warnings), "minor");
    assert_eq!(of(Reduce::Cluster(MinUp::Count(2)), &one), "normal");
    assert_eq!(of(Reduce::Cluster(MinUp::Count(2)), &two), "minor");
    // Half of three, rounded up, is two.
    assert_eq!(of(Reduce::Cluster(MinUp::Percent(50.0)), &two), "minor");
    assert_eq!(of(Reduce::Cluster(MinUp::Percent(33.0)), &two), "normal");
    assert_eq!(of(Reduce::WeightedCluster(0.5), &two), "minor");
    let mut heavy = with(Reduce::WeightedCluster(0.5));
    heavy.edges =
        vec![EdgeRule { target: Some("web-3".to_owned()), weight: 3.0, ..EdgeRule::default() }];
    assert_eq!(status(&view, &two, &heavy, "shop"), "normal");
    // An attribute says the weight before the rule does.
    heavy.edges[0].weight_attribute = Some("weight".to_owned());
    assert_eq!(status(&view, &two, &heavy, "shop"), "minor");
    let mut own = ImpactRules::bmc();
    own.default.reduce = Reduce::SelfPreferred;
    assert_eq!(status(&view, &[("db", "critical"), ("shop", "info")], &own, "shop"), "info");
    assert_eq!(status(&view, &[("db", "critical")], &own, "shop"), "critical");
}

#[test]
fn map_functions_and_refusals() {
    let view = shop().at(None, None);
    let with = |map: MapFunction| {
        let edge = EdgeRule { kind: Some("stores_in".to_owned()), map, ..EdgeRule::default() };
        ImpactRules { edges: vec![edge], ..ImpactRules::opennms() }
    };
    let of = |map: MapFunction| status(&view, &[("db", "minor")], &with(map), "shop");
    assert_eq!(of(MapFunction::Identity), "minor");
    assert_eq!(of(MapFunction::Increase(1)), "major");
    assert_eq!(of(MapFunction::Increase(9)), "critical");
    assert_eq!(of(MapFunction::Decrease(1)), "warning");
    assert_eq!(of(MapFunction::Ignore), "normal");
    assert_eq!(of(MapFunction::SetTo("major".to_owned())), "major");
    // As in OpenNMS an increase also makes the best worse.
    assert_eq!(status(&view, &[], &with(MapFunction::Increase(1)), "shop"), "warning");
    for (text, part) in [
        (r#"{"default": {"reduce": {"threshold": 0}}}"#, "threshold"),
        (r#"{"default": {"reduce": {"weighted_cluster": 1.5}}}"#, "weighted_cluster"),
        (r#"{"default": {"reduce": {"exponential_propagation": 1}}}"#, "exponential_propagation"),
        (r#"{"default": {"reduce": {"cluster": {"count": 0}}}}"#, "count"),
        (r#"{"default": {"reduce": {"cluster": {"percent": 101}}}}"#, "percent"),
        (r#"{"by_class": {"host": {"reduce": {"highest_severity_above": "bad"}}}}"#, "bad"),
        (r#"{"edges": [{"weight": -1}]}"#, "weight"),
        (r#"{"edges": [{"map": {"set_to": "bad"}}]}"#, "bad"),
        (r#"{"scale": ["one"]}"#, "scale"),
        (r#"{"scale": ["one", "one"]}"#, "scale"),
    ] {
        let rules: ImpactRules = serde_json::from_str(text).unwrap();
        let error = view.statuses(&BTreeMap::new(), &rules).unwrap_err();
        assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
    }
    // What is not monotone cannot be written.
    for text in [r#"{"edges": [{"map": {"increase": -1}}]}"#, r#"{"edges": [{"map": "invert"}]}"#] {
        assert!(serde_json::from_str::<ImpactRules>(text).is_err());
    }
    let bad = BTreeMap::from([("shop".to_owned(), "bad".to_owned())]);
    assert!(view.statuses(&bad, &ImpactRules::default()).unwrap_err().to_string().contains("bad"));
}
