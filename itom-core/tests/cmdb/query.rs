//! The query language: what it reads and prints, what it answers against a plain reading of it.

use std::collections::{BTreeMap, BTreeSet};

use itom_core::cmdb::{
    Change, Cmdb, Direction, Item, ModelDefinition, PutItem, PutRelation, Query, QueryColumn,
    QueryComparison, QueryCondition, QueryOrder, QueryPattern, QueryStep, RemoveItem, Transaction,
    Value, View,
};
use itom_core::table::Table;
use itom_core::{ErrorKind, Timestamp};
use proptest::prelude::*;

fn texts(table: &Table, column: &str) -> Vec<String> {
    table.text(column).unwrap().iter().map(|cell| cell.unwrap_or("-").to_owned()).collect()
}

fn put(id: &str, class: &str) -> PutItem {
    PutItem::new(id, class)
}

fn estate() -> Cmdb {
    let mut db = Cmdb::new(ModelDefinition::default()).unwrap();
    let mut tagged = put("batch", "service").with("criticality", 1);
    let tags = ["pci", "night"].map(Value::from).to_vec();
    tagged.attributes.insert("tags".to_owned(), Value::List(tags));
    let relate = |source: &str, kind: &str, target: &str| {
        Change::PutRelation(PutRelation::new(source, kind, target))
    };
    let changes = [
        Change::PutItem(put("shop", "service").with("criticality", 3).with("owner", "team-a")),
        Change::PutItem(put("cart", "service").with("criticality", 2.5)),
        Change::PutItem(tagged),
        Change::PutItem(put("web-1", "host").with("os", "Debian 12").with("cores", 8)),
        Change::PutItem(put("web-2", "host").with("os", "Debian 11").with("cores", 4)),
        Change::PutItem(put("mail", "host").with("os", "Alpine").with("cores", 16)),
        relate("shop", "depends_on", "cart"),
        relate("cart", "depends_on", "shop"),
        relate("cart", "runs_on", "web-1"),
        relate("shop", "runs_on", "web-2"),
        relate("batch", "runs_on", "mail"),
    ];
    db.apply(&changes, Transaction::at("2026-05-01T00:00:00Z".parse().unwrap())).unwrap();
    db
}

#[test]
fn patterns_steps_and_columns() {
    let db = estate();
    let ask = |text: &str| db.query(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(texts(&ask("service"), "id"), ["batch", "cart", "shop"]);
    assert_eq!(texts(&ask("service where criticality >= 2"), "id"), ["cart", "shop"]);
    assert_eq!(texts(&ask("host where os ~ 'x'".replace('\'', "\"").as_str()), "id"), [""; 0]);
    let table = ask("service -depends_on|runs_on*1..4-> host where os ~ \"Debian*\"");
    let pairs: Vec<_> = texts(&table, "service").into_iter().zip(texts(&table, "host")).collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        pairs,
        [
            pair("cart", "web-1"),
            pair("cart", "web-2"),
            pair("shop", "web-1"),
            pair("shop", "web-2"),
        ]
    );
    // Only the last pattern is asked for: each host once.
    let hosts = ask("service -*1..4-> host h select h/os, cores order by cores desc limit 2");
    assert_eq!(texts(&hosts, "h/os"), ["Alpine", "Debian 12"]);
    assert_eq!(hosts.int("cores").unwrap(), [Some(16), Some(8)]);
    assert_eq!(texts(&ask("host where id = \"web-1\" <-runs_on- *"), "item"), ["cart"]);
    assert_eq!(texts(&ask("service where tags = \"pci\""), "id"), ["batch"]);
    assert_eq!(texts(&ask("service where tags != \"pci\""), "id"), [""; 0]);
    assert_eq!(
        texts(&ask("* where not (tags exists) and class = \"service\""), "id"),
        ["cart", "shop"]
    );
    assert_eq!(
        texts(&ask("host where cores in (4, 16.0) or id in (\"web-1\")"), "id"),
        ["mail", "web-1", "web-2"]
    );
    // A circle: a walk of two comes home, one of exactly three is next door.
    assert_eq!(
        texts(&ask("service where id = \"shop\" -depends_on*2-> service s select s/id"), "s/id"),
        ["shop"]
    );
    assert_eq!(
        texts(&ask("service where id = \"shop\" -depends_on*3-> service s select s/id"), "s/id"),
        ["cart"]
    );
    let zero = ask("service where id = \"shop\" -depends_on*0..1-> service");
    assert_eq!(texts(&zero, "service_2"), ["cart", "shop"]);
    assert_eq!(texts(&ask("SERVICE s SELECT s/id LIMIT 1"), "s/id"), [""; 0]);
}

