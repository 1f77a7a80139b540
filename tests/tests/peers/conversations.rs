//! The conversations of the tutorials: fixed ports, opaque types, answers without sequence numbers,
//! multicast to several programs, and a peer that speaks first.

use futures::StreamExt;
use netlane::sys::Address;
use netlane::wire::{Flags, Frame, Message};
use netlane::{Builder, Error, Handle, Inbound, Notice, Protocol, Received, Unsolicited};
use netlane_testkit::{Peer, Step, in_namespace};
use netlane_tests::stage::play;

fn text(kind: u16, text: &str) -> Message {
    let mut payload = text.as_bytes().to_vec();
    payload.push(0);
    Message::raw(kind, Flags::empty(), &payload)
}

/// A frame as a kernel module of the tutorials writes it: sequence and port 0.
fn plain(message: Message) -> Vec<u8> {
    message.into_frame(0, 0).unwrap().into_bytes().to_vec()
}

fn opaque(port: u32, peer: &Peer) -> Handle {
    let builder = Builder::new(Protocol::USERSOCK).port(port).opaque_types();
    builder.peer(Address::port(peer.port())).spawn().unwrap()
}

async fn frame(inbound: &mut Inbound) -> (Frame, u32) {
    match inbound.next().await {
        Some(Ok(Received::Message(Unsolicited::Frame { frame, sender, .. }))) => (frame, sender),
        other => panic!("instead of a frame: {other:?}"),
    }
}

#[test]
fn s1_a_fixed_port_sends_type_zero_and_is_answered_unasked() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let header = request.header();
                assert_eq!((header.kind, header.flags), (0, Flags::empty()));
                assert_eq!((header.sequence, header.port), (0, 100));
                vec![Step::SendTo(100, plain(text(25, "hello users!!!")))]
            });
            let peer = peer.unwrap();
            let handle = opaque(100, &peer);
            let mut inbound = handle.inbound().unwrap();
            // NLMSG_SPACE(125): the text and a great deal of nothing.
            let mut payload = b"hello netlink!!".to_vec();
            payload.resize(125, 0);
            let hello = Message::raw(0, Flags::empty(), &payload);
            handle.send(hello).await.unwrap();
            let (answer, sender) = frame(&mut inbound).await;
            assert_eq!(sender, peer.port());
            assert_eq!(answer.header().kind, 25);
            assert_eq!(answer.payload(), b"hello users!!!\0");
        })
    });
}

#[test]
fn s2_types_that_others_know_as_control_messages_are_the_protocols_own() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let known = match request.header().kind {
                    HELLO_SET => "S known you !",
                    HELLO_GET => "I known you !",
                    other => panic!("type {other}"),
                };
                vec![Step::Reply(plain(text(0, known)))]
            });
            let peer = peer.unwrap();
            let handle = opaque(1, &peer);
            let mut inbound = handle.inbound().unwrap();
            for (kind, expected) in [
                (HELLO_GET, "I known you !\0"),
                (HELLO_SET, "S known you !\0"),
            ] {
                handle.send(text(kind, "somebody")).await.unwrap();
                let (answer, _) = frame(&mut inbound).await;
                assert_eq!(answer.header().kind, 0);
                assert_eq!(answer.payload(), expected.as_bytes());
            }
        })
    });
}

#[test]
fn s2_a_length_below_the_header_is_reported_with_its_bytes() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|_| {
                let mut frame = plain(text(0, "I known you !"));
                // As the tutorial's module does: the length of the text, which is 11.
                frame[..4].copy_from_slice(&11u32.to_ne_bytes());
                vec![Step::Reply(frame)]
            });
            let peer = peer.unwrap();
            let handle = opaque(1, &peer);
            let mut inbound = handle.inbound().unwrap();
            handle.send(text(HELLO_GET, "me")).await.unwrap();
            let Some(Ok(Received::Message(message))) = inbound.next().await else {
                panic!("nothing arrived");
            };
            let Unsolicited::Malformed { bytes, sender, .. } = message else {
                panic!("taken for a frame: {message:?}");
            };
            assert_eq!(sender, peer.port());
            assert!(bytes.ends_with(b"I known you !\0"));
            assert_eq!(handle.statistics().malformed, 1);
        })
    });
}

#[test]
fn s3_an_echo_comes_back_as_it_went() {
    in_namespace(|| {
        play(async {
            // The process id is the port that the kernel would choose first, so it is taken first.
            let builder = Builder::new(Protocol::USERSOCK).port(std::process::id());
            let handle = builder.opaque_types().spawn().unwrap();
            let peer = Peer::echo().unwrap();
            let to = Address::port(peer.port());
            let mut inbound = handle.inbound().unwrap();
            for round in 0..50 {
                let message = text(0, &format!("round {round}"));
                let expected = message.payload().to_vec();
                handle.send_to(message, to).await.unwrap();
                assert_eq!(frame(&mut inbound).await.0.payload(), expected);
            }
            assert_eq!(peer.received().len(), 50);
        })
    });
}

