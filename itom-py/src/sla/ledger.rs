//! `itom.sla.Ledger`: conversion only.

use itom_core::Result;
use itom_core::sla::{
    ClockOptions, EventAction, EventColumns, Ledger as CoreLedger, LedgerChange, Openings,
    StatusColumns,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyRange, PyString, PyTuple};

use super::calendar::calendar;
use super::clock::{clock_event, read_options, status_to_python};
use super::zones::ZoneDatabase;
use crate::convert::{self, OneOrMany};
use crate::enter::{Handle, enter};
use crate::errors::invalid;

/// Many SLA clocks: events in, crossings out, every field as of any instant.
///
/// A clock is named by the key it was opened under, or by its number (they count from 0). `open`
/// takes the options of `Clock`; events are those of `Clock.apply`, or columns (`apply_columns`).
///
/// >>> import datetime as dt
/// >>> import numpy as np
/// >>> calendar = itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
/// >>> start = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> hour = dt.timedelta(hours=1)
/// >>> ledger = itom.sla.Ledger()
/// >>> ledger.open(["INC1", "INC2"], target=4 * hour, calendar=calendar, start=start)
/// range(0, 2)
/// >>> ledger.apply("INC2", {"at": start + hour, "do": "pause", "reason": "user"})
/// >>> [(c.clock, c.kind, c.share) for c in ledger.advance(start + 3 * hour)]
/// [(0, 'warning', 0.5), (0, 'warning', 0.75)]
/// >>> ledger.next_breaches(1)[0].at == start + 4 * hour
/// True
/// >>> [int(v / np.timedelta64(1, "h")) for v in ledger.columns(start + 3 * hour)["business"]]
/// [3, 1]
/// >>> ledger
/// <itom.sla.Ledger of 2 clocks>
#[pyclass(frozen, module = "itom.sla")]
pub struct Ledger(Handle<CoreLedger>);

