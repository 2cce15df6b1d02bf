//! By what an item of a class is known again: the entries of its identification rule.
//!
//! An [`IdentifierEntry`] names attributes that together tell one item from every other. A class
//! lists its entries by priority, the first is tried first; a class without entries of its own
//! has those of the class it extends. The words are those of ServiceNow's identification engine:
//! an entry is independent, dependent (it holds within a host) or a lookup (through an item of
//! another class that is related). The model says and checks them; reconciliation uses them.

use serde::{Deserialize, Serialize};

use super::ClassModel;
use crate::{Error, Result};

/// What tells one item of a class from every other.
///
/// ```
/// use itom_core::cmdb::{IdentifierEntry, IdentifierKind};
///
/// let serial: IdentifierEntry = serde_json::from_str(r#"{"attributes": ["serial_number"]}"#)?;
/// assert_eq!(serial.kind, IdentifierKind::Independent);
///
/// // A process is known by its number, on its host.
/// let process: IdentifierEntry = serde_json::from_str(r#"{"kind": "dependent",
///     "attributes": ["process.pid"], "relation": "runs_on", "class": "host"}"#)?;
/// assert_eq!(process.relation.as_deref(), Some("runs_on"));
///
/// // A host is known by the addresses of its interfaces.
/// let address: IdentifierEntry = serde_json::from_str(r#"{"kind": "lookup",
///     "attributes": ["host.mac"], "relation": "part_of", "class": "interface",
///     "lookup_attributes": ["mac_address"]}"#)?;
/// assert_eq!(address.looked_up(), ["mac_address"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IdentifierEntry {
    /// What to call it in explanations; unnamed, it is called by its attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it identifies.
    #[serde(default, skip_serializing_if = "IdentifierKind::is_independent")]
    pub kind: IdentifierKind,
    /// The attributes of the item, all of which must be there and agree. Of a `lookup`, those
    /// whose values are looked for; a list agrees where one of its elements does.
    pub attributes: Vec<String>,
    /// Of a `dependent` entry, the kind of relation from the item to its host. Of a `lookup`, the
    /// kind of relation between the item and what is looked up, in either direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// Of a `dependent` entry, the class of the host, any if left out. Of a `lookup`, the class
    /// that is looked through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Of a `lookup`, the attributes of `class`, one for each of `attributes` in the same order;
    /// left out where they have the same names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookup_attributes: Vec<String>,
}

/// How an [`IdentifierEntry`] identifies.
///
/// ```
/// use itom_core::cmdb::IdentifierKind;
/// assert_eq!(serde_json::to_string(&IdentifierKind::Dependent)?, "\"dependent\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum IdentifierKind {
    /// By its own attributes.
    #[default]
    Independent,
    /// By its own attributes among the items of one host.
    Dependent,
    /// By the attributes of an item that it is related to.
    Lookup,
}

impl IdentifierKind {
    fn is_independent(&self) -> bool {
        *self == IdentifierKind::Independent
    }
}

impl IdentifierEntry {
    /// An independent entry.
    ///
    /// ```
    /// use itom_core::cmdb::IdentifierEntry;
    /// assert_eq!(IdentifierEntry::new(["serial_number"]).label(), "serial_number");
    /// ```
    pub fn new<T: Into<String>>(attributes: impl IntoIterator<Item = T>) -> Self {
        let attributes = attributes.into_iter().map(Into::into).collect();
        IdentifierEntry { attributes, ..IdentifierEntry::default() }
    }

