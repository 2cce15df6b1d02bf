//! Normalisers and the conversion of values to the type of an attribute.
//!
//! Both are idempotent: what was brought into form once stays as it is, so a value can be checked
//! again when it is read from a log, or when its item is put into another class.

use super::{AttributeType, Normaliser};
use crate::cmdb::Value;
use crate::cmdb::value::{Cidr, Mac, read_ip};
use crate::{Error, Result};

impl Normaliser {
    /// The text in form; empty where it stands for no value.
    ///
    /// ```
    /// use itom_core::cmdb::Normaliser;
    /// assert_eq!(Normaliser::Ip.apply("2001:DB8:0:0::1"), "2001:db8::1");
    /// ```
    pub fn apply(self, text: &str) -> String {
        match self {
            Normaliser::Trim => text.trim().to_owned(),
            Normaliser::Lower => text.to_lowercase(),
            Normaliser::Upper => text.to_uppercase(),
            Normaliser::Fqdn => {
                let bare = text.trim_matches(char::is_whitespace);
                bare.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).to_lowercase()
            }
            Normaliser::Serial => serial(text),
            Normaliser::Mac => {
                text.parse::<Mac>().map_or_else(|_| text.to_owned(), |mac| mac.to_string())
            }
            Normaliser::Ip => read_ip(text).map_or_else(|| text.to_owned(), |ip| ip.to_string()),
        }
    }
}

/// What firmware, hypervisors and people write where there is no serial number, letters and digits
/// only; sorted.
const PLACEHOLDERS: [&str; 22] = [
    "ASSETTAG",
    "BASEBOARDSERIALNUMBER",
    "CHASSISSERIALNUMBER",
    "DEFAULTSTRING",
    "EMPTY",
    "INVALID",
    "NA",
    "NIL",
    "NONE",
    "NOTAPPLICABLE",
    "NOTAVAILABLE",
    "NOTPRESENT",
    "NOTSETTABLE",
    "NOTSPECIFIED",
    "NULL",
    "OEM",
    "SERIALNUMBER",
    "SYSTEMSERIALNUMBER",
    "TBD",
    "TOBEFILLEDBYOEM",
    "UNKNOWN",
    "UNSPECIFIED",
];

fn serial(text: &str) -> String {
    let upper = text.to_uppercase();
    let serial: String = upper.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let bare: String = serial.chars().filter(|c| c.is_alphanumeric()).collect();
    // 0000, XXXX and ...... are no numbers, 123456789 is what some boards are shipped with.
    let repeats = bare.chars().all(|c| matches!(c, '0' | 'X' | 'F'))
        && bare.chars().all(|c| bare.starts_with(c));
    let counts = matches!(bare.as_str(), "123456789" | "1234567890" | "0123456789");
    if repeats || counts || PLACEHOLDERS.binary_search(&bare.as_str()).is_ok() {
        return String::new();
    }
    serial
}

/// A plain value as the type wants it: converted where that loses nothing, refused otherwise.
pub(super) fn convert(to: AttributeType, attribute: &str, value: Value) -> Result<Value> {
    let about = |error: Error| error.within(attribute).about(attribute);
    match (to, value) {
        (AttributeType::Float, Value::Int(n)) if n.unsigned_abs() <= 1 << 53 => {
            Ok(Value::Float(n as f64))
        }
        (AttributeType::Datetime, Value::Text(text)) => {
            text.parse().map(Value::Time).map_err(about)
        }
        (AttributeType::Duration, Value::Text(text)) => {
            text.parse().map(Value::Duration).map_err(about)
        }
        (AttributeType::Ip, Value::Text(text)) => read_ip(&text).map(Value::Ip).ok_or_else(|| {
            Error::invalid(attribute, format!("{text:?}"), "an address of IPv4 or IPv6")
        }),
        (AttributeType::Ip, Value::Ip(address)) => Ok(Value::Ip(address.to_canonical())),
        (AttributeType::Cidr, Value::Text(text)) => text.parse().map(Value::Cidr).map_err(about),
        (AttributeType::Cidr, Value::Ip(address)) => {
            let prefix = if address.is_ipv4() { 32 } else { 128 };
            Cidr::new(address, prefix).map(Value::Cidr)
        }
        (AttributeType::Mac, Value::Text(text)) => text.parse().map(Value::Mac).map_err(about),
        (AttributeType::Version, Value::Text(text)) => {
            text.parse().map(Value::Version).map_err(about)
        }
        (AttributeType::Url, Value::Text(text)) => url(attribute, &text).map(Value::Text),
        // `{"time": ...}` is an instant where nothing is known of it.
        (AttributeType::Map, Value::Time(instant)) => {
            Ok(Value::Map([("time".to_owned(), Value::Time(instant))].into()))
        }
        (to, value) if fits(to, &value) => Ok(value),
        (to, value) => Err(Error::invalid(attribute, value, format!("of type {}", to.name()))),
    }
}

