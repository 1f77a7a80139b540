//! Bends captured datagrams: the faults that no socket can be made to show at will.
//! Owns pure functions from datagrams to datagrams; must not know sockets, clocks or a random
//! source (a seed is an argument, so that every failure replays).

use netlane_sys::Address;

use crate::Random;

/// One datagram as a socket would hand it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// What was received.
    pub bytes: Vec<u8>,
    /// Who sent it; [`Address::KERNEL`] for the kernel.
    pub sender: Address,
    /// The multicast group it came through, if any.
    pub group: Option<u32>,
}

impl Datagram {
    /// A datagram that the kernel sent to this socket alone.
    #[must_use]
    pub fn from_kernel(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            sender: Address::KERNEL,
            group: None,
        }
    }
}

/// One fault. Positions are taken modulo what is there, so every fault applies to every
/// non-empty sequence, and arbitrary numbers (from a fuzzer) make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Cuts the datagram to `len` bytes modulo one more than its length.
    Truncate {
        /// Which datagram.
        datagram: usize,
        /// What remains, in bytes.
        len: usize,
    },
    /// Delivers the datagram twice in a row.
    Duplicate {
        /// Which datagram.
        datagram: usize,
    },
    /// Takes the datagram out and puts it back elsewhere.
    Move {
        /// Which datagram.
        datagram: usize,
        /// Where to, among the others.
        to: usize,
    },
    /// Flips the bits of `mask` in one byte.
    Corrupt {
        /// Which datagram.
        datagram: usize,
        /// Which byte.
        offset: usize,
        /// Which bits.
        mask: u8,
    },
    /// Loses the datagram.
    Drop {
        /// Which datagram.
        datagram: usize,
    },
    /// Lets the datagram come from another sender.
    Forge {
        /// Which datagram.
        datagram: usize,
        /// The port id it claims to come from; 0 is the kernel.
        port: u32,
    },
}

impl Fault {
    /// A sequence of `count` faults that depends on `seed` alone.
    #[must_use]
    pub fn sequence(seed: u64, count: usize) -> Vec<Self> {
        let mut random = Random::new(seed);
        (0..count).map(|_| Self::random(&mut random)).collect()
    }

    fn random(random: &mut Random) -> Self {
        let datagram = random.position();
        match random.below(6) {
            0 => Self::Truncate {
                datagram,
                len: random.position(),
            },
            1 => Self::Duplicate { datagram },
            2 => Self::Move {
                datagram,
                to: random.position(),
            },
            3 => Self::Corrupt {
                datagram,
                offset: random.position(),
                mask: 1 << random.below(8),
            },
            4 => Self::Drop { datagram },
            _ => Self::Forge {
                datagram,
                port: u32::try_from(random.position()).unwrap_or(u32::MAX),
            },
        }
    }
}

/// A sequence of datagrams in the order of their arrival.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Datagrams(Vec<Datagram>);

impl Datagrams {
    /// The datagrams as they were captured.
    #[must_use]
    pub const fn new(datagrams: Vec<Datagram>) -> Self {
        Self(datagrams)
    }

    /// The datagrams with the faults applied one after the other. No fault changes an empty sequence.
    ///
    /// ```
    /// use netlane_testkit::{Datagram, Datagrams, Fault};
    ///
    /// let captured = Datagrams::new(vec![Datagram::from_kernel(*b"one"), Datagram::from_kernel(*b"two")]);
    /// let bent = captured.with_faults(&[
    ///     Fault::Truncate { datagram: 0, len: 1 },
    ///     Fault::Move { datagram: 0, to: 1 },
    /// ]);
    /// let bytes: Vec<&[u8]> = bent.iter().map(|datagram| &datagram.bytes[..]).collect();
    /// assert_eq!(bytes, [&b"two"[..], b"o"]);
    /// ```
    #[must_use]
    pub fn with_faults(mut self, faults: &[Fault]) -> Self {
        for fault in faults {
            self.apply(*fault);
        }
        self
    }

    /// The datagrams in order.
    pub fn iter(&self) -> impl Iterator<Item = &Datagram> {
        self.0.iter()
    }

    /// The datagrams themselves.
    #[must_use]
    pub fn into_vec(self) -> Vec<Datagram> {
        self.0
    }