#[pymethods]
impl Ledger {
    #[new]
    fn new() -> Self {
        Ledger(Handle::new(CoreLedger::new()))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.0.with(py, |ledger| Ok(ledger.len()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<itom.sla.Ledger of {} clocks>", self.__len__(py)?))
    }

    /// Opens a clock, with the keywords of `Clock`, and returns its number; or many that share all
    /// but start and target, which may then be arrays, and returns the range of their numbers.
    #[pyo3(signature = (key, *, target, calendar, start, **options))]
    fn open<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        target: &Bound<'py, PyAny>,
        calendar: &Bound<'py, PyAny>,
        start: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = key.py();
        let calendar = self::calendar(calendar)?;
        if key.is_instance_of::<PyString>() {
            let target = convert::duration(target, "target")?;
            let begun = ClockOptions::new(target, calendar, convert::instant(start, "start")?);
            let (key, options) = (convert::text(key, "key")?, read_options(begun, options)?);
            let clock = self.0.with(py, |ledger| ledger.open(&key, &options))?;
            return Ok(clock.into_pyobject(py)?.into_any());
        }
        let keys = convert::texts(key, "key")?;
        let starts = as_many(convert::instants(start, "start")?, keys.len());
        let targets = as_many(convert::durations(target, "target")?, keys.len());
        let first = |list: &[i64]| list.first().copied().unwrap_or(1);
        let begun = ClockOptions::new(
            itom_core::Duration::from_nanos(first(&targets)),
            calendar,
            itom_core::Timestamp::from_nanos(first(&starts)),
        );
        let options = read_options(begun, options)?;
        let range = self.0.with(py, |ledger| {
            let openings = Openings { starts: &starts, targets: Some(&targets) };
            ledger.open_all(&keys, &options, openings)
        })?;
        let range = PyRange::new(py, range.start as isize, range.end as isize)?;
        Ok(range.into_any())
    }

    /// The number of the clock that was opened under a key, or None.
    fn clock(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
        let text = convert::text(key, "key")?;
        self.0.with(key.py(), |ledger| Ok(ledger.clock(&text)))
    }

    /// The key of a clock, or None.
    fn key(&self, py: Python<'_>, clock: u32) -> PyResult<Option<String>> {
        self.0.with(py, |ledger| Ok(ledger.key(clock).map(str::to_owned)))
    }

    /// Takes an event of a clock, or a list of events, all or none of them: see `Clock.apply`.
    fn apply(&self, clock: &Bound<'_, PyAny>, event: &Bound<'_, PyAny>) -> PyResult<()> {
        let number = self.number(clock)?;
        let events = match event.cast::<PyList>() {
            Ok(events) => events
                .iter()
                .enumerate()
                .map(|(index, event)| {
                    Ok((number, clock_event(&event, &format!("event[{index}]"))?))
                })
                .collect::<PyResult<Vec<_>>>()?,
            Err(_) => vec![(number, clock_event(event, "event")?)],
        };
        self.0.with(event.py(), |ledger| ledger.apply_all(&events))
    }

    /// Takes events as columns of equal length, in any order, all or none of them: the clocks
    /// (numbers or keys), the instants, what each does ("pause", "resume", "stop", "reopen",
    /// "new_cycle", "void_stop", "cancel", or codes), and the reasons of pauses and resumes.
    ///
    /// A resume without a reason ends every reason.
    #[pyo3(signature = (clocks, instants, actions, reasons=None))]
    fn apply_columns(
        &self,
        clocks: &Bound<'_, PyAny>,
        instants: &Bound<'_, PyAny>,
        actions: &Bound<'_, PyAny>,
        reasons: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let clocks = self.numbers(clocks)?;
        let at = convert::instants_array(instants, "instants")?;
        let columns = Columns { clocks, at, codes: codes(actions)?, reasons: reasons_of(reasons)? };
        self.0.with(instants.py(), |ledger| columns.apply(ledger, CoreLedger::apply_columns))
    }

    /// As `apply_columns`, but events that it would refuse are left out and given back with their
    /// reasons, in the order of their rows.
    ///
    /// >>> import datetime as dt
    /// >>> import numpy as np
    /// >>> calendar = {"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}
    /// >>> start = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
    /// >>> ledger = itom.sla.Ledger()
    /// >>> ledger.open("INC1", target=dt.timedelta(hours=4), calendar=calendar, start=start)
    /// 0
    /// >>> at = np.array(["2026-06-15T11:00", "2026-06-15T12:00", "2026-06-15T13:00"], "datetime64[ns]")
    /// >>> refused = ledger.apply_columns_lenient(["INC1", "INC9", "INC1"], at, ["pause", "stop", "fly"])
    /// >>> [(event.row, event.argument) for event in refused]
    /// [(1, 'clock'), (2, 'actions')]
    /// >>> refused[0].reason
    /// 'no clock was opened under the key "INC9"'
    /// >>> ledger.status("INC1", start + dt.timedelta(hours=2)).state
    /// 'paused'
    #[pyo3(signature = (clocks, instants, actions, reasons=None))]
    fn apply_columns_lenient<'py>(
        &self,
        clocks: &Bound<'py, PyAny>,
        instants: &Bound<'py, PyAny>,
        actions: &Bound<'py, PyAny>,
        reasons: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = instants.py();
        let (clocks, keys) = match texts_if_any(clocks, "clocks")? {
            Some(keys) => {
                let found = |ledger: &mut CoreLedger| {
                    let number = |key: &String| ledger.clock(key).unwrap_or(u32::MAX);
                    Ok(keys.iter().map(number).collect())
                };
                (self.0.with(py, found)?, Some(keys))
            }
            None => (whole_numbers(clocks, "clocks")?, None),
        };
        let at = convert::instants_array(instants, "instants")?;
        let names = texts_if_any(actions, "actions")?;
        let codes = match &names {
            // No action has the code 0.
            Some(names) => names.iter().map(|name| code_of(name).unwrap_or(0)).collect(),
            None => codes(actions)?,
        };
        let columns = Columns { clocks, at, codes, reasons: reasons_of(reasons)? };
        let mut refused =
            self.0.with(py, |ledger| columns.apply(ledger, CoreLedger::apply_columns_lenient))?;
        for event in &mut refused {
            let row = event.row as usize;
            match (&*event.argument, &keys, &names) {
                ("clock", Some(keys), _) => {
                    event.reason = format!("no clock was opened under the key {:?}", keys[row]);
                }
                ("actions", _, Some(names)) => {
                    event.reason = format!("actions must be {ACTIONS}, got {:?}", names[row]);
                }
                _ => {}
            }
        }
        convert::to_python(py, &refused)
    }

