//! How much error budget is left, how fast does it burn, and should someone be woken?
//!
//! An [`Objective`] counts good and all events (or time slices) over a rolling window and compares
//! exactly: the target is a decimal, sums are integers, every threshold is a ratio. Alerts are the
//! multiwindow, multi-burn-rate rules of the Site Reliability Workbook (Google 2018, chapter 5):
//! one fires when the burn rate exceeds its factor over a long *and* a short window, the factor
//! being the share of the budget it would spend in the long window, so that it fits any window.
//!
//! Memory is bounded: counts are kept in buckets of `resolution`, as many as the window has at
//! most (and 100,000), 24 bytes each; what is older is forgotten. Instants are rounded down to a
//! bucket; a window of n buckets is the bucket of the asked instant and the n - 1 before it.
//! Cost: O(log n) a question, O(1) a record in order, O(n) a late one.

use serde::{Deserialize, Serialize};

use super::burn::{BurnAlert, BurnStatus, default_alerts};
use super::tally::{Counts, Tally};
use crate::sla::Fraction;
use crate::snapshot::{self, Header};
use crate::{Duration, Error, Result, Timestamp};

const ENGINE: &str = "sla.objective";
const VERSION: u16 = 1;
const MOST_BUCKETS: i64 = 100_000;
const MOST_ALERTS: usize = 100;

/// What a service promises, as a share over a rolling window.
///
/// ```
/// use itom_core::sla::ObjectiveDefinition;
///
/// let definition: ObjectiveDefinition =
///     serde_json::from_str(r#"{"target": "99.9", "window": "720h"}"#)?;
/// assert_eq!(definition.target.to_string(), "999/10");
/// assert_eq!(definition.alerts.len(), 4);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ObjectiveDefinition {
    /// The share that has to be good, in percent: `99.9`. Above 0, at most 100.
    #[serde(deserialize_with = "read_percent")]
    pub target: Fraction,
    /// The rolling window.
    pub window: Duration,
    /// What is counted.
    #[serde(default)]
    pub budgeting: Budgeting,
    /// How finely time is kept, and the length of a slice; it has to divide every window.
    #[serde(default = "default_resolution")]
    pub resolution: Duration,
    /// With time slices: the share of a slice, in percent, from which on it is good.
    #[serde(
        default,
        deserialize_with = "read_optional_percent",
        skip_serializing_if = "Option::is_none"
    )]
    pub slice_target: Option<Fraction>,
    /// Burn-rate alerts; those longer than the window are left out.
    #[serde(default = "default_alerts")]
    pub alerts: Vec<BurnAlert>,
}

/// What a budget counts.
///
/// ```
/// # use itom_core::sla::Budgeting;
/// assert_eq!(serde_json::to_string(&Budgeting::default())?, r#""occurrences""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Budgeting {
    /// Events: the budget is a share of those that happened.
    #[default]
    Occurrences,
    /// Slices of time: the budget is a share of all slices of the window; one without events
    /// spends nothing.
    Timeslices,
}

fn default_resolution() -> Duration {
    Duration::from_secs(60)
}

fn read_percent<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Fraction, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Percent {
        Text(String),
        Number(Fraction),
    }
    match Percent::deserialize(deserializer)? {
        Percent::Text(text) => {
            let number = text.strip_suffix('%').unwrap_or(&text).trim_end();
            number.parse().map_err(serde::de::Error::custom)
        }
        Percent::Number(number) => Ok(number),
    }
}

fn read_optional_percent<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Fraction>, D::Error> {
    read_percent(deserializer).map(Some)
}

