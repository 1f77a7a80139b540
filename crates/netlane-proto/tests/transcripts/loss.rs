//! The proof of loss: a synchronous request whose own send had returned before
//! a receive call began that found nothing is answered or lost; no other is.

use netlane_proto::Expect;

use crate::stage::{Lane, ack, part, reply};

/// Fails when the mark is not looked at: a send under way would be proved lost.
#[test]
fn an_empty_queue_proves_what_was_sent_before_and_nothing_else() {
    let mut lane = Lane::kernel();
    lane.ask(Expect::Acknowledgement, "before");
    let mark = lane.conversations.mark();
    // Sent while the receive call ran, and still in its send.
    let during = lane.ask(Expect::Acknowledgement, "during");
    let sending = lane.submit(Expect::Acknowledgement, "sending");
    lane.conversations.empty(mark, &mut lane.log);
    assert_eq!(lane.log.take(), ["before: lost"]);
    assert!(lane.conversations.unproved());
    assert_eq!(lane.hears(&ack(during, 0)), ["during: acknowledged"]);
    // Answered before its own send returned: read by somebody else.
    assert_eq!(lane.hears(&ack(sending, 0)), ["sending: acknowledged"]);
    lane.conversations.sent(sending);
    assert!(!lane.conversations.unproved());
    assert!(lane.reads_empty().is_empty());
}

#[test]
fn one_that_is_not_sent_yet_survives_any_number_of_empty_queues() {
    let mut lane = Lane::kernel();
    let sending = lane.submit(Expect::Acknowledgement, "sending");
    assert!(lane.reads_empty().is_empty());
    lane.conversations.sent(sending);
    assert_eq!(lane.reads_empty(), ["sending: lost"]);
}

#[test]
fn a_late_answerer_is_never_proved_lost() {
    let mut lane = Lane::kernel();
    let late = lane.ask_late(Expect::Acknowledgement, 0, "late");
    assert!(lane.reads_empty().is_empty());
    assert_eq!(lane.conversations.late(), 1);
    assert_eq!(lane.hears(&ack(late, 0)), ["late: acknowledged"]);
    assert_eq!(lane.conversations.late(), 0);
}

#[test]
fn replies_without_their_ack_are_a_loss() {
    let mut lane = Lane::kernel();
    let get = lane.ask(Expect::Acknowledgement, "get");
    lane.hears(&reply(get, "part"));
    assert_eq!(lane.reads_empty(), ["get: lost"]);
}

#[test]
fn the_lost_one_drags_no_innocent_with_it() {
    let mut lane = Lane::kernel();
    let kept = lane.ask(Expect::Acknowledgement, "kept");
    lane.ask(Expect::Acknowledgement, "gone");
    let also = lane.ask(Expect::Acknowledgement, "also kept");
    lane.hears(&ack(kept, 0));
    lane.hears(&ack(also, 0));
    assert_eq!(lane.reads_empty(), ["gone: lost"]);
}

#[test]
fn an_unsent_request_never_happened() {
    let mut lane = Lane::kernel();
    let it = lane.submit(Expect::Acknowledgement, "it");
    assert_eq!(lane.conversations.unsent(it), Some("it"));
    assert!(lane.conversations.is_empty());
    assert_eq!(lane.conversations.open(), 0);
    assert_eq!(lane.hears(&ack(it, 0)), ["Stray { sequence: 7, errno: 0 }"]);
}

#[test]
fn the_waiter_of_an_unsent_request_finds_the_reason_under_its_number() {
    let mut lane = Lane::kernel();
    let it = lane.submit(Expect::Acknowledgement, "it");
    *lane.conversations.fail(it).unwrap() = "why";
    assert_eq!(lane.conversations.open(), 0);
    assert!(lane.conversations.is_finished(it));
    assert_eq!(lane.conversations.fail(it), None);
    assert_eq!(lane.conversations.take(it), Some("why"));
    // Of a cancelled one nobody waits to hear.
    let gone = lane.submit(Expect::Acknowledgement, "gone");
    lane.cancels(gone);
    assert_eq!(lane.conversations.fail(gone), None);
}

#[test]
fn a_dead_socket_loses_everything_at_once() {
    let mut lane = Lane::kernel();
    lane.ask(Expect::Acknowledgement, "a");
    let late = lane.ask_late(Expect::Reply, 0, "b");
    lane.cancels(late);
    lane.conversations.abandon(&mut lane.log);
    let mut said = lane.log.take();
    said.sort();
    assert_eq!(said, ["a: lost", "b: forgotten"]);
    assert_eq!(
        (lane.conversations.open(), lane.conversations.late()),
        (0, 0)
    );
}

#[test]
fn a_dump_made_by_its_reader_is_over_when_nothing_is_left_to_read() {
    let mut lane = Lane::kernel();
    let list = lane.ask(Expect::Dump, "list");
    let given_up = lane.ask(Expect::Dump, "given up");
    lane.cancels(given_up);
    // Nobody should read all of a table for the sake of his own answer.
    assert!(!lane.conversations.unproved());
    assert_eq!(lane.hears(&part(list, "aaaa")), ["list: reply aaaa"]);
    assert_eq!(lane.reads_empty(), ["list: lost", "given up: forgotten"]);
    assert_eq!(lane.conversations.open(), 0);
}
