//! What a request gets: replies and warnings, or an error. Owns the reading of
//! a conversation's ending; the one place where endings become errors.

use netlane_wire::{AttributeTable, Frame, OwnedExtendedAck, missing_path, path_of};

use crate::Error;
use crate::full_peer::PEER_FULL;
use crate::lane::{Ending, MAX_HELD, Report, Waiting};

/// The answer to a request.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Answer {
    /// The frames that came as replies, in order; without the ACK or DONE.
    pub replies: Vec<Frame>,
    /// What the kernel said although it succeeded: a warning
    /// ([`message`](OwnedExtendedAck::message)) or a cookie.
    pub report: Option<Box<OwnedExtendedAck>>,
    /// The table changed while the parts of the answer were read.
    pub interrupted: bool,
}

impl Answer {
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
pub(crate) fn judge(waiting: Waiting, question: Question<'_>) -> Result<Answer, Error> {
    if waiting.found_peer_full() {
        return Err(Error::not_sent_because(PEER_FULL));
    }
    let replies = waiting.replies;
    let answer = |report, interrupted| {
        Ok(Answer {
            replies,
            report,
            interrupted,
        })
    };
    match waiting.ending {
        Some(Ending::Acknowledged(report)) => answer(report, false),
        Some(Ending::Replied | Ending::Silent) => answer(None, false),
        Some(Ending::Complete {
            interrupted,
            report,
        }) => answer(report, interrupted),
        Some(Ending::Refused { errno, report }) => {
            let path = question.path(&report);
            Err(Error::refused(errno, report, path))
        }
        Some(Ending::Truncated { full_len }) => Err(Error::unknown(format!(
            "the answer has a datagram of {full_len} bytes, longer than the receive buffer; \
             Builder::frame_size sets it"
        ))),
        Some(Ending::Incomplete) => Err(Error::incomplete()),
        Some(Ending::Overrun) => Err(Error::unknown("the kernel lost data of the answer")),
        Some(Ending::TooMuch) => Err(Error::unknown(format!(
            "the answer outgrew {MAX_HELD} bytes; ask for it as a dump, or read it faster"
        ))),
        Some(Ending::Unsent(error)) => Err(Error::not_sent(error)),
        Some(Ending::Ended { sent, why }) => Err(Error::ended_first(sent, why)),
        Some(Ending::Lost) | None => Err(Error::unknown(
            "the answer is lost: the socket's receive buffer was full",
        )),
    }
}
