//! What caused the symptom? Candidates ranked from topology, metrics, alerts and changes.
//!
//! The main function is [`rank_causes`]. Only the symptom's item and what it transitively depends
//! on can be the cause; cycles are fine. Each candidate is scored from
//!
//! 1. *deviation*: how improbable its oddest metric around `at` is against its own history
//!    (robust z, calibrated; see `deviation.rs`), or how severe its alert is;
//! 2. *agreement*: how that metric moves with the symptom in the window (Pearson); the same metric
//!    has to move the same way, another one may move either way. Anomalies that were there all
//!    along do not agree. For an alert: how close to the symptom's onset it began;
//! 3. *onset*: who begins more than a sampling step after the symptom loses;
//! 4. *explanation*: who depends on a candidate that is as odd and agrees as well loses up to half,
//!    so the deepest on an anomalous path wins. Providers of which nothing is known are looked
//!    through;
//! 5. *changes*: a change shortly before the symptom gains.
//!
//! The symptom's own item halves: it stays first only if nothing else stands out. Ties fall to the
//! fewest hops from the symptom, then to the name.
//!
//! Deviation from each metric's own history as such is the baseline of the field (BARO: Pham et
//! al. 2024; the traversal of Hardt et al., "The PetShop Dataset", 2024); agreement with the symptom
//! is what that paper's "ranked correlation" adds; the combination is this library's.
//! Costs a sort of each reachable series' history and one walk of the reachable graph, plus a
//! bounded walk for each candidate that passes over unobserved items.
//!
//! It does not learn dependencies, and it does not attribute counterfactually.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::deviation::{Profile, sampling_step};
use super::evidence::Evidence;
use crate::{Duration, Error, Result, Timestamp};

/// Half the window, in sampling steps of the symptom's series.
const STEPS: i64 = 4;
const WINDOW_WITHOUT_SERIES: Duration = Duration::from_secs(15 * 60);
const CHANGE_WINDOW: Duration = Duration::from_secs(3600);
/// Up to surprise 1.5 (one in thirty) nothing counts, from 2.5 (one in three hundred) all.
const SURPRISE_FROM: f64 = 1.5;
const SURPRISE_FULL: f64 = 2.5;
const OTHER_METRIC: f64 = 0.9;
const UNKNOWN_AGREEMENT: f64 = 0.5;
const STARTED_LATER: f64 = 0.7;
const EXPLAINED: f64 = 0.5;
const IS_SYMPTOM: f64 = 0.5;
const CHANGED: f64 = 0.3;
const LONGEST_BLIND_WALK: usize = 1_000;

/// One metric of one item.
///
/// ```
/// use itom_core::event::Series;
///
/// let series: Series = serde_json::from_str(
///     r#"{"ci": "db", "metric": "latency", "timestamps": ["2026-06-15T10:00:00Z"], "values": [null]}"#,
/// )?;
/// assert!(series.values[0].is_nan());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The item.
    pub ci: String,
    /// The metric.
    pub metric: String,
    /// When the values were measured, in any order.
    pub timestamps: Vec<Timestamp>,
    /// As many values; what is not finite (null in JSON) is missing.
    #[serde(with = "missing_as_null")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Option<f64>>"))]
    pub values: Vec<f64>,
}

/// JSON has no NaN.
mod missing_as_null {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|value| value.is_finite().then_some(*value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let values = Vec::<Option<f64>>::deserialize(from)?;
        Ok(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
    }
}

/// An alert that was firing around the symptom.
///
/// ```
/// use itom_core::{Timestamp, event::CauseAlert};
///
/// let alert = CauseAlert { ci: "db".into(), time: Timestamp::from_secs(0), severity: 17 };
/// assert_eq!(alert.severity, 17);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CauseAlert {
    /// The item.
    pub ci: String,
    /// When it began to fire.
    pub time: Timestamp,
    /// OpenTelemetry severity number, 1 to 24.
    pub severity: u8,
}

