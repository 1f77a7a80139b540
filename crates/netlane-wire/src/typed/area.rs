//! The attributes of one message, found by one pass.
//!
//! Owns the table of offsets behind every view; must not know what the attributes mean. Mirrors `nla_parse` of
//! `lib/nlattr.c`: of several attributes of one type the last counts, and unknown types are passed over.

use std::fmt;

use crate::arithmetic::nlmsg_align;
use crate::typed::{Array, Fixed, Multi, Value};
use crate::{Attribute, AttributeError, Attributes, DecodeError};

/// A payload's attributes with the place of the last one of each type below `N`.
///
/// Neither finding nor reading allocates. Where the walk meets an attribute whose length is wrong it stops; what it has
/// not found is then an error to read rather than absent, since it may be behind.
#[derive(Clone, Copy)]
pub struct Area<'a, H, const N: usize> {
    header: H,
    payload: &'a [u8],
    attributes: &'a [u8],
    /// The last attribute of each type.
    places: [Place; N],
    broken: bool,
}

impl<'a, H: Fixed, const N: usize> Area<'a, H, N> {
    /// Finds the attributes behind the header.
    ///
    /// # Errors
    ///
    /// The payload is shorter than the header.
    #[inline]
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        if payload.len() < H::SIZE {
            return Err(DecodeError::Header {
                expected: H::SIZE,
                actual: payload.len(),
            });
        }
        Ok(Self::parse(payload))
    }

    /// Finds the attributes behind the header, of which what is missing reads as zeroes.
    #[inline]
    #[must_use]
    pub fn parse(payload: &'a [u8]) -> Self {
        let start = nlmsg_align(H::SIZE).unwrap_or(usize::MAX);
        let mut area = Self {
            header: H::load(payload),
            payload,
            attributes: payload.get(start..).unwrap_or_default(),
            places: [Place::ABSENT; N],
            broken: false,
        };
        area.walk();
        area
    }

    #[inline]
    fn walk(&mut self) {
        let mut walk = self.attributes();
        loop {
            let here = walk.offset();
            match walk.next() {
                Some(Ok(attribute)) => self.note(attribute.kind(), here),
                Some(Err(_)) => self.broken = true,
                None => return,
            }
        }
    }

    #[inline]
    fn note(&mut self, kind: u16, offset: usize) {
        if let Some(place) = self.places.get_mut(usize::from(kind)) {
            match Place::new(offset) {
                Some(found) => *place = found,
                // More than 256 KiB of attributes: what has no place is searched, never taken for absent.
                None => self.broken = true,
            }
        }
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &H {
        &self.header
    }

    /// Header and attributes.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Every attribute, as received.
    #[must_use]
    pub const fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.attributes)
    }

    /// The last attribute of type `kind`.
    ///
    /// # Errors
    ///
    /// It is not found and the walk did not reach the end.
    #[inline]
    pub fn get(&self, kind: u16) -> Result<Option<Attribute<'a>>, AttributeError> {
        let place = self.places.get(usize::from(kind)).copied();
        match place.and_then(Place::offset) {
            Some(offset) => Ok(Attribute::at(self.attributes, offset)),
            None if self.broken => search(self.attributes(), kind),
            None => Ok(None),
        }
    }

    /// Whether an attribute of type `kind` is there.
    ///
    /// # Errors
    ///
    /// As for [`Self::get`].
    #[inline]
    pub fn has(&self, kind: u16) -> Result<bool, AttributeError> {
        self.get(kind).map(|attribute| attribute.is_some())
    }

    /// The value of the last attribute of type `kind`.
    ///
    /// # Errors
    ///
    /// It is malformed, or as for [`Self::get`].
    #[inline]
    pub fn read<T: Value + ?Sized>(
        &self,
        kind: u16,
    ) -> Result<Option<T::View<'a>>, AttributeError> {
        match self.get(kind)? {
            Some(attribute) => T::read(attribute).map(Some),
            None => Ok(None),
        }
    }

    /// Every attribute of type `kind`, in order.
    #[must_use]
    pub const fn multi<T: Value + ?Sized>(&self, kind: u16) -> Multi<'a, T> {
        Multi::new(self.attributes(), kind)
    }

    /// The elements of the nest of type `kind`.
    #[must_use]
    pub fn array<T: Value + ?Sized>(&self, kind: u16) -> Array<'a, T> {
        Array::new(self.get(kind))
    }
}

impl<H: Fixed, const N: usize> fmt::Debug for Area<'_, H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.attributes()).finish()
    }
}

/// Where an attribute starts, in units of 4 bytes from 1 on; 0 is absent. Its length is in its header, which the walk
/// has checked.
#[derive(Clone, Copy)]
struct Place(u16);

impl Place {
    const ABSENT: Self = Self(0);

    #[inline]
    fn new(offset: usize) -> Option<Self> {
        let unit = (offset / UNIT).saturating_add(1);
        u16::try_from(unit).ok().map(Self)
    }

    #[inline]
    fn offset(self) -> Option<usize> {
        Some(usize::from(self.0.checked_sub(1)?).saturating_mul(UNIT))
    }
}

/// The slow path of a broken or huge message.
#[cold]
fn search(walk: Attributes<'_>, kind: u16) -> Result<Option<Attribute<'_>>, AttributeError> {
    let mut found = None;
    for attribute in walk {
        let attribute = attribute?;
        if attribute.kind() == kind {
            found = Some(attribute);
        }
    }
    Ok(found)
}

/// Attributes start at multiples of this.
const UNIT: usize = 4;
