//! What ends each kind of conversation, and what does not.

use netlane_proto::Expect;
use netlane_wire::Flags;

use crate::stage::{DATA, Lane, ack, done, frame, part, reply};

#[test]
fn an_acknowledged_request_ends_with_its_ack_after_any_replies() {
    let mut lane = Lane::kernel();
    let ping = lane.ask(Expect::Acknowledgement, "ping");
    assert_eq!(lane.hears(&reply(ping, "one1")), ["ping: reply one1"]);
    assert_eq!(lane.hears(&reply(ping, "two2")), ["ping: reply two2"]);
    assert_eq!(lane.hears(&ack(ping, 0)), ["ping: acknowledged"]);
    assert!(lane.conversations.is_finished(ping));
    assert_eq!(lane.conversations.take(ping), Some("ping"));
    assert!(lane.conversations.is_empty());
}

#[test]
fn a_refusal_ends_every_kind_at_once() {
    for expect in [
        Expect::Acknowledgement,
        Expect::AcknowledgementAndReply,
        Expect::Reply,
        Expect::Dump,
        Expect::Echo,
        Expect::Anything,
        Expect::Nothing,
    ] {
        let mut lane = Lane::kernel();
        let it = lane.ask(expect, "it");
        assert_eq!(lane.hears(&ack(it, 22)), ["it: refused 22"], "{expect:?}");
        assert_eq!(lane.conversations.open(), 0);
    }
}

#[test]
fn parts_of_an_acknowledged_answer_end_with_the_ack_not_with_their_done() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Acknowledgement, "get");
    let datagram = [part(get, "aaaa"), part(get, "bbbb"), done(get, 0)].concat();
    assert_eq!(
        lane.hears(&datagram),
        ["get: reply aaaa", "get: reply bbbb"]
    );
    assert_eq!(lane.hears(&ack(get, 0)), ["get: acknowledged"]);
}

#[test]
fn a_done_with_an_errno_refuses() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Acknowledgement, "get");
    assert_eq!(lane.hears(&done(get, 2)), ["get: refused 2"]);
    let list = lane.ask(Expect::Dump, "list");
    assert_eq!(lane.hears(&done(list, 22)), ["list: refused 22"]);
}

#[test]
fn a_reply_without_acknowledgement_is_the_end_unless_it_is_a_part() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Reply, "get");
    assert_eq!(
        lane.hears(&reply(get, "only")),
        ["get: reply only", "get: replied"]
    );
    let parts = lane.ask(Expect::Reply, "parts");
    assert_eq!(lane.hears(&part(parts, "aaaa")), ["parts: reply aaaa"]);
    assert_eq!(lane.hears(&done(parts, 0)), ["parts: complete"]);
}

#[test]
fn acknowledgement_and_reply_are_both_awaited_in_either_order() {
    let mut lane = Lane::kernel();
    let audit = lane.ask_late(Expect::AcknowledgementAndReply, 0, "audit");
    assert!(lane.hears(&ack(audit, 0)).is_empty());
    assert_eq!(
        lane.hears(&reply(audit, "data")),
        ["audit: reply data", "audit: replied"]
    );
    let other = lane.ask_late(Expect::AcknowledgementAndReply, 0, "other");
    assert_eq!(lane.hears(&reply(other, "data")), ["other: reply data"]);
    assert_eq!(lane.hears(&ack(other, 0)), ["other: acknowledged"]);
}

#[test]
fn an_ack_among_the_parts_of_a_reply_is_not_the_end() {
    let mut lane = Lane::kernel();
    let list = lane.ask_late(Expect::AcknowledgementAndReply, 0, "list");
    assert_eq!(lane.hears(&part(list, "aaaa")), ["list: reply aaaa"]);
    assert!(lane.hears(&ack(list, 0)).is_empty());
    assert_eq!(lane.hears(&part(list, "bbbb")), ["list: reply bbbb"]);
    assert_eq!(lane.hears(&done(list, 0)), ["list: complete"]);
}

