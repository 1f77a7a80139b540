//! How bytes get to the end of a message.
//!
//! Owns the bounds, the padding, and the short way that most attributes take; must not know which methods write what.

use crate::arithmetic::{NLA_HDRLEN, nla_padlen, nla_type};
use crate::{BuildError, Message};

impl Message {
    /// Adds bytes and their padding.
    #[inline]
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let missing = nla_padlen(bytes.len());
        if self.is_ready(bytes.len().saturating_add(missing)) {
            self.bytes.extend_from_slice(bytes);
            self.bytes
                .extend_from_slice([0; 3].get(..missing).unwrap_or_default());
        } else {
            let message = self.take().with_bytes_slowly(bytes);
            self.put_back(message);
        }
    }

    /// Adds an attribute that has `WHOLE` bytes with its header and padding: one store, if the message is ready.
    #[inline]
    pub(super) fn whole<const N: usize, const WHOLE: usize>(
        &mut self,
        kind: u16,
        payload: [u8; N],
    ) {
        let len = N.saturating_add(NLA_HDRLEN);
        let mut whole = [0; WHOLE];
        match (u16::try_from(len), whole.get_mut(NLA_HDRLEN..len)) {
            (Ok(nla_len), Some(place)) if self.is_ready(WHOLE) => {
                place.copy_from_slice(&payload);
                if let Some(header) = whole.first_chunk_mut() {
                    *header = attribute_header(nla_len, kind);
                }
                self.bytes.extend_from_slice(&whole);
            }
            _ => {
                let message = self.take().with_array_slowly(kind, payload);
                self.put_back(message);
            }
        }
    }

    /// Whether `more` bytes can simply be put at the end: no padding is missing, and the buffer need not grow. After a
    /// mistake there is no buffer.
    #[inline]
    fn is_ready(&self, more: usize) -> bool {
        let room = self.bytes.capacity().wrapping_sub(self.bytes.len());
        self.bytes.len().is_multiple_of(4) && room >= more
    }

    // What is not ready goes by value to a function of its own. While a builder's address is given to nobody, it lives
    // in registers, and the compiler knows how long it is.

    #[cold]
    #[inline(never)]
    fn with_bytes_slowly(mut self, bytes: &[u8]) -> Self {
        if self.has_room(bytes.len()) {
            self.bytes.extend_from_slice(bytes);
            self.pad();
        }
        self
    }

    #[cold]
    #[inline(never)]
    fn with_array_slowly<const N: usize>(mut self, kind: u16, payload: [u8; N]) -> Self {
        self.append(kind, &payload, &[]);
        self
    }

    /// The message, of which nothing that has a destructor is left here.
    #[inline]
    fn take(&mut self) -> Self {
        Self {
            kind: self.kind,
            flags: self.flags,
            bytes: std::mem::take(&mut self.bytes),
            error: self.error.take(),
        }
    }

    /// Undoes [`take`](Self::take), and runs no destructor on what that left: it would need an address.
    #[inline]
    fn put_back(&mut self, message: Self) {
        std::mem::forget(std::mem::replace(self, message));
    }

    pub(super) fn append(&mut self, kind: u16, payload: &[u8], terminator: &[u8]) {
        if self.open(kind, payload.len().saturating_add(terminator.len())) {
            self.bytes.extend_from_slice(payload);
            self.bytes.extend_from_slice(terminator);
            self.pad();
        }
    }

    /// Writes an attribute's header; false if the attribute is too long or a mistake was made.
    pub(super) fn open(&mut self, raw_kind: u16, payload: usize) -> bool {
        let len = payload.saturating_add(NLA_HDRLEN);
        let Ok(nla_len) = u16::try_from(len) else {
            let kind = nla_type(raw_kind);
            self.fail(BuildError::AttributeTooLong { kind, len });
            return false;
        };
        // A payload from `raw` may have left the end unaligned.
        self.pad();
        if !self.has_room(len) {
            return false;
        }
        self.bytes
            .extend_from_slice(&attribute_header(nla_len, raw_kind));
        true
    }

    /// Writes the length of the nest that was opened when the message was `start` bytes long.
    pub(super) fn close(&mut self, kind: u16, start: usize) {
        let start = start.saturating_add(nla_padlen(start));
        let len = self.bytes.len().saturating_sub(start);
        let Ok(nla_len) = u16::try_from(len) else {
            self.fail(BuildError::NestTooLong { kind, len });
            return;
        };
        match self
            .bytes
            .get_mut(start..)
            .and_then(<[u8]>::first_chunk_mut)
        {
            Some(place) => *place = nla_len.to_ne_bytes(),
            // Only swapping the message for another inside of the closure gets here.
            None => {
                let what = "a message was replaced while one of its nests was being filled";
                self.fail(BuildError::Value { what });
            }
        }
    }

    /// Whether nothing went wrong so far and `more` bytes, with their padding, still fit.
    pub(super) fn has_room(&mut self, more: usize) -> bool {
        let len = self
            .bytes
            .len()
            .saturating_add(more)
            .saturating_add(nla_padlen(more));
        if u32::try_from(len).is_err() {
            self.fail(BuildError::MessageTooLong { len });
        }
        self.error.is_none()
    }

    fn pad(&mut self) {
        let missing = nla_padlen(self.bytes.len());
        if missing > 0 {
            self.bytes
                .extend_from_slice([0; 3].get(..missing).unwrap_or_default());
        }
    }
}

#[inline]
const fn attribute_header(len: u16, kind: u16) -> [u8; NLA_HDRLEN] {
    let ([l0, l1], [k0, k1]) = (len.to_ne_bytes(), kind.to_ne_bytes());
    [l0, l1, k0, k1]
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;
    use crate::{Flags, HEADER_LEN};

    /// Here and not with the other tests of the builder: this asks for the room alone, without
    /// 4 GiB of memory to fill it.
    #[test]
    fn a_message_of_4_gib_is_refused() {
        let limit = usize::try_from(u32::MAX).unwrap();
        let mut message = Message::new(16, Flags::empty());
        assert!(message.has_room(limit - HEADER_LEN - 3));
        assert!(
            !message.has_room(limit - HEADER_LEN - 2),
            "with its padding"
        );
        let len = limit + 1;
        assert_eq!(message.finish(), Err(BuildError::MessageTooLong { len }));
        let mut message = Message::new(16, Flags::empty());
        assert!(!message.has_room(usize::MAX));
    }
}
