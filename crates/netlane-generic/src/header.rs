//! The header of generic netlink, in front of every family's own.
//!
//! Owns `struct genlmsghdr` (`include/uapi/linux/genetlink.h`); must not know any family.

use netlane_wire::typed::{Fixed, Typed, c_struct};
use netlane_wire::{DecodeError, FrameView};

c_struct! {
    /// What follows the netlink header of every generic message.
    pub struct Header("genlmsghdr") {
        /// Which of the family's commands.
        command: u8,
        /// The family's version.
        version: u8,
        _: u16,
    }
}

/// Splits a message of any family into its generic header and what follows: the family's own header and attributes.
///
/// # Errors
///
/// The payload is shorter than the header.
pub fn split(frame: FrameView<'_>) -> Result<(Header, &[u8]), DecodeError> {
    let payload = frame.payload();
    match payload.get(Header::SIZE..) {
        Some(rest) => Ok((Header::load(payload), rest)),
        None => Err(DecodeError::Header {
            expected: Header::SIZE,
            actual: payload.len(),
        }),
    }
}

/// Reads a message of a family, such as a notification, where it lies.
///
/// # Errors
///
/// The payload is shorter than the headers in front of the attributes.
pub fn view<M: Typed>(frame: FrameView<'_>) -> Result<M::View<'_>, DecodeError> {
    M::view_of(split(frame)?.1)
}
