//! Several sources, one truth: claims, rules, locks, merges — and reconciliation on top of them.

use itom_core::Timestamp;
use itom_core::cmdb::{
    Change, Cmdb, Import, ItemRecord, ModelDefinition, Outcome, RecordResult, Transaction, Value,
    Verdict, View,
};
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

// ------------------------------------------------------------------ reconciliation of records

const ESTATE: &str = r#"{
    "classes": {
        "item": {"abstract": true, "attributes": {"name": {"type": "string"}, "tags": {"type": "list"}}},
        "host": {"extends": "item",
                 "attributes": {"serial": {"type": "string"}, "os": {"type": "string"},
                                "ram": {"type": "int"}, "macs": {"type": "list"}, "state": {"type": "string"},
                                "domain": {"type": "string"}},
                 "identification": [{"attributes": ["serial"]},
                     {"name": "full name", "attributes": ["name", "domain"]},
                     {"kind": "lookup", "attributes": ["macs"], "relation": "part_of", "class": "interface",
                      "lookup_attributes": ["mac"]}]},
        "linux": {"extends": "host"},
        "windows": {"extends": "host"},
        "interface": {"extends": "item", "attributes": {"mac": {"type": "string"}, "speed": {"type": "int"}},
                 "identification": [{"kind": "dependent", "attributes": ["name"], "relation": "part_of", "class": "host"}]},
        "service": {"extends": "item", "attributes": {"owner": {"type": "string", "required": true}},
                 "identification": [{"attributes": ["name"]}]}
    },
    "relations": {"part_of": {"inverse": "has_part"}, "runs_on": {"inverse": "runs"}}
}"#;

fn estate() -> Cmdb {
    Cmdb::new(serde_json::from_str(ESTATE).unwrap()).unwrap()
}

fn records(json: serde_json::Value) -> Vec<ItemRecord> {
    serde_json::from_value(json).unwrap()
}

fn reconcile(
    db: &mut Cmdb,
    transaction: Transaction,
    json: serde_json::Value,
) -> Vec<RecordResult> {
    db.reconcile(&records(json), &[], transaction).unwrap().results()
}

fn outcomes(results: &[RecordResult]) -> Vec<(Outcome, Option<&str>)> {
    results.iter().map(|result| (result.outcome, result.id.as_deref())).collect()
}

#[test]
fn entries_are_tried_in_order_and_say_what_they_did() {
    use Outcome::*;
    let mut db = estate();
    let first = reconcile(
        &mut db,
        by("scan", 1),
        json!([
            {"class": "host", "attributes": {"serial": "J1", "name": "a", "domain": "x", "os": "debian"}},
            {"class": "host", "attributes": {"name": "b", "domain": "x", "ram": 8}},
            {"class": "host", "attributes": {"name": "b", "domain": "x", "ram": 16}},
            {"class": "host", "attributes": {"serial": "", "name": "b"}},
        ]),
    );
    let ids = [Some("host-000001"), Some("host-000002"), Some("host-000002"), Some("host-000003")];
    assert_eq!(
        outcomes(&first),
        [(Inserted, ids[0]), (Inserted, ids[1]), (Updated, ids[2]), (Inserted, ids[3])]
    );
    assert_eq!(
        (&first[2].attributes[..], &first[2].claimed[..]),
        (&["ram".to_owned()][..], &["ram".to_owned()][..])
    );
    assert_eq!(first[2].identified.matched.as_deref(), Some("full name"));
    assert_eq!(first[2].identified.skipped["serial"], ["serial"]);
    assert_eq!(first[2].identified.by["domain"], "x".into());
    let of_last = &first[3].identified;
    assert_eq!(of_last.skipped["full name"], ["domain"]);
    assert_eq!((of_last.matched.as_deref(), of_last.skipped.len()), (None, 3));
    // The serial decides before the name; another source knows the host by what the first said.
    let second = reconcile(
        &mut db,
        by("import", 2),
        json!([
            {"class": "host", "attributes": {"serial": "J1", "name": "b", "domain": "x"}},
            {"class": "host", "attributes": {"serial": "J2", "name": "b", "domain": "x"}},
        ]),
    );
    assert_eq!(outcomes(&second), [(Updated, ids[0]), (Ambiguous, None)]);
    assert_eq!(second[1].identified.candidates, ["host-000001", "host-000002"]);
    assert_eq!(second[1].identified.unmatched, ["serial"]);
    // What lost is still what the scanner knows its item by.
    let third = reconcile(
        &mut db,
        by("scan", 3),
        json!([{"class": "host", "attributes": {"name": "a", "domain": "x"}}]),
    );
    assert_eq!(outcomes(&third), [(Unchanged, ids[0])]);
    assert_eq!((third[0].lost[0].attribute.as_str(), &third[0].lost[0].to), ("name", &"b".into()));
}

