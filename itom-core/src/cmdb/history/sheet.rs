//! Pages of a checkpoint as bytes: up to 1,024 numbers, or as many texts.
//!
//! A page is small enough to be read for one row and large enough to be packed: numbers in as few
//! bits as the greatest needs, texts of one length letter by letter, so that serial numbers and
//! addresses take the bits of their digits and what they have in common takes nothing. Reading is
//! some ten instructions a number, and total: whatever the bytes, there are as many numbers as were
//! asked for and none above what [`Sheet::most`] says, and texts have ends within their letters.
//! `FORMAT.md` beside the storage has every byte.

use super::super::storage::{Reader, put_varint};
use crate::Result;

/// Numbers or texts of a page.
pub(super) const PAGE: usize = 1024;

const SAME: u8 = 0;
const RUNNING: u8 = 1;
const PACKED: u8 = 2;
const WITH_ZEROS: u8 = 3;

const PLAIN: u8 = 0;
const LETTERS: u8 = 1;
/// Different lengths of texts that are kept letter by letter, and the greatest such length.
const LENGTHS: usize = 32;
const LONGEST: usize = 128;

// ---------------------------------------------------------------- numbers

/// A page of numbers that is not unpacked yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sheet<'a> {
    kind: u8,
    count: usize,
    least: u32,
    /// The greatest number less the least.
    span: u32,
    codes: &'a [u8],
}

/// Writes up to [`PAGE`] numbers.
pub(super) fn put_numbers(out: &mut Vec<u8>, numbers: &[u32]) {
    let (mut least, mut most, mut zeros) = (u32::MAX, 0, false);
    for &number in numbers {
        zeros |= number == 0;
        if number != 0 {
            (least, most) = (least.min(number), most.max(number));
        }
    }
    let first = numbers.first().copied().unwrap_or(0);
    if numbers.iter().all(|number| *number == first) {
        out.push(SAME);
        put_varint(out, u64::from(first));
        return;
    }
    if numbers.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) {
        out.push(RUNNING);
        put_varint(out, u64::from(first));
        return;
    }
    out.push(if zeros { WITH_ZEROS } else { PACKED });
    put_varint(out, u64::from(least));
    put_varint(out, u64::from(most - least));
    let code = |number: u32| match (zeros, number) {
        (true, 0) => 0,
        (true, _) => number - least + 1,
        (false, _) => number - least,
    };
    let width = width(zeros, most - least);
    let (mut held, mut bits) = (0_u64, 0);
    for &number in numbers {
        held |= u64::from(code(number)) << bits;
        bits += width;
        while bits >= 8 {
            out.push(held as u8);
            (held, bits) = (held >> 8, bits - 8);
        }
    }
    if bits > 0 {
        out.push(held as u8);
    }
}

/// Bits of each code.
fn width(zeros: bool, span: u32) -> u32 {
    64 - (u64::from(span) + u64::from(zeros)).leading_zeros()
}

impl<'a> Sheet<'a> {
    /// A page of so many numbers, at most [`PAGE`].
    pub(super) fn read(reader: &mut Reader<'a>, count: usize) -> Result<Self> {
        let kind = reader.byte()?;
        let mut number = || {
            let number = u32::try_from(reader.varint()?).ok();
            number.ok_or_else(|| reader.wrong("a number is too great"))
        };
        let least = number()?;
        let span = match kind {
            SAME => 0,
            RUNNING => count.saturating_sub(1) as u32,
            PACKED | WITH_ZEROS => number()?,
            _ => return Err(reader.wrong("an unknown kind of page")),
        };
        if least.checked_add(span).is_none() || kind == WITH_ZEROS && least == 0 {
            return Err(reader.wrong("a number is too great"));
        }
        let codes = match kind {
            SAME | RUNNING => &[][..],
            _ => reader.take((count * width(kind == WITH_ZEROS, span) as usize).div_ceil(8))?,
        };
        Ok(Sheet { kind, count, least, span, codes })
    }

    /// No number is greater.
    pub(super) fn most(&self) -> u32 {
        self.least + self.span
    }

    /// The number that all are.
    pub(super) fn same(&self) -> Option<u32> {
        (self.kind == SAME).then_some(self.least)
    }

    pub(super) fn numbers(&self) -> [u32; PAGE] {
        let mut numbers = [0; PAGE];
        let cells = &mut numbers[..self.count];
        match self.kind {
            SAME => cells.fill(self.least),
            RUNNING => cells.iter_mut().zip(self.least..).for_each(|(cell, n)| *cell = n),
            _ => {
                let zeros = self.kind == WITH_ZEROS;
                let width = width(zeros, self.span);
                // Room behind the last code, so that eight bytes can be loaded for each.
                let mut bytes = [0; PAGE * 4 + 8];
                bytes[..self.codes.len()].copy_from_slice(self.codes);
                let mask = (1_u64 << width) - 1;
                for (n, cell) in cells.iter_mut().enumerate() {
                    let bit = n * width as usize;
                    let eight: [u8; 8] = bytes[bit / 8..bit / 8 + 8].try_into().expect("eight");
                    let code = (u64::from_le_bytes(eight) >> (bit % 8) & mask) as u32;
                    *cell = match (zeros, code) {
                        (true, 0) => 0,
                        (true, code) => self.least + (code - 1).min(self.span),
                        (false, code) => self.least + code.min(self.span),
                    };
                }
            }
        }
        numbers
    }
}

