//! The values an attribute can hold: integers of both byte orders, text, bytes, addresses, nests.
//!
//! Owns their reading and writing; must not know any family.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::typed::{Fixed, Typed, Value};
use crate::{Attribute, AttributeError, AttributeReason, Message};

/// An integer in network byte order (`__be16`, `__be32`, `__be64`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Be<T>(pub T);

/// `NLA_UINT`: an unsigned number whose writer chooses 4 or 8 bytes.
#[derive(Debug)]
pub enum Uint {}

/// `NLA_SINT`: a signed number whose writer chooses 4 or 8 bytes.
#[derive(Debug)]
pub enum Sint {}

macro_rules! integers {
    ($($ty:ty, $read:ident $write:ident, $be_read:ident $be_write:ident;)*) => {$(
        impl Value for $ty {
            type View<'a> = $ty;
            type Set<'v> = $ty;

            #[inline]
            fn read(attribute: Attribute<'_>) -> Result<$ty, AttributeError> {
                attribute.$read()
            }

            #[inline]
            fn write(message: &mut Message, kind: u16, value: $ty) {
                message.$write(kind, value);
            }
        }

        impl Value for Be<$ty> {
            type View<'a> = $ty;
            type Set<'v> = $ty;

            #[inline]
            fn read(attribute: Attribute<'_>) -> Result<$ty, AttributeError> {
                attribute.$be_read()
            }

            #[inline]
            fn write(message: &mut Message, kind: u16, value: $ty) {
                message.$be_write(kind, value);
            }
        }
    )*};
}

integers! {
    u8, u8 u8, u8 u8;
    u16, u16 u16, be_u16 be_u16;
    u32, u32 u32, be_u32 be_u32;
    u64, u64 u64, be_u64 be_u64;
    u128, u128 u128, be_u128 be_u128;
    i8, i8 i8, i8 i8;
    i16, i16 i16, be_i16 be_i16;
    i32, i32 i32, be_i32 be_i32;
    i64, i64 i64, be_i64 be_i64;
}

/// A byte that is not zero is true.
impl Value for bool {
    type View<'a> = Self;
    type Set<'v> = Self;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<Self, AttributeError> {
        attribute.u8().map(|value| value != 0)
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: Self) {
        message.u8(kind, u8::from(value));
    }
}

impl Value for Uint {
    type View<'a> = u64;
    type Set<'v> = u64;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<u64, AttributeError> {
        attribute.uint()
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: u64) {
        match u32::try_from(value) {
            Ok(value) => message.u32(kind, value),
            Err(_) => message.u64(kind, value),
        };
    }
}

impl Value for Sint {
    type View<'a> = i64;
    type Set<'v> = i64;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<i64, AttributeError> {
        attribute.sint()
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: i64) {
        match i32::try_from(value) {
            Ok(value) => message.i32(kind, value),
            Err(_) => message.i64(kind, value),
        };
    }
}

/// A text up to its first NUL; written with one.
impl Value for str {
    type View<'a> = &'a Self;
    type Set<'v> = &'v Self;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<&Self, AttributeError> {
        attribute.text()
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: &Self) {
        message.text(kind, value);
    }
}

/// Bytes without further meaning here.
impl Value for [u8] {
    type View<'a> = &'a [u8];
    type Set<'v> = &'v [u8];

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<&[u8], AttributeError> {
        Ok(attribute.payload())
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: &[u8]) {
        message.attribute(kind, value);
    }
}

/// Exactly `N` bytes.
impl<const N: usize> Value for [u8; N] {
    type View<'a> = Self;
    type Set<'v> = Self;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<Self, AttributeError> {
        attribute.array()
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: Self) {
        message.array(kind, value);
    }
}

/// 4 bytes are IPv4, 16 are IPv6.
impl Value for IpAddr {
    type View<'a> = Self;
    type Set<'v> = Self;

    #[inline]
    fn read(attribute: Attribute<'_>) -> Result<Self, AttributeError> {
        match <[u8; 4]>::try_from(attribute.payload()) {
            Ok(octets) => Ok(octets.into()),
            Err(_) => attribute.array::<16>().map(Self::from),
        }
    }

    #[inline]
    fn write(message: &mut Message, kind: u16, value: Self) {
        match value {
            Self::V4(address) => message.array(kind, address.octets()),
            Self::V6(address) => message.array(kind, address.octets()),
        };
    }
}

macro_rules! addresses {
    ($($ty:ty, $len:literal)*) => {$(
        impl Value for $ty {
            type View<'a> = Self;
            type Set<'v> = Self;

            #[inline]
            fn read(attribute: Attribute<'_>) -> Result<Self, AttributeError> {
                attribute.array::<$len>().map(Self::from)
            }

            #[inline]
            fn write(message: &mut Message, kind: u16, value: Self) {
                message.array(kind, value.octets());
            }
        }
    )*};
}

addresses!(Ipv4Addr, 4 Ipv6Addr, 16);

/// Reads a nest, for the `Value` of a declared message.
///
/// # Errors
///
/// The payload is shorter than the nest's fixed header.
#[inline]
pub fn read_nest<M: Typed>(attribute: Attribute<'_>) -> Result<M::View<'_>, AttributeError> {
    let payload = attribute.payload();
    M::view_of(payload).map_err(|_| AttributeError {
        kind: attribute.kind(),
        reason: AttributeReason::Length {
            expected: M::Header::SIZE,
            actual: payload.len(),
        },
    })
}
