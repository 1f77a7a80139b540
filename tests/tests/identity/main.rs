//! Encode then decode is the identity, for every field of every message of every family: whatever a setter is given,
//! the getter gives back. The calls are written by `build.rs` from the declarations; here are the values. Must not know
//! any message.

// The calls are written for each form alike, and use not all of what a family exports.
#![allow(clippy::all, unused_imports)]

use netlane_wire::typed::{Fixed, LinkAddress};
use proptest::prelude::*;

/// What the written calls need.
mod prelude {
    pub(super) use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    pub(super) use netlane_wire::AttributeError;
    pub(super) use netlane_wire::typed::*;

    pub(super) use super::{Chance, UNKNOWN, same};
}

/// An attribute that no message declares: what is in a nest is told by it.
const UNKNOWN: u16 = 0x3fff;

type Test = fn(&mut Chance);

include!(concat!(env!("OUT_DIR"), "/identity.rs"));

/// Values by chance, from a seed without end.
pub struct Chance {
    seed: std::iter::Cycle<std::vec::IntoIter<u8>>,
}

impl Chance {
    fn byte(&mut self) -> u8 {
        self.seed.next().unwrap_or_default()
    }

    /// Up to 31 of them.
    fn bytes(&mut self) -> Vec<u8> {
        let len = self.byte() % 32;
        (0..len).map(|_| self.byte()).collect()
    }

    fn fixed<T: Fixed>(&mut self) -> T {
        let bytes: Vec<u8> = (0..T::SIZE).map(|_| self.byte()).collect();
        T::load(&bytes)
    }

    /// Without NUL, which ends a text.
    fn text(&mut self) -> String {
        let bytes = self.bytes();
        bytes
            .iter()
            .map(|byte| char::from(*byte))
            .filter(|it| *it != '\0')
            .collect()
    }

    fn address(&mut self) -> std::net::IpAddr {
        match self.byte() % 2 {
            0 => self.fixed::<std::net::Ipv4Addr>().into(),
            _ => self.fixed::<std::net::Ipv6Addr>().into(),
        }
    }

    fn link_address(&mut self) -> LinkAddress {
        LinkAddress::new(&self.bytes()).expect("at most 32 bytes")
    }
}

/// Compared as shown: what is read of a structure also holds what a newer kernel would add, here nothing.
fn same(what: &str, set: impl std::fmt::Debug, got: impl std::fmt::Debug) {
    assert_eq!(format!("{got:?}"), format!("{set:?}"), "{what}");
}

#[test]
fn messages_are_found() {
    assert!(TESTS.len() > 120, "only {} messages", TESTS.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_set_is_got(seed in proptest::collection::vec(any::<u8>(), 1..200)) {
        for (_, test) in TESTS {
            test(&mut Chance { seed: seed.clone().into_iter().cycle() });
        }
    }
}
