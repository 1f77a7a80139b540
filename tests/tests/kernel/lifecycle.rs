//! How connections live and end: who keeps them, who ends them, what everybody is told, and what
//! works without a runtime or a spawned Connection.

use std::time::Duration;

use futures::{FutureExt, StreamExt};
use netlane::wire::{Flags, Message};
use netlane::{Builder, Error, Handle, Protocol, Subscription};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    GROUP_ADDRESS, LOOPBACK, add_address, address, get_addresses, get_link, get_links,
};
use netlane_tests::sockets;
use netlane_tests::stage::{current_thread, multi_thread, play, play_on, until, within_patience};

const LONG: Duration = Duration::from_secs(3600);

/// Whatever is asked of the connection, it says that it has ended.
async fn assert_ended(handle: &Handle) {
    fn closed<T>(result: Result<T, Error>) {
        let error = result.err().expect("an error");
        assert!(error.is_closed(), "{error}");
    }
    assert!(handle.is_closed());
    closed(handle.ping().await);
    closed(handle.request(get_link(LOOPBACK)).await);
    closed(handle.request(get_link(LOOPBACK)).slow().await);
    closed(handle.request_one(get_link(LOOPBACK)).await);
    closed(handle.echo(add_address(address(1))).await);
    closed(handle.send(get_link(LOOPBACK)).await);
    closed(handle.dump(get_links()).next().await.expect("an item"));
    closed(handle.subscribe([GROUP_ADDRESS]).await);
    closed(handle.inbound());
    closed(handle.transaction(10, vec![get_link(LOOPBACK)]).await);
    for outcome in handle.batch([get_link(LOOPBACK), get_link(LOOPBACK)]).await {
        closed(outcome);
    }
    // Closing what is closed is no error.
    handle.close(LONG).await.unwrap();
}

/// Fails when the end of the last handle is not noticed (`Drop` of `Alive`).
#[test]
fn the_connection_lives_while_anything_of_it_does() {
    in_namespace(|| {
        play(async {
            let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
            let connection = tokio::spawn(connection);
            let clone = handle.clone();
            let mut dump = handle.dump(get_links());
            let events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let inbound = handle.inbound().unwrap();
            drop(handle);
            clone.ping().await.unwrap();
            drop(clone);
            assert!(dump.next().await.unwrap().is_ok());
            drop(dump);
            assert!(!connection.is_finished());
            events.barrier().await.unwrap();
            drop(events);
            tokio::task::yield_now().await;
            assert!(!connection.is_finished());
            drop(inbound);
            connection.await.unwrap().unwrap();
            assert_eq!(sockets::open(), [], "nothing is left open");
        })
    });
}

#[test]
fn close_ends_everything_and_says_so_everywhere() {
    in_namespace(|| {
        play(async {
            let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
            let connection = tokio::spawn(connection);
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let mut inbound = handle.inbound().unwrap();
            handle.request(add_address(address(1))).await.unwrap();
            events.barrier().await.unwrap();
            handle.close(LONG).await.unwrap();
            connection.await.unwrap().unwrap();
            // What was there is still there; then the end, once.
            assert!(events.next().await.unwrap().is_ok());
            assert!(events.next().await.unwrap().unwrap_err().is_closed());
            assert!(events.next().await.is_none());
            assert!(inbound.next().await.unwrap().unwrap_err().is_closed());
            assert!(inbound.next().await.is_none());
            assert_ended(&handle).await;
        })
    });
}

/// Fails when `Handle::close` does not wait for what is pending.
#[test]
fn close_finishes_what_is_pending() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            // On threads of the connection's own, so that none is done when it is first polled.
            let requests: Vec<_> = (0..200)
                .map(|number| {
                    let handle = handle.clone();
                    tokio::spawn(async move {
                        handle.request(add_address(address(number))).slow().await
                    })
                })
                .collect();
            until("all are pending or done", || {
                handle.statistics().offloaded == 200
            })
            .await;
            handle.close(LONG).await.unwrap();
            for request in requests {
                request.await.unwrap().unwrap();
            }
            assert_ended(&handle).await;
        })
    });
}

/// Fails when the end of the `Connection` is told to nobody (its `Drop`).
#[test]
fn a_dropped_connection_wakes_everybody_who_waits() {
    in_namespace(|| {
        play(async {
            let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
            let mut connection = Box::pin(connection);
            assert!(futures::poll!(&mut connection).is_pending());
            let waiting = Message::new(4000, Flags::empty());
            // A request that is never answered, since it asks for nothing and expects something.
            let waiting = handle
                .request(waiting)
                .expect(netlane::Expect::Anything)
                .late()
                .deadline(LONG);
            let mut waiting = Box::pin(waiting);
            let _ = futures::poll!(&mut waiting);
            let mut inbound = handle.inbound().unwrap();
            let mut inbound = Box::pin(inbound.next());
            assert!(futures::poll!(&mut inbound).is_pending());
            drop(connection);
            assert!(inbound.await.unwrap().unwrap_err().is_closed());
            assert_ended(&handle).await;
        })
    });
}

