//! The lab's kernel module seen through bare sockets: what it promises in
//! `tests/lab/module/netlane_lab.h` it must keep, or the tests of the transport against it prove
//! nothing. Runs inside `tests/lab/run` only, and fails elsewhere.
//!
//! Owns no opinion on netlane: frames are compared as sent.

use std::time::{Duration, Instant};

use netlane_sys::{Address, Protocol, Socket, SocketKind};
use netlane_tests::lab::{
    Behaviour, CONVERSATION_PORT, ECHO_CONVERSE, ECHO_GREET, ECHO_PROTOCOL, ECHO_TEXT,
    FAULT_PROTOCOL, GREETING, GREETING_GROUP, HELLO_GET, HELLO_PROTOCOL, HELLO_SET, Late,
    Malformed, Order,
};
use netlane_wire::{Control, Flags, Frame, Frames, Header, Message, kind, set_sequence_port};

/// Generous: the emulated CPU is slow and shared.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long silence has to last to be believed.
const SILENCE: Duration = Duration::from_millis(500);
const REQUEST: Flags = Flags::REQUEST;
const ACKED: Flags = Flags::REQUEST.union(Flags::ACK);
const SEQUENCE: u32 = 4711;

/// A bound socket and what arrived on it.
struct Client {
    socket: Socket,
    port: u32,
}

impl Client {
    fn open(protocol: i32, address: Address) -> Self {
        let socket = Socket::open(Protocol(protocol), SocketKind::Raw)
            .unwrap_or_else(|error| panic!("run this test inside tests/lab/run: {error}"));
        socket.bind(address).unwrap();
        socket.set_ext_ack(true).unwrap();
        let port = socket.local_address().unwrap().port;
        Self { socket, port }
    }

    fn faults() -> Self {
        Self::open(FAULT_PROTOCOL, Address { port: 0, groups: 0 })
    }

    fn send(&self, message: Message, sequence: u32, port: u32) {
        let mut bytes = message.finish().unwrap();
        set_sequence_port(&mut bytes, sequence, port);
        let sent = self.socket.send_to(&bytes, Address::KERNEL).unwrap();
        assert_eq!(sent, bytes.len());
    }

    fn order(&self, behaviour: Behaviour, flags: Flags, order: Order, cargo: &[u8]) {
        self.send(order.message(behaviour, flags, cargo), SEQUENCE, self.port);
    }

