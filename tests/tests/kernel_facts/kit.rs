//! Sockets, requests and transcripts for the facts.
//! Must not know what is asserted with them.

use std::io;
use std::time::Duration;

use netlane_sys::{Address, Protocol, Socket, SocketKind, wait_readable};
use netlane_testkit::patience;
use netlane_wire::{Control, Flags, FrameView, Frames, Message, kind, set_sequence_port};

pub(crate) const RTM_DELLINK: u16 = 17;
pub(crate) const RTM_GETLINK: u16 = 18;
pub(crate) const RTM_NEWADDR: u16 = 20;
pub(crate) const RTM_GETADDR: u16 = 22;
pub(crate) const RTM_GETROUTE: u16 = 26;
pub(crate) const RTNLGRP_IPV4_IFADDR: u32 = 5;

pub(crate) const ACKNOWLEDGED: Flags = Flags::REQUEST.union(Flags::ACK);
pub(crate) const DUMPED: Flags = Flags::REQUEST.union(Flags::DUMP);

pub(crate) const EPERM: i32 = 1;
pub(crate) const ENOENT: i32 = 2;
pub(crate) const EBUSY: i32 = 16;
pub(crate) const ENODEV: i32 = 19;
pub(crate) const EINVAL: i32 = 22;
pub(crate) const EOPNOTSUPP: i32 = 95;
pub(crate) const ENOBUFS: i32 = 105;

/// One thing that a socket said, in the order of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// `NLMSG_ERROR`; the error number is 0 for an acknowledgement.
    Ack { sequence: u32, errno: i32 },
    /// The end of a dump.
    Done { sequence: u32, errno: i32 },
    /// Anything else.
    Data {
        sequence: u32,
        port: u32,
        kind: u16,
        group: Option<u32>,
    },
    /// A receive failed with this error number.
    Failed(i32),
}

impl Said {
    pub(crate) fn is_data_of(&self, wanted: u32) -> bool {
        matches!(self, Self::Data { sequence, .. } if *sequence == wanted)
    }
}

/// One datagram: its bytes and its group.
pub(crate) struct Got {
    pub(crate) bytes: Vec<u8>,
    pub(crate) group: Option<u32>,
}

/// A bound socket that tells the true group.
pub(crate) fn open(protocol: Protocol) -> Socket {
    let socket = Socket::open(protocol, SocketKind::Raw).unwrap();
    socket.bind(Address::KERNEL).unwrap();
    socket.set_pktinfo(true).unwrap();
    socket
}

pub(crate) fn port(socket: &Socket) -> u32 {
    socket.local_address().unwrap().port
}

pub(crate) fn numbered(message: Message, sequence: u32) -> Vec<u8> {
    let mut bytes = message.finish().unwrap();
    set_sequence_port(&mut bytes, sequence, 0);
    bytes
}

/// `{NOOP, REQUEST | ACK}`: acknowledged, and nothing else.
pub(crate) fn ping(sequence: u32) -> Vec<u8> {
    numbered(Message::new(kind::NOOP, ACKNOWLEDGED), sequence)
}

/// Pings with the sequences 1 to `count` in one datagram.
pub(crate) fn pings(count: u32) -> Vec<u8> {
    (1..=count).flat_map(ping).collect()
}

/// A request for the interface with this index (`struct ifinfomsg`).
pub(crate) fn get_link(index: u32, flags: Flags) -> Message {
    let mut header = [0; 16];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    Message::new(RTM_GETLINK, flags).with_header(&header)
}

/// A dump of all interfaces.
pub(crate) fn dump_links(sequence: u32) -> Vec<u8> {
    numbered(get_link(0, DUMPED), sequence)
}

/// A dump of all IPv4 addresses (`struct ifaddrmsg`).
pub(crate) fn dump_addresses(sequence: u32) -> Vec<u8> {
    const AF_INET: u8 = 2;
    let header = [AF_INET, 0, 0, 0, 0, 0, 0, 0];
    numbered(
        Message::new(RTM_GETADDR, DUMPED).with_header(&header),
        sequence,
    )
}

/// A request for the address 10.x.y.1 on the loopback device, a different one for each `number`.
pub(crate) fn new_address(number: u32, flags: Flags) -> Message {
    const LOOPBACK: u32 = 1;
    let [_, _, high, low] = number.to_be_bytes();
    let address = [10, high, low, 1];
    let mut header = [2, 32, 0, 0, 0, 0, 0, 0];
    header[4..8].copy_from_slice(&LOOPBACK.to_ne_bytes());
    Message::new(RTM_NEWADDR, flags | Flags::CREATE | Flags::EXCL)
        .with_header(&header)
        .with_attribute(2, &address) // IFA_LOCAL
        .with_attribute(1, &address) // IFA_ADDRESS
}

/// Gives the loopback device of the current namespace so many addresses.
pub(crate) fn add_addresses(count: u32) {
    let socket = open(Protocol::ROUTE);
    for number in 0..count {
        socket
            .send(&numbered(new_address(number, ACKNOWLEDGED), 1))
            .unwrap();
        let said = drain(&socket);
        assert_eq!(
            said,
            [Said::Ack {
                sequence: 1,
                errno: 0
            }],
            "address {number}"
        );
    }
}

/// One datagram, or `None` when the queue is empty, or the error number.
pub(crate) fn receive(socket: &Socket, size: usize) -> Result<Option<Got>, i32> {
    let mut buffer = vec![0; size];
    match socket.recv(&mut buffer) {
        Ok(received) => {
            assert!(!received.is_truncated(), "{received:?}");
            buffer.truncate(received.len);
            Ok(Some(Got {
                bytes: buffer,
                group: received.group,
            }))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error.raw_os_error().unwrap()),
    }
}

/// Everything until the queue is empty.
pub(crate) fn drain(socket: &Socket) -> Vec<Said> {
    let mut all = Vec::new();
    loop {
        match receive(socket, 64 * 1024) {
            Ok(Some(got)) => all.extend(said(&got)),
            Ok(None) => return all,
            Err(errno) => all.push(Said::Failed(errno)),
        }
        assert!(all.len() < 1_000_000, "the queue never gets empty");
    }
}

/// Waits until there is something to read.
pub(crate) fn wait(socket: &Socket) {
    assert!(
        wait_readable(socket, patience(Duration::from_secs(20))).unwrap(),
        "nothing came"
    );
}

/// The messages of one datagram.
pub(crate) fn said(got: &Got) -> Vec<Said> {
    Frames::new(&got.bytes)
        .map(|frame| one(&frame.unwrap(), got.group))
        .collect()
}

fn one(frame: &FrameView<'_>, group: Option<u32>) -> Said {
    let header = frame.header();
    let sequence = header.sequence;
    match frame.control() {
        Control::Ack(ack) => Said::Ack {
            sequence,
            errno: ack.errno(),
        },
        Control::Done(done) => Said::Done {
            sequence,
            errno: done.errno(),
        },
        _ => Said::Data {
            sequence,
            port: header.port,
            kind: header.kind,
            group,
        },
    }
}
