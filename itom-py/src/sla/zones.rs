//! `itom.sla.ZoneDatabase` and `Zone`: conversion, and reading the files that the core does not.

use std::path::Path;

use itom_core::sla::{
    LocalDateTime, MovedBreach, Zone as CoreZone, ZoneDatabase as CoreDatabase,
    moved_breaches as core_moved_breaches,
};
use itom_core::{Error, ErrorKind, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::clock::Clock;
use crate::convert::{self, Likeness, OneOrMany};
use crate::enter::enter;
use crate::errors::{raise, refused};

/// No file of the IANA database is longer.
const MOST_BYTES: u64 = 64 << 10;
const MOST_FILES: usize = 10_000;
const DEEPEST: usize = 4;

/// A release of the IANA time zone database.
///
/// `ZoneDatabase.bundled()` is compiled in and what calendars use; `system()`, `from_path()` and
/// `from_tzdata()` read the machine's, a folder's or the package's, `from_tzif()` takes the bytes.
///
/// >>> zones = itom.sla.ZoneDatabase.bundled()
/// >>> "Europe/Berlin" in zones, zones.version >= "2026"
/// (True, True)
/// >>> import datetime as dt
/// >>> zones.zone("Europe/Berlin").offset(dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc))
/// datetime.timedelta(seconds=7200)
#[pyclass(frozen, eq, module = "itom.sla")]
#[derive(PartialEq)]
pub struct ZoneDatabase(pub(super) CoreDatabase);

#[pymethods]
impl ZoneDatabase {
    /// The release that is compiled in.
    #[staticmethod]
    pub(super) fn bundled() -> Self {
        ZoneDatabase(CoreDatabase::bundled())
    }

    /// A release from TZif files: a mapping of zone name to bytes.
    #[staticmethod]
    fn from_tzif(version: &Bound<'_, PyAny>, files: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = files.py();
        let version = convert::text(version, "version")?;
        let failed = |cause| refused(cause, "files", files, "a mapping of zone name to TZif bytes");
        let mut read = Vec::new();
        for item in files.call_method0("items").map_err(failed)?.try_iter().map_err(failed)? {
            let (name, bytes): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
                item.map_err(failed)?.extract().map_err(failed)?;
            read.push((convert::text(&name, "files")?, convert::bytes(&bytes, "files")?));
        }
        enter(py, || CoreDatabase::from_tzif(&version, read)).map(ZoneDatabase)
    }

    /// A release from a zoneinfo folder. Its version is read from the `tzdata.zi` or `+VERSION` in
    /// it, if it is not given; files that are no zones are passed over.
    #[staticmethod]
    #[pyo3(signature = (path, *, version=None))]
    fn from_path(path: &Bound<'_, PyAny>, version: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let py = path.py();
        let path: String = py.import("os")?.call_method1("fspath", (path,))?.extract()?;
        let version = version.map(|version| convert::text(version, "version")).transpose()?;
        enter(py, || {
            let folder = Path::new(&path);
            let mut files = Vec::new();
            read_folder(folder, "", 0, &mut files)?;
            let version = version.unwrap_or_else(|| version_of(folder));
            CoreDatabase::from_tzif(&version, files)
        })
        .map(ZoneDatabase)
    }

    /// The release the operating system has, in the first folder of `zoneinfo.TZPATH` that exists.
    #[staticmethod]
    fn system(py: Python<'_>) -> PyResult<Self> {
        let paths: Vec<String> = py.import("zoneinfo")?.getattr("TZPATH")?.extract()?;
        match paths.iter().find(|path| Path::new(path).is_dir()) {
            Some(path) => {
                ZoneDatabase::from_path(pyo3::types::PyString::new(py, path).as_any(), None)
            }
            None => {
                let expected = "with a zoneinfo folder: install one, or the package tzdata";
                Err(raise(Error::invalid("system", "one without", expected)))
            }
        }
    }

    /// The release in the installed package `tzdata`.
    #[staticmethod]
    fn from_tzdata(py: Python<'_>) -> PyResult<Self> {
        let package = py.import("tzdata")?;
        let version: String = package.getattr("IANA_VERSION")?.extract()?;
        let root = py.import("importlib.resources")?.call_method1("files", (package,))?;
        let names: String =
            root.call_method1("joinpath", ("zones",))?.call_method0("read_text")?.extract()?;
        let folder = root.call_method1("joinpath", ("zoneinfo",))?;
        let mut files = Vec::new();
        for name in names.lines().filter(|name| !name.is_empty()) {
            let mut file = folder.clone();
            for part in name.split('/') {
                file = file.call_method1("joinpath", (part,))?;
            }
            files.push((name.to_owned(), file.call_method0("read_bytes")?.extract::<Vec<u8>>()?));
        }
        enter(py, || CoreDatabase::from_tzif(&version, files)).map(ZoneDatabase)
    }

    /// The release, such as "2026f".
    #[getter]
    fn version(&self) -> &str {
        self.0.version()
    }

    /// The names of the zones, links among them, sorted.
    fn names(&self) -> Vec<String> {
        self.0.names().map(str::to_owned).collect()
    }

    /// A zone by its name; or of a POSIX rule such as "CET-1CEST,M3.5.0,M10.5.0/3".
    fn zone(&self, name: &Bound<'_, PyAny>) -> PyResult<Zone> {
        let py = name.py();
        let name = convert::text(name, "name")?;
        enter(py, || self.0.zone(&name)).map(Zone)
    }

    /// The zones whose offsets in another release differ between `start` (1970) and `end` (the
    /// last instant), with the spans in which they do; and those that only one of the two has.
    #[pyo3(signature = (other, start=None, end=None))]
    fn differences<'py>(
        &self,
        other: &Bound<'py, ZoneDatabase>,
        start: Option<&Bound<'py, PyAny>>,
        end: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        let start = convert::optional_instant(start, "start")?.unwrap_or_default();
        let end = convert::optional_instant(end, "end")?.unwrap_or(Timestamp::MAX);
        let other = &other.get().0;
        let differences = enter(py, || self.0.differences(other, start, end))?;
        convert::to_python(py, &differences)
    }

    fn __contains__(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    fn __len__(&self) -> usize {
        self.0.names().count()
    }

    fn __repr__(&self) -> String {
        format!("<itom.sla.ZoneDatabase {}>", self.0.version())
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, zones, class) = (slf.py(), &slf.get().0, slf.get_type());
        if *zones == CoreDatabase::bundled() {
            return Ok((class.getattr("bundled")?, PyTuple::empty(py)));
        }
        let files = PyDict::new(py);
        for (name, bytes) in zones.files() {
            files.set_item(name, PyBytes::new(py, &bytes))?;
        }
        let arguments = (zones.version(), files).into_pyobject(py)?;
        Ok((class.getattr("from_tzif")?, arguments))
    }
}

