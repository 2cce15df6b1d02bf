//! Who said what of an item and when; and names for moments.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::history::{Moment, NONE, Said};
use super::{Change, Cmdb, Transaction, Value, View};
use crate::{Error, Result, Timestamp};

/// One statement about an item, with the transaction that made it.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::*;
///
/// let mut db = Cmdb::default();
/// let put = Change::PutItem(PutItem::new("web-1", "host").with("zone", "a"));
/// db.apply(&[put], Transaction::at(Timestamp::from_secs(1)).source("scan"))?;
/// let said: Vec<ItemStatement> = db.item_history("web-1")?;
/// assert_eq!(said[0].transaction.source.as_deref(), Some("scan"));
/// assert_eq!(said[0].attributes["zone"], "a".into());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemStatement {
    /// From when it holds, when it became known, who said it, why, under which change.
    pub transaction: Transaction,
    /// The class it was said to be of; `None` if it was said not to be there.
    pub class: Option<String>,
    /// The attributes it was said to have; null where one was cleared.
    pub attributes: BTreeMap<String, Value>,
}

/// A name for a moment.
///
/// ```
/// let baseline = itom_core::cmdb::Baseline { name: "before the move".to_owned() };
/// assert_eq!(serde_json::to_string(&baseline)?, r#"{"name":"before the move"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Baseline {
    /// The name.
    pub name: String,
}

/// A baseline that was set, with the transaction that set it.
///
/// ```
/// use itom_core::cmdb::NamedTransaction;
///
/// let time = "2026-06-15T10:00:00Z";
/// let text = format!(r#"{{"name":"before","transaction":{{"at":"{time}","known":"{time}"}}}}"#);
/// let named: NamedTransaction = serde_json::from_str(&text)?;
/// assert_eq!(named.name, "before");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedTransaction {
    /// The baseline's name.
    pub name: String,
    /// The last transaction that is part of it.
    pub transaction: Transaction,
}

impl Cmdb {
    /// Everything that was said of an item, in the order it became known.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().item_history("web-1").is_err());
    /// ```
    ///
    /// # Errors
    /// There never was such an item.
    pub fn item_history(&self, id: &str) -> Result<Vec<ItemStatement>> {
        let history = self.history();
        let item = history.ids.find(id);
        let item = item.ok_or_else(|| Error::not_found("id", "item", format!("{id:?}")))?;
        let mut statements = history.item_statements(item, history.now(Timestamp::MAX));
        statements.sort_by_key(|statement| (statement.key.1, statement.key.2));
        let word = |word: u32| history.words.text(word).to_owned();
        let told = statements.into_iter().map(|statement| {
            let (class, attributes) = match statement.said {
                Said::Item { class, attributes } => {
                    let attributes = attributes.into_iter();
                    (
                        (class != NONE).then(|| word(class)),
                        attributes
                            .map(|(name, code)| (word(name), history.value(name, code)))
                            .collect(),
                    )
                }
                _ => (None, BTreeMap::new()),
            };
            let transaction = history.transaction(statement.key.1).clone();
            ItemStatement { transaction, class, attributes }
        });
        Ok(told.collect())
    }

    /// Gives the present a name, as a transaction; [`baseline`](Cmdb::baseline) is the view of it
    /// ever after. It costs no more than the name. A name given again means the newer moment.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let at = |second| Transaction::at(Timestamp::from_secs(second));
    /// let mut db = Cmdb::default();
    /// db.set_baseline("empty", at(1))?;
    /// db.apply(&[Change::PutItem(PutItem::new("web-1", "host"))], at(2))?;
    /// assert!(db.baseline("empty")?.is_empty());
    /// assert_eq!(db.baseline("empty")?.diff(&db.at(None, None))?.added.len(), 1);
    /// assert_eq!(db.baselines()[0].name, "empty");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The name is empty, or the transaction is refused.
    pub fn set_baseline(&mut self, name: &str, transaction: Transaction) -> Result<()> {
        self.apply(&[Change::Baseline(Baseline { name: name.to_owned() })], transaction)
    }

    /// The view of a baseline: as of its transaction's valid time, by what was known then.
    ///
    /// ```
    /// let error = itom_core::cmdb::Cmdb::default().baseline("none").unwrap_err();
    /// assert_eq!(error.to_string(), "name: baseline \"none\" does not exist");
    /// ```
    ///
    /// # Errors
    /// There is no baseline of that name.
    pub fn baseline(&self, name: &str) -> Result<View> {
        let number = self.history().baselines().filter(|(of, _)| *of == name).last();
        let Some((_, number)) = number else {
            return Err(Error::not_found("name", "baseline", format!("{name:?}")));
        };
        let valid = self.history().transaction(number).at;
        let moment = Moment { valid, transactions: number + 1 };
        Ok(View::new(Arc::clone(self.shared_history()), Arc::clone(self.shared_model()), moment))
    }

    /// The baselines in the order they were set, with their transactions.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().baselines().is_empty());
    /// ```
    pub fn baselines(&self) -> Vec<NamedTransaction> {
        let history = self.history();
        let named = history.baselines().map(|(name, number)| NamedTransaction {
            name: name.to_owned(),
            transaction: history.transaction(number).clone(),
        });
        named.collect()
    }
}
