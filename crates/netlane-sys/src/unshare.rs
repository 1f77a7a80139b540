//! Moves the calling thread between network namespaces: unshare(2) and setns(2).
//! Owns those two calls for programs and tests that live in several namespaces; must not
//! know sockets (a socket of another namespace needs none of this: open it there).
//!
//! Only the network namespace of *this thread* changes. Threads it starts afterwards inherit it.

use std::io;
use std::os::fd::AsFd;

/// Moves the calling thread into a new, empty network namespace, in which even `lo` is down.
///
/// The namespace lives until its last thread, socket and descriptor are gone.
/// Mirrors `unshare(CLONE_NEWNET)`.
///
/// # Errors
///
/// `EPERM` without CAP_SYS_ADMIN in the thread's user namespace, `ENOSPC` at the limit on
/// namespaces, `Unsupported` on systems other than Linux.
pub fn unshare_network() -> io::Result<()> {
    imp::unshare_network()
}

/// Moves the calling thread into the network namespace that `namespace` refers to, a
/// descriptor of `/proc/PID/ns/net` or of a file under `/run/netns`.
///
/// Mirrors `setns(fd, CLONE_NEWNET)`.
///
/// # Errors
///
/// `EINVAL` where the descriptor is no network namespace, `EPERM` without CAP_SYS_ADMIN in
/// both user namespaces, `Unsupported` on systems other than Linux.
pub fn enter_network(namespace: &impl AsFd) -> io::Result<()> {
    imp::enter_network(namespace)
}

#[cfg(target_os = "linux")]
mod imp {
    use super::{AsFd, io};
    use std::os::fd::AsRawFd;

    pub(super) fn unshare_network() -> io::Result<()> {
        // SAFETY: unshare(2) takes a flag by value and no pointer. CLONE_NEWNET replaces the
        // network namespace of the calling thread alone; no memory or descriptor is touched.
        let status = unsafe { libc::unshare(libc::CLONE_NEWNET) };
        check(status)
    }

    pub(super) fn enter_network(namespace: &impl AsFd) -> io::Result<()> {
        let fd = namespace.as_fd().as_raw_fd();
        // SAFETY: setns(2) takes no pointer. The descriptor is borrowed and so open for the
        // length of the call, and CLONE_NEWNET makes the kernel refuse any that is not a
        // network namespace. Only the calling thread moves.
        let status = unsafe { libc::setns(fd, libc::CLONE_NEWNET) };
        check(status)
    }

    fn check(status: libc::c_int) -> io::Result<()> {
        if status == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use super::{AsFd, io};

    pub(super) fn unshare_network() -> io::Result<()> {
        Err(unsupported())
    }

    pub(super) fn enter_network(_namespace: &impl AsFd) -> io::Result<()> {
        Err(unsupported())
    }

    fn unsupported() -> io::Error {
        io::Error::new(
            io::ErrorKind::Unsupported,
            "network namespaces exist on Linux only",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::enter_network;

    #[test]
    fn a_descriptor_that_is_no_namespace_is_refused() {
        let file = File::open("/proc/self/status").unwrap();
        let error = enter_network(&file).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
    }
}
