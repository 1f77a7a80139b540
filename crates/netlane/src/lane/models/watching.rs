//! Models of the Connection's driver beside callers: what comes when nobody
//! reads is read, and who is to hear of it does.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use netlane_wire::{Flags, Message};

use super::kernel::{LATE, QUICK};
use super::task::Task;
use super::{Shared, WIDE, check, check_with, is_answered, look, order, request, spawn};
use crate::Error;
use crate::drivers::attend;
use crate::events::{Entry, Event, Filter, Listener, Queue, WhenFull};
use crate::lane::{Begun, Finished};

/// Answers that come when their callers sleep are read by the Connection, which
/// watches the socket while there may be one.
///
/// Fails if a reader that leaves such an answer to come does not call the
/// Connection; if that does not read once after registering; if it is taken for
/// watching when it has ceased to; if the end does not call it.
#[test]
fn a_late_answer_is_read_by_the_connection() {
    check_with(WIDE, Some(3), |lane| {
        let connection = spawn(lane, connection);
        assert!(is_answered(&request_late(lane)));
        assert!(is_answered(&request_late(lane)));
        lane.end(Error::closed());
        connection.join().unwrap();
    });
}

/// The same where the Connection may find the reader away.
///
/// Fails if it does not set `again`.
#[test]
fn the_connection_meets_a_reader() {
    check_with(WIDE, Some(2), |lane| {
        let connection = spawn(lane, connection);
        let other = spawn(lane, |lane| request(lane, QUICK));
        assert!(is_answered(&request_late(lane)));
        assert!(is_answered(&other.join().unwrap()));
        lane.end(Error::closed());
        connection.join().unwrap();
    });
}

/// An event reaches a subscriber who came when the lane was at rest.
///
/// Fails if an item of the queue wakes nobody; if the Connection does not watch
/// for a subscriber.
#[test]
fn an_event_reaches_a_sleeping_subscriber() {
    check_with(WIDE, Some(3), |lane| {
        let connection = spawn(lane, connection);
        let queue = subscribe(lane);
        lane.signal.notify_one();
        multicast(lane);
        assert!(matches!(next(lane, &queue), Some(Entry::Item(_))));
        lane.end(Error::closed());
        connection.join().unwrap();
    });
}

/// The end of the lane is the end of its events.
///
/// Fails if the end of the queue wakes nobody.
#[test]
fn the_end_reaches_a_sleeping_subscriber() {
    check(|lane| {
        let queue = subscribe(lane);
        let other = spawn(lane, move |lane| next(lane, &queue).is_none());
        lane.end(Error::closed());
        assert!(other.join().unwrap());
    });
}

/// A fence passes when what was queued before it has been handed out, though
/// another is reading.
///
/// Fails if the mark of a receive call is taken after it.
#[test]
fn a_fence_stands_behind_what_was_queued() {
    check(|lane| {
        let queue = subscribe(lane);
        let other = spawn(lane, |lane| lane.drive_all());
        multicast(lane);
        let mut pending = None;
        Task::run(lane, |waker| {
            let mut begun = match pending {
                None => lane.fence(waker),
                Some(sequence) => lane.check(sequence, waker),
            };
            // A task may look at any time, not only when it is woken.
            if let Begun::Pending(sequence) = begun {
                begun = lane.check(sequence, waker);
            }
            look(begun, &mut pending)
        });
        assert_eq!(queue.len(), 1);
        other.join().unwrap();
    });
}

/// The driver that the Connection runs, until the lane has ended.
fn connection(lane: &Shared) {
    let mut attending = pin!(attend(Arc::clone(lane)));
    Task::run(lane, |waker| {
        let polled = attending.as_mut().poll(&mut Context::from_waker(waker));
        polled.is_ready().then_some(())
    });
}

/// A caller whose request is answered after its send has returned.
fn request_late(lane: &Shared) -> Finished {
    let mut pending = None;
    Task::run(lane, |waker| match pending {
        None => {
            let begun = lane.begin(&mut order(LATE), waker);
            if let Begun::Pending(sequence) = begun {
                lane.socket.answer(sequence.get());
            }
            look(begun, &mut pending)
        }
        Some(sequence) => look(lane.check(sequence, waker), &mut pending),
    })
}

fn subscribe(lane: &Shared) -> Arc<Queue<Arc<Event>>> {
    lane.socket.step(|kernel| kernel.join(GROUP));
    let queue = Arc::new(Queue::new(2, WhenFull::DropNewest));
    let listener = Listener {
        queue: Arc::clone(&queue),
        whole: true,
        groups: [GROUP].into(),
        all_namespaces: false,
        filter: Filter::new(),
    };
    lane.audience().unwrap().add(listener);
    queue
}

fn multicast(lane: &Shared) {
    let event = Message::new(QUICK, Flags::empty()).finish().unwrap();
    lane.socket.step(|kernel| kernel.multicast(GROUP, event));
}

/// What a subscriber hears next.
fn next(lane: &Shared, queue: &Queue<Arc<Event>>) -> Option<Entry<Arc<Event>>> {
    Task::run(lane, |waker| {
        match queue.poll(&mut Context::from_waker(waker)) {
            Poll::Ready(entry) => Some(entry),
            Poll::Pending => None,
        }
    })
}

const GROUP: u32 = 1;
