//! What counts of a history of alarms: the beginnings of runs.
//!
//! An alarm that repeats every half minute says once that something is wrong. Only the first of a
//! run is an *onset*; everything later looks at onsets alone.

use super::runs::Run;
use crate::Duration;

/// The most onsets of one item that an onset is compared with: the latest.
const MOST_LOOKED_AT: usize = 32;

/// The first alarm of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onset {
    pub(super) item: u32,
    pub(super) kind: u32,
    pub(super) time: i64,
    /// 1, or less for age.
    pub(super) weight: f64,
}

/// All onsets, by item and time.
#[derive(Debug)]
pub(super) struct Onsets {
    all: Vec<Onset>,
    starts: Vec<usize>,
    /// How long was watched, each moment weighted by its age, in nanoseconds.
    pub(super) watched: f64,
}

impl Onsets {
    pub(super) fn new(runs: &[Run], items: usize, half_life: Option<Duration>) -> Self {
        let first = runs.iter().map(|run| run.first).min().unwrap_or(0);
        let last = runs.iter().map(|run| run.last).max().unwrap_or(0);
        let onset = |run: &Run| {
            let age = last as f64 - run.first as f64;
            Onset {
                item: run.item,
                kind: run.kind,
                time: run.first,
                weight: weight(age, half_life),
            }
        };
        let mut all: Vec<Onset> = runs.iter().map(onset).collect();
        all.sort_by_key(|onset| (onset.item, onset.time, onset.kind));
        let starts =
            (0..=items).map(|item| all.partition_point(|on| (on.item as usize) < item)).collect();
        Onsets { all, starts, watched: watched(last as f64 - first as f64, half_life) }
    }

    pub(super) fn all(&self) -> &[Onset] {
        &self.all
    }

    /// The onsets on `item` from `from` on and strictly before `to`; where these are many the
    /// latest, all of one instant or none.
    pub(super) fn between(&self, item: u32, from: i64, to: i64) -> &[Onset] {
        let own = &self.all[self.starts[item as usize]..self.starts[item as usize + 1]];
        let end = own.partition_point(|onset| onset.time < to);
        let begin = own[..end].partition_point(|onset| onset.time < from);
        let mut cut = begin.max(end.saturating_sub(MOST_LOOKED_AT));
        while cut > begin && cut < end && own[cut].time == own[cut - 1].time {
            cut += 1;
        }
        &own[cut..end]
    }
}

fn weight(age: f64, half_life: Option<Duration>) -> f64 {
    half_life.map_or(1.0, |half_life| libm::exp2(-age / half_life.as_nanos() as f64))
}

/// The integral of the weight over the time watched, a nanosecond at least.
fn watched(span: f64, half_life: Option<Duration>) -> f64 {
    let Some(half_life) = half_life else { return span.max(1.0) };
    let half_life = half_life.as_nanos() as f64;
    (half_life / std::f64::consts::LN_2 * -libm::expm1(-span / half_life * std::f64::consts::LN_2))
        .max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn onsets(times: &[i64], half_life: Option<i64>) -> Onsets {
        let run = |&time: &i64| Run { item: 0, kind: 0, first: time, last: time };
        let runs: Vec<Run> = times.iter().map(run).collect();
        Onsets::new(&runs, 1, half_life.map(Duration::from_nanos))
    }

    #[test]
    fn age_counts_less_and_so_does_the_time_watched() {
        let faded = onsets(&[0, 100, 200], Some(100));
        let weights: Vec<f64> = faded.all().iter().map(|onset| onset.weight).collect();
        assert_eq!(weights, [0.25, 0.5, 1.0]);
        assert!((faded.watched - 108.2).abs() < 0.1, "{}", faded.watched);
    }

    #[test]
    fn the_ends_of_time_are_no_overflow() {
        let far = onsets(&[i64::MIN + 1, i64::MAX], Some(1));
        assert_eq!(far.all().len(), 2);
        assert_eq!(far.between(0, i64::MIN, i64::MAX).len(), 1);
    }

    #[test]
    fn many_of_one_instant_are_taken_or_left_together() {
        let run = |kind: u32| {
            let time = i64::from(kind >= 90);
            Run { item: 0, kind, first: time, last: time }
        };
        let many = Onsets::new(&(0..100).map(run).collect::<Vec<_>>(), 1, None);
        assert_eq!(many.between(0, 0, 9).len(), 10);
        assert_eq!(many.between(0, 0, 1).len(), 0, "ninety of one instant");
    }
}
