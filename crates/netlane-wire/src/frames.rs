//! The framing walk: where one message ends and the next begins.
//!
//! Owns the only implementation of that rule; datagrams ([`Frames`]) and byte streams (the
//! codec) both use [`Boundary::first`]. Must not know what messages mean. Mirrors `NLMSG_OK` and
//! `NLMSG_NEXT` of `include/uapi/linux/netlink.h`.

use crate::arithmetic::nlmsg_align;
use crate::{FrameView, HEADER_LEN, Header, Malformed, MalformedReason};

/// The extent of the first message in some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// The message's header.
    pub header: Header,
    /// Bytes of the message, its header included, without padding.
    pub len: usize,
    /// Where the next message starts; up to 3 bytes beyond the end of the bytes after an
    /// unaligned tail.
    pub next: usize,
}

impl Boundary {
    /// Measures the first message of `bytes`.
    ///
    /// # Errors
    ///
    /// [`MalformedReason::Fragment`] below 16 bytes, [`MalformedReason::PastEnd`] when the
    /// message is longer than `bytes` (both mean *read more* to a byte stream), and
    /// [`MalformedReason::TooShort`] when its length is below 16.
    #[inline]
    pub fn first(bytes: &[u8]) -> Result<Self, MalformedReason> {
        let Some(header) = Header::read(bytes) else {
            return Err(MalformedReason::Fragment { bytes: bytes.len() });
        };
        let past_end = MalformedReason::PastEnd {
            len: header.len,
            remaining: bytes.len(),
        };
        let len = usize::try_from(header.len).map_err(|_| past_end)?;
        if len < HEADER_LEN {
            return Err(MalformedReason::TooShort { len: header.len });
        }
        if len > bytes.len() {
            return Err(past_end);
        }
        let next = nlmsg_align(len).unwrap_or(len);
        Ok(Self { header, len, next })
    }
}

/// The messages of one datagram, in order, without copying.
///
/// The last message may lack its padding (netfilter queues send such). A message whose length is
/// wrong is the last item, an error: what follows it cannot be found.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Frames<'a> {
    /// Walks `datagram`, which starts with a header.
    #[must_use]
    pub const fn new(datagram: &'a [u8]) -> Self {
        Self {
            rest: datagram,
            offset: 0,
        }
    }

    /// Where the next item starts, in bytes from the start of the datagram.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<FrameView<'a>, Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let offset = self.offset;
        let rest = std::mem::take(&mut self.rest);
        Some(match Boundary::first(rest) {
            Ok(boundary) => {
                self.rest = rest.get(boundary.next..).unwrap_or_default();
                self.offset = offset.saturating_add(boundary.next);
                Ok(FrameView::within(rest, boundary))
            }
            Err(reason) => Err(Malformed { offset, reason }),
        })
    }
}

impl std::iter::FusedIterator for Frames<'_> {}
