//! Traces: who calls whom. OTLP JSON (also a line a batch, as the collector's file exporter writes it)
//! and Jaeger JSON.
//!
//! A span whose parent belongs to another service is a call from that service to its own. A client or
//! producer span below which no other service answers called something that makes no traces: a
//! database, a queue or a service, named by the semantic conventions (`db.system`, `db.namespace`,
//! `messaging.system`, `messaging.destination.name`, `peer.service`, `server.address`) or their older
//! names. Each pair of ends is one relation, `depends_on`; how often and how often in vain is in
//! [`ServiceCall`]. One pass over the spans, in memory proportional to their number.
//!
//! Where the parent is not in the text nothing is assumed; such spans are counted in the warnings.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use super::draft::Draft;
use super::resource::{any_value, attributes, service_id};
use super::tree::{self, Tree};
use crate::cmdb::{Import, ItemRecord, RelationRecord, Value};
use crate::{Error, Result};

/// How often one item called another in the traces that were read.
///
/// ```
/// use itom_core::formats::ServiceCall;
///
/// let text = r#"{"source":"service:shop","target":"service:cart","calls":10,"errors":1}"#;
/// let call: ServiceCall = serde_json::from_str(text)?;
/// assert_eq!(call.calls, 10);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServiceCall {
    /// Who called.
    pub source: String,
    /// Who was called.
    pub target: String,
    /// How often.
    pub calls: u64,
    /// How many of the calls failed.
    pub errors: u64,
}

/// The service map of traces: services, databases, queues; what depends on what; how often.
///
/// ```
/// use itom_core::formats::read_traces;
///
/// let import = read_traces(r#"{"data": [{"traceID": "t", "spans": [
///     {"traceID": "t", "spanID": "1", "references": [], "processID": "p1"},
///     {"traceID": "t", "spanID": "2", "processID": "p2",
///      "references": [{"refType": "CHILD_OF", "traceID": "t", "spanID": "1"}]}
/// ], "processes": {"p1": {"serviceName": "shop"}, "p2": {"serviceName": "cart"}}}]}"#)?;
/// assert_eq!(import.calls[0].source, "service:shop");
/// assert_eq!(import.into_import().relations.len(), 1);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraceImport {
    /// The items.
    pub records: Vec<ItemRecord>,
    /// The relations.
    pub relations: Vec<RelationRecord>,
    /// What was read and is not in the records.
    pub warnings: Vec<String>,
    /// Each pair that called, sorted.
    pub calls: Vec<ServiceCall>,
}

impl TraceImport {
    /// The same without the counts.
    ///
    /// ```
    /// let import = itom_core::formats::TraceImport::default().into_import();
    /// assert!(import.records.is_empty());
    /// ```
    pub fn into_import(self) -> Import {
        Import { records: self.records, relations: self.relations, warnings: self.warnings }
    }
}

/// Reads traces of OTLP or Jaeger.
///
/// ```
/// use itom_core::formats::read_traces;
///
/// let import = read_traces(r#"{"resourceSpans": [{
///     "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]},
///     "scopeSpans": [{"spans": [{"traceId": "5b8e", "spanId": "1", "kind": 3, "name": "get",
///         "attributes": [{"key": "db.system.name", "value": {"stringValue": "redis"}}]}]}]
/// }]}"#)?;
/// assert_eq!(import.records[1].id.as_deref(), Some("database:redis"));
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// The text is neither, or a span is not of the shape; with its place.
pub fn read_traces(text: &str) -> Result<TraceImport> {
    let documents = tree::json_documents(text)?;
    let mut spans = Vec::new();
    let mut draft = Draft::default();
    for (number, document) in documents.iter().enumerate() {
        let place = |error: Error| error.within(format!("document {}", number + 1)).about("text");
        let read = if document.get("data").is_some() {
            jaeger(document, &mut spans, &mut draft)
        } else if document.get("resourceSpans").is_some() {
            otlp(document, &mut spans, &mut draft)
        } else {
            let expected = "OTLP (resourceSpans) or Jaeger (data)";
            Err(Error::invalid("text", "an object without either", expected))
        };
        read.map_err(place)?;
    }
    map_of(&spans, draft)
}

/// What of a span makes the map.
struct Span<'a> {
    trace: &'a str,
    id: &'a str,
    parents: Vec<(&'a str, &'a str)>,
    service: u32,
    /// Whether it is one that calls out.
    is_client: bool,
    is_consumer: bool,
    is_error: bool,
    attributes: BTreeMap<String, Value>,
}

fn service(draft: &mut Draft, id: &str, attributes: &BTreeMap<String, Value>) -> u32 {
    let item = draft.item(id, "service");
    for key in ["service.name", "service.namespace"] {
        if let Some(value) = attributes.get(key) {
            draft.set(item, key, value.clone());
        }
    }
    item
}

