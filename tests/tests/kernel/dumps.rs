//! Dumps: any number at once, dropped anywhere, changed under way, refused in their DONE. What is
//! special to those that a thread reads ahead is in `ahead.rs`.

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::future::join_all;
use netlane::sys::{FilterInstruction, Socket, bpf};
use netlane::wire::{Flags, Message};
use netlane::{Builder, Dump, ErrorKind, Handle, Lanes, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    LOOPBACK, add_address, address, delete_address, get_addresses, get_link, get_links,
    get_routes_wrongly, local_address,
};
use netlane_tests::sockets;
use netlane_tests::stage::{drop_after, play, until};

/// A connection with a socket for each dump, and one with a single socket for all.
fn both() -> [Handle; 2] {
    [Lanes::Separate, Lanes::Single].map(|lanes| {
        let builder = Builder::new(Protocol::ROUTE).lanes(lanes);
        builder.spawn().unwrap()
    })
}

/// The same, in a namespace with so many addresses.
async fn both_with(addresses: u32) -> [Handle; 2] {
    let handles = both();
    fill(&handles[0], addresses).await;
    handles
}

async fn fill(handle: &Handle, addresses: u32) {
    let messages = (0..addresses).map(|number| add_address(address(number)));
    for outcome in handle.batch(messages).await {
        outcome.unwrap();
    }
}

async fn addresses(handle: &Handle) -> BTreeSet<[u8; 4]> {
    let frames: Vec<_> = handle.dump(get_addresses()).collect().await;
    let count = frames.len();
    let found: BTreeSet<_> = frames
        .into_iter()
        .map(|frame| local_address(&frame.unwrap()))
        .collect();
    assert_eq!(found.len(), count, "no entry came twice");
    found
}

#[test]
fn a_dump_of_many_parts_is_whole() {
    in_namespace(|| {
        play(async {
            for handle in both_with(3000).await {
                let expected: BTreeSet<_> = (0..3000).map(address).collect();
                assert_eq!(addresses(&handle).await, expected);
                let mut chunked = BTreeSet::new();
                let mut dump = handle.dump(get_addresses());
                while let Some(chunk) = dump.next_chunk().await.unwrap() {
                    chunked.extend(chunk.map(|frame| local_address(&frame.to_frame())));
                }
                assert_eq!(chunked, expected);
            }
        })
    });
}

#[test]
fn the_first_part_is_small_and_the_rest_fill_32_kib() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            fill(&handle, 3000).await;
            let mut dump = handle.dump(get_addresses());
            let mut sizes = Vec::new();
            while let Some(chunk) = dump.next_chunk().await.unwrap() {
                sizes.push(chunk.map(|frame| frame.bytes().len()).sum::<usize>());
            }
            let largest = sizes.iter().max().copied().unwrap_or_default();
            assert!(largest > 24 * 1024 && largest <= 32 * 1024, "{sizes:?}");
            assert!(sizes[0] <= 8 * 1024, "{sizes:?}");
            // The socket remembers: from the first part on it is read as largely as it can be.
            assert!(sizes.len() < 20, "{sizes:?}");
            assert_eq!(handle.statistics().truncated, 0);
        })
    });
}

#[test]
fn eight_dumps_at_once_never_see_ebusy() {
    in_namespace(|| {
        play(async {
            for handle in both_with(1000).await {
                let dumps = join_all((0..8).map(|_| addresses(&handle))).await;
                assert!(dumps.iter().all(|dump| dump.len() == 1000));
                // Interleaved item by item as well.
                let mut dumps: Vec<_> = (0..8).map(|_| handle.dump(get_addresses())).collect();
                let mut items = 0;
                loop {
                    let next = join_all(dumps.iter_mut().map(StreamExt::next)).await;
                    match next.into_iter().flatten().collect::<Result<Vec<_>, _>>() {
                        Ok(frames) if frames.is_empty() => break,
                        Ok(frames) => items += frames.len(),
                        Err(error) => panic!("{error}"),
                    }
                }
                assert_eq!(items, 8000);
                assert_eq!(handle.statistics().refused, 0);
            }
        })
    });
}

