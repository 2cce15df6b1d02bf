//! Runs of equal alarms: of one type on one item, with no silence longer than is called quiet.

use crate::Duration;

/// One alarm in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alarm {
    pub(super) item: u32,
    pub(super) kind: u32,
    pub(super) time: i64,
}

/// When a run began and when it was heard of last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) item: u32,
    pub(super) kind: u32,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The runs of a history, by item, type and time.
pub(super) fn runs_of(mut alarms: Vec<Alarm>, quiet: Duration) -> Vec<Run> {
    alarms.sort_unstable();
    let mut runs: Vec<Run> = Vec::new();
    for Alarm { item, kind, time } in alarms {
        match runs.last_mut() {
            Some(run)
                if (run.item, run.kind) == (item, kind) && is_quiet(run.last, time, quiet) =>
            {
                run.last = time;
            }
            _ => runs.push(Run { item, kind, first: time, last: time }),
        }
    }
    runs
}

/// Whether no more than the quiet time lies between two instants, the later of them second.
pub(super) fn is_quiet(before: i64, after: i64, quiet: Duration) -> bool {
    i128::from(after) - i128::from(before) <= i128::from(quiet.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_one_however_long() {
        let alarm = |time| Alarm { item: 0, kind: 0, time };
        let alarms = [30, 0, 10, 20, 20, 41, 60].map(alarm).to_vec();
        let runs = runs_of(alarms, Duration::from_nanos(10));
        let ends: Vec<(i64, i64)> = runs.iter().map(|run| (run.first, run.last)).collect();
        assert_eq!(ends, [(0, 30), (41, 41), (60, 60)]);
    }

    #[test]
    fn other_types_and_items_are_other_runs() {
        let alarms = [(0, 0), (0, 1), (1, 0)].map(|(item, kind)| Alarm { item, kind, time: 7 });
        assert_eq!(runs_of(alarms.to_vec(), Duration::MAX).len(), 3);
    }
}
