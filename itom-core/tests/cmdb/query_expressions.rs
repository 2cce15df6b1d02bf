//! Regular expressions in queries: what they find, and what is told of what is none.

use itom_core::cmdb::{Change, Cmdb, PutItem, Query, QueryComparison, QueryCondition, Transaction};
use itom_core::{ErrorKind, Timestamp};

#[test]
fn regular_expressions_are_found_anywhere_in_a_text() {
    let mut db = Cmdb::default();
    let host = |id: &str, os: &str| PutItem::new(id, "host").with("os", os);
    let tags = itom_core::cmdb::Value::List(vec!["pci".into(), "eu-1".into()]);
    let changes = [
        host("web-1", "Debian 12"),
        host("web-12", "Debian 13").with("tags", tags),
        host("db-1", "Rocky 9"),
        PutItem::new("bare", "host").with("cores", 8),
    ];
    let changes = changes.map(Change::PutItem);
    db.apply(&changes, Transaction::at(Timestamp::from_secs(0))).unwrap();
    let ids = |text: &str| -> Vec<String> {
        let query: Query = text.parse().unwrap();
        assert_eq!(query.to_string().parse::<Query>().unwrap(), query, "{query}");
        let table = db.answer(&query).unwrap();
        let ids = table.text("id").unwrap();
        (0..table.rows()).map(|row| ids.get(row).unwrap().to_owned()).collect()
    };
    assert_eq!(ids(r#"host where id matches "^web-[0-9]$" select id"#), ["web-1"]);
    assert_eq!(ids(r"host where id =~ /^web-\d+$/ select id"), ["web-1", "web-12"]);
    assert_eq!(ids(r"host where os MATCHES /(?i)rocky/ select id"), ["db-1"]);
    assert_eq!(ids(r"host where os not matches /^Debian/ select id"), ["db-1"]);
    assert_eq!(ids(r"host where not os matches /^Debian/ select id"), ["bare", "db-1"]);
    assert_eq!(ids(r"host where tags matches /^eu-/ select id"), ["web-12"]);
    assert_eq!(ids(r"host where tags not matches /^eu-/ select id"), [""; 0]);
    assert_eq!(ids(r"host where cores matches /8/ select id"), [""; 0]);
    assert_eq!(ids(r"host where id matches /a\/b|\\/ select id"), [""; 0]);
    let built = Query::of("host").filter(QueryCondition::compare(
        "os",
        QueryComparison::Matches,
        r"^Debian (12|13)$",
    ));
    assert_eq!(db.answer(&built).unwrap().rows(), 2);
    // `matches` is no word of the language: it may be a name.
    assert!("matches where matches matches /x/".parse::<Query>().is_ok());
}

#[test]
fn what_is_no_regular_expression_is_told_with_its_place() {
    let told = |text: &str| text.parse::<Query>().unwrap_err().to_string();
    assert_eq!(
        told("host where os matches /ab(c/"),
        "query, column 23: expected a regular expression (unclosed group at its character 3), \
         found /ab(c/"
    );
    assert!(
        told("host where os =~ ").starts_with("query, column 18: expected a regular expression")
    );
    assert!(
        told("host where os not like \"a\"").contains("column 19: expected matches, found like")
    );
    assert!(told("host where os matches /abc").contains("expected a slash to end"));
    assert!(told("host where os matches 8").contains("column 23: expected a regular expression"));
    assert!(told(r"host where os matches /(a)\1/").contains("backreferences"));
    let long = format!("host where os matches /{}/", "a".repeat(1001));
    assert!(told(&long).contains("of at most 1000 bytes, and not 1001"));
    assert!(told("host where os matches /(a{1000}){1000}/").contains("size limit"));
    // What was built is checked when it is asked.
    let db = Cmdb::default();
    let ask = |value: itom_core::cmdb::Value| {
        let condition = QueryCondition::compare("os", QueryComparison::NotMatches, value);
        db.answer(&Query::of("host").filter(condition)).unwrap_err().to_string()
    };
    assert!(ask("[".into()).contains("a regular expression (unclosed character class"));
    assert!(ask(8.into()).contains("a regular expression in text"));
    let many = (0..101).map(|n| {
        QueryCondition::compare("os", QueryComparison::Matches, format!("^{n}$").as_str())
    });
    let query = Query::of("host").filter(QueryCondition::Any(many.collect()));
    assert_eq!(db.answer(&query).unwrap_err().kind(), ErrorKind::LimitExceeded);
}
