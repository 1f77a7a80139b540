//! Netlink addresses.
//!
//! Owns the Rust form of `struct sockaddr_nl`. Knows no socket. Mirrors `netlink(7)`, "Address
//! formats".

use std::fmt;

use crate::error::{Error, Operation};

/// A netlink address, `struct sockaddr_nl`: a port id and a mask of multicast groups, both in host
/// order.
///
/// A port id names a socket, not a process, although the kernel likes to hand out process ids.
/// Groups above 32 do not fit the mask: join them with
/// [`Socket::add_membership`](crate::Socket::add_membership), and see them in
/// [`Received::group`](crate::Received::group).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// The port id (`nl_pid`). 0 is the kernel; in `bind` it asks the kernel to choose.
    pub port: u32,
    /// The groups 1 to 32 as a mask (`nl_groups`): group `n` is bit `n - 1`.
    pub groups: u32,
}

impl Address {
    /// The kernel itself: port 0, no group.
    pub const KERNEL: Self = Self { port: 0, groups: 0 };

    /// The socket with this port id.
    #[must_use]
    pub const fn port(port: u32) -> Self {
        Self { port, groups: 0 }
    }

    /// One of the groups 1 to 32, the only ones that an address can name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for group 0, which does not
    /// exist, and for groups above 32.
    pub fn group(group: u32) -> Result<Self, Error> {
        match group {
            1..=32 => Ok(Self {
                port: 0,
                groups: 1 << (group - 1),
            }),
            0 => Err(Error::invalid(
                Operation::Address,
                "group 0 does not exist; groups are counted from 1",
            )),
            _ => Err(Error::invalid(
                Operation::Address,
                format!(
                    "group {group} does not fit the 32-bit group mask of an address; the limit is 32"
                ),
            )),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.groups) {
            (0, 0) => f.write_str("kernel"),
            (port, 0) => write!(f, "port {port}"),
            (port, groups) => write!(f, "port {port} groups {groups:#x}"),
        }
    }
}
