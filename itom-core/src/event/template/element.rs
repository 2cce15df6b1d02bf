//! Tokens made to the elements of a template: constants, and slots for what is variable.
//!
//! A slot takes in what belongs to one value: a number and its unit, a date of several words, a
//! list of values however long, so that a template does not depend on how many there are.

use super::hash;
use super::lexicon::Meaning;
use super::token::{Kind, Token};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub start: u32,
    pub end: u32,
    /// Of a constant; [`hash::ANY`] for a slot.
    pub hash: u64,
    pub slot: bool,
    /// No space before it.
    pub glued: bool,
    /// A constant that is a word.
    pub word: bool,
}

impl Element {
    fn slot(start: u32, end: u32, glued: bool) -> Element {
        Element { start, end, hash: hash::ANY, slot: true, glued, word: false }
    }

    fn constant(line: &[u8], token: &Token) -> Element {
        let (hash, word) = match token.kind {
            Kind::Mark(mark) => (u64::from(mark), false),
            _ => (hash::of(&line[token.start as usize..token.end as usize]), true),
        };
        let Token { start, end, glued, .. } = *token;
        Element { start, end, hash, slot: false, glued, word }
    }

    pub(super) fn of<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        &line[self.start as usize..self.end as usize]
    }
}

/// Makes elements of tokens and gives the hash of their sequence, the key of the template.
pub(super) fn fold(line: &[u8], tokens: &[Token], elements: &mut Vec<Element>) -> u64 {
    elements.clear();
    let mut key = 0;
    let mut put = |element: Element| {
        key = hash::join(key, element.hash);
        elements.push(element);
    };
    let mut place = 0;
    while place < tokens.len() {
        let token = &tokens[place];
        if is_slot(tokens, place) {
            let end = slot_end(tokens, place + 1);
            put(Element::slot(token.start, tokens[end - 1].end, token.glued));
            place = end;
            continue;
        }
        put(Element::constant(line, token));
        place += 1;
        match token.kind {
            Kind::Mark(b'(' | b'[') => {
                if let Some(end) = absent_end(tokens, place) {
                    put(Element::slot(token.end, tokens[end].start, true));
                    place = end;
                }
            }
            Kind::Mark(b'=') if token.glued && assigns_nothing(tokens, place) => {
                put(Element::slot(token.end, token.end, true));
            }
            Kind::Word(Meaning::User) if names_nobody(tokens, place) => {
                put(Element::slot(token.end + 1, token.end + 1, false));
            }
            _ => {}
        }
    }
    key
}

fn kind(tokens: &[Token], place: usize) -> Option<Kind> {
    tokens.get(place).map(|token| token.kind)
}

fn kind_before(tokens: &[Token], place: usize, back: usize) -> Option<Kind> {
    place.checked_sub(back).map(|place| tokens[place].kind)
}

/// Whether a token is variable, by its looks or its neighbours.
#[inline]
fn is_slot(tokens: &[Token], place: usize) -> bool {
    let Kind::Word(meaning) = tokens[place].kind else { return tokens[place].kind == Kind::Value };
    let before = |back| kind_before(tokens, place, back);
    let after = || kind(tokens, place + 1);
    let by_itself = match meaning {
        Meaning::From => return false,
        Meaning::Weekday => matches!(after(), Some(Kind::Value | Kind::Word(Meaning::Month))),
        Meaning::Month => after() == Some(Kind::Value) || before(1) == Some(Kind::Value),
        Meaning::Literal => matches!(before(1), Some(Kind::Mark(b'=' | b':'))),
        Meaning::Letter => names_something(tokens, place),
        _ => false,
    };
    by_itself
        || match before(1) {
            Some(Kind::Word(Meaning::User)) => follows_lead(tokens, place - 1),
            Some(Kind::Word(Meaning::For)) => after() == Some(Kind::Word(Meaning::From)),
            _ => false,
        }
}

