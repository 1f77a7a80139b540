//! Owns the token bucket (`TCA_TBF_*`); must not know qdiscs. Mirrors net/sched/sch_tbf.c.

use netlane_wire::typed::{c_struct, message};

use super::TcRate;

c_struct! {
    /// Settings of the bucket. Times are in units of 64 ns (`PSCHED_SHIFT`).
    pub struct TbfParameters("tc_tbf_qopt") {
        /// How fast it is filled.
        rate: TcRate,
        /// How fast it is emptied, at most.
        peak_rate: TcRate,
        /// Bytes that may wait.
        limit: u32,
        /// Size, as time at `rate`.
        buffer: u32,
        /// Size of the second bucket, as time at `peak_rate`.
        mtu: u32,
    }
}

message! {
    /// Token bucket.
    pub struct Tbf("tbf") {
        /// Settings.
        parameters: TbfParameters = TCA_TBF_PARMS(1),
        /// Table of times at `rate`, where the link layer is not told.
        rate_table: packed u32 = TCA_TBF_RTAB(2),
        /// Table of times at `peak_rate`, where the link layer is not told.
        peak_table: packed u32 = TCA_TBF_PTAB(3),
        /// `rate` in 64 bits, bytes a second.
        rate64: u64 = TCA_TBF_RATE64(4),
        /// `peak_rate` in 64 bits, bytes a second.
        peak_rate64: u64 = TCA_TBF_PRATE64(5),
        /// In a request: size, bytes.
        burst: u32 = TCA_TBF_BURST(6),
        /// In a request: size of the second bucket, bytes.
        peak_burst: u32 = TCA_TBF_PBURST(7),
    }
}
