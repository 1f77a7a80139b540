//! A lane: one socket and the conversations on it, shared by any number of
//! callers. Whoever calls drives: sends, reads what is there, and hands out
//! what it finds; the Connection drives when nobody calls.
//!
//! Two roles. *Sending* needs no exclusion: sendmsg calls on one socket run in
//! parallel. *Reading* does: the reader's buffers are taken out of the state by
//! one holder at a time, and never waited for. The rules that hold it together:
//!
//! 1. A request is registered before it is sent, since somebody else may read
//!    its answer before the sender's own call has returned.
//! 2. Who finds the reader away sets `again`; the holder reads until EAGAIN
//!    after it last saw `again`, under the same lock that guards the reader.
//! 3. No system call is made, nobody is woken and no reply is dropped under
//!    the lock.
//!
//! It must not know futures, tasks or timers: those are its callers'.

mod backlog;
mod credit;
mod delivery;
mod drive;
mod lifecycle;
#[cfg(all(test, netlane_loom))]
mod models;
mod offloaded;
mod order;
mod outbox;
mod outcome;
mod payload;
mod reader;
#[cfg(all(test, not(netlane_loom)))]
mod simulation;
mod spare;
mod state;
mod transport;
mod waiting;
mod wakes;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool as PlainBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::Waker;

use netlane_proto::{Expect, Profile, Sequence, Timing};
use netlane_sys::Socket;
use netlane_wire::rare;

pub(crate) use delivery::MAX_HELD;
pub(crate) use order::{Order, Sizes, kind_of};
pub(crate) use payload::Payload;
pub(crate) use transport::Transport;
pub(crate) use waiting::{Ending, Finished, Report, report_of};
pub(crate) use wakes::Wakes;

use crate::Error;
use crate::statistics::{Counters, count};
use crate::sync::{AtomicBool, Mutex, MutexGuard, Notify};
use state::State;

/// One socket with its conversations.
pub(crate) struct Lane<S: Transport = Socket> {
    pub(crate) socket: Arc<S>,
    state: Mutex<State>,
    /// The connection's, for what is counted without the lock.
    counters: Arc<Counters>,
    /// What was sent and received is overwritten.
    wipe: bool,
    /// The socket may be in groups: their numbers are asked for.
    envelope: bool,
    /// Calls the Connection: to drive, to watch readiness, to see the end.
    pub(crate) signal: Arc<Notify>,
    /// The holder of the reader panicked; who comes next ends the lane. No
    /// model panics, so none needs to see it.
    panicked: PlainBool,
    /// A request has stepped aside, or the last drive sent several at once.
    crowded: AtomicBool,
    /// Somebody waits for the lane to be idle.
    closing: AtomicBool,
    idle: Arc<Notify>,
}

/// Never its buffers: what passes through a lane may be secret.
impl<S: Transport> fmt::Debug for Lane<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").finish_non_exhaustive()
    }
}

/// What became of a request that was begun.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It has ended already.
    Finished(Finished),
    /// It is on its way, or waits to be sent.
    Pending(Sequence),
    /// sendmsg failed; nothing was executed.
    NotSent(io::Error),
    /// The lane has ended.
    Closed(Error),
}

impl Begun {
    /// Whether it was not sent because a user peer's queue was full.
    pub(crate) fn found_peer_full(&self) -> bool {
        match self {
            Self::Finished(finished) => finished.found_peer_full(),
            Self::NotSent(error) => error.kind() == io::ErrorKind::WouldBlock,
            Self::Pending(_) | Self::Closed(_) => false,
        }
    }
}

/// How far a conversation had come when it was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// It was not sent and never will be.
    Withdrawn,
    /// It was sent, or is being sent.
    Open,
    /// It had ended.
    Ended,
}

impl<S: Transport> Lane<S> {
    pub(crate) fn new(
        socket: Arc<S>,
        profile: Profile,
        sizes: Sizes,
        envelope: bool,
        counters: Arc<Counters>,
    ) -> Self {
        let drops = socket.drops().unwrap_or(0);
        let state = State::new(profile, sizes, drops);
        Self {
            envelope,
            wipe: sizes.wipe,
            socket,
            state: Mutex::new(state),
            counters,
            signal: Arc::default(),
            panicked: PlainBool::new(false),
            crowded: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            idle: Arc::default(),
        }
    }

