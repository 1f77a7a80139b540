//! Where kernels differ: the rows of that table in KERNELS.md that concern the transport. On a kernel that
//! has a column there the test fails if the table is wrong; on any other, if it does neither.

use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};

use futures::StreamExt;
use netlane::{Notice, Protocol};
use netlane_ethtool::LinkState;
use netlane_generic::Resolver;
use netlane_sys::{Socket, SocketKind};
use netlane_testkit::{Links, in_namespace};
use netlane_tests::route::{
    GROUP_IPV6_MULTICAST_ADDRESS, GROUP_MULTICAST_ADDRESS, LOOPBACK, link_name, new_bridge,
    new_veth,
};
use netlane_tests::stage::play;

/// What the running kernel's column says, if it has one.
fn column(row: [bool; 3]) -> Option<bool> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let columns = ["6.1.", "6.12.", "6.18."].into_iter().zip(row);
    let mine = |(kernel, _): &(&str, bool)| release.starts_with(kernel);
    columns.into_iter().find(mine).map(|(_, says)| says)
}

#[test]
fn listening_to_all_namespaces_can_be_read_back_or_is_said_to_be_unsupported() {
    let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
    let readable = match socket.listen_all_nsid() {
        Ok(on) => !on,
        Err(error) => {
            assert!(error.is_unsupported(), "{error}");
            false
        }
    };
    let expected = column([false, true, true]);
    assert_eq!(readable, expected.unwrap_or(readable));
}

#[test]
fn a_new_interface_is_echoed_or_only_acknowledged() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let answer = handle.echo(new_bridge("br0")).await.unwrap();
            let names: Vec<_> = answer.replies.iter().map(link_name).collect();
            assert!(names.is_empty() || names == ["br0"], "{names:?}");
            let echoed = !names.is_empty();
            assert_eq!(echoed, column([false, true, true]).unwrap_or(echoed));
            // Either way it is there, and nothing is left to wait for.
            assert!(Links::open().unwrap().index("br0").is_ok());
            assert_eq!(handle.pending(), 0);
        });
    });
}

#[test]
fn an_ethtool_dump_takes_an_empty_header_nest_and_may_insist_on_one() {
    in_namespace(|| {
        play(async {
            let route = netlane::spawn(Protocol::ROUTE).unwrap();
            route.request(new_veth("v0", "v1")).await.unwrap();
            let ethtool = Resolver::new(netlane::spawn(Protocol::GENERIC).unwrap());
            let with_header = LinkState::dump().device(|device| device);
            let listed = ethtool.list(with_header).await.unwrap();
            let devices = listed.collect_all().await.unwrap().len();
            assert!(devices >= 2, "{devices}");
            let without = ethtool.list(LinkState::dump()).await.unwrap();
            let taken = match without.collect_all().await {
                Ok(listed) => listed.len() == devices,
                Err(error) => {
                    assert_eq!(error.errno(), Some(EINVAL), "{error}");
                    false
                }
            };
            assert_eq!(taken, column([false, true, true]).unwrap_or(taken));
        });
    });
}

#[test]
fn multicast_addresses_are_announced_or_the_error_names_their_group() {
    in_namespace(|| {
        Links::open().unwrap().set_up("lo").unwrap();
        let ipv4 = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let ipv6 = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let join_ipv4 = || ipv4.join_multicast_v4(&[239, 1, 1, 7].into(), &Ipv4Addr::LOCALHOST);
        let join_ipv6 = || {
            let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x77);
            ipv6.join_multicast_v6(&group, LOOPBACK)
        };
        let groups: [(u32, &dyn Fn() -> std::io::Result<()>); 2] = [
            (GROUP_MULTICAST_ADDRESS, &join_ipv4),
            (GROUP_IPV6_MULTICAST_ADDRESS, &join_ipv6),
        ];
        play(async {
            for (group, join) in groups {
                let announced = is_announced(group, join).await;
                let expected = column([false, false, true]);
                assert_eq!(announced, expected.unwrap_or(announced), "{group}");
            }
        });
    });
}

/// Whether what `provoke` does is heard in a group; if not, there is no such group.
async fn is_announced(group: u32, provoke: &dyn Fn() -> std::io::Result<()>) -> bool {
    let handle = netlane::spawn(Protocol::ROUTE).unwrap();
    match handle.subscribe([group]).await {
        Ok(mut events) => {
            provoke().unwrap();
            let heard = events.next().await.unwrap().unwrap();
            assert!(matches!(heard, Notice::Event(event) if event.group == group));
            true
        }
        Err(error) => {
            assert_eq!(error.errno(), Some(EINVAL), "{error}");
            assert!(
                error.to_string().contains(&format!("no group {group} ")),
                "{error}"
            );
            false
        }
    }
}

const EINVAL: i32 = 22;
