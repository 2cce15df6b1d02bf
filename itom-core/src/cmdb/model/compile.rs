//! A model that was checked and can be asked.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::conform::{Attribute, Patterns, may_override};
use super::resolve::Resolved;
use super::{
    AttributeDefinition, ClassDefinition, IdentifierEntry, ImpactDirection, ModelDefinition,
    ReclassificationDefinition, RelationDefinition,
};
use crate::cmdb::Value;
use crate::{Error, ErrorKind, Result};

/// How many classes may extend one another in a row, and mixins be made of one another.
const DEEPEST: usize = 100;

/// How many attributes all classes together may say and take from mixins.
const MOST_ATTRIBUTES: usize = 1 << 22;

/// Attributes by name.
pub(super) type Attributes = BTreeMap<String, Arc<Attribute>>;

/// A model that was checked: every name in it names something, and nothing goes round in a circle.
#[derive(Debug, Default)]
pub(in crate::cmdb) struct ClassModel {
    definition: ModelDefinition,
    classes: BTreeMap<String, Class>,
    /// Names of attributes that are unique in some class.
    unique: Vec<String>,
    /// Whether some kind of relation is constrained.
    constrained: bool,
}

/// A class and what it adds to those above it.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) own: Attributes,
    pub(super) identification: Vec<IdentifierEntry>,
    resolved: OnceLock<Arc<Resolved>>,
}

/// A mixin with the mixins it is made of.
#[derive(Clone, Default)]
struct Mixin {
    attributes: Attributes,
    identification: Vec<IdentifierEntry>,
}

impl ClassModel {
    pub(in crate::cmdb) fn new(definition: ModelDefinition) -> Result<Self> {
        Self::compile(definition.canonical()).map_err(|error| error.about("model"))
    }

    fn compile(definition: ModelDefinition) -> Result<Self> {
        let mut patterns = Patterns::default();
        let mixins = compile_mixins(&definition, &mut patterns)?;
        let mut classes = BTreeMap::new();
        let mut count = 0;
        for (name, class) in &definition.classes {
            let within = |error: Error| error.within(format!("class {name}"));
            check_chain(&definition, name, class).map_err(within)?;
            let compiled = compile_class(name, class, &mixins, &mut patterns).map_err(within)?;
            count += compiled.own.len();
            if count > MOST_ATTRIBUTES {
                let message = format!("model: more than {MOST_ATTRIBUTES} attributes");
                return Err(Error::new(ErrorKind::LimitExceeded, message));
            }
            classes.insert(name.clone(), compiled);
        }
        let own = classes.values().flat_map(|class| class.own.values());
        let mut unique: Vec<String> = own
            .filter(|attribute| attribute.definition.unique)
            .map(|attribute| attribute.name.clone())
            .collect();
        unique.sort_unstable();
        unique.dedup();
        let constrained = definition.relations.values().any(RelationDefinition::is_constrained);
        let model = ClassModel { definition, classes, unique, constrained };
        model.check_overrides()?;
        model.check_references()?;
        model.check_relations()?;
        Ok(model)
    }

    /// What is said again of an attribute goes with what was said above.
    fn check_overrides(&self) -> Result<()> {
        for (name, class) in &self.classes {
            for (attribute, own) in &class.own {
                let mut above = self.chain(name).skip(1).filter_map(|(class, _)| {
                    let class = self.classes.get(class)?;
                    class.own.get(attribute)
                });
                let fits =
                    |above: &&Arc<Attribute>| may_override(&above.definition, &own.definition);
                if let Some(other) = above.find(|above| !fits(above)) {
                    let value = format!(
                        "{attribute:?} of type {}, which {} has as {}",
                        own.definition.attribute_type.name(),
                        other.scope,
                        other.definition.attribute_type.name()
                    );
                    let expected = "new names, or of the same type and as unique as above";
                    return Err(Error::invalid("attributes", value, expected)
                        .within(format!("class {name}")));
                }
            }
        }
        Ok(())
    }

