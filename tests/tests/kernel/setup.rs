//! How a connection is made: options as the kernel reads them back, ports, adopted sockets,
//! namespaces, every protocol number.

use std::os::fd::{AsFd, OwnedFd};

use futures::{FutureExt, StreamExt};
use netlane::wire::{Flags, Message};
use netlane::{Builder, ErrorKind, Lanes, Namespace, Notice, Protocol};
use netlane_sys::{Address, Socket, SocketKind};
use netlane_testkit::{Links, NetworkNamespace, in_namespace};
use netlane_tests::route::{
    GROUP_ADDRESS, GROUP_LINK, LOOPBACK, add_address, address, get_link, get_links, link_name,
    new_bridge,
};
use netlane_tests::sockets::{self, mask};
use netlane_tests::stage::{multi_thread, play, play_on};

#[test]
fn the_defaults_are_set_and_can_be_read() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let options = handle.options().unwrap();
            assert!(options.ext_ack && options.cap_ack && options.strict_check);
            assert_eq!(options.port, handle.port());
            assert_ne!(options.port, 0);
            let links = handle.subscribe([GROUP_LINK]).await.unwrap();
            let options = links.options().unwrap();
            assert!(options.pktinfo && options.ext_ack);
            assert_eq!(options.port, links.port());
            // Strict checking means something to NETLINK_ROUTE alone.
            let diag = netlane::spawn(Protocol::SOCK_DIAG).unwrap();
            assert!(!diag.options().unwrap().strict_check);
            let single = Builder::new(Protocol::ROUTE).lanes(Lanes::Single);
            let single = single.strict(false).spawn().unwrap();
            let options = single.options().unwrap();
            assert!(options.pktinfo && !options.strict_check);
            let shown = options.to_string();
            assert!(
                shown.contains("PKTINFO") && !shown.contains("STRICT"),
                "{shown}"
            );
        })
    });
}

#[test]
fn buffers_are_what_was_asked_for() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).receive_buffer(100_000);
            let handle = builder.send_buffer(500_000).spawn().unwrap();
            let options = handle.options().unwrap();
            assert_eq!(options.receive_buffer, 200_000);
            assert_eq!(options.send_buffer, 1_000_000);
            // What the default refuses fits now; the kernel has its own opinion of the content.
            let long = Message::raw(18, Flags::empty(), &[0; 400_000]);
            let error = handle.request(long).await.unwrap_err();
            assert!(!error.was_not_sent(), "{error}");
        })
    });
}

#[test]
fn a_fixed_port_is_kept_on_a_single_lane_and_taken_only_once() {
    in_namespace(|| {
        play(async {
            for port in [100, std::process::id(), 7 << 16 | 1, u32::MAX] {
                let handle = Builder::new(Protocol::ROUTE).port(port).spawn().unwrap();
                assert_eq!(handle.port(), port);
                let frame = handle.request_one(get_link(LOOPBACK)).await.unwrap();
                assert_eq!(frame.header().port, port);
                assert_eq!(handle.dump(get_links()).count().await, 1);
                assert_eq!(sockets::open().len(), 1, "one socket for everything");
                let error = Builder::new(Protocol::ROUTE)
                    .port(port)
                    .spawn()
                    .unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Setup);
                assert_eq!(error.errno(), Some(EADDRINUSE), "{error}");
                handle
                    .close(std::time::Duration::from_secs(9))
                    .await
                    .unwrap();
                drop(handle);
                netlane_tests::stage::until("it is closed", || sockets::open().is_empty()).await;
            }
        })
    });
}

#[test]
fn datagram_sockets_make_no_difference() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).kind(SocketKind::Datagram);
            let handle = builder.spawn().unwrap();
            handle.ping().await.unwrap();
            assert_eq!(handle.dump(get_links()).count().await, 1);
        })
    });
}