#[test]
fn a_runtime_that_ends_takes_the_connection_along() {
    in_namespace(|| {
        for runtime in [current_thread(), multi_thread(2)] {
            let (handle, mut events) = runtime.block_on(async {
                let handle = netlane::spawn(Protocol::ROUTE).unwrap();
                let events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                (handle, events)
            });
            drop(runtime);
            play(async {
                let error = events.next().await.unwrap().unwrap_err();
                assert!(error.is_closed(), "{error}");
                assert_ended(&handle).await;
            });
        }
    });
}

#[test]
fn without_a_spawned_connection_what_is_answered_at_once_works() {
    in_namespace(|| {
        play(async {
            let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
            handle.ping().await.unwrap();
            assert_eq!(
                handle
                    .request(get_link(LOOPBACK))
                    .await
                    .unwrap()
                    .replies
                    .len(),
                1
            );
            let batch = handle.batch((0..500).map(|number| add_address(address(number))));
            assert!(batch.await.iter().all(Result::is_ok));
            assert_eq!(handle.dump(get_addresses()).count().await, 500);
            let answer = handle.request(get_link(LOOPBACK)).slow().await.unwrap();
            assert_eq!(answer.replies.len(), 1);
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            handle.request(add_address(address(999))).await.unwrap();
            events.barrier().await.unwrap();
            assert!(events.next().now_or_never().is_some(), "the barrier reads");
            drop(connection);
        })
    });
}

#[test]
fn without_a_spawned_connection_what_has_to_wait_ends_with_a_hint() {
    in_namespace(|| {
        play(async {
            // A user peer that exists and says nothing.
            let silent = silent_peer();
            let port = silent.local_address().unwrap();
            let builder = Builder::new(Protocol::USERSOCK).peer(port);
            let (handle, connection) = builder.connect().unwrap();
            let request = handle.request(Message::new(0x20, Flags::empty()));
            let error = request
                .deadline(Duration::from_millis(20))
                .await
                .unwrap_err();
            assert!(error.is_timed_out() && error.is_outcome_unknown());
            assert!(error.to_string().contains("spawn"), "{error}");
            tokio::spawn(connection);
            tokio::task::yield_now().await;
            let request = handle.request(Message::new(0x20, Flags::empty()));
            let error = request
                .deadline(Duration::from_millis(20))
                .await
                .unwrap_err();
            assert!(!error.to_string().contains("spawn"), "{error}");
        })
    });
}

#[test]
fn streams_of_a_connection_that_nobody_polls_are_read_and_do_not_wait_for_ever() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).deadline(Duration::from_millis(20));
            let (handle, connection) = builder.connect().unwrap();
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let mut inbound = handle.inbound().unwrap();
            for _ in 0..2 {
                let silent = events.next().await.unwrap().unwrap_err();
                let unasked = inbound.next().await.unwrap().unwrap_err();
                for error in [silent, unasked] {
                    assert!(error.is_timed_out(), "{error}");
                    assert!(error.to_string().contains("spawn"), "{error}");
                }
            }
            handle.request(add_address(address(1))).await.unwrap();
            assert!(events.next().now_or_never().unwrap().unwrap().is_ok());
            drop(connection);
            assert!(events.next().await.unwrap().unwrap_err().is_closed());
            assert!(inbound.next().await.unwrap().unwrap_err().is_closed());
        })
    });
}

#[test]
fn a_connection_that_is_polled_late_serves_who_waits_already() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).deadline(LONG);
            let (handle, connection) = builder.connect().unwrap();
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let mut next = Box::pin(events.next());
            assert!(futures::poll!(&mut next).is_pending());
            tokio::spawn(connection);
            tokio::task::yield_now().await;
            handle.request(add_address(address(1))).await.unwrap();
            assert!(next.await.unwrap().is_ok());
        })
    });
}

/// A dump that the kernel does not answer: a message that does nothing, and no acknowledgement is
/// asked for.
fn unanswered_dump(handle: &Handle) -> netlane::Dump {
    let nothing = Message::new(netlane::wire::kind::NOOP, Flags::empty());
    handle.dump(nothing).late().deadline(LONG)
}

