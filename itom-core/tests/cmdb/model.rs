//! The class model: what a database refuses, converts, and remembers of its models.

use itom_core::cmdb::*;
use itom_core::{ErrorKind, Result, Timestamp};
use proptest::prelude::*;

fn seconds(n: i64) -> Timestamp {
    Timestamp::from_secs(n)
}

fn model(json: &str) -> ModelDefinition {
    serde_json::from_str(json).unwrap()
}

fn apply(db: &mut Cmdb, at: i64, json: &str) -> Result<()> {
    let changes: Vec<Change> = serde_json::from_str(json).unwrap();
    db.apply(&changes, Transaction::at(seconds(at)))
}

/// The message, and that nothing was applied.
fn refused(db: &mut Cmdb, at: i64, json: &str) -> String {
    let before = db.to_bytes();
    let error = apply(db, at, json).unwrap_err().to_string();
    assert_eq!(db.to_bytes(), before, "{json}");
    error
}

fn attribute(db: &Cmdb, id: &str, name: &str) -> Option<Value> {
    db.at(None, None).item(id).unwrap().attributes.get(name).cloned()
}

/// One attribute of each type.
fn everything() -> ModelDefinition {
    model(
        r#"{"classes": {
            "site": {},
            "machine": {"mixins": ["hardware"], "attributes": {
                "fqdn": {"type": "string", "normalise": ["fqdn"], "pattern": "[a-z0-9.-]+", "max_length": 30},
                "cores": {"type": "int", "unit": "cores", "min": 1, "max": 1024},
                "uptime": {"type": "duration", "max": "100h"},
                "address": {"type": "ip"},
                "networks": {"type": "list", "element": "cidr", "max_length": 2},
                "macs": {"type": "list", "element": "mac"},
                "link": {"type": "url"},
                "firmware": {"type": "version", "min": "1.2"},
                "site": {"type": "reference", "class": "site"},
                "sites": {"type": "list", "element": "reference", "class": "site"},
                "labels": {"type": "map", "max_length": 2},
                "tiers": {"type": "list", "element": "enum", "values": ["gold", "iron"]},
                "state": {"type": "enum", "values": ["new", "live"], "default": "new", "normalise": ["trim", "lower"]}}}},
          "mixins": {"hardware": {"attributes": {
              "serial": {"type": "string", "normalise": ["serial"], "unique": true}}}}}"#,
    )
}

#[test]
fn values_come_into_the_form_of_their_type() {
    let mut db = Cmdb::new(everything()).unwrap();
    apply(
        &mut db,
        0,
        r#"[{"put_item": {"id": "s", "class": "site"}},
            {"put_item": {"id": "m", "class": "machine", "attributes": {
                "serial": " j7x 22 ", "fqdn": "DB-1.Example.org.", "cores": 8, "uptime": "90m",
                "address": "2001:DB8::0:1", "networks": ["10.0.0.0/8"], "macs": ["001B638E2F0A"],
                "link": "HTTPS://Example.org/A", "firmware": "1.10", "site": "s", "sites": ["s"],
                "labels": {"app": "shop", "size": 3}, "tiers": ["gold"]}}}]"#,
    )
    .unwrap();
    let item = db.at(None, None).item("m").unwrap();
    let text = serde_json::to_string(&item.attributes).unwrap();
    assert_eq!(
        text,
        r#"{"address":"2001:db8::1","cores":8,"firmware":"1.10","fqdn":"db-1.example.org","labels":{"app":"shop","size":3},"link":"https://example.org/A","macs":["00:1b:63:8e:2f:0a"],"networks":["10.0.0.0/8"],"serial":"J7X22","site":"s","sites":["s"],"state":"new","tiers":["gold"],"uptime":"PT1H30M"}"#
    );
    // They are what they are said to be, also after a trip through a snapshot.
    let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    assert_eq!(again.at(None, None).item("m").unwrap(), item);
    assert!(matches!(item.attributes["address"], Value::Ip(_)));
    assert!(matches!(item.attributes["firmware"], Value::Version(_)));
    apply(
        &mut db,
        1,
        r#"[{"put_item": {"id": "m", "attributes": {"serial": "To be filled by O.E.M."}}}]"#,
    )
    .unwrap();
    assert_eq!(attribute(&db, "m", "serial"), None);
}

