//! Owns the action that decides on packets (`TCA_GACT_*`); must not know filters. Mirrors
//! `linux/tc_act/tc_gact.h` and net/sched/act_gact.c.

use netlane_wire::typed::{c_enum, c_struct, message};

use super::{ActionTimes, Verdict};

c_struct! {
    /// Settings of the action.
    pub struct GactParameters("tc_gact") {
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
    }
}

c_enum! {
    /// How a packet is chosen for the other verdict.
    pub enum GactChance: u16 {
        /// None is.
        NONE = PGACT_NONE(0),
        /// By chance.
        RANDOM = PGACT_NETRAND(1),
        /// By counting.
        DETERMINED = PGACT_DETERM(2),
    }
}

c_struct! {
    /// Another verdict for some packets.
    pub struct GactProbability("tc_gact_p") {
        /// How they are chosen.
        chance: GactChance,
        /// One of so many.
        value: u16,
        /// What becomes of them.
        verdict: Verdict,
    }
}

message! {
    /// The packet is decided on.
    pub struct Gact("gact") {
        /// When it was made and used.
        times: ActionTimes = TCA_GACT_TM(1),
        /// Settings.
        parameters: GactParameters = TCA_GACT_PARMS(2),
        /// Another verdict for some packets.
        probability: GactProbability = TCA_GACT_PROB(3),
    }
}
