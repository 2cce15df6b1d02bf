//! How available is a service that depends on shared parts?
//!
//! [`DependencyGraph`] answers from the availabilities of independent components: exactly where
//! the [diagram](super::diagram) closes within the work allowed, which covers block diagrams,
//! trees, and graphs whose sharing falls apart once the shared parts are decided; by the
//! [frontier](super::frontier) where the graph is narrow; else by bounds that hold for certain,
//! from [cut sets](super::cuts) and from what the diagram leaves open. Results carry both ends, so
//! what was exact is seen; arithmetic is in floats with the downtime accurate to about 1e-13 of
//! itself, and in exact fractions where they fit 128 bits. Treating the branches of a redundant
//! pair as independent when both need one database claims a ninth of the true downtime (0.99, 0.99
//! and 0.999): that shortcut is not offered.
//!
//! What is modelled here is not what was measured: a measured availability comes in through a
//! node's `lower` and `upper` ([`NodeDefinition`](super::NodeDefinition)) and leaves as the
//! interval of the service, by monotony.

use serde::{Deserialize, Serialize};

use super::definition::{DependencyExpression, DependencyGraphDefinition};
use super::diagram::{Diagram, Effort};
use super::formula::Formulas;
use super::probability::Probability;
use super::structure::Structure;
use crate::sla::Fraction;
use crate::{Duration, Error, Result};

/// A year of 365 days, in which downtime is quoted.
const YEAR_NANOS: f64 = 365.0 * 86_400e9;

/// A dependency graph that has been read and checked.
///
/// ```
/// use itom_core::sla::DependencyGraph;
///
/// let graph = DependencyGraph::from_json(r#"{
///     "nodes": {"app1": "0.99", "app2": "0.99", "db": "0.999"},
///     "service": {"any_of": [{"all_of": ["app1", "db"]}, {"all_of": ["app2", "db"]}]}}"#)?;
/// let shop = graph.availability()?;
/// assert_eq!(shop.availability, Some("0.9989001".parse()?));
/// assert_eq!(graph.single_points_of_failure(), ["db"]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DependencyGraph {
    pub(super) definition: DependencyGraphDefinition,
    pub(super) structure: Structure,
}

/// How a composite availability was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CompositeMethod {
    /// By a decision diagram that leaves nothing open, or state by state where the graph is narrow:
    /// both bounds are the result.
    Exact,
    /// By a decision diagram with open ends, or by cut sets: the result lies between the bounds for
    /// certain.
    Bounds,
    /// By simulation: the bounds are a confidence interval.
    Simulation,
}

/// How hard to try before bounds are good enough.
///
/// ```
/// use itom_core::sla::Precision;
///
/// assert_eq!(Precision::default().tolerance, 5e-7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Precision {
    /// Bounds this close are good enough once a quarter of the work is done.
    pub tolerance: f64,
    /// The work allowed, in members of gates looked at: ten million are about half a second.
    pub work: u64,
}

impl Default for Precision {
    fn default() -> Self {
        Precision { tolerance: 5e-7, work: 20_000_000 }
    }
}

/// The availability of a service composed of others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CompositeAvailability {
    /// Exactly, where it was found exactly and fits in 128 bits.
    pub availability: Option<Fraction>,
    /// The availability as a float: the middle of the bounds.
    pub ratio: f64,
    /// Its complement, with digits of its own.
    pub unavailability: f64,
    /// It is not below this.
    pub lower: f64,
    /// It is not above this.
    pub upper: f64,
    /// How it was found.
    pub method: CompositeMethod,
    /// The downtime in 365 days that the unavailability comes to.
    pub downtime_per_year: Duration,
    /// The availability when every component is at its lower confidence bound, where any has one.
    pub confidence_lower: Option<f64>,
    /// The availability when every component is at its upper confidence bound, where any has one.
    pub confidence_upper: Option<f64>,
    /// Components the service depends on.
    pub components: u64,
    /// How far the bounds are apart, with digits of its own: zero if exact.
    pub width: f64,
    /// Nodes of the decision diagram that was drawn.
    pub diagram_nodes: u64,
    /// Cut sets that the bounds come from, where the diagram did not close.
    pub cut_sets: u64,
}

impl DependencyGraph {
    /// Reads and checks a graph.
    ///
    /// # Errors
    /// For an unknown node, an availability outside [0, 1], a gate that needs nothing or more than
    /// it has, and more than a million nodes.
    pub fn new(definition: DependencyGraphDefinition) -> Result<DependencyGraph> {
        let structure = Structure::new(&definition)?;
        Ok(DependencyGraph { definition, structure })
    }

    /// Reads a graph from JSON.
    ///
    /// # Errors
    /// As [`DependencyGraph::new`], and for text that is no such document.
    ///
    /// ```
    /// # use itom_core::sla::DependencyGraph;
    /// let error = DependencyGraph::from_json(r#"{"service": "shop"}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "service: node \"shop\" does not exist");
    /// ```
    pub fn from_json(json: &str) -> Result<DependencyGraph> {
        DependencyGraph::new(crate::read_json(json, "definition")?)
    }

    /// The definition it was read from.
    pub fn definition(&self) -> &DependencyGraphDefinition {
        &self.definition
    }

