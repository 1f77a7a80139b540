//! Owns bridges (`IFLA_BR_*`); must not know links. Mirrors net/bridge/br_netlink.c.
//!
//! Times are in hundredths of a second (`USER_HZ`).

use std::net::{Ipv4Addr, Ipv6Addr};

use netlane_wire::typed::{Mac, c_enum, c_struct, message};

use super::VlanProtocol;

c_struct! {
    /// Identity of a bridge in the spanning tree.
    pub struct BridgeId("ifla_bridge_id") {
        /// Priority, network order.
        priority: be u16,
        /// Hardware address.
        address: Mac,
    }
}

c_struct! {
    /// Switches without an attribute of their own (`enum br_boolopt_id`), a bit each.
    pub struct BridgeOptions("br_boolopt_multi") {
        /// The values.
        value: u32,
        /// Which of them count in a request.
        mask: u32,
    }
}

c_enum! {
    /// Whether multicast routers are expected.
    pub enum MulticastRouter: u8 {
        /// Never.
        DISABLED = MDB_RTR_TYPE_DISABLED(0),
        /// Where one is heard of.
        AUTOMATIC = MDB_RTR_TYPE_TEMP_QUERY(1),
        /// Always.
        PERMANENT = MDB_RTR_TYPE_PERM(2),
        /// For a while.
        TEMPORARY = MDB_RTR_TYPE_TEMP(3),
    }
}

