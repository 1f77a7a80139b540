//! Frames that are wrong in every way: an error to the one request concerned, or a counter; never a
//! panic, a hang, or a lost neighbour.

use std::time::Duration;

use futures::StreamExt;
use netlane::sys::Address;
use netlane::wire::{Flags, Message};
use netlane::{Builder, Expect, Handle, Protocol, Received, Unsolicited};
use netlane_testkit::{Datagram, Datagrams, Fault, Peer, Step, in_namespace, patience};
use netlane_tests::stage::{play, until};

fn connect(peer: &Peer) -> Handle {
    let builder = Builder::new(Protocol::USERSOCK).peer(Address::port(peer.port()));
    builder.spawn().unwrap()
}

fn ask() -> Message {
    Message::raw(KIND, Flags::empty(), b"ask")
}

/// A frame with a length of one's choice in front of the bytes that are there.
fn with_length(mut frame: Vec<u8>, length: u32) -> Vec<u8> {
    frame[..4].copy_from_slice(&length.to_ne_bytes());
    frame
}

#[test]
fn malformed_frames_of_every_kind_cost_their_datagram_alone() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let good = || request.answer().frame(KIND, b"good");
                let mut steps: Vec<_> = [0, 1, 8, 15, 1000, u32::MAX]
                    .map(|length| Step::Reply(with_length(good(), length)))
                    .to_vec();
                // Less than a header; and a good frame behind a bad one, which is lost with it.
                steps.push(Step::Reply(good()[..7].to_vec()));
                let mut behind = with_length(good(), 8);
                behind.extend(good());
                steps.push(Step::Reply(behind));
                steps.push(Step::Reply(good()));
                steps
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let mut inbound = handle.inbound().unwrap();
            let answer = handle.request(ask()).expect(Expect::Reply).await.unwrap();
            assert_eq!(answer.replies[0].payload(), b"good");
            assert_eq!(handle.statistics().malformed, 8);
            for _ in 0..8 {
                let Some(Ok(Received::Message(message))) = inbound.next().await else {
                    panic!("not reported");
                };
                let malformed = matches!(message, Unsolicited::Malformed { .. });
                assert!(malformed, "{message:?}");
            }
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn a_good_frame_before_a_bad_one_is_taken() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let mut datagram = request.answer().frame(KIND, b"good");
                // An unaligned tail is allowed; what follows is garbage.
                datagram.resize(datagram.len().next_multiple_of(4), 0);
                datagram.extend([0xff; 5]);
                vec![Step::Reply(datagram)]
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            for _ in 0..20 {
                let answer = handle.request(ask()).expect(Expect::Reply).await.unwrap();
                assert_eq!(answer.replies[0].payload(), b"good");
            }
            until("all are counted", || handle.statistics().malformed == 20).await;
        })
    });
}

#[test]
fn unknown_sequences_and_control_messages_answer_nobody() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let sequence = request.header().sequence;
                let stranger = request.answer_as(sequence.wrapping_add(77));
                let own = request.answer();
                vec![
                    Step::Reply(stranger.acknowledge(0)),
                    Step::Reply(stranger.acknowledge(22)),
                    Step::Reply(stranger.multi_part(KIND, &[])),
                    Step::Reply(stranger.frame(KIND, b"wrong")),
                    // NOOP, and a control type that nobody has defined.
                    Step::Reply(own.frame(1, b"")),
                    Step::Reply(own.frame(9, b"what?")),
                    // An ERROR that is too short to say which errno.
                    Step::Reply(stranger.frame(2, b"x")),
                    Step::Reply(own.frame(KIND, b"good")),
                    Step::Reply(own.acknowledge(0)),
                ]
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let mut inbound = handle.inbound().unwrap();
            let answer = handle.request(ask()).await.unwrap();
            let last = answer.replies.last().unwrap();
            assert_eq!(last.payload(), b"good");
            assert!(
                answer
                    .replies
                    .iter()
                    .all(|frame| frame.payload() != b"wrong")
            );
            assert!(handle.statistics().stray >= 3, "{:?}", handle.statistics());
            // The stranger's data is a message of its own.
            let Some(Ok(Received::Message(message))) = inbound.next().await else {
                panic!("lost");
            };
            assert_eq!(message.as_frame().unwrap().payload(), b"wrong");
        })
    });
}

