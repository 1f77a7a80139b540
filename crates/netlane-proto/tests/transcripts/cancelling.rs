//! Cancelled conversations: their answers are swallowed, their numbers stay
//! in use until then, and they do not pile up.

use netlane_proto::Expect;

use crate::stage::{Lane, ack, done, part, reply};

#[test]
fn a_cancelled_answer_is_swallowed_and_then_forgotten() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Acknowledgement, "get");
    assert!(lane.cancels(get).is_empty());
    assert!(lane.conversations.is_cancelled(get));
    assert_eq!(lane.conversations.awaited(), 0);
    assert!(lane.hears(&reply(get, "data")).is_empty());
    assert_eq!(lane.hears(&ack(get, 0)), ["Swallowed", "get: forgotten"]);
    assert!(lane.conversations.is_empty());
}

#[test]
fn a_refusal_that_nobody_waits_for_is_counted_as_such() {
    let mut lane = Lane::kernel();
    let tell = lane.ask(Expect::Nothing, "tell");
    lane.cancels(tell);
    assert_eq!(
        lane.hears(&ack(tell, 1)),
        ["RefusedUnawaited { errno: 1 }", "tell: forgotten"]
    );
}

#[test]
fn a_cancelled_synchronous_one_is_forgotten_when_the_queue_is_empty() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Acknowledgement, "get");
    lane.cancels(get);
    assert_eq!(lane.reads_empty(), ["get: forgotten"]);
    assert!(lane.conversations.is_empty());
}

#[test]
fn a_cancelled_dump_is_read_to_its_end() {
    let mut lane = Lane::kernel();
    let list = lane.ask_late(Expect::Dump, 0, "list");
    lane.cancels(list);
    assert!(lane.hears(&part(list, "aaaa")).is_empty());
    assert_eq!(lane.conversations.late(), 1);
    assert_eq!(lane.hears(&done(list, 0)), ["Swallowed", "list: forgotten"]);
}

#[test]
fn cancelling_what_has_ended_or_was_cancelled_does_nothing() {
    let mut lane = Lane::kernel();
    let ended = lane.ask(Expect::Acknowledgement, "ended");
    lane.hears(&ack(ended, 0));
    assert!(lane.cancels(ended).is_empty());
    assert_eq!(lane.conversations.take(ended), Some("ended"));
    let twice = lane.ask(Expect::Acknowledgement, "twice");
    lane.cancels(twice);
    assert!(lane.cancels(twice).is_empty());
    assert_eq!(lane.conversations.awaited(), 0);
    assert_eq!(lane.reads_empty(), ["twice: forgotten"]);
    assert_eq!(lane.conversations.open(), 0);
}

#[test]
fn tombstones_of_answers_that_never_come_are_bounded() {
    let mut lane = Lane::kernel();
    let mut forgotten = 0;
    for _ in 0..10_000 {
        let late = lane.ask_late(Expect::Reply, 0, "late");
        forgotten += lane.cancels(late).len();
    }
    assert_eq!(lane.conversations.len(), 4096);
    assert_eq!(forgotten, 10_000 - 4096);
    assert_eq!(lane.conversations.late(), 4096);
}

#[test]
fn one_silent_tombstone_does_not_keep_the_answered_ones() {
    let mut lane = Lane::kernel();
    let silent = lane.ask_late(Expect::Reply, 0, "silent");
    lane.cancels(silent);
    for _ in 0..1000 {
        let late = lane.ask_late(Expect::Reply, 0, "late");
        lane.cancels(late);
        lane.hears(&reply(late, "here"));
    }
    assert_eq!(lane.conversations.len(), 1);
    assert!(lane.conversations.is_cancelled(silent));
}

#[test]
fn a_cancelled_send_that_fails_leaves_nothing() {
    let mut lane = Lane::kernel();
    let late = lane.ask_late(Expect::Reply, 0, "late");
    lane.cancels(late);
    assert_eq!(lane.conversations.unsent(late), Some("late"));
    assert!(lane.conversations.is_empty());
    assert_eq!(lane.conversations.open(), 0);
    assert_eq!(lane.conversations.late(), 0);
    assert_eq!(lane.conversations.awaited(), 0);
}
