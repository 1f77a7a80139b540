//! A request to a family whose number has been found.
//!
//! Owns the join of the two; must not know how the number was found.

use netlane_wire::typed::{
    NamedFamily, NamedRequest, Operation, Typed, decode_reply, family_header,
};
use netlane_wire::{AttributeTable, DecodeError, Expect, FrameView, Message, Request};

use crate::CONTROLLER;

/// A request with its family's number: ready to be sent by any transport.
///
/// ```
/// use netlane_generic::{CONTROLLER, Family, Numbered};
/// use netlane_wire::Request;
///
/// let request = Numbered::new(CONTROLLER, Family::get().name("ethtool"));
/// assert_eq!(request.message().kind(), CONTROLLER);
/// ```
#[derive(Debug, Clone)]
pub struct Numbered<R> {
    family: u16,
    request: R,
}

impl<R: NamedRequest> Numbered<R> {
    /// Addresses a request to the family of this number.
    #[must_use]
    pub const fn new(family: u16, request: R) -> Self {
        Self { family, request }
    }

    /// The same request to the family of another number.
    #[must_use]
    pub fn renumbered(self, family: u16) -> Self {
        Self { family, ..self }
    }

    /// The name of the family that the request is for.
    #[must_use]
    pub const fn family_name(&self) -> &'static str {
        R::Operation::FAMILY
    }

    /// Addresses a request to the controller, whose number is known.
    #[must_use]
    pub const fn controller(request: R) -> Self {
        Self::new(CONTROLLER, request)
    }
}

impl<R: NamedRequest> Request for Numbered<R> {
    type Reply = <R::Operation as Operation>::Reply;
    const PROTOCOL: i32 = R::Operation::PROTOCOL;
    const EXPECT: Expect = R::Operation::EXPECT;
    const SYNCHRONOUS: bool = R::Operation::SYNCHRONOUS;
    const HEADER_LEN: usize = family_header::<R::Operation>();

    fn message(&self) -> Message {
        self.request.message_of(self.family)
    }

    fn decode(frame: FrameView<'_>) -> Result<Self::Reply, DecodeError> {
        decode_reply::<R::Operation>(frame)
    }

    fn attribute_table() -> Option<&'static AttributeTable> {
        Some(<<R::Operation as Operation>::Message as Typed>::table())
    }
}
