//! One socket for everything, and later sockets where the first one was: groups
//! and namespaces that a subscription takes hold of are given up with it, and
//! nothing else is.
#![cfg(unix)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use netlane::sys::{Address, Socket, SocketKind};
use netlane::wire::{Flags, Message};
use netlane::{Builder, Lanes, Notice, Protocol, Received};
use netlane_testkit::{Links, NetworkNamespace, has_two_processors, in_namespace, patience};
use netlane_tests::overtaking::delaying_the_part_of;
use netlane_tests::route::{add_address, address, get_addresses, local_address};
use netlane_tests::stage::{multi_thread, play_on};

const LINK: u32 = 1;
const NEIGHBOUR: u32 = 3;

fn block_on<T>(body: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { tokio::time::timeout(patience(Duration::from_secs(20)), body).await })
        .unwrap()
}

fn memberships(fd: &Socket) -> Vec<u32> {
    fd.memberships().unwrap()
}

#[test]
fn groups_of_an_adopted_socket_stay_and_others_are_left() {
    use std::os::fd::AsFd;
    in_namespace(|| {
        block_on(async {
            let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            socket.bind(Address::KERNEL).unwrap();
            socket.add_membership(LINK).unwrap();
            let same = Socket::adopt(socket.as_fd().try_clone_to_owned().unwrap()).unwrap();
            let handle = Builder::new(Protocol::ROUTE)
                .socket(socket)
                .spawn()
                .unwrap();
            let one = handle.subscribe([LINK, NEIGHBOUR]).await.unwrap();
            let two = handle.subscribe([NEIGHBOUR]).await.unwrap();
            assert_eq!(memberships(&same), [LINK, NEIGHBOUR]);
            drop(one);
            assert_eq!(memberships(&same), [LINK, NEIGHBOUR]);
            drop(two);
            assert_eq!(memberships(&same), [LINK]);
        });
    });
}

/// Whether the socket hears other namespaces; `None` where the kernel does not
/// tell, as Debian's 6.1. That nothing is heard is asserted beside it.
fn hears_all(socket: &Socket) -> Option<bool> {
    match socket.listen_all_nsid() {
        Err(error) if error.is_unsupported() => None,
        on => Some(on.unwrap()),
    }
}

#[test]
fn a_subscription_that_fails_leaves_nothing_behind() {
    use std::os::fd::AsFd;
    in_namespace(|| {
        block_on(async {
            let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            let same = Socket::adopt(socket.as_fd().try_clone_to_owned().unwrap()).unwrap();
            let handle = Builder::new(Protocol::ROUTE)
                .socket(socket)
                .spawn()
                .unwrap();
            let refused = handle.subscribe([LINK, 100_000]).all_namespaces().await;
            assert!(refused.is_err());
            assert_eq!(memberships(&same), []);
            assert_ne!(hears_all(&same), Some(true));
        });
    });
}

#[test]
fn other_namespaces_are_heard_only_by_who_asked_and_as_long_as_that() {
    use std::os::fd::AsFd;
    in_namespace(|| {
        let other = NetworkNamespace::new().unwrap();
        block_on(async {
            let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            let same = Socket::adopt(socket.as_fd().try_clone_to_owned().unwrap()).unwrap();
            let handle = Builder::new(Protocol::ROUTE)
                .socket(socket)
                .spawn()
                .unwrap();
            let mut own = handle.subscribe([LINK]).await.unwrap();
            let all = handle.subscribe([LINK]).all_namespaces().await.unwrap();
            assert_ne!(hears_all(&same), Some(false));
            drop(all);
            assert_ne!(hears_all(&same), Some(true));
            other.run(|| Links::open().unwrap().bridge("elsewhere").unwrap());
            Links::open().unwrap().bridge("here").unwrap();
            own.barrier().await.unwrap();
            let first = own.next().await.unwrap().unwrap();
            let Notice::Event(event) = first else {
                panic!("{first:?}")
            };
            let name = event.frame.attributes(16).find(3).unwrap();
            assert_eq!(name.text().unwrap(), "here");
        });
    });
}

