//! Dumps: a table of the kernel, read in the consumer's own task, or a few parts
//! ahead of it on another thread, so that not reading is backpressure that
//! reaches the kernel. Owns the stream, and what its caller said of it; who reads
//! is `private.rs`'s, the socket a dump leases `socket.rs`'s, the pool `pool.rs`'s.

mod ahead;
mod buffer;
#[cfg(test)]
mod fixture;
mod pool;
mod private;
mod reading;
mod shared;
mod socket;
mod wait;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use netlane_proto::Timing;
use netlane_wire::{AttributeTable, Frame, FrameView, Frames, Message, OwnedExtendedAck};
use tracing::Span;

pub(crate) use pool::DumpPool;

use crate::activity::Activity;
use crate::error::Asked;
use crate::exchange::order_of;
use crate::handle::Keep;
use crate::lane::Report;
use crate::operations::Operation;
use crate::statistics::count;
use crate::{Error, protocol::Lanes, spans};
use private::PrivateDump;
use shared::SharedDump;

/// A dump: a stream of the table's entries, each a [`Frame`].
///
/// Nothing is sent before it is first polled. Each entry borrows from a
/// datagram of up to 32 KiB; [`FrameView::to_frame`] copies one that is to be
/// kept. After the last entry the stream ends; if the dump failed, or the table
/// changed while it was read
/// ([`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted)), its last item is
/// that error, after all the data there was.
///
/// It is read in its consumer's task, or on a thread of the connection's own, as
/// [`Offload`](crate::Offload) says; then a few datagrams ahead of the consumer, and
/// no more than those while nobody polls it.
///
/// Any number of dumps may run at once on one handle.
///
/// # Cancel safety
///
/// Dropping it at any point cancels the dump: its socket is closed (by a thread
/// that is in a system call on it right after that; on a single lane the rest is
/// read and discarded), and nothing else notices.
#[must_use = "streams do nothing unless polled"]
pub struct Dump {
    keep: Keep,
    asked: Asked,
    source: Source,
    /// Entries of the last datagram that the stream has not handed out.
    chunk: Bytes,
    /// Entries that a chunk borrows.
    lent: Bytes,
    sequence: u32,
    terms: Terms,
    done: bool,
    /// From the first poll to the end: a close waits for it.
    activity: Option<Activity>,
    /// What the kernel said with a good end.
    report: Report,
    span: Span,
}

/// Never the entries: they may be secret.
impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump")
            .field("asked", &self.asked)
            .field("sequence", &self.sequence)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

/// What its caller has said of a dump.
#[derive(Clone, Copy, Debug)]
struct Terms {
    /// When the parts are there.
    timing: Timing,
    /// How long to wait at most for each.
    deadline: Duration,
    /// `Some` if the caller knows how long a part takes.
    slow: Option<bool>,
    /// To find the attribute a refusal points at: the length of the family
    /// header, and the names.
    question: (Option<usize>, Option<&'static AttributeTable>),
}

impl Terms {
    const fn new(timing: Timing, deadline: Duration) -> Self {
        Self {
            timing,
            deadline,
            slow: None,
            question: (None, None),
        }
    }
}

/// Where the entries come from.
enum Source {
    /// It cannot be built.
    Impossible(Option<Error>),
    /// A socket of its own.
    Private(Box<PrivateDump>),
    /// The connection's single lane.
    Shared(Box<SharedDump>),
}

/// Everything a dump brought, for callers that want all at once.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Collected {
    /// The entries.
    pub frames: Vec<Frame>,
    /// The table changed while it was read, in every try: entries may be
    /// missing or doubled.
    pub interrupted: bool,
    /// What the kernel said although it succeeded.
    pub report: Option<Box<OwnedExtendedAck>>,
}

impl Dump {
    pub(crate) fn new(keep: Keep, message: Message) -> Self {
        let asked = Asked {
            protocol: keep.shared.config.protocol,
            kind: message.kind(),
        };
        count(&keep.shared.counters.dumps);
        let config = &keep.shared.config;
        let timing = match config.peers {
            true => Timing::Late,
            false => config.traits.dumps,
        };
        let order = order_of(message, netlane_proto::Expect::Dump, config);
        let source = match order {
            Err(error) => Source::Impossible(Some(error)),
            Ok(order) if keep.shared.config.lanes == Lanes::Single => {
                Source::Shared(Box::new(SharedDump::new(order, timing)))
            }
            Ok(order) => {
                let operation = Operation::of_dump(config.protocol, asked.kind, &order.bytes);
                Source::Private(Box::new(PrivateDump::new(order.bytes, operation)))
            }
        };
        let terms = Terms::new(timing, config.deadline);
        Self {
            keep,
            asked,
            source,
            chunk: Bytes::new(),
            lent: Bytes::new(),
            sequence: 0,
            terms,
            done: false,
            activity: None,
            report: None,
            span: Span::none(),
        }
    }

