//! How a connection is made: every choice with its default. Owns what can be
//! chosen; what a choice does to a socket is `config.rs`'s.

use std::time::Duration;

use netlane_proto::Profile;
use netlane_sys::{Address, Namespace, Protocol, Socket, SocketKind};

use crate::config::{Config, Offload};
use crate::connection::Connection;
use crate::handle::Handle;
use crate::home::Home;
use crate::options::where_available;
use crate::protocol::{Lanes, Traits};
use crate::shared::Shared;
use crate::{Error, workers::Workers};

/// Builds a connection. [`connect`](crate::connect) is the short form for the
/// defaults.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), netlane::Error> {
/// use std::time::Duration;
/// let (handle, connection) = netlane::Builder::new(netlane::Protocol::ROUTE)
///     .deadline(Duration::from_secs(5))
///     .connect()?;
/// tokio::spawn(connection);
/// handle.ping().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `connect` is called"]
pub struct Builder {
    config: Config,
    socket: Option<Socket>,
    /// A namespace was named.
    moved: bool,
    worker_threads: usize,
}

impl Builder {
    /// The defaults for a protocol.
    pub fn new(protocol: Protocol) -> Self {
        let traits = Traits::of(protocol);
        let config = Config {
            protocol,
            traits,
            kind: SocketKind::Raw,
            home: Home::find(&Namespace::Current),
            lanes: traits.lanes,
            peers: traits.peers,
            opaque: false,
            port: 0,
            peer: Address::KERNEL,
            strict: None,
            best_effort: false,
            self_healing: false,
            wipe: false,
            receive_buffer: None,
            send_buffer: None,
            frame_size: FRAME_SIZE,
            deadline: DEADLINE,
            event_capacity: EVENT_CAPACITY,
            offload: Offload::default(),
        };
        Self {
            config,
            socket: None,
            moved: false,
            worker_threads: WORKER_THREADS,
        }
    }

