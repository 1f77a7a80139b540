//! Owns VXLAN devices (`IFLA_VXLAN_*`); must not know links. Mirrors drivers/net/vxlan/vxlan_core.c.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlane_wire::typed::{c_enum, c_struct, message};

use crate::Switch;

c_struct! {
    /// Source ports that are used.
    pub struct VxlanPortRange("ifla_vxlan_port_range") {
        /// First, host order here.
        low: be u16,
        /// Last, host order here.
        high: be u16,
    }
}

c_enum! {
    /// The don't-fragment bit of outer headers.
    pub enum VxlanDf: u8 {
        /// Not set.
        UNSET = VXLAN_DF_UNSET(0),
        /// Set.
        SET = VXLAN_DF_SET(1),
        /// As in the inner header.
        INHERIT = VXLAN_DF_INHERIT(2),
    }
}

c_enum! {
    /// The flow label of outer IPv6 headers.
    pub enum VxlanLabelPolicy: u32 {
        /// The one that was set.
        FIXED = VXLAN_LABEL_FIXED(0),
        /// As in the inner header.
        INHERIT = VXLAN_LABEL_INHERIT(1),
    }
}

message! {
    /// An Ethernet over UDP.
    pub struct Vxlan("vxlan") {
        /// Network identifier (VNI), 24 bits.
        id: u32 = IFLA_VXLAN_ID(1),
        /// IPv4 group to join, or the remote end.
        group: Ipv4Addr = IFLA_VXLAN_GROUP(2),
        /// Index of the link that carries the packets.
        link: u32 = IFLA_VXLAN_LINK(3),
        /// IPv4 address to send from.
        local: Ipv4Addr = IFLA_VXLAN_LOCAL(4),
        /// Time to live of outer headers, hops; 0 is the default.
        ttl: u8 = IFLA_VXLAN_TTL(5),
        /// Type of service of outer headers; 1 is the inner one's.
        tos: u8 = IFLA_VXLAN_TOS(6),
        /// Whether addresses are learned.
        learning: bool = IFLA_VXLAN_LEARNING(7),
        /// How long learned addresses stay, seconds.
        ageing: u32 = IFLA_VXLAN_AGEING(8),
        /// Learned addresses, at most; 0 is no limit.
        limit: u32 = IFLA_VXLAN_LIMIT(9),
        /// Source ports that are used.
        port_range: VxlanPortRange = IFLA_VXLAN_PORT_RANGE(10),
        /// Whether it answers ARP for others.
        proxy: bool = IFLA_VXLAN_PROXY(11),
        /// Whether known hosts are reached without their router.
        rsc: bool = IFLA_VXLAN_RSC(12),
        /// Whether unknown hardware addresses are reported.
        l2_miss: bool = IFLA_VXLAN_L2MISS(13),
        /// Whether unknown IP addresses are reported.
        l3_miss: bool = IFLA_VXLAN_L3MISS(14),
        /// Destination port, host order here.
        port: be u16 = IFLA_VXLAN_PORT(15),
        /// IPv6 group to join, or the remote end.
        group6: Ipv6Addr = IFLA_VXLAN_GROUP6(16),
        /// IPv6 address to send from.
        local6: Ipv6Addr = IFLA_VXLAN_LOCAL6(17),
        /// Whether UDP checksums are sent over IPv4.
        udp_csum: bool = IFLA_VXLAN_UDP_CSUM(18),
        /// Whether UDP checksums over IPv6 are left out.
        udp_zero_csum6_tx: bool = IFLA_VXLAN_UDP_ZERO_CSUM6_TX(19),
        /// Whether packets without UDP checksum over IPv6 are taken.
        udp_zero_csum6_rx: bool = IFLA_VXLAN_UDP_ZERO_CSUM6_RX(20),
        /// Whether remote checksum offload is sent.
        remcsum_tx: bool = IFLA_VXLAN_REMCSUM_TX(21),
        /// Whether remote checksum offload is taken.
        remcsum_rx: bool = IFLA_VXLAN_REMCSUM_RX(22),
        /// Whether group policies are carried.
        gbp: flag = IFLA_VXLAN_GBP(23),
        /// Whether remote checksum offload does without partial sums.
        remcsum_no_partial: flag = IFLA_VXLAN_REMCSUM_NOPARTIAL(24),
        /// Whether each packet brings its own tunnel.
        collect_metadata: bool = IFLA_VXLAN_COLLECT_METADATA(25),
        /// Flow label of outer IPv6 headers, 20 bits, host order here.
        label: be u32 = IFLA_VXLAN_LABEL(26),
        /// Whether the generic protocol extension is used.
        gpe: flag = IFLA_VXLAN_GPE(27),
        /// Whether the time to live is the inner header's.
        ttl_inherit: Switch = IFLA_VXLAN_TTL_INHERIT(28),
        /// The don't-fragment bit.
        df: VxlanDf = IFLA_VXLAN_DF(29),
        /// Whether only listed network identifiers are taken; needs `collect_metadata`.
        vni_filter: bool = IFLA_VXLAN_VNIFILTER(30),
        /// Whether packets for this host do not leave it.
        local_bypass: bool = IFLA_VXLAN_LOCALBYPASS(31),
        /// The flow label's policy.
        label_policy: VxlanLabelPolicy = IFLA_VXLAN_LABEL_POLICY(32),
        /// Bits of the header that must be zero (`struct vxlanhdr`).
        reserved_bits: [u8; 8] = IFLA_VXLAN_RESERVED_BITS(33),
        /// Whether multicast packets are routed.
        mc_route: bool = IFLA_VXLAN_MC_ROUTE(34),
    }
}