    /// Classes that attributes, entries and aliases name are there.
    fn check_references(&self) -> Result<()> {
        for (name, class) in &self.classes {
            for (attribute, own) in &class.own {
                let Some(wanted) = &own.definition.class else { continue };
                if !self.classes.contains_key(wanted) {
                    let of = format!("class {name}, attribute {attribute}");
                    return Err(
                        Error::not_found("class", "class", format!("{wanted:?}")).within(of)
                    );
                }
            }
            for (n, entry) in class.identification.iter().enumerate() {
                let of = format!("class {name}, identification {n}");
                entry.check(self, name).map_err(|error| error.within(of))?;
            }
        }
        for (alias, class) in &self.definition.aliases {
            let within = |error: Error| error.within(format!("alias {alias}"));
            if alias.is_empty() || self.classes.contains_key(alias) {
                let value = format!("{alias:?}");
                return Err(within(Error::invalid("alias", value, "a name that no class has")));
            }
            if !self.classes.contains_key(class) {
                return Err(within(Error::not_found("class", "class", format!("{class:?}"))));
            }
        }
        Ok(())
    }

    fn check_relations(&self) -> Result<()> {
        for (name, relation) in &self.definition.relations {
            if name.is_empty() || relation.inverse.as_deref() == Some("") {
                return Err(Error::invalid("relations", "an empty name", "names"));
            }
            self.check_relation(relation)
                .map_err(|error| error.within(format!("relation {name}")))?;
        }
        Ok(())
    }

    fn check_relation(&self, relation: &RelationDefinition) -> Result<()> {
        let named = relation.ends.iter().flat_map(|ends| [&ends.source, &ends.target]);
        for class in named.flatten() {
            if !self.classes.contains_key(class) {
                return Err(Error::not_found("ends", "class", format!("{class:?}")));
            }
        }
        let counted = [
            ("targets_per_source", relation.targets_per_source),
            ("sources_per_target", relation.sources_per_target),
        ];
        for (field, count) in counted {
            if count.max.is_some_and(|max| max < count.min.max(1)) {
                let value = format!("{} to {}", count.min, count.max.unwrap_or_default());
                return Err(Error::invalid(field, value, "from min to a max of at least 1"));
            }
        }
        if relation.symmetric && relation.inverse.is_some() {
            return Err(Error::invalid("inverse", "a name", "left out where it is symmetric"));
        }
        if relation.symmetric && relation.acyclic {
            return Err(Error::invalid("acyclic", "true", "false where it is symmetric"));
        }
        Ok(())
    }

    pub(in crate::cmdb) fn definition(&self) -> &ModelDefinition {
        &self.definition
    }

    /// Whether any class with any attribute goes.
    pub(in crate::cmdb) fn any_class(&self) -> bool {
        self.classes.is_empty()
    }

    /// The class that a name stands for: itself, unless it is an alias.
    pub(in crate::cmdb) fn canonical<'a>(&'a self, class: &'a str) -> &'a str {
        self.definition.aliases.get(class).map_or(class, String::as_str)
    }

    /// Whether there is a class or alias of that name; an open model has every class.
    pub(in crate::cmdb) fn has_class(&self, class: &str) -> bool {
        self.any_class() || self.classes.contains_key(self.canonical(class))
    }

    /// Whether items of `class` may be put.
    pub(in crate::cmdb) fn check_item_class(&self, class: &str) -> Result<()> {
        match self.definition.classes.get(self.canonical(class)) {
            _ if class.is_empty() => Err(Error::invalid("class", "\"\"", "a name")),
            None if self.any_class() => Ok(()),
            None => Err(Error::not_found("class", "class", format!("{class:?}"))),
            Some(definition) if definition.is_abstract => {
                let value = format!("{class:?}, which is abstract");
                Err(Error::invalid("class", value, "a class that has items"))
            }
            Some(_) => Ok(()),
        }
    }

    pub(in crate::cmdb) fn check_kind(&self, kind: &str) -> Result<()> {
        if kind.is_empty() {
            return Err(Error::invalid("kind", "\"\"", "a name"));
        }
        let relations = &self.definition.relations;
        if relations.is_empty() || relations.contains_key(kind) {
            return Ok(());
        }
        Err(Error::not_found("kind", "kind of relation", format!("{kind:?}")))
    }

