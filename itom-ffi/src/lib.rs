//! The C ABI of itom. The manual is `include/itom.h`; here is what makes it safe.
//!
//! Every exported function runs inside [`guard::guard`]: a panic becomes a status, an error an
//! object, and outputs are written only on success. Names are those of C, in Rust too, so that the
//! generated prototypes can be compared with the header.
#![allow(non_camel_case_types)]
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]
// What a pointer must be stands once, in the header's rules; each function's use of it goes
// through `input` and `guard`, which say why it is sound.
#![allow(clippy::missing_safety_doc)]

#[cfg(feature = "anomaly")]
mod anomaly;
#[cfg(feature = "cmdb")]
mod cmdb;
mod error;
#[cfg(feature = "event")]
mod event;
// A build of one domain leaves some of the shared pieces unused.
#[allow(dead_code)]
mod guard;
#[allow(dead_code)]
mod input;
#[cfg(feature = "operations")]
mod operations;
#[allow(dead_code)]
mod output;
mod schema;
#[cfg(feature = "sla")]
mod sla;
mod table;
mod version;
