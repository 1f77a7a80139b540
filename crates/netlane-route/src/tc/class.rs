//! Classes of qdiscs.
//!
//! Owns `RTM_*TCLASS` and its attributes `TCA_*`; must not know the kinds' own attributes. Mirrors
//! net/sched/sch_api.c.

use netlane_wire::typed::{message, requests, select};

use super::{TcEstimator, TcHandle, TcMsg, TcStats};

message! {
    /// A class of a qdisc.
    pub struct Class("class"): TcMsg(index: u32, handle: TcHandle, parent: TcHandle, info: u32) {
        /// The qdisc's kind, as `htb`.
        kind: str = TCA_KIND(1),
        /// What is particular to the kind.
        options: select ClassOptions by kind = TCA_OPTIONS(2),
        /// Statistics of the old form.
        stats: TcStats = TCA_STATS(3),
        /// Statistics of the kind.
        xstats: [u8] = TCA_XSTATS(4),
        /// In a request: an estimator of rates.
        rate: TcEstimator = TCA_RATE(5),
        /// Statistics.
        stats2: nest super::TcStats2 = TCA_STATS2(7),
    }
}

select! {
    /// What `TCA_OPTIONS` of a class holds.
    pub enum ClassOptions: str for Class.options {
        /// Hierarchical token bucket.
        htb: nest super::Htb = "htb",
    }
}

requests! {
    Class over ROUTE(0) {
        /// Adds a class that is not there yet.
        add: RTM_NEWTCLASS(40) with CREATE | EXCL => ack,
        /// Adds a class, or changes the one that is there.
        put: RTM_NEWTCLASS(40) with CREATE | REPLACE => ack,
        /// Changes a class.
        set: RTM_NEWTCLASS(40) => ack,
        /// Deletes a class.
        delete: RTM_DELTCLASS(41) => ack,
        /// Asks for one class. The kernel answers as if it had changed: subscribers are told too.
        get: RTM_GETTCLASS(42) => echo,
        /// Asks for all classes of a link.
        dump: RTM_GETTCLASS(42) => dump,
    }
}
