//! How available is what is [composed](graph) of parts that share parts?

mod cuts;
mod definition;
mod diagram;
mod formula;
mod frontier;
mod graph;
mod importance;
mod network;
mod probability;
mod replica;
mod simulation;
mod structure;
mod survival;
#[cfg(test)]
mod trial;
mod values;

pub use definition::{
    DependencyExpression, DependencyGate, DependencyGraphDefinition, GroupDefinition, KOfN,
    NodeDefinition,
};
pub use graph::{CompositeAvailability, CompositeMethod, DependencyGraph, Precision, rbd};
pub use importance::ComponentImportance;
pub use network::{NetworkDefinition, NetworkEdge, two_terminal};
pub use replica::ReplicaGain;
pub use simulation::{Simulation, SimulationOptions};
