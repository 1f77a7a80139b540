//! How long this thread may go on without yielding. A system call that answers
//! at once never makes its task wait, so a task in a loop would keep its worker
//! for ever; and sixty-four of them would keep it sixty-four times as long.
//! Owns the budget, which is per thread and in time; knows nothing of lanes.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

thread_local! {
    /// Time spent in lanes by this thread since one of its tasks last yielded
    /// for it.
    static SPENT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A piece of work being timed.
#[derive(Debug)]
pub(crate) struct Timed(Instant);

impl Timed {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Charges the work to this thread's budget; returns how long it took.
    pub(crate) fn stop(self) -> Duration {
        let took = self.0.elapsed();
        SPENT.set(SPENT.get().saturating_add(took));
        took
    }
}

/// Whether this thread may begin another piece of work now.
pub(crate) fn has_budget() -> bool {
    // A model has no time, and each of its runs must go the same way.
    cfg!(all(test, netlane_loom)) || SPENT.get() < BUDGET
}

/// Has the current task polled again after others have had their turn, and
/// renews the thread's budget.
pub(crate) fn yield_turn(context: &mut Context<'_>) {
    SPENT.set(Duration::ZERO);
    // The runtime's deferred list wakes after the reactor has had its turn;
    // waking oneself would come before it. Its first poll is all we need.
    let turn = pin!(tokio::task::yield_now());
    let _ = turn.poll(context);
}

/// Gives others their turn if this thread has spent its budget.
///
/// # Cancel safety
///
/// Dropping it has no effect.
pub(crate) async fn rest() {
    let mut rested = has_budget();
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut rested, true) {
            return Poll::Ready(());
        }
        yield_turn(context);
        Poll::Pending
    })
    .await;
}

/// What one thread may spend between two turns of its reactor. The runtime's
/// timers tick once in a millisecond: two turns in that time cost none its place.
pub(crate) const BUDGET: Duration = Duration::from_micros(500);
/// What a call takes at most that counts as quick.
pub(crate) const QUICK: Duration = Duration::from_micros(200);
