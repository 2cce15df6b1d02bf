//! Is this point of a series unusual, and should someone be woken?
//!
//! A [`Detector`] takes one series point by point and needs to be told nothing: no scale, no
//! period, no length, no training. Each point is compared in eight ways — with the long-term
//! level, the point before, the last points, the same time of day and of the week on earlier
//! cycles, and so on — and each comparison is calibrated by its own history to a chance
//! (`tail.rs`: conformal rank, and Hill's power law beyond the largest deviation seen). The
//! evidences add up, all but the strongest in part since they are not independent; the sum gives
//! the score, and its rank among the sums so far the p-value, so that this holds whatever the
//! series does to the single comparisons. A second sum, stricter and weighted, drives the alarm,
//! which is debounced (`alarm.rs`).
//!
//! What has been judged is then learned: deviations cut to a multiple of their usual size,
//! anomalous points at a fraction of their weight, so that an anomaly is not usual at once, but a
//! new level is in the end.
//!
//! Defined behaviour, for input as it comes:
//!
//! | input | what happens |
//! |---|---|
//! | NaN | missing: score 0, only the clock moves |
//! | infinite, or beyond ±1e300 | taken as ±1e300 |
//! | the time of the point before | one more point |
//! | an earlier time | counted ([`Detector::late`]), score 0, not learned; after 32 in a row the clock is taken to have been set back and they are judged |
//! | a gap | the change across it is not judged |
//! | a constant | score 0 while it stays |
//!
//! Cost: under a microsecond a point, about 8 KiB a series, whatever its length. It judges one
//! series by itself: relations between series, forecasts and changepoints are not its business.
//! Times of day are UTC.

use serde::{Deserialize, Serialize};

use super::alarm::Alarm;
use super::channel::{CHANNELS, Channel};
use super::season::{Cycle, Profile};
use super::tail::Tail;
use super::tuning::TUNING;
use super::verdict::{Direction, Evidence, Reason, Verdict, Verdicts};
use crate::snapshot::{self, Header};
use crate::{Error, Result, Timestamp};

const ENGINE: &str = "anomaly.detector";
const STATE_VERSION: u16 = 1;
/// Values are held to this, so that no sum or difference of two overflows.
const LARGEST_VALUE: f64 = 1e300;
/// Late points in a row after which the clock is taken to have been set back.
const LATE_RUN_MAX: u32 = 32;
/// A step so many times the usual one is a gap.
const GAP_STEPS: f64 = 8.0;
/// Points below which nothing is said about restlessness, and "usual" is not yet claimed.
const LEARNING_POINTS: u64 = 20;
/// Points a seasonal comparison needs before it may predict the band.
const SEASON_POINTS: f64 = 50.0;
/// The least usual size of a change in restlessness: below it lies chance.
const RESTLESS_FLOOR: f64 = 0.05;

/// How well each channel explains: averages over points lag behind what a point shows by itself.
const CLARITY: [f64; CHANNELS] = [1.0, 1.0, 0.9, 0.8, 0.5, 1.0, 0.8, 1.0];

const DAY: Cycle = Cycle { length_s: 86_400, slot_s: 900, offset_s: 0, memory: TUNING.day_visits };
/// From Monday: 1970 began on a Thursday.
const WEEK: Cycle =
    Cycle { length_s: 7 * 86_400, slot_s: 3600, offset_s: 3 * 86_400, memory: TUNING.week_visits };

/// A streaming anomaly detector for one series.
///
/// ```
/// use itom_core::anomaly::Detector;
///
/// // A value a minute, and one that does not fit.
/// let times: Vec<i64> = (0..500).map(|i| i * 60_000_000_000).collect();
/// let mut values: Vec<f64> = (0..500).map(|i| f64::from(i * 7919 % 13)).collect();
/// values[400] = 90.0;
///
/// let mut detector = Detector::new();
/// let verdicts = detector.verdicts(&times, &values)?;
/// assert!(verdicts.anomalous[400] && verdicts.alert[400] >= 0.5);
/// assert!(verdicts.score[..400].iter().all(|&score| score < 0.5));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    state: State,
}

/// All that is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    clock: Option<Timestamp>,
    points: u64,
    missing: u64,
    late: u64,
    late_run: u32,
    /// Usual time between points, in seconds.
    step_s: f64,
    previous: f64,
    /// Long-term level, level of the last points, their mean change, their seasonal deviation.
    level: f64,
    recent: f64,
    restless: f64,
    lasting: f64,
    /// Mean absolute value.
    magnitude: f64,
    /// Points learned, weighted.
    learned: f64,
    channels: Vec<Channel>,
    /// The combined evidences so far, and their number, faded.
    evidences: Tail,
    counted: f64,
    /// The combined evidence of the last point.
    kept: f64,
    day: Profile,
    week: Profile,
    alarm: Alarm,
}

