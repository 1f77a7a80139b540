//! Neighbours: hardware addresses of IP addresses, and where bridges forward hardware addresses to (FDB).
//!
//! Owns `RTM_*NEIGH` and its attributes `NDA_*`; must not know links. Mirrors `linux/neighbour.h`,
//! net/core/neighbour.c and net/bridge/br_fdb.c.

use std::net::IpAddr;

use netlane_wire::typed::{LinkAddress, c_flags, c_struct, message, requests};

use crate::{Family, RouteKind, RouteProtocol};

c_struct! {
    /// The header of neighbour messages.
    pub struct NdMsg("ndmsg") {
        /// Family of the address; bridge for forwarding databases.
        family: Family,
        _: u8,
        _: u16,
        /// Index of the link.
        index: u32,
        /// How much is known.
        state: NeighbourState,
        /// What the entry is.
        flags: NeighbourFlags,
        /// What the address is.
        kind: RouteKind,
    }
}

c_flags! {
    /// How much is known of a neighbour.
    pub struct NeighbourState: u16 {
        /// Being looked for.
        INCOMPLETE = NUD_INCOMPLETE(0x1),
        /// Known to be reachable.
        REACHABLE = NUD_REACHABLE(0x2),
        /// Known, perhaps not reachable any more.
        STALE = NUD_STALE(0x4),
        /// In use, and soon to be probed.
        DELAY = NUD_DELAY(0x8),
        /// Being probed.
        PROBE = NUD_PROBE(0x10),
        /// Not reachable.
        FAILED = NUD_FAILED(0x20),
        /// Needs no probing: the link has no such thing.
        NOARP = NUD_NOARP(0x40),
        /// Set by the administrator, for ever.
        PERMANENT = NUD_PERMANENT(0x80),
    }
}

c_flags! {
    /// What an entry is.
    pub struct NeighbourFlags: u8 {
        /// In use: the kernel starts looking for it.
        USE = NTF_USE(0x1),
        /// Of the device itself.
        SELF = NTF_SELF(0x2),
        /// Of the bridge that the device belongs to.
        MASTER = NTF_MASTER(0x4),
        /// An address that is answered for.
        PROXY = NTF_PROXY(0x8),
        /// Learned from outside, by the driver or a program.
        EXT_LEARNED = NTF_EXT_LEARNED(0x10),
        /// In hardware.
        OFFLOADED = NTF_OFFLOADED(0x20),
        /// Does not move to another port.
        STICKY = NTF_STICKY(0x40),
        /// A router.
        ROUTER = NTF_ROUTER(0x80),
    }
}

c_flags! {
    /// What an entry is, further.
    pub struct NeighbourFlagsExt: u32 {
        /// Kept known by the kernel.
        MANAGED = NTF_EXT_MANAGED(0x1),
        /// Its port is locked.
        LOCKED = NTF_EXT_LOCKED(0x2),
        /// Its validity was checked by a program.
        EXT_VALIDATED = NTF_EXT_EXT_VALIDATED(0x4),
    }
}

c_struct! {
    /// Ages of an entry.
    pub struct NeighbourCacheInfo("nda_cacheinfo") {
        /// Since it was confirmed, 1/100 s.
        confirmed: u32,
        /// Since it was used, 1/100 s.
        used: u32,
        /// Since it was changed, 1/100 s.
        updated: u32,
        /// References.
        references: u32,
    }
}

message! {
    /// A neighbour, or a forwarding entry of a bridge.
    pub struct Neighbour("neighbour"): NdMsg(
        family: Family, index: u32, state: NeighbourState, flags: NeighbourFlags, kind: RouteKind
    ) {
        /// IP address; of a VXLAN's forwarding entry, the remote end.
        destination: IpAddr = NDA_DST(1),
        /// Hardware address.
        address: LinkAddress = NDA_LLADDR(2),
        /// Ages.
        cache: NeighbourCacheInfo = NDA_CACHEINFO(3),
        /// Probes so far, count.
        probes: u32 = NDA_PROBES(4),
        /// VLAN id.
        vlan: u16 = NDA_VLAN(5),
        /// Remote port of a VXLAN's forwarding entry, host order here.
        port: be u16 = NDA_PORT(6),
        /// Remote network identifier of a VXLAN's forwarding entry.
        vni: u32 = NDA_VNI(7),
        /// Index of the link that a VXLAN's forwarding entry leaves by; in a dump, the link whose entries are wanted.
        output: u32 = NDA_IFINDEX(8),
        /// Index of the master; in a request for a forwarding entry, the bridge.
        master: u32 = NDA_MASTER(9),
        /// Id of the namespace of `output`.
        link_netns_id: i32 = NDA_LINK_NETNSID(10),
        /// Local network identifier of a VXLAN's forwarding entry.
        source_vni: u32 = NDA_SRC_VNI(11),
        /// Who made it.
        protocol: RouteProtocol = NDA_PROTOCOL(12),
        /// Id of the nexthop object that a VXLAN's forwarding entry uses.
        nexthop_id: u32 = NDA_NH_ID(13),
        /// Settings of a bridge's entry.
        fdb: nest FdbSettings = NDA_FDB_EXT_ATTRS(14),
        /// What the entry is, further.
        flags_ext: NeighbourFlagsExt = NDA_FLAGS_EXT(15),
        /// In a request to delete many: which bits of the state count.
        state_mask: NeighbourState = NDA_NDM_STATE_MASK(16),
        /// In a request to delete many: which flags count.
        flags_mask: NeighbourFlags = NDA_NDM_FLAGS_MASK(17),
    }
}

message! {
    /// Settings of a bridge's entry.
    pub struct FdbSettings("fdb") {
        /// What of its activity is told (`FDB_NOTIFY_*`).
        activity_notify: u8 = NFEA_ACTIVITY_NOTIFY(1),
        /// In a request: its age does not begin anew.
        dont_refresh: flag = NFEA_DONT_REFRESH(2),
    }
}

requests! {
    Neighbour over ROUTE(0) {
        /// Adds an entry that is not there yet.
        add: RTM_NEWNEIGH(28) with CREATE | EXCL => ack,
        /// Adds an entry, or changes the one that is there.
        put: RTM_NEWNEIGH(28) with CREATE | REPLACE => ack,
        /// Adds a further remote end to a VXLAN's entry.
        append: RTM_NEWNEIGH(28) with CREATE | APPEND => ack,
        /// Deletes an entry.
        delete: RTM_DELNEIGH(29) => ack,
        /// Deletes all entries of a link that match; bridges and VXLANs since 5.19 and 6.7.
        flush: RTM_DELNEIGH(29) with BULK => ack,
        /// Asks for one entry.
        get: RTM_GETNEIGH(30) => reply,
        /// Asks for all entries, or those of this family, link and master.
        dump: RTM_GETNEIGH(30) => dump,
    }
}
