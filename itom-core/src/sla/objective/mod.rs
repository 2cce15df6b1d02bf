//! How much error budget is left? An [objective](objective) of a [definition](definition) over
//! counts in a [tally](tally) of [sums](series), [evaluated](evaluate) against [burn
//! alerts](burn), with an [outlook](exhaustion) and [budget policies](policy).

mod budget;
mod burn;
mod definition;
mod evaluate;
mod exhaustion;
mod indicator;
#[allow(clippy::module_inception)]
mod objective;
mod policy;
mod record;
mod series;
mod snapshot;
mod status;
mod tally;

pub use budget::{AlertTimes, ErrorBudget};
pub use burn::{BurnAlert, BurnStatus, burn_alerts, pyrra, sre_workbook};
pub use definition::{Budgeting, NoData, ObjectiveCalendar, ObjectiveDefinition};
pub use indicator::{Indicator, ThresholdOperator};
pub use objective::Objective;
pub use policy::BudgetPolicy;
pub use status::{Evaluation, ObjectiveState, ObjectiveStatus, WindowStatus};
