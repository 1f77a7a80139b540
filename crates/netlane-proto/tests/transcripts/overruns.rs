//! What an overrun puts in doubt: the replies before an acknowledgement whose
//! request was being sent while the queue may have been read empty. Nothing
//! else. Switched off (`Conversations::overrun` empty), the first two fail.

use netlane_proto::{Expect, Sequence, Timing};

use crate::stage::{Lane, ack, done, part, reply};

/// A receive call begins, and what happens is done while it runs.
impl Lane {
    fn reads_while(&mut self, during: impl FnOnce(&mut Self)) {
        self.conversations.mark();
        during(self);
    }

    /// A receive call brings a datagram.
    fn reads(&mut self, bytes: &[u8]) -> Vec<String> {
        self.conversations.mark();
        self.hears(bytes)
    }

    /// A receive call fails.
    fn overruns(&mut self) {
        self.conversations.mark();
        self.conversations.overrun();
    }

    /// A conversation whose send begins and returns beside a receive call that
    /// brings somebody else's datagram.
    fn ask_beside_reader(&mut self, expect: Expect, who: &'static str) -> Sequence {
        let other = self.ask(Expect::Acknowledgement, "other");
        let mut it = None;
        self.reads_while(|lane| it = Some(lane.ask(expect, who)));
        assert_eq!(self.hears(&ack(other, 0)), ["other: acknowledged"]);
        it.unwrap()
    }
}

/// Fails when no answer is ever in doubt.
#[test]
fn an_ack_behind_an_overrun_is_no_proof_of_the_replies_before_it() {
    let mut lane = Lane::kernel();
    let get = lane.ask_beside_reader(Expect::Acknowledgement, "get");
    // The first reply fits, the second does not; then the reader has emptied
    // the queue, and the ACK fits again.
    lane.overruns();
    assert_eq!(lane.reads(&reply(get, "one1")), ["get: reply one1"]);
    assert_eq!(lane.reads(&ack(get, 0)), ["get: incomplete"]);
    // What is sent after the queue was read is whole again.
    assert!(lane.reads_empty().is_empty());
    let next = lane.ask_beside_reader(Expect::Acknowledgement, "next");
    assert_eq!(lane.reads(&ack(next, 0)), ["next: acknowledged"]);
}

#[test]
fn parts_behind_an_overrun_are_not_complete_with_their_done() {
    let mut lane = Lane::kernel();
    let get = lane.ask_beside_reader(Expect::Reply, "get");
    lane.overruns();
    assert_eq!(lane.reads(&part(get, "aaaa")), ["get: reply aaaa"]);
    assert_eq!(lane.reads(&done(get, 0)), ["get: incomplete"]);
}

#[test]
fn a_send_that_is_still_running_is_in_doubt_too() {
    let mut lane = Lane::kernel();
    let get = lane.submit(Expect::Acknowledgement, "get");
    lane.overruns();
    lane.conversations.sent(get);
    assert_eq!(lane.reads(&ack(get, 0)), ["get: incomplete"]);
    // Also if its answer is read before its send has returned.
    let get = lane.submit(Expect::Acknowledgement, "get");
    lane.overruns();
    assert_eq!(lane.reads(&ack(get, 0)), ["get: incomplete"]);
}

#[test]
fn one_that_is_sent_while_the_queue_may_be_refusing_is_in_doubt() {
    let mut lane = Lane::kernel();
    lane.overruns();
    let early = lane.ask_beside_reader(Expect::Acknowledgement, "early");
    lane.conversations.drained();
    let later = lane.ask_beside_reader(Expect::Acknowledgement, "later");
    assert_eq!(lane.reads(&ack(early, 0)), ["early: incomplete"]);
    assert_eq!(lane.reads(&ack(later, 0)), ["later: acknowledged"]);
}

#[test]
fn a_send_without_a_reader_beside_it_is_acknowledged_beyond_doubt() {
    let mut lane = Lane::kernel();
    // Nobody emptied the queue meanwhile: had a reply been refused, the ACK had
    // been too.
    let get = lane.ask(Expect::Acknowledgement, "get");
    lane.overruns();
    assert_eq!(lane.reads(&reply(get, "one1")), ["get: reply one1"]);
    assert_eq!(lane.reads(&ack(get, 0)), ["get: acknowledged"]);
}

#[test]
fn what_was_queued_before_a_good_receive_call_began_is_beyond_doubt() {
    let mut lane = Lane::kernel();
    let get = lane.ask_beside_reader(Expect::Acknowledgement, "get");
    assert_eq!(lane.reads(&reply(get, "one1")), ["get: reply one1"]);
    lane.overruns();
    assert_eq!(lane.reads(&ack(get, 0)), ["get: acknowledged"]);
}

#[test]
fn one_that_waited_to_be_sent_is_not_touched_by_what_was_before() {
    let mut lane = Lane::kernel();
    let get = lane.submit(Expect::Acknowledgement, "get");
    lane.overruns();
    assert!(lane.reads_empty().is_empty());
    lane.conversations.launch(get);
    lane.conversations.sent(get);
    assert_eq!(lane.reads(&ack(get, 0)), ["get: acknowledged"]);
}

#[test]
fn a_late_answer_is_in_doubt_until_it_has_come() {
    let mut lane = Lane::kernel();
    let late = lane.ask_late(Expect::Acknowledgement, 0, "late");
    lane.overruns();
    assert!(lane.reads_empty().is_empty());
    assert_eq!(lane.reads(&ack(late, 0)), ["late: incomplete"]);
    let next = lane.ask_late(Expect::Acknowledgement, 0, "next");
    assert_eq!(lane.reads(&ack(next, 0)), ["next: acknowledged"]);
}

#[test]
fn a_refusal_a_dump_and_a_peer_are_never_in_doubt() {
    let mut lane = Lane::of(netlane_proto::Profile {
        peers: true,
        ..netlane_proto::Profile::kernel(crate::stage::PORT)
    });
    let refused = lane.ask_beside_reader(Expect::Acknowledgement, "refused");
    let dump = lane.ask_late(Expect::Dump, 0, "dump");
    let conversations = &mut lane.conversations;
    let peer = conversations.submit(Expect::Acknowledgement, Timing::Late, 9, "peer");
    conversations.sent(peer);
    lane.overruns();
    assert_eq!(lane.reads(&ack(refused, 22)), ["refused: refused 22"]);
    assert_eq!(lane.reads(&done(dump, 0)), ["dump: complete"]);
    assert_eq!(lane.hears_from(9, &ack(peer, 0)), ["peer: acknowledged"]);
}
