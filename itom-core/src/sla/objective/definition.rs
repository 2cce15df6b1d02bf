//! What is promised: the [definition](ObjectiveDefinition) of an objective, as data.

use std::fmt;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};

use super::burn::{BurnAlert, sre_workbook};
use super::indicator::Indicator;
use super::policy::{self, BudgetPolicy};
use crate::sla::Fraction;
use crate::sla::period::{CalendarWindowDefinition, NominalDuration};
use crate::sla::zone::LocalDateTime;
use crate::{Duration, Error, Result};

/// The most buckets that are kept.
pub(super) const MOST_BUCKETS: i64 = 100_000;
/// As many as a set of alerts has bits.
pub(super) const MOST_ALERTS: usize = 64;
const DAY: i64 = 86_400_000_000_000;

/// What a service promises: a share over a window that rolls or follows a calendar.
///
/// ```
/// use itom_core::sla::ObjectiveDefinition;
///
/// let definition: ObjectiveDefinition =
///     serde_json::from_str(r#"{"target": "99.9", "window": "30d"}"#)?;
/// assert_eq!(definition.target.to_string(), "999/10");
/// assert_eq!(definition.alerts.len(), 4);
/// let monthly: ObjectiveDefinition = serde_json::from_str(
///     r#"{"target": "99.9", "window": "1M", "calendar": {"tz": "America/New_York"}}"#)?;
/// assert_eq!(monthly.window_length(), "720h".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ObjectiveDefinition {
    /// The share that has to be good, in percent: `99.9`. Above 0, at most 100.
    #[serde(deserialize_with = "read_percent")]
    pub target: Fraction,
    /// The window: `30d`, `4w`, `PT720H`, with a calendar `1M`, `1Q`, `1Y`. A rolling window is
    /// exact: a day of it is 24 hours and a month 30 days.
    #[serde(deserialize_with = "read_window")]
    pub window: NominalDuration,
    /// Windows that follow each other on a zone's calendar, instead of one that rolls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<ObjectiveCalendar>,
    /// How many windows before the current one stay answerable; none with a window that rolls and
    /// one with a calendar unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<u32>,
    /// What is recorded: counts, or values that are compared with a bound.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indicator: Indicator,
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
    /// What a slice without events counts as.
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_data: NoData,
    /// Alerts are silent while fewer events than this lie in their long window: with little
    /// traffic a single failure would be a high rate.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_events: u64,
    /// Burn-rate alerts; those longer than the window are left out.
    /// By name those of `sre_workbook` or `sloth`, which fit any window.
    #[serde(default = "sre_workbook", deserialize_with = "read_alerts")]
    #[cfg_attr(feature = "schema", schemars(with = "AlertsForm"))]
    pub alerts: Vec<BurnAlert>,
    /// What is done at how much budget; bands may not overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<BudgetPolicy>,
}

/// Where windows that follow a calendar begin.
///
/// ```
/// # use itom_core::sla::ObjectiveCalendar;
/// let json = r#"{"tz": "America/New_York", "start": "2020-01-31T12:30:00"}"#;
/// assert!(serde_json::from_str::<ObjectiveCalendar>(json)?.start.is_some());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ObjectiveCalendar {
    /// The IANA name of the zone whose wall clock counts.
    pub tz: String,
    /// Where one window starts on the wall clock. Without it they are aligned: months and days with
    /// 1 January 1970, weeks with Monday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<LocalDateTime>,
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
    /// Slices of time: the budget is a share of all slices of the window; a slice is good from the
    /// slice target on.
    Timeslices,
    /// Slices of time as well, but a slice counts as its own share of good events: what is promised
    /// is the average of the shares.
    RatioTimeslices,
}

/// What a slice without events counts as, once it is over.
///
/// ```
/// # use itom_core::sla::NoData;
/// assert_eq!(serde_json::to_string(&NoData::default())?, r#""ignore""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// Nothing: it neither spends the budget nor counts as kept.
    #[default]
    Ignore,
    /// A good slice.
    Good,
    /// A bad slice.
    Bad,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn default_resolution() -> Duration {
    Duration::from_secs(60)
}

