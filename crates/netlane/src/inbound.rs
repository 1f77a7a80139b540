//! What arrives by unicast and answers no request: messages of peers, and what
//! the kernel sends on its own. Owns the stream and its queue; what counts as
//! unsolicited is netlane-proto's decision.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use netlane_wire::{Frame, Malformed};

use crate::Error;
use crate::events::{Entry, Fanout, Loss, Queue, WhenFull};
use crate::handle::Keep;
use crate::lane::{Lane, Wakes};
use crate::unattended::Wait;

/// A unicast message that answers no request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Unsolicited {
    /// A whole frame.
    #[non_exhaustive]
    Frame {
        /// The frame.
        frame: Frame,
        /// The sender's port id; 0 is the kernel.
        sender: u32,
    },
    /// Bytes that are no frame: the rest of a datagram, as it came.
    #[non_exhaustive]
    Malformed {
        /// The bytes from where the walk stopped.
        bytes: Bytes,
        /// What is wrong with them.
        why: Malformed,
        /// The sender's port id; 0 is the kernel.
        sender: u32,
    },
}

impl Unsolicited {
    pub(crate) const fn frame(frame: Frame, sender: u32) -> Self {
        Self::Frame { frame, sender }
    }

    pub(crate) fn malformed(bytes: &[u8], why: Malformed, sender: u32) -> Self {
        Self::Malformed {
            bytes: Bytes::copy_from_slice(bytes),
            why,
            sender,
        }
    }

    /// The sender's port id; 0 is the kernel.
    #[must_use]
    pub const fn sender(&self) -> u32 {
        match self {
            Self::Frame { sender, .. } | Self::Malformed { sender, .. } => *sender,
        }
    }

    /// The frame, if it is one.
    #[must_use]
    pub const fn as_frame(&self) -> Option<&Frame> {
        match self {
            Self::Frame { frame, .. } => Some(frame),
            Self::Malformed { .. } => None,
        }
    }
}

/// The inbound streams of a lane.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox(Fanout<Unsolicited>);

impl Inbox {
    /// Hands a message to every stream; says whether there was one.
    pub(crate) fn deliver(&self, message: Unsolicited, wakes: &mut Wakes) -> bool {
        let queues = self.0.queues();
        for queue in queues.iter() {
            queue.push(message.clone(), wakes);
        }
        !queues.is_empty()
    }

    /// Tells every stream that something was lost.
    pub(crate) fn lost(&self, loss: Loss, wakes: &mut Wakes) {
        for queue in self.0.queues().iter() {
            queue.push_loss(loss, wakes);
        }
    }

    /// Whether anybody listens.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.0.is_empty()
    }

    pub(crate) fn end(&self, wakes: &mut Wakes) {
        self.0.end(wakes);
    }
}

/// A stream of unicast messages that answer no request of this connection.
///
/// Each stream hears all of them, from the moment it was made. Its queue is
/// bounded; what did not fit is reported as a [`Loss`] in its place. After the
/// connection has ended, the error comes once, then `None`. While nobody has
/// polled the [`Connection`](crate::Connection), each wait is limited by the
/// connection's deadline, whose error says so.
///
/// # Cancel safety
///
/// Dropping it, or a future of its `next`, at any point loses nothing for
/// others.
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Inbound {
    lane: Arc<Lane>,
    inbox: Inbox,
    queue: Arc<Queue<Unsolicited>>,
    wait: Wait,
    done: bool,
    keep: Keep,
}

impl Inbound {
    pub(crate) fn open(lane: &Arc<Lane>, capacity: usize, keep: Keep) -> Result<Self, Error> {
        let inbox = lane.inbox()?;
        let queue = Arc::new(Queue::new(capacity, WhenFull::DropNewest));
        inbox.0.add(Arc::clone(&queue));
        // The socket is to be read from now on, also when nobody asks.
        lane.signal.notify_one();
        let inbound = Self {
            lane: Arc::clone(lane),
            inbox,
            queue,
            wait: Wait::default(),
            done: false,
            keep,
        };
        // If it ended just before the queue was added, nobody has told that.
        match lane.ended() {
            Some(error) => Err(error),
            None => Ok(inbound),
        }
    }
}

impl Stream for Inbound {
    type Item = Result<Received, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let shared = &this.keep.shared;
        let item = match ready!(this.wait.poll(&this.queue, &this.lane, shared, context)) {
            Ok(Some(Entry::Item(message))) => Ok(Received::Message(message)),
            Ok(Some(Entry::Lost(loss))) => Ok(Received::Lost(loss)),
            Err(error) => Err(error),
            Ok(None) => {
                this.done = true;
                Err(this.lane.ended().unwrap_or_else(Error::closed))
            }
        };
        Poll::Ready(Some(item))
    }
}

/// An item of [`Inbound`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Received {
    /// A message.
    Message(Unsolicited),
    /// Messages were lost here: in the kernel, or because the stream's queue
    /// was full.
    Lost(Loss),
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.inbox.0.remove(&self.queue);
    }
}
