//! One socket and the kernel: open, bind, send, receive.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

use std::io::IoSlice;

use netlane_sys::{Address, ErrorKind, Protocol, Socket, SocketKind};

/// `{NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK}`, which the kernel acknowledges and otherwise ignores.
fn ping(sequence: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&16u32.to_ne_bytes());
    bytes[4..6].copy_from_slice(&1u16.to_ne_bytes());
    bytes[6..8].copy_from_slice(&5u16.to_ne_bytes());
    bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
    bytes
}

fn open(protocol: Protocol) -> Socket {
    let socket = Socket::open(protocol, SocketKind::Raw).unwrap();
    socket.bind(Address::KERNEL).unwrap();
    socket
}

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
}

#[test]
fn missing_protocol_says_what_would_provide_it() {
    let error = Socket::open(Protocol::DNRTMSG, SocketKind::Raw).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let text = error.to_string();
    assert!(
        text.contains("NETLINK_DNRTMSG") && text.contains("DECnet"),
        "{text}"
    );
}
