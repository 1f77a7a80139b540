//! Settings of address families, as far as their changes are told.
//!
//! Owns `RTM_*NETCONF` and its attributes `NETCONFA_*`; must not know links. Mirrors `linux/netconf.h` and
//! net/ipv4/devinet.c.

use netlane_wire::typed::{c_struct, message, requests};

use crate::Family;

c_struct! {
    /// The header of configuration messages, with the padding in front of the attributes.
    pub struct NetConfMsg("netconfmsg") {
        /// The family.
        family: Family,
        _: u8,
        _: u16,
    }
}

message! {
    /// Settings of an address family for a link.
    pub struct NetConf("netconf"): NetConfMsg(family: Family) {
        /// Index of the link; -1 for all, -2 for the default of new ones.
        index: i32 = NETCONFA_IFINDEX(1),
        /// Whether packets are forwarded.
        forwarding: i32 = NETCONFA_FORWARDING(2),
        /// Check of source addresses: 0 none, 1 strict, 2 loose.
        rp_filter: i32 = NETCONFA_RP_FILTER(3),
        /// Whether multicast is routed.
        mc_forwarding: i32 = NETCONFA_MC_FORWARDING(4),
        /// Whether neighbour discovery is answered for others.
        proxy_neighbour: i32 = NETCONFA_PROXY_NEIGH(5),
        /// Whether routes over a link without carrier are passed over.
        ignore_routes_with_linkdown: i32 = NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN(6),
        /// Whether MPLS is taken.
        input: i32 = NETCONFA_INPUT(7),
        /// Whether directed broadcasts are forwarded.
        bc_forwarding: i32 = NETCONFA_BC_FORWARDING(8),
    }
}

impl NetConf {
    /// `index` of what holds for all links.
    pub const ALL: i32 = -1;

    /// `index` of what new links get.
    pub const DEFAULT: i32 = -2;
}

requests! {
    NetConf over ROUTE(0) {
        /// Asks for the settings of a link, [`NetConf::ALL`] or [`NetConf::DEFAULT`].
        get: RTM_GETNETCONF(82) => reply,
        /// Asks for all settings of this family.
        dump: RTM_GETNETCONF(82) => dump,
    }
}
