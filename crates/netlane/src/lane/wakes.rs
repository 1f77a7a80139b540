//! Wakers collected under a lock, to be woken after it: waking may run any
//! code, even this lane's. Owns nothing but that rule.

use std::sync::Arc;
use std::task::Waker;

use netlane_wire::rare;
use smallvec::SmallVec;

use crate::sync::Notify;

/// Whom to wake once no lock is held: at the latest when this is dropped, so it
/// is declared before the lock is taken. A panic wakes them too: what they wait for
/// has happened.
#[derive(Debug, Default)]
#[must_use = "collected wake-ups must be woken"]
pub(crate) struct Wakes(SmallVec<[Wake; 16]>);

/// Somebody to be woken.
#[derive(Debug)]
enum Wake {
    Task(Waker),
    Connection(Arc<Notify>),
    Idle(Arc<Notify>),
}

impl Wakes {
    /// Adds a task, if there is one.
    pub(crate) fn add(&mut self, waker: Option<Waker>) {
        if let Some(waker) = waker {
            rare();
            self.0.push(Wake::Task(waker));
        }
    }

    /// Adds the Connection: something is left for it to do.
    #[cold]
    pub(crate) fn call_connection(&mut self, signal: &Arc<Notify>) {
        self.0.push(Wake::Connection(Arc::clone(signal)));
    }

    /// Adds those who wait for the lane to be idle.
    #[cold]
    pub(crate) fn tell_idle(&mut self, idle: &Arc<Notify>) {
        self.0.push(Wake::Idle(Arc::clone(idle)));
    }

    /// Wakes all. No lock may be held.
    #[inline]
    pub(crate) fn wake(&mut self) {
        if !self.0.is_empty() {
            rare();
            self.wake_all();
        }
    }

    #[inline(never)]
    fn wake_all(&mut self) {
        // A waker is anybody's code: what one that panics takes with it is tasks.
        for wake in &self.0 {
            match wake {
                Wake::Task(_) => {}
                Wake::Connection(signal) => signal.notify_one(),
                Wake::Idle(idle) => idle.notify_waiters(),
            }
        }
        for wake in self.0.drain(..) {
            if let Wake::Task(waker) = wake {
                waker.wake();
            }
        }
    }
}

impl Drop for Wakes {
    #[inline]
    fn drop(&mut self) {
        self.wake();
    }
}

#[cfg(all(test, not(netlane_loom)))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use futures::FutureExt;

    use super::*;

    struct Trap;

    impl std::task::Wake for Trap {
        fn wake(self: Arc<Self>) {
            panic!("as the test wants it")
        }
    }

    /// Fails when a task's waker that panics keeps the Connection from being called.
    #[test]
    fn a_waker_that_panics_takes_no_signal_with_it() {
        let (signal, idle) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let mut waiting = Box::pin(idle.notified());
        waiting.as_mut().enable();
        let mut wakes = Wakes::default();
        wakes.add(Some(Arc::new(Trap).into()));
        wakes.call_connection(&signal);
        wakes.tell_idle(&idle);
        catch_unwind(AssertUnwindSafe(|| wakes.wake())).unwrap_err();
        assert!(signal.notified().now_or_never().is_some());
        assert!(waiting.now_or_never().is_some());
    }
}
