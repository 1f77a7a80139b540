//! One datagram to the kernel and its answers: M14, M25, B1, B2, B6.

use netlane_sys::{Address, Protocol, ReceiveBatch, Socket, SocketKind};
use netlane_wire::{Control, Flags, Frames, Message, kind};

use super::kit::{
    ACKNOWLEDGED, EINVAL, ENODEV, EOPNOTSUPP, RTM_GETLINK, Said, drain, get_link, numbered, open,
    ping,
};

const NO_SUCH_INDEX: u32 = 0x7fff_fff0;

fn ack(sequence: u32, errno: i32) -> Said {
    Said::Ack { sequence, errno }
}

#[test]
fn m14_a_ping_is_answered_by_a_bare_ack() {
    let socket = open(Protocol::ROUTE);
    socket.send(&ping(1)).unwrap();
    assert_eq!(drain(&socket), [ack(1, 0)]);

    let pings: Vec<Vec<u8>> = (1..=64).map(ping).collect();
    let datagrams: Vec<&[u8]> = pings.iter().map(Vec::as_slice).collect();
    let mut batch = ReceiveBatch::new(64, 64);
    assert_eq!(
        socket.send_many(&datagrams, None).unwrap(),
        64,
        "in one sendmmsg"
    );
    assert_eq!(socket.recv_many(&mut batch).unwrap(), 64, "in one recvmmsg");
    for (bytes, sequence) in batch.iter().map(|(bytes, _)| bytes).zip(1..) {
        let frame = Frames::new(bytes).next().unwrap().unwrap();
        assert_eq!(frame.header().sequence, sequence);
        assert!(matches!(frame.control(), Control::Ack(ack) if ack.errno() == 0));
    }
}

/// The protocols of `netlink_rcv_skb` answer; the others do each as they please.
#[test]
fn m25_who_answers_the_ping() {
    netlane_testkit::in_namespace(|| {
        for (protocol, expected) in [
            (Protocol::ROUTE, Ok(vec![ack(9, 0)])),
            (Protocol::SOCK_DIAG, Ok(vec![ack(9, 0)])),
            (Protocol::XFRM, Ok(vec![ack(9, 0)])),
            (Protocol::NETFILTER, Ok(vec![ack(9, 0)])),
            (Protocol::KOBJECT_UEVENT, Ok(vec![ack(9, 0)])),
            (Protocol::GENERIC, Ok(vec![ack(9, 0)])),
            (Protocol::FIB_LOOKUP, Ok(vec![])),
            (
                Protocol::USERSOCK,
                Err(std::io::ErrorKind::ConnectionRefused),
            ),
            (
                Protocol::SELINUX,
                Err(std::io::ErrorKind::ConnectionRefused),
            ),
            (
                Protocol::CONNECTOR,
                Err(std::io::ErrorKind::ConnectionRefused),
            ),
        ] {
            let socket = match Socket::open(protocol, SocketKind::Raw) {
                Ok(socket) => socket,
                Err(error) => {
                    assert!(error.is_unsupported(), "{error}"); // not in this kernel
                    continue;
                }
            };
            socket.bind(Address::KERNEL).unwrap();
            let answer = socket.send(&ping(9)).map(|_| drain(&socket));
            assert_eq!(answer.map_err(|error| error.kind()), expected, "{protocol}");
        }
    });
}

/// AUDIT, which no namespace changes, refuses type NOOP, or anything without CAP_AUDIT_WRITE.
#[test]
fn m25_audit_refuses_the_ping() {
    let socket = match Socket::open(Protocol::AUDIT, SocketKind::Raw) {
        Ok(socket) => socket,
        Err(error) => return assert!(error.is_unsupported(), "{error}"), // not in this kernel
    };
    socket.bind(Address::KERNEL).unwrap();
    match socket.send(&ping(9)) {
        Ok(_) => {
            super::kit::wait(&socket);
            let said = drain(&socket);
            assert!(
                matches!(
                    said[..],
                    [Said::Ack {
                        sequence: 9,
                        errno: 1..
                    }]
                ),
                "{said:?}"
            );
        }
        // Outside of the initial namespaces nobody listens.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused),
    }
}

/// A failed send did nothing; after a successful one the answers are there, whatever they say.
#[test]
fn b01_a_send_is_a_call() {
    let socket = open(Protocol::ROUTE);
    let mut too_long = ping(1);
    too_long.resize(socket.send_buffer().unwrap(), 0);
    socket.send(&too_long).unwrap_err();
    assert_eq!(
        drain(&socket),
        [],
        "not even the first message was processed"
    );

    let request = numbered(get_link(NO_SUCH_INDEX, ACKNOWLEDGED), 2);
    assert_eq!(
        socket.send(&request).unwrap(),
        request.len(),
        "a refusal is no send error"
    );
    assert_eq!(drain(&socket), [ack(2, ENODEV)]);
}

/// The data comes first, then the acknowledgement.
#[test]
fn b02_replies_precede_their_ack() {
    let socket = open(Protocol::ROUTE);
    socket
        .send(&numbered(get_link(1, ACKNOWLEDGED), 3))
        .unwrap();
    let said = drain(&socket);
    assert!(said[0].is_data_of(3), "{said:?}");
    assert_eq!(said[1..], [ack(3, 0)]);
}

/// An error belongs to its message; the others of the datagram are done all the same.
#[test]
fn b02_an_error_does_not_end_the_datagram() {
    let socket = open(Protocol::ROUTE);
    let refused = numbered(get_link(NO_SUCH_INDEX, ACKNOWLEDGED), 2);
    let unknown = numbered(Message::new(1000, ACKNOWLEDGED).with_header(&[0; 16]), 3);
    socket
        .send(&[ping(1), refused, unknown, ping(4)].concat())
        .unwrap();
    assert_eq!(
        drain(&socket),
        [ack(1, 0), ack(2, ENODEV), ack(3, EOPNOTSUPP), ack(4, 0)]
    );
}

