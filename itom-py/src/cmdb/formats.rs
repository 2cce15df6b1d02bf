//! Foreign formats in and out, tables and queries: conversion only.

use itom_core::cmdb::{Import, ModelDefinition, Query, View as CoreView};
use itom_core::formats::{self, CsvOptions};
use itom_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::convert;
use crate::enter::enter;
use crate::errors::invalid;
use crate::table::Table;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(read_records, module)?)?;
    module.add_function(wrap_pyfunction!(read_csv, module)?)?;
    module.add_function(wrap_pyfunction!(read_kubernetes, module)?)?;
    module.add_function(wrap_pyfunction!(read_backstage, module)?)?;
    module.add_function(wrap_pyfunction!(read_netbox, module)?)?;
    module.add_function(wrap_pyfunction!(read_resources, module)?)?;
    module.add_function(wrap_pyfunction!(read_traces, module)?)?;
    module.add_function(wrap_pyfunction!(read_aws_config, module)?)?;
    module.add_function(wrap_pyfunction!(records_from_tables, module)?)?;
    module.add_function(wrap_pyfunction!(import_changes, module)?)
}

/// Text, or the bytes of a file with text in UTF-8.
fn document(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        return convert::text(value, "text");
    }
    let bytes = convert::bytes(value, "text")?;
    String::from_utf8(bytes).map_err(|error| {
        let place =
            format!("bytes that are not UTF-8 after byte {}", error.utf8_error().valid_up_to());
        crate::errors::raise(Error::invalid("text", place, "text in UTF-8"))
    })
}

fn read<'py, T: serde::Serialize + Send>(
    text: &Bound<'py, PyAny>,
    reader: fn(&str) -> Result<T>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = text.py();
    let text = document(text)?;
    let import = enter(py, || reader(&text))?;
    convert::to_python(py, &import)
}

/// Reads records and relations of our own: JSON, JSON lines or YAML.
///
/// >>> import itom
/// >>> found = itom.cmdb.read_records('[{"class": "host", "id": "web-1", "attributes": {"cores": 8}}]')
/// >>> found.records[0].attributes
/// {'cores': 8}
#[pyfunction]
fn read_records<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(text, formats::read_records)
}

/// Reads a table of text, RFC 4180: records, or relations if the header has source, kind, target.
///
/// `class_` is the class where there is no such column, `model` a class model that gives attributes
/// their types; without one every value is text.
///
/// >>> import itom
/// >>> itom.cmdb.read_csv("id;os\nweb-1;Debian", class_="host", delimiter=";").records[0].id
/// 'web-1'
#[pyfunction]
#[pyo3(signature = (text, *, class_=None, delimiter=None, model=None))]
fn read_csv<'py>(
    text: &Bound<'py, PyAny>,
    class_: Option<&Bound<'py, PyAny>>,
    delimiter: Option<&Bound<'py, PyAny>>,
    model: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = text.py();
    let class = class_.map(|class| convert::text(class, "class_")).transpose()?;
    let delimiter = delimiter.map(mark).transpose()?.unwrap_or(CsvOptions::default().delimiter);
    let model = super::model::optional(model)?.filter(|model| *model != ModelDefinition::default());
    let options = CsvOptions { delimiter, class, model };
    let text = document(text)?;
    let import = enter(py, || formats::read_csv(&text, &options))?;
    convert::to_python(py, &import)
}

fn mark(delimiter: &Bound<'_, PyAny>) -> PyResult<char> {
    let text = convert::text(delimiter, "delimiter")?;
    let mut marks = text.chars();
    match (marks.next(), marks.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(invalid("delimiter", delimiter, "one character")),
    }
}

/// Reads what `kubectl get ... -o json` or `-o yaml` prints.
///
/// >>> import itom
/// >>> pod = '{"kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u-1"}}'
/// >>> itom.cmdb.read_kubernetes(pod).records[0].class_
/// 'k8s.pod'
#[pyfunction]
fn read_kubernetes<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(text, formats::read_kubernetes)
}

/// Reads the entities of a Backstage software catalog: YAML or JSON.
///
/// >>> import itom
/// >>> found = itom.cmdb.read_backstage('{kind: Component, metadata: {name: shop}, spec: {system: web}}')
/// Traceback (most recent call last):
/// itom.InvalidArgument: text is not JSON that can be read: key must be a string at line 1 column 2
/// >>> found = itom.cmdb.read_backstage("kind: Component\nmetadata: {name: shop}")
/// >>> found.records[0].id
/// 'component:default/shop'
#[pyfunction]
fn read_backstage<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(text, formats::read_backstage)
}

/// Reads a NetBox dump, as `manage.py dumpdata` writes it.
///
/// >>> import itom
/// >>> site = '[{"model": "dcim.site", "pk": 1, "fields": {"name": "DM-Akron"}}]'
/// >>> itom.cmdb.read_netbox(site).records[0].id
/// 'dcim.site:1'
#[pyfunction]
fn read_netbox<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(text, formats::read_netbox)
}

/// Reads OpenTelemetry resources: attributes of the service, its host, its pod and so on.
///
/// >>> import itom
/// >>> found = itom.cmdb.read_resources('{"service.name": "shop", "host.id": "i-1"}')
/// >>> [record.id for record in found.records]
/// ['service:shop', 'host:i-1']
#[pyfunction]
fn read_resources<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(text, formats::read_resources)
}

