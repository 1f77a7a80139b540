//! What is known about a received datagram.
//!
//! Owns the plain result types. Knows neither the socket nor the control message layout that they
//! come from. Mirrors `netlink_recvmsg` in `net/netlink/af_netlink.c`.

use crate::Address;

/// What came with a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Bytes written to the caller's buffer.
    pub len: usize,
    /// The datagram's true length in bytes (`MSG_TRUNC`). What is above [`len`](Self::len) is lost:
    /// a datagram can be read only once.
    pub full_len: usize,
    /// Who sent it, as the kernel vouches for it (`msg_name`). The port 0 is the kernel.
    pub sender: Address,
    /// The multicast group that it was sent to, `None` for unicast.
    ///
    /// With [`set_pktinfo`](crate::Socket::set_pktinfo) (`NETLINK_PKTINFO`) this is exact; without,
    /// it is the lowest bit of the sender address's mask, which the kernel leaves empty for groups
    /// above 32.
    pub group: Option<u32>,
    /// The id of the network namespace that it came from, if that is another one than the socket's,
    /// has an id there, and [`set_listen_all_nsid`](crate::Socket::set_listen_all_nsid) is on.
    pub nsid: Option<i32>,
    /// The sender's credentials, with
    /// [`set_pass_credentials`](crate::Socket::set_pass_credentials).
    pub credentials: Option<Credentials>,
}

impl Received {
    /// Whether the buffer was too small, so that bytes were lost.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.full_len > self.len
    }
}

/// `struct ucred` of an `SCM_CREDENTIALS` control message. The kernel sends 0 for all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Process id in the receiver's pid namespace.
    pub pid: i32,
    /// User id in the receiver's user namespace.
    pub uid: u32,
    /// Group id in the receiver's user namespace.
    pub gid: u32,
}
