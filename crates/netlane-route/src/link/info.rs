//! Owns `IFLA_LINKINFO`: the kind of a link and of the master it belongs to, and which declaration each kind takes.
//! Must not know the kinds' own attributes. Mirrors `rtnl_link_fill` of net/core/rtnetlink.c.

use netlane_wire::typed::{message, select};

message! {
    /// The kind of a link, and what is particular to it.
    pub struct LinkInfo("info") {
        /// The kind, as `vlan`.
        kind: str = IFLA_INFO_KIND(1),
        /// What is particular to the kind.
        data: select LinkData by kind = IFLA_INFO_DATA(2),
        /// Statistics of the kind.
        xstats: [u8] = IFLA_INFO_XSTATS(3),
        /// The master's kind, if it belongs to one.
        port_kind: str = IFLA_INFO_SLAVE_KIND(4),
        /// What is particular to ports of such a master.
        port_data: select PortData by port_kind = IFLA_INFO_SLAVE_DATA(5),
    }
}

select! {
    /// What `IFLA_INFO_DATA` holds.
    pub enum LinkData: str for LinkInfo.data {
        /// A bonded set of links.
        bond: nest super::Bond = "bond",
        /// A bridge.
        bridge: nest super::Bridge = "bridge",
        /// A link that swallows what it is given.
        dummy = "dummy",
        /// An intermediate functional block, to shape what other links receive.
        ifb = "ifb",
        /// A link with a hardware address of its own on another.
        macvlan: nest super::Macvlan = "macvlan",
        /// A macvlan whose packets go to a character device.
        macvtap: nest super::Macvlan = "macvtap",
        /// A pair of links run by BPF programs.
        netkit: nest super::Netkit = "netkit",
        /// A tap of netlink messages.
        nlmon = "nlmon",
        /// A link whose packets go to a program.
        tun: nest super::Tun = "tun",
        /// A pair of links, each the other's cable.
        veth: nest super::Veth = "veth",
        /// An IEEE 802.1Q VLAN.
        vlan: nest super::Vlan = "vlan",
        /// A routing domain.
        vrf: nest super::Vrf = "vrf",
        /// An Ethernet over UDP.
        vxlan: nest super::Vxlan = "vxlan",
    }
}

select! {
    /// What `IFLA_INFO_SLAVE_DATA` holds.
    pub enum PortData: str for LinkInfo.port_data {
        /// A bond's port.
        bond_port: nest super::BondPort = "bond",
        /// A bridge's port.
        bridge_port: nest super::BridgePort = "bridge",
        /// A VRF's port.
        vrf_port: nest super::VrfPort = "vrf",
    }
}