/// One point's deviations by channel, where there is something to compare with, and what follows.
struct Comparison {
    deviations: [Option<f64>; CHANNELS],
    measures: [f64; CHANNELS],
    floor: f64,
    recent: f64,
    restless: f64,
    lasting: f64,
}

/// What the channels say together.
struct Opinion {
    evidence: f64,
    score: f64,
    alarm_evidence: f64,
    alarm_strength: f64,
    strongest: Option<usize>,
    /// Whether the score is what is left of the points before.
    aftermath: bool,
}

impl Default for Detector {
    fn default() -> Self {
        Detector::new()
    }
}

impl Detector {
    /// A detector that has seen nothing.
    ///
    /// ```
    /// assert_eq!(itom_core::anomaly::Detector::new().points(), 0);
    /// ```
    pub fn new() -> Self {
        let state = State {
            clock: None,
            points: 0,
            missing: 0,
            late: 0,
            late_run: 0,
            step_s: 0.0,
            previous: 0.0,
            level: 0.0,
            recent: 0.0,
            restless: 0.0,
            lasting: 0.0,
            magnitude: 0.0,
            learned: 0.0,
            channels: vec![Channel::new(); CHANNELS],
            evidences: Tail::new(),
            counted: 0.0,
            kept: 0.0,
            day: Profile::new(&DAY),
            week: Profile::new(&WEEK),
            alarm: Alarm::default(),
        };
        Detector { state }
    }

    /// Judges one point, then learns it.
    ///
    /// What happens to NaN, infinities and times out of order is said in the module's table; the
    /// verdict's [`reason`](Verdict::reason) names it.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::anomaly::Detector;
    ///
    /// let mut detector = Detector::new();
    /// for minute in 0..300 {
    ///     detector.update(Timestamp::from_secs(60 * minute), 20.0)?;
    /// }
    /// let verdict = detector.update(Timestamp::from_secs(60 * 300), 35.0)?;
    /// assert!(verdict.anomalous);
    /// assert_eq!(verdict.expected, Some(20.0));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// None at present: every point has a defined verdict.
    pub fn update(&mut self, time: Timestamp, value: f64) -> Result<Verdict> {
        Ok(self.state.update(time, value))
    }

    /// The scores of many points: bit for bit those that as many calls of
    /// [`update`](Detector::update) give, and the state afterwards is the same.
    ///
    /// ```
    /// use itom_core::anomaly::Detector;
    ///
    /// let scores = Detector::new().score(&[0, 1_000_000_000], &[1.0, f64::NAN])?;
    /// assert_eq!(scores, [0.0, 0.0]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Arrays of different length, or a timestamp that is `i64::MIN` ("not a time"). The detector
    /// is then as it was.
    pub fn score(&mut self, timestamps_ns: &[i64], values: &[f64]) -> Result<Vec<f64>> {
        let mut scores = Vec::with_capacity(values.len());
        self.each(timestamps_ns, values, |verdict| scores.push(verdict.score))?;
        Ok(scores)
    }

    /// The alerts of many points: [`Verdict::alert`], 0 but where an alarm starts or escalates.
    ///
    /// ```
    /// use itom_core::anomaly::Detector;
    ///
    /// let times: Vec<i64> = (0..300).map(|i| i * 60_000_000_000).collect();
    /// let mut values = vec![20.0; 300];
    /// values[250..].fill(35.0);
    /// let alerts = Detector::new().alerts(&times, &values)?;
    /// assert!(alerts[250] >= 0.5 && alerts[251..].iter().all(|&alert| alert < 0.5));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`score`](Detector::score).
    pub fn alerts(&mut self, timestamps_ns: &[i64], values: &[f64]) -> Result<Vec<f64>> {
        let mut alerts = Vec::with_capacity(values.len());
        self.each(timestamps_ns, values, |verdict| alerts.push(verdict.alert))?;
        Ok(alerts)
    }

    /// The whole verdicts of many points, as columns.
    ///
    /// ```
    /// use itom_core::anomaly::Detector;
    ///
    /// let verdicts = Detector::new().verdicts(&[], &[])?;
    /// assert!(verdicts.score.is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`score`](Detector::score).
    pub fn verdicts(&mut self, timestamps_ns: &[i64], values: &[f64]) -> Result<Verdicts> {
        let mut verdicts = Verdicts::with_capacity(values.len());
        self.each(timestamps_ns, values, |verdict| verdicts.push(verdict))?;
        Ok(verdicts)
    }

