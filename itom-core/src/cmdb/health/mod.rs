//! How good is what we know: completeness, correctness, compliance and relationship health.
//!
//! A [`HealthDefinition`] says what is asked of items; [`View::health`] answers for any moment, a
//! [`HealthMonitor`] for the latest one after each transaction. Both give a [`HealthReport`]: counts
//! and scores of everything and by class, service, owner and source, and the items that are worst,
//! each with its reasons. The metrics and the 60 days are those of ServiceNow's CMDB Health.
//!
//! | metric | fails |
//! |---|---|
//! | `completeness.required` | an item without an attribute that the model or the definition requires |
//! | `completeness.recommended` | the same of those that are recommended |
//! | `correctness.orphan` | an item without one of the relations it must have: by default, any |
//! | `correctness.stale` | an item that was not seen for longer than `stale_after` |
//! | `correctness.duplicate` | an item that another cannot be told from ([`View::duplicates`]) |
//! | `compliance` | an item that breaks a rule that applies to it |
//! | `relationship.duplicate` | a relation that is there in another group too |
//! | `relationship.orphan` | a relation that someone still says is there, and one of its ends is not |
//! | `relationship.stale` | a relation with a stale end |
//! | `relationship.minimum` | an item with fewer relations of a kind than the model's cardinality says |
//!
//! # When an item was last seen
//!
//! Of all that still stands of an item: the latest valid time at which it was said, by hand or by a
//! source, or at which one of those sources saw it again and found nothing new. It does not matter
//! which source: an item that one of three still sees is not stale. What a sweep withdrew does not
//! count; what it marked absent is stale at once. "Now" is an argument. Without it, it is the view's
//! valid time or, for the latest view, the latest valid time of which anything was said.
//!
//! # What counts for whom
//!
//! A relation counts for the item it starts from, in all of that item's groups. An empty text or list
//! is no value. Items out of the definition's scope are not looked at and are nobody's duplicates,
//! but relations to them are relations.
//!
//! # Cost
//!
//! A full report reads every item once, of its attributes those that are asked for, and every
//! relation twice, and walks each service along what it depends on. A monitor reads what was touched;
//! services whose relations changed are walked again when a report is asked for, and a report looks
//! at each item's counts once to find the worst.

mod answer;
mod around;
mod definition;
mod links;
mod metric;
mod monitor;
mod names;
mod plan;
mod reading;
mod reasons;
mod relate;
mod report;
mod services;
mod state;
mod tally;
mod watch;

use std::sync::Arc;

pub use definition::{HealthClass, HealthDefinition, HealthRelation, HealthRule};
pub use metric::{HealthIndicator, HealthMetric};
pub use monitor::HealthMonitor;
pub use report::{HealthCount, HealthFailure, HealthGroup, HealthItem, HealthReport, HealthScores};
pub(super) use watch::Watch;

use super::View;
use reading::At;
use state::State;

use crate::{Result, Timestamp};

impl View {
    /// How healthy the database is at the view's moment: what is missing, out of date, double, alone
    /// or against the rules. `now` is what staleness is told by; if it is left out, the view's valid
    /// time, of the latest view the latest of which anything was said. See [`HealthReport`] for an
    /// example.
    ///
    /// # Errors
    /// The definition names a class or a kind of relation that the model does not have, two rules have
    /// one name, or a number is out of its range.
    pub fn health(
        &self,
        definition: &HealthDefinition,
        now: Option<Timestamp>,
    ) -> Result<HealthReport> {
        let moment = self.moment();
        let at = At { history: self.history(), model: self.class_model(), moment };
        let now = now_of(at, now);
        let mut state = State::new(&Arc::new(definition.clone()), at, now)?;
        Ok(state.report(at, now))
    }
}

/// The instant that is now if none is given.
fn now_of(at: At<'_>, now: Option<Timestamp>) -> Timestamp {
    now.unwrap_or_else(|| at.history.now_of(at.moment))
}
