//! Repeated values: one attribute many times, a nest of numbered elements, a C array in one payload.
//!
//! Owns these three iterations; must not know what the elements mean.

use std::fmt;
use std::marker::PhantomData;

use crate::typed::{Fixed, Value};
use crate::{Attribute, AttributeError, AttributeReason, Attributes, Message};

/// The values of an attribute that may be repeated, in the order received.
pub struct Multi<'a, T: ?Sized> {
    walk: Attributes<'a>,
    kind: u16,
    element: PhantomData<fn() -> Box<T>>,
}

impl<'a, T: Value + ?Sized> Multi<'a, T> {
    pub(super) const fn new(walk: Attributes<'a>, kind: u16) -> Self {
        Self {
            walk,
            kind,
            element: PhantomData,
        }
    }
}

impl<T: ?Sized> Clone for Multi<'_, T> {
    fn clone(&self) -> Self {
        Self {
            walk: self.walk.clone(),
            kind: self.kind,
            element: PhantomData,
        }
    }
}

impl<'a, T: Value + ?Sized> Iterator for Multi<'a, T> {
    type Item = Result<T::View<'a>, AttributeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.walk.next()? {
                Ok(attribute) if attribute.kind() == self.kind => return Some(T::read(attribute)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<T: Value + ?Sized> fmt::Debug for Multi<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// The elements of a nest whose attribute types are indices (`NLA_NESTED_ARRAY` and `indexed-array` of the kernel's
/// specifications). Empty if the nest is absent.
pub struct Array<'a, T: ?Sized> {
    walk: Attributes<'a>,
    error: Option<AttributeError>,
    element: PhantomData<fn() -> Box<T>>,
}

impl<'a, T: Value + ?Sized> Array<'a, T> {
    pub(super) fn new(nest: Result<Option<Attribute<'a>>, AttributeError>) -> Self {
        let (walk, error) = match nest {
            Ok(Some(nest)) => (nest.nested(), None),
            Ok(None) => (Attributes::new(&[]), None),
            Err(error) => (Attributes::new(&[]), Some(error)),
        };
        Self {
            walk,
            error,
            element: PhantomData,
        }
    }

    /// The elements with their indices.
    pub fn indexed(
        mut self,
    ) -> impl Iterator<Item = Result<(u16, T::View<'a>), AttributeError>> + use<'a, T> {
        std::iter::from_fn(move || {
            self.element()
                .map(|element| element.and_then(|(index, value)| Ok((index, T::read(value)?))))
        })
    }

    fn element(&mut self) -> Option<Result<(u16, Attribute<'a>), AttributeError>> {
        if let Some(error) = self.error.take() {
            return Some(Err(error));
        }
        let element = self.walk.next()?;
        Some(element.map(|element| (element.kind(), element)))
    }
}

impl<T: ?Sized> Clone for Array<'_, T> {
    fn clone(&self) -> Self {
        Self {
            walk: self.walk.clone(),
            error: self.error,
            element: PhantomData,
        }
    }
}

impl<'a, T: Value + ?Sized> Iterator for Array<'a, T> {
    type Item = Result<T::View<'a>, AttributeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.element()?;
        Some(element.and_then(|(_, element)| T::read(element)))
    }
}

impl<T: Value + ?Sized> fmt::Debug for Array<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// A C array of `T` as one payload. Reading gives [`Elements`], writing takes a slice.
#[derive(Debug)]
pub struct Packed<T>(PhantomData<T>);

impl<T: Fixed + 'static> Value for Packed<T> {
    type View<'a> = Elements<'a, T>;
    type Set<'v> = &'v [T];

    fn read(attribute: Attribute<'_>) -> Result<Elements<'_, T>, AttributeError> {
        let payload = attribute.payload();
        if payload.len().checked_rem(T::SIZE) == Some(0) {
            return Ok(Elements {
                payload,
                element: PhantomData,
            });
        }
        // The nearest size that would have been right.
        let expected = payload
            .len()
            .checked_div(T::SIZE)
            .unwrap_or(0)
            .saturating_mul(T::SIZE);
        Err(AttributeError {
            kind: attribute.kind(),
            reason: AttributeReason::Length {
                expected,
                actual: payload.len(),
            },
        })
    }

    fn write(message: &mut Message, kind: u16, values: &[T]) {
        let mut bytes = vec![0; values.len().saturating_mul(T::SIZE)];
        for (value, place) in values.iter().zip(bytes.chunks_mut(T::SIZE.max(1))) {
            value.store(place);
        }
        message.attribute(kind, &bytes);
    }
}

/// The elements of a [`Packed`] payload.
pub struct Elements<'a, T> {
    payload: &'a [u8],
    element: PhantomData<fn() -> T>,
}

impl<T: Fixed> Elements<'_, T> {
    /// How many are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payload.len().checked_div(T::SIZE).unwrap_or(0)
    }

    /// Whether none is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }
}

impl<T> Clone for Elements<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Elements<'_, T> {}

impl<T: Fixed> Iterator for Elements<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (element, rest) = self.payload.split_at_checked(T::SIZE.max(1))?;
        self.payload = rest;
        Some(T::load(element))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<T: Fixed> ExactSizeIterator for Elements<'_, T> {}

impl<T: Fixed> fmt::Debug for Elements<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
