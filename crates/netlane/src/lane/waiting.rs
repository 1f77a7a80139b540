//! What a lane keeps for each conversation: the replies so far, how it ended,
//! and who is to be woken. Plain data; knows nothing of locks.

use std::io;
use std::task::Waker;

use super::credit::Class;
use super::payload::Payload;
use netlane_proto::Outcome;
use netlane_wire::{ExtendedAck, Frame, OwnedExtendedAck};

use crate::Error;

/// What a conversation leaves to its caller.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    pub(crate) ending: Option<Ending>,
    pub(crate) replies: Vec<Frame>,
    /// The request's bytes, where the lane sent it from its outbox.
    pub(crate) request: Payload,
}

impl Finished {
    /// What became of a message that nobody answers.
    pub(crate) fn silent() -> Self {
        Self {
            ending: Some(Ending::Silent),
            ..Self::default()
        }
    }

    /// Whether it was not sent because a user peer's queue was full.
    pub(crate) fn found_peer_full(&self) -> bool {
        matches!(&self.ending, Some(Ending::Unsent(error))
            if error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// A conversation that somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// What has come so far.
    pub(crate) result: Finished,
    /// Which requests are answered with as much as this one.
    pub(crate) class: Class,
    /// Payload bytes held in the replies.
    pub(crate) held: usize,
    pub(crate) waker: Option<Waker>,
    /// Credit taken for the answer, in bytes of truesize.
    pub(crate) charge: u32,
    /// What the answer has cost so far, in bytes of truesize.
    pub(crate) cost: u32,
    /// Still in the outbox: it was never sent.
    pub(crate) queued: bool,
    /// Its send has not returned, and is not its caller's own.
    pub(crate) unsent: bool,
    /// Its caller may want to know no more than that it was sent.
    pub(crate) wake_when_sent: bool,
    /// It ends when it was sent.
    pub(crate) plain: bool,
    /// Its caller takes replies as they come.
    pub(crate) streams: bool,
    /// Leads the socket's only dump; another may begin when this ends.
    pub(crate) dump: bool,
}

impl Waiting {
    /// Takes what its caller gets and leaves what the next one begins with. Piece
    /// by piece: a copy of the whole would wait for its pieces to be written.
    pub(crate) fn leave(&mut self) -> Finished {
        let Self {
            result,
            class,
            held,
            waker,
            charge,
            cost,
            queued,
            unsent,
            wake_when_sent,
            plain,
            streams,
            dump,
        } = self;
        *class = Class::default();
        (*held, *waker, *charge, *cost) = (0, None, 0, 0);
        (*queued, *unsent, *wake_when_sent) = (false, false, false);
        (*plain, *streams, *dump) = (false, false, false);
        Finished {
            ending: result.ending.take(),
            replies: std::mem::take(&mut result.replies),
            request: std::mem::take(&mut result.request),
        }
    }
}

/// What the kernel said beside an errno; mostly nothing.
pub(crate) type Report = Option<Box<OwnedExtendedAck>>;

/// What an extended ACK says, if it says anything.
pub(crate) fn report_of(extended: ExtendedAck<'_>) -> Report {
    (!extended.is_empty()).then(|| own(extended))
}

#[cold]
fn own(extended: ExtendedAck<'_>) -> Box<OwnedExtendedAck> {
    Box::new(extended.into_owned())
}

/// How a conversation ended: [`Outcome`], owned.
#[derive(Debug)]
pub(crate) enum Ending {
    Acknowledged(Report),
    Replied,
    Complete {
        interrupted: bool,
        report: Report,
    },
    Refused {
        errno: i32,
        report: Report,
    },
    Silent,
    Lost,
    Truncated {
        full_len: usize,
    },
    Overrun,
    /// sendmsg failed: nothing was executed.
    Unsent(io::Error),
    /// The lane ended first.
    Ended {
        sent: bool,
        why: Error,
    },
    /// The replies outgrew what a lane holds for one request.
    TooMuch,
    /// It was executed, and replies may be missing.
    Incomplete,
}

impl From<Outcome<'_>> for Ending {
    fn from(outcome: Outcome<'_>) -> Self {
        match outcome {
            Outcome::Acknowledged(extended) => Self::Acknowledged(report_of(extended)),
            Outcome::Replied => Self::Replied,
            Outcome::Complete {
                interrupted,
                extended,
            } => Self::Complete {
                interrupted,
                report: report_of(extended),
            },
            Outcome::Refused { errno, extended } => Self::Refused {
                errno,
                report: report_of(extended),
            },
            Outcome::Silent => Self::Silent,
            Outcome::Truncated { full_len } => Self::Truncated { full_len },
            Outcome::Overrun => Self::Overrun,
            Outcome::Incomplete => Self::Incomplete,
            // `Outcome` may grow; what is not known is not claimed.
            _ => Self::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails when something of a conversation is left for the next one in its place.
    #[test]
    fn who_has_left_leaves_nothing_behind() {
        let mut waiting = Waiting {
            result: Finished::silent(),
            class: Class {
                kind: 18,
                command: 1,
                echo: true,
            },
            held: 1,
            waker: Some(Waker::noop().clone()),
            charge: 1,
            cost: 1,
            queued: true,
            unsent: true,
            wake_when_sent: true,
            plain: true,
            streams: true,
            dump: true,
        };
        let left = waiting.leave();
        assert!(matches!(left.ending, Some(Ending::Silent)));
        let vacant = format!("{:?}", Waiting::default());
        assert_eq!(format!("{waiting:?}"), vacant);
    }
}
