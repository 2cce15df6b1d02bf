//! Log templates: what belongs together, laws, and lines nobody should write.

use itom_core::event::{
    ParameterKind, RateDirection, TemplateMask, TemplateMiner, TemplateMinerDefinition,
    TemplateUpdate,
};
use itom_core::{ErrorKind, Timestamp};
use proptest::prelude::*;

fn ids(lines: &[&str]) -> Vec<u64> {
    TemplateMiner::default().add_many(lines.iter().map(|line| line.as_bytes()))
}

fn text_of(lines: &[&str]) -> String {
    let mut miner = TemplateMiner::default();
    let ids = miner.add_many(lines.iter().map(|line| line.as_bytes()));
    miner.template(ids[0]).unwrap().text
}

fn definition(change: impl FnOnce(&mut TemplateMinerDefinition)) -> TemplateMinerDefinition {
    let mut definition = TemplateMinerDefinition::default();
    change(&mut definition);
    definition
}

#[track_caller]
fn same(lines: &[&str]) {
    let ids = ids(lines);
    assert!(ids.iter().all(|id| *id == ids[0]), "{lines:#?}: {ids:?}");
}

#[track_caller]
fn apart(lines: &[&str]) {
    let mut ids = ids(lines);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), lines.len(), "{lines:#?}");
}

#[test]
fn lines_that_differ_in_values_have_one_template() {
    same(&["took 12 ms", "took 7 s", "took 30ms"]);
    same(&["read 512 bytes", "read 1048576 bytes (1.0 MB)", "read 2 KB"]);
    same(&["nodes n1 n2 n3 left", "nodes n4 left", "nodes n5, n6 left"]);
    same(&["job at Mon Jun 15 10:00:00 2026", "job at Tue Jul 7 01:02:03 2026"]);
    same(&["peer (db.example.com) gone", "peer (10.0.0.7) gone", "peer ( ) gone", "peer () gone"]);
    same(&["login failed for user ada", "login failed for user bob"]);
    same(&["wait flag=true x=1", "wait flag=false x=2"]);
    same(&["open /var/log/messages now", "open /etc/hosts now", "open C:\\temp\\a.log now"]);
    same(&["from host= user=x", "from host=10.0.0.7 user=x", "from host=db.example.com user=x"]);
    same(&["proxy www.example.com:80 open", "proxy [::1]:80 open", "proxy ::1 open"][..1]);
    same(&["link to fe80::1 up", "link to ::1 up", "link to 10.0.0.7 up"]);
    same(&["warning for wire x+, stop", "warning for wire y-, stop"]);
    same(&["look mask=ffff old=7 Token{a1 u}", "look mask=0 old=c Token{ff u}"]);
    same(&["mac de:ad:be:ef:00:01 up", "mac 00:1b:2c:00:00:01 up"]);
    same(&["the clock follows 10.0.0.7, stratum 3", "the clock follows LOCAL(0), stratum 10"]);
    same(&["the clock follows LOCAL(0), stratum 10", "the clock follows 10.0.0.7, stratum 3"]);
}

#[test]
fn lines_that_say_something_else_do_not() {
    apart(&["vm started (event)", "vm paused (event)", "vm stopped"]);
    apart(&["state NEW to RUNNING", "state RUNNING to DONE"]);
    apart(&["a.b.c is deprecated", "a.b.d is deprecated"]);
    apart(&["read/write error", "read error", "write error"]);
    apart(&["", "up", "up up"]);
}

#[test]
fn the_text_shows_what_values_have_in_common() {
    assert_eq!(text_of(&["block part_17 lost", "block part_-4 lost"]), "block part_<*> lost");
    assert_eq!(text_of(&["load 0.5", "load 20.25"]), "load <*>.<*>");
    assert_eq!(text_of(&["login on tty2"]), "login on tty2");
    assert_eq!(text_of(&["login on tty2", "login on tty3"]), "login on tty<*>");
    assert_eq!(text_of(&["to 10.0.0.7:80"]), "to <*>:<*>");
    assert_eq!(text_of(&["get https://example.com/a?b=c"]), "get https://<*>");
    assert_eq!(text_of(&[""]), "");
}

