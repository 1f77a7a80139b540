//! What is known of each protocol before the first message: when it answers,
//! who may speak, how many sockets a connection to it takes. Owns these
//! defaults; the builder overrides them.

use netlane_proto::Timing;
use netlane_sys::Protocol;

/// How many sockets a connection uses for its conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lanes {
    /// One for requests, one for each running dump, one for each set of
    /// subscribed groups: nothing disturbs anything else.
    Separate,
    /// One for everything, where the socket's identity is the point: user
    /// peers, custom protocols, a fixed port id, operations that register the
    /// port, kernel state that dies with the descriptor.
    Single,
}

/// The defaults of a protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    pub(crate) timing: Timing,
    /// When the parts of a dump are there.
    pub(crate) dumps: Timing,
    pub(crate) lanes: Lanes,
    pub(crate) peers: bool,
    /// Whether strict checking (`NETLINK_GET_STRICT_CHK`) has an effect.
    pub(crate) strict: bool,
    /// Whether the receiver executes every message of a datagram.
    pub(crate) walks: bool,
    /// Whether `NLMSG_NOOP` is acknowledged where that is asked for.
    pub(crate) noop: bool,
}

impl Traits {
    pub(crate) fn of(protocol: Protocol) -> Self {
        let kernel = |timing, lanes| Self {
            timing,
            dumps: timing,
            lanes,
            peers: false,
            strict: false,
            walks: true,
            noop: true,
        };
        match protocol {
            Protocol::ROUTE => Self {
                strict: true,
                ..kernel(Timing::Synchronous, Lanes::Separate)
            },
            Protocol::SOCK_DIAG | Protocol::XFRM | Protocol::NETFILTER | Protocol::CRYPTO => {
                kernel(Timing::Synchronous, Lanes::Separate)
            }
            // Most operations answer at once, but not all, and only their own
            // definition tells which.
            // Their dumps are made by the reader (`netlink_dump`), whatever
            // the operation.
            Protocol::GENERIC => Self {
                dumps: Timing::Synchronous,
                ..kernel(Timing::Late, Lanes::Separate)
            },
            Protocol::KOBJECT_UEVENT | Protocol::RDMA => kernel(Timing::Late, Lanes::Separate),
            Protocol::USERSOCK => Self {
                peers: true,
                walks: false,
                noop: false,
                ..kernel(Timing::Late, Lanes::Single)
            },
            // They read by hand, and know no such message.
            Protocol::AUDIT | Protocol::CONNECTOR | Protocol::SELINUX | Protocol::FIB_LOOKUP => {
                Self {
                    walks: false,
                    noop: false,
                    ..kernel(Timing::Late, Lanes::Single)
                }
            }
            // Whatever a module of one's own registers.
            // Of those that read by hand, many take the first message only.
            _ => Self {
                walks: false,
                ..kernel(Timing::Late, Lanes::Single)
            },
        }
    }
}
