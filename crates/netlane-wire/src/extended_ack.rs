//! The extended ACK: why the kernel refused, or what it warns of.
//!
//! Owns the `NLMSGERR_ATTR_*` attributes; must not know where in a message they start
//! (`control`) nor what the offsets in them point at (`names`). Mirrors
//! `netlink_ack_tlv_fill` of `net/netlink/af_netlink.c` and `enum nlmsgerr_attrs`.

use std::fmt;

use crate::describe::{OneLine, Plain};
use crate::{Attributes, Policy};

const MSG: u16 = 1;
const OFFS: u16 = 2;
const COOKIE: u16 = 3;
const POLICY: u16 = 4;
const MISS_TYPE: u16 = 5;
const MISS_NEST: u16 = 6;

/// The extended ACK inside of an acknowledgement. Broken attributes read as absent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ExtendedAck<'a> {
    tlvs: &'a [u8],
}

impl<'a> ExtendedAck<'a> {
    /// No extended ACK.
    pub(crate) const EMPTY: Self = ExtendedAck { tlvs: &[] };

    /// Reads the attributes of an extended ACK.
    #[must_use]
    pub const fn new(attributes: Attributes<'a>) -> Self {
        Self {
            tlvs: attributes.rest(),
        }
    }

    /// All attributes, those that this crate does not know included.
    #[must_use]
    pub const fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.tlvs)
    }

    /// Whether nothing is said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tlvs.is_empty()
    }

    /// `NLMSGERR_ATTR_MSG`: a sentence for people: the reason of an error, the warning of a
    /// success. `None` if it is not UTF-8; then [`Self::message_bytes`] has it.
    #[must_use]
    pub fn message(&self) -> Option<&'a str> {
        self.attributes().find(MSG)?.text().ok()
    }

    /// `NLMSGERR_ATTR_MSG` without its NUL, whatever its encoding.
    #[must_use]
    pub fn message_bytes(&self) -> Option<&'a [u8]> {
        Some(self.attributes().find(MSG)?.text_bytes())
    }

    /// `NLMSGERR_ATTR_OFFS`: where in the request the refused attribute starts, in bytes from
    /// the start of the request's header.
    #[must_use]
    pub fn offset(&self) -> Option<u32> {
        self.number(OFFS)
    }

    /// `NLMSGERR_ATTR_COOKIE`: bytes that the family defines.
    #[must_use]
    pub fn cookie(&self) -> Option<&'a [u8]> {
        Some(self.attributes().find(COOKIE)?.payload())
    }

    /// `NLMSGERR_ATTR_POLICY`: what the kernel would have accepted at [`Self::offset`].
    #[must_use]
    pub fn policy(&self) -> Option<Policy> {
        let policy = self.attributes().find(POLICY)?;
        Some(Policy::read(policy.nested()))
    }

    /// `NLMSGERR_ATTR_MISS_TYPE`: the kind of an attribute that is missing.
    #[must_use]
    pub fn missing_type(&self) -> Option<u32> {
        self.number(MISS_TYPE)
    }

    /// `NLMSGERR_ATTR_MISS_NEST`: where in the request the nest starts that misses
    /// [`Self::missing_type`]; `None` if it is missing at the top.
    #[must_use]
    pub fn missing_nest(&self) -> Option<u32> {
        self.number(MISS_NEST)
    }

    /// An owned copy, for errors that outlive the message.
    #[must_use]
    pub fn into_owned(self) -> OwnedExtendedAck {
        OwnedExtendedAck {
            message: self
                .message_bytes()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            offset: self.offset(),
            cookie: self.cookie().map(<[u8]>::to_vec),
            policy: self.policy(),
            missing_type: self.missing_type(),
            missing_nest: self.missing_nest(),
        }
    }

    fn number(&self, kind: u16) -> Option<u32> {
        self.attributes().find(kind)?.u32().ok()
    }
}

impl fmt::Debug for ExtendedAck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.into_owned().fmt(f)
    }
}

/// An extended ACK that owns its parts. The default says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct OwnedExtendedAck {
    /// A sentence for people; what was not UTF-8 in it is replaced.
    pub message: Option<String>,
    /// Where the refused attribute starts, in bytes from the start of the request's header.
    pub offset: Option<u32>,
    /// Bytes that the family defines.
    pub cookie: Option<Vec<u8>>,
    /// What the kernel would have accepted at `offset`.
    pub policy: Option<Policy>,
    /// The kind of an attribute that is missing.
    pub missing_type: Option<u32>,
    /// Where the nest starts that misses it, in bytes; `None` at the top.
    pub missing_nest: Option<u32>,
}

impl OwnedExtendedAck {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<ExtendedAck<'_>> for OwnedExtendedAck {
    fn from(ack: ExtendedAck<'_>) -> Self {
        ack.into_owned()
    }
}

/// One line: the message, its control characters escaped, then what else is known, numbers as
/// the kernel gave them. Empty if nothing is said.
impl fmt::Display for OwnedExtendedAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut part = |f: &mut fmt::Formatter<'_>, args: fmt::Arguments<'_>| {
            f.write_str(std::mem::replace(&mut separator, ", "))?;
            f.write_fmt(args)
        };
        if let Some(message) = &self.message {
            part(f, format_args!("{}", OneLine(message)))?;
        }
        if let Some(offset) = self.offset {
            part(f, format_args!("at byte {offset} of the request"))?;
        }
        if let Some(policy) = &self.policy {
            part(f, format_args!("expected {policy}"))?;
        }
        if let Some(kind) = self.missing_type {
            part(f, format_args!("attribute {kind} is missing"))?;
        }
        if let Some(nest) = self.missing_nest {
            part(f, format_args!("in the nest at byte {nest}"))?;
        }
        if let Some(cookie) = &self.cookie {
            part(f, format_args!("cookie {}", Plain(cookie)))?;
        }
        Ok(())
    }
}
