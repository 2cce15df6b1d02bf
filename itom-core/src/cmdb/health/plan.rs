//! A definition made ready for a model: what each class of items is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::history::{History, Moment, NONE};
use super::super::model::ClassModel;
use super::super::pattern::Patterns;
use super::super::query::check_condition;
use super::super::reconcile::Identities;
use super::super::{Cardinality, Direction, RelationDefinition};
use super::tally::Weights;
use super::{HealthClass, HealthDefinition, HealthRelation};
use crate::{Error, Result};

/// Weights are no more than this, so that sums of them stay exact.
const MOST_WEIGHT: u32 = 1_000_000;
/// As many failing items may be told one by one.
const MOST_TOLD: u32 = 1_000_000;

/// A definition that was checked, with the names it needs.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) definition: Arc<HealthDefinition>,
    /// The regular expressions of its conditions.
    pub(super) patterns: Patterns,
    pub(super) weights: Weights,
    /// The class of services, if there is one.
    pub(super) service: Option<String>,
    /// Names of attributes and of kinds of relations, sorted.
    names: Vec<String>,
    /// The word of each, [`NONE`] until it has one.
    words: Vec<u32>,
    /// By word whether it is one of the names.
    wanted: Vec<bool>,
    owner: usize,
    /// By class's word.
    classes: hashbrown::HashMap<u32, Arc<ClassPlan>>,
    /// By class's words whether the first is the second or below it.
    below: hashbrown::HashMap<(u32, usize), bool>,
    /// Names of classes that relations are asked to lead to.
    targets: Vec<String>,
}

/// What items of a class are asked for; attributes and kinds by number of name.
#[derive(Debug)]
pub(super) struct ClassPlan {
    pub(super) weight: u32,
    pub(super) exempt: u16,
    pub(super) required: Vec<usize>,
    pub(super) recommended: Vec<usize>,
    pub(super) stale_after: i64,
    pub(super) related: Vec<Related>,
    pub(super) minimums: Vec<Minimum>,
    /// Numbers of rules.
    pub(super) rules: Vec<usize>,
    /// The attribute of the state, and the state of what is not seen any more.
    pub(super) absent: Option<(usize, String)>,
    pub(super) identities: Identities,
    /// Kinds of relations to hosts that identify.
    pub(super) hosts: bool,
    pub(super) is_service: bool,
}

/// A relation that an item must have.
#[derive(Debug)]
pub(super) struct Related {
    /// None is any.
    pub(super) kinds: Vec<usize>,
    pub(super) direction: Direction,
    /// The number of the class at the other end.
    pub(super) class: Option<usize>,
}

/// The least number of others at an end of a kind of relation.
#[derive(Debug)]
pub(super) struct Minimum {
    pub(super) kind: usize,
    pub(super) direction: Direction,
    pub(super) least: u32,
}

impl Plan {
    pub(super) fn new(definition: &Arc<HealthDefinition>, model: &ClassModel) -> Result<Self> {
        let mut patterns = Patterns::default();
        check(definition, model, &mut patterns).map_err(|error| error.about("definition"))?;
        let usual = "service".to_owned();
        let service = definition.service.clone().or(model.has_class(&usual).then_some(usual));
        let mut plan = Plan {
            definition: Arc::clone(definition),
            patterns,
            weights: Weights::new(definition),
            service,
            names: names(definition, model),
            words: Vec::new(),
            wanted: Vec::new(),
            owner: 0,
            classes: hashbrown::HashMap::new(),
            below: hashbrown::HashMap::new(),
            targets: Vec::new(),
        };
        plan.words = vec![NONE; plan.names.len()];
        plan.owner = plan.number(&definition.owner);
        Ok(plan)
    }

