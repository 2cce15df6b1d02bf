//! Rules of how statuses pass from item to item: the functions of BMC, OpenNMS and iTop by name.
//!
//! Every function here is monotone: a worse provider never makes a better consumer. That is what
//! makes the least fixpoint exist and circles harmless. Functions that are not cannot be written
//! down: an increase is by a whole number from 0 on, weights are not negative, a quorum counts what
//! is up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How statuses pass from item to item; given to `View::statuses`.
///
/// ```
/// use itom_core::cmdb::ImpactRules;
///
/// let rules: ImpactRules = serde_json::from_str(r#"{
///     "by_class": {"load_balancer": {"reduce": {"cluster": {"percent": 50}}}},
///     "edges": [{"kind": "backed_up_by", "map": "ignore"}]
/// }"#)?;
/// assert_eq!(rules.scale, ["normal", "warning", "minor", "major", "critical"]);
/// assert!(rules.check().is_ok());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImpactRules {
    /// The statuses from the best to the worst. The best is that of everything nothing is said of.
    pub scale: Vec<String>,
    /// The rule of items that no other names.
    pub default: ImpactRule,
    /// Rules of classes; those below have it too, unless they have their own.
    pub by_class: BTreeMap<String, ImpactRule>,
    /// Rules of single items.
    pub by_id: BTreeMap<String, ImpactRule>,
    /// What passes along relations: the first that fits, otherwise everything as it is.
    pub edges: Vec<EdgeRule>,
}

impl Default for ImpactRules {
    fn default() -> Self {
        ImpactRules {
            scale: ["normal", "warning", "minor", "major", "critical"].map(str::to_owned).into(),
            default: ImpactRule::default(),
            by_class: BTreeMap::new(),
            by_id: BTreeMap::new(),
            edges: Vec::new(),
        }
    }
}

/// How an item's status follows from those of what it depends on.
///
/// ```
/// use itom_core::cmdb::{ImpactRule, Reduce};
/// let rule: ImpactRule = serde_json::from_str(r#"{"reduce": "highest_severity"}"#)?;
/// assert_eq!(rule.reduce, Reduce::HighestSeverity);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImpactRule {
    /// Makes one status of those that no group takes.
    pub reduce: Reduce,
    /// Parts of what it depends on with a function of their own, as iTop's redundancy of a class of
    /// neighbours: each relation belongs to the first that fits. The worst of all results counts.
    pub groups: Vec<ReduceGroup>,
}

/// A part of what an item depends on.
///
/// ```
/// use itom_core::cmdb::ReduceGroup;
/// let text = r#"{"target_class": "power_feed", "reduce": {"cluster": {"count": 1}}}"#;
/// assert!(serde_json::from_str::<ReduceGroup>(text)?.kind.is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReduceGroup {
    /// Only relations of this kind.
    pub kind: Option<String>,
    /// Only what is of this class or below it.
    pub target_class: Option<String>,
    /// Makes one status of theirs.
    pub reduce: Reduce,
}

/// Makes one status of many.
///
/// ```
/// use itom_core::cmdb::Reduce;
/// let reduce: Reduce = serde_json::from_str(r#"{"threshold": 0.5}"#)?;
/// assert_eq!(reduce, Reduce::Threshold(0.5));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Reduce {
    /// As the relations say: of each redundancy group as bad as its quorum, of plain dependencies
    /// the worst. With two statuses this is `View::impact`.
    #[default]
    Groups,
    /// The worst (OpenNMS "Highest Severity", BMC "STANDARD").
    HighestSeverity,
    /// The worst status that at least this share of the weight has, or worse (OpenNMS "Threshold").
    Threshold(f64),
    /// The worst, if worse than this; otherwise the best (OpenNMS "Highest Severity Above").
    HighestSeverityAbove(String),
    /// As many as the base of one status make one of the next (OpenNMS "Exponential Propagation").
    ExponentialPropagation(f64),
    /// The worst status that less than a quorum is better than (BMC "CLUSTER", iTop `min_up`). A
    /// quorum of more than there are is all of them.
    Cluster(MinUp),
    /// The same by weight: the share of the weight that has to be better (BMC "WEIGHTED_CLUSTER").
    WeightedCluster(f64),
    /// The status observed of the item itself if there is one, otherwise the worst of what it
    /// depends on (BMC "SELF_PREFERRED").
    SelfPreferred,
}

/// How many have to be up.
///
/// ```
/// use itom_core::cmdb::MinUp;
/// assert_eq!(MinUp::Percent(50.0).of(5), 3); // rounded up
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum MinUp {
    /// So many.
    Count(u32),
    /// So many of a hundred, rounded up to whole members.
    Percent(f64),
}

impl MinUp {
    /// Of so many members; never more than these.
    ///
    /// ```
    /// use itom_core::cmdb::MinUp;
    /// assert_eq!((MinUp::Count(9).of(5), MinUp::Percent(20.0).of(5)), (5, 1));
    /// ```
    pub fn of(self, members: usize) -> usize {
        let count = match self {
            MinUp::Count(count) => count as usize,
            // A hair below, so that 20 % of 5 is 1 whatever a float makes of it.
            MinUp::Percent(percent) => (members as f64 * percent / 100.0 - 1e-9).ceil() as usize,
        };
        count.min(members)
    }
}

