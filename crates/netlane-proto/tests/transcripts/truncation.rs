//! Datagrams that did not fit, and bytes that are no frame.

use netlane_proto::{Datagram, Expect, Profile};
use netlane_wire::Flags;

use crate::stage::{Lane, PORT, ack, done, frame, part, reply};

fn noted(len: usize, full_len: usize, group: Option<u32>, answer: bool) -> String {
    format!("Truncated {{ len: {len}, full_len: {full_len}, group: {group:?}, answer: {answer} }}")
}

#[test]
fn a_cut_reply_makes_the_ack_no_good_end() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Acknowledgement, "get");
    let long = reply(get, &"x".repeat(100));
    assert_eq!(lane.hears_start(&long, 40), [noted(40, 116, None, true)]);
    assert_eq!(lane.hears(&ack(get, 0)), ["get: truncated at 116"]);
}

#[test]
fn a_cut_reply_that_nothing_follows_is_the_end() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Reply, "get");
    let long = reply(get, &"x".repeat(100));
    assert_eq!(
        lane.hears_start(&long, 40),
        ["get: truncated at 116".into(), noted(40, 116, None, true)]
    );
    let both = lane.ask_late(Expect::AcknowledgementAndReply, 0, "both");
    lane.hears(&ack(both, 0));
    let long = reply(both, &"x".repeat(100));
    assert_eq!(lane.hears_start(&long, 16)[0], "both: truncated at 116");
}

#[test]
fn a_cut_part_is_followed_by_others() {
    let mut lane = Lane::kernel();
    let list = lane.ask(Expect::Reply, "list");
    let parts = [part(list, "aaaa"), part(list, &"x".repeat(64))].concat();
    assert_eq!(
        lane.hears_start(&parts, 40),
        ["list: reply aaaa".into(), noted(40, 100, None, true)]
    );
    assert_eq!(lane.hears(&done(list, 0)), ["list: truncated at 100"]);
}

#[test]
fn a_datagram_cut_between_two_frames_is_noticed_too() {
    let mut lane = Lane::kernel();
    let list = lane.ask(Expect::Dump, "list");
    let parts = [part(list, "aaaa"), part(list, "bbbb")].concat();
    // At the boundary; and where less than a header is left.
    for len in [20, 30] {
        assert_eq!(
            lane.hears_start(&parts, len),
            ["list: reply aaaa".into(), noted(len, 40, None, true)]
        );
    }
    assert_eq!(lane.hears(&done(list, 0)), ["list: truncated at 40"]);
}

#[test]
fn a_cut_error_ends_its_conversation() {
    let mut lane = Lane::kernel();
    let set = lane.ask(Expect::Acknowledgement, "set");
    let said = lane.hears_start(&ack(set, 22), 24);
    assert_eq!(said[0], "set: truncated at 36");
}

#[test]
fn a_cut_notification_cuts_no_conversation() {
    let mut lane = Lane::of(Profile {
        member: true,
        ..Profile::kernel(PORT)
    });
    let add = lane.ask(Expect::Acknowledgement, "add");
    let long = reply(add, &"x".repeat(100));
    let datagram = Datagram {
        full_len: long.len(),
        group: Some(7),
        ..Datagram::from_kernel(&long[..40])
    };
    assert_eq!(lane.hears_all(&datagram), [noted(40, 116, Some(7), false)]);
    assert_eq!(lane.hears(&ack(add, 0)), ["add: acknowledged"]);
}

#[test]
fn a_cut_datagram_of_a_stranger_changes_nothing() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Reply, "get");
    let long = reply(get, &"x".repeat(100));
    let datagram = Datagram {
        full_len: long.len(),
        sender: 5,
        ..Datagram::from_kernel(&long[..40])
    };
    assert_eq!(lane.hears_all(&datagram), ["Foreign { sender: 5 }"]);
    assert_eq!(lane.conversations.open(), 1);
}

#[test]
fn a_cut_whose_header_is_gone_is_still_counted() {
    let mut lane = Lane::kernel();
    lane.ask(Expect::Acknowledgement, "get");
    assert_eq!(lane.hears_start(&[0; 100], 8), [noted(8, 100, None, false)]);
}

#[test]
fn the_proof_of_loss_says_that_it_was_cut() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Acknowledgement, "get");
    lane.hears_start(&reply(get, &"x".repeat(100)), 40);
    assert_eq!(lane.reads_empty(), ["get: truncated at 116"]);
}

#[test]
fn a_cut_answer_of_a_cancelled_request_is_forgotten() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Reply, "get");
    lane.cancels(get);
    let said = lane.hears_start(&reply(get, &"x".repeat(100)), 40);
    assert_eq!(said[0], "get: forgotten");
    assert!(lane.conversations.is_empty());
}

#[test]
fn a_bad_length_costs_the_rest_of_its_datagram_and_no_more() {
    let mut lane = Lane::kernel();
    let a = lane.ask(Expect::Acknowledgement, "a");
    let b = lane.ask(Expect::Acknowledgement, "b");
    for bad in [0u32, 8, 15, 17_000, u32::MAX] {
        let mut broken = frame(24, Flags::empty(), 1, &[]);
        broken[..4].copy_from_slice(&bad.to_ne_bytes());
        let datagram = [reply(a, "good"), broken, ack(b, 0)].concat();
        assert_eq!(
            lane.hears(&datagram),
            ["a: reply good", "malformed at 20, 52 bytes"],
            "length {bad}"
        );
    }
    assert_eq!(lane.hears(&[1, 2, 3]), ["malformed at 0, 3 bytes"]);
    assert!(lane.hears(&[]).is_empty());
    assert_eq!(lane.hears(&ack(b, 0)), ["b: acknowledged"]);
    assert_eq!(lane.hears(&ack(a, 0)), ["a: acknowledged"]);
}