    /// What the model says of a kind of relation, if anything.
    pub(in crate::cmdb) fn relation(&self, kind: &str) -> Option<&RelationDefinition> {
        self.definition.relations.get(kind)
    }

    /// Upon which end a failure of the other bears; of kinds no model speaks of, the target's upon
    /// the source.
    pub(in crate::cmdb) fn impact(&self, kind: &str) -> ImpactDirection {
        self.relation(kind).map_or(ImpactDirection::TargetToSource, |relation| relation.impact)
    }

    /// How much a relation of this kind weighs that says nothing of it.
    pub(in crate::cmdb) fn weight(&self, kind: &str) -> u32 {
        self.relation(kind).map_or(super::relation::USUAL_WEIGHT, |relation| relation.weight)
    }

    /// Whether of relations of this kind the target is what depends, so that groups are its.
    pub(in crate::cmdb) fn depends_target(&self, kind: &str) -> bool {
        self.impact(kind) == ImpactDirection::SourceToTarget
    }

    /// What the relation is called seen from its target.
    pub(in crate::cmdb) fn inverse<'a>(&'a self, kind: &'a str) -> Option<&'a str> {
        let relation = self.definition.relations.get(kind)?;
        if relation.symmetric { Some(kind) } else { relation.inverse.as_deref() }
    }

    /// Whether `class` is `ancestor` or a subclass of it.
    pub(in crate::cmdb) fn is_a(&self, class: &str, ancestor: &str) -> bool {
        let (class, ancestor) = (self.canonical(class), self.canonical(ancestor));
        class == ancestor || self.chain(class).any(|(name, _)| name == ancestor)
    }

    /// The class and what it extends, from the special to the general.
    pub(super) fn chain<'a>(
        &'a self,
        class: &str,
    ) -> impl Iterator<Item = (&'a str, &'a ClassDefinition)> {
        let classes = &self.definition.classes;
        let first = classes.get_key_value(self.canonical(class));
        std::iter::successors(first, |(_, class)| classes.get_key_value(class.extends.as_ref()?))
            .map(|(name, class)| (name.as_str(), class))
    }

    pub(super) fn class(&self, name: &str) -> Option<&Class> {
        self.classes.get(name)
    }

    /// All that a class has, its own and inherited; `None` of a class that is not there.
    pub(in crate::cmdb) fn resolved(&self, class: &str) -> Option<&Arc<Resolved>> {
        let class = self.canonical(class);
        let found = self.classes.get(class)?;
        Some(found.resolved.get_or_init(|| Resolved::new(self, class)))
    }

    /// The attributes of a class, its own and those of what it extends, by name.
    pub(in crate::cmdb) fn attributes<'a>(
        &'a self,
        class: &str,
    ) -> impl Iterator<Item = (&'a str, &'a AttributeDefinition)> {
        let resolved = self.resolved(class).into_iter();
        let all = resolved.flat_map(|resolved| resolved.attributes());
        all.map(|attribute| (attribute.name.as_str(), &attribute.definition))
    }

    /// Whether any class has a unique attribute.
    pub(in crate::cmdb) fn has_unique(&self) -> bool {
        !self.unique.is_empty()
    }

    /// Whether any kind of relation is constrained beyond its name.
    pub(in crate::cmdb) fn has_constrained_kinds(&self) -> bool {
        self.constrained
    }

    /// Whether some class has this attribute as a unique one.
    pub(in crate::cmdb) fn is_ever_unique(&self, attribute: &str) -> bool {
        self.unique.binary_search_by(|name| name.as_str().cmp(attribute)).is_ok()
    }

    /// By what an item of a class is known again: the entries of the class and its mixins, or of
    /// the nearest class above that has some.
    pub(in crate::cmdb) fn identification(&self, class: &str) -> &[IdentifierEntry] {
        let owner = self.classes.get(self.identification_owner(class));
        owner.map_or(&[], |class| class.identification.as_slice())
    }

    /// The class whose entries identify items of a class; where there are none, the topmost.
    pub(in crate::cmdb) fn identification_owner<'a>(&'a self, class: &'a str) -> &'a str {
        let mut owner = class;
        for (name, _) in self.chain(class) {
            owner = name;
            if self.classes.get(name).is_some_and(|class| !class.identification.is_empty()) {
                break;
            }
        }
        owner
    }

    /// What an item of a class may become.
    pub(in crate::cmdb) fn reclassification(&self, class: &str) -> ReclassificationDefinition {
        self.chain(class).find_map(|(_, class)| class.reclassification).unwrap_or_default()
    }

    /// Whether items of a class may have attributes that no one has defined.
    pub(in crate::cmdb) fn is_open(&self, class: &str) -> bool {
        self.any_class() || self.chain(class).any(|(_, class)| class.open)
    }

    /// The value as the class wants it: converted where that loses nothing, refused otherwise.
    pub(in crate::cmdb) fn conform(
        &self,
        class: &str,
        attribute: &str,
        value: Value,
    ) -> Result<Value> {
        let found = self.attribute(class, attribute)?;
        value.check(attribute)?;
        match found {
            Some(found) => found.conform(value),
            None => Ok(value),
        }
    }

    /// An attribute of a class, none where the class takes any.
    pub(in crate::cmdb) fn attribute(
        &self,
        class: &str,
        attribute: &str,
    ) -> Result<Option<&Arc<Attribute>>> {
        if attribute.is_empty() {
            return Err(Error::invalid("attribute", "\"\"", "a name"));
        }
        if self.any_class() {
            return Ok(None);
        }
        let found = self.resolved(class).and_then(|resolved| resolved.attribute(attribute));
        if found.is_none() && !self.is_open(class) {
            let what = format!("attribute of class {class}");
            return Err(Error::not_found("attributes", &what, format!("{attribute:?}")));
        }
        Ok(found)
    }
}

