//! Traffic control: queueing disciplines, their classes, filters, chains and actions.
//!
//! Owns what these share: the header, handles, rates and statistics; must not know any kind. Mirrors
//! `linux/rtnetlink.h`, `linux/pkt_sched.h`, `linux/gen_stats.h` and net/sched/sch_api.c.

mod action;
mod bpf;
mod chain;
mod class;
mod fifo;
mod filter;
mod flower;
mod fq;
mod fq_codel;
mod gact;
mod htb;
mod matchall;
mod mirred;
mod netem;
mod qdisc;
mod statistics;
mod tbf;
mod u32_match;

use netlane_wire::typed::{c_enum, c_struct};

use crate::Family;

pub use action::*;
pub use bpf::*;
pub use chain::*;
pub use class::*;
pub use fifo::*;
pub use filter::*;
pub use flower::*;
pub use fq::*;
pub use fq_codel::*;
pub use gact::*;
pub use htb::*;
pub use matchall::*;
pub use mirred::*;
pub use netem::*;
pub use qdisc::*;
pub use statistics::*;
pub use tbf::*;
pub use u32_match::*;

c_enum! {
    /// Names a qdisc or class: major number in the upper 16 bits, minor number in the lower ones.
    pub enum TcHandle: u32 {
        /// None; the kernel chooses.
        UNSPEC = TC_H_UNSPEC(0),
        /// What packets leave by.
        ROOT = TC_H_ROOT(0xffffffff),
        /// What packets arrive by: parent of the kinds `ingress` and `clsact`.
        INGRESS = TC_H_INGRESS(0xfffffff1),
        /// Where filters of `clsact` for arriving packets hang.
        CLSACT_INGRESS = TC_H_MIN_INGRESS(0xfffffff2),
        /// Where filters of `clsact` for leaving packets hang.
        CLSACT_EGRESS = TC_H_MIN_EGRESS(0xfffffff3),
    }
}

impl TcHandle {
    /// The handle `major:minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        let ([a, b], [c, d]) = (major.to_be_bytes(), minor.to_be_bytes());
        Self(u32::from_be_bytes([a, b, c, d]))
    }

    /// The major number.
    #[must_use]
    pub const fn major(self) -> u16 {
        let [a, b, _, _] = self.0.to_be_bytes();
        u16::from_be_bytes([a, b])
    }

    /// The minor number.
    #[must_use]
    pub const fn minor(self) -> u16 {
        let [_, _, c, d] = self.0.to_be_bytes();
        u16::from_be_bytes([c, d])
    }
}

c_struct! {
    /// The header of traffic control messages.
    pub struct TcMsg("tcmsg") {
        /// Unspecified.
        family: Family,
        _: u8,
        _: u16,
        /// Index of the link; all ones where `parent` is a block of filters.
        index: u32,
        /// The object itself.
        handle: TcHandle,
        /// What it hangs on.
        parent: TcHandle,
        /// Of a filter: priority in the upper 16 bits, protocol in network order in the lower ones. Else references.
        info: u32,
    }
}

impl TcMsg {
    /// `index` of a block of filters (`TCM_IFINDEX_MAGIC_BLOCK`).
    pub const BLOCK: u32 = u32::MAX;
}

c_enum! {
    /// How sizes of packets are reckoned.
    pub enum TcLinkLayer: u8 {
        /// By a table that the request brings.
        UNAWARE = TC_LINKLAYER_UNAWARE(0),
        /// As on Ethernet: overhead and smallest unit.
        ETHERNET = TC_LINKLAYER_ETHERNET(1),
        /// In cells of ATM.
        ATM = TC_LINKLAYER_ATM(2),
    }
}

c_struct! {
    /// A rate, and how sizes are reckoned for it.
    pub struct TcRate("tc_ratespec") {
        /// Logarithm of the size of a table's cell, bytes.
        cell_log: u8,
        /// How sizes are reckoned.
        link_layer: TcLinkLayer,
        /// Added to each packet, bytes.
        overhead: u16,
        /// Alignment of cells; -1 is usual.
        cell_align: i16,
        /// Smallest packet, bytes.
        mpu: u16,
        /// Bytes a second; the largest value where a 64-bit attribute has more.
        rate: u32,
    }
}

impl TcRate {
    /// A rate in bytes a second, as on Ethernet.
    #[must_use]
    pub const fn bytes_per_second(rate: u32) -> Self {
        Self {
            cell_log: 0,
            link_layer: TcLinkLayer::ETHERNET,
            overhead: 0,
            cell_align: -1,
            mpu: 0,
            rate,
        }
    }
}
