//! Nexthop objects, single and in groups.
//!
//! Owns `RTM_*NEXTHOP` and `RTM_*NEXTHOPBUCKET` with their attributes `NHA_*`; must not know the routes that use them.
//! Mirrors `linux/nexthop.h` and net/ipv4/nexthop.c.

use std::net::IpAddr;

use netlane_wire::typed::{Uint, c_enum, c_flags, c_struct, message, requests};

use crate::{EncapKind, Family, RouteFlags, RouteProtocol, Scope};

c_struct! {
    /// The header of nexthop messages.
    pub struct NhMsg("nhmsg") {
        /// Family of the gateway.
        family: Family,
        /// How far the gateway is; sent by the kernel only.
        scope: Scope,
        /// Who made it.
        protocol: RouteProtocol,
        _: u8,
        /// State.
        flags: RouteFlags,
    }
}

c_struct! {
    /// A member of a group.
    pub struct NexthopMember("nexthop_grp") {
        /// Id of the nexthop.
        id: u32,
        /// Weight minus one, its low byte.
        weight: u8,
        /// Weight minus one, its high byte; since 6.12.
        weight_high: u8,
        _: u16,
    }
}

c_enum! {
    /// How a group chooses.
    pub enum NexthopGroupKind: u16 {
        /// By a hash over ranges.
        MPATH = NEXTHOP_GRP_TYPE_MPATH(0),
        /// By a hash over buckets, which move seldom.
        RESILIENT = NEXTHOP_GRP_TYPE_RES(1),
    }
}

c_flags! {
    /// What a request for nexthops wants beside the usual.
    pub struct NexthopOperationFlags: u32 {
        /// Statistics of groups.
        STATS = NHA_OP_FLAG_DUMP_STATS(1),
        /// Statistics of groups by hardware.
        HARDWARE_STATS = NHA_OP_FLAG_DUMP_HW_STATS(2),
    }
}

message! {
    /// A nexthop object.
    pub struct Nexthop("nexthop"): NhMsg(family: Family, scope: Scope, protocol: RouteProtocol, flags: RouteFlags) {
        /// Its id; in a request 0 or absent lets the kernel choose.
        id: u32 = NHA_ID(1),
        /// Members, which make it a group.
        group: packed NexthopMember = NHA_GROUP(2),
        /// How the group chooses.
        group_kind: NexthopGroupKind = NHA_GROUP_TYPE(3),
        /// Drops packets.
        blackhole: flag = NHA_BLACKHOLE(4),
        /// Index of the link.
        output: u32 = NHA_OIF(5),
        /// The next router.
        gateway: IpAddr = NHA_GATEWAY(6),
        /// How packets are encapsulated.
        encap_kind: EncapKind = NHA_ENCAP_TYPE(7),
        /// The encapsulation's settings.
        encap: select crate::NexthopEncap by encap_kind = NHA_ENCAP(8),
        /// In a dump: groups only.
        groups_only: flag = NHA_GROUPS(9),
        /// In a dump: those whose link has this master.
        master: u32 = NHA_MASTER(10),
        /// Is for forwarding databases.
        fdb: flag = NHA_FDB(11),
        /// Settings of a resilient group.
        resilient: nest ResilientGroup = NHA_RES_GROUP(12),
        /// A bucket of a resilient group.
        bucket: nest NexthopBucket = NHA_RES_BUCKET(13),
        /// In a request: what is wanted beside the usual.
        operation_flags: NexthopOperationFlags = NHA_OP_FLAGS(14),
        /// Statistics of the group.
        group_stats: nest NexthopGroupStats = NHA_GROUP_STATS(15),
        /// Whether hardware shall count.
        hardware_stats_enable: u32 = NHA_HW_STATS_ENABLE(16),
        /// Whether hardware counts.
        hardware_stats_used: u32 = NHA_HW_STATS_USED(17),
    }
}

message! {
    /// Settings of a resilient group.
    pub struct ResilientGroup("resilient") {
        /// Buckets, count.
        buckets: u16 = NHA_RES_GROUP_BUCKETS(1),
        /// How long a bucket is idle before it may move, 1/100 s.
        idle_timer: u32 = NHA_RES_GROUP_IDLE_TIMER(2),
        /// How long a group may be out of balance, 1/100 s; 0 is for ever.
        unbalanced_timer: u32 = NHA_RES_GROUP_UNBALANCED_TIMER(3),
        /// How long it has been out of balance, 1/100 s.
        unbalanced_time: u64 = NHA_RES_GROUP_UNBALANCED_TIME(4),
    }
}

message! {
    /// A bucket of a resilient group.
    pub struct NexthopBucket("bucket") {
        /// Its number.
        index: u16 = NHA_RES_BUCKET_INDEX(1),
        /// How long it has been idle, 1/100 s.
        idle_time: u64 = NHA_RES_BUCKET_IDLE_TIME(2),
        /// Id of the nexthop it leads to.
        nexthop_id: u32 = NHA_RES_BUCKET_NH_ID(3),
    }
}

message! {
    /// Statistics of a group.
    pub struct NexthopGroupStats("group_stats") {
        /// A member's.
        entries: multi nest NexthopStats = NHA_GROUP_STATS_ENTRY(1),
    }
}

message! {
    /// Statistics of a group's member.
    pub struct NexthopStats("entry") {
        /// Id of the nexthop.
        id: u32 = NHA_GROUP_STATS_ENTRY_ID(1),
        /// Packets it got.
        packets: Uint = NHA_GROUP_STATS_ENTRY_PACKETS(2),
        /// Packets it got in hardware.
        hardware_packets: Uint = NHA_GROUP_STATS_ENTRY_PACKETS_HW(3),
    }
}

requests! {
    Nexthop over ROUTE(0) {
        /// Adds a nexthop or a group.
        add: RTM_NEWNEXTHOP(104) with CREATE | EXCL => ack,
        /// Adds a nexthop or a group, or changes the one with this id.
        put: RTM_NEWNEXTHOP(104) with CREATE | REPLACE => ack,
        /// Deletes one, and the routes that use it.
        delete: RTM_DELNEXTHOP(105) => ack,
        /// Asks for one, by id.
        get: RTM_GETNEXTHOP(106) => reply,
        /// Asks for all, or those of this link, master or kind.
        dump: RTM_GETNEXTHOP(106) => dump,
        /// Moves a bucket to another nexthop.
        set_bucket: RTM_NEWNEXTHOPBUCKET(116) with REPLACE => ack,
        /// Asks for one bucket.
        get_bucket: RTM_GETNEXTHOPBUCKET(118) => reply,
        /// Asks for all buckets, or those of this group.
        dump_buckets: RTM_GETNEXTHOPBUCKET(118) => dump,
    }
}
