//! Due dates that are said in business days: [which day](business_day) is the n-th, and
//! [targets](target) such as "by four in the afternoon, two business days from now".

mod business_day;
mod document;
mod target;

pub use business_day::BusinessDay;
pub use target::RelativeTarget;
