//! Owns VLAN devices (`IFLA_VLAN_*`); must not know links. Mirrors `linux/if_vlan.h` and net/8021q/vlan_netlink.c.

use netlane_wire::typed::{c_enum, c_flags, c_struct, message};

c_enum! {
    /// The tag's protocol.
    pub enum VlanProtocol: be u16 {
        /// IEEE 802.1Q.
        DOT1Q = ETH_P_8021Q(0x8100),
        /// IEEE 802.1ad, the provider's tag.
        DOT1AD = ETH_P_8021AD(0x88a8),
    }
}

c_flags! {
    /// How a VLAN device behaves.
    pub struct VlanFlags: u32 {
        /// Moves the tag out of the packet.
        REORDER_HEADER = VLAN_FLAG_REORDER_HDR(0x1),
        /// Registers by GVRP.
        GVRP = VLAN_FLAG_GVRP(0x2),
        /// Its state does not follow the link below.
        LOOSE_BINDING = VLAN_FLAG_LOOSE_BINDING(0x4),
        /// Registers by MVRP.
        MVRP = VLAN_FLAG_MVRP(0x8),
        /// Its state follows the bridge's ports.
        BRIDGE_BINDING = VLAN_FLAG_BRIDGE_BINDING(0x10),
    }
}

c_struct! {
    /// Flags, and which of them to change.
    pub struct VlanFlagChange("ifla_vlan_flags") {
        /// The flags.
        flags: VlanFlags,
        /// Which of them count in a request.
        mask: VlanFlags,
    }
}

c_struct! {
    /// One priority becomes another.
    pub struct VlanQosMapping("ifla_vlan_qos_mapping") {
        /// The packet's priority when leaving, the tag's when arriving.
        from: u32,
        /// The tag's priority when leaving, the packet's when arriving.
        to: u32,
    }
}

message! {
    /// Priorities that are translated.
    pub struct VlanQos("qos") {
        /// A translation.
        mappings: multi VlanQosMapping = IFLA_VLAN_QOS_MAPPING(1),
    }
}

message! {
    /// An IEEE 802.1Q VLAN.
    pub struct Vlan("vlan") {
        /// VLAN id, 0 to 4094.
        id: u16 = IFLA_VLAN_ID(1),
        /// How it behaves.
        flags: VlanFlagChange = IFLA_VLAN_FLAGS(2),
        /// From packets' priorities to tags'.
        egress_qos: nest VlanQos = IFLA_VLAN_EGRESS_QOS(3),
        /// From tags' priorities to packets'.
        ingress_qos: nest VlanQos = IFLA_VLAN_INGRESS_QOS(4),
        /// The tag's protocol.
        protocol: VlanProtocol = IFLA_VLAN_PROTOCOL(5),
    }
}
