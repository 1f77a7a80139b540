//! Owns what address families set for a link (`IFLA_AF_SPEC`, `IFLA_INET_*`, `IFLA_INET6_*`); must not know links.
//! Mirrors net/ipv4/devinet.c and net/ipv6/addrconf.c.

use std::net::Ipv6Addr;

use netlane_wire::typed::{Elements, Packed, Value, c_enum, c_flags, c_struct, message};
use netlane_wire::{Attribute, AttributeError, Message};

message! {
    /// Settings of the address families.
    pub struct LinkFamilies("families") {
        /// IPv4.
        inet: nest InetLink = AF_INET(2),
        /// IPv6.
        inet6: nest Inet6Link = AF_INET6(10),
        /// MCTP.
        mctp: nest MctpLink = AF_MCTP(45),
    }
}

message! {
    /// IPv4 settings of a link.
    pub struct InetLink("inet") {
        /// The settings of `/proc/sys/net/ipv4/conf`. Reading gives all of them, the one of number n at n - 1;
        /// writing takes numbers and values.
        conf: InetConf = IFLA_INET_CONF(1),
    }
}

/// IPv4 settings: all as an array when read, some by number when written.
#[derive(Debug)]
pub enum InetConf {}

impl Value for InetConf {
    type View<'a> = Elements<'a, u32>;
    type Set<'v> = &'v [(InetSetting, u32)];

