//! How long a caller waits. Owns the timer of one request, made when it first
//! has to wait: a request that is answered at once never touches a clock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::connection::Shared;

/// A limit on waiting.
#[derive(Debug)]
pub(crate) struct Deadline {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    pub(crate) const fn new(limit: Duration) -> Self {
        Self { limit, timer: None }
    }

    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Ready when the time is over. Waiting begins with the first call.
    pub(crate) fn poll(&mut self, shared: &Shared, context: &mut Context<'_>) -> Poll<()> {
        if self.timer.is_none() {
            // A caller outside of any runtime borrows the Connection's clock.
            let runtime = tokio::runtime::Handle::try_current().ok();
            let Some(runtime) = runtime.or_else(|| shared.runtime()) else {
                return Poll::Pending;
            };
            let _entered = runtime.enter();
            let until = Instant::now()
                .checked_add(self.limit)
                .unwrap_or_else(far_future);
            self.timer = Some(Box::pin(tokio::time::sleep_until(until)));
        }
        self.timer
            .as_mut()
            .map_or(Poll::Pending, |timer| timer.as_mut().poll(context))
    }
}

/// Thirty years from now, as tokio does for a time that overflows.
fn far_future() -> Instant {
    Instant::now() + Duration::from_secs(86_400 * 365 * 30)
}