    /// The next datagram, or `None` after `patience`.
    fn datagram(&self, patience: Duration) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 1 << 20];
        let began = Instant::now();
        loop {
            match self.socket.recv(&mut buffer) {
                Ok(received) => {
                    assert!(!received.is_truncated());
                    assert_eq!(received.sender.port, 0, "only the kernel speaks here");
                    return Some(buffer[..received.len].to_vec());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("recv: {error}"),
            }
            if began.elapsed() > patience {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The next datagram, which must hold one good frame.
    fn frame(&self) -> Frame {
        let datagram = self.datagram(PATIENCE).expect("the module answers");
        let frames: Vec<_> = Frames::new(&datagram).map(Result::unwrap).collect();
        assert_eq!(frames.len(), 1);
        frames[0].to_frame()
    }

    fn acknowledged(&self) {
        assert_eq!(errno(&self.frame()), 0);
    }

    fn silent(&self) {
        let heard = self.datagram(SILENCE);
        assert!(heard.is_none(), "unexpected datagram: {heard:?}");
    }
}

/// The errno of an acknowledgement, positive.
fn errno(frame: &Frame) -> i32 {
    let Control::Ack(ack) = frame.control() else {
        panic!("no acknowledgement: {frame:?}");
    };
    assert_eq!(frame.header().sequence, SEQUENCE);
    ack.errno()
}

/// (sequence, port, payload), for an answer of the order `behaviour`.
fn answer(client: &Client, behaviour: Behaviour) -> (u32, u32, Vec<u8>) {
    let frame = client.frame();
    let Header {
        kind,
        sequence,
        port,
        ..
    } = frame.header();
    assert_eq!(kind, behaviour.kind());
    (sequence, port, frame.payload().to_vec())
}

fn port(port: u32) -> Address {
    Address { port, groups: 0 }
}

#[test]
fn tutorial_echo_on_a_fixed_port() {
    let client = Client::open(HELLO_PROTOCOL, port(100));
    let mut text = b"hello netlink!!".to_vec();
    text.resize(125, 0);
    client.send(Message::raw(0, Flags::empty(), &text), 0, 100);
    let frame = client.frame();
    let header = frame.header();
    assert_eq!((header.kind, header.sequence, header.port), (25, 0, 0));
    assert_eq!(frame.payload(), b"hello users!!!\0");
}

#[test]
fn tutorial_commands_with_colliding_types() {
    let client = Client::open(HELLO_PROTOCOL, port(1));
    for (command, expected) in [
        (HELLO_SET, b"S known you !\0"),
        (HELLO_GET, b"I known you !\0"),
    ] {
        client.send(Message::raw(command, Flags::empty(), b"me\0"), 0, 1);
        let frame = client.frame();
        assert_eq!((frame.header().kind, frame.header().sequence), (0, 0));
        assert_eq!(frame.payload(), expected);
    }
}

#[test]
fn tutorial_malformed_reply() {
    let client = Client::open(HELLO_PROTOCOL, port(0));
    client.send(
        Message::raw(HELLO_GET, Flags::empty(), b"malformed\0"),
        0,
        client.port,
    );
    let datagram = client.datagram(PATIENCE).unwrap();
    assert_eq!(datagram.len(), 32);
    assert_eq!(datagram[..4], 11_u32.to_ne_bytes());
    assert!(datagram[16..].starts_with(b"I known you !"));
    assert!(Frames::new(&datagram).next().unwrap().is_err());
}

#[test]
fn tutorial_echo_as_it_came() {
    let client = Client::open(ECHO_PROTOCOL, port(std::process::id()));
    for len in [0, 1, 15, 1000, 16_807] {
        let message = Message::raw(ECHO_TEXT, Flags::empty(), &vec![b'x'; len]);
        client.send(message, 0, client.port);
        let frame = client.frame();
        assert_eq!(frame.header().port, client.port);
        assert_eq!(frame.payload(), vec![b'x'; len]);
    }
}

#[test]
fn greeting_reaches_every_member_and_nobody_else() {
    let outsider = Client::open(ECHO_PROTOCOL, port(0));
    let group = Address {
        port: 0,
        groups: 1 << (GREETING_GROUP - 1),
    };
    let members = [
        Client::open(ECHO_PROTOCOL, group),
        Client::open(ECHO_PROTOCOL, group),
    ];
    outsider.send(Message::raw(ECHO_GREET, REQUEST, b""), 0, outsider.port);
    for member in &members {
        // One on request, and the timer's.
        for _ in 0..3 {
            assert_eq!(member.frame().payload(), GREETING);
        }
    }
    outsider.silent();
}

#[test]
fn kernel_starts_a_conversation() {
    let client = Client::open(ECHO_PROTOCOL, port(CONVERSATION_PORT));
    let mut questions = Vec::new();
    loop {
        let frame = client.frame();
        let text = String::from_utf8(frame.payload().to_vec()).unwrap();
        let text = text.trim_end_matches('\0').to_owned();
        if text == "goodbye" {
            break;
        }
        let number = text
            .strip_prefix("question ")
            .unwrap()
            .trim_end_matches('?');
        let answer = format!("answer {number}\0");
        client.send(
            Message::raw(ECHO_CONVERSE, Flags::empty(), answer.as_bytes()),
            0,
            client.port,
        );
        questions.push(text);
    }
    questions.dedup();
    assert_eq!(questions, ["question 1?", "question 2?", "question 3?"]);
}

#[test]
fn echo_then_acknowledgement() {
    let client = Client::faults();
    client.order(Behaviour::Echo, ACKED, Order::default(), b"cargo");
    assert_eq!(
        answer(&client, Behaviour::Echo),
        (SEQUENCE, client.port, b"cargo".to_vec())
    );
    client.acknowledged();
    client.silent();
}

#[test]
fn unsequenced_and_unasked() {
    let client = Client::faults();
    client.order(Behaviour::Unsequenced, REQUEST, Order::default(), b"a");
    assert_eq!(
        answer(&client, Behaviour::Unsequenced),
        (0, 0, b"a".to_vec())
    );
    let order = Order {
        count: 2,
        ..Order::default()
    };
    client.order(Behaviour::Unasked, REQUEST, order, b"b");
    for expected in [(0, 0), (0, 0), (SEQUENCE, client.port)] {
        let (sequence, port, _) = answer(&client, Behaviour::Unasked);
        assert_eq!((sequence, port), expected);
    }
    client.order(Behaviour::Foreign, REQUEST, Order::value(1000), b"c");
    assert_eq!(answer(&client, Behaviour::Foreign).0, SEQUENCE + 1000);
    assert_eq!(answer(&client, Behaviour::Foreign).0, SEQUENCE);
    client.order(Behaviour::Twice, REQUEST, Order::default(), b"d");
    assert_eq!(
        answer(&client, Behaviour::Twice),
        answer(&client, Behaviour::Twice)
    );
    client.silent();
}

#[test]
fn multipart_ends_with_done() {
    let client = Client::faults();
    client.order(Behaviour::Multipart, REQUEST, Order::value(3), b"part");
    for _ in 0..3 {
        let frame = client.frame();
        assert!(frame.header().flags.contains(Flags::MULTI));
        assert_eq!(frame.payload(), b"part");
    }
    assert_eq!(client.frame().header().kind, kind::DONE);
}

/// The dump's objects, whether it was interrupted, and DONE's errno.
fn dump(behaviour: Behaviour, order: Order) -> (u32, bool, i32) {
    let client = Client::faults();
    client.order(behaviour, REQUEST | Flags::DUMP, order, b"");
    let (mut objects, mut interrupted) = (0, false);
    loop {
        let datagram = client.datagram(PATIENCE).unwrap();
        for frame in Frames::new(&datagram).map(Result::unwrap) {
            interrupted |= frame.header().flags.contains(Flags::DUMP_INTR);
            if let Control::Done(done) = frame.control() {
                return (objects, interrupted, done.errno());
            }
            assert_eq!(frame.payload()[..4], objects.to_ne_bytes());
            objects += 1;
        }
    }
}

#[test]
fn dumps_whole_interrupted_and_failing() {
    let order = Order {
        value: 1000,
        count: 100,
        ..Order::default()
    };
    assert_eq!(dump(Behaviour::Dump, order), (1000, false, 0));
    assert_eq!(dump(Behaviour::DumpChanged, order), (1000, true, 0));
    let failing = Order {
        value: 10,
        count: 95,
        ..Order::default()
    };
    assert_eq!(dump(Behaviour::DumpFails, failing), (10, false, 95));
}

#[test]
fn refusals_say_why() {
    let client = Client::faults();
    client.order(Behaviour::Error, REQUEST, Order::value(13), b"");
    assert_eq!(errno(&client.frame()), 13);
    client.order(Behaviour::Extended, REQUEST, Order::value(22), b"");
    let refusal = client.frame();
    let Control::Ack(ack) = refusal.control() else {
        panic!("{refusal:?}")
    };
    assert_eq!(ack.errno(), 22);
    assert_eq!(ack.extended().message(), Some("lab: refused as ordered"));
    assert_eq!(ack.extended().missing_type(), Some(7));
    client.order(
        Behaviour::Extended,
        REQUEST,
        Order::value(22),
        &[8, 0, 1, 0, 1, 2, 3, 4],
    );
    let refusal = client.frame();
    let Control::Ack(ack) = refusal.control() else {
        panic!("{refusal:?}")
    };
    // After the header and the order.
    assert_eq!(ack.extended().offset(), Some(16 + 12));
    client.order(Behaviour::Extended, ACKED, Order::value(0), b"");
    let accepted = client.frame();
    let Control::Ack(ack) = accepted.control() else {
        panic!("{accepted:?}")
    };
    assert_eq!(ack.errno(), 0);
    assert_eq!(
        ack.extended().message(),
        Some("lab: accepted with a warning")
    );
    assert_eq!(
        ack.extended().cookie(),
        Some(&0x1122_3344_5566_7788_u64.to_ne_bytes()[..])
    );
}

#[test]
fn oversized_reply_arrives_whole() {
    let client = Client::faults();
    client.order(Behaviour::Oversized, REQUEST, Order::value(200_000), b"");
    assert_eq!(answer(&client, Behaviour::Oversized).2.len(), 200_000);
}

#[test]
fn slow_handler_keeps_sendmsg() {
    let client = Client::faults();
    let began = Instant::now();
    let order = Order {
        milliseconds: 300,
        ..Order::default()
    };
    client.order(Behaviour::Slow, ACKED, order, b"zzz");
    // An emulator that was not scheduled catches up on its ticks: the kernel's sleep may be shorter.
    assert!(began.elapsed() >= Duration::from_millis(50));
    // It slept before sendmsg returned and not after: the answer is there.
    let datagram = client.datagram(Duration::ZERO).unwrap();
    let echo = Frames::new(&datagram).next().unwrap().unwrap();
    assert_eq!(echo.header().kind, Behaviour::Slow.kind());
    assert_eq!(echo.payload(), b"zzz");
    client.acknowledged();
}

fn late(how: Late) -> Client {
    let client = Client::faults();
    let order = Order {
        value: how as u32,
        milliseconds: 200,
        count: 5,
    };
    client.order(Behaviour::Late, ACKED, order, b"");
    client
}

#[test]
fn late_answers_in_every_order() {
    let data = |client: &Client| {
        assert_eq!(
            answer(client, Behaviour::Late),
            (SEQUENCE, client.port, b"late\0".to_vec())
        );
    };
    let client = late(Late::AckFirst);
    client.acknowledged();
    data(&client);
    let client = late(Late::AckLast);
    assert!(
        client.socket.recv(&mut [0; 100]).is_err(),
        "nothing has arrived yet"
    );
    data(&client);
    client.acknowledged();
    let client = late(Late::DataOnly);
    data(&client);
    client.silent();
    assert_eq!(errno(&late(Late::Error).frame()), 5);
    late(Late::Never).silent();
    let client = late(Late::Foreign);
    assert_eq!(
        answer(&client, Behaviour::Late),
        (0, 0, b"unasked\0".to_vec())
    );
    data(&client);
    client.acknowledged();
}

#[test]
fn notifications_bear_their_cause() {
    let (client, member) = (Client::faults(), Client::faults());
    member.socket.set_pktinfo(true).unwrap();
    member.socket.add_membership(40).unwrap();
    let order = Order {
        value: 40,
        count: 1,
        ..Order::default()
    };
    client.order(Behaviour::Multicast, ACKED, order, b"event");
    client.acknowledged();
    let mut buffer = [0; 100];
    let received = member.socket.recv(&mut buffer).unwrap();
    assert_eq!(received.group, Some(40));
    let header = Header::read(&buffer).unwrap();
    assert_eq!((header.sequence, header.port), (SEQUENCE, client.port));
    client.order(Behaviour::SetError, ACKED, Order::value(40), b"");
    client.acknowledged();
    let lost = member.socket.recv(&mut buffer).unwrap_err();
    assert_eq!(lost.raw_os_error(), Some(105), "ENOBUFS");
}

#[test]
fn malformed_in_four_ways() {
    let client = Client::faults();
    let datagram = |how: Malformed| {
        client.order(
            Behaviour::Malformed,
            REQUEST,
            Order::value(how as u32),
            b"cargo",
        );
        client.datagram(PATIENCE).unwrap()
    };
    assert_eq!(datagram(Malformed::Short)[..4], 11_u32.to_ne_bytes());
    let long = datagram(Malformed::Long);
    assert_eq!(long[..4], 1021_u32.to_ne_bytes());
    assert_eq!(long.len(), 24);
    let tail = datagram(Malformed::Tail);
    assert!(tail.ends_with(b"stray"));
    let mut frames = Frames::new(&tail);
    assert_eq!(frames.next().unwrap().unwrap().payload(), b"cargo");
    assert!(frames.next().unwrap().is_err());
    assert_eq!(datagram(Malformed::Runt).len(), 7);
}

#[test]
fn control_messages_and_unknown_orders() {
    let client = Client::faults();
    client.order(
        Behaviour::Control,
        ACKED,
        Order::value(u32::from(kind::OVERRUN)),
        b"",
    );
    assert_eq!(client.frame().header().kind, kind::OVERRUN);
    client.acknowledged();
    client.send(Message::raw(0x70, REQUEST, b""), SEQUENCE, client.port);
    assert_eq!(errno(&client.frame()), 95, "EOPNOTSUPP");
}
