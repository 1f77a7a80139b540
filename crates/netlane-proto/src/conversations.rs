//! The table of conversations on one socket: sequence numbers, cancelling, and
//! the proof of loss. Owns which conversations exist; how a frame finds its
//! conversation is `receive.rs`.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use netlane_wire::rare;

use crate::overruns::{Doubt, Overruns};
use crate::table::Table;
use crate::{Expect, Outcome, Profile, Sink, Timing};

/// The sequence number (`nlmsg_seq`, host order) that names a conversation.
/// Never 0, which kernel notifications use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sequence(NonZeroU32);

impl Sequence {
    /// The sequence a header carries.
    pub(crate) const fn from_number(number: NonZeroU32) -> Self {
        Self(number)
    }

    /// The number as it stands in `nlmsg_seq`.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl std::fmt::Display for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A point in the order of sends, taken before a receive call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// Everything under way on one socket. `T` is what the caller keeps for each
/// conversation; it comes back through [`take`](Self::take).
#[derive(Debug)]
pub struct Conversations<T> {
    pub(crate) profile: Profile,
    pub(crate) table: Table<T>,
    pub(crate) overruns: Overruns,
    /// How many sends have returned.
    sends: u64,
    /// Synchronous conversations in the order their sends returned, until they
    /// are answered or proved lost. Those answered out of order stay for a while.
    unproved: Unproved,
    /// Dumps, which may take long; those that have ended are not here.
    unproved_dumps: Unproved,
    /// Conversations that are sent and not finished, cancelled ones included.
    pub(crate) open: usize,
    /// Those of them that may be answered later than sendmsg returns.
    pub(crate) late: usize,
    /// Those of them that were cancelled.
    cancelled: usize,
    /// Cancelled late conversations, oldest first: they may never be answered,
    /// so their number is bounded.
    tombstones: VecDeque<Sequence>,
}

/// Conversations with the ordinals of their sends.
type Unproved = VecDeque<(u64, Sequence)>;

impl<T: Default> Conversations<T> {
    /// An empty table for a socket of this profile. `seed` is where sequence
    /// numbers start: unpredictable, so that a stranger cannot guess them.
    #[must_use]
    pub fn new(profile: Profile, seed: u32) -> Self {
        Self {
            profile,
            table: Table::new(NonZeroU32::new(seed).unwrap_or(NonZeroU32::MIN)),
            overruns: Overruns::default(),
            sends: 0,
            unproved: Unproved::new(),
            unproved_dumps: Unproved::new(),
            open: 0,
            late: 0,
            cancelled: 0,
            tombstones: VecDeque::new(),
        }
    }

    /// The socket's profile.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Changes whether the socket is a member of any group.
    pub const fn set_member(&mut self, member: bool) {
        self.profile.member = member;
    }

    /// Begins a conversation before its request is sent: the answer may be
    /// read by somebody else before the sender's own call returns. `peer` is
    /// the port id that will answer, 0 for the kernel.
    pub fn submit(&mut self, expect: Expect, timing: Timing, peer: u32, data: T) -> Sequence {
        self.submit_with(expect, timing, peer, |place| *place = data)
    }

    /// [`submit`](Self::submit) with data that `fill` makes of `T::default()`
    /// where it is kept, which spares a copy.
    #[inline(always)]
    pub fn submit_with(
        &mut self,
        expect: Expect,
        timing: Timing,
        peer: u32,
        fill: impl FnOnce(&mut T),
    ) -> Sequence {
        // The parts of a dump are made while it is read, and wait for room; a
        // user peer's message that finds none is refused at its sender.
        let doubt = match (expect, peer) {
            (Expect::Dump, _) | (_, 1..) => Doubt::Never,
            _ => self.overruns.launch(),
        };
        let sequence = self.table.place(|conversation| {
            conversation.begin(expect, timing, peer, doubt);
            fill(&mut conversation.data);
        });
        self.open += 1;
        if timing == Timing::Late {
            rare();
            self.late += 1;
        }
        sequence
    }

    /// The request of this conversation is about to be sent, if that is not
    /// where it was [submitted](Self::submit): what happened meanwhile does not
    /// concern it. Gives its data.
    pub fn launch(&mut self, sequence: Sequence) -> Option<&mut T> {
        let conversation = self.table.get_mut(sequence)?;
        if conversation.doubt != Doubt::Never {
            conversation.doubt = self.overruns.launch();
        }
        Some(&mut conversation.data)
    }

    /// The send of this conversation's request has returned with success.
    /// Gives its data, if it is open or finished.
    #[inline(always)]
    pub fn sent(&mut self, sequence: Sequence) -> Option<&mut T> {
        let conversation = self.table.get_mut(sequence)?;
        if !conversation.finished && conversation.timing == Timing::Synchronous {
            conversation.doubt = self.overruns.returned(conversation.doubt);
            self.sends += 1;
            let unproved = match conversation.expect {
                Expect::Dump => &mut self.unproved_dumps,
                _ => &mut self.unproved,
            };
            unproved.push_back((self.sends, sequence));
        }
        Some(&mut conversation.data)
    }

