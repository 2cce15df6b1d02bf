//! How the text of a template shows a slot: what all its values have in common.
//!
//! `part_17`, then `part_-4`, are shown as `part_<*>`; `1.5`, then `20.25`, as `<*>.<*>`.

use super::class::{DIGIT, HEX, JOIN, LETTER, SLASH, WORD, class, class_at};
use super::parameter::is_uuid;

/// Stands for what varies.
pub(super) const PLACEHOLDER: &str = "<*>";
/// Bytes of a value that are looked at.
const LONGEST: usize = 256;

/// The shape of one value: its numbers and identifiers replaced, its words and punctuation kept.
pub(super) fn of(value: &[u8]) -> String {
    if value.len() > LONGEST {
        return PLACEHOLDER.to_owned();
    }
    let mut shape = String::new();
    let mut place = 0;
    while place < value.len() {
        place = if class(value[place]) & WORD != 0 {
            word(value, place, &mut shape)
        } else {
            separator(value, place, &mut shape)
        };
    }
    shape
}

/// What two shapes have in common, word by word from both ends.
pub(super) fn common(a: &str, b: &str) -> String {
    let (a, b) = (parts(a), parts(b));
    let shorter = a.len().min(b.len());
    let head = (0..shorter).take_while(|&i| a[i] == b[i]).count();
    let tail = (1..=shorter - head).take_while(|&i| a[a.len() - i] == b[b.len() - i]).count();
    let mut shape = String::new();
    for part in a[..head].iter().chain([&PLACEHOLDER]).chain(&a[a.len() - tail..]) {
        push(&mut shape, part);
    }
    shape
}

fn push(shape: &mut String, part: &str) {
    if part != PLACEHOLDER || !shape.ends_with(PLACEHOLDER) {
        shape.push_str(part);
    }
}

/// A shape cut into placeholders, words and single separators.
fn parts(shape: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = shape;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with(PLACEHOLDER) {
            PLACEHOLDER.len()
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (part, after) = rest.split_at(length);
        parts.push(part);
        rest = after;
    }
    parts
}

/// Adds the shape of the word that begins at `start`, gives its end.
fn word(value: &[u8], start: usize, shape: &mut String) -> usize {
    if let Some(end) = whole_end(value, start) {
        push(shape, PLACEHOLDER);
        return end;
    }
    let length = |wanted: u8, from: usize| {
        value[from..].iter().take_while(|&&byte| class(byte) & wanted != 0).count()
    };
    let end = start + length(WORD, start);
    let first_digit = start + length(LETTER | HEX, start);
    if first_digit == end {
        shape.push_str(&String::from_utf8_lossy(&value[start..end]));
        return end;
    }
    let only_digits = first_digit + length(DIGIT, first_digit) == end;
    let prefix = &value[start..first_digit];
    let kept = if only_digits {
        prefix.len()
    } else {
        prefix.iter().rposition(|&byte| byte == b'_').map_or(0, |place| place + 1)
    };
    shape.push_str(&String::from_utf8_lossy(&prefix[..kept]));
    push(shape, PLACEHOLDER);
    end
}

/// Adds a separator, and gives the place behind it: a sign belongs to its number, and a path
/// varies as a whole.
fn separator(value: &[u8], place: usize, shape: &mut String) -> usize {
    let byte = value[place];
    let next = class_at(value, place + 1);
    let before = if place == 0 { 0 } else { class(value[place - 1]) };
    let signs = before & WORD == 0 || value[place - 1] == b'_';
    if matches!(byte, b'-' | b'+' | b'<' | b'>') && next & DIGIT != 0 && signs {
        return place + 1;
    }
    if value[place..].starts_with(b"://") {
        shape.push_str("://");
        push(shape, PLACEHOLDER);
        return list_item_end(value, place);
    }
    let opens_path = matches!(byte, b'/' | b'\\') && next & (LETTER | HEX | JOIN) != 0;
    if opens_path && (place == 0 || before & (WORD | JOIN) == 0) {
        push(shape, PLACEHOLDER);
        return list_item_end(value, place);
    }
    let width = value[place..]
        .utf8_chunks()
        .next()
        .map_or(1, |chunk| chunk.valid().chars().next().map_or(1, char::len_utf8));
    shape.push_str(&String::from_utf8_lossy(&value[place..place + width]));
    place + width
}

/// Where one of several values ends.
fn list_item_end(value: &[u8], start: usize) -> usize {
    let length = value[start..].iter().position(|&byte| matches!(byte, b' ' | b',' | b'\t'));
    length.map_or(value.len(), |length| start + length)
}

/// The end of what is one value in spite of its punctuation: an address, a UUID, a host.
pub(super) fn whole_end(value: &[u8], start: usize) -> Option<usize> {
    quad_end(value, start).or_else(|| uuid_end(value, start)).or_else(|| host_end(value, start))
}

fn uuid_end(value: &[u8], start: usize) -> Option<usize> {
    let end = start + 36;
    let uuid = value.get(start..end).is_some_and(is_uuid);
    (uuid && class_at(value, end) & WORD == 0).then_some(end)
}

/// The end of a name of three or more labels in lower case, of which the last is a word.
fn host_end(value: &[u8], start: usize) -> Option<usize> {
    let of_name = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let length = value[start..].iter().take_while(|byte| of_name(byte)).count();
    let name = &value[start..start + length];
    let last = name.rsplit(|&byte| byte == b'.').next()?;
    let labels = name.split(|&byte| byte == b'.').count();
    let host = labels > 2
        && last.len() > 1
        && last.iter().all(u8::is_ascii_lowercase)
        && class_at(value, start + length) & (WORD | SLASH) == 0;
    host.then_some(start + length)
}

/// The end of an address of four numbers.
fn quad_end(value: &[u8], start: usize) -> Option<usize> {
    let mut place = start;
    for part in 0..4 {
        let digits = value[place..].iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=3).contains(&digits) {
            return None;
        }
        place += digits;
        if part < 3 {
            if value.get(place) != Some(&b'.') {
                return None;
            }
            place += 1;
        }
    }
    (class_at(value, place) & WORD == 0).then_some(place)
}
