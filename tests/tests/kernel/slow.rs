//! System calls that sleep: where they are made, and that nobody else waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use netlane::{Builder, Handle, Offload, Protocol};
use netlane_testkit::{Links, in_namespace};
use netlane_tests::route::{
    LOOPBACK, add_address, address, delete_address, delete_link, get_link, new_bridge,
};
use netlane_tests::stage::{current_thread, play, play_on};

fn veths(pairs: u32) -> Vec<String> {
    let mut links = Links::open().unwrap();
    let names: Vec<String> = (0..pairs).map(|pair| format!("veth{pair}")).collect();
    for name in &names {
        let peer = format!("{name}p");
        links.veth(name, &peer).unwrap();
        // Only the deletion of a pair that is up waits for grace periods.
        links.set_up(name).unwrap();
        links.set_up(&peer).unwrap();
    }
    names
}

#[test]
fn a_ticker_ticks_while_deletes_sleep_in_the_kernel() {
    in_namespace(|| {
        let names = veths(10);
        // One thread: a delete made on it would stop the ticker for as long as it sleeps.
        play_on(&current_thread(), async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let (deleting, ticks) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
            let ticker = tokio::spawn({
                let (deleting, ticks) = (Arc::clone(&deleting), Arc::clone(&ticks));
                async move {
                    while deleting.load(Ordering::Relaxed) {
                        ticks.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }
            });
            let mut ticked_during = 0;
            for name in &names {
                let before = ticks.load(Ordering::Relaxed);
                handle.request(delete_link(name)).await.unwrap();
                ticked_during += u32::from(ticks.load(Ordering::Relaxed) > before);
            }
            deleting.store(false, Ordering::Relaxed);
            ticker.await.unwrap();
            assert!(ticked_during > 0, "no tick during any delete");
            assert_eq!(handle.statistics().offloaded, 10);
        });
    });
}

#[test]
fn requests_are_answered_while_a_delete_sleeps() {
    in_namespace(|| {
        let names = veths(8);
        play_on(&current_thread(), async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let deletes = join_all(names.iter().map(|name| handle.request(delete_link(name))));
            let mut deletes = Box::pin(deletes);
            assert!(futures::poll!(&mut deletes).is_pending());
            // On the same socket, from the same thread, before they are done.
            for _ in 0..50 {
                let answer = handle.request(get_link(LOOPBACK)).await.unwrap();
                assert_eq!(answer.replies.len(), 1);
            }
            for deleted in deletes.await {
                deleted.unwrap();
            }
            assert_eq!(
                handle.statistics().lost,
                0,
                "EAGAIN proves nothing about them"
            );
        });
    });
}

#[test]
fn each_mode_makes_the_calls_where_it_says() {
    in_namespace(|| {
        play(async {
            let offloaded = async |handle: &Handle, name: &str| {
                for number in 0..20 {
                    handle.request(add_address(address(number))).await.unwrap();
                    handle
                        .request(delete_address(address(number)))
                        .await
                        .unwrap();
                }
                handle.request(new_bridge(name)).await.unwrap();
                handle.statistics().offloaded
            };
            let connect = |mode| Builder::new(Protocol::ROUTE).offload(mode).spawn().unwrap();
            assert_eq!(offloaded(&connect(Offload::Always), "br0").await, 41);
            assert_eq!(offloaded(&connect(Offload::Never), "br1").await, 0);
            // What is not known to be quick has to prove it; how often the rest was slow enough
            // to be suspected depends on the machine.
            assert!(offloaded(&connect(Offload::Adaptive), "br2").await >= 1);
        })
    });
}

#[test]
fn the_callers_word_on_a_request_is_taken() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            handle.request(new_bridge("br0")).quick().await.unwrap();
            assert_eq!(handle.statistics().offloaded, 0);
            let answer = handle.request(get_link(LOOPBACK)).slow().await.unwrap();
            assert_eq!(answer.replies.len(), 1);
            assert_eq!(handle.statistics().offloaded, 1);
        })
    });
}

#[test]
fn one_thread_of_its_own_is_enough() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).offload(Offload::Always);
            let handle = builder.offload_threads(1).spawn().unwrap();
            let requests = (0..500).map(|_| handle.request(get_link(LOOPBACK)));
            for answer in join_all(requests).await {
                assert_eq!(answer.unwrap().replies.len(), 1);
            }
            assert_eq!(handle.statistics().offloaded, 500);
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn a_task_that_never_waits_lets_others_have_their_turn() {
    in_namespace(|| {
        play_on(&current_thread(), async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let turns = Arc::new(AtomicU32::new(0));
            let other = tokio::spawn({
                let turns = Arc::clone(&turns);
                async move {
                    loop {
                        turns.fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                    }
                }
            });
            // Every one of these is answered within its first poll.
            for _ in 0..5000 {
                handle.request(get_link(LOOPBACK)).await.unwrap();
            }
            let turns = turns.load(Ordering::Relaxed);
            assert!(turns > 10, "{turns} turns");
            other.abort();
        });
    });
}
