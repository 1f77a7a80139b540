//! Tasks of the models, as a runtime would have them. Owns the wakers, which
//! are as nasty as a waker may be: woken or dropped, they use the lane.

use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};

use loom::sync::Condvar;

use super::kernel::Kernel;
use crate::lane::Lane;
use crate::sync::{Mutex, MutexGuard};

/// A task that may sleep until it is woken.
pub(super) struct Task {
    lane: Arc<Lane<Kernel>>,
    woken: Mutex<bool>,
    wakes: Condvar,
}

impl Task {
    fn new(lane: &Arc<Lane<Kernel>>) -> Arc<Self> {
        Arc::new(Self {
            lane: Arc::clone(lane),
            woken: Mutex::new(false),
            wakes: Condvar::new(),
        })
    }

    /// A waker whose task is gone: whoever holds it last drops it.
    pub(super) fn stray(lane: &Arc<Lane<Kernel>>) -> Waker {
        Waker::from(Self::new(lane))
    }

    /// Repeats a step until it gives something, each time after a wake-up. One
    /// that is lost leaves everybody asleep, which loom reports as a deadlock.
    pub(super) fn run<T>(lane: &Arc<Lane<Kernel>>, mut step: impl FnMut(&Waker) -> Option<T>) -> T {
        let task = Self::new(lane);
        let waker = Waker::from(Arc::clone(&task));
        loop {
            if let Some(outcome) = step(&waker) {
                return outcome;
            }
            task.sleep();
        }
    }

    fn sleep(&self) {
        let mut woken = self.lock();
        while !std::mem::take(&mut *woken) {
            woken = self
                .wakes
                .wait(woken)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        // Under the lane's lock this would wait for itself.
        self.lane.remembered();
        *self.lock() = true;
        self.wakes.notify_one();
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // As in `wake`. A failed model unwinds; what it holds is of no interest.
        if !std::thread::panicking() {
            self.lane.remembered();
        }
    }
}
