//! Columns of whole numbers: constant, packed in as few bits as they need, by differences, or runs.
//!
//! The encoder takes whichever is smallest. Writing and reading cost a few steps a number; a column
//! is as long as its reader expects, so a length is never taken from the bytes on trust.

use super::bytes::{Reader, put_signed, put_varint};
use crate::Result;

const CONSTANT: u8 = 0;
const PACKED: u8 = 1;
const DIFFERENCES: u8 = 2;
const RUNS: u8 = 3;

/// Writes a column.
pub(in crate::cmdb) fn put_numbers(out: &mut Vec<u8>, numbers: &[i64]) {
    let Some((least, most)) = range(numbers) else { return };
    if least == most {
        out.push(CONSTANT);
        put_signed(out, least);
        return;
    }
    let packed = cost(numbers.len(), width(least, most));
    let steps = || numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    // Differences of numbers that are far apart would wrap; then they do not pay either.
    let near = i128::from(most) - i128::from(least) < i128::from(i64::MAX);
    let (mut low, mut high, mut runs) = (i64::MAX, i64::MIN, 1_usize);
    for step in steps() {
        (low, high) = (low.min(step), high.max(step));
        runs += usize::from(step != 0);
    }
    let by_steps = if near { cost(numbers.len() - 1, width(low, high)) + 4 } else { usize::MAX };
    let lengths = usize::BITS - (numbers.len() / runs.max(1) * 4).leading_zeros();
    let by_runs = cost(runs, width(least, most) + lengths) + 8;
    if by_runs < packed && by_runs < by_steps && runs < numbers.len() / 2 {
        put_runs(out, numbers, runs);
    } else if by_steps < packed {
        out.push(DIFFERENCES);
        put_signed(out, numbers[0]);
        put_packed(out, low, width(low, high), steps());
    } else {
        out.push(PACKED);
        put_packed(out, least, width(least, most), numbers.iter().copied());
    }
}

fn put_runs(out: &mut Vec<u8>, numbers: &[i64], runs: usize) {
    let (mut values, mut lengths) = (Vec::with_capacity(runs), Vec::with_capacity(runs));
    for run in numbers.chunk_by(|a, b| a == b) {
        values.push(run[0]);
        lengths.push(run.len() as i64);
    }
    out.push(RUNS);
    put_varint(out, runs as u64);
    let (least, most) = range(&values).expect("there is a run");
    put_packed(out, least, width(least, most), values.into_iter());
    let (least, most) = range(&lengths).expect("there is a run");
    put_packed(out, least, width(least, most), lengths.into_iter());
}

/// Reads a column of so many numbers.
pub(in crate::cmdb) fn numbers(reader: &mut Reader<'_>, count: usize) -> Result<Vec<i64>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    reader.charge(count)?;
    match reader.byte()? {
        CONSTANT => Ok(vec![reader.signed()?; count]),
        PACKED => packed(reader, count),
        DIFFERENCES => {
            let mut number = reader.signed()?;
            let mut numbers = packed(reader, count - 1)?;
            numbers.push(0);
            for place in &mut numbers {
                let step = std::mem::replace(place, number);
                number = number.wrapping_add(step);
            }
            Ok(numbers)
        }
        RUNS => {
            let runs = reader.varint()?;
            let runs = usize::try_from(runs).ok().filter(|runs| *runs <= count);
            let runs = runs.ok_or_else(|| reader.wrong("more runs than numbers"))?;
            let (values, lengths) = (packed(reader, runs)?, packed(reader, runs)?);
            let mut numbers = Vec::with_capacity(count);
            for (value, length) in values.into_iter().zip(lengths) {
                let length = usize::try_from(length).ok();
                let length = length.filter(|length| *length <= count - numbers.len());
                let length = length.ok_or_else(|| reader.wrong("runs longer than the column"))?;
                numbers.resize(numbers.len() + length, value);
            }
            if numbers.len() != count {
                return Err(reader.wrong("runs shorter than the column"));
            }
            Ok(numbers)
        }
        _ => Err(reader.wrong("an unknown encoding of numbers")),
    }
}

