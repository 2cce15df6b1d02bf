//! Does what we were promised cover what we promise? OLAs and contracts within SLAs.
//!
//! An agreement that `supports` another backs its metrics of the same name. [`chain`] compares
//! targets when agreements are written: of each supporting agreement the longest target, their sum
//! against the supported one. [`Agreements::slack`] compares clocks while they run: what is left of
//! the promise against what the supporting clocks may still use. [`Agreements::accounting`] says
//! who had the time: a clock's sums, split by the values of a field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreements::Agreements;
use super::definition::{AgreementKind, AgreementsDefinition};
use super::fields::label;
use super::log::RecordLog;
use super::program::Program;
use super::replay::Replay;
use super::status::AgreementStatus;
use super::trace::{Doing, Trace};
use super::value::NULL;
use crate::sla::{ClockState, Fraction};
use crate::{Duration, Result, Timestamp};

/// A target within another.
///
/// ```
/// # use itom_core::sla::SupportingTarget;
/// let json = r#"{"agreement": "Network", "kind": "ola", "target": "PT2H", "calendar": null}"#;
/// assert_eq!(serde_json::from_str::<SupportingTarget>(json)?.agreement, "Network");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SupportingTarget {
    /// Of which agreement.
    pub agreement: String,
    /// With whom that is.
    pub kind: AgreementKind,
    /// Its longest target for the metric.
    pub target: Duration,
    /// The calendar of that target; none if all time counts.
    pub calendar: Option<String>,
}

/// Whether a target is covered by those that support it.
///
/// ```
/// use itom_core::sla::{AgreementsDefinition, chain};
///
/// let definition: AgreementsDefinition = serde_json::from_str(
///     r#"{"agreements": [
///         {"name": "Gold", "metrics": [{"name": "resolution", "targets": [{"target": "4h"}]}]},
///         {"name": "Network", "kind": "ola", "supports": "Gold",
///          "metrics": [{"name": "resolution", "targets": [{"target": "3h"}]}]},
///         {"name": "Carrier", "kind": "underpinning_contract", "supports": "Gold",
///          "metrics": [{"name": "resolution", "targets": [{"target": "2h"}]}]}]}"#,
/// )?;
/// let report = chain(&definition).unwrap();
/// assert_eq!((report[0].slack, report[0].covered), ("-1h".parse().unwrap(), false));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChainLink {
    /// The supported agreement.
    pub agreement: String,
    /// The metric.
    pub metric: String,
    /// Which records the target is for, as text.
    pub when: String,
    /// The promise.
    pub target: Duration,
    /// Its calendar; none if all time counts.
    pub calendar: Option<String>,
    /// What backs it.
    pub supporting: Vec<SupportingTarget>,
    /// The sum of what backs it: as if one waited for the other.
    pub sum: Duration,
    /// The promise less the sum.
    pub slack: Duration,
    /// Whether there is no negative slack.
    pub covered: bool,
    /// Whether all count on one calendar; hours of different calendars do not compare.
    pub same_calendar: bool,
}

/// Compares each target with those of the agreements that support its own; a report, not an error.
///
/// # Errors
/// As [`AgreementsDefinition::check`].
pub fn chain(definition: &AgreementsDefinition) -> Result<Vec<ChainLink>> {
    definition.check()?;
    let mut links = Vec::new();
    for agreement in &definition.agreements {
        let backing = definition
            .agreements
            .iter()
            .filter(|own| own.supports.as_ref() == Some(&agreement.name));
        for metric in &agreement.metrics {
            let supporting: Vec<SupportingTarget> = backing
                .clone()
                .filter_map(|own| {
                    let same = own.metrics.iter().find(|other| other.name == metric.name)?;
                    let longest = same.targets.iter().max_by_key(|target| target.target)?;
                    Some(SupportingTarget {
                        agreement: own.name.clone(),
                        kind: own.kind,
                        target: longest.target,
                        calendar: longest.calendar.clone(),
                    })
                })
                .collect();
            if supporting.is_empty() {
                continue;
            }
            let sum = supporting.iter().fold(Duration::ZERO, |sum, own| sum + own.target);
            links.extend(metric.targets.iter().map(|target| ChainLink {
                agreement: agreement.name.clone(),
                metric: metric.name.clone(),
                when: target.when.to_string(),
                target: target.target,
                calendar: target.calendar.clone(),
                sum,
                slack: target.target - sum,
                covered: sum <= target.target,
                same_calendar: supporting.iter().all(|own| own.calendar == target.calendar),
                supporting: supporting.clone(),
            }));
        }
    }
    Ok(links)
}