fn otlp<'a>(document: &'a Tree, spans: &mut Vec<Span<'a>>, draft: &mut Draft) -> Result<()> {
    for (number, batch) in document.list("resourceSpans")?.iter().enumerate() {
        let place = |error: Error| error.within(format!("resourceSpans[{number}]"));
        let resource = match batch.get("resource") {
            Some(resource) => attributes(resource).map_err(place)?,
            None => BTreeMap::new(),
        };
        let id = service_id(&resource).unwrap_or_else(|| "service:unknown_service".to_owned());
        let item = service(draft, &id, &resource);
        let old = batch.list("instrumentationLibrarySpans")?;
        for scope in batch.list("scopeSpans")?.iter().chain(old) {
            for span in scope.list("spans")? {
                spans.push(otlp_span(span, item).map_err(place)?);
            }
        }
    }
    Ok(())
}

fn otlp_span(span: &Tree, service: u32) -> Result<Span<'_>> {
    let (trace, id) = (span.need_text("traceId")?, span.need_text("spanId")?);
    let parent = span.text("parentSpanId")?.filter(|parent| !parent.is_empty());
    let links = span
        .list("links")?
        .iter()
        .filter_map(|link| Some((link.text("traceId").ok()??, link.text("spanId").ok()??)));
    let is_consumer = is_kind(span.get("kind"), 5, "SPAN_KIND_CONSUMER");
    let mut parents: Vec<(&str, &str)> = parent.map(|parent| (trace, parent)).into_iter().collect();
    if is_consumer {
        parents.extend(links);
    }
    let mut attributes = BTreeMap::new();
    for entry in span.list("attributes")? {
        if let Some(value) = entry.get("value").and_then(any_value) {
            attributes.insert(entry.need_text("key")?.to_owned(), value);
        }
    }
    Ok(Span {
        trace,
        id,
        parents,
        service,
        is_client: is_kind(span.get("kind"), 3, "SPAN_KIND_CLIENT")
            || is_kind(span.get("kind"), 4, "SPAN_KIND_PRODUCER"),
        is_consumer,
        is_error: is_kind(span.at("status/code"), 2, "STATUS_CODE_ERROR"),
        attributes,
    })
}

/// An enum of OTLP JSON: its number, or its name as older writers have it.
fn is_kind(tree: Option<&Tree>, number: i64, name: &str) -> bool {
    match tree {
        Some(Tree::Int(own)) => *own == number,
        Some(Tree::Text(own)) => own == name,
        _ => false,
    }
}

fn jaeger<'a>(document: &'a Tree, spans: &mut Vec<Span<'a>>, draft: &mut Draft) -> Result<()> {
    for (number, trace) in document.list("data")?.iter().enumerate() {
        let place = |error: Error| error.within(format!("data[{number}]"));
        let mut processes = HashMap::new();
        for (key, process) in trace.map("processes").map_err(place)? {
            let name = process.need_text("serviceName").map_err(|e| place(e.within(key)))?;
            let own = BTreeMap::from([("service.name".to_owned(), Value::from(name))]);
            processes.insert(key.as_str(), service(draft, &format!("service:{name}"), &own));
        }
        for span in trace.list("spans").map_err(place)? {
            spans.push(jaeger_span(span, &processes, draft).map_err(place)?);
        }
    }
    Ok(())
}

