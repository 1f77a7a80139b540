//! A scripted program at the other end of a real netlink socket.
//! Owns a USERSOCK socket and the thread that plays the script on it; must not know the
//! transport under test. Mirrors what the kernel's af_netlink.c does for user-to-user messages.
//!
//! A peer answers from another thread, so always late. It does not stand in for a kernel that
//! answers inside the send.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use netlane_sys::{Address, Protocol, Socket, SocketKind};
use netlane_wire::{Flags, Header, Message, kind, set_sequence_port};

/// How long a send to a program that does not read is tried again.
const SEND_PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries: the kernel tells nobody when such a program reads again.
const SEND_PAUSE: Duration = Duration::from_millis(1);
/// A bound on a wait that only ends by a datagram; the stop flag is looked at in between.
const IDLE: Duration = Duration::from_secs(1);
/// Room for any datagram that the default send buffer allows, in bytes.
const BUFFER: usize = 256 * 1024;

/// What a peer received.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The whole datagram.
    pub bytes: &'a [u8],
    /// The sender's port id.
    pub sender: u32,
}

/// What a peer does about it, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Sends a datagram to the sender.
    Reply(Vec<u8>),
    /// Sends a datagram to the sender from another port, as a forger would.
    Forge(Vec<u8>),
    /// Sends a datagram to another port.
    SendTo(u32, Vec<u8>),
    /// Sends a datagram to everybody in a multicast group.
    Multicast(u32, Vec<u8>),
    /// Sends a datagram to a group as often as it says: 1 000 fill a default receive buffer.
    Flood(u32, usize, Vec<u8>),
    /// Does nothing for a while.
    Wait(Duration),
}

/// A program on NETLINK_USERSOCK, played by a thread until this value is dropped.
///
/// Unicast needs no privilege. Joining a USERSOCK group needs CAP_NET_ADMIN, sending to it does
/// not; [`in_namespace`](crate::in_namespace) gives both.
///
/// ```
/// use netlane_testkit::{Peer, Step};
///
/// # #[cfg(target_os = "linux")]
/// # fn main() -> std::io::Result<()> {
/// let peer = Peer::start(|request| vec![
///     Step::Reply(request.answer_as(77).frame(0x20, b"not yours")),
///     Step::Reply(request.answer().frame(0x20, b"yours")),
/// ])?;
/// assert_ne!(peer.port(), 0);
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "the peer stops when this is dropped"]
pub struct Peer {
    stage: Arc<Stage>,
    port: u32,
    player: Option<JoinHandle<()>>,
}

impl Peer {
    /// Starts a peer in the calling thread's network namespace. `script` is called for every
    /// datagram; the steps that it returns are done before the next one is read.
    ///
    /// # Errors
    ///
    /// Where a USERSOCK socket cannot be had.
    pub fn start<S>(script: S) -> io::Result<Self>
    where
        S: FnMut(&Incoming<'_>) -> Vec<Step> + Send + 'static,
    {
        let stage = Arc::new(Stage::open()?);
        let port = stage.socket.local_address()?.port;
        let player = thread::Builder::new()
            .name("netlane peer".to_owned())
            .spawn({
                let stage = Arc::clone(&stage);
                move || stage.play(script)
            })?;
        Ok(Self {
            stage,
            port,
            player: Some(player),
        })
    }

    /// A peer that sends every datagram back as it came.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn echo() -> io::Result<Self> {
        Self::start(|request| vec![Step::Reply(request.bytes.to_vec())])
    }

    /// The port id at which it listens.
    #[must_use]
    pub const fn port(&self) -> u32 {
        self.port
    }

    /// Does a step now, from the calling thread. There is no request, so nobody to
    /// [`Step::Reply`] or [`Step::Forge`] to: such a step counts as undelivered.
    pub fn act(&self, step: Step) {
        self.stage.act(None, step);
    }

    /// The datagrams received so far.
    #[must_use]
    pub fn received(&self) -> Vec<Vec<u8>> {
        lock(&self.stage.received).clone()
    }

    /// How many unicast datagrams could not be delivered: the program was gone, or did not read
    /// for five seconds.
    #[must_use]
    pub fn undelivered(&self) -> usize {
        self.stage.undelivered.load(Ordering::Relaxed)
    }
}

impl Drop for Peer {
    /// Stops the thread and passes on the panic of its script.
    fn drop(&mut self) {
        self.stage.stop.store(true, Ordering::Release);
        // Any datagram ends the wait. If the queue is full, there is no wait to end.
        let wake = self.stage.forger.send_to(&[0], Address::port(self.port));
        drop(wake);
        let Some(player) = self.player.take() else {
            return;
        };
        player.thread().unpark();
        if let Err(panic) = player.join()
            && !thread::panicking()
        {
            panic::resume_unwind(panic);
        }
    }
}

impl Incoming<'_> {
    /// The header of its first frame; all zero where the datagram is too short for one.
    #[must_use]
    pub fn header(&self) -> Header {
        Header::read(self.bytes).unwrap_or(Header {
            len: 0,
            kind: 0,
            flags: Flags::empty(),
            sequence: 0,
            port: 0,
        })
    }

    /// Builds answers under the request's own sequence number.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.answer_as(self.header().sequence)
    }

    /// Builds answers under another sequence number.
    #[must_use]
    pub fn answer_as(&self, sequence: u32) -> Answer {
        Answer {
            header: Header {
                sequence,
                ..self.header()
            },
            port: self.sender,
        }
    }
}