/// The files of a zoneinfo folder by zone name.
fn read_folder(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Error> {
    let failed = |why: std::io::Error| {
        Error::new(ErrorKind::Io, format!("path {folder:?}: {why}")).about("path")
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Copies of the whole with and without leap seconds, and links to single zones.
        let copy = depth == 0 && ["posix", "right", "localtime", "posixrules"].contains(&&*name);
        let Ok(about) = std::fs::metadata(entry.path()) else { continue };
        let name = format!("{prefix}{name}");
        if copy || name.starts_with('.') || files.len() > MOST_FILES {
            continue;
        }
        if about.is_dir() && depth < DEEPEST {
            read_folder(&entry.path(), &format!("{name}/"), depth + 1, files)?;
        } else if about.is_file() && about.len() <= MOST_BYTES {
            let bytes = std::fs::read(entry.path()).map_err(failed)?;
            if bytes.starts_with(b"TZif") {
                files.push((name, bytes));
            }
        }
    }
    Ok(())
}

/// What a folder says of its release.
fn version_of(folder: &Path) -> String {
    let head = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    let zi = head("tzdata.zi");
    let said = zi.lines().next().and_then(|line| line.strip_prefix("# version "));
    let other = head("+VERSION");
    said.or(other.lines().next()).map_or("unknown", str::trim).to_owned()
}

/// A time zone: its offsets from UTC at every instant. Made by `ZoneDatabase.zone`.
///
/// >>> zone = itom.sla.ZoneDatabase.bundled().zone("Europe/Berlin")
/// >>> zone.instant("2026-03-29T02:30:00").isoformat()
/// '2026-03-29T01:30:00+00:00'
#[pyclass(frozen, eq, module = "itom.sla")]
#[derive(PartialEq)]
pub struct Zone(pub(super) CoreZone);

#[pymethods]
impl Zone {
    /// Its IANA name.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The release of the database it is from.
    #[getter]
    fn version(&self) -> &str {
        self.0.version()
    }

    /// How far the wall clock is ahead of UTC at an instant, or at each of an array (NaT where it is
    /// missing). Columns without a zone are read as UTC.
    fn offset<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        match convert::instants_or_missing(at, "at")? {
            OneOrMany::One(at) => {
                convert::duration_to_python(py, self.0.offset(Timestamp::from_nanos(at)))
            }
            OneOrMany::Many(instants) => {
                let offsets = enter(py, || Ok(self.0.offset_all(&instants)))?;
                Likeness::of(at)?.values(convert::durations_to_numpy(py, &offsets)?)
            }
        }
    }

    /// The wall clock at an instant, to the second: a datetime without a zone.
    fn local<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let local = self.0.local(convert::instant(at, "at")?).to_string();
        at.py().import("datetime")?.getattr("datetime")?.call_method1("fromisoformat", (local,))
    }

    /// The instant of a wall-clock time, text or a datetime without a zone: the offset before the
    /// gap for one that does not exist, the first occurrence of one that happens twice (RFC 5545).
    /// None beyond the years 1677 to 2262.
    fn instant<'py>(&self, local: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = local.py();
        let local = local_time(local, "local")?;
        self.0.instant(local).map(|at| convert::instant_to_python(py, at)).transpose()
    }

    /// When the wall clock is set forward or back from `start` until before `end`.
    fn changes<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = start.py();
        let (start, end) = (convert::instant(start, "start")?, convert::instant(end, "end")?);
        convert::to_python(py, &self.0.changes(start, end))
    }

    fn __repr__(&self) -> String {
        format!("<itom.sla.Zone {} {}>", self.0.name(), self.0.version())
    }
}

