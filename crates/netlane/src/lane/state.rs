//! What a lane's lock guards: conversations, outbox, credit, and who reads.
//! Owns every decision made under the lock; makes no system call and wakes
//! nobody.

use std::io;

use netlane_proto::{Conversations, Datagram, Expect, Mark, Profile, Sequence, Timing};
use netlane_sys::{Address, Received};

use super::backlog::Backlog;
use super::credit::Credit;
use super::delivery::{Delivery, cost_of};
use super::order::{Coalesced, Order, Sizes};
use super::outbox::{Intent, Outbox};
use super::reader::Reader;
use super::waiting::{Ending, Waiting};
use super::wakes::Wakes;
use crate::Error;
use crate::events::{Audience, Loss};
use crate::inbound::Inbox;
use crate::statistics::{Counters, count};

/// What is to become of an enlisted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Launch {
    /// It is to be sent.
    Now,
    /// Its answer would not fit beside those that are under way.
    Later,
    /// It was cancelled, or the lane has ended.
    Never,
}

/// The guarded part of a lane.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) conversations: Conversations<Waiting>,
    pub(crate) credit: Credit,
    outbox: Outbox,
    /// How much one datagram of published requests may hold.
    pub(crate) coalesced: Coalesced,
    /// The receive buffers; away while somebody reads.
    pub(crate) reader: Option<Box<Reader>>,
    /// Somebody found the reader away: whoever has it reads to EAGAIN.
    pub(crate) again: bool,
    /// The Connection watches the socket's readiness.
    pub(crate) armed: bool,
    /// A dump is under way on this socket.
    dumping: bool,
    /// Why the lane ended, if it has.
    pub(crate) ended: Option<Error>,
    pub(crate) inbox: Option<Inbox>,
    pub(crate) audience: Option<Audience>,
    pub(crate) backlog: Backlog,
    /// The socket's drop count when it was last accounted for.
    drops: u32,
    /// Receive errors in a row without a datagram between them.
    failures: u32,
}

impl State {
    pub(crate) fn new(profile: Profile, sizes: Sizes, drops: u32) -> Self {
        Self {
            conversations: Conversations::new(profile, seed()),
            credit: Credit::new(sizes.receive_buffer),
            outbox: Outbox::default(),
            coalesced: Coalesced::default(),
            reader: Some(Box::new(Reader::new(sizes.frame))),
            again: false,
            armed: false,
            dumping: false,
            ended: None,
            inbox: None,
            audience: None,
            backlog: Backlog::default(),
            drops,
            failures: 0,
        }
    }

    /// Whether a request may be sent at once by its own caller.
    pub(crate) fn may_send(&self, order: &Order) -> bool {
        self.outbox.is_empty()
            && !self.backlog.is_lossy()
            && self.credit.fits(self.charge(order))
            && !(self.dumping && order.is_kernel_dump())
    }

    /// What the answer is expected to cost of the window. A user peer cannot
    /// overflow the receive buffer: it is its send that fails (KERNEL:
    /// `netlink_attachskb`).
    fn charge(&self, order: &Order) -> u32 {
        match order.to {
            Some(address) if address != Address::KERNEL => 0,
            _ => self.credit.charge(order.kind, order.expect),
        }
    }

    /// Begins a conversation whose request its caller sends at once.
    pub(crate) fn register(&mut self, order: &mut Order) -> Sequence {
        let sequence = self.submit(order, false);
        let port = self.conversations.profile().port;
        netlane_wire::set_sequence_port(&mut order.bytes, sequence.get(), port);
        sequence
    }

    /// Begins a conversation whose request waits in the outbox.
    pub(crate) fn publish(&mut self, mut order: Order) -> Sequence {
        let sequence = self.enlist(&mut order);
        self.outbox.push(Intent {
            sequence,
            dump: order.is_kernel_dump(),
            bytes: order.bytes,
            to: order.to,
        });
        sequence
    }

