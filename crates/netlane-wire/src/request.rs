//! A typed request: what a family's message types implement so that any transport can run them.
//!
//! Owns the contract only; must not know transports or families.

use crate::{AttributeTable, DecodeError, FrameView, Message};

/// How the kernel answers a request, which decides the flags that the transport adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expect {
    /// An acknowledgement and nothing else.
    Acknowledgement,
    /// One message.
    Reply,
    /// Any number of messages, ended by `DONE` (`NLM_F_DUMP`).
    Dump,
    /// A copy of the notification that the request causes, and an acknowledgement
    /// (`NLM_F_ECHO`).
    Echo,
}

/// A typed request.
///
/// ```
/// use netlane_wire::{DecodeError, Expect, Flags, FrameView, Message, Request};
///
/// /// The name of a link, by its index.
/// struct GetLinkName(u32);
///
/// impl Request for GetLinkName {
///     type Reply = String;
///     const PROTOCOL: i32 = 0; // NETLINK_ROUTE
///     const EXPECT: Expect = Expect::Reply;
///     const SYNCHRONOUS: bool = true;
///     const HEADER_LEN: usize = 16;
///
///     fn message(&self) -> Message {
///         let mut header = [0; 16];
///         header[4..8].copy_from_slice(&self.0.to_ne_bytes());
///         Message::new(18, Flags::empty()).with_header(&header)
///     }
///
///     fn decode(frame: FrameView<'_>) -> Result<String, DecodeError> {
///         let name = frame.attributes(Self::HEADER_LEN).find(3);
///         let name = name.ok_or(DecodeError::Missing { name: "link.name" })?;
///         Ok(name.text()?.to_owned())
///     }
/// }
/// ```
pub trait Request {
    /// What one answering message becomes; `()` where only an acknowledgement is expected.
    type Reply;

    /// The protocol number to send it to, as `NETLINK_ROUTE` = 0.
    const PROTOCOL: i32;

    /// How the kernel answers.
    const EXPECT: Expect;

    /// Whether every answer is queued before `sendmsg` returns. It is for route, xfrm, sock_diag
    /// and netfilter requests; for generic netlink the operation decides. If in doubt: `false`.
    const SYNCHRONOUS: bool;

    /// Bytes of the family header in front of the attributes.
    const HEADER_LEN: usize = 0;

    /// The message to send. Mistakes inside of it surface when it is finished.
    fn message(&self) -> Message;

    /// The message of a request that is not needed any more, which spares the copy.
    #[inline]
    #[must_use]
    fn into_message(self) -> Message
    where
        Self: Sized,
    {
        self.message()
    }

    /// Reads one answering message. Where only an acknowledgement is expected, it is given a
    /// message without payload, from which `()` is made.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the message is not what this request expects.
    fn decode(frame: FrameView<'_>) -> Result<Self::Reply, DecodeError>;

    /// Names for the attributes of the request, so that a refusal says which one was wrong.
    #[must_use]
    fn attribute_table() -> Option<&'static AttributeTable> {
        None
    }
}
