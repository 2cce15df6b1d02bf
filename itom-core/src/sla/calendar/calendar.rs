//! When does the clock count? A calendar as a value: made, put together, compared, written.
//!
//! A [`Calendar`] is compiled once from a [`CalendarDefinition`]: into segments that cover every
//! instant, and into a table of all windows from 2000 to 2050 on top, for speed only: both give the
//! same answers. After that [`Calendar::elapsed`] and [`Calendar::deadline`] are two look-ups each,
//! for an hour as for a century. Wall-clock rules resolve as RFC 5545 §3.3.5 says; after the last
//! change a zone has on record its rule goes on to the end of the range, the year 2262.
//!
//! Calendars put together as [`Calendar::union`], [`Calendar::intersection`] and
//! [`Calendar::difference`] are calendars like any other: they compile to the same tables.
//!
//! A calendar that never opens, such as one without a `weekly`, is a calendar: whether one opens again
//! is the business of its dates. No time elapses on it, the deadline of more than no time is none, so
//! are openings and closings, and a clock on it is never breached.
//!
//! Compiling nine to five in a zone with daylight saving takes about a millisecond and 280 KiB.
//! Leap seconds are not counted (POSIX).

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::combine::{Operation, combine};
use super::compile::compile;
use super::days::{BusinessDays, DaySet};
use super::definition::CalendarDefinition;
use super::open_time::OpenTime;
use super::rules::Rules;
use super::timeline::Timeline;
use crate::sla::zone::ZoneDatabase;
use crate::{Error, ErrorKind, Result};

/// A definition may hold this many others, so deep.
const MOST_OPERANDS: usize = 1000;
const DEEPEST: usize = 32;

/// A compiled calendar. Cloning is cheap: clones share the compiled table.
///
/// ```
/// use itom_core::{Duration, Timestamp, sla::Calendar};
///
/// let calendar = Calendar::from_json(
///     r#"{"tz": "Europe/Berlin",
///         "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]],
///                    "wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]],
///                    "fri": [["09:00", "17:00"]]},
///         "holidays": ["2026-12-25"]}"#,
/// )?;
/// let friday: Timestamp = "2026-06-19T16:00:00+02:00".parse()?;
/// let due = calendar.deadline(friday, Duration::from_secs(4 * 3600))?;
/// assert_eq!(due, Some("2026-06-22T12:00:00+02:00".parse()?));
/// assert_eq!(calendar.elapsed(friday, due.unwrap()), Duration::from_secs(4 * 3600));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "CalendarDefinition", into = "CalendarDefinition")]
pub struct Calendar {
    compiled: Arc<Compiled>,
}

struct Compiled {
    definition: CalendarDefinition,
    zones: ZoneDatabase,
    open: OpenTime,
    /// Made when it is first asked for.
    days: OnceLock<DaySet>,
}

impl Calendar {
    /// Compiles a definition: some hundred microseconds, or as long as its special dates are many.
    ///
    /// # Errors
    /// Names the first value that is not valid: an unknown zone or weekday, a malformed time, a
    /// reversed or overlapping window, an impossible date.
    pub fn new(definition: CalendarDefinition) -> Result<Calendar> {
        Calendar::with_zones(definition, &ZoneDatabase::bundled())
    }

    /// Compiles a definition with zone rules of your own.
    ///
    /// # Errors
    /// As [`Calendar::new`].
    pub fn with_zones(definition: CalendarDefinition, zones: &ZoneDatabase) -> Result<Calendar> {
        check_size(&definition, &mut 0, 0)?;
        let timeline = compile_definition(&definition, zones)?;
        Ok(Calendar::compiled(definition, zones, timeline))
    }

    fn compiled(
        definition: CalendarDefinition,
        zones: &ZoneDatabase,
        timeline: Timeline,
    ) -> Calendar {
        let open = OpenTime::new(timeline, definition.conventions.deadline);
        let (zones, days) = (zones.clone(), OnceLock::new());
        Calendar { compiled: Arc::new(Compiled { definition, zones, open, days }) }
    }

