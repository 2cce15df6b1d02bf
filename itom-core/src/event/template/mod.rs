//! Log lines and their templates.
//!
//! The main type is [`TemplateMiner`]: lines that say the same with other values have one template,
//! with an id that never changes, a text with placeholders, and parameters with their kinds.

mod chunk;
mod class;
mod definition;
mod element;
mod entry;
mod found;
mod hash;
mod host;
mod lexicon;
mod mask;
mod miner;
mod parameter;
mod rate;
mod reader;
mod shape;
mod siblings;
mod slot;
mod state;
mod table;
mod token;
mod update;

pub use definition::{TemplateMask, TemplateMinerDefinition};
pub use found::{Template, TemplateHit, TemplateMatch};
pub use miner::TemplateMiner;
pub use parameter::{ParameterKind, TemplateParameter};
pub use update::{RateDirection, TemplateStatistics, TemplateUpdate};
