//! A ledger as bytes: what is kept once as CBOR, then its columns as they are.
//!
//! The state is of version 2: a CBOR map ([`State`] without its columns), followed by six columns
//! of rows of equal length, little-endian: the keys' text and the length of each (2 bytes), how
//! each clock was opened (14: start, promise, calendar), its meter (32: business, actual, paused,
//! promise, calendar, flags, step), its trail (16: since, last event, reasons), and the history (8:
//! see [`History`]). Version 1, which can be read, had the columns as byte strings in the map, the
//! ends of the keys (8) and a history of 16 bytes an event.
//!
//! What can be found again is not saved: queues, breach instants, the table of keys. They are made
//! when they are first needed. Everything that an index or a chain could run astray by is checked
//! when the bytes are opened.

use serde::{Deserialize, Serialize};

use super::history::{History, Note, What};
use super::keys::Keys;
use super::ledger::{Early, Ledger, Opening};
use super::marks::{Mark, Scratch};
use super::meters::{Meters, Trail, flag};
use super::promise::Shape;
use super::rows::{self, METER, OPENING, TRAIL};
use crate::sla::clock::reckon::Convention;
use crate::sla::{AtEquality, BreachRule, Calendar, CalendarDefinition, ZoneDatabase};
use crate::snapshot::{self, Blob, Header, Opened, Sealer};
use crate::{Error, Result};

const ENGINE: &str = "sla.ledger";
const VERSION: u16 = 2;

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
    units: Vec<u64>,
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
        let row = OPENING + METER + TRAIL + 2;
        let room = text.len() + self.len() * row + self.history.units().len() * 8;
        let mut sealer = Sealer::new(&header, &state, room);
        sealer.column(|bytes| bytes.extend_from_slice(text));
        let lengths: Vec<u16> = self.keys.lengths().collect();
        let meters = (0..self.len()).map(|index| rows::save_meter(self.meters.get(index)));
        sealer.column(|bytes| rows::write(bytes, lengths.iter().map(|l| l.to_le_bytes())));
        sealer.column(|bytes| rows::write(bytes, self.openings.iter().map(rows::save_opening)));
        sealer.column(|bytes| rows::write(bytes, meters));
        sealer.column(|bytes| rows::write(bytes, self.trails.iter().map(rows::save_trail)));
        sealer.column(|bytes| {
            rows::write(bytes, self.history.units().iter().map(|unit| unit.to_le_bytes()))
        });
        sealer.finish()
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
        let last = columns.trails.iter().map(|trail| trail.last);
        let newest_at = state.newest_at;
        let history = History::from_parts(columns.units, newest_at, state.notes, bound, last);
        ledger.history = history.ok_or_else(|| damaged("its history is no list of events"))?;
        (ledger.keys, ledger.openings) = (columns.keys, columns.openings);
        (ledger.meters, ledger.trails) = (columns.meters, columns.trails);
        ledger.early = state.early.into_iter().collect();
        ledger.watermark = state.watermark;
        ledger.announced = state.announced.into_iter().map(read_marks).collect();
        ledger.find_again().map_err(damaged)?;
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
    fn find_again(&mut self) -> Result<(), &'static str> {
        let (promises, calendars) = (self.promises.len(), self.calendars().len());
        let mut sound = true;
        for opening in &self.openings {
            sound &= (opening.promise as usize) < promises;
            sound &= usize::from(opening.calendar) < calendars;
            self.earliest = self.earliest.min(opening.start);
        }
        for (tag, clock) in self.meters.tags.iter().zip(0..) {
            sound &= (tag.promise as usize) < promises;
            sound &= usize::from(tag.calendar) < calendars;
            if tag.has(flag::TOUCHED) {
                self.touched.push(clock);
            }
        }
        for (&clock, early) in &self.early {
            sound &= (clock as usize) < self.len();
            sound &= early.pauses.iter().all(|pause| pause.0 <= pause.1);
            self.earliest = self.earliest.min(early.origin);
        }
        sound &= self.announced.keys().all(|&clock| (clock as usize) < self.len());
        self.latest = self.trails.iter().map(|trail| trail.since).max().unwrap_or(i64::MIN);
        self.all_stale = true;
        self.make_queues();
        if sound { Ok(()) } else { Err("a number refers to nothing") }
    }
}

impl Columns {
    /// The columns that follow the state; none if a row is cut.
    fn read(opened: &mut Opened<'_>) -> Result<Option<Columns>> {
        let (text, lengths) = (opened.column()?, opened.column()?);
        let columns = [opened.column()?, opened.column()?, opened.column()?, opened.column()?];
        opened.end()?;
        let read = || {
            let lengths = rows::read(lengths, |row| u16::from_le_bytes(*row))?;
            let keys = Keys::from_lengths(text.to_vec(), &lengths)?;
            let [openings, meters, trails, units] = columns;
            let units = rows::read(units, |row| u64::from_le_bytes(*row))?;
            Columns::of(keys, openings, meters, trails, units)
        };
        Ok(read())
    }

    fn of(
        keys: Keys,
        openings: &[u8],
        meters: &[u8],
        trails: &[u8],
        units: Vec<u64>,
    ) -> Option<Columns> {
        let openings = rows::read(openings, rows::read_opening)?;
        let meters = rows::read_meters(meters)?;
        let trails = rows::read(trails, rows::read_trail)?;
        Some(Columns { keys, openings, meters, trails, units })
    }
}

impl FirstColumns {
    /// The columns of version 1, of which the history had 16 bytes an event.
    fn read(self, notes: &mut [Note]) -> Option<Columns> {
        let ends = rows::read(&self.key_ends.0, |row| u64::from_le_bytes(*row))?;
        let keys = Keys::from_ends(self.key_text.0, &ends)?;
        let units: Vec<[u64; 2]> = rows::read(&self.history.0, History::units_of_v1)?;
        let units = units.into_iter().flatten().collect();
        let (openings, meters, trails) = (self.openings.0, self.meters.0, self.trails.0);
        let mut columns = Columns::of(keys, &openings, &meters, &trails, units)?;
        for trail in &mut columns.trails {
            trail.last = History::number_of_v1(trail.last);
        }
        for note in notes {
            note.event = note.event.saturating_mul(2);
        }
        Some(columns)
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
