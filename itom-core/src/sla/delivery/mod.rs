//! How fast and how safely does change arrive, and how fast is trouble answered? The four DORA
//! keys and the [distributions](distribution) of times to acknowledge, resolve and recover, from
//! the same [events](report).

mod distribution;
mod dora;
mod report;

pub use distribution::{Distribution, ecdf, histogram};
pub use dora::{Dora, DoraCounts, dora};
pub use report::{
    DeliveryEvents, DeliveryIncident, DeliveryOptions, DeliveryReport, Deployment, delivery,
};