#[test]
fn an_adopted_socket_keeps_its_port_and_its_memberships() {
    in_namespace(|| {
        play(async {
            let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            socket
                .bind(Address {
                    port: 77,
                    groups: mask(GROUP_LINK),
                })
                .unwrap();
            let socket = Socket::adopt(OwnedFd::from(socket)).unwrap();
            let handle = Builder::new(Protocol::ROUTE)
                .socket(socket)
                .spawn()
                .unwrap();
            assert_eq!(handle.port(), 77);
            assert!(handle.options().unwrap().ext_ack);
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            // Its own group is heard by nobody here, and is no reply to anybody either.
            let answer = handle.request(new_bridge("br0")).await.unwrap();
            assert!(answer.replies.is_empty(), "{answer:?}");
            handle.request(add_address(address(1))).await.unwrap();
            events.barrier().await.unwrap();
            let Some(Some(Ok(Notice::Event(event)))) = events.next().now_or_never() else {
                panic!("no event");
            };
            assert_eq!(event.group, GROUP_ADDRESS);
            // Joined once by its former owner, once by us, and left by us.
            let links = handle.subscribe([GROUP_LINK]).await.unwrap();
            drop((links, events));
            let member_of = sockets::groups(0, 77).unwrap();
            assert_eq!(
                member_of,
                mask(GROUP_LINK),
                "what it came with is not ours to leave"
            );
        })
    });
}

/// Fails when a busy socket is not read free (`SharedDump::found_busy`).
#[test]
fn an_adopted_socket_with_a_dump_under_way_is_read_free() {
    in_namespace(|| {
        play(async {
            let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            socket.bind(Address::KERNEL).unwrap();
            let dump = get_links().into_frame(0, 0).unwrap().into_bytes();
            let mut dump = dump.to_vec();
            let flags = (Flags::REQUEST | Flags::DUMP).bits().to_ne_bytes();
            dump[6..8].copy_from_slice(&flags);
            socket.send_to(&dump, Address::KERNEL).unwrap();
            let handle = Builder::new(Protocol::ROUTE)
                .socket(socket)
                .spawn()
                .unwrap();
            // The kernel refuses a second dump with EBUSY until somebody has read the first.
            let frames: Vec<_> = handle.dump(get_links()).collect().await;
            assert_eq!(frames.len(), 1, "{frames:?}");
            assert_eq!(link_name(frames[0].as_ref().unwrap()), "lo");
        })
    });
}

#[test]
fn a_socket_of_another_kind_is_not_adopted() {
    let other = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = Socket::adopt(OwnedFd::from(other)).unwrap_err();
    assert!(error.to_string().contains("netlink"), "{error}");
}

#[test]
fn a_connection_stays_in_the_namespace_it_was_made_for() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            let elsewhere = NetworkNamespace::new().unwrap();
            elsewhere.run(|| Links::open().unwrap().bridge("br7").unwrap());
            let descriptor = elsewhere.as_fd().try_clone_to_owned().unwrap();
            for namespace in [
                Namespace::Path(elsewhere.path()),
                Namespace::from(descriptor),
            ] {
                let builder = Builder::new(Protocol::ROUTE).namespace(namespace);
                let handle = builder.spawn().unwrap();
                let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                assert_eq!(handle.dump(get_links()).count().await, 2);
                // From any thread, by any of its sockets.
                let task = tokio::spawn({
                    let handle = handle.clone();
                    async move { handle.dump(get_links()).count().await }
                });
                assert_eq!(task.await.unwrap(), 2);
                elsewhere.run(|| {
                    let mut links = Links::open().unwrap();
                    let address = "10.1.1.1".parse().unwrap();
                    links.add_address("br7", address, 24).unwrap();
                    links.delete_address("br7", address, 24).unwrap();
                });
                events.barrier().await.unwrap();
                assert!(events.next().now_or_never().is_some());
            }
            // This thread has not moved.
            let here = netlane::spawn(Protocol::ROUTE).unwrap();
            assert_eq!(here.dump(get_links()).count().await, 1);
        })
    });
}