impl ObjectiveDefinition {
    /// An objective over events with the workbook's alerts.
    ///
    /// ```
    /// # use itom_core::{Duration, sla::ObjectiveDefinition};
    /// let definition = ObjectiveDefinition::new("99.9".parse()?, Duration::from_secs(30 * 86_400));
    /// assert_eq!(definition.error_budget()?.to_string(), "1/1000");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn new(target: Fraction, window: Duration) -> ObjectiveDefinition {
        ObjectiveDefinition {
            target,
            window,
            budgeting: Budgeting::Occurrences,
            resolution: default_resolution(),
            slice_target: None,
            alerts: default_alerts(),
        }
    }

    /// The share that may be bad: 1 less the target.
    ///
    /// # Errors
    /// For a target that is not above 0 and at most 100.
    pub fn error_budget(&self) -> Result<Fraction> {
        percent("target", self.target).and_then(|share| Fraction::ONE.minus(share))
    }

    /// How much time may be bad in a whole window, exactly, in seconds: 2592 for 99.9 % of 30 days.
    ///
    /// # Errors
    /// As [`ObjectiveDefinition::error_budget`].
    pub fn budget_seconds(&self) -> Result<Fraction> {
        let window = Fraction::new(i128::from(self.window.as_nanos()), 1_000_000_000)?;
        self.error_budget()?.times(window)
    }

    fn buckets(&self, argument: &str, length: Duration) -> Result<i64> {
        let (length, unit) = (length.as_nanos(), self.resolution.as_nanos());
        if length <= 0 || length % unit != 0 || length / unit > MOST_BUCKETS {
            let expected = format!(
                "a multiple of the resolution {}, 1 to {MOST_BUCKETS} times",
                self.resolution
            );
            return Err(Error::invalid(argument, Duration::from_nanos(length), expected));
        }
        Ok(length / unit)
    }

    fn check(&self) -> Result<()> {
        if self.resolution.as_nanos() <= 0 {
            return Err(Error::invalid("resolution", self.resolution, "positive"));
        }
        self.error_budget()?;
        self.buckets("window", self.window)?;
        match (self.budgeting, self.slice_target) {
            (Budgeting::Timeslices, Some(target)) => drop(percent("slice_target", target)?),
            (Budgeting::Timeslices, None) => {
                return Err(Error::invalid("slice_target", "none", "given with time slices"));
            }
            (Budgeting::Occurrences, Some(target)) => {
                return Err(Error::invalid("slice_target", target, "given with time slices only"));
            }
            (Budgeting::Occurrences, None) => {}
        }
        if self.alerts.len() > MOST_ALERTS {
            let expected = format!("at most {MOST_ALERTS} long");
            return Err(Error::invalid("alerts", self.alerts.len(), expected));
        }
        for alert in &self.alerts {
            percent("budget", alert.budget)?;
            if alert.long <= self.window {
                self.buckets("long", alert.long)?;
                self.buckets("short", alert.short)?;
                alert.factor(self.window)?;
            }
            if alert.short > alert.long {
                return Err(Error::invalid("short", alert.short, "no longer than long"));
            }
        }
        Ok(())
    }
}

/// A percentage above 0 and at most 100, with at most 12 decimals, as a share.
fn percent(argument: &str, value: Fraction) -> Result<Fraction> {
    let most = Fraction::new(100, 1)?;
    if value <= Fraction::ZERO || value > most || value.denominator() > 1_000_000_000_000 {
        let expected = "a percentage above 0 and at most 100, to 12 decimals";
        return Err(Error::invalid(argument, value, expected));
    }
    value.times(Fraction::new(1, 100)?)
}

/// Where an objective stands.
///
/// ```
/// # use itom_core::sla::ObjectiveState;
/// assert_eq!(serde_json::to_string(&ObjectiveState::NoData)?, r#""no_data""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveState {
    /// Nothing was counted in the window: neither kept nor broken.
    NoData,
    /// Kept, and no alert fires.
    Ok,
    /// Kept so far, but an alert fires.
    Burning,
    /// More than the budget is spent.
    Exhausted,
}

