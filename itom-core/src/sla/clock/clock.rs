//! How much of a promise is used up, and when does it break? One SLA clock.
//!
//! A [`Clock`] keeps what happened and folds it anew for every question, so that a late, a
//! corrected or a retroactive event gives what it would have given in order: events count by the
//! instant from which they hold, not by when they arrived. All sums are integers.
//!
//! - *business* is calendar time while running, *actual* wall time while running, *paused*
//!   calendar time while paused (the union of the reasons, not their sum).
//! - A clock is *breached* when business time exceeds the target; work that stops exactly on the
//!   target, or after hours on the last day, is on time.
//! - `breach_at` is the instant at which the target is used up: in the past for a clock that
//!   broke, ahead for one that runs, none for one that is paused or was stopped in time.
//! - A changed target counts for the whole history, a changed calendar from its event on.
//!
//! Cost: O(n log m) a question, n events, m windows of a week. Not here: many clocks and "what
//! breaks next" (a ledger), and conditions that start and stop clocks.

use serde::{Deserialize, Serialize};

use super::event::{ClockEvent, check_target};
use super::fold::{Fold, Piece, fold};
use crate::sla::Calendar;
use crate::snapshot::{self, Header};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

const ENGINE: &str = "sla.clock";
const VERSION: u16 = 1;
/// A clock remembers this many events at most.
const MOST_EVENTS: usize = 1_000_000;
const MOST_THRESHOLDS: usize = 100;
const MOST_SEGMENTS: usize = 1_000_000;

/// What a clock is started with.
///
/// ```
/// use itom_core::sla::ClockOptions;
///
/// let options: ClockOptions = serde_json::from_str(
///     r#"{"target": "4h", "calendar": {"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}},
///         "start": "2026-06-15T13:00:00Z", "retroactive_start": "2026-06-15T10:00:00Z"}"#,
/// )?;
/// assert_eq!(options.thresholds, [0.5, 0.75, 0.9, 1.0]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClockOptions {
    /// The business time that may be used, positive.
    pub target: Duration,
    /// When business time passes.
    pub calendar: Calendar,
    /// When the clock was attached; it counts from here unless it starts retroactively.
    pub start: Timestamp,
    /// The earlier (or later) instant from which it counts in truth.
    #[serde(default)]
    pub retroactive_start: Option<Timestamp>,
    /// Spans that were paused before the clock was attached.
    #[serde(default)]
    pub retroactive_pauses: Vec<(Timestamp, Timestamp)>,
    /// Shares of the target whose instants are wanted, to a millionth.
    #[serde(default = "default_thresholds")]
    pub thresholds: Vec<f64>,
}

fn default_thresholds() -> Vec<f64> {
    vec![0.5, 0.75, 0.9, 1.0]
}

impl ClockOptions {
    /// A clock from `start`, nothing retroactive, with the usual thresholds.
    ///
    /// ```
    /// # use itom_core::sla::{Calendar, ClockOptions};
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC"}"#)?;
    /// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
    /// assert_eq!(options.retroactive_start, None);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn new(target: Duration, calendar: Calendar, start: Timestamp) -> ClockOptions {
        ClockOptions {
            target,
            calendar,
            start,
            retroactive_start: None,
            retroactive_pauses: Vec::new(),
            thresholds: default_thresholds(),
        }
    }

    fn check(&self) -> Result<()> {
        check_target(self.target)?;
        if let Some((from, until)) = self.retroactive_pauses.iter().find(|pause| pause.0 > pause.1)
        {
            let value = format!("{from} to {until}");
            return Err(Error::invalid(
                "retroactive_pauses",
                value,
                "spans that end after they begin",
            ));
        }
        for (argument, length, most) in [
            ("retroactive_pauses", self.retroactive_pauses.len(), MOST_EVENTS),
            ("thresholds", self.thresholds.len(), MOST_THRESHOLDS),
        ] {
            if length > most {
                return Err(Error::invalid(argument, length, format!("at most {most} long")));
            }
        }
        let share = |share: &&f64| !(**share >= 1e-6 && **share <= 1000.0);
        if let Some(share) = self.thresholds.iter().find(share) {
            return Err(Error::invalid("thresholds", share, "shares from 0.000001 to 1000"));
        }
        Ok(())
    }
}

/// What a clock is doing.
///
/// ```
/// # use itom_core::sla::ClockState;
/// assert_eq!(serde_json::to_string(&ClockState::Paused)?, r#""paused""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Its start is still ahead.
    Pending,
    /// It counts while its calendar is open.
    Running,
    /// It does not count, for at least one reason.
    Paused,
    /// The work is done.
    Stopped,
    /// The promise no longer applies.
    Cancelled,
}

