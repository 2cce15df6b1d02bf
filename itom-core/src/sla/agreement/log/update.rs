//! One update of a record, and what it must not be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sla::agreement::condition::check_name;
use crate::sla::agreement::value::FieldValue;
use crate::{Error, Result, Timestamp};

/// An update of a record.
///
/// ```
/// use itom_core::sla::RecordUpdate;
///
/// let update: RecordUpdate = serde_json::from_str(
///     r#"{"record": "INC1", "at": "2026-06-15T10:00:00Z", "fields": {"state": "New", "priority": 3}}"#,
/// )?;
/// assert_eq!(update.fields["priority"], 3.into());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordUpdate {
    /// Which record.
    pub record: String,
    /// From when on it holds.
    pub at: Timestamp,
    /// The order among updates of one instant.
    #[serde(default)]
    pub sequence: u64,
    /// The name by which it may be corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of updates of one id, the highest counts.
    #[serde(default)]
    pub revision: u64,
    /// The update of this id never was.
    #[serde(default)]
    pub retract: bool,
    /// The fields that were set.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldValue>,
}

impl RecordUpdate {
    /// An update without fields yet.
    ///
    /// ```
    /// # use itom_core::sla::RecordUpdate;
    /// let update = RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("state", "New");
    /// assert_eq!(update.fields.len(), 1);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn new(record: &str, at: Timestamp) -> RecordUpdate {
        RecordUpdate { record: record.to_owned(), at, ..RecordUpdate::default() }
    }

    /// With a field set.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<FieldValue>) -> RecordUpdate {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        check_name(&self.record, "record")?;
        if let Some(id) = &self.id {
            check_name(id, "id")?;
        } else if self.retract {
            return Err(Error::invalid("id", "none", "given with a retraction"));
        }
        if self.retract && !self.fields.is_empty() {
            return Err(Error::invalid("fields", "some", "left out of a retraction"));
        }
        for (field, value) in &self.fields {
            check_name(field, "fields")?;
            value.clone().canonical().map_err(|error| error.within(field))?;
        }
        Ok(())
    }
}
