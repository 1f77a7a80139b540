//! What the state machine is told from outside: the socket's profile and each
//! datagram with its envelope. Mirrors `struct sockaddr_nl` and the control
//! messages of netlink(7); knows nothing of how they were read.

/// What kind of socket the conversations run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The socket's own port id (`nl_pid`), host order.
    pub port: u32,
    /// Whether frames of other user programs belong here. Otherwise only the
    /// kernel (sender port 0) is heard.
    pub peers: bool,
    /// Whether the protocol uses message types below `NLMSG_MIN_TYPE` (16) for
    /// its own messages. Then no frame is read as a control message.
    pub opaque: bool,
    /// Whether the socket may be a member of a multicast group. On one that
    /// is not, a group number on a frame (as on echoed replies) says nothing.
    pub member: bool,
}

impl Profile {
    /// A socket that talks with the kernel alone and is in no group.
    #[must_use]
    pub const fn kernel(port: u32) -> Self {
        Self {
            port,
            peers: false,
            opaque: false,
            member: false,
        }
    }
}

/// One datagram as the socket gave it.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// The bytes that fitted into the buffer: frames in host order.
    pub bytes: &'a [u8],
    /// The datagram's true length in bytes; more than `bytes` if it was cut.
    pub full_len: usize,
    /// Port id of the sender; 0 is the kernel. The only trustworthy origin.
    pub sender: u32,
    /// The multicast group it was sent to, if any (`NETLINK_PKTINFO`).
    pub group: Option<u32>,
    /// The network namespace id it came from, if it is not the socket's own.
    pub nsid: Option<i32>,
}

impl<'a> Datagram<'a> {
    /// A whole unicast datagram sent by the kernel.
    #[must_use]
    pub const fn from_kernel(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            full_len: bytes.len(),
            sender: 0,
            group: None,
            nsid: None,
        }
    }

    /// Whether bytes are missing because the receive buffer was too small.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.full_len > self.bytes.len()
    }
}
