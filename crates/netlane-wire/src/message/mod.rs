//! The builder of requests: one growing buffer that remembers its first mistake.
//!
//! Owns what can be written; must not know any family, how the buffer grows (`append`), nor who sends
//! the message. Sequence and port stay zero: the transport writes them with
//! [`crate::set_sequence_port`]. Mirrors the `nla_put` functions of `include/net/netlink.h`.

mod append;

use std::fmt;

use crate::arithmetic::NLA_F_NESTED;
use crate::{BuildError, Flags, Frame, HEADER_LEN, Header};

/// Room for a header, a family header and a few attributes before the buffer grows.
const INITIAL_CAPACITY: usize = 128;

/// A message being built.
///
/// Mistakes (an attribute or nest that is too long, a text with a NUL in it) do not interrupt
/// the chain of calls: the first is remembered, later additions are ignored, and
/// [`Message::finish`] reports it. Every addition exists as `name(&mut self)` and as
/// `with_name(self)`.
///
/// ```
/// use netlane_wire::{Flags, Message};
/// let message = Message::new(16, Flags::CREATE | Flags::EXCL)
///     .with_header(&[0; 16])
///     .with_text(3, "br0")
///     .with_nest(18, |info| {
///         info.text(1, "bridge");
///     });
/// assert_eq!(message.finish()?.len(), 16 + 16 + 8 + 4 + 12);
/// # Ok::<(), netlane_wire::BuildError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    kind: u16,
    flags: Flags,
    /// Room for the header, then the payload.
    bytes: Vec<u8>,
    /// Apart, because builders move their message with each call.
    error: Option<Box<BuildError>>,
}

macro_rules! integers {
    ($($name:ident $with:ident $type:ty, $write:ident, $what:literal;)*) => {$(
        #[doc = concat!("Adds an attribute of ", $what, ".")]
        #[inline]
        pub fn $name(&mut self, kind: u16, value: $type) -> &mut Self {
            self.array(kind, value.$write())
        }

        #[doc = concat!("Adds an attribute of ", $what, ".")]
        #[must_use]
        #[inline]
        pub fn $with(mut self, kind: u16, value: $type) -> Self {
            self.$name(kind, value);
            self
        }
    )*};
}

impl Message {
    /// An empty message of a type. The flags are sent as they are, except that a transport adds
    /// `REQUEST`, `ACK` or `DUMP` as the conversation requires.
    #[must_use]
    #[inline]
    pub fn new(kind: u16, flags: Flags) -> Self {
        let mut bytes = Vec::with_capacity(INITIAL_CAPACITY);
        bytes.extend_from_slice(&[0; HEADER_LEN]);
        Self {
            kind,
            flags,
            bytes,
            error: None,
        }
    }

    /// A message with a payload that is not padded: for protocols without attributes.
    #[must_use]
    pub fn raw(kind: u16, flags: Flags, payload: &[u8]) -> Self {
        let mut message = Self::new(kind, flags);
        if message.has_room(payload.len()) {
            message.bytes.extend_from_slice(payload);
        }
        message
    }

    /// `nlmsg_type`.
    #[must_use]
    pub const fn kind(&self) -> u16 {
        self.kind
    }

    /// Replaces the type.
    #[inline]
    pub const fn set_kind(&mut self, kind: u16) {
        self.kind = kind;
    }

    /// `nlmsg_flags` as they are so far.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Replaces the flags.
    pub const fn set_flags(&mut self, flags: Flags) {
        self.flags = flags;
    }

    /// The payload so far: what follows the header.
    #[must_use]
    #[inline]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }

