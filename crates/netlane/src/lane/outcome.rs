//! What callers take from a lane: the ending of a conversation, its replies so
//! far, or nothing any more, by cancelling. Owns where wakers are left.

use std::task::Waker;

use netlane_proto::Sequence;
use netlane_wire::rare;

use super::state::State;
use super::waiting::Waiting;
use super::{Begun, Cancelled, Finished, Lane, MAX_HELD, Transport, Wakes};
use crate::statistics::count;
use crate::sync::MutexGuard;

impl<S: Transport> Lane<S> {
    /// Takes the conversation if it has ended, else leaves the waker there.
    /// Unlocks, so that its caller may wake.
    #[inline(always)]
    pub(super) fn conclude(
        &self,
        mut state: MutexGuard<'_, State>,
        sequence: Sequence,
        waker: &Waker,
    ) -> Begun {
        match state.conversations.take_with(sequence, Waiting::leave) {
            Some(finished) => Begun::Finished(finished),
            None => {
                rare();
                wait(state, sequence, waker);
                Begun::Pending(sequence)
            }
        }
    }

    /// Looks at a conversation without driving.
    pub(crate) fn check(&self, sequence: Sequence, waker: &Waker) -> Begun {
        self.conclude(self.visit(), sequence, waker)
    }

    /// Takes conversations that have ended, in order, up to the first that has
    /// not: there it leaves the waker.
    pub(crate) fn take_finished(
        &self,
        sequences: impl Iterator<Item = Sequence>,
        waker: &Waker,
        finished: &mut Vec<Finished>,
    ) {
        let mut replaced = None;
        let mut state = self.visit();
        for sequence in sequences {
            if let Some(ended) = state.conversations.take_with(sequence, Waiting::leave) {
                finished.push(ended);
                continue;
            }
            if let Some(waiting) = state.conversations.data_mut(sequence) {
                replaced = leave_waker(&mut waiting.waker, waker);
            }
            break;
        }
        drop(state);
        drop(replaced);
    }

    /// Takes the replies that have come so far, for a caller that streams them.
    pub(crate) fn take_replies(&self, sequence: Sequence) -> Vec<netlane_wire::Frame> {
        let mut state = self.lock();
        let Some(waiting) = state.conversations.data_mut(sequence) else {
            return Vec::new();
        };
        // What has outgrown the limit has a hole from then on.
        if waiting.held <= MAX_HELD {
            waiting.held = 0;
        }
        std::mem::take(&mut waiting.result.replies)
    }

    /// Nobody waits for this conversation any more.
    pub(crate) fn cancel(&self, sequence: Sequence) -> Cancelled {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        let ended = state.conversations.is_finished(sequence);
        let held = state.cancel(sequence, &mut wakes);
        if state.is_deserted() {
            wakes.call_connection(&self.signal);
        }
        self.pass_on(state, &mut wakes);
        match held {
            Some(waiting) if !ended && waiting.queued => Cancelled::Withdrawn,
            Some(_) if !ended => Cancelled::Open,
            _ => Cancelled::Ended,
        }
    }

    /// As [`cancel`](Self::cancel), because the caller has gone: counts it.
    pub(crate) fn desert(&self, sequence: Sequence) {
        if self.cancel(sequence) != Cancelled::Ended {
            count(&self.counters.cancelled);
        }
    }

    /// A request has given back what it had of the lane: others may go on.
    pub(super) fn pass_on<'a>(&'a self, mut state: MutexGuard<'a, State>, wakes: &mut Wakes) {
        if state.sendable() {
            state = self.drive(state, None, wakes);
        }
        self.note_idle(&state, wakes);
        drop(state);
        wakes.wake();
    }
}

/// Has a task woken when the conversation ends.
#[inline(never)]
fn wait(mut state: MutexGuard<'_, State>, sequence: Sequence, waker: &Waker) {
    let mut replaced = None;
    match state.conversations.data_mut(sequence) {
        Some(waiting) => replaced = leave_waker(&mut waiting.waker, waker),
        None => debug_assert!(false, "a conversation was taken twice"),
    }
    drop(state);
    drop(replaced);
}

/// Leaves a waker, unless one that wakes the same task is there. Returns the
/// one it replaces, to be dropped after unlocking.
fn leave_waker(place: &mut Option<Waker>, waker: &Waker) -> Option<Waker> {
    match place {
        Some(present) if present.will_wake(waker) => None,
        _ => place.replace(waker.clone()),
    }
}
