//! The socket in tokio's reactor: data and losses wake the reader.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests panic like tests"
)]

mod common;

use std::{future::poll_fn, sync::Arc, time::Duration};

use common::{drain, errno, open, ping, port};
use netlane_sys::{Address, AsyncSocket, Protocol};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(10);

/// Polls of a wait that must not be ready yet.
async fn assert_not_ready(socket: &AsyncSocket) {
    timeout(Duration::from_millis(20), socket.ready())
        .await
        .unwrap_err();
    let wait = poll_fn(|cx| socket.poll_ready(cx).map(drop));
    timeout(Duration::from_millis(20), wait).await.unwrap_err();
}

#[tokio::test]
async fn recv_waits_for_a_datagram() {
    let socket = Arc::new(AsyncSocket::register(open(Protocol::USERSOCK)).unwrap());
    let to = Address::port(port(socket.socket()));
    let reader = Arc::clone(&socket);
    let task = tokio::spawn(async move {
        let mut buffer = [0; 64];
        let mut lengths = Vec::new();
        for _ in 0..3 {
            lengths.push(reader.recv(&mut buffer).await.unwrap().len);
        }
        lengths
    });
    let sender = open(Protocol::USERSOCK);
    for length in 1..=3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        sender.send_to(&vec![0; length], to).unwrap();
    }
    assert_eq!(timeout(SOON, task).await.unwrap().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn readiness_stays_until_it_is_cleared() {
    let socket = AsyncSocket::register(open(Protocol::ROUTE)).unwrap();
    assert_not_ready(&socket).await;
    socket.socket().send(&ping(1)).unwrap();
    drop(timeout(SOON, socket.ready()).await.unwrap().unwrap());
    let guard = timeout(SOON, socket.ready()).await.unwrap().unwrap();
    assert_eq!(drain(socket.socket()).len(), 1);
    guard.clear();
    assert_not_ready(&socket).await;
}

/// The parked wait of `poll_ready` is used again and again, and wakes its task each time.
#[tokio::test]
async fn poll_ready_wakes_each_time() {
    let socket = Arc::new(AsyncSocket::register(open(Protocol::USERSOCK)).unwrap());
    let to = Address::port(port(socket.socket()));
    let reader = Arc::clone(&socket);
    let task = tokio::spawn(async move {
        let mut received = 0;
        while received < 20 {
            let guard = poll_fn(|cx| reader.poll_ready(cx)).await.unwrap();
            received += drain(reader.socket()).len();
            guard.clear();
        }
    });
    let sender = open(Protocol::USERSOCK);
    for _ in 0..20 {
        sender.send_to(b"x", to).unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    timeout(SOON, task).await.unwrap().unwrap();
}

#[tokio::test]
async fn many_tasks_wait_at_once() {
    let socket = Arc::new(AsyncSocket::register(open(Protocol::ROUTE)).unwrap());
    let waits: Vec<_> = (0..10)
        .map(|_| {
            let socket = Arc::clone(&socket);
            tokio::spawn(async move { socket.ready().await.map(drop) })
        })
        .collect();
    tokio::task::yield_now().await;
    socket.socket().send(&ping(1)).unwrap();
    for wait in waits {
        timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    }
}

/// M7 through the reactor: the loss comes first, then what is older, then nothing.
#[tokio::test]
async fn an_overrun_wakes_the_reader() {
    let socket = AsyncSocket::register(open(Protocol::ROUTE)).unwrap();
    let pings: Vec<u8> = (1..=3_000).flat_map(ping).collect();
    socket.socket().send(&pings).unwrap();
    let mut buffer = [0; 64];
    let result = timeout(SOON, socket.recv(&mut buffer)).await.unwrap();
    assert_eq!(errno(result), libc::ENOBUFS);
    let first = timeout(SOON, socket.recv(&mut buffer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.len, 36);
    drain(socket.socket());
    timeout(Duration::from_millis(20), socket.recv(&mut buffer))
        .await
        .unwrap_err();
    assert_not_ready(&socket).await;
}

#[tokio::test]
async fn a_socket_comes_back_and_registers_again() {
    let socket = AsyncSocket::register(open(Protocol::ROUTE)).unwrap();
    let wait = poll_fn(|cx| socket.poll_ready(cx).map(drop));
    timeout(Duration::from_millis(5), wait).await.unwrap_err(); // leaves a parked wait behind
    let socket = socket.into_socket().unwrap();
    let again = AsyncSocket::register(socket).unwrap();
    again.socket().send(&ping(1)).unwrap();
    assert_eq!(again.recv(&mut [0; 64]).await.unwrap().len, 36);
}
