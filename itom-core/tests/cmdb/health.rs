//! Health: each metric with its reason, groups, weights, moments, and definitions that are refused.

use itom_core::cmdb::{
    Change, Cmdb, HealthDefinition, HealthGroup, HealthMetric as Metric, HealthReport, ItemRecord,
    MergeItems, ModelDefinition, PutItem, PutRelation, RemoveItem, SweepAction, SweepDefinition,
    Transaction,
};
use itom_core::{Error, Timestamp};

const DAY: i64 = 86_400;

fn day(n: i64) -> Transaction {
    Transaction::at(Timestamp::from_secs(n * DAY))
}

fn model() -> ModelDefinition {
    serde_json::from_str(
        r#"{
        "classes": {
            "thing": {"abstract": true, "attributes": {
                "owner": {"type": "string", "recommended": true},
                "note": {"type": "string"}, "state": {"type": "string"}}},
            "host": {"extends": "thing", "attributes": {
                "serial": {"type": "string"}, "os": {"type": "string", "recommended": true}},
                "identification": [{"attributes": ["serial"]}]},
            "process": {"extends": "thing", "attributes": {"name": {"type": "string", "required": true}},
                "identification": [{"kind": "dependent", "attributes": ["name"],
                                    "relation": "runs_on", "class": "host"}]},
            "service": {"extends": "thing"}
        },
        "relations": {
            "runs_on": {"ends": [{"source": "process", "target": "host"}],
                        "targets_per_source": {"min": 1}, "sources_per_target": {"min": 2}},
            "depends_on": {}, "documents": {"impact": false},
            "connected_to": {"symmetric": true}
        }
    }"#,
    )
    .unwrap()
}

fn item(id: &str, class: &str) -> PutItem {
    PutItem::new(id, class).with("owner", "ada")
}

fn put(item: PutItem) -> Change {
    Change::PutItem(item)
}

fn relate(source: &str, kind: &str, target: &str) -> Change {
    Change::PutRelation(PutRelation::new(source, kind, target))
}

fn small() -> Cmdb {
    let mut db = Cmdb::new(model()).unwrap();
    let changes = [
        put(item("shop", "service")),
        put(item("web", "process").with("name", "nginx")),
        put(item("host-1", "host").with("serial", "J7X").with("os", "Debian 12")),
        put(item("host-2", "host").with("serial", "J7X").with("os", "")),
        put(PutItem::new("spare", "host").with("os", "Ubuntu").with("owner", "bob")),
        relate("shop", "depends_on", "web"),
        relate("web", "runs_on", "host-1"),
        relate("shop", "documents", "host-2"),
    ];
    db.apply(&changes, day(0)).unwrap();
    db
}

fn define(json: &str) -> HealthDefinition {
    serde_json::from_str(json).unwrap()
}

fn health(db: &Cmdb, json: &str) -> HealthReport {
    db.at(None, None).health(&define(json), None).unwrap()
}

fn count(report: &HealthReport, metric: Metric) -> (u64, u64) {
    report.all.metrics.get(&metric).map_or((0, 0), |count| (count.checked, count.failed))
}

fn reasons(report: &HealthReport, id: &str) -> Vec<(Metric, String)> {
    let item = report.worst.iter().find(|item| item.id == id);
    let failures = item.map_or(&[][..], |item| &item.failures);
    failures.iter().map(|failure| (failure.metric, failure.reason.clone())).collect()
}

fn group<'a>(groups: &'a [HealthGroup], name: Option<&str>) -> &'a HealthGroup {
    groups.iter().find(|group| group.name.as_deref() == name).unwrap()
}

