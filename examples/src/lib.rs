//! Examples of itom on real data: Rust under `rust/`, Python under `python/`, C under `c/`.
