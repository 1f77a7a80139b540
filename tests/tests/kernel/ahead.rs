//! Dumps that a thread reads ahead of their consumer: the same entries, no more than so many of them
//! early, and nothing left behind. What holds for all dumps is in `dumps.rs`.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use netlane::{Builder, Dump, Handle, Offload, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    LOOPBACK, add_address, address, delete_address, get_addresses, get_link, get_routes_wrongly,
    local_address,
};
use netlane_tests::sockets;
use netlane_tests::stage::{current_thread, drop_after, multi_thread, play, play_on, until};

const TABLE: u32 = 5000;
/// Parts that may be read before they are asked for, and the one that is looked at.
const BOUND: u64 = 8;

/// A connection with one thread of its own.
fn connect(offload: Offload) -> Handle {
    let builder = Builder::new(Protocol::ROUTE).offload(offload);
    builder.offload_threads(1).spawn().unwrap()
}

async fn fill(handle: &Handle) {
    let messages = (0..TABLE).map(|number| add_address(address(number)));
    for outcome in handle.batch(messages).await {
        outcome.unwrap();
    }
}

fn slow(handle: &Handle) -> Dump {
    handle.dump(get_addresses()).slow()
}

async fn addresses(dump: Dump) -> Vec<[u8; 4]> {
    let frames: Vec<_> = dump.collect().await;
    let found = frames.iter().map(|frame| frame.as_ref().unwrap());
    found.map(local_address).collect()
}

async fn addresses_by_chunks(mut dump: Dump) -> Vec<[u8; 4]> {
    let mut found = Vec::new();
    while let Some(chunk) = dump.next_chunk().await.unwrap() {
        found.extend(chunk.map(|frame| local_address(&frame.to_frame())));
    }
    found
}

async fn part(dump: &mut Dump) -> usize {
    dump.next_chunk().await.unwrap().expect("a part").count()
}

#[test]
fn a_dump_is_the_same_wherever_it_is_read() {
    in_namespace(|| {
        for runtime in [current_thread(), multi_thread(2)] {
            play_on(&runtime, async {
                let here = connect(Offload::Never);
                fill(&here).await;
                let expected = addresses(slow(&here)).await;
                assert_eq!(expected.len(), TABLE as usize);
                assert_eq!(here.statistics().offloaded, 0);
                let always = connect(Offload::Always);
                assert_eq!(addresses(always.dump(get_addresses())).await, expected);
                assert_eq!(addresses_by_chunks(slow(&always)).await, expected);
                assert_eq!(always.statistics().offloaded, 2);
                let adaptive = connect(Offload::Adaptive);
                let quick = adaptive.dump(get_addresses()).quick();
                assert_eq!(addresses(quick).await, expected);
                assert_eq!(adaptive.statistics().offloaded, 0);
                // It takes longer than a dump may at once, on any machine.
                let dump = adaptive.dump(get_addresses());
                assert_eq!(addresses_by_chunks(dump).await, expected);
                assert_eq!(adaptive.statistics().offloaded, 1);
                let collected = slow(&adaptive).collect_with_retries(2).await.unwrap();
                assert_eq!(collected.frames.len(), TABLE as usize);
                let deletes = (0..TABLE).map(|number| delete_address(address(number)));
                here.batch(deletes).await;
            });
        }
    });
}

/// Fails when a thread waits for the consumer, or reads on without one (`Ahead::bring`).
#[test]
fn a_dump_that_nobody_reads_on_keeps_neither_memory_nor_a_thread() {
    in_namespace(|| {
        play(async {
            let handle = connect(Offload::Adaptive);
            fill(&handle).await;
            let mut dump = slow(&handle);
            let before = handle.statistics().datagrams_received;
            let mut found = part(&mut dump).await;
            // Each is answered by the one thread that there is, and is one datagram, or two.
            for _ in 0..50 {
                let answer = handle.request(get_link(LOOPBACK)).slow().await.unwrap();
                assert_eq!(answer.replies.len(), 1);
            }
            let others = connect(Offload::Never);
            others.request(get_link(LOOPBACK)).await.unwrap();
            let each = others.statistics().datagrams_received;
            let read = handle.statistics().datagrams_received - before - 50 * each;
            assert!(read <= BOUND, "{read} parts");
            assert!(sockets::open().iter().any(|socket| socket.dumping));
            while let Some(chunk) = dump.next_chunk().await.unwrap() {
                found += chunk.count();
            }
            assert_eq!(found, TABLE as usize);
        })
    });
}

