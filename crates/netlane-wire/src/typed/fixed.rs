//! Values of fixed size: integers, addresses and C structs, in attributes, headers and arrays.
//!
//! Owns the C layout and the rule for other kernel versions: a shorter structure reads as if zeroes followed, of a
//! longer one the tail is kept. Must not know any family's structures.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Deref;

/// A value of fixed size and C alignment.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fixed size and alignment in C",
    label = "implements no `typed::Fixed`",
    note = "declare it with `c_struct!`, `c_enum!` or `c_flags!`, or implement `netlane_wire::typed::Fixed`"
)]
pub trait Fixed: Copy + fmt::Debug {
    /// `sizeof`, bytes.
    const SIZE: usize;

    /// `_Alignof`, bytes.
    const ALIGN: usize;

    /// Reads from the start of `bytes`; what is missing reads as zeroes.
    fn load(bytes: &[u8]) -> Self;

    /// Writes to the start of `bytes`, as far as they reach.
    fn store(&self, bytes: &mut [u8]);
}

/// Where a C compiler puts the fields of a structure.
#[derive(Debug, Clone, Copy)]
pub struct Layout<const N: usize> {
    /// `offsetof` of each field, bytes.
    pub offsets: [usize; N],
    /// `sizeof`, bytes, with the padding at the end.
    pub size: usize,
    /// `_Alignof`, bytes.
    pub align: usize,
}

impl<const N: usize> Layout<N> {
    /// The layout of fields of these sizes and alignments.
    #[must_use]
    pub const fn of(fields: [(usize, usize); N]) -> Self {
        let mut offsets = [0; N];
        let (mut size, mut align) = (0usize, 1);
        let mut rest: &[(usize, usize)] = &fields;
        let mut places: &mut [usize] = &mut offsets;
        while let (Some((field, more)), Some((place, others))) =
            (rest.split_first(), places.split_first_mut())
        {
            *place = size.next_multiple_of(field.1);
            size = place.saturating_add(field.0);
            if field.1 > align {
                align = field.1;
            }
            (rest, places) = (more, others);
        }
        Self {
            offsets,
            size: size.next_multiple_of(align),
            align,
        }
    }
}

/// The `N` bytes at `offset` of `bytes`; those that are missing are zero.
#[inline]
#[must_use]
pub fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let rest = bytes.get(offset..).unwrap_or_default();
    match rest.first_chunk() {
        Some(whole) => *whole,
        None => {
            let mut padded = [0; N];
            padded
                .iter_mut()
                .zip(rest)
                .for_each(|(to, from)| *to = *from);
            padded
        }
    }
}

/// Copies `value` to the start of `bytes`, as far as they reach.
#[inline]
fn put<const N: usize>(bytes: &mut [u8], value: [u8; N]) {
    match bytes.first_chunk_mut() {
        Some(whole) => *whole = value,
        None => bytes
            .iter_mut()
            .zip(value)
            .for_each(|(to, from)| *to = from),
    }
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl Fixed for $ty {
            const SIZE: usize = size_of::<$ty>();
            const ALIGN: usize = align_of::<$ty>();

            #[inline]
            fn load(bytes: &[u8]) -> Self {
                Self::from_ne_bytes(array_at(bytes, 0))
            }

            #[inline]
    fn store(&self, bytes: &mut [u8]) {
                put(bytes, self.to_ne_bytes());
            }
        }

        impl Fixed for super::Be<$ty> {
            const SIZE: usize = size_of::<$ty>();
            const ALIGN: usize = align_of::<$ty>();

            #[inline]
            fn load(bytes: &[u8]) -> Self {
                Self(<$ty>::from_be_bytes(array_at(bytes, 0)))
            }

            #[inline]
    fn store(&self, bytes: &mut [u8]) {
                put(bytes, self.0.to_be_bytes());
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 i8 i16 i32 i64);

impl Fixed for () {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;

    fn load(_: &[u8]) -> Self {}

    #[inline]
    fn store(&self, _: &mut [u8]) {}
}

impl Fixed for Ipv4Addr {
    const SIZE: usize = 4;
    const ALIGN: usize = 4;

    #[inline]
    fn load(bytes: &[u8]) -> Self {
        Self::from(array_at(bytes, 0))
    }

    #[inline]
    fn store(&self, bytes: &mut [u8]) {
        put(bytes, self.octets());
    }
}

impl Fixed for Ipv6Addr {
    const SIZE: usize = 16;
    const ALIGN: usize = 4;

    #[inline]
    fn load(bytes: &[u8]) -> Self {
        Self::from(array_at(bytes, 0))
    }

    #[inline]
    fn store(&self, bytes: &mut [u8]) {
        put(bytes, self.octets());
    }
}

impl<T: Fixed, const N: usize> Fixed for [T; N] {
    const SIZE: usize = T::SIZE.saturating_mul(N);
    const ALIGN: usize = T::ALIGN;

    fn load(bytes: &[u8]) -> Self {
        std::array::from_fn(|index| {
            let start = index.saturating_mul(T::SIZE);
            T::load(bytes.get(start..).unwrap_or_default())
        })
    }

    #[inline]
    fn store(&self, bytes: &mut [u8]) {
        for (value, place) in self.iter().zip(bytes.chunks_mut(T::SIZE.max(1))) {
            value.store(place);
        }
    }
}

/// `char[N]`: a text that ends at its first NUL or at the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize>(pub [u8; N]);

impl<const N: usize> Text<N> {
    /// The bytes before the first NUL.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// The text, unless it is not UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        str::from_utf8(self.bytes()).ok()
    }

    /// The text in `N` bytes; `None` if it does not fit with a final NUL.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        if text.len() >= N || text.contains('\0') {
            return None;
        }
        let places = bytes.iter_mut().zip(text.bytes());
        places.for_each(|(to, from)| *to = from);
        Some(Self(bytes))
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.bytes()), f)
    }
}

impl<const N: usize> Fixed for Text<N> {
    const SIZE: usize = N;
    const ALIGN: usize = 1;

    fn load(bytes: &[u8]) -> Self {
        Self(array_at(bytes, 0))
    }

    #[inline]
    fn store(&self, bytes: &mut [u8]) {
        put(bytes, self.0);
    }
}

/// A C structure as this kernel sent it: reads as `T`, and keeps what a newer kernel added behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extended<'a, T> {
    value: T,
    bytes: &'a [u8],
}

impl<'a, T: Fixed> Extended<'a, T> {
    /// Reads a payload of any length.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            value: T::load(bytes),
            bytes,
        }
    }

    /// The structure; fields that this kernel does not have are zero.
    #[must_use]
    pub const fn value(&self) -> T {
        self.value
    }

    /// The bytes behind the structure as declared here.
    #[must_use]
    pub fn tail(&self) -> &'a [u8] {
        self.bytes.get(T::SIZE..).unwrap_or_default()
    }

    /// All bytes, as sent. Shorter than `T::SIZE` if this kernel has fewer fields.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<T> Deref for Extended<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Fixed> fmt::Debug for Extended<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)?;
        match self.tail().len() {
            0 => Ok(()),
            more => write!(f, " + {more} bytes"),
        }
    }
}
