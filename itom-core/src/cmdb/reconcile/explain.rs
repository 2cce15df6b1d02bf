//! Who says what of an item, and why its values are what they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::history::NONE;
use super::super::{IdentifierKind, Value, View};
use super::choose::{Claim, Verdict};
use super::claims::{Chooser, Standing};
use super::identify::{Plan, says_nothing};
use super::index::{encode, parts};
use super::rules::ReconciliationRule;
use crate::{Error, Result, Timestamp};

/// What a source says of an attribute, and what became of it.
///
/// ```
/// use itom_core::cmdb::{AttributeClaim, Verdict};
///
/// let claim: AttributeClaim = serde_json::from_str(r#"{"attribute": "os", "source": "scan", "value": "debian",
///     "at": "2026-01-01T00:00:00Z", "known": "2026-01-01T00:00:00Z", "seen": "2026-02-01T00:00:00Z",
///     "verdict": "wins"}"#)?;
/// assert_eq!(claim.verdict, Verdict::Wins);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributeClaim {
    /// The attribute.
    pub attribute: String,
    /// The source; none is by hand.
    pub source: Option<String>,
    /// What it says.
    pub value: Value,
    /// Since when it says so, in valid time.
    pub at: Timestamp,
    /// When that became known.
    pub known: Timestamp,
    /// When the source last saw the item, changed or not.
    pub seen: Timestamp,
    /// Whether it is the item's value, and why not.
    pub verdict: Verdict,
}

/// Why an attribute of an item has the value it has.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Cmdb, ItemRecord, Transaction, Verdict};
///
/// let mut db = Cmdb::default();
/// for (second, source, os) in [(0, "scan", "debian"), (60, "import", "ubuntu")] {
///     let records = [ItemRecord::new("host").of_id("web-1").with("os", os)];
///     let transaction = Transaction::at(Timestamp::from_secs(second)).source(source);
///     db.reconcile(&records, &[], transaction)?;
/// }
/// let why = db.at(None, None).why_value("web-1", "os")?;
/// assert_eq!((why.value, why.source.as_deref()), (Some("ubuntu".into()), Some("import")));
/// assert_eq!((why.claims[1].verdict, why.rule), (Verdict::Older, None));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WhyValue {
    /// The item.
    pub id: String,
    /// The attribute.
    pub attribute: String,
    /// Its value; none if nobody says anything.
    pub value: Option<Value>,
    /// The source that is believed; none is by hand.
    pub source: Option<String>,
    /// The rule that chose; none where none speaks of it: then the last that was said holds.
    pub rule: Option<ReconciliationRule>,
    /// The number of the rule among the rules.
    pub rule_number: Option<u64>,
    /// Whether the attribute is locked.
    pub locked: bool,
    /// All that is said of it, the newest first.
    pub claims: Vec<AttributeClaim>,
}

/// Items that one identifier entry cannot tell apart.
///
/// ```
/// use itom_core::cmdb::DuplicateItems;
///
/// let found: DuplicateItems = serde_json::from_str(
///     r#"{"class": "host", "entry": "serial", "by": {"serial": "J7X"}, "ids": ["a", "b"]}"#,
/// )?;
/// assert_eq!(found.ids, ["a", "b"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DuplicateItems {
    /// The class whose entry it is.
    pub class: String,
    /// The entry's name, or its attributes.
    pub entry: String,
    /// The values they have in common; of a dependent entry also `host`, the id of their host.
    pub by: BTreeMap<String, Value>,
    /// The items, sorted.
    pub ids: Vec<String>,
}

impl View {
    /// All that is said of an item: every source's claim for every attribute, those that lost
    /// among them; by attribute, the newest first.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).claims("web-1").is_err());
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn claims(&self, id: &str) -> Result<Vec<AttributeClaim>> {
        let row = self.row("id", id)?;
        let standing = Standing::new(self.history(), row, self.moment());
        let mut claims: Vec<AttributeClaim> = Vec::new();
        for (word, said) in standing.claims() {
            claims.extend(self.judged(row, &standing, word, &said).claims);
        }
        claims.sort_by(|a, b| a.attribute.cmp(&b.attribute));
        Ok(claims)
    }

    /// Why an attribute of an item has the value it has; see [`WhyValue`] for an example.
    ///
    /// # Errors
    /// There is no such item.
    pub fn why_value(&self, id: &str, attribute: &str) -> Result<WhyValue> {
        let row = self.row("id", id)?;
        if attribute.is_empty() {
            return Err(Error::invalid("attribute", "\"\"", "a name"));
        }
        let history = self.history();
        let standing = Standing::new(history, row, self.moment());
        let said = history.words.find(attribute).map(|word| (word, standing.claims_of(word)));
        Ok(match said {
            Some((word, claims)) => self.judged(row, &standing, word, &claims),
            None => WhyValue {
                id: history.ids.text(row).to_owned(),
                attribute: attribute.to_owned(),
                value: None,
                source: None,
                rule: None,
                rule_number: None,
                locked: false,
                claims: Vec::new(),
            },
        })
    }