// ---------------------------------------------------------------- texts

/// Writes up to [`PAGE`] texts: the letters of all, and where each ends.
pub(super) fn put_texts(out: &mut Vec<u8>, letters: &[u8], ends: &[u32]) {
    let starts = || std::iter::once(0).chain(ends.iter().copied());
    let lengths: Vec<u32> = starts().zip(ends).map(|(start, end)| end - start).collect();
    let mut plain = vec![PLAIN];
    put_numbers(&mut plain, &lengths);
    let mut packed = vec![LETTERS];
    let starts: Vec<u32> = starts().take(ends.len()).collect();
    if put_letters(&mut packed, letters, &lengths, &starts)
        && packed.len() < plain.len() + letters.len()
    {
        out.extend_from_slice(&packed);
    } else {
        out.extend_from_slice(&plain);
        out.extend_from_slice(letters);
    }
}

/// Letter by letter, unless there are too many lengths.
fn put_letters(out: &mut Vec<u8>, letters: &[u8], lengths: &[u32], starts: &[u32]) -> bool {
    let mut classes: Vec<u32> = Vec::new();
    let mut class_of = Vec::with_capacity(lengths.len());
    for length in lengths {
        let class = classes.iter().position(|class| class == length);
        class_of.push(class.unwrap_or(classes.len()) as u32);
        if class.is_none() {
            classes.push(*length);
        }
        if classes.len() > LENGTHS || *length as usize > LONGEST {
            return false;
        }
    }
    put_varint(out, classes.len() as u64);
    classes.iter().for_each(|length| put_varint(out, u64::from(*length)));
    put_numbers(out, &class_of);
    let mut column = Vec::with_capacity(starts.len());
    for (class, length) in classes.iter().enumerate() {
        for place in 0..*length {
            let own = class_of.iter().zip(starts).filter(|(of, _)| **of as usize == class);
            column.clear();
            column.extend(own.map(|(_, start)| letters[(start + place) as usize]));
            put_column(out, &column);
        }
    }
    true
}

/// The letters at one place: the bits of each, the different ones, and the codes of all.
fn put_column(out: &mut Vec<u8>, column: &[u8]) {
    let mut code_of = [u8::MAX; 256];
    let mut alphabet = Vec::new();
    for &letter in column {
        if code_of[letter as usize] == u8::MAX && alphabet.len() <= 16 {
            code_of[letter as usize] = alphabet.len() as u8;
            alphabet.push(letter);
        }
    }
    let bits = match alphabet.len() {
        0 | 1 => 0,
        2 => 1,
        3 | 4 => 2,
        5..=16 => 4,
        _ => 8,
    };
    out.push(bits);
    if bits == 8 {
        return out.extend_from_slice(column);
    }
    out.push(alphabet.len() as u8);
    out.extend_from_slice(&alphabet);
    if bits > 0 {
        let codes = column.chunks(8 / bits as usize).map(|letters| {
            let codes = letters.iter().enumerate();
            codes.fold(0, |byte, (n, letter)| byte | code_of[*letter as usize] << (n as u8 * bits))
        });
        out.extend(codes);
    }
}

/// Reads so many texts, at most [`PAGE`]; as many empty ones where the bytes make no sense.
pub(super) fn texts(bytes: &[u8], count: usize) -> (Vec<u8>, Vec<u32>) {
    let reader = &mut Reader::new(bytes);
    let read = match reader.byte() {
        Ok(PLAIN) => plain(reader, count),
        Ok(LETTERS) => letters(reader, count),
        _ => None,
    };
    read.unwrap_or_else(|| (Vec::new(), vec![0; count]))
}

fn plain(reader: &mut Reader<'_>, count: usize) -> Option<(Vec<u8>, Vec<u32>)> {
    let lengths = Sheet::read(reader, count).ok()?.numbers();
    let letters = reader.rest();
    let mut end = 0_u32;
    let mut ends = Vec::with_capacity(count);
    for length in &lengths[..count] {
        end = end.checked_add(*length)?;
        ends.push(end);
    }
    (end as usize == letters.len()).then(|| (letters.to_vec(), ends))
}