/// The instant at which a share of the target is used up.
///
/// ```
/// # use itom_core::sla::{Calendar, Clock, ClockOptions};
/// # let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["00:00", "168:00"]]}}"#)?;
/// # let start = "2026-06-15T10:00:00Z".parse()?;
/// let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, start))?;
/// let half = clock.status(start).thresholds[0];
/// assert_eq!((half.share, half.at), (0.5, Some("2026-06-15T12:00:00Z".parse()?)));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Threshold {
    /// Of the target.
    pub share: f64,
    /// When it is or will be used up; none if that is not known.
    pub at: Option<Timestamp>,
}

/// A cycle that was completed: a stop, after which the clock was opened anew from zero.
///
/// ```
/// # use itom_core::sla::Cycle;
/// let json = r#"{"start": "2026-06-15T09:00:00Z", "end": "2026-06-17T10:00:00Z", "target": "PT8H",
///     "business": "PT3H", "actual": "PT3H", "paused": "PT0S", "breached": false, "breach_at": null}"#;
/// assert!(!serde_json::from_str::<Cycle>(json)?.breached);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cycle {
    /// When it began.
    pub start: Timestamp,
    /// When the next began.
    pub end: Timestamp,
    /// Its target at its end.
    pub target: Duration,
    /// Business time it used.
    pub business: Duration,
    /// Wall time it used.
    pub actual: Duration,
    /// Business time it was paused.
    pub paused: Duration,
    /// Whether it used more than its target.
    pub breached: bool,
    /// When it had used its target up, if it was breached.
    pub breach_at: Option<Timestamp>,
}

/// Where a clock stands at an instant.
///
/// ```
/// # use itom_core::sla::{Calendar, Clock, ClockOptions};
/// # let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// # let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?))?;
/// let status = clock.status("2026-06-15T12:00:00Z".parse()?);
/// assert_eq!(serde_json::to_value(&status).unwrap()["remaining"], "PT2H");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClockStatus {
    /// The instant of asking. Events that hold from later on are not looked at.
    pub at: Timestamp,
    /// What the clock is doing.
    pub state: ClockState,
    /// The target that now counts.
    pub target: Duration,
    /// Calendar time while running, in the current cycle.
    pub business: Duration,
    /// Wall time while running, in the current cycle.
    pub actual: Duration,
    /// Calendar time while paused, in the current cycle.
    pub paused: Duration,
    /// Target less business time; negative after the breach.
    pub remaining: Duration,
    /// When the target was or, as things stand, will be used up.
    pub breach_at: Option<Timestamp>,
    /// Whether business time exceeds the target.
    pub breached: bool,
    /// Business time over target.
    pub ratio: f64,
    /// When each share of the target was or will be used up.
    pub thresholds: Vec<Threshold>,
    /// Completed cycles, oldest first.
    pub cycles: Vec<Cycle>,
    /// Events that changed nothing, such as a resume without a pause.
    pub ignored: u64,
}

/// A stretch of a clock's life in which every second has the same reason to count or not.
///
/// ```
/// # use itom_core::sla::{Calendar, Clock, ClockOptions};
/// # let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// # let clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, "2026-06-15T16:00:00Z".parse()?))?;
/// let segments = clock.explain("2026-06-15T18:00:00Z".parse()?)?;
/// assert_eq!(segments[0].reason, "counted");
/// assert_eq!(segments[1].reason, "calendar closed");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Segment {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
    /// What the clock was doing.
    pub state: ClockState,
    /// Whether the calendar was open.
    pub open: bool,
    /// Whether it is business time: running and open.
    pub counted: bool,
    /// Why it counted or not, for people.
    pub reason: String,
    /// Which cycle it belongs to, from 0.
    pub cycle: u64,
}

/// An SLA clock.
///
/// ```
/// use itom_core::sla::{Calendar, Clock, ClockAction, ClockEvent, ClockOptions, ClockState};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]],
///                                        "tue": [["09:00", "17:00"]]}}"#)?;
/// let start = "2026-06-15T10:00:00Z".parse()?;
/// let mut clock = Clock::new(ClockOptions::new("4h".parse()?, calendar, start))?;
/// let pause = ClockAction::Pause { reason: Some("awaiting user".to_owned()) };
/// clock.apply(ClockEvent::new("2026-06-15T11:00:00Z".parse()?, pause))?;
/// let resume = ClockAction::Resume { reason: None };
/// clock.apply(ClockEvent::new("2026-06-15T16:00:00Z".parse()?, resume))?;
///
/// let status = clock.status("2026-06-15T16:30:00Z".parse()?);
/// assert_eq!(status.state, ClockState::Running);
/// assert_eq!(status.business, "1h30m".parse()?);
/// assert_eq!(status.paused, "5h".parse()?);
/// assert_eq!(status.breach_at, Some("2026-06-16T11:00:00Z".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    options: ClockOptions,
    /// In the order in which they hold; what holds from one instant in the order it arrived.
    events: Vec<ClockEvent>,
}

