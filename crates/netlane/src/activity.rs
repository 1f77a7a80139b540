//! Work that is under way beside the lanes' conversations: a dump between two
//! parts, a batch between two datagrams. Owns the count that a graceful close
//! waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::Error;
use crate::shared::Shared;

/// How much is under way.
#[derive(Debug, Default)]
pub(crate) struct Activities {
    count: AtomicUsize,
    idle: Notify,
}

impl Activities {
    /// Waits until nothing is under way.
    pub(crate) async fn idle(&self) {
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            idle.as_mut().enable();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// One piece of work under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Activity(Arc<Shared>);

impl Activity {
    /// Begins one, unless the connection is closing.
    pub(crate) fn begin(shared: &Arc<Shared>) -> Result<Self, Error> {
        shared.activities.count.fetch_add(1, Ordering::AcqRel);
        let activity = Self(Arc::clone(shared));
        // After it was counted: a close either sees it or is seen by it.
        shared.check_open()?;
        Ok(activity)
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        let activities = &self.0.activities;
        if activities.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            activities.idle.notify_waiters();
        }
    }
}
