//! Which value wins where sources disagree: rules as a document.
//!
//! A [`ReconciliationRule`] speaks of a class and those below it, and of attributes by name or of
//! all. Of the rules that speak of an attribute of an item, the one of the most special class is
//! taken; of those of one class one that names the attribute before one for all, then the first in
//! the list. No rule is the rule `precedence` without a list: who said something last is right.
//! Changing the rules is a transaction: what was known before is read by the rules known then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::lifecycle::LifecycleDefinition;
use super::super::model::ClassModel;
use crate::{Duration, Error, Result};

/// How values of several sources become one, how classes may change, and which states there are.
///
/// ```
/// use itom_core::cmdb::ReconciliationRules;
///
/// let rules: ReconciliationRules = serde_json::from_str(r#"{
///     "rules": [
///         {"class": "host", "attributes": ["serial_number"], "sources": ["scanner", "import"],
///          "refresh_after": "PT168H"},
///         {"class": "host", "attributes": ["tags"], "choose": "union"},
///         {"choose": "last"}
///     ],
///     "switches": [{"from": "linux_host", "to": "windows_host"}]
/// }"#)?;
/// assert_eq!(rules.rules.len(), 3);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReconciliationRules {
    /// Which value wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<ReconciliationRule>,
    /// Which changes of class to one that is neither above nor below a source may bring about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub switches: Vec<ClassSwitch>,
    /// The states of items by class; the one of the most special class holds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lifecycle: BTreeMap<String, LifecycleDefinition>,
}

/// Which of the values that sources claim for an attribute is the item's.
///
/// ```
/// use itom_core::cmdb::{Choose, ReconciliationRule};
///
/// let rule: ReconciliationRule = serde_json::from_str(r#"{"sources": ["scanner", null]}"#)?;
/// assert_eq!(rule.choose, Choose::Precedence); // the scanner before what was said by hand
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReconciliationRule {
    /// The class it speaks of, with those below it; left out, of every class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The attributes it speaks of; none named is all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// How the value is found.
    pub choose: Choose,
    /// The sources, best first; `null` is what is said by hand. Sources not named come last. Where
    /// `choose` is another than `precedence`, the order decides between equals.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Option<String>>,
    /// With `precedence`: a source that has not seen the item for longer comes behind those that
    /// have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<Duration>,
}

/// How one value is found among those of several sources.
///
/// ```
/// assert_eq!(serde_json::to_string(&itom_core::cmdb::Choose::Most)?, "\"most\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Choose {
    /// The value of the best source in the list, the last said among those not in it.
    #[default]
    Precedence,
    /// The value said first of those that still stand.
    First,
    /// The value said last.
    Last,
    /// The value most sources agree on.
    Most,
    /// The largest value.
    Largest,
    /// The smallest value.
    Smallest,
    /// Lists: all elements, each once, those of the better source first. Other values as `last`.
    Union,
}

impl Choose {
    /// Whether values are compared or joined.
    pub(super) fn looks_at_values(self) -> bool {
        matches!(self, Choose::Largest | Choose::Smallest | Choose::Union)
    }
}

/// A change of class that a source may bring about though neither class is above the other.
///
/// ```
/// use itom_core::cmdb::ClassSwitch;
///
/// let switch: ClassSwitch = serde_json::from_str(r#"{"from": "linux_host", "to": "host"}"#)?;
/// assert_eq!(switch.to, "host");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassSwitch {
    /// The class the item has, or one above it.
    pub from: String,
    /// The class the record has, or one above it.
    pub to: String,
}

impl ReconciliationRules {
    /// Refuses what cannot be meant.
    pub(in crate::cmdb) fn check(&self, model: &ClassModel) -> Result<()> {
        for (n, rule) in self.rules.iter().enumerate() {
            rule.check(model).map_err(|error| error.within(format!("rules[{n}]")))?;
        }
        for (n, switch) in self.switches.iter().enumerate() {
            let place = |error: Error| error.within(format!("switches[{n}]"));
            known_class(model, "from", &switch.from).map_err(place)?;
            known_class(model, "to", &switch.to).map_err(place)?;
        }
        for (class, lifecycle) in &self.lifecycle {
            let place = |error: Error| error.within(format!("lifecycle of {class}"));
            known_class(model, "class", class).map_err(place)?;
            lifecycle.check().map_err(place)?;
        }
        Ok(())
    }

    /// The number of the rule for an attribute of a class.
    pub(in crate::cmdb) fn find(
        &self,
        model: &ClassModel,
        class: &str,
        attribute: &str,
    ) -> Option<usize> {
        let speaks = |rule: &ReconciliationRule| {
            let class = rule.class.as_deref().is_none_or(|above| model.is_a(class, above));
            let named = rule.attributes.iter().any(|name| name == attribute);
            (class && (named || rule.attributes.is_empty())).then_some(named)
        };
        let mut best: Option<(usize, bool)> = None;
        for (n, rule) in self.rules.iter().enumerate() {
            let Some(named) = speaks(rule) else { continue };
            let better = best.is_none_or(|(other, other_named)| {
                let (new, old) = (&rule.class, &self.rules[other].class);
                if new == old { named && !other_named } else { more_special(model, new, old) }
            });
            if better {
                best = Some((n, named));
            }
        }
        best.map(|(n, _)| n)
    }

