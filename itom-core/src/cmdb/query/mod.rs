//! Questions in a language of their own: which items, next to which others, as of when.
//!
//! A [`Query`] is a chain of patterns with steps along relations between them, written as text or built.
//! It answers with a table: a row for each combination of items that fits, each once.
//!
//! ```text
//! service where criticality >= 2 -depends_on*1..4-> host where os ~ "Debian*" as of 2026-06-01
//! host h <-runs_on- service select h/id, h/os, name order by h/id desc limit 10
//! * where tags = "pci" and not (owner exists)
//! ```
//!
//! # Grammar
//!
//! ```text
//! query     = pattern { step pattern } [ select ] [ order ] [ limit ] [ "as of" time ] [ "known at" time ]
//! pattern   = ( class | "*" ) [ alias ] [ "where" condition ]
//! step      = "-" [ kinds ] [ range ] "->"      to what it depends on
//!           | "<-" [ kinds ] [ range ] "-"      to what depends on it
//!           | "-" [ kinds ] [ range ] "-"       either way
//! kinds     = kind { "|" kind }                 none is any
//! range     = "*" [ least ] [ ".." [ most ] ]   "*" is 1 to 100, "*2" is 2, "*2.." is 2 to 100
//! condition = all { "or" all } ;  all = test { "and" test }
//! test      = "not" test | "(" condition ")" | name operator value | name "in" "(" value { "," value } ")"
//!           | name "exists"
//!           | name [ "not" ] "matches" regex | name "=~" regex
//! operator  = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"
//! regex     = "text" | /as it is, but for \/ /
//! value     = number | "text" | true | false | 2026-06-01 | 2026-06-01T10:00:00Z
//! select    = "select" column { "," column } ;  column = [ alias "/" ] name
//! order     = "order by" column [ "desc" ] { "," column [ "desc" ] }
//! limit     = "limit" number
//! ```
//!
//! A class means the classes below it too. A name that is a word of the language or has other characters
//! than letters, digits, `_` and `.` stands in quotes; in quotes `\"`, `\\`, `\n`, `\t` are what they are in
//! JSON. Words of the language may be in capitals. `id` and `class` are attributes. An alias is the class if
//! none is given; a column without one is of the last pattern. Without `select` a query of one pattern gives
//! `id`, `class` and every attribute, one of several the id of each.
//!
//! # What a condition means
//!
//! Values are compared with those of their own type; whole numbers and floats with each other, an instant
//! with an instant (a date is its midnight in UTC); a duration, an address, a network, a version with
//! what the text in quotes says as one. Of another type, or where the attribute is missing, a
//! comparison is false, also `!=`. Of a list it is enough if one part fits; for `!=`, `!~` and `not matches`
//! none may. `~` is a pattern for the whole text: `*` any characters, `?` one, `[a-z]` one of these, `[!a]`
//! none. `matches`, or `=~`, looks for a regular expression anywhere in the text — `^` and `$` are its ends —
//! in time proportional to the text: the syntax of the `regex` crate, without look-around and references
//! back; at most 1,000 bytes long, 256 KiB compiled, and 100 different ones in a query.
//!
//! # How it is answered
//!
//! Each pattern's items are looked for – one item where a condition names its `id` – and the chain is
//! gone through from whichever end has fewer, then back, so that only items on some whole chain are left.
//! Steps go in breadth, each item once a step; a range that begins at 2 or more counts walks, which
//! may pass an item twice. Work is bounded, as is the number of rows: see [`Query`].

mod compare;
mod definition;
mod evaluate;
mod lexer;
mod parse;
mod print;
mod seam;
mod table;

pub use definition::{
    Query, QueryColumn, QueryComparison, QueryCondition, QueryOrder, QueryPattern, QueryStep,
};

pub(super) use compare::{Described, holds};
pub(super) use evaluate::check_condition;

use super::{Cmdb, View};
use crate::table::Table;
use crate::{Error, Result};

impl Cmdb {
    /// Answers a query: as of the times it names, or as things are.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, RemoveItem, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let changes = [
    ///     Change::PutItem(PutItem::new("shop", "service").with("criticality", 2)),
    ///     Change::PutItem(PutItem::new("web-1", "host").with("os", "Debian 12")),
    ///     Change::PutRelation(PutRelation::new("shop", "depends_on", "web-1")),
    /// ];
    /// db.apply(&changes, Transaction::at("2026-05-01T00:00:00Z".parse()?))?;
    /// let gone = Change::RemoveItem(RemoveItem { id: "web-1".to_owned() });
    /// db.apply(&[gone], Transaction::at("2026-07-01T00:00:00Z".parse()?))?;
    ///
    /// let text = r#"service where criticality >= 2 -depends_on*1..4-> host where os ~ "Debian*""#;
    /// assert_eq!(db.query(text)?.rows(), 0);
    /// let then = db.query(&format!("{text} as of 2026-06-01"))?;
    /// assert_eq!(then.text("host")?.get(0), Some("web-1"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is no query, with the column where it stops being one; the model has no such class or
    /// kind; there is more to go through or to answer than [`Query`] allows.
    pub fn query(&self, text: &str) -> Result<Table> {
        self.answer(&Query::parse(text)?)
    }

    /// [`query`](Self::query) of a query that was built.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, Query};
    /// assert_eq!(Cmdb::default().answer(&Query::of("service"))?.rows(), 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn answer(&self, query: &Query) -> Result<Table> {
        evaluate::answer(&self.at(query.as_of, query.known_at), query)
    }
}

impl View {
    /// Answers a query about the view's moment.
    ///
    /// ```
    /// use itom_core::cmdb::Cmdb;
    /// let view = Cmdb::default().at(None, None);
    /// assert_eq!(view.query("service")?.rows(), 0);
    /// let error = view.query("service wehre a = 1").unwrap_err();
    /// assert_eq!(error.to_string(), "query, column 15: expected where, a step, select, order by, \
    ///     limit, as of, known at or the end, found a");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Cmdb::query`]; also if the query names a time, for a view has its own.
    pub fn query(&self, text: &str) -> Result<Table> {
        self.answer(&Query::parse(text)?)
    }

    /// [`query`](Self::query) of a query that was built.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, Query};
    /// let view = Cmdb::default().at(None, None);
    /// assert_eq!(view.answer(&Query::of("service"))?.rows(), 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn answer(&self, query: &Query) -> Result<Table> {
        if let Some(instant) = query.as_of.or(query.known_at) {
            let expected = "without as of and known at: a view is of one moment";
            return Err(Error::invalid("query", instant, expected));
        }
        evaluate::answer(self, query)
    }
}
