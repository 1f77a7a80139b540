//! Answers that no protocol should give: without or with a wrong sequence number, doubled, malformed, too
//! large.

use netlane::{ErrorKind, Expect, Unsolicited};
use netlane_tests::lab::{Behaviour, Malformed, Order};
use netlane_wire::kind;

use crate::{builder, connect, healthy, next, next_frame, order, payloads, plain};

#[tokio::test]
async fn unsequenced_answers_are_inbound_messages() {
    let handle = connect();
    let mut inbound = handle.inbound().unwrap();
    handle
        .send(plain(Behaviour::Unsequenced, b"who?"))
        .await
        .unwrap();
    let frame = next_frame(&mut inbound).await;
    assert_eq!(
        (frame.header().sequence, frame.payload()),
        (0, &b"who?"[..])
    );
    healthy(&handle).await;
}

#[tokio::test]
async fn foreign_and_doubled_answers_go_to_nobody_else() {
    let handle = connect();
    let mut inbound = handle.inbound().unwrap();
    let foreign = order(Behaviour::Foreign, Order::value(1000), b"mine");
    let answer = handle.request(foreign).await.unwrap();
    assert_eq!(payloads(&answer.replies), [b"mine"]);
    assert_eq!(next_frame(&mut inbound).await.payload(), b"mine");
    // Both copies came before the acknowledgement, so both are replies.
    let answer = handle
        .request(plain(Behaviour::Twice, b"twin"))
        .await
        .unwrap();
    assert_eq!(payloads(&answer.replies), [b"twin"; 2]);
    // One that waits for a single reply has ended when the second comes.
    let one = handle
        .request(plain(Behaviour::Twice, b"twin"))
        .expect(Expect::Reply);
    assert_eq!(payloads(&one.await.unwrap().replies), [b"twin"]);
    assert_eq!(next_frame(&mut inbound).await.payload(), b"twin");
    healthy(&handle).await;
}

#[tokio::test]
async fn unasked_frames_do_not_hide_the_answer() {
    let handle = connect();
    let mut inbound = handle.inbound().unwrap();
    let details = Order {
        count: 100,
        ..Order::default()
    };
    let answer = handle
        .request(order(Behaviour::Unasked, details, b"x"))
        .await
        .unwrap();
    assert_eq!(answer.replies.len(), 1);
    for _ in 0..100 {
        assert_eq!(next_frame(&mut inbound).await.header().sequence, 0);
    }
    healthy(&handle).await;
}

#[tokio::test]
async fn an_oversized_reply_is_reported_with_its_size_or_fits() {
    let handle = connect();
    let message = || order(Behaviour::Oversized, Order::value(200_000), b"");
    let cut = |error: netlane::Error| {
        assert!(error.is_outcome_unknown());
        assert!(error.to_string().contains("200016"), "{error}");
    };
    // Nothing but the reply is awaited.
    cut(handle
        .request(message())
        .expect(Expect::Reply)
        .await
        .unwrap_err());
    // Its acknowledgement finds the receive buffer full: only who knows that the answer is
    // complete when sendmsg returns knows that nothing follows.
    cut(handle.request(message()).synchronous().await.unwrap_err());
    assert_eq!(handle.statistics().truncated, 2);
    healthy(&handle).await;
    let roomy = builder()
        .frame_size(256 * 1024)
        .receive_buffer(1 << 20)
        .spawn()
        .unwrap();
    let reply = roomy.request_one(message()).await.unwrap();
    assert_eq!(reply.payload().len(), 200_000);
    healthy(&roomy).await;
}

#[tokio::test]
async fn malformed_answers_cost_their_datagram_only() {
    let handle = connect();
    let mut inbound = handle.inbound().unwrap();
    let ask = |how: Malformed| {
        handle.send(order(
            Behaviour::Malformed,
            Order::value(how as u32),
            b"cargo",
        ))
    };
    for (how, len) in [
        (Malformed::Short, 24),
        (Malformed::Long, 24),
        (Malformed::Runt, 7),
    ] {
        ask(how).await.unwrap();
        match next(&mut inbound).await {
            Unsolicited::Malformed { bytes, .. } => assert_eq!(bytes.len(), len, "{how:?}"),
            other => panic!("{how:?}: {other:?}"),
        }
    }
    ask(Malformed::Tail).await.unwrap();
    match next(&mut inbound).await {
        Unsolicited::Frame { frame, .. } => assert_eq!(frame.payload(), b"cargo"),
        other => panic!("{other:?}"),
    }
    match next(&mut inbound).await {
        Unsolicited::Malformed { bytes, .. } => assert_eq!(&bytes[..], b"stray"),
        other => panic!("{other:?}"),
    }
    assert_eq!(handle.statistics().malformed, 4);
    healthy(&handle).await;
}

#[tokio::test]
async fn control_messages_are_understood() {
    let handle = connect();
    let noop = order(Behaviour::Control, Order::value(u32::from(kind::NOOP)), b"");
    assert!(handle.request(noop).await.unwrap().replies.is_empty());
    let overrun = order(
        Behaviour::Control,
        Order::value(u32::from(kind::OVERRUN)),
        b"",
    );
    let error = handle.request(overrun).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    healthy(&handle).await;
}
