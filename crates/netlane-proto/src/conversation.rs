//! One conversation: what it expects and how far it has come. Owns the states
//! and the transitions a single frame causes; knows nothing of other
//! conversations or of where frames come from.

use netlane_wire::{Acknowledgement, Control, Done, Flags, FrameView, Header, kind};

use crate::Outcome;
use crate::overruns::Doubt;

/// What answers a request promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expect {
    /// An acknowledgement (`NLM_F_ACK`), with any number of replies before it.
    Acknowledgement,
    /// An acknowledgement and at least one reply, in either order: audit and
    /// NC-SI acknowledge first and reply later.
    AcknowledgementAndReply,
    /// One reply and no acknowledgement; a reply in parts ends with DONE.
    Reply,
    /// Parts that end with `NLMSG_DONE` (`NLM_F_DUMP`).
    Dump,
    /// The changed object as reply (`NLM_F_ECHO`), then an acknowledgement.
    Echo,
    /// Whatever comes; only an error, an ACK or a DONE ends it.
    Anything,
    /// Nothing: no acknowledgement is asked for. Only a refusal is news.
    Nothing,
}

impl Expect {
    /// The flags that ask the kernel for this: `NLM_F_REQUEST` and, as needed,
    /// `NLM_F_ACK`, `NLM_F_DUMP`, `NLM_F_ECHO`.
    #[must_use]
    pub const fn flags(self) -> Flags {
        match self {
            Self::Acknowledgement | Self::AcknowledgementAndReply => {
                Flags::REQUEST.union(Flags::ACK)
            }
            Self::Dump => Flags::REQUEST.union(Flags::DUMP),
            Self::Echo => Flags::REQUEST.union(Flags::ACK).union(Flags::ECHO),
            Self::Reply | Self::Anything | Self::Nothing => Flags::REQUEST,
        }
    }
}

/// When the answer arrives: a property of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// Before sendmsg returns (route, sock_diag, xfrm, nfnetlink): an answer
    /// that is not in the queue then is lost.
    Synchronous,
    /// Possibly later: user peers, audit, some generic netlink operations.
    Late,
}

/// The state of one conversation.
///
/// ```text
///             submit                      sent
///   (nothing) ------> Open, unsent --------------> Open, sent(n)
///                      |  |  ^                      |   |   |
///            unsent    |  |  | a reply may be read  |   |   | read empty after n,
///   (nothing) <--------+  |  | before `sent`        |   |   | synchronous
///                         v  |                      |   |   v
///                        frames ------ end -------> |   | Finished(Lost | Silent)
///                                                   |   |
///              cancel                               |   | end: ACK, ERROR, DONE, last reply
///   Open, cancelled (tombstone) <-------------------+   v
///        | end, or proved lost: `forgotten`        Finished: data waits for `take`
///        v                                              | take
///   (nothing) <-----------------------------------------+
/// ```
///
/// A sequence number is in use from `submit` until `(nothing)`, so that a late
/// answer to a cancelled conversation is never taken for somebody else's.
#[derive(Debug)]
pub(crate) struct Conversation<T> {
    pub(crate) expect: Expect,
    pub(crate) timing: Timing,
    /// Port id of the one who answers; 0 is the kernel.
    pub(crate) peer: u32,
    /// The caller's own.
    pub(crate) data: T,
    pub(crate) finished: bool,
    /// Nobody waits: a tombstone, there to swallow the answer.
    pub(crate) cancelled: bool,
    /// Whether an overrun may have made holes in the answer.
    pub(crate) doubt: Doubt,
    acknowledged: bool,
    replied: bool,
    /// A part (`NLM_F_MULTI`) has come, and its DONE has not.
    in_parts: bool,
    interrupted: bool,
    cut: Option<usize>,
}

/// What one frame did to a conversation.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// It is a reply.
    pub(crate) reply: bool,
    /// It is the end.
    pub(crate) end: Option<Outcome<'a>>,
}

impl<'a> Step<'a> {
    /// Nothing anybody needs to know.
    const NOTHING: Self = Self {
        reply: false,
        end: None,
    };

    const fn end(outcome: Outcome<'a>) -> Self {
        Self {
            reply: false,
            end: Some(outcome),
        }
    }
}

/// What a place for a conversation holds while there is none.
impl<T: Default> Default for Conversation<T> {
    fn default() -> Self {
        Self {
            expect: Expect::Nothing,
            timing: Timing::Synchronous,
            peer: 0,
            data: T::default(),
            finished: false,
            cancelled: false,
            doubt: Doubt::Never,
            acknowledged: false,
            replied: false,
            in_parts: false,
            interrupted: false,
            cut: None,
        }
    }
}

impl<T> Conversation<T> {
    /// Begins anew in the place of one that is over; its data is the caller's.
    #[inline]
    pub(crate) fn begin(&mut self, expect: Expect, timing: Timing, peer: u32, doubt: Doubt) {
        self.expect = expect;
        self.timing = timing;
        self.peer = peer;
        self.finished = false;
        self.cancelled = false;
        self.doubt = doubt;
        self.acknowledged = false;
        self.replied = false;
        self.in_parts = false;
        self.interrupted = false;
        self.cut = None;
    }

