//! The consumer's side of a dump on a socket of its own. Owns the choice of who
//! reads it: the consumer's own task, as long as that is quick, or a thread that
//! reads ahead; and the waiting for that thread. How it is read is `socket.rs`'s,
//! how parts come from the thread `ahead.rs`'s.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use netlane_proto::Timing;

use super::Terms;
use super::ahead::{Ahead, Found, Leave, Part};
use super::reading::End;
use super::socket::{Engine, Step};
use super::wait::Absence;
use crate::Error;
use crate::lane::Payload;
use crate::operations::Operation;
use crate::pace;
use crate::shared::Shared;
use crate::statistics::count;

/// A dump with a socket of its own.
#[derive(Debug)]
pub(crate) struct PrivateDump {
    /// What reads. It is away from when a thread is to read ahead until every
    /// part has been taken that was.
    engine: Option<Engine>,
    /// Where it is when it is away.
    ahead: Option<Arc<Ahead>>,
    /// A part that was read ahead, while its entries are handed out.
    lent: Option<Part>,
    /// When the first part was taken since others had a turn.
    since: Option<Instant>,
    absence: Option<Absence>,
}

impl PrivateDump {
    pub(crate) const fn new(request: Payload, operation: Operation) -> Self {
        Self {
            engine: Some(Engine::new(request, operation)),
            ahead: None,
            lent: None,
            since: None,
            absence: None,
        }
    }

    /// The request, finished; empty while it is away.
    pub(crate) fn request(&self) -> &[u8] {
        self.engine.as_ref().map_or(&[], Engine::request)
    }

