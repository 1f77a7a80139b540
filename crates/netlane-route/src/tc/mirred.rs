//! Owns the action that mirrors and redirects packets (`TCA_MIRRED_*`); must not know filters. Mirrors
//! `linux/tc_act/tc_mirred.h` and net/sched/act_mirred.c.

use netlane_wire::typed::{c_enum, c_struct, message};

use super::{ActionTimes, Verdict};

c_enum! {
    /// Where a packet goes.
    pub enum MirredAction: u32 {
        /// It leaves by the other link.
        EGRESS_REDIRECT = TCA_EGRESS_REDIR(1),
        /// A copy leaves by the other link.
        EGRESS_MIRROR = TCA_EGRESS_MIRROR(2),
        /// It arrives by the other link.
        INGRESS_REDIRECT = TCA_INGRESS_REDIR(3),
        /// A copy arrives by the other link.
        INGRESS_MIRROR = TCA_INGRESS_MIRROR(4),
    }
}

c_struct! {
    /// Settings of the action.
    pub struct MirredParameters("tc_mirred") {
        /// Number of the action; 0 lets the kernel choose.
        index: u32,
        /// Not used.
        capabilities: u32,
        /// What becomes of the packet.
        verdict: Verdict,
        /// References.
        references: u32,
        /// Filters that use it, count.
        bindings: u32,
        /// Where the packet goes.
        action: MirredAction,
        /// Index of the other link.
        link: u32,
    }
}

message! {
    /// The packet, or a copy, goes to another link.
    pub struct Mirred("mirred") {
        /// When it was made and used.
        times: ActionTimes = TCA_MIRRED_TM(1),
        /// Settings.
        parameters: MirredParameters = TCA_MIRRED_PARMS(2),
        /// Number of the block whose links get a copy; instead of one link.
        block: u32 = TCA_MIRRED_BLOCKID(4),
    }
}
