//! The record format: a header of types, then the values ("Record Format").

/// A value of a row.
#[derive(Clone, Copy)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Float(f64),
    Text(&'a str),
}

/// A row as bytes.
pub(super) fn record(cells: &[Cell<'_>]) -> Vec<u8> {
    let (mut types, mut body) = (Vec::with_capacity(cells.len() + 4), Vec::new());
    for cell in cells {
        match *cell {
            Cell::Null => types.push(0),
            Cell::Int(number) => whole(number, &mut types, &mut body),
            Cell::Float(number) => {
                types.push(7);
                body.extend_from_slice(&number.to_be_bytes());
            }
            Cell::Text(text) => {
                varint(13 + 2 * text.len() as u64, &mut types);
                body.extend_from_slice(text.as_bytes());
            }
        }
    }
    // The size of the header counts itself, and may need a byte more for doing so.
    let mut size = types.len() + 1;
    while width(size as u64) + types.len() > size {
        size += 1;
    }
    let mut bytes = Vec::with_capacity(size + body.len());
    varint(size as u64, &mut bytes);
    bytes.append(&mut types);
    bytes.append(&mut body);
    bytes
}

/// A whole number in as few bytes as it needs; 0 and 1 need none.
fn whole(number: i64, types: &mut Vec<u8>, body: &mut Vec<u8>) {
    const WIDTHS: [(u8, usize); 6] = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (6, 8)];
    if let 0 | 1 = number {
        return types.push(8 + number as u8);
    }
    let fits = |bytes: usize| {
        bytes == 8 || (-(1i64 << (8 * bytes - 1))..1 << (8 * bytes - 1)).contains(&number)
    };
    for (kind, bytes) in WIDTHS {
        if fits(bytes) {
            types.push(kind);
            body.extend_from_slice(&number.to_be_bytes()[8 - bytes..]);
            return;
        }
    }
}

/// Big-endian groups of seven bits; all but the last have the high bit. Numbers here are below 2^56.
pub(super) fn varint(number: u64, bytes: &mut Vec<u8>) {
    for group in (0..width(number)).rev() {
        let more = if group > 0 { 0x80 } else { 0 };
        bytes.push((number >> (7 * group)) as u8 & 0x7f | more);
    }
}

fn width(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_bytes_they_need() {
        let length = |number| record(&[Cell::Int(number)]).len();
        let sizes = [0, 1, 2, -128, 128, 1 << 15, 1 << 23, 1 << 31, 1 << 47, i64::MIN].map(length);
        assert_eq!(sizes, [2, 2, 3, 3, 4, 5, 6, 8, 10, 10]);
        let mut bytes = Vec::new();
        varint(300, &mut bytes);
        assert_eq!(bytes, [0x82, 0x2c]);
    }

    #[test]
    fn a_long_header_counts_its_own_length() {
        let record = record(&vec![Cell::Null; 127]);
        assert_eq!((record.len(), &record[..2]), (129, &[0x81, 0x01][..]));
    }
}
