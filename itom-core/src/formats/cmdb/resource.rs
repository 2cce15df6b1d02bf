//! OpenTelemetry resource attributes: which entities a resource speaks of, and what runs on what.
//!
//! A resource is one flat map of attributes about many things at once: the service, its instance, the
//! process, the container, the pod, the node, the host, the place in a cloud. The table of entities
//! below says by which attributes each is identified (semantic conventions, `entities`), and so takes
//! it apart. Each attribute goes to the entity whose prefix it carries.
//!
//! A service `depends_on` its instances, a group that needs one; an instance, process, container, pod
//! `runs_on` the next thing below it that the resource names; a host or node is `located_in` its zone,
//! a zone in its region. An entity of Kubernetes has its uid for an id, as in
//! [`read_kubernetes`](super::read_kubernetes), so that both meet.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::tree::{self, Tree};
use crate::cmdb::{Import, Value};
use crate::{Error, Result};

/// An entity: class, what identifies it (each of these in turn, all parts needed), prefixes of its
/// attributes, how high it stands: it runs on the highest that stands lower.
struct Entity {
    class: &'static str,
    identified_by: &'static [&'static [&'static str]],
    prefixes: &'static [&'static str],
    level: u8,
}

const fn entity(
    class: &'static str,
    identified_by: &'static [&'static [&'static str]],
    prefixes: &'static [&'static str],
    level: u8,
) -> Entity {
    Entity { class, identified_by, prefixes, level }
}

const ENTITIES: &[Entity] = &[
    entity(
        "service",
        &[&["service.namespace", "service.name"], &["service.name"]],
        &["service.", "deployment.", "telemetry."],
        100,
    ),
    entity(
        "service.instance",
        &[
            &["service.namespace", "service.name", "service.instance.id"],
            &["service.name", "service.instance.id"],
        ],
        &["service.instance."],
        90,
    ),
    entity("faas", &[&["cloud.resource_id"], &["faas.name"]], &["faas."], 85),
    entity(
        "process",
        &[
            &["host.id", "process.pid"],
            &["host.name", "process.pid"],
            &["container.id", "process.pid"],
        ],
        &["process."],
        80,
    ),
    entity("container", &[&["container.id"]], &["container.", "oci."], 70),
    entity(
        "k8s.pod",
        &[&["k8s.pod.uid"], &["k8s.namespace.name", "k8s.pod.name"]],
        &["k8s.pod."],
        60,
    ),
    entity(
        "k8s.node",
        &[&["k8s.node.uid"], &["k8s.cluster.uid", "k8s.node.name"], &["k8s.node.name"]],
        &["k8s.node."],
        50,
    ),
    entity("host", &[&["host.id"], &["host.name"]], &["host.", "os."], 40),
    entity("cloud.availability_zone", &[&["cloud.provider", "cloud.availability_zone"]], &[], 20),
    entity("cloud.region", &[&["cloud.provider", "cloud.region"]], &[], 10),
    entity("k8s.deployment", &[&["k8s.deployment.uid"]], &["k8s.deployment."], 0),
    entity("k8s.replicaset", &[&["k8s.replicaset.uid"]], &["k8s.replicaset."], 0),
    entity("k8s.statefulset", &[&["k8s.statefulset.uid"]], &["k8s.statefulset."], 0),
    entity("k8s.daemonset", &[&["k8s.daemonset.uid"]], &["k8s.daemonset."], 0),
    entity("k8s.job", &[&["k8s.job.uid"]], &["k8s.job."], 0),
    entity("k8s.cronjob", &[&["k8s.cronjob.uid"]], &["k8s.cronjob."], 0),
    entity(
        "k8s.namespace",
        &[&["k8s.namespace.uid"], &["k8s.cluster.uid", "k8s.namespace.name"]],
        &["k8s.namespace."],
        0,
    ),
    entity("k8s.cluster", &[&["k8s.cluster.uid"]], &["k8s.cluster."], 0),
];

/// Reads resources: an object of attributes, an array or lines of such, or OTLP JSON, of which every
/// `resource` is read.
///
/// ```
/// use itom_core::formats::read_resources;
///
/// let import = read_resources(r#"{"service.name": "shop", "service.instance.id": "1",
///     "host.id": "i-1", "host.name": "web-1", "os.type": "linux", "cloud.provider": "aws",
///     "cloud.region": "eu-west-1"}"#)?;
/// let ids: Vec<_> = import.records.iter().filter_map(|record| record.id.as_deref()).collect();
/// assert_eq!(ids, ["service:shop", "service.instance:shop/1", "host:i-1", "cloud.region:aws/eu-west-1"]);
/// let group = import.relations.iter().find_map(|relation| relation.group.as_deref());
/// assert_eq!(group, Some("instances"));
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// The text is no JSON, or something in it is no resource; with its place.
pub fn read_resources(text: &str) -> Result<Import> {
    let documents = tree::documents(text)?;
    let mut resources = Vec::new();
    for document in &documents {
        find(document, &mut resources, 0).map_err(|error| error.about("text"))?;
    }
    let mut draft = Draft::default();
    let mut instances = BTreeMap::new();
    for (number, resource) in resources.iter().enumerate() {
        let place = |error: Error| error.within(format!("resource {number}")).about("text");
        let found = add(&mut draft, &attributes(resource).map_err(place)?)?;
        if found.is_empty() {
            draft.warn(format!("resource {number}: names no entity"));
        }
        connect(&mut draft, &found, &mut instances)?;
    }
    for (service, mut members) in instances {
        members.sort_unstable();
        members.dedup();
        draft.group((service, "depends_on", "instances"), &members, 1)?;
    }
    Ok(draft.finish())
}

