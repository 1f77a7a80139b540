//! What a request gets: replies and warnings, or an error. Owns the reading of
//! a conversation's ending; the one place where endings become errors.

use std::io;

use netlane_wire::{AttributeTable, Frame, OwnedExtendedAck, missing_path, path_of};

use crate::Error;
use crate::full_peer::PEER_FULL;
use crate::lane::{Ending, Finished, MAX_HELD, Report};

/// The answer to a request.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Answer {
    /// The frames that came as replies, in order; without the ACK or DONE. One of
    /// 1 to 16 KiB may share its memory with the connection, which copies the next
    /// there once it is dropped; not where the connection
    /// [wipes its buffers](crate::Builder::wipe_buffers).
    pub replies: Vec<Frame>,
    /// What the kernel said although it succeeded: a warning
    /// ([`message`](OwnedExtendedAck::message)) or a cookie.
    pub report: Option<Box<OwnedExtendedAck>>,
    /// The table changed while the parts of the answer were read.
    pub interrupted: bool,
}

impl Answer {
    /// Of a request that was acknowledged.
    pub(crate) const fn acknowledged(replies: Vec<Frame>, report: Report) -> Self {
        Self {
            replies,
            report,
            interrupted: false,
        }
    }

    /// The kernel's warning, if it gave one with its consent.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.report.as_ref()?.message.as_deref()
    }
}

/// What is known of a request when its answer is judged.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Question<'a> {
    /// The request's bytes, to find the attribute an error points at.
    pub(crate) bytes: &'a [u8],
    /// Bytes of its family header, if known.
    pub(crate) header_len: Option<usize>,
    pub(crate) table: Option<&'static AttributeTable>,
}

impl Question<'_> {
    /// The attribute that a refusal is about.
    pub(crate) fn path(&self, report: &Report) -> Option<String> {
        let report = report.as_ref()?;
        let header_len = self.header_len?;
        if let Some(missing) = report.missing_type {
            let missing = (missing, report.missing_nest);
            return missing_path(self.bytes, header_len, missing, self.table);
        }
        path_of(self.bytes, header_len, report.offset?, self.table)
    }
}

/// Judges how a conversation ended.
pub(crate) fn judge(finished: Finished, question: Question<'_>) -> Result<Answer, Error> {
    let replies = finished.replies;
    let answer = |report, interrupted| {
        Ok(Answer {
            replies,
            report,
            interrupted,
        })
    };
    match finished.ending {
        Some(Ending::Acknowledged(report)) => answer(report, false),
        Some(Ending::Replied | Ending::Silent) => answer(None, false),
        Some(Ending::Complete {
            interrupted,
            report,
        }) => answer(report, interrupted),
        Some(failure) => Err(fault(failure, question)),
        None => Err(lost()),
    }
}

/// Which error a bad end is.
#[cold]
fn fault(ending: Ending, question: Question<'_>) -> Error {
    match ending {
        Ending::Refused { errno, report } => {
            let path = question.path(&report);
            Error::refused(errno, report, path)
        }
        Ending::Truncated { full_len } => Error::unknown(format!(
            "the answer has a datagram of {full_len} bytes, longer than the receive buffer; \
             Builder::frame_size sets it"
        )),
        Ending::Incomplete => Error::incomplete(),
        Ending::Overrun => Error::unknown("the kernel lost data of the answer"),
        Ending::TooMuch => Error::unknown(format!(
            "the answer outgrew {MAX_HELD} bytes; ask for it as a dump, or read it faster"
        )),
        Ending::Unsent(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Error::not_sent_because(PEER_FULL)
        }
        Ending::Unsent(error) => Error::not_sent(error),
        Ending::Ended { sent, why } => Error::ended_first(sent, why),
        Ending::Lost => lost(),
        // No faults: `judge` has taken them.
        Ending::Acknowledged(_) | Ending::Replied | Ending::Silent | Ending::Complete { .. } => {
            lost()
        }
    }
}

fn lost() -> Error {
    Error::unknown("the answer is lost: the socket's receive buffer was full")
}
