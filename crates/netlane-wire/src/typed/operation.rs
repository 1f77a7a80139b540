//! What a request does, apart from what it says: its type, its flags, and what answers it.
//!
//! Owns the link between a declared operation and [`crate::Request`]; must not know transports, nor how a generic
//! family's number is found.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::typed::build::apart;
use crate::typed::{Sink, Typed};
use crate::{DecodeError, Expect, Flags, FrameView, Message};

/// One operation on a message, such as `RTM_NEWLINK` with `CREATE` and `EXCL`.
pub trait Operation {
    /// What is sent.
    type Message: Typed;

    /// What one answering message becomes.
    type Reply: Decode;

    /// `nlmsg_flags`; the transport adds `REQUEST`, `ACK` and `DUMP`.
    const FLAGS: Flags;

    /// How the kernel answers.
    const EXPECT: Expect;

    /// Whether every answer is queued before `sendmsg` returns.
    const SYNCHRONOUS: bool;

    /// The protocol number.
    const PROTOCOL: i32;

    /// Bytes in front of the message's own header: `struct genlmsghdr` for a generic family.
    const PREFIX: &'static [u8];
}

/// An operation whose `nlmsg_type` is a constant.
pub trait FixedKind: Operation {
    /// `nlmsg_type`.
    const KIND: u16;
}

/// An operation of a generic netlink family, whose `nlmsg_type` is found by its name.
pub trait NamedFamily: Operation {
    /// The family's name, as `nlctrl`.
    const FAMILY: &'static str;
}

/// A request to a generic family: complete but for the family's number.
pub trait NamedRequest {
    /// What it does.
    type Operation: NamedFamily;

    /// The message to send to the family of this number.
    fn message_of(&self, family: u16) -> Message;
}

/// What an answering message can become.
pub trait Decode: Sized {
    /// Reads a payload without the operation's prefix.
    ///
    /// # Errors
    ///
    /// It is shorter than the header.
    fn decode(payload: &[u8]) -> Result<Self, DecodeError>;
}

/// Only acknowledged.
impl Decode for () {
    fn decode(_: &[u8]) -> Result<Self, DecodeError> {
        Ok(())
    }
}

impl<M: Typed> Decode for M {
    fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        Self::from_payload(Bytes::copy_from_slice(payload))
    }
}

/// The buffer of a request that does `O`.
#[derive(Debug, Clone)]
pub struct Do<O> {
    message: Message,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Do<O> {
    /// An empty one.
    #[must_use]
    #[inline]
    pub fn start() -> Self {
        let message = apart(Message::new(0, O::FLAGS), |message| {
            message.header(O::PREFIX);
        });
        Self {
            message,
            operation: PhantomData,
        }
    }

    /// What was written, as a message of type `kind`.
    #[must_use]
    pub fn to_message(&self, kind: u16) -> Message {
        let mut message = self.message.clone();
        message.set_kind(kind);
        message
    }

    /// What was written, as a message of type `kind`, without a copy.
    #[must_use]
    #[inline]
    pub fn into_message(mut self, kind: u16) -> Message {
        self.message.set_kind(kind);
        self.message
    }
}

impl<O> Sink for Do<O> {
    #[inline]
    fn message(&mut self) -> &mut Message {
        &mut self.message
    }
}

/// Reads an answer to `O`. An acknowledgement carries nothing, not even the operation's prefix.
///
/// # Errors
///
/// The payload is shorter than the headers in front of its attributes.
pub fn decode_reply<O: Operation>(frame: FrameView<'_>) -> Result<O::Reply, DecodeError> {
    let payload = frame.payload();
    if O::EXPECT == Expect::Acknowledgement {
        return O::Reply::decode(&[]);
    }
    let Some(payload) = payload.get(O::PREFIX.len()..) else {
        return Err(DecodeError::Header {
            expected: O::PREFIX.len(),
            actual: payload.len(),
        });
    };
    O::Reply::decode(payload)
}

/// Bytes in front of the attributes of a request that does `O`.
#[must_use]
pub const fn family_header<O: Operation>() -> usize {
    use crate::typed::Fixed;
    O::PREFIX.len() + <<O::Message as Typed>::Header as Fixed>::SIZE
}
