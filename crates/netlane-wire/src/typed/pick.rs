//! A few fields of a message, read in one walk that keeps nothing else: what a loop over a million routes wants.
//!
//! Owns the walk for a tuple of fields; must not know what they mean. A view, by contrast, finds all fields at once and
//! costs its table.

use std::fmt;
use std::marker::PhantomData;

use crate::arithmetic::nlmsg_align;
use crate::typed::{Fixed, Typed, Value};
use crate::{Attribute, Attributes, DecodeError};

/// A field of the message `M`: an attribute type that holds a `T`. Declared messages have one constant a field.
pub struct Field<M, T: ?Sized, const KIND: u16> {
    message: PhantomData<fn() -> M>,
    value: PhantomData<fn() -> Box<T>>,
}

impl<M, T: ?Sized, const KIND: u16> Field<M, T, KIND> {
    /// The field.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            message: PhantomData,
            value: PhantomData,
        }
    }
}

impl<M, T: ?Sized, const KIND: u16> Default for Field<M, T, KIND> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M, T: ?Sized, const KIND: u16> Clone for Field<M, T, KIND> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T: ?Sized, const KIND: u16> Copy for Field<M, T, KIND> {}

impl<M, T: ?Sized, const KIND: u16> fmt::Debug for Field<M, T, KIND> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attribute {KIND}")
    }
}

/// Fields of `M` that are read together: a tuple of up to eight.
pub trait Fields<M> {
    /// For each field its value, `None` if it is absent.
    type Picked<'a>;

    /// Reads them.
    ///
    /// # Errors
    ///
    /// One of them is malformed, or the walk meets an attribute whose length is wrong.
    fn pick(attributes: Attributes<'_>) -> Result<Self::Picked<'_>, DecodeError>;
}

/// Reads some fields of a payload of `M`.
///
/// # Errors
///
/// The payload is shorter than the header, or as for [`Fields::pick`].
#[inline]
pub fn pick<M: Typed, F: Fields<M>>(payload: &[u8], _: F) -> Result<F::Picked<'_>, DecodeError> {
    let len = M::Header::SIZE;
    if payload.len() < len {
        return Err(DecodeError::Header {
            expected: len,
            actual: payload.len(),
        });
    }
    let start = nlmsg_align(len).unwrap_or(len);
    F::pick(Attributes::new(payload.get(start..).unwrap_or_default()))
}

/// The value of an attribute that was found, if it was.
#[inline]
fn value<T: Value + ?Sized>(
    found: Option<Attribute<'_>>,
) -> Result<Option<T::View<'_>>, DecodeError> {
    match found {
        Some(attribute) => Ok(Some(T::read(attribute)?)),
        None => Ok(None),
    }
}

macro_rules! tuples {
    ($(($($found:ident $ty:ident $kind:ident),+))+) => {$(
        impl<M, $($ty: Value + ?Sized, const $kind: u16),+> Fields<M> for ($(Field<M, $ty, $kind>,)+) {
            type Picked<'a> = ($(Option<$ty::View<'a>>,)+);

            #[inline]
            fn pick(attributes: Attributes<'_>) -> Result<Self::Picked<'_>, DecodeError> {
                $(let mut $found = None;)+
                for attribute in attributes {
                    let attribute = attribute?;
                    // The last of several counts, as in `nla_parse`.
                    $(if attribute.kind() == $kind {
                        $found = Some(attribute);
                    })+
                }
                Ok(($(value::<$ty>($found)?,)+))
            }
        }
    )+};
}

tuples! {
    (a A KA)
    (a A KA, b B KB)
    (a A KA, b B KB, c C KC)
    (a A KA, b B KB, c C KC, d D KD)
    (a A KA, b B KB, c C KC, d D KD, e E KE)
    (a A KA, b B KB, c C KC, d D KD, e E KE, f F KF)
    (a A KA, b B KB, c C KC, d D KD, e E KE, f F KF, g G KG)
    (a A KA, b B KB, c C KC, d D KD, e E KE, f F KF, g G KG, h H KH)
}