#[test]
fn dependent_records_are_known_within_their_host_whatever_the_order() {
    let mut db = estate();
    let batch: Import = serde_json::from_value(json!({
        "records": [
            {"class": "interface", "attributes": {"name": "eth0", "mac": "m1"}},
            {"class": "interface", "attributes": {"name": "eth0", "mac": "m2"}},
            {"class": "host", "attributes": {"serial": "A"}},
            {"class": "host", "attributes": {"serial": "B"}},
            {"class": "interface", "attributes": {"name": "eth0", "speed": 10}},
            {"class": "interface", "attributes": {"name": "eth9"}}],
        "relations": [
            {"source": 0, "kind": "part_of", "target": 2}, {"source": 1, "kind": "part_of", "target": 3},
            {"source": 4, "kind": "part_of", "target": {"class": "host", "attributes": {"serial": "B"}}},
            {"source": 5, "kind": "part_of", "target": 77}]
    }))
    .unwrap();
    let done = db.reconcile(&batch.records, &batch.relations, by("scan", 1)).unwrap();
    let ids: Vec<Option<&str>> = (0..6).map(|n| done.id(n)).collect();
    assert_eq!(ids[1], ids[4]);
    assert_ne!(ids[0], ids[1]);
    assert_eq!(done.counts().inserted, 5);
    let outcomes: Vec<Outcome> = done.relations().iter().map(|relation| relation.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Inserted, Outcome::Inserted, Outcome::Unchanged, Outcome::Rejected]
    );
    assert_eq!(done.result(5).identified.skipped["name"], ["part_of"]);
    let again = db.reconcile(&batch.records[..5], &batch.relations[..3], by("scan", 2)).unwrap();
    assert_eq!(again.counts().unchanged, 5);
    // A host without any attribute of its own that is known, but with an interface that is.
    let found = db
        .reconcile(
            &records(json!([{"class": "host", "attributes": {"macs": ["zz", "m2"], "os": "x"}}])),
            &[],
            by("arp", 3),
        )
        .unwrap()
        .result(0);
    assert_eq!(found.id.as_deref(), done.id(3));
    assert_eq!(
        (found.identified.matched.as_deref(), found.outcome),
        (Some("macs"), Outcome::Updated)
    );
}

#[test]
fn classes_become_more_special_and_change_sideways_by_rule_alone() {
    use Outcome::*;
    let mut db = estate();
    let of = |class: &str| json!([{"class": class, "attributes": {"serial": "A"}}]);
    reconcile(&mut db, by("scan", 1), of("host"));
    let down = reconcile(&mut db, by("agent", 2), of("linux"));
    assert_eq!((down[0].outcome, down[0].class_before.as_deref()), (Reclassified, Some("host")));
    let up = reconcile(&mut db, by("scan", 3), of("host"));
    assert_eq!(up[0].outcome, Unchanged);
    assert_eq!(db.at(None, None).item("host-000001").unwrap().class, "linux");
    let aside = reconcile(&mut db, by("agent", 4), of("windows"));
    assert_eq!(aside[0].outcome, Rejected);
    assert!(aside[0].why.as_ref().unwrap().contains("linux"), "{aside:?}");
    let switch = json!([{"set_rules": {"switches": [{"from": "linux", "to": "windows"}]}}]);
    apply(&mut db, hand(5), switch);
    assert_eq!(reconcile(&mut db, by("agent", 6), of("windows"))[0].outcome, Reclassified);
    assert_eq!(db.at(None, None).item("host-000001").unwrap().class, "windows");
    assert_eq!(db.at(Some(second(5)), None).item("host-000001").unwrap().class, "linux");
}

