//! What is there: items, what depends on what, and what breaks when something does.
//!
//! A [`Cmdb`] is an append-only, bitemporal log of transactions; a [`View`] is the state at one
//! moment, immutable and shared freely between threads. Relations point from what depends to what
//! it depends on; relations of one source and one group are redundant members of which `min_up`
//! are needed. [`View::impact`] says what is down, degraded and at risk when items fail, and
//! [`Impact::why`] proves it.
//!
//! ```
//! use itom_core::Timestamp;
//! use itom_core::cmdb::{Cmdb, Transaction};
//!
//! let mut db = Cmdb::default();
//! let changes = serde_json::from_str::<Vec<_>>(r#"[
//!     {"put_item": {"id": "shop", "class": "service"}},
//!     {"put_item": {"id": "web-1", "class": "application"}},
//!     {"put_item": {"id": "web-2", "class": "application"}},
//!     {"put_item": {"id": "host", "class": "host"}},
//!     {"put_relation": {"source": "shop", "kind": "depends_on", "target": "web-1", "group": "web", "min_up": 1}},
//!     {"put_relation": {"source": "shop", "kind": "depends_on", "target": "web-2", "group": "web", "min_up": 1}},
//!     {"put_relation": {"source": "web-1", "kind": "runs_on", "target": "host"}}
//! ]"#)?;
//! db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
//!
//! let view = db.at(None, None);
//! let impact = view.impact(&["host"])?;
//! assert_eq!(impact.down(), ["host", "web-1"]);
//! assert_eq!(impact.at_risk(), ["shop"]);
//! assert_eq!(impact.why("web-1")?.path, ["host", "web-1"]);
//! # Ok::<(), itom_core::Error>(())
//! ```

mod audit;
mod branch;
mod change;
mod check;
mod columns;
mod database;
mod difference;
mod fields;
mod graph;
mod health;
mod history;
mod impact;
mod lifecycle;
mod load;
mod model;
mod packs;
mod pattern;
mod query;
mod reconcile;
mod record;
mod staging;
mod storage;
mod terms;
mod told;
mod value;
mod view;

pub use audit::{Baseline, ItemStatement, NamedTransaction};
pub use branch::{BranchConflict, BranchMerge, Favour};
pub use change::Transaction;
pub use change::{Change, Item, PutItem, PutRelation, Relation, RemoveItem, RemoveRelation};
pub(crate) use columns::{column_of, written};
pub use database::Cmdb;
pub use difference::{ChangedAttribute, ChangedItem, ChangedRelation, Difference};
pub use graph::{GraphFilter, Paths, Subgraph, SubgraphItem};
pub use health::{HealthClass, HealthDefinition, HealthRelation, HealthRule};
pub use health::{
    HealthCount, HealthFailure, HealthGroup, HealthIndicator, HealthItem, HealthMetric,
    HealthMonitor, HealthReport, HealthScores,
};
pub use impact::ReduceGroup;
pub use impact::{Affected, GroupSlack, Impact, ImpactSets, LostGroup, Why};
pub use impact::{
    CutSetQuery, CutSets, Dependency, FailureCause, FailureCauseQuery, FailureCauses, Maintenance,
};
pub use impact::{EdgeRule, ImpactRule, ImpactRules, ItemStatus, MapFunction, MinUp, Reduce};
pub use lifecycle::LifecycleDefinition;
pub use model::{AttributeDefinition, AttributeType, Normaliser};
pub use model::{Cardinality, ImpactDirection, RelationDefinition, RelationEnds};
pub use model::{ClassDefinition, MixinDefinition, ModelDefinition, ReclassificationDefinition};
pub use model::{IdentifierEntry, IdentifierKind};
pub use query::{
    Query, QueryColumn, QueryComparison, QueryCondition, QueryOrder, QueryPattern, QueryStep,
};
pub use reconcile::{
    AttributeClaim, AttributeLock, Choose, ClassSwitch, ConfirmItems, DuplicateItems, Identified,
    LostValue, MergeItems, Outcome, OutcomeCounts, Reconciliation, ReconciliationReport,
    ReconciliationRule, ReconciliationRules, RecordResult, RelationResult, SweepAction,
    SweepDefinition, SweepReport, UnmergeItems, Verdict, WhyValue,
};
pub use record::{Import, ItemRecord, RecordEnd, RelationRecord};
pub use storage::{Compaction, Damage, RefusedTransaction, Salvage, Verification};
pub use storage::{LogStorage, Medium, MemoryMedium, Recovered, Storage};
pub use terms::MinUpType;
pub use told::HistoryTables;
pub use value::{Cidr, Mac, Value, Version};
pub use view::{Direction, Neighbour, View};
