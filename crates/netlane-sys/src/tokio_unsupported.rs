//! What takes the place of `tokio` where there is no netlink.
//!
//! Owns types of the same shape that cannot exist, because no [`Socket`] can.

use std::{
    convert::Infallible,
    io,
    marker::PhantomData,
    task::{Context, Poll},
};

use crate::{Received, Socket};

/// A [`Socket`] that a tokio task can wait for. It cannot exist on this system.
#[derive(Debug)]
pub struct AsyncSocket {
    never: Infallible,
    socket: Socket,
}

impl AsyncSocket {
    /// Registers a socket with the reactor of the current tokio runtime.
    ///
    /// # Errors
    ///
    /// Cannot be called, as there is no socket on this system.
    pub fn register(socket: Socket) -> io::Result<Self> {
        match *socket.fd() {}
    }

    /// The socket itself.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Waits until there may be something to receive.
    ///
    /// # Errors
    ///
    /// Cannot be called.
    ///
    /// # Cancel safety
    ///
    /// Cannot be called.
    pub async fn ready(&self) -> io::Result<ReadyGuard<'_>> {
        match self.never {}
    }

    /// The same as [`ready`](Self::ready) for hand-written futures.
    ///
    /// # Errors
    ///
    /// Cannot be called.
    pub fn poll_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<ReadyGuard<'_>>> {
        match self.never {}
    }

    /// Receives one datagram.
    ///
    /// # Errors
    ///
    /// Cannot be called.
    ///
    /// # Cancel safety
    ///
    /// Cannot be called.
    pub async fn recv(&self, _buffer: &mut [u8]) -> io::Result<Received> {
        match self.never {}
    }

    /// Takes the socket out of the reactor.
    ///
    /// # Errors
    ///
    /// Cannot be called.
    pub fn into_socket(self) -> io::Result<Socket> {
        match self.never {}
    }
}

/// Says that there may be something to receive. It cannot exist on this system.
#[must_use = "clear it after EAGAIN, or drop it on purpose to keep the readiness"]
#[derive(Debug)]
pub struct ReadyGuard<'a> {
    never: Infallible,
    socket: PhantomData<&'a Socket>,
}

impl ReadyGuard<'_> {
    /// Waits for the next event.
    pub fn clear(self) {
        match self.never {}
    }
}
