//! Which types of alerts cause which others? Learned from history and topology.
//!
//! The main function is [`learn_dependencies`]; the main type of its answer is [`LearnedDependency`].
//! Nobody writes down that a lost clock makes links fail: the history of alarms shows it, as pairs
//! of types of which one follows the other on the same item or on one linked to it.
//!
//! 1. *Onsets*: of a run of equal alarms the first counts (`runs.rs`, `onsets.rs`).
//! 2. *Candidates*: what began within the reach of the lag and the hops before (`candidates.rs`).
//! 3. *Fit*: a Hawkes process per type of effect shares its onsets out among the candidates, so
//!    that a cause counts for what others don't explain already; types that explain no more than
//!    chance does are left out (`fit.rs`).
//! 4. *Belief*: each pair is judged together with the roles of its two types in all other pairs
//!    (`belief.rs`). A pair must have been seen more often than chance has it to be answered.
//!
//! Sources: A. G. Hawkes, "Spectra of some self-exciting and mutually exciting point processes"
//! (1971); E. Lewis and G. Mohler, "A nonparametric EM algorithm for multiscale Hawkes processes"
//! (2011); R. Cai et al., "THPs: topological Hawkes processes for learning causal structure on event
//! sequences" (2022). Reading pairs by the roles of their types is this library's.
//!
//! The answer does not depend on the order of the alarms, and on names only where numbers tie. It
//! costs a sort of the alarms and, for each of up to 120 rounds, a look at the candidates of each
//! onset: linear in the alarms where neighbourhoods are.
//!
//! A [`DependencyLearner`] takes alarms as they come and gives the same answer at any time.
//!
//! It is bounded: of an item's onsets the latest 32 are looked at, of what preceded an onset the 64
//! strongest, and who has more than 64 neighbours at one distance is not looked at beyond.
//!
//! It does not see causes that alarm in the same instant as their effects, nor those that never
//! alarm; a pair may stand for a longer path between the two. Cycles, in links as in the answer, are
//! nothing special.

mod belief;
mod candidates;
mod definition;
mod fit;
mod learner;
mod names;
mod onsets;
mod pairs;
mod rings;
mod runs;

use serde::{Deserialize, Serialize};

use belief::{Belief, Share};
pub use definition::DependencyDefinition;
pub use learner::DependencyLearner;
use names::Names;
use pairs::{Pair, explained_pairs};
use runs::{Alarm, runs_of};

use crate::{Duration, Error, ErrorKind, Result, Timestamp};

/// The most alarms, and the most links: numbers of 32 bits are enough for all that follows.
const MOST: usize = 100_000_000;

/// A history of alarms: alarm n is of type n, on item n, at time n. Any order will do.
///
/// ```
/// use itom_core::event::DependencyQuery;
///
/// let query: DependencyQuery = serde_json::from_str(
///     r#"{"types": ["los"], "items": ["a"], "times": ["2026-06-15T10:00:00Z"], "links": [["a", "b"]]}"#,
/// )?;
/// assert_eq!(query.definition.hops, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DependencyQuery {
    /// What kind of alarm each is.
    pub types: Vec<String>,
    /// The item each is about; as many as the types.
    pub items: Vec<String>,
    /// When each began; as many as the types.
    pub times: Vec<Timestamp>,
    /// Pairs of items between which an influence may run, either way; repetitions, loops and
    /// cycles are fine.
    #[serde(default)]
    pub links: Vec<(String, String)>,
    /// The settings.
    #[serde(default)]
    pub definition: DependencyDefinition,
}

/// That alarms of one type cause those of another.
///
/// ```
/// use itom_core::event::{DependencyQuery, learn_dependencies};
///
/// let found = learn_dependencies(&DependencyQuery::default())?;
/// assert!(found.is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LearnedDependency {
    /// The type that comes first.
    pub cause: String,
    /// The type that follows.
    pub effect: String,
    /// How strongly the pair is believed in, 0 to 1: the estimated probability that an expert
    /// would name it, direct or not.
    pub strength: f64,
    /// How many onsets of the effect followed one of the cause within five lags and the hops.
    pub support: u64,
    /// How many would have if the two had nothing to do with one another, both counted by age.
    pub expected: f64,
    /// The median time by which these followed the latest such onset.
    pub lag: Duration,
    /// The share of the effect's onsets, counted by age, that the cause explains beside all other
    /// causes, 0 to 1. Zero says that others explain them as well: the pair rests on what the two
    /// types do in other pairs, and may be indirect.
    pub share: f64,
    /// That share by the distance between cause and effect: on the same item, one link apart, …
    pub by_distance: Vec<f64>,
    /// The approximate probability of a gain in likelihood that large if the cause explained
    /// nothing beside the others: one-sided likelihood ratio test, not corrected for the number of
    /// pairs.
    pub p_value: f64,
}

