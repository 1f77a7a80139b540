//! Numbers and structures of the kernel's user interface, as far as the examples need them.
//!
//! Owns no behaviour. Mirrors `include/uapi/linux/{rtnetlink,if_link,if_addr,neighbour,genetlink}.h`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlane::wire::Attribute;

/// `ENOENT`, errno 2.
pub const ENOENT: i32 = 2;

pub const AF_INET: u8 = 2;
pub const AF_INET6: u8 = 10;

// Message types of NETLINK_ROUTE. Every object has four: NEW, DEL, GET, SET.
pub const RTM_NEWLINK: u16 = 16;
pub const RTM_DELLINK: u16 = 17;
pub const RTM_GETLINK: u16 = 18;
pub const RTM_NEWADDR: u16 = 20;
pub const RTM_DELADDR: u16 = 21;
pub const RTM_GETADDR: u16 = 22;
pub const RTM_NEWROUTE: u16 = 24;
pub const RTM_DELROUTE: u16 = 25;
pub const RTM_GETROUTE: u16 = 26;
pub const RTM_NEWNEIGH: u16 = 28;
pub const RTM_DELNEIGH: u16 = 29;
pub const RTM_GETNEIGH: u16 = 30;

// Multicast groups of NETLINK_ROUTE.
pub const RTNLGRP_LINK: u32 = 1;
pub const RTNLGRP_NEIGH: u32 = 3;
pub const RTNLGRP_IPV4_IFADDR: u32 = 5;
pub const RTNLGRP_IPV4_ROUTE: u32 = 7;
pub const RTNLGRP_IPV6_IFADDR: u32 = 9;
pub const RTNLGRP_IPV6_ROUTE: u32 = 11;

/// Bytes of `struct ifinfomsg`, which precedes a link's attributes.
pub const IFINFOMSG: usize = 16;
pub const IFLA_ADDRESS: u16 = 1;
pub const IFLA_IFNAME: u16 = 3;
pub const IFLA_MTU: u16 = 4;
pub const IFLA_LINKINFO: u16 = 18;
pub const IFLA_INFO_KIND: u16 = 1;
pub const IFF_UP: u32 = 1;
pub const IFF_LOWER_UP: u32 = 1 << 16;

/// Bytes of `struct ifaddrmsg`.
pub const IFADDRMSG: usize = 8;
pub const IFA_ADDRESS: u16 = 1;
pub const IFA_LOCAL: u16 = 2;

/// Bytes of `struct rtmsg`.
pub const RTMSG: usize = 12;
pub const RTA_DST: u16 = 1;
pub const RTA_OIF: u16 = 4;
pub const RTA_GATEWAY: u16 = 5;
pub const RTA_MULTIPATH: u16 = 9;
pub const RTA_TABLE: u16 = 15;
pub const RT_TABLE_MAIN: u8 = 254;
/// Bytes of `struct rtnexthop`.
pub const RTNEXTHOP: usize = 8;

/// Bytes of `struct ndmsg`.
pub const NDMSG: usize = 12;
pub const NDA_DST: u16 = 1;
pub const NDA_LLADDR: u16 = 2;

/// `GENL_ID_CTRL`: the generic netlink controller, the one family whose id is fixed.
pub const GENL_ID_CTRL: u16 = 16;
/// Bytes of `struct genlmsghdr`: command, version, and two of padding.
pub const GENLMSGHDR: usize = 4;
pub const CTRL_CMD_GETFAMILY: u8 = 3;
pub const CTRL_VERSION: u8 = 2;
pub const CTRL_ATTR_FAMILY_ID: u16 = 1;
pub const CTRL_ATTR_FAMILY_NAME: u16 = 2;
pub const CTRL_ATTR_VERSION: u16 = 3;
pub const CTRL_ATTR_OPS: u16 = 6;
pub const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
pub const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
pub const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;

/// `struct ifinfomsg` that names a link by its index; 0 names none.
pub fn ifinfomsg(index: u32) -> [u8; IFINFOMSG] {
    let [a, b, c, d] = index.to_ne_bytes();
    [0, 0, 0, 0, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// `struct rtmsg` that selects a family's routes in one table; 0 selects all.
pub const fn rtmsg(family: u8, table: u8) -> [u8; RTMSG] {
    [family, 0, 0, 0, table, 0, 0, 0, 0, 0, 0, 0]
}

/// The byte at an offset of a fixed header; 0 where the header is shorter.
pub fn u8_at(header: &[u8], offset: usize) -> u8 {
    header.get(offset).copied().unwrap_or_default()
}

/// Four bytes in host order at an offset of a fixed header; 0 where the header is shorter.
pub fn u32_at(header: &[u8], offset: usize) -> u32 {
    header
        .get(offset..)
        .and_then(|bytes| bytes.first_chunk())
        .copied()
        .map_or(0, u32::from_ne_bytes)
}

/// An attribute that holds an IPv4 or IPv6 address.
pub fn ip(attribute: Attribute<'_>) -> Option<IpAddr> {
    let payload = attribute.payload();
    match payload.len() {
        4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(payload).ok()?).into()),
        16 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(payload).ok()?).into()),
        _ => None,
    }
}
