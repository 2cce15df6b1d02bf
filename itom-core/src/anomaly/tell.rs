//! The verdict on a point in full: band, chance, reason.
//!
//! None of it is remembered but the error of the prediction, so that scores alone cost less.

use super::state::{ALARM_EVIDENCE, Comparison, LEARNING_POINTS, Opinion, State};
use super::tail::Odds;
use super::verdict::{Direction, Evidence, Reason, Verdict};
use crate::Timestamp;

/// Points a seasonal comparison needs before it may predict the band.
const SEASON_POINTS: u32 = 50;
/// A plain deviation so many times the usual one is reason enough.
const PLAIN_TIMES: f64 = 4.0;
/// Evidence below which a comparison is not worth naming.
const WORTH_NAMING: f64 = 4.0;

/// What the best prediction said, and its usual error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prediction {
    pub(super) expected: f64,
    error: f64,
}

impl State {
    /// Judges a point and learns it: its score and its alert.
    pub(super) fn quick(&mut self, time: Timestamp, value: f64) -> (f64, f64) {
        let Ok((x, gap)) = self.admit(time, value) else { return (0.0, 0.0) };
        let comparison = self.compare(x, gap);
        let opinion = self.judge(&comparison);
        let (score, alert) = self.answer(&opinion);
        let error = self.error(x, comparison.floor, self.prediction());
        self.learn(x, &comparison, &opinion, error);
        (score, alert)
    }

    /// Judges a point and learns it: the whole verdict.
    pub(super) fn update(&mut self, time: Timestamp, value: f64) -> Verdict {
        let (x, gap) = match self.admit(time, value) {
            Ok(admitted) => admitted,
            Err(evidence) => return self.aside(time, value, evidence),
        };
        let comparison = self.compare(x, gap);
        let opinion = self.judge(&comparison);
        let prediction = self.prediction();
        let band = (self.points > 0).then(|| self.band(prediction, comparison.floor));
        let p_value = libm::exp(-self.oddities.evidence(opinion.oddity, self.oddities.total()));
        let (score, alert) = self.answer(&opinion);
        let reason = self.reason(x, &comparison, &opinion, prediction, alert);
        let error = self.error(x, comparison.floor, prediction);
        self.learn(x, &comparison, &opinion, error);
        Verdict {
            time,
            value: Some(value),
            score,
            alert,
            p_value,
            expected: band.map(|(expected, _, _)| expected),
            lower: band.map(|(_, lower, _)| lower),
            upper: band.map(|(_, _, upper)| upper),
            anomalous: score >= 0.5,
            direction: reason.direction,
            reason,
        }
    }

    /// Score and alert: nobody is woken for a point that is not odd.
    fn answer(&mut self, opinion: &Opinion) -> (f64, f64) {
        let alert = self.alarm.update(opinion.alarm_evidence, self.points);
        if alert < 0.5 {
            (opinion.score, alert.min(opinion.score))
        } else {
            (opinion.score.max(alert), alert)
        }
    }

    /// The verdict on a point that is not judged.
    fn aside(&self, time: Timestamp, value: f64, evidence: Evidence) -> Verdict {
        let band = (self.points > 0).then(|| self.band(self.prediction(), self.floor()));
        Verdict {
            time,
            value: (!value.is_nan()).then_some(value),
            score: 0.0,
            alert: 0.0,
            p_value: 1.0,
            expected: band.map(|(expected, _, _)| expected),
            lower: band.map(|(_, lower, _)| lower),
            upper: band.map(|(_, _, upper)| upper),
            anomalous: false,
            direction: Direction::None,
            reason: Reason { evidence, direction: Direction::None, times_usual: 0.0 },
        }
    }

