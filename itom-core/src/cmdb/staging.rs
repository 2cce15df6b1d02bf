//! What the class model adds to a change before it is kept: defaults of new items, what goes with a
//! class that is left, the one order of ends that read the same, and the form a new model asks for.

use std::sync::Arc;

use super::check::{self, Constraints};
use super::database::Stage;
use super::history::{Entry, NONE};
use super::{Change, PutItem, Value};
use crate::{Error, Result};

impl Stage<'_> {
    /// Whether what the transaction said so far may be kept.
    pub(super) fn check(&mut self) -> Result<()> {
        self.constraints.add(self.history, self.model, self.history.open());
        check::check(self.history, self.model, self.constraints)
    }

    /// Whether what the transaction said of an item may be kept; after [`check`](Self::check).
    pub(super) fn check_item(&self, item: u32) -> Result<()> {
        let at = self.history.open().transaction.at;
        check::check_item(self.history, self.model, self.constraints, item, at)
    }

    /// Makes what there is fit a new model, and checks that it does.
    pub(super) fn adopt(&mut self) -> Result<()> {
        self.bring_into_form();
        *self.constraints = Constraints::of(self.history, self.model);
        check::audit(self.history, self.model, self.constraints)
    }

    /// The attributes that the item has and its new class does not know, where they are to go.
    pub(super) fn unknown(&self, put: &PutItem) -> Vec<String> {
        let (history, at) = (&*self.history, self.history.open().transaction.at);
        let item = history.ids.find(&put.id).filter(|_| put.drop_unknown);
        let (Some(item), Some(class)) = (item, &put.class) else { return Vec::new() };
        let class = self.model.canonical(class);
        let Some(resolved) = self.model.resolved(class).filter(|_| !self.model.is_open(class))
        else {
            return Vec::new();
        };
        let attributes = history.attributes(self.model, item, history.now(at));
        let names = attributes.keys().map(|word| history.words.text(*word));
        let unknown = names.filter(|name| {
            resolved.attribute(name).is_none() && !put.attributes.contains_key(*name)
        });
        unknown.map(str::to_owned).collect()
    }

    /// Whether the item has an attribute that its class does not know: one of a class it was in.
    pub(super) fn is_leftover(&self, id: &str, class: &str, attribute: &str) -> bool {
        let resolved = self.model.resolved(class);
        if resolved.is_none_or(|resolved| resolved.attribute(attribute).is_some()) {
            return false;
        }
        let history = &*self.history;
        let moment = history.now(history.open().transaction.at);
        let (item, word) = (history.ids.find(id), history.words.find(attribute));
        item.zip(word).is_some_and(|(item, word)| {
            history.attributes(self.model, item, moment).contains_key(&word)
        })
    }

    /// What an item that is new, or new in its class, is not given and has a default.
    pub(super) fn add_defaults(
        &mut self,
        id: &str,
        class: &str,
        values: &mut Vec<(u32, u32)>,
    ) -> Result<()> {
        let model = self.model;
        let Some(resolved) = model.resolved(class).filter(|class| class.has_defaults) else {
            return Ok(());
        };
        let history = &*self.history;
        let moment = history.now(history.open().transaction.at);
        let item = history.ids.find(id).map(|item| (item, history.item_state(item, moment).class));
        let there = item.filter(|(_, class)| *class != NONE);
        if there.is_some_and(|(_, own)| history.words.text(own) == class) {
            return Ok(());
        }
        let has = there.map(|(item, _)| history.attributes(model, item, moment));
        for attribute in resolved.attributes() {
            let Some(default) = &attribute.default else { continue };
            let (word, code) = self.interned(&attribute.name, default)?;
            let has = has.as_ref().is_some_and(|has| has.contains_key(&word));
            if !has && values.iter().all(|(own, _)| *own != word) {
                values.push((word, code));
            }
        }
        Ok(())
    }

    /// Keeps the model that the transaction sets, as one of its changes.
    pub(super) fn keep_model(&mut self) -> Result<()> {
        let model = Box::new(self.model.definition().clone());
        self.history.push(Entry::Control(Arc::new(Change::SetModel(model))))
    }

    /// Gives each item the defaults of a new model, and its values the form that it asks for.
    fn bring_into_form(&mut self) {
        if self.history.control.active {
            return;
        }
        for item in 0..self.history.items() {
            self.bring_item_into_form(item);
        }
    }

    fn bring_item_into_form(&mut self, item: u32) {
        let history = &*self.history;
        let moment = history.now(history.open().transaction.at);
        let state = history.item_state(item, moment);
        if state.class == NONE {
            return;
        }
        let class = history.words.text(state.class).to_owned();
        let Some(resolved) = self.model.resolved(self.model.canonical(&class)) else { return };
        let attributes = history.attributes(self.model, item, moment);
        let mut changed: Vec<(&str, Value)> = Vec::new();
        for attribute in resolved.attributes() {
            let word = history.words.find(&attribute.name);
            let new = match word.and_then(|word| attributes.get(&word)) {
                None => attribute.default.clone(),
                Some(value) => attribute.conform(value.clone()).ok().filter(|form| form != value),
            };
            changed.extend(new.map(|new| (attribute.name.as_str(), new)));
        }
        if !changed.is_empty() || self.model.canonical(&class) != class {
            let id = history.ids.text(item).to_owned();
            // What is refused here is refused by the check at the end, and told with the rest.
            let _ = self.item(&id, Some(&class), changed.into_iter());
        }
    }

    /// A kind that reads the same from both ends has no groups: they belong to a source.
    pub(super) fn check_symmetric(&self, kind: &str, group: Option<&str>) -> Result<()> {
        let Some(group) = group else { return Ok(()) };
        if self.model.relation(kind).is_some_and(|kind| kind.symmetric) {
            let expected = format!("left out: {kind} reads the same from both ends");
            return Err(Error::invalid("group", format!("{group:?}"), expected));
        }
        Ok(())
    }

    /// The ends of a relation as they are kept: where it reads the same from both, by id.
    pub(super) fn ordered<'n>(
        &self,
        source: &'n str,
        kind: &str,
        target: &'n str,
    ) -> (&'n str, &'n str) {
        let symmetric = self.model.relation(kind).is_some_and(|kind| kind.symmetric);
        if symmetric && target < source { (target, source) } else { (source, target) }
    }
}
