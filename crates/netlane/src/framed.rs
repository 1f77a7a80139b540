//! The bare netlink socket as a stream and sink of frames: no requests, no correlation.
//!
//! Owns one receive buffer and one datagram to send. Must not know conversations: programs that
//! ask the kernel want a handle; this is for peers, captures and tests. Mirrors
//! `netlink_attachskb` of `net/netlink/af_netlink.c`: a user peer whose receive buffer is full
//! gives the sender `EAGAIN`, and nothing wakes the sender when there is room again.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::{Sink, Stream};
use netlane_sys::{Address, AsyncSocket, Received};
use netlane_wire::{Frame, Malformed};
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep},
};

use crate::codec::DEFAULT_MAX_FRAME_LEN;

/// What the first receive has room for, in bytes: the kernel makes the parts of a dump as large
/// as its reader's buffer, up to this.
const INITIAL_BUFFER: usize = 32 * 1024;

/// How long a peer that does not read is tried for.
const DEFAULT_SEND_TIMEOUT: Duration = Duration::from_secs(1);

/// The first pause between two tries; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// A netlink socket as a `Stream` and a `Sink` of frames with their peers' addresses.
///
/// Each frame is sent as a datagram of its own. What is received carries the sender that the
/// kernel vouches for; a datagram of several messages gives several items.
///
/// An error is an item and does not end the stream: a truncated datagram, one with a wrong
/// length in it (the frames before it have been delivered) or a lost one (`ENOBUFS`) costs what
/// it held and nothing else. The stream ends only with the runtime. A sink's error concerns the
/// datagram that was being sent, which is dropped; the next one can be sent.
///
/// # Panics
///
/// Waiting for a peer that does not read panics on a runtime without a timer (`enable_time`).
pub struct Framed {
    socket: AsyncSocket,
    buffer: Vec<u8>,
    max_frame_len: usize,
    /// Frames of the last datagram that have not been handed out.
    datagram: Bytes,
    /// Bytes of the whole of it.
    datagram_len: usize,
    sender: Address,
    sending: Option<Sending>,
    send_timeout: Duration,
    ended: bool,
}

/// The socket and sizes; no bytes of what was received.
impl fmt::Debug for Framed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framed")
            .field("socket", &self.socket)
            .field("buffer_bytes", &self.buffer.len())
            .field("undelivered_bytes", &self.datagram.len())
            .field("sending", &self.sending.is_some())
            .finish_non_exhaustive()
    }
}

/// A datagram on its way to a peer.
struct Sending {
    frame: Frame,
    to: Address,
    /// Set at the first `EAGAIN`.
    retry: Option<Retry>,
}

