//! Owns what qdiscs, classes and actions count (`TCA_STATS_*`, `TCA_STAB_*`); must not know those. Mirrors
//! `linux/gen_stats.h` and `linux/pkt_sched.h`.

use netlane_wire::typed::{c_struct, message};

c_struct! {
    /// Statistics of the old form, whose counters wrap.
    pub struct TcStats("tc_stats") {
        /// Bytes.
        bytes: u64,
        /// Packets.
        packets: u32,
        /// Packets dropped.
        drops: u32,
        /// Times the limit was hit.
        overlimits: u32,
        /// Bytes a second.
        bps: u32,
        /// Packets a second.
        pps: u32,
        /// Packets waiting.
        queue_len: u32,
        /// Bytes waiting.
        backlog: u32,
    }
}

c_struct! {
    /// Bytes and packets.
    pub struct TcBasic("gnet_stats_basic") {
        /// Bytes.
        bytes: u64,
        /// Packets, in 32 bits.
        packets: u32,
    }
}

c_struct! {
    /// Rates, as estimated.
    pub struct TcRateEstimate("gnet_stats_rate_est") {
        /// Bytes a second.
        bps: u32,
        /// Packets a second.
        pps: u32,
    }
}

c_struct! {
    /// Rates, as estimated, in 64 bits.
    pub struct TcRateEstimate64("gnet_stats_rate_est64") {
        /// Bytes a second.
        bps: u64,
        /// Packets a second.
        pps: u64,
    }
}

c_struct! {
    /// What waits, and what was dropped.
    pub struct TcQueue("gnet_stats_queue") {
        /// Packets waiting.
        len: u32,
        /// Bytes waiting.
        backlog: u32,
        /// Packets dropped.
        drops: u32,
        /// Packets put back.
        requeues: u32,
        /// Times the limit was hit.
        overlimits: u32,
    }
}

c_struct! {
    /// An estimator of rates, in a request.
    pub struct TcEstimator("tc_estimator") {
        /// Logarithm of the interval, from -2 = 1/4 s.
        interval: i8,
        /// Logarithm of the weight.
        ewma_log: u8,
    }
}

message! {
    /// Statistics.
    pub struct TcStats2("stats") {
        /// Bytes and packets.
        basic: TcBasic = TCA_STATS_BASIC(1),
        /// Rates.
        rate: TcRateEstimate = TCA_STATS_RATE_EST(2),
        /// What waits, and what was dropped.
        queue: TcQueue = TCA_STATS_QUEUE(3),
        /// Of the kind.
        app: [u8] = TCA_STATS_APP(4),
        /// Rates in 64 bits.
        rate64: TcRateEstimate64 = TCA_STATS_RATE_EST64(5),
        /// Bytes and packets in hardware.
        basic_hardware: TcBasic = TCA_STATS_BASIC_HW(7),
        /// Packets, in 64 bits.
        packets64: u64 = TCA_STATS_PKT64(8),
    }
}

c_struct! {
    /// How sizes of packets are reckoned.
    pub struct TcSizeSpec("tc_sizespec") {
        /// Logarithm of the size of a table's cell, bytes.
        cell_log: u8,
        /// Logarithm of the unit of sizes.
        size_log: u8,
        /// Alignment of cells.
        cell_align: i16,
        /// Added to each packet, bytes.
        overhead: i32,
        /// How sizes are reckoned (`TC_LINKLAYER_*`).
        link_layer: u32,
        /// Smallest packet, bytes.
        mpu: u32,
        /// Largest packet, bytes.
        mtu: u32,
        /// Entries of the table.
        table_size: u32,
    }
}

message! {
    /// A table of sizes.
    pub struct TcSizeTable("size_table") {
        /// How it is read.
        base: TcSizeSpec = TCA_STAB_BASE(1),
        /// The sizes.
        data: packed u16 = TCA_STAB_DATA(2),
    }
}
