//! A ledger as bytes: what is kept once as CBOR, then its columns as they are.
//!
//! The state is of version 3: a CBOR map ([`State`]), followed by seven columns of rows of equal
//! length, little-endian: the keys' text and the length of each (2 bytes), how each clock was opened
//! (14: start, promise, calendar), its flags and steps (2), its business time (8, what to add to the
//! open time of its calendar while that grows), the rest of what it adds up to (38: actual, paused,
//! promise, calendar, since, last event, reasons), only for clocks to which something has happened,
//! and the history (4: see [`History`]). Versions 1 and 2, which can be read, had rows for all
//! clocks and other histories ([`former`]); version 1 had the columns as byte strings in the map.
//!
//! What can be found again is not saved: queues, breach instants, the table of keys. They are made
//! when they are first needed. Everything that an index or a chain could run astray by is checked
//! when the bytes are opened.

use serde::{Deserialize, Serialize};

use super::column::Column;
use super::former;
use super::history::{History, Note};
use super::keys::Keys;
use super::ledger::{Early, Ledger, Opening};
use super::marks::{Mark, Scratch};
use super::meters::{Meters, Tag, Trail, flag};
use super::promise::Shape;
use super::rows::{self, MARK, OPENING, Standing};
use super::what::What;
use crate::sla::clock::reckon::Convention;
use crate::sla::{AtEquality, BreachRule, Calendar, CalendarDefinition, ZoneDatabase};
use crate::snapshot::{self, Blob, Header, Opened, Sealer};
use crate::{Error, Result};

const ENGINE: &str = "sla.ledger";
const VERSION: u16 = 3;
/// Clocks that are read at a time: few enough to be still there for the next column.
const BLOCK: usize = 256;

#[derive(Serialize, Deserialize)]
struct State {
    calendars: Vec<CalendarDefinition>,
    tz_versions: Vec<String>,
    zones: Vec<String>,
    reasons: Vec<String>,
    shapes: Vec<SavedShape>,
    /// Target and shape.
    promises: Vec<(i64, u32)>,
    lengths: Vec<i64>,
    early: Vec<(u32, Early)>,
    notes: Vec<Note>,
    /// When the newest event was.
    #[serde(default)]
    newest_at: i64,
    watermark: Option<i64>,
    announced: Vec<(u32, Vec<SavedMark>)>,
}

/// The columns of version 1, in the same map.
#[derive(Deserialize)]
struct FirstColumns {
    key_text: Blob,
    key_ends: Blob,
    openings: Blob,
    meters: Blob,
    trails: Blob,
    history: Blob,
}

/// What a snapshot holds of each clock.
struct Columns {
    keys: Keys,
    openings: Vec<Opening>,
    meters: Meters,
    trails: Vec<Trail>,
    units: Vec<u32>,
    seen: Seen,
}

/// What all clocks refer to, and what is found again by a look at each.
struct Seen {
    promise: u32,
    calendar: u16,
    last: u32,
    earliest: i64,
    latest: i64,
    touched: Vec<u32>,
}

/// Of a mark its cycle, number, instant and announcement.
type SavedMark = (u32, u8, i64, i64);

#[derive(Serialize, Deserialize)]
struct SavedShape {
    shares: Vec<u32>,
    breach: BreachRule,
    at_equality: AtEquality,
}

