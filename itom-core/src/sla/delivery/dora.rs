//! The four DORA keys: deployment frequency, lead time, change fail rate, recovery time.
//!
//! The definitions are those of dora.dev since 2023: *failed deployment recovery time* replaced the
//! mean time to restore, and *deployment rework rate* is the newer fifth. Times are medians, rates
//! exact [`Fraction`]s; what has no denominator is none.

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use crate::sla::Fraction;
use crate::{Duration, Error, Result};

const DAY_NANOS: i128 = 86_400_000_000_000;

/// What was counted in a window of time.
///
/// ```
/// use itom_core::sla::DoraCounts;
///
/// let counts: DoraCounts = serde_json::from_str(
///     r#"{"window": "672h", "deployments": 20, "failed_deployments": 3,
///         "lead_times": ["1h", "2h", "3h", "24h"], "recovery_times": ["10m", "30m", "2h"]}"#,
/// )?;
/// assert_eq!(counts.rework_deployments, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DoraCounts {
    /// The length of the window, positive.
    pub window: Duration,
    /// Deployments to production in it.
    pub deployments: u64,
    /// Those that led to a failure which needed intervention.
    pub failed_deployments: u64,
    /// Unplanned ones, made to repair what users saw; none if they are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rework_deployments: Option<u64>,
    /// From commit to running in production, of each change.
    #[serde(default)]
    pub lead_times: Vec<Duration>,
    /// From failed deployment to recovery, of each that was recovered.
    #[serde(default)]
    pub recovery_times: Vec<Duration>,
}

/// The keys.
///
/// ```
/// use itom_core::sla::{DoraCounts, dora};
///
/// let counts: DoraCounts = serde_json::from_str(
///     r#"{"window": "672h", "deployments": 20, "failed_deployments": 3,
///         "lead_times": ["1h", "2h", "3h", "24h"], "recovery_times": ["10m", "30m", "2h"]}"#,
/// )?;
/// let keys = dora(&counts).unwrap();
/// assert_eq!(keys.deploys_per_day.to_string(), "5/7");
/// assert_eq!(keys.change_fail_rate.unwrap().to_string(), "3/20");
/// assert_eq!(keys.lead_time.median, "2h30m".parse().ok());
/// assert_eq!(keys.recovery_time.median, "30m".parse().ok());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dora {
    /// The length of the window.
    pub window: Duration,
    /// Deployments in it.
    pub deployments: u64,
    /// Deployments for each 24 hours of the window.
    pub deploys_per_day: Fraction,
    /// From commit to running in production; the key is the median.
    pub lead_time: Distribution,
    /// Failed deployments over deployments; none without deployments.
    pub change_fail_rate: Option<Fraction>,
    /// From failed deployment to recovery; the key is the median.
    pub recovery_time: Distribution,
    /// Rework deployments over deployments; none if they are not counted.
    pub rework_rate: Option<Fraction>,
}

/// Computes the keys.
///
/// # Errors
/// For a window that is not positive, more failed or rework deployments than deployments, a
/// negative time.
pub fn dora(counts: &DoraCounts) -> Result<Dora> {
    if counts.window.as_nanos() <= 0 {
        return Err(Error::invalid("window", counts.window, "positive"));
    }
    let rework = counts.rework_deployments.unwrap_or(0);
    for (argument, part) in
        [("failed_deployments", counts.failed_deployments), ("rework_deployments", rework)]
    {
        if part > counts.deployments {
            let expected = format!("at most the deployments, {}", counts.deployments);
            return Err(Error::invalid(argument, part, expected));
        }
    }
    for (argument, times) in
        [("lead_times", &counts.lead_times), ("recovery_times", &counts.recovery_times)]
    {
        if let Some(time) = times.iter().find(|time| time.is_negative()) {
            return Err(Error::invalid(argument, time, "zero or positive durations"));
        }
    }
    let deployments = i128::from(counts.deployments);
    let rate = |part: u64| Fraction::new(i128::from(part), deployments).ok();
    let window = i128::from(counts.window.as_nanos());
    Ok(Dora {
        window: counts.window,
        deployments: counts.deployments,
        deploys_per_day: Fraction::new(deployments * DAY_NANOS, window)?,
        lead_time: Distribution::of(&counts.lead_times),
        change_fail_rate: rate(counts.failed_deployments),
        recovery_time: Distribution::of(&counts.recovery_times),
        rework_rate: counts.rework_deployments.and_then(rate),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_rate_and_nonsense_is_refused() {
        let counts = DoraCounts { window: Duration::from_secs(86_400), ..DoraCounts::default() };
        let keys = dora(&counts).unwrap();
        assert_eq!((keys.deploys_per_day, keys.change_fail_rate), (Fraction::ZERO, None));
        assert_eq!(keys.lead_time.median, None);
        assert!(dora(&DoraCounts::default()).is_err());
        assert!(dora(&DoraCounts { failed_deployments: 1, ..counts.clone() }).is_err());
        assert!(dora(&DoraCounts { rework_deployments: Some(1), ..counts.clone() }).is_err());
        let negative = vec![Duration::from_nanos(-1)];
        assert!(dora(&DoraCounts { lead_times: negative, ..counts }).is_err());
        let most = DoraCounts {
            window: Duration::from_nanos(1),
            deployments: u64::MAX,
            failed_deployments: u64::MAX,
            ..DoraCounts::default()
        };
        assert_eq!(dora(&most).unwrap().change_fail_rate, Some(Fraction::ONE));
    }
}