    /// A dump that cannot be asked for.
    pub(crate) fn impossible(keep: Keep, error: Error) -> Self {
        let mut dump = Self::new(keep, Message::new(0, netlane_wire::Flags::empty()));
        dump.source = Source::Impossible(Some(error));
        dump
    }

    /// How long to wait at most for each part of the dump.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.terms.deadline = limit;
        self
    }

    /// The parts of the dump may arrive later than they are asked for: their
    /// absence proves nothing.
    pub fn late(mut self) -> Self {
        self.terms.timing = Timing::Late;
        if let Source::Shared(dump) = &mut self.source {
            dump.set_timing(Timing::Late);
        }
        self
    }

    /// The kernel may take long to make a part: it is read on a thread of the
    /// connection's own from the start, whatever has been seen of such dumps. On a
    /// [single lane](crate::Lanes::Single) it is read by who drives that.
    pub fn slow(mut self) -> Self {
        self.terms.slow = Some(true);
        self
    }

    /// The kernel makes each part quickly: it is read where it is polled.
    pub fn quick(mut self) -> Self {
        self.terms.slow = Some(false);
        self
    }

    /// Names for the request's attributes, for a refusal.
    pub(crate) fn explain(
        mut self,
        header_len: usize,
        table: Option<&'static AttributeTable>,
    ) -> Self {
        self.terms.question = (Some(header_len), table);
        self
    }

    /// The next entries, as they came in one datagram, without a copy: the
    /// fastest way through a large table. `None` after the last.
    ///
    /// # Errors
    ///
    /// The refusal of the dump; or, after all its data, that it was
    /// interrupted or damaged. Nothing follows an error.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has taken nothing.
    pub async fn next_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        let ready = std::future::poll_fn(|context| self.poll_fill(context)).await;
        match ready {
            Some(Err(error)) => Err(error),
            None => Ok(None),
            Some(Ok(())) => Ok(Some(self.lend())),
        }
    }

    /// What the kernel said with the end of the dump although it succeeded: a
    /// warning, mostly nothing. Known once the last entry was read.
    #[must_use]
    pub fn report(&self) -> Option<&OwnedExtendedAck> {
        self.report.as_deref()
    }

    /// Every entry of the dump. One that was interrupted is begun anew, up to
    /// `retries` times; the last try's entries are returned in any case.
    ///
    /// # Errors
    ///
    /// If the dump is refused, damaged, or times out.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the dump.
    pub async fn collect_with_retries(mut self, retries: usize) -> Result<Collected, Error> {
        for tries_left in (0..=retries).rev() {
            let mut collected = Collected::default();
            while let Some(frame) = self.next().await {
                match frame {
                    Ok(frame) => collected.frames.push(frame),
                    Err(error) if error.kind() == crate::ErrorKind::Interrupted => {
                        collected.interrupted = true;
                    }
                    Err(error) => return Err(error),
                }
            }
            if !collected.interrupted || tries_left == 0 {
                collected.report = self.report.take();
                return Ok(collected);
            }
            tracing::debug!(tries_left, "a dump was interrupted; it is begun anew");
            self.restart();
        }
        Ok(Collected::default())
    }

    /// Begins anew.
    fn restart(&mut self) {
        self.chunk = Bytes::new();
        self.done = false;
        count(&self.keep.shared.counters.dumps);
        match &mut self.source {
            Source::Private(dump) => dump.restart(),
            Source::Shared(dump) => dump.restart(),
            Source::Impossible(_) => {}
        }
    }

    /// Ready with `Some(Ok)` when there are entries to hand out.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<(), Error>>> {
        if self.done {
            return Poll::Ready(None);
        }
        if !self.chunk.is_empty() {
            return Poll::Ready(Some(Ok(())));
        }
        if self.activity.is_none()
            && let Err(error) = self.start()
        {
            return Poll::Ready(Some(Err(self.finish(error))));
        }
        let shared = &self.keep.shared;
        let filled = ready!(match &mut self.source {
            Source::Impossible(error) => {
                Poll::Ready(Err(error.take().map_or(Ok(None), Err)))
            }
            Source::Private(dump) => dump.poll_fill(shared, self.terms, context),
            Source::Shared(dump) => {
                dump.poll_fill(shared, self.terms, context, &mut self.chunk)
            }
        });
        Poll::Ready(match filled {
            Ok(sequence) => {
                self.sequence = sequence;
                self.span.record("sequence", sequence);
                Some(Ok(()))
            }
            Err(Err(error)) => Some(Err(self.finish(error))),
            Err(Ok(report)) => {
                self.report = report;
                self.span.record("outcome", "complete");
                self.done = true;
                self.activity = None;
                None
            }
        })
    }

    /// The request, finished.
    fn request(&self) -> &[u8] {
        match &self.source {
            Source::Private(dump) => dump.request(),
            Source::Shared(dump) => dump.request(),
            Source::Impossible(_) => &[],
        }
    }

    /// The first poll.
    fn start(&mut self) -> Result<(), Error> {
        self.span = spans::dump(self.asked, self.request());
        self.activity = Some(Activity::begin(&self.keep.shared)?);
        Ok(())
    }

    /// The end, with an error.
    fn finish(&mut self, error: Error) -> Error {
        self.span.record("outcome", tracing::field::display(&error));
        self.done = true;
        self.activity = None;
        let limit = self.keep.shared.longest;
        error.about(self.asked).sized(self.request().len(), limit)
    }

    /// The entries that `poll_fill` has made ready, borrowed.
    fn lend(&mut self) -> Chunk<'_> {
        let sequence = self.sequence;
        if let (true, Source::Private(dump)) = (self.chunk.is_empty(), &mut self.source) {
            return Chunk {
                sequence,
                frames: Frames::new(dump.take_part()),
            };
        }
        self.lent = std::mem::take(&mut self.chunk);
        Chunk {
            sequence,
            frames: Frames::new(&self.lent),
        }
    }

    /// The next entry among those that are ready, owned.
    fn take_frame(&mut self) -> Option<Frame> {
        if let (true, Source::Private(dump)) = (self.chunk.is_empty(), &mut self.source) {
            self.chunk = Bytes::copy_from_slice(dump.take_part());
        }
        loop {
            match Frame::take(&mut self.chunk) {
                Some(Ok(frame)) if is_entry(frame.view(), self.sequence) => return Some(frame),
                Some(Ok(_)) => {}
                // The end, or bytes that are no frame, which were counted.
                Some(Err(_)) | None => {
                    self.chunk = Bytes::new();
                    return None;
                }
            }
        }
    }
}

