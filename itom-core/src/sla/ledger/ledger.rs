//! A million running clocks: events in, crossings out, every field as of any instant.
//!
//! A [`Ledger`] holds what [`Clock`](crate::sla::Clock) holds for one piece of work for very many,
//! in columns. Each clock's sums are kept so that their value at an instant is one subtraction
//! from the open time of its calendar, which is looked up once for all clocks of a calendar. An
//! event in order changes the sums in place; one that is late, corrected or reaches back makes
//! them anew from the clock's history, through the same fold as `Clock`: the two always agree.
//!
//! - [`Ledger::apply_all`] takes events in any order.
//! - [`Ledger::advance`] says what was crossed up to an instant, in order; what later turns out
//!   never to have been crossed is withdrawn.
//! - [`Ledger::status_all`] fills columns, [`Ledger::status`] and [`Ledger::explain`] answer for one
//!   clock as `Clock` does.
//! - [`Ledger::next_breaches`] looks ahead without touching the others.
//!
//! Memory of a clock: 48 bytes hot, 24 of its opening and breach instant, up to 32 in
//! the queues, its key, and 4, 8 or 16 bytes for each event. Calendars, targets and reasons are kept once.
//! Reading a snapshot of a million clocks, or their events, is half a matter of getting new pages of
//! memory; big columns therefore ask for huge ones, which Linux gives unless it is set up never to.
//! Not here: which events a record's update means (an agreement).

use std::collections::BTreeMap;

use super::column::Column;
use super::history::History;
use super::keys::Keys;
use super::marks::Mark;
use super::meters::{Meter, Meters, Tag, Trail, flag};
use super::promise::{Promises, Shape};
use super::queue::Queue;
use crate::sla::clock::book::Tables;
use crate::sla::{Calendar, ClockOptions};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

/// The breach instant of a clock is not known yet.
pub(super) const UNKNOWN: i64 = i64::MAX;
/// There is none.
pub(super) const NONE: i64 = i64::MIN;

/// Many SLA clocks.
///
/// ```
/// use itom_core::sla::{Calendar, ClockAction, ClockEvent, ClockOptions, CrossingKind, Ledger};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]],
///                                        "tue": [["09:00", "17:00"]]}}"#)?;
/// let mut ledger = Ledger::new();
/// let mut options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
/// options.thresholds = vec![0.5];
/// let one = ledger.open("INC1", &options)?;
/// let two = ledger.open("INC2", &options)?;
/// let pause = ClockAction::Pause { reason: None };
/// ledger.apply(two, ClockEvent::new("2026-06-15T11:00:00Z".parse()?, pause))?;
///
/// let crossed = ledger.advance("2026-06-15T13:00:00Z".parse()?)?;
/// assert_eq!(crossed.len(), 1);
/// assert_eq!((crossed[0].clock, crossed[0].kind), (one, CrossingKind::Warning));
/// assert_eq!(crossed[0].at, "2026-06-15T12:00:00Z".parse()?);
/// assert_eq!(ledger.next_breaches(10)[0].at, "2026-06-15T14:00:00Z".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) tables: Tables,
    pub(super) promises: Promises,
    /// Targets that events refer to.
    pub(super) lengths: Vec<i64>,
    pub(super) length_numbers: BTreeMap<i64, u32>,
    pub(super) keys: Keys,
    pub(super) openings: Vec<Opening>,
    /// Of clocks that began before, or paused before, they were opened.
    pub(super) early: BTreeMap<u32, Early>,
    pub(super) meters: Meters,
    pub(super) trails: Vec<Trail>,
    pub(super) history: History,
    /// When each clock breaks or broke, made when it is first asked.
    pub(super) breaches: Column<i64>,
    /// By calendar.
    pub(super) next_marks: Vec<Queue>,
    pub(super) next_breaches: Vec<Queue>,
    pub(super) touched: Vec<u32>,
    pub(super) stale: Vec<u32>,
    /// All of them are, as in a ledger that has just been read.
    pub(super) all_stale: bool,
    pub(super) dirty: Vec<u32>,
    /// The instant up to which crossings have been given out.
    pub(super) watermark: Option<i64>,
    /// What had been given out about clocks whose past has changed since.
    pub(super) announced: BTreeMap<u32, Vec<Mark>>,
    /// No clock counts from before, and no meter holds from later on.
    pub(super) earliest: i64,
    pub(super) latest: i64,
}

