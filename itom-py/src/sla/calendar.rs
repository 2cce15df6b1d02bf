//! `itom.sla.Calendar`: conversion only.

use itom_core::sla::{Calendar as CoreCalendar, CalendarDefinition};
use itom_core::{Duration, Timestamp};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::relative;
use super::zones::ZoneDatabase;
use crate::convert::{self, Column, Likeness, OneOrMany};
use crate::enter::enter;

/// When work is done: weekly windows in a time zone, holidays, periods, overrides, breaks, versions;
/// or a union, intersection or difference of calendars.
///
/// `definition` is a dict or a JSON text. Wherever an instant or a duration is taken, an array is
/// taken too, and an array comes back: of a column of pandas, polars or pyarrow such a column, in
/// the time zone it has (pandas: with its index and name); of anything else an array of numpy.
/// `datetime64`, and a column that has no zone, is read as UTC, and instants without a zone are
/// UTC. What is missing (NaT, None, null) has a missing answer.
///
/// >>> import datetime as dt
/// >>> week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
/// >>> calendar = itom.sla.Calendar({"tz": "Europe/Berlin", "weekly": week})
/// >>> friday = dt.datetime(2026, 6, 19, 14, tzinfo=dt.timezone.utc)
/// >>> due = calendar.deadline(friday, dt.timedelta(hours=4))
/// >>> due.isoformat()
/// '2026-06-22T10:00:00+00:00'
/// >>> calendar.elapsed(friday, due)
/// datetime.timedelta(seconds=14400)
///
/// The keys of a definition (`itom.schema("calendar_definition")` in full):
///
/// - `tz`: IANA name of the zone that wall times are in. Needed but for a set operation.
/// - `weekly`: windows by weekday, "mon" to "sun": {"fri": [["22:00", "30:00"]]} ends at six on
///   Saturday. `always`: True in its place is round the clock.
/// - `holidays`: closed dates, "2026-12-25", "2026-12-24/2027-01-02", of every year "--12-25", with a
///   name after a space.
/// - `periods`: dates with hours of their own: {"name", "from", "until" (the first that no longer
///   belongs to it), "weekly" (none: closed)}.
/// - `overrides`: windows of single dates, in place of all others: {"2026-12-24": [["09:00", "12:00"]]}.
/// - `breaks`: spans within windows that are closed, by date or weekday: {"mon": [["12:00", "13:00"]]}.
/// - `versions`: other weeks for stretches of dates: {"from", "until", "weekly"}.
/// - `conventions`: {"local_time", "holidays", "skipped_date", "yearly_range", "deadline"}, where the
///   world disagrees; the schema has their words.
/// - `union`, `intersection`, `difference`: a list of definitions, in place of all above.
/// - `note`: text.
///
/// >>> calendar = itom.sla.Calendar({
/// ...     "tz": "Europe/Paris", "weekly": week, "breaks": {"mon": [["12:00", "13:00"]]},
/// ...     "holidays": ["--07-14 Bastille Day", "2026-05-14/2026-05-15"],
/// ...     "periods": [{"name": "summer", "from": "--08-01", "until": "--09-01",
/// ...                  "weekly": {"mon": [["09:00", "12:00"]]}}],
/// ...     "overrides": {"2026-12-24": [["09:00", "12:00"]]}})
/// >>> calendar
/// <itom.sla.Calendar in Europe/Paris, 5 windows a week, 2 holidays, 1 periods, 1 overrides>
///
/// A calendar that never opens, such as one without `weekly`, is taken: a period of freeze may be all
/// there is. No time elapses on it, there is no deadline for more than no time, no opening and no
/// closing (None, NaT), and its repr says "never open".
///
/// >>> never = itom.sla.Calendar({"tz": "UTC"})
/// >>> never.elapsed(friday, due), never.deadline(friday, "1h"), never.next_opening(friday)
/// (datetime.timedelta(0), None, None)
/// >>> never
/// <itom.sla.Calendar in UTC, never open>
#[pyclass(frozen, eq, module = "itom.sla")]
#[derive(PartialEq)]
pub struct Calendar(pub(super) CoreCalendar);