#[test]
fn a_done_before_the_ack_counts_as_the_reply() {
    let mut lane = Lane::kernel();
    let list = lane.ask_late(Expect::AcknowledgementAndReply, 0, "list");
    let parts = [part(list, "aaaa"), done(list, 0)].concat();
    assert_eq!(lane.hears(&parts), ["list: reply aaaa"]);
    assert_eq!(lane.hears(&ack(list, 0)), ["list: acknowledged"]);
}

#[test]
fn a_dump_ends_with_done_and_remembers_an_interruption() {
    let mut lane = Lane::kernel();
    let list = lane.ask(Expect::Dump, "list");
    lane.hears(&part(list, "aaaa"));
    let changed = frame(DATA, Flags::MULTI | Flags::DUMP_INTR, list.get(), b"bbbb");
    assert_eq!(lane.hears(&changed), ["list: reply bbbb"]);
    assert_eq!(lane.hears(&done(list, 0)), ["list: complete, interrupted"]);
}

#[test]
fn an_interruption_that_only_done_carries_counts() {
    let mut lane = Lane::kernel();
    let list = lane.ask(Expect::Dump, "list");
    let flags = Flags::MULTI | Flags::DUMP_INTR;
    let end = frame(3, flags, list.get(), &0i32.to_ne_bytes());
    assert_eq!(lane.hears(&end), ["list: complete, interrupted"]);
}

#[test]
fn whatever_comes_is_taken_until_something_ends_it() {
    let mut lane = Lane::kernel();
    let talk = lane.ask_late(Expect::Anything, 0, "talk");
    for _ in 0..3 {
        assert_eq!(lane.hears(&reply(talk, "word")), ["talk: reply word"]);
    }
    assert_eq!(lane.hears(&done(talk, 0)), ["talk: complete"]);
}

#[test]
fn nothing_is_expected_so_an_empty_queue_is_the_good_end() {
    let mut lane = Lane::kernel();
    lane.ask(Expect::Nothing, "tell");
    assert_eq!(lane.reads_empty(), ["tell: silent"]);
}

#[test]
fn an_overrun_message_ends_its_conversation() {
    let mut lane = Lane::kernel();
    let list = lane.ask(Expect::Dump, "list");
    assert_eq!(
        lane.hears(&frame(4, Flags::empty(), list.get(), &[])),
        ["list: overrun"]
    );
}

#[test]
fn noops_unknown_control_types_and_errors_without_a_code_change_nothing() {
    let mut lane = Lane::kernel();
    let ping = lane.ask(Expect::Acknowledgement, "ping");
    for kind in [1, 5, 15, 2] {
        let datagram = frame(kind, Flags::empty(), ping.get(), &[]);
        assert!(lane.hears(&datagram).is_empty(), "type {kind}");
    }
    assert_eq!(lane.hears(&ack(ping, 0)), ["ping: acknowledged"]);
}

#[test]
fn a_success_may_carry_a_warning() {
    let mut lane = Lane::kernel();
    let set = lane.ask(Expect::Acknowledgement, "set");
    let mut payload = 0i32.to_ne_bytes().to_vec();
    payload.extend(frame(DATA, Flags::REQUEST, set.get(), &[]));
    // NLMSGERR_ATTR_MSG (1), "old" with its NUL.
    payload.extend([8u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat());
    payload.extend(b"old\0");
    let flags = Flags::CAPPED | Flags::ACK_TLVS;
    assert_eq!(
        lane.hears(&frame(2, flags, set.get(), &payload)),
        ["set: acknowledged with old"]
    );
}

#[test]
fn each_expectation_asks_with_its_own_flags() {
    let request = Flags::REQUEST;
    for (expect, flags) in [
        (Expect::Acknowledgement, request | Flags::ACK),
        (Expect::AcknowledgementAndReply, request | Flags::ACK),
        (Expect::Reply, request),
        (Expect::Dump, request | Flags::DUMP),
        (Expect::Echo, request | Flags::ACK | Flags::ECHO),
        (Expect::Anything, request),
        (Expect::Nothing, request),
    ] {
        assert_eq!(expect.flags(), flags, "{expect:?}");
    }
}
