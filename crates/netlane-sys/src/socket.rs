//! The socket: opening, binding, sending, receiving.
//!
//! Owns the file descriptor and the public face of the system calls. Knows no option (see
//! `options`) and no memory layout of the C structures (see `platform`). Mirrors `netlink(7)`,
//! `sendmsg(2)`, `recvmsg(2)`.

use std::{fmt, io, io::IoSlice};

use crate::{
    Address, Error, ErrorKind, Namespace, Protocol, ReceiveBatch, Received,
    error::Operation,
    options::SocketOption,
    platform::{self, Fd},
};

/// `SOCK_RAW` or `SOCK_DGRAM`. Netlink makes no difference between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SocketKind {
    /// `SOCK_RAW`.
    #[default]
    Raw,
    /// `SOCK_DGRAM`.
    Datagram,
}

/// A netlink socket, nonblocking and close-on-exec.
///
/// It cannot be cloned; every method takes `&self`, so share it by reference or in an `Arc`.
///
/// Sending to the kernel *is* the execution of the request: it never returns `EAGAIN`, and may
/// sleep in the kernel for as long as the request takes.
pub struct Socket {
    fd: Fd,
}

impl Socket {
    /// Opens a socket in the calling thread's network namespace. The kernel may load a module for
    /// it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] if the kernel has no such protocol; the text says what would
    /// provide it.
    pub fn open(protocol: Protocol, kind: SocketKind) -> Result<Self, Error> {
        platform::open(protocol.0, kind)
            .map(Self::from_fd)
            .map_err(|source| Error::open(protocol, source))
    }

    /// Opens a socket in another network namespace.
    ///
    /// The switch is made on a short-lived thread, which is waited for: the calling thread stays
    /// where it is.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and: [`ErrorKind::NotFound`] if the namespace does not exist,
    /// [`ErrorKind::InvalidInput`] if it is something else than a network namespace, and
    /// [`ErrorKind::PermissionDenied`] without `CAP_SYS_ADMIN`.
    pub fn open_in(
        namespace: &Namespace,
        protocol: Protocol,
        kind: SocketKind,
    ) -> Result<Self, Error> {
        match namespace {
            Namespace::Current => Self::open(protocol, kind),
            other => platform::open_in(other, protocol, kind).map(Self::from_fd),
        }
    }

    /// Takes over a netlink socket that was inherited or received, and makes it nonblocking and
    /// close-on-exec.
    ///
    /// Its port, memberships and options stay as they are. Nonblocking is a property of the open
    /// socket, so other holders of the same one see it too. On an error the descriptor is closed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if it is no netlink socket.
    #[cfg(unix)]
    pub fn adopt(fd: std::os::fd::OwnedFd) -> Result<Self, Error> {
        platform::adopt(fd).map(Self::from_fd).map_err(|source| {
            let other = source.raw_os_error().is_some_and(platform::is_not_a_socket);
            let error = Error::new(Operation::Adopt, source);
            if other || error.kind() == ErrorKind::InvalidInput {
                error
                    .with_kind(ErrorKind::InvalidInput)
                    .with_explanation("the file descriptor is no netlink socket (AF_NETLINK)")
            } else {
                error
            }
        })
    }

