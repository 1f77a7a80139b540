//! The waits of a dump's consumer: for a part that may come later than it is asked
//! for, and for a thread that reads. Owns the registration with the reactor, the
//! deadline of one part, and the end of the connection meanwhile.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use netlane_sys::{Socket, Watch};

use crate::Error;
use crate::deadline::Deadline;
use crate::shared::Shared;
use crate::statistics::count;

/// A wait for the next part of a late dump.
pub(super) struct Wait {
    ready: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
    deadline: Deadline,
}

impl Wait {
    pub(super) fn new(socket: Arc<Socket>, shared: Arc<Shared>, deadline: Duration) -> Self {
        let ready = Box::pin(async move {
            let watch = Watch::register(socket)?;
            tokio::select! {
                readable = watch.ready() => readable.map(netlane_sys::Readable::clear),
                () = shared.over() => Ok(()),
            }
        });
        Self {
            ready,
            deadline: Deadline::new(deadline),
        }
    }

    /// Ready with `None` if there may be something to read, or the connection
    /// has ended.
    pub(super) fn poll(
        &mut self,
        shared: &Shared,
        context: &mut Context<'_>,
    ) -> Poll<Option<Error>> {
        let Some(runtime) = shared.runtime_here() else {
            return Poll::Ready(Some(Error::unknown(NO_RUNTIME)));
        };
        let _entered = runtime.enter();
        match self.ready.as_mut().poll(context) {
            Poll::Ready(Ok(())) => return Poll::Ready(None),
            Poll::Ready(Err(error)) => return Poll::Ready(Some(Error::socket(error))),
            Poll::Pending => {}
        }
        self.deadline.poll(shared, context).map(|()| {
            count(&shared.counters.timed_out);
            Some(Error::timed_out(self.deadline.limit(), ""))
        })
    }
}

/// The waits for a thread that reads.
pub(super) struct Absence {
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    deadline: Deadline,
}

impl Absence {
    pub(super) fn new(shared: Arc<Shared>, deadline: Duration) -> Self {
        Self {
            over: Box::pin(async move { shared.over().await }),
            deadline: Deadline::new(deadline),
        }
    }

    /// The next poll is the first of the wait for another part.
    pub(super) fn begin_anew(&mut self, deadline: Duration, shared: &Shared) {
        self.deadline.begin_anew(deadline, shared);
    }

    /// Ready with why there is no more to wait for; not to be polled after that.
    pub(super) fn poll(&mut self, shared: &Shared, context: &mut Context<'_>) -> Poll<Error> {
        if self.over.as_mut().poll(context).is_ready() {
            return Poll::Ready(shared.check_alive().err().unwrap_or_else(Error::closed));
        }
        self.deadline.poll(shared, context).map(|()| {
            count(&shared.counters.timed_out);
            Error::timed_out(self.deadline.limit(), "")
        })
    }
}

impl std::fmt::Debug for Absence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Absence")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wait")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

const NO_RUNTIME: &str = "a dump that has to wait needs a tokio runtime, and the Connection was \
                          never polled";

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::{Builder, Protocol};

    /// Fails when the timer stays that of the runtime that it was made on (`Deadline::begin_anew`).
    #[test]
    fn a_wait_begins_anew_on_another_runtime() {
        let (handle, _connection) = Builder::new(Protocol::ROUTE).connect().unwrap();
        let shared = &handle.keep().shared;
        let limit = Duration::from_millis(200);
        let mut absence = Absence::new(Arc::clone(shared), limit);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let _entered = runtime.enter();
            absence.begin_anew(limit, shared);
            assert!(absence.poll(shared, &mut context).is_pending());
            std::thread::sleep(limit + limit / 2);
            let Poll::Ready(error) = absence.poll(shared, &mut context) else {
                panic!("no deadline");
            };
            assert!(error.is_timed_out(), "{error}");
        }
    }

    /// Fails when a wait stays with the timer of the runtime that it began on (`Deadline::poll`):
    /// a timer of a runtime that is gone panics.
    #[test]
    fn a_wait_goes_on_on_another_runtime() {
        let (handle, _connection) = Builder::new(Protocol::ROUTE).connect().unwrap();
        let shared = &handle.keep().shared;
        let limit = Duration::from_millis(200);
        let mut absence = Absence::new(Arc::clone(shared), limit);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let _entered = runtime.enter();
            assert!(absence.poll(shared, &mut context).is_pending());
        }
        std::thread::sleep(limit);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let ended = std::future::poll_fn(|context| absence.poll(shared, context));
        let error = futures::executor::block_on(ended);
        assert!(error.is_timed_out(), "{error}");
    }
}
