//! One socket and the kernel: open, bind, address, send, receive, adopt.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests panic like tests"
)]

mod common;

use std::{
    io::IoSlice,
    net::UdpSocket,
    os::fd::{AsRawFd, OwnedFd},
};

use common::{errno, open, ping, port};
use netlane_sys::{Address, ErrorKind, Protocol, ReceiveBatch, Socket, SocketKind};

const NUMBERS: std::ops::Range<i32> = 0..32;

#[test]
fn ping_is_answered_by_each_way_of_sending() {
    let socket = open(Protocol::ROUTE);
    let ping = ping(7);
    let mut buffer = [0; 64];
    for way in 0..4 {
        let sent = match way {
            0 => socket.send(&ping).unwrap(),
            1 => socket.send_to(&ping, Address::KERNEL).unwrap(),
            2 => {
                let (head, tail) = ping.split_at(5);
                let slices = [IoSlice::new(head), IoSlice::new(tail)];
                socket.send_slices(&slices, Some(Address::KERNEL)).unwrap()
            }
            _ => socket.send_many(&[&ping], None).unwrap() * 16,
        };
        assert_eq!(sent, 16, "way {way}");
        let received = socket.recv(&mut buffer).unwrap();
        assert_eq!((received.len, received.full_len), (36, 36), "way {way}");
        assert_eq!(received.sender, Address::KERNEL);
        assert_eq!(
            (received.group, received.nsid, received.credentials),
            (None, None, None)
        );
        assert_eq!(buffer[4..6], 2u16.to_ne_bytes(), "NLMSG_ERROR");
        assert_eq!(buffer[8..12], 7u32.to_ne_bytes(), "sequence");
        assert_eq!(buffer[16..20], [0; 4], "acknowledged");
    }
    assert_eq!(errno(socket.recv(&mut buffer)), libc::EAGAIN);
}

/// M25: which protocols exist is the kernel's affair; one that does not names itself.
#[test]
fn every_protocol_number_opens_or_says_what_would_provide_it() {
    for number in NUMBERS {
        let protocol = Protocol(number);
        match Socket::open(protocol, SocketKind::Datagram) {
            Ok(socket) => assert_eq!(socket.protocol().unwrap(), protocol),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{protocol}");
                assert_eq!(error.operation(), "socket");
                assert_eq!(error.raw_os_error(), Some(libc::EPROTONOSUPPORT));
                let text = error.to_string();
                assert!(text.contains(&protocol.to_string()), "{text}");
                assert!(text.contains(protocol.provider()), "{text}");
            }
        }
    }
    for builtin in [Protocol::ROUTE, Protocol::USERSOCK, Protocol::GENERIC] {
        Socket::open(builtin, SocketKind::Raw).unwrap();
    }
}

#[test]
fn protocol_numbers_outside_the_table_say_so() {
    for number in [-1, 32, i32::MAX] {
        let text = Socket::open(Protocol(number), SocketKind::Raw)
            .unwrap_err()
            .to_string();
        assert!(text.contains("0 to 31"), "{text}");
    }
}

#[test]
fn errors_convert_and_keep_their_number_and_source() {
    let error = Socket::open(Protocol::DNRTMSG, SocketKind::Raw).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        !error.to_string().contains(&source),
        "the text repeats its source"
    );
    let text = error.to_string();
    let converted = std::io::Error::from(error);
    assert_eq!(converted.to_string(), text);
    let source = std::error::Error::source(&converted).unwrap();
    let source: &std::io::Error = source.downcast_ref().unwrap();
    assert_eq!(source.raw_os_error(), Some(libc::EPROTONOSUPPORT));
}

#[test]
fn descriptors_are_nonblocking_and_close_on_exec() {
    let socket = open(Protocol::GENERIC);
    assert_flags(&socket);
}

fn assert_flags(socket: &Socket) {
    let fd = socket.as_raw_fd();
    // SAFETY: F_GETFD takes no argument; the descriptor is open.
    let descriptor = unsafe { libc::fcntl(fd, libc::F_GETFD) };
    assert_ne!(descriptor & libc::FD_CLOEXEC, 0, "close-on-exec");
    // SAFETY: F_GETFL takes no argument; the descriptor is open.
    let status = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    assert_ne!(status & libc::O_NONBLOCK, 0, "nonblocking");
}