/// Whether a single letter stands alone, as the name of a drive or an axis does; not as part of
/// `can't`, nor as a key or a function.
fn names_something(tokens: &[Token], place: usize) -> bool {
    let after = tokens.get(place + 1).filter(|next| next.glued);
    !tokens[place].glued
        && after.is_none_or(|next| {
            !matches!(next.kind, Kind::Mark(b'\'' | b'"' | b'=' | b'(' | b'[' | b'{' | b':'))
        })
}

/// Whether the word `user` at a place means one particular user.
fn follows_lead(tokens: &[Token], user: usize) -> bool {
    matches!(kind_before(tokens, user, 1), Some(Kind::Word(Meaning::Lead | Meaning::For)))
}

/// Where the slot ends whose first token is before `place`.
fn slot_end(tokens: &[Token], mut place: usize) -> usize {
    loop {
        match kind(tokens, place) {
            Some(Kind::Word(Meaning::Unit)) if tokens[place - 1].kind == Kind::Value => {
                place = gloss_end(tokens, place + 1);
            }
            Some(Kind::Value) => place += 1,
            Some(Kind::Word(_)) if is_slot(tokens, place) => place += 1,
            Some(Kind::Mark(b',')) if next_is_slot(tokens, place) => place += 2,
            Some(Kind::Mark(b'-' | b'*' | b'?'))
                if !tokens[place].glued
                    && next_is_slot(tokens, place)
                    && !tokens[place + 1].glued =>
            {
                place += 2;
            }
            // The sign of a direction or an end: `x+`, `b-`.
            Some(Kind::Mark(b'+' | b'-'))
                if tokens[place].glued
                    && tokens.get(place + 1).is_none_or(|next| !next.glued || is_comma(next)) =>
            {
                place += 1;
            }
            _ => return place,
        }
    }
}

fn is_comma(token: &Token) -> bool {
    token.kind == Kind::Mark(b',')
}

fn next_is_slot(tokens: &[Token], place: usize) -> bool {
    place + 1 < tokens.len() && is_slot(tokens, place + 1)
}

/// Behind a size that is said a second time for people: `1048576 bytes (1.0 MB)`.
fn gloss_end(tokens: &[Token], place: usize) -> usize {
    let gloss = tokens.get(place..place + 4).is_some_and(|tokens| {
        tokens[0].kind == Kind::Mark(b'(')
            && tokens[1].kind == Kind::Value
            && tokens[2].kind == Kind::Word(Meaning::Unit)
            && tokens[3].kind == Kind::Mark(b')')
    });
    place + if gloss { 4 } else { 0 }
}

/// The place of the bracket that closes the one before `place` if nothing is between the two where
/// a value could be: no more than a dash, or values of which some are dashes. `f()` is a name.
fn absent_end(tokens: &[Token], place: usize) -> Option<usize> {
    let open = &tokens[place - 1];
    let mut absent = !open.glued && place > 1;
    let mut end = place;
    loop {
        match kind(tokens, end)? {
            Kind::Mark(b')' | b']') => return absent.then_some(end),
            Kind::Mark(b'-') => absent = true,
            Kind::Value => {}
            _ => return None,
        }
        end += 1;
    }
}

/// Whether nothing is assigned by the `=` before `place`: the next key follows, or the end.
fn assigns_nothing(tokens: &[Token], place: usize) -> bool {
    let Some(next) = tokens.get(place) else { return true };
    if next.glued {
        return matches!(next.kind, Kind::Mark(b',' | b';'));
    }
    let assigned = tokens.get(place + 1).is_some_and(|t| t.glued && t.kind == Kind::Mark(b'='));
    assigned && matches!(next.kind, Kind::Word(_))
}

/// Whether the name is empty that should follow the word `user`, before `place`.
fn names_nobody(tokens: &[Token], place: usize) -> bool {
    matches!(kind(tokens, place), Some(Kind::Word(Meaning::From) | Kind::Mark(_)))
        && follows_lead(tokens, place - 1)
        && tokens[place].start > tokens[place - 1].end + 1
}