    /// The request was never sent: the conversation did not happen.
    pub fn unsent(&mut self, sequence: Sequence) -> Option<T> {
        let conversation = self.table.get(sequence)?;
        if !conversation.finished {
            self.settle(conversation.timing, conversation.cancelled);
        }
        self.table.remove(sequence)
    }

    /// The request was never sent, and its waiter is to find out: ends the
    /// conversation without a word to a sink. Gives its data, which waits for
    /// [`take`](Self::take); none if it is not open, or cancelled, so that
    /// nobody would ever take it.
    pub fn fail(&mut self, sequence: Sequence) -> Option<&mut T> {
        let conversation = self.table.get_mut(sequence)?;
        if conversation.finished || conversation.cancelled {
            return None;
        }
        conversation.finished = true;
        let timing = conversation.timing;
        self.settle(timing, false);
        Some(&mut self.table.get_mut(sequence)?.data)
    }

    /// Whether the conversation was cancelled and has not ended yet.
    #[must_use]
    pub fn is_cancelled(&self, sequence: Sequence) -> bool {
        self.table
            .get(sequence)
            .is_some_and(|conversation| conversation.cancelled)
    }

    /// When the conversation's answer arrives.
    #[must_use]
    pub fn timing(&self, sequence: Sequence) -> Option<Timing> {
        Some(self.table.get(sequence)?.timing)
    }

    /// The caller's data of a conversation that is open or finished.
    pub fn data_mut(&mut self, sequence: Sequence) -> Option<&mut T> {
        Some(&mut self.table.get_mut(sequence)?.data)
    }

    /// Whether the conversation has ended and waits for [`take`](Self::take).
    #[must_use]
    pub fn is_finished(&self, sequence: Sequence) -> bool {
        self.table
            .get(sequence)
            .is_some_and(|conversation| conversation.finished)
    }

    /// Whether the conversation has not ended; a cancelled one may be open too.
    #[must_use]
    pub fn is_open(&self, sequence: Sequence) -> bool {
        self.table
            .get(sequence)
            .is_some_and(|conversation| !conversation.finished)
    }

    /// Takes the data of a finished conversation and forgets it.
    pub fn take(&mut self, sequence: Sequence) -> Option<T> {
        self.take_with(sequence, std::mem::take)
    }

    /// [`take`](Self::take) of what `pick` takes of the data where it is kept, which
    /// spares a copy. It is to leave `T::default()` there.
    #[inline(always)]
    pub fn take_with<L>(
        &mut self,
        sequence: Sequence,
        pick: impl FnOnce(&mut T) -> L,
    ) -> Option<L> {
        self.table.vacate(sequence, |conversation| {
            conversation.finished.then(|| pick(&mut conversation.data))
        })
    }

    /// Nobody waits any more. What was sent may still take effect; its answer
    /// will be swallowed, and its sequence stays in use until then. The data
    /// stays too, until [`Sink::forgotten`]; a finished conversation is not
    /// cancelled but taken.
    pub fn cancel(&mut self, sequence: Sequence, sink: &mut impl Sink<T>) {
        let Some(conversation) = self.table.get_mut(sequence) else {
            return;
        };
        if conversation.finished || conversation.cancelled {
            return;
        }
        conversation.cancelled = true;
        self.cancelled += 1;
        if conversation.timing == Timing::Late {
            self.tombstones.push_back(sequence);
            self.bury(sink);
        }
    }

    /// A receive call begins: returns where the order of sends stands, which is
    /// given to [`empty`](Self::empty) if that call finds nothing.
    pub const fn mark(&mut self) -> Mark {
        self.overruns.begin_receive(self.sends);
        Mark(self.sends)
    }

    /// The receive call failed (`ENOBUFS` and the like): something was refused
    /// for want of room. An acknowledgement that comes after it is no proof of
    /// the replies before it, where they may have been among that.
    pub fn overrun(&mut self) {
        let whole = self.overruns.overrun();
        let sent = self.unproved.iter().rev();
        for (_, sequence) in sent.take_while(|(ordinal, _)| *ordinal > whole) {
            if let Some(conversation) = self.table.get_mut(*sequence)
                && conversation.doubt == Doubt::Exposed
            {
                conversation.doubt = Doubt::Cast;
            }
        }
    }

    /// All that was queued at the last overrun has been read.
    pub const fn drained(&mut self) {
        self.overruns.drained();
    }

    /// A receive call that began at `mark` found the queue empty: whatever was
    /// sent before it and answers synchronously is answered or lost.
    pub fn empty(&mut self, mark: Mark, sink: &mut impl Sink<T>) {
        self.overruns.drained();
        self.overruns.received();
        while let Some(sequence) = self.next_proved(mark) {
            let Some(conversation) = self.table.get_mut(sequence) else {
                continue;
            };
            if conversation.finished {
                continue;
            }
            let outcome = conversation.silence();
            self.end(sequence, &outcome, sink);
        }
    }

