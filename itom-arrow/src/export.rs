//! A [`Table`] as a stream of one record batch.
//!
//! Columns become `large_utf8`, `int64`, `float64`, `bool` and `timestamp[ns, UTC]`, all of them
//! nullable. What is handed out owns its memory: the table may be gone before the reader is.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use itom_core::table::{Column, Table};

use crate::abi::{ArrowArray, ArrowArrayStream, ArrowSchema};

const NULLABLE: i64 = 2;

/// The table as a stream of one record batch.
///
/// ```
/// use itom_arrow::{table_from_stream, table_to_stream};
/// use itom_core::table::{Column, Table};
///
/// let table = Table::new([("id", Column::Text(["web", "db"].into_iter().collect()))])?;
/// let stream = table_to_stream(table.clone().into());
/// assert_eq!(table_from_stream(stream)?, table);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn table_to_stream(table: Arc<Table>) -> ArrowArrayStream {
    let state = Box::new(StreamState { table, done: false });
    ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release_stream),
        private_data: Box::into_raw(state).cast(),
    }
}

struct StreamState {
    table: Arc<Table>,
    done: bool,
}

/// What an exported schema owns.
struct SchemaState {
    format: CString,
    name: CString,
    children: Box<[*mut ArrowSchema]>,
}

/// What an exported array owns.
struct ArrayState {
    buffers: Box<[*const c_void]>,
    children: Box<[*mut ArrowArray]>,
    _memory: Vec<Memory>,
}

/// The memory of one buffer, aligned as its values want it.
enum Memory {
    Bytes(Vec<u8>),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
}

impl Memory {
    fn start(&self) -> *const c_void {
        match self {
            Memory::Bytes(values) => values.as_ptr().cast(),
            Memory::Ints(values) => values.as_ptr().cast(),
            Memory::Floats(values) => values.as_ptr().cast(),
        }
    }
}

fn table_schema(table: &Table) -> ArrowSchema {
    let children = table.columns().map(|(name, column)| {
        let format = match column {
            Column::Text(_) => "U",
            Column::Int(_) => "l",
            Column::Float(_) => "g",
            Column::Bool(_) => "b",
            Column::Time(_) => "tsn:UTC",
            other => unreachable!("a column of {} has an arrow type", other.type_name()),
        };
        Box::into_raw(Box::new(schema(format, name, NULLABLE, Box::default())))
    });
    schema("+s", "", 0, children.collect())
}

fn schema(format: &str, name: &str, flags: i64, children: Box<[*mut ArrowSchema]>) -> ArrowSchema {
    // A name with a NUL inside cannot be said in C; what stands before it can.
    let name = name.split('\0').next().unwrap_or("");
    let text = |text: &str| CString::new(text).unwrap_or_default();
    let mut state = Box::new(SchemaState { format: text(format), name: text(name), children });
    ArrowSchema {
        format: state.format.as_ptr(),
        name: state.name.as_ptr(),
        metadata: ptr::null(),
        flags,
        n_children: state.children.len() as i64,
        children: state.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_schema),
        private_data: Box::into_raw(state).cast(),
    }
}

fn table_array(table: &Table) -> ArrowArray {
    let children = table.columns().map(|(_, column)| Box::into_raw(Box::new(column_array(column))));
    array(table.rows(), 0, vec![None], children.collect())
}

