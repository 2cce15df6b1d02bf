//! Views out: text that other tools draw, tables, and the pages of an SQLite file.

use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, Transaction, Value, View};
use itom_core::table::Column;
use itom_core::{ErrorKind, Timestamp};

fn view(changes: &[Change]) -> View {
    let mut db = Cmdb::default();
    db.apply(changes, Transaction::at(Timestamp::from_secs(0))).unwrap();
    db.at(None, None)
}

fn odd() -> View {
    view(&[
        Change::PutItem(
            PutItem::new("a\"b\\", "x<y").with("name", "line\nbreak; <b>|#").with("n", 1),
        ),
        Change::PutItem(PutItem::new("end", "subgraph").with("n", 1.5).with("id", "other")),
        Change::PutItem(PutItem::new("ö\u{1}", "x").with("n", true)),
        Change::PutRelation(PutRelation::new("end", "uses", "a\"b\\").in_group("g", 1)),
    ])
}

#[test]
fn names_never_become_language() {
    let view = odd();
    let dot = view.to_dot(None).unwrap();
    assert!(dot.contains(r#""a\"b\\" [label="line\nbreak; <b>|#\nx<y"];"#), "{dot}");
    assert!(dot.contains(r#""end" -> "a\"b\\" [label="uses (g: 1)", style=dashed];"#), "{dot}");
    let mermaid = view.to_mermaid(None).unwrap();
    assert!(mermaid.contains("n0[\"line break#59; #60;b#62;#124;#35;<br/>x#60;y\"]"), "{mermaid}");
    assert!(mermaid.contains("n1 -.->|\"uses (g: 1)\"| n0"), "{mermaid}");
    let graphml = view.to_graphml(None).unwrap();
    assert!(graphml.contains("attr.name=\"n\" attr.type=\"string\""), "{graphml}");
    assert!(graphml.contains("<node id=\"ö\u{fffd}\">"), "{graphml}");
    assert!(graphml.contains("source=\"end\" target=\"a&quot;b\\\""), "{graphml}");
    assert_eq!(graphml, odd().to_graphml(None).unwrap());
}

#[test]
fn a_part_has_the_relations_between_its_items() {
    let view = odd();
    assert_eq!(view.to_dot(Some(&["end"])).unwrap().matches("->").count(), 0);
    assert_eq!(view.to_dot(Some(&["end", "a\"b\\", "end"])).unwrap().matches("->").count(), 1);
    let error = view.to_sqlite(Some(&["nobody"])).unwrap_err();
    assert_eq!((error.kind(), error.argument()), (ErrorKind::NotFound, Some("ids")));
}

#[test]
fn tables_go_back_in() {
    let mut db = Cmdb::default();
    let changes = [
        Change::PutItem(PutItem::new("shop", "service").with("criticality", 2)),
        Change::PutItem(PutItem::new("web-1", "host").with("load", 0.5).with("up", true)),
        Change::PutItem(PutItem::new("web-2", "host").with("since", Timestamp::from_secs(9))),
        Change::PutRelation(PutRelation::new("shop", "runs_on", "web-1").in_group("web", 1)),
        Change::PutRelation(PutRelation::new("shop", "runs_on", "web-2").in_group("web", 1)),
    ];
    db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).unwrap();
    let view = db.at(None, None);
    let tables = view.tables(None).unwrap();
    let names: Vec<&str> = tables.items.columns().map(|(name, _)| name).collect();
    assert_eq!(names, ["id", "class", "criticality", "load", "since", "up"]);
    let mut again = Cmdb::default();
    let at = Timestamp::from_secs(0);
    again.load(&tables.items, Some(&tables.relations), at, at).unwrap();
    let again = again.at(None, None);
    assert_eq!(again.items(None).unwrap(), view.items(None).unwrap());
    assert_eq!(again.relations(None).unwrap(), view.relations(None).unwrap());
    // An attribute called id does not take the place of the id; mixed types are text.
    let tables = odd().tables(None).unwrap();
    assert_eq!(tables.items.text("attribute.id").unwrap().get(1), Some("other"));
    assert!(matches!(tables.items.column("n"), Some(Column::Text(_))));
}

#[test]
fn history_is_a_row_a_statement() {
    let mut db = Cmdb::default();
    let at = |second: i64| Transaction::at(Timestamp::from_secs(second));
    let put = |cores: Value| {
        let mut put = PutItem::new("web-1", "host");
        put.attributes.insert("cores".to_owned(), cores);
        Change::PutItem(put)
    };
    let relation = PutRelation::new("web-1", "uses", "web-1").in_group("g", 1);
    db.apply(&[put(Value::Int(4)), Change::PutRelation(relation)], at(1)).unwrap();
    db.apply(&[put(Value::Null)], at(2)).unwrap();
    let gone = itom_core::cmdb::RemoveItem { id: "web-1".to_owned() };
    db.apply(&[Change::RemoveItem(gone)], at(3)).unwrap();
    let tables = db.at(None, None).history_tables(None).unwrap();
    let said: Vec<_> = tables.items.text("said").unwrap().iter().flatten().collect();
    assert_eq!(said, ["put", "cleared", "removed"]);
    assert_eq!(tables.items.text("value").unwrap().get(0), Some("4"));
    assert_eq!(tables.items.time("at").unwrap()[2], Some(Timestamp::from_secs(3)));
    assert_eq!(tables.relations.int("min_up").unwrap()[0], Some(1));
    let known =
        db.at(None, Some(Timestamp::from_secs(1))).history_tables(Some(&["web-1"])).unwrap();
    assert_eq!(known.items.rows(), 1);
}

#[test]
fn sqlite_pages_are_whole_and_equal() {
    let long = "x".repeat(100_000);
    let changes: Vec<Change> = (0..3000)
        .map(|n| {
            Change::PutItem(PutItem::new(&format!("item {n}"), "x").with("n", n).with("tags", "t"))
        })
        .chain([Change::PutItem(PutItem::new("long", "y").with("text", long.as_str()))])
        .collect();
    let bytes = view(&changes).to_sqlite(None).unwrap();
    let pages = u32::from_be_bytes(bytes[28..32].try_into().unwrap()) as usize;
    assert_eq!(bytes.len(), pages * 4096);
    assert_eq!(bytes, view(&changes).to_sqlite(None).unwrap());
    // The long text is there in pieces, each on a page of its own.
    assert!(bytes.windows(4000).any(|window| window.iter().all(|byte| *byte == b'x')));
    let empty = Cmdb::default().at(None, None).to_sqlite(None).unwrap();
    assert_eq!(empty.len(), 5 * 4096);
    let list = Value::List(vec![Value::from("a"), Value::from(1)]);
    let mut put = PutItem::new("l", "x");
    put.attributes.insert("tags".to_owned(), list);
    assert!(
        view(&[Change::PutItem(put)])
            .to_sqlite(None)
            .unwrap()
            .windows(7)
            .any(|w| w == b"[\"a\",1]")
    );
}
