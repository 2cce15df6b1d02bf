//! Who says what of an item, and why its values are what they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::history::NONE;
use super::super::{Value, View};
use super::choose::{Claim, Verdict};
use super::claims::{Chooser, Standing};
use super::identity::{Identities, Identity};
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

    fn judged(&self, row: u32, standing: &Standing, word: u32, claims: &[Claim]) -> WhyValue {
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
        why.value = Some(choice.joined.unwrap_or_else(|| history.value(word, winner.code)));
        why.source = name(winner.source);
        let rules = history.control.rules(moment);
        why.rule = number.and_then(|n| rules.map(|rules| rules.rules[n].clone()));
        why.rule_number = number.map(|n| n as u64);
        for (claim, verdict) in claims.iter().zip(choice.verdicts) {
            let (at, transaction, _) = claim.key;
            why.claims.push(AttributeClaim {
                attribute: why.attribute.clone(),
                source: name(claim.source),
                value: history.value(word, claim.code),
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
        let (history, moment) = (self.history(), self.moment());
        let mut identities: BTreeMap<u32, Identities> = BTreeMap::new();
        let mut groups: BTreeMap<Key, (Identity, Vec<u32>)> = BTreeMap::new();
        for row in 0..self.rows() {
            let class = self.classes().of[row as usize];
            if class == NONE {
                continue;
            }
            let of_class = || Identities::new(self.class_model(), history.words.text(class));
            let plan = identities.entry(class).or_insert_with(of_class);
            if plan.is_empty() {
                continue;
            }
            let standing = Standing::new(history, row, moment);
            for identity in plan.of(history, &standing, |kind| self.hosts(row, kind)) {
                let key = (plan.owner().to_owned(), identity.entry, identity.key.clone());
                groups.entry(key).or_insert_with(|| (identity, Vec::new())).1.push(row);
            }
        }
        let labels: BTreeMap<&str, &Identities> =
            identities.values().map(|plan| (plan.owner(), plan)).collect();
        let mut found = Vec::new();
        for ((class, entry, _), (identity, mut rows)) in groups {
            rows.dedup();
            if rows.len() < 2 {
                continue;
            }
            let entry = labels[class.as_str()].label(entry).to_owned();
            let ids = self.names(rows).into_iter().map(str::to_owned).collect();
            found.push(DuplicateItems { class, entry, by: identity.by, ids });
        }
        found
    }

    /// The items that one depends on by a kind of relation.
    fn hosts(&self, row: u32, kind: &str) -> Vec<u32> {
        let word = self.history().words.find(kind);
        let relations = self.graph().outgoing.of(row).iter().map(|&n| self.relation_row(n));
        relations.filter(|row| Some(row.kind) == word).map(|row| row.target).collect()
    }
}

/// The class that has an entry, the number of the entry, and the values.
type Key = (String, usize, Vec<u8>);