    /// The name, or the attributes where there is none.
    ///
    /// ```
    /// use itom_core::cmdb::IdentifierEntry;
    /// assert_eq!(IdentifierEntry::new(["name", "zone"]).label(), "name + zone");
    /// ```
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.attributes.join(" + "))
    }

    /// Of a `lookup`, the attributes of the class that is looked through.
    ///
    /// ```
    /// use itom_core::cmdb::IdentifierEntry;
    /// assert_eq!(IdentifierEntry::new(["mac"]).looked_up(), ["mac"]);
    /// ```
    pub fn looked_up(&self) -> &[String] {
        if self.lookup_attributes.is_empty() { &self.attributes } else { &self.lookup_attributes }
    }

    /// Refuses an entry that could never match, and names that the model does not have.
    pub(super) fn check(&self, model: &ClassModel, class: &str) -> Result<()> {
        check_attributes(model, class, "attributes", &self.attributes)?;
        if self.name.as_deref() == Some("") {
            return Err(Error::invalid("name", "\"\"", "left out or a name"));
        }
        let relations = &model.definition().relations;
        if let Some(kind) = &self.relation
            && (kind.is_empty() || !relations.is_empty() && !relations.contains_key(kind))
        {
            return Err(Error::not_found("relation", "kind of relation", format!("{kind:?}")));
        }
        if let Some(other) = &self.class
            && !model.definition().classes.contains_key(other)
        {
            return Err(Error::not_found("class", "class", format!("{other:?}")));
        }
        let given = [
            ("relation", self.relation.is_some()),
            ("class", self.class.is_some()),
            ("lookup_attributes", !self.lookup_attributes.is_empty()),
        ];
        let (needed, allowed): (&[&str], &[&str]) = match self.kind {
            IdentifierKind::Independent => (&[], &[]),
            IdentifierKind::Dependent => (&["relation"], &["relation", "class"]),
            IdentifierKind::Lookup => {
                (&["relation", "class"], &["relation", "class", "lookup_attributes"])
            }
        };
        let kind = format!("{:?}", self.kind).to_lowercase();
        for (field, is_given) in given {
            if !is_given && needed.contains(&field) {
                return Err(Error::invalid(field, "none", format!("given for a {kind} entry")));
            }
            if is_given && !allowed.contains(&field) {
                let expected = format!("left out of an entry that is {kind}");
                return Err(Error::invalid(field, "a value", expected));
            }
        }
        let Some(other) = self.class.as_ref().filter(|_| self.kind == IdentifierKind::Lookup)
        else {
            return Ok(());
        };
        if self.looked_up().len() != self.attributes.len() {
            let expected = format!("as many as the attributes, {}", self.attributes.len());
            return Err(Error::invalid(
                "lookup_attributes",
                self.lookup_attributes.len(),
                expected,
            ));
        }
        check_attributes(model, other, "lookup_attributes", self.looked_up())
    }
}

fn check_attributes(
    model: &ClassModel,
    class: &str,
    field: &str,
    attributes: &[String],
) -> Result<()> {
    if attributes.is_empty() {
        return Err(Error::invalid(field, "an empty list", "at least one attribute"));
    }
    for (n, attribute) in attributes.iter().enumerate() {
        if !model.attributes(class).any(|(name, _)| name == attribute) {
            let what = format!("attribute of class {class}");
            return Err(Error::not_found(field, &what, format!("{attribute:?}")));
        }
        if attributes[..n].contains(attribute) {
            return Err(Error::invalid(field, format!("{attribute:?} twice"), "each once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(entry: &str) -> Result<ClassModel> {
        let json = format!(
            r#"{{"classes": {{
                "interface": {{"attributes": {{"mac": {{"type": "string"}}}}}},
                "host": {{"attributes": {{"serial": {{"type": "string"}}, "addresses": {{"type": "list"}}}},
                         "identification": [{{"attributes": ["serial"]}}]}},
                "server": {{"extends": "host"}},
                "process": {{"attributes": {{"pid": {{"type": "int"}}}}, "identification": [{entry}]}}}},
              "relations": {{"runs_on": {{}}}}}}"#
        );
        ClassModel::new(crate::read_json(&json, "definition")?)
    }

    #[test]
    fn entries_are_inherited_from_the_nearest_class_that_has_some() {
        let model = model(
            r#"{"kind": "dependent", "attributes": ["pid"], "relation": "runs_on", "class": "host"}"#,
        );
        let model = model.unwrap();
        assert_eq!(model.identification("server"), [IdentifierEntry::new(["serial"])]);
        assert_eq!(model.identification("process")[0].kind, IdentifierKind::Dependent);
        assert!(model.identification("interface").is_empty());
        assert!(model.identification("unheard of").is_empty());
    }

    #[test]
    fn mistakes_name_class_and_entry() {
        for (entry, part) in [
            (r#"{"attributes": []}"#, "at least one"),
            (r#"{"attributes": ["pd"]}"#, "\"pd\""),
            (r#"{"attributes": ["pid", "pid"]}"#, "twice"),
            (r#"{"attributes": ["pid"], "relation": "runs_on"}"#, "independent"),
            (r#"{"attributes": ["pid"], "kind": "dependent"}"#, "relation must be given"),
            (r#"{"attributes": ["pid"], "kind": "dependent", "relation": "on"}"#, "\"on\""),
            (r#"{"attributes": ["pid"], "kind": "lookup", "relation": "runs_on"}"#, "class must"),
            (
                r#"{"attributes": ["pid"], "kind": "lookup", "relation": "runs_on", "class": "interface"}"#,
                "attribute of class interface",
            ),
            (
                r#"{"attributes": ["pid"], "kind": "lookup", "relation": "runs_on", "class": "interface",
                    "lookup_attributes": ["mac", "mac"]}"#,
                "as many",
            ),
            (r#"{"attributes": ["pid"], "priority": 3}"#, "priority"),
        ] {
            let error = model(entry).unwrap_err().to_string();
            assert!(error.contains(part), "{entry}: {error}");
            assert!(error.contains("process, identification 0") || part == "priority", "{error}");
        }
    }
}