    /// A datagram with frames of this conversation was cut: what was behind
    /// its last whole frame is not known.
    pub(crate) const fn cut(&mut self, full_len: usize) {
        self.cut = Some(full_len);
    }

    /// A frame of this conversation was cut, behind its header. Says whether
    /// it was the last: nothing else will come.
    pub(crate) fn cut_frame(&mut self, header: Header, full_len: usize, opaque: bool) -> bool {
        self.cut = Some(full_len);
        let control = !opaque && header.kind < kind::MIN_TYPE;
        control || self.note_data(header.flags)
    }

    /// A frame that is no control message.
    pub(crate) fn data_frame(&mut self, frame: FrameView<'_>) -> Step<'static> {
        let last = self.note_data(frame.header().flags);
        Step {
            reply: true,
            end: last.then(|| self.seal(Outcome::Replied, false)),
        }
    }

    /// Data has come. Says whether it was the last.
    fn note_data(&mut self, flags: Flags) -> bool {
        self.interrupted |= flags.contains(Flags::DUMP_INTR);
        self.replied = true;
        self.in_parts = flags.contains(Flags::MULTI);
        match self.expect {
            Expect::Reply => !self.in_parts,
            Expect::AcknowledgementAndReply => self.acknowledged && !self.in_parts,
            _ => false,
        }
    }

    /// `NLMSG_ERROR`: an acknowledgement or a refusal. `doubtful` says that
    /// replies before it may be missing.
    pub(crate) fn acknowledgement<'a>(
        &mut self,
        ack: &Acknowledgement<'a>,
        doubtful: bool,
    ) -> Step<'a> {
        let (errno, extended) = (ack.errno(), ack.extended());
        if errno != 0 {
            return Step::end(Outcome::Refused { errno, extended });
        }
        self.acknowledged = true;
        let replies_follow = !self.replied || self.in_parts;
        if self.expect == Expect::AcknowledgementAndReply && replies_follow {
            return Step::NOTHING;
        }
        Step::end(self.seal(Outcome::Acknowledged(extended), doubtful))
    }

    /// A control message that is no `NLMSG_ERROR`.
    #[inline(never)]
    pub(crate) fn rarer_control<'a>(
        &mut self,
        frame: FrameView<'_>,
        control: &Control<'a>,
        doubtful: bool,
    ) -> Step<'a> {
        match control {
            Control::Done(done) => self.done(frame, done, doubtful),
            Control::Overrun => Step::end(Outcome::Overrun),
            _ => Step::NOTHING,
        }
    }

    /// `NLMSG_DONE`: the end of parts, of which some may be missing if it is
    /// `doubtful`.
    fn done<'a>(&mut self, frame: FrameView<'_>, done: &Done<'a>, doubtful: bool) -> Step<'a> {
        self.interrupted |= frame.header().flags.contains(Flags::DUMP_INTR);
        let (errno, extended) = (done.errno(), done.extended());
        if errno != 0 {
            return Step::end(Outcome::Refused { errno, extended });
        }
        self.in_parts = false;
        // Parts that answer an acknowledged request: the ACK is still to come.
        let waits = match self.expect {
            Expect::Acknowledgement | Expect::Echo => true,
            Expect::AcknowledgementAndReply => {
                self.replied = true;
                !self.acknowledged
            }
            _ => false,
        };
        if waits {
            return Step::NOTHING;
        }
        let complete = Outcome::Complete {
            interrupted: self.interrupted,
            extended,
        };
        Step::end(self.seal(complete, doubtful))
    }

    /// What the proof that nothing more will come means here.
    pub(crate) const fn silence(&self) -> Outcome<'static> {
        match (self.cut, self.expect) {
            (Some(full_len), _) => Outcome::Truncated { full_len },
            (None, Expect::Nothing) => Outcome::Silent,
            _ => Outcome::Lost,
        }
    }

    /// A good end of an answer that has holes is no good end.
    const fn seal<'a>(&self, good: Outcome<'a>, doubtful: bool) -> Outcome<'a> {
        match self.cut {
            Some(full_len) => Outcome::Truncated { full_len },
            None if doubtful => Outcome::Incomplete,
            None => good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails when something of a conversation is left for the next one in its place.
    #[test]
    fn a_place_remembers_nothing_of_who_had_it_before() {
        let mut used = Conversation {
            expect: Expect::Dump,
            timing: Timing::Late,
            peer: 7,
            data: 0,
            finished: true,
            cancelled: true,
            doubt: Doubt::Cast,
            acknowledged: true,
            replied: true,
            in_parts: true,
            interrupted: true,
            cut: Some(9),
        };
        used.begin(Expect::Nothing, Timing::Synchronous, 0, Doubt::Never);
        let unused = Conversation::<i32>::default();
        assert_eq!(format!("{used:?}"), format!("{unused:?}"));
    }
}
