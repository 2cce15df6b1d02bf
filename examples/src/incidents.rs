//! Reads the event log of 24,918 incidents that a company exported from its service desk (UCI Machine
//! Learning Repository, data set 498; Amaral, Fantinato, Peres 2019; CC BY 4.0).
//!
//! A row is an incident as it stood after an update. Instants are printed to the minute, without a
//! zone; they are taken as UTC here, and which zone the desk worked in is for the data to tell.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use itom_core::{Duration, Timestamp};

/// One update: the columns that are used, as they are printed.
#[derive(Clone, Debug)]
pub struct Row(csv::StringRecord);

/// The log: rows in the order of the file, and where its columns stand.
#[derive(Clone, Debug)]
pub struct Log {
    columns: Vec<String>,
    /// The updates, those of one incident together and in order.
    pub rows: Vec<Row>,
}

impl Log {
    /// Reads the file, gzipped or not.
    ///
    /// # Errors
    /// For a file that is not there or no such log.
    pub fn read(path: &Path) -> Result<Log, Box<dyn std::error::Error>> {
        let mut text = Vec::new();
        let mut file = File::open(path)?;
        if path.extension().is_some_and(|extension| extension == "gz") {
            GzDecoder::new(file).read_to_end(&mut text)?;
        } else {
            file.read_to_end(&mut text)?;
        }
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let mut columns: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        // The header says `category` twice; the second is the subcategory.
        if let Some(second) = columns.iter().rposition(|name| name == "category") {
            columns[second] = "subcategory".to_owned();
        }
        let rows = reader.into_records().map(|row| row.map(Row)).collect::<Result<_, _>>()?;
        let log = Log { columns, rows };
        for name in
            ["number", "ident_state", "made_sla", "opened_at", "sys_updated_at", "closed_at"]
        {
            log.column(name)?;
        }
        Ok(log)
    }

    /// Where a column stands.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn column(&self, name: &str) -> Result<usize, String> {
        let place = self.columns.iter().position(|column| column == name);
        place.ok_or_else(|| format!("the log has no column {name:?}"))
    }
}

impl Row {
    /// What a column says; none where the log has a question mark.
    pub fn text(&self, column: usize) -> Option<&str> {
        self.0.get(column).filter(|text| *text != "?" && !text.is_empty())
    }

    /// The instant in a column such as `29/2/2016 01:16`.
    pub fn instant(&self, column: usize) -> Option<Timestamp> {
        let (date, time) = self.text(column)?.split_once(' ')?;
        let mut date = date.splitn(3, '/').map(|part| part.parse::<i64>().ok());
        let (day, month, year) = (date.next()??, date.next()??, date.next()??);
        let (hour, minute) = time.split_once(':')?;
        let minutes = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?;
        let midnight: Timestamp =
            format!("{year:04}-{month:02}-{day:02}T00:00:00Z").parse().ok()?;
        Some(midnight + Duration::from_secs(minutes * 60))
    }
}
