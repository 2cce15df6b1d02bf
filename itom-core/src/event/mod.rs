//! what happened.
