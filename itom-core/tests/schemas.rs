//! The committed schemas are those of the types; `ITOM_BLESS=1` writes them anew.
#![cfg(all(feature = "schema", feature = "operations"))]

use std::path::PathBuf;

use itom_core::schema::{names, schema};

#[test]
fn committed_schemas_have_not_drifted() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas"));
    let bless = std::env::var_os("ITOM_BLESS").is_some();
    for name in names() {
        let path = folder.join(format!("{name}.json"));
        let current = schema(name).unwrap() + "\n";
        if bless {
            std::fs::write(&path, &current).unwrap();
        }
        let committed = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; run with ITOM_BLESS=1", path.display()));
        assert!(committed == current, "schemas/{name}.json has drifted; run with ITOM_BLESS=1");
    }
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, names().len(), "schemas/ holds a file that no type has");
}