#[test]
fn a_request_is_answered_in_the_middle_of_a_dump() {
    in_namespace(|| {
        play(async {
            for handle in both_with(1000).await {
                let mut dump = handle.dump(get_addresses());
                let mut items = 0;
                while let Some(frame) = dump.next().await {
                    frame.unwrap();
                    items += 1;
                    if items % 100 == 0 {
                        let answer = handle.request(get_link(LOOPBACK)).await.unwrap();
                        assert_eq!(answer.replies.len(), 1);
                    }
                }
                assert_eq!(items, 1000);
            }
        })
    });
}

/// Fails when a dump that is dropped keeps its socket (`PrivateDump::give_up`).
#[test]
fn a_dropped_dump_leaves_nothing_behind() {
    in_namespace(|| {
        play(async {
            for handle in both_with(1000).await {
                let before = sockets::open().len();
                for items in 0..40 {
                    let mut dump = handle.dump(get_addresses());
                    for _ in 0..items * 10 {
                        dump.next().await.unwrap().unwrap();
                    }
                }
                // An abandoned dump never ages out in the kernel: its socket must be closed, or
                // read to its end.
                assert_eq!(addresses(&handle).await.len(), 1000);
                until("the rest of the dropped dumps is read", || {
                    handle.pending() == 0
                })
                .await;
                // A thread that reads ahead closes it after its system call.
                until("their sockets are closed", || {
                    let open = sockets::open();
                    open.len() <= before + 1 && open.iter().all(|socket| !socket.dumping)
                })
                .await;
            }
        })
    });
}

#[test]
fn a_dump_dropped_at_any_poll_leaves_the_connection_healthy() {
    in_namespace(|| {
        play(async {
            for handle in both_with(300).await {
                for polls in 0..20 {
                    let collected = handle.dump(get_addresses()).collect_with_retries(0);
                    drop_after(polls, collected).await;
                }
                assert_eq!(addresses(&handle).await.len(), 300);
                until("nothing is pending", || handle.pending() == 0).await;
            }
        })
    });
}

#[test]
fn a_change_during_a_dump_is_reported_after_its_data() {
    in_namespace(|| {
        play(async {
            let other = netlane::spawn(Protocol::ROUTE).unwrap();
            // More than is read ahead of what is asked for.
            fill(&other, 8000).await;
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            for aside in [false, true] {
                let dump = handle.dump(get_addresses());
                let mut dump = if aside { dump.slow() } else { dump.quick() };
                dump.next().await.unwrap().unwrap();
                // Later parts are made as the earlier ones are read.
                other.request(add_address(address(9999))).await.unwrap();
                other.request(delete_address(address(9999))).await.unwrap();
                let mut items = 1;
                let mut end = None;
                while let Some(item) = dump.next().await {
                    match item {
                        Ok(_) => items += 1,
                        Err(error) => end = Some(error),
                    }
                }
                assert!(items >= 8000, "the data is there: {items}");
                assert_eq!(end.unwrap().kind(), ErrorKind::Interrupted);
                assert!(dump.next().await.is_none(), "the error is the last item");
            }
            let quiet = handle.dump(get_addresses()).collect_with_retries(3).await;
            let quiet = quiet.unwrap();
            assert_eq!((quiet.frames.len(), quiet.interrupted), (8000, false));
        })
    });
}

/// A part that is thrown away leaves nothing to read, and so nothing to make the next by. Fails when
/// nothing restarts the dump, or what was lost is not told (`Engine::stalled`).
#[test]
fn a_stalled_dump_is_restarted_and_says_that_it_has_a_hole() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            fill(&handle, 3000).await;
            // Not ahead of what is asked for: which part is refused is the test's choice.
            let mut dump = handle.dump(get_addresses()).quick();
            let mut found = part(&mut dump).await;
            let socket = socket_with(|socket| socket.dumping);
            socket.attach_filter(&refusing_addresses()).unwrap();
            // The second is queued, and the third is made and refused when that is read.
            found += part(&mut dump).await;
            socket.detach_filter().unwrap();
            let before = found;
            let error = loop {
                match dump.next_chunk().await {
                    Ok(Some(chunk)) => found += chunk.count(),
                    Ok(None) => panic!("{found} of 3000, and no error"),
                    Err(error) => break error,
                }
            };
            assert!(before < found && found < 3000, "{before}, {found}");
            assert!(error.is_outcome_unknown(), "{error}");
            assert_eq!(addresses(&handle).await.len(), 3000);
        })
    });
}

