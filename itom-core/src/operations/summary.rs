//! The case in plain sentences.

use super::definition::OperationsDefinition;
use super::explain::{ExplainedIncident, IncidentSymptom};
use super::report::{Report, ReportClock, ReportObjective, numbers};
use crate::event::Evidence;

/// What happened, what caused it, who is hit, how long there is left; the most important first.
pub(super) fn sentences(report: &Report, explained: &ExplainedIncident) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(explained.symptom.as_ref().map(symptom));
    sentences.push(cause(report));
    sentences.extend(beginning(report));
    sentences.extend(services(report));
    sentences.extend(report.objectives.iter().filter_map(objective));
    sentences.extend(report.clocks.iter().map(clock));
    sentences
}

fn symptom(symptom: &IncidentSymptom) -> String {
    let IncidentSymptom { item, condition, since, until, .. } = symptom;
    let since = numbers::instant(*since);
    match until {
        None => format!("{item} shows {condition} since {since}."),
        Some(until) => {
            format!("{item} showed {condition} from {since} until {}.", numbers::minute(*until))
        }
    }
}

/// What the incident began with, and how much of all that was seen it holds.
fn beginning(report: &Report) -> Option<String> {
    let first = report.alerts.first()?;
    Some(format!(
        "The incident began at {} with {} on {}; it holds {} of {}.",
        numbers::instant(report.started_at),
        first.name,
        first.item,
        numbers::count(report.alerts.len() as u64),
        numbers::counted(report.funnel.alerts, "alert", "alerts")
    ))
}

fn cause(report: &Report) -> String {
    let Some(cause) = report.causes.first() else {
        return "No root cause: nothing the symptom depends on explains it.".to_owned();
    };
    let evidence = cause.evidence.first().map(|e| format!(": {e}")).unwrap_or_default();
    let score = numbers::score(cause.score);
    match cause.path.len() {
        0 | 1 => format!("The likely cause is {} itself (score {score}){evidence}.", cause.item),
        _ => format!("The likely cause is {} (score {score}){evidence}.", cause.item),
    }
}

fn services(report: &Report) -> Option<String> {
    let observed = report.services.iter().filter(|service| service.observed).count();
    let expected = report.services.len() - observed;
    if report.services.is_empty() {
        return None;
    }
    Some(format!(
        "{} hit: {observed} observed, {expected} expected because of what they depend on.",
        numbers::counted(report.services.len() as u64, "service", "services")
    ))
}

fn objective(objective: &ReportObjective) -> Option<String> {
    let left = numbers::share(objective.budget_left?);
    let fastest = objective.burn_rates.iter().filter_map(|burn| Some((burn, burn.rate?)));
    let (burn, rate) = fastest.max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(format!(
        "“{}” has {left} of its error budget left and burns it {rate:.1} times as fast as it may (over {}).",
        objective.name,
        numbers::duration(burn.over)
    ))
}

fn clock(clock: &ReportClock) -> String {
    if clock.breached {
        let over = numbers::duration(-clock.remaining);
        return format!("“{}” was breached by {over}.", clock.agreement);
    }
    let remaining = numbers::duration(clock.remaining);
    match (clock.state.as_str(), clock.breach_at) {
        ("running", Some(at)) => format!(
            "“{}” has {remaining} left and will be breached at {}.",
            clock.agreement,
            numbers::instant(at)
        ),
        (state, _) => format!("“{}” is {state} with {remaining} left.", clock.agreement),
    }
}

/// What speaks for or against a candidate cause.
pub(super) fn evidence(evidence: &Evidence, definition: &OperationsDefinition) -> String {
    let quantity =
        |metric: &str, value: f64| numbers::quantity(value, &definition.metric_rule(metric).unit);
    match evidence {
        Evidence::Deviation { metric, value, expected, z, .. } => format!(
            "its {metric} is {} where {} is usual ({:.0} times the usual distance)",
            quantity(metric, *value),
            quantity(metric, *expected),
            z.abs()
        ),
        Evidence::Agreement { metric, correlation, points } => format!(
            "its {metric} moves with the symptom (correlation {correlation:.2} over {points} points)"
        ),
        Evidence::Alert { severity, time } => format!(
            "it has an alert ({}) since {}",
            numbers::severity(*severity),
            numbers::minute(*time)
        ),
        Evidence::Onset { lead, .. } if lead.is_negative() => {
            format!("its trouble began {} after the symptom", numbers::duration(-*lead))
        }
        Evidence::Onset { lead, .. } if lead.as_nanos() == 0 => {
            "its trouble began with the symptom".to_owned()
        }
        Evidence::Onset { lead, .. } => {
            format!("its trouble began {} before the symptom", numbers::duration(*lead))
        }
        Evidence::ExplainedBy { ci, share } => {
            format!("{ci}, which it depends on, explains {} of it", numbers::share(*share))
        }
        Evidence::Change { before, .. } => {
            format!("it was changed {} before the symptom", numbers::duration(*before))
        }
        Evidence::IsSymptom => "it is where the symptom was seen".to_owned(),
    }
}
