//! A CMDB file of any content: refused, or a database that can be asked, compacted and written again;
//! what is damaged is never taken for whole.
#![no_main]

use itom_core::Timestamp;
use itom_core::cmdb::{
    Change, Cmdb, LogStorage, MemoryMedium, PutItem, Storage, Transaction, Verification,
};
use libfuzzer_sys::fuzz_target;

/// The bytes as a file: marks and frames.
fn file(bytes: &[u8]) {
    let medium = MemoryMedium::new(bytes.to_vec());
    let found = LogStorage::verify(&medium);
    if let Ok(found) = &found {
        let empty = LogStorage::open(MemoryMedium::default()).expect("memory");
        let saved =
            LogStorage::salvage(&medium, Box::new(empty)).expect("what was verified is read");
        assert!(saved.transactions + saved.refused_transactions <= found.transactions);
    }
    let Ok(log) = LogStorage::open(medium) else { return };
    // Less than the beginning of a file is a new one to a writer, and none to who looks after it.
    if log.blocks() == 0 {
        return;
    }
    let healed = log.recovered().marks > 0;
    if Cmdb::with_storage(Box::new(log), None).is_ok() {
        // A checkpoint that cannot be read is passed over: the log has all of it.
        let is_sound = |found: Verification| {
            found.damage.iter().all(|damage| damage.what.contains("checkpoint"))
        };
        assert!(healed || found.is_ok_and(is_sound), "damage was passed over");
    }
}

/// The bytes as a checkpoint in a log whose frames are sound: passed over, or asked and written to.
fn checkpoint(bytes: &[u8]) {
    let mut log = LogStorage::open(MemoryMedium::default()).expect("memory");
    log.append(0, b"\xa1\x65Model\xa2\x67classes\xa0\x69relations\xa0").expect("memory");
    log.put_checkpoint(bytes).expect("memory");
    let mut db = Cmdb::with_storage(Box::new(log), None).expect("the log is sound");
    let view = db.at(None, None);
    let relations = view.relations(None).expect("there is no such question to refuse");
    let items = view.items(None).expect("nor this");
    assert_eq!((view.len(), view.relation_count() >= relations.len()), (items.len(), true));
    for item in items.iter().take(10) {
        assert!(
            view.item(&item.id).is_none_or(|found| found.id == item.id || view.contains(&item.id))
        );
        view.impact(&[&item.id]).ok();
    }
    db.to_bytes();
    let put = |n: usize| Change::PutItem(PutItem::new(&format!("item-{n}"), "host").with("n", 1));
    let changes: Vec<Change> = (0..3).map(put).collect();
    db.apply(&changes, Transaction::at(Timestamp::from_secs(0)).known(Timestamp::MAX)).ok();
    db.checkpoint().expect("memory");
}

/// The bytes as a block in a log whose frames are sound.
fn block(bytes: &[u8]) {
    let mut log = LogStorage::open(MemoryMedium::default()).expect("memory");
    log.append(0, b"\xa1\x65Model\xa2\x67classes\xa0\x69relations\xa0").expect("memory");
    log.append(1, bytes).expect("memory");
    let Ok(mut db) = Cmdb::with_storage(Box::new(log), None) else { return };
    let before = db.to_bytes();
    db.compact().expect("what was read can be written");
    assert!(db.to_bytes() == before);
    let again = Cmdb::from_bytes(&before).expect("a snapshot of what was read");
    assert!(again.to_bytes() == before);
}

fuzz_target!(|bytes: &[u8]| match bytes.split_first() {
    Some((0, rest)) => file(rest),
    Some((2, rest)) => checkpoint(rest),
    Some((_, rest)) => block(rest),
    None => {}
});
