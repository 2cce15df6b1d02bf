//! The documents a model is written in: classes, mixins, and what may become of an item.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AttributeDefinition, IdentifierEntry, RelationDefinition};

/// Classes and kinds of relations. No class at all means: any class with any attribute; no kind of
/// relation at all means: any kind, and each carries impact.
///
/// ```
/// use itom_core::cmdb::{ImpactDirection, ModelDefinition};
///
/// let model: ModelDefinition = serde_json::from_str(r#"{
///     "classes": {
///         "configuration_item": {"abstract": true, "attributes": {"owner": {"type": "string"}}},
///         "host": {"extends": "configuration_item", "mixins": ["hardware"],
///                  "attributes": {"cores": {"type": "int", "required": true, "min": 1}}}
///     },
///     "mixins": {
///         "hardware": {"attributes": {"serial_number": {"type": "string", "normalise": ["serial"]}},
///                      "identification": [{"attributes": ["serial_number"]}]}
///     },
///     "relations": {"runs_on": {"inverse": "runs"}, "owned_by": {"inverse": "owns", "impact": false}},
///     "aliases": {"server": "host"}
/// }"#)?;
/// assert!(model.classes["configuration_item"].is_abstract);
/// assert_eq!(model.relations["runs_on"].impact, ImpactDirection::TargetToSource);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelDefinition {
    /// The classes by name.
    #[serde(default)]
    pub classes: BTreeMap<String, ClassDefinition>,
    /// What classes share across the tree, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mixins: BTreeMap<String, MixinDefinition>,
    /// The kinds of relations by name.
    #[serde(default)]
    pub relations: BTreeMap<String, RelationDefinition>,
    /// Other names of classes: an item put under one is of the class it stands for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<String, String>,
}

impl ModelDefinition {
    /// The same as it is kept: bounds and defaults of types that JSON does not have are text.
    pub(in crate::cmdb) fn canonical(mut self) -> Self {
        let classes = self.classes.values_mut().map(|class| &mut class.attributes);
        let mixins = self.mixins.values_mut().map(|mixin| &mut mixin.attributes);
        for attribute in classes.chain(mixins).flat_map(|attributes| attributes.values_mut()) {
            let values = [&mut attribute.min, &mut attribute.max, &mut attribute.default];
            for value in values.into_iter().flatten() {
                value.spell_out();
            }
        }
        self
    }
}

/// A class of items.
///
/// ```
/// use itom_core::cmdb::ClassDefinition;
///
/// let class: ClassDefinition = serde_json::from_str(r#"{"extends": "host"}"#)?;
/// assert!(!class.is_abstract);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassDefinition {
    /// The class it is a special case of; it has that class's attributes too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// The mixins whose attributes and identification it takes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixins: Vec<String>,
    /// An abstract class has subclasses, but no items of its own.
    #[serde(default, rename = "abstract")]
    pub is_abstract: bool,
    /// Whether items may have attributes that no one has defined, too; true of every class below a
    /// class that says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// What the class is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The attributes it adds to those of the class it extends. One that is there already may be
    /// said again to be stricter about it, with the same type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeDefinition>,
    /// By what an item is known again, by priority. Behind these stand those of the mixins; where
    /// there is none of either, those of the class it extends hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identification: Vec<IdentifierEntry>,
    /// What an item of this class may become; as the class it extends says where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclassification: Option<ReclassificationDefinition>,
}

/// Attributes and identification that classes share wherever they stand in the tree.
///
/// ```
/// use itom_core::cmdb::MixinDefinition;
///
/// let mixin: MixinDefinition =
///     serde_json::from_str(r#"{"attributes": {"serial_number": {"type": "string"}}}"#)?;
/// assert!(mixin.identification.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MixinDefinition {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The mixins it is made of itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixins: Vec<String>,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeDefinition>,
    /// Its identification entries, by priority.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identification: Vec<IdentifierEntry>,
}

/// What an item may become when it is put with another class; by default anything.
///
/// ```
/// use itom_core::cmdb::ReclassificationDefinition;
///
/// let rule: ReclassificationDefinition = serde_json::from_str(r#"{"switch": false}"#)?;
/// assert!(rule.upgrade && rule.downgrade && !rule.switch);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReclassificationDefinition {
    /// A class below its own: more is known of it.
    pub upgrade: bool,
    /// A class above its own: less is known of it.
    pub downgrade: bool,
    /// A class on another branch.
    pub switch: bool,
}

impl Default for ReclassificationDefinition {
    fn default() -> Self {
        ReclassificationDefinition { upgrade: true, downgrade: true, switch: true }
    }
}
