//! Owns the settings of queues that are first in, first out, and of bands by priority; must not know qdiscs. Mirrors
//! `linux/pkt_sched.h`, net/sched/sch_fifo.c and net/sched/sch_prio.c.

use netlane_wire::typed::c_struct;

c_struct! {
    /// The limit of a queue.
    pub struct FifoLimit("tc_fifo_qopt") {
        /// Bytes of a bfifo, packets of a pfifo.
        limit: u32,
    }
}

c_struct! {
    /// Which band packets of each priority go to.
    pub struct PriorityMap("tc_prio_qopt") {
        /// Bands, count.
        bands: u32,
        /// The band of each priority.
        map: [u8; 16],
    }
}