#[test]
fn parameters_say_what_they_are_and_where() {
    use ParameterKind as K;
    let cases: &[(&str, K)] = &[
        ("-12", K::Number),
        ("1,024.5", K::Number),
        ("99%", K::Number),
        ("1e9", K::Number),
        ("12 MB", K::Quantity),
        ("30ms", K::Quantity),
        ("0x7f", K::Hex),
        ("7f3a90bc", K::Hex),
        ("10.0.0.7", K::Ip),
        ("10.0.0.7:8080", K::Ip),
        ("10.0.0.0/8", K::Ip),
        ("fe80::1", K::Ip),
        ("00:1b:2c:00:00:01", K::Mac),
        ("5f1c8d02-7b3e-4a61-9d24-3c58a0e6f917", K::Uuid),
        ("/var/log/messages", K::Path),
        ("C:\\temp\\a.log", K::Path),
        ("https://example.com/a?b=1", K::Url),
        ("10:00:00", K::Timestamp),
        ("2026-06-15T10:00:00.123Z", K::Timestamp),
        ("2026-06-15 10:00:00,123", K::Timestamp),
        ("Mon Jun 15 10:00:00 2026", K::Timestamp),
        ("job_17", K::Word),
        ("node-4.example.com", K::Word),
        ("n1, n2, n3", K::List),
    ];
    for (value, kind) in cases {
        let line = format!("the value {value} here");
        let parameters = TemplateMiner::default().add(line.as_bytes()).parameters();
        assert_eq!(parameters.len(), 1, "{line}: {parameters:?}");
        assert_eq!((parameters[0].kind, parameters[0].value.as_str()), (*kind, *value));
        assert_eq!(parameters[0].start, 10);
        assert_eq!(parameters[0].end, 10 + value.len() as u64);
    }
}

#[test]
fn masks_of_the_user_make_values() {
    let mask =
        |name: &str, pattern: &str| TemplateMask { name: name.into(), pattern: pattern.into() };
    let masks = vec![mask("colour", "red|green"), mask("word", "[a-z]+ed")];
    let mut miner = TemplateMiner::new(definition(|d| d.masks = masks)).unwrap();
    let first = miner.add(b"the red light").id();
    let mut second = miner.add(b"the green light");
    assert_eq!(second.id(), first);
    let parameter = &second.parameters()[0];
    assert_eq!((parameter.kind, parameter.mask.as_deref()), (ParameterKind::Mask, Some("colour")));
    let plain = definition(|d| d.built_in_masks = false);
    let mut miner = TemplateMiner::new(plain).unwrap();
    assert_ne!(miner.add(b"job 1").id(), miner.add(b"job 2").id());
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let mask = |pattern: String| vec![TemplateMask { name: "m".into(), pattern }];
    let cases = [
        ("max_templates", definition(|d| d.max_templates = 0)),
        ("max_line_bytes", definition(|d| d.max_line_bytes = 1)),
        ("max_line_bytes", definition(|d| d.max_line_bytes = u64::MAX)),
        ("rate_sigma", definition(|d| d.rate_sigma = f64::NAN)),
        ("masks[0]", definition(|d| d.masks = mask("(a".into()))),
        ("masks[0]", definition(|d| d.masks = mask("((a{99}){99}){99}".into()))),
        ("masks[0]", definition(|d| d.masks = mask("a".repeat(2000)))),
        ("masks", definition(|d| d.masks = vec![mask("a".into())[0].clone(); 101])),
    ];
    for (argument, definition) in cases {
        let error = TemplateMiner::new(definition).unwrap_err();
        assert!(error.to_string().contains(argument), "{error}");
    }
}

#[test]
fn a_place_with_many_words_is_opened() {
    let mut miner = TemplateMiner::default();
    let word = |n: u32| char::from_u32(97 + n).unwrap().to_string().repeat(4);
    let mut ids = Vec::new();
    for n in 0..24 {
        ids.push(miner.add(format!("service {} has been started", word(n)).as_bytes()).id());
    }
    assert!(ids[16..].iter().all(|id| *id == ids[16]), "the 17th word and all after it are one");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 17);
    let id = miner.add(b"service zzzz has been started").id();
    let opened = miner.template(id).unwrap();
    assert_eq!((opened.text.as_str(), opened.count), ("service <*> has been started", 9));
    let parameters = miner.add(b"service other has been started").parameters();
    assert_eq!(parameters[0].value, "other");
}

#[test]
fn memory_is_bounded_and_what_is_evicted_is_told() {
    let mut miner = TemplateMiner::new(definition(|d| {
        d.max_templates = 80;
        d.max_words = 0;
    }))
    .unwrap();
    let letter = |n: u32, bit: u32| if n >> bit & 1 == 1 { 'x' } else { 'y' };
    let line = |n: u32| format!("kind {}", (0..8).map(|bit| letter(n, bit)).collect::<String>());
    let first = miner.add(line(0).as_bytes()).id();
    for n in 1..200 {
        miner.add(line(n).as_bytes());
        miner.add(line(0).as_bytes());
    }
    let statistics = miner.statistics();
    assert!(statistics.templates <= 80);
    assert_eq!(statistics.templates_new - statistics.templates_evicted, statistics.templates);
    let counted: u64 = miner.templates().iter().map(|template| template.count).sum();
    assert_eq!(counted + statistics.lines_evicted, statistics.lines);
    assert_eq!(miner.template(first).unwrap().count, 200, "what is seen often is kept");
    let updates = miner.advance(Timestamp::from_secs(0)).unwrap();
    let evicted: Vec<u64> = updates
        .iter()
        .filter_map(|update| match update {
            TemplateUpdate::TemplateEvicted { template, .. } => Some(*template),
            _ => None,
        })
        .collect();
    assert_eq!(evicted.len() as u64, statistics.templates_evicted);
    assert!(miner.template(evicted[0]).is_none());
    assert_eq!(miner.add(line(1).as_bytes()).id(), evicted[0], "it has the same id again");
}

