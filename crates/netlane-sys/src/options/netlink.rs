//! Options of `SOL_NETLINK`. Owns what each means and when a kernel lacks it. Mirrors `netlink(7)`,
//! "Socket options", and `netlink_setsockopt` in `net/netlink/af_netlink.c`.

use super::SocketOption;
use crate::{Error, Socket};

/// Sorted by C name.
impl Socket {
    /// `NETLINK_ADD_MEMBERSHIP`: joins a multicast group by its number, counted from 1.
    ///
    /// Bind first: a socket without a port id receives no multicast.
    ///
    /// # Errors
    ///
    /// Group 0, a group that the protocol does not have, or a missing capability.
    pub fn add_membership(&self, group: u32) -> Result<(), Error> {
        self.set_group(SocketOption::AddMembership, group)
    }

    /// `NETLINK_DROP_MEMBERSHIP`: leaves a multicast group. What is already queued stays queued.
    ///
    /// # Errors
    ///
    /// Group 0, or a group that the protocol does not have.
    pub fn drop_membership(&self, group: u32) -> Result<(), Error> {
        self.set_group(SocketOption::DropMembership, group)
    }

    /// `NETLINK_LIST_MEMBERSHIPS`: the numbers of the groups that the socket is a member of, in
    /// ascending order.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 4.2).
    pub fn memberships(&self) -> Result<Vec<u32>, Error> {
        let mut words = vec![0; 8];
        loop {
            let bytes = self.get_words(SocketOption::ListMemberships, &mut words)?;
            // The kernel reports the length that it would have liked to fill.
            let wanted = bytes.div_ceil(4);
            if wanted <= words.len() {
                break;
            }
            words.resize(wanted, 0);
        }
        let bits = words
            .iter()
            .flat_map(|word| (0..32).map(move |bit| word & (1 << bit) != 0));
        Ok((1..)
            .zip(bits)
            .filter(|(_, member)| *member)
            .map(|(group, _)| group)
            .collect())
    }

    /// `NETLINK_BROADCAST_ERROR`: the *sender* of a multicast learns that this socket lost it.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn set_broadcast_error(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::BroadcastError, on.into())
    }

    /// `NETLINK_BROADCAST_ERROR` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn broadcast_error(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::BroadcastError)
    }

    /// `NETLINK_CAP_ACK`: error replies carry the header of the request only, not its payload.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 4.3).
    pub fn set_cap_ack(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::CapAck, on.into())
    }

    /// `NETLINK_CAP_ACK` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn cap_ack(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::CapAck)
    }

    /// `NETLINK_EXT_ACK`: acknowledgements carry extended error reports.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 4.12).
    pub fn set_ext_ack(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::ExtAck, on.into())
    }

    /// `NETLINK_EXT_ACK` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn ext_ack(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::ExtAck)
    }

    /// `NETLINK_GET_STRICT_CHK`: get requests and dumps are checked strictly and may filter. Only
    /// `NETLINK_ROUTE` heeds it.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 4.20).
    pub fn set_strict_check(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::StrictCheck, on.into())
    }

    /// `NETLINK_GET_STRICT_CHK` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn strict_check(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::StrictCheck)
    }

    /// `NETLINK_LISTEN_ALL_NSID`: multicast from every network namespace that has an id in the
    /// socket's one.
    ///
    /// # Errors
    ///
    /// Without `CAP_NET_BROADCAST`, or if the kernel does not have the option (before Linux 4.2).
    pub fn set_listen_all_nsid(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::ListenAllNsid, on.into())
    }

    /// `NETLINK_LISTEN_ALL_NSID` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel cannot tell.
    pub fn listen_all_nsid(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::ListenAllNsid)
    }

    /// `NETLINK_NO_ENOBUFS`: losses are no longer reported by `ENOBUFS`, nor do they stop delivery
    /// until the queue is empty. Only [`MemoryInfo::drops`](crate::MemoryInfo::drops) tells
    /// of them.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn set_no_enobufs(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::NoEnobufs, on.into())
    }

    /// `NETLINK_NO_ENOBUFS` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn no_enobufs(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::NoEnobufs)
    }

    /// `NETLINK_PKTINFO`: each datagram comes with the number of its group, see
    /// [`Received::group`](crate::Received::group).
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn set_pktinfo(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::PacketInfo, on.into())
    }

    /// `NETLINK_PKTINFO` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn pktinfo(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::PacketInfo)
    }
}
