//! Owns a gateway of another family (`struct rtvia`) and MPLS label stacks; must not know routes. Mirrors
//! `linux/rtnetlink.h` and net/mpls/af_mpls.c.

use std::fmt;
use std::net::IpAddr;

use netlane_wire::typed::{Value, array_at};
use netlane_wire::{Attribute, AttributeError, AttributeReason, Message};

use crate::Family;

/// Bytes of `rtvia_family`.
const FAMILY_LEN: usize = 2;

/// A gateway that need not be of the route's family: the address with its own.
#[derive(Debug)]
pub enum Via {}

impl Value for Via {
    type View<'a> = IpAddr;
    type Set<'v> = IpAddr;

    fn read(attribute: Attribute<'_>) -> Result<IpAddr, AttributeError> {
        let payload = attribute.payload();
        let family = u16::from_ne_bytes(array_at(payload, 0));
        let address = payload.get(FAMILY_LEN..).unwrap_or_default();
        let wrong = |expected| AttributeError {
            kind: attribute.kind(),
            reason: AttributeReason::Length {
                expected,
                actual: payload.len(),
            },
        };
        if family == u16::from(Family::INET6.0) {
            let octets: [u8; 16] = address.try_into().map_err(|_| wrong(18))?;
            return Ok(octets.into());
        }
        let octets: [u8; 4] = address.try_into().map_err(|_| wrong(6))?;
        Ok(octets.into())
    }

    fn write(message: &mut Message, kind: u16, address: IpAddr) {
        let mut payload = u16::from(Family::from(address).0).to_ne_bytes().to_vec();
        match address {
            IpAddr::V4(address) => payload.extend(address.octets()),
            IpAddr::V6(address) => payload.extend(address.octets()),
        }
        message.attribute(kind, &payload);
    }
}

/// A stack of MPLS labels, outermost first; each is 20 bits.
#[derive(Debug)]
pub enum MplsLabels {}

impl Value for MplsLabels {
    type View<'a> = MplsStack<'a>;
    type Set<'v> = &'v [u32];

    fn read(attribute: Attribute<'_>) -> Result<MplsStack<'_>, AttributeError> {
        let payload = attribute.payload();
        if payload.len().is_multiple_of(4) {
            return Ok(MplsStack(payload));
        }
        Err(AttributeError {
            kind: attribute.kind(),
            reason: AttributeReason::Length {
                expected: payload.len().next_multiple_of(4),
                actual: payload.len(),
            },
        })
    }

    fn write(message: &mut Message, kind: u16, labels: &[u32]) {
        let mut payload = Vec::new();
        for (position, label) in labels.iter().enumerate() {
            // Label, traffic class 0, bottom of stack, time to live 0.
            let bottom = u32::from(position.saturating_add(1) == labels.len());
            let entry = ((label & 0xf_ffff) << 12) | (bottom << 8);
            payload.extend(entry.to_be_bytes());
        }
        message.attribute(kind, &payload);
    }
}

/// The labels of a stack, outermost first.
#[derive(Clone, Copy)]
pub struct MplsStack<'a>(&'a [u8]);

impl Iterator for MplsStack<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (entry, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*entry) >> 12)
    }
}

impl fmt::Debug for MplsStack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
