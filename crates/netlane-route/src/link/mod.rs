//! Links: network interfaces.
//!
//! Owns `RTM_*LINK` and its attributes `IFLA_*`; must not know what the kinds of links need, which their own files
//! declare. Mirrors `linux/if_link.h`, `linux/if.h` and net/core/rtnetlink.c.

mod af_spec;
mod bond;
mod bridge;
mod bridge_port;
mod info;
mod macvlan;
mod netkit;
mod numbers;
mod port;
mod statistics;
mod tun;
mod veth;
mod vf;
mod vlan;
mod vrf;
mod vxlan;
mod xdp;

use netlane_wire::typed::{LinkAddress, Sink, Uint, c_struct, message, requests, select};

use crate::Family;

pub use af_spec::*;
pub use bond::*;
pub use bridge::*;
pub use bridge_port::*;
pub use info::*;
pub use macvlan::*;
pub use netkit::*;
pub use numbers::*;
pub use port::*;
pub use statistics::*;
pub use tun::*;
pub use veth::*;
pub use vf::*;
pub use vlan::*;
pub use vrf::*;
pub use vxlan::*;
pub use xdp::*;

c_struct! {
    /// The header of link messages.
    pub struct IfInfo("ifinfomsg") {
        /// Unspecified; bridge for what concerns bridge ports.
        family: Family,
        _: u8,
        /// What the hardware is.
        kind: LinkType,
        /// The interface's index; 0 where the name says it.
        index: u32,
        /// What it is and does.
        flags: LinkFlags,
        /// In a request: which of the flags to change.
        change: LinkFlags,
    }
}