/// A change to an item.
///
/// ```
/// use itom_core::{Timestamp, event::CauseChange};
///
/// let change = CauseChange { ci: "db".into(), time: Timestamp::from_secs(0) };
/// assert_eq!(change.ci, "db");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CauseChange {
    /// The item.
    pub ci: String,
    /// When it was changed.
    pub time: Timestamp,
}

/// What went wrong, as far as is known.
///
/// ```
/// use itom_core::event::Symptom;
///
/// let symptom = Symptom { ci: "shop".into(), metric: Some("latency".into()) };
/// assert_eq!(symptom.ci, "shop");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// The item.
    pub ci: String,
    /// The metric; its oddest one if absent.
    #[serde(default)]
    pub metric: Option<String>,
}

/// The question to [`rank_causes`].
///
/// ```
/// use itom_core::event::CauseQuery;
///
/// let query: CauseQuery = serde_json::from_str(
///     r#"{"edges": [["shop", "db"]], "symptom": {"ci": "shop"}, "at": "2026-06-15T10:00:00Z",
///         "alerts": [{"ci": "shop", "time": "2026-06-15T10:00:00Z", "severity": 17}]}"#,
/// )?;
/// assert_eq!(query.edges.len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CauseQuery {
    /// Who depends on whom: (consumer, provider).
    #[serde(default)]
    pub edges: Vec<(String, String)>,
    /// The metrics that are known, history included; at most one series per item and metric.
    #[serde(default)]
    pub series: Vec<Series>,
    /// The alerts that are known.
    #[serde(default)]
    pub alerts: Vec<CauseAlert>,
    /// The changes that are known.
    #[serde(default)]
    pub changes: Vec<CauseChange>,
    /// What went wrong.
    pub symptom: Symptom,
    /// When it was seen.
    pub at: Timestamp,
    /// How far before and after `at` values are looked at; what is before that is history. By
    /// default four sampling steps of the symptom's series, without one 15 min.
    #[serde(default)]
    pub window: Option<Duration>,
}

/// A candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cause {
    /// The item.
    pub ci: String,
    /// In (0, 1]; compares candidates of one question.
    pub score: f64,
    /// What speaks for and against it, with numbers.
    pub evidence: Vec<Evidence>,
    /// A shortest way from it to the symptom, both included: each depends on the one before.
    pub path: Vec<String>,
}

