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
    let (peer, handle) = pair(|builder| builder)?;
    let mut request = std::pin::pin!(handle.request(message(20)));
    arrived(&peer, request.as_mut()).await;
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

/// The next message's sequence number and its sender's port.
fn next(peer: &Socket) -> Option<(u32, u32)> {
    let mut buffer = [0; 4096];
    let received = peer.recv(&mut buffer).ok()?;
    let header = netlane::wire::Header::read(buffer.get(..received.len)?)?;
    Some((header.sequence, received.sender.port))
}

/// Polls a request until the peer has its message: it may step aside first, if
/// the thread has used up its turn.
async fn arrived<F: Future<Output: std::fmt::Debug>>(
    peer: &Socket,
    mut request: std::pin::Pin<&mut F>,
) -> (u32, u32) {
    loop {
        let polled = futures::poll!(request.as_mut());
        assert!(polled.is_pending(), "it has ended: {polled:?}");
        if let Some(message) = next(peer) {
            return message;
        }
        tokio::task::yield_now().await;
    }
}

/// Sends a message as an answer to that.
fn answer(peer: &Socket, (sequence, port): (u32, u32), kind: u16, payload: &[u8]) {
    let mut bytes = Message::raw(kind, Flags::empty(), payload)
        .finish()
        .unwrap_or_default();
    netlane::wire::set_sequence_port(&mut bytes, sequence, port);
    assert_eq!(
        peer.send_to(&bytes, Address::port(port)).ok(),
        Some(bytes.len())
    );
}

/// `NLMSG_ERROR` with this errno, without the request.
fn refusal(errno: i32) -> Vec<u8> {
    let mut payload = vec![0; 20];
    payload.splice(..4, (-errno).to_ne_bytes());
    payload
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_only_where_that_is_harmless() -> Result<(), Error> {
    const OVERRUN: u16 = netlane::wire::kind::OVERRUN;
    const ERROR: u16 = netlane::wire::kind::ERROR;
    let (peer, handle) = pair(|builder| builder)?;

    let mut once = std::pin::pin!(handle.request(message(20)));
    let only = arrived(&peer, once.as_mut()).await;
    answer(&peer, only, OVERRUN, &[]);
    assert!(once.await.unwrap_err().is_outcome_unknown());
    assert_eq!(next(&peer), None);

    let mut twice = std::pin::pin!(handle.request(message(20)).idempotent());
    let first = arrived(&peer, twice.as_mut()).await;
    answer(&peer, first, OVERRUN, &[]);
    let again = arrived(&peer, twice.as_mut()).await;
    assert_ne!(first.0, again.0);
    answer(&peer, again, ERROR, &refusal(17));
    assert!(twice.await?.replies.is_empty());

    // Without a loss before it, the same refusal is one.
    let mut refused = std::pin::pin!(handle.request(message(20)).idempotent());
    let only = arrived(&peer, refused.as_mut()).await;
    answer(&peer, only, ERROR, &refusal(17));
    assert_eq!(refused.await.unwrap_err().errno(), Some(17));
    Ok(())
}

#[tokio::test]
async fn a_deadline_before_the_send_says_that_nothing_was_sent() -> Result<(), Error> {
    let (_peer, handle) = pair(|builder| builder)?;
    let fill = (0..2000).map(|_| handle.send(message(20)));
    let _full = futures::future::join_all(fill).await;
    // Here and not on another thread, which the deadline might find inside sendmsg.
    let request = handle.request(message(20)).quick();
    let error = request
        .deadline(Duration::from_millis(50))
        .await
        .unwrap_err();
    assert!(error.is_timed_out() && error.was_not_sent(), "{error}");
    assert!(!error.is_outcome_unknown());
    let statistics = handle.statistics();
    assert_eq!((statistics.timed_out, statistics.cancelled), (1, 0));
    Ok(())
}

#[test]
fn a_deadline_holds_without_any_runtime_and_names_the_unspawned_connection() {
    let builder = Builder::new(Protocol::USERSOCK).deadline(Duration::from_millis(50));
    let (handle, _connection) = builder.connect().unwrap();
    let peer = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
    peer.bind(Address::KERNEL).unwrap();
    let to = peer.local_address().unwrap();
    let error = futures::executor::block_on(handle.request(message(20)).to(to)).unwrap_err();
    assert!(
        error.is_timed_out() && error.is_outcome_unknown(),
        "{error}"
    );
    assert!(error.to_string().contains("spawn it"), "{error}");
}

#[tokio::test]
async fn the_connection_says_whether_its_end_was_wanted() -> Result<(), Error> {
    let (handle, connection) = netlane::connect(Protocol::ROUTE)?;
    let connection = tokio::spawn(connection);
    handle.close(Duration::from_secs(1)).await?;
    assert!(connection.await.unwrap().is_ok());
    assert!(handle.ping().await.unwrap_err().is_closed());
    let mut batch = handle.batch([message(0)]).await;
    assert!(batch.pop().unwrap().unwrap_err().is_closed());
    Ok(())
}

/// Fills a peer's queue; returns how many messages that took.
fn fill(peer: &Socket) -> Result<usize, Error> {
    let filler = Socket::open(Protocol::USERSOCK, SocketKind::Raw)?;
    let bytes = message(20).finish()?;
    let to = peer.local_address()?;
    Ok(std::iter::from_fn(|| filler.send_to(&bytes, to).ok()).count())
}

/// Reads so many messages, and none that comes meanwhile.
fn drain(peer: &Socket, messages: usize) {
    for _ in 0..messages {
        assert!(next(peer).is_some());
    }
}

#[tokio::test]
async fn a_batch_tells_who_was_not_sent_from_who_was_not_answered() -> Result<(), Error> {
    let (peer, handle) = pair(|builder| builder.deadline(Duration::from_millis(200)))?;
    peer.set_receive_buffer(4096)?;
    let outcomes = handle.batch((0..50).map(|_| message(20))).await;
    let arrived = datagrams(&peer).len();
    assert!((1..50).contains(&arrived), "{arrived}");
    let errors: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 50);
    for (number, error) in errors.iter().enumerate() {
        let sent = number < arrived;
        assert_eq!(error.is_outcome_unknown(), sent, "{number}: {error}");
        assert_eq!(error.to_string().contains("does not read"), !sent);
    }
    Ok(())
}