    /// Begins a conversation whose request another thread will send.
    pub(crate) fn enlist(&mut self, order: &mut Order) -> Sequence {
        let sequence = self.submit(order, true);
        let port = self.conversations.profile().port;
        let number = if order.plain { 0 } else { sequence.get() };
        netlane_wire::set_sequence_port(&mut order.bytes, number, port);
        sequence
    }

    /// An enlisted request is about to be sent: whether it may.
    pub(crate) fn launch(&mut self, sequence: Sequence) -> Launch {
        if self.conversations.is_finished(sequence) {
            return Launch::Never;
        }
        let Some(waiting) = self.conversations.data_mut(sequence) else {
            return Launch::Never;
        };
        if self.backlog.is_lossy() || !self.credit.fits(waiting.charge) {
            return Launch::Later;
        }
        waiting.queued = false;
        self.credit.take(waiting.charge);
        Launch::Now
    }

    /// [`launch`](Self::launch) for the rest of a datagram: it goes or it does
    /// not, so its credit is taken even if it does not fit.
    pub(crate) fn launch_along(&mut self, sequence: Sequence) {
        if let Some(waiting) = self.conversations.data_mut(sequence)
            && std::mem::take(&mut waiting.queued)
        {
            self.credit.take(waiting.charge);
        }
    }

    fn submit(&mut self, order: &Order, queued: bool) -> Sequence {
        let charge = self.charge(order);
        let dump = order.is_kernel_dump();
        if !queued {
            self.credit.take(charge);
            self.dumping |= dump;
        }
        let waiting = Waiting {
            kind: order.kind,
            charge,
            queued,
            unsent: queued,
            wake_when_sent: order.expect == Expect::Nothing,
            dump,
            streams: order.expect == Expect::Dump,
            plain: order.plain,
            ..Waiting::default()
        };
        let peer = order.to.map_or(0, |address| address.port);
        self.conversations
            .submit(order.expect, order.timing, peer, waiting)
    }

    /// The send of a registered request failed: it did not happen.
    pub(crate) fn unsent(&mut self, sequence: Sequence) {
        if let Some(waiting) = self.conversations.unsent(sequence)
            && !waiting.queued
        {
            self.credit.give(waiting.charge);
            self.dump_over(waiting.dump);
        }
    }

    /// Fills the reader's outgoing datagram with published requests, as far as
    /// the window allows. Returns the address they go to, if there are any.
    pub(crate) fn fill(&mut self, reader: &mut Reader) -> Option<Option<Address>> {
        reader.outgoing.clear();
        reader.sequences.clear();
        let mut address = None;
        // Until an overrun is read to its end the kernel admits no answer.
        while !self.backlog.is_lossy() {
            let conversations = &mut self.conversations;
            let alive = |sequence| conversations.data_mut(sequence).is_some();
            let Some(intent) = self.outbox.front(self.dumping, alive) else {
                break;
            };
            let Some(waiting) = self.conversations.data_mut(intent.sequence) else {
                break;
            };
            let full = reader.outgoing.len() + intent.bytes.len() > self.coalesced.bytes
                || reader.sequences.len() >= self.coalesced.requests
                || address.is_some_and(|to| to != intent.to);
            let waits = !self.credit.fits(waiting.charge);
            if waits || (full && !reader.sequences.is_empty()) {
                break;
            }
            let Some(intent) = self.outbox.pop() else {
                break;
            };
            waiting.queued = false;
            self.credit.take(waiting.charge);
            self.dumping |= intent.dump;
            address = Some(intent.to);
            reader.push(intent.sequence, &intent.bytes);
            waiting.request = intent.bytes;
        }
        address
    }

    /// Whether a published request has left the outbox.
    pub(crate) fn is_sent(&mut self, sequence: Sequence) -> bool {
        self.conversations
            .data_mut(sequence)
            .is_none_or(|waiting| !waiting.queued)
    }