#[test]
fn what_cannot_be_is_rejected_and_the_rest_is_written() {
    let mut db = estate();
    let batch = json!([
        {"class": "service", "attributes": {"name": "shop"}},
        {"class": "service", "attributes": {"name": "mail", "owner": "me"}},
        {"class": "item", "attributes": {"name": "x"}},
        {"class": "hsot"}, {"class": "host", "attributes": {"ram": "much"}},
        {"class": "host", "attributes": {"colour": "red"}},
        {"class": "service", "id": "", "attributes": {"name": "web", "owner": "me"}},
    ]);
    let dry = db.identify(&records(batch.clone()), &[], by("import", 1)).unwrap().results();
    assert_eq!(db.transactions().count(), 0);
    let results = reconcile(&mut db, by("import", 1), batch);
    assert_eq!(dry, results);
    let whys: Vec<&str> =
        results.iter().map(|result| result.why.as_deref().unwrap_or("")).collect();
    for (n, part) in
        [(0, "owner"), (2, "abstract"), (3, "hsot"), (4, "ram"), (5, "colour"), (6, "id")]
    {
        assert!(whys[n].contains(part) && results[n].outcome == Outcome::Rejected, "{n}: {whys:?}");
    }
    assert_eq!((results[1].outcome, db.at(None, None).len()), (Outcome::Inserted, 1));
    assert!(db.reconcile(&[], &[], hand(2)).unwrap_err().to_string().contains("source"));
    // An id that was given once is not given again, even after the item is gone.
    apply(&mut db, hand(2), json!([{"remove_item": {"id": "service-000001"}}]));
    let new = reconcile(
        &mut db,
        by("import", 3),
        json!([{"class": "service", "attributes": {"name": "new", "owner": "me"}}]),
    );
    assert_eq!(new[0].id.as_deref(), Some("service-000002"));
}

#[test]
fn what_loses_is_told_with_the_reason() {
    let mut db = estate();
    apply(
        &mut db,
        hand(0),
        json!([{"set_rules": {"rules": [{"attributes": ["os"], "sources": ["scan"]}]}}]),
    );
    let of = |os: &str| json!([{"class": "host", "attributes": {"serial": "A", "os": os}}]);
    reconcile(&mut db, by("scan", 1), of("debian"));
    let lost = reconcile(&mut db, by("import", 2), of("linux"));
    assert_eq!(
        (lost[0].outcome, &lost[0].claimed[..]),
        (Outcome::Unchanged, &["os".to_owned(), "serial".to_owned()][..])
    );
    let value = &lost[0].lost[0];
    assert_eq!(
        (&value.to, value.to_source.as_deref(), value.why),
        (&"debian".into(), Some("scan"), Verdict::LowerPrecedence)
    );
}

#[test]
fn a_late_record_speaks_of_its_time_and_not_of_what_was_confirmed_later() {
    let mut db = estate();
    let of = |ram: i64| json!([{"class": "host", "attributes": {"serial": "A", "ram": ram}}]);
    let late = |at: i64, known: i64| by("scan", at).known(second(known));
    reconcile(&mut db, late(10, 10), of(8));
    reconcile(&mut db, late(20, 20), of(8));
    assert_eq!(reconcile(&mut db, late(15, 30), of(4))[0].outcome, Outcome::Updated);
    let ram = |db: &Cmdb, at| value(&db.at(Some(second(at)), None), "host-000001", "ram").unwrap();
    assert_eq!([12, 17, 20, 99].map(|at| ram(&db, at)), [8, 4, 8, 8].map(Value::from));
    assert_eq!(reconcile(&mut db, late(25, 31), of(8))[0].outcome, Outcome::Unchanged);
    assert_eq!(reconcile(&mut db, late(16, 32), of(4))[0].outcome, Outcome::Unchanged);
    assert_eq!([15, 17, 20].map(|at| ram(&db, at)), [4, 4, 8].map(Value::from));
}

