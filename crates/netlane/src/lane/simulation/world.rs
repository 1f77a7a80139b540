//! The simulated world: everybody who acts, in an order that the seed decides, and
//! the lane between them; its end, where nothing may be left. All of it runs on one
//! thread; that others act *beside* a system call is simulated by their
//! acting inside of it, where the lane holds no lock.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use netlane_proto::Timing;
use netlane_testkit::Random;

use super::audience::Audience;
use super::callers::Caller;
use super::climate::Climate;
use super::judge::Seen;
use super::socket::SimulatedSocket;
use super::system::Job;
use super::truth::Ask;
use crate::Error;
use crate::lane::Lane;

/// Everybody, and the lane between them.
pub(super) struct World {
    pub(super) lane: Lane<SimulatedSocket>,
    pub(super) climate: Climate,
    pub(super) random: Mutex<Random>,
    pub(super) audience: Audience,
    pub(super) callers: Mutex<Vec<Caller>>,
    pub(super) jobs: Mutex<Vec<Job>>,
    /// Requests that were given up before they were sent.
    pub(super) withdrawn: Mutex<Vec<u32>>,
    pub(super) seen: Mutex<Seen>,
    pub(super) asked: AtomicU32,
    /// Every act is printed.
    pub(super) told: bool,
    /// Acts that are still to come; each may have others inside of it.
    pub(super) acts: AtomicUsize,
    /// Acts inside of acts.
    pub(super) depth: AtomicUsize,
    /// The Connection is at work, and has the socket watched.
    pub(super) connecting: AtomicBool,
    pub(super) watching: AtomicBool,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(super) fn new(
        lane: Lane<SimulatedSocket>,
        climate: Climate,
        audience: Audience,
        random: Random,
        told: bool,
    ) -> Self {
        let acts = climate.acts;
        Self {
            lane,
            climate,
            random: Mutex::new(random),
            audience,
            callers: Mutex::default(),
            jobs: Mutex::default(),
            withdrawn: Mutex::default(),
            seen: Mutex::default(),
            asked: AtomicU32::new(0),
            told,
            acts: AtomicUsize::new(acts),
            depth: AtomicUsize::new(0),
            connecting: AtomicBool::new(false),
            watching: AtomicBool::new(false),
        }
    }

    pub(super) fn below(&self, limit: usize) -> usize {
        lock(&self.random).below(limit)
    }

    pub(super) fn chance(&self, percent: usize) -> bool {
        lock(&self.random).chance(percent)
    }

    pub(super) fn socket(&self) -> &SimulatedSocket {
        &self.lane.socket
    }

    /// Perhaps somebody acts beside the system call that asks.
    pub(super) fn interlude(&self) {
        let depth = self.depth.fetch_add(1, Ordering::Relaxed);
        if depth < MAX_DEPTH && self.chance(self.climate.interludes) {
            self.act();
        }
        self.depth.fetch_sub(1, Ordering::Relaxed);
    }

    /// One act of somebody, if there is one left.
    pub(super) fn act(&self) -> bool {
        let left = self.acts.load(Ordering::Relaxed);
        if left > 0 {
            self.acts.store(left - 1, Ordering::Relaxed);
            self.act_now();
        }
        left > 0
    }

    fn act_now(&self) {
        if self.chance(self.climate.faults) {
            return self.fault();
        }
        match self.below(20) {
            0..=7 if self.climate.requests => self.ask(),
            8..=11 => self.poll_one(),
            12 => self.give_up_one(),
            13..=14 => drop(self.run_job()),
            15..=16 => drop(self.connect()),
            17 => drop(self.answer_late()),
            18 => self.fence(),
            _ => self.audience.announce(self.socket(), self.below(8)),
        }
    }

    /// The run is over: everything that is under way comes to its end.
    pub(super) fn settle(&self) {
        if self.chance(5) {
            self.lane.end(Error::closed());
        }
        loop {
            let moves = (0..MAX_MOVES).take_while(|_| self.progress()).count();
            assert!(moves < MAX_MOVES, "it never comes to rest");
            if !self.time_out() {
                break;
            }
        }
        while self.run_job() {}
        self.audience.hear();
    }

    /// Whatever may still happen by itself; says whether anything did.
    fn progress(&self) -> bool {
        let mut callers = lock(&self.callers);
        let woken = callers
            .iter()
            .position(|caller| caller.woken.0.load(Ordering::Relaxed));
        let caller = woken.map(|index| callers.swap_remove(index));
        drop(callers);
        let polled = caller.map(|caller| self.poll(caller)).is_some();
        polled || self.connect() || self.run_job() || self.answer_late()
    }

    /// Nothing moves any more: the deadline of one who was never answered
    /// passes, which may let others go on. Says whether anybody still waited.
    fn time_out(&self) -> bool {
        let mut callers = lock(&self.callers);
        let found = callers.iter().position(|caller| self.is_unanswered(caller));
        let Some(index) = found else {
            let asks: Vec<_> = callers.iter().map(|caller| caller.ask).collect();
            assert!(asks.is_empty(), "they hang: {asks:?}");
            return false;
        };
        let caller = callers.swap_remove(index);
        drop(callers);
        self.tell(|| format!("the deadline of {:?}", caller.ask));
        lock(&self.seen).timed_out += 1;
        self.give_up(&caller);
        true
    }

    /// Whether its answer may come late, and has not.
    fn is_unanswered(&self, caller: &Caller) -> bool {
        let over = |ask: Ask| self.socket().truth.lock().of(ask.id).is_over(ask.kind);
        let late = |ask: &Ask| ask.kind.timing() == Timing::Late;
        caller.ask.filter(late).is_some_and(|ask| !over(ask))
    }

    /// Says what happens, if the run is told.
    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            let depth = self.depth.load(Ordering::Relaxed);
            eprintln!("{:1$}{2}", "", 2 * depth, what());
        }
    }

    /// Nothing may be left.
    pub(super) fn check_end(&self) -> Seen {
        let truth = self.socket().truth.lock();
        for id in lock(&self.withdrawn).iter() {
            assert_eq!(truth.of(*id).executed, None, "{id} was withdrawn");
        }
        let left = self.lane.lock().conversations.len();
        let unanswered = truth.unanswered();
        drop(truth);
        self.lane.check_settled(left, unanswered);
        let ended = self.lane.ended().is_some();
        if !ended {
            self.audience.check_end(!self.climate.requests);
        }
        let mut seen = *lock(&self.seen);
        seen.events_lost = self.audience.lost();
        seen
    }
}

impl Lane<SimulatedSocket> {
    /// Nothing is left but tombstones of what was never answered.
    fn check_settled(&self, left: usize, unanswered: usize) {
        let state = self.lock();
        assert!(left <= unanswered, "{left} left, {unanswered} unanswered");
        assert!(state.reader.is_some(), "the reader is away");
        assert_eq!(state.conversations.awaited(), 0, "somebody waits");
        if state.ended.is_none() {
            state.check_settled();
        }
    }
}

/// What may still happen by itself at the end of a run.
const MAX_MOVES: usize = 10_000;
/// Acts inside of acts.
const MAX_DEPTH: usize = 3;
