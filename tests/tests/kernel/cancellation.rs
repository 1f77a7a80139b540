//! Futures dropped at any poll: nothing is sent before the first, nothing leaks after the last, and
//! nobody else notices.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use netlane::{Builder, Lanes, Offload, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    GROUP_ADDRESS, GROUP_LINK, LOOPBACK, add_address, address, delete_address, get_addresses,
    get_link, new_bridge,
};
use netlane_tests::sockets;
use netlane_tests::stage::{drop_after, multi_thread, play, play_on, until};

#[test]
fn nothing_is_sent_before_the_first_poll() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let before = sockets::open().len();
            drop(handle.request(add_address(address(1))));
            drop(handle.echo(add_address(address(1))));
            drop(handle.send(add_address(address(1))));
            drop(handle.batch([add_address(address(1))]));
            drop(handle.dump(get_addresses()));
            drop(handle.subscribe([GROUP_LINK]));
            drop(handle.transaction(10, vec![add_address(address(1))]));
            assert_eq!(handle.statistics().sent, 0);
            assert_eq!(sockets::open().len(), before);
            assert_eq!(handle.dump(get_addresses()).count().await, 0);
        })
    });
}

#[test]
fn a_request_dropped_at_any_poll_costs_nobody_else() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            for offload in [Offload::Adaptive, Offload::Always, Offload::Never] {
                for lanes in [Lanes::Separate, Lanes::Single] {
                    let builder = Builder::new(Protocol::ROUTE).offload(offload);
                    let handle = builder.lanes(lanes).spawn().unwrap();
                    let tasks = (0..60).map(|number| {
                        let handle = handle.clone();
                        tokio::spawn(async move {
                            for polls in 0..4 {
                                let dropped = handle.request(get_link(LOOPBACK));
                                drop_after(polls, dropped).await;
                                let echo = handle.echo(add_address(address(number)));
                                drop_after(polls, echo).await;
                                let kept = handle.request(get_link(LOOPBACK)).await;
                                assert_eq!(kept.unwrap().replies.len(), 1);
                            }
                        })
                    });
                    for task in join_all(tasks).await {
                        task.unwrap();
                    }
                    until("nothing is pending", || handle.pending() == 0).await;
                    assert_eq!(handle.statistics().lost, 0);
                    let deletes = (0..60).map(|number| delete_address(address(number)));
                    handle.batch(deletes).await;
                }
            }
        })
    });
}

#[test]
fn an_answer_that_is_there_is_never_withheld_by_a_race() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            for number in 0..500 {
                // A select that is ready at once: whoever wins, the request was either answered or
                // dropped without a trace.
                tokio::select! {
                    answer = handle.request(get_link(LOOPBACK)) => {
                        assert_eq!(answer.unwrap().replies.len(), 1);
                    }
                    () = std::future::ready(()) => {}
                }
                let limit = Duration::from_micros(number);
                let limited = tokio::time::timeout(limit, handle.request(get_link(LOOPBACK)));
                if let Ok(answer) = limited.await {
                    assert_eq!(answer.unwrap().replies.len(), 1);
                }
            }
            until("nothing is pending", || handle.pending() == 0).await;
            assert_eq!(handle.statistics().lost, 0);
        })
    });
}

#[test]
fn a_subscription_dropped_at_any_poll_leaves_its_groups() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = Builder::new(Protocol::ROUTE).lanes(lanes).spawn().unwrap();
                let mut kept = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                let before = sockets::open().len();
                for polls in 0..5 {
                    drop_after(polls, handle.subscribe([GROUP_LINK]).into_future()).await;
                    let subscribed = handle.subscribe([GROUP_LINK]).await.unwrap();
                    drop_after(polls, subscribed.barrier()).await;
                    drop(subscribed);
                    drop_after(polls, kept.next()).await;
                }
                until("their sockets are closed", || {
                    sockets::open().len() == before
                })
                .await;
                let member_of = sockets::groups(0, kept.port()).unwrap();
                assert_eq!(member_of, sockets::mask(GROUP_ADDRESS));
                handle.request(add_address(address(1))).await.unwrap();
                assert!(kept.next().await.unwrap().is_ok());
                handle.request(delete_address(address(1))).await.unwrap();
                drop((handle, kept));
                until("all is closed", || sockets::open().is_empty()).await;
            }
        })
    });
}

#[test]
fn a_close_dropped_at_any_poll_can_be_asked_for_again() {
    in_namespace(|| {
        play(async {
            for polls in 0..4 {
                let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
                let connection = tokio::spawn(connection);
                let slow = tokio::spawn({
                    let handle = handle.clone();
                    async move { handle.request(new_bridge("br0")).slow().await }
                });
                until("it is on its way", || handle.statistics().offloaded == 1).await;
                let limit = Duration::from_secs(3600);
                drop_after(polls, handle.close(limit)).await;
                if polls > 0 {
                    assert!(handle.ping().await.unwrap_err().is_closed());
                }
                handle.close(limit).await.unwrap();
                connection.await.unwrap().unwrap();
                // It was pending at the close, and was finished.
                let created = slow.await.unwrap();
                assert!(
                    created.is_ok() || created.as_ref().is_err_and(|e| e.errno() == Some(17)),
                    "{created:?}"
                );
            }
        })
    });
}

#[test]
fn five_thousand_dropped_requests_are_forgotten() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            for polls in [1, 2] {
                for _ in 0..2500 {
                    drop_after(polls, handle.request(get_link(LOOPBACK)).slow()).await;
                }
            }
            until("all are forgotten", || handle.pending() == 0).await;
            assert_eq!(
                handle
                    .request(get_link(LOOPBACK))
                    .await
                    .unwrap()
                    .replies
                    .len(),
                1
            );
            assert_eq!(
                handle.statistics().stray,
                0,
                "no late answer is a stranger's"
            );
        })
    });
}
