//! what it means.
