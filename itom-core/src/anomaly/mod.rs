//! what looks wrong.