/// An objective at an instant. Fractions are exact; the floats beside them are for people.
///
/// ```
/// # use itom_core::sla::{Fraction, Objective, ObjectiveDefinition};
/// let mut objective = Objective::new(ObjectiveDefinition::new("99".parse()?, "1h".parse()?))?;
/// objective.record("2026-06-15T10:00:00Z".parse()?, 999, 1000)?;
/// let status = objective.status("2026-06-15T10:00:30Z".parse()?)?;
/// assert_eq!((status.budget, status.consumed), (Fraction::new(10, 1)?, 1));
/// assert_eq!(status.remaining_ratio, Some(0.9));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ObjectiveStatus {
    /// The instant of asking.
    pub at: Timestamp,
    /// The verdict.
    pub state: ObjectiveState,
    /// Good events, or slices, in the window.
    pub good: u64,
    /// All events, or slices with events, in the window.
    pub total: u64,
    /// Good over total; none without data.
    pub sli: Option<Fraction>,
    /// The same as a float.
    pub sli_ratio: Option<f64>,
    /// How many may be bad.
    pub budget: Fraction,
    /// How many are bad.
    pub consumed: u64,
    /// Budget less consumed; negative when exhausted.
    pub remaining: Fraction,
    /// Remaining over budget; none when the budget is zero.
    pub remaining_ratio: Option<f64>,
    /// Bad share over the error budget, across the window: 1 spends the budget exactly.
    pub burn_rate: Option<f64>,
    /// How long the budget lasts at the burn rate of the first alert's long window, as in
    /// [`Objective::time_to_exhaustion`]; none when nothing burns or nothing was counted there.
    pub time_to_exhaustion: Option<Duration>,
    /// Each alert.
    pub alerts: Vec<BurnStatus>,
    /// Records refused because they were older than the window.
    pub late: u64,
}

/// A service level objective with its counts.
///
/// ```
/// use itom_core::sla::{Objective, ObjectiveDefinition, ObjectiveState};
///
/// let mut objective = Objective::new(ObjectiveDefinition::new("99.9".parse()?, "720h".parse()?))?;
/// objective.record("2026-06-15T10:00:00Z".parse()?, 9_856, 10_000)?;
/// // Exactly 14.4 times the budget does not exceed it, however floats would round ...
/// let status = objective.status("2026-06-15T10:00:00Z".parse()?)?;
/// assert!(!status.alerts[0].firing);
/// // ... and one more does.
/// objective.record("2026-06-15T10:00:00Z".parse()?, 0, 1)?;
/// assert!(objective.status("2026-06-15T10:00:00Z".parse()?)?.alerts[0].firing);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    definition: ObjectiveDefinition,
    budget: Fraction,
    tally: Tally,
    late: u64,
}

#[derive(Serialize, Deserialize)]
struct State {
    definition: ObjectiveDefinition,
    tally: Tally,
    late: u64,
}

impl Objective {
    /// An objective without counts.
    ///
    /// # Errors
    /// For a target outside (0, 100], windows that are not multiples of the resolution, an alert
    /// whose short window is the longer one.
    pub fn new(definition: ObjectiveDefinition) -> Result<Objective> {
        definition.check()?;
        let budget = definition.error_budget()?;
        Ok(Objective { definition, budget, tally: Tally::default(), late: 0 })
    }

    /// Its definition.
    pub fn definition(&self) -> &ObjectiveDefinition {
        &self.definition
    }

    /// Counts `good` of `total` events at an instant. Any order; what is older than the window
    /// before the latest record is not counted but told in [`ObjectiveStatus::late`].
    ///
    /// # Errors
    /// When there are more good than all, or the counts leave 64 bits.
    pub fn record(&mut self, at: Timestamp, good: u64, total: u64) -> Result<()> {
        if good > total {
            return Err(Error::invalid("good", good, format!("at most total, which is {total}")));
        }
        if total == 0 {
            return Ok(());
        }
        let keep = self.definition.buckets("window", self.definition.window)?;
        let counts = Counts { bad: total - good, total };
        if !self.tally.add(self.bucket(at), counts, keep)? {
            self.late += 1;
        }
        Ok(())
    }

    /// [`Objective::record`] of many, all or none of them.
    ///
    /// # Errors
    /// As of one, and when the slices are of different length; nothing is then counted.
    pub fn record_all(&mut self, instants: &[i64], good: &[u64], total: &[u64]) -> Result<()> {
        for (argument, length) in [("good", good.len()), ("total", total.len())] {
            if length != instants.len() {
                let expected = format!("as many as the instants, {}", instants.len());
                return Err(Error::invalid(argument, length, expected));
            }
        }
        let mut counted = self.clone();
        for (index, &at) in instants.iter().enumerate() {
            counted.record(Timestamp::from_nanos(at), good[index], total[index])?;
        }
        *self = counted;
        Ok(())
    }

