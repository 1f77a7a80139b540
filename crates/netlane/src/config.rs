//! The choices of a connection, and what they do to each of its sockets. Owns
//! the options that are set, and their order.

use std::time::Duration;

use netlane_sys::{Address, Protocol, Socket, SocketKind};

use crate::Error;
use crate::home::Home;
use crate::options::where_available;
use crate::protocol::{Lanes, Traits};

/// Whether system calls that may sleep leave the caller's thread. What arrives on a
/// [single lane](crate::Lanes::Single), dumps too, is read by who drives that, and
/// a dump whose parts may come [late](crate::Dump::late) by its consumer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Offload {
    /// Operations that have not proved quick go to threads of the connection's
    /// own; quick ones run where they are awaited. A dump begins where it is
    /// awaited. One that takes longer than a millisecond is then read ahead on
    /// such a thread, and one of a kind that was seen slow from the start.
    #[default]
    Adaptive,
    /// Every request goes to a thread of the connection's own, and every dump is
    /// read ahead on one.
    Always,
    /// Every request runs where it is awaited, and every dump is read there,
    /// however long it takes.
    Never,
}

impl Offload {
    pub(crate) const fn is_aside(self, slow: bool) -> bool {
        match self {
            Self::Adaptive => slow,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// The choices, fixed once the connection is made.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) protocol: Protocol,
    pub(crate) traits: Traits,
    pub(crate) kind: SocketKind,
    pub(crate) home: Home,
    pub(crate) lanes: Lanes,
    pub(crate) peers: bool,
    pub(crate) opaque: bool,
    pub(crate) port: u32,
    pub(crate) peer: Address,
    pub(crate) strict: Option<bool>,
    pub(crate) best_effort: bool,
    pub(crate) self_healing: bool,
    pub(crate) wipe: bool,
    pub(crate) receive_buffer: Option<usize>,
    pub(crate) send_buffer: Option<usize>,
    pub(crate) frame_size: usize,
    pub(crate) deadline: Duration,
    pub(crate) event_capacity: usize,
    pub(crate) offload: Offload,
}

impl Config {
    /// A new socket with the options of this connection, not yet bound.
    pub(crate) fn open_socket(&self) -> Result<Socket, Error> {
        self.prepare(self.home.open(self.protocol, self.kind)?)
    }

    /// Sets the options that every socket gets.
    pub(crate) fn prepare(&self, socket: Socket) -> Result<Socket, Error> {
        where_available(socket.set_ext_ack(true))?;
        where_available(socket.set_cap_ack(true))?;
        match self.strict {
            Some(strict) => self.asked_for(socket.set_strict_check(strict))?,
            None if self.traits.strict => where_available(socket.set_strict_check(true))?,
            None => {}
        }
        if let Some(bytes) = self.receive_buffer
            && socket.set_receive_buffer_force(bytes).is_err()
        {
            self.asked_for(socket.set_receive_buffer(bytes))?;
        }
        if let Some(bytes) = self.send_buffer
            && socket.set_send_buffer_force(bytes).is_err()
        {
            self.asked_for(socket.set_send_buffer(bytes))?;
        }
        Ok(socket)
    }

    /// An option that the program has asked for.
    fn asked_for(&self, set: Result<(), netlane_sys::Error>) -> Result<(), Error> {
        match set {
            Err(error) if self.best_effort => {
                tracing::warn!(%error, "an option could not be set");
                Ok(())
            }
            set => Ok(set?),
        }
    }

    /// The address for a request that names none: `None` where the socket is
    /// connected to the kernel.
    pub(crate) fn default_address(&self) -> Option<Address> {
        self.peers.then_some(self.peer)
    }

    /// How many requests may share a datagram: one where it is not known that
    /// the receiver walks through all of them (KERNEL: `netlink_rcv_skb` does).
    pub(crate) const fn requests_per_datagram(&self) -> usize {
        if self.traits.walks && !self.peers && !self.opaque {
            usize::MAX
        } else {
            1
        }
    }

    /// Gives the socket its port; returns it. Where only the kernel speaks,
    /// the socket is connected to it, so that the kernel refuses forged unicast
    /// at the forger.
    pub(crate) fn settle(&self, socket: &Socket) -> Result<u32, Error> {
        if self.port != 0 {
            socket.bind(Address::port(self.port))?;
        }
        if self.peers {
            if self.port == 0 {
                socket.bind(Address::KERNEL)?;
            }
        } else {
            socket.connect(Address::KERNEL)?;
        }
        Ok(socket.local_address()?.port)
    }
}
