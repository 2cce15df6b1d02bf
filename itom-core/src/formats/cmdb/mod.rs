//! What other tools know of items and relations, in and out.
//!
//! **In**, every reader is a pure function from text to [`Import`](crate::cmdb::Import): records,
//! relations between them, and warnings about what was left out. `Import::changes` makes a transaction
//! of it; reconciliation takes the records as they are. A document is refused with its place or taken
//! whole. JSON needs no feature, YAML the feature `yaml`.
//!
//! | reader | reads |
//! |---|---|
//! | [`read_records`] | records of our own as JSON, JSON lines, YAML |
//! | [`read_csv`] | tables of records or of relations, RFC 4180 |
//! | [`read_kubernetes`] | `kubectl get … -o json` or `yaml` |
//! | [`read_backstage`] | the Backstage software catalog |
//! | [`read_netbox`] | NetBox's `dumpdata` |
//! | [`read_resources`] | OpenTelemetry resource attributes |
//! | [`read_traces`] | OTLP and Jaeger traces, into who calls whom |
//! | [`read_aws_config`] | configuration items of AWS Config |
//!
//! **Out** of a [`View`](crate::cmdb::View): [`to_dot`](crate::cmdb::View::to_dot),
//! [`to_mermaid`](crate::cmdb::View::to_mermaid), [`to_graphml`](crate::cmdb::View::to_graphml),
//! [`tables`](crate::cmdb::View::tables) and [`to_sqlite`](crate::cmdb::View::to_sqlite).

mod aws_config;
mod backstage;
mod csv;
mod dot;
mod draft;
mod export;
mod graphml;
mod kubernetes;
mod mermaid;
mod netbox;
mod records;
mod resource;
mod selector;
mod sqlite;
mod tables;
mod traces;
mod tree;

pub use aws_config::read_aws_config;
pub use backstage::read_backstage;
pub use csv::{CsvOptions, read_csv};
pub use kubernetes::read_kubernetes;
pub use netbox::read_netbox;
pub use records::{read_records, records_from_tables};
pub use resource::read_resources;
pub use tables::ViewTables;
pub use traces::{ServiceCall, TraceImport, read_traces};

use crate::cmdb::Import;
use crate::{Error, Result};

/// Reads a text of a format given by name: `records`, `csv`, `kubernetes`, `backstage`, `netbox`,
/// `otel_resource`, `traces` or `aws_config`.
///
/// ```
/// use itom_core::formats::read_import;
///
/// let import = read_import("records", r#"[{"class": "host", "id": "web-1"}]"#)?;
/// assert_eq!(import.records[0].id.as_deref(), Some("web-1"));
/// assert!(read_import("cobol", "").is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// There is no such format, or the text is none of it.
pub fn read_import(format: &str, text: &str) -> Result<Import> {
    match format {
        "records" => read_records(text),
        "csv" => read_csv(text, &CsvOptions::default()),
        "kubernetes" => read_kubernetes(text),
        "backstage" => read_backstage(text),
        "netbox" => read_netbox(text),
        "otel_resource" => read_resources(text),
        "traces" => read_traces(text).map(TraceImport::into_import),
        "aws_config" => read_aws_config(text),
        _ => {
            let known =
                "records, csv, kubernetes, backstage, netbox, otel_resource, traces or aws_config";
            Err(Error::invalid("format", format!("{format:?}"), known))
        }
    }
}
