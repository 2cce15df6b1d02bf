//! The envelope around every saved state: what it is, of which version, and that it is whole.
//!
//! Every engine of the library can be written to bytes and read back to go on bit for bit. The
//! bytes are an envelope around the state in CBOR (RFC 8949), all integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | magic `ITOM` |
//! | 2 | version of the envelope, 1 |
//! | 1 + n | length and name of the engine, ASCII, such as `anomaly.detector` |
//! | 2 | version of the engine's state |
//! | 8 | hash of the engine's configuration ([`stable_hash`]) |
//! | 8 | watermark: the latest instant the state has seen, nanoseconds; the least i64 if none |
//! | 8 | length of the state |
//! | n | the state: one CBOR item, and columns if the engine has any |
//! | 8 | checksum: XXH3-64 of everything before |
//!
//! A column is eight bytes of length and as many of content, which an engine with millions of rows
//! takes over as they are ([`Sealer`], [`open_in_parts`]).
//!
//! Equal states give equal bytes: maps are written in sorted order. A reader refuses, with an
//! error, what is cut, damaged, of another engine or of a newer version; old versions stay
//! readable, which the golden files in `tests/golden` prove. The checksum finds accidents, not
//! forgers: do not restore bytes from someone you do not trust to describe your state.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer};
use serde::{Serialize, Serializer};

use crate::{Error, ErrorKind, Result, Timestamp};

const MAGIC: &[u8; 4] = b"ITOM";
const ENVELOPE_VERSION: u16 = 1;
const NO_WATERMARK: i64 = i64::MIN;

/// What an envelope says about the state inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The engine, such as `anomaly.detector`.
    pub engine: String,
    /// The version of the engine's state format.
    pub version: u16,
    /// [`stable_hash`] of the engine's configuration.
    pub configuration: u64,
    /// The latest instant the state has seen.
    pub watermark: Option<Timestamp>,
}

/// Bytes inside a state, such as the snapshot of another engine: written as one byte string, where
/// a `Vec<u8>` would be a list of numbers twice as long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BlobVisitor)
    }
}

struct BlobVisitor;

impl de::Visitor<'_> for BlobVisitor {
    type Value = Blob;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
        Ok(Blob(bytes.to_vec()))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Blob, E> {
        Ok(Blob(bytes))
    }
}

/// The library's one stable hash, XXH3-64: the same on every machine, in every version.
pub fn stable_hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// Writes a state into an envelope.
///
/// # Panics
/// When `state` cannot be written as CBOR or the engine's name is longer than 255 bytes: both are
/// bugs in the engine, not input.
pub fn seal<T: Serialize>(header: &Header, state: &T) -> Vec<u8> {
    Sealer::new(header, state, 0).finish()
}

/// An envelope that is being written: the state is in it, columns may follow.
///
/// ```
/// use itom_core::snapshot::{Header, Sealer, open_in_parts};
///
/// let header =
///     Header { engine: "test".to_owned(), version: 1, configuration: 0, watermark: None };
/// let mut sealer = Sealer::new(&header, &"two columns", 5);
/// sealer.column(|bytes| bytes.extend_from_slice(&[1, 2, 3]));
/// sealer.column(|bytes| bytes.extend_from_slice(&[4, 5]));
/// let bytes = sealer.finish();
/// let mut opened = open_in_parts(&bytes, "test", 1)?;
/// assert_eq!(opened.state::<String>()?, "two columns");
/// assert_eq!((opened.column()?, opened.column()?), (&[1, 2, 3][..], &[4, 5][..]));
/// opened.end()?;
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Sealer {
    bytes: Vec<u8>,
    /// Where the length of the state is written.
    length_at: usize,
}

impl Sealer {
    /// An envelope with a state in it, and room for so many bytes of columns.
    ///
    /// # Panics
    /// As [`seal`].
    pub fn new<T: Serialize>(header: &Header, state: &T, room: usize) -> Sealer {
        let name = header.engine.as_bytes();
        let mut payload = Vec::new();
        ciborium::into_writer(state, &mut payload)
            .expect("an engine's state can be written as CBOR");
        let columns = if room > 0 { room + room / 64 + 128 } else { 0 };
        let mut bytes = Vec::with_capacity(payload.len() + name.len() + 41 + columns);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&ENVELOPE_VERSION.to_le_bytes());
        bytes.push(u8::try_from(name.len()).expect("an engine's name is short"));
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(&header.version.to_le_bytes());
        bytes.extend_from_slice(&header.configuration.to_le_bytes());
        let watermark = header.watermark.map_or(NO_WATERMARK, Timestamp::as_nanos);
        bytes.extend_from_slice(&watermark.to_le_bytes());
        let length_at = bytes.len();
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&payload);
        Sealer { bytes, length_at }
    }

    /// Adds a column: what `write` adds to the bytes.
    pub fn column(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let length_at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 8]);
        write(&mut self.bytes);
        self.note_length(length_at);
    }

    /// The whole envelope.
    pub fn finish(mut self) -> Vec<u8> {
        self.note_length(self.length_at);
        let checksum = stable_hash(&self.bytes);
        self.bytes.extend_from_slice(&checksum.to_le_bytes());
        self.bytes
    }

    /// Writes how much follows a length in its place.
    fn note_length(&mut self, at: usize) {
        let length = (self.bytes.len() - at - 8) as u64;
        self.bytes[at..at + 8].copy_from_slice(&length.to_le_bytes());
    }
}

/// Reads a state of `engine` back; `newest` is the newest version of its format that is known.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for bytes that are cut, damaged or of another engine,
/// [`ErrorKind::Unsupported`] for a newer version.
pub fn open<T: DeserializeOwned>(bytes: &[u8], engine: &str, newest: u16) -> Result<(Header, T)> {
    let mut opened = open_in_parts(bytes, engine, newest)?;
    let state = opened.state()?;
    opened.end()?;
    Ok((opened.header, state))
}