    /// Points judged so far: neither missing nor late.
    ///
    /// ```
    /// use itom_core::anomaly::Detector;
    ///
    /// let mut detector = Detector::new();
    /// detector.score(&[0, 10, 5], &[1.0, f64::NAN, 1.0])?;
    /// assert_eq!((detector.points(), detector.missing(), detector.late()), (1, 1, 1));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn points(&self) -> u64 {
        self.state.points
    }

    /// Points without a value so far.
    ///
    /// ```
    /// assert_eq!(itom_core::anomaly::Detector::new().missing(), 0);
    /// ```
    pub fn missing(&self) -> u64 {
        self.state.missing
    }

    /// Points that came with a time before that of the point before them, and were not judged.
    ///
    /// ```
    /// assert_eq!(itom_core::anomaly::Detector::new().late(), 0);
    /// ```
    pub fn late(&self) -> u64 {
        self.state.late
    }

    /// The latest time seen.
    ///
    /// ```
    /// assert_eq!(itom_core::anomaly::Detector::new().clock(), None);
    /// ```
    pub fn clock(&self) -> Option<Timestamp> {
        self.state.clock
    }

    /// The whole state as bytes; equal states give equal bytes.
    ///
    /// ```
    /// use itom_core::anomaly::Detector;
    ///
    /// let mut detector = Detector::new();
    /// detector.score(&[0, 60_000_000_000], &[1.0, 2.0])?;
    /// let mut copy = Detector::from_bytes(&detector.to_bytes())?;
    /// assert_eq!(copy, detector);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = Header {
            engine: ENGINE.to_owned(),
            version: STATE_VERSION,
            configuration: snapshot::stable_hash(b""),
            watermark: self.state.clock,
        };
        snapshot::seal(&header, &self.state)
    }

    /// A detector from [`to_bytes`](Detector::to_bytes), to go on bit for bit.
    ///
    /// ```
    /// use itom_core::{ErrorKind, anomaly::Detector};
    ///
    /// let error = Detector::from_bytes(b"not a detector").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Corrupt);
    /// ```
    ///
    /// # Errors
    /// Bytes that are cut, damaged, of another engine, of a newer version, or hold a state no
    /// detector can have.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, STATE_VERSION)?;
        if !state.is_sound() {
            return Err(Error::corrupt("snapshot of anomaly.detector", "its state is impossible"));
        }
        Ok(Detector { state })
    }

    fn each(
        &mut self,
        timestamps_ns: &[i64],
        values: &[f64],
        mut take: impl FnMut(&Verdict),
    ) -> Result<()> {
        if timestamps_ns.len() != values.len() {
            let expected = format!("as long as timestamps ({})", timestamps_ns.len());
            return Err(Error::invalid("values", format!("{} values", values.len()), expected));
        }
        if let Some(row) = timestamps_ns.iter().position(|&nanos| nanos == i64::MIN) {
            let value = format!("none in row {row}");
            return Err(Error::invalid("timestamps", value, "an instant in every row"));
        }
        for (&nanos, &value) in timestamps_ns.iter().zip(values) {
            take(&self.state.update(Timestamp::from_nanos(nanos), value));
        }
        Ok(())
    }
}

impl State {
    fn update(&mut self, time: Timestamp, value: f64) -> Verdict {
        if self.is_late(time) {
            return self.aside(time, value, Evidence::Late);
        }
        let gap = self.advance(time);
        if value.is_nan() {
            self.missing += 1;
            return self.aside(time, value, Evidence::Missing);
        }
        let x = value.clamp(-LARGEST_VALUE, LARGEST_VALUE);
        if self.points == 0 {
            (self.previous, self.level, self.recent) = (x, x, x);
        }
        let comparison = self.compare(x, gap);
        let opinion = self.judge(&comparison);
        let band = self.band(comparison.floor);
        let reason = self.reason(&comparison, &opinion);
        let alert = self.alarm.update(opinion.alarm_evidence, opinion.alarm_strength);
        let p_value = libm::exp(-self.evidences.evidence(opinion.evidence, self.counted));
        let anomalous = opinion.score >= 0.5;
        let weight = if anomalous { TUNING.learn_anomalous } else { 1.0 };
        self.remember(opinion.evidence);
        self.learn(x, &comparison, weight);
        Verdict {
            time,
            value: Some(value),
            score: opinion.score,
            alert,
            p_value,
            expected: band.map(|(expected, _, _)| expected),
            lower: band.map(|(_, lower, _)| lower),
            upper: band.map(|(_, _, upper)| upper),
            anomalous,
            direction: reason.direction,
            reason,
        }
    }