/// Fails when a dump keeps the thread for as long as there is something to read (`Errand::run`).
#[test]
fn requests_that_sleep_do_not_wait_for_the_end_of_a_dump() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            let handle = connect(Offload::Adaptive);
            fill(&handle).await;
            // Two that are always at it share the one thread with what is asked beside them.
            let dumps = (0..2).map(|_| {
                let handle = handle.clone();
                tokio::spawn(async move { addresses_by_chunks(slow(&handle)).await.len() })
            });
            let dumps = join_all(dumps);
            let asked = async {
                for _ in 0..100 {
                    handle.request(get_link(LOOPBACK)).slow().await.unwrap();
                }
            };
            let (dumped, ()) = futures::join!(dumps, asked);
            for count in dumped {
                assert_eq!(count.unwrap(), TABLE as usize);
            }
        })
    });
}

/// Fails when a dropped dump's socket stays with the thread (`Ahead::leave`).
#[test]
fn a_dump_dropped_while_it_is_read_ahead_leaves_nothing_behind() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            let handle = connect(Offload::Adaptive);
            fill(&handle).await;
            for polls in 0..40 {
                drop_after(polls, slow(&handle).collect_with_retries(0)).await;
                let mut dump = slow(&handle);
                for _ in 0..polls * 20 {
                    dump.next().await.unwrap().unwrap();
                }
                drop(dump);
                // As soon as its thread has read what it was reading.
                dump_is_over().await;
            }
            assert_eq!(addresses(slow(&handle)).await.len(), TABLE as usize);
            assert!(handle.statistics().cancelled > 0);
            drop(handle);
            until("every socket is closed", || sockets::open().is_empty()).await;
        })
    });
}

async fn dump_is_over() {
    until("no dump is under way", || {
        sockets::open().iter().all(|socket| !socket.dumping)
    })
    .await;
}

/// Fails when what was read before the end is withheld, or a thread reads on after it
/// (`Ahead::read_on`).
#[test]
fn the_end_of_the_connection_comes_after_the_parts_that_were_read() {
    in_namespace(|| {
        play(async {
            let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
            fill(&handle).await;
            let mut dump = slow(&handle);
            part(&mut dump).await;
            drop(connection);
            let mut parts = 0;
            let error = loop {
                match dump.next_chunk().await {
                    Ok(chunk) => parts += u64::from(chunk.expect("the whole table").count() > 0),
                    Err(error) => break error,
                }
                // Time enough for a thread to read the next.
                tokio::time::sleep(Duration::from_millis(1)).await;
            };
            assert!(error.is_closed(), "{error}");
            assert!(parts < BOUND, "{parts} parts");
            assert!(dump.next_chunk().await.unwrap().is_none());
            dump_is_over().await;
        })
    });
}

#[test]
fn a_refusal_that_a_thread_reads_says_as_much() {
    in_namespace(|| {
        play(async {
            let handle = connect(Offload::Adaptive);
            let mut dump = handle.dump(get_routes_wrongly()).slow();
            let error = dump.next().await.unwrap().unwrap_err();
            assert_eq!(error.errno(), Some(EINVAL));
            let report = error.extended_ack().expect("the extended ACK of DONE");
            assert!(report.message.is_some(), "{report:?}");
            assert!(dump.next().await.is_none());
            assert_eq!(handle.statistics().offloaded, 1);
        })
    });
}

const EINVAL: i32 = 22;
