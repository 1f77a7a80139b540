//! The socket in tokio's reactor.
//!
//! Owns the registration and the waiting. Knows nothing of what is received.
//!
//! Registered is `READABLE | ERROR`, and waited for is the same, because the kernel reports losses
//! as an error that may come alone (`EPOLLERR` without `EPOLLIN`), for which tokio wakes nobody who
//! waits for `READABLE`. `WRITABLE` is left out: the kernel never makes a sender wait, and one
//! error would mark a writable socket closed for ever. Mirrors `datagram_poll` in
//! `net/core/datagram.c` and `tokio::io::unix::AsyncFd`.

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use tokio::io::{
    Interest,
    unix::{AsyncFd, AsyncFdReadyGuard},
};

use crate::{Received, Socket};

/// A [`Socket`] that a tokio task can wait for.
///
/// Sending never waits, so it is done on [`socket`](Self::socket) directly.
pub struct AsyncSocket {
    fd: Arc<AsyncFd<Socket>>,
    parked: Mutex<Option<Parked>>,
}

impl AsyncSocket {
    /// Registers a socket with the reactor of the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If epoll refuses it: too many descriptors are watched, or no memory.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or if its I/O driver is not enabled.
    pub fn register(socket: Socket) -> io::Result<Self> {
        // SAFETY: `Socket` owns its descriptor from construction to drop, and `as_raw_fd` always
        // returns that one. No method of it closes or replaces the descriptor through `&self`, and
        // `&mut Socket` or the `Socket` itself leave this module only through `into_socket`, which
        // ends the registration first (`AsyncFd::into_inner`).
        let fd = unsafe { AsyncFd::register_with_interest(socket, INTEREST) }?;
        Ok(Self {
            fd: Arc::new(fd),
            parked: Mutex::new(None),
        })
    }

    /// The socket itself, for everything that does not wait.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        self.fd.get_ref()
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
    pub async fn ready(&self) -> io::Result<ReadyGuard<'_>> {
        self.fd
            .ready(INTEREST)
            .await
            .map(|inner| ReadyGuard { inner })
    }

    /// The same as [`ready`](Self::ready) for hand-written futures.
    ///
    /// Only the waker of the latest call is woken, so only one task may use this; any number may
    /// use `ready` beside it.
    ///
    /// # Errors
    ///
    /// If the runtime is shutting down.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<ReadyGuard<'_>>> {
        loop {
            if let Some(result) = self.ready_now() {
                return Poll::Ready(result);
            }
            let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
            let parked = parked.get_or_insert_with(|| Parked::new(Arc::clone(&self.fd)));
            if parked.poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Receives one datagram into `buffer`, waiting for it. See [`Socket::recv`].
    ///
    /// # Errors
    ///
    /// As [`Socket::recv`] except `EAGAIN`, and if the runtime is shutting down.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, nothing was received.
    pub async fn recv(&self, buffer: &mut [u8]) -> io::Result<Received> {
        loop {
            let guard = self.ready().await?;
            match self.socket().recv(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear(),
                result => return result,
            }
        }
    }

    /// Takes the socket out of the reactor.
    ///
    /// # Errors
    ///
    /// Never in practice: it would mean that something still waits, which the borrow checker
    /// excludes.
    pub fn into_socket(self) -> io::Result<Socket> {
        drop(self.parked);
        Arc::into_inner(self.fd)
            .map(AsyncFd::into_inner)
            .ok_or_else(|| io::ErrorKind::ResourceBusy.into())
    }

    /// The guard, if readiness is set already: the first poll of a wait does not need a waker then.
    fn ready_now(&self) -> Option<io::Result<ReadyGuard<'_>>> {
        let wait = pin!(self.fd.ready(INTEREST));
        match wait.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result.map(|inner| ReadyGuard { inner })),
            Poll::Pending => None,
        }
    }
}

impl fmt::Debug for AsyncSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncSocket")
            .field("socket", self.socket())
            .finish_non_exhaustive()
    }
}

impl AsFd for AsyncSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket().as_fd()
    }
}

impl AsRawFd for AsyncSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket().as_raw_fd()
    }
}

/// Says that there may be something to receive.
///
/// Call [`clear`](Self::clear) if and only if a receive then returned `EAGAIN`. After anything
/// else, an error too, drop it: what is left in the queue gives no new event.
#[must_use = "clear it after EAGAIN, or drop it on purpose to keep the readiness"]
#[derive(Debug)]
pub struct ReadyGuard<'a> {
    inner: AsyncFdReadyGuard<'a, Socket>,
}

