//! Owns the multicast groups of NETLINK_ROUTE; must not know their events. Mirrors `linux/rtnetlink.h`.

use netlane_wire::typed::c_enum;

c_enum! {
    /// A multicast group, to subscribe to by its number.
    pub enum Group: u32 {
        /// Links.
        LINK = RTNLGRP_LINK(1),
        /// Whatever a request wanted to be told of.
        NOTIFY = RTNLGRP_NOTIFY(2),
        /// Neighbours and forwarding entries.
        NEIGHBOUR = RTNLGRP_NEIGH(3),
        /// Qdiscs, classes, filters, chains and actions.
        TC = RTNLGRP_TC(4),
        /// IPv4 addresses.
        IPV4_ADDRESS = RTNLGRP_IPV4_IFADDR(5),
        /// IPv4 multicast routes.
        IPV4_MROUTE = RTNLGRP_IPV4_MROUTE(6),
        /// IPv4 routes.
        IPV4_ROUTE = RTNLGRP_IPV4_ROUTE(7),
        /// IPv4 rules.
        IPV4_RULE = RTNLGRP_IPV4_RULE(8),
        /// IPv6 addresses.
        IPV6_ADDRESS = RTNLGRP_IPV6_IFADDR(9),
        /// IPv6 multicast routes.
        IPV6_MROUTE = RTNLGRP_IPV6_MROUTE(10),
        /// IPv6 routes.
        IPV6_ROUTE = RTNLGRP_IPV6_ROUTE(11),
        /// What IPv6 has got to know on links.
        IPV6_LINK = RTNLGRP_IPV6_IFINFO(12),
        /// Advertised IPv6 prefixes.
        IPV6_PREFIX = RTNLGRP_IPV6_PREFIX(18),
        /// IPv6 rules.
        IPV6_RULE = RTNLGRP_IPV6_RULE(19),
        /// Options of IPv6 routers for programs.
        ND_USER_OPTION = RTNLGRP_ND_USEROPT(20),
        /// Phonet addresses.
        PHONET_ADDRESS = RTNLGRP_PHONET_IFADDR(21),
        /// Phonet routes.
        PHONET_ROUTE = RTNLGRP_PHONET_ROUTE(22),
        /// Data centre bridging.
        DCB = RTNLGRP_DCB(23),
        /// IPv4 settings.
        IPV4_NETCONF = RTNLGRP_IPV4_NETCONF(24),
        /// IPv6 settings.
        IPV6_NETCONF = RTNLGRP_IPV6_NETCONF(25),
        /// Multicast groups of bridges.
        MDB = RTNLGRP_MDB(26),
        /// MPLS routes.
        MPLS_ROUTE = RTNLGRP_MPLS_ROUTE(27),
        /// Ids of network namespaces.
        NETNS_ID = RTNLGRP_NSID(28),
        /// MPLS settings.
        MPLS_NETCONF = RTNLGRP_MPLS_NETCONF(29),
        /// Packets that IPv4 multicast routing has no answer to; needs `CAP_NET_ADMIN`.
        IPV4_MROUTE_REPORT = RTNLGRP_IPV4_MROUTE_R(30),
        /// Packets that IPv6 multicast routing has no answer to; needs `CAP_NET_ADMIN`.
        IPV6_MROUTE_REPORT = RTNLGRP_IPV6_MROUTE_R(31),
        /// Nexthop objects.
        NEXTHOP = RTNLGRP_NEXTHOP(32),
        /// VLANs of bridges.
        BRIDGE_VLAN = RTNLGRP_BRVLAN(33),
        /// MCTP addresses.
        MCTP_ADDRESS = RTNLGRP_MCTP_IFADDR(34),
        /// Network identifiers of VXLANs.
        TUNNEL = RTNLGRP_TUNNEL(35),
        /// Statistics that hardware began or ceased to count.
        STATS = RTNLGRP_STATS(36),
        /// IPv4 multicast addresses of links; since 6.14.
        IPV4_MULTICAST_ADDRESS = RTNLGRP_IPV4_MCADDR(37),
        /// IPv6 multicast addresses of links; since 6.14.
        IPV6_MULTICAST_ADDRESS = RTNLGRP_IPV6_MCADDR(38),
        /// IPv6 anycast addresses of links; since 6.14.
        IPV6_ANYCAST_ADDRESS = RTNLGRP_IPV6_ACADDR(39),
    }
}
