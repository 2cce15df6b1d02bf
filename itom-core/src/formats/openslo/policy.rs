//! Alert policies and their conditions, given in place or by name.

use super::document::OpenSloAlertPolicy;
use super::fields::{Fields, number, shorthand, text};
use super::read::{Metadata, Objects};
use super::yaml::Node;
use crate::sla::{BurnAlert, Fraction, NominalDuration};
use crate::{Duration, Error, Result};

/// A policy and where the parts of its condition stand, for faults that show only beside the
/// objective.
pub(super) struct PlacedPolicy<'a> {
    pub(super) policy: OpenSloAlertPolicy,
    threshold: &'a Node,
    window: &'a Node,
    after: Option<&'a Node>,
}

impl PlacedPolicy<'_> {
    /// Says where an error about the alert has its cause.
    pub(super) fn place(&self, error: Error) -> Error {
        let node = match error.argument() {
            Some("factor") => self.threshold,
            Some("pending") => self.after.unwrap_or(self.window),
            _ => self.window,
        };
        node.place(error)
    }

    /// The look-back, if it is longer than the objective's window.
    pub(super) fn check_window(&self, window: Duration) -> Result<()> {
        if self.policy.alert.long > window {
            let expected = format!("no longer than the objective's window, {window}");
            return Err(self.window.fault("lookbackWindow", expected));
        }
        Ok(())
    }
}

/// What `alertPolicies` of an SLO lists.
pub(super) fn listed<'a>(node: &'a Node, objects: &Objects<'a>) -> Result<PlacedPolicy<'a>> {
    let (metadata, spec) = objects.follow(node, "alertPolicyRef", "AlertPolicy")?;
    read(&metadata, spec, objects)
}

pub(super) fn read<'a>(
    metadata: &Metadata,
    spec: &'a Node,
    objects: &Objects<'a>,
) -> Result<PlacedPolicy<'a>> {
    let mut fields = Fields::of(spec, "spec")?;
    fields.description()?;
    let mut flag = |name: &str| fields.flag(name).map(|flag| flag.unwrap_or(false));
    let when_breaching = flag("alertWhenBreaching")?;
    let when_resolved = flag("alertWhenResolved")?;
    let when_no_data = flag("alertWhenNoData")?;
    let place = fields.take("conditions").ok_or_else(|| fields.missing("conditions"))?;
    let conditions = match &place.value {
        super::yaml::Value::List(list) => list.as_slice(),
        _ => return Err(place.fault("conditions", "a list")),
    };
    let [condition] = conditions else {
        let count = format!("{} conditions", conditions.len());
        return Err(place.place(Error::invalid("conditions", count, "a list of exactly one")));
    };
    let targets = fields.list("notificationTargets")?;
    let targets: Vec<String> = targets
        .iter()
        .map(|target| {
            let (metadata, spec) =
                objects.follow(target, "targetRef", "AlertNotificationTarget")?;
            read_target(spec)?;
            Ok(metadata.name)
        })
        .collect::<Result<_>>()?;
    fields.done("the spec of an AlertPolicy")?;
    let (condition, spec) = objects.follow(condition, "conditionRef", "AlertCondition")?;
    let mut placed = read_condition(&condition, spec)?;
    placed.policy = OpenSloAlertPolicy {
        name: metadata.name.clone(),
        when_breaching,
        when_resolved,
        when_no_data,
        targets,
        ..placed.policy
    };
    Ok(placed)
}

/// The spec of an AlertNotificationTarget.
pub(super) fn read_target(spec: &Node) -> Result<()> {
    let mut fields = Fields::of(spec, "spec")?;
    fields.description()?;
    fields.need_text("target")?;
    fields.done("the spec of an AlertNotificationTarget")
}

/// The spec of an AlertCondition.
pub(super) fn read_condition<'a>(metadata: &Metadata, spec: &'a Node) -> Result<PlacedPolicy<'a>> {
    let mut fields = Fields::of(spec, "spec")?;
    fields.description()?;
    let severity = fields.need_text("severity")?;
    let mut condition = Fields::of(fields.need("condition")?, "condition")?;
    if let Some(kind) = condition.take("kind")
        && text(kind, "kind")? != "burnrate"
    {
        return Err(kind.fault("kind", "burnrate"));
    }
    let inclusive = match condition.take("op") {
        None => false,
        Some(op) => match text(op, "op")?.as_str() {
            "gt" => false,
            "gte" => true,
            _ => return Err(op.fault("op", "gt or gte: an alert is about burning too fast")),
        },
    };
    let threshold = condition.need("threshold")?;
    let factor = number(threshold, "threshold")?;
    if factor <= Fraction::ZERO {
        return Err(threshold.fault("threshold", "above 0"));
    }
    let window = condition.need("lookbackWindow")?;
    let long = exact(window, "lookbackWindow", false)?;
    let after = condition.take("alertAfter");
    let pending = after.map(|after| exact(after, "alertAfter", true)).transpose()?;
    condition.done("a condition of kind burnrate")?;
    fields.done("the spec of an AlertCondition")?;
    let alert = BurnAlert {
        pending: pending.unwrap_or(Duration::ZERO),
        inclusive,
        ..BurnAlert::at_rate(&metadata.name, factor, long, long)
    };
    let policy = OpenSloAlertPolicy {
        name: String::new(),
        condition: metadata.name.clone(),
        severity,
        when_breaching: false,
        when_resolved: false,
        when_no_data: false,
        targets: Vec::new(),
        alert,
    };
    Ok(PlacedPolicy { policy, threshold, window, after })
}

/// A shorthand of minutes to weeks as exact time.
pub(super) fn exact(node: &Node, name: &str, zero: bool) -> Result<Duration> {
    let nominal: NominalDuration = shorthand(node, name, zero)?;
    let days = i64::from(nominal.days()).checked_mul(86_400_000_000_000);
    let time = days.and_then(|days| nominal.exact().checked_add(Duration::from_nanos(days)));
    let expected = "of minutes, hours, days or weeks: longer ones have no fixed length";
    time.filter(|_| nominal.months() == 0).ok_or_else(|| node.fault(name, expected))
}