/// Fails when a reply's sender is not looked at (`Conversations::receive`).
#[test]
fn the_right_sequence_from_the_wrong_port_is_no_answer() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let answer = request.answer();
                vec![
                    Step::Forge(answer.frame(KIND, b"forged")),
                    Step::Forge(answer.acknowledge(13)),
                    Step::Reply(answer.frame(KIND, b"true")),
                ]
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let mut inbound = handle.inbound().unwrap();
            for _ in 0..20 {
                let answer = handle.request(ask()).expect(Expect::Reply).await.unwrap();
                assert_eq!(answer.replies[0].payload(), b"true");
                let Some(Ok(Received::Message(message))) = inbound.next().await else {
                    panic!("lost");
                };
                assert_ne!(message.sender(), peer.port());
            }
        })
    });
}

#[test]
fn an_answer_longer_than_the_buffer_is_unknown_and_says_how_long_it_was() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                vec![Step::Reply(request.answer().frame(KIND, &[7; 50_000]))]
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let error = handle
                .request(ask())
                .expect(Expect::Reply)
                .await
                .unwrap_err();
            assert!(error.is_outcome_unknown(), "{error}");
            assert!(error.to_string().contains("50016"), "{error}");
            assert!(error.to_string().contains("frame_size"), "{error}");
            assert_eq!(handle.statistics().truncated, 1);
            let builder = Builder::new(Protocol::USERSOCK).peer(Address::port(peer.port()));
            let roomy = builder.frame_size(64 * 1024).spawn().unwrap();
            let answer = roomy.request(ask()).expect(Expect::Reply).await.unwrap();
            assert_eq!(answer.replies[0].payload().len(), 50_000);
        })
    });
}

#[test]
fn faults_at_random_break_nothing_but_their_own_request() {
    in_namespace(|| {
        play(async {
            let mut seed = 0;
            // The answers of a request, bent by a seed; then a good one.
            let peer = Peer::start(move |request| {
                seed += 1;
                let answer = request.answer();
                let sent = vec![
                    answer.multi_part(KIND, &[b"one", b"two"]),
                    answer.frame(KIND, b"data"),
                    answer.acknowledge(5),
                    answer.acknowledge(0),
                ];
                let sent = Datagrams::new(sent.into_iter().map(Datagram::from_kernel).collect());
                let bent = sent.with_faults(&Fault::sequence(seed, 4)).into_vec();
                let steps = bent
                    .into_iter()
                    .filter(|datagram| !datagram.bytes.is_empty());
                let steps = steps.map(|datagram| Step::Reply(datagram.bytes));
                steps.chain([Step::Reply(answer.acknowledge(0))]).collect()
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let limit = patience(Duration::from_secs(15));
            for round in 0..500 {
                let expect = match round % 3 {
                    0 => Expect::Acknowledgement,
                    1 => Expect::Reply,
                    _ => Expect::Anything,
                };
                // Any outcome will do, as long as there is one that does not wait for the deadline.
                let outcome = handle.request(ask()).expect(expect).deadline(limit).await;
                if let Err(error) = outcome {
                    assert!(
                        !error.is_timed_out() && !error.is_closed(),
                        "{round}: {error}"
                    );
                }
            }
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn a_flood_of_strangers_does_not_keep_a_request_from_its_answer() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let answer = request.answer_as(0);
                let flood = (0..2000).map(|_| Step::Reply(answer.frame(KIND, b"noise")));
                let own = Step::Reply(request.answer().frame(KIND, b"answer"));
                flood.chain([own]).collect()
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let answer = handle.request(ask()).expect(Expect::Reply).await.unwrap();
            assert_eq!(answer.replies[0].payload(), b"answer");
            assert_eq!(handle.statistics().unsolicited_dropped, 2000);
            assert_eq!(peer.undelivered(), 0);
        })
    });
}

const KIND: u16 = 0x40;
