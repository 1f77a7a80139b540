//! The few rtnetlink requests that the tests of the transport send, as untyped messages. Owns
//! their layout; mirrors include/uapi/linux/rtnetlink.h. Knows no socket.

use std::os::fd::AsRawFd;

use netlane::wire::{Flags, Frame, Message};

/// The loopback device's index in every namespace.
pub const LOOPBACK: u32 = 1;
/// An index that no interface has.
pub const NO_INTERFACE: u32 = 0x7fff_fff0;

/// `RTNLGRP_LINK`.
pub const GROUP_LINK: u32 = 1;
/// `RTNLGRP_IPV4_IFADDR`.
pub const GROUP_ADDRESS: u32 = 5;
/// `RTNLGRP_IPV4_ROUTE`.
pub const GROUP_ROUTE: u32 = 7;
/// `RTNLGRP_BRVLAN`, above the 32 that an address can name.
pub const GROUP_BRIDGE_VLAN: u32 = 33;
/// `RTNLGRP_IPV4_MCADDR`, which Linux 6.12 does not have.
pub const GROUP_MULTICAST_ADDRESS: u32 = 37;
/// `RTNLGRP_IPV6_MCADDR`, neither.
pub const GROUP_IPV6_MULTICAST_ADDRESS: u32 = 38;

/// `RTM_NEWLINK`.
pub const NEW_LINK: u16 = 16;
/// `RTM_DELLINK`.
pub const DELETE_LINK: u16 = 17;
/// `RTM_GETLINK`.
pub const GET_LINK: u16 = 18;
/// `RTM_NEWADDR`.
pub const NEW_ADDRESS: u16 = 20;
/// `RTM_DELADDR`.
pub const DELETE_ADDRESS: u16 = 21;
/// `RTM_GETADDR`.
pub const GET_ADDRESS: u16 = 22;
/// `RTM_GETROUTE`.
pub const GET_ROUTE: u16 = 26;
/// `RTM_NEWVLAN`.
pub const NEW_VLAN: u16 = 112;

/// Bytes of struct ifinfomsg.
pub const LINK_HEADER: usize = 16;
/// Bytes of struct ifaddrmsg.
pub const ADDRESS_HEADER: usize = 8;
/// `IFLA_IFNAME`.
pub const LINK_NAME: u16 = 3;
/// `IFA_LOCAL`.
pub const ADDRESS_LOCAL: u16 = 2;

/// struct ifinfomsg with an index.
pub fn link_header(index: u32) -> [u8; LINK_HEADER] {
    let mut header = [0; LINK_HEADER];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    header
}

/// Asks for one interface.
pub fn get_link(index: u32) -> Message {
    Message::new(GET_LINK, Flags::empty()).with_header(&link_header(index))
}

/// Asks for one interface.
pub fn get_link_by_name(name: &str) -> Message {
    get_link(0).with_text(LINK_NAME, name)
}

/// Asks for all interfaces, as a dump.
pub fn get_links() -> Message {
    get_link(0)
}

/// Asks for all IPv4 addresses, as a dump.
pub fn get_addresses() -> Message {
    get_addresses_of(0)
}

/// Asks for the IPv4 addresses of one interface, as a dump.
pub fn get_addresses_of(index: u32) -> Message {
    Message::new(GET_ADDRESS, Flags::empty()).with_header(&address_header(0, index))
}

/// The `number`-th of a great many IPv4 addresses.
pub const fn address(number: u32) -> [u8; 4] {
    let [_, a, b, c] = number.to_be_bytes();
    [10, a, b, c]
}

/// Adds an address to the loopback device; EEXIST if it is there.
pub fn add_address(address: [u8; 4]) -> Message {
    add_address_to(LOOPBACK, address)
}

/// Adds an address to an interface; EEXIST if it is there.
pub fn add_address_to(index: u32, address: [u8; 4]) -> Message {
    change_address(NEW_ADDRESS, Flags::CREATE | Flags::EXCL, index, address)
}

/// Takes it away; EADDRNOTAVAIL if it is not there.
pub fn delete_address(address: [u8; 4]) -> Message {
    delete_address_from(LOOPBACK, address)
}

/// Takes it away from an interface; EADDRNOTAVAIL if it is not there.
pub fn delete_address_from(index: u32, address: [u8; 4]) -> Message {
    change_address(DELETE_ADDRESS, Flags::empty(), index, address)
}

