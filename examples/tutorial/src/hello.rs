//! A small library for the tutorials' command/reply protocol: two commands, answered by text.
//!
//! Owns the message types and the wait for the reply; must not know who prints it. The kernel side
//! is `tests/lab/module/lab_tutorial.c`.

use anyhow::bail;
use netlane::wire::{Flags, HEADER_LEN, Message};
use netlane::{Error, Handle, Inbound, Received, Unsolicited};

/// `HELLO_SET`: tells the other side a name.
const SET: u16 = 0;
/// `HELLO_GET`: asks for it. Other protocols call this number `NLMSG_NOOP`.
const GET: u16 = 1;

/// The protocol's client.
#[derive(Debug)]
pub struct Hello {
    handle: Handle,
    /// The replies bear no sequence number, so they answer no request: they are inbound messages.
    replies: Inbound,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A well-formed one: its text.
    Text(String),
    /// One whose `nlmsg_len` is wrong, as the tutorial's module sends it.
    Malformed {
        /// What netlane says of it.
        why: String,
        /// What the bytes after the header say nevertheless.
        text: String,
    },
}

impl Hello {
    /// A client on this connection, which must have been built for opaque types.
    ///
    /// # Errors
    ///
    /// If the connection has ended.
    pub fn new(handle: Handle) -> Result<Self, Error> {
        let replies = handle.inbound()?;
        Ok(Self { handle, replies })
    }

    /// Sends `HELLO_SET`; returns the reply.
    ///
    /// # Errors
    ///
    /// If the command was not sent, or no reply came in time.
    pub async fn set(&mut self, text: &str) -> anyhow::Result<Reply> {
        self.command(SET, text).await
    }

    /// Sends `HELLO_GET`; returns the reply.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    pub async fn get(&mut self, text: &str) -> anyhow::Result<Reply> {
        self.command(GET, text).await
    }

    /// One command at a time: without sequence numbers only the order tells whose reply it is.
    async fn command(&mut self, kind: u16, text: &str) -> anyhow::Result<Reply> {
        let command = Message::raw(kind, Flags::empty(), &crate::payload(text));
        self.handle.send(command).await?;
        read(crate::next(&mut self.replies).await?)
    }
}

fn read(received: Received) -> anyhow::Result<Reply> {
    match received {
        Received::Message(Unsolicited::Frame { frame, .. }) => {
            Ok(Reply::Text(crate::text(frame.payload())))
        }
        Received::Message(Unsolicited::Malformed { bytes, why, .. }) => Ok(Reply::Malformed {
            why: why.to_string(),
            text: crate::text(bytes.get(HEADER_LEN..).unwrap_or_default()),
        }),
        other => bail!("no reply but {other:?}"),
    }
}
