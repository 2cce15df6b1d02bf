//! Differences, branches, baselines and audit, against what the views themselves say.

use std::collections::BTreeMap;

use itom_core::cmdb::{
    Change, Cmdb, Difference, Favour, Item, PutItem, PutRelation, Relation, RemoveItem,
    Transaction, View,
};
use itom_core::{ErrorKind, Timestamp};
use proptest::prelude::*;

use crate::laws::{Step, change, seconds, step};

/// Applies each list of steps as a transaction; what is refused is left out.
fn run(db: &mut Cmdb, transactions: &[(Vec<Step>, i64)], mut known: i64) {
    for (steps, at) in transactions {
        known += 1;
        let changes: Vec<Change> = steps.iter().map(change).collect();
        let _ = db.apply(&changes, Transaction::at(seconds(*at)).known(seconds(known)));
    }
}

fn transactions(most: usize) -> impl Strategy<Value = Vec<(Vec<Step>, i64)>> {
    proptest::collection::vec((proptest::collection::vec(step(), 1..4), 0i64..6), 0..most)
}

fn state(view: &View) -> (Vec<Item>, Vec<Relation>) {
    (view.items(None).unwrap(), view.relations(None).unwrap())
}

/// The difference by its definition: everything of both views compared.
fn naive(before: &View, after: &View) -> Difference {
    let [(old, old_relations), (new, new_relations)] = [before, after].map(state);
    let by_id = |items: &[Item]| -> BTreeMap<String, Item> {
        items.iter().map(|item| (item.id.clone(), item.clone())).collect()
    };
    let (old, new) = (by_id(&old), by_id(&new));
    let mut difference = Difference {
        added: new.values().filter(|item| !old.contains_key(&item.id)).cloned().collect(),
        removed: old.values().filter(|item| !new.contains_key(&item.id)).cloned().collect(),
        ..Difference::default()
    };
    for (id, before) in &old {
        let Some(after) = new.get(id) else { continue };
        let mut names: Vec<&String> =
            before.attributes.keys().chain(after.attributes.keys()).collect();
        names.sort();
        names.dedup();
        let value =
            |item: &Item, name: &String| item.attributes.get(name).cloned().unwrap_or_default();
        let attributes = names
            .into_iter()
            .filter(|name| value(before, name) != value(after, name))
            .map(|name| itom_core::cmdb::ChangedAttribute {
                attribute: name.clone(),
                before: value(before, name),
                after: value(after, name),
            })
            .collect::<Vec<_>>();
        if before != after {
            difference.changed.push(itom_core::cmdb::ChangedItem {
                id: id.clone(),
                class: after.class.clone(),
                class_before: before.class.clone(),
                attributes,
            });
        }
    }
    let key = |relation: &Relation| Relation {
        min_up: None,
        min_up_type: None,
        weight: None,
        ..relation.clone()
    };
    let find = |all: &[Relation], sought: &Relation| {
        all.iter().find(|relation| key(relation) == key(sought)).cloned()
    };
    for relation in &new_relations {
        match find(&old_relations, relation) {
            None => difference.relations_added.push(relation.clone()),
            Some(before) if before != *relation => {
                difference.relations_changed.push(itom_core::cmdb::ChangedRelation {
                    relation: relation.clone(),
                    min_up_before: before.min_up,
                    min_up_type_before: before.min_up_type,
                    weight_before: before.weight,
                });
            }
            Some(_) => {}
        }
    }
    difference.relations_removed = old_relations
        .iter()
        .filter(|relation| find(&new_relations, relation).is_none())
        .cloned()
        .collect();
    difference
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_difference_is_what_the_two_views_say(
        log in transactions(10),
        moments in [(-1i64..7, 0i64..12), (-1i64..7, 0i64..12)],
    ) {
        let mut db = Cmdb::default();
        run(&mut db, &log, 0);
        let [before, after] =
            moments.map(|(valid, known)| db.at(Some(seconds(valid)), Some(seconds(known))));
        prop_assert_eq!(before.diff(&after).unwrap(), naive(&before, &after));
        let latest = db.at(None, None);
        prop_assert_eq!(before.diff(&latest).unwrap(), naive(&before, &latest));
    }

    /// The changes of a difference, applied to the earlier state, give the later one.
    #[test]
    fn a_difference_can_be_applied(log in transactions(8), more in transactions(4)) {
        let mut db = Cmdb::default();
        run(&mut db, &log, 0);
        let mut branch = db.branch();
        run(&mut branch, &more, 100);
        let (before, after) = (db.at(None, None), branch.at(None, None));
        let difference = before.diff(&after).unwrap();
        prop_assert_eq!(&difference, &naive(&before, &after));
        let at = Transaction::at(seconds(9)).known(seconds(200));
        if db.apply(&difference.changes(), at).is_ok() {
            prop_assert_eq!(state(&db.at(None, None)), state(&after));
        }
    }

    /// Without conflicts a merge has both sides' changes; a branch alone is taken over as it is.
    #[test]
    fn a_branch_is_merged(log in transactions(8), ours in transactions(3), theirs in transactions(3)) {
        let mut db = Cmdb::default();
        run(&mut db, &log, 0);
        let mut branch = db.branch();
        let untouched = state(&db.at(None, None));
        run(&mut branch, &theirs, 100);
        prop_assert_eq!(state(&db.at(None, None)), untouched);
        run(&mut db, &ours, 100);
        let alone = ours.is_empty();
        let before = db.to_bytes();
        let at = Transaction::at(seconds(9)).known(seconds(200));
        match db.merge_branch(&branch, Favour::Neither, at) {
            Ok(merge) if !merge.merged => {
                prop_assert!(!merge.conflicts.is_empty());
                prop_assert_eq!(db.to_bytes(), before);
            }
            Ok(merge) => {
                prop_assert!(merge.conflicts.is_empty());
                if alone {
                    prop_assert_eq!(state(&db.at(None, None)), state(&branch.at(None, None)));
                }
            }
            Err(_) => prop_assert_eq!(db.to_bytes(), before),
        }
    }
}

