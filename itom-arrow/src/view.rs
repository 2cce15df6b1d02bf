//! One array of the interface, looked at defensively: what can be checked is checked once, in
//! [`View::new`], and the cells are read through functions that keep inside it.

use std::ffi::c_void;
use std::marker::PhantomData;

use itom_core::{Error, Result};

use crate::abi::{ArrowArray, ArrowSchema};

/// The longest array that is taken: no machine holds a buffer for more.
const LONGEST: i64 = 1 << 56;

/// An array with its type and the name that errors use for it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// What errors call it: an argument's name, or with `is_column` a column's.
    name: &'a str,
    is_column: bool,
    pub(crate) format: &'a str,
    pub(crate) schema: &'a ArrowSchema,
    pub(crate) array: &'a ArrowArray,
    pub(crate) length: usize,
    offset: usize,
    validity: Option<Buffer<'a, u8>>,
}

/// A buffer of `T` of unknown size, perhaps unaligned.
#[derive(Clone, Copy)]
pub(crate) struct Buffer<'a, T> {
    start: *const T,
    array: PhantomData<&'a ArrowArray>,
}

impl<T: Copy> Buffer<'_, T> {
    /// # Safety
    /// The buffer holds more than `index` values.
    unsafe fn read(self, index: usize) -> T {
        // SAFETY: inside the buffer, says the caller; the alignment is not relied upon.
        unsafe { self.start.add(index).read_unaligned() }
    }
}

/// A scalar of which every bit pattern is a value.
///
/// # Safety
/// Only for such types.
pub(crate) unsafe trait Plain: Copy {}
// SAFETY: every bit pattern of an integer or a float is one.
unsafe impl Plain for i8 {}
// SAFETY: as above.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for i16 {}
// SAFETY: as above.
unsafe impl Plain for u16 {}
// SAFETY: as above.
unsafe impl Plain for i32 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for i64 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for f32 {}
// SAFETY: as above.
unsafe impl Plain for f64 {}
// SAFETY: four integers side by side.
unsafe impl Plain for [u32; 4] {}

impl<'a> View<'a> {
    pub(crate) fn new(
        name: &'a str,
        schema: &'a ArrowSchema,
        array: &'a ArrowArray,
    ) -> Result<Self> {
        View::named(name, false, schema, array)
    }

    fn named(
        name: &'a str,
        is_column: bool,
        schema: &'a ArrowSchema,
        array: &'a ArrowArray,
    ) -> Result<Self> {
        if array.is_released() {
            return Err(Error::invalid(name, "a released array", "a live array"));
        }
        let format = schema.format().map_err(|error| error.within(name))?;
        let mut view =
            View { name, is_column, format, schema, array, length: 0, offset: 0, validity: None };
        let (length, offset) = (array.length, array.offset);
        if !(0..=LONGEST).contains(&length) || !(0..=LONGEST).contains(&offset) {
            let value = format!("length {length} and offset {offset}");
            return Err(view.invalid(value, "an array of a length and offset from 0"));
        }
        (view.length, view.offset) = (length as usize, offset as usize);
        if format != "n" && array.n_buffers > 0 && array.null_count != 0 {
            view.validity = view.optional_buffer(0)?;
        }
        Ok(view)
    }

    /// The same array, a part of it: rows `start..start + length` of a child of a struct.
    pub(crate) fn part(mut self, start: usize, length: usize) -> Result<Self> {
        if self.length < start.saturating_add(length) {
            let value = format!("{} cells", self.length);
            return Err(self.invalid(value, format!("{} cells long", start + length)));
        }
        self.offset += start;
        self.length = length;
        Ok(self)
    }

    /// Refuses an array whose number of buffers is not what its type has.
    pub(crate) fn expect_buffers(&self, least: i64, most: i64) -> Result<()> {
        let count = self.array.n_buffers;
        if (least..=most).contains(&count) && !self.array.buffers.is_null() {
            return Ok(());
        }
        Err(self.invalid(format!("{count} buffers"), format!("an array of {least} buffers")))
    }

