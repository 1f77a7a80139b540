//! The helpers for interfaces, addresses and routes, against the running kernel.

#![cfg(target_os = "linux")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::net::IpAddr;

use netlane_testkit::{Links, NetworkNamespace, in_namespace};
use netlane_wire::{Flags, Message};

const ENODEV: i32 = 19;
const EEXIST: i32 = 17;
const ESRCH: i32 = 3;
const EADDRNOTAVAIL: i32 = 99;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn errno<T>(result: std::io::Result<T>) -> Option<i32> {
    result.err().and_then(|error| error.raw_os_error())
}

/// IFF_UP of an interface, from the kernel's description.
fn is_up(links: &mut Links, name: &str) -> bool {
    let mut message = Message::new(18, Flags::empty());
    message.header(&[0; 16]).text(3, name);
    let frames = links.request(message).unwrap();
    frames[0].payload()[8] & 1 == 1
}

#[test]
fn a_fresh_namespace_has_lo_alone_and_down() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        assert_eq!(links.index("lo").unwrap(), 1);
        assert!(!is_up(&mut links, "lo"));
        links.set_up("lo").unwrap();
        assert!(is_up(&mut links, "lo"));
        links.set_down("lo").unwrap();
        assert!(!is_up(&mut links, "lo"));
        assert_eq!(errno(links.index("eth0")), Some(ENODEV));
    });
}

#[test]
fn every_kind_that_tests_use_can_be_made() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        links.veth("left", "right").unwrap();
        assert_eq!(errno(links.veth("left", "other")), Some(EEXIST));
        links.bridge("br0").unwrap();
        links.set_master("left", "br0").unwrap();
        links.create_above("mac0", "macvlan", "right").unwrap();
        links.create("ifb9", "ifb", |_| {}).unwrap();
        links
            .create("vx0", "vxlan", |info| {
                info.u32(1, 42); // IFLA_VXLAN_ID
            })
            .unwrap();
        for name in ["left", "right", "br0", "mac0", "ifb9", "vx0"] {
            links.set_up(name).unwrap();
            assert!(is_up(&mut links, name), "{name}");
        }
        links.delete("left").unwrap();
        assert_eq!(errno(links.index("right")), Some(ENODEV));
        assert_eq!(errno(links.delete("left")), Some(ENODEV));
    });
}

#[test]
fn addresses_routes_and_neighbours_come_and_go() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        links.veth("left", "right").unwrap();
        links.set_up("left").unwrap();
        links.set_up("right").unwrap();
        for (address, prefix, destination) in [
            ("192.0.2.1", 24, "198.51.100.0"),
            ("2001:db8::1", 64, "2001:db8:1::"),
        ] {
            links.add_address("left", ip(address), prefix).unwrap();
            assert_eq!(
                errno(links.add_address("left", ip(address), prefix)),
                Some(EEXIST)
            );
            links.add_route("left", ip(destination), prefix).unwrap();
            assert_eq!(
                errno(links.add_route("left", ip(destination), prefix)),
                Some(EEXIST)
            );
            links
                .add_neighbour("left", ip(address), [2, 0, 0, 0, 0, 9])
                .unwrap();
            links.delete_route("left", ip(destination), prefix).unwrap();
            assert_eq!(
                errno(links.delete_route("left", ip(destination), prefix)),
                Some(ESRCH)
            );
            links.delete_address("left", ip(address), prefix).unwrap();
            assert_eq!(
                errno(links.delete_address("left", ip(address), prefix)),
                Some(EADDRNOTAVAIL)
            );
        }
    });
}

#[test]
fn an_interface_moves_between_namespaces() {
    in_namespace(|| {
        let elsewhere = NetworkNamespace::new().unwrap();
        let mut links = Links::open().unwrap();
        links.veth("here", "there").unwrap();
        links.move_to("there", &elsewhere).unwrap();
        assert_eq!(errno(links.index("there")), Some(ENODEV));
        elsewhere.run(|| {
            let mut links = Links::open().unwrap();
            assert!(links.index("there").unwrap() > 1);
        });
    });
}