    /// Whether a published request could be sent now.
    pub(crate) fn sendable(&mut self) -> bool {
        let conversations = &mut self.conversations;
        let mut charge = 0;
        let alive = |sequence| match conversations.data_mut(sequence) {
            Some(waiting) => {
                charge = waiting.charge;
                true
            }
            None => false,
        };
        let waits = self.outbox.front(self.dumping, alive).is_some();
        waits && !self.backlog.is_lossy() && self.credit.fits(charge)
    }

    /// The datagram of [`fill`](Self::fill) was sent, or not.
    pub(crate) fn dispatched(
        &mut self,
        reader: &Reader,
        result: &io::Result<()>,
        wakes: &mut Wakes,
        counters: &Counters,
    ) {
        for &sequence in &reader.sequences {
            self.settle_send(sequence, result, wakes, counters);
        }
    }

    /// A request was sent, or not.
    pub(crate) fn settle_send(
        &mut self,
        sequence: Sequence,
        result: &io::Result<()>,
        wakes: &mut Wakes,
        counters: &Counters,
    ) {
        match result {
            Ok(()) => {
                count(&counters.sent);
                let Some(waiting) = self.conversations.sent(sequence) else {
                    return;
                };
                waiting.unsent = false;
                if waiting.plain {
                    self.conclude(sequence, Ending::Silent, wakes);
                } else if waiting.wake_when_sent {
                    wakes.add(waiting.waker.take());
                }
            }
            Err(error) => self.conclude(sequence, Ending::Unsent(copy_of(error)), wakes),
        }
    }

    /// Ends a conversation that the kernel knows nothing of.
    fn conclude(&mut self, sequence: Sequence, ending: Ending, wakes: &mut Wakes) {
        let awaited = !self.conversations.is_cancelled(sequence);
        let Some(mut waiting) = self.conversations.unsent(sequence) else {
            return;
        };
        self.credit.give(std::mem::take(&mut waiting.charge));
        self.dump_over(waiting.dump);
        wakes.add(waiting.waker.take());
        // The caller finds its ending under the same number: put it back as
        // a conversation that is over. Without a caller nobody would take it.
        if awaited {
            waiting.ending = Some(ending);
            self.conversations.restore(sequence, waiting);
        }
    }

    /// If that was the socket's dump, the next may begin.
    fn dump_over(&mut self, ended: bool) {
        if ended && self.dumping {
            self.dumping = false;
            self.outbox.release_dumps();
        }
    }