fn read_percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fraction, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Percent {
        Text(String),
        Number(Fraction),
    }
    match Percent::deserialize(deserializer)? {
        Percent::Text(text) => {
            let number = text.strip_suffix('%').unwrap_or(&text).trim_end();
            number.parse().map_err(de::Error::custom)
        }
        Percent::Number(number) => Ok(number),
    }
}

/// Alerts as they may stand in a definition.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
#[allow(dead_code)]
enum AlertsForm {
    /// The name of a preset.
    Name(String),
    /// The alerts themselves.
    List(Vec<BurnAlert>),
}

/// A list, or the name of a preset whose alerts are the same for every window.
fn read_alerts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<BurnAlert>, D::Error> {
    struct Alerts;
    impl<'de> de::Visitor<'de> for Alerts {
        type Value = Vec<BurnAlert>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of alerts, or a name: sre_workbook, sloth")
        }
        fn visit_str<E: de::Error>(self, name: &str) -> Result<Vec<BurnAlert>, E> {
            match name {
                "sre_workbook" | "sloth" => Ok(sre_workbook()),
                _ => Err(E::custom(format!(
                    "alerts by name are sre_workbook and sloth, got {name:?}; those of sloth_30d, \
                     sloth_28d and pyrra depend on the window: give the list that burn_alerts \
                     answers for both"
                ))),
            }
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, alerts: A) -> Result<Vec<BurnAlert>, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(alerts))
        }
    }
    if !deserializer.is_human_readable() {
        return Vec::deserialize(deserializer);
    }
    deserializer.deserialize_any(Alerts)
}

fn read_optional_percent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Fraction>, D::Error> {
    read_percent(deserializer).map(Some)
}

/// Text, exact or nominal; or a number of seconds, in a snapshot of nanoseconds.
fn read_window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NominalDuration, D::Error> {
    struct Window(i64);
    impl de::Visitor<'_> for Window {
        type Value = NominalDuration;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a window such as \"30d\", \"1M\" or \"PT720H\", or a number of seconds")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<NominalDuration, E> {
            text.parse().or_else(|error: Error| {
                let exact: Result<Duration> = text.parse();
                exact.and_then(exactly).map_err(|_| E::custom(error))
            })
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<NominalDuration, E> {
            let nanos = number.checked_mul(self.0).map(Duration::from_nanos);
            let expected = "within 292 years of seconds";
            let nanos = nanos.ok_or_else(|| Error::invalid("window", number, expected));
            nanos.and_then(exactly).map_err(E::custom)
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<NominalDuration, E> {
            self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
        }
        fn visit_f64<E: de::Error>(self, number: f64) -> Result<NominalDuration, E> {
            Duration::try_from_secs_f64(number).and_then(exactly).map_err(E::custom)
        }
    }
    let unit = if deserializer.is_human_readable() { 1_000_000_000 } else { 1 };
    deserializer.deserialize_any(Window(unit))
}

fn exactly(duration: Duration) -> Result<NominalDuration> {
    NominalDuration::new(0, 0, duration)
}

