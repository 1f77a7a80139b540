//! Socket options by their C names.
//!
//! Owns the list of options, what each means, and which privilege it needs. Does not choose any:
//! defaults are the transport's. Their numbers are in `platform`. Mirrors `netlink(7)`, "Socket
//! options", `socket(7)`, and `netlink_setsockopt` in `net/netlink/af_netlink.c`.

use std::io;

use crate::{
    Error, FilterInstruction, MemoryInfo, Socket, bpf,
    error::{Operation, Operation::Get, Operation::Set},
    platform,
};

/// Options of `SOL_NETLINK`, sorted by C name.
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
    /// until the queue is empty. Only [`MemoryInfo::drops`] tells of them.
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

/// Options of `SOL_SOCKET`, sorted by C name.
impl Socket {
    /// `SO_ATTACH_FILTER`: runs a classic BPF program on each datagram before it is queued, in
    /// place of the present one.
    ///
    /// # Errors
    ///
    /// A program that is empty or longer than [`bpf::MAX_INSTRUCTIONS`], that the kernel's verifier
    /// refuses, or that would replace a locked one.
    pub fn attach_filter(&self, program: &[FilterInstruction]) -> Result<(), Error> {
        let operation = Set(SocketOption::AttachFilter);
        if program.is_empty() || program.len() > bpf::MAX_INSTRUCTIONS {
            return Err(Error::invalid(
                operation,
                format!(
                    "a filter has 1 to {} instructions, not {}",
                    bpf::MAX_INSTRUCTIONS,
                    program.len()
                ),
            ));
        }
        platform::attach_filter(self.fd(), program).map_err(|source| {
            let error = Error::new(operation, source);
            match error.kind() {
                crate::ErrorKind::InvalidInput => {
                    error.with_explanation("the kernel's verifier refused the program")
                }
                _ => error,
            }
        })
    }

    /// `SO_DETACH_FILTER`: removes the filter.
    ///
    /// # Errors
    ///
    /// If there is none, or it is locked.
    pub fn detach_filter(&self) -> Result<(), Error> {
        self.set_int(SocketOption::DetachFilter, 0)
    }

    /// `SO_ERROR`: takes the socket's pending error, which is then not reported by a later receive.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn take_error(&self) -> Result<Option<io::Error>, Error> {
        let number = self.get_int(SocketOption::Error)?;
        Ok((number != 0).then(|| io::Error::from_raw_os_error(number)))
    }

    /// `SO_LOCK_FILTER`: from now on the filter can be neither replaced nor removed. There is no
    /// unlocking.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 3.9).
    pub fn lock_filter(&self) -> Result<(), Error> {
        self.set_int(SocketOption::LockFilter, 1)
    }

    /// `SO_LOCK_FILTER` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn filter_locked(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::LockFilter)
    }

    /// `SO_MEMINFO`: the memory of the queues, and how many datagrams were dropped.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 4.12).
    pub fn memory_info(&self) -> Result<MemoryInfo, Error> {
        let mut words = [0; MemoryInfo::WORDS];
        self.get_words(SocketOption::MemoryInfo, &mut words)?;
        Ok(MemoryInfo::from_words(words))
    }

    /// `SO_PASSCRED`: each datagram comes with its sender's credentials.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn set_pass_credentials(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::PassCredentials, on.into())
    }

    /// `SO_PASSCRED` as it is now.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn pass_credentials(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::PassCredentials)
    }

    /// `SO_RCVBUF`: asks for a receive buffer of this many bytes. The kernel silently caps it at
    /// `net.core.rmem_max` and then doubles it: read [`receive_buffer`](Self::receive_buffer) back.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::ReceiveBuffer, bytes)
    }

    /// `SO_RCVBUFFORCE`: as [`set_receive_buffer`](Self::set_receive_buffer), without the cap.
    ///
    /// # Errors
    ///
    /// Without `CAP_NET_ADMIN` in the initial user namespace; in a container usually. The fall back
    /// to `SO_RCVBUF` is the caller's.
    pub fn set_receive_buffer_force(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::ReceiveBufferForce, bytes)
    }

    /// `SO_RCVBUF` as it is now, in bytes of kernel memory: twice what was granted.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn receive_buffer(&self) -> Result<usize, Error> {
        self.get_size(SocketOption::ReceiveBuffer)
    }

    /// `SO_SNDBUF`: asks for a send buffer of this many bytes; capped at `net.core.wmem_max` and
    /// doubled as with [`set_receive_buffer`](Self::set_receive_buffer). A datagram may be as long
    /// as the result - 32.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn set_send_buffer(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::SendBuffer, bytes)
    }

    /// `SO_SNDBUFFORCE`: as [`set_send_buffer`](Self::set_send_buffer), without the cap.
    ///
    /// # Errors
    ///
    /// Without `CAP_NET_ADMIN` in the initial user namespace.
    pub fn set_send_buffer_force(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::SendBufferForce, bytes)
    }

    /// `SO_SNDBUF` as it is now, in bytes of kernel memory.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn send_buffer(&self) -> Result<usize, Error> {
        self.get_size(SocketOption::SendBuffer)
    }
}

