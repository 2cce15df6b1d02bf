//! An objective as bytes and back.
//!
//! Version 2 holds the definition and the buckets that counted something, each as its distance from
//! the one before and what it counted by itself, so that equal objectives give equal bytes however
//! they keep their sums. Version 1 held the sums up to each bucket; it is read still.

use serde::{Deserialize, Serialize};

use super::definition::ObjectiveDefinition;
use super::objective::Objective;
use super::series::Counts;
use super::tally::{Marks, Tally};
use crate::snapshot::{self, Header};
use crate::{Error, ErrorKind, Result};

const ENGINE: &str = "sla.objective";
const VERSION: u16 = 2;

#[derive(Serialize, Deserialize)]
struct State {
    definition: ObjectiveDefinition,
    late: u64,
    marks: Marks,
    /// The first bucket.
    first: i64,
    /// Distance from the bucket before, bad, total.
    buckets: Vec<(u64, u64, u64)>,
}

#[derive(Deserialize)]
struct StateV1 {
    definition: ObjectiveDefinition,
    tally: TallyV1,
    late: u64,
}

#[derive(Deserialize)]
struct TallyV1 {
    /// Bucket, bad and total up to and including it.
    buckets: Vec<(i64, u64, u64)>,
    base: (u64, u64),
    forgotten: Option<i64>,
}

impl Objective {
    /// The objective as bytes: an envelope of engine `sla.objective`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut configuration = Vec::new();
        ciborium::into_writer(&self.definition, &mut configuration)
            .expect("a definition can be written as CBOR");
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: snapshot::stable_hash(&configuration),
            watermark: self.tally.latest().map(|bucket| self.plan.instant(bucket)),
        };
        let all = self.tally.buckets();
        let first = all.first().map_or(0, |bucket| bucket.0);
        let mut before = first;
        let buckets = all
            .into_iter()
            .map(|(bucket, counts)| {
                // In order, so never negative.
                let distance = bucket.wrapping_sub(before) as u64;
                before = bucket;
                (distance, counts.bad, counts.total)
            })
            .collect();
        let marks = self.tally.marks();
        let definition = self.definition.clone();
        snapshot::seal(&header, &State { definition, late: self.late, marks, first, buckets })
    }

    /// An objective from its bytes, of this version or an older one.
    ///
    /// # Errors
    /// For bytes that are damaged, of another engine or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Objective> {
        let damaged = |why: Error| Error::corrupt("snapshot of sla.objective", why);
        let old = snapshot::header(bytes).is_ok_and(|h| h.engine == ENGINE && h.version == 1);
        let (definition, late, marks, buckets) = if old {
            let (_, state) = snapshot::open::<StateV1>(bytes, ENGINE, VERSION)?;
            let (marks, buckets) = state.tally.upgrade().map_err(damaged)?;
            (state.definition, state.late, marks, buckets)
        } else {
            let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
            let mut bucket = state.first;
            let mut buckets = Vec::with_capacity(state.buckets.len());
            for (distance, bad, total) in state.buckets {
                bucket =
                    bucket.checked_add_unsigned(distance).ok_or_else(|| damaged(disorder()))?;
                buckets.push((bucket, Counts { bad, total }));
            }
            (state.definition, state.late, state.marks, buckets)
        };
        let mut objective = Objective::new(definition).map_err(damaged)?;
        let keep = objective.plan.keep;
        objective.tally =
            Tally::restore(objective.slice_rule()?, marks, buckets, keep).map_err(damaged)?;
        objective.late = late;
        Ok(objective)
    }
}

impl TallyV1 {
    fn upgrade(self) -> Result<(Marks, Vec<(i64, Counts)>)> {
        let mut before = self.base;
        let mut buckets = Vec::with_capacity(self.buckets.len());
        for (bucket, bad, total) in self.buckets {
            let counts = bad.checked_sub(before.0).zip(total.checked_sub(before.1));
            let (bad_here, total_here) = counts.ok_or_else(disorder)?;
            buckets.push((bucket, Counts { bad: bad_here, total: total_here }));
            before = (bad, total);
        }
        let marks = Marks {
            latest: buckets.last().map(|bucket| bucket.0),
            began: self.forgotten.or(buckets.first().map(|bucket| bucket.0)),
            forgotten: self.forgotten,
            excluded: Vec::new(),
        };
        Ok((marks, buckets))
    }
}

fn disorder() -> Error {
    Error::new(ErrorKind::Corrupt, "its counts are out of order").about("bytes")
}

/// Equal when they would be saved as the same.
impl PartialEq for Objective {
    fn eq(&self, other: &Objective) -> bool {
        self.definition == other.definition
            && self.late == other.late
            && self.tally.marks() == other.tally.marks()
            && self.tally.buckets() == other.tally.buckets()
    }
}
