//! An SLO: each of its objectives becomes a definition.

use super::document::{OpenSlo, OpenSloIndicator, OpenSloObjective};
use super::fields::{Fields, float, number, shorthand, text};
use super::indicator;
use super::policy::{self, PlacedPolicy};
use super::read::{Metadata, Objects};
use super::yaml::{Node, Value};
use crate::sla::{
    Budgeting, Fraction, Indicator, NominalDuration, Objective, ObjectiveCalendar,
    ObjectiveDefinition, ThresholdOperator,
};
use crate::{Duration, Error, Result};

/// Where no slice is given, time is kept as finely as the bounds allow: minutes, or one of these.
const RESOLUTIONS: [i64; 8] = [1, 5, 10, 15, 30, 60, 360, 1440];

/// What all objectives of an SLO share.
struct Common<'a> {
    window: NominalDuration,
    calendar: Option<ObjectiveCalendar>,
    window_place: &'a Node,
    zone_place: Option<&'a Node>,
    budgeting: Budgeting,
    policies: Vec<PlacedPolicy<'a>>,
}

pub(super) fn read(
    metadata: &Metadata,
    spec: &Node,
    objects: &Objects<'_>,
    document: &mut OpenSlo,
) -> Result<()> {
    let mut fields = Fields::of(spec, "spec")?;
    let description = fields.description()?;
    let service = fields.need_text("service")?;
    let budgeting = read_budgeting(fields.need("budgetingMethod")?)?;
    let (window, calendar, window_place, zone_place) = read_window(&mut fields)?;
    let policies = fields.list("alertPolicies")?;
    let policies = policies.iter().map(|policy| policy::listed(policy, objects));
    let policies = policies.collect::<Result<Vec<_>>>()?;
    let shared = read_indicator(&mut fields, objects)?;
    let objectives_place = fields.need("objectives")?;
    fields.done("the spec of an SLO")?;
    let common = Common { window, calendar, window_place, zone_place, budgeting, policies };
    let objectives = match &objectives_place.value {
        Value::List(list) if !list.is_empty() => list,
        _ => return Err(objectives_place.fault("objectives", "a list that is not empty")),
    };
    for (number, node) in objectives.iter().enumerate() {
        let mut fields = Fields::of(node, "objectives")?;
        let own = read_indicator(&mut fields, objects)?;
        let indicator = match (own, shared.clone()) {
            (Some(_), Some(_)) => {
                let error = Error::invalid("indicator", "two", "given by the SLO or by objectives");
                return Err(node.place(error));
            }
            (Some(indicator), None) | (None, Some(indicator)) => indicator,
            (None, None) => return Err(fields.missing("indicator")),
        };
        let display_name = fields.text("displayName")?.unwrap_or_default();
        let weight = read_weight(&mut fields)?;
        let definition = read_objective(fields, &common, &indicator, &mut document.notes)?;
        document.objectives.push(OpenSloObjective {
            slo: metadata.name.clone(),
            slo_display_name: metadata.display_name.clone(),
            number: number as u32,
            display_name,
            description: description.clone(),
            service: service.clone(),
            labels: metadata.labels.clone(),
            annotations: metadata.annotations.clone(),
            indicator,
            definition,
            weight,
            alert_policies: common.policies.iter().map(|placed| placed.policy.clone()).collect(),
        });
    }
    Ok(())
}

fn read_budgeting(node: &Node) -> Result<Budgeting> {
    match text(node, "budgetingMethod")?.as_str() {
        "Occurrences" => Ok(Budgeting::Occurrences),
        "Timeslices" => Ok(Budgeting::Timeslices),
        "RatioTimeslices" => Ok(Budgeting::RatioTimeslices),
        _ => Err(node.fault("budgetingMethod", "Occurrences, Timeslices or RatioTimeslices")),
    }
}

type Window<'a> = (NominalDuration, Option<ObjectiveCalendar>, &'a Node, Option<&'a Node>);

