//! `struct nlattr`: typed payloads after a family header, and nests of them.
//!
//! Owns the attribute walk and the reading of values; must not know any family's kinds. Nothing
//! is allocated and nothing is trusted. Mirrors `include/net/netlink.h` (`nla_for_each_attr`).

use std::borrow::Cow;
use std::fmt;

use crate::arithmetic::{NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_HDRLEN, nla_type};
use crate::{AttributeError, AttributeReason};

/// One attribute. Its payload is what `nla_len` says, without the padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    raw_kind: u16,
    payload: &'a [u8],
}

macro_rules! integers {
    ($($name:ident $type:ty, $read:ident, $what:literal;)*) => {$(
        #[doc = concat!("The payload as ", $what, ".")]
        ///
        /// # Errors
        ///
        /// [`AttributeReason::Length`] if the payload has another size.
        #[inline]
        pub fn $name(&self) -> Result<$type, AttributeError> {
            self.array().map(<$type>::$read)
        }
    )*};
}

impl<'a> Attribute<'a> {
    /// The attribute at `offset` of a list, where a walk has found one.
    #[inline]
    pub(crate) fn at(list: &'a [u8], offset: usize) -> Option<Self> {
        let rest = list.get(offset..)?;
        let ([len, kind, ..], _) = rest.as_chunks() else {
            return None;
        };
        Some(Self {
            raw_kind: u16::from_ne_bytes(*kind),
            payload: rest.get(NLA_HDRLEN..usize::from(u16::from_ne_bytes(*len)))?,
        })
    }

    /// `nla_type` without its two flag bits.
    #[must_use]
    #[inline]
    pub const fn kind(&self) -> u16 {
        nla_type(self.raw_kind)
    }

    /// `nla_type` with its flag bits.
    #[must_use]
    #[inline]
    pub const fn raw_kind(&self) -> u16 {
        self.raw_kind
    }

    /// Whether `NLA_F_NESTED` is set. Older families nest without setting it.
    #[must_use]
    pub const fn is_nested(&self) -> bool {
        self.raw_kind & NLA_F_NESTED != 0
    }

    /// Whether `NLA_F_NET_BYTEORDER` is set. Most network order attributes do not set it.
    #[must_use]
    pub const fn is_network_order(&self) -> bool {
        self.raw_kind & NLA_F_NET_BYTEORDER != 0
    }

    /// The payload.
    #[must_use]
    #[inline]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    integers! {
        u8 u8, from_ne_bytes, "an unsigned byte";
        u16 u16, from_ne_bytes, "2 bytes, unsigned, host order";
        u32 u32, from_ne_bytes, "4 bytes, unsigned, host order";
        u64 u64, from_ne_bytes, "8 bytes, unsigned, host order";
        u128 u128, from_ne_bytes, "16 bytes, unsigned, host order";
        i8 i8, from_ne_bytes, "a signed byte";
        i16 i16, from_ne_bytes, "2 bytes, signed, host order";
        i32 i32, from_ne_bytes, "4 bytes, signed, host order";
        i64 i64, from_ne_bytes, "8 bytes, signed, host order";
        i128 i128, from_ne_bytes, "16 bytes, signed, host order";
        be_u16 u16, from_be_bytes, "2 bytes, unsigned, network order";
        be_u32 u32, from_be_bytes, "4 bytes, unsigned, network order";
        be_u64 u64, from_be_bytes, "8 bytes, unsigned, network order";
        be_u128 u128, from_be_bytes, "16 bytes, unsigned, network order";
        be_i16 i16, from_be_bytes, "2 bytes, signed, network order";
        be_i32 i32, from_be_bytes, "4 bytes, signed, network order";
        be_i64 i64, from_be_bytes, "8 bytes, signed, network order";
        be_i128 i128, from_be_bytes, "16 bytes, signed, network order";
    }

    /// The payload as an unsigned number of 1, 2, 4 or 8 bytes, host order (`NLA_UINT`, whose
    /// writer chooses the size).
    ///
    /// # Errors
    ///
    /// [`AttributeReason::Length`] if the payload has another size.
    pub fn uint(&self) -> Result<u64, AttributeError> {
        match self.payload.len() {
            1 => self.u8().map(u64::from),
            2 => self.u16().map(u64::from),
            4 => self.u32().map(u64::from),
            _ => self.u64(),
        }
    }

    /// The payload as a signed number of 1, 2, 4 or 8 bytes, host order (`NLA_SINT`).
    ///
    /// # Errors
    ///
    /// [`AttributeReason::Length`] if the payload has another size.
    pub fn sint(&self) -> Result<i64, AttributeError> {
        match self.payload.len() {
            1 => self.i8().map(i64::from),
            2 => self.i16().map(i64::from),
            4 => self.i32().map(i64::from),
            _ => self.i64(),
        }
    }

    /// The payload as exactly `N` bytes: a hardware address, a small C struct.
    ///
    /// # Errors
    ///
    /// [`AttributeReason::Length`] if the payload has another size.
    #[inline]
    pub fn array<const N: usize>(&self) -> Result<[u8; N], AttributeError> {
        self.payload.try_into().map_err(|_| {
            self.error(AttributeReason::Length {
                expected: N,
                actual: self.payload.len(),
            })
        })
    }

    /// The payload as text: up to its first NUL, or all of it if there is none.
    ///
    /// # Errors
    ///
    /// [`AttributeReason::Text`] if that is not UTF-8; [`Self::text_bytes`] has it nevertheless.
    #[inline]
    pub fn text(&self) -> Result<&'a str, AttributeError> {
        std::str::from_utf8(self.text_bytes()).map_err(|_| self.error(AttributeReason::Text))
    }

    /// The bytes of a text of any encoding: up to the first NUL, or all if there is none.
    #[must_use]
    #[inline]
    pub fn text_bytes(&self) -> &'a [u8] {
        until_nul(self.payload)
    }

    /// The text with what is not UTF-8 replaced by U+FFFD. Allocates only then.
    #[must_use]
    pub fn text_lossy(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.text_bytes())
    }

    /// The payload as a list of attributes, whether or not the nested flag is set.
    #[must_use]
    #[inline]
    pub const fn nested(&self) -> Attributes<'a> {
        Attributes::new(self.payload)
    }

    /// The payload as an array of nests: attributes whose kind is an index, each holding
    /// attributes (`NLA_NESTED_ARRAY`).
    #[must_use]
    pub const fn nests(&self) -> Nests<'a> {
        Nests {
            elements: self.nested(),
        }
    }

    #[inline]
    const fn error(&self, reason: AttributeReason) -> AttributeError {
        AttributeError {
            kind: self.kind(),
            reason,
        }
    }
}