    /// Adds what lifecycles ask for, which the history knows.
    pub(super) fn add_lifecycles(&mut self, history: &History, moment: Moment) {
        let Some(rules) = history.control.rules(moment) else { return };
        let attributes = rules.lifecycle.values().map(|lifecycle| lifecycle.attribute.clone());
        self.names.extend(attributes);
        self.names.sort_unstable();
        self.names.dedup();
        self.words = vec![NONE; self.names.len()];
        self.owner = self.number(&self.definition.owner);
    }

    fn number(&self, name: &str) -> usize {
        let found = self.names.binary_search_by(|own| own.as_str().cmp(name));
        found.expect("all names were gathered before")
    }

    /// Learns the words that there are since it was last asked.
    pub(super) fn learn(&mut self, history: &History) {
        for word in self.wanted.len()..history.words.len() {
            let name = history.words.text(word as u32);
            let number = self.names.binary_search_by(|own| own.as_str().cmp(name));
            if let Ok(number) = number {
                self.words[number] = word as u32;
            }
            self.wanted.push(number.is_ok());
        }
    }

    /// Whether what a word means is read of items.
    pub(super) fn wants(&self, word: u32) -> bool {
        self.wanted.get(word as usize).copied().unwrap_or(false)
    }

    /// The word of a name.
    pub(super) fn word(&self, number: usize) -> u32 {
        self.words[number]
    }

    pub(super) fn name(&self, number: usize) -> &str {
        &self.names[number]
    }

    /// The word of an attribute that the definition names.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        let number = self.names.binary_search_by(|own| own.as_str().cmp(name)).ok()?;
        Some(self.words[number]).filter(|word| *word != NONE)
    }

    pub(super) fn owner(&self) -> u32 {
        self.words[self.owner]
    }

    /// Whether items of a class are of, or below, one that relations are asked to lead to.
    pub(super) fn is_below(
        &mut self,
        history: &History,
        model: &ClassModel,
        class: u32,
        target: usize,
    ) -> bool {
        let is_a = || model.is_a(history.words.text(class), &self.targets[target]);
        *self.below.entry((class, target)).or_insert_with(is_a)
    }

    /// The name of a class that relations are asked to lead to.
    pub(super) fn target(&self, number: usize) -> &str {
        &self.targets[number]
    }

    pub(super) fn class(
        &mut self,
        history: &History,
        model: &ClassModel,
        moment: Moment,
        class: u32,
    ) -> Arc<ClassPlan> {
        if let Some(known) = self.classes.get(&class) {
            return Arc::clone(known);
        }
        let plan = Arc::new(self.compile(history, model, moment, history.words.text(class)));
        self.classes.insert(class, Arc::clone(&plan));
        plan
    }

    fn compile(
        &mut self,
        history: &History,
        model: &ClassModel,
        moment: Moment,
        class: &str,
    ) -> ClassPlan {
        let definition = Arc::clone(&self.definition);
        let said = chain(&definition, model, class);
        let (mut required, mut recommended) = (Vec::new(), Vec::new());
        for (name, attribute) in model.attributes(class) {
            if attribute.required {
                required.push(self.number(name));
            }
            if attribute.recommended {
                recommended.push(self.number(name));
            }
        }
        required.extend(said.iter().flat_map(|s| &s.required).map(|name| self.number(name)));
        let more = said.iter().flat_map(|s| &s.recommended).map(|name| self.number(name));
        recommended.extend(more);
        for names in [&mut required, &mut recommended] {
            names.sort_unstable();
            names.dedup();
        }
        recommended.retain(|name| required.binary_search(name).is_err());
        let related = said.iter().find_map(|s| s.related.as_ref()).unwrap_or(&definition.related);
        let related = related.iter().map(|relation| self.related(relation)).collect();
        let stale_after = said.iter().find_map(|s| s.stale_after).unwrap_or(definition.stale_after);
        let rules = definition.rules.iter().enumerate();
        let rules = rules
            .filter(|(_, rule)| rule.class.as_ref().is_none_or(|wanted| model.is_a(class, wanted)));
        let lifecycle = history.control.rules(moment);
        let lifecycle = lifecycle.and_then(|rules| rules.lifecycle(model, class));
        let absent = lifecycle.and_then(|l| Some((self.number(&l.attribute), l.absent.clone()?)));
        let exempt = said.iter().flat_map(|s| &s.exempt).fold(0, |bits, m| bits | m.bit());
        let identities = Identities::new(model, class);
        ClassPlan {
            weight: said.iter().find_map(|s| s.weight).unwrap_or(1),
            exempt,
            required,
            recommended,
            stale_after: stale_after.as_nanos(),
            related,
            minimums: self.minimums(model, class),
            rules: rules.map(|(n, _)| n).collect(),
            absent,
            hosts: identities.depends(),
            identities,
            is_service: self.service.as_ref().is_some_and(|service| model.is_a(class, service)),
        }
    }

    fn related(&mut self, relation: &HealthRelation) -> Related {
        let class = relation.class.as_ref().map(|class| {
            let known = self.targets.iter().position(|target| target == class);
            known.unwrap_or_else(|| {
                self.targets.push(class.clone());
                self.targets.len() - 1
            })
        });
        let kinds = relation.kinds.iter().map(|kind| self.number(kind)).collect();
        Related { kinds, direction: relation.direction, class }
    }

    fn minimums(&self, model: &ClassModel, class: &str) -> Vec<Minimum> {
        let mut minimums = Vec::new();
        for (name, kind) in &model.definition().relations {
            for (side, count) in sides(kind) {
                let ends = kind.ends.iter().map(|ends| match side {
                    Direction::Providers => &ends.source,
                    _ => &ends.target,
                });
                let is_end = |end: &Option<String>| {
                    end.as_ref().is_none_or(|wanted| model.is_a(class, wanted))
                };
                if count.min > 0 && (kind.ends.is_empty() || ends.clone().any(is_end)) {
                    let direction = if kind.symmetric { Direction::Both } else { side };
                    let least = count.min;
                    minimums.push(Minimum { kind: self.number(name), direction, least });
                }
            }
        }
        minimums
    }
}