impl Ledger {
    /// The ledger as bytes: an envelope of engine `sla.ledger`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (shapes, promises) = self.promises.all();
        let state = State {
            calendars: self.calendars().iter().map(|c| c.definition().clone()).collect(),
            tz_versions: self.calendars().iter().map(|c| c.tz_version().to_owned()).collect(),
            zones: self.tables.zones().to_vec(),
            reasons: self.tables.reasons().to_vec(),
            shapes: shapes.iter().map(save_shape).collect(),
            promises: promises.iter().map(|promise| (promise.target, promise.shape)).collect(),
            lengths: self.lengths.clone(),
            early: self.early.iter().map(|(&clock, early)| (clock, early.clone())).collect(),
            notes: self.history.notes.clone(),
            newest_at: self.history.newest_at(),
            watermark: self.watermark,
            announced: self.announced.iter().map(save_marks).collect(),
        };
        let mut configuration = Vec::new();
        ciborium::into_writer(&state.calendars, &mut configuration)
            .expect("definitions can be written as CBOR");
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: snapshot::stable_hash(&configuration),
            watermark: self.watermark(),
        };
        let text = self.keys.text();
        let row = OPENING + MARK + 8 + 2;
        let (marks, rest) = self.standings();
        let room = text.len() + self.len() * row + rest.len() + self.history.units().len() * 4;
        let mut sealer = Sealer::new(&header, &state, room);
        sealer.column(|bytes| bytes.extend_from_slice(text));
        let lengths: Vec<u16> = self.keys.lengths().collect();
        let business = self.meters.business.iter();
        sealer.column(|bytes| rows::write(bytes, lengths.iter().map(|l| l.to_le_bytes())));
        sealer.column(|bytes| rows::write(bytes, self.openings.iter().map(rows::save_opening)));
        sealer.column(|bytes| rows::write(bytes, marks.into_iter()));
        sealer.column(|bytes| rows::write(bytes, business.map(|sum| sum.to_le_bytes())));
        sealer.column(|bytes| bytes.extend_from_slice(&rest));
        sealer.column(|bytes| {
            rows::write(bytes, self.history.units().iter().map(|unit| unit.to_le_bytes()))
        });
        sealer.finish()
    }

    /// The flags and steps of all clocks, and the rest of those to which something has happened.
    fn standings(&self) -> (Vec<[u8; MARK]>, Vec<u8>) {
        let mut all = Vec::new();
        let marks = self.openings.iter().enumerate().map(|(index, opening)| {
            let standing = Standing { meter: self.meters.get(index), trail: self.trails[index] };
            let (mark, rest) = standing.save(opening);
            all.extend(rest.iter().flatten());
            mark
        });
        (marks.collect(), all)
    }

    /// A ledger from its bytes. Calendars are compiled with the zone rules of this build; if those
    /// are not the ones it was saved with, every clock is made anew from its history.
    ///
    /// # Errors
    /// For bytes that are damaged, of another engine or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger> {
        Ledger::from_bytes_with_zones(bytes, &ZoneDatabase::bundled())
    }

    /// [`Ledger::from_bytes`] with other zone rules.
    ///
    /// # Errors
    /// As [`Ledger::from_bytes`], and for a zone that is not among them.
    pub fn from_bytes_with_zones(bytes: &[u8], zones: &ZoneDatabase) -> Result<Ledger> {
        let damaged = |why: &str| Error::corrupt("snapshot of sla.ledger", why);
        let mut opened = snapshot::open_in_parts(bytes, ENGINE, VERSION)?;
        let mut whole = opened.clone();
        let mut state: State = opened.state()?;
        let columns = match opened.header.version {
            1 => whole.state::<FirstColumns>()?.read(&mut state.notes),
            2 => Columns::read_second(&mut opened, &mut state.notes)?,
            _ => Columns::read(&mut opened)?,
        };
        let columns = columns.ok_or_else(|| damaged("a column is cut"))?;
        let clocks = columns.keys.len();
        let lengths = [columns.openings.len(), columns.meters.len(), columns.trails.len()];
        if lengths != [clocks; 3] {
            return Err(damaged("its columns are of different length"));
        }
        let mut ledger = Ledger::new();
        ledger.read_tables(&state, zones)?;
        let bound = |action: u8| if action == What::RETRACT { 1 } else { ledger.bound(action) };
        // Without events there are no chains to look at.
        let chained = if columns.seen.last > 0 { &columns.trails[..] } else { &[] };
        let last = chained.iter().map(|trail| trail.last);
        let newest_at = state.newest_at;
        let history = History::from_parts(columns.units, newest_at, state.notes, bound, last);
        ledger.history = history.ok_or_else(|| damaged("its history is no list of events"))?;
        (ledger.keys, ledger.openings) = (columns.keys, columns.openings);
        (ledger.meters, ledger.trails) = (columns.meters, columns.trails);
        ledger.early = state.early.into_iter().collect();
        ledger.watermark = state.watermark;
        ledger.announced = state.announced.into_iter().map(read_marks).collect();
        ledger.find_again(columns.seen).map_err(damaged)?;
        let versions = ledger.calendars().iter().map(Calendar::tz_version);
        if !versions.eq(state.tz_versions.iter().map(String::as_str)) {
            let mut scratch = Scratch::new();
            (0..clocks as u32).for_each(|clock| ledger.rebuild_with(clock, &mut scratch));
        }
        Ok(ledger)
    }

    fn read_tables(&mut self, state: &State, zones: &ZoneDatabase) -> Result<()> {
        let damaged = |why: Error| Error::corrupt("snapshot of sla.ledger", why);
        let twice = || damaged(Error::invalid("snapshot", "a value twice", "each value once"));
        for (definition, number) in state.calendars.iter().zip(0..) {
            let calendar = Calendar::with_zones(definition.clone(), zones).map_err(damaged)?;
            if self.calendar_number(&calendar).map_err(damaged)? != number {
                return Err(twice());
            }
        }
        for (tz, number) in state.zones.iter().zip(0..) {
            if self.zone_number(tz).map_err(damaged)? != number {
                return Err(twice());
            }
        }
        for (reason, number) in state.reasons.iter().zip(0..) {
            if self.reason_number(reason) != number {
                return Err(twice());
            }
        }
        for (saved, number) in state.shapes.iter().zip(0..) {
            let sound = saved.shares.is_sorted_by(|a, b| a < b)
                && saved.shares.len() <= 100
                && saved.shares.iter().all(|share| (1..=1_000_000_000).contains(share));
            let convention = Convention { rule: saved.breach, at_equality: saved.at_equality };
            let shape = Shape { shares: saved.shares.clone(), convention };
            if !sound || self.promises.shape(shape) != number {
                return Err(twice());
            }
        }
        for (&(target, shape), number) in state.promises.iter().zip(0..) {
            let sound = target > 0 && (shape as usize) < state.shapes.len();
            if !sound || self.promises.promise(target, shape).map_err(damaged)? != number {
                return Err(twice());
            }
        }
        for (&length, number) in state.lengths.iter().zip(0..) {
            let target = crate::Duration::from_nanos(length);
            if self.target_number(target).map_err(damaged)? != number {
                return Err(twice());
            }
        }
        Ok(())
    }

    /// Makes what is not saved, after a look whether every number refers to something.
    fn find_again(&mut self, seen: Seen) -> Result<(), &'static str> {
        let Seen { promise, calendar, earliest, latest, touched, .. } = seen;
        let mut sound = self.is_empty()
            || (promise as usize) < self.promises.len()
                && usize::from(calendar) < self.calendars().len();
        (self.earliest, self.latest, self.touched) = (earliest, latest, touched);
        for (&clock, early) in &self.early {
            sound &= (clock as usize) < self.len();
            sound &= early.pauses.iter().all(|pause| pause.0 <= pause.1);
            self.earliest = self.earliest.min(early.origin);
        }
        sound &= self.announced.keys().all(|&clock| (clock as usize) < self.len());
        self.all_stale = true;
        self.make_queues();
        if sound { Ok(()) } else { Err("a number refers to nothing") }
    }
}