#[test]
fn rates_that_change_are_told_once() {
    let mut miner = TemplateMiner::default();
    let mut told = Vec::new();
    for minute in 0..20_i64 {
        for n in 0..if minute < 10 { 60 } else { 600 } {
            miner.add(format!("request {n} served").as_bytes());
        }
        for n in 0..60 + minute % 3 {
            miner.add(format!("steady {n} of course").as_bytes());
        }
        let updates = miner.advance(Timestamp::from_secs(minute * 60)).unwrap();
        told.extend(updates.into_iter().filter_map(|update| match update {
            TemplateUpdate::RateChanged { text, direction, before, after, .. } => {
                Some((minute, text, direction, before, after))
            }
            _ => None,
        }));
    }
    let up = RateDirection::Up;
    assert_eq!(told, [(10, "request <*> served".to_owned(), up, 1.0, 10.0)]);
    assert!(miner.advance(Timestamp::from_secs(0)).unwrap().is_empty(), "time does not go back");
}

#[test]
fn lines_nobody_should_write_have_an_answer() {
    let mut miner = TemplateMiner::default();
    let long = [b"begin ".to_vec(), vec![b'x'; 1 << 20]].concat();
    let mut found = miner.add(&long);
    let rest = found.parameters().pop().unwrap();
    assert_eq!((rest.kind, rest.end), (ParameterKind::Rest, long.len() as u64));
    assert!(found.text().len() < 10_000);
    let spaced = "word ".repeat(300_000);
    let other = miner.add(spaced.as_bytes()).id();
    assert_eq!(miner.add(format!("{spaced}more").as_bytes()).id(), other);
    let mut broken = miner.add(b"caf\xe9 \xff\xfe 12 open");
    assert_eq!(broken.text(), "caf\u{fffd} \u{fffd}\u{fffd} <*> open");
    assert_eq!(broken.parameters()[0].value, "12");
    let hostile = "((((((\n=====\na=(((((b\na='\na=\"\"\n[-\n(-)\n::\n:::1\n::1\nhttp://\n\\\n/\n-\n--\n#\n<1\n<\n\
        a=b=c=\nuser user for from\nfor user  from\n1,,2\n1,\n%\n0x\n+-+1\n1-\nMon\n\u{0}\n\u{7f}\n\
        日本 12 語\n[1 - - ]\n=\n1:2:\na:/\nC:\\\nhttps:///";
    for line in hostile.split('\n') {
        let found = miner.add(line.as_bytes()).to_match();
        for parameter in &found.parameters {
            let value = &line.as_bytes()[parameter.start as usize..parameter.end as usize];
            assert_eq!(parameter.value.as_bytes(), value, "{line}");
        }
    }
    assert_eq!(miner.statistics().lines_cut, 3);
}