fn change_address(kind: u16, flags: Flags, index: u32, address: [u8; 4]) -> Message {
    Message::new(kind, flags)
        .with_header(&address_header(32, index))
        .with_attribute(ADDRESS_LOCAL, &address)
        .with_attribute(1, &address)
}

/// struct ifaddrmsg: family, prefixlen, flags, scope, index.
fn address_header(prefix: u8, index: u32) -> [u8; ADDRESS_HEADER] {
    let mut header = [AF_INET, prefix, 0, 0, 0, 0, 0, 0];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    header
}

/// Creates a bridge.
pub fn new_bridge(name: &str) -> Message {
    Message::new(NEW_LINK, Flags::CREATE | Flags::EXCL)
        .with_header(&link_header(0))
        .with_text(LINK_NAME, name)
        .with_nest(LINK_INFO, |info| {
            info.text(INFO_KIND, "bridge");
        })
}

/// Creates a pair of interfaces that are each other's far end, the first of them up: deleting such
/// a pair waits inside the kernel.
pub fn new_veth(name: &str, peer: &str) -> Message {
    let mut up = link_header(0);
    // ifi_flags: IFF_UP.
    up[8..12].copy_from_slice(&1u32.to_ne_bytes());
    Message::new(NEW_LINK, Flags::CREATE | Flags::EXCL)
        .with_header(&up)
        .with_text(LINK_NAME, name)
        .with_nest(LINK_INFO, |info| {
            info.text(INFO_KIND, "veth").nest(INFO_DATA, |data| {
                data.nest(VETH_INFO_PEER, |far| {
                    far.header(&link_header(0)).text(LINK_NAME, peer);
                });
            });
        })
}

/// Deletes an interface by its name.
pub fn delete_link(name: &str) -> Message {
    Message::new(DELETE_LINK, Flags::empty())
        .with_header(&link_header(0))
        .with_text(LINK_NAME, name)
}

/// Asks for all routes with a scope, which strict checking refuses in the dump's DONE.
pub fn get_routes_wrongly() -> Message {
    // struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags.
    let header = [AF_INET, 0, 0, 0, 0, 0, 253, 0, 0, 0, 0, 0];
    Message::new(GET_ROUTE, Flags::empty()).with_header(&header)
}

/// Adds a VLAN to a bridge itself.
pub fn add_vlan(bridge: u32, vlan: u16) -> Message {
    // struct br_vlan_msg: family, reserved (3 bytes), ifindex.
    let mut header = [AF_BRIDGE, 0, 0, 0, 0, 0, 0, 0];
    header[4..8].copy_from_slice(&bridge.to_ne_bytes());
    // struct bridge_vlan_info: BRIDGE_VLAN_INFO_BRENTRY, vid.
    let [low, high] = vlan.to_ne_bytes();
    let [flag, rest] = (1u16 << 5).to_ne_bytes();
    Message::new(NEW_VLAN, Flags::CREATE)
        .with_header(&header)
        .with_nest(1, |entry| {
            entry.attribute(1, &[flag, rest, low, high]);
        })
}

/// Gives the namespace behind an open descriptor an id in one's own (`RTM_NEWNSID`).
pub fn name_namespace(namespace: &impl AsRawFd, id: i32) -> Message {
    // struct rtgenmsg, NETNSA_NSID, NETNSA_FD.
    Message::new(88, Flags::empty())
        .with_header(&[0; 4])
        .with_i32(1, id)
        .with_i32(3, namespace.as_raw_fd())
}

/// The index in a link message.
pub fn link_index(frame: &Frame) -> u32 {
    let index = frame.payload()[4..8].try_into().expect("four bytes");
    u32::from_ne_bytes(index)
}

/// The name in a link message.
pub fn link_name(frame: &Frame) -> String {
    let name = frame.attributes(LINK_HEADER).find(LINK_NAME);
    name.expect("IFLA_IFNAME").text().expect("text").to_owned()
}

/// The address in an address message.
pub fn local_address(frame: &Frame) -> [u8; 4] {
    let local = frame.attributes(ADDRESS_HEADER).find(ADDRESS_LOCAL);
    local.expect("IFA_LOCAL").array().expect("four bytes")
}

const AF_INET: u8 = 2;
const AF_BRIDGE: u8 = 7;
const LINK_INFO: u16 = 18;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
