//! The graph by numbers: elements, the gates over them, and what falls when something fails.
//!
//! An element is a node, a component without a name, or a gate inside an expression. It is *down*
//! if it failed itself or if one of its gates has lost more weight than it can spare; of the sets
//! that satisfy this the least is meant, so a circle of elements that lean on each other stays up
//! until something outside takes it down. [`Structure::falls`] finds that set by work list
//! (Dowling and Gallier 1984) in time proportional to what falls. O(n + m) to build.

use std::collections::BTreeMap;

use super::definition::{
    DependencyExpression, DependencyGate, DependencyGraphDefinition, GroupDefinition,
    NodeDefinition,
};
use crate::sla::Fraction;
use crate::{Error, ErrorKind, Result};

/// More elements and memberships than this are refused.
pub(super) const MOST_ELEMENTS: usize = 1 << 20;
const MOST_MEMBERS: usize = 1 << 23;
/// The weights of a gate add up to this at most.
const MOST_WEIGHT: u64 = 1 << 16;

/// `need` of the weight of the members has to be up.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    pub(super) need: u64,
    pub(super) members: Vec<(u32, u64)>,
    /// Where it stands in the definition, if it is redundant or could be made so.
    pub(super) path: Option<String>,
}

impl Requirement {
    /// Whether every member that weighs anything has to be up.
    pub(super) fn needs_all(&self) -> bool {
        let total: u64 = self.members.iter().map(|member| member.1).sum();
        self.members.iter().all(|member| total - member.1 < self.need)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    /// The component that fails, where it can fail itself.
    pub(super) component: Option<u32>,
    pub(super) requirements: Vec<Requirement>,
}

/// Something that fails by itself, independent of all others.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) element: u32,
    pub(super) availability: Fraction,
    /// Its confidence interval, the availability itself where none was given.
    pub(super) interval: (Fraction, Fraction),
}

#[derive(Clone, Debug)]
pub(super) struct Structure {
    pub(super) elements: Vec<Element>,
    pub(super) components: Vec<Component>,
    pub(super) names: BTreeMap<String, u32>,
    pub(super) service: u32,
}

impl Structure {
    pub(super) fn new(definition: &DependencyGraphDefinition) -> Result<Structure> {
        let mut built = Structure {
            elements: Vec::new(),
            components: Vec::new(),
            names: BTreeMap::new(),
            service: 0,
        };
        for (name, node) in &definition.nodes {
            let element = built.element()?;
            built.names.insert(name.clone(), element);
            let place = format!("nodes.{name}");
            if let Some((own, interval)) = own(node).map_err(|error| error.within(&place))? {
                built.component(element, name.clone(), own, interval);
            }
        }
        for (name, node) in &definition.nodes {
            let Some(expression) = &node.requires else { continue };
            let element = built.names[name];
            let required = built
                .expression(expression, "requires", &format!("nodes.{name}.requires"))
                .map_err(|error| error.within(format!("nodes.{name}")))?;
            let one = Requirement { need: 1, members: vec![(required, 1)], path: None };
            built.elements[element as usize].requirements.push(one);
        }
        for (index, group) in definition.groups.iter().enumerate() {
            let path = format!("groups[{index}]");
            built.group(group, &path).map_err(|error| error.within(&path))?;
        }
        built.service = built.expression(&definition.service, "service", "service")?;
        let members = built.elements.iter().flat_map(|element| &element.requirements);
        let members: usize = members.map(|requirement| requirement.members.len()).sum();
        if members > MOST_MEMBERS {
            return Err(too_large("memberships", members, MOST_MEMBERS));
        }
        Ok(built)
    }

    fn group(&mut self, group: &GroupDefinition, path: &str) -> Result<()> {
        let source = self.node(&group.source, "source")?;
        let members = group.members.iter().map(|name| Ok((self.node(name, "members")?, 1)));
        let members = members.collect::<Result<Vec<_>>>()?;
        let path = Some(path.to_owned());
        let requirement = requirement(group.min_up, members, path, "min_up")?;
        self.elements[source as usize].requirements.push(requirement);
        Ok(())
    }

