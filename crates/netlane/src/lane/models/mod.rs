//! The lane's protocol under loom, which runs each model in every order in
//! which its threads can meet (with three of them: within a bound on how often
//! one is interrupted). The lane is the real one, with loom's lock and flags in
//! place of the standard library's (`sync.rs`), on a kernel in memory.
//!
//! A wake-up that is lost, and a waker that is woken or dropped under the lock,
//! show as a deadlock: see `task.rs`. What else must hold is asserted, and after
//! each run that nothing is left.
//!
//! A model that cannot fail says nothing. Each names the mechanisms it guards,
//! and was seen to fail with each of them switched off.

mod driving;
mod kernel;
mod leaving;
mod task;
mod watching;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loom::thread;
use netlane_proto::{Expect, Profile, Sequence, Timing};
use netlane_wire::{Flags, Message};

use super::{Begun, Ending, Finished, Lane, Order, Sizes};
use crate::statistics::count;
use kernel::{Kernel, LATE, LOST, PORT, TABLE};
use task::Task;

/// What models share between their threads.
type Shared = Arc<Lane<Kernel>>;

/// Runs a model in every order in which its threads can meet.
fn check(model: impl Fn(&Shared) + Send + Sync + 'static) {
    check_with(WIDE, None, model);
}

/// [`check`] for a receive buffer of this size, and perhaps only those orders
/// in which threads are interrupted no more often than `preemptions`.
fn check_with(
    receive_buffer: usize,
    preemptions: Option<usize>,
    model: impl Fn(&Shared) + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    let orders = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&orders);
    builder.check(move || {
        count(&counter);
        let lane = lane(receive_buffer);
        model(&lane);
        assert_at_rest(&lane);
    });
    println!("{} orders", orders.load(Ordering::Relaxed));
}

fn lane(receive_buffer: usize) -> Shared {
    let sizes = Sizes {
        receive_buffer,
        frame: 128,
        wipe: false,
    };
    Arc::new(Lane::new(
        Kernel::new(WIDE),
        Profile::kernel(PORT),
        sizes,
        false,
        Arc::default(),
    ))
}

/// Nothing is left: no conversation, no credit, nothing to be sent or read.
fn assert_at_rest(lane: &Lane<Kernel>) {
    let state = lane.lock();
    assert!(state.reader.is_some());
    assert_eq!(state.conversations.len(), 0);
    assert_eq!(state.conversations.open(), 0);
    state.check_settled();
    drop(state);
    assert!(!lane.socket.step(|kernel| kernel.is_readable()));
}

fn spawn<T: 'static>(
    lane: &Shared,
    body: impl FnOnce(&Shared) -> T + 'static,
) -> thread::JoinHandle<T> {
    let lane = Arc::clone(lane);
    thread::spawn(move || body(&lane))
}

fn order(kind: u16) -> Order {
    let (expect, timing) = match kind {
        LATE => (Expect::Anything, Timing::Late),
        TABLE => (Expect::Dump, Timing::Synchronous),
        _ => (Expect::Acknowledgement, Timing::Synchronous),
    };
    let flags = match kind {
        LOST => Flags::REQUEST,
        _ => expect.flags(),
    };
    Order {
        bytes: Message::new(kind, flags).finish().unwrap().into(),
        kind,
        expect,
        timing,
        ..Order::default()
    }
}

/// A caller that waits for its answer.
fn request(lane: &Shared, kind: u16) -> Finished {
    let mut order = order(kind);
    let mut pending = None;
    Task::run(lane, |waker| {
        let begun = match pending {
            None => lane.begin(&mut order, waker),
            Some(sequence) => lane.check(sequence, waker),
        };
        look(begun, &mut pending)
    })
}

/// A caller that steps aside before it drives.
fn request_aside(lane: &Shared, kind: u16) -> Finished {
    let sequence = lane.publish(&mut order(kind)).unwrap();
    let mut pending = None;
    Task::run(lane, |waker| {
        let begun = match pending {
            None => lane.revisit(sequence, waker),
            Some(sequence) => lane.check(sequence, waker),
        };
        look(begun, &mut pending)
    })
}

/// A caller whose request has been begun.
fn wait(lane: &Shared, sequence: Sequence) -> Finished {
    Task::run(lane, |waker| look(lane.check(sequence, waker), &mut None))
}

/// A caller that is gone after its first poll; says what it left, if anything.
fn begin(lane: &Shared, order: &mut Order) -> Option<Sequence> {
    match lane.begin(order, &Task::stray(lane)) {
        Begun::Pending(sequence) => Some(sequence),
        _ => None,
    }
}

fn look(begun: Begun, pending: &mut Option<Sequence>) -> Option<Finished> {
    let ending = match begun {
        Begun::Finished(finished) => return Some(finished),
        Begun::Pending(sequence) => {
            *pending = Some(sequence);
            return None;
        }
        Begun::NotSent(error) => Ending::Unsent(error),
        Begun::Closed(why) => Ending::Ended { sent: false, why },
    };
    Some(Finished {
        ending: Some(ending),
        ..Finished::default()
    })
}

fn is_answered(finished: &Finished) -> bool {
    matches!(finished.ending, Some(Ending::Acknowledged(_)))
}

/// How many requests the lane counts as answered.
fn answered(lane: &Shared) -> u64 {
    lane.fold_counted();
    lane.counters.snapshot().answered
}

/// Receive buffers, as the lane is told of them: with room for every answer,
/// and with room for one.
const WIDE: usize = 1 << 20;
const NARROW: usize = 1;
