//! What a full receive queue does: M6, M7, M16, M17, and the drop count.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests panic like tests"
)]

mod common;

use common::{drain, errno, in_own_namespace, open, ping, port};
use netlane_sys::{Address, Protocol, Socket};

/// How many acknowledgements fit: every ping of one datagram is acknowledged before `send` returns.
fn fill_with_acks(socket: &Socket, pings: u32) {
    let datagram: Vec<u8> = (1..=pings).flat_map(ping).collect();
    assert_eq!(socket.send(&datagram).unwrap(), datagram.len());
}

fn sequence(bytes: &[u8]) -> u32 {
    u32::from_ne_bytes(bytes[8..12].try_into().unwrap())
}

/// M6 and M7: the window ends in one ENOBUFS, reported before the older answers; the rest is lost
/// and counted. The window is measured, as it depends on the kernel and its configuration.
#[test]
fn m06_m07_the_window_of_acknowledgements_is_exact() {
    const PINGS: u32 = 3_000;
    let socket = open(Protocol::ROUTE);
    fill_with_acks(&socket, PINGS);
    let all = drain(&socket);
    assert_eq!(all[0], Err(libc::ENOBUFS), "reported first");
    let kept: Vec<u32> = all[1..]
        .iter()
        .map(|item| sequence(&item.as_ref().unwrap().0))
        .collect();
    let window = u32::try_from(kept.len()).unwrap();
    assert!(
        kept.iter().copied().eq(1..=window),
        "everything older than the loss, in order"
    );
    assert!(window > 0 && window < PINGS, "{window}");
    assert_eq!(
        socket.memory_info().unwrap().drops,
        PINGS - window,
        "the count is exact"
    );

    // The same again fits exactly; one more is one loss.
    fill_with_acks(&socket, window);
    assert_eq!(drain(&socket).len(), kept.len());
    fill_with_acks(&socket, window + 1);
    assert_eq!(drain(&socket)[0], Err(libc::ENOBUFS));
    assert_eq!(socket.memory_info().unwrap().drops, PINGS - window + 1);
}

/// M6, M19: the window grows with the buffer.
#[test]
fn m19_a_larger_buffer_holds_more() {
    const PINGS: u32 = 6_000;
    let windows: Vec<usize> = [64 * 1024, 512 * 1024]
        .map(|bytes| {
            let socket = open(Protocol::ROUTE);
            socket.set_receive_buffer(bytes).unwrap();
            fill_with_acks(&socket, PINGS);
            drain(&socket).iter().filter(|item| item.is_ok()).count()
        })
        .into();
    assert!(windows[0] * 2 < windows[1], "{windows:?}");
}

/// The pending error can be taken without reading.
#[test]
fn so_error_takes_the_overrun() {
    let socket = open(Protocol::ROUTE);
    assert!(socket.take_error().unwrap().is_none());
    fill_with_acks(&socket, 3_000);
    let error = socket.take_error().unwrap().unwrap();
    assert_eq!(error.raw_os_error(), Some(libc::ENOBUFS));
    assert!(
        socket.take_error().unwrap().is_none(),
        "it is reported once"
    );
    assert!(drain(&socket).iter().all(Result::is_ok));
}

/// NETLINK_NO_ENOBUFS: nothing tells of the loss but the drop count.
#[test]
fn no_enobufs_makes_losses_silent() {
    let socket = open(Protocol::ROUTE);
    socket.set_no_enobufs(true).unwrap();
    fill_with_acks(&socket, 3_000);
    let all = drain(&socket);
    assert!(all.iter().all(Result::is_ok));
    let drops = usize::try_from(socket.memory_info().unwrap().drops).unwrap();
    assert_eq!(all.len() + drops, 3_000);
}

/// M16 and M17: a multicast flood without a kernel subsystem is an overrun, counted exactly.
#[test]
fn m16_m17_a_flood_is_one_enobufs_and_an_exact_count() {
    const FLOOD: usize = 100_000;
    in_own_namespace("m16_m17_a_flood_is_one_enobufs_and_an_exact_count", || {
        let (reader, sender) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
        reader.add_membership(1).unwrap();
        let to = Address::group(1).unwrap();
        for _ in 0..FLOOD {
            // With a destination port of 0 the kernel side is asked too, and is not there.
            let _ = sender.send_to(&[0; 36], to);
        }
        let drops = usize::try_from(reader.memory_info().unwrap().drops).unwrap();
        let all = drain(&reader);
        assert_eq!(
            all.iter()
                .filter(|item| **item == Err(libc::ENOBUFS))
                .count(),
            1
        );
        assert_eq!(all[0], Err(libc::ENOBUFS));
        let kept = all.len() - 1;
        assert!(kept > 0);
        assert_eq!(kept + drops, FLOOD);
        let (_, received) = all[1].as_ref().unwrap();
        assert_eq!(
            received.group,
            Some(1),
            "from the address mask, without NETLINK_PKTINFO"
        );
        assert_eq!(received.sender.port, port(&sender));
        assert_eq!(errno(reader.recv(&mut [0; 64])), libc::EAGAIN);
    });
}