    /// Reads a definition from JSON and compiles it.
    ///
    /// # Errors
    /// As [`Calendar::new`], and for text that is no such document.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let error = Calendar::from_json(r#"{"tz": "Mars/Olympus_Mons"}"#).unwrap_err();
    /// assert_eq!(error.argument(), Some("tz"));
    /// ```
    pub fn from_json(json: &str) -> Result<Calendar> {
        Calendar::new(crate::read_json(json, "definition")?)
    }

    /// The definition it was compiled from.
    pub fn definition(&self) -> &CalendarDefinition {
        &self.compiled.definition
    }

    /// The release of the IANA time zone database it was compiled with, such as `2026f`.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// assert!(Calendar::from_json(r#"{"tz": "UTC"}"#)?.tz_version().starts_with("20"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn tz_version(&self) -> &str {
        self.compiled.zones.version()
    }

    /// The zone rules it was compiled with.
    pub fn zones(&self) -> &ZoneDatabase {
        &self.compiled.zones
    }

    /// The same calendar under other zone rules: a newer release, or the host's own.
    ///
    /// # Errors
    /// When its zone is not among them.
    pub fn recompiled(&self, zones: &ZoneDatabase) -> Result<Calendar> {
        Calendar::with_zones(self.definition().clone(), zones)
    }

    /// Open when any of `calendars` is: a desk that follows the sun.
    ///
    /// # Errors
    /// When there are none, more than a thousand in all, or of different time zone releases.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let desk = |tz: &str| {
    ///     Calendar::from_json(&format!(r#"{{"tz": "{tz}", "weekly": {{"mon": [["08:00", "16:00"]]}}}}"#))
    /// };
    /// let (tokyo, london, denver) =
    ///     (desk("Asia/Tokyo")?, desk("Europe/London")?, desk("America/Denver")?);
    /// let sun = Calendar::union(&[tokyo, london.clone(), denver.clone()])?;
    /// let (from, to) = ("2026-06-14T00:00:00Z".parse()?, "2026-06-17T00:00:00Z".parse()?);
    /// assert_eq!(sun.elapsed(from, to), "23h".parse()?);
    /// let both = Calendar::intersection(&[london, denver])?;
    /// assert_eq!(both.elapsed(from, to), "1h".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn union(calendars: &[Calendar]) -> Result<Calendar> {
        Calendar::put_together(Operation::Union, calendars, CalendarDefinition::union_of)
    }

    /// Open when all of `calendars` are: the customer's hours and the supplier's.
    ///
    /// # Errors
    /// As [`Calendar::union`].
    pub fn intersection(calendars: &[Calendar]) -> Result<Calendar> {
        let define = CalendarDefinition::intersection_of;
        Calendar::put_together(Operation::Intersection, calendars, define)
    }

    /// Open when the first of `calendars` is and none of the others: what remains to be staffed.
    ///
    /// # Errors
    /// As [`Calendar::union`].
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let always = Calendar::from_json(r#"{"tz": "UTC", "always": true}"#)?;
    /// let day = Calendar::from_json(r#"{"tz": "Europe/Paris", "weekly": {"mon": [["08:00", "18:00"]]}}"#)?;
    /// let night = Calendar::difference(&[always, day])?;
    /// let (from, to) = ("2026-06-15T00:00:00Z".parse()?, "2026-06-16T00:00:00Z".parse()?);
    /// assert_eq!(night.elapsed(from, to), "14h".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn difference(calendars: &[Calendar]) -> Result<Calendar> {
        let define = CalendarDefinition::difference_of;
        Calendar::put_together(Operation::Difference, calendars, define)
    }

    fn put_together(
        operation: Operation,
        calendars: &[Calendar],
        define: fn(Vec<CalendarDefinition>) -> CalendarDefinition,
    ) -> Result<Calendar> {
        let expected = "at least one calendar";
        let first =
            calendars.first().ok_or_else(|| Error::invalid("calendars", "none", expected))?;
        let zones = first.zones();
        if let Some(other) = calendars.iter().find(|calendar| calendar.zones() != zones) {
            let message = format!(
                "calendars are of time zone releases {} and {}: recompile one of them",
                zones.version(),
                other.tz_version()
            );
            return Err(Error::new(ErrorKind::Conflict, message).about("calendars"));
        }
        let definitions = calendars.iter().map(|calendar| calendar.definition().clone());
        let definition = define(definitions.collect());
        check_size(&definition, &mut 0, 0)?;
        let timelines: Vec<&Timeline> =
            calendars.iter().map(|calendar| calendar.open_time().timeline()).collect();
        let timeline = combine(operation, &timelines)?;
        Ok(Calendar::compiled(definition, zones, timeline))
    }

    /// The same calendar in another zone; one that is put together from others, with all of them
    /// there.
    ///
    /// # Errors
    /// For a zone that is not in the database it was compiled with.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let paris = Calendar::from_json(r#"{"tz": "Europe/Paris", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// assert!(paris.in_zone("Asia/Tokyo")?.is_open("2026-06-15T00:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn in_zone(&self, tz: &str) -> Result<Calendar> {
        Calendar::with_zones(self.definition().clone().in_zone(tz), self.zones())
    }

    /// Bytes of memory the compiled tables hold.
    pub fn size(&self) -> usize {
        self.compiled.open.size()
    }

    /// The compiled tables.
    #[inline]
    pub(super) fn open_time(&self) -> &OpenTime {
        &self.compiled.open
    }

    /// The local dates on which it opens.
    pub(in crate::sla) fn business_days(&self) -> Result<BusinessDays<'_>> {
        let make = || DaySet::of(self).map(|days| self.compiled.days.get_or_init(|| days));
        let days = self.compiled.days.get().map_or_else(make, Ok)?;
        Ok(BusinessDays::new(self, days))
    }

    /// Whether two share one compiled table: quicker than to compare them.
    pub(in crate::sla) fn same(&self, other: &Calendar) -> bool {
        Arc::ptr_eq(&self.compiled, &other.compiled)
    }
}

