//! Who is told of a change, and what the telling looks like: M1, M2, M3, M11, B7.

use netlane_sys::{Address, Protocol, Socket, SocketKind};
use netlane_testkit::in_namespace;
use netlane_wire::Flags;

use super::kit::{
    ACKNOWLEDGED, RTM_NEWADDR, RTNLGRP_IPV4_IFADDR, Said, drain, new_address, numbered, open, port,
};

/// M1: another socket is told, with the sequence and port of the one that asked.
#[test]
fn m01_a_notification_carries_its_cause() {
    in_namespace(|| {
        let (actor, watcher) = (open(Protocol::ROUTE), open(Protocol::ROUTE));
        watcher.add_membership(RTNLGRP_IPV4_IFADDR).unwrap();
        actor
            .send(&numbered(new_address(0, ACKNOWLEDGED), 1234))
            .unwrap();
        assert_eq!(
            drain(&actor),
            [Said::Ack {
                sequence: 1234,
                errno: 0
            }]
        );
        assert_eq!(drain(&watcher), [event(1234, port(&actor))]);
    });
}

/// M1, second half: the sender is the kernel all the same.
#[test]
fn m01_the_sender_of_a_notification_is_the_kernel() {
    in_namespace(|| {
        let (actor, watcher) = (open(Protocol::ROUTE), open(Protocol::ROUTE));
        watcher.add_membership(RTNLGRP_IPV4_IFADDR).unwrap();
        actor
            .send(&numbered(new_address(0, ACKNOWLEDGED), 1))
            .unwrap();
        assert_eq!(watcher.recv(&mut [0; 4096]).unwrap().sender.port, 0);
    });
}

/// M2: one's own change comes back as an event before its ACK; only the group tells it apart.
#[test]
fn m02_a_members_own_notification_precedes_its_ack() {
    in_namespace(|| {
        let socket = open(Protocol::ROUTE);
        socket.add_membership(RTNLGRP_IPV4_IFADDR).unwrap();
        socket
            .send(&numbered(new_address(0, ACKNOWLEDGED), 7))
            .unwrap();
        let ack = Said::Ack {
            sequence: 7,
            errno: 0,
        };
        assert_eq!(drain(&socket), [event(7, port(&socket)), ack]);
    });
}

/// B7: an echo looks like a notification too, comes once, and to the requester alone as its reply.
#[test]
fn b07_an_echo_has_a_group_and_comes_once() {
    in_namespace(|| {
        let (actor, watcher) = (open(Protocol::ROUTE), open(Protocol::ROUTE));
        let ack = Said::Ack {
            sequence: 7,
            errno: 0,
        };
        actor
            .send(&numbered(new_address(0, ACKNOWLEDGED), 7))
            .unwrap();
        assert_eq!(
            drain(&actor),
            std::slice::from_ref(&ack),
            "without ECHO: no reply"
        );
        for member in [false, true] {
            if member {
                actor.add_membership(RTNLGRP_IPV4_IFADDR).unwrap();
                watcher.add_membership(RTNLGRP_IPV4_IFADDR).unwrap();
            }
            let echoed = new_address(1 + u32::from(member), ACKNOWLEDGED | Flags::ECHO);
            actor.send(&numbered(echoed, 7)).unwrap();
            let said = drain(&actor);
            assert_eq!(
                said,
                [event(7, port(&actor)), ack.clone()],
                "member: {member}"
            );
        }
        assert_eq!(drain(&watcher), [event(7, port(&actor))]);
    });
}

/// M3: above 32 the address is silent. The event is a multicast address joined on the loopback
/// device, announced in RTNLGRP_IPV4_MCADDR (37), or on older kernels a VLAN of a bridge (33).
#[test]
fn m03_groups_above_32_are_known_from_pktinfo_alone() {
    in_namespace(|| {
        let watcher = open(Protocol::ROUTE);
        let provoke = event_above_32(&watcher);
        let group = watcher.memberships().unwrap()[0];
        for pktinfo in [true, false] {
            watcher.set_pktinfo(pktinfo).unwrap();
            drain(&watcher);
            provoke(if pktinfo { 7 } else { 8 });
            let received = watcher.recv(&mut [0; 4096]).unwrap();
            assert_eq!(received.sender, Address::KERNEL);
            assert_eq!(received.group, pktinfo.then_some(group));
        }
    });
}

fn event_above_32(watcher: &Socket) -> Box<dyn Fn(u8)> {
    let mut links = netlane_testkit::Links::open().unwrap();
    if watcher.add_membership(37).is_ok() {
        links.set_up("lo").unwrap();
        let member = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        return Box::new(move |number| {
            let loopback = std::net::Ipv4Addr::LOCALHOST;
            member
                .join_multicast_v4(&[239, 1, 1, number].into(), &loopback)
                .unwrap();
        });
    }
    watcher.add_membership(33).unwrap();
    let info = |info: &mut netlane_wire::Message| {
        info.u8(7, 1); // IFLA_BR_VLAN_FILTERING
    };
    links
        .create("bridge", "bridge", info)
        .expect("CONFIG_BRIDGE_VLAN_FILTERING");
    let index = links.index("bridge").unwrap();
    let links = std::cell::RefCell::new(links);
    Box::new(move |number| {
        // struct br_vlan_msg: AF_BRIDGE, 3 bytes of padding, index.
        let [a, b, c, d] = index.to_ne_bytes();
        let [low, high] = u16::from(number).to_ne_bytes();
        let [flags_0, flags_1] = (1u16 << 5).to_ne_bytes(); // BRIDGE_VLAN_INFO_BRENTRY
        let message = netlane_wire::Message::new(112, Flags::empty()) // RTM_NEWVLAN
            .with_header(&[7, 0, 0, 0, a, b, c, d])
            .with_nest(1, |entry| {
                entry.attribute(1, &[flags_0, flags_1, low, high]);
            });
        links.borrow_mut().request(message).unwrap();
    })
}

/// M11: a member without a port is not told.
#[test]
fn m11_an_unbound_member_hears_nothing() {
    in_namespace(|| {
        let actor = open(Protocol::ROUTE);
        let unbound = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
        unbound.add_membership(RTNLGRP_IPV4_IFADDR).unwrap();
        actor
            .send(&numbered(new_address(0, ACKNOWLEDGED), 1))
            .unwrap();
        assert_eq!(drain(&unbound), []);
        unbound
            .bind(Address {
                port: 0,
                groups: 1 << (RTNLGRP_IPV4_IFADDR - 1),
            })
            .unwrap();
        actor
            .send(&numbered(new_address(1, ACKNOWLEDGED), 1))
            .unwrap();
        assert_eq!(drain(&unbound).len(), 1, "bound, it is");
    });
}

/// B8: leaving a group leaves what is queued.
#[test]
fn b08_leaving_a_group_keeps_what_is_queued() {
    in_namespace(|| {
        let (actor, watcher) = (open(Protocol::ROUTE), open(Protocol::ROUTE));
        watcher.add_membership(RTNLGRP_IPV4_IFADDR).unwrap();
        actor
            .send(&numbered(new_address(0, ACKNOWLEDGED), 1))
            .unwrap();
        watcher.drop_membership(RTNLGRP_IPV4_IFADDR).unwrap();
        actor
            .send(&numbered(new_address(1, ACKNOWLEDGED), 2))
            .unwrap();
        assert_eq!(drain(&watcher), [event(1, port(&actor))]);
    });
}

fn event(sequence: u32, port: u32) -> Said {
    Said::Data {
        sequence,
        port,
        kind: RTM_NEWADDR,
        group: Some(RTNLGRP_IPV4_IFADDR),
    }
}
