//! Owns routes with several ways (`RTA_MULTIPATH`): an array of `struct rtnexthop`, each with attributes of its own.
//! Must not know routes. Mirrors `linux/rtnetlink.h` and `fib_get_nhs` of net/ipv4/fib_semantics.c.

use std::fmt;
use std::net::IpAddr;

use netlane_wire::typed::{Value, c_struct, message};
use netlane_wire::{Attribute, AttributeError, AttributeReason, Message};

use super::{EncapKind, MplsLabels, Via};

/// Bytes of `struct rtnexthop`.
const HEADER_LEN: usize = 8;

c_struct! {
    /// The header of one way.
    pub struct RtNexthop("rtnexthop") {
        /// Length with attributes, bytes; written by [`Multipath`].
        len: u16,
        /// State: the first eight of [`RouteFlags`](super::RouteFlags).
        flags: u8,
        /// Weight minus one.
        hops: u8,
        /// Index of the link.
        index: u32,
    }
}

message! {
    /// One way of a route with several.
    pub struct Hop("hop"): RtNexthop(flags: u8, hops: u8, index: u32) {
        /// The next router.
        gateway: IpAddr = RTA_GATEWAY(5),
        /// Realm: the source's in the upper half, the destination's in the lower.
        flow: u32 = RTA_FLOW(11),
        /// The next router, of another family.
        via: Via = RTA_VIA(18),
        /// Outgoing labels of an MPLS route.
        new_destination: MplsLabels = RTA_NEWDST(19),
        /// How packets are encapsulated.
        encap_kind: EncapKind = RTA_ENCAP_TYPE(21),
        /// The encapsulation's settings.
        encap: select super::HopEncap by encap_kind = RTA_ENCAP(22),
    }
}

/// Several ways: reading gives [`Hops`], writing takes [`Hop`]s.
#[derive(Debug)]
pub enum Multipath {}

impl Value for Multipath {
    type View<'a> = Hops<'a>;
    type Set<'v> = &'v [Hop];

    fn read(attribute: Attribute<'_>) -> Result<Hops<'_>, AttributeError> {
        Ok(Hops {
            kind: attribute.kind(),
            rest: attribute.payload(),
        })
    }

    fn write(message: &mut Message, kind: u16, hops: &[Hop]) {
        let mut payload = Vec::new();
        for hop in hops {
            let bytes = hop.payload();
            // A way that does not fit its length does not fit the message either, which then says so.
            let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
            payload.extend(len.to_ne_bytes());
            payload.extend(bytes.get(2..).unwrap_or_default());
            payload.resize(payload.len().next_multiple_of(4), 0);
        }
        message.attribute(kind, &payload);
    }
}

/// The ways of a route.
#[derive(Clone, Copy, Default)]
pub struct Hops<'a> {
    kind: u16,
    rest: &'a [u8],
}

impl<'a> Iterator for Hops<'a> {
    type Item = Result<HopView<'a>, AttributeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let len = self.rest.first_chunk().map(|len| u16::from_ne_bytes(*len));
        let len = usize::from(len.unwrap_or_default());
        let hop = (len >= HEADER_LEN).then(|| self.rest.get(..len)).flatten();
        let (whole, remaining) = (hop.is_some(), self.rest.len());
        // Behind a wrong length nothing can be found.
        let next = self.rest.get(len.next_multiple_of(4)..).filter(|_| whole);
        self.rest = next.unwrap_or_default();
        let view = hop.and_then(|bytes| HopView::decode(bytes).ok());
        Some(view.ok_or(AttributeError {
            kind: self.kind,
            reason: AttributeReason::Length {
                expected: len.max(HEADER_LEN),
                actual: remaining,
            },
        }))
    }
}

impl fmt::Debug for Hops<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
