//! The states an item goes through, and which may follow which.
//!
//! A [`LifecycleDefinition`] names the states of a class and which may follow which; it is part of
//! the rules, and a transaction that goes another way is refused. Soft deletion is a state, removal
//! is a change. Checking costs two readings of an item for each one put.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Value;
use super::history::{Entry, History, Moment, NONE};
use super::model::ClassModel;
use crate::{Error, Result, Timestamp};

/// The states of items of a class: an attribute, its values, and which may follow which.
///
/// ```
/// use itom_core::cmdb::LifecycleDefinition;
///
/// let lifecycle = LifecycleDefinition::operations();
/// assert!(lifecycle.allows(Some("planned"), "in_stock"));
/// assert!(!lifecycle.allows(Some("retired"), "planned"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LifecycleDefinition {
    /// The attribute that holds the state.
    #[serde(default = "state")]
    pub attribute: String,
    /// The states by name, each with those that may follow it.
    pub states: BTreeMap<String, Vec<String>>,
    /// The states an item may begin with; none named is every state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub initial: Vec<String>,
    /// The state of an item that its last source no longer sees, for sweeps that mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
}

fn state() -> String {
    "state".to_owned()
}

impl LifecycleDefinition {
    /// The life of hardware and what runs on it: planned, in stock, operational, in maintenance,
    /// absent, retired.
    ///
    /// ```
    /// use itom_core::cmdb::LifecycleDefinition;
    /// assert_eq!(LifecycleDefinition::operations().absent.as_deref(), Some("absent"));
    /// ```
    pub fn operations() -> Self {
        let state = |name: &str, next: &[&str]| {
            (name.to_owned(), next.iter().map(|next| (*next).to_owned()).collect())
        };
        LifecycleDefinition {
            attribute: self::state(),
            states: BTreeMap::from([
                state("planned", &["in_stock", "operational", "retired"]),
                state("in_stock", &["operational", "maintenance", "retired", "absent"]),
                state("operational", &["maintenance", "in_stock", "retired", "absent"]),
                state("maintenance", &["operational", "in_stock", "retired", "absent"]),
                state("absent", &["operational", "maintenance", "in_stock", "retired"]),
                state("retired", &["in_stock"]),
            ]),
            initial: Vec::new(),
            absent: Some("absent".to_owned()),
        }
    }

    /// Whether an item may come into a state from another, or begin with it.
    ///
    /// ```
    /// use itom_core::cmdb::LifecycleDefinition;
    /// assert!(!LifecycleDefinition::operations().allows(None, "lost"));
    /// ```
    pub fn allows(&self, from: Option<&str>, to: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|name| name == to);
        match from {
            _ if !self.states.contains_key(to) => false,
            None => self.initial.is_empty() || listed(&self.initial),
            Some(from) if from == to => true,
            // From a state that the definition does not have, every way out is open.
            Some(from) => self.states.get(from).is_none_or(|next| listed(next)),
        }
    }

    /// What may be meant by `from` → `to`, for messages.
    fn expected(&self, from: Option<&str>) -> String {
        let all = || self.states.keys().cloned().collect::<Vec<_>>();
        let next = match from {
            None if self.initial.is_empty() => all(),
            None => self.initial.clone(),
            Some(from) => self.states.get(from).cloned().unwrap_or_else(all),
        };
        match from {
            Some(from) => format!("{from} or one of {}, which may follow it", next.join(", ")),
            None => format!("one of {}", next.join(", ")),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.attribute.is_empty() {
            return Err(Error::invalid("attribute", "\"\"", "a name"));
        }
        if self.states.is_empty() || self.states.contains_key("") {
            return Err(Error::invalid("states", "none, or one without a name", "names of states"));
        }
        let known = |argument: &str, name: &String| match self.states.contains_key(name) {
            true => Ok(()),
            false => Err(Error::not_found(argument, "state", format!("{name:?}"))),
        };
        for (state, next) in &self.states {
            next.iter().try_for_each(|next| known(state, next))?;
        }
        self.initial.iter().try_for_each(|state| known("initial", state))?;
        self.absent.iter().try_for_each(|state| known("absent", state))
    }
}

// ---------------------------------------------------------------- transitions

/// Checks the states that the transaction under way puts.
pub(super) fn check(history: &History, model: &ClassModel, at: Timestamp) -> Result<()> {
    if history.control.rules(history.now(at)).is_none_or(|rules| rules.lifecycle.is_empty()) {
        return Ok(());
    }
    for entry in &history.open().entries {
        if let Entry::PutItem { item, .. } = entry {
            check_item(history, model, *item, at)?;
        }
    }
    Ok(())
}

/// Checks the way of one item from its state before the transaction under way to that after it.
pub(super) fn check_item(
    history: &History,
    model: &ClassModel,
    item: u32,
    at: Timestamp,
) -> Result<()> {
    let now = history.now(at);
    let item = history.control.representative(item, now);
    let class = history.item_state(item, now).class;
    let Some(rules) = history.control.rules(now).filter(|_| class != NONE) else { return Ok(()) };
    let class = history.words.text(class);
    let Some(lifecycle) = rules.lifecycle(model, class) else { return Ok(()) };
    let Some(word) = history.words.find(&lifecycle.attribute) else { return Ok(()) };
    let state = |moment: Moment| history.attributes(model, item, moment).remove(&word);
    let before = state(Moment { valid: at, transactions: history.transactions() });
    let Some(after) = state(now) else { return Ok(()) };
    if before.as_ref() == Some(&after) {
        return Ok(());
    }
    let before = match &before {
        Some(Value::Text(before)) => Some(before.as_str()),
        _ => None,
    };
    match &after {
        Value::Text(after) if lifecycle.allows(before, after) => Ok(()),
        after => {
            let expected = lifecycle.expected(before);
            let of = format!("item {:?} of class {class}", history.ids.text(item));
            Err(Error::invalid(&lifecycle.attribute, after, expected).within(of))
        }
    }
}
