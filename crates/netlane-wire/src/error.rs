//! What can be wrong with bytes, and with a message being built.
//!
//! Small values without allocation; must not know about sockets or conversations.

/// A message's framing is broken: nothing after it in the same datagram can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("malformed netlink message at byte {offset}: {reason}")]
pub struct Malformed {
    /// Where the message starts, in bytes from the start of what is walked.
    pub offset: usize,
    /// What is wrong.
    pub reason: MalformedReason,
}

/// Why a message is [`Malformed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedReason {
    /// `nlmsg_len` is smaller than the header that holds it.
    #[error("its length of {len} is below the 16 of its header")]
    TooShort {
        /// `nlmsg_len`, bytes.
        len: u32,
    },
    /// `nlmsg_len` reaches beyond the bytes that are there.
    #[error("its length of {len} is above the {remaining} bytes that are left")]
    PastEnd {
        /// `nlmsg_len`, bytes.
        len: u32,
        /// Bytes from the start of the message.
        remaining: usize,
    },
    /// Too few bytes for a header.
    #[error("{bytes} bytes are too few for a header")]
    Fragment {
        /// How many there are.
        bytes: usize,
    },
    /// More than one message where one was expected.
    #[error("{bytes} bytes follow the message")]
    Trailing {
        /// How many, beyond the message's padding.
        bytes: usize,
    },
}

/// An attribute that cannot be walked over, or is not what it was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("attribute {kind}: {reason}")]
pub struct AttributeError {
    /// The attribute's kind without flag bits; 0 if it could not be read.
    pub kind: u16,
    /// What is wrong.
    pub reason: AttributeReason,
}

/// Why an attribute is an [`AttributeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeReason {
    /// `nla_len` is smaller than the header that holds it.
    #[error("its length of {len} is below the 4 of its header")]
    TooShort {
        /// `nla_len`, bytes.
        len: u16,
    },
    /// `nla_len` reaches beyond the bytes that are there.
    #[error("its length of {len} is above the {remaining} bytes that are left")]
    PastEnd {
        /// `nla_len`, bytes.
        len: u16,
        /// Bytes from the start of the attribute.
        remaining: usize,
    },
    /// Too few bytes for a header.
    #[error("{bytes} bytes are too few for a header")]
    Fragment {
        /// How many there are.
        bytes: usize,
    },
    /// The payload has not the size of the value it was read as.
    #[error("a payload of {actual} bytes, not {expected}")]
    Length {
        /// Bytes that the value takes.
        expected: usize,
        /// Bytes of the payload.
        actual: usize,
    },
    /// The payload is not UTF-8 text.
    #[error("not UTF-8 text")]
    Text,
}

/// Why a message could not be built.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An attribute's length does not fit the 16 bits of `nla_len`.
    #[error("attribute {kind} takes {len} bytes with its header; the limit is 65535")]
    AttributeTooLong {
        /// The attribute's kind.
        kind: u16,
        /// Bytes with the 4 of the attribute's header.
        len: usize,
    },
    /// A nest's length does not fit the 16 bits of `nla_len`.
    #[error("nest {kind} takes {len} bytes with its header; the limit is 65535")]
    NestTooLong {
        /// The nest's kind.
        kind: u16,
        /// Bytes with the 4 of the nest's header.
        len: usize,
    },
    /// The message's length does not fit the 32 bits of `nlmsg_len`.
    #[error("the message takes {len} bytes; the limit is 4294967295")]
    MessageTooLong {
        /// Bytes with the 16 of the header.
        len: usize,
    },
    /// A text has a NUL before its end, where the kernel would cut it.
    #[error("the text of attribute {kind} has a NUL at byte {position}")]
    InteriorNul {
        /// The attribute's kind.
        kind: u16,
        /// Bytes before the NUL.
        position: usize,
    },
    /// A typed request holds a value that has no form on the wire.
    #[error("{what}")]
    Value {
        /// Which value, and its limit.
        what: &'static str,
    },
}

/// Why a reply is not what its request expects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A message's framing is broken.
    #[error(transparent)]
    Frame(#[from] Malformed),
    /// An attribute is broken or of the wrong shape.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// The payload is shorter than the family's header.
    #[error("a payload of {actual} bytes is too short for the family header of {expected}")]
    Header {
        /// Bytes of the family header.
        expected: usize,
        /// Bytes of the payload.
        actual: usize,
    },
    /// The message is of another type.
    #[error("a message of type {actual}, not {expected}")]
    Kind {
        /// The type that was expected.
        expected: u16,
        /// The type that came.
        actual: u16,
    },
    /// An attribute that must be there is not.
    #[error("{name} is missing")]
    Missing {
        /// The attribute's name.
        name: &'static str,
    },
    /// A value is outside of what its type allows.
    #[error("{name} has the impossible value {value}")]
    Value {
        /// The attribute's name.
        name: &'static str,
        /// The value.
        value: u64,
    },
}
