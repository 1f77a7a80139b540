//! What IPv6 routers advertise: prefixes, and options that are for programs.
//!
//! Owns `RTM_NEWPREFIX` and `RTM_NEWNDUSEROPT`, which are only ever told; must not know addresses. Mirrors
//! `linux/rtnetlink.h`, net/ipv6/addrconf.c and net/ipv6/ndisc.c.

use std::net::Ipv6Addr;

use bytes::Bytes;
use netlane_wire::typed::{Fixed, c_flags, c_struct, message};
use netlane_wire::{AttributeError, Attributes, DecodeError};

use crate::Family;

c_flags! {
    /// What an advertised prefix is, as in the packet (RFC 4861, 4.6.2). Old kernels sent 0x1 and 0x2 for the first two.
    pub struct PrefixFlags: u8 {
        /// On the link.
        ON_LINK = ND_OPT_PI_FLAG_ONLINK(0x80),
        /// For making addresses.
        AUTOCONF = ND_OPT_PI_FLAG_AUTO(0x40),
        /// The router's own address is in it.
        ROUTER_ADDRESS = ND_OPT_PI_FLAG_RADDR(0x20),
    }
}

c_struct! {
    /// The header of prefix messages.
    pub struct PrefixMsg("prefixmsg") {
        /// Always IPv6.
        family: Family,
        _: u8,
        _: u16,
        /// Index of the link.
        index: u32,
        /// Type of the option: 3.
        kind: u8,
        /// Length of the prefix, bits.
        prefix_len: u8,
        /// What it is.
        flags: PrefixFlags,
        _: u8,
    }
}

c_struct! {
    /// Lifetimes of a prefix.
    pub struct PrefixCacheInfo("prefix_cacheinfo") {
        /// Preferred for so long, seconds.
        preferred: u32,
        /// Valid for so long, seconds.
        valid: u32,
    }
}

message! {
    /// An advertised prefix.
    pub struct Prefix("prefix"): PrefixMsg(family: Family, index: u32, prefix_len: u8, flags: PrefixFlags) {
        /// The prefix.
        address: Ipv6Addr = PREFIX_ADDRESS(1),
        /// Lifetimes.
        cache: PrefixCacheInfo = PREFIX_CACHEINFO(2),
    }
}

c_struct! {
    /// The header of messages about options for programs.
    pub struct NdUserOptMsg("nduseroptmsg") {
        /// Always IPv6.
        family: Family,
        _: u8,
        /// Length of the options behind this header, bytes.
        options_len: u16,
        /// Index of the link.
        index: u32,
        /// Type of the ICMPv6 message.
        icmp_type: u8,
        /// Its code.
        icmp_code: u8,
        _: u16,
        _: u32,
    }
}

/// `NDUSEROPT_SRCADDR`.
const SOURCE: u16 = 1;

/// Options of a router's advertisement that are for programs, such as DNS servers.
///
/// The options stand between header and attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NdUserOption {
    header: NdUserOptMsg,
    options: Bytes,
    attributes: Bytes,
}

impl NdUserOption {
    /// Takes a payload.
    ///
    /// # Errors
    ///
    /// It is shorter than its header, or than the options of which the header speaks.
    pub fn from_payload(mut payload: Bytes) -> Result<Self, DecodeError> {
        let header = NdUserOptMsg::load(&payload);
        let expected = NdUserOptMsg::SIZE.saturating_add(header.options_len.into());
        if payload.len() < expected {
            return Err(DecodeError::Header {
                expected,
                actual: payload.len(),
            });
        }
        let mut options = payload.split_to(expected);
        // Attributes are aligned; nothing may follow the options.
        let padding = expected.next_multiple_of(4).saturating_sub(expected);
        let attributes = payload.split_off(padding.min(payload.len()));
        Ok(Self {
            header,
            options: options.split_off(NdUserOptMsg::SIZE),
            attributes,
        })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &NdUserOptMsg {
        &self.header
    }

    /// The options as in the packet (RFC 4861, 4.6).
    #[must_use]
    pub const fn options(&self) -> &Bytes {
        &self.options
    }

    /// The router.
    ///
    /// # Errors
    ///
    /// The attribute is malformed.
    pub fn source(&self) -> Result<Option<Ipv6Addr>, AttributeError> {
        let source = Attributes::new(&self.attributes).find(SOURCE);
        source
            .map(|address| address.array::<16>().map(Ipv6Addr::from))
            .transpose()
    }
}