    /// The same graph asked about something else.
    ///
    /// # Errors
    /// As [`DependencyGraph::new`].
    ///
    /// ```
    /// # use itom_core::sla::{DependencyGraph, DependencyExpression};
    /// let graph = DependencyGraph::from_json(r#"{"nodes": {"a": "0.9", "b": "0.8"}, "service": "a"}"#)?;
    /// let other = graph.with_service(DependencyExpression::Node("b".into()))?;
    /// assert_eq!(other.availability()?.ratio, 0.8);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn with_service(&self, service: DependencyExpression) -> Result<DependencyGraph> {
        DependencyGraph::new(DependencyGraphDefinition { service, ..self.definition.clone() })
    }

    /// The availability of the service with the usual [`Precision`].
    ///
    /// # Errors
    /// When the graph cannot even be written down as a formula of 16 million members.
    pub fn availability(&self) -> Result<CompositeAvailability> {
        self.availability_within(Precision::default())
    }

    /// The availability of the service, as precisely as asked.
    ///
    /// # Errors
    /// For a negative tolerance, and as [`DependencyGraph::availability`].
    pub fn availability_within(&self, precision: Precision) -> Result<CompositeAvailability> {
        let components = &self.structure.components;
        let mut diagram = self.diagram(precision, |component| component.availability)?;
        let ups: Vec<Fraction> =
            components.iter().map(|component| component.availability).collect();
        let (lower, upper) = diagram.bounds();
        let mut result = composite(lower, upper);
        result.settle(diagram.exactly(&ups));
        result.components = diagram.component_count();
        result.diagram_nodes = diagram.nodes.len() as u64;
        result.cut_sets = diagram.cut_sets();
        if components.iter().any(|component| {
            let interval = component.interval;
            interval != (component.availability, component.availability)
        }) {
            let worst = self.diagram(precision, |component| component.interval.0)?;
            let best = self.diagram(precision, |component| component.interval.1)?;
            result.confidence_lower = Some(worst.bounds().0.up);
            result.confidence_upper = Some(best.bounds().1.up);
        }
        Ok(result)
    }

    pub(super) fn diagram(
        &self,
        precision: Precision,
        availability: impl Fn(&super::structure::Component) -> Fraction,
    ) -> Result<Diagram> {
        if precision.tolerance.is_nan() || precision.tolerance < 0.0 {
            return Err(Error::invalid("tolerance", precision.tolerance, "not negative"));
        }
        let probabilities = self.structure.components.iter().map(|component| {
            let up = availability(component);
            let down = Fraction::ONE.minus(up).map_or(1.0 - up.to_f64(), Fraction::to_f64);
            Probability { up: up.to_f64(), down }
        });
        let mut formulas = Formulas::new(probabilities.collect());
        let root = formulas.service(&self.structure)?;
        let Precision { tolerance, work } = precision;
        Ok(Diagram::new(formulas, root, Effort { tolerance, work }))
    }

    /// The components without which the service is down although all others are up, by name in
    /// order. Found by failing each alone.
    pub fn single_points_of_failure(&self) -> Vec<String> {
        let memberships = self.structure.memberships();
        let mut fall = memberships.fall();
        let mut names: Vec<String> = self
            .structure
            .components
            .iter()
            .filter(|part| {
                memberships.takes_down(&[part.element], self.structure.service, &mut fall)
            })
            .map(|part| part.name.clone())
            .collect();
        names.sort_unstable();
        names
    }
}

/// The availability of a reliability block diagram: an expression over numbers, each a block of
/// its own that no other block shares.
///
/// # Errors
/// As [`DependencyGraph::new`].
///
/// ```
/// let block = r#"{"series": ["0.9995", {"parallel": ["0.9999", "0.999"]}]}"#;
/// let result = itom_core::sla::rbd(&serde_json::from_str(block)?)?;
/// assert_eq!(result.availability, Some("0.99949990005".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rbd(expression: &DependencyExpression) -> Result<CompositeAvailability> {
    let service = expression.clone();
    let (nodes, groups) = Default::default();
    DependencyGraph::new(DependencyGraphDefinition { nodes, groups, service })?.availability()
}

impl CompositeAvailability {
    /// Takes an exact result over: its floats are the nearest ones.
    pub(super) fn settle(&mut self, exact: Option<Fraction>) {
        self.availability = exact;
        if let Some(exact) = exact {
            (self.ratio, self.lower, self.upper) = (exact.to_f64(), exact.to_f64(), exact.to_f64());
            self.width = 0.0;
            let down = Fraction::ONE.minus(exact).map_or(self.unavailability, Fraction::to_f64);
            self.unavailability = down;
            self.downtime_per_year = downtime_per_year(down);
        }
    }
}

pub(super) fn composite(lower: Probability, upper: Probability) -> CompositeAvailability {
    let unavailability = if lower == upper { lower.down } else { (lower.down + upper.down) / 2.0 };
    CompositeAvailability {
        availability: None,
        ratio: if lower == upper { lower.up } else { 1.0 - unavailability },
        unavailability,
        lower: lower.up,
        upper: upper.up,
        method: if lower == upper { CompositeMethod::Exact } else { CompositeMethod::Bounds },
        downtime_per_year: downtime_per_year(unavailability),
        confidence_lower: None,
        confidence_upper: None,
        components: 0,
        width: lower.down - upper.down,
        diagram_nodes: 0,
        cut_sets: 0,
    }
}

pub(super) fn downtime_per_year(unavailability: f64) -> Duration {
    Duration::from_nanos((unavailability * YEAR_NANOS).round() as i64)
}
