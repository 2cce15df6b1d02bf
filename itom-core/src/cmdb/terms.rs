//! What a relation says beside its ends: what its group needs, by what measure, and its weight.

use serde::{Deserialize, Serialize};

use super::Value;
use crate::{Error, Result};

/// By what measure `min_up` says what has to be up of a group (iTop's `min_up_type`; BMC's cluster
/// and weighted cluster).
///
/// ```
/// use itom_core::cmdb::MinUpType;
///
/// assert_eq!(serde_json::from_str::<MinUpType>("\"percent\"")?, MinUpType::Percent);
/// assert_eq!(MinUpType::default(), MinUpType::Count);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum MinUpType {
    /// So many members.
    #[default]
    Count,
    /// This share of the members, rounded up: of 3 members 50 % are 2.
    Percent,
    /// Members whose weights add up to this.
    Weight,
    /// Members with this share of the weight of all, rounded up.
    WeightPercent,
}

impl MinUpType {
    const ALL: [MinUpType; 4] =
        [MinUpType::Count, MinUpType::Percent, MinUpType::Weight, MinUpType::WeightPercent];

    /// Its name, as documents and tables have it.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::MinUpType::WeightPercent.name(), "weight_percent");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            MinUpType::Count => "count",
            MinUpType::Percent => "percent",
            MinUpType::Weight => "weight",
            MinUpType::WeightPercent => "weight_percent",
        }
    }

    pub(crate) fn is_count(&self) -> bool {
        *self == MinUpType::Count
    }

    /// Whether members count by their weights.
    pub(in crate::cmdb) fn is_weighed(self) -> bool {
        matches!(self, MinUpType::Weight | MinUpType::WeightPercent)
    }

    pub(crate) fn parse(name: &str) -> Result<Self> {
        let found = MinUpType::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| {
            let names = MinUpType::ALL.map(MinUpType::name).join(", ");
            Error::invalid("min_up_type", format!("{name:?}"), format!("one of {names}"))
        })
    }
}

/// The same as it is put, to be checked.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cmdb) struct Said<'a> {
    pub(in crate::cmdb) group: Option<&'a str>,
    pub(in crate::cmdb) min_up: Option<i64>,
    pub(in crate::cmdb) min_up_type: MinUpType,
    pub(in crate::cmdb) weight: Option<i64>,
}

/// What a relation says. Without a group `min_up` is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cmdb) struct Terms {
    pub(in crate::cmdb) min_up: u32,
    pub(in crate::cmdb) min_up_type: MinUpType,
    pub(in crate::cmdb) weight: Option<u32>,
}

/// The most that a relation may weigh: sums of thousands fit 32 bits.
const MOST_WEIGHT: i64 = 1_000_000;

impl Said<'_> {
    pub(in crate::cmdb) fn terms(&self) -> Result<Terms> {
        let weight = match self.weight {
            Some(weight) if !(1..=MOST_WEIGHT).contains(&weight) => {
                return Err(Error::invalid("weight", weight, "from 1 to 1,000,000"));
            }
            weight => weight.map(|weight| weight as u32),
        };
        let min_up_type = self.min_up_type;
        Ok(Terms { min_up: self.min_up()?, min_up_type, weight })
    }

    fn min_up(&self) -> Result<u32> {
        let by = self.min_up_type;
        let share = matches!(by, MinUpType::Percent | MinUpType::WeightPercent);
        let most = if share { 100 } else { i64::from(u32::MAX) - 1 };
        match (self.group, self.min_up) {
            (None, _) if !by.is_count() => {
                let expected = "left out or count where there is no group";
                Err(Error::invalid("min_up_type", by.name(), expected))
            }
            (None, None | Some(1)) => Ok(0),
            (None, Some(other)) => {
                let expected = "left out or 1 where there is no group";
                Err(Error::invalid("min_up", other, expected))
            }
            (Some(""), _) => {
                Err(Error::invalid("group", "\"\"", "left out or a text that is not empty"))
            }
            (Some(_), Some(n)) if (1..=most).contains(&n) => Ok(n as u32),
            (Some(group), min_up) => {
                let value = min_up.map_or("none".to_owned(), |n| n.to_string());
                let expected = match by {
                    MinUpType::Count => "a number of members from 1 on",
                    MinUpType::Weight => "a sum of weights from 1 on",
                    _ => "a share from 1 to 100",
                };
                Err(Error::invalid("min_up", value, format!("{expected}, for group {group:?}")))
            }
        }
    }
}

impl Terms {
    /// Whether it says no more than a number of members.
    pub(in crate::cmdb) fn is_plain(&self) -> bool {
        self.min_up_type.is_count() && self.weight.is_none()
    }

    /// What has to be up of so many members with so much weight: members, or weight.
    pub(in crate::cmdb) fn need(&self, members: u64, weight: u64) -> u64 {
        let min_up = u64::from(self.min_up);
        let share = |all: u64| (u128::from(all) * u128::from(min_up)).div_ceil(100) as u64;
        match self.min_up_type {
            MinUpType::Count | MinUpType::Weight => min_up,
            MinUpType::Percent => share(members),
            MinUpType::WeightPercent => share(weight),
        }
    }

    /// As a value: a number of members where it says no more.
    pub(in crate::cmdb) fn value(&self) -> Value {
        let min_up = Value::Int(i64::from(self.min_up));
        if self.is_plain() {
            return min_up;
        }
        let by = Value::from(self.min_up_type.name());
        let weight = self.weight.map_or(Value::Null, |weight| Value::Int(i64::from(weight)));
        let parts = [("min_up", min_up), ("min_up_type", by), ("weight", weight)];
        Value::Map(parts.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The terms that [`value`](Self::value) wrote; of anything else what it has of them.
    pub(in crate::cmdb) fn of(value: &Value) -> Self {
        let number = |value: &Value| match value {
            Value::Int(number) => u32::try_from(*number).ok(),
            _ => None,
        };
        let Value::Map(parts) = value else {
            return Terms { min_up: number(value).unwrap_or(0), ..Terms::default() };
        };
        let by = parts.get("min_up_type").and_then(|name| match name {
            Value::Text(name) => MinUpType::parse(name).ok(),
            _ => None,
        });
        Terms {
            min_up: parts.get("min_up").and_then(number).unwrap_or(0),
            min_up_type: by.unwrap_or_default(),
            weight: parts.get("weight").and_then(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up() {
        let terms = |min_up, min_up_type| Terms { min_up, min_up_type, weight: None };
        assert_eq!(terms(50, MinUpType::Percent).need(3, 900), 2);
        assert_eq!(terms(34, MinUpType::Percent).need(3, 900), 2);
        assert_eq!(terms(100, MinUpType::Percent).need(7, 0), 7);
        assert_eq!(terms(1, MinUpType::WeightPercent).need(3, 250), 3);
        assert_eq!(terms(50, MinUpType::WeightPercent).need(3, u64::MAX / 2), u64::MAX / 4 + 1);
        assert_eq!(terms(250, MinUpType::Weight).need(3, 900), 250);
    }

    #[test]
    fn terms_come_back_from_values() {
        for min_up_type in MinUpType::ALL {
            for weight in [None, Some(1), Some(1_000_000)] {
                let terms = Terms { min_up: 7, min_up_type, weight };
                assert_eq!(Terms::of(&terms.value()), terms);
            }
        }
        assert_eq!(Terms::of(&Value::Null), Terms::default());
    }
}