fn put(id: &str, zone: &str) -> Change {
    Change::PutItem(PutItem::new(id, "host").with("zone", zone))
}

fn at(second: i64) -> Transaction {
    Transaction::at(seconds(second))
}

#[test]
fn a_part_is_compared_alone() {
    let mut db = Cmdb::default();
    db.apply(&[put("a", "1"), put("b", "1"), put("c", "1")], at(1)).unwrap();
    let before = db.at(None, None);
    let relation = |source, target| Change::PutRelation(PutRelation::new(source, "uses", target));
    let changes = [put("a", "2"), put("b", "2"), relation("a", "b"), relation("a", "c")];
    db.apply(&changes, at(2)).unwrap();
    let part = before.diff_of(&db.at(None, None), &["a", "c", "nobody"]).unwrap();
    assert_eq!(part.changed.len(), 1);
    assert_eq!((part.relations_added.len(), part.relations_added[0].target.as_str()), (1, "c"));
}

#[test]
fn views_of_two_databases_are_not_compared() {
    let mut one = Cmdb::default();
    let mut other = Cmdb::default();
    one.apply(&[put("a", "1")], at(1)).unwrap();
    other.apply(&[put("a", "1")], at(1)).unwrap();
    let error = one.at(None, None).diff(&other.at(None, None)).unwrap_err();
    assert_eq!(error.argument(), Some("later"));
    let error = one.merge_branch(&other, Favour::Ours, at(2)).unwrap_err();
    assert_eq!(error.argument(), Some("branch"));
}

#[test]
fn what_both_changed_is_a_conflict_and_the_rest_is_merged() {
    let mut db = Cmdb::default();
    db.apply(&[put("a", "1"), put("b", "1"), put("c", "1")], at(1)).unwrap();
    let mut branch = db.branch();
    let gone = |id: &str| Change::RemoveItem(RemoveItem { id: id.to_owned() });
    branch.apply(&[put("a", "2"), put("b", "2"), gone("c"), put("d", "2")], at(2)).unwrap();
    db.apply(&[put("a", "3"), put("c", "3")], at(3)).unwrap();
    let refused = db.merge_branch(&branch, Favour::Neither, at(4)).unwrap();
    let what: Vec<(&str, Option<&str>)> = refused
        .conflicts
        .iter()
        .map(|conflict| (conflict.what.as_str(), conflict.attribute.as_deref()))
        .collect();
    assert_eq!(what, [("a", Some("zone")), ("c", None)]);
    let zone =
        |db: &Cmdb, id: &str| db.at(None, None).item(id).map(|i| i.attributes["zone"].clone());
    let mut favours_ours = db.branch();
    assert!(favours_ours.merge_branch(&branch, Favour::Ours, at(4)).unwrap().merged);
    let ours = ["a", "b", "c", "d"].map(|id| zone(&favours_ours, id));
    assert_eq!(ours, ["3", "2", "3", "2"].map(|zone| Some(zone.into())));
    assert!(db.merge_branch(&branch, Favour::Theirs, at(4)).unwrap().merged);
    let theirs = ["a", "b", "c", "d"].map(|id| zone(&db, id));
    assert_eq!(theirs, [Some("2".into()), Some("2".into()), None, Some("2".into())]);
}

