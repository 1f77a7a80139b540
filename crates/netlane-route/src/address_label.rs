//! Labels of IPv6 prefixes, which decide source addresses (RFC 6724).
//!
//! Owns `RTM_*ADDRLABEL` and its attributes `IFAL_*`; must not know addresses of links. Mirrors `linux/if_addrlabel.h`
//! and net/ipv6/addrlabel.c.

use std::net::Ipv6Addr;

use netlane_wire::typed::{c_struct, message, requests};

use crate::Family;

c_struct! {
    /// The header of label messages.
    pub struct IfAddrLabel("ifaddrlblmsg") {
        /// Family of the prefix.
        family: Family,
        _: u8,
        /// Length of the prefix, bits.
        prefix_len: u8,
        /// Not used.
        flags: u8,
        /// Index of the link; 0 for all.
        index: u32,
        /// How often the table was changed.
        sequence: u32,
    }
}

message! {
    /// The label of a prefix.
    pub struct AddressLabel("address_label"): IfAddrLabel(
        family: Family, prefix_len: u8, index: u32, sequence: u32
    ) {
        /// The prefix.
        address: Ipv6Addr = IFAL_ADDRESS(1),
        /// Its label.
        label: u32 = IFAL_LABEL(2),
    }
}

requests! {
    AddressLabel over ROUTE(0) {
        /// Labels a prefix.
        add: RTM_NEWADDRLABEL(72) with CREATE | EXCL => ack,
        /// Labels a prefix, or changes its label.
        put: RTM_NEWADDRLABEL(72) with CREATE | REPLACE => ack,
        /// Takes a label away.
        delete: RTM_DELADDRLABEL(73) => ack,
        /// Asks for the label of an address.
        get: RTM_GETADDRLABEL(74) => reply,
        /// Asks for all labels.
        dump: RTM_GETADDRLABEL(74) => dump,
    }
}
