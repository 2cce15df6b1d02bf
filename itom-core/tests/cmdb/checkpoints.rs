//! Checkpoints: what is opened from one is what was written, whatever happened before and after.

use std::sync::{Arc, Mutex};

use itom_core::cmdb::{
    Change, Cmdb, LogStorage, MemoryMedium, ModelDefinition, PutItem, PutRelation, RemoveItem,
    RemoveRelation, Storage, Transaction, Value,
};
use itom_core::{ErrorKind, Result, Timestamp};
use proptest::prelude::*;

use super::blocks::everything;
use super::faulty::Faulty;
use crate::common::golden;

fn second(n: i64) -> Timestamp {
    Timestamp::from_secs(n)
}

/// Blocks, and the last checkpoint with how many of them it covers.
type Content = (Vec<Vec<u8>>, Option<(u64, Vec<u8>)>);

/// A storage whose blocks before the checkpoint make no sense: only the checkpoint can tell.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Content>>);

impl Storage for Kept {
    fn read(&self, number: u64) -> Result<Option<Vec<u8>>> {
        let (blocks, checkpoint) = &*self.0.lock().unwrap();
        let covered = checkpoint.as_ref().is_some_and(|(covers, _)| number < *covers);
        let block = blocks.get(number as usize).cloned();
        Ok(block.map(|block| if covered && number > 0 { b"no block".to_vec() } else { block }))
    }

    fn append(&mut self, number: u64, block: &[u8]) -> Result<()> {
        let blocks = &mut self.0.lock().unwrap().0;
        assert_eq!(number, blocks.len() as u64);
        blocks.push(block.to_vec());
        Ok(())
    }

    fn checkpoint(&self) -> Result<Option<(u64, Vec<u8>)>> {
        Ok(self.0.lock().unwrap().1.clone())
    }

    fn put_checkpoint(&mut self, content: &[u8]) -> Result<()> {
        let (blocks, checkpoint) = &mut *self.0.lock().unwrap();
        *checkpoint = Some((blocks.len() as u64, content.to_vec()));
        Ok(())
    }
}

