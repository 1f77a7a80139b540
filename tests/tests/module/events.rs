//! Multicast on the socket that also carries requests.

use futures::StreamExt;
use netlane::{LossCause, LossCount, Notice};
use netlane_tests::lab::{Behaviour, Order};
use tokio::time::timeout;

use crate::{PATIENCE, connect, healthy, order};

#[tokio::test]
async fn a_notification_with_our_own_sequence_is_no_reply() {
    let handle = connect();
    let mut events = handle.subscribe([40]).await.unwrap();
    let details = Order {
        value: 40,
        count: 3,
        ..Order::default()
    };
    let answer = handle
        .request(order(Behaviour::Multicast, details, b"event"))
        .await
        .unwrap();
    assert!(answer.replies.is_empty(), "{answer:?}");
    for _ in 0..3 {
        match events.next().await.unwrap().unwrap() {
            Notice::Event(event) => {
                assert_eq!((event.group, event.frame.payload()), (40, &b"event"[..]));
            }
            other => panic!("{other:?}"),
        }
    }
    healthy(&handle).await;
}

#[tokio::test]
async fn an_event_that_was_not_built_is_a_loss() {
    let handle = connect();
    let mut events = handle.subscribe([40]).await.unwrap();
    // The loss is told on the member's socket: another one asks for it.
    let other = connect();
    other
        .request(order(Behaviour::SetError, Order::value(40), b""))
        .await
        .unwrap();
    let notice = timeout(PATIENCE, events.next()).await.expect("in time");
    match notice.unwrap().unwrap() {
        Notice::Lost(loss) => assert_eq!(loss.cause, LossCause::NotBuilt),
        other => panic!("{other:?}"),
    }
    healthy(&handle).await;
}

#[tokio::test]
async fn a_flood_is_counted_exactly() {
    const FLOOD: u32 = 20_000;
    let handle = connect();
    let mut events = handle.subscribe([41]).await.unwrap();
    let other = connect();
    // On this thread the connection reads nothing while the kernel is flooding.
    let details = Order {
        value: 41,
        count: FLOOD,
        ..Order::default()
    };
    let flood = other
        .request(order(Behaviour::Multicast, details, b"event"))
        .quick();
    flood.await.unwrap();
    events.barrier().await.unwrap();
    let (mut heard, mut lost) = (0, 0);
    while heard + lost < u64::from(FLOOD) {
        match timeout(PATIENCE, events.next())
            .await
            .expect("in time")
            .unwrap()
            .unwrap()
        {
            Notice::Event(_) => heard += 1,
            Notice::Lost(loss) => match loss.count {
                // The socket's drops: on a single lane some might have been replies.
                LossCount::AtMost(n) => lost += n,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard + lost, u64::from(FLOOD));
    assert!(heard > 0 && lost > 0, "{heard} heard, {lost} lost");
    healthy(&handle).await;
}
