//! [`Watch`] on systems without netlink: it type-checks and cannot exist.

use std::{convert::Infallible, io, marker::PhantomData, sync::Arc};

use crate::Socket;

/// A registration of a shared [`Socket`] with a tokio runtime. It cannot exist on this system.
#[derive(Debug)]
pub struct Watch {
    never: Infallible,
}

impl Watch {
    /// Fails: there are no netlink sockets here.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn register(_socket: Arc<Socket>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Waits for readiness.
    ///
    /// # Errors
    ///
    /// Cannot be called.
    ///
    /// # Cancel safety
    ///
    /// Cannot be called.
    pub async fn ready(&self) -> io::Result<Readable<'_>> {
        match self.never {}
    }
}

/// Says that there may be something to receive. It cannot exist on this system.
#[must_use = "clear it before reading to EAGAIN, or drop it on purpose to keep the readiness"]
#[derive(Debug)]
pub struct Readable<'a> {
    never: Infallible,
    watch: PhantomData<&'a Watch>,
}

impl Readable<'_> {
    /// Clears the readiness.
    pub fn clear(self) {
        match self.never {}
    }
}
