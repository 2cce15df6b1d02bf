//! A producer of arrays, honest and hostile.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use itom_core::table::{Column, Table, TextColumn};
use itom_core::{Result, Timestamp};

use crate::*;

thread_local! {
    /// Structs made and not yet released in this test.
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn count(change: i64) {
    LIVE.set(LIVE.get() + change);
}

/// What a made array owns.
struct Owned {
    _buffers: Vec<Vec<u8>>,
    pointers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
    schemas: Vec<*mut ArrowSchema>,
    _text: Vec<CString>,
}

struct Made {
    schema: ArrowSchema,
    array: ArrowArray,
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    unsafe {
        let owned = Box::from_raw((*array).private_data.cast::<Owned>());
        owned.children.iter().for_each(|&child| drop(Box::from_raw(child)));
        if !(*array).dictionary.is_null() {
            drop(Box::from_raw((*array).dictionary));
        }
        (*array).release = None;
    }
    count(-1);
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    unsafe {
        let owned = Box::from_raw((*schema).private_data.cast::<Owned>());
        owned.schemas.iter().for_each(|&child| drop(Box::from_raw(child)));
        if !(*schema).dictionary.is_null() {
            drop(Box::from_raw((*schema).dictionary));
        }
        (*schema).release = None;
    }
    count(-1);
}

fn bytes<T: Copy>(values: &[T]) -> Vec<u8> {
    let start = values.as_ptr().cast::<u8>();
    unsafe { std::slice::from_raw_parts(start, size_of_val(values)) }.to_vec()
}

/// An array of `length` cells; an empty buffer is a null pointer.
fn made(format: &str, length: i64, buffers: Vec<Vec<u8>>, children: Vec<(&str, Made)>) -> Made {
    count(2);
    let pointers = buffers
        .iter()
        .map(|buffer| if buffer.is_empty() { ptr::null() } else { buffer.as_ptr().cast() })
        .collect();
    let (mut schemas, mut arrays, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (name, child) in children {
        let name = CString::new(name).unwrap();
        let mut schema = child.schema;
        schema.name = name.as_ptr();
        names.push(name);
        schemas.push(Box::into_raw(Box::new(schema)));
        arrays.push(Box::into_raw(Box::new(child.array)));
    }
    let format = CString::new(format).unwrap();
    let format_pointer = format.as_ptr();
    names.push(format);
    let mut of_schema = Box::new(Owned {
        _buffers: Vec::new(),
        pointers: Vec::new(),
        children: Vec::new(),
        schemas,
        _text: names,
    });
    let mut of_array = Box::new(Owned {
        _buffers: buffers,
        pointers,
        children: arrays,
        schemas: Vec::new(),
        _text: Vec::new(),
    });
    let mut schema = ArrowSchema::empty();
    schema.format = format_pointer;
    schema.n_children = of_schema.schemas.len() as i64;
    schema.children = of_schema.schemas.as_mut_ptr();
    schema.private_data = Box::into_raw(of_schema).cast();
    schema.release = Some(release_schema);
    let mut array = ArrowArray::empty();
    array.length = length;
    array.null_count = -1;
    array.n_buffers = of_array.pointers.len() as i64;
    array.buffers = of_array.pointers.as_mut_ptr();
    array.n_children = of_array.children.len() as i64;
    array.children = of_array.children.as_mut_ptr();
    array.private_data = Box::into_raw(of_array).cast();
    array.release = Some(release_array);
    Made { schema, array }
}

fn table_of(name: &str, column: Made) -> Result<Table> {
    let length = column.array.length;
    let batch = made("+s", length, vec![Vec::new()], vec![(name, column)]);
    table_from_array(&batch.schema, &batch.array)
}

fn refusal(column: Made) -> String {
    table_of("c", column).unwrap_err().to_string()
}

#[test]
fn every_type_of_number_is_read() {
    let int = |format, values: Vec<u8>| {
        let table = table_of("c", made(format, 2, vec![vec![0b01], values], vec![])).unwrap();
        assert_eq!(table.int("c").unwrap(), [Some(7), None], "{format}");
    };
    int("c", bytes(&[7i8, 1]));
    int("C", bytes(&[7u8, 1]));
    int("s", bytes(&[7i16, 1]));
    int("S", bytes(&[7u16, 1]));
    int("i", bytes(&[7i32, 1]));
    int("I", bytes(&[7u32, 1]));
    int("l", bytes(&[7i64, 1]));
    int("L", bytes(&[7u64, 1]));
    let float = table_of("c", made("f", 2, vec![vec![0b10], bytes(&[1f32, 0.5])], vec![])).unwrap();
    assert_eq!(float.float("c").unwrap(), [None, Some(0.5)]);
    for (format, count) in [("tss:", 2), ("tsm:Asia/Tokyo", 2_000), ("tsu:UTC", 2_000_000)] {
        let times = made(format, 2, vec![Vec::new(), bytes(&[count, i64::MIN])], vec![]);
        let table = table_of("c", times).unwrap();
        assert_eq!(table.time("c").unwrap(), [Some(Timestamp::from_secs(2)), None], "{format}");
    }
}

#[test]
fn text_of_every_layout_is_read_from_any_offset() {
    let long = "longer than twelve bytes";
    let text = format!("xx{long}");
    let view = |length: u32, rest: [u32; 3]| [length, rest[0], rest[1], rest[2]];
    let layouts = [
        ("u", vec![Vec::new(), bytes(&[0i32, 1, 2, 2, 26]), text.clone().into_bytes()]),
        ("U", vec![Vec::new(), bytes(&[0i64, 1, 2, 2, 26]), text.clone().into_bytes()]),
        ("vu", {
            let x = u32::from_ne_bytes([b'x', 0, 0, 0]);
            let views =
                [view(1, [x, 0, 0]), view(1, [x, 0, 0]), view(0, [0; 3]), view(24, [0, 0, 2])];
            vec![Vec::new(), bytes(&views), text.clone().into_bytes(), bytes(&[26i64])]
        }),
    ];
    for (format, buffers) in layouts {
        let whole = table_of("c", made(format, 4, buffers.clone(), vec![])).unwrap();
        let cells: Vec<_> = whole.text("c").unwrap().iter().collect();
        assert_eq!(cells, [Some("x"), Some("x"), Some(""), Some(long)], "{format}");
        let mut column = made(format, 2, buffers, vec![]);
        column.array.offset = 2;
        let part = table_of("c", column).unwrap();
        let cells: Vec<_> = part.text("c").unwrap().iter().collect();
        assert_eq!(cells, [Some(""), Some(long)], "{format}");
    }
}

#[test]
fn the_offset_of_a_batch_adds_to_that_of_its_columns() {
    let mut column = made("l", 5, vec![vec![0b111011], bytes(&[0i64, 1, 2, 3, 4, 5])], vec![]);
    column.array.offset = 1;
    let mut batch = made("+s", 2, vec![Vec::new()], vec![("c", column)]);
    batch.array.offset = 1;
    let table = table_from_array(&batch.schema, &batch.array).unwrap();
    assert_eq!(table.int("c").unwrap(), [None, Some(3)]);
}

#[test]
fn what_a_producer_says_wrongly_is_refused_by_name() {
    let ints = || made("l", 2, vec![Vec::new(), bytes(&[1i64, 2])], vec![]);
    let with = |change: &dyn Fn(&mut ArrowArray)| {
        let mut column = ints();
        change(&mut column.array);
        let batch = made("+s", 2, vec![Vec::new()], vec![("c", column)]);
        table_from_array(&batch.schema, &batch.array).unwrap_err().to_string()
    };
    let said = [
        with(&|array| array.length = -1),
        with(&|array| array.length = i64::MAX),
        with(&|array| array.offset = -7),
        with(&|array| array.n_buffers = 1),
        with(&|array| array.length = 1),
        refusal(made("l", 2, vec![Vec::new(), Vec::new()], vec![])),
        refusal(made("z", 1, vec![Vec::new(), bytes(&[0i32, 1]), vec![b'x']], vec![])),
        refusal(made("u", 1, vec![Vec::new(), bytes(&[2i32, 1]), vec![b'x']], vec![])),
        refusal(made("u", 1, vec![Vec::new(), bytes(&[-1i32, 1]), vec![b'x']], vec![])),
        refusal(made("u", 1, vec![Vec::new(), bytes(&[0i32, 1]), vec![0xff]], vec![])),
        refusal(made(
            "vu",
            1,
            vec![Vec::new(), bytes(&[[20u32, 0, 0, 9]]), vec![0; 20], bytes(&[20i64])],
            vec![],
        )),
        refusal(made(
            "vu",
            1,
            vec![Vec::new(), bytes(&[[20u32, 0, 5, 0]]), vec![0; 20], bytes(&[20i64])],
            vec![],
        )),
        refusal(made("L", 1, vec![Vec::new(), bytes(&[u64::MAX])], vec![])),
        refusal(made("tss:", 1, vec![Vec::new(), bytes(&[i64::MAX])], vec![])),
    ];
    for message in said {
        assert!(message.contains("column c"), "{message}");
    }
    let array = ints();
    assert!(table_from_array(&array.schema, &array.array).is_err());
    let lonely = ints();
    let nothing = ArrowArray::empty();
    assert!(floats_from_array("values", &lonely.schema, &nothing).is_err());
    assert!(table_from_stream(ArrowArrayStream::empty()).is_err());
    let mut batch = made("+s", 2, vec![Vec::new()], vec![("c", ints())]);
    batch.array.n_children = 0;
    assert!(table_from_array(&batch.schema, &batch.array).is_err());
    let missing_row = made("+s", 2, vec![vec![0b01]], vec![("c", ints())]);
    assert!(table_from_array(&missing_row.schema, &missing_row.array).is_err());
}

#[test]
fn a_dictionary_is_looked_up_and_its_indices_checked() {
    let encoded = |indices: [i8; 3]| {
        let values = made("u", 2, vec![Vec::new(), bytes(&[0i32, 1, 2]), b"ab".to_vec()], vec![]);
        let mut column = made("c", 3, vec![vec![0b101], bytes(&indices)], vec![]);
        column.schema.dictionary = Box::into_raw(Box::new(values.schema));
        column.array.dictionary = Box::into_raw(Box::new(values.array));
        column
    };
    let table = table_of("c", encoded([1, 0, 0])).unwrap();
    let cells: Vec<_> = table.text("c").unwrap().iter().collect();
    assert_eq!(cells, [Some("b"), None, Some("a")]);
    assert!(refusal(encoded([2, 0, 0])).contains("column c in row 0"));
    assert!(refusal(encoded([0, 0, -1])).contains("column c in row 2"));
    assert_eq!(LIVE.get(), 0, "everything was released, once");
}

#[test]
fn nulls_and_missing_values_of_single_arrays() {
    let nulls = made("n", 3, vec![], vec![]);
    let values = floats_from_array("values", &nulls.schema, &nulls.array).unwrap();
    assert!(values.len() == 3 && values.iter().all(|value| value.is_nan()));
    let times = made("tsn:UTC", 2, vec![vec![0b01], bytes(&[5i64, 0])], vec![]);
    let read = |times: &Made| times_from_array("timestamps", &times.schema, &times.array);
    assert_eq!(read(&times).unwrap(), [5, NOT_A_TIME]);
    assert_eq!(read(&nulls).unwrap(), [NOT_A_TIME; 3]);
    let far = made("tss:", 2, vec![Vec::new(), bytes(&[5i64, i64::MAX / 2])], vec![]);
    let message = read(&far).unwrap_err().to_string();
    assert!(message.contains("timestamps in row 1"), "{message}");
    let table = made("+s", 2, vec![Vec::new()], vec![("n", made("n", 2, vec![], vec![]))]);
    let read = table_from_array(&table.schema, &table.array).unwrap();
    assert_eq!(read, Table::default().with_blank(["n"]));
}

/// A stream that fails after its schema.
unsafe extern "C" fn some_schema(_: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    unsafe { ptr::write(out, made("l", 0, vec![], vec![]).schema) };
    0
}

unsafe extern "C" fn failing_next(_: *mut ArrowArrayStream, _: *mut ArrowArray) -> c_int {
    5
}

unsafe extern "C" fn its_error(_: *mut ArrowArrayStream) -> *const c_char {
    const TEXT: &CStr = c"disk on fire";
    TEXT.as_ptr()
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    unsafe { (*stream).release = None };
}

#[test]
fn the_error_of_a_stream_is_passed_on() {
    let mut stream = ArrowArrayStream::empty();
    stream.get_schema = Some(some_schema);
    stream.get_next = Some(failing_next);
    stream.get_last_error = Some(its_error);
    stream.release = Some(release_stream);
    let message = floats_from_stream("values", stream).unwrap_err().to_string();
    assert!(message.contains("error 5: disk on fire"), "{message}");
}

#[test]
fn a_table_goes_round() {
    let table = Table::new([
        ("text", Column::Text([Some("a"), None, Some(""), Some("bcd")].into_iter().collect())),
        ("int", Column::Int(vec![Some(i64::MIN), None, Some(0), Some(i64::MAX)])),
        ("float", Column::Float(vec![Some(0.5), None, Some(-0.0), Some(f64::INFINITY)])),
        ("bool", Column::Bool(vec![Some(true), None, Some(false), Some(true)])),
        ("time", Column::Time(vec![Some(Timestamp::MAX), None, None, Some(Timestamp::MIN)])),
    ])
    .unwrap();
    let table = Arc::new(table);
    assert_eq!(table_from_stream(table_to_stream(table.clone())).unwrap(), *table);
    let empty = Table::new([("id", Column::Text(Default::default()))]).unwrap();
    assert_eq!(table_from_stream(table_to_stream(empty.clone().into())).unwrap(), empty);
    drop(table_to_stream(table));
}

#[test]
fn a_column_of_text_is_read_alone() {
    let cells = || [Some("a"), None, Some(""), Some("bcd")].into_iter().collect::<TextColumn>();
    let table = Table::new([("text", Column::Text(cells()))]).unwrap();
    let mut stream = table_to_stream(Arc::new(table));
    let schema = stream.schema().unwrap();
    let batch = stream.next().unwrap().unwrap();
    // SAFETY: a live record batch of one column has one live child, and so has its schema.
    let (schema, array) = unsafe { (&**schema.children, &**batch.children) };
    assert_eq!(texts_from_array("lines", schema, array).unwrap(), cells());
    assert!(floats_from_array("lines", schema, array).is_err());
}
