//! The file of the CMDB: writing durably in batches of 10,000, rounds of updates, compaction, opening
//! from a checkpoint (to the first answer, and everything read) and by applying the log.
//!
//! Hosts of 14 attributes: names, serial numbers, addresses, and the usual small vocabularies. Bytes an
//! item are printed: they are a result, too. Seeded, so every run writes the same file.

use std::path::PathBuf;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::cmdb::{Change, Cmdb, LogStorage, MemoryMedium, PutItem, Storage, Transaction};

const BATCH: u64 = 10_000;
const ITEMS: u64 = 100_000;

/// splitmix64: the same number for the same number, and no two alike.
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn host(n: u64) -> PutItem {
    let pick = |attribute: u64, choices: u64| mix(n * 32 + attribute) % choices;
    let number =
        |attribute: u64, choices: &[i64]| choices[pick(attribute, choices.len() as u64) as usize];
    let [a, b, c, d, e, f] = [40, 32, 24, 16, 8, 0].map(|bits| (mix(n) >> bits) & 255);
    let ip = format!("10.{}.{}.{}", (n >> 16) & 255, (n >> 8) & 255, n & 255);
    PutItem::new(&format!("host-{n:07}"), "host")
        .with("fqdn", format!("host-{n:07}.dc{}.example.net", pick(1, 4)).as_str())
        .with("serial_number", format!("{:012X}", mix(n * 32) >> 16).as_str())
        .with("ip_address", ip.as_str())
        .with("mac_address", format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}").as_str())
        .with("os_name", ["Debian", "Ubuntu", "RHEL", "SLES"][pick(2, 4) as usize])
        .with("os_version", format!("{}.{}", pick(3, 5) + 10, pick(4, 6)).as_str())
        .with("environment", ["production", "staging", "test"][pick(5, 3) as usize])
        .with("location", format!("site-{:02}", pick(6, 40)).as_str())
        .with("rack", format!("R{:03}", pick(7, 200)).as_str())
        .with("owner", format!("team-{:02}", pick(8, 80)).as_str())
        .with("model", format!("Server {}", pick(9, 30) * 10 + 400).as_str())
        .with("cores", number(10, &[4, 8, 16, 32, 64]))
        .with("memory_gb", number(11, &[16, 32, 64, 128, 256, 512]))
        .with("installed_at", Timestamp::from_secs((18_000 + pick(12, 2_000) as i64) * 86_400))
}

/// One host in five says one or two things anew.
fn update(n: u64, round: u64) -> Option<Change> {
    let dice = mix(n * 8 + round + (1 << 40));
    let byte = |bits: u32| (dice >> bits) & 255;
    let put = PutItem { id: format!("host-{n:07}"), ..PutItem::default() };
    let put = match byte(32) % 4 {
        0 => put.with("os_version", format!("{}.{}", byte(8) % 5, byte(16) % 6).as_str()),
        1 => put.with("owner", format!("team-{:02}", byte(8) % 80).as_str()),
        2 => put.with("rack", format!("R{:03}", byte(8)).as_str()).with("location", "site-07"),
        _ => put.with("ip_address", format!("10.9.{}.{}", byte(8), byte(16)).as_str()),
    };
    dice.is_multiple_of(5).then_some(Change::PutItem(put))
}

fn batches(change: impl Fn(u64) -> Option<Change>) -> Vec<Vec<Change>> {
    let batch = |from: u64| (from..from + BATCH).filter_map(&change).collect();
    (0..ITEMS / BATCH).map(|n| batch(n * BATCH)).collect()
}

fn write(db: &mut Cmdb, batches: &[Vec<Change>]) {
    for batch in batches {
        let next = db.transactions().count() as i64;
        db.apply(batch, Transaction::at(Timestamp::from_secs(next))).expect("it is valid");
    }
}

fn scratch() -> PathBuf {
    let path = std::env::temp_dir().join(format!("itom-bench-{}.itom", std::process::id()));
    std::fs::remove_file(&path).ok();
    path
}

fn bytes_an_item(path: &PathBuf) -> f64 {
    std::fs::metadata(path).map_or(f64::NAN, |file| file.len() as f64 / ITEMS as f64)
}

