//! What the tests of several domains read.

use std::path::PathBuf;

/// The snapshot of that name in `tests/golden`, written when its format was new. `ITOM_BLESS=1`
/// writes one that is missing; one that is there stays as it is, for it has to stay readable.
pub(crate) fn golden(name: &str, made: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("ITOM_BLESS").is_some() && !path.exists() {
        std::fs::write(&path, made()).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|why| panic!("{path:?}: {why}"))
}
