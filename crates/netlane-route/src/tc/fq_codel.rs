//! Owns fair queueing with controlled delay (`TCA_FQ_CODEL_*`); must not know qdiscs. Mirrors
//! net/sched/sch_fq_codel.c.

use netlane_wire::typed::message;

message! {
    /// Fair queueing with controlled delay.
    pub struct FqCodel("fq_codel") {
        /// Delay to aim at, microseconds.
        target: u32 = TCA_FQ_CODEL_TARGET(1),
        /// Packets, at most.
        limit: u32 = TCA_FQ_CODEL_LIMIT(2),
        /// How long the delay may be exceeded, microseconds.
        interval: u32 = TCA_FQ_CODEL_INTERVAL(3),
        /// Whether packets are marked rather than dropped.
        ecn: u32 = TCA_FQ_CODEL_ECN(4),
        /// Flows, count.
        flows: u32 = TCA_FQ_CODEL_FLOWS(5),
        /// What a flow sends in its turn, bytes.
        quantum: u32 = TCA_FQ_CODEL_QUANTUM(6),
        /// Delay from which packets are marked, microseconds.
        ce_threshold: u32 = TCA_FQ_CODEL_CE_THRESHOLD(7),
        /// Packets dropped at once, at most.
        drop_batch_size: u32 = TCA_FQ_CODEL_DROP_BATCH_SIZE(8),
        /// Memory, bytes at most.
        memory_limit: u32 = TCA_FQ_CODEL_MEMORY_LIMIT(9),
        /// Code point of the packets to mark.
        ce_threshold_selector: u8 = TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR(10),
        /// Which of its bits count.
        ce_threshold_mask: u8 = TCA_FQ_CODEL_CE_THRESHOLD_MASK(11),
    }
}
