//! What a dump's consumer shares with the thread that reads ahead of it. Owns the
//! bound: there are so many buffers and no more, and when the last is filled the
//! thread lays the engine down and goes, so that it never waits for a consumer
//! and not reading reaches the kernel. When to read ahead is `private.rs`'s.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::Terms;
use super::buffer::Buffer;
use super::socket::Engine;
use crate::config::Config;
use crate::shared::Shared;

/// The desk between the consumer and the thread.
pub(super) struct Ahead(Mutex<Desk>);

/// What lies on it.
struct Desk {
    /// What reads; a thread that is reading has it.
    engine: Option<Engine>,
    /// A thread reads, or will come to.
    away: bool,
    /// Read and not yet taken, the oldest first.
    parts: VecDeque<Part>,
    spare: Vec<Buffer>,
    /// The consumer's, while it waits.
    waker: Option<Waker>,
    left: Option<Leave>,
}

/// Entries that came in one datagram.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) buffer: Buffer,
    pub(super) len: usize,
    pub(super) sequence: u32,
}

/// What the consumer finds.
#[derive(Debug)]
pub(super) enum Found {
    Part(Part),
    /// Every part was taken, and no thread reads.
    Engine(Engine),
    /// Nothing yet: its waker will be woken.
    Nothing,
    /// The engine is lost with the thread that had it.
    Lost,
}

/// Why the consumer has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// It was dropped.
    Cancelled,
    /// It was told an error.
    Told,
}

impl Leave {
    /// Nobody reads on.
    fn dismiss(self, engine: Option<Engine>, shared: &Shared) {
        match (engine, self) {
            (Some(mut engine), Self::Cancelled) => engine.give_up(shared),
            (Some(mut engine), Self::Told) => engine.release(shared),
            (None, _) => {}
        }
    }
}

impl Ahead {
    pub(super) fn new(config: &Config) -> Self {
        Self(Mutex::new(Desk {
            engine: None,
            away: false,
            parts: VecDeque::with_capacity(AHEAD),
            spare: (0..AHEAD).map(|_| Buffer::new(config)).collect(),
            waker: None,
            left: None,
        }))
    }

    /// Has a thread read with this engine. Gives it back if there is none.
    pub(super) fn start(
        self: &Arc<Self>,
        engine: Engine,
        shared: &Arc<Shared>,
        terms: Terms,
    ) -> Option<Engine> {
        self.lock().engine = Some(engine);
        if self.read_on(shared, terms) {
            return None;
        }
        self.lock().engine.take()
    }

    /// Has a thread read on if none does and every part was taken: rarely, so
    /// that each time is worth it; and never after the end of the connection. Says
    /// whether one does.
    pub(super) fn read_on(self: &Arc<Self>, shared: &Arc<Shared>, terms: Terms) -> bool {
        let mut desk = self.lock();
        if desk.away || !desk.parts.is_empty() || !desk.is_ready() {
            return desk.away;
        }
        if shared.check_alive().is_err() {
            return false;
        }
        desk.away = true;
        drop(desk);
        let errand = Errand {
            ahead: Arc::clone(self),
            shared: Arc::clone(shared),
            terms,
        };
        shared.workers.submit(Box::new(|| errand.run())).is_ok()
    }

    /// Whether there is a part to take.
    pub(super) fn has_part(&self) -> bool {
        !self.lock().parts.is_empty()
    }

    /// Whether a thread reads, or will come to.
    #[cfg(test)]
    pub(super) fn is_away(&self) -> bool {
        self.lock().away
    }

    /// A buffer whose entries the consumer has done with.
    pub(super) fn give_back(&self, buffer: Buffer) {
        self.lock().spare.push(buffer);
    }

    /// The next part, or the engine after the last.
    pub(super) fn find(&self, waker: &Waker) -> Found {
        let mut desk = self.lock();
        if let Some(part) = desk.parts.pop_front() {
            return Found::Part(part);
        }
        if !desk.away {
            return desk.engine.take().map_or(Found::Lost, Found::Engine);
        }
        // One that is replaced is dropped after unlocking.
        let replaced = match &desk.waker {
            Some(known) if known.will_wake(waker) => None,
            _ => desk.waker.replace(waker.clone()),
        };
        drop(desk);
        drop(replaced);
        Found::Nothing
    }

