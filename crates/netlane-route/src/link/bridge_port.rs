//! Owns ports of bridges (`IFLA_BRPORT_*`) and the VLANs of bridges and ports (`IFLA_BRIDGE_*`); must not know links.
//! Mirrors net/bridge/br_netlink.c.
//!
//! Times are in hundredths of a second (`USER_HZ`).

use netlane_wire::typed::{c_enum, c_flags, c_struct, message};

use super::{BridgeId, MulticastRouter};

c_enum! {
    /// State of a port in the spanning tree.
    pub enum BridgePortState: u8 {
        /// Off.
        DISABLED = BR_STATE_DISABLED(0),
        /// Listens to the spanning tree.
        LISTENING = BR_STATE_LISTENING(1),
        /// Learns addresses.
        LEARNING = BR_STATE_LEARNING(2),
        /// Forwards.
        FORWARDING = BR_STATE_FORWARDING(3),
        /// Blocked by the spanning tree.
        BLOCKING = BR_STATE_BLOCKING(4),
    }
}

message! {
    /// A bridge's port.
    pub struct BridgePort("bridge_port") {
        /// State in the spanning tree.
        state: BridgePortState = IFLA_BRPORT_STATE(1),
        /// Priority in the spanning tree.
        priority: u16 = IFLA_BRPORT_PRIORITY(2),
        /// Cost in the spanning tree.
        cost: u32 = IFLA_BRPORT_COST(3),
        /// Whether packets may return where they came from.
        hairpin: bool = IFLA_BRPORT_MODE(4),
        /// Whether messages of the spanning tree are kept away.
        guard: bool = IFLA_BRPORT_GUARD(5),
        /// Whether the port may not lead to the root.
        root_block: bool = IFLA_BRPORT_PROTECT(6),
        /// Whether a membership ends without a query.
        fast_leave: bool = IFLA_BRPORT_FAST_LEAVE(7),
        /// Whether addresses are learned.
        learning: bool = IFLA_BRPORT_LEARNING(8),
        /// Whether unknown unicast is flooded.
        unicast_flood: bool = IFLA_BRPORT_UNICAST_FLOOD(9),
        /// Whether ARP is answered for others.
        proxy_arp: bool = IFLA_BRPORT_PROXYARP(10),
        /// Whether learned addresses of hardware are taken over.
        learning_sync: bool = IFLA_BRPORT_LEARNING_SYNC(11),
        /// Whether ARP is answered for others by the rules of wireless networks.
        proxy_arp_wifi: bool = IFLA_BRPORT_PROXYARP_WIFI(12),
        /// The root of the spanning tree.
        root_id: BridgeId = IFLA_BRPORT_ROOT_ID(13),
        /// The designated bridge.
        bridge_id: BridgeId = IFLA_BRPORT_BRIDGE_ID(14),
        /// The designated port.
        designated_port: u16 = IFLA_BRPORT_DESIGNATED_PORT(15),
        /// The designated cost.
        designated_cost: u16 = IFLA_BRPORT_DESIGNATED_COST(16),
        /// Identity in the spanning tree: priority and number.
        id: u16 = IFLA_BRPORT_ID(17),
        /// Number.
        number: u16 = IFLA_BRPORT_NO(18),
        /// Whether a change has to be confirmed.
        topology_change_ack: bool = IFLA_BRPORT_TOPOLOGY_CHANGE_ACK(19),
        /// Whether a message of the spanning tree is due.
        config_pending: bool = IFLA_BRPORT_CONFIG_PENDING(20),
        /// How long the spanning tree's message is still believed, 1/100 s.
        message_age_timer: u64 = IFLA_BRPORT_MESSAGE_AGE_TIMER(21),
        /// Until the next state, 1/100 s.
        forward_delay_timer: u64 = IFLA_BRPORT_FORWARD_DELAY_TIMER(22),
        /// Until the next message may be sent, 1/100 s.
        hold_timer: u64 = IFLA_BRPORT_HOLD_TIMER(23),
        /// In a request: forget learned addresses.
        flush: flag = IFLA_BRPORT_FLUSH(24),
        /// Whether a multicast router is expected behind it.
        multicast_router: MulticastRouter = IFLA_BRPORT_MULTICAST_ROUTER(25),
        /// Whether unknown multicast is flooded.
        mcast_flood: bool = IFLA_BRPORT_MCAST_FLOOD(27),
        /// Whether multicast is sent to each member by unicast.
        mcast_to_unicast: bool = IFLA_BRPORT_MCAST_TO_UCAST(28),
        /// Whether VLANs become tunnels.
        vlan_tunnel: bool = IFLA_BRPORT_VLAN_TUNNEL(29),
        /// Whether broadcast is flooded.
        bcast_flood: bool = IFLA_BRPORT_BCAST_FLOOD(30),
        /// Which link-local groups are forwarded, a bit each.
        group_fwd_mask: u16 = IFLA_BRPORT_GROUP_FWD_MASK(31),
        /// Whether neighbour discovery is answered instead of flooded.
        neigh_suppress: bool = IFLA_BRPORT_NEIGH_SUPPRESS(32),
        /// Whether it reaches only ports that are not isolated.
        isolated: bool = IFLA_BRPORT_ISOLATED(33),
        /// Index of the port to use while this one has no carrier.
        backup_port: u32 = IFLA_BRPORT_BACKUP_PORT(34),
        /// Whether the media redundancy ring is open.
        mrp_ring_open: bool = IFLA_BRPORT_MRP_RING_OPEN(35),
        /// Whether the interconnection of rings is open.
        mrp_in_open: bool = IFLA_BRPORT_MRP_IN_OPEN(36),
        /// Tracked multicast hosts, at most.
        mcast_eht_hosts_limit: u32 = IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT(37),
        /// Tracked multicast hosts, count.
        mcast_eht_hosts: u32 = IFLA_BRPORT_MCAST_EHT_HOSTS_CNT(38),
        /// Whether only known source addresses may use it.
        locked: bool = IFLA_BRPORT_LOCKED(39),
        /// Whether unknown source addresses are noted, locked.
        mab: bool = IFLA_BRPORT_MAB(40),
        /// Group memberships, count.
        mcast_groups: u32 = IFLA_BRPORT_MCAST_N_GROUPS(41),
        /// Group memberships, at most; 0 is no limit.
        mcast_max_groups: u32 = IFLA_BRPORT_MCAST_MAX_GROUPS(42),
        /// Whether neighbour suppression is set for each VLAN.
        neigh_vlan_suppress: bool = IFLA_BRPORT_NEIGH_VLAN_SUPPRESS(43),
        /// Id of the nexthop for packets that take the backup port.
        backup_nexthop: u32 = IFLA_BRPORT_BACKUP_NHID(44),
    }
}

