//! Which multicast groups a bridge forwards to which ports.
//!
//! Owns `RTM_*MDB` and its attributes `MDBA_*` and `MDBE_*`; must not know links. Mirrors `linux/if_bridge.h` and
//! net/bridge/br_mdb.c.

use std::net::IpAddr;

use netlane_wire::typed::{Mac, c_flags, c_struct, message, requests};

use crate::{Family, MulticastRouter, RouteProtocol};

c_struct! {
    /// The header of group messages.
    pub struct BrPortMsg("br_port_msg") {
        /// Always bridge.
        family: Family,
        /// Index of the bridge; 0 for all.
        index: u32,
    }
}

c_flags! {
    /// What an entry is.
    pub struct MdbFlags: u8 {
        /// In hardware.
        OFFLOAD = MDB_FLAGS_OFFLOAD(0x1),
        /// The port was left quickly.
        FAST_LEAVE = MDB_FLAGS_FAST_LEAVE(0x2),
        /// For all sources but those that are listed.
        STAR_EXCLUDE = MDB_FLAGS_STAR_EXCL(0x4),
        /// Not forwarded.
        BLOCKED = MDB_FLAGS_BLOCKED(0x8),
    }
}

c_struct! {
    /// A group and a port.
    pub struct MdbEntry("br_mdb_entry") {
        /// Index of the port, or of the bridge itself.
        index: u32,
        /// 0 is temporary, 1 permanent.
        state: u8,
        /// What it is.
        flags: MdbFlags,
        /// VLAN id; 0 is none.
        vid: u16,
        /// The group: the first 4 bytes are an IPv4 address, the first 6 a hardware address, or all an IPv6 one.
        address: MdbAddress,
        /// Which of them (`ETH_P_IP`, `ETH_P_IPV6`), network order; 0 is a hardware address.
        protocol: be u16,
    }
}

c_struct! {
    /// The group of an entry, as a C union of an IPv4, IPv6 and hardware address. Four words, for the alignment.
    pub struct MdbAddress("br_mdb_entry.addr.u") {
        /// The words, as they lie in memory.
        words: [u32; 4],
    }
}

impl MdbAddress {
    /// The bytes of the address, first on the wire first.
    #[must_use]
    pub fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (place, word) in bytes.chunks_exact_mut(4).zip(self.words) {
            place.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    /// The hardware address.
    #[must_use]
    pub fn mac(&self) -> Mac {
        let [a, b, c, d, e, f, ..] = self.bytes();
        Mac([a, b, c, d, e, f])
    }
}

impl From<[u8; 16]> for MdbAddress {
    fn from(bytes: [u8; 16]) -> Self {
        let mut words = [0; 4];
        for (word, place) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_ne_bytes(*place);
        }
        Self { words }
    }
}

message! {
    /// Groups of a bridge.
    pub struct Mdb("mdb"): BrPortMsg(family: Family, index: u32) {
        /// The groups.
        groups: nest MdbGroups = MDBA_MDB(1),
        /// Ports with multicast routers.
        routers: nest MdbRouters = MDBA_ROUTER(2),
    }
}

message! {
    /// The groups of a bridge.
    pub struct MdbGroups("groups") {
        /// One group.
        entries: multi nest MdbGroup = MDBA_MDB_ENTRY(1),
    }
}

message! {
    /// One group.
    pub struct MdbGroup("group") {
        /// One port.
        ports: multi nest MdbPort = MDBA_MDB_ENTRY_INFO(1),
    }
}

message! {
    /// One port of a group.
    pub struct MdbPort("port"): MdbEntry(index: u32, state: u8, flags: MdbFlags, vid: u16) {
        /// Until it goes, 1/100 s.
        timer: u32 = MDBA_MDB_EATTR_TIMER(1),
        /// Sources.
        sources: nest MdbSources = MDBA_MDB_EATTR_SRC_LIST(2),
        /// 0 is exclude, 1 include.
        group_mode: u8 = MDBA_MDB_EATTR_GROUP_MODE(3),
        /// The source, 4 or 16 bytes.
        source: IpAddr = MDBA_MDB_EATTR_SOURCE(4),
        /// Who made it.
        protocol: RouteProtocol = MDBA_MDB_EATTR_RTPROT(5),
        /// Remote end of a VXLAN, 4 or 16 bytes.
        destination: IpAddr = MDBA_MDB_EATTR_DST(6),
        /// Port of the remote end, host order.
        destination_port: u16 = MDBA_MDB_EATTR_DST_PORT(7),
        /// Remote network identifier.
        vni: u32 = MDBA_MDB_EATTR_VNI(8),
        /// Index of the link to the remote end.
        output: u32 = MDBA_MDB_EATTR_IFINDEX(9),
        /// Local network identifier.
        source_vni: u32 = MDBA_MDB_EATTR_SRC_VNI(10),
    }
}

