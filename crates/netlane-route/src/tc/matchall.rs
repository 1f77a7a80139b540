//! Owns the filter that finds everything (`TCA_MATCHALL_*`); must not know filters. Mirrors
//! net/sched/cls_matchall.c.

use netlane_wire::typed::{c_flags, c_struct, message};

use super::TcHandle;

c_flags! {
    /// Where a filter is.
    pub struct FilterFlags: u32 {
        /// Not in hardware.
        SKIP_HARDWARE = TCA_CLS_FLAGS_SKIP_HW(0x1),
        /// In hardware only.
        SKIP_SOFTWARE = TCA_CLS_FLAGS_SKIP_SW(0x2),
        /// In hardware.
        IN_HARDWARE = TCA_CLS_FLAGS_IN_HW(0x4),
        /// Not in hardware, though it was tried.
        NOT_IN_HARDWARE = TCA_CLS_FLAGS_NOT_IN_HW(0x8),
        /// Tell of it.
        VERBOSE = TCA_CLS_FLAGS_VERBOSE(0x10),
    }
}

c_struct! {
    /// What the filter counted.
    pub struct MatchallCount("tc_matchall_pcnt") {
        /// Packets.
        hits: u64,
    }
}

message! {
    /// Everything.
    pub struct Matchall("matchall") {
        /// The class that packets go to.
        class: TcHandle = TCA_MATCHALL_CLASSID(1),
        /// What happens to packets.
        actions: array nest super::Action = TCA_MATCHALL_ACT(2),
        /// Where it is.
        flags: FilterFlags = TCA_MATCHALL_FLAGS(3),
        /// What it counted.
        count: MatchallCount = TCA_MATCHALL_PCNT(4),
    }
}