    /// Where it stands.
    ///
    /// # Errors
    /// For an instant whose window reaches back to counts that are forgotten already.
    pub fn status(&self, at: Timestamp) -> Result<ObjectiveStatus> {
        let counts = self.counts("window", at, self.definition.window)?;
        let budget = self.allowed(counts)?;
        let consumed = Fraction::new(i128::from(counts.bad), 1)?;
        let remaining = budget.minus(consumed)?;
        let kept = self.definition.alerts.iter().filter(|a| a.long <= self.definition.window);
        let alerts = kept.map(|alert| self.alert(alert, at)).collect::<Result<Vec<_>>>()?;
        let state = if counts.total == 0 {
            ObjectiveState::NoData
        } else if remaining < Fraction::ZERO {
            ObjectiveState::Exhausted
        } else if alerts.iter().any(|alert| alert.firing) {
            ObjectiveState::Burning
        } else {
            ObjectiveState::Ok
        };
        let sli = match counts.total {
            0 => None,
            total => Some(Fraction::new(i128::from(total - counts.bad), i128::from(total))?),
        };
        let over = alerts.first().map_or(self.definition.window, |alert| alert.long);
        Ok(ObjectiveStatus {
            at,
            state,
            good: counts.total - counts.bad,
            total: counts.total,
            sli,
            sli_ratio: sli.map(Fraction::to_f64),
            budget,
            consumed: counts.bad,
            remaining,
            remaining_ratio: remaining.over(budget)?.map(Fraction::to_f64),
            burn_rate: self.burn_rate(at, self.definition.window)?.map(Fraction::to_f64),
            time_to_exhaustion: self.time_to_exhaustion(at, over)?,
            alerts,
            late: self.late,
        })
    }

    /// How many times faster than allowed the budget burned over the `window` before an instant:
    /// bad share over error budget. None without data, and for a budget of zero.
    ///
    /// # Errors
    /// For a window that is no multiple of the resolution, and as [`Objective::status`].
    pub fn burn_rate(&self, at: Timestamp, window: Duration) -> Result<Option<Fraction>> {
        let counts = self.counts("window", at, window)?;
        if counts.total == 0 {
            return Ok(None);
        }
        Fraction::new(i128::from(counts.bad), i128::from(counts.total))?.over(self.budget)
    }