#[test]
fn classes_mean_those_below_and_times_those_then() {
    let mut db = Cmdb::new(ModelDefinition::operations()).unwrap();
    let changes = [Change::PutItem(put("f", "function")), Change::PutItem(put("h", "host"))];
    db.apply(&changes, Transaction::at("2026-05-01T00:00:00Z".parse().unwrap())).unwrap();
    let gone = Change::RemoveItem(RemoveItem { id: "f".to_owned() });
    let late = Transaction::at("2026-06-01T00:00:00Z".parse().unwrap());
    db.apply(&[gone], late.known("2026-06-09T00:00:00Z".parse().unwrap())).unwrap();
    assert_eq!(texts(&db.query("application as of 2026-05-31").unwrap(), "id"), ["f"]);
    assert_eq!(db.query("application").unwrap().rows(), 0);
    let believed = db.query("application as of 2026-06-02 known at 2026-06-08T23:59:59Z").unwrap();
    assert_eq!(texts(&believed, "id"), ["f"]);
    assert_eq!(db.query("applicaton").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(db.query("host -runs_onn-> host").unwrap_err().kind(), ErrorKind::NotFound);
    let view = db.at(None, None);
    assert!(view.query("host as of 2026-05-31").unwrap_err().to_string().contains("one moment"));
    assert_eq!(view.query("host").unwrap().rows(), 1);
}

#[test]
fn errors_say_column_expected_and_found() {
    for (text, said) in [
        ("", "query, column 1: expected a class or *, found the end"),
        ("where", "query, column 1: expected a class or *, found where"),
        ("host where", "query, column 11: expected an attribute, not or (, found the end"),
        (
            "host where os",
            "query, column 14: expected =, !=, <, <=, >, >=, ~, !~, =~, matches, not matches, in or exists, found the end",
        ),
        (
            "host where os = Debian",
            "query, column 17: expected a value: a number, text in quotes, true, false or a date, found Debian",
        ),
        ("host where (a = 1", "query, column 18: expected ), found the end"),
        ("host where ö = \"a", "query, column 18: expected a quote to end the text, found the end"),
        ("host -uses", "query, column 11: expected *, |, -> or -, found the end"),
        (
            "host -uses*5..2-> host",
            "query, column 16: expected a range that does not end before it begins, found -",
        ),
        (
            "host -uses*101-> host",
            "query, column 15: expected a number of steps up to 100, found -",
        ),
        (
            "host limit 1 select id",
            "query, column 14: expected as of, known at or the end, found select",
        ),
        (
            "host as of June",
            "query, column 12: expected a date such as 2026-06-01 or an instant such as 2026-06-01T10:00:00Z, found June",
        ),
        ("host where a ~ 1", "query: a pattern must be text in quotes, got 1"),
    ] {
        let error = Query::parse(text).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.argument()), (said, Some("query")), "{text}");
    }
    let deep = format!("host where {}a = 1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(Query::parse(&deep).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let deep = format!("host where {}a = 1", "not ".repeat(5000));
    assert_eq!(Query::parse(&deep).unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert!(Query::parse(&"host -> ".repeat(20)).is_err());
    let view = Cmdb::default().at(None, None);
    assert!(view.query("host h select x/id").unwrap_err().to_string().contains("a column of h"));
    assert!(view.query("host select id, id").is_err());
    assert!(view.answer(&Query::default()).is_err());
    let long = QueryStep::providers(&[]).times(2, 1);
    assert!(view.answer(&Query::of("a").step(long, "b")).is_err());
}

#[test]
fn a_query_that_asks_for_too_much_is_refused() {
    // 400 × 400 × 400 rows of three.
    let mut changes: Vec<Change> =
        (0..400).map(|n| Change::PutItem(put(&format!("i{n}"), "x"))).collect();
    changes.push(Change::PutItem(put("hub", "hub")));
    for n in 0..400 {
        changes.push(Change::PutRelation(PutRelation::new("hub", "k", &format!("i{n}"))));
    }
    let mut db = Cmdb::default();
    db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).unwrap();
    let error = db.query("x -*2-  x -*2- x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert_eq!(db.query("x -*2-  x -*2- x y select y/id").unwrap().rows(), 400);
}

// ------------------------------------------------------------------------ laws

const CLASSES: [&str; 3] = ["a", "b", "c"];
const KINDS: [&str; 2] = ["k", "needs it"];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3i64..4).prop_map(Value::Int),
        prop_oneof![Just(0.5), Just(-1.0), Just(1e300), Just(2.0)].prop_map(Value::Float),
        "[ab*?\"\\\\\n]{0,3}".prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
        (0i64..3).prop_map(|n| Value::Time(Timestamp::from_secs(n * 86_400))),
    ]
}

fn attribute() -> impl Strategy<Value = String> {
    prop_oneof![Just("p"), Just("q.r"), Just("order"), Just("id"), Just("odd name")]
        .prop_map(str::to_owned)
}

