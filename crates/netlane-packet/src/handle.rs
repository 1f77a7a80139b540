//! The verbs for packets. Owns how a packet's flags choose the conversation; the conversations are
//! netlane's.

use std::fmt;
use std::marker::PhantomData;

use netlane::wire::{Flags, Message};
use netlane::{Answer, Handle};
use netlink_packet_core::{NetlinkDeserializable, NetlinkMessage, NetlinkSerializable};

use crate::{PacketDump, PacketError, PacketEvents, decode, encode};

/// A netlane handle that speaks in one message type, as `RouteNetlinkMessage`.
///
/// Every verb takes a bare message or a `NetlinkMessage`, whose header may carry flags
/// (`NLM_F_CREATE`, `NLM_F_EXCL` ...).
///
/// Clone it freely; the [`Handle`] under it serves typed and raw requests at the same time.
pub struct PacketHandle<M> {
    handle: Handle,
    message: PhantomData<fn() -> M>,
}

impl<M> PacketHandle<M> {
    /// Speaks through a handle. Its protocol must be the message type's.
    #[must_use]
    pub const fn new(handle: Handle) -> Self {
        Self {
            handle,
            message: PhantomData,
        }
    }

    /// The handle under it.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl<M: NetlinkSerializable + NetlinkDeserializable> PacketHandle<M> {
    /// Sends a request and waits for its acknowledgement: the replies that preceded it. With
    /// `NLM_F_ECHO` they are the change as the kernel reports it.
    ///
    /// # Errors
    ///
    /// [`PacketError`]; a message with all of `NLM_F_DUMP` is for [`dump`](Self::dump).
    ///
    /// # Cancel safety
    ///
    /// As [`netlane::Exchange`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netlane_packet::PacketHandle;
    /// use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NetlinkMessage};
    /// use netlink_packet_route::RouteNetlinkMessage;
    /// use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
    ///
    /// # async fn example(packets: PacketHandle<RouteNetlinkMessage>)
    /// # -> Result<(), netlane_packet::PacketError> {
    /// let mut link = LinkMessage::default();
    /// link.attributes.push(LinkAttribute::IfName("dummy7".into()));
    /// link.attributes.push(LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Dummy)]));
    /// let mut packet = NetlinkMessage::from(RouteNetlinkMessage::NewLink(link));
    /// packet.header.flags = NLM_F_CREATE | NLM_F_EXCL;
    /// match packets.request(packet).await {
    ///     Err(error) if error.errno() == Some(17) => println!("it exists already"), // EEXIST
    ///     outcome => drop(outcome?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn request(
        &self,
        packet: impl Into<NetlinkMessage<M>>,
    ) -> Result<Vec<M>, PacketError> {
        let answer = self.exchange(encode(packet))?.await?;
        read(&answer)
    }

    /// Sends a request and returns its one reply.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request); and if no reply or more than one came.
    ///
    /// # Cancel safety
    ///
    /// As [`netlane::Exchange`].
    pub async fn request_one(
        &self,
        packet: impl Into<NetlinkMessage<M>>,
    ) -> Result<M, PacketError> {
        let answer = self.exchange(encode(packet))?.await?;
        let mut replies = read(&answer)?;
        match (replies.pop(), replies.len()) {
            (Some(reply), 0) => Ok(reply),
            (None, _) => Err(PacketError::NotOne(0)),
            (Some(_), more) => Err(PacketError::NotOne(more.saturating_add(1))),
        }
    }

    /// Asks for a table: a stream of its entries. `NLM_F_DUMP` is added.
    pub fn dump(&self, packet: impl Into<NetlinkMessage<M>>) -> PacketDump<M> {
        PacketDump::new(self.handle.dump(encode(packet)))
    }

    /// Subscribes to multicast groups, by number (`RTNLGRP_LINK` = 1). For the choices of
    /// [`netlane::Subscribe`] give its subscription to [`PacketEvents::new`].
    ///
    /// # Errors
    ///
    /// As [`Handle::subscribe`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
    pub async fn subscribe(
        &self,
        groups: impl IntoIterator<Item = u32>,
    ) -> Result<PacketEvents<M>, netlane::Error> {
        let subscription = self.handle.subscribe(groups).await?;
        Ok(PacketEvents::new(subscription))
    }

    fn exchange(&self, message: Message) -> Result<netlane::Exchange, PacketError> {
        let flags = message.flags();
        if flags.contains(Flags::DUMP) {
            return Err(PacketError::AsksForTable);
        }
        Ok(match flags.contains(Flags::ECHO) {
            true => self.handle.echo(message),
            false => self.handle.request(message),
        })
    }
}

/// Reads all replies of an answer.
fn read<M: NetlinkDeserializable>(answer: &Answer) -> Result<Vec<M>, PacketError> {
    let replies = answer.replies.iter();
    replies.map(|frame| Ok(decode(frame.view())?)).collect()
}

impl<M> Clone for PacketHandle<M> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<M> fmt::Debug for PacketHandle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PacketHandle").field(&self.handle).finish()
    }
}
