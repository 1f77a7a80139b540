//! The attributes of one message, found by one pass.
//!
//! Owns the table of offsets behind every view; must not know what the attributes mean. Mirrors `nla_parse` of
//! `lib/nlattr.c`: of several attributes of one type the last counts, and unknown types are passed over.

use std::fmt;

use crate::arithmetic::nlmsg_align;
use crate::typed::{Array, Fixed, Multi, Value, header_len};
use crate::{Attribute, AttributeError, Attributes};

/// A payload's attributes with the place of the last one of each type below `N`.
///
/// Neither finding nor reading allocates. Where the walk meets an attribute whose length is wrong it stops; what it has
/// not found is then an error to read rather than absent, since it may be behind.
#[derive(Clone, Copy)]
pub struct Area<'a, const N: usize> {
    payload: &'a [u8],
    attributes: &'a [u8],
    /// Where in `attributes` each type starts, in units, plus one; 0 is absent.
    places: [u16; N],
    broken: bool,
}

impl<'a, const N: usize> Area<'a, N> {
    /// Walks the attributes behind a header of type `H`.
    #[inline]
    #[must_use]
    pub fn after<H: Fixed>(payload: &'a [u8]) -> Self {
        let start = nlmsg_align(header_len::<H>()).unwrap_or(usize::MAX);
        let attributes = payload.get(start..).unwrap_or_default();
        let mut area = Self {
            payload,
            attributes,
            places: [0; N],
            broken: false,
        };
        area.walk();
        area
    }

    #[inline]
    fn walk(&mut self) {
        let mut walk = Attributes::new(self.attributes);
        let mut place = 1;
        while let Some(attribute) = walk.next() {
            let Ok(attribute) = attribute else {
                self.broken = true;
                return;
            };
            if let Some(slot) = self.places.get_mut(usize::from(attribute.kind())) {
                // More than 256 KiB of attributes: what does not fit the table counts as broken, never as absent.
                let Ok(place) = u16::try_from(place) else {
                    self.broken = true;
                    return;
                };
                *slot = place;
            }
            place = walk.offset() / UNIT + 1;
        }
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
        match self.places.get(usize::from(kind)) {
            Some(&place) if place != 0 => {
                let offset = usize::from(place).saturating_sub(1).saturating_mul(UNIT);
                let rest = self.attributes.get(offset..).unwrap_or_default();
                Attributes::new(rest).next().transpose()
            }
            _ if self.broken => self.search(kind),
            _ => Ok(None),
        }
    }

    /// The slow path of a broken or huge message.
    #[cold]
    fn search(&self, kind: u16) -> Result<Option<Attribute<'a>>, AttributeError> {
        let mut found = None;
        for attribute in self.attributes() {
            let attribute = attribute?;
            if attribute.kind() == kind {
                found = Some(attribute);
            }
        }
        Ok(found)
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

impl<const N: usize> fmt::Debug for Area<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.attributes()).finish()
    }
}

/// Attributes start at multiples of this, so a place counts in it.
const UNIT: usize = 4;
