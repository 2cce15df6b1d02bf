//! Laws of the configuration management database, against definitions taken literally.

use std::collections::{BTreeMap, BTreeSet};

use itom_core::cmdb::{
    Affected, Change, Cmdb, ModelDefinition, PutItem, PutRelation, RemoveItem, RemoveRelation,
    Transaction,
};
use itom_core::table::{Column, Table};
use itom_core::{ErrorKind, Result, Timestamp};
use proptest::prelude::*;

use crate::common::golden;

pub(crate) fn name(n: usize) -> String {
    format!("i{n}")
}

pub(crate) fn seconds(n: i64) -> Timestamp {
    Timestamp::from_secs(n)
}

/// Groups of a source: name (none for a plain dependency), how many are needed, members.
type Groups = Vec<(usize, Option<String>, u32, BTreeSet<usize>)>;

fn groups(items: usize) -> impl Strategy<Value = Groups> {
    let group = (0..items, any::<bool>(), proptest::collection::btree_set(0..items, 1..5), 0u32..9);
    proptest::collection::vec(group, 0..2 * items).prop_map(|groups| {
        let numbered = groups.into_iter().enumerate();
        numbered
            .map(|(n, (source, pooled, members, need))| {
                if pooled {
                    let min_up = 1 + need % members.len() as u32;
                    (source, Some(format!("g{n}")), min_up, members)
                } else {
                    (source, None, 1, members.into_iter().take(1).collect())
                }
            })
            .collect()
    })
}

fn database(items: usize, groups: &Groups) -> Cmdb {
    let mut changes: Vec<Change> =
        (0..items).map(|n| Change::PutItem(PutItem::new(&name(n), "x"))).collect();
    for (source, group, min_up, members) in groups {
        for target in members {
            let relation = PutRelation::new(&name(*source), "depends_on", &name(*target));
            changes.push(Change::PutRelation(match group {
                Some(group) => relation.in_group(group, *min_up),
                None => relation,
            }));
        }
    }
    let mut db = Cmdb::default();
    db.apply(&changes, Transaction::at(seconds(0))).unwrap();
    db
}

/// The definition: sweep over all groups until nothing changes.
fn sweeps(groups: &Groups, failed: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut down = failed.clone();
    loop {
        let before = down.len();
        for (source, _, min_up, members) in groups {
            let up = members.iter().filter(|member| !down.contains(member)).count();
            if (up as u32) < *min_up {
                down.insert(*source);
            }
        }
        if down.len() == before {
            return down;
        }
    }
}

fn named(items: &BTreeSet<usize>) -> BTreeSet<String> {
    items.iter().map(|n| name(*n)).collect()
}

fn owned(names: Vec<&str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn impact_is_the_least_fixpoint(
        groups in groups(9),
        failures in proptest::collection::vec(proptest::collection::btree_set(0usize..9, 0..4), 1..4),
    ) {
        let view = database(9, &groups).at(None, None);
        // Several in a row, so that working memory is used again.
        for failed in failures {
            let names: Vec<String> = failed.iter().map(|n| name(*n)).collect();
            let impact = view.impact(&names).unwrap();
            let down = sweeps(&groups, &failed);
            prop_assert_eq!(owned(impact.down()), named(&down));
            prop_assert_eq!(owned(impact.failed()), named(&failed));
            let mut degraded = BTreeSet::new();
            let mut at_risk = BTreeSet::new();
            for (source, _, min_up, members) in &groups {
                let up = members.iter().filter(|member| !down.contains(member)).count();
                if !down.contains(source) && up < members.len() {
                    degraded.insert(*source);
                    if up as u32 - 1 < *min_up {
                        at_risk.insert(*source);
                    }
                }
            }
            prop_assert_eq!(owned(impact.degraded()), named(&degraded));
            prop_assert_eq!(owned(impact.at_risk()), named(&at_risk));
        }
    }

    #[test]
    fn why_is_a_proof(groups in groups(8), failed in proptest::collection::btree_set(0usize..8, 1..3)) {
        let view = database(8, &groups).at(None, None);
        let names: Vec<String> = failed.iter().map(|n| name(*n)).collect();
        let impact = view.impact(&names).unwrap();
        let down = owned(impact.down());
        for id in (0..8).map(name) {
            let why = impact.why(&id).unwrap();
            let affected = matches!(why.state, Affected::Failed | Affected::Down);
            prop_assert_eq!(affected, down.contains(&id));
            prop_assert_eq!(why.path.is_empty(), why.state == Affected::Up);
            if why.state == Affected::Down {
                prop_assert!(why.lost.iter().any(|group| group.down));
            }
            let distinct: BTreeSet<&String> = why.path.iter().collect();
            prop_assert_eq!(distinct.len(), why.path.len(), "a chain does not go in circles");
            if let (Some(first), Some(last)) = (why.path.first(), why.path.last()) {
                prop_assert!(names.contains(first));
                prop_assert_eq!(last, &id);
            }
            for pair in why.path.windows(2) {
                prop_assert!(view.consumers(&pair[0]).unwrap().contains(&pair[1].as_str()));
                prop_assert!(down.contains(&pair[0]));
            }
        }
    }
}

