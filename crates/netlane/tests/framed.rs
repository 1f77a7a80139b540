//! The bare socket as stream and sink, between user-space peers on `NETLINK_USERSOCK` and with
//! the kernel. Needs no privilege.

#![cfg(target_os = "linux")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

use std::time::{Duration, Instant};

use futures::{FutureExt, SinkExt, StreamExt};
use netlane::framed::{Framed, FramedError};
use netlane_sys::{Address, AsyncSocket, Protocol, Socket, SocketKind};
use netlane_wire::{Control, Flags, Frame, Header, MalformedReason, Message, kind};

fn bound(protocol: Protocol) -> (Socket, Address) {
    let socket = Socket::open(protocol, SocketKind::Raw).unwrap();
    socket.bind(Address::KERNEL).unwrap();
    let address = socket.local_address().unwrap();
    (socket, address)
}

fn framed(protocol: Protocol) -> (Framed, Address) {
    let (socket, address) = bound(protocol);
    (Framed::new(AsyncSocket::register(socket).unwrap()), address)
}

fn frame(sequence: u32, payload: &[u8]) -> Frame {
    let message = Message::raw(99, Flags::REQUEST, payload);
    message.into_frame(sequence, 0).unwrap()
}

fn header(len: u32) -> [u8; 16] {
    Header {
        len,
        kind: 99,
        ..Header::default()
    }
    .to_bytes()
}

async fn next(framed: &mut Framed) -> Result<(Frame, Address), FramedError> {
    let item = tokio::time::timeout(Duration::from_secs(10), framed.next()).await;
    item.expect("an item within ten seconds")
        .expect("the stream goes on")
}

#[tokio::test]
async fn the_kernel_answers_a_ping() {
    let (mut route, address) = framed(Protocol::ROUTE);
    let ping = Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK)
        .into_frame(77, 0)
        .unwrap();
    route.send((ping, Address::KERNEL)).await.unwrap();
    let (answer, sender) = next(&mut route).await.unwrap();
    assert_eq!(sender, Address::KERNEL);
    assert_eq!(
        (answer.header().sequence, answer.header().port),
        (77, address.port)
    );
    assert!(matches!(answer.control(), Control::Ack(ack) if ack.errno() == 0));
}

#[tokio::test]
async fn peers_exchange_frames_with_addresses() {
    let (mut left, left_address) = framed(Protocol::USERSOCK);
    let (mut right, right_address) = framed(Protocol::USERSOCK);
    for sequence in 1..=100 {
        left.send((frame(sequence, b"question"), right_address))
            .await
            .unwrap();
        let (question, from) = next(&mut right).await.unwrap();
        assert_eq!(
            (question, from),
            (frame(sequence, b"question"), left_address)
        );
        right
            .send((frame(sequence, b"an answer"), from))
            .await
            .unwrap();
        let (answer, from) = next(&mut left).await.unwrap();
        assert_eq!((answer.payload(), from), (&b"an answer"[..], right_address));
    }
}

#[tokio::test]
async fn opaque_types_arrive_as_they_are() {
    let (mut left, _) = framed(Protocol::USERSOCK);
    let (mut right, right_address) = framed(Protocol::USERSOCK);
    for kind in 0..16 {
        let frame = Message::raw(kind, Flags::empty(), b"mine")
            .into_frame(0, 0)
            .unwrap();
        left.send((frame.clone(), right_address)).await.unwrap();
        assert_eq!(next(&mut right).await.unwrap().0, frame);
    }
}

#[tokio::test]
async fn a_datagram_of_several_frames_gives_several_items() {
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let (sender, sender_address) = bound(Protocol::USERSOCK);
    let datagram = [&header(20)[..], b"abcd", &header(16), &header(17), b"z"].concat();
    sender.send_to(&datagram, address).unwrap();
    for payload in [&b"abcd"[..], b"", b"z"] {
        let (frame, from) = next(&mut receiver).await.unwrap();
        assert_eq!((frame.payload(), from), (payload, sender_address));
    }
    assert!(
        receiver.next().now_or_never().is_none(),
        "nothing else is there"
    );
}

