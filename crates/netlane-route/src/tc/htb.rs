//! Owns the hierarchical token bucket and its classes (`TCA_HTB_*`); must not know qdiscs. Mirrors
//! net/sched/sch_htb.c.

use netlane_wire::typed::{c_struct, message};

use super::TcRate;

c_struct! {
    /// Settings of the qdisc.
    pub struct HtbGlobal("tc_htb_glob") {
        /// Always 3.
        version: u32,
        /// Rate divided by this is what a class sends in its turn, bytes.
        rate_to_quantum: u32,
        /// Minor number of the class for packets that no filter found.
        default_class: u32,
        /// Not used any more.
        debug: u32,
        /// Packets that were sent without a class.
        direct_packets: u32,
    }
}

c_struct! {
    /// Settings of a class. Times are in units of 64 ns (`PSCHED_SHIFT`).
    pub struct HtbClass("tc_htb_opt") {
        /// What it is sure of.
        rate: TcRate,
        /// What it may borrow up to.
        ceil: TcRate,
        /// Burst, as time at `rate`.
        buffer: u32,
        /// Burst, as time at `ceil`.
        ceil_buffer: u32,
        /// What it sends in its turn, bytes.
        quantum: u32,
        /// Level in the tree; leaves are 0. Sent by the kernel only.
        level: u32,
        /// Priority: the lowest borrows first.
        priority: u32,
    }
}

message! {
    /// Hierarchical token bucket: the qdisc has `global`, a class `class`.
    pub struct Htb("htb") {
        /// Settings of a class.
        class: HtbClass = TCA_HTB_PARMS(1),
        /// Settings of the qdisc.
        global: HtbGlobal = TCA_HTB_INIT(2),
        /// Table of times at `ceil`, where the link layer is not told.
        ceil_table: packed u32 = TCA_HTB_CTAB(3),
        /// Table of times at `rate`, where the link layer is not told.
        rate_table: packed u32 = TCA_HTB_RTAB(4),
        /// Packets that may wait without a class.
        direct_queue_len: u32 = TCA_HTB_DIRECT_QLEN(5),
        /// `rate` in 64 bits, bytes a second.
        rate64: u64 = TCA_HTB_RATE64(6),
        /// `ceil` in 64 bits, bytes a second.
        ceil64: u64 = TCA_HTB_CEIL64(7),
        /// Whether it is in hardware.
        offload: flag = TCA_HTB_OFFLOAD(9),
    }
}