/// A running promise and the clocks that back it.
///
/// ```
/// use itom_core::sla::{Agreements, RecordUpdate};
///
/// let mut agreements = Agreements::from_json(
///     r#"{"agreements": [
///         {"name": "Gold", "metrics": [{"name": "resolution", "targets": [{"target": "4h"}]}]},
///         {"name": "Network", "kind": "ola", "supports": "Gold", "applies": "team = 'network'",
///          "metrics": [{"name": "resolution", "targets": [{"target": "2h"}]}]}]}"#,
/// )?;
/// agreements.update(vec![
///     RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("team", "desk"),
///     RecordUpdate::new("INC1", "2026-06-15T13:00:00Z".parse()?).set("team", "network"),
/// ])?;
/// let slack = &agreements.slack("INC1", "2026-06-15T13:30:00Z".parse()?)?[0];
/// // Half an hour of the promise is left, and the network team has an hour and a half.
/// assert_eq!(slack.slack, "-1h".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgreementSlack {
    /// The supported agreement.
    pub agreement: String,
    /// The metric.
    pub metric: String,
    /// Which clock of this metric for the record.
    pub cycle: u64,
    /// What is left of the promise.
    pub remaining: Duration,
    /// What the supporting clocks that still run may use.
    pub needed: Duration,
    /// What is left less what may be needed.
    pub slack: Duration,
    /// What supporting clocks have used.
    pub used: Duration,
    /// The supporting clocks, ended ones too.
    pub supporting: Vec<AgreementStatus>,
}

/// A part of a clock's time: that while a field had one value.
///
/// ```
/// # use itom_core::sla::TimeShare;
/// let json = r#"{"agreement": "Gold", "metric": "resolution", "cycle": 0, "value": "network",
///     "business": "PT1H", "actual": "PT1H", "paused": "PT0S", "share": "1/4"}"#;
/// assert_eq!(serde_json::from_str::<TimeShare>(json)?.value.as_deref(), Some("network"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimeShare {
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// Which clock of this metric for the record; 0 in a sum over records.
    pub cycle: u64,
    /// The field's value; none for null.
    pub value: Option<String>,
    /// Calendar time while running.
    pub business: Duration,
    /// Wall time while running.
    pub actual: Duration,
    /// Calendar time while paused.
    pub paused: Duration,
    /// Of the business time of the clock, or of all clocks; none if that is none.
    pub share: Option<Fraction>,
}

/// Business, actual and paused nanoseconds.
type Sums = (i64, i64, i64);

impl Agreements {
    /// For each running clock of a supported agreement what is left of it, against what the
    /// clocks that support it may still use.
    ///
    /// # Errors
    /// There is no such record.
    pub fn slack(&self, record: &str, at: Timestamp) -> Result<Vec<AgreementSlack>> {
        let statuses = self.status(record, at)?;
        let supports: BTreeMap<&str, &str> = self
            .definition()
            .agreements
            .iter()
            .filter_map(|own| Some((own.name.as_str(), own.supports.as_deref()?)))
            .collect();
        let ended = |status: &AgreementStatus| {
            matches!(status.state, ClockState::Stopped | ClockState::Cancelled)
        };
        let mut slacks = Vec::new();
        for promise in statuses.iter().filter(|status| !ended(status)) {
            let backs = |other: &&AgreementStatus| {
                let supported = supports.get(other.agreement.as_str());
                other.metric == promise.metric && supported == Some(&promise.agreement.as_str())
            };
            let supporting: Vec<AgreementStatus> = statuses.iter().filter(backs).cloned().collect();
            if supporting.is_empty() {
                continue;
            }
            let running = supporting.iter().filter(|own| !ended(own));
            let needed =
                running.fold(Duration::ZERO, |sum, own| sum + own.remaining.max(Duration::ZERO));
            slacks.push(AgreementSlack {
                agreement: promise.agreement.clone(),
                metric: promise.metric.clone(),
                cycle: promise.cycle,
                remaining: promise.remaining,
                needed,
                slack: promise.remaining - needed,
                used: supporting.iter().fold(Duration::ZERO, |sum, own| sum + own.business),
                supporting,
            });
        }
        Ok(slacks)
    }

    /// Who had the time: the sums of a record's clocks, split by the values a field had, in the
    /// order of the values. They add up to the status.
    ///
    /// # Errors
    /// There is no such record.
    ///
    /// ```
    /// use itom_core::sla::{Agreements, RecordUpdate};
    ///
    /// let mut agreements = Agreements::from_json(
    ///     r#"{"agreements": [{"name": "Gold", "metrics": [
    ///         {"name": "resolution", "targets": [{"target": "4h"}]}]}]}"#,
    /// )?;
    /// agreements.update(vec![
    ///     RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("team", "desk"),
    ///     RecordUpdate::new("INC1", "2026-06-15T13:00:00Z".parse()?).set("team", "network"),
    /// ])?;
    /// let shares = agreements.accounting("INC1", "team", "2026-06-15T14:00:00Z".parse()?)?;
    /// assert_eq!(shares[0].value.as_deref(), Some("desk"));
    /// assert_eq!(shares[0].share.unwrap().to_string(), "3/4");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn accounting(&self, record: &str, field: &str, at: Timestamp) -> Result<Vec<TimeShare>> {
        let record = self.log().find(record)?;
        let (program, log) = (self.program(), self.log());
        let field = log.known_field("field", field)?;
        self.traces_at(record, at, |traces| {
            let mut shares: Vec<TimeShare> = Vec::new();
            for trace in traces {
                let mut sums = BTreeMap::new();
                split(program, log, record, trace, field, at.as_nanos(), &mut sums);
                let own = shares.len();
                shares.extend(rows(program, log, trace.metric, trace.cycle, &sums));
                // Not by number: those depend on the order of arrival.
                shares[own..].sort_by(|a, b| a.value.cmp(&b.value));
            }
            Ok(shares)
        })
    }
}