/// Opens a snapshot of `engine` to read its state and then its columns; `newest` as in [`open`].
///
/// # Errors
/// As [`open`].
pub fn open_in_parts<'a>(bytes: &'a [u8], engine: &str, newest: u16) -> Result<Opened<'a>> {
    let what = format!("snapshot of {engine}");
    let (header, rest) = read_envelope(bytes).map_err(|why| Error::corrupt(&what, why))?;
    if header.engine != engine {
        return Err(Error::corrupt(&what, format!("it is a snapshot of {}", header.engine)));
    }
    if header.version > newest {
        let message = format!(
            "{what} has version {}, this build reads up to version {newest}",
            header.version
        );
        return Err(Error::new(ErrorKind::Unsupported, message).about("bytes"));
    }
    Ok(Opened { header, rest })
}

/// A snapshot that is whole, to be read part by part: see [`Sealer`].
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    /// What the envelope says about the state.
    pub header: Header,
    rest: &'a [u8],
}

impl<'a> Opened<'a> {
    /// The state, which comes first.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] for bytes that do not describe such a state.
    pub fn state<T: DeserializeOwned>(&mut self) -> Result<T> {
        ciborium::from_reader(&mut self.rest).map_err(|why| self.corrupt(why))
    }

    /// The next column.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when there is none.
    pub fn column(&mut self) -> Result<&'a [u8]> {
        let length = take::<8>(&mut self.rest).map_err(|why| self.corrupt(why))?;
        let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
        let parts = self.rest.split_at_checked(length);
        let (column, rest) = parts.ok_or_else(|| self.corrupt("it ends early"))?;
        self.rest = rest;
        Ok(column)
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when something is.
    pub fn end(&self) -> Result<()> {
        match self.rest {
            [] => Ok(()),
            rest => Err(self.corrupt(format!("{} bytes are left over", rest.len()))),
        }
    }

    fn corrupt(&self, why: impl fmt::Display) -> Error {
        Error::corrupt(&format!("snapshot of {}", self.header.engine), why)
    }
}

/// Reads the header of a snapshot of any engine, after checking that the bytes are whole.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for bytes that are cut or damaged.
pub fn header(bytes: &[u8]) -> Result<Header> {
    read_envelope(bytes).map(|(header, _)| header).map_err(|why| Error::corrupt("snapshot", why))
}

fn read_envelope(bytes: &[u8]) -> Result<(Header, &[u8]), String> {
    let Some((body, checksum)) = bytes.split_last_chunk::<8>() else {
        return Err(format!("{} bytes are too few", bytes.len()));
    };
    let mut rest = body;
    if take::<4>(&mut rest)? != *MAGIC {
        return Err("it does not begin with ITOM".to_owned());
    }
    if stable_hash(body) != u64::from_le_bytes(*checksum) {
        return Err("the checksum does not match".to_owned());
    }
    let envelope = u16::from_le_bytes(take(&mut rest)?);
    if envelope != ENVELOPE_VERSION {
        return Err(format!("envelope version {envelope} is unknown"));
    }
    let [length] = take::<1>(&mut rest)?;
    let (name, mut rest) = rest.split_at_checked(usize::from(length)).ok_or("it ends early")?;
    let engine = std::str::from_utf8(name).map_err(|_| "the engine's name is not text")?.to_owned();
    let version = u16::from_le_bytes(take(&mut rest)?);
    let configuration = u64::from_le_bytes(take(&mut rest)?);
    let watermark = i64::from_le_bytes(take(&mut rest)?);
    let watermark = (watermark != NO_WATERMARK).then(|| Timestamp::from_nanos(watermark));
    if u64::from_le_bytes(take(&mut rest)?) != rest.len() as u64 {
        return Err("the length does not match".to_owned());
    }
    Ok((Header { engine, version, configuration, watermark }, rest))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], String> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or("it ends early")?;
    *rest = tail;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Vec<u8> {
        let header = Header {
            engine: "test".to_owned(),
            version: 3,
            configuration: stable_hash(b"configuration"),
            watermark: Some(Timestamp::from_secs(1)),
        };
        seal(&header, &vec![1.0, f64::MIN_POSITIVE, -0.0])
    }

    #[test]
    fn what_was_sealed_opens() {
        let (header, state) = open::<Vec<f64>>(&sealed(), "test", 3).unwrap();
        assert_eq!(header.watermark, Some(Timestamp::from_secs(1)));
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&state), bits(&[1.0, f64::MIN_POSITIVE, -0.0]));
    }

    #[test]
    fn bytes_inside_a_state_are_one_string() {
        let header =
            Header { engine: "test".to_owned(), version: 1, configuration: 0, watermark: None };
        let blob = Blob((0..=255).collect());
        let bytes = seal(&header, &blob);
        assert!(bytes.len() < 320, "{}", bytes.len());
        assert_eq!(open::<Blob>(&bytes, "test", 1).unwrap().1, blob);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let whole = sealed();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let error = open::<Vec<f64>>(&bytes, "test", 3).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
        for length in 0..whole.len() {
            assert!(open::<Vec<f64>>(&whole[..length], "test", 3).is_err());
        }
    }

    #[test]
    fn another_engine_and_a_newer_version_are_refused() {
        let error = open::<Vec<f64>>(&sealed(), "other", 3).unwrap_err();
        assert!(error.to_string().contains("snapshot of test"), "{error}");
        let error = open::<Vec<f64>>(&sealed(), "test", 2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