/// What has one form as text as that, the rest as it is.
pub(super) fn as_text(value: Value) -> Value {
    match value {
        Value::Ip(_) | Value::Cidr(_) | Value::Mac(_) | Value::Version(_) | Value::Duration(_) => {
            Value::Text(value.to_string())
        }
        value => value,
    }
}

/// Whether a value is of the type already.
fn fits(to: AttributeType, value: &Value) -> bool {
    matches!(
        (to, value),
        (AttributeType::String | AttributeType::Reference | AttributeType::Enum, Value::Text(_))
            | (AttributeType::Int, Value::Int(_))
            | (AttributeType::Float, Value::Float(_))
            | (AttributeType::Bool, Value::Bool(_))
            | (AttributeType::Datetime, Value::Time(_))
            | (AttributeType::Duration, Value::Duration(_))
            | (AttributeType::Cidr, Value::Cidr(_))
            | (AttributeType::Mac, Value::Mac(_))
            | (AttributeType::Version, Value::Version(_))
            | (AttributeType::List, Value::List(_))
            | (AttributeType::Map, Value::Map(_))
    )
}

/// Scheme and host in lower case, the rest as it is.
fn url(attribute: &str, text: &str) -> Result<String> {
    let trimmed = text.trim();
    let refuse = || {
        let expected = "a URL with a scheme, such as https://example.com/";
        Error::invalid(attribute, format!("{text:?}"), expected)
    };
    let (scheme, rest) = trimmed.split_once(':').ok_or_else(refuse)?;
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let is_scheme =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(letters);
    if !is_scheme || rest.is_empty() || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refuse());
    }
    let scheme = scheme.to_ascii_lowercase();
    let Some(behind) = rest.strip_prefix("//") else { return Ok(format!("{scheme}:{rest}")) };
    let (authority, path) = behind.split_at(behind.find(['/', '?', '#']).unwrap_or(behind.len()));
    let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    if host.is_empty() && scheme != "file" {
        return Err(refuse());
    }
    Ok(format!("{scheme}://{user}{}{path}", host.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_no_serial_number_is_none() {
        assert!(PLACEHOLDERS.is_sorted());
        for text in [
            "",
            " ",
            "0",
            "0000-0000",
            "None",
            "n/a",
            "To be filled by O.E.M.",
            "XXXXXXX",
            "System Serial Number",
            "...",
            "123456789",
            "Not Specified",
        ] {
            assert_eq!(Normaliser::Serial.apply(text), "", "{text:?}");
        }
        for text in ["J7X22B", "00A", "VMware-42 1f", "1234567891"] {
            assert_ne!(Normaliser::Serial.apply(text), "", "{text:?}");
        }
    }

    #[test]
    fn urls_keep_what_has_a_case() {
        let url = |text| url("link", text);
        assert_eq!(
            url(" HTTPS://Me@Example.COM:8443/Path?Q=1 ").unwrap(),
            "https://Me@example.com:8443/Path?Q=1"
        );
        assert_eq!(url("mailto:Ops@example.com").unwrap(), "mailto:Ops@example.com");
        assert_eq!(url("file:///etc/hosts").unwrap(), "file:///etc/hosts");
        for wrong in
            ["", "example.com", "https://", "https:///path", "1a:b", "a b:c", "x:", "x:a b"]
        {
            assert!(url(wrong).is_err(), "{wrong:?}");
        }
    }
}
