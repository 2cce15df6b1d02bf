//! Everything that happened to the clocks of a ledger, as it arrived: 16 bytes an event.
//!
//! A record is the instant (8 bytes), the number of the clock's previous event (4, counted from
//! one) and what happened with its argument (4 and 28 bits). The events of a clock are a chain
//! backwards from its last; a late one is simply the next in the chain and sorted when it is
//! read. The block is the same in memory and in a snapshot: opening one does not decode it.
//! Names and times of recording, which few events have, stand apart.

use crate::sla::clock::fold::Act;
use crate::sla::{ReopenMode, Scope};

pub(super) const RECORD: usize = 16;
/// Arguments are smaller.
pub(super) const ARGUMENTS: u32 = 1 << 28;

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    bytes: Vec<u8>,
    /// Of the events that have one, ascending.
    pub(super) notes: Vec<Note>,
}

/// What few events have.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Note {
    pub(super) event: u32,
    pub(super) recorded_at: Option<i64>,
    pub(super) id: Option<String>,
}

/// One event: when, what, and which came before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) at: i64,
    /// The number of the event before, from one; 0 if it is the first.
    pub(super) before: u32,
    pub(super) what: What,
}

/// An action and its argument in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct What(u32);

impl What {
    pub(super) const RETRACT: u8 = 15;

    /// None for an action that does not exist.
    pub(super) fn new(action: u8, argument: u32) -> Option<What> {
        let sound = (1..=What::RETRACT).contains(&action) && argument < ARGUMENTS;
        sound.then_some(What(u32::from(action) << 28 | argument))
    }

    pub(super) fn action(self) -> u8 {
        (self.0 >> 28) as u8
    }

    pub(super) fn argument(self) -> u32 {
        self.0 & (ARGUMENTS - 1)
    }

    /// What it does; `lengths` are the targets that arguments refer to. None for a retraction.
    pub(super) fn act(self, lengths: &[i64]) -> Option<Act> {
        let argument = self.argument();
        let length = || lengths.get(argument as usize).copied().unwrap_or(i64::MAX);
        Some(match self.action() {
            1 => Act::Pause(argument),
            2 => Act::Resume(argument),
            3 => Act::ResumeAll,
            4 => Act::Stop,
            5 => Act::Reopen(ReopenMode::Resume),
            6 => Act::Reopen(ReopenMode::NewCycle),
            7 => Act::Reopen(ReopenMode::VoidStop),
            8 => Act::Cancel,
            9 => Act::Target(length(), Scope::Whole),
            10 => Act::Target(length(), Scope::FromNow),
            11 => Act::Calendar(argument, Scope::FromNow),
            12 => Act::Calendar(argument, Scope::Whole),
            13 => Act::Zone(argument, Scope::FromNow),
            14 => Act::Zone(argument, Scope::Whole),
            _ => return None,
        })
    }
}

impl History {
    /// From a block; none if it is cut, an action does not exist, or a chain runs forwards.
    /// `bounds` says how many arguments each action knows.
    pub(super) fn from_parts(
        bytes: Vec<u8>,
        notes: Vec<Note>,
        bounds: impl Fn(u8) -> u32,
    ) -> Option<History> {
        let history = History { bytes, notes };
        let most: Vec<u32> = (0..=What::RETRACT).map(bounds).collect();
        let sound = |index: u32| {
            let record = history.get(index);
            record.before <= index
                && record.what.action() != 0
                && record.what.argument() < most[usize::from(record.what.action())]
        };
        let whole = history.bytes.len().is_multiple_of(RECORD)
            && history.bytes.len() / RECORD < u32::MAX as usize;
        let noted = history.notes.is_sorted_by(|a, b| a.event < b.event)
            && history.notes.last().is_none_or(|last| (last.event as usize) < history.len());
        (whole && noted && (0..history.len() as u32).all(sound)).then_some(history)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() / RECORD
    }

    pub(super) fn reserve(&mut self, events: usize) {
        self.bytes.reserve(events * RECORD);
    }

    pub(super) fn get(&self, index: u32) -> Record {
        let from = index as usize * RECORD;
        let record: &[u8; RECORD] =
            self.bytes[from..from + RECORD].try_into().expect("a record has its length");
        let (at, rest) = record.split_first_chunk::<8>().expect("16 bytes");
        let (before, what) = rest.split_first_chunk::<4>().expect("8 bytes");
        Record {
            at: i64::from_le_bytes(*at),
            before: u32::from_le_bytes(*before),
            what: What(u32::from_le_bytes(what.try_into().expect("4 bytes"))),
        }
    }

    /// Adds an event; the number of it, from one, is what the next refers to.
    pub(super) fn push(&mut self, record: Record) -> u32 {
        let mut bytes = [0; RECORD];
        bytes[..8].copy_from_slice(&record.at.to_le_bytes());
        bytes[8..12].copy_from_slice(&record.before.to_le_bytes());
        bytes[12..].copy_from_slice(&record.what.0.to_le_bytes());
        self.bytes.extend_from_slice(&bytes);
        self.len() as u32
    }

    pub(super) fn note(&self, event: u32) -> Option<&Note> {
        let place = self.notes.binary_search_by_key(&event, |note| note.event).ok()?;
        self.notes.get(place)
    }

    /// The events of a chain, newest arrival first, with their indices.
    pub(super) fn chain(&self, last: u32) -> impl Iterator<Item = (u32, Record)> {
        let mut next = last;
        std::iter::from_fn(move || {
            let index = next.checked_sub(1)?;
            let record = self.get(index);
            next = record.before;
            Some((index, record))
        })
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity() + self.notes.capacity() * size_of::<Note>()
    }
}
