//! One netlink message: borrowed from a datagram, or owned.
//!
//! Owns the split into header, family header and attributes; must not know any family. Both
//! types print themselves without payload bytes, because payloads may hold keys.

use bytes::{Buf, Bytes};

use crate::arithmetic::nlmsg_align;
use crate::{Attributes, Boundary, Control, HEADER_LEN, Header, Hex, Malformed, MalformedReason};

/// One message inside a datagram. Its bytes are exactly `nlmsg_len` long.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FrameView<'a> {
    header: Header,
    bytes: &'a [u8],
}

impl<'a> FrameView<'a> {
    /// The message that `bytes` hold, with or without its padding.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the length field is wrong or more than this one message is there.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let boundary = only(bytes)?;
        Ok(Self::within(bytes, boundary))
    }

    /// The message that `boundary` measured at the start of `bytes`.
    pub(crate) fn within(bytes: &'a [u8], boundary: Boundary) -> Self {
        Self {
            header: boundary.header,
            bytes: bytes.get(..boundary.len).unwrap_or(bytes),
        }
    }

    /// The message's header.
    #[must_use]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// The whole message, header included, without padding.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What follows the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }

    /// The family's header: the first `len` bytes of the payload; `None` if it is shorter.
    #[must_use]
    pub fn family_header(&self, len: usize) -> Option<&'a [u8]> {
        self.payload().get(..len)
    }

    /// The attributes behind a family header of `header_len` bytes (padded to 4). A message that
    /// ends before has none.
    #[must_use]
    pub fn attributes(&self, header_len: usize) -> Attributes<'a> {
        let start = nlmsg_align(header_len).unwrap_or(usize::MAX);
        Attributes::new(self.payload().get(start..).unwrap_or_default())
    }

    /// The message as a control message. Only types below [`crate::kind::MIN_TYPE`] are; a
    /// protocol that uses those for its own purposes must not ask.
    #[must_use]
    #[inline]
    pub fn control(&self) -> Control<'a> {
        Control::parse(*self)
    }

    /// An owned copy.
    #[must_use]
    pub fn to_frame(&self) -> Frame {
        Frame {
            header: self.header,
            bytes: Bytes::copy_from_slice(self.bytes),
        }
    }

    /// The message in hexadecimal, payload included, 16 bytes a line.
    #[must_use]
    pub const fn hex(&self) -> Hex<'a> {
        Hex::new(self.bytes)
    }
}

/// One message that owns its bytes, or shares them with the datagram it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    header: Header,
    bytes: Bytes,
}

impl Frame {
    /// The message that `bytes` hold, with or without its padding. Does not copy.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the length field is wrong or more than this one message is there.
    pub fn from_bytes(mut bytes: Bytes) -> Result<Self, Malformed> {
        let boundary = only(&bytes)?;
        bytes.truncate(boundary.len);
        Ok(Self {
            header: boundary.header,
            bytes,
        })
    }

    /// A frame from parts that are known to belong together.
    pub(crate) fn assemble(header: Header, bytes: Vec<u8>) -> Self {
        let bytes = Bytes::from(bytes);
        Self { header, bytes }
    }

    /// Takes the first message off `datagram`, sharing its memory; `None` when it is empty.
    ///
    /// # Errors
    ///
    /// [`Malformed`], with the offset 0, if the message's length is wrong; `datagram` is then
    /// empty, because what follows cannot be found.
    pub fn take(datagram: &mut Bytes) -> Option<Result<Self, Malformed>> {
        if datagram.is_empty() {
            return None;
        }
        Some(match Boundary::first(datagram) {
            Ok(boundary) => {
                let bytes = datagram.split_to(boundary.len);
                let padding = boundary.next.saturating_sub(boundary.len);
                datagram.advance(padding.min(datagram.len()));
                Ok(Self {
                    header: boundary.header,
                    bytes,
                })
            }
            Err(reason) => {
                datagram.clear();
                Err(Malformed { offset: 0, reason })
            }
        })
    }

    /// The message, borrowed.
    #[must_use]
    pub fn view(&self) -> FrameView<'_> {
        FrameView {
            header: self.header,
            bytes: &self.bytes,
        }
    }

    /// The message's header.
    #[must_use]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// The whole message, header included, without padding.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The whole message, header included, without padding.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// What follows the header.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.view().payload()
    }

    /// The attributes behind a family header of `header_len` bytes (padded to 4).
    #[must_use]
    pub fn attributes(&self, header_len: usize) -> Attributes<'_> {
        self.view().attributes(header_len)
    }

    /// The message as a control message; see [`FrameView::control`].
    #[must_use]
    #[inline]
    pub fn control(&self) -> Control<'_> {
        self.view().control()
    }

    /// The message in hexadecimal, payload included, 16 bytes a line.
    #[must_use]
    pub fn hex(&self) -> Hex<'_> {
        self.view().hex()
    }
}

impl From<FrameView<'_>> for Frame {
    fn from(view: FrameView<'_>) -> Self {
        view.to_frame()
    }
}

/// Measures the single message of `bytes`.
fn only(bytes: &[u8]) -> Result<Boundary, Malformed> {
    let at = |offset| move |reason| Malformed { offset, reason };
    let boundary = Boundary::first(bytes).map_err(at(0))?;
    match bytes.len().checked_sub(boundary.next) {
        Some(bytes) if bytes > 0 => Err(at(boundary.next)(MalformedReason::Trailing { bytes })),
        _ => Ok(boundary),
    }
}
