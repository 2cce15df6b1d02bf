//! Burn-rate alerts: which share of the budget, in which time, is worth waking someone for?
//!
//! The burn rate is the bad share over the error budget: 1 spends the budget exactly within the
//! window. An alert fires while the rate exceeds its factor over a long window, so that it matters,
//! *and* over a short one, so that it ends soon after the burning has (Site Reliability Workbook,
//! Google 2018, chapter 5). "Exceeds" is strict, as in the rules that sloth and pyrra generate.

use serde::{Deserialize, Serialize};

use crate::sla::Fraction;
use crate::{Duration, Error, Result};

/// An alert over two windows: it fires while the budget burns faster than a factor over both.
///
/// The factor is given, or the share of the budget, in percent, that it would spend in the long
/// window: then it fits any objective's window.
///
/// ```
/// use itom_core::{Duration, sla::BurnAlert};
///
/// let alert: BurnAlert =
///     serde_json::from_str(r#"{"name": "page", "budget": 2, "long": "1h", "short": "5m"}"#)?;
/// let (month, week) = (Duration::from_secs(30 * 86_400), Duration::from_secs(7 * 86_400));
/// assert_eq!(alert.factor(month)?.to_string(), "72/5");
/// assert_eq!(alert.factor(week)?.to_string(), "84/25");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BurnAlert {
    /// What it is called, such as `page` or `ticket`.
    pub name: String,
    /// The share of the whole budget, in percent, that is spent in the long window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Fraction>,
    /// The burn rate itself, instead of a share of the budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Fraction>,
    /// The window that makes it significant.
    pub long: Duration,
    /// The window that ends it soon after the burning has ended.
    pub short: Duration,
    /// How long the burning has to last before it fires: Prometheus's `for`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pending: Duration,
    /// Whether a burn rate equal to the factor counts as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inclusive: bool,
}

