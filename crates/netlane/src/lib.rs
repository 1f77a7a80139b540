//! Async netlink for tokio.
//!
//! netlane does two jobs: it lets async services await request/response calls
//! to the Linux kernel, and it streams the kernel's multicast events into a
//! tokio application.
//!
//! ```
//! use futures::StreamExt;
//! use netlane::Protocol;
//! use netlane::wire::{Flags, Message};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), netlane::Error> {
//! let (handle, connection) = netlane::connect(Protocol::ROUTE)?;
//! tokio::spawn(connection);
//!
//! // A dump: RTM_GETLINK (18) with an empty struct ifinfomsg.
//! let request = Message::new(18, Flags::empty()).with_header(&[0; 16]);
//! let mut links = handle.dump(request);
//! while let Some(link) = links.next().await {
//!     let link = link?;
//!     if let Some(name) = link.attributes(16).find(3) {
//!         println!("{}", name.text_lossy());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A [`Connection`] owns the sockets and is spawned once; a [`Handle`] is cloned
//! to every task that talks. Requests, dumps and each set of subscribed groups
//! run on sockets of their own ([`Lanes`]), so none disturbs another.
//!
//! # What is promised
//!
//! - Nothing is lost silently: every loss is an [`Error`], a [`Notice::Lost`]
//!   or a counter in [`Statistics`].
//! - Nothing waits for ever: every request has a deadline.
//! - Dropping any future or stream, at any point, leaves everything healthy.
//!
//! The runtime needs I/O and time (`enable_all` of tokio's builder): waiting on
//! one without a timer panics, as everywhere in tokio. A call from outside of
//! any runtime works too.
//!
//! # What this crate must not know
//!
//! Message types: they depend on [`wire`] alone, and [`Handle::call`] runs
//! them. System calls: they are [`sys`]'s.
#![forbid(unsafe_code)]

mod activity;
mod answer;
mod batch;
mod builder;
pub mod codec;
mod config;
mod connection;
mod deadline;
mod drivers;
mod dump;
mod error;
mod events;
mod exchange;
mod fence;
pub mod framed;
mod full_peer;
mod handle;
mod home;
mod inbound;
mod lane;
mod operations;
mod options;
mod pace;
mod protocol;
mod shared;
mod spans;
mod statistics;
mod sync;
mod transaction;
mod typed;
mod unattended;
mod workers;

pub use netlane_proto::Expect;
pub use netlane_sys as sys;
pub use netlane_sys::{Address, Namespace, Protocol};
pub use netlane_wire as wire;

pub use answer::Answer;
pub use batch::{Batch, Outcomes};
pub use builder::Builder;
pub use codec::Codec;
pub use config::Offload;
pub use connection::Connection;
pub use dump::{Chunk, Collected, Dump};
pub use error::{Error, ErrorKind};
pub use events::{
    Event, Filter, Loss, LossCause, LossCount, Notice, Subscribe, Subscription, WhenFull,
};
pub use exchange::Exchange;
pub use framed::Framed;
pub use handle::Handle;
pub use inbound::{Inbound, Received, Unsolicited};
pub use options::Options;
pub use protocol::Lanes;
pub use statistics::Statistics;
pub use transaction::Transaction;
pub use typed::Records;

/// Connects to a protocol of the kernel, with its defaults. Spawn the
/// [`Connection`].
///
/// # Errors
///
/// If the socket or an option cannot be had; the error says what would provide
/// it.
pub fn connect(protocol: Protocol) -> Result<(Handle, Connection), Error> {
    Builder::new(protocol).connect()
}

/// [`connect`], and spawns the connection on the current tokio runtime.
///
/// # Errors
///
/// As `connect`; and if there is no runtime.
pub fn spawn(protocol: Protocol) -> Result<Handle, Error> {
    Builder::new(protocol).spawn()
}