    fn apply(&mut self, fault: Fault) {
        match fault {
            Fault::Truncate { datagram, len } => self.change(datagram, |it| {
                let len = len % (it.bytes.len() + 1);
                it.bytes.truncate(len);
            }),
            Fault::Corrupt {
                datagram,
                offset,
                mask,
            } => self.change(datagram, |it| {
                if let Some(byte) = pick_mut(&mut it.bytes, offset) {
                    *byte ^= mask;
                }
            }),
            Fault::Forge { datagram, port } => self.change(datagram, |it| it.sender.port = port),
            Fault::Duplicate { datagram } => {
                if let Some(at) = self.position(datagram)
                    && let Some(twin) = self.0.get(at).cloned()
                {
                    self.0.insert(at, twin);
                }
            }
            Fault::Move { datagram, to } => {
                if let Some(at) = self.position(datagram) {
                    let moved = self.0.remove(at);
                    self.0.insert(to % (self.0.len() + 1), moved);
                }
            }
            Fault::Drop { datagram } => {
                if let Some(at) = self.position(datagram) {
                    self.0.remove(at);
                }
            }
        }
    }

    fn position(&self, datagram: usize) -> Option<usize> {
        datagram.checked_rem(self.0.len())
    }

    fn change(&mut self, datagram: usize, change: impl FnOnce(&mut Datagram)) {
        if let Some(it) = pick_mut(&mut self.0, datagram) {
            change(it);
        }
    }
}

fn pick_mut<T>(items: &mut [T], index: usize) -> Option<&mut T> {
    let index = index.checked_rem(items.len())?;
    items.get_mut(index)
}

#[cfg(test)]
mod tests {
    use super::{Datagram, Datagrams, Fault};

    fn three() -> Datagrams {
        Datagrams::new(
            [&b"aaaa"[..], b"bb", b"cccccc"]
                .map(Datagram::from_kernel)
                .to_vec(),
        )
    }

    fn bytes(datagrams: &Datagrams) -> Vec<&[u8]> {
        datagrams
            .iter()
            .map(|datagram| &datagram.bytes[..])
            .collect()
    }

    #[test]
    fn each_fault_does_what_it_says() {
        let cut = three().with_faults(&[Fault::Truncate {
            datagram: 0,
            len: 3,
        }]);
        assert_eq!(bytes(&cut), [&b"aaa"[..], b"bb", b"cccccc"]);
        let twice = three().with_faults(&[Fault::Duplicate { datagram: 1 }]);
        assert_eq!(bytes(&twice), [&b"aaaa"[..], b"bb", b"bb", b"cccccc"]);
        let moved = three().with_faults(&[Fault::Move { datagram: 0, to: 2 }]);
        assert_eq!(bytes(&moved), [&b"bb"[..], b"cccccc", b"aaaa"]);
        let flipped = three().with_faults(&[Fault::Corrupt {
            datagram: 1,
            offset: 1,
            mask: 1,
        }]);
        assert_eq!(bytes(&flipped), [&b"aaaa"[..], b"bc", b"cccccc"]);
        let fewer = three().with_faults(&[Fault::Drop { datagram: 2 }]);
        assert_eq!(bytes(&fewer), [&b"aaaa"[..], b"bb"]);
        let forged = three().with_faults(&[Fault::Forge {
            datagram: 1,
            port: 7,
        }]);
        let ports: Vec<u32> = forged.iter().map(|datagram| datagram.sender.port).collect();
        assert_eq!(ports, [0, 7, 0]);
    }

    #[test]
    fn positions_wrap_and_nothing_is_needed() {
        let wrapped = three().with_faults(&[Fault::Drop { datagram: 4 }]);
        assert_eq!(bytes(&wrapped), [&b"aaaa"[..], b"cccccc"]);
        let empty = Datagrams::default().with_faults(&Fault::sequence(1, 1000));
        assert_eq!(empty, Datagrams::default());
    }

    #[test]
    fn a_seed_replays() {
        for seed in 0..500 {
            let faults = Fault::sequence(seed, 20);
            assert_eq!(faults, Fault::sequence(seed, 20));
            assert_eq!(three().with_faults(&faults), three().with_faults(&faults));
        }
        assert_ne!(Fault::sequence(1, 20), Fault::sequence(2, 20));
    }
}