#[test]
fn a_dump_that_waits_for_its_next_part_hears_of_the_end() {
    in_namespace(|| {
        play(async {
            let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
            let mut dump = unanswered_dump(&handle);
            // In a task, which nothing polls but what wakes it.
            let waiting = tokio::spawn(async move { dump.next().await });
            until("it was sent", || handle.statistics().sent == 1).await;
            drop(connection);
            let told = waiting.await.unwrap();
            assert!(told.unwrap().unwrap_err().is_closed());

            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let mut dump = unanswered_dump(&handle);
            let mut next = Box::pin(dump.next());
            assert!(futures::poll!(&mut next).is_pending());
            let closed = handle.close(Duration::from_millis(20)).await;
            assert!(closed.unwrap_err().is_timed_out());
            assert!(next.await.unwrap().unwrap_err().is_closed());
        })
    });
}

#[test]
fn a_dump_that_cannot_wait_was_sent_nevertheless() {
    in_namespace(|| {
        let (handle, _connection) = netlane::connect(Protocol::ROUTE).unwrap();
        let mut dump = unanswered_dump(&handle);
        let error = futures::executor::block_on(dump.next());
        let error = error.unwrap().unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(error.to_string().contains("runtime"), "{error}");
    });
}

fn silent_peer() -> netlane_sys::Socket {
    let socket = netlane_sys::Socket::open(Protocol::USERSOCK, netlane_sys::SocketKind::Raw);
    let socket = socket.unwrap();
    socket.bind(netlane_sys::Address::KERNEL).unwrap();
    socket
}

/// Uses everything there is.
async fn use_it(handle: &Handle, events: &mut Subscription, number: u32) {
    handle.ping().await.unwrap();
    handle.request(get_link(LOOPBACK)).slow().await.unwrap();
    handle.request(add_address(address(number))).await.unwrap();
    events.barrier().await.unwrap();
    assert!(events.next().await.unwrap().is_ok());
    assert!(handle.dump(get_addresses()).count().await > 0);
    let batch = handle.batch((0..100).map(|_| get_link(LOOPBACK)));
    assert!(batch.await.iter().all(Result::is_ok));
}

#[test]
fn a_handle_works_on_any_runtime_and_on_none() {
    in_namespace(|| {
        let home = multi_thread(1);
        let handle = home.block_on(async { netlane::spawn(Protocol::ROUTE).unwrap() });
        let mut events = home
            .block_on(async { handle.subscribe([GROUP_ADDRESS]).await })
            .unwrap();
        play(use_it(&handle, &mut events, 1));
        play_on(&multi_thread(2), use_it(&handle, &mut events, 2));
        futures::executor::block_on(use_it(&handle, &mut events, 3));
        // And a request that has to wait, on a thread that has no clock but the Connection's.
        let silent = silent_peer();
        let builder = Builder::new(Protocol::USERSOCK).peer(silent.local_address().unwrap());
        let peers = home.block_on(async { builder.spawn() }).unwrap();
        home.block_on(until("it is driven", || {
            peers.ping().now_or_never().is_some()
        }));
        let request = peers.request(Message::new(0x20, Flags::empty()));
        let limited = request.deadline(Duration::from_millis(10));
        let error = futures::executor::block_on(limited).unwrap_err();
        assert!(error.is_timed_out(), "{error}");
        let again = handle.clone();
        let other = std::thread::spawn(move || {
            futures::executor::block_on(async { again.ping().await.unwrap() });
        });
        other.join().unwrap();
        home.block_on(within_patience(handle.close(LONG))).unwrap();
    });
}

#[test]
fn a_connection_made_outside_of_a_runtime_is_an_error_only_if_it_is_to_be_spawned() {
    in_namespace(|| {
        let error = netlane::spawn(Protocol::ROUTE).unwrap_err();
        assert!(error.to_string().contains("runtime"), "{error}");
        let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
        futures::executor::block_on(handle.ping()).unwrap();
        let runtime = current_thread();
        let connection = runtime.spawn(connection);
        play_on(&runtime, async {
            handle.close(LONG).await.unwrap();
            connection.await.unwrap().unwrap();
        });
    });
}

#[test]
fn many_connections_come_and_go_without_a_trace() {
    in_namespace(|| {
        play(async {
            for _ in 0..200 {
                let (handle, connection) = netlane::connect(Protocol::ROUTE).unwrap();
                let connection = tokio::spawn(connection);
                let _events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                handle.dump(get_links()).count().await;
                handle.close(LONG).await.unwrap();
                connection.await.unwrap().unwrap();
            }
            assert_eq!(sockets::open(), []);
        })
    });
}