impl ObjectiveDefinition {
    /// An objective over events in a rolling window with the workbook's alerts.
    ///
    /// ```
    /// # use itom_core::sla::ObjectiveDefinition;
    /// let definition = ObjectiveDefinition::new("99.9".parse()?, "720h".parse()?);
    /// assert_eq!(definition.error_budget()?.to_string(), "1/1000");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn new(target: Fraction, window: Duration) -> ObjectiveDefinition {
        ObjectiveDefinition {
            target,
            // A negative one is refused by `Objective::new` as the nothing that it becomes here.
            window: exactly(window).unwrap_or_default(),
            calendar: None,
            history: None,
            indicator: Indicator::Ratio,
            budgeting: Budgeting::Occurrences,
            resolution: default_resolution(),
            slice_target: None,
            no_data: NoData::Ignore,
            min_events: 0,
            alerts: sre_workbook(),
            policies: Vec::new(),
        }
    }

    /// The share that may be bad: 1 less the target.
    ///
    /// # Errors
    /// For a target that is not above 0 and at most 100.
    pub fn error_budget(&self) -> Result<Fraction> {
        percent("target", self.target).and_then(|share| Fraction::ONE.minus(share))
    }

    /// The window as time, a month being 30 days and a day 24 hours: what burn-rate factors are of.
    ///
    /// ```
    /// # use itom_core::sla::ObjectiveDefinition;
    /// let definition: ObjectiveDefinition =
    ///     serde_json::from_str(r#"{"target": "99.9", "window": "1Q"}"#)?;
    /// assert_eq!(definition.window_length(), "2160h".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn window_length(&self) -> Duration {
        let window = &self.window;
        // A year is 365 days, as its quarters and months would not add up to.
        let (years, months) = (i64::from(window.months() / 12), i64::from(window.months() % 12));
        let days = years * 365 + months * 30 + i64::from(window.days());
        Duration::from_nanos(window.exact().as_nanos().saturating_add(days.saturating_mul(DAY)))
    }

    /// How much time may be bad in a whole window, exactly, in seconds: 2592 for 99.9 % of 30 days.
    ///
    /// # Errors
    /// As [`ObjectiveDefinition::error_budget`].
    pub fn budget_seconds(&self) -> Result<Fraction> {
        self.error_budget()?.times(self.window_seconds()?)
    }

    /// How many of so many events, or slices, may be bad.
    ///
    /// ```
    /// # use itom_core::sla::{Fraction, ObjectiveDefinition};
    /// let definition = ObjectiveDefinition::new("95".parse()?, "336h".parse()?);
    /// assert_eq!(definition.allowed(336_000)?, Fraction::new(16_800, 1)?);
    /// assert_eq!(definition.allowed_slices()?, Fraction::new(1008, 1)?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ObjectiveDefinition::error_budget`].
    pub fn allowed(&self, total: u64) -> Result<Fraction> {
        self.error_budget()?.times(Fraction::new(i128::from(total), 1)?)
    }

    /// How many slices of a whole window may be bad.
    ///
    /// # Errors
    /// As [`ObjectiveDefinition::error_budget`], and for a resolution that is not positive.
    pub fn allowed_slices(&self) -> Result<Fraction> {
        let slice = seconds(self.resolution)?;
        let slices = self.window_seconds()?.over(slice)?.filter(|slices| *slices >= Fraction::ZERO);
        let expected = || Error::invalid("resolution", self.resolution, "positive");
        self.error_budget()?.times(slices.ok_or_else(expected)?)
    }

    /// How many slices of a whole window an outage may last, when a slice of it has one ratio of
    /// errors and every other slice another, and each counts as its own ratio.
    ///
    /// ```
    /// # use itom_core::sla::{Fraction, ObjectiveDefinition};
    /// let definition = ObjectiveDefinition::new("95".parse()?, "336h".parse()?);
    /// let slices = definition.outage_slices("0.99".parse()?, "0.01".parse()?)?;
    /// assert_eq!(slices, Some(Fraction::new(5760, 7)?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ObjectiveDefinition::allowed_slices`].
    pub fn outage_slices(&self, outage: Fraction, usual: Fraction) -> Result<Option<Fraction>> {
        let slices = self.window_seconds()?.over(seconds(self.resolution)?)?;
        let usually = usual.times(slices.unwrap_or(Fraction::ZERO))?;
        self.allowed_slices()?.minus(usually)?.over(outage.minus(usual)?)
    }

    /// How long a whole budget lasts at a burn rate, exactly, in seconds; none when nothing burns.
    ///
    /// ```
    /// # use itom_core::sla::ObjectiveDefinition;
    /// let definition = ObjectiveDefinition::new("99.9".parse()?, "720h".parse()?);
    /// let seconds = definition.exhaustion_seconds("14.4".parse()?)?.unwrap();
    /// assert_eq!(seconds.to_string(), "180000");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the numbers are too fine for exact arithmetic.
    pub fn exhaustion_seconds(&self, burn_rate: Fraction) -> Result<Option<Fraction>> {
        if burn_rate <= Fraction::ZERO {
            return Ok(None);
        }
        self.window_seconds()?.over(burn_rate)
    }

    fn window_seconds(&self) -> Result<Fraction> {
        seconds(self.window_length())
    }

    /// Its calendar windows as they are written.
    pub(super) fn calendar_window(&self) -> Option<CalendarWindowDefinition> {
        let calendar = self.calendar.as_ref()?;
        let (tz, start) = (calendar.tz.clone(), calendar.start);
        Some(CalendarWindowDefinition { duration: self.window, tz, start })
    }

    /// How many buckets a length of time has.
    pub(super) fn buckets(&self, argument: &str, length: Duration) -> Result<i64> {
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

    /// The alerts that fit into the window.
    pub(super) fn kept_alerts(&self) -> impl Iterator<Item = &BurnAlert> {
        let window = self.window_length();
        self.alerts.iter().filter(move |alert| alert.long <= window)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.resolution.as_nanos() <= 0 {
            return Err(Error::invalid("resolution", self.resolution, "positive"));
        }
        self.error_budget()?;
        if self.target < Fraction::ONE {
            let expected = "a percentage of at least 1, such as 99.9 where a ratio would be 0.999";
            return Err(Error::invalid("target", self.target, expected));
        }
        self.buckets("window", self.window_length())?;
        self.check_slices()?;
        if let Indicator::Threshold { value, .. } = self.indicator
            && !value.is_finite()
        {
            return Err(Error::invalid("value", value, "finite"));
        }
        if self.alerts.len() > MOST_ALERTS {
            let expected = format!("at most {MOST_ALERTS} long");
            return Err(Error::invalid("alerts", self.alerts.len(), expected));
        }
        self.alerts.iter().try_for_each(|alert| self.check_alert(alert))?;
        policy::check(&self.policies)
    }

    fn check_slices(&self) -> Result<()> {
        match (self.budgeting, self.slice_target) {
            (Budgeting::Timeslices, Some(target)) => drop(percent("slice_target", target)?),
            (Budgeting::Timeslices, None) => {
                return Err(Error::invalid("slice_target", "none", "given with time slices"));
            }
            (_, Some(target)) => {
                return Err(Error::invalid("slice_target", target, "given with time slices only"));
            }
            (_, None) => {}
        }
        if self.budgeting == Budgeting::Occurrences && self.no_data != NoData::Ignore {
            let expected = "\"ignore\" unless slices are counted";
            return Err(Error::invalid("no_data", format!("{:?}", self.no_data), expected));
        }
        Ok(())
    }

    fn check_alert(&self, alert: &BurnAlert) -> Result<()> {
        if let Some(budget) = alert.budget {
            percent("budget", budget)?;
        }
        if let Some(factor) = alert.factor.filter(|factor| *factor <= Fraction::ZERO) {
            return Err(Error::invalid("factor", factor, "above 0"));
        }
        if alert.pending.is_negative() {
            return Err(Error::invalid("pending", alert.pending, "zero or positive"));
        }
        if alert.long <= self.window_length() {
            self.buckets("long", alert.long)?;
            self.buckets("short", alert.short)?;
            if alert.pending > Duration::ZERO {
                self.buckets("pending", alert.pending)?;
            }
            alert.factor(self.window_length())?;
        }
        if alert.short > alert.long {
            return Err(Error::invalid("short", alert.short, "no longer than long"));
        }
        Ok(())
    }
}

fn seconds(duration: Duration) -> Result<Fraction> {
    Fraction::new(i128::from(duration.as_nanos()), 1_000_000_000)
}

/// A percentage above 0 and at most 100, with at most 12 decimals, as a share.
pub(super) fn percent(argument: &str, value: Fraction) -> Result<Fraction> {
    let most = Fraction::new(100, 1)?;
    if value <= Fraction::ZERO || value > most || value.denominator() > 1_000_000_000_000 {
        let expected = "a percentage above 0 and at most 100, to 12 decimals";
        return Err(Error::invalid(argument, value, expected));
    }
    value.times(Fraction::new(1, 100)?)
}
