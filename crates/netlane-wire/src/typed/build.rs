//! Writing declared messages into a buffer.
//!
//! Owns headers that are changed after they were reserved, nests and arrays; must not know what is written, nor where
//! the buffer goes.

use bytes::Bytes;

use crate::typed::{Fixed, Typed};
use crate::{Attributes, BuildError, Flags, HEADER_LEN, Message};

/// Where a builder writes: its own message, a request's, or the nest of an enclosing one.
pub trait Sink {
    /// The message being written.
    fn message(&mut self) -> &mut Message;
}

impl Sink for Message {
    fn message(&mut self) -> &mut Message {
        self
    }
}

impl Sink for &mut Message {
    fn message(&mut self) -> &mut Message {
        self
    }
}

/// A message to be kept rather than sent.
#[must_use]
pub fn empty() -> Message {
    Message::new(0, Flags::empty())
}

/// The payload of a message that [`empty`] began.
///
/// # Errors
///
/// The first mistake that was made while building.
pub fn finish(message: Message) -> Result<Bytes, BuildError> {
    let mut bytes = Bytes::from(message.finish()?);
    Ok(bytes.split_off(HEADER_LEN.min(bytes.len())))
}

/// Appends a header of zeroes; the result is its place for [`change_header`].
#[inline]
pub fn reserve_header<H: Fixed>(message: &mut Message) -> usize {
    let start = message.payload().len();
    // Larger headers do not exist; the loop only makes no assumption of it.
    let mut left = H::SIZE;
    while left > 0 {
        let step = left.min(64);
        message.header([0; 64].get(..step).unwrap_or_default());
        left = left.saturating_sub(step);
    }
    start
}

/// Changes the header at `start`.
#[inline]
pub fn change_header<H: Fixed>(message: &mut Message, start: usize, change: impl FnOnce(&mut H)) {
    // Nothing is there after an earlier mistake, which is what finishing the message then reports.
    if let Some(place) = message.payload_mut().get_mut(start..) {
        let mut header = H::load(place);
        change(&mut header);
        header.store(place);
    }
}

/// Appends a nest that exists already.
pub fn write_nest<M: Typed>(message: &mut Message, kind: u16, nest: &M) {
    message.nest(kind, |message| {
        message.header(nest.payload());
    });
}

/// Appends a nest of elements, numbered from 1, each written by `write` under its number.
pub fn numbered<T>(
    message: &mut Message,
    kind: u16,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Message, u16, T),
) {
    message.nest(kind, |message| {
        for (index, item) in (1..).zip(items) {
            write(message, index, item);
        }
    });
}

/// Appends attributes as they were received, flags of their types included.
pub fn copy(message: &mut Message, attributes: Attributes<'_>) {
    for attribute in attributes {
        match attribute {
            Ok(attribute) => message.attribute(attribute.raw_kind(), attribute.payload()),
            Err(_) => message.fail(BuildError::Value {
                what: "the attributes to copy are malformed",
            }),
        };
    }
}