    /// The state. A panic under this lock ends the lane (see `drive`), so a
    /// poisoned lock guards a state that is still whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for who begins something or looks what became of it. After a
    /// panic the Connection ends the lane, or who comes here before it.
    fn visit(&self) -> MutexGuard<'_, State> {
        if self.has_panicked() {
            rare();
            self.end_for_panic();
        }
        self.lock()
    }

    #[cold]
    fn end_for_panic(&self) {
        self.end(Error::panicked());
    }

    /// Begins a request, and drives until it has ended or nothing more can be
    /// read. On `NotSent` the order keeps its bytes.
    #[inline(always)]
    pub(crate) fn begin(&self, order: &mut Order, waker: &Waker) -> Begun {
        let mut wakes = Wakes::default();
        let mut state = self.visit();
        if let Some(error) = &state.ended {
            rare();
            return Begun::Closed(error.clone());
        }
        if order.plain {
            rare();
            let port = state.conversations.profile().port;
            drop(state);
            return match self.send_plain(order, port) {
                Ok(()) => Begun::Finished(Finished::silent()),
                Err(error) => Begun::NotSent(error),
            };
        }
        let price = state.price(order);
        if !state.may_send(order, price) {
            rare();
            let (state, sequence) = self.join(state, order, &mut wakes);
            return self.conclude(state, sequence, waker);
        }
        let sequence = state.register(order, price);
        drop(state);
        if let Err(error) = self.socket.send(&order.bytes, order.to) {
            rare();
            self.withdraw(sequence, &mut wakes);
            return Begun::NotSent(error);
        }
        let mut state = self.lock();
        state.counted.sent += 1;
        state.counted.datagrams_sent += 1;
        state.conversations.sent(sequence);
        let state = self.drive(state, Some(sequence), &mut wakes);
        self.conclude(state, sequence, waker)
    }

    /// Begins a request that has to wait behind others.
    #[inline(never)]
    fn join<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        order: &mut Order,
        wakes: &mut Wakes,
    ) -> (MutexGuard<'a, State>, Sequence) {
        let sequence = state.publish(take(order));
        (self.drive(state, None, wakes), sequence)
    }

    /// A registered request could not be sent.
    #[cold]
    fn withdraw(&self, sequence: Sequence, wakes: &mut Wakes) {
        let mut state = self.lock();
        state.unsent(sequence);
        self.pass_on(state, wakes);
    }

    /// Sends a message that begins no conversation.
    #[inline(never)]
    fn send_plain(&self, order: &mut Order, port: u32) -> io::Result<()> {
        netlane_wire::set_sequence_port(&mut order.bytes, 0, port);
        self.socket.send(&order.bytes, order.to)?;
        count(&self.counters.sent);
        count(&self.counters.datagrams_sent);
        Ok(())
    }

    /// Publishes a request without driving: the caller comes back to drive, by
    /// a wake-up it has arranged.
    pub(crate) fn publish(&self, order: &mut Order) -> Result<Sequence, Error> {
        let mut state = self.visit();
        match &state.ended {
            Some(error) => Err(error.clone()),
            None => {
                // Whoever comes before this one is driven joins it.
                self.crowded.store(true, Ordering::Relaxed);
                Ok(state.publish(take(order)))
            }
        }
    }

    /// Whether requests are coming in so thick that one is better published
    /// than sent alone. While another thread drives, it is not: the kernel
    /// executes what both send at the same time.
    pub(crate) fn is_crowded(&self) -> bool {
        self.crowded.load(Ordering::Relaxed) && !self.is_driven()
    }

    /// Whether somebody has the reader.
    #[inline(never)]
    fn is_driven(&self) -> bool {
        self.lock().reader.is_none()
    }

    /// Publishes many requests and drives. Their order is kept.
    pub(crate) fn publish_all(&self, orders: Vec<Order>) -> Result<Vec<Sequence>, Error> {
        let mut state = self.visit();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let sequences: Vec<_> = orders
            .into_iter()
            .map(|order| state.publish(order))
            .collect();
        let mut wakes = Wakes::default();
        drop(self.drive(state, sequences.last().copied(), &mut wakes));
        wakes.wake();
        Ok(sequences)
    }

    /// Drives for a conversation that was published, unless somebody else has:
    /// what came to the outbox since then is not to be sent before its time.
    pub(crate) fn revisit(&self, sequence: Sequence, waker: &Waker) -> Begun {
        let mut wakes = Wakes::default();
        let mut state = self.visit();
        if !state.is_sent(sequence) {
            state = self.drive(state, Some(sequence), &mut wakes);
        }
        self.conclude(state, sequence, waker)
    }

    /// Whether the send of this conversation's request has returned.
    pub(crate) fn is_sent(&self, sequence: Sequence) -> bool {
        let mut state = self.lock();
        let waiting = state.conversations.data_mut(sequence);
        waiting.is_none_or(|waiting| !waiting.unsent)
    }

    /// How much one datagram of published requests may hold.
    pub(crate) fn coalesce(&self, requests: usize, bytes: usize) {
        let coalesced = &mut self.lock().coalesced;
        coalesced.requests = requests.min(coalesced.requests);
        coalesced.bytes = bytes.min(coalesced.bytes);
    }

    /// Drives on behalf of nobody in particular: to EAGAIN.
    pub(crate) fn drive_all(&self) {
        let mut state = self.visit();
        state.again = true;
        let mut wakes = Wakes::default();
        drop(self.drive(state, None, &mut wakes));
        wakes.wake();
    }

    /// A point in the stream of what is received: a conversation without a
    /// request, which ends when all that was queued at this call was read.
    pub(crate) fn fence(&self, waker: &Waker) -> Begun {
        let queued = self.socket.queued();
        let mut state = self.visit();
        if let Some(error) = &state.ended {
            return Begun::Closed(error.clone());
        }
        let (expect, timing) = (Expect::Nothing, Timing::Synchronous);
        let sequence = state.conversations.submit_with(expect, timing, 0, |_| ());
        state.conversations.sent(sequence);
        state.backlog.set_fence(sequence, queued);
        state.again = true;
        let mut wakes = Wakes::default();
        let state = self.drive(state, None, &mut wakes);
        self.conclude(state, sequence, waker)
    }
}

/// Takes the order's bytes and leaves the rest.
fn take(order: &mut Order) -> Order {
    Order {
        bytes: std::mem::take(&mut order.bytes),
        ..*order
    }
}
