//! Whose frame is it: by sender, true group, port, sequence and echo, never by
//! the sequence alone (KERNEL facts M1, M2, B7).

use netlane_proto::{Conversations, Expect, Profile, Sequence, Timing};
use netlane_wire::{Flags, Header};

use crate::stage::{DATA, Lane, PORT, ack, ack_of, done, frame, reply};

/// A socket that is in groups, as a single lane is.
fn member() -> Lane {
    Lane::of(Profile {
        member: true,
        ..Profile::kernel(PORT)
    })
}

/// A socket that talks with other programs.
fn among_peers() -> Lane {
    Lane::of(Profile {
        peers: true,
        ..Profile::kernel(PORT)
    })
}

#[test]
fn a_forged_answer_is_dropped_whole_and_the_true_one_taken() {
    let mut lane = Lane::kernel();
    let ping = lane.ask(Expect::Acknowledgement, "ping");
    let forged = [reply(ping, "evil"), ack(ping, 0)].concat();
    assert_eq!(lane.hears_from(4711, &forged), ["Foreign { sender: 4711 }"]);
    assert_eq!(lane.hears(&ack(ping, 0)), ["ping: acknowledged"]);
}

#[test]
fn a_peer_answers_only_what_it_was_asked() {
    let mut lane = among_peers();
    let to_7 = lane.ask_late(Expect::Reply, 7, "to seven");
    assert_eq!(
        lane.hears_from(8, &reply(to_7, "evil")),
        ["unsolicited from 8: evil"]
    );
    assert_eq!(
        lane.hears_from(8, &ack(to_7, 1)),
        ["Stray { sequence: 7, errno: 1 }"]
    );
    // Nor may the kernel answer in its place.
    assert_eq!(
        lane.hears(&reply(to_7, "king")),
        ["unsolicited from 0: king"]
    );
    assert_eq!(
        lane.hears_from(7, &reply(to_7, "good")),
        ["to seven: reply good", "to seven: replied"]
    );
}

#[test]
fn ones_own_notification_before_the_ack_is_an_event() {
    let mut lane = member();
    let add = lane.ask(Expect::Acknowledgement, "add");
    assert_eq!(
        lane.hears_group(5, &reply(add, "rule")),
        ["event of group 5: rule"]
    );
    assert_eq!(lane.hears(&ack(add, 0)), ["add: acknowledged"]);
}

#[test]
fn a_socket_in_no_group_takes_an_echo_whatever_group_stands_on_it() {
    let mut lane = Lane::kernel();
    let add = lane.ask(Expect::Echo, "add");
    assert_eq!(
        lane.hears_group(5, &reply(add, "rule")),
        ["add: reply rule"]
    );
    assert_eq!(lane.hears(&ack(add, 0)), ["add: acknowledged"]);
}

#[test]
fn a_member_takes_the_echo_it_asked_for_and_no_other() {
    let mut lane = member();
    let add = lane.ask(Expect::Echo, "add");
    let other_port = {
        let mut bytes = reply(add, "rule");
        let header = Header::read(&bytes).unwrap();
        bytes[..16].copy_from_slice(&Header { port: 9, ..header }.to_bytes());
        bytes
    };
    assert_eq!(lane.hears_group(5, &other_port), ["event of group 5: rule"]);
    // The kernel leaves the requester out of the multicast: the echo is both.
    assert_eq!(
        lane.hears_group(5, &reply(add, "rule")),
        ["event of group 5: rule", "add: reply rule"]
    );
    assert_eq!(lane.hears(&ack(add, 0)), ["add: acknowledged"]);
}

#[test]
fn another_programs_event_with_a_pending_sequence_is_an_event() {
    let mut lane = member();
    let ping = lane.ask(Expect::Acknowledgement, "ping");
    assert_eq!(
        lane.hears_group(1, &reply(ping, "link")),
        ["event of group 1: link"]
    );
    assert_eq!(lane.conversations.open(), 1);
}

