//! A ledger as bytes: its columns as they are, its history undecoded.
//!
//! What can be found again is not saved: queues, breach instants, the table of keys. They are made
//! when they are first needed. Everything that an index or a chain could run astray by is checked
//! when the bytes are opened.

use serde::{Deserialize, Serialize};

use super::columns::{Meter, Trail, flag};
use super::history::{History, Note, What};
use super::keys::Keys;
use super::ledger::{Early, Ledger, Opening, UNKNOWN};
use super::marks::{Mark, Scratch};
use super::promise::Shape;
use crate::sla::clock::reckon::Convention;
use crate::sla::{AtEquality, BreachRule, Calendar, CalendarDefinition, ZoneDatabase};
use crate::snapshot::{self, Blob, Header};
use crate::{Error, Result};

const ENGINE: &str = "sla.ledger";
const VERSION: u16 = 1;
const OPENING: usize = 14;
const METER: usize = size_of::<Meter>();
const TRAIL: usize = size_of::<Trail>();

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
    key_text: Blob,
    key_ends: Blob,
    openings: Blob,
    early: Vec<(u32, Early)>,
    meters: Blob,
    trails: Blob,
    history: Blob,
    notes: Vec<Note>,
    watermark: Option<i64>,
    announced: Vec<(u32, Vec<SavedMark>)>,
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
            key_text: Blob(self.keys.parts().0.to_vec()),
            key_ends: rows(self.keys.parts().1, |end| end.to_le_bytes()),
            openings: rows(&self.openings, save_opening),
            early: self.early.iter().map(|(&clock, early)| (clock, early.clone())).collect(),
            meters: rows(&self.meters, save_meter),
            trails: rows(&self.trails, save_trail),
            history: Blob(self.history.bytes().to_vec()),
            notes: self.history.notes.clone(),
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
        snapshot::seal(&header, &state)
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
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
        let damaged = |why: &str| Error::corrupt("snapshot of sla.ledger", why);
        let mut ledger = Ledger::new();
        ledger.read_tables(&state, zones)?;
        let ends = read_rows(&state.key_ends, |row| u64::from_le_bytes(*row));
        ledger.keys = ends
            .and_then(|ends| Keys::from_parts(state.key_text.0, ends))
            .ok_or_else(|| damaged("its keys are no list of texts"))?;
        let clocks = ledger.keys.len();
        let columns = || {
            Some((
                read_rows(&state.openings, read_opening)?,
                read_rows(&state.meters, read_meter)?,
                read_rows(&state.trails, read_trail)?,
            ))
        };
        let (openings, meters, trails) = columns().ok_or_else(|| damaged("a column is cut"))?;
        if [openings.len(), meters.len(), trails.len()] != [clocks; 3] {
            return Err(damaged("its columns are of different length"));
        }
        (ledger.openings, ledger.meters, ledger.trails) = (openings, meters, trails);
        let bound = |action: u8| if action == What::RETRACT { 1 } else { ledger.bound(action) };
        ledger.history = History::from_parts(state.history.0, state.notes, bound)
            .ok_or_else(|| damaged("its history is no list of events"))?;
        ledger.early = state.early.into_iter().collect();
        ledger.watermark = state.watermark;
        ledger.announced = state.announced.into_iter().map(read_marks).collect();
        ledger.check().map_err(damaged)?;
        ledger.find_again();
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

    /// Whether every number refers to something.
    fn check(&self) -> Result<(), &'static str> {
        let (promises, calendars) = (self.promises.len(), self.calendars().len());
        let opening =
            |o: &Opening| (o.promise as usize) < promises && usize::from(o.calendar) < calendars;
        let meter =
            |m: &Meter| (m.promise as usize) < promises && usize::from(m.calendar) < calendars;
        let trail = |t: &Trail| t.last as usize <= self.history.len();
        let early = |(&clock, early): (&u32, &Early)| {
            (clock as usize) < self.len() && early.pauses.iter().all(|pause| pause.0 <= pause.1)
        };
        let sound = self.openings.iter().all(opening)
            && self.meters.iter().all(meter)
            && self.trails.iter().all(trail)
            && self.early.iter().all(early)
            && self.announced.keys().all(|&clock| (clock as usize) < self.len());
        if sound { Ok(()) } else { Err("a number refers to nothing") }
    }

    /// Makes what is not saved.
    fn find_again(&mut self) {
        let clocks = self.len() as u32;
        self.breaches = vec![UNKNOWN; self.len()];
        self.stale = (0..clocks).collect();
        let meters = || self.meters.iter().zip(0..);
        self.touched =
            meters().filter(|(m, _)| m.has(flag::TOUCHED)).map(|(_, clock)| clock).collect();
        self.latest = self.trails.iter().map(|trail| trail.since).max().unwrap_or(i64::MIN);
        self.make_queues();
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

/// Values as rows of equal length, one after the other.
fn rows<T, const N: usize>(values: &[T], row: impl Fn(&T) -> [u8; N]) -> Blob {
    let mut bytes = Vec::with_capacity(values.len() * N);
    values.iter().for_each(|value| bytes.extend_from_slice(&row(value)));
    Blob(bytes)
}

/// Values from rows; none if the last is cut.
fn read_rows<T, const N: usize>(blob: &Blob, value: impl Fn(&[u8; N]) -> T) -> Option<Vec<T>> {
    let (rows, rest) = blob.0.as_chunks::<N>();
    rest.is_empty().then(|| rows.iter().map(value).collect())
}

/// Joins the bytes of fields into a row.
fn join<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    let mut row = [0; N];
    let mut at = 0;
    for field in fields {
        row[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    row
}

fn bytes<const N: usize>(row: &[u8], at: usize) -> [u8; N] {
    row[at..at + N].try_into().expect("a row is as long as its fields")
}

fn save_opening(opening: &Opening) -> [u8; OPENING] {
    let Opening { start, promise, calendar } = opening;
    join(&[&start.to_le_bytes(), &promise.to_le_bytes(), &calendar.to_le_bytes()])
}

fn read_opening(row: &[u8; OPENING]) -> Opening {
    Opening {
        start: i64::from_le_bytes(bytes(row, 0)),
        promise: u32::from_le_bytes(bytes(row, 8)),
        calendar: u16::from_le_bytes(bytes(row, 12)),
    }
}

fn save_meter(meter: &Meter) -> [u8; METER] {
    let flags = meter.flags & !(flag::STALE | flag::DIRTY);
    join(&[
        &meter.business.to_le_bytes(),
        &meter.actual.to_le_bytes(),
        &meter.paused.to_le_bytes(),
        &meter.promise.to_le_bytes(),
        &meter.calendar.to_le_bytes(),
        &[flags, meter.step],
    ])
}

fn read_meter(row: &[u8; METER]) -> Meter {
    let [flags, step] = bytes(row, 30);
    Meter {
        business: i64::from_le_bytes(bytes(row, 0)),
        actual: i64::from_le_bytes(bytes(row, 8)),
        paused: i64::from_le_bytes(bytes(row, 16)),
        promise: u32::from_le_bytes(bytes(row, 24)),
        calendar: u16::from_le_bytes(bytes(row, 28)),
        flags: flags & !flag::DIRTY | flag::STALE,
        step,
    }
}

fn save_trail(trail: &Trail) -> [u8; TRAIL] {
    let Trail { since, last, reasons } = trail;
    join(&[&since.to_le_bytes(), &last.to_le_bytes(), &reasons.to_le_bytes()])
}

fn read_trail(row: &[u8; TRAIL]) -> Trail {
    Trail {
        since: i64::from_le_bytes(bytes(row, 0)),
        last: u32::from_le_bytes(bytes(row, 8)),
        reasons: u32::from_le_bytes(bytes(row, 12)),
    }
}
