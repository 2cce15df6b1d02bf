//! From runs of alarms to pairs of types: counts, and what each type explains of each other.

use super::belief::Share;
use super::candidates::{Candidates, Gatherer, Precedence};
use super::definition::DependencyDefinition;
use super::fit::{Explained, World, explain};
use super::names::Names;
use super::onsets::{Onset, Onsets};
use super::rings::{Links, Walk};
use super::runs::Run;
use crate::Duration;

/// By how many standard deviations a pair must stand out from chance.
const BEYOND_CHANCE: f64 = 4.0;

/// A pair of types of which one followed the other.
pub(super) struct Pair {
    pub(super) cause: u32,
    pub(super) effect: u32,
    pub(super) support: u64,
    /// The support, each onset counted by its age, and what chance gives of it.
    pub(super) weight: f64,
    pub(super) expected: f64,
    pub(super) lag: Duration,
    pub(super) explained: Vec<f64>,
    /// Onsets of the effect, counted by age.
    pub(super) onsets: f64,
    pub(super) gain: f64,
}

impl Pair {
    /// Whether it was seen often enough: more often than chance has it, or in storms, where
    /// everything follows everything, closer together.
    pub(super) fn is_habit(&self, definition: &DependencyDefinition) -> bool {
        let deviation = (self.expected * (1.0 - self.expected / self.onsets)).max(0.0).sqrt();
        let often = self.weight - self.expected > BEYOND_CHANCE * deviation;
        let close = self.gain > BEYOND_CHANCE * BEYOND_CHANCE / 2.0;
        self.weight >= definition.min_support && (often || close)
    }

    pub(super) fn share(&self) -> Share {
        let explained = self.explained.iter().sum();
        let Pair { cause, effect, onsets, .. } = *self;
        Share { cause, effect, explained, share: (explained / onsets).clamp(0.0, 1.0) }
    }
}

/// All pairs, by effect and then by cause.
pub(super) fn explained_pairs(
    runs: &[Run],
    links: &[(String, String)],
    kinds: &Names,
    items: &Names,
    definition: &DependencyDefinition,
) -> Vec<Pair> {
    let onsets = Onsets::new(runs, items.len(), definition.half_life);
    let linked = links.iter().map(|(a, b)| (items.number(a), items.number(b)));
    let links = Links::new(items.len(), &linked.collect::<Vec<_>>());
    let exposures = exposures(&onsets, &links, kinds.len(), items.len(), definition.hops);
    let world = World {
        exposures: &exposures,
        distances: definition.hops + 1,
        items: items.len() as f64,
        watched: onsets.watched / definition.lag.as_nanos() as f64,
    };
    let walk = Walk::new(&links, definition.hops);
    let mut gatherer = Gatherer::new(&onsets, walk, kinds.len(), definition.hops, definition.lag);
    let mut pairs = Vec::new();
    for (effect, own) in by_kind(&onsets, kinds.len()).iter().enumerate() {
        let candidates = gatherer.gather(own);
        let explained = explain(&candidates, world);
        let own = pairs_of(effect as u32, &candidates, &explained, world);
        // What can neither be answered nor say anything of a role is not kept: a flood of types has
        // as many pairs as its square.
        pairs.extend(own.filter(|pair| {
            pair.weight >= definition.min_support || pair.explained.iter().any(|own| *own > 0.0)
        }));
    }
    pairs
}

/// The onsets of each type, by item and time.
fn by_kind(onsets: &Onsets, kinds: usize) -> Vec<Vec<Onset>> {
    let mut by_kind = vec![Vec::new(); kinds];
    for onset in onsets.all() {
        by_kind[onset.kind as usize].push(*onset);
    }
    by_kind
}

/// For each type and distance, the onsets times the items that have them at that distance.
fn exposures(onsets: &Onsets, links: &Links, kinds: usize, items: usize, hops: u32) -> Vec<f64> {
    let distances = hops as usize + 1;
    let mut reached = vec![0.0; items * distances];
    let mut walk = Walk::new(links, hops);
    for item in 0..items as u32 {
        for (distance, ring) in walk.around(item).iter().enumerate() {
            for &near in ring {
                reached[near as usize * distances + distance] += 1.0;
            }
        }
    }
    let mut exposures = vec![0.0; kinds * distances];
    for onset in onsets.all() {
        for distance in 0..distances {
            let reached = reached[onset.item as usize * distances + distance];
            exposures[onset.kind as usize * distances + distance] += onset.weight * reached;
        }
    }
    exposures
}

/// What preceded one type, with what each explains of it.
fn pairs_of<'a>(
    effect: u32,
    candidates: &'a Candidates,
    explained: &'a [Explained],
    world: World<'a>,
) -> impl Iterator<Item = Pair> + 'a {
    let onsets: f64 = candidates.weights.iter().sum();
    let groups = candidates.precedences.chunk_by(|a, b| a.cause == b.cause);
    let weight = |preceded: &Precedence| candidates.weights[preceded.onset as usize];
    groups.filter(move |group| group[0].cause != effect).map(move |group| {
        let cause = group[0].cause;
        let place = explained.binary_search_by_key(&cause, |explained| explained.cause);
        let explained = place.ok().map(|place| &explained[place]);
        Pair {
            cause,
            effect,
            support: group.len() as u64,
            weight: group.iter().map(weight).sum(),
            expected: onsets * world.chance(cause),
            lag: Duration::from_nanos(group[(group.len() - 1) / 2].lag),
            explained: explained
                .map_or_else(|| vec![0.0; world.distances as usize], |own| own.by_distance.clone()),
            onsets,
            gain: explained.map_or(0.0, |own| own.gain),
        }
    })
}