#[pymethods]
impl Calendar {
    #[new]
    #[pyo3(signature = (definition, *, holidays=None, years=None))]
    fn new(
        definition: &Bound<'_, PyAny>,
        holidays: Option<&Bound<'_, PyAny>>,
        years: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = definition.py();
        let mut document: CalendarDefinition = convert::definition(definition, "definition")?;
        if let Some(holidays) = holidays {
            document.holidays.extend(super::formats::holidays(holidays, years)?);
        }
        enter(py, || CoreCalendar::new(document)).map(Calendar)
    }

    /// A calendar compiled with zone rules of your own.
    ///
    /// >>> zones = itom.sla.ZoneDatabase.bundled()
    /// >>> itom.sla.Calendar.with_zones({"tz": "UTC"}, zones).tz_version == zones.version
    /// True
    #[staticmethod]
    fn with_zones(
        definition: &Bound<'_, PyAny>,
        zones: &Bound<'_, ZoneDatabase>,
    ) -> PyResult<Self> {
        let py = definition.py();
        let document: CalendarDefinition = convert::definition(definition, "definition")?;
        let database = &zones.get().0;
        enter(py, || CoreCalendar::with_zones(document, database)).map(Calendar)
    }

    /// Open time from `start` to `end`: physical time inside open windows, negative backwards; NaT
    /// in an array where one of the two is missing. Columns without a zone are read as UTC.
    ///
    /// >>> import numpy as np
    /// >>> always = itom.sla.Calendar({"tz": "UTC", "always": True})
    /// >>> opened = np.array(["2026-06-15T10:00", "NaT"], "datetime64[s]")
    /// >>> always.elapsed(opened, np.datetime64("2026-06-15T11:00")).astype("m8[m]").tolist()
    /// [datetime.timedelta(seconds=3600), None]
    fn elapsed<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let ends = convert::instant_column(end, "end")?;
        match (convert::instant_column(start, "start")?, ends) {
            (Column::One(start), Column::One(end)) => {
                let (start, end) = (Timestamp::from_nanos(start), Timestamp::from_nanos(end));
                convert::duration_to_python(py, self.0.elapsed(start, end))
            }
            (starts, ends) => {
                let work = |starts: &[i64], ends: &[i64]| self.0.elapsed_all(starts, ends);
                let elapsed =
                    convert::in_portions(py, "timedelta64[ns]", &starts, (&ends, "end"), work)?;
                Likeness::of_pair(start, end)?.values(elapsed)
            }
        }
    }

    /// The earliest instant at or after `start` by which `duration` has elapsed; None (NaT in an
    /// array) if the calendar never opens that long, NaT too where an argument is missing.
    ///
    /// A column with a time zone has its deadlines in that zone. One without is read as UTC, and
    /// so are the deadlines: give a column of local times its zone first.
    fn deadline<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        duration: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = start.py();
        let durations = convert::duration_column(duration, "duration")?;
        match (convert::instant_column(start, "start")?, durations) {
            (Column::One(start), Column::One(duration)) => {
                let (start, duration) =
                    (Timestamp::from_nanos(start), Duration::from_nanos(duration));
                let due = enter(py, || self.0.deadline(start, duration))?;
                due.map(|due| convert::instant_to_python(py, due)).transpose()
            }
            (starts, durations) => {
                let durations = (&durations, "duration");
                let work =
                    |starts: &[i64], durations: &[i64]| self.0.deadline_all(starts, durations);
                let due = convert::in_portions(py, "datetime64[ns]", &starts, durations, work)?;
                Likeness::of_pair(start, duration)?.instants(due).map(Some)
            }
        }
    }

    /// The latest instant at or before `end` from which `duration` elapses until `end`; None (NaT
    /// in an array) if the calendar was never open that long. Columns as in `deadline`.
    fn deadline_back<'py>(
        &self,
        end: &Bound<'py, PyAny>,
        duration: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = end.py();
        let durations = convert::duration_column(duration, "duration")?;
        match (convert::instant_column(end, "end")?, durations) {
            (Column::One(end), Column::One(duration)) => {
                let (end, duration) = (Timestamp::from_nanos(end), Duration::from_nanos(duration));
                let begin = enter(py, || self.0.deadline_back(end, duration))?;
                begin.map(|begin| convert::instant_to_python(py, begin)).transpose()
            }
            (ends, durations) => {
                let durations = (&durations, "duration");
                let work =
                    |ends: &[i64], durations: &[i64]| self.0.deadline_back_all(ends, durations);
                let begin = convert::in_portions(py, "datetime64[ns]", &ends, durations, work)?;
                Likeness::of_pair(end, duration)?.instants(begin).map(Some)
            }
        }
    }

    /// Whether the calendar is open at `at`; at closing time it is not. A missing instant is refused:
    /// there is no truth value for it. Columns without a zone are read as UTC.
    fn is_open<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        match convert::instants(at, "at")? {
            OneOrMany::One(at) => {
                let open = self.0.is_open(Timestamp::from_nanos(at));
                convert::to_python(py, &open)
            }
            OneOrMany::Many(instants) => {
                let open = enter(py, || Ok(self.0.is_open_all(&instants)))?;
                Likeness::of(at)?.values(convert::bools_to_numpy(py, &open)?)
            }
        }
    }

    /// The open intervals between `start` and `end`, cut to that span, as (opens, closes).
    ///
    /// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
    /// >>> import datetime as dt
    /// >>> start = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc)
    /// >>> [(opens.hour, closes.hour) for opens, closes in
    /// ...  calendar.windows(start, start + dt.timedelta(days=7))]
    /// [(9, 17)]
    fn windows<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
        let windows = enter(py, || self.0.windows(start, end))?;
        let pairs: Vec<_> = windows.iter().map(|window| (window.opens, window.closes)).collect();
        convert::to_python(py, &pairs)
    }

    /// The first opening after `at`; None (NaT in an array) if there is none. A column comes back in
    /// the time zone it has, one without is read as UTC; NaT where it is missing.
    ///
    /// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
    /// >>> import datetime as dt
    /// >>> monday = dt.datetime(2026, 6, 15, 12, tzinfo=dt.timezone.utc)
    /// >>> calendar.next_opening(monday).isoformat()
    /// '2026-06-22T09:00:00+00:00'
    /// >>> calendar.previous_closing(monday).isoformat()
    /// '2026-06-08T17:00:00+00:00'
    fn next_opening<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.around(at, CoreCalendar::next_opening, CoreCalendar::next_opening_all)
    }

    /// The first closing after `at`: of the window that `at` lies in, or else of the next. Columns as
    /// in `next_opening`.
    fn next_closing<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.around(at, CoreCalendar::next_closing, CoreCalendar::next_closing_all)
    }

    /// The last opening at or before `at`: of the window that `at` lies in, or else of the one
    /// before. Columns as in `next_opening`.
    fn previous_opening<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.around(at, CoreCalendar::previous_opening, CoreCalendar::previous_opening_all)
    }

    /// The last closing at or before `at`. Columns as in `next_opening`.
    fn previous_closing<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.around(at, CoreCalendar::previous_closing, CoreCalendar::previous_closing_all)
    }

    /// The window that `at` lies in, whole, as (opens, closes); None at a closed instant.
    fn window_at<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let window = self.0.window_at(convert::instant(at, "at")?);
        let pair = window.map(|window| (window.opens, window.closes));
        pair.map(|pair| convert::to_python(at.py(), &pair)).transpose()
    }

    /// Open when any of the calendars is (`a | b | c`).
    ///
    /// >>> desk = {"weekly": {"mon": [["08:00", "16:00"]]}}
    /// >>> tokyo = itom.sla.Calendar({"tz": "Asia/Tokyo", **desk})
    /// >>> london = itom.sla.Calendar({"tz": "Europe/London", **desk})
    /// >>> follow_the_sun = itom.sla.Calendar.union(tokyo, london)
    /// >>> follow_the_sun == tokyo | london
    /// True
    #[staticmethod]
    #[pyo3(signature = (*calendars))]
    fn union(calendars: &Bound<'_, PyTuple>) -> PyResult<Self> {
        put_together(calendars, CoreCalendar::union)
    }

    /// Open when all of the calendars are (`a & b`).
    #[staticmethod]
    #[pyo3(signature = (*calendars))]
    fn intersection(calendars: &Bound<'_, PyTuple>) -> PyResult<Self> {
        put_together(calendars, CoreCalendar::intersection)
    }

    /// Open when the first calendar is and none of the others (`a - b`).
    #[staticmethod]
    #[pyo3(signature = (*calendars))]
    fn difference(calendars: &Bound<'_, PyTuple>) -> PyResult<Self> {
        put_together(calendars, CoreCalendar::difference)
    }

    fn __or__(&self, other: &Bound<'_, Calendar>) -> PyResult<Self> {
        let both = [self.0.clone(), other.get().0.clone()];
        enter(other.py(), || CoreCalendar::union(&both)).map(Calendar)
    }

    fn __and__(&self, other: &Bound<'_, Calendar>) -> PyResult<Self> {
        let both = [self.0.clone(), other.get().0.clone()];
        enter(other.py(), || CoreCalendar::intersection(&both)).map(Calendar)
    }

    fn __sub__(&self, other: &Bound<'_, Calendar>) -> PyResult<Self> {
        let both = [self.0.clone(), other.get().0.clone()];
        enter(other.py(), || CoreCalendar::difference(&both)).map(Calendar)
    }

    /// The same calendar in another time zone.
    fn in_zone(&self, tz: &Bound<'_, PyAny>) -> PyResult<Self> {
        let name = convert::text(tz, "tz")?;
        enter(tz.py(), || self.0.in_zone(&name)).map(Calendar)
    }

    /// Bytes of memory the compiled tables hold.
    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    /// The same calendar with more holidays: those of a `holidays` object, a mapping from date to
    /// name, a list of dates or of (date, name), or a workalendar calendar with `years`.
    ///
    /// Objects of the package `holidays` fill themselves year by year: make them with `years=`, or
    /// give `years` here.
    ///
    /// >>> import datetime as dt
    /// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"fri": [["09:00", "17:00"]]}})
    /// >>> calendar = calendar.with_holidays({dt.date(2026, 12, 25): "Christmas Day"})
    /// >>> calendar.definition["holidays"]
    /// ['2026-12-25 Christmas Day']
    #[pyo3(signature = (holidays, *, years=None))]
    fn with_holidays(
        &self,
        holidays: &Bound<'_, PyAny>,
        years: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut document = self.0.definition().clone();
        document.holidays.extend(super::formats::holidays(holidays, years)?);
        let zones = self.0.zones();
        enter(holidays.py(), || CoreCalendar::with_zones(document, zones)).map(Calendar)
    }

    /// Reads iCalendar text: its events are the hours of service, or (`events="closed"`) the times
    /// at which `base` is closed, whole days as holidays with their names.
    ///
    /// `tz` is the zone of dates and of times without a zone; rules are followed for ever, or to the
    /// date `until`; events marked transparent count (`transparent="skip"`: they do not); a DTSTART
    /// that its own rule does not give is refused (`unsynchronized="first"` or `"skip"`).
    ///
    /// >>> ics = """BEGIN:VCALENDAR
    /// ... BEGIN:VEVENT
    /// ... DTSTART;TZID=Europe/Berlin:20260105T090000
    /// ... DTEND;TZID=Europe/Berlin:20260105T170000
    /// ... RRULE:FREQ=WEEKLY;BYDAY=MO
    /// ... END:VEVENT
    /// ... END:VCALENDAR"""
    /// >>> itom.sla.Calendar.from_ics(ics).definition["weekly"]
    /// {'mon': [['09:00', '17:00']]}
    #[cfg(feature = "ical")]
    #[staticmethod]
    #[pyo3(signature = (text, *, events=None, base=None, tz=None, until=None, transparent=None, unsynchronized=None))]
    fn from_ics(
        text: &Bound<'_, PyAny>,
        events: Option<&Bound<'_, PyAny>>,
        base: Option<&Bound<'_, PyAny>>,
        tz: Option<&Bound<'_, PyAny>>,
        until: Option<&Bound<'_, PyAny>>,
        transparent: Option<&Bound<'_, PyAny>>,
        unsynchronized: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let arguments =
            super::formats::IcsArguments { events, base, tz, until, transparent, unsynchronized };
        super::formats::from_ics(text, &arguments).map(Calendar)
    }

    /// Writes iCalendar text: weekly windows as events with a rule, special dates as single events.
    ///
    /// From the date `from_` (1970-01-01) to `until` (for ever), `from_ics` of the text answers like
    /// the calendar. `until` has to be given where the calendar has dates of every year ("--12-25"),
    /// since the text lists each of them. `stamp` is the text after DTSTAMP.
    ///
    /// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
    /// >>> "RRULE:FREQ=WEEKLY;BYDAY=MO" in calendar.to_ics()
    /// True
    #[cfg(feature = "ical")]
    #[pyo3(signature = (*, from_=None, until=None, summary=None, stamp=None))]
    fn to_ics(
        &self,
        py: Python<'_>,
        from_: Option<&Bound<'_, PyAny>>,
        until: Option<&Bound<'_, PyAny>>,
        summary: Option<&Bound<'_, PyAny>>,
        stamp: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        super::formats::to_ics(&self.0, py, from_, until, summary, stamp)
    }

    /// Reads OpenStreetMap's `opening_hours`; `holidays` are the dates that PH means,
    /// `school_holidays` those of SH, as in `with_holidays`.
    ///
    /// >>> calendar = itom.sla.Calendar.from_opening_hours(
    /// ...     "Mo-Fr 09:00-17:00; PH off", tz="Europe/Berlin", holidays=["2026-12-25"])
    /// >>> calendar.definition["overrides"]
    /// {'2026-12-25': []}
    #[cfg(feature = "opening_hours")]
    #[staticmethod]
    #[pyo3(signature = (text, *, tz, holidays=None, school_holidays=None, years=None))]
    fn from_opening_hours(
        text: &Bound<'_, PyAny>,
        tz: &Bound<'_, PyAny>,
        holidays: Option<&Bound<'_, PyAny>>,
        school_holidays: Option<&Bound<'_, PyAny>>,
        years: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        super::formats::from_opening_hours(text, tz, holidays, school_holidays, years).map(Calendar)
    }

    /// The definition it was made of.
    #[getter]
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (definition_text(&self.0)?,))
    }

    /// The release of the IANA time zone database it was compiled with.
    #[getter]
    fn tz_version(&self) -> &str {
        self.0.tz_version()
    }

    /// The zone rules it was compiled with.
    #[getter]
    fn zones(&self) -> ZoneDatabase {
        ZoneDatabase(self.0.zones().clone())
    }

    /// The same calendar under other zone rules.
    fn recompiled(&self, zones: &Bound<'_, ZoneDatabase>) -> PyResult<Calendar> {
        let database = &zones.get().0;
        enter(zones.py(), || self.0.recompiled(database)).map(Calendar)
    }

    /// The time between `start` and `end` that is open under one of two calendars only.
    fn differences<'py>(
        &self,
        other: &Bound<'py, Calendar>,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
        let other = &other.get().0;
        let differences = enter(py, || self.0.differences(other, start, end))?;
        convert::to_python(py, &differences)
    }

    /// The n-th business day after the date of an instant, before it for a negative `n`, the date
    /// itself for 0: a record of date, opens and closes, or None.
    ///
    /// >>> import datetime as dt
    /// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
    /// >>> tuesday = dt.datetime(2026, 6, 16, tzinfo=dt.timezone.utc)
    /// >>> calendar.business_day(tuesday, 2).date
    /// datetime.date(2026, 6, 29)
    fn business_day<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        relative::business_day(&self.0, at, n)
    }

    /// How many business days there are from the date of `start` to before the date of `end`, as
    /// numpy's busday_count; of arrays an array.
    fn business_day_count<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        relative::business_day_count(&self.0, start, end)
    }

    fn __repr__(&self) -> String {
        let definition = self.0.definition();
        let put_together = [
            ("union", definition.union.len()),
            ("intersection", definition.intersection.len()),
            ("difference", definition.difference.len()),
        ];
        match put_together.into_iter().find(|operation| operation.1 > 0) {
            Some((name, count)) => format!("<itom.sla.Calendar, {name} of {count}>"),
            None => format!("<itom.sla.Calendar in {}{}>", definition.tz, self.hours()),
        }
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, class) = (slf.py(), slf.get_type());
        let text = definition_text(&slf.get().0)?;
        let zones = slf.get().zones();
        if zones == ZoneDatabase::bundled() {
            return Ok((class.into_any(), PyTuple::new(py, [text])?));
        }
        Ok((class.getattr("with_zones")?, (text, zones).into_pyobject(py)?))
    }
}

