//! The class model: what kinds of items there may be, what is said of them, how they may relate.
//!
//! A [`ModelDefinition`] is a document; compiled, it answers "is this class below that one", "what
//! form has this attribute" and "by what is such an item known again". Single inheritance as in the
//! class trees of ServiceNow and BMC, and mixins for what classes share across the tree; abstract
//! classes have subclasses and no items. An empty model is an open one: any class, any attribute,
//! any kind of relation.
//!
//! Compiling reads every class once and looks each of its own attributes up in the classes above,
//! of which there are at most 100; the attributes of a class, with all that it inherits, are laid
//! out when they are first asked for. Patterns are compiled once and match in linear time.

mod attribute;
mod compile;
mod conform;
mod definition;
mod identifier;
mod merge;
mod normalise;
mod relation;
mod resolve;

pub use attribute::{AttributeDefinition, AttributeType, Normaliser};
pub(super) use compile::ClassModel;
pub(super) use conform::Attribute;
pub use definition::{
    ClassDefinition, MixinDefinition, ModelDefinition, ReclassificationDefinition,
};
pub use identifier::{IdentifierEntry, IdentifierKind};
pub use relation::{Cardinality, ImpactDirection, RelationDefinition, RelationEnds};
