//! The objects of a text, by kind and name, and the references between them.

use std::collections::{BTreeMap, HashMap};

use super::document::{OpenSlo, OpenSloObject, unsupported};
use super::fields::{Fields, text};
use super::yaml::{self, Node, Value};
use super::{indicator, policy, slo};
use crate::{Error, Result};

const VERSION: &str = "openslo/v1";
const KINDS: [&str; 7] = [
    "DataSource",
    "Service",
    "SLI",
    "AlertNotificationTarget",
    "AlertCondition",
    "AlertPolicy",
    "SLO",
];

/// Name, and what is said about an object beside its spec.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) labels: BTreeMap<String, Vec<String>>,
    pub(super) annotations: BTreeMap<String, String>,
}

struct Object<'a> {
    kind: &'static str,
    metadata: Metadata,
    spec: &'a Node,
}

/// All objects of a text, in its order.
pub(super) struct Objects<'a> {
    all: Vec<Object<'a>>,
    places: HashMap<(&'static str, String), usize>,
}

impl OpenSlo {
    /// Reads a text of one YAML document or more, or of JSON: each an object, or a list of them.
    ///
    /// # Errors
    /// For what is no YAML, another version of OpenSLO, and what the specification does not allow:
    /// each with line and column. For a text beyond the bounds.
    pub fn read(text: &str) -> Result<OpenSlo> {
        let documents = yaml::parse(text)?;
        let mut objects = Objects { all: Vec::new(), places: HashMap::new() };
        for document in &documents {
            match &document.value {
                Value::Null => {}
                Value::List(list) => list.iter().try_for_each(|object| objects.add(object))?,
                _ => objects.add(document)?,
            }
        }
        objects.read()
    }
}

impl<'a> Objects<'a> {
    fn add(&mut self, node: &'a Node) -> Result<()> {
        let mut fields = Fields::of(node, "document")?;
        let version = fields.need("apiVersion")?;
        let written = text(version, "apiVersion")?;
        if written != VERSION {
            let message = format!("apiVersion must be {VERSION}, got {version}");
            return Err(version.place(unsupported(message).about("apiVersion")));
        }
        let kind = fields.need("kind")?;
        let written = text(kind, "kind")?;
        let Some(name) = KINDS.into_iter().find(|name| *name == written) else {
            return Err(kind.fault("kind", format!("one of {}", KINDS.join(", "))));
        };
        let place = fields.need("metadata")?;
        let metadata = Metadata::read(place)?;
        let spec = match fields.take("spec") {
            Some(spec) => spec,
            // A service may say nothing.
            None if name == "Service" => &EMPTY,
            None => return Err(fields.missing("spec")),
        };
        fields.done("an object")?;
        let key = (name, metadata.name.clone());
        if self.places.insert(key, self.all.len()).is_some() {
            let value = format!("another {name} {:?}", metadata.name);
            return Err(place.place(Error::invalid("name", value, "given once for each kind")));
        }
        self.all.push(Object { kind: name, metadata, spec });
        Ok(())
    }

    fn read(&self) -> Result<OpenSlo> {
        let mut document = OpenSlo::default();
        for object in &self.all {
            let metadata = &object.metadata;
            match object.kind {
                "Service" => {
                    let mut fields = Fields::of(object.spec, "spec")?;
                    fields.description()?;
                    fields.done("the spec of a Service")?;
                    document.services.push(kept(object));
                }
                "DataSource" => {
                    let mut fields = Fields::of(object.spec, "spec")?;
                    fields.description()?;
                    fields.need_text("type")?;
                    fields.need("connectionDetails")?;
                    fields.done("the spec of a DataSource")?;
                    document.data_sources.push(kept(object));
                }
                "AlertNotificationTarget" => {
                    policy::read_target(object.spec)?;
                    document.notification_targets.push(kept(object));
                }
                "SLI" => drop(indicator::read(&metadata.name, object.spec)?),
                "AlertCondition" => drop(policy::read_condition(metadata, object.spec)?),
                "AlertPolicy" => drop(policy::read(metadata, object.spec, self)?),
                _ => slo::read(metadata, object.spec, self, &mut document)?,
            }
        }
        Ok(document)
    }

    /// An object by its name, which stands at a node.
    pub(super) fn find(
        &self,
        kind: &'static str,
        reference: &str,
        name: &Node,
    ) -> Result<(Metadata, &'a Node)> {
        let written = text(name, reference)?;
        match self.places.get(&(kind, written)) {
            Some(&place) => Ok((self.all[place].metadata.clone(), self.all[place].spec)),
            None => {
                let error = Error::not_found(reference, kind, format!("{:?}", name.to_string()));
                Err(name.place(error))
            }
        }
    }

    /// An object that is given in place, or by name in the field `reference`.
    pub(super) fn follow(
        &self,
        node: &'a Node,
        reference: &str,
        kind: &'static str,
    ) -> Result<(Metadata, &'a Node)> {
        let mut fields = Fields::of(node, kind)?;
        if let Some(name) = fields.take(reference) {
            fields.done(&format!("a {reference}"))?;
            return self.find(kind, reference, name);
        }
        if !fields.has("spec") {
            return Err(fields.missing(reference));
        }
        if let Some(written) = fields.take("kind")
            && text(written, "kind")? != kind
        {
            return Err(written.fault("kind", kind));
        }
        let metadata = Metadata::read(fields.need("metadata")?)?;
        let spec = fields.need("spec")?;
        fields.done(&format!("a {kind} in place"))?;
        Ok((metadata, spec))
    }
}

static EMPTY: Node = Node { line: 1, column: 1, value: Value::Map(Vec::new()) };

impl Metadata {
    pub(super) fn read(node: &Node) -> Result<Metadata> {
        let mut fields = Fields::of(node, "metadata")?;
        let name_node = fields.need("name")?;
        let name = text(name_node, "name")?;
        if name.is_empty() || name.len() > 255 || name.chars().any(char::is_whitespace) {
            return Err(name_node.fault("name", "1 to 255 characters without blanks"));
        }
        let display_name = fields.text("displayName")?.unwrap_or_default();
        let labels = pairs(&mut fields, "labels", |value| match &value.value {
            Value::List(list) => list.iter().map(|one| text(one, "labels")).collect(),
            _ => Ok(vec![text(value, "labels")?]),
        })?;
        let annotations = pairs(&mut fields, "annotations", |value| text(value, "annotations"))?;
        fields.done("metadata")?;
        Ok(Metadata { name, display_name, labels, annotations })
    }
}

fn pairs<T>(
    fields: &mut Fields<'_>,
    name: &str,
    read: impl Fn(&Node) -> Result<T>,
) -> Result<BTreeMap<String, T>> {
    let Some(node) = fields.take(name) else { return Ok(BTreeMap::new()) };
    match &node.value {
        Value::Map(map) => {
            map.iter().map(|(key, value)| Ok((key.to_string(), read(value)?))).collect()
        }
        _ => Err(node.fault(name, "a mapping")),
    }
}

fn kept(object: &Object<'_>) -> OpenSloObject {
    let Metadata { name, display_name, labels, annotations } = object.metadata.clone();
    OpenSloObject { name, display_name, labels, annotations, spec: object.spec.to_json() }
}