#[test]
fn every_failure_has_its_reason() {
    let db = small();
    let report = health(
        &db,
        r#"{"classes": {"host": {"required": ["serial"]}},
            "rules": [{"name": "supported", "class": "host", "condition": "os ~ \"Debian*\"",
                       "when": "os exists"}]}"#,
    );
    let told = |metric, reason: &str| (metric, reason.to_owned());
    assert_eq!(
        reasons(&report, "spare"),
        [
            told(Metric::Required, "serial is required and missing"),
            told(Metric::Orphan, "no relation to another item"),
            told(Metric::Compliance, "not supported: os ~ \"Debian*\""),
            told(Metric::RelationMinimum, "0 sources by runs_on, at least 2 expected"),
        ]
    );
    assert_eq!(
        reasons(&report, "host-2")[..2],
        [
            told(Metric::Recommended, "os is recommended and missing"),
            told(Metric::Duplicate, "the same as host-1 by serial: serial \"J7X\""),
        ]
    );
    assert_eq!(
        reasons(&report, "host-1"),
        [
            told(Metric::Duplicate, "the same as host-2 by serial: serial \"J7X\""),
            told(Metric::RelationMinimum, "1 sources by runs_on, at least 2 expected"),
        ]
    );
    assert_eq!(count(&report, Metric::Required), (4, 1)); // the process too, by the model
    assert_eq!(count(&report, Metric::Duplicate), (4, 2));
    assert_eq!(count(&report, Metric::Compliance), (3, 2)); // an empty text is one
    assert_eq!(count(&report, Metric::RelationMinimum), (4, 3));
    assert_eq!(count(&report, Metric::RelationDuplicate), (3, 0));
    assert_eq!((report.failing, report.all.item_count), (3, 5));
    assert_eq!(report.worst[0].id, "host-2");
}

#[test]
fn items_are_told_by_class_service_owner_and_source() {
    let mut db = small();
    let seen = [ItemRecord::new("host").of_id("spare").with("serial", "K1")];
    db.reconcile(&seen, &[], day(1).source("scan")).unwrap();
    let report = health(&db, "{}");
    let names = |groups: &[HealthGroup]| -> Vec<Option<String>> {
        groups.iter().map(|group| group.name.clone()).collect()
    };
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(names(&report.classes), [some("host"), some("process"), some("service")]);
    assert_eq!(names(&report.owners), [some("ada"), some("bob")]);
    assert_eq!(names(&report.sources), [None, some("scan")]);
    assert_eq!(group(&report.sources, Some("scan")).scores.item_count, 1);
    assert_eq!(group(&report.sources, None).scores.item_count, 5);
    // host-2 is documented by the shop, which carries no impact.
    assert_eq!(group(&report.services, Some("shop")).scores.item_count, 3);
    let shop = group(&report.services, Some("shop"));
    assert_eq!(shop.scores.metrics[&Metric::RelationStale].checked, 3);
    // Nobody's duplicate within another class, and nobody's service without such a class.
    let report = health(&db, r#"{"service": "process"}"#);
    assert_eq!(names(&report.services), [some("web")]);
}

#[test]
fn what_was_not_seen_for_long_is_stale_and_so_are_its_relations() {
    let mut db = small();
    db.reconcile(
        &[ItemRecord::new("host").of_id("host-1").with("note", "x")],
        &[],
        day(10).source("scan"),
    )
    .unwrap();
    let again = [ItemRecord::new("host").of_id("host-1").with("note", "x")];
    db.reconcile(&again, &[], day(70).source("scan")).unwrap();
    let at = |days: i64, json: &str| {
        let now = Timestamp::from_secs(days * DAY);
        db.at(None, None).health(&define(json), Some(now)).unwrap()
    };
    assert_eq!(count(&at(60, "{}"), Metric::Stale), (5, 0));
    let report = at(61, "{}");
    assert_eq!(count(&report, Metric::Stale), (5, 4));
    assert_eq!(count(&report, Metric::RelationStale), (3, 3));
    let web = reasons(&report, "web");
    let expected = "last seen 1970-01-01T00:00:00Z, more than PT1440H before 1970-03-03T00:00:00Z";
    assert!(web.contains(&(Metric::Stale, expected.to_owned())), "{web:?}");
    assert!(web.contains(&(Metric::RelationStale, "web runs_on host-1: web is stale".to_owned())));
    // Seen again on day 70, with nothing new to say.
    assert_eq!(count(&at(130, "{}"), Metric::Stale), (5, 4));
    assert_eq!(count(&at(131, "{}"), Metric::Stale), (5, 5));
    let exempt = r#"{"stale_after": "PT24H", "classes": {"process": {"exempt": ["correctness.stale"]},
                     "host": {"stale_after": "PT2400H"}}}"#;
    assert_eq!(count(&at(61, exempt), Metric::Stale), (4, 1));
    assert_eq!(count(&at(61, exempt), Metric::RelationStale), (3, 2));
    // Without an instant it is the last of which anything was said: day 70.
    assert_eq!(count(&health(&db, "{}"), Metric::Stale), (5, 4));
}

