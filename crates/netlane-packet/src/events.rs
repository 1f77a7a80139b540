//! Events as packets. Owns their decoding; the stream, its bounds and its losses are netlane's.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt};
use netlane::{Event, Loss, Notice, Subscription};
use netlink_packet_core::NetlinkDeserializable;

use crate::{DecodeError, decode};

/// An item of [`PacketEvents`].
#[derive(Debug)]
#[non_exhaustive]
pub enum PacketNotice<M> {
    /// An event.
    Event(PacketEvent<M>),
    /// Events were lost here.
    Lost(Loss),
}

/// An event. One that its type cannot read is an event all the same.
#[derive(Debug)]
#[non_exhaustive]
pub struct PacketEvent<M> {
    /// What it says, if the type can read it.
    pub message: Result<M, DecodeError>,
    /// The event as it came: its frame, group and network namespace.
    pub event: Arc<Event>,
}

/// A stream of events: a [`Subscription`] whose messages are decoded.
///
/// # Cancel safety
///
/// As [`Subscription`].
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), netlane::Error> {
/// use netlane_packet::PacketEvents;
/// use netlink_packet_route::RouteNetlinkMessage;
///
/// let handle = netlane::spawn(netlane::Protocol::ROUTE)?;
/// let links = handle.subscribe([1]).capacity(64).await?; // RTNLGRP_LINK
/// let links = PacketEvents::<RouteNetlinkMessage>::new(links);
/// links.subscription().barrier().await?; // whatever happened so far is in its queue
/// # Ok(())
/// # }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct PacketEvents<M> {
    subscription: Subscription,
    message: PhantomData<fn() -> M>,
}

impl<M> PacketEvents<M> {
    /// Decodes the events of a subscription.
    pub const fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            message: PhantomData,
        }
    }

    /// The subscription itself, for its barrier and its port.
    pub const fn subscription(&self) -> &Subscription {
        &self.subscription
    }
}

impl<M: NetlinkDeserializable> Stream for PacketEvents<M> {
    type Item = Result<PacketNotice<M>, netlane::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return Poll::Ready(match ready!(self.subscription.poll_next_unpin(context)) {
                Some(Ok(Notice::Event(event))) => Some(Ok(PacketNotice::Event(PacketEvent {
                    message: decode(event.frame.view()),
                    event,
                }))),
                Some(Ok(Notice::Lost(loss))) => Some(Ok(PacketNotice::Lost(loss))),
                // There is no third kind of notice; the compiler cannot know.
                Some(Ok(_)) => continue,
                Some(Err(error)) => Some(Err(error)),
                None => None,
            });
        }
    }
}

impl<M> fmt::Debug for PacketEvents<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("PacketEvents");
        out.field(&self.subscription).finish()
    }
}