fn store(criterion: &mut Criterion) {
    let new = batches(|n| Some(Change::PutItem(host(n))));
    let path = scratch();
    let open = || Cmdb::open(scratch(), None).expect("a new file");
    let mut group = criterion.benchmark_group("cmdb_store");
    group.sample_size(10).throughput(Throughput::Elements(ITEMS));
    group.bench_function("put_new_durable_batches_of_10k", |bencher| {
        bencher.iter_batched(open, |mut db| write(&mut db, &new), BatchSize::PerIteration);
    });
    group.bench_function("put_new_in_memory", |bencher| {
        let memory = Cmdb::default;
        bencher.iter_batched(memory, |mut db| write(&mut db, &new), BatchSize::PerIteration);
    });
    let mut db = open();
    write(&mut db, &new);
    println!("cmdb_store: {:.1} bytes an item, new", bytes_an_item(&path));
    (0..5).for_each(|round| write(&mut db, &batches(|n| update(n, round))));
    println!("cmdb_store: {:.1} bytes an item after 5 rounds of changes", bytes_an_item(&path));
    group.bench_function("compact", |bencher| bencher.iter(|| db.compact().expect("it can be")));
    println!("cmdb_store: {:.1} bytes an item, compacted with a checkpoint", bytes_an_item(&path));
    group.bench_function("checkpoint", |bencher| {
        bencher.iter(|| db.checkpoint().expect("it can be"));
    });
    db.compact().expect("it can be");
    drop(db);
    group.bench_function("verify", |bencher| bencher.iter(|| Cmdb::verify(&path).expect("a file")));
    // Every byte that counts is checked by opening, so this is the file verified too.
    group.bench_function("open_to_first_answer", |bencher| {
        bencher.iter(|| {
            let db = Cmdb::open(&path, None).expect("a file");
            db.at(None, None).item("host-0047110").expect("it is there")
        });
    });
    group.bench_function("open_and_read_all_items", |bencher| {
        bencher.iter(|| {
            let db = Cmdb::open(&path, None).expect("a file");
            db.at(None, None).items(None).expect("any class").len()
        });
    });
    let bytes = std::fs::read(&path).expect("a file");
    group.bench_function("read_and_check_all_blocks", |bencher| {
        let copy = || MemoryMedium::new(bytes.clone());
        let read = |medium| {
            let log = LogStorage::open(medium).expect("a log");
            (0..log.blocks())
                .filter_map(|n| log.read(n).expect("whole"))
                .map(|b| b.len())
                .sum::<usize>()
        };
        bencher.iter_batched(copy, read, BatchSize::PerIteration);
    });
    let log = LogStorage::open(MemoryMedium::new(bytes)).expect("a log");
    let blocks: Vec<Vec<u8>> =
        (0..log.blocks()).filter_map(|n| log.read(n).expect("whole")).collect();
    group.bench_function("open_by_applying_the_log", |bencher| {
        let copy = || {
            let mut log = LogStorage::open(MemoryMedium::default()).expect("memory");
            (0..).zip(&blocks).for_each(|(n, block)| log.append(n, block).expect("memory"));
            log
        };
        let open =
            |log: LogStorage<MemoryMedium>| Cmdb::with_storage(Box::new(log), None).expect("a log");
        bencher.iter_batched(copy, open, BatchSize::PerIteration);
    });
    group.finish();
    std::fs::remove_file(&path).ok();
}

fn commit(criterion: &mut Criterion) {
    let path = scratch();
    let mut db = Cmdb::open(&path, None).expect("a new file");
    let mut n = 0;
    criterion.bench_function("cmdb_store/commit_of_one_item", |bencher| {
        bencher.iter(|| {
            n += 1;
            let put = [Change::PutItem(host(n))];
            db.apply(&put, Transaction::at(Timestamp::from_secs(n as i64))).expect("it is valid");
        });
    });
    drop(db);
    std::fs::remove_file(&path).ok();
}

criterion_group!(benches, store, commit);
criterion_main!(benches);
