//! Filters, which send packets to classes and actions.
//!
//! Owns `RTM_*TFILTER` and its attributes `TCA_*`; must not know the kinds' own attributes. Mirrors
//! net/sched/cls_api.c.

use netlane_wire::typed::{Sink, message, requests, select};

use super::{TcEstimator, TcHandle, TcMsg};
use crate::BitField;

message! {
    /// A filter.
    pub struct Filter("filter"): TcMsg(index: u32, handle: TcHandle, parent: TcHandle, info: u32) {
        /// The kind, as `flower`.
        kind: str = TCA_KIND(1),
        /// What is particular to the kind.
        options: select FilterOptions by kind = TCA_OPTIONS(2),
        /// In a request: an estimator of rates.
        rate: TcEstimator = TCA_RATE(5),
        /// Number of the chain it is in.
        chain: u32 = TCA_CHAIN(11),
        /// In a request: what to leave out.
        dump_flags: BitField = TCA_DUMP_FLAGS(15),
        /// A warning of hardware.
        warning: str = TCA_EXT_WARN_MSG(16),
    }
}

select! {
    /// What `TCA_OPTIONS` of a filter holds.
    pub enum FilterOptions: str for Filter.options {
        /// Words of the packet under masks.
        u32: nest super::U32Filter = "u32",
        /// Fields of the packet.
        flower: nest super::Flower = "flower",
        /// Everything.
        matchall: nest super::Matchall = "matchall",
        /// What a BPF program says.
        bpf: nest super::BpfFilter = "bpf",
    }
}

requests! {
    Filter over ROUTE(0) {
        /// Adds a filter that is not there yet.
        add: RTM_NEWTFILTER(44) with CREATE | EXCL => ack,
        /// Adds a filter, or changes the one that is there.
        put: RTM_NEWTFILTER(44) with CREATE => ack,
        /// Deletes a filter, or all of a priority or parent.
        delete: RTM_DELTFILTER(45) => ack,
        /// Asks for one filter.
        get: RTM_GETTFILTER(46) => reply,
        /// Asks for all filters of a link's parent, or of a block.
        dump: RTM_GETTFILTER(46) => dump,
    }
}

/// `ETH_P_ALL`.
pub const PROTOCOL_ALL: u16 = 3;

impl FilterView<'_> {
    /// Filters are looked at from the lowest priority on.
    #[must_use]
    pub const fn priority(&self) -> u16 {
        TcHandle(self.info()).major()
    }

    /// Which packets it looks at (`ETH_P_*`), host order here.
    #[must_use]
    pub const fn protocol(&self) -> u16 {
        u16::from_be(TcHandle(self.info()).minor())
    }
}

impl<S: Sink> FilterBuilder<S> {
    /// Sets the priority; with 0 the kernel chooses.
    pub fn priority(self, priority: u16) -> Self {
        self.change_header(|header| {
            header.info = TcHandle::new(priority, TcHandle(header.info).minor()).0;
        })
    }

    /// Sets which packets it looks at (`ETH_P_*`), host order here.
    pub fn protocol(self, protocol: u16) -> Self {
        self.change_header(|header| {
            header.info = TcHandle::new(TcHandle(header.info).major(), protocol.to_be()).0;
        })
    }
}