/// The resources of a document, wherever OTLP has them.
fn find<'a>(document: &'a Tree, resources: &mut Vec<&'a Tree>, depth: usize) -> Result<()> {
    const SIGNALS: [&str; 4] =
        ["resourceSpans", "resourceMetrics", "resourceLogs", "resourceProfiles"];
    if let Tree::List(list) = document
        && depth < 4
    {
        return list.iter().try_for_each(|one| find(one, resources, depth + 1));
    }
    document.entries()?;
    let mut is_signal = false;
    for signal in SIGNALS.iter().filter(|signal| document.get(signal).is_some()) {
        is_signal = true;
        resources.extend(document.list(signal)?.iter().filter_map(|one| one.get("resource")));
    }
    if !is_signal {
        resources.push(document.get("resource").unwrap_or(document));
    }
    Ok(())
}

/// The attributes of a resource: an object of plain values, or OTLP's list of keys and values.
pub(super) fn attributes(resource: &Tree) -> Result<BTreeMap<String, Value>> {
    let mut attributes = BTreeMap::new();
    if let Some(Tree::List(list)) = resource.get("attributes") {
        for entry in list {
            let key = entry.need_text("key")?;
            let value = entry.get("value").and_then(any_value);
            if let Some(value) = value {
                attributes.insert(key.to_owned(), value);
            }
        }
        return Ok(attributes);
    }
    let map = resource.get("attributes").unwrap_or(resource);
    for (key, value) in map.entries()? {
        if let Some(value) = value.value().filter(|value| *value != Value::Null) {
            attributes.insert(key.clone(), value);
        }
    }
    Ok(attributes)
}

/// OTLP's `AnyValue`: an object with one key that says the type. Whole numbers are written as text.
pub(super) fn any_value(value: &Tree) -> Option<Value> {
    let Tree::Map(entries) = value else { return None };
    let [(kind, value)] = entries.as_slice() else { return None };
    match (kind.as_str(), value) {
        ("intValue", Tree::Text(text)) => text.parse().ok().map(Value::Int),
        ("doubleValue", Tree::Int(number)) => Some(Value::Float(*number as f64)),
        ("stringValue" | "intValue" | "doubleValue" | "boolValue", value) => value.value(),
        ("arrayValue", values) => {
            let values = values.list("values").ok()?.iter().map(any_value);
            values
                .collect::<Option<Vec<_>>>()
                .filter(|values| !values.iter().any(|value| matches!(value, Value::List(_))))
                .map(Value::List)
        }
        _ => None,
    }
}

/// The entities of a resource, with their place in the table.
fn add(draft: &mut Draft, attributes: &BTreeMap<String, Value>) -> Result<Vec<(usize, u32)>> {
    let mut found = Vec::new();
    for (number, entity) in ENTITIES.iter().enumerate() {
        let Some(id) = id_of(entity, attributes) else { continue };
        found.push((number, draft.item(&id, entity.class)));
    }
    for &(number, item) in &found {
        for part in ENTITIES[number].identified_by.iter().flat_map(|way| way.iter()) {
            if let Some(value) = attributes.get(*part) {
                draft.set(item, part, value.clone());
            }
        }
    }
    for (key, value) in attributes {
        let longest = |&(number, _): &(usize, u32)| {
            let prefixes = ENTITIES[number].prefixes.iter();
            prefixes.filter(|prefix| key.starts_with(**prefix)).map(|prefix| prefix.len()).max()
        };
        let owner =
            found.iter().filter_map(|one| Some((longest(one)?, one.1))).max_by_key(|one| one.0);
        if let Some((_, item)) = owner {
            draft.set(item, key, value.clone());
        }
    }
    Ok(found)
}

/// The id of the service that a resource belongs to.
pub(super) fn service_id(attributes: &BTreeMap<String, Value>) -> Option<String> {
    id_of(&ENTITIES[0], attributes)
}

fn id_of(entity: &Entity, attributes: &BTreeMap<String, Value>) -> Option<String> {
    entity.identified_by.iter().find_map(|way| {
        let parts: Option<Vec<String>> =
            way.iter().map(|part| text(attributes.get(*part)?)).collect();
        let id = parts?.join("/");
        // What Kubernetes gave a uid has that for an id, and no other.
        Some(if way.len() == 1 && way[0].ends_with(".uid") {
            id
        } else {
            format!("{}:{id}", entity.class)
        })
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

fn connect(
    draft: &mut Draft,
    found: &[(usize, u32)],
    instances: &mut BTreeMap<u32, Vec<u32>>,
) -> Result<()> {
    let ladder: Vec<(&Entity, u32)> = found
        .iter()
        .map(|&(n, item)| (&ENTITIES[n], item))
        .filter(|(entity, _)| entity.level > 0)
        .collect();
    for pair in ladder.windows(2) {
        let [(upper, item), (lower, below)] = [pair[0], pair[1]];
        match (upper.class, lower.class) {
            // One of several places where it runs: the service needs one of them.
            ("service", other) if !other.starts_with("cloud.") => {
                instances.entry(item).or_default().push(below)
            }
            (_, "cloud.availability_zone" | "cloud.region") => {
                draft.relate(item, "located_in", below)?
            }
            _ => draft.relate(item, "runs_on", below)?,
        }
    }
    Ok(())
}
