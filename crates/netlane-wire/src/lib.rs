//! Netlink as bytes: frames, attributes, control messages and the builder of requests.
//!
//! This crate owns the layout of netlink messages and nothing else: no socket, no clock, no
//! allocation while reading. Every access is checked, so that no input can make it panic; what
//! does not parse is an error value that says where and why. Integers are in host byte order
//! unless a name starts with `be_`, as in the kernel (`include/uapi/linux/netlink.h`).
//!
//! # Reading
//!
//! ```
//! use netlane_wire::{Flags, Frames, Message};
//!
//! let request = Message::new(18, Flags::REQUEST)
//!     .with_header(&[0; 16]) // struct ifinfomsg
//!     .with_text(3, "eth0") // IFLA_IFNAME
//!     .finish()?;
//!
//! for frame in Frames::new(&request) {
//!     let frame = frame?;
//!     let name = frame.attributes(16).find(3).ok_or("no name")?;
//!     assert_eq!(name.text()?, "eth0");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The stairs
//!
//! [`Frames`] walks a datagram, [`FrameView`] is one message in it, [`Attributes`] walks its
//! attributes, [`Control`] is what the kernel says about a conversation, [`ExtendedAck`] is why.
//! [`Frame`] owns one message. [`Message`] builds one. [`Request`] is a typed request.
#![forbid(unsafe_code)]

pub mod arithmetic;
mod attribute;
mod control;
mod describe;
mod error;
mod extended_ack;
mod flags;
mod frame;
mod frames;
mod header;
pub mod kind;
mod message;
mod names;
mod policy;
mod rare;
mod request;
pub mod typed;

/// The crate that declared flags are made with.
pub use bitflags;
/// The crate that owned messages keep their bytes in.
pub use bytes;

pub use attribute::{Attribute, Attributes, Nests};
pub use control::{Acknowledgement, Control, Done};
pub use describe::Hex;
pub use error::{
    AttributeError, AttributeReason, BuildError, DecodeError, Malformed, MalformedReason,
};
pub use extended_ack::{ExtendedAck, OwnedExtendedAck};
pub use flags::{Flags, Verb};
pub use frame::{Frame, FrameView};
pub use frames::{Boundary, Frames};
pub use header::{HEADER_LEN, Header, set_sequence_port};
pub use message::Message;
pub use names::{AttributeName, AttributeTable, Content, missing_path, path_of};
pub use policy::{Policy, PolicyKind};
#[doc(hidden)]
pub use rare::rare;
pub use request::{Expect, Request};
