//! Control messages: what the kernel says about a conversation.
//!
//! The only place that reads `NLMSG_ERROR` and `NLMSG_DONE`. Must not know conversations, nor
//! decide whether a protocol uses types below 16 for its own purposes: the caller does. Mirrors
//! `netlink_ack` and `netlink_dump_done` of `net/netlink/af_netlink.c`.

use crate::arithmetic::nlmsg_align;
use crate::{Attributes, ExtendedAck, Flags, FrameView, HEADER_LEN, Header, kind};

/// Bytes of the error code that starts `struct nlmsgerr` and the payload of `NLMSG_DONE`.
const CODE_LEN: usize = 4;

/// A message, read as a control message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control<'a> {
    /// `NLMSG_NOOP`: to be discarded.
    Noop,
    /// `NLMSG_ERROR`: an acknowledgement or an error.
    Ack(Acknowledgement<'a>),
    /// `NLMSG_DONE`: the end of a multi-part answer, which may have failed.
    Done(Done<'a>),
    /// `NLMSG_OVERRUN`: data was lost.
    Overrun,
    /// A type below 16 that has no meaning.
    Unknown,
    /// An `NLMSG_ERROR` too short for its error code.
    Malformed,
    /// Not a control message: its type is 16 or above.
    Data,
}

impl<'a> Control<'a> {
    /// Reads a message; see [`FrameView::control`].
    #[inline]
    pub(crate) fn parse(frame: FrameView<'a>) -> Self {
        match frame.header().kind {
            kind::MIN_TYPE.. => Self::Data,
            kind::ERROR => match code(frame.payload()) {
                Some(code) => Self::Ack(Acknowledgement { frame, code }),
                None => Self::Malformed,
            },
            kind => Self::other(kind, frame),
        }
    }

    /// Reads what is neither data nor an acknowledgement.
    #[inline(never)]
    fn other(kind: u16, frame: FrameView<'a>) -> Self {
        match kind {
            kind::NOOP => Self::Noop,
            kind::DONE => Self::Done(Done { frame }),
            kind::OVERRUN => Self::Overrun,
            _ => Self::Unknown,
        }
    }
}

/// The error code at the start of a payload.
fn code(payload: &[u8]) -> Option<i32> {
    payload.first_chunk().copied().map(i32::from_ne_bytes)
}

/// `NLMSG_ERROR` with `struct nlmsgerr`: code, the request's header, and what the flags say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement<'a> {
    frame: FrameView<'a>,
    code: i32,
}

impl<'a> Acknowledgement<'a> {
    /// The error as a positive errno; 0 acknowledges success. The kernel sends negative codes;
    /// peers that send positive ones are understood too.
    #[must_use]
    pub const fn errno(&self) -> i32 {
        self.code.saturating_abs()
    }

    /// The header of the request that is answered; `None` if the message ends before. Its length
    /// is that of the original request, also when the payload is not echoed.
    #[must_use]
    pub fn request_header(&self) -> Option<Header> {
        Header::read(self.after_code())
    }

    /// The request, echoed whole; `None` under `CAPPED` or if it is cut.
    #[must_use]
    pub fn request(&self) -> Option<&'a [u8]> {
        if self.frame.header().flags.contains(Flags::CAPPED) {
            return None;
        }
        let len = usize::try_from(self.request_header()?.len).ok()?;
        self.after_code().get(..len).filter(|_| len >= HEADER_LEN)
    }

    /// Why it failed, or the warning that comes with a success; empty if there is neither.
    ///
    /// It starts behind the echoed header under `CAPPED`, else behind the whole echoed request.
    #[must_use]
    pub fn extended(&self) -> ExtendedAck<'a> {
        let flags = self.frame.header().flags;
        if !flags.contains(Flags::ACK_TLVS) {
            return ExtendedAck::EMPTY;
        }
        let skipped = if flags.contains(Flags::CAPPED) {
            Some(HEADER_LEN)
        } else {
            self.request()
                .and_then(|request| nlmsg_align(request.len()))
        };
        let tlvs = skipped.and_then(|len| self.after_code().get(len..));
        ExtendedAck::new(Attributes::new(tlvs.unwrap_or_default()))
    }

    fn after_code(&self) -> &'a [u8] {
        self.frame.payload().get(CODE_LEN..).unwrap_or_default()
    }
}

impl std::fmt::Debug for Acknowledgement<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acknowledgement")
            .field("errno", &self.errno())
            .field("request_header", &self.request_header())
            .field("extended", &self.extended())
            .finish()
    }
}

/// `NLMSG_DONE`: an error code and, with `ACK_TLVS`, an extended ACK directly behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Done<'a> {
    frame: FrameView<'a>,
}

impl<'a> Done<'a> {
    /// The error as a positive errno; 0 for success, and for the `DONE` without payload that
    /// some peers send.
    #[must_use]
    pub fn errno(&self) -> i32 {
        code(self.frame.payload()).map_or(0, i32::saturating_abs)
    }

    /// The code as it was sent. Some protocols give a positive one a meaning of their own
    /// (a count); the kernel's errors are negative.
    #[must_use]
    pub fn code(&self) -> i32 {
        code(self.frame.payload()).unwrap_or(0)
    }

    /// Whether the dump was interrupted by a change (`DUMP_INTR`).
    #[must_use]
    pub const fn is_interrupted(&self) -> bool {
        self.frame.header().flags.contains(Flags::DUMP_INTR)
    }

    /// Why it failed, or the warning that comes with a success. Empty if there is neither, also
    /// when the kernel announces one that did not fit.
    #[must_use]
    pub fn extended(&self) -> ExtendedAck<'a> {
        if !self.frame.header().flags.contains(Flags::ACK_TLVS) {
            return ExtendedAck::EMPTY;
        }
        let tlvs = self.frame.payload().get(CODE_LEN..).unwrap_or_default();
        ExtendedAck::new(Attributes::new(tlvs))
    }
}

impl std::fmt::Debug for Done<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Done")
            .field("code", &self.code())
            .field("extended", &self.extended())
            .finish()
    }
}