fn is_zero(duration: &Duration) -> bool {
    *duration == Duration::ZERO
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl BurnAlert {
    /// An alert at a share of the budget, in percent.
    ///
    /// ```
    /// # use itom_core::sla::BurnAlert;
    /// let page = BurnAlert::at_budget("page", "2".parse()?, "1h".parse()?, "5m".parse()?);
    /// assert_eq!(page.factor("720h".parse()?)?.to_string(), "72/5");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn at_budget(name: &str, budget: Fraction, long: Duration, short: Duration) -> BurnAlert {
        BurnAlert {
            name: name.to_owned(),
            budget: Some(budget),
            factor: None,
            long,
            short,
            pending: Duration::ZERO,
            inclusive: false,
        }
    }

    /// An alert at a burn rate.
    ///
    /// ```
    /// # use itom_core::sla::BurnAlert;
    /// let page = BurnAlert::at_rate("page", "14".parse()?, "1h".parse()?, "5m".parse()?);
    /// assert_eq!(page.factor("168h".parse()?)?.to_string(), "14");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn at_rate(name: &str, rate: Fraction, long: Duration, short: Duration) -> BurnAlert {
        BurnAlert {
            budget: None,
            factor: Some(rate),
            ..BurnAlert::at_budget(name, rate, long, short)
        }
    }

    /// The burn rate that it fires above, for an objective's window: as given, or share x window /
    /// long.
    ///
    /// # Errors
    /// When both or neither are given, and when the numbers are too fine for exact arithmetic.
    pub fn factor(&self, window: Duration) -> Result<Fraction> {
        let budget = match (self.budget, self.factor) {
            (None, Some(rate)) => return Ok(rate),
            (Some(budget), None) => budget,
            (budget, _) => {
                let value = if budget.is_some() { "both" } else { "neither" };
                return Err(Error::invalid("budget", value, "given, or factor, but not both"));
            }
        };
        let share = budget.times(Fraction::new(1, 100)?)?;
        share.times(of_length(window)?.over(of_length(self.long)?)?.unwrap_or(Fraction::ZERO))
    }

    /// How long after a total or partial outage begins it exceeds the factor over the long window,
    /// exactly, in seconds: error budget / error ratio x factor x long when nothing was bad before,
    /// and [`BurnAlert::pending`] on top. None when the ratio never gets there.
    ///
    /// ```
    /// use itom_core::sla::{BurnAlert, Fraction};
    ///
    /// let page = BurnAlert::at_rate("page", "14.4".parse()?, "1h".parse()?, "5m".parse()?);
    /// let (budget, month) = ("0.001".parse()?, "720h".parse()?);
    /// let seconds = page.detection_seconds(Fraction::ONE, budget, month)?;
    /// assert_eq!(seconds.unwrap().to_f64(), 51.84);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// For a ratio outside (0, 1], and as [`BurnAlert::factor`].
    pub fn detection_seconds(
        &self,
        error_ratio: Fraction,
        error_budget: Fraction,
        window: Duration,
    ) -> Result<Option<Fraction>> {
        let part = self.part(error_ratio, error_budget, window)?;
        let pending = of_length(self.pending)?;
        let reached = part < Fraction::ONE || (self.inclusive && part == Fraction::ONE);
        let negative = Fraction::ZERO.minus(part.times(of_length(self.long)?)?)?;
        let seconds = pending.minus(negative)?;
        Ok(reached.then_some(seconds))
    }

    /// How long after an outage that lasted at least the short window has ended it stops firing,
    /// exactly, in seconds: the short window less the part of it that is enough to fire.
    ///
    /// ```
    /// use itom_core::sla::{BurnAlert, Fraction};
    ///
    /// let page = BurnAlert::at_rate("page", "14.4".parse()?, "1h".parse()?, "5m".parse()?);
    /// let (budget, month) = ("0.001".parse()?, "720h".parse()?);
    /// let seconds = page.reset_seconds(Fraction::ONE, budget, month)?;
    /// assert_eq!(seconds.unwrap().to_f64(), 295.68);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`BurnAlert::detection_seconds`].
    pub fn reset_seconds(
        &self,
        error_ratio: Fraction,
        error_budget: Fraction,
        window: Duration,
    ) -> Result<Option<Fraction>> {
        let part = self.part(error_ratio, error_budget, window)?;
        let seconds = Fraction::ONE.minus(part)?.times(of_length(self.short)?)?;
        Ok((seconds >= Fraction::ZERO).then_some(seconds))
    }

    /// Which part of a window has to be bad for the factor.
    fn part(&self, ratio: Fraction, budget: Fraction, window: Duration) -> Result<Fraction> {
        if ratio <= Fraction::ZERO || ratio > Fraction::ONE {
            return Err(Error::invalid("error_ratio", ratio, "above 0 and at most 1"));
        }
        let threshold = self.factor(window)?.times(budget)?;
        Ok(threshold.over(ratio)?.unwrap_or(Fraction::ZERO))
    }
}

fn of_length(duration: Duration) -> Result<Fraction> {
    Fraction::new(i128::from(duration.as_nanos()), 1_000_000_000)
}

/// The rules of the Site Reliability Workbook, chapter 5, table 5-8, with its low-severity pair.
/// sloth ships the same for its periods of 30 and of 28 days: 14.4, 6, 3 and 1 times the budget of
/// 30 days; 13.44, 5.6, 2.8 and 14/15 that of 28.
///
/// ```
/// let month = "720h".parse()?;
/// let factors: Vec<String> = itom_core::sla::sre_workbook()
///     .iter()
///     .map(|alert| alert.factor(month).map(|factor| factor.to_string()))
///     .collect::<Result<_, _>>()?;
/// assert_eq!(factors, ["72/5", "6", "3", "1"]);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn sre_workbook() -> Vec<BurnAlert> {
    let alert = |name: &str, percent: i64, long: i64, short: i64| {
        let budget = Fraction::new(i128::from(percent), 1).unwrap_or(Fraction::ONE);
        let (long, short) = (Duration::from_secs(long * 60), Duration::from_secs(short * 60));
        BurnAlert::at_budget(name, budget, long, short)
    };
    vec![
        alert("page", 2, 60, 5),
        alert("page", 5, 360, 30),
        alert("ticket", 10, 1440, 120),
        alert("ticket", 10, 4320, 360),
    ]
}

