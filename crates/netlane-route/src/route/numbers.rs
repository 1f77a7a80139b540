//! Owns the enumerations and flags of routes; must not know the messages. Mirrors `linux/rtnetlink.h`,
//! `linux/icmpv6.h` and `linux/lwtunnel.h`.

use netlane_wire::typed::{c_enum, c_flags};

c_enum! {
    /// Who made a route, rule or nexthop.
    pub enum RouteProtocol: u8 {
        /// Not said.
        UNSPEC = RTPROT_UNSPEC(0),
        /// An ICMP redirect.
        REDIRECT = RTPROT_REDIRECT(1),
        /// The kernel.
        KERNEL = RTPROT_KERNEL(2),
        /// At the start of the system.
        BOOT = RTPROT_BOOT(3),
        /// The administrator.
        STATIC = RTPROT_STATIC(4),
        /// GateD.
        GATED = RTPROT_GATED(8),
        /// An IPv6 router's advertisement.
        RA = RTPROT_RA(9),
        /// Merit MRT.
        MRT = RTPROT_MRT(10),
        /// Zebra.
        ZEBRA = RTPROT_ZEBRA(11),
        /// BIRD.
        BIRD = RTPROT_BIRD(12),
        /// DECnet.
        DNROUTED = RTPROT_DNROUTED(13),
        /// XORP.
        XORP = RTPROT_XORP(14),
        /// Netsukuku.
        NTK = RTPROT_NTK(15),
        /// DHCP.
        DHCP = RTPROT_DHCP(16),
        /// A multicast routing daemon.
        MROUTED = RTPROT_MROUTED(17),
        /// keepalived.
        KEEPALIVED = RTPROT_KEEPALIVED(18),
        /// Babel.
        BABEL = RTPROT_BABEL(42),
        /// Open/R.
        OPENR = RTPROT_OPENR(99),
        /// BGP.
        BGP = RTPROT_BGP(186),
        /// IS-IS.
        ISIS = RTPROT_ISIS(187),
        /// OSPF.
        OSPF = RTPROT_OSPF(188),
        /// RIP.
        RIP = RTPROT_RIP(189),
        /// EIGRP.
        EIGRP = RTPROT_EIGRP(192),
    }
}

c_enum! {
    /// How far an address is valid, or a destination away.
    pub enum Scope: u8 {
        /// Everywhere.
        UNIVERSE = RT_SCOPE_UNIVERSE(0),
        /// In this site; IPv6, long deprecated.
        SITE = RT_SCOPE_SITE(200),
        /// On this link.
        LINK = RT_SCOPE_LINK(253),
        /// In this host.
        HOST = RT_SCOPE_HOST(254),
        /// Nowhere.
        NOWHERE = RT_SCOPE_NOWHERE(255),
    }
}

c_enum! {
    /// What happens to packets.
    pub enum RouteKind: u8 {
        /// Not said.
        UNSPEC = RTN_UNSPEC(0),
        /// They go to a gateway or directly.
        UNICAST = RTN_UNICAST(1),
        /// They are for this host.
        LOCAL = RTN_LOCAL(2),
        /// They are for everybody on the link.
        BROADCAST = RTN_BROADCAST(3),
        /// They are for this host, among others.
        ANYCAST = RTN_ANYCAST(4),
        /// They are multicast.
        MULTICAST = RTN_MULTICAST(5),
        /// They are dropped.
        BLACKHOLE = RTN_BLACKHOLE(6),
        /// They are refused: unreachable.
        UNREACHABLE = RTN_UNREACHABLE(7),
        /// They are refused: prohibited.
        PROHIBIT = RTN_PROHIBIT(8),
        /// The next rule decides.
        THROW = RTN_THROW(9),
        /// They are translated; not in use.
        NAT = RTN_NAT(10),
        /// An external resolver decides; not in use.
        XRESOLVE = RTN_XRESOLVE(11),
    }
}

c_flags! {
    /// State of a route, and what to look up. The first eight are a way's own.
    pub struct RouteFlags: u32 {
        /// The way is dead.
        DEAD = RTNH_F_DEAD(0x1),
        /// The gateway's gateway is looked up.
        PERVASIVE = RTNH_F_PERVASIVE(0x2),
        /// The gateway is on the link, whatever addresses say.
        ONLINK = RTNH_F_ONLINK(0x4),
        /// The way is in hardware.
        OFFLOAD = RTNH_F_OFFLOAD(0x8),
        /// Its link has no carrier.
        LINK_DOWN = RTNH_F_LINKDOWN(0x10),
        /// The packet could not be forwarded for want of a neighbour.
        UNRESOLVED = RTNH_F_UNRESOLVED(0x20),
        /// Packets are trapped by hardware.
        TRAP = RTNH_F_TRAP(0x40),
        /// Tell the requester of changes.
        NOTIFY = RTM_F_NOTIFY(0x100),
        /// A cached entry.
        CLONED = RTM_F_CLONED(0x200),
        /// A way that was balanced to.
        EQUALIZE = RTM_F_EQUALIZE(0x400),
        /// An address's prefix; not in use.
        PREFIX = RTM_F_PREFIX(0x800),
        /// In a request: say which table was used.
        LOOKUP_TABLE = RTM_F_LOOKUP_TABLE(0x1000),
        /// In a request: say which route was used.
        FIB_MATCH = RTM_F_FIB_MATCH(0x2000),
        /// The route is in hardware.
        ROUTE_OFFLOAD = RTM_F_OFFLOAD(0x4000),
        /// The route traps packets in hardware.
        ROUTE_TRAP = RTM_F_TRAP(0x8000),
        /// Hardware would not take the route.
        OFFLOAD_FAILED = RTM_F_OFFLOAD_FAILED(0x20000000),
    }
}

c_enum! {
    /// Preference of an IPv6 router (RFC 4191).
    pub enum RoutePreference: u8 {
        /// Medium.
        MEDIUM = ICMPV6_ROUTER_PREF_MEDIUM(0),
        /// High.
        HIGH = ICMPV6_ROUTER_PREF_HIGH(1),
        /// Not to be used.
        INVALID = ICMPV6_ROUTER_PREF_INVALID(2),
        /// Low.
        LOW = ICMPV6_ROUTER_PREF_LOW(3),
    }
}

c_enum! {
    /// How packets are encapsulated.
    pub enum EncapKind: u16 {
        /// Not at all.
        NONE = LWTUNNEL_ENCAP_NONE(0),
        /// MPLS labels.
        MPLS = LWTUNNEL_ENCAP_MPLS(1),
        /// A tunnel over IPv4.
        IP = LWTUNNEL_ENCAP_IP(2),
        /// Identifier-locator addressing.
        ILA = LWTUNNEL_ENCAP_ILA(3),
        /// A tunnel over IPv6.
        IP6 = LWTUNNEL_ENCAP_IP6(4),
        /// Segment routing over IPv6.
        SEG6 = LWTUNNEL_ENCAP_SEG6(5),
        /// BPF programs.
        BPF = LWTUNNEL_ENCAP_BPF(6),
        /// An end of segment routing.
        SEG6_LOCAL = LWTUNNEL_ENCAP_SEG6_LOCAL(7),
        /// The routing protocol of low-power networks.
        RPL = LWTUNNEL_ENCAP_RPL(8),
        /// In-situ operations and maintenance.
        IOAM6 = LWTUNNEL_ENCAP_IOAM6(9),
        /// IPsec.
        XFRM = LWTUNNEL_ENCAP_XFRM(10),
    }
}
