//! Statistics of links, asked for by kind.
//!
//! Owns `RTM_*STATS` and its attributes `IFLA_STATS_*`; must not know links. Mirrors `linux/if_link.h` and
//! `rtnl_stats_get` of net/core/rtnetlink.c.

use netlane_wire::typed::{c_flags, c_struct, message, requests};

use crate::{Family, LinkStats64};

c_flags! {
    /// Which statistics are wanted: a bit for each attribute.
    pub struct StatsFilter: u32 {
        /// Of the link.
        LINK = IFLA_STATS_LINK_64(0x1),
        /// Particular to its kind.
        XSTATS = IFLA_STATS_LINK_XSTATS(0x2),
        /// Particular to its master's kind.
        PORT_XSTATS = IFLA_STATS_LINK_XSTATS_SLAVE(0x4),
        /// By hardware.
        OFFLOAD = IFLA_STATS_LINK_OFFLOAD_XSTATS(0x8),
        /// Of address families.
        FAMILIES = IFLA_STATS_AF_SPEC(0x10),
    }
}

c_struct! {
    /// The header of statistics messages.
    pub struct IfStatsMsg("if_stats_msg") {
        /// The family.
        family: Family,
        _: u8,
        _: u16,
        /// Index of the link.
        index: u32,
        /// Which are wanted, or sent.
        filter: StatsFilter,
    }
}

message! {
    /// Statistics of a link.
    pub struct Stats("stats"): IfStatsMsg(family: Family, index: u32, filter: StatsFilter) {
        /// Of the link.
        link: LinkStats64 = IFLA_STATS_LINK_64(1),
        /// Particular to its kind (`LINK_XSTATS_TYPE_*`).
        xstats: [u8] = IFLA_STATS_LINK_XSTATS(2),
        /// Particular to its master's kind (`LINK_XSTATS_TYPE_*`).
        port_xstats: [u8] = IFLA_STATS_LINK_XSTATS_SLAVE(3),
        /// By hardware.
        offload: nest OffloadStats = IFLA_STATS_LINK_OFFLOAD_XSTATS(4),
        /// Of address families.
        families: [u8] = IFLA_STATS_AF_SPEC(5),
        /// In a request: whether hardware shall count routed packets.
        set_l3: bool = IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS(6),
    }
}

message! {
    /// What hardware counted.
    pub struct OffloadStats("offload") {
        /// Packets that the processor saw.
        cpu_hit: LinkStats64 = IFLA_OFFLOAD_XSTATS_CPU_HIT(1),
        /// Who counts (`IFLA_OFFLOAD_XSTATS_HW_S_INFO_*`).
        hardware_info: [u8] = IFLA_OFFLOAD_XSTATS_HW_S_INFO(2),
        /// Routed packets (`struct rtnl_hw_stats64`).
        l3: packed u64 = IFLA_OFFLOAD_XSTATS_L3_STATS(3),
    }
}

requests! {
    Stats over ROUTE(0) {
        /// Asks for the statistics of one link.
        get: RTM_GETSTATS(94) => reply,
        /// Asks for the statistics of all links.
        dump: RTM_GETSTATS(94) => dump,
        /// Changes what hardware counts.
        set: RTM_SETSTATS(95) => ack,
    }
}