message! {
    /// Sources of a group.
    pub struct MdbSources("sources") {
        /// A source.
        entries: multi nest MdbSource = MDBA_MDB_SRCLIST_ENTRY(1),
    }
}

message! {
    /// A source of a group.
    pub struct MdbSource("source") {
        /// Its address.
        address: IpAddr = MDBA_MDB_SRCATTR_ADDRESS(1),
        /// Until it goes, 1/100 s.
        timer: u32 = MDBA_MDB_SRCATTR_TIMER(2),
    }
}

message! {
    /// Ports with multicast routers.
    pub struct MdbRouters("routers") {
        /// A port.
        ports: multi nest MdbRouter = MDBA_ROUTER_PORT(1),
    }
}

c_struct! {
    /// What a router port begins with: the index alone.
    pub struct MdbRouterPort("u32") {
        /// Index of the port.
        index: u32,
    }
}

message! {
    /// A port with a multicast router.
    pub struct MdbRouter("router"): MdbRouterPort(index: u32) {
        /// Until it goes, 1/100 s.
        timer: u32 = MDBA_ROUTER_PATTR_TIMER(1),
        /// Why one is expected.
        kind: MulticastRouter = MDBA_ROUTER_PATTR_TYPE(2),
        /// Until the IPv4 router goes, 1/100 s.
        inet_timer: u32 = MDBA_ROUTER_PATTR_INET_TIMER(3),
        /// Until the IPv6 router goes, 1/100 s.
        inet6_timer: u32 = MDBA_ROUTER_PATTR_INET6_TIMER(4),
        /// VLAN id.
        vid: u16 = MDBA_ROUTER_PATTR_VID(5),
    }
}

message! {
    /// A change of groups.
    pub struct MdbChange("mdb_change"): BrPortMsg(family: Family, index: u32) {
        /// The group and the port.
        entry: MdbEntry = MDBA_SET_ENTRY(1),
        /// Further settings.
        settings: nest MdbSettings = MDBA_SET_ENTRY_ATTRS(2),
    }
}

message! {
    /// Further settings of a new entry.
    pub struct MdbSettings("settings") {
        /// The source, 4 or 16 bytes.
        source: IpAddr = MDBE_ATTR_SOURCE(1),
        /// 0 is exclude, 1 include.
        group_mode: u8 = MDBE_ATTR_GROUP_MODE(3),
        /// Who made it.
        protocol: RouteProtocol = MDBE_ATTR_RTPROT(4),
        /// Remote end of a VXLAN, 4 or 16 bytes.
        destination: IpAddr = MDBE_ATTR_DST(5),
        /// Port of the remote end, host order.
        destination_port: u16 = MDBE_ATTR_DST_PORT(6),
        /// Remote network identifier.
        vni: u32 = MDBE_ATTR_VNI(7),
        /// Index of the link to the remote end.
        output: u32 = MDBE_ATTR_IFINDEX(8),
        /// Local network identifier.
        source_vni: u32 = MDBE_ATTR_SRC_VNI(9),
    }
}

requests! {
    MdbChange over ROUTE(0) {
        /// Adds a group to a port.
        add: RTM_NEWMDB(84) with CREATE | EXCL => ack,
        /// Adds a group to a port, or changes it.
        put: RTM_NEWMDB(84) with CREATE | REPLACE => ack,
        /// Takes a group from a port.
        delete: RTM_DELMDB(85) => ack,
    }
}

requests! {
    Mdb over ROUTE(0) {
        /// Asks for all groups.
        dump: RTM_GETMDB(86) => dump,
    }
}
