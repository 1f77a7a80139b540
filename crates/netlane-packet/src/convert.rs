//! A message type's bytes as netlane's, both ways. Owns which parts of a header are the program's;
//! must not know how anything travels.

use netlane::wire::{Flags, FrameView, HEADER_LEN, Message};
use netlink_packet_core::{
    NetlinkDeserializable, NetlinkHeader, NetlinkMessage, NetlinkSerializable,
};

use crate::DecodeError;

/// A message for any verb of netlane's handle.
///
/// Its type and payload are the packet's, its flags those of the packet's header without
/// `NLM_F_REQUEST` and `NLM_F_ACK`, which the verb adds. Length, sequence number and port id of
/// the header are not used.
///
/// # Panics
///
/// As the message type's own `serialize` does: if its `buffer_len` is too small.
///
/// # Examples
///
/// ```
/// use netlane_packet::encode;
/// use netlink_packet_core::NetlinkMessage;
/// use netlink_packet_route::RouteNetlinkMessage;
/// use netlink_packet_route::link::LinkMessage;
///
/// let mut lo = LinkMessage::default();
/// lo.header.index = 1;
/// let message = encode(NetlinkMessage::from(RouteNetlinkMessage::GetLink(lo)));
/// assert_eq!((message.kind(), message.payload().len()), (18, 16));
/// ```
#[must_use]
pub fn encode<M: NetlinkSerializable>(packet: impl Into<NetlinkMessage<M>>) -> Message {
    let mut packet = packet.into();
    packet.finalize();
    let mut bytes = vec![0; packet.buffer_len()];
    packet.serialize(&mut bytes);
    let flags = Flags::from_bits_retain(packet.header.flags) - (Flags::REQUEST | Flags::ACK);
    let payload = bytes.get(HEADER_LEN..).unwrap_or_default();
    Message::raw(packet.header.message_type, flags, payload)
}

/// Reads a frame as a message type.
///
/// # Errors
///
/// If the type cannot read it; the error keeps a copy of the frame.
pub fn decode<M: NetlinkDeserializable>(frame: FrameView<'_>) -> Result<M, DecodeError> {
    M::deserialize(&header(frame), frame.payload())
        .map_err(|source| DecodeError::new(frame.to_frame(), source))
}

/// The frame's header as the other crate's.
fn header(frame: FrameView<'_>) -> NetlinkHeader {
    let header = frame.header();
    let mut copy = NetlinkHeader::default();
    copy.length = header.len;
    copy.message_type = header.kind;
    copy.flags = header.flags.bits();
    copy.sequence_number = header.sequence;
    copy.port_number = header.port;
    copy
}