/// Fails when it is restarted as often as it stalls (`Engine::stalled`): it would never end.
#[test]
fn a_dump_that_stalls_again_without_progress_ends_with_an_error() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            // More than is read ahead of what is asked for.
            fill(&handle, 8000).await;
            for aside in [false, true] {
                let dump = handle.dump(get_addresses());
                let mut dump = if aside { dump.slow() } else { dump.quick() };
                let mut found = part(&mut dump).await;
                socket_with(|socket| socket.dumping)
                    .attach_filter(&refusing_addresses())
                    .unwrap();
                let error = loop {
                    match dump.next_chunk().await {
                        Ok(chunk) => found += chunk.expect("not the whole table").count(),
                        Err(error) => break error,
                    }
                };
                assert!(found < 8000, "{found}");
                assert!(error.is_outcome_unknown(), "{error}");
                drop(dump);
                assert_eq!(addresses(&handle).await.len(), 8000);
            }
        })
    });
}

/// Fails when such a dump is waited for (`State::forget_deserted`): no other would ever be sent.
#[test]
fn a_late_dump_that_was_given_up_and_never_ends_holds_up_no_other() {
    in_namespace(|| {
        play(async {
            let [_, handle] = both_with(3000).await;
            let socket = socket_with(|socket| socket.port == handle.port());
            socket.attach_filter(&refusing_addresses()).unwrap();
            // Its first part is refused: it stalls, and may yet go on for all that is known.
            let mut dump = handle.dump(get_addresses()).late();
            assert!(drop_after(10, dump.next()).await.is_none());
            assert_eq!(handle.pending(), 1);
            drop(dump);
            socket.detach_filter().unwrap();
            assert_eq!(addresses(&handle).await.len(), 3000);
            until("nothing is under way", || handle.pending() == 0).await;
        })
    });
}

async fn part(dump: &mut Dump) -> usize {
    dump.next_chunk().await.unwrap().expect("a part").count()
}

/// A second descriptor of the socket for which this holds.
fn socket_with(holds: impl Fn(&sockets::OpenSocket) -> bool) -> Socket {
    let found = sockets::open().into_iter().find(holds).unwrap();
    sockets::second_descriptor(found.inode)
}

/// A program that refuses datagrams that begin with an address.
fn refusing_addresses() -> [FilterInstruction; 4] {
    use FilterInstruction as I;
    const NEW_ADDRESS: u16 = 20;
    let kind = I::host_u16(NEW_ADDRESS);
    [
        I::statement(bpf::LD | bpf::H | bpf::ABS, 4),
        I::jump(bpf::JMP | bpf::JEQ | bpf::K, kind, 0, 1),
        I::statement(bpf::RET | bpf::K, 0),
        I::statement(bpf::RET | bpf::K, u32::MAX),
    ]
}

#[test]
fn a_code_in_done_is_a_refusal_with_its_reason() {
    in_namespace(|| {
        play(async {
            for handle in both() {
                let mut dump = handle.dump(get_routes_wrongly());
                let error = dump.next().await.unwrap().unwrap_err();
                assert!(error.is_refused());
                assert_eq!(error.errno(), Some(EINVAL));
                let report = error.extended_ack().expect("the extended ACK of DONE");
                assert!(report.message.is_some(), "{report:?}");
                assert!(dump.next().await.is_none());
                // The socket is as good as before.
                assert!(handle.dump(get_links()).next().await.unwrap().is_ok());
            }
            let diag = netlane::spawn(Protocol::SOCK_DIAG).unwrap();
            // SOCK_DIAG_BY_FAMILY for IPv4 and a protocol that has no handler.
            let mut request = [0; 56];
            request[..2].copy_from_slice(&[2, 200]);
            let message = Message::new(20, Flags::empty()).with_header(&request);
            let error = diag.dump(message).next().await.unwrap().unwrap_err();
            assert_eq!(error.errno(), Some(ENOENT), "{error}");
        })
    });
}

#[test]
fn a_dump_refused_before_its_first_part_is_a_refusal() {
    in_namespace(|| {
        play(async {
            for handle in both() {
                let strange = Message::new(4002, Flags::empty()).with_header(&[0; 16]);
                let mut dump = handle.dump(strange);
                let error = dump.next().await.unwrap().unwrap_err();
                assert!(error.is_refused(), "{error}");
                assert!(dump.next().await.is_none());
                assert!(handle.dump(get_links()).next().await.unwrap().is_ok());
            }
        })
    });
}

const ENOENT: i32 = 2;
const EINVAL: i32 = 22;
