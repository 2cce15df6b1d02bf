//! Log lines of any bytes, through a miner with tight bounds: ids are the same in one go and with a
//! restart in between, parameters lie in their line, merging and advancing hold.
#![no_main]

use itom_core::Timestamp;
use itom_core::event::{TemplateMask, TemplateMiner, TemplateMinerDefinition};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, text)) = bytes.split_first() else { return };
    let mask = TemplateMask { name: "m".to_owned(), pattern: "a+b|[0-9]x".to_owned() };
    let definition = TemplateMinerDefinition {
        max_templates: 1 + u64::from(choice & 7),
        max_line_bytes: 64,
        max_words: u64::from(choice >> 3 & 3),
        built_in_masks: choice & 32 == 0,
        masks: if choice & 64 == 0 { Vec::new() } else { vec![mask] },
        rate_sigma: 0.5,
    };
    let mut whole = TemplateMiner::new(definition).expect("within its bounds");
    let mut parts = whole.clone();
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    for (number, line) in lines.iter().enumerate() {
        let found = whole.add(line).to_match();
        let mut place = 0;
        for parameter in &found.parameters {
            assert!(place <= parameter.start && parameter.start <= parameter.end);
            place = parameter.end;
        }
        assert!(place <= line.len() as u64);
        assert_eq!(parts.add(line).id(), found.id);
        if number == lines.len() / 2 {
            parts = TemplateMiner::from_bytes(&parts.to_bytes()).expect("our own bytes");
        }
    }
    assert!(parts == whole);
    whole.merge(&parts).expect("the same definition");
    drop(whole.advance(Timestamp::from_secs(1)));
    whole.add(text);
    drop(whole.advance(Timestamp::from_secs(2)));
    assert!(TemplateMiner::from_bytes(&whole.to_bytes()).expect("our own bytes") == whole);
});