c_flags! {
    /// What a VLAN entry says.
    pub struct BridgeVlanFlags: u16 {
        /// On the bridge itself, not on its ports.
        MASTER = BRIDGE_VLAN_INFO_MASTER(0x1),
        /// Untagged packets belong to it.
        PVID = BRIDGE_VLAN_INFO_PVID(0x2),
        /// Leaves untagged.
        UNTAGGED = BRIDGE_VLAN_INFO_UNTAGGED(0x4),
        /// First of a range.
        RANGE_BEGIN = BRIDGE_VLAN_INFO_RANGE_BEGIN(0x8),
        /// Last of a range.
        RANGE_END = BRIDGE_VLAN_INFO_RANGE_END(0x10),
        /// In use on the bridge itself.
        BRENTRY = BRIDGE_VLAN_INFO_BRENTRY(0x20),
        /// Only options change.
        ONLY_OPTIONS = BRIDGE_VLAN_INFO_ONLY_OPTS(0x40),
    }
}

c_struct! {
    /// A VLAN of a bridge or port.
    pub struct BridgeVlan("bridge_vlan_info") {
        /// What the entry says.
        flags: BridgeVlanFlags,
        /// VLAN id, 1 to 4094.
        vid: u16,
    }
}

c_flags! {
    /// To whom a bridge message is addressed.
    pub struct BridgeTarget: u16 {
        /// To the bridge that the port belongs to.
        MASTER = BRIDGE_FLAGS_MASTER(1),
        /// To the device itself.
        SELF = BRIDGE_FLAGS_SELF(2),
    }
}

message! {
    /// VLANs and spanning trees of a bridge or port.
    pub struct BridgeSpec("bridge") {
        /// To whom the message is addressed.
        target: BridgeTarget = IFLA_BRIDGE_FLAGS(0),
        /// How an embedded switch forwards: 0 VEB, 1 VEPA.
        mode: u16 = IFLA_BRIDGE_MODE(1),
        /// A VLAN.
        vlans: multi BridgeVlan = IFLA_BRIDGE_VLAN_INFO(2),
        /// A VLAN that becomes a tunnel.
        tunnels: multi nest BridgeVlanTunnel = IFLA_BRIDGE_VLAN_TUNNEL_INFO(3),
        /// Media redundancy protocol (`IFLA_BRIDGE_MRP_*`).
        mrp: [u8] = IFLA_BRIDGE_MRP(4),
        /// Connectivity fault management (`IFLA_BRIDGE_CFM_*`).
        cfm: [u8] = IFLA_BRIDGE_CFM(5),
        /// Multiple spanning trees.
        mst: nest BridgeMst = IFLA_BRIDGE_MST(6),
    }
}

message! {
    /// A VLAN that becomes a tunnel.
    pub struct BridgeVlanTunnel("tunnel") {
        /// Tunnel id.
        id: u32 = IFLA_BRIDGE_VLAN_TUNNEL_ID(1),
        /// VLAN id.
        vid: u16 = IFLA_BRIDGE_VLAN_TUNNEL_VID(2),
        /// What the entry says.
        flags: BridgeVlanFlags = IFLA_BRIDGE_VLAN_TUNNEL_FLAGS(3),
    }
}

message! {
    /// Multiple spanning trees.
    pub struct BridgeMst("mst") {
        /// A tree.
        entries: multi nest BridgeMstEntry = IFLA_BRIDGE_MST_ENTRY(1),
    }
}

message! {
    /// A port's state in one of several spanning trees.
    pub struct BridgeMstEntry("entry") {
        /// Number of the tree.
        msti: u16 = IFLA_BRIDGE_MST_ENTRY_MSTI(1),
        /// The state.
        state: BridgePortState = IFLA_BRIDGE_MST_ENTRY_STATE(2),
    }
}