fn column_array(column: &Column) -> ArrowArray {
    fn is_some<T>(cells: &[Option<T>]) -> impl ExactSizeIterator<Item = bool> {
        cells.iter().map(Option::is_some)
    }
    match column {
        Column::Text(cells) => {
            let mut text = Vec::new();
            let mut offsets = Vec::with_capacity(cells.len() + 1);
            offsets.push(0);
            for cell in cells.iter() {
                text.extend_from_slice(cell.unwrap_or("").as_bytes());
                offsets.push(text.len() as i64);
            }
            let valid: Vec<bool> = cells.iter().map(|cell| cell.is_some()).collect();
            let (missing, bits) = validity(valid.into_iter());
            let memory = vec![bits, Some(Memory::Ints(offsets)), Some(Memory::Bytes(text))];
            array(cells.len(), missing, memory, Box::default())
        }
        Column::Int(cells) => {
            let values = cells.iter().map(|cell| cell.unwrap_or(0)).collect();
            plain(is_some(cells), Memory::Ints(values))
        }
        Column::Float(cells) => {
            let values = cells.iter().map(|cell| cell.unwrap_or(0.0)).collect();
            plain(is_some(cells), Memory::Floats(values))
        }
        Column::Bool(cells) => {
            let bits = pack(cells.iter().map(|cell| *cell == Some(true)));
            plain(is_some(cells), Memory::Bytes(bits))
        }
        Column::Time(cells) => {
            let values = cells.iter().map(|cell| cell.map_or(0, |time| time.as_nanos())).collect();
            plain(is_some(cells), Memory::Ints(values))
        }
        other => unreachable!("a column of {} has an arrow type", other.type_name()),
    }
}

fn plain(valid: impl ExactSizeIterator<Item = bool>, values: Memory) -> ArrowArray {
    let length = valid.len();
    let (missing, bits) = validity(valid);
    array(length, missing, vec![bits, Some(values)], Box::default())
}

/// The number of missing cells, and the bitmap of those that are there unless all are.
fn validity(valid: impl ExactSizeIterator<Item = bool>) -> (usize, Option<Memory>) {
    let length = valid.len();
    let bits = pack(valid);
    let present: u32 = bits.iter().map(|byte| byte.count_ones()).sum();
    let missing = length - present as usize;
    (missing, (missing > 0).then_some(Memory::Bytes(bits)))
}

fn pack(cells: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let mut bits = vec![0; cells.len().div_ceil(8)];
    for (index, cell) in cells.enumerate() {
        bits[index / 8] |= u8::from(cell) << (index % 8);
    }
    bits
}

fn array(
    length: usize,
    missing: usize,
    memory: Vec<Option<Memory>>,
    children: Box<[*mut ArrowArray]>,
) -> ArrowArray {
    let buffers = memory.iter().map(|one| one.as_ref().map_or(ptr::null(), Memory::start));
    let buffers = buffers.collect();
    let memory = memory.into_iter().flatten().collect();
    let mut state = Box::new(ArrayState { buffers, children, _memory: memory });
    ArrowArray {
        length: length as i64,
        null_count: missing as i64,
        offset: 0,
        n_buffers: state.buffers.len() as i64,
        n_children: state.children.len() as i64,
        buffers: state.buffers.as_mut_ptr(),
        children: state.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_array),
        private_data: Box::into_raw(state).cast(),
    }
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: called with our live stream, so its private data is a `StreamState`.
    let state = unsafe { &*(*stream).private_data.cast::<StreamState>() };
    // SAFETY: `out` is the caller's memory for a schema; it holds none yet, so nothing is dropped.
    unsafe { ptr::write(out, table_schema(&state.table)) };
    0
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: called with our live stream, so its private data is a `StreamState`.
    let state = unsafe { &mut *(*stream).private_data.cast::<StreamState>() };
    let next = if state.done { ArrowArray::empty() } else { table_array(&state.table) };
    state.done = true;
    // SAFETY: `out` is the caller's memory for an array; it holds none yet, so nothing is dropped.
    unsafe { ptr::write(out, next) };
    0
}

unsafe extern "C" fn get_last_error(_: *mut ArrowArrayStream) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    // SAFETY: called once with our live stream, whose private data came from a `Box`.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<StreamState>()));
        (*stream).release = None;
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: called once with our live schema; its private data and its children came from boxes,
    // and a child that was moved out is marked released, so that dropping its box does nothing.
    unsafe {
        let state = Box::from_raw((*schema).private_data.cast::<SchemaState>());
        for &child in &state.children {
            drop(Box::from_raw(child));
        }
        (*schema).release = None;
    }
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: as in `release_schema`.
    unsafe {
        let state = Box::from_raw((*array).private_data.cast::<ArrayState>());
        for &child in &state.children {
            drop(Box::from_raw(child));
        }
        (*array).release = None;
    }
}