/// A length that cannot be ends the datagram without a word, and the send succeeds.
#[test]
fn b02_malformed_middle_frame() {
    let socket = open(Protocol::ROUTE);
    for length in [0u32, 8, 15, 1000, u32::MAX] {
        let mut broken = ping(2);
        broken[..4].copy_from_slice(&length.to_ne_bytes());
        let datagram = [ping(1), broken, ping(3)].concat();
        assert_eq!(
            socket.send(&datagram).unwrap(),
            datagram.len(),
            "length {length}"
        );
        assert_eq!(drain(&socket), [ack(1, 0)], "length {length}");
    }
}

/// Without REQUEST, or with a control type, a message is skipped, but acknowledged if it asks.
#[test]
fn b02_skipped_messages_are_acknowledged() {
    let socket = open(Protocol::ROUTE);
    let no_request = numbered(
        Message::new(RTM_GETLINK, Flags::ACK).with_header(&[0; 16]),
        1,
    );
    let control = numbered(Message::new(kind::DONE, ACKNOWLEDGED), 2);
    let silent = numbered(Message::new(kind::NOOP, Flags::REQUEST), 3);
    socket
        .send(&[no_request, control, silent].concat())
        .unwrap();
    assert_eq!(drain(&socket), [ack(1, 0), ack(2, 0)]);
}

/// A payload too short to have a family is acknowledged by rtnetlink as if it had been done.
#[test]
fn b02_an_empty_rtnetlink_request_succeeds_without_doing_anything() {
    let socket = open(Protocol::ROUTE);
    socket
        .send(&numbered(Message::new(RTM_GETLINK, ACKNOWLEDGED), 1))
        .unwrap();
    assert_eq!(drain(&socket), [ack(1, 0)]);
}

/// A dump that started is not acknowledged, and a second one in the same datagram is refused.
#[test]
fn b02_a_started_dump_has_no_ack() {
    let socket = open(Protocol::ROUTE);
    let dump = |sequence| numbered(get_link(0, Flags::DUMP | ACKNOWLEDGED), sequence);
    socket.send(&[dump(1), dump(2)].concat()).unwrap();
    let said = drain(&socket);
    assert!(said.contains(&ack(2, super::kit::EBUSY)), "{said:?}");
    assert!(
        !said
            .iter()
            .any(|said| matches!(said, Said::Ack { sequence: 1, .. })),
        "{said:?}"
    );
    assert!(
        said.contains(&Said::Done {
            sequence: 1,
            errno: 0
        }),
        "{said:?}"
    );
}

/// What a refusal echoes: the whole request, or with NETLINK_CAP_ACK its header alone; either way
/// the inner length is the request's, and the extended attributes follow what is there.
#[test]
fn b06_cap_ack_shortens_the_echo_and_moves_the_attributes() {
    let socket = open(Protocol::ROUTE);
    socket.set_ext_ack(true).unwrap();
    let message = get_link(1, ACKNOWLEDGED).with_attribute(3, &[b'x'; 300]); // IFLA_IFNAME, too long
    let request = numbered(message, 5);
    let mut lengths = Vec::new();
    for capped in [false, true] {
        socket.set_cap_ack(capped).unwrap();
        socket.send(&request).unwrap();
        let got = super::kit::receive(&socket, 4096).unwrap().unwrap();
        let frame = Frames::new(&got.bytes).next().unwrap().unwrap();
        assert_eq!(frame.header().flags.contains(Flags::CAPPED), capped);
        let Control::Ack(refusal) = frame.control() else {
            panic!("{frame:?}")
        };
        assert!(refusal.errno() > 0);
        let inner = usize::try_from(refusal.request_header().unwrap().len).unwrap();
        assert_eq!(inner, request.len(), "also when it was not echoed");
        assert_eq!(refusal.request(), (!capped).then_some(&request[..]));
        let offset = refusal
            .extended()
            .offset()
            .expect("the offending attribute's offset");
        assert_eq!(
            offset, 32,
            "from the start of the request: behind header and ifinfomsg"
        );
        lengths.push(frame.bytes().len());
    }
    assert_eq!(lengths[0] - lengths[1], request.len() - 16);
}

/// On success there is nothing to echo but the header.
#[test]
fn b06_an_ack_is_always_capped() {
    let socket = open(Protocol::ROUTE);
    socket
        .send(&numbered(
            Message::raw(kind::NOOP, ACKNOWLEDGED, &[7; 100]),
            1,
        ))
        .unwrap();
    let got = super::kit::receive(&socket, 4096).unwrap().unwrap();
    let frame = Frames::new(&got.bytes).next().unwrap().unwrap();
    assert!(frame.header().flags.contains(Flags::CAPPED));
    assert_eq!(frame.bytes().len(), 36);
}

/// NETLINK_GET_STRICT_CHK: what was passed over becomes an error.
#[test]
fn b06_strict_checking_refuses_unknown_attributes() {
    let socket = open(Protocol::ROUTE);
    let with_index = numbered(get_link(1, super::kit::DUMPED).with_u32(0x1234, 0), 1);
    socket.send(&with_index).unwrap();
    assert_eq!(
        drain(&socket).last(),
        Some(&Said::Done {
            sequence: 1,
            errno: 0
        })
    );
    socket.set_strict_check(true).unwrap();
    socket.send(&with_index).unwrap();
    let said = drain(&socket);
    let refused = [
        ack(1, EINVAL),
        Said::Done {
            sequence: 1,
            errno: EINVAL,
        },
    ];
    assert!(said.len() == 1 && refused.contains(&said[0]), "{said:?}");
}