fn read_window<'a>(fields: &mut Fields<'a>) -> Result<Window<'a>> {
    let place = fields.need("timeWindow")?;
    let window = match &place.value {
        Value::List(list) if list.len() == 1 => &list[0],
        _ => return Err(place.fault("timeWindow", "a list of exactly one window")),
    };
    let mut fields = Fields::of(window, "timeWindow")?;
    let duration_place = fields.need("duration")?;
    let duration = shorthand(duration_place, "duration", false)?;
    let rolling = fields.flag("isRolling")?;
    let calendar = fields.take("calendar");
    fields.done("a timeWindow")?;
    let Some(calendar) = calendar else {
        if rolling != Some(true) {
            let error = Error::invalid("isRolling", "neither", "true, or calendar given");
            return Err(window.place(error));
        }
        return Ok((duration, None, duration_place, None));
    };
    if rolling == Some(true) {
        return Err(calendar.fault("calendar", "absent where isRolling is true"));
    }
    let mut fields = Fields::of(calendar, "calendar")?;
    let start_place = fields.need("startTime")?;
    let zone_place = fields.need("timeZone")?;
    fields.done("a calendar")?;
    let expected = "a date and time without a zone, such as 2026-01-31 12:30:00";
    let start = text(start_place, "startTime")?.replacen(' ', "T", 1);
    let start = start.parse().map_err(|_| start_place.fault("startTime", expected))?;
    let tz = text(zone_place, "timeZone")?;
    let calendar = ObjectiveCalendar { tz, start: Some(start) };
    Ok((duration, Some(calendar), duration_place, Some(zone_place)))
}

fn read_indicator(
    fields: &mut Fields<'_>,
    objects: &Objects<'_>,
) -> Result<Option<OpenSloIndicator>> {
    match (fields.take("indicator"), fields.take("indicatorRef")) {
        (None, None) => Ok(None),
        (Some(_), Some(reference)) => {
            Err(reference.fault("indicatorRef", "absent beside indicator"))
        }
        (None, Some(reference)) => {
            let (metadata, spec) = objects.find("SLI", "indicatorRef", reference)?;
            indicator::read(&metadata.name, spec).map(Some)
        }
        (Some(node), None) => {
            let mut fields = Fields::of(node, "indicator")?;
            // Examples of the specification write the kind in place, others leave it out.
            if let Some(kind) = fields.take("kind")
                && text(kind, "kind")? != "SLI"
            {
                return Err(kind.fault("kind", "SLI"));
            }
            let metadata = Metadata::read(fields.need("metadata")?)?;
            let spec = fields.need("spec")?;
            fields.done("an indicator")?;
            indicator::read(&metadata.name, spec).map(Some)
        }
    }
}

fn read_weight(fields: &mut Fields<'_>) -> Result<Option<Fraction>> {
    let Some(node) = fields.take("compositeWeight") else { return Ok(None) };
    let weight = number(node, "compositeWeight")?;
    if weight <= Fraction::ZERO {
        return Err(node.fault("compositeWeight", "above 0"));
    }
    Ok(Some(weight))
}

/// Where the parts of an objective stand.
struct Places<'a> {
    target: &'a Node,
    slice_target: Option<&'a Node>,
    slice: Option<&'a Node>,
    value: Option<&'a Node>,
}

fn read_objective(
    mut fields: Fields<'_>,
    common: &Common<'_>,
    indicator: &OpenSloIndicator,
    notes: &mut Vec<String>,
) -> Result<ObjectiveDefinition> {
    let (target_place, target) = read_target(&mut fields)?;
    let mut definition = ObjectiveDefinition::new(target, Duration::ZERO);
    definition.window = common.window;
    definition.calendar = common.calendar.clone();
    definition.budgeting = common.budgeting;
    definition.alerts = Vec::new();
    let value = fields.take("value");
    definition.indicator = read_bound(&mut fields, value, indicator, notes)?;
    let slice_target = fields.take("timeSliceTarget");
    let slice = fields.take("timeSliceWindow");
    match (common.budgeting, slice_target) {
        (Budgeting::Timeslices, None) => return Err(fields.missing("timeSliceTarget")),
        (Budgeting::Timeslices, Some(node)) => {
            let share = number(node, "timeSliceTarget")?;
            if share <= Fraction::ZERO || share > Fraction::ONE {
                return Err(node.fault("timeSliceTarget", "above 0 and at most 1"));
            }
            definition.slice_target = Some(percent(node, "timeSliceTarget", share)?);
        }
        (_, Some(node)) => return Err(node.fault("timeSliceTarget", "absent without Timeslices")),
        (_, None) => {}
    }
    match (common.budgeting, slice) {
        (Budgeting::Occurrences, Some(node)) => {
            return Err(node.fault("timeSliceWindow", "absent without time slices"));
        }
        (Budgeting::Occurrences, None) => {}
        (_, None) => return Err(fields.missing("timeSliceWindow")),
        (_, Some(node)) => definition.resolution = read_slice(node)?,
    }
    fields.done("an objective")?;
    let places = Places { target: target_place, slice_target, slice, value };
    finish(definition, common, &places)
}

