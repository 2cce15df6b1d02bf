//! Mermaid flowcharts, as GitHub, GitLab and wikis draw them.
//!
//! Nodes have numbers for names, for an id may be a word of the language. What Mermaid would read as
//! its own or as HTML is written as the code of the character. Members of a redundancy group are dotted.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::export::{caption, label, part};
use crate::Result;
use crate::cmdb::View;

impl View {
    /// The view, or some of its items and the relations between them, as a Mermaid flowchart.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let changes = [
    ///     Change::PutItem(PutItem::new("shop", "service")),
    ///     Change::PutItem(PutItem::new("end", "database")),
    ///     Change::PutRelation(PutRelation::new("shop", "uses", "end")),
    /// ];
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let text = db.at(None, None).to_mermaid(Some(&["shop", "end"]))?;
    /// assert_eq!(text, "flowchart TD\n    n0[\"end<br/>database\"]\n    n1[\"shop<br/>service\"]\n    \
    ///     n1 -->|\"uses\"| n0\n");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no item of an id that was asked for.
    pub fn to_mermaid(&self, ids: Option<&[&str]>) -> Result<String> {
        let (items, relations) = part(self, ids)?;
        let mut text = String::from("flowchart TD\n");
        let mut numbers = BTreeMap::new();
        for (number, item) in items.iter().enumerate() {
            numbers.insert(item.id.as_str(), number);
            let (name, class) = (escape(label(item)), escape(&item.class));
            let _ = writeln!(text, "    n{number}[\"{name}<br/>{class}\"]");
        }
        for relation in &relations {
            let ends = [&relation.source, &relation.target].map(|id| numbers[id.as_str()]);
            let arrow = if relation.group.is_some() { "-.->" } else { "-->" };
            let caption = escape(&caption(relation));
            let _ = writeln!(text, "    n{} {arrow}|\"{caption}\"| n{}", ends[0], ends[1]);
        }
        Ok(text)
    }
}

/// Characters with a meaning, as `#` and their number: Mermaid's own entity codes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '#' | '&' | '<' | '>' | '`' | ';' | '|' | '\\' => {
                let _ = write!(escaped, "#{};", character as u32);
            }
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
