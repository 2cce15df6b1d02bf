//! How much of a promise is used up, and when does it break? One SLA clock.
//!
//! A [`Clock`] keeps what happened and folds it anew for every question, so that a late, a
//! corrected or a retroactive event gives what it would have given in order: events count by the
//! instant from which they hold, not by when they arrived. All sums are integers.
//!
//! - *business* is calendar time while running, *actual* wall time while running, *paused*
//!   calendar time while paused (the union of the reasons, not their sum).
//! - A clock is *breached* when business time exceeds the target; work that stops exactly on the
//!   target, or after hours on the last day, is on time. [`BreachRule`] and [`AtEquality`] name
//!   the other conventions.
//! - `breach_at` is the instant at which the target is used up: in the past for a clock that
//!   broke, ahead for one that runs, none for one that is paused or was stopped in time.
//! - A changed target counts for the whole of its cycle, a changed calendar or zone from its event
//!   on, unless the event's [`Scope`] says otherwise.
//! - Time is kept twice: `at` says when something holds, `recorded_at` when it became known.
//!   [`Clock::status_known`] answers as one would have then.
//!
//! Cost: O(n log m) a question, n events, m windows of a week. Not here: many clocks and "what
//! breaks next" ([`Ledger`](crate::sla::Ledger)), and conditions that start and stop clocks.
//!
//! [`BreachRule`]: crate::sla::BreachRule
//! [`AtEquality`]: crate::sla::AtEquality
//! [`Scope`]: crate::sla::Scope

use serde::{Deserialize, Serialize};

use super::answer;
use super::book::{Book, Tables};
use super::event::ClockEvent;
use super::fold::{Act, Beginning, Fold, Step};
use super::log::Log;
use super::options::ClockOptions;
use super::status::{ClockStatus, Segment};
use crate::snapshot::{self, Header};
use crate::{Error, Result, Timestamp};

const ENGINE: &str = "sla.clock";
const VERSION: u16 = 1;

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
#[derive(Clone, Debug)]
pub struct Clock {
    options: ClockOptions,
    log: Log,
    tables: Tables,
}

/// What is saved.
#[derive(Serialize, Deserialize)]
struct State {
    options: ClockOptions,
    events: Vec<ClockEvent>,
    tz_version: String,
}

impl Clock {
    /// Starts a clock.
    ///
    /// # Errors
    /// For a target that is not positive, a reversed retroactive pause, a threshold that is no
    /// share.
    pub fn new(options: ClockOptions) -> Result<Clock> {
        options.check()?;
        let mut tables = Tables::default();
        tables.calendar(&options.calendar)?;
        Ok(Clock { options, log: Log::default(), tables })
    }

    /// Takes an event, whenever it holds from. What has no effect where it comes to stand (a
    /// second stop, a resume without a pause) is kept and counted in [`ClockStatus::ignored`]: an
    /// event that arrives later may give it one. An event whose `id` is known already is a
    /// correction.
    ///
    /// # Errors
    /// For a target that is not positive, a zone that is not known, and beyond a million events;
    /// the clock is then as it was.
    pub fn apply(&mut self, event: ClockEvent) -> Result<()> {
        self.apply_all(vec![event])
    }

    /// Takes several events, all or none of them.
    ///
    /// # Errors
    /// As [`Clock::apply`].
    pub fn apply_all(&mut self, events: Vec<ClockEvent>) -> Result<()> {
        self.log.add(events, &mut self.tables)?;
        if self.tables.zones().is_empty() {
            return Ok(());
        }
        let mut fold = Fold::new();
        let book = self.fold(Timestamp::MAX, None, &mut fold);
        let compiled = book.compiled();
        self.tables.learn(compiled)
    }

    /// What it was started with.
    pub fn options(&self) -> &ClockOptions {
        &self.options
    }

    /// What happened, in the order in which it holds, with all versions of what was corrected.
    pub fn events(&self) -> &[ClockEvent] {
        self.log.events()
    }

