//! Is this point of a series unusual, and should someone be woken?
//!
//! A [`Detector`] takes one series point by point and needs to be told nothing: no scale, no
//! period, no length, no training. It gives two answers. The *alarm* comes of novelty: has this
//! value, this course of the last points, this restlessness, this deviation from the time of day
//! been seen before, and if not, how far is it from what was? Each comparison is calibrated by its
//! own history to a chance (`tail.rs`: conformal rank, and Hill's power law beyond the largest
//! seen), the evidences add up, and the sum is debounced (`alarm.rs`): one alarm where trouble
//! starts, another when it worsens. The *score* comes of size: how far the point lies from the
//! level, the last points and the time of day, in units of what is usual there. It stays high
//! while an oddity lasts. `state.rs` says how both are made.
//!
//! What has been judged is then learned: deviations cut to a multiple of their usual size, so that
//! an anomaly is not usual at once, but a new level is in the end; values seen, for good.
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
//! | another unit or origin | the same scores, up to rounding |
//!
//! Cost: some hundred nanoseconds a point, about 4 KiB a series, whatever its length. It judges one
//! series by itself: relations between series, forecasts and changepoints are not its business.
//! Times of day are UTC.

use super::alarm::{Alarm, is_budget};
use super::old::StateV1;
use super::state::State;
use super::verdict::{Verdict, Verdicts};
use crate::snapshot::{self, Header};
use crate::{Error, Result, Timestamp};

const ENGINE: &str = "anomaly.detector";
const STATE_VERSION: u16 = 2;

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
        Detector { state: State::new() }
    }

    /// A detector that raises about so many alarms a week on a series where nothing happens, and
    /// hardly more on a troubled one. [`new`](Detector::new) keeps a fixed fence instead, which
    /// comes to about one false alarm in two thousand points.
    ///
    /// Until so much time has passed that an alarm is due the fence is the fixed one, moved by how
    /// rare an alarm is to be.
    ///
    /// ```
    /// use itom_core::anomaly::Detector;
    ///
    /// let mut detector = Detector::with_budget(1.0)?;
    /// // Ten weeks of noise, a point every five minutes.
    /// let times: Vec<i64> = (0..20_160).map(|i| i * 300_000_000_000).collect();
    /// let values: Vec<f64> = (0..20_160_u64).map(|i| (i * i % 1009) as f64).collect();
    /// let alarms = detector.alerts(&times, &values)?.iter().filter(|&&alert| alert >= 0.5).count();
    /// assert!(alarms <= 13);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A budget that is not positive, or above one alarm a second.
    pub fn with_budget(alarms_per_week: f64) -> Result<Self> {
        if !is_budget(alarms_per_week) {
            let expected = "above 0 and at most 604800";
            return Err(Error::invalid("alarms_per_week", alarms_per_week, expected));
        }
        let mut detector = Detector::new();
        detector.state.alarm = Alarm::with_budget(alarms_per_week);
        Ok(detector)
    }

    /// The budget of [`with_budget`](Detector::with_budget), if there is one.
    ///
    /// ```
    /// assert_eq!(itom_core::anomaly::Detector::new().alarms_per_week(), None);
    /// ```
    pub fn alarms_per_week(&self) -> Option<f64> {
        self.state.alarm.alarms_per_week()
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
        self.check(timestamps_ns, values)?;
        let mut scores = Vec::with_capacity(values.len());
        scores.extend(self.quick(timestamps_ns, values).map(|(score, _)| score));
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
        self.check(timestamps_ns, values)?;
        let mut alerts = Vec::with_capacity(values.len());
        alerts.extend(self.quick(timestamps_ns, values).map(|(_, alert)| alert));
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
        self.check(timestamps_ns, values)?;
        let mut verdicts = Verdicts::with_capacity(values.len());
        for (&nanos, &value) in timestamps_ns.iter().zip(values) {
            verdicts.push(&self.state.update(Timestamp::from_nanos(nanos), value));
        }
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
    /// Bytes of version 1 are read too: levels and seasons go on, what was new to that detector is
    /// learned anew.
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
        let mut opened = snapshot::open_in_parts(bytes, ENGINE, STATE_VERSION)?;
        let state = match opened.header.version {
            1 => State::from(opened.state::<StateV1>()?),
            _ => opened.state::<State>()?,
        };
        opened.end()?;
        if !state.is_sound() {
            return Err(Error::corrupt("snapshot of anomaly.detector", "its state is impossible"));
        }
        Ok(Detector { state })
    }

    /// Scores and alerts, one by one as they are asked for.
    fn quick<'a>(
        &'a mut self,
        timestamps_ns: &'a [i64],
        values: &'a [f64],
    ) -> impl Iterator<Item = (f64, f64)> + 'a {
        let points = timestamps_ns.iter().zip(values);
        points.map(|(&nanos, &value)| self.state.quick(Timestamp::from_nanos(nanos), value))
    }

    fn check(&self, timestamps_ns: &[i64], values: &[f64]) -> Result<()> {
        if timestamps_ns.len() != values.len() {
            let expected = format!("as long as timestamps ({})", timestamps_ns.len());
            return Err(Error::invalid("values", format!("{} values", values.len()), expected));
        }
        if let Some(row) = timestamps_ns.iter().position(|&nanos| nanos == i64::MIN) {
            let value = format!("none in row {row}");
            return Err(Error::invalid("timestamps", value, "an instant in every row"));
        }
        Ok(())
    }
}
