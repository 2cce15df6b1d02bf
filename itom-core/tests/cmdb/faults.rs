//! Bad days: power fails, disks refuse, bits flip, processes are killed. What was acknowledged is
//! there, no half transaction is seen, and what was altered is found.

use itom_core::cmdb::{
    Change, Cmdb, LogStorage, MemoryMedium, PutItem, PutRelation, RemoveItem, Transaction,
};
use itom_core::{ErrorKind, Timestamp};

use super::faulty::{Fault, Faulty};

const TRANSACTIONS: i64 = 9;

fn second(n: i64) -> Timestamp {
    Timestamp::from_secs(n)
}

/// Each puts two items and a relation, so that half of it would be seen.
fn changes(n: i64) -> Vec<Change> {
    let [host, service] = [format!("host-{n}"), format!("service-{n}")];
    let rack = PutItem::new(&host, "host").with("rack", n % 3).with("since", second(n));
    let mut changes = vec![
        Change::PutItem(rack.with("serial", format!("{:08x}", n * 40_503).as_str())),
        Change::PutItem(PutItem::new(&service, "service").with("critical", n % 2 == 0)),
        Change::PutRelation(PutRelation::new(&service, "runs_on", &host)),
    ];
    if n % 4 == 3 {
        changes.push(Change::RemoveItem(RemoveItem { id: format!("host-{}", n - 1) }));
    }
    changes
}

fn transaction(n: i64) -> Transaction {
    let mut transaction = Transaction::at(second(n)).known(second(n + 1));
    transaction.reason = Some(format!("CHG{n}"));
    transaction
}

/// The database after so many transactions, as bytes.
fn prefixes() -> Vec<Vec<u8>> {
    let mut db = Cmdb::default();
    let mut all = vec![db.to_bytes()];
    for n in 0..TRANSACTIONS {
        db.apply(&changes(n), transaction(n)).unwrap();
        all.push(db.to_bytes());
    }
    all
}

/// Applies all transactions, compacting in the middle; tells how many were acknowledged.
fn work(medium: Faulty, every: u32) -> (i64, i64) {
    let Ok(storage) = LogStorage::open(medium) else { return (0, 0) };
    let Ok(mut db) = Cmdb::with_storage(Box::new(storage), None) else { return (0, 0) };
    db.commit_every(every);
    let (mut applied, mut synced) = (0, 0);
    // A compaction syncs too.
    for n in 0..TRANSACTIONS {
        if db.apply(&changes(n), transaction(n)).is_err() {
            break;
        }
        applied += 1;
        if applied - synced == i64::from(every) {
            synced = applied;
        }
        // So does a checkpoint.
        if n == 2 && db.checkpoint().is_ok() || n == 4 && db.compact().is_ok() {
            synced = applied;
        }
    }
    (applied, synced)
}

fn reopen(bytes: Vec<u8>) -> itom_core::Result<Cmdb> {
    Cmdb::with_storage(Box::new(LogStorage::open(MemoryMedium::new(bytes))?), None)
}

fn power_fails(every: u32) {
    let prefixes = prefixes();
    let probe = Faulty::new(None);
    assert_eq!(work(probe.clone(), every).0, TRANSACTIONS);
    let mut torn = 0;
    for at in 1..=probe.operations() {
        let medium = Faulty::new(Some((at, Fault::Crash)));
        let (applied, synced) = work(medium.clone(), every);
        for seed in 0..12 {
            let bytes = medium.after_power_loss(seed);
            let found = LogStorage::verify(&MemoryMedium::new(bytes.clone()));
            let place = format!("operation {at}, seed {seed}");
            if let Ok(found) = found {
                let frames = found.damage.iter().filter(|damage| !damage.what.starts_with("mark"));
                assert_eq!(frames.count(), 0, "{place}: {found:?}");
                torn += u32::from(found.torn_bytes > 0);
            }
            let mut db = reopen(bytes).unwrap_or_else(|error| panic!("{place}: {error}"));
            let kept = db.transactions().count() as i64;
            assert!(synced <= kept && kept <= applied + 1, "{place}: {synced} {kept} {applied}");
            assert!(db.to_bytes() == prefixes[kept as usize], "{place}: half a transaction");
            // And it goes on from there.
            db.apply(&changes(90), transaction(90)).unwrap();
        }
    }
    assert!(torn > 0, "no tail was torn");
}

#[test]
fn power_fails_at_every_operation() {
    power_fails(1);
}

#[test]
fn power_fails_at_every_operation_of_a_group_commit() {
    power_fails(4);
}

