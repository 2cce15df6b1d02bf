//! Items against the class model.

use std::collections::BTreeMap;

use super::constraints::Constraints;
use crate::cmdb::Value;
use crate::cmdb::history::{History, ItemState, Moment, NONE};
use crate::cmdb::model::{Attribute, ClassModel};
use crate::{Error, ErrorKind, Result, Timestamp};

type Attributes = BTreeMap<u32, Value>;

/// Whether an item is of another class than before the transaction.
pub(super) fn is_reclassified(history: &History, item: u32, at: Timestamp) -> bool {
    let before = Moment { valid: at, transactions: history.transactions() };
    let before = history.item_state(item, before).class;
    before != NONE && before != history.item_state(item, history.now(at)).class
}

/// Whether an item of a class is as it should be where each of its values is in form.
pub(super) fn needs_nothing(model: &ClassModel, class: &str) -> bool {
    let resolved = model.resolved(class);
    resolved.is_none_or(|class| !class.has_needs && !class.has_unique && !class.has_immutable)
}

/// Whether the values of an item that was put as of a class are in form, because those staged were
/// brought into it and the item was of that class before, or is new.
pub(super) fn is_as_staged(history: &History, (item, class): (u32, u32), at: Timestamp) -> bool {
    let before = Moment { valid: at, transactions: history.transactions() };
    let class_at = |moment| history.item_state(item, moment).class;
    history.is_new(item) || class_at(before) == class && class_at(history.now(at)) == class
}

/// An item that was put: what it is now, and what became of what it was.
pub(in crate::cmdb) fn check_change(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
    item: u32,
    at: Timestamp,
) -> Result<()> {
    if model.any_class() {
        return Ok(());
    }
    let moment = history.now(at);
    let state = history.item_state(item, moment);
    if state.class == NONE {
        return Ok(());
    }
    let attributes = history.attributes(model, item, moment);
    let check = || {
        check_values(history, model, item, moment, (state, &attributes))?;
        check_unique(history, model, constraints, item, moment, (state, &attributes))?;
        check_before(history, model, item, at, (state, &attributes))
    };
    check().map_err(|error| error.within(place(history, item, state.class)))
}

/// An item as it is at a moment, whatever it was before.
pub(super) fn check_state(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
    item: u32,
    moment: Moment,
) -> Result<()> {
    let state = history.item_state(item, moment);
    if model.any_class() || state.class == NONE {
        return Ok(());
    }
    let attributes = history.attributes(model, item, moment);
    let check = || {
        model.check_item_class(history.words.text(state.class))?;
        check_values(history, model, item, moment, (state, &attributes))?;
        check_unique(history, model, constraints, item, moment, (state, &attributes))
    };
    check().map_err(|error| error.within(place(history, item, state.class)))
}

fn place(history: &History, item: u32, class: u32) -> String {
    format!("item {:?} of class {}", history.ids.text(item), history.words.text(class))
}

/// Required attributes are there, every attribute belongs to the class the item ended up with, and
/// references lead to items.
fn check_values(
    history: &History,
    model: &ClassModel,
    item: u32,
    moment: Moment,
    (state, attributes): (ItemState, &Attributes),
) -> Result<()> {
    let class = model.canonical(history.words.text(state.class));
    for (&word, value) in attributes {
        model.conform(class, history.words.text(word), value.clone())?;
    }
    let Some(resolved) = model.resolved(class) else { return Ok(()) };
    for attribute in resolved.attributes() {
        let definition = &attribute.definition;
        let refers = definition.refers();
        if !definition.required && !refers {
            continue;
        }
        let word = history.words.find(&attribute.name);
        let value = word.and_then(|word| attributes.get(&word));
        match value {
            None if definition.required => {
                return Err(Error::invalid(&attribute.name, "no value", "given"));
            }
            Some(Value::Text(other)) if refers => {
                check_reference(history, model, attribute, other, moment)?;
            }
            Some(Value::List(others)) if refers => {
                for other in others {
                    let Value::Text(other) = other else { continue };
                    check_reference(history, model, attribute, other, moment)?;
                }
            }
            _ => {}
        }
    }
    debug_assert!(history.item_state(item, moment).class == state.class);
    Ok(())
}