#[test]
fn a_baseline_is_kept_and_a_statement_says_who_made_it() {
    let mut db = Cmdb::default();
    let mut first = at(1);
    (first.actor, first.change) = (Some("ada".to_owned()), Some("CHG1".to_owned()));
    db.apply(&[put("a", "1")], first).unwrap();
    db.set_baseline("release 1", at(2)).unwrap();
    db.apply(&[put("a", "2")], at(3)).unwrap();
    // What was learned later of an earlier time is not part of it.
    db.apply(&[put("b", "1")], at(1).known(seconds(4))).unwrap();
    let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    for db in [&db, &again] {
        let baseline = db.baseline("release 1").unwrap();
        assert_eq!(baseline.len(), 1);
        assert_eq!(baseline.item("a").unwrap().attributes["zone"], "1".into());
        let said = db.item_history("a").unwrap();
        assert_eq!(said.len(), 2);
        assert_eq!(said[0].transaction.actor.as_deref(), Some("ada"));
        assert_eq!(said[0].transaction.change.as_deref(), Some("CHG1"));
        assert_eq!(said[1].attributes["zone"], "2".into());
        assert_eq!(said[1].transaction.at, Timestamp::from_secs(3));
    }
    assert!(db.set_baseline("", at(5)).is_err());
}

/// Hosts whose serial number is unique.
fn serials() -> Cmdb {
    let model = serde_json::from_str(
        r#"{"classes": {"host": {"attributes": {"serial": {"type": "string", "unique": true}}}}}"#,
    );
    Cmdb::new(model.unwrap()).unwrap()
}

fn host(id: &str, serial: &str) -> [Change; 1] {
    [Change::PutItem(PutItem::new(id, "host").with("serial", serial))]
}

#[test]
fn a_branch_keeps_values_unique_against_what_it_grew_from() {
    let at = |second| Transaction::at(seconds(second));
    let mut db = serials();
    db.apply(&host("a", "S1"), at(1)).unwrap();
    let mut branch = db.branch();
    let error = branch.apply(&host("b", "S1"), at(2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(branch.at(None, None).item("b").is_none());
    // Each side may take a value that the other took after the fork; merging them is refused whole.
    branch.apply(&host("b", "S2"), at(2)).unwrap();
    db.apply(&host("c", "S2"), at(2)).unwrap();
    let before = db.to_bytes();
    let error = db.merge_branch(&branch, Favour::Theirs, at(3)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(db.to_bytes(), before);
    // What the branch let go of the base may not have yet, but the branch may.
    branch.apply(&host("a", "S3"), at(4)).unwrap();
    branch.apply(&host("d", "S1"), at(4)).unwrap();
    assert!(db.apply(&host("d", "S1"), at(4)).is_err());
    // A branch of a branch knows both.
    let mut twig = branch.branch();
    for taken in ["S1", "S2", "S3"] {
        assert!(twig.apply(&host("e", taken), at(5)).is_err(), "{taken}");
    }
    twig.apply(&host("e", "S4"), at(5)).unwrap();
}

#[test]
fn a_source_that_removes_what_it_never_claimed_withdraws_nothing() {
    let by = |source: &str, second: i64, known: i64| {
        Transaction::at(seconds(second)).known(seconds(known)).source(source)
    };
    let remove = [Change::RemoveItem(RemoveItem { id: "a".to_owned() })];
    let put = [Change::PutItem(PutItem::new("a", "host").with("cores", 8))];
    let mut db = Cmdb::default();
    db.apply(&put, by("scan", 1, 1)).unwrap();
    db.apply(&remove, by("agent", 5, 5)).unwrap();
    assert!(db.at(None, None).contains("a"));
    assert_eq!(db.at(None, None).item("a").unwrap().attributes["cores"], 8.into());
    // Its put of before becomes known: withdrawn from the removal on, and the other's stays.
    let other = [Change::PutItem(PutItem::new("a", "host").with("owner", "ada"))];
    db.apply(&other, by("agent", 3, 6)).unwrap();
    let owner = |second| {
        let item = db.at(Some(seconds(second)), None).item("a").unwrap();
        item.attributes.get("owner").cloned()
    };
    assert_eq!((owner(4), owner(5)), (Some("ada".into()), None));
    // Of what there never was a removal is an error, as by hand; of what is gone it is none.
    let by_hand = Transaction::at(seconds(6)).known(seconds(6));
    db.apply(&remove, by_hand.clone()).unwrap();
    assert!(db.apply(&remove, by_hand).is_err());
    db.apply(&remove, by("agent", 7, 7)).unwrap();
    assert!(!db.at(None, None).contains("a"));
    assert!(!Cmdb::from_bytes(&db.to_bytes()).unwrap().at(None, None).contains("a"));
    let gone = [Change::RemoveItem(RemoveItem { id: "b".to_owned() })];
    let error = db.apply(&gone, by("agent", 7, 7)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
