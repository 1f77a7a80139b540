//! What the commands put into the kernel's tables: routes to be dumped, and a bridge whose addresses
//! come and go, each time with one event.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use netlane::wire::{Flags, Message};
use netlane::{Dump, ErrorKind, Handle};
use netlane_tests::route::{
    GET_ROUTE, LOOPBACK, add_address_to, address, delete_address_from, get_link_by_name,
    link_index, new_bridge,
};

use crate::Failure;

/// Adds so many routes to the main table.
pub(crate) async fn fill(handle: &Handle, routes: u32) -> Result<(), Failure> {
    for first in (0..routes).step_by(STEP) {
        let numbers = first..routes.min(first + BATCH);
        for outcome in handle.batch(numbers.map(add_route)).await {
            outcome?;
        }
    }
    Ok(())
}

/// Asks for the main table.
pub(crate) fn dump_routes(handle: &Handle) -> Dump {
    handle.dump(Message::new(GET_ROUTE, Flags::empty()).with_header(&route_header(0, 0, 0)))
}

/// Reads a dump to its end: how many entries, and whether the table changed meanwhile.
pub(crate) async fn count_entries(mut dump: Dump) -> Result<(u64, bool), Failure> {
    let mut entries = 0;
    while let Some(entry) = dump.next().await {
        match entry {
            Ok(_) => entries += 1,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok((entries, true)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((entries, false))
}

/// A bridge, by its index.
pub(crate) async fn bridge(handle: &Handle, name: &str) -> Result<u32, Failure> {
    handle.request(new_bridge(name)).await?;
    let link = handle.request_one(get_link_by_name(name)).await?;
    Ok(link_index(&link))
}

/// Adds an address to the interface and takes it away again, so often that there are so many
/// messages to `RTNLGRP_IPV4_IFADDR`; an even number.
pub(crate) async fn flood(
    handle: &Handle,
    index: u32,
    messages: u64,
    sent: &AtomicU64,
) -> Result<(), Failure> {
    let mut left = messages / 2;
    while left > 0 {
        let pairs = left.min(PAIRS);
        let changes = (0..pairs).flat_map(|_| {
            let changing = address(FLOODED);
            let add = add_address_to(index, changing);
            [add, delete_address_from(index, changing)]
        });
        for outcome in handle.batch(changes).await {
            outcome?;
            sent.fetch_add(1, Ordering::Relaxed);
        }
        left -= pairs;
    }
    Ok(())
}

fn add_route(number: u32) -> Message {
    Message::new(NEW_ROUTE, Flags::CREATE | Flags::EXCL)
        .with_header(&route_header(32, UNICAST, LINK_SCOPE))
        .with_attribute(DESTINATION, &(FIRST_ROUTE + number).to_be_bytes())
        .with_u32(INTERFACE, LOOPBACK)
}

/// struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags.
const fn route_header(prefix: u8, kind: u8, scope: u8) -> [u8; 12] {
    let protocol = if kind == 0 { 0 } else { STATIC };
    [2, prefix, 0, 0, MAIN, protocol, scope, kind, 0, 0, 0, 0]
}

/// Members of one batch of routes.
const BATCH: u32 = 10_000;
const STEP: usize = 10_000;
/// Changes and their reversals in one batch.
const PAIRS: u64 = 500;
/// 11.0.0.0: apart from the addresses, which begin with 10.
const FIRST_ROUTE: u32 = 11 << 24;
const FLOODED: u32 = 9_000_000;

// include/uapi/linux/rtnetlink.h
const NEW_ROUTE: u16 = 24;
const DESTINATION: u16 = 1;
const INTERFACE: u16 = 4;
const MAIN: u8 = 254;
const STATIC: u8 = 4;
const UNICAST: u8 = 1;
const LINK_SCOPE: u8 = 253;
