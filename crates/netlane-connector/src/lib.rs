//! The connector: a bus between kernel subsystems and programs, and its best known speaker, the process events.
//!
//! Declares `struct cn_msg` (`include/uapi/linux/connector.h`) and `struct proc_event` (`linux/cn_proc.h`); must not know
//! who sends and receives. The frames have the type `NLMSG_DONE`, of all things, and no attributes: a connection to
//! `NETLINK_CONNECTOR` must take types as opaque. The kernel speaks in the initial network namespace only.
//!
//! ```
//! use netlane_connector::{Header, process};
//! use netlane_wire::FrameView;
//!
//! // What a program sends to hear of processes.
//! let bytes = process::listen().finish()?;
//! let (header, data) = Header::split(FrameView::new(&bytes)?.payload())?;
//! assert_eq!((header.index, header.value), (process::INDEX, process::VALUE));
//! assert_eq!(data, 1u32.to_ne_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod process;

use netlane_wire::typed::{Fixed, c_struct};
use netlane_wire::{BuildError, DecodeError, Flags, Message, kind};

/// `NETLINK_CONNECTOR`.
pub const PROTOCOL: i32 = 11;

c_struct! {
    /// What precedes the data of every connector message.
    pub struct Header("cn_msg") {
        /// Which subsystem; also its multicast group.
        index: u32,
        /// Which part of it.
        value: u32,
        /// Number of the message, the sender's choice.
        sequence: u32,
        /// What the subsystem makes of it.
        acknowledgement: u32,
        /// Bytes of data.
        len: u16,
        /// Not used by the kernel.
        flags: u16,
    }
}

impl Header {
    /// Splits a payload into header and data.
    ///
    /// # Errors
    ///
    /// It is shorter than the header, or than the header says.
    pub fn split(payload: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let header = Self::load(payload);
        let end = Self::SIZE.saturating_add(usize::from(header.len));
        match payload.get(Self::SIZE..end) {
            Some(data) => Ok((header, data)),
            None => Err(DecodeError::Header {
                expected: end,
                actual: payload.len(),
            }),
        }
    }
}

/// A message to a subsystem.
#[must_use]
pub fn message(index: u32, value: u32, data: &[u8]) -> Message {
    let header = Header {
        index,
        value,
        len: u16::try_from(data.len()).unwrap_or(u16::MAX),
        ..Header::default()
    };
    let mut payload = vec![0; Header::SIZE];
    header.store(&mut payload);
    payload.extend_from_slice(data);
    let mut message = Message::raw(kind::DONE, Flags::empty(), &payload);
    if data.len() > MAX_DATA {
        message.fail(BuildError::Value {
            what: "a connector message of more than 16384 bytes",
        });
    }
    message
}

/// `CONNECTOR_MAX_MSG_SIZE`.
const MAX_DATA: usize = 16384;
