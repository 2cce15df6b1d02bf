//! A class with all that it inherits, laid out for looking up.

use std::sync::Arc;

use hashbrown::HashTable;

use super::compile::{Attributes, ClassModel};
use super::conform::Attribute;
use crate::snapshot::stable_hash;

/// The attributes of a class, its own and inherited, in the order of their names.
#[derive(Debug)]
pub(in crate::cmdb) struct Resolved {
    attributes: Vec<Arc<Attribute>>,
    table: HashTable<u32>,
    /// Whether some attribute has a default, is unique, is immutable: what is asked for each item.
    pub(in crate::cmdb) has_defaults: bool,
    pub(in crate::cmdb) has_unique: bool,
    pub(in crate::cmdb) has_immutable: bool,
    /// Whether some attribute is required or refers to an item.
    pub(in crate::cmdb) has_needs: bool,
}

impl Resolved {
    /// Shares what the class above has where this one adds nothing.
    pub(super) fn new(model: &ClassModel, class: &str) -> Arc<Self> {
        let parent = model.chain(class).nth(1).and_then(|(parent, _)| model.resolved(parent));
        let Some(found) = model.class(class) else { return Arc::new(Self::of(&Attributes::new())) };
        if let Some(parent) = parent
            && found.own.is_empty()
        {
            return Arc::clone(parent);
        }
        let mut all: Attributes = parent.map_or_else(Attributes::new, |parent| {
            let above = parent.attributes.iter();
            above.map(|attribute| (attribute.name.clone(), Arc::clone(attribute))).collect()
        });
        for (name, own) in &found.own {
            all.insert(name.clone(), Arc::clone(own));
        }
        Arc::new(Self::of(&all))
    }

    fn of(all: &Attributes) -> Self {
        let attributes: Vec<Arc<Attribute>> = all.values().cloned().collect();
        let hash = |n: &u32| stable_hash(attributes[*n as usize].name.as_bytes());
        let mut table = HashTable::with_capacity(attributes.len());
        for n in 0..attributes.len() as u32 {
            table.insert_unique(hash(&n), n, hash);
        }
        let any = |has: fn(&Attribute) -> bool| attributes.iter().any(|attribute| has(attribute));
        Resolved {
            has_defaults: any(|attribute| attribute.default.is_some()),
            has_unique: any(|attribute| attribute.definition.unique),
            has_immutable: any(|attribute| attribute.definition.immutable),
            has_needs: any(|own| own.definition.required || own.definition.refers()),
            attributes,
            table,
        }
    }

    /// All of them by name.
    pub(in crate::cmdb) fn attributes(&self) -> &[Arc<Attribute>] {
        &self.attributes
    }

    pub(in crate::cmdb) fn attribute(&self, name: &str) -> Option<&Arc<Attribute>> {
        let hash = stable_hash(name.as_bytes());
        let found = self.table.find(hash, |&n| self.attributes[n as usize].name == name)?;
        Some(&self.attributes[*found as usize])
    }
}