    fn node(&self, name: &str, argument: &str) -> Result<u32> {
        let found = self.names.get(name).copied();
        found.ok_or_else(|| Error::not_found(argument, "node", format!("{name:?}")))
    }

    fn element(&mut self) -> Result<u32> {
        if self.elements.len() == MOST_ELEMENTS {
            return Err(too_large("elements", self.elements.len() + 1, MOST_ELEMENTS));
        }
        self.elements.push(Element::default());
        Ok(self.elements.len() as u32 - 1)
    }

    pub(super) fn component(
        &mut self,
        element: u32,
        name: String,
        availability: Fraction,
        interval: (Fraction, Fraction),
    ) {
        self.elements[element as usize].component = Some(self.components.len() as u32);
        self.components.push(Component { name, element, availability, interval });
    }

    /// The element an expression stands for; documents are parsed to a bounded depth.
    fn expression(
        &mut self,
        expression: &DependencyExpression,
        argument: &str,
        path: &str,
    ) -> Result<u32> {
        let gate = match expression {
            DependencyExpression::Node(name) => {
                if let Some(&element) = self.names.get(name) {
                    return Ok(element);
                }
                let Ok(availability) = name.parse::<Fraction>() else {
                    return self.node(name, argument);
                };
                check(availability, argument)?;
                let element = self.element()?;
                self.component(element, name.clone(), availability, (availability, availability));
                return Ok(element);
            }
            DependencyExpression::Gate(gate) => gate,
        };
        let (kind, need, of, weights) = match gate {
            DependencyGate::AllOf(of) => ("all_of", of.len() as u64, of, None),
            DependencyGate::AnyOf(of) => ("any_of", 1, of, None),
            DependencyGate::KOfN(gate) => ("k_of_n", gate.k, &gate.of, gate.weights.as_ref()),
        };
        if let Some(weights) = weights.filter(|weights| weights.len() != of.len()) {
            let expected = format!("one for each of the {} expressions", of.len());
            return Err(Error::invalid("weights", weights.len(), expected));
        }
        let mut members = Vec::with_capacity(of.len());
        for (index, part) in of.iter().enumerate() {
            let weight = weights.map_or(1, |weights| weights[index]);
            let part = self.expression(part, argument, &format!("{path}.{kind}[{index}]"))?;
            members.push((part, weight));
        }
        let argument = if kind == "k_of_n" { "k" } else { argument };
        let path = (kind != "all_of").then(|| path.to_owned());
        let requirement = requirement(need, members, path, argument)?;
        let element = self.element()?;
        self.elements[element as usize].requirements.push(requirement);
        Ok(element)
    }

    /// For each element the gates it is a member of, as `(gate, weight)`, and of each gate its
    /// element and the weight it can spare.
    pub(super) fn memberships(&self) -> Memberships {
        let mut memberships =
            Memberships { of: vec![Vec::new(); self.elements.len()], gates: Vec::new() };
        for (index, element) in self.elements.iter().enumerate() {
            for requirement in &element.requirements {
                let gate = memberships.gates.len() as u32;
                let total: u64 = requirement.members.iter().map(|member| member.1).sum();
                memberships.gates.push((index as u32, total - requirement.need));
                for &(member, weight) in &requirement.members {
                    memberships.of[member as usize].push((gate, weight));
                }
            }
        }
        memberships
    }
}

/// The graph from below: who leans on whom.
#[derive(Clone, Debug)]
pub(super) struct Memberships {
    pub(super) of: Vec<Vec<(u32, u64)>>,
    pub(super) gates: Vec<(u32, u64)>,
}

/// Working memory of [`Memberships::takes_down`], left as it was found.
#[derive(Debug)]
pub(super) struct Fall {
    down: Vec<bool>,
    spare: Vec<u64>,
    order: Vec<u32>,
    touched: Vec<(u32, u64)>,
}

