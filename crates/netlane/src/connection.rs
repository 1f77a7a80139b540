//! The task of a connection: drives what no caller drives, until the end. Owns
//! the running drivers; what its handles share is `shared.rs`'s.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::stream::{FuturesUnordered, StreamExt};

use crate::Error;
use crate::drivers::{Driver, attend};
use crate::handle::{Alive, Handle};
use crate::shared::Shared;

/// The driver of last resort: a future to be spawned.
///
/// It reads what arrives when no caller is reading, delivers events, and
/// finishes what a caller has left. It is ready when the connection has ended:
/// after [`Handle::close`](crate::Handle::close), when the last handle, dump
/// and stream is gone, or when its socket has failed.
///
/// Requests whose answers are there when sendmsg returns work without it; all
/// others end at their deadline with an error that says so.
///
/// # Errors
///
/// What ended it, if that was not its users' wish.
///
/// # Cancel safety
///
/// Dropping it ends the connection: every waiter gets an error at once.
#[must_use = "spawn the Connection: it delivers events and late answers"]
pub struct Connection {
    shared: Arc<Shared>,
    running: FuturesUnordered<Driver>,
}

impl Connection {
    pub(crate) fn new(shared: Arc<Shared>) -> (Handle, Self) {
        shared.drivers.add(attend(Arc::clone(&shared.lane)));
        let keep = Arc::new(Alive {
            shared: Arc::clone(&shared),
        });
        (
            Handle::new(keep),
            Self {
                shared,
                running: FuturesUnordered::new(),
            },
        )
    }
}

impl Future for Connection {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.shared.note_runtime();
        this.shared.drivers.register(context);
        if this.shared.is_abandoned() {
            this.shared.end(&Error::closed());
        }
        loop {
            this.running.extend(this.shared.drivers.take());
            match this.running.poll_next_unpin(context) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) if this.shared.drivers.is_empty() => break,
                Poll::Ready(None) => {}
                Poll::Pending => {
                    // The request lane's end is the connection's.
                    match this.shared.lane.ended() {
                        Some(error) => this.shared.end(&error),
                        None => return Poll::Pending,
                    }
                    if this.running.is_empty() {
                        break;
                    }
                    return Poll::Pending;
                }
            }
        }
        let ended = this.shared.lane.ended().unwrap_or_else(Error::closed);
        this.shared.end(&ended);
        Poll::Ready(if ended.is_wish() { Ok(()) } else { Err(ended) })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.end(&Error::connection_dropped());
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("protocol", &self.shared.config.protocol)
            .field("port", &self.shared.port)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::time::Duration;

    use futures::StreamExt;

    use crate::{Builder, Error, Protocol};

    /// Fails when the end of the request lane is not made the connection's.
    #[tokio::test]
    async fn the_failure_of_the_request_lane_is_told_to_everybody() {
        let (handle, connection) = Builder::new(Protocol::ROUTE).connect().unwrap();
        let lane = Arc::clone(&connection.shared.lane);
        let connection = tokio::spawn(connection);
        let mut events = handle.subscribe([1]).await.unwrap();
        let mut inbound = handle.inbound().unwrap();
        lane.end(Error::socket(io::Error::from_raw_os_error(5)));
        let ended = tokio::time::timeout(Duration::from_secs(20), connection).await;
        let why = ended.expect("it goes on").unwrap().unwrap_err();
        assert_eq!(why.errno(), Some(5));
        assert_eq!(events.next().await.unwrap().unwrap_err().errno(), Some(5));
        assert_eq!(inbound.next().await.unwrap().unwrap_err().errno(), Some(5));
        assert!(handle.ping().await.unwrap_err().is_closed());
    }
}
