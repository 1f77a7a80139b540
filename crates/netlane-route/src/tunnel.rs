//! Network identifiers that a VXLAN device takes.
//!
//! Owns `RTM_*TUNNEL` and its attributes `VXLAN_VNIFILTER_*`; must not know links. Mirrors `linux/if_link.h` and
//! drivers/net/vxlan/vxlan_vnifilter.c.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlane_wire::typed::{c_flags, c_struct, message, requests};

use crate::Family;

c_flags! {
    /// What a dump contains.
    pub struct TunnelDumpFlags: u8 {
        /// Counters.
        STATS = TUNNEL_MSG_FLAG_STATS(0x1),
    }
}

c_struct! {
    /// The header of tunnel messages.
    pub struct TunnelMsg("tunnel_msg") {
        /// Always bridge.
        family: Family,
        /// In a dump: what it contains.
        flags: TunnelDumpFlags,
        _: u16,
        /// Index of the device; 0 for all.
        index: u32,
    }
}

message! {
    /// Network identifiers of a VXLAN device.
    pub struct Tunnel("tunnel"): TunnelMsg(family: Family, flags: TunnelDumpFlags, index: u32) {
        /// An identifier or a range.
        entries: multi nest VniEntry = VXLAN_VNIFILTER_ENTRY(1),
    }
}

message! {
    /// A range of network identifiers.
    pub struct VniEntry("entry") {
        /// First, 24 bits.
        first: u32 = VXLAN_VNIFILTER_ENTRY_START(1),
        /// Last, 24 bits; absent where there is one.
        last: u32 = VXLAN_VNIFILTER_ENTRY_END(2),
        /// IPv4 group.
        group: Ipv4Addr = VXLAN_VNIFILTER_ENTRY_GROUP(3),
        /// IPv6 group.
        group6: Ipv6Addr = VXLAN_VNIFILTER_ENTRY_GROUP6(4),
        /// Counters.
        stats: nest VniStats = VXLAN_VNIFILTER_ENTRY_STATS(5),
    }
}

message! {
    /// Counters of a network identifier.
    pub struct VniStats("stats") {
        /// Bytes received.
        rx_bytes: u64 = VNIFILTER_ENTRY_STATS_RX_BYTES(1),
        /// Packets received.
        rx_packets: u64 = VNIFILTER_ENTRY_STATS_RX_PKTS(2),
        /// Received packets that were dropped.
        rx_drops: u64 = VNIFILTER_ENTRY_STATS_RX_DROPS(3),
        /// Received packets that were bad.
        rx_errors: u64 = VNIFILTER_ENTRY_STATS_RX_ERRORS(4),
        /// Bytes sent.
        tx_bytes: u64 = VNIFILTER_ENTRY_STATS_TX_BYTES(5),
        /// Packets sent.
        tx_packets: u64 = VNIFILTER_ENTRY_STATS_TX_PKTS(6),
        /// Packets dropped before they were sent.
        tx_drops: u64 = VNIFILTER_ENTRY_STATS_TX_DROPS(7),
        /// Packets that could not be sent.
        tx_errors: u64 = VNIFILTER_ENTRY_STATS_TX_ERRORS(8),
    }
}

requests! {
    Tunnel over ROUTE(0) {
        /// Adds identifiers.
        add: RTM_NEWTUNNEL(120) => ack,
        /// Deletes identifiers.
        delete: RTM_DELTUNNEL(121) => ack,
        /// Asks for all identifiers, or those of a device.
        dump: RTM_GETTUNNEL(122) => dump,
    }
}
