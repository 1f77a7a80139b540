//! What a lane is given: requests before they are sent, and the sizes it works
//! with. Plain data.

use netlane_proto::{Expect, Timing};
use netlane_sys::Address;
use netlane_wire::{Flags, Header};
#[cfg(test)]
use netlane_wire::{Message, kind};

use super::credit::Class;
use super::payload::Payload;

/// The sizes of a lane's buffers, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// `SO_RCVBUF` as read back.
    pub(crate) receive_buffer: usize,
    /// The longest datagram that is received whole.
    pub(crate) frame: usize,
    /// Whether buffers are overwritten after use.
    pub(crate) wipe: bool,
}

/// A request before it is sent: finished bytes and what is expected of them.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The whole message; sequence and port are filled in on sending.
    pub(crate) bytes: Payload,
    pub(crate) kind: u16,
    /// The command of generic netlink, whose families have one type for all.
    pub(crate) command: u8,
    pub(crate) expect: Expect,
    pub(crate) timing: Timing,
    /// `None`: the kernel, or whom the socket is connected to.
    pub(crate) to: Option<Address>,
    /// Goes out as it is: no conversation, no sequence number.
    pub(crate) plain: bool,
}

impl Default for Order {
    /// No message at all: what stands in for one that cannot be built.
    fn default() -> Self {
        Self {
            bytes: Payload::default(),
            kind: 0,
            command: 0,
            expect: Expect::Nothing,
            timing: Timing::Synchronous,
            to: None,
            plain: false,
        }
    }
}

impl Order {
    /// Which requests are answered with as much.
    pub(super) fn class(&self) -> Class {
        let flags = Header::read(&self.bytes).map_or(Flags::empty(), |header| header.flags);
        Class {
            kind: self.kind,
            command: self.command,
            echo: flags.contains(Flags::ECHO),
        }
    }

    /// Whether it begins a dump of the kernel, of which a socket has one at a
    /// time. A user peer may have any number.
    pub(super) fn is_kernel_dump(&self) -> bool {
        let kernel = self.to.is_none_or(|to| to == Address::KERNEL);
        self.expect == Expect::Dump && kernel
    }

    /// What does nothing but be acknowledged.
    #[cfg(test)]
    pub(super) fn ping() -> Self {
        let message = Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK);
        Self {
            bytes: message.finish().unwrap_or_default().into(),
            expect: Expect::Acknowledgement,
            ..Self::default()
        }
    }
}

/// The message type of finished bytes.
pub(crate) fn kind_of(bytes: &[u8]) -> u16 {
    Header::read(bytes).map_or(0, |header| header.kind)
}

/// How much one datagram of published requests may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coalesced {
    pub(crate) requests: usize,
    pub(crate) bytes: usize,
}

impl Default for Coalesced {
    /// Enough to spread the cost of a system call, few enough that one send
    /// stays well under the time budget.
    fn default() -> Self {
        Self {
            requests: 64,
            bytes: 16 * 1024,
        }
    }
}
