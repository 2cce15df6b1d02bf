//! Documents that other tools write and read: calendars and rules of recurrence, items and relations.
//!
#![cfg_attr(
    feature = "sla",
    doc = "- [`RecurringWindow`]: windows that recur by a rule of RFC 5545, such as maintenance on the\n  first Sunday of the month."
)]
#![cfg_attr(
    feature = "ical",
    doc = "- [`definition_from_ics`], [`Calendar::from_ics`] and [`Calendar::to_ics`]: iCalendar."
)]
#![cfg_attr(
    feature = "opening_hours",
    doc = "- [`Calendar::from_opening_hours`]: OpenStreetMap's `opening_hours`."
)]
#![cfg_attr(feature = "openslo", doc = "- [`OpenSlo`]: objectives in OpenSLO v1.")]
#![cfg_attr(
    feature = "cmdb",
    doc = "- [`read_import`] and the readers it names: Kubernetes, Backstage, NetBox, OpenTelemetry, AWS\n  Config, CSV, JSON and YAML into records of the CMDB."
)]
//!
//! What a foreign document says either becomes exactly the same statement of this library or is
//! refused with its place; nothing is approximated. A format that needs a parser of others has a
//! cargo feature of its own.
//!
#![cfg_attr(
    feature = "ical",
    doc = "[`Calendar::from_ics`]: crate::sla::Calendar::from_ics\n[`Calendar::to_ics`]: crate::sla::Calendar::to_ics"
)]
#![cfg_attr(
    feature = "opening_hours",
    doc = "[`Calendar::from_opening_hours`]: crate::sla::Calendar::from_opening_hours"
)]

#[cfg(feature = "sla")]
mod civil;
#[cfg(feature = "cmdb")]
mod cmdb;
#[cfg(feature = "ical")]
mod icalendar;
#[cfg(feature = "opening_hours")]
mod opening_hours;
#[cfg(feature = "openslo")]
mod openslo;
#[cfg(any(feature = "ical", feature = "opening_hours"))]
mod pattern;
#[cfg(feature = "sla")]
mod recurrence;
#[cfg(any(feature = "openslo", feature = "yaml"))]
mod yaml;

#[cfg(feature = "cmdb")]
pub use cmdb::{
    CsvOptions, ServiceCall, TraceImport, ViewTables, read_aws_config, read_backstage, read_csv,
    read_import, read_kubernetes, read_netbox, read_records, read_resources, read_traces,
    records_from_tables,
};
#[cfg(feature = "ical")]
pub use icalendar::{
    IcsEvents, IcsOptions, IcsWriteOptions, Transparent, Unsynchronized, definition_from_ics,
};
#[cfg(feature = "opening_hours")]
pub use opening_hours::{OpeningHoursOptions, definition_from_opening_hours};
#[cfg(feature = "openslo")]
pub use openslo::{
    OpenSlo, OpenSloAlertPolicy, OpenSloIndicator, OpenSloMetric, OpenSloObject, OpenSloObjective,
};
#[cfg(feature = "sla")]
pub use recurrence::{RecurrenceRule, RecurringWindow};
