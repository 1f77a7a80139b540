//! Tables of neighbours, with their limits and times.
//!
//! Owns `RTM_*NEIGHTBL` with the attributes `NDTA_*` and `NDTPA_*`; must not know neighbours. Mirrors
//! `linux/neighbour.h` and net/core/neighbour.c.

use netlane_wire::typed::{c_struct, message, requests};

use crate::Family;

c_struct! {
    /// The header of table messages.
    pub struct NdtMsg("ndtmsg") {
        /// Family of the addresses.
        family: Family,
        _: u8,
        _: u16,
    }
}

c_struct! {
    /// How a table is built.
    pub struct NeighbourTableConfig("ndt_config") {
        /// Length of an address, bytes.
        key_len: u16,
        /// Size of an entry, bytes.
        entry_size: u16,
        /// Entries, count.
        entries: u32,
        /// Since it was flushed, milliseconds.
        last_flush: u32,
        /// Since its random times were drawn, milliseconds.
        last_rand: u32,
        /// Random number of its hash.
        hash_rnd: u32,
        /// Size of its hash minus one.
        hash_mask: u32,
        /// Chain to be looked through next; not used any more.
        hash_chain_gc: u32,
        /// Packets that wait for a proxy's answer, count.
        proxy_queue_len: u32,
    }
}

c_struct! {
    /// What a table has done.
    pub struct NeighbourTableStats("ndt_stats") {
        /// Entries made.
        allocs: u64,
        /// Entries removed.
        destroys: u64,
        /// Times the hash grew.
        hash_grows: u64,
        /// Neighbours that were not found.
        failed: u64,
        /// Look-ups.
        lookups: u64,
        /// Look-ups that found something.
        hits: u64,
        /// Multicast probes received.
        multicast_probes: u64,
        /// Unicast probes received.
        unicast_probes: u64,
        /// Periodic clean-ups.
        periodic_cleanups: u64,
        /// Forced clean-ups.
        forced_cleanups: u64,
        /// Times the table was full.
        table_fulls: u64,
    }
}

message! {
    /// A table of neighbours.
    pub struct NeighbourTable("neighbour_table"): NdtMsg(family: Family) {
        /// Name, as `arp_cache`.
        name: str = NDTA_NAME(1),
        /// Entries below which nothing is cleaned up.
        threshold1: u32 = NDTA_THRESH1(2),
        /// Entries above which old ones are cleaned up.
        threshold2: u32 = NDTA_THRESH2(3),
        /// Entries, at most.
        threshold3: u32 = NDTA_THRESH3(4),
        /// How it is built.
        config: NeighbourTableConfig = NDTA_CONFIG(5),
        /// Times of a link, or the default ones.
        parameters: nest NeighbourParameters = NDTA_PARMS(6),
        /// What it has done.
        stats: NeighbourTableStats = NDTA_STATS(7),
        /// Between clean-ups, milliseconds.
        gc_interval: u64 = NDTA_GC_INTERVAL(8),
    }
}

message! {
    /// Times and limits of a table for a link.
    pub struct NeighbourParameters("parameters") {
        /// Index of the link; absent or 0 for the default ones.
        index: u32 = NDTPA_IFINDEX(1),
        /// References.
        references: u32 = NDTPA_REFCNT(2),
        /// How long a confirmed neighbour is held reachable, milliseconds.
        reachable_time: u64 = NDTPA_REACHABLE_TIME(3),
        /// What that is drawn around, milliseconds.
        base_reachable_time: u64 = NDTPA_BASE_REACHABLE_TIME(4),
        /// Between solicitations, milliseconds.
        retrans_time: u64 = NDTPA_RETRANS_TIME(5),
        /// Until an unused entry goes, milliseconds.
        gc_stale_time: u64 = NDTPA_GC_STALETIME(6),
        /// Until the first probe, milliseconds.
        delay_probe_time: u64 = NDTPA_DELAY_PROBE_TIME(7),
        /// Packets that may wait for an answer, count.
        queue_len: u32 = NDTPA_QUEUE_LEN(8),
        /// Probes by a program, count.
        app_probes: u32 = NDTPA_APP_PROBES(9),
        /// Unicast probes, count.
        unicast_probes: u32 = NDTPA_UCAST_PROBES(10),
        /// Multicast probes, count.
        multicast_probes: u32 = NDTPA_MCAST_PROBES(11),
        /// Delay of an anycast answer, milliseconds.
        anycast_delay: u64 = NDTPA_ANYCAST_DELAY(12),
        /// Delay of a proxy's answer, milliseconds.
        proxy_delay: u64 = NDTPA_PROXY_DELAY(13),
        /// Packets that may wait for a proxy, count.
        proxy_queue_len: u32 = NDTPA_PROXY_QLEN(14),
        /// How long an entry does not change, milliseconds.
        lock_time: u64 = NDTPA_LOCKTIME(15),
        /// Packets that may wait for an answer, bytes.
        queue_bytes: u32 = NDTPA_QUEUE_LENBYTES(16),
        /// Multicast probes after unicast ones failed, count.
        multicast_reprobes: u32 = NDTPA_MCAST_REPROBES(17),
        /// Between probes of managed entries, milliseconds.
        interval_probe_time: u64 = NDTPA_INTERVAL_PROBE_TIME_MS(19),
    }
}

requests! {
    NeighbourTable over ROUTE(0) {
        /// Changes a table, by name.
        set: RTM_SETNEIGHTBL(67) => ack,
        /// Asks for all tables, and the times of all links.
        dump: RTM_GETNEIGHTBL(66) => dump,
    }
}
