//! What events refer to, kept once: calendars by content, zones and reasons by name.
//!
//! A [`Tables`] belongs to a clock or a ledger; a [`Book`] is a view of it for one question, which
//! may put calendars of its own over those of the tables (what-if) and compile what is missing.

use std::collections::BTreeMap;

use crate::sla::{Calendar, ZoneDatabase};
use crate::{Error, ErrorKind, Result, snapshot};

/// Calendars one clock or ledger refers to at most.
const MOST_CALENDARS: usize = 1 << 16;

#[derive(Clone, Debug, Default)]
pub(in crate::sla) struct Tables {
    calendars: Vec<Calendar>,
    by_content: BTreeMap<u64, Vec<u32>>,
    zones: Names,
    reasons: Names,
    /// The same calendar in another zone.
    zoned: BTreeMap<(u32, u32), u32>,
}

/// Texts and their numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::sla) struct Names {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Names {
    pub(in crate::sla) fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(in crate::sla) fn all(&self) -> &[String] {
        &self.names
    }
}

impl Tables {
    /// The number of a calendar; equal ones are kept once.
    pub(in crate::sla) fn calendar(&mut self, calendar: &Calendar) -> Result<u32> {
        if let Some(number) = self.calendars.iter().rposition(|other| other.same(calendar)) {
            return Ok(number as u32);
        }
        let content = content(calendar);
        let alike = self.by_content.entry(content).or_default();
        let equal = |number: &&u32| self.calendars[**number as usize] == *calendar;
        if let Some(&number) = alike.iter().find(equal) {
            return Ok(number);
        }
        if self.calendars.len() == MOST_CALENDARS {
            return Err(too_many_calendars());
        }
        let number = self.calendars.len() as u32;
        alike.push(number);
        self.calendars.push(calendar.clone());
        Ok(number)
    }

    /// Puts another calendar in the place of one.
    pub(in crate::sla) fn replace_calendar(&mut self, number: u32, calendar: &Calendar) {
        let place = &mut self.calendars[number as usize];
        if let Some(alike) = self.by_content.get_mut(&content(place)) {
            alike.retain(|&other| other != number);
        }
        *place = calendar.clone();
        self.by_content.entry(content(calendar)).or_default().push(number);
        self.zoned.retain(|&(from, _), _| from != number);
    }

    /// The number of a zone, which has to exist.
    pub(in crate::sla) fn zone(&mut self, tz: &str) -> Result<u32> {
        self.check_zone(tz)?;
        Ok(self.zones.number(tz))
    }

    /// Refuses a zone that does not exist.
    pub(in crate::sla) fn check_zone(&self, tz: &str) -> Result<()> {
        if !self.zones.numbers.contains_key(tz) {
            match self.calendars.first() {
                Some(calendar) => calendar.zones().zone(tz)?,
                None => ZoneDatabase::bundled().zone(tz)?,
            };
        }
        Ok(())
    }

    pub(in crate::sla) fn reason(&mut self, reason: &str) -> u32 {
        self.reasons.number(reason)
    }

    pub(in crate::sla) fn reasons(&self) -> &[String] {
        self.reasons.all()
    }

    pub(in crate::sla) fn zones(&self) -> &[String] {
        self.zones.all()
    }

    pub(in crate::sla) fn calendars(&self) -> &[Calendar] {
        &self.calendars
    }

    /// The number of calendar `number` in zone `zone`.
    pub(in crate::sla) fn in_zone(&mut self, number: u32, zone: u32) -> Result<u32> {
        if let Some(&zoned) = self.zoned.get(&(number, zone)) {
            return Ok(zoned);
        }
        let tz = &self.zones.names[zone as usize];
        let calendar = self.calendars[number as usize].in_zone(tz)?;
        let zoned = self.calendar(&calendar)?;
        self.zoned.insert((number, zone), zoned);
        Ok(zoned)
    }

    /// Keeps what a question had to compile, for the next one.
    pub(in crate::sla) fn learn(&mut self, compiled: Compiled) -> Result<()> {
        for (number, zone) in compiled.0 {
            // Those over other numbers than the tables' own belong to the question.
            if (number as usize) < self.calendars.len() {
                self.in_zone(number, zone)?;
            }
        }
        Ok(())
    }

    /// Refuses when there is no room for `more` calendars.
    pub(in crate::sla) fn room_for(&self, more: usize) -> Result<()> {
        if more > 0 && self.calendars.len().saturating_add(more) > MOST_CALENDARS {
            return Err(too_many_calendars());
        }
        Ok(())
    }

    pub(in crate::sla) fn book(&self) -> Book<'_> {
        Book { tables: self, calendars: &self.calendars, more: Vec::new(), zoned: Vec::new() }
    }

    /// A view in which other calendars, as many, stand in the places of the tables' own.
    pub(in crate::sla) fn book_with<'a>(&'a self, calendars: &'a [Calendar]) -> Book<'a> {
        Book { tables: self, calendars, more: Vec::new(), zoned: Vec::new() }
    }
}

/// The pairs of calendar and zone that a question had to compile.
pub(in crate::sla) struct Compiled(Vec<(u32, u32)>);

/// A view of [`Tables`] for one question.
#[derive(Debug)]
pub(in crate::sla) struct Book<'a> {
    tables: &'a Tables,
    calendars: &'a [Calendar],
    more: Vec<Calendar>,
    zoned: Vec<((u32, u32), u32)>,
}

impl Book<'_> {
    pub(in crate::sla) fn calendar(&self, number: u32) -> &Calendar {
        let number = number as usize;
        self.calendars.get(number).unwrap_or_else(|| &self.more[number - self.calendars.len()])
    }

    /// The number of a calendar in another zone, compiled if nobody asked before. Where that
    /// cannot be compiled, which `Tables::zone` has made sure it can, it is the calendar itself.
    pub(in crate::sla) fn zoned(&mut self, number: u32, zone: u32) -> u32 {
        if std::ptr::eq(self.calendars, self.tables.calendars.as_slice())
            && let Some(&zoned) = self.tables.zoned.get(&(number, zone))
        {
            return zoned;
        }
        if let Some((_, zoned)) = self.zoned.iter().find(|(from, _)| *from == (number, zone)) {
            return *zoned;
        }
        let base = self.calendar(number);
        let tz = &self.tables.zones.names[zone as usize];
        let calendar = base.in_zone(tz).unwrap_or_else(|_| base.clone());
        let mut all = self.calendars.iter().chain(&self.more).zip(0u32..);
        let same = all.find(|(other, _)| **other == calendar).map(|(_, number)| number);
        let zoned = same.unwrap_or_else(|| {
            self.more.push(calendar);
            (self.calendars.len() + self.more.len() - 1) as u32
        });
        self.zoned.push(((number, zone), zoned));
        zoned
    }

    pub(in crate::sla) fn has_compiled(&self) -> bool {
        !self.zoned.is_empty()
    }

    /// What had to be compiled.
    pub(in crate::sla) fn compiled(self) -> Compiled {
        Compiled(self.zoned.into_iter().map(|(pair, _)| pair).collect())
    }
}

fn too_many_calendars() -> Error {
    let message = format!("at most {MOST_CALENDARS} different calendars");
    Error::new(ErrorKind::LimitExceeded, message).about("calendar")
}

/// A hash of what a calendar says, and by which rules of the zones.
fn content(calendar: &Calendar) -> u64 {
    let mut bytes = calendar.tz_version().as_bytes().to_vec();
    ciborium::into_writer(calendar.definition(), &mut bytes).expect("definitions can be written");
    snapshot::stable_hash(&bytes)
}