#[test]
fn a_handle_used_in_another_namespace_opens_its_sockets_at_home() {
    in_namespace(|| {
        let runtime = multi_thread(1);
        let handle = runtime.block_on(async { netlane::spawn(Protocol::ROUTE).unwrap() });
        runtime.block_on(async { handle.request(new_bridge("br0")).await.unwrap() });
        let elsewhere = NetworkNamespace::new().unwrap();
        elsewhere.run(|| {
            play(async {
                // The request lane is at home in any case; dumps and events must be as well.
                assert_eq!(handle.dump(get_links()).count().await, 2);
                let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                handle.request(add_address(address(1))).await.unwrap();
                events.barrier().await.unwrap();
                assert!(events.next().now_or_never().is_some());
            });
        });
    });
}

#[test]
fn a_namespace_that_does_not_exist_is_named() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE);
            let namespace = Namespace::Name("no-such-namespace".into());
            let error = builder.namespace(namespace).spawn().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Setup);
            assert!(error.to_string().contains("no-such-namespace"), "{error}");
        })
    });
}

#[test]
fn every_protocol_number_connects_or_says_what_would_provide_it() {
    in_namespace(|| {
        play(async {
            let mut opened = Vec::new();
            for number in 0..32 {
                let protocol = Protocol(number);
                match netlane::spawn(protocol) {
                    Ok(handle) => {
                        assert_eq!(handle.protocol(), protocol);
                        opened.push(number);
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Setup);
                        let (name, text) = (protocol.to_string(), error.to_string());
                        assert!(text.contains(&name), "{text} does not name {name}");
                        assert!(text.contains(protocol.provider()), "{text}");
                    }
                }
            }
            for always in [Protocol::ROUTE, Protocol::USERSOCK, Protocol::GENERIC] {
                assert!(opened.contains(&always.0), "{opened:?}");
            }
        })
    });
}

#[test]
fn who_answers_the_ping_answers_ours() {
    in_namespace(|| {
        play(async {
            for protocol in [
                Protocol::ROUTE,
                Protocol::SOCK_DIAG,
                Protocol::XFRM,
                Protocol::NETFILTER,
                Protocol::KOBJECT_UEVENT,
                Protocol::GENERIC,
            ] {
                let Ok(handle) = netlane::spawn(protocol) else {
                    // ROUTE and GENERIC are always there; the test above says so.
                    continue;
                };
                handle
                    .ping()
                    .await
                    .unwrap_or_else(|error| panic!("{error}"));
            }
            for silent in [
                Protocol::AUDIT,
                Protocol::CONNECTOR,
                Protocol::FIB_LOOKUP,
                Protocol::SELINUX,
                Protocol::USERSOCK,
            ] {
                if let Ok(handle) = netlane::spawn(silent) {
                    let error = handle.ping().await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Invalid);
                    assert!(error.to_string().contains("NLMSG_NOOP"), "{error}");
                }
            }
            let opaque = Builder::new(Protocol::ROUTE).opaque_types();
            let error = opaque.spawn().unwrap().ping().await.unwrap_err();
            assert!(error.to_string().contains("types of its own"), "{error}");
        })
    });
}

/// Fails when a socket is opened without SOCK_CLOEXEC.
#[test]
fn every_socket_closes_on_exec_and_never_blocks() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let events = handle.subscribe([GROUP_LINK]).await.unwrap();
            let mut dump = handle.dump(get_links());
            dump.next().await.unwrap().unwrap();
            let inherited = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            inherited.bind(Address::KERNEL).unwrap();
            let adopted = Builder::new(Protocol::ROUTE)
                .socket(inherited)
                .spawn()
                .unwrap();
            let open = sockets::open();
            assert_eq!(open.len(), 4, "{open:?}");
            for socket in open {
                let descriptors = sockets::descriptor_flags(socket.inode);
                assert_eq!(descriptors.len(), 1, "{socket:?}");
                let both = O_CLOEXEC | O_NONBLOCK;
                assert_eq!(descriptors[0] & both, both, "{socket:?}");
            }
            drop((adopted, events, dump));
        })
    });
}

const EADDRINUSE: i32 = 98;
const O_NONBLOCK: u32 = 0o4000;
const O_CLOEXEC: u32 = 0o2_000_000;