    /// The next conversation whose end an empty queue has proved.
    fn next_proved(&mut self, mark: Mark) -> Option<Sequence> {
        let queues = [&mut self.unproved, &mut self.unproved_dumps];
        queues.into_iter().find_map(|queue| {
            let (ordinal, sequence) = *queue.front()?;
            (ordinal <= mark.0).then(|| queue.pop_front())?;
            Some(sequence)
        })
    }

    /// Ends a conversation that waited for nothing but to be passed by: a point
    /// in the stream of datagrams that has been reached.
    pub fn pass(&mut self, sequence: Sequence, sink: &mut impl Sink<T>) {
        if self.is_open(sequence) {
            self.end(sequence, &Outcome::Silent, sink);
        }
    }

    /// Ends every conversation as lost: the socket is gone.
    pub fn abandon(&mut self, sink: &mut impl Sink<T>) {
        let open: Vec<Sequence> = self
            .table
            .iter()
            .filter(|(_, conversation)| !conversation.finished)
            .map(|(sequence, _)| sequence)
            .collect();
        for sequence in open {
            self.end(sequence, &Outcome::Lost, sink);
        }
        self.unproved.clear();
        self.unproved_dumps.clear();
        self.tombstones.clear();
    }

    /// Conversations that are not finished, cancelled ones included.
    #[must_use]
    pub const fn open(&self) -> usize {
        self.open
    }

    /// Conversations that are not finished and that somebody waits for.
    #[must_use]
    pub const fn awaited(&self) -> usize {
        self.open.saturating_sub(self.cancelled)
    }

    /// Open conversations that may be answered later than their send returns.
    #[must_use]
    pub const fn late(&self) -> usize {
        self.late
    }

    /// Whether reading on would tell something soon: a synchronous conversation
    /// that is no dump is sent, and neither answered nor proved lost.
    #[must_use]
    pub fn unproved(&mut self) -> bool {
        while let Some((_, sequence)) = self.unproved.front() {
            if self.is_open(*sequence) {
                return true;
            }
            self.unproved.pop_front();
        }
        false
    }

    /// Conversations in the table: open, finished and not yet taken, cancelled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether the table is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    /// [`finish`](Self::finish), out of the way of answers.
    #[inline(never)]
    pub(crate) fn end(
        &mut self,
        sequence: Sequence,
        outcome: &Outcome<'_>,
        sink: &mut impl Sink<T>,
    ) {
        self.finish(sequence, outcome, sink);
    }

    /// Marks a conversation as ended and tells its waiter; a tombstone goes.
    #[inline(always)]
    pub(crate) fn finish(
        &mut self,
        sequence: Sequence,
        outcome: &Outcome<'_>,
        sink: &mut impl Sink<T>,
    ) {
        let Some(conversation) = self.table.get_mut(sequence) else {
            return;
        };
        conversation.finished = true;
        let (timing, cancelled) = (conversation.timing, conversation.cancelled);
        if conversation.expect == Expect::Dump {
            rare();
            forget(&mut self.unproved_dumps, sequence);
        }
        if cancelled {
            rare();
            sink.forgotten(&mut conversation.data);
            self.table.remove(sequence);
        } else {
            sink.finished(&mut conversation.data, sequence, outcome);
        }
        // Most are answered in their order.
        if self
            .unproved
            .front()
            .is_some_and(|(_, oldest)| *oldest == sequence)
        {
            self.unproved.pop_front();
        }
        self.settle(timing, cancelled);
    }

    /// One conversation fewer is open.
    fn settle(&mut self, timing: Timing, cancelled: bool) {
        self.open = self.open.saturating_sub(1);
        self.cancelled = self.cancelled.saturating_sub(usize::from(cancelled));
        if timing == Timing::Late {
            rare();
            self.late = self.late.saturating_sub(1);
        }
    }

    /// Forgets the oldest cancelled conversations beyond the bound.
    fn bury(&mut self, sink: &mut impl Sink<T>) {
        // Answered ones leave the table but not this queue; keep its head live.
        while self
            .tombstones
            .front()
            .is_some_and(|s| !self.is_cancelled(*s))
        {
            self.tombstones.pop_front();
        }
        while self.tombstones.len() > MAX_TOMBSTONES {
            let Some(oldest) = self.tombstones.pop_front() else {
                return;
            };
            if self.is_cancelled(oldest) {
                self.end(oldest, &Outcome::Lost, sink);
            }
        }
    }
}

/// A dump has ended: no empty queue has to prove that any more.
#[inline(never)]
fn forget(unproved: &mut Unproved, sequence: Sequence) {
    unproved.retain(|(_, other)| *other != sequence);
}

/// Cancelled late conversations that are remembered; an answer that comes
/// after so many more were cancelled counts as stray.
const MAX_TOMBSTONES: usize = 4096;