/// The target in percent.
fn read_target<'a>(fields: &mut Fields<'a>) -> Result<(&'a Node, Fraction)> {
    let hundred = Fraction::new(100, 1)?;
    let (node, share, name) = match (fields.take("target"), fields.take("targetPercent")) {
        (Some(node), None) => {
            let share = number(node, "target")?;
            if share <= Fraction::ZERO || share >= Fraction::ONE {
                return Err(node.fault("target", "above 0 and below 1"));
            }
            (node, percent(node, "target", share)?, "target")
        }
        (None, Some(node)) => (node, number(node, "targetPercent")?, "targetPercent"),
        (None, None) => return Err(fields.missing("target")),
        (Some(_), Some(node)) => {
            return Err(node.fault("targetPercent", "absent beside target"));
        }
    };
    if share <= Fraction::ZERO || share >= hundred {
        return Err(node.fault(name, "above 0 and below 100"));
    }
    Ok((node, share))
}

fn percent(node: &Node, name: &str, share: Fraction) -> Result<Fraction> {
    Fraction::new(share.numerator() * 100, share.denominator())
        .map_err(|_| node.fault(name, "less fine"))
}

/// `op` and `value`: of a threshold they are needed, of a ratio without effect.
fn read_bound(
    fields: &mut Fields<'_>,
    value: Option<&Node>,
    indicator: &OpenSloIndicator,
    notes: &mut Vec<String>,
) -> Result<Indicator> {
    let op_place = fields.take("op");
    let op = op_place.map(read_operator).transpose()?;
    if indicator.threshold.is_none() {
        for (name, node) in [("op", op_place), ("value", value)] {
            if let Some(node) = node {
                let (line, column) = (node.line, node.column);
                notes.push(format!(
                    "line {line}, column {column}: {name} is of no effect on a ratio"
                ));
            }
        }
        return Ok(Indicator::Ratio);
    }
    let op = op.ok_or_else(|| fields.missing("op"))?;
    let value = value.ok_or_else(|| fields.missing("value"))?;
    Ok(Indicator::Threshold { op, value: float(value, "value")? })
}

fn read_operator(node: &Node) -> Result<ThresholdOperator> {
    match text(node, "op")?.as_str() {
        "lt" => Ok(ThresholdOperator::Lt),
        "lte" => Ok(ThresholdOperator::Lte),
        "gt" => Ok(ThresholdOperator::Gt),
        "gte" => Ok(ThresholdOperator::Gte),
        _ => Err(node.fault("op", "lt, lte, gt or gte")),
    }
}

/// A number of minutes, or a shorthand.
fn read_slice(node: &Node) -> Result<Duration> {
    if let Value::Whole(minutes) = node.value {
        let seconds = i64::try_from(minutes).ok().and_then(|minutes| minutes.checked_mul(60));
        let seconds = seconds.filter(|seconds| (1..=31_536_000).contains(seconds));
        let expected = "a number of minutes, above 0 and up to a year";
        return seconds
            .map(Duration::from_secs)
            .ok_or_else(|| node.fault("timeSliceWindow", expected));
    }
    policy::exact(node, "timeSliceWindow", false)
}

/// Checks the definition as a whole, alerts one by one, so that each error finds its place.
fn finish(
    mut definition: ObjectiveDefinition,
    common: &Common<'_>,
    places: &Places<'_>,
) -> Result<ObjectiveDefinition> {
    let attempt = |definition: &ObjectiveDefinition| -> Result<()> {
        Objective::new(definition.clone()).map(drop).map_err(|error| {
            let node = match error.argument() {
                Some("target") => places.target,
                Some("slice_target") => places.slice_target.unwrap_or(places.target),
                Some("value") => places.value.unwrap_or(places.target),
                Some("resolution") => places.slice.unwrap_or(common.window_place),
                Some("tz") => common.zone_place.unwrap_or(common.window_place),
                _ => common.window_place,
            };
            node.place(error)
        })
    };
    if places.slice.is_some() {
        attempt(&definition)?;
    } else {
        definition.resolution = resolution(&definition, common);
        attempt(&definition)?;
    }
    let mut alerts = Vec::with_capacity(common.policies.len());
    for placed in &common.policies {
        placed.check_window(definition.window_length())?;
        definition.alerts = vec![placed.policy.alert.clone()];
        Objective::new(definition.clone()).map_err(|error| placed.place(error))?;
        alerts.push(placed.policy.alert.clone());
    }
    definition.alerts = alerts;
    attempt(&definition)?;
    Ok(definition)
}

/// The finest that the window and its alerts allow; a minute if none does.
fn resolution(definition: &ObjectiveDefinition, common: &Common<'_>) -> Duration {
    let mut tried = definition.clone();
    tried.alerts = common.policies.iter().map(|placed| placed.policy.alert.clone()).collect();
    for minutes in RESOLUTIONS {
        tried.resolution = Duration::from_secs(60 * minutes);
        if Objective::new(tried.clone()).is_ok() {
            return tried.resolution;
        }
    }
    Duration::from_secs(60)
}