#[test]
fn s4_a_greeting_reaches_every_program_in_the_group() {
    in_namespace(|| {
        play(async {
            let peer = Peer::echo().unwrap();
            let programs = [(); 2].map(|()| netlane::spawn(Protocol::USERSOCK).unwrap());
            let mut listeners = Vec::new();
            for program in &programs {
                listeners.push(program.subscribe([1]).await.unwrap());
            }
            peer.act(Step::Multicast(
                1,
                plain(text(0x20, "Greeting from kernel!")),
            ));
            for listener in &mut listeners {
                let Some(Ok(Notice::Event(event))) = listener.next().await else {
                    panic!("no greeting");
                };
                assert_eq!(event.group, 1);
                assert_eq!(event.frame.payload(), b"Greeting from kernel!\0");
            }
        })
    });
}

#[test]
fn s6_a_peer_that_speaks_first_gets_its_answers() {
    in_namespace(|| {
        play(async {
            let mut turn = 0;
            let peer = Peer::start(move |answer| {
                turn += 1;
                assert_eq!(answer.header().kind, 0x21);
                match turn {
                    1..10 => vec![Step::Reply(plain(text(0x21, "and then?")))],
                    _ => vec![Step::Reply(plain(text(0x21, "goodbye")))],
                }
            });
            let peer = peer.unwrap();
            let builder = Builder::new(Protocol::USERSOCK).port(200);
            let handle = builder.spawn().unwrap();
            let mut inbound = handle.inbound().unwrap();
            peer.act(Step::SendTo(200, plain(text(0x21, "who are you?"))));
            let mut questions = 0;
            loop {
                let (question, sender) = frame(&mut inbound).await;
                questions += 1;
                if question.payload() == b"goodbye\0" {
                    break;
                }
                let to = Address::port(sender);
                handle.send_to(text(0x21, "me"), to).await.unwrap();
            }
            assert_eq!(questions, 11);
        })
    });
}

#[test]
fn two_connections_talk_to_each_other() {
    in_namespace(|| {
        play(async {
            let open = |port| {
                let builder = Builder::new(Protocol::USERSOCK).port(port);
                builder.spawn().unwrap()
            };
            let (one, two) = (open(11), open(22));
            let (mut heard_by_one, mut heard_by_two) =
                (one.inbound().unwrap(), two.inbound().unwrap());
            for round in 0..100 {
                let ping = text(0x30, &format!("ping {round}"));
                one.send_to(ping, Address::port(22)).await.unwrap();
                let (ping, sender) = frame(&mut heard_by_two).await;
                assert_eq!(sender, 11);
                let pong = Message::raw(0x31, Flags::empty(), ping.payload());
                two.send_to(pong, Address::port(sender)).await.unwrap();
                let (pong, _) = frame(&mut heard_by_one).await;
                assert_eq!(pong.payload(), ping.payload());
            }
        })
    });
}

#[test]
fn every_inbound_stream_hears_everything_and_a_full_one_says_what_it_missed() {
    in_namespace(|| {
        play(async {
            let peer = Peer::echo().unwrap();
            let builder = Builder::new(Protocol::USERSOCK).event_capacity(4);
            let handle = builder.spawn().unwrap();
            let (mut read, mut unread) = (handle.inbound().unwrap(), handle.inbound().unwrap());
            for round in 0..20 {
                let message = text(0x30, &format!("{round}"));
                handle
                    .send_to(message, Address::port(peer.port()))
                    .await
                    .unwrap();
                frame(&mut read).await;
            }
            for _ in 0..4 {
                frame(&mut unread).await;
            }
            let Some(Ok(Received::Lost(loss))) = unread.next().await else {
                panic!("no marker");
            };
            assert_eq!(loss.count, netlane::LossCount::Exact(16));
        })
    });
}

#[test]
fn nobody_at_the_port_is_an_error_that_names_it() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::USERSOCK).unwrap();
            let error: Error = handle
                .send_to(text(0x30, "hello"), Address::port(4711))
                .await
                .unwrap_err();
            assert!(error.was_not_sent());
            assert_eq!(error.errno(), Some(ECONNREFUSED));
            assert!(error.to_string().contains("4711") || error.to_string().contains("port"));
        })
    });
}

const HELLO_SET: u16 = 0;
const HELLO_GET: u16 = 1;
const ECONNREFUSED: i32 = 111;
