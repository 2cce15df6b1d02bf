//! JSON Schema of every definition and result, for editors, validators and other languages.
//!
//! The schemas are made from the serde types themselves (draft 2020-12), so they cannot drift from
//! what the library reads and writes. The same texts are committed under `schemas/`.
//!
//! ```
//! let schema = itom_core::schema::schema("timestamp")?;
//! assert!(schema.contains("date-time"));
//! assert!(itom_core::schema::schema("timestmap").is_err());
//! # Ok::<(), itom_core::Error>(())
//! ```

use crate::{Error, Result};

/// Lists the types of a build by name, each with its schema.
macro_rules! schemas {
    ($($(#[$feature:meta])? $name:literal => $type:ty,)*) => {
        /// The names there is a schema for, sorted.
        ///
        /// ```
        /// assert!(itom_core::schema::names().contains(&"timestamp"));
        /// ```
        pub fn names() -> Vec<&'static str> {
            vec![$($(#[$feature])? $name),*]
        }

        /// The schema of that name as indented JSON.
        ///
        /// # Errors
        /// There is none; the message lists those there are.
        pub fn schema(name: &str) -> Result<String> {
            match name {
                $($(#[$feature])? $name => Ok(text(schemars::schema_for!($type))),)*
                _ => Err(Error::invalid("name", format!("{name:?}"), format!("one of {:?}", names()))),
            }
        }
    };
}

schemas! {
    #[cfg(feature = "sla")] "agreement_changes" => crate::sla::AgreementChanges,
    #[cfg(feature = "sla")] "agreement_crossing" => crate::sla::AgreementCrossing,
    #[cfg(feature = "sla")] "agreement_event" => crate::sla::AgreementEvent,
    #[cfg(feature = "sla")] "agreement_segment" => crate::sla::AgreementSegment,
    #[cfg(feature = "sla")] "agreement_slack" => crate::sla::AgreementSlack,
    #[cfg(feature = "sla")] "agreement_status" => crate::sla::AgreementStatus,
    #[cfg(feature = "sla")] "agreements_definition" => crate::sla::AgreementsDefinition,
    #[cfg(feature = "event")] "alert" => crate::event::Alert,
    #[cfg(feature = "sla")] "attainment" => crate::sla::Attainment,
    #[cfg(feature = "sla")] "attainment_options" => crate::sla::AttainmentOptions,
    #[cfg(feature = "cmdb")] "attribute_claim" => crate::cmdb::AttributeClaim,
    #[cfg(feature = "cmdb")] "attribute_lock" => crate::cmdb::AttributeLock,
    #[cfg(feature = "sla")] "attribution" => crate::sla::Attribution,
    #[cfg(feature = "sla")] "availability" => crate::sla::Availability,
    #[cfg(feature = "sla")] "availability_explanation" => crate::sla::AvailabilityExplanation,
    #[cfg(feature = "sla")] "availability_options" => crate::sla::AvailabilityOptions,
    #[cfg(feature = "cmdb")] "baseline" => crate::cmdb::Baseline,
    #[cfg(feature = "cmdb")] "branch_conflict" => crate::cmdb::BranchConflict,
    #[cfg(feature = "cmdb")] "branch_merge" => crate::cmdb::BranchMerge,
    #[cfg(feature = "sla")] "breach_forecast_definition" => crate::sla::BreachForecastDefinition,
    #[cfg(feature = "sla")] "business_day" => crate::sla::BusinessDay,
    #[cfg(feature = "sla")] "calendar_definition" => crate::sla::CalendarDefinition,
    #[cfg(feature = "sla")] "calendar_window_definition" => crate::sla::CalendarWindowDefinition,
    #[cfg(feature = "event")] "cause" => crate::event::Cause,
    #[cfg(feature = "event")] "cause_query" => crate::event::CauseQuery,
    #[cfg(feature = "sla")] "chain_link" => crate::sla::ChainLink,
    #[cfg(feature = "cmdb")] "change" => crate::cmdb::Change,
    #[cfg(feature = "anomaly")] "change_kind" => crate::anomaly::ChangeKind,
    #[cfg(feature = "cmdb")] "changed_attribute" => crate::cmdb::ChangedAttribute,
    #[cfg(feature = "cmdb")] "changed_item" => crate::cmdb::ChangedItem,
    #[cfg(feature = "cmdb")] "changed_relation" => crate::cmdb::ChangedRelation,
    #[cfg(feature = "anomaly")] "changepoint_options" => crate::anomaly::ChangepointOptions,
    #[cfg(feature = "anomaly")] "changepoint_score" => crate::anomaly::ChangepointScore,
    #[cfg(feature = "sla")] "clock_event" => crate::sla::ClockEvent,
    #[cfg(feature = "sla")] "clock_options" => crate::sla::ClockOptions,
    #[cfg(feature = "sla")] "clock_status" => crate::sla::ClockStatus,
    #[cfg(feature = "cmdb")] "compaction" => crate::cmdb::Compaction,
    #[cfg(feature = "sla")] "component_importance" => crate::sla::ComponentImportance,
    #[cfg(feature = "sla")] "composite_availability" => crate::sla::CompositeAvailability,
    #[cfg(feature = "sla")] "condition" => crate::sla::Condition,
    #[cfg(feature = "event")] "correlator_definition" => crate::event::CorrelatorDefinition,
    #[cfg(feature = "sla")] "credit" => crate::sla::Credit,
    #[cfg(feature = "sla")] "credit_policy" => crate::sla::CreditPolicy,
    #[cfg(feature = "sla")] "crossing" => crate::sla::Crossing,
    #[cfg(feature = "cmdb")] "csv_options" => crate::formats::CsvOptions,
    #[cfg(feature = "cmdb")] "cut_set_query" => crate::cmdb::CutSetQuery,
    #[cfg(feature = "cmdb")] "cut_sets" => crate::cmdb::CutSets,
    #[cfg(feature = "anomaly")] "decompose_options" => crate::anomaly::DecomposeOptions,
    #[cfg(feature = "anomaly")] "decomposition" => crate::anomaly::Decomposition,
    #[cfg(feature = "anomaly")] "delay_score" => crate::anomaly::DelayScore,
    #[cfg(feature = "sla")] "delivery_events" => crate::sla::DeliveryEvents,
    #[cfg(feature = "sla")] "delivery_options" => crate::sla::DeliveryOptions,
    #[cfg(feature = "sla")] "delivery_report" => crate::sla::DeliveryReport,
    #[cfg(feature = "cmdb")] "dependency" => crate::cmdb::Dependency,
    #[cfg(feature = "event")] "dependency_definition" => crate::event::DependencyDefinition,
    #[cfg(feature = "sla")] "dependency_graph_definition" => crate::sla::DependencyGraphDefinition,
    #[cfg(feature = "event")] "dependency_query" => crate::event::DependencyQuery,
    #[cfg(feature = "cmdb")] "difference" => crate::cmdb::Difference,
    #[cfg(feature = "sla")] "distribution" => crate::sla::Distribution,
    #[cfg(feature = "sla")] "dora" => crate::sla::Dora,
    #[cfg(feature = "sla")] "dora_counts" => crate::sla::DoraCounts,
    #[cfg(feature = "cmdb")] "duplicate_items" => crate::cmdb::DuplicateItems,
    "duration" => crate::Duration,
    #[cfg(feature = "sla")] "evaluation" => crate::sla::Evaluation,
    #[cfg(feature = "event")] "event" => crate::event::Event,
    #[cfg(feature = "sla")] "expected_attainment" => crate::sla::ExpectedAttainment,
    #[cfg(feature = "operations")] "explained_incident" => crate::operations::ExplainedIncident,
    #[cfg(feature = "cmdb")] "failure_cause_query" => crate::cmdb::FailureCauseQuery,
    #[cfg(feature = "cmdb")] "failure_causes" => crate::cmdb::FailureCauses,
    #[cfg(feature = "sla")] "forecast" => crate::sla::Forecast,
    #[cfg(feature = "anomaly")] "forecast_interval" => crate::anomaly::ForecastInterval,
    #[cfg(feature = "anomaly")] "forecast_score" => crate::anomaly::ForecastScore,
    #[cfg(feature = "cmdb")] "graph_filter" => crate::cmdb::GraphFilter,
    #[cfg(feature = "cmdb")] "group_slack" => crate::cmdb::GroupSlack,
    #[cfg(feature = "cmdb")] "health_class" => crate::cmdb::HealthClass,
    #[cfg(feature = "cmdb")] "health_count" => crate::cmdb::HealthCount,
    #[cfg(feature = "cmdb")] "health_definition" => crate::cmdb::HealthDefinition,
    #[cfg(feature = "cmdb")] "health_failure" => crate::cmdb::HealthFailure,
    #[cfg(feature = "cmdb")] "health_group" => crate::cmdb::HealthGroup,
    #[cfg(feature = "cmdb")] "health_item" => crate::cmdb::HealthItem,
    #[cfg(feature = "cmdb")] "health_relation" => crate::cmdb::HealthRelation,
    #[cfg(feature = "cmdb")] "health_report" => crate::cmdb::HealthReport,
    #[cfg(feature = "cmdb")] "health_rule" => crate::cmdb::HealthRule,
    #[cfg(feature = "cmdb")] "health_scores" => crate::cmdb::HealthScores,
    #[cfg(feature = "ical")] "ics_options" => crate::formats::IcsOptions,
    #[cfg(feature = "ical")] "ics_write_options" => crate::formats::IcsWriteOptions,
    #[cfg(feature = "cmdb")] "impact_rules" => crate::cmdb::ImpactRules,
    #[cfg(feature = "cmdb")] "impact_sets" => crate::cmdb::ImpactSets,
    #[cfg(feature = "cmdb")] "import" => crate::cmdb::Import,
    #[cfg(feature = "event")] "incident" => crate::event::Incident,
    #[cfg(feature = "anomaly")] "interval_score" => crate::anomaly::IntervalScore,
    #[cfg(feature = "cmdb")] "item" => crate::cmdb::Item,
    #[cfg(feature = "cmdb")] "item_record" => crate::cmdb::ItemRecord,
    #[cfg(feature = "cmdb")] "item_statement" => crate::cmdb::ItemStatement,
    #[cfg(feature = "cmdb")] "item_status" => crate::cmdb::ItemStatus,
    #[cfg(feature = "event")] "learned_dependency" => crate::event::LearnedDependency,
    #[cfg(feature = "sla")] "ledger_differences" => crate::sla::LedgerDifferences,
    #[cfg(feature = "sla")] "ledger_memory" => crate::sla::LedgerMemory,
    #[cfg(feature = "cmdb")] "lifecycle_definition" => crate::cmdb::LifecycleDefinition,
    #[cfg(feature = "cmdb")] "maintenance" => crate::cmdb::Maintenance,
    #[cfg(feature = "cmdb")] "model_definition" => crate::cmdb::ModelDefinition,
    #[cfg(feature = "sla")] "moved_breach" => crate::sla::MovedBreach,
    #[cfg(feature = "cmdb")] "named_transaction" => crate::cmdb::NamedTransaction,
    #[cfg(feature = "sla")] "network_definition" => crate::sla::NetworkDefinition,
    #[cfg(feature = "sla")] "next_breach" => crate::sla::NextBreach,
    #[cfg(feature = "sla")] "objective_definition" => crate::sla::ObjectiveDefinition,
    #[cfg(feature = "sla")] "objective_status" => crate::sla::ObjectiveStatus,
    #[cfg(feature = "operations")] "observation" => crate::operations::Observation,
    #[cfg(feature = "openslo")] "open_slo" => crate::formats::OpenSlo,
    #[cfg(feature = "opening_hours")] "opening_hours_options" => crate::formats::OpeningHoursOptions,
    #[cfg(feature = "operations")] "operations_definition" => crate::operations::OperationsDefinition,
    #[cfg(feature = "operations")] "operations_update" => crate::operations::OperationsUpdate,
    #[cfg(feature = "sla")] "outage_record" => crate::sla::OutageRecord,
    #[cfg(feature = "cmdb")] "outcome_counts" => crate::cmdb::OutcomeCounts,
    #[cfg(feature = "cmdb")] "paths" => crate::cmdb::Paths,
    #[cfg(feature = "sla")] "pause_total" => crate::sla::PauseTotal,
    #[cfg(feature = "sla")] "period" => crate::sla::Period,
    #[cfg(feature = "sla")] "precision" => crate::sla::Precision,
    #[cfg(feature = "sla")] "priority_matrix" => crate::sla::PriorityMatrix,
    #[cfg(feature = "cmdb")] "query" => crate::cmdb::Query,
    #[cfg(feature = "anomaly")] "range_options" => crate::anomaly::RangeOptions,
    #[cfg(feature = "anomaly")] "range_score" => crate::anomaly::RangeScore,
    #[cfg(feature = "cmdb")] "reconciliation_report" => crate::cmdb::ReconciliationReport,
    #[cfg(feature = "cmdb")] "reconciliation_rules" => crate::cmdb::ReconciliationRules,
    #[cfg(feature = "cmdb")] "record_result" => crate::cmdb::RecordResult,
    #[cfg(feature = "sla")] "record_update" => crate::sla::RecordUpdate,
    #[cfg(feature = "sla")] "recurring_window" => crate::formats::RecurringWindow,
    #[cfg(feature = "sla")] "refused_event" => crate::sla::RefusedEvent,
    #[cfg(feature = "cmdb")] "relation" => crate::cmdb::Relation,
    #[cfg(feature = "cmdb")] "relation_record" => crate::cmdb::RelationRecord,
    #[cfg(feature = "cmdb")] "relation_result" => crate::cmdb::RelationResult,
    #[cfg(feature = "sla")] "relative_target" => crate::sla::RelativeTarget,
    #[cfg(feature = "sla")] "reliability" => crate::sla::Reliability,
    #[cfg(feature = "sla")] "reliability_curve" => crate::sla::ReliabilityCurve,
    #[cfg(feature = "sla")] "replica_gain" => crate::sla::ReplicaGain,
    #[cfg(feature = "operations")] "report" => crate::operations::Report,
    #[cfg(feature = "cmdb")] "salvage" => crate::cmdb::Salvage,
    #[cfg(feature = "anomaly")] "season" => crate::anomaly::Season,
    #[cfg(feature = "sla")] "segment" => crate::sla::Segment,
    #[cfg(feature = "anomaly")] "series_forecast" => crate::anomaly::SeriesForecast,
    #[cfg(feature = "cmdb")] "service_call" => crate::formats::ServiceCall,
    #[cfg(feature = "sla")] "simulation" => crate::sla::Simulation,
    #[cfg(feature = "sla")] "simulation_options" => crate::sla::SimulationOptions,
    #[cfg(feature = "cmdb")] "subgraph" => crate::cmdb::Subgraph,
    #[cfg(feature = "cmdb")] "sweep_definition" => crate::cmdb::SweepDefinition,
    #[cfg(feature = "cmdb")] "sweep_report" => crate::cmdb::SweepReport,
    #[cfg(feature = "event")] "template" => crate::event::Template,
    #[cfg(feature = "event")] "template_mask" => crate::event::TemplateMask,
    #[cfg(feature = "event")] "template_match" => crate::event::TemplateMatch,
    #[cfg(feature = "event")] "template_miner_definition" => crate::event::TemplateMinerDefinition,
    #[cfg(feature = "event")] "template_parameter" => crate::event::TemplateParameter,
    #[cfg(feature = "event")] "template_statistics" => crate::event::TemplateStatistics,
    #[cfg(feature = "event")] "template_update" => crate::event::TemplateUpdate,
    #[cfg(feature = "anomaly")] "threshold_forecast" => crate::anomaly::ThresholdForecast,
    #[cfg(feature = "sla")] "time_share" => crate::sla::TimeShare,
    "timestamp" => crate::Timestamp,
    #[cfg(feature = "cmdb")] "trace_import" => crate::formats::TraceImport,
    #[cfg(feature = "cmdb")] "transaction" => crate::cmdb::Transaction,
    #[cfg(feature = "event")] "update" => crate::event::Update,
    #[cfg(feature = "anomaly")] "verdict" => crate::anomaly::Verdict,
    #[cfg(feature = "sla")] "verdict_counts" => crate::sla::VerdictCounts,
    #[cfg(feature = "cmdb")] "verification" => crate::cmdb::Verification,
    #[cfg(feature = "sla")] "what_if" => crate::sla::WhatIf,
    #[cfg(feature = "cmdb")] "why" => crate::cmdb::Why,
    #[cfg(feature = "cmdb")] "why_value" => crate::cmdb::WhyValue,
    #[cfg(feature = "sla")] "window_difference" => crate::sla::WindowDifference,
    #[cfg(feature = "sla")] "window_status" => crate::sla::WindowStatus,
    #[cfg(feature = "sla")] "zone_difference" => crate::sla::ZoneDifference,
}

fn text(schema: schemars::Schema) -> String {
    serde_json::to_string_pretty(&schema).expect("a schema is JSON already")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_all_answer() {
        let names = names();
        assert!(names.is_sorted());
        for name in names {
            let schema: serde_json::Value = serde_json::from_str(&schema(name).unwrap()).unwrap();
            assert!(schema["$schema"].is_string(), "{name}");
        }
    }
}
