//! A line cut into words, marks and values, in one pass over its bytes.
//!
//! A value is what is variable by its looks alone: whatever has a digit, a path, an address, the
//! name of a host, an assigned text in quotes.

use super::class::{COLON, DIGIT, HEX, JOIN, LETTER, MARK, SLASH, SPACE, WORD, class, class_at};
use super::host::{is_host, is_short_label};
use super::lexicon::{Meaning, meaning};

/// How far the end of an assigned value is looked for.
const LONGEST_ASSIGNED: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word(Meaning),
    /// One punctuation mark, or the same several times.
    Mark(u8),
    Value,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
    /// No space before it.
    pub glued: bool,
}

/// Tokens as they are found.
#[derive(Debug)]
pub(super) struct Tokenizer<'a> {
    tokens: &'a mut Vec<Token>,
    glued: bool,
    /// Whether words are looked at; without it only masks of the user make values.
    typed: bool,
}

impl<'a> Tokenizer<'a> {
    pub(super) fn new(tokens: &'a mut Vec<Token>, typed: bool) -> Self {
        tokens.clear();
        Tokenizer { tokens, glued: false, typed }
    }

    /// Takes a stretch that is a value because a mask says so.
    pub(super) fn value(&mut self, start: usize, end: usize) {
        self.put(start, end, Kind::Value);
    }

    /// Cuts `line` from `start` to its end.
    pub(super) fn scan(&mut self, line: &[u8], start: usize) {
        let mut place = start;
        while place < line.len() {
            let first = class(line[place]);
            if first & SPACE != 0 {
                self.glued = false;
                place += 1;
            } else if first & WORD != 0 || opens_word(line, place, first) {
                place = self.word(line, place);
            } else {
                place = self.mark(line, place);
            }
        }
    }

    #[inline]
    fn put(&mut self, start: usize, end: usize, kind: Kind) {
        // A line is bounded far below the range of u32.
        self.tokens.push(Token { start: start as u32, end: end as u32, kind, glued: self.glued });
        self.glued = true;
    }

    /// A word or value, and the punctuation at its end.
    #[inline]
    fn word(&mut self, line: &[u8], start: usize) -> usize {
        let (end, flags) = word_end(line, start);
        let mut last = end;
        while last > start + 1 && trails(line[last - 1], flags) {
            last -= 1;
        }
        let word = &line[start..last];
        let kind = if self.typed && (is_value(word, flags) || self.is_bare_hex(flags)) {
            Kind::Value
        } else {
            Kind::Word(meaning(word))
        };
        self.put(start, last, kind);
        last
    }

    /// Whether a word of `a` to `f` is a number: where one is assigned, or an object's address is.
    fn is_bare_hex(&self, flags: u8) -> bool {
        let before = self.tokens.last().map(|token| token.kind);
        flags == HEX && self.glued && matches!(before, Some(Kind::Mark(b'=' | b'{')))
    }

    /// A mark, with its repetitions, and what is assigned by it.
    fn mark(&mut self, line: &[u8], start: usize) -> usize {
        let mark = line[start];
        let mut end = start + 1;
        if !matches!(mark, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'') {
            while line.get(end) == Some(&mark) {
                end += 1;
            }
        }
        let assigns = mark == b'=' && self.glued && self.typed;
        self.put(start, end, Kind::Mark(mark));
        match if assigns { assigned_end(line, end) } else { None } {
            Some(close) => {
                self.put(end, close, Kind::Value);
                close
            }
            None => end,
        }
    }
}

/// Whether a byte that is no letter or digit begins a word: a sign, a path, an address.
fn opens_word(line: &[u8], place: usize, first: u8) -> bool {
    let next = class_at(line, place + 1);
    if first & JOIN != 0 {
        return next & (WORD | SLASH) != 0;
    }
    if first & SLASH != 0 {
        return next & (WORD | JOIN | SLASH) != 0;
    }
    if first & COLON != 0 {
        let starts = place == 0 || class(line[place - 1]) & (WORD | MARK) == 0;
        return starts && next & COLON != 0 && class_at(line, place + 2) & (DIGIT | HEX) != 0;
    }
    matches!(line[place], b'<' | b'>') && next & DIGIT != 0
}

/// Whether a byte at the end of a word is punctuation after it.
fn trails(byte: u8, flags: u8) -> bool {
    match byte {
        b'%' => false,
        b'#' => flags & DIGIT == 0,
        byte => class(byte) & (JOIN | COLON) != 0,
    }
}

