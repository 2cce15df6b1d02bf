//! What is owed for a month that fell short? Service credits and penalties by tiers, exact.
//!
//! A [`CreditPolicy`] is data, because providers differ in everything: bounds, percentages, caps,
//! how a claim is made. The achieved share is compared as it is, an exact [`Fraction`], never as
//! the two decimals of a report: 99.985 % is below 99.99 %.

use serde::{Deserialize, Serialize};

use crate::sla::Fraction;
use crate::{Error, Result};

const MOST_TIERS: usize = 1_000;

/// Credits by how much of the promise was kept.
///
/// ```
/// use itom_core::sla::CreditPolicy;
///
/// let policy: CreditPolicy = serde_json::from_str(
///     r#"{"tiers": [{"below": 99.99, "credit": 10}, {"below": 99, "credit": 25},
///                   {"below": 95, "credit": 100}],
///         "cap": 50, "claim": "within 30 days, in writing"}"#,
/// )?;
/// let credit = policy.credit("98.5".parse().unwrap(), Some("1200".parse().unwrap())).unwrap();
/// assert_eq!((credit.percent, credit.amount), ("25".parse().unwrap(), "300".parse().ok()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreditPolicy {
    /// The tiers, in any order; the lowest that is undercut counts.
    pub tiers: Vec<CreditTier>,
    /// Whether a tier's bound itself earns the credit.
    #[serde(default)]
    pub bound: CreditBound,
    /// The most that is owed, in percent of the fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Fraction>,
    /// How credits are claimed, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub claim: String,
}

/// A tier of credits.
///
/// ```
/// # use itom_core::sla::CreditTier;
/// let tier: CreditTier = serde_json::from_str(r#"{"below": "99.95", "credit": 10}"#)?;
/// assert_eq!(tier.below.to_string(), "1999/20");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreditTier {
    /// It applies below this many percent.
    pub below: Fraction,
    /// What is owed then, in percent of the fee.
    pub credit: Fraction,
}

/// Whether the bound of a tier belongs to it.
///
/// ```
/// # use itom_core::sla::CreditBound;
/// assert_eq!(serde_json::to_string(&CreditBound::Inclusive)?, r#""inclusive""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CreditBound {
    /// Exactly 99.99 % is not below 99.99 %.
    #[default]
    Exclusive,
    /// Exactly 99.99 % earns the credit of "below 99.99 %".
    Inclusive,
}

/// What is owed.
///
/// ```
/// # use itom_core::sla::Credit;
/// let json = r#"{"achieved": "1999/20", "tier": "9999/100", "percent": "10", "amount": null,
///     "capped": false}"#;
/// assert!(!serde_json::from_str::<Credit>(json)?.capped);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Credit {
    /// What was achieved, in percent.
    pub achieved: Fraction,
    /// The bound of the tier that counts; none if the promise was kept.
    pub tier: Option<Fraction>,
    /// What is owed, in percent of the fee.
    pub percent: Fraction,
    /// What is owed of the fee; none if no fee was given.
    pub amount: Option<Fraction>,
    /// Whether the cap was reached.
    pub capped: bool,
}

