//! Multicast: memberships, who receives, and the true group. M3, M11.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests panic like tests"
)]

mod common;

use std::net::{Ipv4Addr, UdpSocket};

use common::{drain, errno, in_own_namespace, numbered, open, port, request};
use netlane_sys::{Address, ErrorKind, Protocol, Socket, SocketKind};
use netlane_wire::{Flags, Message};

const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_NEIGH: u32 = 3;
const RTNLGRP_NEXTHOP: u32 = 32;
const RTNLGRP_BRVLAN: u32 = 33;
const RTNLGRP_IPV4_MCADDR: u32 = 37;

#[test]
fn memberships_are_joined_listed_and_left() {
    let socket = open(Protocol::ROUTE);
    assert_eq!(socket.memberships().unwrap(), []);
    for group in [
        RTNLGRP_BRVLAN,
        RTNLGRP_LINK,
        RTNLGRP_NEXTHOP,
        RTNLGRP_NEIGH,
        RTNLGRP_LINK,
    ] {
        socket.add_membership(group).unwrap();
    }
    let all = [RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_NEXTHOP, RTNLGRP_BRVLAN];
    assert_eq!(socket.memberships().unwrap(), all);
    let mask = socket.local_address().unwrap().groups;
    assert_eq!(mask, 1 | 1 << 2 | 1 << 31, "the address shows the first 32");
    socket.drop_membership(RTNLGRP_LINK).unwrap();
    socket.drop_membership(RTNLGRP_BRVLAN).unwrap();
    assert_eq!(
        socket.memberships().unwrap(),
        [RTNLGRP_NEIGH, RTNLGRP_NEXTHOP]
    );
}

#[test]
fn binding_joins_by_mask() {
    let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
    socket
        .bind(Address {
            port: 0,
            groups: 0b101,
        })
        .unwrap();
    assert_eq!(socket.memberships().unwrap(), [1, 3]);
}

#[test]
fn groups_that_do_not_exist_are_errors_that_name_them_and_the_option() {
    let socket = open(Protocol::ROUTE);
    for group in [0, 1_000_000, u32::MAX] {
        let error = socket.add_membership(group).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{group}");
        assert_eq!(error.option(), Some("NETLINK_ADD_MEMBERSHIP"));
        let said = error.to_string();
        assert!(said.contains("NETLINK_ADD_MEMBERSHIP"), "{said}");
        assert!(said.contains(&format!("group {group} ")), "{said}");
        socket.drop_membership(group).unwrap_err();
    }
}

/// Joining a USERSOCK group needs CAP_NET_ADMIN, and the error says so.
#[test]
fn a_missing_capability_is_named() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let unprivileged = status.contains("CapEff:\t0000000000000000");
    let socket = open(Protocol::USERSOCK);
    match socket.add_membership(1) {
        Ok(()) => assert!(!unprivileged, "joined without any capability"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert!(error.is_permission_denied());
            assert!(error.to_string().contains("CAP_NET_ADMIN"), "{error}");
        }
    }
    let other = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
    if let Err(error) = other.bind(Address { port: 0, groups: 1 }) {
        assert!(unprivileged);
        assert!(error.to_string().contains("CAP_NET_ADMIN"), "{error}");
    }
}

/// M11: a member without a port hears nothing.
#[test]
fn m11_an_unbound_member_receives_no_multicast() {
    in_own_namespace("m11_an_unbound_member_receives_no_multicast", || {
        let unbound = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
        unbound.add_membership(1).unwrap();
        let (bound, sender) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
        bound.add_membership(1).unwrap();
        let _ = sender.send_to(b"hello", Address::group(1).unwrap());
        assert_eq!(bound.recv(&mut [0; 64]).unwrap().len, 5);
        assert_eq!(errno(unbound.recv(&mut [0; 64])), libc::EAGAIN);
    });
}

#[test]
fn a_multicast_carries_its_group_and_sender() {
    in_own_namespace("a_multicast_carries_its_group_and_sender", || {
        let (reader, sender) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
        for group in [1, 5, 32] {
            reader.add_membership(group).unwrap();
        }
        for pktinfo in [false, true] {
            reader.set_pktinfo(pktinfo).unwrap();
            for group in [5, 32, 1] {
                let _ = sender.send_to(b"x", Address::group(group).unwrap());
                let received = reader.recv(&mut [0; 64]).unwrap();
                assert_eq!(received.group, Some(group), "pktinfo {pktinfo}");
                assert_eq!(received.sender.port, port(&sender));
            }
        }
    });
}

