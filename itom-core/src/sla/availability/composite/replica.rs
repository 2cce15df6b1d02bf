//! What would one more replica buy?
//!
//! Each redundant gate — `any_of`, `k_of_n`, a group — is given one more member like its first,
//! needing as many as before, and the service is evaluated anew. The new member fails by itself as
//! often as the first and requires what the first requires: a replica on the same host falls with
//! the host. Which gates are tried is decided by the downtime that the components of their members
//! cause (see [importance](super::importance)), the most first; what comes back is ordered by what
//! was really gained.

use serde::{Deserialize, Serialize};

use super::graph::{DependencyGraph, Precision, downtime_per_year};
use super::structure::Structure;
use crate::{Duration, Result};

/// What one more member of a redundant gate brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplicaGain {
    /// Where in the definition the gate stands, such as `groups[0]` or `nodes.shop.requires`.
    pub gate: String,
    /// The member that is replicated.
    pub member: String,
    /// The members there are.
    pub members: u64,
    /// The availability of the service with one more.
    pub ratio: f64,
    /// The unavailability that goes.
    pub gain: f64,
    /// The same as downtime in 365 days.
    pub saves_per_year: Duration,
}

impl DependencyGraph {
    /// The gain of one more replica in each of the `most` gates that look most promising, the
    /// greatest first. Gates without a member that can fail by itself have nothing to replicate.
    /// Costs one evaluation a gate.
    ///
    /// # Errors
    /// As [`DependencyGraph::availability_within`].
    ///
    /// ```
    /// use itom_core::sla::{DependencyGraph, Precision};
    ///
    /// let graph = DependencyGraph::from_json(r#"{"nodes": {"db1": "0.99", "db2": "0.99", "app": "0.9"},
    ///     "service": {"all_of": [{"any_of": ["db1", "db2"]}, {"any_of": ["app"]}]}}"#)?;
    /// let gains = graph.replicas(10, Precision::default())?;
    /// assert_eq!(gains[0].member, "app");
    /// assert!((gains[0].ratio - 0.99 * 0.9999).abs() < 1e-12);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn replicas(&self, most: usize, precision: Precision) -> Result<Vec<ReplicaGain>> {
        let diagram = self.diagram(precision, |component| component.availability)?;
        let before = diagram.bounds().0;
        let caused = diagram.importances();
        let components = &self.structure.components;
        let mut candidates = Vec::new();
        for (element, part) in self.structure.elements.iter().enumerate() {
            for (index, gate) in part.requirements.iter().enumerate() {
                let Some(path) = &gate.path else { continue };
                let own =
                    |member: &(u32, u64)| self.structure.elements[member.0 as usize].component;
                let promise: f64 = gate
                    .members
                    .iter()
                    .filter_map(own)
                    .map(|own| caused[own as usize] * self.down(&components[own as usize]))
                    .sum();
                if let Some(first) = gate.members.iter().position(|member| own(member).is_some())
                    && promise > 0.0
                {
                    candidates.push((promise, element, index, first, path.clone()));
                }
            }
        }
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        candidates.truncate(most);
        let mut gains = Vec::with_capacity(candidates.len());
        for (_, element, index, first, gate) in candidates {
            let members = &self.structure.elements[element].requirements[index].members;
            let (member, _) = members[first];
            let component = self.structure.elements[member as usize].component.unwrap_or(0);
            let structure = with_replica(&self.structure, element, index, first)?;
            let grown = DependencyGraph { definition: self.definition.clone(), structure };
            let after = grown.diagram(precision, |component| component.availability)?.bounds().0;
            let gain = before.down - after.down;
            gains.push(ReplicaGain {
                gate,
                member: components[component as usize].name.clone(),
                members: members.len() as u64,
                ratio: after.up,
                gain,
                saves_per_year: downtime_per_year(gain),
            });
        }
        gains.sort_by(|a, b| b.gain.total_cmp(&a.gain).then_with(|| a.gate.cmp(&b.gate)));
        Ok(gains)
    }
}

/// The structure with a copy of a member of a gate.
fn with_replica(
    structure: &Structure,
    element: usize,
    requirement: usize,
    member: usize,
) -> Result<Structure> {
    let mut grown = structure.clone();
    let (original, weight) = grown.elements[element].requirements[requirement].members[member];
    let mut copy = grown.elements[original as usize].clone();
    let own = copy.component.take();
    let replica = grown.elements.len() as u32;
    grown.elements.push(copy);
    if let Some(own) = own {
        let own = grown.components[own as usize].clone();
        grown.component(replica, own.name, own.availability, own.interval);
    }
    grown.elements[element].requirements[requirement].members.push((replica, weight));
    Ok(grown)
}
