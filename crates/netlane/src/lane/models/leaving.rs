//! Models of callers that go before the end, and of the end itself: nothing is
//! left, and nobody waits for it in vain.

use std::future::Future;
use std::pin::pin;
use std::task::Context;

use super::kernel::{LATE, QUICK, REJECTED, TABLE};
use super::task::Task;
use super::{NARROW, begin, check, check_with, is_answered, order, request, spawn, wait};
use crate::Error;
use crate::lane::{Cancelled, Ending};

/// A published request that is dropped while others drive leaves nothing, and
/// if it is said to be withdrawn it was not sent.
///
/// Fails if a request counts as queued until its send has returned; if what was
/// cancelled is sent from the outbox; if a waker is dropped under the lock.
#[test]
fn a_cancel_leaves_nothing() {
    check(|lane| {
        let other = spawn(lane, |lane| request(lane, QUICK));
        let sequence = lane.publish(&mut order(QUICK)).unwrap();
        let _ = lane.check(sequence, &Task::stray(lane));
        let cancelled = lane.cancel(sequence);
        assert!(is_answered(&other.join().unwrap()));
        let executed = match cancelled {
            Cancelled::Withdrawn => 1,
            _ => 2,
        };
        assert_eq!(lane.socket.executed(), executed);
    });
}

/// The same for a request that its caller has sent and another may be reading.
///
/// Fails if a waker is dropped under the lock; if a tombstone stays.
#[test]
fn a_cancel_while_another_reads_leaves_nothing() {
    check(|lane| {
        let other = spawn(lane, |lane| request(lane, QUICK));
        if let Some(sequence) = begin(lane, &mut order(QUICK)) {
            lane.desert(sequence);
        }
        assert!(is_answered(&other.join().unwrap()));
    });
}

/// A request that is dropped gives its credit to those who wait for it.
///
/// Fails if a cancel does not drive, or wakes under the lock.
#[test]
fn a_cancel_passes_on_what_it_had() {
    check_with(NARROW, None, |lane| {
        let sequence = begin(lane, &mut order(LATE)).unwrap();
        let other = spawn(lane, |lane| request(lane, QUICK));
        lane.desert(sequence);
        assert!(is_answered(&other.join().unwrap()));
        // The late answer is swallowed when it comes.
        lane.socket.answer(sequence.get());
        lane.drive_all();
    });
}

/// A dump that is dropped goes on in the kernel; the next waits for its end.
///
/// Fails if the next is not put back into its place, or not sent then.
#[test]
fn a_dump_that_is_dropped_is_waited_for() {
    check(|lane| {
        let other = spawn(lane, |lane| request(lane, TABLE));
        if let Some(sequence) = begin(lane, &mut order(TABLE)) {
            lane.desert(sequence);
        }
        let table = other.join().unwrap();
        assert!(matches!(table.ending, Some(Ending::Complete { .. })));
    });
}

/// A request that another thread sends, while its caller goes.
///
/// Fails if it counts as queued until its send has returned; if the ending of a
/// failed send is kept for a caller who has gone.
#[test]
fn an_enlisted_request_may_be_dropped_at_any_time() {
    for kind in [QUICK, REJECTED] {
        check(move |lane| {
            let mut order = order(kind);
            let sequence = lane.enlist(&mut order).unwrap();
            let worker = spawn(lane, move |lane| lane.send_enlisted(sequence, &order));
            let cancelled = lane.cancel(sequence);
            worker.join().unwrap();
            let sent = kind == QUICK && cancelled != Cancelled::Withdrawn;
            assert_eq!(lane.socket.executed(), usize::from(sent));
        });
    }
}

/// The end reaches everybody: those who wait, who send, who are to come.
///
/// Fails if the end wakes nobody; if a request can begin after it.
#[test]
fn the_end_reaches_everybody() {
    check(|lane| {
        let late = spawn(lane, |lane| request(lane, LATE));
        lane.end(Error::closed());
        let late = late.join().unwrap();
        assert!(matches!(late.ending, Some(Ending::Ended { .. })));
    });
}

/// Who waits for the lane to be idle is told, also if it ends before it is.
///
/// Fails if `idle` looks before it listens or before it says that it does; if a
/// reader or the end tells nobody.
#[test]
fn who_waits_for_idleness_is_told() {
    for kind in [QUICK, LATE] {
        check(move |lane| {
            let other = spawn(lane, move |lane| {
                let pending = begin(lane, &mut order(kind));
                if kind == LATE {
                    lane.end(Error::closed());
                }
                pending.map(|sequence| wait(lane, sequence))
            });
            let mut idle = pin!(lane.idle());
            Task::run(lane, |waker| {
                let polled = idle.as_mut().poll(&mut Context::from_waker(waker));
                polled.is_ready().then_some(())
            });
            other.join().unwrap();
        });
    }
}