/// How a clock was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) start: i64,
    pub(super) promise: u32,
    pub(super) calendar: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Early {
    pub(super) origin: i64,
    pub(super) pauses: Vec<(i64, i64)>,
}

/// Clocks to open alike: names, and what differs from the options they share.
///
/// ```
/// use itom_core::sla::{Calendar, ClockOptions, Ledger, Openings};
///
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let options = ClockOptions::new("4h".parse()?, calendar, "2026-06-15T10:00:00Z".parse()?);
/// let mut ledger = Ledger::new();
/// let hour = 3_600_000_000_000;
/// let openings = Openings { starts: &[0, hour], targets: Some(&[4 * hour, 8 * hour]) };
/// assert_eq!(ledger.open_all(&["INC1", "INC2"], &options, openings)?, 0..2);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Openings<'a> {
    /// When each clock starts, in nanoseconds.
    pub starts: &'a [i64],
    /// The target of each, in nanoseconds; none: that of the options.
    pub targets: Option<&'a [i64]>,
}

impl Ledger {
    /// A ledger without clocks.
    pub fn new() -> Ledger {
        let mut tables = Tables::default();
        // A pause without a reason is for reason 0.
        tables.reason("");
        Ledger {
            tables,
            promises: Promises::default(),
            lengths: Vec::new(),
            length_numbers: BTreeMap::new(),
            keys: Keys::default(),
            openings: Vec::new(),
            early: BTreeMap::new(),
            meters: Meters::default(),
            trails: Vec::new(),
            history: History::default(),
            breaches: Column::new(4),
            next_marks: Vec::new(),
            next_breaches: Vec::new(),
            touched: Vec::new(),
            stale: Vec::new(),
            all_stale: false,
            dirty: Vec::new(),
            watermark: None,
            announced: BTreeMap::new(),
            earliest: i64::MAX,
            latest: i64::MIN,
        }
    }