/// The rules of pyrra: factors 14, 7, 2 and 1 over windows that scale with the objective's, each
/// rounded to a minute, half away from zero, with the time they have to last.
///
/// ```
/// use itom_core::{Duration, sla::pyrra};
///
/// let alerts = pyrra(Duration::from_secs(28 * 86_400))?;
/// assert_eq!(alerts[0].long, "1h".parse()?);
/// assert_eq!(alerts[3].pending, "3h".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// For a window so short that a part of it rounds to nothing: below 5 h 36 min.
pub fn pyrra(window: Duration) -> Result<Vec<BurnAlert>> {
    const MINUTE: i64 = 60_000_000_000;
    let part = |parts: i64| {
        let nanos = window.as_nanos() / parts;
        let minutes = nanos / MINUTE + i64::from(nanos % MINUTE >= MINUTE / 2);
        Duration::from_nanos(minutes * MINUTE)
    };
    let alert = |name: &str, factor: i128, pending: i64, long: i64, short: i64| {
        let rate = Fraction::new(factor, 1).unwrap_or(Fraction::ONE);
        BurnAlert {
            pending: part(pending),
            ..BurnAlert::at_rate(name, rate, part(long), part(short))
        }
    };
    // 28 days hold 20,160 times two minutes, 672 hours, 8,064 times five minutes.
    let alerts = vec![
        alert("critical", 14, 20_160, 672, 8064),
        alert("critical", 7, 2688, 112, 1344),
        alert("warning", 2, 672, 28, 336),
        alert("warning", 1, 224, 7, 112),
    ];
    if alerts[0].pending <= Duration::ZERO {
        return Err(Error::invalid("window", window, "at least 168 hours"));
    }
    Ok(alerts)
}

/// A preset by name, for an objective's window: `sre_workbook`, `sloth` and its periods `sloth_30d`
/// and `sloth_28d`, `pyrra`.
///
/// ```
/// use itom_core::{Duration, sla::burn_alerts};
///
/// assert_eq!(burn_alerts("sloth_28d", Duration::from_secs(28 * 86_400))?.len(), 4);
/// assert!(burn_alerts("sloth_28d", Duration::from_secs(30 * 86_400)).is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// For an unknown name, and for a window that is not the preset's.
pub fn burn_alerts(preset: &str, window: Duration) -> Result<Vec<BurnAlert>> {
    let days = |count: i64| {
        if window == Duration::from_secs(count * 86_400) {
            return Ok(sre_workbook());
        }
        Err(Error::invalid("window", window, format!("{count} days for {preset}")))
    };
    match preset {
        "sre_workbook" | "sloth" => Ok(sre_workbook()),
        "sloth_30d" => days(30),
        "sloth_28d" => days(28),
        "pyrra" => pyrra(window),
        _ => {
            let expected = "one of sre_workbook, sloth, sloth_30d, sloth_28d, pyrra";
            Err(Error::invalid("preset", format!("{preset:?}"), expected))
        }
    }
}

/// One alert at an instant.
///
/// ```
/// # use itom_core::sla::BurnStatus;
/// let json = r#"{"name": "page", "long": "PT1H", "short": "PT5M", "factor": "72/5",
///                "long_rate": 20.0, "short_rate": null, "pending": false, "firing": false}"#;
/// assert!(!serde_json::from_str::<BurnStatus>(json)?.firing);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BurnStatus {
    /// The alert's name.
    pub name: String,
    /// Its long window.
    pub long: Duration,
    /// Its short window.
    pub short: Duration,
    /// The burn rate it fires above.
    pub factor: Fraction,
    /// The burn rate over the long window; none without data or budget.
    pub long_rate: Option<f64>,
    /// The burn rate over the short window; none without data or budget.
    pub short_rate: Option<f64>,
    /// Whether both exceed the factor, but not for long enough yet.
    #[serde(default)]
    pub pending: bool,
    /// Whether both exceed the factor, and did for as long as the alert asks.
    pub firing: bool,
}
