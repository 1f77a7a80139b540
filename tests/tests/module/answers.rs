//! Answers as netlink means them to be: replies with acknowledgement, parts, dumps, refusals.

use futures::StreamExt;
use futures::{TryStreamExt, future::join_all};
use netlane::ErrorKind;
use netlane_tests::lab::{Behaviour, Order};
use netlane_wire::Frame;

use crate::{connect, healthy, order, payloads};

#[tokio::test]
async fn a_reply_and_its_acknowledgement_are_one_answer() {
    let handle = connect();
    healthy(&handle).await;
    let multipart = order(Behaviour::Multipart, Order::value(3), b"part");
    let answer = handle.request(multipart).await.unwrap();
    assert_eq!(payloads(&answer.replies), [b"part"; 3]);
    healthy(&handle).await;
}

#[tokio::test]
async fn a_dump_ends_whole_interrupted_or_refused() {
    let handle = connect();
    let details = Order {
        value: 1000,
        count: 100,
        ..Order::default()
    };
    let whole: Vec<Frame> = handle
        .dump(order(Behaviour::Dump, details, b""))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(whole.len(), 1000);

    let mut dump = handle.dump(order(Behaviour::DumpChanged, details, b""));
    let mut frames = 0;
    let error = loop {
        match dump.next().await.expect("an error ends it") {
            Ok(_) => frames += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((frames, error.kind()), (1000, ErrorKind::Interrupted));
    let collected = handle
        .dump(order(Behaviour::DumpChanged, details, b""))
        .collect_with_retries(2)
        .await
        .unwrap();
    assert_eq!(
        (collected.frames.len(), collected.interrupted),
        (1000, true)
    );

    let failing = Order {
        value: 10,
        count: 95,
        ..Order::default()
    };
    let result: Result<Vec<Frame>, _> = handle
        .dump(order(Behaviour::DumpFails, failing, b""))
        .try_collect()
        .await;
    let error = result.unwrap_err();
    assert_eq!(error.errno(), Some(95));
    let said = error
        .extended_ack()
        .and_then(|report| report.message.clone());
    assert_eq!(said.as_deref(), Some("lab: the dump failed as ordered"));
    healthy(&handle).await;
}

#[tokio::test]
async fn dumps_on_one_lane_take_turns_and_can_be_dropped() {
    let handle = connect();
    let details = Order {
        value: 2000,
        count: 100,
        ..Order::default()
    };
    let dump = || {
        handle
            .dump(order(Behaviour::Dump, details, b""))
            .try_collect::<Vec<_>>()
    };
    for frames in join_all([dump(), dump(), dump()]).await {
        assert_eq!(frames.unwrap().len(), 2000);
    }
    let mut abandoned = handle.dump(order(Behaviour::Dump, details, b""));
    abandoned.next().await.unwrap().unwrap();
    drop(abandoned);
    assert_eq!(dump().await.unwrap().len(), 2000);
    healthy(&handle).await;
}

#[tokio::test]
async fn refusals_and_warnings_say_why() {
    let handle = connect();
    let refused = handle
        .request(order(Behaviour::Error, Order::value(13), b""))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind(), refused.errno()),
        (ErrorKind::Refused, Some(13))
    );
    let refused = handle
        .request(order(Behaviour::Extended, Order::value(22), b""))
        .await
        .unwrap_err();
    let report = refused.extended_ack().unwrap();
    assert_eq!(report.message.as_deref(), Some("lab: refused as ordered"));
    assert_eq!(report.missing_type, Some(7));
    let answer = handle
        .request(order(Behaviour::Extended, Order::value(0), b""))
        .await
        .unwrap();
    assert_eq!(answer.warning(), Some("lab: accepted with a warning"));
    assert!(answer.report.unwrap().cookie.is_some());
    healthy(&handle).await;
}