    /// Whether counting began at least one window before an instant. Until then the budget is that
    /// of the events so far and still grows, so how long it lasts cannot be said.
    ///
    /// ```
    /// use itom_core::sla::{Objective, ObjectiveDefinition};
    /// use itom_core::{Duration, Timestamp};
    ///
    /// let window = Duration::from_secs(86_400);
    /// let mut objective = Objective::new(ObjectiveDefinition::new("99.9".parse()?, window))?;
    /// objective.record(Timestamp::from_secs(0), 99, 100)?;
    /// assert!(!objective.covers_window(Timestamp::from_secs(3600)));
    /// assert!(objective.covers_window(Timestamp::from_secs(86_400)));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn covers_window(&self, at: Timestamp) -> bool {
        let buckets = self.definition.window.as_nanos() / self.definition.resolution.as_nanos();
        self.tally.reaches(self.bucket(at).saturating_sub(buckets))
    }

    /// How long what is left of the budget lasts at the burn rate over the `window` before an
    /// instant; zero when it is spent, none when nothing burns or nothing was counted. It is the
    /// share left times the window over the rate, which takes the window to be full of data: see
    /// [`Objective::covers_window`].
    ///
    /// # Errors
    /// As [`Objective::burn_rate`].
    pub fn time_to_exhaustion(&self, at: Timestamp, window: Duration) -> Result<Option<Duration>> {
        let counts = self.counts("window", at, self.definition.window)?;
        let budget = self.allowed(counts)?;
        let left = budget.minus(Fraction::new(i128::from(counts.bad), 1)?)?.over(budget)?;
        let (Some(left), Some(rate)) = (left, self.burn_rate(at, window)?) else {
            return Ok(None);
        };
        if left <= Fraction::ZERO {
            return Ok(Some(Duration::ZERO));
        }
        // Only the estimate is rounded to a float: no verdict hangs on it.
        let nanos = left.to_f64() / rate.to_f64() * self.definition.window.as_nanos() as f64;
        Ok((nanos < 9.2e18).then(|| Duration::from_nanos(nanos.round() as i64)))
    }

    /// The objective as bytes: an envelope of engine `sla.objective`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut configuration = Vec::new();
        ciborium::into_writer(&self.definition, &mut configuration)
            .expect("a definition can be written as CBOR");
        let unit = self.definition.resolution.as_nanos();
        let watermark = self.tally.latest().map(|bucket| bucket.saturating_mul(unit));
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: snapshot::stable_hash(&configuration),
            watermark: watermark.map(Timestamp::from_nanos),
        };
        let definition = self.definition.clone();
        let state = State { definition, tally: self.tally.clone(), late: self.late };
        snapshot::seal(&header, &state)
    }

    /// An objective from its bytes.
    ///
    /// # Errors
    /// For bytes that are damaged, of another engine or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Objective> {
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
        let damaged = |why: Error| Error::corrupt("snapshot of sla.objective", why);
        let mut objective = Objective::new(state.definition).map_err(damaged)?;
        state.tally.check().map_err(damaged)?;
        objective.tally = state.tally;
        objective.late = state.late;
        Ok(objective)
    }

    fn bucket(&self, at: Timestamp) -> i64 {
        at.as_nanos().div_euclid(self.definition.resolution.as_nanos())
    }

    /// The counts of a window, in the unit that the budget counts.
    fn counts(&self, argument: &str, at: Timestamp, window: Duration) -> Result<Counts> {
        let buckets = self.definition.buckets(argument, window)?;
        let last = self.bucket(at);
        let Some(range) = self.tally.range(last.saturating_sub(buckets), last) else {
            let expected = "late enough that its window holds no counts that are forgotten";
            return Err(Error::invalid("at", at, expected));
        };
        match self.definition.slice_target {
            None => Ok(self.tally.sum(range)),
            Some(target) => {
                let good = percent("slice_target", target)?;
                let mut sum = Counts::default();
                for slice in self.tally.slices(range).filter(|slice| slice.total > 0) {
                    let kept = i128::from(slice.total - slice.bad);
                    let share = Fraction::new(kept, i128::from(slice.total))?;
                    sum.bad += u64::from(share < good);
                    sum.total += 1;
                }
                Ok(sum)
            }
        }
    }

    /// How many may be bad: a share of the events that were, or of all slices of the window.
    fn allowed(&self, counts: Counts) -> Result<Fraction> {
        let of = match self.definition.budgeting {
            Budgeting::Occurrences => i128::from(counts.total),
            Budgeting::Timeslices => {
                i128::from(self.definition.buckets("window", self.definition.window)?)
            }
        };
        self.budget.times(Fraction::new(of, 1)?)
    }

    fn alert(&self, alert: &BurnAlert, at: Timestamp) -> Result<BurnStatus> {
        let factor = alert.factor(self.definition.window)?;
        let threshold = factor.times(self.budget)?;
        let mut exceeded = true;
        let mut rates = [None, None];
        for (rate, window) in rates.iter_mut().zip([alert.long, alert.short]) {
            let counts = self.counts("window", at, window)?;
            if counts.total == 0 {
                exceeded = false;
                continue;
            }
            let share = Fraction::new(i128::from(counts.bad), i128::from(counts.total))?;
            exceeded &= share > threshold;
            *rate = share.over(self.budget)?.map(Fraction::to_f64);
        }
        Ok(BurnStatus {
            name: alert.name.clone(),
            long: alert.long,
            short: alert.short,
            factor,
            long_rate: rates[0],
            short_rate: rates[1],
            firing: exceeded,
        })
    }
}
