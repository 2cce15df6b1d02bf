//! Log lines a second through the template miner: short ones, long ones, of kinds that are new.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::event::TemplateMiner;

const LINES: u64 = 20_000;

/// xorshift64*: every run measures the same stream.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

/// A message of one of twelve kinds, 20 to 110 bytes.
fn message(random: &mut Random) -> String {
    let (a, b, c) = (random.below(256), random.below(60_000), random.below(1 << 40));
    match random.below(12) {
        0 => format!("password accepted for u{a} from 10.0.{a}.7 port {b} method key"),
        1 => format!("copying part part_{c} from: /10.0.0.{a}:{b} to: /10.0.0.9:9000"),
        2 => format!("10.0.0.{a} \"GET /shop/{c:x}/orders HTTP/1.1\" code: 200 size: {b}"),
        3 => format!("Built the index in {a}.{b} seconds."),
        4 => format!("[order: 5f1c8d02-7b3e-4a61-9d24-3c58{c:08x}] Payment received (card)"),
        5 => format!("step_{c} moved from QUEUED to RUNNING"),
        6 => format!("basket opened for user u{a} by (session={b})"),
        7 => format!("lan{a}: link is up, 1000 Mbps full duplex"),
        8 => "nothing to do".to_owned(),
        9 => format!("cache miss key={c:x} size={b} ttl=30s region=eu-{a} hit=false"),
        10 => format!("Could not reach [client_{c}] for {b} seconds. Trying again ..."),
        _ => format!("worker {a} done: read {b} bytes in {a} ms from /data/part-{b}/{c}.seg"),
    }
}

/// A message behind what a logger writes before it.
fn whole_line(random: &mut Random) -> String {
    let (s, ms) = (random.below(60), random.below(1000));
    let message = message(random);
    format!("2026-06-15 10:00:{s:02},{ms:03} INFO [worker-{s}] com.example.shop.Worker: {message}")
}

/// The same with a stack of names behind it, 400 to 600 bytes.
fn long_line(random: &mut Random) -> String {
    let mut line = whole_line(random);
    for _ in 0..8 {
        let n = random.below(900);
        line.push_str(&format!(" at com.example.shop.cart.Service.call(Service.java:{n})"));
    }
    line
}

fn lines(make: fn(&mut Random) -> String) -> Vec<String> {
    let mut random = Random(5);
    (0..LINES).map(|_| make(&mut random)).collect()
}

fn known_kinds(c: &mut Criterion) {
    let streams = [
        ("messages", lines(message)),
        ("whole_lines", lines(whole_line)),
        ("long_lines", lines(long_line)),
    ];
    for (name, lines) in streams {
        let bytes: usize = lines.iter().map(String::len).sum();
        for (unit, throughput) in
            [("lines", Throughput::Elements(LINES)), ("bytes", Throughput::Bytes(bytes as u64))]
        {
            let mut group = c.benchmark_group(format!("template_miner/{name}"));
            group.throughput(throughput);
            let mut miner = TemplateMiner::default();
            group.bench_function(unit, |b| {
                b.iter(|| {
                    let ids = lines.iter().map(|line| miner.add(line.as_bytes()).id());
                    black_box(ids.fold(0, |all, id| all ^ id))
                });
            });
            group.finish();
        }
    }
}

/// Every line is of a kind of its own, so that each makes a template and evicts one in the end.
fn new_kinds(c: &mut Criterion) {
    let mut random = Random(9);
    let mut word = || (0..8).map(|_| char::from(b'g' + random.below(20) as u8)).collect::<String>();
    let lines: Vec<String> =
        (0..LINES).map(|_| format!("{} {} {} {}", word(), word(), word(), word())).collect();
    let mut group = c.benchmark_group("template_miner");
    group.sample_size(10);
    group.throughput(Throughput::Elements(LINES));
    group.bench_function("new_kinds", |b| {
        b.iter_batched(
            TemplateMiner::default,
            |mut miner| miner.add_many(lines.iter().map(|line| line.as_bytes())),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(
    name = benches;
    config = itom_benches::criterion();
    targets = known_kinds, new_kinds
);
criterion_main!(benches);
