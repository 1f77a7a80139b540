//! Owns the emulation of bad networks (`TCA_NETEM_*`, `NETEM_LOSS_*`); must not know qdiscs. Mirrors
//! net/sched/sch_netem.c.
//!
//! Chances are 32 bits wide: all ones is always.

use netlane_wire::typed::{c_struct, message};

c_struct! {
    /// Settings, with times in units of 64 ns (`PSCHED_SHIFT`).
    pub struct NetemOptions("tc_netem_qopt") {
        /// Delay added, units of 64 ns.
        latency: u32,
        /// Packets, at most.
        limit: u32,
        /// Chance of a loss.
        loss: u32,
        /// Every so many packets one is not delayed.
        gap: u32,
        /// Chance of a duplicate.
        duplicate: u32,
        /// Variation of the delay.
        jitter: u32,
    }
}

c_struct! {
    /// How much each chance depends on the one before, in units of 2^-32.
    pub struct NetemCorrelation("tc_netem_corr") {
        /// Of delays, units of 2^-32.
        delay: u32,
        /// Of losses.
        loss: u32,
        /// Of duplicates.
        duplicate: u32,
    }
}

c_struct! {
    /// A chance, and how much it depends on the one before.
    pub struct NetemChance("tc_netem_reorder") {
        /// The chance.
        probability: u32,
        /// How much it depends.
        correlation: u32,
    }
}

c_struct! {
    /// A rate.
    pub struct NetemRate("tc_netem_rate") {
        /// Bytes a second.
        rate: u32,
        /// Added to each packet, bytes.
        packet_overhead: i32,
        /// Size of a cell, bytes.
        cell_size: u32,
        /// Added to each cell, bytes.
        cell_overhead: i32,
    }
}

c_struct! {
    /// Slots in which packets leave together.
    pub struct NetemSlot("tc_netem_slot") {
        /// Between slots, nanoseconds at least.
        min_delay: i64,
        /// Between slots, nanoseconds at most.
        max_delay: i64,
        /// Packets in a slot, at most.
        max_packets: i32,
        /// Bytes in a slot, at most.
        max_bytes: i32,
        /// Mean between slots, nanoseconds.
        distribution_delay: i64,
        /// Variation, nanoseconds.
        distribution_jitter: i64,
    }
}

c_struct! {
    /// Loss by four states: chances from state to state.
    pub struct NetemStates("tc_netem_gimodel") {
        /// From 1 to 3.
        p13: u32,
        /// From 3 to 1.
        p31: u32,
        /// From 3 to 2.
        p32: u32,
        /// From 1 to 4.
        p14: u32,
        /// From 2 to 3.
        p23: u32,
    }
}

c_struct! {
    /// Loss by two states, good and bad (Gilbert and Elliot).
    pub struct NetemGilbert("tc_netem_gemodel") {
        /// From good to bad.
        p: u32,
        /// From bad to good.
        r: u32,
        /// Chance of passing in the bad state.
        h: u32,
        /// Chance of a loss in the good state.
        k1: u32,
    }
}

message! {
    /// A bad network.
    pub struct Netem("netem"): NetemOptions(
        latency: u32, limit: u32, loss: u32, gap: u32, duplicate: u32, jitter: u32
    ) {
        /// How much each chance depends on the one before.
        correlation: NetemCorrelation = TCA_NETEM_CORR(1),
        /// In a request: distribution of delays.
        delay_distribution: packed i16 = TCA_NETEM_DELAY_DIST(2),
        /// Chance of overtaking.
        reorder: NetemChance = TCA_NETEM_REORDER(3),
        /// Chance of a wrong bit.
        corrupt: NetemChance = TCA_NETEM_CORRUPT(4),
        /// Loss by states.
        loss_model: nest NetemLoss = TCA_NETEM_LOSS(5),
        /// Rate.
        rate: NetemRate = TCA_NETEM_RATE(6),
        /// Whether packets are marked rather than dropped.
        ecn: u32 = TCA_NETEM_ECN(7),
        /// Rate in 64 bits, bytes a second.
        rate64: u64 = TCA_NETEM_RATE64(8),
        /// Delay, nanoseconds.
        latency64: i64 = TCA_NETEM_LATENCY64(10),
        /// Variation of the delay, nanoseconds.
        jitter64: i64 = TCA_NETEM_JITTER64(11),
        /// Slots.
        slot: NetemSlot = TCA_NETEM_SLOT(12),
        /// In a request: distribution of slots.
        slot_distribution: packed i16 = TCA_NETEM_SLOT_DIST(13),
        /// What chance begins with.
        seed: u64 = TCA_NETEM_PRNG_SEED(14),
    }
}

message! {
    /// Loss by states.
    pub struct NetemLoss("loss") {
        /// Four states.
        states: NetemStates = NETEM_LOSS_GI(1),
        /// Two states.
        gilbert: NetemGilbert = NETEM_LOSS_GE(2),
    }
}
