//! Hardware addresses.
//!
//! Owns their text form and their two shapes: six bytes, and up to 32 (`MAX_ADDR_LEN` of `linux/netdevice.h`). Must
//! not know what they address.

use std::fmt;
use std::str::FromStr;

use crate::typed::{Fixed, Value, array_at};
use crate::{Attribute, AttributeError, AttributeReason, Message};

/// `MAX_ADDR_LEN`.
const MAX_LEN: usize = 32;

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mac(pub [u8; 6]);

/// A hardware address of up to 32 bytes: 6 for Ethernet, 4 or 16 for tunnels, 20 for InfiniBand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkAddress {
    bytes: [u8; MAX_LEN],
    len: u8,
}

/// A text is not a hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hardware address: two hexadecimal digits a byte, with colons between")]
pub struct ParseAddressError;

impl LinkAddress {
    /// The address with these bytes; `None` if there are more than 32.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let len = u8::try_from(bytes.len()).ok()?;
        (bytes.len() <= MAX_LEN).then(|| Self {
            bytes: array_at(bytes, 0),
            len,
        })
    }

    /// The bytes, first on the wire first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The Ethernet address, if it has 6 bytes.
    #[must_use]
    pub fn mac(&self) -> Option<Mac> {
        self.as_bytes().try_into().ok().map(Mac)
    }
}

impl From<Mac> for LinkAddress {
    fn from(mac: Mac) -> Self {
        Self {
            bytes: array_at(&mac.0, 0),
            len: 6,
        }
    }
}

fn write_colons(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        write!(f, "{colon}{byte:02x}")?;
    }
    Ok(())
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_colons(&self.0, f)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_colons(&self.0, f)
    }
}

impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_colons(self.as_bytes(), f)
    }
}

impl fmt::Debug for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_colons(self.as_bytes(), f)
    }
}

impl FromStr for LinkAddress {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let byte = |part: &str| match part.len() {
            1 | 2 => u8::from_str_radix(part, 16).map_err(|_| ParseAddressError),
            _ => Err(ParseAddressError),
        };
        let bytes: Vec<u8> = text.split(':').map(byte).collect::<Result<_, _>>()?;
        Self::new(&bytes).ok_or(ParseAddressError)
    }
}

impl FromStr for Mac {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let address: LinkAddress = text.parse()?;
        address.mac().ok_or(ParseAddressError)
    }
}

impl Fixed for Mac {
    const SIZE: usize = 6;
    const ALIGN: usize = 1;

    #[inline]
    fn load(bytes: &[u8]) -> Self {
        Self(array_at(bytes, 0))
    }

    #[inline]
    fn store(&self, bytes: &mut [u8]) {
        self.0.store(bytes);
    }
}

impl Value for Mac {
    type View<'a> = Self;
    type Set<'v> = Self;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<Self, AttributeError> {
        attribute.array().map(Self)
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: Self) {
        message.array(kind, value.0);
    }
}

impl Value for LinkAddress {
    type View<'a> = Self;
    type Set<'v> = Self;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<Self, AttributeError> {
        Self::new(attribute.payload()).ok_or(AttributeError {
            kind: attribute.kind(),
            reason: AttributeReason::Length {
                expected: MAX_LEN,
                actual: attribute.payload().len(),
            },
        })
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: Self) {
        message.attribute(kind, value.as_bytes());
    }
}