#[test]
fn what_a_sweep_marks_is_stale_at_once() {
    let rules = r#"{"lifecycle": {"thing": {"states": {"absent": [], "operational": ["absent"]},
                                            "absent": "absent"}}}"#;
    let mut db = Cmdb::new(model()).unwrap();
    db.set_rules(serde_json::from_str(rules).unwrap(), day(0)).unwrap();
    let host = |id: &str| ItemRecord::new("host").of_id(id).with("state", "operational");
    db.reconcile(&[host("a"), host("b")], &[], day(0).source("scan")).unwrap();
    db.reconcile(&[host("a")], &[], day(5).source("scan")).unwrap();
    let sweep = SweepDefinition {
        action: SweepAction::Mark,
        guard: 1.0,
        ..SweepDefinition::new("scan", Timestamp::from_secs(DAY))
    };
    assert_eq!(count(&health(&db, "{}"), Metric::Stale), (2, 0));
    db.sweep(&sweep, day(6)).unwrap();
    let report = health(&db, "{}");
    assert_eq!(count(&report, Metric::Stale), (2, 1));
    let marked = (Metric::Stale, "its source says that it is absent".to_owned());
    assert!(reasons(&report, "b").contains(&marked));
}

#[test]
fn relations_are_double_or_lack_an_end() {
    let mut db = small();
    let pooled = PutRelation::new("shop", "depends_on", "web").in_group("pool", 1);
    db.apply(&[Change::PutRelation(pooled)], day(1)).unwrap();
    let report = health(&db, "{}");
    assert_eq!(count(&report, Metric::RelationDuplicate), (4, 1));
    let told = "shop depends_on web in group pool doubles another relation".to_owned();
    assert!(reasons(&report, "shop").contains(&(Metric::RelationDuplicate, told)));

    // One source knows the relation, another the item, which it takes back.
    let mut db = Cmdb::default();
    db.apply(&[put(item("a", "host"))], day(0)).unwrap();
    db.apply(&[put(item("b", "host"))], day(0).source("scan")).unwrap();
    db.apply(&[relate("a", "uses", "b")], day(1).source("traces")).unwrap();
    let gone = Change::RemoveItem(RemoveItem { id: "b".to_owned() });
    db.apply(std::slice::from_ref(&gone), day(2).source("scan")).unwrap();
    let report = health(&db, "{}");
    assert_eq!(count(&report, Metric::RelationOrphan), (1, 1));
    let told = "a uses b: b is not there".to_owned();
    assert!(reasons(&report, "a").contains(&(Metric::RelationOrphan, told)));
    // Where it is removed by hand its relations go with it.
    let mut db = small();
    db.apply(&[Change::RemoveItem(RemoveItem { id: "web".to_owned() })], day(2)).unwrap();
    assert_eq!(count(&health(&db, "{}"), Metric::RelationOrphan), (1, 0));
}

#[test]
fn classes_say_which_relations_an_item_needs() {
    let db = small();
    let json = r#"{"related": [], "classes": {
        "thing": {"related": [{"kinds": ["runs_on"], "direction": "consumers", "class": "process"}]},
        "service": {"related": []}, "process": {"related": [{"class": "service"}, {"kinds": ["connected_to"]}]}}}"#;
    let report = health(&db, json);
    assert_eq!(count(&report, Metric::Orphan), (4, 3));
    let told = "no runs_on relation from an item of class process".to_owned();
    assert_eq!(reasons(&report, "host-2")[1], (Metric::Orphan, told));
    let told = "no connected_to relation to or from another item".to_owned();
    assert!(reasons(&report, "web").contains(&(Metric::Orphan, told)));
}

