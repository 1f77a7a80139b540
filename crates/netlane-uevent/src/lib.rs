//! Events of kernel objects: devices that come, go and change.
//!
//! Reads the messages of `NETLINK_KOBJECT_UEVENT` (`lib/kobject_uevent.c`). They are no netlink frames but text: a line
//! `add@/devices/virtual/net/eth0`, then `NAME=value` lines, each ended by a NUL. Must not know who receives them:
//! whoever does has to check that the sender was the kernel (port 0), for other programs may send to the same group.
//!
//! ```
//! use netlane_uevent::Uevent;
//!
//! let datagram = b"add@/devices/virtual/net/eth0\0ACTION=add\0DEVPATH=/devices/virtual/net/eth0\0\
//!     SUBSYSTEM=net\0INTERFACE=eth0\0SEQNUM=4711\0";
//! let event = Uevent::parse(datagram)?;
//! assert_eq!(event.action(), "add");
//! assert_eq!(event.subsystem(), Some("net"));
//! assert_eq!(event.property("INTERFACE"), Some("eth0"));
//! # Ok::<(), netlane_uevent::ParseError>(())
//! ```
#![forbid(unsafe_code)]

use std::fmt;

/// `NETLINK_KOBJECT_UEVENT`.
pub const PROTOCOL: i32 = 15;

/// The group that the kernel sends to.
pub const KERNEL_GROUP: u32 = 1;

/// One event, read where it lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Uevent<'a> {
    action: &'a str,
    path: &'a str,
    /// `NAME=value`, each ended by a NUL.
    properties: &'a str,
}

/// A datagram that is no event of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// A message between udev programs, which share the protocol but not the format.
    Udev,
    /// The bytes from here on are not UTF-8.
    Text {
        /// Where, in bytes.
        offset: usize,
    },
    /// The first line is not `action@path`.
    Header,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udev => f.write_str("a message of udev, not of the kernel"),
            Self::Text { offset } => write!(f, "not UTF-8 text at byte {offset}"),
            Self::Header => f.write_str("the first line is not `action@path`"),
        }
    }
}

impl std::error::Error for ParseError {}

impl<'a> Uevent<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    ///
    /// [`ParseError`]: it is none of the kernel's.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        if datagram.starts_with(b"libudev\0") {
            return Err(ParseError::Udev);
        }
        let text = str::from_utf8(datagram).map_err(|error| ParseError::Text {
            offset: error.valid_up_to(),
        })?;
        let (header, properties) = text.split_once('\0').unwrap_or((text, ""));
        let (action, path) = header.split_once('@').ok_or(ParseError::Header)?;
        Ok(Self {
            action,
            path,
            properties,
        })
    }

    /// What happened: `add`, `remove`, `change`, `move`, `online`, `offline`, `bind` or `unbind`.
    #[must_use]
    pub const fn action(&self) -> &'a str {
        self.action
    }

    /// The object, below `/sys`.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// Everything else that is told, in order: name and value. A line without `=` has an empty value.
    pub fn properties(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let lines = self.properties.split('\0').filter(|line| !line.is_empty());
        lines.map(|line| line.split_once('=').unwrap_or((line, "")))
    }

    /// The value of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'a str> {
        self.properties()
            .find_map(|(found, value)| (found == name).then_some(value))
    }

    /// `SUBSYSTEM`: the class or bus, as `net` or `usb`.
    #[must_use]
    pub fn subsystem(&self) -> Option<&'a str> {
        self.property("SUBSYSTEM")
    }

    /// `SEQNUM`: counts the events of the whole system, so that a gap is seen.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        self.property("SEQNUM")?.parse().ok()
    }
}

impl fmt::Debug for Uevent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Uevent");
        out.field("action", &self.action).field("path", &self.path);
        for (name, value) in self.properties() {
            out.field(name, &value);
        }
        out.finish()
    }
}
