//! Answers that take their time: late, in parts, in another order, acknowledged first, never.

use std::sync::mpsc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use netlane::sys::Address;
use netlane::wire::{Flags, Message};
use netlane::{Builder, ErrorKind, Expect, Handle, Protocol};
use netlane_testkit::{Peer, Step, in_namespace};
use netlane_tests::stage::{drop_after, play, until};

fn connect(peer: &Peer) -> Handle {
    let builder = Builder::new(Protocol::USERSOCK).peer(Address::port(peer.port()));
    builder.spawn().unwrap()
}

fn ask(payload: &[u8]) -> Message {
    Message::raw(KIND, Flags::empty(), payload)
}

#[test]
fn every_expectation_is_met_by_a_peer() {
    in_namespace(|| {
        play(async {
            let peer = scripted();
            let handle = connect(&peer);
            for (how, expect, replies) in [
                (b"d", Expect::Reply, 1),
                (b"a", Expect::Acknowledgement, 0),
                (b"b", Expect::Acknowledgement, 1),
                (b"b", Expect::AcknowledgementAndReply, 1),
                // The ACK first, as audit does.
                (b"r", Expect::AcknowledgementAndReply, 1),
                (b"m", Expect::Reply, 3),
                (b"m", Expect::Dump, 3),
            ] {
                let answer = handle.request(ask(how)).expect(expect).await.unwrap();
                assert_eq!(answer.replies.len(), replies, "{expect:?}");
            }
            assert_eq!(handle.pending(), 0);
            assert_eq!(handle.statistics().stray, 0);
        })
    });
}

/// A peer that answers as the first byte of the payload says.
fn scripted() -> Peer {
    let peer = Peer::start(|request| {
        let answer = request.answer();
        let data = Step::Reply(answer.frame(KIND, b"data"));
        let ack = Step::Reply(answer.acknowledge(0));
        match request.bytes[16] {
            b'd' => vec![data],
            b'a' => vec![ack],
            b'b' => vec![data, ack],
            b'r' => vec![ack, Step::Wait(Duration::from_millis(1)), data],
            b'm' => vec![Step::Reply(answer.multi_part(KIND, &[b"1", b"2", b"3"]))],
            b'e' => vec![Step::Reply(answer.acknowledge(1))],
            other => panic!("{other}"),
        }
    });
    peer.unwrap()
}

#[test]
fn a_peers_refusal_is_its_own_and_names_no_capability() {
    in_namespace(|| {
        play(async {
            let peer = scripted();
            let error = connect(&peer).request(ask(b"e")).await.unwrap_err();
            assert_eq!(error.errno(), Some(1));
            assert!(!error.to_string().contains("CAP_"), "{error}");
        })
    });
}

