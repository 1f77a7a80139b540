//! Owns lightweight tunnels (`LWTUNNEL_*`, `LWT_*`, `MPLS_IPTUNNEL_*`, `SEG6_*`, `ILA_*`, `RPL_IPTUNNEL_*`,
//! `IOAM6_IPTUNNEL_*`): the settings that routes, ways and nexthops share. Must not know those. Mirrors
//! `linux/lwtunnel.h`, `linux/mpls_iptunnel.h`, `linux/seg6_iptunnel.h`, `linux/seg6_local.h`, `linux/ila.h`,
//! `linux/rpl_iptunnel.h` and `linux/ioam6_iptunnel.h`.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlane_wire::typed::{c_flags, message, select};

use super::{EncapKind, MplsLabels};

message! {
    /// MPLS labels in front of the packet.
    pub struct MplsEncap("mpls") {
        /// The labels.
        labels: MplsLabels = MPLS_IPTUNNEL_DST(1),
        /// Time to live; absent: the packet's own.
        ttl: u8 = MPLS_IPTUNNEL_TTL(2),
    }
}

c_flags! {
    /// What a tunnel's packets carry, network order on the wire.
    pub struct TunnelFlags: be u16 {
        /// A checksum.
        CSUM = TUNNEL_CSUM(0x0001),
        /// A key.
        KEY = TUNNEL_KEY(0x0004),
        /// A sequence number.
        SEQ = TUNNEL_SEQ(0x0008),
    }
}

message! {
    /// A tunnel over IPv4.
    pub struct IpEncap("ip") {
        /// Tunnel id, host order here.
        id: be u64 = LWTUNNEL_IP_ID(1),
        /// Remote end.
        destination: Ipv4Addr = LWTUNNEL_IP_DST(2),
        /// Local end.
        source: Ipv4Addr = LWTUNNEL_IP_SRC(3),
        /// Time to live, hops.
        ttl: u8 = LWTUNNEL_IP_TTL(4),
        /// Type of service.
        tos: u8 = LWTUNNEL_IP_TOS(5),
        /// What packets carry.
        flags: TunnelFlags = LWTUNNEL_IP_FLAGS(6),
        /// Options of the tunnel (`LWTUNNEL_IP_OPTS_*`).
        options: [u8] = LWTUNNEL_IP_OPTS(8),
    }
}

message! {
    /// A tunnel over IPv6.
    pub struct Ip6Encap("ip6") {
        /// Tunnel id, host order here.
        id: be u64 = LWTUNNEL_IP6_ID(1),
        /// Remote end.
        destination: Ipv6Addr = LWTUNNEL_IP6_DST(2),
        /// Local end.
        source: Ipv6Addr = LWTUNNEL_IP6_SRC(3),
        /// Hop limit.
        hop_limit: u8 = LWTUNNEL_IP6_HOPLIMIT(4),
        /// Traffic class.
        traffic_class: u8 = LWTUNNEL_IP6_TC(5),
        /// What packets carry.
        flags: TunnelFlags = LWTUNNEL_IP6_FLAGS(6),
        /// Options of the tunnel (`LWTUNNEL_IP_OPTS_*`).
        options: [u8] = LWTUNNEL_IP6_OPTS(8),
    }
}

message! {
    /// Identifier-locator addressing.
    pub struct IlaEncap("ila") {
        /// Locator, the upper half of an address, host order here.
        locator: be u64 = ILA_ATTR_LOCATOR(1),
        /// How checksums are kept right (`ILA_CSUM_*`).
        csum_mode: u8 = ILA_ATTR_CSUM_MODE(7),
        /// Kind of the identifier (`ILA_ATYPE_*`).
        identifier_kind: u8 = ILA_ATTR_IDENT_TYPE(8),
        /// Where it applies (`ILA_HOOK_*`).
        hook: u8 = ILA_ATTR_HOOK_TYPE(9),
    }
}

message! {
    /// Segment routing over IPv6.
    pub struct Seg6Encap("seg6") {
        /// Mode and routing header (`struct seg6_iptunnel_encap`).
        routing: [u8] = SEG6_IPTUNNEL_SRH(1),
        /// Source address of the tunnel.
        source: Ipv6Addr = SEG6_IPTUNNEL_SRC(2),
    }
}