/// What is saved.
#[derive(Serialize, Deserialize)]
struct State {
    options: ClockOptions,
    events: Vec<ClockEvent>,
    tz_version: String,
}

/// Sums over the pieces of one cycle.
#[derive(Default)]
struct Sums {
    business: Duration,
    actual: Duration,
    paused: Duration,
}

impl Clock {
    /// Starts a clock.
    ///
    /// # Errors
    /// For a target that is not positive, a reversed retroactive pause, a threshold that is no
    /// share.
    pub fn new(options: ClockOptions) -> Result<Clock> {
        options.check()?;
        Ok(Clock { options, events: Vec::new() })
    }

    /// Takes an event, whenever it holds from. What has no effect where it comes to stand (a
    /// second stop, a resume without a pause) is kept and counted in [`ClockStatus::ignored`]: an
    /// event that arrives later may give it one.
    ///
    /// # Errors
    /// For a target that is not positive, and beyond a million events; the clock is then as it
    /// was.
    pub fn apply(&mut self, event: ClockEvent) -> Result<()> {
        self.apply_all(vec![event])
    }

    /// Takes several events, all or none of them.
    ///
    /// # Errors
    /// As [`Clock::apply`].
    pub fn apply_all(&mut self, events: Vec<ClockEvent>) -> Result<()> {
        events.iter().try_for_each(ClockEvent::check)?;
        if events.len() > MOST_EVENTS - self.events.len() {
            let message = format!("a clock remembers at most {MOST_EVENTS} events");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("event"));
        }
        for event in events {
            let place = self.events.partition_point(|other| other.at <= event.at);
            self.events.insert(place, event);
        }
        Ok(())
    }

    /// What it was started with.
    pub fn options(&self) -> &ClockOptions {
        &self.options
    }

    /// What happened, in the order in which it holds.
    pub fn events(&self) -> &[ClockEvent] {
        &self.events
    }

    /// Where the clock stands at an instant.
    pub fn status(&self, at: Timestamp) -> ClockStatus {
        let fold = fold(&self.options, &self.events, at);
        let current = fold.targets.len() - 1;
        let target = fold.targets[current];
        let sums = sum(&fold, current);
        let breached = sums.business > target;
        let thresholds = self.options.thresholds.iter().map(|&share| Threshold {
            share,
            at: self.used_up(&fold, current, share_of(target, share), at),
        });
        let met =
            matches!(fold.state, ClockState::Stopped | ClockState::Cancelled | ClockState::Paused);
        let breach_at =
            if met && !breached { None } else { self.used_up(&fold, current, target, at) };
        ClockStatus {
            at,
            state: fold.state,
            target,
            business: sums.business,
            actual: sums.actual,
            paused: sums.paused,
            remaining: target - sums.business,
            breach_at,
            breached,
            ratio: sums.business.as_nanos() as f64 / target.as_nanos() as f64,
            thresholds: thresholds.collect(),
            cycles: (0..current).map(|cycle| self.completed(&fold, cycle, at)).collect(),
            ignored: fold.ignored,
        }
    }

    /// Every second from the start to `at`, in stretches that say why they counted or not. The
    /// lengths of the counted ones add up to the business time, those of the paused and open ones
    /// to the paused time.
    ///
    /// # Errors
    /// When there are more than a million stretches.
    pub fn explain(&self, at: Timestamp) -> Result<Vec<Segment>> {
        let fold = fold(&self.options, &self.events, at);
        let mut segments = Vec::new();
        for piece in &fold.pieces {
            let mut from = piece.from;
            for window in fold.calendars[piece.calendar].windows(piece.from, piece.until)? {
                push_segment(&mut segments, piece, from, window.opens, false);
                push_segment(&mut segments, piece, window.opens, window.closes, true);
                from = window.closes;
            }
            push_segment(&mut segments, piece, from, piece.until, false);
            if segments.len() > MOST_SEGMENTS {
                let message = format!("an explanation has at most {MOST_SEGMENTS} segments");
                return Err(Error::new(ErrorKind::LimitExceeded, message).about("at"));
            }
        }
        Ok(segments)
    }

    /// The clock as bytes: an envelope of engine `sla.clock`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let state = State {
            options: self.options.clone(),
            events: self.events.clone(),
            tz_version: self.options.calendar.tz_version().to_owned(),
        };
        let mut configuration = Vec::new();
        ciborium::into_writer(&self.options, &mut configuration)
            .expect("options can be written as CBOR");
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: snapshot::stable_hash(&configuration),
            watermark: self.events.last().map(|event| event.at),
        };
        snapshot::seal(&header, &state)
    }

    /// A clock from its bytes. Calendars are compiled with the zone rules of this build.
    ///
    /// # Errors
    /// For bytes that are damaged, of another engine or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Clock> {
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
        let damaged = |why: Error| Error::corrupt("snapshot of sla.clock", why);
        let mut clock = Clock::new(state.options).map_err(damaged)?;
        if !state.events.is_sorted_by_key(|event| event.at) {
            return Err(Error::corrupt("snapshot of sla.clock", "its events are out of order"));
        }
        clock.apply_all(state.events).map_err(damaged)?;
        Ok(clock)
    }

    fn completed(&self, fold: &Fold<'_>, cycle: usize, at: Timestamp) -> Cycle {
        let pieces = || fold.pieces.iter().filter(|piece| piece.cycle == cycle);
        let (sums, target) = (sum(fold, cycle), fold.targets[cycle]);
        let breached = sums.business > target;
        Cycle {
            start: pieces().next().map_or(at, |piece| piece.from),
            end: pieces().next_back().map_or(at, |piece| piece.until),
            target,
            business: sums.business,
            actual: sums.actual,
            paused: sums.paused,
            breached,
            breach_at: if breached { self.used_up(fold, cycle, target, at) } else { None },
        }
    }

    /// The earliest instant at which `amount` of business time was used in a cycle, or will be if
    /// the clock runs on.
    fn used_up(
        &self,
        fold: &Fold<'_>,
        cycle: usize,
        amount: Duration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let mut left = amount;
        let running = |piece: &&Piece| piece.cycle == cycle && piece.state == ClockState::Running;
        for piece in fold.pieces.iter().filter(running) {
            let calendar = fold.calendars[piece.calendar];
            let business = calendar.elapsed(piece.from, piece.until);
            if business >= left {
                return calendar.deadline(piece.from, left).ok().flatten();
            }
            left = left - business;
        }
        let origin = self.options.retroactive_start.unwrap_or(self.options.start);
        let runs_on = matches!(fold.state, ClockState::Running | ClockState::Pending);
        let last = fold.targets.len() - 1;
        if !runs_on || cycle != last {
            return None;
        }
        fold.calendars.last()?.deadline(now.max(origin), left).ok().flatten()
    }
}

