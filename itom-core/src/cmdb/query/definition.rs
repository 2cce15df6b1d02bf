//! What a query is made of, and how to build one.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::super::{Direction, Value};
use crate::{Error, Result, Timestamp};

/// A query; see the module for the language and what it means.
///
/// At most 16 patterns with conditions 64 deep, ranges up to 100 steps, two million rows, and 200
/// million relations gone along.
///
/// ```
/// use itom_core::cmdb::{Query, QueryComparison, QueryCondition, QueryStep};
///
/// let query = Query::of("service")
///     .filter(QueryCondition::compare("criticality", QueryComparison::AtLeast, 2))
///     .step(QueryStep::providers(&["depends_on"]).times(1, 4), "host")
///     .filter(QueryCondition::compare("os", QueryComparison::Like, "Debian*"));
/// let text = "service where criticality >= 2 -depends_on*1..4-> host where os ~ \"Debian*\"";
/// assert_eq!(query, text.parse()?);
/// assert_eq!(query.to_string(), text);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Query {
    /// The items of the chain, one pattern more than steps.
    pub patterns: Vec<QueryPattern>,
    /// How to get from each pattern to the next.
    pub steps: Vec<QueryStep>,
    /// The columns of the answer; none stands for the ids.
    pub select: Vec<QueryColumn>,
    /// What the rows are sorted by, before their ids.
    pub order: Vec<QueryOrder>,
    /// At most so many rows.
    pub limit: Option<u64>,
    /// Valid time: as things were then.
    pub as_of: Option<Timestamp>,
    /// Transaction time: by what was known then.
    pub known_at: Option<Timestamp>,
}

impl Query {
    /// All items of a class; `*` is any.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Query::of("host").to_string(), "host");
    /// ```
    pub fn of(class: &str) -> Self {
        Query { patterns: vec![QueryPattern::of(class)], ..Query::default() }
    }

    /// Reads a query.
    ///
    /// ```
    /// use itom_core::cmdb::Query;
    /// let error = Query::parse("host where cores >> 8").unwrap_err();
    /// assert_eq!(error.to_string(), "query, column 19: expected a value: a number, text in quotes, \
    ///     true, false or a date, found >");
    /// ```
    ///
    /// # Errors
    /// The text is no query; the message has the column, what was expected and what was found.
    pub fn parse(text: &str) -> Result<Self> {
        super::parse::query(text)
    }

    /// Asks more of the items of the last pattern.
    ///
    /// ```
    /// use itom_core::cmdb::{Query, QueryCondition};
    /// let query = Query::of("host").filter(QueryCondition::exists("os"));
    /// assert_eq!(query.to_string(), "host where os exists");
    /// ```
    #[must_use]
    pub fn filter(mut self, condition: QueryCondition) -> Self {
        if let Some(pattern) = self.patterns.last_mut() {
            pattern.condition = Some(match pattern.condition.take() {
                None => condition,
                Some(QueryCondition::All(mut all)) => {
                    all.push(condition);
                    QueryCondition::All(all)
                }
                Some(other) => QueryCondition::All(vec![other, condition]),
            });
        }
        self
    }

    /// Goes on to items of another class.
    ///
    /// ```
    /// use itom_core::cmdb::{Query, QueryStep};
    /// let query = Query::of("host").step(QueryStep::consumers(&["runs_on"]), "*");
    /// assert_eq!(query.to_string(), "host <-runs_on- *");
    /// ```
    #[must_use]
    pub fn step(mut self, step: QueryStep, class: &str) -> Self {
        self.steps.push(step);
        self.patterns.push(QueryPattern::of(class));
        self
    }
}

impl FromStr for Query {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Query::parse(text)
    }
}

/// Which items stand at one place of the chain.
///
/// ```
/// use itom_core::cmdb::QueryPattern;
/// assert_eq!(QueryPattern::of("*").class, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueryPattern {
    /// Their class or one above it; any if there is none.
    pub class: Option<String>,
    /// What columns call them.
    pub alias: Option<String>,
    /// What must be so of them.
    pub condition: Option<QueryCondition>,
}

impl QueryPattern {
    /// Items of a class; `*` is any.
    ///
    /// ```
    /// use itom_core::cmdb::QueryPattern;
    /// assert_eq!(QueryPattern::of("host").class.as_deref(), Some("host"));
    /// ```
    pub fn of(class: &str) -> Self {
        let class = (class != "*").then(|| class.to_owned());
        QueryPattern { class, alias: None, condition: None }
    }
}

/// How to get from one pattern to the next.
///
/// ```
/// use itom_core::cmdb::{Direction, QueryStep};
/// let step = QueryStep::consumers(&[]).times(1, 3);
/// assert_eq!((step.direction, step.least, step.most), (Direction::Consumers, 1, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueryStep {
    /// To providers, consumers or both.
    pub direction: Direction,
    /// The kinds of relations; none is any.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// At least so many relations in a row.
    #[serde(default = "one")]
    pub least: u32,
    /// At most so many.
    #[serde(default = "one")]
    pub most: u32,
}

fn one() -> u32 {
    1
}

impl QueryStep {
    fn new(direction: Direction, kinds: &[&str]) -> Self {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        QueryStep { direction, kinds, least: 1, most: 1 }
    }

    /// To what an item depends on, by relations of these kinds or of any.
    ///
    /// ```
    /// use itom_core::cmdb::QueryStep;
    /// assert_eq!(QueryStep::providers(&["uses"]).kinds, ["uses"]);
    /// ```
    pub fn providers(kinds: &[&str]) -> Self {
        Self::new(Direction::Providers, kinds)
    }

