//! The shape of a relative target in a document: the rule, and its parameters beside it.

use serde::{Deserialize, Serialize};

use super::RelativeTarget;
use crate::sla::{NominalDuration, TimeOfDay};
use crate::{Duration, Error, Result};

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RelativeDocument {
    /// end_of_business_day, business_day_at, end_of_business_week, end_of_business_month,
    /// business_day_of_month, calendar_days, nominal, exact or business.
    rule: String,
    /// Of end_of_business_day, business_day_at (the date of arrival if left out) and calendar_days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
    /// Of business_day_at and business_day_of_month: a time on the wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<TimeOfDay>,
    /// Of end_of_business_day and business_day_at: what arrives later, or on no business day, counts as
    /// arrived on the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cutoff: Option<TimeOfDay>,
    /// Of end_of_business_week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weeks: Option<u32>,
    /// Of end_of_business_month and business_day_of_month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    months: Option<u32>,
    /// Of business_day_of_month: 1 for the first, -1 for the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<i32>,
    /// Of calendar_days and nominal: whose wall clock, if not the calendar's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tz: Option<String>,
    /// Of nominal, exact and business; for the latter two without months and days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration: Option<NominalDuration>,
}

impl TryFrom<RelativeDocument> for RelativeTarget {
    type Error = Error;
    fn try_from(mut document: RelativeDocument) -> Result<RelativeTarget> {
        let rule = std::mem::take(&mut document.rule);
        let days = |document: &mut RelativeDocument| document.days.take().unwrap_or(0);
        let target = match rule.as_str() {
            "end_of_business_day" => RelativeTarget::EndOfBusinessDay {
                days: days(&mut document),
                cutoff: document.cutoff.take(),
            },
            "business_day_at" => RelativeTarget::BusinessDayAt {
                days: days(&mut document),
                time: needed(document.time.take(), "time", &rule)?,
                cutoff: document.cutoff.take(),
            },
            "end_of_business_week" => {
                RelativeTarget::EndOfBusinessWeek { weeks: document.weeks.take().unwrap_or(0) }
            }
            "end_of_business_month" => {
                RelativeTarget::EndOfBusinessMonth { months: document.months.take().unwrap_or(0) }
            }
            "business_day_of_month" => RelativeTarget::BusinessDayOfMonth {
                nth: needed(document.nth.take(), "nth", &rule)?,
                months: document.months.take().unwrap_or(0),
                time: document.time.take(),
            },
            "calendar_days" => RelativeTarget::CalendarDays {
                days: needed(document.days.take(), "days", &rule)?,
                tz: document.tz.take(),
            },
            "nominal" => RelativeTarget::Nominal {
                duration: needed(document.duration.take(), "duration", &rule)?,
                tz: document.tz.take(),
            },
            "exact" => RelativeTarget::Exact { duration: exact(&mut document, &rule)? },
            "business" => RelativeTarget::Business { duration: exact(&mut document, &rule)? },
            unknown => {
                let expected = "one of end_of_business_day, business_day_at, end_of_business_week, \
                                end_of_business_month, business_day_of_month, calendar_days, \
                                nominal, exact, business";
                return Err(Error::invalid("rule", format!("{unknown:?}"), expected));
            }
        };
        document.nothing_left(&rule)?;
        target.check()?;
        Ok(target)
    }
}

impl RelativeDocument {
    /// A parameter that the rule does not have is a mistake, not to be passed over.
    fn nothing_left(&self, rule: &str) -> Result<()> {
        let superfluous = [
            ("days", self.days.is_some()),
            ("time", self.time.is_some()),
            ("cutoff", self.cutoff.is_some()),
            ("weeks", self.weeks.is_some()),
            ("months", self.months.is_some()),
            ("nth", self.nth.is_some()),
            ("tz", self.tz.is_some()),
            ("duration", self.duration.is_some()),
        ];
        match superfluous.iter().find(|(_, given)| *given) {
            Some((name, _)) => {
                let value = format!("it with {rule}");
                Err(Error::invalid(name, value, "left out where it has no meaning"))
            }
            None => Ok(()),
        }
    }
}

fn needed<T>(value: Option<T>, name: &str, rule: &str) -> Result<T> {
    value.ok_or_else(|| Error::invalid(name, "none", format!("given with {rule}")))
}

fn exact(document: &mut RelativeDocument, rule: &str) -> Result<Duration> {
    let duration = needed(document.duration.take(), "duration", rule)?;
    let expected = format!("hours or less with {rule}: months and days are nominal");
    duration.as_exact().ok_or_else(|| Error::invalid("duration", duration, expected))
}

impl From<RelativeTarget> for RelativeDocument {
    fn from(target: RelativeTarget) -> RelativeDocument {
        let mut document = RelativeDocument::default();
        let as_nominal = |duration| NominalDuration::new(0, 0, duration).ok();
        let rule = match target {
            RelativeTarget::EndOfBusinessDay { days, cutoff } => {
                (document.days, document.cutoff) = (Some(days), cutoff);
                "end_of_business_day"
            }
            RelativeTarget::BusinessDayAt { days, time, cutoff } => {
                (document.days, document.cutoff) = (Some(days), cutoff);
                document.time = Some(time);
                "business_day_at"
            }
            RelativeTarget::EndOfBusinessWeek { weeks } => {
                document.weeks = Some(weeks);
                "end_of_business_week"
            }
            RelativeTarget::EndOfBusinessMonth { months } => {
                document.months = Some(months);
                "end_of_business_month"
            }
            RelativeTarget::BusinessDayOfMonth { nth, months, time } => {
                (document.nth, document.months) = (Some(nth), Some(months));
                document.time = time;
                "business_day_of_month"
            }
            RelativeTarget::CalendarDays { days, tz } => {
                (document.days, document.tz) = (Some(days), tz);
                "calendar_days"
            }
            RelativeTarget::Nominal { duration, tz } => {
                (document.duration, document.tz) = (Some(duration), tz);
                "nominal"
            }
            RelativeTarget::Exact { duration } => {
                document.duration = as_nominal(duration);
                "exact"
            }
            RelativeTarget::Business { duration } => {
                document.duration = as_nominal(duration);
                "business"
            }
        };
        document.rule = rule.to_owned();
        document
    }
}
