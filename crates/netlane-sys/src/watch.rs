//! A shared socket in tokio's reactor, for as long as somebody has to wait.
//!
//! Owns a registration that can be given up while the socket lives on, which is what lets a socket
//! whose answers are read by their own callers stay out of epoll. Waits for `READABLE | ERROR`, for
//! the reasons given at [`AsyncSocket`](crate::AsyncSocket).

use std::{fmt, io, sync::Arc};

use tokio::io::{
    Interest,
    unix::{AsyncFd, AsyncFdReadyGuard},
};

use crate::Socket;

/// A registration of a shared [`Socket`] with the current tokio runtime. Dropping it ends it.
pub struct Watch {
    fd: AsyncFd<Arc<Socket>>,
}

impl Watch {
    /// Registers a socket with the reactor of the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If epoll refuses it, as it does for a socket that is watched already by this runtime.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or if its I/O driver is not enabled.
    pub fn register(socket: Arc<Socket>) -> io::Result<Self> {
        let interest = Interest::READABLE.add(Interest::ERROR);
        // SAFETY: `Arc<Socket>` gives the descriptor of its `Socket`, which owns it from
        // construction to drop; no method of `Socket` closes or replaces it through `&self`, and an
        // `Arc` that is shared gives out no `&mut Socket`. `AsyncFd` holds the `Arc` until after it
        // has deregistered, so the descriptor is open and the same for all that time.
        let fd = unsafe { AsyncFd::register_with_interest(socket, interest) }?;
        Ok(Self { fd })
    }

    /// Waits until there may be something to receive: a datagram or an error.
    ///
    /// # Errors
    ///
    /// If the runtime is shutting down.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped: readiness stays until it is cleared.
    pub async fn ready(&self) -> io::Result<Readable<'_>> {
        let inner = self
            .fd
            .ready(Interest::READABLE.add(Interest::ERROR))
            .await?;
        Ok(Readable { inner })
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("socket", self.fd.get_ref())
            .finish()
    }
}

/// Says that there may be something to receive on a watched socket.
#[must_use = "clear it before reading to EAGAIN, or drop it on purpose to keep the readiness"]
#[derive(Debug)]
pub struct Readable<'a> {
    inner: AsyncFdReadyGuard<'a, Arc<Socket>>,
}

impl Readable<'_> {
    /// Clears the readiness. What arrives from now on gives a new event; so either clear it and then
    /// have the socket read to `EAGAIN`, or clear it after `EAGAIN`.
    pub fn clear(mut self) {
        self.inner.clear_ready();
    }
}
