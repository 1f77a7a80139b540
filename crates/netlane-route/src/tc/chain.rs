//! Chains of filters, with templates.
//!
//! Owns `RTM_*CHAIN` and its attributes `TCA_*`; must not know filters. Mirrors net/sched/cls_api.c.

use netlane_wire::typed::{message, requests, select};

use super::{TcHandle, TcMsg};

message! {
    /// A chain of filters.
    pub struct Chain("chain"): TcMsg(index: u32, handle: TcHandle, parent: TcHandle, info: u32) {
        /// Kind of the filters that the template is for.
        kind: str = TCA_KIND(1),
        /// The template.
        template: select ChainTemplate by kind = TCA_OPTIONS(2),
        /// Its number.
        number: u32 = TCA_CHAIN(11),
    }
}

select! {
    /// What `TCA_OPTIONS` of a chain holds.
    pub enum ChainTemplate: str for Chain.template {
        /// Fields of the packet.
        flower: nest super::Flower = "flower",
    }
}

requests! {
    Chain over ROUTE(0) {
        /// Adds a chain.
        add: RTM_NEWCHAIN(100) with CREATE | EXCL => ack,
        /// Deletes a chain with its filters.
        delete: RTM_DELCHAIN(101) => ack,
        /// Asks for one chain.
        get: RTM_GETCHAIN(102) => reply,
        /// Asks for all chains of a link's parent, or of a block.
        dump: RTM_GETCHAIN(102) => dump,
    }
}
