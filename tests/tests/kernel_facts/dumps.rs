//! Dumps: M4, M5, M8, M10, M12, B4, B9.

use std::thread;
use std::time::Duration;

use netlane_sys::{Protocol, ReceiveBatch, Socket};
use netlane_testkit::in_namespace;
use netlane_wire::{Control, Flags, Frames, Message};

use super::kit::{
    ACKNOWLEDGED, DUMPED, EBUSY, EINVAL, ENOENT, RTM_GETROUTE, Said, add_addresses, drain,
    dump_addresses, dump_links, get_link, new_address, numbered, open, ping, receive,
};

const SEVERAL_CHUNKS: u32 = 1_000;

fn done(sequence: u32, errno: i32) -> Said {
    Said::Done { sequence, errno }
}

/// The datagrams of one address dump, read with buffers of this size.
fn chunks(socket: &Socket, size: usize) -> Vec<Vec<u8>> {
    socket.send(&dump_addresses(1)).unwrap();
    std::iter::from_fn(|| receive(socket, size).unwrap())
        .map(|got| got.bytes)
        .collect()
}

#[test]
fn m04_a_second_dump_is_busy_and_requests_are_answered_between() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        socket.send(&dump_addresses(1)).unwrap();
        socket.send(&dump_addresses(2)).unwrap();
        socket
            .send(&numbered(get_link(1, ACKNOWLEDGED), 3))
            .unwrap();
        let said = drain(&socket);
        let at = |wanted: &Said| said.iter().position(|said| said == wanted).unwrap();
        let end = at(&done(1, 0));
        assert!(said[0].is_data_of(1));
        assert!(
            at(&Said::Ack {
                sequence: 2,
                errno: EBUSY
            }) < end,
            "refused between its parts"
        );
        assert!(
            at(&Said::Ack {
                sequence: 3,
                errno: 0
            }) < end,
            "answered in the middle"
        );
        assert_eq!(end, said.len() - 1);
        let addresses = said.iter().filter(|said| said.is_data_of(1)).count();
        assert_eq!(
            addresses,
            usize::try_from(SEVERAL_CHUNKS).unwrap(),
            "and none is missing"
        );
    });
}

#[test]
fn m05_an_abandoned_dump_does_not_age_out() {
    let socket = open(Protocol::ROUTE);
    socket.send(&dump_links(1)).unwrap();
    thread::sleep(Duration::from_secs(2));
    socket.send(&dump_links(2)).unwrap();
    let said = drain(&socket);
    assert!(
        said.contains(&Said::Ack {
            sequence: 2,
            errno: EBUSY
        }),
        "{said:?}"
    );
    assert_eq!(said.last(), Some(&done(1, 0)), "reading ends it");
    socket.send(&dump_links(3)).unwrap();
    assert_eq!(drain(&socket).last(), Some(&done(3, 0)));
}

/// M8: `struct inet_diag_req_v2` for a transport protocol that nobody registered.
#[test]
fn m08_a_failed_dump_ends_in_done_with_its_errno() {
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    let socket = open(Protocol::SOCK_DIAG);
    let mut header = [0; 56];
    header[..2].copy_from_slice(&[2, 250]); // AF_INET, and a protocol number without a handler
    socket
        .send(&numbered(
            Message::new(SOCK_DIAG_BY_FAMILY, DUMPED).with_header(&header),
            4,
        ))
        .unwrap();
    assert_eq!(drain(&socket), [done(4, ENOENT)]);
}

/// M8: a strictly checked route dump refuses a filter, with the reason behind the code of DONE (or,
/// depending on the kernel, in an error message).
#[test]
fn m08_done_carries_the_reason() {
    let socket = open(Protocol::ROUTE);
    socket.set_strict_check(true).unwrap();
    socket.set_ext_ack(true).unwrap();
    let mut rtmsg = [0; 12];
    rtmsg[..2].copy_from_slice(&[2, 24]); // AF_INET, and a destination length, which is no filter
    socket
        .send(&numbered(
            Message::new(RTM_GETROUTE, DUMPED).with_header(&rtmsg),
            4,
        ))
        .unwrap();
    let got = receive(&socket, 4096).unwrap().unwrap();
    let frame = Frames::new(&got.bytes).next().unwrap().unwrap();
    let (errno, report) = match frame.control() {
        Control::Done(done) => (done.errno(), done.extended()),
        Control::Ack(ack) => (ack.errno(), ack.extended()),
        _ => panic!("{frame:?}"),
    };
    assert_eq!(errno, EINVAL);
    assert!(
        report.message().is_some_and(|text| !text.is_empty()),
        "{frame:?}"
    );
    assert!(frame.header().flags.contains(Flags::ACK_TLVS));
}

