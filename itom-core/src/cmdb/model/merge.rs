//! Two models made one.

use std::collections::BTreeMap;

use super::{ClassDefinition, MixinDefinition, ModelDefinition, RelationDefinition};
use crate::{Error, Result};

impl ModelDefinition {
    /// This model and another as one: what only one of them has is taken over, and of a class,
    /// mixin or kind of relation that both have, what they say is put together. Where both say
    /// something other than the default, they have to say the same; lists are joined; a description is taken from the first that has one.
    ///
    /// ```
    /// use itom_core::cmdb::ModelDefinition;
    ///
    /// let own: ModelDefinition = serde_json::from_str(
    ///     r#"{"classes": {"host": {"attributes": {"cost_centre": {"type": "string"}}}}}"#,
    /// )?;
    /// let model = ModelDefinition::operations().merge(own)?;
    /// let host = &model.classes["host"];
    /// assert_eq!(host.extends.as_deref(), Some("infrastructure"));
    /// assert!(host.attributes.contains_key("cost_centre"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Both say different things of one class, mixin, attribute, kind of relation or alias.
    pub fn merge(mut self, other: ModelDefinition) -> Result<ModelDefinition> {
        let of = |what: &'static str| move |name: &str| format!("{what} {name}");
        merge_all(&mut self.classes, other.classes, of("class"), ClassDefinition::merge)?;
        merge_all(&mut self.mixins, other.mixins, of("mixin"), MixinDefinition::merge)?;
        merge_all(&mut self.relations, other.relations, of("relation"), RelationDefinition::merge)?;
        merge_all(&mut self.aliases, other.aliases, of("alias"), |own, other| {
            same("class", own, &other)
        })?;
        Ok(self)
    }
}

impl ClassDefinition {
    fn merge(&mut self, other: ClassDefinition) -> Result<()> {
        merge_option("extends", &mut self.extends, other.extends)?;
        merge_list(&mut self.mixins, other.mixins);
        self.is_abstract |= other.is_abstract;
        self.open |= other.open;
        merge_description(&mut self.description, other.description);
        merge_attributes(&mut self.attributes, other.attributes)?;
        merge_list(&mut self.identification, other.identification);
        merge_option("reclassification", &mut self.reclassification, other.reclassification)
    }
}

impl MixinDefinition {
    fn merge(&mut self, other: MixinDefinition) -> Result<()> {
        merge_description(&mut self.description, other.description);
        merge_list(&mut self.mixins, other.mixins);
        merge_attributes(&mut self.attributes, other.attributes)?;
        merge_list(&mut self.identification, other.identification);
        Ok(())
    }
}

impl RelationDefinition {
    fn merge(&mut self, other: RelationDefinition) -> Result<()> {
        merge_option("inverse", &mut self.inverse, other.inverse)?;
        merge_description(&mut self.description, other.description);
        merge_list(&mut self.ends, other.ends);
        let usual = RelationDefinition::default();
        let counts = (&mut self.targets_per_source, other.targets_per_source);
        merge_default("targets_per_source", counts, usual.targets_per_source)?;
        let counts = (&mut self.sources_per_target, other.sources_per_target);
        merge_default("sources_per_target", counts, usual.sources_per_target)?;
        self.symmetric |= other.symmetric;
        self.acyclic |= other.acyclic;
        merge_default("impact", (&mut self.impact, other.impact), usual.impact)?;
        merge_default("weight", (&mut self.weight, other.weight), usual.weight)
    }
}

/// The default says nothing.
fn merge_default<T: PartialEq + std::fmt::Debug>(
    field: &str,
    (own, other): (&mut T, T),
    usual: T,
) -> Result<()> {
    if other == usual {
        return Ok(());
    }
    if *own == usual {
        *own = other;
        return Ok(());
    }
    same(field, own, &other)
}

fn merge_all<T>(
    own: &mut BTreeMap<String, T>,
    other: BTreeMap<String, T>,
    place: impl Fn(&str) -> String,
    merge: impl Fn(&mut T, T) -> Result<()>,
) -> Result<()> {
    for (name, value) in other {
        if let Some(known) = own.get_mut(&name) {
            merge(known, value).map_err(|error| error.within(place(&name)).about("model"))?;
        } else {
            own.insert(name, value);
        }
    }
    Ok(())
}

fn merge_attributes(
    own: &mut BTreeMap<String, super::AttributeDefinition>,
    other: BTreeMap<String, super::AttributeDefinition>,
) -> Result<()> {
    merge_all(
        own,
        other,
        |name| format!("attribute {name}"),
        |known, mut new| {
            merge_description(&mut known.description, std::mem::take(&mut new.description));
            new.description.clone_from(&known.description);
            same("definition", known, &new)
        },
    )
}

fn merge_description(own: &mut String, other: String) {
    if own.is_empty() {
        *own = other;
    }
}

fn merge_option<T: PartialEq + std::fmt::Debug>(
    field: &str,
    own: &mut Option<T>,
    other: Option<T>,
) -> Result<()> {
    match (&own, other) {
        (_, None) => Ok(()),
        (None, other) => {
            *own = other;
            Ok(())
        }
        (Some(known), Some(other)) => same(field, known, &other),
    }
}

fn merge_list<T: PartialEq>(own: &mut Vec<T>, other: Vec<T>) {
    for value in other {
        if !own.contains(&value) {
            own.push(value);
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(field: &str, own: &T, other: &T) -> Result<()> {
    if own == other {
        return Ok(());
    }
    Err(Error::invalid(field, format!("{other:?}"), format!("what the other model says, {own:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_contradict_each_other_are_refused() {
        let read = |json: &str| serde_json::from_str::<ModelDefinition>(json).unwrap();
        let base = r#"{"classes": {"a": {"attributes": {"x": {"type": "int"}}}, "b": {"extends": "a"}},
            "relations": {"r": {"inverse": "s", "ends": [{"source": "a"}]}}, "aliases": {"c": "a"}}"#;
        for (other, part) in [
            (r#"{"classes": {"a": {"attributes": {"x": {"type": "float"}}}}}"#, "attribute x"),
            (r#"{"classes": {"b": {"extends": "c"}}}"#, "class b"),
            (r#"{"relations": {"r": {"inverse": "t"}}}"#, "relation r"),
            (r#"{"aliases": {"c": "b"}}"#, "alias c"),
        ] {
            let error = read(base).merge(read(other)).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let itself = read(base).merge(read(base)).unwrap();
        assert_eq!(itself, read(base));
        assert_eq!(ModelDefinition::default().merge(read(base)).unwrap(), read(base));
    }
}
