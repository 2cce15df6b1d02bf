//! Several sources, one truth: claims, rules, locks, merges — and reconciliation on top of them.

use itom_core::Timestamp;
use itom_core::cmdb::{Change, Cmdb, ModelDefinition, Transaction, Value, View};
use serde_json::json;

fn second(n: i64) -> Timestamp {
    Timestamp::from_secs(n)
}

fn by(source: &str, at: i64) -> Transaction {
    Transaction::at(second(at)).source(source)
}

fn hand(at: i64) -> Transaction {
    Transaction::at(second(at))
}

fn apply(db: &mut Cmdb, transaction: Transaction, changes: serde_json::Value) {
    let changes: Vec<Change> = serde_json::from_value(changes).unwrap();
    db.apply(&changes, transaction).unwrap();
}

fn value(view: &View, id: &str, attribute: &str) -> Option<Value> {
    view.item(id)?.attributes.get(attribute).cloned()
}

fn put(id: &str, attributes: serde_json::Value) -> serde_json::Value {
    json!({"put_item": {"id": id, "class": "host", "attributes": attributes}})
}

#[test]
fn rules_read_the_past_again_and_what_was_known_stays() {
    let mut db = Cmdb::default();
    apply(&mut db, by("scan", 1), json!([put("a", json!({"os": "x", "ram": 8}))]));
    apply(&mut db, by("import", 2), json!([put("a", json!({"os": "y"}))]));
    let os = |db: &Cmdb, valid, known: Option<i64>| {
        value(&db.at(valid, known.map(second)), "a", "os").unwrap()
    };
    assert_eq!(os(&db, None, None), "y".into());
    let rules = json!([{"set_rules": {"rules": [{"attributes": ["os"], "sources": ["scan"]}]}}]);
    apply(&mut db, hand(5), rules);
    assert_eq!(os(&db, None, None), "x".into());
    assert_eq!(os(&db, Some(second(3)), None), "x".into());
    assert_eq!(os(&db, Some(second(3)), Some(4)), "y".into());
    // The scanner no longer claims it: the value that lost is there again.
    apply(&mut db, by("scan", 6), json!([put("a", json!({"os": null}))]));
    assert_eq!(os(&db, None, None), "y".into());
    assert_eq!(value(&db.at(None, None), "a", "ram"), Some(8.into()));
    let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    assert_eq!(os(&again, Some(second(3)), None), "x".into());
    assert_eq!(os(&again, None, None), "y".into());
}

#[test]
fn an_item_is_there_while_one_source_says_so() {
    let mut db = Cmdb::default();
    apply(&mut db, by("scan", 1), json!([put("a", json!({"os": "x"})), put("b", json!({}))]));
    apply(&mut db, by("import", 2), json!([put("a", json!({"os": "y"}))]));
    let runs = json!({"put_relation": {"source": "a", "kind": "on", "target": "b"}});
    apply(&mut db, by("scan", 3), json!([runs]));
    apply(&mut db, by("import", 3), json!([runs]));
    apply(&mut db, by("scan", 4), json!([{"remove_item": {"id": "a"}}]));
    let view = db.at(None, None);
    assert_eq!(value(&view, "a", "os"), Some("y".into()));
    assert_eq!(view.relation_count(), 1);
    apply(
        &mut db,
        by("import", 5),
        json!([{"remove_relation": {"source": "a", "kind": "on", "target": "b"}}]),
    );
    assert_eq!(db.at(None, None).relation_count(), 0);
    assert_eq!(db.at(Some(second(4)), None).relation_count(), 1);
    apply(&mut db, hand(6), json!([{"remove_item": {"id": "a"}}]));
    assert!(db.at(None, None).item("a").is_none());
    // By hand it is gone for all; who sees it later has it again, without what was said before.
    apply(&mut db, by("scan", 7), json!([put("a", json!({}))]));
    assert_eq!(value(&db.at(None, None), "a", "os"), None);
}

#[test]
fn a_lock_keeps_what_was_said_by_hand_until_it_is_released() {
    let mut db = Cmdb::default();
    apply(&mut db, by("scan", 1), json!([put("a", json!({"owner": "x"}))]));
    let lock = json!([{"lock": {"id": "a", "attribute": "owner"}}]);
    let changes: Vec<Change> = serde_json::from_value(lock.clone()).unwrap();
    let error = db.apply(&changes, hand(2)).unwrap_err();
    assert!(error.to_string().contains("put by hand"), "{error}");
    apply(&mut db, hand(2), json!([put("a", json!({"owner": "me"})), lock[0]]));
    apply(&mut db, by("scan", 3), json!([put("a", json!({"owner": "y"}))]));
    assert_eq!(value(&db.at(None, None), "a", "owner"), Some("me".into()));
    apply(&mut db, hand(4), json!([{"release": {"id": "a", "attribute": "owner"}}]));
    assert_eq!(value(&db.at(None, None), "a", "owner"), Some("y".into()));
    assert_eq!(value(&db.at(Some(second(3)), None), "a", "owner"), Some("me".into()));
}