#[test]
fn values_that_do_not_fit_are_named_with_their_class_and_attribute() {
    let mut db = Cmdb::new(everything()).unwrap();
    apply(&mut db, 0, r#"[{"put_item": {"id": "m", "class": "machine"}}, {"put_item": {"id": "s", "class": "site"}}]"#)
        .unwrap();
    for (attribute, value, part) in [
        ("fqdn", r#""db_1""#, "like [a-z0-9.-]+"),
        ("fqdn", r#""a.very.long.name.of.a.machine.example.org""#, "at most 30 characters"),
        ("cores", "0", "at least 1 cores"),
        ("cores", "1025", "at most 1024 cores"),
        ("cores", r#""8""#, "of type int"),
        ("uptime", r#""101h""#, "at most PT100H"),
        ("uptime", r#""soon""#, "a duration"),
        ("address", r#""10.0.0.256""#, "IPv4 or IPv6"),
        ("networks", r#"["10.0.0.0/33"]"#, "prefix"),
        ("networks", r#"["::/0", "::/1", "::/2"]"#, "at most 2 elements"),
        ("networks", r#""10.0.0.0/8""#, "of type list"),
        ("macs", r#"["00:1b"]"#, "12 hex digits"),
        ("link", r#""example.org""#, "URL"),
        ("firmware", r#""1.1""#, "at least 1.2"),
        ("site", r#""t""#, "\"t\" does not exist"),
        ("site", r#""m""#, "of class site"),
        ("sites", r#"["s", "m"]"#, "of class site"),
        ("labels", r#"{"a": 1, "b": 2, "c": 3}"#, "at most 2 entries"),
        ("tiers", r#"["lead"]"#, "gold, iron"),
        ("state", r#""old""#, "new, live"),
    ] {
        let json =
            format!(r#"[{{"put_item": {{"id": "m", "attributes": {{"{attribute}": {value}}}}}}}]"#);
        let error = refused(&mut db, 1, &json);
        assert!(error.contains(part) && error.contains(attribute), "{attribute} {value}: {error}");
    }
}

#[test]
fn a_unique_value_is_of_one_item_of_its_class_and_those_below() {
    let mut db = Cmdb::new(model(
        r#"{"classes": {
            "device": {"attributes": {"serial": {"type": "string", "unique": true}}},
            "switch": {"extends": "device"},
            "other": {"attributes": {"serial": {"type": "string", "unique": true}}}}}"#,
    ))
    .unwrap();
    apply(
        &mut db,
        0,
        r#"[{"put_item": {"id": "a", "class": "device", "attributes": {"serial": "1"}}}]"#,
    )
    .unwrap();
    let error = refused(
        &mut db,
        1,
        r#"[{"put_item": {"id": "b", "class": "switch", "attributes": {"serial": "1"}}}]"#,
    );
    assert!(error.contains("serial must be unique") && error.contains("\"a\""), "{error}");
    // In a class of its own it is another matter, and at another time too.
    apply(
        &mut db,
        1,
        r#"[{"put_item": {"id": "c", "class": "other", "attributes": {"serial": "1"}}}]"#,
    )
    .unwrap();
    apply(
        &mut db,
        2,
        r#"[{"put_item": {"id": "b", "class": "switch", "attributes": {"serial": "1"}}},
            {"put_item": {"id": "a", "attributes": {"serial": "2"}}}]"#,
    )
    .unwrap();
    apply(&mut db, 3, r#"[{"remove_item": {"id": "b"}}]"#).unwrap();
    apply(&mut db, 3, r#"[{"put_item": {"id": "a", "attributes": {"serial": "1"}}}]"#).unwrap();
    let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    assert_eq!(again.to_bytes(), db.to_bytes());
    // Two in one transaction, and a class into which an item only comes.
    let two = r#"[{"put_item": {"id": "x", "class": "device", "attributes": {"serial": "9"}}},
                  {"put_item": {"id": "y", "class": "device", "attributes": {"serial": "9"}}}]"#;
    assert!(refused(&mut db, 4, two).contains("unique"));
    assert!(
        refused(&mut db, 4, r#"[{"put_item": {"id": "c", "class": "device"}}]"#).contains("unique")
    );
}

#[test]
fn an_immutable_value_stays_for_as_long_as_its_item() {
    let mut db = Cmdb::new(model(
        r#"{"classes": {"pod": {"attributes": {"uid": {"type": "string", "immutable": true}}}}}"#,
    ))
    .unwrap();
    apply(&mut db, 0, r#"[{"put_item": {"id": "p", "class": "pod"}}]"#).unwrap();
    apply(&mut db, 1, r#"[{"put_item": {"id": "p", "attributes": {"uid": "1"}}}]"#).unwrap();
    apply(&mut db, 2, r#"[{"put_item": {"id": "p", "attributes": {"uid": "1"}}}]"#).unwrap();
    for value in ["\"2\"", "null"] {
        let json = format!(r#"[{{"put_item": {{"id": "p", "attributes": {{"uid": {value}}}}}}}]"#);
        assert!(refused(&mut db, 3, &json).contains("immutable"), "{value}");
    }
    apply(
        &mut db,
        3,
        r#"[{"remove_item": {"id": "p"}}, {"put_item": {"id": "p", "class": "pod", "attributes": {"uid": "2"}}}]"#,
    )
    .unwrap();
    assert_eq!(attribute(&db, "p", "uid"), Some("2".into()));
}

#[test]
fn an_item_becomes_what_the_rule_of_its_class_allows() {
    let mut db = Cmdb::new(model(
        r#"{"classes": {
            "host": {"attributes": {"os": {"type": "string"}}, "reclassification": {"switch": false}},
            "linux": {"extends": "host", "attributes": {
                "kernel": {"type": "version", "required": true},
                "distribution": {"type": "string", "default": "debian"}}},
            "printer": {},
            "frozen": {"extends": "host", "reclassification": {"upgrade": false, "downgrade": false}}},
          "relations": {"prints_on": {"ends": [{"source": "host", "target": "printer"}]}, "free": {}},
          "aliases": {"linux_server": "linux"}}"#,
    ))
    .unwrap();
    apply(
        &mut db,
        0,
        r#"[{"put_item": {"id": "a", "class": "host", "attributes": {"os": "Linux"}}}]"#,
    )
    .unwrap();
    assert!(
        refused(&mut db, 1, r#"[{"put_item": {"id": "a", "class": "linux"}}]"#).contains("kernel")
    );
    assert!(
        refused(
            &mut db,
            1,
            r#"[{"put_item": {"id": "a", "class": "printer", "drop_unknown": true}}]"#
        )
        .contains("a switch to printer")
    );
    apply(
        &mut db,
        1,
        r#"[{"put_item": {"id": "a", "class": "linux_server", "attributes": {"kernel": "6.1"}}}]"#,
    )
    .unwrap();
    let item = db.at(None, None).item("a").unwrap();
    assert_eq!(
        (item.class.as_str(), &item.attributes["distribution"]),
        ("linux", &"debian".into())
    );
    assert_eq!(db.at(None, None).items(Some("linux_server")).unwrap().len(), 1);
    // Back again, what the class does not know goes only where that is said.
    let error = refused(&mut db, 2, r#"[{"put_item": {"id": "a", "class": "host"}}]"#);
    assert!(error.contains("attribute of class host"), "{error}");
    apply(&mut db, 2, r#"[{"put_item": {"id": "a", "class": "host", "drop_unknown": true}}]"#)
        .unwrap();
    let item = db.at(None, None).item("a").unwrap();
    assert_eq!(item.attributes.keys().collect::<Vec<_>>(), ["os"]);
    assert_eq!(db.at(Some(seconds(1)), None).item("a").unwrap().class, "linux");
    let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    assert_eq!(again.at(None, None).item("a").unwrap(), item);
    apply(&mut db, 3, r#"[{"put_item": {"id": "f", "class": "frozen"}}]"#).unwrap();
    assert!(
        refused(&mut db, 4, r#"[{"put_item": {"id": "f", "class": "host"}}]"#)
            .contains("a downgrade")
    );
    // A relation holds on to the class of its ends.
    apply(
        &mut db,
        5,
        r#"[{"put_item": {"id": "p", "class": "printer"}}, {"put_item": {"id": "q", "class": "printer"}},
            {"put_relation": {"source": "a", "kind": "prints_on", "target": "p"}}]"#,
    )
    .unwrap();
    assert!(
        refused(&mut db, 6, r#"[{"put_item": {"id": "p", "class": "host"}}]"#)
            .contains("prints_on")
    );
    apply(&mut db, 6, r#"[{"put_item": {"id": "q", "class": "host"}}]"#).unwrap();
}

#[test]
fn relations_have_the_ends_and_numbers_that_their_kind_allows() {
    let mut db = Cmdb::new(model(
        r#"{"classes": {"rack": {}, "device": {}, "switch": {"extends": "device"}},
          "relations": {
            "mounted_in": {"inverse": "holds", "impact": true, "ends": [{"source": "device", "target": "rack"}],
                           "targets_per_source": {"min": 1, "max": 1}, "sources_per_target": {"max": 2}},
            "part_of": {"acyclic": true}, "wired_to": {"symmetric": true, "impact": "both"}}}"#,
    ))
    .unwrap();
    let put = |id: &str, class: &str| Change::PutItem(PutItem::new(id, class));
    let changes: Vec<Change> =
        [("r", "rack"), ("s", "rack"), ("a", "device"), ("b", "switch"), ("c", "device")]
            .map(|(id, class)| put(id, class))
            .into();
    db.apply(&changes, Transaction::at(seconds(0))).unwrap();
    let relate = |source: &str, kind: &str, target: &str| {
        format!(
            r#"[{{"put_relation": {{"source": "{source}", "kind": "{kind}", "target": "{target}"}}}}]"#
        )
    };
    apply(&mut db, 1, &relate("a", "mounted_in", "r")).unwrap();
    apply(&mut db, 1, &relate("b", "mounted_in", "r")).unwrap();
    for (source, kind, target, part) in [
        ("r", "mounted_in", "a", "from device to rack"),
        ("a", "mounted_in", "s", "at most 1 targets of \"a\""),
        ("c", "mounted_in", "r", "at most 2 sources of \"r\""),
        ("a", "part_of", "a", "circle"),
        ("a", "hung_on", "r", "\"hung_on\""),
    ] {
        let error = refused(&mut db, 2, &relate(source, kind, target));
        assert!(error.contains(part), "{error}");
    }
    // One goes, another comes: in one transaction the count is that of its end.
    apply(
        &mut db,
        2,
        r#"[{"put_relation": {"source": "c", "kind": "mounted_in", "target": "r"}},
            {"remove_relation": {"source": "b", "kind": "mounted_in", "target": "r"}}]"#,
    )
    .unwrap();
    apply(&mut db, 3, &relate("a", "part_of", "b")).unwrap();
    apply(&mut db, 3, &relate("b", "part_of", "c")).unwrap();
    assert!(refused(&mut db, 4, &relate("c", "part_of", "a")).contains("circle"));
    // What reads the same from both ends is one relation, whichever end is named first.
    apply(&mut db, 4, &relate("b", "wired_to", "a")).unwrap();
    apply(&mut db, 4, &relate("a", "wired_to", "b")).unwrap();
    let view = db.at(None, None);
    assert_eq!(
        view.relations(Some("b")).unwrap().iter().filter(|r| r.kind == "wired_to").count(),
        1
    );
    assert_eq!(
        view.neighbours("b", Direction::Both, Some("wired_to")).unwrap()[0].name,
        "wired_to"
    );
    apply(
        &mut db,
        5,
        r#"[{"remove_relation": {"source": "b", "kind": "wired_to", "target": "a"}}]"#,
    )
    .unwrap();
    let grouped = r#"[{"put_relation": {"source": "a", "kind": "wired_to", "target": "b", "group": "g", "min_up": 1}}]"#;
    assert!(refused(&mut db, 6, grouped).contains("group"));
}

#[test]
fn a_model_holds_from_when_it_became_known() {
    let first = model(
        r#"{"classes": {"host": {"attributes": {"ip": {"type": "string"}, "old": {"type": "int"}}},
        "box": {}}, "relations": {"uses": {}}}"#,
    );
    let mut db = Cmdb::new(first.clone()).unwrap();
    apply(
        &mut db,
        10,
        r#"[{"put_item": {"id": "a", "class": "host", "attributes": {"ip": "10.0.0.1"}}},
            {"put_item": {"id": "b", "class": "box"}},
            {"put_relation": {"source": "a", "kind": "uses", "target": "b"}}]"#,
    )
    .unwrap();
    let second = model(
        r#"{"classes": {"host": {"attributes": {"ip": {"type": "ip"}, "zone": {"type": "string", "default": "eu"}}},
        "crate": {}}, "relations": {"uses": {"inverse": "used_by", "impact": false}}, "aliases": {"box": "crate"}}"#,
    );
    db.set_model(second.clone(), Transaction::at(seconds(20))).unwrap();
    assert_eq!(db.model(), &second);
    let now = db.at(None, None);
    let item = now.item("a").unwrap();
    assert_eq!(item.attributes["ip"], Value::Ip([10, 0, 0, 1].into()));
    assert_eq!(item.attributes["zone"], "eu".into());
    assert_eq!(now.item("b").unwrap().class, "crate");
    assert!(now.providers("a").unwrap().is_empty());
    assert!(now.items(Some("crate")).is_ok());
    // By what was known before, the model is the one of that time.
    let before = db.at(None, Some(seconds(19)));
    assert_eq!(before.item("a").unwrap().attributes["ip"], "10.0.0.1".into());
    assert_eq!(before.providers("a").unwrap(), ["b"]);
    assert!(before.items(Some("crate")).is_err());
    assert_eq!(before.items(Some("box")).unwrap().len(), 1);

    let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
    assert_eq!(again.to_bytes(), db.to_bytes());
    assert_eq!((again.model(), again.transactions().count()), (&second, 2));
    assert_eq!(again.at(None, Some(seconds(19))).providers("a").unwrap(), ["b"]);
    // Changes keep to the model that holds now.
    assert!(
        refused(&mut db, 30, r#"[{"put_item": {"id": "a", "attributes": {"ip": "x"}}}]"#)
            .contains("ip")
    );
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_a_list_of_what_does_not() {
    let mut db =
        Cmdb::new(model(r#"{"classes": {"host": {"attributes": {"ip": {"type": "string"}}}}}"#))
            .unwrap();
    let changes: Vec<Change> = (0..30)
        .map(|n| {
            Change::PutItem(
                PutItem::new(&format!("h{n:02}"), "host")
                    .with("ip", if n < 25 { "no" } else { "::1" }),
            )
        })
        .collect();
    db.apply(&changes, Transaction::at(seconds(0))).unwrap();
    let before = db.to_bytes();
    for (json, parts) in [
        (r#"{"classes": {"host": {"attributes": {"ip": {"type": "ip"}}}}}"#, ["h00", "and 5 more"]),
        (r#"{"classes": {"host": {}}}"#, ["\"ip\"", "and 10 more"]),
        (r#"{"classes": {"rack": {}}}"#, ["\"host\"", "and 10 more"]),
        (
            r#"{"classes": {"host": {"attributes": {"ip": {"type": "string"}, "x": {"type": "int", "required": true}}}}}"#,
            ["x must be given", "and 10 more"],
        ),
        (
            r#"{"classes": {"host": {"attributes": {"ip": {"type": "string", "unique": true}}}}}"#,
            ["unique", "and 10 more"],
        ),
        (r#"{"classes": {"host": {"extends": "gone"}}}"#, ["\"gone\"", "class host"]),
    ] {
        let error = db.set_model(model(json), Transaction::at(seconds(1))).unwrap_err();
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(error.argument(), Some("model"));
        assert_eq!(db.to_bytes(), before);
    }
    // Going back in known time is refused as it is of any transaction.
    let stale = Transaction::at(seconds(-5));
    let error = db.set_model(db.model().clone(), stale).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    // What will hold later counts too, what held before does not.
    let fits =
        r#"{"classes": {"host": {"attributes": {"ip": {"type": "string", "max_length": 2}}}}}"#;
    let changes: Vec<Change> = (25..30)
        .map(|n| Change::PutItem(PutItem::new(&format!("h{n:02}"), "host").with("ip", "no")))
        .collect();
    db.apply(&changes, Transaction::at(seconds(100)).known(seconds(2))).unwrap();
    assert!(db.set_model(model(fits), Transaction::at(seconds(50)).known(seconds(3))).is_err());
    db.set_model(model(fits), Transaction::at(seconds(100)).known(seconds(4))).unwrap();
}

#[test]
fn an_open_model_can_be_closed_and_opened_again() {
    let mut db = Cmdb::default();
    apply(&mut db, 0, r#"[{"put_item": {"id": "a", "class": "host", "attributes": {"x": 1}}}]"#)
        .unwrap();
    let closed = model(r#"{"classes": {"host": {"attributes": {"x": {"type": "float"}}}}}"#);
    db.set_model(closed, Transaction::at(seconds(1))).unwrap();
    assert_eq!(attribute(&db, "a", "x"), Some(Value::Float(1.0)));
    assert!(
        refused(&mut db, 2, r#"[{"put_item": {"id": "b", "class": "thing"}}]"#).contains("thing")
    );
    db.set_model(ModelDefinition::default(), Transaction::at(seconds(3))).unwrap();
    apply(&mut db, 4, r#"[{"put_item": {"id": "b", "class": "thing"}}]"#).unwrap();
}

#[test]
fn hostile_models_are_refused_in_bounded_time() {
    let class = |extends: Option<String>, mixins: Vec<String>| ClassDefinition {
        extends,
        mixins,
        ..Default::default()
    };
    // A chain that is too deep, and a circle among very many.
    let mut deep = ModelDefinition::default();
    for n in 0..100_000 {
        deep.classes.insert(format!("c{n}"), class((n > 0).then(|| format!("c{}", n - 1)), vec![]));
    }
    let error = Cmdb::new(deep).unwrap_err();
    assert!(error.to_string().contains("more than 100"), "{error}");
    // As many that are well formed are taken.
    let mut wide = ModelDefinition::default();
    wide.classes.insert("root".to_owned(), class(None, vec![]));
    for n in 0..100_000 {
        wide.classes.insert(format!("c{n}"), class(Some("root".to_owned()), vec![]));
    }
    assert!(Cmdb::new(wide).is_ok());
    // Mixins that double at every step have no more attributes than they say.
    let mut doubling = ModelDefinition::default();
    for n in 0..90 {
        let mixins =
            if n == 0 { vec![] } else { vec![format!("m{}", n - 1), format!("m{}", n - 1)] };
        doubling.mixins.insert(format!("m{n}"), MixinDefinition { mixins, ..Default::default() });
    }
    doubling.classes.insert("a".to_owned(), class(None, vec!["m89".to_owned()]));
    assert!(Cmdb::new(doubling).is_ok());
    // A mixin of many attributes in many classes.
    let mut bomb = ModelDefinition::default();
    let attributes =
        (0..5000).map(|n| (format!("a{n}"), AttributeDefinition::new(AttributeType::Int)));
    let mixin = MixinDefinition { attributes: attributes.collect(), ..Default::default() };
    bomb.mixins.insert("m".to_owned(), mixin);
    for n in 0..5000 {
        bomb.classes.insert(format!("c{n}"), class(None, vec!["m".to_owned()]));
    }
    assert_eq!(Cmdb::new(bomb).unwrap_err().kind(), ErrorKind::LimitExceeded);
    // Patterns without end.
    let mut patterns = ModelDefinition::default();
    let mut one = ClassDefinition::default();
    for n in 0..1001 {
        let pattern = Some(format!("{n}[a-z]"));
        let attribute = AttributeDefinition { pattern, ..AttributeDefinition::default() };
        one.attributes.insert(format!("a{n}"), attribute);
    }
    patterns.classes.insert("a".to_owned(), one);
    assert_eq!(Cmdb::new(patterns).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

fn normaliser() -> impl Strategy<Value = Normaliser> {
    use Normaliser::{Fqdn, Ip, Lower, Mac, Serial, Trim, Upper};
    prop_oneof![Just(Trim), Just(Lower), Just(Upper), Just(Fqdn), Just(Serial), Just(Mac), Just(Ip)]
}

/// Text that is often almost an address or a version.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ 0-9a-fA-F:.\\-/]{0,20}",
        "\\PC{0,12}",
        "[0-9]{1,3}(\\.[0-9]{1,3}){3}(/[0-9]{1,2})?",
        "v?[0-9]{1,4}([.\\-_][0-9a-z]{1,5}){0,4}",
        "([0-9A-F]{2}[:\\-]){5}[0-9a-f]{2}",
        "(?i)https?://[a-z]{1,5}\\.[A-Z]{2}(:[0-9]{1,4})?(/[a-zA-Z?]{0,4})?",
        "[0-9]{1,4}(h|m|s)([0-9]{1,2}(m|s))?",
    ]
}

const TYPES: [&str; 13] = [
    "string", "int", "float", "bool", "datetime", "duration", "ip", "cidr", "mac", "url",
    "version", "list", "map",
];

fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        text().prop_map(Value::Text),
        any::<i64>().prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|n| Value::Float(f64::from(n) / 8.0)),
        any::<i32>().prop_map(|n| Value::Time(seconds(i64::from(n)))),
        any::<[u8; 16]>().prop_map(|bytes| Value::Ip(bytes.into())),
        any::<[u8; 6]>().prop_map(|bytes| Value::Mac(Mac(bytes))),
    ];
    prop_oneof![
        4 => plain.clone(),
        1 => proptest::collection::vec(plain.clone(), 0..4).prop_map(Value::List),
        1 => proptest::collection::btree_map("[a-z]{1,3}", plain, 0..3).prop_map(Value::Map),
    ]
}

proptest! {
    #[test]
    fn normalising_twice_is_normalising_once(normaliser in normaliser(), text in text()) {
        let once = normaliser.apply(&text);
        prop_assert_eq!(normaliser.apply(&once), once);
    }

    /// What the database has, put again, is no change; in JSON it comes back as what it is.
    #[test]
    fn a_value_in_form_stays_as_it_is(kind in 0..TYPES.len(), normaliser in proptest::option::of(normaliser()), value in value()) {
        let mut attribute = AttributeDefinition::new(
            serde_json::from_str(&format!("\"{}\"", TYPES[kind])).unwrap(),
        );
        if ["string", "ip", "cidr", "mac", "url", "version"].contains(&TYPES[kind]) {
            attribute.normalise.extend(normaliser);
        }
        let mut definition = ModelDefinition::default();
        let class = ClassDefinition { attributes: [("x".to_owned(), attribute)].into(), ..Default::default() };
        definition.classes.insert("c".to_owned(), class);
        let mut db = Cmdb::new(definition).unwrap();
        let put = |value: Value| [Change::PutItem(PutItem::new("a", "c").with("x", value))];
        if db.apply(&put(value), Transaction::at(seconds(0))).is_ok()
            && let Some(first) = attribute_of(&db)
        {
            db.apply(&put(first.clone()), Transaction::at(seconds(1))).unwrap();
            prop_assert_eq!(attribute_of(&db), Some(first.clone()));
            let json = serde_json::to_string(&first).unwrap();
            if first.type_name() != "map" && first.type_name() != "list" {
                let read: Value = serde_json::from_str(&json).unwrap();
                db.apply(&put(read), Transaction::at(seconds(2))).unwrap();
                prop_assert_eq!(attribute_of(&db), Some(first.clone()));
            }
            let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
            prop_assert_eq!(attribute_of(&again), Some(first));
        }
    }

    #[test]
    fn the_order_of_versions_is_total(a in text(), b in text(), c in text()) {
        let mut versions: Vec<Version> = [a, b, c].iter().filter_map(|text| text.parse().ok()).collect();
        versions.sort();
        for (n, low) in versions.iter().enumerate() {
            prop_assert_eq!(low.cmp(low), std::cmp::Ordering::Equal);
            for high in &versions[n..] {
                prop_assert!(low <= high && high.cmp(low) == low.cmp(high).reverse());
                prop_assert_eq!(low == high, low.as_str() == high.as_str());
            }
        }
    }

    #[test]
    fn the_order_of_values_is_total(values in proptest::collection::vec(value(), 0..12)) {
        let mut sorted = values;
        sorted.sort_by(Value::compare);
        for (n, low) in sorted.iter().enumerate() {
            for high in &sorted[n..] {
                prop_assert!(low.compare(high).is_le() && high.compare(low) == low.compare(high).reverse());
            }
        }
    }
}

fn attribute_of(db: &Cmdb) -> Option<Value> {
    attribute(db, "a", "x")
}

#[derive(Clone, Debug, Default)]
struct Memory(std::sync::Arc<std::sync::Mutex<Vec<Vec<u8>>>>);

impl Storage for Memory {
    fn read(&self, number: u64) -> Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(number as usize).cloned())
    }

    fn append(&mut self, _: u64, block: &[u8]) -> Result<()> {
        self.0.lock().unwrap().push(block.to_vec());
        Ok(())
    }
}

#[test]
fn a_log_keeps_the_models_and_the_types_of_values() {
    let memory = Memory::default();
    let first = model(
        r#"{"classes": {"machine": {"attributes": {"address": {"type": "string"}, "labels": {"type": "map"}}}}}"#,
    );
    let mut db = Cmdb::with_storage(Box::new(memory.clone()), Some(first.clone())).unwrap();
    let put = r#"[{"put_item": {"id": "m", "class": "machine", "attributes": {
        "address": "10.0.0.7", "labels": {"app": "shop", "since": 3}}}}]"#;
    apply(&mut db, 0, put).unwrap();
    let mut second = everything();
    let machine = second.classes.get_mut("machine").unwrap();
    machine.attributes.get_mut("uptime").unwrap().max =
        Some(Value::Duration(itom_core::Duration::from_secs(3600)));
    db.set_model(second.clone(), Transaction::at(seconds(1))).unwrap();
    let put = r#"[{"put_item": {"id": "m", "attributes": {"uptime": "90s", "firmware": "1.10",
        "networks": ["10.0.0.0/8", "::/0"], "macs": ["001B638E2F0A"]}}}]"#;
    apply(&mut db, 2, put).unwrap();
    drop(first);
    for given in [None, Some(second)] {
        let again = Cmdb::with_storage(Box::new(memory.clone()), given).unwrap();
        assert_eq!(again.model(), db.model());
        assert_eq!(again.to_bytes(), db.to_bytes());
        assert_eq!(again.at(None, None).item("m"), db.at(None, None).item("m"));
        let before = again.at(None, Some(seconds(0))).item("m").unwrap();
        assert_eq!(before.attributes["address"], "10.0.0.7".into());
    }
    let other = Some(ModelDefinition::operations());
    let error = Cmdb::with_storage(Box::new(memory), other).unwrap_err();
    assert_eq!((error.kind(), error.argument()), (ErrorKind::Conflict, Some("model")));
}

#[test]
fn what_is_imported_fits_the_ready_made_models() {
    use itom_core::formats::{read_backstage, read_kubernetes, read_netbox, read_resources};
    let imports = [
        (
            "kubernetes",
            read_kubernetes(
                r#"{"kind": "List", "items": [
            {"kind": "Node", "metadata": {"name": "n1", "uid": "u1", "labels": {"zone": "a"}},
             "status": {"nodeInfo": {"kubeletVersion": "v1.31.2", "systemUUID": "4c4c"}}},
            {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u2"},
             "spec": {"nodeName": "n1"}, "status": {"podIP": "10.1.2.3", "phase": "Running"}},
            {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "uid": "u3"}, "spec": {"replicas": 2}},
            {"kind": "Service", "metadata": {"name": "web", "namespace": "shop", "uid": "u4"}, "spec": {"type": "ClusterIP"}}]}"#,
            ),
        ),
        (
            "network",
            read_netbox(
                r#"[
            {"model": "dcim.site", "pk": 1, "fields": {"name": "Akron", "slug": "akron", "status": "active"}},
            {"model": "dcim.rack", "pk": 2, "fields": {"name": "R1", "site": 1, "u_height": 42, "serial": ""}},
            {"model": "dcim.device", "pk": 7, "fields": {"name": "rtr01", "site": 1, "rack": 2, "serial": "x1", "custom_field_data": {"cost": 3}}},
            {"model": "ipam.prefix", "pk": 8, "fields": {"prefix": "10.0.0.0/8", "status": "active"}},
            {"model": "ipam.vlan", "pk": 9, "fields": {"vid": 100, "name": "users", "site": 1}}]"#,
            ),
        ),
        (
            "backstage",
            read_backstage(
                r#"[
            {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "shop", "tags": ["java"]},
             "spec": {"type": "service", "lifecycle": "production", "owner": "team-a", "system": "web"}},
            {"apiVersion": "backstage.io/v1alpha1", "kind": "System", "metadata": {"name": "web"}, "spec": {"owner": "team-a"}},
            {"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": {"name": "team-a"}, "spec": {"type": "team"}}]"#,
            ),
        ),
        (
            "otel",
            read_resources(
                r#"{"service.name": "shop", "service.instance.id": "1", "host.id": "i-1",
            "host.name": "Web-1.example.org", "os.type": "linux", "process.pid": 7, "process.runtime.version": "17.0.2",
            "container.id": "c1", "k8s.pod.uid": "u2", "cloud.provider": "aws", "cloud.region": "eu-west-1"}"#,
            ),
        ),
    ];
    for (pack, import) in imports {
        let mut db = Cmdb::new(ModelDefinition::pack(pack).unwrap()).unwrap();
        let changes = import.unwrap().changes().unwrap();
        db.apply(&changes, Transaction::at(seconds(0)))
            .unwrap_or_else(|error| panic!("{pack}: {error}"));
        assert!(!db.at(None, None).is_empty());
    }
}
