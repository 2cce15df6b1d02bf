//! What a detector says about one point, and about many.
//!
//! [`Verdict`] is the answer to one point; [`Verdicts`] holds the same as columns, for pictures
//! and tables. A [`Reason`] names the strongest evidence as data and reads as a sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// On which side of the usual a point lies.
///
/// ```
/// assert_eq!(itom_core::anomaly::Direction::Above.as_str(), "above");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Neither: nothing to compare with, or the point is as expected.
    #[default]
    None = 0,
    /// Higher than usual.
    Above = 1,
    /// Lower than usual.
    Below = 2,
}

impl Direction {
    /// Its name: `none`, `above` or `below`.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::None => "none",
            Direction::Above => "above",
            Direction::Below => "below",
        }
    }
}

/// What speaks most strongly against a point being usual.
///
/// ```
/// assert_eq!(itom_core::anomaly::Evidence::TimeOfDay.as_str(), "time_of_day");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// Nothing: the point is as usual.
    Usual = 0,
    /// There is no value (NaN).
    Missing = 1,
    /// The point is older than the one before it: it was counted, not judged.
    Late = 2,
    /// Too few points to judge by.
    Learning = 3,
    /// The distance from the long-term level.
    Level = 4,
    /// The change from the point before.
    Change = 5,
    /// The distance from the level of the last points.
    RecentLevel = 6,
    /// The level of the last points has moved away from the long-term level.
    Shift = 7,
    /// The last points move more, or less, than usual.
    Restlessness = 8,
    /// The distance from the same time of day on earlier days.
    TimeOfDay = 9,
    /// The last points all lie apart from their time of day.
    TimeOfDayLasting = 10,
    /// The distance from the same hour of the week in earlier weeks.
    TimeOfWeek = 11,
    /// Nothing by itself: the oddity of the points before has not died away.
    Aftermath = 12,
    /// The distance from every value seen before.
    NewValue = 13,
    /// The distance beyond the highest or the lowest value seen.
    Record = 14,
    /// The course of the last points, unlike every course seen.
    Course = 15,
    /// The last points all lie apart from their hour of the week.
    TimeOfWeekLasting = 16,
}

impl Evidence {
    /// All of them, in the order of their numbers.
    ///
    /// ```
    /// use itom_core::anomaly::Evidence;
    ///
    /// assert!(Evidence::ALL.iter().enumerate().all(|(k, &evidence)| evidence as usize == k));
    /// ```
    pub const ALL: [Evidence; 17] = [
        Evidence::Usual,
        Evidence::Missing,
        Evidence::Late,
        Evidence::Learning,
        Evidence::Level,
        Evidence::Change,
        Evidence::RecentLevel,
        Evidence::Shift,
        Evidence::Restlessness,
        Evidence::TimeOfDay,
        Evidence::TimeOfDayLasting,
        Evidence::TimeOfWeek,
        Evidence::Aftermath,
        Evidence::NewValue,
        Evidence::Record,
        Evidence::Course,
        Evidence::TimeOfWeekLasting,
    ];

    /// Its name in snake case, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Evidence::Usual => "usual",
            Evidence::Missing => "missing",
            Evidence::Late => "late",
            Evidence::Learning => "learning",
            Evidence::Level => "level",
            Evidence::Change => "change",
            Evidence::RecentLevel => "recent_level",
            Evidence::Shift => "shift",
            Evidence::Restlessness => "restlessness",
            Evidence::TimeOfDay => "time_of_day",
            Evidence::TimeOfDayLasting => "time_of_day_lasting",
            Evidence::TimeOfWeek => "time_of_week",
            Evidence::Aftermath => "aftermath",
            Evidence::NewValue => "new_value",
            Evidence::Record => "record",
            Evidence::Course => "course",
            Evidence::TimeOfWeekLasting => "time_of_week_lasting",
        }
    }
}