message! {
    /// A network interface.
    pub struct Link("link"): IfInfo(family: Family, kind: LinkType, index: u32, flags: LinkFlags, change: LinkFlags) {
        /// Hardware address.
        address: LinkAddress = IFLA_ADDRESS(1),
        /// Hardware broadcast address; of a tunnel, its remote end.
        broadcast: LinkAddress = IFLA_BROADCAST(2),
        /// Name, at most 15 bytes.
        name: str = IFLA_IFNAME(3),
        /// Largest packet, bytes.
        mtu: u32 = IFLA_MTU(4),
        /// Index of the interface below: a VLAN's, a macvlan's; of a veth its peer.
        link: u32 = IFLA_LINK(5),
        /// Name of the root queueing discipline.
        qdisc: str = IFLA_QDISC(6),
        /// Statistics of 32 bits, which wrap.
        stats: LinkStats = IFLA_STATS(7),
        /// Index of the bridge, bond or VRF it belongs to; 0 in a request releases it.
        master: u32 = IFLA_MASTER(10),
        /// An event of the wireless extensions (`struct iw_event`).
        wireless: [u8] = IFLA_WIRELESS(11),
        /// What a protocol says of the link, by the family of the header.
        protocol: select LinkProtocol by family = IFLA_PROTINFO(12),
        /// Length of the transmit queue, packets.
        tx_queue_len: u32 = IFLA_TXQLEN(13),
        /// Memory and interrupts of the device.
        map: LinkMap = IFLA_MAP(14),
        /// Weight of old drivers' polling; no kernel uses it.
        weight: u32 = IFLA_WEIGHT(15),
        /// Operational state (RFC 2863).
        operstate: OperState = IFLA_OPERSTATE(16),
        /// Who decides the operational state.
        mode: LinkMode = IFLA_LINKMODE(17),
        /// Kind, and what is particular to it.
        info: nest LinkInfo = IFLA_LINKINFO(18),
        /// In a request: move to the network namespace of this process id.
        netns_pid: u32 = IFLA_NET_NS_PID(19),
        /// A text of the administrator's, at most 255 bytes.
        alias: str = IFLA_IFALIAS(20),
        /// Virtual functions of the device, count.
        vf_count: u32 = IFLA_NUM_VF(21),
        /// The virtual functions; sent if asked for by the extension mask.
        vfs: nest VfList = IFLA_VFINFO_LIST(22),
        /// Statistics of 64 bits.
        stats64: LinkStats64 = IFLA_STATS64(23),
        /// Port profiles of the virtual functions, by IEEE 802.1Qbg.
        vf_ports: nest VfPorts = IFLA_VF_PORTS(24),
        /// Port profile of the device itself.
        port_self: nest LinkPort = IFLA_PORT_SELF(25),
        /// Settings of address families, by the family of the header.
        af_spec: select AfSpec by family = IFLA_AF_SPEC(26),
        /// Group number, for changing many at once; 0 is the default one.
        group: u32 = IFLA_GROUP(27),
        /// In a request: move to the network namespace of this descriptor.
        netns_fd: u32 = IFLA_NET_NS_FD(28),
        /// In a request: what to send beside the usual.
        ext_mask: ExtMask = IFLA_EXT_MASK(29),
        /// How many want promiscuous mode.
        promiscuity: u32 = IFLA_PROMISCUITY(30),
        /// Transmit queues, count.
        tx_queues: u32 = IFLA_NUM_TX_QUEUES(31),
        /// Receive queues, count.
        rx_queues: u32 = IFLA_NUM_RX_QUEUES(32),
        /// Whether there is a carrier.
        carrier: bool = IFLA_CARRIER(33),
        /// Identity of the physical port, up to 32 bytes.
        phys_port_id: [u8] = IFLA_PHYS_PORT_ID(34),
        /// How often the carrier came or went.
        carrier_changes: u32 = IFLA_CARRIER_CHANGES(35),
        /// Identity of the switch, up to 32 bytes.
        phys_switch_id: [u8] = IFLA_PHYS_SWITCH_ID(36),
        /// Id of the namespace of the interface below; -1 if it has none here.
        link_netns_id: i32 = IFLA_LINK_NETNSID(37),
        /// Name of the physical port.
        phys_port_name: str = IFLA_PHYS_PORT_NAME(38),
        /// Whether the protocol keeps the link down.
        proto_down: bool = IFLA_PROTO_DOWN(39),
        /// Segments the device takes in one packet, at most.
        gso_max_segs: u32 = IFLA_GSO_MAX_SEGS(40),
        /// Largest packet to be segmented, bytes.
        gso_max_size: u32 = IFLA_GSO_MAX_SIZE(41),
        /// Programs of the express data path.
        xdp: nest Xdp = IFLA_XDP(43),
        /// What happened, in an event.
        event: LinkEvent = IFLA_EVENT(44),
        /// In an event: id of the namespace that the link moved to.
        new_netns_id: i32 = IFLA_NEW_NETNSID(45),
        /// In a request: id of the namespace to act in.
        target_netns_id: i32 = IFLA_TARGET_NETNSID(46),
        /// How often the carrier came.
        carrier_up_count: u32 = IFLA_CARRIER_UP_COUNT(47),
        /// How often the carrier went.
        carrier_down_count: u32 = IFLA_CARRIER_DOWN_COUNT(48),
        /// In an event: index in the namespace that the link moved to; in a request that moves it, the wanted one.
        new_index: u32 = IFLA_NEW_IFINDEX(49),
        /// Smallest permitted MTU, bytes.
        min_mtu: u32 = IFLA_MIN_MTU(50),
        /// Largest permitted MTU, bytes; 0 if there is no limit.
        max_mtu: u32 = IFLA_MAX_MTU(51),
        /// Further names.
        properties: nest LinkProperties = IFLA_PROP_LIST(52),
        /// In a request: look the link up by one of its further names, at most 127 bytes.
        alternative_name: str = IFLA_ALT_IFNAME(53),
        /// Hardware address that the device was made with.
        permanent_address: LinkAddress = IFLA_PERM_ADDRESS(54),
        /// Why the protocol keeps the link down.
        proto_down_reason: nest ProtoDownReason = IFLA_PROTO_DOWN_REASON(55),
        /// Name of the device it sits on, as `0000:00:1f.6`.
        parent_name: str = IFLA_PARENT_DEV_NAME(56),
        /// Bus of that device, as `pci`.
        parent_bus: str = IFLA_PARENT_DEV_BUS_NAME(57),
        /// Largest packet that receive offload puts together, bytes.
        gro_max_size: u32 = IFLA_GRO_MAX_SIZE(58),
        /// Largest packet that the device can segment, bytes.
        tso_max_size: u32 = IFLA_TSO_MAX_SIZE(59),
        /// Segments that the device can make of a packet, at most.
        tso_max_segs: u32 = IFLA_TSO_MAX_SEGS(60),
        /// How many want all multicast.
        allmulti: u32 = IFLA_ALLMULTI(61),
        /// The devlink port (`DEVLINK_ATTR_*`).
        devlink_port: [u8] = IFLA_DEVLINK_PORT(62),
        /// Largest IPv4 packet to be segmented, bytes.
        gso_ipv4_max_size: u32 = IFLA_GSO_IPV4_MAX_SIZE(63),
        /// Largest IPv4 packet that receive offload puts together, bytes.
        gro_ipv4_max_size: u32 = IFLA_GRO_IPV4_MAX_SIZE(64),
        /// The pin of a clock (`DPLL_A_PIN_*`).
        dpll_pin: [u8] = IFLA_DPLL_PIN(65),
        /// How far ahead the device can hold packets back, nanoseconds.
        max_pacing_offload_horizon: Uint = IFLA_MAX_PACING_OFFLOAD_HORIZON(66),
        /// Whether the link cannot move to another namespace.
        netns_immutable: bool = IFLA_NETNS_IMMUTABLE(67),
        /// Room that the device needs in front of a packet, bytes.
        headroom: u16 = IFLA_HEADROOM(68),
        /// Room that the device needs behind a packet, bytes.
        tailroom: u16 = IFLA_TAILROOM(69),
    }
}

