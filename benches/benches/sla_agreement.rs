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
    let mut start = 0;
    // Dates that were read last: an incident's rows repeat when it was opened and closed.
    let mut known = [("", Timestamp::MIN); 2];
    each_row(body.as_bytes(), header.len(), |ends| {
        let text = |index: usize| {
            let from = if index == 0 { start } else { ends[index - 1] + 1 };
            body[from..ends[index]].trim_end_matches('\r')
        };
        let [number, state, priority, opened, updated, closed, group, count] = wanted.map(text);
        start = ends[header.len() - 1] + 1;
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
    });
    drop(writer);
    log
}

/// Calls `found` for every row with the places where its cells end: at a comma, or at the line's end.
fn each_row(bytes: &[u8], width: usize, mut found: impl FnMut(&[usize])) {
    let (words, rest) = bytes.as_chunks::<8>();
    let (mut ends, mut count, mut at) = (vec![0; PORTION * 8 + width], 0, 0);
    for words in words.chunks(PORTION) {
        for word in words {
            count += separators(u64::from_le_bytes(*word), at, &mut ends[count..]);
            at += 8;
        }
        ends[..count].chunks_exact(width).for_each(&mut found);
        let whole = count / width * width;
        ends.copy_within(whole..count, 0);
        count -= whole;
    }
    let last = rest.iter().zip(at..).filter(|(byte, _)| matches!(byte, b',' | b'\n'));
    ends.truncate(count);
    ends.extend(last.map(|(_, at)| at));
    ends.chunks_exact(width).for_each(&mut found);
}

/// Words looked at before their rows are read.
const PORTION: usize = 512;

/// The places of the commas and line ends in eight bytes from `at` on, and how many they are: up to
/// two, as most are, without a guess.
fn separators(word: u64, at: usize, places: &mut [usize]) -> usize {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The high bit of each byte that is zero, exactly.
    let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let are = |byte: u8| zeros(word ^ (EACH * u64::from(byte)));
    let mut marks = are(b',') | are(b'\n');
    let count = (marks / 128).wrapping_mul(EACH) >> 56;
    for (index, place) in places.iter_mut().take(8).enumerate() {
        if index >= 2 && marks == 0 {
            break;
        }
        *place = at + marks.trailing_zeros() as usize / 8;
        marks &= marks.wrapping_sub(1);
    }
    count as usize
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