/// What passes along the relations that fit every field that is given.
///
/// ```
/// use itom_core::cmdb::{EdgeRule, MapFunction};
/// let text = r#"{"target_class": "disk", "map": {"decrease": 1}, "weight": 0.5}"#;
/// assert_eq!(serde_json::from_str::<EdgeRule>(text)?.map, MapFunction::Decrease(1));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EdgeRule {
    /// The kind of relation.
    pub kind: Option<String>,
    /// The class of what depends, or one above it.
    pub source_class: Option<String>,
    /// The class of what is depended on, or one above it.
    pub target_class: Option<String>,
    /// What depends.
    pub source: Option<String>,
    /// What is depended on.
    pub target: Option<String>,
    /// What becomes of the status on the way.
    pub map: MapFunction,
    /// How much it counts where weights do: times what the relation weighs, whose usual 100 is 1.
    pub weight: f64,
    /// The attribute of the target that says how much it counts, where it has it as a number.
    pub weight_attribute: Option<String>,
}

impl Default for EdgeRule {
    fn default() -> Self {
        EdgeRule {
            kind: None,
            source_class: None,
            target_class: None,
            source: None,
            target: None,
            map: MapFunction::Identity,
            weight: 1.0,
            weight_attribute: None,
        }
    }
}

/// What becomes of a status on its way along a relation (the map functions of OpenNMS).
///
/// ```
/// use itom_core::cmdb::MapFunction;
/// assert_eq!(serde_json::to_string(&MapFunction::Ignore)?, "\"ignore\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum MapFunction {
    /// Nothing.
    #[default]
    Identity,
    /// Worse by so many, also where it is the best.
    Increase(u32),
    /// Better by so many.
    Decrease(u32),
    /// This, whatever it is.
    SetTo(String),
    /// It does not pass, and does not count.
    Ignore,
}

impl ImpactRules {
    /// The scale of OpenNMS, and the worst of all by default.
    ///
    /// ```
    /// use itom_core::cmdb::{ImpactRules, Reduce};
    /// assert_eq!(ImpactRules::opennms().default.reduce, Reduce::HighestSeverity);
    /// ```
    pub fn opennms() -> Self {
        let mut rules = ImpactRules::default();
        rules.default.reduce = Reduce::HighestSeverity;
        rules
    }

    /// The scale of BMC, and its STANDARD model by default.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::ImpactRules::bmc().scale.len(), 6);
    /// ```
    pub fn bmc() -> Self {
        let scale = ["ok", "info", "warning", "minor", "major", "critical"].map(str::to_owned);
        ImpactRules { scale: scale.into(), ..ImpactRules::opennms() }
    }

    /// Up and down, and groups as the relations say: what `View::impact` computes.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::ImpactRules::up_or_down().scale, ["up", "down"]);
    /// ```
    pub fn up_or_down() -> Self {
        let scale = ["up", "down"].map(str::to_owned);
        ImpactRules { scale: scale.into(), ..ImpactRules::default() }
    }

    /// The place of a status in the scale.
    pub(super) fn level(&self, argument: &str, status: &str) -> Result<u8> {
        let place = self.scale.iter().position(|other| other == status);
        place.map(|place| place as u8).ok_or_else(|| {
            Error::invalid(argument, format!("{status:?}"), format!("one of {:?}", self.scale))
        })
    }

    /// Whether every status is on the scale and every number has a meaning.
    ///
    /// ```
    /// use itom_core::cmdb::{ImpactRules, Reduce};
    /// let mut rules = ImpactRules::default();
    /// rules.default.reduce = Reduce::ExponentialPropagation(1.0);
    /// assert!(rules.check().unwrap_err().to_string().contains("exponential_propagation"));
    /// ```
    ///
    /// # Errors
    /// The first that has not, by name.
    pub fn check(&self) -> Result<()> {
        let distinct: std::collections::BTreeSet<&String> = self.scale.iter().collect();
        if !(2..=250).contains(&self.scale.len()) || distinct.len() != self.scale.len() {
            let value = format!("{} statuses", self.scale.len());
            return Err(Error::invalid("scale", value, "2 to 250 different statuses"));
        }
        let classes = self.by_class.iter().map(|(name, rule)| (name.as_str(), rule));
        let ids = self.by_id.iter().map(|(name, rule)| (name.as_str(), rule));
        for (place, rule) in classes.chain(ids).chain([("default", &self.default)]) {
            let parts = rule.groups.iter().map(|group| &group.reduce).chain([&rule.reduce]);
            for reduce in parts {
                self.check_reduce(reduce).map_err(|error| error.within(place.to_owned()))?;
            }
        }
        for (n, edge) in self.edges.iter().enumerate() {
            let place = |error: Error| error.within(format!("edges[{n}]"));
            if !(edge.weight.is_finite() && edge.weight >= 0.0) {
                return Err(place(Error::invalid("weight", edge.weight, "a number from 0 on")));
            }
            if let MapFunction::SetTo(status) = &edge.map {
                self.level("set_to", status).map_err(place)?;
            }
        }
        Ok(())
    }

    fn check_reduce(&self, reduce: &Reduce) -> Result<()> {
        let within = |name: &str, value: f64, good: bool, expected: &str| {
            if good { Ok(()) } else { Err(Error::invalid(name, value, expected)) }
        };
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        match reduce {
            Reduce::Threshold(share) => within("threshold", *share, is_share(*share), "in (0, 1]"),
            Reduce::WeightedCluster(share) => {
                within("weighted_cluster", *share, is_share(*share), "in (0, 1]")
            }
            Reduce::ExponentialPropagation(base) => {
                let good = base.is_finite() && *base > 1.0;
                within("exponential_propagation", *base, good, "a base above 1")
            }
            Reduce::HighestSeverityAbove(status) => {
                self.level("highest_severity_above", status).map(|_| ())
            }
            Reduce::Cluster(MinUp::Count(0)) => Err(Error::invalid("count", 0, "1 or more")),
            Reduce::Cluster(MinUp::Percent(share)) => {
                within("percent", *share, *share > 0.0 && *share <= 100.0, "in (0, 100]")
            }
            _ => Ok(()),
        }
    }
}