/// Why a point got its score: the strongest evidence and its size. Written out, a sentence, which
/// is also its field `text` in JSON.
///
/// ```
/// use itom_core::anomaly::{Direction, Evidence, Reason};
///
/// let reason =
///     Reason { evidence: Evidence::Change, direction: Direction::Above, times_usual: 12.0 };
/// assert_eq!(reason.to_string(), "rose by 12 times the usual change from the point before");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "written::Reason", into = "written::Reason")]
pub struct Reason {
    /// What speaks most strongly.
    pub evidence: Evidence,
    /// To which side.
    pub direction: Direction,
    /// The deviation as a multiple of its usual size; 0 where nothing was compared.
    pub times_usual: f64,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let high = self.direction != Direction::Below;
        let side = if high { "above" } else { "below" };
        let n = Times(self.times_usual);
        match self.evidence {
            Evidence::Usual => write!(f, "as usual"),
            Evidence::Missing => write!(f, "no value"),
            Evidence::Late => write!(f, "older than the point before: counted, not judged"),
            Evidence::Learning => write!(f, "too few points yet to judge by"),
            Evidence::Level => write!(f, "{n} times the usual distance {side} the long-term level"),
            Evidence::Change => {
                let verb = if high { "rose" } else { "fell" };
                write!(f, "{verb} by {n} times the usual change from the point before")
            }
            Evidence::RecentLevel => {
                write!(f, "{n} times the usual distance {side} the last points")
            }
            Evidence::Shift => {
                write!(f, "the last points lie {n} times the usual distance {side} the level")
            }
            Evidence::Restlessness => {
                let more = if high { "more" } else { "less" };
                write!(f, "the last points move {more} than usual")
            }
            Evidence::TimeOfDay => {
                write!(f, "{n} times the usual distance {side} this time of day")
            }
            Evidence::TimeOfDayLasting => {
                write!(
                    f,
                    "the last points lie {n} times the usual distance {side} their time of day"
                )
            }
            Evidence::TimeOfWeek => {
                write!(f, "{n} times the usual distance {side} this hour of the week")
            }
            Evidence::Aftermath => write!(f, "the oddity of the points before is dying away"),
            Evidence::NewValue => write!(f, "far {side} the expected, where no value was so far"),
            Evidence::Record => {
                let extreme = if high { "above every" } else { "below every" };
                write!(f, "{extreme} value so far")
            }
            Evidence::Course => write!(f, "the last points run as they never did"),
            Evidence::TimeOfWeekLasting => {
                write!(
                    f,
                    "the last points lie {n} times the usual distance {side} their hour of the week"
                )
            }
        }
    }
}

/// The form in which a reason is written: with its sentence.
mod written {
    use super::{Deserialize, Direction, Evidence, Serialize};

    /// Why a point got its score: the strongest evidence, its size, and both as a sentence.
    #[derive(Serialize, Deserialize)]
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    pub(super) struct Reason {
        /// What speaks most strongly.
        evidence: Evidence,
        /// To which side.
        direction: Direction,
        /// The deviation as a multiple of its usual size; 0 where nothing was compared.
        times_usual: f64,
        /// The sentence; not read.
        #[serde(default)]
        text: String,
    }

    impl From<super::Reason> for Reason {
        fn from(reason: super::Reason) -> Self {
            let super::Reason { evidence, direction, times_usual } = reason;
            Reason { evidence, direction, times_usual, text: reason.to_string() }
        }
    }

    impl From<Reason> for super::Reason {
        fn from(reason: Reason) -> Self {
            let Reason { evidence, direction, times_usual, text: _ } = reason;
            super::Reason { evidence, direction, times_usual }
        }
    }
}

/// A multiple for people: two digits are enough, and beyond a thousand none help.
struct Times(f64);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n >= 1000.0 => write!(f, "over 1000"),
            n if n >= 9.95 => write!(f, "{n:.0}"),
            n => write!(f, "{n:.1}"),
        }
    }
}