/// Compiles a definition and those inside it.
fn compile_definition(definition: &CalendarDefinition, zones: &ZoneDatabase) -> Result<Timeline> {
    let Some(operation) = definition.operation()? else {
        let rules = Rules::read(definition)?;
        return compile(rules, &zones.zone(&definition.tz)?);
    };
    let each = |(index, operand): (usize, &CalendarDefinition)| {
        let within = |error: Error| error.within(format!("{}[{index}]", operation.name()));
        compile_definition(operand, zones).map_err(within)
    };
    let compiled: Result<Vec<Timeline>> =
        definition.operands().iter().enumerate().map(each).collect();
    let compiled = compiled?;
    combine(operation, &compiled.iter().collect::<Vec<_>>())
}

/// Refuses a definition that holds too many others or holds them too deep.
fn check_size(definition: &CalendarDefinition, count: &mut usize, depth: usize) -> Result<()> {
    for operand in definition.operands() {
        *count += 1;
        if *count > MOST_OPERANDS || depth == DEEPEST {
            let message = format!(
                "a calendar is put together from {MOST_OPERANDS} others at most, {DEEPEST} deep"
            );
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("definition"));
        }
        check_size(operand, count, depth + 1)?;
    }
    Ok(())
}

/// Two calendars are equal when they say the same in the same release of the zone database.
impl PartialEq for Calendar {
    fn eq(&self, other: &Calendar) -> bool {
        self.same(other)
            || (self.compiled.definition == other.compiled.definition
                && self.compiled.zones == other.compiled.zones)
    }
}

impl Eq for Calendar {}

impl std::fmt::Debug for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Calendar").field(&self.compiled.definition).finish()
    }
}

impl TryFrom<CalendarDefinition> for Calendar {
    type Error = Error;
    fn try_from(definition: CalendarDefinition) -> Result<Calendar> {
        Calendar::new(definition)
    }
}

impl From<Calendar> for CalendarDefinition {
    fn from(calendar: Calendar) -> CalendarDefinition {
        calendar.definition().clone()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Calendar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        CalendarDefinition::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        CalendarDefinition::json_schema(generator)
    }
}
