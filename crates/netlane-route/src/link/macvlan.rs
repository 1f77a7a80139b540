//! Owns macvlan and macvtap devices (`IFLA_MACVLAN_*`); must not know links. Mirrors drivers/net/macvlan.c.

use netlane_wire::typed::{Mac, c_enum, c_flags, message};

c_enum! {
    /// Whom a macvlan talks to.
    pub enum MacvlanMode: u32 {
        /// No other macvlan of the same link.
        PRIVATE = MACVLAN_MODE_PRIVATE(1),
        /// Others through an external switch.
        VEPA = MACVLAN_MODE_VEPA(2),
        /// Others directly.
        BRIDGE = MACVLAN_MODE_BRIDGE(4),
        /// It takes over the link.
        PASSTHRU = MACVLAN_MODE_PASSTHRU(8),
        /// Receives from listed addresses.
        SOURCE = MACVLAN_MODE_SOURCE(16),
    }
}

c_flags! {
    /// How a macvlan behaves.
    pub struct MacvlanFlags: u16 {
        /// Does not make the link below promiscuous.
        NO_PROMISC = MACVLAN_FLAG_NOPROMISC(1),
        /// A packet that matches a source list is not given to the others.
        NO_DST = MACVLAN_FLAG_NODST(2),
    }
}

c_enum! {
    /// What to do with the list of source addresses.
    pub enum MacvlanMacMode: u32 {
        /// Add one.
        ADD = MACVLAN_MACADDR_ADD(0),
        /// Remove one.
        DELETE = MACVLAN_MACADDR_DEL(1),
        /// Remove all.
        FLUSH = MACVLAN_MACADDR_FLUSH(2),
        /// Replace all.
        SET = MACVLAN_MACADDR_SET(3),
    }
}

message! {
    /// A list of source addresses.
    pub struct MacvlanSources("sources") {
        /// An address.
        address: multi Mac = IFLA_MACVLAN_MACADDR(4),
    }
}

message! {
    /// A link with a hardware address of its own on another.
    pub struct Macvlan("macvlan") {
        /// Whom it talks to.
        mode: MacvlanMode = IFLA_MACVLAN_MODE(1),
        /// How it behaves.
        flags: MacvlanFlags = IFLA_MACVLAN_FLAGS(2),
        /// In a request: what to do with the source addresses.
        source_mode: MacvlanMacMode = IFLA_MACVLAN_MACADDR_MODE(3),
        /// In a request: the source address to add or remove.
        source: Mac = IFLA_MACVLAN_MACADDR(4),
        /// All source addresses.
        sources: nest MacvlanSources = IFLA_MACVLAN_MACADDR_DATA(5),
        /// Source addresses, count.
        source_count: u32 = IFLA_MACVLAN_MACADDR_COUNT(6),
        /// Broadcast packets that may wait, at least.
        broadcast_queue_len: u32 = IFLA_MACVLAN_BC_QUEUE_LEN(7),
        /// Broadcast packets that may wait, as all macvlans of the link together decide.
        broadcast_queue_len_used: u32 = IFLA_MACVLAN_BC_QUEUE_LEN_USED(8),
        /// Multicast addresses with at most so many receivers are served at once; negative: none is.
        broadcast_cutoff: i32 = IFLA_MACVLAN_BC_CUTOFF(9),
    }
}
