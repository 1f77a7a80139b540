//! What typed messages are made of: the traits and helpers that the declarations of `netlane-derive` call.
//!
//! Owns how a declared field reads from and writes to attributes; must not know any family, nor the syntax of the
//! declarations. With the feature `derive` the macros themselves are here too.
//!
//! - [`Value`]: what one attribute holds. Implement it for a payload that no declaration can describe.
//! - [`Fixed`]: a value of fixed size: integers, addresses, C structs.
//! - [`Typed`]: a declared message: owned form, [view](Typed::View) and [builder](Typed::Builder).
//! - [`Operation`]: what a request does: type, flags, and what answers.

mod address;
mod area;
mod build;
mod debug;
mod fixed;
mod list;
mod operation;
mod pick;
mod value;

use std::fmt;

use bytes::Bytes;

use crate::{Attribute, AttributeError, AttributeTable, DecodeError, Message};

pub use address::{LinkAddress, Mac, ParseAddressError};
pub use area::Area;
pub use build::{
    Sink, change_header, copy, empty, finish, header_at, numbered, reserve_header, write,
    write_nest,
};
pub use debug::{debug, show, show_header};
pub use fixed::{Extended, Fixed, Layout, Text, array_at};
pub use list::{Array, Elements, Multi, Packed};
pub use operation::{
    Decode, Do, FixedKind, NamedFamily, NamedRequest, Operation, decode_reply, family_header,
};
pub use pick::{Field, Fields, pick};
pub use value::{Be, Sint, Uint, read_nest};

#[cfg(feature = "derive")]
pub use netlane_derive::{c_enum, c_flags, c_struct, message, requests, select};

/// What reading a `T` gives: the value itself where it is small, a borrowed view where it is not.
pub type View<'a, T> = <T as Value>::View<'a>;

/// What writing a `T` takes.
pub type Set<'v, T> = <T as Value>::Set<'v>;

/// What one attribute's payload is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that an attribute holds",
    label = "implements no `typed::Value`",
    note = "declare it with `c_struct!`, `c_enum!`, `c_flags!` or `message!`, or implement `netlane_wire::typed::Value`"
)]
pub trait Value {
    /// What a reader gets; borrows from the received bytes.
    type View<'a>: fmt::Debug;

    /// What a writer gives.
    type Set<'v>;

    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// The payload has the wrong size or shape.
    fn read<'a>(attribute: Attribute<'a>) -> Result<Self::View<'a>, AttributeError>;

    /// Appends an attribute of type `kind`.
    fn write(message: &mut Message, kind: u16, value: Self::Set<'_>);
}

/// A declared message: a fixed header and attributes, owned.
pub trait Typed: Sized {
    /// The structure in front of the attributes; `()` if there is none.
    type Header: Fixed;

    /// The borrowed form.
    type View<'a>: fmt::Debug;

    /// The writing form.
    type Builder<S: Sink>;

    /// Takes a payload: header, then attributes.
    ///
    /// # Errors
    ///
    /// The payload is shorter than the header.
    fn from_payload(payload: Bytes) -> Result<Self, DecodeError>;

    /// The payload: header, then attributes.
    fn payload(&self) -> &Bytes;

    /// Reads a payload where it lies.
    ///
    /// # Errors
    ///
    /// The payload is shorter than the header.
    fn view_of(payload: &[u8]) -> Result<Self::View<'_>, DecodeError>;

    /// Starts writing at the end of `sink`.
    fn start<S: Sink>(sink: S) -> Self::Builder<S>;

    /// Names and nesting of the attributes.
    fn table() -> &'static AttributeTable;
}