#[test]
fn dumps_and_events_are_of_the_namespace_that_the_connection_was_made_in() {
    in_namespace(|| {
        let other = NetworkNamespace::new().unwrap();
        Links::open().unwrap().bridge("home").unwrap();
        let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
        // Everything after this runs on threads of another namespace.
        other.run(|| {
            block_on(async {
                tokio::spawn(connection);
                let get_link = Message::new(18, Flags::empty()).with_header(&[0; 16]);
                let links = handle.dump(get_link).collect_with_retries(5).await.unwrap();
                let names: Vec<String> = links
                    .frames
                    .iter()
                    .map(|link| {
                        let name = link.attributes(16).find(3).unwrap();
                        name.text().unwrap().to_string()
                    })
                    .collect();
                assert!(names.iter().any(|name| name == "home"), "{names:?}");
            });
        });
    });
}

#[test]
fn an_adopted_socket_of_another_protocol_is_refused() {
    let socket = Socket::open(Protocol::GENERIC, SocketKind::Raw).unwrap();
    let error = Builder::new(Protocol::ROUTE)
        .socket(socket)
        .connect()
        .unwrap_err();
    assert!(error.to_string().contains("NETLINK_GENERIC"), "{error}");
}

#[test]
fn a_fixed_port_means_one_socket_whatever_is_said_after_it() {
    block_on(async {
        let builder = Builder::new(Protocol::ROUTE)
            .port(0x7eee_0001)
            .lanes(Lanes::Separate);
        let handle = builder.spawn().unwrap();
        let get_link = Message::new(18, Flags::empty()).with_header(&[0; 16]);
        let links = handle.dump(get_link).collect_with_retries(5).await.unwrap();
        assert!(!links.frames.is_empty());
    });
}

#[test]
fn an_inbound_stream_is_told_of_what_was_cut() {
    block_on(async {
        let handle = Builder::new(Protocol::USERSOCK)
            .frame_size(8192)
            .spawn()
            .unwrap();
        let mut inbound = handle.inbound().unwrap();
        let peer = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
        let long = Message::raw(20, Flags::empty(), &[0; 10_000])
            .finish()
            .unwrap();
        peer.send_to(&long, Address::port(handle.port())).unwrap();
        let first = inbound.next().await.unwrap().unwrap();
        assert!(matches!(first, Received::Lost(_)), "{first:?}");
    });
}

/// Fails when a dump is sent by its own caller and not by who reads (`State::may_send`): another
/// that receives meanwhile makes the second part, which then precedes the first.
#[test]
fn the_parts_of_a_dump_stay_in_order_while_others_read() {
    in_namespace(|| {
        if !has_two_processors() {
            return;
        }
        play_on(&multi_thread(2), async {
            let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            // Where the kernel could be overtaken, it takes its time.
            socket
                .attach_filter(&delaying_the_part_of(address(0)))
                .unwrap();
            let builder = Builder::new(Protocol::ROUTE).socket(socket);
            let handle = builder.spawn().unwrap();
            let expected: Vec<_> = (0..1000).map(address).collect();
            let additions = expected.iter().copied().map(add_address);
            for outcome in handle.batch(additions).await {
                outcome.unwrap();
            }
            let over = Arc::new(AtomicBool::new(false));
            let others = tokio::spawn({
                let (handle, over) = (handle.clone(), Arc::clone(&over));
                async move {
                    while !over.load(Ordering::Relaxed) {
                        handle.ping().await.unwrap();
                    }
                }
            });
            for _ in 0..DUMPS {
                let entries = handle.dump(get_addresses());
                let found = entries.map(|entry| local_address(&entry.unwrap()));
                assert_eq!(found.collect::<Vec<_>>().await, expected);
            }
            over.store(true, Ordering::Relaxed);
            others.await.unwrap();
        });
    });
}

/// Without the rule one of the first few is out of order, if nothing else runs on the machine.
const DUMPS: usize = 100;