    /// Opens the sockets in this network namespace instead of the one of the
    /// thread that made this builder. It is found now, once: sockets that are
    /// opened later, for dumps and events, are in the same, whatever thread
    /// asks for them. One that is not there is an error of
    /// [`connect`](Self::connect), as it is beside an adopted
    /// [socket](Self::socket), which stays where it was opened.
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.config.home = Home::find(&namespace);
        self.moved = true;
        self
    }

    /// One socket for everything, or one for each kind of conversation.
    pub const fn lanes(mut self, lanes: Lanes) -> Self {
        self.config.lanes = lanes;
        self
    }

    /// `SOCK_RAW` (the default) or `SOCK_DGRAM`; the kernel makes no difference.
    pub const fn kind(mut self, kind: SocketKind) -> Self {
        self.config.kind = kind;
        self
    }

    /// The port id to bind, host order; 0 (the default) lets the kernel choose.
    /// A fixed port implies a [single lane](Lanes::Single).
    pub const fn port(mut self, port: u32) -> Self {
        self.config.port = port;
        if port != 0 {
            self.config.lanes = Lanes::Single;
        }
        self
    }

    /// Lets frames of other user programs pass, and makes `peer` the one that
    /// requests go to. Implies a [single lane](Lanes::Single).
    pub const fn peer(mut self, peer: Address) -> Self {
        self.config.peer = peer;
        self.config.peers = true;
        self.config.lanes = Lanes::Single;
        self
    }

    /// The protocol uses message types below 16 for its own messages: no frame
    /// is read as a control message, and requests promise no acknowledgement.
    pub const fn opaque_types(mut self) -> Self {
        self.config.opaque = true;
        self
    }

    /// Strict checking of requests (`NETLINK_GET_STRICT_CHK`): on where the
    /// protocol and the kernel have it, if not said. `true` makes its absence
    /// an error.
    pub const fn strict(mut self, strict: bool) -> Self {
        self.config.strict = Some(strict);
        self
    }

    /// Replaces the socket of a subscription if it fails, and rejoins its
    /// groups; each subscriber is told of the gap
    /// ([`LossCause::Reopened`](crate::LossCause::Reopened)). Off if not said:
    /// then it ends with the error. A request lane is never replaced: what the
    /// kernel kept for its port is lost with the socket, so the connection ends,
    /// and every waiter is told why. Connect anew, and make that state anew.
    pub const fn self_healing(mut self, on: bool) -> Self {
        self.config.self_healing = on;
        self
    }

    /// Overwrites receive buffers, and requests once they are dropped, with
    /// zeroes: for protocols that carry keys. Replies, and messages before they
    /// are handed over, are the program's own.
    pub const fn wipe_buffers(mut self) -> Self {
        self.config.wipe = true;
        self
    }

    /// Goes on without options that were asked for and cannot be set, instead
    /// of failing. [`Handle::options`] tells what is in force.
    pub const fn best_effort(mut self) -> Self {
        self.config.best_effort = true;
        self
    }

    /// The sockets' receive buffer in bytes (`SO_RCVBUFFORCE` if permitted,
    /// else `SO_RCVBUF`, which the kernel caps at `net.core.rmem_max` and
    /// doubles).
    pub const fn receive_buffer(mut self, bytes: usize) -> Self {
        self.config.receive_buffer = Some(bytes);
        self
    }

    /// The sockets' send buffer in bytes; a message may be 32 bytes shorter.
    pub const fn send_buffer(mut self, bytes: usize) -> Self {
        self.config.send_buffer = Some(bytes);
        self
    }

    /// The longest datagram that is received whole, in bytes: 32 KiB if not
    /// said, which is what the kernel fills at most in a dump. At least 8 KiB. A
    /// dump has one buffer of that length, and seven more once a thread reads ahead.
    pub fn frame_size(mut self, bytes: usize) -> Self {
        self.config.frame_size = bytes.max(MIN_FRAME_SIZE);
        self
    }

    /// How long a request waits for its answer if it does not say itself: 30
    /// seconds if not said here.
    pub const fn deadline(mut self, limit: Duration) -> Self {
        self.config.deadline = limit;
        self
    }

    /// How many events a subscription, and messages an inbound stream, hold
    /// for a slow consumer if not said there: 1024.
    pub const fn event_capacity(mut self, events: usize) -> Self {
        self.config.event_capacity = events;
        self
    }

    /// Where system calls that may sleep are made, and long dumps read.
    pub const fn offload(mut self, offload: Offload) -> Self {
        self.config.offload = offload;
        self
    }

    /// How many threads of the connection's own may be in such calls at once:
    /// 16 if not said. They are started when needed. Dumps that are read on them
    /// step aside for requests that wait.
    pub const fn offload_threads(mut self, threads: usize) -> Self {
        self.worker_threads = threads;
        self
    }

    /// Runs on this socket, inherited or prepared by the program, as a
    /// connection with a [single lane](Lanes::Single). Its options are set as
    /// for a new one; its memberships, port and namespace stay, and to ask for
    /// others is an error of [`connect`](Self::connect).
    pub fn socket(mut self, socket: Socket) -> Self {
        self.socket = Some(socket);
        self.config.lanes = Lanes::Single;
        self
    }

    /// Opens the socket. The [`Connection`] is to be spawned, or polled
    /// otherwise: it drives what no caller drives.
    ///
    /// # Errors
    ///
    /// If a socket or an option cannot be had; the error names it, and says
    /// which capability or kernel module would provide it.
    pub fn connect(self) -> Result<(Handle, Connection), Error> {
        let mut config = self.config;
        let adopted = self.socket.is_some();
        if adopted || config.peers || config.port != 0 {
            config.lanes = Lanes::Single;
        }
        let (socket, port) = match self.socket {
            Some(socket) => adopt(socket, &mut config, self.moved)?,
            None => {
                let socket = config.open_socket()?;
                let port = config.settle(&socket)?;
                (socket, port)
            }
        };
        if config.lanes == Lanes::Single {
            where_available(socket.set_pktinfo(true))?;
        }
        let memberships = if adopted {
            socket.memberships()?
        } else {
            Vec::new()
        };
        let member = !memberships.is_empty();
        let profile = Profile {
            port,
            peers: config.peers,
            opaque: config.opaque,
            member,
        };
        let shared = Shared::new(config, socket, profile, Workers::new(self.worker_threads))?;
        shared.events.keep(memberships);
        Ok(Connection::new(shared))
    }

    /// [`connect`](Self::connect), and spawns the connection on the current
    /// runtime.
    ///
    /// # Errors
    ///
    /// As `connect`; and if there is no runtime.
    pub fn spawn(self) -> Result<Handle, Error> {
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|_| Error::invalid("spawning a connection needs a tokio runtime"))?;
        let (handle, connection) = self.connect()?;
        runtime.spawn(connection);
        Ok(handle)
    }
}

/// Sets up a socket that was opened by others; returns it with its port.
fn adopt(socket: Socket, config: &mut Config, moved: bool) -> Result<(Socket, u32), Error> {
    let (protocol, wanted) = (socket.protocol()?, config.protocol);
    if protocol != wanted {
        return Err(Error::invalid(format!(
            "a socket of {protocol} for a connection to {wanted}"
        )));
    }
    if moved {
        return Err(Error::invalid(
            "an adopted socket stays in the network namespace it was opened in",
        ));
    }
    let (bound, wanted) = (socket.local_address()?.port, config.port);
    if bound != 0 && wanted != 0 && bound != wanted {
        return Err(Error::invalid(format!(
            "a socket bound to port {bound} for a connection at port {wanted}"
        )));
    }
    let socket = config.prepare(socket)?;
    let port = match bound {
        0 => config.settle(&socket)?,
        bound => bound,
    };
    config.port = port;
    Ok((socket, port))
}

/// The most the kernel puts into one part of a dump is 32 448 bytes.
const FRAME_SIZE: usize = 32 * 1024;
const MIN_FRAME_SIZE: usize = 8 * 1024;
const DEADLINE: Duration = Duration::from_secs(30);
const EVENT_CAPACITY: usize = 1024;
/// Deleting 64 veth pairs takes 1.1 s one by one, 0.30 s on 4 threads, 0.20 s
/// on 16 (measured on 6.18).
const WORKER_THREADS: usize = 16;