    /// To what depends on an item.
    ///
    /// ```
    /// use itom_core::cmdb::QueryStep;
    /// assert_eq!(QueryStep::consumers(&[]).least, 1);
    /// ```
    pub fn consumers(kinds: &[&str]) -> Self {
        Self::new(Direction::Consumers, kinds)
    }

    /// Either way.
    ///
    /// ```
    /// use itom_core::cmdb::{Direction, QueryStep};
    /// assert_eq!(QueryStep::both(&[]).direction, Direction::Both);
    /// ```
    pub fn both(kinds: &[&str]) -> Self {
        Self::new(Direction::Both, kinds)
    }

    /// The same, from `least` to `most` relations in a row.
    ///
    /// ```
    /// use itom_core::cmdb::QueryStep;
    /// assert_eq!(QueryStep::providers(&[]).times(0, 2).most, 2);
    /// ```
    #[must_use]
    pub fn times(mut self, least: u32, most: u32) -> Self {
        (self.least, self.most) = (least, most);
        self
    }
}

/// What must be so of an item.
///
/// ```
/// use itom_core::cmdb::QueryCondition;
/// let text = r#"{"any":[{"exists":"os"},{"not":{"exists":"owner"}}]}"#;
/// let condition: QueryCondition = serde_json::from_str(text)?;
/// assert_eq!(serde_json::to_string(&condition)?, text);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum QueryCondition {
    /// Every one of these.
    All(Vec<QueryCondition>),
    /// At least one of these.
    Any(Vec<QueryCondition>),
    /// Not this.
    Not(Box<QueryCondition>),
    /// The item has the attribute.
    Exists(String),
    /// The attribute has one of the values.
    In {
        /// The attribute.
        attribute: String,
        /// The values.
        values: Vec<Value>,
    },
    /// The attribute compares so with the value.
    Compare {
        /// The attribute.
        attribute: String,
        /// How.
        comparison: QueryComparison,
        /// The value.
        value: Value,
    },
}

impl QueryCondition {
    /// The attribute compares so with the value.
    ///
    /// ```
    /// use itom_core::cmdb::{QueryComparison, QueryCondition};
    /// let condition = QueryCondition::compare("cores", QueryComparison::Above, 4);
    /// assert_eq!(condition.to_string(), "cores > 4");
    /// ```
    pub fn compare(attribute: &str, comparison: QueryComparison, value: impl Into<Value>) -> Self {
        let (attribute, value) = (attribute.to_owned(), value.into());
        QueryCondition::Compare { attribute, comparison, value }
    }

    /// The item has the attribute.
    ///
    /// ```
    /// use itom_core::cmdb::QueryCondition;
    /// assert_eq!(QueryCondition::exists("os").to_string(), "os exists");
    /// ```
    pub fn exists(attribute: &str) -> Self {
        QueryCondition::Exists(attribute.to_owned())
    }

    /// Reads a condition as it stands behind `where`.
    ///
    /// ```
    /// use itom_core::cmdb::QueryCondition;
    /// let condition = QueryCondition::parse("not (os exists) or cores > 4")?;
    /// assert_eq!(condition.to_string(), "not os exists or cores > 4");
    /// assert!(QueryCondition::parse("cores > 4 -> host").is_err());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is no condition; the message has the column, what was expected and what was found.
    pub fn parse(text: &str) -> Result<Self> {
        super::parse::condition(text)
    }

    /// Names of the attributes it asks for, one as often as it stands there; `id` and `class` may be
    /// among them.
    pub(in crate::cmdb) fn attributes(&self) -> Vec<&str> {
        match self {
            QueryCondition::All(several) | QueryCondition::Any(several) => {
                several.iter().flat_map(Self::attributes).collect()
            }
            QueryCondition::Not(inner) => inner.attributes(),
            QueryCondition::Exists(attribute)
            | QueryCondition::In { attribute, .. }
            | QueryCondition::Compare { attribute, .. } => vec![attribute],
        }
    }
}

impl FromStr for QueryCondition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        QueryCondition::parse(text)
    }
}

/// How two values compare.
///
/// ```
/// use itom_core::cmdb::QueryComparison;
/// assert_eq!(serde_json::to_string(&QueryComparison::AtLeast)?, "\"at_least\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum QueryComparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `~`: the text fits the pattern.
    Like,
    /// `!~`: the text does not fit the pattern.
    NotLike,
    /// `=~` or `matches`: a regular expression is found in the text.
    Matches,
    /// `not matches`: the regular expression is not found in the text.
    NotMatches,
}

/// A column of the answer: an attribute of the items at one place of the chain.
///
/// ```
/// use itom_core::cmdb::QueryColumn;
/// let column: QueryColumn = serde_json::from_str(r#"{"of": "host", "attribute": "os"}"#)?;
/// assert_eq!(column.of.as_deref(), Some("host"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueryColumn {
    /// The alias of the pattern, or its class; the last one if there is none.
    #[serde(default)]
    pub of: Option<String>,
    /// The attribute; `id` and `class` are attributes here.
    pub attribute: String,
}

/// What the rows are sorted by.
///
/// ```
/// use itom_core::cmdb::QueryOrder;
/// let order: QueryOrder = serde_json::from_str(r#"{"column": {"attribute": "os"}}"#)?;
/// assert!(!order.descending);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueryOrder {
    /// The column.
    pub column: QueryColumn,
    /// Whether the largest comes first.
    #[serde(default)]
    pub descending: bool,
}