#[tokio::test]
async fn a_dump_tries_a_full_peer_again_and_then_names_it() -> Result<(), Error> {
    use futures::StreamExt;
    for offload in [Offload::Never, Offload::Always] {
        let (peer, handle) = pair(|builder| builder.offload(offload))?;
        let filled = fill(&peer)?;
        let mut refused = handle.dump(message(21));
        let error = refused.next().await.unwrap().unwrap_err();
        assert!(error.was_not_sent(), "{error}");
        assert!(error.to_string().contains("does not read"), "{error}");
        let mut dump = handle.dump(message(22));
        let mut next = std::pin::pin!(dump.next());
        assert!(futures::poll!(next.as_mut()).is_pending());
        drain(&peer, filled);
        let asked = arrived(&peer, next.as_mut()).await;
        answer(&peer, asked, netlane::wire::kind::DONE, &[0; 4]);
        assert!(next.await.is_none());
    }
    Ok(())
}

#[tokio::test]
async fn close_waits_for_a_request_that_waits_for_room() -> Result<(), Error> {
    for offload in [Offload::Never, Offload::Always] {
        let (peer, handle) = pair(|builder| builder.offload(offload))?;
        let filled = fill(&peer)?;
        let mut request = std::pin::pin!(handle.request(message(21)));
        assert!(futures::poll!(request.as_mut()).is_pending());
        let mut close = std::pin::pin!(handle.close(Duration::from_secs(5)));
        assert!(futures::poll!(close.as_mut()).is_pending());
        drain(&peer, filled);
        let asked = arrived(&peer, request.as_mut()).await;
        answer(&peer, asked, netlane::wire::kind::ERROR, &refusal(0));
        request.await?;
        close.await?;
    }
    Ok(())
}