impl CreditPolicy {
    /// The tiers of AWS's compute agreement for a region (aws.amazon.com/compute/sla): below
    /// 99.99 % 10 %, below 99.0 % 30 %, below 95.0 % all of it.
    ///
    /// ```
    /// # use itom_core::sla::CreditPolicy;
    /// let credit = CreditPolicy::aws_compute_region().credit("99.98501".parse()?, None)?;
    /// assert_eq!(credit.percent.to_string(), "10");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn aws_compute_region() -> CreditPolicy {
        let percent =
            |hundredths: i128| Fraction::new(hundredths, 100).expect("a hundred is a denominator");
        let tier = |(below, credit)| CreditTier { below: percent(below), credit: percent(credit) };
        CreditPolicy {
            tiers: [(9_999, 1_000), (9_900, 3_000), (9_500, 10_000)].map(tier).to_vec(),
            claim: "by the end of the second billing cycle after the incident".to_owned(),
            ..CreditPolicy::default()
        }
    }

    /// A policy the library knows by name: `aws_compute_region`.
    ///
    /// # Errors
    /// There is none of that name.
    ///
    /// ```
    /// # use itom_core::sla::CreditPolicy;
    /// assert!(CreditPolicy::named("nobody").is_err());
    /// ```
    pub fn named(name: &str) -> Result<CreditPolicy> {
        match name {
            "aws_compute_region" => Ok(CreditPolicy::aws_compute_region()),
            other => Err(Error::not_found("name", "credit policy", format!("{other:?}"))),
        }
    }

    /// What is owed for an achieved percentage, of a fee if one is given.
    ///
    /// # Errors
    /// For a percentage that is none, or that is above 0 and at most 1 and so most likely a ratio
    /// (see [`CreditPolicy::credit_of`]); a negative fee or cap, tiers that are none, double or owe
    /// less the lower they are.
    ///
    /// ```
    /// # use itom_core::sla::CreditPolicy;
    /// let error = CreditPolicy::aws_compute_region().credit("0.995".parse()?, None).unwrap_err();
    /// assert!(error.to_string().contains("99.5 where a ratio would be 0.995"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn credit(&self, achieved: Fraction, fee: Option<Fraction>) -> Result<Credit> {
        let hundred = Fraction::new(100, 1)?;
        if achieved < Fraction::ZERO || achieved > hundred {
            return Err(Error::invalid("achieved", achieved, "a percentage from 0 to 100"));
        }
        if achieved > Fraction::ZERO && achieved <= Fraction::ONE {
            let expected = "a percentage above 1 (or 0), such as 99.5 where a ratio would be 0.995; \
                            for a ratio there is credit_of";
            return Err(Error::invalid("achieved", achieved, expected));
        }
        self.credit_for(achieved, fee)
    }

    /// What is owed for an achieved percentage that is sure to be one.
    fn credit_for(&self, achieved: Fraction, fee: Option<Fraction>) -> Result<Credit> {
        let tiers = self.sorted()?;
        if let Some(fee) = fee.filter(|&fee| fee < Fraction::ZERO) {
            return Err(Error::invalid("fee", fee, "zero or positive"));
        }
        let undercut = |tier: &&CreditTier| match self.bound {
            CreditBound::Exclusive => achieved < tier.below,
            CreditBound::Inclusive => achieved <= tier.below,
        };
        let tier = tiers.iter().find(undercut);
        let percent = tier.map_or(Fraction::ZERO, |tier| tier.credit);
        let owed = self.cap.map_or(percent, |cap| percent.min(cap));
        let amount = fee.map(|fee| fee.times(owed)?.times(Fraction::new(1, 100)?)).transpose()?;
        Ok(Credit {
            achieved,
            tier: tier.map(|tier| tier.below),
            percent: owed,
            amount,
            capped: owed < percent,
        })
    }

    /// What is owed for an achieved share such as an attainment or an availability, 1 being all.
    ///
    /// # Errors
    /// As [`CreditPolicy::credit`], for a share below 0 or above 1.
    ///
    /// ```
    /// # use itom_core::sla::{CreditPolicy, Fraction};
    /// let credit = CreditPolicy::aws_compute_region().credit_of(Fraction::new(97, 100)?, None)?;
    /// assert_eq!(credit.percent.to_string(), "30");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn credit_of(&self, share: Fraction, fee: Option<Fraction>) -> Result<Credit> {
        if share < Fraction::ZERO || share > Fraction::ONE {
            return Err(Error::invalid("share", share, "a ratio from 0 to 1"));
        }
        self.credit_for(share.times(Fraction::new(100, 1)?)?, fee)
    }

    /// The tiers from the lowest, checked.
    fn sorted(&self) -> Result<Vec<CreditTier>> {
        if self.tiers.is_empty() || self.tiers.len() > MOST_TIERS {
            let expected = format!("1 to {MOST_TIERS} tiers");
            return Err(Error::invalid("tiers", self.tiers.len(), expected));
        }
        if let Some(cap) = self.cap.filter(|&cap| cap < Fraction::ZERO) {
            return Err(Error::invalid("cap", cap, "zero or positive"));
        }
        let mut tiers = self.tiers.clone();
        tiers.sort_by_key(|tier| tier.below);
        for pair in tiers.windows(2) {
            if pair[0].below == pair[1].below {
                return Err(Error::invalid("tiers", pair[0].below, "bounds that differ"));
            }
            if pair[0].credit < pair[1].credit {
                let value = format!("less below {} than below {}", pair[0].below, pair[1].below);
                return Err(Error::invalid("tiers", value, "credits that grow as service falls"));
            }
        }
        if let Some(tier) = tiers.iter().find(|tier| tier.credit < Fraction::ZERO) {
            return Err(Error::invalid("credit", tier.credit, "zero or positive"));
        }
        Ok(tiers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(text: &str) -> Fraction {
        text.parse().unwrap()
    }

    #[test]
    fn the_bound_is_exact_and_its_side_is_chosen() {
        let mut policy = CreditPolicy::aws_compute_region();
        let percent = |policy: &CreditPolicy, achieved: &str| {
            policy.credit(fraction(achieved), None).unwrap().percent.to_string()
        };
        assert_eq!(percent(&policy, "99.99"), "0");
        assert_eq!(percent(&policy, "99.989999999999999999"), "10");
        policy.bound = CreditBound::Inclusive;
        assert_eq!(percent(&policy, "99.99"), "10");
        assert_eq!(percent(&policy, "0"), "100");
    }

    #[test]
    fn caps_and_amounts_are_exact() {
        let policy =
            CreditPolicy { cap: Some(fraction("33.3")), ..CreditPolicy::aws_compute_region() };
        let credit = policy.credit(fraction("90"), Some(fraction("99.99"))).unwrap();
        assert_eq!(credit.amount, Some(fraction("33.29667")));
        assert!(credit.capped);
    }

    #[test]
    fn senseless_policies_are_refused() {
        let policy = |tiers: &str| -> CreditPolicy {
            serde_json::from_str(&format!(r#"{{"tiers": {tiers}}}"#)).unwrap()
        };
        let hundred = fraction("100");
        for tiers in [
            "[]",
            r#"[{"below": 99, "credit": 10}, {"below": 99.0, "credit": 20}]"#,
            r#"[{"below": 99, "credit": 10}, {"below": 95, "credit": 5}]"#,
            r#"[{"below": 99, "credit": -1}]"#,
        ] {
            assert!(policy(tiers).credit(hundred, None).is_err(), "{tiers}");
        }
        let good = CreditPolicy::aws_compute_region();
        assert!(good.credit(fraction("100.01"), None).is_err());
        assert!(good.credit(fraction("-1"), None).is_err());
        for ratio in ["0.995", "1", "1/1000"] {
            assert!(good.credit(fraction(ratio), None).is_err(), "{ratio}");
            assert!(good.credit_of(fraction(ratio), None).is_ok(), "{ratio}");
        }
        assert_eq!(good.credit_of(fraction("0.005"), None).unwrap().achieved, fraction("0.5"));
        assert!(good.credit_of(fraction("1.1"), None).is_err());
        assert!(good.credit_of(fraction("-0.1"), None).is_err());
        assert!(good.credit(hundred, Some(fraction("-1"))).is_err());
    }
}
