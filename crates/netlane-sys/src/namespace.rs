//! Which network namespace a socket is opened in.
//!
//! Owns the ways to name a namespace. What is found, and how it is entered, is `platform`'s.
//! Mirrors `setns(2)`, `network_namespaces(7)` and `ip-netns(8)`.

use std::path::PathBuf;
#[cfg(unix)]
use std::{os::fd::OwnedFd, sync::Arc};

#[cfg(unix)]
use crate::{Error, platform};

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
impl Namespace {
    /// Finds the namespace now and keeps it open: the result stands for the same one, whatever
    /// becomes of the name, and whichever thread uses it. A descriptor stands for itself.
    ///
    /// # Errors
    ///
    /// Where there is no such namespace, what has that name is none, or it may not be opened.
    /// Whether it may be entered shows when a socket is opened in it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(target_os = "linux")]
    /// # fn main() -> Result<(), netlane_sys::Error> {
    /// use netlane_sys::Namespace;
    ///
    /// let here = Namespace::Current.pin()?;
    /// assert!(matches!(here, Namespace::Fd(_)));
    /// let error = Namespace::Path("/dev/null".into()).pin().unwrap_err();
    /// assert!(error.to_string().contains("is not a network namespace"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(target_os = "linux"))]
    /// # fn main() {}
    /// ```
    pub fn pin(&self) -> Result<Self, Error> {
        platform::pin(self).map(Self::Fd)
    }
}

#[cfg(unix)]
impl From<OwnedFd> for Namespace {
    fn from(fd: OwnedFd) -> Self {
        Self::Fd(Arc::new(fd))
    }
}