/// How many others each end of a kind of relation may have, seen from that end.
fn sides(kind: &RelationDefinition) -> [(Direction, Cardinality); 2] {
    let (targets, sources) = (kind.targets_per_source, kind.sources_per_target);
    [(Direction::Providers, targets), (Direction::Consumers, sources)]
}

/// What is said of a class and of those above it, the nearest first.
fn chain<'a>(
    definition: &'a HealthDefinition,
    model: &ClassModel,
    class: &str,
) -> Vec<&'a HealthClass> {
    let said = definition.classes.iter().filter(|(above, _)| model.is_a(class, above));
    // Classes have one parent, so of those above a class the nearest is below the most others.
    let depth =
        |one: &str| definition.classes.keys().filter(|above| model.is_a(one, above)).count();
    let mut said: Vec<(usize, &HealthClass)> =
        said.map(|(name, class)| (depth(name), class)).collect();
    said.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    said.into_iter().map(|(_, class)| class).collect()
}

/// Every name of an attribute or a kind that may be asked for.
fn names(definition: &HealthDefinition, model: &ClassModel) -> Vec<String> {
    let mut names: Vec<&str> = vec![&definition.owner];
    names.extend(definition.scope.iter().flat_map(|scope| scope.attributes()));
    for rule in &definition.rules {
        names.extend(rule.condition.attributes());
        names.extend(rule.when.iter().flat_map(|when| when.attributes()));
    }
    for class in definition.classes.values() {
        let attributes = class.required.iter().chain(&class.recommended);
        names.extend(attributes.map(String::as_str));
        let related = class.related.iter().flatten();
        names.extend(related.flat_map(|relation| &relation.kinds).map(String::as_str));
    }
    let related = definition.related.iter().flat_map(|relation| &relation.kinds);
    names.extend(related.map(String::as_str));
    let model = model.definition();
    let classes = model.classes.values().map(|class| (&class.attributes, &class.identification));
    let mixins = model.mixins.values().map(|mixin| (&mixin.attributes, &mixin.identification));
    for (attributes, identification) in classes.chain(mixins) {
        let asked = attributes.iter().filter(|(_, said)| said.required || said.recommended);
        names.extend(asked.map(|(name, _)| name.as_str()));
        let identifying = identification.iter().flat_map(|entry| &entry.attributes);
        names.extend(identifying.map(String::as_str));
    }
    let counted = model
        .relations
        .iter()
        .filter(|(_, kind)| kind.targets_per_source.min > 0 || kind.sources_per_target.min > 0);
    names.extend(counted.map(|(name, _)| name.as_str()));
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}

