//! Waits for a socket without a runtime: poll(2), for blocking programs and tests.
//! Owns the one call; must not know what the socket carries. Asynchronous programs use
//! tokio's readiness instead.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// Waits until something can be received, an error is pending, or `timeout` has passed;
/// tells whether it was one of the first two.
///
/// A signal that interrupts the wait counts as its end: the answer is then `false`, possibly early.
/// There is no counterpart for writing: a netlink socket always reports itself writable.
/// Mirrors `poll(fd, POLLIN)`, where POLLERR comes unasked.
///
/// # Errors
///
/// What poll(2) says, and `Unsupported` on systems other than Linux.
pub fn wait_readable(socket: &impl AsFd, timeout: Duration) -> io::Result<bool> {
    imp::wait_readable(socket, timeout)
}

#[cfg(target_os = "linux")]
mod imp {
    use super::{AsFd, Duration, io};
    use std::os::fd::AsRawFd;

    pub(super) fn wait_readable(socket: &impl AsFd, timeout: Duration) -> io::Result<bool> {
        // Rounded up, so that a wait is never shorter than asked for; capped at 24 days.
        let millis = timeout.as_nanos().div_ceil(1_000_000);
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        let mut poll = libc::pollfd {
            fd: socket.as_fd().as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: the pointer is to one live, initialised pollfd, which the count says, and the
        // kernel writes `revents` of it only. The descriptor is borrowed, so it stays open.
        let ready = unsafe { libc::poll(&raw mut poll, 1, millis) };
        if ready >= 0 {
            return Ok(ready > 0);
        }
        match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            error => Err(error),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use super::{AsFd, Duration, io};

    pub(super) fn wait_readable(_socket: &impl AsFd, _timeout: Duration) -> io::Result<bool> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "netlink sockets exist on Linux only",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    use super::wait_readable;

    #[test]
    fn waits_for_data_and_gives_up_in_time() {
        let (mut here, there) = UnixStream::pair().unwrap();
        let began = Instant::now();
        assert!(!wait_readable(&there, Duration::from_millis(20)).unwrap());
        assert!(began.elapsed() >= Duration::from_millis(20));
        here.write_all(b"x").unwrap();
        assert!(wait_readable(&there, Duration::from_secs(10)).unwrap());
    }
}
