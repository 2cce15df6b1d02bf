//! Agreements: a log of real incidents parsed and replayed, and the cost of one more update.
//!
//! With ITOM_DATA naming the data folder the log is `incidents/incident_event_log.csv.gz`, 141,712
//! updates of 24,918 incidents; without it the replay is left out. Unpacking is not timed.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use itom_core::sla::{
    Agreements, AgreementsDefinition, FieldRef, RecordLog, RecordUpdate, replay, what_if,
};
use itom_core::{Duration, Timestamp};

/// Mon-Fri 08-17 six hours behind the printed clock, 62 hours from opened to closed, and what the
/// desk waits for.
fn desk() -> AgreementsDefinition {
    itom_core::read_json(
        r#"{"calendars": {"desk": {"tz": "Etc/GMT+6", "weekly": {
                "mon": [["08:00", "17:00"]], "tue": [["08:00", "17:00"]],
                "wed": [["08:00", "17:00"]], "thu": [["08:00", "17:00"]],
                "fri": [["08:00", "17:00"]]}}},
            "agreements": [{"name": "Incident", "metrics": [
                {"name": "resolution", "stop": "closed = true", "retroactive_start": "opened_at",
                 "targets": [{"target": "62h", "calendar": "desk"}]},
                {"name": "work", "stop": "state in (\"Resolved\", \"Closed\")",
                 "pause": [{"reason": "waiting", "when": "state starts with \"Awaiting\""}],
                 "targets": [{"when": "priority in (\"1\", \"2\")", "target": "8h"},
                             {"target": "40h", "calendar": "desk"}]}]}]}"#,
        "definition",
    )
    .unwrap()
}

/// The log as text.
fn incidents() -> Option<String> {
    let path =
        Path::new(&std::env::var_os("ITOM_DATA")?).join("incidents/incident_event_log.csv.gz");
    let unpacked = Command::new("gzip").arg("-dc").arg(path).output().ok()?;
    String::from_utf8(unpacked.stdout).ok()
}

/// Reads the columns that are used.
fn parse(text: &str) -> RecordLog {
    let mut log = RecordLog::new();
    let (header, body) = text.split_once('\n').unwrap();
    let header: Vec<&str> = header.trim_end().split(',').collect();
    let column = |name: &str| header.iter().position(|own| *own == name).unwrap();
    let wanted = [
        "number",
        "ident_state",
        "priority",
        "opened_at",
        "sys_updated_at",
        "closed_at",
        "assignment_group",
        "sys_mod_count",
    ]
    .map(column);
    let mut writer = log.writer(&["state", "priority", "opened_at", "closed", "group"]).unwrap();
    let mut ends = vec![0; header.len() + 1];
    let (mut start, mut cell) = (0, 0);
    // Dates that were read last: an incident's rows repeat when it was opened and closed.
    let mut known = [("", Timestamp::MIN); 2];
    each_separator(body.as_bytes(), |at, byte| {
        cell += 1;
        ends[cell] = at + 1;
        if byte == b',' {
            return;
        }
        ends[0] = start;
        let text = |index: usize| body[ends[index]..ends[index + 1] - 1].trim_end_matches('\r');
        let [number, state, priority, opened, updated, closed, group, count] = wanted.map(text);
        for (known, text) in known.iter_mut().zip([opened, closed]) {
            if known.0 != text {
                *known = (text, instant(text));
            }
        }
        let now = instant(updated);
        let row = [
            FieldRef::Text(state),
            FieldRef::Text(priority),
            FieldRef::Instant(known[0].1),
            FieldRef::Boolean(state == "Closed" && now >= known[1].1),
            FieldRef::Text(group),
        ];
        writer.push(number, now, count.parse().unwrap(), &row).unwrap();
        (start, cell) = (at + 1, 0);
    });
    drop(writer);
    log
}

/// Calls `found` at every comma and line end, eight bytes at a time.
fn each_separator(bytes: &[u8], mut found: impl FnMut(usize, u8)) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // The high bit of each byte that is zero, exactly.
    let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let repeated = |byte: u8| u64::from(byte) * 0x0101_0101_0101_0101;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let mut marks = zeros(word ^ repeated(b',')) | zeros(word ^ repeated(b'\n'));
        while marks != 0 {
            let at = index * 8 + marks.trailing_zeros() as usize / 8;
            found(at, bytes[at]);
            marks &= marks - 1;
        }
    }
    for (at, &byte) in (bytes.len() - rest.len()..).zip(rest) {
        if byte == b',' || byte == b'\n' {
            found(at, byte);
        }
    }
}

/// Reads `29/2/2016 01:16`.
fn instant(text: &str) -> Timestamp {
    let mut parts = [0i64; 5];
    let mut part = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => parts[part] = parts[part] * 10 + i64::from(byte - b'0'),
            _ => part += 1,
        }
    }
    let [day, month, year, hour, minute] = parts;
    // Days from civil, Hinnant 2013.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, month) = (year.div_euclid(400), (month + 9) % 12);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Timestamp::from_secs((days * 24 + hour) * 3600 + minute * 60)
}

fn history(c: &mut Criterion) {
    let Some(text) = incidents() else {
        println!("skipped: set ITOM_DATA to the folder with incidents/incident_event_log.csv.gz");
        return;
    };
    let (log, rules) = (parse(&text), desk());
    let mut group = c.benchmark_group("sla/incident_log");
    group.throughput(Throughput::Elements(log.len() as u64));
    group.sample_size(10);
    group.bench_function("parse", |b| b.iter(|| parse(black_box(&text))));
    group.bench_function("replay", |b| b.iter(|| replay(&rules, black_box(&log), None).unwrap()));
    group.bench_function("parse_and_replay", |b| {
        b.iter(|| replay(&rules, &parse(black_box(&text)), None).unwrap().counts());
    });
    let mut stricter = rules.clone();
    stricter.agreements[0].metrics[0].targets[0].target = Duration::from_secs(40 * 3600);
    group.bench_function("what_if", |b| {
        b.iter(|| what_if(black_box(&log), &rules, &stricter, None).unwrap());
    });
    group.finish();
}

/// One more update of one of 10,000 running records.
fn stream(c: &mut Criterion) {
    let start = Timestamp::from_secs(1_781_517_600);
    let update = |record: usize, second: i64, state: &str| {
        RecordUpdate::new(&format!("INC{record}"), start + Duration::from_secs(second))
            .set("state", state)
            .set("priority", (record % 4) as i64)
    };
    let mut agreements = Agreements::new(desk()).unwrap();
    agreements.update((0..10_000).map(|record| update(record, 0, "New")).collect()).unwrap();
    let mut second = 0;
    c.bench_function("sla/agreements_update", |b| {
        b.iter_batched(
            || {
                second += 1;
                let state = if second % 2 == 0 { "Active" } else { "Awaiting User" };
                vec![update(second as usize * 7919 % 10_000, second, state)]
            },
            |updates| agreements.update(updates).unwrap(),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = history, stream);
criterion_main!(benches);
