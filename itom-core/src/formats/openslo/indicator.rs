//! An SLI: which queries give good, bad and all events, or values.

use super::document::{OpenSloIndicator, OpenSloMetric};
use super::fields::{Fields, text};
use super::yaml::{Node, Value};
use crate::{Error, Result};

/// The spec of an SLI.
pub(super) fn read(name: &str, spec: &Node) -> Result<OpenSloIndicator> {
    let mut fields = Fields::of(spec, "spec")?;
    fields.description()?;
    let mut indicator = OpenSloIndicator {
        name: name.to_owned(),
        counter: false,
        good: None,
        bad: None,
        total: None,
        raw: None,
        raw_type: None,
        threshold: None,
    };
    match (fields.take("thresholdMetric"), fields.take("ratioMetric")) {
        (Some(threshold), None) => {
            indicator.threshold = Some(metric(threshold, "thresholdMetric")?);
        }
        (None, Some(ratio)) => read_ratio(&mut indicator, ratio)?,
        (None, None) => return Err(fields.missing("ratioMetric")),
        (Some(_), Some(ratio)) => {
            return Err(ratio.fault("ratioMetric", "absent beside thresholdMetric"));
        }
    }
    fields.done("the spec of an SLI")?;
    Ok(indicator)
}

fn read_ratio(indicator: &mut OpenSloIndicator, node: &Node) -> Result<()> {
    let mut fields = Fields::of(node, "ratioMetric")?;
    indicator.counter = fields.flag("counter")?.unwrap_or(false);
    let mut take = |name: &str| -> Result<Option<OpenSloMetric>> {
        fields.take(name).map(|node| metric(node, name)).transpose()
    };
    indicator.good = take("good")?;
    indicator.bad = take("bad")?;
    indicator.total = take("total")?;
    indicator.raw = take("raw")?;
    if let Some(kind) = fields.take("rawType") {
        let kind_text = text(kind, "rawType")?;
        if !matches!(kind_text.as_str(), "success" | "failure") {
            return Err(kind.fault("rawType", "success or failure"));
        }
        indicator.raw_type = Some(kind_text);
    }
    let counts = (indicator.good.is_some(), indicator.bad.is_some(), indicator.total.is_some());
    let raw = (indicator.raw.is_some(), indicator.raw_type.is_some());
    if !matches!(
        (counts, raw),
        ((true, false, true) | (false, true, true), (false, false))
            | ((false, false, false), (true, true))
    ) {
        let given = ["good", "bad", "total", "raw", "rawType"]
            .into_iter()
            .zip([counts.0, counts.1, counts.2, raw.0, raw.1])
            .filter_map(|(name, given)| given.then_some(name));
        let given: Vec<&str> = given.collect();
        let expected = "good and total, bad and total, or raw and rawType";
        return Err(node.place(Error::invalid("ratioMetric", given.join(", "), expected)));
    }
    fields.done("a ratioMetric")
}

fn metric(node: &Node, name: &str) -> Result<OpenSloMetric> {
    let mut fields = Fields::of(node, name)?;
    let mut source = Fields::of(fields.need("metricSource")?, "metricSource")?;
    let metric_source = source.text("metricSourceRef")?;
    let kind = source.text("type")?;
    let spec = source.need("spec")?;
    if !matches!(&spec.value, Value::Map(map) if !map.is_empty()) {
        return Err(spec.fault("spec", "a mapping that is not empty"));
    }
    source.done("a metricSource")?;
    fields.done(&format!("the metric {name}"))?;
    Ok(OpenSloMetric { source: metric_source, kind, spec: spec.to_json() })
}