    fn read(attribute: Attribute<'_>) -> Result<Elements<'_, u32>, AttributeError> {
        Packed::<u32>::read(attribute)
    }

    fn write(message: &mut Message, kind: u16, settings: &[(InetSetting, u32)]) {
        message.nest(kind, |message| {
            for (setting, value) in settings {
                message.u32(setting.0, *value);
            }
        });
    }
}

c_enum! {
    /// An IPv4 setting of a link, by its number.
    pub enum InetSetting: u16 {
        /// Whether packets are forwarded.
        FORWARDING = IPV4_DEVCONF_FORWARDING(1),
        /// Whether multicast is routed.
        MC_FORWARDING = IPV4_DEVCONF_MC_FORWARDING(2),
        /// Whether ARP is answered for others.
        PROXY_ARP = IPV4_DEVCONF_PROXY_ARP(3),
        /// Whether redirects are taken.
        ACCEPT_REDIRECTS = IPV4_DEVCONF_ACCEPT_REDIRECTS(4),
        /// Whether redirects are taken from gateways only.
        SECURE_REDIRECTS = IPV4_DEVCONF_SECURE_REDIRECTS(5),
        /// Whether redirects are sent.
        SEND_REDIRECTS = IPV4_DEVCONF_SEND_REDIRECTS(6),
        /// Whether several networks share the medium.
        SHARED_MEDIA = IPV4_DEVCONF_SHARED_MEDIA(7),
        /// Check of source addresses: 0 none, 1 strict, 2 loose.
        RP_FILTER = IPV4_DEVCONF_RP_FILTER(8),
        /// Whether source routes are taken.
        ACCEPT_SOURCE_ROUTE = IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE(9),
        /// Whether impossible addresses are logged.
        LOG_MARTIANS = IPV4_DEVCONF_LOG_MARTIANS(11),
        /// Whether ARP is answered on the right link only.
        ARP_FILTER = IPV4_DEVCONF_ARPFILTER(13),
        /// Which source address ARP uses.
        ARP_ANNOUNCE = IPV4_DEVCONF_ARP_ANNOUNCE(18),
        /// Which ARP questions are answered.
        ARP_IGNORE = IPV4_DEVCONF_ARP_IGNORE(19),
        /// Whether a secondary address takes the place of a removed primary one.
        PROMOTE_SECONDARIES = IPV4_DEVCONF_PROMOTE_SECONDARIES(20),
        /// Whether unasked ARP makes new neighbours.
        ARP_ACCEPT = IPV4_DEVCONF_ARP_ACCEPT(21),
        /// Whether a new address is announced by ARP.
        ARP_NOTIFY = IPV4_DEVCONF_ARP_NOTIFY(22),
        /// Whether packets with a local source are taken.
        ACCEPT_LOCAL = IPV4_DEVCONF_ACCEPT_LOCAL(23),
        /// Whether loopback addresses may be routed.
        ROUTE_LOCALNET = IPV4_DEVCONF_ROUTE_LOCALNET(26),
        /// Whether routes over a link without carrier are passed over.
        IGNORE_ROUTES_WITH_LINKDOWN = IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN(29),
        /// Whether directed broadcasts are forwarded.
        BC_FORWARDING = IPV4_DEVCONF_BC_FORWARDING(32),
        /// Whether neighbours are forgotten when the carrier goes.
        ARP_EVICT_NOCARRIER = IPV4_DEVCONF_ARP_EVICT_NOCARRIER(33),
    }
}

c_flags! {
    /// What IPv6 has got to know on a link.
    pub struct Inet6Flags: u32 {
        /// Other configuration by DHCP.
        RA_OTHERCONF = IF_RA_OTHERCONF(0x80),
        /// Addresses by DHCP.
        RA_MANAGED = IF_RA_MANAGED(0x40),
        /// A router advertised itself.
        RA_RCVD = IF_RA_RCVD(0x20),
        /// A router was asked for.
        RS_SENT = IF_RS_SENT(0x10),
        /// Ready for use.
        READY = IF_READY(0x80000000),
    }
}

c_enum! {
    /// How link-local addresses are made.
    pub enum Inet6AddrGenMode: u8 {
        /// From the hardware address.
        EUI64 = IN6_ADDR_GEN_MODE_EUI64(0),
        /// Not at all.
        NONE = IN6_ADDR_GEN_MODE_NONE(1),
        /// From a secret, stable (RFC 7217).
        STABLE_PRIVACY = IN6_ADDR_GEN_MODE_STABLE_PRIVACY(2),
        /// From a secret that is drawn at random.
        RANDOM = IN6_ADDR_GEN_MODE_RANDOM(3),
    }
}

c_struct! {
    /// Times of IPv6 on a link.
    pub struct Inet6CacheInfo("ifla_cacheinfo") {
        /// Largest packet to put together, bytes.
        max_reasm_len: u32,
        /// When the state last changed, 1/100 s since the start.
        updated: u32,
        /// How long a neighbour is held reachable, milliseconds.
        reachable_time: u32,
        /// Between solicitations, milliseconds.
        retrans_time: u32,
    }
}

message! {
    /// IPv6 on a link.
    pub struct Inet6Link("inet6") {
        /// What is known so far.
        flags: Inet6Flags = IFLA_INET6_FLAGS(1),
        /// The settings of `/proc/sys/net/ipv6/conf`, in the order of `DEVCONF_*`.
        conf: packed i32 = IFLA_INET6_CONF(2),
        /// Counters, in the order of `IPSTATS_MIB_*`; the first is how many there are.
        stats: packed u64 = IFLA_INET6_STATS(3),
        /// Times.
        cache: Inet6CacheInfo = IFLA_INET6_CACHEINFO(5),
        /// ICMPv6 counters, in the order of `ICMP6_MIB_*`; the first is how many there are.
        icmp6_stats: packed u64 = IFLA_INET6_ICMP6STATS(6),
        /// The host part that addresses shall have; unspecified if none was set.
        token: Ipv6Addr = IFLA_INET6_TOKEN(7),
        /// How link-local addresses are made.
        addr_gen_mode: Inet6AddrGenMode = IFLA_INET6_ADDR_GEN_MODE(8),
        /// MTU that a router advertised, bytes.
        ra_mtu: u32 = IFLA_INET6_RA_MTU(9),
    }
}

message! {
    /// MCTP on a link.
    pub struct MctpLink("mctp") {
        /// Network number.
        network: u32 = IFLA_MCTP_NET(1),
        /// What the medium is.
        binding: u8 = IFLA_MCTP_PHYS_BINDING(2),
    }
}