/// Ranks what may have caused the symptom, best first; empty if nothing is out of the ordinary.
///
/// # Errors
/// The symptom has neither a series nor an alert; a series has more or fewer values than
/// timestamps, or is there twice; an id is empty; the window is not positive; a severity is outside
/// 1 to 24.
///
/// ```
/// use itom_core::{Timestamp, event::{CauseAlert, CauseQuery, Symptom, rank_causes}};
///
/// let at = Timestamp::from_secs(1000);
/// let alert = |ci: &str| CauseAlert { ci: ci.into(), time: at, severity: 17 };
/// let causes = rank_causes(&CauseQuery {
///     edges: vec![("shop".into(), "cart".into()), ("cart".into(), "db".into())],
///     alerts: vec![alert("shop"), alert("db"), alert("printer")],
///     symptom: Symptom { ci: "shop".into(), metric: None },
///     at,
///     ..Default::default()
/// })?;
/// assert_eq!(causes[0].ci, "db");
/// assert_eq!(causes[0].path, ["db", "cart", "shop"]);
/// assert_eq!(causes.len(), 2);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn rank_causes(query: &CauseQuery) -> Result<Vec<Cause>> {
    validate(query)?;
    let reach = Reach::new(query);
    // The first of equals is kept below, so the caller's order must not show.
    let mut all_series: Vec<&Series> = query.series.iter().collect();
    all_series.sort_by_key(|series| (&series.ci, &series.metric));
    let mut all_alerts: Vec<&CauseAlert> = query.alerts.iter().collect();
    all_alerts.sort_by_key(|alert| (&alert.ci, alert.time, alert.severity));
    let view = Symptoms::new(query, &all_series);
    let mut observed: BTreeMap<&str, Finding> = BTreeMap::new();
    for series in all_series.into_iter().filter(|series| reach.contains(&series.ci)) {
        if let Some(finding) = view.judge(series) {
            keep_best(observed.entry(&series.ci).or_default(), finding);
        }
    }
    for alert in all_alerts.into_iter().filter(|alert| reach.contains(&alert.ci)) {
        if let Some(finding) = view.judge_alert(alert) {
            keep_best(observed.entry(&alert.ci).or_default(), finding);
        }
    }
    let mut causes = Vec::new();
    for (ci, distance) in &reach.distance {
        let mut finding = observed.get(ci).cloned().unwrap_or_default();
        reach.explain(ci, &mut finding, &observed);
        if *ci == query.symptom.ci {
            finding.score *= IS_SYMPTOM;
            finding.evidence.push(Evidence::IsSymptom);
        }
        view.consider_changes(ci, &mut finding, &query.changes);
        if finding.score > 0.0 {
            let Finding { score, evidence, .. } = finding;
            let path = reach.path(ci);
            causes.push((*distance, Cause { ci: (*ci).to_owned(), score, evidence, path }));
        }
    }
    // The map is in order of names and the sort is stable: names break the last ties.
    causes.sort_by(|(near, a), (far, b)| b.score.total_cmp(&a.score).then(near.cmp(far)));
    Ok(causes.into_iter().map(|(_, cause)| cause).collect())
}

fn validate(query: &CauseQuery) -> Result<()> {
    let named = |argument: &str, ci: &str| {
        if ci.is_empty() {
            return Err(Error::invalid(argument, "\"\"", "the id of an item"));
        }
        Ok(())
    };
    named("symptom", &query.symptom.ci)?;
    for (consumer, provider) in &query.edges {
        named("edges", consumer)?;
        named("edges", provider)?;
    }
    let mut seen = BTreeSet::new();
    for series in &query.series {
        named("series", &series.ci)?;
        let name = format!("({:?}, {:?})", series.ci, series.metric);
        if series.timestamps.len() != series.values.len() {
            let expected = format!("{} values, one a timestamp", series.timestamps.len());
            let place = format!("series {name}");
            return Err(Error::invalid("values", series.values.len(), expected).within(place));
        }
        if !seen.insert((&series.ci, &series.metric)) {
            return Err(Error::invalid("series", format!("{name} twice"), "one a ci and metric"));
        }
    }
    for alert in &query.alerts {
        named("alerts", &alert.ci)?;
        if !(1..=24).contains(&alert.severity) {
            return Err(Error::invalid("severity", alert.severity, "from 1 to 24"));
        }
    }
    for change in &query.changes {
        named("changes", &change.ci)?;
    }
    if let Some(window) = query.window.filter(|window| window.as_nanos() <= 0) {
        return Err(Error::invalid("window", window, "a positive duration"));
    }
    let Symptom { ci, metric } = &query.symptom;
    let fits = |series: &&Series| metric.as_ref().is_none_or(|metric| *metric == series.metric);
    let has_series = query.series.iter().filter(fits).any(|series| series.ci == *ci);
    if !has_series && !query.alerts.iter().any(|alert| alert.ci == *ci) {
        let what = metric.as_ref().map(|metric| format!(", metric {metric:?}"));
        let symptom = format!("ci {ci:?}{}", what.unwrap_or_default());
        return Err(Error::invalid("symptom", symptom, "one that has a series or an alert"));
    }
    Ok(())
}

/// What is known against one item.
#[derive(Clone, Debug, Default)]
struct Finding {
    score: f64,
    surprise: f64,
    evidence: Vec<Evidence>,
}