fn condition() -> BoxedStrategy<QueryCondition> {
    use QueryComparison as C;
    let comparison = prop_oneof![
        Just(C::Equal),
        Just(C::NotEqual),
        Just(C::Below),
        Just(C::AtMost),
        Just(C::Above),
        Just(C::AtLeast),
    ];
    let compare = (attribute(), comparison, value()).prop_map(|(attribute, comparison, value)| {
        QueryCondition::Compare { attribute, comparison, value }
    });
    let like = (attribute(), any::<bool>(), "[ab*?]{0,3}").prop_map(|(attribute, is, text)| {
        let comparison = if is { C::Like } else { C::NotLike };
        QueryCondition::Compare { attribute, comparison, value: Value::Text(text) }
    });
    let one_of = (attribute(), proptest::collection::vec(value(), 1..3))
        .prop_map(|(attribute, values)| QueryCondition::In { attribute, values });
    let leaf = prop_oneof![compare, like, one_of, attribute().prop_map(QueryCondition::Exists)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(QueryCondition::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(QueryCondition::Any),
            inner.prop_map(|inner| QueryCondition::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

fn query() -> impl Strategy<Value = Query> {
    let class = prop_oneof![Just(None), proptest::sample::select(&CLASSES[..]).prop_map(Some)];
    let pattern = (class, proptest::option::weighted(0.4, condition()));
    let kinds = proptest::sample::subsequence(KINDS.to_vec(), 0..=2);
    let direction =
        prop_oneof![Just(Direction::Providers), Just(Direction::Consumers), Just(Direction::Both)];
    let step = (direction, kinds, 0u32..3, 0u32..3);
    let chain = (pattern.clone(), proptest::collection::vec((step, pattern), 0..3));
    let rest = (any::<bool>(), proptest::option::of(0u64..9), any::<bool>(), any::<bool>());
    (chain, rest).prop_map(|((first, more), (selects, limit, orders, descending))| {
        let mut query = Query::default();
        let place =
            |at: usize, (class, condition): (Option<&str>, Option<QueryCondition>)| QueryPattern {
                class: class.map(str::to_owned),
                alias: Some(format!("p{at}")),
                condition,
            };
        query.patterns.push(place(0, first));
        for (at, ((direction, kinds, least, more), pattern)) in more.into_iter().enumerate() {
            let kinds = kinds.into_iter().map(str::to_owned).collect();
            query.steps.push(QueryStep { direction, kinds, least, most: least + more });
            query.patterns.push(place(at + 1, pattern));
        }
        let column = |at: usize, name: &str| QueryColumn {
            of: Some(format!("p{at}")),
            attribute: name.to_owned(),
        };
        if selects {
            query.select = vec![column(query.steps.len(), "id"), column(0, "p")];
        }
        if orders {
            query.order = vec![QueryOrder { column: column(0, "p"), descending }];
        }
        query.limit = limit;
        query
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(query in query()) {
        let text = query.to_string();
        let read = Query::parse(&text);
        prop_assert_eq!(read.as_ref(), Ok(&query), "{}", text);
        prop_assert_eq!(read.unwrap().to_string(), text);
    }

    #[test]
    fn any_text_is_a_query_or_an_error(text in "[a-z \"*<>=~!(),/|.0-9-]{0,60}") {
        if let Ok(query) = Query::parse(&text) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }

    #[test]
    fn answers_are_those_of_the_definition(
        items in proptest::collection::vec(
            (proptest::sample::select(&CLASSES[..]), proptest::option::of(value()), proptest::option::of(value())), 1..7),
        edges in proptest::collection::vec((0usize..7, 0usize..7, proptest::sample::select(&KINDS[..])), 0..12),
        query in query(),
    ) {
        let mut changes = Vec::new();
        for (n, (class, p, q)) in items.iter().enumerate() {
            let mut put = put(&format!("i{n}"), class);
            put.attributes.extend(p.clone().map(|value| ("p".to_owned(), value)));
            put.attributes.extend(q.clone().map(|value| ("q.r".to_owned(), value)));
            changes.push(Change::PutItem(put));
        }
        for (source, target, kind) in &edges {
            if source.max(target) < &items.len() {
                let relation = PutRelation::new(&format!("i{source}"), kind, &format!("i{target}"));
                changes.push(Change::PutRelation(relation));
            }
        }
        let mut db = Cmdb::default();
        db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).unwrap();
        let view = db.at(None, None);
        let mut unlimited = query.clone();
        (unlimited.limit, unlimited.select, unlimited.order) = (None, Vec::new(), Vec::new());
        let expected = naive(&view, &unlimited);
        let table = view.answer(&unlimited).unwrap();
        let columns: Vec<Vec<String>> = match unlimited.patterns.len() {
            1 => vec![texts(&table, "id")],
            length => (0..length).map(|at| texts(&table, &format!("p{at}"))).collect(),
        };
        let rows: Vec<Vec<String>> =
            (0..table.rows()).map(|row| columns.iter().map(|c| c[row].clone()).collect()).collect();
        prop_assert_eq!(&rows, &expected.iter().cloned().collect::<Vec<_>>(), "{}", query);
        // The last and the first alone, in any order, are those of the whole rows.
        if !query.select.is_empty() && query.limit.is_none() {
            let table = view.answer(&query).unwrap();
            let at = query.steps.len();
            let pairs: BTreeSet<(&str, &str)> =
                expected.iter().map(|row| (row[at].as_str(), row[0].as_str())).collect();
            prop_assert_eq!(table.rows(), pairs.len());
        }
    }
}

/// The definition: every combination of items, one by one.
fn naive(view: &View, query: &Query) -> BTreeSet<Vec<String>> {
    let items: BTreeMap<String, Item> =
        view.items(None).unwrap().into_iter().map(|item| (item.id.clone(), item)).collect();
    let mut rows: BTreeSet<Vec<String>> = items
        .keys()
        .filter(|id| fits(&query.patterns[0], &items[*id]))
        .map(|id| vec![id.clone()])
        .collect();
    for (step, pattern) in query.steps.iter().zip(&query.patterns[1..]) {
        let mut longer = BTreeSet::new();
        for row in &rows {
            for id in walk(view, row.last().unwrap(), step) {
                if fits(pattern, &items[&id]) {
                    longer.insert(row.iter().cloned().chain([id]).collect());
                }
            }
        }
        rows = longer;
    }
    rows
}

fn walk(view: &View, from: &str, step: &QueryStep) -> BTreeSet<String> {
    let mut level = BTreeSet::from([from.to_owned()]);
    let mut found = BTreeSet::new();
    for length in 0..=step.most {
        if length >= step.least {
            found.extend(level.iter().cloned());
        }
        let next = level.iter().flat_map(|id| view.neighbours(id, step.direction, None).unwrap());
        level = next
            .filter(|next| step.kinds.is_empty() || step.kinds.contains(&next.kind))
            .map(|next| next.id)
            .collect();
    }
    found
}

fn fits(pattern: &QueryPattern, item: &Item) -> bool {
    pattern.class.as_ref().is_none_or(|class| *class == item.class)
        && pattern.condition.as_ref().is_none_or(|condition| holds(condition, item))
}

fn holds(condition: &QueryCondition, item: &Item) -> bool {
    use QueryComparison as C;
    let own = |name: &str| match name {
        "id" => Some(Value::from(item.id.as_str())),
        name => item.attributes.get(name).cloned(),
    };
    match condition {
        QueryCondition::All(all) => all.iter().all(|one| holds(one, item)),
        QueryCondition::Any(any) => any.iter().any(|one| holds(one, item)),
        QueryCondition::Not(one) => !holds(one, item),
        QueryCondition::Exists(name) => own(name).is_some(),
        QueryCondition::In { attribute, values } => values
            .iter()
            .any(|value| holds(&QueryCondition::compare(attribute, C::Equal, value.clone()), item)),
        QueryCondition::Compare { attribute, comparison, value } => {
            let Some(own) = own(attribute) else { return false };
            let number = |value: &Value| match value {
                Value::Int(number) => Some(*number as f64),
                Value::Float(number) => Some(*number),
                _ => None,
            };
            let ordering = match (&own, value) {
                (Value::Text(one), Value::Text(other)) => {
                    if matches!(comparison, C::Like | C::NotLike) {
                        return like(other.as_bytes(), one.as_bytes()) == (*comparison == C::Like);
                    }
                    one.cmp(other)
                }
                (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
                (Value::Time(one), Value::Time(other)) => one.cmp(other),
                (one, other) => match (number(one), number(other)) {
                    (Some(one), Some(other)) => one.partial_cmp(&other).unwrap(),
                    _ => return false,
                },
            };
            match comparison {
                C::Equal => ordering.is_eq(),
                C::NotEqual => ordering.is_ne(),
                C::Below => ordering.is_lt(),
                C::AtMost => ordering.is_le(),
                C::Above => ordering.is_gt(),
                C::AtLeast => ordering.is_ge(),
                C::Like | C::NotLike | C::Matches | C::NotMatches => false,
            }
        }
    }
}

/// By recursion, as one would define it.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            like(rest, text) || matches!(text, [_, more @ ..] if like(pattern, more))
        }
        ([b'?', rest @ ..], [_, more @ ..]) => like(rest, more),
        ([own, rest @ ..], [byte, more @ ..]) if own == byte => like(rest, more),
        _ => false,
    }
}