fn letters(reader: &mut Reader<'_>, count: usize) -> Option<(Vec<u8>, Vec<u32>)> {
    let classes = reader.count().ok().filter(|classes| *classes <= LENGTHS)?;
    let mut lengths = [0; LENGTHS];
    for length in &mut lengths[..classes] {
        *length = usize::try_from(reader.varint().ok()?).ok().filter(|n| *n <= LONGEST)?;
    }
    let class_of = Sheet::read(reader, count).ok()?;
    if class_of.most() as usize >= classes.max(1) {
        return None;
    }
    let class_of = class_of.numbers();
    let (mut ends, mut end) = (Vec::with_capacity(count), 0);
    let mut starts: [Vec<u32>; LENGTHS] = Default::default();
    for class in class_of[..count].iter().map(|class| *class as usize) {
        starts[class].push(end);
        end += lengths[class] as u32;
        ends.push(end);
    }
    let mut out = vec![0; end as usize];
    for (starts, length) in starts.iter().zip(&lengths[..classes]) {
        for place in 0..*length {
            column(reader, &mut out, starts, place)?;
        }
    }
    Some((out, ends))
}

/// Puts the letters of one place behind the starts.
fn column(reader: &mut Reader<'_>, out: &mut [u8], starts: &[u32], place: usize) -> Option<()> {
    let bits = reader.byte().ok()?;
    if bits == 8 {
        let letters = reader.take(starts.len()).ok()?;
        starts.iter().zip(letters).for_each(|(at, letter)| out[*at as usize + place] = *letter);
        return Some(());
    }
    let different = reader.byte().ok()?;
    let mut alphabet = [0; 16];
    alphabet.get_mut(..different as usize)?.copy_from_slice(reader.take(different.into()).ok()?);
    if bits == 0 {
        starts.iter().for_each(|at| out[*at as usize + place] = alphabet[0]);
        return Some(());
    }
    if !matches!(bits, 1 | 2 | 4) {
        return None;
    }
    let each = 8 / bits as usize;
    let codes = reader.take(starts.len().div_ceil(each)).ok()?;
    for (starts, byte) in starts.chunks(each).zip(codes) {
        let mut rest = *byte;
        for at in starts {
            out[*at as usize + place] = alphabet[(rest & ((1 << bits) - 1)) as usize];
            rest >>= bits;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn back(numbers: &[u32]) -> (Vec<u32>, usize) {
        let mut bytes = Vec::new();
        put_numbers(&mut bytes, numbers);
        let mut reader = Reader::new(&bytes);
        let sheet = Sheet::read(&mut reader, numbers.len()).unwrap();
        assert!(reader.is_empty());
        assert!(numbers.iter().all(|number| *number <= sheet.most()));
        (sheet.numbers()[..numbers.len()].to_vec(), bytes.len())
    }

    #[test]
    fn numbers_take_the_bits_they_need() {
        let cases: [(Vec<u32>, usize); 6] = [
            (vec![7; 1024], 2),
            ((70_000..71_024).collect(), 4),
            ((0..1024).map(|n| n * 37 % 256 + 1_000_000).collect(), 1030),
            ((0..1024).map(|n| if n % 3 == 0 { 0 } else { 500_000 + n }).collect(), 1415),
            (vec![u32::MAX, 0, 1, u32::MAX], 23),
            (vec![], 2),
        ];
        for (numbers, most) in cases {
            let (read, bytes) = back(&numbers);
            assert!(read == numbers && bytes <= most, "{bytes} bytes for {:?}", numbers.first());
        }
    }

    #[test]
    fn serial_numbers_take_the_bits_of_their_digits() {
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let names = (0..1024).map(|n| format!("host-{:07}.dc{}", 5_000_000 + n, n % 4));
        let serials = (0..1024).map(|n| format!("{:012X}", hash(n) >> 16));
        for (texts, most) in [(names.collect::<Vec<_>>(), 2100), (serials.collect(), 6400)] {
            assert!(there_and_back(&texts) <= most, "{}", there_and_back(&texts));
        }
    }

    fn there_and_back(all: &[impl AsRef<[u8]>]) -> usize {
        let (mut letters, mut ends) = (Vec::new(), Vec::new());
        for text in all {
            letters.extend_from_slice(text.as_ref());
            ends.push(letters.len() as u32);
        }
        let mut bytes = Vec::new();
        put_texts(&mut bytes, &letters, &ends);
        assert_eq!(texts(&bytes, all.len()), (letters, ends));
        bytes.len()
    }

    proptest! {
        #[test]
        fn any_numbers_come_back(
            numbers in proptest::collection::vec(
                prop_oneof![Just(0_u32), 1_u32..5, 1000_u32..70_000, any::<u32>()], 0..1025),
        ) {
            prop_assert_eq!(back(&numbers).0, numbers);
        }

        #[test]
        fn any_texts_come_back(all in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![4 => b'0'..b'4', 1 => any::<u8>()], 0..9), 0..300),
        ) {
            there_and_back(&all);
        }

        /// Whatever the bytes: no panic, and what comes out holds together.
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400), count in 0_usize..1025) {
            let (letters, ends) = texts(&bytes, count);
            prop_assert_eq!(ends.len(), count);
            prop_assert!(ends.is_sorted() && ends.last().copied().unwrap_or(0) as usize <= letters.len());
            if let Ok(sheet) = Sheet::read(&mut Reader::new(&bytes), count) {
                prop_assert!(sheet.numbers()[..count].iter().all(|number| *number <= sheet.most()));
            }
        }
    }
}