message! {
    /// A bridge.
    pub struct Bridge("bridge") {
        /// In each of the states before forwarding, 1/100 s.
        forward_delay: u32 = IFLA_BR_FORWARD_DELAY(1),
        /// Between hellos, 1/100 s.
        hello_time: u32 = IFLA_BR_HELLO_TIME(2),
        /// How long a message of the spanning tree is believed, 1/100 s.
        max_age: u32 = IFLA_BR_MAX_AGE(3),
        /// How long learned addresses stay, 1/100 s.
        ageing_time: u32 = IFLA_BR_AGEING_TIME(4),
        /// Spanning tree: 0 off, 1 in the kernel, 2 in userspace.
        stp_state: u32 = IFLA_BR_STP_STATE(5),
        /// Priority of this bridge.
        priority: u16 = IFLA_BR_PRIORITY(6),
        /// Whether VLANs are told apart.
        vlan_filtering: bool = IFLA_BR_VLAN_FILTERING(7),
        /// Which tag is looked at.
        vlan_protocol: VlanProtocol = IFLA_BR_VLAN_PROTOCOL(8),
        /// Which link-local groups are forwarded, a bit each.
        group_fwd_mask: u16 = IFLA_BR_GROUP_FWD_MASK(9),
        /// The root of the spanning tree.
        root_id: BridgeId = IFLA_BR_ROOT_ID(10),
        /// This bridge.
        bridge_id: BridgeId = IFLA_BR_BRIDGE_ID(11),
        /// Number of the port towards the root.
        root_port: u16 = IFLA_BR_ROOT_PORT(12),
        /// Cost of the way to the root.
        root_path_cost: u32 = IFLA_BR_ROOT_PATH_COST(13),
        /// Whether the topology is changing.
        topology_change: bool = IFLA_BR_TOPOLOGY_CHANGE(14),
        /// Whether this bridge noticed a change.
        topology_change_detected: bool = IFLA_BR_TOPOLOGY_CHANGE_DETECTED(15),
        /// Until the next hello, 1/100 s.
        hello_timer: u64 = IFLA_BR_HELLO_TIMER(16),
        /// Until the next notice of a change, 1/100 s.
        tcn_timer: u64 = IFLA_BR_TCN_TIMER(17),
        /// Until a change is over, 1/100 s.
        topology_change_timer: u64 = IFLA_BR_TOPOLOGY_CHANGE_TIMER(18),
        /// Until learned addresses are looked through, 1/100 s.
        gc_timer: u64 = IFLA_BR_GC_TIMER(19),
        /// Group address of the spanning tree.
        group_address: Mac = IFLA_BR_GROUP_ADDR(20),
        /// In a request: forget learned addresses.
        fdb_flush: flag = IFLA_BR_FDB_FLUSH(21),
        /// Whether multicast routers are expected.
        mcast_router: MulticastRouter = IFLA_BR_MCAST_ROUTER(22),
        /// Whether multicast follows memberships.
        mcast_snooping: bool = IFLA_BR_MCAST_SNOOPING(23),
        /// Whether queries carry the bridge's own address.
        mcast_query_use_ifaddr: bool = IFLA_BR_MCAST_QUERY_USE_IFADDR(24),
        /// Whether the bridge asks for memberships.
        mcast_querier: bool = IFLA_BR_MCAST_QUERIER(25),
        /// Longest chain of the membership table; always 16 today.
        mcast_hash_elasticity: u32 = IFLA_BR_MCAST_HASH_ELASTICITY(26),
        /// Entries of the membership table, at most.
        mcast_hash_max: u32 = IFLA_BR_MCAST_HASH_MAX(27),
        /// Queries before a group is given up, count.
        mcast_last_member_count: u32 = IFLA_BR_MCAST_LAST_MEMBER_CNT(28),
        /// Queries at the start, count.
        mcast_startup_query_count: u32 = IFLA_BR_MCAST_STARTUP_QUERY_CNT(29),
        /// Between queries before a group is given up, 1/100 s.
        mcast_last_member_interval: u64 = IFLA_BR_MCAST_LAST_MEMBER_INTVL(30),
        /// How long a membership lasts, 1/100 s.
        mcast_membership_interval: u64 = IFLA_BR_MCAST_MEMBERSHIP_INTVL(31),
        /// How long another querier is believed, 1/100 s.
        mcast_querier_interval: u64 = IFLA_BR_MCAST_QUERIER_INTVL(32),
        /// Between queries, 1/100 s.
        mcast_query_interval: u64 = IFLA_BR_MCAST_QUERY_INTVL(33),
        /// How long members may take to answer, 1/100 s.
        mcast_query_response_interval: u64 = IFLA_BR_MCAST_QUERY_RESPONSE_INTVL(34),
        /// Between queries at the start, 1/100 s.
        mcast_startup_query_interval: u64 = IFLA_BR_MCAST_STARTUP_QUERY_INTVL(35),
        /// Whether bridged IPv4 passes iptables.
        nf_call_iptables: bool = IFLA_BR_NF_CALL_IPTABLES(36),
        /// Whether bridged IPv6 passes ip6tables.
        nf_call_ip6tables: bool = IFLA_BR_NF_CALL_IP6TABLES(37),
        /// Whether bridged ARP passes arptables.
        nf_call_arptables: bool = IFLA_BR_NF_CALL_ARPTABLES(38),
        /// VLAN of untagged packets on new ports; 0 is none.
        vlan_default_pvid: u16 = IFLA_BR_VLAN_DEFAULT_PVID(39),
        /// Whether VLANs are counted.
        vlan_stats: bool = IFLA_BR_VLAN_STATS_ENABLED(41),
        /// Whether multicast is counted.
        mcast_stats: bool = IFLA_BR_MCAST_STATS_ENABLED(42),
        /// IGMP version of queries, 2 or 3.
        mcast_igmp_version: u8 = IFLA_BR_MCAST_IGMP_VERSION(43),
        /// MLD version of queries, 1 or 2.
        mcast_mld_version: u8 = IFLA_BR_MCAST_MLD_VERSION(44),
        /// Whether VLANs are counted for each port.
        vlan_stats_per_port: bool = IFLA_BR_VLAN_STATS_PER_PORT(45),
        /// Further switches.
        options: BridgeOptions = IFLA_BR_MULTI_BOOLOPT(46),
        /// Who asks for memberships.
        mcast_querier_state: nest BridgeQuerier = IFLA_BR_MCAST_QUERIER_STATE(47),
        /// Learned addresses, count.
        fdb_learned: u32 = IFLA_BR_FDB_N_LEARNED(48),
        /// Learned addresses, at most; 0 is no limit.
        fdb_max_learned: u32 = IFLA_BR_FDB_MAX_LEARNED(49),
    }
}

message! {
    /// Who asks for memberships.
    pub struct BridgeQuerier("querier") {
        /// The IPv4 querier.
        ip_address: Ipv4Addr = BRIDGE_QUERIER_IP_ADDRESS(1),
        /// Index of the port it is behind.
        ip_port: u32 = BRIDGE_QUERIER_IP_PORT(2),
        /// How long it is still believed, 1/100 s.
        ip_other_timer: u64 = BRIDGE_QUERIER_IP_OTHER_TIMER(3),
        /// The IPv6 querier.
        ipv6_address: Ipv6Addr = BRIDGE_QUERIER_IPV6_ADDRESS(5),
        /// Index of the port it is behind.
        ipv6_port: u32 = BRIDGE_QUERIER_IPV6_PORT(6),
        /// How long it is still believed, 1/100 s.
        ipv6_other_timer: u64 = BRIDGE_QUERIER_IPV6_OTHER_TIMER(7),
    }
}