#[tokio::test]
async fn a_bad_length_costs_only_its_datagram() {
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let (sender, sender_address) = bound(Protocol::USERSOCK);
    for bad in [0, 8, 40, u32::MAX] {
        let datagram = [header(16), header(bad), header(16)].concat();
        sender.send_to(&datagram, address).unwrap();
        sender.send_to(frame(9, b"next").bytes(), address).unwrap();
        assert!(next(&mut receiver).await.is_ok());
        match next(&mut receiver).await.unwrap_err() {
            FramedError::Malformed { source, sender } => {
                assert_eq!((source.offset, sender), (16, sender_address));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(next(&mut receiver).await.unwrap().0.payload(), b"next");
    }
}

#[tokio::test]
async fn a_datagram_too_short_for_a_header_is_an_item() {
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let (sender, _) = bound(Protocol::USERSOCK);
    sender.send_to(b"short", address).unwrap();
    match next(&mut receiver).await.unwrap_err() {
        FramedError::Malformed { source, .. } => {
            assert_eq!(source.reason, MalformedReason::Fragment { bytes: 5 });
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn truncation_is_an_item_and_the_next_of_its_size_fits() {
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let (sender, sender_address) = bound(Protocol::USERSOCK);
    let large = frame(1, &[7; 100_000]);
    sender.send_to(large.bytes(), address).unwrap();
    sender.send_to(frame(2, b"small").bytes(), address).unwrap();
    match next(&mut receiver).await.unwrap_err() {
        FramedError::Truncated {
            received,
            full_len,
            sender,
        } => {
            assert_eq!(
                (received, full_len, sender),
                (32768, 100_016, sender_address)
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(next(&mut receiver).await.unwrap().0.payload(), b"small");
    sender.send_to(large.bytes(), address).unwrap();
    assert_eq!(next(&mut receiver).await.unwrap().0, large);
}

#[tokio::test]
async fn the_buffer_never_grows_above_its_limit() {
    let (receiver, address) = framed(Protocol::USERSOCK);
    let mut receiver = receiver.max_frame_len(50_000);
    let (sender, _) = bound(Protocol::USERSOCK);
    for room in [32_768, 50_000, 50_000] {
        sender
            .send_to(frame(1, &[7; 100_000]).bytes(), address)
            .unwrap();
        let error = next(&mut receiver).await.unwrap_err();
        assert!(
            matches!(error, FramedError::Truncated { received, .. } if received == room),
            "{error}"
        );
    }
}

/// Sends until the peer's buffer is full, and returns the last frame's result and sequence.
async fn fill(sender: &mut Framed, to: Address) -> (u32, FramedError) {
    for sequence in 1.. {
        if let Err(error) = sender.send((frame(sequence, &[0; 1000]), to)).await {
            return (sequence, error);
        }
    }
    unreachable!("a receive buffer ends")
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_reported_after_the_bound() {
    let (sender, _) = framed(Protocol::USERSOCK);
    let timeout = Duration::from_millis(80);
    let mut sender = sender.send_timeout(timeout);
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let began = Instant::now();
    let (refused, error) = fill(&mut sender, address).await;
    assert!(began.elapsed() >= timeout);
    match error {
        FramedError::NotReading { to, waited } => {
            assert_eq!(to, address);
            assert!(waited >= timeout, "{waited:?}");
        }
        other => panic!("{other:?}"),
    }
    for sequence in 1..refused {
        assert_eq!(
            next(&mut receiver).await.unwrap().0.header().sequence,
            sequence
        );
    }
    sender
        .send((frame(1000, b"room again"), address))
        .await
        .unwrap();
    assert_eq!(
        next(&mut receiver).await.unwrap().0.payload(),
        b"room again"
    );
}

#[tokio::test]
async fn a_peer_that_reads_late_gets_everything() {
    const FRAMES: u32 = 2000;
    let (mut sender, _) = framed(Protocol::USERSOCK);
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let sending = async {
        for sequence in 1..=FRAMES {
            sender
                .send((frame(sequence, &[0; 1000]), address))
                .await
                .unwrap();
        }
    };
    let receiving = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        for sequence in 1..=FRAMES {
            assert_eq!(
                next(&mut receiver).await.unwrap().0.header().sequence,
                sequence
            );
        }
    };
    tokio::join!(sending, receiving);
}

#[tokio::test]
async fn a_peer_that_is_gone_is_an_error_and_the_sink_goes_on() {
    let (mut sender, own) = framed(Protocol::USERSOCK);
    let (gone, address) = bound(Protocol::USERSOCK);
    drop(gone);
    match sender.send((frame(1, b""), address)).await.unwrap_err() {
        FramedError::Io(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
        }
        other => panic!("{other:?}"),
    }
    sender.send((frame(2, b"myself"), own)).await.unwrap();
    assert_eq!(next(&mut sender).await.unwrap().0.payload(), b"myself");
}

#[tokio::test]
async fn a_lost_acknowledgement_is_an_item_and_the_stream_goes_on() {
    let (mut route, _) = framed(Protocol::ROUTE);
    let ping = Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK)
        .finish()
        .unwrap();
    // More acknowledgements than the smallest default receive buffer holds.
    let socket = route.socket().socket();
    for _ in 0..16 {
        socket.send_to(&ping.repeat(512), Address::KERNEL).unwrap();
    }
    let error = next(&mut route).await.unwrap_err();
    assert!(
        matches!(&error, FramedError::Io(error) if error.raw_os_error() == Some(105)),
        "{error}"
    );
    let mut acknowledged = 0;
    while let Some(item) = route.next().now_or_never() {
        let (frame, _) = item.unwrap().unwrap();
        assert!(matches!(frame.control(), Control::Ack(_)));
        acknowledged += 1;
    }
    assert!(
        (1..8192).contains(&acknowledged),
        "{acknowledged} of 8192 arrived"
    );
}

#[tokio::test]
async fn a_busy_peer_leaves_room_for_other_tasks() {
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let (sender, _) = bound(Protocol::USERSOCK);
    // The first frame waits for the reactor; those after it find the socket ready.
    sender.send_to(frame(1, b"").bytes(), address).unwrap();
    next(&mut receiver).await.unwrap();
    let other = tokio::spawn(async {});
    let mut received = 0;
    // A current_thread runtime: the other task runs only when this one yields, and this one
    // always finds a frame.
    while !other.is_finished() {
        sender.send_to(frame(1, b"").bytes(), address).unwrap();
        // Without the timeout of `next`, which has a budget of its own.
        receiver.next().await.unwrap().unwrap();
        received += 1;
        assert!(received < 10_000, "the other task never ran");
    }
}

#[tokio::test]
async fn debugging_shows_no_bytes() {
    let (mut receiver, address) = framed(Protocol::USERSOCK);
    let (sender, _) = bound(Protocol::USERSOCK);
    let datagram = [
        frame(1, b"secret!!").bytes().to_vec(),
        frame(2, b"secret").bytes().to_vec(),
    ];
    sender.send_to(&datagram.concat(), address).unwrap();
    next(&mut receiver).await.unwrap();
    let shown = format!("{receiver:?}");
    assert!(shown.contains("undelivered_bytes: 22"), "{shown}");
    assert!(!shown.contains("secret"));
    let socket = receiver.into_socket();
    assert_eq!(socket.socket().local_address().unwrap(), address);
}
