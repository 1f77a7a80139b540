//! Five hundred tasks on one handle, mixing requests, batches, dumps and subscriptions. Each checks
//! that every answer is its own.
//! Asserts behaviour, never time; knows netlane by its public interface alone.
#![cfg(target_os = "linux")]

use std::sync::Arc;

use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use netlane::wire::Frame;
use netlane::{Builder, Handle, Lanes, Notice, Offload, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    GROUP_ADDRESS, NO_INTERFACE, add_address, address, delete_address, get_addresses, get_link,
    get_links, link_name, local_address, new_bridge,
};
use netlane_tests::stage::{current_thread, drop_after, multi_thread, play_on, until};

/// The interfaces of the namespace: index and name.
type Links = Arc<[(u32, String)]>;

/// Makes enough of them that each task that asks for one has its own.
async fn links_for(handle: &Handle, tasks: u32) -> Links {
    let bridges = (0..tasks / 5).map(|number| new_bridge(&format!("br{number}")));
    for outcome in handle.batch(bridges).await {
        outcome.unwrap();
    }
    let links: Vec<_> = handle.dump(get_links()).collect().await;
    links
        .into_iter()
        .map(|link| named(&link.unwrap()))
        .collect()
}

/// Index and name in a link message.
fn named(frame: &Frame) -> (u32, String) {
    let index = frame.payload()[4..8].try_into().unwrap();
    (u32::from_ne_bytes(index), link_name(frame))
}

/// What one of the tasks does. `number` tells them apart.
async fn work(handle: Handle, number: u32, links: Links) {
    let mine = address(number);
    match number % 5 {
        0 => {
            let own = &links[usize::try_from(number / 5).unwrap()];
            for _ in 0..10 {
                let frame = handle.request_one(get_link(own.0)).await.unwrap();
                assert_eq!(named(&frame), *own);
                let error = handle.request(get_link(NO_INTERFACE)).await.unwrap_err();
                assert_eq!(error.errno(), Some(ENODEV));
                handle.ping().await.unwrap();
            }
        }
        1 => {
            for _ in 0..5 {
                let answer = handle.echo(add_address(mine)).await.unwrap();
                assert_eq!(local_address(&answer.replies[0]), mine);
                handle.request(delete_address(mine)).await.unwrap();
            }
        }
        2 => {
            let messages = (0..20).flat_map(|_| [add_address(mine), delete_address(mine)]);
            for outcome in handle.batch(messages).await {
                outcome.unwrap();
            }
        }
        3 => {
            let mut dump = handle.dump(get_links());
            let mut found = Vec::new();
            while let Some(link) = dump.next().await {
                found.push(named(&link.unwrap()));
            }
            assert_eq!(found[..], links[..]);
            // Addresses come and go meanwhile: interrupted or not, each entry is whole.
            let collected = handle.dump(get_addresses()).collect_with_retries(1).await;
            for frame in collected.unwrap().frames {
                assert_eq!(local_address(&frame)[0], 10);
            }
            drop_after(1, handle.dump(get_addresses()).next()).await;
        }
        _ => {
            let subscribe = handle.subscribe([GROUP_ADDRESS]).capacity(100_000);
            let mut events = subscribe.await.unwrap();
            handle.request(add_address(mine)).await.unwrap();
            handle.request(delete_address(mine)).await.unwrap();
            events.barrier().await.unwrap();
            let (mut heard, mut lost) = (0, false);
            while let Some(Some(notice)) = events.next().now_or_never() {
                match notice.unwrap() {
                    Notice::Event(event) => heard += u32::from(local_address(&event.frame) == mine),
                    Notice::Lost(_) => lost = true,
                    other => panic!("{other:?}"),
                }
            }
            assert!(
                heard == 2 || lost,
                "{heard} of its own two events, and no marker"
            );
        }
    }
}

async fn five_hundred(handle: Handle) {
    let links = links_for(&handle, 500).await;
    let tasks =
        (0..500).map(|number| tokio::spawn(work(handle.clone(), number, Arc::clone(&links))));
    for task in join_all(tasks).await {
        task.unwrap();
    }
    until("nothing is pending", || handle.pending() == 0).await;
    let seen = handle.statistics();
    assert_eq!((seen.lost, seen.foreign, seen.stray), (0, 0, 0), "{seen:?}");
    assert_eq!(handle.dump(get_addresses()).count().await, 0);
}

#[test]
fn each_task_gets_its_own_answers_on_one_thread() {
    in_namespace(|| {
        play_on(&current_thread(), async {
            five_hundred(netlane::spawn(Protocol::ROUTE).unwrap()).await;
        });
    });
}

#[test]
fn each_task_gets_its_own_answers_on_many_threads() {
    in_namespace(|| {
        play_on(&multi_thread(4), async {
            five_hundred(netlane::spawn(Protocol::ROUTE).unwrap()).await;
        });
    });
}

#[test]
fn each_task_gets_its_own_answers_from_threads_of_the_connections_own() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            let builder = Builder::new(Protocol::ROUTE).offload(Offload::Always);
            five_hundred(builder.spawn().unwrap()).await;
        });
    });
}

#[test]
fn each_task_gets_its_own_answers_on_a_single_socket() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            // Events and answers share a queue here, so it must hold both.
            let builder = Builder::new(Protocol::ROUTE).lanes(Lanes::Single);
            let handle = builder.receive_buffer(4 << 20).spawn().unwrap();
            five_hundred(handle).await;
        });
    });
}

#[test]
fn tasks_of_several_runtimes_share_a_handle() {
    in_namespace(|| {
        let home = multi_thread(1);
        let handle = home.block_on(async { netlane::spawn(Protocol::ROUTE).unwrap() });
        let links = home.block_on(links_for(&handle, 200));
        std::thread::scope(|scope| {
            for runtime in 0..4 {
                let (handle, links) = (handle.clone(), Arc::clone(&links));
                scope.spawn(move || {
                    play_on(&current_thread(), async {
                        let tasks = (0..50).map(|number| {
                            let number = runtime * 50 + number;
                            tokio::spawn(work(handle.clone(), number, Arc::clone(&links)))
                        });
                        for task in join_all(tasks).await {
                            task.unwrap();
                        }
                    });
                });
            }
        });
        assert_eq!(handle.statistics().lost, 0);
    });
}

const ENODEV: i32 = 19;