message! {
    /// Further names of a link.
    pub struct LinkProperties("properties") {
        /// A further name, at most 127 bytes.
        alternative_names: multi str = IFLA_ALT_IFNAME(53),
    }
}

message! {
    /// Why the protocol keeps a link down.
    pub struct ProtoDownReason("proto_down_reason") {
        /// In a request: which bits to change.
        mask: u32 = IFLA_PROTO_DOWN_REASON_MASK(1),
        /// The reasons, a bit each.
        value: u32 = IFLA_PROTO_DOWN_REASON_VALUE(2),
    }
}

select! {
    /// What `IFLA_PROTINFO` holds.
    pub enum LinkProtocol: Family for Link.protocol {
        /// A bridge's port, in messages about bridges.
        bridge_protocol: nest BridgePort = Family::BRIDGE,
        /// IPv6, in messages about it.
        inet6_protocol: nest Inet6Link = Family::INET6,
    }
}

select! {
    /// What `IFLA_AF_SPEC` holds.
    pub enum AfSpec: Family for Link.af_spec {
        /// Settings of the address families.
        families: nest LinkFamilies = Family::UNSPEC,
        /// A bridge's or its port's VLANs, in messages about bridges.
        bridge_families: nest BridgeSpec = Family::BRIDGE,
    }
}

requests! {
    Link over ROUTE(0) {
        /// Creates a link.
        add: RTM_NEWLINK(16) with CREATE | EXCL => ack,
        /// Creates a link, or changes the one of this name or index.
        put: RTM_NEWLINK(16) with CREATE => ack,
        /// Changes a link, its kind's settings included.
        set: RTM_NEWLINK(16) => ack,
        /// Changes a link by `RTM_SETLINK`; with the bridge family a port's settings and VLANs.
        modify: RTM_SETLINK(19) => ack,
        /// Deletes a link; with the bridge family VLANs of a port.
        delete: RTM_DELLINK(17) => ack,
        /// Asks for one link, by index, name or further name.
        get: RTM_GETLINK(18) => reply,
        /// Asks for all links, or those with this master or kind.
        dump: RTM_GETLINK(18) => dump,
        /// Gives a link further names.
        add_properties: RTM_NEWLINKPROP(108) with CREATE | EXCL | APPEND => ack,
        /// Takes further names away.
        delete_properties: RTM_DELLINKPROP(109) => ack,
    }
}

impl<S: Sink> LinkBuilder<S> {
    /// Brings the link up.
    pub fn up(self) -> Self {
        self.switch(LinkFlags::UP, true)
    }

    /// Takes the link down.
    pub fn down(self) -> Self {
        self.switch(LinkFlags::UP, false)
    }

    /// Switches these flags on or off, and leaves the others as they are.
    pub fn switch(self, flags: LinkFlags, on: bool) -> Self {
        self.change_header(|header| {
            header.flags.set(flags, on);
            header.change.insert(flags);
        })
    }
}
