//! Streams of a connection whose Connection nobody has polled yet. Owns what
//! they do about it: their consumer reads the socket itself, and does not wait
//! for ever for what nobody brings.

use std::task::{Context, Poll, ready};

use crate::Error;
use crate::deadline::Deadline;
use crate::events::{Entry, Queue};
use crate::lane::Lane;
use crate::shared::Shared;

/// A consumer's wait for a queue that a lane fills.
#[derive(Debug, Default)]
pub(crate) struct Wait {
    /// Runs while nobody polls the Connection.
    deadline: Option<Deadline>,
}

impl Wait {
    /// Whether a deadline runs.
    pub(crate) const fn is_limited(&self) -> bool {
        self.deadline.is_some()
    }

    /// The next entry, or `None` at the end. The Connection, once it is polled,
    /// wakes who waits here, as it does anybody.
    #[inline]
    pub(crate) fn poll<T>(
        &mut self,
        queue: &Queue<T>,
        lane: &Lane,
        shared: &Shared,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Entry<T>>, Error>> {
        let next = queue.poll(context);
        if next.is_pending() && !shared.is_attended() {
            return self.poll_unattended(queue, lane, shared, context);
        }
        self.deadline = None;
        next.map(Ok)
    }

    fn poll_unattended<T>(
        &mut self,
        queue: &Queue<T>,
        lane: &Lane,
        shared: &Shared,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Entry<T>>, Error>> {
        lane.drive_all();
        let next = queue.poll(context);
        if next.is_ready() {
            self.deadline = None;
            return next.map(Ok);
        }
        let limit = shared.config.deadline;
        let deadline = self.deadline.get_or_insert_with(|| Deadline::new(limit));
        ready!(deadline.poll(shared, context));
        self.deadline = None;
        Poll::Ready(Err(Error::timed_out(limit, shared.hint())))
    }
}
