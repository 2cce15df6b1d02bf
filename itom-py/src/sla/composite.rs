//! `itom.sla.DependencyGraph` and block diagrams: conversion only.

use itom_core::sla::{
    DependencyExpression, DependencyGraph as Core, DependencyGraphDefinition, NetworkDefinition,
    Precision, SimulationOptions, rbd as core_rbd, two_terminal as core_two_terminal,
};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::convert;
use crate::enter::enter;

/// A graph of nodes that need each other, and the availability of a service in it.
///
/// {"nodes": {name: availability, or {"availability" or "mtbf" and "mtrs", "lower", "upper",
/// "requires": expression}}, "groups": [{"source", "min_up", "members"}], "service": expression};
/// an expression is a node's name, a number, {"all_of": [...]}, {"any_of": [...]} or
/// {"k_of_n": {"k", "of", "weights"}}. Circles stay up until something outside takes them down.
///
/// >>> graph = itom.sla.DependencyGraph({
/// ...     "nodes": {"app1": "0.99", "app2": "0.99", "db": "0.999"},
/// ...     "service": {"any_of": [{"all_of": ["app1", "db"]}, {"all_of": ["app2", "db"]}]}})
/// >>> shop = graph.availability()
/// >>> float(shop.availability), shop.method
/// (0.9989001, 'exact')
/// >>> graph.single_points_of_failure()
/// ['db']
/// >>> graph
/// <itom.sla.DependencyGraph of 3 nodes, 0 groups>
#[pyclass(frozen, module = "itom.sla")]
pub struct DependencyGraph(Core);

#[pymethods]
impl DependencyGraph {
    #[new]
    fn new(definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = definition.py();
        let definition =
            convert::definition::<DependencyGraphDefinition>(definition, "definition")?;
        enter(py, || Core::new(definition)).map(DependencyGraph)
    }

    fn __repr__(&self) -> String {
        let definition = self.0.definition();
        let (nodes, groups) = (definition.nodes.len(), definition.groups.len());
        format!("<itom.sla.DependencyGraph of {nodes} nodes, {groups} groups>")
    }

    /// The same graph asked about another expression.
    fn with_service(&self, service: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = service.py();
        let service = expression(service, "service")?;
        enter(py, || self.0.with_service(service)).map(DependencyGraph)
    }

    /// The availability of the service: exact where the decision diagram closes within `work`
    /// (the usual is less than a second) or the graph is narrow, else bounds that hold for certain,
    /// good enough when `tolerance` apart: `method`, `width`, `cut_sets` and `diagram_nodes` say
    /// how it was found.
    #[pyo3(signature = (*, tolerance=5e-7, work=20_000_000))]
    fn availability<'py>(
        &self,
        py: Python<'py>,
        tolerance: f64,
        work: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let precision = Precision { tolerance, work };
        convert::to_python(py, &enter(py, || self.0.availability_within(precision))?)
    }

    /// The availability by simulation, with a Clopper-Pearson interval; the seed decides.
    #[pyo3(signature = (*, samples=100_000, seed=0, confidence=0.95))]
    fn simulate<'py>(
        &self,
        py: Python<'py>,
        samples: u64,
        seed: u64,
        confidence: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = SimulationOptions { samples, seed, confidence };
        convert::to_python(py, &enter(py, || self.0.simulate(options))?)
    }

    /// Every component the service depends on, the most critical first: Birnbaum's importance, the
    /// downtime it causes in 365 days, what a replica beside it would save.
    #[pyo3(signature = (*, tolerance=5e-7, work=20_000_000))]
    fn importance<'py>(
        &self,
        py: Python<'py>,
        tolerance: f64,
        work: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let precision = Precision { tolerance, work };
        convert::to_python(py, &enter(py, || self.0.importance(precision))?)
    }

    /// What one more member would buy in the `most` most promising redundant gates and groups, the
    /// greatest gain first.
    #[pyo3(signature = (most=20, *, tolerance=5e-7, work=20_000_000))]
    fn replicas<'py>(
        &self,
        py: Python<'py>,
        most: usize,
        tolerance: f64,
        work: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let precision = Precision { tolerance, work };
        convert::to_python(py, &enter(py, || self.0.replicas(most, precision))?)
    }

    /// The components without which the service is down although all others are up.
    fn single_points_of_failure(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        enter(py, || Ok(self.0.single_points_of_failure()))
    }
}

/// An expression: a dict or JSON, or the bare name of a node.
fn expression(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<DependencyExpression> {
    if value.is_instance_of::<PyString>() {
        let text = convert::text(value, argument)?;
        if !text.trim_start().starts_with('{') {
            return Ok(DependencyExpression::Node(text));
        }
    }
    convert::definition(value, argument)
}

/// The availability of a reliability block diagram: {"series": [...]}, {"parallel": [...]},
/// {"k_of_n": {"k", "of"}} over numbers, each number a block of its own.
///
/// >>> itom.sla.rbd({"series": ["0.9995", {"parallel": ["0.9999", "0.999"]}]}).ratio
/// 0.99949990005
#[pyfunction]
pub fn rbd<'py>(expression: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = expression.py();
    let block = self::expression(expression, "expression")?;
    convert::to_python(py, &enter(py, || core_rbd(&block))?)
}

/// The chance that links and nodes that work connect source and target: {"source", "target",
/// "edges": [[from, to, availability], ...], "nodes": {name: availability}, "states"}.
///
/// >>> bridge = [["s", "x", "0.9"], ["s", "y", "0.9"], ["x", "y", "0.9"], ["x", "t", "0.9"],
/// ...           ["y", "t", "0.9"]]
/// >>> itom.sla.two_terminal({"source": "s", "target": "t", "edges": bridge}).availability
/// Fraction(12231, 12500)
#[pyfunction]
pub fn two_terminal<'py>(definition: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = definition.py();
    let network = convert::definition::<NetworkDefinition>(definition, "definition")?;
    convert::to_python(py, &enter(py, || core_two_terminal(&network))?)
}