    /// Where the clock stands at an instant.
    pub fn status(&self, at: Timestamp) -> ClockStatus {
        self.answer(at, None)
    }

    /// Where the clock stands at an instant, by what was known at another: events that became
    /// known later are not looked at, nor the corrections among them. An event that does not say
    /// when it became known was known when it came to hold.
    ///
    /// ```
    /// use itom_core::sla::{Calendar, Clock, ClockAction, ClockEvent, ClockOptions};
    ///
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
    /// let mut clock = Clock::new(options)?;
    /// let pause = ClockEvent::new("2026-06-15T11:00:00Z".parse()?, ClockAction::Pause { reason: None });
    /// clock.apply(pause.with_recorded_at("2026-06-15T16:00:00Z".parse()?))?;
    ///
    /// let three = "2026-06-15T15:00:00Z".parse()?;
    /// assert!(clock.status_known(three, three).breached);
    /// assert!(!clock.status(three).breached);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn status_known(&self, at: Timestamp, known: Timestamp) -> ClockStatus {
        self.answer(at, Some(known))
    }

    /// Every second from the start to `at`, in stretches that say why they counted or not. The
    /// lengths of the counted ones add up to the business time, those of the paused and open ones
    /// to the paused time.
    ///
    /// # Errors
    /// When there are more than a million stretches.
    pub fn explain(&self, at: Timestamp) -> Result<Vec<Segment>> {
        let mut fold = Fold::new();
        let book = self.fold(at, None, &mut fold);
        answer::explain(&fold, &book, self.tables.reasons())
    }

    /// [`Clock::explain`] by what was known at an instant, as [`Clock::status_known`].
    ///
    /// # Errors
    /// When there are more than a million stretches.
    pub fn explain_known(&self, at: Timestamp, known: Timestamp) -> Result<Vec<Segment>> {
        let mut fold = Fold::new();
        let book = self.fold(at, Some(known), &mut fold);
        answer::explain(&fold, &book, self.tables.reasons())
    }

    /// The clock as bytes: an envelope of engine `sla.clock`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let events = self.log.events();
        let state = State {
            options: self.options.clone(),
            events: events.to_vec(),
            tz_version: self.options.calendar.tz_version().to_owned(),
        };
        let mut configuration = Vec::new();
        ciborium::into_writer(&self.options, &mut configuration)
            .expect("options can be written as CBOR");
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: snapshot::stable_hash(&configuration),
            watermark: events.last().map(|event| event.at),
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

    fn answer(&self, at: Timestamp, known: Option<Timestamp>) -> ClockStatus {
        let mut fold = Fold::new();
        let book = self.fold(at, known, &mut fold);
        let (convention, shares) = (self.options.convention(), &self.options.thresholds);
        answer::status(&fold, &book, self.tables.reasons(), convention, shares)
    }

    fn fold(&self, at: Timestamp, known: Option<Timestamp>, fold: &mut Fold) -> Book<'_> {
        let mut steps = retroactive(&self.options.retroactive_pauses);
        steps.extend(self.log.steps(at, known));
        // Stable: what holds from one instant stays in the order it came in.
        steps.sort_by_key(|step| step.at);
        let beginning = Beginning {
            origin: self.options.origin().as_nanos(),
            target: self.options.target.as_nanos(),
            calendar: 0,
        };
        let mut book = self.tables.book();
        fold.run(beginning, &steps, &mut book, at.as_nanos());
        book
    }
}

/// Two clocks are equal when they were started alike and the same happened to them.
impl PartialEq for Clock {
    fn eq(&self, other: &Clock) -> bool {
        self.options == other.options && self.events() == other.events()
    }
}

/// The pauses that were there before a clock began, as steps.
pub(in crate::sla) fn retroactive(pauses: &[(Timestamp, Timestamp)]) -> Vec<Step> {
    let ends = pauses
        .iter()
        .flat_map(|&(from, until)| [(from, Act::RetroactiveBegin), (until, Act::RetroactiveEnd)]);
    ends.map(|(at, act)| Step { at: at.as_nanos(), act }).collect()
}
