//! How good are point forecasts, beside the simplest method that knows the season?
//!
//! [`forecast_score`] gives sMAPE, MASE and their overall weighted average (OWA) beside naive2, as
//! the M4 competition defines them (Makridakis, Spiliotis and Assimakopoulos, "The M4 competition",
//! 2020): per series `sMAPE = 100 mean(2 |y - f| / (|y| + |f|))` and `MASE = mean |y - f|` by the mean
//! change over one season in the history; both are averaged over the series, each is divided by that
//! of naive2, and OWA is the mean of the two ratios. 1 is naive2, less is better.
//!
//! Cost: `O(n m)` for a season of `m` points. It does not judge intervals:
//! [`interval_score`](super::interval_score) does.

use serde::{Deserialize, Serialize};

use super::naive::naive2;
use super::segments::{finite, same_length};
use crate::{Error, Result};

/// What was known, what came, and what had been forecast.
///
/// ```
/// use itom_core::anomaly::ForecastCase;
///
/// let case = ForecastCase { history: &[1.0, 2.0, 4.0], actual: &[5.0], forecast: &[4.5] };
/// assert_eq!(case.actual.len(), case.forecast.len());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ForecastCase<'a> {
    /// The values the forecast was made from.
    pub history: &'a [f64],
    /// The values that came.
    pub actual: &'a [f64],
    /// The values that were forecast.
    pub forecast: &'a [f64],
}

/// How good forecasts of a set of series are, with the same of naive2.
///
/// ```
/// use itom_core::anomaly::{ForecastCase, forecast_score};
///
/// let history: Vec<f64> = (0..50).map(|i| f64::from(10 + i % 2)).collect();
/// let case = ForecastCase { history: &history, actual: &[12.0], forecast: &[11.0] };
/// // Without a season naive2 repeats the last value, which is what was forecast here.
/// assert_eq!(forecast_score(&[case], 1)?.owa, 1.0);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ForecastScore {
    /// The mean of both measures, each relative to naive2: less is better, 1 is naive2.
    pub owa: f64,
    /// The symmetric mean absolute percentage error, from 0 to 200.
    pub smape: f64,
    /// The mean absolute scaled error.
    pub mase: f64,
    /// sMAPE of naive2.
    pub smape_naive2: f64,
    /// MASE of naive2.
    pub mase_naive2: f64,
    /// How many series.
    pub series: u64,
    /// The season the errors are scaled by, in points.
    pub season: u64,
}

