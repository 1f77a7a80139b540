//! Owns the enumerations and flags of link messages; must not know the messages. Mirrors `linux/if.h`,
//! `linux/if_arp.h`, `linux/if_link.h` and `linux/rtnetlink.h`.

use netlane_wire::typed::{c_enum, c_flags};

c_flags! {
    /// What a link is and does.
    pub struct LinkFlags: u32 {
        /// Administratively up.
        UP = IFF_UP(0x1),
        /// Has a broadcast address.
        BROADCAST = IFF_BROADCAST(0x2),
        /// Debugging is on.
        DEBUG = IFF_DEBUG(0x4),
        /// Is a loopback.
        LOOPBACK = IFF_LOOPBACK(0x8),
        /// Connects two points.
        POINT_TO_POINT = IFF_POINTOPOINT(0x10),
        /// No trailers.
        NO_TRAILERS = IFF_NOTRAILERS(0x20),
        /// Operationally up.
        RUNNING = IFF_RUNNING(0x40),
        /// Does no ARP.
        NO_ARP = IFF_NOARP(0x80),
        /// Receives everything, because somebody set this flag.
        PROMISCUOUS = IFF_PROMISC(0x100),
        /// Receives all multicast, because somebody set this flag.
        ALL_MULTICAST = IFF_ALLMULTI(0x200),
        /// Master of a load balancer.
        MASTER = IFF_MASTER(0x400),
        /// Port of a load balancer.
        SLAVE = IFF_SLAVE(0x800),
        /// Can multicast.
        MULTICAST = IFF_MULTICAST(0x1000),
        /// Can choose its medium.
        PORT_SELECT = IFF_PORTSEL(0x2000),
        /// Chooses its medium by itself.
        AUTO_MEDIA = IFF_AUTOMEDIA(0x4000),
        /// Loses its addresses when it goes down.
        DYNAMIC = IFF_DYNAMIC(0x8000),
        /// Has a carrier.
        LOWER_UP = IFF_LOWER_UP(0x10000),
        /// Dormant: waits for something beside the carrier.
        DORMANT = IFF_DORMANT(0x20000),
        /// Echoes what it sends.
        ECHO = IFF_ECHO(0x40000),
    }
}

c_enum! {
    /// Operational state (RFC 2863).
    pub enum OperState: u8 {
        /// Not known: the driver does not say.
        UNKNOWN = IF_OPER_UNKNOWN(0),
        /// A component is missing.
        NOT_PRESENT = IF_OPER_NOTPRESENT(1),
        /// Down.
        DOWN = IF_OPER_DOWN(2),
        /// Down, because a link below is.
        LOWER_LAYER_DOWN = IF_OPER_LOWERLAYERDOWN(3),
        /// Being tested.
        TESTING = IF_OPER_TESTING(4),
        /// Waits for something beside the carrier.
        DORMANT = IF_OPER_DORMANT(5),
        /// Up.
        UP = IF_OPER_UP(6),
    }
}

c_enum! {
    /// Who decides the operational state.
    pub enum LinkMode: u8 {
        /// The kernel alone.
        DEFAULT = IF_LINK_MODE_DEFAULT(0),
        /// Userspace has to say that it is up.
        DORMANT = IF_LINK_MODE_DORMANT(1),
        /// Userspace has to say that its test passed.
        TESTING = IF_LINK_MODE_TESTING(2),
    }
}

c_enum! {
    /// What the hardware is.
    pub enum LinkType: u16 {
        /// KA9Q; what a request leaves unset.
        NETROM = ARPHRD_NETROM(0),
        /// Ethernet.
        ETHER = ARPHRD_ETHER(1),
        /// InfiniBand.
        INFINIBAND = ARPHRD_INFINIBAND(32),
        /// Controller area network.
        CAN = ARPHRD_CAN(280),
        /// MCTP.
        MCTP = ARPHRD_MCTP(290),
        /// PPP.
        PPP = ARPHRD_PPP(512),
        /// IP without a link layer.
        RAW_IP = ARPHRD_RAWIP(519),
        /// IPv4 in IPv4.
        TUNNEL = ARPHRD_TUNNEL(768),
        /// IPv6 tunnel.
        TUNNEL6 = ARPHRD_TUNNEL6(769),
        /// Loopback.
        LOOPBACK = ARPHRD_LOOPBACK(772),
        /// IPv6 in IPv4.
        SIT = ARPHRD_SIT(776),
        /// GRE over IPv4.
        IPGRE = ARPHRD_IPGRE(778),
        /// IEEE 802.11.
        IEEE80211 = ARPHRD_IEEE80211(801),
        /// IEEE 802.11 with radiotap header.
        IEEE80211_RADIOTAP = ARPHRD_IEEE80211_RADIOTAP(803),
        /// IEEE 802.15.4.
        IEEE802154 = ARPHRD_IEEE802154(804),
        /// GRE over IPv6.
        IP6GRE = ARPHRD_IP6GRE(823),
        /// The tap of netlink messages (nlmon).
        NETLINK = ARPHRD_NETLINK(824),
        /// IPv6 over low-power networks.
        LOWPAN = ARPHRD_6LOWPAN(825),
        /// The tap of VM sockets.
        VSOCKMON = ARPHRD_VSOCKMON(826),
        /// No header at all, as a tun device.
        NONE = ARPHRD_NONE(0xfffe),
        /// Nothing is known.
        VOID = ARPHRD_VOID(0xffff),
    }
}

c_flags! {
    /// What a request for links wants beside, or instead of, the usual.
    pub struct ExtMask: u32 {
        /// Virtual functions.
        VF = RTEXT_FILTER_VF(0x1),
        /// VLANs of bridges and ports, one by one.
        BRIDGE_VLAN = RTEXT_FILTER_BRVLAN(0x2),
        /// VLANs of bridges and ports, as ranges.
        BRIDGE_VLAN_COMPRESSED = RTEXT_FILTER_BRVLAN_COMPRESSED(0x4),
        /// No statistics of address families.
        SKIP_STATS = RTEXT_FILTER_SKIP_STATS(0x8),
        /// Media redundancy protocol.
        MRP = RTEXT_FILTER_MRP(0x10),
        /// Configuration of connectivity fault management.
        CFM_CONFIG = RTEXT_FILTER_CFM_CONFIG(0x20),
        /// Status of connectivity fault management.
        CFM_STATUS = RTEXT_FILTER_CFM_STATUS(0x40),
        /// Multiple spanning trees.
        MST = RTEXT_FILTER_MST(0x80),
    }
}

c_enum! {
    /// What happened to a link.
    pub enum LinkEvent: u32 {
        /// What the other attributes say.
        NONE = IFLA_EVENT_NONE(0),
        /// The device was restarted.
        REBOOT = IFLA_EVENT_REBOOT(1),
        /// Its features changed.
        FEATURES = IFLA_EVENT_FEATURES(2),
        /// A bond changed its active port.
        BONDING_FAILOVER = IFLA_EVENT_BONDING_FAILOVER(3),
        /// Gratuitous ARP should be sent.
        NOTIFY_PEERS = IFLA_EVENT_NOTIFY_PEERS(4),
        /// Multicast memberships should be told again.
        IGMP_RESEND = IFLA_EVENT_IGMP_RESEND(5),
        /// A bond's options changed.
        BONDING_OPTIONS = IFLA_EVENT_BONDING_OPTIONS(6),
    }
}