/// Reads traces, OTLP JSON or Jaeger JSON, into a service map: `.calls` says how often who called whom.
///
/// >>> import itom
/// >>> spans = '''{"data": [{"traceID": "t", "processes": {"a": {"serviceName": "shop"},
/// ...     "b": {"serviceName": "cart"}}, "spans": [{"traceID": "t", "spanID": "1", "processID": "a"},
/// ...     {"traceID": "t", "spanID": "2", "processID": "b",
/// ...      "references": [{"refType": "CHILD_OF", "traceID": "t", "spanID": "1"}]}]}]}'''
/// >>> [(call.source, call.target, call.calls) for call in itom.cmdb.read_traces(spans).calls]
/// [('service:shop', 'service:cart', 1)]
#[pyfunction]
fn read_traces<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(text, formats::read_traces)
}

/// Reads configuration items of AWS Config.
///
/// >>> import itom
/// >>> item = '{"resourceType": "AWS::EC2::VPC", "resourceId": "vpc-1", "arn": "arn:aws:ec2:::vpc/1"}'
/// >>> itom.cmdb.read_aws_config(item).records[0].class_
/// 'aws.ec2.vpc'
#[pyfunction]
fn read_aws_config<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(text, formats::read_aws_config)
}

/// Records from a table with `class`, if wanted `id`, and attributes; relations from one with
/// `source`, `kind`, `target` and, if wanted, `group` and `min_up`.
///
/// >>> import itom
/// >>> found = itom.cmdb.records_from_tables({"class": ["host"], "host.name": ["web-1"]})
/// >>> found.records[0].attributes
/// {'host.name': 'web-1'}
#[pyfunction]
#[pyo3(signature = (records=None, relations=None))]
fn records_from_tables<'py>(
    py: Python<'py>,
    records: Option<&Bound<'py, PyAny>>,
    relations: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let records = records.map(|table| convert::table(table, "records")).transpose()?;
    let relations = relations.map(|table| convert::table(table, "relations")).transpose()?;
    let import = enter(py, || formats::records_from_tables(records.as_ref(), relations.as_ref()))?;
    convert::to_python(py, &import)
}

/// The changes for `Cmdb.apply` that put what was read. Records without an id want `reconcile`.
///
/// >>> import itom, datetime as dt
/// >>> found = itom.cmdb.read_records('[{"class": "host", "id": "web-1"}]')
/// >>> db = itom.cmdb.Cmdb()
/// >>> db.apply(itom.cmdb.import_changes(found), at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
/// >>> "web-1" in db.at()
/// True
#[pyfunction]
#[pyo3(signature = (import_))]
fn import_changes<'py>(import_: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let import = convert::definition::<Import>(import_, "import_")?;
    let changes = enter(import_.py(), || {
        let changes = import.changes_json()?;
        itom_core::read_json::<serde_json::Value>(&changes, "import_")
    })?;
    convert::to_python(import_.py(), &changes)
}

/// A query: text in its language, or a definition as a dict.
pub fn query(value: &Bound<'_, PyAny>) -> PyResult<Query> {
    if value.is_instance_of::<PyString>() {
        let text = convert::text(value, "query")?;
        if !text.trim_start().starts_with('{') {
            return enter(value.py(), || Query::parse(&text));
        }
    }
    convert::definition::<Query>(value, "query")
}

/// Items by id, or none for all of the view.
fn chosen(ids: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<String>>> {
    ids.map(|ids| convert::texts(ids, "ids")).transpose()
}

fn export<T: Send>(
    py: Python<'_>,
    ids: Option<&Bound<'_, PyAny>>,
    write: impl FnOnce(Option<&[&str]>) -> Result<T> + Send,
) -> PyResult<T> {
    let ids = chosen(ids)?;
    enter(py, || {
        let ids: Option<Vec<&str>> =
            ids.as_ref().map(|ids| ids.iter().map(String::as_str).collect());
        write(ids.as_deref())
    })
}

type Ids<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

pub fn to_dot(py: Python<'_>, view: &CoreView, ids: Ids<'_, '_>) -> PyResult<String> {
    export(py, ids, |ids| view.to_dot(ids))
}

pub fn to_mermaid(py: Python<'_>, view: &CoreView, ids: Ids<'_, '_>) -> PyResult<String> {
    export(py, ids, |ids| view.to_mermaid(ids))
}

pub fn to_graphml(py: Python<'_>, view: &CoreView, ids: Ids<'_, '_>) -> PyResult<String> {
    export(py, ids, |ids| view.to_graphml(ids))
}

pub fn to_sqlite<'py>(
    py: Python<'py>,
    view: &CoreView,
    ids: Ids<'_, '_>,
) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = export(py, ids, |ids| view.to_sqlite(ids))?;
    Ok(PyBytes::new(py, &bytes))
}

pub fn history_tables(
    py: Python<'_>,
    view: &CoreView,
    ids: Ids<'_, '_>,
) -> PyResult<(Table, Table)> {
    let tables = export(py, ids, |ids| view.history_tables(ids))?;
    Ok((Table::wrap(tables.items), Table::wrap(tables.relations)))
}

pub fn tables(py: Python<'_>, view: &CoreView, ids: Ids<'_, '_>) -> PyResult<(Table, Table)> {
    let tables = export(py, ids, |ids| view.tables(ids))?;
    Ok((Table::wrap(tables.items), Table::wrap(tables.relations)))
}
