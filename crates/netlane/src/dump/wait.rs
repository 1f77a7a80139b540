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

    const LIMIT: Duration = Duration::from_millis(200);

    /// Has each of so many runtimes poll one wait, and be gone after that.
    fn pass_around(runtimes: usize, mut poll: impl FnMut(&mut Absence, &Shared)) {
        let (handle, _connection) = Builder::new(Protocol::ROUTE).connect().unwrap();
        let shared = &handle.keep().shared;
        let mut absence = Absence::new(Arc::clone(shared), LIMIT);
        for _ in 0..runtimes {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let _entered = runtime.enter();
            poll(&mut absence, shared);
        }
    }

    fn poll_once(absence: &mut Absence, shared: &Shared) -> Poll<Error> {
        absence.poll(shared, &mut Context::from_waker(Waker::noop()))
    }

    fn assert_ended(ended: Poll<Error>) {
        assert!(
            matches!(&ended, Poll::Ready(error) if error.is_timed_out()),
            "{ended:?}"
        );
    }

    /// Fails when the timer stays that of the runtime that it was made on (`Deadline::begin_anew`).
    #[test]
    fn a_wait_begins_anew_on_another_runtime() {
        pass_around(2, |absence, shared| {
            absence.begin_anew(LIMIT, shared);
            assert!(poll_once(absence, shared).is_pending());
            std::thread::sleep(LIMIT + LIMIT / 2);
            assert_ended(poll_once(absence, shared));
        });
    }

    /// Fails when a wait stays with the timer of the runtime that it began on (`Deadline::poll`):
    /// a timer of a runtime that is gone panics.
    #[test]
    fn a_wait_goes_on_on_another_runtime() {
        let mut polls = 0;
        pass_around(3, |absence, shared| {
            polls += 1;
            if polls < 3 {
                return assert!(poll_once(absence, shared).is_pending());
            }
            // It has been waiting since the first.
            let rest = std::future::poll_fn(|context| absence.poll(shared, context));
            assert_ended(Poll::Ready(futures::executor::block_on(rest)));
        });
    }
}
