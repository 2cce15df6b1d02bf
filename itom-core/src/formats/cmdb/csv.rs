//! Tables of text, RFC 4180: a header, then a record or a relation a line.
//!
//! A header with `source`, `kind` and `target` makes relations (`group` and `min_up` if wanted),
//! every other one records: `class` and `id` are what they say, each other column is an attribute. An
//! empty cell says nothing; `""` is empty too. Quotes as in RFC 4180, lines end in LF or CRLF, a line
//! of another length is refused. Types come from the class model if one is given; without one every
//! value is text, for a serial number is no number.

use serde::{Deserialize, Serialize};

use crate::cmdb::{
    AttributeType, Import, ItemRecord, MinUpType, ModelDefinition, RecordEnd, RelationRecord, Value,
};
use crate::{Error, ErrorKind, Result};

/// How to read a table of text.
///
/// ```
/// use itom_core::formats::CsvOptions;
///
/// let options = CsvOptions { delimiter: ';', class: Some("host".into()), ..CsvOptions::default() };
/// assert_eq!(CsvOptions::default().delimiter, ',');
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CsvOptions {
    /// What stands between two cells: an ASCII character.
    pub delimiter: char,
    /// The class of records in a table without the column `class`.
    pub class: Option<String>,
    /// The class model that gives attributes their types.
    pub model: Option<ModelDefinition>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions { delimiter: ',', class: None, model: None }
    }
}

/// Reads records, or relations.
///
/// ```
/// use itom_core::formats::{CsvOptions, read_csv};
///
/// let hosts = "class,id,os\r\nhost,web-1,\"Debian 12, \"\"bookworm\"\"\"\r\nhost,web-2,\r\n";
/// let import = read_csv(hosts, &CsvOptions::default())?;
/// assert_eq!(import.records[0].attributes["os"], "Debian 12, \"bookworm\"".into());
/// assert!(import.records[1].attributes.is_empty());
/// let error = read_csv("class,id\nhost\n", &CsvOptions::default()).unwrap_err();
/// assert_eq!(error.to_string(), "line 2: cells must be 2 as in the header, got 1");
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// A quote that does not end, a line of another length than the header, a value that is not of the
/// type the model gives it; each with its line.
pub fn read_csv(text: &str, options: &CsvOptions) -> Result<Import> {
    if !options.delimiter.is_ascii() || matches!(options.delimiter, '"' | '\n' | '\r') {
        let value = format!("{:?}", options.delimiter);
        return Err(Error::invalid("delimiter", value, "an ASCII character but quote and newline"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines { text, at: 0, line: 1, delimiter: options.delimiter as u8 };
    let Some((_, header)) = lines.next_line()? else { return Ok(Import::default()) };
    check_header(&header)?;
    let column = |name: &str| header.iter().position(|own| own == name);
    let ends = (column("source"), column("kind"), column("target"));
    let mut import = Import::default();
    while let Some((line, cells)) = lines.next_line()? {
        let place = |error: Error| error.within(format!("line {line}")).about("text");
        if cells.len() != header.len() {
            let expected = format!("{} as in the header", header.len());
            return Err(place(Error::invalid("cells", cells.len(), expected)));
        }
        match ends {
            (Some(source), Some(kind), Some(target)) => {
                let relation = relation(&header, &cells, (source, kind, target));
                import.relations.push(relation.map_err(place)?);
            }
            _ => import.records.push(record(&header, &cells, options).map_err(place)?),
        }
    }
    Ok(import)
}

fn check_header(header: &[String]) -> Result<()> {
    let mut names: Vec<&str> = header.iter().map(String::as_str).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    let wrong = names.first().filter(|name| name.is_empty()).copied().or(twice);
    wrong.map_or(Ok(()), |name| {
        let error = Error::invalid("header", format!("{name:?}"), "names, each once");
        Err(error.within("line 1").about("text"))
    })
}

fn record(header: &[String], cells: &[String], options: &CsvOptions) -> Result<ItemRecord> {
    let cell = |name: &str| {
        let at = header.iter().position(|own| own == name)?;
        Some(cells[at].as_str()).filter(|cell| !cell.is_empty())
    };
    let class = cell("class").or(options.class.as_deref());
    let class = class.ok_or_else(|| Error::invalid("class", "nothing", "a cell or an option"))?;
    let mut record = ItemRecord::new(class);
    record.id = cell("id").map(str::to_owned);
    for (name, cell) in header.iter().zip(cells) {
        if matches!(name.as_str(), "id" | "class") || cell.is_empty() {
            continue;
        }
        let kind = options.model.as_ref().and_then(|model| type_of(model, class, name));
        record.attributes.insert(name.clone(), typed(kind, name, cell)?);
    }
    Ok(record)
}

/// The type of an attribute, its own or that of a class it extends.
fn type_of(model: &ModelDefinition, class: &str, attribute: &str) -> Option<AttributeType> {
    let mut next = model.classes.get(class);
    for _ in 0..=model.classes.len() {
        let class = next?;
        if let Some(found) = class.attributes.get(attribute) {
            return Some(found.attribute_type);
        }
        next = model.classes.get(class.extends.as_ref()?);
    }
    None
}

/// A cell as the type wants it. What is checked against the model anyway is left as text.
fn typed(kind: Option<AttributeType>, name: &str, cell: &str) -> Result<Value> {
    let wrong = |expected: &str| Error::invalid(name, format!("{cell:?}"), expected);
    Ok(match kind {
        Some(AttributeType::Int) => {
            Value::Int(cell.trim().parse().map_err(|_| wrong("a whole number"))?)
        }
        Some(AttributeType::Float) => {
            let number: f64 = cell.trim().parse().map_err(|_| wrong("a number"))?;
            Value::Float(Some(number).filter(|n| n.is_finite()).ok_or_else(|| wrong("finite"))?)
        }
        Some(AttributeType::Bool) => match cell.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Value::Bool(true),
            "false" | "no" | "0" => Value::Bool(false),
            _ => return Err(wrong("true or false")),
        },
        Some(AttributeType::List) => {
            Value::List(cell.split(';').map(|part| Value::from(part.trim())).collect())
        }
        _ => Value::from(cell),
    })
}

fn relation(
    header: &[String],
    cells: &[String],
    (source, kind, target): (usize, usize, usize),
) -> Result<RelationRecord> {
    let known = ["source", "kind", "target", "group", "min_up", "min_up_type", "weight"];
    if let Some(odd) = header.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Error::invalid("header", format!("{odd:?}"), known.join(", ")));
    }
    let need = |at: usize| match cells[at].as_str() {
        "" => Err(Error::invalid(&header[at], "nothing", "given")),
        cell => Ok(cell),
    };
    let id = |at| need(at).map(|id| RecordEnd::Id(id.to_owned()));
    let mut relation = RelationRecord::new(id(source)?, need(kind)?, id(target)?);
    for (name, cell) in header.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        match name.as_str() {
            "group" => relation.group = Some(cell.clone()),
            "min_up_type" => relation.min_up_type = MinUpType::parse(cell.trim())?,
            "min_up" | "weight" => {
                let number = cell.trim().parse();
                let wrong = |_| Error::invalid(name, format!("{cell:?}"), "a whole number");
                let number = Some(number.map_err(wrong)?);
                match name.as_str() {
                    "weight" => relation.weight = number,
                    _ => relation.min_up = number,
                }
            }
            _ => {}
        }
    }
    Ok(relation)
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    delimiter: u8,
}