/// The four shapes of option values.
impl Socket {
    fn set_int(&self, option: SocketOption, value: i32) -> Result<(), Error> {
        platform::set_int(self.fd(), option, value)
            .map_err(|source| Error::new(Set(option), source))
    }

    pub(crate) fn get_int(&self, option: SocketOption) -> Result<i32, Error> {
        platform::get_int(self.fd(), option).map_err(|source| Error::new(Get(option), source))
    }

    fn get_bool(&self, option: SocketOption) -> Result<bool, Error> {
        self.get_int(option).map(|value| value != 0)
    }

    fn get_words(&self, option: SocketOption, words: &mut [u32]) -> Result<usize, Error> {
        platform::get_words(self.fd(), option, words)
            .map_err(|source| Error::new(Get(option), source))
    }

    fn set_group(&self, option: SocketOption, group: u32) -> Result<(), Error> {
        let operation: Operation = Set(option);
        if group == 0 {
            return Err(Error::invalid(
                operation,
                "group 0 does not exist; groups are counted from 1",
            ));
        }
        let value = i32::try_from(group).map_err(|_| {
            Error::invalid(
                operation,
                format!("group {group} is above the limit of {}", i32::MAX),
            )
        })?;
        self.set_int(option, value)
    }

    /// The kernel caps sizes itself, far below this saturation.
    fn set_size(&self, option: SocketOption, bytes: usize) -> Result<(), Error> {
        self.set_int(option, i32::try_from(bytes).unwrap_or(i32::MAX))
    }

    fn get_size(&self, option: SocketOption) -> Result<usize, Error> {
        self.get_int(option)
            .map(|value| usize::try_from(value).unwrap_or(0))
    }
}

/// An option, without its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketOption {
    AddMembership,
    BroadcastError,
    CapAck,
    DropMembership,
    ExtAck,
    ListMemberships,
    ListenAllNsid,
    NoEnobufs,
    PacketInfo,
    StrictCheck,
    AttachFilter,
    DetachFilter,
    Error,
    LockFilter,
    MemoryInfo,
    PassCredentials,
    Protocol,
    ReceiveBuffer,
    ReceiveBufferForce,
    SendBuffer,
    SendBufferForce,
}

impl SocketOption {
    /// The C name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AddMembership => "NETLINK_ADD_MEMBERSHIP",
            Self::BroadcastError => "NETLINK_BROADCAST_ERROR",
            Self::CapAck => "NETLINK_CAP_ACK",
            Self::DropMembership => "NETLINK_DROP_MEMBERSHIP",
            Self::ExtAck => "NETLINK_EXT_ACK",
            Self::ListMemberships => "NETLINK_LIST_MEMBERSHIPS",
            Self::ListenAllNsid => "NETLINK_LISTEN_ALL_NSID",
            Self::NoEnobufs => "NETLINK_NO_ENOBUFS",
            Self::PacketInfo => "NETLINK_PKTINFO",
            Self::StrictCheck => "NETLINK_GET_STRICT_CHK",
            Self::AttachFilter => "SO_ATTACH_FILTER",
            Self::DetachFilter => "SO_DETACH_FILTER",
            Self::Error => "SO_ERROR",
            Self::LockFilter => "SO_LOCK_FILTER",
            Self::MemoryInfo => "SO_MEMINFO",
            Self::PassCredentials => "SO_PASSCRED",
            Self::Protocol => "SO_PROTOCOL",
            Self::ReceiveBuffer => "SO_RCVBUF",
            Self::ReceiveBufferForce => "SO_RCVBUFFORCE",
            Self::SendBuffer => "SO_SNDBUF",
            Self::SendBufferForce => "SO_SNDBUFFORCE",
        }
    }

    /// What `EPERM` means when this is set.
    pub(crate) fn permission(self) -> Option<&'static str> {
        match self {
            Self::AddMembership => Some(
                "this group needs a capability in the user namespace that owns the network namespace: CAP_NET_ADMIN, \
                 or as the family asks (CAP_SYS_ADMIN for some generic netlink groups, CAP_AUDIT_READ for audit)",
            ),
            Self::ListenAllNsid => Some(
                "it needs CAP_NET_BROADCAST in the user namespace that owns the network namespace",
            ),
            Self::ReceiveBufferForce | Self::SendBufferForce => {
                Some("it needs CAP_NET_ADMIN in the initial user namespace")
            }
            Self::AttachFilter | Self::DetachFilter | Self::LockFilter => {
                Some("the filter was locked with SO_LOCK_FILTER, which cannot be undone")
            }
            _ => None,
        }
    }
}
