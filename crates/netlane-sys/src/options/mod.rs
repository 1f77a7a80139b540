//! Socket options by their C names.
//!
//! Owns the list of options and the shapes of their values. Does not choose any: defaults are the
//! transport's. Their numbers are in `platform`.

mod netlink;
mod socket;

use crate::error::{Operation, Operation::Get, Operation::Set};
use crate::{Error, ErrorKind, Socket, platform};

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
        let set = self.set_int(option, value);
        set.map_err(|error| match error.kind() {
            ErrorKind::InvalidInput => {
                error.with_explanation(format!("the protocol has no group {group} on this kernel"))
            }
            _ => error,
        })
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
