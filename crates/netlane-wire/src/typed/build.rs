//! Writing declared messages into a buffer.
//!
//! Owns headers that are changed after they were reserved, nests and arrays; must not know what is written, nor where
//! the buffer goes.

use std::mem::ManuallyDrop;

use bytes::Bytes;

use crate::typed::{Fixed, Typed, Value};
use crate::{Attributes, BuildError, Flags, HEADER_LEN, Message};

/// Where a builder writes: its own message, a request's, or the nest of an enclosing one.
pub trait Sink {
    /// The message being written.
    fn message(&mut self) -> &mut Message;
}

impl Sink for Message {
    #[inline]
    fn message(&mut self) -> &mut Message {
        self
    }
}

impl Sink for &mut Message {
    #[inline]
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

/// Appends an attribute of type `kind` that holds a `T`.
#[inline(always)]
pub fn write<S: Sink, T: Value + ?Sized>(sink: S, kind: u16, value: T::Set<'_>) -> S {
    apart(sink, |message| T::write(message, kind, value))
}

/// Writes to a sink of which nothing is dropped should `write` panic, which no value does. A sink with a destructor in
/// wait has an address, and then is copied in memory from one call of a builder to the next.
#[inline(always)]
pub(super) fn apart<S: Sink>(sink: S, write: impl FnOnce(&mut Message)) -> S {
    let mut sink = ManuallyDrop::new(sink);
    write(sink.message());
    ManuallyDrop::into_inner(sink)
}

/// Appends a header of zeroes; the number is its place for [`header_at`].
#[inline]
pub fn reserve_header<S: Sink, const SIZE: usize>(mut sink: S) -> (S, usize) {
    let start = sink.message().payload().len();
    let sink = apart(sink, |message| {
        message.header(&[0; SIZE]);
    });
    (sink, start)
}

/// The header at `start`. Nothing is there after an earlier mistake, which is what finishing the message then reports.
#[inline]
pub fn header_at(message: &mut Message, start: usize) -> &mut [u8] {
    message.payload_mut().get_mut(start..).unwrap_or_default()
}

/// Changes the header at `start`.
pub fn change_header<H: Fixed>(message: &mut Message, start: usize, change: impl FnOnce(&mut H)) {
    let place = header_at(message, start);
    let mut header = H::load(place);
    change(&mut header);
    header.store(place);
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