#[test]
fn control_messages_of_a_group_end_nothing() {
    let mut lane = member();
    let ping = lane.ask(Expect::Acknowledgement, "ping");
    let said = lane.hears_group(1, &ack(ping, 5));
    assert!(said[0].starts_with("event of group 1"), "{said:?}");
    assert_eq!(lane.conversations.open(), 1);
}

#[test]
fn sequence_zero_and_unknown_numbers_belong_to_nobody() {
    let mut lane = Lane::kernel();
    lane.ask(Expect::Acknowledgement, "ping");
    for sequence in [0, 99] {
        assert_eq!(
            lane.hears(&frame(DATA, Flags::empty(), sequence, b"what")),
            ["unsolicited from 0: what"]
        );
        assert_eq!(
            lane.hears(&ack_of(sequence, 3)),
            [format!("Stray {{ sequence: {sequence}, errno: 3 }}")]
        );
    }
    assert_eq!(lane.conversations.open(), 1);
}

#[test]
fn what_comes_twice_is_stray_the_second_time() {
    let mut lane = Lane::kernel();
    let ping = lane.ask(Expect::Acknowledgement, "ping");
    assert_eq!(lane.hears(&ack(ping, 0)), ["ping: acknowledged"]);
    assert_eq!(
        lane.hears(&ack(ping, 5)),
        ["Stray { sequence: 7, errno: 5 }"]
    );
    // Taken or not: the number means nothing any more.
    lane.conversations.take(ping);
    assert_eq!(
        lane.hears(&done(ping, 0)),
        ["Stray { sequence: 7, errno: 0 }"]
    );
}

#[test]
fn answers_may_come_in_any_order() {
    let mut lane = Lane::kernel();
    let a = lane.ask(Expect::Acknowledgement, "a");
    let b = lane.ask(Expect::Acknowledgement, "b");
    let datagram = [ack(b, 0), ack(a, 17)].concat();
    assert_eq!(lane.hears(&datagram), ["b: acknowledged", "a: refused 17"]);
}

#[test]
fn opaque_types_are_never_control_messages() {
    let mut lane = Lane::of(Profile {
        opaque: true,
        ..Profile::kernel(PORT)
    });
    let get = lane.ask_late(Expect::Reply, 0, "get");
    let odd = frame(3, Flags::empty(), get.get(), b"done");
    assert_eq!(lane.hears(&odd), ["get: reply done", "get: replied"]);
    let two = frame(2, Flags::empty(), 0, b"oops");
    assert_eq!(lane.hears(&two), ["unsolicited from 0: oops"]);
}

#[test]
fn numbers_wrap_past_zero_and_past_those_in_use() {
    let begin_at = |seed| Conversations::new(Profile::kernel(PORT), seed);
    let submit = |conversations: &mut Conversations<&'static str>| {
        conversations.submit(Expect::Acknowledgement, Timing::Synchronous, 0, "x")
    };
    assert_eq!(submit(&mut begin_at(0)).get(), 1);
    let mut conversations = begin_at(u32::MAX - 1);
    let numbers: Vec<u32> = (0..3).map(|_| submit(&mut conversations).get()).collect();
    assert_eq!(numbers, [u32::MAX - 1, u32::MAX, 1]);
    // Many later ones leave those three alone, which are in use.
    let later: Vec<u32> = (0..1000)
        .map(|_| submit(&mut conversations).get())
        .collect();
    assert!(later.iter().all(|number| !numbers.contains(number)));
    assert_eq!(conversations.len(), 1003);
}

#[test]
fn a_number_is_in_use_while_its_tombstone_lives() {
    let mut numbers = std::collections::HashSet::<Sequence>::new();
    let mut lane = Lane::kernel();
    for _ in 0..100 {
        let late = lane.ask_late(Expect::Acknowledgement, 0, "late");
        lane.cancels(late);
        assert!(numbers.insert(late));
    }
    assert_eq!(lane.conversations.len(), 100);
}