    /// The protocol that it was opened for (`SO_PROTOCOL`).
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 2.6.32).
    pub fn protocol(&self) -> Result<Protocol, Error> {
        self.get_int(SocketOption::Protocol).map(Protocol)
    }

    /// Gives the socket its port id and joins groups 1 to 32 by mask. Port 0 lets the kernel
    /// choose.
    ///
    /// Bind before joining groups by number: a socket without a port receives no multicast.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AddressInUse`] if the port is taken, [`ErrorKind::PermissionDenied`] if a group
    /// needs a capability, [`ErrorKind::InvalidInput`] if the socket already has another port.
    pub fn bind(&self, address: Address) -> Result<(), Error> {
        platform::bind(&self.fd, address).map_err(|source| {
            let error = Error::new(Operation::Bind, source);
            match error.kind() {
                ErrorKind::AddressInUse => error.with_explanation(format!(
                    "port id {} belongs to another socket of this protocol in this network namespace",
                    address.port
                )),
                _ => error,
            }
        })
    }

    /// Its own address: the port, and the groups 1 to 32 that it is a member of.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn local_address(&self) -> Result<Address, Error> {
        platform::local_address(&self.fd)
            .map_err(|source| Error::new(Operation::LocalAddress, source))
    }

    /// Sets the default destination, and makes the kernel refuse unicast from any other port.
    ///
    /// Connected to [`Address::KERNEL`], a forged unicast fails at its sender with `ECONNREFUSED`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PermissionDenied`] for a destination other than the kernel without
    /// `CAP_NET_ADMIN`, except on [`Protocol::USERSOCK`].
    pub fn connect(&self, address: Address) -> Result<(), Error> {
        platform::connect(&self.fd, address)
            .map_err(|source| Error::new(Operation::Connect, source))
    }

    /// Sends one datagram to the default destination: the kernel, or what
    /// [`connect`](Self::connect) said.
    ///
    /// One `send(2)`, no allocation. `EINTR` is not retried.
    ///
    /// # Errors
    ///
    /// The raw error number. From the kernel it means that **nothing** of the datagram was
    /// processed: `EMSGSIZE` if it is longer than the send buffer - 32 bytes, `ENODATA` if it is
    /// empty, `ECONNREFUSED` if nobody listens. `EAGAIN` comes only from a user socket whose queue
    /// is full, and nothing wakes the sender when it drains.
    #[inline]
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        platform::send(&self.fd, bytes)
    }

    /// Sends one datagram to an address: a port, and in addition the lowest group in the mask.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and `EPERM` for a destination other than the kernel without
    /// `CAP_NET_ADMIN`, except on
    /// [`Protocol::USERSOCK`].
    #[inline]
    pub fn send_to(&self, bytes: &[u8], to: Address) -> io::Result<usize> {
        platform::send_to(&self.fd, bytes, to)
    }

    /// Sends one datagram that is gathered from several slices (at most 1024).
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    #[inline]
    pub fn send_slices(&self, slices: &[IoSlice<'_>], to: Option<Address>) -> io::Result<usize> {
        platform::send_slices(&self.fd, slices, to)
    }

    /// Sends several datagrams with `sendmmsg(2)`, 64 at each call, and returns how many were sent.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to), if the very first one fails. A later failure ends the batch:
    /// try again from the first unsent datagram to learn its error.
    pub fn send_many(&self, datagrams: &[&[u8]], to: Option<Address>) -> io::Result<usize> {
        platform::send_many(&self.fd, datagrams, to)
    }

    /// Receives one datagram.
    ///
    /// One `recvmsg(2)`, no allocation. While a dump runs, this call makes its next chunk, and the
    /// kernel makes chunks as large as the largest buffer seen so far, up to about 32 KiB: use
    /// buffers of at least that size. `EINTR` is not retried.
    ///
    /// # Errors
    ///
    /// The raw error number. `EAGAIN`: the queue is empty. `ENOBUFS`: something was lost *after*
    /// everything that is still queued; keep reading.
    #[inline]
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<Received> {
        platform::receive(&self.fd, buffer)
    }

    /// Receives one datagram without its control messages: no namespace id, no credentials, and
    /// only groups up to 32 are known. For sockets that are in no group; it costs less.
    ///
    /// One `recvfrom(2)`, no allocation.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    #[inline]
    pub fn recv_from(&self, buffer: &mut [u8]) -> io::Result<Received> {
        platform::receive_from(&self.fd, buffer)
    }

    /// Receives several datagrams with one `recvmmsg(2)`, and returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), if the very first one fails. A later failure is kept by the kernel
    /// for the next call.
    pub fn recv_many(&self, batch: &mut ReceiveBatch) -> io::Result<usize> {
        batch.receive(&self.fd)
    }

    pub(crate) fn from_fd(fd: Fd) -> Self {
        Self { fd }
    }

    pub(crate) fn fd(&self) -> &Fd {
        &self.fd
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("fd", &self.fd).finish()
    }
}

#[cfg(unix)]
mod descriptor {
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

    use super::{Socket, platform};

    impl AsFd for Socket {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.fd.as_fd()
        }
    }

    impl AsRawFd for Socket {
        fn as_raw_fd(&self) -> RawFd {
            self.fd.as_raw_fd()
        }
    }

    impl From<Socket> for OwnedFd {
        fn from(socket: Socket) -> Self {
            platform::into_owned(socket.fd)
        }
    }
}
