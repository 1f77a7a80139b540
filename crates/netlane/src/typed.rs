//! Typed requests on the handle: a message type's own encoding and decoding,
//! run by the untyped conversations. Knows the `Request` trait, and no family.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt};
use netlane_wire::{FrameView, HEADER_LEN, Header, Request};

use crate::handle::{expectation, timing};
use crate::{Answer, Dump, Error, ErrorKind, Exchange, Handle};

/// Begins the exchange of a typed request.
pub(crate) fn exchange<R: Request>(handle: &Handle, request: &R) -> Exchange {
    let exchange = match R::PROTOCOL == handle.protocol().0 {
        true => Exchange::new(
            handle.keep().clone(),
            request.message(),
            expectation(R::EXPECT),
        ),
        false => Exchange::impossible(handle.keep().clone(), wrong_protocol::<R>(handle)),
    };
    exchange
        .explain(R::HEADER_LEN, R::attribute_table())
        .timed(timing(R::SYNCHRONOUS))
}

/// Runs a typed request to its typed reply.
pub(crate) async fn call<R: Request>(handle: &Handle, request: &R) -> Result<R::Reply, Error> {
    let answer = exchange(handle, request).await;
    if let Some(warning) = answer.as_ref().ok().and_then(Answer::warning) {
        tracing::warn!(
            warning,
            "the kernel warns of a request that it has executed"
        );
    }
    if R::EXPECT == netlane_wire::Expect::Acknowledgement {
        return match answer {
            // There are no replies that could be missing.
            Err(error) if error.kind() != ErrorKind::Incomplete => Err(error),
            _ => Ok(R::decode(empty(&mut [0; HEADER_LEN])?)?),
        };
    }
    let answer = answer?;
    match answer.replies.as_slice() {
        [frame] => Ok(R::decode(frame.view())?),
        [] => Err(Error::unexpected("no reply came, only an acknowledgement")),
        more => Err(Error::unexpected(format!(
            "{} replies came instead of one",
            more.len()
        ))),
    }
}

/// Begins a typed dump.
pub(crate) fn list<R: Request>(handle: &Handle, request: &R) -> Records<R> {
    let dump = match R::PROTOCOL == handle.protocol().0 {
        true => handle.dump(request.message()),
        false => Dump::impossible(handle.keep().clone(), wrong_protocol::<R>(handle)),
    };
    let dump = dump.explain(R::HEADER_LEN, R::attribute_table());
    Records {
        dump,
        request: PhantomData,
    }
}

/// A stream of typed records: a [`Dump`] whose entries are decoded.
///
/// # Cancel safety
///
/// As [`Dump`].
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Records<R> {
    dump: Dump,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> Records<R> {
    /// All records. A dump that was interrupted is begun anew a few times; if
    /// it was interrupted each time, that is an error, and for what was read
    /// there is the stream itself, or [`Dump::collect_with_retries`].
    ///
    /// # Errors
    ///
    /// If the dump fails, or a record cannot be decoded.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the dump.
    pub async fn collect_all(self) -> Result<Vec<R::Reply>, Error> {
        let collected = self.dump.collect_with_retries(RETRIES).await?;
        if collected.interrupted {
            return Err(Error::interrupted());
        }
        let decoded = collected
            .frames
            .iter()
            .map(|frame| Ok(R::decode(frame.view())?));
        decoded.collect()
    }

    /// The dump itself, for its chunks and frames.
    pub fn into_dump(self) -> Dump {
        self.dump
    }
}

impl<R: Request> Stream for Records<R> {
    type Item = Result<R::Reply, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = ready!(self.dump.poll_next_unpin(context));
        Poll::Ready(frame.map(|frame| Ok(R::decode(frame?.view())?)))
    }
}

fn wrong_protocol<R: Request>(handle: &Handle) -> Error {
    let wanted = netlane_sys::Protocol(R::PROTOCOL);
    Error::invalid(format!(
        "a request for {wanted} on a connection to {}",
        handle.protocol()
    ))
}

/// A message without payload, from which a request that is only acknowledged
/// makes its reply.
fn empty(bytes: &mut [u8; HEADER_LEN]) -> Result<FrameView<'_>, Error> {
    let header = Header {
        len: 16,
        kind: netlane_wire::kind::DONE,
        flags: netlane_wire::Flags::empty(),
        sequence: 0,
        port: 0,
    };
    *bytes = header.to_bytes();
    FrameView::new(bytes).map_err(|malformed| netlane_wire::DecodeError::from(malformed).into())
}

/// Tries of an interrupted dump after the first.
const RETRIES: usize = 5;