#[test]
fn the_scope_leaves_items_out_and_weights_count() {
    let db = small();
    let json = r#"{"scope": "not (owner = \"bob\" or id = \"host-2\")"}"#;
    let report = health(&db, json);
    assert_eq!((report.all.item_count, count(&report, Metric::Duplicate)), (3, (2, 0)));

    let json = r#"{"classes": {"service": {"weight": 6}}, "metrics": {"correctness.orphan": 2,
        "correctness.stale": 0, "correctness.duplicate": 0},
        "indicators": {"completeness": 0, "relationship": 0}}"#;
    let report = health(&db, json);
    assert_eq!(report.all.metrics[&Metric::Orphan].score, Some(0.9)); // 9 of 10 by weight
    assert_eq!((report.all.correctness, report.all.score), (Some(0.9), Some(0.9)));
    assert_eq!(report.worst[0].id, "spare");
    assert_eq!(report.worst[1].score, Some(1.0)); // fails only what weighs nothing
    let limited = health(&db, r#"{"limit": 1}"#);
    assert_eq!((limited.worst.len(), limited.failing), (1, 3));
}

#[test]
fn a_report_is_of_its_moment() {
    let mut db = small();
    let moved = [relate("spare", "connected_to", "host-1")];
    db.apply(&moved, day(5)).unwrap();
    let merge = MergeItems { keep: "host-1".to_owned(), others: vec!["host-2".to_owned()] };
    db.apply(&[Change::Merge(merge)], day(6)).unwrap();
    let failed = |valid: i64, metric| {
        let view = db.at(Some(Timestamp::from_secs(valid * DAY)), None);
        count(&view.health(&HealthDefinition::default(), None).unwrap(), metric).1
    };
    assert_eq!([0, 5, 6].map(|day| failed(day, Metric::Orphan)), [1, 0, 0]);
    assert_eq!([0, 5, 6].map(|day| failed(day, Metric::Duplicate)), [2, 2, 0]);
    // By what was known on day 4 nothing of that is so yet.
    let view = db.at(None, Some(Timestamp::from_secs(4 * DAY)));
    let report = view.health(&HealthDefinition::default(), None).unwrap();
    assert_eq!(count(&report, Metric::Orphan).1, 1);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let db = small();
    let refused =
        |json: &str| -> Error { db.at(None, None).health(&define(json), None).unwrap_err() };
    for (json, part) in [
        (r#"{"classes": {"hst": {}}}"#, "\"hst\""),
        (r#"{"classes": {"host": {"weight": 2000000}}}"#, "classes, host: weight"),
        (r#"{"classes": {"host": {"required": [""]}}}"#, "attribute"),
        (r#"{"classes": {"host": {"stale_after": "PT0S"}}}"#, "stale_after"),
        (r#"{"stale_after": "-PT1S"}"#, "stale_after"),
        (r#"{"related": [{"kinds": ["runs"]}]}"#, "\"runs\""),
        (r#"{"related": [{"class": "hst"}]}"#, "\"hst\""),
        (r#"{"owner": ""}"#, "owner"),
        (r#"{"service": "srv"}"#, "\"srv\""),
        (r#"{"limit": 4000000000}"#, "limit"),
        (r#"{"rules": [{"name": "", "condition": "os exists"}]}"#, "rules[0]: name"),
        (
            r#"{"rules": [{"name": "a", "condition": "os exists"}, {"name": "a", "condition": "os exists"}]}"#,
            "rules[1]: name",
        ),
        (r#"{"rules": [{"name": "a", "class": "x", "condition": "os exists"}]}"#, "rules[0]"),
    ] {
        let error = refused(json).to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
    for (json, part) in [
        (r#"{"rules": [{"name": "a", "condition": "os exits"}]}"#, "column 4"),
        (r#"{"clases": {}}"#, "clases"),
        (r#"{"metrics": {"completeness": 1}}"#, "completeness"),
        (r#"{"scope": 3}"#, "ConditionOrText"),
    ] {
        let error = serde_json::from_str::<HealthDefinition>(json).unwrap_err().to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
    let deep = (0..100).fold("os exists".to_owned(), |text, _| format!("not ({text})"));
    let json = format!(r#"{{"scope": "{deep}"}}"#);
    assert!(
        serde_json::from_str::<HealthDefinition>(&json)
            .unwrap_err()
            .to_string()
            .contains("64 deep")
    );
}