/// Reads a column of numbers below a bound: numbers of names, rows, types.
pub(super) fn indices(reader: &mut Reader<'_>, count: usize, bound: usize) -> Result<Vec<u32>> {
    let numbers = numbers(reader, count)?;
    let bound = i64::try_from(bound).unwrap_or(i64::MAX).min(i64::from(u32::MAX));
    if numbers.iter().any(|number| *number < 0 || *number >= bound) {
        return Err(reader.wrong("a number that refers to nothing"));
    }
    Ok(numbers.into_iter().map(|number| number as u32).collect())
}

fn range(numbers: &[i64]) -> Option<(i64, i64)> {
    let mut range = (*numbers.first()?, *numbers.first()?);
    for &number in numbers {
        range = (range.0.min(number), range.1.max(number));
    }
    Some(range)
}

/// Bits that the numbers from `least` to `most` need.
fn width(least: i64, most: i64) -> u32 {
    64 - (most.wrapping_sub(least) as u64).leading_zeros()
}

fn cost(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// The least number, the bits of each, and each less the least one.
fn put_packed(out: &mut Vec<u8>, least: i64, width: u32, numbers: impl Iterator<Item = i64>) {
    put_signed(out, least);
    out.push(width as u8);
    let (mut held, mut bits) = (0_u128, 0_u32);
    for number in numbers {
        held |= u128::from(number.wrapping_sub(least) as u64) << bits;
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

fn packed(reader: &mut Reader<'_>, count: usize) -> Result<Vec<i64>> {
    let least = reader.signed()?;
    let width = usize::from(reader.byte()?);
    if width > 64 {
        return Err(reader.wrong("numbers of more than 64 bits"));
    }
    if width == 0 {
        return Ok(vec![least; count]);
    }
    let bytes = reader.take((count * width).div_ceil(8))?;
    let mask = u64::MAX >> (64 - width);
    let mut numbers = Vec::with_capacity(count);
    // While eight bytes from the first one of a number on are there, one load has all its bits.
    let fast = if width > 56 { 0 } else { (bytes.len().saturating_sub(7) * 8 / width).min(count) };
    for n in 0..fast {
        let bit = n * width;
        let eight = bytes[bit / 8..bit / 8 + 8].try_into().expect("eight bytes");
        let number = u64::from_le_bytes(eight) >> (bit % 8) & mask;
        numbers.push(least.wrapping_add(number as i64));
    }
    for n in fast..count {
        let bit = n * width;
        let mut sixteen = [0; 16];
        let rest = &bytes[bit / 8..];
        let length = rest.len().min(16);
        sixteen[..length].copy_from_slice(&rest[..length]);
        let number = (u128::from_le_bytes(sixteen) >> (bit % 8)) as u64 & mask;
        numbers.push(least.wrapping_add(number as i64));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_column_comes_back() {
        let random = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n << 7) as i64;
        let columns: Vec<(Vec<i64>, usize)> = vec![
            (vec![], 0),
            (vec![7], 3),
            (vec![-3; 1000], 3),
            ((0..1000).collect(), 10),
            ((0..1000).map(|n| n * 3600 + 1_700_000_000).collect(), 16),
            ((0..1000).map(|n| n / 100 % 3 * 1000).collect(), 40),
            ((0..1000).map(|n| random(n) & 7).collect(), 380),
            ((0..1000).map(random).collect(), 8020),
            (vec![i64::MIN, i64::MAX, 0, -1], 44),
            (vec![i64::MIN, 0, i64::MIN, 0, 1], 60),
        ];
        for (column, most) in columns {
            let mut bytes = Vec::new();
            put_numbers(&mut bytes, &column);
            assert!(
                bytes.len() <= most,
                "{} bytes for {:?}",
                bytes.len(),
                &column[..3.min(column.len())]
            );
            let mut reader = Reader::new(&bytes);
            assert_eq!(numbers(&mut reader, column.len()).unwrap(), column);
            assert!(reader.is_empty());
        }
    }
}
