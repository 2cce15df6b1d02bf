//! Benchmarks of itom: one file a domain under `benches/`, peers in `peers.py`, results under
//! `results/`.

use std::time::Duration;

use criterion::Criterion;

/// Criterion with less time for each benchmark than it takes by itself, so that all of them are
/// over in a few minutes. `--measurement-time` and `--warm-up-time` still win.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}