/// Every mixin with what it is made of.
fn compile_mixins<'a>(
    model: &'a ModelDefinition,
    patterns: &mut Patterns,
) -> Result<BTreeMap<&'a str, Mixin>> {
    let mut done: BTreeMap<&str, Mixin> = BTreeMap::new();
    for (name, mixin) in &model.mixins {
        if name.is_empty() {
            return Err(Error::invalid("mixins", "an empty name", "names"));
        }
        // A walk down with a list of its own: a document must not decide how deep this goes.
        let mut under_way: Vec<(&str, usize)> = vec![(name, 0)];
        while let Some((current, next)) = under_way.pop() {
            let definition = model.mixins.get(current).unwrap_or(mixin);
            if done.contains_key(current) {
                continue;
            }
            if let Some(part) = definition.mixins.get(next) {
                let within = |error: Error| error.within(format!("mixin {current}"));
                let Some((part, _)) = model.mixins.get_key_value(part) else {
                    return Err(within(Error::not_found("mixins", "mixin", format!("{part:?}"))));
                };
                under_way.push((current, next + 1));
                if under_way.iter().any(|(above, _)| above == part) || under_way.len() > DEEPEST {
                    let value =
                        format!("a circle through {part:?} or more than {DEEPEST} in a row");
                    return Err(within(Error::invalid("mixins", value, "mixins that end")));
                }
                under_way.push((part, 0));
                continue;
            }
            let scope = format!("mixin {current}");
            let of = (&definition.attributes, &definition.identification, &definition.mixins);
            let compiled = combine(&scope, of, &done, patterns);
            done.insert(current, compiled.map_err(|error| error.within(scope))?);
        }
    }
    Ok(done)
}

