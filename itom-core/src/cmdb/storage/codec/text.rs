//! Columns of texts: letter by letter where texts of one length look alike, plain where not.
//!
//! Serial numbers, addresses and names of hosts are made by a pattern. Of the texts of one length
//! the letters at one place are a column of numbers into the few different letters there: nothing
//! where they are all the same, four bits where they are hexadecimal, and next to nothing where they
//! are the upper digits of a running number.

use hashbrown::HashMap;

use super::bytes::{Reader, put_bytes, put_varint};
use super::numbers::{indices, numbers, put_numbers};
use crate::Result;

const PLAIN: u8 = 0;
const LETTERS: u8 = 1;
/// Patterns pay from so many texts on, of so few lengths, and up to so many bytes.
const FEWEST: usize = 8;
const LENGTHS: usize = 48;
const LONGEST: usize = 128;
const MOST_BYTES: usize = 1 << 24;

/// Texts in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cmdb) struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(in crate::cmdb) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(in crate::cmdb) fn get(&self, n: usize) -> &str {
        let from = if n == 0 { 0 } else { self.ends[n - 1] };
        &self.text[from..self.ends[n]]
    }

    pub(in crate::cmdb) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    pub(in crate::cmdb) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|n| self.get(n))
    }

    /// How many, then the texts.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.len() as u64);
        let mut plain = vec![PLAIN];
        let lengths: Vec<i64> = self.iter().map(|text| text.len() as i64).collect();
        put_numbers(&mut plain, &lengths);
        if self.len() >= FEWEST && self.text.len() <= MOST_BYTES {
            let mut letters = vec![LETTERS];
            if self.put_letters(&mut letters, &lengths)
                && letters.len() < plain.len() + self.text.len()
            {
                out.extend_from_slice(&letters);
                return;
            }
        }
        out.extend_from_slice(&plain);
        put_bytes(out, self.text.as_bytes());
    }

    /// Whether they are of few enough lengths for it.
    fn put_letters(&self, out: &mut Vec<u8>, lengths: &[i64]) -> bool {
        let mut classes: Vec<i64> = Vec::new();
        let mut class_of = Vec::with_capacity(lengths.len());
        for length in lengths {
            let class = classes.iter().position(|class| class == length);
            class_of.push(class.unwrap_or(classes.len()) as i64);
            if class.is_none() {
                classes.push(*length);
            }
            if classes.len() > LENGTHS || *length > LONGEST as i64 {
                return false;
            }
        }
        put_varint(out, classes.len() as u64);
        classes.iter().for_each(|length| put_varint(out, *length as u64));
        put_numbers(out, &class_of);
        let mut starts: Vec<Vec<usize>> = vec![Vec::new(); classes.len()];
        for (n, class) in class_of.iter().enumerate() {
            starts[*class as usize].push(self.ends[n] - lengths[n] as usize);
        }
        let bytes = self.text.as_bytes();
        let mut codes = Vec::new();
        for (length, starts) in classes.iter().zip(&starts) {
            for place in 0..*length as usize {
                let mut code_of = [u8::MAX; 256];
                let mut alphabet = Vec::new();
                codes.clear();
                for start in starts {
                    let letter = bytes[start + place];
                    if code_of[letter as usize] == u8::MAX {
                        // In a text that is UTF-8 there are fewer than 255 different bytes.
                        code_of[letter as usize] = alphabet.len() as u8;
                        alphabet.push(letter);
                    }
                    codes.push(i64::from(code_of[letter as usize]));
                }
                put_bytes(out, &alphabet);
                put_numbers(out, &codes);
            }
        }
        true
    }

    pub(super) fn read(reader: &mut Reader<'_>, most: usize) -> Result<Self> {
        let count = reader.varint()?;
        let count = usize::try_from(count).ok().filter(|count| *count <= most);
        let count = count.ok_or_else(|| reader.wrong("more texts than there may be"))?;
        reader.charge(count)?;
        let (bytes, ends) = match reader.byte()? {
            PLAIN => {
                let ends = ends(reader, count)?;
                let bytes = reader.sized()?;
                if ends.last().copied().unwrap_or(0) != bytes.len() {
                    return Err(reader.wrong("texts of another length than they say"));
                }
                (bytes.to_vec(), ends)
            }
            LETTERS => letters(reader, count)?,
            _ => return Err(reader.wrong("an unknown encoding of texts")),
        };
        let text = String::from_utf8(bytes).map_err(|_| reader.wrong("a text is not UTF-8"))?;
        if ends.iter().any(|end| !text.is_char_boundary(*end)) {
            return Err(reader.wrong("a text is not UTF-8"));
        }
        Ok(Texts { text, ends })
    }
}

fn ends(reader: &mut Reader<'_>, count: usize) -> Result<Vec<usize>> {
    let mut end = 0_usize;
    let lengths = numbers(reader, count)?;
    let ends = lengths.into_iter().map(|length| {
        end = usize::try_from(length).ok().and_then(|length| end.checked_add(length))?;
        Some(end)
    });
    ends.collect::<Option<_>>().ok_or_else(|| reader.wrong("a length is too great"))
}

fn letters(reader: &mut Reader<'_>, count: usize) -> Result<(Vec<u8>, Vec<usize>)> {
    let classes = reader.count()?;
    let mut lengths = Vec::with_capacity(classes.min(LENGTHS));
    for _ in 0..classes {
        let length = reader.varint()?;
        if length > LONGEST as u64 || lengths.len() == LENGTHS {
            return Err(reader.wrong("a pattern is too long"));
        }
        lengths.push(length as usize);
    }
    let class_of = indices(reader, count, classes)?;
    let mut ends = Vec::with_capacity(count);
    let mut starts: Vec<Vec<usize>> = vec![Vec::new(); classes];
    let mut end = 0_usize;
    for class in class_of {
        starts[class as usize].push(end);
        end += lengths[class as usize];
        ends.push(end);
    }
    reader.charge(end)?;
    let mut bytes = vec![0; end];
    for (length, starts) in lengths.into_iter().zip(starts) {
        for place in 0..length {
            let alphabet = reader.sized()?;
            if let [letter] = alphabet {
                // Its column is constant: two bytes that say so.
                indices(reader, starts.len().min(1), 1)?;
                starts.iter().for_each(|start| bytes[start + place] = *letter);
                continue;
            }
            let codes = indices(reader, starts.len(), alphabet.len())?;
            for (start, code) in starts.iter().zip(codes) {
                bytes[start + place] = alphabet[code as usize];
            }
        }
    }
    Ok((bytes, ends))
}

/// Numbers texts as they come up.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    numbers: HashMap<&'a str, u32>,
    pub(super) texts: Texts,
}

impl<'a> Names<'a> {
    pub(super) fn number(&mut self, text: &'a str) -> u32 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u32 - 1
        })
    }
}
