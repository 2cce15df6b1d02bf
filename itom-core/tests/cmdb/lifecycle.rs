//! States, and sweeps of what a source no longer sees.

use itom_core::cmdb::{
    Cmdb, ItemRecord, LifecycleDefinition, Outcome, ReconciliationRules, SweepAction,
    SweepDefinition, Transaction,
};
use itom_core::{ErrorKind, Timestamp};

fn second(n: i64) -> Timestamp {
    Timestamp::from_secs(n)
}

fn at(n: i64) -> Transaction {
    Transaction::at(second(n))
}

fn host(id: &str) -> ItemRecord {
    ItemRecord::new("host").of_id(id)
}

fn see(db: &mut Cmdb, source: &str, when: i64, records: &[ItemRecord]) -> Vec<Outcome> {
    let done = db.reconcile(records, &[], at(when).source(source)).unwrap();
    done.results().into_iter().map(|result| result.outcome).collect()
}

fn with_lifecycle(db: &mut Cmdb, when: i64) {
    let mut rules = ReconciliationRules::default();
    rules.lifecycle.insert("host".to_owned(), LifecycleDefinition::operations());
    db.set_rules(rules, at(when)).unwrap();
}

fn state(db: &Cmdb, id: &str) -> Option<String> {
    let item = db.at(None, None).item(id)?;
    item.attributes.get("state").map(|value| value.to_string().replace('"', ""))
}