/// A change of a small world of three items and two groups.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put(usize, i64),
    Remove(usize),
    Relate(usize, usize, Option<u32>),
    Unrelate(usize, usize, bool),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0usize..3, 0i64..5).prop_map(|(item, value)| Step::Put(item, value)),
        (0usize..3).prop_map(Step::Remove),
        (0usize..3, 0usize..3, proptest::option::of(1u32..3))
            .prop_map(|(source, target, min_up)| Step::Relate(source, target, min_up)),
        (0usize..3, 0usize..3, any::<bool>())
            .prop_map(|(source, target, pooled)| Step::Unrelate(source, target, pooled)),
    ]
}

pub(crate) fn change(step: &Step) -> Change {
    let pool = || "pool".to_owned();
    match *step {
        Step::Put(item, value) => {
            Change::PutItem(PutItem::new(&name(item), "x").with(&format!("a{}", value % 2), value))
        }
        Step::Remove(item) => Change::RemoveItem(RemoveItem { id: name(item) }),
        Step::Relate(source, target, min_up) => {
            let group = min_up.map(|_| pool());
            let put = PutRelation::new(&name(source), "uses", &name(target));
            Change::PutRelation(PutRelation { group, min_up, ..put })
        }
        Step::Unrelate(source, target, pooled) => Change::RemoveRelation(RemoveRelation {
            source: name(source),
            kind: "uses".to_owned(),
            target: name(target),
            group: pooled.then(pool),
        }),
    }
}

/// What is so, replayed: accepted transactions in the order of (valid time, transaction), up to a
/// moment; a removed item takes its relations with it.
fn replay(log: &[(Vec<Step>, i64, i64)], valid: i64, known: i64) -> (String, String) {
    let mut steps: Vec<(i64, usize, &Vec<Step>)> = Vec::new();
    for (n, (transaction, at, when)) in log.iter().enumerate() {
        if *at <= valid && *when <= known {
            steps.push((*at, n, transaction));
        }
    }
    steps.sort_by_key(|(at, n, _)| (*at, *n));
    let mut items: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    let mut relations: BTreeMap<(String, String, Option<String>), Option<u32>> = BTreeMap::new();
    for step in steps.into_iter().flat_map(|(_, _, steps)| steps) {
        match change(step) {
            Change::PutItem(put) => {
                let Step::Put(_, value) = step else { unreachable!() };
                let attribute = put.attributes.into_keys().next().unwrap();
                items.entry(put.id).or_default().insert(attribute, *value);
            }
            Change::RemoveItem(remove) => {
                items.remove(&remove.id);
                relations.retain(|(a, b, _), _| *a != remove.id && *b != remove.id);
            }
            Change::PutRelation(put) => {
                relations.insert((put.source, put.target, put.group), put.min_up);
            }
            Change::RemoveRelation(remove) => {
                relations.remove(&(remove.source, remove.target, remove.group));
            }
            other => unreachable!("no step makes {other:?}"),
        }
    }
    relations.retain(|(a, b, _), _| items.contains_key(a) && items.contains_key(b));
    (format!("{items:?}"), format!("{relations:?}"))
}