#[test]
fn ports_are_chosen_by_the_kernel_or_fixed_and_are_unique() {
    let first = open(Protocol::USERSOCK);
    let chosen = port(&first);
    assert_ne!(chosen, 0);

    let second = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
    let error = second.bind(Address::port(chosen)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    assert!(error.to_string().contains(&chosen.to_string()), "{error}");

    let fixed = 0x1234_0000 | (std::process::id() & 0xffff);
    second.bind(Address::port(fixed)).unwrap();
    assert_eq!(second.local_address().unwrap(), Address::port(fixed));

    let error = second.bind(Address::port(fixed + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("already bound"), "{error}");
}

/// The limit is the send buffer less 32 bytes; nothing is processed.
#[test]
fn a_datagram_above_the_send_buffer_is_emsgsize() {
    let socket = open(Protocol::ROUTE);
    let limit = socket.send_buffer().unwrap() - 32;
    let mut pings = ping(1);
    pings.resize(limit + 1, 0);
    assert_eq!(errno(socket.send(&pings)), libc::EMSGSIZE);
    assert_eq!(
        errno(socket.recv(&mut [0; 64])),
        libc::EAGAIN,
        "nothing was processed"
    );
    pings.truncate(limit);
    assert_eq!(socket.send(&pings).unwrap(), limit);
    assert_eq!(socket.recv(&mut [0; 64]).unwrap().full_len, 36);
}

#[test]
fn an_empty_datagram_is_an_error() {
    assert_eq!(errno(open(Protocol::ROUTE).send(&[])), libc::ENODATA);
}

/// M9: what did not fit is gone, but its length is known.
#[test]
fn truncation_is_known_and_consumes_the_datagram() {
    let socket = open(Protocol::ROUTE);
    socket.send(&ping(1)).unwrap();
    let received = socket.recv(&mut [0; 20]).unwrap();
    assert_eq!((received.len, received.full_len), (20, 36));
    assert!(received.is_truncated());
    assert_eq!(
        errno(socket.recv(&mut [0; 64])),
        libc::EAGAIN,
        "there is no second try"
    );

    socket.send(&ping(2)).unwrap();
    let received = socket.recv(&mut []).unwrap();
    assert_eq!((received.len, received.full_len), (0, 36));
}

#[test]
fn a_batch_sends_and_receives_in_order() {
    let socket = open(Protocol::ROUTE);
    // More than one system call's worth, and not a multiple of it.
    let pings: Vec<Vec<u8>> = (1..=100).map(ping).collect();
    let datagrams: Vec<&[u8]> = pings.iter().map(Vec::as_slice).collect();
    assert_eq!(
        socket.send_many(&datagrams, Some(Address::KERNEL)).unwrap(),
        100
    );

    let mut batch = ReceiveBatch::new(ReceiveBatch::MAX, 20);
    let mut sequences = Vec::new();
    while let Ok(count) = socket.recv_many(&mut batch) {
        assert_eq!(batch.len(), count);
        for (bytes, received) in &batch {
            assert_eq!(
                (received.len, received.full_len),
                (20, 36),
                "each is cut on its own"
            );
            assert_eq!(received.sender, Address::KERNEL);
            sequences.push(u32::from_ne_bytes(bytes[8..12].try_into().unwrap()));
        }
    }
    assert!(sequences.iter().copied().eq(1..=100), "{sequences:?}");
    assert!(
        batch.is_empty(),
        "a failed call leaves nothing of the one before"
    );
    assert_eq!(batch.get(0), None);
}

#[test]
fn a_batch_stops_at_the_first_datagram_that_fails() {
    let socket = open(Protocol::ROUTE);
    let ping = ping(1);
    assert_eq!(
        socket.send_many(&[&ping, &ping, &[], &ping], None).unwrap(),
        2
    );
    assert_eq!(errno(socket.send_many(&[&[], &ping], None)), libc::ENODATA);
    assert_eq!(socket.send_many(&[], None).unwrap(), 0);
    assert_eq!(common::drain(&socket).len(), 2);
}

/// M16, first half: two user sockets, no privilege.
#[test]
fn user_sockets_talk_to_each_other() {
    let (here, there) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
    here.send_to(b"any bytes", Address::port(port(&there)))
        .unwrap();
    let mut buffer = [0; 64];
    let received = there.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..received.len], b"any bytes");
    assert_eq!(received.sender, Address::port(port(&here)));
    assert_eq!(received.group, None);
}

