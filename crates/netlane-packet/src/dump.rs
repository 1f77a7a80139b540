//! A dump whose entries are packets. Owns their decoding; the stream is netlane's.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt};
use netlane::Dump;
use netlink_packet_core::NetlinkDeserializable;

use crate::{PacketError, decode};

/// A stream of a table's entries.
///
/// An entry that its type cannot read is one [`PacketError::Decode`] in the stream; the entries
/// after it follow. Any other error is the stream's last item: see [`Dump`].
///
/// # Cancel safety
///
/// As [`Dump`].
#[must_use = "streams do nothing unless polled"]
pub struct PacketDump<M> {
    dump: Dump,
    message: PhantomData<fn() -> M>,
}

impl<M> PacketDump<M> {
    /// Reads the entries of a dump, however it was begun: with a deadline of its own, or as a
    /// message that [`encode`](crate::encode) made.
    pub const fn new(dump: Dump) -> Self {
        Self {
            dump,
            message: PhantomData,
        }
    }

    /// The dump itself.
    pub fn into_dump(self) -> Dump {
        self.dump
    }
}

impl<M: NetlinkDeserializable> PacketDump<M> {
    /// All entries. A dump that was interrupted by a change of its table is begun anew a few times.
    ///
    /// # Errors
    ///
    /// If the dump fails or was interrupted each time, or an entry cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the dump.
    pub async fn collect_all(self) -> Result<Vec<M>, PacketError> {
        let collected = self.dump.collect_with_retries(RETRIES).await?;
        if collected.interrupted {
            return Err(PacketError::Interrupted);
        }
        let frames = collected.frames.iter();
        frames.map(|frame| Ok(decode(frame.view())?)).collect()
    }
}

impl<M: NetlinkDeserializable> Stream for PacketDump<M> {
    type Item = Result<M, PacketError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = ready!(self.dump.poll_next_unpin(context));
        Poll::Ready(frame.map(|frame| Ok(decode(frame?.view())?)))
    }
}

impl<M> fmt::Debug for PacketDump<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PacketDump").field(&self.dump).finish()
    }
}

/// Tries of an interrupted dump after the first.
const RETRIES: usize = 5;