    /// Feeds one received datagram.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        received: &Received,
        wakes: &mut Wakes,
        counters: &Counters,
    ) {
        self.failures = 0;
        count(&counters.datagrams_received);
        let datagram = Datagram {
            bytes,
            full_len: received.full_len,
            sender: received.sender.port,
            group: received.group,
            nsid: received.nsid,
        };
        self.deliver(
            cost_of(received.full_len),
            wakes,
            counters,
            |conversations, sink| {
                conversations.receive(&datagram, sink);
            },
        );
        let reached = self.backlog.advance();
        if !reached.is_empty() {
            self.deliver(0, wakes, counters, |conversations, sink| {
                for sequence in reached {
                    conversations.pass(sequence, sink);
                }
            });
        }
    }

    /// A receive call that began at `mark` found the queue empty.
    pub(crate) fn emptied(&mut self, mark: Mark, wakes: &mut Wakes, counters: &Counters) {
        self.failures = 0;
        self.deliver(0, wakes, counters, |conversations, sink| {
            conversations.empty(mark, sink)
        });
        let conversations = &self.conversations;
        self.backlog
            .keep_fences(|sequence| conversations.is_open(sequence));
    }

    /// Runs one step of the state machine with everything it may deliver to.
    fn deliver(
        &mut self,
        cost: u32,
        wakes: &mut Wakes,
        counters: &Counters,
        step: impl FnOnce(&mut Conversations<Waiting>, &mut Delivery<'_>),
    ) {
        let mut dump_ended = false;
        let mut delivery = Delivery {
            wakes,
            credit: &mut self.credit,
            counters,
            inbox: self.inbox.as_ref(),
            audience: self.audience.as_ref(),
            dump_ended: &mut dump_ended,
            ended: self.ended.as_ref(),
            cost,
        };
        step(&mut self.conversations, &mut delivery);
        self.dump_over(dump_ended);
    }

    /// All that preceded a receive error has been read: subscribers are told
    /// what was lost before what comes next.
    pub(crate) fn lost(&mut self, drops: Option<u32>, wakes: &mut Wakes, counters: &Counters) {
        self.backlog.settle_loss();
        let dropped = drops.map(|now| now.wrapping_sub(std::mem::replace(&mut self.drops, now)));
        let loss = Loss::in_kernel(dropped);
        if let Some(audience) = &self.audience {
            audience.lost(loss, wakes, counters);
        }
        if let Some(inbox) = &self.inbox {
            // Answers and events may be among what was dropped.
            inbox.lost(loss.bounded(), wakes);
        }
    }

    /// A receive call failed: answers may be lost. Says whether the socket is
    /// beyond use.
    pub(crate) const fn failed(&mut self) -> bool {
        self.failures += 1;
        self.failures > MAX_FAILURES
    }

    /// Nobody waits for this conversation any more. Returns what it held, to
    /// be dropped after unlocking.
    pub(crate) fn cancel(
        &mut self,
        sequence: Sequence,
        wakes: &mut Wakes,
        counters: &Counters,
    ) -> Option<Waiting> {
        if self.conversations.is_finished(sequence) {
            return self.conversations.take(sequence);
        }
        let waiting = self.conversations.data_mut(sequence)?;
        if waiting.queued {
            let waiting = self.conversations.unsent(sequence);
            let conversations = &mut self.conversations;
            self.outbox
                .withdraw(|sequence| conversations.data_mut(sequence).is_some());
            return waiting;
        }
        let held = Waiting {
            replies: std::mem::take(&mut waiting.replies),
            waker: waiting.waker.take(),
            request: std::mem::take(&mut waiting.request),
            ..Waiting::default()
        };
        // A late answer may never come: its credit must not be held by a
        // request nobody waits for.
        if self.conversations.timing(sequence) == Some(Timing::Late)
            && let Some(waiting) = self.conversations.data_mut(sequence)
        {
            self.credit.give(std::mem::take(&mut waiting.charge));
        }
        self.deliver(0, wakes, counters, |conversations, sink| {
            conversations.cancel(sequence, sink);
        });
        Some(held)
    }

    /// The lane is over: everybody is told.
    pub(crate) fn end(&mut self, error: Error, wakes: &mut Wakes, counters: &Counters) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(error);
        self.outbox.clear();
        self.deliver(0, wakes, counters, |conversations, sink| {
            conversations.abandon(sink)
        });
        if let Some(inbox) = &self.inbox {
            inbox.end(wakes);
        }
        if let Some(audience) = &self.audience {
            audience.end(wakes);
        }
    }

    /// Whether only readiness can tell what comes next.
    pub(crate) fn needs_readiness(&self) -> bool {
        self.ended.is_none()
            && (self.conversations.late() > 0
                || self.inbox.as_ref().is_some_and(Inbox::is_wanted)
                || self.audience.as_ref().is_some_and(Audience::is_wanted))
    }

    /// Whether a close has to wait: somebody waits for an answer.
    pub(crate) const fn is_busy(&self) -> bool {
        self.conversations.awaited() > 0
    }
}

/// A starting sequence number that a stranger cannot guess: the standard
/// library's hasher is seeded by the operating system.
fn seed() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    let [a, b, c, d, ..] = RandomState::new().hash_one("nlmsg_seq").to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

/// `io::Error` is not `Clone`; the errno is all a system call gave.
fn copy_of(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Receive errors in a row after which the socket is given up. One error per
/// overrun is normal; a descriptor that is gone fails for ever.
const MAX_FAILURES: u32 = 64;
