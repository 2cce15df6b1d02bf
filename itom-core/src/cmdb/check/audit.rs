//! All there is against a model that is new.

use super::constraints::Constraints;
use super::{items, relations};
use crate::cmdb::history::{History, Moment};
use crate::cmdb::model::ClassModel;
use crate::{Error, ErrorKind, Result, Timestamp};

/// What does not fit, the first of it in words.
#[derive(Debug, Default)]
struct Misfits {
    told: Vec<String>,
    count: usize,
}

impl Misfits {
    /// So much is told: enough to see what is wrong, few enough to read.
    const TOLD: usize = 20;

    fn add(&mut self, result: Result<()>) {
        let Err(error) = result else { return };
        self.count += 1;
        if self.told.len() < Self::TOLD {
            self.told.push(error.to_string());
        }
    }
}

/// Everything from the transaction's valid time on fits the model. Reads every version from that
/// time on once.
pub(in crate::cmdb) fn audit(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
) -> Result<()> {
    let at = history.open().transaction.at;
    let mut misfits = Misfits::default();
    for item in 0..history.items() {
        let later = history.item_changes_after(item, at);
        let check = |valid: Timestamp| {
            items::check_state(history, model, constraints, item, history.now(valid))
        };
        let first =
            std::iter::once(at).chain(later.into_iter().rev()).map(check).find(Result::is_err);
        misfits.add(first.unwrap_or(Ok(())));
    }
    audit_relations(history, model, constraints, &mut misfits);
    if misfits.count == 0 {
        return Ok(());
    }
    let more = misfits.count - misfits.told.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let message = format!("model must fit what there is, got {}{more}", misfits.told.join("; "));
    Err(Error::new(ErrorKind::Conflict, message).about("model"))
}

fn audit_relations(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
    misfits: &mut Misfits,
) {
    let at = history.open().transaction.at;
    for valid in [at, Timestamp::MAX] {
        let moment: Moment = history.now(valid);
        let before = misfits.count;
        let mut live = Vec::new();
        for (relation, row) in (0..).zip(history.relations.iter()) {
            if history.live_relation(relation, moment).is_some() {
                live.push(relation);
                misfits.add(relations::check_classes(history, model, row, moment));
                misfits.add(relations::check_owner(history, model, row));
            }
        }
        misfits.add(relations::check_counts(history, model, constraints, &live, valid));
        misfits.add(relations::check_circles(history, model, constraints, &live, valid));
        if misfits.count > before {
            return;
        }
    }
}
