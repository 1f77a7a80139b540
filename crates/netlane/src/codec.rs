//! Netlink messages in a byte stream: the same frames in a file, a pipe or a Unix socket.
//!
//! Owns the padding between messages and the bound on their size; where a message ends is
//! decided by [`Boundary::first`], the walk that datagrams use too. Must not know netlink
//! sockets. Mirrors `NLMSG_NEXT` of `include/uapi/linux/netlink.h`.

use bytes::{Buf, BufMut, BytesMut};
use netlane_wire::arithmetic::nlmsg_align;
use netlane_wire::{Boundary, Frame, Malformed, MalformedReason};
use tokio_util::codec::{Decoder, Encoder};

/// What a message may measure unless the caller says otherwise, in bytes: far above what the
/// kernel sends, far below what would hurt.
pub const DEFAULT_MAX_FRAME_LEN: usize = 1 << 20;

/// Splits a byte stream into netlink messages and joins them again.
///
/// Each message starts at a multiple of 4 bytes from the start of the stream; the padding of the
/// last may be missing. A message with a wrong length ends the stream with an error: unlike in a
/// datagram, nothing tells where the next one starts.
///
/// A decoded [`Frame`] shares the memory of the read buffer. Copy what is kept for long.
///
/// ```
/// use futures::StreamExt;
/// use netlane::codec::Codec;
/// use netlane_wire::{Flags, Message};
/// use tokio_util::codec::FramedRead;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = Message::raw(16, Flags::empty(), b"hello").finish()?;
/// let mut frames = FramedRead::new(&file[..], Codec::new());
/// let frame = frames.next().await.ok_or("empty")??;
/// assert_eq!(frame.payload(), b"hello");
/// assert!(frames.next().await.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Codec {
    max_frame_len: usize,
    /// Bytes of padding that have not arrived yet.
    padding: usize,
    /// Bytes of the stream before what is in the buffer.
    offset: usize,
    /// An error was found: what follows cannot be framed.
    ended: bool,
}

impl Codec {
    /// A codec for messages of up to 1 MiB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame_len: DEFAULT_MAX_FRAME_LEN,
            padding: 0,
            offset: 0,
            ended: false,
        }
    }

    /// Sets the longest message that is accepted, in bytes with its header. No more memory than
    /// that is reserved for a message, whatever its length field says.
    #[must_use]
    pub const fn max_frame_len(mut self, bytes: usize) -> Self {
        self.max_frame_len = bytes;
        self
    }

    fn skip(&mut self, source: &mut BytesMut, bytes: usize) {
        source.advance(bytes);
        self.offset = self.offset.saturating_add(bytes);
    }

    fn skip_padding(&mut self, source: &mut BytesMut) {
        let here = self.padding.min(source.len());
        self.padding = self.padding.saturating_sub(here);
        self.skip(source, here);
    }

    fn end(&mut self, source: &mut BytesMut, error: CodecError) -> CodecError {
        source.clear();
        self.ended = true;
        error
    }

    const fn malformed(&self, reason: MalformedReason) -> CodecError {
        let offset = self.offset;
        CodecError::Malformed(Malformed { offset, reason })
    }

    const fn check(&self, len: usize) -> Result<(), CodecError> {
        if len > self.max_frame_len {
            let limit = self.max_frame_len;
            return Err(CodecError::TooLong { len, limit });
        }
        Ok(())
    }

    /// The next message; `None` if more bytes are needed for it.
    fn next(&mut self, source: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        self.skip_padding(source);
        match Boundary::first(source) {
            Ok(boundary) => {
                self.check(boundary.len)?;
                let bytes = source.split_to(boundary.len).freeze();
                self.padding = boundary.next.saturating_sub(boundary.len);
                let frame =
                    Frame::from_bytes(bytes).map_err(|error| self.malformed(error.reason))?;
                self.offset = self.offset.saturating_add(boundary.len);
                self.skip_padding(source);
                Ok(Some(frame))
            }
            Err(MalformedReason::Fragment { .. }) => Ok(None),
            Err(MalformedReason::PastEnd { len, remaining }) => {
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                self.check(len)?;
                source.reserve(len.saturating_sub(remaining));
                Ok(None)
            }
            Err(reason) => Err(self.malformed(reason)),
        }
    }
}

impl Default for Codec {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for Codec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        if self.ended {
            source.clear();
            return Ok(None);
        }
        let decoded = self.next(source);
        decoded.map_err(|error| self.end(source, error))
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        if let Some(frame) = self.decode(source)? {
            return Ok(Some(frame));
        }
        match Boundary::first(source) {
            Err(reason) if !source.is_empty() => {
                let error = self.malformed(reason);
                Err(self.end(source, error))
            }
            _ => Ok(None),
        }
    }
}

/// Writes a message with the padding that makes the next one start aligned.
/// [`Message::into_frame`](netlane_wire::Message::into_frame) makes a frame of a message.
impl Encoder<Frame> for Codec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame, target: &mut BytesMut) -> Result<(), CodecError> {
        let bytes = frame.bytes();
        self.check(bytes.len())?;
        let aligned = nlmsg_align(bytes.len()).unwrap_or(bytes.len());
        let padding = aligned.saturating_sub(bytes.len());
        target.reserve(aligned);
        target.put_slice(bytes);
        target.put_bytes(0, padding);
        Ok(())
    }
}

/// Why a byte stream ended, or a message was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The stream could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A message's length is wrong, or the stream ended inside of it. The offset counts from the
    /// start of the stream.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A message is longer than the codec accepts.
    #[error("a netlink message of {len} bytes; the limit is {limit} (max_frame_len)")]
    TooLong {
        /// Bytes that its length field says.
        len: usize,
        /// Bytes that are accepted.
        limit: usize,
    },
}

impl From<CodecError> for std::io::Error {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::Io(error) => error,
            other => Self::new(std::io::ErrorKind::InvalidData, other),
        }
    }
}
