//! How long a caller waits. Owns the timer of one request, made when it first
//! has to wait: a request that is answered at once never touches a clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::time::{Instant, Sleep};

use crate::shared::Shared;

/// A limit on waiting.
#[derive(Debug)]
pub(crate) struct Deadline {
    limit: Duration,
    timer: Option<Timer>,
}

/// A timer of the runtime that it was made on.
#[derive(Debug)]
struct Timer {
    runtime: runtime::Id,
    until: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Timer {
    fn new(runtime: &runtime::Handle, until: Instant) -> Self {
        let _entered = runtime.enter();
        Self {
            runtime: runtime.id(),
            until,
            sleep: Box::pin(tokio::time::sleep_until(until)),
        }
    }
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
        let here = shared.runtime_here();
        let until = match &self.timer {
            None => Some(self.until()),
            // Its runtime may be gone, or nobody drives it.
            Some(timer) if here.as_ref().is_some_and(|here| here.id() != timer.runtime) => {
                Some(timer.until)
            }
            Some(_) => None,
        };
        if let Some(until) = until {
            // A caller outside of any runtime borrows the Connection's clock.
            let Some(runtime) = here.or_else(clock) else {
                // No thread for a clock: not to wait is better than for ever.
                return Poll::Ready(());
            };
            self.timer = Some(Timer::new(&runtime, until));
        }
        self.timer
            .as_mut()
            .map_or(Poll::Pending, |timer| timer.sleep.as_mut().poll(context))
    }

    /// Waiting begins anew with the next call of `poll`, for so long, mostly with
    /// the timer that there is.
    pub(crate) fn begin_anew(&mut self, limit: Duration, shared: &Shared) {
        self.limit = limit;
        let until = self.until();
        let here = shared.runtime_here().map(|runtime| runtime.id());
        match &mut self.timer {
            Some(timer) if here == Some(timer.runtime) => {
                timer.until = until;
                timer.sleep.as_mut().reset(until);
            }
            // It is another runtime's, which may be gone.
            timer => *timer = None,
        }
    }

    fn until(&self) -> Instant {
        let until = Instant::now().checked_add(self.limit);
        until.unwrap_or_else(far_future)
    }
}

/// The clock of callers without a runtime whose Connection was never polled: a
/// thread that does nothing but keep time, started when first needed.
fn clock() -> Option<runtime::Handle> {
    static CLOCK: OnceLock<Option<runtime::Handle>> = OnceLock::new();
    let start = || {
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().build().ok()?;
        let handle = runtime.handle().clone();
        let keep_time = move || runtime.block_on(std::future::pending::<()>());
        let named = thread::Builder::new().name("netlane-clock".into());
        named.spawn(keep_time).ok()?;
        Some(handle)
    };
    CLOCK.get_or_init(start).clone()
}

/// Thirty years from now, as tokio does for a time that overflows.
fn far_future() -> Instant {
    Instant::now() + Duration::from_secs(86_400 * 365 * 30)
}
