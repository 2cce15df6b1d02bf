//! The durable store: what was acknowledged is there again; one writer, many readers.

use std::path::PathBuf;

use itom_core::cmdb::{Change, Cmdb, ModelDefinition, PutItem, PutRelation, Transaction};
use itom_core::{ErrorKind, Timestamp};

/// A file that is removed when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("itom-{name}-{}.itom", std::process::id()));
        std::fs::remove_file(&path).ok();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn day(n: i64) -> Timestamp {
    Timestamp::from_secs(n * 86_400)
}

/// Two pools of hosts, put in several transactions, one of them about the past.
fn fill(db: &mut Cmdb) {
    for n in 0..12 {
        let mut changes = vec![Change::PutItem(
            PutItem::new(&format!("host-{n}"), "host").with("since", day(n)).with("rack", n % 3),
        )];
        if n == 0 {
            changes.push(Change::PutItem(PutItem::new("shop", "service")));
        }
        let relation = PutRelation::new("shop", "runs_on", &format!("host-{n}"));
        changes.push(Change::PutRelation(relation.in_group(&format!("pool {}", n % 2), 1)));
        db.apply(&changes, Transaction::at(day(1)).known(day(10 + n))).unwrap();
    }
    let moved = Change::PutItem(PutItem::new("host-3", "host").with("rack", "moved"));
    db.apply(&[moved], Transaction::at(day(5)).known(day(40))).unwrap();
}

/// Everything a reader could ask, at several moments.
fn answers(db: &Cmdb) -> String {
    let mut text = String::new();
    for (valid, known) in
        [(None, None), (Some(day(2)), None), (Some(day(9)), Some(day(15))), (None, Some(day(20)))]
    {
        let view = db.at(valid, known);
        let items = view.items(None).unwrap();
        text += &format!("{items:?}\n{:?}\n", view.relations(None).unwrap());
        for item in &items {
            text += &format!("{:?}\n", view.impact(&[&item.id]).unwrap().sets());
        }
    }
    text
}

#[test]
fn reopened_it_gives_the_same_answers() {
    let file = Scratch::new("reopen");
    let mut db = Cmdb::open(&file.0, None).unwrap();
    fill(&mut db);
    let before = (answers(&db), db.to_bytes());
    drop(db);
    let mut db = Cmdb::open(&file.0, None).unwrap();
    assert_eq!((answers(&db), db.to_bytes()), before);
    // And it goes on: known time must not run backwards across the reopening either.
    let late = Change::PutItem(PutItem::new("late", "host"));
    let error =
        db.apply(std::slice::from_ref(&late), Transaction::at(day(1)).known(day(39))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    db.apply(&[late], Transaction::at(day(1)).known(day(41))).unwrap();
    drop(db);
    assert!(Cmdb::open(&file.0, None).unwrap().at(None, None).item("late").is_some());
}

#[test]
fn a_writer_that_vanishes_loses_nothing_acknowledged() {
    let file = Scratch::new("vanish");
    let mut db = Cmdb::open(&file.0, None).unwrap();
    fill(&mut db);
    let before = answers(&db);
    // What a killed process leaves behind: the file as it is, no orderly close.
    let copy = Scratch::new("vanished");
    std::fs::copy(&file.0, &copy.0).unwrap();
    std::mem::forget(db);
    assert_eq!(answers(&Cmdb::open(&copy.0, None).unwrap()), before);
}

#[test]
fn a_refused_transaction_leaves_no_trace_in_the_file() {
    let file = Scratch::new("refused");
    let mut db = Cmdb::open(&file.0, Some(ModelDefinition::operations())).unwrap();
    let put = Change::PutItem(PutItem::new("db-1", "database"));
    db.apply(&[put], Transaction::at(day(1))).unwrap();
    let before = answers(&db);
    let wrong = [
        Change::PutItem(PutItem::new("db-2", "database")),
        Change::PutItem(PutItem::new("db-3", "no such class")),
    ];
    assert!(db.apply(&wrong, Transaction::at(day(2))).is_err());
    assert_eq!(answers(&db), before);
    drop(db);
    let db = Cmdb::open(&file.0, None).unwrap();
    assert_eq!(answers(&db), before);
    assert_eq!(db.model(), &ModelDefinition::operations());
}

#[test]
fn one_writer_and_one_model() {
    let file = Scratch::new("lock");
    let db = Cmdb::open(&file.0, None).unwrap();
    assert_eq!(Cmdb::open(&file.0, None).unwrap_err().kind(), ErrorKind::Conflict);
    drop(db);
    let error = Cmdb::open(&file.0, Some(ModelDefinition::operations())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("model"), "{error}");
    let nowhere = std::env::temp_dir().join("no such folder").join("x.redb");
    assert_eq!(Cmdb::open(nowhere, None).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn what_is_no_database_is_left_alone() {
    let file = Scratch::new("other");
    let text = b"these are notes, not a database\n".repeat(1000);
    std::fs::write(&file.0, &text).unwrap();
    assert_eq!(Cmdb::open(&file.0, None).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(std::fs::read(&file.0).unwrap(), text);
}

#[test]
fn readers_read_while_one_writes() {
    let file = Scratch::new("readers");
    let mut writer = Cmdb::open(&file.0, None).unwrap();
    fill(&mut writer);
    let mut reader = Cmdb::open_read_only(&file.0).unwrap();
    assert_eq!(answers(&reader), answers(&writer));
    let late = [Change::PutItem(PutItem::new("late", "host"))];
    let error = reader.apply(&late, Transaction::at(day(1)).known(day(41))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(reader.at(None, None).item("late").is_none(), "what was refused is not there");
    writer.apply(&late, Transaction::at(day(1)).known(day(41))).unwrap();
    assert!(Cmdb::open_read_only(&file.0).unwrap().at(None, None).item("late").is_some());
    let nowhere = std::env::temp_dir().join("there is no such file.itom");
    assert_eq!(Cmdb::open_read_only(&nowhere).unwrap_err().kind(), ErrorKind::Io);
    assert!(!nowhere.exists(), "reading makes no file");
}