fn check_reference(
    history: &History,
    model: &ClassModel,
    attribute: &Attribute,
    other: &str,
    moment: Moment,
) -> Result<()> {
    let row = history.ids.find(other).map(|row| history.control.representative(row, moment));
    let target = row.map(|row| history.item_state(row, moment).class);
    let Some(target) = target.filter(|&class| class != NONE) else {
        return Err(Error::not_found(&attribute.name, "item", format!("{other:?}")));
    };
    let (target, wanted) = (history.words.text(target), attribute.definition.class.as_deref());
    if wanted.is_some_and(|wanted| !model.is_a(model.canonical(target), wanted)) {
        let expected = format!("an item of class {}", wanted.unwrap_or_default());
        let value = format!("{other:?} of class {target}");
        return Err(Error::invalid(&attribute.name, value, expected));
    }
    Ok(())
}

/// No other item of the class in which an attribute is unique has its value.
fn check_unique(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
    item: u32,
    moment: Moment,
    (state, attributes): (ItemState, &Attributes),
) -> Result<()> {
    let Some(resolved) = model.resolved(model.canonical(history.words.text(state.class))) else {
        return Ok(());
    };
    if !resolved.has_unique {
        return Ok(());
    }
    for attribute in resolved.attributes().iter().filter(|own| own.definition.unique) {
        let word = history.words.find(&attribute.name);
        let own = word.and_then(|word| Some((word, attributes.get(&word)?)));
        let Some((word, value)) = own else { continue };
        let others = constraints.items(&attribute.name, value);
        for other in others.filter(|&other| other != item && other < history.items()) {
            let class = history.item_state(other, moment).class;
            if class == NONE {
                continue;
            }
            let of = model.resolved(model.canonical(history.words.text(class)));
            let same = of.and_then(|of| of.attribute(&attribute.name));
            if same.is_none_or(|same| same.scope != attribute.scope) {
                continue;
            }
            if history.attributes(model, other, moment).get(&word) == Some(value) {
                let message = format!(
                    "{} must be unique, got {value}, which item {:?} has",
                    attribute.name,
                    history.ids.text(other)
                );
                return Err(Error::new(ErrorKind::Conflict, message).about(&attribute.name));
            }
        }
    }
    Ok(())
}

/// What the item was before the transaction may become what it is now.
fn check_before(
    history: &History,
    model: &ClassModel,
    item: u32,
    at: Timestamp,
    (state, attributes): (ItemState, &Attributes),
) -> Result<()> {
    let earlier = Moment { valid: at, transactions: history.transactions() };
    let before = history.item_state(item, earlier);
    // Removed and made again it is another.
    if before.class == NONE || before.removed != state.removed {
        return Ok(());
    }
    let [old, new] = [before.class, state.class].map(|class| history.words.text(class));
    check_reclassification(model, model.canonical(old), model.canonical(new))?;
    let Some(resolved) = model.resolved(model.canonical(new)) else { return Ok(()) };
    if !resolved.has_immutable {
        return Ok(());
    }
    let had = history.attributes(model, item, earlier);
    for attribute in resolved.attributes().iter().filter(|own| own.definition.immutable) {
        let word = history.words.find(&attribute.name);
        let pair = word.and_then(|word| Some((had.get(&word)?, attributes.get(&word))));
        if let Some((first, now)) = pair
            && now != Some(first)
        {
            let now = now.map_or("no value".to_owned(), |now| now.to_string());
            let message =
                format!("{} must stay {first}: it is immutable, got {now}", attribute.name);
            return Err(Error::new(ErrorKind::Conflict, message).about(&attribute.name));
        }
    }
    Ok(())
}

fn check_reclassification(model: &ClassModel, old: &str, new: &str) -> Result<()> {
    if old == new {
        return Ok(());
    }
    let rule = model.reclassification(old);
    let (what, allowed) = if model.is_a(new, old) {
        ("an upgrade", rule.upgrade)
    } else if model.is_a(old, new) {
        ("a downgrade", rule.downgrade)
    } else {
        ("a switch", rule.switch)
    };
    if allowed {
        return Ok(());
    }
    let message = format!("class must stay {old}: {what} to {new} is not allowed by its class");
    Err(Error::new(ErrorKind::Conflict, message).about("class"))
}
