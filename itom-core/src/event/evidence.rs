//! What speaks for and against a candidate cause, with the numbers.
//!
//! The main type is [`Evidence`]. It can be stored inside a snapshot as well as printed as JSON:
//! its instants and durations read back from text and from nanoseconds alike.

use serde::{Deserialize, Serialize};

use crate::{Duration, Timestamp};

/// One piece of evidence about a candidate of [`rank_causes`](super::rank_causes).
///
/// ```
/// use itom_core::event::Evidence;
///
/// let evidence = Evidence::ExplainedBy { ci: "db".into(), share: 0.5 };
/// let text = serde_json::to_string(&evidence)?;
/// assert_eq!(text, r#"{"kind":"explained_by","ci":"db","share":0.5}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// A metric of it is odd against its own history.
    Deviation {
        /// The metric.
        metric: String,
        /// When it was the oddest.
        #[serde(deserialize_with = "instant")]
        time: Timestamp,
        /// What it was then.
        value: f64,
        /// The median of its history.
        expected: f64,
        /// The robust z of that value.
        z: f64,
        /// The probability of a z that large, calibrated on the history.
        p_value: f64,
    },
    /// That metric moves with the symptom.
    Agreement {
        /// The metric.
        metric: String,
        /// Pearson's correlation inside the window, −1 to 1.
        correlation: f64,
        /// Number of points compared.
        points: u32,
    },
    /// It has an alert.
    Alert {
        /// When that began to fire.
        #[serde(deserialize_with = "instant")]
        time: Timestamp,
        /// Its severity, 1 to 24.
        severity: u8,
    },
    /// When its trouble began.
    Onset {
        /// The first odd point, or the beginning of the alert.
        #[serde(deserialize_with = "instant")]
        time: Timestamp,
        /// How long before the symptom's; negative if after.
        #[serde(deserialize_with = "duration")]
        lead: Duration,
    },
    /// It depends on another candidate that may explain it.
    ExplainedBy {
        /// The other.
        ci: String,
        /// How much of it, 0 to 1.
        share: f64,
    },
    /// It was changed shortly before the symptom.
    Change {
        /// When.
        #[serde(deserialize_with = "instant")]
        time: Timestamp,
        /// How long before the symptom began.
        #[serde(deserialize_with = "duration")]
        before: Duration,
    },
    /// It is where the symptom was seen.
    IsSymptom,
}

/// A tagged enum is read through a buffer that has lost whether the format is for people.
#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Nanoseconds(i64),
    Text(String),
}

fn instant<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    match Either::deserialize(from)? {
        Either::Nanoseconds(nanos) => Ok(Timestamp::from_nanos(nanos)),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

fn duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    match Either::deserialize(from)? {
        Either::Nanoseconds(nanos) => Ok(Duration::from_nanos(nanos)),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_survives_a_snapshot_and_json() {
        let time = Timestamp::from_nanos(1_234_567_890_123_456_789);
        let lead = Duration::from_nanos(-77);
        for evidence in [
            Evidence::Onset { time, lead },
            Evidence::Change { time, before: Duration::from_secs(9) },
            Evidence::Alert { time, severity: 3 },
            Evidence::IsSymptom,
        ] {
            let text = serde_json::to_string(&evidence).unwrap();
            assert_eq!(serde_json::from_str::<Evidence>(&text).unwrap(), evidence);
            let mut bytes = Vec::new();
            ciborium::into_writer(&evidence, &mut bytes).unwrap();
            assert_eq!(ciborium::from_reader::<Evidence, _>(&bytes[..]).unwrap(), evidence);
        }
    }
}
