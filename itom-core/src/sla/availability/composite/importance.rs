//! Which component matters how much?
//!
//! One pass down the diagram gives the derivative of the service's availability by each
//! component's (Birnbaum, "On the importance of different components in a multicomponent system",
//! 1969). The service is linear in each component alone, so a derivative answers exactly what a
//! change of one component does: all the downtime it causes, and what a twin beside it would save.

use serde::{Deserialize, Serialize};

use super::graph::{DependencyGraph, Precision, downtime_per_year};
use crate::{Duration, Result};

/// What one component means to the service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ComponentImportance {
    /// The component.
    pub name: String,
    /// Birnbaum's importance: the chance that the service hangs on it.
    pub birnbaum: f64,
    /// The share of the service's unavailability that would go if it never failed; none if the
    /// service is never down.
    pub criticality: Option<f64>,
    /// The same as downtime in 365 days.
    pub downtime_per_year: Duration,
    /// What a replica beside it, as available as it is, would save in 365 days.
    pub replica_saves: Duration,
    /// Whether the service is down whenever it is.
    pub single_point_of_failure: bool,
}

impl DependencyGraph {
    /// Every component the service depends on, the most critical first. From the diagram of
    /// [`DependencyGraph::availability_within`]; where that leaves something open, what is open
    /// adds nothing, so the numbers may be too low.
    ///
    /// # Errors
    /// As [`DependencyGraph::availability_within`].
    ///
    /// ```
    /// use itom_core::sla::{DependencyGraph, Precision};
    ///
    /// let graph = DependencyGraph::from_json(r#"{"nodes": {"a": "0.99", "b": "0.9", "c": "0.9"},
    ///     "service": {"all_of": ["a", {"any_of": ["b", "c"]}]}}"#)?;
    /// let ranked = graph.importance(Precision::default())?;
    /// assert!((ranked[0].birnbaum - 0.99).abs() < 1e-12 && ranked[0].name == "a");
    /// assert!(ranked[0].single_point_of_failure && !ranked[1].single_point_of_failure);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn importance(&self, precision: Precision) -> Result<Vec<ComponentImportance>> {
        let diagram = self.diagram(precision, |component| component.availability)?;
        let service = diagram.bounds().0;
        let memberships = self.structure.memberships();
        let mut fall = memberships.fall();
        let mut ranked = Vec::new();
        for (component, birnbaum) in self.structure.components.iter().zip(diagram.importances()) {
            if birnbaum == 0.0 {
                continue;
            }
            let down = self.down(component);
            let caused = birnbaum * down;
            let target = self.structure.service;
            ranked.push(ComponentImportance {
                name: component.name.clone(),
                birnbaum,
                criticality: (service.down > 0.0).then(|| caused / service.down),
                downtime_per_year: downtime_per_year(caused),
                replica_saves: downtime_per_year(caused * (1.0 - down)),
                single_point_of_failure: memberships.takes_down(
                    &[component.element],
                    target,
                    &mut fall,
                ),
            });
        }
        ranked.sort_by(|a, b| {
            let caused = (b.downtime_per_year, b.birnbaum.to_bits());
            caused.cmp(&(a.downtime_per_year, a.birnbaum.to_bits())).then(a.name.cmp(&b.name))
        });
        Ok(ranked)
    }
}
