//! what was promised.
