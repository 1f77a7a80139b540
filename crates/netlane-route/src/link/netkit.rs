//! Owns netkit pairs (`IFLA_NETKIT_*`); must not know the link it is part of beyond its declaration. Mirrors
//! drivers/net/netkit.c.

use netlane_wire::typed::{c_enum, message};

c_enum! {
    /// Which layer the pair works at.
    pub enum NetkitMode: u32 {
        /// Ethernet.
        L2 = NETKIT_L2(0),
        /// IP.
        L3 = NETKIT_L3(1),
    }
}

c_enum! {
    /// What happens to packets that no program decides on.
    pub enum NetkitPolicy: u32 {
        /// They pass.
        FORWARD = NETKIT_PASS(0),
        /// They are dropped.
        BLACKHOLE = NETKIT_DROP(2),
    }
}

c_enum! {
    /// What is removed from a packet that crosses namespaces.
    pub enum NetkitScrub: u32 {
        /// Nothing: mark and priority stay.
        NONE = NETKIT_SCRUB_NONE(0),
        /// Mark and priority.
        DEFAULT = NETKIT_SCRUB_DEFAULT(1),
    }
}

message! {
    /// A pair of links run by BPF programs.
    pub struct Netkit("netkit") {
        /// In a request: what the peer shall have.
        peer: nest super::Link = IFLA_NETKIT_PEER_INFO(1),
        /// Whether this end is the one that manages the pair.
        primary: bool = IFLA_NETKIT_PRIMARY(2),
        /// What happens to packets of this end.
        policy: NetkitPolicy = IFLA_NETKIT_POLICY(3),
        /// What happens to packets of the peer.
        peer_policy: NetkitPolicy = IFLA_NETKIT_PEER_POLICY(4),
        /// Which layer it works at.
        mode: NetkitMode = IFLA_NETKIT_MODE(5),
        /// What is removed from packets of this end.
        scrub: NetkitScrub = IFLA_NETKIT_SCRUB(6),
        /// What is removed from packets of the peer.
        peer_scrub: NetkitScrub = IFLA_NETKIT_PEER_SCRUB(7),
        /// Room in front of each packet, bytes.
        headroom: u16 = IFLA_NETKIT_HEADROOM(8),
        /// Room behind each packet, bytes.
        tailroom: u16 = IFLA_NETKIT_TAILROOM(9),
    }
}