    /// Whether the cell in `row` is there.
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        debug_assert!(row < self.length, "rows are those of the view");
        let bit = self.offset + row;
        // SAFETY: a validity buffer holds a bit for each of the offset + length cells.
        self.validity.is_none_or(|bits| unsafe { bits.read(bit / 8) } >> (bit % 8) & 1 == 1)
    }

    /// Whether a cell may be missing at all.
    pub(crate) fn has_missing(&self) -> bool {
        (0..self.length).any(|row| !self.is_valid(row))
    }

    /// The cells of a column of plain values; `None` is missing.
    pub(crate) fn plain<T: Plain>(&self) -> Result<impl Iterator<Item = Option<T>>> {
        self.expect_buffers(2, 2)?;
        let values = self.buffer::<T>(1)?;
        let view = *self;
        Ok((0..self.length).map(move |row| {
            // SAFETY: the buffer of values holds each of the offset + length cells.
            view.is_valid(row).then(|| unsafe { values.read(view.offset + row) })
        }))
    }

    /// The cells of a column of bits.
    pub(crate) fn bits(&self) -> Result<impl Iterator<Item = Option<bool>>> {
        self.expect_buffers(2, 2)?;
        let values = self.buffer::<u8>(1)?;
        let view = *self;
        Ok((0..self.length).map(move |row| {
            let bit = view.offset + row;
            // SAFETY: the buffer of values holds a bit for each of the offset + length cells.
            view.is_valid(row).then(|| unsafe { values.read(bit / 8) } >> (bit % 8) & 1 == 1)
        }))
    }

    /// Calls `each` with the text of every cell; offsets are of type `T`.
    pub(crate) fn text<T: Plain + TryInto<usize>>(
        &self,
        mut each: impl FnMut(Option<&str>),
    ) -> Result<()> {
        self.expect_buffers(3, 3)?;
        if self.length == 0 {
            return Ok(());
        }
        let (offsets, bytes) = (self.buffer::<T>(1)?, self.optional_buffer::<u8>(2)?);
        for row in 0..self.length {
            let index = self.offset + row;
            // SAFETY: the buffer of offsets holds offset + length + 1 of them.
            let (start, end) = unsafe { (offsets.read(index), offsets.read(index + 1)) };
            let (Ok(start), Ok(end)) = (start.try_into(), end.try_into()) else {
                return Err(self.wrong_cell(row, "a negative offset", "an offset from 0"));
            };
            if !self.is_valid(row) {
                each(None);
                continue;
            }
            if end < start || (bytes.is_none() && end > start) {
                return Err(self.wrong_cell(row, "falling offsets", "offsets that rise"));
            }
            let cell = match bytes {
                None => &[],
                // SAFETY: the buffer of bytes reaches to the last offset, and offsets rise.
                Some(bytes) => unsafe {
                    std::slice::from_raw_parts(bytes.start.add(start), end - start)
                },
            };
            each(Some(self.utf8(row, cell)?));
        }
        Ok(())
    }

    /// Calls `each` with the text of every cell of a `utf8_view` array: 16 bytes a cell, either the
    /// text itself or the place of it in one of several buffers, whose sizes stand in the last.
    pub(crate) fn text_view(&self, mut each: impl FnMut(Option<&str>)) -> Result<()> {
        self.expect_buffers(3, LONGEST)?;
        let count = self.array.n_buffers as usize - 3;
        let sizes = if count == 0 { None } else { Some(self.buffer::<i64>(count + 2)?) };
        if self.length == 0 {
            return Ok(());
        }
        let views = self.buffer::<[u32; 4]>(1)?;
        for row in 0..self.length {
            if !self.is_valid(row) {
                each(None);
                continue;
            }
            // SAFETY: the buffer of views holds each of the offset + length cells.
            let view: [u32; 4] = unsafe { views.read(self.offset + row) };
            let length = view[0] as usize;
            if length <= 12 {
                let mut own = [0; 12];
                for (bytes, word) in own.chunks_exact_mut(4).zip(&view[1..]) {
                    bytes.copy_from_slice(&word.to_ne_bytes());
                }
                each(Some(self.utf8(row, &own[..length])?));
                continue;
            }
            let (index, start) = (view[2] as usize, view[3] as usize);
            let size = match sizes {
                // SAFETY: the last buffer holds a size for each of the `count` buffers.
                Some(sizes) if index < count => unsafe { sizes.read(index) },
                _ => return Err(self.wrong_cell(row, "a place in no buffer", "a place in one")),
            };
            if usize::try_from(size).is_ok_and(|size| start.saturating_add(length) > size) {
                return Err(self.wrong_cell(row, "a place outside its buffer", "a place inside"));
            }
            let bytes = self.buffer::<u8>(index + 2)?;
            // SAFETY: start + length is within the size that the producer gives for the buffer.
            let cell = unsafe { std::slice::from_raw_parts(bytes.start.add(start), length) };
            each(Some(self.utf8(row, cell)?));
        }
        Ok(())
    }

    /// The child of a struct array with its name.
    pub(crate) fn child(&self, index: usize) -> Result<View<'a>> {
        // SAFETY: the counts of children were compared by `children`, both arrays are live.
        let (schema, array) =
            unsafe { (*self.schema.children.add(index), *self.array.children.add(index)) };
        // SAFETY: a live struct's children are live structs, or null, which is refused.
        let (Some(schema), Some(array)) = (unsafe { (schema.as_ref(), array.as_ref()) }) else {
            return Err(self.invalid("a null child", "an array with children"));
        };
        View::named(schema.name()?, true, schema, array)?.part(self.offset, self.length)
    }

    /// The number of children, which schema and data must agree on.
    pub(crate) fn children(&self) -> Result<usize> {
        let (of_schema, of_array) = (self.schema.n_children, self.array.n_children);
        let pointers = !self.schema.children.is_null() && !self.array.children.is_null();
        if of_schema != of_array || of_schema < 0 || (of_schema > 0 && !pointers) {
            let value = format!("{of_schema} in the schema and {of_array} in the data");
            return Err(self.invalid(value, "a struct with as many children in both"));
        }
        Ok(of_schema as usize)
    }

    /// The dictionary of a dictionary-encoded array.
    pub(crate) fn dictionary(&self) -> Result<Option<View<'a>>> {
        // SAFETY: a live struct's dictionary is null or a live struct.
        match unsafe { (self.schema.dictionary.as_ref(), self.array.dictionary.as_ref()) } {
            (None, None) => Ok(None),
            (Some(schema), Some(array)) => {
                View::named(self.name, self.is_column, schema, array).map(Some)
            }
            _ => Err(self.invalid("half a dictionary", "a dictionary in schema and data")),
        }
    }

    fn buffer<T>(&self, index: usize) -> Result<Buffer<'a, T>> {
        match self.optional_buffer(index)? {
            Some(buffer) => Ok(buffer),
            // Of an empty array no cell is read.
            None if self.length == 0 => {
                Ok(Buffer { start: std::ptr::NonNull::dangling().as_ptr(), array: PhantomData })
            }
            None => Err(self.invalid(format!("no buffer {index}"), "an array with its data")),
        }
    }

    fn optional_buffer<T>(&self, index: usize) -> Result<Option<Buffer<'a, T>>> {
        if self.array.buffers.is_null() {
            return Err(self.invalid("no buffers", "an array with its buffers"));
        }
        // SAFETY: `index` is below n_buffers, which every caller has checked.
        let start: *const c_void = unsafe { *self.array.buffers.add(index) };
        let start = start.cast::<T>();
        Ok((!start.is_null()).then_some(Buffer { start, array: PhantomData }))
    }

    fn utf8<'b>(&self, row: usize, bytes: &'b [u8]) -> Result<&'b str> {
        std::str::from_utf8(bytes).map_err(|_| self.wrong_cell(row, "other bytes", "UTF-8 text"))
    }

    /// What errors call the array.
    fn called(&self) -> String {
        if self.is_column { column(self.name) } else { self.name.to_owned() }
    }

    /// An error about the whole array.
    pub(crate) fn invalid(
        &self,
        value: impl std::fmt::Display,
        expected: impl std::fmt::Display,
    ) -> Error {
        Error::invalid(&self.called(), value, expected)
    }

    /// An error about one cell.
    pub(crate) fn wrong_cell(
        &self,
        row: usize,
        value: impl std::fmt::Display,
        expected: &str,
    ) -> Error {
        Error::invalid(&format!("{} in row {row}", self.called()), value, expected)
    }
}

/// How errors call a column.
pub(crate) fn column(name: &str) -> String {
    format!("column {name}")
}