    /// The payload so far, for what is only known after it was appended.
    #[must_use]
    #[inline]
    pub fn payload_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(HEADER_LEN..).unwrap_or_default()
    }

    /// Bytes of the message so far, its header included; none after a mistake.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a message that can be sent is never empty"
    )]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The first mistake, if there was one.
    #[must_use]
    pub fn error(&self) -> Option<&BuildError> {
        self.error.as_deref()
    }

    /// Remembers a mistake, unless there was one before: for typed requests that find a value
    /// which has no form on the wire. What was written is given up.
    pub fn fail(&mut self, error: BuildError) -> &mut Self {
        self.error.get_or_insert_with(|| Box::new(error));
        self.bytes = Vec::new();
        self
    }

    /// Adds a family header (or any other bytes), padded to a multiple of 4.
    #[inline]
    pub fn header(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes(bytes);
        self
    }

    /// Adds a family header (or any other bytes), padded to a multiple of 4.
    #[must_use]
    pub fn with_header(mut self, bytes: &[u8]) -> Self {
        self.header(bytes);
        self
    }

    /// Adds an attribute with these bytes, and its padding. The kind may have flag bits.
    #[inline]
    pub fn attribute(&mut self, kind: u16, payload: &[u8]) -> &mut Self {
        self.append(kind, payload, &[]);
        self
    }

    /// Adds an attribute with these bytes, and its padding. The kind may have flag bits.
    #[must_use]
    pub fn with_attribute(mut self, kind: u16, payload: &[u8]) -> Self {
        self.attribute(kind, payload);
        self
    }

    /// Adds an attribute with these bytes, and its padding, in one store if there are no more than 16. The kind may
    /// have flag bits.
    #[inline]
    pub fn array<const N: usize>(&mut self, kind: u16, payload: [u8; N]) -> &mut Self {
        match N {
            0 => self.whole::<N, 4>(kind, payload),
            1..=4 => self.whole::<N, 8>(kind, payload),
            5..=8 => self.whole::<N, 12>(kind, payload),
            9..=12 => self.whole::<N, 16>(kind, payload),
            13..=16 => self.whole::<N, 20>(kind, payload),
            _ => self.append(kind, &payload, &[]),
        }
        self
    }

    /// Adds an attribute without payload: present means true (`NLA_FLAG`).
    #[inline]
    pub fn flag(&mut self, kind: u16) -> &mut Self {
        self.array(kind, [])
    }

    /// Adds an attribute without payload: present means true (`NLA_FLAG`).
    #[must_use]
    pub fn with_flag(self, kind: u16) -> Self {
        self.with_attribute(kind, &[])
    }

    /// Adds a text and its final NUL (`NLA_NUL_STRING`). A NUL inside is a mistake.
    pub fn text(&mut self, kind: u16, text: impl AsRef<[u8]>) -> &mut Self {
        let text = text.as_ref();
        match text.iter().position(|byte| *byte == 0) {
            Some(position) => self.fail(BuildError::InteriorNul { kind, position }),
            None => {
                self.append(kind, text, &[0]);
                self
            }
        }
    }

    /// Adds a text and its final NUL (`NLA_NUL_STRING`). A NUL inside is a mistake.
    #[must_use]
    pub fn with_text(mut self, kind: u16, text: impl AsRef<[u8]>) -> Self {
        self.text(kind, text);
        self
    }

    /// Adds a nest with what `fill` adds, sets `NLA_F_NESTED` and closes it.
    pub fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.bytes.len();
        if self.open(kind | NLA_F_NESTED, 0) {
            fill(self);
            self.close(kind, start);
        }
        self
    }

    /// Adds a nest with what `fill` adds, sets `NLA_F_NESTED` and closes it.
    #[must_use]
    pub fn with_nest(mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> Self {
        self.nest(kind, fill);
        self
    }

    integers! {
        u8 with_u8 u8, to_ne_bytes, "an unsigned byte";
        u16 with_u16 u16, to_ne_bytes, "2 bytes, unsigned, host order";
        u32 with_u32 u32, to_ne_bytes, "4 bytes, unsigned, host order";
        u64 with_u64 u64, to_ne_bytes, "8 bytes, unsigned, host order";
        u128 with_u128 u128, to_ne_bytes, "16 bytes, unsigned, host order";
        i8 with_i8 i8, to_ne_bytes, "a signed byte";
        i16 with_i16 i16, to_ne_bytes, "2 bytes, signed, host order";
        i32 with_i32 i32, to_ne_bytes, "4 bytes, signed, host order";
        i64 with_i64 i64, to_ne_bytes, "8 bytes, signed, host order";
        i128 with_i128 i128, to_ne_bytes, "16 bytes, signed, host order";
        be_u16 with_be_u16 u16, to_be_bytes, "2 bytes, unsigned, network order";
        be_u32 with_be_u32 u32, to_be_bytes, "4 bytes, unsigned, network order";
        be_u64 with_be_u64 u64, to_be_bytes, "8 bytes, unsigned, network order";
        be_u128 with_be_u128 u128, to_be_bytes, "16 bytes, unsigned, network order";
        be_i16 with_be_i16 i16, to_be_bytes, "2 bytes, signed, network order";
        be_i32 with_be_i32 i32, to_be_bytes, "4 bytes, signed, network order";
        be_i64 with_be_i64 i64, to_be_bytes, "8 bytes, signed, network order";
        be_i128 with_be_i128 i128, to_be_bytes, "16 bytes, signed, network order";
    }

    /// The bytes of the message, header included; sequence and port are zero.
    ///
    /// # Errors
    ///
    /// The first mistake that was made while building.
    #[inline]
    pub fn finish(self) -> Result<Vec<u8>, BuildError> {
        self.encode(0, 0).map(|(_, bytes)| bytes)
    }

    /// The message as a frame with this sequence and port: what a peer or a file holds.
    ///
    /// # Errors
    ///
    /// The first mistake that was made while building.
    pub fn into_frame(self, sequence: u32, port: u32) -> Result<Frame, BuildError> {
        self.encode(sequence, port)
            .map(|(header, bytes)| Frame::assemble(header, bytes))
    }

    #[inline]
    fn encode(mut self, sequence: u32, port: u32) -> Result<(Header, Vec<u8>), BuildError> {
        if let Some(error) = self.error {
            return Err(*error);
        }
        let len = self.bytes.len();
        let header = Header {
            len: u32::try_from(len).map_err(|_| BuildError::MessageTooLong { len })?,
            kind: self.kind,
            flags: self.flags,
            sequence,
            port,
        };
        if let Some(place) = self.bytes.first_chunk_mut::<HEADER_LEN>() {
            *place = header.to_bytes();
        }
        Ok((header, self.bytes))
    }
}

/// Type, flags and size; no payload, which may hold keys.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("flags", &self.flags)
            .field("bytes", &self.bytes.len())
            .field("error", &self.error)
            .finish()
    }
}
