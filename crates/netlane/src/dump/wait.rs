//! The wait for the next part of a dump that may come later than it is asked
//! for. Owns the registration with the reactor, the deadline of one part, and the
//! end of the connection meanwhile.

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

impl std::fmt::Debug for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wait")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

const NO_RUNTIME: &str = "a dump that has to wait needs a tokio runtime, and the Connection was \
                          never polled";