struct Retry {
    since: Instant,
    pause: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Framed {
    /// Frames of up to 1 MiB over `socket`, with a second for a peer to make room.
    #[must_use]
    pub fn new(socket: AsyncSocket) -> Self {
        Self {
            socket,
            buffer: vec![0; INITIAL_BUFFER],
            max_frame_len: DEFAULT_MAX_FRAME_LEN,
            datagram: Bytes::new(),
            datagram_len: 0,
            sender: Address::KERNEL,
            sending: None,
            send_timeout: DEFAULT_SEND_TIMEOUT,
            ended: false,
        }
    }

    /// Sets what the receive buffer may grow to, in bytes. A datagram above the buffer is lost
    /// and reported, and the buffer grows for the next of its size.
    #[must_use]
    pub const fn max_frame_len(mut self, bytes: usize) -> Self {
        self.max_frame_len = bytes;
        self
    }

    /// Sets how long a peer whose receive buffer is full is tried for.
    #[must_use]
    pub const fn send_timeout(mut self, timeout: Duration) -> Self {
        self.send_timeout = timeout;
        self
    }

    /// The socket, for its options and its address.
    #[must_use]
    pub const fn socket(&self) -> &AsyncSocket {
        &self.socket
    }

    /// The socket again; frames that were received and not taken are lost.
    #[must_use]
    pub fn into_socket(self) -> AsyncSocket {
        self.socket
    }

    /// The next frame of the datagram at hand.
    fn next_frame(&mut self) -> Option<Result<(Frame, Address), FramedError>> {
        let sender = self.sender;
        let before = self.datagram.len();
        let total = self.datagram_len;
        let frame = Frame::take(&mut self.datagram)?;
        Some(match frame {
            Ok(frame) => Ok((frame, sender)),
            Err(Malformed { reason, .. }) => Err(FramedError::Malformed {
                source: Malformed {
                    offset: total.saturating_sub(before),
                    reason,
                },
                sender,
            }),
        })
    }

    /// Takes in a datagram, or says why not.
    fn accept(&mut self, received: Received) -> Result<(), FramedError> {
        if received.is_truncated() {
            self.grow(received.full_len);
            return Err(FramedError::Truncated {
                received: received.len,
                full_len: received.full_len,
                sender: received.sender,
            });
        }
        let bytes = self.buffer.get(..received.len).unwrap_or(&self.buffer);
        self.datagram_len = bytes.len();
        self.datagram = Bytes::copy_from_slice(bytes);
        self.sender = received.sender;
        Ok(())
    }

    fn grow(&mut self, wanted: usize) {
        let wanted = wanted.min(self.max_frame_len);
        if wanted > self.buffer.len() {
            self.buffer.resize(wanted, 0);
        }
    }

    /// Receives one datagram.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Received>> {
        loop {
            let guard = ready!(self.socket.poll_ready(cx)).inspect_err(|_| self.ended = true)?;
            match self.socket.socket().recv(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// Sends what is to be sent.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), FramedError>> {
        let Some(sending) = &mut self.sending else {
            return Poll::Ready(Ok(()));
        };
        let result = ready!(sending.poll(cx, &self.socket, self.send_timeout));
        self.sending = None;
        Poll::Ready(result)
    }
}

impl Sending {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        socket: &AsyncSocket,
        timeout: Duration,
    ) -> Poll<Result<(), FramedError>> {
        loop {
            if let Some(retry) = &mut self.retry {
                ready!(retry.timer.as_mut().poll(cx));
            }
            match socket.socket().send_to(self.frame.bytes(), self.to) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(timeout)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Sets the timer for the next try, or gives up.
    fn wait(&mut self, timeout: Duration) -> Result<(), FramedError> {
        let now = Instant::now();
        let (since, pause) = match &self.retry {
            None => (now, FIRST_PAUSE),
            Some(retry) => (
                retry.since,
                retry.pause.saturating_mul(2).min(LONGEST_PAUSE),
            ),
        };
        let waited = now.saturating_duration_since(since);
        let left = timeout.saturating_sub(waited);
        if left.is_zero() {
            return Err(FramedError::NotReading {
                to: self.to,
                waited,
            });
        }
        let timer = Box::pin(sleep(pause.min(left)));
        self.retry = Some(Retry {
            since,
            pause,
            timer,
        });
        Ok(())
    }
}

impl Stream for Framed {
    type Item = Result<(Frame, Address), FramedError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(item) = this.next_frame() {
            return Poll::Ready(Some(item));
        }
        if this.ended {
            return Poll::Ready(None);
        }
        // A peer that never stops sending must not keep the task from the others of its runtime.
        let budget = ready!(coop::poll_proceed(cx));
        let received = ready!(this.poll_receive(cx));
        budget.made_progress();
        if let Err(error) = received
            .map_err(FramedError::from)
            .and_then(|r| this.accept(r))
        {
            return Poll::Ready(Some(Err(error)));
        }
        match this.next_frame() {
            Some(item) => Poll::Ready(Some(item)),
            // An empty datagram, which the kernel does not deliver.
            None => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

impl Sink<(Frame, Address)> for Framed {
    type Error = FramedError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), FramedError>> {
        self.get_mut().poll_send(cx)
    }

    fn start_send(self: Pin<&mut Self>, (frame, to): (Frame, Address)) -> Result<(), FramedError> {
        self.get_mut().sending = Some(Sending {
            frame,
            to,
            retry: None,
        });
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), FramedError>> {
        self.get_mut().poll_send(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), FramedError>> {
        self.get_mut().poll_send(cx)
    }
}

/// What went wrong with one datagram.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FramedError {
    /// The system call failed. `ENOBUFS` from the stream: the receive buffer was full and
    /// datagrams were lost.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A datagram was larger than the receive buffer and is lost.
    #[error("a datagram of {full_len} bytes from {sender} was cut at {received}")]
    Truncated {
        /// Bytes that the buffer had room for.
        received: usize,
        /// Bytes of the datagram.
        full_len: usize,
        /// Who sent it.
        sender: Address,
    },
    /// A datagram holds a message with a wrong length; the rest of it is lost.
    #[error("a malformed datagram from {sender}")]
    Malformed {
        /// What is wrong, and where in the datagram.
        source: Malformed,
        /// Who sent it.
        sender: Address,
    },
    /// A peer's receive buffer stayed full: it does not read. The datagram was not sent.
    #[error("{to} did not read for {waited:?}; the datagram was not sent")]
    NotReading {
        /// The peer.
        to: Address,
        /// How long it was tried.
        waited: Duration,
    },
}

impl From<FramedError> for io::Error {
    fn from(error: FramedError) -> Self {
        let kind = match error {
            FramedError::Io(error) => return error,
            FramedError::Truncated { .. } | FramedError::Malformed { .. } => {
                io::ErrorKind::InvalidData
            }
            FramedError::NotReading { .. } => io::ErrorKind::TimedOut,
        };
        Self::new(kind, error)
    }
}
