//! What a lane's lock guards: conversations, outbox, credit, and who reads.
//! Owns every decision made under the lock; makes no system call and wakes
//! nobody.

mod sending;

use netlane_proto::{Conversations, Datagram, Mark, Profile, Sequence, Timing};
use netlane_sys::Received;
use netlane_wire::rare;

use crate::events::{Audience, Loss};
use crate::inbound::Inbox;
use crate::lane::backlog::Backlog;
use crate::lane::credit::Credit;
use crate::lane::delivery::{Delivery, cost_of};
use crate::lane::order::{Coalesced, Sizes};
use crate::lane::outbox::Outbox;
use crate::lane::reader::Reader;
use crate::lane::spare::Spare;
use crate::lane::waiting::Waiting;
use crate::lane::wakes::Wakes;
use crate::{Error, Statistics};

pub(crate) use sending::Launch;

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
    /// It, if nobody waits for it and an empty queue does not end it.
    deserted: Option<Sequence>,
    /// Why the lane ended, if it has.
    pub(crate) ended: Option<Error>,
    pub(crate) inbox: Option<Inbox>,
    pub(crate) audience: Option<Audience>,
    pub(crate) backlog: Backlog,
    /// Memory for replies.
    spare: Spare,
    /// The socket's drop count when it was last accounted for.
    drops: u32,
    /// Receive errors in a row without a datagram between them.
    failures: u32,
    /// What was counted since it was last given to the connection's counters.
    pub(crate) counted: Statistics,
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
            deserted: None,
            ended: None,
            inbox: None,
            audience: None,
            backlog: Backlog::default(),
            spare: Spare::new(sizes.wipe),
            drops,
            failures: 0,
            counted: Statistics::default(),
        }
    }

    /// If that was the socket's dump, the next may begin.
    fn dump_over(&mut self, ended: bool) {
        if ended && self.dumping {
            rare();
            self.release_dumps();
        }
    }

    #[inline(never)]
    fn release_dumps(&mut self) {
        self.dumping = false;
        self.outbox.release_dumps();
    }

    /// Feeds one received datagram.
    #[inline]
    pub(crate) fn feed(&mut self, bytes: &[u8], received: &Received, wakes: &mut Wakes) {
        self.failures = 0;
        self.counted.datagrams_received += 1;
        let datagram = Datagram {
            bytes,
            full_len: received.full_len,
            sender: received.sender.port,
            group: received.group,
            nsid: received.nsid,
        };
        self.deliver(cost_of(received.full_len), wakes, |conversations, sink| {
            conversations.receive(&datagram, sink);
        });
        if self.backlog.advance() {
            rare();
            self.pass_fences(wakes);
        }
    }

    /// Ends the fences that have been reached.
    #[cold]
    fn pass_fences(&mut self, wakes: &mut Wakes) {
        let reached = self.backlog.reach(self.dumping);
        self.deliver(0, wakes, |conversations, sink| {
            for sequence in reached {
                conversations.pass(sequence, sink);
            }
        });
    }

    /// A receive call that began at `mark` found the queue empty.
    pub(crate) fn emptied(&mut self, mark: Mark, wakes: &mut Wakes) {
        self.failures = 0;
        self.deliver(0, wakes, |conversations, sink| {
            conversations.empty(mark, sink)
        });
        self.forget_deserted();
        let conversations = &self.conversations;
        self.backlog
            .keep_fences(|sequence| conversations.is_open(sequence));
    }

    /// The queue is empty: a late dump that was given up may have lost its end. It
    /// is that or has stalled, since the kernel makes a part when the one before it
    /// is read, so the next may begin; whoever finds it busy reads it free.
    fn forget_deserted(&mut self) {
        let deserted = self.deserted.take();
        if let Some(waiting) = deserted.and_then(|it| self.conversations.data_mut(it)) {
            waiting.dump = false;
            self.credit.give(std::mem::take(&mut waiting.charge));
            self.dump_over(true);
        }
    }

    /// Whether reading to the end would let the next dump begin.
    pub(crate) const fn is_deserted(&self) -> bool {
        self.deserted.is_some()
    }

    /// Runs one step of the state machine with everything it may deliver to.
    fn deliver(
        &mut self,
        cost: u32,
        wakes: &mut Wakes,
        step: impl FnOnce(&mut Conversations<Waiting>, &mut Delivery<'_>),
    ) {
        let mut dump_ended = false;
        let mut delivery = Delivery {
            wakes,
            credit: &mut self.credit,
            counted: &mut self.counted,
            spare: &mut self.spare,
            inbox: self.inbox.as_ref(),
            audience: self.audience.as_ref(),
            dump_ended: &mut dump_ended,
            ended: self.ended.as_ref(),
            cost,
        };
        step(&mut self.conversations, &mut delivery);
        self.dump_over(dump_ended);
    }

    /// All that preceded a receive error has been read, or the queue is `empty`:
    /// subscribers are told what was lost before what comes next.
    pub(crate) fn lost(&mut self, drops: Option<u32>, empty: bool, wakes: &mut Wakes) {
        let may_be_told = self.backlog.may_be_told();
        self.backlog.settle_loss(empty);
        if !self.backlog.is_lossy() {
            self.conversations.drained();
        }
        let dropped = drops.map(|now| now.wrapping_sub(std::mem::replace(&mut self.drops, now)));
        if may_be_told && dropped == Some(0) {
            return;
        }
        let loss = Loss::in_kernel(dropped);
        if let Some(audience) = &self.audience {
            audience.lost(loss, wakes, &mut self.counted);
        }
        if let Some(inbox) = &self.inbox {
            // Answers and events may be among what was dropped.
            inbox.lost(loss.bounded(), wakes);
        }
    }

    /// A receive call failed: answers may be lost. Says whether the socket is
    /// beyond use.
    pub(crate) fn failed(&mut self) -> bool {
        self.conversations.overrun();
        self.failures += 1;
        self.failures > MAX_FAILURES
    }

    /// Nobody waits for this conversation any more. Returns what it held, to
    /// be dropped after unlocking.
    pub(crate) fn cancel(&mut self, sequence: Sequence, wakes: &mut Wakes) -> Option<Waiting> {
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
            result: std::mem::take(&mut waiting.result),
            waker: waiting.waker.take(),
            ..Waiting::default()
        };
        // A late answer may never come: its credit must not be held by a
        // request nobody waits for. The kernel goes on with a dump.
        if self.conversations.timing(sequence) == Some(Timing::Late)
            && let Some(waiting) = self.conversations.data_mut(sequence)
        {
            match waiting.dump {
                true => self.deserted = Some(sequence),
                false => self.credit.give(std::mem::take(&mut waiting.charge)),
            }
        }
        self.deliver(0, wakes, |conversations, sink| {
            conversations.cancel(sequence, sink);
        });
        Some(held)
    }

    /// The lane is over: everybody is told.
    pub(crate) fn end(&mut self, error: Error, wakes: &mut Wakes) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(error);
        self.outbox.clear();
        self.deliver(0, wakes, |conversations, sink| conversations.abandon(sink));
        if let Some(inbox) = &self.inbox {
            inbox.end(wakes);
        }
        if let Some(audience) = &self.audience {
            audience.end(wakes);
        }
    }

    /// Whether only readiness can tell what comes next.
    pub(crate) fn needs_readiness(&self) -> bool {
        let heard = self.inbox.is_some() || self.audience.is_some();
        self.ended.is_none()
            && (self.conversations.late() > 0
                // Its reader may have stopped when it had his own answer.
                || self.dumping
                || (heard && self.is_heard()))
    }

    /// Whether anybody listens to what nobody asked for.
    #[inline(never)]
    fn is_heard(&self) -> bool {
        self.inbox.as_ref().is_some_and(Inbox::is_wanted)
            || self.audience.as_ref().is_some_and(Audience::is_wanted)
    }

    /// Whether a close has to wait: somebody waits for an answer.
    pub(crate) const fn is_busy(&self) -> bool {
        self.conversations.awaited() > 0
    }
}

#[cfg(test)]
impl State {
    /// Nothing is under way, and nothing is held for it.
    pub(in crate::lane) fn check_settled(&self) {
        assert!(self.outbox.is_empty(), "something waits to be sent");
        assert!(!self.dumping, "a dump is under way");
        assert!(!self.backlog.is_lossy(), "a loss was not told");
        assert!(self.credit.is_whole(), "credit is missing");
    }
}

/// A starting sequence number that a stranger cannot guess: the standard
/// library's hasher is seeded by the operating system.
fn seed() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    if cfg!(all(test, netlane_loom)) {
        // A model is run again and again, each time the same up to a point.
        return 1;
    }
    let [a, b, c, d, ..] = RandomState::new().hash_one("nlmsg_seq").to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

/// Receive errors in a row after which the socket is given up. One error per
/// overrun is normal; a descriptor that is gone fails for ever.
const MAX_FAILURES: u32 = 64;
