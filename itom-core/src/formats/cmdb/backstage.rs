//! The software catalog of Backstage: entities in YAML, several documents a text.
//!
//! An item is an entity. Its id is its reference as Backstage writes it, `component:default/shop`, all
//! in lower case; its class is the kind in lower case. What is said of others, consumer first:
//! `dependsOn` and `consumesApis` as they are (`depends_on`, `consumes_api`), `dependencyOf` from the
//! other end, `providesApis` as *the API is `provided_by` the component*, for who uses an API fails with
//! what provides it; `system`, `domain`, `subcomponentOf`, `subdomainOf` and a group's `parent` as `part_of`,
//! `owner` as `owned_by`, `memberOf` and `members` as `member_of`.
//!
//! Source: "Descriptor Format of Catalog Entities" of Backstage. An entity that is referred to and not
//! in the text is named in the warnings; the relation refers to it by its id.

use super::draft::Draft;
use super::tree::{self, Tree};
use crate::cmdb::Import;
use crate::{Error, Result};

/// Field of `spec`, the kind a bare reference in it means ("" is that of the entity), the kind of
/// relation, whether the other end is the source.
const RELATIONS: &[(&str, &str, &str, bool)] = &[
    ("dependsOn", "component", "depends_on", false),
    ("dependencyOf", "component", "depends_on", true),
    ("providesApis", "api", "provided_by", true),
    ("consumesApis", "api", "consumes_api", false),
    ("system", "system", "part_of", false),
    ("domain", "domain", "part_of", false),
    ("subcomponentOf", "component", "part_of", false),
    ("subdomainOf", "domain", "part_of", false),
    ("parent", "group", "part_of", false),
    ("children", "group", "part_of", true),
    ("owner", "group", "owned_by", false),
    ("memberOf", "group", "member_of", false),
    ("members", "user", "member_of", true),
];

/// Reads the entities of a catalog.
///
/// ```
/// use itom_core::formats::read_backstage;
///
/// let import = read_backstage(r#"[
///     {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "Shop"},
///      "spec": {"type": "service", "owner": "team-a", "dependsOn": ["resource:orders"]}},
///     {"apiVersion": "backstage.io/v1alpha1", "kind": "Resource", "metadata": {"name": "orders"},
///      "spec": {"type": "database", "owner": "team-a"}}
/// ]"#)?;
/// assert_eq!(import.records[0].id.as_deref(), Some("component:default/shop"));
/// assert_eq!(import.relations[0].kind, "depends_on");
/// assert_eq!(import.warnings[0], "group:default/team-a is referred to and not in the text");
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// The text is neither YAML nor JSON, an entity has no kind or name, comes twice, or refers to another
/// in a way that is no reference.
pub fn read_backstage(text: &str) -> Result<Import> {
    let documents = tree::documents(text)?;
    let mut entities = Vec::new();
    for document in &documents {
        match document {
            Tree::Null => {}
            Tree::List(list) => entities.extend(list),
            one => entities.push(one),
        }
    }
    let mut draft = Draft::default();
    let mut items = Vec::with_capacity(entities.len());
    for (number, entity) in entities.iter().enumerate() {
        let item = add(&mut draft, entity);
        items.push(item.map_err(|e| e.within(format!("entity {number}")).about("text"))?);
    }
    let mut missing = Vec::new();
    for (item, entity) in items.iter().zip(&entities) {
        let Some(item) = *item else { continue };
        let place = draft.id(item).to_owned();
        let connected = connect(&mut draft, item, entity, &mut missing);
        connected.map_err(|error| error.within(place).about("text"))?;
    }
    missing.sort_unstable();
    missing.dedup();
    for reference in missing {
        draft.warn(format!("{reference} is referred to and not in the text"));
    }
    Ok(draft.finish())
}

/// The item of an entity; none of one that only says where others are.
fn add(draft: &mut Draft, entity: &Tree) -> Result<Option<u32>> {
    entity.entries()?;
    let kind = entity.need_text("kind")?.to_lowercase();
    let name = entity.need_text("metadata/name")?;
    if kind == "location" {
        draft.left_out(["Location"]);
        return Ok(None);
    }
    let item = draft.new_item(&reference(name, &kind, namespace(entity)?)?, &kind)?;
    draft.set(item, "name", name);
    for (attribute, path) in [
        ("title", "metadata/title"),
        ("description", "metadata/description"),
        ("tags", "metadata/tags"),
        ("type", "spec/type"),
        ("lifecycle", "spec/lifecycle"),
        ("namespace", "metadata/namespace"),
        ("display_name", "spec/profile/displayName"),
        ("email", "spec/profile/email"),
    ] {
        draft.take(item, attribute, entity.at(path));
    }
    draft.pairs(item, "labels", entity.map("metadata/labels")?);
    draft.pairs(item, "annotations", entity.map("metadata/annotations")?);
    Ok(Some(item))
}

fn namespace(entity: &Tree) -> Result<&str> {
    Ok(entity.text("metadata/namespace")?.filter(|text| !text.is_empty()).unwrap_or("default"))
}

fn connect(draft: &mut Draft, item: u32, entity: &Tree, missing: &mut Vec<String>) -> Result<()> {
    let Some(spec) = entity.get("spec") else { return Ok(()) };
    for &(field, kind, relation, is_source) in RELATIONS {
        let one = spec.get(field).map(std::slice::from_ref).unwrap_or_default();
        let references = match one {
            [Tree::List(list)] => list.as_slice(),
            one => one,
        };
        for other in references {
            let Tree::Text(text) = other else {
                return Err(other.fault(&format!("spec/{field}"), "a reference"));
            };
            let id = reference(text, kind, namespace(entity)?).map_err(|e| e.within(field))?;
            match (draft.find(&id), is_source) {
                (Some(other), true) => draft.relate(other, relation, item)?,
                (Some(other), false) => draft.relate(item, relation, other)?,
                (None, _) => {
                    if is_source {
                        draft.relate_from_beyond(&id, relation, item)?;
                    } else {
                        draft.relate_beyond(item, relation, &id)?;
                    }
                    missing.push(id);
                }
            }
        }
    }
    Ok(())
}

/// `[kind:][namespace/]name` in full, in lower case.
fn reference(text: &str, kind: &str, namespace: &str) -> Result<String> {
    let (kind, rest) = text.split_once(':').unwrap_or((kind, text));
    let (namespace, name) = rest.split_once('/').unwrap_or((namespace, rest));
    let odd = |part: &str| part.is_empty() || part.contains([':', '/']);
    if [kind, namespace, name].into_iter().any(odd) {
        let expected = "a name or a reference [kind:][namespace/]name";
        return Err(Error::invalid("reference", format!("{text:?}"), expected));
    }
    Ok(format!("{kind}:{namespace}/{name}").to_lowercase())
}
