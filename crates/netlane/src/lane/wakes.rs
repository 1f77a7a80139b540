//! Wakers collected under a lock, to be woken after it: waking may run any
//! code, even this lane's. Owns nothing but that rule.

use std::task::Waker;

use smallvec::SmallVec;

/// Wakers to wake once no lock is held.
#[derive(Debug, Default)]
#[must_use = "collected wake-ups must be woken"]
pub(crate) struct Wakes(SmallVec<[Waker; 16]>);

impl Wakes {
    /// Adds one, if there is one.
    pub(crate) fn add(&mut self, waker: Option<Waker>) {
        self.0.extend(waker);
    }

    /// Wakes all. No lock may be held.
    pub(crate) fn wake(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}
