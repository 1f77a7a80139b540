//! What can go wrong: the transport's errors, and a type that cannot read a message. Must not know
//! which types there are.

use std::error::Error;

use netlane::wire::Frame;

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// The transport's or the kernel's word: what happened to the request.
    #[error(transparent)]
    Transport(#[from] netlane::Error),
    /// A message came that the type cannot read. What the request was to do is done.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A request with `NLM_F_DUMP` set; nothing was sent.
    #[error("the message asks for a table (NLM_F_DUMP): PacketHandle::dump streams it")]
    AsksForTable,
    /// The table changed in every try to read it whole.
    #[error("the table changed each time it was read")]
    Interrupted,
    /// One message was expected. What the request was to do is done.
    #[error("{0} replies came instead of one")]
    NotOne(
        /// How many came.
        usize,
    ),
}

impl PacketError {
    /// The kernel's errno, positive, or that of a failed system call: see [`netlane::Error::errno`].
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Transport(error) => error.errno(),
            _ => None,
        }
    }
}

/// A message type could not read a message.
#[derive(Debug, thiserror::Error)]
#[error("a message of type {} cannot be read", frame.header().kind)]
pub struct DecodeError {
    frame: Frame,
    source: Box<dyn Error + Send + Sync>,
}

impl DecodeError {
    pub(crate) fn new(frame: Frame, source: impl Error + Send + Sync + 'static) -> Self {
        let source = Box::new(source);
        Self { frame, source }
    }

    /// The message as it came.
    #[must_use]
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The message as it came.
    #[must_use]
    pub fn into_frame(self) -> Frame {
        self.frame
    }
}
