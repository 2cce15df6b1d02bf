//! What of a view is drawn or written: all of it, or some ids and the relations between them.

use std::collections::BTreeSet;

use crate::cmdb::{Item, MinUpType, Relation, Value, View};
use crate::{Error, Result};

/// The items, sorted by id, and the relations between them, sorted.
pub(super) fn part(view: &View, ids: Option<&[&str]>) -> Result<(Vec<Item>, Vec<Relation>)> {
    let Some(ids) = ids else { return Ok((view.items(None)?, view.relations(None)?)) };
    let wanted: BTreeSet<&str> = ids.iter().copied().collect();
    let mut items = Vec::with_capacity(wanted.len());
    for id in &wanted {
        let item = view.item(id);
        items.push(item.ok_or_else(|| Error::not_found("ids", "item", format!("{id:?}")))?);
    }
    let mut relations = Vec::new();
    for id in &wanted {
        let own = view.relations(Some(id))?.into_iter();
        let inside = own.filter(|one| one.source == *id && wanted.contains(one.target.as_str()));
        relations.extend(inside);
    }
    relations.sort_unstable();
    Ok((items, relations))
}

/// What people call an item: its name, if it has one, or its id.
pub(super) fn label(item: &Item) -> &str {
    match item.attributes.get("name") {
        Some(Value::Text(name)) if !name.is_empty() => name,
        _ => &item.id,
    }
}

/// What is written at a relation: its kind and, of a group, its name, what it needs, and what the
/// member weighs if the relation says so.
pub(super) fn caption(relation: &Relation) -> String {
    match (&relation.group, relation.min_up) {
        (Some(group), Some(min_up)) => {
            let measure = match relation.min_up_type.unwrap_or_default() {
                MinUpType::Count => "",
                MinUpType::Percent => "%",
                MinUpType::Weight => " by weight",
                MinUpType::WeightPercent => "% by weight",
            };
            let weight = relation.weight.map_or(String::new(), |weight| format!(", {weight}"));
            format!("{} ({group}: {min_up}{measure}{weight})", relation.kind)
        }
        _ => relation.kind.clone(),
    }
}