    /// The consumer goes. A thread that reads sees it after its system call.
    pub(super) fn leave(&self, leave: Leave, shared: &Shared) {
        let mut desk = self.lock();
        desk.left = Some(leave);
        let engine = desk.engine.take();
        drop(desk);
        leave.dismiss(engine, shared);
    }

    /// The engine, for the thread.
    fn take(&self) -> Option<Engine> {
        self.lock().engine.take()
    }

    /// After a step of the thread's: what it brought goes to the consumer. Gives
    /// the engine back if another step may follow.
    fn bring(&self, mut engine: Engine, stop: bool) -> Option<Engine> {
        let mut desk = self.lock();
        if engine.has_part()
            && let Some(spare) = desk.spare.pop()
        {
            let sequence = engine.sequence();
            let (buffer, len) = engine.exchange_buffer(spare);
            desk.parts.push_back(Part {
                buffer,
                len,
                sequence,
            });
        }
        if stop || desk.left.is_some() || desk.spare.is_empty() || !engine.is_ready() {
            desk.engine = Some(engine);
            return None;
        }
        let enough = if engine.is_slow() { 1 } else { ENOUGH };
        let waker = match desk.parts.len() >= enough {
            true => desk.waker.take(),
            false => None,
        };
        drop(desk);
        if let Some(waker) = waker {
            waker.wake();
        }
        Some(engine)
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Whether there is an engine that may take a step, and a buffer for more.
    fn is_ready(&self) -> bool {
        let ready = self.engine.as_ref().is_some_and(Engine::is_ready);
        ready && !self.spare.is_empty()
    }
}

/// Never the entries: they may be secret.
impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let desk = self.lock();
        f.debug_struct("Ahead")
            .field("away", &desk.away)
            .field("parts", &desk.parts.len())
            .finish_non_exhaustive()
    }
}

/// What a thread is asked to do. However it ends, by panic or never run at all,
/// the consumer hears of it.
struct Errand {
    ahead: Arc<Ahead>,
    shared: Arc<Shared>,
    terms: Terms,
}