impl Calendar {
    /// How much a definition without others in it says, in short.
    fn hours(&self) -> String {
        let definition = self.0.definition();
        let is_never = self.0.next_opening(Timestamp::MIN).is_none();
        if is_never && !self.0.is_open(Timestamp::MIN) {
            return ", never open".to_owned();
        }
        let windows = definition.weekly.values().map(Vec::len).sum();
        let mut text = if definition.always { ", always".to_owned() } else { String::new() };
        for (count, name) in [
            (windows, "windows a week"),
            (definition.holidays.len(), "holidays"),
            (definition.periods.len(), "periods"),
            (definition.overrides.len(), "overrides"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {name}"));
            }
        }
        text
    }

    /// One instant or an array of them, answered by what looks around an instant.
    fn around<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        one: fn(&CoreCalendar, Timestamp) -> Option<Timestamp>,
        many: fn(&CoreCalendar, &[i64]) -> Vec<i64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = at.py();
        match convert::instants_or_missing(at, "at")? {
            OneOrMany::One(at) => {
                let found = enter(py, || Ok(one(&self.0, Timestamp::from_nanos(at))))?;
                found.map(|found| convert::instant_to_python(py, found)).transpose()
            }
            OneOrMany::Many(instants) => {
                let found = enter(py, || Ok(many(&self.0, &instants)))?;
                Likeness::of(at)?.instants(convert::times_to_numpy(py, &found)?).map(Some)
            }
        }
    }
}

/// A set operation on calendars, or on definitions of calendars.
fn put_together(
    calendars: &Bound<'_, PyTuple>,
    operation: fn(&[CoreCalendar]) -> itom_core::Result<CoreCalendar>,
) -> PyResult<Calendar> {
    let operands: PyResult<Vec<CoreCalendar>> =
        calendars.iter().map(|value| calendar(&value)).collect();
    let operands = operands?;
    enter(calendars.py(), || operation(&operands)).map(Calendar)
}

fn definition_text(calendar: &CoreCalendar) -> PyResult<String> {
    serde_json::to_string(calendar.definition())
        .map_err(|error| crate::errors::internal(&error.to_string()))
}

/// A `Calendar`, or the definition of one.
pub(super) fn calendar(value: &Bound<'_, PyAny>) -> PyResult<CoreCalendar> {
    match value.cast::<Calendar>() {
        Ok(calendar) => Ok(calendar.get().0.clone()),
        Err(_) => {
            let document: CalendarDefinition = convert::definition(value, "calendar")?;
            enter(value.py(), || CoreCalendar::new(document))
        }
    }
}
