//! The handle: what a program calls. Owns the verbs; each is a thin door to
//! the future or stream that does the work.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use netlane_proto::{Expect, Timing};
use netlane_sys::{Address, Protocol};
use netlane_wire::{Flags, Frame, Message, Request};

use crate::deadline::Deadline;
use crate::events::{Subscribe, Subscription};
use crate::shared::Shared;
use crate::typed::Records;
use crate::{Batch, Dump, Error, Exchange, Inbound, Options, Statistics, Transaction};

/// Keeps the connection alive while something of it is in use.
pub(crate) type Keep = Arc<Alive>;

/// Held by every handle, dump, subscription and stream.
pub(crate) struct Alive {
    pub(crate) shared: Arc<Shared>,
}

/// Which connection it is, and none of the bytes that pass through it.
impl fmt::Debug for Alive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alive")
            .field("protocol", &self.shared.config.protocol)
            .field("port", &self.shared.port)
            .finish_non_exhaustive()
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

/// A handle to a connection: clone it freely, use it from any task, thread and
/// runtime.
///
/// The connection lives while any handle, dump, subscription or stream of it
/// does. See [`Exchange`] for what is ordered with what.
#[derive(Clone, Debug)]
pub struct Handle {
    keep: Keep,
}

impl Handle {
    pub(crate) const fn new(keep: Keep) -> Self {
        Self { keep }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.keep.shared
    }

