//! The scripted peer seen from a plain blocking socket: what it sends is what a program gets.

#![cfg(target_os = "linux")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::io;
use std::time::{Duration, Instant};

use netlane_sys::{Address, Protocol, Socket, SocketKind, wait_readable};
use netlane_testkit::{Peer, Step, in_namespace, patience};
use netlane_wire::{Control, Flags, Frames, Message, kind, set_sequence_port};

const KIND: u16 = 0x20;
const SEQUENCE: u32 = 4711;
const PATIENCE: Duration = Duration::from_secs(10);

struct Program {
    socket: Socket,
}

#[derive(Debug, PartialEq)]
struct Arrived {
    sender: u32,
    sequence: u32,
    kind: u16,
    payload: Vec<u8>,
}

impl Program {
    fn new() -> Self {
        let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
        socket.bind(Address::KERNEL).unwrap();
        Self { socket }
    }

    fn port(&self) -> u32 {
        self.socket.local_address().unwrap().port
    }

    fn request(&self, peer: &Peer, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Message::raw(KIND, Flags::REQUEST, payload)
            .finish()
            .unwrap();
        set_sequence_port(&mut bytes, SEQUENCE, self.port());
        self.socket
            .send_to(&bytes, Address::port(peer.port()))
            .unwrap();
        bytes
    }

    /// The frames of the next datagram.
    fn receive(&self) -> Vec<Arrived> {
        assert!(
            wait_readable(&self.socket, patience(PATIENCE)).unwrap(),
            "nothing came"
        );
        let mut buffer = vec![0; 65536];
        let received = self.socket.recv(&mut buffer).unwrap();
        Frames::new(&buffer[..received.len])
            .map(|frame| {
                let frame = frame.unwrap();
                Arrived {
                    sender: received.sender.port,
                    sequence: frame.header().sequence,
                    kind: frame.header().kind,
                    payload: frame.payload().to_vec(),
                }
            })
            .collect()
    }
}

#[test]
fn echo_returns_the_bytes_as_they_came() {
    let (peer, program) = (Peer::echo().unwrap(), Program::new());
    let sent = program.request(&peer, b"hello");
    let expected = Arrived {
        sender: peer.port(),
        sequence: SEQUENCE,
        kind: KIND,
        payload: b"hello".to_vec(),
    };
    assert_eq!(program.receive(), [expected]);
    assert_eq!(peer.received(), [sent]);
    assert_eq!(peer.undelivered(), 0);
}

#[test]
fn a_script_answers_wrongly_and_then_rightly() {
    let peer = Peer::start(|request| {
        vec![
            Step::Reply(request.answer_as(1).frame(KIND, b"other")),
            Step::Forge(request.answer().frame(KIND, b"forged")),
            Step::Reply(request.answer().frame(KIND, b"right")),
        ]
    })
    .unwrap();
    let program = Program::new();
    program.request(&peer, b"?");
    let other = &program.receive()[0];
    assert_eq!((other.sender, other.sequence), (peer.port(), 1));
    let forged = &program.receive()[0];
    assert_eq!(forged.sequence, SEQUENCE);
    assert_ne!(forged.sender, peer.port());
    let right = &program.receive()[0];
    assert_eq!((right.sender, right.sequence), (peer.port(), SEQUENCE));
    assert_eq!(right.payload, b"right");
}

#[test]
fn parts_end_with_done_and_acknowledgements_carry_the_errno() {
    let peer = Peer::start(|request| {
        vec![
            Step::Reply(request.answer().multi_part(KIND, &[b"one", b"three", b""])),
            Step::Reply(request.answer().acknowledge(libc_errno::EPERM)),
        ]
    })
    .unwrap();
    let program = Program::new();
    program.request(&peer, b"?");
    let parts = program.receive();
    let kinds: Vec<u16> = parts.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [KIND, KIND, KIND, kind::DONE]);
    assert_eq!(parts[1].payload, b"three");

    assert!(wait_readable(&program.socket, patience(PATIENCE)).unwrap());
    let mut buffer = [0; 4096];
    let received = program.socket.recv(&mut buffer).unwrap();
    let frame = Frames::new(&buffer[..received.len])
        .next()
        .unwrap()
        .unwrap();
    let Control::Ack(ack) = frame.control() else {
        panic!("not an acknowledgement: {frame:?}");
    };
    assert_eq!(ack.errno(), libc_errno::EPERM);
    assert_eq!(ack.request_header().unwrap().sequence, SEQUENCE);
}

#[test]
fn a_late_answer_is_late_and_a_stopped_peer_stops_at_once() {
    let peer = Peer::start(|request| {
        vec![
            Step::Wait(Duration::from_millis(50)),
            Step::Reply(request.bytes.to_vec()),
            Step::Wait(Duration::from_secs(3600)),
        ]
    })
    .unwrap();
    let program = Program::new();
    let began = Instant::now();
    program.request(&peer, b"?");
    program.receive();
    assert!(began.elapsed() >= Duration::from_millis(50));
    drop(peer);
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn what_nobody_takes_is_counted() {
    let peer = Peer::echo().unwrap();
    let gone = Program::new().port();
    peer.act(Step::SendTo(gone, vec![0; 16]));
    assert_eq!(peer.undelivered(), 1);
    peer.act(Step::Reply(vec![0; 16]));
    assert_eq!(peer.undelivered(), 2);
}

#[test]
fn the_panic_of_a_script_fails_the_test() {
    let peer = Peer::start(|_| panic!("the script")).unwrap();
    let program = Program::new();
    program.request(&peer, b"?");
    while peer.received().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(peer))).unwrap_err();
}

#[test]
fn a_flood_overruns_a_listener_once() {
    in_namespace(|| {
        let (peer, program) = (Peer::echo().unwrap(), Program::new());
        program.socket.add_membership(5).unwrap();
        peer.act(Step::Multicast(5, vec![1; 16]));
        peer.act(Step::Flood(5, 5000, vec![2; 16]));

        let mut buffer = [0; 4096];
        let first = program.socket.recv(&mut buffer).unwrap_err();
        assert_eq!(first.raw_os_error(), Some(libc_errno::ENOBUFS));
        let mut count = 0;
        loop {
            match program.socket.recv(&mut buffer) {
                Ok(received) => {
                    assert_eq!(received.sender.port, peer.port());
                    count += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => panic!("a second error: {error}"),
            }
        }
        let drops = program.socket.memory_info().unwrap().drops;
        assert_eq!(count + drops, 5001);
        assert!(count > 0 && drops > 0, "{count} received, {drops} dropped");
    });
}

/// The two numbers, from include/uapi/asm-generic/errno*.h.
mod libc_errno {
    pub(super) const EPERM: i32 = 1;
    pub(super) const ENOBUFS: i32 = 105;
}
