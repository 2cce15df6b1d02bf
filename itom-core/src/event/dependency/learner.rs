//! Dependencies learned from a stream of alarms.
//!
//! The main type is [`DependencyLearner`]. Of a run of equal alarms it keeps when it began and when
//! it was heard of last, which is all that the answer depends on; a late alarm may join two runs.
//! An alarm costs a look-up, an answer what [`learn_dependencies`](super::learn_dependencies) costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::definition::DependencyDefinition;
use super::names::Names;
use super::runs::{Run, is_quiet};
use super::{
    LearnedDependency, believed, check_columns, check_count, explained_pairs, items_and_ends,
};
use crate::snapshot::{self, Header, stable_hash};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

const ENGINE: &str = "event.dependency_learner";
const VERSION: u16 = 1;

/// Learns which types of alarms cause which others while they come in.
///
/// Alarms may come in any order and in batches of any size: the answer is that of
/// [`learn_dependencies`](super::learn_dependencies) for all of them, but for those in runs that
/// were forgotten.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::event::{DependencyDefinition, DependencyLearner};
///
/// let mut learner = DependencyLearner::new(DependencyDefinition::default())?;
/// for n in 0..20 {
///     let at = |after: i64| Timestamp::from_secs(n * 9 * 3600 + after);
///     let types = ["power".to_owned(), "unreachable".to_owned()];
///     let items = ["router".to_owned(), "host".to_owned()];
///     learner.add(&types, &items, &[at(0), at(60)])?;
/// }
/// let found = learner.learned(&[("host".to_owned(), "router".to_owned())])?;
/// assert_eq!((found[0].effect.as_str(), found[0].support), ("unreachable", 20));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DependencyLearner {
    state: State,
    /// How many runs there are.
    runs: u64,
}

/// Everything a snapshot holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    definition: DependencyDefinition,
    /// For each type and item, where its runs begin and end.
    ends: BTreeMap<(String, String), BTreeMap<i64, i64>>,
    forgotten: u64,
}

