//! Messages of the `netlink-packet-*` crates over netlane.
//!
//! A program on `rtnetlink` or `netlink-proto` has its messages as types that implement the traits
//! of `netlink-packet-core`. A [`PacketHandle`] sends and receives them through a netlane
//! [`Handle`](netlane::Handle), so that the transport changes first and the types later, one after
//! the other, on the same connection.
//!
//! ```
//! use futures::TryStreamExt;
//! use netlane_packet::PacketHandle;
//! use netlink_packet_route::RouteNetlinkMessage;
//! use netlink_packet_route::link::{LinkAttribute, LinkMessage};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), netlane_packet::PacketError> {
//! let handle = netlane::spawn(netlane::Protocol::ROUTE)?;
//! let packets = PacketHandle::<RouteNetlinkMessage>::new(handle);
//!
//! let mut links = packets.dump(RouteNetlinkMessage::GetLink(LinkMessage::default()));
//! while let Some(message) = links.try_next().await? {
//!     let RouteNetlinkMessage::NewLink(link) = message else { continue };
//!     for attribute in &link.attributes {
//!         if let LinkAttribute::IfName(name) = attribute {
//!             println!("{}: {name}", link.header.index);
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What the transport does, and what the types do
//!
//! Sequence numbers, port ids, acknowledgements, deadlines and losses are netlane's, as for any
//! other request. Whatever a header says of them is replaced; its other flags are kept.
//!
//! The types decide what can be read. They parse a message whole, and fail if any part of it is not
//! as they expect. That never costs more than the one message: a dump goes on after it, an event is
//! still told of, and the [`DecodeError`] holds the [`Frame`](netlane::wire::Frame) as it came.
//!
//! What has no verb here is one step away: [`encode`] gives a message for every verb of the handle
//! (batches, deadlines, peers), and [`decode`] reads a frame that came by any of them.
//!
//! # What this crate must not know
//!
//! Any family: it is generic over the message type, and the families' crates are needed by its
//! tests only.
#![forbid(unsafe_code)]

mod convert;
mod dump;
mod error;
mod events;
mod handle;

/// The crate whose traits the message types implement.
pub use netlink_packet_core;

pub use convert::{decode, encode};
pub use dump::PacketDump;
pub use error::{DecodeError, PacketError};
pub use events::{PacketEvent, PacketEvents, PacketNotice};
pub use handle::PacketHandle;

/// Everything crosses threads if the message type does.
const _: fn() = || {
    fn sendable<T: Send + 'static>() {}
    sendable::<PacketHandle<()>>();
    sendable::<PacketDump<()>>();
    sendable::<PacketEvents<()>>();
    sendable::<PacketError>();
};

/// The migration guide's programs, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/migration.md")]
struct Migration;