/// A wall-clock time: text, or a datetime without a zone.
pub(super) fn local_time(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<LocalDateTime> {
    let naive = value.hasattr("isoformat")? && value.getattr("tzinfo").is_ok_and(|tz| tz.is_none());
    let text = match naive {
        true => value.call_method1("isoformat", ("T", "seconds"))?.extract()?,
        false => convert::text(value, argument)?,
    };
    text.parse().map_err(|error: Error| raise(error.about(argument)))
}

/// The clocks, looked at `at`, whose breach falls on another instant under other zone rules:
/// records with the place of the clock in the list, and both instants.
#[pyfunction]
pub fn moved_breaches<'py>(
    clocks: &Bound<'py, PyAny>,
    zones: &Bound<'py, ZoneDatabase>,
    at: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = at.py();
    let at = convert::instant(at, "at")?;
    let failed = |cause| refused(cause, "clocks", clocks, "a list of clocks");
    let mut cores = Vec::new();
    for clock in clocks.try_iter().map_err(failed)? {
        let clock = clock.map_err(failed)?;
        let clock = clock.cast::<Clock>().map_err(|error| failed(error.into()))?;
        cores.push(clock.get().0.with(py, |clock| Ok(clock.clone()))?);
    }
    let zones = &zones.get().0;
    let moved: Vec<MovedBreach> = enter(py, || core_moved_breaches(&cores, zones, at))?;
    convert::to_python(py, &moved)
}