type Said<'a> =
    (&'a BTreeMap<String, AttributeDefinition>, &'a Vec<IdentifierEntry>, &'a Vec<String>);

/// What a class or mixin says itself, and what it takes from its mixins.
fn combine(
    scope: &str,
    (attributes, identification, mixins): Said<'_>,
    known: &BTreeMap<&str, Mixin>,
    patterns: &mut Patterns,
) -> Result<Mixin> {
    let mut combined = Mixin { identification: identification.clone(), ..Mixin::default() };
    for name in mixins {
        let Some(mixin) = known.get(name.as_str()) else {
            return Err(Error::not_found("mixins", "mixin", format!("{name:?}")));
        };
        for (attribute, taken) in &mixin.attributes {
            let before = combined.attributes.insert(attribute.clone(), Arc::clone(taken));
            let other = before.filter(|before| {
                before.definition != taken.definition && !attributes.contains_key(attribute)
            });
            if let Some(other) = other {
                let value = format!("{attribute:?} of {} and {}", other.scope, taken.scope);
                let expected = "without attributes of one name and different form";
                return Err(Error::invalid("mixins", value, expected));
            }
        }
        for entry in &mixin.identification {
            if !combined.identification.contains(entry) {
                combined.identification.push(entry.clone());
            }
        }
    }
    for (name, definition) in attributes {
        let within = |error: Error| error.within(format!("attribute {name}"));
        let above = combined.attributes.get(name);
        if above.is_some_and(|above| !may_override(&above.definition, definition)) {
            let expected = "of the type that the mixin has it";
            let value = definition.attribute_type.name();
            return Err(within(Error::invalid("type", value, expected)));
        }
        let scope = above.map_or_else(|| Arc::from(scope), |above| Arc::clone(&above.scope));
        let attribute = Attribute::new(name, definition, scope, patterns).map_err(within)?;
        combined.attributes.insert(name.clone(), Arc::new(attribute));
    }
    Ok(combined)
}

fn compile_class(
    name: &str,
    class: &ClassDefinition,
    mixins: &BTreeMap<&str, Mixin>,
    patterns: &mut Patterns,
) -> Result<Class> {
    let of = (&class.attributes, &class.identification, &class.mixins);
    let combined = combine(&format!("class {name}"), of, mixins, patterns)?;
    Ok(Class {
        own: combined.attributes,
        identification: combined.identification,
        resolved: OnceLock::new(),
    })
}

/// The chain of `extends` ends.
fn check_chain(model: &ModelDefinition, name: &str, class: &ClassDefinition) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("class", "\"\"", "a name"));
    }
    let mut current = class;
    for seen in 1.. {
        let Some(parent) = &current.extends else { break };
        let Some(next) = model.classes.get(parent) else {
            return Err(Error::not_found("extends", "class", format!("{parent:?}")));
        };
        if seen > model.classes.len() {
            let value = format!("a circle through {parent:?}");
            return Err(Error::invalid("extends", value, "a chain that ends"));
        }
        if seen > DEEPEST {
            let value = format!("a chain of more than {DEEPEST} classes or a circle");
            return Err(Error::invalid("extends", value, "shorter"));
        }
        current = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn compile(json: &str) -> Result<ClassModel> {
        ClassModel::new(crate::read_json(json, "definition")?)
    }

    #[test]
    fn mistakes_are_named() {
        for (json, part) in [
            (r#"{"classes": {"a": {"extends": "b"}}}"#, "\"b\""),
            (r#"{"classes": {"a": {"extends": "b"}, "b": {"extends": "a"}}}"#, "circle"),
            (r#"{"classes": {"a": {"extends": "a"}}}"#, "circle"),
            (r#"{"classes": {"a": {"attributes": {"t": {"type": "enum"}}}}}"#, "attribute t"),
            (r#"{"classes": {"a": {"attributes": {"id": {"type": "int"}}}}}"#, "\"id\""),
            (r#"{"classes": {"a": {"colour": 1}}}"#, "colour"),
            (r#"{"relations": {"": {}}}"#, "empty name"),
            (
                r#"{"classes": {"a": {"attributes": {"x": {"type": "int"}}},
                    "b": {"extends": "a", "attributes": {"x": {"type": "string"}}}}}"#,
                "\"x\"",
            ),
            (r#"{"classes": {"a": {"mixins": ["m"]}}}"#, "class a: mixins: mixin \"m\""),
            (r#"{"mixins": {"m": {"mixins": ["n"]}, "n": {"mixins": ["m"]}}}"#, "circle"),
            (r#"{"mixins": {"m": {"mixins": ["m"]}}}"#, "circle"),
            (
                r#"{"classes": {"a": {"mixins": ["m", "n"]}}, "mixins": {
                    "m": {"attributes": {"x": {"type": "int"}}},
                    "n": {"attributes": {"x": {"type": "string"}}}}}"#,
                "mixin m and mixin n",
            ),
            (r#"{"aliases": {"server": "host"}}"#, "alias server"),
            (r#"{"relations": {"r": {"symmetric": true, "inverse": "s"}}}"#, "relation r"),
            (r#"{"relations": {"r": {"ends": [{"source": "x"}]}}}"#, "\"x\""),
            (r#"{"relations": {"r": {"targets_per_source": {"max": 0}}}}"#, "at least 1"),
            (r#"{"relations": {"r": {"impact": "sideways"}}}"#, "sideways"),
        ] {
            let error = compile(json).unwrap_err();
            assert!(error.to_string().contains(part), "{json}: {error}");
        }
    }

    #[test]
    fn mistakes_in_attributes_are_named() {
        for (attribute, part) in [
            (r#"{"type": "int", "min": 3, "max": 2}"#, "at most max"),
            (r#"{"type": "int", "min": "low"}"#, "min must be of type int"),
            (r#"{"type": "string", "min": 3}"#, "given only for"),
            (r#"{"type": "string", "pattern": "(a"}"#, "unclosed group"),
            (r#"{"type": "string", "pattern": "a)(b"}"#, "regular expression"),
            (r#"{"type": "string", "pattern": "(?:a{1000}){1000}"}"#, "size limit"),
            (r#"{"type": "int", "pattern": "1"}"#, "given only for"),
            (r#"{"type": "int", "normalise": ["trim"]}"#, "given only for"),
            (r#"{"type": "string", "normalise": ["shout"]}"#, "shout"),
            (r#"{"type": "list", "element": "list"}"#, "neither list nor map"),
            (r#"{"type": "string", "element": "int"}"#, "only for a list"),
            (r#"{"type": "list", "unique": true}"#, "neither list nor map"),
            (r#"{"type": "enum", "values": ["a"], "default": "b"}"#, "default"),
            (r#"{"type": "duration", "max": "soon"}"#, "max"),
            (r#"{"type": "reference", "class": "z"}"#, "\"z\""),
        ] {
            let json = format!(r#"{{"classes": {{"a": {{"attributes": {{"x": {attribute}}}}}}}}}"#);
            let error = compile(&json).unwrap_err().to_string();
            assert!(error.contains(part), "{attribute}: {error}");
            let place = error.contains("class a") && error.contains("attribute x");
            assert!(place || part == "shout", "{error}");
        }
    }

    #[test]
    fn values_are_converted_only_where_nothing_is_lost() {
        let model = compile(
            r#"{"classes": {"base": {"attributes": {"since": {"type": "datetime"}}},
                "a": {"extends": "base", "attributes": {"x": {"type": "float"}, "n": {"type": "int"},
                      "tier": {"type": "enum", "values": ["gold"]}}}}}"#,
        )
        .unwrap();
        let conform = |attribute, value| model.conform("a", attribute, value);
        assert_eq!(conform("x", Value::Int(3)).unwrap(), Value::Float(3.0));
        let since = conform("since", "1970-01-01T00:00:01Z".into()).unwrap();
        assert_eq!(since, Value::Time(Timestamp::from_secs(1)));
        assert!(conform("n", Value::Float(3.0)).is_err());
        assert!(conform("x", Value::Int(i64::MAX)).is_err());
        assert!(conform("tier", "silver".into()).unwrap_err().to_string().contains("gold"));
        assert!(conform("other", Value::Null).is_err());
        assert!(model.is_a("a", "base") && !model.is_a("base", "a"));
    }

    #[test]
    fn a_circle_that_does_not_begin_at_the_class_is_found() {
        let error = compile(
            r#"{"classes": {"a": {"extends": "b"}, "b": {"extends": "c"},
            "c": {"extends": "b"}, "d": {}}}"#,
        )
        .unwrap_err();
        assert!(error.to_string().contains("circle"), "{error}");
    }
}
