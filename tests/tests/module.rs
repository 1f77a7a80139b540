//! The transport against a kernel side that misbehaves on demand: what each corner of
//! `tests/lab/module/netlane_lab.h` means to a program. Runs inside `tests/lab/run` only, and fails
//! elsewhere. That the module does as it is told is `module_raw.rs`'s business.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, future::join_all};
use netlane::{
    Builder, ErrorKind, Expect, Handle, LossCause, LossCount, Notice, Offload, Protocol, Received,
    Unsolicited,
};
use netlane_tests::lab::{Behaviour, FAULT_PROTOCOL, Late, Malformed, Order};
use netlane_wire::{Flags, Frame, Message, kind};
use tokio::time::{interval, timeout};

/// Generous: the emulated CPU is slow and shared.
const PATIENCE: Duration = Duration::from_secs(20);
const NO_FLAGS: Flags = Flags::empty();

fn connect() -> Handle {
    builder()
        .spawn()
        .unwrap_or_else(|error| panic!("run this test inside tests/lab/run: {error}"))
}

fn builder() -> Builder {
    Builder::new(Protocol(FAULT_PROTOCOL)).deadline(PATIENCE)
}

fn order(behaviour: Behaviour, order: Order, cargo: &[u8]) -> Message {
    order.message(behaviour, NO_FLAGS, cargo)
}

fn plain(behaviour: Behaviour, cargo: &[u8]) -> Message {
    order(behaviour, Order::default(), cargo)
}

/// The connection still works: what every test ends with.
async fn healthy(handle: &Handle) {
    let answer = handle
        .request(plain(Behaviour::Echo, b"well"))
        .await
        .unwrap();
    assert_eq!(payloads(&answer.replies), [b"well"]);
    assert_eq!(handle.pending(), 0);
}

fn payloads(frames: &[Frame]) -> Vec<&[u8]> {
    frames.iter().map(Frame::payload).collect()
}

/// The next unsolicited message.
async fn next(inbound: &mut netlane::Inbound) -> Unsolicited {
    let received = timeout(PATIENCE, inbound.next()).await;
    match received.expect("in time").unwrap().unwrap() {
        Received::Message(message) => message,
        other => panic!("no message but {other:?}"),
    }
}

async fn next_frame(inbound: &mut netlane::Inbound) -> Frame {
    next(inbound).await.as_frame().expect("a frame").clone()
}

fn late(how: Late, milliseconds: u32) -> Message {
    let details = Order {
        value: how as u32,
        milliseconds,
        count: 5,
    };
    order(Behaviour::Late, details, b"")
}

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
async fn a_sleeping_handler_stops_neither_the_runtime_nor_others() {
    let handle = builder().offload(Offload::Always).spawn().unwrap();
    let details = Order {
        milliseconds: 1000,
        ..Order::default()
    };
    let began = Instant::now();
    let slow = join_all((0..4).map(|_| {
        handle
            .request(order(Behaviour::Slow, details, b"zzz"))
            .slow()
    }));
    let ticks = async {
        let mut clock = interval(Duration::from_millis(20));
        let mut ticks = 0;
        while began.elapsed() < Duration::from_millis(900) {
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
    // Four in a row would take four seconds; the clock would not tick meanwhile.
    assert!(
        began.elapsed() < Duration::from_millis(3500),
        "{:?}",
        began.elapsed()
    );
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
