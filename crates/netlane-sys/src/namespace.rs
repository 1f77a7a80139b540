//! Which network namespace a socket is opened in.
//!
//! Owns the ways to name a namespace. The switch itself happens on a thread of its own in
//! `platform`. Mirrors `setns(2)`, `network_namespaces(7)` and `ip-netns(8)`.

use std::path::PathBuf;
#[cfg(unix)]
use std::{os::fd::OwnedFd, sync::Arc};

/// A network namespace.
///
/// A socket belongs to the namespace that it was opened in for ever, whatever its owner does later,
/// so it can be opened in one namespace and used from any other.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Namespace {
    /// The calling thread's own.
    #[default]
    Current,
    /// One that `ip netns add NAME` made: `/run/netns/NAME`.
    Name(String),
    /// A file that stands for a namespace, such as `/proc/self/task/TID/ns/net` or a bind mount of
    /// one.
    Path(PathBuf),
    /// The namespace of a process (its main thread), by its process id.
    Process(u32),
    /// An open namespace file, or a pidfd.
    #[cfg(unix)]
    Fd(Arc<OwnedFd>),
}

#[cfg(unix)]
impl From<OwnedFd> for Namespace {
    fn from(fd: OwnedFd) -> Self {
        Self::Fd(Arc::new(fd))
    }
}