fn keep_best(best: &mut Finding, finding: Finding) {
    if finding.score > best.score || best.evidence.is_empty() {
        *best = finding;
    }
}

/// What the symptom depends on.
struct Reach<'a> {
    providers: BTreeMap<&'a str, BTreeSet<&'a str>>,
    distance: BTreeMap<&'a str, u32>,
    towards: BTreeMap<&'a str, &'a str>,
}

impl<'a> Reach<'a> {
    fn new(query: &'a CauseQuery) -> Self {
        let mut providers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (consumer, provider) in &query.edges {
            providers.entry(consumer).or_default().insert(provider);
        }
        let start = query.symptom.ci.as_str();
        let mut distance = BTreeMap::from([(start, 0)]);
        let mut towards = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(item) = queue.pop_front() {
            let next = distance.get(item).copied().unwrap_or(0) + 1;
            for provider in providers.get(item).into_iter().flatten() {
                if !distance.contains_key(provider) {
                    distance.insert(provider, next);
                    towards.insert(*provider, item);
                    queue.push_back(provider);
                }
            }
        }
        Reach { providers, distance, towards }
    }

    fn contains(&self, ci: &str) -> bool {
        self.distance.contains_key(ci)
    }

    fn path(&self, ci: &str) -> Vec<String> {
        let mut path = vec![ci.to_owned()];
        let mut here = ci;
        while let Some(next) = self.towards.get(here) {
            path.push((*next).to_owned());
            here = next;
        }
        path
    }

    /// Takes from a finding what a provider explains of it.
    fn explain(&self, ci: &str, finding: &mut Finding, observed: &BTreeMap<&str, Finding>) {
        if finding.score <= 0.0 {
            return;
        }
        let (mut best, mut by) = (0.0, "");
        let mut seen = BTreeSet::from([ci]);
        let mut queue = VecDeque::from([ci]);
        while let Some(item) = queue.pop_front() {
            for provider in self.providers.get(item).into_iter().flatten().copied() {
                if seen.len() > LONGEST_BLIND_WALK || !seen.insert(provider) {
                    continue;
                }
                let Some(other) = observed.get(provider) else {
                    queue.push_back(provider);
                    continue;
                };
                let share = (other.score / finding.score).min(1.0)
                    * (other.surprise / finding.surprise.max(1e-9)).min(1.0);
                if share > best {
                    (best, by) = (share, provider);
                }
            }
        }
        if best > 0.0 {
            finding.score *= 1.0 - EXPLAINED * best;
            finding.evidence.push(Evidence::ExplainedBy { ci: by.to_owned(), share: best });
        }
    }
}

/// The symptom's side of every comparison.
struct Symptoms<'a> {
    symptom: &'a Symptom,
    metric: Option<&'a str>,
    profile: Option<Profile>,
    window: (Timestamp, Timestamp),
    step: Duration,
    onset: Timestamp,
}