fn seen(db: &Cmdb, valid: i64, known: i64) -> (String, String) {
    let view = db.at(Some(seconds(valid)), Some(seconds(known)));
    let items: BTreeMap<String, BTreeMap<String, i64>> = view
        .items(None)
        .unwrap()
        .into_iter()
        .map(|item| {
            let number = |value| match value {
                itom_core::cmdb::Value::Int(number) => number,
                other => panic!("{other:?}"),
            };
            (item.id, item.attributes.into_iter().map(|(k, v)| (k, number(v))).collect())
        })
        .collect();
    let relations: BTreeMap<(String, String, Option<String>), Option<u32>> = view
        .relations(None)
        .unwrap()
        .into_iter()
        .map(|relation| ((relation.source, relation.target, relation.group), relation.min_up))
        .collect();
    (format!("{items:?}"), format!("{relations:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_moment_is_the_replay_of_the_log(
        transactions in proptest::collection::vec(
            (proptest::collection::vec(step(), 1..4), 0i64..4, 0i64..2), 1..10),
    ) {
        let mut db = Cmdb::default();
        let mut log: Vec<(Vec<Step>, i64, i64)> = Vec::new();
        let mut known = 0;
        for (steps, at, later) in transactions {
            known += later;
            let changes: Vec<Change> = steps.iter().map(change).collect();
            let before = db.to_bytes();
            match db.apply(&changes, Transaction::at(seconds(at)).known(seconds(known))) {
                Ok(()) => log.push((steps, at, known)),
                // What is refused leaves no trace.
                Err(_) => prop_assert_eq!(db.to_bytes(), before),
            }
        }
        let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
        for valid in -1..5 {
            for known in -1..=known + 1 {
                let want = replay(&log, valid, known);
                prop_assert_eq!(&seen(&db, valid, known), &want);
                prop_assert_eq!(&seen(&again, valid, known), &want);
            }
        }
    }

    /// A view does not change when the database does.
    #[test]
    fn a_view_stays_as_it_is(steps in proptest::collection::vec(step(), 1..12)) {
        let mut db = Cmdb::default();
        let all: Vec<Change> =
            (0..3).map(|n| Change::PutItem(PutItem::new(&name(n), "x"))).collect();
        db.apply(&all, Transaction::at(seconds(0))).unwrap();
        for step in &steps {
            let view = db.at(None, None);
            let before = (view.items(None).unwrap(), view.relations(None).unwrap());
            let _ = db.apply(&[change(step)], Transaction::at(seconds(0)));
            prop_assert_eq!((view.items(None).unwrap(), view.relations(None).unwrap()), before);
        }
    }
}

type Columns = Vec<(&'static str, Column)>;

fn text(cells: &[Option<&str>]) -> Column {
    Column::Text(cells.iter().copied().collect())
}

fn load(db: &mut Cmdb, items: &[(&str, Column)], relations: &[(&str, Column)]) -> Result<()> {
    let table = |columns: &[(&str, Column)]| Table::new(columns.to_vec());
    db.load(&table(items)?, Some(&table(relations)?), seconds(0), seconds(0))
}

#[test]
fn a_load_names_what_is_wrong_and_applies_nothing() {
    let ids = || ("id", text(&[Some("a"), Some("b")]));
    let classes = || ("class", text(&[Some("x"), Some("x")]));
    let ends = |source, target| {
        vec![
            ("source", text(&[Some(source)])),
            ("kind", text(&[Some("uses")])),
            ("target", text(&[Some(target)])),
        ]
    };
    let with = |mut columns: Vec<(&'static str, Column)>, name, column| {
        columns.push((name, column));
        columns
    };
    let good = vec![ids(), classes()];
    let cases: Vec<(Columns, Columns, &[&str])> = vec![
        (vec![classes()], ends("a", "b"), &["items", "\"id\""]),
        (vec![ids()], ends("a", "b"), &["items", "\"class\""]),
        (
            vec![("id", text(&[Some("a"), None])), classes()],
            ends("a", "a"),
            &["row 1", "column id", "null"],
        ),
        (
            vec![("id", text(&[Some("a"), Some("")])), classes()],
            ends("a", "a"),
            &["row 1", "id", "\"\""],
        ),
        (
            vec![("id", text(&[Some("a"), Some("a")])), classes()],
            ends("a", "a"),
            &["row 1", "\"a\""],
        ),
        (
            vec![("id", Column::Int(vec![Some(1), Some(2)])), classes()],
            ends("a", "b"),
            &["column id", "int"],
        ),
        (good.clone(), ends("a", "c"), &["row 0", "target", "\"c\""]),
        (good.clone(), ends("c", "a"), &["row 0", "source", "\"c\""]),
        (good.clone(), ends("a", "b")[..2].to_vec(), &["relations", "\"target\""]),
        (good.clone(), with(ends("a", "b"), "colour", Column::Int(vec![Some(1)])), &["\"colour\""]),
        (
            good.clone(),
            with(ends("a", "b"), "min_up", Column::Int(vec![Some(2)])),
            &["row 0", "min_up", "2"],
        ),
        (
            good.clone(),
            with(ends("a", "b"), "group", text(&[Some("g")])),
            &["row 0", "min_up", "\"g\""],
        ),
        (
            good.clone(),
            with(
                with(ends("a", "b"), "group", text(&[Some("g")])),
                "min_up",
                Column::Int(vec![Some(2)]),
            ),
            &["min_up", "2", "\"g\"", "\"a\"", "at most 1"],
        ),
        (
            good.clone(),
            with(
                with(ends("a", "b"), "group", text(&[Some("g")])),
                "min_up",
                Column::Float(vec![Some(0.5)]),
            ),
            &["row 0", "min_up", "0.5"],
        ),
        (
            with(good.clone(), "load", Column::Float(vec![None, Some(f64::INFINITY)])),
            ends("a", "b"),
            &["row 1", "load", "inf"],
        ),
    ];
    for (items, relations, parts) in cases {
        let mut db = Cmdb::default();
        let error = load(&mut db, &items, &relations).unwrap_err();
        for part in parts {
            assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
        }
        assert!(db.at(None, None).is_empty());
        assert_eq!(db.to_bytes(), Cmdb::default().to_bytes());
        load(&mut db, &good, &ends("a", "b")).unwrap();
        assert_eq!(db.at(None, None).impact(&["b"]).unwrap().down(), ["a", "b"]);
    }
}

#[test]
fn columns_without_any_cell_say_nothing_whatever_their_type() {
    let mut db = Cmdb::default();
    let items = [("id", text(&[Some("a"), Some("b")])), ("class", text(&[Some("x"), Some("x")]))];
    let relations = [
        ("source", text(&[Some("a")])),
        ("kind", text(&[Some("uses")])),
        ("target", text(&[Some("b")])),
        ("group", Column::Int(vec![None])),
        ("min_up", text(&[None])),
    ];
    load(&mut db, &items, &relations).unwrap();
    assert_eq!(db.at(None, None).relations(None).unwrap()[0].group, None);
}

#[test]
fn two_needs_of_one_group_are_a_conflict_also_later_in_valid_time() {
    let mut db = Cmdb::default();
    let items: Vec<Change> =
        ["s", "a", "b", "c"].iter().map(|id| Change::PutItem(PutItem::new(id, "x"))).collect();
    db.apply(&items, Transaction::at(seconds(0))).unwrap();
    let put = |target: &str, min_up| {
        Change::PutRelation(PutRelation::new("s", "uses", target).in_group("g", min_up))
    };
    let at = |n| Transaction::at(seconds(n)).known(seconds(100));
    let error = db.apply(&[put("a", 1), put("b", 2)], at(1)).unwrap_err();
    assert_eq!((error.kind(), error.argument()), (ErrorKind::Conflict, Some("min_up")));
    db.apply(&[put("a", 1), put("b", 1)], at(1)).unwrap();
    db.apply(&[put("a", 2), put("b", 2)], at(9)).unwrap();
    // In itself right as of 5, but from 9 on the group would need both 1 and 2.
    let error = db.apply(&[put("c", 1)], at(5)).unwrap_err();
    assert!(error.to_string().contains("1970-01-01T00:00:09Z"), "{error}");
    db.apply(&[put("a", 1), put("b", 1), put("c", 1)], at(9)).unwrap();
    db.apply(&[put("c", 1)], at(5)).unwrap();
}

#[test]
fn a_group_left_with_too_few_is_down_until_it_is_changed() {
    let mut db = database(3, &vec![(0, Some("g".to_owned()), 2, [1, 2].into())]);
    let remove = Change::RemoveItem(RemoveItem { id: name(2) });
    db.apply(&[remove], Transaction::at(seconds(1))).unwrap();
    let impact = db.at(None, None).impact::<&str>(&[]).unwrap();
    assert_eq!(impact.down(), ["i0"]);
    let why = impact.why("i0").unwrap();
    assert_eq!((why.lost[0].min_up, why.lost[0].members, why.lost[0].down), (2, 1, true));
    let put = Change::PutRelation(PutRelation::new("i0", "depends_on", "i1").in_group("g", 1));
    db.apply(&[put], Transaction::at(seconds(2))).unwrap();
    assert!(db.at(None, None).impact::<&str>(&[]).unwrap().down().is_empty());
}

#[test]
fn an_item_that_comes_back_comes_without_its_relations() {
    let mut db = database(2, &vec![(0, None, 1, [1].into())]);
    let remove = Change::RemoveItem(RemoveItem { id: name(1) });
    db.apply(&[remove], Transaction::at(seconds(1))).unwrap();
    let put = Change::PutItem(PutItem::new(&name(1), "x"));
    db.apply(&[put], Transaction::at(seconds(2))).unwrap();
    assert!(db.at(None, None).relations(None).unwrap().is_empty());
    assert_eq!(db.at(Some(seconds(0)), None).relations(None).unwrap().len(), 1);
}

#[test]
fn the_model_is_kept() {
    let model: ModelDefinition = serde_json::from_str(
        r#"{"classes": {
              "thing": {"abstract": true, "attributes": {"owner": {"type": "string"}}},
              "host": {"extends": "thing", "attributes": {
                  "cores": {"type": "int", "required": true},
                  "tier": {"type": "enum", "values": ["gold", "silver"]},
                  "backup": {"type": "reference", "class": "host"}}},
              "rack": {"extends": "thing"}},
            "relations": {"stands_in": {"inverse": "holds", "impact": false}, "uses": {}}}"#,
    )
    .unwrap();
    let mut db = Cmdb::new(model).unwrap();
    let mut apply = |json: &str| {
        let changes: Vec<Change> = serde_json::from_str(json).unwrap();
        db.apply(&changes, Transaction::at(seconds(0)))
    };
    for (json, part) in [
        (r#"[{"put_item": {"id": "a", "class": "thing"}}]"#, "abstract"),
        (r#"[{"put_item": {"id": "a", "class": "hots"}}]"#, "\"hots\""),
        (r#"[{"put_item": {"id": "a"}}]"#, "class"),
        (r#"[{"put_item": {"id": "a", "class": "host"}}]"#, "cores"),
        (r#"[{"put_item": {"id": "a", "class": "host", "attributes": {"cores": "4"}}}]"#, "int"),
        (
            r#"[{"put_item": {"id": "a", "class": "host", "attributes": {"cores": 4, "tier": "iron"}}}]"#,
            "gold, silver",
        ),
        (
            r#"[{"put_item": {"id": "a", "class": "host", "attributes": {"cores": 4, "colour": 1}}}]"#,
            "\"colour\"",
        ),
        (
            r#"[{"put_item": {"id": "a", "class": "host", "attributes": {"cores": 4, "backup": "b"}}}]"#,
            "\"b\"",
        ),
        (
            r#"[{"put_item": {"id": "r", "class": "rack"}},
                {"put_item": {"id": "a", "class": "host", "attributes": {"cores": 4, "backup": "r"}}}]"#,
            "rack",
        ),
        (
            r#"[{"put_item": {"id": "r", "class": "rack"}},
                {"put_relation": {"source": "r", "kind": "leans_on", "target": "r"}}]"#,
            "\"leans_on\"",
        ),
    ] {
        let error = apply(json).unwrap_err();
        assert!(error.to_string().contains(part), "{json}: {error}");
    }
    apply(
        r#"[{"put_relation": {"source": "a", "kind": "stands_in", "target": "r"}},
            {"put_item": {"id": "r", "class": "rack"}},
            {"put_item": {"id": "a", "class": "host", "attributes": {"cores": 4, "owner": "ops"}}},
            {"put_item": {"id": "a", "attributes": {"owner": null, "tier": "gold"}}}]"#,
    )
    .unwrap();
    let view = db.at(None, None);
    let item = view.item("a").unwrap();
    assert_eq!(item.attributes.keys().collect::<Vec<_>>(), ["cores", "tier"]);
    assert_eq!(view.items(Some("thing")).unwrap().len(), 2);
    // A kind without impact is seen, and nothing falls over it.
    assert!(view.providers("a").unwrap().is_empty());
    assert_eq!(view.impact(&["r"]).unwrap().down(), ["r"]);
    assert_eq!(view.neighbours("r", Default::default(), None).unwrap()[0].name, "holds");
    assert_eq!(view.path("a", "r").unwrap().unwrap(), ["a", "r"]);
    assert_eq!(view.path("r", "a").unwrap(), None);
}

#[test]
fn what_is_not_there_is_named() {
    let mut db = database(2, &vec![(0, None, 1, [1].into())]);
    let view = db.at(None, None);
    for error in [
        view.impact(&["i0", "nobody"]).unwrap_err(),
        view.impact::<&str>(&[]).unwrap().why("nobody").unwrap_err(),
        view.path("i0", "nobody").unwrap_err(),
        view.relations(Some("nobody")).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("\"nobody\""), "{error}");
    }
    for json in [
        r#"[{"remove_item": {"id": "nobody"}}]"#,
        r#"[{"remove_relation": {"source": "i1", "kind": "depends_on", "target": "i0"}}]"#,
        r#"[{"remove_relation": {"source": "i0", "kind": "depends_on", "target": "i1", "group": "g"}}]"#,
    ] {
        let changes: Vec<Change> = serde_json::from_str(json).unwrap();
        let error = db.apply(&changes, Transaction::at(seconds(1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[test]
fn the_golden_snapshot_is_read_and_goes_on() {
    let bytes = golden("cmdb.cmdb.v1.itom", || {
        let mut db = Cmdb::new(ModelDefinition::operations()).unwrap();
        let json = r#"[
            {"put_item": {"id": "shop", "class": "service", "attributes": {"owner": "sales",
                "since": "2026-01-01T00:00:00Z", "tags": ["web", 1, 2.5, true]}}},
            {"put_item": {"id": "web-1", "class": "application"}},
            {"put_item": {"id": "web-2", "class": "application"}},
            {"put_relation": {"source": "shop", "kind": "depends_on", "target": "web-1", "group": "web", "min_up": 1}},
            {"put_relation": {"source": "shop", "kind": "depends_on", "target": "web-2", "group": "web", "min_up": 1}}
        ]"#;
        let changes: Vec<Change> = serde_json::from_str(json).unwrap();
        let actor = Some("golden".to_owned());
        let transaction = Transaction { actor, ..Transaction::at(seconds(1)) };
        db.apply(&changes, transaction).unwrap();
        let remove = Change::RemoveItem(RemoveItem { id: "web-2".to_owned() });
        db.apply(&[remove], Transaction::at(seconds(5))).unwrap();
        db.to_bytes()
    });
    let mut db = Cmdb::from_bytes(&bytes).unwrap();
    assert_eq!(db.to_bytes(), bytes);
    assert_eq!(db.transactions().next().unwrap().actor.as_deref(), Some("golden"));
    let item = serde_json::to_string(&db.at(None, None).item("shop")).unwrap();
    let want = r#"{"id":"shop","class":"service","attributes":{"owner":"sales","since":"2026-01-01T00:00:00Z","tags":["web",1,2.5,true]}}"#;
    assert_eq!(item, want);
    let down = |db: &Cmdb, valid| {
        let impact = db.at(Some(seconds(valid)), None).impact(&["web-1"]).unwrap();
        impact.down().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        (down(&db, 2), down(&db, 6)),
        (vec!["web-1".into()], vec!["shop".into(), "web-1".into()])
    );
    let changes = [
        Change::PutItem(PutItem::new("web-3", "application")),
        Change::PutRelation(PutRelation::new("shop", "depends_on", "web-3").in_group("web", 1)),
    ];
    db.apply(&changes, Transaction::at(seconds(6))).unwrap();
    assert_eq!(down(&db, 6), ["web-1"]);
}