/// What a detector says about one point.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::anomaly::Detector;
///
/// let verdict = Detector::new().update(Timestamp::from_secs(0), 1.0)?;
/// assert_eq!((verdict.score, verdict.expected), (0.0, None));
/// assert_eq!(verdict.reason.to_string(), "too few points yet to judge by");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verdict {
    /// The point's time.
    pub time: Timestamp,
    /// The point's value; `None` where it is missing.
    pub value: Option<f64>,
    /// How odd the point is, in [0, 1); 0.5 is the fence. It stays high while the oddity lasts.
    pub score: f64,
    /// 0, but where an alarm starts or escalates: there its strength in (0, 1), never above the
    /// score; 0.5 is the fence.
    pub alert: f64,
    /// About how likely a point as odd is when all is as usual, in (0, 1].
    pub p_value: f64,
    /// The value the best of the detector's predictions gave beforehand; `None` for want of points.
    pub expected: Option<f64>,
    /// The lower end of the band about one point in a hundred falls below.
    pub lower: Option<f64>,
    /// The upper end of the band about one point in a hundred rises above.
    pub upper: Option<f64>,
    /// Whether the score is at or above its fence of 0.5.
    pub anomalous: bool,
    /// On which side of the usual the point lies, where it is at all odd.
    pub direction: Direction,
    /// The strongest evidence.
    pub reason: Reason,
}

/// Verdicts as columns of equal length; what is not known is NaN.
///
/// ```
/// use itom_core::anomaly::Detector;
///
/// let verdicts = Detector::new().verdicts(&[0, 60_000_000_000], &[1.0, 2.0])?;
/// assert_eq!(verdicts.score.len(), 2);
/// assert!(verdicts.expected[0].is_nan() && verdicts.expected[1].is_finite());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verdicts {
    /// [`Verdict::score`].
    pub score: Vec<f64>,
    /// [`Verdict::alert`].
    pub alert: Vec<f64>,
    /// [`Verdict::p_value`].
    pub p_value: Vec<f64>,
    /// [`Verdict::expected`].
    pub expected: Vec<f64>,
    /// [`Verdict::lower`].
    pub lower: Vec<f64>,
    /// [`Verdict::upper`].
    pub upper: Vec<f64>,
    /// [`Verdict::anomalous`].
    pub anomalous: Vec<bool>,
    /// [`Verdict::reason`].
    pub reason: Vec<Reason>,
}

impl Verdicts {
    pub(super) fn with_capacity(points: usize) -> Self {
        Verdicts {
            score: Vec::with_capacity(points),
            alert: Vec::with_capacity(points),
            p_value: Vec::with_capacity(points),
            expected: Vec::with_capacity(points),
            lower: Vec::with_capacity(points),
            upper: Vec::with_capacity(points),
            anomalous: Vec::with_capacity(points),
            reason: Vec::with_capacity(points),
        }
    }

    pub(super) fn push(&mut self, verdict: &Verdict) {
        self.score.push(verdict.score);
        self.alert.push(verdict.alert);
        self.p_value.push(verdict.p_value);
        self.expected.push(verdict.expected.unwrap_or(f64::NAN));
        self.lower.push(verdict.lower.unwrap_or(f64::NAN));
        self.upper.push(verdict.upper.unwrap_or(f64::NAN));
        self.anomalous.push(verdict.anomalous);
        self.reason.push(verdict.reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_survives_json_and_its_reason_carries_the_sentence() {
        let reason =
            Reason { evidence: Evidence::Level, direction: Direction::Below, times_usual: 3.25 };
        let verdict = Verdict {
            time: Timestamp::from_secs(1),
            value: None,
            score: 0.25,
            alert: 0.0,
            p_value: 0.5,
            expected: Some(1.0),
            lower: Some(0.0),
            upper: None,
            anomalous: false,
            direction: Direction::Below,
            reason,
        };
        let json = serde_json::to_value(verdict).unwrap();
        let text = "3.2 times the usual distance below the long-term level";
        assert_eq!(json["reason"]["text"], text);
        assert_eq!(serde_json::from_value::<Verdict>(json).unwrap(), verdict);
    }

    #[test]
    fn multiples_are_rounded_for_people() {
        let written = [0.0, 9.96, 123.4, 1e30].map(|n| Times(n).to_string());
        assert_eq!(written, ["0.0", "10", "123", "over 1000"]);
    }
}