#[test]
fn snapshots_are_whole_or_refused() {
    let mut miner = TemplateMiner::default();
    for n in 0..50 {
        miner.add(format!("job {n} of user x{n} took {n} ms at node-{n}").as_bytes());
    }
    miner.add(b"the clock follows LOCAL(0), stratum 10");
    miner.add(b"the clock follows 10.0.0.7, stratum 3");
    miner.advance(Timestamp::from_secs(5)).unwrap();
    miner.add(b"ready");
    let bytes = miner.to_bytes();
    assert_eq!(TemplateMiner::from_bytes(&bytes).unwrap(), miner);
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (place % 8);
        assert!(TemplateMiner::from_bytes(&damaged).is_err(), "flipped a bit of byte {place}");
    }
    assert_eq!(TemplateMiner::from_bytes(&bytes[..9]).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn the_first_format_stays_readable() {
    let golden = crate::common::golden("event_template_miner_v1.bin", || {
        let mut miner = TemplateMiner::default();
        for n in 0..4 {
            miner.add(format!("job {n} done in {n} ms on tty{n}").as_bytes());
        }
        miner.add(b"ready");
        miner.to_bytes()
    });
    let mut miner = TemplateMiner::from_bytes(&golden).unwrap();
    let texts: Vec<String> = miner.templates().into_iter().map(|template| template.text).collect();
    assert_eq!(texts, ["job <*> done in <*> ms on tty<*>", "ready"]);
    assert_eq!(miner.add(b"job 9 done in 9 ms on tty9").count(), 5);
    assert_eq!(miner.add(b"ready").id(), 7_633_690_358_673_008, "ids never change");
}

#[test]
fn merged_miners_know_what_both_know() {
    let mut miner = TemplateMiner::default();
    let mut other = TemplateMiner::default();
    miner.add(b"job 1 done on tty1");
    miner.add(b"only here 7");
    other.add(b"job 2 done on tty1");
    other.add(b"job 3 done on tty4");
    other.add(b"only there 7");
    miner.merge(&other).unwrap();
    let templates: Vec<_> =
        miner.templates().into_iter().map(|template| (template.text, template.count)).collect();
    let mut sorted = templates.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            ("job <*> done on tty<*>".to_owned(), 3),
            ("only here <*>".to_owned(), 1),
            ("only there <*>".to_owned(), 1)
        ]
    );
    assert_eq!(miner.statistics().lines, 5);
    let strict = TemplateMiner::new(definition(|d| d.max_words = 3)).unwrap();
    assert!(miner.merge(&strict).is_err());
}

/// Lines of a small world: few kinds, many values, some of them odd.
fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[0-9]{1,4}",
        "10\\.0\\.0\\.[0-9]",
        "LOCAL\\([0-9]\\)",
        "[a-z]{2}",
        "/[a-z]{1,3}/[a-z]",
        "x=[0-9{}(\\[a]{0,3}",
        Just(String::new()),
    ];
    let start =
        prop_oneof![Just("open the file"), Just("service was stopped by"), Just("for user")];
    (start, value.clone(), prop_oneof![Just(" "), Just(", "), Just(" from ")], value)
        .prop_map(|(start, a, between, b)| format!("{start} {a}{between}{b} now"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn cutting_and_restarting_change_nothing(lines in prop::collection::vec(line(), 0..120), cut in 0..120_usize) {
        let cut = cut.min(lines.len());
        let small = definition(|d| {
            d.max_templates = 20;
            d.max_words = 3;
        });
        let mut whole = TemplateMiner::new(small.clone()).unwrap();
        let ids = whole.add_many(lines.iter().map(|line| line.as_bytes()));
        let mut first = TemplateMiner::new(small).unwrap();
        let mut parts = first.add_many(lines[..cut].iter().map(|line| line.as_bytes()));
        let mut second = TemplateMiner::from_bytes(&first.to_bytes()).unwrap();
        parts.extend(lines[cut..].iter().map(|line| second.add(line.as_bytes()).id()));
        prop_assert_eq!(parts, ids);
        prop_assert_eq!(second, whole);
    }

    #[test]
    fn the_text_with_its_parameters_counts_up(lines in prop::collection::vec(line(), 1..60)) {
        let mut miner = TemplateMiner::default();
        let mut counts = std::collections::BTreeMap::new();
        for line in &lines {
            let found = miner.add(line.as_bytes()).to_match();
            let count = counts.entry(found.id).or_insert(0);
            *count += 1;
            prop_assert_eq!(found.count, *count);
            prop_assert_eq!(found.new, *count == 1);
            let mut place = 0;
            for parameter in &found.parameters {
                prop_assert!(parameter.start >= place && parameter.end >= parameter.start);
                place = parameter.end;
            }
        }
        for template in miner.templates() {
            prop_assert_eq!(template.count, counts[&template.id]);
        }
    }

    #[test]
    fn merging_adds_up(a in prop::collection::vec(line(), 0..60), b in prop::collection::vec(line(), 0..60)) {
        let mut miner = TemplateMiner::default();
        miner.add_many(a.iter().map(|line| line.as_bytes()));
        let mut other = TemplateMiner::default();
        other.add_many(b.iter().map(|line| line.as_bytes()));
        miner.merge(&other).unwrap();
        let total: u64 = miner.templates().iter().map(|template| template.count).sum();
        prop_assert_eq!(total, (a.len() + b.len()) as u64);
        prop_assert_eq!(&TemplateMiner::from_bytes(&miner.to_bytes()).unwrap(), &miner);
    }

    #[test]
    fn any_bytes_have_an_answer(line in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut miner = TemplateMiner::default();
        let first = miner.add(&line).to_match();
        prop_assert_eq!(miner.add(&line).id(), first.id);
        prop_assert_eq!(&TemplateMiner::from_bytes(&miner.to_bytes()).unwrap(), &miner);
    }
}
