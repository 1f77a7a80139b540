//! The callers of the simulation: how they ask, wait, poll and give up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use netlane_proto::Sequence;
use netlane_wire::Frame;

use super::judge::judge;
use super::system::Job;
use super::truth::{Ask, Kind};
use super::world::{World, lock};
use crate::lane::{Begun, Cancelled, Finished};

/// A task that waits.
pub(super) struct Caller {
    /// `None` for a fence.
    pub(super) ask: Option<Ask>,
    pub(super) sequence: Sequence,
    /// Published; its next poll drives.
    pub(super) aside: bool,
    pub(super) batched: bool,
    /// Shares a datagram: given up with the others or not at all.
    pub(super) bound: bool,
    /// What it took of a dump.
    pub(super) earlier: Vec<Frame>,
    /// Events that were sent before a fence.
    pub(super) events: u64,
    pub(super) woken: Arc<Flag>,
}

/// Whether a task was woken.
#[derive(Default)]
pub(super) struct Flag(pub(super) AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Caller {
    fn new(ask: Option<Ask>, sequence: Sequence, woken: Arc<Flag>) -> Self {
        Self {
            ask,
            sequence,
            aside: false,
            batched: false,
            bound: false,
            earlier: Vec::new(),
            events: 0,
            woken,
        }
    }

    /// One that will be polled without having been woken.
    fn eager(ask: Ask, sequence: Sequence) -> Self {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        Self::new(Some(ask), sequence, woken)
    }
}

impl World {
    fn new_ask(&self) -> Ask {
        let kind = self.climate.kinds[self.below(self.climate.kinds.len())];
        let replies = match kind {
            Kind::Act | Kind::Tell => 0,
            Kind::Echo | Kind::Reply | Kind::Late | Kind::Both => 1,
            Kind::Get | Kind::Parts => self.below(5),
            Kind::Dump | Kind::LateDump => self.below(200),
        };
        Ask {
            id: self.asked.fetch_add(1, Ordering::Relaxed),
            kind,
            replies: u32::try_from(replies).unwrap(),
            size: u32::try_from(self.below(self.climate.reply_size)).unwrap(),
            errno: if self.chance(10) { 13 } else { 0 },
        }
    }

    pub(super) fn ask(&self) {
        match self.below(10) {
            0..=4 => self.begin(),
            5..=6 => self.publish(),
            7 => self.batch(),
            8 => self.offload(),
            _ => self.offload_together(),
        }
    }

    fn begin(&self) {
        let ask = self.new_ask();
        self.tell(|| format!("begin {ask:?}"));
        let woken = Arc::<Flag>::default();
        let mut order = ask.order();
        match self
            .lane
            .begin(&mut order, &Waker::from(Arc::clone(&woken)))
        {
            Begun::Finished(finished) => self.judge(&ask, finished, Vec::new()),
            Begun::Pending(sequence) => self.wait(Caller::new(Some(ask), sequence, woken)),
            Begun::NotSent(_) => {
                lock(&self.seen).not_sent += 1;
                lock(&self.withdrawn).push(ask.id);
            }
            Begun::Closed(_) => lock(&self.withdrawn).push(ask.id),
        }
    }

    fn publish(&self) {
        let ask = self.new_ask();
        self.tell(|| format!("publish {ask:?}"));
        if let Ok(sequence) = self.lane.publish(&mut ask.order()) {
            let caller = Caller::eager(ask, sequence);
            self.wait(Caller {
                aside: true,
                ..caller
            });
        }
    }

    fn batch(&self) {
        let asks: Vec<Ask> = (0..self.below(12)).map(|_| self.new_ask()).collect();
        self.tell(|| format!("batch {asks:?}"));
        let orders = asks.iter().map(Ask::order).collect();
        let Ok(sequences) = self.lane.publish_all(orders) else {
            return;
        };
        for (ask, sequence) in asks.into_iter().zip(sequences) {
            let caller = Caller::eager(ask, sequence);
            self.wait(Caller {
                batched: true,
                ..caller
            });
        }
    }

    fn offload(&self) {
        let ask = self.new_ask();
        self.tell(|| format!("offload {ask:?}"));
        let mut order = ask.order();
        // A dump's socket is not a thread's.
        if !ask.kind.is_dump()
            && let Ok(sequence) = self.lane.enlist(&mut order)
        {
            lock(&self.jobs).push(Job::One(sequence, order));
            self.wait(Caller::eager(ask, sequence));
        }
    }

    fn offload_together(&self) {
        let mut asks: Vec<Ask> = (0..1 + self.below(5)).map(|_| self.new_ask()).collect();
        asks.retain(|ask| ask.kind == Kind::Act);
        self.tell(|| format!("offload together {asks:?}"));
        let orders = asks.iter().map(Ask::order).collect();
        if let Ok((sequences, bytes)) = self.lane.enlist_together(orders) {
            for (ask, sequence) in asks.into_iter().zip(&sequences) {
                let caller = Caller::eager(ask, *sequence);
                self.wait(Caller {
                    bound: true,
                    ..caller
                });
            }
            lock(&self.jobs).push(Job::Together(sequences, bytes.to_vec()));
        }
    }

    pub(super) fn fence(&self) {
        let woken = Arc::<Flag>::default();
        let events = self.audience.sent();
        self.tell(|| format!("fence behind {events} events"));
        if let Begun::Pending(sequence) = self.lane.fence(&Waker::from(Arc::clone(&woken))) {
            let fence = Caller::new(None, sequence, woken);
            self.wait(Caller { events, ..fence });
        }
    }

    fn wait(&self, caller: Caller) {
        lock(&self.callers).push(caller);
    }

    /// Polls a caller that was woken, or once in a while any.
    pub(super) fn poll_one(&self) {
        let any = self.chance(10);
        let mut callers = lock(&self.callers);
        let ready: Vec<usize> = (0..callers.len())
            .filter(|index| any || callers[*index].woken.0.load(Ordering::Relaxed))
            .collect();
        let Some(index) = ready.get(self.below(ready.len())) else {
            return;
        };
        let caller = callers.swap_remove(*index);
        drop(callers);
        self.poll(caller);
    }

    pub(super) fn poll(&self, mut caller: Caller) {
        caller.woken.0.store(false, Ordering::Relaxed);
        self.tell(|| format!("poll {:?}", caller.ask));
        let waker = Waker::from(Arc::clone(&caller.woken));
        let sequence = caller.sequence;
        let finished = if caller.batched {
            let mut finished = Vec::new();
            let sequences = std::iter::once(sequence);
            self.lane.take_finished(sequences, &waker, &mut finished);
            finished.pop()
        } else {
            let begun = match std::mem::take(&mut caller.aside) {
                true => self.lane.revisit(sequence, &waker),
                false => self.lane.check(sequence, &waker),
            };
            match begun {
                Begun::Finished(finished) => Some(finished),
                _ => None,
            }
        };
        match (finished, caller.ask) {
            (Some(finished), Some(ask)) => self.judge(&ask, finished, caller.earlier),
            (Some(_), None) if self.lane.ended().is_none() => {
                self.audience.hear();
                self.audience.check_fence(caller.events);
            }
            (Some(_), None) => {}
            (None, ask) => {
                if ask.is_some_and(|ask| ask.kind.is_dump()) {
                    caller.earlier.extend(self.lane.take_replies(sequence));
                }
                self.wait(caller);
            }
        }
    }

    fn judge(&self, ask: &Ask, finished: Finished, earlier: Vec<Frame>) {
        let record = self.socket().truth.lock().of(ask.id);
        self.tell(|| format!("{} ended: {:?}", ask.id, finished.ending));
        judge(ask, finished, earlier, &record, &mut lock(&self.seen));
    }

    pub(super) fn give_up_one(&self) {
        let mut callers = lock(&self.callers);
        let free: Vec<usize> = (0..callers.len())
            .filter(|index| !callers[*index].bound)
            .collect();
        let Some(chosen) = free.get(self.below(free.len())) else {
            return;
        };
        let caller = callers.swap_remove(*chosen);
        drop(callers);
        self.give_up(&caller);
    }

    pub(super) fn give_up(&self, caller: &Caller) {
        let cancelled = self.lane.cancel(caller.sequence);
        self.tell(|| format!("given up {:?}: {cancelled:?}", caller.ask));
        if cancelled != Cancelled::Ended {
            lock(&self.seen).cancelled += 1;
        }
        if let (Cancelled::Withdrawn, Some(ask)) = (cancelled, caller.ask) {
            lock(&self.withdrawn).push(ask.id);
        }
    }
}