impl Memberships {
    pub(super) fn fall(&self) -> Fall {
        Fall {
            down: vec![false; self.of.len()],
            spare: self.gates.iter().map(|gate| gate.1).collect(),
            order: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// Whether `service` is down when these elements have failed.
    pub(super) fn takes_down(&self, failed: &[u32], service: u32, fall: &mut Fall) -> bool {
        for &element in failed {
            if !std::mem::replace(&mut fall.down[element as usize], true) {
                fall.order.push(element);
            }
        }
        let mut next = 0;
        while next < fall.order.len() && !fall.down[service as usize] {
            for &(gate, weight) in &self.of[fall.order[next] as usize] {
                let spare = fall.spare[gate as usize];
                fall.touched.push((gate, spare));
                let source = self.gates[gate as usize].0;
                if spare < weight {
                    if !std::mem::replace(&mut fall.down[source as usize], true) {
                        fall.order.push(source);
                    }
                } else {
                    fall.spare[gate as usize] = spare - weight;
                }
            }
            next += 1;
        }
        let is_down = fall.down[service as usize];
        for element in fall.order.drain(..) {
            fall.down[element as usize] = false;
        }
        for (gate, spare) in fall.touched.drain(..).rev() {
            fall.spare[gate as usize] = spare;
        }
        is_down
    }
}

/// Checks a gate; one that needs nothing is always up and one without members needs nothing.
fn requirement(
    need: u64,
    members: Vec<(u32, u64)>,
    path: Option<String>,
    argument: &str,
) -> Result<Requirement> {
    let total = members.iter().try_fold(0u64, |sum, member| sum.checked_add(member.1));
    let Some(total) = total.filter(|&total| total <= MOST_WEIGHT) else {
        let expected = format!("weights that add up to at most {MOST_WEIGHT}");
        return Err(Error::invalid("weights", "more", expected));
    };
    if members.is_empty() {
        return Err(Error::invalid(argument, "a gate without members", "a gate over something"));
    }
    if need == 0 || need > total {
        return Err(Error::invalid(argument, need, format!("between 1 and {total}")));
    }
    Ok(Requirement { need, members, path })
}

fn check(availability: Fraction, argument: &str) -> Result<()> {
    if availability < Fraction::ZERO || availability > Fraction::ONE {
        return Err(Error::invalid(argument, availability, "an availability in [0, 1]"));
    }
    Ok(())
}

/// The availability of a node by itself and its interval; none if it never fails itself.
#[allow(clippy::type_complexity)]
fn own(node: &NodeDefinition) -> Result<Option<(Fraction, (Fraction, Fraction))>> {
    let availability = match (node.availability, node.mtbf, node.mtrs) {
        (Some(availability), None, None) => availability,
        (None, None, None) if node.lower.is_none() && node.upper.is_none() => return Ok(None),
        (None, Some(mtbf), Some(mtrs)) => {
            if mtbf.as_nanos() <= 0 {
                return Err(Error::invalid("mtbf", mtbf, "a positive duration"));
            }
            if mtrs.is_negative() {
                return Err(Error::invalid("mtrs", mtrs, "a duration that is not negative"));
            }
            let (up, down) = (i128::from(mtbf.as_nanos()), i128::from(mtrs.as_nanos()));
            Fraction::new(up, up + down)?
        }
        _ => {
            let expected = "given either by itself or as mtbf and mtrs";
            return Err(Error::invalid("availability", "something else", expected));
        }
    };
    check(availability, "availability")?;
    let lower = node.lower.unwrap_or(availability);
    let upper = node.upper.unwrap_or(availability);
    check(lower, "lower")?;
    check(upper, "upper")?;
    if lower > availability {
        return Err(Error::invalid("lower", lower, format!("at most {availability}")));
    }
    if upper < availability {
        return Err(Error::invalid("upper", upper, format!("at least {availability}")));
    }
    Ok(Some((availability, (lower, upper))))
}

fn too_large(what: &str, count: usize, most: usize) -> Error {
    let message = format!("definition has {count} {what}, more than {most}");
    Error::new(ErrorKind::LimitExceeded, message).about("definition")
}