    /// How many clocks there are: they are numbered from 0.
    pub fn len(&self) -> usize {
        self.meters.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events it keeps.
    pub fn events(&self) -> usize {
        self.history.len()
    }

    /// The clock that was opened under a key.
    pub fn clock(&self, key: &str) -> Option<u32> {
        self.keys.find(key)
    }

    /// The key of a clock.
    pub fn key(&self, clock: u32) -> Option<&str> {
        self.keys.get(clock)
    }

    /// The instant up to which [`Ledger::advance`] has given out what was crossed.
    pub fn watermark(&self) -> Option<Timestamp> {
        self.watermark.map(Timestamp::from_nanos)
    }

    /// The calendars it refers to; the places are their numbers.
    pub fn calendars(&self) -> &[Calendar] {
        self.tables.calendars()
    }

    /// Opens a clock under a key and returns its number. A clock whose retroactive start lies so
    /// far back that marks are passed at once announces only the last of them.
    ///
    /// # Errors
    /// For options that no clock takes, and a key that is there already.
    pub fn open(&mut self, key: &str, options: &ClockOptions) -> Result<u32> {
        options.check()?;
        let clock = self.keys.add(key)?;
        let agreed = self.terms(options).and_then(|terms| {
            let promise = self.promises.promise(options.target.as_nanos(), terms.shape)?;
            Ok((terms, promise))
        });
        let (terms, promise) = agreed.inspect_err(|_| self.keys.truncate(clock as usize))?;
        let start = options.start.as_nanos();
        self.begin(Opening { start, promise, calendar: terms.calendar });
        if options.retroactive_start.is_some() || !options.retroactive_pauses.is_empty() {
            let pauses = options.retroactive_pauses.iter();
            let pauses = pauses.map(|(from, until)| (from.as_nanos(), until.as_nanos())).collect();
            let origin = options.origin().as_nanos();
            self.earliest = self.earliest.min(origin);
            self.early.insert(clock, Early { origin, pauses });
            self.rebuild(clock);
        }
        Ok(clock)
    }

    /// Opens many clocks, all or none of them, with options they share but for what `openings`
    /// says. Their numbers follow each other. The start of the options, and what is retroactive in
    /// them, does not count.
    ///
    /// # Errors
    /// As [`Ledger::open`], and for lists of different length.
    pub fn open_all<K: AsRef<str>>(
        &mut self,
        keys: &[K],
        options: &ClockOptions,
        openings: Openings<'_>,
    ) -> Result<std::ops::Range<u32>> {
        options.check()?;
        let Openings { starts, targets } = openings;
        for (argument, length) in
            [("starts", starts.len()), ("targets", targets.map_or(keys.len(), <[i64]>::len))]
        {
            Error::check_length(argument, length, "keys", keys.len())?;
        }
        let positive = |target: &i64| *target > 0;
        if let Some(target) = targets.unwrap_or_default().iter().find(|target| !positive(target)) {
            return Err(Error::invalid("targets", Duration::from_nanos(*target), "positive"));
        }
        let (first, latest) = (self.len(), self.latest);
        itom_pages::reserve(&mut self.openings, keys.len());
        self.meters.reserve(keys.len());
        itom_pages::reserve(&mut self.trails, keys.len());
        // The keys first: a calendar that is kept has a number, and is not taken back.
        let named = keys.iter().try_for_each(|key| self.keys.add(key.as_ref()).map(drop));
        let result = named.and_then(|()| self.terms(options)).and_then(|terms| {
            (0..keys.len()).try_for_each(|index| {
                let target = targets.map_or(options.target.as_nanos(), |targets| targets[index]);
                let promise = self.promises.promise(target, terms.shape)?;
                let start = Timestamp::from_nanos(starts[index]).as_nanos();
                self.begin(Opening { start, promise, calendar: terms.calendar });
                Ok(())
            })
        });
        if let Err(why) = result {
            self.forget(first);
            self.latest = latest;
            return Err(why);
        }
        Ok(first as u32..self.len() as u32)
    }

    /// The number of a calendar, for [`EventColumns`](crate::sla::EventColumns).
    ///
    /// # Errors
    /// Beyond 65,536 different ones.
    pub fn calendar_number(&mut self, calendar: &Calendar) -> Result<u32> {
        let number = self.tables.calendar(calendar)?;
        self.next_marks.resize_with(self.calendars().len(), Queue::default);
        self.next_breaches.resize_with(self.calendars().len(), Queue::default);
        Ok(number)
    }

    /// The number of a reason to pause, for [`EventColumns`](crate::sla::EventColumns).
    pub fn reason_number(&mut self, reason: &str) -> u32 {
        self.tables.reason(reason)
    }

    /// The number of a target, for [`EventColumns`](crate::sla::EventColumns).
    ///
    /// # Errors
    /// For a target that is not positive.
    pub fn target_number(&mut self, target: Duration) -> Result<u32> {
        crate::sla::clock::check_target(target)?;
        let nanos = target.as_nanos();
        if let Some(&number) = self.length_numbers.get(&nanos) {
            return Ok(number);
        }
        let number = self.lengths.len() as u32;
        if number >= super::what::ARGUMENTS {
            let message = "a ledger refers to fewer than 2^26 different targets";
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("target"));
        }
        self.lengths.push(nanos);
        self.length_numbers.insert(nanos, number);
        Ok(number)
    }

