//! Messages that nobody answers, on connections where user programs talk: none
//! may be lost on the way out, however the transport takes it.

use std::time::Duration;

use netlane::sys::{Address, Protocol, Socket, SocketKind};
use netlane::wire::{Flags, Frames, Message};
use netlane::{Builder, Error, ErrorKind, Handle, Offload};

/// A socket that is read by hand, and a handle that talks to it.
fn pair(configure: impl FnOnce(Builder) -> Builder) -> Result<(Socket, Handle), Error> {
    let peer = Socket::open(Protocol::USERSOCK, SocketKind::Raw)?;
    peer.bind(Address::KERNEL)?;
    let port = peer.local_address()?.port;
    let builder = Builder::new(Protocol::USERSOCK).peer(Address::port(port));
    Ok((peer, configure(builder).spawn()?))
}

/// The sequence numbers of all messages that are queued, by datagram.
fn datagrams(peer: &Socket) -> Vec<Vec<u32>> {
    let mut buffer = [0; 4096];
    let mut read = Vec::new();
    while let Ok(received) = peer.recv(&mut buffer) {
        let frames = Frames::new(buffer.get(..received.len).unwrap_or_default());
        let sequences = frames.flatten().map(|frame| frame.header().sequence);
        read.push(sequences.collect());
    }
    read
}

fn message(kind: u16) -> Message {
    Message::new(kind, Flags::empty())
}

#[tokio::test]
async fn what_is_sent_from_another_thread_is_sent() -> Result<(), Error> {
    let (peer, handle) = pair(|builder| builder.offload(Offload::Always))?;
    for _ in 0..50 {
        handle.send(message(20)).await?;
    }
    assert_eq!(datagrams(&peer), vec![vec![0]; 50]);
    assert_eq!(handle.pending(), 0);
    handle.close(Duration::from_secs(5)).await
}

#[tokio::test]
async fn messages_sent_at_once_stay_datagrams_of_their_own() -> Result<(), Error> {
    let (peer, handle) = pair(|builder| builder)?;
    let sends = (0..100).map(|_| handle.send(message(20)));
    let sent = futures::future::join_all(sends).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(datagrams(&peer), vec![vec![0]; 100]);
    assert_eq!(handle.pending(), 0);
    Ok(())
}

#[tokio::test]
async fn requests_sent_at_once_are_not_joined_for_a_peer() -> Result<(), Error> {
    let (peer, handle) = pair(|builder| builder.deadline(Duration::from_millis(300)))?;
    let requests = (0..100).map(|_| handle.request(message(20)));
    let answers = futures::future::join_all(requests).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().is_err_and(Error::is_timed_out))
    );
    let datagrams = datagrams(&peer);
    assert_eq!(datagrams.len(), 100);
    assert!(datagrams.iter().all(|frames| frames.len() == 1));
    Ok(())
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_named_however_it_is_reached() -> Result<(), Error> {
    for offload in [Offload::Never, Offload::Always] {
        let (_peer, handle) = pair(|builder| builder.offload(offload))?;
        let sends = (0..2000).map(|_| handle.send(message(20)));
        let sent = futures::future::join_all(sends).await;
        let errors: Vec<_> = sent.into_iter().filter_map(Result::err).collect();
        assert!(!errors.is_empty());
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::NotSent);
            assert!(error.to_string().contains("does not read"), "{error}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_dump_that_a_peer_never_ends_holds_up_nothing() -> Result<(), Error> {
    use futures::StreamExt;
    let (peer, handle) = pair(|builder| builder.deadline(Duration::from_millis(200)))?;
    let mut one = handle.dump(message(20));
    assert!(one.next().await.unwrap().unwrap_err().is_timed_out());
    drop(one);
    let mut two = handle.dump(message(21));
    let mut next = std::pin::pin!(two.next());
    assert!(futures::poll!(next.as_mut()).is_pending());
    handle.send(message(22)).await?;
    assert_eq!(datagrams(&peer).len(), 3);
    Ok(())
}

#[tokio::test]
async fn close_waits_for_no_answer_that_nobody_waits_for() -> Result<(), Error> {
    let (_peer, handle) = pair(|builder| builder.deadline(Duration::from_millis(50)))?;
    assert!(
        handle
            .request(message(20))
            .await
            .unwrap_err()
            .is_timed_out()
    );
    handle.close(Duration::from_secs(5)).await
}

#[tokio::test]
async fn what_is_pending_at_the_end_is_told_so() -> Result<(), Error> {
    let (_peer, handle) = pair(|builder| builder)?;
    let mut request = std::pin::pin!(handle.request(message(20)));
    assert!(futures::poll!(request.as_mut()).is_pending());
    assert!(
        handle
            .close(Duration::from_millis(50))
            .await
            .unwrap_err()
            .is_timed_out()
    );
    let error = request.await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.is_closed(), "{error}");
    assert!(
        error.to_string().contains("the connection ended first"),
        "{error}"
    );
    Ok(())
}
