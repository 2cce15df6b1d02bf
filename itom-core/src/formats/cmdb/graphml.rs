//! GraphML, which yEd, Gephi, igraph and networkx read.
//!
//! Attributes of items are typed keys: `long`, `double`, `boolean` or `string`; one that has values of
//! several types is a string, a list is JSON in a string, an instant is RFC 3339. Characters that XML 1.0
//! cannot hold become U+FFFD.
//!
//! Source: "The GraphML File Format", U. Brandes et al., 2002.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::export::part;
use crate::Result;
use crate::cmdb::{Relation, Value, View, written};

impl View {
    /// The view, or some of its items and the relations between them, as GraphML.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let put = Change::PutItem(PutItem::new("a<b", "host").with("cores", 8));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// let text = db.at(None, None).to_graphml(None)?;
    /// assert!(text.contains(r#"<key id="a0" for="node" attr.name="cores" attr.type="long"/>"#));
    /// assert!(text.contains(r#"<node id="a&lt;b"><data key="class">host</data><data key="a0">8</data></node>"#));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no item of an id that was asked for.
    pub fn to_graphml(&self, ids: Option<&[&str]>) -> Result<String> {
        let (items, relations) = part(self, ids)?;
        let mut types: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in items.iter().flat_map(|item| &item.attributes) {
            let own = type_of(value);
            let kept = types.entry(name).or_insert(own);
            if *kept != own {
                *kept = if matches!((*kept, own), ("long", "double") | ("double", "long")) {
                    "double"
                } else {
                    "string"
                };
            }
        }
        let mut text = head();
        let mut keys = BTreeMap::new();
        for (number, (name, kind)) in types.iter().enumerate() {
            let name = escape(name);
            let _ = writeln!(
                text,
                "  <key id=\"a{number}\" for=\"node\" attr.name=\"{name}\" attr.type=\"{kind}\"/>"
            );
        }
        keys.extend(types.keys().enumerate().map(|(number, name)| (*name, number)));
        text.push_str("  <graph id=\"cmdb\" edgedefault=\"directed\">\n");
        for item in &items {
            let (id, class) = (escape(&item.id), escape(&item.class));
            let _ = write!(text, "    <node id=\"{id}\"><data key=\"class\">{class}</data>");
            for (name, value) in &item.attributes {
                let value = escape(&written(value));
                let _ = write!(text, "<data key=\"a{}\">{value}</data>", keys[name.as_str()]);
            }
            text.push_str("</node>\n");
        }
        relations.iter().for_each(|relation| edge(&mut text, relation));
        text.push_str("  </graph>\n</graphml>\n");
        Ok(text)
    }
}

fn head() -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    for (name, of, kind) in [
        ("class", "node", "string"),
        ("kind", "edge", "string"),
        ("group", "edge", "string"),
        ("min_up", "edge", "long"),
        ("min_up_type", "edge", "string"),
        ("weight", "edge", "long"),
    ] {
        let _ = writeln!(
            text,
            "  <key id=\"{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>"
        );
    }
    text
}

fn edge(text: &mut String, relation: &Relation) {
    let ends = [&relation.source, &relation.target, &relation.kind].map(|part| escape(part));
    let [source, target, kind] = ends;
    let _ = write!(
        text,
        "    <edge source=\"{source}\" target=\"{target}\"><data key=\"kind\">{kind}</data>"
    );
    if let Some(group) = &relation.group {
        let _ = write!(text, "<data key=\"group\">{}</data>", escape(group));
    }
    for (key, number) in [("min_up", relation.min_up), ("weight", relation.weight)] {
        if let Some(number) = number {
            let _ = write!(text, "<data key=\"{key}\">{number}</data>");
        }
    }
    if let Some(measure) = relation.min_up_type {
        let _ = write!(text, "<data key=\"min_up_type\">{}</data>", measure.name());
    }
    text.push_str("</edge>\n");
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "long",
        Value::Float(_) => "double",
        Value::Bool(_) => "boolean",
        _ => "string",
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", character as u32);
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