/// sMAPE, MASE and OWA of forecasts, as in the M4 competition.
///
/// ```
/// use itom_core::anomaly::{ForecastCase, forecast_score};
///
/// let value = |i: i32| f64::from(100 + (i % 24) * (i % 24));
/// let history: Vec<f64> = (0..240).map(|i| value(i) + f64::from(i) / 10.0).collect();
/// let actual: Vec<f64> = (240..264).map(value).collect();
/// let off: Vec<f64> = actual.iter().map(|v| v * 1.1).collect();
/// let case = ForecastCase { history: &history, actual: &actual, forecast: &off };
/// let score = forecast_score(&[case], 24)?;
/// assert!((score.smape - 200.0 * 0.1 / 2.1).abs() < 1e-9);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// No case, columns that are empty, of different length or not finite, a history not longer than a
/// season, or one that repeats itself exactly: its errors have no scale. And forecasts that naive2
/// makes without any error: there is nothing to be relative to.
pub fn forecast_score(cases: &[ForecastCase<'_>], season: usize) -> Result<ForecastScore> {
    if cases.is_empty() {
        return Err(Error::invalid("cases", "none", "one series or more"));
    }
    if season == 0 {
        return Err(Error::invalid("season", 0, "positive; 1 is none"));
    }
    let (mut ours, mut naive) = ((0.0, 0.0), (0.0, 0.0));
    for (index, case) in cases.iter().enumerate() {
        let scale = check(case, season).map_err(|error| error.within(format!("series {index}")))?;
        let other = naive2(case.history, season, case.actual.len());
        for (sum, forecast) in [(&mut ours, case.forecast), (&mut naive, &other)] {
            sum.0 += smape(case.actual, forecast);
            sum.1 += mean_error(case.actual, forecast) / scale;
        }
    }
    let n = cases.len() as f64;
    if naive.0 == 0.0 || naive.1 == 0.0 {
        return Err(Error::invalid(
            "cases",
            "forecast by naive2 without error",
            "harder to forecast",
        ));
    }
    Ok(ForecastScore {
        owa: (ours.0 / naive.0 + ours.1 / naive.1) / 2.0,
        smape: ours.0 / n,
        mase: ours.1 / n,
        smape_naive2: naive.0 / n,
        mase_naive2: naive.1 / n,
        series: cases.len() as u64,
        season: season as u64,
    })
}

/// Checks one case and gives the mean change over a season in its history.
fn check(case: &ForecastCase<'_>, season: usize) -> Result<f64> {
    same_length("forecast", case.forecast.len(), "actual values", case.actual.len())?;
    if case.actual.is_empty() {
        return Err(Error::invalid("actual", "none", "one value or more"));
    }
    finite("history", case.history)?;
    finite("actual", case.actual)?;
    finite("forecast", case.forecast)?;
    let n = case.history.len();
    if n <= season {
        return Err(Error::invalid("history", n, format!("more values than a season, {season}")));
    }
    let scale = mean_error(&case.history[season..], &case.history[..n - season]);
    if scale > 0.0 && scale.is_finite() {
        return Ok(scale);
    }
    Err(Error::invalid("history", "a season without change", "values that change over a season"))
}

fn smape(actual: &[f64], forecast: &[f64]) -> f64 {
    let one = |(y, f): (&f64, &f64)| {
        let size = y.abs() / 2.0 + f.abs() / 2.0;
        if size > 0.0 { (y - f).abs() / size } else { 0.0 }
    };
    100.0 * actual.iter().zip(forecast).map(one).sum::<f64>() / actual.len() as f64
}

fn mean_error(actual: &[f64], forecast: &[f64]) -> f64 {
    let sum: f64 = actual.iter().zip(forecast).map(|(y, f)| (y - f).abs()).sum();
    sum / actual.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_by_hand() {
        // Changes of 1, 1, 2: scale 4/3. Errors 1 and 2; naive errors 1 and 3 (last value 5).
        let case = ForecastCase {
            history: &[1.0, 2.0, 3.0, 5.0],
            actual: &[6.0, 8.0],
            forecast: &[5.0, 10.0],
        };
        let score = forecast_score(&[case, case], 1).unwrap();
        assert!((score.mase - 1.5 / (4.0 / 3.0)).abs() < 1e-15);
        assert!((score.smape - 50.0 * (2.0 / 11.0 + 4.0 / 18.0)).abs() < 1e-12);
        assert!((score.mase_naive2 - 2.0 / (4.0 / 3.0)).abs() < 1e-15);
        let expected = (score.smape / score.smape_naive2 + score.mase / score.mase_naive2) / 2.0;
        assert_eq!((score.owa, score.series), (expected, 2));
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let fine = ForecastCase { history: &[1.0, 2.0], actual: &[3.0], forecast: &[3.0] };
        assert!(forecast_score(&[fine], 1).is_ok());
        for (case, argument) in [
            (ForecastCase { forecast: &[], ..fine }, "forecast"),
            (ForecastCase { actual: &[], forecast: &[], ..fine }, "actual"),
            (ForecastCase { history: &[1.0], ..fine }, "history"),
            (ForecastCase { history: &[1.0, 1.0], ..fine }, "history"),
            (ForecastCase { history: &[1.0, f64::NAN], ..fine }, "history"),
            (ForecastCase { forecast: &[f64::INFINITY], ..fine }, "forecast"),
        ] {
            let error = forecast_score(&[fine, case], 1).unwrap_err();
            assert_eq!(error.argument(), Some(argument), "{error}");
            assert!(error.to_string().starts_with("series 1: "), "{error}");
        }
        assert_eq!(forecast_score(&[], 1).unwrap_err().argument(), Some("cases"));
        assert_eq!(forecast_score(&[fine], 0).unwrap_err().argument(), Some("season"));
        let exact = ForecastCase { actual: &[2.0], ..fine };
        assert_eq!(forecast_score(&[exact], 1).unwrap_err().argument(), Some("cases"));
    }
}