impl Lines<'_> {
    /// The next line that is not empty, and the number of the one it begins in.
    fn next_line(&mut self) -> Result<Option<(usize, Vec<String>)>> {
        loop {
            if self.at >= self.text.len() {
                return Ok(None);
            }
            let begin = self.line;
            let mut cells = Vec::new();
            while !self.cell(&mut cells)? {}
            if cells.len() > 1 || !cells[0].is_empty() {
                return Ok(Some((begin, cells)));
            }
        }
    }

    /// Reads one cell; whether it was the last of its line.
    fn cell(&mut self, cells: &mut Vec<String>) -> Result<bool> {
        let mut cell = String::new();
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'"') {
            let begin = self.line;
            self.at += 1;
            loop {
                let rest = &self.text[self.at..];
                let Some(end) = rest.find('"') else {
                    let message = format!("line {begin}: a quote that opens here has no end");
                    return Err(Error::new(ErrorKind::InvalidArgument, message).about("text"));
                };
                cell.push_str(&rest[..end]);
                self.line += rest[..end].matches('\n').count();
                self.at += end + 1;
                if bytes.get(self.at) != Some(&b'"') {
                    break;
                }
                cell.push('"');
                self.at += 1;
            }
        }
        let rest = &self.text[self.at..];
        let ends = |b: u8| b == self.delimiter || b == b'\n';
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        let is_last = end == rest.len() || rest.as_bytes()[end] == b'\n';
        let plain = if is_last { rest[..end].trim_end_matches('\r') } else { &rest[..end] };
        cell.push_str(plain);
        cells.push(cell);
        self.at += end + 1;
        self.line += usize::from(is_last);
        Ok(is_last)
    }
}