message! {
    /// An end of segment routing.
    pub struct Seg6LocalEncap("seg6_local") {
        /// What is done (`SEG6_LOCAL_ACTION_*`).
        action: u32 = SEG6_LOCAL_ACTION(1),
        /// Routing header (`struct ipv6_sr_hdr`).
        srh: [u8] = SEG6_LOCAL_SRH(2),
        /// Routing table.
        table: u32 = SEG6_LOCAL_TABLE(3),
        /// IPv4 nexthop.
        nexthop4: Ipv4Addr = SEG6_LOCAL_NH4(4),
        /// IPv6 nexthop.
        nexthop6: Ipv6Addr = SEG6_LOCAL_NH6(5),
        /// Index of the link that packets come from.
        input: u32 = SEG6_LOCAL_IIF(6),
        /// Index of the link that packets leave by.
        output: u32 = SEG6_LOCAL_OIF(7),
        /// Routing table of a VRF.
        vrf_table: u32 = SEG6_LOCAL_VRFTABLE(9),
    }
}

message! {
    /// BPF programs that see the packets.
    pub struct BpfEncap("bpf") {
        /// For packets that come in.
        input: nest BpfProgram = LWT_BPF_IN(1),
        /// For packets that are routed.
        output: nest BpfProgram = LWT_BPF_OUT(2),
        /// For packets that leave.
        transmit: nest BpfProgram = LWT_BPF_XMIT(3),
        /// Room that the last one needs in front of a packet, bytes, at most 256.
        headroom: u32 = LWT_BPF_XMIT_HEADROOM(4),
    }
}

message! {
    /// A BPF program.
    pub struct BpfProgram("program") {
        /// In a request: its descriptor.
        fd: u32 = LWT_BPF_PROG_FD(1),
        /// Its name.
        name: str = LWT_BPF_PROG_NAME(2),
    }
}

message! {
    /// A source route of RPL.
    pub struct RplEncap("rpl") {
        /// Routing header (`struct ipv6_rpl_sr_hdr`).
        srh: [u8] = RPL_IPTUNNEL_SRH(1),
    }
}

message! {
    /// Telemetry in the packet (IOAM).
    pub struct Ioam6Encap("ioam6") {
        /// Into the packet or around it (`IOAM6_IPTUNNEL_MODE_*`).
        mode: u8 = IOAM6_IPTUNNEL_MODE(1),
        /// Remote end of a tunnel around the packet.
        destination: Ipv6Addr = IOAM6_IPTUNNEL_DST(2),
        /// What is traced (`struct ioam6_trace_hdr`).
        trace: [u8] = IOAM6_IPTUNNEL_TRACE(3),
        /// Packets that carry it, of each `frequency_of`.
        frequency: u32 = IOAM6_IPTUNNEL_FREQ_K(4),
        /// Packets among which they are counted.
        frequency_of: u32 = IOAM6_IPTUNNEL_FREQ_N(5),
    }
}

message! {
    /// An interface of IPsec.
    pub struct XfrmEncap("xfrm") {
        /// Interface id, a number of the administrator's.
        interface_id: u32 = LWT_XFRM_IF_ID(1),
        /// Index of the link below.
        link: u32 = LWT_XFRM_LINK(2),
    }
}

/// The same choice for each message that can hold an encapsulation.
macro_rules! encapsulations {
    ($(#[$doc:meta])* $name:ident for $($holder:tt)+) => {
        select! {
            $(#[$doc])*
            pub enum $name: EncapKind for $($holder)+.encap {
                /// MPLS labels.
                mpls: nest MplsEncap = EncapKind::MPLS,
                /// A tunnel over IPv4.
                ip: nest IpEncap = EncapKind::IP,
                /// Identifier-locator addressing.
                ila: nest IlaEncap = EncapKind::ILA,
                /// A tunnel over IPv6.
                ip6: nest Ip6Encap = EncapKind::IP6,
                /// Segment routing over IPv6.
                seg6: nest Seg6Encap = EncapKind::SEG6,
                /// BPF programs.
                bpf: nest BpfEncap = EncapKind::BPF,
                /// An end of segment routing.
                seg6_local: nest Seg6LocalEncap = EncapKind::SEG6_LOCAL,
                /// A source route of RPL.
                rpl: nest RplEncap = EncapKind::RPL,
                /// Telemetry in the packet.
                ioam6: nest Ioam6Encap = EncapKind::IOAM6,
                /// An interface of IPsec.
                xfrm: nest XfrmEncap = EncapKind::XFRM,
            }
        }
    };
}

encapsulations! {
    /// What `RTA_ENCAP` holds.
    RouteEncap for super::Route
}

encapsulations! {
    /// What `RTA_ENCAP` of one way holds.
    HopEncap for super::Hop
}

encapsulations! {
    /// What `NHA_ENCAP` holds.
    NexthopEncap for crate::Nexthop
}
