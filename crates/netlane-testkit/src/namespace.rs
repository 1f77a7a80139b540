//! A network namespace that lives as long as its value.
//! Owns the descriptor that keeps it alive and the threads that enter it; must not know what
//! runs there. Mirrors network_namespaces(7).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::panic;
use std::path::PathBuf;
use std::thread;

/// Where Linux shows the network namespace of the calling thread.
const OWN_NAMESPACE: &str = "/proc/thread-self/ns/net";

/// A fresh network namespace with nothing in it but a `lo` that is down.
///
/// It is removed, with every interface in it, once this value and everything opened in it
/// have been dropped.
#[derive(Debug)]
#[must_use = "the namespace is removed when this is dropped"]
pub struct NetworkNamespace {
    descriptor: File,
}

impl NetworkNamespace {
    /// Makes one, on a thread of its own; the calling thread stays where it is.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` without CAP_SYS_ADMIN ([`in_namespace`](crate::in_namespace) provides
    /// it), and what unshare(2) says.
    pub fn new() -> io::Result<Self> {
        let descriptor = thread::scope(|scope| {
            let maker = scope.spawn(|| {
                netlane_sys::unshare_network()?;
                File::open(OWN_NAMESPACE)
            });
            join(maker)
        })?;
        Ok(Self { descriptor })
    }

    /// Runs `body` on a new thread inside the namespace, waits for it and returns its result.
    ///
    /// Threads that `body` starts, such as those of a tokio runtime, are inside as well.
    ///
    /// # Panics
    ///
    /// With the panic of `body`; and when the namespace cannot be entered, which needs the
    /// privilege that made it.
    pub fn run<T: Send>(&self, body: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                netlane_sys::enter_network(self)
                    .unwrap_or_else(|error| panic!("cannot enter the network namespace: {error}"));
                body()
            });
            join(inside)
        })
    }

    /// A path by which this process can open the namespace while this value lives.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.descriptor.as_raw_fd()))
    }
}

impl AsFd for NetworkNamespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn join<T>(handle: thread::ScopedJoinHandle<'_, T>) -> T {
    handle
        .join()
        .unwrap_or_else(|panic| panic::resume_unwind(panic))
}