    /// Begins anew after an end.
    pub(crate) fn restart(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.restart();
        }
    }

    /// The entries that are ready: whole frames, controls and strangers among
    /// them. They are gone with the next call of `poll_fill`.
    pub(crate) fn take_part(&mut self) -> &[u8] {
        match (&mut self.lent, &mut self.engine) {
            (Some(part), _) => {
                let len = std::mem::take(&mut part.len);
                part.buffer.get(..len).unwrap_or_default()
            }
            (None, Some(engine)) => engine.take_part(),
            (None, None) => &[],
        }
    }

    /// Ready with the sequence number when entries are ready, or with the end.
    pub(crate) fn poll_fill(
        &mut self,
        shared: &Arc<Shared>,
        terms: Terms,
        context: &mut Context<'_>,
    ) -> Poll<Result<u32, End>> {
        loop {
            let filled = match &self.engine {
                Some(_) => self.poll_here(shared, terms, context),
                None => self.poll_ahead(shared, terms, context),
            };
            if let Some(filled) = ready!(filled) {
                return Poll::Ready(filled);
            }
        }
    }

    /// With the engine here; `None` if there is more to do.
    fn poll_here(
        &mut self,
        shared: &Arc<Shared>,
        terms: Terms,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<u32, End>>> {
        let Some(engine) = &mut self.engine else {
            return Poll::Ready(None);
        };
        if engine.has_part() {
            return Poll::Ready(Some(Ok(engine.sequence())));
        }
        if let Some(end) = engine.take_end(shared) {
            engine.release(shared);
            // Its buffers are wiped and gone; a restart makes new ones.
            self.ahead = None;
            self.absence = None;
            return Poll::Ready(Some(Err(end)));
        }
        if let Err(error) = shared.check_alive() {
            engine.fail(error);
            return Poll::Ready(None);
        }
        if is_for_a_thread(engine, shared, terms) && self.send_away(shared, terms) {
            return Poll::Ready(None);
        }
        self.poll_step(shared, terms, context)
    }

    /// Has a thread read ahead. Says whether there is one.
    fn send_away(&mut self, shared: &Arc<Shared>, terms: Terms) -> bool {
        let Some(engine) = self.engine.take() else {
            return false;
        };
        let first = self.ahead.is_none();
        let ahead = self
            .ahead
            .get_or_insert_with(|| Arc::new(Ahead::new(&shared.config)));
        self.engine = ahead.start(engine, shared, terms);
        let gone = self.engine.is_none();
        if first {
            match gone {
                true => count(&shared.counters.offloaded),
                // Nobody reads into the buffers.
                false => self.ahead = None,
            }
        }
        gone
    }

    /// Makes the next step here.
    fn poll_step(
        &mut self,
        shared: &Arc<Shared>,
        terms: Terms,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<u32, End>>> {
        let Some(engine) = &mut self.engine else {
            return Poll::Ready(None);
        };
        if !pace::has_budget() {
            pace::yield_turn(context);
            return Poll::Pending;
        }
        if engine.step(shared, terms) == Step::Wait
            && let Some(error) = ready!(engine.poll_wait(shared, terms.deadline, context))
        {
            engine.fail(error);
        }
        Poll::Ready(None)
    }

    /// With the engine away; `None` if it is back.
    fn poll_ahead(
        &mut self,
        shared: &Arc<Shared>,
        terms: Terms,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<u32, End>>> {
        let Some(ahead) = &self.ahead else {
            let error = Error::invalid("a dump was polled after its end");
            return Poll::Ready(Some(Err(Err(error))));
        };
        if let Some(part) = self.lent.take_if(|part| part.len == 0) {
            ahead.give_back(part.buffer);
        }
        if let Some(part) = &self.lent {
            return Poll::Ready(Some(Ok(part.sequence)));
        }
        // A consumer that is slower than the thread would never have to wait.
        let spent = self.since.is_some_and(|it| it.elapsed() > pace::BUDGET);
        if spent && ahead.has_part() {
            self.since = None;
            pace::yield_turn(context);
            return Poll::Pending;
        }
        match ahead.find(context.waker()) {
            Found::Part(part) => {
                self.since.get_or_insert_with(Instant::now);
                if terms.timing != Timing::Late {
                    ahead.read_on(shared, terms);
                }
                let sequence = part.sequence;
                self.lent = Some(part);
                Poll::Ready(Some(Ok(sequence)))
            }
            Found::Engine(engine) => {
                self.engine = Some(engine);
                self.since = None;
                Poll::Ready(None)
            }
            Found::Nothing => self
                .poll_absence(shared, terms, context)
                .map(|error| self.despair(error, shared)),
            Found::Lost => {
                let text = "the thread that read the dump has panicked";
                Poll::Ready(self.despair(Error::unknown(text), shared))
            }
        }
    }

    /// Waits for the thread. Ready with why there is no more to wait for.
    fn poll_absence(
        &mut self,
        shared: &Arc<Shared>,
        terms: Terms,
        context: &mut Context<'_>,
    ) -> Poll<Error> {
        let new = || Absence::new(Arc::clone(shared), terms.deadline);
        let absence = self.absence.get_or_insert_with(new);
        // A part has come since it last waited.
        if self.since.take().is_some() {
            absence.begin_anew(terms.deadline, shared);
        }
        absence.poll(shared, context)
    }

    /// The end of a dump that is away.
    fn despair(&mut self, error: Error, shared: &Shared) -> Option<Result<u32, End>> {
        if let Some(ahead) = self.ahead.take() {
            ahead.leave(Leave::Told, shared);
        }
        Some(Err(Err(error)))
    }

    /// The consumer is gone.
    pub(crate) fn give_up(&mut self, shared: &Shared) {
        match (&mut self.engine, &self.ahead) {
            (Some(engine), _) => engine.give_up(shared),
            (None, Some(ahead)) => ahead.leave(Leave::Cancelled, shared),
            (None, None) => {}
        }
    }
}

/// Whether the next step is better made by a thread.
fn is_for_a_thread(engine: &Engine, shared: &Shared, terms: Terms) -> bool {
    if terms.timing == Timing::Late {
        return false;
    }
    let slow = terms.slow.unwrap_or_else(|| {
        engine.spent() >= HERE || !shared.dump_operations.is_quick(engine.operation())
    });
    shared.config.offload.is_aside(slow)
}

/// What a dump may take in its consumer's task before a thread reads on. Most are
/// over by then; for one that is not, it is little to go to a thread.
const HERE: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use netlane_testkit::in_namespace;
    use std::task::Waker;

    use super::super::fixture::{
        connect, dump_addresses, engine, entries, occupy, operation, terms,
    };
    use super::super::{Dump, LONG_PART};
    use super::*;
    use crate::{Handle, Offload};

    fn slow(handle: &Handle) -> Dump {
        handle.dump(dump_addresses()).slow()
    }

    /// The next error; the entries before it do not matter.
    async fn failure(mut dump: Dump) -> Error {
        loop {
            match dump.next_chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("no error"),
                Err(error) => break error,
            }
        }
    }

    /// Fails when the buffers that were read ahead into stay with a dump that is over
    /// (`PrivateDump::poll_here`): they may hold secrets, and are 224 KiB.
    #[test]
    fn a_dump_that_is_over_has_no_buffers() {
        in_namespace(|| {
            let (handle, _connection) = connect(1);
            let shared = &handle.keep().shared;
            let request = engine(shared).request().to_vec();
            let mut dump = PrivateDump::new(request.into(), operation());
            let terms = Terms {
                slow: Some(true),
                ..terms()
            };
            let fill = |context: &mut Context<'_>| loop {
                match ready!(dump.poll_fill(shared, terms, context)) {
                    Ok(_) => assert!(!dump.take_part().is_empty()),
                    Err(end) => return Poll::Ready(end),
                }
            };
            block_on(std::future::poll_fn(fill)).unwrap();
            assert_eq!(handle.statistics().offloaded, 1);
            assert!(dump.ahead.is_none() && dump.engine.is_some());
        });
    }

    /// Fails when the wait for a thread has no deadline (`Absence::poll`).
    #[test]
    fn a_dump_that_no_thread_comes_for_ends_at_its_deadline() {
        in_namespace(|| {
            let (handle, _connection) = connect(1);
            let kept = occupy(&handle.keep().shared);
            let error = block_on(failure(slow(&handle).deadline(Duration::from_millis(20))));
            assert!(error.is_timed_out(), "{error}");
            let seen = handle.statistics();
            assert_eq!((seen.timed_out, seen.cancelled, seen.sent), (1, 0, 1));
            drop(kept);
            let dumped = block_on(slow(&handle).collect_with_retries(0));
            assert_eq!(dumped.unwrap().frames.len(), 1);
        });
    }

    /// Fails when the time that a consumer takes counts as waiting (`PrivateDump::poll_absence`).
    #[test]
    fn a_consumer_that_takes_its_time_has_not_waited() {
        in_namespace(|| {
            let (handle, _connection) = connect(2000);
            let shared = &handle.keep().shared;
            let limit = Duration::from_millis(500);
            let mut dump = slow(&handle).deadline(limit);
            let mut context = Context::from_waker(Waker::noop());
            let kept = occupy(shared);
            assert!(dump.poll_fill(&mut context).is_pending());
            drop(kept);
            assert!(block_on(dump.next_chunk()).unwrap().is_some());
            std::thread::sleep(limit);
            // No thread from now on: what is there is taken, then it waits.
            let _kept = occupy(shared);
            let mut pending = 0;
            while pending < 2 {
                match dump.poll_fill(&mut context) {
                    Poll::Pending => pending += 1,
                    Poll::Ready(Some(Ok(()))) => {
                        pending = 0;
                        assert!(dump.lend().count() > 0);
                    }
                    Poll::Ready(end) => panic!("{end:?}"),
                }
            }
        });
    }

    /// Fails when who waits for a thread does not hear of the end (`Absence::new`).
    #[test]
    fn the_end_of_the_connection_ends_the_wait_for_a_thread() {
        in_namespace(|| {
            let (handle, connection) = connect(1);
            let kept = occupy(&handle.keep().shared);
            let dump = slow(&handle).deadline(Duration::from_secs(5));
            let ending = async { drop(connection) };
            let (error, ()) = block_on(async { futures::join!(failure(dump), ending) });
            assert!(error.is_closed(), "{error}");
            drop(kept);
        });
    }

    /// Fails when a thread that cannot be had is waited for (`PrivateDump::send_away`).
    #[test]
    fn a_dump_for_which_there_is_no_thread_is_read_where_it_is_awaited() {
        in_namespace(|| {
            let (handle, _connection) = connect(2000);
            let shared = &handle.keep().shared;
            let kept = occupy(shared);
            while shared.workers.submit(Box::new(|| ())).is_ok() {}
            let dumped = block_on(slow(&handle).collect_with_retries(0)).unwrap();
            assert_eq!(dumped.frames.len(), 2000);
            assert_eq!(handle.statistics().offloaded, 0);
            drop(kept);
        });
    }

    /// Fails when a lost engine is waited for.
    #[test]
    fn a_dump_whose_thread_has_panicked_ends_with_an_error() {
        in_namespace(|| {
            let (handle, _connection) = connect(1);
            let shared = &handle.keep().shared;
            let mut dump = PrivateDump::new(Payload::default(), operation());
            dump.engine = None;
            dump.ahead = Some(Arc::new(Ahead::new(&shared.config)));
            let mut context = Context::from_waker(Waker::noop());
            for text in ["panicked", "after its end"] {
                let Poll::Ready(Err(Err(error))) = dump.poll_fill(shared, terms(), &mut context)
                else {
                    panic!("no error");
                };
                assert!(error.to_string().contains(text), "{error}");
            }
        });
    }

    /// Fails when a consumer that never has to wait gives nobody a turn (`PrivateDump::poll_ahead`).
    #[test]
    fn a_consumer_that_works_at_each_part_gives_others_their_turn() {
        in_namespace(|| {
            let (handle, _connection) = connect(2000);
            let shared = &handle.keep().shared;
            let mut dump = PrivateDump::new(Payload::default(), operation());
            dump.engine = Some(engine(shared));
            assert!(dump.send_away(shared, terms()));
            let mut context = Context::from_waker(Waker::noop());
            let (mut found, mut last_was_a_part) = (0, false);
            loop {
                match dump.poll_fill(shared, terms(), &mut context) {
                    Poll::Pending => last_was_a_part = false,
                    Poll::Ready(Err(end)) => break assert!(end.is_ok()),
                    Poll::Ready(Ok(sequence)) => {
                        assert!(!last_was_a_part || dump.engine.is_some(), "no turn");
                        last_was_a_part = true;
                        found += entries(dump.take_part(), sequence).len();
                        // The thread has the next ready before it is asked for.
                        let ahead = Arc::clone(dump.ahead.as_ref().unwrap());
                        while !ahead.has_part() && ahead.is_away() {
                            std::thread::yield_now();
                        }
                        // So long works the consumer at each.
                        std::thread::sleep(pace::BUDGET);
                    }
                }
            }
            assert_eq!(found, 2000);
        });
    }

    /// Fails when the first of a dump's parts never go to a thread, or small dumps do
    /// (`is_for_a_thread`), or somebody's word is not taken.
    #[test]
    fn who_reads_depends_on_what_was_said_and_seen() {
        in_namespace(|| {
            let (handle, _connection) = connect(1);
            let shared = &handle.keep().shared;
            let of = |spent, slow, timing| {
                let mut engine = engine(shared);
                engine.note(spent, shared);
                let terms = Terms {
                    slow,
                    timing,
                    ..terms()
                };
                is_for_a_thread(&engine, shared, terms)
            };
            let (little, much) = (HERE / 2, HERE);
            assert!(!of(little, None, Timing::Synchronous));
            assert!(of(little, Some(true), Timing::Synchronous));
            assert!(of(much, None, Timing::Synchronous));
            assert!(!of(much, Some(false), Timing::Synchronous));
            assert!(!of(much, Some(true), Timing::Late));
            for _ in 0..2 {
                shared.dump_operations.note(operation(), LONG_PART * 2);
            }
            assert!(of(little, None, Timing::Synchronous));
            for (offload, away) in [(Offload::Always, true), (Offload::Never, false)] {
                assert_eq!(offload.is_aside(true), away);
                assert_eq!(offload.is_aside(false), away);
            }
        });
    }
}
