//! Queries: refused, or printed and read back the same, and answered.
#![no_main]

use itom_core::Timestamp;
use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, Query, Transaction};
use libfuzzer_sys::fuzz_target;

fn small() -> Cmdb {
    let changes = [
        Change::PutItem(PutItem::new("shop", "service").with("criticality", 3)),
        Change::PutItem(PutItem::new("web-1", "host").with("os", "Debian 12").with("load", 0.5)),
        Change::PutItem(PutItem::new("web-2", "host").with("os", "Debian 11").with("up", true)),
        Change::PutRelation(PutRelation::new("shop", "runs_on", "web-1")),
        Change::PutRelation(PutRelation::new("web-1", "uses", "web-2")),
        Change::PutRelation(PutRelation::new("web-2", "uses", "web-1")),
    ];
    let mut db = Cmdb::default();
    db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).expect("a small estate");
    db
}

fuzz_target!(|text: &str| {
    let Ok(query) = Query::parse(text) else { return };
    assert_eq!(Query::parse(&query.to_string()).expect("our own text"), query);
    drop(small().answer(&query));
});