// ---------------------------------------------------------------- checks

fn check(definition: &HealthDefinition, model: &ClassModel, patterns: &mut Patterns) -> Result<()> {
    let class = |argument: &str, class: &String| match model.has_class(class) {
        true => Ok(()),
        false => Err(Error::not_found(argument, "class", format!("{class:?}"))),
    };
    let related = |relations: &[HealthRelation]| {
        relations.iter().try_for_each(|relation| {
            relation.class.iter().try_for_each(|other| class("class", other))?;
            relation.kinds.iter().try_for_each(|kind| model.check_kind(kind))
        })
    };
    let window = |after: crate::Duration| match after.as_nanos() > 0 {
        true => Ok(()),
        false => Err(Error::invalid("stale_after", after, "longer than nothing")),
    };
    window(definition.stale_after)?;
    related(&definition.related).map_err(|error| error.within("related"))?;
    if definition.owner.is_empty() {
        return Err(Error::invalid("owner", "\"\"", "the name of an attribute"));
    }
    if definition.limit > MOST_TOLD {
        return Err(Error::invalid("limit", definition.limit, format!("at most {MOST_TOLD}")));
    }
    definition.service.iter().try_for_each(|service| class("service", service))?;
    let scope = definition.scope.as_ref();
    let scope = scope.map_or(Ok(()), |scope| check_condition(scope, patterns));
    scope.map_err(|e| e.within("scope"))?;
    let weights = definition.metrics.values().chain(definition.indicators.values());
    weights.copied().try_for_each(weight)?;
    for (name, said) in &definition.classes {
        let within = |error: Error| error.within(format!("classes, {name}"));
        class("classes", name)?;
        said.weight.map_or(Ok(()), weight).map_err(within)?;
        said.stale_after.map_or(Ok(()), window).map_err(within)?;
        said.related.as_deref().map_or(Ok(()), related).map_err(within)?;
        if said.required.iter().chain(&said.recommended).any(String::is_empty) {
            return Err(within(Error::invalid("attribute", "\"\"", "a name")));
        }
    }
    check_rules(definition, &class, patterns)
}

fn check_rules(
    definition: &HealthDefinition,
    class: &dyn Fn(&str, &String) -> Result<()>,
    patterns: &mut Patterns,
) -> Result<()> {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, rule) in definition.rules.iter().enumerate() {
        let within = |error: Error| error.within(format!("rules[{n}]"));
        if rule.name.is_empty() || names.insert(&rule.name, n).is_some() {
            let value = format!("{:?}", rule.name);
            return Err(within(Error::invalid("name", value, "a name that no other rule has")));
        }
        rule.class.iter().try_for_each(|wanted| class("class", wanted)).map_err(within)?;
        for condition in rule.when.iter().chain([&rule.condition]) {
            check_condition(condition, patterns).map_err(within)?;
        }
    }
    Ok(())
}

fn weight(weight: u32) -> Result<()> {
    if weight <= MOST_WEIGHT {
        return Ok(());
    }
    Err(Error::invalid("weight", weight, format!("from 0 to {MOST_WEIGHT}")))
}