    /// What was crossed after the last call and up to `now`, in order; late and corrected events
    /// come with what they add and withdraw.
    fn advance<'py>(&self, now: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let at = convert::instant(now, "now")?;
        let crossings = self.0.with(now.py(), |ledger| ledger.advance(at))?;
        convert::to_python(now.py(), &crossings)
    }

    /// The instant up to which `advance` has given out what was crossed, or None.
    #[getter]
    fn watermark<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let at = self.0.with(py, |ledger| Ok(ledger.watermark()))?;
        at.map(|at| convert::instant_to_python(py, at)).transpose()
    }

    /// The next clocks that will break after the last `advance`, as things stand.
    fn next_breaches<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyAny>> {
        let next = self.0.with(py, |ledger| Ok(ledger.next_breaches(most)))?;
        convert::to_python(py, &next)
    }

    /// All clocks that will break before an instant, as things stand.
    fn breaches_before<'py>(&self, until: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let at = convert::instant(until, "until")?;
        let next = self.0.with(until.py(), |ledger| Ok(ledger.breaches_before(at)))?;
        convert::to_python(until.py(), &next)
    }

    /// Where one clock stands: see `Clock.status`.
    #[pyo3(signature = (clock, at, known=None))]
    fn status<'py>(
        &self,
        clock: &Bound<'py, PyAny>,
        at: &Bound<'py, PyAny>,
        known: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (number, at) = (self.number(clock)?, convert::instant(at, "at")?);
        let known = convert::optional_instant(known, "known")?;
        let status = self.0.with(clock.py(), |ledger| match known {
            Some(known) => ledger.status_known(number, at, known),
            None => ledger.status(number, at),
        })?;
        status_to_python(clock.py(), &status)
    }

    /// Where all clocks stand, as a dict of arrays: business, actual, paused, remaining and target
    /// (timedelta64), ratio, breach_at (datetime64, NaT where not known), breached (bool) and state
    /// (0 pending, 1 running, 2 paused, 3 stopped, 4 cancelled).
    ///
    /// >>> import datetime as dt
    /// >>> ledger, hour = itom.sla.Ledger(), dt.timedelta(hours=1)
    /// >>> start = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
    /// >>> always = {"tz": "UTC", "always": True}
    /// >>> ledger.open(["INC1", "INC2"], target=[hour, 4 * hour], calendar=always, start=start)
    /// range(0, 2)
    /// >>> ledger.columns(start + 2 * hour)["breached"].tolist()
    /// [True, False]
    fn columns<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let (py, at) = (at.py(), convert::instant(at, "at")?);
        let (lengths, ratio, breach_at, state, breached) = self.0.with(py, |ledger| {
            let clocks = ledger.len();
            let mut lengths = [0; 5].map(|zero: i64| vec![zero; clocks]);
            let (mut ratio, mut breach_at) = (vec![0.0; clocks], vec![0; clocks]);
            let (mut state, mut breached) = (vec![0; clocks], vec![false; clocks]);
            let [business, actual, paused, remaining, target] = &mut lengths;
            let columns = StatusColumns {
                business: Some(business),
                actual: Some(actual),
                paused: Some(paused),
                remaining: Some(remaining),
                ratio: Some(&mut ratio),
                breach_at: Some(&mut breach_at),
                state: Some(&mut state),
                target: Some(target),
                breached: Some(&mut breached),
            };
            ledger.status_all(at, columns)?;
            Ok((lengths, ratio, breach_at, state, breached))
        })?;
        let columns = PyDict::new(py);
        let names = ["business", "actual", "paused", "remaining", "target"];
        for (name, values) in names.iter().zip(lengths) {
            columns.set_item(name, convert::durations_to_numpy(py, &values)?)?;
        }
        columns.set_item("ratio", convert::floats_to_numpy(py, &ratio)?)?;
        columns.set_item("breach_at", convert::times_to_numpy(py, &breach_at)?)?;
        let state: Vec<i64> = state.into_iter().map(i64::from).collect();
        columns.set_item("state", convert::ints_to_numpy(py, &state)?)?;
        columns.set_item("breached", convert::bools_to_numpy(py, &breached)?)?;
        Ok(columns)
    }

    /// Why each second of a clock counted or not: see `Clock.explain`.
    fn explain<'py>(
        &self,
        clock: &Bound<'py, PyAny>,
        at: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (number, at) = (self.number(clock)?, convert::instant(at, "at")?);
        let segments = self.0.with(clock.py(), |ledger| ledger.explain(number, at))?;
        convert::to_python(clock.py(), &segments)
    }

    /// The calendars it refers to; the places are their numbers.
    fn calendars(&self, py: Python<'_>) -> PyResult<Vec<super::calendar::Calendar>> {
        self.0.with(py, |ledger| {
            Ok(ledger.calendars().iter().cloned().map(super::calendar::Calendar).collect())
        })
    }

    /// Puts another calendar in the place of the one of a number, for the whole of history.
    fn replace_calendar(&self, number: u32, becomes: &Bound<'_, PyAny>) -> PyResult<()> {
        let calendar = self::calendar(becomes)?;
        self.0.with(becomes.py(), |ledger| ledger.replace_calendar(number, &calendar))
    }

    /// Puts calendars in the places of several at once, all or none of them: a dict of number to
    /// calendar. Each clock is looked at once.
    fn replace_calendars(&self, becomes: &Bound<'_, PyDict>) -> PyResult<()> {
        let changes = becomes
            .iter()
            .map(|(number, becomes)| Ok((number.extract()?, calendar(&becomes)?)))
            .collect::<PyResult<Vec<_>>>()?;
        self.0.with(becomes.py(), |ledger| ledger.replace_calendars(&changes))
    }

    /// The whole history under another agreement, as of an instant: `calendars` is a dict of number
    /// to calendar, `targets` of target to target, `clocks` of clock to target. Nothing changes in
    /// the ledger.
    #[pyo3(signature = (at, *, calendars=None, targets=None, clocks=None))]
    fn what_if<'py>(
        &self,
        at: &Bound<'py, PyAny>,
        calendars: Option<&Bound<'py, PyDict>>,
        targets: Option<&Bound<'py, PyDict>>,
        clocks: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, at) = (at.py(), convert::instant(at, "at")?);
        let mut change = LedgerChange::default();
        for (number, becomes) in calendars.into_iter().flatten() {
            change = change.calendar(number.extract()?, &calendar(&becomes)?);
        }
        for (from, becomes) in targets.into_iter().flatten() {
            let length = |value| convert::duration(value, "targets");
            change = change.target(length(&from)?, length(&becomes)?);
        }
        for (clock, becomes) in clocks.into_iter().flatten() {
            let target = convert::duration(&becomes, "clocks")?;
            change = change.clock_target(self.number(&clock)?, target);
        }
        let differences = self.0.with(py, |ledger| ledger.what_if(&change, at))?;
        convert::to_python(py, &differences)
    }

    /// The clocks whose breach falls on another instant under other zone rules.
    fn moved_breaches<'py>(
        &self,
        zones: &Bound<'py, ZoneDatabase>,
        at: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (database, at) = (&zones.get().0, convert::instant(at, "at")?);
        let moved = self.0.with(zones.py(), |ledger| ledger.moved_breaches(database, at))?;
        convert::to_python(zones.py(), &moved)
    }

    /// Goes over to other zone rules; returns how many calendars say something else under them.
    fn recompile(&self, zones: &Bound<'_, ZoneDatabase>) -> PyResult<usize> {
        let database = &zones.get().0;
        self.0.with(zones.py(), |ledger| ledger.recompile(database))
    }

    /// Bytes of memory, by what they are for.
    fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let memory = self.0.with(py, |ledger| Ok(ledger.memory()))?;
        convert::to_python(py, &memory)
    }

    /// The ledger as versioned, checksummed bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |ledger| Ok(ledger.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A ledger from its bytes.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || CoreLedger::from_bytes(&bytes)).map(|core| Ledger(Handle::new(core)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}