#[test]
fn any_operation_may_be_refused() {
    let prefixes = prefixes();
    let probe = Faulty::new(None);
    work(probe.clone(), 1);
    for at in 1..=probe.operations() {
        let medium = Faulty::new(Some((at, Fault::Refuse)));
        let Ok(storage) = LogStorage::open(medium.clone()) else { continue };
        let Ok(mut db) = Cmdb::with_storage(Box::new(storage), None) else { continue };
        let mut acknowledged = Vec::new();
        for n in 0..TRANSACTIONS {
            if db.apply(&changes(n), transaction(n)).is_ok() {
                acknowledged.push(n);
            }
            match n {
                2 => db.checkpoint().map(|_| ()).ok(),
                4 => db.compact().map(|_| ()).ok(),
                _ => None,
            };
        }
        let memory = db.to_bytes();
        drop(db);
        // The process goes on: what it wrote is seen, synced or not.
        let again = reopen(medium.after_power_loss(1)).unwrap();
        let kept = again.transactions().count();
        assert!(kept >= acknowledged.len(), "operation {at}: {kept} of {acknowledged:?}");
        if again.to_bytes() != memory {
            // A sync was refused: then one more than was acknowledged, and nothing after it.
            assert_eq!(kept, acknowledged.len() + 1, "operation {at}");
            assert!(again.to_bytes() == prefixes[kept], "operation {at}");
        }
    }
}

/// A small file, with blocks of several transactions and of one.
fn small_file() -> Vec<u8> {
    let medium = Faulty::new(None);
    work(medium.clone(), 1);
    medium.after_power_loss(1)
}

/// Flips each of these bits: it has to be found, and what is there must not change.
fn flip(whole: &[u8], bits: impl Iterator<Item = usize>) -> (u32, u32) {
    let before = reopen(whole.to_vec()).unwrap().to_bytes();
    assert!(LogStorage::verify(&MemoryMedium::new(whole.to_vec())).unwrap().is_whole());
    let (mut refused, mut healed) = (0, 0);
    for bit in bits {
        let mut bytes = whole.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let found = LogStorage::verify(&MemoryMedium::new(bytes.clone()));
        assert!(found.as_ref().map_or(true, |found| !found.is_whole()), "bit {bit}: {found:?}");
        let opened = LogStorage::open(MemoryMedium::new(bytes)).and_then(|log| {
            let recovered = log.recovered();
            Ok((recovered, Cmdb::with_storage(Box::new(log), None)?))
        });
        match opened {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "bit {bit}: {error}");
                refused += 1;
            }
            Ok((recovered, db)) => {
                // A mark has a second one, and a checkpoint has the log.
                let damage = &found.unwrap().damage;
                let passed_over = u32::from(damage[0].what.contains("checkpoint"));
                assert_eq!(damage.len(), 1, "bit {bit}");
                assert_eq!(recovered.marks + passed_over, 1, "bit {bit}");
                assert_eq!(recovered.torn_bytes, 0, "bit {bit}");
                assert!(db.to_bytes() == before, "bit {bit} changed what is there");
                healed += 1;
            }
        }
    }
    (refused, healed)
}

#[test]
fn every_flipped_bit_is_found() {
    // The two rooms of 4,096 bytes at the start: what is there is healed from the other.
    let empty = LogStorage::open(MemoryMedium::default()).unwrap().into_medium();
    let bits = 0..empty.as_bytes().len() * 8;
    assert_eq!(flip(empty.as_bytes(), bits.clone()), (0, bits.len() as u32));
    // The frames: what is there is refused, but for what the checkpoint says.
    let whole = small_file();
    let places = whole.windows(4).enumerate().filter(|(_, four)| *four == b"ITCP");
    let checkpoints: Vec<usize> = places.map(|(at, _)| at).collect();
    let [checkpoint] = checkpoints[..] else { panic!("compaction leaves one checkpoint") };
    // Its length stands in its header.
    let length = whole[checkpoint - 40..checkpoint - 32].try_into().unwrap();
    let passed_over = u64::from_le_bytes(length) as u32 * 8;
    let frames = 8192 * 8..whole.len() * 8;
    assert_eq!(flip(&whole, frames.clone()), (frames.len() as u32 - passed_over, passed_over));
    let marks = (0..48 * 8).chain(4096 * 8..(4096 + 48) * 8);
    assert_eq!(flip(&whole, marks), (0, 2 * 48 * 8));
}

#[test]
fn a_file_that_is_cut_off_is_damaged_and_what_is_left_of_it_is_saved() {
    let whole = small_file();
    let mut saved = 0;
    for length in 1..whole.len() {
        let cut = MemoryMedium::new(whole[..length].to_vec());
        let found = LogStorage::verify(&cut);
        assert!(found.is_err() || !found.unwrap().is_whole(), "cut at {length}");
        if length < 8192 {
            continue;
        }
        assert_eq!(LogStorage::open(cut.clone()).unwrap_err().kind(), ErrorKind::Corrupt);
        let to = LogStorage::open(MemoryMedium::default()).unwrap();
        let rest = LogStorage::salvage(&cut, Box::new(to)).unwrap();
        assert!(rest.transactions >= saved && rest.refused.is_empty(), "cut at {length}");
        saved = rest.transactions;
    }
    assert_eq!(saved, TRANSACTIONS as u64 - 1);
}