impl<'a> Symptoms<'a> {
    fn new(query: &'a CauseQuery, all_series: &[&'a Series]) -> Self {
        let Symptom { ci, metric } = &query.symptom;
        let own = || all_series.iter().copied().filter(|series| series.ci == *ci);
        let window = |series: Option<&Series>| {
            let step = series.and_then(sampling_step).filter(|step| step.as_nanos() > 0);
            let default = step.map_or(WINDOW_WITHOUT_SERIES, |step| {
                Duration::from_nanos(step.as_nanos().saturating_mul(STEPS))
            });
            let half = query.window.unwrap_or(default);
            (query.at - half, query.at + half, step.unwrap_or(WINDOW_WITHOUT_SERIES))
        };
        let mut best: Option<(&Series, Profile)> = None;
        let mut first = None;
        for series in own().filter(|own| metric.as_ref().is_none_or(|name| *name == own.metric)) {
            first = first.or(Some(series));
            let (from, to, _) = window(Some(series));
            let Some(profile) = Profile::new(series, from, to) else { continue };
            if best.as_ref().is_none_or(|(_, best)| profile.surprise > best.surprise) {
                best = Some((series, profile));
            }
        }
        let (series, profile) = best.map_or((first, None), |(one, own)| (Some(one), Some(own)));
        let (from, to, step) = window(series);
        let alert = query.alerts.iter().filter(|alert| alert.ci == *ci).map(|alert| alert.time);
        let onset = profile.as_ref().and_then(|profile| profile.onset).or(alert.min());
        let metric = series.map(|series| series.metric.as_str());
        let onset = onset.unwrap_or(query.at);
        Symptoms { symptom: &query.symptom, metric, profile, window: (from, to), step, onset }
    }

    /// What a series says against its item; `None` where it says nothing at all.
    fn judge(&self, series: &Series) -> Option<Finding> {
        let profile = Profile::new(series, self.window.0, self.window.1)?;
        let (time, value, z) = profile.worst;
        let mut evidence = vec![Evidence::Deviation {
            metric: series.metric.clone(),
            time,
            value,
            expected: profile.expected,
            z,
            p_value: libm::pow(10.0, -profile.surprise),
        }];
        let span = SURPRISE_FULL - SURPRISE_FROM;
        let mut score = ((profile.surprise - SURPRISE_FROM) / span).clamp(0.0, 1.0);
        let same = self.metric == Some(series.metric.as_str());
        let symptom = self.profile.as_ref();
        match symptom.and_then(|symptom| profile.correlation(symptom, self.step)) {
            Some((correlation, points)) => {
                let metric = series.metric.clone();
                evidence.push(Evidence::Agreement { metric, correlation, points });
                score *= if same { correlation.max(0.0) } else { correlation.abs() };
            }
            None => score *= UNKNOWN_AGREEMENT,
        }
        if !same {
            score *= OTHER_METRIC;
        }
        if let Some(onset) = profile.onset {
            score *= self.order(&series.ci, onset, &mut evidence);
        }
        Some(Finding { score, surprise: profile.surprise, evidence })
    }

    /// What an alert says against its item; `None` if it began after the window.
    fn judge_alert(&self, alert: &CauseAlert) -> Option<Finding> {
        if alert.time > self.window.1 {
            return None;
        }
        let mut evidence = vec![Evidence::Alert { time: alert.time, severity: alert.severity }];
        let severity = f64::from(alert.severity);
        let away = (alert.time - self.onset).as_secs_f64().abs();
        let close = 1.0 / (1.0 + away / CHANGE_WINDOW.as_secs_f64());
        let mut score = (severity / 17.0).min(1.0) * OTHER_METRIC * close;
        score *= self.order(&alert.ci, alert.time, &mut evidence);
        Some(Finding { score, surprise: severity / 24.0 * 6.0, evidence })
    }

    fn order(&self, ci: &str, onset: Timestamp, evidence: &mut Vec<Evidence>) -> f64 {
        let lead = self.onset - onset;
        evidence.push(Evidence::Onset { time: onset, lead });
        let later = ci != self.symptom.ci && -lead > self.step;
        if later { STARTED_LATER } else { 1.0 }
    }

    /// Adds what a change shortly before the symptom says; the latest counts.
    fn consider_changes(&self, ci: &str, finding: &mut Finding, changes: &[CauseChange]) {
        let recent = changes.iter().filter(|change| {
            change.ci == ci && change.time <= self.onset && self.onset - change.time < CHANGE_WINDOW
        });
        let Some(change) = recent.max_by_key(|change| change.time) else { return };
        let before = self.onset - change.time;
        let close = 1.0 - before.as_secs_f64() / CHANGE_WINDOW.as_secs_f64();
        finding.score += (1.0 - finding.score) * CHANGED * close;
        finding.evidence.push(Evidence::Change { time: change.time, before });
    }
}
