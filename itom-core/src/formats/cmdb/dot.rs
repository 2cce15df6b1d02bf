//! DOT, the language of Graphviz: an item is a node, a relation an edge from what depends.
//!
//! Ids, names, kinds come in quoted strings, in which only `"` and `\` have a meaning. Members of a
//! redundancy group are dashed. Items in the order of their ids, so equal views give equal text.

use std::fmt::Write;

use super::export::{caption, label, part};
use crate::Result;
use crate::cmdb::View;

impl View {
    /// The view, or some of its items and the relations between them, as a graph in DOT.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let changes = [
    ///     Change::PutItem(PutItem::new("shop", "service")),
    ///     Change::PutItem(PutItem::new("db", "database").with("name", "the \"db\"")),
    ///     Change::PutRelation(PutRelation::new("shop", "uses", "db")),
    /// ];
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let dot = db.at(None, None).to_dot(None)?;
    /// assert!(dot.contains(r#""db" [label="the \"db\"\ndatabase"];"#));
    /// assert!(dot.contains(r#""shop" -> "db" [label="uses"];"#));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no item of an id that was asked for.
    pub fn to_dot(&self, ids: Option<&[&str]>) -> Result<String> {
        let (items, relations) = part(self, ids)?;
        let mut text = String::from("digraph cmdb {\n    node [shape=box];\n");
        for item in &items {
            let caption = format!("{}\\n{}", escape(label(item)), escape(&item.class));
            let _ = writeln!(text, "    \"{}\" [label=\"{caption}\"];", escape(&item.id));
        }
        for relation in &relations {
            let ends = [&relation.source, &relation.target].map(|id| escape(id));
            let style = if relation.group.is_some() { ", style=dashed" } else { "" };
            let caption = escape(&caption(relation));
            let [source, target] = ends;
            let _ =
                writeln!(text, "    \"{source}\" -> \"{target}\" [label=\"{caption}\"{style}];");
        }
        text.push_str("}\n");
        Ok(text)
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace(['\r', '\0'], " ")
}
