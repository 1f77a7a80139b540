//! Buffers for receiving several datagrams with one system call.
//!
//! Owns the memory; the call itself is in `platform`. Mirrors `recvmmsg(2)`.

use std::io;

use crate::{
    Received,
    platform::{self, Fd, Slot},
};

/// Memory for [`Socket::recv_many`](crate::Socket::recv_many): allocated once, used again and
/// again.
///
/// ```
/// use netlane_sys::ReceiveBatch;
///
/// let batch = ReceiveBatch::new(16, 32 * 1024);
/// assert_eq!(batch.capacity(), 16);
/// assert_eq!(batch.iter().count(), 0); // nothing received yet
/// ```
pub struct ReceiveBatch {
    bytes: Vec<u8>,
    bytes_each: usize,
    slots: Vec<Slot>,
    received: Vec<Received>,
}

impl ReceiveBatch {
    /// The most datagrams that one call receives.
    pub const MAX: usize = platform::BATCH;

    /// Room for a number of datagrams, 1 to [`MAX`](Self::MAX) (other numbers are moved into that
    /// range), of at most so many bytes each.
    #[must_use]
    pub fn new(datagrams: usize, bytes_each: usize) -> Self {
        let datagrams = datagrams.clamp(1, Self::MAX);
        // A zero-length slice for each datagram would leave nothing to split.
        let bytes_each = bytes_each.max(1);
        Self {
            bytes: vec![0; datagrams.saturating_mul(bytes_each)],
            bytes_each,
            slots: vec![Slot::default(); datagrams],
            received: Vec::with_capacity(datagrams),
        }
    }

    /// How many datagrams fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// How many datagrams the last call received.
    #[must_use]
    pub fn len(&self) -> usize {
        self.received.len()
    }

    /// Whether the last call received nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }

    /// The bytes of a datagram of the last call (as far as they fitted), and what came with it.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<(&[u8], Received)> {
        let received = *self.received.get(index)?;
        let start = index.checked_mul(self.bytes_each)?;
        let bytes = self.bytes.get(start..start.checked_add(received.len)?)?;
        Some((bytes, received))
    }

    /// The datagrams of the last call, in order.
    #[must_use]
    pub fn iter(&self) -> Datagrams<'_> {
        Datagrams {
            batch: self,
            next: 0,
        }
    }

    pub(crate) fn receive(&mut self, fd: &Fd) -> io::Result<usize> {
        self.received.clear();
        let buffers = self.bytes.chunks_exact_mut(self.bytes_each);
        let count = platform::receive_many(fd, buffers, &mut self.slots)?;
        let results = self
            .slots
            .iter()
            .take(count)
            .map(|slot| slot.received(self.bytes_each));
        self.received.extend(results); // within the capacity: no allocation
        Ok(self.received.len())
    }
}

impl std::fmt::Debug for ReceiveBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiveBatch")
            .field("capacity", &self.capacity())
            .field("bytes_each", &self.bytes_each)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl<'a> IntoIterator for &'a ReceiveBatch {
    type Item = (&'a [u8], Received);
    type IntoIter = Datagrams<'a>;

    fn into_iter(self) -> Datagrams<'a> {
        self.iter()
    }
}

/// Iterator over the datagrams of a [`ReceiveBatch`].
#[derive(Clone, Debug)]
pub struct Datagrams<'a> {
    batch: &'a ReceiveBatch,
    next: usize,
}

impl<'a> Iterator for Datagrams<'a> {
    type Item = (&'a [u8], Received);

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.batch.get(self.next)?;
        self.next += 1;
        Some(item)
    }
}