/// M24: a socket that is connected to the kernel cannot be written to by others.
#[test]
fn connecting_to_the_kernel_refuses_forged_unicast() {
    let (victim, forger) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
    let to = Address::port(port(&victim));
    let mut frames = 0;
    while forger.send_to(&[0; 1024], to).is_ok() {
        frames += 1;
        assert!(frames < 100_000, "the queue never fills");
    }
    assert!(frames > 0, "an unconnected socket takes what comes");
    assert_eq!(
        errno(forger.send_to(&[0; 1024], to)),
        libc::EAGAIN,
        "until it is full"
    );
    assert_eq!(common::drain(&victim).len(), frames);

    victim.connect(Address::KERNEL).unwrap();
    assert_eq!(errno(forger.send_to(&[0; 1024], to)), libc::ECONNREFUSED);
    assert_eq!(errno(victim.recv(&mut [0; 64])), libc::EAGAIN);
}

#[test]
fn a_connected_peer_is_the_default_destination() {
    let (here, there) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
    here.connect(Address::port(port(&there))).unwrap();
    here.send(b"hello").unwrap();
    assert_eq!(there.recv(&mut [0; 64]).unwrap().len, 5);
}

#[test]
fn credentials_come_when_asked_for() {
    let (here, there) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
    there.set_pass_credentials(true).unwrap();
    here.send_to(b"x", Address::port(port(&there))).unwrap();
    let credentials = there.recv(&mut [0; 64]).unwrap().credentials.unwrap();
    assert_eq!(u32::try_from(credentials.pid).unwrap(), std::process::id());

    let kernel = open(Protocol::ROUTE);
    kernel.set_pass_credentials(true).unwrap();
    kernel.send(&ping(1)).unwrap();
    let credentials = kernel.recv(&mut [0; 64]).unwrap().credentials.unwrap();
    assert_eq!(credentials.pid, 0, "the kernel is process 0");
}

#[test]
fn an_inherited_socket_is_adopted_as_it_is() {
    // SAFETY: `socket` takes integers only.
    let raw = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_DGRAM, Protocol::GENERIC.0) };
    assert!(raw >= 0);
    // SAFETY: `raw` was returned by `socket` just now and has no other owner.
    let fd = unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(raw) };
    let socket = Socket::adopt(fd).unwrap();
    assert_flags(&socket);
    assert_eq!(socket.protocol().unwrap(), Protocol::GENERIC);
    assert_eq!(
        socket.local_address().unwrap(),
        Address::KERNEL,
        "not bound by the way"
    );

    let fd: OwnedFd = open(Protocol::ROUTE).into();
    let socket = Socket::adopt(fd).unwrap();
    socket.send(&ping(3)).unwrap();
    assert_eq!(socket.recv(&mut [0; 64]).unwrap().len, 36);
}

#[test]
fn other_descriptors_are_not_adopted() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let file = std::fs::File::open("/proc/self/status").unwrap();
    for fd in [OwnedFd::from(udp), OwnedFd::from(file)] {
        let error = Socket::adopt(fd).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("no netlink socket"), "{error}");
    }
}

#[test]
fn addresses_name_groups_1_to_32() {
    assert_eq!(Address::group(1).unwrap(), Address { port: 0, groups: 1 });
    assert_eq!(
        Address::group(32).unwrap(),
        Address {
            port: 0,
            groups: 1 << 31
        }
    );
    for (group, limit) in [(0, "counted from 1"), (33, "32")] {
        let error = Address::group(group).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(limit), "{error}");
    }
}

/// M25: `{NOOP, REQUEST | ACK}` is a ping on the protocols that use netlink_rcv_skb as it is.
#[test]
fn the_ping_is_answered_where_the_kernel_documents_it() {
    for protocol in [
        Protocol::ROUTE,
        Protocol::SOCK_DIAG,
        Protocol::XFRM,
        Protocol::NETFILTER,
        Protocol::KOBJECT_UEVENT,
        Protocol::GENERIC,
    ] {
        let socket = match Socket::open(protocol, SocketKind::Raw) {
            Ok(socket) => socket,
            Err(error) if error.is_unsupported() => {
                println!("{error}"); // nothing to ask on this kernel
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        socket.bind(Address::KERNEL).unwrap();
        socket.send(&ping(9)).unwrap();
        let received = socket.recv(&mut [0; 256]).unwrap();
        assert!(received.full_len >= 36, "{protocol}: {received:?}");
    }
    let alone = open(Protocol::USERSOCK);
    assert_eq!(
        errno(alone.send(&ping(9))),
        libc::ECONNREFUSED,
        "there is no kernel side"
    );
}
