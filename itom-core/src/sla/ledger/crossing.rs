//! What a ledger says when a clock passes a mark.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Which kind of mark.
///
/// ```
/// # use itom_core::sla::CrossingKind;
/// assert_eq!(serde_json::to_string(&CrossingKind::Breach)?, r#""breach""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CrossingKind {
    /// A threshold: a share of the target is used up.
    Warning,
    /// The promise is broken.
    Breach,
}

/// A clock passed a mark, or turned out not to have.
///
/// ```
/// # use itom_core::sla::{Crossing, CrossingKind};
/// let json = r#"{"clock": 7, "kind": "warning", "share": 0.5, "at": "2026-06-15T12:00:00Z",
///     "announced_at": "2026-06-15T12:00:00Z", "cycle": 0, "withdrawn": false, "late": false}"#;
/// assert_eq!(serde_json::from_str::<Crossing>(json)?.kind, CrossingKind::Warning);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Crossing {
    /// The clock.
    pub clock: u32,
    /// A warning or the breach.
    pub kind: CrossingKind,
    /// Which share of the target; 1 for the breach.
    pub share: f64,
    /// When that share was used up.
    pub at: Timestamp,
    /// From when on it could be said: for a breach the nanosecond of open time after `at`, for a
    /// clock that was attached later its start, for a changed past the event that changed it.
    /// Crossings are given out in this order.
    pub announced_at: Timestamp,
    /// Which cycle of the clock, from 0.
    pub cycle: u32,
    /// Whether an earlier announcement is taken back.
    pub withdrawn: bool,
    /// Whether it comes after its time: an event became known late, or was corrected.
    pub late: bool,
}

/// A clock that will break if it runs on.
///
/// ```
/// # use itom_core::sla::NextBreach;
/// let json = r#"{"clock": 7, "at": "2026-06-15T14:00:00Z"}"#;
/// assert_eq!(serde_json::from_str::<NextBreach>(json)?.clock, 7);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextBreach {
    /// The clock.
    pub clock: u32,
    /// When its target will be used up.
    pub at: Timestamp,
}

impl Crossing {
    /// The order in which crossings are given out.
    pub(super) fn order(&self, other: &Crossing) -> std::cmp::Ordering {
        let key = |c: &Crossing| (c.announced_at, c.clock, c.cycle, !c.withdrawn, c.at, c.kind);
        key(self).cmp(&key(other)).then(self.share.total_cmp(&other.share))
    }
}