/// M3: above 32 only NETLINK_PKTINFO knows the group.
#[test]
fn m03_groups_above_32_are_in_the_control_message_only() {
    in_own_namespace(
        "m03_groups_above_32_are_in_the_control_message_only",
        || {
            let (route, reader) = (open(Protocol::ROUTE), open(Protocol::ROUTE));
            let (group, provoke) = event_above_32(&route, &reader);
            drain(&reader);

            provoke(7);
            let received = drain(&reader)[0].clone().unwrap().1;
            assert_eq!((received.sender, received.group), (Address::KERNEL, None));

            reader.set_pktinfo(true).unwrap();
            provoke(8);
            let received = drain(&reader)[0].clone().unwrap().1;
            assert_eq!(received.sender.groups, 0, "the address does not show it");
            assert_eq!(received.group, Some(group));

            route.set_pktinfo(true).unwrap();
            route.send(&common::ping(1)).unwrap();
            assert_eq!(
                route.recv(&mut [0; 64]).unwrap().group,
                None,
                "a reply has none"
            );
        },
    );
}

/// Joins a group above 32 that this kernel has, and returns what makes events in it.
fn event_above_32(route: &Socket, reader: &Socket) -> (u32, Box<dyn Fn(u8)>) {
    if reader.add_membership(RTNLGRP_IPV4_MCADDR).is_ok() {
        common::raise_loopback(route);
        let member = UdpSocket::bind("127.0.0.1:0").unwrap();
        let provoke = move |number| {
            member
                .join_multicast_v4(&[239, 1, 1, number].into(), &Ipv4Addr::LOCALHOST)
                .unwrap();
        };
        return (RTNLGRP_IPV4_MCADDR, Box::new(provoke));
    }
    reader.add_membership(RTNLGRP_BRVLAN).unwrap();
    let bridge = filtering_bridge(route);
    let route = open(Protocol::ROUTE);
    (
        RTNLGRP_BRVLAN,
        Box::new(move |number| add_vlan(&route, bridge, number.into())),
    )
}

/// RTM_NEWLINK of a bridge with VLAN filtering; returns its interface index. It needs
/// CONFIG_BRIDGE_VLAN_FILTERING, on kernels before multicast addresses were announced.
fn filtering_bridge(route: &Socket) -> u32 {
    const INDEX: u32 = 77;
    let mut ifinfomsg = [0; 16];
    ifinfomsg[4..8].copy_from_slice(&INDEX.to_ne_bytes());
    let flags = Flags::REQUEST | Flags::ACK | Flags::CREATE | Flags::EXCL;
    let message = Message::new(16, flags)
        .with_header(&ifinfomsg)
        .with_text(3, "bridge") // IFLA_IFNAME
        .with_nest(18, |info| {
            info.text(1, "bridge"); // IFLA_LINKINFO, IFLA_INFO_KIND
            info.nest(2, |data| {
                data.u8(7, 1); // IFLA_INFO_DATA, IFLA_BR_VLAN_FILTERING
            });
        });
    request(route, message);
    INDEX
}

/// RTM_NEWVLAN on the bridge itself: `br_vlan_msg`, and an entry of `bridge_vlan_info`.
fn add_vlan(route: &Socket, bridge: u32, vlan: u16) {
    let mut br_vlan_msg = [0; 8];
    br_vlan_msg[0] = 7; // AF_BRIDGE
    br_vlan_msg[4..8].copy_from_slice(&bridge.to_ne_bytes());
    let mut info = [0; 4];
    info[..2].copy_from_slice(&(1u16 << 5).to_ne_bytes()); // BRIDGE_VLAN_INFO_BRENTRY
    info[2..].copy_from_slice(&vlan.to_ne_bytes());
    let message = Message::new(112, Flags::REQUEST | Flags::ACK)
        .with_header(&br_vlan_msg)
        .with_nest(1, |entry| {
            entry.attribute(1, &info); // BRIDGE_VLANDB_ENTRY, BRIDGE_VLANDB_ENTRY_INFO
        });
    route.send(&numbered(message, 1)).unwrap();
    assert_eq!(common::acknowledged(route, 1), 0, "adding a VLAN");
}
