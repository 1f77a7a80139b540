//! Owns the address families that rtnetlink messages begin with; must not know the messages. Mirrors
//! `linux/socket.h` and the `RTNL_FAMILY_*` of `linux/rtnetlink.h`.

use std::net::IpAddr;

use netlane_wire::typed::c_enum;

c_enum! {
    /// What kind of addresses a message is about.
    pub enum Family: u8 {
        /// None, or all of them in a dump.
        UNSPEC = AF_UNSPEC(0),
        /// IPv4.
        INET = AF_INET(2),
        /// Bridges: their ports, forwarding database and VLANs.
        BRIDGE = AF_BRIDGE(7),
        /// IPv6.
        INET6 = AF_INET6(10),
        /// MPLS, whose addresses are labels.
        MPLS = AF_MPLS(28),
        /// Phonet, of Nokia's modems.
        PHONET = AF_PHONET(35),
        /// Management Component Transport Protocol.
        MCTP = AF_MCTP(45),
        /// IPv4 multicast routing.
        IPMR = RTNL_FAMILY_IPMR(128),
        /// IPv6 multicast routing.
        IP6MR = RTNL_FAMILY_IP6MR(129),
    }
}

impl From<IpAddr> for Family {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::INET,
            IpAddr::V6(_) => Self::INET6,
        }
    }
}
