//! The buffers of whoever drives a lane: one to receive into, one datagram to
//! send. Plain storage that keeps its capacity.

use netlane_proto::Sequence;
use zeroize::Zeroize;

/// Receive buffer and outgoing datagram.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) buffer: Box<[u8]>,
    /// Published requests, one after the other, each padded to 4 bytes.
    pub(crate) outgoing: Vec<u8>,
    /// Whose requests they are.
    pub(crate) sequences: Vec<Sequence>,
}

impl Reader {
    /// Buffers that receive datagrams of up to `frame` bytes whole.
    pub(crate) fn new(frame: usize) -> Self {
        Self {
            buffer: vec![0; frame].into_boxed_slice(),
            outgoing: Vec::new(),
            sequences: Vec::new(),
        }
    }

    /// Overwrites what was received and sent.
    pub(crate) fn wipe(&mut self, received: usize) {
        self.buffer
            .get_mut(..received)
            .unwrap_or_default()
            .zeroize();
        self.outgoing.zeroize();
    }

    /// Adds a request to the outgoing datagram.
    pub(crate) fn push(&mut self, sequence: Sequence, bytes: &[u8]) {
        self.outgoing
            .resize(self.outgoing.len().next_multiple_of(4), 0);
        self.outgoing.extend_from_slice(bytes);
        self.sequences.push(sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails when nothing is overwritten.
    #[test]
    fn wiping_leaves_nothing_of_what_was_received_and_sent() {
        let mut reader = Reader::new(64);
        reader.buffer[..10].fill(7);
        reader.outgoing.extend_from_slice(&[7; 20]);
        reader.wipe(10);
        assert!(reader.buffer.iter().all(|byte| *byte == 0));
        assert!(reader.outgoing.is_empty());
    }
}
