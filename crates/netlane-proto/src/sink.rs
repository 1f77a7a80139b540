//! What the state machine says: the doors through which frames leave it.
//! Owns names for outcomes and anomalies; decides nothing.

use netlane_wire::{ExtendedAck, FrameView, Malformed};

use crate::{Datagram, Sequence};

/// How a conversation ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// The kernel acknowledged (`NLMSG_ERROR` with errno 0). It may have left
    /// a warning.
    Acknowledged(ExtendedAck<'a>),
    /// The reply that was asked for has been handed out; no ACK was due.
    Replied,
    /// `NLMSG_DONE` without an error. It may have left a warning.
    Complete {
        /// Whether any part carried `NLM_F_DUMP_INTR`: the table changed while
        /// it was read, so entries may be missing or doubled.
        interrupted: bool,
        /// The extended ACK of the `NLMSG_DONE`.
        extended: ExtendedAck<'a>,
    },
    /// The kernel refused: `NLMSG_ERROR` or `NLMSG_DONE` with an errno.
    Refused {
        /// The positive errno.
        errno: i32,
        /// The extended ACK.
        extended: ExtendedAck<'a>,
    },
    /// Nothing was due and nothing came: a request without `NLM_F_ACK` of
    /// which the kernel did not complain.
    Silent,
    /// The answer is proved lost: the operation answers before sendmsg
    /// returns, and the receive queue was read empty after that.
    Lost,
    /// A datagram of the answer did not fit into the receive buffer.
    Truncated {
        /// How long the datagram was, in bytes.
        full_len: usize,
    },
    /// The kernel has executed the request and said so; but an overrun came
    /// between, and replies before the end may be missing.
    Incomplete,
    /// The kernel said `NLMSG_OVERRUN`: data of the answer was lost.
    Overrun,
}

/// What arrived and belongs to nobody. Each is to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anomaly {
    /// A datagram from another user program on a socket that hears only the
    /// kernel. Dropped whole.
    Foreign {
        /// The sender's port id.
        sender: u32,
    },
    /// A control message whose sequence belongs to no conversation.
    Stray {
        /// The frame's sequence number.
        sequence: u32,
        /// Its positive errno, 0 for an ACK or a DONE.
        errno: i32,
    },
    /// A datagram was longer than the receive buffer.
    Truncated {
        /// Bytes that were read.
        len: usize,
        /// Bytes the datagram had.
        full_len: usize,
        /// The group it was sent to, if it was an event.
        group: Option<u32>,
        /// Whether it was (part of) an answer: its conversation will tell.
        answer: bool,
    },
    /// An answer to a cancelled conversation arrived and was swallowed.
    Swallowed,
    /// A request that nobody waits for was refused.
    RefusedUnawaited {
        /// The positive errno.
        errno: i32,
    },
}

/// Where the state machine delivers. Every method but [`finished`](Sink::finished)
/// has a body that discards, so that a sink names only what it wants.
pub trait Sink<T> {
    /// A frame that answers the conversation of `data`.
    fn reply(&mut self, data: &mut T, sequence: Sequence, frame: FrameView<'_>) {
        let _ = (data, sequence, frame);
    }

    /// The conversation of `data` has ended; nothing follows for it.
    fn finished(&mut self, data: &mut T, sequence: Sequence, outcome: &Outcome<'_>);

    /// A cancelled conversation has ended; `data` is about to be dropped.
    fn forgotten(&mut self, data: &mut T) {
        let _ = data;
    }

    /// A multicast event.
    fn event(&mut self, group: u32, datagram: &Datagram<'_>, frame: FrameView<'_>) {
        let _ = (group, datagram, frame);
    }

    /// A unicast frame that answers no conversation.
    fn unsolicited(&mut self, datagram: &Datagram<'_>, frame: FrameView<'_>) {
        let _ = (datagram, frame);
    }

    /// Bytes that are no frame; the rest of their datagram is lost with them.
    fn malformed(&mut self, datagram: &Datagram<'_>, bytes: &[u8], why: Malformed) {
        let _ = (datagram, bytes, why);
    }

    /// Something to be counted.
    fn anomaly(&mut self, anomaly: Anomaly) {
        let _ = anomaly;
    }
}