fn sum(fold: &Fold<'_>, cycle: usize) -> Sums {
    let mut sums = Sums::default();
    for piece in fold.pieces.iter().filter(|piece| piece.cycle == cycle) {
        let open = || fold.calendars[piece.calendar].elapsed(piece.from, piece.until);
        match piece.state {
            ClockState::Running => {
                sums.business = sums.business + open();
                sums.actual = sums.actual + (piece.until - piece.from);
            }
            ClockState::Paused => sums.paused = sums.paused + open(),
            _ => {}
        }
    }
    sums
}

/// The share of a target, taken to a millionth, rounded up to the nanosecond.
fn share_of(target: Duration, share: f64) -> Duration {
    let millionths = (share * 1e6).round() as i128;
    let nanos = (i128::from(target.as_nanos()) * millionths + 999_999) / 1_000_000;
    Duration::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn push_segment(
    segments: &mut Vec<Segment>,
    piece: &Piece,
    from: Timestamp,
    until: Timestamp,
    open: bool,
) {
    if from >= until {
        return;
    }
    let counted = open && piece.state == ClockState::Running;
    let named: Vec<&str> =
        piece.reasons.iter().map(String::as_str).filter(|reason| !reason.is_empty()).collect();
    let reason = match piece.state {
        ClockState::Running if open => "counted".to_owned(),
        ClockState::Running => "calendar closed".to_owned(),
        ClockState::Paused if named.is_empty() => "paused".to_owned(),
        ClockState::Paused => format!("paused: {}", named.join(", ")),
        ClockState::Stopped => "stopped".to_owned(),
        ClockState::Cancelled => "cancelled".to_owned(),
        ClockState::Pending => "not yet started".to_owned(),
    };
    let (state, cycle) = (piece.state, piece.cycle as u64);
    segments.push(Segment { start: from, end: until, state, open, counted, reason, cycle });
}
