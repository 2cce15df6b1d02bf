//! The blocks of the log: what is written comes back, in every version of the format.

use itom_core::cmdb::{
    Change, Cmdb, ConfirmItems, LogStorage, MemoryMedium, PutItem, PutRelation, RemoveItem,
    RemoveRelation, Storage, Transaction, Value,
};
use itom_core::{ErrorKind, Timestamp};
use proptest::prelude::*;

use super::faulty::Faulty;
use crate::common::golden;

fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-4_i64..4).prop_map(Value::Int),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::Float),
        "[a-c]{0,3}".prop_map(Value::Text),
        "\\PC{0,12}".prop_map(Value::Text),
        (any::<i32>(), prop_oneof![Just(1), Just(1_000_000_000)])
            .prop_map(|(n, unit)| Value::Time(Timestamp::from_nanos(i64::from(n) * unit))),
    ];
    let list = prop::collection::vec(plain.clone(), 0..4).prop_map(Value::List);
    prop_oneof![6 => plain, 1 => list]
}

/// Items with their attributes.
type Items = Vec<(String, Vec<(String, Value)>)>;

fn transactions() -> impl Strategy<Value = Vec<Items>> {
    let attributes = prop::collection::vec(("[a-e]", value()), 0..5);
    let item = ("(host|svc)-[0-9]{1,3}|é{0,2}x", attributes);
    prop::collection::vec(prop::collection::vec(item, 0..40), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_values_come_back_from_the_log(all in transactions()) {
        let medium = Faulty::new(None);
        let storage = LogStorage::open(medium.clone()).unwrap();
        let mut db = Cmdb::with_storage(Box::new(storage), None).unwrap();
        for (n, items) in all.iter().enumerate() {
            let put = |(id, attributes): &(String, Vec<(String, Value)>)| {
                let mut put = PutItem::new(id, if n % 2 == 0 { "host" } else { "service" });
                put.attributes.extend(attributes.iter().cloned());
                Change::PutItem(put)
            };
            let changes: Vec<Change> = items.iter().map(put).collect();
            let mut transaction = Transaction::at(Timestamp::from_secs(n as i64 % 3)).known(Timestamp::from_secs(n as i64));
            transaction.source = (n % 2 == 1).then(|| "scanner".to_owned());
            transaction.actor = (n % 3 == 1).then(|| format!("actor {n}"));
            db.apply(&changes, transaction).unwrap();
        }
        let open = || {
            let log = LogStorage::open(MemoryMedium::new(medium.after_power_loss(1))).unwrap();
            Cmdb::with_storage(Box::new(log), None).unwrap()
        };
        prop_assert!(open().to_bytes() == db.to_bytes());
        db.compact().unwrap();
        prop_assert!(open().to_bytes() == db.to_bytes());
    }
}

/// Something of everything that a log can hold.
pub(crate) fn everything(db: &mut Cmdb) {
    let at = Timestamp::from_secs;
    let hosts = (0..40).map(|n| {
        let host = PutItem::new(&format!("host-{n:03}"), "host")
            .with("serial", format!("{:08X}", n * 2_654_435_761_u64 % (1 << 32)).as_str())
            .with("rack", n as i64 / 8)
            .with("load", n as f64 / 7.0)
            .with("since", at(86_400 * n as i64))
            .with("virtual", n % 3 == 0);
        Change::PutItem(if n % 5 == 0 { host.with("odd", n as i64) } else { host })
    });
    db.apply(&hosts.collect::<Vec<_>>(), Transaction::at(at(0))).unwrap();
    let tags = Value::List(vec!["a".into(), Value::Null, 3.into()]);
    let text = r#"[{"lock": {"id": "host-001", "attribute": "rack"}}]"#;
    let control: Vec<Change> = serde_json::from_str(text).unwrap();
    let mut all = vec![
        Change::PutItem(PutItem::new("shop", "service").with("tags", tags).with("name", "Lädchen")),
        Change::PutRelation(PutRelation::new("shop", "runs_on", "host-001").in_group("pool", 1)),
        Change::PutRelation(PutRelation::new("shop", "runs_on", "host-002").in_group("pool", 1)),
        Change::PutRelation(PutRelation::new("shop", "uses", "host-003")),
        Change::PutItem(PutItem {
            class: None,
            ..PutItem::new("host-004", "").with("odd", Value::Null)
        }),
    ];
    all.extend(control);
    let mut transaction = Transaction::at(at(60)).known(at(3600));
    transaction.actor = Some("anna".to_owned());
    transaction.reason = Some("a new shop".to_owned());
    transaction.change = Some("CHG0042".to_owned());
    db.apply(&all, transaction).unwrap();
    let gone = RemoveRelation {
        source: "shop".to_owned(),
        kind: "runs_on".to_owned(),
        target: "host-002".to_owned(),
        group: Some("pool".to_owned()),
    };
    let gone = [
        Change::RemoveRelation(gone),
        Change::RemoveItem(RemoveItem { id: "host-039".to_owned() }),
    ];
    db.apply(&gone, Transaction::at(at(120)).known(at(3600))).unwrap();
    let mut seen = Transaction::at(at(180)).known(at(3601));
    seen.source = Some("scanner".to_owned());
    let put = Change::PutItem(PutItem::new("host-005", "host").with("rack", 9));
    db.apply(std::slice::from_ref(&put), seen.clone()).unwrap();
    seen.at = at(240);
    let confirm = Change::Confirm(ConfirmItems { ids: vec!["host-005".to_owned()] });
    db.apply(&[confirm], seen).unwrap();
}

fn fresh() -> (Faulty, Cmdb) {
    let medium = Faulty::new(None);
    let storage = LogStorage::open(medium.clone()).unwrap();
    (medium, Cmdb::with_storage(Box::new(storage), None).unwrap())
}

#[test]
fn files_of_every_version_stay_readable() {
    let mut expected = Cmdb::default();
    everything(&mut expected);
    for (name, compact) in [("cmdb.log.v1.itom", false), ("cmdb.log.v1.compact.itom", true)] {
        let write = || {
            let (medium, mut db) = fresh();
            everything(&mut db);
            if compact {
                db.compact().unwrap();
            }
            drop(db);
            medium.after_power_loss(1)
        };
        let bytes = golden(name, write);
        // Compaction now ends with a checkpoint; up to there it is the same.
        let now = write();
        let same = if compact { 8192..bytes.len() } else { 0..now.len() };
        assert!(bytes[same.clone()] == now[same], "{name}: the same log is the same bytes");
        let medium = MemoryMedium::new(bytes);
        let found = LogStorage::verify(&medium).unwrap();
        assert!(found.is_whole() && found.transactions == 5, "{found:?}");
        let log = LogStorage::open(medium).unwrap();
        let db = Cmdb::with_storage(Box::new(log), None).unwrap();
        assert!(db.to_bytes() == expected.to_bytes(), "{name}");
    }
}

#[test]
fn blocks_of_the_first_version_are_read_and_compaction_writes_them_anew() {
    let blocks = golden("cmdb.blocks.v1.itom", || unreachable!("written when the format was new"));
    let mut log = LogStorage::open(MemoryMedium::default()).unwrap();
    let mut rest = &blocks[..];
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let (block, more) = more.split_at(u32::from_le_bytes(*length) as usize);
        log.append(log.blocks(), block).unwrap();
        rest = more;
    }
    assert_eq!(log.blocks(), 4);
    let mut db = Cmdb::with_storage(Box::new(log), None).unwrap();
    let view = db.at(None, None);
    let text = format!("{:?} {:?}", view.items(None).unwrap(), view.relations(None).unwrap());
    for part in [
        "web-1",
        "Time(Timestamp(60000000000))",
        "pool",
        "Text(\"a\"), Float(2.5), Null",
        "min_up: Some(1)",
    ] {
        assert!(
            text.replace("List(", "").contains(part) || text.contains(part),
            "{part} in {text}"
        );
    }
    let before = db.to_bytes();
    assert_eq!(db.compact().unwrap().blocks_after, 2);
    assert!(db.to_bytes() == before);
}

