//! The order of values, for ranges, sorting and comparing.

use std::cmp::Ordering;

use super::Value;

impl Value {
    /// A total order: null, truth values, numbers, text, instants, durations, addresses, blocks of
    /// addresses, hardware addresses, versions, lists, maps. Whole numbers and floats are compared
    /// with each other by what they are worth, to the last bit.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use itom_core::cmdb::Value;
    ///
    /// assert_eq!(Value::Int(2).compare(&Value::Float(2.5)), Ordering::Less);
    /// assert_eq!(Value::Int(i64::MAX).compare(&Value::Float(i64::MAX as f64)), Ordering::Less);
    /// let version = |text: &str| text.parse().map(Value::Version);
    /// assert_eq!(version("1.9")?.compare(&version("1.10")?), Ordering::Less);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn compare(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Int(a), Value::Float(b)) => whole_and_float(*a, *b),
            (Value::Float(a), Value::Int(b)) => whole_and_float(*b, *a).reverse(),
            (Value::Float(a), Value::Float(b)) => {
                a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Time(a), Value::Time(b)) => a.cmp(b),
            (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
            (Value::Ip(a), Value::Ip(b)) => a.cmp(b),
            (Value::Cidr(a), Value::Cidr(b)) => a.cmp(b),
            (Value::Mac(a), Value::Mac(b)) => a.cmp(b),
            (Value::Version(a), Value::Version(b)) => a.cmp(b),
            (Value::List(a), Value::List(b)) => {
                let parts = a.iter().zip(b).map(|(a, b)| a.compare(b));
                first_difference(parts).unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            (Value::Map(a), Value::Map(b)) => {
                let parts = a.iter().zip(b).map(|((m, a), (n, b))| m.cmp(n).then(a.compare(b)));
                first_difference(parts).unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Int(_) | Value::Float(_) => 2,
            Value::Text(_) => 3,
            Value::Time(_) => 4,
            Value::Duration(_) => 5,
            Value::Ip(_) => 6,
            Value::Cidr(_) => 7,
            Value::Mac(_) => 8,
            Value::Version(_) => 9,
            Value::List(_) => 10,
            Value::Map(_) => 11,
        }
    }
}

fn first_difference(mut parts: impl Iterator<Item = Ordering>) -> Option<Ordering> {
    parts.find(|order| order.is_ne())
}

/// Values are finite; what is not a number is put last all the same.
fn whole_and_float(whole: i64, float: f64) -> Ordering {
    /// 2^63, the first float above every whole number.
    const ABOVE: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() || float >= ABOVE {
        return Ordering::Less;
    }
    if float < -ABOVE {
        return Ordering::Greater;
    }
    let part = float.fract();
    whole.cmp(&(float.trunc() as i64)).then(if part > 0.0 {
        Ordering::Less
    } else if part < 0.0 {
        Ordering::Greater
    } else {
        Ordering::Equal
    })
}
