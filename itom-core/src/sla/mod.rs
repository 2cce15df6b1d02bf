//! What was promised: business time, SLA clocks, objectives and their error budgets.
//!
//! - [`Calendar`]: open time between two instants, deadlines forward and backward, the windows
//!   themselves; exact over time zones and daylight saving, at a cost that does not depend on the
//!   span.
//! - [`Clock`]: one promise about one piece of work, folded from what happened to it.
//! - [`Ledger`]: a million of them: events in, crossings out, all fields as of any instant.
//! - [`Objective`]: a share of good events or time over a rolling window, its error budget, burn
//!   rates and alerts.
//! - [`availability()`]: the share of a period that a service was up.
//!
//! ```
//! use itom_core::sla::{Calendar, Clock, ClockOptions};
//!
//! let calendar = Calendar::from_json(r#"{"tz": "Europe/Berlin",
//!     "weekly": {"fri": [["09:00", "17:00"]], "mon": [["09:00", "17:00"]]}}"#)?;
//! let friday = "2026-06-19T16:00:00+02:00".parse()?;
//! let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, friday))?;
//! let status = clock.status("2026-06-19T18:00:00+02:00".parse()?);
//! assert_eq!(status.business, "1h".parse()?);
//! assert_eq!(status.breach_at, Some("2026-06-22T12:00:00+02:00".parse()?));
//! # Ok::<(), itom_core::Error>(())
//! ```
//!
//! Every sum is an integer and every share a [`Fraction`]: no verdict hangs on a rounded float. The
//! conventions (which local time a skipped hour means, when a deadline at closing time falls due)
//! stand in `testdata/sla/sla_cases.json`, with the cases that all languages run.

mod agreement;
mod availability;
mod calendar;
pub(crate) mod civil;
mod clock;
mod delivery;
mod forecast;
mod fraction;
mod interval;
mod ledger;
mod objective;
mod period;
mod relative;
mod zone;

pub use agreement::{
    AgreementAction, AgreementChanges, AgreementCrossing, AgreementDefinition, AgreementEvent,
    AgreementKind, AgreementSegment, AgreementSlack, AgreementStatus, Agreements,
    AgreementsDefinition, Attainment, AttainmentOptions, AttainmentRule, CancelRule, ChainLink,
    Condition, CountedIn, Credit, CreditBound, CreditPolicy, CreditTier, FieldRef, FieldTest,
    FieldValue, Flip, FlipCause, MetricDefinition, Outcome, PauseDefinition, PauseTotal,
    PriorityMatrix, PriorityRule, RecordLog, RecordUpdate, ReopenRule, Replay, RowWriter, Ruling,
    SupportingTarget, TargetChange, TargetDefinition, TimeShare, VerdictCounts, WhatIf, chain,
    replay, what_if,
};
pub use availability::{
    Attribution, Availability, AvailabilityExplanation, AvailabilityOptions, AvailabilityPoint,
    CauseShare, ComponentImportance, CompositeAvailability, CompositeMethod, ConfidenceInterval,
    DependencyExpression, DependencyGate, DependencyGraph, DependencyGraphDefinition,
    GroupDefinition, KOfN, NetworkDefinition, NetworkEdge, NodeDefinition, Outage, OutageAccount,
    OutageReason, OutageRecord, OutageSegment, Overlap, Precision, Reliability, ReplicaGain, Sided,
    Simulation, SimulationOptions, attribution, availability, clopper_pearson, rbd, reliability,
    two_terminal, wilson,
};
pub use calendar::{
    Calendar, CalendarConventions, CalendarDefinition, CalendarPeriod, CalendarVersion,
    DeadlineRule, HolidayRule, LocalTimeRule, SkippedDateRule, Window, WindowText, Windows,
    YearlyRangeRule,
};
pub use clock::{
    AtEquality, BreachRule, Clock, ClockAction, ClockEvent, ClockOptions, ClockState, ClockStatus,
    Cycle, PausedBy, ReopenMode, Scope, Segment, Threshold,
};
pub use delivery::{
    DeliveryEvents, DeliveryIncident, DeliveryOptions, DeliveryReport, Deployment, Distribution,
    Dora, DoraCounts, delivery, dora, ecdf, histogram,
};
pub use forecast::{
    BreachForecast, BreachForecastDefinition, Contribution, ExpectedAttainment, Forecast,
    ReliabilityBin, ReliabilityCurve, auc, brier, reliability_curve,
};
pub use fraction::Fraction;
pub use ledger::{
    ClockReading, ClockVerdict, Crossing, CrossingKind, EventAction, EventColumns, Ledger,
    LedgerChange, LedgerDifference, LedgerDifferences, LedgerMemory, NextBreach, Openings,
    RefusedEvent, StatusBlock, StatusColumns,
};
pub use objective::{
    AlertTimes, BudgetPolicy, Budgeting, BurnAlert, BurnStatus, ErrorBudget, Evaluation, Indicator,
    NoData, Objective, ObjectiveCalendar, ObjectiveDefinition, ObjectiveState, ObjectiveStatus,
    ThresholdOperator, WindowStatus, burn_alerts, pyrra, sre_workbook,
};
pub use period::{CalendarUnit, CalendarWindow, CalendarWindowDefinition, NominalDuration, Period};
pub use relative::{BusinessDay, RelativeTarget};
#[cfg(feature = "chrono-tz")]
pub use zone::{ChronoOffset, ChronoZone};
pub use zone::{
    LocalDate, LocalDateTime, MovedBreach, OffsetChange, OffsetSpan, TimeOfDay, WindowDifference,
    Zone, ZoneChange, ZoneDatabase, ZoneDifference, moved_breaches,
};