#[test]
#[cfg(feature = "redb")]
fn a_file_of_the_first_format_is_written_anew() {
    let bytes = golden("cmdb.file.v1.redb", || unreachable!("written when the format was new"));
    let folder = std::env::temp_dir().join(format!("itom-redb-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("shop.redb");
    std::fs::write(&path, &bytes).unwrap();
    let read = Cmdb::open_read_only(&path).unwrap().to_bytes();
    assert_eq!(Cmdb::verify(&path).unwrap_err().kind(), ErrorKind::Unsupported);
    let db = Cmdb::open(&path, None).unwrap();
    assert_eq!(db.transactions().count(), 3);
    assert!(db.to_bytes() == read);
    drop(db);
    assert!(Cmdb::verify(&path).unwrap().is_whole());
    assert!(Cmdb::open(&path, None).unwrap().to_bytes() == read);
    assert!(std::fs::read(folder.join("shop.redb.redb")).unwrap() == bytes, "the old one stays");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_block_that_claims_too_much_is_refused() {
    // A block in columns whose part claims 65,535 changes of nothing, and more such parts.
    for hostile in [
        vec![2, 0xff, 0xff, 3],
        vec![2, 1, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f],
        vec![2, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff],
        vec![0xa1; 100_000],
        vec![],
    ] {
        let mut log = LogStorage::open(MemoryMedium::default()).unwrap();
        let model = {
            let (medium, db) = fresh();
            drop(db);
            LogStorage::open(MemoryMedium::new(medium.after_power_loss(1))).unwrap().read(0)
        };
        log.append(0, &model.unwrap().unwrap()).unwrap();
        log.append(1, &hostile).unwrap();
        let error = Cmdb::with_storage(Box::new(log), None).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::LimitExceeded), "{error}");
    }
}