    /// The number of a time zone, for [`EventColumns`](crate::sla::EventColumns).
    ///
    /// # Errors
    /// For a zone that is not known.
    pub fn zone_number(&mut self, tz: &str) -> Result<u32> {
        self.tables.zone(tz)
    }

    /// Bytes of memory, by what they are for.
    pub fn memory(&self) -> LedgerMemory {
        let queues = self.next_marks.iter().chain(&self.next_breaches);
        let lists = [&self.touched, &self.stale, &self.dirty].map(|list| list.capacity() * 4);
        LedgerMemory {
            hot: self.meters.size() + self.trails.capacity() * size_of::<Trail>(),
            openings: self.openings.capacity() * size_of::<Opening>(),
            breach_instants: self.breaches.size(),
            queues: queues.map(Queue::size).sum::<usize>() + lists.iter().sum::<usize>(),
            names: self.keys.size(),
            history: self.history.size(),
            calendars: self.calendars().iter().map(Calendar::size).sum(),
        }
    }

    fn terms(&mut self, options: &ClockOptions) -> Result<Terms> {
        let calendar = self.calendar_number(&options.calendar)?;
        let shape = Shape::new(&options.thresholds, options.convention());
        // Below 2^16: there are no more calendars.
        Ok(Terms { calendar: calendar as u16, shape: self.promises.shape(shape) })
    }

    /// A clock that begins at its start, with nothing behind it.
    fn begin(&mut self, opening: Opening) {
        let Opening { start, promise, calendar } = opening;
        let open = self.tables.calendars()[usize::from(calendar)].open_until(start);
        let tag = Tag { promise, calendar, flags: flag::STALE, step: 0 };
        self.stale.push(self.meters.len() as u32);
        self.openings.push(opening);
        let mut meter = Meter { business: 0, actual: 0, paused: 0, tag };
        meter.release(open, start);
        self.meters.push(meter);
        self.trails.push(Trail { since: start, last: 0, reasons: 0 });
        self.earliest = self.earliest.min(start);
        self.latest = self.latest.max(start);
        let clock = self.meters.len() as u32 - 1;
        if self.judged_by_history(promise) {
            self.meters.tags[clock as usize].set(flag::JUDGED, true);
            self.touch(clock);
        }
        if self.watermark.is_some_and(|now| start <= now) {
            // What it passes before the watermark has not been given out.
            self.announced.insert(clock, Vec::new());
            self.touch(clock);
        }
    }

    /// Takes back the opening of all clocks from `first` on.
    fn forget(&mut self, first: usize) {
        self.keys.truncate(first);
        self.openings.truncate(first);
        self.meters.truncate(first);
        self.trails.truncate(first);
        self.breaches.truncate(first);
        for list in [&mut self.stale, &mut self.touched] {
            list.retain(|&clock| (clock as usize) < first);
        }
        self.announced.retain(|&clock, _| (clock as usize) < first);
    }
}

impl Default for Ledger {
    fn default() -> Ledger {
        Ledger::new()
    }
}

struct Terms {
    calendar: u16,
    shape: u32,
}

/// What a ledger holds, in bytes.
///
/// ```
/// # use itom_core::sla::Ledger;
/// assert_eq!(Ledger::new().memory().hot, 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerMemory {
    /// The columns that events and refreshes work on: 48 bytes a clock, and a few thousand in all
    /// to keep them apart.
    pub hot: usize,
    /// How each clock was opened.
    pub openings: usize,
    /// When each clock breaks.
    pub breach_instants: usize,
    /// What comes next, by calendar.
    pub queues: usize,
    /// The names of the clocks.
    pub names: usize,
    /// What happened: 4 bytes an event whole seconds after another of its clock that came right
    /// before, 8 where it is not whole seconds, 16 anywhere else.
    pub history: usize,
    /// The compiled calendars.
    pub calendars: usize,
}
