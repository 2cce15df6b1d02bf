//! A CMDB file of any content: refused, or a database that can be asked, compacted and written again;
//! what is damaged is never taken for whole.
#![no_main]

use itom_core::cmdb::{Cmdb, LogStorage, MemoryMedium, Storage};
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
        assert!(healed || found.is_ok_and(|found| found.is_whole()), "damage was passed over");
    }
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
    Some((_, rest)) => block(rest),
    None => {}
});