    fn judged(&self, row: u32, standing: &Standing, word: u32, claims: &[Claim<'_>]) -> WhyValue {
        let (history, moment) = (self.history(), self.moment());
        let name = |word: u32| (word != NONE).then(|| history.words.text(word).to_owned());
        let mut why = WhyValue {
            id: history.ids.text(row).to_owned(),
            attribute: history.words.text(word).to_owned(),
            value: None,
            source: None,
            rule: None,
            rule_number: None,
            locked: history.control.is_locked(row, word, moment),
            claims: Vec::new(),
        };
        if claims.is_empty() {
            return why;
        }
        let chooser = Chooser::new(history, self.class_model(), row, standing, moment);
        let (choice, number) = chooser.choose(word, claims);
        let winner = &claims[choice.winner];
        why.value = Some(choice.joined.unwrap_or_else(|| winner.value.clone()));
        why.source = name(winner.source);
        let rules = history.control.rules(moment);
        why.rule = number.and_then(|n| rules.map(|rules| rules.rules[n].clone()));
        why.rule_number = number.map(|n| n as u64);
        for (claim, verdict) in claims.iter().zip(choice.verdicts) {
            let (at, transaction, _) = claim.key;
            why.claims.push(AttributeClaim {
                attribute: why.attribute.clone(),
                source: name(claim.source),
                value: claim.value.clone(),
                at,
                known: history.transaction(transaction).known,
                seen: chooser.last_seen(claim.source).unwrap_or(at),
                verdict,
            });
        }
        why
    }

    /// Items that are the same by the identification rules of the model: some source of each claims
    /// the values that tell one from every other. In the order of class, entry and values.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, ModelDefinition, PutItem, Transaction};
    ///
    /// let model: ModelDefinition = serde_json::from_str(r#"{"classes": {"host": {
    ///     "attributes": {"serial": {"type": "string"}}, "identification": [{"attributes": ["serial"]}]}}}"#)?;
    /// let mut db = Cmdb::new(model)?;
    /// let put = |id| Change::PutItem(PutItem::new(id, "host").with("serial", "J7X"));
    /// db.apply(&[put("a"), put("b")], Transaction::at(Timestamp::from_secs(0)))?;
    /// assert_eq!(db.at(None, None).duplicates()[0].ids, ["a", "b"]);
    /// db.merge("a", &["b"], Transaction::at(Timestamp::from_secs(60)))?;
    /// assert!(db.at(None, None).duplicates().is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn duplicates(&self) -> Vec<DuplicateItems> {
        let history = self.history();
        let mut plans: BTreeMap<u32, Plan> = BTreeMap::new();
        let mut groups: BTreeMap<(String, usize, Vec<u8>), Vec<u32>> = BTreeMap::new();
        let mut named: BTreeMap<(String, usize, Vec<u8>), BTreeMap<String, Value>> =
            BTreeMap::new();
        for row in 0..self.rows() {
            let class = self.classes().of[row as usize];
            if class == NONE {
                continue;
            }
            let plan = plans
                .entry(class)
                .or_insert_with(|| Plan::new(self.class_model(), history.words.text(class)));
            if plan.entries.is_empty() {
                continue;
            }
            let standing = Standing::new(history, row, self.moment());
            for (n, entry) in plan.entries.iter().enumerate() {
                let hosts = match entry.kind {
                    IdentifierKind::Independent => vec![None],
                    IdentifierKind::Dependent => self.hosts(row, entry.relation.as_deref()),
                    IdentifierKind::Lookup => continue,
                };
                for by in values(self, plan, &entry.names, &standing) {
                    for host in &hosts {
                        let mut by = by.clone();
                        let host = host.map(|host| Value::from(self.id_of(host)));
                        by.extend(host.map(|host| ("host".to_owned(), host)));
                        let mut key = Vec::new();
                        by.values().for_each(|value| encode(value, &mut key));
                        let key = (plan.owner().to_owned(), n, key);
                        groups.entry(key.clone()).or_default().push(row);
                        named.entry(key).or_insert(by);
                    }
                }
            }
        }
        let labels: BTreeMap<&str, &Plan> =
            plans.values().map(|plan| (plan.owner(), plan)).collect();
        let mut found = Vec::new();
        for (key, mut rows) in groups {
            rows.dedup();
            if rows.len() < 2 {
                continue;
            }
            let entry = labels[key.0.as_str()].entries[key.1].label.clone();
            let ids = self.names(rows).into_iter().map(str::to_owned).collect();
            let by = named.remove(&key).unwrap_or_default();
            found.push(DuplicateItems { class: key.0, entry, by, ids });
        }
        found
    }

    /// The items that one depends on by a kind of relation.
    fn hosts(&self, row: u32, kind: Option<&str>) -> Vec<Option<u32>> {
        let word = kind.and_then(|kind| self.history().words.find(kind));
        let relations = self.graph().outgoing.of(row).iter().map(|&n| self.relation_row(n));
        relations.filter(|row| Some(row.kind) == word).map(|row| Some(row.target)).collect()
    }
}

/// The combinations of values that sources claim for some attributes, up to a few.
fn values(
    view: &View,
    plan: &Plan,
    names: &[String],
    standing: &Standing,
) -> Vec<BTreeMap<String, Value>> {
    /// More combinations than this are not looked at: sources that disagree that much on what
    /// identifies an item are the finding.
    const MOST: usize = 64;
    let mut all: Vec<BTreeMap<String, Value>> = vec![BTreeMap::new()];
    for name in names {
        let word = view.history().words.find(name);
        let claims = word.map(|word| standing.claims_of(word)).unwrap_or_default();
        let mut distinct: Vec<Value> = Vec::new();
        for claim in claims {
            let normal = plan.normal(name, claim.value.clone());
            for part in parts(&normal) {
                if !says_nothing(Some(part)) && !distinct.contains(part) {
                    distinct.push(part.clone());
                }
            }
        }
        let mut longer = Vec::new();
        for value in &distinct {
            for by in &all {
                let mut by = by.clone();
                by.insert(name.clone(), value.clone());
                longer.push(by);
            }
        }
        longer.truncate(MOST);
        all = longer;
    }
    all
}