#[test]
fn salvage_keeps_what_holds_without_what_is_lost() {
    let medium = Faulty::new(None);
    let storage = LogStorage::open(medium.clone()).unwrap();
    let mut db = Cmdb::with_storage(Box::new(storage), None).unwrap();
    for n in 0..6 {
        let host = Change::PutItem(PutItem::new(&format!("host-{n}"), "host"));
        let uses = Change::PutRelation(PutRelation::new("host-3", "uses", "host-2"));
        let all = if n == 3 { vec![host, uses] } else { vec![host] };
        db.apply(&all, transaction(n)).unwrap();
    }
    let mut bytes = medium.after_power_loss(1);
    let place = bytes.windows(6).position(|text| text == b"host-2").unwrap();
    bytes[place] ^= 1;
    let damaged = MemoryMedium::new(bytes);
    let found = LogStorage::verify(&damaged).unwrap();
    assert_eq!(
        (found.blocks, found.lost_blocks, found.transactions, found.torn_bytes),
        (6, 1, 5, 0)
    );
    assert!(found.damage[0].start < place as u64 && (place as u64) < found.damage[0].end);
    let error = LogStorage::open(damaged.clone())
        .and_then(|log| Cmdb::with_storage(Box::new(log), None))
        .unwrap_err();
    assert!(error.to_string().contains("6 blocks can be read"), "{error}");
    let to = Faulty::new(None);
    let empty = LogStorage::open(to.clone()).unwrap();
    let saved = LogStorage::salvage(&damaged, Box::new(empty)).unwrap();
    assert_eq!((saved.transactions, saved.lost_blocks, saved.lost_model), (4, 1, false));
    assert_eq!((saved.refused_transactions, saved.refused.len()), (1, 1));
    assert_eq!(saved.refused[0].transaction, transaction(3));
    assert!(saved.refused[0].why.contains("host-2"), "{}", saved.refused[0].why);
    let ids: Vec<String> = reopen(to.after_power_loss(0))
        .unwrap()
        .at(None, None)
        .items(None)
        .unwrap()
        .into_iter()
        .map(|item| item.id)
        .collect();
    assert_eq!(ids, ["host-0", "host-1", "host-4", "host-5"]);
}

/// What a child process does that will be killed: see `killed_at_any_moment`.
#[test]
#[cfg(feature = "store")]
fn writer_that_will_be_killed() {
    use std::io::Write;
    let Ok(path) = std::env::var("ITOM_KILL_ME") else { return };
    let mut db = Cmdb::open(path, None).unwrap();
    let begin = db.transactions().count() as i64;
    let mut out = std::io::stdout().lock();
    for n in begin.. {
        db.apply(&changes(n), transaction(n)).unwrap();
        writeln!(out, "acknowledged {}", n + 1).unwrap();
        out.flush().unwrap();
        if n % 17 == 16 {
            db.compact().unwrap();
        } else if n % 5 == 4 {
            db.checkpoint().unwrap();
        }
    }
}

/// `ITOM_KILLS` says how often; `make bad-days` does it a thousand times.
#[test]
#[cfg(feature = "store")]
fn killed_at_any_moment() {
    use std::io::{BufRead, BufReader};
    let kills = std::env::var("ITOM_KILLS").map_or(20, |kills| kills.parse::<u64>().unwrap());
    let path = std::env::temp_dir().join(format!("itom-kill-{}.itom", std::process::id()));
    let (mut state, mut acknowledged, mut all) = (0x1234_5678_u64, 0_u64, 0_u64);
    for kill in 0..kills {
        if kill % 25 == 0 {
            std::fs::remove_file(&path).ok();
            acknowledged = 0;
        }
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults::writer_that_will_be_killed", "--nocapture"])
            .env("ITOM_KILL_ME", &path)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let before = acknowledged;
        let enough = before + 1 + super::faulty::next(&mut state) % 20;
        while acknowledged < enough {
            let line = lines.next().expect("the child runs on").unwrap();
            if let Some((_, n)) = line.split_once("acknowledged ") {
                acknowledged = n.parse().unwrap();
            }
        }
        // Somewhere in the next write, sync, or compaction.
        let wait = super::faulty::next(&mut state) % 8_000;
        std::thread::sleep(std::time::Duration::from_micros(wait));
        child.kill().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some((_, n)) = line.split_once("acknowledged ") {
                acknowledged = n.parse().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(Cmdb::verify(&path).unwrap().is_whole(), "kill {kill}");
        let db = Cmdb::open(&path, None).unwrap();
        let kept = db.transactions().count() as u64;
        assert!(
            kept == acknowledged || kept == acknowledged + 1,
            "kill {kill}: {kept} {acknowledged}"
        );
        let mut expected = Cmdb::default();
        for n in 0..kept as i64 {
            expected.apply(&changes(n), transaction(n)).unwrap();
        }
        assert!(db.to_bytes() == expected.to_bytes(), "kill {kill}: half a transaction");
        all += acknowledged - before;
        acknowledged = kept;
    }
    std::fs::remove_file(&path).ok();
    println!("killed {kills} times, {all} transactions acknowledged, none lost");
}
