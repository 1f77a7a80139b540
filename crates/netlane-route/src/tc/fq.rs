//! Owns fair queueing with pacing (`TCA_FQ_*`); must not know qdiscs. Mirrors net/sched/sch_fq.c.

use netlane_wire::typed::message;

use super::PriorityMap;

message! {
    /// Fair queueing with pacing.
    pub struct Fq("fq") {
        /// Packets, at most.
        limit: u32 = TCA_FQ_PLIMIT(1),
        /// Packets of a flow, at most.
        flow_limit: u32 = TCA_FQ_FLOW_PLIMIT(2),
        /// What a flow sends in its turn, bytes.
        quantum: u32 = TCA_FQ_QUANTUM(3),
        /// What a new flow sends at first, bytes.
        initial_quantum: u32 = TCA_FQ_INITIAL_QUANTUM(4),
        /// Whether packets are paced.
        rate_enable: u32 = TCA_FQ_RATE_ENABLE(5),
        /// Rate of a flow that has none, bytes per second; not used any more.
        default_rate: u32 = TCA_FQ_FLOW_DEFAULT_RATE(6),
        /// Rate of a flow, bytes a second at most; all ones is no limit.
        max_rate: u32 = TCA_FQ_FLOW_MAX_RATE(7),
        /// Logarithm of the number of buckets.
        buckets_log: u32 = TCA_FQ_BUCKETS_LOG(8),
        /// How long a flow is idle before it counts as new, microseconds.
        refill_delay: u32 = TCA_FQ_FLOW_REFILL_DELAY(9),
        /// How packets without a socket are told apart.
        orphan_mask: u32 = TCA_FQ_ORPHAN_MASK(10),
        /// Below this rate, in bytes a second, each packet is paced by itself.
        low_rate_threshold: u32 = TCA_FQ_LOW_RATE_THRESHOLD(11),
        /// Delay from which packets are marked, microseconds.
        ce_threshold: u32 = TCA_FQ_CE_THRESHOLD(12),
        /// Slack of the timer, nanoseconds.
        timer_slack: u32 = TCA_FQ_TIMER_SLACK(13),
        /// How far ahead a packet's time may be, microseconds.
        horizon: u32 = TCA_FQ_HORIZON(14),
        /// Whether packets beyond that are dropped.
        horizon_drop: bool = TCA_FQ_HORIZON_DROP(15),
        /// The band of each priority.
        priority_map: PriorityMap = TCA_FQ_PRIOMAP(16),
        /// The weight of each band.
        weights: packed i32 = TCA_FQ_WEIGHTS(17),
        /// How far ahead the device holds packets back itself, microseconds.
        offload_horizon: u32 = TCA_FQ_OFFLOAD_HORIZON(18),
    }
}