    /// The prediction of whichever comparison has been closest so far.
    fn prediction(&self) -> Prediction {
        let seasons = &self.seasons;
        // The point before predicts well and pictures badly: it has to be clearly better.
        let candidates = [
            (&self.level_scale, Some(self.level), 1.0, 1),
            (&self.recent_scale, Some(self.recent), 1.1, 1),
            (&self.change_scale, Some(self.previous), 1.4, 1),
            (&seasons.day_scale, seasons.usual_of_day(), 1.0, SEASON_POINTS),
            (&seasons.week_scale, seasons.usual_of_week(), 1.0, SEASON_POINTS),
        ];
        let mut least = f64::INFINITY;
        let mut best = Prediction { expected: self.level, error: self.level_scale.size() };
        for (scale, prediction, handicap, points) in candidates {
            let error = scale.size() * handicap;
            if let Some(expected) = prediction
                && scale.seen() >= points
                && error < least
            {
                least = error;
                best = Prediction { expected, error: scale.size() };
            }
        }
        best
    }

    /// How far a prediction was off, in its usual error.
    fn error(&self, x: f64, floor: f64, prediction: Prediction) -> f64 {
        let unit = prediction.error.max(floor);
        if unit > 0.0 { ((x - prediction.expected) / unit).clamp(-1e6, 1e6) } else { 0.0 }
    }

    /// What is expected, and the band about one point in a hundred leaves on either side.
    fn band(&self, prediction: Prediction, floor: f64) -> (f64, f64, f64) {
        let Prediction { expected, error } = prediction;
        let (below, above) = self.errors.bounds();
        let unit = error.max(floor);
        let (lower, upper) = (expected - below * unit, expected + above * unit);
        (expected, lower.max(-f64::MAX), upper.min(f64::MAX))
    }

    /// Names the strongest evidence: a plain deviation if one is large, else what raised the alarm.
    fn reason(
        &self,
        x: f64,
        now: &Comparison,
        opinion: &Opinion,
        best: Prediction,
        alert: f64,
    ) -> Reason {
        let none = |evidence| Reason { evidence, direction: Direction::None, times_usual: 0.0 };
        let (evidence, measure) = self.plain(now);
        if measure.abs() >= PLAIN_TIMES {
            let direction = side(measure);
            return Reason { evidence, direction, times_usual: measure.abs() };
        }
        if opinion.aftermath && opinion.score >= 0.5 && alert < 0.5 {
            return none(Evidence::Aftermath);
        }
        let mut strongest = (WORTH_NAMING, None);
        for (k, &odds) in opinion.odds.iter().enumerate() {
            let evidence = match odds {
                Odds::Rank(ratio) => libm::log(ratio),
                Odds::Beyond(evidence) => evidence,
            };
            if evidence > strongest.0 {
                strongest = (evidence, Some(k));
            }
        }
        let Some(k) = strongest.1 else {
            let learning = self.points < LEARNING_POINTS;
            return none(if learning { Evidence::Learning } else { Evidence::Usual });
        };
        let evidence = ALARM_EVIDENCE[k];
        let measure = now.measures[k];
        let signed =
            !matches!(evidence, Evidence::NewValue | Evidence::Course | Evidence::TimeOfDayLasting);
        let direction = if signed { side(measure) } else { side(x - best.expected) };
        Reason { evidence, direction, times_usual: measure.abs() }
    }

    /// The largest plain deviation, those that explain less well a little smaller.
    fn plain(&self, now: &Comparison) -> (Evidence, f64) {
        let measure = |scale: &super::channel::Scale, deviation: Option<f64>| {
            deviation.map_or(0.0, |deviation| scale.measure(deviation, now.floor))
        };
        let seasons = &self.seasons;
        let candidates = [
            (Evidence::Level, measure(&self.level_scale, Some(now.level)), 1.0),
            (Evidence::Change, measure(&self.change_scale, now.change), 1.0),
            (Evidence::RecentLevel, measure(&self.recent_scale, Some(now.recent)), 0.9),
            (Evidence::TimeOfDay, measure(&seasons.day_scale, now.seasonal.day), 1.0),
            (Evidence::TimeOfWeek, measure(&seasons.week_scale, now.seasonal.week), 1.0),
        ];
        let mut best = (Evidence::Usual, 0.0, 0.0);
        for (evidence, measure, clarity) in candidates {
            if measure.abs() * clarity > best.2 {
                best = (evidence, measure, measure.abs() * clarity);
            }
        }
        (best.0, best.1)
    }
}

fn side(measure: f64) -> Direction {
    if measure >= 0.0 { Direction::Above } else { Direction::Below }
}
