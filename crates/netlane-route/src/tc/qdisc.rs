//! Queueing disciplines.
//!
//! Owns `RTM_*QDISC` and its attributes `TCA_*`, and which declaration each kind takes; must not know the kinds' own
//! attributes. Mirrors net/sched/sch_api.c.

use netlane_wire::typed::{message, requests, select};

use super::{FifoLimit, PriorityMap, TcEstimator, TcHandle, TcMsg, TcStats};
use crate::BitField;

message! {
    /// A queueing discipline.
    pub struct Qdisc("qdisc"): TcMsg(index: u32, handle: TcHandle, parent: TcHandle, info: u32) {
        /// The kind, as `fq_codel`.
        kind: str = TCA_KIND(1),
        /// What is particular to the kind.
        options: select QdiscOptions by kind = TCA_OPTIONS(2),
        /// Statistics of the old form.
        stats: TcStats = TCA_STATS(3),
        /// Statistics of the kind.
        xstats: [u8] = TCA_XSTATS(4),
        /// In a request: an estimator of rates.
        rate: TcEstimator = TCA_RATE(5),
        /// Statistics.
        stats2: nest super::TcStats2 = TCA_STATS2(7),
        /// A table of sizes.
        size_table: nest super::TcSizeTable = TCA_STAB(8),
        /// In a request: also those that are hidden.
        dump_invisible: flag = TCA_DUMP_INVISIBLE(10),
        /// Whether it is in hardware.
        hardware_offload: bool = TCA_HW_OFFLOAD(12),
        /// Number of the block of filters for arriving packets.
        ingress_block: u32 = TCA_INGRESS_BLOCK(13),
        /// Number of the block of filters for leaving packets.
        egress_block: u32 = TCA_EGRESS_BLOCK(14),
        /// In a request: what to leave out.
        dump_flags: BitField = TCA_DUMP_FLAGS(15),
        /// A warning of hardware.
        warning: str = TCA_EXT_WARN_MSG(16),
    }
}

select! {
    /// What `TCA_OPTIONS` of a qdisc holds.
    pub enum QdiscOptions: str for Qdisc.options {
        /// First in, first out, limited in bytes.
        bfifo: FifoLimit = "bfifo",
        /// First in, first out, limited in packets.
        pfifo: FifoLimit = "pfifo",
        /// The same, which drops the oldest.
        pfifo_head_drop: FifoLimit = "pfifo_head_drop",
        /// Three bands by priority.
        pfifo_fast: PriorityMap = "pfifo_fast",
        /// Bands by priority.
        prio: PriorityMap = "prio",
        /// Fair queueing with pacing.
        fq: nest super::Fq = "fq",
        /// Fair queueing with controlled delay.
        fq_codel: nest super::FqCodel = "fq_codel",
        /// Hierarchical token bucket.
        htb: nest super::Htb = "htb",
        /// Token bucket.
        tbf: nest super::Tbf = "tbf",
        /// A bad network.
        netem: nest super::Netem = "netem",
        /// Filters for arriving packets.
        ingress = "ingress",
        /// Filters for arriving and leaving packets.
        clsact = "clsact",
        /// A qdisc for each transmit queue.
        mq = "mq",
        /// No queue.
        noqueue = "noqueue",
    }
}

requests! {
    Qdisc over ROUTE(0) {
        /// Adds a qdisc where there is none.
        add: RTM_NEWQDISC(36) with CREATE | EXCL => ack,
        /// Adds a qdisc in the place of the one that is there.
        put: RTM_NEWQDISC(36) with CREATE | REPLACE => ack,
        /// Changes a qdisc.
        set: RTM_NEWQDISC(36) => ack,
        /// Deletes a qdisc.
        delete: RTM_DELQDISC(37) => ack,
        /// Asks for one qdisc. The kernel answers as if it had changed: subscribers are told too.
        get: RTM_GETQDISC(38) => echo,
        /// Asks for all qdiscs, or those of a link.
        dump: RTM_GETQDISC(38) => dump,
    }
}
