//! Answers that come after sendmsg has returned, or from a handler that sleeps in it.

use std::time::{Duration, Instant};

use futures::future::join_all;
use netlane::{ErrorKind, Expect, Offload};
use netlane_tests::lab::{Behaviour, Late, Order};
use netlane_wire::Message;
use tokio::time::{interval, timeout};

use crate::{PATIENCE, builder, connect, healthy, next_frame, order, payloads, plain};

fn late(how: Late, milliseconds: u32) -> Message {
    let details = Order {
        value: how as u32,
        milliseconds,
        count: 5,
    };
    order(Behaviour::Late, details, b"")
}

#[tokio::test]
async fn a_sleeping_handler_stops_neither_the_runtime_nor_others() {
    let handle = builder().offload(Offload::Always).spawn().unwrap();
    let details = Order {
        milliseconds: 1000,
        ..Order::default()
    };
    let sleep = || {
        handle
            .request(order(Behaviour::Slow, details, b"zzz"))
            .slow()
    };
    let began = Instant::now();
    sleep().await.unwrap();
    let alone = began.elapsed();
    let began = Instant::now();
    let slow = join_all((0..4).map(|_| sleep()));
    let ticks = async {
        let mut clock = interval(Duration::from_millis(20));
        let mut ticks = 0;
        while began.elapsed() < alone.mul_f32(0.9) {
            clock.tick().await;
            ticks += 1;
        }
        let quick = handle
            .request(plain(Behaviour::Echo, b"quick"))
            .await
            .unwrap();
        assert_eq!(payloads(&quick.replies), [b"quick"]);
        ticks
    };
    let (slow, ticks) = tokio::join!(slow, ticks);
    // Four in a row would take four times as long; the clock would not tick meanwhile.
    let together = began.elapsed();
    assert!(together < alone.mul_f32(3.5), "{together:?} and {alone:?}");
    assert!(ticks > 10, "{ticks} ticks");
    for answer in slow {
        assert_eq!(payloads(&answer.unwrap().replies), [b"zzz"]);
    }
    healthy(&handle).await;
}

#[tokio::test]
async fn late_answers_find_their_request() {
    let handle = connect();
    let mut inbound = handle.inbound().unwrap();

    let answer = handle.request(late(Late::AckLast, 100)).await.unwrap();
    assert_eq!(payloads(&answer.replies), [b"late\0"]);

    let reply = handle
        .request(late(Late::DataOnly, 100))
        .expect(Expect::Reply);
    assert_eq!(payloads(&reply.await.unwrap().replies), [b"late\0"]);

    let both = handle
        .request(late(Late::AckFirst, 100))
        .expect(Expect::AcknowledgementAndReply);
    assert_eq!(payloads(&both.await.unwrap().replies), [b"late\0"]);

    // Who is content with the acknowledgement gets the data as a message that answers nothing.
    handle.request(late(Late::AckFirst, 100)).await.unwrap();
    assert_eq!(next_frame(&mut inbound).await.payload(), b"late\0");

    let refused = handle.request(late(Late::Error, 100)).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.errno()),
        (ErrorKind::Refused, Some(5))
    );

    let answer = handle.request(late(Late::Foreign, 100)).await.unwrap();
    assert_eq!(payloads(&answer.replies), [b"late\0"]);
    assert_eq!(next_frame(&mut inbound).await.payload(), b"unasked\0");
    healthy(&handle).await;
}

#[tokio::test]
async fn late_answers_come_back_in_any_order() {
    let handle = connect();
    let requests = (0..20_u32).map(|i| handle.request(late(Late::AckLast, 400 - 20 * i)));
    for answer in join_all(requests).await {
        assert_eq!(payloads(&answer.unwrap().replies), [b"late\0"]);
    }
    healthy(&handle).await;
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_at_the_deadline() {
    let handle = connect();
    let limit = Duration::from_millis(300);
    let began = Instant::now();
    let error = handle
        .request(late(Late::Never, 0))
        .deadline(limit)
        .await
        .unwrap_err();
    assert!(error.is_timed_out(), "{error}");
    assert!(began.elapsed() >= limit);
    let answer = handle
        .request(plain(Behaviour::Echo, b"next"))
        .await
        .unwrap();
    assert_eq!(payloads(&answer.replies), [b"next"]);
}

#[tokio::test]
async fn the_answer_to_a_dropped_request_is_swallowed() {
    let handle = connect();
    let dropped = timeout(
        Duration::from_millis(50),
        handle.request(late(Late::AckLast, 500)),
    );
    dropped.await.unwrap_err();
    assert_eq!(
        handle.pending(),
        1,
        "remembered, so that its answer is nobody else's"
    );
    let began = Instant::now();
    while handle.pending() > 0 {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(handle.statistics().swallowed, 1);
    healthy(&handle).await;
}
