//! The IT-operations core that other tools embed: what is there, what was promised, what looks
//! wrong, what happened — and what it means.
//!
//! Four domains, each usable alone, and the one place where they join:
//!
//! | module | question | begin with |
//! |---|---|---|
//! | [`cmdb`] | what is there? | [`Cmdb`](cmdb::Cmdb), [`View::impact`](cmdb::View::impact) |
//! | [`sla`] | what was promised? | [`Calendar`](sla::Calendar), [`Clock`](sla::Clock), [`Objective`](sla::Objective) |
//! | [`anomaly`] | what looks wrong? | [`Detector`](anomaly::Detector) |
//! | [`event`] | what happened? | [`Correlator`](event::Correlator), [`rank_causes`](event::rank_causes) |
//! | [`operations`] | what does it mean? | [`Operations`](operations::Operations), [`Report`](operations::Report) |
//!
#![cfg_attr(feature = "operations", doc = "```")]
#![cfg_attr(not(feature = "operations"), doc = "```ignore")]
//! use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, Transaction};
//! use itom_core::event::Event;
//! use itom_core::operations::{Observation, Operations, OperationsDefinition};
//! use itom_core::{Duration, Timestamp};
//!
//! // What is there: a shop that needs its database.
//! let ten: Timestamp = "2026-06-15T10:00:00Z".parse()?;
//! let mut cmdb = Cmdb::default();
//! let changes = [
//!     Change::PutItem(PutItem::new("shop", "service")),
//!     Change::PutItem(PutItem::new("db", "database")),
//!     Change::PutRelation(PutRelation::new("shop", "depends_on", "db")),
//! ];
//! cmdb.apply(&changes, Transaction::at(ten))?;
//!
//! // What happened: two events become one incident, and the database is its cause.
//! let mut operations = Operations::new(OperationsDefinition::new("example"), cmdb)?;
//! let slow = Event::new("e1", ten, "db", "slow");
//! let errors = Event::new("e2", ten + Duration::from_secs(60), "shop", "errors");
//! operations.ingest(&[Observation::Event(slow), Observation::Event(errors)])?;
//! operations.advance(ten + Duration::from_secs(600))?;
//! let incidents = operations.incidents()?;
//! assert_eq!(incidents.len(), 1);
//! assert_eq!(incidents[0].causes[0].ci, "db");
//! # Ok::<(), itom_core::Error>(())
//! ```
//!
//! # What holds everywhere
//!
//! - **Sans-I/O, deterministic.** No clock, thread, randomness, print or environment. The same input
//!   gives the same bytes out, however it was cut into calls: `step(a ++ b) = step(a) ++ step(b)`.
//! - **State is a value.** Every engine goes to [versioned bytes](snapshot) and continues from them
//!   bit for bit.
//! - **Exact time.** [`Timestamp`] and [`Duration`] are integer nanoseconds.
//! - **Errors are values** that name argument, value and expectation ([`Error`]); a refused call
//!   leaves everything as it was.
//! - **Everything is bounded**, and what was forgotten or set aside is counted.
//!
//! # Features
//!
//! `sla`, `cmdb`, `anomaly`, `event` — one a domain — and `operations`, the join, are on by default.
//! `store` adds the durable `Cmdb::open`, `schema` the [JSON Schema](schema) of every definition and
//! result, `chrono` conversions for chrono's types.
#![forbid(unsafe_code)]

mod document;
mod error;
#[cfg(feature = "schema")]
pub mod schema;
pub mod snapshot;
pub mod table;
mod time;

pub use document::{read_document, read_json};
pub use error::{Error, ErrorKind, Result};
pub use time::{Duration, Timestamp};

#[cfg(feature = "anomaly")]
pub mod anomaly;
#[cfg(feature = "cmdb")]
pub mod cmdb;
#[cfg(feature = "event")]
pub mod event;
#[cfg(any(feature = "sla", feature = "cmdb"))]
pub mod formats;
#[cfg(feature = "operations")]
pub mod operations;
#[cfg(feature = "sla")]
pub mod sla;
