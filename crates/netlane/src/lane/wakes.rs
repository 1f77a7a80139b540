//! Wakers collected under a lock, to be woken after it: waking may run any
//! code, even this lane's. Owns nothing but that rule.

use std::sync::Arc;
use std::task::Waker;

use netlane_wire::rare;
use smallvec::SmallVec;

use crate::sync::Notify;

/// Wakers to wake once no lock is held: at the latest when this is dropped, so it
/// is declared before the lock is taken. A panic wakes them too: what they wait for
/// has happened.
#[derive(Debug, Default)]
#[must_use = "collected wake-ups must be woken"]
pub(crate) struct Wakes {
    /// Mostly there are none.
    wakers: Option<SmallVec<[Waker; 16]>>,
    /// The Connection, if it is to drive.
    connection: Option<Arc<Notify>>,
    /// Those who wait for the lane to be idle, if it is.
    idle: Option<Arc<Notify>>,
}

impl Wakes {
    /// Adds one, if there is one.
    pub(crate) fn add(&mut self, waker: Option<Waker>) {
        if let Some(waker) = waker {
            rare();
            self.wakers.get_or_insert_default().push(waker);
        }
    }

    /// Adds the Connection: something is left for it to do.
    pub(crate) fn call_connection(&mut self, signal: &Arc<Notify>) {
        self.connection = Some(Arc::clone(signal));
    }

    /// Adds those who wait for the lane to be idle.
    pub(crate) fn tell_idle(&mut self, idle: &Arc<Notify>) {
        self.idle = Some(Arc::clone(idle));
    }

    /// Wakes all. No lock may be held.
    #[inline]
    pub(crate) fn wake(&mut self) {
        if self.wakers.is_some() || self.connection.is_some() || self.idle.is_some() {
            rare();
            self.wake_all();
        }
    }

    #[inline(never)]
    fn wake_all(&mut self) {
        if let Some(wakers) = self.wakers.take() {
            wakers.into_iter().for_each(Waker::wake);
        }
        if let Some(connection) = self.connection.take() {
            connection.notify_one();
        }
        if let Some(idle) = self.idle.take() {
            idle.notify_waiters();
        }
    }
}

impl Drop for Wakes {
    #[inline]
    fn drop(&mut self) {
        self.wake();
    }
}
