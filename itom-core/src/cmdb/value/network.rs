//! Addresses as values: hardware addresses and blocks of network addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::{Error, Result};

/// A hardware address of 48 bits; written in lower case with colons, read with colons, hyphens,
/// dots or nothing between the digits.
///
/// ```
/// use itom_core::cmdb::Mac;
///
/// let mac: Mac = "001B.638E.2F0A".parse()?;
/// assert_eq!(mac.to_string(), "00:1b:63:8e:2f:0a");
/// assert_eq!("0:1B:63:8e:2f:a".parse::<Mac>()?, mac);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl FromStr for Mac {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let trimmed = text.trim();
        let refuse =
            || Error::invalid("mac", format!("{text:?}"), "a hardware address of 12 hex digits");
        let groups: Vec<&str> = trimmed.split([':', '-']).collect();
        let mut bytes = [0; 6];
        if groups.len() == 6 {
            for (byte, group) in bytes.iter_mut().zip(groups) {
                *byte = hexadecimal(group).filter(|_| group.len() <= 2).ok_or_else(refuse)?;
            }
            return Ok(Mac(bytes));
        }
        let mut digits = trimmed.chars().filter(|c| !matches!(c, ':' | '-' | '.'));
        for byte in &mut bytes {
            let pair: String = digits.by_ref().take(2).collect();
            *byte = hexadecimal(&pair).filter(|_| pair.len() == 2).ok_or_else(refuse)?;
        }
        if digits.next().is_some() { Err(refuse()) } else { Ok(Mac(bytes)) }
    }
}

/// `from_str_radix` would take a sign.
fn hexadecimal(digits: &str) -> Option<u8> {
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| plain)
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// A network address with the length of its prefix. The bits behind the prefix are kept, so that
/// it can also say which address an interface has and in which network: `192.0.2.7/24`.
///
/// ```
/// use itom_core::cmdb::Cidr;
///
/// let block: Cidr = "2001:DB8::/32".parse()?;
/// assert_eq!(block.to_string(), "2001:db8::/32");
/// assert!(block.contains("2001:db8::1".parse().unwrap()));
/// assert_eq!("192.0.2.7/24".parse::<Cidr>()?.network().to_string(), "192.0.2.0/24");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Of an address and a length of at most 32 for IPv4 and 128 for IPv6.
    ///
    /// ```
    /// use itom_core::cmdb::Cidr;
    /// assert!(Cidr::new("10.0.0.0".parse().unwrap(), 33).is_err());
    /// ```
    ///
    /// # Errors
    /// The prefix is longer than the address.
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self> {
        let longest = width(address);
        if prefix > longest {
            return Err(Error::invalid("prefix", prefix, format!("at most {longest}")));
        }
        Ok(Cidr { address, prefix })
    }

    /// The address, as it was given.
    ///
    /// ```
    /// # use itom_core::cmdb::Cidr;
    /// assert_eq!("192.0.2.7/24".parse::<Cidr>()?.address().to_string(), "192.0.2.7");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The length of the prefix in bits.
    ///
    /// ```
    /// # use itom_core::cmdb::Cidr;
    /// assert_eq!("192.0.2.7/24".parse::<Cidr>()?.prefix(), 24);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The same with the bits behind the prefix set to zero.
    ///
    /// ```
    /// # use itom_core::cmdb::Cidr;
    /// assert_eq!("10.9.8.7/8".parse::<Cidr>()?.network().to_string(), "10.0.0.0/8");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    #[must_use]
    pub fn network(&self) -> Self {
        let rest = u32::from(width(self.address) - self.prefix);
        let address = match self.address {
            IpAddr::V4(v4) => {
                let kept = u32::MAX.checked_shl(rest).unwrap_or(0);
                IpAddr::from((u32::from(v4) & kept).to_be_bytes())
            }
            IpAddr::V6(v6) => {
                let kept = u128::MAX.checked_shl(rest).unwrap_or(0);
                IpAddr::from((u128::from(v6) & kept).to_be_bytes())
            }
        };
        Cidr { address, prefix: self.prefix }
    }

    /// Whether an address is in the network.
    ///
    /// ```
    /// # use itom_core::cmdb::Cidr;
    /// let block: Cidr = "10.0.0.0/8".parse()?;
    /// assert!(block.contains("10.1.2.3".parse().unwrap()));
    /// assert!(!block.contains("::1".parse().unwrap()));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn contains(&self, address: IpAddr) -> bool {
        width(address) == width(self.address)
            && Cidr { address, prefix: self.prefix }.network() == self.network()
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// An address without a prefix is a network of one.
impl FromStr for Cidr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = "an address and the length of a prefix, such as 192.0.2.0/24";
        let refuse = || Error::invalid("cidr", format!("{text:?}"), expected);
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let prefix = match prefix {
            None => width(address),
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().map_err(|_| refuse())?
            }
            Some(_) => return Err(refuse()),
        };
        Cidr::new(address, prefix).map_err(|_| refuse())
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// An address in the one form there is of it: IPv4 in IPv6 is IPv4.
pub(in crate::cmdb) fn read_ip(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.trim().parse().ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["", "00:1b:63:8e:2f", "00:1b:63:8e:2f:0g", "+0:1b:63:8e:2f:0a", "é:1:2:3:4:5"]
        {
            assert!(wrong.parse::<Mac>().is_err(), "{wrong:?}");
        }
        assert!("00:1b:63:8e:2f:0a:bb".parse::<Mac>().is_err());
        for wrong in ["", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "::/129", "10/8"] {
            assert!(wrong.parse::<Cidr>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_of_prefixes_are_networks_too() {
        let all: Cidr = "10.1.2.3/0".parse().unwrap();
        assert_eq!(all.network().to_string(), "0.0.0.0/0");
        let one: Cidr = "::1".parse().unwrap();
        assert_eq!((one.prefix(), one.network()), (128, one));
        assert_eq!(read_ip(" ::ffff:192.0.2.1 "), read_ip("192.0.2.1"));
    }
}