#[test]
fn a_state_follows_only_from_those_that_lead_to_it() {
    let mut db = Cmdb::default();
    with_lifecycle(&mut db, 0);
    let to = |state: &str| [host("a").with("state", state)];
    assert_eq!(see(&mut db, "import", 1, &to("planned")), [Outcome::Inserted]);
    let refused = db.reconcile(&to("maintenance"), &[], at(2).source("import")).unwrap().results();
    assert_eq!(refused[0].outcome, Outcome::Rejected);
    let why = refused[0].why.as_deref().unwrap();
    assert!(why.contains("planned or one of in_stock, operational, retired"), "{why}");
    assert_eq!(see(&mut db, "import", 3, &to("operational")), [Outcome::Updated]);
    assert_eq!(see(&mut db, "import", 4, &to("retired")), [Outcome::Updated]);
    let put =
        serde_json::from_str(r#"[{"put_item": {"id": "a", "attributes": {"state": "planned"}}}]"#);
    let error = db.apply(&put.unwrap() as &Vec<_>, at(5)).unwrap_err();
    assert!(error.to_string().contains("in_stock"), "{error}");
    assert_eq!(state(&db, "a").as_deref(), Some("retired"));
    let one_bad = [host("b").with("state", "lost"), host("c").with("state", "in_stock")];
    assert_eq!(see(&mut db, "import", 6, &one_bad), [Outcome::Rejected, Outcome::Inserted]);
}

#[test]
fn mistakes_in_a_lifecycle_are_named() {
    for (json, part) in [
        (r#"{"states": {}}"#, "states"),
        (r#"{"states": {"a": ["b"]}}"#, "\"b\""),
        (r#"{"states": {"a": []}, "absent": "b"}"#, "absent"),
        (r#"{"states": {"a": []}, "initial": ["b"]}"#, "initial"),
        (r#"{"states": {"a": []}, "attribute": ""}"#, "attribute"),
    ] {
        let lifecycle: LifecycleDefinition = serde_json::from_str(json).unwrap();
        let mut rules = ReconciliationRules::default();
        rules.lifecycle.insert("host".to_owned(), lifecycle);
        let error = Cmdb::default().set_rules(rules, at(0)).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("lifecycle of host"), "{error}");
    }
}

#[test]
fn a_sweep_takes_only_what_its_source_alone_says_within_its_scope() {
    let mut db = Cmdb::default();
    let zone = |id: &str, zone: &str| host(id).with("zone", zone);
    let all = [zone("a", "eu"), zone("b", "eu"), zone("c", "us"), zone("d", "eu")];
    see(&mut db, "scan", 1, &all);
    see(&mut db, "import", 2, &[host("b").with("owner", "me")]);
    see(&mut db, "scan", 10, &all[..1]);
    let mut sweep = SweepDefinition::new("scan", second(5));
    sweep.attributes.insert("zone".to_owned(), "eu".into());
    let error = db.sweep(&sweep, at(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("2 of 3 items of \"scan\" (66.7 %)"), "{error}");
    let plan = db.plan_sweep(&sweep, at(20)).unwrap();
    assert!(!plan.allowed);
    assert_eq!(db.at(None, None).len(), 4);
    sweep.guard = 0.7;
    let report = db.sweep(&sweep, at(20)).unwrap();
    assert_eq!((report.removed, report.withdrawn), (vec!["d".to_owned()], vec!["b".to_owned()]));
    let view = db.at(None, None);
    assert_eq!(view.len(), 3);
    let b = view.item("b").unwrap();
    assert_eq!(b.attributes.keys().collect::<Vec<_>>(), ["owner"]);
    assert_eq!(db.at(Some(second(19)), None).len(), 4);
    // Seen again it is there again, under its id.
    assert_eq!(see(&mut db, "scan", 30, &all[3..]), [Outcome::Inserted]);
    let report = db
        .plan_sweep(
            &SweepDefinition { guard: 1.0, ..SweepDefinition::new("scan", second(99)) },
            at(40),
        )
        .unwrap();
    assert_eq!((report.in_scope, report.removed), (3, ["a", "c", "d"].map(str::to_owned).to_vec()));
}

#[test]
fn a_sweep_that_marks_is_undone_when_the_source_sees_the_item_again() {
    let mut db = Cmdb::default();
    let sweep = SweepDefinition {
        action: SweepAction::Mark,
        guard: 1.0,
        ..SweepDefinition::new("scan", second(5))
    };
    see(&mut db, "scan", 1, &[host("a").with("state", "operational"), host("b")]);
    let error = db.sweep(&sweep, at(9)).unwrap_err();
    assert!(error.to_string().contains("no state absent"), "{error}");
    with_lifecycle(&mut db, 9);
    assert_eq!(db.sweep(&sweep, at(10)).unwrap().marked, ["a", "b"]);
    assert_eq!(
        [state(&db, "a"), state(&db, "b")],
        [Some("absent".to_owned()), Some("absent".to_owned())]
    );
    // What is marked is no longer in scope: a second sweep finds nothing to do.
    assert_eq!(db.sweep(&sweep, at(11)).unwrap().in_scope, 0);
    assert_eq!(see(&mut db, "scan", 20, &[host("b")]), [Outcome::Updated]);
    assert_eq!(
        see(&mut db, "scan", 21, &[host("a").with("state", "operational")]),
        [Outcome::Updated]
    );
    assert_eq!([state(&db, "a"), state(&db, "b")], [Some("operational".to_owned()), None]);
    assert_eq!(see(&mut db, "scan", 22, &[host("b")]), [Outcome::Unchanged]);
}

#[test]
fn mistakes_in_a_sweep_are_named() {
    let mut db = Cmdb::default();
    see(&mut db, "scan", 1, &[host("a")]);
    for (json, part) in [
        (r#"{"source": "", "seen_before": "2026-01-01T00:00:00Z"}"#, "source"),
        (r#"{"source": "scan", "seen_before": "2026-01-01T00:00:00Z", "guard": 1.5}"#, "guard"),
        (r#"{"source": "scan", "seen_before": "2026-01-01T00:00:00Z", "ids": ["x"]}"#, "\"x\""),
    ] {
        let sweep: SweepDefinition = serde_json::from_str(json).unwrap();
        let error = db.sweep(&sweep, at(2)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let unheard = SweepDefinition::new("nobody", second(9));
    assert_eq!(db.sweep(&unheard, at(2)).unwrap().in_scope, 0);
}
