//! Documents of other tools: refused, or records that are put whole or not at all, and drawn.
#![no_main]

use itom_core::Timestamp;
use itom_core::cmdb::{Cmdb, Transaction};
use itom_core::formats::read_import;
use libfuzzer_sys::fuzz_target;

const FORMATS: [&str; 8] = [
    "records",
    "csv",
    "kubernetes",
    "backstage",
    "netbox",
    "otel_resource",
    "traces",
    "aws_config",
];

fuzz_target!(|data: &[u8]| {
    // The first byte chooses the reader.
    let Some((first, rest)) = data.split_first() else { return };
    let format = FORMATS[usize::from(*first) % FORMATS.len()];
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let Ok(import) = read_import(format, text) else { return };
    let json = serde_json::to_string(&import).expect("records are JSON");
    let again =
        read_import("records", &json).map(|again| (again.records.len(), again.relations.len()));
    if let Ok(counts) = again {
        assert_eq!(counts, (import.records.len(), import.relations.len()));
    }
    let Ok(changes) = import.changes() else { return };
    let mut db = Cmdb::default();
    if db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).is_err() {
        assert!(db.at(None, None).is_empty(), "half an import");
        return;
    }
    let view = db.at(None, None);
    view.to_dot(None).expect("every view is drawn");
    view.to_mermaid(None).expect("every view is drawn");
    view.to_graphml(None).expect("every view is drawn");
    assert_eq!(view.to_sqlite(None).expect("every view is written").len() % 4096, 0);
    view.tables(None).map(drop).unwrap_or_default();
});
