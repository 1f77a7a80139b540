//! A point in what a lane receives: everything that was queued on its socket
//! before is read and handed out. Owns the wait for that; the point itself is
//! a conversation without a request, which ends when the queue was read empty.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use netlane_proto::Sequence;

use crate::Error;
use crate::deadline::Deadline;
use crate::handle::Keep;
use crate::lane::{Begun, Lane};

/// A future that is ready when the lane has been read empty once.
#[derive(Debug)]
pub(crate) struct Fence {
    keep: Keep,
    lane: Arc<Lane>,
    sequence: Option<Sequence>,
    deadline: Deadline,
}

impl Fence {
    pub(crate) fn new(keep: Keep, lane: Arc<Lane>) -> Self {
        let deadline = Deadline::new(keep.shared.config.deadline);
        Self {
            keep,
            lane,
            sequence: None,
            deadline,
        }
    }
}

impl Future for Fence {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let begun = match this.sequence {
            None => this.lane.fence(context.waker()),
            Some(sequence) => this.lane.check(sequence, context.waker()),
        };
        match begun {
            Begun::Pending(sequence) => this.sequence = Some(sequence),
            Begun::Closed(error) => return Poll::Ready(Err(error)),
            _ => {
                this.sequence = None;
                return Poll::Ready(this.lane.ended().map_or(Ok(()), Err));
            }
        }
        ready!(this.deadline.poll(&this.keep.shared, context));
        Poll::Ready(Err(Error::timed_out(
            this.deadline.limit(),
            this.keep.shared.hint(),
        )))
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        if let Some(sequence) = self.sequence.take() {
            self.lane.cancel(sequence);
        }
    }
}