/// Learns which types of alarms cause which others, the strongest first, then by name.
///
/// # Errors
/// Items or times that are not as many as the types, more than 100 million alarms or links,
/// settings that make no sense.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::event::{DependencyQuery, learn_dependencies};
///
/// let mut query = DependencyQuery::default();
/// query.links = vec![("router".into(), "host".into())];
/// for n in 0..40 {
///     // Every seven hours the router loses power, and the host is unreachable a minute later.
///     for (kind, item, after) in [("power", "router", 0), ("unreachable", "host", 60 + n)] {
///         query.types.push(kind.into());
///         query.items.push(item.into());
///         query.times.push(Timestamp::from_secs(n * 7 * 3600 + after));
///     }
/// }
/// let found = learn_dependencies(&query)?;
/// assert_eq!((found[0].cause.as_str(), found[0].effect.as_str()), ("power", "unreachable"));
/// assert_eq!((found.len(), found[0].support), (1, 40));
/// assert!(found[0].by_distance[1] > 0.9 && found[0].p_value < 1e-9);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn learn_dependencies(query: &DependencyQuery) -> Result<Vec<LearnedDependency>> {
    let DependencyQuery { types, items, times, links, definition } = query;
    definition.validate()?;
    check_columns(types, items, times)?;
    check_count("links", links.len())?;
    let kinds = Names::new(types.iter().map(String::as_str));
    let places = items_and_ends(items.iter().map(String::as_str), links);
    let alarms = types.iter().zip(items).zip(times).map(|((kind, item), time)| Alarm {
        item: places.number(item),
        kind: kinds.number(kind),
        time: time.as_nanos(),
    });
    let runs = runs_of(alarms.collect(), definition.quiet);
    let pairs = explained_pairs(&runs, links, &kinds, &places, definition);
    Ok(believed(&pairs, &kinds, definition))
}

fn check_columns(types: &[String], items: &[String], times: &[Timestamp]) -> Result<()> {
    Error::check_length("items", items.len(), "types", types.len())?;
    Error::check_length("times", times.len(), "types", types.len())?;
    check_count("types", types.len())
}

fn check_count(argument: &str, count: usize) -> Result<()> {
    if count <= MOST {
        return Ok(());
    }
    let message = format!("{argument} must be at most {MOST}, got {count}");
    Err(Error::new(ErrorKind::LimitExceeded, message).about(argument))
}

/// Everything that has alarms or a link.
fn items_and_ends<'a>(
    items: impl Iterator<Item = &'a str>,
    links: &'a [(String, String)],
) -> Names<'a> {
    Names::new(items.chain(links.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()])))
}

/// The pairs that are strong enough, the strongest first.
fn believed(
    pairs: &[Pair],
    kinds: &Names,
    definition: &DependencyDefinition,
) -> Vec<LearnedDependency> {
    let shares: Vec<Share> = pairs.iter().map(Pair::share).collect();
    let belief = Belief::new(kinds.len(), &shares);
    let back = |share: &Share| {
        let turned = (share.cause, share.effect);
        let place = shares.binary_search_by_key(&turned, |other| (other.effect, other.cause));
        place.map_or(0.0, |place| shares[place].explained)
    };
    let mut found: Vec<LearnedDependency> = Vec::new();
    for (pair, share) in pairs.iter().zip(&shares) {
        let strength = belief.strength(*share, back(share));
        if strength >= definition.min_strength && pair.is_habit(definition) {
            found.push(dependency(pair, share.share, strength, kinds));
        }
    }
    found.sort_by(|a, b| {
        let names = (&a.cause, &a.effect).cmp(&(&b.cause, &b.effect));
        b.strength.total_cmp(&a.strength).then(names)
    });
    found
}

fn dependency(pair: &Pair, share: f64, strength: f64, kinds: &Names) -> LearnedDependency {
    LearnedDependency {
        cause: kinds.name(pair.cause).to_owned(),
        effect: kinds.name(pair.effect).to_owned(),
        strength,
        support: pair.support,
        expected: pair.expected,
        lag: pair.lag,
        share,
        by_distance: pair.explained.iter().map(|own| own / pair.onsets).collect(),
        p_value: p_value(pair.gain),
    }
}

/// Half of chi square with one degree of freedom, for a share cannot be negative.
fn p_value(gain: f64) -> f64 {
    if gain > 0.0 { libm::erfc(gain.sqrt()) / 2.0 } else { 1.0 }
}