impl Kept {
    fn open(&self) -> Cmdb {
        Cmdb::with_storage(Box::new(self.clone()), None).unwrap()
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// As this source, at this time: an item with a value, or without.
    Put(Option<usize>, i64, usize, Option<i64>),
    /// So many items at once, over the end of a page.
    Many(usize),
    Remove(usize),
    Relate(usize, usize, Option<u32>),
    Unrelate(usize, usize),
    Said(&'static str),
    Model(bool),
    Checkpoint,
    Reopen,
}

const SAID: [&str; 7] = [
    r#"{"merge": {"keep": "i0", "others": ["i1"]}}"#,
    r#"{"unmerge": {"ids": ["i1"]}}"#,
    r#"{"lock": {"id": "i2", "attribute": "a0"}}"#,
    r#"{"release": {"id": "i2", "attribute": "a0"}}"#,
    r#"{"baseline": {"name": "before"}}"#,
    r#"{"confirm": {"ids": ["i0", "i3"]}}"#,
    r#"{"set_rules": {"rules": [{"sources": ["s1", "s0"]}]}}"#,
];

fn step() -> impl Strategy<Value = Step> {
    let source = proptest::option::weighted(0.4, 0..3_usize);
    prop_oneof![
        8 => (source, 0..40_i64, 0..6_usize, proptest::option::weighted(0.8, 0..4_i64))
            .prop_map(|(source, at, item, value)| Step::Put(source, at, item, value)),
        1 => (900..1200_usize).prop_map(Step::Many),
        2 => (0..6_usize).prop_map(Step::Remove),
        3 => (0..6_usize, 0..6_usize, proptest::option::of(1..3_u32))
            .prop_map(|(a, b, min_up)| Step::Relate(a, b, min_up)),
        1 => (0..6_usize, 0..6_usize).prop_map(|(a, b)| Step::Unrelate(a, b)),
        3 => (0..SAID.len()).prop_map(|n| Step::Said(SAID[n])),
        1 => any::<bool>().prop_map(Step::Model),
        2 => Just(Step::Checkpoint),
        2 => Just(Step::Reopen),
    ]
}

fn changes(step: &Step) -> Vec<Change> {
    let id = |n: usize| format!("i{n}");
    match step {
        Step::Put(_, _, item, value) => {
            let put = PutItem::new(&id(*item), if item % 2 == 0 { "host" } else { "service" });
            let value = value.map_or(Value::Null, Value::Int);
            vec![Change::PutItem(put.with(&format!("a{}", item % 3), value))]
        }
        Step::Many(count) => {
            let put = |n: usize| PutItem::new(&format!("many-{n:05}"), "host").with("n", n as i64);
            (0..*count).map(|n| Change::PutItem(put(n))).collect()
        }
        Step::Remove(item) => vec![Change::RemoveItem(RemoveItem { id: id(*item) })],
        Step::Relate(a, b, min_up) => {
            let put = PutRelation::new(&id(*a), "uses", &id(*b));
            vec![Change::PutRelation(match min_up {
                Some(min_up) => put.in_group("pool", *min_up),
                None => put,
            })]
        }
        Step::Unrelate(a, b) => vec![Change::RemoveRelation(RemoveRelation {
            source: id(*a),
            kind: "uses".to_owned(),
            target: id(*b),
            group: None,
        })],
        Step::Said(json) => serde_json::from_str(&format!("[{json}]")).unwrap(),
        Step::Model(with_default) => {
            let attribute = if *with_default { r#", "default": "none""# } else { "" };
            let class = format!(
                r#"{{"open": true, "attributes": {{"owner": {{"type": "string"{attribute}}}}}}}"#
            );
            let text = format!(r#"[{{"set_model": {{"classes": {{"host": {class}}}}}}}]"#);
            serde_json::from_str(&text).unwrap()
        }
        Step::Checkpoint | Step::Reopen => Vec::new(),
    }
}

/// Everything a reader could ask, now and at other moments.
fn answers(db: &Cmdb) -> String {
    let times = [None, Some(second(10)), Some(second(25))];
    let moments = times.iter().flat_map(|valid| [(*valid, None), (*valid, Some(second(8)))]);
    let mut text = String::new();
    for (valid, known) in moments {
        let view = db.at(valid, known);
        text += &format!("{} {:?}", view.len(), view.relations(None).unwrap());
        for n in 0..6 {
            let id = format!("i{n}");
            text += &format!("{:?} {}", view.item(&id), view.is_a(&id, "host"));
        }
        text += &format!("{:?}", view.item("many-00901"));
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_history_comes_back_and_goes_on(steps in proptest::collection::vec(step(), 1..40)) {
        let (kept, mut memory) = (Kept::default(), Cmdb::default());
        let mut db = kept.open();
        for (n, step) in steps.iter().chain([&Step::Checkpoint, &Step::Reopen]).enumerate() {
            match step {
                Step::Checkpoint => {
                    db.checkpoint().unwrap();
                }
                Step::Reopen => {
                    drop(db);
                    db = kept.open();
                    prop_assert!(db.to_bytes() == memory.to_bytes(), "step {n}");
                    prop_assert_eq!(answers(&db), answers(&memory), "step {}", n);
                    prop_assert_eq!(db.model(), memory.model());
                }
                step => {
                    let at = if let Step::Put(_, at, ..) = step { *at } else { n as i64 };
                    let mut transaction = Transaction::at(second(at)).known(second(n as i64));
                    let by = match step {
                        Step::Put(source, ..) => *source,
                        Step::Said(json) => json.contains("confirm").then_some(1),
                        _ => None,
                    };
                    transaction.source = by.map(|source| format!("s{source}"));
                    let changes = changes(step);
                    let results =
                        [&mut db, &mut memory].map(|db| db.apply(&changes, transaction.clone()));
                    let [a, b] = results.map(|result| result.map_err(|error| error.to_string()));
                    prop_assert_eq!(a, b, "step {}: {:?}", n, step);
                }
            }
        }
        // A checkpoint of a state that was opened from one is the same, page by page.
        let first = kept.checkpoint().unwrap().unwrap().1;
        db.checkpoint().unwrap();
        prop_assert!(kept.checkpoint().unwrap().unwrap().1 == first);
    }
}

/// Asks everything, and writes; whatever comes of it, it ends.
fn ask(db: &mut Cmdb) {
    let view = db.at(None, None);
    let items = view.items(None).unwrap();
    assert_eq!(view.len(), items.len());
    view.relations(None).unwrap();
    for item in &items {
        view.neighbours(&item.id, itom_core::cmdb::Direction::Both, None).ok();
        view.impact(&[&item.id]).map(|impact| impact.sets()).ok();
    }
    answers(db);
    db.to_bytes();
    let put = |n: usize| PutItem::new(&format!("i{n}"), "host").with("a0", 1).with("new", "text");
    let changes: Vec<Change> = (0..6).map(|n| Change::PutItem(put(n))).collect();
    db.apply(&changes, Transaction::at(second(3)).known(Timestamp::MAX)).ok();
    let relation = Change::PutRelation(PutRelation::new("i0", "uses", "i1").in_group("pool", 1));
    db.apply(&[relation], Transaction::at(second(3)).known(Timestamp::MAX)).ok();
    db.apply(
        &[Change::RemoveItem(RemoveItem { id: "i0".to_owned() })],
        Transaction::at(second(4)).known(Timestamp::MAX),
    )
    .ok();
    db.checkpoint().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Of a checkpoint that was forged with the right checksum nothing is promised but that it is
    /// refused, or read and written without a panic.
    #[test]
    fn a_forged_checkpoint_does_no_harm(
        steps in proptest::collection::vec(step(), 1..16),
        forged in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..4),
        cut in proptest::option::weighted(0.1, any::<u32>()),
    ) {
        let kept = Kept::default();
        let mut db = kept.open();
        for (n, step) in steps.iter().filter(|step| !matches!(step, Step::Many(_))).enumerate() {
            let mut transaction = Transaction::at(second(n as i64));
            transaction.source = matches!(step, Step::Put(Some(_), ..)).then(|| "s1".to_owned());
            db.apply(&changes(step), transaction).ok();
        }
        db.checkpoint().unwrap();
        drop(db);
        {
            let mut content = kept.0.lock().unwrap();
            let bytes = &mut content.1.as_mut().unwrap().1;
            let length = bytes.len();
            forged.iter().for_each(|(at, byte)| bytes[*at as usize % length] = *byte);
            bytes.truncate(cut.map_or(length, |cut| cut as usize % length));
        }
        if let Ok(mut db) = Cmdb::with_storage(Box::new(kept), None) {
            ask(&mut db);
        }
    }
}

#[test]
fn many_items_are_found_and_written_to_after_opening() {
    let kept = Kept::default();
    let host = |n: usize, round: i64| {
        let host = PutItem::new(&format!("host-{n:06}"), "host");
        let serial = format!("{:012X}", (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16);
        Change::PutItem(host.with("serial", serial.as_str()).with("round", round))
    };
    let uses = |n: usize| {
        let relation = PutRelation::new(&format!("host-{n:06}"), "uses", "host-000000");
        Change::PutRelation(relation.in_group(&format!("g{}", n % 7), 1))
    };
    let model: ModelDefinition = serde_json::from_str(
        r#"{"classes": {"host": {"attributes": {"serial": {"type": "string", "unique": true}, "round": {"type": "int"}}}}}"#,
    )
    .unwrap();
    let mut db = Cmdb::with_storage(Box::new(kept.clone()), Some(model.clone())).unwrap();
    let mut memory = Cmdb::new(model).unwrap();
    let mut both = |db: &mut Cmdb, changes: &[Change], n| {
        db.apply(changes, Transaction::at(second(n))).unwrap();
        memory.apply(changes, Transaction::at(second(n))).unwrap();
        assert!(db.to_bytes() == memory.to_bytes());
    };
    both(&mut db, &(0..9000).map(|n| host(n, 0)).collect::<Vec<_>>(), 0);
    both(&mut db, &(1..4000).map(uses).collect::<Vec<_>>(), 1);
    db.checkpoint().unwrap();
    let mut db = kept.open();
    assert!(db.at(None, None).contains("host-008999"));
    assert!(!db.at(None, None).contains("host-009000"));
    assert_eq!(db.at(None, None).item("host-004711").unwrap().attributes["round"], 0.into());
    // What is unique still is, and a refused transaction leaves no trace.
    let again = PutItem::new("other", "host").with("serial", "000000000000");
    let again = [host(20_000, 1), Change::PutItem(again)];
    let error = db.apply(&again, Transaction::at(second(2))).unwrap_err();
    assert!(error.to_string().contains("serial"), "{error}");
    // Old and new, in pages that were read and that were not.
    both(&mut db, &(8500..9500).map(|n| host(n, 3)).collect::<Vec<_>>(), 3);
    both(&mut db, &(3000..5000).map(uses).collect::<Vec<_>>(), 4);
    db.checkpoint().unwrap();
    let mut db = kept.open();
    both(&mut db, &[host(17, 5), host(9400, 5), host(9500, 5)], 5);
}

fn log(db: impl FnOnce(&mut Cmdb)) -> Vec<u8> {
    let medium = Faulty::new(None);
    let storage = LogStorage::open(medium.clone()).unwrap();
    let mut cmdb = Cmdb::with_storage(Box::new(storage), None).unwrap();
    db(&mut cmdb);
    drop(cmdb);
    medium.after_power_loss(1)
}

fn open(bytes: Vec<u8>) -> Result<Cmdb> {
    Cmdb::with_storage(Box::new(LogStorage::open(MemoryMedium::new(bytes))?), None)
}

fn late(db: &mut Cmdb) {
    let put = PutItem::new("late", "host").with("rack", 1);
    db.apply(&[Change::PutItem(put)], Transaction::at(second(9999))).unwrap();
}

#[test]
fn checkpoints_of_every_version_stay_readable() {
    let write = || {
        log(|db| {
            everything(db);
            db.checkpoint().unwrap();
            late(db);
        })
    };
    let bytes = golden("cmdb.log.v1.checkpoint.itom", write);
    assert!(bytes == write(), "the same state is written as the same bytes");
    let found = LogStorage::verify(&MemoryMedium::new(bytes.clone())).unwrap();
    assert!(found.is_whole() && (found.checkpoints, found.transactions) == (1, 6), "{found:?}");
    let mut expected = Cmdb::default();
    everything(&mut expected);
    late(&mut expected);
    assert!(open(bytes.clone()).unwrap().to_bytes() == expected.to_bytes());
    // And from the checkpoint alone.
    let storage = LogStorage::open(MemoryMedium::new(bytes)).unwrap();
    let kept = Kept::default();
    *kept.0.lock().unwrap() = (
        (0..storage.blocks()).map(|n| storage.read(n).unwrap().unwrap()).collect(),
        storage.checkpoint().unwrap(),
    );
    assert!(kept.open().to_bytes() == expected.to_bytes());
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_passed_over_and_told() {
    let whole = log(|db| {
        everything(db);
        db.checkpoint().unwrap();
        late(db);
    });
    let expected = open(whole.clone()).unwrap().to_bytes();
    let place = whole.windows(4).position(|four| four == b"ITCP").unwrap();
    // Its version, its first letters, and its last.
    for at in [place + 4, place + 40, place + 400] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        let found = LogStorage::verify(&MemoryMedium::new(bytes.clone())).unwrap();
        assert_eq!((found.damage.len(), found.checkpoints, found.lost_blocks), (1, 0, 0));
        assert!(found.damage[0].what.contains("checkpoint"), "{found:?}");
        assert!(found.damage[0].start < at as u64 && (at as u64) < found.damage[0].end);
        let mut db = open(bytes).unwrap();
        assert!(db.to_bytes() == expected, "byte {at}");
        // The next one takes its place.
        db.compact().unwrap();
    }
    // A block that it covers is checked nevertheless.
    let mut bytes = whole.clone();
    let place = bytes.windows(6).position(|text| text == b"anna\0\0" || text == b"CHG004").unwrap();
    bytes[place] ^= 1;
    assert_eq!(open(bytes).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_checkpoint_of_a_later_version_is_passed_over() {
    let kept = Kept::default();
    let mut db = kept.open();
    late(&mut db);
    let expected = db.to_bytes();
    db.checkpoint().unwrap();
    let blocks = kept.0.lock().unwrap().0.clone();
    let (covers, mut bytes) = kept.checkpoint().unwrap().unwrap();
    bytes[4] = 9;
    let mut storage = LogStorage::open(MemoryMedium::default()).unwrap();
    for (number, block) in blocks.iter().enumerate() {
        storage.append(number as u64, block).unwrap();
    }
    assert_eq!(covers, storage.blocks());
    storage.put_checkpoint(&bytes).unwrap();
    let medium = storage.into_medium();
    assert!(LogStorage::verify(&medium).unwrap().is_whole());
    let storage = LogStorage::open(medium).unwrap();
    let db = Cmdb::with_storage(Box::new(storage), None).unwrap();
    assert!(db.to_bytes() == expected);
}

#[test]
fn checkpoints_come_by_themselves_and_take_no_more_than_the_log() {
    let mut frames = Vec::new();
    let bytes = log(|db| {
        db.commit_every(0);
        for n in 0..160 {
            let host = |m: u64| {
                let (m, seed) = (n as u64 * 500 + m, 0x9e37_79b9_7f4a_7c15_u64);
                let serial = format!("{:016x}", m.wrapping_mul(seed) ^ m.wrapping_mul(seed) >> 31);
                Change::PutItem(PutItem::new(&serial, "host").with("mac", &serial[4..]))
            };
            let batch: Vec<Change> = (0..500).map(host).collect();
            db.apply(&batch, Transaction::at(second(n))).unwrap();
        }
        frames.push(db.at(None, None).len());
    });
    let found = LogStorage::verify(&MemoryMedium::new(bytes.clone())).unwrap();
    assert!(found.is_whole() && found.checkpoints >= 1, "{found:?}");
    let storage = LogStorage::open(MemoryMedium::new(bytes.clone())).unwrap();
    let log: usize = (0..storage.blocks()).map(|n| storage.read(n).unwrap().unwrap().len()).sum();
    let (covers, last) = storage.checkpoint().unwrap().unwrap();
    assert!(covers > 1 && covers <= storage.blocks());
    assert!(bytes.len() <= 2 * log + last.len() + 20_000, "{} {log} {}", bytes.len(), last.len());
    let mut db = open(bytes.clone()).unwrap();
    assert_eq!(db.at(None, None).len(), frames[0]);
    // Compaction leaves one.
    db.compact().unwrap();
    drop(db);
}

#[test]
fn without_a_file_there_is_no_checkpoint() {
    assert_eq!(Cmdb::default().checkpoint().unwrap_err().kind(), ErrorKind::Unsupported);
    let medium = LogStorage::open(MemoryMedium::default()).unwrap().into_medium();
    let reader = LogStorage::open_read_only(medium).unwrap();
    assert!(Cmdb::with_storage(Box::new(reader), None).is_err());
}
