//! The handle against the running kernel: requests, dumps and events of
//! NETLINK_ROUTE, without privilege.

use futures::StreamExt;
use netlane::wire::{Flags, Message};
use netlane::{Error, Protocol};

fn get_link(index: u32) -> Message {
    let mut ifinfomsg = [0; 16];
    ifinfomsg[4..8].copy_from_slice(&index.to_ne_bytes());
    Message::new(18, Flags::empty()).with_header(&ifinfomsg)
}

#[tokio::test]
async fn a_request_is_answered_by_its_reply() -> Result<(), Error> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    handle.ping().await?;
    let frame = handle.request_one(get_link(1)).await?;
    assert_eq!(frame.attributes(16).find(3).unwrap().text().unwrap(), "lo");
    assert_eq!(handle.pending(), 0);
    Ok(())
}

#[tokio::test]
async fn a_refusal_says_errno_and_reason() -> Result<(), Error> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let error = handle.request(get_link(0x7fff_fff0)).await.unwrap_err();
    assert!(error.is_refused());
    assert_eq!(error.errno(), Some(19), "{error}");
    assert_eq!(error.request_type(), Some(18));
    Ok(())
}

#[tokio::test]
async fn a_dump_runs_to_its_end_beside_another() -> Result<(), Error> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let (mut one, mut two) = (handle.dump(get_link(0)), handle.dump(get_link(0)));
    let (mut ones, mut twos) = (0, 0);
    while let Some(frame) = one.next().await {
        frame?;
        ones += 1;
        if let Some(frame) = two.next().await {
            frame?;
            twos += 1;
        }
    }
    while let Some(frame) = two.next().await {
        frame?;
        twos += 1;
    }
    assert!(ones > 0);
    assert_eq!(ones, twos);
    Ok(())
}

#[tokio::test]
async fn a_batch_has_one_outcome_each_in_order() -> Result<(), Error> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let messages = (0..1000).map(|i| get_link(if i % 3 == 0 { 0x7fff_fff0 } else { 1 }));
    let outcomes = handle.batch(messages).await;
    assert_eq!(outcomes.len(), 1000);
    for (i, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_err(), i % 3 == 0, "{i}: {outcome:?}");
    }
    assert_eq!(handle.pending(), 0);
    Ok(())
}

#[tokio::test]
async fn the_connection_ends_with_its_last_handle() -> Result<(), Error> {
    let (handle, connection) = netlane::connect(Protocol::ROUTE)?;
    let connection = tokio::spawn(connection);
    handle.ping().await?;
    drop(handle);
    connection.await.unwrap()
}

#[tokio::test]
async fn a_dropped_connection_ends_every_request_with_an_error() -> Result<(), Error> {
    let (handle, connection) = netlane::connect(Protocol::ROUTE)?;
    drop(connection);
    let error = handle.ping().await.unwrap_err();
    assert!(error.is_closed(), "{error}");
    assert!(handle.subscribe([1]).await.unwrap_err().is_closed());
    Ok(())
}
