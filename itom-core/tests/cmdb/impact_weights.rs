//! Groups by count, percent and weight, from what the relations themselves say.

use itom_core::Timestamp;
use itom_core::cmdb::{Change, Cmdb, MinUpType, PutItem, PutRelation, Transaction};

fn at(seconds: i64) -> Transaction {
    Transaction::at(Timestamp::from_secs(seconds))
}

/// A shop on two small machines and a large one.
fn weighed(min_up: u32, by: MinUpType) -> Result<Cmdb, itom_core::Error> {
    let mut db = Cmdb::default();
    let mut changes: Vec<Change> =
        ["0", "1", "2", "3"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    for (host, weight) in [("1", None), ("2", None), ("3", Some(200))] {
        let mut put = PutRelation::new("0", "runs_on", host).in_group("hosts", min_up).by(by);
        put.weight = weight;
        changes.push(Change::PutRelation(put));
    }
    db.apply(&changes, at(0))?;
    Ok(db)
}

#[test]
fn a_group_needs_members_a_share_of_them_or_their_weight() {
    let down = |min_up, by, failed: &[&str]| {
        let impact = weighed(min_up, by).unwrap().at(None, None).impact(failed).unwrap();
        (impact.down().contains(&"0"), impact.at_risk().contains(&"0"))
    };
    use MinUpType::{Count, Percent, Weight, WeightPercent};
    for (min_up, by, lost_small, lost_large) in [
        (2, Count, (false, true), (false, true)),
        // Half of three is two.
        (50, Percent, (false, true), (false, true)),
        (67, Percent, (true, false), (true, false)),
        (200, Weight, (false, true), (false, true)),
        (201, Weight, (false, true), (true, false)),
        (100, Weight, (false, false), (false, false)),
        (50, WeightPercent, (false, true), (false, true)),
        (51, WeightPercent, (false, true), (true, false)),
    ] {
        assert_eq!(down(min_up, by, &["1"]), lost_small, "{min_up} {by:?} without a small one");
        assert_eq!(down(min_up, by, &["3"]), lost_large, "{min_up} {by:?} without the large one");
    }
    let impact = weighed(201, Weight).unwrap().at(None, None).impact(&["3"]).unwrap();
    let slack = &impact.groups()[0];
    assert_eq!((slack.min_up, slack.up, slack.slack, slack.weight), (201, 200, -1, Some(400)));
    let why = impact.why("0").unwrap();
    assert_eq!((why.lost[0].min_up, why.lost[0].weight, why.lost[0].down), (201, Some(400), true));
}

#[test]
fn what_a_group_cannot_mean_is_refused() {
    let refused = |min_up, by| weighed(min_up, by).unwrap_err().to_string();
    for (min_up, by, told) in [
        (4, MinUpType::Count, "min_up must be at most 3, the number of members, got 4"),
        (401, MinUpType::Weight, "min_up must be at most 400, the weight of all members, got 401"),
        (
            101,
            MinUpType::Percent,
            "min_up must be a share from 1 to 100, for group \"hosts\", got 101",
        ),
        (0, MinUpType::WeightPercent, "a share from 1 to 100"),
        (0, MinUpType::Weight, "a sum of weights from 1 on"),
    ] {
        let error = refused(min_up, by);
        assert!(error.contains(told), "{error}");
    }
    let mut db = weighed(50, MinUpType::Percent).unwrap();
    let before = db.at(None, None).relations(None).unwrap();
    let other = PutRelation::new("0", "runs_on", "1").in_group("hosts", 2);
    let plain = PutRelation::new("0", "uses", "1");
    for (put, told) in [
        (other, "min_up must be the same for every member, got 2 and 50 by percent"),
        (
            plain.clone().by(MinUpType::Percent),
            "min_up_type must be left out or count where there is no group",
        ),
        (plain.clone().weighing(0), "weight must be from 1 to 1,000,000, got 0"),
        (plain.clone().weighing(1_000_001), "weight must be from 1 to 1,000,000"),
    ] {
        let error = db.apply(&[Change::PutRelation(put)], at(1)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(db.at(None, None).relations(None).unwrap(), before);
    // A relation without a group may have a weight all the same: rules of statuses weigh it.
    db.apply(&[Change::PutRelation(plain.weighing(7))], at(2)).unwrap();
    let own = db.at(None, None).relations(Some("1")).unwrap();
    assert_eq!(own.iter().map(|one| one.weight).collect::<Vec<_>>(), [None, Some(7)]);
}

#[test]
fn what_relations_weigh_is_in_history_in_bytes_and_in_differences() {
    let mut db = weighed(201, MinUpType::Weight).unwrap();
    let heavier = PutRelation::new("0", "runs_on", "1").in_group("hosts", 201);
    let heavier = heavier.by(MinUpType::Weight).weighing(300);
    db.apply(&[Change::PutRelation(heavier)], at(10)).unwrap();
    let past = Some(Timestamp::from_secs(5));
    let up = |db: &Cmdb, moment| db.at(moment, None).impact(&["3"]).unwrap().down() == ["3"];
    assert!(up(&db, None) && !up(&db, past));
    let restored = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    assert!(up(&restored, None) && !up(&restored, past));
    let difference = db.at(past, None).diff(&db.at(None, None)).unwrap();
    let changed = &difference.relations_changed[0];
    assert_eq!((changed.weight_before, changed.relation.weight), (None, Some(300)));
    assert_eq!(changed.min_up_type_before, Some(MinUpType::Weight));
    let mut again = weighed(201, MinUpType::Weight).unwrap();
    again.apply(&difference.changes(), at(10)).unwrap();
    assert_eq!(again.at(None, None).relations(None), db.at(None, None).relations(None));
    // As tables they load again.
    let tables = db.at(None, None).tables(None).unwrap();
    let mut loaded = Cmdb::default();
    let at = Timestamp::from_secs(10);
    loaded.load(&tables.items, Some(&tables.relations), at, at).unwrap();
    assert_eq!(loaded.at(None, None).relations(None), db.at(None, None).relations(None));
}