#[test]
fn claims_tell_what_won_and_what_lost_by_which_rule() {
    let mut db = estate();
    let rules = json!([{"set_rules": {"rules": [{"class": "host", "choose": "largest"},
        {"attributes": ["tags"], "choose": "union"}]}}]);
    apply(&mut db, hand(0), rules);
    let of = |ram: i64, tag: &str| json!([{"class": "linux", "attributes": {"serial": "A", "ram": ram, "tags": [tag]}}]);
    reconcile(&mut db, by("scan", 1), of(8, "x"));
    reconcile(&mut db, by("import", 2), of(4, "y"));
    reconcile(&mut db, by("scan", 9), of(8, "x"));
    let view = db.at(None, None);
    let why = view.why_value("linux-000001", "ram").unwrap();
    assert_eq!(
        (why.value, why.source.as_deref(), why.rule_number),
        (Some(8.into()), Some("scan"), Some(0))
    );
    assert_eq!(why.rule.unwrap().class.as_deref(), Some("host"));
    let verdicts: Vec<_> = why
        .claims
        .iter()
        .map(|claim| (claim.source.as_deref(), claim.verdict, claim.at, claim.seen))
        .collect();
    assert_eq!(
        verdicts,
        [
            (Some("import"), Verdict::Smaller, second(2), second(2)),
            (Some("scan"), Verdict::Wins, second(1), second(9))
        ]
    );
    // A rule of the class comes before one for the attribute alone.
    assert_eq!(view.claims("linux-000001").unwrap().len(), 6);
    assert_eq!(view.why_value("linux-000001", "tags").unwrap().rule_number, Some(0));
    assert_eq!(view.why_value("linux-000001", "os").unwrap().claims, []);
    assert!(view.why_value("none", "os").is_err() && view.claims("none").is_err());
}

#[test]
fn duplicates_are_found_after_the_fact_and_merged_away() {
    let mut db = estate();
    reconcile(
        &mut db,
        by("scan", 1),
        json!([
        {"class": "host", "attributes": {"serial": "A", "ram": 4}},
        {"class": "linux", "attributes": {"name": "n", "domain": "d", "os": "debian"}},
        {"class": "host", "attributes": {"serial": "C"}}]),
    );
    assert_eq!(db.at(None, None).duplicates(), []);
    apply(
        &mut db,
        by("import", 2),
        json!([{"put_item": {"id": "linux-000001", "attributes": {"serial": "A"}}}]),
    );
    let found = db.at(None, None).duplicates();
    assert_eq!(
        (found.len(), found[0].entry.as_str(), &found[0].ids[..]),
        (1, "serial", &["host-000001".to_owned(), "linux-000001".to_owned()][..])
    );
    let record = json!([{"class": "host", "attributes": {"serial": "A"}}]);
    assert_eq!(reconcile(&mut db, by("scan", 3), record.clone())[0].outcome, Outcome::Ambiguous);
    db.merge("linux-000001", &["host-000001"], hand(4)).unwrap();
    assert_eq!(db.at(None, None).duplicates(), []);
    assert_eq!(db.at(Some(second(3)), None).duplicates().len(), 1);
    let known = reconcile(
        &mut db,
        by("scan", 5),
        json!([{"class": "host", "attributes": {"serial": "A", "ram": 16}}]),
    );
    assert_eq!(outcomes(&known), [(Outcome::Updated, Some("linux-000001"))]);
    assert_eq!(value(&db.at(None, None), "linux-000001", "ram"), Some(16.into()));
    // What the scanner said since was of its own item: it goes with it.
    db.unmerge(&["host-000001"], hand(6)).unwrap();
    assert_eq!(value(&db.at(None, None), "linux-000001", "ram"), None);
    assert_eq!(value(&db.at(None, None), "host-000001", "ram"), Some(16.into()));
}