impl Replay {
    /// Who had the time in a whole history: the sums of all clocks of each metric, split by the
    /// values a field had, those with the most business time first. `log` is that of the replay.
    ///
    /// # Errors
    /// No record ever had such a field.
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate, replay};
    /// # let mut log = RecordLog::new();
    /// # log.extend(vec![
    /// #     RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("team", "desk"),
    /// #     RecordUpdate::new("INC1", "2026-06-15T13:00:00Z".parse()?).set("team", "network"),
    /// # ])?;
    /// # let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold",
    /// #     "metrics": [{"name": "resolution", "targets": [{"target": "4h"}]}]}]}"#)?;
    /// let shares = replay(&definition, &log, None)?.accounting(&log, "team")?;
    /// assert_eq!(shares[0].business, "3h".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn accounting(&self, log: &RecordLog, field: &str) -> Result<Vec<TimeShare>> {
        let field = log.known_field("field", field)?;
        let mut totals: BTreeMap<u32, BTreeMap<u32, Sums>> = BTreeMap::new();
        for (outcome, trace) in self.traces() {
            let sums = totals.entry(trace.metric).or_default();
            split(self.program(), log, outcome.record, trace, field, self.at().as_nanos(), sums);
        }
        let mut shares = Vec::new();
        for (metric, sums) in totals {
            let mut own: Vec<TimeShare> = rows(self.program(), log, metric, 0, &sums).collect();
            own.sort_by(|a, b| b.business.cmp(&a.business).then(a.value.cmp(&b.value)));
            shares.extend(own);
        }
        Ok(shares)
    }
}

/// Adds the sums of a clock to those of each value that a field had meanwhile.
fn split(
    program: &Program,
    log: &RecordLog,
    record: u32,
    trace: &Trace,
    field: Option<u32>,
    now: i64,
    sums: &mut BTreeMap<u32, Sums>,
) {
    // The value before the first update is that of the first: a clock may count from before it.
    let mut values: Vec<(i64, u32)> = Vec::new();
    if let Some(field) = field {
        for row in log.rows_of(record).iter().map(|&row| log.row(row)) {
            let set = log.changes(row).iter().rev().find(|change| change.0 == field);
            if let Some(&(_, value)) = set.filter(|_| row.at <= now) {
                values.push((row.at, value));
            }
        }
    }
    for (piece, end) in trace.spans(now) {
        let calendar = &program.calendars[usize::from(piece.calendar)];
        let mut from = piece.from;
        while from < end {
            let next = values.partition_point(|value| value.0 <= from);
            let value = match next.checked_sub(1).or(values.first().map(|_| 0)) {
                Some(index) => values[index].1,
                None => NULL,
            };
            let until = values.get(next).map_or(end, |value| value.0.min(end));
            let open = calendar.open_until(until).saturating_sub(calendar.open_until(from));
            let sum = sums.entry(value).or_default();
            match piece.doing {
                Doing::Running => {
                    sum.0 = sum.0.saturating_add(open);
                    sum.1 = sum.1.saturating_add(until.saturating_sub(from));
                }
                Doing::Paused(_) => sum.2 = sum.2.saturating_add(open),
                Doing::Stopped => {}
            }
            from = until;
        }
    }
}

fn rows<'a>(
    program: &'a Program,
    log: &'a RecordLog,
    metric: u32,
    cycle: u32,
    sums: &'a BTreeMap<u32, Sums>,
) -> impl Iterator<Item = TimeShare> + 'a {
    let names = program.names(metric);
    let total: i128 = sums.values().map(|sum| i128::from(sum.0)).sum();
    sums.iter().map(move |(&value, &(business, actual, paused))| TimeShare {
        agreement: names.agreement.to_owned(),
        metric: names.metric.to_owned(),
        cycle: u64::from(cycle),
        value: label(log.values().value(value)),
        business: Duration::from_nanos(business),
        actual: Duration::from_nanos(actual),
        paused: Duration::from_nanos(paused),
        share: Fraction::new(i128::from(business), total).ok(),
    })
}
