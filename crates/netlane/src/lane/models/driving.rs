//! Models of callers that drive for each other, with no Connection beside
//! them: everybody's request is sent, and everybody is told the truth.

use super::kernel::{LOST, QUICK, REJECTED, REPLIED, TABLE};
use super::task::Task;
use super::{
    NARROW, WIDE, answered, check, check_with, is_answered, order, request, request_aside, spawn,
    wait,
};
use crate::lane::Ending;

/// Each caller's request is answered, once.
///
/// Fails if a request counts as sent before its send has returned (a queue that
/// is empty while another's send is under way proves nothing); if a waker is
/// woken under the lock.
#[test]
fn callers_drive_for_each_other() {
    check(|lane| {
        let other = spawn(lane, |lane| request(lane, QUICK));
        assert!(is_answered(&request(lane, QUICK)));
        assert!(is_answered(&other.join().unwrap()));
        assert_eq!(answered(lane), 2);
    });
}

/// A request whose answer is lost fails at once, and no other with it.
///
/// Fails if who finds the reader away does not set `again`, or the reader
/// leaves without looking at it; if the mark of a receive call is taken after
/// it.
#[test]
fn a_loss_is_proved_and_costs_nobody_else() {
    check(|lane| {
        let other = spawn(lane, |lane| request(lane, LOST));
        assert!(is_answered(&request(lane, QUICK)));
        let lost = other.join().unwrap();
        assert!(matches!(lost.ending, Some(Ending::Lost)));
        assert_eq!(answered(lane), 1);
    });
}

/// What is published is sent by whoever drives, however its caller comes back:
/// to drive, or woken because another has.
///
/// Fails if the reader leaves while something could be sent, or while another's
/// request is unproved.
#[test]
fn what_steps_aside_is_driven() {
    check(|lane| {
        let other = spawn(lane, |lane| request_aside(lane, QUICK));
        assert!(is_answered(&request(lane, QUICK)));
        assert!(is_answered(&other.join().unwrap()));
    });
}

/// Several requests of one caller, who takes them as they end.
///
/// Fails if no waker is left at the first that has not ended.
#[test]
fn a_batch_is_driven_and_told() {
    check_with(WIDE, Some(3), |lane| {
        let other = spawn(lane, |lane| request(lane, QUICK));
        let orders = vec![order(QUICK), order(QUICK)];
        let sequences = lane.publish_all(orders).unwrap();
        let mut finished = Vec::new();
        Task::run(lane, |waker| {
            let open = sequences.iter().skip(finished.len()).copied();
            lane.take_finished(open, waker, &mut finished);
            (finished.len() == 2).then_some(())
        });
        assert!(finished.iter().all(is_answered));
        assert!(is_answered(&other.join().unwrap()));
    });
}

/// The window has room for one answer: whoever waits for it is sent when the
/// one before has ended, however.
///
/// Fails if a reader leaves what has become sendable; if a send that failed
/// passes nothing on.
#[test]
fn credit_that_is_given_back_is_used() {
    for kind in [QUICK, LOST, REJECTED] {
        check_with(NARROW, None, move |lane| {
            let other = spawn(lane, move |lane| request(lane, kind));
            assert!(is_answered(&request(lane, QUICK)));
            assert_eq!(is_answered(&other.join().unwrap()), kind == QUICK);
        });
    }
}

/// The kernel runs one dump on a socket, and the second is sent after it.
///
/// Fails if the next is not put back into its place, or not sent then.
#[test]
fn dumps_take_turns() {
    check(|lane| {
        let other = spawn(lane, |lane| request(lane, TABLE));
        for table in [request(lane, TABLE), other.join().unwrap()] {
            assert!(matches!(table.ending, Some(Ending::Complete { .. })));
            assert_eq!(table.replies.len(), 1);
        }
    });
}

/// The caller of a request that another thread sends hears of its end, whoever
/// reads the answer, and of a send that failed.
///
/// Fails if a waker is woken under the lock; if a failed send wakes nobody.
#[test]
fn an_enlisted_request_is_answered() {
    for kind in [QUICK, REJECTED] {
        check_with(WIDE, Some(2), move |lane| {
            let mut order = order(kind);
            let sequence = lane.enlist(&mut order).unwrap();
            let worker = spawn(lane, move |lane| lane.send_enlisted(sequence, &order));
            let other = spawn(lane, |lane| request(lane, QUICK));
            let waiting = wait(lane, sequence);
            match kind {
                REJECTED => assert!(matches!(waiting.ending, Some(Ending::Unsent(_)))),
                _ => assert!(is_answered(&waiting)),
            }
            worker.join().unwrap();
            assert!(is_answered(&other.join().unwrap()));
        });
    }
}

/// From an overrun until the queue is empty nothing is sent whose answer would
/// be refused, and what waits is sent then.
///
/// Fails if the reader stops at the overrun; if a request is begun before the
/// loss is settled, or that never is.
#[test]
fn an_overrun_is_read_to_its_end() {
    check(|lane| {
        let other = spawn(lane, |lane| {
            // One that is begun before the overrun is known may be refused.
            let known = lane.lock().backlog.is_lossy();
            let waiting = request(lane, QUICK);
            assert!(!known || is_answered(&waiting));
        });
        lane.socket.step(|kernel| {
            kernel.unicast([0; 16]);
            kernel.refuse_after(0);
            kernel.unicast([0; 16]);
        });
        lane.drive_all();
        other.join().unwrap();
    });
}

/// An acknowledgement that comes through an overrun is none if a reply before
/// it may have been refused, and whoever waits is told something.
///
/// Fails if an overrun casts no doubt; if a receive call that ran beside the
/// send is overlooked.
#[test]
fn holes_in_an_answer_are_known() {
    check(|lane| {
        lane.socket.step(|kernel| {
            kernel.unicast([0; 16]);
            kernel.refuse_after(0);
        });
        let other = spawn(lane, |lane| lane.drive_all());
        let waiting = request(lane, REPLIED);
        assert!(!is_answered(&waiting) || waiting.replies.len() == 1);
        other.join().unwrap();
    });
}