#[test]
fn a_higher_source_gives_way_when_it_has_not_seen_the_item_for_long() {
    let mut db = Cmdb::default();
    let rules = json!([{"set_rules": {"rules": [{"sources": ["good", "poor"], "refresh_after": "PT10S"}]}}]);
    apply(&mut db, hand(0), rules);
    apply(&mut db, by("good", 1), json!([put("a", json!({"os": "g"}))]));
    apply(&mut db, by("poor", 2), json!([put("a", json!({"os": "p"}))]));
    apply(&mut db, by("good", 8), json!([{"confirm": {"ids": ["a"]}}]));
    let os = |db: &Cmdb, at| value(&db.at(Some(second(at)), None), "a", "os").unwrap();
    // Both last saw it at 2 and 8: at 13 the poor one is stale, at 19 both are.
    assert_eq!([os(&db, 5), os(&db, 13), os(&db, 19)], ["g".into(), "g".into(), "g".into()]);
    apply(&mut db, by("poor", 18), json!([{"confirm": {"ids": ["a"]}}]));
    assert_eq!([os(&db, 18), os(&db, 19)], ["g".into(), "p".into()]);
}

#[test]
fn merged_items_are_one_until_they_are_not() {
    let mut db = Cmdb::new(ModelDefinition::default()).unwrap();
    let relation = |source: &str, target: &str| json!({"put_relation": {"source": source, "kind": "on", "target": target}});
    apply(&mut db, by("scan", 1), json!([put("a", json!({"os": "x"})), put("h", json!({}))]));
    apply(
        &mut db,
        by("import", 2),
        json!([put("b", json!({"os": "y", "rack": 7})), relation("b", "h")]),
    );
    apply(&mut db, hand(3), json!([{"merge": {"keep": "a", "others": ["b"]}}]));
    let view = db.at(None, None);
    assert_eq!(view.len(), 2);
    assert_eq!(value(&view, "a", "rack"), Some(7.into()));
    assert_eq!(view.item("b"), view.item("a"));
    assert_eq!(view.consumers("h").unwrap(), ["a"]);
    assert_eq!(view.relations(None).unwrap()[0].source, "a");
    assert_eq!(db.at(Some(second(2)), None).consumers("h").unwrap(), ["b"]);
    // What is said of either counts for the one, and comes apart with them.
    apply(
        &mut db,
        by("import", 4),
        json!([put("b", json!({"rack": 8})), put("i", json!({})), relation("b", "i")]),
    );
    assert_eq!(value(&db.at(None, None), "a", "rack"), Some(8.into()));
    assert_eq!(db.at(None, None).providers("a").unwrap(), ["h", "i"]);
    apply(&mut db, hand(5), json!([{"unmerge": {"ids": ["b"]}}]));
    let view = db.at(None, None);
    assert_eq!((value(&view, "a", "rack"), value(&view, "b", "rack")), (None, Some(8.into())));
    assert_eq!(
        (value(&view, "a", "os"), view.providers("b").unwrap()),
        (Some("x".into()), vec!["h", "i"])
    );
    assert!(view.providers("a").unwrap().is_empty());
    assert_eq!(db.at(Some(second(4)), None).providers("a").unwrap(), ["h", "i"]);
    let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    assert_eq!(again.at(Some(second(4)), None).providers("a").unwrap(), ["h", "i"]);
}

#[test]
fn a_transaction_that_is_refused_leaves_no_lock_merge_or_rule() {
    let mut db = Cmdb::default();
    apply(&mut db, hand(1), json!([put("a", json!({"os": "x"})), put("b", json!({"os": "y"}))]));
    for change in [
        json!({"merge": {"keep": "a", "others": ["b"]}}),
        json!({"lock": {"id": "a", "attribute": "os"}}),
        json!({"set_rules": {"rules": [{"choose": "first"}]}}),
    ] {
        let changes = json!([change, {"remove_item": {"id": "none"}}]);
        let changes: Vec<Change> = serde_json::from_value(changes).unwrap();
        assert!(db.apply(&changes, hand(2)).is_err());
    }
    apply(&mut db, by("scan", 3), json!([put("a", json!({"os": "z"}))]));
    let view = db.at(None, None);
    assert_eq!((view.len(), value(&view, "a", "os")), (2, Some("z".into())));
    for (change, part) in [
        (json!({"merge": {"keep": "a", "others": ["a"]}}), "other items"),
        (json!({"merge": {"keep": "a", "others": []}}), "at least one"),
        (json!({"merge": {"keep": "x", "others": ["a"]}}), "\"x\""),
        (json!({"unmerge": {"ids": ["a"]}}), "merged item \"a\""),
        (json!({"release": {"id": "a", "attribute": "os"}}), "release"),
        (json!({"confirm": {"ids": ["a"]}}), "source"),
    ] {
        let changes: Vec<Change> = serde_json::from_value(json!([change])).unwrap();
        let error = db.apply(&changes, hand(4)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