    /// Whether the point is out of order; if so it is counted, and nothing else is touched.
    fn is_late(&mut self, time: Timestamp) -> bool {
        let late = self.clock.is_some_and(|clock| time < clock) && self.late_run < LATE_RUN_MAX;
        if late {
            self.late += 1;
            self.late_run += 1;
        }
        late
    }

    /// Moves the clock and says whether it jumped over a gap.
    fn advance(&mut self, time: Timestamp) -> bool {
        self.late_run = 0;
        let second = time.as_nanos().div_euclid(1_000_000_000);
        self.day.advance(&DAY, second);
        self.week.advance(&WEEK, second);
        let Some(before) = self.clock.replace(time) else { return false };
        let step_s = (time - before).as_secs_f64().max(0.0);
        let gap = self.step_s > 0.0 && step_s > GAP_STEPS * self.step_s;
        if self.step_s == 0.0 {
            self.step_s = step_s;
        } else {
            self.step_s += (step_s.min(GAP_STEPS * self.step_s) - self.step_s) / 20.0;
        }
        gap
    }

    /// The verdict on a point that is not judged.
    fn aside(&self, time: Timestamp, value: f64, evidence: Evidence) -> Verdict {
        let band = self.band(TUNING.floor_share * self.magnitude);
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

    /// Compares a value with everything that is remembered.
    fn compare(&self, x: f64, gap: bool) -> Comparison {
        let floor = TUNING.floor_share * self.magnitude;
        let change = x - self.previous;
        let recent = self.recent + (x - self.recent) / TUNING.recent_points;
        let restless = self.restless + (change.abs() - self.restless) / TUNING.restless_points;
        let time_of_day = self.day.usual().map(|usual| x - usual);
        let lasting = match time_of_day {
            Some(deviation) => self.lasting + (deviation - self.lasting) / TUNING.lasting_points,
            None => self.lasting * (1.0 - 1.0 / TUNING.lasting_points),
        };
        let deviations = [
            Some(x - self.level),
            (!gap && self.points > 0).then_some(change),
            Some(x - self.recent),
            Some(recent - self.level),
            self.unrest(restless, 0.2 * floor),
            time_of_day,
            time_of_day.map(|_| lasting),
            self.week.usual().map(|usual| x - usual),
        ];
        let mut measures = [0.0; CHANNELS];
        for (k, deviation) in deviations.iter().enumerate() {
            let floor = if k == 4 { RESTLESS_FLOOR } else { floor };
            if let Some(deviation) = *deviation {
                measures[k] = self.channels[k].measure(deviation, floor);
            }
        }
        Comparison { deviations, measures, floor, recent, restless, lasting }
    }

    /// How far the mean change of the last points is from the usual one, the same for twice and
    /// for half.
    fn unrest(&self, restless: f64, floor: f64) -> Option<f64> {
        let usual = self.channels[1].scale().max(floor);
        if self.points < LEARNING_POINTS || usual <= 0.0 {
            return None;
        }
        let ratio = (restless / usual).clamp(1e-9, 1e9);
        Some(if ratio >= 1.0 { ratio - 1.0 } else { 1.0 - 1.0 / ratio })
    }

    /// Combines the evidence of all channels.
    fn judge(&self, comparison: &Comparison) -> Opinion {
        let (mut sum, mut most, mut alarm_sum, mut alarm_most) = (0.0, 0.0, 0.0, 0.0);
        let (mut strongest, mut clearest) = (None, 0.0);
        for (k, &clarity) in CLARITY.iter().enumerate() {
            if comparison.deviations[k].is_none() {
                continue;
            }
            let evidence = self.channels[k].evidence(comparison.measures[k]);
            let own = (evidence - TUNING.score_deduction).max(0.0);
            sum += own;
            most = f64::max(most, own);
            if own * clarity > clearest {
                clearest = own * clarity;
                strongest = Some(k);
            }
            let own = (evidence - TUNING.alarm_deduction).max(0.0) * TUNING.weights[k];
            alarm_sum += own;
            alarm_most = f64::max(alarm_most, own);
        }
        let evidence = most + TUNING.score_share * (sum - most);
        let kept = TUNING.score_kept * self.kept;
        let aftermath = kept > evidence;
        let evidence = evidence.max(kept);
        let alarm_evidence = alarm_most + TUNING.alarm_share * (alarm_sum - alarm_most);
        let alarm_strength = alarm_evidence / (alarm_evidence + TUNING.alarm_fence);
        Opinion {
            evidence,
            score: (evidence / (evidence + TUNING.score_fence)).max(alarm_strength),
            alarm_evidence,
            alarm_strength,
            strongest,
            aftermath,
        }
    }

    /// Names the strongest evidence.
    fn reason(&self, comparison: &Comparison, opinion: &Opinion) -> Reason {
        if opinion.aftermath && opinion.score >= 0.5 {
            let (evidence, direction) = (Evidence::Aftermath, Direction::None);
            return Reason { evidence, direction, times_usual: 0.0 };
        }
        let Some(k) = opinion.strongest else {
            let learning = self.points < LEARNING_POINTS;
            let evidence = if learning { Evidence::Learning } else { Evidence::Usual };
            return Reason { evidence, direction: Direction::None, times_usual: 0.0 };
        };
        let measure = comparison.measures[k];
        let direction = if measure >= 0.0 { Direction::Above } else { Direction::Below };
        Reason { evidence: Evidence::OF_CHANNELS[k], direction, times_usual: measure.abs() }
    }

    /// The prediction of whichever comparison has been closest so far, and its band.
    fn band(&self, floor: f64) -> Option<(f64, f64, f64)> {
        if self.points == 0 {
            return None;
        }
        // The point before predicts well and pictures badly: it has to be clearly better.
        let candidates = [
            (0, Some(self.level), 1.0, 1.0),
            (2, Some(self.recent), 1.1, 1.0),
            (1, Some(self.previous), 1.4, 1.0),
            (5, self.day.usual(), 1.0, SEASON_POINTS),
            (7, self.week.usual(), 1.0, SEASON_POINTS),
        ];
        let mut best = (f64::INFINITY, 0, self.level);
        for (k, prediction, handicap, points) in candidates {
            let error = self.channels[k].scale() * handicap;
            if let Some(prediction) = prediction
                && self.channels[k].seen() >= points
                && error < best.0
            {
                best = (error, k, prediction);
            }
        }
        let (_, k, expected) = best;
        let (below, above) = self.channels[k].bounds(floor);
        Some((expected, expected - below, expected + above))
    }

    /// Keeps the combined evidence, and learns it for the p-values of later points.
    fn remember(&mut self, evidence: f64) {
        self.kept = evidence;
        self.evidences.add(evidence, 1.0);
        self.counted += 1.0;
        if self.counted > TUNING.tail_points_max {
            self.evidences.fade();
            self.counted *= 0.5;
        }
    }

    /// Learns a judged value with the given weight.
    fn learn(&mut self, x: f64, comparison: &Comparison, weight: f64) {
        for (k, deviation) in comparison.deviations.iter().enumerate() {
            if let Some(deviation) = *deviation {
                self.channels[k].learn(deviation, comparison.measures[k], weight);
            }
        }
        self.points += 1;
        self.previous = x;
        self.recent = comparison.recent;
        self.restless = comparison.restless;
        self.lasting = comparison.lasting;
        self.learned += weight;
        let share = weight / self.learned.min(TUNING.slow_points);
        let settled = self.learned >= 10.0;
        let cut = |k: usize, from: f64, channels: &[Channel]| {
            let most = channels[k].cut().max(TUNING.clip * comparison.floor);
            if settled { from + (x - from).clamp(-most, most) } else { x }
        };
        self.level += share * (cut(0, self.level, &self.channels) - self.level);
        // One spike must not set the magnitude, but a series that began idle has to find it.
        let largest = (10.0 * self.magnitude).max(self.recent.abs());
        let size = if settled { x.abs().min(largest) } else { x.abs() };
        self.magnitude += share * (size - self.magnitude);
        let usual = self.day.usual();
        self.day.learn(usual.map_or(x, |usual| cut(5, usual, &self.channels)));
        let usual = self.week.usual();
        self.week.learn(usual.map_or(x, |usual| cut(7, usual, &self.channels)));
    }

    /// Whether it can be the state of a detector: for state read from bytes.
    fn is_sound(&self) -> bool {
        let numbers = [
            self.step_s,
            self.previous,
            self.level,
            self.recent,
            self.restless,
            self.lasting,
            self.magnitude,
            self.learned,
            self.counted,
            self.kept,
        ];
        // Counters have room to count on.
        let counters = [self.points, self.missing, self.late];
        numbers.iter().all(|x| x.is_finite())
            && counters.iter().all(|counter| *counter < 1 << 62)
            && self.channels.len() == CHANNELS
            && self.channels.iter().all(Channel::is_sound)
            && self.evidences.is_sound()
            && self.day.is_sound(&DAY)
            && self.week.is_sound(&WEEK)
            && self.alarm.is_sound()
    }
}
