//! Benchmarks of itom: one file a domain under `benches/`, results under `results/`.
