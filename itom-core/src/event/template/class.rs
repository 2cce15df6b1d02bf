//! What a byte is to the tokenizer: one look-up a byte.

pub(super) const DIGIT: u8 = 1;
/// A letter that is no hexadecimal digit, an underscore, a byte beyond ASCII.
pub(super) const LETTER: u8 = 2;
/// A letter that is a hexadecimal digit.
pub(super) const HEX: u8 = 4;
/// Joins words and numbers to one: `10.0.0.1`, `node-4`, `user@host`.
pub(super) const JOIN: u8 = 8;
pub(super) const SLASH: u8 = 16;
pub(super) const COLON: u8 = 32;
/// Stands for itself: brackets, quotes, commas.
pub(super) const MARK: u8 = 64;
/// White space and control characters.
pub(super) const SPACE: u8 = 128;

pub(super) const WORD: u8 = DIGIT | LETTER | HEX;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [MARK; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => HEX,
            b'g'..=b'z' | b'G'..=b'Z' | b'_' | 0x80..=0xff => LETTER,
            b'.' | b'-' | b'@' | b'$' | b'+' | b'~' | b'%' | b'&' | b'#' => JOIN,
            b'/' | b'\\' => SLASH,
            b':' => COLON,
            0..=b' ' | 0x7f => SPACE,
            _ => MARK,
        };
        byte += 1;
    }
    table
}

#[inline]
pub(super) fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// The class of the byte at a place; a space beyond the end.
#[inline]
pub(super) fn class_at(line: &[u8], place: usize) -> u8 {
    line.get(place).map_or(SPACE, |&byte| class(byte))
}