/// Where the word ends that begins at `start`, and the classes of its bytes.
#[inline]
fn word_end(line: &[u8], start: usize) -> (usize, u8) {
    let mut flags = class(line[start]);
    let mut place = start + 1;
    if flags & (COLON | MARK) != 0 {
        flags &= !MARK;
        place += usize::from(flags & COLON != 0);
    }
    while let Some(&byte) = line.get(place) {
        let class = class(byte);
        if class & (WORD | SLASH) == 0 && !goes_on(line, start, place, class, flags) {
            break;
        }
        flags |= class;
        place += 1;
    }
    (place, flags)
}

/// Whether a byte that is no letter or digit is inside a word.
#[inline]
fn goes_on(line: &[u8], start: usize, place: usize, class: u8, flags: u8) -> bool {
    match class {
        SPACE => false,
        JOIN => line[place] != line[place - 1] || !matches!(line[place], b'.' | b'-'),
        COLON => colon_joins(line, start, place, flags),
        _ => in_query(line, start, place, flags),
    }
}

/// Whether a colon is inside a word: of a time, an address, a URL, a drive, a host with its port.
fn colon_joins(line: &[u8], start: usize, place: usize, flags: u8) -> bool {
    let next = class_at(line, place + 1);
    let second = class_at(line, place + 2);
    if next & SLASH != 0 {
        return second & SLASH != 0 || place == start + 1;
    }
    let hexadecimal = flags & LETTER == 0;
    if flags & (DIGIT | COLON) != 0 {
        let double = next & COLON != 0 && second & (DIGIT | HEX) != 0;
        return next & DIGIT != 0 || hexadecimal && (next & HEX != 0 || double);
    }
    if hexadecimal && place == start + 2 && line.get(place + 3) == Some(&b':') {
        return next & (DIGIT | HEX) != 0;
    }
    next & DIGIT != 0 && flags & JOIN != 0 && is_short_label(&line[start..place])
}

/// Whether a mark is inside a path or URL.
fn in_query(line: &[u8], start: usize, place: usize, flags: u8) -> bool {
    flags & SLASH != 0
        && matches!(line[place], b'?' | b'=' | b',' | b'*')
        && class_at(line, place + 1) & (SPACE | MARK) == 0
        && (class(line[start]) & SLASH != 0 || flags & COLON != 0)
}

/// Whether a word is variable by its looks.
#[inline]
fn is_value(word: &[u8], flags: u8) -> bool {
    if flags & DIGIT != 0 {
        return true;
    }
    if flags & SLASH != 0 {
        return is_path(word, flags);
    }
    if flags & JOIN != 0 {
        return is_host(word);
    }
    flags == HEX && word.len() >= 8
}

/// Whether a word with a slash is a path, and not two words as in `read/write`.
fn is_path(word: &[u8], flags: u8) -> bool {
    word.len() > 1
        && (class(word[0]) & SLASH != 0
            || flags & (COLON | JOIN) != 0
            || word.iter().filter(|&&byte| class(byte) & SLASH != 0).count() > 1)
}

/// Where the value ends that is assigned at `start`, if it is more than a word: a text in quotes,
/// or what goes on to the next space, comma or semicolon outside of brackets.
fn assigned_end(line: &[u8], start: usize) -> Option<usize> {
    let first = *line.get(start)?;
    if matches!(first, b'"' | b'\'') {
        let text = &line[start + 1..];
        let close = text.iter().take(LONGEST_ASSIGNED).position(|&byte| byte == first)?;
        return Some(start + close + 2);
    }
    let mut open = 0_u32;
    let mut plain = true;
    let mut place = start;
    while place < line.len() {
        if place - start > LONGEST_ASSIGNED {
            return None;
        }
        match line[place] {
            b',' | b';' | b'=' if open == 0 => break,
            b'"' | b'\'' => break,
            b'(' | b'[' | b'{' | b'<' => open += 1,
            b')' | b']' | b'}' | b'>' if open == 0 => break,
            b')' | b']' | b'}' | b'>' => open -= 1,
            byte if class(byte) & SPACE != 0 => break,
            _ => {}
        }
        plain &= class(line[place]) & (LETTER | HEX) != 0;
        place += 1;
    }
    while place > start && class(line[place - 1]) & (JOIN | COLON) != 0 && line[place - 1] != b'%' {
        place -= 1;
    }
    (open == 0 && !plain && place > start).then_some(place)
}
