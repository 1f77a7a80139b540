//! VLANs of bridges and ports, with their own options.
//!
//! Owns `RTM_*VLAN` and its attributes `BRIDGE_VLANDB_*`; must not know links. Mirrors `linux/if_bridge.h`,
//! net/bridge/br_vlan.c and br_vlan_options.c.
//!
//! Times are in hundredths of a second (`USER_HZ`).

use netlane_wire::typed::{c_flags, c_struct, message, requests};

use crate::{BridgePortState, BridgeVlan, Family, MulticastRouter};

c_struct! {
    /// The header of VLAN messages.
    pub struct BrVlanMsg("br_vlan_msg") {
        /// Always bridge.
        family: Family,
        _: u8,
        _: u16,
        /// Index of the bridge or port; 0 for all.
        index: u32,
    }
}

c_flags! {
    /// What a dump of VLANs contains.
    pub struct VlanDumpFlags: u32 {
        /// Counters.
        STATS = BRIDGE_VLANDB_DUMPF_STATS(1),
        /// Options of the whole bridge.
        GLOBAL = BRIDGE_VLANDB_DUMPF_GLOBAL(2),
    }
}

message! {
    /// VLANs of a bridge or port.
    pub struct VlanDb("vlan_db"): BrVlanMsg(family: Family, index: u32) {
        /// A VLAN or a range with the same options.
        entries: multi nest VlanEntry = BRIDGE_VLANDB_ENTRY(1),
        /// A VLAN's options of the whole bridge.
        globals: multi nest VlanGlobal = BRIDGE_VLANDB_GLOBAL_OPTIONS(2),
    }
}

message! {
    /// What a dump of VLANs asks for.
    pub struct VlanDbFilter("vlan_db_filter"): BrVlanMsg(family: Family, index: u32) {
        /// What it contains.
        flags: VlanDumpFlags = BRIDGE_VLANDB_DUMP_FLAGS(1),
    }
}

message! {
    /// A VLAN or a range of VLANs.
    pub struct VlanEntry("entry") {
        /// The first VLAN, and what it is.
        info: BridgeVlan = BRIDGE_VLANDB_ENTRY_INFO(1),
        /// The last VLAN's id.
        range_end: u16 = BRIDGE_VLANDB_ENTRY_RANGE(2),
        /// State in the spanning tree.
        state: BridgePortState = BRIDGE_VLANDB_ENTRY_STATE(3),
        /// Tunnel.
        tunnel: nest VlanTunnel = BRIDGE_VLANDB_ENTRY_TUNNEL_INFO(4),
        /// Counters.
        stats: nest VlanStats = BRIDGE_VLANDB_ENTRY_STATS(5),
        /// Whether a multicast router is expected.
        mcast_router: MulticastRouter = BRIDGE_VLANDB_ENTRY_MCAST_ROUTER(6),
        /// Group memberships, count.
        mcast_groups: u32 = BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS(7),
        /// Group memberships, at most; 0 is no limit.
        mcast_max_groups: u32 = BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS(8),
        /// Whether neighbour discovery is answered instead of flooded.
        neigh_suppress: bool = BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS(9),
    }
}

message! {
    /// The tunnel of a VLAN.
    pub struct VlanTunnel("tunnel") {
        /// Tunnel id.
        id: u32 = BRIDGE_VLANDB_TINFO_ID(1),
        /// In a request: the command (`RTM_SETLINK` or `RTM_DELLINK`).
        command: u32 = BRIDGE_VLANDB_TINFO_CMD(2),
    }
}

message! {
    /// Counters of a VLAN.
    pub struct VlanStats("stats") {
        /// Bytes received.
        rx_bytes: u64 = BRIDGE_VLANDB_STATS_RX_BYTES(1),
        /// Packets received.
        rx_packets: u64 = BRIDGE_VLANDB_STATS_RX_PACKETS(2),
        /// Bytes sent.
        tx_bytes: u64 = BRIDGE_VLANDB_STATS_TX_BYTES(3),
        /// Packets sent.
        tx_packets: u64 = BRIDGE_VLANDB_STATS_TX_PACKETS(4),
    }
}

message! {
    /// Options of a VLAN on the whole bridge.
    pub struct VlanGlobal("global") {
        /// VLAN id.
        id: u16 = BRIDGE_VLANDB_GOPTS_ID(1),
        /// Last VLAN id of a range.
        range_end: u16 = BRIDGE_VLANDB_GOPTS_RANGE(2),
        /// Whether multicast follows memberships.
        mcast_snooping: bool = BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING(3),
        /// IGMP version of queries.
        mcast_igmp_version: u8 = BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION(4),
        /// MLD version of queries.
        mcast_mld_version: u8 = BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION(5),
        /// Queries before a group is given up, count.
        mcast_last_member_count: u32 = BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT(6),
        /// Queries at the start, count.
        mcast_startup_query_count: u32 = BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT(7),
        /// Between queries before a group is given up, 1/100 s.
        mcast_last_member_interval: u64 = BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL(8),
        /// How long a membership lasts, 1/100 s.
        mcast_membership_interval: u64 = BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL(10),
        /// How long another querier is believed, 1/100 s.
        mcast_querier_interval: u64 = BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL(11),
        /// Between queries, 1/100 s.
        mcast_query_interval: u64 = BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL(12),
        /// How long members may take to answer, 1/100 s.
        mcast_query_response_interval: u64 = BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL(13),
        /// Between queries at the start, 1/100 s.
        mcast_startup_query_interval: u64 = BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL(14),
        /// Whether the bridge asks for memberships.
        mcast_querier: bool = BRIDGE_VLANDB_GOPTS_MCAST_QUERIER(15),
        /// Ports with multicast routers (`MDBA_ROUTER_*`).
        mcast_router_ports: [u8] = BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS(16),
        /// Who asks for memberships (`BRIDGE_QUERIER_*`).
        mcast_querier_state: [u8] = BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE(17),
        /// Number of its spanning tree.
        msti: u16 = BRIDGE_VLANDB_GOPTS_MSTI(18),
    }
}

requests! {
    VlanDb over ROUTE(0) {
        /// Changes VLANs' options, or adds VLANs.
        set: RTM_NEWVLAN(112) => ack,
        /// Deletes VLANs.
        delete: RTM_DELVLAN(113) => ack,
    }
}

requests! {
    VlanDbFilter over ROUTE(0) {
        /// Asks for all VLANs, or those of a bridge or port.
        dump: RTM_GETVLAN(114) => dump VlanDb,
    }
}
