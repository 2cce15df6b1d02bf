//! The values of a line, and what each is.

use serde::{Deserialize, Serialize};

use super::class::{COLON, DIGIT, HEX, JOIN, LETTER, SLASH, SPACE, WORD, class};
use super::lexicon::{Meaning, meaning};

/// What the value of a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ParameterKind {
    /// A number, with its sign, digits grouped by commas, an exponent or `%`.
    Number,
    /// A number and its unit: `12 MB`, `30ms`.
    Quantity,
    /// A hexadecimal number: `0x1f`, `7f3a90bc`.
    Hex,
    /// An IPv4 or IPv6 address, with or without its port.
    Ip,
    /// A hardware address of six bytes.
    Mac,
    /// A UUID.
    Uuid,
    /// A path of a file, or an absolute one of anything.
    Path,
    /// A URL.
    Url,
    /// A date, a time of day, or both.
    Timestamp,
    /// A word or identifier.
    Word,
    /// Several values.
    List,
    /// Nothing, where other lines have a value.
    Empty,
    /// What is none of these: a text in quotes, an object.
    Text,
    /// What a mask of the user's found.
    Mask,
    /// What is beyond the bytes that are looked at.
    Rest,
}

/// One value of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateParameter {
    /// What it is.
    pub kind: ParameterKind,
    /// Its text; bytes that are not UTF-8 are replaced by U+FFFD.
    pub value: String,
    /// Where it begins in the line, in bytes.
    pub start: u64,
    /// Where it ends in the line, in bytes.
    pub end: u64,
    /// The name of the mask of the user's that found it.
    pub mask: Option<String>,
}

/// What a value is by its looks.
pub(super) fn kind_of(value: &[u8]) -> ParameterKind {
    use ParameterKind as K;
    if value.is_empty() {
        return K::Empty;
    }
    match value {
        _ if is_number(value) => K::Number,
        _ if is_timestamp(value) => K::Timestamp,
        _ if is_quantity(value) => K::Quantity,
        _ if is_ip(value) => K::Ip,
        _ if is_mac(value) => K::Mac,
        _ if is_uuid(value) => K::Uuid,
        _ if is_hex(value) => K::Hex,
        _ if is_url(value) => K::Url,
        _ if is_path(value) => K::Path,
        [b'"' | b'\'', ..] => K::Text,
        _ if value.iter().any(|&byte| class(byte) & SPACE != 0 || byte == b',') => K::List,
        _ if value.iter().all(|&byte| class(byte) & (WORD | JOIN | SLASH | COLON) != 0) => K::Word,
        _ => K::Text,
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The length of the number that a text begins with, 0 if it begins with none.
fn number_length(text: &[u8]) -> usize {
    let sign = usize::from(text.first().is_some_and(|byte| b"+-<>~#".contains(byte)));
    let mut end = sign + digits(&text[sign..]);
    if end == sign {
        return 0;
    }
    while text.get(end) == Some(&b',') && digits(&text[end + 1..]) == 3 {
        end += 4;
    }
    if text.get(end) == Some(&b'.') {
        let fraction = digits(&text[end + 1..]);
        end += if fraction > 0 { fraction + 1 } else { 0 };
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(text.get(end + 1 + sign..).unwrap_or_default());
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    end + usize::from(text.get(end) == Some(&b'%'))
}

fn is_number(value: &[u8]) -> bool {
    number_length(value) == value.len()
}

fn is_quantity(value: &[u8]) -> bool {
    let length = number_length(value);
    let unit = value[length..].trim_ascii_start();
    let unit = unit.split(|&byte| byte == b'(').next().unwrap_or_default().trim_ascii_end();
    length > 0
        && (meaning(unit) == Meaning::Unit
            || matches!(unit, b"K" | b"M" | b"G" | b"T" | b"Hz" | b"kHz" | b"MHz" | b"GHz"))
}

/// Words and numbers such as `2026-06-15T10:00:00.5Z`, `Mon Jun 15 10:00:00 UTC 2026`, `10:00:00`.
fn is_timestamp(value: &[u8]) -> bool {
    let mut dated = false;
    let mut items = 0;
    for item in value.split(|&byte| class(byte) & SPACE != 0).filter(|item| !item.is_empty()) {
        items += 1;
        dated |= is_date_or_time(item);
        let named = matches!(meaning(item), Meaning::Weekday | Meaning::Month);
        if !(named || is_number(item) || is_date_or_time(item)) {
            return false;
        }
    }
    dated && items <= 6
}

/// Digits in groups of one or two, of four once at most, with `-`, `/` or `:` between.
fn is_date_or_time(item: &[u8]) -> bool {
    let mut separators = 0;
    let mut place = 0;
    loop {
        let length = digits(&item[place..]);
        if !matches!(length, 1 | 2 | 4) {
            return false;
        }
        place += length;
        match item.get(place) {
            Some(b'-' | b'/' | b':') => separators += 1,
            Some(b'T' | b'_') if separators >= 2 => {}
            // A fraction, or an offset of at most five more.
            Some(b'.' | b',') if separators >= 2 => {
                place += 1 + digits(&item[place + 1..]);
                return is_offset(&item[place..]);
            }
            _ => return separators >= 2 && is_offset(&item[place..]),
        }
        place += 1;
    }
}

fn is_offset(text: &[u8]) -> bool {
    matches!(text, b"" | b"Z")
        || text.len() <= 6
            && matches!(text[0], b'+' | b'-')
            && text[1..].iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
}

fn is_ip(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let text = text.trim_start_matches('/');
    text.parse::<std::net::IpAddr>().is_ok()
        || text.parse::<std::net::SocketAddr>().is_ok()
        || text.rsplit_once('/').is_some_and(|(address, prefix)| {
            prefix.parse::<u8>().is_ok_and(|bits| bits <= 128)
                && address.parse::<std::net::IpAddr>().is_ok()
        })
}

fn is_mac(value: &[u8]) -> bool {
    value.len() == 17
        && value.iter().enumerate().all(|(place, &byte)| match place % 3 {
            2 => byte == value[2] && matches!(byte, b':' | b'-'),
            _ => class(byte) & (DIGIT | HEX) != 0,
        })
}

/// Whether a value is a UUID.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(place, &byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => class(byte) & (DIGIT | HEX) != 0,
        })
}

fn is_hex(value: &[u8]) -> bool {
    let stripped = value.strip_prefix(b"0x").or_else(|| value.strip_prefix(b"0X"));
    let text = stripped.unwrap_or(value);
    let enough = if stripped.is_some() { 1 } else { 6 };
    text.len() >= enough && text.iter().all(|&byte| class(byte) & (DIGIT | HEX) != 0)
}

fn is_url(value: &[u8]) -> bool {
    let scheme = value.iter().take_while(|&&byte| class(byte) & (LETTER | HEX) != 0).count();
    scheme > 1 && value[scheme..].starts_with(b"://")
}

fn is_path(value: &[u8]) -> bool {
    let drive = value.len() > 2 && value[1] == b':' && class(value[2]) & SLASH != 0;
    let spaced = value.iter().any(|&byte| class(byte) & SPACE != 0);
    !spaced && (class(value[0]) & SLASH != 0 || drive || value.contains(&b'/'))
}