fn jaeger_span<'a>(
    span: &'a Tree,
    processes: &HashMap<&str, u32>,
    draft: &mut Draft,
) -> Result<Span<'a>> {
    let (trace, id) = (span.need_text("traceID")?, span.need_text("spanID")?);
    let service = match (span.text("processID")?, span.at("process/serviceName")) {
        (Some(process), _) if processes.contains_key(process) => processes[process],
        (_, Some(Tree::Text(name))) => service(draft, &format!("service:{name}"), &BTreeMap::new()),
        (process, _) => {
            let process = process.unwrap_or("nothing");
            return Err(Error::invalid("processID", process, "a key of processes"));
        }
    };
    let mut parents = Vec::new();
    for reference in span.list("references")? {
        parents.push((reference.text("traceID")?.unwrap_or(trace), reference.need_text("spanID")?));
    }
    if let Some(parent) = span.text("parentSpanID")?.filter(|parent| !parent.is_empty()) {
        parents.push((trace, parent));
    }
    let mut attributes = BTreeMap::new();
    for tag in span.list("tags")? {
        if let Some(value) = tag.get("value").and_then(Tree::value) {
            attributes.insert(tag.need_text("key")?.to_owned(), value);
        }
    }
    let kind = attributes.get("span.kind").and_then(text);
    Ok(Span {
        trace,
        id,
        parents,
        service,
        is_client: matches!(kind, Some("client" | "producer")),
        is_consumer: kind == Some("consumer"),
        is_error: matches!(attributes.get("error"), Some(Value::Bool(true)))
            || attributes.get("error").and_then(text) == Some("true"),
        attributes,
    })
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn map_of(spans: &[Span<'_>], mut draft: Draft) -> Result<TraceImport> {
    let place: HashMap<(&str, &str), usize> =
        spans.iter().enumerate().map(|(n, span)| ((span.trace, span.id), n)).collect();
    let mut counts: BTreeMap<(u32, u32), (u64, u64)> = BTreeMap::new();
    let mut answered = HashSet::new();
    let mut orphans = 0usize;
    for span in spans {
        for parent in &span.parents {
            let Some(&parent) = place.get(parent) else {
                orphans += 1;
                continue;
            };
            let caller = &spans[parent];
            // Between a producer and its consumer stands the queue: both depend on that.
            if caller.service != span.service && !(span.is_consumer && is_queue(span)) {
                answered.insert(parent);
                let count = counts.entry((caller.service, span.service)).or_default();
                *count = (count.0 + 1, count.1 + u64::from(span.is_error || caller.is_error));
            }
        }
    }
    for (number, span) in spans.iter().enumerate() {
        let is_database = ["db.system.name", "db.system", "db.type"]
            .iter()
            .any(|key| span.attributes.contains_key(*key));
        let calls_out = span.is_client || span.is_consumer || is_database;
        if !calls_out || (answered.contains(&number) && !is_queue(span)) {
            continue;
        }
        if let Some(target) = peer(&mut draft, span).filter(|target| *target != span.service) {
            let count = counts.entry((span.service, target)).or_default();
            *count = (count.0 + 1, count.1 + u64::from(span.is_error));
        }
    }
    if orphans > 0 {
        draft.warn(format!("{orphans} spans have a parent that is not in the text"));
    }
    let mut calls = Vec::with_capacity(counts.len());
    for (&(source, target), &(count, errors)) in &counts {
        draft.relate(source, "depends_on", target)?;
        let ends = [source, target].map(|end| draft.id(end).to_owned());
        let [source, target] = ends;
        calls.push(ServiceCall { source, target, calls: count, errors });
    }
    calls.sort_unstable_by(|a, b| (&a.source, &a.target).cmp(&(&b.source, &b.target)));
    let Import { records, relations, warnings } = draft.finish();
    Ok(TraceImport { records, relations, warnings, calls })
}

fn is_queue(span: &Span<'_>) -> bool {
    span.attributes.contains_key("messaging.system")
}

/// What a span called that makes no spans of its own, by the semantic conventions and their past.
fn peer(draft: &mut Draft, span: &Span<'_>) -> Option<u32> {
    let first = |keys: &[&str]| {
        keys.iter().find_map(|key| text(span.attributes.get(*key)?)).map(str::to_owned)
    };
    let address = first(&["server.address", "net.peer.name", "peer.hostname", "peer.address"]);
    if let Some(system) = first(&["messaging.system"]) {
        let destination =
            ["messaging.destination.name", "messaging.destination", "message_bus.destination"];
        let name = first(&destination);
        let id = name.as_ref().map_or(system.clone(), |name| format!("{system}/{name}"));
        let item = draft.item(&format!("queue:{id}"), "queue");
        draft.set(item, "messaging.system", Value::Text(system));
        draft.set(item, "messaging.destination.name", name.map_or(Value::Null, Value::Text));
        return Some(item);
    }
    if let Some(system) = first(&["db.system.name", "db.system", "db.type"]) {
        let name = first(&["db.namespace", "db.name", "db.instance"]);
        let parts: Vec<&str> = [Some(&system), address.as_ref(), name.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let item = draft.item(&format!("database:{}", parts.join("/")), "database");
        draft.set(item, "db.namespace", name.clone().map_or(Value::Null, Value::Text));
        draft.set(item, "server.address", address.clone().map_or(Value::Null, Value::Text));
        draft.set(item, "db.system.name", Value::Text(system));
        return Some(item);
    }
    if span.is_consumer {
        return None;
    }
    if let Some(name) = first(&["service.peer.name", "peer.service"]) {
        let item = draft.item(&format!("service:{name}"), "service");
        draft.set(item, "service.name", Value::Text(name));
        return Some(item);
    }
    let address = address?;
    let item = draft.item(&format!("external_service:{address}"), "external_service");
    draft.set(item, "server.address", Value::Text(address));
    Some(item)
}
