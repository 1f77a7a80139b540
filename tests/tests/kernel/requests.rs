//! Requests to the kernel: what a reply is, what is none, and what a refusal says.

use futures::StreamExt;
use futures::future::join_all;
use netlane::wire::{Flags, Message};
use netlane::{Builder, Expect, Handle, Lanes, Notice, Offload, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    GROUP_ADDRESS, LOOPBACK, NEW_ADDRESS, NO_INTERFACE, add_address, address, delete_address,
    get_link, link_name, local_address,
};
use netlane_tests::stage::play;

/// A connection on one socket, which is a member of the address group.
async fn single_lane_member() -> (Handle, netlane::Subscription) {
    let handle = Builder::new(Protocol::ROUTE)
        .lanes(Lanes::Single)
        .spawn()
        .unwrap();
    let events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
    assert_eq!(events.port(), handle.port(), "one socket for both");
    (handle, events)
}

#[test]
fn an_own_notification_is_an_event_and_not_the_reply() {
    in_namespace(|| {
        play(async {
            let (handle, mut events) = single_lane_member().await;
            for number in 1..50 {
                let answer = handle.request(add_address(address(number))).await.unwrap();
                assert!(answer.replies.is_empty(), "{answer:?}");
                let Some(Ok(Notice::Event(event))) = events.next().await else {
                    panic!("no event");
                };
                assert_eq!(event.group, GROUP_ADDRESS);
                assert_eq!(local_address(&event.frame), address(number));
                // It looks like a reply in all but its group.
                let header = event.frame.header();
                assert_eq!(header.port, handle.port());
                assert_ne!(header.sequence, 0);
            }
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn a_refused_change_among_own_notifications_keeps_its_own_answer() {
    in_namespace(|| {
        play(async {
            let (handle, mut events) = single_lane_member().await;
            let requests = (1..100).map(|number| {
                // Every third is there already by then, or not: all are distinct but two.
                let message = add_address(address(number / 2));
                handle.request(message)
            });
            let answers = join_all(requests).await;
            let refused = answers.iter().filter(|answer| answer.is_err()).count();
            assert_eq!(refused, 49, "each address but the first was added twice");
            for _ in 0..50 {
                assert!(matches!(events.next().await, Some(Ok(Notice::Event(_)))));
            }
        })
    });
}

#[test]
fn an_echo_is_the_reply_although_it_carries_a_group() {
    in_namespace(|| {
        play(async {
            let (handle, mut events) = single_lane_member().await;
            let answer = handle.echo(add_address(address(1))).await.unwrap();
            assert_eq!(answer.replies.len(), 1);
            assert_eq!(answer.replies[0].header().kind, NEW_ADDRESS);
            assert_eq!(local_address(&answer.replies[0]), address(1));
            // The kernel leaves the requester out of the multicast: its subscribers hear the
            // echo instead.
            let Some(Ok(Notice::Event(event))) = events.next().await else {
                panic!("the subscription missed the change");
            };
            assert_eq!(event.group, GROUP_ADDRESS);
            assert_eq!(local_address(&event.frame), address(1));
        })
    });
}

#[test]
fn an_echo_reaches_requester_and_subscriber_on_separate_lanes() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let answer = handle.echo(add_address(address(1))).await.unwrap();
            assert_eq!(answer.replies.len(), 1);
            let Some(Ok(Notice::Event(event))) = events.next().await else {
                panic!("no event");
            };
            // The notification carries the requester's identity, not the subscriber's.
            assert_eq!(event.frame.header().port, handle.port());
            assert_ne!(event.frame.header().port, events.port());
            assert_eq!(
                event.frame.header().sequence,
                answer.replies[0].header().sequence
            );
        })
    });
}

#[test]
fn foreign_sequence_numbers_in_events_answer_nobody() {
    in_namespace(|| {
        play(async {
            // Both connections count from their own random start; the second one's events carry
            // the first one's numbers.
            let (listener, mut events) = single_lane_member().await;
            let other = netlane::spawn(Protocol::ROUTE).unwrap();
            for number in 1..200 {
                let ours = listener.request(get_link(LOOPBACK));
                let theirs = other.request(add_address(address(number)));
                let (ours, theirs) = tokio::join!(ours, theirs);
                assert_eq!(ours.unwrap().replies.len(), 1);
                theirs.unwrap();
                assert!(matches!(events.next().await, Some(Ok(Notice::Event(_)))));
            }
        })
    });
}