/// The bytes before the first NUL, or all.
fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Kind, flags and size; no payload, which may hold keys.
impl fmt::Debug for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute")
            .field("kind", &self.kind())
            .field("nested", &self.is_nested())
            .field("network_order", &self.is_network_order())
            .field("bytes", &self.payload.len())
            .finish()
    }
}

/// A list of attributes, walked in order without copying.
///
/// The last one may lack its padding. One whose length is wrong is the last item, an error.
#[derive(Clone)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    /// Bytes of the whole list.
    total: usize,
}

impl<'a> Attributes<'a> {
    /// Walks `bytes`, which start with an attribute's header.
    #[must_use]
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            total: bytes.len(),
        }
    }

    /// The first attribute of a kind among those not yet walked. What is behind a malformed
    /// attribute is not found.
    #[must_use]
    pub fn find(&self, kind: u16) -> Option<Attribute<'a>> {
        self.clone()
            .map_while(Result::ok)
            .find(|attribute| attribute.kind() == kind)
    }

    /// The bytes not yet walked.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Where the next item starts, in bytes from the start of the list.
    #[must_use]
    #[inline]
    pub const fn offset(&self) -> usize {
        self.total.wrapping_sub(self.rest.len())
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, AttributeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return None;
        }
        let ([len, kind, ..], _) = rest.as_chunks() else {
            let reason = AttributeReason::Fragment { bytes: rest.len() };
            return Some(Err(AttributeError { kind: 0, reason }));
        };
        let len = u16::from_ne_bytes(*len);
        let raw_kind = u16::from_ne_bytes(*kind);
        let size = usize::from(len);
        let Some(payload) = rest.get(NLA_HDRLEN..size) else {
            let kind = nla_type(raw_kind);
            let reason = if size < NLA_HDRLEN {
                AttributeReason::TooShort { len }
            } else {
                AttributeReason::PastEnd {
                    len,
                    remaining: rest.len(),
                }
            };
            return Some(Err(AttributeError { kind, reason }));
        };
        // The last one may lack its padding. 16 bits and 3 do not overflow.
        self.rest = match rest.get(size.wrapping_add(3) & !3..) {
            Some(rest) => rest,
            None => unpadded(),
        };
        Some(Ok(Attribute { raw_kind, payload }))
    }
}

/// Nothing, apart: rare enough to be jumped to, so that walking on does not wait for it.
#[cold]
#[inline(never)]
const fn unpadded() -> &'static [u8] {
    &[]
}

impl std::iter::FusedIterator for Attributes<'_> {}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attributes")
            .field("offset", &self.offset())
            .field("bytes_left", &self.rest.len())
            .finish()
    }
}

/// An array of nests: each item is an index and the attributes of that element.
#[derive(Debug, Clone)]
pub struct Nests<'a> {
    elements: Attributes<'a>,
}

impl<'a> Iterator for Nests<'a> {
    type Item = Result<(u16, Attributes<'a>), AttributeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.elements.next()?;
        Some(element.map(|element| (element.kind(), element.nested())))
    }
}

impl std::iter::FusedIterator for Nests<'_> {}
