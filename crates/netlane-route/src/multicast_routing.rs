//! What multicast routing tells its daemon.
//!
//! Owns `RTM_NEWCACHEREPORT` and its attributes `IPMRA_CREPORT_*`; the routes themselves are [`Route`](crate::Route)s
//! of the families IPMR and IP6MR. Mirrors `linux/mroute.h`, `linux/mroute6.h` and net/ipv4/ipmr.c.

use std::net::IpAddr;

use netlane_wire::typed::message;

use crate::{Family, RtGen};

message! {
    /// A packet that multicast routing has no answer to.
    pub struct CacheReport("cache_report"): RtGen(family: Family) {
        /// What is wrong (`IGMPMSG_*`, `MRT6MSG_*`).
        kind: u8 = IPMRA_CREPORT_MSGTYPE(1),
        /// Number of the virtual interface.
        vif: u32 = IPMRA_CREPORT_VIF_ID(2),
        /// Source of the packet.
        source: IpAddr = IPMRA_CREPORT_SRC_ADDR(3),
        /// Group of the packet.
        destination: IpAddr = IPMRA_CREPORT_DST_ADDR(4),
        /// The packet.
        packet: [u8] = IPMRA_CREPORT_PKT(5),
        /// Multicast routing table; IPv4 only.
        table: u32 = IPMRA_CREPORT_TABLE(6),
    }
}