impl Seen {
    fn new() -> Seen {
        let (earliest, latest, touched) = (i64::MAX, i64::MIN, Vec::new());
        Seen { promise: 0, calendar: 0, last: 0, earliest, latest, touched }
    }

    /// Looks at clocks from `first` on.
    fn look(&mut self, first: usize, openings: &[Opening], tags: &[Tag], trails: &[Trail]) {
        for opening in openings {
            self.promise = self.promise.max(opening.promise);
            self.calendar = self.calendar.max(opening.calendar);
            self.earliest = self.earliest.min(opening.start);
        }
        let mut flags = 0;
        for tag in tags {
            self.promise = self.promise.max(tag.promise);
            self.calendar = self.calendar.max(tag.calendar);
            flags |= tag.flags;
        }
        if flags & flag::TOUCHED != 0 {
            let clocks = (first as u32..).zip(tags);
            let touched = clocks.filter(|(_, tag)| tag.has(flag::TOUCHED)).map(|(clock, _)| clock);
            self.touched.extend(touched);
        }
        for trail in trails {
            self.latest = self.latest.max(trail.since);
            self.last = self.last.max(trail.last);
        }
    }
}

impl Columns {
    /// The columns that follow the state; none if a row is cut.
    fn read(opened: &mut Opened<'_>) -> Result<Option<Columns>> {
        let (text, lengths, openings) = (opened.column()?, opened.column()?, opened.column()?);
        let (marks, business, rest) = (opened.column()?, opened.column()?, opened.column()?);
        let units = opened.column()?;
        opened.end()?;
        let read = || {
            let keys = Keys::from_lengths(text, lengths)?;
            let units = rows::read(units, |row| u32::from_le_bytes(*row))?;
            let (openings, meters, trails, seen) =
                Columns::clocks(openings, marks, business, rest)?;
            Some(Columns { keys, openings, meters, trails, units, seen })
        };
        Ok(read())
    }