impl ReadyGuard<'_> {
    /// A receive returned `EAGAIN`: wait for the next event. One that came since the guard was made
    /// is not cleared.
    pub fn clear(mut self) {
        self.inner.clear_ready();
    }
}

/// The wait of [`AsyncSocket::poll_ready`], kept between polls: dropping it would take its waker
/// out of the reactor's list. tokio has no poll function for `READABLE | ERROR`, only a future
/// whose type cannot be named, hence the box, which is made once and waits again and again.
struct Parked {
    woken: Arc<AtomicBool>,
    wait: Pin<Box<dyn Future<Output = io::Error> + Send>>,
}

impl Parked {
    fn new(fd: Arc<AsyncFd<Socket>>) -> Self {
        let woken = Arc::new(AtomicBool::new(false));
        let wait = Box::pin(wait_for_ever(fd, Arc::clone(&woken)));
        Self { woken, wait }
    }

    /// Ready when it is worth looking at the readiness again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ended = self.wait.as_mut().poll(cx).is_ready();
        if ended || self.woken.swap(false, Ordering::Relaxed) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Raises `woken` and returns to its caller each time the socket is ready; ends with the runtime.
async fn wait_for_ever(fd: Arc<AsyncFd<Socket>>, woken: Arc<AtomicBool>) -> io::Error {
    loop {
        match fd.ready(INTEREST).await {
            Ok(mut guard) => guard.retain_ready(),
            Err(error) => return error,
        }
        woken.store(true, Ordering::Relaxed);
        let mut returned = false;
        poll_fn(|_| {
            if std::mem::replace(&mut returned, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

const INTEREST: Interest = Interest::READABLE.add(Interest::ERROR);

#[cfg(test)]
mod tests {
    //! M22, on a socket whose error can be made to come alone: a netlink overrun has data with it,
    //! and the errors that do not cannot be provoked at will. The reactor sees no difference.

    use std::{
        os::{
            linux::net::SocketAddrExt,
            unix::net::{SocketAddr, UnixDatagram},
        },
        time::Duration,
    };

    use tokio::time::timeout;

    use super::*;

    /// One end of a pair. When the other end goes elsewhere with unread data, this one gets
    /// `ECONNRESET` and nothing to read (`unix_dgram_connect`).
    fn pair() -> (Socket, impl FnOnce()) {
        let (watched, peer) = UnixDatagram::pair().unwrap();
        watched.set_nonblocking(true).unwrap();
        watched.send(b"unread").unwrap();
        let break_up = move || {
            let name = format!("netlane-sys-{}-{}", std::process::id(), peer.as_raw_fd());
            let name = SocketAddr::from_abstract_name(name).unwrap();
            let _elsewhere = UnixDatagram::bind_addr(&name).unwrap();
            peer.connect_addr(&name).unwrap();
        };
        (Socket::from_fd(watched.into()), break_up)
    }

    #[tokio::test]
    async fn m22_an_error_alone_wakes_ready_and_poll_ready() {
        let (socket, break_up) = pair();
        let socket = Arc::new(AsyncSocket::register(socket).unwrap());
        let waits = [false, true].map(|poll| {
            let socket = Arc::clone(&socket);
            tokio::spawn(async move {
                if poll {
                    poll_fn(|cx| socket.poll_ready(cx).map(drop)).await;
                } else {
                    drop(socket.ready().await);
                }
            })
        });
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(waits.iter().all(|wait| !wait.is_finished()));
        break_up();
        for wait in waits {
            timeout(Duration::from_secs(10), wait)
                .await
                .unwrap()
                .unwrap();
        }
        let mut buffer = [0; 8];
        let error = socket.socket().recv(&mut buffer).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
        let guard = socket.ready().await.unwrap();
        assert_eq!(
            socket.socket().recv(&mut buffer).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
        guard.clear();
        timeout(Duration::from_millis(20), socket.ready())
            .await
            .unwrap_err();
    }

    /// Why `AsyncFd::readable` is not used.
    #[tokio::test]
    async fn m22_an_error_alone_does_not_wake_readable() {
        let (socket, break_up) = pair();
        let socket = AsyncSocket::register(socket).unwrap();
        break_up();
        timeout(Duration::from_millis(100), socket.fd.readable())
            .await
            .unwrap_err();
        drop(
            timeout(Duration::from_secs(10), socket.ready())
                .await
                .unwrap()
                .unwrap(),
        );
    }
}
