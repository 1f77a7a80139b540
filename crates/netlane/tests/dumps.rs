//! Dumps that do not go as they should: each ends, with an error that says why.

use std::time::Duration;

use futures::StreamExt;
use netlane::wire::{Flags, Message, kind};
use netlane::{Error, Protocol};

#[tokio::test]
async fn a_dump_that_the_kernel_does_not_answer_ends() -> Result<(), Error> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    // Types below 16 are skipped by the kernel, and nothing asks for an ACK.
    let mut dump = handle.dump(Message::new(kind::NOOP, Flags::empty()));
    let next = tokio::time::timeout(Duration::from_secs(5), dump.next()).await;
    let item = next.expect("it goes on for ever").expect("an error is due");
    assert!(item.unwrap_err().is_outcome_unknown());
    assert!(dump.next().await.is_none());
    assert_eq!(handle.statistics().stray, 0);
    Ok(())
}

#[tokio::test]
async fn dumps_are_counted_as_answered_or_refused() -> Result<(), Error> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let get_link = Message::new(18, Flags::empty()).with_header(&[0; 16]);
    let links = handle.dump(get_link).collect_with_retries(3).await?;
    assert!(!links.frames.is_empty() && !links.interrupted);
    // No such message type.
    let nonsense = Message::new(4095, Flags::empty()).with_header(&[0; 16]);
    let refused = handle.dump(nonsense).collect_with_retries(0).await;
    assert!(refused.unwrap_err().is_refused());
    let statistics = handle.statistics();
    assert_eq!((statistics.answered, statistics.refused), (1, 1));
    assert_eq!(statistics.sent, 2);
    Ok(())
}

#[tokio::test]
async fn a_close_lets_a_running_dump_and_batch_finish() {
    let handle = netlane::spawn(Protocol::ROUTE).unwrap();
    let get_link = || Message::new(18, Flags::empty()).with_header(&[0; 16]);
    let mut dump = handle.dump(get_link());
    let first = dump.next().await.unwrap().unwrap();
    assert_eq!(first.header().kind, 16);
    let closing = handle.clone();
    let close = tokio::spawn(async move { closing.close(Duration::from_secs(20)).await });
    while !handle.is_closed() {
        tokio::task::yield_now().await;
    }
    // What was begun goes on; what is new is refused.
    assert!(handle.ping().await.unwrap_err().is_closed());
    assert!(
        handle
            .dump(get_link())
            .next()
            .await
            .unwrap()
            .unwrap_err()
            .is_closed()
    );
    assert!(!close.is_finished());
    while let Some(entry) = dump.next().await {
        entry.unwrap();
    }
    close.await.unwrap().unwrap();
}