    /// Whether an item of one class may become one of another that is neither above nor below.
    pub(in crate::cmdb) fn may_switch(&self, model: &ClassModel, from: &str, to: &str) -> bool {
        let allows =
            |switch: &ClassSwitch| model.is_a(from, &switch.from) && model.is_a(to, &switch.to);
        self.switches.iter().any(allows)
    }

    /// The states of a class.
    pub(in crate::cmdb) fn lifecycle(
        &self,
        model: &ClassModel,
        class: &str,
    ) -> Option<&LifecycleDefinition> {
        let mut best: Option<(&str, &LifecycleDefinition)> = None;
        for (above, lifecycle) in &self.lifecycle {
            let better = best.is_none_or(|(other, _)| model.is_a(above, other));
            if better && model.is_a(class, above) {
                best = Some((above, lifecycle));
            }
        }
        best.map(|(_, lifecycle)| lifecycle)
    }
}

/// Whether a rule's class is below another's; none is above all.
fn more_special(model: &ClassModel, new: &Option<String>, old: &Option<String>) -> bool {
    match (new, old) {
        (Some(_), None) => true,
        (Some(new), Some(old)) => model.is_a(new, old),
        (None, _) => false,
    }
}

fn known_class(model: &ClassModel, argument: &str, class: &str) -> Result<()> {
    if class.is_empty() {
        return Err(Error::invalid(argument, "\"\"", "a class"));
    }
    if model.has_class(class) {
        return Ok(());
    }
    Err(Error::not_found(argument, "class", format!("{class:?}")))
}

impl ReconciliationRule {
    fn check(&self, model: &ClassModel) -> Result<()> {
        self.class.as_ref().map_or(Ok(()), |class| known_class(model, "class", class))?;
        if self.attributes.iter().any(String::is_empty) {
            return Err(Error::invalid("attributes", "\"\"", "names"));
        }
        for (n, source) in self.sources.iter().enumerate() {
            if source.as_deref() == Some("") {
                return Err(Error::invalid("sources", "\"\"", "names, or null for by hand"));
            }
            if self.sources[..n].contains(source) {
                let value = format!("{} twice", source.as_deref().unwrap_or("null"));
                return Err(Error::invalid("sources", value, "each source once"));
            }
        }
        let Some(after) = self.refresh_after else { return Ok(()) };
        if after.as_nanos() <= 0 {
            return Err(Error::invalid("refresh_after", after, "longer than nothing"));
        }
        if self.choose != Choose::Precedence {
            let value = format!("given with choose {:?}", self.choose).to_lowercase();
            return Err(Error::invalid("refresh_after", value, "given only with precedence"));
        }
        Ok(())
    }

    /// The place of a source in the list, behind all where it is not in it.
    pub(in crate::cmdb) fn rank(&self, source: Option<&str>) -> usize {
        let place = self.sources.iter().position(|listed| listed.as_deref() == source);
        place.unwrap_or(self.sources.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ClassModel {
        let classes = r#"{"classes": {"item": {}, "host": {"extends": "item"},
            "linux": {"extends": "host"}, "windows": {"extends": "host"}}}"#;
        ClassModel::new(serde_json::from_str(classes).unwrap()).unwrap()
    }

    #[test]
    fn the_most_special_rule_speaks() {
        let rules: ReconciliationRules = serde_json::from_str(
            r#"{"rules": [{"choose": "last"}, {"class": "item", "attributes": ["a"]},
                {"class": "host"}, {"class": "host", "attributes": ["a", "b"]},
                {"class": "host", "attributes": ["a"]}, {"attributes": ["c"]}]}"#,
        )
        .unwrap();
        let model = model();
        rules.check(&model).unwrap();
        let find = |class, attribute| rules.find(&model, class, attribute);
        assert_eq!(find("linux", "a"), Some(3));
        assert_eq!(find("linux", "c"), Some(2));
        assert_eq!(find("item", "a"), Some(1));
        assert_eq!((find("item", "b"), find("item", "c")), (Some(0), Some(5)));
        assert_eq!(ReconciliationRules::default().find(&model, "linux", "a"), None);
    }

    #[test]
    fn mistakes_are_named() {
        for (json, part) in [
            (r#"{"rules": [{"class": "hsot"}]}"#, "rules[0]: class: class \"hsot\""),
            (r#"{"rules": [{"sources": ["a", "a"]}]}"#, "a twice"),
            (r#"{"rules": [{"sources": [null, null]}]}"#, "null twice"),
            (r#"{"rules": [{"attributes": [""]}]}"#, "attributes"),
            (r#"{"rules": [{"refresh_after": "PT0S"}]}"#, "refresh_after"),
            (r#"{"rules": [{"refresh_after": "PT1S", "choose": "most"}]}"#, "choose most"),
            (r#"{"switches": [{"from": "linux", "to": "x"}]}"#, "switches[0]: to"),
        ] {
            let rules: ReconciliationRules = serde_json::from_str(json).unwrap();
            let error = rules.check(&model()).unwrap_err().to_string();
            assert!(error.contains(part), "{json}: {error}");
        }
        assert!(serde_json::from_str::<ReconciliationRules>(r#"{"rule": []}"#).is_err());
    }
}
