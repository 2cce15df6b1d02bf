//! Python's values to the core's and back.

mod arrays;
mod document;
mod likeness;
mod numpy;
mod portions;
mod record;
mod scalars;
mod table;
mod texts;
mod time;

pub use arrays::{floats, instants_array};
pub use document::{definition, json_text, to_json};
pub use likeness::Likeness;
pub use numpy::{
    bools_to_numpy, durations_to_numpy, floats_to_numpy, ints_to_numpy, times_to_numpy,
};
pub use portions::{Column, duration_column, in_portions, instant_column};
pub use record::to_python;
pub use scalars::{bytes, count, number, text, texts, whole};
pub use table::{capsule_of, table};
pub use texts::text_column;
pub use time::{
    OneOrMany, Pair, duration, duration_to_python, durations, instant, instant_to_python, instants,
    instants_or_missing, optional_instant,
};
