//! How a miner is to behave: every number with its default and its reason.

use serde::{Deserialize, Serialize};

use super::mask::Masks;
use crate::{Error, Result};

/// A pattern of the user's, whose matches are variable whatever they look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateMask {
    /// What it is called in the parameters.
    pub name: String,
    /// A regular expression; matched in linear time, at most 1000 bytes long.
    pub pattern: String,
}

/// The settings of a [`TemplateMiner`](super::TemplateMiner); a missing field has its default.
///
/// ```
/// use itom_core::event::TemplateMinerDefinition;
///
/// let definition: TemplateMinerDefinition = serde_json::from_str(r#"{"max_templates": 500}"#)?;
/// assert_eq!(definition.max_line_bytes, 8192);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TemplateMinerDefinition {
    /// How many templates are kept; 10,000 by default. At the bound those seen the longest ago are
    /// evicted, an eighth at a time, and counted.
    pub max_templates: u64,
    /// How many bytes of a line are looked at; 8192 by default, 64 to 1,048,576. What is beyond is
    /// one parameter, the rest.
    pub max_line_bytes: u64,
    /// How many words may be seen in one place of otherwise equal lines, each with a template of
    /// its own, before the place is taken to be variable; 16 by default, never if 0.
    pub max_words: u64,
    /// Whether numbers, addresses, paths, dates and the like are variable by their looks; true by
    /// default.
    pub built_in_masks: bool,
    /// What else is variable; the first that matches at a place wins. At most 100.
    pub masks: Vec<TemplateMask>,
    /// How many standard deviations the count of an interval must be away from what is expected to
    /// be a change of rate; 6 by default.
    pub rate_sigma: f64,
}

impl Default for TemplateMinerDefinition {
    fn default() -> Self {
        TemplateMinerDefinition {
            max_templates: 10_000,
            max_line_bytes: 8192,
            max_words: 16,
            built_in_masks: true,
            masks: Vec::new(),
            rate_sigma: 6.0,
        }
    }
}

impl TemplateMinerDefinition {
    /// Checks what the types don't.
    ///
    /// # Errors
    /// A bound outside its range, a mask without a name or that is no regular expression, a
    /// `rate_sigma` that is not above zero.
    ///
    /// ```
    /// use itom_core::event::{TemplateMask, TemplateMinerDefinition};
    ///
    /// let mask = TemplateMask { name: "order".to_owned(), pattern: "(".to_owned() };
    /// let definition = TemplateMinerDefinition { masks: vec![mask], ..Default::default() };
    /// assert!(definition.validate().unwrap_err().to_string().contains("masks[0]"));
    /// ```
    pub fn validate(&self) -> Result<()> {
        self.compile().map(drop)
    }

    /// Checks everything and compiles the masks.
    pub(super) fn compile(&self) -> Result<Masks> {
        let bounds = [
            ("max_templates", self.max_templates, 1, 10_000_000),
            ("max_line_bytes", self.max_line_bytes, 64, 1 << 20),
            ("max_words", self.max_words, 0, 1_000_000),
        ];
        for (name, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(Error::invalid(name, value, format!("{least} to {most}")));
            }
        }
        if !(self.rate_sigma > 0.0 && self.rate_sigma.is_finite()) {
            return Err(Error::invalid("rate_sigma", self.rate_sigma, "a number above 0"));
        }
        Masks::compile(&self.masks)
    }
}
