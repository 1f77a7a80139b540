//! Ids that network namespaces have for each other.
//!
//! Owns `RTM_*NSID` and its attributes `NETNSA_*`; must not know namespaces themselves. Mirrors
//! `linux/net_namespace.h` and net/core/net_namespace.c.

use netlane_wire::typed::{c_struct, message, requests};

use crate::Family;

c_struct! {
    /// The header of messages about nothing but a family, with the padding in front of the attributes.
    pub struct RtGen("rtgenmsg") {
        /// The family.
        family: Family,
        _: u8,
        _: u16,
    }
}

message! {
    /// The id of a network namespace.
    pub struct NetnsId("netns"): RtGen(family: Family) {
        /// The id; -1 if there is none, or in a request to let the kernel choose.
        id: i32 = NETNSA_NSID(1),
        /// In a request: the namespace of this process.
        pid: u32 = NETNSA_PID(2),
        /// In a request: the namespace of this descriptor.
        fd: u32 = NETNSA_FD(3),
        /// In a request: id of the namespace that is asked.
        target: i32 = NETNSA_TARGET_NSID(4),
        /// The id in the namespace that asks, if another was asked.
        current: i32 = NETNSA_CURRENT_NSID(5),
    }
}

requests! {
    NetnsId over ROUTE(0) {
        /// Gives a namespace an id.
        add: RTM_NEWNSID(88) => ack,
        /// Asks for the id of a namespace.
        get: RTM_GETNSID(90) => reply,
        /// Asks for all ids.
        dump: RTM_GETNSID(90) => dump,
    }
}
