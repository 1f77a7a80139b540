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
mod order;
mod outbox;
mod payload;
mod reader;
mod state;
mod transport;
mod waiting;
mod wakes;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use netlane_proto::{Expect, Profile, Sequence, Timing};
use netlane_sys::Socket;
use tokio::sync::Notify;

pub(crate) use delivery::MAX_HELD;
pub(crate) use order::{Order, Sizes, kind_of};
pub(crate) use payload::Payload;
pub(crate) use transport::Transport;
pub(crate) use waiting::{Ending, Report, Waiting, report_of};
pub(crate) use wakes::Wakes;

use crate::Error;
use crate::events::Audience;
use crate::inbound::Inbox;
use crate::statistics::{Counters, count};
use state::{Launch, State};

/// One socket with its conversations.
pub(crate) struct Lane<S: Transport = Socket> {
    pub(crate) socket: Arc<S>,
    state: Mutex<State>,
    pub(crate) counters: Arc<Counters>,
    /// What was sent and received is overwritten.
    wipe: bool,
    /// The socket may be in groups: their numbers are asked for.
    envelope: bool,
    /// Calls the Connection: to drive, to watch readiness, to see the end.
    pub(crate) signal: Arc<Notify>,
    /// The holder of the reader panicked; the Connection ends the lane.
    panicked: AtomicBool,
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
    Finished(Waiting),
    /// It is on its way, or waits to be sent.
    Pending(Sequence),
    /// sendmsg failed; nothing was executed.
    NotSent(io::Error),
    /// The lane has ended.
    Closed(Error),
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
            panicked: AtomicBool::new(false),
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

