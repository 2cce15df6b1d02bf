//! What is done at how much budget? [Policies](BudgetPolicy) as data.

use serde::{Deserialize, Serialize};

use crate::sla::Fraction;
use crate::{Error, Result};

const MOST_POLICIES: usize = 100;

/// What is agreed to be done while the budget that is left lies in a band.
///
/// ```
/// use itom_core::sla::{BudgetPolicy, Objective, ObjectiveDefinition};
///
/// let definition: ObjectiveDefinition = serde_json::from_str(r#"{
///     "target": "99", "window": "28d",
///     "policies": [{"name": "ship", "action": "release at will", "above": 50},
///                  {"name": "careful", "action": "one release a day", "above": 25, "up_to": 50},
///                  {"name": "freeze", "action": "fixes only", "up_to": 25}]}"#).unwrap();
/// let mut objective = Objective::new(definition)?;
/// let at = "2026-06-15T10:00:00Z".parse()?;
/// objective.record(at, 994, 1000)?;
/// let policy = objective.status(at)?.policy.unwrap();
/// assert_eq!((policy.name.as_str(), policy.action.as_str()), ("careful", "one release a day"));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BudgetPolicy {
    /// What the state is called.
    pub name: String,
    /// What is done in it.
    #[serde(default)]
    pub action: String,
    /// More than this share of the budget is left, in percent; none is no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Fraction>,
    /// At most this share of the budget is left, in percent; none is no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Fraction>,
}

impl BudgetPolicy {
    fn holds(&self, percent: Fraction) -> bool {
        self.above.is_none_or(|above| above < percent)
            && self.up_to.is_none_or(|up_to| percent <= up_to)
    }
}

/// Refuses bands that are empty or overlap: no share of the budget may be in two states.
pub(super) fn check(policies: &[BudgetPolicy]) -> Result<()> {
    if policies.len() > MOST_POLICIES {
        let expected = format!("at most {MOST_POLICIES} long");
        return Err(Error::invalid("policies", policies.len(), expected));
    }
    for (index, policy) in policies.iter().enumerate() {
        if policy.above.zip(policy.up_to).is_some_and(|(above, up_to)| above >= up_to) {
            let value = policy.above.unwrap_or(Fraction::ZERO);
            let expected = format!("below up_to in the policy {:?}", policy.name);
            return Err(Error::invalid("above", value, expected));
        }
        // Two bands (a, b] and (c, d] share something unless one ends where or before the other
        // begins.
        let apart = |one: &BudgetPolicy, other: &BudgetPolicy| {
            one.up_to.zip(other.above).is_some_and(|(up_to, above)| up_to <= above)
        };
        let clash = policies[..index].iter().find(|&p| !apart(p, policy) && !apart(policy, p));
        if let Some(other) = clash {
            let value = format!("{:?} and {:?}", other.name, policy.name);
            return Err(Error::invalid("policies", value, "bands that do not overlap"));
        }
    }
    Ok(())
}

/// The state at a share of the budget that is left, in percent.
pub(super) fn at(policies: &[BudgetPolicy], percent: Fraction) -> Option<&BudgetPolicy> {
    policies.iter().find(|policy| policy.holds(percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str, above: Option<i128>, up_to: Option<i128>) -> BudgetPolicy {
        let whole = |number: Option<i128>| number.map(|n| Fraction::new(n, 1).unwrap());
        let (name, action) = (name.to_owned(), String::new());
        BudgetPolicy { name, action, above: whole(above), up_to: whole(up_to) }
    }

    #[test]
    fn bands_touch_but_do_not_overlap() {
        let (ship, freeze) = (policy("ship", Some(50), None), policy("freeze", None, Some(25)));
        let care = policy("care", Some(25), Some(50));
        check(&[freeze.clone(), ship.clone(), care.clone()]).unwrap();
        let percent = |n: i128| Fraction::new(n, 1).unwrap();
        let all = [ship, freeze, care];
        let name = |n: i128| at(&all, percent(n)).unwrap().name.as_str();
        assert_eq!(
            [name(-900), name(25), name(26), name(50), name(51)],
            ["freeze", "freeze", "care", "care", "ship"]
        );
        for other in
            [policy("x", Some(49), None), policy("x", None, None), policy("x", None, Some(26))]
        {
            let error = check(&[all[2].clone(), other]).unwrap_err();
            assert_eq!(
                error.to_string(),
                "policies must be bands that do not overlap, got \"care\" and \"x\""
            );
        }
        assert!(check(&[policy("x", Some(5), Some(5))]).is_err());
        assert!(at(&[all[0].clone()], percent(50)).is_none(), "a gap is no error");
    }
}