/// Builds the datagrams that answer one request, each addressed to its sender's port.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    header: Header,
    port: u32,
}

impl Answer {
    /// A datagram of one frame without flags.
    #[must_use]
    pub fn frame(&self, kind: u16, payload: &[u8]) -> Vec<u8> {
        self.flagged(kind, Flags::empty(), payload)
    }

    /// The acknowledgement that a kernel would send: `errno` is positive, or 0 for success.
    #[must_use]
    pub fn acknowledge(&self, errno: i32) -> Vec<u8> {
        let mut payload = errno.wrapping_neg().to_ne_bytes().to_vec();
        payload.extend_from_slice(&self.header.to_bytes());
        self.flagged(kind::ERROR, Flags::CAPPED, &payload)
    }

    /// A datagram with one frame per payload, each marked MULTI, and a DONE.
    #[must_use]
    pub fn multi_part(&self, kind: u16, payloads: &[&[u8]]) -> Vec<u8> {
        let mut datagram = Vec::new();
        for payload in payloads {
            datagram.extend(self.flagged(kind, Flags::MULTI, payload));
            datagram.resize(datagram.len().next_multiple_of(4), 0);
        }
        datagram.extend(self.flagged(kind::DONE, Flags::MULTI, &0i32.to_ne_bytes()));
        datagram
    }

    fn flagged(&self, kind: u16, flags: Flags, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Message::raw(kind, flags, payload)
            .finish()
            .unwrap_or_else(|error| panic!("the script's answer cannot be built: {error}"));
        set_sequence_port(&mut bytes, self.header.sequence, self.port);
        bytes
    }
}

/// What the peer's value and its thread share.
#[derive(Debug)]
struct Stage {
    socket: Socket,
    forger: Socket,
    stop: AtomicBool,
    received: Mutex<Vec<Vec<u8>>>,
    undelivered: AtomicUsize,
}

impl Stage {
    fn open() -> io::Result<Self> {
        let open = || -> io::Result<Socket> {
            let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw)?;
            socket.bind(Address::KERNEL)?;
            Ok(socket)
        };
        Ok(Self {
            socket: open()?,
            forger: open()?,
            stop: AtomicBool::new(false),
            received: Mutex::default(),
            undelivered: AtomicUsize::new(0),
        })
    }

    fn play(&self, mut script: impl FnMut(&Incoming<'_>) -> Vec<Step>) {
        let mut buffer = vec![0; BUFFER];
        while !self.stopped() {
            let received = match self.socket.recv(&mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    netlane_sys::wait_readable(&self.socket, IDLE)
                        .unwrap_or_else(|error| panic!("the peer cannot wait: {error}"));
                    continue;
                }
                Err(error) => panic!("the peer cannot receive: {error}"),
            };
            if self.stopped() {
                return;
            }
            let bytes = buffer.get(..received.len).unwrap_or_default();
            lock(&self.received).push(bytes.to_vec());
            let request = Incoming {
                bytes,
                sender: received.sender.port,
            };
            for step in script(&request) {
                self.act(Some(request.sender), step);
            }
        }
    }

    fn act(&self, requester: Option<u32>, step: Step) {
        match step {
            Step::Reply(bytes) => self.deliver(&self.socket, requester, &bytes),
            Step::Forge(bytes) => self.deliver(&self.forger, requester, &bytes),
            Step::SendTo(port, bytes) => self.deliver(&self.socket, Some(port), &bytes),
            Step::Multicast(group, bytes) => self.multicast(group, 1, &bytes),
            Step::Flood(group, times, bytes) => self.multicast(group, times, &bytes),
            Step::Wait(time) => self.pause(time),
        }
    }

    fn deliver(&self, from: &Socket, to: Option<u32>, bytes: &[u8]) {
        let deadline = Instant::now() + SEND_PATIENCE;
        let delivered = to.is_some_and(|port| {
            loop {
                match from.send_to(bytes, Address::port(port)) {
                    Ok(_) => return true,
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return false,
                    Err(_) if Instant::now() >= deadline || self.stopped() => return false,
                    Err(_) => self.pause(SEND_PAUSE),
                }
            }
        });
        if !delivered {
            self.undelivered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A multicast never waits: a listener that cannot take it loses it, and learns that. That
    /// nobody listens is an error to the sender, and none to a script.
    fn multicast(&self, group: u32, times: usize, bytes: &[u8]) {
        let to = Address::group(group)
            .unwrap_or_else(|error| panic!("the script's group {group}: {error}"));
        for _ in 0..times {
            match self.socket.send_to(bytes, to) {
                Err(error) if !is_loss(&error) => panic!("the peer cannot multicast: {error}"),
                _ => {}
            }
        }
    }

    fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.stopped() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::park_timeout(left);
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// Whether a multicast reached nobody, or not everybody.
fn is_loss(error: &io::Error) -> bool {
    const ESRCH: i32 = 3;
    const ENOBUFS: i32 = 105;
    matches!(error.raw_os_error(), Some(ESRCH | ENOBUFS))
        || error.kind() == io::ErrorKind::ConnectionRefused
}

/// A script that panicked is reported by its thread; what it noted stays readable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
