//! A link, declared with every form there is.

use std::net::IpAddr;

use netlane_wire::typed::{
    LinkAddress, Mac, Sint, Text, Uint, c_enum, c_flags, c_struct, message, requests, select,
};

c_flags! {
    /// Link flags.
    pub struct LinkFlags: u32 {
        UP = IFF_UP(1),
        LOOPBACK = IFF_LOOPBACK(8),
    }
}

c_enum! {
    /// Operational state.
    pub enum OperState: u8 {
        /// Down.
        DOWN = IF_OPER_DOWN(2),
        UP = IF_OPER_UP(6),
    }
}

c_struct! {
    /// The header of link messages.
    pub struct IfInfo("ifinfomsg") {
        family: u8,
        _: u8,
        /// ARPHRD
        kind: u16,
        index: u32,
        flags: LinkFlags,
        change: LinkFlags,
    }
}

c_struct! {
    /// Statistics.
    pub struct Stats("stats") {
        rx: u32,
        name: Text<16>,
        total: u64,
        port: be u16,
    }
}

message! {
    /// A network interface.
    pub struct Link("link"): IfInfo(index: u32, flags: LinkFlags) {
        /// Hardware address.
        address: LinkAddress = IFLA_ADDRESS(1),
        /// Interface name, at most 15 bytes.
        name: str = IFLA_IFNAME(3),
        /// Largest packet, bytes.
        mtu: u32 = IFLA_MTU(4),
        operstate: OperState = IFLA_OPERSTATE(16),
        info: nest LinkInfo = IFLA_LINKINFO(18),
        stats: Stats = IFLA_STATS(23),
        carrier: flag = IFLA_CARRIER(33),
        /// Made up here.
        gateways: multi IpAddr = IFLA_GATEWAY(50),
        queues: array u32 = IFLA_QUEUES(51),
        ports: array nest Port = IFLA_PORTS(52),
        limits: packed u16 = IFLA_LIMITS(53),
        port: be u16 = IFLA_PORT(54),
        children: multi nest Link = IFLA_CHILD(55),
        count: Uint = IFLA_COUNT(56),
        offset: Sint = IFLA_OFFSET(57),
        raw: [u8] = IFLA_RAW(58),
        enabled: bool = IFLA_ENABLED(59),
        wide: be u64 = IFLA_WIDE(60),
    }
}

message! {
    /// What kind of link.
    pub struct LinkInfo("info") {
        kind: str = IFLA_INFO_KIND(1),
        data: select LinkData by kind = IFLA_INFO_DATA(2),
    }
}

select! {
    /// What `IFLA_INFO_DATA` holds.
    pub enum LinkData: str for LinkInfo.data {
        /// A VLAN.
        vlan: nest Vlan = "vlan",
        dummy = "dummy",
        fifo: Stats = "fifo",
    }
}

message! {
    /// A VLAN device.
    pub struct Vlan("vlan") {
        id: u16 = IFLA_VLAN_ID(1),
    }
}

message! {
    pub struct Port("port") {
        mac: Mac = PORT_MAC(1),
    }
}

requests! {
    Link over ROUTE(0) {
        /// Creates a link.
        add: RTM_NEWLINK(16) with CREATE | EXCL => ack,
        get: RTM_GETLINK(18) => reply,
        dump: RTM_GETLINK(18) => dump,
        del: RTM_DELLINK(17) => ack,
    }
}