#[test]
fn answers_in_any_order_find_their_requests() {
    in_namespace(|| {
        play(async {
            let mut held = Vec::new();
            // Answers every tenth with all that are held, last first.
            let peer = Peer::start(move |request| {
                held.push(Step::Reply(
                    request.answer().frame(KIND, &request.bytes[16..]),
                ));
                if held.len() < 10 {
                    return Vec::new();
                }
                held.reverse();
                std::mem::take(&mut held)
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let requests = (0..200u32).map(|number| {
                let handle = handle.clone();
                async move {
                    let request = handle.request(ask(&number.to_ne_bytes()));
                    let answer = request.expect(Expect::Reply).await.unwrap();
                    assert_eq!(answer.replies[0].payload(), number.to_ne_bytes());
                }
            });
            join_all(requests).await;
            assert_eq!(handle.pending(), 0);
        })
    });
}

/// Fails without deadlines (`Deadline`).
#[test]
fn an_answer_after_the_deadline_is_swallowed_and_taken_for_no_other() {
    in_namespace(|| {
        play(async {
            let mut late = None;
            // Answers the first when it answers the second, and before that.
            let peer = Peer::start(move |request| {
                let payload = &request.bytes[16..];
                let answer = Step::Reply(request.answer().frame(KIND, payload));
                match late.take() {
                    None => {
                        late = Some(answer);
                        Vec::new()
                    }
                    Some(late) => vec![late, answer],
                }
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let late = handle.request(ask(b"late")).expect(Expect::Reply);
            let error = late.deadline(Duration::from_millis(20)).await.unwrap_err();
            assert!(
                error.is_timed_out() && error.is_outcome_unknown(),
                "{error}"
            );
            // Its sequence stays reserved, and the next answer is the next request's own.
            assert_eq!(handle.pending(), 1);
            let next = handle.request(ask(b"next")).expect(Expect::Reply);
            assert_eq!(next.await.unwrap().replies[0].payload(), b"next");
            assert_eq!(handle.statistics().swallowed, 1);
            assert_eq!(handle.statistics().timed_out, 1);
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn requests_dropped_while_their_answers_are_late_are_swallowed_one_by_one() {
    in_namespace(|| {
        play(async {
            let (release, released) = mpsc::channel();
            let mut held = true;
            let peer = Peer::start(move |request| {
                if std::mem::take(&mut held) {
                    released.recv().unwrap();
                }
                vec![Step::Reply(request.answer().frame(KIND, b""))]
            });
            let peer = peer.unwrap();
            // Goes before the peer, whose thread waits for it.
            let release = release;
            let handle = connect(&peer);
            for polls in 1..30 {
                let dropped = handle.request(ask(b"")).expect(Expect::Reply);
                assert!(drop_after(polls % 4 + 1, dropped).await.is_none());
            }
            // One that gave others their turn before it was sent, never was.
            let sent = handle.statistics().sent;
            assert!(sent > 0);
            assert_eq!(u64::try_from(handle.pending()).unwrap(), sent);
            release.send(()).unwrap();
            until("all are swallowed", || handle.pending() == 0).await;
            assert_eq!(handle.statistics().swallowed, sent);
            handle
                .request(ask(b""))
                .expect(Expect::Reply)
                .await
                .unwrap();
        })
    });
}

/// Fails without the bound of `Dump::collect_with_retries`.
#[test]
fn an_interrupted_dump_is_tried_again_so_many_times_and_no_more() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let mut parts = request.answer().multi_part(KIND, &[b"one", b"two"]);
                // NLM_F_DUMP_INTR on the first part alone.
                let flags = Flags::MULTI | Flags::DUMP_INTR;
                parts[6..8].copy_from_slice(&flags.bits().to_ne_bytes());
                vec![Step::Reply(parts)]
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            for retries in [0, 1, 4] {
                let before = peer.received().len();
                let collected = handle.dump(ask(b"")).collect_with_retries(retries).await;
                let collected = collected.unwrap();
                // The last try's data, and the flag.
                assert_eq!((collected.frames.len(), collected.interrupted), (2, true));
                assert_eq!(peer.received().len() - before, retries + 1);
            }
            let items: Vec<_> = handle.dump(ask(b"")).collect().await;
            assert_eq!(items.len(), 3);
            let error = items[2].as_ref().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Interrupted);
        })
    });
}

#[test]
fn a_peer_that_does_not_read_is_tried_again_and_then_named() {
    in_namespace(|| {
        play(async {
            let silent =
                netlane_sys::Socket::open(Protocol::USERSOCK, netlane_sys::SocketKind::Raw);
            let silent = silent.unwrap();
            silent.bind(Address::KERNEL).unwrap();
            silent.set_receive_buffer(4096).unwrap();
            let to = silent.local_address().unwrap();
            let handle = netlane::spawn(Protocol::USERSOCK).unwrap();
            let mut sent = 0;
            let error = loop {
                match handle.send_to(ask(&[0; 1000]), to).await {
                    Ok(()) => sent += 1,
                    Err(error) => break error,
                }
                assert!(sent < 1000, "its queue never fills");
            };
            assert!(error.was_not_sent());
            assert!(error.to_string().contains("does not read"), "{error}");
            // As soon as it reads, there is room again.
            silent.recv(&mut [0; 4096]).unwrap();
            while silent.recv(&mut [0; 4096]).is_ok() {}
            handle.send_to(ask(&[0; 1000]), to).await.unwrap();
        })
    });
}

#[test]
fn a_batch_to_a_peer_has_an_outcome_for_each() {
    in_namespace(|| {
        play(async {
            let peer = Peer::start(|request| {
                let number = u32::from_ne_bytes(request.bytes[16..20].try_into().unwrap());
                let errno = i32::from(number % 3 == 0) * 22;
                vec![Step::Reply(request.answer().acknowledge(errno))]
            });
            let peer = peer.unwrap();
            let handle = connect(&peer);
            let messages = (0..300u32).map(|number| ask(&number.to_ne_bytes()));
            let outcomes = handle.batch(messages).await;
            assert_eq!(outcomes.len(), 300);
            for (number, outcome) in outcomes.iter().enumerate() {
                assert_eq!(outcome.is_err(), number % 3 == 0, "{number}: {outcome:?}");
            }
        })
    });
}

/// Fails when `Handle::close` has no limit.
#[test]
fn close_lets_late_answers_arrive_and_its_limit_ends_those_that_do_not() {
    in_namespace(|| {
        play(async {
            for answers in [true, false] {
                let peer = Peer::start(move |request| {
                    let answer = Step::Reply(request.answer().frame(KIND, b""));
                    match answers {
                        true => vec![Step::Wait(Duration::from_millis(20)), answer],
                        false => Vec::new(),
                    }
                });
                let peer = peer.unwrap();
                let handle = connect(&peer);
                let request = tokio::spawn(handle.request(ask(b"")).expect(Expect::Reply));
                until("it has arrived", || !peer.received().is_empty()).await;
                let limit = match answers {
                    true => Duration::from_secs(3600),
                    false => Duration::from_millis(20),
                };
                assert_eq!(handle.close(limit).await.is_ok(), answers);
                let outcome = request.await.unwrap();
                assert_eq!(outcome.is_ok(), answers, "{outcome:?}");
            }
        })
    });
}

const KIND: u16 = 0x40;