impl DependencyLearner {
    /// A learner that knows nothing yet.
    ///
    /// # Errors
    /// Settings that make no sense.
    ///
    /// ```
    /// use itom_core::event::{DependencyDefinition, DependencyLearner};
    ///
    /// let learner = DependencyLearner::new(DependencyDefinition::default())?;
    /// assert!(learner.learned(&[])?.is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn new(definition: DependencyDefinition) -> Result<Self> {
        definition.validate()?;
        let state = State { definition, ends: BTreeMap::new(), forgotten: 0 };
        Ok(DependencyLearner { state, runs: 0 })
    }

    /// Takes alarms in: alarm n is of type n, on item n, at time n.
    ///
    /// # Errors
    /// Items or times that are not as many as the types; then none is taken.
    ///
    /// ```
    /// # use itom_core::event::{DependencyDefinition, DependencyLearner};
    /// let mut learner = DependencyLearner::new(DependencyDefinition::default())?;
    /// assert!(learner.add(&["los".to_owned()], &[], &[]).is_err());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn add(&mut self, types: &[String], items: &[String], times: &[Timestamp]) -> Result<()> {
        check_columns(types, items, times)?;
        for ((kind, item), time) in types.iter().zip(items).zip(times) {
            self.take(kind, item, time.as_nanos());
            if self.runs > self.state.definition.max_runs {
                self.forget_oldest();
            }
        }
        Ok(())
    }

    /// What the alarms so far say, over pairs of items between which an influence may run.
    ///
    /// # Errors
    /// More than 100 million links.
    ///
    /// ```
    /// # use itom_core::event::{DependencyDefinition, DependencyLearner};
    /// let learner = DependencyLearner::new(DependencyDefinition::default())?;
    /// assert_eq!(learner.learned(&[("a".to_owned(), "b".to_owned())])?, []);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn learned(&self, links: &[(String, String)]) -> Result<Vec<LearnedDependency>> {
        check_count("links", links.len())?;
        let State { definition, ends, .. } = &self.state;
        let kinds = Names::new(ends.keys().map(|(kind, _)| kind.as_str()));
        let items = items_and_ends(ends.keys().map(|(_, item)| item.as_str()), links);
        let mut runs = Vec::with_capacity(self.runs as usize);
        for ((kind, item), ends) in ends {
            let (kind, item) = (kinds.number(kind), items.number(item));
            runs.extend(ends.iter().map(|(&first, &last)| Run { item, kind, first, last }));
        }
        let pairs = explained_pairs(&runs, links, &kinds, &items, definition);
        Ok(believed(&pairs, &kinds, definition))
    }

    /// Forgets runs that ended before an instant, and says how many.
    ///
    /// ```
    /// # use itom_core::Timestamp;
    /// # use itom_core::event::{DependencyDefinition, DependencyLearner};
    /// let mut learner = DependencyLearner::new(DependencyDefinition::default())?;
    /// learner.add(&["los".to_owned()], &["a".to_owned()], &[Timestamp::from_secs(7)])?;
    /// assert_eq!(learner.forget(Timestamp::from_secs(8)), 1);
    /// assert_eq!((learner.runs(), learner.forgotten()), (0, 1));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn forget(&mut self, before: Timestamp) -> u64 {
        let before = before.as_nanos();
        self.keep(|last| last >= before)
    }

    /// How many runs of equal alarms are kept.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// How many were forgotten, at the bound and by [`forget`](DependencyLearner::forget).
    pub fn forgotten(&self) -> u64 {
        self.state.forgotten
    }

    /// Everything, to go on bit for bit elsewhere; see [`snapshot`](crate::snapshot).
    ///
    /// ```
    /// # use itom_core::event::{DependencyDefinition, DependencyLearner};
    /// let learner = DependencyLearner::new(DependencyDefinition::default())?;
    /// assert_eq!(DependencyLearner::from_bytes(&learner.to_bytes())?, learner);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let definition = serde_json::to_vec(&self.state.definition).unwrap_or_default();
        let last = self.state.ends.values().flat_map(BTreeMap::values).max();
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: stable_hash(&definition),
            watermark: last.map(|last| Timestamp::from_nanos(*last)),
        };
        snapshot::seal(&header, &self.state)
    }

    /// Goes on where [`to_bytes`](DependencyLearner::to_bytes) stopped.
    ///
    /// # Errors
    /// Bytes that are damaged, of another engine or of a newer version.
    ///
    /// ```
    /// assert!(itom_core::event::DependencyLearner::from_bytes(b"ITOM").is_err());
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
        let runs = count(&state.ends);
        let sound = state.definition.validate().is_ok()
            && runs <= state.definition.max_runs
            && state.ends.values().all(|ends| are_runs(ends, state.definition.quiet));
        if !sound {
            let message = format!("snapshot of {ENGINE} contradicts itself");
            return Err(Error::new(ErrorKind::Corrupt, message).about("bytes"));
        }
        Ok(DependencyLearner { state, runs })
    }

    /// Puts one alarm into the run it continues, which may join it with the next.
    fn take(&mut self, kind: &str, item: &str, time: i64) {
        let quiet = self.state.definition.quiet;
        let ends = self.state.ends.entry((kind.to_owned(), item.to_owned())).or_default();
        let before = ends.range(..=time).next_back().map(|(first, last)| (*first, *last));
        let after = ends.range(time..).next().map(|(first, last)| (*first, *last));
        let before = before.filter(|(_, last)| is_quiet(*last, time, quiet));
        let after = after.filter(|(first, _)| is_quiet(time, *first, quiet));
        let known = ends.len();
        if let Some((first, _)) = after {
            ends.remove(&first);
        }
        let first = before.map_or(time, |(first, _)| first);
        let last = [before, after].into_iter().flatten().map(|(_, last)| last).max();
        ends.insert(first, last.map_or(time, |last| last.max(time)));
        self.runs = self.runs + ends.len() as u64 - known as u64;
    }

    /// Forgets an eighth of the runs, and those that tie with them.
    fn forget_oldest(&mut self) {
        let mut last: Vec<i64> =
            self.state.ends.values().flat_map(BTreeMap::values).copied().collect();
        let eighth = last.len() / 8;
        let fence = *last.select_nth_unstable(eighth).1;
        self.keep(|last| last > fence);
    }

    /// Keeps runs by when they were heard of last; how many were forgotten.
    fn keep(&mut self, keep: impl Fn(i64) -> bool) -> u64 {
        for ends in self.state.ends.values_mut() {
            ends.retain(|_, last| keep(*last));
        }
        self.state.ends.retain(|_, ends| !ends.is_empty());
        let left = count(&self.state.ends);
        let gone = self.runs - left;
        self.runs = left;
        self.state.forgotten = self.state.forgotten.saturating_add(gone);
        gone
    }
}

fn count(ends: &BTreeMap<(String, String), BTreeMap<i64, i64>>) -> u64 {
    ends.values().map(|ends| ends.len() as u64).sum()
}

/// Whether these are runs, each with more than the quiet time after it.
fn are_runs(ends: &BTreeMap<i64, i64>, quiet: Duration) -> bool {
    let apart = ends.iter().zip(ends.iter().skip(1));
    !ends.is_empty()
        && ends.iter().all(|(first, last)| first <= last)
        && apart
            .into_iter()
            .all(|((_, last), (next, _))| last < next && !is_quiet(*last, *next, quiet))
}
