//! Owns the virtual functions of a device (`IFLA_VF_*`); must not know links. Mirrors `linux/if_link.h`.

use netlane_wire::typed::{c_enum, c_struct, message};

use super::VlanProtocol;

c_enum! {
    /// Which state a virtual function's link has.
    pub enum VfLinkState: u32 {
        /// The physical function's.
        AUTO = IFLA_VF_LINK_STATE_AUTO(0),
        /// Always up.
        ENABLE = IFLA_VF_LINK_STATE_ENABLE(1),
        /// Always down.
        DISABLE = IFLA_VF_LINK_STATE_DISABLE(2),
    }
}

c_struct! {
    /// Hardware address of a virtual function.
    pub struct VfMac("ifla_vf_mac") {
        /// Number of the function.
        vf: u32,
        /// The address, first byte first; Ethernet's are the first 6.
        mac: [u8; 32],
    }
}

c_struct! {
    /// VLAN of a virtual function.
    pub struct VfVlan("ifla_vf_vlan") {
        /// Number of the function.
        vf: u32,
        /// VLAN id, 0 to 4095; 0 is none.
        vlan: u32,
        /// Priority, 0 to 7.
        qos: u32,
    }
}

c_struct! {
    /// VLAN of a virtual function, with its protocol.
    pub struct VfVlanInfo("ifla_vf_vlan_info") {
        /// Number of the function.
        vf: u32,
        /// VLAN id, 0 to 4095; 0 is none.
        vlan: u32,
        /// Priority, 0 to 7.
        qos: u32,
        /// The tag's protocol.
        protocol: VlanProtocol,
    }
}

c_struct! {
    /// Largest transmit rate of a virtual function.
    pub struct VfTxRate("ifla_vf_tx_rate") {
        /// Number of the function.
        vf: u32,
        /// Megabits a second; 0 is no limit.
        rate: u32,
    }
}

c_struct! {
    /// Transmit rates of a virtual function.
    pub struct VfRate("ifla_vf_rate") {
        /// Number of the function.
        vf: u32,
        /// Guaranteed, megabits a second.
        min_tx_rate: u32,
        /// Largest, megabits a second; 0 is no limit.
        max_tx_rate: u32,
    }
}

c_struct! {
    /// A number set for a virtual function.
    pub struct VfSetting("ifla_vf_spoofchk") {
        /// Number of the function.
        vf: u32,
        /// 0 is off, 1 is on.
        setting: u32,
    }
}

c_struct! {
    /// Link state of a virtual function.
    pub struct VfState("ifla_vf_link_state") {
        /// Number of the function.
        vf: u32,
        /// The state.
        state: VfLinkState,
    }
}

c_struct! {
    /// InfiniBand identity of a virtual function.
    pub struct VfGuid("ifla_vf_guid") {
        /// Number of the function.
        vf: u32,
        /// The identity, host order.
        guid: u64,
    }
}

message! {
    /// The virtual functions of a device.
    pub struct VfList("vfs") {
        /// A virtual function.
        functions: multi nest Vf = IFLA_VF_INFO(1),
    }
}

message! {
    /// A virtual function.
    pub struct Vf("vf") {
        /// Hardware address.
        mac: VfMac = IFLA_VF_MAC(1),
        /// VLAN.
        vlan: VfVlan = IFLA_VF_VLAN(2),
        /// Largest transmit rate.
        tx_rate: VfTxRate = IFLA_VF_TX_RATE(3),
        /// Whether forged source addresses are dropped.
        spoof_check: VfSetting = IFLA_VF_SPOOFCHK(4),
        /// Link state.
        link_state: VfState = IFLA_VF_LINK_STATE(5),
        /// Transmit rates.
        rate: VfRate = IFLA_VF_RATE(6),
        /// Whether the function may ask for the receive hash.
        rss_query: VfSetting = IFLA_VF_RSS_QUERY_EN(7),
        /// Statistics.
        stats: nest VfStats = IFLA_VF_STATS(8),
        /// Whether the function is trusted.
        trust: VfSetting = IFLA_VF_TRUST(9),
        /// InfiniBand identity of the node.
        ib_node_guid: VfGuid = IFLA_VF_IB_NODE_GUID(10),
        /// InfiniBand identity of the port.
        ib_port_guid: VfGuid = IFLA_VF_IB_PORT_GUID(11),
        /// VLANs with protocols.
        vlans: nest VfVlans = IFLA_VF_VLAN_LIST(12),
        /// Broadcast address, up to 32 bytes.
        broadcast: [u8; 32] = IFLA_VF_BROADCAST(13),
    }
}

message! {
    /// VLANs of a virtual function.
    pub struct VfVlans("vlans") {
        /// A VLAN.
        vlans: multi VfVlanInfo = IFLA_VF_VLAN_INFO(1),
    }
}

message! {
    /// Statistics of a virtual function.
    pub struct VfStats("stats") {
        /// Packets received.
        rx_packets: u64 = IFLA_VF_STATS_RX_PACKETS(0),
        /// Packets sent.
        tx_packets: u64 = IFLA_VF_STATS_TX_PACKETS(1),
        /// Bytes received.
        rx_bytes: u64 = IFLA_VF_STATS_RX_BYTES(2),
        /// Bytes sent.
        tx_bytes: u64 = IFLA_VF_STATS_TX_BYTES(3),
        /// Broadcast packets received.
        broadcast: u64 = IFLA_VF_STATS_BROADCAST(4),
        /// Multicast packets received.
        multicast: u64 = IFLA_VF_STATS_MULTICAST(5),
        /// Received packets that were dropped.
        rx_dropped: u64 = IFLA_VF_STATS_RX_DROPPED(7),
        /// Packets to send that were dropped.
        tx_dropped: u64 = IFLA_VF_STATS_TX_DROPPED(8),
    }
}