#[test]
fn a_request_ends_with_its_ack_and_not_with_its_data() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let answer = handle.request(get_link(LOOPBACK)).await.unwrap();
            assert_eq!(answer.replies.len(), 1);
            // The ACK was read with it: nothing is left to be swallowed or to stray.
            handle.ping().await.unwrap();
            let seen = handle.statistics();
            assert_eq!((seen.stray, seen.swallowed), (0, 0), "{seen:?}");
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn every_expectation_has_its_own_end() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            for expect in [
                Expect::Acknowledgement,
                Expect::AcknowledgementAndReply,
                Expect::Reply,
            ] {
                let answer = handle.request(get_link(LOOPBACK)).expect(expect).await;
                let answer = answer.unwrap();
                assert_eq!(answer.replies.len(), 1, "{expect:?}");
                assert_eq!(link_name(&answer.replies[0]), "lo");
                let refused = handle.request(get_link(NO_INTERFACE)).expect(expect).await;
                assert_eq!(refused.unwrap_err().errno(), Some(ENODEV), "{expect:?}");
            }
            assert_eq!(handle.pending(), 0);
            assert_eq!(handle.statistics().stray, 0);
        })
    });
}

#[test]
fn a_request_without_acknowledgement_is_silent_unless_refused() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            handle.send(add_address(address(1))).await.unwrap();
            handle.send(add_address(address(1))).await.unwrap();
            // Both are behind us once a later request is answered.
            handle.ping().await.unwrap();
            assert_eq!(handle.statistics().refused_unawaited, 1);
            handle.request(delete_address(address(1))).await.unwrap();
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn what_nobody_waits_for_is_sent_all_the_same() {
    in_namespace(|| {
        play(async {
            for offload in [Offload::Always, Offload::Never, Offload::Adaptive] {
                let builder = Builder::new(Protocol::ROUTE).offload(offload);
                let handle = builder.spawn().unwrap();
                let sends = (0..300).map(|number| handle.send(add_address(address(number))));
                for sent in join_all(sends).await {
                    sent.unwrap();
                }
                let deletes = (0..300).map(|number| delete_address(address(number)));
                let outcomes = handle.batch(deletes).await;
                assert!(
                    outcomes.iter().all(Result::is_ok),
                    "{offload:?}: {outcomes:?}"
                );
                assert_eq!(handle.pending(), 0);
            }
        })
    });
}

#[test]
fn a_refusal_says_what_the_kernel_said() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            // IFA_CACHEINFO with a payload that is too short, behind a good attribute.
            let message = add_address(address(1)).with_attribute(6, &[0; 4]);
            let error = handle.request(message).await.unwrap_err();
            assert!(error.is_refused() && !error.is_outcome_unknown());
            assert_eq!(error.request_type(), Some(NEW_ADDRESS));
            let report = error.extended_ack().expect("an extended ACK");
            // The offset counts from the start of the request, although the kernel did not echo
            // it: header 16, ifaddrmsg 8, two addresses of 8.
            assert_eq!(report.offset, Some(40), "{report:?}");
            assert!(report.message.is_some(), "{report:?}");
            let words = error.to_string();
            assert!(
                words.contains("RTNETLINK") || words.contains("ROUTE"),
                "{words}"
            );
            assert!(
                words.contains(report.message.as_deref().unwrap()),
                "{words}"
            );
        })
    });
}

#[test]
fn an_unknown_message_type_is_refused_and_harms_nobody() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let strange = || Message::new(4000, Flags::empty()).with_header(&[0; 16]);
            let (strange, known) = tokio::join!(
                handle.request(strange()),
                handle.request(get_link(LOOPBACK))
            );
            assert_eq!(strange.unwrap_err().errno(), Some(EOPNOTSUPP));
            assert_eq!(known.unwrap().replies.len(), 1);
        })
    });
}

#[test]
fn exactly_one_reply_is_what_request_one_means() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let frame = handle.request_one(get_link(LOOPBACK)).await.unwrap();
            assert_eq!(link_name(&frame), "lo");
            let none = handle.request_one(add_address(address(1))).await;
            assert_eq!(none.unwrap_err().kind(), netlane::ErrorKind::Decode);
        })
    });
}

const ENODEV: i32 = 19;
const EOPNOTSUPP: i32 = 95;