impl Stream for Dump {
    type Item = Result<Frame, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.poll_fill(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(())) => {
                    if let Some(frame) = self.take_frame() {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
            }
        }
    }
}

impl Drop for Dump {
    fn drop(&mut self) {
        if !self.done {
            spans::note_cancelled(&self.span);
        }
        match &mut self.source {
            Source::Private(dump) => dump.give_up(&self.keep.shared),
            Source::Shared(dump) => dump.give_up(&self.keep.shared),
            Source::Impossible(_) => {}
        }
    }
}

/// Entries of a dump that came in one datagram: an iterator of frames that
/// borrow from the dump's buffer.
#[derive(Clone, Debug)]
pub struct Chunk<'a> {
    sequence: u32,
    frames: Frames<'a>,
}

impl<'a> Iterator for Chunk<'a> {
    type Item = FrameView<'a>;

    fn next(&mut self) -> Option<FrameView<'a>> {
        loop {
            let frame = self.frames.next()?.ok()?;
            if is_entry(frame, self.sequence) {
                return Some(frame);
            }
        }
    }
}

/// A part that takes longer is slow: five times what a quick request takes, since
/// 32 KiB of heavy objects honestly take 200 to 400 us.
pub(crate) const LONG_PART: Duration = Duration::from_millis(1);

/// Whether a frame is an entry of the dump with this sequence number.
fn is_entry(frame: FrameView<'_>, sequence: u32) -> bool {
    let header = frame.header();
    header.sequence == sequence && header.kind >= netlane_wire::kind::MIN_TYPE
}