    /// Sends a request and waits for its acknowledgement, with the replies that
    /// precede it. `NLM_F_REQUEST` and `NLM_F_ACK` are added.
    ///
    /// # Errors
    ///
    /// What happened to the request: see [`ErrorKind`](crate::ErrorKind).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), netlane::Error> {
    /// use netlane::wire::{Flags, Message};
    /// let handle = netlane::spawn(netlane::Protocol::ROUTE)?;
    /// // RTM_GETLINK of the loopback device, by its index.
    /// let mut ifinfomsg = [0; 16];
    /// ifinfomsg[4..8].copy_from_slice(&1u32.to_ne_bytes());
    /// let message = Message::new(18, Flags::empty()).with_header(&ifinfomsg);
    /// let answer = handle.request(message).await?;
    /// assert_eq!(answer.replies.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, message: Message) -> Exchange {
        let expect = match self.shared().config.opaque {
            true => Expect::Reply,
            false => Expect::Acknowledgement,
        };
        Exchange::new(self.keep.clone(), message, expect)
    }

    /// Sends a request and returns its one reply.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request); and if no reply or more than one came.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`].
    pub async fn request_one(&self, message: Message) -> Result<Frame, Error> {
        let mut replies = self.request(message).await?.replies;
        match (replies.pop(), replies.len()) {
            (Some(frame), 0) => Ok(frame),
            (None, _) => Err(Error::unexpected("no reply came, only an acknowledgement")),
            (Some(_), more) => Err(Error::unexpected(format!(
                "{} replies came instead of one",
                more + 1
            ))),
        }
    }

    /// Sends a request and returns the changed object as the kernel reports it
    /// (`NLM_F_ECHO`), with the acknowledgement.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub fn echo(&self, message: Message) -> Exchange {
        Exchange::new(self.keep.clone(), message, Expect::Echo)
    }

    /// Sends a request that nobody waits for. A refusal of it is counted
    /// ([`Statistics::refused_unawaited`]).
    ///
    /// The message goes out as it is, flags included, except that
    /// `NLM_F_REQUEST` is added unless the connection is for
    /// [opaque types](crate::Builder::opaque_types) or peers.
    ///
    /// # Errors
    ///
    /// If it was not sent.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`].
    pub async fn send(&self, message: Message) -> Result<(), Error> {
        Exchange::unanswered(self.keep.clone(), message, None)
            .await
            .map(drop)
    }

    /// [`send`](Self::send) to a peer's port or to groups, on a connection with
    /// a [single lane](crate::Lanes::Single).
    ///
    /// # Errors
    ///
    /// If it was not sent: no such port, or a peer that does not read.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`].
    pub async fn send_to(&self, message: Message, to: Address) -> Result<(), Error> {
        Exchange::unanswered(self.keep.clone(), message, Some(to))
            .await
            .map(drop)
    }

    /// Runs a typed request to its typed reply.
    ///
    /// A request that dumps does not compile here: see [`list`](Self::list).
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request), with the offending attribute by name; and
    /// if the reply cannot be decoded.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`].
    pub async fn call<R: Request>(&self, request: &R) -> Result<R::Reply, Error> {
        const {
            assert!(
                !matches!(R::EXPECT, netlane_wire::Expect::Dump),
                "use Handle::list"
            )
        };
        crate::typed::call(self, request).await
    }

    /// Runs a typed request that dumps: a stream of typed records.
    pub fn list<R: Request>(&self, request: &R) -> Records<R> {
        crate::typed::list(self, request)
    }

    /// Begins an exchange for a typed request, for choices that
    /// [`call`](Self::call) does not offer; its frames are decoded by
    /// [`Request::decode`].
    pub fn exchange<R: Request>(&self, request: &R) -> Exchange {
        crate::typed::exchange(self, request)
    }

    /// Asks for a table: a stream of its entries. `NLM_F_REQUEST` and
    /// `NLM_F_DUMP` are added.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), netlane::Error> {
    /// use futures::StreamExt;
    /// use netlane::wire::{Flags, Message};
    /// let handle = netlane::spawn(netlane::Protocol::ROUTE)?;
    /// let get_link = Message::new(18, Flags::empty()).with_header(&[0; 16]);
    /// let mut links = handle.dump(get_link);
    /// while let Some(link) = links.next().await {
    ///     let name = link?.attributes(16).find(3).map(|name| name.text_lossy().into_owned());
    ///     println!("{name:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn dump(&self, message: Message) -> Dump {
        Dump::new(self.keep.clone(), message)
    }

    /// Sends many requests, in order, in as few datagrams as fit: one outcome
    /// each, in their order. Operations that may sleep in the kernel, as far as
    /// is known, go out one by one on a thread of the connection's own. None is
    /// tried again at a user peer whose queue is full; see [`Batch`].
    pub fn batch(&self, messages: impl IntoIterator<Item = Message>) -> Batch {
        Batch::new(self.keep.clone(), messages)
    }

    /// Sends a netfilter transaction: all of its members or none
    /// (`NFNL_MSG_BATCH_BEGIN` to `NFNL_MSG_BATCH_END`). `subsystem` is the
    /// `NFNL_SUBSYS_*` number, as nf_tables = 10. It must fit into one datagram.
    pub fn transaction(&self, subsystem: u8, members: Vec<Message>) -> Transaction {
        Transaction::new(self.keep.clone(), subsystem, members)
    }

    /// Subscribes to multicast groups, by number (`RTNLGRP_LINK` = 1): await
    /// the result. Events from then on are delivered.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), netlane::Error> {
    /// let handle = netlane::spawn(netlane::Protocol::ROUTE)?;
    /// let mut links = handle.subscribe([1]).await?;
    /// links.barrier().await?; // whatever happened so far is in its queue
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self, groups: impl IntoIterator<Item = u32>) -> Subscribe {
        Subscribe::new(self.keep.clone(), groups.into_iter().collect())
    }

    /// A stream of unicast messages that answer no request: from peers, or from
    /// a kernel that speaks first.
    ///
    /// # Errors
    ///
    /// If the connection has ended.
    pub fn inbound(&self) -> Result<Inbound, Error> {
        let capacity = self.shared().config.event_capacity;
        Inbound::open(&self.shared().lane, capacity, self.keep.clone())
    }

    /// Asks the kernel to acknowledge a message that does nothing
    /// (`NLMSG_NOOP`): a check of health, and a barrier behind everything that
    /// was sent before on this lane.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request). Protocols that do not answer it (`AUDIT`,
    /// `CONNECTOR`, `FIB_LOOKUP`, `SELINUX`, user peers) are an error at once.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`].
    pub async fn ping(&self) -> Result<(), Error> {
        let config = &self.shared().config;
        let silent = match (config.opaque, config.peers) {
            (true, _) => Some("a protocol with message types of its own".to_owned()),
            (_, true) => Some("a user peer".to_owned()),
            _ => (!config.traits.noop).then(|| config.protocol.to_string()),
        };
        if let Some(who) = silent {
            return Err(Error::invalid(format!("{who} does not answer NLMSG_NOOP")));
        }
        let message = Message::new(netlane_wire::kind::NOOP, Flags::empty());
        self.request(message).await.map(drop)
    }

    /// Waits until every event that was sent before this call is in the
    /// subscription's queue, or reported lost there.
    ///
    /// # Errors
    ///
    /// If the connection has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    pub async fn barrier(&self, subscription: &Subscription) -> Result<(), Error> {
        subscription.barrier().await
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.shared().config.protocol
    }

    /// The port id of the request lane, host order.
    #[must_use]
    pub fn port(&self) -> u32 {
        self.shared().port
    }

    /// The request lane's options, as the kernel reads them back. The sockets
    /// of dumps are set up alike; a [`Subscription`] has its own.
    ///
    /// # Errors
    ///
    /// If the kernel does not answer, which a live socket does.
    pub fn options(&self) -> Result<Options, Error> {
        Options::read(&self.shared().lane.socket)
    }

    /// What the connection has seen so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.shared().statistics()
    }

    /// Conversations that the request lane remembers: open requests, and
    /// cancelled ones whose answer may still come.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.shared().lane.remembered()
    }

    /// Whether the connection has ended or is ending.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let shared = self.shared();
        shared.check_open().is_err() || shared.lane.ended().is_some()
    }

    /// Ends the connection: nothing new is accepted, what is pending is
    /// finished within `limit`, then everything ends. The Connection is ready
    /// after that.
    ///
    /// # Errors
    ///
    /// If requests were still pending at the limit: they have got their error.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves the connection refusing new requests; call it
    /// again to end it.
    pub async fn close(&self, limit: Duration) -> Result<(), Error> {
        let shared = self.shared();
        shared.refuse(Error::closed());
        let mut deadline = Deadline::new(limit);
        let late = std::future::poll_fn(|context| deadline.poll(shared, context));
        let idle = tokio::select! {
            () = shared.idle() => true,
            () = late => false,
        };
        shared.end(&Error::closed());
        if idle {
            Ok(())
        } else {
            Err(Error::timed_out(limit, "; requests were still pending"))
        }
    }

    pub(crate) fn keep(&self) -> &Keep {
        &self.keep
    }
}

/// How a typed request maps to a conversation.
pub(crate) const fn expectation(expect: netlane_wire::Expect) -> Expect {
    match expect {
        netlane_wire::Expect::Echo => Expect::Echo,
        netlane_wire::Expect::Dump => Expect::Dump,
        _ => Expect::Acknowledgement,
    }
}

/// When a typed request is answered.
pub(crate) const fn timing(synchronous: bool) -> Timing {
    if synchronous {
        Timing::Synchronous
    } else {
        Timing::Late
    }
}

/// Handles cross threads; so does what they make.
const _: fn() = || {
    fn sendable<T: Send + 'static>() {}
    fn shareable<T: Sync>() {}
    sendable::<Handle>();
    shareable::<Handle>();
    sendable::<Exchange>();
    sendable::<Dump>();
    sendable::<Subscription>();
};