impl Ledger {
    /// The number of a clock that is named by number or key.
    fn number(&self, clock: &Bound<'_, PyAny>) -> PyResult<u32> {
        if clock.is_instance_of::<PyString>() {
            return self.clock(clock)?.ok_or_else(|| unknown(clock));
        }
        u32::try_from(convert::whole(clock, "clock")?).map_err(|_| unknown(clock))
    }

    fn numbers(&self, clocks: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
        let Some(keys) = texts_if_any(clocks, "clocks")? else {
            return whole_numbers(clocks, "clocks");
        };
        let found: Vec<Option<u32>> = self
            .0
            .with(clocks.py(), |ledger| Ok(keys.iter().map(|key| ledger.clock(key)).collect()))?;
        if let Some(missing) = found.iter().position(Option::is_none) {
            return Err(unknown(&clocks.get_item(missing)?));
        }
        Ok(found.into_iter().flatten().collect())
    }
}

/// Events as columns, as they come from Python.
struct Columns {
    clocks: Vec<u32>,
    at: Vec<i64>,
    codes: Vec<u8>,
    reasons: Option<Vec<Option<String>>>,
}

impl Columns {
    /// Hands them over with the numbers of their reasons; a resume with a reason ends that one.
    fn apply<R>(
        mut self,
        ledger: &mut CoreLedger,
        apply: impl FnOnce(&mut CoreLedger, EventColumns<'_>) -> Result<R>,
    ) -> Result<R> {
        let arguments = self.reasons.map(|reasons| {
            let number = |reason: &Option<String>| {
                ledger.reason_number(reason.as_deref().unwrap_or_default())
            };
            let numbers: Vec<u32> = reasons.iter().map(number).collect();
            for (code, reason) in self.codes.iter_mut().zip(&reasons) {
                if *code == EventAction::ResumeAll as u8 && reason.is_some() {
                    *code = EventAction::Resume as u8;
                }
            }
            numbers
        });
        let events = EventColumns {
            clocks: &self.clocks,
            instants: &self.at,
            actions: &self.codes,
            arguments: arguments.as_deref(),
        };
        apply(ledger, events)
    }
}

/// Texts, if the first value is one.
fn texts_if_any(values: &Bound<'_, PyAny>, argument: &str) -> PyResult<Option<Vec<String>>> {
    let named = values.get_item(0).is_ok_and(|first| first.is_instance_of::<PyString>());
    named.then(|| convert::texts(values, argument)).transpose()
}

fn unknown(clock: &Bound<'_, PyAny>) -> PyErr {
    invalid("clock", clock, "a clock of the ledger")
}

/// Small whole numbers; what is not one becomes the largest, which nothing has.
fn whole_numbers(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<u32>> {
    let numbers = convert::floats(value, argument)?;
    let whole =
        |number: f64| match number.fract() == 0.0 && (0.0..4_294_967_295.0).contains(&number) {
            true => Ok(number as u32),
            false => Err(invalid(argument, value, "whole numbers from 0")),
        };
    numbers.into_iter().map(whole).collect()
}

/// The names of actions.
const ACTIONS: &str = "pause, resume, stop, reopen, new_cycle, void_stop or cancel";

/// The code of an action's name.
fn code_of(name: &str) -> Option<u8> {
    Some(match name {
        "pause" => EventAction::Pause,
        "resume" => EventAction::ResumeAll,
        "stop" => EventAction::Stop,
        "reopen" => EventAction::Reopen,
        "new_cycle" => EventAction::ReopenNewCycle,
        "void_stop" => EventAction::ReopenVoidStop,
        "cancel" => EventAction::Cancel,
        _ => return None,
    } as u8)
}

/// Codes of actions from codes or names.
fn codes(actions: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let Some(names) = texts_if_any(actions, "actions")? else {
        let codes = whole_numbers(actions, "actions")?;
        return Ok(codes.into_iter().map(|code| u8::try_from(code).unwrap_or(u8::MAX)).collect());
    };
    let code = |name: &String| {
        let unknown = || invalid("actions", &PyString::new(actions.py(), name), ACTIONS);
        code_of(name).ok_or_else(unknown)
    };
    names.iter().map(code).collect()
}

fn reasons_of(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<Option<String>>>> {
    value.filter(|value| !value.is_none()).map(reasons).transpose()
}

fn reasons(value: &Bound<'_, PyAny>) -> PyResult<Vec<Option<String>>> {
    let cells = value.try_iter()?;
    cells
        .map(|cell| {
            let cell = cell?;
            if cell.is_none() { Ok(None) } else { convert::text(&cell, "reasons").map(Some) }
        })
        .collect()
}

/// One value for each of `count`, or the values that were given.
fn as_many(values: OneOrMany, count: usize) -> Vec<i64> {
    match values {
        OneOrMany::One(value) => vec![value; count],
        OneOrMany::Many(values) => values,
    }
}
