//! A user peer whose receive queue is full. Owns how long a sender is patient
//! with it: nothing wakes it when there is room again (KERNEL:
//! `netlink_attachskb`), so it tries by the clock, for a bounded time.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::Error;
use crate::deadline::Deadline;
use crate::shared::Shared;

/// The patience of one sender.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Since when the queue has been full.
    since: Option<Instant>,
    /// When to try again.
    retry: Option<Deadline>,
}

impl Patience {
    /// A send has found the queue full: it is to be tried again, unless that
    /// has gone on for too long.
    pub(crate) fn try_later(&mut self) -> Result<(), Error> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= PATIENCE {
            return Err(Error::not_sent_because(PEER_FULL));
        }
        self.retry = Some(Deadline::new(RETRY));
        Ok(())
    }

    /// Ready when it is time to try.
    pub(crate) fn poll(&mut self, shared: &Shared, context: &mut Context<'_>) -> Poll<()> {
        if let Some(retry) = &mut self.retry {
            ready!(retry.poll(shared, context));
            self.retry = None;
        }
        Poll::Ready(())
    }
}

/// What a sender is told when its patience is at an end.
pub(crate) const PEER_FULL: &str = "the peer does not read: its receive buffer is full";

/// How long to wait before trying a full peer again, and how long in all.
const RETRY: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(1);