impl Errand {
    /// Reads until the buffers are full, the dump is over or its consumer gone, or
    /// others wait for the thread: then it is the consumer who asks for it again.
    fn run(self) {
        let mut next = self.ahead.take();
        while let Some(mut engine) = next {
            engine.step(&self.shared, self.terms);
            let stop = self.shared.check_alive().is_err() || self.shared.workers.is_crowded();
            next = self.ahead.bring(engine, stop);
        }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        let mut desk = self.ahead.lock();
        desk.away = false;
        let waker = desk.waker.take();
        let left = desk.left;
        let engine = left.and_then(|_| desk.engine.take());
        drop(desk);
        if let Some(leave) = left {
            leave.dismiss(engine, &self.shared);
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Parts that are read and that the consumer has not done with: those that wake it,
/// one that it works at, and one for the time until a thread has come again.
const AHEAD: usize = ENOUGH + 2;
/// So many wake the consumer: a wake-up is a system call that the thread makes
/// between two parts, and has another processor work at what this one writes. Once
/// a part was slow each wakes; only that first one holds back those before it.
const ENOUGH: usize = 5;

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::Waker;

    use netlane_testkit::in_namespace;

    use super::super::fixture::{Woken, connect, dump_addresses, engine, entries, occupy, terms};
    use super::*;
    use crate::{Connection, Handle};

    /// A dump that is away, and the errand that is to read it.
    struct Scene {
        handle: Handle,
        connection: Connection,
        ahead: Arc<Ahead>,
    }

    impl Scene {
        fn new() -> Self {
            let (handle, connection) = connect(2000);
            let ahead = Arc::new(Ahead::new(&handle.keep().shared.config));
            ahead.lock().engine = Some(engine(&handle.keep().shared));
            Self {
                handle,
                connection,
                ahead,
            }
        }

        fn shared(&self) -> &Arc<Shared> {
            &self.handle.keep().shared
        }

        fn errand(&self) -> Errand {
            self.ahead.lock().away = true;
            Errand {
                ahead: Arc::clone(&self.ahead),
                shared: Arc::clone(self.shared()),
                terms: terms(),
            }
        }

        /// Takes the parts that are there.
        fn take_all(&self) -> Vec<Vec<u8>> {
            let mut found = Vec::new();
            while self.ahead.has_part() {
                let Found::Part(part) = self.ahead.find(Waker::noop()) else {
                    panic!("no part");
                };
                found.extend(entries(&part.buffer[..part.len], part.sequence));
                self.ahead.give_back(part.buffer);
            }
            found
        }
    }

    /// Fails when the thread reads as long as there is something (`Ahead::bring`), or goes on with
    /// a dump that is over.
    #[test]
    fn what_nobody_takes_is_read_to_the_bound_and_not_beyond() {
        in_namespace(|| {
            let scene = Scene::new();
            let mut found = Vec::new();
            let mut rounds = 0;
            let mut engine = loop {
                let before = scene.handle.statistics().datagrams_received;
                scene.errand().run();
                let read = scene.handle.statistics().datagrams_received - before;
                assert!(usize::try_from(read).unwrap() <= AHEAD, "{read} parts");
                assert!(scene.ahead.lock().parts.len() <= AHEAD);
                found.extend(scene.take_all());
                match scene.ahead.find(Waker::noop()) {
                    Found::Engine(engine) if engine.is_ready() => {
                        scene.ahead.lock().engine = Some(engine);
                    }
                    Found::Engine(engine) => break engine,
                    other => panic!("{other:?}"),
                }
                rounds += 1;
            };
            assert!(rounds > 1, "{rounds} rounds");
            assert!(engine.take_end(scene.shared()).unwrap().is_ok());
            let expected = futures::executor::block_on(
                scene.handle.dump(dump_addresses()).collect_with_retries(0),
            );
            let expected = expected.unwrap().frames;
            let expected: Vec<_> = expected.iter().map(|frame| frame.payload()).collect();
            assert_eq!(found, expected);
        });
    }

    /// Fails when a dump keeps a thread that others wait for (`Errand::run`).
    #[test]
    fn a_thread_that_others_wait_for_leaves_after_a_step() {
        in_namespace(|| {
            let scene = Scene::new();
            let kept = occupy(scene.shared());
            assert!(scene.shared().workers.submit(Box::new(|| ())).is_ok());
            for _ in 0..3 {
                let before = scene.handle.statistics().datagrams_received;
                scene.errand().run();
                let read = scene.handle.statistics().datagrams_received - before;
                assert!(read <= 1, "{read} parts");
            }
            drop(kept);
        });
    }

    /// Fails when a thread reads on after the end (`Errand::run`).
    #[test]
    fn after_the_end_of_the_connection_a_thread_takes_no_second_step() {
        in_namespace(|| {
            let scene = Scene::new();
            let errand = scene.errand();
            drop(scene.connection);
            errand.run();
            let desk = scene.ahead.lock();
            assert!(desk.parts.len() <= 1 && desk.engine.as_ref().unwrap().is_ready());
            assert!(
                desk.spare.len() >= AHEAD - 1,
                "{} buffers",
                desk.spare.len()
            );
        });
    }

    /// Fails when nobody is told of parts (`Ahead::bring`), or of the engine (`Drop` of `Errand`).
    #[test]
    fn the_consumer_is_woken_for_parts_and_when_the_thread_has_gone() {
        in_namespace(|| {
            let scene = Scene::new();
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let errand = scene.errand();
            let mut engine = errand.ahead.take().unwrap();
            assert!(matches!(scene.ahead.find(&waker), Found::Nothing));
            while scene.ahead.lock().parts.len() < ENOUGH {
                engine.step(scene.shared(), terms());
                engine = errand.ahead.bring(engine, false).unwrap();
            }
            assert_eq!(woken.take(), 1);
            scene.take_all();
            assert!(matches!(scene.ahead.find(&waker), Found::Nothing));
            assert!(errand.ahead.bring(engine, true).is_none());
            assert_eq!(woken.take(), 0, "it is not done yet");
            assert!(matches!(scene.ahead.find(&waker), Found::Nothing));
            drop(errand);
            assert_eq!(woken.take(), 1);
            assert!(matches!(scene.ahead.find(&waker), Found::Engine(_)));
        });
    }

    /// Fails when an errand that ends by a panic, or is dropped unrun, tells nobody (`Drop` of
    /// `Errand`).
    #[test]
    fn an_errand_that_comes_to_nothing_is_told() {
        in_namespace(|| {
            let scene = Scene::new();
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let unrun = scene.errand();
            assert!(matches!(scene.ahead.find(&waker), Found::Nothing));
            drop(unrun);
            assert_eq!(woken.take(), 1);
            let Found::Engine(engine) = scene.ahead.find(&waker) else {
                panic!("no engine");
            };
            scene.ahead.lock().engine = Some(engine);
            let errand = scene.errand();
            assert!(matches!(scene.ahead.find(&waker), Found::Nothing));
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let _engine = errand.ahead.take().unwrap();
                let _errand = errand;
                panic!("as intended by the test");
            }));
            assert!(panicked.is_err());
            assert_eq!(woken.take(), 1);
            assert!(matches!(scene.ahead.find(&waker), Found::Lost));
        });
    }

    /// Fails when the thread does not look whether the consumer is there (`Ahead::bring`), or
    /// leaves what it has behind (`Drop` of `Errand`).
    #[test]
    fn a_consumer_that_leaves_meanwhile_ends_the_dump_at_the_next_step() {
        for (leave, cancelled) in [(Leave::Cancelled, 1), (Leave::Told, 0)] {
            in_namespace(|| {
                let scene = Scene::new();
                let errand = scene.errand();
                let mut engine = errand.ahead.take().unwrap();
                engine.step(scene.shared(), terms());
                let socket = engine.watch_socket();
                scene.ahead.leave(leave, scene.shared());
                assert!(errand.ahead.bring(engine, false).is_none());
                assert!(socket.upgrade().is_some());
                drop(errand);
                assert!(socket.upgrade().is_none(), "it is closed");
                assert_eq!(scene.handle.statistics().cancelled, cancelled);
            });
        }
    }

    /// Fails when a socket without a dump is closed because nobody waits (`Leave::dismiss`), or its
    /// dump is counted as cancelled, or as answered to who was told of a deadline
    /// (`Engine::take_end`).
    #[test]
    fn a_dump_that_has_ended_gives_its_socket_back_though_nobody_waits() {
        for (leave, answered) in [(Leave::Cancelled, 1), (Leave::Told, 0)] {
            in_namespace(|| {
                let scene = Scene::new();
                let before = scene.handle.statistics().answered;
                let errand = scene.errand();
                let mut engine = errand.ahead.take().unwrap();
                while engine.is_ready() {
                    engine.step(scene.shared(), terms());
                    engine.take_part();
                }
                scene.ahead.leave(leave, scene.shared());
                assert!(errand.ahead.bring(engine, false).is_none());
                drop(errand);
                assert!(!scene.shared().dumps.is_empty());
                let seen = scene.handle.statistics();
                assert_eq!((seen.cancelled, seen.answered - before), (0, answered));
            });
        }
    }

    /// Fails when an engine that waits for a thread stays there (`Ahead::leave`).
    #[test]
    fn a_consumer_that_leaves_does_not_wait_for_a_thread_to_come() {
        in_namespace(|| {
            let scene = Scene::new();
            scene.errand().run();
            let socket = scene.ahead.lock().engine.as_mut().unwrap().watch_socket();
            let errand = scene.errand();
            scene.ahead.leave(Leave::Cancelled, scene.shared());
            assert!(socket.upgrade().is_none(), "it is closed");
            assert_eq!(scene.handle.statistics().cancelled, 1);
            errand.run();
            assert_eq!(scene.handle.statistics().cancelled, 1);
        });
    }
}