    /// Begins a request, and drives until it has ended or nothing more can be
    /// read. On `NotSent` the order keeps its bytes.
    pub(crate) fn begin(&self, order: &mut Order, waker: &Waker) -> Begun {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Begun::Closed(error.clone());
        }
        if order.plain {
            let port = state.conversations.profile().port;
            drop(state);
            return self.send_plain(order, port);
        }
        if !state.may_send(order) {
            let sequence = state.publish(take(order));
            return self.conclude(self.drive(state, None), sequence, waker);
        }
        let sequence = state.register(order);
        drop(state);
        let result = self.socket.send(&order.bytes, order.to);
        let mut state = self.lock();
        if let Err(error) = result {
            state.unsent(sequence);
            self.pass_on(state, Wakes::default());
            return Begun::NotSent(error);
        }
        count(&self.counters.sent);
        count(&self.counters.datagrams_sent);
        state.conversations.sent(sequence);
        self.conclude(self.drive(state, Some(sequence)), sequence, waker)
    }

    /// Sends a message that begins no conversation.
    fn send_plain(&self, order: &mut Order, port: u32) -> Begun {
        netlane_wire::set_sequence_port(&mut order.bytes, 0, port);
        match self.socket.send(&order.bytes, order.to) {
            Err(error) => Begun::NotSent(error),
            Ok(()) => {
                count(&self.counters.sent);
                count(&self.counters.datagrams_sent);
                let ending = Some(Ending::Silent);
                Begun::Finished(Waiting {
                    ending,
                    ..Waiting::default()
                })
            }
        }
    }

    /// Publishes a request without driving: the caller comes back to drive, by
    /// a wake-up it has arranged.
    pub(crate) fn publish(&self, order: &mut Order) -> Result<Sequence, Error> {
        let mut state = self.lock();
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
    /// than sent alone.
    pub(crate) fn is_crowded(&self) -> bool {
        self.crowded.load(Ordering::Relaxed)
    }

    /// Publishes many requests and drives. Their order is kept.
    pub(crate) fn publish_all(&self, orders: Vec<Order>) -> Result<Vec<Sequence>, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let sequences: Vec<_> = orders
            .into_iter()
            .map(|order| state.publish(order))
            .collect();
        let (state, wakes) = self.drive(state, sequences.last().copied());
        drop(state);
        wakes.wake();
        Ok(sequences)
    }

    /// Takes conversations that have ended, in order, up to the first that has
    /// not: there it leaves the waker.
    pub(crate) fn take_finished(
        &self,
        sequences: impl Iterator<Item = Sequence>,
        waker: &Waker,
        finished: &mut Vec<Waiting>,
    ) {
        let mut replaced = None;
        let mut state = self.lock();
        for sequence in sequences {
            if let Some(waiting) = state.conversations.take(sequence) {
                finished.push(waiting);
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

    /// Begins the conversations of requests that go out as one datagram; see
    /// [`send_together`](Self::send_together).
    pub(crate) fn enlist_together(
        &self,
        orders: Vec<Order>,
    ) -> Result<(Vec<Sequence>, Payload), Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let mut sequences = Vec::with_capacity(orders.len());
        let mut bytes = Payload::default();
        for mut order in orders {
            sequences.push(state.enlist(&mut order));
            bytes.wipe(self.wipe);
            let aligned = bytes.len().next_multiple_of(4);
            bytes.resize(aligned, 0);
            bytes.extend_from_slice(&order.bytes);
        }
        drop(state);
        Ok((sequences, bytes))
    }

    /// Sends requests as one datagram, unless they were cancelled, and drives.
    pub(crate) fn send_together(&self, sequences: &[Sequence], bytes: &[u8]) {
        // All are cancelled together, or none.
        let Some((first, rest)) = sequences.split_first() else {
            return;
        };
        if !self.launch(*first) {
            return;
        }
        let mut state = self.lock();
        rest.iter()
            .for_each(|sequence| state.launch_along(*sequence));
        drop(state);
        let result = self.socket.send(bytes, None);
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        for sequence in sequences {
            state.settle_send(*sequence, &result, &mut wakes, &self.counters);
        }
        count(&self.counters.datagrams_sent);
        let state = self.drive_with(state, None, &mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Begins a conversation whose request a thread of the connection's own
    /// sends; see [`send_enlisted`](Self::send_enlisted).
    pub(crate) fn enlist(&self, order: &mut Order) -> Result<Sequence, Error> {
        let mut state = self.lock();
        match &state.ended {
            Some(error) => Err(error.clone()),
            None => Ok(state.enlist(order)),
        }
    }

    /// Sends an enlisted request, unless nobody waits for it any more, and
    /// drives. For threads that may sleep inside sendmsg.
    pub(crate) fn send_enlisted(&self, sequence: Sequence, order: &Order) {
        if !self.launch(sequence) {
            return;
        }
        let result = self.socket.send(&order.bytes, order.to);
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        count(&self.counters.datagrams_sent);
        state.settle_send(sequence, &result, &mut wakes, &self.counters);
        let state = self.drive_with(state, None, &mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Waits until an enlisted request may be sent; `false` if it is not to be
    /// sent at all. While other threads send, answers pile up behind a reader
    /// that has no turn.
    fn launch(&self, sequence: Sequence) -> bool {
        let mut pause = CREDIT_PAUSE;
        loop {
            let mut state = self.lock();
            match state.launch(sequence) {
                Launch::Now => return true,
                Launch::Never => return false,
                Launch::Later => {}
            }
            state.again = true;
            let (state, wakes) = self.drive(state, None);
            drop(state);
            wakes.wake();
            std::thread::sleep(pause);
            pause = (pause * 2).min(MAX_CREDIT_PAUSE);
        }
    }

    /// Drives for a conversation that was published, unless somebody else has:
    /// what came to the outbox since then is not to be sent before its time.
    pub(crate) fn revisit(&self, sequence: Sequence, waker: &Waker) -> Begun {
        let mut state = self.lock();
        if state.is_sent(sequence) {
            return self.conclude((state, Wakes::default()), sequence, waker);
        }
        self.conclude(self.drive(state, Some(sequence)), sequence, waker)
    }

    /// Looks at a conversation without driving.
    pub(crate) fn check(&self, sequence: Sequence, waker: &Waker) -> Begun {
        self.conclude((self.lock(), Wakes::default()), sequence, waker)
    }

    /// Whether the send of this conversation's request has returned.
    pub(crate) fn is_sent(&self, sequence: Sequence) -> bool {
        let mut state = self.lock();
        let waiting = state.conversations.data_mut(sequence);
        waiting.is_none_or(|waiting| !waiting.unsent)
    }

    /// Takes the conversation if it has ended, else leaves the waker there.
    fn conclude(
        &self,
        (mut state, wakes): (MutexGuard<'_, State>, Wakes),
        sequence: Sequence,
        waker: &Waker,
    ) -> Begun {
        let mut replaced = None;
        let finished = state.conversations.take(sequence);
        if finished.is_none() {
            match state.conversations.data_mut(sequence) {
                Some(waiting) => replaced = leave_waker(&mut waiting.waker, waker),
                None => debug_assert!(false, "a conversation was taken twice"),
            }
        }
        drop(state);
        drop(replaced);
        wakes.wake();
        finished.map_or(Begun::Pending(sequence), Begun::Finished)
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
        std::mem::take(&mut waiting.replies)
    }

    /// Nobody waits for this conversation any more.
    pub(crate) fn cancel(&self, sequence: Sequence) -> Cancelled {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        let ended = state.conversations.is_finished(sequence);
        let held = state.cancel(sequence, &mut wakes, &self.counters);
        self.pass_on(state, wakes);
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
    fn pass_on<'a>(&'a self, mut state: MutexGuard<'a, State>, mut wakes: Wakes) {
        if state.sendable() {
            state = self.drive_with(state, None, &mut wakes);
        }
        self.note_idle(&state, &mut wakes);
        drop(state);
        wakes.wake();
    }

    /// How much one datagram of published requests may hold.
    pub(crate) fn coalesce(&self, requests: usize, bytes: usize) {
        let coalesced = &mut self.lock().coalesced;
        coalesced.requests = requests.min(coalesced.requests);
        coalesced.bytes = bytes.min(coalesced.bytes);
    }

    /// Drives on behalf of nobody in particular: to EAGAIN.
    pub(crate) fn drive_all(&self) {
        let mut state = self.lock();
        state.again = true;
        let (state, wakes) = self.drive(state, None);
        drop(state);
        wakes.wake();
    }

    /// A point in the stream of what is received: a conversation without a
    /// request, which ends when all that was queued at this call was read.
    pub(crate) fn fence(&self, waker: &Waker) -> Begun {
        let queued = self.socket.queued();
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Begun::Closed(error.clone());
        }
        let sequence =
            state
                .conversations
                .submit(Expect::Nothing, Timing::Synchronous, 0, Waiting::default());
        state.conversations.sent(sequence);
        state.backlog.set_fence(sequence, queued);
        state.again = true;
        self.conclude(self.drive(state, None), sequence, waker)
    }

    /// Whether the reader's holder panicked.
    pub(crate) fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Acquire)
    }

    /// Ends the lane: every waiter gets `error`.
    pub(crate) fn end(&self, error: Error) {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        state.end(error, &mut wakes, &self.counters);
        drop(state);
        wakes.wake();
        self.signal.notify_one();
    }

    /// Why the lane ended, if it has.
    pub(crate) fn ended(&self) -> Option<Error> {
        self.lock().ended.clone()
    }

    /// Waits until no request is open or waits to be sent.
    pub(crate) async fn idle(&self) {
        self.closing.store(true, Ordering::Release);
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            idle.as_mut().enable();
            if !self.lock().is_busy() {
                return;
            }
            idle.await;
        }
    }

    /// Has those told who wait in [`idle`](Self::idle), if it is.
    fn note_idle(&self, state: &State, wakes: &mut Wakes) {
        if !state.is_busy() && self.closing.load(Ordering::Acquire) {
            wakes.tell_idle(&self.idle);
        }
    }

    /// How many conversations the lane remembers, tombstones included.
    pub(crate) fn remembered(&self) -> usize {
        self.lock().conversations.len()
    }

    /// The Connection begins to watch readiness if that is needed; says so.
    pub(crate) fn arm(&self) -> bool {
        let mut state = self.lock();
        state.armed = state.needs_readiness();
        state.armed
    }

    /// The inbox of this lane, made on first use.
    pub(crate) fn inbox(&self) -> Result<Inbox, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let inbox = state.inbox.get_or_insert_default().clone();
        drop(state);
        Ok(inbox)
    }

    /// The audience of this lane, made on first use: from then on the socket
    /// may be a member of groups.
    pub(crate) fn audience(&self) -> Result<Audience, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        state.conversations.set_member(true);
        let audience = state.audience.get_or_insert_default().clone();
        drop(state);
        Ok(audience)
    }
}

/// How long a thread that may sleep waits for credit before it looks again.
const CREDIT_PAUSE: Duration = Duration::from_micros(50);
const MAX_CREDIT_PAUSE: Duration = Duration::from_millis(5);

/// Leaves a waker, unless one that wakes the same task is there. Returns the
/// one it replaces, to be dropped after unlocking.
fn leave_waker(place: &mut Option<Waker>, waker: &Waker) -> Option<Waker> {
    match place {
        Some(present) if present.will_wake(waker) => None,
        _ => place.replace(waker.clone()),
    }
}

/// Takes the order's bytes and leaves the rest.
fn take(order: &mut Order) -> Order {
    Order {
        bytes: std::mem::take(&mut order.bytes),
        ..*order
    }
}