/// M10: chunks grow with the largest receive, up to about 32 KiB; the first is made before any.
#[test]
fn m10_chunks_follow_the_largest_receive() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        let first = chunks(&socket, 64 * 1024);
        let page_or_so = first[0].len();
        let largest = first.iter().map(Vec::len).max().unwrap();
        assert!(page_or_so < 8 * 1024, "{page_or_so}");
        assert!(
            largest > 2 * page_or_so && largest <= 32 * 1024,
            "{largest}"
        );

        let counts = [4, 8, 32, 64].map(|kib| chunks(&open(Protocol::ROUTE), kib * 1024).len());
        assert!(counts[0] > counts[1] && counts[1] > counts[2], "{counts:?}");
        assert_eq!(counts[2], counts[3], "more than 32 KiB gain nothing");
        assert_eq!(counts[3], first.len());
    });
}

/// M12: a change between two chunks is marked on a message or two, and never hides the rest.
#[test]
fn m12_a_change_during_a_dump_marks_some_message() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        socket.send(&dump_addresses(1)).unwrap();
        let mut datagrams = vec![receive(&socket, 4096).unwrap().unwrap()];
        let other = open(Protocol::ROUTE);
        other
            .send(&numbered(new_address(60_000, ACKNOWLEDGED), 1))
            .unwrap();
        assert_eq!(
            drain(&other),
            [Said::Ack {
                sequence: 1,
                errno: 0
            }]
        );
        datagrams.extend(std::iter::from_fn(|| receive(&socket, 4096).unwrap()));

        let frames = datagrams
            .iter()
            .flat_map(|got| Frames::new(&got.bytes).map(Result::unwrap));
        let marks: Vec<bool> = frames
            .map(|frame| frame.header().flags.contains(Flags::DUMP_INTR))
            .collect();
        let marked = marks.iter().filter(|mark| **mark).count();
        assert!(marked >= 1, "nobody was told");
        assert!(marked < marks.len() / 10, "{marked} of {}", marks.len());
        let last = datagrams.last().unwrap();
        assert_eq!(
            super::kit::said(last).last(),
            Some(&done(1, 0)),
            "it ends as ever"
        );
    });
}

/// B4: nobody asks for a chunk but the reader, and the first was made by the send.
#[test]
fn b04_chunks_are_made_by_the_reader() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        socket.send(&dump_addresses(1)).unwrap();
        let queued = || socket.memory_info().unwrap().receive_allocated;
        let before = queued();
        assert!(before > 0, "made inside of the send");
        thread::sleep(Duration::from_millis(50));
        assert_eq!(queued(), before, "and no more until someone reads");
        receive(&socket, 32 * 1024).unwrap().unwrap();
        assert!(queued() > 0, "made inside of the receive");
    });
}

/// B4: a dump alone on its socket cannot overrun it, however small the buffer.
#[test]
fn b04_a_dump_alone_does_not_overrun() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        socket.set_receive_buffer(0).unwrap();
        socket.send(&dump_addresses(1)).unwrap();
        let said = drain(&socket);
        assert_eq!(said.last(), Some(&done(1, 0)));
        assert_eq!(said.len(), usize::try_from(SEVERAL_CHUNKS).unwrap() + 1);
        assert_eq!(socket.memory_info().unwrap().drops, 0);
    });
}

/// B9: each receive of a batch makes the next chunk, so one call pulls many.
#[test]
fn b09_one_recvmmsg_pulls_a_whole_dump() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        socket.send(&dump_addresses(1)).unwrap();
        let mut batch = ReceiveBatch::new(ReceiveBatch::MAX, 32 * 1024);
        let count = socket.recv_many(&mut batch).unwrap();
        let (last, _) = batch.get(count - 1).unwrap();
        let end = Frames::new(last).map(Result::unwrap).last().unwrap();
        assert!(
            matches!(end.control(), Control::Done(_)),
            "{count} datagrams, no end"
        );
        assert!(count > 2, "{count}");
    });
}

/// B9: an error after the first datagram of a batch is kept for the next call.
#[test]
fn b09_a_batch_keeps_the_error_for_the_next_call() {
    let socket = open(Protocol::ROUTE);
    socket.send(&super::kit::pings(3_000)).unwrap();
    let mut batch = ReceiveBatch::new(8, 64);
    let error = socket.recv_many(&mut batch).unwrap_err();
    assert_eq!(
        error.raw_os_error(),
        Some(super::kit::ENOBUFS),
        "a pending error comes first"
    );
    assert_eq!(socket.recv_many(&mut batch).unwrap(), 8);
    drain(&socket);
    socket.send(&ping(1)).unwrap();
    assert_eq!(socket.recv_many(&mut batch).unwrap(), 1);
}