    /// What there is of each clock; none if a row is cut or missing. A look at all is taken while
    /// they are at hand.
    fn clocks(
        openings: &[u8],
        marks: &[u8],
        business: &[u8],
        rest: &[u8],
    ) -> Option<(Vec<Opening>, Meters, Vec<Trail>, Seen)> {
        let (openings, cut) = openings.as_chunks::<OPENING>();
        let ((marks, cut_marks), (business, cut_business)) =
            (marks.as_chunks(), business.as_chunks());
        let (rest, cut_rest) = rest.as_chunks();
        let cuts = [cut, cut_marks, cut_business, cut_rest];
        let lengths = [marks.len(), business.len()];
        if cuts.iter().any(|cut| !cut.is_empty()) || lengths != [openings.len(); 2] {
            return None;
        }
        let mut all = itom_pages::with_capacity(openings.len());
        let mut trails = itom_pages::with_capacity(openings.len());
        let (mut meters, mut seen) = (Meters::default(), Seen::new());
        meters.reserve(openings.len());
        // Few clocks have been paused: pages of zeros are not written.
        meters.paused = Column::zeros(2, openings.len());
        let mut rest = rest.iter();
        let mut block = Vec::with_capacity(BLOCK);
        let rows = openings.chunks(BLOCK).zip(marks.chunks(BLOCK)).zip(business.chunks(BLOCK));
        for ((openings, marks), business) in rows {
            let first = all.len();
            all.extend(openings.iter().map(rows::read_opening));
            block.clear();
            for ((opening, &mark), sum) in all[first..].iter().zip(marks).zip(business) {
                let business = i64::from_le_bytes(*sum);
                block.push(Standing::read(opening, mark, business, &mut rest)?);
            }
            meters.business.extend(block.iter().map(|standing| standing.meter.business));
            meters.actual.extend(block.iter().map(|standing| standing.meter.actual));
            meters.tags.extend(block.iter().map(|standing| standing.meter.tag));
            trails.extend(block.iter().map(|standing| standing.trail));
            if block.iter().fold(0, |sums, standing| sums | standing.meter.paused) != 0 {
                let paused = &mut (*meters.paused)[first..];
                paused.iter_mut().zip(&block).for_each(|(sum, of)| *sum = of.meter.paused);
            }
            seen.look(first, &all[first..], &(*meters.tags)[first..], &trails[first..]);
        }
        rest.next().is_none().then_some((all, meters, trails, seen))
    }

    /// The columns of version 2.
    fn read_second(opened: &mut Opened<'_>, notes: &mut [Note]) -> Result<Option<Columns>> {
        let (text, lengths) = (opened.column()?, opened.column()?);
        let former = [opened.column()?, opened.column()?, opened.column()?];
        let units = opened.column()?;
        opened.end()?;
        let mut read = || {
            let keys = Keys::from_lengths(text, lengths)?;
            let units: Vec<u64> = rows::read(units, |row| u64::from_le_bytes(*row))?;
            Columns::former(keys, former, former::second_units(&units), notes, 2)
        };
        Ok(read())
    }

    /// Of a former version, from rows of openings, meters and trails.
    fn former(
        keys: Keys,
        rows: [&[u8]; 3],
        units: Vec<u32>,
        notes: &mut [Note],
        version: u16,
    ) -> Option<Columns> {
        let [openings, meters, trails] = rows;
        let openings = rows::read(openings, rows::read_opening)?;
        let meters = former::meters(meters)?;
        let trails = rows::read(trails, |row| former::trail(row, version))?;
        for note in notes {
            note.event = former::number(note.event.saturating_add(1), version) - 1;
        }
        let mut seen = Seen::new();
        seen.look(0, &openings, &meters.tags, &trails);
        Some(Columns { keys, openings, meters, trails, units, seen })
    }
}

impl FirstColumns {
    /// The columns of version 1.
    fn read(self, notes: &mut [Note]) -> Option<Columns> {
        let ends = rows::read(&self.key_ends.0, |row| u64::from_le_bytes(*row))?;
        let keys = Keys::from_ends(&self.key_text.0, &ends)?;
        let units: Vec<[u32; 4]> = rows::read(&self.history.0, former::first_units)?;
        let rows = [&self.openings.0[..], &self.meters.0, &self.trails.0];
        Columns::former(keys, rows, units.into_flattened(), notes, 1)
    }
}

fn save_shape(shape: &Shape) -> SavedShape {
    let Convention { rule, at_equality } = shape.convention;
    SavedShape { shares: shape.shares.clone(), breach: rule, at_equality }
}

fn save_marks((&clock, marks): (&u32, &Vec<Mark>)) -> (u32, Vec<(u32, u8, i64, i64)>) {
    let save = |mark: &Mark| (mark.cycle, mark.step, mark.at, mark.announced);
    (clock, marks.iter().map(save).collect())
}

fn read_marks((clock, marks): (u32, Vec<(u32, u8, i64, i64)>)) -> (u32, Vec<Mark>) {
    let read = |(cycle, step, at, announced)| Mark { cycle, step, at, announced };
    (clock, marks.into_iter().map(read).collect())
}
