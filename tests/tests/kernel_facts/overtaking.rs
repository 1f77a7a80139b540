//! A dump whose second part is queued before its first: B4, as a socket with two threads sees it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use netlane_sys::{Protocol, Socket};
use netlane_testkit::in_namespace;
use netlane_tests::overtaking::delaying_the_part_of;

use super::kit::{Got, Said, add_addresses, dump_addresses, open, ping, receive, said};

/// The first address that [`add_addresses`] adds.
const FIRST: [u8; 4] = [10, 0, 0, 1];
/// More than one part, whatever its size.
const ADDRESSES: u32 = 1_000;
/// Dumps after which it is said not to happen. Both threads have to run, so that a busy machine
/// takes more than the first few.
const TRIES: u32 = 10_000;

/// `netlink_dump` gives up the lock of dumps between making a part and queueing it. If another
/// thread receives just then, be it an acknowledgement, that makes and queues the next part. A
/// filter runs in that gap, so a slow one makes it wide; without one it takes an interrupt there.
#[test]
fn b04_a_receive_beside_the_send_of_a_dump_may_overtake_it() {
    in_namespace(|| {
        if !netlane_testkit::has_two_processors() {
            return;
        }
        add_addresses(ADDRESSES);
        let socket = open(Protocol::ROUTE);
        socket.attach_filter(&delaying_the_part_of(FIRST)).unwrap();
        let overtaken = (1..=TRIES).any(|sequence| {
            let parts = dump_beside_pings(&socket, sequence);
            !is_first(&parts[0])
        });
        assert!(overtaken, "the first part was always first");
    });
}

/// The parts of a dump in the order of their receiving, while another thread pings and receives.
fn dump_beside_pings(socket: &Socket, sequence: u32) -> Vec<Got> {
    let sent = AtomicBool::new(false);
    let is_part = |got: &Got| said(got).iter().any(|said| said.is_data_of(sequence));
    let is_end = |got: &Got| {
        let end = Said::Done { sequence, errno: 0 };
        said(got).contains(&end)
    };
    let mut all = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            socket.send(&dump_addresses(sequence)).unwrap();
            sent.store(true, Ordering::SeqCst);
        });
        let mut ended = false;
        while !(ended && sent.load(Ordering::SeqCst)) {
            socket.send(&ping(u32::MAX)).unwrap();
            while let Some(got) = receive(socket, 32 * 1024).unwrap() {
                ended |= is_end(&got);
                all.push(got);
            }
            assert!(all.len() < 1_000_000, "the dump never ends");
        }
    });
    all.retain(is_part);
    all
}

/// Whether the part begins with the first address.
fn is_first(part: &Got) -> bool {
    part.bytes[28..32] == FIRST
}
