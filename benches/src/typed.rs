//! Routes decoded and encoded by the types of netlane-route, and the same by hand. Owns what is
//! read and written on both sides; must not know how often, nor how it is timed.

use std::net::IpAddr;

use netlane::wire::Request;
use netlane_route::{AddRoute, Family, Route, RouteBuilder, RouteKind, RouteProtocol, RouteView};
use netlane_testkit::Links;
use netlane_wire::Message;
use netlane_wire::typed::Do;

use crate::baseline::Blocking;
use crate::messages;
use crate::workloads::Failure;

/// What a program wants of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub destination: Option<IpAddr>,
    pub gateway: Option<IpAddr>,
    pub interface: Option<u32>,
    pub table: u32,
}

/// The payloads of as many routes with a gateway, as the kernel dumps them.
///
/// # Errors
///
/// What kept them from being made.
pub fn dumped(routes: u32) -> Result<Vec<Vec<u8>>, Failure> {
    let mut links = Links::open()?;
    links.veth("left", "right")?;
    links.set_up("left")?;
    links.set_up("right")?;
    links.add_address("left", "192.0.2.1".parse()?, 24)?;
    let index = links.index("left")?;
    let mut client = Blocking::open();
    for number in 0..routes {
        client.request(request(number, index).into_message(), |_| ())?;
    }
    let mut payloads = Vec::new();
    client.dump(messages::dump_routes(), |frame| {
        payloads.push(frame.payload().to_vec());
    })?;
    // Of the main table, and behind a gateway: not what the address brought.
    payloads.retain(|payload| by_hand(payload).is_some_and(|route| route.gateway.is_some()));
    links.delete("left")?;
    Ok(payloads)
}

/// By a view, which finds all attributes in one pass and reads some; `None` if one is malformed.
pub fn by_view(payload: &[u8]) -> Option<Wanted> {
    let route = RouteView::decode(payload).ok()?;
    Some(Wanted {
        destination: route.destination().ok()?,
        gateway: route.gateway().ok()?,
        interface: route.output().ok()?,
        table: route.table().ok()?.unwrap_or_default(),
    })
}

/// By `pick`, which reads some attributes in one pass and finds no others; `None` if one is malformed.
pub fn by_pick(payload: &[u8]) -> Option<Wanted> {
    let wanted = (
        Route::DESTINATION,
        Route::GATEWAY,
        Route::OUTPUT,
        Route::TABLE,
    );
    let (destination, gateway, interface, table) = Route::pick(payload, wanted).ok()?;
    Some(Wanted {
        destination,
        gateway,
        interface,
        table: table.unwrap_or_default(),
    })
}

/// By a walk over the bytes, with the checks that keep it from panicking; `None` if malformed.
pub fn by_hand(payload: &[u8]) -> Option<Wanted> {
    let mut wanted = Wanted {
        destination: None,
        gateway: None,
        interface: None,
        table: 0,
    };
    let mut rest = payload.get(12..)?;
    while let Some(&[l0, l1, k0, k1]) = rest.first_chunk() {
        let len = usize::from(u16::from_ne_bytes([l0, l1]));
        let value = rest.get(4..len)?;
        match u16::from_ne_bytes([k0, k1]) & 0x3fff {
            1 => wanted.destination = Some(address(value)?),
            4 => wanted.interface = Some(u32::from_ne_bytes(value.try_into().ok()?)),
            5 => wanted.gateway = Some(address(value)?),
            15 => wanted.table = u32::from_ne_bytes(value.try_into().ok()?),
            _ => {}
        }
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(wanted)
}

fn address(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(value).ok()?)),
        16 => Some(IpAddr::from(<[u8; 16]>::try_from(value).ok()?)),
        _ => None,
    }
}

/// The request for the `number`-th /32 under 11.0.0.0/8, which no other workload fills, by its builder.
///
/// Built where it is used, as a program does and as the bytes by hand are.
#[inline(always)]
pub fn request(number: u32, link: u32) -> RouteBuilder<Do<AddRoute>> {
    Route::add()
        .family(Family::INET)
        .destination_len(32)
        .protocol(RouteProtocol::STATIC)
        .kind(RouteKind::UNICAST)
        .table(254)
        .destination((0x0b00_0000 | number).to_be_bytes().into())
        .gateway([192, 0, 2, 2].into())
        .output(link)
}

/// Its bytes, in the buffer that the builder wrote: what a batch of requests does.
pub fn encoded(number: u32, link: u32) -> Vec<u8> {
    finished(request(number, link).into_message())
}

/// Its bytes, copied from a request that is kept, so that it can be sent again: what `Handle::call` does.
pub fn encoded_and_kept(number: u32, link: u32) -> Vec<u8> {
    finished(request(number, link).message())
}

fn finished(message: Message) -> Vec<u8> {
    message.finish().unwrap_or_default()
}

/// The same bytes, written by hand into an own buffer of the builder's size, which needs not grow.
pub fn encoded_by_hand(number: u32, link: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend([0; 16]);
    // Family, lengths of prefixes, type of service, table, protocol, scope, kind, flags.
    bytes.extend([2, 32, 0, 0, 0, 4, 0, 1, 0, 0, 0, 0]);
    let mut attribute = |kind: u16, value: [u8; 4]| {
        bytes.extend(8u16.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
    };
    attribute(15, 254u32.to_ne_bytes());
    attribute(1, (0x0b00_0000 | number).to_be_bytes());
    attribute(5, [192, 0, 2, 2]);
    attribute(4, link.to_ne_bytes());
    // Length, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL.
    let len = u32::try_from(bytes.len()).unwrap_or_default();
    bytes[..4].copy_from_slice(&len.to_ne_bytes());
    bytes[4..6].copy_from_slice(&24u16.to_ne_bytes());
    bytes[6..8].copy_from_slice(&0x600u16.to_ne_bytes());
    bytes
}
